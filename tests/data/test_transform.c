/* SPDX-License-Identifier: MIT */
/** @file test_transform.c  Standardising, centring and whitening. */
#include "support.h"

#include <spinodal/data.h>
#include <spinodal/numeric.h>
#include <stdio.h>

static spn_context *context;
static char last_message[256];

static void remember(void *state, const spn_event *event)
{
    (void)state;
    snprintf(last_message, sizeof last_message, "%s", event->text);
}

static int setup(void **state)
{
    (void)state;
    last_message[0] = '\0';
    spn_context_settings settings = {.on_event = remember};
    return spn_context_create(&settings, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/** N rows of `inputs` + 1 numbers: inputs of very different size and offset; with 4 inputs the last is
 *  the exact sum of two others, as in tables of areas. */
enum { N = 200 };
static spn_dataset *make_table(int64_t inputs)
{
    static const char *const names[] = {"a", "b", "c", "a + b"}, *const target[] = {"t"};
    double rows[N * 5];
    spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, 0);
    for (int64_t n = 0; n < N; n++) {
        double *row = rows + n * (inputs + 1);
        row[0] = floor(100 * spn_random_uniform(&random));
        row[1] = floor(1000 * spn_random_uniform(&random)) + 4000;
        row[2] = 1e-3 * spn_random_normal(&random);
        if (inputs == 4) {
            row[3] = row[0] + row[1];
        }
        row[inputs] = 7 + row[0];
    }
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_from_rows(context, N, inputs, 1, rows, names, target, &d));
    return d;
}

static void test_standardize(void **state)
{
    (void)state;
    spn_dataset *in = make_table(3), *d = NULL;
    check_ok(context, spn_dataset_standardize(context, in, &d));
    double mx[3], my[1], xx[9], yx[3], yy[1], xx_in[9], yx_in[3];
    check_ok(context, spn_dataset_moments(context, d, false, mx, my, xx, yx, yy));
    check_ok(context, spn_dataset_moments(context, in, true, NULL, NULL, xx_in, yx_in, NULL));
    for (int i = 0; i < 3; i++) {
        check_close(mx[i], 0, 1e-14, 1); /* offset / deviation is below 30: 30 roundings */
        check_close(xx[i * 4], 1, 1e-14, 1);
        for (int j = 0; j < i; j++) { /* correlations are unchanged */
            check_close(xx[i * 3 + j], xx_in[i * 3 + j] / sqrt(xx_in[i * 4] * xx_in[j * 4]), 1e-13,
                        1);
        }
    }
    check_close(my[0], 0, 1e-14, 1);
    check_close(yy[0], 1, 1e-14, 1);
    check_close(yx[0], 1, 1e-14, 1); /* the target is the first input, shifted */
    assert_string_equal(d->input_names[2], "c");
    assert_string_equal(d->output_names[0], "t");
    for (int64_t n = N; n < d->stride; n++) {
        assert_true(d->x[n] == 0);
    }
    spn_dataset_free(context, in);
    spn_dataset_free(context, d);
}

/** The targets stay as they are, also where they could not be standardized; the inputs are those of the whole. */
static void test_inputs_only(void **state)
{
    (void)state;
    spn_dataset *in = make_table(3);
    static const spn_transformation_kind kinds[] = {SPN_TRANSFORMATION_STANDARDIZE,
                                                    SPN_TRANSFORMATION_CENTER};
    for (int k = 0; k < 2; k++) {
        spn_transformation *both = NULL, *inputs = NULL;
        spn_dataset *of_both = NULL, *of_inputs = NULL;
        check_ok(context, spn_transformation_fit(context, kinds[k], false, in, &both));
        check_ok(context, spn_transformation_fit(context, kinds[k], true, in, &inputs));
        check_ok(context, spn_transformation_apply(context, both, in, &of_both));
        check_ok(context, spn_transformation_apply(context, inputs, in, &of_inputs));
        const size_t row = N * sizeof(double);
        for (int i = 0; i < 3; i++) {
            assert_memory_equal(of_inputs->x + i * of_inputs->stride,
                                of_both->x + i * of_both->stride, row);
        }
        assert_memory_equal(of_inputs->y, in->y, row);
        assert_memory_not_equal(of_both->y, in->y, row);
        spn_transformation_free(context, both);
        spn_transformation_free(context, inputs);
        spn_dataset_free(context, of_both);
        spn_dataset_free(context, of_inputs);
    }
    spn_dataset_free(context, in);
    const double rows[] = {1, 5, 2, 5, 4, 5};
    spn_transformation *inputs = NULL;
    check_ok(context, spn_dataset_from_rows(context, 3, 1, 1, rows, NULL, NULL, &in));
    check_fails(context, spn_transformation_fit(context, kinds[0], false, in, &inputs),
                SPN_ERROR_INPUT, "target 1 is constant");
    check_ok(context, spn_transformation_fit(context, kinds[0], true, in, &inputs));
    spn_transformation_free(context, inputs);
    spn_dataset_free(context, in);
}

static void test_words_of_the_columns(void **state)
{
    (void)state;
    assert_int_equal(spn_columns_meant(SPN_COLUMNS_FALSE), SPN_COLUMNS_NONE);
    assert_int_equal(spn_columns_meant(SPN_COLUMNS_TRUE), SPN_COLUMNS_ALL);
    for (int kind = SPN_COLUMNS_NONE; kind <= SPN_COLUMNS_ALL; kind++) {
        assert_int_equal(spn_columns_meant(kind), kind);
    }
}

static void test_standardize_by_hand(void **state)
{
    (void)state;
    const double rows[] = {1, -2, 3, 2}; /* two points become +-1 */
    spn_dataset *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_from_rows(context, 2, 1, 1, rows, NULL, NULL, &in));
    check_ok(context, spn_dataset_standardize(context, in, &d));
    assert_true(d->x[0] == -1 && d->x[1] == 1 && d->y[0] == -1 && d->y[1] == 1);
    spn_dataset_free(context, d);
    check_ok(context, spn_dataset_center(context, in, &d));
    assert_true(d->x[0] == -1 && d->x[1] == 1 && d->y[0] == -2 && d->y[1] == 2);
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
}

/** Constant inputs become 0, whatever rounding leaves of 30 times 0.1, in other samples too; the others do not notice. */
static void test_constant_inputs(void **state)
{
    (void)state;
    double rows[4 * 30], others[4 * 30];
    for (int n = 0; n < 30; n++) {
        rows[4 * n] = n;
        rows[4 * n + 1] = 0.1; /* the mean of 30 times 0.1 is not 0.1 */
        rows[4 * n + 2] = 0;
        rows[4 * n + 3] = n * n;
    }
    memcpy(others, rows, sizeof rows);
    others[1] = 5;
    others[2] = -1e300;
    spn_dataset *in = NULL, *new = NULL, *d = NULL, *e = NULL;
    spn_transformation *t = NULL;
    check_ok(context, spn_dataset_from_rows(context, 30, 3, 1, rows, NULL, NULL, &in));
    check_ok(context, spn_dataset_from_rows(context, 30, 3, 1, others, NULL, NULL, &new));
    check_ok(context,
             spn_transformation_fit(context, SPN_TRANSFORMATION_STANDARDIZE, true, in, &t));
    assert_int_equal(spn_transformation_constant(t), 2);
    check_ok(context, spn_transformation_apply(context, t, in, &d));
    check_ok(context, spn_transformation_apply(context, t, new, &e));
    for (int n = 0; n < 30; n++) {
        for (int i = 1; i < 3; i++) {
            assert_true(d->x[i * d->stride + n] == 0 && !signbit(d->x[i * d->stride + n]));
            assert_true(e->x[i * e->stride + n] == 0 && !signbit(e->x[i * e->stride + n]));
        }
        /* Variance of 0, ..., N - 1: (N^2 - 1) / 12. Mean and deviation carry a few roundings. */
        check_close(d->x[n], (n - 14.5) / sqrt(899. / 12), 1e-14, 1);
        assert_true(d->x[n] == e->x[n]);
    }
    spn_transformation_free(context, t);
    check_ok(context, spn_transformation_fit(context, SPN_TRANSFORMATION_CENTER, true, in, &t));
    assert_int_equal(spn_transformation_constant(t), 0);
    spn_transformation_free(context, t);
    spn_dataset_free(context, in);
    spn_dataset_free(context, new);
    spn_dataset_free(context, d);
    spn_dataset_free(context, e);
}

static void test_constant_columns_are_refused(void **state)
{
    (void)state;
    double rows[3 * 30];
    for (int n = 0; n < 30; n++) {
        rows[3 * n] = 7;
        rows[3 * n + 1] = 0.1;
        rows[3 * n + 2] = n * n;
    }
    static const char *const names[] = {"year", "height"};
    spn_dataset *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_from_rows(context, 30, 2, 1, rows, names, NULL, &in));
    check_fails(context, spn_dataset_standardize(context, in, &d), SPN_ERROR_INPUT,
                "input 2 (height) is constant, as all inputs are");
    assert_null(d);
    check_ok(context, spn_dataset_center(context, in, &d));
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
    for (int n = 0; n < 30; n++) {
        rows[3 * n] = n;
    }
    check_ok(context, spn_dataset_from_rows(context, 30, 1, 2, rows, NULL, NULL, &in));
    check_fails(context, spn_dataset_standardize(context, in, &d), SPN_ERROR_INPUT,
                "target 1 is constant");
    spn_dataset_free(context, in);
    const double huge[] = {1e308, 1, 1e308, 2, 1.5e308, 3};
    check_ok(context, spn_dataset_from_rows(context, 3, 1, 1, huge, NULL, NULL, &in));
    check_fails(context, spn_dataset_standardize(context, in, &d), SPN_ERROR_INPUT, "too large");
    check_fails(context, spn_dataset_center(context, in, &d), SPN_ERROR_INPUT, "too large");
    check_fails(context, spn_dataset_whiten(context, in, &d), SPN_ERROR_INPUT, "too large");
    spn_dataset_free(context, in);
}

static void check_white(const spn_dataset *d)
{
    double xx[16], mx[4];
    check_ok(context, spn_dataset_moments(context, d, false, mx, NULL, xx, NULL, NULL));
    for (int64_t i = 0; i < d->inputs; i++) {
        check_close(mx[i], 0, 1e-14, 1);
        for (int64_t j = 0; j < d->inputs; j++) {
            check_close(xx[i * d->inputs + j], i == j, 1e-14, 1);
        }
    }
}

/** Whitening maps the data linearly: what lies in the span of the inputs can still be fitted exactly, so
 *  that R^2 of the target, here |yx|^2 / var y on white inputs, is 1. */
static void test_whiten_full_rank(void **state)
{
    (void)state;
    spn_dataset *table = make_table(3), *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_standardize(context, table, &in));
    check_ok(context, spn_dataset_whiten(context, in, &d));
    assert_int_equal(d->inputs, 3);
    assert_string_equal(d->input_names[0], "component 1");
    assert_string_equal(d->output_names[0], "t");
    check_white(d);
    double yx[3];
    check_ok(context, spn_dataset_moments(context, d, false, NULL, NULL, NULL, yx, NULL));
    check_close(yx[0] * yx[0] + yx[1] * yx[1] + yx[2] * yx[2], 1, 1e-13, 1);
    assert_memory_equal(d->y, in->y, N * sizeof(double)); /* targets are left alone */
    assert_non_null(strstr(last_message, "3 of 3"));
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
    spn_dataset_free(context, table);
}

static void test_whiten_rank_deficient(void **state)
{
    (void)state;
    spn_dataset *table = make_table(4), *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_standardize(context, table, &in));
    check_ok(context, spn_dataset_whiten(context, in, &d));
    assert_int_equal(d->inputs, 3);
    check_white(d);
    assert_non_null(strstr(last_message, "3 of 4"));
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
    spn_dataset_free(context, table);
}

/** Fewer samples than inputs: N - 1 directions remain after centring. */
static void test_whiten_few_samples(void **state)
{
    (void)state;
    const double rows[] = {1, 2, 3, 4, 0, /**/ -1, 2, 0, 1, 0, /**/ 5, 5, 1, 1, 0};
    spn_dataset *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_from_rows(context, 3, 4, 1, rows, NULL, NULL, &in));
    check_ok(context, spn_dataset_whiten(context, in, &d));
    assert_int_equal(d->inputs, 2);
    check_white(d);
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
    const double equal[] = {3, 4, 1, /**/ 3, 4, 2};
    check_ok(context, spn_dataset_from_rows(context, 2, 2, 1, equal, NULL, NULL, &in));
    check_fails(context, spn_dataset_whiten(context, in, &d), SPN_ERROR_INPUT,
                "all inputs are constant");
    spn_dataset_free(context, in);
}

/** Few samples of many inputs, each `times` times: moments do not depend on the times. */
static spn_dataset *make_wide(spn_context *own, int64_t samples, int64_t inputs, int64_t times)
{
    spn_dataset *made = NULL;
    double *rows = calloc((size_t)(samples * times * (inputs + 1)), sizeof *rows);
    assert_non_null(rows);
    spn_random random = spn_random_stream(8, SPN_PURPOSE_TEST, 0);
    for (int64_t k = 0; k < samples * (inputs + 1); k++) {
        rows[k] = spn_random_normal(&random);
    }
    size_t size = (size_t)(samples * (inputs + 1)) * sizeof *rows;
    for (int64_t t = 1; t < times; t++) {
        memcpy((char *)rows + (size_t)t * size, rows, size);
    }
    check_ok(own, spn_dataset_from_rows(own, samples * times, inputs, 1, rows, NULL, NULL, &made));
    free(rows);
    return made;
}

/** With fewer samples than inputs the directions come from products of samples; with the same samples thrice, which are
 *  then more, from the covariance, which is the same. Eigenvalues of normal data lie within a factor 10 of each other and
 *  apart, so that both differ by some 10 roundings of the largest; a component's sign is free. */
static void test_whiten_wide(void **state)
{
    (void)state;
    enum { FEW = 5, INPUTS = 12, TIMES = 3 };
    spn_dataset *few = make_wide(context, FEW, INPUTS, 1), *d = NULL, *many_d = NULL;
    spn_dataset *many = make_wide(context, FEW, INPUTS, TIMES);
    spn_transformation *t = NULL;
    check_ok(context, spn_dataset_whiten(context, few, &d));
    check_ok(context, spn_dataset_whiten(context, many, &many_d));
    assert_int_equal(d->inputs, FEW - 1);
    assert_int_equal(many_d->inputs, FEW - 1);
    check_white(d);
    for (int64_t i = 0; i < d->inputs; i++) {
        const double *x = d->x + i * d->stride, *expected = many_d->x + i * many_d->stride;
        double sign = x[0] * expected[0] > 0 ? 1 : -1;
        for (int64_t n = 0; n < FEW; n++) {
            check_close(sign * x[n], expected[n], 1e-13, 1);
        }
    }
    /* The map that was fitted does the same to samples that it has not seen. */
    check_ok(context, spn_transformation_fit(context, SPN_TRANSFORMATION_WHITEN, false, few, &t));
    spn_dataset_free(context, many_d);
    check_ok(context, spn_transformation_apply(context, t, many, &many_d));
    check_white(many_d);
    spn_transformation_free(context, t);
    spn_dataset_free(context, d);
    spn_dataset_free(context, many_d);
    spn_dataset_free(context, few);
    spn_dataset_free(context, many);
}

/** Three samples of 2,000 inputs need no array of 2,000 x 2,000. */
static void test_whiten_very_wide(void **state)
{
    (void)state;
    enum { INPUTS = 2000 };
    support_allocator counter = {.most = 8 * INPUTS * 100};
    spn_context *own = support_context(&counter);
    spn_dataset *in = make_wide(own, 3, INPUTS, 1), *d = NULL;
    check_ok(own, spn_dataset_whiten(own, in, &d));
    assert_int_equal(d->inputs, 2);
    check_white(d);
    spn_dataset_free(own, d);
    spn_dataset_free(own, in);
    spn_context_free(own);
}

/** Long silences are announced with their length: 9 n^3 operations at 10^10 a second, 15 minutes for n = 10,000. */
static void test_long_spectra_are_announced(void **state)
{
    (void)state;
    spn_dense_announce(context, 2000, "whitening");
    assert_string_equal(last_message, "");
    spn_dense_announce(context, 10000, "whitening");
    assert_string_equal(
        last_message,
        "whitening: the spectrum of a 10000 x 10000 matrix takes 3.2 GB and about 15 minutes; "
        "an interruption is heard at its end");
}

/** Beyond 256 inputs LAPACK takes over: the result is as white. */
static void test_whiten_many_inputs(void **state)
{
    (void)state;
    enum { INPUTS = 257, SAMPLES = 300 };
    spn_data_settings settings = {.samples = SAMPLES,
                                  .inputs = INPUTS,
                                  .outputs = 1,
                                  .moments = SPN_MOMENTS_DRAWN,
                                  .seed = 4};
    spn_dataset *in = NULL, *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &in));
    check_ok(context, spn_dataset_whiten(context, in, &d));
    assert_int_equal(d->inputs, INPUTS);
    static double xx[INPUTS * INPUTS];
    check_ok(context, spn_dataset_moments(context, d, false, NULL, NULL, xx, NULL, NULL));
    for (int i = 0; i < INPUTS; i++) {
        for (int j = 0; j < INPUTS; j++) {
            check_close(xx[i * INPUTS + j], i == j, 1e-13, 1); /* sums of 257 terms in G^{-1/2} */
        }
    }
    spn_dataset_free(context, d);
    spn_dataset_free(context, in);
}

static spn_status transform(spn_context *inner, void *state)
{
    spn_status status = SPN_OK;
    const spn_dataset *in = state;
    spn_dataset *standard = NULL, *white = NULL, *centered = NULL;
    SPN_TRY(spn_dataset_standardize(inner, in, &standard));
    SPN_TRY(spn_dataset_whiten(inner, standard, &white));
    SPN_TRY(spn_dataset_center(inner, in, &centered));
done:
    spn_dataset_free(inner, standard);
    spn_dataset_free(inner, white);
    spn_dataset_free(inner, centered);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    spn_dataset *in = make_table(4);
    assert_true(support_fail_each_allocation(transform, in) >= 20);
    spn_dataset_free(context, in);
}

/** In place: the same bits, in the same memory where the columns stay. */
static void test_replace(void **state)
{
    (void)state;
    static const spn_transformation_kind kinds[] = {
        SPN_TRANSFORMATION_STANDARDIZE, SPN_TRANSFORMATION_CENTER, SPN_TRANSFORMATION_WHITEN};
    for (int k = 0; k < 3; k++) {
        spn_dataset *in = make_table(4), *copy = NULL;
        const double *x = in->x;
        spn_transformation *t = NULL;
        check_ok(context, spn_transformation_fit(context, kinds[k], k == 1, in, &t));
        check_ok(context, spn_transformation_apply(context, t, in, &copy));
        check_ok(context, spn_transformation_replace(context, t, &in));
        assert_true((in->x == x) == (kinds[k] != SPN_TRANSFORMATION_WHITEN));
        assert_int_equal(in->inputs, copy->inputs);
        assert_memory_equal(in->x, copy->x, (size_t)(in->inputs * in->stride) * sizeof *x);
        assert_memory_equal(in->y, copy->y, (size_t)(in->outputs * in->stride) * sizeof *x);
        spn_transformation_free(context, t);
        spn_dataset_free(context, in);
        spn_dataset_free(context, copy);
    }
    spn_dataset *d = NULL;
    double *own_x = NULL, *own_y = NULL;
    check_ok(context, spn_dataset_create(context, 3, 2, 1, NULL, NULL, &d, &own_x, &own_y));
    assert_true(own_x == d->x && own_y == d->y && own_y[2] == 0);
    spn_dataset_free(context, d);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_standardize),
        CASE(test_inputs_only),
        CASE(test_words_of_the_columns),
        CASE(test_standardize_by_hand),
        CASE(test_constant_inputs),
        CASE(test_constant_columns_are_refused),
        CASE(test_whiten_full_rank),
        CASE(test_whiten_rank_deficient),
        CASE(test_whiten_few_samples),
        CASE(test_whiten_wide),
        CASE(test_whiten_very_wide),
        CASE(test_long_spectra_are_announced),
        CASE(test_whiten_many_inputs),
        CASE(test_out_of_memory),
        CASE(test_replace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
