/* SPDX-License-Identifier: MIT */
/** @file surface.h  What the files of room `geometry` share. */
#ifndef SPINODAL_GEOMETRY_SURFACE_H
#define SPINODAL_GEOMETRY_SURFACE_H

#include <spinodal/geometry.h>
#include <spinodal/numeric.h>

struct spn_geometry_workspace {
    int64_t dimension;
    spn_dense *dense;
    const double *
        hessian; /**< P x P: of E, lower triangle (of L, while that is measured apart); the point's own or `own` */
    double *own;          /**< P x P */
    double *work;         /**< P x P: eigenvectors, then other matrices */
    double *eigenvalues;  /**< P: of E */
    double *scratch;      /**< P */
    double *product;      /**< P: H g */
    double *response;     /**< P: grad n */
    double below_squared; /**< of `hessian`, see spni_surface */
    bool has_eigenvalues; /**< of the last measurement */
};

/** A surface before anything was derived: Hessian h + shift I, gradient g. */
typedef struct spni_surface {
    int64_t dimension;
    const double *h; /**< lower triangle, column-major */
    double shift;
    const double *g;
    double below_squared; /**< sum of H_ij^2, i > j: the same for every shift */
    double q;             /**< 1 + |g|^2; filled by spni_measure_moments() */
} spni_surface;

/** A record in which nothing exists yet: NaN, counts and `stationary` -1. */
spn_geometry spni_geometry_blank(spn_surface surface, int64_t dimension);

/** Sum of the squares below the diagonal. */
double spni_below_squared(int64_t dimension, const double *h);

/** What needs no eigenvalues: |g|, tr H, tr H^2, R, mean curvature. `product`: P numbers of scratch. */
void spni_measure_moments(spni_surface *surface, double *product, spn_geometry *out);

/** What the eigenvalues of h (before the shift) give. */
void spni_measure_spectrum(const spni_surface *surface, const double *eigenvalues,
                           spn_geometry *out);

/** Principal curvatures (T6). Overwrites workspace->work, workspace->scratch and workspace->product. */
spn_status spni_measure_principal(spn_context *context, spn_geometry_workspace *workspace,
                                  const spni_surface *surface, spn_geometry *out);

#endif
