/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct spn_dense {
    int64_t n;     /**< largest matrix */
    double *work;  /**< work_size(n) numbers */
    int *int_work; /**< int_work_size(n) numbers */
    double *kept;  /**< n (n + 1) / 2: the lower triangle at hand, for another try */
};

/* dsyevd needs 1 + 6n + 2n^2 numbers. Its inner routines block as far as the space that is left
 * allows (dormtr: 32 n + 4160), so that too tight a size would slow it down, and a size that followed
 * the workspace instead of the matrix would make the bits depend on the workspace. */
static int64_t work_size(int64_t n)
{
    return 1 + 6 * n + 2 * n * n + 64 * n + 4224;
}

static int64_t int_work_size(int64_t n)
{
    return 3 + 5 * n;
}

/* Above this n the work size exceeds BLAS's int. */
enum { DIMENSION_MAX = 32700 };

/* The matrix, its eigenvectors and twice as much to work in; reduction, spectrum and vectors take about 9 n^3
 * operations, of which a processor of today does some 10^10 a second. */
static double bytes_of(int64_t n)
{
    return 32 * (double)n * (double)n;
}

static double operations_of(int64_t n)
{
    return 9 * (double)n * (double)n * (double)n;
}

static const double OPERATIONS_PER_SECOND = 1e10, SILENCE_MOST = 20;

void spn_dense_announce(spn_context *context, int64_t n, const char *what)
{
    const double seconds = operations_of(n) / OPERATIONS_PER_SECOND;
    if (seconds > SILENCE_MOST && spn_dense_fits(n)) { /* or it will be refused */
        spn_message(
            context,
            "%s: the spectrum of a %lld x %lld matrix takes %.2g GB and about %.2g minutes; "
            "an interruption is heard at its end",
            what, (long long)n, (long long)n, bytes_of(n) * 1e-9, seconds / 60);
    }
}

bool spn_dense_fits(int64_t n)
{
    return n <= DIMENSION_MAX;
}

spn_status spn_dense_check(spn_context *context, int64_t n, const char *cure)
{
    if (spn_dense_fits(n)) {
        return SPN_OK;
    }
    const double operations = operations_of(n);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%lld weights are too many for dense matrices, which end at %d: each spectrum "
                    "of the Hessian would take %.0f GB and about %.1g operations, %.1g hours; %s",
                    (long long)n, DIMENSION_MAX, bytes_of(n) * 1e-9, operations,
                    operations / OPERATIONS_PER_SECOND / 3600, cure);
}

spn_status spn_dense_create(spn_context *context, int64_t n, spn_dense **out)
{
    spn_status status = SPN_OK;
    spn_dense *dense = NULL;
    *out = NULL;
    if (n < 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "dense matrices of %lld unknowns", (long long)n);
    }
    SPN_TRY(spn_dense_check(context, n, "a network needs smaller hidden layers"));
    spn_blas_single_thread();
    SPN_NEW(context, dense, 1);
    dense->n = n;
    SPN_NEW(context, dense->work, work_size(n));
    SPN_NEW(context, dense->int_work, int_work_size(n));
    SPN_NEW(context, dense->kept, n * (n + 1) / 2);
    *out = dense;
done:
    if (status != SPN_OK) {
        spn_dense_free(context, dense);
    }
    return status;
}

void spn_dense_free(spn_context *context, spn_dense *dense)
{
    if (dense != NULL) {
        spn_release(context, dense->work);
        spn_release(context, dense->int_work);
        spn_release(context, dense->kept);
        spn_release(context, dense);
    }
}

static void keep(const spn_dense *dense, int64_t n, const double *a)
{
    double *to = dense->kept;
    for (int64_t j = 0; j < n; to += n - j, j++) {
        memcpy(to, a + j + j * n, (size_t)(n - j) * sizeof *to);
    }
}

static void restore(const spn_dense *dense, int64_t n, double *a)
{
    const double *from = dense->kept;
    for (int64_t j = 0; j < n; from += n - j, j++) {
        memcpy(a + j + j * n, from, (size_t)(n - j) * sizeof *a);
    }
}

spn_status spni_check_lower_finite(spn_context *context, int64_t n, const double *a,
                                   const char *caller)
{
    for (int64_t j = 0; j < n; j++) {
        if (!spn_all_finite(n - j, a + j + j * n)) {
            return spn_fail(context, SPN_ERROR_NUMERIC,
                            "%s: the %lld x %lld matrix is not finite in column %lld", caller,
                            (long long)n, (long long)n, (long long)j);
        }
    }
    return SPN_OK;
}

double spni_normalize_sign(int64_t n, double *v)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(v[i]));
    }
    int64_t lead = 0;
    while (lead < n && fabs(v[lead]) < (1 - 1e-6) * largest) {
        lead++;
    }
    if (lead == n || v[lead] >= 0) {
        return 1;
    }
    for (int64_t i = 0; i < n; i++) {
        v[i] = -v[i];
    }
    return -1;
}

void spni_normalize_signs(int64_t n, double *v)
{
    for (int64_t j = 0; j < n; j++) {
        (void)spni_normalize_sign(n, v + j * n);
    }
}

/* What no eigenvalue of a right answer is off by, |A| = size: LAPACK's own tests allow 30 n eps |A|. Numbers below DBL_MIN are
 * DBL_TRUE_MIN apart, however small they are. */
static double error_of(int64_t n, double size)
{
    return 30.0 * (double)n * fmax(DBL_EPSILON * size, DBL_TRUE_MIN);
}

static double kept_size(const spn_dense *dense, int64_t n)
{
    double size = 0.0;
    for (int64_t i = 0; i < n * (n + 1) / 2; i++) {
        size = fmax(size, fabs(dense->kept[i]));
    }
    return size;
}

/* sum w = tr A and sum w^2 = tr A^2, with n eigenvalues that may each be off. In units of the largest entry, so that
 * nothing overflows; that of an eigenvalue is the caller's to see. */
static bool has_same_traces(const spn_dense *dense, int64_t n, const double *w)
{
    const double *entry = dense->kept;
    double size = kept_size(dense, n), trace = 0.0, squares = 0.0, sum = 0.0, sum_squared = 0.0;
    for (int64_t j = 0; j < n && size > 0.0; j++) {
        double value = w[j] / size;
        for (int64_t i = j; i < n; i++, entry++) {
            double a = *entry / size;
            trace += i == j ? a : 0.0;
            squares += (i == j ? 1.0 : 2.0) * a * a;
        }
        sum += value;
        sum_squared += value * value;
    }
    double allowed = size > 0.0 ? (double)n * (error_of(n, size) / size) : 0.0;
    return !spn_all_finite(n, w) || (fabs(sum - trace) <= allowed * sqrt(squares) &&
                                     fabs(sum_squared - squares) <= 2.0 * allowed * squares);
}

/* |A v - w v| of every column, in the work space. */
static bool has_small_residuals(const spn_dense *dense, int64_t n, const double *w, const double *v)
{
    double *a = dense->work, *product = a + n * n;
    double size = 0.0;
    restore(dense, n, a);
    for (int64_t j = 0; j < n; j++) {
        size = fmax(size, fabs(w[j]));
    }
    for (int64_t j = 0; j < n; j++) {
        spn_symmetric_multiply(n, a, v + j * n, product);
        spn_axpy(n, -w[j], v + j * n, product);
        if (!(spn_norm(n, product) <= error_of(n, size))) {
            return false;
        }
    }
    return true;
}

/* LAPACK's dsyevd, or dsyev; returns its info. */
static int solve_by_lapack(const spn_dense *dense, bool divides, int64_t n, double *a, bool vectors,
                           double *w)
{
    const char *job = vectors ? "V" : "N";
    int size = (int)n, work_length = (int)work_size(n), int_length = (int)int_work_size(n);
    int info = 0;
    if (divides) {
        dsyevd_(job, "L", &size, a, &size, w, dense->work, &work_length, dense->int_work,
                &int_length, &info, 1, 1);
    } else {
        dsyev_(job, "L", &size, a, &size, w, dense->work, &work_length, &info, 1, 1);
    }
    return info;
}

bool spni_eigen_by(spn_context *context, spn_dense *dense, spni_eigen_method method, int64_t n,
                   double *a, bool vectors, double *w)
{
    bool is_right = false, is_first = method == SPNI_EIGEN_DIVIDE;
    keep(dense, n, a);
    if (method == SPNI_EIGEN_JACOBI) {
        is_right = spn_eigen_jacobi(context, n, a, w, dense->work) == SPN_OK;
        memcpy(a, dense->work, (size_t)(n * n) * sizeof *a);
    } else {
        is_right = solve_by_lapack(dense, is_first, n, a, vectors, w) == 0;
    }
    is_right = is_right && has_same_traces(dense, n, w);
    if (is_right && vectors && !is_first && spn_all_finite(n, w)) {
        is_right = has_small_residuals(dense, n, w, a);
    }
    if (!is_right) {
        restore(dense, n, a);
    }
    return is_right;
}

spn_status spn_eigen(spn_context *context, spn_dense *dense, int64_t n, double *a, bool vectors,
                     double *w)
{
    spn_status status = SPN_OK;
    bool is_right = false;
    if (n < 0 || n > dense->n) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "eigenvalues of a %lld x %lld matrix: this solver was made for at most %lld",
                 (long long)n, (long long)n, (long long)dense->n);
    }
    if (n == 0) {
        goto done;
    }
    SPN_TRY(spni_check_lower_finite(context, n, a, "eigenvalues"));
    spn_blas_single_thread();
    /* OpenBLAS's dsyevd gives up on some finite matrices (0.3.21 on one thread). */
    for (int method = SPNI_EIGEN_DIVIDE; !is_right && method <= SPNI_EIGEN_JACOBI; method++) {
        is_right = spni_eigen_by(context, dense, (spni_eigen_method)method, n, a, vectors, w);
    }
    if (!is_right) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "eigenvalues of a %lld x %lld matrix with entries up to %g: LAPACK's dsyevd, its "
                 "dsyev and Jacobi's method found none that fit",
                 (long long)n, (long long)n, kept_size(dense, n));
    }
    if (!spn_all_finite(n, w)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "eigenvalues of a %lld x %lld matrix overflow: scale the matrix down",
                 (long long)n, (long long)n);
    }
    if (vectors) {
        spni_normalize_signs(n, a);
    }
done:
    return status;
}
