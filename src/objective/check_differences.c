/* SPDX-License-Identifier: MIT */
/* Differences of an objective and its gradient, and their own error.
 *
 * Central differences at h_j = h_0 4^-j with one Richardson extrapolation each (error h^4) are taken down to steps where
 * rounding rules. The best one is where two in a row agree best, rounding included, and that agreement is its
 * error: beside a kink (relu), or where high derivatives are large (many layers), it is found at small steps by itself.
 * The rounding of the objective itself (sums over samples, a callback in single precision) is measured, not
 * assumed: second differences on one side at steps so small that the truth is zero. */
#include "objective/check.h"
#include <spinodal/numeric.h>

#include <float.h>
#include <math.h>
#include <string.h>

enum { DIFFERENCES = 18 }; /* steps of central differences: from scale/8 down to 7e-12 scale */

double spni_check_norm(const spni_checker *check, const double *v)
{
    double sum = 0;
    for (int64_t i = 0; i < check->n; i++) {
        double entry = check->direction[i] * v[i];
        sum += entry * entry;
    }
    return sqrt(sum);
}

spn_status spni_check_evaluate(spni_checker *check, double h, double dp, unsigned wanted)
{
    for (int64_t i = 0; i < check->n; i++) {
        check->trial[i] = check->theta[i] + h * check->direction[i];
    }
    return spn_point_set(check->context, check->point, check->trial, check->parameter + dp, NULL,
                         wanted);
}

/* Second differences at 1, 2 and 3 tiny steps, on one side: a kink at the point is none of them. */
spn_status spni_check_noise(spni_checker *check)
{
    spn_status status = SPN_OK;
    const double weights[3] = {1, -2, 1};
    check->noise = check->gradient_noise = 0;
    for (int side = -1; side <= 1; side += 2) {
        double value = 0;
        memset(check->central, 0, (size_t)check->n * sizeof *check->central);
        for (int i = 0; i < 3; i++) {
            double h = side * (i + 1) * 1e-12 * check->scale;
            SPN_TRY(spni_check_evaluate(check, h, 0, SPN_WANT_VALUE | SPN_WANT_GRADIENT));
            value += weights[i] * check->point->value;
            spn_axpy(check->n, weights[i], check->point->gradient, check->central);
        }
        check->noise = fmax(check->noise, fabs(value));
        check->gradient_noise = fmax(check->gradient_noise, spni_check_norm(check, check->central));
    }
    check->noise = fmax(check->noise, DBL_EPSILON * fabs(check->value));
    check->gradient_noise =
        fmax(check->gradient_noise, DBL_EPSILON * spni_check_norm(check, check->gradient));
done:
    return status;
}

/* Does what should vanish with the step stay? `bend` at the last steps at which it stood above rounding. */
typedef struct bend {
    double older, last;
    int count;
} bend;

static void follow_bend(bend *b, double size, double rounding)
{
    if (size > SPNI_ABOVE_ROUNDING * rounding) {
        b->older = b->last;
        b->last = size;
        b->count++;
    }
}

/* Second differences of values, over h, and first differences of gradients fall with h, by 4 or more from step to
 * step; across a kink they stay. */
static bool is_kinked(const bend *b)
{
    return b->count >= 4 && b->last > b->older / 1.5;
}

/* Values and gradients at +h and -h, along d or the parameter: central differences and what bends between. */
typedef struct step {
    double slope;       /* central difference of values */
    double bend;        /* second difference of values over h */
    double vector_bend; /* difference of gradients */
    double value_size, gradient_size;
} step;

static spn_status take_step(spni_checker *check, double h, bool is_parameter, step *out)
{
    spn_status status = SPN_OK;
    const spn_point *point = check->point;
    unsigned wanted = SPN_WANT_VALUE | SPN_WANT_GRADIENT;
    SPN_TRY(spni_check_evaluate(check, is_parameter ? 0 : h, is_parameter ? h : 0, wanted));
    double ahead = point->value;
    memcpy(check->ahead, point->gradient, (size_t)check->n * sizeof *check->ahead);
    SPN_TRY(spni_check_evaluate(check, is_parameter ? 0 : -h, is_parameter ? -h : 0, wanted));
    *out = (step){.slope = (ahead - point->value) / (2 * h),
                  .bend = fabs(ahead - 2 * check->value + point->value) / h,
                  .value_size = fmax(fabs(ahead), fabs(point->value)),
                  .gradient_size = fmax(spni_check_norm(check, check->ahead),
                                        spni_check_norm(check, point->gradient))};
    for (int64_t i = 0; i < check->n; i++) {
        double up = check->ahead[i], down = point->gradient[i];
        check->central[i] = (up - down) / (2 * h);
    }
    out->vector_bend = 2 * h * spni_check_norm(check, check->central);
done:
    return status;
}

/* h^2 is a sixteenth of that of the step before. */
static double extrapolate(double now, double before)
{
    return now + (now - before) / 15;
}

static void keep_better(spni_check_finding *f, double difference, double change, double rounding)
{
    double error = change + rounding;
    if (isfinite(error) && error < f->error) {
        f->error = error;
        f->difference = difference;
    }
}

/* Extrapolate the differences of gradients into `extrapolated`; how far they are from the extrapolation before and
 * from `expected`. `trial` and `ahead` are overwritten. */
static void extrapolate_vector(spni_checker *check, const double *expected, double *change,
                               double *deviation)
{
    for (int64_t i = 0; i < check->n; i++) {
        double now = extrapolate(check->central[i], check->previous[i]);
        check->trial[i] = now - check->extrapolated[i];
        check->ahead[i] = now - expected[i];
        check->extrapolated[i] = now;
    }
    *change = spni_check_norm(check, check->trial);
    *deviation = spni_check_norm(check, check->ahead);
}

spn_status spni_check_compare(spni_checker *check, bool is_parameter, double unit, double slope,
                              const double *expected, spni_check_finding *value,
                              spni_check_finding *vector)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)check->n * sizeof *check->central;
    double previous = 0, extrapolated = 0, value_size = 0, gradient_size = 0;
    bend bends = {0}, vector_bends = {0};
    value->error = vector->error = (double)INFINITY;
    value->difference = vector->difference = (double)INFINITY;
    for (int j = 0, known = 0; j < DIFFERENCES; j++) {
        step now;
        double h = ldexp(unit, -3 - 2 * j), change = 0, deviation = 0;
        SPN_TRY(take_step(check, h, is_parameter, &now));
        if (!isfinite(now.slope) || !isfinite(now.gradient_size)) {
            known = 0; /* outside of the domain: start again closer */
            continue;
        }
        value_size = fmax(value_size, now.value_size);
        gradient_size = fmax(gradient_size, now.gradient_size);
        follow_bend(&bends, now.bend, check->noise / h);
        follow_bend(&vector_bends, now.vector_bend, check->gradient_noise);
        double better = extrapolate(now.slope, previous);
        extrapolate_vector(check, expected, &change, &deviation);
        if (known >= 2) {
            double rounding = 4 * (check->noise + DBL_EPSILON * now.value_size) / h;
            keep_better(value, fabs(better - slope), fabs(better - extrapolated), rounding);
            keep_better(vector, deviation, change,
                        4 * (check->gradient_noise + DBL_EPSILON * now.gradient_size) / h);
        }
        known++;
        previous = now.slope;
        extrapolated = better;
        memcpy(check->previous, check->central, bytes);
    }
    /* what they were computed from: its size here, and where nothing is here that on the way */
    double here = spni_check_norm(check, check->gradient);
    value->natural = (check->value != 0 ? fabs(check->value) : value_size) / unit;
    vector->natural = (here > 0 ? here : gradient_size) / unit;
    value->has_kink = is_kinked(&bends);
    vector->has_kink = is_kinked(&vector_bends);
    value->kink =
        bends
            .last; /* the one-sided slopes are this far apart, the central one half of it from both */
done:
    return status;
}
