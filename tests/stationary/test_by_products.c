/* SPDX-License-Identifier: MIT */
/* Stationary points by products against closed forms of a quadratic, 1/2 sum a_i t_i^2 + p sum t_i: t_i = -p / a_i, tangents
 * -1 / a_i, the spectrum a; more unknowns than are decomposed, and eigenvalues of both signs. */
#include "stationary/by_products.h"
#include "support.h"

enum { N = 400 };

static spn_context *context;

/* Two negative eigenvalues, the softest is positive; `rest` is the sum of 1 / a_i that is wanted (NaN: as it comes). */
static void make(double rest, double *a)
{
    double sum = 0;
    for (int i = 0; i < N; i++) {
        a[i] = 1 + 3.0 * i / N;
    }
    a[17] = -0.5;
    a[230] = -0.2;
    a[333] = 0.05;
    for (int i = 0; i < N && !isnan(rest); i++) {
        sum += i != 17 ? 1 / a[i] : 0;
    }
    if (!isnan(rest)) {
        a[17] = 1 / (rest - sum);
    }
}

/* The tangent of unit length in the metric m. */
static double tangent_of(const double *a, double m, double *t)
{
    double square = m * m;
    for (int i = 0; i < N; i++) {
        t[i] = -1 / a[i];
        square += t[i] * t[i];
    }
    for (int i = 0; i < N; i++) {
        t[i] /= sqrt(square);
    }
    return 1 / sqrt(square);
}

static void check_stand(const double *a, double beta, double metric)
{
    const spn_landscape quadratic = {SPN_LANDSCAPE_QUADRATIC, N, a};
    const spn_objective objective = spn_landscape_objective(&quadratic);
    spni_products p;
    spni_stand before, stand;
    double theta[N], tangent[N];
    bool is_solved = false;
    for (int i = 0; i < N; i++) {
        theta[i] = -beta / a[i];
    }
    double slope = tangent_of(a, metric, tangent);
    check_ok(context, spni_products_create(context, &objective, theta, 1e-12, &p));
    p.metric = metric;
    check_ok(context, spni_stand_create(&p, &before));
    check_ok(context, spni_stand_create(&p, &stand));
    /* The corner comes from a tangent nearby: one turned by a little. */
    for (int i = 0; i < N; i++) {
        before.tangent[i] = -tangent[i] * (1 + 0.1 * sin(i));
    }
    before.beta_slope = -slope;
    check_ok(context, spni_stand_linearise(&p, theta, beta, &before, &stand, &is_solved));
    assert_true(is_solved);
    check_close(stand.beta_slope, -slope, 1e-9, 0);
    for (int i = 0; i < N; i++) {
        check_close(stand.tangent[i], -tangent[i], 1e-8, 1);
    }
    spni_stand_free(&p, &before);
    spni_stand_free(&p, &stand);
    spni_products_free(&p);
}

/* Indefinite; also where b . H^-1 b vanishes, where K with a corner of 0 would be singular: the susceptibility changes sign there. */
static void test_tangent(void **state)
{
    (void)state;
    double a[N];
    make((double)NAN, a);
    check_stand(a, 0.7, 1);
    check_stand(a, 0.7, 1e3);
    check_stand(a, 0.7, 1e-2);
    make(0, a);
    check_stand(a, 0.7, 1);
    make(1e-3, a);
    check_stand(a, 0.7, 30);
}

/* Both negative eigenvalues and the first that is positive, by Davidson's method. */
static void test_spectrum(void **state)
{
    (void)state;
    double a[N], theta[N];
    bool is_solved = false;
    spni_products p;
    spni_stand stand;
    make((double)NAN, a);
    const spn_landscape quadratic = {SPN_LANDSCAPE_QUADRATIC, N, a};
    const spn_objective objective = spn_landscape_objective(&quadratic);
    for (int i = 0; i < N; i++) {
        theta[i] = -0.7 / a[i];
    }
    check_ok(context, spni_products_create(context, &objective, theta, 1e-12, &p));
    check_ok(context, spni_stand_create(&p, &stand));
    check_ok(context, spni_stand_linearise(&p, theta, 0.7, NULL, &stand, &is_solved));
    check_ok(context, spni_stand_measure(&p, SPNI_STAND_POINT, &stand));
    assert_true(is_solved && stand.certainty == SPN_CERTAIN_LOWEST);
    assert_true(stand.inside == 2 && stand.outside == 0 && stand.value_count == 3);
    check_close(stand.values[0], -0.5, 1e-9, 0);
    check_close(stand.values[1], -0.2, 1e-9, 0);
    check_close(stand.values[2], 0.05, 1e-8, 0);
    assert_true(stand.largest > 3 && stand.largest <= a[N - 1] * (1 + 1e-12));
    check_close(stand.state.loss, p.point->value, 0, 0);
    assert_true(isinf(stand.outside_least) && p.products > 10);
    spni_stand_free(&p, &stand);
    spni_products_free(&p);
}

/* From afar to a level of p, and to a plane; a quadratic takes one step, and one that says so. */
static void test_newton(void **state)
{
    (void)state;
    double a[N], z[N], origin[N], row[N], beta = 0.4;
    spni_products p;
    spni_newton_info info;
    make((double)NAN, a);
    const spn_landscape quadratic = {SPN_LANDSCAPE_QUADRATIC, N, a};
    const spn_objective objective = spn_landscape_objective(&quadratic);
    for (int i = 0; i < N; i++) {
        z[i] = sin(i);
        origin[i] = -0.4 / a[i];
    }
    double slope = tangent_of(a, 2, row);
    check_ok(context, spni_products_create(context, &objective, z, 1e-12, &p));
    p.metric = 2;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = 0.9};
    check_ok(context, spni_products_newton(&p, &level, NULL, (double)INFINITY, z, &beta, &info));
    assert_true(info.is_converged && info.steps <= 4);
    check_close(beta, 0.9, 1e-12, 0);
    for (int i = 0; i < N; i++) {
        check_close(z[i], -0.9 / a[i], 1e-9, 1);
        z[i] += 0.01 * cos(i);
    }
    /* The point at distance 0.3 from the origin along the line. */
    const spni_condition plane = {.kind = SPNI_PLANE,
                                  .row = row,
                                  .row_beta = slope,
                                  .origin = origin,
                                  .origin_beta = 0.4,
                                  .target = 0.3};
    check_ok(context, spni_products_newton(&p, &plane, NULL, (double)INFINITY, z, &beta, &info));
    assert_true(info.is_converged);
    check_close(beta, 0.4 + 0.3 * slope, 1e-10, 0);
    for (int i = 0; i < N; i++) {
        check_close(z[i], origin[i] + 0.3 * row[i], 1e-9, 1);
    }
    /* What lies further than is allowed is refused. */
    z[0] += 1;
    check_ok(context, spni_products_newton(&p, &plane, NULL, 0.5, z, &beta, &info));
    assert_false(info.is_converged);
    spni_products_free(&p);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tangent),
        cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_newton),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
