/* SPDX-License-Identifier: MIT */
/** @file kernel.h  Room `kernel`: the loops over samples, in several compiled forms.
 *
 *  Matrices are row-major with a leading dimension; rows of samples are contiguous. Nothing overlaps
 *  unless stated. Every form gives the same bits for the same arguments, wherever a sample stands in
 *  its row: the results of element-wise kernels do not depend on n, and sums over k run in order.
 *  Between forms results differ by rounding (docs/kernel.md states how much). */
#ifndef SPINODAL_SRC_KERNEL_KERNEL_H
#define SPINODAL_SRC_KERNEL_KERNEL_H

#include <spinodal/base/context.h>

/** h (in: a) becomes phi(a); slopes, where not NULL, phi'(a); bends, where not NULL (slopes then too),
 *  phi''(a). */
typedef void spni_activation_kernel(int64_t n, double *h, double *slopes, double *bends);

typedef struct spni_kernels {
    /** out = w x + bias (bias NULL: 0), or out += w x where `adds` (bias NULL then), then times
     *  `scale` element by element (NULL: not): w m x k, x k x n, scale and out m x n. */
    void (*affine)(int64_t m, int64_t k, int64_t n, const double *w, int64_t ldw,
                   const double *bias, const double *x, int64_t ldx, bool adds, const double *scale,
                   int64_t lds, double *out, int64_t ldo);
    /** c = a b^T (c += a b^T where `adds`), summed over n >= 1 samples: a m x n, b k x n,
     *  c m x k. */
    void (*outer)(int64_t m, int64_t k, int64_t n, const double *a, int64_t lda, const double *b,
                  int64_t ldb, bool adds, double *c, int64_t ldc);
    spni_activation_kernel *tanh, *sigmoid, *softplus;
    /** x becomes exp(x). */
    void (*exponential)(int64_t n, double *x);
    /** out = x y, element by element; out may be x or y. */
    void (*multiply)(int64_t n, const double *x, const double *y, double *out);
    /** out += x y. */
    void (*add_multiplied)(int64_t n, const double *x, const double *y, double *out);
    /** out = a x y, or out += a x y where `adds`. */
    void (*scaled_product)(int64_t n, double a, const double *x, const double *y, bool adds,
                           double *out);
    /** delta becomes slopes delta, and bends become bends times the old delta. */
    void (*pull)(int64_t n, const double *slopes, double *bends, double *delta);
    /** delta = factor (f - y); returns sum (f - y)^2. */
    double (*squared_error)(int64_t n, double factor, const double *f, const double *y,
                            double *delta);
    /** sum x y. */
    double (*dot)(int64_t n, const double *x, const double *y);
    /** sum x. */
    double (*sum)(int64_t n, const double *x);
} spni_kernels;

/** The kernels of a context. */
const spni_kernels *spni_kernels_of(const spn_context *context);

extern const spni_kernels spni_kernels_plain, spni_kernels_short, spni_kernels_avx2,
    spni_kernels_avx512;

#endif
