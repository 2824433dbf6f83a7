/* SPDX-License-Identifier: MIT */
/** @file geometry.h  Room `geometry`: curvature of the graph of a function, spectra, Fisher information.
 *
 *  For f with gradient g and Hessian H, q = 1 + |g|^2, the graph has metric I + g g^T and shape operator
 *  S = (I + g g^T)^-1 H / sqrt q. Numbers that do not exist at a point are NaN. */
#ifndef SPINODAL_GEOMETRY_H
#define SPINODAL_GEOMETRY_H

#include <spinodal/objective.h>

typedef enum spn_surface { SPN_SURFACE_ERROR, SPN_SURFACE_LOSS } spn_surface;

/** Relative threshold below which an eigenvalue counts as zero: |lambda| <= 1e-9 max|lambda|. */
#define SPN_ZERO_EIGENVALUE 1e-9

/** 8-byte fields only; spn_geometry_columns names them. */
typedef struct spn_geometry {
    int64_t surface; /**< spn_surface */
    double beta;
    int64_t parameters, samples;
    double value, gradient_norm, weight_norm;
    double trace, frobenius_squared; /**< tr H, tr H^2 */
    double scalar_curvature;         /**< T3 */
    double scalar_curvature_stderr;  /**< 0 when exact */
    double
        scalar_curvature_rounding; /**< bound on the rounding error: eps ((tr H)^2 + tr H^2) / q */
    double mean_curvature;         /**< T4: tr S / P */
    double gauss_kronecker_sign;   /**< T5: +-1; NaN if some |lambda| is zero */
    double gauss_kronecker_log;    /**< log |K|; NaN likewise */
    double eigenvalue_min, eigenvalue_max; /**< of H */
    int64_t negative_eigenvalues, zero_eigenvalues;
    double principal_curvature_min, principal_curvature_max; /**< T6 */
    double fisher_trace;                                     /**< T8: tr (1/N) sum J^T J */
    double susceptibility;   /**< T10; NaN where not stationary for L */
    double residual_share;   /**< |H_R|_F / (|H_GN|_F + |H_R|_F) of the error's two parts (T8) */
    int64_t stationary;      /**< 1: the point is stationary for L */
    double newton_decrement; /**< sqrt(g^T |H|^+ g) of L */
    double distance;         /**< |H^+ g| / |theta| of L */
} spn_geometry;
extern const spn_columns spn_geometry_columns;

/** Workspace for P parameters; reuse it, measuring allocates nothing. */
typedef struct spn_geometry_workspace spn_geometry_workspace;
spn_status spn_geometry_workspace_create(spn_context *context, int64_t dimension,
                                         spn_geometry_workspace **out);
void spn_geometry_workspace_free(spn_context *context, spn_geometry_workspace *workspace);

/** Measure the error and the loss surface at a point set with all of value, gradient and curvature.
 *  One Hessian and one eigendecomposition serve both (L's Hessian is E's + 2 beta I). When the point has
 *  no inner error, both surfaces are the objective itself. Exact (dense): O(P^3), P x P doubles. */
spn_status spn_geometry_measure(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *point, spn_geometry *error, spn_geometry *loss);

/** The eigenvalues of E's Hessian found by the last measurement, ascending (P numbers). */
const double *spn_geometry_eigenvalues(const spn_geometry_workspace *workspace);

/** Curvature from raw numbers, for users with their own gradient and Hessian: g: P, h: lower triangle
 *  column-major P x P. Fills all but beta, Fisher, susceptibility, residual share, stationarity. */
spn_status spn_geometry_from_derivatives(spn_context *context, spn_geometry_workspace *workspace,
                                         double value, const double *g, const double *h,
                                         spn_geometry *out);

/** Full tensors of the graph (T7), for small P: Ricci tensor (P x P, both triangles, row-major) and the
 *  sectional curvature of the plane spanned by u, v. Cost O(P^3). */
spn_status spn_geometry_ricci(spn_context *context, int64_t dimension, const double *g,
                              const double *h, double *ricci);
spn_status spn_geometry_sectional(spn_context *context, int64_t dimension, const double *g,
                                  const double *h, const double *u, const double *v, double *out);

#endif
