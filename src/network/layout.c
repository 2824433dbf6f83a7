/* SPDX-License-Identifier: MIT */
/* The architecture: widths, where each array lies in theta, initial weights. */
#include "kernel/activation.h"
#include "network/network.h"

#include <math.h>
#include <stdio.h>

static spn_status check_widths(spn_context *context, int64_t inputs, int64_t outputs,
                               int64_t hidden_count, const int64_t *hidden)
{
    if (hidden_count < 0 || (hidden_count > 0 && hidden == NULL)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "network: %lld hidden layers",
                        (long long)hidden_count);
    }
    if (inputs < 1 || outputs < 1) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "network: %lld inputs and %lld outputs: at least one of each is needed",
                        (long long)inputs, (long long)outputs);
    }
    for (int64_t i = 0; i < hidden_count; i++) {
        if (hidden[i] < 1) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "network: hidden layer %lld has width %lld: at least 1 is needed",
                            (long long)i + 1, (long long)hidden[i]);
        }
    }
    return SPN_OK;
}

/* Offsets of W_l and b_l; false when the number of parameters overflows. */
static bool place_arrays(spn_network *network)
{
    int64_t next = 0;
    int64_t biases = network->has_bias ? 1 : 0;
    for (int64_t l = 1; l <= network->depth; l++) {
        int64_t weights = 0;
        network->weight_offset[l] = next;
        if (!spn_size_multiply(network->width[l], network->width[l - 1], &weights) ||
            !spn_size_add(next, weights, &next)) {
            return false;
        }
        network->bias_offset[l] = next;
        if (!spn_size_add(next, biases * network->width[l], &next)) {
            return false;
        }
    }
    network->parameters = next;
    int64_t bytes = 0;
    return spn_size_multiply(next, (int64_t)sizeof(double), &bytes);
}

static void name_arrays(spn_network *network)
{
    spn_layout_entry *entry = network->entries;
    for (int64_t l = 1; l <= network->depth; l++) {
        *entry = (spn_layout_entry){.layer = l - 1,
                                    .offset = network->weight_offset[l],
                                    .rows = network->width[l],
                                    .columns = network->width[l - 1]};
        snprintf(entry->name, sizeof entry->name, "layers.%lld.weight", (long long)l - 1);
        entry++;
        if (network->has_bias) {
            *entry = (spn_layout_entry){.layer = l - 1,
                                        .is_bias = true,
                                        .offset = network->bias_offset[l],
                                        .rows = network->width[l],
                                        .columns = 1};
            snprintf(entry->name, sizeof entry->name, "layers.%lld.bias", (long long)l - 1);
            entry++;
        }
    }
}

spn_status spn_network_create(spn_context *context, int64_t inputs, int64_t outputs,
                              int64_t hidden_count, const int64_t *hidden,
                              spn_activation activation, bool has_bias, spn_network **out)
{
    spn_status status = SPN_OK;
    spn_network *network = NULL;
    *out = NULL;
    SPN_TRY(check_widths(context, inputs, outputs, hidden_count, hidden));
    if (!spni_activation_exists((int)activation)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: activation %d does not exist",
                 (int)activation);
    }
    SPN_NEW(context, network, 1);
    network->depth = hidden_count + 1;
    network->activation = activation;
    network->has_bias = has_bias;
    SPN_NEW(context, network->width, network->depth + 1);
    SPN_NEW(context, network->weight_offset, network->depth + 1);
    SPN_NEW(context, network->bias_offset, network->depth + 1);
    network->width[0] = inputs;
    for (int64_t l = 1; l <= hidden_count; l++) {
        network->width[l] = hidden[l - 1];
    }
    network->width[network->depth] = outputs;
    if (!place_arrays(network)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "network: these widths give more parameters than can be counted");
    }
    network->entry_count = network->depth * (has_bias ? 2 : 1);
    SPN_NEW(context, network->entries, network->entry_count);
    name_arrays(network);
    *out = network;
done:
    if (status != SPN_OK) {
        spn_network_free(context, network);
    }
    return status;
}

void spn_network_free(spn_context *context, spn_network *network)
{
    if (network == NULL) {
        return;
    }
    for (int64_t l = 1; network->unit_scale != NULL && l < network->depth; l++) {
        spn_release(context, network->unit_scale[l]);
    }
    spn_release(context, network->unit_scale);
    spn_release(context, network->width);
    spn_release(context, network->weight_offset);
    spn_release(context, network->bias_offset);
    spn_release(context, network->entries);
    spn_release(context, network);
}

int64_t spn_network_parameters(const spn_network *network)
{
    return network->parameters;
}

int64_t spn_network_depth(const spn_network *network)
{
    return network->depth;
}

int64_t spn_network_width(const spn_network *network, int64_t layer)
{
    return network->width[layer];
}

spn_activation spn_network_activation(const spn_network *network)
{
    return network->activation;
}

bool spn_network_has_bias(const spn_network *network)
{
    return network->has_bias;
}

const spn_layout_entry *spn_network_layout(const spn_network *network, int64_t *count)
{
    *count = network->entry_count;
    return network->entries;
}

static double deviation(spn_init_scheme scheme, double scale, int64_t fan_in, int64_t fan_out)
{
    switch (scheme) {
    case SPN_INIT_XAVIER:
        return scale * sqrt(2.0 / (double)(fan_in + fan_out));
    case SPN_INIT_HE:
        return scale * sqrt(2.0 / (double)fan_in);
    case SPN_INIT_NORMAL:
        return scale;
    case SPN_INIT_FAN_IN:
    default:
        return scale / sqrt((double)fan_in);
    }
}

void spn_network_initialize(const spn_network *network, spn_init_scheme scheme, double scale,
                            uint64_t seed, uint64_t job, double *theta)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_WEIGHTS, job);
    spni_network_draw(network, scheme, scale, &random, theta);
}

/* The first of the units that unit i of layer l is a copy of. */
static int64_t original(const spn_network *network, const int64_t *distinct, int64_t l, int64_t i)
{
    if (l == 0 || l == network->depth) {
        return i;
    }
    /* The least j with floor(j d / w) = floor(i d / w) = g: ceil(g w / d). */
    int64_t width = network->width[l], d = distinct[l - 1];
    return d < width ? (i * d / width * width + d - 1) / d : i;
}

void spn_network_copy_units(const spn_network *network, const int64_t *distinct, double *theta)
{
    /* Originals come before their copies, so that what is copied is final. */
    for (int64_t e = 0; e < network->entry_count; e++) {
        const spn_layout_entry *entry = &network->entries[e];
        double *array = theta + entry->offset;
        for (int64_t i = 0; i < entry->rows; i++) {
            int64_t row = original(network, distinct, entry->layer + 1, i);
            for (int64_t j = 0; j < entry->columns; j++) {
                int64_t column = entry->is_bias ? 0 : original(network, distinct, entry->layer, j);
                array[i * entry->columns + j] = array[row * entry->columns + column];
            }
        }
    }
}

void spni_network_draw(const spn_network *network, spn_init_scheme scheme, double scale,
                       spn_random *random, double *theta)
{
    for (int64_t e = 0; e < network->entry_count; e++) {
        const spn_layout_entry *entry = &network->entries[e];
        double spread = deviation(scheme, scale, entry->columns, entry->rows);
        for (int64_t i = 0; i < entry->rows * entry->columns; i++) {
            theta[entry->offset + i] = entry->is_bias ? 0.0 : spread * spn_random_normal(random);
        }
    }
}
