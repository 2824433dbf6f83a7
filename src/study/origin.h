/* SPDX-License-Identifier: MIT */
/** @file origin.h  The way out of the trivial phase (T22) for the network of a study; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_ORIGIN_H
#define SPINODAL_SRC_STUDY_ORIGIN_H

#include <spinodal/study.h>

typedef struct spni_origin {
    bool is_known;            /**< the law holds for this network */
    spn_theory_origin theory; /**< of E summed over outputs */
    double divisor;           /**< E is divided by it: K for mse_mean */
} spni_origin;

spn_status spni_origin_make(spn_context *context, spn_arena *arena, const spn_study *study,
                            spni_origin *origin);

/** As spn_trajectory_problem wants it; `state` is the spni_origin. */
spn_status spni_origin_time(spn_context *context, const void *state, double parameter,
                            const double *theta, double *time);

#endif
