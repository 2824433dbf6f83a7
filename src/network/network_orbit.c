/* SPDX-License-Identifier: MIT */
/* Continuous symmetries: generators that leave E and n alone. Rotations of a linear network, and of its data:
 *  hidden layer l:  W_l -> R W_l, b_l -> R b_l, W_{l+1} -> W_{l+1} R^T
 *  the data:        W_1 -> W_1 exp(A_in)^T, W_D -> exp(A_out) W_D, b_D -> exp(A_out) b_D
 *  (Shifts of a hidden layer and its non-orthogonal maps leave E alone too, but not |theta|^2.)
 *
 * Where biases are free (n is that of the weights):
 *  shifts:          b_l -> b_l + s, b_{l+1} -> b_{l+1} - W_{l+1} s of a linear network; of others s has an entry for a unit
 *                   whose weights in and out vanish, and nothing moves but its own bias
 *  the data:        W_1, W_D as above, and b_1, b_D such that the means of hidden layers and outputs stay
 *  logits:          b_D -> b_D + s (1 ... 1), more than one output of a softmax */
#include "network/network.h"

#include <math.h>

#include <spinodal/numeric.h>
#include <string.h>

bool spni_has_common_logit(const spn_network_error *error)
{
    return error->kind == SPN_ERROR_CROSS_ENTROPY && error->dataset->outputs > 1;
}

/* Rows that free biases add: the hidden units', the logits', and one to work in where the data turn. */
static int64_t free_rows(const spn_network_error *error)
{
    const spn_network *network = error->network;
    int64_t count = spni_has_common_logit(error) ? 1 : 0;
    if (!spni_is_bias_free(error)) {
        return 0;
    }
    for (int64_t l = 1; l < network->depth; l++) {
        count += network->width[l];
    }
    return count + (error->symmetry_count > 0 ? 1 : 0);
}

int64_t spni_error_orbit_capacity(const spn_objective *objective)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t count = error->symmetry_count;
    for (int64_t l = 1; spn_activation_is_linear(network->activation) && l < network->depth; l++) {
        count += network->width[l] * (network->width[l] - 1) / 2;
    }
    return count + free_rows(error);
}

/* Turns units a and b of hidden layer l towards each other: R = 1 + epsilon (e_a e_b^T - e_b e_a^T). */
static void turn_units(const spn_network *network, const double *theta, int64_t l, int64_t a,
                       int64_t b, double *z)
{
    int64_t fan_in = network->width[l - 1], width = network->width[l];
    int64_t below = network->weight_offset[l], above = network->weight_offset[l + 1];
    spn_axpy(fan_in, 1.0, theta + below + b * fan_in, z + below + a * fan_in);
    spn_axpy(fan_in, -1.0, theta + below + a * fan_in, z + below + b * fan_in);
    if (network->has_bias) {
        z[network->bias_offset[l] + a] = theta[network->bias_offset[l] + b];
        z[network->bias_offset[l] + b] = -theta[network->bias_offset[l] + a];
    }
    for (int64_t p = 0; p < network->width[l + 1]; p++) {
        z[above + p * width + a] = theta[above + p * width + b];
        z[above + p * width + b] = -theta[above + p * width + a];
    }
}

/* b_l of a generator z whose W_l moves, such that the mean of W_l h_{l-1} + b_l stays. */
static void hold_mean(const spn_network *network, int64_t l, const double *mean, double *z)
{
    for (int64_t p = 0; l > 0 && p < network->width[l]; p++) {
        const double *row = z + network->weight_offset[l] + p * network->width[l - 1];
        z[network->bias_offset[l] + p] = -spn_dot(network->width[l - 1], row, mean);
    }
}

/* Means over the samples of the hidden layers of a linear network, each in the room that its layer has in a row of theta:
 * at the place of W_l, which is at least as wide as h_{l-1}. */
static void take_means(const spn_network_error *error, const double *theta, double *means)
{
    const spn_network *network = error->network;
    memcpy(means + network->weight_offset[1], error->mean_x,
           (size_t)network->width[0] * sizeof *means);
    for (int64_t l = 1; l < network->depth; l++) {
        const double *weights = theta + network->weight_offset[l];
        for (int64_t a = 0; a < network->width[l]; a++) {
            means[network->weight_offset[l + 1] + a] =
                theta[network->bias_offset[l] + a] + spn_dot(network->width[l - 1],
                                                             weights + a * network->width[l - 1],
                                                             means + network->weight_offset[l]);
        }
    }
}

/* `means`: of the layers where biases are free, otherwise NULL. */
static void turn_data(const spn_network *network, const double *theta, const double *in,
                      const double *means, double *z)
{
    int64_t depth = network->depth, inputs = network->width[0], outputs = network->width[depth];
    int64_t first = network->weight_offset[1], last = network->weight_offset[depth];
    int64_t units = network->width[depth - 1];
    const double *out = in + inputs * inputs;
    /* W_1 A_in^T = -W_1 A_in */
    spn_multiply(network->width[1], inputs, inputs, -1.0, theta + first, inputs, in, inputs, 1.0,
                 z + first, inputs);
    spn_multiply(outputs, units, outputs, 1.0, out, outputs, theta + last, units, 1.0, z + last,
                 units);
    if (network->has_bias && means == NULL) {
        spn_multiply(outputs, 1, outputs, 1.0, out, outputs, theta + network->bias_offset[depth], 1,
                     1.0, z + network->bias_offset[depth], 1);
    }
    if (means != NULL) {
        hold_mean(network, 1, means + first, z);
        hold_mean(network, depth, means + last, z);
    }
}

/* Is nothing in theta that goes into or comes out of unit a of hidden layer l, but for rounding? */
static bool is_idle(const spn_network *network, const double *theta, int64_t l, int64_t a,
                    double rounding)
{
    const double *in = theta + network->weight_offset[l] + a * network->width[l - 1];
    const double *out = theta + network->weight_offset[l + 1] + a;
    double most = 0.0;
    for (int64_t i = 0; i < network->width[l - 1]; i++) {
        most = fmax(most, fabs(in[i]));
    }
    for (int64_t p = 0; p < network->width[l + 1]; p++) {
        most = fmax(most, fabs(out[p * network->width[l]]));
    }
    return most <= rounding;
}

/* Any length is right for a shift: it is that of the numbers which the basis is told from. */
static void shift_biases(const spn_objective *objective, const double *theta, double *z)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t n = network->parameters, row = 0;
    const double scale = spn_objective_scales(objective).weight;
    const double size = fmax(scale, spn_norm(n, theta));
    const bool is_linear = spn_activation_is_linear(network->activation);
    for (int64_t l = 1; l < network->depth; l++) {
        for (int64_t a = 0; a < network->width[l]; a++, row++) {
            if (!is_linear && !is_idle(network, theta, l, a, SPN_ORBIT_TOLERANCE * scale)) {
                continue;
            }
            z[row * n + network->bias_offset[l] + a] = size;
            for (int64_t p = 0; is_linear && p < network->width[l + 1]; p++) {
                z[row * n + network->bias_offset[l + 1] + p] =
                    -size * theta[network->weight_offset[l + 1] + p * network->width[l] + a];
            }
        }
    }
    for (int64_t k = 0; spni_has_common_logit(error) && k < network->width[network->depth]; k++) {
        z[row * n + network->bias_offset[network->depth] + k] = size;
    }
}

/* The mean of what goes into each unit becomes 0; what that was goes on to the next layer's biases. */
static void settle_means(const spn_network_error *error, double *theta)
{
    const spn_network *network = error->network;
    for (int64_t l = 1; l < network->depth; l++) {
        for (int64_t a = 0; a < network->width[l]; a++) {
            const double *in = theta + network->weight_offset[l] + a * network->width[l - 1];
            double *bias = theta + network->bias_offset[l] + a;
            double below = l == 1 ? spn_dot(network->width[0], in, error->mean_x) : 0.0;
            double mean = *bias + below;
            for (int64_t p = 0; p < network->width[l + 1]; p++) {
                double weight = theta[network->weight_offset[l + 1] + p * network->width[l] + a];
                theta[network->bias_offset[l + 1] + p] += weight * mean;
            }
            *bias = -below;
        }
    }
}

void spni_error_settle(const spn_objective *objective, double *theta)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    const double rounding = SPN_ORBIT_TOLERANCE * spn_objective_scales(objective).weight;
    int64_t outputs = network->width[network->depth];
    double *last = theta + network->bias_offset[network->depth], mean = 0.0;
    if (!spni_is_bias_free(error)) {
        return;
    }
    if (spn_activation_is_linear(network->activation)) {
        settle_means(error, theta);
    }
    for (int64_t l = 1; !spn_activation_is_linear(network->activation) && l < network->depth; l++) {
        for (int64_t a = 0; a < network->width[l]; a++) {
            if (is_idle(network, theta, l, a, rounding)) {
                theta[network->bias_offset[l] + a] = 0.0;
            }
        }
    }
    for (int64_t k = 0; spni_has_common_logit(error) && k < outputs; k++) {
        mean += last[k] / (double)outputs;
    }
    for (int64_t k = 0; k < outputs; k++) {
        last[k] -= mean;
    }
}

spn_status spni_error_orbit(spn_context *context, const spn_objective *objective,
                            const double *theta, double *z)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t n = network->parameters, row = 0;
    int64_t inputs = network->width[0], outputs = network->width[network->depth];
    int64_t stride = inputs * inputs + outputs * outputs;
    memset(z, 0, (size_t)(n * spni_error_orbit_capacity(objective)) * sizeof *z);
    for (int64_t l = 1; spn_activation_is_linear(network->activation) && l < network->depth; l++) {
        spn_status status = spn_poll(context);
        if (status != SPN_OK) {
            return status;
        }
        for (int64_t a = 0; a < network->width[l]; a++) {
            for (int64_t b = a + 1; b < network->width[l]; b++, row++) {
                turn_units(network, theta, l, a, b, z + row * n);
            }
        }
    }
    double *means = NULL;
    if (spni_is_bias_free(error) && error->symmetry_count > 0) {
        means = z + (spni_error_orbit_capacity(objective) - 1) * n;
        take_means(error, theta, means);
    }
    for (int64_t j = 0; j < error->symmetry_count; j++, row++) {
        turn_data(network, theta, error->symmetries + j * stride, means, z + row * n);
    }
    if (means != NULL) {
        memset(means, 0, (size_t)n * sizeof *means);
    }
    if (spni_is_bias_free(error)) {
        shift_biases(objective, theta, z + row * n);
    }
    return SPN_OK;
}
