/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <Random123/philox.h>

/* Known answers of Random123 1.14 (kat_vectors, philox4x64 with 10 rounds): all-zero and all-one
 * counter and key. The stream layout (counter {block, job, 0, 0}, key {seed, purpose}) is pinned by the
 * first: seed 0 and purpose 0 do not exist as an enumerator, so the words are compared directly. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    spn_random zero = spn_random_stream(0, (spn_purpose)0, 0);
    const uint64_t expected[4] = {0x16554d9eca36314cU, 0xdb20fe9d672d0fdcU, 0xd7e772cee186176bU,
                                  0x7e68b68aec7ba23bU};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(spn_random_word(&zero), expected[i]);
    }
}

/* Block b of a stream is the Philox function of counter {b, job, 0, 0}: random access by construction,
 * and streams that differ in seed, purpose or job differ. */
static void test_stream_layout(void **state)
{
    (void)state;
    spn_random stream = spn_random_stream(7, SPN_PURPOSE_WEIGHTS, 3);
    for (uint64_t block = 0; block < 5; block++) {
        philox4x64_ctr_t counter = {{block, 3, 0, 0}};
        philox4x64_key_t key = {{7, 2}};
        philox4x64_ctr_t words = philox4x64(counter, key);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(spn_random_word(&stream), words.v[i]);
        }
    }
}

static void test_uniform_is_open_and_even(void **state)
{
    (void)state;
    enum { N = 200000, BINS = 20 };
    spn_random stream = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    int64_t bins[BINS] = {0};
    for (int64_t i = 0; i < N; i++) {
        double u = spn_random_uniform(&stream);
        assert_true(u > 0 && u < 1);
        bins[(int)(u * BINS)]++;
    }
    double chi_squared = 0, expected = (double)N / BINS;
    for (int i = 0; i < BINS; i++) {
        chi_squared += ((double)bins[i] - expected) * ((double)bins[i] - expected) / expected;
    }
    /* 19 degrees of freedom: mean 19, standard deviation 6.2; 6 standard deviations. */
    assert_true(chi_squared < 19 + 6 * 6.2);
}

/* Phi(x) = erfc(-x / sqrt 2) / 2 from libm inverts the quantile: an independent computation. In u the
 * error is amplified by the density, so the comparison is made relative in the tail probability, whose
 * condition number with respect to x is x phi(x) / Phi(x) <= x^2 + 1. */
static void test_normal_quantile(void **state)
{
    (void)state;
    const double tails[] = {0x1p-54, 1e-15, 1e-10, 1e-7, 1e-4, 0.01, 0.02425, 0.07,
                            0.0751,  0.2,   0.3,   0.4,  0.45, 0.49, 0.4999};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        double x = spn_normal_quantile(tails[i]);
        check_close(erfc(-x / sqrt(2.0)) / 2, tails[i], 4e-16 * (x * x + 4), 0);
        if (tails[i] > 1e-15) {
            /* 1 - u is rounded: an error of 2^-54 in u moves x by 2^-54 / phi(x). */
            double density = exp(-x * x / 2) / sqrt(2 * 3.14159265358979323846);
            assert_true(fabs(spn_normal_quantile(1 - tails[i]) + x) <
                        0x1p-52 / density + 1e-15 * fabs(x));
        }
    }
    check_close(spn_normal_quantile(0.5), 0, 0, 0);
    /* Published to 16 figures with the algorithm (Wichura 1988, p. 484). */
    check_close(spn_normal_quantile(0.25), -0.6744897501960817, 1e-15, 0);
    check_close(spn_normal_quantile(0.001), -3.090232306167814, 1e-15, 0);
    check_close(spn_normal_quantile(1e-20), -9.262340089798408, 1e-15, 0);
}

static void test_normal_moments(void **state)
{
    (void)state;
    enum { N = 200000 };
    spn_random stream = spn_random_stream(3, SPN_PURPOSE_TEST, 1);
    double m1 = 0, m2 = 0, m4 = 0;
    for (int64_t i = 0; i < N; i++) {
        double x = spn_random_normal(&stream);
        m1 += x;
        m2 += x * x;
        m4 += x * x * x * x;
    }
    /* Standard errors 1/sqrt N, sqrt(2/N), sqrt(96/N); 5 of them. */
    check_close(m1 / N, 0, 5 / sqrt(N), 1);
    check_close(m2 / N, 1, 5 * sqrt(2.0 / N), 1);
    check_close(m4 / N, 3, 5 * sqrt(96.0 / N) / 3, 3);
}

/* libm's logarithm is good to 1 ulp, ours to about 1: 3 ulp between them. */
static void test_portable_log(void **state)
{
    (void)state;
    spn_random stream = spn_random_stream(5, SPN_PURPOSE_TEST, 2);
    for (int64_t i = 0; i < 100000; i++) {
        int exponent = (int)spn_random_below(&stream, 2000) - 1000;
        double x = ldexp(0.5 + spn_random_uniform(&stream), exponent);
        double expected = log(x);
        assert_true(fabs(spn_portable_log(x) - expected) <= 3 * 0x1p-53 * fabs(expected));
    }
    check_close(spn_portable_log(1), 0, 0, 0);
}

static void test_below_is_in_range_and_even(void **state)
{
    (void)state;
    spn_random stream = spn_random_stream(11, SPN_PURPOSE_TEST, 3);
    int64_t counts[7] = {0};
    for (int64_t i = 0; i < 70000; i++) {
        uint64_t k = spn_random_below(&stream, 7);
        assert_true(k < 7);
        counts[k]++;
    }
    for (int i = 0; i < 7; i++) {
        /* binomial: sqrt(70000 * 6 / 49) = 93; 6 of them */
        assert_true(llabs(counts[i] - 10000) < 6 * 93);
    }
    assert_int_equal(spn_random_below(&stream, 1), 0);
    /* The bound 2^63 + 1 rejects almost half of all words: the loop is exercised. */
    for (int i = 0; i < 100; i++) {
        assert_true(spn_random_below(&stream, (1ULL << 63) + 1) <= 1ULL << 63);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_stream_layout),
        cmocka_unit_test(test_uniform_is_open_and_even),
        cmocka_unit_test(test_normal_quantile),
        cmocka_unit_test(test_normal_moments),
        cmocka_unit_test(test_portable_log),
        cmocka_unit_test(test_below_is_in_range_and_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
