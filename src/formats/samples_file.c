/* SPDX-License-Identifier: MIT */
/* Samples of tables and arrays, here or where they stay. */
#include "formats/samples_file.h"

#include <math.h>
#include <string.h>

spn_status spni_sample_file_create(spn_context *context, const spn_sample_file *of,
                                   spn_sample_file **out)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, *out, 1);
    **out = *of;
done:
    if (status != SPN_OK) {
        of->free(context, of->state);
    }
    return status;
}

void spni_sample_file_free(spn_context *context, spn_sample_file *file)
{
    if (file != NULL) {
        file->free(context, file->state);
        spn_release(context, file->fill);
        spn_release(context, file);
    }
}

void spn_samples_free(spn_context *context, spn_samples *samples)
{
    if (samples == NULL) {
        return;
    }
    for (int64_t i = 0; samples->input_names != NULL && i < samples->inputs; i++) {
        spn_release(context, (void *)(uintptr_t)samples->input_names[i]);
    }
    for (int64_t k = 0; samples->output_names != NULL && k < samples->outputs; k++) {
        spn_release(context, (void *)(uintptr_t)samples->output_names[k]);
    }
    for (int64_t i = 0; samples->input_words != NULL && i < samples->inputs; i++) {
        spn_release(context, (void *)(uintptr_t)samples->input_words[i]);
    }
    spn_release(context, (void *)(uintptr_t)samples->input_words);
    spn_release(context, (void *)(uintptr_t)samples->input_names);
    spn_release(context, (void *)(uintptr_t)samples->output_names);
    spn_release(context, (void *)(uintptr_t)samples->rows);
    spni_sample_file_free(context, samples->file);
    spn_release(context, samples);
}

uint32_t spn_samples_key(const spn_samples *samples)
{
    return samples->file != NULL ? samples->file->key : 0;
}

/* ---- Some of them ------------------------------------------------------------------------------ */

static void copy_part(const spn_samples *samples, const spn_sample_part *part, double *to)
{
    for (int64_t n = 0; n < part->count; n++) {
        const double *row = samples->rows + part->picked[n] * (samples->inputs + samples->outputs);
        memcpy(to + n * part->columns, row + part->column, (size_t)part->columns * sizeof *to);
    }
}

static void fill_part(const spn_sample_part *part, const double *fill, double *rows)
{
    for (int64_t n = 0; n < part->count; n++) {
        for (int64_t i = 0; i < part->columns; i++) {
            double *cell = &rows[n * part->columns + i];
            *cell = isnan(*cell) ? fill[part->column + i] : *cell;
        }
    }
}

/* A block, row by row. */
static spn_status read_block(spn_context *context, const spn_samples *samples,
                             const spn_sample_part *part, double *rows)
{
    spn_status status = SPN_OK;
    spn_sample_file *file = samples->file;
    SPN_TRY(spn_poll(context));
    if (file == NULL) {
        copy_part(samples, part, rows);
        return SPN_OK;
    }
    SPN_TRY(file->read(context, file->state, part, rows));
    if (file->fill != NULL) {
        fill_part(part, file->fill, rows);
    }
done:
    return status;
}

spn_status spn_samples_take(spn_context *context, const spn_samples *samples,
                            const spn_sample_part *part, double *x)
{
    spn_status status = SPN_OK;
    double *rows = NULL;
    SPN_NEW(context, rows, SPNI_SAMPLES_BLOCK * part->columns);
    for (int64_t n = 0; part->columns > 0 && n < part->count; n += SPNI_SAMPLES_BLOCK) {
        spn_sample_part block = *part;
        block.picked += n;
        block.count = part->count - n < SPNI_SAMPLES_BLOCK ? part->count - n : SPNI_SAMPLES_BLOCK;
        SPN_TRY(read_block(context, samples, &block, rows));
        for (int64_t i = 0; i < part->columns; i++) {
            for (int64_t k = 0; k < block.count; k++) {
                x[i * part->stride + n + k] = rows[k * part->columns + i];
            }
        }
    }
done:
    spn_release(context, rows);
    return status;
}

/* ---- What is missing --------------------------------------------------------------------------- */

static spn_status fail_fill(spn_context *context, const spn_samples *samples, int64_t i)
{
    const char *const *names = samples->input_names;
    return spn_fail(context, SPN_ERROR_INPUT,
                    "input %lld%s%.60s%s has no number to fill its missing cells with; leave "
                    "the column out",
                    (long long)i + 1, names != NULL ? " (" : "", names != NULL ? names[i] : "",
                    names != NULL ? ")" : "");
}

/* Sums of the inputs' numbers, one row after the other, and how many there are. */
static spn_status add_rows(spn_context *context, const spn_samples *samples,
                           const bool *is_left_out, double *sums, int64_t *counts)
{
    spn_status status = SPN_OK;
    double *rows = NULL;
    int64_t picked[SPNI_SAMPLES_BLOCK];
    const int64_t inputs = samples->inputs;
    SPN_NEW(context, rows, SPNI_SAMPLES_BLOCK * inputs);
    for (int64_t n = 0; n < samples->samples; n += SPNI_SAMPLES_BLOCK) {
        spn_sample_part block = {.picked = picked, .columns = inputs};
        for (; block.count < SPNI_SAMPLES_BLOCK && n + block.count < samples->samples;
             block.count++) {
            picked[block.count] = n + block.count;
        }
        SPN_TRY(read_block(context, samples, &block, rows));
        for (int64_t k = 0; k < block.count * inputs; k++) {
            const bool is_counted =
                !isnan(rows[k]) && (is_left_out == NULL || !is_left_out[n + k / inputs]);
            sums[k % inputs] += is_counted ? rows[k] : 0;
            counts[k % inputs] += is_counted;
        }
    }
done:
    spn_release(context, rows);
    return status;
}

static spn_status fill_file(spn_context *context, spn_samples *samples, const bool *is_left_out)
{
    spn_status status = SPN_OK;
    double *sums = NULL;
    int64_t *counts = NULL;
    SPN_NEW(context, sums, samples->inputs);
    SPN_NEW(context, counts, samples->inputs);
    SPN_TRY(add_rows(context, samples, is_left_out, sums, counts));
    for (int64_t i = 0; i < samples->inputs; i++) {
        SPN_TRY(counts[i] > 0 ? SPN_OK : fail_fill(context, samples, i));
        sums[i] /= (double)counts[i];
    }
    samples->file->fill = sums;
    sums = NULL;
done:
    spn_release(context, sums);
    spn_release(context, counts);
    return status;
}

spn_status spn_samples_fill_like(spn_context *context, spn_samples *samples,
                                 const spn_samples *others)
{
    spn_status status = SPN_OK;
    const double *fill = others->file->fill;
    const int64_t inputs = samples->inputs, width = inputs + samples->outputs;
    double *rows = (double *)(uintptr_t)samples->rows;
    if (samples->file != NULL) {
        SPN_NEW(context, samples->file->fill, inputs);
        memcpy(samples->file->fill, fill, (size_t)inputs * sizeof *fill);
        return SPN_OK;
    }
    for (int64_t n = 0; samples->cells_missing > 0 && n < samples->samples; n++) {
        for (int64_t i = 0; i < inputs; i++) {
            double *cell = &rows[n * width + i];
            *cell = isnan(*cell) ? fill[i] : *cell;
        }
    }
done:
    return status;
}

spn_status spn_samples_fill(spn_context *context, spn_samples *samples, const bool *is_left_out)
{
    const int64_t width = samples->inputs + samples->outputs;
    double *rows = (double *)(uintptr_t)samples->rows;
    if (samples->file != NULL) {
        return fill_file(context, samples, is_left_out);
    }
    for (int64_t i = 0; samples->cells_missing > 0 && i < width; i++) {
        double sum = 0;
        int64_t count = 0, gaps = 0;
        for (int64_t r = 0; r < samples->samples; r++) {
            const bool is_gap = isnan(rows[r * width + i]);
            const bool is_counted = !is_gap && (is_left_out == NULL || !is_left_out[r]);
            gaps += is_gap;
            sum += is_counted ? rows[r * width + i] : 0;
            count += is_counted;
        }
        if (gaps > 0 && count == 0) {
            return fail_fill(context, samples, i);
        }
        for (int64_t r = 0; gaps > 0 && r < samples->samples; r++) {
            rows[r * width + i] =
                isnan(rows[r * width + i]) ? sum / (double)count : rows[r * width + i];
        }
    }
    return SPN_OK;
}
