/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <spinodal/numeric.h>

/** out = (1/N) A B^T with a: rows_a x samples, b: rows_b x samples. */
static void second_moments(const spn_dataset *dataset, int64_t rows_a, const double *a,
                           int64_t rows_b, const double *b, double *out)
{
    int64_t samples = dataset->samples, stride = dataset->stride;
    for (int64_t i = 0; i < rows_a; i++) {
        for (int64_t j = 0; j < rows_b; j++) {
            double sum = spn_dot(samples, a + i * stride, b + j * stride);
            out[i * rows_b + j] = sum / (double)samples;
        }
    }
}

spn_status spn_dataset_moments(spn_context *context, const spn_dataset *dataset, bool center,
                               double *mean_x, double *mean_y, double *xx, double *yx, double *yy)
{
    spn_status status = SPN_OK;
    spn_dataset *centered = NULL;
    for (int64_t i = 0; mean_x != NULL && i < dataset->inputs; i++) {
        mean_x[i] = spni_mean(dataset->samples, dataset->x + i * dataset->stride);
    }
    for (int64_t i = 0; mean_y != NULL && i < dataset->outputs; i++) {
        mean_y[i] = spni_mean(dataset->samples, dataset->y + i * dataset->stride);
    }
    const spn_dataset *source = dataset;
    if (center && (xx != NULL || yx != NULL || yy != NULL)) {
        SPN_TRY(spn_dataset_center(context, dataset, &centered));
        source = centered;
    }
    if (xx != NULL) {
        spni_gram(source->inputs, source->samples, source->stride, source->x, xx);
    }
    if (yx != NULL) {
        second_moments(source, source->outputs, source->y, source->inputs, source->x, yx);
    }
    if (yy != NULL) {
        spni_gram(source->outputs, source->samples, source->stride, source->y, yy);
    }
done:
    spn_dataset_free(context, centered);
    return status;
}
