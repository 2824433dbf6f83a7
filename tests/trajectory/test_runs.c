/* SPDX-License-Identifier: MIT */
/* Runs: when they are recorded, what they record, that they can be cut anywhere. */
#include "trajectory_case.h"

static const double stiffness[] = {1, 3};
static const double starts[] = {1, 0.5, -0.8, 0.4};

static void schedule(spn_context *context, const spn_grok_settings *settings, int64_t count,
                     const double *expected)
{
    int64_t rows = 0;
    double *epochs = NULL;
    check_ok(context, spn_trajectory_schedule(context, settings, &rows, &epochs));
    assert_int_equal(rows, count);
    for (int64_t i = 0; i < count; i++) {
        /* 10^(i/k) by pow: right to its last bits. */
        check_close(epochs[i], expected[i], 1e-15, 0);
    }
    spn_release(context, epochs);
}

static void test_schedule(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 2, starts);
    s.grok.epochs = 100;
    s.grok.records = 4;
    /* 10^(i/4) is 1, 1.78, 3.16, 5.62, 10, 17.8, 31.6, 56.2, 100. */
    schedule(s.context, &s.grok, 10, (double[]){0, 1, 2, 3, 6, 10, 18, 32, 56, 100});
    s.grok.epochs = 5;
    schedule(s.context, &s.grok, 5, (double[]){0, 1, 2, 3, 5});
    s.grok.method = SPN_PATH_FLOW;
    schedule(s.context, &s.grok, 5, (double[]){0, 1, pow(10, 0.25), pow(10, 0.5), 5});
    s.grok.epochs = 0.5;
    schedule(s.context, &s.grok, 2, (double[]){0, 0.5});
    s.grok.epochs = 7;
    s.grok.at = (spn_reals){4, (double[]){0, 2.4, 2.5, 9}};
    schedule(s.context, &s.grok, 4, (double[]){0, 2.4, 2.5, 7});
    s.grok.method = SPN_PATH_GD;
    s.grok.at = (spn_reals){4, (double[]){0, 2.2, 2.4, 9}};
    schedule(s.context, &s.grok, 3, (double[]){0, 2, 7});
    close_scene(&s);
}

static void fails(scene *s, const char *fragment)
{
    spn_trajectories *runs = NULL;
    check_fails(s->context, spn_trajectories_create(s->context, &s->problem, &runs),
                SPN_ERROR_INPUT, fragment);
    assert_null(runs);
}

static void test_settings_are_checked(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 2, starts);
    s.grok.at = (spn_reals){2, (double[]){3, 3}};
    fails(&s, "grok.at");
    s.grok.at = (spn_reals){0, NULL};
    s.grok.epochs = 10.5;
    fails(&s, "grok.epochs");
    s.grok.epochs = 0;
    fails(&s, "grok.epochs");
    s.grok.epochs = 10;
    s.grok.records = 0;
    fails(&s, "grok.records");
    s.grok.records = 10001;
    fails(&s, "grok.records: must be from 1 to 10000, is 10001");
    s.grok.records = INT64_MAX;
    fails(&s, "grok.records");
    s.grok.records = 4;
    s.grok.epochs = 9007199254740994.0; /* 2^53 + 2: the double behind 2^53 */
    fails(&s, "grok.epochs: must be at most 2^53");
    s.grok.epochs = 10;
    s.grok.seeds = 500001; /* of two starts */
    s.problem.starts = 2;
    fails(&s, "grok.seeds: 500001 seeds from each of 2 starts are too many runs: at most 1000000");
    s.grok.seeds = INT64_MAX;
    fails(&s, "grok.seeds");
    s.grok.seeds = 1;
    s.grok.tolerance = 1e-16;
    s.grok.method = SPN_PATH_FLOW;
    fails(&s, "grok.tolerance: must be at least 1e-15");
    s.grok.method = SPN_PATH_GD;
    s.grok.beta = -1;
    fails(&s, "grok.beta");
    s.grok.beta = 0;
    s.solver.learning_rate = -1;
    fails(&s, "learning_rate");
    close_scene(&s);
}

/* E = (t_0^2 + 3 t_1^2) / 2 under the flow: t_i = t_i(0) exp(-a_i t). */
static double error_at(double time)
{
    double a = starts[0] * exp(-time), b = starts[1] * exp(-3 * time);
    return (a * a + 3 * b * b) / 2;
}

static void test_flow_is_recorded(void **state)
{
    (void)state;
    scene s;
    trace t;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 1, starts);
    s.grok.beta = 0;
    s.grok.method = SPN_PATH_FLOW;
    s.grok.tolerance = 1e-11;
    s.grok.epochs = 300;
    s.grok.records = 6;
    run_scene(&s, &t);
    int64_t count = count_items(&t, 0, SPN_TRAJECTORY_POINT);
    assert_int_equal(count, 17); /* 0, 10^(i/6) up to 10^(14/6) = 215, 300 */
    for (int64_t i = 0; i < count; i++) {
        const spn_trajectory_record *r = &find_item(&t, 0, SPN_TRAJECTORY_POINT, i)->point;
        assert_int_equal(r->record, i);
        check_close(r->time, 0.01 * r->epoch, 1e-14, 0);
        /* Local errors of 1e-11 of the largest entry, over at most a hundred steps. */
        check_close(r->state.error, error_at(r->time), 1e-8, 0);
        check_close(r->state.eigenvalue_min_loss, 1, 1e-14, 0);
        check_close(r->stability, 0.03, 1e-14, 0);
        assert_int_equal(r->state.active_modes, -1);
        assert_true(isnan(r->state.trivial_distance));
    }
    const spn_run_record *end = &find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end;
    assert_int_equal(end->stop, SPN_STOP_MAX_ITERATIONS);
    check_close(end->epoch, 300, 0, 0);
    check_close(end->stability_max, 0.03, 1e-14, 0);
    check_close(end->state.error, error_at(3), 1e-8, 0);
    check_close(end->final_eigenvalue, 1, 1e-14, 0);
    assert_int_equal(end->final_negative_eigenvalues, 0);
    assert_int_equal(end->final.stationary, 1);
    assert_true(fabs(end->final.loss) < 1e-12);
    /* The minimum is the origin. */
    check_close(end->final_distance, end->state.weight_norm, 1e-6, 0);
    clear_trace(&t);
    close_scene(&s);
}

/* Where E of the flow equals a level, by bisection of the closed form. */
static double time_of(double level)
{
    double low = 0, high = 50;
    for (int k = 0; k < 100; k++) {
        double middle = (low + high) / 2;
        *(error_at(middle) < level ? &high : &low) = middle;
    }
    return high;
}

static void test_levels(void **state)
{
    (void)state;
    scene s;
    trace plain, t;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 1, starts);
    s.grok.beta = 0;
    s.grok.method = SPN_PATH_FLOW;
    s.grok.tolerance = 1e-11;
    s.grok.epochs = 300;
    run_scene(&s, &plain);
    s.grok.levels = (spn_reals){5, (double[]){0.1, 2, 1e-9, 0.3, 0.29}};
    run_scene(&s, &t);
    const double expected[] = {2, 0.3, 0.29, 0.1, 1e-9};
    assert_int_equal(count_items(&t, 0, SPN_TRAJECTORY_CROSSING), 5);
    for (int64_t i = 0; i < 5; i++) {
        const spn_crossing_record *c = &find_item(&t, 0, SPN_TRAJECTORY_CROSSING, i)->crossing;
        check_close(c->level, expected[i], 0, 0);
        if (i == 0) {
            check_close(c->epoch, 0, 0, 0); /* E starts at 0.875 */
        } else if (i == 4) {
            assert_true(isnan(c->epoch)); /* exp(-6) / 2 at the end */
            assert_true(isnan(c->time));
        } else {
            /* d ln E / dt is about -2: the error of E above, and 1e-9 of the bisection. */
            check_close(c->time, time_of(expected[i]), 1e-8, 1);
            check_close(c->epoch, 100 * c->time, 1e-14, 0);
        }
    }
    /* The path itself is that without levels. */
    int64_t count = count_items(&plain, 0, SPN_TRAJECTORY_POINT);
    assert_int_equal(count_items(&t, 0, SPN_TRAJECTORY_POINT), count);
    for (int64_t i = 0; i < count; i++) {
        const kept *a = find_item(&plain, 0, SPN_TRAJECTORY_POINT, i);
        const kept *b = find_item(&t, 0, SPN_TRAJECTORY_POINT, i);
        assert_memory_equal(&a->point, &b->point, sizeof a->point);
        assert_memory_equal(a->theta, b->theta, sizeof a->theta);
    }
    clear_trace(&plain);
    clear_trace(&t);
    close_scene(&s);
}

/* Gradient descent halves the distance of a parabola with a = 1 in each step of 1/2: E = 4^-epoch / 2. */
static void test_levels_of_descent(void **state)
{
    (void)state;
    scene s;
    trace t;
    const double a = 1, start = 1;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 1, &a, 1, &start);
    s.grok.beta = 0;
    s.grok.epochs = 20;
    s.solver.learning_rate = 0.5;
    s.grok.levels = (spn_reals){2, (double[]){0.5 / 256, 0.1}};
    run_scene(&s, &t);
    /* 0.1 > 4^-2 / 2; a level that is met exactly is not yet fallen below. */
    check_close(find_item(&t, 0, SPN_TRAJECTORY_CROSSING, 0)->crossing.epoch, 2, 0, 0);
    check_close(find_item(&t, 0, SPN_TRAJECTORY_CROSSING, 1)->crossing.epoch, 5, 0, 0);
    check_close(find_item(&t, 0, SPN_TRAJECTORY_CROSSING, 1)->crossing.time, 2.5, 0, 0);
    clear_trace(&t);
    close_scene(&s);
}

static const spn_path_method methods[] = {SPN_PATH_FLOW, SPN_PATH_GD, SPN_PATH_MOMENTUM,
                                          SPN_PATH_ADAM, SPN_PATH_SGD};

/* Two starts of two seeds of the double well, one close to its saddle. */
static void test_same_bits(void **state)
{
    (void)state;
    const double a[] = {0, 2}, near[] = {0.01, 0.3, 1.4, -0.2};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        scene s;
        trace one, two;
        open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, a, 2, near);
        s.grok.method = (int)methods[m];
        s.grok.beta = 0.01;
        s.grok.seeds = 2;
        s.grok.epochs = 1200;
        s.grok.records = 12;
        s.solver.batch = 1;
        s.grok.levels = (spn_reals){3, (double[]){-0.2, 0.05, -1}};
        run_scene(&s, &two);
        spn_pool_free(s.pool);
        check_ok(s.context, spn_pool_create(s.context, 1, &s.pool));
        run_scene(&s, &one);
        check_same(&one, &two, 4);
        check_resumes(&s, &one, 4, 3);
        clear_trace(&one);
        clear_trace(&two);
        close_scene(&s);
    }
}

static void test_replay_is_checked(void **state)
{
    (void)state;
    scene s;
    trace t;
    spn_trajectories *runs = NULL;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 2, starts);
    s.grok.beta = 0;
    s.grok.epochs = 20;
    s.grok.levels = (spn_reals){1, (double[]){0.2}};
    run_scene(&s, &t);
    check_ok(s.context, spn_trajectories_create(s.context, &s.problem, &runs));
    kept *first = &t.items[0];
    while (first->item.stream != SPN_TRAJECTORY_POINT) {
        first++;
    }
    spn_item item = item_of(first);
    item.job = 2;
    check_fails(s.context, spn_trajectories_replay(s.context, runs, &item), SPN_ERROR_INPUT,
                "run 2");
    item = item_of(first);
    item.theta_size = 3;
    check_fails(s.context, spn_trajectories_replay(s.context, runs, &item), SPN_ERROR_INPUT,
                "does not belong");
    item = item_of(first);
    check_ok(s.context, spn_trajectories_replay(s.context, runs, &item));
    check_fails(s.context, spn_trajectories_replay(s.context, runs, &item), SPN_ERROR_INPUT,
                "out of order");
    spn_trajectories_free(s.context, runs);
    /* A state that was cut is found when its run goes on. */
    check_ok(s.context, spn_trajectories_create(s.context, &s.problem, &runs));
    item.state_size--;
    check_ok(s.context, spn_trajectories_replay(s.context, runs, &item));
    trace rest = {.items = NULL};
    check_fails(s.context, spn_trajectories_run(s.context, runs, s.pool, collect, &rest),
                SPN_ERROR_INPUT, "no valid state");
    clear_trace(&rest);
    spn_trajectories_free(s.context, runs);
    clear_trace(&t);
    close_scene(&s);
}

/* lr a = 3: theta -> -2 theta, until E is infinite: 3 theta^2 / 2 beyond 1.8e308 behind step 512. */
static void test_divergence(void **state)
{
    (void)state;
    scene s;
    trace t;
    const double a = 3, start = 1;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 1, &a, 1, &start);
    s.grok.beta = 0;
    s.grok.epochs = 10000;
    s.solver.learning_rate = 1;
    s.grok.levels = (spn_reals){1, (double[]){0.1}};
    run_scene(&s, &t);
    const spn_run_record *end = &find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end;
    assert_int_equal(end->stop, SPN_STOP_DIVERGED);
    /* 1.5 4^k is finite up to k = 511. */
    check_close(end->epoch, 511, 0, 0);
    check_close(end->state.weight_norm, ldexp(1, 511), 1e-15, 0);
    assert_true(isfinite(end->state.error));
    assert_true(isnan(end->final.error));
    assert_int_equal(end->final.stationary, -1);
    /* The last state is recorded too. */
    int64_t count = count_items(&t, 0, SPN_TRAJECTORY_POINT);
    check_close(find_item(&t, 0, SPN_TRAJECTORY_POINT, count - 1)->point.epoch, 511, 0, 0);
    assert_true(isnan(find_item(&t, 0, SPN_TRAJECTORY_CROSSING, 0)->crossing.epoch));
    assert_int_equal(count_items(&t, 0, SPN_TRAJECTORY_PLATEAU), 0);
    /* Said once. */
    assert_int_equal(s.warnings, 1);
    assert_non_null(strstr(s.warning, "learning_rate below 0.667"));
    check_resumes(&s, &t, 1, 7);
    clear_trace(&t);
    close_scene(&s);
}

/* Training that was broken off |theta| = 5000 away. Newton's steps to the minimum are 1/50 of the way at its beginning: 50, the last of
 * them with steps beside it that grow from the first tenth. Steps that samples make dear are few, and that is said. */
static void test_far_end(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        scene s;
        trace t;
        const double far[] = {3000, 4000};
        open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 1, far);
        s.grok.beta = 0;
        s.grok.epochs = 1;
        s.solver.learning_rate = 1e-9;
        s.solver.trust_radius_max = 1e6;
        if (which == 1) {
            s.solver.max_iterations = 7;
        } else if (which == 2) {
            s.objective.samples = (int64_t)1e11; /* 3e12 / (P^2 N) = 7.5 */
        }
        run_scene(&s, &t);
        const spn_run_record *end = &find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end;
        assert_int_equal(end->final.stationary, which == 0);
        if (which == 0) {
            assert_in_range(end->final_steps, 50, 65);
            check_close(end->final_distance, 5000, 1e-8, 0);
        } else {
            assert_int_equal(end->final_steps, which == 1 ? 7 : 8);
        }
        clear_trace(&t);
        close_scene(&s);
    }
}

static void test_without_geometry(void **state)
{
    (void)state;
    scene s;
    trace t;
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, 2, stiffness, 1, starts);
    s.grok.beta = 0;
    s.grok.epochs = 10;
    s.grok.geometry = false;
    run_scene(&s, &t);
    const kept *point = find_item(&t, 0, SPN_TRAJECTORY_POINT, 0);
    assert_true(isnan(point->point.stability));
    assert_int_equal(point->point.state.negative_eigenvalues_loss, -1);
    assert_true(isnan(find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end.stability_max));
    assert_int_equal(find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end.final.stationary, 1);
    clear_trace(&t);
    close_scene(&s);
}

/* Without geometry 1001 parameters are followed without a dense matrix (8 MB each); few have all (above). */
static void test_large(void **state)
{
    (void)state;
    enum { LARGE = 1001 };
    static double a[LARGE], start[LARGE];
    scene s;
    trace t;
    for (int64_t i = 0; i < LARGE; i++) {
        a[i] = 1;
        start[i] = 0.1;
    }
    open_scene(&s, SPN_LANDSCAPE_QUADRATIC, LARGE, a, 1, start);
    s.grok.beta = 0;
    s.grok.epochs = 400;
    s.grok.geometry = false;
    run_scene(&s, &t);
    const spn_plateau_record *p = &find_item(&t, 0, SPN_TRAJECTORY_PLATEAU, 0)->plateau;
    const spn_run_record *end = &find_item(&t, 0, SPN_TRAJECTORY_END, 0)->end;
    assert_int_equal(p->kind, SPN_PLATEAU_SLOW);
    check_close(p->epoch_slowest, 400, 0, 0);
    assert_int_equal(end->final.stationary, -1);
    assert_int_equal(end->final_steps, -1);
    assert_true(isnan(end->final.loss));
    clear_trace(&t);
    close_scene(&s);
}

static spn_status allocating(spn_context *context, void *state)
{
    spn_status status = SPN_OK;
    scene *s = state;
    spn_trajectories *runs = NULL;
    spn_pool *pool = NULL;
    trace t = {.items = NULL};
    SPN_TRY(spn_pool_create(context, 1, &pool));
    SPN_TRY(spn_trajectories_create(context, &s->problem, &runs));
    SPN_TRY(spn_trajectories_run(context, runs, pool, collect, &t));
done:
    clear_trace(&t);
    spn_trajectories_free(context, runs);
    spn_pool_free(pool);
    return status;
}

/* Beside the saddle, and in the bottleneck behind the fold at 2 / (3 sqrt 3) = 0.385. */
static void test_allocation_failures(void **state)
{
    (void)state;
    const double a[] = {0, 2}, near[2][2] = {{0.01, 0.3}, {0.6, 0.1}}, beta[] = {0.01, 0.39};
    for (int k = 0; k < 2; k++) {
        scene s;
        trace t;
        open_scene(&s, SPN_LANDSCAPE_DOUBLE_WELL, 2, a, 1, near[k]);
        s.grok.beta = beta[k];
        s.grok.epochs = 300;
        s.grok.levels = (spn_reals){1, (double[]){0.05}};
        run_scene(&s, &t);
        assert_int_equal(find_item(&t, 0, SPN_TRAJECTORY_PLATEAU, 0)->plateau.kind,
                         k == 0 ? SPN_PLATEAU_SADDLE : SPN_PLATEAU_GHOST);
        clear_trace(&t);
        assert_true(support_fail_each_allocation(allocating, &s) > 60);
        close_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_settings_are_checked),
        cmocka_unit_test(test_flow_is_recorded),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_levels_of_descent),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_replay_is_checked),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_far_end),
        cmocka_unit_test(test_without_geometry),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
