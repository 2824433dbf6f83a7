/* SPDX-License-Identifier: MIT */
/* Chains by mini-batches: they are a row of runs of the solver, each from where the last one ended; resumed, refused, measured. */
#include "sweep_case.h"

static trace now, other;

enum { SAMPLES = 12, WEIGHTS = 2, POINTS = 6, MOST = 9 };

/* E = sum_n (sin(theta_0) x_n + theta_1 - y_n)^2 / 2N: no parabola, and each sample pulls elsewhere. */
static spn_status samples_set(spn_context *context, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)context, (void)wanted;
    const int64_t count = subset != NULL ? subset->count : SAMPLES;
    point->value = point->gradient[0] = point->gradient[1] = 0;
    for (int64_t i = 0; i < count; i++) {
        const double n = (double)(subset != NULL ? subset->indices[i] : i);
        const double x = n / 6 - 1, y = 0.5 * x + 0.2 * (double)((int)n * 5 % 7);
        const double r = sin(point->theta[0]) * x + point->theta[1] - y;
        point->value += r * r / 2 / (double)count;
        point->gradient[0] += r * cos(point->theta[0]) * x / (double)count;
        point->gradient[1] += r / (double)count;
    }
    return SPN_OK;
}

static spn_status samples_hessian(spn_context *context, const spn_point *point, spn_part part,
                                  double *h)
{
    (void)context, (void)part;
    memset(h, 0, (size_t)(WEIGHTS * WEIGHTS) * sizeof *h);
    for (int64_t i = 0; i < SAMPLES; i++) {
        const double n = (double)i, x = n / 6 - 1, y = 0.5 * x + 0.2 * (double)((int)n * 5 % 7);
        const double s = sin(point->theta[0]) * x, c = cos(point->theta[0]) * x;
        const double r = s + point->theta[1] - y;
        h[0] += (c * c - r * s) / SAMPLES;
        h[1] += c / SAMPLES;
        h[3] += 1.0 / SAMPLES;
    }
    h[2] = h[1];
    return SPN_OK;
}

static const spn_objective_operations operations = {
    .size = sizeof(spn_objective_operations), .set = samples_set, .hessian = samples_hessian};
static const spn_objective error_of_samples = {&operations, NULL, WEIGHTS, SAMPLES, 0};
static spn_objective loss;
static const double start[WEIGHTS] = {1, -0.5};
static spn_geometry_settings none;

static void open_samples(scene *s, int method, int64_t patience)
{
    open_scene(s, SPN_LANDSCAPE_QUADRATIC, WEIGHTS, start, start);
    loss = spn_ridge(&error_of_samples);
    s->problem.objective = &loss;
    s->sweep.beta_points = POINTS;
    s->solver.method = method;
    s->solver.learning_rate = 0.05;
    s->solver.batch = 5;
    s->solver.max_iterations = MOST;
    s->solver.patience = patience;
}

/* What a chain is said to be, written as runs of the solver. */
static void check_by_hand(const scene *s, const trace *t, int64_t epochs)
{
    double theta[WEIGHTS];
    memcpy(theta, start, sizeof theta);
    for (int64_t i = 0; i < t->count; i++) {
        spn_solver_settings settings = s->solver;
        spn_solver *solver = NULL;
        spn_solver_info info;
        const int64_t most = epochs > MOST ? epochs : MOST;
        if (epochs > 0 && i > 0) {
            settings.max_iterations = epochs;
            settings.patience = 0;
            settings.tolerance = 1e-300;
        }
        check_ok(s->context, spn_solver_create(s->context, &settings, &loss, &solver));
        spn_solver_begin_at(solver, i * most);
        check_ok(s->context,
                 spn_solver_run(s->context, solver, t->records[i].state.beta, theta, &info));
        assert_memory_equal(theta, t->theta[i], sizeof theta);
        assert_int_equal(info.stop, t->records[i].stop);
        assert_int_equal(info.iterations, t->records[i].iterations);
        check_close(t->records[i].state.loss, info.value, 1e-15, 0);
        check_close(t->records[i].state.gradient_norm, info.gradient_norm, 1e-14, 0);
        spn_solver_free(s->context, solver);
    }
}

static void test_a_row_of_runs(void **state)
{
    (void)state;
    const int methods[3] = {SPN_METHOD_SGD, SPN_METHOD_SGD_MOMENTUM, SPN_METHOD_SGD_ADAM};
    int64_t patient = 0;
    for (int m = 0; m < 3; m++) {
        for (int64_t epochs = 0; epochs <= 12; epochs += 4) {
            scene s;
            open_samples(&s, methods[m], 2);
            s.sweep.epochs = epochs;
            run_scene(&s, &now);
            assert_int_equal(now.count, POINTS);
            assert_int_equal(now.jump_count, 0);
            check_by_hand(&s, &now, epochs);
            for (int64_t i = 0; i < now.count; i++) {
                patient += now.records[i].stop == SPN_STOP_PATIENCE;
                assert_int_equal(now.records[i].jump, 0);
                assert_true(epochs == 0 || i == 0 || now.records[i].iterations == epochs);
            }
            close_scene(&s);
        }
    }
    assert_true(patient > 6);
}

/* The same bits resumed, on one thread, and whichever seed. */
static void test_resumed(void **state)
{
    (void)state;
    for (int64_t epochs = 0; epochs <= 4; epochs += 4) {
        scene s;
        open_samples(&s, SPN_METHOD_SGD_ADAM, 2);
        s.problem.initial = random_start;
        s.sweep.seeds = 2;
        s.sweep.epochs = epochs;
        s.sweep.direction = SPN_PROTOCOL_BOTH;
        run_scene(&s, &now);
        check_resumes(&s, &now, &other);
        spn_pool_free(s.pool);
        check_ok(s.context, spn_pool_create(s.context, 1, &s.pool));
        run_scene(&s, &other);
        check_same(&now, &other);
        close_scene(&s);
    }
}

/* Small steps for long end at the minimum, which the dense Hessian then says; a few epochs do not. */
static void test_stationary_is_measured(void **state)
{
    (void)state;
    scene s;
    open_samples(&s, SPN_METHOD_SGD_MOMENTUM, 3);
    s.solver.batch = SAMPLES; /* no noise */
    s.solver.momentum = 0.5;
    s.solver.max_iterations = 20000;
    run_scene(&s, &now);
    for (int64_t i = 0; i < now.count; i++) {
        assert_int_equal(now.records[i].stop, SPN_STOP_PATIENCE);
        assert_int_equal(now.records[i].state.stationary, 1);
        assert_int_equal(now.records[i].certainty, SPN_CERTAIN_DENSE);
        assert_true(now.records[i].state.eigenvalue_min_loss > 0);
    }
    s.solver.max_iterations = 3;
    run_scene(&s, &now);
    assert_int_equal(now.records[1].state.stationary, 0);
    assert_int_equal(now.records[1].stop, SPN_STOP_MAX_ITERATIONS);
    assert_true(isnan(now.records[1].free_energy_mismatch));
    /* Nothing of the Hessian is measured, and no index is said to be known. */
    check_ok(s.context,
             spn_settings_defaults(s.context, s.arena, &spn_geometry_options, &none, sizeof none));
    none.method = SPN_SPECTRUM_NONE;
    s.problem.geometry = &none;
    run_scene(&s, &other);
    for (int64_t i = 0; i < now.count; i++) {
        assert_memory_equal(now.theta[i], other.theta[i], sizeof now.theta[i]);
        assert_int_equal(other.records[i].certainty, SPN_CERTAIN_NOT);
        assert_true(isnan(other.records[i].state.scalar_curvature_error));
        assert_true(other.records[i].state.stationary != 1);
    }
    close_scene(&s);
}

/* sgd without patience has tangents from the dense Hessian, as it always had. */
static void test_what_is_trained(void **state)
{
    (void)state;
    scene s;
    spn_geometry_settings geometry = {.method = SPN_SPECTRUM_AUTO};
    open_samples(&s, SPN_METHOD_SGD, 0);
    assert_false(spn_sweep_is_trained(&s.problem));
    s.problem.geometry = &geometry;
    assert_false(spn_sweep_is_trained(&s.problem));
    geometry.method = SPN_SPECTRUM_DENSE;
    assert_false(spn_sweep_is_trained(&s.problem));
    geometry.method = SPN_SPECTRUM_STOCHASTIC;
    assert_true(spn_sweep_is_trained(&s.problem));
    geometry.method = SPN_SPECTRUM_AUTO;
    s.solver.patience = 1;
    assert_true(spn_sweep_is_trained(&s.problem));
    s.solver.patience = 0;
    s.sweep.epochs = 1;
    assert_true(spn_sweep_is_trained(&s.problem));
    for (int method = 0; spn_method_words[method] != NULL; method++) {
        s.solver.method = method;
        assert_int_equal(spn_sweep_is_trained(&s.problem),
                         spn_method_is_stochastic((spn_method)method));
    }
    s.sweep.epochs = 0;
    s.solver.method = SPN_METHOD_SGD_ADAM;
    assert_true(spn_sweep_is_trained(&s.problem));
    close_scene(&s);
}

/* A fresh start at each beta has no point before, and as many epochs at each. */
static void test_quench(void **state)
{
    (void)state;
    scene s;
    open_samples(&s, SPN_METHOD_SGD_ADAM, 100);
    s.sweep.direction = SPN_PROTOCOL_QUENCH;
    run_scene(&s, &now);
    s.sweep.direction = SPN_PROTOCOL_UP;
    run_scene(&s, &other);
    assert_memory_equal(now.theta[0], other.theta[0], sizeof now.theta[0]);
    assert_memory_not_equal(now.theta[1], other.theta[1], sizeof now.theta[1]);
    for (int64_t i = 0; i < now.count; i++) {
        assert_int_equal(now.records[i].iterations, MOST);
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_of_runs),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_stationary_is_measured),
        cmocka_unit_test(test_what_is_trained),
        cmocka_unit_test(test_quench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
