/* SPDX-License-Identifier: MIT */
/* What single layers and single classes are like. */
#include "network/network.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

int64_t spn_network_layers(const spn_network *network)
{
    return network->depth;
}

static int64_t end_of(const spn_network *network, int64_t l)
{
    return l < network->depth ? network->weight_offset[l + 1] : network->parameters;
}

void spn_network_layer_norms(const spn_network *network, const double *theta, double *out)
{
    for (int64_t l = 1; l <= network->depth; l++) {
        const int64_t first = network->weight_offset[l];
        out[l - 1] = spn_norm(end_of(network, l) - first, theta + first);
    }
}

void spn_network_layer_sums(const spn_network *network, const double *diagonal, double *out)
{
    for (int64_t l = 1; l <= network->depth; l++) {
        out[l - 1] = 0.0;
        for (int64_t i = network->weight_offset[l]; i < end_of(network, l); i++) {
            out[l - 1] += diagonal[i];
        }
    }
}

static int64_t rank_of(const spn_network *network, int64_t l)
{
    const int64_t rows = network->width[l], columns = network->width[l - 1];
    return rows < columns ? rows : columns;
}

int64_t spn_network_singular_count(const spn_network *network)
{
    int64_t count = 0;
    for (int64_t l = 1; l <= network->depth; l++) {
        count += rank_of(network, l);
    }
    return count;
}

spn_status spn_network_singular_values(spn_context *context, const spn_network *network,
                                       const double *theta, double *out)
{
    spn_status status = SPN_OK;
    for (int64_t l = 1; l <= network->depth; l++) {
        SPN_TRY(spn_poll(context));
        SPN_TRY(spn_singular_values(context, network->width[l], network->width[l - 1],
                                    theta + network->weight_offset[l], out, NULL, NULL));
        out += rank_of(network, l);
    }
done:
    return status;
}

int64_t spn_network_error_classes(const spn_network_error *error)
{
    return error->classes == NULL ? 0 : error->dataset->outputs > 1 ? error->dataset->outputs : 2;
}

spn_status spn_network_class_accuracy(spn_context *context, const spn_point *point, double *out)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *error = state->error;
    const spni_plan *plan = &error->plan;
    const int64_t classes = spn_network_error_classes(error);
    double *samples = NULL;
    SPN_NEW(context, samples, classes);
    memset(out, 0, (size_t)classes * sizeof *out);
    const spni_stretch blocks =
        error->farm != NULL ? spni_own_blocks(state) : (spni_stretch){0, plan->blocks};
    const spn_farm_piece pieces[] = {{samples, classes}, {out, classes}};
    SPN_TRY(spni_relay_begin(context, error, 2, pieces));
    for (int64_t b = blocks.begin; b < blocks.end && classes > 0 && status == SPN_OK; b++) {
        spni_block block = spni_block_of(error, b, state->lane[0].slot, state->lane[0].x);
        spni_forward(state->kernels, error->network, plan, point->theta, &block, 0);
        spni_classes_count(error, &block, b * plan->block, samples, out);
        status = spn_poll(context);
    }
    SPN_TRY(spni_relay_end(context, error, status, 2, pieces));
    for (int64_t c = 0; c < classes; c++) {
        out[c] = samples[c] > 0.0 ? out[c] / samples[c] : (double)NAN;
    }
done:
    spn_release(context, samples);
    return status;
}
