/* SPDX-License-Identifier: MIT */
/** @file continuation.h  What the files of room `continuation` share. */
#ifndef SPINODAL_SRC_CONTINUATION_CONTINUATION_H
#define SPINODAL_SRC_CONTINUATION_CONTINUATION_H

#include <spinodal/continuation.h>
#include <spinodal/numeric.h>

/** A linearised stationary point. M is the Hessian of L with the exact zero modes of a continuous
 *  symmetry lifted out of the way: M = H + shift sum z z^T over an orthonormal basis z of them. */
typedef struct spni_place {
    double beta;
    double *theta;   /**< P */
    double *tangent; /**< P: dtheta/ds, with beta_slope of unit length in the metric */
    double beta_slope;
    double *values;  /**< P: eigenvalues of M, ascending */
    double *vectors; /**< P x P: its eigenvectors, in columns */
    double *drive;   /**< P: d(grad L)/dbeta */
    double largest;  /**< max |lambda| of H */
    int64_t index;   /**< eigenvalues below -SPN_ZERO_EIGENVALUE largest */
    int64_t zero_modes;
    double loss, error, gradient_norm;
    double order;      /**< n, |theta|^2 for a ridge */
    double loss_slope; /**< dL/dbeta: n for a regularised objective (T9) */
    double curvature_error, curvature_loss;
    spn_labels labels; /**< mode_count 0 and counts -1 where there are none */
} spni_place;

/** One condition beside grad L = 0. */
typedef enum spni_condition_kind {
    SPNI_PLANE,  /**< row . (theta - origin) + metric^2 row_beta (beta - origin_beta) = target */
    SPNI_LEVEL,  /**< beta = target */
    SPNI_SPHERE, /**< |B (theta - origin)|^2 = target: B has k orthonormal rows */
    SPNI_NORM,   /**< n = target */
} spni_condition_kind;

typedef struct spni_condition {
    spni_condition_kind kind;
    const double *row, *origin;
    double row_beta, origin_beta, target;
    const double *basis;
    int64_t k;
    /** Rows whose directions are made stiff: what the kernel's vectors at a branch point are, where the system
     *  would be singular. The solution is then left alone along them. */
    const double *stiff;
    int64_t stiff_count;
} spni_condition;

/** What stays the same while one problem is continued: the objective, scales, workspaces. */
typedef struct spni_frame {
    spn_context *context;
    const spn_objective *objective;
    const spn_branches_settings *settings;
    double beta_from, beta_to;
    int64_t n;
    spn_scales
        scales;    /**< of the objective: what is small in L and beta, and in theta at its origin */
    double length; /**< of theta: unit of steps */
    double metric; /**< theta per beta: ds^2 = |dtheta|^2 + metric^2 dbeta^2 */
    spn_point *point;
    spn_dense *dense;
    spn_geometry_workspace *geometry;
    spn_solver *solver; /**< Newton's method, for minimising */
    int64_t orbit_capacity;
    double *orbit;                     /**< orbit_capacity x P */
    double *matrix;                    /**< P x P: M, both triangles */
    double *bordered;                  /**< (P + 1) x (P + 1) */
    int *pivots;                       /**< P + 1 */
    double *right;                     /**< P + 1 */
    double *row;                       /**< P + 1: gradient of a condition */
    double *scratch, *probe, *product; /**< P each */
} spni_frame;

/** A frame without a solver, and one with. */
spn_status spni_frame_prepare(spn_context *context, const spn_objective *objective,
                              const spn_branches_settings *settings, spni_frame *frame);
spn_status spni_frame_create(spn_context *context, const spn_branches_problem *problem,
                             spni_frame *frame);
void spni_frame_free(spni_frame *frame);

spn_status spni_place_create(spn_context *context, int64_t n, spni_place *place);
void spni_place_free(spn_context *context, spni_place *place);
void spni_place_copy(int64_t n, const spni_place *from, spni_place *to);
void spni_place_swap(spni_place *a, spni_place *b);

/** Linearise at theta (P numbers; may be place->theta), beta: everything of a place but the sign of the tangent,
 *  which is made to agree with `along` (a place; NULL: beta_slope >= 0). Leaves the frame's point there. */
spn_status spni_linearise(spni_frame *frame, const double *theta, double beta,
                          const spni_place *along, spni_place *place);

/** |(dtheta, dbeta)| and inner product in the metric. */
double spni_length(const spni_frame *frame, const double *theta, double beta);
double spni_inner(const spni_frame *frame, const double *theta_a, double beta_a,
                  const double *theta_b, double beta_b);
/** |u_a - u_b| in the metric. */
double spni_distance(const spni_frame *frame, const spni_place *a, const spni_place *b);

/** Newton's method on grad L = 0 and the condition, from (theta, beta), which end at the solution or the
 *  last iterate. Converged when a step is below 1e-9 of the frame's length: what is left is its
 *  square. A solution further than `reach` from the start is refused (INFINITY: none is). */
typedef struct spni_newton_info {
    bool is_converged;
    int64_t steps;
    double last_step; /**< length of the last one, in the metric */
    double last_beta; /**< |change of beta| in it */
} spni_newton_info;
spn_status spni_newton_solve(spni_frame *frame, const spni_condition *condition, double reach,
                             double *theta, double *beta, spni_newton_info *info);

/** M at the frame's point, both triangles, into frame->matrix; the orbit's rank and the shift. */
spn_status spni_shifted_hessian(spni_frame *frame, int64_t *zero_modes, double *shift);
/** matrix += shift sum u u^T over `count` rows u, both triangles. */
void spni_lift(int64_t n, double *matrix, double shift, const double *rows, int64_t count);

/** d/dtheta (w^T H w) = D^3 L [w, w, .] at the frame's point by a central difference of products (P
 *  numbers; relative error about 1e-8). Moves the frame's point. */
spn_status spni_third_derivative(spni_frame *frame, const double *theta, double beta,
                                 const double *w, double *out);

/** Minimise from theta at beta by Newton's method with a short trust radius. *is_stationary: converged. */
spn_status spni_minimise(spni_frame *frame, double beta, double *theta, bool *is_converged);

/** Where a point stands relative to the range of beta. */
bool spni_is_inside(const spni_frame *frame, double beta);

/** Memory of a tracer: places along a branch. */
typedef struct spni_tracer {
    spni_frame *frame;
    spni_place at, next;       /**< the last accepted point and the one in work */
    spni_place low, high, mid; /**< an arc on which a special point is sought, and a point of it */
    double *bend;              /**< P + 1: d(tangent)/ds, from the last step; zero at the start */
    double *theta;             /**< P: in work */
    double step;               /**< arclength of the next step to try */
} spni_tracer;

spn_status spni_tracer_create(spni_frame *frame, spni_tracer *tracer);
void spni_tracer_free(spni_tracer *tracer);

/** What a step did. */
typedef enum spni_step_end {
    SPNI_STEP_DONE,     /**< `next` is a point of the branch inside the range */
    SPNI_STEP_BOUNDARY, /**< `next` lies on the end of the range of beta */
    SPNI_STEP_LOST,     /**< no step, however short, was accepted */
} spni_step_end;

/** One step from `at` to `next`, with step control. `*length`, `*corrections`: of the accepted step. */
spn_status spni_tracer_step(spni_tracer *tracer, spni_step_end *end, double *length,
                            int64_t *corrections);
/** The length of the step after one of `length` from `at` to `next`. */
void spni_tracer_adapt(spni_tracer *tracer, double length, int64_t corrections);
/** `next` becomes `at`. */
void spni_tracer_accept(spni_tracer *tracer, double length);

/** Eigenvalues of a place that cross zero on the way to another, by position. */
enum { SPNI_TURNED_MOST = 256 };
typedef struct spni_turned {
    int64_t count;
    int64_t positions[SPNI_TURNED_MOST];
} spni_turned;

/** Those that become negative and those that become positive between a and b. Their difference is that of the
 *  indices. */
void spni_find_turned(int64_t n, const spni_place *a, const spni_place *b, spni_turned *fall,
                      spni_turned *rise);
/** Mean of the eigenvalues at `place` whose vectors are those of the set at a: smooth along the arc. */
double spni_turned_mean(int64_t n, const spni_place *a, const spni_turned *set,
                        const spni_place *place);

/** Does a special point lie between two neighbouring places? */
bool spni_is_event_between(const spni_place *a, const spni_place *b);

/** A located special point: the record's own fields are filled but for numbers, labels' changes and what
 *  lies after it. */
typedef struct spni_special {
    spn_special_record record;
    spni_place place; /**< linearised there */
    int64_t
        *kernel; /**< P: which eigenvectors of the place span the kernel, by |lambda| ascending */
    bool is_vertex; /**< the branch retraces a copy of itself behind it */
    double arc;     /**< length of the arc on which it was found */
} spni_special;

/** The special points between `at` and `next`, one after the other: call with *is_first true, then false, until
 *  *is_found is false. */
spn_status spni_locate_next(spni_tracer *tracer, bool is_first, spni_special *special,
                            bool *is_found);

/** A point on the arc between two places, at `share` of the way; `stiff` as in a condition. */
spn_status spni_between(spni_tracer *tracer, const spni_place *a, const spni_place *b, double share,
                        const double *stiff, int64_t stiff_count, spni_place *out,
                        bool *is_converged);

/** One special point of one kind on an arc. */
typedef enum spni_arc_kind {
    SPNI_ARC_NOTHING,
    SPNI_ARC_FOLD,
    SPNI_ARC_BRANCH_POINT,
    SPNI_ARC_VERTEX,
    SPNI_ARC_TANGLED
} spni_arc_kind;
spn_status spni_locate_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located);
spn_status spni_locate_root(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located);
spn_status spni_locate_vertex(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                              spni_special *special, bool *is_located);
/** [low, high] of a located value: what is left of the iteration and rounding. */
void spni_set_interval(const spni_frame *frame, spni_special *special, double beta, double half);

/** A fold in work: sigma and w of [M' w0; w0^T 0] (w, -sigma) = (0, 1), where M' is M with the kernel's other
 *  vectors lifted: sigma vanishes exactly where M' is singular. */
typedef struct spni_fold {
    double *w;      /**< P */
    double *others; /**< others_count x P */
    int64_t others_count;
    double *slope; /**< P: d sigma / d theta */
    double sigma, beta_slope;
} spni_fold;

/** One Newton step of the augmented system grad L = 0, sigma = 0 into frame->right; w and slope move on.
 *  SPN_ERROR_NUMERIC for a kernel of more dimensions than one. */
spn_status spni_fold_step(spni_frame *frame, const double *theta, double beta, spni_fold *state,
                          bool *is_singular);

/** A frame for what lies near one beta; `window` must live as long. */
spn_status spni_frame_near(spn_context *context, const spn_objective *objective, double beta,
                           spn_branches_settings *window, spni_frame *frame);

#endif
