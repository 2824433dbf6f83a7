/* SPDX-License-Identifier: MIT */
#include "formats/stream.h"

#include "formats/input.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZLIB_CONST /* it does not write to what it reads */
#include <zlib.h>

/** zlib counts in 32 bits. */
#define PIECE_MAX ((int64_t)1 << 30)
/** Bytes that are unpacked for nothing but a stream's checksum. */
#define UNREAD_MAX ((int64_t)1 << 28)
/** Bytes of a file that are here at a time. */
#define WINDOW ((int64_t)1 << 16)

struct spni_stream {
    char *source;
    int file;            /* -1: all bytes are in memory */
    int64_t size;        /* of the file, or of those bytes */
    const char *all;     /* these */
    char *kept;          /* the same, where they are the stream's own */
    unsigned char *room; /* WINDOW bytes, of a file */
    const unsigned char *next;
    int64_t here, used;    /* bytes at `next`; bytes before them */
    spni_file_facts facts; /* of the file when it was opened */
    bool is_packed, has_ended,
        is_broken; /* is_broken: it is the stream that failed, not what it holds */
    z_stream packed;
};

/* ---- Bytes as they are ------------------------------------------------------------------------- */

spn_status spni_stream_check(spn_context *context, spni_stream *stream)
{
    const spn_status status =
        stream->file >= 0 ? spni_file_check(context, stream->source, stream->file, &stream->facts)
                          : SPN_OK;
    stream->is_broken = stream->is_broken || status != SPN_OK;
    return status;
}

/* At least `wanted` bytes (few) at `next`, but for the end. */
static spn_status look(spn_context *context, spni_stream *s, int64_t wanted)
{
    if (s->file < 0 || s->here >= wanted) {
        return SPN_OK;
    }
    memmove(s->room, s->next, (size_t)s->here);
    s->next = s->room;
    while (s->here < wanted) {
        const ssize_t count = read(s->file, s->room + s->here, (size_t)(WINDOW - s->here));
        if (count < 0 && errno != EINTR) {
            return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", s->source,
                            strerror(errno));
        }
        if (count == 0) {
            break;
        }
        s->here += count > 0 ? count : 0;
    }
    return spni_stream_check(context, s);
}

static void pass(spni_stream *s, int64_t count)
{
    s->next += count;
    s->here -= count;
    s->used += count;
}

/* Up to `count` bytes that nobody looks at: of a file, they are not even read. */
static spn_status jump(spn_context *context, spni_stream *s, int64_t count, int64_t *got)
{
    const int64_t left = s->size - s->used, known = count < s->here ? count : s->here;
    *got = count < left ? count : left < 0 ? 0 : left;
    pass(s, known < *got ? known : *got);
    const int64_t rest = *got - known;
    if (rest > 0 && lseek(s->file, (off_t)rest, SEEK_CUR) < 0) {
        return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", s->source, strerror(errno));
    }
    s->used += rest > 0 ? rest : 0;
    return SPN_OK;
}

static spn_status copy(spn_context *context, spni_stream *s, unsigned char *to, int64_t count,
                       int64_t *got)
{
    spn_status status = SPN_OK;
    if (to == NULL) {
        return jump(context, s, count, got);
    }
    while (*got < count) {
        SPN_TRY(look(context, s, 1));
        const int64_t some = count - *got < s->here ? count - *got : s->here;
        if (some == 0) {
            break;
        }
        memcpy(to + *got, s->next, (size_t)some);
        pass(s, some);
        *got += some;
    }
done:
    return status;
}

/* ---- Bytes that gzip has packed ---------------------------------------------------------------- */

static spn_status find_gzip(spn_context *context, spni_stream *s, bool *begins)
{
    const spn_status status = look(context, s, 2);
    *begins = status == SPN_OK && s->here >= 2 && s->next[0] == 0x1f && s->next[1] == 0x8b;
    return status;
}

static spn_status fail_packed(spn_context *context, spni_stream *s, int code)
{
    const char *message = s->packed.msg;
    s->is_broken = true;
    if (code == Z_MEM_ERROR) {
        return spn_fail(context, SPN_ERROR_MEMORY, "%s: out of memory", s->source);
    }
    if (code == Z_OK || code == Z_BUF_ERROR) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: its gzip stream is cut off after %lld bytes; fetch the file again",
                        s->source, (long long)s->size);
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s: its gzip stream is damaged%s%s; fetch the file again", s->source,
                    message != NULL ? ": " : "", message != NULL ? message : "");
}

/* One call of inflate() for at most `count` bytes; the end: the stream, or the last of several, has ended. */
static spn_status inflate_some(spn_context *context, spni_stream *s, unsigned char *to,
                               int64_t count, int64_t *got)
{
    spn_status status = SPN_OK;
    bool begins = false;
    SPN_TRY(look(context, s, 1));
    const int64_t given = s->here < PIECE_MAX ? s->here : PIECE_MAX;
    const int64_t room = count < PIECE_MAX ? count : PIECE_MAX;
    s->packed.next_in = s->next;
    s->packed.avail_in = (uInt)given;
    s->packed.next_out = to;
    s->packed.avail_out = (uInt)room;
    const int code = inflate(&s->packed, Z_NO_FLUSH);
    pass(s, given - s->packed.avail_in);
    *got = room - s->packed.avail_out;
    if (code == Z_STREAM_END) {
        SPN_TRY(find_gzip(context, s, &begins));
        s->has_ended = !begins;
        return s->has_ended || inflateReset(&s->packed) == Z_OK
                   ? SPN_OK
                   : fail_packed(context, s, Z_STREAM_ERROR);
    }
    SPN_TRY(look(context, s, 1));
    const bool is_cut = code == Z_OK && s->here == 0 && *got < room;
    return code == Z_OK && !is_cut ? SPN_OK : fail_packed(context, s, code);
done:
    return status;
}

static spn_status unpack(spn_context *context, spni_stream *s, unsigned char *to, int64_t count,
                         int64_t *got)
{
    spn_status status = SPN_OK;
    unsigned char unread[8192];
    while (*got < count && !s->has_ended) {
        int64_t more = 0, left = count - *got;
        const int64_t unseen = left < (int64_t)sizeof unread ? left : (int64_t)sizeof unread;
        SPN_TRY(spn_poll(context));
        SPN_TRY(inflate_some(context, s, to != NULL ? to + *got : unread,
                             to != NULL ? left : unseen, &more));
        *got += more;
    }
done:
    return status;
}

spn_status spni_stream_read(spn_context *context, spni_stream *stream, unsigned char *to,
                            int64_t count, int64_t *got)
{
    *got = 0;
    return stream->is_packed ? unpack(context, stream, to, count, got)
                             : copy(context, stream, to, count, got);
}

bool spni_stream_is_packed(const spni_stream *stream)
{
    return stream->is_packed;
}

int64_t spni_stream_size(const spni_stream *stream)
{
    return stream->size;
}

int64_t spni_stream_left(const spni_stream *stream)
{
    return stream->size - stream->used;
}

spn_status spni_stream_blame(spn_context *context, spni_stream *stream, spn_status status)
{
    unsigned char unread[4096];
    int64_t got = 1, total = 0;
    spn_error fault;
    if (status != SPN_ERROR_INPUT || !stream->is_packed || stream->is_broken) {
        return status;
    }
    spn_error_get(context, &fault);
    while (got > 0 && total < UNREAD_MAX) {
        const spn_status other = spni_stream_read(context, stream, unread, sizeof unread, &got);
        if (other != SPN_OK) {
            return other;
        }
        total += got;
    }
    spn_error_set(context, &fault);
    return status;
}

/* ---- Beginning and end ------------------------------------------------------------------------- */

spn_status spni_stream_rewind(spn_context *context, spni_stream *stream)
{
    stream->used = 0;
    stream->has_ended = false;
    stream->next = stream->file < 0 ? (const unsigned char *)stream->all : stream->room;
    stream->here = stream->file < 0 ? stream->size : 0;
    if (stream->file >= 0 && lseek(stream->file, 0, SEEK_SET) < 0) {
        return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", stream->source,
                        strerror(errno));
    }
    return !stream->is_packed || inflateReset(&stream->packed) == Z_OK
               ? SPN_OK
               : fail_packed(context, stream, Z_STREAM_ERROR);
}

void spni_stream_close(spn_context *context, spni_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->is_packed) {
        inflateEnd(&stream->packed);
    }
    if (stream->file >= 0) {
        close(stream->file);
    }
    spn_release(context, stream->source);
    spn_release(context, stream->kept);
    spn_release(context, stream->room);
    spn_release(context, stream);
}

/* The stream of what `s` names; takes `s`. */
static spn_status start(spn_context *context, spni_stream *s, spni_stream **out)
{
    spn_status status = SPN_OK;
    bool is_packed = false;
    SPN_TRY(spni_stream_rewind(context, s));
    SPN_TRY(find_gzip(context, s, &is_packed));
    if (is_packed && inflateInit2(&s->packed, 16 + MAX_WBITS) != Z_OK) {
        SPN_FAIL(context, SPN_ERROR_MEMORY, "%s: out of memory", s->source);
    }
    s->is_packed = is_packed;
    *out = s;
    s = NULL;
done:
    spni_stream_close(context, s);
    return status;
}

static spn_status create(spn_context *context, const char *source, spni_stream **out)
{
    spn_status status = SPN_OK;
    spni_stream *s = NULL;
    *out = NULL;
    SPN_NEW(context, s, 1);
    s->file = -1;
    s->source = spn_duplicate(context, source);
    if (s->source == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    *out = s;
    s = NULL;
done:
    spni_stream_close(context, s);
    return status;
}

spn_status spni_stream_of(spn_context *context, const char *source, const void *bytes, int64_t size,
                          spni_stream **out)
{
    spni_stream *s = NULL;
    spn_status status = create(context, source, &s);
    *out = NULL;
    if (status != SPN_OK) {
        return status;
    }
    s->all = bytes;
    s->size = size;
    return start(context, s, out);
}

spn_status spni_stream_open(spn_context *context, const char *path, spni_stream **out)
{
    spn_status status = SPN_OK;
    spni_stream *s = NULL;
    *out = NULL;
    SPN_TRY(create(context, path, &s));
    SPN_TRY(spni_file_open(context, path, &s->file, &s->facts));
    s->size = s->facts.size;
    if (s->facts.is_regular) {
        SPN_NEW(context, s->room, WINDOW);
    } else {
        SPN_TRY(spni_file_rest(context, path, s->file, false, 0, &s->kept, &s->size));
        s->all = s->kept;
        close(s->file);
        s->file = -1;
    }
    status = start(context, s, out);
    s = NULL;
done:
    spni_stream_close(context, s);
    return status;
}
