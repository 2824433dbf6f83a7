/* SPDX-License-Identifier: MIT */
/* MINRES against dense solves: indefinite systems, singular ones with and without a solution, how many products they take. */
#include "support.h"

#include <spinodal/numeric.h>
#include <spinodal/numeric/minimal_residuals.h>

enum { N = 40 };

/* A dense symmetric matrix A = Q D Q^T, Q a reflection, and a diagonal preconditioner; calls are counted. */
typedef struct matrix {
    double d[N], q[N], a[N * N], m[N];
    int64_t calls;
} matrix;

static spn_context *context;

static spn_status multiply(spn_context *own, void *state, int64_t k, const double *v, double *av)
{
    matrix *m = state;
    (void)own;
    assert_int_equal(k, 1);
    m->calls++;
    spn_symmetric_multiply(N, m->a, v, av);
    return SPN_OK;
}

static spn_status divide(spn_context *own, void *state, int64_t k, const double *v, double *av)
{
    const matrix *m = state;
    (void)own;
    for (int64_t i = 0; i < k * N; i++) {
        av[i] = v[i] / m->m[i % N];
    }
    return SPN_OK;
}

/* v - 2 q (q.v). */
static void reflect(const matrix *m, const double *v, double *out)
{
    double along = spn_dot(N, m->q, v);
    for (int i = 0; i < N; i++) {
        out[i] = v[i] - 2 * along * m->q[i];
    }
}

/* A from the eigenvalues d. */
static void make(matrix *m, const double *d)
{
    double column[N];
    for (int i = 0; i < N; i++) {
        m->d[i] = d[i];
        m->q[i] = sin(1.3 * i + 0.7);
        m->m[i] = 1 + i % 3;
    }
    double length = spn_norm(N, m->q);
    for (int i = 0; i < N; i++) {
        m->q[i] /= length;
    }
    for (int j = 0; j < N; j++) {
        memset(column, 0, sizeof column);
        column[j] = 1;
        reflect(m, column, column);
        for (int i = 0; i < N; i++) {
            column[i] *= d[i];
        }
        reflect(m, column, m->a + j * N);
    }
    m->calls = 0;
}

/* A^+ b through the eigenvectors: the columns of the reflection. */
static void solve_exactly(const matrix *m, const double *b, double *x)
{
    double parts[N];
    reflect(m, b, parts);
    for (int i = 0; i < N; i++) {
        parts[i] = m->d[i] != 0 ? parts[i] / m->d[i] : 0;
    }
    reflect(m, parts, x);
}

static void eigenvalues(double scale, double zero, double *d)
{
    for (int i = 0; i < N; i++) {
        d[i] = scale * (i % 2 == 0 ? 1 + 0.2 * i : -0.5 - 0.1 * i);
    }
    d[7] = zero;
    d[12] = zero;
}

/* Negative and positive eigenvalues, with and without a preconditioner, in any units. */
static void test_indefinite(void **state)
{
    (void)state;
    static const double scales[3] = {1, 1e-90, 1e40};
    double d[N], b[N], x[N], expected[N];
    const spn_minimal_settings settings = {1e-13, 1000};
    for (int k = 0; k < 3; k++) {
        matrix m;
        spn_minimal_info info;
        eigenvalues(scales[k], 0.3 * scales[k], d);
        make(&m, d);
        for (int i = 0; i < N; i++) {
            b[i] = cos(3.0 * i);
        }
        solve_exactly(&m, b, expected);
        const spn_symmetric_operator a = {N, multiply, &m}, inverse = {N, divide, &m};
        for (int way = 0; way < 2; way++) {
            m.calls = 0;
            check_ok(context, spn_minimal_residuals(context, &a, way ? &inverse : NULL, &settings,
                                                    b, x, &info));
            assert_true(info.is_converged && !info.is_least && info.residual <= 1e-13);
            assert_true(info.products == m.calls && m.calls <= 2 * N);
            for (int i = 0; i < N; i++) {
                check_close(x[i], expected[i], 1e-10, 4 / scales[k]);
            }
        }
    }
}

/* As many steps as there are different eigenvalues; none for b = 0. */
static void test_few_steps(void **state)
{
    (void)state;
    double d[N], b[N], x[N];
    matrix m;
    spn_minimal_info info;
    const spn_minimal_settings settings = {1e-12, 1000};
    for (int i = 0; i < N; i++) {
        d[i] = i % 3 == 0 ? -2 : i % 3 == 1 ? 1 : 5;
        b[i] = 1e30 * sin(i + 1.0);
    }
    make(&m, d);
    const spn_symmetric_operator a = {N, multiply, &m};
    check_ok(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info));
    assert_true(info.is_converged && info.products == 3);
    memset(b, 0, sizeof b);
    x[0] = 1;
    check_ok(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info));
    assert_true(info.is_converged && info.products == 0 && x[0] == 0 && info.residual == 0);
}

/* Two eigenvalues are 0. Of a b in the range the solution is A^+ b; the kernel's part of any other b is what is left, and that
 * there is no solution is said. Without a preconditioner x has no part in the kernel. */
static void test_singular(void **state)
{
    (void)state;
    double d[N], b[N], x[N], expected[N], rest[N];
    matrix m;
    spn_minimal_info info;
    const spn_minimal_settings settings = {1e-11, 1000};
    eigenvalues(1, 0, d);
    make(&m, d);
    for (int i = 0; i < N; i++) {
        rest[i] = cos(3.0 * i);
    }
    spn_symmetric_multiply(N, m.a, rest, b);
    solve_exactly(&m, b, expected);
    const spn_symmetric_operator a = {N, multiply, &m}, inverse = {N, divide, &m};
    check_ok(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info));
    assert_true(info.is_converged && info.products <= 2 * N);
    for (int i = 0; i < N; i++) {
        check_close(x[i], expected[i], 1e-9, 1);
    }
    check_ok(context, spn_minimal_residuals(context, &a, &inverse, &settings, b, x, &info));
    assert_true(info.is_converged);
    spn_symmetric_multiply(N, m.a, x, rest);
    for (int i = 0; i < N; i++) {
        check_close(rest[i], b[i], 1e-9, spn_norm(N, b));
    }
    /* A b with a part in the kernel: that part is the residual. */
    double kernel[N], unit[N];
    memset(unit, 0, sizeof unit);
    unit[7] = 1;
    reflect(&m, unit, kernel);
    spn_axpy(N, 2, kernel, b);
    check_ok(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info));
    assert_true(!info.is_converged && info.is_least);
    check_close(info.residual, 2 / spn_norm(N, b), 1e-9, 0);
    spn_symmetric_multiply(N, m.a, x, rest);
    for (int i = 0; i < N; i++) {
        check_close(b[i] - rest[i], 2 * kernel[i], 1e-7, 1);
    }
}

static void test_failures(void **state)
{
    (void)state;
    double d[N], b[N], x[N];
    matrix m;
    spn_minimal_info info;
    spn_minimal_settings settings = {1e-12, 5};
    eigenvalues(1, 0.3, d);
    make(&m, d);
    for (int i = 0; i < N; i++) {
        b[i] = cos(3.0 * i);
    }
    const spn_symmetric_operator a = {N, multiply, &m}, inverse = {N, divide, &m};
    check_ok(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info));
    assert_true(!info.is_converged && !info.is_least && info.products == 5);
    /* The residual that is said is that of x. */
    double rest[N];
    spn_symmetric_multiply(N, m.a, x, rest);
    for (int i = 0; i < N; i++) {
        rest[i] -= b[i];
    }
    check_close(info.residual, spn_norm(N, rest) / spn_norm(N, b), 1e-10, 0);
    m.m[3] = -1e-3;
    check_fails(context, spn_minimal_residuals(context, &a, &inverse, &settings, b, x, &info),
                SPN_ERROR_NUMERIC, "not positive definite");
    m.a[5] = (double)NAN;
    check_fails(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info),
                SPN_ERROR_NUMERIC, "not finite");
    settings.products = 0;
    check_fails(context, spn_minimal_residuals(context, &a, NULL, &settings, b, x, &info),
                SPN_ERROR_ARGUMENT, "0 products");
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indefinite),
        cmocka_unit_test(test_few_steps),
        cmocka_unit_test(test_singular),
        cmocka_unit_test(test_failures),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
