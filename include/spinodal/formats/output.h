/* SPDX-License-Identifier: MIT */
/** @file output.h  Output files that appear whole or not at all.
 *
 *  An output is written under a temporary name in the directory of its path and renamed when it is
 *  complete; write, fsync, close and rename are all checked. Until the commit the path is untouched. The
 *  temporary file is locked (flock) while its process lives; those that killed processes of the same user
 *  left in a directory are removed by the next output there.
 *
 *      spn_output *output = NULL;
 *      SPN_TRY(spn_output_open(context, path, is_forced, &output));
 *      SPN_TRY(spn_output_print(context, output, "beta,error\n"));
 *      SPN_TRY(spn_output_commit(context, &output));
 *  done:
 *      spn_output_abandon(context, output);
 *
 *  The path "-" is the standard output, and a path that names a device or a pipe is written to
 *  directly: there is nothing to rename and never anything to refuse. A symbolic link is followed. */
#ifndef SPINODAL_FORMATS_OUTPUT_H
#define SPINODAL_FORMATS_OUTPUT_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_output spn_output;

/** Start an output. SPN_ERROR_IO when `path` exists and `is_forced` is not set ("PATH exists; use
 *  --force to overwrite"), is a directory, or cannot be created (its directory is missing or not
 *  writable). The permissions of a file that is overwritten are kept. On failure *out is NULL. */
spn_status spn_output_open(spn_context *context, const char *path, bool is_forced,
                           spn_output **out);

/** Like spn_output_open() for files that another library or program writes by name: it overwrites
 *  spn_output_temporary(), an empty file that exists already; spn_output_commit() then syncs and renames
 *  it. "-" and devices are refused. */
spn_status spn_output_reserve(spn_context *context, const char *path, bool is_forced,
                              spn_output **out);

/** For a file that is made again (a run that goes on): a file that is there at the commit stays where it has the
 *  same bytes, and is otherwise refused as without `is_forced`. */
void spn_output_protect(spn_output *output);

/** The name it is written under; valid until commit or abandon. */
const char *spn_output_temporary(const spn_output *output);

/** Append bytes or formatted text (numbers: spn_format_real() and "%s", since "%g" follows the locale).
 *  Buffered. After the first failure every later call fails as well, the commit included. */
spn_status spn_output_write(spn_context *context, spn_output *output, const void *bytes,
                            int64_t count);
spn_status spn_output_print(spn_context *context, spn_output *output, const char *format, ...)
    SPN_PRINTF_LIKE(3, 4);

/** What was written is in the temporary file, where another program may read it. */
spn_status spn_output_flush(spn_context *context, spn_output *output);

/** Flush, sync, close, rename. Frees *output and sets it to NULL in every case. On failure
 *  (SPN_ERROR_IO, with path and reason) the temporary file is gone and the path is as it was. A file
 *  that has appeared at `path` in the meantime is not overwritten unless forced. */
spn_status spn_output_commit(spn_context *context, spn_output **output);

/** Drop the output and its temporary file; NULL is allowed. */
void spn_output_abandon(spn_context *context, spn_output *output);

/** Do two names lead to one file (its device and its number)? False where one of them leads to none. */
bool spn_is_same_file(const char *path, const char *other);

/** Make a folder and the folders above it; one that exists is fine. SPN_ERROR_IO with the reason. */
spn_status spn_make_folder(spn_context *context, const char *path);

#ifdef __cplusplus
}
#endif

#endif
