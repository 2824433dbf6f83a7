/* SPDX-License-Identifier: MIT */
/* What conjugate gradients have learned of a Hessian, for systems with Hessians nearby (Morales and Nocedal 2000): directions s with y = H s, s.y = 1,
 * the latest ones, by which M^-1 becomes a better inverse as in L-BFGS (Nocedal and Wright 2006, algorithm 7.4):
 *
 *     from the last pair to the first:  a = s.r, r -= a y
 *     z = M^-1 r
 *     from the first to the last:       z += (a - y.z) s
 *
 * It is positive definite with any pairs, whatever H they are of and however they are rounded. A system with H itself and all pairs of an earlier one would be
 * solved at once. They are kept in single precision: reading them is what a system costs beside its products, and P is no more than a preconditioner. */
#include "optimize/newton_cg.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* In use at a time: each costs two passes over its numbers a product. There is room for as many that come to be meanwhile. */
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
    int64_t most = BYTES_MOST / (4 * n * (int64_t)sizeof(float)), size = 0;
    if (pairs->n == n) {
        return SPN_OK;
    }
    spni_curvature_pairs_free(context, pairs);
    most = most > PAIRS_MOST ? PAIRS_MOST : most < PAIRS_LEAST ? PAIRS_LEAST : most;
    /* Two rows of n numbers of half the size for each of 2 most places. */
    const int64_t row = (n + 1) / 2;
    if (!spn_size_multiply(4 * row + 6, most, &size)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, pairs->memory, size);
    pairs->along = pairs->memory;
    pairs->length = pairs->along + 2 * most;
    pairs->height = pairs->length + 2 * most;
    pairs->s = (float *)(pairs->height + 2 * most);
    pairs->y = pairs->s + 4 * most * row;
    pairs->kernels = spni_kernels_of(context);
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

/* x / root as a row and what it is multiplied by. */
static double put(int64_t n, double root, const double *x, float *row)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(x[i]));
    }
    const double by = largest > DBL_MIN ? 1 / largest : 0;
    for (int64_t i = 0; i < n; i++) {
        row[i] = (float)(x[i] * by);
    }
    return largest / root;
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
    pairs->length[at] = put(n, root, direction, pairs->s + at * n);
    pairs->height[at] = put(n, root, product, pairs->y + at * n);
    pairs->fresh++;
}

void spni_curvature_pairs_solve(const spni_curvature_pairs *pairs, const spn_preconditioner *m,
                                double *r, double *z)
{
    const int64_t n = pairs->n, last = pairs->count - 1;
    const spni_kernels *kernels = pairs->kernels;
    /* Each pass takes what the pair before leaves to do, so that r and z are read once for a pair. */
    const float *x = pairs->s;
    double left = 0;
    for (int64_t k = last; k >= 0; k--) {
        const int64_t at = place_of(pairs, k);
        const float *s = pairs->s + at * n;
        pairs->along[at] = pairs->length[at] * kernels->add_and_look(n, left, x, s, r);
        left = -pairs->along[at] * pairs->height[at];
        x = pairs->y + at * n;
    }
    if (last >= 0) {
        (void)kernels->add_and_look(n, left, x, x, r);
    }
    spn_preconditioner_solve(m, 1, r, z);
    left = 0;
    for (int64_t k = 0; k <= last; k++) {
        const int64_t at = place_of(pairs, k);
        const float *y = pairs->y + at * n;
        const double met = pairs->height[at] * kernels->add_and_look(n, left, x, y, z);
        left = (pairs->along[at] - met) * pairs->length[at];
        x = pairs->s + at * n;
    }
    if (last >= 0) {
        (void)kernels->add_and_look(n, left, x, x, z);
    }
}
