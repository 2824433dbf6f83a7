/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

#include <stdio.h>

static spn_status run_branches(cli_session *session, const cli_arguments *arguments,
                               const char *output, bool *is_complete)
{
    spn_status status = SPN_OK;
    SPN_TRY(cli_run_study(session, arguments, output, spn_study_branches, is_complete));
    SPN_TRY(cli_summarize_branches(session, output, arguments->is_json));
    if (!*is_complete && !session->is_quiet) {
        fprintf(stderr, "warning: not everything was followed; a larger "
                        "branches.points or branches.branches may help, or a shorter "
                        "branches.step\n");
    }
done:
    return status;
}

int cmd_branches(cli_session *session, const cli_arguments *arguments)
{
    return cli_run_command(session, arguments, run_branches);
}
