/* SPDX-License-Identifier: MIT */
/** @file minimal_residuals.h  Linear systems with symmetric operators that are known by their products alone and may be
 *  indefinite. */
#ifndef SPINODAL_NUMERIC_MINIMAL_RESIDUALS_H
#define SPINODAL_NUMERIC_MINIMAL_RESIDUALS_H

#include <spinodal/numeric/lanczos.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_minimal_settings {
    double tolerance; /**< |A x - b| <= tolerance |b|, in the norm of M^-1 */
    int64_t products; /**< at most */
} spn_minimal_settings;

typedef struct spn_minimal_info {
    int64_t products;
    bool
        is_converged; /**< otherwise x is the best of what was seen: no other has a smaller residual there */
    bool is_least;   /**< there is no solution: A r vanishes beside the residual r that is left */
    double residual; /**< |A x - b| / |b| in the norm of M^-1, by the recurrence; 0 for b = 0 */
} spn_minimal_info;

/** A x = b (n numbers each; x: overwritten) by MINRES (Paige and Saunders, SIAM J. Numer. Anal. 12, 617, 1975): of the Krylov
 *  space's vectors the one whose residual is smallest. `inverse` applies the inverse of a positive definite preconditioner M;
 *  NULL: none. A may be singular: where b lies in its range, x is the solution that has no part in the kernel (in the
 *  product of M). Memory: 7 n numbers. Deterministic. SPN_ERROR_NUMERIC where a product is not finite, or M is not
 *  positive definite; SPN_ERROR_ARGUMENT for bad settings. */
spn_status spn_minimal_residuals(spn_context *context, const spn_symmetric_operator *a,
                                 const spn_symmetric_operator *inverse,
                                 const spn_minimal_settings *settings, const double *b, double *x,
                                 spn_minimal_info *info);

#ifdef __cplusplus
}
#endif

#endif
