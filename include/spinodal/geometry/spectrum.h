/* SPDX-License-Identifier: MIT */
/** @file spectrum.h  Curvature and spectra of any size: dense where that is cheap, by exact moments, or by products.
 *
 *  H is the Hessian of E, or of L = E + beta n. What the regulariser adds to H as a whole (the ridge) is added to results, never
 *  sampled. Everything random follows from the seed; results have the same bits with any number of threads. */
#ifndef SPINODAL_GEOMETRY_SPECTRUM_H
#define SPINODAL_GEOMETRY_SPECTRUM_H

#include <spinodal/numeric.h>
#include <spinodal/objective.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_spectrum_method {
    SPN_SPECTRUM_AUTO,
    SPN_SPECTRUM_DENSE,      /**< the P x P Hessian */
    SPN_SPECTRUM_MOMENTS,    /**< tr H and tr H^2 exactly, without it (T17-T19, T28) */
    SPN_SPECTRUM_STOCHASTIC, /**< products with random vectors, or Lanczos' method */
    SPN_SPECTRUM_NONE,       /**< at a point: value, gradient and labels, nothing of the Hessian */
} spn_spectrum_method;
/** "dense", "moments", "stochastic", "none"; NULL for any other number. */
const char *spn_spectrum_method_text(int64_t method);

typedef enum spn_estimator {
    SPN_ESTIMATOR_HUTCHINSON, /**< means over probes (Hutchinson 1990) */
    SPN_ESTIMATOR_HUTCH_PLUS, /**< Hutch++ (Meyer, Musco, Musco and Woodruff 2021) */
    SPN_ESTIMATOR_XTRACE,     /**< XTrace (Epperly, Tropp and Webber 2024) */
} spn_estimator;

/** Estimates of fewer products have no interval worth the name. */
enum { SPN_PROBES_MIN = 16 };

typedef struct spn_geometry_settings {
    int method; /**< spn_spectrum_method */
    double
        patience;   /**< s: method auto takes an exact way where it is forecast to take no longer */
    double hours;   /**< h: nothing is started that is forecast to take longer */
    double memory;  /**< GB: nor what needs more, beside the point's own */
    int64_t seed;   /**< of probes and starts */
    int estimator;  /**< spn_estimator */
    int64_t probes; /**< products for tr H and tr H^2; SPN_PROBES_MIN at least */
    bool
        exact_trace; /**< tr H exactly beside an estimate of tr H^2, where it costs no more than the probes */
    double confidence;         /**< of intervals */
    int64_t smallest, largest; /**< eigenpairs */
    double tolerance;          /**< of their residuals: |H v - lambda v| / max|lambda| */
    int64_t products;          /**< for them, at most */
    int64_t block;             /**< vectors that are multiplied at a time */
    int64_t starts, steps;     /**< of the density */
    bool
        layers; /**< arrays of layers and classes beside stored weights: of experiments, nothing is measured by it here */
} spn_geometry_settings;
extern const spn_option_table spn_geometry_options;
/** SPN_ERROR_INPUT for settings that the table refuses, and for what lies between keys. */
spn_status spn_geometry_check(spn_context *context, const spn_geometry_settings *settings);

typedef enum spn_spectrum_task {
    SPN_SPECTRUM_CURVATURE, /**< tr H, tr H^2, R */
    SPN_SPECTRUM_EXTREMES,  /**< eigenpairs at the ends */
    SPN_SPECTRUM_DENSITY,   /**< how all eigenvalues lie */
    SPN_SPECTRUM_POINT, /**< all that spn_geometry_measure() is asked for: spn_geometry_forecast() */
} spn_spectrum_task;

/** What a way takes: floating-point operations as counted, seconds at SPN_FORECAST_RATE (of LAPACK's part
 *  SPN_FORECAST_RATE_DENSE) on one core, bytes beside the point. Infinite: there is no such way. */
typedef struct spn_forecast_way {
    double flops, seconds, bytes;
} spn_forecast_way;
#define SPN_FORECAST_RATE 5e10
#define SPN_FORECAST_RATE_DENSE 1e10

typedef struct spn_forecast {
    int64_t task;      /**< spn_spectrum_task */
    int64_t dimension; /**< P */
    int64_t method;    /**< spn_spectrum_method: the way that is gone */
    spn_forecast_way dense, moments, stochastic;
} spn_forecast;

/** Which way is gone, by sizes alone. A forced method is gone as it is (of the smaller problem where parts of theta are equal). Auto takes the quicker of the exact ways if it fits
 *  and takes no longer than `patience` or than the estimates, otherwise these. SPN_ERROR_UNSUPPORTED, with the forecast in the text, where
 *  the forced method, or any, exceeds `memory` or `hours`, or does not exist for the task (dense ends at 32,700 parameters); *out is filled all the same.
 *  SPN_ERROR_INPUT for settings that its table refuses. */
spn_status spn_spectrum_forecast(spn_context *context, const spn_objective *objective,
                                 const spn_geometry_settings *settings, spn_spectrum_task task,
                                 spn_forecast *out);
/** "dense: 3.2e+12 flops, 5 min, 12 GB; moments: ...; chosen: moments". Returns the length it needs, like snprintf. */
int64_t spn_forecast_text(const spn_forecast *forecast, char *buffer, size_t size);

/** A number and how certain it is. Exact: error 0, low = high = value. */
typedef struct spn_estimate {
    double value, error; /**< its standard error */
    double low, high;    /**< Student's interval at the settings' confidence */
} spn_estimate;

/** The surface's curvature at one point. */
typedef struct spn_curvature {
    int64_t method, products;         /**< the way, and products that estimates took */
    spn_estimate trace, trace_square; /**< tr H, tr H^2 */
    spn_estimate scalar_curvature;    /**< T3 */
    spn_estimate mean_curvature;      /**< T4 */
    double gradient_norm;             /**< |g| */
    double gradient_curvature;        /**< g^T H g */
    double
        rounding; /**< of R: 8 eps ((tr H)^2 + tr H^2) / q; see spn_geometry::scalar_curvature_rounding */
} spn_curvature;

/** Both surfaces at a point set with value, gradient and curvature (SPN_ERROR_ARGUMENT otherwise); either may be NULL. Where the
 *  point has no inner error both are the objective itself. The estimate of (tr H)^2 is the square less its own variance.
 *  `forecast` (NULL: not wanted): what was forecast. Memory as forecast. Cost: that, two products (H g of both surfaces), and as
 *  much again where L's Hessian is not E's plus a shift; less where parts of theta are equal (T27): then what was a forecast of estimates may have exact
 *  results, and `method` of both says so (moments); memory then is that and a point of the smaller problem. Errors: those of spn_spectrum_forecast(). */
spn_status spn_geometry_curvature(spn_context *context, const spn_point *point,
                                  const spn_geometry_settings *settings, spn_curvature *error,
                                  spn_curvature *loss, spn_forecast *forecast);

/** tr and tr of the square of a part of the Hessian at the point, by the same ways; forecast->method is the one that was gone. Errors likewise. */
spn_status spn_geometry_traces(spn_context *context, const spn_point *point, spn_part part,
                               const spn_geometry_settings *settings, spn_estimate *trace,
                               spn_estimate *square, spn_forecast *forecast);

typedef struct spn_extremes {
    int64_t method, products;
    int64_t count;        /**< smallest + largest, or P where that is less */
    double *values;       /**< count: the smallest ascending, then the largest ascending */
    double *residuals;    /**< count: |H v - lambda v|: an eigenvalue lies within that distance */
    double *vectors;      /**< count x P: orthonormal rows */
    int64_t is_converged; /**< 1: all residuals within the tolerance */
    double norm;          /**< max|lambda| that was seen */
} spn_extremes;

/** Extreme eigenpairs of a part of the Hessian at the point (E's or L's, as the point is), which holds curvature. Multiple
 *  eigenvalues are found as often as the block is large, at least. Free with spn_extremes_free(). */
spn_status spn_geometry_extremes(spn_context *context, const spn_point *point, spn_part part,
                                 const spn_geometry_settings *settings, spn_extremes **out,
                                 spn_forecast *forecast);
void spn_extremes_free(spn_context *context, spn_extremes *extremes);

/** A spectrum as points with weights of sum 1: all eigenvalues, or quadrature nodes of random starts. */
typedef struct spn_density {
    int64_t method, products;
    int64_t starts, count; /**< starts groups of count points each; dense: one of P */
    double *points;        /**< starts x count, ascending within a start */
    double *weights;       /**< those of a start add up to 1 / starts */
    double low, high;      /**< the first and the last point with a weight */
} spn_density;

/** The density of eigenvalues of a part of the Hessian at the point, by stochastic Lanczos quadrature or from all of them.
 *  Free with spn_density_free(). */
spn_status spn_geometry_density(spn_context *context, const spn_point *point, spn_part part,
                                const spn_geometry_settings *settings, spn_density **out,
                                spn_forecast *forecast);
void spn_density_free(spn_context *context, spn_density *density);
/** The density at x, every point a normal distribution of standard deviation `width` > 0: its integral is 1. */
double spn_density_at(const spn_density *density, double x, double width);
/** The share of eigenvalues below x, a point at x counting half; its standard error over starts (NaN for one; 0 where all are
 *  known) in *error, which may be NULL. */
double spn_density_below(const spn_density *density, double x, double *error);

#ifdef __cplusplus
}
#endif

#endif
