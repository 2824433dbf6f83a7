/* SPDX-License-Identifier: MIT */
/** @file runge_kutta.h  Steps of y' = f(y) by the pair of order 5(4) of Dormand and Prince (J. Comput. Appl. Math.
 *  6, 19, 1980) with the step control of Hairer, Norsett and Wanner (Solving Ordinary Differential Equations I,
 *  II.4 and II, IV.2). The last stage of a step is the first of the next. */
#ifndef SPINODAL_NUMERIC_RUNGE_KUTTA_H
#define SPINODAL_NUMERIC_RUNGE_KUTTA_H

#include <spinodal/base.h>

enum { SPNI_STAGES = 7 };

/** dy = f(y). `is_last`: y is the result of the step. *is_finite: whether the step can go on. */
typedef spn_status spni_slope(spn_context *context, void *state, const double *y, bool is_last,
                              double *dy, bool *is_finite);

typedef struct spni_runge_kutta {
    int64_t n;
    spni_slope *slope;
    void *state;
    double *slopes[SPNI_STAGES]; /**< n each; [0]: f(y) at the start, of the caller */
    double *next, *sum;          /**< n each: the result; scratch */
} spni_runge_kutta;

/** One step of length h from y. *error: the largest |difference| of both orders; infinite where something is not
 *  finite, and then `next` has no meaning. */
spn_status spni_runge_kutta_step(spn_context *context, const spni_runge_kutta *method,
                                 const double *y, double h, double *error);

/** By which factor the next step should differ, after one whose error was `error` times what is allowed; 0.2 to 10,
 *  below 1 for error > 1. *last: the error of the last accepted step, first SPNI_ERROR_FLOOR; updated when this
 *  one is accepted (error <= 1). */
double spni_step_change(double error, double *last);

#define SPNI_ERROR_FLOOR 1e-4

#endif
