/* SPDX-License-Identifier: MIT */
/** @file lanczos.h  Spectra of symmetric operators that are known by their products alone.
 *
 *  All vectors are rows of n numbers. Starts come from (seed, PROBES): results have the same bits with every number of
 *  threads. */
#ifndef SPINODAL_NUMERIC_LANCZOS_H
#define SPINODAL_NUMERIC_LANCZOS_H

#include <spinodal/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** av_j = A v_j for k vectors; v, av: k x n, row-major, do not overlap. */
typedef spn_status spn_symmetric_product(spn_context *context, void *state, int64_t k,
                                         const double *v, double *av);

/** A symmetric operator. */
typedef struct spn_symmetric_operator {
    int64_t dimension; /**< n */
    spn_symmetric_product *product;
    void *state;
} spn_symmetric_operator;

typedef struct spn_extremes_settings {
    int64_t smallest, largest; /**< how many eigenpairs from either end; together 1 to n */
    int64_t block;             /**< vectors of a product, >= 1 */
    int64_t basis; /**< vectors that are kept, >= smallest + largest + 2 blocks (or n); 0: chosen */
    int64_t products; /**< products with one vector at most, those of the residuals beside */
    double tolerance; /**< |A v - lambda v| <= tolerance * max|lambda| */
    uint64_t seed;
} spn_extremes_settings;

typedef struct spn_extremes_info {
    int64_t products; /**< with one vector, those of the residuals included */
    int64_t restarts;
    bool is_converged; /**< all residuals within the tolerance; otherwise the best that was found */
    double norm;       /**< max|lambda| of all Ritz values: at most |A| */
} spn_extremes_info;

/** Extreme eigenpairs by block Lanczos with full reorthogonalisation and thick restarts (Wu and Simon, SIAM J. Matrix
 *  Anal. Appl. 22, 602, 2000). values: the smallest ascending, then the largest ascending; vectors: as many orthonormal rows,
 *  NULL: not wanted; residuals: |A v - lambda v| of each, computed by a last product: an eigenvalue of A lies within that
 *  distance of lambda (NULL: not wanted, nor computed). Which eigenvalue, and how many times, no residual says: copies of a
 *  multiple eigenvalue beyond `block` are found by rounding only. Memory: (basis + 3 blocks) n numbers. Cost: products, and
 *  some 8 basis n flops for each. SPN_ERROR_NUMERIC where a product is not finite; SPN_ERROR_ARGUMENT for bad settings. */
spn_status spn_extreme_eigenpairs(spn_context *context, const spn_symmetric_operator *a,
                                  const spn_extremes_settings *settings, double *values,
                                  double *vectors, double *residuals, spn_extremes_info *info);
/** The basis that is chosen for `basis` = 0. */
int64_t spn_extremes_basis(int64_t dimension, const spn_extremes_settings *settings);

/** Gauss quadrature of the spectral measures of `count` starts (rows; scaled to 1 here) by `steps` steps of Lanczos with full
 *  reorthogonalisation, in step, so that products come in blocks: nodes, weights: count x steps, weights of a start add up
 *  to 1; sum_i w_i f(node_i) = z^T f(A) z / |z|^2 exactly for polynomials of degree 2 steps - 1. Where a start lies in an
 *  invariant space of fewer steps the rest has weight 0 and the node 0. The mean over random starts estimates tr f(A) / n:
 *  stochastic Lanczos quadrature (Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 1075, 2017). Memory: count (steps + 1)
 *  n numbers. Cost: count * steps products, 8 steps n flops each. steps <= n. */
spn_status spn_lanczos_quadrature(spn_context *context, const spn_symmetric_operator *a,
                                  int64_t count, int64_t steps, const double *starts, double *nodes,
                                  double *weights);

#ifdef __cplusplus
}
#endif

#endif
