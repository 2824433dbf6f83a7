/* SPDX-License-Identifier: MIT */
/** @file test_split.c  Samples kept for testing: held out, drawn beside, transformed like the others. */
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

/* Sample n is (n, 1000 + n; 2000 + n). */
static spn_dataset *numbered(int64_t samples)
{
    static const char *const inputs[] = {"left", "right"}, *const targets[] = {"sum"};
    double *rows = calloc((size_t)samples * 3, sizeof *rows);
    spn_dataset *d = NULL;
    assert_non_null(rows);
    for (int64_t n = 0; n < samples; n++) {
        for (int64_t c = 0; c < 3; c++) {
            rows[3 * n + c] = (double)(1000 * c + n);
        }
    }
    check_ok(context, spn_dataset_from_rows(context, samples, 2, 1, rows, inputs, targets, &d));
    free(rows);
    return d;
}

/* Rows stay together and in order; returns how often sample n is in the part. */
static void count_samples(const spn_dataset *part, int *seen)
{
    for (int64_t n = 0; n < part->samples; n++) {
        const double number = part->x[n];
        assert_true(n == 0 || number > part->x[n - 1]);
        assert_true(part->x[part->stride + n] == 1000 + number && part->y[n] == 2000 + number);
        seen[(int)number]++;
    }
    for (int64_t n = part->samples; n < part->stride; n++) {
        assert_true(part->x[n] == 0 && part->y[n] == 0);
    }
    assert_string_equal(part->input_names[1], "right");
    assert_string_equal(part->output_names[0], "sum");
}

static void test_parts_are_disjoint_and_complete(void **state)
{
    (void)state;
    enum { N = 97 };
    const double shares[] = {0.01, 0.2, 0.5, 0.61, 0.99};
    const int64_t tests[] = {1, 19, 49, 59, 96}; /* rounded, half away from zero */
    spn_dataset *d = numbered(N);
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            spn_dataset *training = NULL, *test = NULL, *again[2] = {NULL};
            int seen[N] = {0};
            check_ok(context, spn_dataset_split(context, d, shares[s], seed, &training, &test));
            assert_int_equal(test->samples, tests[s]);
            assert_int_equal(training->samples, N - tests[s]);
            count_samples(training, seen);
            count_samples(test, seen);
            for (int n = 0; n < N; n++) {
                assert_int_equal(seen[n], 1);
            }
            check_ok(context, spn_dataset_split(context, d, shares[s], seed, &again[0], &again[1]));
            assert_memory_equal(again[1]->x, test->x, (size_t)test->samples * sizeof(double));
            spn_dataset_free(context, again[0]);
            spn_dataset_free(context, again[1]);
            spn_dataset_free(context, training);
            spn_dataset_free(context, test);
        }
    }
    spn_dataset_free(context, d);
}

/* Of 6 samples 2 are held out: 15 pairs, each as likely as any other. Over 3000 seeds a pair comes 200 times with a
 * deviation of sqrt(3000 (1/15) (14/15)) = 13.7; five of them for the largest of 15. */
static void test_every_choice_is_as_likely(void **state)
{
    (void)state;
    spn_dataset *d = numbered(6);
    int pairs[6][6] = {{0}};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        spn_dataset *training = NULL, *test = NULL;
        check_ok(context, spn_dataset_split(context, d, 1. / 3, seed, &training, &test));
        assert_int_equal(test->samples, 2);
        pairs[(int)test->x[0]][(int)test->x[1]]++;
        spn_dataset_free(context, training);
        spn_dataset_free(context, test);
    }
    for (int a = 0; a < 6; a++) {
        for (int b = a + 1; b < 6; b++) {
            assert_in_range(pairs[a][b], 200 - 69, 200 + 69);
        }
    }
    spn_dataset_free(context, d);
}

static void test_bad_shares(void **state)
{
    (void)state;
    spn_dataset *d = numbered(10), *training = NULL, *test = NULL;
    const double outside[] = {-0.1, 1, 1.5, (double)NAN};
    for (int i = 0; i < 4; i++) {
        check_fails(context, spn_dataset_split(context, d, outside[i], 1, &training, &test),
                    SPN_ERROR_INPUT, "it lies in [0, 1)");
    }
    check_fails(context, spn_dataset_split(context, d, 0.04, 1, &training, &test), SPN_ERROR_INPUT,
                "data.test_share: 0.04 of 10 samples leaves none for testing");
    check_fails(context, spn_dataset_split(context, d, 0.96, 1, &training, &test), SPN_ERROR_INPUT,
                "none for training");
    assert_null(training);
    assert_null(test);
    check_ok(context, spn_dataset_split(context, d, 0, 1, &training, &test));
    assert_null(test);
    assert_int_equal(training->samples, 10);
    assert_memory_equal(training->x, d->x, 10 * sizeof(double));
    spn_dataset_free(context, training);
    spn_dataset_free(context, d);
}

static const double correlations[] = {0.9, -0.4};
static const spn_data_settings gaussian = {.samples = 600,
                                           .inputs = 3,
                                           .outputs = 2,
                                           .correlations = {2, correlations},
                                           .moments = SPN_MOMENTS_EXACT,
                                           .seed = 5};

static void test_generators_count_beside(void **state)
{
    (void)state;
    spn_data_settings settings = {.samples = 1000};
    const double shares[] = {0, 0.001, 0.2, 0.5, 0.9};
    const int64_t counts[] = {0, 1, 250, 1000, 9000}; /* s / (1 - s) of 1000, rounded */
    int64_t count = -1;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        settings.test_share = shares[i];
        check_ok(context, spn_data_test_samples(context, &settings, &count));
        assert_int_equal(count, counts[i]);
    }
    settings.test_share = 0.0004;
    check_fails(context, spn_data_test_samples(context, &settings, &count), SPN_ERROR_INPUT,
                "makes none for testing");
    settings.test_share = 1 - 0x1p-53;
    check_fails(context, spn_data_test_samples(context, &settings, &count), SPN_ERROR_INPUT,
                "too many");
    settings.test_share = 1;
    check_fails(context, spn_data_test_samples(context, &settings, &count), SPN_ERROR_INPUT,
                "[0, 1)");
    assert_int_equal(count, 0);
}

/* Beside exact samples, which keep their bits, test samples are what a drawn set of both would have there: sample
 * N + n of the stream. The root of the covariance makes their moments, up to 1/sqrt(N). */
static void test_gaussian_beside(void **state)
{
    (void)state;
    spn_data_settings settings = gaussian;
    spn_dataset *plain = NULL, *training = NULL, *test = NULL, *both = NULL, *none = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &plain));
    check_ok(context, spn_dataset_gaussian_test(context, &settings, &none));
    assert_null(none);
    settings.test_share = 0.4;
    check_ok(context, spn_dataset_gaussian(context, &settings, &training));
    check_ok(context, spn_dataset_gaussian_test(context, &settings, &test));
    assert_int_equal(test->samples, 400);
    settings.samples = 1000;
    settings.moments = SPN_MOMENTS_DRAWN;
    check_ok(context, spn_dataset_gaussian(context, &settings, &both));
    for (int64_t c = 0; c < 5; c++) {
        const double *rest = c < 3 ? both->x + c * both->stride : both->y + (c - 3) * both->stride;
        const double *row = c < 3 ? test->x + c * test->stride : test->y + (c - 3) * test->stride;
        assert_memory_equal(training->x + c * training->stride, plain->x + c * plain->stride,
                            600 * sizeof(double));
        assert_memory_equal(row, rest + 600, 400 * sizeof(double));
    }
    double yx[6], mean[3];
    check_ok(context, spn_dataset_moments(context, test, false, mean, NULL, NULL, yx, NULL));
    /* One sample's product has a deviation of at most sqrt(1 + 0.81); five of its mean over 400. */
    check_close(yx[0], 0.9, 5 * 1.35 / 20, 1);
    check_close(yx[4], -0.4, 5 * 1.35 / 20, 1);
    assert_true(fabs(mean[0]) > 1e-6); /* not exact */
    spn_dataset_free(context, plain);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    spn_dataset_free(context, both);
}

/* Fitted on the training samples: what standardising does to them is done to others, by hand. */
static void test_transformations_of_the_test_part(void **state)
{
    (void)state;
    const double rows[] = {1, -2, 3, 2}, others[] = {2, 0, 7, -4}; /* one input, one target */
    const double expected[2][4] = {{0, 0, 5, -2}, {0, 0, 5, -4}};
    spn_dataset *in = NULL, *test = NULL, *wide = NULL;
    check_ok(context, spn_dataset_from_rows(context, 2, 1, 1, rows, NULL, NULL, &in));
    check_ok(context, spn_dataset_from_rows(context, 2, 1, 1, others, NULL, NULL, &test));
    check_ok(context, spn_dataset_from_rows(context, 1, 2, 2, others, NULL, NULL, &wide));
    for (int kind = SPN_TRANSFORMATION_STANDARDIZE; kind <= SPN_TRANSFORMATION_CENTER; kind++) {
        spn_transformation *t = NULL;
        spn_dataset *out = NULL;
        const double *want = expected[kind];
        check_ok(context,
                 spn_transformation_fit(context, (spn_transformation_kind)kind, false, in, &t));
        check_ok(context, spn_transformation_apply(context, t, test, &out));
        assert_true(out->x[0] == want[0] && out->y[0] == want[1]);
        assert_true(out->x[1] == want[2] && out->y[1] == want[3]);
        spn_dataset_free(context, out);
        check_fails(context, spn_transformation_apply(context, t, wide, &out), SPN_ERROR_ARGUMENT,
                    "1 inputs and 1 targets applied to 2 and 2");
        assert_null(out);
        spn_transformation_free(context, t);
    }
    spn_dataset_free(context, in);
    spn_dataset_free(context, test);
    spn_dataset_free(context, wide);
}

/* Whitening is affine and the same for all: of a test set made of the training samples and their midpoints, the
 * images are those of the training samples, to the bit, and their midpoints. */
static void test_whitening_of_the_test_part(void **state)
{
    (void)state;
    enum { N = 40 };
    double rows[N * 4], others[2 * N * 4];
    spn_random random = spn_random_stream(8, SPN_PURPOSE_TEST, 0);
    spn_dataset *in = NULL, *test = NULL, *white = NULL, *out = NULL;
    spn_transformation *t = NULL;
    for (int n = 0; n < N; n++) {
        double *row = rows + 4 * n;
        row[0] = 3 + spn_random_normal(&random);
        row[1] = 1 + row[0] + 0.2 * spn_random_normal(&random);
        row[2] = row[0] - row[1]; /* dependent: dropped */
        row[3] = spn_random_normal(&random);
    }
    for (int k = 0; k < N * 4; k++) {
        others[k] = rows[k];
        others[N * 4 + k] = 0.5 * (rows[k] + rows[(k + 4) % (N * 4)]);
    }
    check_ok(context, spn_dataset_from_rows(context, N, 3, 1, rows, NULL, NULL, &in));
    check_ok(context, spn_dataset_from_rows(context, 2 * N, 3, 1, others, NULL, NULL, &test));
    check_ok(context, spn_transformation_fit(context, SPN_TRANSFORMATION_WHITEN, true, in, &t));
    check_ok(context, spn_dataset_whiten(context, in, &white));
    check_ok(context, spn_transformation_apply(context, t, test, &out));
    assert_int_equal(out->inputs, 2);
    assert_string_equal(out->input_names[1], "component 2");
    for (int64_t i = 0; i < 2; i++) {
        const double *x = white->x + i * white->stride, *images = out->x + i * out->stride;
        assert_memory_equal(images, x, N * sizeof(double));
        for (int n = 0; n < N; n++) {
            /* Inputs of size 5 are scaled by at most 1/0.1. */
            check_close(images[N + n], 0.5 * (x[n] + x[(n + 1) % N]), 1e-13, 1);
        }
    }
    assert_memory_equal(out->y, test->y, 2 * N * sizeof(double));
    spn_transformation_free(context, t);
    spn_dataset_free(context, in);
    spn_dataset_free(context, test);
    spn_dataset_free(context, white);
    spn_dataset_free(context, out);
}

static spn_status split_and_transform(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    spn_data_settings settings = gaussian;
    spn_dataset *training = NULL, *test = NULL, *drawn = NULL, *out = NULL;
    spn_transformation *t = NULL;
    settings.samples = 20;
    settings.test_share = 0.5;
    SPN_TRY(spn_dataset_gaussian_test(own, &settings, &drawn));
    SPN_TRY(spn_dataset_split(own, drawn, 0.3, 1, &training, &test));
    SPN_TRY(spn_transformation_fit(own, *(spn_transformation_kind *)state, false, training, &t));
    SPN_TRY(spn_transformation_apply(own, t, test, &out));
done:
    spn_transformation_free(own, t);
    spn_dataset_free(own, training);
    spn_dataset_free(own, test);
    spn_dataset_free(own, drawn);
    spn_dataset_free(own, out);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    spn_transformation_kind kinds[] = {SPN_TRANSFORMATION_STANDARDIZE, SPN_TRANSFORMATION_WHITEN};
    for (int i = 0; i < 2; i++) {
        assert_true(support_fail_each_allocation(split_and_transform, &kinds[i]) > 10);
    }
}

/** Names of classes go with the samples, through division, splitting and transformations. */
static void test_classes_and_division(void **state)
{
    (void)state;
    const double rows[] = {1, 1, 0, 2, 0, 1, 4, 1, 0, 8, 0, 1};
    static const char *const names[] = {"no", "yes"};
    spn_dataset *in = NULL, *training = NULL, *test = NULL, *changed = NULL;
    check_ok(context, spn_dataset_from_rows(context, 4, 1, 2, rows, NULL, NULL, &in));
    assert_int_equal(in->class_count, 0);
    check_ok(context, spn_dataset_name_classes(context, in, 2, names));
    check_ok(context, spn_dataset_divide(context, in, 3, &training, &test));
    assert_int_equal(training->samples, 3);
    assert_int_equal(test->samples, 1);
    assert_true(training->x[2] == 4 && test->x[0] == 8 && test->y[test->stride] == 1);
    check_ok(context, spn_dataset_standardize(context, training, &changed));
    const spn_dataset *const all[] = {in, training, test, changed};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(all[i]->class_count, 2);
        assert_string_equal(all[i]->class_names[1], "yes");
    }
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    spn_dataset_free(context, changed);
    check_ok(context, spn_dataset_divide(context, in, 4, &training, &test));
    assert_null(test);
    spn_dataset_free(context, training);
    spn_dataset_free(context, in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_and_division),
        cmocka_unit_test(test_parts_are_disjoint_and_complete),
        cmocka_unit_test(test_every_choice_is_as_likely),
        cmocka_unit_test(test_bad_shares),
        cmocka_unit_test(test_generators_count_beside),
        cmocka_unit_test(test_gaussian_beside),
        cmocka_unit_test(test_transformations_of_the_test_part),
        cmocka_unit_test(test_whitening_of_the_test_part),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
