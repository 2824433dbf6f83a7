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

/** All bytes of a member (spn_release() them), its checksum compared. `left`: how many bytes of the archive members
 *  may still occupy, the size of the archive before the first. SPN_ERROR_INPUT, beginning with `where`: encrypted,
 *  compressed by a method that is not read, a size that the archive cannot hold. */
spn_status spni_archive_read(spn_context *context, const char *where, zip_t *archive, int64_t index,
                             uint64_t *left, unsigned char **bytes, int64_t *size);

/** The arrays of an open NPZ archive of `size` bytes. */
spn_status spni_npz_read(spn_context *context, const char *source, zip_t *archive, int64_t size,
                         spn_arrays **out);

#endif
