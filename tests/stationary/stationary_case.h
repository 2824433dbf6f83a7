/* SPDX-License-Identifier: MIT */
/** @file stationary_case.h  A landscape with known stationary points, and the frame of a range of its parameter. */
#ifndef SPINODAL_TEST_STATIONARY_CASE_H
#define SPINODAL_TEST_STATIONARY_CASE_H

#include "support.h"

#include "stationary/stationary.h"

#include <math.h>

typedef struct landscape_case {
    spn_context *context;
    spn_landscape landscape;
    spn_objective objective;
    spni_frame frame;
} landscape_case;

/* Parameters from -1 to 1. */
static inline void landscape_open(landscape_case *c, spn_landscape_kind kind, int64_t dimension,
                                  const double *coefficients)
{
    *c = (landscape_case){.landscape = {kind, dimension, coefficients}};
    check_ok(NULL, spn_context_create(NULL, &c->context));
    c->objective = spn_landscape_objective(&c->landscape);
    check_ok(c->context, spni_frame_create(c->context, &c->objective, -1, 1, &c->frame));
}

static inline void landscape_close(landscape_case *c)
{
    spni_frame_free(&c->frame);
    spn_context_free(c->context);
}

/* t^3 - t + p = 0 for |p| < 2 / (3 sqrt 3): the largest root (0), the smallest (1) and the middle one (2) of the double well. */
static inline double well_root(double p, int which)
{
    static const int turns[] = {0, 2, 4};
    return 2 / sqrt(3) * cos((acos(-1.5 * sqrt(3) * p) + turns[which] * acos(-1)) / 3);
}

#endif
