/* SPDX-License-Identifier: MIT */
/* Products, Cholesky, singular values and vector helpers: against plain twins and closed forms. */
#include "support.h"

#include "numeric/lapack.h"
#include <float.h>

static double *numbers(int64_t count, uint64_t job)
{
    double *memory = calloc((size_t)(count > 0 ? count : 1), sizeof(double));
    assert_non_null(memory);
    spn_random random = spn_random_stream(11, SPN_PURPOSE_TEST, job);
    for (int64_t i = 0; i < count; i++) {
        memory[i] = spn_random_normal(&random);
    }
    return memory;
}

static spn_context *context_create(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* Two summation orders of k products of size about 1 differ by at most 2 k eps times the sum of the
 * products' sizes (about k). */
static void check_matrix(int64_t m, int64_t n, int64_t k, const double *actual, int64_t ldc,
                         const double *expected)
{
    double scale = 4 * (double)(k + 1);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            check_close(actual[i * ldc + j], expected[i * ldc + j], scale * DBL_EPSILON, scale);
        }
    }
}

static void test_products(void **state)
{
    (void)state;
    const int64_t edges[] = {0, 1, 2, 3, 7, 8, 9, 16, 17, 33, 65};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (int s = 0; s < EDGES * EDGES * EDGES; s++) {
        int64_t m = edges[s % EDGES], n = edges[s / EDGES % EDGES], k = edges[s / EDGES / EDGES];
        int64_t larger = n > k ? n : k, lda = k + 3, ldb = larger + 1, ldc = n + 2;
        double *a = numbers(m * lda, 1), *b = numbers(larger * ldb, 2);
        double *c = numbers(m * ldc, 3), *d = numbers(m * ldc, 3);
        spn_multiply_transposed(m, n, k, 1.5, a, lda, b, ldb, -0.5, c, ldc);
        spni_multiply_transposed_plain(m, n, k, 1.5, a, lda, b, ldb, -0.5, d, ldc);
        check_matrix(m, n, k, c, ldc, d);
        spn_multiply(m, n, k, 1.5, a, lda, b, ldb, -0.5, c, ldc);
        spni_multiply_plain(m, n, k, 1.5, a, lda, b, ldb, -0.5, d, ldc);
        check_matrix(m, n, k, c, ldc, d);
        free(a), free(b), free(c), free(d);
    }
}

/* Of the symmetric one the lower triangle alone is written. */
static void test_products_over_rows(void **state)
{
    (void)state;
    const int64_t edges[] = {0, 1, 2, 7, 8, 17, 65};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (int s = 0; s < EDGES * EDGES * EDGES; s++) {
        int64_t m = edges[s % EDGES], n = edges[s / EDGES % EDGES], k = edges[s / EDGES / EDGES];
        int64_t lda = m + 3, ldb = n + 1, ldc = (n > m ? n : m) + 2;
        double *a = numbers(k * lda, 1), *b = numbers(k * ldb, 2);
        double *c = numbers(m * ldc, 3), *d = numbers(m * ldc, 3);
        spn_multiply_over_rows(m, n, k, 1.5, a, lda, b, ldb, -0.5, c, ldc);
        spni_multiply_over_rows_plain(m, n, k, 1.5, a, lda, b, ldb, -0.5, d, ldc);
        check_matrix(m, n, k, c, ldc, d);
        double *before = numbers(m * ldc, 3);
        memcpy(c, before, (size_t)(m * ldc) * sizeof *c);
        memcpy(d, before, (size_t)(m * ldc) * sizeof *d);
        spn_gram_over_rows(m, k, 1.5, a, lda, -0.5, c, ldc);
        spni_multiply_over_rows_plain(m, m, k, 1.5, a, lda, a, lda, -0.5, d, ldc);
        for (int64_t i = 0; i < m; i++) {
            check_matrix(1, i + 1, k, c + i * ldc, ldc, d + i * ldc);
            assert_memory_equal(c + i * ldc + i + 1, before + i * ldc + i + 1,
                                (size_t)(ldc - i - 1) * sizeof *c);
        }
        free(a), free(b), free(c), free(d), free(before);
    }
}

/* beta = 0 overwrites, whatever was there; entries beyond the block are left alone. */
static void test_products_overwrite(void **state)
{
    (void)state;
    double a[2] = {1, 2}, b[2] = {3, 4}, c[3] = {(double)NAN, 7, 7};
    spn_multiply_transposed(1, 1, 2, 1, a, 2, b, 2, 0, c, 3);
    assert_true(c[0] == 11 && c[1] == 7);
    c[0] = (double)NAN;
    spn_multiply(1, 1, 2, 2, a, 2, b, 1, 0, c, 3);
    assert_true(c[0] == 22 && c[1] == 7);
    c[0] = (double)NAN;
    spn_multiply_transposed(1, 1, 0, 1, a, 2, b, 2, 0, c, 3);
    assert_true(c[0] == 0);
    c[0] = (double)NAN;
    spn_multiply(1, 1, 0, 1, a, 2, b, 2, 0, c, 3);
    assert_true(c[0] == 0);
}

/* Leading dimensions beyond BLAS's int go through the plain loops; with one row they are never used. */
static void test_products_beyond_int(void **state)
{
    (void)state;
    const int64_t far = (int64_t)1 << 40;
    const double a[2] = {1, 2}, b[2] = {3, 4};
    double c[2] = {1, 1};
    spn_multiply_transposed(1, 1, 2, 1, a, far, b, far, 1, c, far);
    assert_true(c[0] == 12);
    spn_multiply(1, 2, 1, 2, a, far, b, far, 0, c, far);
    assert_true(c[0] == 6 && c[1] == 8);
    spn_multiply_over_rows(1, 2, 1, 2, a, far, b, far, 0, c, far);
    assert_true(c[0] == 6 && c[1] == 8);
    spn_gram_over_rows(1, 1, 2, b, far, 1, c, far);
    assert_true(c[0] == 24 && c[1] == 8);
}

static void test_symmetric_multiply(void **state)
{
    (void)state;
    const int64_t sizes[] = {0, 1, 2, 17, 100};
    for (int s = 0; s < 5; s++) {
        int64_t n = sizes[s];
        double *a = numbers(n * n, 4), *x = numbers(n, 5), *y = numbers(n, 6), *z = numbers(n, 7);
        for (int64_t j = 0; j < n; j++) {
            for (int64_t i = 0; i < j; i++) {
                a[i + j * n] = (double)NAN;
            }
        }
        spn_symmetric_multiply(n, a, x, y);
        spni_symmetric_multiply_plain(n, a, x, z);
        check_matrix(1, n, n, y, n, z);
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            for (int64_t j = 0; j < n; j++) {
                sum += (i >= j ? a[i + j * n] : a[j + i * n]) * x[j];
            }
            check_close(z[i], sum, 4 * (double)n * DBL_EPSILON, 4 * (double)n);
        }
        free(a), free(x), free(y), free(z);
    }
}

static void check_factor(int64_t n, const double *factor, const double *b)
{
    double size = spn_norm(n * n, b);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t k = 0; k <= j; k++) {
                sum += factor[i + k * n] * factor[j + k * n];
            }
            check_close(sum, b[i + j * n], 30 * (double)n * DBL_EPSILON, size);
        }
    }
}

/* b = m m^T + I: L L^T = b and b (b^-1 r) = r, both to C n eps |b|. */
static void test_cholesky(void **state)
{
    (void)state;
    spn_context *context = context_create();
    const int64_t sizes[] = {1, 2, 17, 64, 100};
    for (int s = 0; s < 5; s++) {
        int64_t n = sizes[s];
        double *m = numbers(n * n, 8), *b = numbers(n * n, 9), *factor = numbers(n * n, 9);
        double *x = numbers(2 * n, 10), *right = numbers(2 * n, 10), *y = numbers(n, 11);
        bool is_positive = false;
        spn_multiply_transposed(n, n, n, 1, m, n, m, n, 0, b, n);
        for (int64_t i = 0; i < n; i++) {
            b[i + i * n] += 1;
        }
        memcpy(factor, b, (size_t)(n * n) * sizeof *b);
        check_ok(context, spn_cholesky(context, n, factor, 0, &is_positive));
        assert_true(is_positive);
        check_factor(n, factor, b);
        check_ok(context, spn_cholesky_solve(context, n, factor, 2, x));
        double size = spn_norm(n * n, b), tolerance = 30 * (double)n * DBL_EPSILON;
        for (int64_t c = 0; c < 2; c++) {
            spni_symmetric_multiply_plain(n, b, x + c * n, y);
            for (int64_t i = 0; i < n; i++) {
                check_close(y[i], right[i + c * n], tolerance, size * spn_norm(n, x + c * n));
            }
        }
        free(m), free(b), free(factor), free(x), free(y), free(right);
    }
    spn_context_free(context);
}

/* Pivots of the Hilbert matrix are known: d_k = (k!)^4 / ((2k)! (2k+1)!), k = 0, 1, ... */
static void test_cholesky_hilbert(void **state)
{
    (void)state;
    spn_context *context = context_create();
    enum { N = 6 };
    double a[N * N], b[N * N];
    bool is_positive = false;
    for (int64_t i = 0; i < N * N; i++) {
        a[i] = b[i] = 1.0 / (double)(i % N + i / N + 1);
    }
    check_ok(context, spn_cholesky(context, N, a, 0, &is_positive));
    assert_true(is_positive);
    double pivot = 1;
    for (int k = 0; k < N; k++) {
        if (k > 0) { /* d_k / d_{k-1} = k^2 / (4 (2k-1) (2k+1)) */
            pivot *= (double)(k * k) / (double)(4 * (2 * k - 1) * (2 * k + 1));
        }
        check_close(a[k + k * N] * a[k + k * N], pivot, 10 * N * DBL_EPSILON, 1);
    }
    /* A floor just above the last pivot says no, one just below says yes (the largest entry is 1). */
    memcpy(a, b, sizeof b);
    check_ok(context, spn_cholesky(context, N, a, 1.01 * pivot, &is_positive));
    assert_false(is_positive);
    memcpy(a, b, sizeof b);
    check_ok(context, spn_cholesky(context, N, a, 0.99 * pivot, &is_positive));
    assert_true(is_positive);
    spn_context_free(context);
}

/* The smallest eigenvalue from the factor: of second differences, 2 - 2 cos(pi / (n + 1)); of Wishart matrices, beside the
 * whole spectrum; of the unit matrix, where the first step ends the space. */
static void test_cholesky_least(void **state)
{
    (void)state;
    spn_context *context = context_create();
    enum { STEPS = 40 };
    const int64_t sizes[] = {1, 3, 40, 100};
    for (int kind = 0; kind < 3; kind++) {
        for (int s = 0; s < 4; s++) {
            int64_t n = sizes[s];
            spn_dense *dense = NULL;
            double *m = numbers(n * n, 8), *a = numbers(n * n, 9), *w = numbers(n, 9);
            double *room = numbers(spn_cholesky_least_room(n, STEPS), 1), least = 0;
            bool is_positive = false, is_converged = false;
            spn_multiply_transposed(n, n, n, 1, m, n, m, n, 0, a, n);
            for (int64_t i = 0; i < n; i++) {
                for (int64_t j = 0; kind > 0 && j < n; j++) {
                    double off = kind == 1 && (i == j + 1 || j == i + 1) ? -1 : 0;
                    a[i + j * n] = i == j ? 3 - kind : off;
                }
            }
            check_ok(context, spn_dense_create(context, n, &dense));
            memcpy(m, a, (size_t)(n * n) * sizeof *a);
            check_ok(context, spn_eigen(context, dense, n, m, false, w));
            check_ok(context, spn_cholesky(context, n, a, 0, &is_positive));
            assert_true(is_positive);
            check_ok(context,
                     spn_cholesky_least(context, dense, n, a, STEPS, room, &least, &is_converged));
            assert_true(is_converged);
            /* n eps |a| of the factor and of LAPACK. */
            check_close(least, w[0], 60 * (double)n * DBL_EPSILON, w[n - 1]);
            assert_true(least >= w[0] - 60 * (double)n * DBL_EPSILON * w[n - 1]);
            if (kind == 1) {
                double exact = 2 - 2 * cos(acos(-1.0) / (double)(n + 1));
                check_close(least, exact, 60 * (double)n * DBL_EPSILON, 4);
            }
            spn_dense_free(context, dense);
            free(m), free(a), free(w), free(room);
        }
    }
    spn_context_free(context);
}

static void test_cholesky_refusals(void **state)
{
    (void)state;
    spn_context *context = context_create();
    double indefinite[4] = {1, 2, 2, 1}, zero[1] = {0}, bad[4] = {1, (double)NAN, 0, 1};
    bool is_positive = true;
    check_ok(context, spn_cholesky(context, 2, indefinite, 0, &is_positive));
    assert_false(is_positive);
    check_ok(context, spn_cholesky(context, 1, zero, 0, &is_positive));
    assert_false(is_positive);
    check_fails(context, spn_cholesky(context, 2, bad, 0, &is_positive), SPN_ERROR_NUMERIC,
                "column 0");
    check_ok(context, spn_cholesky(context, 0, bad, 0, &is_positive));
    assert_true(is_positive);
    check_fails(context, spn_cholesky(context, -1, bad, 0, &is_positive), SPN_ERROR_ARGUMENT, "-1");
    check_ok(context, spn_cholesky_solve(context, 0, bad, 3, zero));
    check_fails(context, spn_cholesky_solve(context, 1, bad, -3, zero), SPN_ERROR_ARGUMENT, "-3");
    spn_context_free(context);
}

/* a = u diag(values) vt, orthonormal factors, values descending, signs fixed by vt. */
static void test_singular_values(void **state)
{
    (void)state;
    spn_context *context = context_create();
    const int64_t shapes[][2] = {{1, 1}, {1, 5}, {5, 1}, {2, 2}, {3, 17}, {17, 3}, {40, 40}};
    for (int s = 0; s < 7; s++) {
        int64_t m = shapes[s][0], n = shapes[s][1], r = m < n ? m : n;
        double tolerance = 30 * (double)(m + n) * DBL_EPSILON;
        double *a = numbers(m * n, 12), *kept = numbers(m * n, 12), *b = numbers(m * n, 13);
        double *u = numbers(m * r, 14), *vt = numbers(r * n, 15), *scaled = numbers(m * r, 0);
        double *values = numbers(r, 16), *alone = numbers(r, 17), *u_alone = numbers(m * r, 18);
        check_ok(context, spn_singular_values(context, m, n, a, values, u, vt));
        assert_memory_equal(a, kept, (size_t)(m * n) * sizeof *a);
        for (int64_t i = 0; i < m * r; i++) {
            scaled[i] = u[i] * values[i % r];
        }
        spni_multiply_plain(m, n, r, 1, scaled, r, vt, n, 0, b, n);
        for (int64_t i = 0; i < m * n; i++) {
            check_close(b[i], a[i], tolerance, values[0]);
        }
        for (int64_t i = 0; i < r; i++) {
            assert_true(values[i] >= 0 && (i == 0 || values[i] <= values[i - 1]));
            for (int64_t j = 0; j < r; j++) {
                check_close(spn_dot(n, vt + i * n, vt + j * n), i == j, tolerance, 1);
            }
        }
        check_ok(context, spn_singular_values(context, m, n, a, alone, NULL, NULL));
        check_ok(context, spn_singular_values(context, m, n, a, values, u_alone, NULL));
        assert_memory_equal(u, u_alone, (size_t)(m * r) * sizeof *u);
        for (int64_t i = 0; i < r; i++) {
            check_close(alone[i], values[i], tolerance, values[0]);
        }
        free(a), free(kept), free(b), free(u), free(vt), free(scaled);
        free(values), free(alone), free(u_alone);
    }
    spn_context_free(context);
}

/* The twin by rotations: the same values; a = u diag(values) vt with orthonormal factors, also where the matrix has only
 * rank 2 (columns or rows that are sums of two) or is 0. */
static void test_singular_rotations(void **state)
{
    (void)state;
    spn_context *context = context_create();
    const int64_t shapes[][2] = {{1, 1},  {1, 5},  {5, 1},   {2, 2},
                                 {3, 17}, {17, 3}, {40, 40}, {9, 6}};
    for (int s = 0; s < 24; s++) {
        int64_t m = shapes[s / 3][0], n = shapes[s / 3][1], r = m < n ? m : n;
        double tolerance = 30 * (double)(m + n) * DBL_EPSILON;
        double *a = numbers(m * n, 12), *b = numbers(m * n, 13), *scaled = numbers(m * r, 0);
        double *u = numbers(m * r, 14), *vt = numbers(r * n, 15);
        double *values = numbers(r, 16), *expected = numbers(r, 17);
        for (int64_t i = 0; s % 3 > 0 && i < m * n; i++) {
            double row = (double)(i / n), column = (double)(i % n);
            a[i] = s % 3 == 2 ? 0 : sin(row) * cos(column) + 1e-3 * cos(2 * row) * sin(3 * column);
        }
        check_ok(context, spn_singular_values(context, m, n, a, expected, NULL, NULL));
        check_ok(context, spni_singular_jacobi(context, m, n, a, values, u, vt));
        for (int64_t i = 0; i < m * r; i++) {
            scaled[i] = u[i] * values[i % r];
        }
        spni_multiply_plain(m, n, r, 1, scaled, r, vt, n, 0, b, n);
        for (int64_t i = 0; i < m * n; i++) {
            check_close(b[i], a[i], tolerance, values[0]);
        }
        for (int64_t i = 0; i < r; i++) {
            check_close(values[i], expected[i], tolerance, expected[0]);
            for (int64_t j = 0; j < r; j++) {
                double product = 0;
                for (int64_t k = 0; k < m; k++) {
                    product += u[k * r + i] * u[k * r + j];
                }
                check_close(product, i == j, tolerance, 1);
                check_close(spn_dot(n, vt + i * n, vt + j * n), i == j, tolerance, 1);
            }
        }
        free(a), free(b), free(scaled), free(u), free(vt), free(values), free(expected);
    }
    spn_context_free(context);
}

/* [[3, 0], [4, 5]]: singular values sqrt(45), sqrt(5); right vectors (1, 1)/sqrt 2, (1, -1)/sqrt 2. A
 * rank-one 3 x 2 matrix: |x| |y| and 0. */
static void test_singular_closed_forms(void **state)
{
    (void)state;
    spn_context *context = context_create();
    double a[4] = {3, 0, 4, 5}, values[2], u[4], vt[4];
    const double rank_one[6] = {3, -4, 6, -8, 6, -8};
    double half = sqrt(0.5), tolerance = 100 * DBL_EPSILON;
    check_ok(context, spn_singular_values(context, 2, 2, a, values, u, vt));
    check_close(values[0], sqrt(45), tolerance, 0);
    check_close(values[1], sqrt(5), tolerance, 0);
    const double exact_vt[4] = {half, half, half, -half};
    const double exact_u[4] = {1 / sqrt(10), 3 / sqrt(10), 3 / sqrt(10), -1 / sqrt(10)};
    for (int i = 0; i < 4; i++) {
        check_close(vt[i], exact_vt[i], tolerance, 1);
        check_close(u[i], exact_u[i], tolerance, 1);
    }
    check_ok(context, spn_singular_values(context, 3, 2, rank_one, values, NULL, NULL));
    check_close(values[0], 15, tolerance, 0);
    check_close(values[1], 0, tolerance, 15);
    check_ok(context, spn_singular_values(context, 0, 2, a, values, NULL, NULL));
    check_ok(context, spn_singular_values(context, 2, 0, a, values, NULL, NULL));
    check_fails(context, spn_singular_values(context, -2, 1, a, values, NULL, NULL),
                SPN_ERROR_ARGUMENT, "-2");
    a[2] = (double)NAN;
    check_fails(context, spn_singular_values(context, 2, 2, a, values, u, vt), SPN_ERROR_NUMERIC,
                "finite");
    spn_context_free(context);
}

static spn_status decompose_once(spn_context *context, void *state)
{
    double values[2], u[4];
    return spn_singular_values(context, 2, 2, state, values, u, NULL);
}

static void test_singular_memory(void **state)
{
    (void)state;
    double a[4] = {1, 2, 3, 4};
    assert_int_equal(support_fail_each_allocation(decompose_once, a), 3);
}

static void test_vectors(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 40; n++) {
        double *x = numbers(n, 20), *y = numbers(n, 21), sum = 0, x_square = 0, y_square = 0;
        for (int64_t i = 0; i < n; i++) {
            sum += x[i] * y[i];
            x_square += x[i] * x[i];
            y_square += y[i] * y[i];
        }
        double tolerance = 4 * (double)(n + 1) * DBL_EPSILON;
        check_close(spn_dot(n, x, y), sum, tolerance, sqrt(x_square * y_square));
        check_close(spn_norm(n, x), sqrt(x_square), tolerance, 0);
        double last = n > 0 ? y[n - 1] + 2 * x[n - 1] : 0;
        spn_axpy(n, 2, x, y);
        assert_true(n == 0 || y[n - 1] == last);
        free(x), free(y);
    }
    double huge[2] = {3e300, -4e300}, tiny[2] = {3e-320, 4e-320}, integers[20];
    check_close(spn_norm(2, huge), 5e300, 2 * DBL_EPSILON, 0);
    /* 5e-320 is denormal: its unit is 4.9e-324. */
    check_close(spn_norm(2, tiny), 5e-320, 2e-4, 0);
    for (int i = 0; i < 20; i++) {
        integers[i] = i;
    }
    assert_true(spn_dot(20, integers, integers) == 2470);
    double bad[3] = {1, (double)INFINITY, 2};
    assert_true(isinf(spn_norm(3, bad)));
    assert_false(spn_all_finite(3, bad));
    assert_true(spn_all_finite(1, bad) && spn_all_finite(0, bad));
    bad[2] = (double)NAN;
    assert_true(isnan(spn_norm(3, bad)));
    assert_false(spn_all_finite(3, bad));
}

static void test_symmetric_sums(void **state)
{
    (void)state;
    const double none = (double)NAN;
    double a[9] = {1, 2, 3, none, 4, 5, none, none, 6};
    assert_true(spn_symmetric_trace(3, a) == 11);
    assert_true(spn_symmetric_frobenius_squared(3, a) == 1 + 16 + 36 + 2 * (4 + 9 + 25));
    assert_true(spn_symmetric_trace(0, a) == 0);
    assert_true(spn_symmetric_frobenius_squared(0, a) == 0);
}

/* Scalar products of columns are kept to a few sqrt(n) eps of the largest; rows beyond the first n and gaps are left alone. */
static void test_span_coordinates(void **state)
{
    (void)state;
    enum { M = 40, N = 5, LDA = 8 };
    spn_context *context = context_create();
    double *a = numbers(M * LDA, 12), *r = numbers(M * LDA, 12);
    for (int64_t i = 0; i < M; i++) { /* one column depends on two others */
        a[i * LDA + 4] = r[i * LDA + 4] = a[i * LDA] - 2 * a[i * LDA + 1];
    }
    check_ok(context, spn_span_coordinates(context, M, N, r, LDA));
    for (int64_t j = 0; j < N; j++) {
        for (int64_t k = 0; k < N; k++) {
            double before = 0, after = 0;
            for (int64_t i = 0; i < M; i++) {
                before += a[i * LDA + j] * a[i * LDA + k];
                after += i < N ? r[i * LDA + j] * r[i * LDA + k] : 0;
            }
            check_close(after, before, 100 * DBL_EPSILON, 5 * M);
        }
        check_close(r[4 * LDA + j], 0, 100 * DBL_EPSILON, M); /* the span has 4 dimensions */
    }
    for (int64_t i = 0; i < M; i++) {
        int64_t from = i < N ? N : 0;
        assert_memory_equal(r + i * LDA + from, a + i * LDA + from,
                            (size_t)(LDA - from) * sizeof *a);
    }
    free(a);
    free(r);
    spn_context_free(context);
}

static void test_blas_threads(void **state)
{
    (void)state;
    assert_true(spn_blas_threads() >= 1);
    assert_true(spn_blas_is_parallel() || spn_blas_threads() == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_products_over_rows),
        cmocka_unit_test(test_products_overwrite),
        cmocka_unit_test(test_products_beyond_int),
        cmocka_unit_test(test_symmetric_multiply),
        cmocka_unit_test(test_cholesky),
        cmocka_unit_test(test_cholesky_hilbert),
        cmocka_unit_test(test_cholesky_least),
        cmocka_unit_test(test_cholesky_refusals),
        cmocka_unit_test(test_singular_values),
        cmocka_unit_test(test_singular_rotations),
        cmocka_unit_test(test_singular_closed_forms),
        cmocka_unit_test(test_singular_memory),
        cmocka_unit_test(test_span_coordinates),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_symmetric_sums),
        cmocka_unit_test(test_blas_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
