/* SPDX-License-Identifier: MIT */
/* Samples of a data set out of two named arrays. */
#include "formats/arrays.h"

#include "formats/classes.h"
#include "formats/input.h"
#include "formats/npz_file.h"
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

static spn_status fail_finite(spn_context *context, const char *path, const spn_named_array *array,
                              int64_t item)
{
    char quoted[QUOTE_SIZE];
    const int64_t columns = columns_of(array);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: array '%s', row %lld, column %lld: the value is not finite", path,
                    quote(array->name, quoted), (long long)(item / columns) + 1,
                    (long long)(item % columns) + 1);
}

static spn_status copy_columns(spn_context *context, const char *path, const spn_named_array *array,
                               double *rows, int64_t stride)
{
    int64_t columns = columns_of(array);
    for (int64_t n = 0; n < array->shape[0]; n++) {
        for (int64_t c = 0; c < columns; c++) {
            double value = array->values[n * columns + c];
            if (!isfinite(value)) {
                return fail_finite(context, path, array, n * columns + c);
            }
            rows[n * stride + c] = value;
        }
    }
    return SPN_OK;
}

/* What becomes samples: inputs and targets, both arrays of numbers. */
typedef struct pair {
    const char *path;
    spni_npz_file *file; /* NULL: all arrays are here */
    const spn_named_array *inputs, *targets;
} pair;

/* Inputs that stay where they are. */
static spn_status check_inputs(spn_context *context, const pair *p)
{
    const int64_t item = spni_npz_not_finite(p->file, p->inputs);
    return item < 0 ? SPN_OK : fail_finite(context, p->path, p->inputs, item);
}

static spn_status join(spn_context *context, const pair *p, spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_samples *samples = NULL;
    double *rows = NULL;
    char x[QUOTE_SIZE], y[QUOTE_SIZE];
    const bool are_here = p->inputs->values != NULL;
    const int64_t inputs = are_here ? columns_of(p->inputs) : 0;
    const int64_t stride = inputs + columns_of(p->targets);
    if (p->inputs->shape[0] != p->targets->shape[0]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: array '%s' has %lld rows, but '%s' has %lld",
                 p->path, quote(p->inputs->name, x), (long long)p->inputs->shape[0],
                 quote(p->targets->name, y), (long long)p->targets->shape[0]);
    }
    if (p->inputs->count == 0 || p->targets->count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: array '%s' is empty", p->path,
                 quote(p->inputs->count == 0 ? p->inputs->name : p->targets->name, x));
    }
    SPN_NEW(context, rows, p->inputs->shape[0] * stride);
    SPN_TRY(are_here ? copy_columns(context, p->path, p->inputs, rows, stride)
                     : check_inputs(context, p));
    SPN_TRY(copy_columns(context, p->path, p->targets, rows + inputs, stride));
    SPN_NEW(context, samples, 1);
    *samples = (spn_samples){.samples = p->inputs->shape[0],
                             .inputs = columns_of(p->inputs),
                             .outputs = columns_of(p->targets),
                             .rows = rows};
    *out = samples;
    rows = NULL;
done:
    spn_release(context, rows);
    return status;
}

/* An array of labels, of words or of numbers. */
typedef struct label_array {
    const char *name;
    int64_t rank, count;
    const int64_t *shape;
    const char *const *words; /* NULL: numbers */
    const double *numbers;
} label_array;

static spn_status find_labels(spn_context *context, const char *path, const spn_arrays *arrays,
                              spni_npz_file *file, const char *key, label_array *out)
{
    spn_status status = SPN_OK;
    const spn_named_array *numbers = spn_arrays_find(arrays, key);
    const spn_other_array *words = spn_arrays_find_other(arrays, key);
    char quoted[QUOTE_SIZE], shape[120];
    if (numbers != NULL) {
        SPN_TRY(file != NULL ? spni_npz_hold(context, file, numbers) : SPN_OK);
        *out = (label_array){numbers->name,  numbers->rank, numbers->count,
                             numbers->shape, NULL,          numbers->values};
    } else if (words != NULL && words->texts != NULL) {
        *out =
            (label_array){words->name, words->rank, words->count, words->shape, words->texts, NULL};
    } else {
        return fail_missing(context, path, arrays, key);
    }
    if (out->rank == 1 || (out->rank == 2 && out->shape[1] == 1)) {
        return SPN_OK;
    }
    spni_shape_text(out->rank, out->shape, shape, sizeof shape);
    SPN_FAIL(context, SPN_ERROR_INPUT,
             "%s: array '%s' is %s; data.classes needs one label for each sample, and one-hot "
             "targets are data.target_key",
             path, quote(key, quoted), shape);
done:
    return status;
}

/* The numbers of the classes as an array; *codes is the caller's to release. */
static spn_status number_labels(spn_context *context, const pair *p, const spn_arrays *arrays,
                                const spn_npz_choice *choice, double **codes, spn_named_array *out,
                                spn_classes **classes)
{
    spn_status status = SPN_OK;
    spni_label *labels = NULL;
    label_array found = {0};
    char where[512], quoted[QUOTE_SIZE];
    SPN_TRY(find_labels(context, p->path, arrays, p->file, choice->classes, &found));
    snprintf(where, sizeof where, "%.300s: array '%s'", p->path, quote(choice->classes, quoted));
    SPN_NEW(context, labels, found.count);
    SPN_NEW(context, *codes, found.count);
    for (int64_t n = 0; n < found.count; n++) {
        labels[n].word = found.words != NULL ? found.words[n] : NULL;
        labels[n].number = found.words != NULL ? 0 : found.numbers[n];
        if (found.words == NULL && !isfinite(found.numbers[n])) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s, row %lld: the value is not finite", where,
                     (long long)n + 1);
        }
    }
    SPN_TRY(spni_classes_number(context, where, spni_classes_or_targets, found.count, labels,
                                choice->known, *codes, classes));
    *out = (spn_named_array){found.name, 1, found.shape, found.count, *codes};
done:
    spn_release(context, labels);
    return status;
}

/* What is needed of a file here: targets, and inputs whose rows do not follow each other. */
static spn_status hold(spn_context *context, const pair *p)
{
    spn_status status = SPN_OK;
    if (p->file == NULL) {
        return SPN_OK;
    }
    SPN_TRY(p->targets->values == NULL ? spni_npz_hold(context, p->file, p->targets) : SPN_OK);
    SPN_TRY(!spni_npz_has_rows(p->file, p->inputs) ? spni_npz_hold(context, p->file, p->inputs)
                                                   : SPN_OK);
done:
    return status;
}

spn_status spn_npz_samples(spn_context *context, const char *path, const spn_npz_choice *choice,
                           spn_samples **out, spn_classes **classes)
{
    spn_status status = SPN_OK;
    spn_arrays *all = NULL;
    spn_named_array labels;
    pair found = {.path = path};
    double *codes = NULL;
    *out = NULL;
    *classes = NULL;
    SPN_TRY(choice->stay ? spni_npz_open(context, path, &found.file) : SPN_OK);
    SPN_TRY(found.file == NULL ? spn_arrays_read(context, path, &all) : SPN_OK);
    const spn_arrays *arrays = found.file != NULL ? spni_npz_arrays(found.file) : all;
    SPN_TRY(find(context, path, arrays, choice->inputs, &found.inputs));
    if (choice->classes != NULL) {
        status = number_labels(context, &found, arrays, choice, &codes, &labels, classes);
        if (choice->is_of_classes != NULL) {
            *choice->is_of_classes = status != SPN_OK;
        }
        if (status != SPN_OK) {
            goto done;
        }
        found.targets = &labels;
    } else {
        SPN_TRY(find(context, path, arrays, choice->targets, &found.targets));
    }
    if (strcmp(found.inputs->name, found.targets->name) == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: inputs and targets are the same array '%s'", path,
                 found.inputs->name);
    }
    SPN_TRY(hold(context, &found));
    SPN_TRY(join(context, &found, out));
    if (choice->stay) {
        (*out)->here = found.file == NULL             ? "their file is no NPZ archive"
                       : found.inputs->values != NULL ? "their array is in Fortran order"
                                                      : NULL;
    }
    if (found.inputs->values == NULL) {
        status = spni_npz_rows(context, found.file, found.inputs, &(*out)->file);
        found.file = NULL;
    }
done:
    if (status != SPN_OK) {
        spn_samples_free(context, *out);
        *out = NULL;
        spn_classes_free(context, *classes);
        *classes = NULL;
    }
    spn_release(context, codes);
    spn_arrays_free(context, all);
    spni_npz_close(context, found.file);
    return status;
}
