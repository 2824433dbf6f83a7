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

/** Beyond this 1 - tanh^2 is not made of tanh: its error of some eps would be too large a part of it. */
#define TANH_SATURATED 6.0

/** h (in: a) becomes phi(a); slopes, where not NULL, phi'(a); bends, where not NULL (slopes then too),
 *  phi''(a). */
typedef void spni_activation_kernel(int64_t n, double *h, double *slopes, double *bends);

/** Samples that products pass over together: of sums over samples, and where samples are columns. */
enum { SPNI_GROUP = 8, SPNI_PAIR = 2 * SPNI_GROUP };

/** Where inputs x, a row each, are 0 in whole groups of samples, which products then pass over: black pixels. The sums
 *  stay the same, bit for bit but for the sign of a zero, where all numbers are finite. Samples are counted from a multiple of 16. */
typedef struct spni_nonzeros {
    int64_t first; /**< number of the first sample of x, a multiple of 8 */
    const uint16_t
        *input; /**< input[list[p]] .. input[list[p + 1] - 1], ascending, are those with a
                              number among samples [16 p, 16 p + 16) that is not 0 */
    const int64_t *list;
    const uint64_t *groups; /**< rows, one for each input: bit g % 64 of word g / 64 says whether a
                               number among samples [8 g, 8 g + 8) is not 0 */
    int64_t stride;         /**< words of a row, one of zeros at its end */
} spni_nonzeros;

/** Rows of numbers scale k with bytes k, in groups of 8 samples: those of row i and group g are at code + g step + 8 i. The last group is
 *  there as a whole, whatever stands behind the last sample. */
typedef struct spni_bytes {
    const uint8_t *code; /**< NULL: no bytes */
    int64_t step;
    double scale;
} spni_bytes;

/** out = scale (w x + bias) + factor common addend, the last two products element by element: w m x k, x k x n,
 *  out, scale and addend m x n. What is NULL is left out. */
typedef struct spni_affine_task {
    int64_t m, k, n;
    const double *w, *x;
    int64_t ldw, ldx;
    const double *bias;  /**< m */
    bool adds;           /**< out + w x instead of w x + bias */
    const double *scale; /**< m x n */
    int64_t lds;
    const double
        *factor; /**< row i has factor[i factor_step]; common and addend must be there then */
    int64_t factor_step;
    const double *common; /**< n */
    const double *addend; /**< m x n */
    int64_t lda;
    const spni_nonzeros
        *nonzeros; /**< of x; NULL: not known. Used where there is no scale or factor */
    spni_bytes
        bytes; /**< in the place of x, where there is no scale or factor: their scale is taken out of the sums */
    double *out;
    int64_t ldo;
} spni_affine_task;

/** c = a b^T, or c + a b^T, summed over n >= 1 samples: a m x n, b k x n, c m x k. */
typedef struct spni_outer_task {
    int64_t m, k, n;
    const double *a, *b;
    int64_t lda, ldb;
    const spni_nonzeros *nonzeros, *left; /**< of b and of a; NULL: not known */
    spni_bytes bytes; /**< in the place of b: their scale is taken out of the sums */
    bool adds;
    double *c;
    int64_t ldc;
} spni_outer_task;

/** Rows of x = low + scale k, rounded once where products are fused, of whole groups of bytes. */
typedef struct spni_bytes_task {
    int64_t rows, groups;
    spni_bytes bytes;
    const double *low; /**< one for each row; NULL: 0 */
    double *x;         /**< rows x (8 groups) */
    int64_t ldx;
} spni_bytes_task;

typedef struct spni_ratio {
    double rate, p, q, epsilon;
} spni_ratio;

typedef struct spni_kernels {
    void (*affine)(const spni_affine_task *task);
    void (*outer)(const spni_outer_task *task);
    spni_activation_kernel *tanh, *sigmoid, *softplus;
    /** x becomes exp(x). */
    void (*exponential)(int64_t n, double *x);
    /** out = x y, element by element; out may be x or y. */
    void (*multiply)(int64_t n, const double *x, const double *y, double *out);
    /** out += x y. */
    void (*add_multiplied)(int64_t n, const double *x, const double *y, double *out);
    /** Row r < count of out = a[r] x times row r of y, element by element (a NULL: 1); out may be y. */
    void (*multiply_rows)(int64_t count, int64_t n, const double *a, const double *x,
                          const double *y, int64_t ldy, double *out, int64_t ldo);
    /** delta becomes slopes delta, and bends become bends times the old delta. */
    void (*pull)(int64_t n, const double *slopes, double *bends, double *delta);
    /** delta = factor (f - y); returns sum (f - y)^2. */
    double (*squared_error)(int64_t n, double factor, const double *f, const double *y,
                            double *delta);
    void (*rescale_bytes)(const spni_bytes_task *task);
    /** sum x y. */
    double (*dot)(int64_t n, const double *x, const double *y);
    /** sum x. */
    double (*sum)(int64_t n, const double *x);
    /** z += a x, then sum w z, in one pass: rows in single precision, sums in double. x may be w. */
    double (*add_and_look)(int64_t n, double a, const float *x, const float *w, double *z);
    /** out = rate (mean / p) / (sqrt(square / q) + epsilon), element by element: the steps of Adam, whose time is that of
     *  divisions and roots. Nothing here can be fused: the same bits in every form. */
    void (*ratio)(int64_t n, const spni_ratio *by, const double *mean, const double *square,
                  double *out);
} spni_kernels;

/** The kernels of a context. */
const spni_kernels *spni_kernels_of(const spn_context *context);

extern const spni_kernels spni_kernels_plain, spni_kernels_short, spni_kernels_avx2,
    spni_kernels_avx512;

#endif
