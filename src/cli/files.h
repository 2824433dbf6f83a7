/* SPDX-License-Identifier: MIT */
/** @file files.h  Output folders and files. */
#ifndef SPINODAL_SRC_CLI_FILES_H
#define SPINODAL_SRC_CLI_FILES_H

#include <spinodal/store.h>

/** SPN_ERROR_IO when `output` is the file `input` (by any name): a command must not overwrite what it
 *  reads, not even with --force. */
spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input);

#endif
