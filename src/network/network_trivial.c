/* SPDX-License-Identifier: MIT */
/* The untrained stationary point of L = E + beta |theta|^2 (T14). With h_{D-1} = phi(0) = 0 every weight
 * may vanish; the output bias alone then solves its own problem: b = ybar / (1 + beta) for mse,
 * ybar / (1 + K beta) for its mean over outputs; balance.c solves that of cross-entropy. */
#include "network/activation.h"
#include "network/network_internal.h"

#include <math.h>
#include <string.h>

/* Means of targets count as equal (or zero) up to the rounding of a sum. */
static const double MEAN_TOLERANCE = 1e-12;

/* Whether the mean residual vanishes at f = 0: means of 0, of 1/2 for one logit, equal ones for several. */
static bool is_balanced(const spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    double target = 0.0, size = 0.0;
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
            return false;
        }
    }
    return true;
}

spn_status spni_error_trivial(spn_context *context, const spn_objective *objective,
                              double parameter, double *theta)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t depth = network->depth;
    bool has_bias = network->has_bias;
    if (depth == 1) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "a model without hidden layers has no trivial stationary point");
    }
    if (spni_activation_at_zero(network->activation) != 0.0 && !is_balanced(error)) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "the origin is not stationary for this activation (phi(0) != 0) and "
                        "targets of nonzero mean");
    }
    memset(theta, 0, (size_t)network->parameters * sizeof *theta);
    if (has_bias && error->kind != SPN_ERROR_CROSS_ENTROPY) {
        double factor = error->kind == SPN_ERROR_MSE_MEAN ? (double)network->width[depth] : 1.0;
        for (int64_t k = 0; k < network->width[depth]; k++) {
            theta[network->bias_offset[depth] + k] = error->mean_y[k] / (1.0 + factor * parameter);
        }
    }
    return has_bias && error->kind == SPN_ERROR_CROSS_ENTROPY && !is_balanced(error)
               ? spni_balanced_logits(context, network->width[depth], error->mean_y, parameter,
                                      theta + network->bias_offset[depth])
               : SPN_OK;
}
