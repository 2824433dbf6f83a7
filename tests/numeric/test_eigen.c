/* SPDX-License-Identifier: MIT */
/* Symmetric eigenproblems: closed forms, then the Jacobi twin, then residuals. Tolerances are C n eps
 * |A| with C = 30, the threshold of LAPACK's own test programs. */
#include "numeric/lapack.h"
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <stdio.h>

static const double pi = 3.14159265358979323846;
static const char *program;
static const int64_t sizes[] = {1, 2, 3, 5, 17, 40, 64, 100};
enum { SIZE_COUNT = sizeof sizes / sizeof sizes[0], LARGEST = 100 };

static double tolerance(int64_t n)
{
    return 30 * (double)(n > 0 ? n : 1) * DBL_EPSILON;
}

static double *numbers(int64_t count)
{
    double *memory = calloc((size_t)(count > 0 ? count : 1), sizeof(double));
    assert_non_null(memory);
    return memory;
}

static void fill_symmetric(int64_t n, uint64_t seed, double *a)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_TEST, (uint64_t)n);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            a[i + j * n] = a[j + i * n] = spn_random_normal(&random);
        }
    }
}

static spn_context *context_create(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* A V = V W and V^T V = I. `a` is the full matrix. */
static void check_decomposition(int64_t n, const double *a, const double *w, const double *v)
{
    double norm = spn_norm(n * n, a);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < n; i++) {
            double product = 0;
            for (int64_t k = 0; k < n; k++) {
                product += a[i + k * n] * v[k + j * n];
            }
            check_close(product, w[j] * v[i + j * n], tolerance(n), norm);
            check_close(spn_dot(n, v + i * n, v + j * n), i == j, tolerance(n), 1);
        }
        assert_true(j == 0 || w[j - 1] <= w[j]);
    }
}

static void check_signs(int64_t n, const double *v)
{
    for (int64_t j = 0; j < n; j++) {
        double least = 0, most = 0;
        for (int64_t i = 0; i < n; i++) {
            least = fmin(least, v[i + j * n]);
            most = fmax(most, v[i + j * n]);
        }
        assert_true(most >= (1 - 1e-6) * -least);
    }
}

static void test_random_matrices(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, LARGEST, &dense));
    for (int s = 0; s < SIZE_COUNT; s++) {
        int64_t n = sizes[s];
        size_t bytes = (size_t)(n * n) * sizeof(double);
        double *a = numbers(n * n), *v = numbers(n * n), *w = numbers(n), *values = numbers(n);
        double *jacobi_w = numbers(n), *jacobi_v = numbers(n * n), *copy = numbers(n * n);
        fill_symmetric(n, 1, a);
        memcpy(v, a, bytes);
        check_ok(context, spn_eigen(context, dense, n, v, true, w));
        check_decomposition(n, a, w, v);
        check_signs(n, v);
        memcpy(copy, a, bytes);
        check_ok(context, spn_eigen(context, dense, n, copy, false, values));
        memcpy(copy, a, bytes);
        check_ok(context, spn_eigen_jacobi(context, n, copy, jacobi_w, jacobi_v));
        check_decomposition(n, a, jacobi_w, jacobi_v);
        check_signs(n, jacobi_v);
        double norm = spn_norm(n * n, a);
        for (int64_t i = 0; i < n; i++) {
            check_close(w[i], values[i], tolerance(n), norm);
            check_close(w[i], jacobi_w[i], tolerance(n), norm);
        }
        free(a), free(v), free(w), free(values), free(jacobi_w), free(jacobi_v), free(copy);
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* The strict upper triangle is never read. */
static void test_lower_triangle_only(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    enum { N = 12 };
    double a[N * N], b[N * N], w[N], w_b[N], v[N * N];
    check_ok(context, spn_dense_create(context, N, &dense));
    fill_symmetric(N, 2, a);
    memcpy(b, a, sizeof a);
    for (int64_t j = 0; j < N; j++) {
        for (int64_t i = 0; i < j; i++) {
            b[i + j * N] = (double)NAN;
        }
    }
    memcpy(v, b, sizeof b);
    check_ok(context, spn_eigen(context, dense, N, a, true, w));
    check_ok(context, spn_eigen(context, dense, N, b, true, w_b));
    assert_memory_equal(w, w_b, sizeof w);
    assert_memory_equal(a, b, sizeof a);
    check_ok(context, spn_eigen_jacobi(context, N, v, w_b, b));
    for (int64_t i = 0; i < N; i++) {
        check_close(w_b[i], w[i], tolerance(N), spn_norm(N, w));
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* Second difference: 2 - 2 cos(k pi / (n + 1)), k = 1..n. */
static void test_second_difference(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, LARGEST, &dense));
    for (int s = 0; s < SIZE_COUNT; s++) {
        int64_t n = sizes[s];
        double *a = numbers(n * n), *b = numbers(n * n), *v = numbers(n * n), *w = numbers(n);
        double *w_b = numbers(n);
        for (int64_t i = 0; i < n; i++) {
            a[i + i * n] = 2;
            if (i + 1 < n) {
                a[i + 1 + i * n] = -1;
            }
        }
        memcpy(b, a, (size_t)(n * n) * sizeof *a);
        check_ok(context, spn_eigen(context, dense, n, a, true, w));
        check_ok(context, spn_eigen_jacobi(context, n, b, w_b, v));
        for (int64_t k = 0; k < n; k++) {
            double exact = 2 - 2 * cos((double)(k + 1) * pi / (double)(n + 1));
            check_close(w[k], exact, tolerance(n), 4);
            check_close(w_b[k], exact, tolerance(n), 4);
        }
        free(a), free(b), free(v), free(w), free(w_b);
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* Hilbert 3 x 3: lambda^3 - 23/15 lambda^2 + 127/720 lambda - 1/2160; eigenvalues err by C n eps |A|,
 * a coefficient by that times the largest minor, at most |A|^2. */
static void test_hilbert(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    double a[9], b[9], v[9], w[2][3];
    check_ok(context, spn_dense_create(context, 3, &dense));
    for (int64_t i = 0; i < 9; i++) {
        a[i] = b[i] = 1.0 / (double)(i % 3 + i / 3 + 1);
    }
    check_ok(context, spn_eigen(context, dense, 3, a, false, w[0]));
    check_ok(context, spn_eigen_jacobi(context, 3, b, w[1], v));
    for (int i = 0; i < 2; i++) {
        double *x = w[i];
        check_close(x[0] + x[1] + x[2], 23.0 / 15, tolerance(3), 1.5);
        check_close(x[0] * x[1] + x[0] * x[2] + x[1] * x[2], 127.0 / 720, tolerance(3), 1.5);
        check_close(x[0] * x[1] * x[2], 1.0 / 2160, tolerance(3), 0.2);
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* Householder reflection: -1 once, 1 n - 1 times. All ones: n once, 0 n - 1 times. Zero matrix. */
static void test_repeated_and_zero(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    enum { N = 17 };
    double a[3][N * N], b[N * N], v[N * N], w[N], w_b[N], u[N];
    check_ok(context, spn_dense_create(context, N, &dense));
    for (int64_t i = 0; i < N; i++) {
        u[i] = (double)(i % 5) - 1.5;
    }
    double square = spn_dot(N, u, u);
    for (int64_t i = 0; i < N * N; i++) {
        a[0][i] = (double)(i % N == i / N) - 2 * u[i % N] * u[i / N] / square;
        a[1][i] = 1;
        a[2][i] = 0;
    }
    for (int m = 0; m < 3; m++) {
        memcpy(b, a[m], sizeof b);
        check_ok(context, spn_eigen(context, dense, N, b, true, w));
        check_decomposition(N, a[m], w, b);
        memcpy(b, a[m], sizeof b);
        check_ok(context, spn_eigen_jacobi(context, N, b, w_b, v));
        check_decomposition(N, a[m], w_b, v);
        for (int64_t i = 0; i < N; i++) {
            double reflection = i == 0 ? -1 : 1, ones = i == N - 1 ? N : 0;
            double exact = m == 0 ? reflection : m == 1 ? ones : 0;
            check_close(w[i], exact, tolerance(N), m == 1 ? N : 1);
            check_close(w_b[i], exact, tolerance(N), m == 1 ? N : 1);
        }
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* Scaling by a power of two scales the eigenvalues and changes nothing else, also where squares of the
 * entries overflow or underflow. */
static void test_extreme_scales(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    enum { N = 9 };
    double a[N * N], b[N * N], v[N * N], w[N], w_b[N];
    check_ok(context, spn_dense_create(context, N, &dense));
    const int exponents[] = {-900, -500, 500, 900};
    for (int e = 0; e < 4; e++) {
        fill_symmetric(N, 3, a);
        for (int64_t i = 0; i < N * N; i++) {
            b[i] = ldexp(a[i], exponents[e]);
        }
        memcpy(v, b, sizeof b);
        check_ok(context, spn_eigen(context, dense, N, a, false, w));
        check_ok(context, spn_eigen(context, dense, N, b, false, w_b));
        double norm = spn_norm(N, w);
        for (int64_t i = 0; i < N; i++) {
            check_close(ldexp(w_b[i], -exponents[e]), w[i], tolerance(N), norm);
        }
        check_ok(context, spn_eigen_jacobi(context, N, v, w_b, b));
        for (int64_t i = 0; i < N; i++) {
            check_close(ldexp(w_b[i], -exponents[e]), w[i], tolerance(N), norm);
        }
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* Entries below DBL_MIN, which are DBL_TRUE_MIN apart: [[a, b], [b, a]] has the eigenvalues a - b and a + b, to some of these
 * steps. */
static void test_subnormal(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    const double a = 7.3e-314, b = 2.1e-314;
    double matrix[4] = {a, b, b, a}, w[2];
    check_ok(context, spn_dense_create(context, 2, &dense));
    check_ok(context, spn_eigen(context, dense, 2, matrix, true, w));
    assert_true(fabs(w[0] - (a - b)) <= 64 * DBL_TRUE_MIN);
    assert_true(fabs(w[1] - (a + b)) <= 64 * DBL_TRUE_MIN);
    spn_dense_free(context, dense);
    spn_context_free(context);
}

/* A tridiagonal matrix, from the Hessian of a tanh network beside its trivial point, on which dsyevd of OpenBLAS 0.3.21
 * ends with info 53; other versions may take it. */
enum { REFUSED = 26 };

static void fill_refused(double *a)
{
    static const double diagonal[REFUSED] = {
        0x1.a327387255008p-11, 0x1.2409803bf6a8p-19,  0x1.a167a071af5dcp-12, 0x1.88ff842de83d2p-11,
        0x1.d8091089c6385p-12, 0x1.1b980ae66a8p-22,   0x1.a36dafc6f4a8p-11,  0x1.f7b012be8p-29,
        0x1.c51e073e296a8p-12, 0x1.929635c5969a7p-11, 0x1.d35af0fap-33,      0x1.a36da04d2febbp-11,
        0x1.a36d7be9d9d03p-12, 0x1.bde56bbaa6p-25,    0x1.a368275e18756p-11, 0x1.98d5df7448252p-12,
        0x1.536fd25b514cp-17,  0x1.a36c94840c7p-11,   0x1.fa7d5c6e6ce8p-17,  0x1.9b843d4a6dddap-11,
        0x1.a36e3910af944p-12, 0x1.a36e2e153f8d3p-11, 0x1.95200ac05f782p-11, 0x1.c00a7c0319027p-12,
        0x1.a2fd4d37b1475p-11, 0x1.a45004233fcbp-12};
    static const double beside[REFUSED - 1] = {
        0x1.6a6de71a62626p-17,  -0x1.dce90acbd113cp-16, 0x1.d8a13b87c9242p-24,
        -0x1.1674793175323p-13, 0x1.6434bbb6f2fa2p-17,  -0x1.020f0d75d0959p-26,
        -0x1.d338527cbe90fp-20, 0x1.371c3bf413365p-25,  0x1.c7f95c5273a3bp-14,
        0x1.402ff904a8fc9p-21,  -0x1.99c289cb24ac3p-26, 0x1.5f7284d203d9ep-20,
        0x1.bd8ec6dafbca6p-20,  -0x1.92bc5ef8917fbp-18, 0x1.36cac220e9257p-28,
        0x1.07436dd9448fcp-14,  -0x1.9cfa152f1875ep-19, 0x1.3597d36737586p-32,
        -0x1.c88a437b9ccf2p-14, -0x1.d4664171c9aadp-23, -0x1.035d970e2481p-23,
        0x1.42c4a40deb827p-38,  -0x1.a6f8cc5845869p-14, 0x1.32deacb3a1996p-39,
        0x1.3371e52d24df2p-16};
    memset(a, 0, REFUSED * REFUSED * sizeof *a);
    for (int64_t i = 0; i < REFUSED; i++) {
        a[i + i * REFUSED] = diagonal[i];
        if (i + 1 < REFUSED) {
            a[i + 1 + i * REFUSED] = a[i + (i + 1) * REFUSED] = beside[i];
        }
    }
}

/* Each way alone, on a random matrix and the refused one: a decomposition, or the lower triangle as it was. All ways that end
 * agree. */
static void test_other_ways(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    check_ok(context, spn_dense_create(context, REFUSED, &dense));
    for (int which = 0; which < 2; which++) {
        enum { N = REFUSED, SQUARE = N * N };
        double a[SQUARE], v[SQUARE], w[N], jacobi[N], values[N];
        fill_refused(a);
        if (which == 1) {
            fill_symmetric(N, 5, a);
        }
        double norm = spn_norm(SQUARE, a);
        memcpy(v, a, sizeof v);
        assert_true(spni_eigen_by(context, dense, SPNI_EIGEN_JACOBI, N, v, true, jacobi));
        check_decomposition(N, a, jacobi, v);
        memcpy(v, a, sizeof v);
        assert_true(spni_eigen_by(context, dense, SPNI_EIGEN_QR, N, v, true, w));
        check_decomposition(N, a, w, v);
        memcpy(v, a, sizeof v);
        if (!spni_eigen_by(context, dense, SPNI_EIGEN_DIVIDE, N, v, true, w)) {
            assert_int_equal(which, 0);
            for (int64_t j = 0; j < N; j++) {
                assert_memory_equal(v + j + j * N, a + j + j * N, (size_t)(N - j) * sizeof *a);
            }
        }
        memcpy(v, a, sizeof v);
        check_ok(context, spn_eigen(context, dense, N, v, true, w));
        check_decomposition(N, a, w, v);
        check_signs(N, v);
        memcpy(v, a, sizeof v);
        check_ok(context, spn_eigen(context, dense, N, v, false, values));
        for (int64_t i = 0; i < N; i++) {
            check_close(w[i], jacobi[i], tolerance(N), norm);
            check_close(values[i], jacobi[i], tolerance(N), norm);
        }
    }
    spn_dense_free(context, dense);
    spn_context_free(context);
}

static void test_refusals(void **state)
{
    (void)state;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    double a[4] = {1, 2, 2, 3}, w[2], v[4];
    check_fails(context, spn_dense_create(context, -1, &dense), SPN_ERROR_ARGUMENT, "-1");
    check_fails(context, spn_dense_create(context, 1 << 20, &dense), SPN_ERROR_INPUT, "32700");
    assert_null(dense);
    check_ok(context, spn_dense_create(context, 1, &dense));
    check_fails(context, spn_eigen(context, dense, 2, a, true, w), SPN_ERROR_ARGUMENT, "at most 1");
    check_ok(context, spn_eigen(context, dense, 0, a, true, w));
    check_ok(context, spn_eigen_jacobi(context, 0, a, w, v));
    a[0] = -3;
    check_ok(context, spn_eigen(context, dense, 1, a, true, w));
    assert_true(w[0] == -3 && a[0] == 1);
    spn_dense_free(context, dense);
    check_ok(context, spn_dense_create(context, 2, &dense));
    a[0] = (double)NAN;
    check_fails(context, spn_eigen(context, dense, 2, a, true, w), SPN_ERROR_NUMERIC, "column 0");
    check_fails(context, spn_eigen_jacobi(context, 2, a, w, v), SPN_ERROR_NUMERIC, "column 0");
    a[0] = 1;
    a[3] = (double)INFINITY;
    check_fails(context, spn_eigen(context, dense, 2, a, false, w), SPN_ERROR_NUMERIC, "column 1");
    check_fails(context, spn_eigen_jacobi(context, -1, a, w, v), SPN_ERROR_ARGUMENT, "-1");
    a[0] = a[1] = a[3] = 1.5e308; /* finite, but an eigenvalue is 3e308 */
    check_fails(context, spn_eigen(context, dense, 2, a, false, w), SPN_ERROR_NUMERIC, "overflow");
    spn_dense_free(context, dense);
    spn_dense_free(context, NULL);
    spn_context_free(context);
}

/* The same matrix gives the same bits, whatever the solver was made for and did before. */
static void test_bits_do_not_depend_on_workspace(void **state)
{
    (void)state;
    spn_context *context = context_create();
    for (int s = 0; s < SIZE_COUNT; s++) {
        int64_t n = sizes[s];
        double *v[2], *w[2];
        for (int i = 0; i < 2; i++) {
            spn_dense *dense = NULL;
            check_ok(context, spn_dense_create(context, i == 0 ? n : 2 * n + 50, &dense));
            v[i] = numbers(n * n);
            w[i] = numbers(n);
            fill_symmetric(n, 4, v[i]);
            check_ok(context, spn_eigen(context, dense, n, v[i], true, w[i]));
            fill_symmetric(n, 5, v[i]);
            check_ok(context, spn_eigen(context, dense, n, v[i], true, w[i]));
            spn_dense_free(context, dense);
        }
        assert_memory_equal(v[0], v[1], (size_t)(n * n) * sizeof(double));
        assert_memory_equal(w[0], w[1], (size_t)n * sizeof(double));
        free(v[0]), free(v[1]), free(w[0]), free(w[1]);
    }
    spn_context_free(context);
}

static spn_status create_and_free(spn_context *context, void *state)
{
    (void)state;
    spn_dense *dense = NULL;
    spn_status status = spn_dense_create(context, 7, &dense);
    assert_true(status == SPN_OK || dense == NULL);
    spn_dense_free(context, dense);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(support_fail_each_allocation(create_and_free, NULL), 4);
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_dense *dense = NULL;
    double a[25], v[25], w[5];
    check_ok(context, spn_dense_create(context, 5, &dense));
    int64_t calls = counter.calls;
    for (int i = 0; i < 3; i++) {
        fill_symmetric(5, 6, a);
        check_ok(context, spn_eigen(context, dense, 5, a, i % 2 == 0, w));
        fill_symmetric(5, 6, a);
        check_ok(context, spn_eigen_jacobi(context, 5, a, w, v));
    }
    assert_int_equal(counter.calls, calls);
    spn_dense_free(context, dense);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

/* FNV-1a over the bits of everything that goes through BLAS. */
static uint64_t hash(uint64_t value, int64_t count, const double *x)
{
    const unsigned char *bytes = (const unsigned char *)x;
    for (int64_t i = 0; i < count * (int64_t)sizeof *x; i++) {
        value = (value ^ bytes[i]) * 1099511628211u;
    }
    return value;
}

static int print_digest(void)
{
    enum { N = 300 };
    uint64_t value = 14695981039346656037u;
    spn_context *context = context_create();
    spn_dense *dense = NULL;
    double *a = numbers(N * N), *b = numbers(N * N), *w = numbers(N);
    fill_symmetric(N, 7, a);
    spn_multiply(N, N, N, 1, a, N, a, N, 0, b, N); /* before anybody made a solver */
    value = hash(value, N * N, b);
    bool is_positive = false;
    check_ok(context, spn_cholesky(context, N, b, 0, &is_positive));
    value = hash(value, N * N, b);
    check_ok(context, spn_singular_values(context, N, N, a, w, NULL, NULL));
    value = hash(value, N, w);
    spn_symmetric_multiply(N, a, w, b);
    value = hash(value, N, b);
    check_ok(context, spn_dense_create(context, N, &dense));
    check_ok(context, spn_eigen(context, dense, N, a, true, w));
    value = hash(hash(value, N, w), N * N, a);
    spn_dense_free(context, dense);
    spn_context_free(context);
    free(a), free(b), free(w);
    printf("%016llx\n", (unsigned long long)value);
    return 0;
}

static void run_digest(const char *threads, char line[64])
{
    char command[1200];
    snprintf(command, sizeof command, "OPENBLAS_NUM_THREADS=%s %s '%s' digest", threads,
             SPN_TEST_LAUNCHER, program);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, 64, pipe));
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(strlen(line), 17);
}

static void test_bits_do_not_depend_on_blas_threads(void **state)
{
    (void)state;
    char one[64], two[64];
    run_digest("1", one);
    run_digest("2", two);
    assert_string_equal(one, two);
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 2 && strcmp(argv[1], "digest") == 0) {
        return print_digest();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_matrices),
        cmocka_unit_test(test_lower_triangle_only),
        cmocka_unit_test(test_second_difference),
        cmocka_unit_test(test_hilbert),
        cmocka_unit_test(test_repeated_and_zero),
        cmocka_unit_test(test_extreme_scales),
        cmocka_unit_test(test_subnormal),
        cmocka_unit_test(test_other_ways),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bits_do_not_depend_on_workspace),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_bits_do_not_depend_on_blas_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
