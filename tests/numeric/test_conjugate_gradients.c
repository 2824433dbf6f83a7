/* SPDX-License-Identifier: MIT */
/* Systems with known solutions: how many products they take, what an indefinite operator does. */
#include "support.h"

#include <spinodal/numeric/conjugate_gradients.h>

enum { N = 60 };

/* D + u u^T, its inverse by Sherman and Morrison. */
typedef struct matrix {
    double d[N], u[N];
    int64_t calls;
} matrix;

static spn_status multiply(spn_context *context, void *state, int64_t k, const double *v,
                           double *av)
{
    (void)context;
    matrix *m = state;
    m->calls++;
    for (int64_t j = 0; j < k; j++) {
        double along = 0;
        for (int i = 0; i < N; i++) {
            along += m->u[i] * v[j * N + i];
        }
        for (int i = 0; i < N; i++) {
            av[j * N + i] = m->d[i] * v[j * N + i] + along * m->u[i];
        }
    }
    return SPN_OK;
}

static spn_status divide(spn_context *context, void *state, int64_t k, const double *v, double *av)
{
    (void)context;
    const matrix *m = state;
    for (int64_t i = 0; i < k * N; i++) {
        av[i] = v[i] / m->d[i % N];
    }
    return SPN_OK;
}

static void solve_exactly(const matrix *m, const double *b, double *x)
{
    double ub = 0, uu = 0;
    for (int i = 0; i < N; i++) {
        ub += m->u[i] * b[i] / m->d[i];
        uu += m->u[i] * m->u[i] / m->d[i];
    }
    for (int i = 0; i < N; i++) {
        x[i] = (b[i] - m->u[i] * ub / (1 + uu)) / m->d[i];
    }
}

/* Without a preconditioner the values of D, four of them and one moved, take at most six steps; with D^-1 it is two: one value and one
 * more. Scaling everything changes nothing. */
static void test_solution(void **state)
{
    (void)state;
    double b[3 * N], x[3 * N], expected[N];
    spn_context *context = NULL;
    spn_conjugate_info info;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int scaled = 0; scaled < 2; scaled++) {
        matrix m = {.calls = 0};
        const double scale = scaled ? 1e-90 : 1;
        for (int i = 0; i < N; i++) {
            m.d[i] = scale * (1 + i % 4 * 7);
            m.u[i] = sqrt(scale) * sin(i + 1.0);
            b[i] = cos(3.0 * i);
            b[N + i] = 0;
            b[2 * N + i] = 1e40 * sin(0.3 * i);
        }
        const spn_symmetric_operator a = {N, multiply, &m}, inverse = {N, divide, &m};
        const spn_conjugate_settings settings = {1e-11, 1000};
        for (int way = 0; way < 2; way++) {
            m.calls = 0;
            check_ok(context, spn_conjugate_gradients(context, &a, way ? &inverse : NULL, &settings,
                                                      3, b, x, &info));
            assert_true(info.is_converged && info.is_positive && info.residual <= 1e-11);
            assert_true(m.calls <= (way ? 2 : 8) && info.products == 3 * m.calls);
            for (int j = 0; j < 3; j++) {
                solve_exactly(&m, b + j * N, expected);
                for (int i = 0; i < N; i++) {
                    check_close(x[j * N + i], expected[i], 1e-10, (j == 2 ? 1e40 : 1) / scale);
                }
            }
        }
    }
    spn_context_free(context);
}

static void test_failures(void **state)
{
    (void)state;
    double b[N], x[N];
    spn_context *context = NULL;
    spn_conjugate_info info;
    matrix m = {.calls = 0};
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    for (int i = 0; i < N; i++) {
        m.d[i] = i == 30 ? -1 : i + 1;
        b[i] = 1;
    }
    const spn_symmetric_operator a = {N, multiply, &m};
    spn_conjugate_settings settings = {1e-11, 1000};
    check_ok(context, spn_conjugate_gradients(context, &a, NULL, &settings, 1, b, x, &info));
    assert_true(!info.is_positive && !info.is_converged);
    m.d[30] = 31;
    settings.products = 3;
    check_ok(context, spn_conjugate_gradients(context, &a, NULL, &settings, 1, b, x, &info));
    assert_true(info.is_positive && !info.is_converged && info.products == 3);
    m.d[30] = (double)NAN;
    check_fails(context, spn_conjugate_gradients(context, &a, NULL, &settings, 1, b, x, &info),
                SPN_ERROR_NUMERIC, "not finite");
    check_fails(context, spn_conjugate_gradients(context, &a, NULL, &settings, 0, b, x, &info),
                SPN_ERROR_ARGUMENT, "0 systems");
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_solution),
                                       cmocka_unit_test(test_failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
