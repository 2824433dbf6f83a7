/* SPDX-License-Identifier: MIT */
/* Curvature of graphs from raw derivatives: closed forms, then an independent computation through all
 * principal curvatures, then invariances. */
#include "support.h"

#include <float.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>

enum { N = 9 };

static spn_context *context;
static spn_geometry_workspace *workspace; /* for N variables */

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, spn_geometry_workspace_create(context, N, &workspace));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_geometry_workspace_free(context, workspace);
    spn_context_free(context);
    return 0;
}

static void draw(int64_t n, uint64_t job, double *x)
{
    spn_random random = spn_random_stream(21, SPN_PURPOSE_TEST, job);
    for (int64_t i = 0; i < n; i++) {
        x[i] = spn_random_normal(&random);
    }
}

static void draw_symmetric(int64_t n, uint64_t job, double *h)
{
    draw(n * n, job, h);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < j; i++) {
            h[i + j * n] = h[j + i * n];
        }
    }
}

/* Lower half sphere of radius r at t: g = t / s, H = (I + t t^T / s^2) / s, s^2 = r^2 - |t|^2. */
static void half_sphere(int64_t n, double r, const double *t, double *g, double *h)
{
    double s = sqrt(r * r - spn_dot(n, t, t));
    for (int64_t j = 0; j < n; j++) {
        g[j] = t[j] / s;
        for (int64_t i = 0; i < n; i++) {
            h[i + j * n] = ((i == j) + t[i] * t[j] / (s * s)) / s;
        }
    }
}

static void test_half_sphere(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 5, 17};
    double t[17], g[17], h[17 * 17];
    for (int k = 0; k < 4 * 3 * 2; k++) {
        int64_t n = sizes[k % 4];
        double share = 0.45 * (double)(k / 4 % 3), r = k / 12 == 0 ? 0.5 : 3.0, p = (double)n;
        spn_geometry_workspace *ws = NULL;
        spn_geometry out;
        draw(n, (uint64_t)k, t);
        double length = spn_norm(n, t);
        for (int64_t i = 0; i < n; i++) {
            t[i] *= share * r / length;
        }
        half_sphere(n, r, t, g, h);
        check_ok(context, spn_geometry_workspace_create(context, n, &ws));
        check_ok(context, spn_geometry_from_derivatives(context, ws, -1, g, h, &out));
        /* The terms of T3 exceed their sum by up to q^2; entries of H are right to a few eps. */
        double q = 1 + spn_dot(n, g, g), tolerance = 20 * p * q * q * DBL_EPSILON;
        check_close(out.scalar_curvature, p * (p - 1) / (r * r), tolerance, p / (r * r));
        check_close(out.mean_curvature, 1 / r, tolerance, 0);
        check_close(out.gauss_kronecker_sign, 1, 0, 0);
        check_close(out.gauss_kronecker_log, -p * log(r), tolerance, p);
        check_close(out.principal_curvature_min, 1 / r, tolerance, 0);
        check_close(out.principal_curvature_max, 1 / r, tolerance, 0);
        check_close(out.scalar_curvature_stderr, 0, 0, 0);
        assert_int_equal(out.negative_eigenvalues, 0);
        assert_int_equal(out.zero_eigenvalues, 0);
        spn_geometry_workspace_free(context, ws);
    }
}

/* f = a |t|^2 / 2 at distance rho from the axis: one principal curvature a / q^(3/2) along the slope
 * and P - 1 times a / q^(1/2) around the axis, q = 1 + a^2 rho^2. */
static void test_paraboloid(void **state)
{
    (void)state;
    const double curvatures[] = {0.3, -2.0};
    for (int k = 0; k < 2; k++) {
        double a = curvatures[k], t[N], g[N], h[N * N] = {0};
        spn_geometry out;
        draw(N, 40, t);
        for (int64_t i = 0; i < N; i++) {
            g[i] = a * t[i];
            h[i + i * N] = a;
        }
        check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
        double q = 1 + a * a * spn_dot(N, t, t);
        double around = a / sqrt(q), along = around / q;
        double tolerance = 20 * N * q * DBL_EPSILON;
        check_close(out.scalar_curvature,
                    (N - 1) * (N - 2) * around * around + 2 * (N - 1) * around * along, tolerance,
                    0);
        check_close(out.mean_curvature, ((N - 1) * around + along) / N, tolerance, 0);
        check_close(out.gauss_kronecker_sign, a > 0 ? 1 : -1, 0, 0);
        check_close(out.gauss_kronecker_log, (N - 1) * log(fabs(around)) + log(fabs(along)),
                    tolerance, N);
        check_close(out.principal_curvature_min, fmin(around, along), tolerance, 0);
        check_close(out.principal_curvature_max, fmax(around, along), tolerance, 0);
        assert_int_equal(out.negative_eigenvalues, a > 0 ? 0 : N);
    }
}

/* At a critical point: R = (tr A)^2 - tr A^2, S = A. */
static void test_quadratic_at_rest(void **state)
{
    (void)state;
    double g[N] = {0}, h[N * N], copy[N * N], v[N * N], w[N];
    spn_geometry out;
    draw_symmetric(N, 41, h);
    memcpy(copy, h, sizeof h);
    check_ok(context, spn_eigen_jacobi(context, N, copy, w, v));
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 2.5, g, h, &out));
    double trace = 0, square = 0, logarithm = 0, sign = 1, tolerance = 30 * N * DBL_EPSILON;
    for (int64_t i = 0; i < N; i++) {
        trace += w[i];
        square += w[i] * w[i];
        logarithm += log(fabs(w[i]));
        sign *= w[i] < 0 ? -1 : 1;
    }
    check_close(out.value, 2.5, 0, 0);
    check_close(out.trace, trace, tolerance, sqrt(square));
    check_close(out.frobenius_squared, square, tolerance, 0);
    check_close(out.scalar_curvature, trace * trace - square, tolerance, square);
    check_close(out.gauss_kronecker_log, logarithm, 1e-11,
                0); /* small eigenvalues: cond about 1e3 */
    check_close(out.gauss_kronecker_sign, sign, 0, 0);
    check_close(out.principal_curvature_min, w[0], tolerance, sqrt(square));
    check_close(out.principal_curvature_max, w[N - 1], tolerance, sqrt(square));
    for (int64_t i = 0; i < N; i++) {
        check_close(spn_geometry_eigenvalues(workspace)[i], w[i], tolerance, sqrt(square));
    }
}

/* All principal curvatures another way: H v = kappa sqrt q (I + g g^T) v with the Cholesky factor of
 * the metric, by plain loops and Jacobi. */
static void all_principal_curvatures(const double *g, const double *h, double *kappa)
{
    double factor[N * N] = {0}, a[N * N], v[N * N];
    for (int64_t j = 0; j < N; j++) {
        for (int64_t i = j; i < N; i++) {
            double sum = (i == j) + g[i] * g[j];
            for (int64_t k = 0; k < j; k++) {
                sum -= factor[i + k * N] * factor[j + k * N];
            }
            factor[i + j * N] = i == j ? sqrt(sum) : sum / factor[j + j * N];
        }
    }
    memcpy(a, h, sizeof a);
    for (int pass = 0; pass < 2; pass++) { /* a := (L^-1 a)^T, twice */
        double solved[N * N];
        for (int64_t c = 0; c < N; c++) {
            for (int64_t i = 0; i < N; i++) {
                double sum = a[i + c * N];
                for (int64_t k = 0; k < i; k++) {
                    sum -= factor[i + k * N] * solved[c + k * N];
                }
                solved[c + i * N] = sum / factor[i + i * N];
            }
        }
        memcpy(a, solved, sizeof a);
    }
    double root = sqrt(1 + spn_dot(N, g, g));
    for (int64_t i = 0; i < N * N; i++) {
        a[i] /= root;
    }
    check_ok(context, spn_eigen_jacobi(context, N, a, kappa, v));
}

static void test_against_principal_curvatures(void **state)
{
    (void)state;
    for (uint64_t job = 50; job < 60; job++) {
        double g[N], h[N * N], kappa[N], sum = 0, square = 0, logarithm = 0, sign = 1;
        spn_geometry out;
        draw(N, job, g);
        draw_symmetric(N, job + 100, h);
        all_principal_curvatures(g, h, kappa);
        for (int64_t i = 0; i < N; i++) {
            sum += kappa[i];
            square += kappa[i] * kappa[i];
            logarithm += log(fabs(kappa[i]));
            sign *= kappa[i] < 0 ? -1 : 1;
        }
        check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
        /* q is about 10; the terms of T3 are at most q times larger than square. */
        double q = 1 + spn_dot(N, g, g), tolerance = 30 * N * q * DBL_EPSILON;
        check_close(out.scalar_curvature, sum * sum - square, tolerance, square);
        check_close(out.mean_curvature, sum / N, tolerance, sqrt(square));
        check_close(out.principal_curvature_min, kappa[0], tolerance, sqrt(square));
        check_close(out.principal_curvature_max, kappa[N - 1], tolerance, sqrt(square));
        check_close(out.gauss_kronecker_sign, sign, 0, 0);
        check_close(out.gauss_kronecker_log, logarithm, 1e-10, 0);
    }
}

/* The stated rounding error covers the difference to the same formula in extended precision. */
static void test_rounding_estimate(void **state)
{
    (void)state;
    enum { LARGE = 60 };
    spn_geometry_workspace *ws = NULL;
    static double g[LARGE], h[LARGE * LARGE];
    check_ok(context, spn_geometry_workspace_create(context, LARGE, &ws));
    for (uint64_t job = 0; job < 20; job++) {
        spn_geometry out;
        draw(LARGE, job + 300, g);
        draw_symmetric(LARGE, job + 400, h);
        for (int64_t i = 0; job % 2 == 0 && i < LARGE; i++) {
            h[i + i * LARGE] += 30;
        }
        long double trace = 0, square = 0, along = 0, bent = 0, q = 1;
        for (int64_t j = 0; j < LARGE; j++) {
            long double product = 0;
            for (int64_t i = 0; i < LARGE; i++) {
                long double entry = (long double)h[i + j * LARGE];
                square += entry * entry;
                product += entry * (long double)g[i];
            }
            trace += (long double)h[j + j * LARGE];
            along += (long double)g[j] * product;
            bent += product * product;
            q += (long double)g[j] * (long double)g[j];
        }
        double exact =
            (double)((trace * trace - square) / q - 2 * (trace * along - bent) / (q * q));
        check_ok(context, spn_geometry_from_derivatives(context, ws, 0, g, h, &out));
        assert_true(fabs(out.scalar_curvature - exact) <= out.scalar_curvature_rounding);
        assert_true(out.scalar_curvature_rounding < 1e-11 * (double)square);
    }
    spn_geometry_workspace_free(context, ws);
}

/* Q = I - 2 u u^T / |u|^2: a reflection; two of them rotate. Nothing but g and H's entries change. */
static void reflect(const double *u, double *g, double *h)
{
    double square = spn_dot(N, u, u), along = spn_dot(N, u, g);
    spn_axpy(N, -2 * along / square, u, g);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t j = 0; j < N; j++) {
            spn_axpy(N, -2 * spn_dot(N, u, h + j * N) / square, u, h + j * N);
        }
        for (int64_t j = 0; j < N; j++) {
            for (int64_t i = 0; i < j; i++) {
                double entry = h[i + j * N];
                h[i + j * N] = h[j + i * N];
                h[j + i * N] = entry;
            }
        }
    }
}

static void test_rotation(void **state)
{
    (void)state;
    double g[N], h[N * N], u[N];
    spn_geometry before, after;
    draw(N, 70, g);
    draw_symmetric(N, 71, h);
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 1, g, h, &before));
    for (uint64_t job = 72; job < 74; job++) {
        draw(N, job, u);
        reflect(u, g, h);
    }
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 1, g, h, &after));
    const double tolerance = 30 * N * 20 * DBL_EPSILON; /* q is about 10 */
    const double size = before.frobenius_squared;
    check_close(after.gradient_norm, before.gradient_norm, tolerance, 0);
    check_close(after.trace, before.trace, tolerance, sqrt(size));
    check_close(after.frobenius_squared, size, tolerance, 0);
    check_close(after.scalar_curvature, before.scalar_curvature, tolerance, size);
    check_close(after.mean_curvature, before.mean_curvature, tolerance, sqrt(size));
    check_close(after.gauss_kronecker_log, before.gauss_kronecker_log, 1e-11, 1);
    check_close(after.gauss_kronecker_sign, before.gauss_kronecker_sign, 0, 0);
    check_close(after.eigenvalue_min, before.eigenvalue_min, tolerance, sqrt(size));
    check_close(after.eigenvalue_max, before.eigenvalue_max, tolerance, sqrt(size));
    check_close(after.principal_curvature_min, before.principal_curvature_min, tolerance,
                sqrt(size));
    check_close(after.principal_curvature_max, before.principal_curvature_max, tolerance,
                sqrt(size));
    assert_int_equal(after.negative_eigenvalues, before.negative_eigenvalues);
}

/* Ricci: symmetric, its trace with the inverse metric I - g g^T / q is R. */
static void test_ricci(void **state)
{
    (void)state;
    double g[N], h[N * N], ricci[N * N];
    spn_geometry out;
    draw(N, 80, g);
    draw_symmetric(N, 81, h);
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
    check_ok(context, spn_geometry_ricci(context, N, g, h, ricci));
    double q = 1 + spn_dot(N, g, g), trace = 0;
    for (int64_t i = 0; i < N; i++) {
        for (int64_t j = 0; j < N; j++) {
            trace += ((i == j) - g[i] * g[j] / q) * ricci[i * N + j];
            check_close(ricci[i * N + j], ricci[j * N + i], 0, 0);
        }
    }
    check_close(trace, out.scalar_curvature, 30 * N * DBL_EPSILON, out.frobenius_squared);
    check_fails(context, spn_geometry_ricci(context, 0, g, h, ricci), SPN_ERROR_ARGUMENT, "0");
}

/* On the sphere every plane has curvature 1/r^2, and Ric = (P - 1)/r^2 times the metric. */
static void test_tensors_of_sphere(void **state)
{
    (void)state;
    double t[N], g[N], h[N * N], ricci[N * N], u[N], v[N], sectional = 0;
    const double r = 4;
    draw(N, 90, t);
    half_sphere(N, r, t, g, h);
    double q = 1 + spn_dot(N, g, g), tolerance = 100 * N * q * DBL_EPSILON;
    check_ok(context, spn_geometry_ricci(context, N, g, h, ricci));
    for (int64_t i = 0; i < N * N; i++) {
        double metric = (i % N == i / N) + g[i % N] * g[i / N];
        check_close(ricci[i], (N - 1) / (r * r) * metric, tolerance, 1);
    }
    for (uint64_t job = 91; job < 99; job += 2) {
        draw(N, job, u);
        draw(N, job + 1, v);
        check_ok(context, spn_geometry_sectional(context, N, g, h, u, v, &sectional));
        check_close(sectional, 1 / (r * r), tolerance, 0);
    }
}

/* R is the sum over ordered pairs of a metric-orthonormal basis, Ric(e, e) over partners of e; the basis
 * is e_i = (I + g g^T)^(-1/2) applied to the unit vectors. */
static void test_sectional_sums(void **state)
{
    (void)state;
    double g[N], h[N * N], basis[N][N], ricci[N * N], total = 0;
    spn_geometry out;
    draw(N, 110, g);
    draw_symmetric(N, 111, h);
    double square = spn_dot(N, g, g), shrink = (1 - 1 / sqrt(1 + square)) / square;
    for (int64_t i = 0; i < N; i++) {
        for (int64_t k = 0; k < N; k++) {
            basis[i][k] = (i == k) - shrink * g[i] * g[k];
        }
    }
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
    check_ok(context, spn_geometry_ricci(context, N, g, h, ricci));
    const double tolerance = 300 * N * DBL_EPSILON, size = out.frobenius_squared;
    for (int64_t i = 0; i < N; i++) {
        double row = 0, direct = 0, sectional = 0;
        for (int64_t j = 0; j < N; j++) {
            if (j != i) {
                check_ok(context,
                         spn_geometry_sectional(context, N, g, h, basis[i], basis[j], &sectional));
                row += sectional;
            }
            for (int64_t k = 0; k < N; k++) {
                direct += basis[i][j] * ricci[j * N + k] * basis[i][k];
            }
        }
        check_close(row, direct, tolerance, size);
        total += row;
    }
    check_close(total, out.scalar_curvature, tolerance, size);
}

static void test_sectional_refusals(void **state)
{
    (void)state;
    double g[2] = {1, 2}, h[4] = {1, 0, 0, 1}, u[2] = {1, 1}, v[2] = {2, 2}, zero[2] = {0, 0};
    double out = 1;
    check_fails(context, spn_geometry_sectional(context, 2, g, h, u, v, &out), SPN_ERROR_ARGUMENT,
                "span");
    assert_true(isnan(out));
    check_fails(context, spn_geometry_sectional(context, 2, g, h, zero, v, &out),
                SPN_ERROR_ARGUMENT, "span");
    check_fails(context, spn_geometry_sectional(context, 1, g, h, u, v, &out), SPN_ERROR_ARGUMENT,
                "plane");
    /* Nearly parallel vectors still span one: K = det H / q^2 for a surface in space. */
    v[1] += 1e-6;
    check_ok(context, spn_geometry_sectional(context, 2, g, h, u, v, &out));
    check_close(out, 1.0 / 36, 1e-9, 0); /* eps over the angle 1e-6 */
}

/* Zero, negative and not finite: what does not exist is NaN. */
static void test_absent_numbers(void **state)
{
    (void)state;
    spn_geometry out;
    double g[N] = {0}, h[N * N] = {0};
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
    assert_int_equal(out.zero_eigenvalues, N);
    assert_int_equal(out.negative_eigenvalues, 0);
    assert_true(isnan(out.gauss_kronecker_sign) && isnan(out.gauss_kronecker_log));
    check_close(out.scalar_curvature, 0, 0, 0);
    check_close(out.principal_curvature_max, 0, 0, 0);
    assert_true(isnan(out.beta) && isnan(out.fisher_trace) && isnan(out.susceptibility));
    assert_true(isnan(out.weight_norm) && isnan(out.newton_decrement));
    assert_int_equal(out.stationary, -1);
    for (int64_t i = 0; i < N; i++) {
        h[i + i * N] = i == 0 ? 1e-9 : i == 1 ? -2e-9 : -1;
    }
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 0, g, h, &out));
    assert_int_equal(out.zero_eigenvalues, 1);
    assert_int_equal(out.negative_eigenvalues, N - 1);
    assert_true(isnan(out.gauss_kronecker_log));
    h[3] = (double)NAN;
    check_ok(context, spn_geometry_from_derivatives(context, workspace, 7, g, h, &out));
    assert_true(out.value == 7 && isnan(out.scalar_curvature) && isnan(out.eigenvalue_max));
    assert_int_equal(out.zero_eigenvalues, -1);
}

static spn_status tensors_once(spn_context *other, void *state)
{
    (void)state;
    double g[2] = {1, 2}, h[4] = {1, 0, 0, 1}, u[2] = {1, 0}, v[2] = {0, 1}, ricci[4], out;
    spn_status status = spn_geometry_ricci(other, 2, g, h, ricci);
    return status != SPN_OK ? status : spn_geometry_sectional(other, 2, g, h, u, v, &out);
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(support_fail_each_allocation(tensors_once, NULL), 5);
}

/* Both tables together: no field forgotten. */
static void test_columns(void **state)
{
    (void)state;
    const spn_columns *parts[2] = {&spn_geometry_columns, &spn_geometry_certainty_columns};
    int64_t place = 0;
    for (int k = 0; k < 2; k++) {
        assert_int_equal(parts[k]->record_size, sizeof(spn_geometry));
        for (int64_t i = 0; i < parts[k]->count; i++, place++) {
            const spn_column *column = &parts[k]->items[i];
            assert_int_equal(column->offset, 8 * place);
            assert_true(strlen(column->help) > 10 && column->unit != NULL);
        }
    }
    assert_int_equal(place * 8, sizeof(spn_geometry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_sphere),
        cmocka_unit_test(test_paraboloid),
        cmocka_unit_test(test_quadratic_at_rest),
        cmocka_unit_test(test_against_principal_curvatures),
        cmocka_unit_test(test_rounding_estimate),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_ricci),
        cmocka_unit_test(test_tensors_of_sphere),
        cmocka_unit_test(test_sectional_sums),
        cmocka_unit_test(test_sectional_refusals),
        cmocka_unit_test(test_absent_numbers),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
