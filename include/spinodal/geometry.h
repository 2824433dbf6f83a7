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

    /* How certain it is where it was not taken from the dense Hessian. */
    int64_t method;                        /**< spn_spectrum_method */
    double scalar_curvature_low;           /**< Student's interval, see spn_estimate */
    double scalar_curvature_high;          /**< of both: R where it is exact */
    double trace_stderr, frobenius_stderr; /**< standard errors; 0 when exact */
    double mean_curvature_stderr;          /**< likewise */
    double
        eigenvalue_residual; /**< |H v - lambda v| of the ends of the spectrum, the larger one: an eigenvalue lies within that
                                     distance of each. NaN of the dense Hessian's */
} spn_geometry;
/** All but the last part, and that part. */
extern const spn_columns spn_geometry_columns, spn_geometry_certainty_columns;

/** Workspace for P parameters (two P x P matrices and what the eigensolver needs, 4 P^2 doubles in all);
 *  reuse it, measuring allocates nothing. One thread owns it. */
typedef struct spn_geometry_workspace spn_geometry_workspace;
spn_status spn_geometry_workspace_create(spn_context *context, int64_t dimension,
                                         spn_geometry_workspace **out);
void spn_geometry_workspace_free(spn_context *context, spn_geometry_workspace *workspace);

/** What all that `wanted` says takes at a point of this size, by each way, and which one is gone: the forced one, or dense where it
 *  fits and takes no longer than `patience` or than the estimates, otherwise moments or stochastic as spn_spectrum_forecast()
 *  chooses. Costs nothing: ask before anything long. Errors of spn_spectrum_forecast(), due to "geometry.method". */
spn_status spn_geometry_forecast(spn_context *context, const spn_objective *objective,
                                 const spn_geometry_settings *settings, unsigned wanted,
                                 spn_forecast *out);

/** A workspace that measures by the way of that forecast (`forecast` NULL: not wanted), for points of the objective and no more than
 *  `wanted`. settings NULL: dense, as spn_geometry_workspace_create(). What the others cannot give is NaN, counts -1: Gauss-Kronecker,
 *  zero eigenvalues, residual share; negative eigenvalues where more of them may be left than `smallest` were looked for. Measuring
 *  allocates as forecast and gives it back. */
spn_status spn_geometry_workspace_choose(spn_context *context, const spn_objective *objective,
                                         const spn_geometry_settings *settings, unsigned wanted,
                                         spn_geometry_workspace **out, spn_forecast *forecast);
/** spn_spectrum_method: dense, moments, stochastic or none. */
int64_t spn_geometry_method(const spn_geometry_workspace *workspace);

/** Measure the error and the loss surface at a point set with all of value, gradient and curvature
 *  (SPN_ERROR_ARGUMENT otherwise). `wanted`: SPN_GEOMETRY_*. One Hessian and one eigendecomposition serve
 *  both where L's Hessian is E's + shift I (spn_objective_shifts(), as for the ridge); otherwise L's own is measured,
 *  at twice the price. When the point has no inner error,
 *  both surfaces are the objective itself. `error` or `loss` may be NULL. Dense: exact, O(P^3). A value,
 *  gradient or Hessian that is not finite is a result: what follows from it is NaN. Gate, susceptibility,
 *  Fisher trace and residual share belong to the point and are the same in both.
 *
 *  Other ways (spn_geometry_workspace_choose()): R, traces and mean curvature are exact (moments) or estimates with intervals; ends of
 *  spectra and principal curvatures come from Lanczos' method to `tolerance`; decrement, distance and susceptibility from conjugate
 *  gradients, where L's smallest eigenvalue is safely positive. Elsewhere `stationary` is 0 where the slope alone says so, else -1. */
spn_status spn_geometry_measure(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *point, unsigned wanted, spn_geometry *error,
                                spn_geometry *loss);

/** The eigenvalues of E's Hessian found by the last measurement (with the spectrum), ascending (P
 *  numbers); valid until the next one. NULL where the way is not dense. */
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
