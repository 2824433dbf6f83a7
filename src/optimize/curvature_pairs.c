/* SPDX-License-Identifier: MIT */
/* What conjugate gradients have learned of a Hessian, for systems with Hessians nearby (Morales and Nocedal 2000): directions s with y = H s, s.y = 1,
 * the latest ones, by which M^-1 becomes a better inverse as in L-BFGS (Nocedal and Wright 2006, algorithm 7.4):
 *
 *     from the last pair to the first:  a = s.r, r -= a y
 *     z = M^-1 r
 *     from the first to the last:       z += (a - y.z) s
 *
 * It is positive definite with any pairs of s.y > 0, whatever H they are of. A system with H itself and all pairs of an earlier one would be
 * solved at once. */
#include "optimize/newton_cg.h"

#include <math.h>
#include <string.h>

/* In use at a time: each costs four passes over its numbers a product. There is room for as many that come to be meanwhile. */
enum { PAIRS_MOST = 64, PAIRS_LEAST = 8 };
static const int64_t BYTES_MOST = 128 * 1024 * 1024;

void spni_curvature_pairs_free(spn_context *context, spni_curvature_pairs *pairs)
{
    spn_release(context, pairs->memory);
    *pairs = (spni_curvature_pairs){0};
}

spn_status spni_curvature_pairs_fit(spn_context *context, spni_curvature_pairs *pairs, int64_t n)
{
    spn_status status = SPN_OK;
    int64_t most = BYTES_MOST / (4 * n * (int64_t)sizeof(double)), size = 0;
    if (pairs->n == n) {
        return SPN_OK;
    }
    spni_curvature_pairs_free(context, pairs);
    most = most > PAIRS_MOST ? PAIRS_MOST : most < PAIRS_LEAST ? PAIRS_LEAST : most;
    if (!spn_size_multiply(4 * n + 2, most, &size)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, pairs->memory, size);
    pairs->s = pairs->memory;
    pairs->y = pairs->s + 2 * most * n;
    pairs->along = pairs->y + 2 * most * n;
    pairs->n = n;
    pairs->most = most;
done:
    return status;
}

void spni_curvature_pairs_forget(spni_curvature_pairs *pairs)
{
    pairs->begin = pairs->count = pairs->fresh = 0;
}

void spni_curvature_pairs_take(spni_curvature_pairs *pairs)
{
    int64_t fresh = pairs->fresh < pairs->most ? pairs->fresh : pairs->most;
    int64_t all = pairs->count + fresh, count = all < pairs->most ? all : pairs->most;
    pairs->begin = (pairs->begin + all - count) % (2 * pairs->most);
    pairs->count = count;
    pairs->fresh = 0;
}

/* Number k of those in use, k < count, and behind them those that come. */
static int64_t place_of(const spni_curvature_pairs *pairs, int64_t k)
{
    return (pairs->begin + k) % (2 * pairs->most);
}

void spni_curvature_pairs_add(spni_curvature_pairs *pairs, const double *direction,
                              const double *product, double curvature)
{
    const int64_t n = pairs->n;
    double root = sqrt(curvature);
    if (!(root > 0) || !isfinite(root)) {
        return;
    }
    const int64_t at = place_of(pairs, pairs->count + pairs->fresh % pairs->most);
    double *s = pairs->s + at * n, *y = pairs->y + at * n;
    for (int64_t i = 0; i < n; i++) {
        s[i] = direction[i] / root;
        y[i] = product[i] / root;
    }
    pairs->fresh++;
}

void spni_curvature_pairs_solve(const spni_curvature_pairs *pairs, const spn_preconditioner *m,
                                double *r, double *z)
{
    const int64_t n = pairs->n;
    for (int64_t k = pairs->count - 1; k >= 0; k--) {
        const int64_t at = place_of(pairs, k);
        pairs->along[at] = spn_dot(n, pairs->s + at * n, r);
        spn_axpy(n, -pairs->along[at], pairs->y + at * n, r);
    }
    spn_preconditioner_solve(m, 1, r, z);
    for (int64_t k = 0; k < pairs->count; k++) {
        const int64_t at = place_of(pairs, k);
        const double rest = pairs->along[at] - spn_dot(n, pairs->y + at * n, z);
        spn_axpy(n, rest, pairs->s + at * n, z);
    }
}
