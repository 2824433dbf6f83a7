/* SPDX-License-Identifier: MIT */
/* --explain: what measuring the Hessian takes by each way, and which one is gone. Nothing is run. */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry/spectra.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

static void print_way(const char *name, const spn_forecast_way *way, bool is_chosen)
{
    char flops[SPN_CELL_SIZE], seconds[SPN_CELL_SIZE], bytes[SPN_CELL_SIZE];
    if (isinf(way->flops)) {
        return;
    }
    printf("  %-10s  %10s operations  %10s s  %10s GB%s\n", name,
           spn_show_number(way->flops, 2, flops), spn_show_number(way->seconds, 2, seconds),
           spn_show_number(way->bytes * 1e-9, 2, bytes), is_chosen ? "  <- chosen" : "");
}

static void print_forecast(const char *what, const spn_forecast *forecast)
{
    const spn_forecast_way *ways[] = {&forecast->dense, &forecast->moments, &forecast->stochastic};
    printf("%s\n", what);
    for (int64_t method = SPN_SPECTRUM_DENSE; method <= SPN_SPECTRUM_STOCHASTIC; method++) {
        print_way(spn_spectrum_method_text(method), ways[method - SPN_SPECTRUM_DENSE],
                  forecast->method == method);
    }
    if (forecast->method == SPN_SPECTRUM_NONE) {
        printf("  none: nothing of the Hessian\n");
    }
}

/* What a command measures at a point. */
typedef enum task {
    TASK_NONE,
    TASK_GEOMETRY,
    TASK_SWEEP,    /* of training by mini-batches: by the ways of section `geometry` */
    TASK_PRODUCTS, /* of a sweep by products, which needs R alone */
    TASK_DENSE,    /* whatever section `geometry` says */
    TASK_DENSE_RECORDS,
    TASK_BRANCH, /* by products */
} task;

static const char *const whats[] = {[TASK_NONE] = "both surfaces at each point or record",
                                    [TASK_GEOMETRY] = "both surfaces at the point",
                                    [TASK_SWEEP] = "both surfaces at each point",
                                    [TASK_PRODUCTS] = "traces and R of both surfaces at each point",
                                    [TASK_DENSE] = "both surfaces at each point, always dense",
                                    [TASK_DENSE_RECORDS] =
                                        "both surfaces at each record, always dense"};

static task task_of(const spn_study *study, const char *command)
{
    const spn_sweep_problem sweep = {.objective = &study->loss,
                                     .settings = spn_experiment_sweep(study->experiment),
                                     .solver = spn_experiment_solver(study->experiment),
                                     .geometry = spn_experiment_geometry(study->experiment)};
    if (strcmp(command, "sweep") == 0) {
        const bool is_none = sweep.geometry->method == SPN_SPECTRUM_NONE;
        return spn_sweep_is_trained(&sweep)     ? TASK_SWEEP
               : !spn_sweep_by_products(&sweep) ? TASK_DENSE
               : is_none                        ? TASK_NONE
                                                : TASK_PRODUCTS;
    }
    if (strcmp(command, "branches") == 0) {
        return spn_experiment_branches(study->experiment)->method == SPN_BRANCHES_PRODUCTS
                   ? TASK_BRANCH
                   : TASK_DENSE;
    }
    if (strcmp(command, "grok") == 0) {
        return spn_experiment_grok(study->experiment)->geometry ? TASK_DENSE_RECORDS : TASK_NONE;
    }
    return TASK_GEOMETRY;
}

spn_status cli_forecast(spn_context *context, const spn_study *study, const char *command,
                        spn_forecast *out)
{
    const task its = task_of(study, command);
    spn_geometry_settings settings = *spn_experiment_geometry(study->experiment);
    if (its == TASK_PRODUCTS) {
        return spn_spectrum_forecast(context, &study->loss, &settings, SPN_SPECTRUM_CURVATURE, out);
    }
    if (its == TASK_NONE || its == TASK_BRANCH) {
        settings.method = SPN_SPECTRUM_NONE;
    } else if (its == TASK_DENSE || its == TASK_DENSE_RECORDS) {
        /* Forced by the section itself, in a sweep, they are refused by it too. */
        if (strcmp(command, "sweep") != 0 || settings.method != SPN_SPECTRUM_DENSE) {
            settings.memory = settings.hours = 1e300;
        }
        settings.method = SPN_SPECTRUM_DENSE;
    }
    const unsigned wanted = its == TASK_GEOMETRY        ? SPN_GEOMETRY_ALL
                            : its == TASK_DENSE_RECORDS ? SPN_GEOMETRY_SPECTRUM
                                                        : SPN_GEOMETRY_SWEEP;
    return spn_geometry_forecast(context, &study->loss, &settings, wanted, out);
}

/* Branches by products are one branch. */
static void print_products(const spn_study *study, const spn_forecast *forecast)
{
    const spn_forecast_way way = spn_branches_forecast(&study->loss);
    printf(
        "one branch, each point by some %d products with the Hessian; fewer weights where hidden "
        "units repeat\n",
        SPN_BRANCHES_PRODUCTS_USUAL);
    print_way("dense", &forecast->dense, false);
    print_way("products", &way, true);
}

/* What a rank needs, where ranks share the samples. */
static void print_room(const spn_context *context, const spn_study *study)
{
    char data[SPN_CELL_SIZE], point[SPN_CELL_SIZE], start[SPN_CELL_SIZE];
    if (spn_farm_is_sharded(context)) {
        const int64_t ranks = spn_context_farm(context)->size;
        const spn_rank_room room = spn_network_error_room(study->error, ranks);
        printf("each of %lld ranks\n  %10s GB of samples, and %s GB for each point at work; %s GB "
               "while the data are read and the network is made\n",
               (long long)ranks, spn_show_number(room.samples * 1e-9, 2, data),
               spn_show_number(room.point * 1e-9, 2, point),
               spn_show_number(room.start * 1e-9, 2, start));
        if (study->here != NULL) {
            printf("  each has all samples while they are read: %s\n", study->here);
        }
    }
}

static void print_study(const spn_context *context, const spn_study *study)
{
    printf("%lld weights, %lld samples\n", (long long)study->loss.dimension,
           (long long)study->loss.samples);
    print_room(context, study);
}

static spn_status explain_points(cli_session *session, const spn_study *study)
{
    spn_status status = SPN_OK;
    spn_forecast forecast;
    const task its = task_of(study, session->command->name);
    SPN_TRY(cli_forecast(session->context, study, session->command->name, &forecast));
    print_study(session->context, study);
    if (its == TASK_BRANCH) {
        print_products(study, &forecast);
    } else {
        print_forecast(whats[its], &forecast);
    }
done:
    return status;
}

spn_status cli_check_explain(cli_session *session, const cli_arguments *arguments)
{
    return arguments->is_explained && arguments->is_json
               ? cli_misuse(session, "--explain is text; leave --json out")
               : SPN_OK;
}

spn_status cli_explain(cli_session *session, const spn_study *study)
{
    static const char *const tasks[] = {"traces and R, each spectrum",
                                        "eigenpairs at the ends, each spectrum",
                                        "density, each spectrum"};
    spn_status status = SPN_OK;
    spn_forecast forecasts[3];
    if (strcmp(session->command->name, "spectrum") != 0) {
        return explain_points(session, study);
    }
    SPN_TRY(spn_spectra_forecast(session->context, &study->loss,
                                 spn_experiment_geometry(study->experiment), forecasts));
    print_study(session->context, study);
    for (int i = 0; i < 3; i++) {
        print_forecast(tasks[i], &forecasts[i]);
    }
done:
    return status;
}
