/* SPDX-License-Identifier: MIT */
/** @file test_modular.c  Modular addition. */
#include "support.h"

#include <spinodal/data.h>

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

static spn_dataset *make(int64_t modulus)
{
    const spn_data_settings settings = {.kind = SPN_DATA_MODULAR, .modulus = modulus};
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_modular(context, &settings, &d));
    return d;
}

/* The addition table of five, row a, column b. */
static void test_five_by_hand(void **state)
{
    (void)state;
    static const int sums[5][5] = {
        {0, 1, 2, 3, 4}, {1, 2, 3, 4, 0}, {2, 3, 4, 0, 1}, {3, 4, 0, 1, 2}, {4, 0, 1, 2, 3},
    };
    spn_dataset *d = make(5);
    assert_int_equal(d->samples, 25);
    assert_int_equal(d->inputs, 10);
    assert_int_equal(d->outputs, 5);
    for (int n = 0; n < 25; n++) {
        for (int i = 0; i < 5; i++) {
            assert_true(d->x[i * d->stride + n] == (i == n / 5));
            assert_true(d->x[(5 + i) * d->stride + n] == (i == n % 5));
            assert_true(d->y[i * d->stride + n] == (i == sums[n / 5][n % 5]));
        }
    }
    assert_string_equal(d->input_names[0], "a0");
    assert_string_equal(d->input_names[4], "a4");
    assert_string_equal(d->input_names[5], "b0");
    assert_string_equal(d->output_names[4], "c4");
    spn_dataset_free(context, d);
}

/* Each residue is as often an input and a target as any other: means 1/p; padding is zero. */
static void test_residues_are_equally_frequent(void **state)
{
    (void)state;
    for (int64_t p = 2; p <= 23; p += 7) {
        spn_dataset *d = make(p);
        double mx[46], my[23];
        assert_int_equal(d->samples, p * p);
        check_ok(context, spn_dataset_moments(context, d, false, mx, my, NULL, NULL, NULL));
        for (int64_t i = 0; i < 2 * p; i++) {
            check_close(mx[i], 1 / (double)p, 1e-15, 1);
            check_close(my[i / 2], 1 / (double)p, 1e-15, 1);
            for (int64_t n = d->samples; n < d->stride; n++) {
                assert_true(d->x[i * d->stride + n] == 0);
            }
        }
        spn_dataset_free(context, d);
    }
}

static void test_bad_moduli(void **state)
{
    (void)state;
    const int64_t bad[] = {-3, 0, 1, SPN_MODULUS_MAX + 1, INT64_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const spn_data_settings settings = {.modulus = bad[i]};
        spn_dataset *d = NULL;
        check_fails(context, spn_dataset_modular(context, &settings, &d), SPN_ERROR_INPUT,
                    "data.modulus: ");
        assert_null(d);
    }
}

static spn_status make_and_free(spn_context *own, void *state)
{
    const spn_data_settings settings = {.modulus = 3};
    spn_dataset *d = NULL;
    (void)state;
    spn_status status = spn_dataset_modular(own, &settings, &d);
    spn_dataset_free(own, d);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(make_and_free, NULL) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_by_hand),
        cmocka_unit_test(test_residues_are_equally_frequent),
        cmocka_unit_test(test_bad_moduli),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
