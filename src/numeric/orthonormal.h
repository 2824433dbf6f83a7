/* SPDX-License-Identifier: MIT */
/* Orthonormal rows, shared by the files of Lanczos' method. */
#ifndef SPINODAL_NUMERIC_ORTHONORMAL_H
#define SPINODAL_NUMERIC_ORTHONORMAL_H

#include <spinodal/numeric.h>

/** w (count rows of n) less its part in the rows of v (size rows), twice: classical Gram-Schmidt. `coefficients`:
 *  size x count scratch. */
void spni_project_out(int64_t size, int64_t count, int64_t n, const double *v, double *w,
                      double *coefficients);

/** Orthonormalise the rows of w among themselves and against those of v, which they are orthogonal to; factor (count x count,
 *  row-major): w_j = sum_{i <= j} factor[i, j] q_i. A row of which less than `floor` is left becomes a random one,
 *  orthogonal to all others, with factor[j, j] = 0; where the space is full, zero. Heeds interruptions. */
spn_status spni_orthonormalize(spn_context *context, int64_t size, int64_t count, int64_t n,
                               const double *v, double floor, spn_random *random, double *w,
                               double *coefficients, double *factor);

#endif
