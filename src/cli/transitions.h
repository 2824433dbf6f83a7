/* SPDX-License-Identifier: MIT */
/** @file transitions.h  The command `transitions`: reading, printing, noisy samples; private to room `cli`. */
#ifndef SPINODAL_SRC_CLI_TRANSITIONS_H
#define SPINODAL_SRC_CLI_TRANSITIONS_H

#include "cli/cli.h"

#include <spinodal/transition.h>

/** The table of transitions with all that belongs to it, on stdout. `files`: one name a run. */
spn_status cli_write_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files);
spn_status cli_print_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files, double beta_from, double beta_to);

/** One row of a table as JSON, with more behind its columns. */
void cli_json_row(spn_json *json, const spn_columns *columns, const void *record);

/** Change points of the noisy samples in the files of the arguments. */
spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments);

#endif
