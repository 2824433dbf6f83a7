/* SPDX-License-Identifier: MIT */
/* Samples of a data set out of two named arrays. */
#include "formats/arrays.h"

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

static spn_status fail_unknown(spn_context *context, const char *path, const spn_arrays *arrays,
                               const char *key)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    char quoted[QUOTE_SIZE], near_quoted[QUOTE_SIZE], hint[QUOTE_SIZE + 32] = "", list[400] = "";
    size_t used = 0;
    SPN_NEW(context, names, arrays->count);
    for (int64_t i = 0; i < arrays->count; i++) {
        char name[QUOTE_SIZE];
        names[i] = arrays->items[i].name;
        if (used < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                                     quote(names[i], name));
        }
    }
    const char *near = spn_nearest_name(key, names, arrays->count);
    if (near != NULL) {
        snprintf(hint, sizeof hint, " did you mean '%s'?", quote(near, near_quoted));
    }
    SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds no array '%s';%s its arrays are: %s%s", path,
             quote(key, quoted), hint, list, used < sizeof list ? "" : "...");
done:
    spn_release(context, names);
    return status;
}

/* The key names something that holds no numbers, or nothing at all. */
static spn_status fail_missing(spn_context *context, const char *path, const spn_arrays *arrays,
                               const char *key)
{
    char quoted[QUOTE_SIZE];
    const spn_other_array *other = spn_arrays_find_other(arrays, key);
    if (other == NULL) {
        return fail_unknown(context, path, arrays, key);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s: array '%s' %s", path, quote(key, quoted),
                    other->why != NULL ? other->why
                                       : "holds strings, not numbers; words that are classes are "
                                         "named by data.classes");
}

static spn_status find(spn_context *context, const char *path, const spn_arrays *arrays,
                       const char *key, const spn_named_array **out)
{
    const spn_named_array *array = spn_arrays_find(arrays, key);
    if (array == NULL) {
        return fail_missing(context, path, arrays, key);
    }
    if (array->rank < 1 || array->rank > 2) {
        char quoted[QUOTE_SIZE], shape[120];
        spni_shape_text(array->rank, array->shape, shape, sizeof shape);
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: array '%s' is %s; samples need N or N x columns", path,
                        quote(key, quoted), shape);
    }
    *out = array;
    return SPN_OK;
}

static int64_t columns_of(const spn_named_array *array)
{
    return array->rank == 1 ? 1 : array->shape[1];
}

static spn_status copy_columns(spn_context *context, const char *path, const spn_named_array *array,
                               double *rows, int64_t stride)
{
    int64_t columns = columns_of(array);
    for (int64_t n = 0; n < array->shape[0]; n++) {
        for (int64_t c = 0; c < columns; c++) {
            double value = array->values[n * columns + c];
            if (!isfinite(value)) {
                char quoted[QUOTE_SIZE];
                return spn_fail(context, SPN_ERROR_INPUT,
                                "%s: array '%s', row %lld, column %lld: the value is not finite",
                                path, quote(array->name, quoted), (long long)n + 1,
                                (long long)c + 1);
            }
            rows[n * stride + c] = value;
        }
    }
    return SPN_OK;
}

static spn_status join(spn_context *context, const char *path, const spn_named_array *inputs,
                       const spn_named_array *targets, spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_samples *samples = NULL;
    double *rows = NULL;
    char x[QUOTE_SIZE], y[QUOTE_SIZE];
    int64_t stride = columns_of(inputs) + columns_of(targets);
    if (inputs->shape[0] != targets->shape[0]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: array '%s' has %lld rows, but '%s' has %lld", path,
                 quote(inputs->name, x), (long long)inputs->shape[0], quote(targets->name, y),
                 (long long)targets->shape[0]);
    }
    if (inputs->count == 0 || targets->count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: array '%s' is empty", path,
                 quote(inputs->count == 0 ? inputs->name : targets->name, x));
    }
    SPN_NEW(context, rows, inputs->count + targets->count);
    SPN_TRY(copy_columns(context, path, inputs, rows, stride));
    SPN_TRY(copy_columns(context, path, targets, rows + columns_of(inputs), stride));
    SPN_NEW(context, samples, 1);
    *samples = (spn_samples){.samples = inputs->shape[0],
                             .inputs = columns_of(inputs),
                             .outputs = columns_of(targets),
                             .rows = rows};
    *out = samples;
    rows = NULL;
done:
    spn_release(context, rows);
    return status;
}

spn_status spn_npz_samples(spn_context *context, const char *path, const char *input_key,
                           const char *target_key, spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_arrays *arrays = NULL;
    const spn_named_array *inputs = NULL, *targets = NULL;
    *out = NULL;
    SPN_TRY(spn_arrays_read(context, path, &arrays));
    SPN_TRY(find(context, path, arrays, input_key, &inputs));
    SPN_TRY(find(context, path, arrays, target_key, &targets));
    if (inputs == targets) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: inputs and targets are the same array '%s'", path,
                 inputs->name);
    }
    SPN_TRY(join(context, path, inputs, targets, out));
done:
    spn_arrays_free(context, arrays);
    return status;
}
