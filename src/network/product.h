/* SPDX-License-Identifier: MIT */
/** @file product.h  The products of small matrices with many samples: the one place to make faster.
 *
 *  All matrices are row-major; rows of samples are contiguous. Nothing overlaps. */
#ifndef SPNI_NETWORK_PRODUCT_H
#define SPNI_NETWORK_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

/** out = w x + bias (bias NULL: 0): w m x k with leading dimension k, x k x n, out m x n. */
void spni_affine(int64_t m, int64_t k, int64_t n, const double *w, const double *bias,
                 const double *x, int64_t ldx, double *out, int64_t ldo);
/** out += w x. */
void spni_add_product(int64_t m, int64_t k, int64_t n, const double *w, const double *x,
                      int64_t ldx, double *out, int64_t ldo);
/** c += a b^T, summed over n samples: a m x n, b k x n, c m x k with leading dimension k. */
void spni_add_outer(int64_t m, int64_t k, int64_t n, const double *a, int64_t lda, const double *b,
                    int64_t ldb, double *c);
/** sums[i] += sum of row i of a (m x n), in a fixed order of 8 lanes. */
void spni_add_row_sums(int64_t m, int64_t n, const double *a, int64_t lda, double *sums);
/** sum_n x_n y_n in a fixed order of 8 lanes. */
double spni_sum_products(int64_t n, const double *x, const double *y);
/** out = x * y, element by element; out may be x. */
void spni_multiply_rows(int64_t n, const double *x, const double *y, double *out);
/** out += x * y. */
void spni_add_multiplied_rows(int64_t n, const double *x, const double *y, double *out);

#endif
