/* SPDX-License-Identifier: MIT */
/* Weights of a network out of named arrays, and back. */
#include "formats/arrays.h"

#include "formats/input.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_SIZE 120
#define DIGITS_MAX 18 /* of a number in a name */

/** A name taken apart: PREFIX NUMBER .weight or .bias. */
typedef struct weight_name {
    int64_t prefix; /**< its length */
    int64_t number;
    bool is_bias;
} weight_name;

typedef struct weight_file {
    const char *source;
    const spn_arrays *arrays;
    weight_name *names; /**< of the arrays */
    int64_t *numbers;   /**< the distinct numbers, ascending: numbers[layer] */
    int64_t layers;
} weight_file;

static const char *quote(const char *name, char buffer[QUOTE_SIZE])
{
    spni_quote_text(name, (int64_t)strlen(name), buffer, QUOTE_SIZE);
    return buffer;
}

static bool split_name(const char *name, weight_name *out)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL || (strcmp(dot, ".weight") != 0 && strcmp(dot, ".bias") != 0)) {
        return false;
    }
    const char *digits = dot;
    while (digits > name && digits[-1] >= '0' && digits[-1] <= '9') {
        digits--;
    }
    bool is_padded = digits[0] == '0' && dot - digits > 1;
    bool is_separate = digits == name || digits[-1] == '.';
    if (digits == dot || dot - digits > DIGITS_MAX || is_padded || !is_separate) {
        return false;
    }
    out->prefix = digits - name;
    out->number = strtoll(digits, NULL, 10);
    out->is_bias = strcmp(dot, ".bias") == 0;
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static spn_status split_names(spn_context *context, weight_file *file)
{
    spn_status status = SPN_OK;
    const spn_named_array *items = file->arrays->items;
    char quoted[QUOTE_SIZE], first[QUOTE_SIZE];
    for (int64_t i = 0; i < file->arrays->count; i++) {
        const char *name = items[i].name;
        if (!split_name(name, &file->names[i])) {
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s: array '%s' is no weight of a layer; names such as layers.0.weight, "
                     "layers.0.bias or 0.weight are expected",
                     file->source, quote(name, quoted));
        }
        int64_t prefix = file->names[0].prefix;
        if (file->names[i].prefix != prefix || memcmp(name, items[0].name, (size_t)prefix) != 0) {
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s: arrays '%s' and '%s' do not begin with the same prefix", file->source,
                     quote(items[0].name, first), quote(name, quoted));
        }
        file->numbers[i] = file->names[i].number;
    }
    qsort(file->numbers, (size_t)file->arrays->count, sizeof *file->numbers, compare_numbers);
    for (int64_t i = 0; i < file->arrays->count; i++) {
        if (i == 0 || file->numbers[i] != file->numbers[i - 1]) {
            file->numbers[file->layers++] = file->numbers[i];
        }
    }
done:
    return status;
}

static int64_t find_array(const weight_file *file, int64_t layer, bool is_bias)
{
    for (int64_t i = 0; layer < file->layers && i < file->arrays->count; i++) {
        if (file->names[i].number == file->numbers[layer] && file->names[i].is_bias == is_bias) {
            return i;
        }
    }
    return -1;
}

static bool has_biases(const weight_file *file)
{
    for (int64_t i = 0; i < file->arrays->count; i++) {
        if (file->names[i].is_bias) {
            return true;
        }
    }
    return false;
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

static int64_t divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/** The numbers that `layers` layers have when those of the file are among them: start, start + step, ...
 *  Our own layers follow each other. Those of a PyTorch sequence have other modules between them: the
 *  last number decides where it can be the last layer's, otherwise the spacing of the others. */
static bool find_spacing(const weight_file *file, int64_t layers, int64_t *start, int64_t *step)
{
    static const char own[] = "layers.";
    const int64_t tail = (int64_t)sizeof own - 1, prefix = file->names[0].prefix;
    const int64_t last = file->numbers[file->layers - 1];
    const char *name = file->arrays->items[0].name;
    int64_t all = 0, between = 0;
    for (int64_t i = 0; i < file->layers; i++) {
        all = divisor(all, file->numbers[i]);
        between = divisor(between, file->numbers[i] - file->numbers[0]);
    }
    *start = 0;
    if (prefix >= tail && memcmp(name + prefix - tail, own, (size_t)tail) == 0) {
        *step = 1;
    } else if (layers > 1 && last >= 2 * (layers - 1) && last % (layers - 1) == 0 &&
               all % (last / (layers - 1)) == 0) {
        *step = last / (layers - 1);
    } else {
        *step = between;
        *start = between > 0 ? file->numbers[0] % between : 0;
    }
    return *step > 0 && (last - *start) / *step < layers;
}

/** When the numbers in the file could be the network's, name the first that is missing. */
static void hint_missing(const weight_file *file, int64_t layers, char *hint, size_t size)
{
    int64_t gap = 0, start = 0, step = 0;
    if (file->layers >= layers || !find_spacing(file, layers, &start, &step)) {
        return;
    }
    while (gap < file->layers && file->numbers[gap] == start + gap * step) {
        gap++;
    }
    char prefix[QUOTE_SIZE];
    spni_quote_text(file->arrays->items[0].name, file->names[0].prefix, prefix, sizeof prefix);
    snprintf(hint, size, "; is '%s%lld.weight' missing?", prefix, (long long)(start + gap * step));
}

/** Layers and biases in general, before one array is named. */
static spn_status check_layers(spn_context *context, const weight_file *file, int64_t count,
                               const spn_weight_entry *entries)
{
    int64_t layers = 0;
    bool wants_biases = false;
    for (int64_t e = 0; e < count; e++) {
        layers = entries[e].layer >= layers ? entries[e].layer + 1 : layers;
        wants_biases = wants_biases || entries[e].is_bias;
    }
    if (wants_biases != has_biases(file)) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s holds %s biases, but the network has %s",
                        file->source, wants_biases ? "no" : "also", wants_biases ? "them" : "none");
    }
    if (file->layers != layers) {
        char hint[QUOTE_SIZE + 64] = "";
        hint_missing(file, layers, hint, sizeof hint);
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s holds the weights of %lld layers, but the network has %lld%s",
                        file->source, (long long)file->layers, (long long)layers, hint);
    }
    return SPN_OK;
}

static spn_status check_shape(spn_context *context, const char *source,
                              const spn_named_array *array, const spn_weight_entry *entry)
{
    int64_t rank = entry->is_bias ? 1 : 2;
    const int64_t *shape = array->shape;
    if (array->rank == rank && shape[0] == entry->rows &&
        (rank == 1 || shape[1] == entry->columns)) {
        return SPN_OK;
    }
    char quoted[QUOTE_SIZE], found[120], wanted[80];
    const int64_t expected[] = {entry->rows, entry->columns};
    spni_shape_text(array->rank, shape, found, sizeof found);
    spni_shape_text(rank, expected, wanted, sizeof wanted);
    bool is_transposed =
        rank == 2 && array->rank == 2 && shape[0] == entry->columns && shape[1] == entry->rows;
    return spn_fail(context, SPN_ERROR_INPUT, "%s: array '%s' is %s, the network needs %s%s",
                    source, quote(array->name, quoted), found, wanted,
                    is_transposed ? " (out x in): transpose it" : "");
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

/** Find the array of each entry: place[e]. */
static spn_status match(spn_context *context, const weight_file *file, int64_t count,
                        const spn_weight_entry *entries, int64_t *place)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_layers(context, file, count, entries));
    for (int64_t e = 0; e < count; e++) {
        place[e] = find_array(file, entries[e].layer, entries[e].is_bias);
        if (place[e] < 0) {
            char first[QUOTE_SIZE];
            spni_quote_text(file->arrays->items[0].name, file->names[0].prefix, first,
                            sizeof first);
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s lacks the array '%s%lld.%s'", file->source,
                     first, (long long)file->numbers[entries[e].layer],
                     entries[e].is_bias ? "bias" : "weight");
        }
        const spn_named_array *array = &file->arrays->items[place[e]];
        SPN_TRY(check_shape(context, file->source, array, &entries[e]));
        SPN_TRY(check_finite(context, file->source, array));
    }
    for (int64_t i = 0; i < file->arrays->count; i++) {
        bool has_place = false;
        for (int64_t e = 0; e < count; e++) {
            has_place = has_place || place[e] == i;
        }
        if (!has_place) {
            char quoted[QUOTE_SIZE];
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: array '%s' has no place in the network",
                     file->source, quote(file->arrays->items[i].name, quoted));
        }
    }
done:
    return status;
}

spn_status spn_weights_assign(spn_context *context, const spn_arrays *arrays, const char *source,
                              int64_t count, const spn_weight_entry *entries, int64_t parameters,
                              double *theta)
{
    spn_status status = SPN_OK;
    weight_file file = {.source = source, .arrays = arrays};
    int64_t *place = NULL;
    SPN_TRY(check_entries(context, count, entries, parameters));
    if (count <= 0 || arrays->count <= 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "weights: there are no entries or no arrays");
    }
    SPN_NEW(context, file.names, arrays->count);
    SPN_NEW(context, file.numbers, arrays->count);
    SPN_NEW(context, place, count);
    SPN_TRY(split_names(context, &file));
    SPN_TRY(match(context, &file, count, entries, place));
    for (int64_t e = 0; e < count; e++) {
        const spn_named_array *array = &arrays->items[place[e]];
        memcpy(theta + entries[e].offset, array->values,
               (size_t)array->count * sizeof *array->values);
    }
done:
    spn_release(context, place);
    spn_release(context, file.numbers);
    spn_release(context, file.names);
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
