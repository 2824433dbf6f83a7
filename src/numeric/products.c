/* SPDX-License-Identifier: MIT */
#include "numeric/lapack.h"

#include <cblas.h>

int64_t spn_blas_threads(void)
{
    return openblas_get_num_threads();
}

bool spn_blas_is_parallel(void)
{
    return openblas_get_parallel() != OPENBLAS_SEQUENTIAL;
}

const char *spn_blas_core(void)
{
    return openblas_get_corename();
}

void spn_blas_single_thread(void)
{
    if (openblas_get_num_threads() != 1) {
        openblas_set_num_threads(1);
    }
}

spn_status spni_blas_int(spn_context *context, int64_t size, const char *what, int *out)
{
    if (size < 0 || size > INT_MAX) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "%s is %lld: dense linear algebra takes sizes from 0 to %d", what,
                        (long long)size, INT_MAX);
    }
    *out = (int)size;
    return SPN_OK;
}

void spni_multiply_transposed_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                                    int64_t lda, const double *b, int64_t ldb, double beta,
                                    double *c, int64_t ldc)
{
    for (int64_t i = 0; i < m; i++) {
        spni_scale_row(n, beta, c + i * ldc);
        for (int64_t j = 0; j < n; j++) {
            c[i * ldc + j] += alpha * spn_dot(k, a + i * lda, b + j * ldb);
        }
    }
}

void spni_multiply_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                         int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                         int64_t ldc)
{
    for (int64_t i = 0; i < m; i++) {
        spni_scale_row(n, beta, c + i * ldc);
        for (int64_t l = 0; l < k; l++) {
            spn_axpy(n, alpha * a[i * lda + l], b + l * ldb, c + i * ldc);
        }
    }
}

void spni_symmetric_multiply_plain(int64_t n, const double *a, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = 0;
    }
    for (int64_t j = 0; j < n; j++) {
        const double *column = a + j * n;
        y[j] += column[j] * x[j];
        for (int64_t i = j + 1; i < n; i++) {
            y[i] += column[i] * x[j];
            y[j] += column[i] * x[i];
        }
    }
}

void spn_multiply_transposed(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                             int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                             int64_t ldc)
{
    if (m <= 0 || n <= 0) {
        return;
    }
    if (k <= 0 || !spni_all_fit(m, n, k, lda, ldb, ldc)) {
        spni_multiply_transposed_plain(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    spn_blas_single_thread();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, alpha, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}

void spn_multiply(int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                  const double *b, int64_t ldb, double beta, double *c, int64_t ldc)
{
    if (m <= 0 || n <= 0) {
        return;
    }
    if (k <= 0 || !spni_all_fit(m, n, k, lda, ldb, ldc)) {
        spni_multiply_plain(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    spn_blas_single_thread();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, alpha, a,
                (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

void spn_symmetric_multiply(int64_t n, const double *a, const double *x, double *y)
{
    if (n <= 0) {
        return;
    }
    if (!spni_all_fit(n, 0, 0, 0, 0, 0)) {
        spni_symmetric_multiply_plain(n, a, x, y);
        return;
    }
    spn_blas_single_thread();
    cblas_dsymv(CblasColMajor, CblasLower, (int)n, 1.0, a, (int)n, x, 1, 0.0, y, 1);
}
