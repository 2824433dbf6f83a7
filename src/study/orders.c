/* SPDX-License-Identifier: MIT */
/* The study of orders: its runs, who is first, and the results. */
#include "study/orders.h"
#include "study/built_in.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4200, STARTS = 3, STATIONARY = 2 };

static const int64_t built_in_methods[] = {SPN_PATH_FLOW, SPN_PATH_GD, SPN_PATH_MOMENTUM,
                                           SPN_PATH_ADAM, SPN_PATH_SGD};
static const double built_in_betas[] = {0, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2};
static const double built_in_residues[] = {1e-3, 5e-3, 1e-2, 5e-2, 0.1};

#define COUNT(items) ((int64_t)(sizeof items / sizeof *items))

typedef struct orders {
    const spn_orders_settings *settings;
    spn_orders_grid grid;
    spni_orders_field field;
    spni_orders_run *runs; /* of random starts, then pairs of stationary ones */
    spn_orders_race *races;
    int64_t randoms, run_count, race_count, finished;
} orders;

/* The races by method, beta, residue, draw. */
static spn_orders_race make_race(const orders *o, int64_t index)
{
    const spn_orders_grid *g = &o->grid;
    const int64_t draw = index % g->draws, rest = index / g->draws;
    const int64_t residue = rest % g->residue_count, series = rest / g->residue_count;
    const int64_t method = g->methods[series / g->beta_count];
    return (spn_orders_race){
        .race = index,
        .method = method,
        .learning_rate = spni_orders_method(&o->field, method, draw).learning_rate,
        .beta = g->betas[series % g->beta_count],
        .residue = g->residues[residue],
        .draw = draw,
    };
}

/* Random starts do not depend on the residue. */
static int64_t random_run(const orders *o, int64_t race)
{
    const int64_t draws = o->grid.draws;
    return race / (draws * o->grid.residue_count) * draws + race % draws;
}

static void make_runs(orders *o)
{
    for (int64_t i = 0; i < o->race_count; i++) {
        o->races[i] = make_race(o, i);
        const spn_orders_race *race = &o->races[i];
        for (int64_t start = 0; start < STARTS; start++) {
            const int64_t run = start == SPN_ORDERS_RANDOM
                                    ? random_run(o, i)
                                    : o->randoms + STATIONARY * i + start - 1;
            o->runs[run] = (spni_orders_run){
                .method = race->method,
                .start = start,
                .beta = race->beta,
                .residue = race->residue,
                .draw = race->draw,
                .steps = o->grid.steps,
            };
        }
    }
}

static spn_status run_job(spn_context *context, void *state, int64_t job, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    orders *o = state;
    const int64_t one = 1;
    SPN_TRY(spni_orders_train(context, &o->field, &o->runs[job]));
    SPN_TRY(spn_pool_send(context, channel, &one));
done:
    return status;
}

static spn_status count_run(spn_context *context, void *state, int64_t job, const void *message)
{
    orders *o = state;
    (void)job;
    (void)message;
    spn_progress(context, (double)++o->finished, (double)o->run_count, "runs");
    return SPN_OK;
}

static spn_status run_all(spn_context *context, orders *o)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    const spn_orders_grid *g = &o->grid;
    o->randoms = g->method_count * g->beta_count * g->draws;
    o->race_count = o->randoms * g->residue_count;
    o->run_count = o->randoms + STATIONARY * o->race_count;
    SPN_NEW(context, o->races, o->race_count);
    SPN_NEW(context, o->runs, o->run_count);
    make_runs(o);
    const spn_pool_work work = {.jobs = o->run_count,
                                .job = run_job,
                                .job_state = o,
                                .message_size = sizeof(int64_t),
                                .receiver = count_run,
                                .receiver_state = o};
    SPN_TRY(spn_pool_create(context, o->settings->threads, &pool));
    SPN_TRY(spn_pool_run(context, pool, &work));
done:
    spn_pool_free(pool);
    return status;
}

/* 1 and -1 where one never arrives; NaN where neither does. */
static double lead(double middle, double trivial)
{
    if (isnan(middle) || isnan(trivial)) {
        return isnan(middle) && isnan(trivial) ? (double)NAN : isnan(trivial) ? 1 : -1;
    }
    return middle + trivial > 0 ? (trivial - middle) / (trivial + middle) : 0;
}

/* The smallest epoch of the starts that are left, the first of equals. */
static int64_t take_first(double epochs[STARTS])
{
    int64_t first = SPN_ORDERS_NONE;
    for (int64_t i = 0; i < STARTS; i++) {
        if (!isnan(epochs[i]) && (first == SPN_ORDERS_NONE || epochs[i] < epochs[first])) {
            first = i;
        }
    }
    if (first != SPN_ORDERS_NONE) {
        epochs[first] = (double)NAN;
    }
    return first;
}

static void judge(const orders *o, spn_orders_race *race)
{
    const spni_orders_run *pair = &o->runs[o->randoms + STATIONARY * race->race];
    race->epoch_random = o->runs[random_run(o, race->race)].epoch;
    race->epoch_middle = pair[0].epoch;
    race->epoch_trivial = pair[1].epoch;
    race->epoch_strong = pair[1].epoch_strong;
    race->lead = lead(race->epoch_middle, race->epoch_trivial);
    double epochs[STARTS] = {race->epoch_random, race->epoch_middle, race->epoch_trivial};
    race->first = take_first(epochs);
    race->second = take_first(epochs);
    race->third = take_first(epochs);
}

static spn_status write_results(spn_context *context, const orders *o, const char *path)
{
    spn_status status = SPN_OK;
    spni_book book = {.arena = NULL};
    char *settings = NULL;
    bool is_good = true; /* of races nothing is demanded */
    SPN_TRY(spni_join_settings(context, o->settings->set_count, o->settings->sets, &settings));
    SPN_TRY(spni_book_begin(context, "orders", &book));
    book.settings = settings != NULL ? settings : "";
    spni_book_table(&book, (spn_table){"races", &spn_orders_columns, o->race_count, o->races});
    SPN_TRY(
        spni_book_write(context, o->field.study, &book, path, o->settings->is_forced, &is_good));
done:
    spni_book_end(&book);
    spn_release(context, settings);
    return status;
}

static void fill_grid(orders *o)
{
    if (o->settings->grid != NULL) {
        o->grid = *o->settings->grid;
        return;
    }
    o->grid = (spn_orders_grid){
        .method_count = COUNT(built_in_methods),
        .methods = built_in_methods,
        .beta_count = COUNT(built_in_betas),
        .betas = built_in_betas,
        .residue_count = COUNT(built_in_residues),
        .residues = built_in_residues,
        .draws = spn_experiment_sweep(o->field.experiment)->seeds,
        .steps = spn_experiment_solver(o->field.experiment)->max_iterations,
    };
}

spn_status spn_study_orders(spn_context *context, const spn_orders_settings *settings)
{
    spn_status status = SPN_OK;
    char path[PATH_SIZE];
    bool is_found = false, is_good = false;
    orders o = {.settings = settings};
    if (snprintf(path, PATH_SIZE, "%s/orders.h5", settings->folder) >= PATH_SIZE) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "the folder's name is too long");
    }
    SPN_TRY(settings->is_resumed ? SPN_OK
                                 : spn_results_check_target(context, path, settings->is_forced));
    SPN_TRY(spni_orders_field_create(context, settings, &o.field));
    SPN_TRY(spni_check_built_in(context, o.field.study, "orders", path,
                                settings->is_resumed && settings->grid == NULL, settings->is_forced,
                                &is_found, &is_good));
    if (is_found) {
        goto done;
    }
    fill_grid(&o);
    SPN_TRY(run_all(context, &o));
    for (int64_t i = 0; i < o.race_count; i++) {
        judge(&o, &o.races[i]);
    }
    SPN_TRY(write_results(context, &o, path));
done:
    spni_orders_field_free(context, &o.field);
    spn_release(context, o.runs);
    spn_release(context, o.races);
    return status;
}
