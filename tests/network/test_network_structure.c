/* SPDX-License-Identifier: MIT */
/* What theory says about the error of a network: symmetries, subsets, closed forms, the trivial point. */
#include "network_case.h"

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* Where entry i of theta comes from when units a and b of hidden layer `layer` trade places and unit a
 * changes sign: theta'[i] = sign[i] theta[from[i]]. */
static void relabel(const spn_network *network, int64_t layer, int64_t a, int64_t b,
                    bool is_flipped, int64_t *from, double *sign)
{
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(network, &count);
    for (int64_t e = 0; e < count; e++) {
        for (int64_t r = 0; r < entries[e].rows; r++) {
            for (int64_t c = 0; c < entries[e].columns; c++) {
                int64_t row = r, column = c, i = entries[e].offset + r * entries[e].columns + c;
                bool is_into = entries[e].layer == layer;
                bool is_out_of = entries[e].layer == layer + 1 && !entries[e].is_bias;
                if (is_into && (r == a || r == b)) {
                    row = a + b - r;
                }
                if (is_out_of && (c == a || c == b)) {
                    column = a + b - c;
                }
                bool is_touched = (is_into && r == a) || (is_out_of && c == a);
                from[i] = entries[e].offset + row * entries[e].columns + column;
                sign[i] = is_flipped && is_touched ? -1.0 : 1.0;
            }
        }
    }
}

/* E is unchanged, gradient and Hessian are carried along. Sums over units change their order: a few
 * roundings. */
static void check_relabelling(network_case *made, int64_t layer, bool is_flipped)
{
    int64_t n = made->size;
    int64_t *from = calloc((size_t)n, sizeof *from);
    double *sign = case_vector(n), *theta = case_vector(n), *gradient = case_vector(n);
    relabel(made->network, layer, 1, 3, is_flipped, from, sign);
    case_set(made, made->theta);
    double value = made->point->value;
    memcpy(gradient, made->point->gradient, (size_t)n * sizeof *gradient);
    double *h = case_hessian(made, SPN_PART_FULL);
    for (int64_t i = 0; i < n; i++) {
        theta[i] = sign[i] * made->theta[from[i]];
    }
    case_set(made, theta);
    double *moved = case_hessian(made, SPN_PART_FULL);
    check_close(made->point->value, value, 1e-14, 0.0);
    double scale = case_largest(n, gradient), size = case_largest(n * n, h);
    for (int64_t i = 0; i < n; i++) {
        check_close(made->point->gradient[i], sign[i] * gradient[from[i]], 1e-13, scale);
        for (int64_t j = 0; j < n; j++) {
            check_close(moved[i + j * n], sign[i] * sign[j] * h[from[i] + from[j] * n], 1e-13,
                        size);
        }
    }
    free(from);
    free(sign);
    free(theta);
    free(gradient);
    free(h);
    free(moved);
}

static void units_may_be_renamed(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int activation = 0; spn_activation_words[activation] != NULL; activation++) {
        case_shape shape = {21, 3, 2, 2, {4, 5}, (spn_activation)activation, true, SPN_ERROR_MSE};
        network_case made = case_create(context, &shape, 12);
        bool is_odd = activation == SPN_TANH || activation == SPN_LINEAR;
        for (int64_t layer = 0; layer < 2; layer++) {
            check_relabelling(&made, layer, false);
            if (is_odd) {
                check_relabelling(&made, layer, true);
            }
        }
        case_free(&made);
    }
    spn_context_free(context);
}

/* Shifting all logits changes no probability: (0, .., 0, 1, .., 1) on the output biases is a null vector
 * of gradient and Hessian. */
static void softmax_has_a_null_vector(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {21, 3, 4, 1, {4}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY};
    network_case made = case_create(context, &shape, 12);
    double v[36] = {0.0}, hv[36];
    assert_int_equal(made.size, 36);
    v[32] = v[33] = v[34] = v[35] = 1.0;
    case_set(&made, made.theta);
    check_close(spn_dot(36, v, made.point->gradient), 0.0, 1e-15, 1.0);
    check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, v, hv));
    for (int64_t i = 0; i < 36; i++) {
        check_close(hv[i], 0.0, 1e-15, 1.0);
    }
    case_free(&made);
    spn_context_free(context);
}

/* A subset, repeated samples included, is the data set of these samples. */
static void a_subset_is_its_own_data_set(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {400, 3, 2, 2, {14, 5}, SPN_SOFTPLUS, true, SPN_ERROR_MSE_MEAN};
    network_case made = case_create(context, &shape, 12);
    enum { COUNT = 333 };
    int64_t indices[COUNT], n = made.size;
    double *rows = case_vector(COUNT * 5);
    spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, 0);
    for (int64_t i = 0; i < COUNT; i++) {
        indices[i] = (int64_t)spn_random_below(&random, 400);
        for (int64_t c = 0; c < 5; c++) {
            const double *source = c < 3 ? made.data->x : made.data->y;
            rows[i * 5 + c] = source[(c < 3 ? c : c - 3) * made.data->stride + indices[i]];
        }
    }
    spn_subset subset = {COUNT, indices};
    network_case part = {.context = context, .size = n};
    check_ok(context, spn_dataset_from_rows(context, COUNT, 3, 2, rows, NULL, NULL, &part.data));
    check_ok(context, spn_network_error_create(context, made.network, part.data, SPN_ERROR_MSE_MEAN,
                                               &part.error));
    part.objective = spn_network_error_objective(part.error);
    check_ok(context, spn_point_create(context, part.objective, &part.point));
    check_ok(context, spn_point_set(context, made.point, made.theta, 0.0, &subset, SPN_WANT_ALL));
    case_set(&part, made.theta);
    check_close(made.point->value, part.point->value, 1e-14, 0.0);
    double *h = case_hessian(&made, SPN_PART_FULL), *expected = case_hessian(&part, SPN_PART_FULL);
    double size = case_largest(n * n, expected), trace = 0.0, other = 0.0;
    double *hv = case_vector(2 * n);
    for (int64_t i = 0; i < n * n; i++) {
        check_close(h[i], expected[i], 1e-13, size);
    }
    for (int64_t i = 0; i < n; i++) {
        check_close(made.point->gradient[i], part.point->gradient[i], 1e-13, 1.0);
    }
    check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, made.theta, hv));
    check_ok(context, spn_point_hvp(context, part.point, SPN_PART_FULL, 1, made.theta, hv + n));
    for (int64_t i = 0; i < n; i++) {
        check_close(hv[i], hv[n + i], 1e-13, size);
    }
    check_ok(context, spn_point_trace(context, made.point, SPN_PART_FULL, &trace));
    check_ok(context, spn_point_trace(context, part.point, SPN_PART_FULL, &other));
    check_close(trace, other, 1e-13, size);
    free(rows);
    free(hv);
    free(h);
    free(expected);
    case_free(&part);
    case_free(&made);
    spn_context_free(context);
}

/* No hidden layer: E = |y|^2 - 2 <W, C_yx> + <W, W C_xx>, Hessian 2 I (x) C_xx. */
static void a_linear_model_is_linear_regression(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {40, 3, 2, 0, {0}, SPN_TANH, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 12);
    double xx[9], yx[6], yy[4];
    check_ok(context, spn_dataset_moments(context, made.data, false, NULL, NULL, xx, yx, yy));
    case_set(&made, made.theta);
    double *h = case_hessian(&made, SPN_PART_FULL), value = yy[0] + yy[3];
    const double *w = made.theta;
    for (int64_t o = 0; o < 2; o++) {
        for (int64_t i = 0; i < 3; i++) {
            double slope = -2.0 * yx[o * 3 + i];
            value -= 2.0 * w[o * 3 + i] * yx[o * 3 + i];
            for (int64_t j = 0; j < 3; j++) {
                value += w[o * 3 + i] * w[o * 3 + j] * xx[i * 3 + j];
                slope += 2.0 * w[o * 3 + j] * xx[i * 3 + j];
                for (int64_t p = 0; p < 2; p++) {
                    check_close(h[(o * 3 + i) + (p * 3 + j) * 6],
                                o == p ? 2.0 * xx[i * 3 + j] : 0.0, 1e-14, 2.0);
                }
            }
            check_close(made.point->gradient[o * 3 + i], slope, 1e-13, 1.0);
        }
    }
    check_close(made.point->value, value, 1e-13, 1.0);
    free(h);
    case_free(&made);
    spn_context_free(context);
}

/* Units far from their weights: 60 units in two layers are more products than the table keeps, so that
 * they are scattered block by block. Against products along a few vectors. */
static void large_hessians_are_assembled_too(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {100, 3, 2, 2, {60, 60}, SPN_TANH, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 12);
    int64_t n = made.size;
    double *h = case_vector(n * n), *v = case_vector(3 * n), *hv = case_vector(3 * n);
    double *expected = case_vector(n);
    for (int64_t i = 0; i < n; i++) {
        made.theta[i] *= 0.3;
    }
    case_set(&made, made.theta);
    check_ok(context, spn_point_hessian(context, made.point, SPN_PART_FULL, h));
    case_fill(n, 1.0, 2, v);
    v[n + 7] = 1.0;
    v[3 * n - 1] = 1.0;
    check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 3, v, hv));
    for (int64_t j = 0; j < 3; j++) {
        spn_symmetric_multiply(n, h, v + j * n, expected);
        double size = case_largest(n, expected);
        for (int64_t i = 0; i < n; i++) {
            check_close(hv[j * n + i], expected[i], 1e-12, size);
        }
    }
    free(h);
    free(v);
    free(hv);
    free(expected);
    case_free(&made);
    spn_context_free(context);
}

/* Inputs that are always zero change nothing: 700 of them bring P above what is assembled, the trace
 * still is exact. */
static void the_trace_needs_no_hessian(void **state)
{
    (void)state;
    spn_context *context = make_context();
    enum { WIDE = 703, UNITS = 50, N = 12 };
    case_shape narrow = {N, 3, 2, 1, {UNITS}, SPN_TANH, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &narrow, 12);
    network_case wide = {.context = context};
    double *rows = case_vector(N * (WIDE + 2));
    int64_t hidden[1] = {UNITS};
    for (int64_t n = 0; n < N; n++) {
        for (int64_t c = 0; c < 3; c++) {
            rows[n * (WIDE + 2) + c] = made.data->x[c * made.data->stride + n];
        }
        for (int64_t c = 0; c < 2; c++) {
            rows[n * (WIDE + 2) + WIDE + c] = made.data->y[c * made.data->stride + n];
        }
    }
    check_ok(context, spn_dataset_from_rows(context, N, WIDE, 2, rows, NULL, NULL, &wide.data));
    check_ok(context,
             spn_network_create(context, WIDE, 2, 1, hidden, SPN_TANH, false, &wide.network));
    check_ok(context, spn_network_error_create(context, wide.network, wide.data, SPN_ERROR_MSE,
                                               &wide.error));
    check_ok(context,
             spn_point_create(context, spn_network_error_objective(wide.error), &wide.point));
    wide.theta = case_vector(spn_network_parameters(wide.network));
    case_fill(spn_network_parameters(wide.network), 1.0, 3, wide.theta);
    for (int64_t o = 0; o < UNITS; o++) {
        memcpy(wide.theta + o * WIDE, made.theta + o * 3, 3 * sizeof(double));
    }
    memcpy(wide.theta + UNITS * WIDE, made.theta + UNITS * 3, 2 * UNITS * sizeof(double));
    case_set(&made, made.theta);
    case_set(&wide, wide.theta);
    for (int part = SPN_PART_FULL; part <= SPN_PART_RESIDUAL; part++) {
        double expected = 0.0, trace = 0.0;
        check_ok(context, spn_point_trace(context, made.point, (spn_part)part, &expected));
        check_ok(context, spn_point_trace(context, wide.point, (spn_part)part, &trace));
        check_close(trace, expected, 1e-13, 1.0);
    }
    free(rows);
    case_free(&wide);
    case_free(&made);
    spn_context_free(context);
}

/* The trivial point is stationary for L at its beta, for every combination that has one. */
static void the_trivial_point_is_stationary(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double beta = 0.3;
    for (int activation = 0; spn_activation_words[activation] != NULL; activation++) {
        for (int variant = 0; variant < 6; variant++) {
            case_shape shape = {15,
                                3,
                                2,
                                2,
                                {4, 3},
                                (spn_activation)activation,
                                variant % 2 == 1,
                                (spn_error_kind)(variant / 2)};
            network_case made = case_create(context, &shape, 12);
            spn_objective ridge = spn_ridge(made.objective);
            spn_point *point = NULL;
            bool is_rounded = activation == SPN_SIGMOID || activation == SPN_SOFTPLUS;
            if (is_rounded) {
                check_fails(context, spn_objective_trivial(context, &ridge, beta, made.theta),
                            SPN_ERROR_UNSUPPORTED, "phi(0)");
                case_free(&made);
                continue;
            }
            check_ok(context, spn_objective_trivial(context, &ridge, beta, made.theta));
            check_ok(context, spn_point_create(context, &ridge, &point));
            check_ok(context, spn_point_set(context, point, made.theta, beta, NULL, SPN_WANT_ALL));
            for (int64_t i = 0; i < made.size; i++) {
                check_close(point->gradient[i], 0.0, 1e-15, 1.0);
            }
            spn_point_free(context, point);
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* Balanced targets: the trivial point exists where it otherwise does not. No hidden layer: never. */
static void the_trivial_point_of_balanced_targets(void **state)
{
    (void)state;
    spn_context *context = make_context();
    double classes[8 * 3], centred[8 * 3];
    for (int64_t n = 0; n < 8; n++) {
        classes[n * 3] = centred[n * 3] = 0.3 * (double)(n * n) - 1.0;
        classes[n * 3 + 1] = n % 2 == 0 ? 1.0 : 0.0;
        classes[n * 3 + 2] = n % 2 == 0 ? 0.0 : 1.0;
        centred[n * 3 + 1] = (double)n - 3.5;
        centred[n * 3 + 2] = n % 4 < 2 ? 0.7 : -0.7;
    }
    const double *rows[2] = {centred, classes};
    int64_t hidden[1] = {4};
    for (int kind = 0; kind < 2; kind++) {
        spn_dataset *data = NULL;
        check_ok(context, spn_dataset_from_rows(context, 8, 1, 2, rows[kind], NULL, NULL, &data));
        for (int64_t depth = 0; depth < 2; depth++) {
            spn_network *network = NULL;
            spn_network_error *error = NULL;
            spn_point *point = NULL;
            double theta[18];
            check_ok(context,
                     spn_network_create(context, 1, 2, depth, hidden, SPN_SIGMOID, true, &network));
            check_ok(context, spn_network_error_create(
                                  context, network, data,
                                  kind == 0 ? SPN_ERROR_MSE : SPN_ERROR_CROSS_ENTROPY, &error));
            const spn_objective *objective = spn_network_error_objective(error);
            if (depth == 0) {
                check_fails(context, spn_objective_trivial(context, objective, 0.1, theta),
                            SPN_ERROR_UNSUPPORTED, "without hidden layers");
            } else {
                check_ok(context, spn_objective_trivial(context, objective, 0.1, theta));
                check_ok(context, spn_point_create(context, objective, &point));
                check_ok(context, spn_point_set(context, point, theta, 0.0, NULL, SPN_WANT_ALL));
                for (int64_t i = 0; i < 18; i++) {
                    check_close(theta[i], 0.0, 1e-15, 1.0);
                    check_close(point->gradient[i], 0.0, 1e-15, 1.0);
                }
            }
            spn_point_free(context, point);
            spn_network_error_free(context, error);
            spn_network_free(context, network);
        }
        spn_dataset_free(context, data);
    }
    spn_context_free(context);
}

static double *sorted_spectrum(network_case *made, const double *theta)
{
    spn_dense *dense = NULL;
    double *w = case_vector(made->size);
    check_ok(made->context, spn_dense_create(made->context, made->size, &dense));
    case_set(made, theta);
    double *h = case_hessian(made, SPN_PART_FULL);
    check_ok(made->context, spn_eigen(made->context, dense, made->size, h, false, w));
    free(h);
    spn_dense_free(made->context, dense);
    return w;
}

/* T14. D = 3 without biases: the Hessian of E vanishes at the origin. */
static void the_origin_of_a_deep_network_is_flat(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {30, 3, 2, 2, {4, 3}, SPN_TANH, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 12);
    check_ok(context, spn_objective_trivial(context, made.objective, 0.1, made.theta));
    case_set(&made, made.theta);
    double *h = case_hessian(&made, SPN_PART_FULL);
    for (int64_t i = 0; i < made.size * made.size; i++) {
        assert_true(h[i] == 0.0);
    }
    free(h);
    case_free(&made);
    spn_context_free(context);
}

/* T14. D = 2: eigenvalues -+2 phi'(0) sigma_i(C), C the raw moment, each once per hidden unit. */
static void the_origin_of_a_shallow_network(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {30, 3, 2, 1, {4}, SPN_GELU, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 12);
    double yx[6], sigma[2];
    check_ok(context, spn_dataset_moments(context, made.data, false, NULL, NULL, NULL, yx, NULL));
    check_ok(context, spn_singular_values(context, 2, 3, yx, sigma, NULL, NULL));
    memset(made.theta, 0, (size_t)made.size * sizeof *made.theta);
    double *w = sorted_spectrum(&made, made.theta);
    for (int64_t i = 0; i < 20; i++) {
        int64_t rank = i < 10 ? i / 4 : (19 - i) / 4;
        double expected = rank < 2 ? 2.0 * 0.5 * sigma[rank] : 0.0;
        check_close(w[i], i < 10 ? -expected : expected, 1e-14, 2.0);
    }
    free(w);
    case_free(&made);
    spn_context_free(context);
}

/* T14. D = 3 with biases at b_D = ybar/(1 + beta): the output biases have 2, W_D and b_{D-1} couple
 * through the mean residual: -+ phi'(0) 2 beta |ybar| / (1 + beta), once per unit of the last hidden
 * layer; all else is flat. */
static void the_trivial_point_with_biases(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double beta = 0.4;
    case_shape shape = {30, 3, 2, 2, {4, 3}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 12);
    double mean[2];
    check_ok(context, spn_dataset_moments(context, made.data, false, NULL, mean, NULL, NULL, NULL));
    check_ok(context, spn_objective_trivial(context, made.objective, beta, made.theta));
    double *w = sorted_spectrum(&made, made.theta);
    double coupling = 2.0 * beta * spn_norm(2, mean) / (1.0 + beta);
    int64_t n = made.size;
    for (int64_t i = 0; i < n; i++) {
        double expected = i < 3 ? -coupling : i >= n - 2 ? 2.0 : i >= n - 5 ? coupling : 0.0;
        check_close(w[i], expected, 1e-14, 2.0);
    }
    free(w);
    case_free(&made);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_may_be_renamed),
        cmocka_unit_test(softmax_has_a_null_vector),
        cmocka_unit_test(a_subset_is_its_own_data_set),
        cmocka_unit_test(a_linear_model_is_linear_regression),
        cmocka_unit_test(large_hessians_are_assembled_too),
        cmocka_unit_test(the_trace_needs_no_hessian),
        cmocka_unit_test(the_trivial_point_is_stationary),
        cmocka_unit_test(the_trivial_point_of_balanced_targets),
        cmocka_unit_test(the_origin_of_a_deep_network_is_flat),
        cmocka_unit_test(the_origin_of_a_shallow_network),
        cmocka_unit_test(the_trivial_point_with_biases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
