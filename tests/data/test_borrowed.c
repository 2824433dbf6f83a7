/* SPDX-License-Identifier: MIT */
/* Data sets over numbers of the caller: nothing is copied, and nothing of the caller is changed. */
#include "support.h"

#include <math.h>
#include <spinodal/data.h>
#include <string.h>

enum { SAMPLES = 6, STRIDE = 8 };
static const double rows[] = {1, 2, 10, 3, 4, 20, 5, 9, 60, 7, 1, 5, 2, 2, 2, 9, 8, 7};
static const char *const names[] = {"left", "right"};
static double x[2 * STRIDE], y[STRIDE];
static spn_context *context;

static int setup(void **state)
{
    (void)state;
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    for (int n = 0; n < SAMPLES; n++) {
        x[n] = rows[3 * n];
        x[STRIDE + n] = rows[3 * n + 1];
        y[n] = rows[3 * n + 2];
    }
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static spn_dataset of(void)
{
    return (spn_dataset){.samples = SAMPLES,
                         .inputs = 2,
                         .outputs = 1,
                         .stride = STRIDE,
                         .x = x,
                         .y = y,
                         .input_names = names};
}

static void numbers_stay_where_they_are(void **state)
{
    (void)state;
    const spn_dataset numbers = of();
    spn_dataset *view = NULL;
    check_ok(context, spn_dataset_view(context, &numbers, &view));
    assert_ptr_equal(view->x, x);
    assert_ptr_equal(view->y, y);
    assert_int_equal(view->samples, SAMPLES);
    assert_ptr_not_equal(view->input_names, names);
    assert_string_equal(view->input_names[1], "right");
    assert_null(view->output_names);
    spn_dataset_free(context, view);
    assert_true(x[0] == 1 && y[0] == 10);
}

static void changes_are_made_to_a_copy(void **state)
{
    (void)state;
    const spn_dataset numbers = of();
    double before[2 * STRIDE];
    spn_dataset *view = NULL, *from_rows = NULL, *expected = NULL;
    spn_transformation *transformation = NULL;
    memcpy(before, x, sizeof before);
    check_ok(context, spn_dataset_view(context, &numbers, &view));
    check_ok(context, spn_transformation_fit(context, SPN_TRANSFORMATION_STANDARDIZE, false, view,
                                             &transformation));
    check_ok(context, spn_transformation_replace(context, transformation, &view));
    assert_memory_equal(before, x, sizeof before);
    check_ok(context, spn_dataset_from_rows(context, SAMPLES, 2, 1, rows, names, NULL, &from_rows));
    check_ok(context, spn_dataset_standardize(context, from_rows, &expected));
    assert_memory_equal(view->x, expected->x, sizeof before);
    assert_memory_equal(view->y, expected->y, sizeof y);
    assert_string_equal(view->input_names[0], "left");
    spn_transformation_free(context, transformation);
    spn_dataset_free(context, expected);
    spn_dataset_free(context, from_rows);
    spn_dataset_free(context, view);
}

static void refuse(const spn_dataset *numbers, spn_status expected, const char *fragment)
{
    spn_dataset *view = NULL;
    check_fails(context, spn_dataset_view(context, numbers, &view), expected, fragment);
    assert_null(view);
}

static void bad_numbers_are_refused(void **state)
{
    (void)state;
    spn_dataset numbers = of();
    numbers.samples = 0;
    refuse(&numbers, SPN_ERROR_INPUT, "at least one sample");
    numbers = of();
    numbers.stride = 7;
    refuse(&numbers, SPN_ERROR_ARGUMENT, "multiple of 8");
    numbers = of();
    numbers.samples = 9;
    refuse(&numbers, SPN_ERROR_ARGUMENT, "9 samples 8 apart");
    x[STRIDE + 7] = 1;
    numbers = of();
    refuse(&numbers, SPN_ERROR_ARGUMENT, "input 2: what is behind its 6 samples must be 0");
    x[STRIDE + 7] = 0;
    x[STRIDE + 2] = (double)NAN;
    refuse(&numbers, SPN_ERROR_INPUT, "row 3, input 2 (right): NaN is not a finite number");
    x[STRIDE + 2] = 9;
    y[4] = -(double)INFINITY;
    refuse(&numbers, SPN_ERROR_INPUT, "row 5, target 1: -inf is not a finite number");
}

static spn_status make_and_change(spn_context *inner, void *state)
{
    const spn_dataset *numbers = state;
    spn_status status = SPN_OK;
    spn_dataset *view = NULL;
    spn_transformation *transformation = NULL;
    SPN_TRY(spn_dataset_view(inner, numbers, &view));
    SPN_TRY(spn_transformation_fit(inner, SPN_TRANSFORMATION_CENTER, false, view, &transformation));
    SPN_TRY(spn_transformation_replace(inner, transformation, &view));
done:
    spn_transformation_free(inner, transformation);
    spn_dataset_free(inner, view);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    spn_dataset numbers = of();
    assert_true(support_fail_each_allocation(make_and_change, &numbers) >= 6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(numbers_stay_where_they_are),
        CASE(changes_are_made_to_a_copy),
        CASE(bad_numbers_are_refused),
        CASE(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
