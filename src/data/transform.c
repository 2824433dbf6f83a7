/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdio.h>

/** Directions whose variance is below this part of the largest are dropped. */
#define RANK_TOLERANCE 1e-10

static void column_label(const char *what, const char *const *names, int64_t index, char label[160])
{
    if (names != NULL) {
        snprintf(label, 160, "%s %lld (%.100s)", what, (long long)index + 1, names[index]);
    } else {
        snprintf(label, 160, "%s %lld", what, (long long)index + 1);
    }
}

static spn_status fail_range(spn_context *context, const char *label)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: its numbers are too large for their mean and variance", label);
}

/** Mean 0, and variance 1 where asked for. */
static spn_status center_row(spn_context *context, int64_t samples, double *x, bool has_scale,
                             const char *label)
{
    double mean = spni_mean(samples, x), largest = 0;
    if (!isfinite(mean)) {
        return fail_range(context, label);
    }
    for (int64_t n = 0; n < samples; n++) {
        largest = fmax(largest, fabs(x[n]));
    }
    spni_shift(samples, -mean, x);
    if (!has_scale) {
        return SPN_OK;
    }
    double deviation = spn_norm(samples, x) / sqrt((double)samples);
    if (!isfinite(deviation)) {
        return fail_range(context, label);
    }
    /* The mean of equal numbers may be one rounding off. */
    if (deviation <= 4 * 0x1p-52 * largest) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is constant and cannot be standardized; leave the column out", label);
    }
    for (int64_t n = 0; n < samples; n++) {
        x[n] /= deviation;
    }
    return SPN_OK;
}

static spn_status center_copy(spn_context *context, const spn_dataset *in, bool has_scale,
                              spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    char label[160];
    *out = NULL;
    SPN_TRY(spni_dataset_copy(context, in, &dataset));
    int64_t stride = dataset->view.stride;
    for (int64_t i = 0; i < in->inputs; i++) {
        column_label("input", in->input_names, i, label);
        SPN_TRY(center_row(context, in->samples, dataset->x + i * stride, has_scale, label));
    }
    for (int64_t i = 0; i < in->outputs; i++) {
        column_label("target", in->output_names, i, label);
        SPN_TRY(center_row(context, in->samples, dataset->y + i * stride, has_scale, label));
    }
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spni_dataset_free(context, dataset);
    return status;
}

spn_status spn_dataset_standardize(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    return center_copy(context, in, true, out);
}

spn_status spn_dataset_center(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    return center_copy(context, in, false, out);
}

/** Principal directions of the centred inputs in `x`, largest variance first, divided by the root of
 *  their variance: rank x inputs, row-major. */
static spn_status principal_map(spn_context *context, const spn_dataset *shape, const double *x,
                                double *map, int64_t *rank)
{
    spn_status status = SPN_OK;
    int64_t d = shape->inputs;
    double *gram = NULL, *values = NULL, *vectors = NULL;
    SPN_NEW(context, gram, d * d);
    SPN_NEW(context, vectors, d * d);
    SPN_NEW(context, values, d);
    spni_gram(d, shape->samples, shape->stride, x, gram);
    if (!spn_all_finite(d * d, gram)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "whitening: the inputs are too large for their covariance; standardize them");
    }
    SPN_TRY(spni_eigen(context, d, gram, values, vectors));
    *rank = 0;
    for (int64_t k = d - 1; k >= 0 && values[k] > RANK_TOLERANCE * values[d - 1]; k--) {
        for (int64_t i = 0; i < d; i++) {
            map[*rank * d + i] = vectors[i + k * d] / sqrt(values[k]);
        }
        (*rank)++;
    }
    if (*rank == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "whitening: all inputs are constant");
    }
done:
    spn_release(context, gram);
    spn_release(context, values);
    spn_release(context, vectors);
    return status;
}

/** The first `rank` rows of `full` as inputs, called "component 1", ...; targets and their names kept. */
static spn_status keep_components(spn_context *context, const spni_dataset *full, int64_t rank,
                                  spni_dataset **out)
{
    enum { NAME_SIZE = 32 };
    spn_status status = SPN_OK;
    const spn_dataset *view = &full->view;
    char *contents = NULL;
    const char **names = NULL;
    spn_dataset components = *view;
    SPN_NEW(context, names, rank);
    SPN_NEW(context, contents, rank * NAME_SIZE);
    for (int64_t i = 0; i < rank; i++) {
        names[i] = contents + i * NAME_SIZE;
        snprintf(contents + i * NAME_SIZE, NAME_SIZE, "component %lld", (long long)i + 1);
    }
    components.inputs = rank;
    components.input_names = names;
    SPN_TRY(spni_dataset_copy(context, &components, out));
done:
    spn_release(context, names);
    spn_release(context, contents);
    return status;
}

spn_status spn_dataset_whiten(spn_context *context, const spn_dataset *in, spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *full = NULL, *kept = NULL;
    double *map = NULL;
    int64_t d = in->inputs, size = 0, rank = 0;
    *out = NULL;
    if (!spn_size_multiply(d, d, &size)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "whitening: too many inputs (%lld)", (long long)d);
    }
    SPN_TRY(spni_dataset_copy(context, in, &full));
    int64_t stride = full->view.stride;
    for (int64_t i = 0; i < d; i++) {
        char label[160];
        column_label("input", in->input_names, i, label);
        SPN_TRY(center_row(context, in->samples, full->x + i * stride, false, label));
    }
    SPN_NEW(context, map, size);
    SPN_TRY(principal_map(context, &full->view, full->x, map, &rank));
    SPN_TRY(spni_transform(context, rank, d, map, in->samples, stride, full->x));
    SPN_TRY(keep_components(context, full, rank, &kept));
    SPN_TRY(spni_whiten_rows(context, rank, in->samples, stride, kept->x));
    spn_message(context, "whitening: %lld of %lld input directions kept", (long long)rank,
                (long long)d);
    *out = spni_dataset_release(kept);
    kept = NULL;
done:
    spn_release(context, map);
    spni_dataset_free(context, full);
    spni_dataset_free(context, kept);
    return status;
}
