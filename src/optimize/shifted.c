/* SPDX-License-Identifier: MIT */
/* The subproblem of trust_region.c by Cholesky factors of H + mu I, for large matrices: eigenvectors cost as much as seventeen
 * of them (More and Sorensen 1983; Conn, Gould and Toint 2000, chapter 7; for the cubic bound Cartis, Gould and Toint 2011).
 *
 *   s(mu) = -(H + mu I)^-1 g,  |s(mu)| = bound(mu) = min(radius, mu / sigma),  mu > -lambda_min
 *
 *   not positive definite   the root is to the right of mu
 *   |s| > bound             likewise; Newton's step on 1/|s| = 1/bound, both sides of which are concave or convex, stops short of it
 *   |s| < bound             it is to the left of mu, or there is none (the hard case). Inverse iteration gives a unit vector z of
 *                           least curvature; -z.Hz is below the root. s + tau z on the boundary is taken where it lowers the model
 *                           by nearly as much as the best step does.
 *
 * Steps are within a tenth of the bound, which saves factors and no quality: radius and sigma are guesses themselves. A step is
 * decided only where the model is indefinite beyond doubt, lambda_min < -SPNI_FLAT max|lambda|, or said to be positive definite:
 * what lies between is for those who know the eigenvectors. */
#include "optimize/shifted.h"

#include <math.h>
#include <string.h>

enum { FACTORS_MOST = 40, INVERSE_ITERATIONS = 3, PRODUCTS_MOST = 20 };
/* The power method ends when a product gains less. */
static const double GROWTH_LEAST = 1.02;

/* |s| aims at this share of the bound, and may be off by that one. */
static const double AIM = 0.95, WIDTH = 0.05;
/* The hard case: the step lowers the model by 1 - kappa of what the best one does (More and Sorensen, lemma 3.4). */
static const double KAPPA = 0.1;

/* Where the search stands. */
typedef struct search {
    const double *g;
    const spni_region *region;
    double *s;
    double low, high; /* the root is in between */
    double mu, norm, next;
    double along; /* s.(H + mu I)^-1 s */
    bool has_vector, is_found;
} search;

spn_status spni_shifted_make(spn_context *context, int64_t n, spni_shifted *m)
{
    spn_status status = SPN_OK;
    m->n = n;
    SPN_NEW(context, m->memory, 3 * n);
    m->lowest = m->memory;
    m->steepest = m->memory + n;
    m->scratch = m->memory + 2 * n;
done:
    return status;
}

void spni_shifted_free(spn_context *context, spni_shifted *m)
{
    if (m != NULL) {
        spn_release(context, m->memory);
        spn_release(context, m);
    }
}

void spni_shifted_start(spni_shifted *m, const double *hessian, double *factor)
{
    m->hessian = hessian;
    m->factor = factor;
    m->root = m->largest = 0;
    m->has_factor = false;
    for (int64_t i = 0; i < m->n; i++) { /* no direction of a network looks like this */
        m->lowest[i] = m->steepest[i] = 1 + 0.5 * sin((double)(i + 1));
    }
}

/* v / |v|; returns |v|. */
static double normalize(int64_t n, double *v)
{
    double norm = spn_norm(n, v);
    for (int64_t i = 0; i < n && norm > 0; i++) {
        v[i] /= norm;
    }
    return norm;
}

/* max |lambda| from below, by the power method: |Hv| grows towards it. */
static double find_largest(spni_shifted *m)
{
    int64_t n = m->n;
    double largest = 0, before = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(m->hessian[i + i * n]));
    }
    for (int k = 0; k < PRODUCTS_MOST; k++) {
        (void)normalize(n, m->steepest);
        spn_symmetric_multiply(n, m->hessian, m->steepest, m->scratch);
        memcpy(m->steepest, m->scratch, (size_t)n * sizeof *m->scratch);
        double now = spn_norm(n, m->steepest);
        if (now < GROWTH_LEAST * before) {
            return fmax(largest, now);
        }
        before = now;
    }
    return fmax(largest, before);
}

void spni_shifted_take(spni_shifted *m, bool is_factored)
{
    m->largest = is_factored ? m->largest : find_largest(m);
    m->guess = m->root;
    m->mu = m->low = 0;
    m->has_factor = is_factored;
    for (int64_t i = 0; i < m->n; i++) { /* e_i.H e_i >= lambda_min */
        m->low = fmax(m->low, -m->hessian[i + i * m->n]);
    }
}

/* The factor of H + mu I; *is_positive: whether there is one. */
static spn_status factor_at(spn_context *context, spni_shifted *m, double mu, bool *is_positive)
{
    spn_status status = SPN_OK;
    int64_t n = m->n;
    for (int64_t j = 0; j < n; j++) {
        memcpy(m->factor + j + j * n, m->hessian + j + j * n, (size_t)(n - j) * sizeof(double));
        m->factor[j + j * n] += mu;
    }
    m->mu = mu;
    m->has_factor = false;
    SPN_TRY(spn_cholesky(context, n, m->factor, 0, is_positive));
    m->has_factor = *is_positive;
done:
    return status;
}

static double bound_at(const spni_region *region, double mu)
{
    return region->cubic > 0 ? fmin(region->radius, mu / region->cubic) : region->radius;
}

/* Newton's step on 1/|s| = 1/(AIM bound). */
static double newton_of(const search *at)
{
    double aim = AIM * bound_at(at->region, at->mu);
    double slope = at->along / (at->norm * at->norm * at->norm);
    bool is_cubic = at->region->cubic > 0 && at->mu < at->region->cubic * at->region->radius;
    if (is_cubic) {
        slope += 1 / (aim * at->mu);
    }
    return at->mu + (1 / aim - 1 / at->norm) / slope;
}

/* The curvature of H along z, which becomes the vector of least curvature. */
static spn_status find_lowest(spn_context *context, spni_shifted *m, double *curvature)
{
    spn_status status = SPN_OK;
    int64_t n = m->n;
    for (int k = 0; k < INVERSE_ITERATIONS; k++) {
        double *z = m->lowest;
        (void)normalize(n, z);
        memcpy(m->scratch, z, (size_t)n * sizeof *z);
        SPN_TRY(spn_cholesky_solve(context, n, m->factor, 1, z));
        *curvature = spn_dot(n, m->scratch, z) / spn_dot(n, z, z) - m->mu;
    }
    (void)normalize(n, m->lowest);
    m->low = fmax(m->low, -*curvature);
done:
    return status;
}

/* The hard case: s + tau z on the boundary, the shorter way; where it is good enough it is the step. The bound is that of the
 * lowest place where the root may be: to the right of the root mu / sigma lets steps be longer than they may. */
static void try_boundary(const spni_shifted *m, search *at, double curvature)
{
    int64_t n = m->n;
    double length = AIM * bound_at(at->region, at->low), along = spn_dot(n, at->s, m->lowest);
    if (!(length > at->norm)) {
        return;
    }
    double rest = (length - at->norm) * (length + at->norm);
    double root = rest / (fabs(along) + sqrt(along * along + rest));
    double tau = along < 0 ? -root : root;
    double gain = at->mu * length * length - spn_dot(n, at->g, at->s);
    at->is_found = tau * tau * (curvature + at->mu) <= KAPPA * (2 - KAPPA) * gain;
    if (at->is_found) {
        spn_axpy(n, tau, m->lowest, at->s);
    }
}

/* The root is to the right of mu; the upper end is a guess while max |lambda| is one. */
static void move_right(search *at)
{
    at->low = fmax(at->low, at->mu);
    if (at->low > 0.5 * at->high) {
        at->high *= 4;
    }
}

/* The step at a factored mu: found, or what it says about the root. */
static spn_status look(spn_context *context, spni_shifted *m, search *at)
{
    spn_status status = SPN_OK;
    int64_t n = m->n;
    for (int64_t i = 0; i < n; i++) {
        at->s[i] = -at->g[i];
    }
    SPN_TRY(spn_cholesky_solve(context, n, m->factor, 1, at->s));
    at->norm = spn_norm(n, at->s);
    double bound = bound_at(at->region, at->mu);
    at->is_found = fabs(at->norm - AIM * bound) <= WIDTH * bound;
    if (at->is_found) {
        goto done;
    }
    memcpy(m->scratch, at->s, (size_t)n * sizeof *at->s);
    SPN_TRY(spn_cholesky_solve(context, n, m->factor, 1, m->scratch));
    at->along = spn_dot(n, at->s, m->scratch);
    at->next = newton_of(at);
    if (at->norm > bound) {
        move_right(at);
    } else {
        double curvature = 0;
        at->high = at->mu;
        SPN_TRY(find_lowest(context, m, &curvature));
        at->has_vector = true;
        at->low = fmax(at->low, fmax(m->low, at->region->cubic * at->norm / AIM));
        try_boundary(m, at, curvature);
    }
done:
    return status;
}

/* Not positive definite: by factors, until something is. */
static void grow(spni_shifted *m, search *at)
{
    m->low = fmax(m->low, at->mu);
    move_right(at);
    at->next = fmin(4 * at->low, sqrt(at->low) * sqrt(at->high));
}

/* Where Newton's step leaves the interval, the root is mostly far below its upper end. */
static void keep_inside(search *at)
{
    if (!(at->next > at->low && at->next < at->high)) {
        double middle = sqrt(at->low) * sqrt(at->high);
        at->next = at->low > 0 ? fmin(2 * at->low, middle) : 0.1 * at->high;
    }
    at->mu = at->next;
}

static void begin(const spni_shifted *m, search *at)
{
    double slope = spn_norm(m->n, at->g);
    double reach = slope / (AIM * at->region->radius) + sqrt(at->region->cubic * slope / AIM);
    at->low = m->low;
    at->high = m->has_factor && m->mu == 0 ? reach : 1.1 * m->largest + reach;
    at->mu = m->mu;
    if (!m->has_factor) {
        at->next = m->guess > 0 ? m->guess : m->low + 0.1 * reach;
        keep_inside(at);
    }
}

/* Whether the model is indefinite beyond doubt: by what is known so far, by a vector, by a factor that fails. */
static spn_status is_indefinite(spn_context *context, spni_shifted *m, const search *at, bool *is)
{
    spn_status status = SPN_OK;
    double flat = SPNI_FLAT * m->largest, curvature = 0;
    if (!(m->low > flat) && !at->has_vector) {
        SPN_TRY(find_lowest(context, m, &curvature));
    }
    if (!(m->low > flat)) {
        bool is_positive = false;
        SPN_TRY(factor_at(context, m, 2 * flat, &is_positive));
        m->low = is_positive ? m->low : 2 * flat;
    }
    *is = m->low > flat;
done:
    return status;
}

spn_status spni_shifted_step(spn_context *context, spni_shifted *m, const double *g,
                             const spni_region *region, double *s, double *predicted,
                             bool *is_decided)
{
    spn_status status = SPN_OK;
    search at = {.g = g, .region = region, .s = s};
    *is_decided = false;
    begin(m, &at);
    for (int k = 0; k < FACTORS_MOST && !at.is_found; k++) {
        bool is_factored = m->has_factor && m->mu == at.mu;
        if (!is_factored) {
            SPN_TRY(factor_at(context, m, at.mu, &is_factored));
        }
        if (is_factored) {
            SPN_TRY(look(context, m, &at));
        } else {
            grow(m, &at);
        }
        if (!at.is_found) {
            keep_inside(&at);
        }
    }
    if (!at.is_found) {
        goto done;
    }
    *is_decided = true;
    m->root = at.mu;
    if (region->cubic > 0) {
        SPN_TRY(is_indefinite(context, m, &at, is_decided));
    }
    spn_symmetric_multiply(m->n, m->hessian, s, m->scratch);
    *predicted = -spn_dot(m->n, g, s) - 0.5 * spn_dot(m->n, s, m->scratch);
    *is_decided = *is_decided && *predicted > 0;
done:
    return status;
}
