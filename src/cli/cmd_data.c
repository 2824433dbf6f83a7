/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/files.h"

#include <spinodal/formats.h>
#include <stdio.h>

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

int cmd_data(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_dataset *training = NULL, *test = NULL;
    spn_output *output = NULL;
    const char *path = arguments->output != NULL ? arguments->output : "-";
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    if (spn_experiment_reads(experiment, path)) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s is a file that the experiment reads; choose another output", path);
    }
    SPN_TRY(spn_study_dataset(context, experiment, &training, &test, NULL));
    SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    SPN_TRY(write_rows(context, output, training, test));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    spn_experiment_free(context, experiment);
    return cli_finish(session, status);
}
