/* SPDX-License-Identifier: MIT */
/** @file conjugate_gradients.h  Linear systems with positive definite operators that are known by their products alone. */
#ifndef SPINODAL_NUMERIC_CONJUGATE_GRADIENTS_H
#define SPINODAL_NUMERIC_CONJUGATE_GRADIENTS_H

#include <spinodal/numeric/lanczos.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_conjugate_settings {
    double tolerance; /**< |A x - b| <= tolerance * |b| */
    int64_t products; /**< with one vector, at most */
} spn_conjugate_settings;

typedef struct spn_conjugate_info {
    int64_t products;
    bool is_converged; /**< all systems; otherwise x holds what was reached */
    bool
        is_positive; /**< no direction of negative or no curvature was met; where one was, its system ended */
    double residual; /**< |A x - b| / |b| by the recurrence, the largest */
} spn_conjugate_info;

/** A x_j = b_j for `count` right sides (rows of n numbers; x: overwritten) by preconditioned conjugate gradients (Hestenes and
 *  Stiefel 1952), side by side, so that products come in blocks. `inverse` applies the inverse of a positive definite
 *  preconditioner; NULL: none. Memory: 4 count n numbers. Deterministic. SPN_ERROR_NUMERIC where a product is not finite. */
spn_status spn_conjugate_gradients(spn_context *context, const spn_symmetric_operator *a,
                                   const spn_symmetric_operator *inverse,
                                   const spn_conjugate_settings *settings, int64_t count,
                                   const double *b, double *x, spn_conjugate_info *info);

#ifdef __cplusplus
}
#endif

#endif
