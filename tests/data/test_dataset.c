/* SPDX-License-Identifier: MIT */
/** @file test_dataset.c  Making data sets from rows, their moments, and the table of settings. */
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

static const double rows[] = {1, 2, 10, /**/ 3, 4, 20, /**/ 5, 9, 60};
static const char *const input_names[] = {"left", "right"};
static const char *const output_names[] = {"sum"};

static void test_rows_become_columns(void **state)
{
    (void)state;
    spn_dataset *d = NULL;
    char first[] = "left";
    const char *const names[] = {first, "right"};
    check_ok(context, spn_dataset_from_rows(context, 3, 2, 1, rows, names, output_names, &d));
    first[0] = '?'; /* names are copied */
    assert_int_equal(d->samples, 3);
    assert_int_equal(d->inputs, 2);
    assert_int_equal(d->outputs, 1);
    assert_int_equal(d->stride, 8);
    assert_int_equal((uintptr_t)d->x % 64, 0);
    assert_int_equal((uintptr_t)d->y % 64, 0);
    for (int64_t n = 0; n < 8; n++) {
        assert_true(d->x[n] == (n < 3 ? rows[3 * n] : 0));
        assert_true(d->x[8 + n] == (n < 3 ? rows[3 * n + 1] : 0));
        assert_true(d->y[n] == (n < 3 ? rows[3 * n + 2] : 0));
    }
    assert_string_equal(d->input_names[0], "left");
    assert_string_equal(d->input_names[1], "right");
    assert_string_equal(d->output_names[0], "sum");
    spn_dataset_free(context, d);
    check_ok(context, spn_dataset_from_rows(context, 3, 2, 1, rows, NULL, output_names, &d));
    assert_null(d->input_names);
    assert_string_equal(d->output_names[0], "sum");
    spn_dataset_free(context, d);
    spn_dataset_free(context, NULL);
}

static void test_stride_is_a_multiple_of_eight(void **state)
{
    (void)state;
    double many[34] = {0};
    static const int64_t samples[] = {1, 7, 8, 9, 16, 17}, strides[] = {8, 8, 8, 16, 16, 24};
    for (size_t k = 0; k < 6; k++) {
        spn_dataset *d = NULL;
        check_ok(context, spn_dataset_from_rows(context, samples[k], 1, 1, many, NULL, NULL, &d));
        assert_int_equal(d->stride, strides[k]);
        spn_dataset_free(context, d);
    }
}

static void test_bad_rows(void **state)
{
    (void)state;
    spn_dataset *d = NULL;
    double bad[9];
    memcpy(bad, rows, sizeof bad);
    bad[4] = (double)NAN;
    check_fails(context,
                spn_dataset_from_rows(context, 3, 2, 1, bad, input_names, output_names, &d),
                SPN_ERROR_INPUT, "row 2, input 2 (right): NaN");
    assert_null(d);
    bad[4] = 0;
    bad[8] = -(double)INFINITY;
    check_fails(context, spn_dataset_from_rows(context, 3, 2, 1, bad, NULL, NULL, &d),
                SPN_ERROR_INPUT, "row 3, target 1: -inf");
    check_fails(context, spn_dataset_from_rows(context, 0, 2, 1, rows, NULL, NULL, &d),
                SPN_ERROR_INPUT, "at least one sample");
    check_fails(context, spn_dataset_from_rows(context, 3, 0, 1, rows, NULL, NULL, &d),
                SPN_ERROR_INPUT, "at least one");
    check_fails(context, spn_dataset_from_rows(context, 3, 2, 0, rows, NULL, NULL, &d),
                SPN_ERROR_INPUT, "at least one");
    check_fails(context, spn_dataset_from_rows(context, INT64_MAX / 2, 9, 9, rows, NULL, NULL, &d),
                SPN_ERROR_INPUT, "too large");
    check_fails(context, spn_dataset_from_rows(context, INT64_MAX, 1, 1, rows, NULL, NULL, &d),
                SPN_ERROR_INPUT, "too large");
}

/** x = (1,2), (3,4), (5,9), y = 10, 20, 60: means 3, 5, 30; sums of products by hand. */
static void test_moments_by_hand(void **state)
{
    (void)state;
    spn_dataset *d = NULL;
    double mx[2], my[1], xx[4], yx[2], yy[1];
    check_ok(context, spn_dataset_from_rows(context, 3, 2, 1, rows, NULL, NULL, &d));
    check_ok(context, spn_dataset_moments(context, d, false, mx, my, xx, yx, yy));
    const double raw_xx[] = {35. / 3, 59. / 3, 59. / 3, 101. / 3};
    const double raw_yx[] = {370. / 3, 640. / 3};
    for (int i = 0; i < 4; i++) {
        check_close(xx[i], raw_xx[i], 1e-15, 0); /* three terms, one division */
    }
    for (int i = 0; i < 2; i++) {
        check_close(yx[i], raw_yx[i], 1e-15, 0);
    }
    check_close(yy[0], 4100. / 3, 1e-15, 0);
    check_close(mx[0], 3, 1e-15, 0);
    check_close(mx[1], 5, 1e-15, 0);
    check_close(my[0], 30, 1e-15, 0);
    check_ok(context, spn_dataset_moments(context, d, true, NULL, NULL, xx, yx, yy));
    const double cov_xx[] = {8. / 3, 14. / 3, 14. / 3, 26. / 3};
    const double cov_yx[] = {100. / 3, 190. / 3};
    for (int i = 0; i < 4; i++) {
        check_close(xx[i], cov_xx[i], 1e-15, 0);
    }
    for (int i = 0; i < 2; i++) {
        check_close(yx[i], cov_yx[i], 1e-15, 0);
    }
    check_close(yy[0], 1400. / 3, 1e-15, 0);
    check_ok(context, spn_dataset_moments(context, d, true, NULL, NULL, NULL, NULL, NULL));
    spn_dataset_free(context, d);
}

/** The defaults are the built-in experiment; every field has a key, and the keys are these. */
/* Two samples: x = (1, 2), (-1, 3), y = 4, -2; v = (0.6, 0.8), u = 0.5: v.x = 2.2, 1.8; u.y = 2, -1. */
static void test_projected_moments(void **state)
{
    (void)state;
    const double samples[2][3] = {{1, 2, 4}, {-1, 3, -2}}, v[2] = {0.6, 0.8}, u[1] = {0.5};
    double mean = 0, variance = 0, cubed = 0, y_vv[1], uv_x[2];
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_from_rows(context, 2, 2, 1, samples[0], NULL, NULL, &d));
    check_ok(context,
             spn_dataset_projected_moments(context, d, u, v, &mean, &variance, &cubed, y_vv, uv_x));
    check_close(mean, 2, 1e-15, 0);
    check_close(variance, (4.84 + 3.24) / 2, 1e-15, 0);
    check_close(cubed, (2 * 10.648 - 5.832) / 2, 1e-15, 0);
    check_close(y_vv[0], (4 * 4.84 - 2 * 3.24) / 2, 1e-15, 0);
    check_close(uv_x[0], (4.4 + 1.8) / 2, 1e-15, 0);
    check_close(uv_x[1], (8.8 - 5.4) / 2, 1e-15, 0);
    spn_dataset_free(context, d);
}

static void test_settings_table(void **state)
{
    (void)state;
    spn_arena *arena = NULL;
    spn_settings settings;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_data_options, &settings));
    const spn_data_settings *v = settings.values;
    assert_int_equal(v->kind, SPN_DATA_GAUSSIAN);
    assert_int_equal(v->samples, 1000);
    assert_int_equal(v->inputs, 3);
    assert_int_equal(v->outputs, 2);
    assert_int_equal(v->correlations.count, 2);
    assert_true(v->correlations.items[0] == 0.9 && v->correlations.items[1] == 0.5);
    assert_int_equal(v->covariance.rows, 0);
    assert_int_equal(v->moments, SPN_MOMENTS_EXACT);
    assert_int_equal(v->seed, 1);
    assert_null(v->path);
    assert_int_equal(v->header, SPN_HEADER_AUTO);
    assert_int_equal(v->targets.count, 0);
    assert_int_equal(v->columns.count, 0);
    assert_string_equal(v->input_key, "x");
    assert_string_equal(v->target_key, "y");
    assert_int_equal(v->modulus, 23);
    assert_true(v->teacher_hidden.count == 1 && v->teacher_hidden.items[0] == 5);
    assert_true(v->teacher_activation == 0 && v->teacher_scale == 1);
    assert_true(v->noise == 0 && v->test_share == 0);
    assert_false(v->standardize || v->whiten || v->center);
    static const char *const keys[] = {"kind",          "samples",        "inputs",
                                       "outputs",       "correlations",   "covariance",
                                       "moments",       "seed",           "path",
                                       "header",        "separator",      "missing",
                                       "targets",       "columns",        "input_key",
                                       "target_key",    "classes",        "class_targets",
                                       "test_path",     "test_input_key", "test_target_key",
                                       "modulus",       "teacher.hidden", "teacher.activation",
                                       "teacher.scale", "noise",          "test_share",
                                       "standardize",   "whiten",         "center",
                                       "labels",        "test_labels",    "only",
                                       "take",          "take_by",        "pixels",
                                       "normalize"};
    assert_int_equal(spn_data_options.count, sizeof keys / sizeof keys[0]);
    for (int64_t i = 0; i < spn_data_options.count; i++) {
        assert_string_equal(spn_data_options.options[i].key, keys[i]);
    }
    static const struct {
        const char *key, *text;
    } choices[] = {{"kind", "npz"},
                   {"moments", "drawn"},
                   {"header", "no"},
                   {"separator", "space"},
                   {"missing", "mean"}};
    for (size_t i = 0; i < 5; i++) {
        spn_value value = {.scalar = choices[i].text};
        check_ok(context, spn_settings_assign(context, arena, &settings, choices[i].key, &value));
    }
    assert_int_equal(v->kind, SPN_DATA_NPZ);
    assert_int_equal(v->moments, SPN_MOMENTS_DRAWN);
    assert_int_equal(v->header, SPN_HEADER_NO);
    assert_int_equal(v->separator, SPN_SEPARATOR_SPACE);
    assert_int_equal(v->missing, SPN_MISSING_MEAN);
    spn_value wrong = {.scalar = "gausian"};
    check_fails(context, spn_settings_assign(context, arena, &settings, "kind", &wrong),
                SPN_ERROR_INPUT, "gaussian");
    static const char *const shares[] = {"0", "0.99", "1", "-0.1", "nan"};
    for (int i = 0; i < 5; i++) {
        spn_value value = {.scalar = shares[i]};
        spn_status status = spn_settings_assign(context, arena, &settings, "test_share", &value);
        assert_int_equal(status, i < 2 ? SPN_OK : SPN_ERROR_INPUT);
        assert_true(i < 2 || strstr(spn_error_text(context), "a number in [0, 1)") != NULL);
    }
    assert_true(v->test_share == 0.99);
    spn_error_clear(context);
    spn_arena_free(arena);
}

static spn_status make_and_measure(spn_context *inner, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    spn_dataset *d = NULL;
    double xx[4];
    SPN_TRY(spn_dataset_from_rows(inner, 3, 2, 1, rows, input_names, output_names, &d));
    SPN_TRY(spn_dataset_moments(inner, d, true, NULL, NULL, xx, NULL, NULL));
done:
    spn_dataset_free(inner, d);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(make_and_measure, NULL) >= 6);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rows_become_columns),
        CASE(test_stride_is_a_multiple_of_eight),
        CASE(test_bad_rows),
        CASE(test_moments_by_hand),
        CASE(test_projected_moments),
        CASE(test_settings_table),
        CASE(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
