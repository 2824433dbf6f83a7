/* SPDX-License-Identifier: MIT */
/* Steps that chains choose: how near straight lines between points are to closed forms, how few points that takes, and that nothing is
 * stepped over. */
#include "sweep/pace.h"
#include "sweep_case.h"

#include <spinodal/theory.h>

static trace now, other;

/* One mode of strength sigma at depth D, followed with a tolerance. */
static void open_mode(scene *s, int depth, double sigma, double tolerance)
{
    static double start[MAX_PARAMETERS], coefficients[MAX_PARAMETERS];
    memset(coefficients, 0, sizeof coefficients);
    coefficients[0] = sigma;
    for (int i = 0; i < depth; i++) {
        start[i] = pow(sigma, 1.0 / depth);
    }
    open_scene(s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
    s->sweep.beta_to = 1.2;
    s->sweep.beta_tolerance = tolerance;
}

static double length_at(const scene *s, double sigma, double beta)
{
    spn_theory_state state;
    check_ok(s->context, spn_theory_state_at(s->context, s->landscape.dimension, sigma, beta,
                                             SPN_THEORY_UPPER, &state));
    return sqrt(state.norm_squared);
}

/* The largest distance of sqrt(n) of the closed form from a line between two of its points, looked for at some places. */
static double distance_from_line(const scene *s, double sigma, double a, double b, int places)
{
    const double from = length_at(s, sigma, a), to = length_at(s, sigma, b);
    double largest = 0;
    for (int k = 1; k < places; k++) {
        const double share = (double)k / places, line = from + share * (to - from);
        largest = fmax(largest, fabs(length_at(s, sigma, a + share * (b - a)) - line));
    }
    return largest;
}

/* The same over all rows of the branch, up to the transition in the end, as a share of the largest length. */
static double distance_of_rows(const scene *s, double sigma, double end)
{
    double largest = 0;
    for (int64_t i = 1; i < now.count; i++) {
        const double a = now.records[i - 1].state.beta, b = now.records[i].state.beta;
        if (a < end) {
            largest = fmax(largest, distance_from_line(s, sigma, a, fmin(b, end), 400));
        }
    }
    return largest / length_at(s, sigma, now.records[0].state.beta);
}

/* Equal steps that leave no more than that: how many points. */
static int64_t count_equal(const scene *s, double sigma, double end, double share)
{
    const double from = s->sweep.beta_from, to = s->sweep.beta_to;
    const double most = share * length_at(s, sigma, from);
    int64_t points = 2;
    for (bool is_fine = false; !is_fine; points += points / 16 + 1) {
        const double step = (to - from) / (double)(points - 1);
        is_fine = true;
        for (int64_t i = 0; is_fine && from + (double)i * step < end; i++) {
            const double a = from + (double)i * step;
            is_fine = distance_from_line(s, sigma, a, fmin(a + step, end), 16) <= most;
        }
    }
    return points;
}

/* T12, T13: between rows, and up to the transition, the length is right to the tolerance; equal steps need so many times the points. */
static void check_mode(int depth, double sigma, double tolerance, double ratio)
{
    scene s;
    spn_theory_mode mode;
    open_mode(&s, depth, sigma, tolerance);
    check_ok(s.context, spn_theory_mode_transition(s.context, depth, sigma, &mode));
    const double end = depth == 1 ? s.sweep.beta_to : mode.spinodal_beta;
    run_scene(&s, &now);
    const double found = distance_of_rows(&s, sigma, end);
    assert_true(found <= tolerance);
    assert_true(found > tolerance / 20); /* and not for nothing */
    const int64_t equal = count_equal(&s, sigma, end, fmax(found, tolerance / 2));
    print_message("D = %d, sigma = %g, tolerance %g: %g with %lld points; equal steps: %lld\n",
                  depth, sigma, tolerance, found, (long long)now.count, (long long)equal);
    assert_true((double)equal > ratio * (double)now.count);
    assert_int_equal(now.jump_count, depth > 1);
    for (int64_t i = 0; i < now.jump_count; i++) {
        check_close(now.jumps[i].beta, end, s.sweep.refine_tolerance, 0);
        assert_int_equal(now.records[now.jumps[i].point].jump, 1);
    }
    close_scene(&s);
}

static void test_lines_between_rows(void **state)
{
    (void)state;
    check_mode(2, 0.9, 0.01, 8);
    check_mode(3, 0.9, 0.01, 8);
    check_mode(4, 0.5, 0.01, 8);
    check_mode(3, 0.9, 0.002, 80);
}

/* A phase in which little happens (T12, D = 1) has few points: no more than the largest steps ask for. */
static void test_nothing_happens(void **state)
{
    (void)state;
    int64_t least = 0, most = 0;
    scene s;
    open_mode(&s, 1, 0.9, 0.05);
    run_scene(&s, &now);
    check_ok(s.context, spn_sweep_points(s.context, &s.sweep, &least, &most));
    assert_int_equal(now.count, least);
    assert_int_equal(least, 19);
    assert_true(most > 100);
    s.sweep.beta_largest = 0.3; /* a quarter */
    run_scene(&s, &now);
    check_ok(s.context, spn_sweep_points(s.context, &s.sweep, &least, &most));
    assert_int_equal(now.count, least);
    assert_int_equal(least, 7);
    close_scene(&s);
}

/* Rows lie at places of the rule, from end to end, and steps begin at multiples of themselves. */
static void check_places(const scene *s, const trace *t)
{
    const spni_pace_rule rule = spni_pace_rule_of(&s->sweep, &s->objective);
    for (int64_t i = 0; i < t->count; i++) {
        const double beta = t->records[i].state.beta;
        const int64_t place = spni_pace_place(&rule, beta);
        check_close(spni_pace_beta(&rule, place), beta, 0, 0);
        if (t->records[i].point > 0) {
            int64_t last = i - 1; /* of this chain: they are followed at the same time */
            while (t->chains[last] != t->chains[i]) {
                last--;
            }
            const int64_t before = spni_pace_place(&rule, t->records[last].state.beta);
            const int64_t step = place > before ? place - before : before - place;
            assert_true(step > 0 && step <= rule.largest && before % step == 0);
            assert_int_equal(step & (step - 1), 0);
        }
    }
}

static void test_both_ways(void **state)
{
    (void)state;
    scene s;
    open_mode(&s, 2, 0.9, 0.01);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 2);
    check_close(now.jumps[1].beta, 0.9, s.sweep.refine_tolerance, 0);
    assert_int_equal(now.jumps[1].direction, SPN_DIRECTION_DOWN);
    check_places(&s, &now);
    /* Each chain ends where it should: up at the end, those down at the begin. */
    for (int64_t chain = 0; chain < 3; chain++) {
        double last = (double)NAN;
        for (int64_t i = 0; i < now.count; i++) {
            last = now.chains[i] == chain ? now.records[i].state.beta : last;
        }
        check_close(last, chain == 0 ? 1.2 : 0.01, 0, 0);
    }
    s.sweep.beta_spacing = SPN_SPACING_LOG;
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 2);
    check_places(&s, &now);
    close_scene(&s);
}

/* Cut anywhere the chain goes on with the same steps. */
static void test_resumes_with_the_same_steps(void **state)
{
    (void)state;
    scene s;
    open_mode(&s, 3, 0.9, 0.02);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &now);
    check_resumes(&s, &now, &other);
    spn_geometry_settings geometry;
    check_ok(s.context, spn_settings_defaults(s.context, s.arena, &spn_geometry_options, &geometry,
                                              sizeof geometry));
    geometry.method = SPN_SPECTRUM_STOCHASTIC;
    s.solver.method = SPN_METHOD_NEWTON_CG;
    s.problem.geometry = &geometry;
    assert_true(spn_sweep_by_products(&s.problem));
    run_scene(&s, &now);
    assert_int_equal(now.jump_count, 1);
    check_resumes(&s, &now, &other);
    close_scene(&s);
}

/* A strength of 9 in place of 0.9 and ten times the range: the same places. */
static void test_units_do_not_matter(void **state)
{
    (void)state;
    scene s;
    open_mode(&s, 2, 0.9, 0.01);
    run_scene(&s, &now);
    close_scene(&s);
    open_mode(&s, 2, 9, 0.01);
    s.sweep.beta_from = 0.1;
    s.sweep.beta_to = 12;
    run_scene(&s, &other);
    assert_int_equal(now.count, other.count);
    for (int64_t i = 0; i < now.count; i++) {
        check_close(10 * now.records[i].state.beta, other.records[i].state.beta, 1e-14, 0);
    }
    close_scene(&s);
}

/* A saved point that no step leads to is refused. */
static void test_strange_points_are_refused(void **state)
{
    (void)state;
    scene s;
    spn_sweep *sweep = NULL;
    open_mode(&s, 2, 0.9, 0.01);
    run_scene(&s, &now);
    for (int k = 0; k < 3; k++) {
        spn_item point = {.stream = SPN_SWEEP_POINT,
                          .record = &now.records[0],
                          .theta_size = 2,
                          .theta = now.theta[0]};
        spn_sweep_record second = now.records[1];
        second.state.beta = k == 0 ? second.state.beta + 1e-9 : k == 1 ? 0.01 : 1.3;
        make_sweep(&s, &sweep);
        check_ok(s.context, spn_sweep_replay(s.context, sweep, &point));
        point.record = &second;
        check_fails(s.context, spn_sweep_replay(s.context, sweep, &point), SPN_ERROR_INPUT,
                    "out of order");
        spn_sweep_free(s.context, sweep);
    }
    close_scene(&s);
}

/* Two chains down from phases of one mode, and a jump of the second before its point 1, where the first passes at the same beta. */
static void test_jumps_of_other_chains(void **state)
{
    (void)state;
    const spn_sweep_record points[4] = {{.phase = 1, .state = {.beta = 0.3}},
                                        {.phase = 1, .point = 1, .state = {.beta = 0.2}},
                                        {.phase = 1, .state = {.beta = 0.26}},
                                        {.phase = 1, .point = 1, .jump = 1}};
    const spn_sweep_jump jump = {.phase = 1, .point = 1, .beta = 0.23};
    assert_true(spn_sweep_jump_is_elsewhere(&jump, &points[1], 4, points));
    assert_false(spn_sweep_jump_is_elsewhere(&jump, &points[3], 4, points));
    /* Where no point says that a jump lies before it nothing is known. */
    assert_false(spn_sweep_jump_is_elsewhere(&jump, &points[1], 3, points));
    const spn_sweep_jump later = {.phase = 1, .point = 2, .beta = 0.23};
    assert_false(spn_sweep_jump_is_elsewhere(&later, &points[1], 4, points));
}

static void check_refused(scene *s, const char *fragment)
{
    spn_sweep *sweep = NULL;
    check_fails(s->context, spn_sweep_create(s->context, &s->problem, &sweep), SPN_ERROR_INPUT,
                fragment);
    assert_null(sweep);
}

static void test_where_it_makes_no_sense(void **state)
{
    (void)state;
    const double listed[2] = {0.1, 0.2};
    scene s;
    open_mode(&s, 2, 0.9, 0.01);
    s.sweep.direction = SPN_PROTOCOL_QUENCH;
    check_refused(&s, "a quench follows no branch");
    s.sweep.direction = SPN_PROTOCOL_LEGS;
    check_refused(&s, "legs go in steps of a grid; give sweep.beta.points instead");
    s.sweep.direction = SPN_PROTOCOL_UP;
    s.sweep.epochs = 3;
    check_refused(&s, "a finite rate goes in equal steps");
    s.sweep.epochs = 0;
    s.solver.method = SPN_METHOD_SGD_ADAM;
    check_refused(&s, "training by mini-batches has no tangents");
    s.solver.method = SPN_METHOD_NEWTON;
    s.sweep.beta = (spn_reals){2, listed};
    check_refused(&s, "not between listed values");
    s.sweep.beta = (spn_reals){0, NULL};
    s.sweep.beta_tolerance = 1e-5;
    check_refused(&s, "must be at least 0.0001, is 1e-05");
    s.sweep.beta_tolerance = 0.01;
    s.sweep.beta_largest = 1e-4;
    check_refused(&s, "must be at least 0.001, is 0.0001");
    /* A single value of beta: the way has no length. */
    s.sweep.beta_largest = 0;
    s.sweep.beta_points = 1;
    s.sweep.beta_from = s.sweep.beta_to;
    check_refused(&s, "beta.from must be below beta.to by 1e-06 of it");
    s.sweep.beta_points = 200;
    s.sweep.beta_from = s.sweep.beta_to * (1 - 1e-7);
    check_refused(&s, "beta.from must be below beta.to by 1e-06 of it");
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_between_rows),
        cmocka_unit_test(test_nothing_happens),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_resumes_with_the_same_steps),
        cmocka_unit_test(test_units_do_not_matter),
        cmocka_unit_test(test_strange_points_are_refused),
        cmocka_unit_test(test_jumps_of_other_chains),
        cmocka_unit_test(test_where_it_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
