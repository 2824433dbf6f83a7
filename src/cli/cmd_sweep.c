/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

int cmd_sweep(cli_session *session, const cli_arguments *arguments)
{
    return cli_run_command(session, arguments, cli_run_sweep);
}
