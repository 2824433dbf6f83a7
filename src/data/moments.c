/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <spinodal/numeric.h>

/** out = (1/N) A B^T with a: rows_a x samples, b: rows_b x samples. */
static spn_status second_moments(spn_context *context, const spn_dataset *dataset, int64_t rows_a,
                                 const double *a, int64_t rows_b, const double *b, double *out)
{
    spn_status status = SPN_OK;
    int64_t samples = dataset->samples, stride = dataset->stride;
    for (int64_t i = 0; i < rows_a; i++) {
        SPN_TRY(spn_poll(context));
        for (int64_t j = 0; j < rows_b; j++) {
            double sum = spn_dot(samples, a + i * stride, b + j * stride);
            out[i * rows_b + j] = sum / (double)samples;
        }
    }
done:
    return status;
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
        SPN_TRY(spni_gram(context, source->inputs, source->samples, source->stride, source->x, xx));
    }
    if (yx != NULL) {
        SPN_TRY(second_moments(context, source, source->outputs, source->y, source->inputs,
                               source->x, yx));
    }
    if (yy != NULL) {
        SPN_TRY(
            spni_gram(context, source->outputs, source->samples, source->stride, source->y, yy));
    }
done:
    spn_dataset_free(context, centered);
    return status;
}

/* out[n] = sum_i direction[i] rows[i][n] */
static void project(const spn_dataset *dataset, int64_t count, const double *rows,
                    const double *direction, double *out)
{
    for (int64_t i = 0; i < count; i++) {
        spn_axpy(dataset->samples, direction[i], rows + i * dataset->stride, out);
    }
}

spn_status spn_dataset_projected_moments(spn_context *context, const spn_dataset *dataset,
                                         const double *u, const double *v, double *mean,
                                         double *variance, double *cubed, double *y_vv,
                                         double *uv_x)
{
    spn_status status = SPN_OK;
    int64_t samples = dataset->samples, stride = dataset->stride;
    double *along_x = NULL, *product = NULL, *square = NULL, share = 1 / (double)samples;
    SPN_NEW(context, along_x, samples);
    SPN_NEW(context, product, samples);
    SPN_NEW(context, square, samples);
    project(dataset, dataset->inputs, dataset->x, v, along_x);
    project(dataset, dataset->outputs, dataset->y, u, product);
    for (int64_t n = 0; n < samples; n++) {
        square[n] = along_x[n] * along_x[n];
        product[n] *= along_x[n];
    }
    *mean = spni_mean(samples, along_x);
    *variance = spni_mean(samples, square);
    *cubed = share * spn_dot(samples, product, square);
    for (int64_t k = 0; k < dataset->outputs; k++) {
        y_vv[k] = share * spn_dot(samples, dataset->y + k * stride, square);
    }
    for (int64_t i = 0; i < dataset->inputs; i++) {
        uv_x[i] = share * spn_dot(samples, dataset->x + i * stride, product);
    }
done:
    spn_release(context, along_x);
    spn_release(context, product);
    spn_release(context, square);
    return status;
}
