/* SPDX-License-Identifier: MIT */
/* Stationary points and folds near a point that need not be one: landscapes with known answers, and a linear network
 * with its symmetry. */
#include "../continuation/networks_case.h"

#include <spinodal/theory.h>

typedef struct place {
    spn_context *context;
    spn_landscape landscape;
    spn_objective objective;
} place;

static void open_place(place *p, spn_landscape_kind kind, int64_t dimension,
                       const double *coefficients)
{
    *p = (place){.landscape = {kind, dimension, coefficients}};
    check_ok(NULL, spn_context_create(NULL, &p->context));
    p->objective = spn_landscape_objective(&p->landscape);
}

static const double flat[] = {0, 2};

static void test_saddle_of_the_double_well(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    open_place(&p, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    double theta[] = {0.4, 0.2}, vector[2];
    const double beta = 0.1;
    check_ok(p.context,
             spn_stationary_near(p.context, &p.objective, beta, 2, theta, vector, &near));
    /* t^3 - t + 0.1 = 0: t = 2 / sqrt 3 cos((acos(-0.15 sqrt 3) + 4 pi) / 3), the middle one of three. */
    double root = 2 / sqrt(3) * cos((acos(-0.15 * sqrt(3)) + 4 * acos(-1)) / 3);
    assert_int_equal(near.is_found, 1);
    /* Newton's method ends at rounding. */
    check_close(theta[0], root, 1e-13, 0);
    check_close(theta[1], 0, 1e-13, 1);
    check_close(near.eigenvalue_min, 3 * root * root - 1, 1e-12, 0);
    assert_int_equal(near.negative_eigenvalues, 1);
    assert_int_equal(near.zero_modes, 0);
    check_close(fabs(vector[0]), 1, 1e-14, 0);
    check_close(near.distance, hypot(0.4 - root, 0.2), 1e-13, 0);
    check_close(near.loss, pow(root, 4) / 4 - root * root / 2 + beta * root, 1e-13, 1);
    assert_true(isnan(near.drift));
    /* The same, out of reach. */
    double again[] = {0.4, 0.2};
    check_ok(p.context,
             spn_stationary_near(p.context, &p.objective, beta, 0.5, again, NULL, &near));
    assert_int_equal(near.is_found, 0);
    assert_true(isnan(near.loss));
    spn_context_free(p.context);
}

/* Eigenvector following goes up where the double well is curved down, |t| < 1 / sqrt 3, to the saddle, and down elsewhere, to the
 * minimum; beyond the fold there is nothing to find on that side. */
static void test_followed_eigenvectors(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    open_place(&p, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    const double starts[] = {0.4, 0.7};
    for (int k = 0; k < 2; k++) {
        double theta[] = {starts[k], 0.2}, turn = k == 0 ? 4 * acos(-1) : 0;
        double root = 2 / sqrt(3) * cos((acos(-0.15 * sqrt(3)) + turn) / 3);
        check_ok(p.context, spn_saddle_near(p.context, &p.objective, 0.1, 2, theta, NULL, &near));
        assert_int_equal(near.is_found, 1);
        check_close(theta[0], root, 1e-12, 0);
        assert_int_equal(near.negative_eigenvalues, k == 0 ? 1 : 0);
    }
    double theta[] = {0.6, 0.2};
    check_ok(p.context, spn_saddle_near(p.context, &p.objective, 0.4, 1, theta, NULL, &near));
    assert_int_equal(near.is_found, 0);
    spn_context_free(p.context);
}

/* From far away plain Newton steps of t^3 - t would run off wherever 3 t^2 is close to 1. */
static void test_steps_are_damped(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    open_place(&p, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    double theta[] = {1 / sqrt(3) + 1e-9, 0};
    check_ok(p.context, spn_stationary_near(p.context, &p.objective, 0, 2, theta, NULL, &near));
    assert_int_equal(near.is_found, 1);
    assert_true(fabs(theta[0]) < 1e-12 || fabs(theta[0] - 1) < 1e-12);
    spn_context_free(p.context);
}

static void test_pitchfork(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    open_place(&p, SPN_LANDSCAPE_PITCHFORK, 2, flat);
    double theta[] = {0.03, 0.1};
    check_ok(p.context, spn_stationary_near(p.context, &p.objective, -0.04, 2, theta, NULL, &near));
    assert_int_equal(near.is_found, 1);
    assert_int_equal(near.negative_eigenvalues, 1);
    check_close(near.eigenvalue_min, -0.04, 1e-12, 0);
    /* At the branch point itself each step leaves 2/3 of the way: found, to where a step is 1e-9 of the floor. */
    theta[0] = 0.03;
    check_ok(p.context, spn_stationary_near(p.context, &p.objective, 0, 2, theta, NULL, &near));
    assert_int_equal(near.is_found, 1);
    assert_true(fabs(theta[0]) < 1e-11);
    /* beta drives nothing there: no fold. */
    theta[0] = 0.03;
    check_ok(p.context, spn_fold_near(p.context, &p.objective, 0.01, 2, theta, NULL, &near));
    assert_int_equal(near.is_found, 0);
    spn_context_free(p.context);
}

/* t^3/3 + p t: dt/dtau = -p - t^2. Beyond the fold at 0, and before it. */
static void test_fold(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        place p;
        spn_near_record near;
        open_place(&p, SPN_LANDSCAPE_FOLD, 2, flat);
        double beta = side == 0 ? 0.01 : -0.01, theta[] = {0.25, 0.1}, vector[2];
        if (side == 0) {
            double other[] = {0.25, 0.1};
            check_ok(p.context,
                     spn_stationary_near(p.context, &p.objective, beta, 4, other, NULL, &near));
            assert_int_equal(near.is_found, 0);
        }
        check_ok(p.context, spn_fold_near(p.context, &p.objective, beta, 4, theta, vector, &near));
        assert_int_equal(near.is_found, 1);
        /* The third derivative by differences, 1e-8, leaves Newton's method linear at that rate. */
        check_close(near.beta, 0, 1e-14, 1);
        check_close(theta[0], 0, 1e-9, 1);
        check_close(near.eigenvalue_min, 0, 1e-8, 1);
        check_close(vector[0], 1, 1e-9, 0);
        check_close(near.drift, -1, 1e-9, 0);
        check_close(near.bend, -1, 1e-7, 0);
        double again[] = {0.25, 0.1};
        check_ok(p.context, spn_fold_near(p.context, &p.objective, beta, 0.5, again, NULL, &near));
        assert_int_equal(near.is_found, 0);
        spn_context_free(p.context);
    }
}

/* The double well beyond its spinodal p = 2 / (3 sqrt 3), t = 1 / sqrt 3: along v = (1, 0) drift -1 and bend -D^3 L / 2 = -3 t. The
 * mirror image, from below, bends the other way. */
static void test_spinodals_of_the_double_well(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    open_place(&p, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    for (int side = -1; side <= 1; side += 2) {
        double theta[] = {0.7 * side, 0.1}, vector[2];
        check_ok(p.context,
                 spn_fold_near(p.context, &p.objective, 0.4 * side, 1, theta, vector, &near));
        assert_int_equal(near.is_found, 1);
        check_close(near.beta, side * 2 / (3 * sqrt(3)), 1e-14, 0);
        check_close(theta[0], side / sqrt(3), 1e-9, 0);
        check_close(vector[0], 1, 1e-9, 0);
        check_close(near.drift, -1, 1e-9, 0);
        check_close(near.bend, -side * sqrt(3), 1e-7, 0);
    }
    spn_context_free(p.context);
}

/* Depth 3: from small scales the way leads to the saddle on T13's lower root, beside which the origin is a
 * minimum. */
static void test_deep_mode(void **state)
{
    (void)state;
    place p;
    spn_near_record near;
    spn_theory_state lower;
    const double sigma[] = {0.9, 0, 0}, beta = 0.02;
    open_place(&p, SPN_LANDSCAPE_DEEP_MODE, 3, sigma);
    double theta[] = {0.1, 0.1, 0.1};
    check_ok(p.context, spn_stationary_near(p.context, &p.objective, beta, 1, theta, NULL, &near));
    check_ok(p.context, spn_theory_state_at(p.context, 3, 0.9, beta, SPN_THEORY_LOWER, &lower));
    assert_int_equal(near.is_found, 1);
    assert_int_equal(near.negative_eigenvalues, 1);
    check_close(theta[0], cbrt(lower.strength), 1e-10, 0);
    check_close(near.weight_norm * near.weight_norm, lower.norm_squared, 1e-10, 0);
    assert_int_equal(near.active_modes, 0);
    /* Below it the minimum. */
    double small[] = {0.005, 0.004, 0.003};
    check_ok(p.context,
             spn_stationary_near(p.context, &p.objective, beta, 1.5, small, NULL, &near));
    assert_int_equal(near.is_found, 1);
    assert_int_equal(near.negative_eigenvalues, 0);
    check_close(near.eigenvalue_min, 2 * beta, 1e-10, 0);
    spn_context_free(p.context);
}

/* ---- A linear network ---- */

static const double values[] = {0.9, 0.5};

static void open_network(network_case *c, spn_context *context)
{
    const network_setup setup = {.depth = 3,
                                 .width = 3,
                                 .samples = 50,
                                 .inputs = 2,
                                 .outputs = 2,
                                 .modes = 2,
                                 .sigma = values,
                                 .activation = SPN_LINEAR,
                                 .from = 0.01,
                                 .to = 0.5};
    network_case_open(c, context, &setup);
}

/* Mode i alone, of strength s, all layers at s^(1/3), pushed by up to `push` on each weight. Widths 2-3-3-2. */
static void put_mode(int64_t i, double s, double push, double *theta)
{
    spn_random random = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    for (int64_t k = 0; k < 21; k++) {
        theta[k] = push * (2 * spn_random_uniform(&random) - 1);
    }
    theta[i * 2 + i] += cbrt(s);
    theta[6 + i * 3 + i] += cbrt(s);
    theta[15 + i * 3 + i] += cbrt(s);
}

static void check_phase(const network_case *c, const spn_near_record *near, uint64_t active,
                        double beta)
{
    const spn_theory_network theory = {3, 2, values, 2};
    const int64_t hidden[] = {3, 3};
    spn_theory_phase phase;
    check_ok(c->run.context, spn_theory_phase_at(c->run.context, &theory, active, beta, &phase));
    assert_int_equal(near->is_found, 1);
    /* The sample's moments are exact to rounding. */
    check_close(near->loss, phase.loss, 1e-11, 0);
    check_close(near->weight_norm * near->weight_norm, phase.norm_squared, 1e-10, 0);
    assert_int_equal(near->zero_modes, spn_theory_zero_modes(3, 1, hidden));
    assert_int_equal(near->active_modes, 1);
}

static void test_linear_network(void **state)
{
    (void)state;
    network_case c;
    spn_context *context = NULL;
    spn_near_record near;
    double theta[21], beta = 0.1;
    check_ok(NULL, spn_context_create(NULL, &context));
    open_network(&c, context);
    put_mode(0, 0.8, 0.02, theta);
    check_ok(context,
             spn_stationary_near(context, &c.run.objective, beta, 0.5, theta, NULL, &near));
    check_phase(&c, &near, 1, beta);
    assert_int_equal(near.negative_eigenvalues, 0);
    /* The weak mode alone is a saddle: 2 s^(1/3) (sigma_2 - sigma_1) (T15), beside the ridge's 2 beta. */
    put_mode(1, 0.4, 0.02, theta);
    check_ok(context,
             spn_stationary_near(context, &c.run.objective, beta, 0.5, theta, NULL, &near));
    check_phase(&c, &near, 2, beta);
    assert_true(near.negative_eigenvalues > 0);
    spn_theory_state upper;
    check_ok(context, spn_theory_state_at(context, 3, 0.5, beta, SPN_THEORY_UPPER, &upper));
    check_close(near.eigenvalue_min, 2 * cbrt(upper.strength) * (0.5 - 0.9), 1e-9, 0);
    network_case_close(&c);
    spn_context_free(context);
}

/* Beyond the spinodal of the strong mode. Along the unit direction x of the three weights u = x / sqrt 3, L = u^6 -
 * 2 sigma u^3 + 3 beta u^2 + const: drift -6 u / sqrt 3, bend -(120 u^3 - 12 sigma) / (6 sqrt 3), u^3 = sigma / 4. */
static void test_fold_of_a_linear_network(void **state)
{
    (void)state;
    network_case c;
    spn_context *context = NULL;
    spn_near_record near;
    spn_theory_mode mode;
    double theta[21];
    check_ok(NULL, spn_context_create(NULL, &context));
    open_network(&c, context);
    check_ok(context, spn_theory_mode_transition(context, 3, 0.9, &mode));
    put_mode(0, 0.3, 0.01, theta);
    double beta = mode.spinodal_beta * 1.01;
    check_ok(context, spn_fold_near(context, &c.run.objective, beta, 0.5, theta, NULL, &near));
    assert_int_equal(near.is_found, 1);
    check_close(near.beta, mode.spinodal_beta, 1e-9, 0);
    assert_int_equal(near.zero_modes, spn_theory_zero_modes(3, 1, (const int64_t[]){3, 3}));
    double u = cbrt(0.9 / 4);
    /* Differences of third order: 1e-8 relative to the largest; the direction's sign is free. */
    check_close(fabs(near.drift), 6 * u / sqrt(3), 1e-6, 0);
    check_close(fabs(near.bend), sqrt(3) * 0.9, 1e-6, 0);
    /* Beyond it nothing is stationary there: the flow goes one way. */
    assert_true(near.drift * (beta - near.beta) * near.bend > 0);
    network_case_close(&c);
    spn_context_free(context);
}

static spn_status allocating(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    spn_near_record near;
    double theta[] = {0.25, 0.1}, other[] = {0.25, 0.1};
    SPN_TRY(spn_fold_near(context, state, 0.01, 4, theta, NULL, &near));
    SPN_TRY(spn_stationary_near(context, state, -0.01, 4, other, NULL, &near));
done:
    return status;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    place p;
    open_place(&p, SPN_LANDSCAPE_FOLD, 2, flat);
    assert_true(support_fail_each_allocation(allocating, &p.objective) > 20);
    spn_context_free(p.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saddle_of_the_double_well),
        cmocka_unit_test(test_followed_eigenvectors),
        cmocka_unit_test(test_steps_are_damped),
        cmocka_unit_test(test_pitchfork),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_spinodals_of_the_double_well),
        cmocka_unit_test(test_deep_mode),
        cmocka_unit_test(test_linear_network),
        cmocka_unit_test(test_fold_of_a_linear_network),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
