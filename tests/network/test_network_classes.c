/* SPDX-License-Identifier: MIT */
/* Accuracy, and error and accuracy on samples kept for testing. */
#include "network_case.h"

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static spn_labels labels_at(network_case *made)
{
    spn_labels labels;
    case_set(made, made->theta);
    check_ok(made->context, spn_point_labels(made->context, made->point, &labels));
    return labels;
}

/* f = W x on one-hot inputs: output k of sample i is W[k][i]. */
enum { INPUTS = 6, OUTPUTS = 3 };
static const double table[OUTPUTS][INPUTS] = {
    {1, 5, 2, 0, 7, -1},
    {3, 5, 2, 0, 7, -2},
    {2, 1, 2, 1, 8, -3},
};

static network_case table_case(spn_context *context, const int *classes, spn_error_kind kind)
{
    network_case made = {.context = context};
    double rows[INPUTS * (INPUTS + OUTPUTS)] = {0};
    for (int64_t n = 0; n < INPUTS; n++) {
        rows[n * (INPUTS + OUTPUTS) + n] = 1;
        rows[n * (INPUTS + OUTPUTS) + INPUTS + classes[n]] = 1;
    }
    check_ok(context,
             spn_dataset_from_rows(context, INPUTS, INPUTS, OUTPUTS, rows, NULL, NULL, &made.data));
    check_ok(context, spn_network_create(context, INPUTS, OUTPUTS, 0, NULL, SPN_LINEAR, false,
                                         &made.network));
    check_ok(context,
             spn_network_error_create(context, made.network, made.data, kind, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    memcpy(made.theta, table, sizeof table);
    return made;
}

/* The first of the largest outputs is the answer: 1, 0, 0, 2, 2, 0. */
static void ties_go_to_the_first(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const int answers[INPUTS] = {1, 0, 0, 2, 2, 0}, others[INPUTS] = {0, 1, 1, 0, 1, 1};
    for (int kind = SPN_ERROR_MSE; kind <= SPN_ERROR_CROSS_ENTROPY; kind++) {
        for (int wrong = 0; wrong <= INPUTS; wrong++) {
            int classes[INPUTS];
            for (int n = 0; n < INPUTS; n++) {
                classes[n] = n < wrong ? others[n] : answers[n];
            }
            network_case made = table_case(context, classes, (spn_error_kind)kind);
            spn_labels labels = labels_at(&made);
            assert_true(labels.accuracy == (double)(INPUTS - wrong) / INPUTS);
            assert_true(isnan(labels.test_error) && isnan(labels.test_accuracy));
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* One NaN among the weights spoils one output of one sample, whatever else is larger or smaller. */
static void nothing_is_right_beside_nan(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const int answers[INPUTS] = {1, 0, 0, 2, 2, 0};
    network_case made = table_case(context, answers, SPN_ERROR_MSE);
    for (int64_t k = 0; k < OUTPUTS; k++) {
        memcpy(made.theta, table, sizeof table);
        made.theta[k * INPUTS] = (double)NAN; /* 0 * NaN: it is seen by every sample */
        assert_true(labels_at(&made).accuracy == 0);
    }
    case_free(&made);
    spn_context_free(context);
}

/* Numbers are no classes, nor are one-hot targets of which one is scaled, nor is a single output of a mean squared
 * error. */
static void regression_has_no_accuracy(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const case_shape shapes[] = {{20, 3, 2, 1, {4}, SPN_TANH, false, SPN_ERROR_MSE},
                                 {20, 3, 1, 1, {4}, SPN_TANH, false, SPN_ERROR_MSE_MEAN}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        network_case made = case_create(context, &shapes[s], 7);
        assert_true(isnan(labels_at(&made).accuracy));
        case_free(&made);
    }
    for (int change = 0; change < 3; change++) {
        const double targets[3][2] = {{0, 1 + 1e-15}, {0.5, 1}, {0, 0}};
        double rows[4 * 3] = {1, 1, 0, 2, 0, 1, 3, 1, 0, 4, 0, 1};
        network_case made = {.context = context};
        memcpy(rows + 3 * 3 + 1, targets[change], sizeof targets[change]);
        check_ok(context, spn_dataset_from_rows(context, 4, 1, 2, rows, NULL, NULL, &made.data));
        check_ok(context,
                 spn_network_create(context, 1, 2, 0, NULL, SPN_LINEAR, false, &made.network));
        check_ok(context, spn_network_error_create(context, made.network, made.data, SPN_ERROR_MSE,
                                                   &made.error));
        check_ok(context,
                 spn_point_create(context, spn_network_error_objective(made.error), &made.point));
        made.theta = case_vector(2);
        assert_true(isnan(labels_at(&made).accuracy));
        case_free(&made);
    }
    spn_context_free(context);
}

/* f(x_n), one sample and one unit after the other. */
static void forward(const network_case *made, const spn_dataset *data, int64_t n, double *out)
{
    double h[2][64];
    int64_t depth = spn_network_depth(made->network), next = 0;
    for (int64_t i = 0; i < data->inputs; i++) {
        h[0][i] = data->x[i * data->stride + n];
    }
    for (int64_t l = 1; l <= depth; l++) {
        int64_t rows = spn_network_width(made->network, l);
        int64_t columns = spn_network_width(made->network, l - 1);
        const double *bias = made->theta + next + rows * columns;
        for (int64_t o = 0; o < rows; o++) {
            double a = spn_network_has_bias(made->network) ? bias[o] : 0;
            for (int64_t i = 0; i < columns; i++) {
                a += made->theta[next + o * columns + i] * h[(l - 1) % 2][i];
            }
            h[l % 2][o] = l < depth ? tanh(a) : a;
        }
        next += rows * columns + (spn_network_has_bias(made->network) ? rows : 0);
    }
    memcpy(out, h[depth % 2], (size_t)data->outputs * sizeof *out);
}

static int64_t first_largest(int64_t count, const double *x, int64_t stride)
{
    int64_t best = 0;
    for (int64_t k = 1; k < count; k++) {
        best = x[k * stride] > x[best * stride] ? k : best;
    }
    return best;
}

/* Error and share of right answers by the formulas of docs/network.md. */
static void measure(const network_case *made, const spn_dataset *data, spn_error_kind kind,
                    double *error, double *accuracy)
{
    int64_t right = 0, outputs = data->outputs;
    double sum = 0;
    for (int64_t n = 0; n < data->samples; n++) {
        double f[64], z = 0;
        forward(made, data, n, f);
        for (int64_t k = 0; k < outputs; k++) {
            z += exp(f[k]);
        }
        for (int64_t k = 0; k < outputs; k++) {
            double y = data->y[k * data->stride + n];
            sum += kind == SPN_ERROR_CROSS_ENTROPY ? y * (log(z) - f[k]) : (f[k] - y) * (f[k] - y);
        }
        right += first_largest(outputs, f, 1) == first_largest(outputs, data->y + n, data->stride);
    }
    *error = sum / (double)(data->samples * (kind == SPN_ERROR_MSE_MEAN ? outputs : 1));
    *accuracy = (double)right / (double)data->samples;
}

/* Sizes on both sides of a block of samples; the test set has another size than the training set. */
static void test_error_is_that_of_a_plain_loop(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int kind = SPN_ERROR_MSE; kind <= SPN_ERROR_CROSS_ENTROPY; kind++) {
        for (int large = 0; large < 2; large++) {
            case_shape shape = {large == 0 ? 1700 : 13, 4, 3, 2, {9, 6}, SPN_TANH, kind == 1,
                                (spn_error_kind)kind};
            case_shape other = shape;
            other.samples = large == 0 ? 13 : 1700;
            network_case made = case_create(context, &shape, 3);
            spn_dataset *test = case_data(context, &other, 99);
            double error = 0, accuracy = 0;
            check_ok(context, spn_network_error_watch(context, made.error, test));
            spn_point_free(context, made.point);
            check_ok(context, spn_point_create(context, made.objective, &made.point));
            spn_labels labels = labels_at(&made);
            measure(&made, test, (spn_error_kind)kind, &error, &accuracy);
            /* Sums of at most 5100 positive terms, each right to a few eps. */
            check_close(labels.test_error, error, 1e-13, 0);
            if (kind == SPN_ERROR_CROSS_ENTROPY) {
                assert_true(labels.test_accuracy == accuracy);
                assert_true(accuracy > 0 && accuracy < 1);
                measure(&made, made.data, (spn_error_kind)kind, &error, &accuracy);
                assert_true(labels.accuracy == accuracy);
            } else {
                assert_true(isnan(labels.accuracy) && isnan(labels.test_accuracy));
            }
            spn_dataset_free(context, test);
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* On a copy of the training set the test error is E, to the bit, also behind the ridge and on a subset. */
static void a_copy_has_the_same_error(void **state)
{
    (void)state;
    spn_context *context = make_context();
    for (int kind = SPN_ERROR_MSE; kind <= SPN_ERROR_CROSS_ENTROPY; kind++) {
        case_shape shape = {1333, 5, 4, 2, {7, 8}, SPN_TANH, true, (spn_error_kind)kind};
        network_case made = case_create(context, &shape, 11);
        spn_dataset *copy = case_data(context, &shape, 11);
        int64_t indices[2] = {5, 6};
        spn_subset subset = {2, indices};
        spn_labels labels;
        spn_point *point = NULL;
        check_ok(context, spn_network_error_watch(context, made.error, copy));
        spn_objective ridge = spn_ridge(made.objective);
        check_ok(context, spn_point_create(context, &ridge, &point));
        check_ok(context, spn_point_set(context, point, made.theta, 0.3, NULL, SPN_WANT_ALL));
        double error = spn_point_error(point)->value;
        for (int round = 0; round < 2; round++) {
            check_ok(context, spn_point_labels(context, point, &labels));
            assert_true(labels.test_error == error);
            assert_true(kind != SPN_ERROR_CROSS_ENTROPY ||
                        (labels.test_accuracy == labels.accuracy && labels.accuracy > 0));
            check_ok(context,
                     spn_point_set(context, point, made.theta, 0.3, &subset, SPN_WANT_VALUE));
        }
        spn_point_free(context, point);
        spn_dataset_free(context, copy);
        case_free(&made);
    }
    spn_context_free(context);
}

static void a_test_set_must_fit(void **state)
{
    (void)state;
    spn_context *context = make_context();
    case_shape shape = {10, 3, 2, 1, {4}, SPN_TANH, false, SPN_ERROR_CROSS_ENTROPY};
    case_shape wide = shape, numbers = shape;
    wide.inputs = 4;
    numbers.kind = SPN_ERROR_MSE;
    network_case made = case_create(context, &shape, 1);
    spn_dataset *test = case_data(context, &wide, 2);
    check_fails(context, spn_network_error_watch(context, made.error, test), SPN_ERROR_INPUT,
                "3 inputs");
    spn_dataset_free(context, test);
    test = case_data(context, &numbers, 2);
    check_fails(context, spn_network_error_watch(context, made.error, test), SPN_ERROR_INPUT,
                "cross_entropy");
    spn_dataset_free(context, test);
    case_free(&made);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_to_the_first),
        cmocka_unit_test(nothing_is_right_beside_nan),
        cmocka_unit_test(regression_has_no_accuracy),
        cmocka_unit_test(test_error_is_that_of_a_plain_loop),
        cmocka_unit_test(a_copy_has_the_same_error),
        cmocka_unit_test(a_test_set_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
