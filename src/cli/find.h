/* SPDX-License-Identifier: MIT */
/** @file find.h  Parts of a results file: the point that the arguments mean, a table by name, its rows as JSON. */
#ifndef SPINODAL_SRC_CLI_FIND_H
#define SPINODAL_SRC_CLI_FIND_H

#include "cli/cli.h"

/** Is it the name of a direction (or NULL)? */
bool cli_is_direction(const char *name);

/** The row of --point; or the first of those nearest to --beta, in the wanted --direction of a sweep, in the
 *  wanted --phase of branches. SPN_ERROR_INPUT where there is none. */
spn_status cli_find_point(spn_context *context, const cli_arguments *arguments,
                          const spn_results *results, const spn_table *points, int64_t *out);

/** A table of the results read from `path`. SPN_ERROR_INPUT, with the file's name, where there is none. */
spn_status cli_take_table(spn_context *context, const spn_results *results, const char *path,
                          const char *name, spn_table *out);

/** Rows of a table as a list of objects, `label` with texts[row] first; label NULL: no texts. */
void cli_write_rows(spn_json *json, const char *key, const spn_table *table, const char *label,
                    const char *const *texts);

/** Name of the phase that a row of a file of branches belongs to, or NULL. */
const char *cli_point_phase(const spn_results *results, const spn_table *points, int64_t row);

#endif
