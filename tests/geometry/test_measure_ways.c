/* SPDX-License-Identifier: MIT */
/* A point measured without a dense matrix, against the dense measurement of the same point. */
#include "spectrum_case.h"

#include <spinodal/numeric/conjugate_gradients.h>
#include <spinodal/optimize.h>

/* 6-5-5-3 tanh with biases, mse, 40 samples of noise; a point of L = E + beta n. */
typedef struct scene {
    spn_context *context;
    spn_dataset *data;
    spn_network *network;
    spn_network_error *error;
    spn_regularised problem;
    spn_objective loss;
    spn_point *point;
    double *theta, *weights;
    int64_t size;
} scene;

static void *defaults_of(spn_context *context, const spn_option_table *table, void *out,
                         size_t size)
{
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_defaults(context, arena, table, out, size));
    spn_arena_free(arena);
    return out;
}

/* `is_ridge`: all weights of the regulariser are 1, otherwise they differ. */
static void open_scene(scene *s, bool is_ridge)
{
    const int64_t widths[2] = {5, 5};
    *s = (scene){0};
    assert_int_equal(spn_context_create(NULL, &s->context), SPN_OK);
    double *rows = numbers(40 * 9, 1, 1);
    check_ok(s->context, spn_dataset_from_rows(s->context, 40, 6, 3, rows, NULL, NULL, &s->data));
    free(rows);
    check_ok(s->context,
             spn_network_create(s->context, 6, 3, 2, widths, SPN_TANH, true, &s->network));
    check_ok(s->context,
             spn_network_error_create(s->context, s->network, s->data, SPN_ERROR_MSE, &s->error));
    s->size = spn_network_parameters(s->network);
    s->theta = numbers(s->size, 0.6, 2);
    s->weights = numbers(s->size, 0.3, 3);
    for (int64_t i = 0; i < s->size; i++) {
        s->weights[i] = 1 + fabs(s->weights[i]);
    }
    s->problem =
        (spn_regularised){spn_network_error_objective(s->error), {is_ridge ? NULL : s->weights}};
    s->loss = spn_regularise(&s->problem);
    check_ok(s->context, spn_point_create(s->context, &s->loss, &s->point));
}

static void close_scene(scene *s)
{
    spn_point_free(s->context, s->point);
    spn_network_error_free(s->context, s->error);
    spn_network_free(s->context, s->network);
    spn_dataset_free(s->context, s->data);
    spn_context_free(s->context);
    free(s->theta);
    free(s->weights);
}

/* theta becomes a minimum of L at beta. */
static void settle(scene *s, double beta)
{
    spn_solver_settings settings;
    spn_solver_info info;
    spn_solver *solver = NULL;
    defaults_of(s->context, &spn_solver_options, &settings, sizeof settings);
    check_ok(s->context, spn_solver_create(s->context, &settings, &s->loss, &solver));
    check_ok(s->context, spn_solver_run(s->context, solver, beta, s->theta, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    spn_solver_free(s->context, solver);
}

static void measure(scene *s, int method, int64_t smallest, spn_geometry out[2])
{
    spn_geometry_settings settings;
    spn_geometry_workspace *workspace = NULL;
    settings = defaults(s->context);
    settings.method = method;
    settings.smallest = smallest;
    settings.probes = 64;
    check_ok(s->context, spn_geometry_workspace_choose(s->context, &s->loss, &settings,
                                                       SPN_GEOMETRY_ALL, &workspace, NULL));
    assert_int_equal(spn_geometry_method(workspace), method == 0 ? SPN_SPECTRUM_DENSE : method);
    check_ok(s->context, spn_geometry_measure(s->context, workspace, s->point, SPN_GEOMETRY_ALL,
                                              &out[0], &out[1]));
    spn_geometry_workspace_free(s->context, workspace);
}

/* Ends are as good as the square of their residuals (1e-6 of the largest) over their distance to others, here some 0.01. */
static const double END = 1e-9;

static void check_exact_part(const spn_geometry *actual, const spn_geometry *expected)
{
    double norm = fmax(fabs(expected->eigenvalue_min), fabs(expected->eigenvalue_max));
    check_close(actual->trace, expected->trace, 1e-11, norm);
    check_close(actual->mean_curvature, expected->mean_curvature, 1e-11, norm);
    check_close(actual->fisher_trace, expected->fisher_trace, 1e-11, 0);
    check_close(actual->eigenvalue_min, expected->eigenvalue_min, END, norm);
    check_close(actual->eigenvalue_max, expected->eigenvalue_max, END, norm);
    check_close(actual->principal_curvature_min, expected->principal_curvature_min, END, norm);
    check_close(actual->principal_curvature_max, expected->principal_curvature_max, END, norm);
    assert_true(actual->eigenvalue_residual <= 2e-6 * norm);
    assert_true(isnan(actual->gauss_kronecker_log) && isnan(actual->residual_share));
    assert_int_equal(actual->zero_eigenvalues, -1);
}

static void check_surface(const spn_geometry *actual, const spn_geometry *expected)
{
    double size = expected->trace * expected->trace;
    check_exact_part(actual, expected);
    assert_true(expected->method == SPN_SPECTRUM_DENSE && expected->scalar_curvature_stderr == 0);
    if (actual->method == SPN_SPECTRUM_MOMENTS) {
        check_close(actual->scalar_curvature, expected->scalar_curvature, 1e-11, size);
        check_close(actual->frobenius_squared, expected->frobenius_squared, 1e-11, 0);
        assert_true(actual->scalar_curvature_stderr == 0 && actual->frobenius_stderr == 0);
    } else { /* one seed: five standard errors of 64 probes */
        double error = actual->scalar_curvature_stderr;
        assert_true(error > 0 && error < 0.03 * size);
        assert_true(fabs(actual->scalar_curvature - expected->scalar_curvature) < 5 * error);
        assert_true(actual->scalar_curvature_low < actual->scalar_curvature);
        assert_true(actual->scalar_curvature_high > actual->scalar_curvature);
        assert_true(fabs(actual->frobenius_squared - expected->frobenius_squared) <
                    5 * actual->frobenius_stderr);
    }
}

/* A minimum: the gate passes, and decrement, distance and susceptibility are those of the dense solve. Slightly beside
 * it the gate does not, by the same numbers. */
static void check_minimum(bool is_ridge)
{
    scene s;
    spn_geometry expected[2], actual[2];
    open_scene(&s, is_ridge);
    settle(&s, 0.05);
    for (int step = 0; step < 2; step++) {
        s.theta[3] += step * 1e-3;
        check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 0.05, NULL, SPN_WANT_ALL));
        measure(&s, SPN_SPECTRUM_AUTO, 1, expected);
        assert_int_equal(expected[1].stationary, 1 - step);
        assert_int_equal(expected[1].negative_eigenvalues, 0);
        for (int method = SPN_SPECTRUM_MOMENTS; method <= SPN_SPECTRUM_STOCHASTIC; method++) {
            measure(&s, method, 1, actual);
            check_surface(&actual[0], &expected[0]);
            check_surface(&actual[1], &expected[1]);
            assert_int_equal(actual[1].stationary, 1 - step);
            assert_int_equal(actual[1].negative_eigenvalues, 0);
            if (step == 1) {
                check_close(actual[1].newton_decrement, expected[1].newton_decrement, 1e-6, 0);
                check_close(actual[1].distance, expected[1].distance, 1e-6, 0);
                assert_true(isnan(actual[1].susceptibility));
                continue;
            }
            check_close(actual[1].susceptibility, expected[1].susceptibility, 1e-9, 0);
            check_close(actual[1].newton_decrement, expected[1].newton_decrement, 1e-3, 1e-9);
        }
    }
    close_scene(&s);
}

static void test_minimum(void **state)
{
    (void)state;
    check_minimum(true);
    check_minimum(false);
}

/* Where so few products are made that the lowest eigenvalue may lie below what was found, nothing is said of the index: a Ritz value is an upper
 * bound. */
static void test_unconverged(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, true);
    settle(&s, 0.05);
    check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 0.05, NULL, SPN_WANT_ALL));
    for (int64_t products = 2; products <= 256; products *= 2) {
        spn_geometry_settings settings = defaults(s.context);
        spn_geometry_workspace *workspace = NULL;
        spn_geometry out[2];
        settings.method = SPN_SPECTRUM_MOMENTS;
        settings.products = products;
        check_ok(s.context, spn_geometry_workspace_choose(s.context, &s.loss, &settings,
                                                          SPN_GEOMETRY_ALL, &workspace, NULL));
        check_ok(s.context, spn_geometry_measure(s.context, workspace, s.point, SPN_GEOMETRY_ALL,
                                                 &out[0], &out[1]));
        const double norm = fmax(fabs(out[1].eigenvalue_min), fabs(out[1].eigenvalue_max));
        const bool is_known = out[1].eigenvalue_residual <= 1e-6 * norm;
        assert_int_equal(out[1].negative_eigenvalues, is_known ? 0 : -1);
        assert_true(is_known == (products == 256) || products > 8);
        spn_geometry_workspace_free(s.context, workspace);
    }
    close_scene(&s);
}

/* Far from any minimum: the slope alone says that it is none; negative eigenvalues are counted where all were looked for. */
static void test_elsewhere(void **state)
{
    (void)state;
    scene s;
    spn_geometry expected[2], actual[2];
    open_scene(&s, true);
    check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 0.05, NULL, SPN_WANT_ALL));
    measure(&s, SPN_SPECTRUM_DENSE, 1, expected);
    assert_true(expected[1].negative_eigenvalues > 1);
    for (int method = SPN_SPECTRUM_MOMENTS; method <= SPN_SPECTRUM_STOCHASTIC; method++) {
        measure(&s, method, 1, actual);
        check_surface(&actual[0], &expected[0]);
        check_surface(&actual[1], &expected[1]);
        assert_int_equal(actual[1].stationary, 0);
        assert_int_equal(actual[1].negative_eigenvalues, -1);
        assert_true(isnan(actual[1].newton_decrement));
        measure(&s, method, s.size - 1, actual);
        assert_int_equal(actual[1].negative_eigenvalues,
                         -1); /* copies beyond the block are not excluded */
    }
    close_scene(&s);
}

/* theta = 0 of tanh without outputs learned: every gradient but that of the output's bias vanishes, all eigenvalues of L but few are 2 beta:
 * the saddle is neither passed nor refused, and the index of a trivial minimum is 0. */
static void test_trivial(void **state)
{
    (void)state;
    scene s;
    spn_geometry expected[2], actual[2];
    open_scene(&s, true);
    memset(s.theta, 0, (size_t)s.size * sizeof *s.theta);
    settle(&s, 2.5);
    check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 2.5, NULL, SPN_WANT_ALL));
    measure(&s, SPN_SPECTRUM_DENSE, 1, expected);
    assert_true(expected[1].negative_eigenvalues == 0 && expected[1].stationary == 1);
    measure(&s, SPN_SPECTRUM_MOMENTS, 1, actual);
    check_surface(&actual[1], &expected[1]);
    assert_true(actual[1].negative_eigenvalues == 0 && actual[1].stationary == 1);
    check_close(actual[1].susceptibility, expected[1].susceptibility, 1e-9, 1);
    close_scene(&s);
}

/* Nothing of the Hessian; what is not finite is a result. */
static void test_not_finite(void **state)
{
    (void)state;
    scene s;
    spn_geometry actual[2];
    open_scene(&s, true);
    check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 0.05, NULL, SPN_WANT_ALL));
    measure(&s, SPN_SPECTRUM_NONE, 1, actual);
    assert_true(isnan(actual[0].trace) && actual[1].stationary == -1);
    check_close(actual[1].value, s.point->value, 0, 0);
    assert_true(actual[1].gradient_norm > 0 && actual[1].weight_norm > 0);
    s.theta[0] = (double)NAN;
    check_ok(s.context, spn_point_set(s.context, s.point, s.theta, 0.05, NULL, SPN_WANT_ALL));
    measure(&s, SPN_SPECTRUM_MOMENTS, 1, actual);
    assert_true(isnan(actual[0].scalar_curvature) && isnan(actual[1].eigenvalue_min));
    assert_string_equal(spn_error_text(s.context), "");
    close_scene(&s);
}

/* Sizes alone choose; what does not fit is refused before anything is made. */
static void test_choice(void **state)
{
    (void)state;
    scene s;
    spn_geometry_settings settings;
    spn_geometry_workspace *workspace = NULL;
    spn_forecast forecast;
    open_scene(&s, true);
    settings = defaults(s.context);
    check_ok(s.context,
             spn_geometry_forecast(s.context, &s.loss, &settings, SPN_GEOMETRY_SWEEP, &forecast));
    assert_int_equal(forecast.method, SPN_SPECTRUM_DENSE);
    assert_true(forecast.dense.bytes == 4.0 * (double)(s.size * s.size) * sizeof(double));
    const double all = forecast.moments.seconds;
    check_ok(s.context, spn_geometry_forecast(s.context, &s.loss, &settings, 0, &forecast));
    assert_true(forecast.moments.seconds < all);
    settings.patience = 0; /* dense only where it is quicker than estimates */
    check_ok(s.context,
             spn_geometry_forecast(s.context, &s.loss, &settings, SPN_GEOMETRY_ALL, &forecast));
    assert_true(forecast.method != SPN_SPECTRUM_DENSE ||
                forecast.dense.seconds <= forecast.stochastic.seconds);
    settings.method = SPN_SPECTRUM_NONE;
    check_ok(s.context,
             spn_geometry_forecast(s.context, &s.loss, &settings, SPN_GEOMETRY_ALL, &forecast));
    check_fails(
        s.context,
        spn_spectrum_forecast(s.context, &s.loss, &settings, SPN_SPECTRUM_DENSITY, &forecast),
        SPN_ERROR_UNSUPPORTED, "geometry.method: density of 83 parameters");
    settings.memory = 1e-5;
    settings.method = SPN_SPECTRUM_DENSE;
    check_fails(s.context,
                spn_geometry_workspace_choose(s.context, &s.loss, &settings, SPN_GEOMETRY_ALL,
                                              &workspace, NULL),
                SPN_ERROR_UNSUPPORTED,
                "geometry.method: geometry of 83 parameters: the way 'dense' takes ");
    assert_null(workspace);
    settings.probes = 15;
    check_fails(s.context, spn_geometry_check(s.context, &settings), SPN_ERROR_INPUT,
                "geometry.probes");
    check_ok(s.context, spn_geometry_workspace_choose(s.context, &s.loss, NULL, SPN_GEOMETRY_ALL,
                                                      &workspace, NULL));
    assert_int_equal(spn_geometry_method(workspace), SPN_SPECTRUM_DENSE);
    spn_geometry_workspace_free(s.context, workspace);
    close_scene(&s);
}

static spn_status run_all(spn_context *context, void *memory)
{
    spn_status status = SPN_OK;
    const spn_geometry_settings *settings = memory;
    const double a[3] = {0.9}, theta[3] = {0.5, -0.8, 1.1};
    const spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 3, a};
    const spn_objective objective = spn_landscape_objective(&landscape);
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_geometry both[2];
    SPN_TRY(spn_point_create(context, &objective, &point));
    SPN_TRY(spn_point_set(context, point, theta, 3, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_geometry_workspace_choose(context, &objective, settings, SPN_GEOMETRY_ALL,
                                          &workspace, NULL));
    SPN_TRY(spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &both[0], &both[1]));
done:
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_geometry_settings settings;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    settings = defaults(context);
    settings.method = SPN_SPECTRUM_STOCHASTIC;
    spn_context_free(context);
    assert_true(support_fail_each_allocation(run_all, &settings) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimum),    cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_trivial),    cmocka_unit_test(test_unconverged),
        cmocka_unit_test(test_not_finite), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
