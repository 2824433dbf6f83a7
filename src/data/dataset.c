/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <math.h>
#include <string.h>

void spni_dataset_free(spn_context *context, spni_dataset *dataset)
{
    if (dataset == NULL) {
        return;
    }
    spn_release(context, dataset->x);
    spn_release(context, dataset->names);
    spn_release(context, dataset->contents);
    spn_release(context, dataset->classes);
    spn_release(context, dataset->class_contents);
    spni_spread_free(context, dataset->view.spread);
    spn_release(context, dataset);
}

void spn_dataset_free(spn_context *context, spn_dataset *dataset)
{
    /* The view is the first member of what was allocated. */
    spni_dataset_free(context, (spni_dataset *)dataset);
}

spn_dataset *spni_dataset_release(spni_dataset *dataset)
{
    return dataset != NULL ? &dataset->view : NULL;
}

static int64_t total_length(int64_t count, const char *const *names)
{
    int64_t length = 0;
    for (int64_t i = 0; names != NULL && i < count; i++) {
        length += (int64_t)strlen(names[i]) + 1;
    }
    return length;
}

static char *copy_list(int64_t count, const char *const *names, char **list, char *contents)
{
    for (int64_t i = 0; names != NULL && i < count; i++) {
        size_t size = strlen(names[i]) + 1;
        memcpy(contents, names[i], size);
        list[i] = contents;
        contents += size;
    }
    return contents;
}

static spn_status copy_names(spn_context *context, spni_dataset *dataset,
                             const char *const *input_names, const char *const *output_names)
{
    spn_status status = SPN_OK;
    int64_t inputs = dataset->view.inputs, outputs = dataset->view.outputs;
    if (input_names == NULL && output_names == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, dataset->names, inputs + outputs);
    SPN_NEW(context, dataset->contents,
            total_length(inputs, input_names) + total_length(outputs, output_names));
    char *next = copy_list(inputs, input_names, dataset->names, dataset->contents);
    copy_list(outputs, output_names, dataset->names + inputs, next);
    if (input_names != NULL) {
        dataset->view.input_names = (const char *const *)dataset->names;
    }
    if (output_names != NULL) {
        dataset->view.output_names = (const char *const *)(dataset->names + inputs);
    }
done:
    return status;
}

spn_status spn_dataset_name_classes(spn_context *context, spn_dataset *dataset, int64_t count,
                                    const char *const *names)
{
    spn_status status = SPN_OK;
    spni_dataset *own = (spni_dataset *)dataset;
    char **list = NULL, *contents = NULL;
    if (count == 0) {
        return SPN_OK;
    }
    SPN_NEW(context, list, count);
    SPN_NEW(context, contents, total_length(count, names));
    copy_list(count, names, list, contents);
    spn_release(context, own->classes);
    spn_release(context, own->class_contents);
    own->classes = list;
    own->class_contents = contents;
    own->view.class_count = count;
    own->view.class_names = (const char *const *)list;
    list = NULL;
    contents = NULL;
done:
    spn_release(context, list);
    spn_release(context, contents);
    return status;
}

/* Centring and standardizing keep the sign of a target that is 0 or 1. */
int64_t spn_dataset_class_samples(const spn_dataset *dataset, int64_t class_index)
{
    const int64_t row = dataset->outputs > 1 ? class_index : 0;
    const bool is_first_of_two = dataset->outputs == 1 && class_index == 0;
    int64_t count = 0;
    for (int64_t n = 0; n < dataset->samples; n++) {
        count += (dataset->y[row * dataset->stride + n] > 0) != is_first_of_two ? 1 : 0;
    }
    return count;
}

static spn_status check_sizes(spn_context *context, int64_t samples, int64_t inputs,
                              int64_t outputs)
{
    if (samples < 1 || inputs < 1 || outputs < 1) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "a data set needs at least one sample, one input and one target; this one "
                        "has %lld, %lld and %lld",
                        (long long)samples, (long long)inputs, (long long)outputs);
    }
    return SPN_OK;
}

spn_status spni_dataset_create_form(spn_context *context, bool is_spread, int64_t samples,
                                    int64_t inputs, int64_t outputs, const char *const *input_names,
                                    const char *const *output_names, spni_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    int64_t rows = 0, stride = 0, size = 0;
    *out = NULL;
    SPN_TRY(check_sizes(context, samples, inputs, outputs));
    if (!spn_size_add(inputs, outputs, &rows) || !spn_size_add(samples, 7, &stride) ||
        !spn_size_multiply(rows, stride - stride % 8, &size)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "a data set of %lld samples and %lld + %lld columns is "
                 "too large",
                 (long long)samples, (long long)inputs, (long long)outputs);
    }
    stride -= stride % 8;
    SPN_NEW(context, dataset, 1);
    SPN_NEW(context, dataset->x, is_spread ? outputs * stride : size);
    dataset->y = dataset->x + (is_spread ? 0 : inputs * stride);
    dataset->view = (spn_dataset){.samples = samples,
                                  .inputs = inputs,
                                  .outputs = outputs,
                                  .stride = stride,
                                  .x = is_spread ? NULL : dataset->x,
                                  .y = dataset->y};
    SPN_TRY(copy_names(context, dataset, input_names, output_names));
    *out = dataset;
    dataset = NULL;
done:
    spni_dataset_free(context, dataset);
    return status;
}

spn_status spni_dataset_create(spn_context *context, int64_t samples, int64_t inputs,
                               int64_t outputs, const char *const *input_names,
                               const char *const *output_names, spni_dataset **out)
{
    return spni_dataset_create_form(context, false, samples, inputs, outputs, input_names,
                                    output_names, out);
}

spn_status spn_dataset_create(spn_context *context, int64_t samples, int64_t inputs,
                              int64_t outputs, const char *const *input_names,
                              const char *const *output_names, spn_dataset **out, double **x,
                              double **y)
{
    spni_dataset *dataset = NULL;
    *out = NULL;
    *x = *y = NULL;
    spn_status status =
        spni_dataset_create(context, samples, inputs, outputs, input_names, output_names, &dataset);
    if (status == SPN_OK) {
        *x = dataset->x;
        *y = dataset->y;
        *out = spni_dataset_release(dataset);
    }
    return status;
}

spn_status spni_dataset_copy(spn_context *context, const spn_dataset *in, spni_dataset **out)
{
    spn_status status = SPN_OK;
    const bool is_spread = in->spread != NULL;
    SPN_TRY(spni_dataset_create_form(context, is_spread, in->samples, in->inputs, in->outputs,
                                     in->input_names, in->output_names, out));
    SPN_TRY(is_spread ? spni_spread_copy(context, in, &(*out)->view.spread) : SPN_OK);
    SPN_TRY(spn_dataset_name_classes(context, &(*out)->view, in->class_count, in->class_names));
    size_t size = (size_t)in->samples * sizeof(double);
    for (int64_t i = 0; !is_spread && i < in->inputs; i++) {
        memcpy((*out)->x + i * (*out)->view.stride, in->x + i * in->stride, size);
    }
    for (int64_t i = 0; i < in->outputs; i++) {
        memcpy((*out)->y + i * (*out)->view.stride, in->y + i * in->stride, size);
    }
done:
    return status;
}

static spn_status fail_finite(spn_context *context, int64_t row, bool is_input, int64_t column,
                              const char *const *names, double value)
{
    return spn_fail(context, SPN_ERROR_INPUT, "row %lld, %s %lld%s%s%s: %s is not a finite number",
                    (long long)row + 1, is_input ? "input" : "target", (long long)column + 1,
                    names != NULL ? " (" : "", names != NULL ? names[column] : "",
                    names != NULL ? ")" : "",
                    isnan(value) ? "NaN"
                    : value > 0  ? "inf"
                                 : "-inf");
}

static spn_status check_finite(spn_context *context, int64_t samples, int64_t inputs,
                               int64_t columns, const double *rows, const char *const *input_names,
                               const char *const *output_names)
{
    spn_status status = SPN_OK;
    for (int64_t n = 0; n < samples; n++) {
        SPN_TRY(n % SPNI_POLL_SAMPLES == 0 ? spn_poll(context) : SPN_OK);
        for (int64_t c = 0; c < columns; c++) {
            const bool is_input = c < inputs;
            if (!isfinite(rows[n * columns + c])) {
                return fail_finite(context, n, is_input, is_input ? c : c - inputs,
                                   is_input ? input_names : output_names, rows[n * columns + c]);
            }
        }
    }
done:
    return status;
}

spn_status spn_dataset_from_rows(spn_context *context, int64_t samples, int64_t inputs,
                                 int64_t outputs, const double *rows,
                                 const char *const *input_names, const char *const *output_names,
                                 spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    *out = NULL;
    SPN_TRY(spni_dataset_create(context, samples, inputs, outputs, input_names, output_names,
                                &dataset));
    int64_t columns = inputs + outputs, stride = dataset->view.stride;
    SPN_TRY(check_finite(context, samples, inputs, columns, rows, input_names, output_names));
    for (int64_t n = 0; n < samples; n++) {
        SPN_TRY(n % SPNI_POLL_SAMPLES == 0 ? spn_poll(context) : SPN_OK);
        for (int64_t c = 0; c < columns; c++) {
            dataset->x[c * stride + n] = rows[n * columns + c];
        }
    }
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spni_dataset_free(context, dataset);
    return status;
}

/* ---- Numbers that stay where they are ------------------------------------------------------------ */

/* The columns of x, or those of y. */
static spn_status check_columns(spn_context *context, const spn_dataset *of, bool is_input)
{
    const int64_t count = is_input ? of->inputs : of->outputs;
    const char *const *names = is_input ? of->input_names : of->output_names;
    for (int64_t c = 0; c < count; c++) {
        const double *column = (is_input ? of->x : of->y) + c * of->stride;
        for (int64_t n = 0; n < of->stride; n++) {
            if (n < of->samples && !isfinite(column[n])) {
                return fail_finite(context, n, is_input, c, names, column[n]);
            }
            if (n >= of->samples && column[n] != 0) {
                return spn_fail(context, SPN_ERROR_ARGUMENT,
                                "%s %lld: what is behind its %lld samples must be 0",
                                is_input ? "input" : "target", (long long)c + 1,
                                (long long)of->samples);
            }
        }
    }
    return SPN_OK;
}

spn_status spn_dataset_view(spn_context *context, const spn_dataset *of, spn_dataset **out)
{
    spn_status status = SPN_OK;
    spni_dataset *dataset = NULL;
    *out = NULL;
    SPN_TRY(check_sizes(context, of->samples, of->inputs, of->outputs));
    if (of->stride < of->samples || of->stride % 8 != 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "columns of %lld samples %lld apart: they must be a multiple of 8 apart, and not "
                 "overlap",
                 (long long)of->samples, (long long)of->stride);
    }
    SPN_TRY(check_columns(context, of, true));
    SPN_TRY(check_columns(context, of, false));
    SPN_NEW(context, dataset, 1);
    dataset->view = (spn_dataset){.samples = of->samples,
                                  .inputs = of->inputs,
                                  .outputs = of->outputs,
                                  .stride = of->stride,
                                  .x = of->x,
                                  .y = of->y};
    SPN_TRY(copy_names(context, dataset, of->input_names, of->output_names));
    SPN_TRY(spn_dataset_name_classes(context, &dataset->view, of->class_count, of->class_names));
    *out = spni_dataset_release(dataset);
    dataset = NULL;
done:
    spni_dataset_free(context, dataset);
    return status;
}

spn_status spni_dataset_own(spn_context *context, spn_dataset **dataset)
{
    spni_dataset *copy = NULL;
    if (((const spni_dataset *)*dataset)->x != NULL) {
        return SPN_OK;
    }
    spn_status status = spni_dataset_copy(context, *dataset, &copy);
    if (status == SPN_OK) {
        spn_dataset_free(context, *dataset);
        *dataset = spni_dataset_release(copy);
    }
    return status;
}
