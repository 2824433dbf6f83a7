/* SPDX-License-Identifier: MIT */
/* Which sizes go where was measured (docs/decisions/0003-kernels.md). The choice depends on the sizes
 * alone, so that results have the same bits with any number of threads. */
#include "network/product.h"

#include <spinodal/numeric.h>

/* Longer inner dimensions leave the second cache, for which BLAS packs and the kernels do not. */
enum { INNER_MAX = SPNI_COLUMNS_MAX };
/* Columns that a short sum over samples may have, and samples that many columns need. */
enum { COLUMNS_FEW = 64, SAMPLES_MANY = 128 };

static spni_affine_task product_task(int64_t m, int64_t k, int64_t n, const double *w,
                                     const double *x, int64_t ldx, double *out, int64_t ldo)
{
    return (spni_affine_task){
        .m = m, .k = k, .n = n, .w = w, .ldw = k, .x = x, .ldx = ldx, .out = out, .ldo = ldo};
}

void spni_add_product(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                      const double *x, int64_t ldx, double *out, int64_t ldo)
{
    if (k > INNER_MAX) {
        spn_multiply(m, n, k, 1.0, w, k, x, ldx, 1.0, out, ldo);
        return;
    }
    spni_affine_task task = product_task(m, k, n, w, x, ldx, out, ldo);
    task.adds = true;
    kernels->affine(&task);
}

void spni_affine_of(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                    const double *bias, const spni_rows *x, double *out, int64_t ldo)
{
    if (k <= INNER_MAX) {
        spni_affine_task task = product_task(m, k, n, w, x->at, x->ld, out, ldo);
        task.bias = bias;
        task.nonzeros = x->nonzeros;
        task.bytes = x->bytes;
        kernels->affine(&task);
        return;
    }
    for (int64_t i = 0; i < m; i++) {
        double start = bias != NULL ? bias[i] : 0.0;
        for (int64_t j = 0; j < n; j++) {
            out[i * ldo + j] = start;
        }
    }
    spn_multiply(m, n, k, 1.0, w, k, x->at, x->ld, 1.0, out, ldo);
}

void spni_affine(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                 const double *bias, const double *x, int64_t ldx, double *out, int64_t ldo)
{
    const spni_rows rows = {.at = x, .ld = ldx};
    spni_affine_of(kernels, m, k, n, w, bias, &rows, out, ldo);
}

void spni_scaled_product(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n,
                         const double *w, const double *x, int64_t ldx, const double *scale,
                         int64_t lds, double *out, int64_t ldo)
{
    if (k <= INNER_MAX) {
        spni_affine_task task = product_task(m, k, n, w, x, ldx, out, ldo);
        task.scale = scale;
        task.lds = lds;
        kernels->affine(&task);
        return;
    }
    spn_multiply(m, n, k, 1.0, w, k, x, ldx, 0.0, out, ldo);
    for (int64_t i = 0; i < m; i++) {
        kernels->multiply(n, scale + i * lds, out + i * ldo, out + i * ldo);
    }
}

void spni_outer_with(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *a,
                     int64_t lda, const spni_rows *b, bool adds, double *c)
{
    if (b->bytes.code != NULL || k <= COLUMNS_FEW || (k <= SPNI_COLUMNS_MAX && n >= SAMPLES_MANY)) {
        const spni_outer_task task = {.m = m,
                                      .k = k,
                                      .n = n,
                                      .a = a,
                                      .lda = lda,
                                      .b = b->at,
                                      .ldb = b->ld,
                                      .nonzeros = b->nonzeros,
                                      .bytes = b->bytes,
                                      .adds = adds,
                                      .c = c,
                                      .ldc = k};
        kernels->outer(&task);
        return;
    }
    spn_multiply_transposed(m, k, n, 1.0, a, lda, b->at, b->ld, adds ? 1.0 : 0.0, c, k);
}

void spni_outer(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *a,
                int64_t lda, const double *b, int64_t ldb, bool adds, double *c)
{
    const spni_rows rows = {.at = b, .ld = ldb};
    spni_outer_with(kernels, m, k, n, a, lda, &rows, adds, c);
}

void spni_add_row_sums(const spni_kernels *kernels, int64_t m, int64_t n, const double *a,
                       int64_t lda, double *sums)
{
    for (int64_t i = 0; i < m; i++) {
        sums[i] += kernels->sum(n, a + i * lda);
    }
}
