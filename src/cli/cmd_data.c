/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/formats.h>
#include <stdio.h>

static spn_status write_name(spn_context *context, spn_output *output, const char *const *names,
                             char letter, int64_t index, bool is_first)
{
    const char *comma = is_first ? "" : ",";
    if (names != NULL) {
        return spn_output_print(context, output, "%s%s", comma, names[index]);
    }
    return spn_output_print(context, output, "%s%c%lld", comma, letter, (long long)index + 1);
}

static spn_status write_rows(spn_context *context, spn_output *output, const spn_dataset *data)
{
    spn_status status = SPN_OK;
    char text[32];
    for (int64_t i = 0; i < data->inputs; i++) {
        SPN_TRY(write_name(context, output, data->input_names, 'x', i, i == 0));
    }
    for (int64_t k = 0; k < data->outputs; k++) {
        SPN_TRY(write_name(context, output, data->output_names, 'y', k, false));
    }
    SPN_TRY(spn_output_print(context, output, "\n"));
    for (int64_t n = 0; n < data->samples; n++) {
        for (int64_t c = 0; c < data->inputs + data->outputs; c++) {
            double value = c < data->inputs ? data->x[c * data->stride + n]
                                            : data->y[(c - data->inputs) * data->stride + n];
            spn_format_real(value, text);
            SPN_TRY(spn_output_print(context, output, "%s%s", c == 0 ? "" : ",", text));
        }
        SPN_TRY(spn_output_print(context, output, "\n"));
    }
done:
    return status;
}

int cmd_data(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_dataset *dataset = NULL;
    spn_output *output = NULL;
    const char *path = arguments->output != NULL ? arguments->output : "-";
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_dataset(context, experiment, &dataset));
    SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    SPN_TRY(write_rows(context, output, dataset));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    spn_dataset_free(context, dataset);
    spn_experiment_free(context, experiment);
    return cli_finish(session, status);
}
