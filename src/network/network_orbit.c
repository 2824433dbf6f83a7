/* SPDX-License-Identifier: MIT */
/* Continuous symmetries of a linear network: generators of rotations, which leave E and |theta|^2 alone.
 *  hidden layer l:  W_l -> R W_l, b_l -> R b_l, W_{l+1} -> W_{l+1} R^T
 *  the data:        W_1 -> W_1 exp(A_in)^T, W_D -> exp(A_out) W_D, b_D -> exp(A_out) b_D
 *  (Shifts of a hidden layer and its non-orthogonal maps leave E alone too, but not |theta|^2.) */
#include "network/network_internal.h"

#include <spinodal/numeric.h>
#include <string.h>

int64_t spni_error_orbit_capacity(const spn_objective *objective)
{
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    int64_t count = error->symmetry_count;
    for (int64_t l = 1; network->activation == SPN_LINEAR && l < network->depth; l++) {
        count += network->width[l] * (network->width[l] - 1) / 2;
    }
    return count;
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

static void turn_data(const spn_network *network, const double *theta, const double *in, double *z)
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
    if (network->has_bias) {
        spn_multiply(outputs, 1, outputs, 1.0, out, outputs, theta + network->bias_offset[depth], 1,
                     1.0, z + network->bias_offset[depth], 1);
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
    for (int64_t l = 1; network->activation == SPN_LINEAR && l < network->depth; l++) {
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
    for (int64_t j = 0; j < error->symmetry_count; j++, row++) {
        turn_data(network, theta, error->symmetries + j * stride, z + row * n);
    }
    return SPN_OK;
}
