/* SPDX-License-Identifier: MIT */
#include "numeric/orthonormal.h"

#include <math.h>
#include <string.h>

void spni_project_out(int64_t size, int64_t count, int64_t n, const double *v, double *w,
                      double *coefficients)
{
    for (int pass = 0; size > 0 && pass < 2; pass++) {
        spn_multiply_transposed(count, size, n, 1.0, w, n, v, n, 0.0, coefficients, size);
        spn_multiply(count, n, size, -1.0, coefficients, size, v, n, 1.0, w, n);
    }
}

/* Row j less its part in the rows before it, twice; column j of the factor where there is one. */
static void project_row(int64_t j, int64_t n, double *w, double *factor, int64_t count)
{
    double *row = w + j * n;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < j; i++) {
            double part = spn_dot(n, w + i * n, row);
            spn_axpy(n, -part, w + i * n, row);
            if (factor != NULL) {
                factor[i * count + j] += part;
            }
        }
    }
}

/* To length 1, or 0 where no more than `floor` is left; its length before. */
static double scale_row(int64_t n, double floor, double *row)
{
    double length = spn_norm(n, row);
    double share = length > floor ? 1.0 / length : 0.0;
    for (int64_t i = 0; i < n; i++) {
        row[i] *= share;
    }
    return length > floor ? length : 0.0;
}

/* A random direction that is orthogonal to all others, or 0 where they fill the space. */
static void replace_row(int64_t size, int64_t j, int64_t n, const double *v, spn_random *random,
                        double *w, double *coefficients)
{
    double *row = w + j * n;
    memset(row, 0, (size_t)n * sizeof *row);
    if (size + j >= n) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        row[i] = spn_random_normal(random);
    }
    for (int pass = 0; pass < 2; pass++) {
        spni_project_out(size, 1, n, v, row, coefficients);
        project_row(j, n, w, NULL, 0);
        (void)scale_row(n, 0.0, row);
    }
}

spn_status spni_orthonormalize(spn_context *context, int64_t size, int64_t count, int64_t n,
                               const double *v, double floor, spn_random *random, double *w,
                               double *coefficients, double *factor)
{
    spn_status status = SPN_OK;
    memset(factor, 0, (size_t)(count * count) * sizeof *factor);
    for (int64_t j = 0; j < count; j++) {
        double *row = w + j * n;
        SPN_TRY(spn_poll(context));
        project_row(j, n, w, factor, count);
        factor[j * count + j] = scale_row(n, floor, row);
        if (factor[j * count + j] == 0.0) {
            replace_row(size, j, n, v, random, w, coefficients);
            continue;
        }
        /* What rounding left in v weighs more now. */
        spni_project_out(size, 1, n, v, row, coefficients);
        project_row(j, n, w, NULL, 0);
        (void)scale_row(n, 0.0, row);
    }
done:
    return status;
}
