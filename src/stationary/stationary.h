/* SPDX-License-Identifier: MIT */
/** @file stationary.h  What the files of room `stationary` share, and what rooms above it build on. */
#ifndef SPINODAL_SRC_STATIONARY_STATIONARY_H
#define SPINODAL_SRC_STATIONARY_STATIONARY_H

#include <spinodal/geometry/state.h>
#include <spinodal/numeric.h>
#include <spinodal/stationary.h>

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
    spn_state state;   /**< energies, |grad L|, R and labels */
    double order;      /**< n, |theta|^2 for a ridge */
    double loss_slope; /**< dL/dbeta: n for a regularised objective (T9) */
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

/** What stays the same while stationary points of one objective are sought: scales, workspaces. */
typedef struct spni_frame {
    spn_context *context;
    const spn_objective *objective;
    double beta_from, beta_to;
    int64_t n;
    spn_scales
        scales;    /**< of the objective: what is small in L and beta, and in theta at its origin */
    double length; /**< of theta: unit of steps */
    double metric; /**< theta per beta: ds^2 = |dtheta|^2 + metric^2 dbeta^2 */
    spn_point *point;
    spn_dense *dense;
    spn_geometry_workspace *geometry;
    int64_t orbit_capacity;
    double *orbit;           /**< orbit_capacity x P */
    double *matrix;          /**< P x P: M, both triangles */
    double *bordered;        /**< (P + 1) x (P + 1) */
    int *pivots;             /**< P + 1 */
    double *right;           /**< P + 1 */
    double *row;             /**< P + 1: gradient of a condition */
    double *probe, *product; /**< P each */
} spni_frame;

/** A frame for a range of beta (SPN_ERROR_INPUT unless it ascends and is finite), and for what lies near one beta. */
spn_status spni_frame_create(spn_context *context, const spn_objective *objective, double beta_from,
                             double beta_to, spni_frame *frame);
spn_status spni_frame_near(spn_context *context, const spn_objective *objective, double beta,
                           spni_frame *frame);
/** The range, scales and metric alone, without workspaces: nothing can be linearised in it. */
spn_status spni_frame_bare(spn_context *context, const spn_objective *objective, double beta_from,
                           double beta_to, spni_frame *frame);
void spni_frame_free(spni_frame *frame);

spn_status spni_place_create(spn_context *context, int64_t n, spni_place *place);
void spni_place_free(spn_context *context, spni_place *place);
void spni_place_copy(int64_t n, const spni_place *from, spni_place *to);
void spni_place_swap(spni_place *a, spni_place *b);

/** Linearise at theta (P numbers; may be place->theta), beta: everything of a place but the sign of the tangent,
 *  which is made to agree with `along` (a place; NULL: beta_slope >= 0). Leaves the frame's point there. */
spn_status spni_linearise(spni_frame *frame, const double *theta, double beta,
                          const spni_place *along, spni_place *place);

/** Which of n values is closest to zero, the first of equals. */
int64_t spni_softest(int64_t n, const double *values);

/** The unit tangent of a place with eigenvalues, vectors and drive, and its sign. */
void spni_take_tangent_along(const spni_frame *frame, const spni_place *along, spni_place *place);
/** -dn/dbeta = -(dn/ds) / (dbeta/ds) along the tangent of a place (T10); negative possible where unstable. */
double spni_susceptibility_along(const spni_frame *frame, const spni_place *place);

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

/** M with `count` rows made stiff as well, into frame->matrix. */
spn_status spni_stiff_hessian(spni_frame *frame, const double *rows, int64_t count);

/** What stands around M in a system of P + 1 equations: [M, column; row^T, corner]. */
typedef struct spni_border {
    const double *column, *row; /**< P each */
    double corner;
} spni_border;
/** Solve [frame->matrix, column; row^T, corner] x = x in place (P + 1 numbers); *is_singular: x is left as it was. */
spn_status spni_solve_bordered(spni_frame *frame, const spni_border *border, double *x,
                               bool *is_singular);

/** d/dtheta (w^T H w) = D^3 L [w, w, .] at the frame's point by a central difference of products (P
 *  numbers; relative error about 1e-8). Moves the frame's point. */
spn_status spni_third_derivative(spni_frame *frame, const double *theta, double beta,
                                 const double *w, double *out);

/** Where a point stands relative to the range of beta. */
bool spni_is_inside(const spni_frame *frame, double beta);

/** A fold in work: sigma and w of [M' w0; w0^T 0] (w, -sigma) = (0, 1), where M' is M with the kernel's other
 *  vectors lifted: sigma vanishes exactly where M' is singular. */
typedef struct spni_fold {
    double *w;      /**< P */
    double *others; /**< others_count x P */
    int64_t others_count;
    double *slope; /**< P: d sigma / d theta */
    double sigma, beta_slope;
} spni_fold;

/** A Newton step in theta and beta; theta (P numbers) lies in the frame's workspace, until the next system is solved. */
typedef struct spni_newton_step {
    const double *theta;
    double beta;
    bool is_singular; /**< there is none */
} spni_newton_step;

/** One Newton step of the augmented system grad L = 0, sigma = 0; w and slope move on. SPN_ERROR_NUMERIC for a kernel of
 *  more dimensions than one. */
spn_status spni_fold_step(spni_frame *frame, const double *theta, double beta, spni_fold *state,
                          spni_newton_step *step);

#endif
