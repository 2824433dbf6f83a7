/* SPDX-License-Identifier: MIT */
/** @file surface.h  What the files of room `geometry` share. */
#ifndef SPINODAL_GEOMETRY_SURFACE_H
#define SPINODAL_GEOMETRY_SURFACE_H

#include <spinodal/geometry.h>
#include <spinodal/numeric.h>

struct spn_geometry_workspace {
    int64_t dimension;
    int64_t method; /**< spn_spectrum_method */
    spn_geometry_settings
        settings; /**< of ways that are not dense; these need nothing that follows */
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

/** Sums over the modes of L's Hessian of a vector's coefficients c_j in the eigenbasis. */
typedef struct spni_mode_sums {
    double energy;  /**< sum c^2 / |lambda| over nonzero modes */
    double form;    /**< sum c^2 / lambda */
    double length2; /**< sum c^2 / lambda^2 */
    double flat2;   /**< sum c^2 over zero modes */
} spni_mode_sums;
/** The same of a positive definite Hessian without zero modes, from its inverse times the vector. */
spni_mode_sums spni_sum_solved(int64_t n, const double *vector, const double *solved);
/** The stationarity gate from the sums of g; `most`: max|lambda| of L. */
void spni_pass_gate(const spn_point *point, double most, const spni_mode_sums *slope,
                    spn_geometry *out);
/** Does |g| alone say that the point does not pass? `most` >= max|lambda|. */
bool spni_is_too_steep(const spn_point *point, double most);
/** The vector whose response T10 asks for, into `scratch` (P) where it has to be made; NULL where there is none. */
const double *spni_response_of(const spn_point *point, double *scratch);
/** What is known of a point without its Hessian; `valued`: the point of the surface. */
spn_geometry spni_start_record(spn_surface surface, const spn_point *point,
                               const spn_point *valued);

/** Both records while they are filled. What belongs to the point and not to a surface is filled in `loss`. */
typedef struct spni_surfaces {
    spn_geometry error, loss;
    bool wants_error, wants_loss;
} spni_surfaces;

/** Everything but the records' beginnings, without a dense matrix; `method`: the way to the traces. */
spn_status spni_measure_by_products(spn_context *context, const spn_geometry_settings *settings,
                                    int64_t method, const spn_point *point, unsigned wanted,
                                    spni_surfaces *out);

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
