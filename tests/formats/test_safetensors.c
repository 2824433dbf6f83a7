/* SPDX-License-Identifier: MIT */
/** @file test_safetensors.c  safetensors files, byte by byte: every type, the exact bytes written, refusals. */
#include "support.h"

#include "array_case.h"
#include "formats/arrays.h"
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

static spn_status parse(const char *header, const void *data, size_t size, spn_arrays **out)
{
    size_t length = strlen(header), total = 8 + length + size;
    unsigned char *exact = malloc(total);
    assert_non_null(exact);
    spni_store_little(length, exact, 8);
    memcpy(exact + 8, header, length);
    if (size > 0) {
        memcpy(exact + 8 + length, data, size);
    }
    spn_status status = spn_arrays_parse(context, "a.safetensors", exact, (int64_t)total, out);
    free(exact);
    return status;
}

static void test_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        size_t size;
        unsigned char bytes[16];
        double values[2];
    } types[] = {
        {"F64", 8, {0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 1}, {1.5, 0x1p-1074}},
        {"F32", 4, {0, 0, 0xC0, 0xBF, 1}, {-1.5, 0x1p-149}},
        {"F16", 2, {0, 0x3E, 0, 0xC0}, {1.5, -2}},
        {"BF16", 2, {0xC0, 0x3F, 1, 0x80}, {1.5, -0x1p-133}},
        {"I64", 8, {255, 255, 255, 255, 255, 255, 255, 255, 7}, {-1, 7}},
        {"I32", 4, {0xFE, 255, 255, 255, 7}, {-2, 7}},
        {"I16", 2, {0, 0x80, 7}, {-32768, 7}},
        {"I8", 1, {0x80, 7}, {-128, 7}},
        {"U64", 8, {0, 0, 0, 0, 0, 0, 0, 0x80, 7}, {0x1p63, 7}},
        {"U32", 4, {255, 255, 255, 255, 7}, {4294967295.0, 7}},
        {"U16", 2, {255, 255, 7}, {65535, 7}},
        {"U8", 1, {255, 7}, {255, 7}},
        {"BOOL", 1, {1, 0}, {1, 0}},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{\"a\":{\"dtype\":\"%s\",\"shape\":[2,1],\"data_offsets\":[0,%d]}}",
                 types[i].type, (int)(2 * types[i].size));
        spn_arrays *arrays = NULL;
        check_ok(context, parse(header, types[i].bytes, 2 * types[i].size, &arrays));
        assert_int_equal(arrays->items[0].rank, 2);
        assert_memory_equal(arrays->items[0].values, types[i].values, sizeof types[i].values);
        spn_arrays_free(context, arrays);
    }
}

/** The header may list arrays in another order than the data, hold metadata and be padded. */
static void test_order_metadata_padding(void **state)
{
    (void)state;
    spn_arrays *arrays = NULL;
    check_ok(context, parse("{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
                            "\"__metadata__\":{\"format\":\"pt\"},"
                            "\"none\":{\"dtype\":\"F64\",\"shape\":[0,4],\"data_offsets\":[1,1]},"
                            "\"a\":{\"data_offsets\":[0,1],\"shape\":[],\"dtype\":\"U8\"}}   ",
                            "\1\2\3", 3, &arrays));
    assert_int_equal(arrays->count, 3);
    assert_string_equal(arrays->items[0].name, "b");
    assert_true(arrays->items[0].values[0] == 2 && arrays->items[0].values[1] == 3);
    assert_int_equal(spn_arrays_find(arrays, "none")->count, 0);
    assert_true(spn_arrays_find(arrays, "a")->values[0] == 1);
    assert_int_equal(spn_arrays_find(arrays, "a")->rank, 0);
    assert_null(spn_arrays_find(arrays, "__metadata__"));
    spn_arrays_free(context, arrays);
}

static void test_the_bytes_written(void **state)
{
    (void)state;
    const int64_t shape[] = {1, 2};
    const double values[] = {1, -2};
    const spn_named_array items[] = {
        {.name = "w\"\\\n\xC3\xA9", .rank = 2, .shape = shape, .count = 2, .values = values},
        {.name = "s", .rank = 0, .shape = shape, .count = 1, .values = values}};
    const spn_arrays arrays = {.count = 2, .items = items};
    const char *header =
        "{\"w\\\"\\\\\\u000a\xC3\xA9\":{\"dtype\":\"F64\",\"shape\":[1,2],\"data_offsets\":[0,16]},"
        "\"s\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[16,24]}}";
    const unsigned char data[] = {0, 0, 0, 0,    0, 0, 0xF0, 0x3F, 0, 0, 0,    0,
                                  0, 0, 0, 0xC0, 0, 0, 0,    0,    0, 0, 0xF0, 0x3F};
    unsigned char *bytes = NULL;
    int64_t size = 0;
    check_ok(context, spni_safetensors_build(context, &arrays, &bytes, &size));
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    assert_int_equal(size, 8 + padded + sizeof data);
    assert_int_equal(spni_load_little(bytes, 8), padded);
    assert_memory_equal(bytes + 8, header, length);
    for (size_t i = length; i < padded; i++) {
        assert_int_equal(bytes[8 + i], ' ');
    }
    assert_memory_equal(bytes + 8 + padded, data, sizeof data);
    spn_arrays *again = NULL;
    check_ok(context, spn_arrays_parse(context, "again", bytes, size, &again));
    assert_true(arrays_are_equal(&arrays, again));
    spn_arrays_free(context, again);
    spn_release(context, bytes);
}

#define U8(name, shape, begin, end)                                                                \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"

static void test_headers_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *fragment;
    } cases[] = {
        {"[]", "no header follows the first 8 bytes"},
        {"{", "its header is not valid JSON"},
        {"{} x", "its header is not valid JSON"},
        {"{" U8("a", "2", "0", "2") "," U8("a", "2", "0", "2") "}", "duplicate object key"},
        {"{}", "holds no arrays"},
        {"{\"__metadata__\":{}}", "holds no arrays"},
        {"{\"__metadata__\":{\"a\":1}}", "may hold texts only"},
        {"{\"__metadata__\":[]}", "may hold texts only"},
        {"{\"a\":1}", "array 'a' needs dtype, shape and data_offsets, nothing else"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2]}}", "needs dtype, shape and data_offsets"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2],\"x\":1}}", "nothing else"},
        {"{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}",
         "array 'a' has the dtype F8_E4M3; known are"},
        {"{\"a\":{\"dtype\":8,\"shape\":[2],\"data_offsets\":[0,2]}}", "has the dtype nothing"},
        {"{" U8("a", "-2", "0", "2") "}", "its shape is no list"},
        {"{" U8("a", "2.0", "0", "2") "}", "its shape is no list"},
        {"{" U8("a", "\"2\"", "0", "2") "}", "its shape is no list"},
        {"{" U8("a", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2", "0",
                "2") "}",
         "its shape is no list of at most 32 sizes"},
        {"{" U8("a", "99999999999999999999", "0", "2") "}", "too big integer"},
        {"{" U8("a", "2", "2", "0") "}", "its data_offsets are no pair [begin, end]"},
        {"{" U8("a", "2", "-1", "1") "}", "its data_offsets are no pair"},
        {"{" U8("a", "2", "0", "1,2") "}", "its data_offsets are no pair"},
        {"{" U8("a", "3", "0", "3") "}", "ends at byte 3 of the data, there are 2"},
        {"{" U8("a", "2", "9223372036854775807", "9223372036854775807") "}", "ends at byte"},
        {"{" U8("a", "3", "0", "2") "}", "its shape 3 does not fit its 2 bytes of data"},
        {"{" U8("a", "4611686018427387904,4", "0", "2") "}", "does not fit its 2 bytes"},
        {"{" U8("a", "2305843009213693952", "0", "2") "}", "does not fit its 2 bytes"},
        {"{" U8("a", "1", "1", "2") "}",
         "array 'a' begins at byte 1 of the data, but the data before it end at 0"},
        {"{" U8("a", "2", "0", "2") "," U8("b", "1", "1", "2") "}", "array 'b' begins at byte 1"},
        {"{" U8("a", "1", "0", "1") "}", "1 bytes after the last array"},
        {"{" U8("", "2", "0", "2") "}", "a name must have 1 to 255 bytes"},
        {"{" U8("\\u0000", "2", "0", "2") "}", "not valid JSON"},
        {"{\"\xFF\":1}", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spn_arrays *arrays = NULL;
        check_fails(context, parse(cases[i].header, "ab", 2, &arrays), SPN_ERROR_INPUT,
                    cases[i].fragment);
        assert_null(arrays);
    }
}

static void test_deep_json(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *header = malloc(2 * DEPTH + 16);
    assert_non_null(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    memset(header + 5 + DEPTH, ']', DEPTH);
    memcpy(header + 5 + 2 * DEPTH, "}", 2);
    spn_arrays *arrays = NULL;
    check_fails(context, parse(header, NULL, 0, &arrays), SPN_ERROR_INPUT, "not valid JSON");
    free(header);
}

static void test_integers_beyond_doubles_are_refused(void **state)
{
    (void)state;
    const unsigned char data[] = {1, 0, 0, 0, 0, 0, 0x20, 0}; /* 2^53 + 1 */
    spn_arrays *arrays = NULL;
    check_fails(
        context,
        parse("{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", data, 8, &arrays),
        SPN_ERROR_INPUT, "array 'a': item 0 (from 0) is an integer that no double equals");
}

static void test_header_lengths(void **state)
{
    (void)state;
    static const unsigned char lengths[][8] = {
        {4}, {0, 0, 0, 0, 0, 0, 0, 0x80}, {255, 255, 255, 255, 255, 255, 255, 255}};
    unsigned char bytes[11] = {0};
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes, lengths[i], 8);
        memcpy(bytes + 8, "{} ", 3);
        spn_arrays *arrays = NULL;
        check_fails(context, spn_safetensors_parse(context, "s", bytes, 11, &arrays),
                    SPN_ERROR_INPUT, "s declares a header of ");
    }
    spn_arrays *arrays = NULL;
    memset(bytes, 0, 8);
    check_fails(context, spn_safetensors_parse(context, "s", bytes, 11, &arrays), SPN_ERROR_INPUT,
                "s is not a safetensors file");
}

static void test_truncation_and_corruption(void **state)
{
    (void)state;
    const char *header = "{" U8("a", "1,2", "0", "2") "," U8("b", "1", "2", "3") "}";
    unsigned char bytes[256];
    int64_t size = 8 + (int64_t)strlen(header) + 3;
    spni_store_little(strlen(header), bytes, 8);
    memcpy(bytes + 8, header, strlen(header));
    memcpy(bytes + size - 3, "abc", 3);
    for (int64_t cut = 0; cut < size; cut++) {
        unsigned char *exact = malloc(cut > 0 ? (size_t)cut : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, (size_t)cut);
        spn_arrays *arrays = NULL;
        check_fails(context, spn_safetensors_parse(context, "cut", exact, cut, &arrays),
                    SPN_ERROR_INPUT, "cut");
        free(exact);
    }
    for (int64_t at = 0; at < size; at++) {
        for (int flip = 1; flip < 256; flip++) {
            spn_arrays *arrays = NULL;
            bytes[at] ^= (unsigned char)flip;
            spn_status status = spn_safetensors_parse(context, "flip", bytes, size, &arrays);
            assert_true(status == SPN_OK || status == SPN_ERROR_INPUT);
            assert_int_equal(status == SPN_OK, spn_error_text(context)[0] == '\0');
            spn_arrays_free(context, arrays);
            spn_error_clear(context);
            bytes[at] ^= (unsigned char)flip;
        }
    }
}

static spn_status round_trip(spn_context *failing, void *state)
{
    spn_status status = SPN_OK;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    spn_arrays *again = NULL;
    SPN_TRY(spni_safetensors_build(failing, state, &bytes, &size));
    SPN_TRY(spn_arrays_parse(failing, "again", bytes, size, &again));
done:
    spn_arrays_free(failing, again);
    spn_release(failing, bytes);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const int64_t shape[] = {2};
    const double values[] = {1, 2};
    const spn_named_array items[] = {{"a", 1, shape, 2, values}, {"b", 1, shape, 2, values}};
    spn_arrays arrays = {.count = 2, .items = items};
    assert_true(support_fail_each_allocation(round_trip, &arrays) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_metadata_padding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_bytes_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integers_beyond_doubles_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_and_corruption, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
