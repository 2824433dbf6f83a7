/* SPDX-License-Identifier: MIT */
/* Weights in files: the network's layout in the words of the room `formats`. */
#include "study/experiment.h"
#include "study/own_objective.h"

#include <spinodal/formats.h>

static spn_status describe(spn_context *context, const spn_network *network, int64_t *count,
                           spn_weight_entry **out)
{
    spn_status status = SPN_OK;
    const spn_layout_entry *layout = spn_network_layout(network, count);
    spn_weight_entry *entries = NULL;
    SPN_NEW(context, entries, *count);
    for (int64_t i = 0; i < *count; i++) {
        entries[i] = (spn_weight_entry){layout[i].name,   layout[i].layer, layout[i].is_bias,
                                        layout[i].offset, layout[i].rows,  layout[i].columns};
    }
    *out = entries;
done:
    return status;
}

spn_status spn_study_read_weights(spn_context *context, const spn_study *study, const char *path,
                                  double *theta)
{
    spn_status status = SPN_OK;
    spn_arrays *arrays = NULL;
    spn_weight_entry *entries = NULL;
    int64_t count = 0;
    SPN_TRY(spni_need_network(context, study, "reading weights"));
    SPN_TRY(spn_arrays_read(context, path, &arrays));
    SPN_TRY(describe(context, study->network, &count, &entries));
    const spn_model_settings *model = spn_experiment_model(study->experiment);
    const spn_weight_choice choice = {.layout = (spn_weight_layout)model->init_layout,
                                      .names = model->init_names,
                                      .ignores_others = model->init_others == SPN_OTHERS_IGNORE};
    SPN_TRY(spn_weights_assign(context, arrays, path, &choice, count, entries,
                               spn_network_parameters(study->network), theta));
done:
    spn_release(context, entries);
    spn_arrays_free(context, arrays);
    return status;
}
