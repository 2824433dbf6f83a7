/* SPDX-License-Identifier: MIT */
/* The natural scales of a network's error: their definition, and the laws that they must follow. */
#include "network_case.h"
#include "scaled.h"

#include <spinodal/objective/reduction.h>

static spn_context *context;

static int make_context(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : 1;
}

static int free_context(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static double decade(double x)
{
    return pow(10, round(log10(x)));
}

/* <|x|^2> and <|y|^2>, summed here one sample after the other. */
static void measure(const spn_dataset *data, double *x, double *y)
{
    *x = *y = 0;
    for (int64_t n = 0; n < data->samples; n++) {
        for (int64_t i = 0; i < data->inputs; i++) {
            *x += pow(data->x[i * data->stride + n], 2) / (double)data->samples;
        }
        for (int64_t k = 0; k < data->outputs; k++) {
            *y += pow(data->y[k * data->stride + n], 2) / (double)data->samples;
        }
    }
}

/* The definition, over 36 decades of both, for each error and depth. They are powers of ten: equal, not close. */
static void test_definition(void **state)
{
    (void)state;
    const double factors[] = {3e-18, 4e-9, 0.07, 1, 25, 3e9, 2e18};
    const spn_error_kind kinds[] = {SPN_ERROR_MSE, SPN_ERROR_MSE_MEAN, SPN_ERROR_CROSS_ENTROPY};
    for (int kind = 0; kind < 3; kind++) {
        for (int64_t hidden = 0; hidden <= 2; hidden++) {
            const case_shape shape = {20, 3, 2, hidden, {2, 4}, SPN_LINEAR, false, kinds[kind]};
            spn_dataset *data = case_data(context, &shape, 5);
            network_case plain = case_create(context, &shape, 5);
            for (int i = 0; i < 7 * 7; i++) {
                double x = 0, y = 0;
                double by = kind == 2 ? 1 : factors[i / 7];
                spn_dataset *scaled = scaled_by(context, data, factors[i % 7], by);
                spn_network_error *error = NULL;
                measure(scaled, &x, &y);
                y = kind == 2 ? 1 : y;
                check_ok(context, spn_network_error_create(context, plain.network, scaled,
                                                           kinds[kind], &error));
                const spn_objective ridge = spn_ridge(spn_network_error_objective(error));
                const spn_scales scales = spn_objective_scales(&ridge);
                double value = kind == 1 ? y / 2 : y,
                       weight = pow(y / x, 0.5 / (double)(hidden + 1));
                check_close(scales.value, decade(value), 0, 0);
                check_close(scales.weight, decade(weight), 0, 0);
                check_close(scales.parameter, decade(value / weight / weight), 0, 0);
                spn_network_error_free(context, error);
                spn_dataset_free(context, scaled);
            }
            case_free(&plain);
            spn_dataset_free(context, data);
        }
    }
}

/* Inputs or targets that vanish have no scale: 1. And standardised data have units of 1. */
static void test_nothing(void **state)
{
    (void)state;
    const case_shape shape = {20, 3, 2, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 5);
    for (int which = 0; which < 3; which++) {
        spn_dataset *data = scaled_by(context, made.data, which != 0, which != 1);
        spn_network_error *error = NULL;
        check_ok(context,
                 spn_network_error_create(context, made.network, data, SPN_ERROR_MSE, &error));
        const spn_scales scales = spn_objective_scales(spn_network_error_objective(error));
        check_close(scales.weight, 1, 0, 0);
        check_close(scales.value, 1, 0, 0);
        check_close(scales.parameter, 1, 0, 0);
        /* Without a scale units that differ are not equal. */
        spn_reduction *reduction = NULL;
        check_ok(context, spn_reduction_create(context, spn_network_error_objective(error),
                                               made.theta, 1e-15, &reduction));
        assert_int_equal(spn_reduction_objective(reduction)->dimension, made.size);
        spn_reduction_free(context, reduction);
        spn_network_error_free(context, error);
        spn_dataset_free(context, data);
    }
    case_free(&made);
}

/* Free biases take the means: of inputs or targets that are all the same rounding is left, in any unit, and it is no scale. */
static void test_constant(void **state)
{
    (void)state;
    const case_shape shape = {10, 3, 2, 1, {2}, SPN_TANH, true, SPN_ERROR_MSE};
    const double values[] = {0.1, 0.1e-9, 0.7e12};
    network_case made = case_create(context, &shape, 5);
    for (int i = 0; i < 6; i++) {
        double rows[10 * 5];
        spn_dataset *data = NULL;
        spn_network_error *error = NULL;
        spn_regulariser regulariser;
        for (int64_t n = 0; n < 10; n++) {
            for (int64_t c = 0; c < 5; c++) {
                bool is_constant = i < 3 ? c < 3 : c >= 3;
                rows[5 * n + c] = is_constant ? values[i % 3] : sin((double)(3 * n + c));
            }
        }
        check_ok(context, spn_dataset_from_rows(context, 10, 3, 2, rows, NULL, NULL, &data));
        check_ok(context,
                 spn_network_error_create(context, made.network, data, SPN_ERROR_MSE, &error));
        check_ok(context, spn_network_error_regularise(context, error, SPN_REGULARISE_WEIGHTS,
                                                       &regulariser));
        const spn_scales scales = spn_objective_scales(spn_network_error_objective(error));
        check_close(scales.weight, 1, 0, 0);
        check_close(scales.value, 1, 0, 0); /* of the sines: 1, too */
        spn_network_error_free(context, error);
        spn_dataset_free(context, data);
    }
    case_free(&made);
}

/* The laws themselves: E at theta of one problem is that of the other, in its units. */
static void test_laws(void **state)
{
    (void)state;
    for (int64_t hidden = 1; hidden <= 3; hidden++) {
        const case_shape shape = {20, 3, 2, hidden, {3, 2, 4}, SPN_LINEAR, false, SPN_ERROR_MSE};
        network_case made = case_create(context, &shape, 5);
        const scaled_units units = scaled_units_of(7e-5, 3e8, (int)hidden + 1);
        spn_dataset *data = scaled_by(context, made.data, units.inputs, units.targets);
        spn_network_error *error = NULL;
        spn_point *point = NULL;
        case_set(&made, made.theta);
        check_ok(context,
                 spn_network_error_create(context, made.network, data, SPN_ERROR_MSE, &error));
        check_ok(context, spn_point_create(context, spn_network_error_objective(error), &point));
        for (int64_t i = 0; i < made.size; i++) {
            made.theta[i] *= units.weight;
        }
        check_ok(context, spn_point_set(context, point, made.theta, 0, NULL, SPN_WANT_ALL));
        /* Rounding of a sum of some hundred products. */
        check_close(point->value, units.value * made.point->value, 1e-13, 0);
        spn_point_free(context, point);
        spn_network_error_free(context, error);
        spn_dataset_free(context, data);
        case_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_laws),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
