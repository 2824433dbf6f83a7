/* SPDX-License-Identifier: MIT */
/* What an error knows of the regulariser of its loss (T24). */
#include "network/network.h"

bool spni_is_bias_free(const spn_network_error *error)
{
    return error->mean_x != NULL;
}

double spni_output_penalty(const spn_network_error *error)
{
    const spn_network *network = error->network;
    return error->penalty != NULL ? error->penalty[network->bias_offset[network->depth]] : 1.0;
}

static spn_status free_biases(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_network *network = error->network;
    SPN_NEW(context, error->penalty, network->parameters);
    SPN_NEW(context, error->mean_x, error->dataset->inputs);
    for (int64_t i = 0; i < network->entry_count; i++) {
        const spn_layout_entry *entry = &network->entries[i];
        for (int64_t j = 0; j < entry->rows * entry->columns; j++) {
            error->penalty[entry->offset + j] = entry->is_bias ? 0.0 : 1.0;
        }
    }
    SPN_TRY(
        spn_dataset_moments(context, error->dataset, false, error->mean_x, NULL, NULL, NULL, NULL));
    SPN_TRY(spni_measure_sizes(context, error));
    spn_release(context, error->symmetries);
    error->symmetries = NULL;
    error->symmetry_count = 0;
    SPN_TRY(spni_symmetries_create(context, error));
done:
    return status;
}

spn_status spn_network_error_regularise(spn_context *context, spn_network_error *error,
                                        spn_regularise_kind kind, spn_regulariser *out)
{
    spn_status status = SPN_OK;
    *out = (spn_regulariser){.weights = NULL};
    if (kind != SPN_REGULARISE_ALL && kind != SPN_REGULARISE_WEIGHTS) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: regulariser %d does not exist", (int)kind);
    }
    if (error->penalty != NULL) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: the error has its regulariser already");
    }
    if (kind == SPN_REGULARISE_WEIGHTS && error->network->has_bias) {
        SPN_TRY(free_biases(context, error));
        out->weights = error->penalty;
    }
done:
    return status;
}
