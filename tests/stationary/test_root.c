/* SPDX-License-Identifier: MIT */
/* Roots of functions of one variable, against roots that are known. */
#include "support.h"

#include "stationary/root.h"

#include <math.h>

static double cubic(double x)
{
    return x * x * x - 2;
}

/* Convex over the whole bracket: plain false position would keep one end for ever and gain a bit a step. */
static void test_false_position(void **state)
{
    (void)state;
    spni_bracket bracket = {.left = {0, cubic(0)}, .right = {8, cubic(8)}};
    int steps = 0;
    double x = 0;
    for (; spni_bracket_is_open(&bracket) && steps < 30; steps++) {
        x = spni_bracket_next(&bracket);
        assert_true(x > bracket.left.x && x < bracket.right.x);
        if (fabs(cubic(x)) < 1e-13) {
            break;
        }
        spni_bracket_take(&bracket, (spni_sample){x, cubic(x)});
        assert_true(bracket.left.x < cbrt(2) && bracket.right.x > cbrt(2));
    }
    assert_true(steps < 20);
    check_close(x, cbrt(2), 1e-13, 0);
}

static void test_closed_bracket(void **state)
{
    (void)state;
    const spni_bracket both = {.left = {0, 1}, .right = {1, 2}};
    const spni_bracket other = {.left = {0, -1}, .right = {1, 2}};
    assert_false(spni_bracket_is_open(&both));
    assert_true(spni_bracket_is_open(&other));
}

/* x = 1 + 2 v + 3 v^2 at the values v: exact for a parabola in v, off by 3 v_1 v_2 for a line. */
static void test_three_samples(void **state)
{
    (void)state;
    const double v[] = {1, 0.5, -0.25};
    spni_sample samples[3];
    double linear = 0;
    for (int k = 0; k < 3; k++) {
        samples[k] = (spni_sample){1 + 2 * v[k] + 3 * v[k] * v[k], v[k]};
    }
    check_close(spni_root_of_three(samples, &linear), 1, 1e-15, 0);
    check_close(linear, 1 - 3 * v[1] * v[2], 1e-15, 0);
    samples[0] = samples[1];
    assert_true(!isfinite(spni_root_of_three(samples, &linear)));
    check_close(linear, 1 - 3 * v[1] * v[2], 1e-15, 0);
}

static double inverse(const void *state, double x)
{
    const double *scale = state;
    return *scale / x;
}

/* To 1e-3, on the side where the function is below, whatever the size of x. */
static void test_falling(void **state)
{
    (void)state;
    const double scales[] = {1e-200, 1, 1e200};
    for (int k = 0; k < 3; k++) {
        double root = spni_root_of_falling(inverse, &scales[k], 0.5, 1e6 * scales[k]);
        assert_true(inverse(&scales[k], root) <= 0.5);
        check_close(root, 2 * scales[k], 1.1e-3, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_false_position),
        cmocka_unit_test(test_closed_bracket),
        cmocka_unit_test(test_three_samples),
        cmocka_unit_test(test_falling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
