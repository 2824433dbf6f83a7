/* SPDX-License-Identifier: MIT */
/* Weights of a network out of named arrays, and back.
 *
 * Shapes say which layer an array belongs to. Where several layers have the same shape, the numbers in the names say
 * which comes first; names that differ in more than numbers have no order. A bias belongs to the weight with the same
 * name up to the last dot or slash; where no name has such a partner, biases are placed as weights are. */
#include "formats/weights.h"

#include "formats/input.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_SIZE 120

static const char *quote(const char *name, char buffer[QUOTE_SIZE])
{
    spni_quote_text(name, (int64_t)strlen(name), buffer, QUOTE_SIZE);
    return buffer;
}

static spn_status check_entries(spn_context *context, int64_t count,
                                const spn_weight_entry *entries, int64_t parameters)
{
    for (int64_t e = 0; e < count; e++) {
        int64_t size = 0, end = 0;
        if (entries[e].layer < 0 ||
            !spn_size_multiply(entries[e].rows, entries[e].columns, &size) ||
            !spn_size_add(size, entries[e].offset, &end) || end > parameters ||
            (entries[e].is_bias && entries[e].columns != 1)) {
            return spn_fail(context, SPN_ERROR_ARGUMENT,
                            "weights: entry %lld does not fit the parameter vector", (long long)e);
        }
    }
    return SPN_OK;
}

static spn_status check_finite(spn_context *context, const char *source,
                               const spn_named_array *array)
{
    for (int64_t i = 0; i < array->count; i++) {
        if (!isfinite(array->values[i])) {
            char quoted[QUOTE_SIZE];
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: array '%s', item %lld (from 0) is not finite", source,
                            quote(array->name, quoted), (long long)i);
        }
    }
    return SPN_OK;
}

/** Every array has a place, and every layer its arrays? */
static spn_status match(spn_context *context, spni_weight_file *file)
{
    spn_status status = SPN_OK;
    const spn_weight_layout layout = file->choice->layout;
    spni_weight_match plain = {0}, turned = {0};
    SPN_TRY(spni_weight_match_create(context, file, &plain));
    SPN_TRY(spni_weight_match_create(context, file, &turned));
    spni_weights_match(file, false, &plain);
    spni_weights_match(file, true, &turned);
    const bool is_said = layout != SPN_WEIGHT_LAYOUT_AUTO;
    const spni_weight_match *chosen = layout == SPN_WEIGHT_LAYOUT_IN_OUT ? &turned : &plain;
    if (!is_said && turned.is_good && !plain.is_good) {
        SPN_FAIL(context, SPN_ERROR_INPUT, SPNI_WEIGHTS_IN_OUT_ONLY, file->source);
    }
    if (!is_said && turned.is_good && plain.is_good && !plain.is_ordered) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: its weights fit as out x in (PyTorch) and as in x out (Keras, flax, "
                 "scikit-learn); set model.init.layout: out_in or in_out",
                 file->source);
    }
    if (!chosen->is_good) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: %s", file->source, chosen->problem);
    }
    file->is_turned = chosen == &turned;
    memcpy(file->weight, chosen->place, (size_t)file->layers * sizeof *file->weight);
    SPN_TRY(spni_weights_match_biases(context, file));
done:
    spni_weight_match_free(context, &plain);
    spni_weight_match_free(context, &turned);
    return status;
}

static spn_status file_create(spn_context *context, const spn_arrays *arrays, int64_t count,
                              const spn_weight_entry *entries, spni_weight_file *file)
{
    spn_status status = SPN_OK;
    for (int64_t e = 0; e < count; e++) {
        file->layers = entries[e].layer >= file->layers ? entries[e].layer + 1 : file->layers;
    }
    SPN_NEW(context, file->entry, 2 * file->layers);
    SPN_NEW(context, file->weight, file->layers);
    SPN_NEW(context, file->bias, file->layers);
    SPN_NEW(context, file->is_placed, arrays->count);
    for (int64_t e = 0; e < count; e++) {
        file->entry[2 * entries[e].layer + (entries[e].is_bias ? 1 : 0)] = &entries[e];
    }
    for (int64_t l = 0; l < file->layers; l++) {
        file->weight[l] = file->bias[l] = -1;
        if (file->entry[2 * l] == NULL) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "weights: layer %lld has no entry", (long long)l);
        }
    }
done:
    return status;
}

static void file_free(spn_context *context, spni_weight_file *file)
{
    spn_release(context, file->entry);
    spn_release(context, file->weight);
    spn_release(context, file->bias);
    spn_release(context, file->is_placed);
}

static spn_status check_values(spn_context *context, const spni_weight_file *file)
{
    spn_status status = SPN_OK;
    for (int64_t l = 0; l < file->layers; l++) {
        SPN_TRY(check_finite(context, file->source, &file->arrays->items[file->weight[l]]));
        SPN_TRY(file->bias[l] < 0
                    ? SPN_OK
                    : check_finite(context, file->source, &file->arrays->items[file->bias[l]]));
    }
done:
    return status;
}

static void copy(const spni_weight_file *file, double *theta)
{
    for (int64_t l = 0; l < file->layers; l++) {
        const spn_weight_entry *weight = file->entry[2 * l], *bias = file->entry[2 * l + 1];
        const double *from = file->arrays->items[file->weight[l]].values;
        for (int64_t r = 0; r < weight->rows; r++) {
            for (int64_t c = 0; c < weight->columns; c++) {
                theta[weight->offset + r * weight->columns + c] =
                    file->is_turned ? from[c * weight->rows + r] : from[r * weight->columns + c];
            }
        }
        for (int64_t r = 0; bias != NULL && r < bias->rows; r++) {
            theta[bias->offset + r] =
                file->bias[l] >= 0 ? file->arrays->items[file->bias[l]].values[r] : 0.0;
        }
    }
}

/* Biases that are 0 since the file has none, and arrays that have no place. */
static void tell(spn_context *context, const spni_weight_file *file)
{
    char list[400], quoted[QUOTE_SIZE], whose[32];
    for (int64_t l = 0; l < file->layers; l++) {
        file->is_placed[file->weight[l]] = true;
        if (file->bias[l] >= 0) {
            file->is_placed[file->bias[l]] = true;
        } else if (file->entry[2 * l + 1] != NULL) {
            snprintf(whose, sizeof whose, "layer %lld", (long long)l + 1);
            spn_message(context, "%s: no bias beside '%s': 0 is taken for the biases of %s",
                        file->source, quote(file->arrays->items[file->weight[l]].name, quoted),
                        l == file->layers - 1 ? "the outputs" : whose);
        }
    }
    if (spni_weights_list_rest(file, list, sizeof list) > 0) {
        spn_message(context, "%s: not used: %s", file->source, list);
    }
}

spn_status spn_weights_assign(spn_context *context, const spn_arrays *arrays, const char *source,
                              const spn_weight_choice *choice, int64_t count,
                              const spn_weight_entry *entries, int64_t parameters, double *theta)
{
    spn_status status = SPN_OK;
    spn_weight_choice own = *choice;
    own.ignores_others = choice->ignores_others || choice->names.count > 0;
    spni_weight_file file = {.source = source, .arrays = arrays, .choice = &own};
    SPN_TRY(check_entries(context, count, entries, parameters));
    if (count <= 0 || arrays->count <= 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "weights: there are no entries or no arrays");
    }
    SPN_TRY(file_create(context, arrays, count, entries, &file));
    SPN_TRY(choice->names.count > 0 ? spni_weights_match_names(context, &file)
                                    : match(context, &file));
    SPN_TRY(check_values(context, &file));
    copy(&file, theta);
    tell(context, &file);
done:
    file_free(context, &file);
    return status;
}

spn_status spn_weights_arrays(spn_context *context, int64_t count, const spn_weight_entry *entries,
                              int64_t parameters, const double *theta, spn_arrays **out)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    *out = NULL;
    SPN_TRY(check_entries(context, count, entries, parameters));
    SPN_TRY(spni_array_list_create(context, count, &list));
    for (int64_t e = 0; e < count; e++) {
        const int64_t shape[] = {entries[e].rows, entries[e].columns};
        double *values = NULL;
        SPN_TRY(spni_array_list_add(context, list, entries[e].name, entries[e].is_bias ? 1 : 2,
                                    shape, &values));
        memcpy(values, theta + entries[e].offset, (size_t)(shape[0] * shape[1]) * sizeof *values);
    }
    *out = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    return status;
}
