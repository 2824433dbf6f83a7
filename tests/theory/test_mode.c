/* SPDX-License-Identifier: MIT */
/* One mode: T9 to T13 against 60-digit arithmetic, their defining equations, differences, and the deep
 * mode landscape. */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <spinodal/objective.h>
#include <spinodal/theory.h>

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

static spn_theory_state at(int64_t depth, double sigma, double beta, spn_theory_root root)
{
    spn_theory_state out;
    check_ok(context, spn_theory_state_at(context, depth, sigma, beta, root, &out));
    return out;
}

static spn_theory_mode transition(int64_t depth, double sigma)
{
    spn_theory_mode out;
    check_ok(context, spn_theory_mode_transition(context, depth, sigma, &out));
    return out;
}

/* Made with Python's decimal at 60 digits from T13, for the double nearest to each sigma. */
static void test_transitions(void **state)
{
    (void)state;
    static const struct {
        int64_t depth;
        double sigma, maxwell_beta, spinodal_beta, maxwell_strength, spinodal_strength;
    } exact[] = {
        {3, 0.9, 3.44839244577098913425e-01, 4.10548634701204506747e-01, 0.45, 0.225},
        {3, 0.5, 1.57490131236859148833e-01, 0.1875, 0.25, 0.125},
        {4, 0.9, 2.32379000772445026834e-01, 3.28633534503099677959e-01, 0.6, 0.3},
        {4, 0.5, 9.62250448649376310950e-02, 1.36082763487954339077e-01, 1.0 / 3, 1.0 / 6},
        {5, 1.3, 3.20100336285503772604e-01, 5.27968657462232426880e-01, 0.975, 0.4875},
        {7, 0.01, 5.45405217430791294342e-05, 1.16349871246436683343e-04,
         8.33333333333333321769e-03, 4.16666666666666660884e-03},
        {50, 2, 7.78441646429943318042e-02, 1.00040827492442230273e+00, 1.95918367346938770979e+00,
         9.79591836734693854893e-01},
    };
    for (size_t k = 0; k < sizeof exact / sizeof exact[0]; k++) {
        spn_theory_mode mode = transition(exact[k].depth, exact[k].sigma);
        /* sigma - s_M = sigma/(D-1) loses a factor D - 1 */
        double tolerance = 2 * (double)exact[k].depth * DBL_EPSILON;
        assert_int_equal(mode.order, 1);
        check_close(mode.maxwell_beta, exact[k].maxwell_beta, tolerance, 0);
        check_close(mode.spinodal_beta, exact[k].spinodal_beta, tolerance, 0);
        check_close(mode.maxwell_strength, exact[k].maxwell_strength, tolerance, 0);
        check_close(mode.spinodal_strength, exact[k].spinodal_strength, tolerance, 0);
    }
    spn_theory_mode second = transition(2, 0.7), none = transition(1, 0.7), zero = transition(3, 0);
    assert_true(second.order == 2 && second.maxwell_beta == 0.7 && second.spinodal_beta == 0.7);
    assert_true(second.maxwell_strength == 0 && second.spinodal_strength == 0);
    assert_true(none.order == 0 && isnan(none.maxwell_beta) && isnan(none.spinodal_strength));
    assert_true(zero.order == 0 && isnan(zero.spinodal_beta));
}

/* Relative change of a root per relative change of beta: 1 / |a - x/(1-x)|. */
static double root_condition(int64_t depth, double sigma, double s)
{
    double x = s / sigma, a = 1 - 2 / (double)depth;
    return 1 + 1 / fabs(a - x / (1 - x));
}

static void test_roots(void **state)
{
    (void)state;
    static const struct {
        int64_t depth;
        double sigma, beta, upper, lower;
    } exact[] = {
        {3, 0.9, 0.2, 6.71621549790824334814e-01, 1.14018076655283354809e-02},
        {3, 0.9, 1e-6, 8.99998964255434019677e-01, 1.37174211248285284751e-18},
        {3, 0.5, 0.1874, 1.31190165208992792767e-01, 1.18943170099239284299e-01},
        {4, 0.9, 0.3, 4.55489408846588894608e-01, 1.67936431381275397268e-01},
        {5, 1.3, 0.01, 1.29142253442277277209e+00, 2.99866576045644702125e-04},
        {8, 0.7, 1e-9, 6.99999998693298208785e-01, 1.60892554349579679934e-12},
        {12, 2, 0.9, 1.25539647212106597607e+00, 5.77179440587421765940e-01},
    };
    for (size_t k = 0; k < sizeof exact / sizeof exact[0]; k++) {
        int64_t depth = exact[k].depth;
        double sigma = exact[k].sigma, beta = exact[k].beta, tolerance = 4 * DBL_EPSILON;
        double upper = at(depth, sigma, beta, SPN_THEORY_UPPER).strength;
        double lower = at(depth, sigma, beta, SPN_THEORY_LOWER).strength;
        check_close(upper, exact[k].upper, tolerance * root_condition(depth, sigma, upper), 0);
        check_close(lower, exact[k].lower, tolerance * root_condition(depth, sigma, lower), 0);
    }
}

/* beta(s) = beta and dL/ds = 0, over depths and the whole range of beta. */
static void test_defining_equations(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= 9; depth++) {
        for (int k = 1; k < 20; k++) {
            double sigma = 0.8, d = (double)depth;
            double beta = transition(depth, sigma).spinodal_beta * 0.05 * k;
            for (int root = SPN_THEORY_UPPER; root <= SPN_THEORY_LOWER; root++) {
                double s = at(depth, sigma, beta, (spn_theory_root)root).strength;
                /* sigma - s cancels where s is close to sigma */
                double tolerance = 4 * DBL_EPSILON * (2 + sigma / (sigma - s));
                check_close((sigma - s) * pow(s, 1 - 2 / d), beta, tolerance, 0);
                check_close(2 * (s - sigma) + 2 * beta * pow(s, 2 / d - 1), 0, 8 * DBL_EPSILON,
                            2 * sigma);
            }
            double upper = at(depth, sigma, beta, SPN_THEORY_UPPER).strength;
            double lower = at(depth, sigma, beta, SPN_THEORY_LOWER).strength;
            double peak = transition(depth, sigma).spinodal_strength;
            assert_true(lower < peak && peak < upper && upper < sigma);
        }
    }
}

/* At the Maxwell point learned and trivial states have equal L; the spinodal is beta's maximum. */
static void test_maxwell_and_spinodal(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= 8; depth++) {
        double sigma = 1.1, d = (double)depth;
        spn_theory_mode mode = transition(depth, sigma);
        spn_theory_state learned = at(depth, sigma, mode.maxwell_beta, SPN_THEORY_UPPER);
        spn_theory_state trivial = at(depth, sigma, mode.maxwell_beta, SPN_THEORY_TRIVIAL);
        check_close(learned.loss, trivial.loss, 8 * d * DBL_EPSILON, 0);
        check_close(learned.strength, mode.maxwell_strength, 8 * d * DBL_EPSILON, 0);
        for (int side = -1; side <= 1; side += 2) {
            double s = mode.spinodal_strength * (1 + side * 1e-4);
            double below = (sigma - s) * pow(s, 1 - 2 / d);
            /* second order: half the curvature (about 1) times 1e-8 */
            assert_true(below < mode.spinodal_beta && below > mode.spinodal_beta * (1 - 1e-7));
        }
        spn_theory_state end = at(depth, sigma, mode.spinodal_beta, SPN_THEORY_UPPER);
        assert_true(end.strength == mode.spinodal_strength && isinf(end.susceptibility));
        spn_theory_state beyond = at(depth, sigma, 1.0001 * mode.spinodal_beta, SPN_THEORY_UPPER);
        assert_true(isnan(beyond.strength) && isnan(beyond.loss) && isnan(beyond.susceptibility));
        check_close(at(depth, sigma, 9, SPN_THEORY_TRIVIAL).loss, sigma * sigma, 0, 0);
    }
}

/* Fourth-order central difference over steps of h: error h^4 f''''' / 30, rounding eps f / h. */
static double difference(int64_t depth, double sigma, double beta, spn_theory_root root,
                         bool of_loss)
{
    const double h = 1e-3 * beta, weights[] = {1, -8, 8, -1};
    const int offsets[] = {-2, -1, 1, 2};
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        spn_theory_state near = at(depth, sigma, beta + offsets[k] * h, root);
        sum += weights[k] * (of_loss ? near.loss : near.norm_squared);
    }
    return sum / (12 * h);
}

/* T9: dL/dbeta = |theta|^2 along a branch; T10: chi = -d|theta|^2/dbeta. */
static void test_derivatives(void **state)
{
    (void)state;
    const int64_t depths[] = {1, 2, 3, 4, 6};
    for (int k = 0; k < 5; k++) {
        for (int root = SPN_THEORY_UPPER; root <= SPN_THEORY_LOWER; root++) {
            if (root == SPN_THEORY_LOWER && depths[k] < 3) {
                continue;
            }
            spn_theory_state here = at(depths[k], 0.9, 0.1, (spn_theory_root)root);
            double slope = difference(depths[k], 0.9, 0.1, (spn_theory_root)root, true);
            double bend = difference(depths[k], 0.9, 0.1, (spn_theory_root)root, false);
            check_close(slope, here.norm_squared, 1e-9, 0);
            check_close(-bend, here.susceptibility, 1e-9, 0);
        }
    }
}

/* Depth 1 and 2 in closed form (T12), and both ends of the range of beta. */
static void test_limits(void **state)
{
    (void)state;
    const double sigma = 0.8;
    spn_theory_state one = at(1, sigma, 0.25, SPN_THEORY_UPPER);
    check_close(one.strength, sigma / 1.25, DBL_EPSILON, 0);
    check_close(one.loss, sigma * sigma * 0.25 / 1.25, 4 * DBL_EPSILON, 0);
    assert_true(isnan(at(1, sigma, 0.25, SPN_THEORY_TRIVIAL).strength));
    assert_true(isnan(at(1, sigma, 0.25, SPN_THEORY_LOWER).strength));
    spn_theory_state two = at(2, sigma, 0.3, SPN_THEORY_UPPER);
    check_close(two.strength, 0.5, DBL_EPSILON, 0);
    check_close(two.norm_squared, 1, 2 * DBL_EPSILON, 0);
    check_close(two.susceptibility, 2, 2 * DBL_EPSILON, 0);
    check_close(two.loss, sigma * sigma - 0.25, 4 * DBL_EPSILON, 0);
    spn_theory_state merged = at(2, sigma, 0.9, SPN_THEORY_UPPER);
    assert_true(merged.strength == 0 && merged.loss == sigma * sigma && merged.susceptibility == 0);
    for (int64_t depth = 1; depth < 6; depth++) {
        spn_theory_state free_state = at(depth, sigma, 0, SPN_THEORY_UPPER);
        assert_true(free_state.strength == sigma && free_state.error == 0 && free_state.loss == 0);
        spn_theory_state nothing = at(depth, 0, 0.1, SPN_THEORY_UPPER);
        assert_true(nothing.strength == 0 && nothing.loss == 0);
    }
    assert_true(at(3, sigma, 0, SPN_THEORY_LOWER).strength == 0);
    /* E without cancellation: (beta / s^a)^2 for small beta */
    check_close(at(4, sigma, 1e-12, SPN_THEORY_UPPER).error, 1e-24 / sigma, 1e-11, 0);
}

/* The landscape (prod t - sigma)^2 + beta |t|^2 is stationary at t_i = s^(1/D), with the same L; no
 * negative eigenvalue on the upper root, one on the lower. */
static void test_deep_mode_landscape(void **state)
{
    (void)state;
    const double sigma = 0.9;
    for (int64_t depth = 3; depth <= 6; depth++) {
        double coefficients[6] = {sigma}, theta[6], h[36], w[6];
        spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, depth, coefficients};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_point *point = NULL;
        spn_dense *dense = NULL;
        check_ok(context, spn_point_create(context, &objective, &point));
        check_ok(context, spn_dense_create(context, depth, &dense));
        for (int root = SPN_THEORY_UPPER; root <= SPN_THEORY_LOWER; root++) {
            double beta = 0.6 * transition(depth, sigma).spinodal_beta;
            spn_theory_state exact = at(depth, sigma, beta, (spn_theory_root)root);
            for (int64_t i = 0; i < depth; i++) {
                theta[i] = pow(exact.strength, 1 / (double)depth);
            }
            check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
            check_close(point->value, exact.loss, 16 * DBL_EPSILON, 0);
            check_close(point->parameter_value, exact.norm_squared, 16 * DBL_EPSILON, 0);
            for (int64_t i = 0; i < depth; i++) {
                check_close(point->gradient[i], 0, 16 * DBL_EPSILON, 1);
            }
            check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
            check_ok(context, spn_eigen(context, dense, depth, h, false, w));
            assert_true((w[0] < -1e-3) == (root == SPN_THEORY_LOWER) && w[1] > 1e-3);
        }
        spn_dense_free(context, dense);
        spn_point_free(context, point);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    spn_theory_mode mode;
    spn_theory_state out;
    check_fails(context, spn_theory_mode_transition(context, 0, 1, &mode), SPN_ERROR_ARGUMENT,
                "depth 0");
    check_fails(context, spn_theory_mode_transition(context, 3, -1, &mode), SPN_ERROR_ARGUMENT,
                "-1");
    assert_true(isnan(mode.maxwell_beta));
    check_fails(context, spn_theory_state_at(context, 3, (double)NAN, 1, SPN_THEORY_UPPER, &out),
                SPN_ERROR_ARGUMENT, "singular value");
    check_fails(context, spn_theory_state_at(context, 3, 1, -0.5, SPN_THEORY_UPPER, &out),
                SPN_ERROR_ARGUMENT, "beta = -0.5");
    assert_true(isnan(out.strength));
    assert_int_equal(spn_theory_mode_columns.count * 8, sizeof(spn_theory_mode));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions),         cmocka_unit_test(test_roots),
        cmocka_unit_test(test_defining_equations),  cmocka_unit_test(test_maxwell_and_spinodal),
        cmocka_unit_test(test_derivatives),         cmocka_unit_test(test_limits),
        cmocka_unit_test(test_deep_mode_landscape), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
