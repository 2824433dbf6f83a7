/* SPDX-License-Identifier: MIT */
/** @file run.h  Running a study from the command line: shared by `sweep`, `branches` and `reproduce`. */
#ifndef SPINODAL_SRC_CLI_RUN_H
#define SPINODAL_SRC_CLI_RUN_H

#include "cli/cli.h"

/** Run the experiment of the arguments into `output` and say what happened. `*is_good`: the results passed
 *  the run's check; otherwise that has been said on stderr. */
typedef spn_status cli_runner(cli_session *session, const cli_arguments *arguments,
                              const char *output, bool *is_good);

/** A sweep; its check is that every point passed the stationarity gate. */
cli_runner cli_run_sweep;

/** Watched training; its check is that no run diverged and each ends at a minimum. */
cli_runner cli_run_grok;

/** spn_study_sweep(), spn_study_branches(), spn_study_slice() or spn_study_grok(). */
typedef spn_status cli_study(spn_context *context, const spn_study *study,
                             const spn_run_settings *settings, bool *is_good);

/** Read the experiment of the arguments and run it by `run`; an interruption is explained. */
spn_status cli_run_study(cli_session *session, const cli_arguments *arguments, const char *output,
                         cli_study *run, bool *is_good);

/** A command that runs an experiment: into -o, or into the experiment's name with .h5. Returns the exit
 *  status. */
int cli_run_command(cli_session *session, const cli_arguments *arguments, cli_runner *runner);

/** Say what the chains of a results file went through: the refined transitions, or where none were looked for
 *  between which beta the number of active modes changes, with error and |theta| on both sides. As JSON on
 *  stdout (both, with all columns of the transitions), or as talk on stderr. */
spn_status cli_summarize(cli_session *session, const char *path, bool is_json);

/** The same of a file of branches: phases, where each is globally stable, Maxwell points, special points. */
spn_status cli_summarize_branches(cli_session *session, const char *path, bool is_json);

/** The same of watched training: how each run ended, when E fell below the levels, and its plateaus with their laws. */
spn_status cli_summarize_grok(cli_session *session, const char *path, bool is_json);

/** The same of a file of slices: the points that each goes through, and where L is smallest on its grid. */
spn_status cli_summarize_slices(cli_session *session, const char *path, bool is_json);

#endif
