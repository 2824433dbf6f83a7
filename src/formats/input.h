/* SPDX-License-Identifier: MIT */
/** @file input.h  Whole files into memory, and what the readers share. */
#ifndef SPNI_FORMATS_INPUT_H
#define SPNI_FORMATS_INPUT_H

#include <spinodal/base.h>

/** The bytes of a file (spn_release() them). SPN_ERROR_IO with path and reason; what is no regular file may
 *  have 256 MiB. */
spn_status spni_file_read(spn_context *context, const char *path, char **bytes, int64_t *size);

/** Its two steps: *file (-1: there is none to be closed), and what can be read from there. *size: of a regular file. */
spn_status spni_file_open(spn_context *context, const char *path, int *file, bool *is_regular,
                          int64_t *size);
spn_status spni_file_rest(spn_context *context, const char *path, int file, bool is_regular,
                          int64_t hint, char **bytes, int64_t *size);

/** Copy at most `size - 1` bytes of `text` for a message: control characters become '?', a cut is marked
 *  by "..." and never splits a UTF-8 character. */
void spni_quote_text(const char *text, int64_t length, char *buffer, size_t size);

#endif
