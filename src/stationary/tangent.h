/* SPDX-License-Identifier: MIT */
/** @file tangent.h  The tangent t = dtheta/dbeta = -H^+ b of a curve of stationary points and the susceptibility -dn/dbeta,
 *  b = d(grad L)/dbeta (T10), from a point's derivatives or from eigenvectors at hand. */
#ifndef SPINODAL_SRC_STATIONARY_TANGENT_H
#define SPINODAL_SRC_STATIONARY_TANGENT_H

#include <spinodal/objective.h>

/** t at a point that is set with everything, into `tangent` (P numbers), by Cholesky of H + shift max|H_ii| I. The shift
 *  regularises exact zero modes, to which t is orthogonal. *is_positive: false, and t = 0, where H is not positive
 *  semidefinite. `factor`: P x P of scratch. */
spn_status spni_tangent_of_minimum(spn_context *context, const spn_point *point, double shift,
                                   double *factor, double *tangent, bool *is_positive);

/** b . H^+ b from the P eigenvalues of H and its eigenvectors, in columns; eigenvalues up to |zero| are left out. */
double spni_susceptibility_of_modes(int64_t n, const double *values, const double *vectors,
                                    const double *b, double zero);

#endif
