/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <spinodal/numeric.h>

static spn_status find_mean(spn_context *context, void *state, int64_t i, const double *x,
                            double *means)
{
    const spn_dataset *data = state;
    means[i] = spni_mean(data->samples, x);
    return spn_poll(context);
}

/* Of input i with all targets: (1/N) sum y x. */
static spn_status multiply_targets(spn_context *context, void *state, int64_t i, const double *x,
                                   double *yx)
{
    const spn_dataset *data = state;
    for (int64_t k = 0; k < data->outputs; k++) {
        yx[k * data->inputs + i] =
            spn_dot(data->samples, data->y + k * data->stride, x) / (double)data->samples;
    }
    return spn_poll(context);
}

spn_status spn_dataset_moments(spn_context *context, const spn_dataset *dataset, bool center,
                               double *mean_x, double *mean_y, double *xx, double *yx, double *yy)
{
    spn_status status = SPN_OK;
    spn_dataset *centered = NULL;
    spn_dataset source = *dataset;
    const int64_t inputs = dataset->inputs;
    if (mean_x != NULL) {
        SPN_TRY(spn_dataset_each_input(context, dataset, find_mean, &source, inputs, mean_x));
    }
    for (int64_t i = 0; mean_y != NULL && i < dataset->outputs; i++) {
        mean_y[i] = spni_mean(dataset->samples, dataset->y + i * dataset->stride);
    }
    if (center && (xx != NULL || yx != NULL || yy != NULL)) {
        SPN_TRY(spn_dataset_center(context, dataset, &centered));
        source = *centered;
    }
    if (xx != NULL) {
        SPN_TRY(spni_gram_of_inputs(context, &source, xx));
    }
    if (yx != NULL) {
        SPN_TRY(spn_dataset_each_input(context, &source, multiply_targets, &source,
                                       inputs * source.outputs, yx));
    }
    if (yy != NULL) {
        SPN_TRY(spni_gram(context, source.outputs, source.samples, source.stride, source.y, yy));
    }
done:
    spn_dataset_free(context, centered);
    return status;
}

/* A direction of the inputs, and numbers of the samples. */
typedef struct projection {
    const spn_dataset *data;
    const double *direction, *numbers;
} projection;

static spn_status add_along(spn_context *context, void *state, int64_t i, const double *x,
                            double *along)
{
    const projection *p = state;
    spn_axpy(p->data->samples, p->direction[i], x, along);
    return spn_poll(context);
}

static spn_status multiply_numbers(spn_context *context, void *state, int64_t i, const double *x,
                                   double *products)
{
    const projection *p = state;
    products[i] = 1 / (double)p->data->samples * spn_dot(p->data->samples, x, p->numbers);
    return spn_poll(context);
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
    projection p = {dataset, v, product};
    SPN_TRY(spn_dataset_each_input(context, dataset, add_along, &p, samples, along_x));
    for (int64_t k = 0; k < dataset->outputs; k++) {
        spn_axpy(samples, u[k], dataset->y + k * stride, product);
    }
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
    SPN_TRY(spn_dataset_each_input(context, dataset, multiply_numbers, &p, dataset->inputs, uv_x));
done:
    spn_release(context, along_x);
    spn_release(context, product);
    spn_release(context, square);
    return status;
}
