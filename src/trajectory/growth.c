/* SPDX-License-Identifier: MIT */
/* How fast a path leaves a stationary point along a ray theta_branch + a d:
 *
 *     (da/dt) / a = r(a) = -d . grad L / a = rate + power a^p + ...,  rate = -d.H d
 *
 * L is smooth, so that p is whole; it and the power come from r at a and 2 a. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <spinodal/theory.h>
#include <string.h>

/* The part beyond linear order is measured where it is this share of the rate: large enough to stand above rounding, small
 * enough that the next order is a like share of it. */
static const double BENT = 0.05;
/* Rounding of a gradient, in units of the largest curvature times the length of theta; what is measured stands a
 * hundred times above it. */
static const double ROUNDING = 1e-14;
/* Amplitudes beyond the length of theta, or beyond its scale, are another place. */
static const double FAR = 1;
enum { POWER_MOST = 8 };
/* Directions turn until one more step changes them by less than this; the growth along them, a maximum, is then right to its
 * square. */
static const double ALIGNED = 1e-4;
enum { ALIGN_STEPS = 500 };

spn_status spni_growth_at(spni_walker *w, const double *branch, const double *d, double a,
                          double *rate)
{
    spn_status status = SPN_OK;
    memcpy(w->trial, branch, (size_t)w->n * sizeof *w->trial);
    spn_axpy(w->n, a, d, w->trial);
    SPN_TRY(spn_point_set(w->context, w->point, w->trial, w->problem->settings->beta, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    *rate = -spn_dot(w->n, d, w->point->gradient) / a;
done:
    return status;
}

/* d <- its part along eigenvectors of eigenvalues up to `softest`, at length 1; false, and d as it was, where there is none.
 * `part`: P numbers of scratch. */
static bool keep_soft(int64_t n, const spni_place *place, double softest, double *part, double *d)
{
    memset(part, 0, (size_t)n * sizeof *part);
    for (int64_t i = 0; i < n && place->values[i] <= softest; i++) {
        const double *vector = place->vectors + i * n;
        spn_axpy(n, spn_dot(n, vector, d), vector, part);
    }
    double length = spn_norm(n, part);
    for (int64_t i = 0; i < n && length > 0; i++) {
        d[i] = part[i] / length;
    }
    return length > 0;
}

/* -grad L at branch + amplitude d, less that at the branch, which is stationary. *bent: the length of its part beyond
 * linear order: in the eigenbasis of H that is flow_i + amplitude lambda_i d_i. */
static spn_status flow_at(spni_walker *w, const spni_place *place, double amplitude,
                          const double *d, double *flow, double *bent)
{
    spn_status status = SPN_OK;
    int64_t n = w->n;
    double sum = 0;
    memcpy(flow, place->theta, (size_t)n * sizeof *flow);
    spn_axpy(n, amplitude, d, flow);
    SPN_TRY(spn_point_set(w->context, w->point, flow, place->beta, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    for (int64_t i = 0; i < n; i++) {
        flow[i] = -w->point->gradient[i];
    }
    for (int64_t i = 0; i < n; i++) {
        const double *v = place->vectors + i * n;
        double part = spn_dot(n, v, flow) + amplitude * place->values[i] * spn_dot(n, v, d);
        sum += part * part;
    }
    *bent = sqrt(sum);
done:
    return status;
}

/* d <- (flow + shift d) / |flow + shift d| climbs -L on the sphere |theta - branch| = amplitude when the shift exceeds what the
 * flow can turn back (the shifted power method of Kolda and Mayo 2011). Flow and directions are kept within the soft
 * eigenvectors: along the others the path has settled. */
spn_status spni_growth_align(spni_walker *w, const spni_place *place, double softest,
                             double amplitude, double *d)
{
    spn_status status = SPN_OK;
    int64_t n = w->n;
    double *flow = w->trial, *next = w->theta, *part = w->scratch;
    double change = 1, bent = 0, most = 0;
    softest = place->values[0] <= softest ? softest : place->values[n - 1];
    for (int64_t i = 0; i < n && place->values[i] <= softest; i++) {
        most = fmax(most, fabs(place->values[i]));
    }
    if (!(amplitude > 0) || !keep_soft(n, place, softest, part, d)) {
        return SPN_OK;
    }
    for (int k = 0; k < ALIGN_STEPS && change > ALIGNED; k++) {
        SPN_TRY(flow_at(w, place, amplitude, d, flow, &bent));
        memcpy(next, flow, (size_t)n * sizeof *next);
        /* The shift: what lies beyond linear order turns d by less than `bent`, what is linear by less than amplitude max|lambda|. */
        spn_axpy(n, bent + amplitude * most, d, next);
        if (!keep_soft(n, place, softest, part, next)) {
            break;
        }
        change = 0;
        for (int64_t i = 0; i < n; i++) {
            change += (next[i] - d[i]) * (next[i] - d[i]);
        }
        change = sqrt(change);
        memcpy(d, next, (size_t)n * sizeof *d);
    }
done:
    return status;
}

/* r(a) = rate + power a^p from three values: rate = -d.H d, exact, and r at a and 2 a, a doubled until r differs from the rate by
 * more than BENT of it and than a hundred times the rounding of a gradient. Then (r(2a) - rate) / (r(a) - rate) = 2^p, and p is
 * rounded since L is smooth. A ratio below 1 is no power. What is left of the gradient at the branch itself is no
 * growth. */
spn_status spni_growth_law(spni_walker *w, const spni_place *place, const double *d,
                           double amplitude, spni_growth *law)
{
    spn_status status = SPN_OK;
    int64_t n = w->n;
    double length = spn_norm(n, place->theta), one = 0, two = 0;
    double rounding = ROUNDING * place->largest;
    *law = (spni_growth){.amplitude = amplitude, .p = 1};
    SPN_TRY(spn_point_set(w->context, w->point, place->theta, place->beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_hvp(w->context, w->point, SPN_PART_FULL, 1, d, w->trial));
    law->rate = -spn_dot(n, d, w->trial);
    /* Below the root of the rounding r(a) = -d . grad L / a is mostly rounding. */
    double a =
        fmax(amplitude, sqrt(ROUNDING) * spn_objective_length(w->problem->objective, place->theta));
    double scale = spn_objective_scales(w->problem->objective).weight;
    double most = fmax(fmax(FAR * scale, length), 2 * a);
    for (; a < most; a *= 2) {
        SPN_TRY(spni_growth_at(w, place->theta, d, a, &one));
        if (fabs(one - law->rate) >
            fmax(BENT * fabs(law->rate), 100 * rounding * (length + a) / a)) {
            break;
        }
    }
    if (!(a < most)) {
        goto done;
    }
    SPN_TRY(spni_growth_at(w, place->theta, d, 2 * a, &two));
    double ratio = (two - law->rate) / (one - law->rate);
    law->p = ratio > 1 ? fmin(fmax(round(log2(ratio)), 1), POWER_MOST) : 1;
    law->power = (one - law->rate) / pow(a, law->p);
done:
    return status;
}

/* Beyond linear order growth either runs off in finite time, or it saturates; then it is fastest where (p + 1) power a^p =
 * -rate, which is where |grad L| is largest, and the integral of da / (rate a + power a^(p + 1)) up to there is
 * elementary. */
double spni_growth_time(const spni_growth *law)
{
    double rate = law->rate, power = law->power, p = law->p, a = law->amplitude;
    if (!(a > 0)) {
        return (double)INFINITY;
    }
    if (power > 0) {
        return spn_theory_growth_time(rate, power, p, a);
    }
    if (!(rate > 0)) {
        return (double)INFINITY;
    }
    double inner = power < 0 ? (rate / pow(a, p) + power) / (p * -power) : 0;
    return inner > 1 ? log(inner) / (p * rate) : (double)NAN;
}
