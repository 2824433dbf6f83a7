/* SPDX-License-Identifier: MIT */
/* What the files of spectra share. */
#ifndef SPINODAL_GEOMETRY_SPECTRUM_PRIVATE_H
#define SPINODAL_GEOMETRY_SPECTRUM_PRIVATE_H

#include <spinodal/geometry/spectrum.h>
#include <spinodal/numeric/lanczos.h>

/** Room for rows x columns numbers, zeros; SPN_ERROR_ARGUMENT where that is no size. */
spn_status spni_rows_create(spn_context *context, int64_t rows, int64_t columns, double **out);

/** A part of a point's Hessian as an operator. */
typedef struct spni_hessian_operator {
    const spn_point *point;
    spn_part part;
} spni_hessian_operator;
spn_symmetric_operator spni_hessian_of(spni_hessian_operator *hessian);

/** Eigenpairs at the ends of an operator by Lanczos' method. Free with spn_extremes_free(). */
spn_status spni_extremes_of(spn_context *context, const spn_symmetric_operator *a,
                            const spn_geometry_settings *settings, spn_extremes **out);

/** spn_geometry_curvature() by a way that is given, the settings' own or a forecast's. */
spn_status spni_curvature_by(spn_context *context, const spn_point *point,
                             const spn_geometry_settings *settings, int64_t method,
                             spn_curvature *error, spn_curvature *loss);
/** Curvature of the graph of the point's own objective. */
spn_status spni_curvature_of(spn_context *context, const spn_point *point,
                             const spn_geometry_settings *settings, spn_curvature *out);

/** Independent, or exchangeable, estimates of tr A and tr A^2: `count` of each. */
typedef struct spni_trace_samples {
    int64_t count, products;
    double covariance
        [3]; /**< of two estimates of tr A, of tr A with tr A^2, of tr A^2; 0 where they are independent */
    double *trace, *square;
} spni_trace_samples;

/** By the settings' estimator; products with the operator as forecast. Free with spni_samples_free(). */
spn_status spni_samples_create(spn_context *context, const spn_symmetric_operator *a,
                               const spn_geometry_settings *settings, spni_trace_samples *out);
void spni_samples_free(spn_context *context, spni_trace_samples *samples);
/** tr A and tr A^2 of a part of a Hessian. */
typedef struct spni_traces {
    int64_t method;               /**< spn_spectrum_method: the way that was gone */
    bool is_estimated, has_trace; /**< has_trace: tr A is exact */
    double trace, square;         /**< where they are exact */
    spni_trace_samples
        samples; /**< otherwise; free with spni_samples_free(), also after a failure */
} spni_traces;

/** By the way that is given for the problem as it is (a forecast's); where parameters repeat, by the best way for the smaller problem,
 *  which takes no longer and is exact where that one is. */
spn_status spni_traces_take(spn_context *context, const spn_point *point, spn_part part,
                            const spn_geometry_settings *settings, int64_t method,
                            spni_traces *out);
/** Vectors that are kept at a time. */
int64_t spni_samples_vectors(int64_t dimension, const spn_geometry_settings *settings);

/** What a way was forecast to take; infinite where there is none. */
double spni_forecast_seconds(const spn_forecast *forecast, int64_t method);
/** Flops of products and sums, flops of LAPACK's spectra, bytes. */
spn_forecast_way spni_forecast_of(double flops, double dense_flops, double bytes);
spn_forecast_way spni_moments_way(const spn_objective *objective, const spn_costs *costs);
spn_forecast_way spni_stochastic_way(const spn_objective *objective, const spn_costs *costs,
                                     const spn_geometry_settings *settings, spn_spectrum_task task);
/** What all that `wanted` (SPN_GEOMETRY_*) says takes at a point, by each way. */
void spni_point_ways(const spn_objective *objective, const spn_geometry_settings *settings,
                     unsigned wanted, spn_forecast *out);
/** The settings with which the ends of a spectrum are looked for at a point: the largest eigenvalue, and the smallest ones as
 *  the settings say, one at least. */
spn_geometry_settings spni_settings_of_ends(const spn_geometry_settings *settings);

/** Random signs (1, -1), stream (seed, PROBES, job). */
void spni_signs(uint64_t seed, uint64_t job, int64_t n, double *out);

#endif
