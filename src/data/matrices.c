/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

enum { LANES = 8, BLOCK = 512 };
/** Up to here the plain eigensolver is quick enough; it has the same bits on every machine. */
enum { PLAIN_EIGEN_MAX = 256 };

/** Eight running sums, as in spn_dot(): a fixed order that still vectorises. */
static double sum_from(int64_t n, double origin, const double *x)
{
    double sum[LANES] = {0};
    int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            sum[j] += x[i + j] - origin;
        }
    }
    for (int64_t i = whole; i < n; i++) {
        sum[i - whole] += x[i] - origin;
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

double spni_mean(int64_t n, const double *x)
{
    double mean = sum_from(n, 0, x) / (double)n;
    return mean + sum_from(n, mean, x) / (double)n;
}

void spni_shift(int64_t n, double shift, double *x)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] += shift;
    }
}

spn_status spni_gram(spn_context *context, int64_t rows, int64_t samples, int64_t stride,
                     const double *x, double *gram)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < rows; i++) {
        SPN_TRY(spn_poll(context));
        for (int64_t j = 0; j <= i; j++) {
            double entry = spn_dot(samples, x + i * stride, x + j * stride) / (double)samples;
            gram[i * rows + j] = gram[j * rows + i] = entry;
        }
    }
done:
    return status;
}

spn_status spni_transform(spn_context *context, int64_t rows_out, int64_t rows_in, const double *m,
                          int64_t samples, int64_t stride, double *x)
{
    spn_status status = SPN_OK;
    double *block = NULL;
    SPN_NEW(context, block, rows_out * BLOCK);
    for (int64_t start = 0; start < samples; start += BLOCK) {
        int64_t count = samples - start < BLOCK ? samples - start : BLOCK;
        memset(block, 0, (size_t)(rows_out * BLOCK) * sizeof(double));
        for (int64_t i = 0; i < rows_out; i++) {
            SPN_TRY(spn_poll(context));
            for (int64_t k = 0; k < rows_in; k++) {
                spn_axpy(count, m[i * rows_in + k], x + k * stride + start, block + i * BLOCK);
            }
        }
        for (int64_t i = 0; i < rows_out; i++) {
            memcpy(x + i * stride + start, block + i * BLOCK, (size_t)count * sizeof(double));
        }
    }
done:
    spn_release(context, block);
    return status;
}

spn_status spni_spectral(spn_context *context, int64_t n, const double *values, const double *v,
                         double *root)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < n; i++) {
        SPN_TRY(spn_poll(context));
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t k = 0; k < n; k++) {
                sum += v[i + k * n] * values[k] * v[j + k * n];
            }
            root[i * n + j] = root[j * n + i] = sum;
        }
    }
done:
    return status;
}

spn_status spni_eigen(spn_context *context, int64_t n, double *a, double *values, double *vectors)
{
    spn_status status = SPN_OK;
    spn_dense *dense = NULL;
    if (n <= PLAIN_EIGEN_MAX) {
        SPN_TRY(spn_eigen_jacobi(context, n, a, values, vectors));
    } else {
        SPN_TRY(spn_dense_create(context, n, &dense));
        memcpy(vectors, a, (size_t)(n * n) * sizeof *a);
        SPN_TRY(spn_eigen(context, dense, n, vectors, true, values));
    }
done:
    spn_dense_free(context, dense);
    return status;
}

/* shift: what is added to each row; gram: in the end the root. */
static spn_status whiten_once(spn_context *context, int64_t rows, int64_t samples, int64_t stride,
                              double *x, double *shift, double *gram, double *values,
                              double *vectors)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < rows; i++) {
        SPN_TRY(spn_poll(context));
        shift[i] = -spni_mean(samples, x + i * stride);
        spni_shift(samples, shift[i], x + i * stride);
    }
    SPN_TRY(spni_gram(context, rows, samples, stride, x, gram));
    SPN_TRY(spni_eigen(context, rows, gram, values, vectors));
    for (int64_t i = 0; i < rows; i++) {
        if (!(values[i] > 0)) {
            SPN_FAIL(context, SPN_ERROR_NUMERIC,
                     "whitening: the covariance of %lld samples in %lld dimensions is numerically "
                     "singular (eigenvalue %.3g)",
                     (long long)samples, (long long)rows, values[i]);
        }
        values[i] = 1 / sqrt(values[i]);
    }
    SPN_TRY(spni_spectral(context, rows, values, vectors, gram));
    SPN_TRY(spni_transform(context, rows, rows, gram, samples, stride, x));
done:
    return status;
}

spn_status spni_whiten_rows(spn_context *context, int64_t rows, int64_t samples, int64_t stride,
                            double *x, double *shifts, double *roots)
{
    spn_status status = SPN_OK;
    double *gram = NULL, *shift = NULL, *values = NULL, *vectors = NULL;
    int64_t size = 0;
    if (!spn_size_multiply(rows, rows, &size)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "whitening: too many columns (%lld)", (long long)rows);
    }
    SPN_NEW(context, gram, size);
    SPN_NEW(context, vectors, size);
    SPN_NEW(context, values, rows);
    SPN_NEW(context, shift, rows);
    for (int64_t pass = 0; pass < SPNI_WHITEN_PASSES; pass++) {
        SPN_TRY(whiten_once(context, rows, samples, stride, x, shift, gram, values, vectors));
        if (shifts != NULL) {
            memcpy(shifts + pass * rows, shift, (size_t)rows * sizeof *shift);
            memcpy(roots + pass * size, gram, (size_t)size * sizeof *gram);
        }
    }
done:
    spn_release(context, gram);
    spn_release(context, shift);
    spn_release(context, values);
    spn_release(context, vectors);
    return status;
}
