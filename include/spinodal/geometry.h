/* SPDX-License-Identifier: MIT */
/** @file geometry.h  Room `geometry`: curvature of the graph of a function, spectra, Fisher information.
 *
 *  For f with gradient g and Hessian H, q = 1 + |g|^2, the graph has metric I + g g^T and shape operator
 *  S = (I + g g^T)^-1 H / sqrt q. Numbers that do not exist at a point are NaN. */
#ifndef SPINODAL_GEOMETRY_H
#define SPINODAL_GEOMETRY_H

#include <spinodal/geometry/spectrum.h>
#include <spinodal/objective.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_surface { SPN_SURFACE_ERROR, SPN_SURFACE_LOSS } spn_surface;

/** Relative threshold below which an eigenvalue counts as zero: |lambda| <= 1e-9 max|lambda|. */
#define SPN_ZERO_EIGENVALUE 1e-9

/** The stationarity gate. A point is stationary for L when all three hold (H, g of L):
 *   newton_decrement <= SPN_STATIONARY_DECREMENT * sqrt(s + |L|), s the scale of L: one Newton step would change L
 *     by less than 5e-13 (s + |L|);
 *   distance <= SPN_STATIONARY_DISTANCE: it would move theta by less than that share of its length;
 *   the part of g on zero modes of H is at most SPN_ZERO_EIGENVALUE * max|lambda| times the length of
 *     theta: rounding passes, a slope along a flat direction does not. Nor does a slope that would lower L by more
 *     than SPN_STATIONARY_FALL * (s + |L|) on a way as long as theta: far from the origin max|lambda| grows faster
 *     than L, and the ridge's own curvature is among the zeros.
 *  The length of theta is spn_objective_length(), the scale that of spn_objective_scales(). */
#define SPN_STATIONARY_DECREMENT 1e-6
#define SPN_STATIONARY_DISTANCE 1e-6
#define SPN_STATIONARY_FALL 1e-6

/** What a measurement should compute beyond value, norms, tr H, tr H^2, R and mean curvature, which
 *  need no eigenvalues; combine with |. What is not wanted is NaN, counts and `stationary` are -1. */
enum {
    SPN_GEOMETRY_SPECTRUM = 1,   /**< eigenvalues, their counts, Gauss-Kronecker: 4/3 P^3 flops */
    SPN_GEOMETRY_STATIONARY = 2, /**< and the gate, susceptibility: 5/3 P^3 at minima, else 9 P^3 */
    SPN_GEOMETRY_PRINCIPAL = 4,  /**< principal curvatures: 4/3 P^3 more per surface */
    SPN_GEOMETRY_FISHER = 8,     /**< Fisher trace, residual share: a second dense matrix */
    SPN_GEOMETRY_SWEEP = 1 | 2 | 8, /**< what a sweep records */
    SPN_GEOMETRY_ALL = 15
};

/** 8-byte fields only; spn_geometry_columns names them. */
typedef struct spn_geometry {
    int64_t surface; /**< spn_surface */
    double beta;
    int64_t parameters, samples;
    double value, gradient_norm, weight_norm; /**< weight_norm: sqrt(n), |theta| for the ridge */
    double trace, frobenius_squared;          /**< tr H, tr H^2 */
    double scalar_curvature;                  /**< T3 */
    double scalar_curvature_stderr;           /**< 0 when exact */
    /** Estimate of its rounding error, for entries of g and H right to some eps:
     *  8 eps ((sum |H_ii|)^2 + tr H^2) / q. No bound: see docs/geometry.md. */
    double scalar_curvature_rounding;
    double mean_curvature;                 /**< T4: tr S / P */
    double gauss_kronecker_sign;           /**< T5: +-1; NaN if some |lambda| is zero */
    double gauss_kronecker_log;            /**< log |K|; NaN likewise */
    double eigenvalue_min, eigenvalue_max; /**< of H */
    int64_t negative_eigenvalues, zero_eigenvalues;
    double principal_curvature_min, principal_curvature_max; /**< T6 */
    double fisher_trace;                                     /**< T8: tr (1/N) sum J^T J */
    /** T10: b^T H^+ b of L, b = grad n (2 theta for the ridge); NaN where not stationary, or where b has a part on zero
     *  modes. Without an inner error: b is the parameter's gradient (needs SPN_WANT_PARAMETER). */
    double susceptibility;
    double residual_share;   /**< |H_R|_F / (|H_GN|_F + |H_R|_F) of the error's two parts (T8) */
    int64_t stationary;      /**< 1: the point is stationary for L */
    double newton_decrement; /**< sqrt(g^T |H|^+ g) of L */
    double distance;         /**< |H^+ g| / length of theta, of L */
} spn_geometry;
extern const spn_columns spn_geometry_columns;

/** Workspace for P parameters (two P x P matrices and what the eigensolver needs, 4 P^2 doubles in all);
 *  reuse it, measuring allocates nothing. One thread owns it. */
typedef struct spn_geometry_workspace spn_geometry_workspace;
spn_status spn_geometry_workspace_create(spn_context *context, int64_t dimension,
                                         spn_geometry_workspace **out);
void spn_geometry_workspace_free(spn_context *context, spn_geometry_workspace *workspace);

/** Measure the error and the loss surface at a point set with all of value, gradient and curvature
 *  (SPN_ERROR_ARGUMENT otherwise). `wanted`: SPN_GEOMETRY_*. One Hessian and one eigendecomposition serve
 *  both where L's Hessian is E's + shift I (spn_objective_shifts(), as for the ridge); otherwise L's own is measured,
 *  at twice the price. When the point has no inner error,
 *  both surfaces are the objective itself. `error` or `loss` may be NULL. Exact (dense): O(P^3). A value,
 *  gradient or Hessian that is not finite is a result: what follows from it is NaN. Gate, susceptibility,
 *  Fisher trace and residual share belong to the point and are the same in both. */
spn_status spn_geometry_measure(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *point, unsigned wanted, spn_geometry *error,
                                spn_geometry *loss);

/** The eigenvalues of E's Hessian found by the last measurement (with the spectrum), ascending (P
 *  numbers); valid until the next one. */
const double *spn_geometry_eigenvalues(const spn_geometry_workspace *workspace);

/** Curvature from raw numbers, for users with their own gradient and Hessian: g: P, h: lower triangle
 *  column-major P x P. Everything but beta, samples, |theta|, Fisher, susceptibility, residual share and
 *  stationarity. The surface is called "error". */
spn_status spn_geometry_from_derivatives(spn_context *context, spn_geometry_workspace *workspace,
                                         double value, const double *g, const double *h,
                                         spn_geometry *out);

/** Full tensors of the graph (T7), for small P: Ricci tensor (P x P, both triangles, row-major; O(P^3))
 *  and the sectional curvature of the plane spanned by u and v, which need not be orthonormal
 *  (SPN_ERROR_ARGUMENT when they do not span one; O(P^2)). */
spn_status spn_geometry_ricci(spn_context *context, int64_t dimension, const double *g,
                              const double *h, double *ricci);
spn_status spn_geometry_sectional(spn_context *context, int64_t dimension, const double *g,
                                  const double *h, const double *u, const double *v, double *out);

#ifdef __cplusplus
}
#endif

#endif
