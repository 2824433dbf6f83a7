/* SPDX-License-Identifier: MIT */
/* How long each chain of Figure 2 takes, by the processor time of the process: one chain after the other, each as a share of
 * its own. CSV on the standard output, for bench/farm_model.py. */
#include <spinodal/numeric.h>
#include <spinodal/study.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A point, as the sink got it. */
typedef struct kept {
    int64_t job;
    spn_sweep_record record;
} kept;

typedef struct timing {
    spn_study *study;
    spn_sweep_problem problem;
    spn_pool *pool;
    spn_list points, thetas;
    int64_t job, count; /* of the chain that runs: its number and its points */
    int64_t message_size;
} timing;

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static spn_status keep_point(spn_context *context, void *state, const spn_item *item)
{
    timing *t = state;
    spn_status status = SPN_OK;
    if (item->stream == SPN_SWEEP_POINT) {
        const kept point = {item->job, *(const spn_sweep_record *)item->record};
        t->job = item->job;
        t->count++;
        SPN_TRY(spn_list_append(context, &t->points, &point));
        SPN_TRY(spn_list_append(context, &t->thetas, item->theta));
    }
done:
    return status;
}

static spn_status note_size(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                            int64_t size)
{
    (void)context, (void)job, (void)message;
    timing *t = farm->state;
    t->message_size = size;
    return SPN_OK;
}

static spn_status start_random(spn_context *context, const void *state, int64_t seed, double *theta)
{
    return spn_study_initial(context, state, seed, theta);
}

/* A sweep that knows the first `count` points. */
static spn_status replay(spn_context *context, const timing *t, int64_t count, spn_sweep **out)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_sweep_create(context, &t->problem, out));
    for (int64_t i = 0; i < count; i++) {
        const kept *point = (const kept *)(const void *)t->points.items + i;
        const spn_item item = {.stream = SPN_SWEEP_POINT,
                               .job = point->job,
                               .record = &point->record,
                               .theta_size = t->study->loss.dimension,
                               .theta = (const void *)(t->thetas.items + i * t->thetas.size)};
        SPN_TRY(spn_sweep_replay(context, *out, &item));
    }
done:
    return status;
}

/* Each chain of a stage, which begins behind `known` points, by itself. */
static spn_status time_stage(spn_context *context, timing *t, int stage, int64_t chains,
                             int64_t known)
{
    spn_status status = SPN_OK;
    spn_sweep *forecast = NULL;
    int64_t count = 0;
    bool is_open = false;
    SPN_TRY(replay(context, t, known, &forecast));
    SPN_TRY(spn_sweep_chains(context, forecast, &count, &is_open));
    for (int64_t place = 0; place < chains; place++) {
        spn_sweep *sweep = NULL;
        spn_farm farm;
        SPN_TRY(spn_shares_farm(context, place, chains, &farm));
        farm.state = t;
        farm.keep = note_size;
        status = replay(context, t, known, &sweep);
        spn_context_set_farm(context, &farm);
        t->count = 0;
        const double begun = processor_seconds();
        status = status == SPN_OK ? spn_sweep_run(context, sweep, t->pool, keep_point, t) : status;
        const double seconds = processor_seconds() - begun;
        spn_context_set_farm(context, NULL);
        const spn_chain_state all = spn_sweep_chain(forecast, t->job);
        spn_sweep_free(context, sweep);
        SPN_TRY(status);
        printf("%d,%lld,%lld,%lld,%.6g,%.6f\n", stage, (long long)all.seed, (long long)t->job,
               (long long)t->count, all.cost, seconds);
        fflush(stdout);
    }
done:
    spn_sweep_free(context, forecast);
    return status;
}

static spn_status run(spn_context *context, timing *t, const char *seeds)
{
    spn_status status = SPN_OK;
    char key[64];
    spn_experiment *experiment = NULL;
    spn_sweep *sweep = NULL;
    int64_t chains = 0;
    bool is_open = false;
    snprintf(key, sizeof key, "sweep.seeds=%.20s", seeds);
    SPN_TRY(spn_experiment_create(context, &experiment));
    SPN_TRY(spn_experiment_set(context, experiment, key));
    SPN_TRY(spn_study_create(context, experiment, &t->study));
    t->problem = (spn_sweep_problem){.objective = &t->study->loss,
                                     .settings = spn_experiment_sweep(experiment),
                                     .solver = spn_experiment_solver(experiment),
                                     .initial = start_random,
                                     .initial_state = t->study};
    t->points = (spn_list){.size = sizeof(kept)};
    t->thetas = (spn_list){.size = t->study->loss.dimension * (int64_t)sizeof(double)};
    SPN_TRY(spn_pool_create(context, 1, &t->pool));
    printf("stage,seed,chain,points,forecast,seconds\n");
    const int64_t first = t->problem.settings->seeds;
    SPN_TRY(time_stage(context, t, 1, first, 0));
    const int64_t known = t->points.count;
    SPN_TRY(replay(context, t, known, &sweep));
    SPN_TRY(spn_sweep_chains(context, sweep, &chains, &is_open));
    SPN_TRY(time_stage(context, t, 2, chains - first, known));
    fprintf(stderr, "%lld bytes a message\n", (long long)t->message_size);
done:
    spn_sweep_free(context, sweep);
    spn_pool_free(t->pool);
    spn_list_free(context, &t->points);
    spn_list_free(context, &t->thetas);
    spn_study_free(context, t->study);
    spn_experiment_free(context, experiment);
    return status;
}

int main(int count, char **words)
{
    spn_context *context = NULL;
    timing t = {.study = NULL};
    spn_status status = spn_context_create(NULL, &context);
    status = status == SPN_OK ? run(context, &t, count > 1 ? words[1] : "8") : status;
    if (status != SPN_OK) {
        fprintf(stderr, "spinodal-chains: %s\n", spn_error_text(context));
    }
    spn_context_free(context);
    return status == SPN_OK ? 0 : 1;
}
