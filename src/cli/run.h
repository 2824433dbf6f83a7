/* SPDX-License-Identifier: MIT */
/** @file run.h  Running a sweep from the command line: shared by `sweep` and `reproduce`. */
#ifndef SPINODAL_SRC_CLI_RUN_H
#define SPINODAL_SRC_CLI_RUN_H

#include "cli/cli.h"

/** Sweep the experiment of the arguments into `output` and say what happened. `*is_gated`: every point passed
 *  the stationarity gate; otherwise that has been said on stderr. */
spn_status cli_run_sweep(cli_session *session, const cli_arguments *arguments, const char *output,
                         bool *is_gated);

/** Say which phases each chain of a results file went through: between which beta the number of active
 *  modes changes, with error and |theta| on both sides. As JSON on stdout, or as talk on stderr. */
spn_status cli_summarize(cli_session *session, const char *path, bool is_json);

#endif
