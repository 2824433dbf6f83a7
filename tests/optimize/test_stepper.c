/* SPDX-License-Identifier: MIT */
/* Paths: closed forms, the order of the flow, limits, saved states, divergence, the solver's own path. */
#include "support.h"
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

#include <float.h>

static const double rate = 0.1;

static spn_solver_settings settings_with(double learning_rate)
{
    return (spn_solver_settings){.learning_rate = learning_rate,
                                 .momentum = 0.9,
                                 .beta1 = 0.9,
                                 .beta2 = 0.999,
                                 .epsilon = 1e-8,
                                 .batch = 7,
                                 .seed = 3};
}

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static spn_stepper *new_stepper(spn_context *context, int method, double tolerance,
                                double learning_rate, const spn_objective *objective)
{
    spn_stepper *stepper = NULL;
    spn_solver_settings settings = settings_with(learning_rate);
    check_ok(context, spn_stepper_create(context, (spn_path_method)method, tolerance, &settings,
                                         objective, &stepper));
    return stepper;
}

/* Steps until the limit; returns how many. */
static int64_t walk(spn_context *context, spn_stepper *stepper, double limit)
{
    int64_t count = 0;
    while (spn_stepper_look(stepper).epoch < limit && !spn_stepper_look(stepper).is_diverged) {
        check_ok(context, spn_stepper_step(context, stepper, limit));
        count++;
        assert_true(count < 1000000);
    }
    return count;
}

/* theta_i = exp(-a_i t). Each step errs by at most tolerance * |theta|_inf <= tolerance, and a convex flow never
 * enlarges what is there: in all no more than steps * tolerance, plus the rounding of each step. */
static void test_flow_of_a_parabola(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a[3] = {1, 0.25, 3}, start[3] = {1, -1, 0.5};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 3, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    const double tolerances[3] = {1e-3, 1e-8, 1e-12};
    for (int k = 0; k < 3; k++) {
        spn_stepper *flow = new_stepper(context, SPN_PATH_FLOW, tolerances[k], rate, &objective);
        check_ok(context, spn_stepper_start(context, flow, 0, start));
        int64_t steps = 0;
        for (double limit = 0.7; limit < 200; limit *= 2) {
            steps += walk(context, flow, limit);
            spn_stepper_view at = spn_stepper_look(flow);
            assert_memory_equal(&at.epoch, &limit, sizeof limit);
            check_close(at.time, rate * limit, 1e-15, 0);
            double norm = 0, value = 0;
            for (int i = 0; i < 3; i++) {
                double exact = start[i] * exp(-a[i] * at.time);
                assert_true(fabs(at.theta[i] - exact) <=
                            (double)steps * (tolerances[k] + 2 * DBL_EPSILON));
                check_close(at.gradient[i], a[i] * at.theta[i], 4 * DBL_EPSILON, 0);
                norm += at.gradient[i] * at.gradient[i];
                value += 0.5 * a[i] * at.theta[i] * at.theta[i];
            }
            check_close(at.gradient_norm, sqrt(norm), 1e-15, 0);
            check_close(at.value, value, 1e-15, 0);
            assert_memory_equal(at.point->theta, at.theta, 3 * sizeof(double));
            assert_int_equal(at.point->has & (SPN_WANT_VALUE | SPN_WANT_GRADIENT),
                             SPN_WANT_VALUE | SPN_WANT_GRADIENT);
        }
        spn_stepper_free(context, flow);
    }
    spn_context_free(context);
}

/* A mode of depth 2 grows as u^2 = sigma / (1 + (sigma / u_0^2 - 1) e^(-4 sigma t)). With h ~ tolerance^(1/5) the
 * result of order 5 errs in proportion to the tolerance, and the number of steps grows as its -1/5. */
static void test_flow_order(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double sigma[2] = {0.9, 0}, start[2] = {0.01, 0.01};
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 2, sigma};
    spn_objective objective = spn_landscape_objective(&landscape);
    double time = log(sigma[0] / 1e-4 - 1) / (4 * sigma[0]); /* to half the strength */
    double x[8], errors[8], counts[8];
    for (int k = 0; k < 8; k++) {
        double tolerance = pow(10, -4 - k);
        spn_stepper *flow = new_stepper(context, SPN_PATH_FLOW, tolerance, rate, &objective);
        check_ok(context, spn_stepper_start(context, flow, 0, start));
        x[k] = log(tolerance);
        counts[k] = log((double)walk(context, flow, time / rate));
        errors[k] = log(fabs(spn_stepper_look(flow).theta[0] / sqrt(sigma[0] / 2) - 1));
        spn_stepper_free(context, flow);
    }
    spn_line error = spn_fit_line(8, x, errors, NULL), count = spn_fit_line(8, x, counts, NULL);
    check_close(error.slope, 1, 0.1, 0);
    check_close(count.slope, -0.2, 0.15, 0); /* the first steps, grown by at most 10, count too */
    spn_context_free(context);
}

/* A limit cuts one step and leaves the length of the next. */
static void test_limits(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a[2] = {1, 2}, start[2] = {1, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_stepper *flow = new_stepper(context, SPN_PATH_FLOW, 1e-6, rate, &objective);
    check_ok(context, spn_stepper_start(context, flow, 0, start));
    for (int k = 0; k < 5; k++) {
        check_ok(context, spn_stepper_step(context, flow, (double)INFINITY));
    }
    double saved[8], from = spn_stepper_look(flow).epoch;
    assert_int_equal(spn_stepper_state_size(flow), 8);
    spn_stepper_save(flow, saved);
    check_ok(context, spn_stepper_step(context, flow, (double)INFINITY));
    double length = spn_stepper_look(flow).epoch - from;
    for (int part = 1; part <= 16; part++) {
        double limit = from + length * part / 17;
        check_ok(context, spn_stepper_restore(context, flow, 0, saved));
        check_ok(context, spn_stepper_step(context, flow, limit));
        assert_true(spn_stepper_look(flow).epoch == limit);
        double theta[2];
        memcpy(theta, spn_stepper_look(flow).theta, sizeof theta);
        check_ok(context, spn_stepper_step(context, flow, limit)); /* there already */
        check_ok(context, spn_stepper_step(context, flow, 0));     /* beyond */
        assert_memory_equal(theta, spn_stepper_look(flow).theta, sizeof theta);
        check_ok(context, spn_stepper_step(context, flow, (double)INFINITY));
        check_close(spn_stepper_look(flow).epoch, limit + length, 4 * DBL_EPSILON, 0);
    }
    spn_stepper_free(context, flow);
    /* Epochs are whole. */
    spn_stepper *descent = new_stepper(context, SPN_PATH_GD, 0, rate, &objective);
    check_ok(context, spn_stepper_start(context, descent, 0, start));
    assert_int_equal(walk(context, descent, 2.5), 3);
    check_close(spn_stepper_look(descent).epoch, 3, 0, 0);
    check_ok(context, spn_stepper_step(context, descent, 3));
    check_close(spn_stepper_look(descent).epoch, 3, 0, 0);
    spn_stepper_free(context, descent);
    spn_context_free(context);
}

/* gd: (1 - rate a)^k. Momentum and Adam: their recurrences, written for one number. */
static void test_descent_of_a_parabola(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a = 2, start = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_stepper *gd = new_stepper(context, SPN_PATH_GD, 0, rate, &objective);
    spn_stepper *heavy = new_stepper(context, SPN_PATH_MOMENTUM, 0, rate, &objective);
    spn_stepper *adam = new_stepper(context, SPN_PATH_ADAM, 0, rate, &objective);
    check_ok(context, spn_stepper_start(context, gd, 0, &start));
    check_ok(context, spn_stepper_start(context, heavy, 0, &start));
    check_ok(context, spn_stepper_start(context, adam, 0, &start));
    double x = 1, velocity = 0, y = 1, mean = 0, square = 0;
    for (int k = 1; k <= 50; k++) {
        check_ok(context, spn_stepper_step(context, gd, (double)INFINITY));
        check_ok(context, spn_stepper_step(context, heavy, (double)INFINITY));
        check_ok(context, spn_stepper_step(context, adam, (double)INFINITY));
        velocity = 0.9 * velocity + a * x;
        x -= rate * velocity;
        mean = 0.9 * mean + 0.1 * a * y;
        square = 0.999 * square + 0.001 * a * a * y * y;
        y -= rate * mean / (1 - pow(0.9, k)) / (sqrt(square / (1 - pow(0.999, k))) + 1e-8);
        check_close(*spn_stepper_look(gd).theta, pow(1 - rate * a, k), 2e-16 * (k + 1), 0);
        check_close(*spn_stepper_look(heavy).theta, x, 1e-14, 1);
        check_close(*spn_stepper_look(adam).theta, y, 1e-12, 1); /* 1 - beta2^k loses 3 digits */
        check_close(spn_stepper_look(gd).epoch, k, 0, 0);
    }
    check_close(spn_stepper_look(gd).time, 5, 1e-15, 0);
    check_close(spn_stepper_look(heavy).time, 50, 1e-14, 0); /* 1 - 0.9 loses a digit */
    assert_true(isnan(spn_stepper_look(adam).time));
    spn_stepper_free(context, gd);
    spn_stepper_free(context, heavy);
    spn_stepper_free(context, adam);
    spn_context_free(context);
}

/* The network of the paper on 60 samples, with a ridge. */
typedef struct trained {
    spn_context *context;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
    double start[50];
} trained;

static void trained_open(trained *t)
{
    const double correlations[2] = {0.9, 0.5};
    const int64_t widths[2] = {5, 5};
    spn_data_settings data = {.samples = 60,
                              .inputs = 3,
                              .outputs = 2,
                              .correlations = {2, correlations},
                              .moments = SPN_MOMENTS_EXACT,
                              .seed = 1};
    t->context = new_context();
    check_ok(t->context, spn_dataset_gaussian(t->context, &data, &t->dataset));
    check_ok(t->context,
             spn_network_create(t->context, 3, 2, 2, widths, SPN_TANH, false, &t->network));
    check_ok(t->context, spn_network_error_create(t->context, t->network, t->dataset, SPN_ERROR_MSE,
                                                  &t->error));
    t->ridge = spn_ridge(spn_network_error_objective(t->error));
    assert_int_equal(t->ridge.dimension, 50);
    spn_network_initialize(t->network, SPN_INIT_FAN_IN, 1, 3, 0, t->start);
}

static void trained_close(trained *t)
{
    spn_network_error_free(t->context, t->error);
    spn_network_free(t->context, t->network);
    spn_dataset_free(t->context, t->dataset);
    spn_context_free(t->context);
}

static void check_same(const spn_stepper *a, const spn_stepper *b)
{
    spn_stepper_view x = spn_stepper_look(a), y = spn_stepper_look(b);
    size_t bytes = (size_t)x.point->dimension * sizeof(double);
    assert_memory_equal(x.theta, y.theta, bytes);
    assert_memory_equal(x.gradient, y.gradient, bytes);
    assert_memory_equal(&x.value, &y.value, sizeof x.value);
    assert_memory_equal(&x.epoch, &y.epoch, sizeof x.epoch);
    assert_int_equal(x.is_diverged, y.is_diverged);
}

/* Saved after every few steps and gone on from by a new stepper: the same bits as without a break. */
static void test_saved_states(void **state)
{
    (void)state;
    trained t;
    trained_open(&t);
    for (int method = SPN_PATH_FLOW; spn_path_words[method] != NULL; method++) {
        spn_stepper *whole = new_stepper(t.context, method, 1e-7, rate, &t.ridge);
        spn_stepper *broken = new_stepper(t.context, method, 1e-7, rate, &t.ridge);
        check_ok(t.context, spn_stepper_start(t.context, whole, 0.01, t.start));
        check_ok(t.context, spn_stepper_start(t.context, broken, 0.01, t.start));
        int64_t size = spn_stepper_state_size(whole);
        double *saved = calloc((size_t)size, sizeof *saved);
        assert_non_null(saved);
        for (int k = 0; k < 40; k++) {
            double limit = k % 7 == 0 ? spn_stepper_look(whole).epoch + 1e-3 : (double)INFINITY;
            check_ok(t.context, spn_stepper_step(t.context, whole, limit));
            check_ok(t.context, spn_stepper_step(t.context, broken, limit));
            if (k % 3 == 0) {
                spn_stepper_save(broken, saved);
                spn_stepper_free(t.context, broken);
                broken = new_stepper(t.context, method, 1e-7, rate, &t.ridge);
                check_ok(t.context, spn_stepper_restore(t.context, broken, 0.01, saved));
            }
            check_same(whole, broken);
        }
        double moved = 0;
        for (int i = 0; i < 50; i++) {
            moved = fmax(moved, fabs(spn_stepper_look(whole).theta[i] - t.start[i]));
        }
        assert_true(moved > 0.01);
        /* A used stepper starts anew like a new one. */
        spn_stepper *fresh = new_stepper(t.context, method, 1e-7, rate, &t.ridge);
        check_ok(t.context, spn_stepper_start(t.context, fresh, 0.02, t.start));
        check_ok(t.context, spn_stepper_start(t.context, whole, 0.02, t.start));
        walk(t.context, fresh, 5);
        walk(t.context, whole, 5);
        check_same(whole, fresh);
        free(saved);
        spn_stepper_free(t.context, fresh);
        spn_stepper_free(t.context, whole);
        spn_stepper_free(t.context, broken);
    }
    trained_close(&t);
}

/* After k epochs the solver, told to make k, is at the same bits. */
static void test_the_path_of_the_solver(void **state)
{
    (void)state;
    trained t;
    trained_open(&t);
    const int paths[4] = {SPN_PATH_GD, SPN_PATH_MOMENTUM, SPN_PATH_ADAM, SPN_PATH_SGD};
    const int methods[4] = {SPN_METHOD_GD, SPN_METHOD_MOMENTUM, SPN_METHOD_ADAM, SPN_METHOD_SGD};
    for (int which = 0; which < 4; which++) {
        spn_solver_settings settings = settings_with(0.05);
        settings.method = methods[which];
        settings.tolerance = 1e-300;
        settings.history = 1;
        settings.trust_radius = settings.trust_radius_max = 1;
        spn_stepper *stepper = new_stepper(t.context, paths[which], 0, 0.05, &t.ridge);
        check_ok(t.context, spn_stepper_start(t.context, stepper, 0.01, t.start));
        for (int64_t k = 0; k <= 30; k += 6) {
            settings.max_iterations = k;
            spn_solver *solver = NULL;
            spn_solver_info info;
            double theta[50];
            memcpy(theta, t.start, sizeof theta);
            check_ok(t.context, spn_solver_create(t.context, &settings, &t.ridge, &solver));
            check_ok(t.context, spn_solver_run(t.context, solver, 0.01, theta, &info));
            walk(t.context, stepper, (double)k);
            assert_memory_equal(theta, spn_stepper_look(stepper).theta, sizeof theta);
            double value = spn_stepper_look(stepper).value;
            assert_memory_equal(&value, &info.value, sizeof value);
            spn_solver_free(t.context, solver);
        }
        if (paths[which] == SPN_PATH_SGD) { /* 60 samples in batches of 7 are 9 steps */
            check_close(spn_stepper_look(stepper).time, 30 * 9 * 0.05, 1e-15, 0);
        }
        spn_stepper_free(t.context, stepper);
    }
    trained_close(&t);
}

/* A huge learning rate: the last finite state is kept, also when it is saved. */
static void test_divergence(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a[2] = {0, 1}, start[2] = {2, 1}, nowhere[2] = {(double)NAN, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    const int paths[3] = {SPN_PATH_GD, SPN_PATH_MOMENTUM, SPN_PATH_SGD};
    for (int k = 0; k < 3; k++) {
        spn_stepper *stepper = new_stepper(context, paths[k], 0, 1e10, &objective);
        check_ok(context, spn_stepper_start(context, stepper, 0, start));
        double before[2] = {0, 0}, saved[16];
        while (!spn_stepper_look(stepper).is_diverged) {
            memcpy(before, spn_stepper_look(stepper).theta, sizeof before);
            check_ok(context, spn_stepper_step(context, stepper, 100));
        }
        spn_stepper_view at = spn_stepper_look(stepper);
        assert_true(at.epoch >= 1 && at.epoch < 100 && isfinite(at.value));
        assert_memory_equal(before, at.theta, sizeof before);
        assert_memory_equal(before, at.point->theta, sizeof before);
        assert_true(at.point->value == at.value);
        spn_stepper_save(stepper, saved);
        check_ok(context, spn_stepper_start(context, stepper, 0, start));
        check_ok(context, spn_stepper_restore(context, stepper, 0, saved));
        assert_true(spn_stepper_look(stepper).is_diverged);
        check_ok(context, spn_stepper_step(context, stepper, 100));
        assert_memory_equal(before, spn_stepper_look(stepper).theta, sizeof before);
        check_ok(context, spn_stepper_start(context, stepper, 0, nowhere));
        assert_true(spn_stepper_look(stepper).is_diverged);
        check_ok(context, spn_stepper_step(context, stepper, 100));
        check_close(spn_stepper_look(stepper).epoch, 0, 0, 0);
        spn_stepper_free(context, stepper);
    }
    spn_context_free(context);
}

/* Beyond the fold dx/dt = -(x^2 + p): x = -sqrt(p) tan(sqrt(p) t) from 0 is infinite at pi / (2 sqrt(p)). Steps
 * shrink towards it until time stands still in double precision; each step moves time by the tolerance's share of
 * what is left, so that the end is reached in finitely many. */
static void test_blow_up_of_the_flow(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a = 0, start = 0;
    spn_landscape landscape = {SPN_LANDSCAPE_FOLD, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_stepper *flow = new_stepper(context, SPN_PATH_FLOW, 1e-9, rate, &objective);
    check_ok(context, spn_stepper_start(context, flow, 0.25, &start));
    assert_true(walk(context, flow, 1e6) < 10000);
    spn_stepper_view at = spn_stepper_look(flow);
    assert_true(at.is_diverged && isfinite(at.value) && isfinite(*at.theta) && *at.theta < -1e6);
    assert_memory_equal(at.point->theta, at.theta, sizeof(double));
    check_close(at.time, 3.14159265358979323846, 1e-6, 0);
    spn_stepper_free(context, flow);
    spn_context_free(context);
}

/* Where the gradient is exactly zero every method stays, for any number of epochs. */
static void test_rest(void **state)
{
    (void)state;
    trained t;
    trained_open(&t);
    const double start[50] = {0};
    for (int method = SPN_PATH_FLOW; spn_path_words[method] != NULL; method++) {
        spn_stepper *stepper = new_stepper(t.context, method, 1e-8, rate, &t.ridge);
        check_ok(t.context, spn_stepper_start(t.context, stepper, 0.01, start));
        walk(t.context, stepper, 100);
        if (method == SPN_PATH_FLOW) {
            assert_true(walk(t.context, stepper, 1e300) < 1000);
        }
        assert_false(spn_stepper_look(stepper).is_diverged);
        check_close(spn_norm(50, spn_stepper_look(stepper).theta), 0, 0, 0);
        spn_stepper_free(t.context, stepper);
    }
    trained_close(&t);
}

/* An objective that fails at its k-th evaluation. */
typedef struct fragile {
    int64_t left;
} fragile;

static spn_status fragile_set(spn_context *context, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)subset, (void)wanted;
    const void *problem = point->objective->problem;
    fragile *state = *(fragile *const *)problem;
    if (state->left-- == 0) {
        return spn_fail(context, SPN_ERROR_NUMERIC, "broken on purpose");
    }
    point->value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double x = point->theta[i];
        point->value += 0.25 * x * x * x * x;
        point->gradient[i] = x * x * x;
    }
    return SPN_OK;
}

/* A step that fails leaves the state as it was: what is saved then goes on as if nothing had been. */
static void test_failing_steps(void **state)
{
    (void)state;
    const spn_objective_operations operations = {.size = sizeof operations, .set = fragile_set};
    for (int method = SPN_PATH_FLOW; spn_path_words[method] != NULL; method++) {
        int evaluations = method == SPN_PATH_FLOW ? 6 : method == SPN_PATH_SGD ? 3 : 1;
        for (int at = 0; at < evaluations; at++) {
            spn_context *context = new_context();
            fragile problem = {INT64_MAX}, *pointer = &problem;
            spn_objective objective = {&operations, &pointer, 2, 10, 0};
            const double start[2] = {1, -0.5};
            double before[16], after[16];
            spn_stepper *whole = new_stepper(context, method, 1e-6, rate, &objective);
            spn_stepper *broken = new_stepper(context, method, 1e-6, rate, &objective);
            size_t bytes = (size_t)spn_stepper_state_size(whole) * sizeof(double);
            check_ok(context, spn_stepper_start(context, whole, 0, start));
            check_ok(context, spn_stepper_start(context, broken, 0, start));
            for (int k = 0; k < 3; k++) {
                check_ok(context, spn_stepper_step(context, whole, (double)INFINITY));
                check_ok(context, spn_stepper_step(context, broken, (double)INFINITY));
            }
            spn_stepper_save(broken, before);
            problem.left = at;
            check_fails(context, spn_stepper_step(context, broken, (double)INFINITY),
                        SPN_ERROR_NUMERIC, "broken");
            problem.left = INT64_MAX;
            spn_stepper_save(broken, after);
            assert_memory_equal(before, after, bytes);
            check_ok(context, spn_stepper_step(context, whole, (double)INFINITY));
            check_ok(context, spn_stepper_step(context, broken, (double)INFINITY));
            check_same(whole, broken);
            spn_stepper_free(context, whole);
            spn_stepper_free(context, broken);
            spn_context_free(context);
        }
    }
}

static void test_bad_settings(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const double a = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    const char *names[8] = {"learning_rate", "momentum", "beta1",     "beta2",
                            "epsilon",       "batch",    "tolerance", "method"};
    for (int which = 0; which < 8; which++) {
        spn_solver_settings settings = settings_with(rate);
        double *reals[6] = {&settings.learning_rate, &settings.momentum, &settings.beta1,
                            &settings.beta2,         &settings.epsilon,  NULL};
        const double wrong[5] = {0, 1, -0.1, 1, (double)NAN};
        if (which < 5) {
            *reals[which] = wrong[which];
        }
        settings.batch = which == 5 ? 0 : 1;
        spn_path_method method = which == 7 ? (spn_path_method)99 : SPN_PATH_FLOW;
        spn_stepper *stepper = NULL;
        check_fails(context,
                    spn_stepper_create(context, method, which == 6 ? 0 : 1e-8, &settings,
                                       &objective, &stepper),
                    SPN_ERROR_INPUT, names[which]);
        assert_null(stepper);
        settings = settings_with((double)INFINITY);
        check_fails(context,
                    spn_stepper_create(context, SPN_PATH_GD, 1e-8, &settings, &objective, &stepper),
                    SPN_ERROR_INPUT, "solver.learning_rate: expected a number > 0, got inf");
        settings = settings_with(rate);
        check_fails(context,
                    spn_stepper_create(context, SPN_PATH_FLOW, (double)INFINITY, &settings,
                                       &objective, &stepper),
                    SPN_ERROR_INPUT, "tolerance of the flow");
    }
    spn_context_free(context);
}

static spn_status make_and_walk(spn_context *context, void *state)
{
    const int *method = state;
    const double start[4] = {-1.2, 1, 0.5, 2};
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 4, NULL};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_settings settings = settings_with(1e-3);
    spn_stepper *stepper = NULL;
    spn_status status = spn_stepper_create(context, (spn_path_method)*method, 1e-6, &settings,
                                           &objective, &stepper);
    assert_true((stepper == NULL) == (status != SPN_OK));
    if (status == SPN_OK) {
        status = spn_stepper_start(context, stepper, 0, start);
    }
    for (int k = 0; status == SPN_OK && k < 5; k++) {
        status = spn_stepper_step(context, stepper, (double)INFINITY);
    }
    spn_stepper_free(context, stepper);
    return status;
}

/* Every failing allocation is a clean error, and none is made once the stepper is there. */
static void test_memory(void **state)
{
    (void)state;
    for (int method = SPN_PATH_FLOW; spn_path_words[method] != NULL; method++) {
        assert_true(support_fail_each_allocation(make_and_walk, &method) >= 6);
        support_allocator counter = {0};
        spn_context *context = support_context(&counter);
        const double start[4] = {-1.2, 1, 0.5, 2};
        spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 4, NULL};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_stepper *stepper = new_stepper(context, method, 1e-6, 1e-3, &objective);
        int64_t calls = counter.calls;
        double saved[32];
        check_ok(context, spn_stepper_start(context, stepper, 0, start));
        walk(context, stepper, 20);
        assert_true(spn_stepper_state_size(stepper) <= 32);
        spn_stepper_save(stepper, saved);
        check_ok(context, spn_stepper_restore(context, stepper, 0, saved));
        assert_int_equal(counter.calls, calls);
        spn_stepper_free(context, stepper);
        spn_context_free(context);
        assert_int_equal(counter.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flow_of_a_parabola),
        cmocka_unit_test(test_flow_order),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_descent_of_a_parabola),
        cmocka_unit_test(test_saved_states),
        cmocka_unit_test(test_the_path_of_the_solver),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_blow_up_of_the_flow),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_failing_steps),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
