/* SPDX-License-Identifier: MIT */
/* Refined transitions of analytic landscapes against closed forms: where they are, of which kind, and how the
 * critical eigenvalue goes to zero on the way. */
#include "sweep_case.h"

#include <spinodal/theory.h>

static trace now, other;

/* Above the width of an interval that holds beta = 0: values below are as exact as ones of this size. */
#define WIDTH 0.05

/* What a refined transition promises: the exact value in a bracket narrower than the tolerance, within that
 * of its middle. */
static void check_place(const scene *s, const spn_sweep_jump *jump, double exact)
{
    double tolerance = s->sweep.refine_tolerance;
    double width = fabs(jump->beta_after - jump->beta_before);
    double middle = (jump->beta_after + jump->beta_before) / 2;
    assert_int_equal(jump->resolved, 1);
    check_close(jump->beta, middle, 1e-15, 0);
    assert_true(width <= tolerance * fmax(fabs(exact), WIDTH));
    check_close(jump->beta, exact, tolerance, WIDTH);
}

/* The exponent of the critical eigenvalue over the closest two decades. Corrections are of the order of the
 * root of the distance relative to beta, 3e-4 at most, and of the bracket's half width, 1/6 of a
 * thirty-second of the closest distance: 0.02 in the logarithm over two decades, 0.005 in the slope. */
static void check_exponent(const trace *t, int64_t row, double exponent)
{
    const spn_sweep_approach *a = t->approach[row];
    assert_true(t->rows[row] > 8);
    double decades = log10(a[8].distance / a[0].distance);
    check_close(decades, 2, 1e-9, 0);
    assert_true(fabs(log10(a[8].eigenvalue / a[0].eigenvalue) / decades - exponent) < 0.01);
}

/* Rows lie on the branch, the closest first, four a decade, their mode followed. */
static void check_rows(const scene *s, const trace *t, int64_t row)
{
    const spn_sweep_jump *jump = &t->jumps[row];
    for (int64_t i = 0; i < t->rows[row]; i++) {
        const spn_sweep_approach *a = &t->approach[row][i];
        check_close(fabs(a->beta - jump->beta), a->distance, 1e-15, 0);
        assert_true(a->overlap > 0.99);
        assert_true((a->beta < jump->beta) == (jump->direction == SPN_DIRECTION_UP));
        if (i > 0) {
            check_close(a->distance / a[-1].distance, pow(10, 0.25), 1e-6, 0);
        }
    }
    if (fabs(jump->beta) > WIDTH) {
        check_close(t->approach[row][0].distance, 3 * s->sweep.refine_tolerance * fabs(jump->beta),
                    1e-6, 0);
    }
}

/* One mode at depth D on its branch at a row's beta (T11, T13), with weights t = s^(1/D): the Hessian is
 * 2 t^(2D-2) + 2 beta on the diagonal and 2 t^(2D-2) + 2 (s - sigma) t^(D-2) off it, so that the symmetric direction has
 * lambda = 2 beta + 2 D t^(2D-2) + 2 (D-1) (s - sigma) t^(D-2).
 * 1e-7: the last Newton step takes theta to 1e-16; that is multiplied by 1/lambda <= 1e3 twice, in s and in
 * 1/lambda; the same holds for the closed form. */
static void check_mode_rows(const scene *s, const trace *t, int64_t row, int depth, double sigma)
{
    for (int64_t i = 0; i < t->rows[row]; i++) {
        const spn_sweep_approach *a = &t->approach[row][i];
        spn_theory_state state;
        check_ok(s->context,
                 spn_theory_state_at(s->context, depth, sigma, a->beta, SPN_THEORY_UPPER, &state));
        double weight = pow(state.strength, 1.0 / depth);
        double lambda = 2 * a->beta + 2 * depth * pow(weight, 2 * depth - 2) +
                        2 * (depth - 1) * (state.strength - sigma) * pow(weight, depth - 2);
        check_close(a->eigenvalue, lambda, 1e-7, 0);
        check_close(a->norm_squared, state.norm_squared, 1e-9, 0);
        check_close(a->susceptibility, state.susceptibility, 1e-7, 0);
        check_close(a->loss, state.loss, 1e-12, 1);
    }
}

/* T13: the fold, both sides of the jump, and the way to it. Before: the closed form at the bracket's inner end,
 * where ds/dbeta reaches 1e4 and rounding of beta and theta 1e-12. */
static void check_deep_mode(int depth, double sigma)
{
    double start[MAX_PARAMETERS], coefficients[MAX_PARAMETERS] = {sigma};
    spn_theory_mode mode;
    spn_theory_state state;
    scene s;
    for (int i = 0; i < depth; i++) {
        start[i] = pow(sigma, 1.0 / depth);
    }
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 1);
    const spn_sweep_jump *jump = &now.jumps[0];
    check_ok(s.context, spn_theory_mode_transition(s.context, depth, sigma, &mode));
    check_place(&s, jump, mode.spinodal_beta);
    assert_true(jump->beta_before <= mode.spinodal_beta);
    assert_int_equal(jump->direction, SPN_DIRECTION_UP);
    assert_int_equal(jump->survives, 1);
    assert_int_equal(jump->settled, 1);
    assert_int_equal(jump->before.active_modes, 1);
    assert_int_equal(jump->after.active_modes, 0);
    check_ok(s.context, spn_theory_state_at(s.context, depth, sigma, jump->beta_before,
                                            SPN_THEORY_UPPER, &state));
    check_close(jump->before.weight_norm * jump->before.weight_norm, state.norm_squared, 1e-7, 0);
    check_close(jump->before.loss, state.loss, 1e-12, 1);
    check_close(jump->before.error, jump->before.loss, 0, 0); /* a landscape has no inner error */
    check_close(jump->after.loss, sigma * sigma, 1e-14, 0);
    check_close(jump->after.weight_norm, 0, 1e-8, 1);
    check_close(jump->after.eigenvalue_min_loss, 2 * jump->beta, 1e-5, 0);
    check_rows(&s, &now, 0);
    check_mode_rows(&s, &now, 0, depth, sigma);
    check_exponent(&now, 0, 0.5);
    close_scene(&s);
}

static void test_folds_of_deep_modes(void **state)
{
    (void)state;
    check_deep_mode(3, 0.9);
    check_deep_mode(3, 0.5);
    check_deep_mode(4, 0.9);
    check_deep_mode(5, 0.7);
}

/* T12, D = 2: continuous at sigma on the way up and down. lambda = 4 (sigma - beta) below it and
 * 2 (beta - sigma) above; rounding in beta is 1e-10 of the closest distance. */
static void test_two_layers_are_continuous(void **state)
{
    (void)state;
    const double start[2] = {0.7, 0.7}, coefficients[2] = {0.5, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 2, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 2);
    for (int64_t i = 0; i < 2; i++) {
        const spn_sweep_jump *jump = &now.jumps[i];
        bool is_up = jump->direction == SPN_DIRECTION_UP;
        assert_int_equal(is_up, i == 0);
        check_place(&s, jump, 0.5);
        assert_int_equal(jump->survives, 0);
        check_rows(&s, &now, i);
        check_exponent(&now, i, 1);
        for (int64_t k = 0; k < now.rows[i]; k++) {
            double above = now.approach[i][k].beta - 0.5;
            check_close(now.approach[i][k].eigenvalue, is_up ? -4 * above : 2 * above, 1e-7, 0);
            check_close(now.approach[i][k].norm_squared, is_up ? -2 * above : 0, 1e-7, 1e-6);
        }
    }
    close_scene(&s);
}

static void run_range(scene *s, double from, double to, int64_t points)
{
    s->sweep.beta_from = from;
    s->sweep.beta_to = to;
    s->sweep.beta_points = points;
    run_scene(s, &now);
}

/* The well x^3 + a x + p = 0, a < 0, ends at |p| = 2 (-a/3)^(3/2), x = sqrt(-a/3), and the other one is at
 * -2 sqrt(-a/3) there, where dx/dp = 1/(3a). lambda = 3 x^2 + a. */
static void check_well(const scene *s, int64_t row, double a, double sign)
{
    const spn_sweep_jump *jump = &now.jumps[row];
    double root = sqrt(-a / 3), fold = 2 * root * root * root;
    check_place(s, jump, sign * fold);
    assert_true(fabs(jump->beta_before) <= fold);
    assert_int_equal(jump->survives, 1);
    assert_int_equal(jump->settled, 1);
    assert_int_equal(jump->before.active_modes, -1);
    double x = now.before[row][0];
    check_close(x * x * x + a * x + jump->beta_before, 0, 1e-14, 1);
    assert_true(sign * x > root);
    check_close(now.after[row][0], sign * -2 * root, 1e-5, 0);
    check_rows(s, &now, row);
    check_exponent(&now, row, 0.5);
    for (int64_t i = 0; i < now.rows[row]; i++) {
        const spn_sweep_approach *r = &now.approach[row][i];
        x = sign * sqrt(r->norm_squared);
        check_close(x * x * x + a * x + r->beta, 0, 1e-14, 1);
        check_close(r->eigenvalue, 3 * x * x + a, 1e-9, 1e-2);
        check_close(r->susceptibility, 1 / r->eigenvalue, 1e-9, 0);
    }
}

static void test_double_well_and_cusp(void **state)
{
    (void)state;
    const double start[2] = {1, 0};
    double coefficients[2] = {0, 1};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_range(&s, -0.6, 0.61, 30);
    assert_int_equal(now.jump_count, 2);
    check_well(&s, 0, -1, 1);
    check_well(&s, 1, -1, -1);
    assert_int_equal(now.jumps[1].direction, SPN_DIRECTION_DOWN);
    close_scene(&s);

    open_scene(&s, SPN_LANDSCAPE_CUSP, 2, coefficients, start);
    coefficients[0] = -0.1;
    run_range(&s, -0.3, 0.31, 30);
    assert_int_equal(now.jump_count, 1);
    check_well(&s, 0, -0.1, 1);
    coefficients[0] = 0.5; /* on the other side of the cusp: x moves fast near p = 0, and no more */
    run_range(&s, -0.3, 0.31, 30);
    assert_int_equal(now.jump_count, 0);
    coefficients[0] =
        0; /* through the cusp, x = -p^(1/3): continuous, whether it is listed or not */
    run_range(&s, -0.3, 0.31, 30);
    assert_true(now.jump_count <= 1);
    for (int64_t i = 0; i < now.jump_count; i++) {
        check_place(&s, &now.jumps[i], 0);
        assert_int_equal(now.jumps[i].survives, 0);
    }
    close_scene(&s);
}

/* x = sqrt(-p) with lambda = -2 p for p < 0, x = 0 with lambda = p above. */
static void test_pitchfork(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 1}, up[2] = {0.5, 0}, down[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        scene s;
        open_scene(&s, SPN_LANDSCAPE_PITCHFORK, 2, coefficients, k == 0 ? up : down);
        s.sweep.direction = k == 0 ? SPN_PROTOCOL_UP : SPN_PROTOCOL_DOWN;
        s.sweep.start = SPN_DOWN_INITIAL;
        run_range(&s, -0.3, 0.31, 30);
        assert_int_equal(now.jump_count, 1);
        check_place(&s, &now.jumps[0], 0);
        assert_int_equal(now.jumps[0].survives, 0);
        check_rows(&s, &now, 0);
        assert_true(now.rows[0] > 12);
        for (int64_t i = 0; i < now.rows[0]; i++) {
            const spn_sweep_approach *a = &now.approach[0][i];
            check_close(a->eigenvalue, k == 0 ? -2 * a->beta : a->beta, 1e-7, 0);
        }
        close_scene(&s);
    }
}

/* Behind the fold at p = 0 there is no minimum at all: said, and not followed. lambda = 2 sqrt(-p). */
static void test_a_fold_with_nothing_behind_it(void **state)
{
    (void)state;
    const double coefficients[2] = {0, 1}, start[2] = {0.5, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_FOLD, 2, coefficients, start);
    run_range(&s, -0.3, 0.31, 30);
    assert_int_equal(now.count, 30);
    for (int64_t i = 1; i < now.jump_count; i++) { /* the way on is not understood, and said */
        assert_int_equal(now.jumps[i].resolved, 0);
        assert_int_equal(now.jumps[i].settled, 0);
        assert_true(now.jumps[i].beta_before > 0);
    }
    check_place(&s, &now.jumps[0], 0);
    assert_int_equal(now.jumps[0].survives, 1);
    assert_int_equal(now.jumps[0].settled, 0);
    assert_true(isnan(now.jumps[0].after.susceptibility));
    check_rows(&s, &now, 0);
    for (int64_t i = 0; i < now.rows[0]; i++) {
        const spn_sweep_approach *a = &now.approach[0][i];
        check_close(a->eigenvalue, 2 * sqrt(-a->beta), 1e-7, 0);
    }
    close_scene(&s);
}

/* Ten times coarser and finer: the same list, each within its bracket. */
static void test_grids_give_the_same_list(void **state)
{
    (void)state;
    const double start[4] = {1, 1, 1, 1}, coefficients[4] = {0.9, 0, 0, 0};
    const int64_t points[3] = {6, 60, 600};
    for (int depth = 2; depth <= 4; depth++) {
        scene s;
        open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
        s.sweep.direction = SPN_PROTOCOL_BOTH;
        for (int k = 0; k < 3; k++) {
            run_range(&s, 0.01, 1.2, points[k]);
            assert_int_equal(now.jump_count, depth == 2 ? 2 : 1);
            for (int64_t i = 0; k > 0 && i < now.jump_count; i++) {
                check_close(now.jumps[i].beta, other.jumps[i].beta, 2e-6, 0);
                assert_int_equal(now.jumps[i].survives, other.jumps[i].survives);
                assert_int_equal(now.jumps[i].direction, other.jumps[i].direction);
                assert_true(llabs(now.rows[i] - other.rows[i]) <= 1);
            }
            other = now;
        }
        close_scene(&s);
    }
}

/* Grid points exactly where a branch ends: one transition, not two and not none; as the first or the last
 * value of the range: none that is not on the chain's way. */
static void test_grid_points_at_transitions(void **state)
{
    (void)state;
    const double start[3] = {1, 1, 1}, coefficients[3] = {0.5, 0, 0};
    for (int depth = 2; depth <= 3; depth++) {
        double at = depth == 2 ? 0.5 : 0.1875;
        const double inside[5] = {0.1, 0.15, at, 0.6, 0.7}, first[3] = {at, 0.6, 0.7};
        scene s;
        open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
        s.sweep.direction = SPN_PROTOCOL_BOTH;
        s.sweep.beta = (spn_reals){5, inside};
        run_scene(&s, &now);
        assert_int_equal(now.jump_count, depth == 2 ? 2 : 1);
        for (int64_t i = 0; i < now.jump_count; i++) {
            check_place(&s, &now.jumps[i], at);
            assert_int_equal(now.jumps[i].survives, depth == 3);
            assert_int_equal(now.jumps[i].settled, 1);
            check_rows(&s, &now, i);
            check_exponent(&now, i, depth == 2 ? 1 : 0.5);
        }
        s.sweep.direction = SPN_PROTOCOL_UP;
        s.sweep.beta = (spn_reals){3, first};
        run_scene(&s, &now);
        assert_int_equal(now.jump_count, 0);
        close_scene(&s);
    }
}

static void test_nothing_is_invented(void **state)
{
    (void)state;
    const double start[3] = {1, 1, 1}, coefficients[3] = {0.5, 0, 0};
    for (int depth = 1; depth <= 3; depth++) {
        scene s;
        open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
        s.sweep.direction = SPN_PROTOCOL_BOTH;
        /* Depth 1 has no transition, the others none below 0.15; at 0 their minima are not isolated. */
        run_range(&s, 0, depth == 1 ? 2 : 0.15, 8);
        assert_int_equal(now.jump_count, 0);
        run_range(&s, 0.55, 0.7, 8); /* nothing is learned here */
        assert_int_equal(now.jump_count, 0);
        close_scene(&s);
    }
}

static void test_tolerance_and_switch(void **state)
{
    (void)state;
    const double start[3] = {1, 1, 1}, coefficients[3] = {0.5, 0, 0};
    const double tolerances[3] = {1e-3, 1e-6, 1e-9};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    for (int k = 0; k < 3; k++) {
        s.sweep.refine_tolerance = tolerances[k];
        run_scene(&s, &now);
        assert_int_equal(now.jump_count, 1);
        check_place(&s, &now.jumps[0], 0.1875);
        check_rows(&s, &now, 0);
    }
    s.sweep.refine = false;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 0);
    s.sweep.refine = true;
    s.sweep.direction = SPN_PROTOCOL_QUENCH;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 0);
    spn_sweep *sweep = NULL;
    s.sweep.refine_tolerance = 0.1;
    check_fails(s.context, spn_sweep_create(s.context, &s.problem, &sweep), SPN_ERROR_INPUT,
                "sweep.refine_tolerance: must be between 1e-10 and 0.01, is 0.1");
    close_scene(&s);
}

/* Refinement is Newton's, whatever solver the user has: the same transition. */
static void test_other_solvers(void **state)
{
    (void)state;
    const double start[3] = {1, 1, 1}, coefficients[3] = {0.5, 0, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.solver.method = SPN_METHOD_LBFGS;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 1);
    check_place(&s, &now.jumps[0], 0.1875);
    close_scene(&s);
}

static spn_status small_run(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    spn_sweep *sweep = NULL;
    spn_pool *pool = NULL;
    memset(&now, 0, sizeof now);
    SPN_TRY(spn_pool_create(context, 1, &pool));
    SPN_TRY(spn_sweep_create(context, state, &sweep));
    SPN_TRY(spn_sweep_run(context, sweep, pool, collect, &now));
    assert_int_equal(now.jump_count, 1);
done:
    spn_sweep_free(context, sweep);
    spn_pool_free(pool);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    const double start[3] = {1, 1, 1}, coefficients[3] = {0.5, 0, 0}, values[2] = {0.1, 0.3};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    s.sweep.beta = (spn_reals){2, values};
    assert_true(support_fail_each_allocation(small_run, &s.problem) > 40);
    s.solver.method = SPN_METHOD_LBFGS; /* a solver of its own for the refinement */
    assert_true(support_fail_each_allocation(small_run, &s.problem) > 40);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_of_deep_modes),
        cmocka_unit_test(test_two_layers_are_continuous),
        cmocka_unit_test(test_double_well_and_cusp),
        cmocka_unit_test(test_pitchfork),
        cmocka_unit_test(test_a_fold_with_nothing_behind_it),
        cmocka_unit_test(test_grids_give_the_same_list),
        cmocka_unit_test(test_grid_points_at_transitions),
        cmocka_unit_test(test_nothing_is_invented),
        cmocka_unit_test(test_tolerance_and_switch),
        cmocka_unit_test(test_other_solvers),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
