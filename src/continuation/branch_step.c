/* SPDX-License-Identifier: MIT */
/* Steps along a branch.
 *
 *   predict:  u = u_0 + h t_0 + h^2/2 t_0'      (t_0' from the last step)
 *   judge:    angle(t_0, t_1) small; the tangents at both ends explain the way:
 *             |u_1 - u_0 - h (t_0 + t_1) / 2| small
 *   control:  half the step after a bad one; otherwise towards the angle asked for, at most doubled
 *
 * The second test is what keeps a step from hopping to a close-by branch: along one smooth branch the
 * remainder is O(h^3), and a hop adds the distance of the branches. */
#include "continuation/branch_step.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

/* First step of a branch, as a share of the longest. */
static const double STEP_FIRST = 0.1;
/* The remainder of the tangents, as a share of the step. */
static const double REMAINDER_SHARE = 0.02;
/* The angle may be larger than the one asked for by this factor. */
static const double ANGLE_MOST = 1.5;
/* More corrections than this: the next step is shorter. */
enum { CORRECTIONS_GOOD = 4 };

double spni_step_first(double step, double length)
{
    return STEP_FIRST * step * length;
}

double spni_step_longest(double step, double length, double order)
{
    return step * fmax(length, sqrt(order));
}

void spni_step_predict(int64_t n, const spni_spot *from, double h, const double *bend, double *x,
                       double *beta)
{
    *beta = from->beta + h * from->beta_slope + h * h / 2 * bend[n];
    memcpy(x, from->x, (size_t)n * sizeof *x);
    spn_axpy(n, h, from->tangent, x);
    spn_axpy(n, h * h / 2, bend, x);
}

spni_condition spni_step_plane(const spni_spot *from, double target)
{
    return (spni_condition){.kind = SPNI_PLANE,
                            .row = from->tangent,
                            .row_beta = from->beta_slope,
                            .origin = from->x,
                            .origin_beta = from->beta,
                            .target = target};
}

/* |u_1 - u_0 - h (t_0 + t_1) / 2| in the metric. */
static double remainder_of(const spni_course *course, const spni_spot *a, const spni_spot *b,
                           double h)
{
    double sum = 0;
    for (int64_t i = 0; i < course->n; i++) {
        double rest = b->x[i] - a->x[i] - h * (a->tangent[i] + b->tangent[i]) / 2;
        sum += rest * rest;
    }
    double rest = b->beta - a->beta - h * (a->beta_slope + b->beta_slope) / 2;
    return sqrt(sum + course->metric * course->metric * rest * rest);
}

static double angle_between(const spni_course *course, const spni_spot *a, const spni_spot *b)
{
    double cosine = spn_dot(course->n, a->tangent, b->tangent) +
                    course->metric * course->metric * a->beta_slope * b->beta_slope;
    return acos(fmin(fmax(cosine, -1), 1));
}

bool spni_step_is_smooth(const spni_course *course, const spni_spot *a, const spni_spot *b,
                         double h)
{
    return angle_between(course, a, b) <= ANGLE_MOST * course->angle &&
           remainder_of(course, a, b, h) <= REMAINDER_SHARE * h;
}

double spni_step_adapt(const spni_course *course, const spni_spot *a, const spni_spot *b,
                       double length, int64_t corrections)
{
    double growth = fmin(2, fmax(0.5, course->angle / fmax(angle_between(course, a, b), 1e-6)));
    return length * (corrections > CORRECTIONS_GOOD ? fmin(growth, 0.7) : growth);
}

void spni_step_bend(int64_t n, const spni_spot *a, const spni_spot *b, double length, double *bend)
{
    for (int64_t i = 0; i < n; i++) {
        bend[i] = (b->tangent[i] - a->tangent[i]) / length;
    }
    bend[n] = (b->beta_slope - a->beta_slope) / length;
}

spni_condition spni_step_between(const spni_course *course, const spni_spot *a, const spni_spot *b,
                                 double h, double share, double *x, double *beta)
{
    double s = share, h10 = s * (1 - s) * (1 - s) * h, h01 = s * s * (3 - 2 * s);
    double h11 = s * s * (s - 1) * h, target = 0;
    *beta = a->beta + h01 * (b->beta - a->beta) + h10 * a->beta_slope + h11 * b->beta_slope;
    for (int64_t i = 0; i < course->n; i++) {
        x[i] = a->x[i] + h01 * (b->x[i] - a->x[i]) + h10 * a->tangent[i] + h11 * b->tangent[i];
        target += a->tangent[i] * (x[i] - a->x[i]);
    }
    target += course->metric * course->metric * a->beta_slope * (*beta - a->beta);
    return spni_step_plane(a, target);
}
