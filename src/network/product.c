/* SPDX-License-Identifier: MIT */
/* Narrow layers go through plain loops over samples (no packing, no call overhead); wide ones through
 * BLAS. The choice depends on the widths alone, so that results have the same bits everywhere. */
#include "network/product.h"

#include <spinodal/numeric.h>

enum { NARROW = 12, LANES = 8 };

/* row += a0 x0 + a1 x1 + a2 x2 + a3 x3 */
static void add_four(int64_t n, const double *restrict a, const double *restrict x, int64_t ldx,
                     double *restrict row)
{
    const double a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
    const double *restrict x0 = x, *restrict x1 = x + ldx;
    const double *restrict x2 = x + 2 * ldx, *restrict x3 = x + 3 * ldx;
    for (int64_t i = 0; i < n; i++) {
        row[i] += (a0 * x0[i] + a1 * x1[i]) + (a2 * x2[i] + a3 * x3[i]);
    }
}

static void add_one(int64_t n, double a, const double *restrict x, double *restrict row)
{
    for (int64_t i = 0; i < n; i++) {
        row[i] += a * x[i];
    }
}

void spni_add_product(int64_t m, int64_t k, int64_t n, const double *w, const double *x,
                      int64_t ldx, double *out, int64_t ldo)
{
    if (k > NARROW) {
        spn_multiply(m, n, k, 1.0, w, k, x, ldx, 1.0, out, ldo);
        return;
    }
    for (int64_t i = 0; i < m; i++) {
        int64_t j = 0;
        for (; j + 4 <= k; j += 4) {
            add_four(n, w + i * k + j, x + j * ldx, ldx, out + i * ldo);
        }
        for (; j < k; j++) {
            add_one(n, w[i * k + j], x + j * ldx, out + i * ldo);
        }
    }
}

void spni_affine(int64_t m, int64_t k, int64_t n, const double *w, const double *bias,
                 const double *x, int64_t ldx, double *out, int64_t ldo)
{
    for (int64_t i = 0; i < m; i++) {
        double start = bias != NULL ? bias[i] : 0.0;
        for (int64_t j = 0; j < n; j++) {
            out[i * ldo + j] = start;
        }
    }
    spni_add_product(m, k, n, w, x, ldx, out, ldo);
}

void spni_add_outer(int64_t m, int64_t k, int64_t n, const double *a, int64_t lda, const double *b,
                    int64_t ldb, double *c)
{
    spn_multiply_transposed(m, k, n, 1.0, a, lda, b, ldb, 1.0, c, k);
}

static double add_lanes(const double *lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

void spni_add_row_sums(int64_t m, int64_t n, const double *a, int64_t lda, double *sums)
{
    for (int64_t i = 0; i < m; i++) {
        const double *restrict row = a + i * lda;
        double lane[LANES] = {0.0};
        int64_t j = 0;
        for (; j + LANES <= n; j += LANES) {
            for (int64_t s = 0; s < LANES; s++) {
                lane[s] += row[j + s];
            }
        }
        for (int64_t s = 0; j + s < n; s++) {
            lane[s] += row[j + s];
        }
        sums[i] += add_lanes(lane);
    }
}

double spni_sum_products(int64_t n, const double *x, const double *y)
{
    double lane[LANES] = {0.0};
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        for (int64_t s = 0; s < LANES; s++) {
            lane[s] += x[j + s] * y[j + s];
        }
    }
    for (int64_t s = 0; j + s < n; s++) {
        lane[s] += x[j + s] * y[j + s];
    }
    return add_lanes(lane);
}

void spni_multiply_rows(int64_t n, const double *x, const double *y, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = x[i] * y[i];
    }
}

void spni_add_multiplied_rows(int64_t n, const double *x, const double *y, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] += x[i] * y[i];
    }
}
