/* SPDX-License-Identifier: MIT */
/* Deep linear networks on exactly whitened data: T11 to T15 as closed forms written out here,
 * against the network, the solver and the geometry. */
#include "support.h"

#include <spinodal/geometry.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

enum { SAMPLES = 8, INPUTS = 3, OUTPUTS = 2, HIDDEN = 3, DEPTH_MAX = 4, PARAMETERS_MAX = 64 };

static const double sigma[OUTPUTS] = {0.9, 0.5}; /* singular values of (1/N) sum y x^T */
static const double noise = 0.25;                /* part of y that x does not explain */
static spn_context *context;

/* Column j of the 8 x 8 Hadamard matrix: the columns are orthogonal, each has mean square 1, and all but
 * column 0 have mean 0. */
static double hadamard(int n, int j)
{
    return __builtin_popcount((unsigned)(n & j)) % 2 == 0 ? 1 : -1;
}

/* Rows of a rotation of R^3 and of R^2 with rational entries: the modes are not along the axes. */
static const double v[INPUTS][INPUTS] = {{0.6, 0.8, 0},
                                         {-0.8 * 5 / 13, 0.6 * 5 / 13, 12.0 / 13},
                                         {0.8 * 12 / 13, -0.6 * 12 / 13, 5.0 / 13}};
static const double u[OUTPUTS][OUTPUTS] = {{8.0 / 17, 15.0 / 17}, {-15.0 / 17, 8.0 / 17}};

/* x = sum_i v_i z_i with z_i Hadamard columns, y = sum_i sigma_i u_i z_i + noise + mean. */
static spn_dataset *make_data(const double mean[OUTPUTS])
{
    double rows[SAMPLES * (INPUTS + OUTPUTS)] = {0};
    for (int n = 0; n < SAMPLES; n++) {
        double *row = rows + n * (INPUTS + OUTPUTS);
        for (int i = 0; i < INPUTS; i++) {
            for (int k = 0; k < INPUTS; k++) {
                row[k] += v[i][k] * hadamard(n, 1 + i);
            }
        }
        for (int k = 0; k < OUTPUTS; k++) {
            row[INPUTS + k] = mean[k] + noise * hadamard(n, 4 + k);
            for (int i = 0; i < OUTPUTS; i++) {
                row[INPUTS + k] += sigma[i] * u[i][k] * hadamard(n, 1 + i);
            }
        }
    }
    spn_dataset *dataset = NULL;
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, OUTPUTS, rows, NULL, NULL, &dataset));
    return dataset;
}

typedef struct model {
    int depth;
    int64_t parameters;
    spn_dataset *dataset;
    spn_network *network;
    spn_network_error *error;
    spn_objective loss;
    spn_arena *arena;
    spn_solver *solver;
    spn_geometry_workspace *workspace;
} model;

/* The solver keeps the address of m->loss: a model stays where it was made. */
static void model_create(model *m, int depth, spn_activation activation, bool has_bias,
                         const double mean[OUTPUTS])
{
    const int64_t hidden[DEPTH_MAX] = {HIDDEN, HIDDEN, HIDDEN, HIDDEN};
    m->depth = depth;
    m->dataset = make_data(mean);
    check_ok(context, spn_network_create(context, INPUTS, OUTPUTS, depth - 1, hidden, activation,
                                         has_bias, &m->network));
    check_ok(context,
             spn_network_error_create(context, m->network, m->dataset, SPN_ERROR_MSE, &m->error));
    m->parameters = spn_network_parameters(m->network);
    assert_true(m->parameters <= PARAMETERS_MAX);
    spn_settings settings;
    check_ok(context, spn_arena_create(context, &m->arena));
    check_ok(context, spn_settings_create(context, m->arena, &spn_solver_options, &settings));
    spn_solver_settings *solver = settings.values;
    solver->method = SPN_METHOD_NEWTON;
    solver->tolerance = 1e-11;
    m->loss = spn_ridge(spn_network_error_objective(m->error));
    check_ok(context, spn_solver_create(context, solver, &m->loss, &m->solver));
    check_ok(context, spn_geometry_workspace_create(context, m->parameters, &m->workspace));
}

static void model_free(model *m)
{
    spn_geometry_workspace_free(context, m->workspace);
    spn_solver_free(context, m->solver);
    spn_arena_free(m->arena);
    spn_network_error_free(context, m->error);
    spn_network_free(context, m->network);
    spn_dataset_free(context, m->dataset);
}

static const double no_mean[OUTPUTS] = {0, 0};

/* T13: beta(s) = (sigma - s) s^{1 - 2/D} and its derivative. */
static double branch(int depth, double target, double s)
{
    return (target - s) * pow(s, 1 - 2.0 / depth);
}
static double branch_slope(int depth, double target, double s)
{
    double power = 1 - 2.0 / depth;
    return -pow(s, power) + power * (target - s) * pow(s, power - 1);
}

static double spinodal_strength(int depth, double target)
{
    return depth < 3 ? 0 : target * (depth - 2) / (2.0 * (depth - 1));
}

/* The strength on the upper root (or the lower one) by bisection: beta(s) is monotone on either side of
 * the spinodal. */
static double strength(int depth, double target, double beta, bool is_upper)
{
    if (depth == 1) {
        return target / (1 + beta);
    }
    double turn = spinodal_strength(depth, target);
    double low = is_upper ? turn : 0, high = is_upper ? target : turn;
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (low + high);
        bool is_above = branch(depth, target, middle) > beta;
        if (is_above == is_upper) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

/* theta of the balanced state with strengths s: each layer carries s_i^{1/D} in mode i. */
static void make_state(const model *m, const double s[OUTPUTS], double *theta)
{
    memset(theta, 0, (size_t)m->parameters * sizeof *theta);
    for (int layer = 0; layer < m->depth; layer++) {
        int rows = layer == m->depth - 1 ? OUTPUTS : HIDDEN;
        int columns = layer == 0 ? INPUTS : HIDDEN;
        for (int mode = 0; mode < OUTPUTS; mode++) {
            double share = pow(s[mode], 1.0 / m->depth);
            for (int r = 0; r < rows; r++) {
                double left = layer == m->depth - 1 ? u[mode][r] : (r == mode ? 1 : 0);
                for (int c = 0; c < columns; c++) {
                    double right = layer == 0 ? v[mode][c] : (c == mode ? 1 : 0);
                    theta[r * columns + c] += share * left * right;
                }
            }
        }
        theta += rows * columns;
    }
}

static void perturb(const model *m, double size, double *theta)
{
    spn_random random = spn_random_stream(5, SPN_PURPOSE_TEST, (uint64_t)m->depth);
    for (int64_t i = 0; i < m->parameters; i++) {
        theta[i] += size * spn_random_normal(&random);
    }
}

/* T15: (D - 1) [m h - m (m + 1)/2] zero modes with m active modes. */
static int64_t zero_modes(const model *m, int64_t active)
{
    return (m->depth - 1) * (active * HIDDEN - active * (active + 1) / 2);
}

/* T11, |theta|^2 = D sum s^{2/D}, chi = -d|theta|^2/dbeta along T13, zero modes: at a point already set. */
static void check_phase(const model *m, const spn_point *point, const double s[OUTPUTS],
                        double tolerance)
{
    double beta = point->parameter, norm = 0, chi = 0;
    double error = OUTPUTS * noise * noise;
    int64_t active = 0;
    for (int i = 0; i < OUTPUTS; i++) {
        error += (s[i] - sigma[i]) * (s[i] - sigma[i]);
        if (s[i] > 0) {
            active++;
            norm += m->depth * pow(s[i], 2.0 / m->depth);
            chi -= 2 * pow(s[i], 2.0 / m->depth - 1) / branch_slope(m->depth, sigma[i], s[i]);
        }
    }
    spn_geometry e, l;
    check_ok(context, spn_geometry_measure(context, m->workspace, point, SPN_GEOMETRY_ALL, &e, &l));
    check_close(e.value, error, tolerance, 1);
    check_close(l.value, error + beta * norm, tolerance, 1);
    check_close(l.weight_norm * l.weight_norm, norm, tolerance, 1);
    check_close(l.susceptibility, chi, tolerance, 1);
    assert_int_equal(l.stationary, 1);
    assert_int_equal(l.zero_eigenvalues, zero_modes(m, active));
    spn_labels labels;
    check_ok(context, spn_point_labels(context, spn_point_error(point), &labels));
    assert_int_equal(labels.mode_count, OUTPUTS);
    assert_int_equal(labels.active_modes, active);
    for (int i = 0; i < OUTPUTS; i++) {
        check_close(labels.strengths[i], s[i], tolerance, 1);
    }
}

typedef struct phase_case {
    int depth;
    double beta;
    bool is_active[OUTPUTS];
} phase_case;

/* Every metastable phase of T12 and T15: the solver finds it from a start off by 0.01 in every weight. Its
 * tolerance of 1e-11 on theta and chi <= 60 leave 1e-9. */
static void test_phases(void **state)
{
    (void)state;
    static const phase_case cases[] = {
        {1, 0.1, {true, true}},   {1, 1.0, {true, true}},   {2, 0.1, {true, true}},
        {2, 0.7, {true, false}},  {2, 1.0, {false, false}}, {3, 0.1, {true, true}},
        {3, 0.1, {true, false}},  {3, 0.1, {false, false}}, {3, 0.17, {true, true}},
        {3, 0.38, {true, false}}, {3, 0.5, {false, false}}, {4, 0.1, {true, true}},
        {4, 0.1, {true, false}},  {4, 0.1, {false, false}}, {4, 0.3, {true, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const phase_case *c = &cases[i];
        model m;
        model_create(&m, c->depth, SPN_LINEAR, false, no_mean);
        double s[OUTPUTS], theta[PARAMETERS_MAX];
        for (int k = 0; k < OUTPUTS; k++) {
            s[k] = c->is_active[k] ? strength(c->depth, sigma[k], c->beta, true) : 0;
        }
        make_state(&m, s, theta);
        perturb(&m, 0.01, theta);
        spn_solver_info info;
        check_ok(context, spn_solver_run(context, m.solver, c->beta, theta, &info));
        assert_int_equal(info.stop, SPN_STOP_CONVERGED);
        assert_int_equal(info.negative_eigenvalues, 0);
        check_phase(&m, spn_solver_point(m.solver), s, 1e-9);
        model_free(&m);
    }
}

static double smallest(const model *m, const spn_point *point, int64_t *negative)
{
    spn_geometry l;
    check_ok(context,
             spn_geometry_measure(context, m->workspace, point, SPN_GEOMETRY_ALL, NULL, &l));
    *negative = l.negative_eigenvalues;
    return l.eigenvalue_min;
}

/* Distance of the nearest eigenvalue of L's Hessian, at the point measured last. */
static double spectrum_distance(const model *m, double beta, double wanted)
{
    double nearest = HUGE_VAL;
    for (int64_t i = 0; i < m->parameters; i++) {
        double value = spn_geometry_eigenvalues(m->workspace)[i] + 2 * beta;
        nearest = fmin(nearest, fabs(value - wanted));
    }
    return nearest;
}

/* T15: with mode i active and j not, there is an eigenvalue 2 s_i^{(D-2)/D} (sigma_i - sigma_j): a saddle
 * when j is the stronger. For D = 2 it is a saddle anyway: each inactive mode with sigma_j > beta has
 * 2 (beta - sigma_j) in the hidden directions that are free. */
static void check_one_mode(const model *m, spn_point *point, int i, double beta)
{
    double s[OUTPUTS] = {0, 0}, theta[PARAMETERS_MAX];
    s[i] = strength(m->depth, sigma[i], beta, true);
    make_state(m, s, theta);
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    int64_t negative;
    double least = smallest(m, point, &negative);
    double wanted = 2 * pow(s[i], (m->depth - 2.0) / m->depth) * (sigma[i] - sigma[1 - i]);
    check_close(spectrum_distance(m, beta, wanted), 0, 4e-14, 1);
    if (m->depth == 2) {
        check_close(least, 2 * (beta - sigma[1 - i]), 4e-14, 1);
    } else if (i == 1) {
        check_close(least, wanted, 4e-14, 1);
    }
    assert_int_equal(negative > 0, m->depth == 2 || i == 1);
    check_phase(m, point, s, 1e-12);
}

static void test_saddles(void **state)
{
    (void)state;
    const double beta = 0.05;
    for (int depth = 2; depth <= DEPTH_MAX; depth++) {
        model m;
        spn_point *point = NULL;
        model_create(&m, depth, SPN_LINEAR, false, no_mean);
        check_ok(context, spn_point_create(context, &m.loss, &point));
        check_one_mode(&m, point, 0, beta);
        check_one_mode(&m, point, 1, beta);
        if (depth > 2) { /* the lower root of T13 */
            double s[OUTPUTS] = {strength(depth, sigma[0], beta, false), 0}, theta[PARAMETERS_MAX];
            make_state(&m, s, theta);
            check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
            int64_t negative;
            smallest(&m, point, &negative);
            assert_true(negative >= 1);
        }
        spn_point_free(context, point);
        model_free(&m);
    }
}

/* Solve at `beta` from the phase with the modes < active on at `start`; returns the active modes. */
static int64_t follow(const model *m, int64_t active, double start, double beta)
{
    double s[OUTPUTS] = {0}, theta[PARAMETERS_MAX];
    for (int64_t i = 0; i < active; i++) {
        s[i] = strength(m->depth, sigma[i], start, true);
    }
    make_state(m, s, theta);
    spn_solver_info info;
    spn_labels labels;
    check_ok(context, spn_solver_run(context, m->solver, beta, theta, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    const spn_point *point = spn_solver_point(m->solver);
    check_ok(context, spn_point_labels(context, spn_point_error(point), &labels));
    for (int64_t i = 0; i < labels.active_modes; i++) {
        check_close(labels.strengths[i], strength(m->depth, sigma[i], beta, true), 1e-9, 1);
    }
    return labels.active_modes;
}

/* T13: the weakest mode of {1}, {1, 2} is there 0.1 % below its spinodal and gone 0.1 % above. T12: for
 * D = 2 it vanishes continuously, s = sigma - beta. */
static void test_jumps(void **state)
{
    (void)state;
    for (int depth = 3; depth <= DEPTH_MAX; depth++) {
        model m;
        model_create(&m, depth, SPN_LINEAR, false, no_mean);
        for (int64_t active = 1; active <= OUTPUTS; active++) {
            double target = sigma[active - 1];
            double beta = branch(depth, target, spinodal_strength(depth, target));
            assert_int_equal(follow(&m, active, 0.98 * beta, 0.999 * beta), active);
            assert_int_equal(follow(&m, active, 0.98 * beta, 1.001 * beta), active - 1);
            /* coming down, the trivial phase never loses stability (T14) */
            assert_int_equal(follow(&m, 0, beta, 1e-3), 0);
        }
        model_free(&m);
    }
    model m;
    model_create(&m, 2, SPN_LINEAR, false, no_mean);
    assert_int_equal(follow(&m, 2, 0.4, 0.45), 2);
    assert_int_equal(follow(&m, 2, 0.45, 0.55), 1);
    assert_int_equal(follow(&m, 1, 0.8, 0.84), 1);
    assert_int_equal(follow(&m, 1, 0.84, 0.95), 0);
    model_free(&m);
}

/* T13: at the Maxwell point phases that differ in one mode have the same loss, by its closed form and as
 * measured. */
static void test_maxwell(void **state)
{
    (void)state;
    for (int depth = 3; depth <= DEPTH_MAX; depth++) {
        model m;
        model_create(&m, depth, SPN_LINEAR, false, no_mean);
        double s = sigma[1] * (depth - 2) / (depth - 1), theta[PARAMETERS_MAX], value[2];
        double beta = sigma[1] / (depth - 1) * pow(s, 1 - 2.0 / depth);
        check_close(s, strength(depth, sigma[1], beta, true), 1e-14, 0);
        spn_point *point = NULL;
        check_ok(context, spn_point_create(context, &m.loss, &point));
        for (int k = 0; k < 2; k++) {
            double state_s[OUTPUTS] = {strength(depth, sigma[0], beta, true), k == 0 ? 0 : s};
            make_state(&m, state_s, theta);
            check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
            value[k] = point->value;
            check_phase(&m, point, state_s, 1e-12);
        }
        check_close(value[0], value[1], 1e-14, 1);
        spn_point_free(context, point);
        model_free(&m);
    }
}

/* T14: the trivial state b_D = mean(y)/(1 + beta) has eigenvalues 2 beta (1 +- phi'(0) |mean| / (1 + beta))
 * for D >= 3, and is unstable when phi'(0) |mean| > 1 + beta. */
static void test_trivial_state(void **state)
{
    (void)state;
    static const struct {
        spn_activation activation;
        double slope; /* phi'(0) */
    } kinds[] = {{SPN_TANH, 1}, {SPN_GELU, 0.5}, {SPN_LINEAR, 1}};
    const double beta = 0.1, lengths[] = {0.3, 2.5};
    for (int depth = 3; depth <= DEPTH_MAX; depth++) {
        for (int k = 0; k < 6; k++) {
            double length = lengths[k % 2], mean[OUTPUTS] = {0.6 * length, 0.8 * length};
            double split = kinds[k / 2].slope * length / (1 + beta), theta[PARAMETERS_MAX];
            model m;
            model_create(&m, depth, kinds[k / 2].activation, true, mean);
            check_ok(context, spn_objective_trivial(context, &m.loss, beta, theta));
            for (int64_t i = 0; i < m.parameters; i++) {
                int64_t output = i - (m.parameters - OUTPUTS);
                check_close(theta[i], output < 0 ? 0 : mean[output] / (1 + beta), 1e-15, 1);
            }
            spn_point *point = NULL;
            check_ok(context, spn_point_create(context, &m.loss, &point));
            check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
            int64_t negative;
            check_close(smallest(&m, point, &negative), 2 * beta * (1 - split), 1e-14, 2);
            assert_int_equal(negative > 0, split > 1);
            check_close(spectrum_distance(&m, beta, 2 * beta * (1 + split)), 0, 1e-14, 2);
            spn_point_free(context, point);
            model_free(&m);
        }
    }
}

/* T14: for D = 2 and no biases the onset is at phi'(0) sigma_max; at the origin the lowest eigenvalue is
 * 2 (beta - phi'(0) sigma_1). For D >= 3 all eigenvalues are 2 beta, and R of the loss 4 beta^2 P (P-1). */
static void test_origin(void **state)
{
    (void)state;
    const spn_activation kinds[] = {SPN_TANH, SPN_GELU};
    for (int k = 0; k < 2; k++) {
        for (int depth = 2; depth <= DEPTH_MAX; depth++) {
            model m;
            model_create(&m, depth, kinds[k], false, no_mean);
            double beta = 0.4, slope = k == 0 ? 1 : 0.5, theta[PARAMETERS_MAX] = {0};
            double count = (double)m.parameters;
            spn_point *point = NULL;
            spn_geometry e, l;
            check_ok(context, spn_point_create(context, &m.loss, &point));
            check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
            check_ok(context,
                     spn_geometry_measure(context, m.workspace, point, SPN_GEOMETRY_ALL, &e, &l));
            double lowest = depth == 2 ? 2 * (beta - slope * sigma[0]) : 2 * beta;
            check_close(l.eigenvalue_min, lowest, 1e-14, 2);
            if (depth > 2) {
                check_close(l.scalar_curvature, 4 * beta * beta * count * (count - 1), 1e-13, 0);
                check_close(e.scalar_curvature, 0, 1e-15, 1);
            }
            spn_point_free(context, point);
            model_free(&m);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases), cmocka_unit_test(test_saddles),
        cmocka_unit_test(test_jumps),  cmocka_unit_test(test_maxwell),
        cmocka_unit_test(test_origin), cmocka_unit_test(test_trivial_state),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
