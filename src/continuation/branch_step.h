/* SPDX-License-Identifier: MIT */
/** @file branch_step.h  Steps along a branch: predicted, judged and controlled, by whichever method points are solved for. */
#ifndef SPINODAL_SRC_CONTINUATION_BRANCH_STEP_H
#define SPINODAL_SRC_CONTINUATION_BRANCH_STEP_H

#include "stationary/stationary.h"

/** Steps are not shorter than this, in lengths of the frame. */
#define SPNI_STEP_LEAST 1e-7
/** On a step several things may happen at once that separate on shorter ones: it is shortened down to this. */
#define SPNI_STEP_TANGLED 1e-4
/** The corrector's way, as a share of the step. */
#define SPNI_STEP_REACH 0.5

/** A point of a branch: n numbers and beta, and the tangent, of unit length in the metric |dx|^2 + (metric dbeta)^2. */
typedef struct spni_spot {
    const double *x, *tangent;
    double beta, beta_slope;
} spni_spot;

/** The space that a branch lies in, and the angle asked for between neighbouring tangents. */
typedef struct spni_course {
    int64_t n;
    double metric, angle;
} spni_course;

/** Of a branch that begins; the longest at a point whose |theta|^2 is `order`. `step`: the setting; `length`: that of the frame. */
double spni_step_first(double step, double length);
double spni_step_longest(double step, double length, double order);
/** u = u_0 + h t_0 + h^2 / 2 bend into x (n numbers) and beta; bend: n + 1. */
void spni_step_predict(int64_t n, const spni_spot *from, double h, const double *bend, double *x,
                       double *beta);
/** The plane across the tangent in which it is corrected. */
spni_condition spni_step_plane(const spni_spot *from, double target);
/** Do the tangents at both ends agree, and explain the way of length h? */
bool spni_step_is_smooth(const spni_course *course, const spni_spot *a, const spni_spot *b,
                         double h);
/** The length of the next step after one of `length` from a to b with so many corrections. */
double spni_step_adapt(const spni_course *course, const spni_spot *a, const spni_spot *b,
                       double length, int64_t corrections);
/** d(tangent)/ds from a to b: n + 1 numbers. */
void spni_step_bend(int64_t n, const spni_spot *a, const spni_spot *b, double length, double *bend);
/** Cubic Hermite interpolation at `share` of the arc from a to b, of length h, into x and beta, and the plane across the tangent at a that holds
 *  it. */
spni_condition spni_step_between(const spni_course *course, const spni_spot *a, const spni_spot *b,
                                 double h, double share, double *x, double *beta);

#endif
