/* SPDX-License-Identifier: MIT */
/* Columns of numbers, exact and small.
 *
 * Along a chain an observable is smooth, so that the polynomial through its last values says the first digits of the
 * next one. Each double is taken as an integer that grows with it (for positive ones that are its bits); what is kept is
 * the integer minus that of the prediction, which is computed in doubles, in the same order here and in assets/unpack.js:
 *
 *     order 0: 0    1: a    2: 2a - b    3: 3a - 3b + c    4: 4a - 6b + 4c - d      (a the last value, b the one before)
 *
 * Differences are written zigzag (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), and then byte planes: all lowest bytes, all
 * second ones, ..., since the high ones are zero nearly everywhere and cost nothing once deflated. The order is the one
 * whose differences have the fewest bits. 6400 points of Figure 2's sweep take 3 bytes a number in place of 8. */
#include "page/page.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

enum { ORDERS = 5 };

/* The bits of a double as an integer that grows with it, and of an integer as it is. */
static uint64_t rank_of(uint64_t bits, bool is_real)
{
    const uint64_t sign = (uint64_t)1 << 63;
    if (!is_real) {
        return bits;
    }
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

static double as_real(uint64_t bits)
{
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t as_bits(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The bits that the `order` numbers before row i predict; of the first rows, and where the polynomial has no value, the
 * bits of the last one. Integers are predicted by wrapping arithmetic. */
static uint64_t predict(const uint64_t *bits, int64_t i, int order, bool is_real)
{
    order = order > i ? (int)i : order;
    if (order == 0) {
        return 0;
    }
    const uint64_t last = bits[i - 1];
    if (order == 1) {
        return last;
    }
    if (!is_real) {
        return 2 * last - bits[i - 2];
    }
    const double a = as_real(last), b = as_real(bits[i - 2]);
    const double c = order > 2 ? as_real(bits[i - 3]) : 0, d = order > 3 ? as_real(bits[i - 4]) : 0;
    const double value = order == 2   ? 2 * a - b
                         : order == 3 ? 3 * a - 3 * b + c
                                      : 4 * a - 6 * b + 4 * c - d;
    return isfinite(value) ? as_bits(value) : last;
}

static uint64_t difference(const uint64_t *bits, int64_t i, int order, bool is_real)
{
    const uint64_t step =
        rank_of(bits[i], is_real) - rank_of(predict(bits, i, order, is_real), is_real);
    return step << 1 ^ (step >> 63 != 0 ? UINT64_MAX : 0);
}

static int64_t bit_length(uint64_t value)
{
    int64_t length = 0;
    while (value != 0) {
        length++;
        value >>= 1;
    }
    return length;
}

static int choose_order(int64_t rows, const uint64_t *bits, bool is_real)
{
    int best = 0;
    int64_t least = INT64_MAX;
    for (int order = 0; order < (is_real ? ORDERS : 3); order++) {
        int64_t cost = 0;
        for (int64_t i = 0; i < rows; i++) {
            cost += bit_length(difference(bits, i, order, is_real));
        }
        if (cost < least) {
            least = cost;
            best = order;
        }
    }
    return best;
}

static void encode_base64(const unsigned char *bytes, int64_t size, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int64_t at = 0;
    for (int64_t i = 0; i < size; i += 3) {
        const int64_t left = size - i;
        const unsigned a = bytes[i], b = left > 1 ? bytes[i + 1] : 0,
                       c = left > 2 ? bytes[i + 2] : 0;
        const unsigned group = a << 16 | b << 8 | c;
        out[at++] = digits[group >> 18];
        out[at++] = digits[group >> 12 & 63];
        out[at++] = left > 1 ? digits[group >> 6 & 63] : '=';
        out[at++] = left > 2 ? digits[group & 63] : '=';
    }
    out[at] = '\0';
}

/* The planes of all differences, deflated. */
static spn_status deflate_planes(spn_context *context, const unsigned char *planes, int64_t size,
                                 unsigned char **out, int64_t *out_size)
{
    spn_status status = SPN_OK;
    unsigned char *bytes = NULL;
    uLongf length = compressBound((uLong)size);
    SPN_NEW(context, bytes, (int64_t)length);
    if (compress2(bytes, &length, planes, (uLong)size, Z_BEST_COMPRESSION) != Z_OK) {
        SPN_FAIL(context, SPN_ERROR_MEMORY, "no memory to pack %lld numbers",
                 (long long)(size / 8));
    }
    *out = bytes;
    *out_size = (int64_t)length;
    bytes = NULL;
done:
    spn_release(context, bytes);
    return status;
}

spn_status spni_pack(spn_context *context, spn_arena *arena, int64_t rows, const void *first,
                     int64_t stride, bool is_real, spni_packed *out)
{
    spn_status status = SPN_OK;
    uint64_t *bits = NULL;
    unsigned char *planes = NULL, *deflated = NULL;
    char *text = NULL;
    int64_t size = 0;
    SPN_NEW(context, bits, rows);
    SPN_NEW(context, planes, 8 * rows);
    for (int64_t i = 0; i < rows; i++) {
        memcpy(&bits[i], (const char *)first + i * stride, sizeof bits[i]);
    }
    const int order = choose_order(rows, bits, is_real);
    for (int64_t i = 0; i < rows; i++) {
        const uint64_t kept = difference(bits, i, order, is_real);
        for (int64_t plane = 0; plane < 8; plane++) {
            planes[plane * rows + i] = (unsigned char)(kept >> (8 * plane) & 0xff);
        }
    }
    SPN_TRY(deflate_planes(context, planes, 8 * rows, &deflated, &size));
    const int64_t length = (size + 2) / 3 * 4;
    SPN_TAKE(context, arena, text, length + 1);
    encode_base64(deflated, size, text);
    *out = (spni_packed){order, length, text};
done:
    spn_release(context, deflated);
    spn_release(context, planes);
    spn_release(context, bits);
    return status;
}
