/* SPDX-License-Identifier: MIT */
/* Weights that the user names, layer by layer. */
#include "formats/weights.h"

#include "formats/input.h"
#include <stdio.h>
#include <string.h>

#define QUOTE_SIZE 120

static spn_status fail_absent(spn_context *context, const spni_weight_file *file, const char *name)
{
    spn_status status = SPN_OK;
    char quoted[QUOTE_SIZE], list[300];
    const char **names = NULL;
    SPN_NEW(context, names, file->arrays->count);
    for (int64_t i = 0; i < file->arrays->count; i++) {
        names[i] = file->arrays->items[i].name;
    }
    const char *near = spn_nearest_name(name, names, file->arrays->count);
    spni_quote_text(name, (int64_t)strlen(name), quoted, sizeof quoted);
    spni_weights_list_rest(file, list, sizeof list);
    SPN_FAIL(context, SPN_ERROR_INPUT,
             "%s holds no array '%s' (model.init.names)%s%.60s%s; its arrays are %s", file->source,
             quoted, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "", list);
done:
    spn_release(context, names);
    return status;
}

static spn_status find(spn_context *context, const spni_weight_file *file, const char *name,
                       int64_t *index)
{
    *index = 0;
    while (*index < file->arrays->count && strcmp(file->arrays->items[*index].name, name) != 0) {
        *index += 1;
    }
    return *index < file->arrays->count ? SPN_OK : fail_absent(context, file, name);
}

/* Does every weight that is named have its shape, read one way? */
static bool all_fit(const spni_weight_file *file, bool is_turned, int64_t *misfit)
{
    for (int64_t l = 0; l < file->layers; l++) {
        if (!spni_weight_fits(&file->arrays->items[file->weight[l]], file->entry[2 * l],
                              is_turned)) {
            *misfit = l;
            return false;
        }
    }
    return true;
}

static spn_status fail_shape(spn_context *context, const spni_weight_file *file, int64_t array,
                             const spn_weight_entry *entry, bool is_turned)
{
    const spn_named_array *item = &file->arrays->items[array];
    const int64_t shape[] = {is_turned ? entry->columns : entry->rows,
                             is_turned ? entry->rows : entry->columns};
    char quoted[QUOTE_SIZE], is[60], needed[60];
    spni_quote_text(item->name, (int64_t)strlen(item->name), quoted, sizeof quoted);
    spni_shape_text(item->rank, item->shape, is, sizeof is);
    spni_shape_text(entry->is_bias ? 1 : 2, shape, needed, sizeof needed);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: array '%s' (model.init.names) is %s, and the %s of layer %lld of %lld is "
                    "%s%s",
                    file->source, quoted, is, entry->is_bias ? "bias" : "weight",
                    (long long)entry->layer + 1, (long long)file->layers, needed,
                    entry->is_bias ? ""
                    : is_turned    ? " (in x out)"
                                   : " (out x in)");
}

static spn_status choose_layout(spn_context *context, spni_weight_file *file)
{
    const spn_weight_layout layout = file->choice->layout;
    const bool is_turned = layout == SPN_WEIGHT_LAYOUT_IN_OUT;
    int64_t misfit = 0, other = 0;
    if (all_fit(file, is_turned, &misfit)) {
        file->is_turned = is_turned;
        return SPN_OK;
    }
    if (layout == SPN_WEIGHT_LAYOUT_AUTO && all_fit(file, true, &other)) {
        return spn_fail(context, SPN_ERROR_INPUT, SPNI_WEIGHTS_IN_OUT_ONLY, file->source);
    }
    return fail_shape(context, file, file->weight[misfit], file->entry[2 * misfit], is_turned);
}

spn_status spni_weights_match_names(spn_context *context, spni_weight_file *file)
{
    spn_status status = SPN_OK;
    const spn_texts names = file->choice->names;
    const int64_t step = names.count == file->layers ? 1 : 2;
    if (names.count != step * file->layers || (step == 2 && file->entry[1] == NULL)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "model.init.names: there are %lld, and the network has %lld layers: name the "
                 "weights, layer by layer%s",
                 (long long)names.count, (long long)file->layers,
                 file->entry[1] != NULL ? ", or the weight and the bias of each" : "");
    }
    for (int64_t l = 0; l < file->layers; l++) {
        SPN_TRY(find(context, file, names.items[step * l], &file->weight[l]));
    }
    SPN_TRY(choose_layout(context, file));
    for (int64_t l = 0; step == 2 && l < file->layers; l++) {
        const spn_weight_entry *entry = file->entry[2 * l + 1];
        SPN_TRY(find(context, file, names.items[2 * l + 1], &file->bias[l]));
        if (!spni_weight_fits(&file->arrays->items[file->bias[l]], entry, false)) {
            SPN_TRY(fail_shape(context, file, file->bias[l], entry, false));
        }
    }
    if (step == 1) {
        SPN_TRY(spni_weights_match_biases(context, file));
    }
done:
    return status;
}
