/* SPDX-License-Identifier: MIT */
/* tr H, the diagonal and tr H^2 without the Hessian (T17-T19, T28) against the dense Hessian. */
#include "network/moments.h"
#include "network_case.h"

#include <stdio.h>

/* The promise: relative to the trace of squares, 1e-10; sums of some thousand terms leave far less. */
static const double PROMISE = 1e-12;

static void check_against_dense(network_case *made, spn_part part, const char *what)
{
    int64_t n = made->size;
    double *h = case_hessian(made, part), *diagonal = case_vector(n), trace = 0.0, square = 0.0;
    double expected_trace = 0.0, expected_square = 0.0, size = 0.0;
    for (int64_t j = 0; j < n; j++) {
        expected_trace += h[j + j * n];
        size += fabs(h[j + j * n]);
        expected_square += spn_dot(n, h + j * n, h + j * n);
    }
    check_ok(made->context, spn_point_trace(made->context, made->point, part, &trace));
    check_ok(made->context, spn_point_diagonal(made->context, made->point, part, diagonal));
    check_ok(made->context, spn_point_trace_square(made->context, made->point, part, &square));
    if (!(fabs(trace - expected_trace) <= PROMISE * size) ||
        !(fabs(square - expected_square) <= PROMISE * expected_square)) {
        fail_msg("%s, part %d: tr H %.17g, expected %.17g; tr H^2 %.17g, expected %.17g", what,
                 (int)part, trace, expected_trace, square, expected_square);
    }
    for (int64_t j = 0; j < n; j++) {
        check_close(diagonal[j], h[j + j * n], PROMISE, size);
    }
    free(h);
    free(diagonal);
}

static void check_parts(network_case *made, const char *what)
{
    for (int part = SPN_PART_FULL; part <= SPN_PART_RESIDUAL; part++) {
        check_against_dense(made, (spn_part)part, what);
    }
}

/* Errors: mse, mse_mean, cross-entropy of several outputs and of one. */
static void check_shape(spn_context *context, case_shape shape)
{
    char what[160];
    snprintf(what, sizeof what,
             "activation %d, bias %d, error %d, %lld outputs, %lld hidden, N %lld",
             (int)shape.activation, shape.has_bias, (int)shape.kind, (long long)shape.outputs,
             (long long)shape.hidden_count, (long long)shape.samples);
    network_case made = case_create(context, &shape, 5);
    case_set(&made, made.theta);
    check_parts(&made, what);
    case_free(&made);
}

static void equal_the_dense_hessian(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int activation = SPN_TANH; activation <= SPN_LINEAR; activation++) {
        for (int64_t hidden = 0; hidden <= 4; hidden++) {
            for (int variant = 0; variant < 16; variant++) {
                int error = variant / 2 % 4;
                case_shape shape = {.samples = variant < 8 ? 13 : 150,
                                    .inputs = 5,
                                    .outputs = error < 3 ? 3 : 1,
                                    .hidden_count = hidden,
                                    .hidden = {4, 6, 5, 3},
                                    .activation = (spn_activation)activation,
                                    .has_bias = variant % 2 == 1,
                                    .kind = error < 3 ? (spn_error_kind)error
                                                      : SPN_ERROR_CROSS_ENTROPY};
                check_shape(context, shape);
            }
        }
    }
    spn_context_free(context);
}

/* Wide enough for slices of several units, with every way of a block in one problem. */
static void equal_it_where_both_ways_are_gone(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {.samples = 211,
                        .inputs = 40,
                        .outputs = 4,
                        .hidden_count = 3,
                        .hidden = {17, 9, 7},
                        .activation = SPN_TANH,
                        .has_bias = true,
                        .kind = SPN_ERROR_CROSS_ENTROPY};
    network_case made = case_create(context, &shape, 8);
    spni_moments_plan plan = spni_moments_plan_of(made.error, shape.samples);
    assert_true(spni_moments_has(made.network, &plan, 1, false));
    assert_true(spni_moments_has(made.network, &plan, 3, true));
    case_set(&made, made.theta);
    check_parts(&made, "both ways");
    case_free(&made);
    spn_context_free(context);
}

/* Tiles and slices of any size, each way forced (few samples: pairs; many: T19), are the same sum. */
static void do_not_depend_on_tiles(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {.samples = 2500,
                        .inputs = 3,
                        .outputs = 2,
                        .hidden_count = 3,
                        .hidden = {5, 4, 3},
                        .activation = SPN_SIGMOID,
                        .has_bias = true,
                        .kind = SPN_ERROR_CROSS_ENTROPY};
    network_case made = case_create(context, &shape, 3);
    case_set(&made, made.theta);
    double *h = case_hessian(&made, SPN_PART_FULL), expected = 0.0;
    for (int64_t i = 0; i < made.size * made.size; i++) {
        expected += h[i] * h[i];
    }
    const int64_t samples[2] = {1, INT64_C(1) << 40};
    for (int way = 0; way < 2; way++) {
        for (int64_t units = 1; units <= 4; units += 3) {
            double square = 0.0;
            spni_moments_plan plan = {
                .samples = samples[way], .tile = made.error->plan.block, .units = units};
            assert_true(plan.tile < shape.samples / 2);
            assert_true(spni_moments_has(made.network, &plan, 1, way == 1));
            assert_false(spni_moments_has(made.network, &plan, 1, way == 0));
            check_ok(context,
                     spni_moments_take(context, made.point, SPN_PART_FULL, &plan, &square));
            check_close(square, expected, PROMISE, 0);
        }
    }
    free(h);
    case_free(&made);
    spn_context_free(context);
}

/* A mean over samples: another order is the same E. */
static void do_not_depend_on_the_order_of_samples(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    enum { N = 90 };
    case_shape shape = {.samples = N,
                        .inputs = 30,
                        .outputs = 3,
                        .hidden_count = 2,
                        .hidden = {8, 6},
                        .activation = SPN_GELU,
                        .kind = SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 4);
    double square[2] = {0};
    int64_t order[N];
    for (int64_t i = 0; i < N; i++) {
        order[i] = (7 * i + 5) % N; /* 7 and 90 have no common divisor */
    }
    spn_subset all = {N, order};
    case_set(&made, made.theta);
    check_ok(context, spn_point_trace_square(context, made.point, SPN_PART_FULL, &square[0]));
    check_ok(context,
             spn_point_set(context, made.point, made.theta, 0.0, &all, SPN_WANT_CURVATURE));
    check_ok(context, spn_point_trace_square(context, made.point, SPN_PART_FULL, &square[1]));
    check_close(square[1], square[0], PROMISE, 0);
    for (int64_t i = 0; i < N; i++) {
        order[i] = i / 2;
    }
    double trace = 0.0, diagonal_sum = 0.0, *diagonal = case_vector(made.size);
    check_ok(context,
             spn_point_set(context, made.point, made.theta, 0.0, &all, SPN_WANT_CURVATURE));
    check_parts(&made, "a subset with repetitions");
    check_ok(context, spn_point_trace(context, made.point, SPN_PART_FULL, &trace));
    check_ok(context, spn_point_diagonal(context, made.point, SPN_PART_FULL, diagonal));
    for (int64_t i = 0; i < made.size; i++) {
        diagonal_sum += diagonal[i];
    }
    check_close(diagonal_sum, trace, PROMISE, fabs(trace));
    free(diagonal);
    case_free(&made);
    spn_context_free(context);
}

static spn_dataset *scaled_copy(spn_context *context, const spn_dataset *data, double factor)
{
    int64_t columns = data->inputs + data->outputs;
    double *rows = case_vector(data->samples * columns);
    spn_dataset *out = NULL;
    for (int64_t n = 0; n < data->samples; n++) {
        for (int64_t i = 0; i < columns; i++) {
            rows[n * columns + i] =
                factor * (i < data->inputs ? data->x[i * data->stride + n]
                                           : data->y[(i - data->inputs) * data->stride + n]);
        }
    }
    check_ok(context, spn_dataset_from_rows(context, data->samples, data->inputs, data->outputs,
                                            rows, NULL, NULL, &out));
    free(rows);
    return out;
}

/* Inputs and targets of a linear network over s are E over s^2, and so are all its derivatives. */
static void scale_with_the_inputs(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {.samples = 60,
                        .inputs = 6,
                        .outputs = 2,
                        .hidden_count = 1,
                        .hidden = {5},
                        .activation = SPN_LINEAR,
                        .kind = SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 9);
    const double s = 1024.0; /* a power of two: nothing is rounded */
    double square[2] = {0}, trace[2] = {0};
    case_set(&made, made.theta);
    check_ok(context, spn_point_trace_square(context, made.point, SPN_PART_FULL, &square[0]));
    check_ok(context, spn_point_trace(context, made.point, SPN_PART_FULL, &trace[0]));
    spn_dataset *data = scaled_copy(context, made.data, 1 / s);
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_network_error_create(context, made.network, data, shape.kind, &error));
    check_ok(context, spn_point_create(context, spn_network_error_objective(error), &point));
    check_ok(context, spn_point_set(context, point, made.theta, 0.0, NULL, SPN_WANT_CURVATURE));
    check_ok(context, spn_point_trace_square(context, point, SPN_PART_FULL, &square[1]));
    check_ok(context, spn_point_trace(context, point, SPN_PART_FULL, &trace[1]));
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_dataset_free(context, data);
    check_close(square[1] * s * s * s * s, square[0], 1e-15, 0);
    check_close(trace[1] * s * s, trace[0], 1e-15, 0);
    case_free(&made);
    spn_context_free(context);
}

/* T24: the regularised objectives' moments, weights all 1, all the same, and different. */
static void hold_for_regularised_objectives(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {.samples = 40,
                        .inputs = 4,
                        .outputs = 3,
                        .hidden_count = 2,
                        .hidden = {5, 4},
                        .activation = SPN_TANH,
                        .has_bias = true,
                        .kind = SPN_ERROR_CROSS_ENTROPY};
    network_case made = case_create(context, &shape, 6);
    double *weights = case_vector(made.size);
    for (int which = 0; which < 3; which++) {
        for (int64_t i = 0; i < made.size; i++) {
            weights[i] = which == 1 ? 2.5 : (double)(i % 3);
        }
        spn_regularised problem = {made.objective, {which == 0 ? NULL : weights}};
        spn_objective loss = spn_regularise(&problem);
        spn_point *own = made.point, *point = NULL;
        check_ok(context, spn_point_create(context, &loss, &point));
        check_ok(context, spn_point_set(context, point, made.theta, 0.3, NULL, SPN_WANT_ALL));
        made.point = point;
        check_parts(&made, "regularised");
        made.point = own;
        spn_point_free(context, point);
    }
    free(weights);
    case_free(&made);
    spn_context_free(context);
}

static spn_status take_all(spn_context *context, void *memory)
{
    const int64_t hidden[1] = {3};
    spn_status status = SPN_OK;
    (void)memory;
    spn_dataset *data = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    double rows[30 * 14], theta[42], out = 0.0, diagonal[42];
    case_fill(30 * 14, 1.0, 2, rows);
    case_fill(42, 0.5, 3, theta);
    SPN_TRY(spn_dataset_from_rows(context, 30, 12, 2, rows, NULL, NULL, &data));
    SPN_TRY(spn_network_create(context, 12, 2, 1, hidden, SPN_TANH, false, &network));
    SPN_TRY(spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    SPN_TRY(spn_point_create(context, spn_network_error_objective(error), &point));
    SPN_TRY(spn_point_set(context, point, theta, 0.0, NULL, SPN_WANT_CURVATURE));
    SPN_TRY(spn_point_trace(context, point, SPN_PART_FULL, &out));
    SPN_TRY(spn_point_diagonal(context, point, SPN_PART_FULL, diagonal));
    SPN_TRY(spn_point_trace_square(context, point, SPN_PART_FULL, &out));
done:
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
    return status;
}

static void fail_cleanly_without_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(take_all, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_the_dense_hessian),
        cmocka_unit_test(equal_it_where_both_ways_are_gone),
        cmocka_unit_test(do_not_depend_on_tiles),
        cmocka_unit_test(do_not_depend_on_the_order_of_samples),
        cmocka_unit_test(scale_with_the_inputs),
        cmocka_unit_test(hold_for_regularised_objectives),
        cmocka_unit_test(fail_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
