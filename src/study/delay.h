/* SPDX-License-Identifier: MIT */
/** @file delay.h  Escape from the trivial phase of a linear network with one mode; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_DELAY_H
#define SPINODAL_SRC_STUDY_DELAY_H

#include <spinodal/kind.h>
#include <spinodal/study.h>

/** A network of one depth on the data. */
typedef struct spni_delay_net {
    spn_experiment *experiment;
    spn_study *study;
    int64_t depth;
    double sigma, target_power; /**< of the mode; E_0 */
    double *yx;                 /**< K x I */
    double *u, *v;              /**< the mode's directions: K and I numbers */
    double *
        gains; /**< of each random start: scale of the aligned start that escapes with it, over u_0 */
} spni_delay_net;

spn_status spni_delay_net_create(spn_context *context, const spn_delay_settings *settings,
                                 int64_t depth, spni_delay_net *net);
void spni_delay_net_free(spn_context *context, spni_delay_net *net);

/** Weights of scale u_0: a start of its own for each seed, aligned with the mode for seed -1. */
void spni_delay_start(const spni_delay_net *net, double scale, int64_t seed, double *theta);

/** net->gains[seed]. */
spn_status spni_delay_gain(spn_context *context, const spni_delay_net *net, int64_t seed,
                           double *theta, double *gain);

/** What walks; made once for several runs. */
typedef struct spni_delay_walker {
    const spni_delay_net *net;
    spn_stepper *stepper;
    double *theta, *state;
} spni_delay_walker;

spn_status spni_delay_walker_create(spn_context *context, const spni_delay_net *net, int64_t method,
                                    spni_delay_walker *walker);
void spni_delay_walker_free(spn_context *context, spni_delay_walker *walker);

/** Fill a run whose axis, depth, method, seed, scale and beta are set: the laws, then the walk. */
spn_status spni_delay_run(spn_context *context, spni_delay_walker *walker, spn_delay_run *run);

#endif
