/* SPDX-License-Identifier: MIT */
/* Texts with a sticky status; numbers for people. Exact texts. */
#include "support.h"

#include <spinodal/text.h>

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

/* Pieces longer than the buffer on the stack are not cut. */
static void test_pieces_of_any_length(void **state)
{
    (void)state;
    enum { LONG = 3000 };
    char many[LONG + 1];
    spn_text text = {.context = context};
    memset(many, 'x', LONG);
    many[LONG] = '\0';
    spn_text_add(&text, NULL);
    spn_text_put(&text, "<%s|%d>", many, 7);
    spn_text_character(&text, '.');
    assert_int_equal(text.buffer.size, LONG + 5);
    assert_memory_equal(text.buffer.text, "<xxx", 4);
    assert_string_equal(text.buffer.text + LONG, "x|7>.");
    check_ok(context, spn_text_end(&text));
}

static void test_escapes(void **state)
{
    (void)state;
    spn_text text = {.context = context};
    spn_text_cell(&text, "a|b\nc");
    spn_text_cell(&text, NULL);
    spn_text_add(&text, " ");
    spn_text_shell_word(&text, "model.hidden=5,5");
    spn_text_add(&text, " ");
    spn_text_shell_word(&text, "it's [1, 2]");
    spn_text_add(&text, " ");
    spn_text_shell_word(&text, "");
    assert_string_equal(text.buffer.text, "a\\|b c- model.hidden=5,5 'it'\\''s [1, 2]' ''");
    check_ok(context, spn_text_end(&text));
}

/* Texts are written for the ridge, whose sqrt(n) is |theta|; what has another n says so, also in titles of tables. */
static void test_norm(void **state)
{
    (void)state;
    typedef struct record {
        double norm;
    } record;
    static const spn_column columns[] = {
        {"norm", SPN_COLUMN_REAL, offsetof(record, norm), "", "", NULL, NULL}};
    static const spn_columns all = {columns, 1, sizeof(record)};
    static const spn_view_column shown[] = {{.title = "|theta|", .column = "norm"}};
    const record rows[] = {{1.25}};
    const spn_table table = {"points", &all, 1, rows};
    const spn_view view = SPN_VIEW(&table, shown);
    char configuration[] =
        "model:\n  bias: true\nobjective:\n  error: mse\n  regularise: weights\n";
    spn_attribute attribute = {"configuration", configuration, 0};
    spn_results results = {.kind = "sweep", .attribute_count = 1, .attributes = &attribute};
    spn_text text = {.context = context, .norm = spn_text_norm(&results)};
    spn_text_put(&text, "L = E + beta |theta|^2, %s", "|theta| and |theta - theta_0|\n");
    spn_view_terminal(&text, &view, "");
    spn_view_markdown(&text, &view);
    assert_string_equal(text.buffer.text, "L = E + beta |w|^2, |w| and |theta - theta_0|\n"
                                          "|w|\n1.25\n"
                                          "\n| \\|w\\| |\n|---|\n| 1.25 |\n");
    check_ok(context, spn_text_end(&text));
    /* Where nothing else is said it is the ridge. */
    strstr(configuration, "  regularise")[0] = '\0';
    assert_null(spn_text_norm(&results));
    attribute.name = "other";
    assert_null(spn_text_norm(&results));
}

/* The first failure is kept, and nothing is written after it. */
static void test_failure_sticks(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *poor = support_context(&counter);
    spn_text text = {.context = poor};
    spn_text_add(&text, "kept");
    counter.fail_at = counter.calls + 1;
    for (int i = 0; i < 4000; i++) {
        spn_text_put(&text, "%d", i % 10);
    }
    assert_int_equal(text.status, SPN_ERROR_MEMORY);
    const int64_t size = text.buffer.size;
    spn_text_add(&text, "not written");
    assert_int_equal(text.buffer.size, size);
    assert_int_equal(spn_text_end(&text), SPN_ERROR_MEMORY);
    spn_context_free(poor);
    assert_int_equal(counter.live, 0);
}

static void check_number(double value, int digits, const char *shown)
{
    char cell[SPN_CELL_SIZE];
    assert_string_equal(spn_show_number(value, digits, cell), shown);
}

static void test_numbers(void **state)
{
    (void)state;
    char cell[SPN_CELL_SIZE];
    check_number(0.1, 6, "0.1");
    check_number(1.0 / 3, 3, "0.333");
    check_number(123456789, 6, "1.23457e+08");
    check_number(1e-5, 6, "1e-05");
    check_number(-0.0, 6, "0");
    check_number((double)NAN, 6, "-");
    check_number(HUGE_VAL, 6, "inf");
    /* 0.25 known to 0.001: the last digit of 0.25 (of 0.2502 too) is worth a tenth of that or more. */
    assert_string_equal(spn_show_measured(0.25018, 0.001, cell), "0.2502");
    assert_string_equal(spn_show_measured(0.25018, 1, cell), "0.25");
    assert_string_equal(spn_show_measured(0.123456789012, 0, cell), "0.123456789");
}

/* The value and its error, as they are read, cover the interval, and the error is no larger than that takes: the half width,
 * the rounding of the value, a unit of its own last digit. */
static void test_shown_interval_covers(void **state)
{
    (void)state;
    spn_random random = spn_random_stream(1, SPN_PURPOSE_DATA, 0);
    char value[SPN_CELL_SIZE], error[SPN_CELL_SIZE];
    for (int draw = 0; draw < 20000; draw++) {
        const double middle = exp(20 * spn_random_normal(&random));
        const double half = middle * pow(10, -12 * spn_random_uniform(&random));
        const double low = middle - half * spn_random_uniform(&random), high = middle + half;
        const double shown = strtod(spn_show_measured(middle, half, value), NULL);
        const double shift = fabs(shown - middle);
        const double most = strtod(spn_show_error(middle, low, high, 2, error), NULL);
        assert_true(shown - most <= low + 1e-12 * most + 1e-15 * middle &&
                    high <= shown + most * (1 + 1e-12) + 1e-15 * middle);
        assert_true(most <= 1.1 * (half + shift) + 1e-15 * middle);
    }
    assert_string_equal(spn_show_error(0.25018, 0.25, 0.2505, 2, error), "0.0003");
    assert_string_equal(spn_show_error(0.5, 0.5, 0.5, 2, error), "0");
    assert_string_equal(spn_show_error(0.5, (double)NAN, (double)NAN, 2, error), "-");
}

/* What is zero does not depend on the units: every power of two is exact. */
static void test_zero_has_no_scale(void **state)
{
    (void)state;
    for (int k = -60; k <= 60; k++) {
        const double c = ldexp(1, k);
        assert_true(spn_beside(c * 9e-13, c) == 0);
        assert_true(spn_beside(c * 2e-12, c) == c * 2e-12);
        /* L = E + beta n^2 with theta -> c theta, beta -> beta / c^2 */
        assert_true(spn_shown_length(c * 1e-10, 0.5 / (c * c), 1) == 0);
        assert_true(spn_shown_length(c * 1e-8, 0.5 / (c * c), 1) == c * 1e-8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_any_length),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_norm),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_shown_interval_covers),
        cmocka_unit_test(test_zero_has_no_scale),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
