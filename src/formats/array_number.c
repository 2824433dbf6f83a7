/* SPDX-License-Identifier: MIT */
#include "formats/arrays.h"

#include <math.h>
#include <string.h>

int64_t spni_number_size(spni_number number)
{
    static const int64_t sizes[] = {
        [SPNI_F64] = 8, [SPNI_F32] = 4, [SPNI_F16] = 2,  [SPNI_BF16] = 2, [SPNI_I64] = 8,
        [SPNI_I32] = 4, [SPNI_I16] = 2, [SPNI_I8] = 1,   [SPNI_U64] = 8,  [SPNI_U32] = 4,
        [SPNI_U16] = 2, [SPNI_U8] = 1,  [SPNI_BOOL] = 1,
    };
    return sizes[number];
}

uint64_t spni_load_little(const unsigned char *bytes, int64_t size)
{
    uint64_t value = 0;
    for (int64_t i = size; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

uint64_t spni_load_big(const unsigned char *bytes, int64_t size)
{
    uint64_t value = 0;
    for (int64_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void spni_store_little(uint64_t value, unsigned char *bytes, int64_t size)
{
    for (int64_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i) & 0xFF);
    }
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double single_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static double half_of_bits(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 0x1F);
    double fraction = (double)(bits & 0x3FF);
    double size = 0.0;
    if (exponent == 0x1F) {
        size = fraction == 0.0 ? (double)INFINITY : (double)NAN;
    } else if (exponent == 0) {
        size = ldexp(fraction, -24);
    } else {
        size = ldexp(fraction + 1024.0, exponent - 25);
    }
    return copysign(size, (bits & 0x8000) != 0 ? -1.0 : 1.0);
}

/** Two's complement of `size` bytes. */
static int64_t signed_of_bits(uint64_t bits, int64_t size)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    uint64_t magnitude = (bits ^ sign) - sign; /* sign extension, modulo 2^64 */
    int64_t value;
    memcpy(&value, &magnitude, sizeof value);
    return value;
}

static double convert(spni_number number, uint64_t bits)
{
    switch (number) {
    case SPNI_F64:
        return double_of_bits(bits);
    case SPNI_F32:
        return single_of_bits((uint32_t)bits);
    case SPNI_F16:
        return half_of_bits(bits);
    case SPNI_BF16:
        return single_of_bits((uint32_t)bits << 16);
    case SPNI_I64:
    case SPNI_I32:
    case SPNI_I16:
    case SPNI_I8:
        return (double)signed_of_bits(bits, spni_number_size(number));
    case SPNI_BOOL:
        return bits != 0 ? 1.0 : 0.0;
    default:
        return (double)bits;
    }
}

/** Does the 64-bit integer need at most 53 significant bits? */
static bool is_exact(spni_number number, uint64_t bits)
{
    uint64_t magnitude = bits;
    if (number == SPNI_I64 && bits >> 63 != 0) {
        magnitude = 0 - bits;
    } else if (number != SPNI_I64 && number != SPNI_U64) {
        return true;
    }
    while (magnitude >> 53 != 0) {
        if ((magnitude & 1) != 0) {
            return false;
        }
        magnitude >>= 1;
    }
    return true;
}

int64_t spni_numbers_decode(spni_number number, bool is_big_endian, const unsigned char *bytes,
                            int64_t count, double *values)
{
    int64_t size = spni_number_size(number);
    for (int64_t i = 0; i < count; i++) {
        const unsigned char *at = bytes + i * size;
        uint64_t bits = is_big_endian ? spni_load_big(at, size) : spni_load_little(at, size);
        if (!is_exact(number, bits)) {
            return i;
        }
        if (values != NULL) {
            values[i] = convert(number, bits);
        }
    }
    return -1;
}

void spni_numbers_encode(const double *values, int64_t count, unsigned char *bytes)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        spni_store_little(bits, bytes + 8 * i, 8);
    }
}
