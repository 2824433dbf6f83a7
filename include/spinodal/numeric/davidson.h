/* SPDX-License-Identifier: MIT */
/** @file davidson.h  The lowest eigenpair of a symmetric operator that has a preconditioner. */
#ifndef SPINODAL_NUMERIC_DAVIDSON_H
#define SPINODAL_NUMERIC_DAVIDSON_H

#include <spinodal/numeric/lanczos.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_davidson_settings {
    int64_t basis;    /**< vectors that are kept, and as many products; at least 8, or n */
    int64_t products; /**< at most */
    double tolerance; /**< |A v - lambda v| <= tolerance * max|lambda| */
    uint64_t seed;
    const double *start; /**< `starts` rows of n numbers that the basis begins with; NULL: none */
    int64_t starts;
    double
        norm; /**< max|lambda| of a neighbouring operator, in the place of that of this one where it is larger; 0: not known */
    double *
        ritz; /**< becomes up to `ritz_most` lowest Ritz vectors, rows; may be `start`; NULL: none */
    int64_t ritz_most;
} spn_davidson_settings;

typedef struct spn_davidson_info {
    int64_t products;
    int64_t
        negative; /**< Ritz values below -SPN_DAVIDSON_ZERO times the larger norm: A has at least as many such eigenvalues */
    bool is_converged; /**< otherwise the best that was found */
    int64_t ritz;      /**< rows of settings.ritz that were written */
    double norm;       /**< max|lambda| of all Ritz values: at most |A| */
    double
        residual; /**< |A v - lambda v|: an eigenvalue of A lies within that distance of lambda */
} spn_davidson_info;

#define SPN_DAVIDSON_ZERO 1e-9

/** The lowest Ritz pair by the generalised method of Davidson (J. Comput. Phys. 17, 87, 1975; Morgan and Scott, SIAM J. Sci. Stat.
 *  Comput. 7, 817, 1986): a residual, times the inverse of the preconditioner, is the next vector of the basis. Starts from
 *  (seed, PROBES), times that inverse, which brings forth what is soft. With vectors of a neighbouring operator to begin with the second lowest pair
 *  is looked for, too, to ten times the tolerance or by 40 products: with a preconditioner that brings forth what is soft an eigenvalue that has become the lowest since is among them. vector: n numbers of length 1. Memory: 2 basis n numbers.
 *  Cost: products and as many solves, 12 basis n flops for each. SPN_ERROR_NUMERIC where a product is not finite;
 *  SPN_ERROR_ARGUMENT for bad settings. */
spn_status spn_lowest_eigenpair(spn_context *context, const spn_symmetric_operator *a,
                                const spn_symmetric_operator *inverse,
                                const spn_davidson_settings *settings, double *value,
                                double *vector, spn_davidson_info *info);

#ifdef __cplusplus
}
#endif

#endif
