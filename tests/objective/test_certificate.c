/* SPDX-License-Identifier: MIT */
/* The index of a quadratic form whose eigenvalues are its coefficients, dense and by Davidson's method. */
#include "support.h"

#include <spinodal/numeric.h>
#include <spinodal/objective/reduction.h>

enum { LARGE = SPN_CERTIFY_DENSE_MAX + 100, SMALL = 50 };

static void check_index(int64_t n, int64_t negative, spn_certainty certainty)
{
    spn_context *context = NULL;
    spn_point *point = NULL;
    spn_certificate made;
    double *a = calloc((size_t)n, sizeof *a), *v = calloc((size_t)n, sizeof *v);
    for (int64_t i = 0; i < n; i++) {
        a[i] = i < negative ? -2.0 / (double)(i + 1) : 1 + (double)i / (double)n;
    }
    const spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, n, a};
    const spn_objective objective = spn_landscape_objective(&landscape);
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, spn_point_create(context, &objective, &point));
    check_ok(context, spn_point_set(context, point, v, 0, NULL, SPN_WANT_ALL));
    check_ok(context, spn_reduction_certify(context, NULL, point, NULL, &made, v));
    assert_int_equal(made.certainty, certainty);
    assert_true(certainty == SPN_CERTAIN_LOWEST
                    ? made.negative <= negative && (made.negative > 0) == (negative > 0)
                    : made.negative == negative);
    /* Within its bound of an eigenvalue, and the bound within what was asked for. */
    assert_true(fabs(made.smallest - a[0]) <= made.bound + 1e-14);
    assert_true(made.bound <= 5e-6 * made.largest);
    if (negative > 0) {
        assert_true(v[0] > 1 - 1e-6); /* the first axis, its largest entry positive */
        check_close(spn_norm(n, v), 1, 1e-12, 1);
    }
    spn_point_free(context, point);
    spn_context_free(context);
    free(a), free(v);
}

static void test_quadratic(void **state)
{
    (void)state;
    check_index(SMALL, 0, SPN_CERTAIN_DENSE);
    check_index(SMALL, 7, SPN_CERTAIN_DENSE);
    check_index(LARGE, 0, SPN_CERTAIN_LOWEST);
    check_index(LARGE, 2, SPN_CERTAIN_LOWEST);
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(spn_certainty_text(SPN_CERTAIN_NOT), "none");
    assert_string_equal(spn_certainty_text(SPN_CERTAIN_LOWEST), "lowest");
    assert_null(spn_certainty_text(-1));
    assert_null(spn_certainty_text(SPN_CERTAIN_LOWEST + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quadratic),
                                       cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
