/* SPDX-License-Identifier: MIT */
/** @file archive.h  Zip archives in memory, whose members are not trusted: NPZ and PyTorch files. */
#ifndef SPNI_FORMATS_ARCHIVE_H
#define SPNI_FORMATS_ARCHIVE_H

#include <spinodal/formats/arrays.h>
#include <zip.h>

/** The bytes must stay until it is closed; NULL may be closed. SPN_ERROR_INPUT: no archive, or two members of one name. */
spn_status spni_archive_open(spn_context *context, const char *source, const void *bytes,
                             int64_t size, zip_t **out);
void spni_archive_close(zip_t *archive);

/** Of an open file, `path` in messages, which stays the caller's to close, once the archive is closed. */
spn_status spni_archive_open_file(spn_context *context, const char *path, int file, zip_t **out);

/** What the directory says of a member; what cannot be read is refused as by spni_archive_read(). */
spn_status spni_archive_look(spn_context *context, const char *where, zip_t *archive, int64_t index,
                             uint64_t *left, zip_stat_t *facts);
/** A member to be read from its beginning (zip_fclose() it), and the next `count` bytes of it; *got is less only at its end, where the checksum is compared. */
spn_status spni_archive_begin(spn_context *context, const char *where, zip_t *archive,
                              int64_t index, zip_file_t **out);
spn_status spni_archive_next(spn_context *context, const char *where, zip_file_t *file,
                             unsigned char *to, int64_t count, int64_t *got);

/** All bytes of a member (spn_release() them), its checksum compared. `left`: how many bytes of the archive members
 *  may still occupy, the size of the archive before the first. SPN_ERROR_INPUT, beginning with `where`: encrypted,
 *  compressed by a method that is not read, a size that the archive cannot hold. */
spn_status spni_archive_read(spn_context *context, const char *where, zip_t *archive, int64_t index,
                             uint64_t *left, unsigned char **bytes, int64_t *size);

/** The name of an array: the member's without ".npy"; of a member that is no array (*is_array), the member's. `where` (512) begins messages
 *  about it. */
spn_status spni_npz_name(spn_context *context, const char *source, const char *member,
                         char where[512], char name[SPN_ARRAY_NAME_MAX + 1], bool *is_array);

/** The arrays of an open NPZ archive of `size` bytes. */
spn_status spni_npz_read(spn_context *context, const char *source, zip_t *archive, int64_t size,
                         spn_arrays **out);

#endif
