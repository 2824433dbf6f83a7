/* SPDX-License-Identifier: MIT */
/** @file summary.h  What a sweep says at its end. */
#ifndef SPINODAL_SRC_CLI_SUMMARY_H
#define SPINODAL_SRC_CLI_SUMMARY_H

#include "cli/cli.h"

/** Say which phases each chain of a results file went through: between which beta the number of
 *  active modes changes, with error and |theta| on both sides. As JSON on stdout, or as talk on stderr. */
spn_status cli_summarize(cli_session *session, const char *path, bool is_json);

#endif
