/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/formats.h>
#include <spinodal/store.h>
#include <stdio.h>
#include <string.h>

/* Names of the columns, inputs first: the data's own, or x1, x2, ..., y1, ...; then that of the set. */
static spn_status name_columns(spn_context *context, spn_arena *arena, const spn_dataset *data,
                               const char *const **out)
{
    spn_status status = SPN_OK;
    int64_t columns = data->inputs + data->outputs;
    const char **names = NULL;
    SPN_TAKE(context, arena, names, columns + 1);
    for (int64_t c = 0; c < columns; c++) {
        bool is_input = c < data->inputs;
        int64_t index = is_input ? c : c - data->inputs;
        const char *const *given = is_input ? data->input_names : data->output_names;
        char numbered[32];
        snprintf(numbered, sizeof numbered, "%c%lld", is_input ? 'x' : 'y', (long long)index + 1);
        names[c] = given != NULL ? given[index] : spn_arena_duplicate(arena, numbered);
        if (names[c] == NULL) {
            return spn_arena_status(context, arena);
        }
    }
    names[columns] = "set";
    *out = names;
done:
    return status;
}

static double *copy_rows(const spn_dataset *data, double *rows)
{
    int64_t columns = data->inputs + data->outputs;
    for (int64_t n = 0; n < data->samples; n++) {
        for (int64_t c = 0; c < columns; c++) {
            *rows++ = c < data->inputs ? data->x[c * data->stride + n]
                                       : data->y[(c - data->inputs) * data->stride + n];
        }
    }
    return rows;
}

/* Training samples, then those for testing, where there are any, with a column that says which is which. */
static spn_status write_rows(spn_context *context, spn_output *output, const spn_dataset *training,
                             const spn_dataset *test)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    const char *const *names = NULL;
    const char **sets = NULL;
    double *rows = NULL;
    int64_t columns = training->inputs + training->outputs;
    int64_t samples = training->samples + (test != NULL ? test->samples : 0);
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(name_columns(context, arena, training, &names));
    SPN_TAKE(context, arena, rows, samples * columns);
    double *next = copy_rows(training, rows);
    if (test != NULL) {
        copy_rows(test, next);
        SPN_TAKE(context, arena, sets, samples);
        for (int64_t n = 0; n < samples; n++) {
            sets[n] = n < training->samples ? "training" : "test";
        }
    }
    SPN_TRY(spn_csv_write(context, output, samples, columns, names, rows, sets));
done:
    spn_arena_free(arena);
    return status;
}

static void write_names(spn_json *json, const char *key, int64_t count, const char *const *names)
{
    if (names == NULL) {
        spn_json_null(json, key);
        return;
    }
    spn_json_begin_list(json, key);
    for (int64_t i = 0; i < count; i++) {
        spn_json_text(json, NULL, names[i]);
    }
    spn_json_end_list(json);
}

static void write_classes(spn_json *json, const spn_dataset *training, const spn_dataset *test)
{
    spn_json_begin_list(json, "classes");
    for (int64_t k = 0; k < training->class_count; k++) {
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "name", training->class_names[k]);
        spn_json_integer(json, "samples", spn_dataset_class_samples(training, k));
        spn_json_integer(json, "test_samples",
                         test != NULL ? spn_dataset_class_samples(test, k) : 0);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
}

/* How the table was read; of made data and of NPZ files there is nothing to say. */
static void write_table(spn_json *json, const spn_data_account *account)
{
    if (account->separator == NULL) {
        spn_json_null(json, "table");
        return;
    }
    spn_json_begin_object(json, "table");
    spn_json_boolean(json, "header", account->has_header);
    spn_json_text(json, "separator", account->separator);
    spn_json_boolean(json, "decimal_commas", account->has_decimal_commas);
    spn_json_text(json, "encoding", account->encoding);
    spn_json_boolean(json, "row_index_left_out", account->has_dropped_index);
    spn_json_integer(json, "rows_dropped", account->rows_dropped);
    spn_json_integer(json, "cells_filled", account->cells_filled);
    spn_json_end_object(json);
}

/* How images were read: a key that is there for them alone. */
static void write_images(spn_json *json, const spn_data_account *account)
{
    if (account->available == 0) {
        return;
    }
    spn_json_begin_object(json, "images");
    spn_json_integer(json, "rows", account->rows);
    spn_json_integer(json, "columns", account->columns);
    spn_json_integer(json, "available", account->available);
    spn_json_boolean(json, "random", account->is_random);
    spn_json_real(json, "divisor", account->divisor);
    spn_json_real(json, "mean", account->mean);
    spn_json_real(json, "deviation", account->deviation);
    spn_json_end_object(json);
}

static spn_status print_account(spn_context *context, const spn_dataset *training,
                                const spn_dataset *test, const spn_data_account *account)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "path", account->path);
    spn_json_integer(&json, "samples", account->samples);
    spn_json_integer(&json, "test_samples", account->test_samples);
    spn_json_integer(&json, "inputs", account->inputs);
    spn_json_integer(&json, "targets", account->targets);
    spn_json_integer(&json, "constant_inputs", account->constant_inputs);
    write_names(&json, "input_names", training->inputs, training->input_names);
    write_names(&json, "target_names", training->outputs, training->output_names);
    spn_json_text(&json, "class_column", account->classes);
    write_classes(&json, training, test);
    write_table(&json, account);
    write_images(&json, account);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

spn_status cmd_data(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_dataset *training = NULL, *test = NULL;
    spn_data_account account;
    spn_output *output = NULL;
    const char *path = arguments->output != NULL ? arguments->output : "-";
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    if (spn_experiment_reads(experiment, path)) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s is a file that the experiment reads; choose another output", path);
    }
    /* What may not be written is refused before anything is read. */
    if (!arguments->is_json || strcmp(path, "-") != 0) {
        SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    }
    SPN_TRY(spn_study_dataset(context, experiment, &training, &test, &account));
    if (output != NULL) {
        SPN_TRY(write_rows(context, output, training, test));
        SPN_TRY(spn_output_commit(context, &output));
    }
    if (arguments->is_json) {
        SPN_TRY(print_account(context, training, test, &account));
    }
done:
    spn_output_abandon(context, output);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    spn_experiment_free(context, experiment);
    return status;
}
