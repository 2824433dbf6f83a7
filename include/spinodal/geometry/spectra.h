/* SPDX-License-Identifier: MIT */
/** @file spectra.h  The spectra at one point as records: what results of the kind `spectrum` hold.
 *
 *  The Hessian of E (that of L is the same moved by 2 beta, or measured by itself where the regulariser's weights differ) and its
 *  Gauss-Newton part: traces and R with intervals, eigenpairs at the ends (of the Gauss-Newton part, which is positive
 *  semidefinite, from above), outliers, the density. */
#ifndef SPINODAL_GEOMETRY_SPECTRA_H
#define SPINODAL_GEOMETRY_SPECTRA_H

#include <spinodal/base/list.h>
#include <spinodal/geometry.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whose spectrum. */
typedef enum spn_spectra_part {
    SPN_SPECTRA_ERROR,        /**< the Hessian of E */
    SPN_SPECTRA_GAUSS_NEWTON, /**< its Gauss-Newton part (T8) */
    SPN_SPECTRA_LOSS,         /**< the Hessian of L, where it is not that of E moved */
    SPN_SPECTRA_PARTS
} spn_spectra_part;
/** The words of spn_spectra_part, NULL at the end. */
extern const char *const spn_spectra_words[];

/* ---- Records: 8-byte fields only; the columns name and explain them ------------------------- */

/** The point. */
typedef struct spn_spectra_point {
    double beta;
    int64_t parameters, samples;
    double error, loss, weight_norm, gradient_norm;
    double shift; /**< of L's spectrum against E's: 2 beta; NaN: L has a spectrum of its own */
    int64_t merged_units; /**< as in spn_state; -1: not known */
} spn_spectra_point;

/** A spectrum as a whole. */
typedef struct spn_spectra_summary {
    int64_t part;                                              /**< spn_spectra_part */
    int64_t curvature_method, extremes_method, density_method; /**< spn_spectrum_method */
    double trace, trace_low, trace_high;
    double trace_square, trace_square_low, trace_square_high;
    double scalar_curvature, scalar_curvature_low,
        scalar_curvature_high;                   /**< NaN of Gauss-Newton */
    double negative_share, negative_share_error; /**< of eigenvalues below -1e-6 max|lambda| */
    double
        zero_share; /**< of those at most 1e-6 max|lambda| in size; NaN of a quadrature, which does not tell them apart */
    int64_t outliers; /**< eigenvalues above the widest gap; 0: there is no wide one */
    double
        edge; /**< where the bulk below them ends: the largest eigenvalue that is none; NaN: no outliers */
    double residual;   /**< of the eigenpairs, the largest */
    int64_t converged; /**< 1: all within the tolerance */
    double width; /**< of the normal distributions that a drawing takes for points of the density */
} spn_spectra_summary;

/** An eigenvalue at an end. */
typedef struct spn_spectra_eigenvalue {
    int64_t part, end; /**< end 0: from below, 1: from above */
    int64_t number;    /**< from that end, from 0 */
    double value, residual;
    int64_t multiplicity; /**< eigenvalues found here that the residuals do not tell apart */
    int64_t outlier;      /**< 1: above the widest gap */
} spn_spectra_eigenvalue;

/** A point of a density. */
typedef struct spn_spectra_node {
    int64_t part, start;
    double value, weight; /**< weights of a part add up to 1 */
} spn_spectra_node;

extern const spn_columns spn_spectra_point_columns, spn_spectra_summary_columns,
    spn_spectra_eigenvalue_columns, spn_spectra_node_columns;

/** Eigenvalues are outliers above the widest gap between neighbours among the largest, as a ratio, where that is at least this. */
#define SPN_OUTLIER_RATIO 1.5

/** All of it. Lists of the records above; free with spn_spectra_free(). */
typedef struct spn_spectra {
    spn_spectra_point point;
    spn_list summaries, eigenvalues, nodes;
} spn_spectra;

/** Measure at a point set with SPN_WANT_ALL. `merged_units` of its labels (-1: not known): eigenvalues of the antisymmetric part of
 *  m equal units come m - 1 times (T27), so blocks are made as large, up to SPN_SPECTRA_BLOCK_MAX, that all copies are found.
 *  settings->method forces the traces, and the rest where it is a way for them. Errors of spn_spectrum_forecast(). Cost: as forecast
 *  for curvature, extremes and density, for each part. */
spn_status spn_spectra_measure(spn_context *context, const spn_point *point,
                               const spn_geometry_settings *settings, int64_t merged_units,
                               spn_spectra *out);
void spn_spectra_free(spn_context *context, spn_spectra *spectra);
enum { SPN_SPECTRA_BLOCK_MAX = 32 };

/** What it takes, one task after the other, all parts: `forecasts` by spn_spectrum_task, for one part each. Refused as by
 *  spn_spectrum_forecast(). */
spn_status spn_spectra_forecast(spn_context *context, const spn_objective *objective,
                                const spn_geometry_settings *settings, spn_forecast forecasts[3]);

#ifdef __cplusplus
}
#endif

#endif
