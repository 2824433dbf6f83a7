/* SPDX-License-Identifier: MIT */
/** @file stream.h  The bytes of a file one after the other, unpacked on the way where gzip has packed them, without ever having all of
 *  them; and again from the beginning. */
#ifndef SPNI_FORMATS_STREAM_H
#define SPNI_FORMATS_STREAM_H

#include <spinodal/base.h>

typedef struct spni_stream spni_stream;

/** Of a file, or of memory, which must outlive it (`source`: its name in messages). What is no regular file cannot be read again: it is kept in
 *  memory, up to 256 MiB. SPN_ERROR_IO with path and reason. */
spn_status spni_stream_open(spn_context *context, const char *path, spni_stream **out);
spn_status spni_stream_of(spn_context *context, const char *source, const void *bytes, int64_t size,
                          spni_stream **out);
void spni_stream_close(spn_context *context, spni_stream *stream);

/** The next `count` bytes; *got is less only at the end. to NULL: they are passed over. SPN_ERROR_INPUT: a gzip stream that is cut off or
 *  damaged; a file that has become another. */
spn_status spni_stream_read(spn_context *context, spni_stream *stream, unsigned char *to,
                            int64_t count, int64_t *got);
/** Is the file what it was, as spni_file_check() tells? Of memory it is. */
spn_status spni_stream_check(spn_context *context, spni_stream *stream);
/** From the first byte again. */
spn_status spni_stream_rewind(spn_context *context, spni_stream *stream);

bool spni_stream_is_packed(const spni_stream *stream);
/** Bytes that are there, packed or not, and how many of them were not looked at. */
int64_t spni_stream_size(const spni_stream *stream);
int64_t spni_stream_left(const spni_stream *stream);

/** What cannot be right may be what damage has made of it, and only the end of a gzip stream, with its checksum, tells: that is the fault
 *  to name then. What does not end soon is left as it is. */
spn_status spni_stream_blame(spn_context *context, spni_stream *stream, spn_status status);

#endif
