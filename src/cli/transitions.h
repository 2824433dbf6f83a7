/* SPDX-License-Identifier: MIT */
/** @file transitions.h  Transitions of results files: reading, printing, noisy samples; private to room `cli`. */
#ifndef SPINODAL_SRC_CLI_TRANSITIONS_H
#define SPINODAL_SRC_CLI_TRANSITIONS_H

#include "cli/cli.h"

#include <spinodal/transition.h>

/** The table of transitions with all that belongs to it, on stdout. `files`: one name a run; `norms`: how its sqrt(n) is
 *  written, as spn_text_norm() says. */
spn_status cli_write_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files);
spn_status cli_print_transitions(spn_context *context, spn_transitions *transitions,
                                 const char *const *files, const char *const *norms,
                                 double beta_from, double beta_to);

/** A range of beta. */
typedef struct cli_range {
    double from, to;
} cli_range;

/** Find the transitions of the results file at `path`, a sweep or branches, as the next run; `range` (may be NULL)
 *  is widened by its points; *norm (may be NULL): spn_text_norm() of the file. SPN_ERROR_INPUT for other kinds. */
spn_status cli_add_transitions(spn_context *context, const char *path, spn_transitions *transitions,
                               cli_range *range, const char **norm);

/** As in the table: "spinodal up", "accuracy", "1st". */
const char *cli_transition_kind(int64_t kind);
const char *cli_transition_change(int64_t change);
const char *cli_transition_order(double order);

/** One row of a table as JSON, with more behind its columns. */
void cli_json_row(spn_json *json, const spn_columns *columns, const void *record);

/** Change points of the noisy samples in the files of the arguments; *is_answered: false where some column of some chain
 *  has too few samples to be searched. */
spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments,
                             bool *is_answered);

#endif
