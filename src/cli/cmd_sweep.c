/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/run.h"

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
    bool is_gated = true;
    int result = cli_finish(session, cli_run_sweep(session, arguments, output, &is_gated));
    return result == EXIT_DONE && !is_gated ? EXIT_CHECK_FAILED : result;
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
