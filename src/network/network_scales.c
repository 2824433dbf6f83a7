/* SPDX-License-Identifier: MIT */
/* The sizes of E and theta: E of a network that says 0, and the length of one path of equal weights from x to y,
 * (|y| / |x|)^(1/D) in each layer. Deep linear networks on y -> c y have theta -> c^(1/D) theta, E -> c^2 E and beta ->
 * c^(2 - 2/D) beta; on x -> c x, theta -> c^(-1/D) theta, the same E and beta -> c^(2/D) beta. Biases that are
 * free take the means of x and y upon themselves: then sizes are those of what is left. */
#include "network/network.h"

#include <math.h>

/* The squares of a column, less its mean, on top of those of the columns before; and as they are. */
static void add_squares(int64_t samples, const double *row, double mean, double sums[2])
{
    double spread = sums[0], size = sums[1];
    for (int64_t n = 0; n < samples; n++) {
        double value = row[n] - mean;
        spread += value * value;
        size += row[n] * row[n];
    }
    sums[0] = spread;
    sums[1] = size;
}

/* Of what is all the same nothing but the rounding of its mean is left: that is no scale. */
static double spread_of(const double sums[2])
{
    return sums[0] > SPNI_LEAST_SPREAD * SPNI_LEAST_SPREAD * sums[1] ? sums[0] : 0;
}

static spn_status add_input(spn_context *context, void *state, int64_t i, const double *x,
                            double *sums)
{
    const spn_network_error *error = state;
    (void)context;
    add_squares(error->dataset->samples, x, error->mean_x != NULL ? error->mean_x[i] : 0, sums);
    return SPN_OK;
}

/* The mean over samples of the squared length of the targets; free biases take their means upon themselves. */
static double size_of_targets(const spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    double sums[2] = {0, 0};
    for (int64_t k = 0; k < data->outputs; k++) {
        add_squares(data->samples, data->y + k * data->stride,
                    spni_is_bias_free(error) ? error->mean_y[k] : 0, sums);
    }
    return spread_of(sums) / (double)data->samples;
}

spn_status spni_measure_sizes(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    bool is_mse = error->kind != SPN_ERROR_CROSS_ENTROPY;
    double sums[2] = {0, 0}, targets = is_mse ? size_of_targets(error) : 1;
    SPN_TRY(spn_dataset_each_input(context, data, add_input, error, 2, sums));
    const double inputs = spread_of(sums) / (double)data->samples;
    error->value_size =
        error->kind == SPN_ERROR_MSE_MEAN ? targets / (double)data->outputs : targets;
    error->weight_size = pow(targets / inputs, 0.5 / (double)error->network->depth);
    /* Inputs or targets that are all the same have no scale. */
    if (!(error->weight_size > 0 && isfinite(error->weight_size))) {
        error->weight_size = 1;
    }
done:
    return status;
}

void spni_error_scales(const spn_objective *objective, double *weight, double *value)
{
    const spn_network_error *error = objective->problem;
    *weight = error->weight_size;
    *value = error->value_size;
}
