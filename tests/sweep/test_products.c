/* SPDX-License-Identifier: MIT */
/* Sweeps without a dense Hessian against closed forms, against dense ones, and cut anywhere. */
#include "sweep_case.h"

#include <spinodal/theory.h>

static trace now, other;
static spn_geometry_settings geometry;

/* As open_scene(), by products. */
static void open_products(scene *s, spn_landscape_kind kind, int64_t dimension,
                          const double *coefficients, const double *start)
{
    open_scene(s, kind, dimension, coefficients, start);
    check_ok(s->context, spn_settings_defaults(s->context, s->arena, &spn_geometry_options,
                                               &geometry, sizeof geometry));
    geometry.method = SPN_SPECTRUM_STOCHASTIC;
    s->solver.method = SPN_METHOD_NEWTON_CG;
    s->problem.geometry = &geometry;
    assert_true(spn_sweep_by_products(&s->problem));
}

/* The way is said as far as it was walked: on the branch (T11), towards its end, with chi = -dn/dbeta. A gradient of 1e-9 leaves
 * theta 1e-9 / lambda off, lambda down to 1e-3; tangents are right to the square of 1e-4. */
static void check_way(const trace *t, int64_t row, const scene *s, int depth, double sigma)
{
    assert_true(t->rows[row] >= 3);
    for (int64_t i = 0; i < t->rows[row]; i++) {
        const spn_sweep_approach *a = &t->approach[row][i];
        spn_theory_state state;
        check_ok(s->context,
                 spn_theory_state_at(s->context, depth, sigma, a->beta, SPN_THEORY_UPPER, &state));
        check_close(a->distance, fabs(a->beta - t->jumps[row].beta), 1e-15, 0);
        check_close(a->norm_squared, state.norm_squared, 1e-5, 0);
        if (a->distance > 1e-5) { /* closer, lambda moves by more than itself when theta is off */
            check_close(a->susceptibility, state.susceptibility, 1e-4, 0);
        }
        check_close(a->loss, state.loss, 1e-12, 1);
        assert_true(isnan(a->eigenvalue) && isnan(a->overlap));
        assert_true(i == 0 || a->distance > a[-1].distance);
    }
}

/* T13: where a mode of a deep linear network ends, and what is left behind. */
static void check_deep_mode(int depth, double sigma)
{
    double start[MAX_PARAMETERS], coefficients[MAX_PARAMETERS] = {sigma};
    spn_theory_mode mode;
    scene s;
    for (int i = 0; i < depth; i++) {
        start[i] = pow(sigma, 1.0 / depth);
    }
    open_products(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
    run_scene(&s, &now);
    assert_int_equal(now.count, 60);
    assert_int_equal(now.jump_count, 1);
    const spn_sweep_jump *jump = &now.jumps[0];
    check_ok(s.context, spn_theory_mode_transition(s.context, depth, sigma, &mode));
    assert_int_equal(jump->resolved, 1);
    assert_int_equal(jump->settled, 1);
    assert_int_equal(jump->survives, 1);
    assert_true(fabs(jump->beta_after - jump->beta_before) <= s.sweep.refine_tolerance);
    check_close(jump->beta, mode.spinodal_beta, s.sweep.refine_tolerance, 0);
    check_close(jump->after.loss, sigma * sigma, 1e-14, 0);
    check_way(&now, 0, &s, depth, sigma);
    close_scene(&s);
}

static void test_folds_of_deep_modes(void **state)
{
    (void)state;
    check_deep_mode(3, 0.9);
    check_deep_mode(4, 0.9);
}

/* T12, D = 2: theta goes to 0 like a root, at sigma. So close to 0 the solver's tolerance is as long as theta is, and what is left of
 * the way may be listed once more, within the tolerance of the first. */
static void test_two_layers_are_continuous(void **state)
{
    (void)state;
    const double start[2] = {0.7, 0.7}, coefficients[2] = {0.4957, 0};
    scene s;
    open_products(&s, SPN_LANDSCAPE_DEEP_MODE, 2, coefficients, start);
    run_scene(&s, &now);
    assert_in_range(now.jump_count, 1, 2);
    for (int64_t i = 0; i < now.jump_count; i++) {
        const spn_sweep_jump *jump = &now.jumps[i];
        assert_int_equal(jump->resolved, 1);
        assert_int_equal(jump->survives, 0);
        assert_true(jump->beta_after - jump->beta_before <= s.sweep.refine_tolerance * jump->beta);
        check_close(jump->beta, 0.4957, 2 * s.sweep.refine_tolerance, 0);
    }
    /* The end is foretold: points come ten times closer each, from the grid's distance, 0.01, to 2.5e-7. */
    assert_in_range(now.rows[0], 4, 9);
    close_scene(&s);
}

/* Points are those of the dense sweep, with every number that both have. */
static void test_points_are_those_of_dense_sweeps(void **state)
{
    (void)state;
    const double start[3] = {0.9, 0.9, 0.9}, coefficients[3] = {0.9};
    scene s;
    open_products(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    run_scene(&s, &now);
    s.problem.geometry = NULL;
    run_scene(&s, &other);
    assert_int_equal(now.count, other.count);
    assert_int_equal(now.jump_count, other.jump_count);
    for (int64_t i = 0; i < now.count; i++) {
        const spn_sweep_record *a = &now.records[i], *b = &other.records[i];
        assert_int_equal(a->certainty, SPN_CERTAIN_DENSE);
        assert_int_equal(b->certainty, SPN_CERTAIN_DENSE);
        assert_int_equal(a->state.stationary, 1);
        assert_int_equal(a->state.negative_eigenvalues_loss, 0);
        assert_int_equal(a->jump, b->jump);
        check_close(a->state.loss, b->state.loss, 1e-13, 0);
        check_close(a->state.weight_norm, b->state.weight_norm, 1e-7, 1);
        check_close(a->state.eigenvalue_min_loss, b->state.eigenvalue_min_loss, 1e-6, 1e-3);
        check_close(a->state.susceptibility, b->state.susceptibility, 1e-5, 1);
        assert_true(isnan(a->state.gauss_kronecker_log_error));
    }
    check_close(now.jumps[0].beta, other.jumps[0].beta, s.sweep.refine_tolerance, 0);
    close_scene(&s);
}

/* A jump that changes n by less than the share asked for is passed over, and the chain goes on behind it. */
static void test_small_jumps_are_passed_over(void **state)
{
    (void)state;
    const double start[3] = {0.9, 0.9, 0.9}, coefficients[3] = {0.9};
    scene s;
    open_products(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.refine_least = 0.5;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 1);
    s.sweep.refine_least = 2; /* n falls to 0: a change of 1 of itself and what its slope adds */
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 0);
    check_close(now.records[now.count - 1].state.loss, 0.81, 1e-14, 0);
    for (int64_t i = 0; i < now.count; i++) {
        assert_int_equal(now.records[i].state.stationary, 1);
    }
    close_scene(&s);
}

static void test_resumes_with_the_same_bits(void **state)
{
    (void)state;
    const double start[3] = {0.9, 0.9, 0.9}, coefficients[3] = {0.9};
    scene s;
    open_products(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.beta_points = 12;
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &now);
    check_resumes(&s, &now, &other);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_of_deep_modes),
        cmocka_unit_test(test_two_layers_are_continuous),
        cmocka_unit_test(test_points_are_those_of_dense_sweeps),
        cmocka_unit_test(test_small_jumps_are_passed_over),
        cmocka_unit_test(test_resumes_with_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
