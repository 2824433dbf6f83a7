/* SPDX-License-Identifier: MIT */
/** @file export_point.h  The point of a results file that the arguments mean. */
#ifndef SPINODAL_SRC_CLI_EXPORT_POINT_H
#define SPINODAL_SRC_CLI_EXPORT_POINT_H

#include "cli/cli.h"

/** Is it the name of a direction (or NULL)? */
bool cli_is_direction(const char *name);

/** The row of --point; or the first of those nearest to --beta, in the wanted --direction of a sweep, in the
 *  wanted --phase of branches. SPN_ERROR_INPUT where there is none. */
spn_status cli_find_point(spn_context *context, const cli_arguments *arguments,
                          const spn_results *results, const spn_table *points, int64_t *out);

/** Name of the phase that a row of a file of branches belongs to, or NULL. */
const char *cli_point_phase(const spn_results *results, const spn_table *points, int64_t row);

#endif
