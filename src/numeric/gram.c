/* SPDX-License-Identifier: MIT */
/* Products summed over rows: those of samples that lie along the contiguous direction. */
#include "numeric/lapack.h"

#include <cblas.h>

void spni_multiply_over_rows_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                                   int64_t lda, const double *b, int64_t ldb, double beta,
                                   double *c, int64_t ldc)
{
    for (int64_t i = 0; i < m; i++) {
        spni_scale_row(n, beta, c + i * ldc);
        for (int64_t l = 0; l < k; l++) {
            spn_axpy(n, alpha * a[l * lda + i], b + l * ldb, c + i * ldc);
        }
    }
}

void spn_multiply_over_rows(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                            int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                            int64_t ldc)
{
    if (m <= 0 || n <= 0) {
        return;
    }
    if (k <= 0 || !spni_all_fit(m, n, k, lda, ldb, ldc)) {
        spni_multiply_over_rows_plain(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    spn_blas_single_thread();
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, alpha, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}

void spn_gram_over_rows(int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                        double beta, double *c, int64_t ldc)
{
    if (n <= 0) {
        return;
    }
    if (k <= 0 || !spni_all_fit(n, k, lda, ldc, 0, 0)) {
        for (int64_t i = 0; i < n; i++) {
            spni_multiply_over_rows_plain(1, i + 1, k, alpha, a + i, lda, a, lda, beta, c + i * ldc,
                                          ldc);
        }
        return;
    }
    spn_blas_single_thread();
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)n, (int)k, alpha, a, (int)lda, beta, c,
                (int)ldc);
}
