/* SPDX-License-Identifier: MIT */
/* Branch points: the root of the mean of the eigenvalues that cross zero along an arc.
 *
 * False position with the Illinois rule comes close; the root itself is extrapolated from the last three
 * values, because rounding along the kernel is magnified by 1 / lambda. The solution there is polished with the
 * kernel's directions made stiff, which is a regular problem. */
#include "continuation/continuation.h"
#include "stationary/root.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROOT_STEPS = 40, POLISHES = 2 };
/* Close enough to extrapolate: this share of the values at the ends, and of the largest eigenvalue. Further
 * away where the branch itself moves along the kernel, since the rounding there enters at first order. */
static const double NEAR_ENDS = 1e-4, NEAR_LARGEST = 1e-6;
static const double FAR_ENDS = 1e-2, FAR_LARGEST = 1e-4;
/* Eigenvalues below this share of the largest are mostly rounding: their own, or theta's along the kernel. */
static const double LEAST = 1e-13, LEAST_ALONG = 1e-9;
/* Share of the tangent in the kernel above which the branch moves along it. */
static const double ALONG = 1e-3;

typedef struct test {
    const spni_place *a, *b;
    spni_turned set;
    bool is_along; /* the branch moves along the kernel */
} test;

static double value_at(int64_t n, const test *t, const spni_place *place)
{
    return spni_turned_mean(n, t->a, &t->set, place);
}

/* Squared share of the tangent at a in the span of the set's vectors. */
static double share_along(int64_t n, const spni_place *a, const spni_turned *set)
{
    double along = 0;
    for (int64_t k = 0; k < set->count; k++) {
        double part = spn_dot(n, a->tangent, a->vectors + set->positions[k] * n);
        along += part * part;
    }
    return along;
}

static test make_test(int64_t n, const spni_place *a, const spni_place *b)
{
    test t = {.a = a, .b = b};
    spni_turned fall, rise;
    spni_find_turned(n, a, b, &fall, &rise);
    t.set = fall.count >= rise.count ? fall : rise;
    /* A branch that moves along the kernel may do so where eigenvalues cross the other way. */
    t.is_along = share_along(n, a, &fall) + share_along(n, a, &rise) > ALONG * ALONG;
    return t;
}

/* Where the mean vanishes, from its last three values; *difference says how good that is. */
static double extrapolate(const spni_sample *r, double *difference)
{
    double linear = 0, quadratic = spni_root_of_three(r, &linear);
    bool is_good = isfinite(quadratic);
    *difference = is_good ? fabs(quadratic - linear) : 0;
    return is_good ? quadratic : linear;
}

/* |mean| from which on it is extrapolated. */
static double near_enough(const test *t, double ends)
{
    double largest = t->a->largest;
    return t->is_along ? fmax(fmin(FAR_ENDS * ends, FAR_LARGEST * largest), LEAST_ALONG * largest)
                       : fmax(fmin(NEAR_ENDS * ends, NEAR_LARGEST * largest), LEAST * largest);
}

/* The last three values on the way to the root, over the share of the arc, in r[0 .. 2]; tracer->mid is at the last. */
static spn_status find_root(spni_tracer *tracer, const test *t, spni_sample *r, bool *is_found)
{
    spn_status status = SPN_OK;
    int64_t n = tracer->frame->n;
    spni_bracket bracket = {.left = {0, value_at(n, t, t->a)}, .right = {1, value_at(n, t, t->b)}};
    double near = near_enough(t, fmax(fabs(bracket.left.value), fabs(bracket.right.value)));
    *is_found = false;
    r[1] = bracket.left;
    r[2] = bracket.right;
    for (int k = 0; k < ROOT_STEPS && spni_bracket_is_open(&bracket); k++) {
        bool is_converged = false;
        double share = spni_bracket_next(&bracket);
        SPN_TRY(spni_between(tracer, t->a, t->b, share, NULL, 0, &tracer->mid, &is_converged));
        if (!is_converged) {
            goto done;
        }
        r[0] = r[1];
        r[1] = r[2];
        r[2] = (spni_sample){share, value_at(n, t, &tracer->mid)};
        if (fabs(r[2].value) <= near) {
            *is_found = true;
            goto done;
        }
        spni_bracket_take(&bracket, r[2]);
    }
done:
    return status;
}

/* The vectors at `place` that have become the kernel, as rows. */
static void list_kernel(int64_t n, const spni_place *place, int64_t count, double *rows)
{
    int64_t high = place->index, low = high - 1;
    for (int64_t k = 0; k < count; k++) {
        bool takes_low =
            high >= n || (low >= 0 && fabs(place->values[low]) < fabs(place->values[high]));
        int64_t next = takes_low ? low-- : high++;
        memcpy(rows + k * n, place->vectors + next * n, (size_t)n * sizeof *rows);
    }
}

/* The point at `share` of the arc, solved, linearised into special->place. */
static spn_status polish(spni_tracer *tracer, const test *t, double share, spni_special *special,
                         bool *is_located)
{
    spn_status status = SPN_OK;
    int64_t n = tracer->frame->n, count = t->set.count;
    double *rows = NULL;
    SPN_NEW(tracer->frame->context, rows, count * n);
    list_kernel(n, &tracer->mid, count, rows);
    SPN_TRY(spni_between(tracer, t->a, t->b, share, rows, count, &special->place, is_located));
done:
    spn_release(tracer->frame->context, rows);
    return status;
}

spn_status spni_locate_root(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    const test t = make_test(frame->n, a, b);
    spni_sample r[3] = {{0, 0}};
    double difference = 0;
    SPN_TRY(find_root(tracer, &t, r, is_located));
    if (!*is_located) {
        goto done;
    }
    double share = extrapolate(r, &difference);
    double lambda = (r[1].value - r[2].value) / (r[1].x - r[2].x), value = 0;
    for (int k = 0; k < (t.is_along ? 1 : POLISHES); k++) {
        SPN_TRY(polish(tracer, &t, share, special, is_located));
        if (!*is_located) {
            goto done;
        }
        value = value_at(frame->n, &t, &special->place);
        share -= value / lambda;
    }
    double slope = fabs(special->place.beta_slope) * spni_distance(frame, a, b);
    lambda = fabs(lambda);
    /* Rounding of the eigenvalues; where the branch moves along the kernel also that of theta along it. */
    double rounding = 16 * DBL_EPSILON * a->largest / lambda;
    double bend = (frame->scales.value + fabs(a->state.loss)) / pow(frame->scales.weight, 2);
    rounding *= t.is_along ? 1 + 0.3 * bend / fabs(r[2].value) : 1;
    /* What the eigenvalues have left of themselves there says how far the root still is, unless it is mostly theta's. */
    double rest = t.is_along ? difference : fabs(value) / lambda;
    double half = fmin(slope * (2 * rest + rounding), fabs(a->beta - b->beta));
    spni_set_interval(frame, special, special->place.beta, half);
    special->record.kind = SPN_SPECIAL_BRANCH_POINT;
    special->record.coefficient = (double)NAN;
done:
    return status;
}
