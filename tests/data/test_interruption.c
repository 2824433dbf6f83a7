/* SPDX-License-Identifier: MIT */
/* Ctrl-C on a large table: each loop over rows or samples hears it by itself, so that what is made of several of them does. */
#include "support.h"

#include <spinodal/numeric.h>

#include "data/data.h"

enum { INPUTS = 3, OUTPUTS = 2, COLUMNS = INPUTS + OUTPUTS, SAMPLES = 40 };

static atomic_int cancel;
static spn_context *context;
static spn_dataset *table;
static const spn_data_settings gaussian = {.samples = SAMPLES,
                                           .inputs = INPUTS,
                                           .outputs = OUTPUTS,
                                           .moments = SPN_MOMENTS_DRAWN,
                                           .seed = 3,
                                           .test_share = 0.2};

static int set_up(void **state)
{
    (void)state;
    const spn_context_settings settings = {.cancel = &cancel};
    atomic_store(&cancel, 0);
    check_ok(NULL, spn_context_create(&settings, &context));
    check_ok(context, spn_dataset_gaussian(context, &gaussian, &table));
    atomic_store(&cancel, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_dataset_free(context, table);
    spn_context_free(context);
    return 0;
}

#define check_heard(call) check_fails(context, (call), SPN_ERROR_INTERRUPTED, "")

static void test_loops_over_rows(void **state)
{
    (void)state;
    static double x[COLUMNS * SAMPLES], square[COLUMNS * COLUMNS], values[COLUMNS],
        vectors[COLUMNS * COLUMNS];
    check_heard(spni_gram(context, INPUTS, SAMPLES, table->stride, table->x, square));
    check_heard(spni_transform(context, INPUTS, INPUTS, square, SAMPLES, SAMPLES, x));
    check_heard(spni_spectral(context, INPUTS, values, vectors, square));
    check_heard(spn_eigen_jacobi(context, INPUTS, square, values, vectors));
    check_heard(spni_whiten_rows(context, INPUTS, SAMPLES, SAMPLES, x, NULL, NULL));
}

static void test_moments(void **state)
{
    (void)state;
    static double xx[INPUTS * INPUTS], yx[OUTPUTS * INPUTS], yy[OUTPUTS * OUTPUTS];
    check_heard(spn_dataset_moments(context, table, false, NULL, NULL, xx, NULL, NULL));
    check_heard(spn_dataset_moments(context, table, false, NULL, NULL, NULL, yx, NULL));
    check_heard(spn_dataset_moments(context, table, false, NULL, NULL, NULL, NULL, yy));
}

static void test_data_sets(void **state)
{
    (void)state;
    static double rows[SAMPLES * COLUMNS];
    spn_dataset *out = NULL, *test = NULL;
    check_heard(spn_dataset_gaussian(context, &gaussian, &out));
    check_heard(spn_dataset_gaussian_test(context, &gaussian, &out));
    check_heard(spn_dataset_from_rows(context, SAMPLES, INPUTS, OUTPUTS, rows, NULL, NULL, &out));
    check_heard(spn_dataset_split(context, table, 0.25, 1, &out, &test));
    check_heard(spn_dataset_divide(context, table, SAMPLES / 2, &out, &test));
}

static void test_transformations(void **state)
{
    (void)state;
    static const spn_transformation_kind kinds[] = {
        SPN_TRANSFORMATION_STANDARDIZE, SPN_TRANSFORMATION_CENTER, SPN_TRANSFORMATION_WHITEN};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        spn_transformation *t = NULL;
        spn_dataset *out = NULL;
        check_heard(spn_transformation_fit(context, kinds[i], false, table, &t));
        atomic_store(&cancel, 0);
        check_ok(context, spn_transformation_fit(context, kinds[i], false, table, &t));
        atomic_store(&cancel, 1);
        check_heard(spn_transformation_apply(context, t, table, &out));
        spn_transformation_free(context, t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops_over_rows),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_data_sets),
        cmocka_unit_test(test_transformations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
