/* SPDX-License-Identifier: MIT */
/* Lanczos' method on operators whose spectra are known, and Student's t. */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <spinodal/numeric/lanczos.h>

static const double PI = 3.14159265358979323846;

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

static double *numbers(int64_t count)
{
    double *out = calloc((size_t)(count > 0 ? count : 1), sizeof *out);
    assert_non_null(out);
    return out;
}

/* A diagonal, and where `couples` -1 beside it: with 2 on the diagonal its eigenvalues are 2 - 2 cos(k pi / (n + 1)). */
typedef struct chain {
    int64_t n;
    const double *diagonal; /* NULL: 2 */
    bool couples;
    int64_t calls;
} chain;

static spn_status multiply(spn_context *context, void *state, int64_t k, const double *v,
                           double *av)
{
    chain *own = state;
    (void)context;
    own->calls += k;
    for (int64_t j = 0; j < k; j++) {
        const double *x = v + j * own->n;
        for (int64_t i = 0; i < own->n; i++) {
            double beside = (i > 0 ? x[i - 1] : 0) + (i + 1 < own->n ? x[i + 1] : 0);
            av[j * own->n + i] =
                (own->diagonal != NULL ? own->diagonal[i] : 2) * x[i] - (own->couples ? beside : 0);
        }
    }
    return SPN_OK;
}

static spn_symmetric_operator operator_of(chain *own)
{
    return (spn_symmetric_operator){own->n, multiply, own};
}

static double laplacian(int64_t n, int64_t k)
{
    double s = sin(0.5 * PI * (double)(k + 1) / (double)(n + 1));
    return 4 * s * s;
}

static spn_extremes_settings settings_of(int64_t smallest, int64_t largest, int64_t block)
{
    return (spn_extremes_settings){.smallest = smallest,
                                   .largest = largest,
                                   .block = block,
                                   .products = 20000,
                                   .tolerance = 1e-10,
                                   .seed = 3};
}

static void check_orthonormal(int64_t count, int64_t n, const double *v)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j <= i; j++) {
            check_close(spn_dot(n, v + i * n, v + j * n), i == j, 1e-12, 1);
        }
    }
}

/* Both ends of 700 eigenvalues, in restarts; the lower end is as close as 1e-5 of the largest. */
static void test_ends_of_a_chain(void **state)
{
    (void)state;
    enum { N = 700, LOW = 4, HIGH = 5 };
    spn_context *context = new_context();
    for (int64_t block = 1; block <= 3; block++) {
        chain own = {.n = N, .couples = true};
        const spn_symmetric_operator a = operator_of(&own);
        spn_extremes_settings settings = settings_of(LOW, HIGH, block);
        spn_extremes_info info;
        double values[LOW + HIGH], residuals[LOW + HIGH], *vectors = numbers((LOW + HIGH) * N);
        check_ok(context,
                 spn_extreme_eigenpairs(context, &a, &settings, values, vectors, residuals, &info));
        assert_true(info.is_converged && info.restarts > 0);
        assert_int_equal(info.products, own.calls);
        for (int64_t i = 0; i < LOW + HIGH; i++) {
            int64_t k = i < LOW ? i : N - LOW - HIGH + i;
            /* For symmetric matrices the eigenvalue is right to the square of the residual over the gap. */
            check_close(values[i], laplacian(N, k), 1e-11, 4);
            assert_true(residuals[i] <= 4.1e-10);
        }
        check_orthonormal(LOW + HIGH, N, vectors);
        free(vectors);
    }
    spn_context_free(context);
}

/* As many copies as the block has vectors are found, and all eigenvalues where all are wanted. */
static void test_multiple_eigenvalues(void **state)
{
    (void)state;
    enum { N = 60 };
    spn_context *context = new_context();
    double diagonal[N];
    for (int64_t i = 0; i < N; i++) {
        diagonal[i] = i < 3 ? -7 : i < 7 ? 5 : (double)i / N;
    }
    chain own = {.n = N, .diagonal = diagonal};
    const spn_symmetric_operator a = operator_of(&own);
    spn_extremes_settings settings = settings_of(4, 5, 4);
    spn_extremes_info info;
    double values[N], residuals[N], *vectors = numbers(N * N);
    check_ok(context,
             spn_extreme_eigenpairs(context, &a, &settings, values, vectors, residuals, &info));
    assert_true(info.is_converged);
    const double expected[9] = {-7, -7, -7, 7.0 / N, 59.0 / N, 5, 5, 5, 5};
    for (int i = 0; i < 9; i++) {
        check_close(values[i], expected[i], 1e-10, 7);
    }
    for (int64_t block = 1; block <= 7; block += 3) {
        settings = settings_of(N, 0, block);
        check_ok(context,
                 spn_extreme_eigenpairs(context, &a, &settings, values, vectors, residuals, &info));
        assert_true(info.is_converged);
        check_orthonormal(N, N, vectors);
        for (int64_t i = 0; i < N; i++) {
            check_close(values[i], i < 3 ? -7 : i < N - 4 ? (double)(i + 4) / N : 5, 1e-12, 7);
            assert_true(residuals[i] <= 1e-12);
        }
    }
    free(vectors);
    spn_context_free(context);
}

/* Operators on which a Krylov space ends at once. */
static void test_degenerate_operators(void **state)
{
    (void)state;
    enum { N = 40 };
    spn_context *context = new_context();
    double diagonal[N] = {0}, values[3], residuals[3];
    chain own = {.n = N, .diagonal = diagonal};
    spn_symmetric_operator a = operator_of(&own);
    spn_extremes_settings settings = settings_of(1, 2, 2);
    spn_extremes_info info;
    for (int which = 0; which < 3; which++) {
        /* Zero, a multiple of the identity, rank one. */
        for (int64_t i = 0; i < N; i++) {
            diagonal[i] = which == 1 ? 2.5 : which == 2 && i == 7 ? 1e-30 : 0;
        }
        check_ok(context,
                 spn_extreme_eigenpairs(context, &a, &settings, values, NULL, residuals, &info));
        assert_true(info.is_converged);
        check_close(values[0], which == 1 ? 2.5 : 0, 1e-13, which == 2 ? 1e-30 : 2.5);
        check_close(values[2], which == 1 ? 2.5 : which == 2 ? 1e-30 : 0, 1e-13, 0);
    }
    own.n = a.dimension = 1;
    diagonal[0] = -4;
    settings = settings_of(0, 1, 5);
    check_ok(context, spn_extreme_eigenpairs(context, &a, &settings, values, NULL, NULL, &info));
    assert_true(values[0] == -4);
    spn_context_free(context);
}

/* What is not converged says so, and its residuals hold. */
static void test_bounds_without_convergence(void **state)
{
    (void)state;
    enum { N = 900 };
    spn_context *context = new_context();
    chain own = {.n = N, .couples = true};
    const spn_symmetric_operator a = operator_of(&own);
    spn_extremes_settings settings = settings_of(3, 3, 1);
    settings.products = 40;
    spn_extremes_info info;
    double values[6], residuals[6];
    check_ok(context,
             spn_extreme_eigenpairs(context, &a, &settings, values, NULL, residuals, &info));
    assert_false(info.is_converged);
    for (int i = 0; i < 6; i++) {
        double distance = HUGE_VAL;
        for (int64_t k = 0; k < N; k++) {
            distance = fmin(distance, fabs(values[i] - laplacian(N, k)));
        }
        assert_true(distance <= residuals[i] && residuals[i] < 0.5);
    }
    spn_context_free(context);
}

static spn_status not_finite(spn_context *context, void *state, int64_t k, const double *v,
                             double *av)
{
    (void)context, (void)v;
    for (int64_t i = 0; i < k * *(int64_t *)state; i++) {
        av[i] = (double)NAN;
    }
    return SPN_OK;
}

static void test_refusals(void **state)
{
    (void)state;
    spn_context *context = new_context();
    chain own = {.n = 9, .couples = true};
    spn_symmetric_operator a = operator_of(&own);
    spn_extremes_info info;
    double values[9], start[9] = {0}, weights[9];
    const spn_extremes_settings bad[] = {
        {.smallest = 0, .largest = 0, .block = 1, .products = 9, .tolerance = 1},
        {.smallest = 5, .largest = 5, .block = 1, .products = 9, .tolerance = 1},
        {.smallest = 1, .largest = 1, .block = 0, .products = 9, .tolerance = 1},
        {.smallest = 1, .largest = 1, .block = 1, .products = 9, .tolerance = 0},
        {.smallest = 1, .largest = 1, .block = 1, .products = 9, .tolerance = 1, .basis = 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_fails(context,
                    spn_extreme_eigenpairs(context, &a, &bad[i], values, NULL, NULL, &info),
                    SPN_ERROR_ARGUMENT, "extreme eigenpairs");
    }
    check_fails(context, spn_lanczos_quadrature(context, &a, 1, 3, start, values, weights),
                SPN_ERROR_ARGUMENT, "start 0");
    check_fails(context, spn_lanczos_quadrature(context, &a, 1, 10, start, values, weights),
                SPN_ERROR_ARGUMENT, "10 steps");
    a = (spn_symmetric_operator){9, not_finite, &own.n};
    start[0] = 1;
    spn_extremes_settings settings = settings_of(1, 1, 1);
    check_fails(context, spn_extreme_eigenpairs(context, &a, &settings, values, NULL, NULL, &info),
                SPN_ERROR_NUMERIC, "not finite");
    check_fails(context, spn_lanczos_quadrature(context, &a, 1, 3, start, values, weights),
                SPN_ERROR_NUMERIC, "not finite");
    spn_context_free(context);
}

/* m nodes are exact for powers up to 2 m - 1: here of the chain's spectral measure at random starts. */
static void test_quadrature(void **state)
{
    (void)state;
    enum { N = 80, STARTS = 3, STEPS = 7 };
    spn_context *context = new_context();
    chain own = {.n = N, .couples = true};
    const spn_symmetric_operator a = operator_of(&own);
    double starts[STARTS * N], nodes[STARTS * STEPS], weights[STARTS * STEPS];
    spn_random random = spn_random_stream(1, SPN_PURPOSE_TEST, 0);
    for (int i = 0; i < STARTS * N; i++) {
        starts[i] = 3 * spn_random_normal(&random);
    }
    check_ok(context, spn_lanczos_quadrature(context, &a, STARTS, STEPS, starts, nodes, weights));
    for (int s = 0; s < STARTS; s++) {
        double v[N], av[N], length = spn_norm(N, starts + s * N);
        memcpy(v, starts + s * N, sizeof v);
        for (int power = 0; power < 2 * STEPS; power++) {
            double sum = 0;
            for (int i = 0; i < STEPS; i++) {
                sum += weights[s * STEPS + i] * pow(nodes[s * STEPS + i], power);
            }
            check_close(sum, spn_dot(N, starts + s * N, v) / length / length, 1e-12, 0);
            check_ok(context, multiply(context, &own, 1, v, av));
            memcpy(v, av, sizeof v);
        }
    }
    spn_context_free(context);
}

/* An eigenvector, and a sum of two, end after as many steps. */
static void test_quadrature_in_a_small_space(void **state)
{
    (void)state;
    enum { N = 20 };
    spn_context *context = new_context();
    double diagonal[N], starts[2 * N] = {0}, nodes[2 * 5], weights[2 * 5];
    for (int i = 0; i < N; i++) {
        diagonal[i] = i;
    }
    chain own = {.n = N, .diagonal = diagonal};
    const spn_symmetric_operator a = operator_of(&own);
    starts[4] = 2;
    starts[N + 3] = 1;
    starts[N + 9] = 2;
    check_ok(context, spn_lanczos_quadrature(context, &a, 2, 5, starts, nodes, weights));
    check_close(nodes[0], 4, 1e-15, 4);
    check_close(weights[0], 1, 1e-15, 1);
    check_close(nodes[5], 3, 1e-14, 9);
    check_close(nodes[6], 9, 1e-14, 9);
    check_close(weights[5], 0.2, 1e-14, 1);
    check_close(weights[6], 0.8, 1e-14, 1);
    for (int i = 2; i < 5; i++) {
        assert_true(weights[i] == 0 && weights[5 + i] == 0);
    }
    spn_context_free(context);
}

static spn_status run_both(spn_context *context, void *memory)
{
    enum { N = 50 };
    (void)memory;
    spn_status status = SPN_OK;
    chain own = {.n = N, .couples = true};
    const spn_symmetric_operator a = operator_of(&own);
    const spn_extremes_settings settings = settings_of(1, 1, 2);
    spn_extremes_info info;
    double values[2], residuals[2], start[N] = {1}, nodes[3], weights[3];
    SPN_TRY(spn_extreme_eigenpairs(context, &a, &settings, values, NULL, residuals, &info));
    SPN_TRY(spn_lanczos_quadrature(context, &a, 1, 3, start, nodes, weights));
done:
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(run_both, NULL) > 15);
}

/* Printed tables (Abramowitz and Stegun 26.10) and closed forms for 1 and 2 degrees: tan(pi p / 2), p sqrt(2 / (1 - p^2)). */
static void test_student(void **state)
{
    (void)state;
    check_close(spn_student_quantile(0.95, 1), tan(0.5 * PI * 0.95), 1e-12, 0);
    check_close(spn_student_quantile(0.99, 2), 0.99 * sqrt(2 / (1 - 0.99 * 0.99)), 1e-12, 0);
    check_close(spn_student_quantile(0.95, 10), 2.228, 3e-4, 0);
    check_close(spn_student_quantile(0.95, 15), 2.131, 3e-4, 0);
    check_close(spn_student_quantile(0.99, 31), 2.744, 3e-4, 0);
    check_close(spn_student_quantile(0.95, 100000), 1.96, 2e-4, 0);
    assert_true(isnan(spn_student_quantile(1, 3)) && isnan(spn_student_quantile(0.9, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_of_a_chain),
        cmocka_unit_test(test_multiple_eigenvalues),
        cmocka_unit_test(test_degenerate_operators),
        cmocka_unit_test(test_bounds_without_convergence),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_quadrature),
        cmocka_unit_test(test_quadrature_in_a_small_space),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_student),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
