/* SPDX-License-Identifier: MIT */
#include <spinodal/formats/idx.h>

#include "formats/arrays.h"
#include "formats/input.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/** Deflate turns at most 258 bytes into 2 bits. */
#define DEFLATE_RATIO_MAX 1032
/** zlib counts in 32 bits. */
#define PIECE_MAX ((int64_t)1 << 30)
/** Bytes that are unpacked for nothing but a stream's checksum. */
#define UNREAD_MAX ((int64_t)1 << 28)

typedef struct idx_file {
    spn_idx view; /* first: this is what users hold */
    char *source;
    spni_number number;
    unsigned char *items;
} idx_file;

void spn_idx_free(spn_context *context, spn_idx *idx)
{
    idx_file *file = (idx_file *)idx;
    if (file != NULL) {
        spn_release(context, file->source);
        spn_release(context, file->items);
        spn_release(context, file);
    }
}

/* ---- Bytes, compressed or not ------------------------------------------------------------------ */

typedef struct input {
    spn_context *context;
    const char *source;
    const unsigned char *bytes;
    int64_t size, used;
    bool is_gzip, is_broken; /* is_broken: it is the stream that failed, not what it holds */
    z_stream stream;
} input;

static bool begins_gzip(const input *in)
{
    return in->size - in->used >= 2 && in->bytes[in->used] == 0x1f &&
           in->bytes[in->used + 1] == 0x8b;
}

static spn_status input_open(input *in)
{
    in->is_gzip = begins_gzip(in);
    if (in->is_gzip && inflateInit2(&in->stream, 16 + MAX_WBITS) != Z_OK) {
        in->is_gzip = false;
        return spn_fail(in->context, SPN_ERROR_MEMORY, "%s: out of memory", in->source);
    }
    return SPN_OK;
}

static void input_close(input *in)
{
    if (in->is_gzip) {
        inflateEnd(&in->stream);
    }
}

static spn_status fail_stream(input *in, int code)
{
    const char *message = in->stream.msg;
    in->is_broken = true;
    if (code == Z_MEM_ERROR) {
        return spn_fail(in->context, SPN_ERROR_MEMORY, "%s: out of memory", in->source);
    }
    if (code == Z_OK || code == Z_BUF_ERROR) {
        return spn_fail(in->context, SPN_ERROR_INPUT,
                        "%s: its gzip stream is cut off after %lld bytes; fetch the file again",
                        in->source, (long long)in->size);
    }
    return spn_fail(in->context, SPN_ERROR_INPUT,
                    "%s: its gzip stream is damaged%s%s; fetch the file again", in->source,
                    message != NULL ? ": " : "", message != NULL ? message : "");
}

/* One call of inflate() for at most `count` bytes; *is_end: the stream, or the last of several, has ended. */
static spn_status inflate_some(input *in, unsigned char *to, int64_t count, int64_t *got,
                               bool *is_end)
{
    const int64_t left = in->size - in->used;
    in->stream.next_in = (unsigned char *)(uintptr_t)(in->bytes + in->used);
    in->stream.avail_in = (uInt)(left < PIECE_MAX ? left : PIECE_MAX);
    in->stream.next_out = to;
    in->stream.avail_out = (uInt)(count < PIECE_MAX ? count : PIECE_MAX);
    const int64_t given = in->stream.avail_in, room = in->stream.avail_out;
    const int code = inflate(&in->stream, Z_NO_FLUSH);
    in->used += given - in->stream.avail_in;
    *got = room - in->stream.avail_out;
    *is_end = false;
    if (code == Z_STREAM_END) {
        *is_end = !begins_gzip(in);
        return *is_end || inflateReset(&in->stream) == Z_OK ? SPN_OK
                                                            : fail_stream(in, Z_STREAM_ERROR);
    }
    const bool is_cut = code == Z_OK && in->used == in->size && *got < room;
    return code == Z_OK && !is_cut ? SPN_OK : fail_stream(in, code);
}

/* Up to `count` bytes; *got is less only at the end. */
static spn_status take(input *in, unsigned char *to, int64_t count, int64_t *got)
{
    spn_status status = SPN_OK;
    bool is_end = false;
    *got = 0;
    if (!in->is_gzip) {
        *got = count < in->size - in->used ? count : in->size - in->used;
        memcpy(to, in->bytes + in->used, (size_t)*got);
        in->used += *got;
        return SPN_OK;
    }
    while (*got < count && !is_end) {
        int64_t more = 0;
        SPN_TRY(spn_poll(in->context));
        SPN_TRY(inflate_some(in, to + *got, count - *got, &more, &is_end));
        *got += more;
    }
done:
    return status;
}

/* Nothing may be left; a gzip stream ends here with its checksum. */
static spn_status check_end(input *in, int64_t declared)
{
    spn_status status = SPN_OK;
    unsigned char beyond = 0;
    int64_t got = 0;
    SPN_TRY(take(in, &beyond, 1, &got));
    if (got > 0 || in->used < in->size) {
        SPN_FAIL(in->context, SPN_ERROR_INPUT, "%s holds more than the %lld bytes that it declares",
                 in->source, (long long)declared);
    }
done:
    return status;
}

/* What cannot be right may be what damage has made of it, and only the end of a gzip stream, with its checksum, tells: that
 * is the fault to name then. What does not end soon is left as it is. */
static spn_status blame_stream(input *in, spn_status status)
{
    unsigned char unread[4096];
    int64_t got = 1, total = 0;
    spn_error fault;
    if (status != SPN_ERROR_INPUT || !in->is_gzip || in->is_broken) {
        return status;
    }
    spn_error_get(in->context, &fault);
    while (got > 0 && total < UNREAD_MAX) {
        const spn_status stream = take(in, unread, sizeof unread, &got);
        if (stream != SPN_OK) {
            return stream;
        }
        total += got;
    }
    spn_error_set(in->context, &fault);
    return status;
}

/* ---- The file ---------------------------------------------------------------------------------- */

static bool find_type(unsigned char code, spni_number *number)
{
    static const struct {
        unsigned char code;
        spni_number number;
    } types[] = {{0x08, SPNI_U8},  {0x09, SPNI_I8},  {0x0B, SPNI_I16},
                 {0x0C, SPNI_I32}, {0x0D, SPNI_F32}, {0x0E, SPNI_F64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == code) {
            *number = types[i].number;
            return true;
        }
    }
    return false;
}

static spn_status read_magic(input *in, idx_file *file)
{
    spn_status status = SPN_OK;
    unsigned char magic[4] = {0};
    int64_t got = 0;
    SPN_TRY(take(in, magic, 4, &got));
    if (got < 4 || magic[0] != 0 || magic[1] != 0 || !find_type(magic[2], &file->number) ||
        magic[3] < 1 || magic[3] > SPN_IDX_RANK_MAX) {
        SPN_FAIL(in->context, SPN_ERROR_INPUT,
                 "%s is not an IDX file: it begins with %02x %02x %02x %02x%s, and 00 00, a type "
                 "(08, 09, 0b to 0e) and 1 to %d dimensions are expected (images: 00 00 08 03)",
                 in->source, magic[0], magic[1], magic[2], magic[3],
                 in->is_gzip ? " (decompressed)" : "", SPN_IDX_RANK_MAX);
    }
    file->view.rank = magic[3];
    file->view.are_bytes = file->number == SPNI_U8;
done:
    return status;
}

/* The sizes, whose product must be what follows. */
static spn_status read_shape(input *in, idx_file *file, int64_t *size)
{
    spn_status status = SPN_OK;
    unsigned char bytes[4 * SPN_IDX_RANK_MAX];
    const int64_t header = 4 * file->view.rank;
    int64_t got = 0;
    bool fits = true;
    SPN_TRY(take(in, bytes, header, &got));
    if (got < header) {
        SPN_FAIL(in->context, SPN_ERROR_INPUT, "%s ends within its header", in->source);
    }
    file->view.count = 1;
    for (int64_t d = 0; d < file->view.rank; d++) {
        file->view.shape[d] = (int64_t)spni_load_big(bytes + 4 * d, 4);
        fits = fits && spn_size_multiply(file->view.count, file->view.shape[d], &file->view.count);
    }
    fits = fits && spn_size_multiply(file->view.count, spni_number_size(file->number), size);
    const int64_t left = in->size - in->used;
    if (!fits || (in->is_gzip ? *size / DEFLATE_RATIO_MAX > in->size : *size > left)) {
        char shape[120];
        spni_shape_text(file->view.rank, file->view.shape, shape, sizeof shape);
        SPN_FAIL(in->context, SPN_ERROR_INPUT,
                 "%s declares %s numbers, and %lld %sbytes are there; fetch the file again",
                 in->source, shape, (long long)left, in->is_gzip ? "compressed " : "");
    }
    if (file->view.count == 0) {
        SPN_FAIL(in->context, SPN_ERROR_INPUT, "%s holds no numbers", in->source);
    }
done:
    return status;
}

static spn_status read_all(input *in, idx_file *file)
{
    spn_status status = SPN_OK;
    int64_t size = 0, got = 0;
    SPN_TRY(read_magic(in, file));
    SPN_TRY(read_shape(in, file, &size));
    SPN_NEW(in->context, file->items, size);
    SPN_TRY(take(in, file->items, size, &got));
    if (got < size) {
        SPN_FAIL(in->context, SPN_ERROR_INPUT, "%s declares %lld bytes and holds %lld", in->source,
                 (long long)size, (long long)got);
    }
    SPN_TRY(check_end(in, size));
done:
    return status;
}

spn_status spn_idx_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_idx **out)
{
    spn_status status = SPN_OK;
    idx_file *file = NULL;
    input in = {.context = context, .source = source, .bytes = bytes, .size = size};
    *out = NULL;
    SPN_TRY(input_open(&in));
    SPN_NEW(context, file, 1);
    file->source = spn_duplicate(context, source);
    if (file->source == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    file->view.source = file->source;
    SPN_TRY(blame_stream(&in, read_all(&in, file)));
    *out = &file->view;
    file = NULL;
done:
    input_close(&in);
    spn_idx_free(context, file != NULL ? &file->view : NULL);
    return status;
}

spn_status spn_idx_read(spn_context *context, const char *path, spn_idx **out)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_TRY(spni_file_read(context, path, &bytes, &size));
    SPN_TRY(spn_idx_parse(context, path, bytes, size, out));
done:
    spn_release(context, bytes);
    return status;
}

/* ---- Columns ----------------------------------------------------------------------------------- */

enum { BLOCK = 64 }; /* samples that are transposed together */

static double rescale(double value, spn_idx_scale scale)
{
    return (value / scale.divisor - scale.mean) / scale.deviation;
}

static void copy_bytes(const idx_file *file, int64_t width, int64_t count, const int64_t *picked,
                       const double *table, int64_t stride, double *x)
{
    for (int64_t i = 0; i < width; i++) {
        for (int64_t n = 0; n < count; n++) {
            x[i * stride + n] = table[file->items[picked[n] * width + i]];
        }
    }
}

static spn_status copy_numbers(spn_context *context, const idx_file *file, int64_t width,
                               int64_t count, const int64_t *picked, spn_idx_scale scale,
                               int64_t stride, double *x)
{
    const int64_t size = spni_number_size(file->number);
    for (int64_t n = 0; n < count; n++) {
        for (int64_t i = 0; i < width; i++) {
            double value = 0;
            (void)spni_numbers_decode(file->number, true,
                                      file->items + (picked[n] * width + i) * size, 1, &value);
            if (!isfinite(value)) {
                return spn_fail(context, SPN_ERROR_INPUT,
                                "%s: number %lld of sample %lld is not finite", file->view.source,
                                (long long)i + 1, (long long)picked[n] + 1);
            }
            x[i * stride + n] = rescale(value, scale);
        }
    }
    return SPN_OK;
}

spn_status spn_idx_columns(spn_context *context, const spn_idx *idx, int64_t count,
                           const int64_t *picked, spn_idx_scale scale, int64_t stride, double *x)
{
    spn_status status = SPN_OK;
    const idx_file *file = (const idx_file *)idx;
    const int64_t width = idx->count / idx->shape[0];
    double table[256];
    for (int value = 0; value < 256; value++) {
        table[value] = rescale(value, scale);
    }
    for (int64_t n = 0; n < count; n += BLOCK) {
        const int64_t block = count - n < BLOCK ? count - n : BLOCK;
        SPN_TRY(spn_poll(context));
        if (idx->are_bytes) {
            copy_bytes(file, width, block, picked + n, table, stride, x + n);
        } else {
            SPN_TRY(copy_numbers(context, file, width, block, picked + n, scale, stride, x + n));
        }
    }
done:
    return status;
}
