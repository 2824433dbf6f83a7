/* SPDX-License-Identifier: MIT */
/** @file numeric.h  Room `numeric`: dense linear algebra over CBLAS and LAPACK, and plain twins.
 *
 *  Symmetric matrices are given by their lower triangle, column-major: a[i + j*n], i >= j. BLAS always
 *  runs on one thread (its bits change with its thread count): every function that calls it sets
 *  OpenBLAS's process-wide thread count to 1. Every narrowing to BLAS's int is checked. */
#ifndef SPINODAL_NUMERIC_H
#define SPINODAL_NUMERIC_H

#include <spinodal/base.h>
#include <spinodal/numeric/lanczos.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Dense symmetric solver with its work arrays, for matrices up to n x n; reuse it, later calls allocate
 *  nothing. One thread owns it. */
typedef struct spn_dense spn_dense;
/** Is n x n within reach of dense matrices (n <= 32700)? */
bool spn_dense_fits(int64_t n);
/** SPN_ERROR_INPUT where n x n is out of reach of dense matrices (n > 32700), with a forecast of memory and time
 *  and what to do instead, `cure`. Costs nothing: call it before anything long. */
spn_status spn_dense_check(spn_context *context, int64_t n, const char *cure);
/** A message with a forecast of the time where the spectrum of an n x n matrix takes more than 20 seconds: LAPACK hears
 *  of no interruption before its end. `what`: whose spectrum. */
void spn_dense_announce(spn_context *context, int64_t n, const char *what);
spn_status spn_dense_create(spn_context *context, int64_t n, spn_dense **out);
void spn_dense_free(spn_context *context, spn_dense *dense);

/** Eigenvalues ascending (w: n) and, when `vectors` is set, orthonormal eigenvectors in the columns of a
 *  (a[:, j] belongs to w[j]; sign: the first entry within one part in 10^6 of the largest magnitude is
 *  positive, so that results do not depend on LAPACK's choice). Without vectors a is destroyed. The bits
 *  depend on a and n alone, not on the size the solver was made for. LAPACK dsyevd; where that does not
 *  converge or its eigenvalues do not add up to the traces of a and a^2, dsyev, then Jacobi's method, their
 *  vectors checked. SPN_ERROR_NUMERIC when a is not finite or all fail. About 4/3 n^3 flops (9 n^3 with
 *  vectors). */
spn_status spn_eigen(spn_context *context, spn_dense *dense, int64_t n, double *a, bool vectors,
                     double *w);

/** In-place Cholesky factor of the lower triangle. Returns in *is_positive whether a is numerically
 *  positive definite: all pivots above `floor` * (largest diagonal entry of a); when it is not, what is
 *  left in a has no meaning. SPN_ERROR_NUMERIC when a is not finite. LAPACK dpotrf, n^3/3 flops. */
spn_status spn_cholesky(spn_context *context, int64_t n, double *a, double floor,
                        bool *is_positive);
/** Solve a x = b with the factor (b: n x columns, column-major, overwritten by x). */
spn_status spn_cholesky_solve(spn_context *context, int64_t n, const double *factor,
                              int64_t columns, double *b);

/** The smallest eigenvalue of a positive definite a from its factor, by at most `steps` solves (Lanczos' method on the inverse,
 *  same bits every time): an upper bound, at a distance below 1e-8 of itself from an eigenvalue and mostly at one of rounding.
 *  *is_converged false: steps did not suffice, as where many eigenvalues are close to it. `dense` for at least min(n, steps);
 *  room: spn_cholesky_least_room() numbers. 2 n^2 flops a step, and 4 n k in step k. */
spn_status spn_cholesky_least(spn_context *context, spn_dense *dense, int64_t n,
                              const double *factor, int64_t steps, double *room, double *least,
                              bool *is_converged);
int64_t spn_cholesky_least_room(int64_t n, int64_t steps);

/** In-place LU factors with partial pivoting of a general matrix (n x n, column-major); pivots: n ints. Returns
 *  in *is_singular whether a pivot is exactly zero (then what is left in a has no meaning); nearly singular
 *  matrices are factored, the caller judges the solution. SPN_ERROR_NUMERIC when a is not finite. LAPACK
 *  dgetrf, 2/3 n^3 flops. */
spn_status spn_lu(spn_context *context, int64_t n, double *a, int *pivots, bool *is_singular);
/** Solve a x = b (b: n x columns, column-major, overwritten by x) with the factors. 2 n^2 flops a column. */
spn_status spn_lu_solve(spn_context *context, int64_t n, const double *factor, const int *pivots,
                        int64_t columns, double *b);

/** y = a x for a symmetric a (lower triangle). */
void spn_symmetric_multiply(int64_t n, const double *a, const double *x, double *y);
/** c = alpha a b^T + beta c: a m x k, b n x k, c m x n, all row-major with leading dimensions: the
 *  product "sum over samples" (samples contiguous). One BLAS thread. */
void spn_multiply_transposed(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                             int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                             int64_t ldc);
/** c = alpha a b + beta c: a m x k, b k x n, row-major. */
void spn_multiply(int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                  const double *b, int64_t ldb, double beta, double *c, int64_t ldc);

/** c = alpha a^T b + beta c: a k x m, b k x n, c m x n, row-major: pairs of samples, summed over rows. */
void spn_multiply_over_rows(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                            int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                            int64_t ldc);
/** The same with a = b, c's entries [i * ldc + j], j <= i, only: half the work. */
void spn_gram_over_rows(int64_t n, int64_t k, double alpha, const double *a, int64_t lda,
                        double beta, double *c, int64_t ldc);

/** Singular values, descending, of a (m x n row-major, left alone), with left vectors u (m x r row-major)
 *  and right vectors vt (r x n), r = min(m, n); u, vt may be NULL. Signs: largest entry of each right
 *  vector positive. LAPACK dgesvd, one-sided Jacobi where that does not converge. */
spn_status spn_singular_values(spn_context *context, int64_t m, int64_t n, const double *a,
                               double *values, double *u, double *vt);
/** Columns in coordinates of the space that they span: of a (m x n row-major, m > n, rows lda apart) the first n
 *  rows become r = S V^T of a = U S V^T, so that r^T r = a^T a; backward stable. Costs O(m n^2) and a copy. */
spn_status spn_span_coordinates(spn_context *context, int64_t m, int64_t n, double *a, int64_t lda);

/** Plain twin of spn_eigen: cyclic Jacobi, always with vectors, full matrix a (n x n, destroyed),
 *  v: n x n, columns are eigenvectors (v[i + j*n]); same bits on every IEEE machine; for small n. */
spn_status spn_eigen_jacobi(spn_context *context, int64_t n, double *a, double *w, double *v);

/** Plain vector helpers with a fixed order of summation. */
double spn_dot(int64_t n, const double *x, const double *y);
double spn_norm(int64_t n, const double *x); /**< scaled: no overflow or underflow */
void spn_axpy(int64_t n, double a, const double *x, double *y);
bool spn_all_finite(int64_t n, const double *x);

/** tr A and tr A^2 = |A|_F^2 of a symmetric matrix (lower triangle). */
double spn_symmetric_trace(int64_t n, const double *a);
double spn_symmetric_frobenius_squared(int64_t n, const double *a);

/* ---- Statistics ------------------------------------------------------------------------------ */

/** A straight line y = intercept + slope x by weighted least squares. */
typedef struct spn_line {
    double intercept, slope;
    double intercept_error, slope_error; /**< standard errors, from the scatter */
    double scatter;                      /**< sqrt(sum w r^2 / (n - 2)) */
} spn_line;
/** weights >= 0, proportional to 1/variance, or NULL: all 1. NaN where there is no answer: fewer than two
 *  different x; errors and scatter for fewer than three points. O(n). */
spn_line spn_fit_line(int64_t n, const double *x, const double *y, const double *weights);

/** Interval for a probability from `successes` out of `trials` at a confidence in (0, 1), e.g. 0.95: Wilson's
 *  score interval (Wilson, J. Am. Stat. Assoc. 22, 209, 1927; recommended by Brown, Cai and DasGupta,
 *  Statist. Sci. 16, 101, 2001). No trials: [0, 1]. */
void spn_binomial_interval(int64_t successes, int64_t trials, double confidence, double *low,
                           double *high);

/** The t with P(|T| <= t) = confidence in (0, 1), T of Student's distribution with freedom >= 1; NaN otherwise. O(freedom). */
double spn_student_quantile(double confidence, int64_t freedom);

/** Sort ascending, in place (heap sort: n log n, no memory). No NaN. */
void spn_sort(int64_t n, double *values);
/** Median; sorts `values`. NaN for n <= 0. */
double spn_median(int64_t n, double *values);
/** 1.4826 times the median absolute deviation from the median: estimates the standard deviation of normal
 *  numbers, whatever up to half of them does. Destroys `values`. */
double spn_deviation(int64_t n, double *values);

/** The pseudo-residual of sample i, 0 < i < n - 1, of y = f(x) + noise, f smooth, x ascending and unevenly spaced (equal x
 *  allowed): a y[i-1] + (1-a) y[i+1] - y[i], with a such that a straight line leaves none, scaled to the noise's variance
 *  (Gasser, Sroka and Jennen-Steinmetz, Biometrika 73, 625, 1986). Biased by |f''| h^2 / sqrt(6). */
double spn_pseudo_residual(const double *x, const double *y, int64_t i);

/** Tell the BLAS library to use one thread. */
void spn_blas_single_thread(void);
/** Threads that the BLAS library would use by itself, the caller's among them. */
int64_t spn_blas_threads(void);
/** Does the BLAS library know how to use several threads? As spn_blas_threads() does not, this may be asked before its
 *  initialisers have run. */
bool spn_blas_is_parallel(void);
/** The kind of processor that the BLAS library computes for ("Haswell", "SkylakeX", ...): its bits depend on it. */
const char *spn_blas_core(void);

/** Ranks whose numbers come together compute the same bits: kernels and linear algebra are those of rank 0. SPN_ERROR_INPUT on all ranks
 *  otherwise, naming the lowest that has others. SPN_OK without a farm. (all) */
spn_status spn_farm_compare_bits(spn_context *context);

#ifdef __cplusplus
}
#endif

#endif
