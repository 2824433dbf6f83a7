/* SPDX-License-Identifier: MIT */
/* Labels in function space: modes of the data, strengths, dead and merged units; deep linear networks
 * against T11. */
#include "network_case.h"

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* The default data: white inputs, cov(x1, y1) = 0.9, cov(x2, y2) = 0.5, exactly. */
static spn_dataset *exact_data(spn_context *context)
{
    static const double correlations[2] = {0.9, 0.5};
    spn_data_settings settings = {.kind = SPN_DATA_GAUSSIAN,
                                  .samples = 200,
                                  .inputs = 3,
                                  .outputs = 2,
                                  .correlations = {2, correlations},
                                  .moments = SPN_MOMENTS_EXACT,
                                  .seed = 1};
    spn_dataset *data = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &data));
    return data;
}

static network_case make_case(spn_context *context, spn_dataset *data, int64_t depth,
                              const int64_t *hidden, spn_activation activation, bool has_bias)
{
    network_case made = {.context = context, .data = data};
    check_ok(context, spn_network_create(context, data->inputs, data->outputs, depth, hidden,
                                         activation, has_bias, &made.network));
    check_ok(context,
             spn_network_error_create(context, made.network, data, SPN_ERROR_MSE, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    return made;
}

static spn_labels labels_at(network_case *made)
{
    spn_labels labels;
    case_set(made, made->theta);
    check_ok(made->context, spn_point_labels(made->context, made->point, &labels));
    return labels;
}

/* Samples thirty times over, more than are centred at a time, have the same modes and strengths. */
static void modes_of_many_samples(void **state)
{
    (void)state;
    enum { ROWS = 300, TIMES = 30, WIDTH = 5 };
    spn_context *context = make_context();
    int64_t hidden[1] = {4};
    double *rows = case_vector(ROWS * WIDTH), *all = calloc(ROWS * WIDTH * TIMES, sizeof *all);
    assert_non_null(all);
    for (int i = 0; i < ROWS * WIDTH * TIMES; i++) {
        rows[i % (ROWS * WIDTH)] += i < ROWS * WIDTH && i % 5 == 4 ? 3 * rows[i - 2] : 0;
        all[i] = rows[i % (ROWS * WIDTH)];
    }
    for (int bias = 0; bias < 2; bias++) {
        spn_labels labels[2];
        for (int k = 0; k < 2; k++) {
            spn_dataset *data = NULL;
            check_ok(context, spn_dataset_from_rows(context, k == 0 ? ROWS : ROWS * TIMES, 3, 2,
                                                    all, NULL, NULL, &data));
            network_case made = make_case(context, data, 1, hidden, SPN_TANH, bias == 1);
            labels[k] = labels_at(&made);
            case_free(&made);
        }
        assert_true(labels[0].mode_count == labels[1].mode_count && labels[0].mode_count > 0);
        for (int64_t i = 0; i < labels[0].mode_count; i++) {
            check_close(labels[1].strengths[i], labels[0].strengths[i], 1e-11, 1);
        }
    }
    free(rows);
    free(all);
    spn_context_free(context);
}

static void modes_of_the_default_data(void **state)
{
    (void)state;
    spn_context *context = make_context();
    int64_t hidden[2] = {5, 5}, count = 0;
    for (int bias = 0; bias < 2; bias++) {
        network_case made = make_case(context, exact_data(context), 2, hidden, SPN_TANH, bias == 1);
        const double *modes = spn_network_error_modes(made.error, &count);
        assert_int_equal(count, 2);
        /* Moments are exact to a few 1e-15 and the root of C_xx is well conditioned. */
        check_close(modes[0], 0.9, 1e-13, 0.0);
        check_close(modes[1], 0.5, 1e-13, 0.0);
        case_free(&made);
    }
    spn_context_free(context);
}

/* Aligned, balanced modes: each layer carries s_i^{1/D} on its diagonal. */
static void align(network_case *made, const double *strengths)
{
    int64_t count = 0, depth = spn_network_depth(made->network);
    const spn_layout_entry *entries = spn_network_layout(made->network, &count);
    for (int64_t e = 0; e < count; e++) {
        for (int64_t i = 0; i < 2 && !entries[e].is_bias; i++) {
            made->theta[entries[e].offset + i * entries[e].columns + i] =
                pow(strengths[i], 1.0 / (double)depth);
        }
    }
}

/* T11: E = E_0 + sum (s_i - sigma_i)^2 - sigma_i^2, |theta|^2 = D sum s_i^{2/D}, for every depth. */
static void deep_linear_networks_follow_theory(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double sigma[2] = {0.9, 0.5}, strengths[3][2] = {{0.8, 0.3}, {0.7, 0.02}, {0.0, 0.0}};
    const int64_t hidden[4] = {5, 4, 5, 3};
    for (int64_t depth = 0; depth <= 4; depth++) {
        for (int t = 0; t < 3; t++) {
            network_case made =
                make_case(context, exact_data(context), depth, hidden, SPN_LINEAR, false);
            double expected = 2.0, square = 0.0, layers = (double)(depth + 1);
            align(&made, strengths[t]);
            for (int64_t i = 0; i < 2; i++) {
                double gap = strengths[t][i] - sigma[i];
                expected += gap * gap - sigma[i] * sigma[i];
                square += layers * pow(strengths[t][i], 2.0 / layers);
            }
            spn_labels labels = labels_at(&made);
            check_close(made.point->value, expected, 1e-13, 1.0);
            check_close(spn_dot(made.size, made.theta, made.theta), square, 1e-13, 1.0);
            assert_int_equal(labels.mode_count, 2);
            check_close(labels.strengths[0], strengths[t][0], 1e-13, 1.0);
            check_close(labels.strengths[1], strengths[t][1], 1e-13, 1.0);
            assert_int_equal(labels.learned_modes, 2 - t); /* 0.02 < 0.05 * 0.5 */
            assert_int_equal(labels.active_modes, t < 2 ? 2 : 0);
            assert_int_equal(labels.is_trivial, t == 2);
            assert_int_equal(labels.merged_units, 0);
            int64_t dead = 0;
            for (int64_t l = 0; l < depth; l++) {
                dead += hidden[l] - (t < 2 ? 2 : 0);
            }
            assert_int_equal(labels.dead_units, dead);
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* The best linear model has s_i = sigma_i whatever the inputs' covariance; with biases, whatever their
 * means. */
static void least_squares_has_full_strength(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int bias = 0; bias < 2; bias++) {
        case_shape shape = {60, 3, 2, 0, {0}, SPN_LINEAR, bias == 1, SPN_ERROR_MSE};
        spn_dataset *drawn = case_data(context, &shape, 21);
        double rows[60 * 5];
        for (int64_t n = 0; n < 60; n++) {
            double x = drawn->x[n], y = drawn->x[drawn->stride + n];
            rows[n * 5] = 3.0 * x + 4.0;
            rows[n * 5 + 1] = y + 2.0 * x;
            rows[n * 5 + 2] = 0.1 * drawn->x[2 * drawn->stride + n] - 1.0;
            rows[n * 5 + 3] = drawn->y[n] + x + 2.0;
            rows[n * 5 + 4] = drawn->y[drawn->stride + n] + 0.3 * y;
        }
        spn_dataset_free(context, drawn);
        spn_dataset *data = NULL;
        check_ok(context, spn_dataset_from_rows(context, 60, 3, 2, rows, NULL, NULL, &data));
        network_case made = make_case(context, data, 0, NULL, SPN_LINEAR, bias == 1);
        double xx[9], yx[6];
        check_ok(context, spn_dataset_moments(context, data, bias == 1, NULL, NULL, xx, yx, NULL));
        bool is_positive = false;
        check_ok(context, spn_cholesky(context, 3, xx, 0.0, &is_positive));
        assert_true(is_positive);
        /* Rows of yx are the columns of its transpose. */
        check_ok(context, spn_cholesky_solve(context, 3, xx, 2, yx));
        memcpy(made.theta, yx, sizeof yx);
        int64_t count = 0;
        const double *modes = spn_network_error_modes(made.error, &count);
        spn_labels labels = labels_at(&made);
        assert_int_equal(count, 2);
        for (int64_t i = 0; i < 2; i++) {
            /* Condition of C_xx: about 1e4. */
            check_close(labels.strengths[i], modes[i], 1e-11, 1.0);
        }
        assert_int_equal(labels.active_modes, 2);
        case_free(&made);
    }
    spn_context_free(context);
}

/* Inputs that repeat each other: C_xx is singular, its pseudo-inverse counts them once. */
static void repeated_inputs_count_once(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {40, 2, 1, 0, {0}, SPN_LINEAR, false, SPN_ERROR_MSE};
    spn_dataset *drawn = case_data(context, &shape, 5), *doubled = NULL;
    double rows[40 * 4];
    for (int64_t n = 0; n < 40; n++) {
        rows[n * 4] = drawn->x[n];
        rows[n * 4 + 1] = drawn->x[drawn->stride + n];
        rows[n * 4 + 2] = drawn->x[n];
        rows[n * 4 + 3] = drawn->y[n];
    }
    check_ok(context, spn_dataset_from_rows(context, 40, 3, 1, rows, NULL, NULL, &doubled));
    network_case plain = make_case(context, drawn, 0, NULL, SPN_LINEAR, false);
    network_case twice = make_case(context, doubled, 0, NULL, SPN_LINEAR, false);
    int64_t count = 0;
    const double *expected = spn_network_error_modes(plain.error, &count);
    const double *modes = spn_network_error_modes(twice.error, &count);
    assert_int_equal(count, 1);
    check_close(modes[0], expected[0], 1e-13, 0.0);
    case_free(&plain);
    case_free(&twice);
    spn_context_free(context);
}

/* Strengths belong to the function: a point without curvature, set on a subset, has the same. */
static void labels_see_all_samples(void **state)
{
    (void)state;
    spn_context *context = make_context();
    int64_t hidden[2] = {5, 5}, indices[2] = {3, 4};
    spn_subset subset = {2, indices};
    network_case made = make_case(context, exact_data(context), 2, hidden, SPN_TANH, true);
    case_fill(made.size, 0.7, 3, made.theta);
    spn_labels labels = labels_at(&made), again;
    check_ok(context, spn_point_set(context, made.point, made.theta, 0.0, &subset, SPN_WANT_ALL));
    double *h = case_hessian(&made, SPN_PART_FULL);
    check_ok(context, spn_point_labels(context, made.point, &again));
    assert_true(labels.strengths[0] == again.strengths[0]);
    /* ... and asking for them leaves the point's caches alone. */
    double *second = case_hessian(&made, SPN_PART_FULL);
    assert_memory_equal(h, second, (size_t)(made.size * made.size) * sizeof *h);
    free(h);
    free(second);
    case_free(&made);
    spn_context_free(context);
}

/* 2-4-1: weights W_1 (4 x 2), W_2 (1 x 4). */
static spn_labels labels_of_units(spn_context *context, spn_activation activation,
                                  const double *theta)
{
    case_shape shape = {9, 2, 1, 1, {4}, activation, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 5);
    memcpy(made.theta, theta, 12 * sizeof *theta);
    spn_labels labels = labels_at(&made);
    case_free(&made);
    return labels;
}

static void units_are_counted(void **state)
{
    (void)state;
    spn_context *context = make_context();
    double theta[12] = {1.0, 2.0, -1.0, -2.0, 1.0, 2.0 + 1e-6, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0};
    spn_labels labels = labels_of_units(context, SPN_TANH, theta);
    assert_int_equal(labels.merged_units, 2);
    assert_int_equal(labels.dead_units, 0);
    assert_int_equal(labels_of_units(context, SPN_LINEAR, theta).merged_units, 2);
    /* Where phi is not odd, only the true copy counts. */
    assert_int_equal(labels_of_units(context, SPN_GELU, theta).merged_units, 1);
    theta[5] = 2.0 + 1e-4;
    assert_int_equal(labels_of_units(context, SPN_TANH, theta).merged_units, 1);
    /* A dead unit is nobody's copy: without the first, units 2 and 3 are each other's at best. */
    theta[5] = 2.0;
    theta[8] = 1e-9;
    labels = labels_of_units(context, SPN_TANH, theta);
    assert_int_equal(labels.dead_units, 1);
    assert_int_equal(labels.merged_units, 1);
    const double nothing[12] = {0.0};
    labels = labels_of_units(context, SPN_TANH, nothing);
    assert_int_equal(labels.dead_units, 4);
    assert_int_equal(labels.merged_units, 0);
    assert_int_equal(labels.active_modes, 0);
    spn_context_free(context);
}

/* The bias belongs to the incoming weights. */
static void biases_tell_units_apart(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {9, 1, 1, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 5);
    const double theta[7] = {1.0, 1.0, 0.3, 0.3, 1.0, 1.0, 0.0};
    memcpy(made.theta, theta, sizeof theta);
    assert_int_equal(labels_at(&made).merged_units, 1);
    made.theta[3] = 0.4;
    assert_int_equal(labels_at(&made).merged_units, 0);
    case_free(&made);
    spn_context_free(context);
}

/* More than SPN_MODES_MAX modes: the strongest are kept. */
static void there_is_room_for_so_many_modes(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {50, 20, 18, 0, {0}, SPN_LINEAR, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 5);
    int64_t count = 0;
    const double *modes = spn_network_error_modes(made.error, &count);
    assert_int_equal(count, SPN_MODES_MAX);
    for (int64_t i = 1; i < count; i++) {
        assert_true(modes[i] <= modes[i - 1] && modes[i] > 0.0);
    }
    assert_int_equal(labels_at(&made).mode_count, SPN_MODES_MAX);
    case_free(&made);
    spn_context_free(context);
}

/* Rows of inputs and one-hot targets; `count` modes with and without biases. */
static void expect_modes(spn_context *context, int64_t samples, int64_t inputs, int64_t outputs,
                         const double *rows, bool has_bias, int64_t expected)
{
    spn_dataset *data = NULL;
    int64_t hidden = 3, count = -1;
    check_ok(context,
             spn_dataset_from_rows(context, samples, inputs, outputs, rows, NULL, NULL, &data));
    network_case made = make_case(context, data, 1, &hidden, SPN_TANH, has_bias);
    spn_network_error_modes(made.error, &count);
    assert_int_equal(count, expected);
    case_free(&made);
}

/* One-hot targets sum to 1, so that with biases three classes have two modes; a parity has none; whatever the units, and
 * with a column of zeros. */
static void modes_stand_above_rounding(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double factors[] = {1e-9, 1.0, 1e9};
    for (int f = 0; f < 3; f++) {
        double c = factors[f], classes[30 * 6], parity[8 * 4];
        for (int n = 0; n < 30; n++) {
            double *row = classes + (ptrdiff_t)n * 6;
            row[0] = c * sin(1.0 + n * n);
            row[1] = c * cos(3.0 * n);
            row[2] = 0.0;
            for (int k = 0; k < 3; k++) {
                row[3 + k] = n % 3 == k ? 1.0 : 0.0;
            }
        }
        expect_modes(context, 30, 3, 3, classes, true, 2);
        for (int n = 0; n < 8; n++) {
            double *row = parity + (ptrdiff_t)n * 4;
            row[3] = 1.0 / c;
            for (int i = 0; i < 3; i++) {
                row[i] = (n >> i & 1) != 0 ? 0.7 * c : 0.1 * c;
                row[3] = (n >> i & 1) != 0 ? -row[3] : row[3];
            }
        }
        expect_modes(context, 8, 3, 1, parity, true, 0);
        expect_modes(context, 8, 3, 1, parity, false, 0);
    }
    spn_context_free(context);
}

/* One tanh unit and two outputs: f = w tanh(a x) + b has one direction, of strength |w| times the deviation of tanh. */
static void outputs_have_directions(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const double rows[4 * 3] = {-1.0, -1.0, 0.5, 1.0, 1.0, -0.5, 2.0, 0.3, 0.0, -2.0, -0.3, 0.0};
    const double theta[6] = {1.0, 0.0, 3.0, -4.0, 7.0, 8.0};
    spn_dataset *data = NULL;
    int64_t hidden = 1;
    check_ok(context, spn_dataset_from_rows(context, 4, 1, 2, rows, NULL, NULL, &data));
    network_case made = make_case(context, data, 1, &hidden, SPN_TANH, true);
    memcpy(made.theta, theta, sizeof theta);
    spn_labels labels = labels_at(&made);
    double expected = 5.0 * sqrt((pow(tanh(1.0), 2) + pow(tanh(2.0), 2)) / 2.0);
    check_close(labels.directions[0], expected, 1e-14, 0.0);
    assert_true(labels.directions[1] <= 1e-14);
    assert_int_equal(labels.active_modes, 1);
    assert_false(labels.is_trivial);
    /* only the output's bias: trivial; a unit that is constant: not */
    made.theta[2] = made.theta[3] = 0.0;
    labels = labels_at(&made);
    spn_labels_settle(&labels, -1, SPN_DIRECTION_SHARE);
    assert_true(spn_is_trivial(labels.active_modes, labels.dead_units));
    made.theta[0] = 0.0;
    made.theta[1] = made.theta[2] = 1.0;
    labels = labels_at(&made);
    spn_labels_settle(&labels, -1, SPN_DIRECTION_SHARE);
    assert_int_equal(labels.active_modes, 0);
    assert_false(spn_is_trivial(labels.active_modes, labels.dead_units));
    case_free(&made);
    spn_context_free(context);
}

/* Between the two floors the label before decides, and settling twice changes nothing. */
static void labels_have_hysteresis(void **state)
{
    (void)state;
    for (int64_t before = -1; before <= 2; before++) {
        spn_labels labels = {.direction_count = 2,
                             .directions = {1.0, 0.5 * SPN_DIRECTION_SHARE},
                             .output_scale = 1.0};
        spn_labels_settle(&labels, before, SPN_DIRECTION_SHARE);
        assert_int_equal(labels.active_modes, before == 2 ? 2 : 1);
        spn_labels_settle(&labels, labels.active_modes, SPN_DIRECTION_SHARE);
        assert_int_equal(labels.active_modes, before == 2 ? 2 : 1);
    }
}

/* Each sample `times` times: moments do not depend on the times. */
static spn_dataset *wide_data(spn_context *context, int64_t samples, int64_t inputs, int64_t times)
{
    spn_dataset *made = NULL;
    int64_t columns = inputs + 3;
    double *rows = case_vector(samples * times * columns);
    for (int64_t t = 0; t < times; t++) {
        case_fill(samples * columns, 1.0, 5, rows + t * samples * columns);
    }
    check_ok(context,
             spn_dataset_from_rows(context, samples * times, inputs, 3, rows, NULL, NULL, &made));
    free(rows);
    return made;
}

/* Fewer samples than inputs are taken in coordinates of their span; the same samples thrice, which are more, as they are.
 * The roots of C_xx have condition numbers below 10 here. */
static void wide_data_have_the_same_modes(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const int64_t hidden[1] = {3};
    for (int bias = 0; bias < 2; bias++) {
        network_case few =
            make_case(context, wide_data(context, 5, 12, 1), 1, hidden, SPN_TANH, bias == 1);
        network_case many =
            make_case(context, wide_data(context, 5, 12, 3), 1, hidden, SPN_TANH, bias == 1);
        int64_t count = 0, expected_count = 0;
        const double *modes = spn_network_error_modes(few.error, &count);
        const double *expected = spn_network_error_modes(many.error, &expected_count);
        assert_int_equal(count, 3);
        assert_int_equal(expected_count, 3);
        case_fill(few.size, 0.6, 9, few.theta);
        case_fill(many.size, 0.6, 9, many.theta);
        spn_labels labels = labels_at(&few), expected_labels = labels_at(&many);
        for (int i = 0; i < 3; i++) {
            check_close(modes[i], expected[i], 1e-13, 0.0);
            check_close(labels.strengths[i], expected_labels.strengths[i], 1e-12, 1.0);
        }
        case_free(&few);
        case_free(&many);
    }
    spn_context_free(context);
}

/* Three samples of 2,000 inputs need no array of 2,000 x 2,000. */
static void very_wide_data_need_little(void **state)
{
    (void)state;
    enum { INPUTS = 2000 };
    support_allocator counter = {.most = 8 * INPUTS * 100};
    spn_context *context = support_context(&counter);
    const int64_t hidden[1] = {1};
    int64_t count = 0;
    spn_dataset *data = wide_data(context, 3, INPUTS, 1);
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    check_ok(context, spn_network_create(context, INPUTS, 3, 1, hidden, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    spn_network_error_modes(error, &count);
    assert_int_equal(count, 2); /* of 3 centred samples */
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_stand_above_rounding),
        cmocka_unit_test(outputs_have_directions),
        cmocka_unit_test(labels_have_hysteresis),
        cmocka_unit_test(modes_of_many_samples),
        cmocka_unit_test(modes_of_the_default_data),
        cmocka_unit_test(deep_linear_networks_follow_theory),
        cmocka_unit_test(least_squares_has_full_strength),
        cmocka_unit_test(repeated_inputs_count_once),
        cmocka_unit_test(wide_data_have_the_same_modes),
        cmocka_unit_test(very_wide_data_need_little),
        cmocka_unit_test(labels_see_all_samples),
        cmocka_unit_test(units_are_counted),
        cmocka_unit_test(biases_tell_units_apart),
        cmocka_unit_test(there_is_room_for_so_many_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
