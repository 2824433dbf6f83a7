/* SPDX-License-Identifier: MIT */
/** @file run.h  Running a study from the command line and saying what came out: shared by all commands that make or
 *  read results, and by `reproduce`. */
#ifndef SPINODAL_SRC_CLI_RUN_H
#define SPINODAL_SRC_CLI_RUN_H

#include "cli/cli.h"

/** spn_study_sweep(), spn_study_branches(), spn_study_slice() or spn_study_grok(). */
typedef spn_status cli_study(spn_context *context, const spn_study *study,
                             const spn_run_settings *settings, bool *is_good);

/** Run the experiment of the arguments into `output` and say what is in the results. `*is_good`: they passed the run's
 *  check; otherwise that has been said on stderr. An interruption and a full disk are explained. */
spn_status cli_run(cli_session *session, const cli_arguments *arguments, const char *output,
                   cli_study *run, bool *is_good);

/** Say what a results file holds, as its kind does: as JSON on stdout, or as talk on stderr. What went wrong is said
 *  on stderr with both. */
spn_status cli_report(cli_session *session, const char *path, bool is_json);

/** Draw the figures of the results' kind. SPN_ERROR_INPUT, without the file's name, for an unknown one. */
spn_status cli_draw(spn_context *context, const spn_results *results, const char *folder,
                    const struct spn_plot_settings *settings);

#endif
