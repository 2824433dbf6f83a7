/* SPDX-License-Identifier: MIT */
/** @file input.h  Whole files into memory, and what the readers share. */
#ifndef SPNI_FORMATS_INPUT_H
#define SPNI_FORMATS_INPUT_H

#include <spinodal/base.h>
#include <time.h>

/** The bytes of a file (spn_release() them). SPN_ERROR_IO with path and reason; what is no regular file may
 *  have 256 MiB. */
spn_status spni_file_read(spn_context *context, const char *path, char **bytes, int64_t *size);

/** By what an open file is known. */
typedef struct spni_file_facts {
    bool is_regular;
    int64_t size; /**< of a regular file; 0 */
    uint64_t device, number;
    struct timespec changed; /**< when it was last written to */
} spni_file_facts;

/** Its two steps: *file (-1: there is none to be closed), and what can be read from there. */
spn_status spni_file_open(spn_context *context, const char *path, int *file,
                          spni_file_facts *facts);
spn_status spni_file_rest(spn_context *context, const char *path, int file, bool is_regular,
                          int64_t hint, char **bytes, int64_t *size);

/** Is an open regular file what it was when it was opened? SPN_ERROR_INPUT with the path: it is longer, shorter or was written to. Asked after bytes were read
 *  it vouches for them, as a file says when it was written to before it has what is written. What leaves size and time as they were is not seen: another program
 *  that sets the time back, or that writes within the same tick of the file system's clock (some milliseconds) as the last one before it was opened. */
spn_status spni_file_check(spn_context *context, const char *path, int file,
                           const spni_file_facts *facts);
/** SPN_ERROR_INPUT: what was read of a file is not what was there before. */
spn_status spni_file_fail_changed(spn_context *context, const char *path);
/** The same, since it has come to its end too early. */
spn_status spni_file_fail_shorter(spn_context *context, const char *path);

/** Copy at most `size - 1` bytes of `text` for a message: control characters become '?', a cut is marked
 *  by "..." and never splits a UTF-8 character. */
void spni_quote_text(const char *text, int64_t length, char *buffer, size_t size);

#endif
