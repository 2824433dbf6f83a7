/* SPDX-License-Identifier: MIT */
/* Gaussian samples with a given covariance C over (x, y), d = inputs + outputs (docs/data.md):
 *   Z (d x N): entry (c, n) is the normal deviate n d + c of the stream (seed, data, 0)
 *   exact: twice: subtract the row means, Z <- ((1/N) Z Z^T)^{-1/2} Z
 *   (x, y) = C^{1/2} Z, symmetric root */
#include "data/data.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

/** Entries that should be equal may differ by the rounding of whoever computed them. */
#define SYMMETRY_TOLERANCE 1e-12

static spn_status covariance_from_correlations(spn_context *context,
                                               const spn_data_settings *settings, int64_t d,
                                               double *c)
{
    int64_t pairs = settings->inputs < settings->outputs ? settings->inputs : settings->outputs;
    if (settings->correlations.count > pairs) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "data.correlations",
                            "has %lld entries, but %lld inputs and %lld outputs make "
                            "only %lld pairs",
                            (long long)settings->correlations.count, (long long)settings->inputs,
                            (long long)settings->outputs, (long long)pairs);
    }
    for (int64_t i = 0; i < d; i++) {
        c[i * d + i] = 1;
    }
    for (int64_t i = 0; i < settings->correlations.count; i++) {
        double r = settings->correlations.items[i];
        int64_t j = settings->inputs + i;
        c[i * d + j] = c[j * d + i] = r;
    }
    return SPN_OK;
}

static spn_status covariance_from_matrix(spn_context *context, const spn_matrix *matrix, int64_t d,
                                         double *c)
{
    const double *a = matrix->items;
    if (matrix->rows != d || matrix->columns != d) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "data.covariance",
                            "is %lld x %lld; inputs + outputs = %lld asks for %lld x "
                            "%lld",
                            (long long)matrix->rows, (long long)matrix->columns, (long long)d,
                            (long long)d, (long long)d);
    }
    double largest = 0;
    for (int64_t k = 0; k < d * d; k++) {
        largest = fmax(largest, fabs(a[k]));
    }
    for (int64_t i = 0; i < d; i++) {
        for (int64_t j = 0; j <= i; j++) {
            if (fabs(a[i * d + j] - a[j * d + i]) > SYMMETRY_TOLERANCE * largest) {
                return spn_fail_key(context, SPN_ERROR_INPUT, "data.covariance",
                                    "is not symmetric: row %lld, column %lld is %.17g, "
                                    "row %lld, column %lld is %.17g",
                                    (long long)i + 1, (long long)j + 1, a[i * d + j],
                                    (long long)j + 1, (long long)i + 1, a[j * d + i]);
            }
            c[i * d + j] = c[j * d + i] = a[i * d + j] / 2 + a[j * d + i] / 2;
        }
    }
    return SPN_OK;
}

/** Square roots of the eigenvalues. An eigenvalue that is rounding noise, measured against the variances
 *  of its own direction (sum_i v_i^2 C_ii, so that units of very different size do no harm), is zero: its
 *  root would be a noise of 1e-8 where the user asked for an exact linear dependence. */
static spn_status root_eigenvalues(spn_context *context, int64_t d, const double *diagonal,
                                   const double *vectors, double *values)
{
    double rounding = 16 * (double)d * 0x1p-52;
    double largest = fmax(fabs(values[0]), fabs(values[d - 1]));
    for (int64_t k = 0; k < d; k++) {
        if (values[k] < -rounding * largest) {
            return spn_fail_key(context, SPN_ERROR_INPUT, "data.covariance",
                                "is not positive semidefinite: eigenvalue %lld of "
                                "%lld is %.6g",
                                (long long)k + 1, (long long)d, values[k]);
        }
        double variance = 0;
        for (int64_t i = 0; i < d; i++) {
            variance += vectors[i + k * d] * vectors[i + k * d] * diagonal[i];
        }
        values[k] = values[k] > rounding * variance ? sqrt(values[k]) : 0;
    }
    return SPN_OK;
}

/** root = C^{1/2}, d x d. */
static spn_status covariance_root(spn_context *context, const spn_data_settings *settings,
                                  int64_t d, double *root)
{
    spn_status status = SPN_OK;
    double *values = NULL, *vectors = NULL, *diagonal = NULL;
    SPN_NEW(context, values, d);
    SPN_NEW(context, diagonal, d);
    SPN_NEW(context, vectors, d * d);
    if (settings->covariance.rows > 0) {
        SPN_TRY(covariance_from_matrix(context, &settings->covariance, d, root));
    } else {
        SPN_TRY(covariance_from_correlations(context, settings, d, root));
    }
    for (int64_t i = 0; i < d; i++) {
        diagonal[i] = root[i * d + i];
    }
    SPN_TRY(spni_eigen(context, d, root, values, vectors));
    SPN_TRY(root_eigenvalues(context, d, diagonal, vectors, values));
    SPN_TRY(spni_spectral(context, d, values, vectors, root));
done:
    spn_release(context, values);
    spn_release(context, diagonal);
    spn_release(context, vectors);
    return status;
}

static spn_status check_settings(spn_context *context, const spn_data_settings *settings,
                                 int64_t *dimension)
{
    static const char *const keys[] = {"samples", "inputs",       "outputs",    "moments",
                                       "seed",    "correlations", "covariance", NULL};
    spn_status status = spn_settings_check_keys(context, &spn_data_options, settings, keys);
    if (status != SPN_OK) {
        return status;
    }
    *dimension = settings->inputs + settings->outputs;
    if (settings->moments == SPN_MOMENTS_EXACT && settings->samples <= *dimension) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "data.samples",
                            "exact moments in inputs + outputs = %lld dimensions need more than "
                            "%lld samples; there are %lld (use more, or moments: drawn)",
                            (long long)*dimension, (long long)*dimension,
                            (long long)settings->samples);
    }
    return SPN_OK;
}

/* The stream of samples from word `word` on. */
static spn_random stream_from(uint64_t seed, uint64_t word)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_DATA, 0);
    random.next = word - word % 4; /* words come in blocks of four */
    while (random.next < word) {
        spn_random_word(&random);
    }
    return random;
}

/* Samples `first`, first + 1, ... of the stream; moments are exact where `is_exact`. */
static spn_status draw(spn_context *context, const spn_data_settings *settings, int64_t first,
                       int64_t samples, bool is_exact, spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    double *root = NULL;
    int64_t d = 0;
    SPN_TRY(check_settings(context, settings, &d));
    SPN_NEW(context, root, d * d);
    SPN_TRY(covariance_root(context, settings, d, root));
    SPN_TRY(spni_dataset_create(context, samples, settings->inputs, settings->outputs, NULL, NULL,
                                &dataset));
    int64_t stride = dataset->view.stride;
    spn_random random = stream_from((uint64_t)settings->seed, (uint64_t)first * (uint64_t)d);
    for (int64_t n = 0; n < samples; n++) {
        SPN_TRY(n % SPNI_POLL_SAMPLES == 0 ? spn_poll(context) : SPN_OK);
        for (int64_t c = 0; c < d; c++) {
            dataset->x[c * stride + n] = spn_random_normal(&random);
        }
    }
    if (is_exact) {
        SPN_TRY(spni_whiten_rows(context, d, samples, stride, dataset->x, NULL, NULL));
    }
    SPN_TRY(spni_transform(context, d, d, root, samples, stride, dataset->x));
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spn_release(context, root);
    spni_dataset_free(context, dataset);
    return status;
}

spn_status spn_dataset_gaussian(spn_context *context, const spn_data_settings *settings,
                                spn_dataset **out)
{
    *out = NULL;
    return draw(context, settings, 0, settings->samples, settings->moments == SPN_MOMENTS_EXACT,
                out);
}

spn_status spn_dataset_gaussian_test(spn_context *context, const spn_data_settings *settings,
                                     spn_dataset **out)
{
    int64_t count = 0;
    *out = NULL;
    spn_status status = spn_data_test_samples(context, settings, &count);
    return status == SPN_OK && count > 0
               ? draw(context, settings, settings->samples, count, false, out)
               : status;
}
