/* SPDX-License-Identifier: MIT */
/* The deep linear surrogate of a data set: singular values of the whitened cross-covariance. */
#include <spinodal/numeric.h>
#include <spinodal/theory.h>

#include <math.h>
#include <string.h>

/* Directions with less than this share of the largest variance are dropped. */
static const double rank_floor = 1e-10;

/* Columns w_j = v_j / sqrt(lambda_j) of the kept directions of c (n x n, symmetric): w is n x n with w_j
 * contiguous at w + j * n; *rank of them. */
static spn_status whitening(spn_context *context, int64_t n, const double *c, double *w,
                            int64_t *rank)
{
    spn_status status = SPN_OK;
    spn_dense *dense = NULL;
    double *values = NULL;
    *rank = 0;
    SPN_NEW(context, values, n);
    SPN_TRY(spn_dense_create(context, n, &dense));
    memcpy(w, c, (size_t)(n * n) * sizeof *w);
    SPN_TRY(spn_eigen(context, dense, n, w, true, values));
    if (values[0] < -rank_floor * values[n - 1]) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "second moments with eigenvalue %g are not positive semidefinite", values[0]);
    }
    for (int64_t j = 0; j < n; j++) {
        if (values[j] <= 0 || values[j] < rank_floor * values[n - 1]) {
            continue;
        }
        double scale = 1 / sqrt(values[j]);
        for (int64_t i = 0; i < n; i++) {
            w[*rank * n + i] = scale * w[j * n + i];
        }
        (*rank)++;
    }
done:
    spn_dense_free(context, dense);
    spn_release(context, values);
    return status;
}

static spn_status check_sizes(spn_context *context, int64_t inputs, int64_t outputs,
                              int64_t *square)
{
    int64_t larger = inputs > outputs ? inputs : outputs;
    if (inputs < 1 || outputs < 1 || !spn_size_multiply(larger, larger, square)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "modes of a data set with %lld inputs and %lld outputs make no sense",
                        (long long)inputs, (long long)outputs);
    }
    return SPN_OK;
}

/* Singular values of the rows x columns matrix, padded with zeros to `count`. */
static spn_status padded_singular_values(spn_context *context, int64_t rows, int64_t columns,
                                         const double *a, int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = 0;
    }
    return spn_singular_values(context, rows, columns, a, values, NULL, NULL);
}

spn_status spn_theory_modes(spn_context *context, int64_t inputs, int64_t outputs, const double *xx,
                            const double *yx, double *singular_values, double *raw_sigma,
                            int64_t *rank)
{
    spn_status status = SPN_OK;
    double *w = NULL, *whitened = NULL, *raw = NULL;
    int64_t square = 0, count = inputs < outputs ? inputs : outputs;
    SPN_TRY(check_sizes(context, inputs, outputs, &square));
    SPN_NEW(context, w, square);
    SPN_NEW(context, whitened, square);
    SPN_NEW(context, raw, count);
    SPN_TRY(whitening(context, inputs, xx, w, rank));
    spn_multiply_transposed(outputs, *rank, inputs, 1, yx, inputs, w, inputs, 0, whitened, *rank);
    SPN_TRY(padded_singular_values(context, outputs, *rank, whitened, count, singular_values));
    SPN_TRY(spn_singular_values(context, outputs, inputs, yx, raw, NULL, NULL));
    *raw_sigma = raw[0];
done:
    spn_release(context, w);
    spn_release(context, whitened);
    spn_release(context, raw);
    return status;
}

spn_status spn_theory_canonical_correlations(spn_context *context, int64_t inputs, int64_t outputs,
                                             const double *xx, const double *yx, const double *yy,
                                             double *correlations)
{
    spn_status status = SPN_OK;
    double *w = NULL, *half = NULL, *full = NULL;
    int64_t square = 0, kept = 0, kept_outputs = 0;
    int64_t count = inputs < outputs ? inputs : outputs;
    SPN_TRY(check_sizes(context, inputs, outputs, &square));
    SPN_NEW(context, w, square);
    SPN_NEW(context, half, square);
    SPN_NEW(context, full, square);
    SPN_TRY(whitening(context, inputs, xx, w, &kept));
    /* half^T: kept x outputs, so that both products run over contiguous rows */
    spn_multiply_transposed(kept, outputs, inputs, 1, w, inputs, yx, inputs, 0, half, outputs);
    SPN_TRY(whitening(context, outputs, yy, w, &kept_outputs));
    spn_multiply_transposed(kept_outputs, kept, outputs, 1, w, outputs, half, outputs, 0, full,
                            kept);
    SPN_TRY(padded_singular_values(context, kept_outputs, kept, full, count, correlations));
done:
    spn_release(context, w);
    spn_release(context, half);
    spn_release(context, full);
    return status;
}
