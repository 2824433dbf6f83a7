/* SPDX-License-Identifier: MIT */
/* Numbers of layers and classes against the dense Hessian, invariants of singular values, the accuracy of all. */
#include "network_case.h"

enum { SAMPLES = 30, INPUTS = 4, CLASSES = 3, HIDDEN = 5 };

static void check_network(bool has_bias, spn_error_kind kind)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const int64_t widths[2] = {HIDDEN, 2};
    double rows[SAMPLES * (INPUTS + CLASSES)] = {0};
    double *noise = case_vector(SAMPLES * INPUTS);
    for (int n = 0; n < SAMPLES; n++) { /* class 2 has no samples */
        double *row = rows + n * (INPUTS + CLASSES);
        memcpy(row, noise + n * INPUTS, INPUTS * sizeof *row);
        row[INPUTS + n % 2] = 1;
    }
    free(noise);
    network_case made = {.context = context};
    spn_labels labels;
    double norms[3], sums[3], values[16], accuracy[CLASSES], trace = 0, total = 0;
    check_ok(context, spn_dataset_from_rows(context, SAMPLES, INPUTS, CLASSES, rows, NULL, NULL,
                                            &made.data));
    check_ok(context, spn_network_create(context, INPUTS, CLASSES, 2, widths, SPN_TANH, has_bias,
                                         &made.network));
    check_ok(context,
             spn_network_error_create(context, made.network, made.data, kind, &made.error));
    made.objective = spn_network_error_objective(made.error);
    made.size = spn_network_parameters(made.network);
    check_ok(context, spn_point_create(context, made.objective, &made.point));
    made.theta = case_vector(made.size);
    double *diagonal = case_vector(made.size);
    case_set(&made, made.theta);
    check_ok(context, spn_point_diagonal(context, made.point, SPN_PART_FULL, diagonal));
    check_ok(context, spn_point_trace(context, made.point, SPN_PART_FULL, &trace));
    assert_int_equal(spn_network_layers(made.network), 3);
    assert_int_equal(spn_network_singular_count(made.network), 4 + 2 + 2);
    spn_network_layer_norms(made.network, made.theta, norms);
    spn_network_layer_sums(made.network, diagonal, sums);
    check_ok(context, spn_network_singular_values(context, made.network, made.theta, values));
    check_close(sums[0] + sums[1] + sums[2], trace, 1e-12, fabs(trace) + 1);
    for (int64_t i = 0; i < made.size; i++) {
        total += made.theta[i] * made.theta[i];
    }
    check_close(norms[0] * norms[0] + norms[1] * norms[1] + norms[2] * norms[2], total, 1e-13, 0);
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(made.network, &count);
    const double *value = values;
    for (int64_t e = 0; e < count; e++) { /* |W|^2 is the sum of their squares */
        double squares = 0, weights = 0;
        if (entries[e].is_bias) {
            continue;
        }
        const int64_t rank =
            entries[e].rows < entries[e].columns ? entries[e].rows : entries[e].columns;
        for (int64_t i = 0; i < rank; i++) {
            assert_true(i == 0 || value[i] <= value[i - 1]);
            squares += value[i] * value[i];
        }
        for (int64_t i = 0; i < entries[e].rows * entries[e].columns; i++) {
            weights += made.theta[entries[e].offset + i] * made.theta[entries[e].offset + i];
        }
        check_close(squares, weights, 1e-13, 0);
        value += rank;
    }
    assert_int_equal(spn_network_error_classes(made.error), CLASSES);
    check_ok(context, spn_network_class_accuracy(context, made.point, accuracy));
    check_ok(context, spn_point_labels(context, made.point, &labels));
    assert_true(isnan(accuracy[2]));
    check_close((accuracy[0] + accuracy[1]) / 2, labels.accuracy, 1e-15, 1);
    assert_true(accuracy[0] != accuracy[1]); /* or nothing tells them apart here */
    free(diagonal);
    case_free(&made);
    spn_context_free(context);
}

static void layers_and_classes(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        check_network(bias == 1, SPN_ERROR_MSE);
        check_network(bias == 1, SPN_ERROR_CROSS_ENTROPY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(layers_and_classes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
