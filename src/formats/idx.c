/* SPDX-License-Identifier: MIT */
/* The numbers stay in their file. It is read once as a whole, which tells whether it is one, and again for the samples that are asked
 * for. */
#include <spinodal/formats/idx.h>

#include "formats/arrays.h"
#include "formats/input.h"
#include "formats/stream.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/** Deflate turns at most 258 bytes into 2 bits. */
#define DEFLATE_RATIO_MAX 1032

enum { BLOCK = 64 }; /* samples that are read and transposed together, at most */

typedef struct idx_file {
    spn_idx view; /* first: this is what users hold */
    char *source;
    spni_number number;
    spni_stream *stream;
    int64_t next;         /* the sample at which the stream is */
    unsigned char *items; /* of BLOCK samples */
} idx_file;

void spn_idx_free(spn_context *context, spn_idx *idx)
{
    idx_file *file = (idx_file *)idx;
    if (file != NULL) {
        spni_stream_close(context, file->stream);
        spn_release(context, file->source);
        spn_release(context, file->items);
        spn_release(context, file);
    }
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

static spn_status read_magic(spn_context *context, idx_file *file)
{
    spn_status status = SPN_OK;
    unsigned char magic[4] = {0};
    int64_t got = 0;
    SPN_TRY(spni_stream_read(context, file->stream, magic, 4, &got));
    if (got < 4 || magic[0] != 0 || magic[1] != 0 || !find_type(magic[2], &file->number) ||
        magic[3] < 1 || magic[3] > SPN_IDX_RANK_MAX) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s is not an IDX file: it begins with %02x %02x %02x %02x%s, and 00 00, a type "
                 "(08, 09, 0b to 0e) and 1 to %d dimensions are expected (images: 00 00 08 03)",
                 file->source, magic[0], magic[1], magic[2], magic[3],
                 spni_stream_is_packed(file->stream) ? " (decompressed)" : "", SPN_IDX_RANK_MAX);
    }
    file->view.rank = magic[3];
    file->view.are_bytes = file->number == SPNI_U8;
done:
    return status;
}

/* The sizes, whose product must be what follows. */
static spn_status read_shape(spn_context *context, idx_file *file, int64_t *size)
{
    spn_status status = SPN_OK;
    unsigned char bytes[4 * SPN_IDX_RANK_MAX];
    const int64_t header = 4 * file->view.rank;
    const bool is_packed = spni_stream_is_packed(file->stream);
    int64_t got = 0;
    bool fits = true;
    SPN_TRY(spni_stream_read(context, file->stream, bytes, header, &got));
    if (got < header) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s ends within its header", file->source);
    }
    file->view.count = 1;
    for (int64_t d = 0; d < file->view.rank; d++) {
        file->view.shape[d] = (int64_t)spni_load_big(bytes + 4 * d, 4);
        fits = fits && spn_size_multiply(file->view.count, file->view.shape[d], &file->view.count);
    }
    fits = fits && spn_size_multiply(file->view.count, spni_number_size(file->number), size);
    const int64_t left = spni_stream_left(file->stream), all = spni_stream_size(file->stream);
    if (!fits || (is_packed ? *size / DEFLATE_RATIO_MAX > all : *size > left)) {
        char shape[120];
        spni_shape_text(file->view.rank, file->view.shape, shape, sizeof shape);
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s declares %s numbers, and %lld %sbytes are there; fetch the file again",
                 file->source, shape, (long long)left, is_packed ? "compressed " : "");
    }
    if (file->view.count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds no numbers", file->source);
    }
done:
    return status;
}

/* Bytes of a sample. */
static int64_t sample_size(const idx_file *file)
{
    return file->view.count / file->view.shape[0] * spni_number_size(file->number);
}

/* Bytes of as many samples as are read together. */
static int64_t block_size(const idx_file *file)
{
    return (file->view.shape[0] < BLOCK ? file->view.shape[0] : BLOCK) * sample_size(file);
}

/* Everything that is declared is there, and nothing else; a gzip stream ends with its checksum. */
static spn_status read_rest(spn_context *context, idx_file *file, int64_t size)
{
    spn_status status = SPN_OK;
    const int64_t room = block_size(file);
    int64_t total = 0, got = room;
    unsigned char beyond = 0;
    file->view.key = (uint32_t)crc32(0, NULL, 0);
    SPN_NEW(context, file->items, room);
    while (total < size && got > 0) {
        const int64_t some = size - total < room ? size - total : room;
        SPN_TRY(spn_poll(context));
        SPN_TRY(spni_stream_read(context, file->stream, file->items, some, &got));
        file->view.key = (uint32_t)crc32_z(file->view.key, file->items, (size_t)got);
        total += got;
    }
    if (total < size) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s declares %lld bytes and holds %lld", file->source,
                 (long long)size, (long long)total);
    }
    SPN_TRY(spni_stream_read(context, file->stream, &beyond, 1, &got));
    if (got > 0 || spni_stream_left(file->stream) > 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds more than the %lld bytes that it declares",
                 file->source, (long long)size);
    }
    file->next = file->view.shape[0];
done:
    return status;
}

static spn_status read_all(spn_context *context, idx_file *file)
{
    spn_status status = SPN_OK;
    int64_t size = 0;
    SPN_TRY(read_magic(context, file));
    SPN_TRY(read_shape(context, file, &size));
    SPN_TRY(read_rest(context, file, size));
done:
    return status;
}

/* Takes the stream. */
static spn_status open_stream(spn_context *context, const char *source, spni_stream *stream,
                              spn_idx **out)
{
    spn_status status = SPN_OK;
    idx_file *file = NULL;
    SPN_NEW(context, file, 1);
    file->stream = stream;
    stream = NULL;
    file->source = spn_duplicate(context, source);
    if (file->source == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    file->view.source = file->source;
    SPN_TRY(spni_stream_blame(context, file->stream, read_all(context, file)));
    *out = &file->view;
    file = NULL;
done:
    spni_stream_close(context, stream);
    spn_idx_free(context, file != NULL ? &file->view : NULL);
    return status;
}

spn_status spn_idx_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_idx **out)
{
    spni_stream *stream = NULL;
    *out = NULL;
    const spn_status status = spni_stream_of(context, source, bytes, size, &stream);
    return status == SPN_OK ? open_stream(context, source, stream, out) : status;
}

spn_status spn_idx_read(spn_context *context, const char *path, spn_idx **out)
{
    spni_stream *stream = NULL;
    *out = NULL;
    const spn_status status = spni_stream_open(context, path, &stream);
    return status == SPN_OK ? open_stream(context, path, stream, out) : status;
}

/* ---- Columns ----------------------------------------------------------------------------------- */

static double rescale(double value, spn_idx_scale scale)
{
    return (value / scale.divisor - scale.mean) / scale.deviation;
}

static spn_status pass(spn_context *context, idx_file *file, unsigned char *to, int64_t size)
{
    int64_t got = 0;
    const spn_status status = spni_stream_read(context, file->stream, to, size, &got);
    if (status == SPN_OK && got < size) {
        return spni_file_fail_shorter(context, file->source);
    }
    return status;
}

/* The stream to sample n. */
static spn_status go_to(spn_context *context, idx_file *file, int64_t n)
{
    spn_status status = SPN_OK;
    if (n < file->next) {
        SPN_TRY(spni_stream_rewind(context, file->stream));
        SPN_TRY(pass(context, file, NULL, 4 + 4 * file->view.rank));
        file->next = 0;
    }
    if (n > file->next) {
        SPN_TRY(pass(context, file, NULL, (n - file->next) * sample_size(file)));
        file->next = n;
    }
done:
    return status;
}

/* Up to BLOCK samples to `items`: those that follow each other in the file at once. */
static spn_status fetch(spn_context *context, idx_file *file, int64_t count, const int64_t *picked)
{
    spn_status status = SPN_OK;
    const int64_t size = sample_size(file);
    for (int64_t n = 0, some = 0; n < count; n += some) {
        some = 1;
        while (n + some < count && picked[n + some] == picked[n] + some) {
            some++;
        }
        SPN_TRY(go_to(context, file, picked[n]));
        SPN_TRY(pass(context, file, file->items + n * size, some * size));
        file->next += some;
    }
done:
    return status;
}

static void copy_bytes(const idx_file *file, int64_t count, const spn_idx_part *part,
                       const double *table, double *x)
{
    const int64_t size = sample_size(file);
    for (int64_t i = 0; i < part->columns; i++) {
        const unsigned char *from = file->items + part->column + i;
        for (int64_t n = 0; n < count; n++) {
            x[i * part->stride + n] = table[from[n * size]];
        }
    }
}

static spn_status copy_numbers(spn_context *context, const idx_file *file, int64_t count,
                               const spn_idx_part *part, const int64_t *picked, spn_idx_scale scale,
                               double *x)
{
    const int64_t size = spni_number_size(file->number);
    for (int64_t n = 0; n < count; n++) {
        const unsigned char *from = file->items + n * sample_size(file) + part->column * size;
        for (int64_t i = 0; i < part->columns; i++) {
            double value = 0;
            (void)spni_numbers_decode(file->number, true, from + i * size, 1, &value);
            if (!isfinite(value)) {
                return spn_fail(context, SPN_ERROR_INPUT,
                                "%s: number %lld of sample %lld is not finite", file->view.source,
                                (long long)(part->column + i) + 1, (long long)picked[n] + 1);
            }
            x[i * part->stride + n] = rescale(value, scale);
        }
    }
    return SPN_OK;
}

spn_status spn_idx_take(spn_context *context, spn_idx *idx, const spn_idx_part *part,
                        spn_idx_scale scale, double *x)
{
    spn_status status = SPN_OK;
    idx_file *file = (idx_file *)idx;
    double table[256];
    for (int value = 0; value < 256; value++) {
        table[value] = rescale(value, scale);
    }
    const int64_t most = idx->shape[0] < BLOCK ? idx->shape[0] : BLOCK;
    for (int64_t n = 0; n < part->count; n += most) {
        const int64_t block = part->count - n < most ? part->count - n : most;
        const int64_t *picked = part->picked + n;
        SPN_TRY(spn_poll(context));
        SPN_TRY(spni_stream_check(context, file->stream));
        SPN_TRY(fetch(context, file, block, picked));
        if (idx->are_bytes) {
            copy_bytes(file, block, part, table, x + n);
        } else {
            SPN_TRY(copy_numbers(context, file, block, part, picked, scale, x + n));
        }
    }
done:
    return status;
}

spn_status spn_idx_columns(spn_context *context, spn_idx *idx, int64_t count, const int64_t *picked,
                           spn_idx_scale scale, int64_t stride, double *x)
{
    const spn_idx_part all = {
        .count = count, .picked = picked, .columns = idx->count / idx->shape[0], .stride = stride};
    return spn_idx_take(context, idx, &all, scale, x);
}
