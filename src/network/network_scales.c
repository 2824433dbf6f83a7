/* SPDX-License-Identifier: MIT */
/* The sizes of E and theta: E of a network that says 0, and the length of one path of equal weights from x to y,
 * (|y| / |x|)^(1/D) in each layer. Deep linear networks on y -> c y have theta -> c^(1/D) theta, E -> c^2 E and beta ->
 * c^(2 - 2/D) beta; on x -> c x, theta -> c^(-1/D) theta, the same E and beta -> c^(2/D) beta. Biases that are
 * free take the means of x and y upon themselves: then sizes are those of what is left. */
#include "network/network.h"

#include <math.h>

/* The mean over samples of the squared length of a column; `rows` rows of samples, less `means` (NULL: 0). */
static double mean_square(const spn_dataset *data, const double *rows, int64_t count,
                          const double *means)
{
    double sum = 0;
    for (int64_t k = 0; k < count; k++) {
        double mean = means != NULL ? means[k] : 0;
        for (int64_t n = 0; n < data->samples; n++) {
            double value = rows[k * data->stride + n] - mean;
            sum += value * value;
        }
    }
    return sum / (double)data->samples;
}

void spni_measure_sizes(spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    bool is_mse = error->kind != SPN_ERROR_CROSS_ENTROPY;
    const double *mean_y = spni_is_bias_free(error) ? error->mean_y : NULL;
    double inputs = mean_square(data, data->x, data->inputs, error->mean_x);
    double targets = is_mse ? mean_square(data, data->y, data->outputs, mean_y) : 1;
    error->value_size =
        error->kind == SPN_ERROR_MSE_MEAN ? targets / (double)data->outputs : targets;
    error->weight_size = pow(targets / inputs, 0.5 / (double)error->network->depth);
}

void spni_error_scales(const spn_objective *objective, double *weight, double *value)
{
    const spn_network_error *error = objective->problem;
    *weight = error->weight_size;
    *value = error->value_size;
}
