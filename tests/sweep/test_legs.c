/* SPDX-License-Identifier: MIT */
/* The protocol `legs`: which values it visits, and the hysteresis of landscapes with known folds. */
#include "sweep_case.h"

static trace now, other;

static void check_path(scene *s, int64_t expected, const double *values, const int64_t *legs)
{
    int64_t count = 0, *got_legs = NULL;
    double *got = NULL;
    check_ok(s->context, spn_sweep_path(s->context, &s->sweep, &count, &got, &got_legs));
    assert_int_equal(count, expected);
    for (int64_t i = 0; i < count && values != NULL; i++) {
        check_close(got[i], values[i], 1e-15, 1);
        assert_int_equal(got_legs[i], legs[i]);
    }
    spn_release(s->context, got);
    spn_release(s->context, got_legs);
}

static void check_refused(scene *s, const char *fragment)
{
    int64_t count = 0, *legs = NULL;
    double *path = NULL;
    check_fails(s->context, spn_sweep_path(s->context, &s->sweep, &count, &path, &legs),
                SPN_ERROR_INPUT, fragment);
    assert_null(path);
    assert_null(legs);
}

static void test_paths(void **state)
{
    (void)state;
    const double theta[3] = {0}, turns[3] = {0.35, 0.1, 0.2}, listed[2] = {0.1, 0.2};
    const double linear[9] = {0, 0.1, 0.2, 0.3, 0.35, 0.25, 0.15, 0.1, 0.2};
    const int64_t linear_legs[9] = {0, 0, 0, 0, 0, 1, 1, 1, 2};
    const double far[2] = {1000, 1}, decades[7] = {1, 10, 100, 1000, 100, 10, 1};
    const int64_t decade_legs[7] = {0, 0, 0, 0, 1, 1, 1};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, theta, theta);
    s.sweep.legs = (spn_reals){3, turns};
    s.sweep.beta_from = 0;
    s.sweep.beta_to = 1;
    s.sweep.beta_points = 11;
    check_path(&s, 9, linear, linear_legs);
    /* A turning point beyond beta.to is as good as any: the range gives the step alone. */
    s.sweep.beta_spacing = SPN_SPACING_LOG;
    s.sweep.beta_from = 1;
    s.sweep.beta_to = 100;
    s.sweep.beta_points = 3;
    s.sweep.legs = (spn_reals){2, far};
    check_path(&s, 7, decades, decade_legs);
    s.sweep.legs = (spn_reals){0, NULL};
    check_refused(&s, "needs turning points");
    s.sweep.legs = (spn_reals){3, (const double[]){1, 2, 3}};
    check_refused(&s, "leg 1 goes from 1 to 1");
    s.sweep.legs = (spn_reals){2, (const double[]){3, 0}};
    check_refused(&s, "positive");
    s.sweep.legs = (spn_reals){1, (const double[]){(double)INFINITY}};
    check_refused(&s, "sweep.legs (item 1): expected a list of numbers from 0 to 1e150, got inf");
    s.sweep.legs = (spn_reals){2, (const double[]){1e150, 1}};
    check_path(&s, 1 + 150 + 150, NULL, NULL);
    /* The steps of one leg, and of all legs together, do not fit. */
    s.sweep.beta_spacing = SPN_SPACING_LINEAR;
    check_refused(&s, "leg 1 from 1 to 1e+150 makes a path of more than 1000000 points");
    s.sweep.legs = (spn_reals){1, (const double[]){9223372036854775807.0}};
    check_refused(&s, "leg 1 from 1 to 9.22337e+18 makes a path of more");
    s.sweep.legs = (spn_reals){3, (const double[]){2e7, 1, 2e7}};
    check_refused(&s, "leg 3 from 1 to 2e+07 makes a path of more");
    /* A way that is shorter than rounding is one step, and each leg begins where the one before ended. */
    const double nearly = 100 + 1e-11;
    s.sweep.legs = (spn_reals){2, (const double[]){100, nearly}};
    check_path(&s, 4, (const double[]){1, 50.5, 100, nearly}, (const int64_t[]){0, 0, 0, 1});
    s.sweep.beta = (spn_reals){2, listed};
    check_refused(&s, "instead of a list");
    close_scene(&s);
}

/* The whole loop of a double well: the right well ends at p = 2/(3 sqrt 3) on the way up, the left one at the
 * opposite on the way down, and again. Work around the loop: dL/dp = x along branches (T9 for a field), so that the
 * integral of x over a closed loop is the sum of what L loses in the jumps, 3/4 each: from
 * x^4/4 - x^2/2 + p x at x = 1/sqrt 3 to x = -2/sqrt 3. */
static void test_hysteresis_loop(void **state)
{
    (void)state;
    const double start[2] = {1, 0}, coefficients[2] = {0, 1}, turns[3] = {0.6, -0.6, 0.6};
    double fold = 2 / (3 * sqrt(3.0));
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_LEGS;
    s.sweep.legs = (spn_reals){3, turns};
    s.sweep.beta_from = 0;
    s.sweep.beta_to = 0.6;
    s.sweep.beta_points = 14;
    run_scene(&s, &now);
    assert_int_equal(now.count, 1 + 13 + 26 + 26);
    assert_int_equal(now.jump_count, 3);
    for (int64_t i = 0; i < 3; i++) {
        const spn_sweep_jump *jump = &now.jumps[i];
        double sign = i % 2 == 0 ? 1 : -1;
        assert_int_equal(jump->leg, i);
        assert_int_equal(jump->direction, i % 2 == 0 ? SPN_DIRECTION_UP : SPN_DIRECTION_DOWN);
        check_close(jump->beta, sign * fold, s.sweep.refine_tolerance, 0);
        check_close(jump->before.loss - jump->after.loss, 0.75, 1e-6, 0);
        assert_int_equal(jump->survives, 1);
        const spn_sweep_record *behind = &now.records[jump->point];
        assert_int_equal(behind->leg, i);
        assert_int_equal(behind->jump, 1);
        assert_true(sign * behind->state.beta > fold);
    }
    for (int64_t i = 0; i < now.count; i++) {
        double x = now.theta[i][0];
        check_close(x * x * x - x + now.records[i].state.beta, 0, 1e-12, 1);
        assert_int_equal(now.records[i].direction == SPN_DIRECTION_UP, now.records[i].leg != 1);
        assert_int_equal(now.records[i].phase, -1);
    }
    check_resumes(&s, &now, &other);
    close_scene(&s);
}

/* Reversed before the fold the network goes back the way it came; behind it it does not (T14: nothing comes
 * back for D = 3). */
static void test_reversal_curves(void **state)
{
    (void)state;
    const double start[3] = {0.8, 0.8, 0.8}, coefficients[3] = {0.5, 0, 0};
    const double before[2] = {0.18, 0.01}, behind[2] = {0.19, 0.01};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_LEGS;
    s.sweep.beta_to = 0.5;
    s.sweep.beta_points = 50;
    s.sweep.legs = (spn_reals){2, before};
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 0);
    assert_int_equal(now.count, 2 * 17 + 1);
    for (int64_t i = 0; i < 17; i++) {
        const spn_sweep_record *a = &now.records[i], *b = &now.records[now.count - 1 - i];
        check_close(b->state.beta, a->state.beta, 1e-15, 1);
        check_close(b->state.weight_norm, a->state.weight_norm, 1e-9, 0);
        assert_int_equal(a->leg, 0);
        assert_int_equal(b->leg, 1);
    }
    s.sweep.legs = (spn_reals){2, behind};
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 1);
    assert_int_equal(now.jumps[0].leg, 0);
    check_close(now.jumps[0].beta, 0.1875, s.sweep.refine_tolerance, 0);
    for (int64_t i = now.jumps[0].point; i < now.count; i++) {
        check_close(now.records[i].state.weight_norm, 0, 1e-8, 1);
    }
    close_scene(&s);
}

static spn_status create_and_free(spn_context *context, void *state)
{
    spn_sweep *sweep = NULL;
    spn_status status = spn_sweep_create(context, state, &sweep);
    spn_sweep_free(context, sweep);
    return status;
}

static void test_creation_survives_failing_allocations(void **state)
{
    (void)state;
    const double coefficients[3] = {0.8, 0, 0}, turns[2] = {0.3, 0.1};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, coefficients);
    s.sweep.direction = SPN_PROTOCOL_LEGS;
    s.sweep.legs = (spn_reals){2, turns};
    assert_true(support_fail_each_allocation(create_and_free, &s.problem) >= 6);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_hysteresis_loop),
        cmocka_unit_test(test_reversal_curves),
        cmocka_unit_test(test_creation_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
