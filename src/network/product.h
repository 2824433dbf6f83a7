/* SPDX-License-Identifier: MIT */
/** @file product.h  Products of small matrices with many samples: kernels, or BLAS where that is faster.
 *
 *  All matrices are row-major; rows of samples are contiguous. Nothing overlaps. */
#ifndef SPNI_NETWORK_PRODUCT_H
#define SPNI_NETWORK_PRODUCT_H

#include "kernel/kernel.h"

/** Up to so many columns (inputs) products with rows of samples are made by kernels, which pass over zeros. */
enum { SPNI_COLUMNS_MAX = 1024 };

/** k rows of samples, `ld` apart, or up to SPNI_COLUMNS_MAX of bytes in their place, and where they are known to be 0 (NULL: not known). */
typedef struct spni_rows {
    const double *at;
    int64_t ld;
    const spni_nonzeros *nonzeros;
    spni_bytes bytes; /* code NULL: none */
} spni_rows;

/** out = w x + bias (bias NULL: 0): w m x k with leading dimension k, x k x n, out m x n. */
void spni_affine(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                 const double *bias, const double *x, int64_t ldx, double *out, int64_t ldo);
/** The same for rows of which more may be known. */
void spni_affine_of(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                    const double *bias, const spni_rows *x, double *out, int64_t ldo);
/** out = scale (w x), element by element: scale m x n. */
void spni_scaled_product(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n,
                         const double *w, const double *x, int64_t ldx, const double *scale,
                         int64_t lds, double *out, int64_t ldo);
/** out += w x. */
void spni_add_product(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                      const double *x, int64_t ldx, double *out, int64_t ldo);
/** c = a b^T (c += a b^T where `adds`), summed over n samples: a m x n, b k x n, c m x k with leading
 *  dimension k. */
void spni_outer(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *a,
                int64_t lda, const double *b, int64_t ldb, bool adds, double *c);
/** The same with rows of which more may be known. */
void spni_outer_with(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *a,
                     int64_t lda, const spni_rows *b, bool adds, double *c);
/** sums[i] += sum of row i of a (m x n). */
void spni_add_row_sums(const spni_kernels *kernels, int64_t m, int64_t n, const double *a,
                       int64_t lda, double *sums);

#endif
