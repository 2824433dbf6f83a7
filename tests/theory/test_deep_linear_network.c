/* SPDX-License-Identifier: MIT */
/* The closed forms against a real deep linear network on whitened data: at every phase, with its hidden
 * layers turned at random (the continuous symmetry), value, gate, susceptibility, index and zero modes. */
#include "support.h"

#include <float.h>
#include <spinodal/data.h>
#include <spinodal/geometry.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/theory.h>

enum { INPUTS = 3, OUTPUTS = 2, WIDTH = 4, DEPTH_MAX = 4, MODES = 2 };
static const double sigma[MODES] = {0.9, 0.5};

static spn_context *context;
static spn_dataset *dataset;

static int set_up(void **state)
{
    (void)state;
    const spn_data_settings settings = {
        .kind = SPN_DATA_GAUSSIAN,
        .samples = 50,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .correlations = {MODES, sigma},
        .moments = SPN_MOMENTS_EXACT,
        .seed = 1,
    };
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, spn_dataset_gaussian(context, &settings, &dataset));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_dataset_free(context, dataset);
    spn_context_free(context);
    return 0;
}

typedef struct case_under_test {
    int64_t depth;
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
    spn_point *point;
    spn_geometry_workspace *workspace;
} case_under_test;

static void open_case(int64_t depth, spn_activation activation, case_under_test *c)
{
    const int64_t hidden[DEPTH_MAX - 1] = {WIDTH, WIDTH, WIDTH};
    c->depth = depth;
    check_ok(context, spn_network_create(context, INPUTS, OUTPUTS, depth - 1, hidden, activation,
                                         false, &c->network));
    check_ok(context,
             spn_network_error_create(context, c->network, dataset, SPN_ERROR_MSE, &c->error));
    c->ridge = spn_ridge(spn_network_error_objective(c->error));
    check_ok(context, spn_point_create(context, &c->ridge, &c->point));
    check_ok(context, spn_geometry_workspace_create(context, c->ridge.dimension, &c->workspace));
}

static void close_case(case_under_test *c)
{
    spn_geometry_workspace_free(context, c->workspace);
    spn_point_free(context, c->point);
    spn_network_error_free(context, c->error);
    spn_network_free(context, c->network);
}

/* Balanced diagonal layers s^(1/D) for the active modes; then each hidden layer is reflected at a random
 * plane: W_l -> Q W_l, W_(l+1) -> W_(l+1) Q. */
static void place(const case_under_test *c, uint64_t active, double beta, double *theta)
{
    int64_t count = 0;
    const spn_layout_entry *layout = spn_network_layout(c->network, &count);
    memset(theta, 0, (size_t)c->ridge.dimension * sizeof *theta);
    for (int i = 0; i < MODES; i++) {
        spn_theory_state mode;
        check_ok(context,
                 spn_theory_state_at(context, c->depth, sigma[i], beta, SPN_THEORY_UPPER, &mode));
        for (int64_t l = 0; l < c->depth && active >> i & 1; l++) {
            theta[layout[l].offset + i * layout[l].columns + i] =
                pow(mode.strength, 1 / (double)c->depth);
        }
    }
    for (int64_t l = 0; l + 1 < c->depth; l++) {
        double u[WIDTH];
        double *below = theta + layout[l].offset, *above = theta + layout[l + 1].offset;
        spn_random random = spn_random_stream(51, SPN_PURPOSE_TEST, (uint64_t)l);
        for (int i = 0; i < WIDTH; i++) {
            u[i] = spn_random_normal(&random);
        }
        double square = spn_dot(WIDTH, u, u);
        for (int64_t k = 0; k < layout[l].columns; k++) {
            double along = 0;
            for (int64_t i = 0; i < WIDTH; i++) {
                along += u[i] * below[i * layout[l].columns + k];
            }
            for (int64_t i = 0; i < WIDTH; i++) {
                below[i * layout[l].columns + k] -= 2 * along / square * u[i];
            }
        }
        for (int64_t row = 0; row < layout[l + 1].rows; row++) {
            spn_axpy(WIDTH, -2 * spn_dot(WIDTH, u, above + row * WIDTH) / square, u,
                     above + row * WIDTH);
        }
    }
}

static void check_phase(case_under_test *c, uint64_t active, double beta)
{
    enum { P_MAX = WIDTH * (INPUTS + OUTPUTS) + WIDTH * WIDTH * (DEPTH_MAX - 2) };
    const int64_t hidden[DEPTH_MAX - 1] = {WIDTH, WIDTH, WIDTH};
    const spn_theory_network network = {c->depth, MODES, sigma, OUTPUTS};
    double theta[P_MAX];
    spn_theory_phase phase;
    spn_geometry e, l;
    check_ok(context, spn_theory_phase_at(context, &network, active, beta, &phase));
    place(c, active, beta, theta);
    check_ok(context, spn_point_set(context, c->point, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context,
             spn_geometry_measure(context, c->workspace, c->point, SPN_GEOMETRY_ALL, &e, &l));
    /* The data's moments are exact to about 1e-15, and so is theta. */
    const double tolerance = 1e-13;
    check_close(e.value, phase.error, tolerance, 1);
    check_close(l.value, phase.loss, tolerance, 1);
    check_close(l.weight_norm * l.weight_norm, phase.norm_squared, tolerance, 1);
    check_close(c->point->parameter_value, phase.norm_squared, tolerance, 1); /* T9 */
    assert_int_equal(l.stationary, 1);
    assert_int_equal(l.negative_eigenvalues == 0, phase.is_minimum);
    int64_t count = (int64_t)(active & 1) + (int64_t)(active >> 1 & 1);
    assert_int_equal(l.zero_eigenvalues, spn_theory_zero_modes(c->depth, count, hidden));
    check_close(l.susceptibility, phase.susceptibility, 1e-11, 1); /* T10; condition below 100 */
}

static void test_phases(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= DEPTH_MAX; depth++) {
        case_under_test c;
        open_case(depth, SPN_LINEAR, &c);
        for (uint64_t active = 0; active < 4; active++) {
            for (int k = 1; k <= 3; k++) {
                check_phase(&c, active, 0.03 * k);
            }
        }
        close_case(&c);
    }
}

/* Depth 2: both modes below beta = 0.5, only the strong one above, none beyond 0.9 (T12, T15). */
static void test_second_order(void **state)
{
    (void)state;
    case_under_test c;
    open_case(2, SPN_LINEAR, &c);
    check_phase(&c, 3, 0.2);
    check_phase(&c, 1, 0.2); /* a saddle */
    check_phase(&c, 1, 0.6);
    check_phase(&c, 0, 0.6); /* a saddle */
    check_phase(&c, 0, 1.1);
    close_case(&c);
}

/* T14 for tanh: at theta = 0 the smallest eigenvalue is 2 beta (depth 3), 2 (beta - sigma_max)
 * (depth 2, raw moments). */
static void test_trivial_state(void **state)
{
    (void)state;
    for (int64_t depth = 2; depth <= DEPTH_MAX; depth++) {
        const double beta = 0.3;
        double theta[64] = {0};
        case_under_test c;
        spn_geometry l;
        open_case(depth, SPN_TANH, &c);
        check_ok(context, spn_point_set(context, c.point, theta, beta, NULL, SPN_WANT_ALL));
        check_ok(context,
                 spn_geometry_measure(context, c.workspace, c.point, SPN_GEOMETRY_ALL, NULL, &l));
        assert_int_equal(l.stationary, 1);
        check_close(l.eigenvalue_min, spn_theory_trivial_eigenvalue(depth, 1, sigma[0], 0, beta),
                    1e-13, 1);
        close_case(&c);
    }
}

/* The data's own moments give back the modes. */
static void test_surrogate_of_data(void **state)
{
    (void)state;
    double xx[INPUTS * INPUTS], yx[OUTPUTS * INPUTS], yy[OUTPUTS * OUTPUTS], modes[MODES];
    double raw = 0, rho[MODES];
    int64_t rank = 0;
    check_ok(context, spn_dataset_moments(context, dataset, false, NULL, NULL, xx, yx, yy));
    check_ok(context, spn_theory_modes(context, INPUTS, OUTPUTS, xx, yx, modes, &raw, &rank));
    check_ok(context, spn_theory_canonical_correlations(context, INPUTS, OUTPUTS, xx, yx, yy, rho));
    assert_int_equal(rank, INPUTS);
    check_close(raw, sigma[0], 1e-13, 0);
    for (int i = 0; i < MODES; i++) {
        check_close(modes[i], sigma[i], 1e-13, 0);
        check_close(rho[i], sigma[i], 1e-13, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_trivial_state),
        cmocka_unit_test(test_surrogate_of_data),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
