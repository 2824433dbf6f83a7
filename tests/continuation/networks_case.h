/* SPDX-License-Identifier: MIT */
/** @file networks_case.h  Runs of spn_branches on networks over Gaussian data of exact moments. */
#ifndef SPINODAL_TEST_NETWORKS_CASE_H
#define SPINODAL_TEST_NETWORKS_CASE_H

#include "branches_case.h"

#include <spinodal/data.h>
#include <spinodal/geometry.h>

enum { MODES_MAX = 4, DEPTH_MAX = 5 };

typedef struct network_case {
    run_case run;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
} network_case;

/* What a case is made of. Hidden layers of one width; with exact moments (1/N) sum x x^T = I and
 * (1/N) sum y x^T = diag(sigma) to rounding. */
typedef struct network_setup {
    int64_t depth, width, samples, inputs, outputs, modes;
    const double *sigma;
    spn_activation activation;
    double from, to;
} network_setup;

/* A network on data that is already there: the case owns it from now on. */
static inline void network_case_on(network_case *c, spn_context *context,
                                   const network_setup *setup, spn_dataset *dataset)
{
    int64_t hidden[DEPTH_MAX - 1];
    case_defaults(&c->run, context);
    for (int i = 0; i < DEPTH_MAX - 1; i++) {
        hidden[i] = setup->width;
    }
    c->dataset = dataset;
    check_ok(context,
             spn_network_create(context, dataset->inputs, dataset->outputs, setup->depth - 1,
                                hidden, setup->activation, false, &c->network));
    check_ok(context,
             spn_network_error_create(context, c->network, dataset, SPN_ERROR_MSE, &c->error));
    c->run.objective = spn_ridge(spn_network_error_objective(c->error));
    c->run.network = c->network;
    c->run.settings.beta_from = setup->from;
    c->run.settings.beta_to = setup->to;
}

static inline void network_case_open(network_case *c, spn_context *context,
                                     const network_setup *setup)
{
    const spn_data_settings data = {
        .kind = SPN_DATA_GAUSSIAN,
        .samples = setup->samples,
        .inputs = setup->inputs,
        .outputs = setup->outputs,
        .correlations = {setup->modes, setup->sigma},
        .moments = SPN_MOMENTS_EXACT,
        .seed = 1,
    };
    spn_dataset *dataset = NULL;
    check_ok(context, spn_dataset_gaussian(context, &data, &dataset));
    network_case_on(c, context, setup, dataset);
}

static inline void network_case_close(network_case *c)
{
    spn_context *context = c->run.context;
    case_free(&c->run);
    spn_network_error_free(context, c->error);
    spn_network_free(context, c->network);
    spn_dataset_free(context, c->dataset);
}

#endif
