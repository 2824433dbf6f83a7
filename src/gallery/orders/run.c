/* SPDX-License-Identifier: MIT */
/* The runs, who is first, and the results. */
#include "gallery/orders/orders.h"

#include <math.h>

enum { STARTS = SPNI_ORDERS_NONE, STATIONARY = STARTS - 1 };

static const int64_t built_in_methods[] = {SPN_PATH_FLOW, SPN_PATH_GD, SPN_PATH_MOMENTUM,
                                           SPN_PATH_ADAM, SPN_PATH_SGD};
static const double built_in_betas[] = {0, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2};
static const double built_in_residues[] = {1e-3, 5e-3, 1e-2, 5e-2, 0.1};

#define COUNT(items) ((int64_t)(sizeof items / sizeof *items))

typedef struct orders {
    spni_orders_grid grid;
    spni_orders_field field;
    spni_orders_run *runs; /* of random starts, then pairs of stationary ones */
    spni_orders_race *races;
    int64_t randoms, run_count, race_count, finished;
} orders;

/* The races by method, beta, residue, draw. */
static spni_orders_race make_race(const orders *o, int64_t index)
{
    const spni_orders_grid *g = &o->grid;
    const int64_t draw = index % g->draws, rest = index / g->draws;
    const int64_t residue = rest % g->residue_count, series = rest / g->residue_count;
    const int64_t method = g->methods[series / g->beta_count];
    return (spni_orders_race){
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
        const spni_orders_race *race = &o->races[i];
        for (int64_t start = 0; start < STARTS; start++) {
            const int64_t run = start == SPNI_ORDERS_RANDOM
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

static spn_status run_all(spn_context *context, orders *o, int64_t threads)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    const spni_orders_grid *g = &o->grid;
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
    SPN_TRY(spn_pool_create(context, threads, &pool));
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
    int64_t first = SPNI_ORDERS_NONE;
    for (int64_t i = 0; i < STARTS; i++) {
        if (!isnan(epochs[i]) && (first == SPNI_ORDERS_NONE || epochs[i] < epochs[first])) {
            first = i;
        }
    }
    if (first != SPNI_ORDERS_NONE) {
        epochs[first] = (double)NAN;
    }
    return first;
}

static void judge(const orders *o, spni_orders_race *race)
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

static spni_orders_grid built_in_grid(const orders *o)
{
    return (spni_orders_grid){
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

spn_status spni_orders_make(spni_job *job, const spni_orders_grid *grid)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_book *book = NULL;
    char path[SPNI_PATH_SIZE];
    bool is_found = false, is_good = true; /* of races nothing is demanded */
    orders o = {.runs = NULL};
    SPN_TRY(spni_orders_field_create(job, &o.field));
    SPN_TRY(spn_book_create(context, &spni_orders_kind, o.field.study, &book));
    spn_book_settings(book, job->settings->set_count, job->settings->sets);
    SPN_TRY(spni_job_find(job, "orders", book, path, &is_found, &is_good));
    if (is_found) {
        goto done;
    }
    SPN_TRY(spni_orders_find_middle(context, &o.field));
    o.grid = grid != NULL ? *grid : built_in_grid(&o);
    SPN_TRY(run_all(context, &o, job->settings->threads));
    for (int64_t i = 0; i < o.race_count; i++) {
        judge(&o, &o.races[i]);
    }
    spn_book_table(book, (spn_table){"races", &spni_orders_columns, o.race_count, o.races});
    SPN_TRY(spn_book_write(context, book, path, job->settings->is_forced, &is_good));
done:
    spn_book_free(book);
    spni_orders_field_free(context, &o.field);
    spn_release(context, o.runs);
    spn_release(context, o.races);
    return status;
}
