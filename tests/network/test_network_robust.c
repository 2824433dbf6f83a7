/* SPDX-License-Identifier: MIT */
/* Memory, interruption, extreme numbers, and the same bits each time. */
#include "network_case.h"

#include <stdatomic.h>

static spn_status walk(spn_context *context, const case_shape *shape, const spn_dataset *data)
{
    spn_status status = SPN_OK;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    double theta[64] = {0.1, -0.2, 0.3}, f[2 * 16], h[64 * 64];
    spn_labels labels;
    SPN_TRY(spn_network_create(context, shape->inputs, shape->outputs, shape->hidden_count,
                               shape->hidden, shape->activation, shape->has_bias, &network));
    SPN_TRY(spn_network_error_create(context, network, data, shape->kind, &error));
    SPN_TRY(spn_network_error_watch(context, error, data));
    SPN_TRY(spn_network_error_watch(context, error, data)); /* in place of the first */
    SPN_TRY(spn_point_create(context, spn_network_error_objective(error), &point));
    SPN_TRY(spn_point_set(context, point, theta, 0.0, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_hessian(context, point, SPN_PART_FULL, h));
    SPN_TRY(spn_point_labels(context, point, &labels));
    SPN_TRY(spn_network_predict(context, network, data, theta, f));
done:
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    return status;
}

typedef struct walk_state {
    case_shape shape;
    spn_dataset *data;
} walk_state;

static spn_status walk_operation(spn_context *context, void *memory)
{
    walk_state *state = memory;
    return walk(context, &state->shape, state->data);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    walk_state walking = {{11, 3, 2, 2, {4, 3}, SPN_TANH, true, SPN_ERROR_MSE}, NULL};
    walking.data = case_data(context, &walking.shape, 2);
    assert_true(support_fail_each_allocation(walk_operation, &walking) > 20);
    spn_dataset_free(context, walking.data);
    spn_context_free(context);
}

/* Everything is allocated with the point: nothing afterwards, whatever is asked. */
static void nothing_is_allocated_after_creation(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    case_shape shapes[] = {{300, 3, 2, 2, {15, 15}, SPN_TANH, true, SPN_ERROR_MSE},
                           {30, 3, 2, 1, {520}, SPN_RELU, false, SPN_ERROR_CROSS_ENTROPY}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        network_case made = case_create(context, &shapes[s], 4);
        check_ok(context, spn_network_error_watch(context, made.error, made.data));
        spn_point_free(context, made.point);
        check_ok(context, spn_point_create(context, made.objective, &made.point));
        int64_t n = made.size;
        double *v = case_vector(3 * n), *hv = case_vector(3 * n), *h = case_vector(n * n);
        int64_t indices[3] = {5, 1, 5};
        spn_subset subset = {3, indices};
        spn_labels labels;
        int64_t calls = counter.calls;
        for (int round = 0; round < 2; round++) {
            check_ok(context, spn_point_set(context, made.point, made.theta, 0.0,
                                            round > 0 ? &subset : NULL, SPN_WANT_ALL));
            check_ok(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 3, v, hv));
            check_ok(context, spn_point_labels(context, made.point, &labels));
            if (s == 0) {
                check_ok(context, spn_point_hessian(context, made.point, SPN_PART_FULL, h));
            }
        }
        if (s == 1) {
            check_ok(context, spn_point_hessian(context, made.point, SPN_PART_GAUSS_NEWTON, h));
        }
        assert_int_equal(counter.calls, calls);
        free(v);
        free(hv);
        free(h);
        case_free(&made);
    }
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static void a_raised_flag_interrupts(void **state)
{
    (void)state;
    atomic_int flag = 0;
    spn_context_settings settings = {.cancel = &flag};
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(&settings, &context), SPN_OK);
    case_shape shape = {20, 3, 2, 1, {4}, SPN_TANH, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 4);
    double h[20 * 20], v[20] = {1.0}, hv[20], trace = 0.0;
    spn_labels labels;
    case_set(&made, made.theta);
    atomic_store(&flag, 1);
    check_fails(context, spn_point_hessian(context, made.point, SPN_PART_FULL, h),
                SPN_ERROR_INTERRUPTED, "");
    check_fails(context, spn_point_hvp(context, made.point, SPN_PART_FULL, 1, v, hv),
                SPN_ERROR_INTERRUPTED, "");
    check_fails(context, spn_point_trace(context, made.point, SPN_PART_FULL, &trace),
                SPN_ERROR_INTERRUPTED, "");
    check_fails(context, spn_point_labels(context, made.point, &labels), SPN_ERROR_INTERRUPTED, "");
    check_fails(context, made.objective->operations->set(context, made.point, NULL, SPN_WANT_ALL),
                SPN_ERROR_INTERRUPTED, "");
    atomic_store(&flag, 0);
    case_set(&made, made.theta);
    check_ok(context, spn_point_hessian(context, made.point, SPN_PART_FULL, h));
    case_free(&made);
    spn_context_free(context);
}

/* Weights of size 1e3 saturate tanh and give logits of 1e3 and more; exp of them alone would overflow. */
static void saturated_networks_stay_finite(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int activation = 0; spn_activation_words[activation] != NULL; activation++) {
        for (int kind = SPN_ERROR_MSE; kind <= SPN_ERROR_CROSS_ENTROPY; kind++) {
            case_shape shape = {
                25, 3, 3, 2, {4, 5}, (spn_activation)activation, true, (spn_error_kind)kind};
            network_case made = case_create(context, &shape, 6);
            for (int64_t i = 0; i < made.size; i++) {
                made.theta[i] *= 1e3;
            }
            case_set(&made, made.theta);
            double *h = case_hessian(&made, SPN_PART_FULL);
            assert_true(isfinite(made.point->value));
            assert_true(spn_all_finite(made.size, made.point->gradient));
            assert_true(spn_all_finite(made.size * made.size, h));
            free(h);
            case_free(&made);
        }
    }
    spn_context_free(context);
}

/* Two classes, y = (1, 0): e = log(1 + exp(f_2 - f_1)), for any size of the logits. */
static void cross_entropy_of_two_classes(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const double gaps[] = {0.0, 1.0, -3.0, 700.0, -700.0, 1e8};
    double rows[3] = {1.0, 1.0, 0.0};
    spn_dataset *data = NULL;
    check_ok(context, spn_dataset_from_rows(context, 1, 1, 2, rows, NULL, NULL, &data));
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_point *point = NULL;
    check_ok(context, spn_network_create(context, 1, 2, 0, NULL, SPN_TANH, false, &network));
    check_ok(context,
             spn_network_error_create(context, network, data, SPN_ERROR_CROSS_ENTROPY, &error));
    check_ok(context, spn_point_create(context, spn_network_error_objective(error), &point));
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        double theta[2] = {5.0, 5.0 + gaps[i]};
        double p = 1.0 / (1.0 + exp(-gaps[i])), h[4];
        check_ok(context, spn_point_set(context, point, theta, 0.0, NULL, SPN_WANT_ALL));
        double expected = fmax(gaps[i], 0.0) + log1p(exp(-fabs(gaps[i])));
        /* f_2 - f_1 is rounded at 1e-15 relative to 5. */
        check_close(point->value, expected, 1e-15, 5.0);
        check_close(point->gradient[0], -p, 1e-15, 5.0);
        check_close(point->gradient[1], p, 1e-15, 5.0);
        check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
        check_close(h[0], p * (1.0 - p), 1e-15, 5.0);
        check_close(h[1], -p * (1.0 - p), 1e-15, 5.0);
        check_close(h[3], p * (1.0 - p), 1e-15, 5.0);
    }
    spn_point_free(context, point);
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

static void divergence_is_a_result(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {25, 3, 2, 1, {4}, SPN_RELU, false, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 6);
    made.theta[0] = (double)NAN;
    case_set(&made, made.theta);
    assert_true(isnan(made.point->value));
    made.theta[0] = 1e300;
    case_set(&made, made.theta);
    assert_true(!isfinite(made.point->value));
    case_free(&made);
    spn_context_free(context);
}

/* Caches and blocks leave no trace: whatever was computed before, the bits are the same, and they do not
 * depend on what else is wanted. */
static void the_bits_do_not_depend_on_history(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shape = {900, 3, 2, 2, {20, 20}, SPN_TANH, true, SPN_ERROR_MSE};
    network_case made = case_create(context, &shape, 6);
    int64_t n = made.size, indices[4] = {3, 800, 2, 7};
    spn_subset subset = {4, indices};
    double *gradient = case_vector(n), *other = case_vector(n);
    case_fill(n, 3.0, 9, other);
    case_set(&made, made.theta);
    double value = made.point->value;
    memcpy(gradient, made.point->gradient, (size_t)n * sizeof *gradient);
    double *first = case_hessian(&made, SPN_PART_FULL);
    check_ok(context, spn_point_set(context, made.point, other, 0.0, &subset, SPN_WANT_ALL));
    free(case_hessian(&made, SPN_PART_RESIDUAL));
    case_set(&made, made.theta);
    double *second = case_hessian(&made, SPN_PART_FULL);
    assert_true(value == made.point->value);
    assert_memory_equal(gradient, made.point->gradient, (size_t)n * sizeof *gradient);
    assert_memory_equal(first, second, (size_t)(n * n) * sizeof *first);
    check_ok(context, spn_point_set(context, made.point, made.theta, 0.0, NULL,
                                    SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    assert_true(value == made.point->value);
    assert_memory_equal(gradient, made.point->gradient, (size_t)n * sizeof *gradient);
    check_ok(context, spn_point_set(context, made.point, made.theta, 0.0, NULL, SPN_WANT_VALUE));
    assert_true(value == made.point->value);
    free(gradient);
    free(other);
    free(first);
    free(second);
    case_free(&made);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(nothing_is_allocated_after_creation),
        cmocka_unit_test(a_raised_flag_interrupts),
        cmocka_unit_test(saturated_networks_stay_finite),
        cmocka_unit_test(cross_entropy_of_two_classes),
        cmocka_unit_test(divergence_is_a_result),
        cmocka_unit_test(the_bits_do_not_depend_on_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
