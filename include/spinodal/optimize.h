/* SPDX-License-Identifier: MIT */
/** @file optimize.h  Room `optimize`: minimisers of any objective. */
#ifndef SPINODAL_OPTIMIZE_H
#define SPINODAL_OPTIMIZE_H

#include <spinodal/objective.h>
#include <spinodal/objective/reduction.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_method {
    SPN_METHOD_NEWTON, /**< trust region, exact Hessian */
    SPN_METHOD_LBFGS,
    SPN_METHOD_GD,       /**< gradient descent */
    SPN_METHOD_MOMENTUM, /**< heavy ball */
    SPN_METHOD_ADAM,
    SPN_METHOD_SGD,          /**< mini-batches */
    SPN_METHOD_NEWTON_CG,    /**< trust region, products with the Hessian: for many parameters */
    SPN_METHOD_SGD_MOMENTUM, /**< mini-batches, with the steps of the heavy ball */
    SPN_METHOD_SGD_ADAM,     /**< mini-batches, with the steps of Adam */
} spn_method;

/** Its words, in the order of spn_method, behind the last one NULL. */
extern const char *const spn_method_words[];

/** Whether the method sees the exact Hessian, or products with it: ends are stationary points with a known index, as exact as
 *  rounding leaves them. */
bool spn_method_is_exact(spn_method method);

/** Whether the method goes by mini-batches: `batch`, `seed`, `patience` and `least_improvement` are its settings, and an iteration is an
 *  epoch. */
bool spn_method_is_stochastic(spn_method method);

/** Section `solver` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_solver_options
 *  fill and check it. In first-order methods steps follow PyTorch: the gradient is that
 *  of L as given, the velocity of the heavy ball is v = momentum v + g, Adam is bias-corrected. */
typedef struct spn_solver_settings {
    int method; /**< spn_method */
    /** newton: on |H^+ g| / length of theta (spn_objective_length()), the estimated relative distance to the
     *  stationary point. newton_cg: on |g| / (2 beta length of theta), the pull of the regulariser. Others, which do not know H: on |g| / max(1, |L| / max(1, |theta|)), the ones the scales
     *  of the gradient and of theta (spn_objective_scales()). */
    double tolerance;
    int64_t max_iterations; /**< steps that were tried; of mini-batches, epochs */
    double learning_rate;
    double momentum;
    double beta1, beta2, epsilon; /**< Adam */
    /** Mini-batches: samples of a step, whose gradient is the mean over them, also in the last, shorter batch of an epoch; all where
     *  there are no more. */
    int64_t batch;
    int64_t history; /**< L-BFGS pairs */
    /** newton: initial trust radius, in natural scales of theta; where a run starts at more than 100 of them, in
     *  hundredths of |theta| there. */
    double trust_radius;
    double
        trust_radius_max; /**< newton, newton_cg: no step is longer; small: barriers are not hopped over */
    int64_t seed;         /**< order of batches: stream (seed, BATCHES, epoch) */
    /** Mini-batches: epochs in a row whose mean loss is not below (1 - least_improvement) of the best one before, after which a run ends
     *  (SPN_STOP_PATIENCE); 0: no such rule. The mean loss of an epoch is that of L over its samples, each with the weights that its
     *  batch was met with. With it, all samples are evaluated once at the end of a run instead of after each epoch,
     *  and no convergence is tested. The weights are those of the last epoch, not of the best. */
    int64_t patience;
    double
        least_improvement; /**< a share of the best mean loss; 0 or NaN: any improvement counts */
} spn_solver_settings;

/** The share of the outputs' scale above which a direction counts (spn_labels_settle()) at points that runs with these settings end at: what
 *  they leave is below. SPN_DIRECTION_SHARE behind Newton's method with the Hessian, whose last step leaves little but rounding, and
 *  SPN_DIRECTION_SHARE_ROUGH behind methods of first order. Steps by products end at the tolerance t: directions of up to 0.4 t were seen that come and go
 *  with rounding (118,282 weights, t = 1e-8), so that what decides is 10 t, between t and 100 t the point before (SPN_DIRECTION_MARGIN). */
double spn_solver_direction_share(const spn_solver_settings *settings);
extern const spn_option_table spn_solver_options;

/** How a method ended. */
typedef enum spn_stop {
    SPN_STOP_CONVERGED,
    SPN_STOP_MAX_ITERATIONS,
    SPN_STOP_STALLED,  /**< not converged, but no decrease is possible in double precision */
    SPN_STOP_DIVERGED, /**< non-finite value; theta is the last finite state */
    SPN_STOP_INTERRUPTED,
    SPN_STOP_PATIENCE, /**< mini-batches: the mean loss has not improved for `patience` epochs */
} spn_stop;
const char *spn_stop_text(spn_stop stop);

/** Its words, in the order of spn_stop, behind the last one NULL. */
extern const char *const spn_stop_words[];

/** The same without "patience", the last one: what ends without mini-batches, and what files list where nothing else does. */
extern const char *const spn_usual_stop_words[];

typedef struct spn_solver_info {
    spn_stop stop;
    int64_t iterations;
    int64_t evaluations; /**< calls of spn_point_set */
    int64_t hessians;    /**< dense Hessians formed */
    int64_t products;    /**< newton_cg: products of the Hessian with a vector */
    double
        work; /**< newton_cg: evaluations and products, those of smaller problems by their share of parameters */
    int64_t escapes; /**< times a saddle was left along its most negative direction */
    double value;
    double gradient_norm;       /**< |grad L| */
    double decrement;           /**< g^T |H|^+ g; NaN for first-order methods */
    double distance;            /**< |H^+ g| / length of theta: estimated distance to the stationary
                               point; NaN likewise. H^+ leaves out |lambda| <= 1e-10 max|lambda|. */
    double smallest_eigenvalue; /**< of the last Hessian formed (before the final Newton step, which
                                       is shorter than `tolerance`); NaN for first-order methods */
    int64_t negative_eigenvalues; /**< lambda < -1e-9 max|lambda|; -1 when not computed */
    spn_certainty certainty;      /**< how these two are known */
    double eigenvalue_bound;      /**< newton_cg: of the smallest eigenvalue; NaN otherwise */
    int64_t
        reduced; /**< newton_cg: parameters of the smaller problem that the point was found on; P: none */
} spn_solver_info;

/** What spn_solver_create() refuses whatever is minimised: SPN_ERROR_INPUT, with its key, for a setting that is out of range, for a trust_radius
 *  above trust_radius_max, for `patience` of a method without mini-batches, and for `least_improvement` without `patience`. */
spn_status spn_solver_check(spn_context *context, const spn_solver_settings *settings);

/** A solver with its workspace: reuse it, later runs allocate nothing. One thread owns it. `objective`
 *  must outlive it; `settings` are copied. SPN_ERROR_INPUT names a setting that is out of range. Newton
 *  keeps four P x P arrays of doubles and 44 P numbers, L-BFGS 2 history P numbers, newton_cg 2 history + 14 and its preconditioner, the
 *  others 7 P. */
typedef struct spn_solver spn_solver;
spn_status spn_solver_create(spn_context *context, const spn_solver_settings *settings,
                             const spn_objective *objective, spn_solver **out);
void spn_solver_free(spn_context *context, spn_solver *solver);

/** Minimise over theta (P numbers, in: start, out: last finite state) at a fixed parameter.
 *  Newton and L-BFGS only ever lower L (up to its rounding). Newton checks the index: an exact saddle is
 *  left along its most negative direction (largest entry positive; newton_cg: to the side where L falls); the others
 *  stay where the gradient vanishes. newton_cg allocates in its runs. Interruption and a start that is not finite (DIVERGED) are results with status SPN_OK;
 *  failures of the objective are passed on. Deterministic: the result depends on theta, parameter and
 *  settings only, never on earlier runs of the same solver. Newton costs one evaluation per trial step
 *  and one Hessian per accepted step. */
spn_status spn_solver_run(spn_context *context, spn_solver *solver, double parameter, double *theta,
                          spn_solver_info *info);

/** Later runs take the orders of samples from this epoch >= 0 on (mini-batches; from 0 otherwise): the runs of a chain need not all have the
 *  same. */
void spn_solver_begin_at(spn_solver *solver, int64_t epoch);

/** Bounds of one run, in place of the settings of the same names: near the end of a branch steps must stay
 *  below the distance to its fold, so that the solver neither leaves it early nor hops over barriers. */
typedef struct spn_solver_bounds {
    double trust_radius,
        trust_radius_max; /**< newton: 0 < trust_radius <= trust_radius_max, lengths in theta */
    int64_t max_iterations;
    bool
        stays; /**< newton_cg: a saddle is not left, but said by negative_eigenvalues: of large problems one direction down at least, all of them without iterations */
    double
        order_share; /**< newton_cg: nor is one where n differs from that of the start by more than this share of the larger; 0: they are. The run may
                           *  end there before it is stationary to the tolerance (SPN_STOP_MAX_ITERATIONS) */
    double
        way_most; /**< newton_cg: a descent that comes further than this from its start, and is not stationary there, ends (SPN_STOP_MAX_ITERATIONS), a length in theta; 0: it may go anywhere. After an escape a new descent begins */
} spn_solver_bounds;

/** spn_solver_run() within bounds; later runs have the settings again. newton_cg leaves out L-BFGS, which has no model by which a
 *  step could be bounded. SPN_ERROR_ARGUMENT for bounds out of range. */
spn_status spn_solver_run_within(spn_context *context, spn_solver *solver,
                                 const spn_solver_bounds *bounds, double parameter, double *theta,
                                 spn_solver_info *info);

/** newton_cg: from now on, runs and tangents use what earlier ones have learned of Hessians nearby, so that their last digits depend on
 *  them; off, and at first: each begins with nothing. Either way what has been learned so far is forgotten. */
void spn_solver_recall(spn_solver *solver, bool is_on);

/** How a stationary point answers to its parameter, without a dense Hessian. */
typedef struct spn_tangent {
    bool is_solved; /**< to the tolerance; otherwise the tangent is 0 and the numbers are NaN */
    bool
        is_positive; /**< no direction of negative curvature was met: no proof that there is none */
    double decrement; /**< sqrt(g^T H^-1 g) of what gradient is left */
    double distance;  /**< |H^-1 g| / length of theta */
    int64_t products;
    double work; /**< as in spn_solver_info */
} spn_tangent;

/** t = dtheta/dparameter = -H^-1 d(grad L)/dparameter (T10) at a minimum theta, by preconditioned conjugate gradients on the smallest
 *  problem that theta lives on, to a residual of `tolerance` in the norm of M^-1: forms b . t are then right to about its square.
 *  Follows from theta and the parameter alone. Of a solver with newton_cg (SPN_ERROR_ARGUMENT otherwise), whose point holds
 *  theta afterwards. */
spn_status spn_solver_tangent(spn_context *context, spn_solver *solver, double parameter,
                              const double *theta, double tolerance, double *tangent,
                              spn_tangent *out);

/** The solver's own point, linearised at the final theta with SPN_WANT_ALL after a run that was not
 *  interrupted and whose start was finite: what a measurement can go on with. */
const spn_point *spn_solver_point(const spn_solver *solver);

/* ---- Paths: methods that are watched on their way --------------------------------------------- */

/** A method whose path matters, not only where it ends. */
typedef enum spn_path_method {
    SPN_PATH_FLOW, /**< gradient flow dtheta/dt = -grad L: Dormand-Prince 5(4), one-step */
    SPN_PATH_GD,
    SPN_PATH_MOMENTUM,
    SPN_PATH_ADAM,
    SPN_PATH_SGD,
} spn_path_method;

/** The words of experiments and results, in the order of spn_path_method, behind the last one NULL. */
extern const char *const spn_path_words[];

/** The method called `word`, -1: there is none. */
int64_t spn_path_find(const char *word);

/** "gradient flow", "Adam": its name in texts; "?" where there is no such method. */
const char *spn_path_title(int64_t method);

/** Whether it may end between epochs: the flow. */
bool spn_path_is_continuous(int64_t method);

/** What is known of a method with its settings. */
typedef struct spn_path_facts {
    bool is_stochastic; /**< mini-batches */
    double time;        /**< of gradient flow that an epoch stands for; NaN: none, adam */
    double share;       /**< of the last step that goes into the next one: momentum */
    double memory;      /**< epochs over which earlier gradients count; 0: none */
    double
        stable_most; /**< largest learning_rate lambda_max at which a minimum is stable; infinite: unknown
                           or, for the flow, any */
} spn_path_facts;

/** `samples`: of the objective, sgd takes ceil(samples / batch) steps an epoch. */
spn_path_facts spn_path_describe(spn_path_method method, const spn_solver_settings *settings,
                                 int64_t samples);

/** Walks along a path step by step. The unit is the *epoch*: one step of gd, momentum and adam, one pass over
 *  the samples of sgd, a time of `learning_rate` of the flow, so that a flow and gd go together while
 *  learning_rate lambda_max is small. Steps are those of spn_solver. One thread owns it. */
typedef struct spn_stepper spn_stepper;

/** `solver` gives learning_rate, momentum, beta1, beta2, epsilon, batch and seed (copied; its method is not
 *  looked at), `tolerance` the flow's relative error of a step, in the norm of max |error_i| /
 *  max(|theta|_inf, SPN_FLOW_FLOOR * scale of theta) (> 0, used by the flow only). SPN_ERROR_INPUT names a setting that is out of
 *  range. Later calls allocate nothing. */
spn_status spn_stepper_create(spn_context *context, spn_path_method method, double tolerance,
                              const spn_solver_settings *solver, const spn_objective *objective,
                              spn_stepper **out);
void spn_stepper_free(spn_context *context, spn_stepper *stepper);

/** Lengths of theta below this share of its scale count as this in the flow's error norm. */
#define SPN_FLOW_FLOOR 1e-12

/** Where the path is. The arrays belong to the stepper and hold until its next call. After a step that failed all
 *  but `point` is as before it. */
typedef struct spn_stepper_view {
    double epoch;         /**< from 0 */
    double time;          /**< spn_path_facts.time * epoch */
    double value;         /**< L over all samples */
    double gradient_norm; /**< |grad L| likewise */
    const double *theta;
    const double *gradient;
    const spn_point *point; /**< linearised at theta with value and gradient */
    bool is_diverged; /**< the next step is not finite: this is the last finite state, and stays */
} spn_stepper_view;

/** Begin at theta (P numbers), epoch 0. A start that is not finite is diverged. */
spn_status spn_stepper_start(spn_context *context, spn_stepper *stepper, double parameter,
                             const double *theta);

/** One step: an epoch, or one accepted step of the flow, which ends at `limit` (epochs) where it would pass
 *  it; the step after that has the length it would have had without the limit. Does nothing at or beyond
 *  the limit, and when diverged. */
spn_status spn_stepper_step(spn_context *context, spn_stepper *stepper, double limit);

spn_stepper_view spn_stepper_look(const spn_stepper *stepper);

/** All that the path depends on, as spn_stepper_state_size() numbers: saved and restored, also by another
 *  stepper of the same making, it goes on with the same bits. */
int64_t spn_stepper_state_size(const spn_stepper *stepper);
void spn_stepper_save(const spn_stepper *stepper, double *state);
spn_status spn_stepper_restore(spn_context *context, spn_stepper *stepper, double parameter,
                               const double *state);

#ifdef __cplusplus
}
#endif

#endif
