/* SPDX-License-Identifier: MIT */
/** @file test_gaussian.c  Gaussian data: requested moments, degenerate requests, refused requests. */
#include "support.h"

#include <spinodal/data.h>
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

static const double correlations[] = {0.9, 0.5};
static const spn_data_settings standard = {.samples = 1000,
                                           .inputs = 3,
                                           .outputs = 2,
                                           .correlations = {2, correlations},
                                           .moments = SPN_MOMENTS_EXACT,
                                           .seed = 1};

static double entry(const spn_dataset *d, int64_t column, int64_t n)
{
    return column < d->inputs ? d->x[column * d->stride + n]
                              : d->y[(column - d->inputs) * d->stride + n];
}

/** Mean and covariance by plain long double sums, compared with the request. */
static void check_moments(const spn_dataset *d, const double *covariance, double tolerance,
                          double scale)
{
    int64_t dimension = d->inputs + d->outputs;
    for (int64_t i = 0; i < dimension; i++) {
        long double mean = 0;
        for (int64_t n = 0; n < d->samples; n++) {
            mean += (long double)entry(d, i, n);
        }
        check_close((double)(mean / (long double)d->samples), 0, tolerance, sqrt(scale));
        for (int64_t j = 0; j < dimension; j++) {
            long double sum = 0;
            for (int64_t n = 0; n < d->samples; n++) {
                sum += (long double)entry(d, i, n) * (long double)entry(d, j, n);
            }
            check_close((double)(sum / (long double)d->samples), covariance[i * dimension + j],
                        tolerance, scale);
        }
    }
}

/* 1e-14 is about 50 roundings of a quantity of size 1: the last product with C^{1/2} and the sums of
 * 1000 products, whose errors partly cancel. */
static void test_exact_moments(void **state)
{
    (void)state;
    const double right[25] = {1,   0, 0, 0.9, 0, /**/ 0, 1,   0, 0, 0.5, /**/ 0, 0, 1, 0, 0, /**/
                              0.9, 0, 0, 1,   0, /**/ 0, 0.5, 0, 0, 1};
    spn_data_settings s = standard;
    for (int64_t seed = 0; seed < 5; seed++) {
        spn_dataset *d = NULL;
        s.seed = seed;
        check_ok(context, spn_dataset_gaussian(context, &s, &d));
        assert_int_equal(d->samples, 1000);
        assert_int_equal(d->inputs, 3);
        assert_int_equal(d->outputs, 2);
        check_moments(d, right, 1e-14, 1);
        spn_dataset_free(context, d);
    }
    /* The fewest samples there can be: d + 1. The whitening is ill-conditioned, its second pass is not. */
    s.samples = 6;
    for (s.seed = 0; s.seed < 20; s.seed++) {
        spn_dataset *d = NULL;
        check_ok(context, spn_dataset_gaussian(context, &s, &d));
        check_moments(d, right, 1e-14, 1);
        spn_dataset_free(context, d);
    }
}

/** A full matrix of unequal sizes, positive definite by construction: C = A A^T. */
static void test_exact_full_covariance(void **state)
{
    (void)state;
    const double a[16] = {2, 0.3, 0, 1, /**/ 0, 0.1, 0.02, 0, /**/ 5, 1, 7, 0, /**/ 1, 1, 1, 1};
    double c[16];
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            c[i * 4 + j] = 0;
            for (int k = 0; k < 4; k++) {
                c[i * 4 + j] += a[i * 4 + k] * a[j * 4 + k];
            }
        }
    }
    spn_data_settings s = standard;
    s.inputs = 1;
    s.outputs = 3;
    s.covariance = (spn_matrix){4, 4, c};
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    check_moments(d, c, 1e-14, 75); /* largest entry */
    spn_dataset_free(context, d);
}

/** Correlation +-1: the target is the input, to the last roundings. */
static void test_perfect_correlation(void **state)
{
    (void)state;
    const double perfect[] = {1, -1};
    spn_data_settings s = standard;
    s.correlations.items = perfect;
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    for (int64_t n = 0; n < d->samples; n++) {
        check_close(entry(d, 3, n), entry(d, 0, n), 4e-16, 5);
        check_close(entry(d, 4, n), -entry(d, 1, n), 4e-16, 5);
    }
    spn_dataset_free(context, d);
}

/** y = x1 + x2 through a covariance of rank 2, also where the units differ by 1e6: the dependence holds to
 *  rounding, not to the root of rounding; and a small variance of its own is no noise. */
static void test_semidefinite_covariance(void **state)
{
    (void)state;
    const double c[] = {1.3, 0.4, 1.7, /**/ 0.4, 0.7, 1.1, /**/ 1.7, 1.1, 2.8};
    spn_data_settings s = standard;
    s.inputs = 2;
    s.outputs = 1;
    s.covariance = (spn_matrix){3, 3, c};
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    for (int64_t n = 0; n < d->samples; n++) {
        check_close(entry(d, 2, n), entry(d, 0, n) + entry(d, 1, n), 1e-14, 8);
    }
    check_moments(d, c, 2e-14, 2.8);
    spn_dataset_free(context, d);
    const double units[] = {1, 0, 0, /**/ 0, 1e-24, 0, /**/ 0, 0, 1};
    s.covariance.items = units;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    double variance = 0;
    for (int64_t n = 0; n < d->samples; n++) {
        variance += entry(d, 1, n) * entry(d, 1, n) / 1000;
    }
    check_close(variance, 1e-24, 1e-12, 0);
    spn_dataset_free(context, d);
    const double nothing[9] = {0};
    s.covariance.items = nothing;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    check_moments(d, nothing, 0, 0);
    spn_dataset_free(context, d);
}

/** drawn: x = Z C^{1/2} entry by entry, with the stream that random.h describes. C has two blocks
 *  [[1, r], [r, 1]], whose root is [[p, q], [q, p]] with p, q = (sqrt(1+r) +- sqrt(1-r)) / 2. */
static void test_drawn_follows_the_stream(void **state)
{
    (void)state;
    spn_data_settings s = standard;
    s.moments = SPN_MOMENTS_DRAWN;
    s.samples = 3; /* fewer than dimensions: fine when drawn */
    s.seed = 77;
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    spn_random random = spn_random_stream(77, SPN_PURPOSE_DATA, 0);
    for (int64_t n = 0; n < 3; n++) {
        double z[5];
        for (int c = 0; c < 5; c++) {
            z[c] = spn_random_normal(&random);
        }
        for (int k = 0; k < 2; k++) {
            double r = correlations[k];
            double p = (sqrt(1 + r) + sqrt(1 - r)) / 2, q = (sqrt(1 + r) - sqrt(1 - r)) / 2;
            check_close(entry(d, k, n), p * z[k] + q * z[3 + k], 1e-15, 4);
            check_close(entry(d, 3 + k, n), q * z[k] + p * z[3 + k], 1e-15, 4);
        }
        check_close(entry(d, 2, n), z[2], 1e-15, 4);
    }
    spn_dataset_free(context, d);
}

/** Drawn moments within 5 standard errors of the request: mean 1/sqrt(N), variance sqrt(2/N), covariance
 *  sqrt((1 + r^2)/N), fourth moment sqrt(96/N); by chance one of 3e6 such numbers is outside. And they
 *  are not exact: some mean is off by more than a hundredth of a standard error. */
static void test_drawn_statistics(void **state)
{
    (void)state;
    enum { N = 100000 };
    spn_data_settings s = standard;
    s.moments = SPN_MOMENTS_DRAWN;
    s.samples = N;
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &s, &d));
    double largest_mean = 0;
    for (int64_t i = 0; i < 5; i++) {
        double mean = 0, fourth = 0;
        for (int64_t n = 0; n < N; n++) {
            double v = entry(d, i, n);
            mean += v / N;
            fourth += v * v * v * v / N;
        }
        largest_mean = fmax(largest_mean, fabs(mean));
        check_close(mean, 0, 5 / sqrt(N), 1);
        check_close(fourth, 3, 5 * sqrt(96. / N), 1);
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t n = 0; n < N; n++) {
                sum += entry(d, i, n) * entry(d, j, n) / N;
            }
            double r = i == j ? 1 : (i == 3 && j == 0) ? 0.9 : (i == 4 && j == 1) ? 0.5 : 0;
            check_close(sum, r, 5 * sqrt((1 + r * r) / N), 1);
        }
    }
    assert_true(largest_mean > 0.01 / sqrt(N));
    spn_dataset_free(context, d);
}

/** Same bits on every machine, compiler and optimisation: a hash of the built-in data set. */
static void test_same_bits_everywhere(void **state)
{
    (void)state;
    spn_dataset *d = NULL;
    check_ok(context, spn_dataset_gaussian(context, &standard, &d));
    uint64_t hash = 14695981039346656037U; /* FNV-1a over 64-bit words */
    for (int64_t n = 0; n < d->samples; n++) {
        for (int64_t c = 0; c < 5; c++) {
            double value = entry(d, c, n);
            uint64_t word;
            memcpy(&word, &value, sizeof word);
            hash = (hash ^ word) * 1099511628211U;
        }
    }
    assert_true(hash == 0xb2f48ae2b0d071e9U);
    spn_dataset_free(context, d);
}

static void test_refused_requests(void **state)
{
    (void)state;
    spn_dataset *d = NULL;
    spn_data_settings s = standard;
    const double three[] = {0.1, 0.2, 0.3};
    s.correlations = (spn_reals){3, three};
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT, "only 2 pairs");
    assert_null(d);
    const double large[] = {0.9, 1.5};
    s.correlations = (spn_reals){2, large};
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "data.correlations (item 2): expected a list of numbers in [-1, 1], got 1.5");
    s = standard;
    s.samples = 5;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "need more than 5 samples; there are 5");
    s.samples = 0;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "data.samples: expected an integer from 1 to 1000000000, got 0");
    s = standard;
    s.inputs = INT64_MAX - 1;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "data.inputs: expected an integer from 1 to 1000000000");
    s = standard;
    s.moments = 7;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "data.moments: expected one of: exact, drawn, got number 7");
    s = standard;
    s.inputs = s.outputs = 1;
    double c[] = {1, 2, 2, 1};
    s.covariance = (spn_matrix){2, 2, c};
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "not positive semidefinite: eigenvalue 1 of 2 is -1");
    c[1] = 0.5;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
                "not symmetric: row 2, column 1 is 2, row 1, column 2 is 0.5");
    c[1] = (double)NAN;
    check_fails(
        context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT,
        "data.covariance (item 1): expected a list of rows, each a list of numbers, got nan");
    c[1] = 2;
    s.covariance.columns = 1;
    check_fails(context, spn_dataset_gaussian(context, &s, &d), SPN_ERROR_INPUT, "asks for 2 x 2");
}

static spn_status make_gaussian(spn_context *inner, void *state)
{
    spn_dataset *d = NULL;
    spn_status status = spn_dataset_gaussian(inner, state, &d);
    spn_dataset_free(inner, d);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    spn_data_settings s = standard;
    s.samples = 10;
    assert_true(support_fail_each_allocation(make_gaussian, &s) >= 8);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_exact_moments),
        CASE(test_exact_full_covariance),
        CASE(test_perfect_correlation),
        CASE(test_semidefinite_covariance),
        CASE(test_drawn_follows_the_stream),
        CASE(test_drawn_statistics),
        CASE(test_same_bits_everywhere),
        CASE(test_refused_requests),
        CASE(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
