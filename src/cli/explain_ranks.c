/* SPDX-License-Identifier: MIT */
/* --explain of ranks and shares: how many jobs there are, how many the busiest process has, and what that takes at least. */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry/spectra.h>
#include <stdio.h>
#include <string.h>

/* Jobs of equal length, all there are at first. */
typedef struct jobs {
    const char *what, *steps;
    int64_t count;
    double length;  /* of each, in steps */
    double seconds; /* of measuring at a step; 0: not known */
    double bytes;   /* at work, for each thread */
    double stored;  /* of all results, at least */
    const char *then;
} jobs;

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

static spn_status count_points(spn_context *context, const spn_sweep_settings *settings,
                               int64_t *count)
{
    double *values = NULL;
    int64_t *legs = NULL;
    spn_status status = settings->direction == SPN_PROTOCOL_LEGS
                            ? spn_sweep_path(context, settings, count, &values, &legs)
                            : spn_sweep_grid(context, settings, count, &values);
    spn_release(context, values);
    spn_release(context, legs);
    return status;
}

static spn_status jobs_of_sweep(spn_context *context, const spn_study *study, jobs *out)
{
    spn_status status = SPN_OK;
    const spn_sweep_settings *settings = spn_experiment_sweep(study->experiment);
    const bool turns =
        settings->direction == SPN_PROTOCOL_BOTH ||
        (settings->direction == SPN_PROTOCOL_DOWN && settings->start == SPN_DOWN_PHASES);
    int64_t points = 0;
    spn_forecast forecast;
    SPN_TRY(count_points(context, settings, &points));
    SPN_TRY(spn_geometry_forecast(context, &study->loss, spn_experiment_geometry(study->experiment),
                                  SPN_GEOMETRY_SWEEP, &forecast));
    const spn_forecast_way *ways[] = {[SPN_SPECTRUM_DENSE] = &forecast.dense,
                                      [SPN_SPECTRUM_MOMENTS] = &forecast.moments,
                                      [SPN_SPECTRUM_STOCHASTIC] = &forecast.stochastic};
    const bool is_measured =
        forecast.method >= SPN_SPECTRUM_DENSE && forecast.method <= SPN_SPECTRUM_STOCHASTIC;
    const double record = (double)sizeof(spn_sweep_record) +
                          (settings->parameters ? numbers((double)study->loss.dimension) : 0);
    *out =
        (jobs){.what = direction_of(settings),
               .steps = "points",
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

static void jobs_of_grok(const spn_study *study, jobs *out)
{
    const spn_grok_settings *settings = spn_experiment_grok(study->experiment);
    *out = (jobs){.what = "runs",
                  .steps = "epochs",
                  .count = settings->starts.count * settings->seeds,
                  .length = settings->epochs};
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

static void print_jobs(const spn_farm *farm, const jobs *all)
{
    char each[SPN_CELL_SIZE], length[SPN_CELL_SIZE], busiest[SPN_CELL_SIZE];
    const int64_t own = farm->is_share ? (all->count - farm->rank + farm->size - 1) / farm->size
                                       : (all->count + farm->size - 1) / farm->size;
    if (farm->is_share) {
        printf("share %lld of %lld: %lld of %lld", (long long)farm->rank + 1, (long long)farm->size,
               (long long)(own > 0 ? own : 0), (long long)all->count);
    } else {
        printf("%lld rank%s: %lld for the busiest of %lld", (long long)farm->size,
               spn_plural(farm->size), (long long)own, (long long)all->count);
    }
    printf(" %s of %s %s", all->what, spn_show_number(all->length, 6, length), all->steps);
    if (all->seconds > 0) {
        printf(", at least %s s (%s s to measure at each)",
               spn_show_number((double)own * all->length * all->seconds, 2, busiest),
               spn_show_number(all->seconds, 2, each));
    }
    printf("\n");
    if (all->then != NULL) {
        printf("  %s\n", all->then);
    }
}

static void print_memory(const spn_farm *farm, const spn_study *study, const jobs *all)
{
    char data[SPN_CELL_SIZE], work[SPN_CELL_SIZE], stored[SPN_CELL_SIZE];
    const spn_dataset *sets[] = {study->dataset, study->test};
    double bytes = 0;
    for (int i = 0; i < 2; i++) {
        bytes +=
            sets[i] != NULL
                ? numbers((double)(sets[i]->inputs + sets[i]->outputs) * (double)sets[i]->stride)
                : 0;
    }
    printf("  each: %s GB of samples", spn_show_number(bytes * 1e-9, 2, data));
    if (all->bytes > 0) {
        printf(", %s GB for each thread to measure", spn_show_number(all->bytes * 1e-9, 2, work));
    }
    if (all->stored > 0) {
        printf("; %s at least %s GB of results", farm->is_share ? "whoever merges" : "rank 0",
               spn_show_number(all->stored * 1e-9, 2, stored));
    }
    printf("\n");
}

spn_status cli_explain_ranks(cli_session *session, const spn_study *study)
{
    spn_status status = SPN_OK;
    const spn_farm *farm = spn_context_farm(session->context);
    jobs all = {.count = 0};
    if (farm == NULL) {
        return SPN_OK;
    }
    if (strcmp(session->command->name, "sweep") == 0) {
        SPN_TRY(jobs_of_sweep(session->context, study, &all));
    } else {
        jobs_of_grok(study, &all);
    }
    if (farm->is_sharded) {
        print_sharded(farm, &all);
        goto done;
    }
    print_jobs(farm, &all);
    print_memory(farm, study, &all);
done:
    return status;
}
