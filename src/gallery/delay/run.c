/* SPDX-License-Identifier: MIT */
/* The runs in their order, and the results. */
#include "gallery/delay/delay.h"

#include <math.h>
#include <string.h>

enum { DEPTHS = 3, METHODS = 2, SCALES = 24 };

static const int64_t depths[DEPTHS] = {2, 3, 4};
static const int64_t methods[METHODS] = {SPN_PATH_FLOW, SPN_PATH_ADAM};

/* Against u_0: from below the threshold to where T16 is no longer good. beta puts the thresholds of depth 3 and 4 among
 * them, at 1.1e-4 and 3.3e-4. */
#define SCALE_LOW 5e-5
#define SCALE_HIGH 0.1
static const double beta_of[DEPTHS] = {1e-4, 1e-4, 1e-7};

/* Against beta: u_0 a third of Adam's step. */
static const double scale_of[DEPTHS] = {3e-4, 3e-4, 3e-4};
static const double built_in_shares[] = {0.01, 0.02, 0.05, 0.1,  0.2,  0.3,  0.5,
                                         0.7,  0.8,  0.9,  0.95, 0.98, 0.99, 0.999,
                                         1.01, 1.1,  1.5,  2,    3,    5,    7};

typedef struct delay {
    spni_delay_grid grid;
    spni_delay_net nets[DEPTHS];
    spni_delay_run *runs; /* by axis, depth, method, value, start */
    int64_t count, finished;
} delay;

static int64_t starts(const delay *d)
{
    return 1 + d->grid.seeds;
}

static int64_t values(const delay *d, int64_t axis)
{
    return axis == SPNI_DELAY_SCALE ? d->grid.scale_count : d->grid.share_count;
}

/* What is the same for all starts of a job: an axis, a depth, a method and a value. */
static spni_delay_run first_run(const delay *d, int64_t job, int64_t *net)
{
    const int64_t block = DEPTHS * METHODS * values(d, SPNI_DELAY_SCALE);
    const int64_t axis = job < block ? SPNI_DELAY_SCALE : SPNI_DELAY_BETA;
    const int64_t within = axis == SPNI_DELAY_SCALE ? job : job - block;
    const int64_t value = within % values(d, axis), series = within / values(d, axis);
    *net = series / METHODS;
    const double power = (double)(depths[*net] - 2);
    const bool is_scale = axis == SPNI_DELAY_SCALE;
    const double scale = is_scale ? d->grid.scales[value] : scale_of[*net];
    return (spni_delay_run){.run = job * starts(d),
                            .axis = axis,
                            .depth = depths[*net],
                            .method = methods[series % METHODS],
                            .seed = -1,
                            .scale = scale,
                            .beta = is_scale ? beta_of[*net]
                                             : d->grid.shares[value] * d->nets[*net].sigma *
                                                   pow(scale, power)};
}

static spn_status find_gain(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    delay *d = state;
    spni_delay_net *net = &d->nets[job / d->grid.seeds];
    const int64_t seed = job % d->grid.seeds;
    double *theta = NULL;
    (void)channel;
    SPN_NEW(context, theta, net->study->loss.dimension);
    SPN_TRY(spni_delay_gain(context, net, seed, theta, &net->gains[seed]));
done:
    spn_release(context, theta);
    return status;
}

static spn_status run_starts(spn_context *context, void *state, int64_t job,
                             spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    delay *d = state;
    int64_t net = 0;
    spni_delay_walker walker = {0};
    const spni_delay_run first = first_run(d, job, &net);
    const int64_t done_runs = starts(d);
    SPN_TRY(spni_delay_walker_create(context, &d->nets[net], first.method, &walker));
    for (int64_t i = 0; i < starts(d); i++) {
        spni_delay_run *run = &d->runs[first.run + i];
        *run = first;
        run->run += i;
        run->seed += i;
        SPN_TRY(spni_delay_walk(context, &walker, run));
    }
    SPN_TRY(spn_pool_send(context, channel, &done_runs));
done:
    spni_delay_walker_free(context, &walker);
    return status;
}

static spn_status count_runs(spn_context *context, void *state, int64_t job, const void *message)
{
    delay *d = state;
    int64_t finished = 0;
    (void)job;
    memcpy(&finished, message, sizeof finished);
    d->finished += finished;
    spn_progress(context, (double)d->finished, (double)d->count, "runs");
    return SPN_OK;
}

static spn_status run_all(spn_context *context, delay *d, int64_t threads)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    const int64_t jobs =
        DEPTHS * METHODS * (values(d, SPNI_DELAY_SCALE) + values(d, SPNI_DELAY_BETA));
    const spn_pool_work gains = {.jobs = DEPTHS * d->grid.seeds, .job = find_gain, .job_state = d};
    const spn_pool_work work = {.jobs = jobs,
                                .job = run_starts,
                                .job_state = d,
                                .message_size = sizeof(int64_t),
                                .receiver = count_runs,
                                .receiver_state = d};
    d->count = jobs * starts(d);
    SPN_NEW(context, d->runs, d->count);
    for (int64_t i = 0; i < DEPTHS; i++) {
        SPN_NEW(context, d->nets[i].gains, d->grid.seeds);
    }
    SPN_TRY(spn_pool_create(context, threads, &pool));
    SPN_TRY(spn_pool_run(context, pool, &gains));
    SPN_TRY(spn_pool_run(context, pool, &work));
done:
    spn_pool_free(pool);
    return status;
}

/* The target's own values. */
static spni_delay_grid built_in_grid(const delay *d, double scales[SCALES])
{
    for (int64_t i = 0; i < SCALES; i++) {
        scales[i] = SCALE_LOW * pow(SCALE_HIGH / SCALE_LOW, (double)i / (SCALES - 1));
    }
    return (spni_delay_grid){
        .scale_count = SCALES,
        .scales = scales,
        .share_count = (int64_t)(sizeof built_in_shares / sizeof *built_in_shares),
        .shares = built_in_shares,
        .seeds = spn_experiment_sweep(d->nets[0].experiment)->seeds,
    };
}

/* The configuration is that of depth 2: the others differ in model.hidden. */
spn_status spni_delay_make(spni_job *job, const spni_delay_grid *grid)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_book *book = NULL;
    char path[SPNI_PATH_SIZE];
    double scales[SCALES];
    bool is_found = false, is_good = true;
    delay d = {.runs = NULL};
    for (int64_t i = 0; i < DEPTHS; i++) {
        SPN_TRY(spni_delay_net_create(job, depths[i], &d.nets[i]));
    }
    SPN_TRY(spn_book_create(context, &spni_delay_kind, d.nets[0].study, &book));
    spn_book_settings(book, job->settings->set_count, job->settings->sets);
    SPN_TRY(spni_job_find(job, "delay", book, path, &is_found, &is_good));
    if (!is_found) {
        d.grid = grid != NULL ? *grid : built_in_grid(&d, scales);
        SPN_TRY(run_all(context, &d, job->settings->threads));
        spn_book_table(book, (spn_table){"runs", &spni_delay_columns, d.count, d.runs});
        SPN_TRY(spn_book_write(context, book, path, job->settings->is_forced, &is_good));
    }
    spni_job_judge(job, is_good, "an escape does not agree with its law; see delay.csv");
done:
    spn_book_free(book);
    for (int64_t i = 0; i < DEPTHS; i++) {
        spni_delay_net_free(context, &d.nets[i]);
    }
    spn_release(context, d.runs);
    return status;
}
