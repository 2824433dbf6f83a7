/* SPDX-License-Identifier: MIT */
/** @file test_npy.c  NPY data, byte by byte: every type, both byte orders, both index orders, refusals. */
#include "support.h"

#include "array_case.h"
#include "formats/arrays.h"
#include <float.h>
#include <stdio.h>

static spn_context *context;

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/** Put NPY data together: magic, version 1.0, the header as given, the data. Returns the size. */
static int64_t make_npy(const char *header, const void *data, size_t size, unsigned char *out)
{
    size_t length = strlen(header);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (unsigned char)(length & 0xFF);
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + 10, header, length);
    if (size > 0) {
        memcpy(out + 10 + length, data, size);
    }
    return (int64_t)(10 + length + size);
}

static spn_status parse(const char *header, const void *data, size_t size, spn_arrays **out)
{
    unsigned char bytes[2048];
    int64_t count = make_npy(header, data, size, bytes);
    /* A block of exactly this size, so that the address sanitizer sees a read beyond it. */
    unsigned char *exact = malloc((size_t)count);
    assert_non_null(exact);
    memcpy(exact, bytes, (size_t)count);
    spn_status status = spn_arrays_parse(context, "a.npy", exact, count, out);
    free(exact);
    return status;
}

/** Two numbers of a type: little-endian bytes, and what they are (by the definition of the type). */
static const struct {
    const char *type;
    size_t size;
    unsigned char bytes[16];
    double values[2];
} types[] = {
    {"f8", 8, {0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 1}, {1.5, 0x1p-1074}},
    {"f4", 4, {0, 0, 0xC0, 0xBF, 0xFF, 0xFF, 0x7F, 0x7F}, {-1.5, 0x1.fffffep127}},
    {"f2", 2, {0x01, 0x00, 0xFF, 0xFB}, {0x1p-24, -65504}},
    {"i8", 8, {0, 0, 0, 0, 0, 0, 0, 0x80, 0xFE, 255, 255, 255, 255, 255, 255, 255}, {-0x1p63, -2}},
    {"i4", 4, {0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0x7F}, {-2147483648.0, 2147483647.0}},
    {"i2", 2, {0, 0x80, 0xFF, 0x7F}, {-32768, 32767}},
    {"u8",
     8,
     {0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0xF8, 255, 255, 255, 255, 255, 255},
     {0x1p63, 0x1.fffffffffffffp63}},
    {"u4", 4, {0xFF, 0xFF, 0xFF, 0xFF, 1}, {4294967295.0, 1}},
    {"u2", 2, {0xFF, 0xFF, 1}, {65535, 1}},
    {"i1", 1, {0x80, 0x7F}, {-128, 127}},
    {"u1", 1, {0xFF, 2}, {255, 2}},
    {"b1", 1, {0, 1}, {0, 1}},
};

static void check_type(size_t index, char order)
{
    char header[128];
    unsigned char data[16];
    size_t size = types[index].size;
    for (size_t i = 0; i < 2 * size; i++) {
        size_t in_number = i % size;
        size_t from = order == '>' ? size - 1 - in_number : in_number;
        data[i] = types[index].bytes[i - in_number + from];
    }
    snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (2,), }\n",
             order, types[index].type);
    spn_arrays *arrays = NULL;
    check_ok(context, parse(header, data, 2 * size, &arrays));
    assert_int_equal(arrays->count, 1);
    assert_string_equal(arrays->items[0].name, "arr_0");
    assert_int_equal(arrays->items[0].rank, 1);
    assert_int_equal(arrays->items[0].shape[0], 2);
    assert_memory_equal(arrays->items[0].values, types[index].values, sizeof types[index].values);
    spn_arrays_free(context, arrays);
}

static void test_every_type_in_both_byte_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        check_type(i, '<');
        check_type(i, '>');
        if (types[i].size == 1) {
            check_type(i, '|');
        }
    }
}

/** Exact by construction: sign, exponent and fraction of all 65536 half-precision numbers. */
static void test_every_half_precision_number(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 65536; bits++) {
        unsigned char bytes[2] = {(unsigned char)(bits & 0xFF), (unsigned char)(bits >> 8)};
        double value = 0, sign = bits >> 15 != 0 ? -1 : 1;
        unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
        assert_int_equal(spni_numbers_decode(SPNI_F16, false, bytes, 1, &value), -1);
        assert_int_equal(signbit(value) != 0, sign < 0);
        if (exponent == 31) {
            assert_true(fraction == 0 ? isinf(value) : isnan(value));
        } else if (exponent == 0) {
            assert_true(value == sign * fraction / 16777216.0);
        } else {
            assert_true(value == sign * pow(2, exponent - 15.0) * (1 + fraction / 1024.0));
        }
    }
}

static void test_special_doubles_keep_their_bits(void **state)
{
    (void)state;
    const uint64_t bits[] = {0x7FF8000000000001, 0xFFF0000000000000, 0x8000000000000000,
                             0x7FF4000000000002};
    unsigned char bytes[sizeof bits];
    double values[4];
    for (size_t i = 0; i < 4; i++) {
        spni_store_little(bits[i], bytes + 8 * i, 8);
    }
    assert_int_equal(spni_numbers_decode(SPNI_F64, false, bytes, 4, values), -1);
    assert_memory_equal(values, bits, sizeof bits);
}

static void test_integers_beyond_doubles_are_refused(void **state)
{
    (void)state;
    spn_arrays *arrays = NULL;
    /* 0 and 2^53 + 1; 2^53 + 2 is fine. */
    unsigned char data[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x20, 0};
    const char *header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}";
    const char *negative = "{'descr': '<u8', 'fortran_order': False, 'shape': (2,)}";
    check_fails(context, parse(header, data, 16, &arrays), SPN_ERROR_INPUT,
                "a.npy: 'arr_0' holds an integer that no double equals (item 1, from 0)");
    check_fails(context, parse(negative, data, 16, &arrays), SPN_ERROR_INPUT, "item 1");
    data[8] = 2;
    check_ok(context, parse(header, data, 16, &arrays));
    assert_true(arrays->items[0].values[1] == 9007199254740994.0);
    spn_arrays_free(context, arrays);
    memset(data, 0xFF, sizeof data); /* -1 as i8, 2^64 - 1 as u8 */
    check_ok(context, parse(header, data, 16, &arrays));
    assert_true(arrays->items[0].values[1] == -1);
    spn_arrays_free(context, arrays);
    check_fails(context, parse(negative, data, 16, &arrays), SPN_ERROR_INPUT, "item 0");
}

/** Item (i, j, k) holds 100 i + 10 j + k in either order. */
static void test_fortran_order(void **state)
{
    (void)state;
    unsigned char data[24];
    size_t used = 0;
    for (int k = 0; k < 4; k++) {
        for (int j = 0; j < 3; j++) {
            for (int i = 0; i < 2; i++) {
                data[used++] = (unsigned char)(100 * i + 10 * j + k);
            }
        }
    }
    spn_arrays *arrays = NULL;
    check_ok(context, parse("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", data, 24,
                            &arrays));
    for (int at = 0; at < 24; at++) {
        int i = at / 12, j = at / 4 % 3, k = at % 4;
        assert_true(arrays->items[0].values[at] == 100 * i + 10 * j + k);
    }
    spn_arrays_free(context, arrays);
}

static void test_headers_that_are_accepted(void **state)
{
    (void)state;
    const double one = 1;
    spn_arrays *arrays = NULL;
    check_ok(context,
             parse("{\"shape\":(),'fortran_order':True,\"descr\":'<f8'}   \n", &one, 8, &arrays));
    assert_int_equal(arrays->items[0].rank, 0);
    assert_true(arrays->items[0].values[0] == 1);
    spn_arrays_free(context, arrays);
    check_ok(context,
             parse("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 0), }", NULL, 0, &arrays));
    assert_int_equal(arrays->items[0].rank, 2);
    assert_int_equal(arrays->items[0].count, 0);
    spn_arrays_free(context, arrays);
}

static void test_headers_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *fragment;
    } cases[] = {
        {"", "its header is no dictionary"},
        {"[]", "its header is no dictionary"},
        {"{'descr'", "its header is no dictionary"},
        {"{'descr: '<f8'}", "no dictionary"},
        {"{'descr': '<f8' 'shape': (1,)}", "no dictionary"},
        {"{}", "lacks descr, fortran_order or shape"},
        {"{'descr': '<f8', 'shape': (1,)}", "lacks descr, fortran_order or shape"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} 1", "goes on after"},
        {"{'descr': '<f8', 'descr': '<f8', 'shape': (1,)}", "has twice the key 'descr'"},
        {"{'color': 1}", "has an unknown key 'color'"},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", "holds items of type <c16"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "holds Python objects"},
        {"{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}", "holds items of type |f8"},
        {"{'descr': 'f8', 'fortran_order': False, 'shape': (1,)}", "holds items of type f8"},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}",
         "holds items of type a structure"},
        {"{'descr': '<U0', 'fortran_order': False, 'shape': (1,)}", "holds items of type <U0"},
        {"{'descr': '|U2', 'fortran_order': False, 'shape': (1,)}", "holds items of type |U2"},
        {"{'descr': '<Ux', 'fortran_order': False, 'shape': (1,)}", "holds items of type <Ux"},
        {"{'descr': '<U99999999999999999999', 'fortran_order': False, 'shape': (1,)}",
         "holds items of type <U99999999999999999999"},
        {"{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}",
         "its shape 1 needs 4 bytes of data, there are 8"},
        {"{'descr': '|S1', 'fortran_order': False, 'shape': (9223372036854775807,)}",
         "needs more than any file has of data"},
        {"{'descr': '<U1', 'fortran_order': True, 'shape': (2, 1)}", "strings in Fortran order"},
        {"{'descr': [('a', '<f8'", "no dictionary"},
        {"{'descr': [('a', '<f8)]", "no dictionary"},
        {"{'fortran_order': 1}", "fortran_order is neither True nor False"},
        {"{'shape': 3}", "no valid shape"},
        {"{'shape': (3)}", "no valid shape"},
        {"{'shape': (-1,)}", "no valid shape"},
        {"{'shape': (1 2)}", "no valid shape"},
        {"{'shape': (,)}", "no valid shape"},
        {"{'shape': (1,", "no valid shape"},
        {"{'shape': (99999999999999999999,)}", "no valid shape"},
        {"{'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
         "more than 32 dimensions"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         "needs more than any file has of data"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2305843009213693952,)}",
         "needs more than any file has of data"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1000000000000)}",
         "its shape 2 x 1000000000000 needs 16000000000000 bytes of data, there are 8"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': ()}x", "goes on after"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
         "its shape a single number needs 4 bytes of data, there are 8"},
    };
    const double one = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spn_arrays *arrays = NULL;
        check_fails(context, parse(cases[i].header, &one, 8, &arrays), SPN_ERROR_INPUT,
                    cases[i].fragment);
        assert_null(arrays);
    }
}

static void test_versions(void **state)
{
    (void)state;
    const char *header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}";
    unsigned char first[256], bytes[256];
    unsigned char seven = 7;
    int64_t size = make_npy(header, &seven, 1, first);
    for (int version = 2; version <= 3; version++) {
        memcpy(bytes, first, 10);
        bytes[6] = (unsigned char)version;
        bytes[10] = bytes[11] = 0;
        memcpy(bytes + 12, first + 10, (size_t)size - 10);
        spn_arrays *arrays = NULL;
        check_ok(context, spn_npy_parse(context, "a", bytes, size + 2, &arrays));
        assert_true(arrays->items[0].values[0] == 7);
        spn_arrays_free(context, arrays);
    }
    spn_arrays *arrays = NULL;
    bytes[6] = 4;
    check_fails(context, spn_npy_parse(context, "a", bytes, size + 2, &arrays), SPN_ERROR_INPUT,
                "a is NPY data of the unknown version 4.0");
    bytes[6] = 3;
    bytes[11] = 0x80;
    check_fails(context, spn_npy_parse(context, "a", bytes, size + 2, &arrays), SPN_ERROR_INPUT,
                "a is cut off within its header");
}

/** No prefix and no changed byte may do more than fail with a message. */
static void test_truncation_and_corruption(void **state)
{
    (void)state;
    const double data[] = {1, 2};
    unsigned char bytes[256];
    int64_t size = make_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }\n", data,
                            sizeof data, bytes);
    for (int64_t cut = 0; cut < size; cut++) {
        unsigned char *exact = malloc(cut > 0 ? (size_t)cut : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, (size_t)cut);
        spn_arrays *arrays = NULL;
        check_fails(context, spn_npy_parse(context, "cut", exact, cut, &arrays), SPN_ERROR_INPUT,
                    "cut");
        free(exact);
    }
    for (int64_t at = 0; at < size; at++) {
        for (int flip = 1; flip < 256; flip++) {
            spn_arrays *arrays = NULL;
            bytes[at] ^= (unsigned char)flip;
            spn_status status = spn_npy_parse(context, "flip", bytes, size, &arrays);
            assert_true(status == SPN_OK || status == SPN_ERROR_INPUT);
            assert_int_equal(status == SPN_OK, spn_error_text(context)[0] == '\0');
            spn_arrays_free(context, arrays);
            spn_error_clear(context);
            bytes[at] ^= (unsigned char)flip;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_type_in_both_byte_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_half_precision_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_special_doubles_keep_their_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integers_beyond_doubles_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fortran_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_that_are_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_and_corruption, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
