/* SPDX-License-Identifier: MIT */
/* Samples of tables and arrays that ranks share: they stay in their files, and each rank reads what it is to have. */
#include "study/experiment.h"
#include "study/samples.h"

#include <string.h>
#include <zlib.h>

/* Which samples of a file a data set has. */
typedef struct choice {
    spni_file_samples *from;
    int64_t *picked;
    int64_t count;
    const char *key; /* that names the file: it may be read much later */
} choice;

/* What a data set reads its inputs from. */
typedef struct reader {
    const spn_samples *samples;
    spni_file_samples own; /* the same where they are its own */
    int64_t *picked;
    const char *key;
} reader;

static spn_status read_inputs(spn_context *context, void *state, const spn_input_part *part,
                              double *x)
{
    const reader *from = state;
    const spn_sample_part wanted = {part->count, from->picked + part->first, part->column,
                                    part->columns, part->stride};
    return spni_blame_file(context, from->key,
                           spn_samples_take(context, from->samples, &wanted, x));
}

static void close_reader(spn_context *context, void *state)
{
    reader *from = state;
    spni_file_samples_free(context, &from->own);
    spn_release(context, from->picked);
    spn_release(context, from);
}

/* All that the samples depend on; targets: of those that are picked. */
static uint32_t key_of(const choice *c, const double *targets)
{
    const spn_samples *samples = c->from->samples;
    uLong key = spn_samples_key(samples);
    key = crc32_z(key, (const unsigned char *)c->picked, (size_t)c->count * sizeof *c->picked);
    return (uint32_t)crc32_z(key, (const unsigned char *)targets,
                             (size_t)(c->count * samples->outputs) * sizeof *targets);
}

/* Its samples; those of the file go with it, if they are `owned`, but for targets, of which there is a copy. Takes what is picked. */
static spn_status open_reader(spn_context *context, choice *c, const double *targets, bool is_owned,
                              bool is_for_all, spn_input_source *source)
{
    spn_status status = SPN_OK;
    reader *from = NULL;
    SPN_NEW(context, from, 1);
    *source = (spn_input_source){.state = from,
                                 .read = read_inputs,
                                 .free = close_reader,
                                 .key = key_of(c, targets),
                                 .is_for_all = is_for_all};
    from->samples = c->from->samples;
    from->picked = c->picked;
    from->key = c->key;
    c->picked = NULL;
    if (is_owned && from->samples->file != NULL) {
        spn_release(context, (void *)(uintptr_t)c->from->samples->rows);
        c->from->samples->rows = NULL;
    }
    if (is_owned) {
        from->own = *c->from;
        *c->from = (spni_file_samples){0};
    }
done:
    return status;
}

static spn_status copy_targets(spn_context *context, const choice *c, double **out)
{
    spn_status status = SPN_OK;
    const spn_samples *samples = c->from->samples;
    const int64_t targets = samples->outputs;
    const int64_t inputs = samples->file != NULL ? 0 : samples->inputs; /* of a row */
    SPN_NEW(context, *out, c->count * targets);
    for (int64_t n = 0; n < c->count; n++) {
        memcpy(*out + n * targets, samples->rows + c->picked[n] * (inputs + targets) + inputs,
               (size_t)targets * sizeof **out);
    }
done:
    return status;
}

static spn_status make(spn_context *context, choice *c, const spn_classes *classes, bool is_owned,
                       bool is_for_all, spn_dataset **out)
{
    spn_status status = SPN_OK;
    const spn_samples *samples = c->from->samples;
    const int64_t count = c->count, outputs = samples->outputs;
    double *targets = NULL, *y = NULL;
    spn_input_source source;
    SPN_TRY(copy_targets(context, c, &targets));
    SPN_TRY(open_reader(context, c, targets, is_owned, is_for_all, &source));
    SPN_TRY(spn_dataset_read(context, count, samples->inputs, outputs, samples->input_names,
                             samples->output_names, &source, out, &y));
    for (int64_t n = 0; n < count; n++) {
        for (int64_t k = 0; k < outputs; k++) {
            y[k * (*out)->stride + n] = targets[n * outputs + k];
        }
    }
    SPN_TRY(classes != NULL
                ? spn_dataset_name_classes(context, *out, classes->count, classes->names)
                : SPN_OK);
done:
    spn_release(context, targets);
    return status;
}

/* Those that are held out, or the others. */
static spn_status pick(spn_context *context, spni_file_samples *from, const char *key,
                       const bool *is_test, bool wanted, choice *out)
{
    spn_status status = SPN_OK;
    const int64_t samples = from->samples->samples;
    *out = (choice){.from = from, .key = key};
    SPN_NEW(context, out->picked, samples);
    for (int64_t n = 0; n < samples; n++) {
        if ((is_test != NULL && is_test[n]) == wanted) {
            out->picked[out->count++] = n;
        }
    }
done:
    return status;
}

spn_status spni_samples_share(spn_context *context, const spn_data_settings *data,
                              spni_file_samples *training, spni_file_samples *test,
                              const spn_classes *classes, spni_sample_parts *out, const char **key)
{
    spn_status status = SPN_OK;
    bool *is_test = NULL;
    int64_t count = 0;
    choice first = {0}, second = {0};
    if (test->samples != NULL) {
        *key = data->test_path != NULL ? "test_path" : "test_input_key";
        SPN_TRY(pick(context, test, data->test_path != NULL ? "data.test_path" : "data.path", NULL,
                     false, &second));
        SPN_TRY(make(context, &second, classes, true, true, &out->second));
    } else if (data->test_share > 0) {
        SPN_NEW(context, is_test, training->samples->samples);
        *key = NULL;
        SPN_TRY(spn_dataset_choose_test(context, training->samples->samples, data->test_share,
                                        (uint64_t)data->seed, is_test, &count));
        *key = "path";
        SPN_TRY(pick(context, training, "data.path", is_test, true, &second));
        SPN_TRY(make(context, &second, classes, false, true, &out->second));
    }
    *key = "path";
    SPN_TRY(pick(context, training, "data.path", is_test, false, &first));
    SPN_TRY(make(context, &first, classes, true, false, &out->first));
done:
    if (status != SPN_OK) {
        spn_dataset_free(context, out->first);
        spn_dataset_free(context, out->second);
        out->first = out->second = NULL;
    }
    spn_release(context, first.picked);
    spn_release(context, second.picked);
    spn_release(context, is_test);
    return status;
}
