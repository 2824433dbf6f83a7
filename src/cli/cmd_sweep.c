/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/summary.h"

#include <stdio.h>
#include <string.h>

/* RUN.h5 beside the experiment's name: "examples/energy.yaml" gives "energy.h5" in the current folder. */
static spn_status default_output(spn_context *context, const char *experiment, char **out)
{
    spn_status status = SPN_OK;
    const char *slash = strrchr(experiment, '/');
    const char *name = slash != NULL ? slash + 1 : experiment;
    const char *dot = strrchr(name, '.');
    int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    size_t size = (size_t)length + sizeof ".h5";
    SPN_NEW(context, *out, (int64_t)size);
    snprintf(*out, size, "%.*s.h5", length, name);
done:
    return status;
}

static int sweep(cli_session *session, const cli_arguments *arguments, const char *output)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_gated = true;
    spn_run_settings settings = {.output = output,
                                 .threads = arguments->threads,
                                 .is_forced = arguments->is_forced,
                                 .is_resumed = arguments->is_resumed};
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spn_study_sweep(context, study, &settings, &is_gated));
    SPN_TRY(cli_summarize(session, output, arguments->is_json));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    if (status == SPN_ERROR_INTERRUPTED) {
        spn_error_clear(context);
        spn_fail(context, SPN_ERROR_INTERRUPTED,
                 "interrupted; all finished points are in %s.part, go on with --resume", output);
    }
    int result = cli_finish(session, status);
    if (result == EXIT_DONE && !is_gated) {
        fprintf(stderr, "spinodal: some points did not pass the stationarity gate (column "
                        "'stationary' is 0)\n");
        result = EXIT_CHECK_FAILED;
    }
    return result;
}

int cmd_sweep(cli_session *session, const cli_arguments *arguments)
{
    if (arguments->output != NULL) {
        return sweep(session, arguments, arguments->output);
    }
    char *output = NULL;
    spn_status status = default_output(session->context, arguments->words[0], &output);
    int result = status == SPN_OK ? sweep(session, arguments, output) : cli_finish(session, status);
    spn_release(session->context, output);
    return result;
}
