/* SPDX-License-Identifier: MIT */
/* Random words against NumPy's Philox, normal deviates against mpmath (dataset.txt, made by
 * make_dataset.py). */
#include "fixture.h"

static fixture *reference;

static uint64_t joined(const double *halves)
{
    return ((uint64_t)halves[0] << 32) | (uint64_t)halves[1];
}

static void test_words(void **state)
{
    (void)state;
    const fixture_array *streams = fixture_get(reference, "", "streams");
    const fixture_array *words = fixture_get(reference, "", "words");
    assert_int_equal(streams->rows, words->rows);
    for (int64_t s = 0; s < streams->rows; s++) {
        const double *key = &streams->values[s * streams->columns];
        spn_random random =
            spn_random_stream(joined(key), (spn_purpose)joined(key + 2), joined(key + 4));
        for (int64_t i = 0; i < words->columns / 2; i++) {
            uint64_t expected = joined(&words->values[s * words->columns + 2 * i]);
            if (spn_random_word(&random) != expected) {
                fail_msg("stream %lld: word %lld is wrong", (long long)s, (long long)i);
            }
        }
    }
}

/* AS 241 promises a relative error of about 1e-16; evaluating its rational functions in double adds a few
 * units in the last place, and the argument of the tail's logarithm is exact. */
static void test_quantiles(void **state)
{
    (void)state;
    const fixture_array *quantile = fixture_get(reference, "", "quantile");
    for (int64_t i = 0; i < quantile->rows; i++) {
        check_close(spn_normal_quantile(quantile->values[2 * i]), quantile->values[2 * i + 1],
                    2e-15, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_quantiles),
    };
    reference = fixture_read("dataset.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_free(reference);
    return failed;
}
