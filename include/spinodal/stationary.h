/* SPDX-License-Identifier: MIT */
/** @file stationary.h  Room `stationary`: stationary points and folds of any objective, near a given point.
 *
 *  A stationary point solves grad L(theta, beta) = 0, a fold also H v = 0 for some v, H the Hessian of L: there two
 *  stationary points meet and vanish. "beta" is whatever the objective's parameter is. Rooms that follow stationary
 *  points build on the same linearisations. Numbers that do not exist are NaN. */
#ifndef SPINODAL_STATIONARY_H
#define SPINODAL_STATIONARY_H

#include <spinodal/objective.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A stationary point, or the fold whose ghost is felt, near a point that need not be one. */
typedef struct spn_near_record {
    int64_t is_found;
    double beta; /**< of the fold; the given one otherwise */
    double error, loss, weight_norm;
    double distance;       /**< |theta - that of the start| */
    double eigenvalue_min; /**< smallest of L's Hessian, zero modes of symmetry left out */
    int64_t negative_eigenvalues, zero_modes;
    int64_t active_modes; /**< learned_modes of spn_labels: mostly saddles, on the way somewhere */
    /** Fold: the flow along its critical direction v is dx/dt = drift (beta - beta_fold) + bend x^2 to leading order;
     *  drift = -v . d(grad L)/dbeta, bend = -D^3 L[v, v, v] / 2. NaN otherwise. */
    double drift, bend;
} spn_near_record;

/** The stationary point of L at beta that Newton's method on grad L = 0 (of any index: saddles count) reaches
 *  from theta (P numbers, in: start, out: the point), no further than `reach` * length of theta (spn_objective_length()) away.
 *  `vector` (P numbers, NULL: not wanted) receives the eigenvector of the smallest eigenvalue. Not finding
 *  one is a result: theta is then the last iterate. |grad L| falls in a trust region; directions in which L is flat to 1e-7
 *  of its largest curvature need not have converged. Cost: at most 200, mostly ten, Hessians and eigendecompositions. */
spn_status spn_stationary_near(spn_context *context, const spn_objective *objective, double beta,
                               double reach, double *theta, double *vector, spn_near_record *out);

/** The same by eigenvector following (Cerjan and Miller 1981): up along eigenvectors of negative eigenvalue, down along the
 *  others, in steps of at most 1/50 of the length of theta. It passes places where the Hessian is singular, at which
 *  spn_stationary_near() may end without a result; it need not end at the nearest point. Cost: at most 100 Hessians and
 *  eigendecompositions. */
spn_status spn_saddle_near(spn_context *context, const spn_objective *objective, double beta,
                           double reach, double *theta, double *vector, spn_near_record *out);

/** The fold (grad L = 0, H v = 0 with v . d(grad L)/dbeta != 0) that Newton's method on the augmented
 *  system reaches from (theta, beta). Otherwise as spn_stationary_near(). */
spn_status spn_fold_near(spn_context *context, const spn_objective *objective, double beta,
                         double reach, double *theta, double *vector, spn_near_record *out);

#ifdef __cplusplus
}
#endif

#endif
