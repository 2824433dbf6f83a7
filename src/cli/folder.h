/* SPDX-License-Identifier: MIT */
/** @file folder.h  Output folders. */
#ifndef SPINODAL_SRC_CLI_FOLDER_H
#define SPINODAL_SRC_CLI_FOLDER_H

#include <spinodal/base.h>

/** Make a folder and the folders above it; one that exists is fine. SPN_ERROR_IO with the reason. */
spn_status cli_make_folder(spn_context *context, const char *path);

#endif
