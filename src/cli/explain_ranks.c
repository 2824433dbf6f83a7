/* SPDX-License-Identifier: MIT */
/* --explain of ranks and shares: how many jobs there are, how many the busiest process has, and what that takes of time and memory, at
 * least. */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry/spectra.h>
#include <spinodal/trajectory.h>
#include <stdio.h>
#include <string.h>

/* Jobs of equal length, all there are at first. */
typedef struct jobs {
    const char *what, *steps;
    int64_t count;
    double length;   /* of each, in steps */
    double seconds;  /* of measuring at a step, or a record; 0: not known */
    double bytes;    /* of measuring, for each thread */
    double stored;   /* of all results, at least */
    double records;  /* of each job, at which is measured; 0: all steps */
    double gradient; /* seconds of one, which each step takes at least; 0: not known */
    const char *then;
} jobs;

/* A rank, or a share. */
typedef struct process {
    int64_t jobs, threads; /* at most, and what there are for them */
} process;

static double numbers(double count)
{
    return count * (double)sizeof(double);
}

static const char *direction_of(const spn_sweep_settings *settings)
{
    switch (settings->direction) {
    case SPN_PROTOCOL_QUENCH:
        return "quenches";
    case SPN_PROTOCOL_LEGS:
        return "chains along the legs";
    case SPN_PROTOCOL_DOWN:
        return settings->start == SPN_DOWN_INITIAL ? "chains down" : "chains up";
    default:
        return "chains up";
    }
}

static spn_status jobs_of_sweep(spn_context *context, const spn_study *study, jobs *out)
{
    spn_status status = SPN_OK;
    const spn_sweep_settings *settings = spn_experiment_sweep(study->experiment);
    const bool turns =
        settings->direction == SPN_PROTOCOL_BOTH ||
        (settings->direction == SPN_PROTOCOL_DOWN && settings->start == SPN_DOWN_PHASES);
    int64_t points = 0, most = 0;
    spn_forecast forecast;
    SPN_TRY(spn_sweep_points(context, settings, &points, &most));
    SPN_TRY(cli_forecast(context, study, "sweep", &forecast));
    const spn_forecast_way *ways[] = {[SPN_SPECTRUM_DENSE] = &forecast.dense,
                                      [SPN_SPECTRUM_MOMENTS] = &forecast.moments,
                                      [SPN_SPECTRUM_STOCHASTIC] = &forecast.stochastic};
    const bool is_measured =
        forecast.method >= SPN_SPECTRUM_DENSE && forecast.method <= SPN_SPECTRUM_STOCHASTIC;
    const double record = (double)sizeof(spn_sweep_record) +
                          (settings->parameters ? numbers((double)study->loss.dimension) : 0);
    *out =
        (jobs){.what = direction_of(settings),
               .steps = most > points ? "or more points" : "points",
               .count = settings->seeds,
               .length = (double)points,
               .seconds = is_measured ? ways[forecast.method]->seconds : 0,
               .bytes = is_measured ? ways[forecast.method]->bytes : 0,
               .stored = record * (double)points * (double)settings->seeds,
               .then = turns ? "then a chain down from the end of each phase that they visit, the "
                               "longest first"
                             : NULL};
done:
    return status;
}

/* An epoch of the flow has as many gradients as its steps need. */
static spn_status jobs_of_grok(spn_context *context, const spn_study *study, jobs *out)
{
    spn_status status = SPN_OK;
    const spn_grok_settings *settings = spn_experiment_grok(study->experiment);
    double *epochs = NULL;
    int64_t records = 0;
    spn_forecast forecast = {.method = SPN_SPECTRUM_NONE};
    SPN_TRY(spn_trajectory_schedule(context, settings, &records, &epochs));
    SPN_TRY(settings->geometry ? cli_forecast(context, study, "grok", &forecast) : SPN_OK);
    const double record = (double)sizeof(spn_trajectory_record) +
                          (settings->parameters ? numbers((double)study->loss.dimension) : 0);
    *out = (jobs){.what = "runs",
                  .steps = "epochs",
                  .count = settings->starts.count * settings->seeds,
                  .length = settings->epochs,
                  .seconds = settings->geometry ? forecast.dense.seconds : 0,
                  .bytes = settings->geometry ? forecast.dense.bytes : 0,
                  .records = (double)records};
    out->stored = record * out->records * (double)out->count;
done:
    spn_release(context, epochs);
    return status;
}

/* What a gradient takes. */
static void price(const spn_study *study, bool is_flow, jobs *all)
{
    const double flops = spn_objective_costs(&study->loss).gradient;
    all->gradient = is_flow || !isfinite(flops) ? 0 : flops / SPN_FORECAST_RATE;
}

static spn_status count_threads(spn_context *context, int64_t wished, int64_t *threads)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    SPN_TRY(spn_pool_create(context, wished, &pool));
    *threads = spn_pool_threads(pool);
done:
    spn_pool_free(pool);
    return status;
}

/* All ranks do the same, one job after the other. */
static void print_sharded(const spn_farm *farm, const jobs *all)
{
    char length[SPN_CELL_SIZE];
    printf("%lld rank%s together: %lld %s of %s %s, one after the other\n", (long long)farm->size,
           spn_plural(farm->size), (long long)all->count, all->what,
           spn_show_number(all->length, 6, length), all->steps);
    if (all->then != NULL) {
        printf("  %s\n", all->then);
    }
}

/* Jobs are handed out as ranks come for them, but the busiest has no fewer than its share. */
static int64_t own_jobs(const spn_farm *farm, int64_t count)
{
    const int64_t first = farm->is_share ? farm->rank : 0;
    return count > first ? (count - first + farm->size - 1) / farm->size : 0;
}

/* All threads have something to do: jobs, or parts of them. */
static void print_time(const jobs *all, const process *its)
{
    char total[SPN_CELL_SIZE], gradient[SPN_CELL_SIZE], each[SPN_CELL_SIZE], number[SPN_CELL_SIZE];
    const double records = all->records > 0 ? all->records : all->length;
    const double job = all->length * all->gradient + records * all->seconds;
    if (job > 0) {
        printf("  at least %s s on %lld thread%s:",
               spn_show_number((double)its->jobs * job / (double)its->threads, 2, total),
               (long long)its->threads, spn_plural(its->threads));
    }
    if (all->gradient > 0) {
        printf(" %s s a gradient", spn_show_number(all->gradient, 2, gradient));
    }
    if (all->seconds > 0) {
        printf("%s %s s to measure at each", all->gradient > 0 ? "," : "",
               spn_show_number(all->seconds, 2, each));
    }
    if (all->seconds > 0 && all->records > 0) {
        printf(" of %s records", spn_show_number(all->records, 6, number));
    }
    printf("%s", job > 0 ? "\n" : "");
}

static void print_jobs(const spn_farm *farm, const jobs *all, const process *its)
{
    char length[SPN_CELL_SIZE];
    if (farm->is_share) {
        printf("share %lld of %lld: %lld of %lld", (long long)farm->rank + 1, (long long)farm->size,
               (long long)its->jobs, (long long)all->count);
    } else {
        printf("%lld rank%s: %lld for the busiest of %lld", (long long)farm->size,
               spn_plural(farm->size), (long long)its->jobs, (long long)all->count);
    }
    printf(" %s of %s %s\n", all->what, spn_show_number(all->length, 6, length), all->steps);
    print_time(all, its);
    if (all->then != NULL) {
        printf("  %s\n", all->then);
    }
}

/* Each job at work has a point and what measuring takes; methods with dense matrices have some of their own besides, and the search for phases at the
 * end of a run has more points. */
static void print_memory(const spn_farm *farm, const spn_study *study, const jobs *all,
                         const process *its)
{
    char data[SPN_CELL_SIZE], work[SPN_CELL_SIZE], stored[SPN_CELL_SIZE], total[SPN_CELL_SIZE];
    const spn_rank_room room = spn_network_error_room(study->error, 1);
    const double job = room.point + all->bytes;
    const int64_t at_work = its->jobs < its->threads ? its->jobs : its->threads;
    printf("  each: %s GB of samples and %s GB for each of %lld %s at a time, at least %s GB "
           "together; %s "
           "at least %s GB of results\n",
           spn_show_number(room.samples * 1e-9, 2, data), spn_show_number(job * 1e-9, 2, work),
           (long long)at_work, all->what,
           spn_show_number((room.samples + (double)at_work * job) * 1e-9, 2, total),
           farm->is_share ? "whoever merges" : "rank 0",
           spn_show_number(all->stored * 1e-9, 2, stored));
}

/* Each rank follows all branches; what they share are searches, of which those from random starts are known before. */
static void print_branches(const spn_farm *farm, const spn_study *study)
{
    const spn_branches_settings *settings = spn_experiment_branches(study->experiment);
    const int64_t walks = settings->starts * (settings->levels + 1);
    if (farm->is_sharded) {
        printf("%lld rank%s together: all branches, one after the other\n", (long long)farm->size,
               spn_plural(farm->size));
        return;
    }
    printf("%lld rank%s: %lld for the busiest of %lld searches from random starts\n"
           "  and descents from saddles and Maxwell points, as many as there will be; each follows "
           "all branches\n",
           (long long)farm->size, spn_plural(farm->size), (long long)own_jobs(farm, walks),
           (long long)walks);
}

spn_status cli_explain_ranks(cli_session *session, const spn_study *study, int64_t threads)
{
    spn_status status = SPN_OK;
    const spn_farm *farm = spn_context_farm(session->context);
    jobs all = {.count = 0};
    process its = {.threads = 1};
    bool is_flow = false;
    if (farm == NULL) {
        return SPN_OK;
    }
    if (strcmp(session->command->name, "branches") == 0) {
        print_branches(farm, study);
        return SPN_OK;
    }
    if (strcmp(session->command->name, "sweep") == 0) {
        SPN_TRY(jobs_of_sweep(session->context, study, &all));
    } else {
        SPN_TRY(jobs_of_grok(session->context, study, &all));
        is_flow = spn_experiment_grok(study->experiment)->method == SPN_PATH_FLOW;
    }
    if (farm->is_sharded) {
        print_sharded(farm, &all);
        goto done;
    }
    price(study, is_flow, &all);
    its.jobs = own_jobs(farm, all.count);
    SPN_TRY(count_threads(session->context, threads, &its.threads));
    print_jobs(farm, &all, &its);
    print_memory(farm, study, &all, &its);
done:
    return status;
}
