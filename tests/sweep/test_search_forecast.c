/* SPDX-License-Identifier: MIT */
/* Where beta turns back, from two points of a curve with their tangents: exact for cubics, and ahead of what 1/|t|^2 says on the branch of one mode. */
#include "support.h"
#include "sweep/search.h"

#include <spinodal/theory.h>

/* b(s) = slope s + a s^2 + c s^3, the newer point at 0 and the older one at -way. */
static spni_pair pair_of(double slope, double a, double c, double way)
{
    return (spni_pair){.step = way * (slope - way * (a - way * c)),
                       .way = way,
                       .along = 1 / (slope - way * (2 * a - way * 3 * c)),
                       .speed = 1 / slope};
}

static void test_cubics_turn_where_they_do(void **state)
{
    (void)state;
    /* slope + 2 a s + 3 c s^2 vanishes at 0.5: slope = -a - 0.75 c. */
    static const double curves[][2] = {{-1, 0}, {-1, 0.3}, {-2, -1}, {0, -1}};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        const double a = curves[i][0], c = curves[i][1], slope = -a - 0.75 * c;
        const double top = 0.5 * (slope + 0.5 * (a + 0.5 * c));
        for (double way = 0.01; way < 0.3; way *= 3) {
            const spni_pair pair = pair_of(slope, a, c, way);
            /* Differences of numbers of this size, divided by way^2. */
            check_close(spni_turning_distance(&pair), top, 1e-14 / (way * way), 1);
        }
    }
}

static void test_nothing_turns(void **state)
{
    (void)state;
    const spni_pair straight = pair_of(1, 0, 0, 0.25), rising = pair_of(1, 1, 0.5, 0.1);
    const spni_pair still = {.step = 0, .way = 0, .along = 1, .speed = 1};
    const spni_pair back = {.step = 0.1, .way = -0.1, .along = 1, .speed = 1};
    const spni_pair astray = {.step = 0.1, .way = 0.1, .along = -1, .speed = 1};
    const spni_pair unknown = {.step = 0.1, .way = 0.1, .along = 1, .speed = (double)NAN};
    assert_true(isinf(spni_turning_distance(&straight)));
    assert_true(isinf(spni_turning_distance(&rising)));
    assert_true(isinf(spni_turning_distance(&still)));
    assert_true(isinf(spni_turning_distance(&back)));
    assert_true(isinf(spni_turning_distance(&astray)));
    assert_true(isinf(spni_turning_distance(&unknown)));
}

/* One mode of depth 3 (T11, T13): all weights are s^(1/3), so that theta moves along a line, by sqrt(3) of it, and
 * dn/dbeta = -chi = 2 theta.t. */
static void test_a_mode_is_foretold(void **state)
{
    (void)state;
    const double sigma = 0.9;
    spn_context *context = NULL;
    spn_theory_mode mode;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_theory_mode_transition(context, 3, sigma, &mode));
    for (double share = 0.1; share > 1e-7; share *= 0.1) {
        const double beta[2] = {mode.spinodal_beta * (1 - 3 * share),
                                mode.spinodal_beta * (1 - share)};
        double length[2], speed[2];
        for (int i = 0; i < 2; i++) {
            spn_theory_state at;
            check_ok(context,
                     spn_theory_state_at(context, 3, sigma, beta[i], SPN_THEORY_UPPER, &at));
            length[i] = sqrt(at.norm_squared);
            speed[i] = at.susceptibility / (2 * length[i]);
        }
        const spni_pair pair = {.step = beta[1] - beta[0],
                                .way = length[0] - length[1],
                                .along = speed[0],
                                .speed = speed[1]};
        const spni_foothold older = {.beta = beta[0], .speed = speed[0]};
        const spni_foothold here = {.beta = beta[1], .speed = speed[1]};
        const double exact = mode.spinodal_beta * share;
        const double cubic = fabs(spni_turning_distance(&pair) - exact);
        const double line = fabs(spni_fold_distance(&older, &here) - exact);
        /* Of the distance s ~ root of it: the cubic is off by s^2 of it, the line by s; then come roundings of beta, 1e-16 / share. */
        assert_true(cubic < (share + 1e-15 / share) * exact);
        assert_true(share < 1e-5 || cubic < 0.3 * line);
    }
    spn_context_free(context);
}

/* A place that is always a little ahead, and settled: the bracket ends after a number of attempts that goes with the logarithm of its width. */
static void test_a_place_ahead_ends(void **state)
{
    (void)state;
    const double least = 1e-6;
    spni_follower f = {.is_by_products = true};
    spni_search s = {.f = &f, .sign = 1, .end = 1};
    int attempts = 0;
    spni_forecast_forget(&s);
    for (double width = 1; width > least; width = 1 - f.at_before.beta, attempts++) {
        s.forecast.beta = f.at_before.beta + 0.1 * least;
        s.forecast.error = 0;
        f.at_before.beta += spni_forecast_step(&s, width, least);
        assert_true(f.at_before.beta < 1 && attempts < 9 * 21);
    }
    assert_true(attempts > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cubics_turn_where_they_do),
        cmocka_unit_test(test_nothing_turns),
        cmocka_unit_test(test_a_mode_is_foretold),
        cmocka_unit_test(test_a_place_ahead_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
