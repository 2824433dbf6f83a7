/* SPDX-License-Identifier: MIT */
/* Gradient, products and dense Hessian of the network's error: Taylor slopes, products against columns,
 * parts against each other and against an explicit Jacobian. */
#include "network_case.h"

#include <stdio.h>

/* Sums of up to 40 samples and 100 products each: a few hundred roundings of the largest term. */
static const double ROUNDING = 1e-12;

static void describe(const case_shape *shape, char *text, size_t size)
{
    snprintf(text, size, "activation %d, bias %d, error %d, %lld hidden layers",
             (int)shape->activation, shape->has_bias, (int)shape->kind,
             (long long)shape->hidden_count);
}

/* For ReLU: every pre-activation keeps its distance from the kink when theta moves by the largest step
 * of the Taylor test, 0.1 in norm or less: then no sample changes side. */
static bool is_far_from_kinks(const network_case *made, const double *theta,
                              const case_shape *shape)
{
    double a[2][16];
    for (int64_t n = 0; n < shape->samples; n++) {
        int64_t fan_in = shape->inputs, offset = 0;
        for (int64_t i = 0; i < fan_in; i++) {
            a[0][i] = made->data->x[i * made->data->stride + n];
        }
        for (int64_t l = 0; l < shape->hidden_count; l++) {
            for (int64_t o = 0; o < shape->hidden[l]; o++) {
                double sum = 0.0;
                for (int64_t i = 0; i < fan_in; i++) {
                    sum += theta[offset + o * fan_in + i] * a[l % 2][i];
                }
                if (shape->has_bias) {
                    sum += theta[offset + fan_in * shape->hidden[l] + o];
                }
                if (fabs(sum) < 2e-3) {
                    return false;
                }
                a[(l + 1) % 2][o] = fmax(sum, 0.0);
            }
            offset += shape->hidden[l] * (fan_in + (shape->has_bias ? 1 : 0));
            fan_in = shape->hidden[l];
        }
    }
    return true;
}

/* Remainders of first and second order at two steps: their ratio gives the slopes. The steps are small
 * enough that ReLU crosses no kink and the next order is a few percent, large enough for rounding. */
static void check_slopes(network_case *made, const char *what, bool is_quadratic)
{
    int64_t n = made->size;
    double *d = case_vector(n), *hd = case_vector(n), *at = case_vector(n);
    double remainder[2][2], steps[2] = {1e-3, 5e-4};
    case_fill(n, 1.0, 77, d);
    double norm = spn_norm(n, d);
    for (int64_t i = 0; i < n; i++) {
        d[i] /= norm;
    }
    case_set(made, made->theta);
    double value = made->point->value, slope = spn_dot(n, made->point->gradient, d);
    check_ok(made->context, spn_point_hvp(made->context, made->point, SPN_PART_FULL, 1, d, hd));
    double bend = spn_dot(n, d, hd);
    for (int s = 0; s < 2; s++) {
        double h = steps[s];
        memcpy(at, made->theta, (size_t)n * sizeof *at);
        spn_axpy(n, h, d, at);
        check_ok(made->context,
                 spn_point_set(made->context, made->point, at, 0.0, NULL, SPN_WANT_VALUE));
        remainder[s][0] = made->point->value - value - h * slope;
        remainder[s][1] = remainder[s][0] - 0.5 * h * h * bend;
    }
    double first = log2(fabs(remainder[0][0] / remainder[1][0]));
    double second = log2(fabs(remainder[0][1] / remainder[1][1]));
    /* The values are sums of order 10 with relative errors of a few 1e-16; below 1e-14 only rounding
     * is left of a remainder. */
    bool is_rounding = fabs(remainder[1][1]) < 1e-14 * fmax(1.0, fabs(value));
    if (fabs(first - 2.0) > 0.1 || !(is_quadratic || is_rounding || fabs(second - 3.0) < 0.2)) {
        fail_msg("%s: slopes %.4f and %.4f (remainders %g, %g)", what, first, second,
                 remainder[1][0], remainder[1][1]);
    }
    if (is_quadratic && fabs(remainder[0][1]) > 1e-13 * fmax(1.0, fabs(value))) {
        fail_msg("%s: a quadratic error leaves a remainder of %g", what, remainder[0][1]);
    }
    free(d);
    free(hd);
    free(at);
}

static void check_same(int64_t count, const double *actual, const double *expected, double scale,
                       const char *what)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(actual[i] - expected[i]) <= ROUNDING * scale)) {
            fail_msg("%s: entry %lld is %.17g, expected %.17g (scale %g)", what, (long long)i,
                     actual[i], expected[i], scale);
        }
    }
}

/* Columns of the dense Hessian, which is assembled, against products, which are not. */
static void check_columns(network_case *made, spn_part part, const char *what)
{
    int64_t n = made->size;
    double *units = case_vector(n * n), *products = case_vector(n * n), trace = 0.0, sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        units[i * n + i] = 1.0;
    }
    case_set(made, made->theta);
    double *h = case_hessian(made, part);
    check_ok(made->context, spn_point_hvp(made->context, made->point, part, n, units, products));
    check_same(n * n, h, products, fmax(1.0, case_largest(n * n, products)), what);
    check_ok(made->context, spn_point_trace(made->context, made->point, part, &trace));
    for (int64_t i = 0; i < n; i++) {
        sum += h[i + i * n];
    }
    check_close(trace, sum, ROUNDING, fmax(1.0, case_largest(n * n, products)) * (double)n);
    free(units);
    free(products);
    free(h);
}

static void check_parts(network_case *made, const char *what)
{
    int64_t n = made->size;
    case_set(made, made->theta);
    double *full = case_hessian(made, SPN_PART_FULL);
    double *sum = case_hessian(made, SPN_PART_GAUSS_NEWTON);
    double *rest = case_hessian(made, SPN_PART_RESIDUAL);
    spn_axpy(n * n, 1.0, rest, sum);
    check_same(n * n, full, sum, fmax(1.0, case_largest(n * n, full)), what);
    free(full);
    free(sum);
    free(rest);
}

typedef void visitor(network_case *made, const case_shape *shape, const char *what);

static void for_each_case(visitor *visit)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int activation = 0; spn_activation_words[activation] != NULL; activation++) {
        for (int64_t depth = 0; depth <= 4; depth++) {
            for (int variant = 0; variant < 8; variant++) {
                int kind = variant / 2 < 3 ? variant / 2 : SPN_ERROR_CROSS_ENTROPY;
                case_shape shape = {.samples = 19,
                                    .inputs = 3,
                                    .outputs = variant / 2 < 3 ? 2 : 1,
                                    .hidden_count = depth,
                                    .hidden = {4, 3, 5, 2},
                                    .activation = (spn_activation)activation,
                                    .has_bias = variant % 2 == 1,
                                    .kind = (spn_error_kind)kind};
                char what[96];
                describe(&shape, what, sizeof what);
                network_case made = case_create(context, &shape, 5);
                visit(&made, &shape, what);
                case_free(&made);
            }
        }
    }
    spn_context_free(context);
}

static void visit_slopes(network_case *made, const case_shape *shape, const char *what)
{
    for (uint64_t seed = 1; shape->activation == SPN_RELU; seed++) {
        case_fill(made->size, 0.6, seed, made->theta);
        if (is_far_from_kinks(made, made->theta, shape)) {
            break;
        }
        assert_true(seed < 1000);
    }
    /* Piecewise linear in any single direction only for a quadratic error without hidden layers. */
    check_slopes(made, what, shape->hidden_count == 0 && shape->kind != SPN_ERROR_CROSS_ENTROPY);
}

static void taylor_slopes_are_two_and_three(void **state)
{
    (void)state;
    for_each_case(visit_slopes);
}

static void visit_columns(network_case *made, const case_shape *shape, const char *what)
{
    (void)shape;
    check_columns(made, SPN_PART_FULL, what);
    check_columns(made, SPN_PART_GAUSS_NEWTON, what);
    check_columns(made, SPN_PART_RESIDUAL, what);
}

static void products_equal_columns(void **state)
{
    (void)state;
    for_each_case(visit_columns);
}

static void visit_parts(network_case *made, const case_shape *shape, const char *what)
{
    (void)shape;
    check_parts(made, what);
}

static void parts_add_up(void **state)
{
    (void)state;
    for_each_case(visit_parts);
}

/* J by central differences of the prediction: an error of h^2 |f'''|, about 1e-9 for h = 1e-5, and of
 * rounding, 1e-16/h = 1e-11. */
static void visit_jacobian(network_case *made, const case_shape *shape, const char *what)
{
    if (shape->kind == SPN_ERROR_CROSS_ENTROPY || shape->activation == SPN_RELU) {
        return;
    }
    int64_t n = made->size, stride = made->data->stride, count = shape->outputs * stride;
    double *jacobian = case_vector(n * count), *above = case_vector(count);
    double *below = case_vector(count), *at = case_vector(n), h = 1e-5;
    memcpy(at, made->theta, (size_t)n * sizeof *at);
    for (int64_t i = 0; i < n; i++) {
        at[i] = made->theta[i] + h;
        check_ok(made->context,
                 spn_network_predict(made->context, made->network, made->data, at, above));
        at[i] = made->theta[i] - h;
        check_ok(made->context,
                 spn_network_predict(made->context, made->network, made->data, at, below));
        at[i] = made->theta[i];
        for (int64_t s = 0; s < count; s++) {
            jacobian[i * count + s] = (above[s] - below[s]) / (2.0 * h);
        }
    }
    double scale = 2.0 / (double)shape->samples;
    scale /= shape->kind == SPN_ERROR_MSE_MEAN ? (double)shape->outputs : 1.0;
    case_set(made, made->theta);
    double *gauss_newton = case_hessian(made, SPN_PART_GAUSS_NEWTON);
    double size = fmax(1.0, case_largest(n * n, gauss_newton));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            double expected = scale * spn_dot(count, jacobian + i * count, jacobian + j * count);
            if (fabs(gauss_newton[i + j * n] - expected) > 1e-7 * size) {
                fail_msg("%s: Gauss-Newton (%lld, %lld) is %g, expected %g", what, (long long)i,
                         (long long)j, gauss_newton[i + j * n], expected);
            }
        }
    }
    free(jacobian);
    free(above);
    free(below);
    free(at);
    free(gauss_newton);
}

static void gauss_newton_is_made_of_jacobians(void **state)
{
    (void)state;
    for_each_case(visit_jacobian);
}

/* A layer of 60 units: BLAS instead of plain loops, several chunks of rows; 700 samples: several blocks
 * of samples, the last one short. */
static void wide_and_long_problems_agree_too(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    case_shape shapes[] = {
        {700, 3, 2, 1, {60}, SPN_TANH, true, SPN_ERROR_MSE},
        {300, 3, 3, 3, {14, 15, 13}, SPN_GELU, false, SPN_ERROR_CROSS_ENTROPY},
        {300, 3, 1, 3, {14, 15, 13}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY},
        {1, 1, 1, 2, {1, 1}, SPN_SOFTPLUS, true, SPN_ERROR_MSE_MEAN},
        {9, 70, 4, 1, {2}, SPN_SIGMOID, true, SPN_ERROR_MSE},
        {3, 2, 1, 1, {520}, SPN_TANH, false, SPN_ERROR_MSE},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char what[96];
        describe(&shapes[i], what, sizeof what);
        network_case made = case_create(context, &shapes[i], 8);
        if (made.size < 500) {
            visit_columns(&made, &shapes[i], what);
        } else {
            check_columns(&made, SPN_PART_FULL, what);
        }
        case_free(&made);
    }
    spn_context_free(context);
}

/* The check that users run on their own models says the same. */
static void the_public_check_passes(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const case_shape shapes[] = {{50, 3, 2, 2, {5, 5}, SPN_TANH, true, SPN_ERROR_MSE},
                                 {50, 3, 1, 2, {5, 5}, SPN_TANH, true, SPN_ERROR_CROSS_ENTROPY}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        network_case made = case_create(context, &shapes[i], 3);
        spn_check_report report;
        check_ok(context,
                 spn_objective_check(context, made.objective, made.theta, 0.0, 1, &report));
        assert_true(report.is_passed);
        spn_objective ridge = spn_ridge(made.objective);
        check_ok(context, spn_objective_check(context, &ridge, made.theta, 0.1, 1, &report));
        assert_true(report.is_passed);
        case_free(&made);
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taylor_slopes_are_two_and_three),
        cmocka_unit_test(products_equal_columns),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(gauss_newton_is_made_of_jacobians),
        cmocka_unit_test(wide_and_long_problems_agree_too),
        cmocka_unit_test(the_public_check_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
