/* SPDX-License-Identifier: MIT */
/* Continuous symmetries of linear networks: at minima their orbits are all the zero modes there are. */
#include "network_case.h"

#include <spinodal/geometry.h>
#include <spinodal/optimize.h>
#include <spinodal/theory.h>

enum { INPUTS = 5, OUTPUTS = 4, WIDTH = 4, SAMPLES = 60 };
static const int64_t hidden[3] = {WIDTH, WIDTH + 1, WIDTH};

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static spn_dataset *white_data(spn_context *context, int64_t modes, const double *sigma)
{
    const spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                        .samples = SAMPLES,
                                        .inputs = INPUTS,
                                        .outputs = OUTPUTS,
                                        .correlations = {modes, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 1};
    spn_dataset *data = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &data));
    return data;
}

/* Correlated inputs and outputs of nonzero mean: no symmetry of their own. */
static spn_dataset *skewed_data(spn_context *context)
{
    static const double sigma[2] = {0.9, 0.6};
    spn_dataset *white = white_data(context, 2, sigma), *data = NULL;
    double rows[SAMPLES * (INPUTS + OUTPUTS)];
    for (int64_t n = 0; n < SAMPLES; n++) {
        double *row = rows + n * (INPUTS + OUTPUTS);
        for (int64_t i = 0; i < INPUTS; i++) {
            double other = white->x[(i + 1) % INPUTS * white->stride + n];
            row[i] = (1 + 0.3 * (double)i) * white->x[i * white->stride + n] + 0.4 * other + 0.2;
        }
        for (int64_t k = 0; k < OUTPUTS; k++) {
            row[INPUTS + k] = white->y[k * white->stride + n] + 0.1 * (double)k;
        }
    }
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, OUTPUTS, rows, NULL, NULL, &data));
    spn_dataset_free(context, white);
    return data;
}

static network_case make_case(spn_context *context, spn_dataset *data, int64_t depth,
                              spn_activation activation, bool has_bias, spn_error_kind kind)
{
    network_case made = {.context = context, .data = data};
    check_ok(context, spn_network_create(context, data->inputs, data->outputs, depth - 1, hidden,
                                         activation, has_bias, &made.network));
    check_ok(context, spn_network_error_create(context, made.network, data, kind, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    return made;
}

static void minimise(network_case *made, const spn_objective *ridge, double beta)
{
    const spn_solver_settings settings = {.method = SPN_METHOD_NEWTON,
                                          .tolerance = 1e-10,
                                          .max_iterations = 500,
                                          .learning_rate = 1,
                                          .epsilon = 1e-8,
                                          .batch = 1,
                                          .history = 1,
                                          .trust_radius = 0.1,
                                          .trust_radius_max = 1};
    spn_solver *solver = NULL;
    spn_solver_info info;
    check_ok(made->context, spn_solver_create(made->context, &settings, ridge, &solver));
    check_ok(made->context, spn_solver_run(made->context, solver, beta, made->theta, &info));
    assert_int_equal(info.stop, SPN_STOP_CONVERGED);
    spn_solver_free(made->context, solver);
}

/* At the minimum below made->theta: the orbit's rank, which must be all zero eigenvalues of the dense
 * Hessian, with H z = 0. *labels: those of the solution. */
static int64_t rank_at_minimum(network_case *made, double beta, spn_labels *labels)
{
    spn_context *context = made->context;
    const spn_objective ridge = spn_ridge(made->objective);
    spn_geometry_workspace *workspace = NULL;
    spn_point *point = NULL;
    spn_geometry error, loss;
    int64_t n = made->size, capacity = spn_objective_orbit_capacity(&ridge), rank = -1;
    double *z = case_vector(capacity * n), *hz = case_vector(capacity * n);
    minimise(made, &ridge, beta);
    check_ok(context, spn_point_create(context, &ridge, &point));
    check_ok(context, spn_point_set(context, point, made->theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_geometry_workspace_create(context, n, &workspace));
    check_ok(context,
             spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &error, &loss));
    check_ok(context, spn_objective_orbit(context, &ridge, made->theta, z, &rank));
    check_ok(context, spn_point_hvp(context, point, SPN_PART_FULL, rank, z, hz));
    for (int64_t j = 0; j < rank; j++) {
        /* |H z| <= |A| |grad L| / |A theta|, with gradients below 1e-12 and weights of some 0.1 */
        check_close(spn_norm(n, hz + j * n), 0, 1e-10, 1);
    }
    assert_int_equal(loss.negative_eigenvalues, 0);
    assert_int_equal(rank, loss.zero_eigenvalues);
    check_ok(context, spn_point_labels(context, point, labels));
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    free(z);
    free(hz);
    return rank;
}

/* T15 on white data; skewed data, where nothing is closed, through the dense Hessian. */
static void orbits_are_all_zero_modes(void **state)
{
    (void)state;
    static const double sigma[3] = {0.9, 0.7, 0.5};
    spn_context *context = make_context();
    for (int64_t depth = 2; depth <= 4; depth++) {
        for (int kind = 0; kind < 3; kind++) { /* white; skewed without, with biases */
            spn_dataset *data = kind == 0 ? white_data(context, 3, sigma) : skewed_data(context);
            network_case made = make_case(context, data, depth, SPN_LINEAR, kind == 2,
                                          kind == 1 ? SPN_ERROR_MSE_MEAN : SPN_ERROR_MSE);
            spn_labels labels;
            spn_network_initialize(made.network, SPN_INIT_FAN_IN, 1, 3, 0, made.theta);
            int64_t rank = rank_at_minimum(&made, 0.02, &labels), active = labels.active_modes;
            assert_true(active > 0 && rank > 0);
            if (kind == 0) {
                assert_int_equal(active, 3);
                assert_int_equal(rank, spn_theory_zero_modes(depth, active, hidden));
            }
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* Balanced diagonal layers near `count` active modes, sigma = 0.7 in each. */
static void place(network_case *made, int64_t count)
{
    int64_t entries = 0;
    const spn_layout_entry *layout = spn_network_layout(made->network, &entries);
    for (int64_t e = 0; e < entries; e++) {
        for (int64_t i = 0; i < count; i++) {
            made->theta[layout[e].offset + i * layout[e].columns + i] =
                pow(0.6, 1 / (double)spn_network_depth(made->network));
        }
    }
}

/* All of the active ones have the closed strength s of T13. The directions of equal modes are any basis of
 * their space, on each processor's LAPACK another: the matrix u_i^T C_fx C_xx^{-1/2} v_j is s times a
 * projector of rank m in it. Its diagonal sums to m s in every basis; single strengths may have any share.
 * Weights err by 1e-10 over the smallest curvature, about beta = 0.05. */
static void check_equal_strengths(spn_context *context, const spn_labels *labels, int64_t depth,
                                  int64_t equal, int64_t active)
{
    spn_theory_state state;
    check_ok(context, spn_theory_state_at(context, depth, 0.7, 0.05, SPN_THEORY_UPPER, &state));
    double sum = 0;
    for (int64_t i = 0; i < equal; i++) {
        assert_true(labels->strengths[i] > -1e-8 && labels->strengths[i] < state.strength + 1e-8);
        sum += labels->strengths[i];
    }
    check_close(sum, (double)active * state.strength, 1e-8, 1);
    for (int64_t i = equal; i < labels->mode_count; i++) {
        check_close(labels->strengths[i], 0, 1e-8, 1);
    }
}

/* Of g equal modes m may be active (T13, T15): choosing them is a point of a Grassmannian of dimension
 * m (g - m), which the symmetry of the data moves. All of them: B is a multiple of the identity there. */
static void equal_modes_turn_into_each_other(void **state)
{
    (void)state;
    static const double sigma[3] = {0.7, 0.7, 0.7};
    spn_context *context = make_context();
    for (int64_t depth = 3; depth <= 4; depth++) {
        for (int64_t equal = 2; equal <= 3; equal++) {
            for (int64_t active = 1; active <= equal; active++) {
                network_case made = make_case(context, white_data(context, equal, sigma), depth,
                                              SPN_LINEAR, false, SPN_ERROR_MSE);
                spn_labels labels;
                place(&made, active);
                int64_t rank = rank_at_minimum(&made, 0.05, &labels);
                check_equal_strengths(context, &labels, depth, equal, active);
                assert_int_equal(rank, spn_theory_zero_modes(depth, active, hidden) +
                                           active * (equal - active));
                case_free(&made);
            }
        }
    }
    spn_context_free(context);
}

/* Anywhere, not only at minima: tangents to the level sets of E and of |theta|^2. */
static void generators_are_tangent(void **state)
{
    (void)state;
    static const double sigma[2] = {0.7, 0.7};
    spn_context *context = make_context();
    for (int64_t depth = 1; depth <= 4; depth++) {
        for (int bias = 0; bias < 2; bias++) {
            network_case made = make_case(context, white_data(context, 2, sigma), depth, SPN_LINEAR,
                                          bias == 1, SPN_ERROR_MSE);
            int64_t capacity = spn_objective_orbit_capacity(made.objective), pairs = 0, rank = 0;
            for (int64_t l = 0; l + 1 < depth; l++) {
                pairs += hidden[l] * (hidden[l] - 1) / 2;
            }
            /* The equal pair; three inputs and two outputs that correlate with nothing. */
            assert_int_equal(capacity, pairs + 1 + 3 + 1);
            double *z = case_vector(capacity * made.size);
            case_fill(made.size, 0.6, 5, made.theta);
            case_set(&made, made.theta);
            check_ok(context, spn_objective_orbit(context, made.objective, made.theta, z, &rank));
            assert_true(rank > 0);
            double size = spn_norm(made.size, made.point->gradient);
            for (int64_t j = 0; j < rank; j++) {
                const double *row = z + j * made.size;
                /* The sample's moments are exact to 1e-14. */
                check_close(spn_dot(made.size, row, made.point->gradient), 0, 1e-13, size);
                check_close(spn_dot(made.size, row, made.theta), 0, 1e-14,
                            spn_norm(made.size, made.theta));
            }
            free(z);
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* Turns rows a and b (stride 1) or columns (stride: columns) by the angle with cosine c and sine s. */
static void turn(int64_t count, int64_t step, double *a, double *b, double c, double s)
{
    for (int64_t i = 0; i < count; i++) {
        double kept = a[i * step];
        a[i * step] = c * kept - s * b[i * step];
        b[i * step] = s * kept + c * b[i * step];
    }
}

/* A finite rotation of two hidden units, and of the equal pair of modes at inputs and outputs. */
static void finite_rotations_change_nothing(void **state)
{
    (void)state;
    static const double sigma[2] = {0.7, 0.7};
    const double c = 0.6, s = 0.8;
    spn_context *context = make_context();
    network_case made =
        make_case(context, white_data(context, 2, sigma), 2, SPN_LINEAR, true, SPN_ERROR_MSE);
    case_fill(made.size, 0.6, 5, made.theta);
    case_set(&made, made.theta);
    double value = made.point->value, square = spn_dot(made.size, made.theta, made.theta);
    int64_t count = 0;
    const spn_layout_entry *e = spn_network_layout(made.network, &count);
    double *w1 = made.theta + e[0].offset, *b1 = made.theta + e[1].offset;
    double *w2 = made.theta + e[2].offset, *b2 = made.theta + e[3].offset;
    turn(INPUTS, 1, w1, w1 + INPUTS, c, s);
    turn(1, 1, b1, b1 + 1, c, s);
    turn(OUTPUTS, WIDTH, w2, w2 + 1, c, s);
    turn(WIDTH, INPUTS, w1, w1 + 1, c, s);
    turn(WIDTH, 1, w2, w2 + WIDTH, c, s);
    turn(1, 1, b2, b2 + 1, c, s);
    case_set(&made, made.theta);
    check_close(made.point->value, value, 1e-13, 1); /* moments exact to 1e-14 */
    check_close(spn_dot(made.size, made.theta, made.theta), square, 1e-14, 1);
    /* Outputs alone: no symmetry. */
    turn(WIDTH, 1, w2, w2 + WIDTH, c, s);
    turn(1, 1, b2, b2 + 1, c, s);
    case_set(&made, made.theta);
    assert_true(fabs(made.point->value - value) > 1e-3);
    case_free(&made);
    spn_context_free(context);
}

/* Only linear networks have an orbit; with cross-entropy the data's symmetries are not sought; means and
 * small inputs forbid what second moments of the large ones would allow. */
static void what_is_no_symmetry(void **state)
{
    (void)state;
    static const double sigma[2] = {0.7, 0.7};
    const int64_t pairs = WIDTH * (WIDTH - 1) / 2;
    spn_context *context = make_context();
    network_case curved =
        make_case(context, white_data(context, 2, sigma), 3, SPN_TANH, false, SPN_ERROR_MSE);
    assert_int_equal(spn_objective_orbit_capacity(curved.objective), 0);
    case_free(&curved);
    case_shape shape = {30, 3, 3, 1, {WIDTH}, SPN_LINEAR, true, SPN_ERROR_CROSS_ENTROPY};
    network_case entropy = case_create(context, &shape, 4);
    assert_int_equal(spn_objective_orbit_capacity(entropy.objective), pairs);
    case_free(&entropy);
    network_case skewed =
        make_case(context, skewed_data(context), 2, SPN_LINEAR, true, SPN_ERROR_MSE);
    /* Two outputs that correlate with nothing, but have means 0.2, 0.3: nothing turns them. */
    assert_int_equal(spn_objective_orbit_capacity(skewed.objective), pairs);
    case_free(&skewed);
    shape.kind = SPN_ERROR_MSE;
    double rows[30 * 6];
    const double scale[6] = {1e4, 1e-2, 2e-2, 1, 1, 1};
    case_fill(30 * 6, 1, 6, rows);
    for (int i = 0; i < 30 * 6; i++) {
        rows[i] *= scale[i % 6];
    }
    spn_dataset *drawn = NULL;
    check_ok(context, spn_dataset_from_rows(context, 30, 3, 3, rows, NULL, NULL, &drawn));
    network_case small = make_case(context, drawn, 2, SPN_LINEAR, false, SPN_ERROR_MSE);
    assert_int_equal(spn_objective_orbit_capacity(small.objective), pairs);
    case_free(&small);
    spn_context_free(context);
}

/* Depth 2, sigma - beta = w^2: the dying mode keeps its zero modes until w is noise. */
static void orbit_of_a_dying_mode(void **state)
{
    (void)state;
    static const double sigma[2] = {0.9, 0.5};
    spn_context *context = make_context();
    network_case made =
        make_case(context, white_data(context, 2, sigma), 2, SPN_LINEAR, false, SPN_ERROR_MSE);
    int64_t count = 0, rank = -1, capacity = spn_objective_orbit_capacity(made.objective);
    const spn_layout_entry *e = spn_network_layout(made.network, &count);
    double *z = case_vector(capacity * made.size);
    for (int k = 0; k <= 24; k++) {
        double w = pow(10, -0.5 * k);
        for (int64_t i = 0; i < 2; i++) {
            made.theta[e[0].offset + i * (INPUTS + 1)] = i == 0 ? 0.7 : w;
            made.theta[e[1].offset + i * (WIDTH + 1)] = i == 0 ? 0.7 : w;
        }
        check_ok(context, spn_objective_orbit(context, made.objective, made.theta, z, &rank));
        assert_int_equal(rank, spn_theory_zero_modes(2, w > 0.8e-8 ? 2 : 1, hidden));
    }
    free(z);
    case_free(&made);
    spn_context_free(context);
}

static spn_status create_error(spn_context *context, void *memory)
{
    const network_case *made = memory;
    spn_network_error *error = NULL;
    spn_status status =
        spn_network_error_create(context, made->network, made->data, SPN_ERROR_MSE, &error);
    spn_network_error_free(context, error);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const double sigma[2] = {0.7, 0.7};
    spn_context *context = make_context();
    network_case made =
        make_case(context, white_data(context, 2, sigma), 2, SPN_LINEAR, true, SPN_ERROR_MSE);
    assert_true(support_fail_each_allocation(create_error, &made) > 20);
    case_free(&made);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orbits_are_all_zero_modes),
        cmocka_unit_test(equal_modes_turn_into_each_other),
        cmocka_unit_test(generators_are_tangent),
        cmocka_unit_test(finite_rotations_change_nothing),
        cmocka_unit_test(what_is_no_symmetry),
        cmocka_unit_test(orbit_of_a_dying_mode),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
