/* SPDX-License-Identifier: MIT */
/** @file test_draft.c  A first experiment for a table: what it does not depend on, the bound of its range, and every
 *  allocation that fails. */
#include "support.h"

#include <math.h>
#include <spinodal/study.h>
#include <stdio.h>
#include <string.h>

static spn_context *context;
static char path[4096];

static int set_up(void **state)
{
    (void)state;
    support_scratch("draft.csv", path);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

enum { ROWS = 30 };

/* Two inputs and a target; scaled by `scale`, the first row moved to the end, the second column a copy of the first. */
static const char *write_table(double scale, bool is_turned, bool is_copied)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "a,b,y\n");
    for (int i = 0; i < ROWS; i++) {
        const double n = is_turned ? (i + 1) % ROWS : i;
        const double a = sin(1.7 * n), b = is_copied ? a : cos(2.3 * n);
        fprintf(file, "%.17g,%.17g,%.17g\n", scale * a, b,
                scale * (a + 0.4 * b + 0.2 * sin(9 * n)));
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static void range_of(const char *name, const char *set, double *from, double *to)
{
    char *text = NULL;
    const char *const sets[] = {set};
    check_ok(context, spn_experiment_draft(context, name, set != NULL, sets, &text));
    const char *low = strstr(text, "beta.from: "), *high = strstr(text, "beta.to: ");
    assert_true(low != NULL && high != NULL);
    assert_int_equal(sscanf(low, "beta.from: %lf", from), 1);
    assert_int_equal(sscanf(high, "beta.to: %lf", to), 1);
    spn_release(context, text);
}

/** The range is that of standardised columns: units and the order of rows have no say (two digits are written). */
static void test_units_and_order(void **state)
{
    (void)state;
    double from, to, other_from, other_to;
    range_of(write_table(1, false, false), NULL, &from, &to);
    assert_true(from > 0 && to > from);
    range_of(write_table(1000, false, false), NULL, &other_from, &other_to);
    assert_true(from == other_from && to == other_to);
    range_of(write_table(1, true, false), NULL, &other_from, &other_to);
    assert_true(from == other_from && to == other_to);
    /* A copied column makes the inputs rank-deficient. */
    range_of(write_table(1, false, true), NULL, &other_from, &other_to);
    assert_true(other_from > 0 && other_to > other_from);
}

/** Where linear theory says nothing the bound does: for one input, one target of variance 1 and correlation r it is
 *  1 / (D (1 / 2 r)^(2/D)), D = 3; the range goes to twice that. */
static void test_bound(void **state)
{
    (void)state;
    double from, to, xy = 0, xx = 0, yy = 0, x_sum = 0, y_sum = 0;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int n = 0; n < ROWS; n++) {
        const double x = sin(1.7 * n), y = x + 0.3 * cos(2.3 * n);
        fprintf(file, "%.17g,%.17g\n", x, y);
        x_sum += x, y_sum += y, xx += x * x, yy += y * y, xy += x * y;
    }
    assert_int_equal(fclose(file), 0);
    const double r = (xy - x_sum * y_sum / ROWS) /
                     sqrt((xx - x_sum * x_sum / ROWS) * (yy - y_sum * y_sum / ROWS));
    const double bound = 1 / (3 * pow(1 / (2 * r), 2.0 / 3));
    range_of(path, "model.activation=relu", &from, &to);
    /* Two digits are written, away from what lies between: a tenth at most. */
    assert_true(to >= 2 * bound && to <= 2.2 * bound);
    assert_true(from <= to / 1e3 * (1 + 1e-12) && from >= to / 1.1e3);
}

static spn_status draft(spn_context *its_context, void *name)
{
    char *text = NULL;
    spn_status status = spn_experiment_draft(its_context, name, 0, NULL, &text);
    spn_release(its_context, text);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    write_table(1, false, false);
    assert_true(support_fail_each_allocation(draft, path) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_units_and_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_out_of_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
