/* SPDX-License-Identifier: MIT */
/** @file files.h  Output folders and files. */
#ifndef SPINODAL_SRC_CLI_FILES_H
#define SPINODAL_SRC_CLI_FILES_H

#include <spinodal/store.h>

/** Make a folder and the folders above it; one that exists is fine. SPN_ERROR_IO with the reason. */
spn_status cli_make_folder(spn_context *context, const char *path);

/** Close a page that the program keeps up to date by a line with the checksum of what stands before it. */
spn_status cli_seal(spn_context *context, spn_text_buffer *text);

/** Is the file such a page, as the program wrote it? One that is missing or was changed by hand is not. */
spn_status cli_has_seal(spn_context *context, const char *path, bool *has_seal);

/** SPN_ERROR_IO when `output` is the file `input` (by any name): a command must not overwrite what it
 *  reads, not even with --force. */
spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input);

#endif
