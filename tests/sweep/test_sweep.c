/* SPDX-License-Identifier: MIT */
/* Protocols on analytic landscapes, whose spinodals are closed forms. */
#include "sweep_case.h"

static trace first, second;

/* One mode of strength sigma at depth D (T11): the upward sweep leaves the branch of T13 in the step that
 * holds the spinodal, |theta|^2 = D s^(2/D) on it, and below the spinodal nothing else is found. */
static void check_deep_mode(int depth, double sigma)
{
    double start[MAX_PARAMETERS], coefficients[MAX_PARAMETERS] = {0};
    double power = (double)(depth - 2) / (2.0 * (depth - 1));
    double spinodal = sigma * depth / (2.0 * (depth - 1)) * pow(sigma * power, 1 - 2.0 / depth);
    scene s;
    for (int i = 0; i < depth; i++) {
        start[i] = pow(sigma, 1.0 / depth);
    }
    coefficients[0] = sigma;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, depth, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &first);
    double step = s.sweep.beta_to / 60;
    for (int64_t i = 0; i < first.count; i++) {
        const spn_sweep_record *r = &first.records[i];
        assert_int_equal(r->state.stationary, 1);
        if (r->direction == SPN_DIRECTION_UP && r->state.beta < spinodal) {
            double strength = 1;
            for (int j = 0; j < depth; j++) {
                strength *= first.theta[i][j];
            }
            double beta = (sigma - strength) * pow(strength, 1 - 2.0 / depth);
            check_close(beta, r->state.beta, 1e-10, 0);
            check_close(r->state.weight_norm * r->state.weight_norm,
                        depth * pow(strength, 2.0 / depth), 1e-12, 0);
        }
        if (r->direction == SPN_DIRECTION_UP && r->state.beta > spinodal + step) {
            check_close(r->state.weight_norm, 0, 1e-8, 1);
        }
        /* From the trivial phase nothing comes back for D >= 3 (T14). */
        if (depth >= 3 && r->direction == SPN_DIRECTION_DOWN && first.chains[i] == 2) {
            check_close(r->state.weight_norm, 0, 1e-8, 1);
        }
    }
    close_scene(&s);
}

static void test_deep_modes_jump_at_their_spinodals(void **state)
{
    (void)state;
    check_deep_mode(3, 0.9);
    check_deep_mode(3, 0.5);
    check_deep_mode(4, 0.9);
    check_deep_mode(5, 0.7);
}

/* D = 2 is continuous: |theta|^2 = 2 (sigma - beta) up to beta = sigma, on the way up and down (T12). */
static void test_two_layers_are_continuous(void **state)
{
    (void)state;
    const double start[2] = {0.7, 0.7}, coefficients[2] = {0.5, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 2, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    run_scene(&s, &first);
    bool has_down = false;
    for (int64_t i = 0; i < first.count; i++) {
        const spn_sweep_record *r = &first.records[i];
        double expected = r->state.beta < 0.5 ? 2 * (0.5 - r->state.beta) : 0;
        check_close(r->state.weight_norm * r->state.weight_norm, expected, 1e-9, 1);
        has_down = has_down || r->direction == SPN_DIRECTION_DOWN;
    }
    assert_true(has_down);
    close_scene(&s);
}

/* The double well in a field p: the right well has the higher energy for p > 0 and ends at
 * p = 2/(3 sqrt 3). */
static void test_double_well_ends_at_its_spinodal(void **state)
{
    (void)state;
    const double start[2] = {1, 0}, coefficients[2] = {0, 1};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients, start);
    run_scene(&s, &first);
    double spinodal = 2 / (3 * sqrt(3.0));
    for (int64_t i = 0; i < first.count; i++) {
        const spn_sweep_record *r = &first.records[i];
        double x = first.theta[i][0];
        check_close(x * x * x - x + r->state.beta, 0, 1e-12, 1);
        assert_true(r->state.beta < spinodal ? x > 1 / sqrt(3.0) : x < -1);
    }
    assert_int_equal(first.count, 60);
    close_scene(&s);
}

static void test_threads_do_not_change_a_bit(void **state)
{
    (void)state;
    const double coefficients[3] = {0.8, 0, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, NULL);
    s.problem.initial = random_start;
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    s.sweep.seeds = 4;
    run_scene(&s, &first);
    for (int64_t threads = 1; threads <= 3; threads += 2) {
        spn_pool_free(s.pool);
        check_ok(s.context, spn_pool_create(s.context, threads, &s.pool));
        run_scene(&s, &second);
        check_same(&first, &second);
    }
    close_scene(&s);
}

/* Chains in the order in which one thread begins them, and how many points each has. */
static int64_t chains_begun(const trace *t, int64_t begun[8], int64_t points[8])
{
    int64_t count = 0;
    memset(points, 0, 8 * sizeof *points);
    for (int64_t i = 0; i < t->count; i++) {
        assert_true(t->chains[i] < 8);
        if (points[t->chains[i]]++ == 0) {
            begun[count++] = t->chains[i];
        }
    }
    return count;
}

/* Down from the end of each of two phases of two seeds: the chains of what was learned before those of the untrained state, which
 * are longer but cost less; equal ones by their numbers. */
static void test_longest_chains_begin_first(void **state)
{
    (void)state;
    const int64_t wanted[] = {0, 1, 2, 4, 3, 5};
    const double coefficients[3] = {0.8, 0, 0};
    int64_t begun[8], points[8];
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, NULL);
    s.problem.initial = random_start;
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    s.sweep.seeds = 2;
    spn_pool_free(s.pool);
    check_ok(s.context, spn_pool_create(s.context, 1, &s.pool));
    run_scene(&s, &first);
    assert_int_equal(chains_begun(&first, begun, points), 6);
    assert_memory_equal(begun, wanted, sizeof wanted);
    assert_true(points[2] < points[3] && points[4] < points[5]);
    assert_int_equal(points[3], s.sweep.beta_points);
    close_scene(&s);
}

static void test_resumed_runs_have_the_same_bits(void **state)
{
    (void)state;
    const double coefficients[3] = {0.8, 0, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, NULL);
    s.problem.initial = random_start;
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    s.sweep.beta_points = 13;
    s.sweep.seeds = 2;
    run_scene(&s, &first);
    assert_true(first.jump_count > 0);
    check_resumes(&s, &first, &second);
    close_scene(&s);
}

static void test_replay_refuses_what_does_not_fit(void **state)
{
    (void)state;
    const double coefficients[3] = {0.8, 0, 0}, theta[3] = {0};
    scene s;
    spn_sweep *sweep = NULL;
    spn_sweep_record record = {.state.beta = 0.01};
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, theta);
    make_sweep(&s, &sweep);
    spn_item point = {.job = 7, .record = &record, .theta_size = 3, .theta = theta};
    check_fails(s.context, spn_sweep_replay(s.context, sweep, &point), SPN_ERROR_INPUT,
                "does not belong");
    point.job = 0;
    record.point = 3;
    check_fails(s.context, spn_sweep_replay(s.context, sweep, &point), SPN_ERROR_INPUT,
                "out of order");
    record.point = 0;
    record.state.beta = 0.02;
    check_fails(s.context, spn_sweep_replay(s.context, sweep, &point), SPN_ERROR_INPUT,
                "out of order");
    /* Of no stream; a transition with theta on one side only. */
    for (point.stream = -1; point.stream <= 2; point.stream++) {
        if (point.stream != SPN_SWEEP_POINT) {
            check_fails(s.context, spn_sweep_replay(s.context, sweep, &point), SPN_ERROR_INPUT,
                        "does not belong");
        }
    }
    spn_sweep_free(s.context, sweep);
    close_scene(&s);
}

/* A landscape has no inner error and its parameter is not a ridge: T9's comparison does not apply, and is
 * not made up. (tests/study checks it on networks.) */
static void test_free_energy_check_is_for_ridges(void **state)
{
    (void)state;
    const double start[2] = {1, 0}, coefficients[2] = {0, 1};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, coefficients, start);
    run_scene(&s, &first);
    for (int64_t i = 0; i < first.count; i++) {
        assert_true(isnan(first.records[i].free_energy_mismatch));
        assert_int_equal(first.records[i].state.active_modes, -1);
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
    const double coefficients[3] = {0.8, 0, 0}, theta[3] = {0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, theta);
    assert_int_equal(support_fail_each_allocation(create_and_free, &s.problem), 4);
    close_scene(&s);
}

/* After the first point of a chain nothing is allocated: chains of 20 and of 60 points, with and without a
 * transition, cost the same. */
static int64_t allocations_of(int64_t points, double to)
{
    const double start[3] = {0.9, 0.9, 0.9}, coefficients[3] = {0.9, 0, 0};
    scene s;
    support_allocator counter = {0};
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    spn_pool_free(s.pool);
    spn_context *plain = s.context;
    s.context = support_context(&counter);
    check_ok(s.context, spn_pool_create(s.context, 1, &s.pool));
    s.sweep.beta_points = points;
    s.sweep.beta_to = to;
    run_scene(&s, &first);
    assert_int_equal(first.jump_count, to > 0.42 ? 1 : 0);
    spn_pool_free(s.pool);
    s.pool = NULL;
    int64_t calls = counter.calls;
    spn_context_free(s.context);
    assert_int_equal(counter.live, 0);
    s.context = plain;
    close_scene(&s);
    return calls;
}

static void test_points_allocate_nothing(void **state)
{
    (void)state;
    assert_int_equal(allocations_of(20, 0.2), allocations_of(60, 0.2));
    assert_int_equal(allocations_of(20, 0.2), allocations_of(60, 0.6));
}

static void check_grid_refused(scene *s, const char *fragment)
{
    int64_t count = 0;
    double *grid = NULL;
    check_fails(s->context, spn_sweep_grid(s->context, &s->sweep, &count, &grid), SPN_ERROR_INPUT,
                fragment);
    assert_null(grid);
}

static void test_grid(void **state)
{
    (void)state;
    const double theta[3] = {0}, listed[3] = {0.1, 0.2, 0.4}, bad[2] = {0.2, 0.2};
    scene s;
    int64_t count = 0;
    double *grid = NULL;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, theta, theta);
    s.sweep.beta_spacing = SPN_SPACING_LOG;
    s.sweep.beta_points = 3;
    s.sweep.beta_from = 0.01;
    s.sweep.beta_to = 1;
    check_ok(s.context, spn_sweep_grid(s.context, &s.sweep, &count, &grid));
    assert_int_equal(count, 3);
    assert_true(grid[0] == 0.01 && grid[2] == 1);
    check_close(grid[1], 0.1, 1e-15, 0);
    spn_release(s.context, grid);
    s.sweep.beta_from = 0;
    check_grid_refused(&s, "needs a smallest beta > 0");
    s.sweep.beta_spacing = SPN_SPACING_LINEAR;
    s.sweep.beta_to = -1;
    check_grid_refused(&s, "beta.from (0) must be below beta.to (-1)");
    s.sweep.beta_points = 1;
    check_grid_refused(&s, "one point");
    s.sweep.beta = (spn_reals){3, listed};
    check_ok(s.context, spn_sweep_grid(s.context, &s.sweep, &count, &grid));
    assert_true(grid[1] == 0.2);
    spn_release(s.context, grid);
    s.sweep.beta = (spn_reals){2, bad};
    check_grid_refused(&s, "value 2 is 0.2");
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_modes_jump_at_their_spinodals),
        cmocka_unit_test(test_two_layers_are_continuous),
        cmocka_unit_test(test_double_well_ends_at_its_spinodal),
        cmocka_unit_test(test_threads_do_not_change_a_bit),
        cmocka_unit_test(test_longest_chains_begin_first),
        cmocka_unit_test(test_resumed_runs_have_the_same_bits),
        cmocka_unit_test(test_replay_refuses_what_does_not_fit),
        cmocka_unit_test(test_free_energy_check_is_for_ridges),
        cmocka_unit_test(test_creation_survives_failing_allocations),
        cmocka_unit_test(test_points_allocate_nothing),
        cmocka_unit_test(test_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
