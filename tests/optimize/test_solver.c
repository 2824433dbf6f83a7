/* SPDX-License-Identifier: MIT */
/* Settings, first-order steps against closed forms, determinism, interruption, divergence, memory. */
#include "support.h"
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

#include <float.h>
#include <stdio.h>

static spn_solver_settings settings_of(int method)
{
    return (spn_solver_settings){.method = method,
                                 .tolerance = 1e-9,
                                 .max_iterations = 1000,
                                 .learning_rate = 0.1,
                                 .momentum = 0.9,
                                 .beta1 = 0.9,
                                 .beta2 = 0.999,
                                 .epsilon = 1e-8,
                                 .batch = 3,
                                 .history = 4,
                                 .trust_radius = 0.1,
                                 .trust_radius_max = 1,
                                 .seed = 7};
}

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static spn_solver_info minimize(spn_context *context, const spn_solver_settings *settings,
                                const spn_objective *objective, double parameter, double *theta)
{
    spn_solver *solver = NULL;
    spn_solver_info info;
    check_ok(context, spn_solver_create(context, settings, objective, &solver));
    check_ok(context, spn_solver_run(context, solver, parameter, theta, &info));
    spn_solver_free(context, solver);
    return info;
}

static void test_defaults(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_arena *arena = NULL;
    spn_settings made;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_solver_options, &made));
    const spn_solver_settings *defaults = made.values;
    assert_int_equal(defaults->method, SPN_METHOD_NEWTON);
    check_close(defaults->tolerance, 1e-9, 0, 0);
    check_close(defaults->trust_radius, 0.1, 0, 0);
    check_close(defaults->trust_radius_max, 1, 0, 0);
    check_close(defaults->beta2, 0.999, 0, 0);
    assert_int_equal(defaults->max_iterations, 10000);
    assert_int_equal(spn_solver_options.count, 15);
    double a = 1, theta = 3;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_info info = minimize(context, defaults, &objective, -1, &theta);
    check_close(theta, 1, 1e-15, 0);
    assert_string_equal(spn_stop_text(info.stop), "converged");
    spn_arena_free(arena);
    spn_context_free(context);
}

static void test_bad_settings(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double a = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    for (int which = 0; which < 12; which++) {
        spn_solver_settings settings = settings_of(SPN_METHOD_SGD);
        const char *names[12] = {"method",   "tolerance", "max_iterations", "learning_rate",
                                 "momentum", "beta1",     "beta2",          "epsilon",
                                 "batch",    "history",   "trust_radius",   "trust_radius_max"};
        switch (which) {
        case 0:
            settings.method = 99;
            break;
        case 1:
            settings.tolerance = 0;
            break;
        case 2:
            settings.max_iterations = -1;
            break;
        case 3:
            settings.learning_rate = (double)NAN;
            break;
        case 4:
            settings.momentum = 1;
            break;
        case 5:
            settings.beta1 = -0.1;
            break;
        case 6:
            settings.beta2 = 1;
            break;
        case 7:
            settings.epsilon = 0;
            break;
        case 8:
            settings.batch = 0;
            break;
        case 9:
            settings.history = 0;
            break;
        case 10:
            settings.trust_radius = -1;
            break;
        default:
            settings.trust_radius_max = 0.01;
            break;
        }
        spn_solver *solver = NULL;
        check_fails(context, spn_solver_create(context, &settings, &objective, &solver),
                    SPN_ERROR_INPUT, names[which]);
        assert_null(solver);
    }
    spn_context_free(context);
}

/* What no file may say is refused from C, too: no number of the struct may be NaN or infinite. */
static void test_numbers_are_finite(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double a = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    const double wrong[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -1};
    int64_t reals = 0;
    for (int64_t i = 0; i < spn_solver_options.count; i++) {
        const spn_option *option = &spn_solver_options.options[i];
        /* NaN is what is left out where there is no default. */
        for (int k = option->initial == NULL; option->type == SPN_OPTION_REAL && k < 4; k++) {
            char expected[64];
            spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON);
            memcpy((char *)&settings + option->offset, &wrong[k], sizeof wrong[k]);
            spn_solver *solver = NULL;
            snprintf(expected, sizeof expected, "solver.%s: expected a number", option->key);
            check_fails(context, spn_solver_create(context, &settings, &objective, &solver),
                        SPN_ERROR_INPUT, expected);
            assert_null(solver);
            reals++;
        }
    }
    assert_int_equal(reals, 4 * 8 + 3);
    spn_context_free(context);
}

/* Gradient descent on a parabola: theta_k = (1 - rate a)^k theta_0. Heavy ball: the same recursion by
 * hand. Adam's first step is rate * sign(g) (up to epsilon / |g|). */
static void test_first_steps(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double a = 2, theta = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_settings settings = settings_of(SPN_METHOD_GD);
    settings.max_iterations = 20;
    spn_solver_info info = minimize(context, &settings, &objective, 0, &theta);
    check_close(theta, pow(0.8, 20), 1e-14, 0);
    assert_int_equal(info.stop, SPN_STOP_MAX_ITERATIONS);
    assert_int_equal(info.iterations, 20);
    assert_true(isnan(info.decrement) && isnan(info.smallest_eigenvalue));
    assert_int_equal(info.negative_eigenvalues, -1);
    settings.method = SPN_METHOD_MOMENTUM;
    theta = 1;
    minimize(context, &settings, &objective, 0, &theta);
    double expected = 1, velocity = 0;
    for (int k = 0; k < 20; k++) {
        velocity = 0.9 * velocity + 2 * expected;
        expected -= 0.1 * velocity;
    }
    check_close(theta, expected, 1e-13, 1);
    settings.method = SPN_METHOD_ADAM;
    settings.max_iterations = 1;
    theta = 1;
    minimize(context, &settings, &objective, 0, &theta);
    check_close(theta, 1 - 0.1 / (1 + 1e-8 / 2), 1e-14, 0);
    /* Two steps, by the formulas of Kingma and Ba. */
    settings.max_iterations = 2;
    theta = 1;
    minimize(context, &settings, &objective, 0, &theta);
    double first = 1 - 0.1 / (1 + 0.5e-8), g1 = 2, g2 = 2 * first;
    double mean = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.81);
    double square = (0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2) / (1 - 0.999 * 0.999);
    check_close(theta, first - 0.1 * mean / (sqrt(square) + 1e-8), 1e-13, 0);
    spn_context_free(context);
}

/* L = mean over samples of |theta - x_n|^2 / 2 with samples known by their index. */
enum { SAMPLES = 10 };
static double sample(int64_t n)
{
    return (double)(n * n % 7) - 2;
}

static spn_status samples_set(spn_context *context, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)context, (void)wanted;
    int64_t count = subset != NULL ? subset->count : SAMPLES;
    point->value = 0;
    point->gradient[0] = 0;
    for (int64_t i = 0; i < count; i++) {
        double r = point->theta[0] - sample(subset != NULL ? subset->indices[i] : i);
        point->value += r * r / 2 / (double)count;
        point->gradient[0] += r / (double)count;
    }
    return SPN_OK;
}

static const spn_objective_operations samples_operations = {
    .size = sizeof(spn_objective_operations), .set = samples_set};
static const spn_objective samples_objective = {&samples_operations, NULL, 1, SAMPLES, 0};

/* Every epoch is a permutation of the samples by its own stream, in batches of 3, 3, 3, 1. */
static void test_sgd_epochs(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = settings_of(SPN_METHOD_SGD);
    settings.max_iterations = 4;
    double theta = 5, expected = 5;
    spn_solver_info info = minimize(context, &settings, &samples_objective, 0, &theta);
    for (uint64_t epoch = 0; epoch < 4; epoch++) {
        int64_t order[SAMPLES];
        spn_random random = spn_random_stream(7, SPN_PURPOSE_BATCHES, epoch);
        for (int i = 0; i < SAMPLES; i++) {
            order[i] = i;
        }
        for (int i = SAMPLES - 1; i > 0; i--) {
            int64_t j = (int64_t)spn_random_below(&random, (uint64_t)i + 1), kept = order[j];
            order[j] = order[i];
            order[i] = kept;
        }
        for (int first = 0; first < SAMPLES; first += 3) {
            int last = first + 3 < SAMPLES ? first + 3 : SAMPLES;
            double g = 0;
            for (int i = first; i < last; i++) {
                g += (expected - sample(order[i])) / (last - first);
            }
            expected -= 0.1 * g;
        }
    }
    check_close(theta, expected, 1e-14, 1);
    assert_int_equal(info.iterations, 4);
    assert_int_equal(info.stop, SPN_STOP_MAX_ITERATIONS);
    /* One batch of everything is gradient descent, and that converges. */
    settings.batch = 100;
    settings.max_iterations = 1000;
    info = minimize(context, &settings, &samples_objective, 0, &theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    double mean = 0;
    for (int n = 0; n < SAMPLES; n++) {
        mean += sample(n) / SAMPLES;
    }
    check_close(theta, mean, 1e-8, 1);
    spn_context_free(context);
}

/* Newton needs a Hessian and says so. */
static void test_newton_without_hessian(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON);
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta = 5;
    check_ok(context, spn_solver_create(context, &settings, &samples_objective, &solver));
    check_fails(context, spn_solver_run(context, solver, 0, &theta, &info), SPN_ERROR_UNSUPPORTED,
                "Hessian");
    check_close(theta, 5, 0, 0);
    spn_solver_free(context, solver);
    spn_context_free(context);
}

/* A huge learning rate: the last finite state is kept. */
static void test_divergence(void **state)
{
    (void)state;
    spn_context *context = new_context();
    const int methods[3] = {SPN_METHOD_GD, SPN_METHOD_MOMENTUM, SPN_METHOD_SGD};
    for (int k = 0; k < 3; k++) {
        spn_solver_settings settings = settings_of(methods[k]);
        settings.learning_rate = 1e10;
        double a[2] = {0, 1}, theta[2] = {2, 1};
        spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 2, a};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_solver_info info = minimize(context, &settings, &objective, 0, theta);
        assert_int_equal(info.stop, SPN_STOP_DIVERGED);
        assert_true(spn_all_finite(2, theta));
        assert_true(isfinite(info.value) && isfinite(info.gradient_norm));
    }
    spn_context_free(context);
}

/* A point that raises the flag after some evaluations. */
typedef struct interrupting {
    atomic_int flag;
    int64_t left;
} interrupting;

static spn_status interrupting_set(spn_context *context, spn_point *point, const spn_subset *subset,
                                   unsigned wanted)
{
    (void)context, (void)subset, (void)wanted;
    const void *problem = point->objective->problem;
    interrupting *state = *(interrupting *const *)problem;
    if (--state->left == 0) {
        atomic_store(&state->flag, 1);
    }
    point->value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double t = point->theta[i];
        point->value += t * t * t * t;
        point->gradient[i] = 4 * t * t * t;
    }
    return SPN_OK;
}

static spn_status interrupting_hessian(spn_context *context, const spn_point *point, spn_part part,
                                       double *h)
{
    (void)context, (void)part;
    h[0] = 12 * point->theta[0] * point->theta[0];
    h[1] = 0;
    h[3] = 12 * point->theta[1] * point->theta[1];
    return SPN_OK;
}

static void test_interruption(void **state)
{
    (void)state;
    const spn_objective_operations operations = {
        .size = sizeof operations, .set = interrupting_set, .hessian = interrupting_hessian};
    for (int method = SPN_METHOD_NEWTON; spn_method_words[method] != NULL; method++) {
        for (int64_t after = 1; after <= 6; after++) {
            interrupting problem = {.left = after};
            interrupting *pointer = &problem;
            spn_objective objective = {&operations, &pointer, 2, 1, 0};
            spn_context_settings context_settings = {.cancel = &problem.flag};
            spn_context *context = NULL;
            assert_int_equal(spn_context_create(&context_settings, &context), SPN_OK);
            spn_solver_settings settings = settings_of(method);
            double theta[2] = {1, 0.9};
            spn_solver_info info = minimize(context, &settings, &objective, 0, theta);
            assert_int_equal(info.stop, SPN_STOP_INTERRUPTED);
            assert_int_equal(spn_error_status(context), SPN_OK);
            assert_true(spn_all_finite(2, theta));
            assert_true(info.value <= 1 + 0.9 * 0.9 * 0.9 * 0.9);
            assert_true(info.evaluations <= after + 1);
            spn_context_free(context);
        }
    }
}

/* A failure of the objective is passed on; theta is the last good state. */
static spn_status failing_set(spn_context *context, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)subset, (void)wanted;
    if (point->theta[0] < 0.5) {
        return spn_fail(context, SPN_ERROR_NUMERIC, "below one half");
    }
    point->value = point->theta[0];
    point->gradient[0] = 1;
    return SPN_OK;
}

static void test_failing_objective(void **state)
{
    (void)state;
    const spn_objective_operations operations = {.size = sizeof operations, .set = failing_set};
    const spn_objective objective = {&operations, NULL, 1, 1, 0};
    for (int method = SPN_METHOD_LBFGS; spn_method_words[method] != NULL; method++) {
        spn_context *context = new_context();
        spn_solver_settings settings = settings_of(method);
        spn_solver *solver = NULL;
        spn_solver_info info;
        double theta = 1;
        check_ok(context, spn_solver_create(context, &settings, &objective, &solver));
        check_fails(context, spn_solver_run(context, solver, 0, &theta, &info), SPN_ERROR_NUMERIC,
                    "one half");
        assert_true(theta >= 0.5 && theta <= 1);
        spn_solver_free(context, solver);
        spn_context_free(context);
    }
}

/* Same bits on a used solver as on a new one, and no allocation in a run (newton_cg makes room for its certificate). */
static void test_reuse(void **state)
{
    (void)state;
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 4, NULL};
    spn_objective objective = spn_landscape_objective(&landscape);
    for (int method = SPN_METHOD_NEWTON; spn_method_words[method] != NULL; method++) {
        support_allocator counter = {0};
        spn_context *context = support_context(&counter);
        spn_solver_settings settings = settings_of(method);
        settings.learning_rate = 1e-3;
        settings.momentum = 0.5;
        spn_solver *solver = NULL;
        spn_solver_info first, second;
        check_ok(context, spn_solver_create(context, &settings, &objective, &solver));
        int64_t calls = counter.calls;
        double theta[4] = {-1.2, 1, 0.5, 2}, again[4] = {-1.2, 1, 0.5, 2}, other[4] = {3, 1, 2, 1};
        check_ok(context, spn_solver_run(context, solver, 0, theta, &first));
        check_ok(context, spn_solver_run(context, solver, 0, other, &second));
        check_ok(context, spn_solver_run(context, solver, 0, again, &second));
        assert_memory_equal(theta, again, sizeof theta);
        assert_int_equal(first.evaluations, second.evaluations);
        assert_memory_equal(&first.value, &second.value, sizeof first.value);
        assert_true(method == SPN_METHOD_NEWTON_CG || counter.calls == calls);
        spn_solver_free(context, solver);
        spn_context_free(context);
        assert_int_equal(counter.live, 0);
    }
}

/* Within bounds: no more iterations than asked for, later runs as if nothing had been; bad bounds are refused. */
static void test_runs_within_bounds(void **state)
{
    (void)state;
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 4, NULL};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON);
    const spn_solver_bounds none = {1, 1, 0, false, 0, 0}, two = {1e-3, 1e-3, 2, false, 0, 0},
                            bad = {1, 0.5, 2, false, 0, 0};
    spn_context *context = NULL;
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta[4] = {-1.2, 1, 0.5, 2}, again[4] = {-1.2, 1, 0.5, 2}, moved = 0;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_solver_create(context, &settings, &objective, &solver));
    check_ok(context, spn_solver_run_within(context, solver, &none, 0, again, &info));
    assert_memory_equal(theta, again, sizeof theta);
    check_ok(context, spn_solver_run_within(context, solver, &two, 0, again, &info));
    assert_int_equal(info.iterations, 2);
    for (int i = 0; i < 4; i++) {
        moved += (again[i] - theta[i]) * (again[i] - theta[i]);
    }
    assert_true(moved > 0 && sqrt(moved) <= 2e-3 * (1 + 1e-9)); /* two steps of a radius each */
    check_fails(context, spn_solver_run_within(context, solver, &bad, 0, again, &info),
                SPN_ERROR_ARGUMENT, "bounds of a run");
    check_ok(context, spn_solver_run(context, solver, 0, again, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    spn_solver_free(context, solver);
    spn_context_free(context);
}

static spn_status make_and_run(spn_context *context, void *state)
{
    const int *method = state;
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 4, NULL};
    spn_objective inner = spn_landscape_objective(&landscape);
    spn_objective objective = spn_ridge(&inner);
    spn_solver_settings settings = settings_of(*method);
    settings.learning_rate = 1e-3;
    settings.max_iterations = 5;
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta[4] = {-1.2, 1, 0.5, 2};
    spn_status status = spn_solver_create(context, &settings, &objective, &solver);
    assert_true((solver == NULL) == (status != SPN_OK));
    if (status == SPN_OK) {
        status = spn_solver_run(context, solver, 0.1, theta, &info);
    }
    spn_solver_free(context, solver);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    for (int method = SPN_METHOD_NEWTON; spn_method_words[method] != NULL; method++) {
        assert_true(support_fail_each_allocation(make_and_run, &method) >= 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),           cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_numbers_are_finite), cmocka_unit_test(test_first_steps),
        cmocka_unit_test(test_sgd_epochs),         cmocka_unit_test(test_newton_without_hessian),
        cmocka_unit_test(test_divergence),         cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_failing_objective),  cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_runs_within_bounds), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
