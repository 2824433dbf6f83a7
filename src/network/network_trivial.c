/* SPDX-License-Identifier: MIT */
/* The untrained stationary point of L = E + beta n (T14). With h_{D-1} = phi(0) = 0 every weight
 * may vanish; the output bias alone then solves its own problem: b = ybar / (1 + c beta) for mse, c its weight in n,
 * ybar / (1 + K c beta) for its mean over outputs; balanced_logits.c solves that of cross-entropy. Where c = 0 the mean residual
 * vanishes, and phi(0) may be anything. */
#include "kernel/activation.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

/* Means of targets count as equal (or zero) up to the rounding of a sum. */
static const double MEAN_TOLERANCE = 1e-12;

/* The mean residual vanishes at f = 0: means of 0, of 1/2 for one logit, equal ones for several. */
void spni_measure_balance(spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    double target = 0.0, size = 0.0;
    error->is_balanced = true;
    for (int64_t k = 0; k < data->outputs; k++) {
        const double *row = data->y + k * data->stride;
        double sum = 0.0;
        for (int64_t n = 0; n < data->samples; n++) {
            sum += fabs(row[n]);
        }
        size = fmax(size, sum / (double)data->samples);
        target += error->mean_y[k] / (double)data->outputs;
    }
    if (error->kind != SPN_ERROR_CROSS_ENTROPY) {
        target = 0.0;
    } else if (data->outputs == 1) {
        target = 0.5;
        size = 1.0;
    }
    for (int64_t k = 0; k < data->outputs; k++) {
        if (fabs(error->mean_y[k] - target) > MEAN_TOLERANCE * size) {
            error->is_balanced = false;
        }
    }
}

spn_status spni_error_trivial(spn_context *context, const spn_objective *objective,
                              double parameter, double *theta)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t depth = network->depth;
    bool has_bias = network->has_bias;
    double strength = spni_output_penalty(error) * parameter;
    if (depth == 1) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "a model without hidden layers has no trivial stationary point");
    }
    if (spni_activation_at_zero(network->activation) != 0.0 && !error->is_balanced &&
        !spni_is_bias_free(error)) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "the origin is not stationary for this activation (phi(0) != 0) and "
                        "targets of nonzero mean");
    }
    memset(theta, 0, (size_t)network->parameters * sizeof *theta);
    if (has_bias && error->kind != SPN_ERROR_CROSS_ENTROPY) {
        double factor = error->kind == SPN_ERROR_MSE_MEAN ? (double)network->width[depth] : 1.0;
        for (int64_t k = 0; k < network->width[depth]; k++) {
            theta[network->bias_offset[depth] + k] = error->mean_y[k] / (1.0 + factor * strength);
        }
    }
    return has_bias && error->kind == SPN_ERROR_CROSS_ENTROPY && !error->is_balanced
               ? spni_balanced_logits(context, network->width[depth], error->mean_y, strength,
                                      theta + network->bias_offset[depth])
               : SPN_OK;
}

/* Free are the biases of hidden units, none of which does anything, and what all logits have in common. */
spn_status spni_error_trivial_near(spn_context *context, const spn_objective *objective,
                                   double parameter, const double *near, double *theta)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t depth = network->depth, outputs = network->width[depth];
    int64_t last = network->bias_offset[depth];
    spn_status status = spni_error_trivial(context, objective, parameter, theta);
    if (status != SPN_OK || !spni_is_bias_free(error)) {
        return status;
    }
    for (int64_t l = 1; l < depth; l++) {
        memcpy(theta + network->bias_offset[l], near + network->bias_offset[l],
               (size_t)network->width[l] * sizeof *theta);
    }
    double shift = 0.0;
    for (int64_t k = 0; spni_has_common_logit(error) && k < outputs; k++) {
        shift += (near[last + k] - theta[last + k]) / (double)outputs;
    }
    for (int64_t k = 0; k < outputs; k++) {
        theta[last + k] += shift;
    }
    return SPN_OK;
}
