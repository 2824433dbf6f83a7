/* SPDX-License-Identifier: MIT */
/* newton_cg on networks: the points of dense Newton, the index of dense Hessians, saddles of merged units, units of
 * measurement, bits, interruption, memory. */
#include "support.h"

#include <float.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <string.h>

enum { SAMPLES = 200 };

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static spn_solver_settings settings_of(int method)
{
    return (spn_solver_settings){.method = method,
                                 .tolerance = 1e-9,
                                 .max_iterations = 20000,
                                 .learning_rate = 0.1,
                                 .epsilon = 1e-8,
                                 .batch = 1,
                                 .history = 20,
                                 .trust_radius = 0.1,
                                 .trust_radius_max = 1000};
}

typedef struct loss_case {
    spn_dataset *data;
    spn_network *network;
    spn_network_error *error;
    spn_regularised regularised;
    spn_objective loss;
    double *theta;
    int64_t size;
} loss_case;

/* Three inputs, two targets that follow them with correlations of 0.9 and 0.5, in units of their own. */
static void open_case(loss_case *c, spn_activation activation, spn_error_kind kind, int64_t width,
                      spn_regularise_kind regularise, double input_unit, double target_unit)
{
    const int64_t hidden[2] = {width, width};
    double *rows = calloc(SAMPLES * 5, sizeof *rows);
    spn_random random = spn_random_stream(4, SPN_PURPOSE_TEST, 0);
    for (int64_t n = 0; n < SAMPLES; n++) {
        double *row = rows + 5 * n;
        for (int i = 0; i < 5; i++) {
            row[i] = spn_random_normal(&random);
        }
        row[3] = target_unit * (0.9 * row[0] + 0.436 * row[3]);
        row[4] = target_unit * (0.5 * row[1] + 0.866 * row[4]);
        for (int i = 0; i < 3; i++) {
            row[i] *= input_unit;
        }
        if (kind == SPN_ERROR_CROSS_ENTROPY) {
            row[3] = row[3] > row[4] ? 1 : 0;
            row[4] = 1 - row[3];
        }
    }
    check_ok(context, spn_dataset_from_rows(context, SAMPLES, 3, 2, rows, NULL, NULL, &c->data));
    free(rows);
    check_ok(context, spn_network_create(context, 3, 2, 2, hidden, activation,
                                         regularise == SPN_REGULARISE_WEIGHTS, &c->network));
    check_ok(context, spn_network_error_create(context, c->network, c->data, kind, &c->error));
    check_ok(context, spn_network_error_regularise(context, c->error, regularise,
                                                   &c->regularised.regulariser));
    c->regularised.error = spn_network_error_objective(c->error);
    c->loss = spn_regularise(&c->regularised);
    c->size = c->loss.dimension;
    c->theta = calloc((size_t)c->size, sizeof *c->theta);
    spn_network_initialize(c->network, SPN_INIT_FAN_IN, 1, 1, 0, c->theta);
}

static void close_case(loss_case *c)
{
    spn_network_error_free(context, c->error);
    spn_network_free(context, c->network);
    spn_dataset_free(context, c->data);
    free(c->theta);
}

static spn_solver_info run(loss_case *c, int method, double beta, double *theta)
{
    spn_solver_settings settings = settings_of(method);
    spn_solver *solver = NULL;
    spn_solver_info info;
    check_ok(context, spn_solver_create(context, &settings, &c->loss, &solver));
    check_ok(context, spn_solver_run(context, solver, beta, theta, &info));
    spn_solver_free(context, solver);
    return info;
}

static int64_t dense_index(const loss_case *c, double beta, const double *theta, double *smallest)
{
    int64_t n = c->size, count = 0;
    double *h = calloc((size_t)(n * n), sizeof *h), *w = calloc((size_t)n, sizeof *w);
    spn_point *point = NULL;
    spn_dense *dense = NULL;
    check_ok(context, spn_point_create(context, &c->loss, &point));
    check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_dense_create(context, n, &dense));
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    check_ok(context, spn_eigen(context, dense, n, h, false, w));
    while (count < n && w[count] < -1e-9 * fmax(fabs(w[0]), fabs(w[n - 1]))) {
        count++;
    }
    *smallest = w[0];
    spn_dense_free(context, dense);
    spn_point_free(context, point);
    free(h), free(w);
    return count;
}

/* Upwards through two transitions: certified minima, whose smallest eigenvalue is that of the dense Hessian and which dense
 * Newton does not leave. */
static void test_minima(void **state)
{
    (void)state;
    const spn_error_kind kinds[] = {SPN_ERROR_MSE, SPN_ERROR_CROSS_ENTROPY};
    for (int i = 0; i < 4; i++) {
        loss_case c;
        open_case(&c, i % 2 ? SPN_SIGMOID : SPN_TANH, kinds[i / 2], 8,
                  i % 2 ? SPN_REGULARISE_WEIGHTS : SPN_REGULARISE_ALL, 1, 1);
        for (double beta = 0.005; beta < 0.4; beta *= 1.5) {
            double smallest = 0;
            spn_solver_info info = run(&c, SPN_METHOD_NEWTON_CG, beta, c.theta);
            assert_int_equal(info.stop, SPN_STOP_CONVERGED);
            assert_int_not_equal(info.certainty, SPN_CERTAIN_NOT);
            assert_int_equal(info.negative_eigenvalues, 0);
            assert_true(info.reduced <= c.size);
            assert_int_equal(dense_index(&c, beta, c.theta, &smallest), 0);
            /* Eigenvalues of Hessians of order 10 to their rounding, softened by what merging moves. */
            check_close(info.smallest_eigenvalue, smallest, 1e-9, 10);
            double *again = calloc((size_t)c.size, sizeof *again);
            memcpy(again, c.theta, (size_t)c.size * sizeof *again);
            spn_solver_info newton = run(&c, SPN_METHOD_NEWTON, beta, again);
            check_close(newton.value, info.value, 1e-12, 0);
            free(again);
        }
        close_case(&c);
    }
}

/* A pair of equal units where the minimum wants them different: no gradient parts them, the certificate does. */
static void test_merged_saddle(void **state)
{
    (void)state;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1, 1);
    double theta[14] = {0.9, 0.3, 0.1, 0.9, 0.3, 0.1, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7, 0.2, 0.2};
    assert_int_equal(c.size, 14);
    spn_solver_info info = run(&c, SPN_METHOD_NEWTON_CG, 1e-3, theta);
    double smallest = 0;
    assert_true(info.escapes > 0);
    assert_int_equal(info.negative_eigenvalues, 0);
    assert_int_equal(dense_index(&c, 1e-3, theta, &smallest), 0);
    assert_true(fabs(theta[0] - theta[3]) > 1e-2);
    close_case(&c);
}

/* Linear layers on x -> 2 x, y -> 4 y: theta -> c theta, beta -> 4^2 beta / c^2 with c^3 = 2. The same way, to rounding. */
static void test_units(void **state)
{
    (void)state;
    loss_case plain, scaled;
    const double factor = cbrt(2), beta = 0.05;
    open_case(&plain, SPN_LINEAR, SPN_ERROR_MSE, 4, SPN_REGULARISE_ALL, 1, 1);
    open_case(&scaled, SPN_LINEAR, SPN_ERROR_MSE, 4, SPN_REGULARISE_ALL, 2, 4);
    for (int64_t i = 0; i < plain.size; i++) {
        scaled.theta[i] = factor * plain.theta[i];
    }
    spn_solver_info first = run(&plain, SPN_METHOD_NEWTON_CG, beta, plain.theta);
    spn_solver_info second =
        run(&scaled, SPN_METHOD_NEWTON_CG, beta * 16 / (factor * factor), scaled.theta);
    assert_int_equal(first.stop, SPN_STOP_CONVERGED);
    assert_int_equal(first.evaluations, second.evaluations);
    assert_int_equal(first.products, second.products);
    check_close(second.value, 16 * first.value, 1e-12, 0);
    for (int64_t i = 0; i < plain.size; i++) {
        check_close(scaled.theta[i], factor * plain.theta[i], 1e-7, 1);
    }
    close_case(&plain);
    close_case(&scaled);
}

static void test_same_bits(void **state)
{
    (void)state;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 6, SPN_REGULARISE_ALL, 1, 1);
    size_t bytes = (size_t)c.size * sizeof(double);
    double *first = malloc(bytes), *again = malloc(bytes), *other = malloc(bytes);
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    spn_solver_info info;
    memcpy(first, c.theta, bytes), memcpy(again, c.theta, bytes), memcpy(other, c.theta, bytes);
    (void)run(&c, SPN_METHOD_NEWTON_CG, 0.02, first);
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    check_ok(context, spn_solver_run(context, solver, 0.3, other, &info));
    check_ok(context, spn_solver_run(context, solver, 0.02, again, &info));
    assert_memory_equal(first, again, bytes);
    assert_memory_equal(spn_solver_point(solver)->theta, again, bytes);
    assert_int_equal(spn_solver_point(solver)->has, SPN_WANT_ALL);
    spn_solver_free(context, solver);
    free(first), free(again), free(other);
    close_case(&c);
}

/* Runs that recall find the same minima with fewer products, and leave no trace in runs that do not. */
static void test_recall(void **state)
{
    (void)state;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 6, SPN_REGULARISE_ALL, 1, 1);
    size_t bytes = (size_t)c.size * sizeof(double);
    double *way[2] = {malloc(bytes), malloc(bytes)}, *again = malloc(bytes);
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    int64_t products[2] = {0};
    double farthest = 0;
    spn_solver *solver = NULL;
    spn_solver_info info;
    (void)run(&c, SPN_METHOD_NEWTON_CG, 0.02, c.theta);
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    for (int recalls = 0; recalls < 2; recalls++) {
        memcpy(way[recalls], c.theta, bytes);
        spn_solver_recall(solver, recalls == 1);
        for (int k = 1; k <= 20; k++) {
            check_ok(context,
                     spn_solver_run(context, solver, 0.02 + 1e-4 * k, way[recalls], &info));
            assert_int_equal(info.stop, SPN_STOP_CONVERGED);
            products[recalls] += info.products;
            farthest = fmax(farthest, info.gradient_norm / info.smallest_eigenvalue);
        }
    }
    assert_true(products[1] < products[0]);
    /* |H^-1 g| of either end is no longer than this, beside the rounding of theta. */
    for (int64_t i = 0; i < c.size; i++) {
        check_close(way[1][i], way[0][i], 2 * farthest + 1e-12, 1);
    }
    assert_true(farthest < 1e-5);
    spn_solver_recall(solver, false);
    memcpy(again, c.theta, bytes), memcpy(way[0], c.theta, bytes);
    check_ok(context, spn_solver_run(context, solver, 0.03, again, &info));
    (void)run(&c, SPN_METHOD_NEWTON_CG, 0.03, way[0]);
    assert_memory_equal(again, way[0], bytes);
    spn_solver_free(context, solver);
    free(way[0]), free(way[1]), free(again);
    close_case(&c);
}

/* A run that comes further from its start than it may ends there, and one that need not come so far is not touched. */
static void test_ways_are_bounded(void **state)
{
    (void)state;
    const double start[14] = {0.9, 0.3, 0.1, 0.8, 0.4, 0.2, 0.6, 0.6, 0.5, 0.7, 0.7, 0.7, 0.2, 0.2};
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    loss_case c;
    double end[14], theta[14], way = 0;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1, 1);
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    for (int i = 0; i < 4; i++) {
        const double most[4] = {0, 4 * way, way / 4, (double)NAN};
        const spn_solver_bounds bounds = {0.1, 0.1, 1000, true, 0, most[i]};
        spn_solver_info info;
        memcpy(theta, start, sizeof theta);
        if (i == 3) {
            check_fails(context,
                        spn_solver_run_within(context, solver, &bounds, 1e-3, theta, &info),
                        SPN_ERROR_ARGUMENT, "way_most");
            continue;
        }
        check_ok(context, spn_solver_run_within(context, solver, &bounds, 1e-3, theta, &info));
        double sum = 0;
        for (int k = 0; k < 14; k++) {
            sum += (theta[k] - start[k]) * (theta[k] - start[k]);
        }
        if (i == 0) {
            way = sqrt(sum);
            memcpy(end, theta, sizeof end);
        }
        assert_int_equal(info.stop, i < 2 ? SPN_STOP_CONVERGED : SPN_STOP_MAX_ITERATIONS);
        assert_true(i == 2 ? sqrt(sum) > way / 4 && sqrt(sum) < way / 4 + 0.11
                           : memcmp(theta, end, sizeof end) == 0);
    }
    spn_solver_free(context, solver);
    close_case(&c);
}

/* A saddle is left from near by, and not where n has changed by more than the share that is allowed. */
static void test_saddle_far_away(void **state)
{
    (void)state;
    const double start[14] = {0.9, 0.3, 0.1, 0.9, 0.3, 0.1, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7, 0.2, 0.2};
    const double shares[] = {0, 1e-6, 0.99};
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1, 1);
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const spn_solver_bounds bounds = {1, 1000, 1000, false, shares[i], 0};
        double theta[14];
        spn_solver_info info;
        memcpy(theta, start, sizeof theta);
        check_ok(context, spn_solver_run_within(context, solver, &bounds, 1e-3, theta, &info));
        /* Far away it is not even known to the last digit. */
        assert_int_equal(info.stop, i == 1 ? SPN_STOP_MAX_ITERATIONS : SPN_STOP_CONVERGED);
        assert_true((info.escapes > 0) == (i != 1));
        assert_true((info.negative_eigenvalues > 0) == (i == 1));
    }
    spn_solver_free(context, solver);
    close_case(&c);
}

/* No limit of steps is called a stall, and none is passed by leaving a saddle. */
static void test_limits(void **state)
{
    (void)state;
    const double start[14] = {0.9, 0.3, 0.1, 0.9, 0.3, 0.1, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7, 0.2, 0.2};
    const spn_solver_bounds stay = {1, 1000, 1000, true, 0, 0};
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    spn_solver_info info;
    loss_case c;
    double saddle[14], theta[14];
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1, 1);
    memcpy(saddle, start, sizeof saddle);
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    check_ok(context, spn_solver_run_within(context, solver, &stay, 1e-3, saddle, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    assert_true(info.negative_eigenvalues > 0);
    for (int64_t most = 0; most < 40; most++) {
        const spn_solver_bounds bounds = {0.01, 0.1, most, false, 0, 0};
        memcpy(theta, start, sizeof theta);
        check_ok(context, spn_solver_run_within(context, solver, &bounds, 1e-3, theta, &info));
        assert_int_not_equal(info.stop, SPN_STOP_STALLED);
        memcpy(theta, saddle, sizeof theta);
        check_ok(context, spn_solver_run_within(context, solver, &bounds, 1e-3, theta, &info));
        assert_true(most > 0 ||
                    (info.iterations == 0 && info.escapes == 0 && info.negative_eigenvalues > 0));
        for (int i = 0; most == 0 && i < 14; i++) {
            check_close(theta[i], saddle[i], 1e-14, 1); /* equal units are made exactly so */
        }
    }
    spn_solver_free(context, solver);
    close_case(&c);
}

/* Steps as long as numbers go, in units in which that is more: they are refused by no part of the solver. */
static void test_longest_steps(void **state)
{
    (void)state;
    double theta[14] = {9, 3, 1, 9, 3, 1, 6, 6, 6, 6, 7, 7, 2, 2};
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    spn_solver_info info;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1e-3, 1);
    assert_true(spn_objective_scales(&c.loss).weight > 1);
    settings.trust_radius_max = DBL_MAX;
    check_ok(context, spn_solver_create(context, &settings, &c.loss, &solver));
    check_ok(context, spn_solver_run(context, solver, 1e-5, theta, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    spn_solver_free(context, solver);
    close_case(&c);
}

static void test_interruption(void **state)
{
    (void)state;
    loss_case c;
    spn_flag cancel = 1;
    const spn_context_settings with = {.cancel = &cancel};
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_context *own = NULL;
    spn_solver *solver = NULL;
    spn_solver_info info;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 6, SPN_REGULARISE_ALL, 1, 1);
    assert_int_equal(spn_context_create(&with, &own), SPN_OK);
    check_ok(own, spn_solver_create(own, &settings, &c.loss, &solver));
    check_ok(own, spn_solver_run(own, solver, 0.02, c.theta, &info));
    assert_int_equal(info.stop, SPN_STOP_INTERRUPTED);
    spn_solver_free(own, solver);
    spn_context_free(own);
    close_case(&c);
}

static spn_status make_and_run(spn_context *made_in, void *memory)
{
    loss_case *c = memory;
    spn_solver_settings settings = settings_of(SPN_METHOD_NEWTON_CG);
    spn_solver *solver = NULL;
    spn_solver_info info;
    double theta[14] = {0.9, 0.3, 0.1, 0.9, 0.3, 0.1, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7, 0.2, 0.2};
    spn_status status = spn_solver_create(made_in, &settings, &c->loss, &solver);
    if (status == SPN_OK) {
        status = spn_solver_run(made_in, solver, 1, theta, &info);
    }
    spn_solver_free(made_in, solver);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    loss_case c;
    open_case(&c, SPN_TANH, SPN_ERROR_MSE, 2, SPN_REGULARISE_ALL, 1, 1);
    assert_true(support_fail_each_allocation(make_and_run, &c) > 50);
    close_case(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minima),          cmocka_unit_test(test_merged_saddle),
        cmocka_unit_test(test_units),           cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_recall),          cmocka_unit_test(test_ways_are_bounded),
        cmocka_unit_test(test_saddle_far_away), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_longest_steps),   cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
