/* SPDX-License-Identifier: MIT */
/* Trust-region Newton: order of convergence, singular and indefinite Hessians, saddles, cost, networks. */
#include "optimize/optimize.h"
#include "product_landscape.h"
#include "support.h"
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

#include <float.h>

static spn_solver_settings newton_settings(void)
{
    return (spn_solver_settings){.method = SPN_METHOD_NEWTON,
                                 .tolerance = 1e-9,
                                 .max_iterations = 1000,
                                 .learning_rate = 0.1,
                                 .epsilon = 1e-8,
                                 .batch = 1,
                                 .history = 1,
                                 .trust_radius = 0.1,
                                 .trust_radius_max = 1};
}

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* Larger problems take no eigenvectors where they need none; -1: as the solver has it. All tests run in both ways. */
static int64_t eigenvectors_most = -1;

static void choose_way(spn_solver *solver)
{
    if (eigenvectors_most >= 0) {
        solver->eigenvectors_most = eigenvectors_most;
    }
}

/* One run with a solver of its own. */
static spn_solver_info minimize(spn_context *context, const spn_solver_settings *settings,
                                const spn_objective *objective, double parameter, double *theta)
{
    spn_solver *solver = NULL;
    spn_solver_info info;
    check_ok(context, spn_solver_create(context, settings, objective, &solver));
    choose_way(solver);
    check_ok(context, spn_solver_run(context, solver, parameter, theta, &info));
    spn_solver_free(context, solver);
    return info;
}

static void random_start(double scale, uint64_t job, double *theta, int64_t n)
{
    spn_random random = spn_random_stream(5, SPN_PURPOSE_TEST, job);
    for (int64_t i = 0; i < n; i++) {
        theta[i] = scale * spn_random_normal(&random);
    }
}

/* T12: s_i = max(0, sigma_i - beta), L = E_0 + sum [(s - sigma)^2 - sigma^2 + 2 beta s], and for two
 * active modes (D - 1)[m h - m (m + 1) / 2] = 3 zero modes (T15). */
static void test_singular_minima(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    spn_check_report report;
    double theta[PRODUCT], matrix[PRODUCT * PRODUCT], values[PRODUCT];
    random_start(0.5, 0, theta, PRODUCT);
    check_ok(context, spn_objective_check(context, &product, theta, 0.2, 1, &report));
    assert_true(report.is_passed);
    const double betas[3] = {0, 0.2, 0.6};
    const int zero_modes[3] = {PRODUCT - 4, 3, 2};
    for (int k = 0; k < 3; k++) {
        for (uint64_t job = 0; job < 5; job++) {
            double beta = betas[k], expected = 0;
            random_start(0.5, job, theta, PRODUCT);
            spn_solver *solver = NULL;
            spn_solver_info info;
            check_ok(context, spn_solver_create(context, &settings, &product, &solver));
            choose_way(solver);
            check_ok(context, spn_solver_run(context, solver, beta, theta, &info));
            assert_int_equal(info.stop, SPN_STOP_CONVERGED);
            assert_int_equal(info.negative_eigenvalues, 0);
            double r[2][2];
            product_residual(theta, r);
            for (int i = 0; i < 2; i++) {
                double strength = fmax(0, modes[i] - beta);
                expected += (strength - modes[i]) * (strength - modes[i]) + 2 * beta * strength;
                /* After the last step the distance is rounding / smallest nonzero eigenvalue, 1e-14. */
                check_close(r[i][i], strength - modes[i], 1e-13, 1);
                check_close(r[i][1 - i], 0, 1e-13, 1);
            }
            check_close(info.value, expected, 1e-14, 1);
            assert_true(info.gradient_norm < 1e-14);
            /* The orbits' zero modes, and for beta = 0 the whole fibre of the product. */
            spn_dense *dense = NULL;
            check_ok(context, spn_dense_create(context, PRODUCT, &dense));
            check_ok(context,
                     spn_point_hessian(context, spn_solver_point(solver), SPN_PART_FULL, matrix));
            check_ok(context, spn_eigen(context, dense, PRODUCT, matrix, false, values));
            int zeros = 0;
            for (int i = 0; i < PRODUCT; i++) {
                zeros += fabs(values[i]) <= 1e-9 * values[PRODUCT - 1];
            }
            assert_int_equal(zeros, zero_modes[k]);
            check_close(info.smallest_eigenvalue, values[0], 1e-8, 1);
            spn_dense_free(context, dense);
            spn_solver_free(context, solver);
        }
    }
    spn_context_free(context);
}

/* Starts of any scale, on either side: what is called converged is the minimum (T12, T15: it is the only one). Far out
 * lie the valleys of ill-balanced products, W_1 -> G W_1, W_2 -> W_2 G^-1, where E = 0 and the ridge's slope and
 * curvature are as small beside max |lambda| as those of an orbit; steps are so short there that they do not end within
 * the iterations from 1e4 on, and that is said. */
static void test_any_start(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    const double beta = 0.2, best = 2 * beta * beta + 2 * beta * (0.7 + 0.3);
    double theta[PRODUCT];
    for (int decade = -6; decade <= 9; decade++) {
        for (uint64_t job = 0; job < 3; job++) {
            random_start(pow(10, decade), job, theta, PRODUCT);
            spn_solver_info info = minimize(context, &settings, &product, beta, theta);
            assert_true(info.stop == SPN_STOP_CONVERGED || decade > 3);
            if (info.stop == SPN_STOP_CONVERGED) {
                check_close(info.value, best, 1e-13, 1);
            }
            assert_true(info.stop != SPN_STOP_CONVERGED || decade < 6);
        }
    }
    spn_context_free(context);
}

/* Half as many again, and four. */
static bool takes_as_few_steps(spn_context *context, const spn_objective *objective,
                               double parameter, const double *start, int64_t n)
{
    spn_solver_settings settings = newton_settings();
    double theta[512];
    int64_t steps[2], kept = eigenvectors_most;
    for (int way = 0; way < 2; way++) {
        memcpy(theta, start, (size_t)n * sizeof *theta);
        eigenvectors_most = way == 0 ? n : 0;
        spn_solver_info info = minimize(context, &settings, objective, parameter, theta);
        assert_int_equal(info.stop, SPN_STOP_CONVERGED);
        steps[way] = info.iterations;
    }
    eigenvectors_most = kept;
    return 2 * steps[1] <= 3 * steps[0] + 8;
}

/* Gradient norms after 0, 1, 2, ... iterations (runs are deterministic, so that a longer run repeats the
 * shorter one); the order is log(g_{k+1} / g_k) / log(g_k / g_{k-1}) over the last three that stand above
 * rounding. Without eigenvectors steps are within a tenth of what the region allows; c in g_{k+1} = c g_k^2 differs from
 * step to step then, up to 1 / sigma^2, and an order of three steps says little: what counts is that no more steps are needed. */
static bool is_quadratic(spn_context *context, const spn_objective *objective, double parameter,
                         const double *start, int64_t n)
{
    spn_solver_settings settings = newton_settings();
    double theta[512], norms[4] = {0};
    if (eigenvectors_most == 0 || n > 400) {
        return takes_as_few_steps(context, objective, parameter, start, n);
    }
    for (int64_t k = 0;; k++) {
        memcpy(theta, start, (size_t)n * sizeof *theta);
        settings.max_iterations = k;
        spn_solver_info info = minimize(context, &settings, objective, parameter, theta);
        if (info.gradient_norm < 1e-14 || k > 100) {
            break;
        }
        memmove(norms, norms + 1, 3 * sizeof *norms);
        norms[3] = info.gradient_norm;
    }
    return log(norms[3] / norms[2]) / log(norms[2] / norms[1]) > 1.7;
}

static void test_quadratic_convergence(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double start[PRODUCT];
    /* Isolated minimum. */
    double a[2] = {0, 0}, well[2] = {0.7, 0.2};
    a[1] = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_CUSP, 2, a};
    spn_objective cusp = spn_landscape_objective(&landscape);
    /* The exponent of a quadratic sequence g' = c g^2 seen at g = 1e-3 is off by log c / log g. */
    assert_true(is_quadratic(context, &cusp, -0.5, well, 2));
    /* Minima on orbits, the Hessian exactly singular and on the way there indefinite. */
    for (uint64_t job = 0; job < 5; job++) {
        random_start(0.5, job, start, PRODUCT);
        assert_true(is_quadratic(context, &product, 0.2, start, PRODUCT));
    }
    spn_context_free(context);
}

/* The origin is a saddle of the product landscape with two negative eigenvalues of multiplicity H, and
 * the state with the strong mode alone is a saddle, too (T15). */
static void test_saddles(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    const double beta = 0.2;
    double theta[PRODUCT] = {0}, again[PRODUCT] = {0};
    spn_solver_info info = minimize(context, &settings, &product, beta, theta);
    double best = 2 * beta * beta + 2 * beta * (0.7 + 0.3);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_true(info.escapes >= 1);
    check_close(info.value, best, 1e-14, 1);
    info = minimize(context, &settings, &product, beta, again);
    assert_memory_equal(theta, again, sizeof theta);
    memset(theta, 0, sizeof theta);
    theta[0] = sqrt(0.7);
    theta[2 * H] = sqrt(0.7);
    info = minimize(context, &settings, &product, beta, theta);
    assert_int_equal(info.escapes, 1);
    check_close(info.value, best, 1e-14, 1);
    spn_context_free(context);
}

/* A maximum in one direction, the escape's sign: the largest entry of the direction is positive. */
static void test_escape_is_positive(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    double a[3] = {0, 1, 1}, theta[3] = {0, 0, 0};
    spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 3, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_info info = minimize(context, &settings, &objective, 0, theta);
    assert_int_equal(info.escapes, 1);
    check_close(theta[0], 1, 1e-14, 0);
    spn_context_free(context);
}

/* No hopping: with p just short of the spinodal 2/(3 sqrt 3) the upper minimum of the double well is
 * still there and must be kept, whatever lies below on the other side; beyond it is left. */
static void test_stays_in_its_phase(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    double a[1] = {0}, theta = 1, spinodal = 2 / (3 * sqrt(3));
    spn_landscape landscape = {SPN_LANDSCAPE_DOUBLE_WELL, 1, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    for (int i = 0; i < 100; i++) {
        minimize(context, &settings, &objective, spinodal * (i / 100.0), &theta);
        assert_true(theta > 1 / sqrt(3));
    }
    spn_solver_info info = minimize(context, &settings, &objective, spinodal * (1 - 1e-8), &theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    /* t = 1/sqrt 3 + sqrt(dp / sqrt 3) + ...: */
    check_close(theta - 1 / sqrt(3), sqrt(spinodal * 1e-8 / sqrt(3)), 1e-3, 0);
    info = minimize(context, &settings, &objective, spinodal * 1.01, &theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_true(theta < -1);
    spn_context_free(context);
}

/* A quartic minimum: the Hessian vanishes there. It ends where the direction counts as flat. */
static void test_degenerate_minimum(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    double a[2] = {0, 1}, theta[2] = {0.8, 0.5};
    spn_landscape landscape = {SPN_LANDSCAPE_PITCHFORK, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_info info = minimize(context, &settings, &objective, 0, theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    /* 3 t^2 <= 1e-10: t <= 6e-6. */
    assert_true(fabs(theta[0]) < 6e-6);
    check_close(theta[1], 0, 1e-14, 1);
    spn_context_free(context);
}

static void test_condition(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    /* Conditions on both sides of the pivot floor: by Cholesky, and by eigenvalues. */
    double a[3] = {1, 1e4, 1e7}, b[3] = {1e-2, 1, 1e7};
    for (int k = 0; k < 2; k++) {
        double *coefficients = k == 0 ? a : b, theta[3] = {1, 1, 1};
        spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 3, coefficients};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_solver_info info = minimize(context, &settings, &objective, 1, theta);
        assert_int_equal(info.stop, SPN_STOP_CONVERGED);
        for (int i = 0; i < 3; i++) {
            check_close(theta[i], -1 / coefficients[i], 1e-13, 0);
        }
        check_close(info.smallest_eigenvalue, coefficients[0], 1e-6, 0);
    }
    spn_context_free(context);
}

/* Without a minimum the run ends by its limit; a start outside the domain is reported. */
static void test_no_minimum(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    settings.max_iterations = 50;
    double a[2] = {1, 1}, theta[2] = {1, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_FOLD, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_info info = minimize(context, &settings, &objective, 0.1, theta);
    assert_int_equal(info.stop, SPN_STOP_MAX_ITERATIONS);
    assert_true(theta[0] < -10 && isfinite(theta[0]));
    landscape.kind = SPN_LANDSCAPE_HALF_SPHERE;
    double outside[2] = {3, 0};
    info = minimize(context, &settings, &objective, 0, outside);
    assert_int_equal(info.stop, SPN_STOP_DIVERGED);
    check_close(outside[0], 3, 0, 0);
    spn_context_free(context);
}

/* A saddle that could be left only by decreases of L below its rounding is kept, and said to be one. */
static void test_faint_saddle(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    double a[2] = {0.9}, theta[2] = {0, 0};
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    /* s = 1e-8 would lower L = 0.81 by s^2 = 1e-16; the eigenvalue is 2 (beta - a) = -2e-8. */
    spn_solver_info info = minimize(context, &settings, &objective, 0.9 - 1e-8, theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_int_equal(info.escapes, 0);
    assert_int_equal(info.negative_eigenvalues, 1);
    check_close(info.smallest_eigenvalue, -2e-8, 1e-6, 0);
    check_close(theta[0], 0, 0, 0);
    /* s = 1e-4 lowers it by 1e-8: left. */
    info = minimize(context, &settings, &objective, 0.9 - 1e-4, theta);
    assert_int_equal(info.escapes, 1);
    check_close(theta[0] * theta[1], 1e-4, 1e-9, 0);
    spn_context_free(context);
}

/* |t - 0.3| + t^2 / 2, whose minimum is a kink; with `problem` set the Hessian is not a number. */
static spn_status kink_set(spn_context *context, spn_point *point, const spn_subset *subset,
                           unsigned wanted)
{
    (void)context, (void)subset, (void)wanted;
    double t = point->theta[0];
    point->value = fabs(t - 0.3) + 0.5 * t * t;
    point->gradient[0] = (t > 0.3 ? 1 : -1) + t;
    return SPN_OK;
}

static spn_status kink_hessian(spn_context *context, const spn_point *point, spn_part part,
                               double *h)
{
    (void)context, (void)part;
    h[0] = point->objective->problem != NULL ? (double)NAN : 1;
    return SPN_OK;
}

static void test_no_derivative(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    const spn_objective_operations operations = {
        .size = sizeof operations, .set = kink_set, .hessian = kink_hessian};
    spn_objective objective = {&operations, NULL, 1, 1, 0};
    double theta = 2;
    spn_solver_info info = minimize(context, &settings, &objective, 0, &theta);
    assert_int_equal(info.stop, SPN_STOP_STALLED);
    check_close(theta, 0.3, 1e-10, 0);
    assert_true(info.gradient_norm > 0.5);
    assert_true(info.iterations < 200);
    objective.problem = &settings;
    theta = 2;
    info = minimize(context, &settings, &objective, 0, &theta);
    assert_int_equal(info.stop, SPN_STOP_DIVERGED);
    check_close(theta, 2, 0, 0);
    spn_context_free(context);
}

/* One evaluation per trial step, one Hessian per accepted point; at the minimum nearly nothing. */
static void test_cost(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_solver_settings settings = newton_settings();
    double theta[2] = {-1.2, 1};
    spn_landscape landscape = {SPN_LANDSCAPE_ROSENBROCK, 2, NULL};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_info info = minimize(context, &settings, &objective, 0, theta);
    /* The start, the trial steps, and once more the final state if the last step was refused. */
    assert_in_range(info.evaluations, info.iterations + 1, info.iterations + 2);
    assert_true(info.hessians <= info.iterations + 1);
    assert_true(info.iterations < 40);
    info = minimize(context, &settings, &objective, 0, theta);
    assert_true(info.iterations <= 1);
    assert_int_equal(info.hessians, 1);
    spn_context_free(context);
}

/* A network of the given depth on whitened data with two modes, and its ridge. */
typedef struct trained {
    spn_context *context;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
} trained;

static void trained_open(trained *t, int64_t hidden, int64_t width, spn_activation activation)
{
    t->context = new_context();
    const double correlations[2] = {0.9, 0.5};
    const int64_t widths[3] = {width, width, width};
    spn_data_settings data = {.samples = 60,
                              .inputs = 3,
                              .outputs = 2,
                              .correlations = {2, correlations},
                              .moments = SPN_MOMENTS_EXACT,
                              .seed = 1};
    check_ok(t->context, spn_dataset_gaussian(t->context, &data, &t->dataset));
    check_ok(t->context,
             spn_network_create(t->context, 3, 2, hidden, widths, activation, false, &t->network));
    check_ok(t->context, spn_network_error_create(t->context, t->network, t->dataset, SPN_ERROR_MSE,
                                                  &t->error));
    t->ridge = spn_ridge(spn_network_error_objective(t->error));
}

static void trained_close(trained *t)
{
    spn_network_error_free(t->context, t->error);
    spn_network_free(t->context, t->network);
    spn_dataset_free(t->context, t->dataset);
    spn_context_free(t->context);
}

/* T13 upper branch: s solves beta = (sigma - s) s^(1 - 2/D), s above the spinodal's. */
static double branch_strength(double sigma, double beta, double depth)
{
    double low = sigma * (depth - 2) / (2 * (depth - 1)), high = sigma;
    for (int i = 0; i < 200; i++) {
        double s = 0.5 * (low + high);
        *((sigma - s) * pow(s, 1 - 2 / depth) > beta ? &low : &high) = s;
    }
    return 0.5 * (low + high);
}

/* A deep linear network reaches the full phase of T13 from a generous start: its Hessian is singular
 * along orbits of two hidden layers. The wide one (P = 414) has many. */
static void check_deep_linear_network(int64_t width)
{
    trained t;
    trained_open(&t, 2, width, SPN_LINEAR);
    spn_solver_settings settings = newton_settings();
    const double beta = 0.05, sigma[2] = {0.9, 0.5};
    double theta[512], expected = 2; /* E_0 = (1/N) sum |y|^2: unit variances */
    spn_network_initialize(t.network, SPN_INIT_FAN_IN, 1, 3, 0, theta);
    spn_solver_info info = minimize(t.context, &settings, &t.ridge, beta, theta);
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_int_equal(info.negative_eigenvalues, 0);
    for (int i = 0; i < 2; i++) {
        double s = branch_strength(sigma[i], beta, 3);
        expected += (s - sigma[i]) * (s - sigma[i]) - sigma[i] * sigma[i];
        expected += 3 * beta * pow(s, 2.0 / 3);
    }
    /* The data's moments are exact to about 1e-14. */
    check_close(info.value, expected, 1e-12, 0);
    assert_true(info.gradient_norm < 1e-13);
    spn_network_initialize(t.network, SPN_INIT_FAN_IN, 1, 3, 0, theta);
    assert_true(is_quadratic(t.context, &t.ridge, beta, theta, t.ridge.dimension));
    trained_close(&t);
}

static void test_deep_linear_network(void **state)
{
    (void)state;
    check_deep_linear_network(4);
}

static void test_wide_linear_network(void **state)
{
    (void)state;
    check_deep_linear_network(18);
}

static void test_tanh_network(void **state)
{
    (void)state;
    trained t;
    trained_open(&t, 2, 4, SPN_TANH);
    spn_solver_settings settings = newton_settings();
    double theta[64];
    for (uint64_t seed = 1; seed <= 3; seed++) {
        spn_network_initialize(t.network, SPN_INIT_FAN_IN, 1, seed, 0, theta);
        spn_solver_info info = minimize(t.context, &settings, &t.ridge, 0.02, theta);
        assert_int_equal(info.stop, SPN_STOP_CONVERGED);
        assert_int_equal(info.negative_eigenvalues, 0);
        assert_true(info.gradient_norm < 1e-13);
        assert_true(info.distance < 1e-9);
        /* Warm start at a neighbouring beta: quadratic convergence needs a handful of steps. */
        info = minimize(t.context, &settings, &t.ridge, 0.0205, theta);
        assert_int_equal(info.stop, SPN_STOP_CONVERGED);
        assert_true(info.iterations <= 8);
    }
    trained_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singular_minima),
        cmocka_unit_test(test_any_start),
        cmocka_unit_test(test_quadratic_convergence),
        cmocka_unit_test(test_saddles),
        cmocka_unit_test(test_escape_is_positive),
        cmocka_unit_test(test_stays_in_its_phase),
        cmocka_unit_test(test_degenerate_minimum),
        cmocka_unit_test(test_condition),
        cmocka_unit_test(test_no_minimum),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_deep_linear_network),
        cmocka_unit_test(test_wide_linear_network),
        cmocka_unit_test(test_faint_saddle),
        cmocka_unit_test(test_no_derivative),
        cmocka_unit_test(test_tanh_network),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    eigenvectors_most = 0;
    return failed + cmocka_run_group_tests_name("without eigenvectors", tests, NULL, NULL);
}
