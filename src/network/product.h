/* SPDX-License-Identifier: MIT */
/** @file product.h  Products of small matrices with many samples: kernels, or BLAS where that is faster.
 *
 *  All matrices are row-major; rows of samples are contiguous. Nothing overlaps. */
#ifndef SPNI_NETWORK_PRODUCT_H
#define SPNI_NETWORK_PRODUCT_H

#include "kernel/kernel.h"

/** out = w x + bias (bias NULL: 0): w m x k with leading dimension k, x k x n, out m x n. */
void spni_affine(const spni_kernels *kernels, int64_t m, int64_t k, int64_t n, const double *w,
                 const double *bias, const double *x, int64_t ldx, double *out, int64_t ldo);
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
/** sums[i] += sum of row i of a (m x n). */
void spni_add_row_sums(const spni_kernels *kernels, int64_t m, int64_t n, const double *a,
                       int64_t lda, double *sums);

#endif
