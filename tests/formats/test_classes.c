/* SPDX-License-Identifier: MIT */
/** @file test_classes.c  Labels of samples and their classes, in tables and named arrays. */
#include "support.h"

#include "formats/classes.h"
#include <spinodal/formats.h>
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

/** The targets of the table `text` (columns a and y) by classes of y; `expected` names joined by blanks. */
static spn_samples *read_classes(const char *text, const spn_classes *known, bool is_binary,
                                 const char *expected)
{
    const spn_csv_layout layout = {SPN_CSV_HEADER_YES, SPN_CSV_SEPARATOR_COMMA};
    const char *const target = "y";
    const spn_csv_choice choice = {.targets = {1, &target}};
    spn_csv_table *table = NULL;
    spn_classes *classes = NULL;
    spn_samples *samples = NULL;
    char names[200] = "";
    check_ok(context, spn_csv_parse(context, "t.csv", text, (int64_t)strlen(text), layout, &table));
    check_ok(context, spn_csv_classes(context, table, "y", known, &classes));
    assert_true((classes == NULL) == (known != NULL));
    check_ok(context, spn_csv_samples(context, table, &choice, &samples));
    check_ok(context,
             spn_samples_classes(context, samples, known != NULL ? known : classes, is_binary));
    for (int64_t k = 0; k < samples->outputs; k++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", k > 0 ? " " : "",
                 samples->output_names[k]);
    }
    assert_string_equal(names, expected);
    spn_classes_free(context, classes);
    spn_csv_free(context, table);
    return samples;
}

static void check_rows(spn_samples *samples, int64_t samples_count, int64_t outputs,
                       const double *rows)
{
    assert_int_equal(samples->samples, samples_count);
    assert_int_equal(samples->inputs, 1);
    assert_int_equal(samples->outputs, outputs);
    assert_memory_equal(samples->rows, rows,
                        (size_t)(samples_count * (1 + outputs)) * sizeof *rows);
    spn_samples_free(context, samples);
}

static void test_order_of_classes(void **state)
{
    (void)state;
    const double words[] = {1, 0, 1, 0, 2, 1, 0, 0, 3, 0, 0, 1, 4, 1, 0, 0};
    check_rows(read_classes("a,y\n1,b\n2,a\n3,c\n4,a\n", NULL, false, "a b c"), 4, 3, words);
    /* Integers by value, not by their digits; words behind them. */
    const double numbers[] = {1, 0, 1, 0, 2, 0, 0, 1, 3, 1, 0, 0};
    check_rows(read_classes("a,y\n1,2\n2,10\n3,-1\n", NULL, false, "-1 2 10"), 3, 3, numbers);
    const double mixed[] = {1, 0, 0, 1, 2, 1, 0, 0, 3, 0, 1, 0};
    check_rows(read_classes("a,y\n1,x\n2,7\n3,80\n", NULL, false, "7 80 x"), 3, 3, mixed);
    const double binary[] = {1, 1, 2, 0, 3, 0};
    check_rows(read_classes("a,y\n1,yes\n2,no\n3,no\n", NULL, true, "yes"), 3, 1, binary);
}

/** Samples for testing have the classes of those for training, in their order. */
static void test_known_classes(void **state)
{
    (void)state;
    static const char *const names[] = {"2", "10", "x"};
    const spn_classes known = {3, names};
    const double rows[] = {1, 0, 1, 0, 2, 0, 0, 1};
    check_rows(read_classes("a,y\n1,10\n2,x\n", &known, false, "2 10 x"), 2, 3, rows);
}

static void refuse(const char *text, const char *fragment)
{
    const spn_csv_layout layout = {SPN_CSV_HEADER_YES, SPN_CSV_SEPARATOR_COMMA};
    static const char *const names[] = {"p", "q"};
    const spn_classes known = {2, names};
    spn_csv_table *table = NULL;
    spn_classes *classes = NULL;
    check_ok(context, spn_csv_parse(context, "t.csv", text, (int64_t)strlen(text), layout, &table));
    check_fails(context,
                spn_csv_classes(context, table, "y",
                                strstr(fragment, "none of") != NULL ? &known : NULL, &classes),
                SPN_ERROR_INPUT, fragment);
    assert_null(classes);
    spn_csv_free(context, table);
}

static void test_labels_that_are_refused(void **state)
{
    (void)state;
    refuse("a,y\n1,2\n2,2\n", "t.csv: column 2 (y): all samples are of one class, '2'");
    refuse("a,y\n1,2\n2,0.5\n",
           "t.csv: column 2 (y): 0.5 is no class; classes are words or integers; numbers to be "
           "predicted are targets, not data.classes");
    refuse("a,y\n1,2\n2,inf\n", "infinity is no class");
    refuse("a,y\n1,p\n2,r\n", "class 'r' is none of those of the training samples: p, q");
    refuse("a,b\n1,p\n2,r\n", "no column 'y'");
    /* A column of measurements by mistake: 30 integers in 40 samples. */
    char many[16 * 1100] = "a,y\n";
    for (int n = 0; n < 40; n++) {
        snprintf(many + strlen(many), 16, "1,%d\n", n % 30);
    }
    refuse(many,
           "30 different labels in 40 samples are no classes (at most 1000; more than 20 need "
           "two samples each on average)");
    strcpy(many, "a,y\n");
    for (int n = 0; n < 1001; n++) {
        snprintf(many + strlen(many), 16, "1,%d\n", n);
    }
    refuse(many, "more than 1000 different labels in 1001 samples are no classes");
}

static void test_three_classes_are_not_binary(void **state)
{
    (void)state;
    static const char *const names[] = {"p", "q", "r"};
    const spn_classes three = {3, names};
    double rows[] = {1, 0};
    spn_samples samples = {.samples = 1, .inputs = 1, .outputs = 1, .rows = rows};
    check_fails(context, spn_samples_classes(context, &samples, &three, true), SPN_ERROR_INPUT,
                "data.class_targets: binary is for two classes, and there are 3");
}

/** The file of NumPy holds x (9 x 2), y (integers) and species, column, bytes (words). */
static void test_named_arrays(void **state)
{
    (void)state;
    static const char path[] = SPN_TESTS_DIR "/formats/corpus/npz/npz_words";
    static const struct {
        const char *classes, *first, *fragment;
        int64_t count;
        double code; /* of the first sample */
    } cases[] = {
        {"y", "1", NULL, 3, 1},
        {"species", "a c", NULL, 3, 1},
        {"column", "a c", NULL, 3, 1},
        {"bytes", "p", NULL, 2, 1},
        {"x", NULL, "array 'x' is 9 x 2; data.classes needs one label for each sample", 0, 0},
        {"objects", NULL, "array 'objects' holds Python objects", 0, 0},
        {"nothing", NULL, "holds no array 'nothing'", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const spn_npz_choice choice = {.inputs = "x", .classes = cases[i].classes};
        spn_samples *samples = NULL;
        spn_classes *classes = NULL;
        spn_status status = spn_npz_samples(context, path, &choice, &samples, &classes);
        if (cases[i].fragment != NULL) {
            check_fails(context, status, SPN_ERROR_INPUT, cases[i].fragment);
            assert_null(classes);
            continue;
        }
        check_ok(context, status);
        assert_int_equal(classes->count, cases[i].count);
        assert_string_equal(classes->names[0], cases[i].first);
        assert_int_equal(samples->outputs, 1);
        assert_true(samples->rows[2] == cases[i].code);
        spn_samples_free(context, samples);
        spn_classes_free(context, classes);
    }
    const spn_npz_choice words = {.inputs = "x", .targets = "species"};
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    check_fails(context, spn_npz_samples(context, path, &words, &samples, &classes),
                SPN_ERROR_INPUT, "array 'species' holds strings, not numbers");
}

static spn_status read_all(spn_context *failing, void *state)
{
    spn_status status = SPN_OK;
    const spn_npz_choice choice = {.inputs = "x", .classes = "species"};
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    SPN_TRY(spn_npz_samples(failing, state, &choice, &samples, &classes));
    SPN_TRY(spn_samples_classes(failing, samples, classes, false));
done:
    spn_samples_free(failing, samples);
    spn_classes_free(failing, classes);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[] = SPN_TESTS_DIR "/formats/corpus/npz/npz_words";
    assert_true(support_fail_each_allocation(read_all, path) > 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_order_of_classes),
        CASE(test_known_classes),
        CASE(test_labels_that_are_refused),
        CASE(test_three_classes_are_not_binary),
        CASE(test_named_arrays),
        CASE(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
