/* SPDX-License-Identifier: MIT */
/** @file lapack.h  The LAPACK routines that the room calls, by their Fortran symbols.
 *
 *  OpenBLAS carries LAPACK but, as Debian builds it, not LAPACKE. The trailing size_t arguments are the
 *  lengths of the character arguments, which gfortran passes by value behind all others. */
#ifndef SPINODAL_NUMERIC_LAPACK_H
#define SPINODAL_NUMERIC_LAPACK_H

#include <spinodal/numeric.h>

#include <limits.h>

void dsyevd_(const char *job, const char *triangle, const int *n, double *a, const int *lda,
             double *w, double *work, const int *work_size, int *int_work, const int *int_work_size,
             int *info, size_t job_length, size_t triangle_length);
void dsyev_(const char *job, const char *triangle, const int *n, double *a, const int *lda,
            double *w, double *work, const int *work_size, int *info, size_t job_length,
            size_t triangle_length);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info,
             size_t triangle_length);
void dpotrs_(const char *triangle, const int *n, const int *columns, const double *a,
             const int *lda, double *b, const int *ldb, int *info, size_t triangle_length);
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
void dgetrs_(const char *transposed, const int *n, const int *columns, const double *a,
             const int *lda, const int *pivots, double *b, const int *ldb, int *info,
             size_t transposed_length);
void dgesvd_(const char *job_u, const char *job_vt, const int *m, const int *n, double *a,
             const int *lda, double *s, double *u, const int *ldu, double *vt, const int *ldvt,
             double *work, const int *work_size, int *info, size_t job_u_length,
             size_t job_vt_length);

/** Narrow a size to BLAS's int; `what` names it in the message. */
spn_status spni_blas_int(spn_context *context, int64_t size, const char *what, int *out);

/** Flip the columns of v (n x n, column-major) so that the first entry within one part in 10^6 of the
 *  largest magnitude is positive. "First within", because entries that are equal in exact arithmetic
 *  differ in the last bits, and the sign must not hang on those. */
void spni_normalize_signs(int64_t n, double *v);
/** The same for one vector; returns -1 when it was flipped, 1 otherwise. */
double spni_normalize_sign(int64_t n, double *v);

/** The ways to eigenvalues, in the order in which spn_eigen() tries them: divide and conquer, QR, Jacobi. */
typedef enum spni_eigen_method {
    SPNI_EIGEN_DIVIDE,
    SPNI_EIGEN_QR,
    SPNI_EIGEN_JACOBI
} spni_eigen_method;

/** One way, without signs; whether it ended with numbers that fit: the traces of A and A^2, and (not for the first,
 *  on which all time goes) the residuals of the vectors. a is as before otherwise. n >= 1, a finite. */
bool spni_eigen_by(spn_context *context, spn_dense *dense, spni_eigen_method method, int64_t n,
                   double *a, bool vectors, double *w);

/** SPN_ERROR_NUMERIC when the lower triangle holds a NaN or an infinity. */
spn_status spni_check_lower_finite(spn_context *context, int64_t n, const double *a,
                                   const char *caller);

/** Twin of spn_singular_values() by rotations, for matrices on which LAPACK fails; signs as they come, m, n >= 1.
 *  Singular values below max(m, n) eps of the largest are 0 to rounding, their left vectors (right, where m < n) any
 *  that are orthogonal to the others. */
spn_status spni_singular_jacobi(spn_context *context, int64_t m, int64_t n, const double *a,
                                double *values, double *u, double *vt);

/** Whether sizes >= 0 are all within BLAS's int. */
static inline bool spni_all_fit(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    return (a | b | c | d | e | f) <= INT_MAX;
}

/** c = beta c, n numbers; beta 0 clears whatever was there, as BLAS does. */
static inline void spni_scale_row(int64_t n, double beta, double *c)
{
    for (int64_t j = 0; j < n; j++) {
        c[j] = beta == 0 ? 0 : beta * c[j];
    }
}

/** Plain twins of the BLAS products: oracles of the tests, and what runs when a size exceeds BLAS's
 *  int. Shapes as for the public functions. */
void spni_multiply_transposed_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                                    int64_t lda, const double *b, int64_t ldb, double beta,
                                    double *c, int64_t ldc);
void spni_multiply_over_rows_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                                   int64_t lda, const double *b, int64_t ldb, double beta,
                                   double *c, int64_t ldc);
void spni_multiply_plain(int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                         int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                         int64_t ldc);
void spni_symmetric_multiply_plain(int64_t n, const double *a, const double *x, double *y);

#endif
