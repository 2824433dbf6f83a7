/* SPDX-License-Identifier: MIT */
/* Tables as people have them: headers, separators, encodings, missing cells, categories. */
#include "support.h"

#include <spinodal/formats.h>
#include <stdio.h>

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

static spn_csv_table *parse(const char *text)
{
    spn_csv_table *table = NULL;
    check_ok(context, spn_csv_parse(context, "t.csv", text, (int64_t)strlen(text),
                                    (spn_csv_layout){0}, &table));
    return table;
}

static void refuse_bytes(const char *bytes, int64_t size, const char *fragment)
{
    spn_csv_table *table = NULL;
    check_fails(context, spn_csv_parse(context, "t.csv", bytes, size, (spn_csv_layout){0}, &table),
                SPN_ERROR_INPUT, fragment);
    assert_null(table);
}

static void refuse(const char *text, const char *fragment)
{
    refuse_bytes(text, (int64_t)strlen(text), fragment);
}

/* How many rows are left tells whether the first one was taken for names. */
static void check_rows(const char *text, int64_t rows)
{
    spn_csv_table *table = parse(text);
    if (table->rows != rows) {
        fail_msg("%s: %lld rows", text, (long long)table->rows);
    }
    spn_csv_free(context, table);
}

static void test_a_header_contradicts_what_is_below(void **state)
{
    (void)state;
    /* Names over numbers, also where other names are numbers, and an index without a name. */
    check_rows("a,b\n1,2\n3,4\n", 2);
    check_rows("6,4,setosa,virginica\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n", 2);
    check_rows("country,2000,2010,gdp\nFR,1.5,2.5,3\nDE,1,2,4\n", 2);
    check_rows(",0,1,2\n0,1.5,2.5,3\n1,1,2,4\n", 2);
    check_rows("a,b\n?,2\n3,\n", 2);
    /* Words over words, where nothing else decides, are names if they are new. */
    check_rows("color,shape\nred,round\nblue,flat\n", 2);
    check_rows("red,round\nred,round\nblue,flat\n", 3);
    /* Samples: the word stands over words, or nothing stands out. */
    check_rows("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,virginica\n", 3);
    check_rows("setosa,5,3\nversicolor,7,3\nvirginica,6,3\n", 3);
    check_rows("1,2\n3,4\n", 2);
    check_rows("?,2\n3,4\n", 2);
    /* Nobody could tell. */
    refuse("0,1,2\n0.5,1.5,2.5\n", "t.csv: line 1: names or a sample? the row counts its columns");
    refuse("5.1,x,1.4\n4.9,3.0,1.4\n",
           "names or a sample? \"x\" stands over numbers like a name, but \"5.1\" is no name");
}

typedef struct form {
    const char *text;
    spn_csv_separator separator;
} form;

/* The same table, 1 2.5 / 3 4. */
static void test_separators(void **state)
{
    (void)state;
    static const form forms[] = {
        {"1,2.5\n3,4\n", SPN_CSV_SEPARATOR_COMMA},
        {"1, 2.5\n3, 4\n", SPN_CSV_SEPARATOR_COMMA},
        {"1;2,5\n3;4\n", SPN_CSV_SEPARATOR_SEMICOLON},
        {"1,0;2,5\n3,0;4,0\n", SPN_CSV_SEPARATOR_SEMICOLON},
        {"1\t2.5\n3\t4\n", SPN_CSV_SEPARATOR_TAB},
        {"1,0\t2,5\n3,0\t4,0\n", SPN_CSV_SEPARATOR_TAB},
        {"  1   2.5\n 3 4  \n", SPN_CSV_SEPARATOR_SPACE},
        {" 1 \t 2.5\n3\t\t4\n", SPN_CSV_SEPARATOR_SPACE},
        {"sep=;\n1;2.5\n3;4\n", SPN_CSV_SEPARATOR_SEMICOLON},
        {"\xEF\xBB\xBFsep=,\r\n1,2.5\r\n3,4\r\n", SPN_CSV_SEPARATOR_COMMA},
        {"1,2.5,\n3,4,\n", SPN_CSV_SEPARATOR_COMMA},
    };
    const double expected[4] = {1, 2.5, 3, 4};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        spn_csv_table *table = parse(forms[i].text);
        assert_int_equal(table->separator, forms[i].separator);
        assert_int_equal(table->rows, 2);
        assert_int_equal(table->columns, 2);
        assert_memory_equal(table->values, expected, sizeof expected);
        spn_csv_free(context, table);
    }
    /* A quoted cell keeps its blanks and separators; what the caller says is not questioned. */
    spn_csv_table *table = parse("x  name\n1  \"a b, c\"\n2\t\"d\"\n");
    assert_string_equal(table->facts[1].category_names[0], "a b, c");
    spn_csv_free(context, table);
    const char said[] = "1;2\n3;4\n";
    check_ok(context,
             spn_csv_parse(context, "t.csv", said, (int64_t)sizeof said - 1,
                           (spn_csv_layout){.separator = SPN_CSV_SEPARATOR_COMMA}, &table));
    assert_int_equal(table->columns, 1);
    spn_csv_free(context, table);
    refuse("sep=|\na|b\n1|2\n", "t.csv: line 1: '|' cannot separate cells");
    refuse("1 2\n3 4 5\n", "t.csv: line 2 has 3 cells, the first row has 2");
}

static void test_encodings(void **state)
{
    (void)state;
    /* The snowman is 3 bytes of UTF-8, the face a surrogate pair and 4 bytes. */
    static const char little[] = "\xFF\xFEn\0,\0\x03\x26\n\0\x31\0,\0\x3D\xD8\x00\xDE\n";
    static const char big[] = "\xFE\xFF\0n\0,\x26\x03\0\n\0\x31\0,\xD8\x3D\xDE\x00\0\n";
    const char *const texts[] = {little, big};
    for (int i = 0; i < 2; i++) {
        spn_csv_table *table = NULL;
        check_ok(context, spn_csv_parse(context, "t.csv", texts[i], sizeof little,
                                        (spn_csv_layout){.header = SPN_CSV_HEADER_YES}, &table));
        assert_string_equal(table->names[1], "\xE2\x98\x83");
        assert_string_equal(table->facts[1].category_names[0], "\xF0\x9F\x98\x80");
        assert_string_equal(table->encoding, i == 0 ? "UTF-16LE" : "UTF-16BE");
        spn_csv_free(context, table);
    }
    refuse_bytes("a\0,\0b\0\n\0", 8, "is UTF-16LE text; convert it: iconv -f UTF-16LE -t UTF-8");
    refuse_bytes("\0a\0,\0b\0\n", 8, "is UTF-16BE text");
    refuse_bytes("\xFF\xFE\0\0a\0\0\0", 8, "is UTF-32 text");
    refuse_bytes("\xFF\xFE\x3D\xD8,\0", 6, "line 1: half of a UTF-16 character");
    refuse_bytes("\xFF\xFEx\0y", 5, "ends within a character");
}

static spn_samples *choose(const char *text, const char *columns, spn_csv_missing missing)
{
    spn_csv_table *table = parse(text);
    spn_samples *samples = NULL;
    const char *const target[] = {"y"}, *const wanted[] = {columns};
    const spn_csv_choice choice = {{1, target}, {columns != NULL ? 1 : 0, wanted}, missing};
    check_ok(context, spn_csv_samples(context, table, &choice, &samples));
    spn_csv_free(context, table);
    return samples;
}

static void refuse_choice(const char *text, spn_csv_missing missing, const char *fragment)
{
    spn_csv_table *table = parse(text);
    spn_samples *samples = NULL;
    const char *const target[] = {"y"};
    const spn_csv_choice choice = {.targets = {1, target}, .missing = missing};
    check_fails(context, spn_csv_samples(context, table, &choice, &samples), SPN_ERROR_INPUT,
                fragment);
    assert_null(samples);
    spn_csv_free(context, table);
}

static void check_rows_are(const spn_samples *samples, int64_t count, const double *expected)
{
    assert_int_equal(samples->samples * (samples->inputs + samples->outputs), count);
    assert_memory_equal(samples->rows, expected, (size_t)count * sizeof *expected);
}

static void test_missing_cells(void **state)
{
    (void)state;
    static const char text[] = "a,b,y,unused\n1,?,5,\n3,4,6,\nNA,8,,x\n5,9,7,x\nnull,NaN,8,\n";
    const double dropped[] = {3, 4, 6, 5, 9, 7};
    spn_samples *samples =
        choose("a,b,y\n1,?,5\n3,4,6\nNA,8,\n5,9,7\n", NULL, SPN_CSV_MISSING_DROP);
    check_rows_are(samples, 6, dropped);
    assert_int_equal(samples->rows_dropped, 2);
    spn_samples_free(context, samples);
    /* The row without a target goes; the means, of a 3 and of b 6.5, are those of the others. */
    const double filled[] = {1, 6.5, 5, 3, 4, 6, 5, 9, 7, 3, 6.5, 8};
    samples = choose("a,b,y\n1,?,5\n3,4,6\nNA,8,\n5,9,7\nnull,NaN,8\n", NULL, SPN_CSV_MISSING_MEAN);
    assert_int_equal(samples->cells_missing, 3);
    check_ok(context, spn_samples_fill(context, samples, NULL));
    check_rows_are(samples, 12, filled);
    assert_int_equal(samples->rows_dropped, 1);
    spn_samples_free(context, samples);
    /* Rows that are left out have no say: without the third row the mean of a is 2. */
    const bool left_out[] = {false, false, true, false};
    samples = choose("a,y\n1,1\n3,1\n5,1\n?,1\n", NULL, SPN_CSV_MISSING_MEAN);
    check_ok(context, spn_samples_fill(context, samples, left_out));
    assert_true(samples->rows[6] == 2);
    spn_samples_free(context, samples);
    samples = choose("a,y\n?,1\n3,1\n", NULL, SPN_CSV_MISSING_MEAN);
    const bool all_numbers[] = {false, true};
    check_fails(context, spn_samples_fill(context, samples, all_numbers), SPN_ERROR_INPUT,
                "input 1 (a) has no number to fill its missing cells with");
    spn_samples_free(context, samples);
    refuse_choice(text, SPN_CSV_MISSING_REFUSE,
                  "t.csv: missing cells: line 2, column 2 (b); line 2, column 4 (unused); line 3, "
                  "column 4 (unused); ... (8 in 4 of 5 rows): set data.missing: drop");
    refuse_choice("a,y\n?,1\n2,NA\n", SPN_CSV_MISSING_DROP, "missing in each of its 2 rows");
}

static void test_categories(void **state)
{
    (void)state;
    /* Sorted, whatever the order of the rows; words of rows that are dropped make no column. */
    spn_samples *samples =
        choose("s,y\nred,1\n\"blue\",2\nred,3\nblue,5\ngreen,\n", NULL, SPN_CSV_MISSING_DROP);
    const double expected[] = {0, 1, 1, 1, 0, 2, 0, 1, 3, 1, 0, 5};
    check_rows_are(samples, 12, expected);
    assert_string_equal(samples->input_names[0], "s=blue");
    assert_string_equal(samples->input_names[1], "s=red");
    spn_samples_free(context, samples);
    refuse_choice("s,y\nmon,1\ntue,2\nwed,3\n", SPN_CSV_MISSING_REFUSE,
                  "t.csv: column 1 (s) holds a different word in each row");
    samples = choose("s,y\nmon,1\ntue,2\nwed,3\n", "s", SPN_CSV_MISSING_REFUSE);
    assert_int_equal(samples->inputs, 3);
    spn_samples_free(context, samples);
    refuse_choice("x,y\n1,a\n2,b\n3,a\n", SPN_CSV_MISSING_REFUSE,
                  "column 2 (y) holds words (\"a\", ...), and targets are numbers");
    refuse_choice("x,y\n1,1\n2,2\nthree,3\n", SPN_CSV_MISSING_REFUSE,
                  "line 4, column 1 (x): \"three\" is not a number");
    refuse_choice("x,y\none,1\n2,2\nthree,3\n", SPN_CSV_MISSING_REFUSE,
                  "is not a number; the column holds 2 words and 1 numbers");
}

/* More words than become inputs, and more than are told apart. */
static void test_too_many_categories(void **state)
{
    (void)state;
    enum { ROWS = SPN_CSV_CATEGORIES_MAX + 1 };
    static char text[16 * ROWS + 16];
    static const int counts[] = {SPN_CSV_ONE_HOT_MAX + 1, ROWS};
    static const char *const messages[] = {"holds 101 different words; at most 100 become inputs",
                                           "holds more than 4096 different words"};
    for (int k = 0; k < 2; k++) {
        int used = snprintf(text, sizeof text, "s,y\n");
        for (int r = 0; r < ROWS; r++) {
            used += snprintf(text + used, sizeof text - (size_t)used, "w%d,%d\n", r % counts[k], r);
        }
        refuse_choice(text, SPN_CSV_MISSING_REFUSE, messages[k]);
    }
}

static void test_index_of_the_rows(void **state)
{
    (void)state;
    static const char *const texts[] = {",a,y\n0,1,2\n1,3,4\n", "\"\",a,y\n7,1,2\n5,3,4\n",
                                        "Unnamed: 0,a,y\n1,1,2\n2,3,4\n",
                                        ",a,y\nMazda,1,2\nVolvo,3,4\n"};
    const double expected[] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        spn_samples *samples = choose(texts[i], NULL, SPN_CSV_MISSING_REFUSE);
        check_rows_are(samples, 4, expected);
        assert_true(samples->has_dropped_index);
        spn_samples_free(context, samples);
    }
    /* Chosen by its position it is an input; numbers that repeat or are broken are no index. */
    spn_samples *samples = choose(texts[0], "1", SPN_CSV_MISSING_REFUSE);
    assert_true(samples->rows[2] == 1);
    assert_false(samples->has_dropped_index);
    spn_samples_free(context, samples);
    samples = choose(",a,y\n1,1,2\n1,3,4\n", NULL, SPN_CSV_MISSING_REFUSE);
    assert_int_equal(samples->inputs, 2);
    spn_samples_free(context, samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_contradicts_what_is_below),
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_missing_cells),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_too_many_categories),
        cmocka_unit_test(test_index_of_the_rows),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
