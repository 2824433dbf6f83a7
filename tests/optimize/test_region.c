/* SPDX-License-Identifier: MIT */
/* The trust region's subproblem against its optimality conditions: (H + mu I) s = -g with mu >= 0,
 * mu >= -lambda_min, and |s| = radius unless mu = 0 (More and Sorensen). */
#include "optimize/optimize.h"
#include "support.h"

#include <float.h>

enum { N = 5 };

/* A reflection I - 2 u u^T / u.u with u = (1, 2, .., N): orthonormal columns that are no axes. */
static void make_basis(double *vectors)
{
    double norm = 0;
    for (int i = 1; i <= N; i++) {
        norm += i * i;
    }
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < N; i++) {
            vectors[i + j * N] = (i == j) - 2.0 * (i + 1) * (j + 1) / norm;
        }
    }
}

typedef struct model {
    double vectors[N * N], values[N], gamma[N], basis[N], step[N];
    spni_spectrum spectrum;
    double decrease;
    bool is_cubic;
} model;

static void solve(model *m, const double *values, const double *gamma, double radius, double cubic,
                  double negligible)
{
    make_basis(m->vectors);
    memcpy(m->values, values, sizeof m->values);
    memcpy(m->gamma, gamma, sizeof m->gamma);
    m->spectrum = (spni_spectrum){N, m->vectors, m->values, m->gamma,
                                  fmax(fabs(values[0]), fabs(values[N - 1]))};
    spni_region region = {
        .radius = radius, .cubic = cubic, .negligible = negligible, .basis = m->basis};
    m->decrease = spni_region_step(&m->spectrum, &region, m->step, &m->is_cubic);
    /* The decrease is that of the model at the step returned. */
    double change = 0;
    for (int i = 0; i < N; i++) {
        double along = spn_dot(N, m->vectors + i * N, m->step);
        change += along * (gamma[i] + 0.5 * values[i] * along);
    }
    check_close(m->decrease, -change, 1e-12, 0);
    assert_true(spn_norm(N, m->step) <= radius * (1 + 1e-10));
}

/* The multiplier seen in component i. */
static double multiplier(const model *m, int i)
{
    double along = spn_dot(N, m->vectors + i * N, m->step);
    return -m->gamma[i] / along - m->values[i];
}

static void test_positive(void **state)
{
    (void)state;
    const double values[N] = {1, 2, 3, 4, 5}, gamma[N] = {1, -1, 0.5, 2, 1};
    model m;
    solve(&m, values, gamma, 10, 7, 0);
    for (int i = 0; i < N; i++) { /* the Newton step */
        check_close(multiplier(&m, i), 0, 1e-13, 1);
    }
    solve(&m, values, gamma, 0.1, 7, 0);
    check_close(spn_norm(N, m.step), 0.1, 1e-12, 0);
    for (int i = 0; i < N; i++) {
        assert_true(multiplier(&m, i) > 0);
        check_close(multiplier(&m, i), multiplier(&m, 0), 1e-11, 0);
    }
}

static void test_indefinite(void **state)
{
    (void)state;
    const double values[N] = {-2, -1, 0, 1, 3}, gamma[N] = {0.1, -1, 0.5, 2, 1};
    model m;
    solve(&m, values, gamma, 0.7, 0, 0);
    check_close(spn_norm(N, m.step), 0.7, 1e-12, 0);
    assert_true(multiplier(&m, 0) > 2);
    for (int i = 1; i < N; i++) {
        check_close(multiplier(&m, i), multiplier(&m, 0), 1e-11, 0);
    }
    assert_false(m.is_cubic);
    /* The cubic bound: |s| = mu / sigma. */
    solve(&m, values, gamma, 100, 3, 0);
    check_close(spn_norm(N, m.step), multiplier(&m, 0) / 3, 1e-11, 0);
    assert_true(m.is_cubic);
}

/* No gradient, or nothing but rounding, along v_min: the step reaches the radius along +v_min, whatever
 * the sign of the rounding. */
static void test_hard_case(void **state)
{
    (void)state;
    const double values[N] = {-2, -1, 0, 1, 3};
    const double noise[3] = {0, 1e-12, -1e-12};
    for (int k = 0; k < 3; k++) {
        const double gamma[N] = {noise[k], 0.1, 0.2, -0.1, 0.1};
        model m;
        solve(&m, values, gamma, 0.5, 0, 0);
        check_close(spn_norm(N, m.step), 0.5, 1e-12, 0);
        assert_true(spn_dot(N, m.vectors, m.step) > 0.4);
        for (int i = 1; i < N; i++) {
            check_close(multiplier(&m, i), 2, 1e-9, 0);
        }
        const double nothing[N] = {noise[k], 0, 0, 0, 0};
        solve(&m, values, nothing, 0.5, 0, 0);
        check_close(spn_dot(N, m.vectors, m.step), 0.5, 1e-12, 0);
    }
    /* A gradient that matters decides. */
    const double gamma[N] = {1e-3, 0.1, 0.2, -0.1, 0.1};
    model m;
    solve(&m, values, gamma, 0.5, 0, 0);
    assert_true(spn_dot(N, m.vectors, m.step) < -0.4);
}

/* Semidefinite with a flat direction: the pseudo-inverse where the gradient along it is negligible, a
 * long step down it where not. */
static void test_flat(void **state)
{
    (void)state;
    const double values[N] = {-1e-16, 1e-14, 1, 2, 4};
    const double gamma[N] = {1e-15, -1e-15, 1, 1, 1};
    model m;
    solve(&m, values, gamma, 10, 4, 1e-12);
    check_close(spn_dot(N, m.vectors, m.step), 0, 1e-15, 1);
    check_close(spn_dot(N, m.vectors + N, m.step), 0, 1e-15, 1);
    check_close(multiplier(&m, 2), 0, 1e-13, 1);
    const double slope[N] = {1e-3, 0, 0, 0, 0};
    solve(&m, values, slope, 10, 0, 1e-12);
    check_close(spn_dot(N, m.vectors, m.step), -10, 1e-12, 0);
    const double zero[N] = {0};
    solve(&m, zero, slope, 10, 0, 1e-12);
    check_close(spn_dot(N, m.vectors, m.step), -10, 1e-12, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positive),
        cmocka_unit_test(test_indefinite),
        cmocka_unit_test(test_hard_case),
        cmocka_unit_test(test_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
