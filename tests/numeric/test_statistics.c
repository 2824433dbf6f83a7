/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* Five points by hand: x = 1..5, y = 2, 4, 5, 4, 5 has slope 0.6, intercept 2.2, rss 2.4. */
static void test_line(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {2, 4, 5, 4, 5};
    spn_line line = spn_fit_line(5, x, y, NULL);
    check_close(line.slope, 0.6, 8 * DBL_EPSILON, 0);
    check_close(line.intercept, 2.2, 8 * DBL_EPSILON, 0);
    check_close(line.scatter, sqrt(2.4 / 3), 8 * DBL_EPSILON, 0);
    check_close(line.slope_error, sqrt(0.8 / 10), 8 * DBL_EPSILON, 0);
    check_close(line.intercept_error, sqrt(0.8 * (1.0 / 5 + 9.0 / 10)), 8 * DBL_EPSILON, 0);
    /* a weight of two is the point twice */
    const double weights[] = {1, 2, 1, 1, 1};
    const double x2[] = {1, 2, 2, 3, 4, 5}, y2[] = {2, 4, 4, 5, 4, 5};
    spn_line a = spn_fit_line(5, x, y, weights), b = spn_fit_line(6, x2, y2, NULL);
    check_close(a.slope, b.slope, 16 * DBL_EPSILON, 0);
    check_close(a.intercept, b.intercept, 16 * DBL_EPSILON, 0);
    /* far from the origin nothing is lost */
    const double far[] = {1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 4, 1e8 + 5};
    check_close(spn_fit_line(5, far, y, NULL).slope, 0.6, 8 * DBL_EPSILON, 0);
    /* two points have a line and no errors; one x has none */
    line = spn_fit_line(2, x, y, NULL);
    assert_true(line.slope == 2 && isnan(line.slope_error));
    const double same[] = {1, 1, 1};
    assert_true(isnan(spn_fit_line(3, same, y, NULL).slope));
    assert_true(isnan(spn_fit_line(1, x, y, NULL).slope));
}

/* Wilson's interval holds the p for which |successes/n - p| = z sqrt(p (1 - p) / n): its ends solve that. */
static void test_binomial(void **state)
{
    (void)state;
    const double z = spn_normal_quantile(0.975);
    for (int64_t n = 1; n <= 200; n += 7) {
        for (int64_t k = 0; k <= n; k++) {
            double low = 0, high = 0, share = (double)k / (double)n;
            spn_binomial_interval(k, n, 0.95, &low, &high);
            assert_true(0 <= low && low <= share && share <= high && high <= 1);
            check_close(fabs(share - low), z * sqrt(low * (1 - low) / (double)n), 1e-12, 1);
            check_close(fabs(share - high), z * sqrt(high * (1 - high) / (double)n), 1e-12, 1);
        }
    }
    double low = 0, high = 0;
    /* z^2 / (n + z^2) for no success in 10 */
    spn_binomial_interval(0, 10, 0.95, &low, &high);
    assert_true(low == 0);
    check_close(high, z * z / (10 + z * z), 1e-14, 0);
    spn_binomial_interval(10, 10, 0.95, &low, &high);
    assert_true(high == 1);
    spn_binomial_interval(0, 0, 0.95, &low, &high);
    assert_true(low == 0 && high == 1);
}

static void test_order(void **state)
{
    (void)state;
    double values[257];
    spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, 0);
    for (int64_t n = 0; n <= 257; n += 32) {
        double sum = 0, sorted = 0;
        for (int64_t i = 0; i < n; i++) {
            values[i] = floor(40 * spn_random_uniform(&random)); /* with ties */
            sum += values[i];
        }
        spn_sort(n, values);
        for (int64_t i = 0; i < n; i++) {
            sorted += values[i];
            assert_true(i == 0 || values[i - 1] <= values[i]);
        }
        assert_true(sum == sorted);
    }
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, outlier[] = {1, 2, 3, 4, 1e9};
    assert_true(spn_median(3, odd) == 3 && spn_median(4, even) == 2.5);
    check_close(spn_deviation(5, outlier), 1.482602218505602, 4 * DBL_EPSILON, 0);
    check_close(1.482602218505602, 1 / spn_normal_quantile(0.75), 4 * DBL_EPSILON, 0);
    assert_true(isnan(spn_median(0, odd)));
}

/* Uneven points of a steep line: only the noise is seen, and a jump hardly moves it. The median absolute deviation
 * of n numbers has a relative standard error of 1.17 / sqrt(n) (its efficiency is 0.37); neighbouring
 * pseudo-residuals correlate, which adds less than half: 4 times 1.17 * 1.5 / sqrt(2000) = 0.16. */
static double noise_of(int64_t n, const double *x, const double *y, double *work)
{
    for (int64_t i = 1; i + 1 < n; i++) {
        work[i - 1] = spn_pseudo_residual(x, y, i);
    }
    return spn_deviation(n - 2, work);
}

static void test_noise(void **state)
{
    (void)state;
    enum { N = 2000 };
    static double x[N], y[N], work[N];
    spn_random random = spn_random_stream(4, SPN_PURPOSE_TEST, 0);
    double at = 0;
    for (int64_t i = 0; i < N; i++) {
        at += spn_random_uniform(&random) < 0.1 ? 0 : pow(spn_random_uniform(&random), 3);
        x[i] = at;
        y[i] = 30 - 7 * at + 0.02 * spn_random_normal(&random) + (i > 700 ? 5 : 0);
    }
    check_close(noise_of(N, x, y, work), 0.02, 0.16, 0);
    for (int64_t i = 0; i < N; i++) {
        y[i] = 30 - 7 * x[i];
    }
    /* a line leaves rounding of numbers of size 7 x */
    assert_true(noise_of(N, x, y, work) < 8 * DBL_EPSILON * 7 * x[N - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
