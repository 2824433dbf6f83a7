/* SPDX-License-Identifier: MIT */
/** @file optimize.h  Room `optimize`: minimisers of any objective. */
#ifndef SPINODAL_OPTIMIZE_H
#define SPINODAL_OPTIMIZE_H

#include <spinodal/objective.h>

typedef enum spn_method {
    SPN_METHOD_NEWTON, /**< trust region, exact Hessian */
    SPN_METHOD_LBFGS,
    SPN_METHOD_GD,       /**< gradient descent */
    SPN_METHOD_MOMENTUM, /**< heavy ball */
    SPN_METHOD_ADAM,
    SPN_METHOD_SGD, /**< mini-batches */
} spn_method;

/** Section `solver` of an experiment. In first-order methods steps follow PyTorch: the gradient is that
 *  of L as given, the velocity of the heavy ball is v = momentum v + g, Adam is bias-corrected. */
typedef struct spn_solver_settings {
    int method; /**< spn_method */
    /** newton: on |H^+ g| / max(|theta|, 1e-3), the estimated relative distance to the stationary
     *  point. Others, which do not know H: on |g| / max(1, |L| / max(1, |theta|)). */
    double tolerance;
    int64_t max_iterations; /**< steps that were tried; epochs of sgd */
    double learning_rate;
    double momentum;
    double beta1, beta2, epsilon; /**< Adam */
    int64_t batch;                /**< sgd: samples per batch */
    int64_t history;              /**< L-BFGS pairs */
    double trust_radius;          /**< newton: initial trust radius (a length in theta) */
    double trust_radius_max; /**< newton: no step is longer; small: barriers are not hopped over */
    int64_t seed;            /**< order of batches: stream (seed, BATCHES, epoch) */
} spn_solver_settings;
extern const spn_option_table spn_solver_options;

/** How a method ended. */
typedef enum spn_stop {
    SPN_STOP_CONVERGED,
    SPN_STOP_MAX_ITERATIONS,
    SPN_STOP_STALLED,  /**< not converged, but no decrease is possible in double precision */
    SPN_STOP_DIVERGED, /**< non-finite value; theta is the last finite state */
    SPN_STOP_INTERRUPTED,
} spn_stop;
const char *spn_stop_text(spn_stop stop);

typedef struct spn_solver_info {
    spn_stop stop;
    int64_t iterations;
    int64_t evaluations; /**< calls of spn_point_set */
    int64_t hessians;    /**< dense Hessians formed */
    int64_t escapes;     /**< times a saddle was left along its most negative direction */
    double value;
    double gradient_norm; /**< |grad L| */
    double decrement;     /**< g^T |H|^+ g; NaN for first-order methods */
    double distance;      /**< |H^+ g| / max(|theta|, 1e-3): estimated distance to the stationary
                               point; NaN likewise. H^+ leaves out |lambda| <= 1e-10 max|lambda|. */
    double smallest_eigenvalue; /**< of the last Hessian formed (before the final Newton step, which
                                       is shorter than `tolerance`); NaN for first-order methods */
    int64_t negative_eigenvalues; /**< lambda < -1e-9 max|lambda|; -1 when not computed */
} spn_solver_info;

/** A solver with its workspace: reuse it, later runs allocate nothing. One thread owns it. `objective`
 *  must outlive it; `settings` are copied. SPN_ERROR_INPUT names a setting that is out of range. Newton
 *  keeps four P x P arrays of doubles, L-BFGS 2 history P numbers, the others 7 P. */
typedef struct spn_solver spn_solver;
spn_status spn_solver_create(spn_context *context, const spn_solver_settings *settings,
                             const spn_objective *objective, spn_solver **out);
void spn_solver_free(spn_context *context, spn_solver *solver);

/** Minimise over theta (P numbers, in: start, out: last finite state) at a fixed parameter.
 *  Newton and L-BFGS only ever lower L (up to its rounding). Newton checks the index: an exact saddle is
 *  left along its most negative direction (largest entry positive); the others stay where the gradient
 *  vanishes. Interruption and a start that is not finite (DIVERGED) are results with status SPN_OK;
 *  failures of the objective are passed on. Deterministic: the result depends on theta, parameter and
 *  settings only, never on earlier runs of the same solver. Newton costs one evaluation per trial step
 *  and one Hessian per accepted step. */
spn_status spn_solver_run(spn_context *context, spn_solver *solver, double parameter, double *theta,
                          spn_solver_info *info);

/** Bounds of one run, in place of the settings of the same names: near the end of a branch steps must stay
 *  below the distance to its fold, so that the solver neither leaves it early nor hops over barriers. */
typedef struct spn_solver_bounds {
    double trust_radius, trust_radius_max; /**< newton: 0 < trust_radius <= trust_radius_max */
    int64_t max_iterations;
} spn_solver_bounds;

/** spn_solver_run() within bounds; later runs have the settings again. SPN_ERROR_ARGUMENT for bounds out of
 *  range. */
spn_status spn_solver_run_within(spn_context *context, spn_solver *solver,
                                 const spn_solver_bounds *bounds, double parameter, double *theta,
                                 spn_solver_info *info);

/** The solver's own point, linearised at the final theta with SPN_WANT_ALL after a run that was not
 *  interrupted and whose start was finite: what a measurement can go on with. */
const spn_point *spn_solver_point(const spn_solver *solver);

#endif
