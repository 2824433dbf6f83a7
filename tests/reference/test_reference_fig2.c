/* SPDX-License-Identifier: MIT */
/* The built-in experiment against an independent sweep in NumPy (fig2.txt, made by make_fig2.py): stationary
 * points of the three phases, where the solver goes, and where the phases end. */
#include "fixture.h"

#include <spinodal/geometry.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

enum { PARAMETERS = 50 };

/* The columns of fig2.txt, in this order. */
enum {
    BETA,
    ERROR,
    LOSS,
    WEIGHT_NORM,
    SCALAR_CURVATURE,
    ERROR_MIN,
    ERROR_MAX,
    LOSS_MIN,
    LOSS_MAX,
    FISHER_TRACE,
    SUSCEPTIBILITY,
    COLUMNS
};

static fixture *reference;
static spn_context *context;

typedef struct experiment {
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective loss;
    spn_arena *arena;
    spn_solver *solver;
    spn_geometry_workspace *workspace;
} experiment;

static int experiment_create(void **state)
{
    static experiment e;
    const double correlations[] = {0.9, 0.5};
    spn_data_settings data = {.kind = SPN_DATA_GAUSSIAN,
                              .samples = 1000,
                              .inputs = 3,
                              .outputs = 2,
                              .correlations = {2, correlations},
                              .moments = SPN_MOMENTS_EXACT,
                              .seed = 1};
    check_ok(context, spn_dataset_gaussian(context, &data, &e.dataset));
    check_ok(context,
             spn_network_create(context, 3, 2, 2, (int64_t[]){5, 5}, SPN_TANH, false, &e.network));
    check_ok(context,
             spn_network_error_create(context, e.network, e.dataset, SPN_ERROR_MSE, &e.error));
    e.loss = spn_ridge(spn_network_error_objective(e.error));
    assert_int_equal(e.loss.dimension, PARAMETERS);
    spn_settings settings;
    check_ok(context, spn_arena_create(context, &e.arena));
    check_ok(context, spn_settings_create(context, e.arena, &spn_solver_options, &settings));
    spn_solver_settings *solver = settings.values;
    solver->method = SPN_METHOD_NEWTON;
    solver->tolerance = 1e-11;
    check_ok(context, spn_solver_create(context, solver, &e.loss, &e.solver));
    check_ok(context, spn_geometry_workspace_create(context, PARAMETERS, &e.workspace));
    *state = &e;
    return 0;
}

static int experiment_free(void **state)
{
    experiment *e = *state;
    spn_geometry_workspace_free(context, e->workspace);
    spn_solver_free(context, e->solver);
    spn_arena_free(e->arena);
    spn_network_error_free(context, e->error);
    spn_network_free(context, e->network);
    spn_dataset_free(context, e->dataset);
    return 0;
}

/* The two data sets differ by some 1e-15, so the gradients by less than 1e-14 and the stationary points by
 * less than d = 1e-14 / (smallest eigenvalue of L's Hessian). Derivatives of eigenvalues and of R with
 * respect to theta are some 10 and some 10 |R|; chi amplifies once more by the inverse eigenvalue. */
static void check_observables(experiment *e, const spn_point *point, const double *row)
{
    double moved = 1e-14 / row[LOSS_MIN], tolerance = 1e-12 + 10 * moved;
    spn_geometry error, loss;
    check_ok(context,
             spn_geometry_measure(context, e->workspace, point, SPN_GEOMETRY_ALL, &error, &loss));
    check_close(error.value, row[ERROR], 1e-12, 0);
    check_close(loss.value, row[LOSS], 1e-12, 0);
    check_close(error.weight_norm, row[WEIGHT_NORM], tolerance, 1);
    check_close(error.scalar_curvature, row[SCALAR_CURVATURE], tolerance, 10);
    check_close(error.eigenvalue_min, row[ERROR_MIN], tolerance, 1);
    check_close(error.eigenvalue_max, row[ERROR_MAX], tolerance, 1);
    check_close(loss.eigenvalue_min, row[LOSS_MIN], tolerance, 1);
    check_close(loss.eigenvalue_max, row[LOSS_MAX], tolerance, 1);
    check_close(error.fisher_trace, row[FISHER_TRACE], tolerance, 1);
    check_close(loss.susceptibility, row[SUSCEPTIBILITY], tolerance + 10 * moved / row[LOSS_MIN],
                1);
    assert_int_equal(loss.stationary, 1);
    assert_int_equal(loss.negative_eigenvalues, 0);
}

static const char *const phases[] = {"full.", "middle.", "trivial."};

static void test_stationary_points(void **state)
{
    experiment *e = *state;
    spn_point *point = NULL;
    check_ok(context, spn_point_create(context, &e->loss, &point));
    for (int phase = 0; phase < 3; phase++) {
        const fixture_array *rows = fixture_get(reference, phases[phase], "points");
        const double *theta = fixture_get(reference, phases[phase], "theta")->values;
        assert_int_equal(rows->columns, COLUMNS);
        for (int64_t i = 0; i < rows->rows; i++) {
            const double *row = &rows->values[i * COLUMNS];
            check_ok(context, spn_point_set(context, point, theta + i * PARAMETERS, row[BETA], NULL,
                                            SPN_WANT_ALL));
            for (int64_t k = 0; k < PARAMETERS; k++) {
                check_close(point->gradient[k], 0, 1e-14, 1);
            }
            check_observables(e, point, row);
        }
    }
    spn_point_free(context, point);
}

/* A start 0.001 away is inside the basin of each of these minima; the narrowest is that of the trivial state
 * at beta = 0.001, which weights above beta / sigma = 0.0011 leave (T16). */
static void test_solver_returns(void **state)
{
    experiment *e = *state;
    for (int phase = 0; phase < 3; phase++) {
        const fixture_array *rows = fixture_get(reference, phases[phase], "points");
        const double *stored = fixture_get(reference, phases[phase], "theta")->values;
        for (int64_t i = 0; i < rows->rows; i++) {
            const double *row = &rows->values[i * COLUMNS];
            spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, (uint64_t)i);
            double theta[PARAMETERS];
            for (int64_t k = 0; k < PARAMETERS; k++) {
                theta[k] = stored[i * PARAMETERS + k] +
                           0.001 / sqrt(PARAMETERS) * spn_random_normal(&random);
            }
            spn_solver_info info;
            check_ok(context, spn_solver_run(context, e->solver, row[BETA], theta, &info));
            assert_int_equal(info.stop, SPN_STOP_CONVERGED);
            check_observables(e, spn_solver_point(e->solver), row);
        }
    }
}

/* Solve at `beta` from the stored point `index` of a phase; returns |theta| and E. */
static double solve_from(experiment *e, const char *phase, int64_t index, double beta,
                         double *error)
{
    const fixture_array *stored = fixture_get(reference, phase, "theta");
    if (index < 0) {
        index += stored->rows;
    }
    double theta[PARAMETERS];
    memcpy(theta, stored->values + index * PARAMETERS, sizeof theta);
    spn_solver_info info;
    check_ok(context, spn_solver_run(context, e->solver, beta, theta, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_int_equal(info.negative_eigenvalues, 0);
    *error = spn_point_error(spn_solver_point(e->solver))->value;
    return spn_norm(PARAMETERS, theta);
}

/* Index of the stored point of a phase whose beta is nearest. */
static int64_t nearest_point(const char *phase, double beta)
{
    const fixture_array *rows = fixture_get(reference, phase, "points");
    int64_t best = 0;
    for (int64_t i = 1; i < rows->rows; i++) {
        if (fabs(rows->values[i * COLUMNS] - beta) < fabs(rows->values[best * COLUMNS] - beta)) {
            best = i;
        }
    }
    return best;
}

/* The stored ends of the phases are known to 1e-6. 2e-4 inside, where the norm still differs from that at
 * the end by less than 0.07 (it goes like the square root of the distance), the phase is kept; 2e-4
 * outside it is gone, and the solver is in the next one. */
static void test_upward_jumps(void **state)
{
    experiment *e = *state;
    for (int jump = 0; jump < 2; jump++) {
        const double *ends = fixture_get(reference, "", "jumps")->values + 2 * jump;
        const double *before = fixture_get(reference, "", "before")->values + COLUMNS * jump;
        const double *after = fixture_get(reference, "", "after")->values + COLUMNS * jump;
        double error, norm;
        norm = solve_from(e, phases[jump], -1, ends[0] - 2e-4, &error);
        check_close(norm, before[WEIGHT_NORM], 0.07, 0);
        assert_true(fabs(error - before[ERROR]) < 0.4 * (after[ERROR] - before[ERROR]));
        norm = solve_from(e, phases[jump], -1, ends[1] + 2e-4, &error);
        check_close(norm, after[WEIGHT_NORM], 1e-3, 1);
        check_close(error, after[ERROR], 1e-3, 0);
    }
}

/* On the way down the middle phase ends at a branch point: a fourfold eigenvalue of its five equal hidden
 * units crosses zero, and the symmetric state goes on as a saddle, which the solver has to leave. */
static void test_downward_end(void **state)
{
    experiment *e = *state;
    const double *ends = fixture_get(reference, "", "middle_end")->values;
    double error, norm;
    norm = solve_from(e, "middle.", 0, ends[0] + 2e-4, &error);
    check_close(norm, 1.975, 0.01, 0);
    check_close(error, 1.1967, 1e-3, 0);
    solve_from(e, "middle.", 0, ends[1] - 2e-4, &error);
    assert_true(error < 1);
}

/* Where two phases have equal loss. The stored beta is good to 1e-12, dL/dbeta = |theta|^2 <= 5. */
static void test_maxwell_points(void **state)
{
    experiment *e = *state;
    const double *beta = fixture_get(reference, "", "maxwell")->values;
    for (int k = 0; k < 2; k++) {
        double error, loss[2];
        for (int side = 0; side < 2; side++) {
            const char *phase = phases[k + side];
            double norm = solve_from(e, phase, nearest_point(phase, beta[k]), beta[k], &error);
            loss[side] = error + beta[k] * norm * norm;
        }
        check_close(loss[0], loss[1], 1e-11, 0);
    }
}

/* Compare with a sweep, warm-started at `theta`. Both programs converge to
 * far better than 1e-9, but the reference's rows come from doubles throughout: 1e-9 of E and |theta|, and
 * 1e-7 of R, which is a difference of larger numbers, leaves room for soft directions. */
static void check_sweep(experiment *e, const char *name, double *theta)
{
    const fixture_array *rows = fixture_get(reference, "", name);
    int64_t compared = 0;
    for (int64_t i = 0; i < rows->rows; i++) {
        const double *row = &rows->values[i * COLUMNS];
        spn_solver_info info;
        check_ok(context, spn_solver_run(context, e->solver, row[BETA], theta, &info));
        bool is_unique = strcmp(name, "down") == 0 || row[BETA] >= 0.05;
        if (is_unique) {
            spn_geometry error;
            const spn_point *point = spn_solver_point(e->solver);
            check_ok(context, spn_geometry_measure(context, e->workspace, point,
                                                   SPN_GEOMETRY_SPECTRUM, &error, NULL));
            check_close(error.value, row[ERROR], 1e-9, 0);
            check_close(error.weight_norm, row[WEIGHT_NORM], 1e-9, 1);
            check_close(error.scalar_curvature, row[SCALAR_CURVATURE], 1e-7, 1);
            check_close(error.eigenvalue_min, row[ERROR_MIN], 1e-7, 1);
            compared++;
        }
    }
    assert_true(compared > 100);
}

/* Up from the initial weights of seed 1 through all 200 points, both jumps included; then down from the last
 * point of the middle phase. Below beta = 0.05 the upward branch is one of several minima and is not
 * compared; the minimum at 0.05 is the only one known (12 random starts reach it). */
static void test_sweeps(void **state)
{
    experiment *e = *state;
    double theta[PARAMETERS];
    spn_network_initialize(e->network, SPN_INIT_FAN_IN, 0.7, 1, 0, theta);
    check_sweep(e, "up", theta);
    const fixture_array *middle = fixture_get(reference, "middle.", "theta");
    memcpy(theta, middle->values + (middle->rows - 1) * PARAMETERS, sizeof theta);
    check_sweep(e, "down", theta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stationary_points), cmocka_unit_test(test_solver_returns),
        cmocka_unit_test(test_upward_jumps),      cmocka_unit_test(test_downward_end),
        cmocka_unit_test(test_maxwell_points),    cmocka_unit_test(test_sweeps),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    reference = fixture_read("fig2.txt");
    int failed = cmocka_run_group_tests(tests, experiment_create, experiment_free);
    fixture_free(reference);
    spn_context_free(context);
    return failed;
}
