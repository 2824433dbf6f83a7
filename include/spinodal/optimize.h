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

/** Section `solver` of an experiment. */
typedef struct spn_solver_settings {
    int method; /**< spn_method */
    double
        tolerance; /**< on the estimated relative distance to the stationary point and on the gradient */
    int64_t max_iterations; /**< steps (gd, momentum, adam), epochs (sgd) */
    double learning_rate;
    double momentum;
    double beta1, beta2, epsilon; /**< Adam */
    int64_t batch;                /**< sgd: samples per batch */
    int64_t history;              /**< L-BFGS pairs */
    double trust_radius;          /**< newton: initial trust radius */
    double trust_radius_max;
    int64_t seed; /**< order of batches */
} spn_solver_settings;
extern const spn_option_table spn_solver_options;

/** How a method ended. */
typedef enum spn_stop {
    SPN_STOP_CONVERGED,
    SPN_STOP_MAX_ITERATIONS,
    SPN_STOP_STALLED,  /**< no further decrease is possible in double precision */
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
    double decrement;     /**< g^T H^+ g; NaN for first-order methods */
    double
        distance; /**< |H^+ g| / max(|theta|, 1e-8...): estimated distance to the stationary point; NaN likewise */
    double smallest_eigenvalue;   /**< of the Hessian at the end; NaN for first-order methods */
    int64_t negative_eigenvalues; /**< -1 when not computed */
} spn_solver_info;

/** A solver with its workspace: reuse it, later runs allocate nothing. One thread owns it. */
typedef struct spn_solver spn_solver;
spn_status spn_solver_create(spn_context *context, const spn_solver_settings *settings,
                             const spn_objective *objective, spn_solver **out);
void spn_solver_free(spn_context *context, spn_solver *solver);

/** Minimise over theta (P numbers, in: start, out: last finite state) at a fixed parameter.
 *  Interruption is a result (info->stop) with status SPN_OK. Deterministic: the result depends on
 *  theta, parameter and settings only, never on earlier runs of the same solver. */
spn_status spn_solver_run(spn_context *context, spn_solver *solver, double parameter, double *theta,
                          spn_solver_info *info);

/** The solver's own point, linearised at the final theta (value, gradient, curvature) after a
 *  successful run: what a measurement can go on with. */
const spn_point *spn_solver_point(const spn_solver *solver);

#endif
