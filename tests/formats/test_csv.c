/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <spinodal/formats.h>
#include <stdio.h>
#include <unistd.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static spn_csv_table *parse(const char *text, spn_csv_header header)
{
    spn_csv_table *table = NULL;
    check_ok(context, spn_csv_parse(context, "t.csv", text, (int64_t)strlen(text),
                                    (spn_csv_layout){.header = header}, &table));
    return table;
}

static spn_status choose(spn_context *own, const spn_csv_table *table, spn_texts targets,
                         spn_texts columns, spn_samples **out)
{
    const spn_csv_choice choice = {.targets = targets, .columns = columns};
    return spn_csv_samples(own, table, &choice, out);
}

static void refuse(const char *text, const char *fragment)
{
    spn_csv_table *table = NULL;
    check_fails(
        context,
        spn_csv_parse(context, "t.csv", text, (int64_t)strlen(text), (spn_csv_layout){0}, &table),
        SPN_ERROR_INPUT, fragment);
    assert_null(table);
}

static void test_spellings_of_the_same_table(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a,b,c\n1,2,3\n4,5,6\n",
        "a,b,c\r\n1,2,3\r\n4,5,6",
        "a;b;c\r1;2;3\r4;5;6\r\r\n\n",
        ("\xEF\xBB\xBF"
         "a\tb\tc\n1\t2\t3\n4\t5\t6\n  \n"),
        "# a comment\n\n\"a\",\"b\" , c\n 1 ,+2.0e0,\"3\"\n4,0.5e1,60e-1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        spn_csv_table *table = parse(texts[i], SPN_CSV_HEADER_AUTO);
        assert_int_equal(table->rows, 2);
        assert_int_equal(table->columns, 3);
        assert_string_equal(table->names[0], "a");
        assert_string_equal(table->names[2], "c");
        for (int k = 0; k < 6; k++) {
            assert_true(table->values[k] == k + 1);
        }
        check_ok(context, spn_csv_check(context, table, 0, NULL));
        spn_csv_free(context, table);
    }
}

static void test_headers(void **state)
{
    (void)state;
    spn_csv_table *table = parse("1,2\n3,4\n", SPN_CSV_HEADER_AUTO);
    assert_int_equal(table->rows, 2);
    assert_null(table->names);
    spn_csv_free(context, table);
    table = parse("1,2\n3,4\n", SPN_CSV_HEADER_YES);
    assert_int_equal(table->rows, 1);
    assert_string_equal(table->names[1], "2");
    spn_csv_free(context, table);
    table = parse("a \"\"x,\"b,\"\"c\"\"\"\n3,4\n", SPN_CSV_HEADER_AUTO);
    assert_string_equal(table->names[0], "a \"\"x");
    assert_string_equal(table->names[1], "b,\"c\"");
    spn_csv_free(context, table);
    table = parse("a,b\n3,4\n", SPN_CSV_HEADER_NO);
    assert_int_equal(table->rows, 2);
    check_fails(context, spn_csv_check(context, table, 0, NULL), SPN_ERROR_INPUT,
                "t.csv: line 1, column 1: \"a\" is not a number");
    spn_csv_free(context, table);
}

static void test_refusals(void **state)
{
    (void)state;
    refuse("", "t.csv: is empty");
    refuse("\n# only a comment\n\n", "t.csv: is empty");
    refuse("a,b\n", "t.csv: has a header but no rows");
    refuse("a,b\n1,2\n3\n", "t.csv: line 3 has 1 cells, the first row has 2");
    refuse("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells");
    refuse("a,b\n1,2\n\n3,4\n", "line 3: a blank line between rows");
    refuse("a,b\n\"1,2\n3,4\n", "line 2: a quote is never closed");
    refuse("a,b\n\"1\"x,2\n", "line 2: text after a closing quote");
    spn_csv_table *table = NULL;
    check_fails(context,
                spn_csv_parse(context, "t.csv", "a\n1\0\n", 5, (spn_csv_layout){0}, &table),
                SPN_ERROR_INPUT, "line 2: a NUL byte");
    check_fails(context, spn_csv_read(context, "no/such.csv", (spn_csv_layout){0}, &table),
                SPN_ERROR_IO, "no/such.csv");
}

static void check_flaw(const char *cell, const char *fragment)
{
    char text[256];
    spn_texts targets = {1, (const char *const[]){"y"}}, all = {0};
    spn_samples *samples = NULL;
    snprintf(text, sizeof text, "x,words,y\n1,2,3\n4,hello,%s\n", cell);
    spn_csv_table *table = parse(text, SPN_CSV_HEADER_AUTO);
    const char *const used[] = {"x"};
    check_fails(context, choose(context, table, targets, (spn_texts){1, used}, &samples),
                SPN_ERROR_INPUT, fragment);
    /* A column of words harms nobody until it is used. */
    check_fails(context, choose(context, table, (spn_texts){1, used}, all, &samples),
                SPN_ERROR_INPUT, "t.csv: line 3, column 2 (words): \"hello\" is not a number");
    assert_null(samples);
    spn_csv_free(context, table);
}

/* Decimal commas, as spreadsheets write them where something else separates. */
static void test_decimal_commas(void **state)
{
    (void)state;
    static const char *const texts[] = {"x;y\n1,5;-2,5e-1\n3;4\n", "x\ty\n1,5\t-2,5e-1\n3\t4\n",
                                        "1,5   -2,5e-1\n3 4\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        spn_csv_table *table = parse(texts[i], SPN_CSV_HEADER_AUTO);
        const double expected[4] = {1.5, -0.25, 3, 4};
        assert_int_equal(table->columns, 2);
        assert_memory_equal(table->values, expected, sizeof expected);
        assert_true(table->has_decimal_commas);
        spn_csv_free(context, table);
    }
    /* Fifteen hundred or one and a half? Only the column that asks is refused. */
    const int64_t other = 1, mixed = 0;
    spn_csv_table *table = parse("x;y\n1.500;2\n1,5;3\n", SPN_CSV_HEADER_AUTO);
    check_ok(context, spn_csv_check(context, table, 1, &other));
    check_fails(context, spn_csv_check(context, table, 1, &mixed), SPN_ERROR_INPUT,
                "t.csv: line 2, column 1 (x): \"1.500\" has a decimal point, but line 3 decimal");
    spn_csv_free(context, table);
}

static void test_bad_cells_are_named(void **state)
{
    (void)state;
    check_flaw("NaN",
               "t.csv: missing cells: line 3, column 3 (y) (1 in 1 of 2 rows): set data.missing");
    check_flaw("-inf", "\"-inf\" is not a finite number");
    check_flaw("", "t.csv: missing cells: line 3, column 3 (y) (1 in 1 of 2 rows)");
    check_flaw("1.2.3", "\"1.2.3\" is not a number");
    check_flaw("1e999", "\"1e999\" is out of range: numbers end at 1.7976931348623157e308");
    check_flaw("-2.5E+400", "\"-2.5E+400\" is out of range");
    check_flaw("1e999e", "\"1e999e\" is not a number");
    check_flaw("1e", "\"1e\" is not a number");
    check_flaw("1+1", "\"1+1\" is not a number");
    check_flaw("0x10", "is not a number");
    check_flaw("\"1,5\"", "\"1,5\" is not a number (use a decimal point)");
    check_flaw("\"1,500,000\"", "is not a number (leave out what divides thousands");
    check_flaw("\"-1.500.000,25\"", "is not a number (leave out what divides thousands");
    check_flaw("1'500.5", "is not a number (leave out what divides thousands");
    check_flaw("1 500", "is not a number (leave out what divides thousands");
    check_flaw("1\xE2\x80\xAF"
               "500",
               "is not a number (leave out what divides thousands");
    check_flaw("\"1,500\"", "is not a number (its comma may be decimal or divide thousands");
    check_flaw("\"0,500\"", "is not a number (use a decimal point)");
    check_flaw("\"-1,5e3\"", "is not a number (use a decimal point)");
    check_flaw("12.5%", "is not a number (leave the percent sign out");
    check_flaw("\"12,5 %\"", "is not a number (leave the percent sign out");
    check_flaw("$12", "is not a number (leave the currency out");
    check_flaw("\"1,200 \xE2\x82\xAC\"", "is not a number (leave the currency out");
    check_flaw("2024-05-06", "\"2024-05-06\" is not a number");
    check_flaw("12%%", "\"12%%\" is not a number");
}

static void test_choosing_columns(void **state)
{
    (void)state;
    spn_samples *samples = NULL;
    spn_csv_table *table = parse("a,b,2,b2\n1,2,3,4\n5,6,7,8\n", SPN_CSV_HEADER_AUTO);
    const char *const by_name[] = {"b"}, *const by_position[] = {"4", "1"};
    check_ok(context, choose(context, table, (spn_texts){1, by_name}, (spn_texts){2, by_position},
                             &samples));
    assert_int_equal(samples->samples, 2);
    assert_int_equal(samples->inputs, 2);
    assert_int_equal(samples->outputs, 1);
    const double expected[6] = {4, 1, 2, 8, 5, 6};
    assert_memory_equal(samples->rows, expected, sizeof expected);
    assert_string_equal(samples->input_names[0], "b2");
    assert_string_equal(samples->output_names[0], "b");
    spn_samples_free(context, samples);
    /* "2" is the name of the third column, and the second column. */
    const char *const two[] = {"2"}, *const named[] = {"name=2"}, *const placed[] = {"position=2"};
    check_fails(context, choose(context, table, (spn_texts){1, two}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT,
                "t.csv: '2' is the name of column 3 and the position of column 2 ('b'): write "
                "'name=2' or 'position=2'");
    check_ok(context, choose(context, table, (spn_texts){1, named}, (spn_texts){0}, &samples));
    assert_true(samples->rows[3] == 3);
    assert_int_equal(samples->inputs, 3);
    spn_samples_free(context, samples);
    check_ok(context, choose(context, table, (spn_texts){1, placed}, (spn_texts){0}, &samples));
    assert_true(samples->rows[3] == 2);
    spn_samples_free(context, samples);
    const char *const unknown[] = {"bb"}, *const far[] = {"9"}, *const twice[] = {"a", "1"};
    const char *const every[] = {"a", "b", "name=2", "b2"};
    check_fails(context, choose(context, table, (spn_texts){1, unknown}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT,
                "t.csv: no column 'bb'; did you mean 'b'?; columns are: a, b, 2, b2");
    check_fails(context, choose(context, table, (spn_texts){1, far}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT, "no column 9; there are 4");
    check_fails(context, choose(context, table, (spn_texts){2, twice}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT, "column '1' is chosen twice");
    check_fails(context, choose(context, table, (spn_texts){4, every}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT, "no inputs are left");
    check_fails(context, choose(context, table, (spn_texts){0}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT, "no target");
    spn_csv_free(context, table);
    table = parse("a,a,y\n1,2,3\n", SPN_CSV_HEADER_AUTO);
    const char *const same[] = {"a"};
    check_fails(context, choose(context, table, (spn_texts){1, same}, (spn_texts){0}, &samples),
                SPN_ERROR_INPUT, "columns 1 and 2 are both named 'a'");
    spn_csv_free(context, table);
}

/* Every double survives: written in shortest form, read back to the same bits. */
static void test_numbers_round_trip(void **state)
{
    (void)state;
    enum { ROWS = 3000, COLUMNS = 3 };
    static double values[ROWS * COLUMNS];
    char path[512];
    spn_output *output = NULL;
    spn_csv_table *table = NULL;
    const char *const names[COLUMNS] = {"plain", "with \"quotes\", and commas", "12"};
    spn_random stream = spn_random_stream(4, SPN_PURPOSE_TEST, 0);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        do {
            uint64_t bits = spn_random_word(&stream);
            memcpy(&values[i], &bits, sizeof bits);
        } while (!isfinite(values[i]));
        values[i] = i % 3 == 0 ? round(1e3 * spn_random_normal(&stream)) / 1e3 : values[i];
    }
    support_scratch("round.csv", path);
    check_ok(context, spn_output_open(context, path, false, &output));
    check_ok(context, spn_csv_write(context, output, ROWS, COLUMNS, names, values, NULL));
    check_ok(context, spn_output_commit(context, &output));
    check_ok(context,
             spn_csv_read(context, path, (spn_csv_layout){.header = SPN_CSV_HEADER_YES}, &table));
    assert_int_equal(table->rows, ROWS);
    assert_string_equal(table->names[1], names[1]);
    assert_string_equal(table->names[2], names[2]);
    assert_memory_equal(table->values, values, sizeof values);
    spn_csv_free(context, table);
}

/* A column of words behind the numbers. */
static void test_words_come_last(void **state)
{
    (void)state;
    const char *const names[] = {"a", "b", "set"}, *const words[] = {"training", "x, \"y\""};
    const double values[] = {1, 2, 3, 4};
    char path[512], text[128] = "";
    spn_output *output = NULL;
    check_ok(context, spn_output_open(context, support_scratch("words.csv", path), false, &output));
    check_ok(context, spn_csv_write(context, output, 2, 2, names, values, words));
    check_ok(context, spn_output_commit(context, &output));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, "a,b,set\n1,2,training\n3,4,\"x, \"\"y\"\"\"\n");
}

static spn_status parse_and_choose(spn_context *own, void *state)
{
    const char *text = state;
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    spn_samples *samples = NULL;
    const char *const targets[] = {"y"};
    SPN_TRY(spn_csv_parse(own, "t.csv", text, (int64_t)strlen(text), (spn_csv_layout){0}, &table));
    SPN_TRY(choose(own, table, (spn_texts){1, targets}, (spn_texts){0}, &samples));
done:
    spn_samples_free(own, samples);
    spn_csv_free(own, table);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char text[] = "a,b,y\n1,2,3\n";
    assert_int_equal(support_fail_each_allocation(parse_and_choose, text), 28);
}

/* Ctrl-C while a large table is written. */
static void test_writing_is_interrupted(void **state)
{
    (void)state;
    atomic_int cancel = 1;
    const spn_context_settings settings = {.cancel = &cancel};
    char path[512];
    const double values[2] = {1, 2};
    spn_context *own = NULL;
    spn_output *output = NULL;
    check_ok(NULL, spn_context_create(&settings, &own));
    support_scratch("interrupted.csv", path);
    check_ok(own, spn_output_open(own, path, false, &output));
    assert_int_equal(spn_csv_write(own, output, 2, 1, NULL, values, NULL), SPN_ERROR_INTERRUPTED);
    spn_output_abandon(own, output);
    assert_int_equal(access(path, F_OK), -1);
    spn_context_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_the_same_table),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_writing_is_interrupted),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_decimal_commas),
        cmocka_unit_test(test_bad_cells_are_named),
        cmocka_unit_test(test_choosing_columns),
        cmocka_unit_test(test_numbers_round_trip),
        cmocka_unit_test(test_words_come_last),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
