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

/* What each command measures at a point. */
typedef struct measured {
    const char *command, *what;
    unsigned wanted;
    bool is_dense; /* it has no other way */
} measured;

static const measured commands[] = {
    {"geometry", "both surfaces at the point", SPN_GEOMETRY_ALL, false},
    {"sweep", "both surfaces at each point", SPN_GEOMETRY_SWEEP, false},
    {"branches", "both surfaces at each point, always dense", SPN_GEOMETRY_SWEEP, true},
    {"grok", "both surfaces at each record, always dense", SPN_GEOMETRY_SPECTRUM, true},
};

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

static spn_status explain_points(cli_session *session, const spn_study *study)
{
    spn_status status = SPN_OK;
    spn_forecast forecast;
    const measured *its = NULL;
    spn_geometry_settings settings = *spn_experiment_geometry(study->experiment);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        its = strcmp(commands[i].command, session->command->name) == 0 ? &commands[i] : its;
    }
    if (its == NULL) {
        return SPN_OK;
    }
    if (strcmp(its->command, "grok") == 0 && !spn_experiment_grok(study->experiment)->geometry) {
        settings.method = SPN_SPECTRUM_NONE;
    } else if (its->is_dense) {
        settings.method = SPN_SPECTRUM_DENSE;
    }
    SPN_TRY(
        spn_geometry_forecast(session->context, &study->loss, &settings, its->wanted, &forecast));
    if (strcmp(its->command, "branches") == 0 &&
        spn_experiment_branches(study->experiment)->method == SPN_BRANCHES_PRODUCTS) {
        print_products(study, &forecast);
    } else {
        print_forecast(its->what, &forecast);
    }
done:
    return status;
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

spn_status cli_explain(cli_session *session, const spn_study *study)
{
    static const char *const tasks[] = {"traces and R, each spectrum",
                                        "eigenpairs at the ends, each spectrum",
                                        "density, each spectrum"};
    spn_status status = SPN_OK;
    spn_forecast forecasts[3];
    printf("%lld weights, %lld samples\n", (long long)study->loss.dimension,
           (long long)study->loss.samples);
    print_room(session->context, study);
    if (strcmp(session->command->name, "spectrum") != 0) {
        return explain_points(session, study);
    }
    SPN_TRY(spn_spectra_forecast(session->context, &study->loss,
                                 spn_experiment_geometry(study->experiment), forecasts));
    for (int i = 0; i < 3; i++) {
        print_forecast(tasks[i], &forecasts[i]);
    }
done:
    return status;
}
