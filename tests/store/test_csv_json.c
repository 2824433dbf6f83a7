/* SPDX-License-Identifier: MIT */
/* CSV and JSON out: exact texts. Tables of earlier versions. */
#include "support.h"

#include <spinodal/store.h>
#include <stdio.h>

typedef struct row {
    int64_t point, direction;
    double beta;
} row;
static const char *const directions[] = {"up", "down, \"fast\"", NULL};
static const spn_column items[] = {
    {"point", SPN_COLUMN_INTEGER, offsetof(row, point), "", "", NULL, NULL},
    {"direction", SPN_COLUMN_INTEGER, offsetof(row, direction), "", "", directions, NULL},
    {"beta", SPN_COLUMN_REAL, offsetof(row, beta), "", "", NULL, NULL},
};
static const spn_columns columns = {items, 3, sizeof(row)};
static const row rows[] = {{0, 0, 0.1}, {1, 1, (double)NAN}, {-2, 7, 1e300}};
static const spn_table table = {"points", &columns, 3, rows};

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

static void test_csv(void **state)
{
    (void)state;
    spn_text_buffer text = {0};
    check_ok(context, spn_table_write_csv(context, &table, spn_sink_buffer(&text)));
    assert_string_equal(text.text, "point,direction,beta\n"
                                   "0,up,0.1\n"
                                   "1,\"down, \"\"fast\"\"\",\n"
                                   "-2,7,1e+300\n");
    assert_int_equal(strlen(text.text), text.size);
    spn_release(context, text.text);
}

/* Texts come first, and only those of this table with as many rows. */
static void test_csv_with_texts(void **state)
{
    (void)state;
    spn_text_buffer text = {0};
    static const char *const names[] = {"one", "2 modes, 4 merged", "x"};
    const spn_text_column texts[] = {{"other", "name", 3, names, ""},
                                     {"points", "name", 3, names, ""},
                                     {"points", "short", 2, names, ""}};
    const spn_results results = {.kind = "example", .text_column_count = 3, .text_columns = texts};
    check_ok(context, spn_results_write_csv(context, &results, &table, spn_sink_buffer(&text)));
    assert_string_equal(text.text, "name,point,direction,beta\n"
                                   "one,0,up,0.1\n"
                                   "\"2 modes, 4 merged\",1,\"down, \"\"fast\"\"\",\n"
                                   "x,-2,7,1e+300\n");
    spn_release(context, text.text);
}

/* A row's cells beside something else. */
static void test_json_cells(void **state)
{
    (void)state;
    spn_text_buffer text = {0};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "name", "one");
    spn_json_cells(&json, &table, 0);
    spn_json_end_object(&json);
    check_ok(context, spn_json_end_document(&json));
    assert_string_equal(text.text, "{\n  \"name\": \"one\",\n  \"point\": 0,\n"
                                   "  \"direction\": \"up\",\n  \"beta\": 0.1\n}\n");
    spn_release(context, text.text);
}

static void test_json(void **state)
{
    (void)state;
    spn_text_buffer text = {0};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_object(&json, NULL);
    spn_json_real(&json, "real", 0.1);
    spn_json_real(&json, "nan", (double)NAN);
    spn_json_real(&json, "infinite", -(double)HUGE_VAL);
    spn_json_integer(&json, "integer", INT64_MIN);
    spn_json_boolean(&json, "yes", true);
    spn_json_text(&json, "text", "a\"\\\n\x01 \xC3\xA4 \xFF\xE2\x82");
    spn_json_text(&json, "absent", NULL);
    spn_json_begin_list(&json, "empty");
    spn_json_end_list(&json);
    spn_json_begin_list(&json, "rows");
    spn_json_record(&json, NULL, &table, 1);
    spn_json_real(&json, NULL, -0.0);
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    check_ok(context, spn_json_end_document(&json));
    assert_string_equal(text.text, "{\n"
                                   "  \"real\": 0.1,\n"
                                   "  \"nan\": null,\n"
                                   "  \"infinite\": null,\n"
                                   "  \"integer\": -9223372036854775808,\n"
                                   "  \"yes\": true,\n"
                                   "  \"text\": \"a\\\"\\\\\\n\\u0001 \xC3\xA4 \xEF\xBF\xBD"
                                   "\xEF\xBF\xBD\xEF\xBF\xBD\",\n"
                                   "  \"absent\": null,\n"
                                   "  \"empty\": [],\n"
                                   "  \"rows\": [\n"
                                   "    {\n"
                                   "      \"point\": 1,\n"
                                   "      \"direction\": \"down, \\\"fast\\\"\",\n"
                                   "      \"beta\": null\n"
                                   "    },\n"
                                   "    -0\n"
                                   "  ]\n"
                                   "}\n");
    spn_release(context, text.text);
}

/* Every real reads back to the same bits, and output longer than the writer's buffer is whole. */
static void test_json_numbers(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    spn_text_buffer text = {0};
    spn_json json;
    uint64_t bits = 0x9E3779B97F4A7C15u;
    double values[COUNT];
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_list(&json, NULL);
    for (int i = 0; i < COUNT; i++) {
        do {
            bits = bits * 6364136223846793005u + 1442695040888963407u;
            memcpy(&values[i], &bits, sizeof bits);
        } while (!isfinite(values[i]));
        spn_json_real(&json, NULL, values[i]);
    }
    spn_json_end_list(&json);
    check_ok(context, spn_json_end_document(&json));
    const char *place = text.text + 1;
    for (int i = 0; i < COUNT; i++) {
        char *end = NULL;
        double value = strtod(place, &end);
        assert_memory_equal(&value, &values[i], sizeof value);
        place = end + 1;
    }
    assert_string_equal(place, "]\n");
    spn_release(context, text.text);
}

/* UTF-8 that is not: overlong, surrogate, beyond U+10FFFF, cut; each wrong byte becomes U+FFFD. */
static void test_json_utf8(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                        "\xE2\x82", "\x80",         "\xF5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        spn_text_buffer text = {0};
        char expected[64] = "\"";
        spn_json json;
        for (size_t k = 0; k < strlen(wrong[i]); k++) {
            strcat(expected, "\xEF\xBF\xBD");
        }
        strcat(expected, "\"\n");
        spn_json_begin(&json, context, spn_sink_buffer(&text));
        spn_json_text(&json, NULL, wrong[i]);
        check_ok(context, spn_json_end_document(&json));
        assert_string_equal(text.text, expected);
        spn_release(context, text.text);
    }
    spn_text_buffer text = {0};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_text(&json, NULL, "\xF0\x9F\x98\x80\xEF\xBF\xBF\xE0\xA0\x80");
    check_ok(context, spn_json_end_document(&json));
    assert_string_equal(text.text, "\"\xF0\x9F\x98\x80\xEF\xBF\xBF\xE0\xA0\x80\"\n");
    spn_release(context, text.text);
}

static void test_json_misuse(void **state)
{
    (void)state;
    spn_text_buffer text = {0};
    spn_json json;
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_object(&json, NULL);
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_ARGUMENT, "still open");
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_object(&json, NULL);
    spn_json_end_list(&json);
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_ARGUMENT, "not open");
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_begin_object(&json, NULL);
    spn_json_null(&json, NULL);
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_ARGUMENT, "key is missing");
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    spn_json_null(&json, NULL);
    spn_json_null(&json, NULL);
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_ARGUMENT, "second document");
    spn_json_begin(&json, context, spn_sink_buffer(&text));
    for (int i = 0; i <= SPN_JSON_DEPTH_MAX; i++) {
        spn_json_begin_list(&json, NULL);
    }
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_ARGUMENT, "too deep");
    spn_release(context, text.text);
}

static void test_full_device(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL) {
        skip();
    }
    setvbuf(full, NULL, _IONBF, 0);
    check_fails(context, spn_table_write_csv(context, &table, spn_sink_stream(full)), SPN_ERROR_IO,
                "No space left");
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(full));
    spn_json_text(&json, NULL, "x");
    check_fails(context, spn_json_end_document(&json), SPN_ERROR_IO, "No space left");
    fclose(full);
}

static void test_output_sink(void **state)
{
    (void)state;
    char path[512];
    char line[32] = "";
    spn_output *output = NULL;
    support_scratch("table.csv", path);
    check_ok(context, spn_output_open(context, path, false, &output));
    check_ok(context, spn_table_write_csv(context, &table, spn_sink_output(output)));
    check_ok(context, spn_output_commit(context, &output));
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "point,direction,beta\n");
    fclose(file);
}

static spn_status write_both(spn_context *c, void *state)
{
    (void)state;
    spn_text_buffer text = {0};
    spn_json json;
    spn_status status = spn_table_write_csv(c, &table, spn_sink_buffer(&text));
    if (status == SPN_OK) {
        spn_json_begin(&json, c, spn_sink_buffer(&text));
        spn_json_begin_list(&json, NULL);
        for (int i = 0; i < 400; i++) {
            spn_json_real(&json, NULL, 1.0 / 3);
        }
        spn_json_end_list(&json);
        status = spn_json_end_document(&json);
    }
    spn_release(c, text.text);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(write_both, NULL) >= 2);
}

/* What an earlier version did not record is NaN, of integers -1; other columns must be there. */
static void test_later_columns(void **state)
{
    (void)state;
    row found[3] = {{0}};
    spn_column wanted[2] = {items[0], items[2]};
    const spn_columns some = {wanted, 2, sizeof(row)};
    wanted[1].name = "accuracy";
    wanted[1].since = "0.2.0";
    found[0].beta = found[2].beta = 1;
    check_ok(context, spn_table_convert(context, &table, "old.h5", &some, found));
    for (int n = 0; n < 3; n++) {
        assert_true(isnan(found[n].beta) && found[n].point == rows[n].point);
        assert_int_equal(found[n].direction, -1); /* no column names it */
    }
    wanted[0].name = "final_steps";
    wanted[0].since = "0.2.0";
    check_ok(context, spn_table_convert(context, &table, "old.h5", &some, found));
    assert_true(found[0].point == -1 && found[2].point == -1);
    wanted[0] = items[0];
    for (int i = 0; i < 2; i++) {
        wanted[1].since = i == 0 ? NULL : "";
        check_fails(context, spn_table_convert(context, &table, "old.h5", &some, found),
                    SPN_ERROR_INPUT, "old.h5: table points has no column \"accuracy\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_csv_with_texts),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_cells),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_json_utf8),
        cmocka_unit_test(test_json_misuse),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_output_sink),
        cmocka_unit_test(test_later_columns),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
