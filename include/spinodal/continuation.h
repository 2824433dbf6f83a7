/* SPDX-License-Identifier: MIT */
/** @file continuation.h  Room `continuation`: branches of stationary points in the control parameter.
 *
 *  A branch is a curve of solutions of grad L(theta, beta) = 0. It is followed by pseudo-arclength, so that
 *  it may turn back in beta (a fold) and go on where it is unstable. On the way special points are
 *  located: folds, where a phase ends, and branch points, where others cross it. All branches
 *  together give the phases of the problem: which are metastable where, what ends them, where two have
 *  equal L (Maxwell points), how high the barriers are. Works on any objective; "beta" is whatever its
 *  parameter is. Numbers that do not exist are NaN, counts that are unknown -1. */
#ifndef SPINODAL_CONTINUATION_H
#define SPINODAL_CONTINUATION_H

#include <spinodal/base/pool.h>
#include <spinodal/geometry/state.h>
#include <spinodal/optimize.h>
#include <spinodal/stationary.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How branches are followed. */
typedef enum spn_branches_method {
    SPN_BRANCHES_DENSE,    /**< all of them, with the dense Hessian at each point: O(P^3) */
    SPN_BRANCHES_PRODUCTS, /**< one of them, by products with the Hessian: for large P */
} spn_branches_method;

/** Section `branches` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_branches_options
 *  fill and check it. */
typedef struct spn_branches_settings {
    double beta_from, beta_to; /**< range; NaN: that of the sweep */
    double step;               /**< longest step, as a share of the length of theta */
    double angle;              /**< largest angle between neighbouring tangents, in radians */
    int64_t points;            /**< most points of one branch */
    int64_t branches;          /**< most branches */
    int64_t index;             /**< branches are followed up to this many negative eigenvalues */
    int64_t starts;            /**< random starts at each of `levels` values of beta */
    int64_t levels;            /**< values of beta at which disconnected phases are looked for */
    bool saddles;              /**< look for saddles that no found branch leads to, by deflation */
    int64_t saddle_starts;     /**< starts of that search at each level */
    double tolerance;          /**< special and Maxwell points: relative accuracy in beta */
    bool parameters;           /**< keep theta at each point in the results */
    int method;                /**< spn_branches_method; by products branches, starts, levels and
                                    saddle_starts mean nothing */
} spn_branches_settings;
extern const spn_option_table spn_branches_options;

/* ---- Records: 8-byte fields only; the columns name and explain them ------------------------- */

/** One point of a branch. */
typedef struct spn_branch_record {
    int64_t branch; /**< number from 0 */
    int64_t point;  /**< place along the branch: 0 is where it was found, then 1, 2, ... one way and
                         -1, -2, ... the other */
    int64_t phase;  /**< row of `phases` of a stable point; -1: unstable, or not yet known */
    /** Energies, R and labels; its susceptibility is that along the branch, negative possible where unstable. */
    spn_state state;
    double arclength;             /**< from the branch's first point, in theta and scaled beta */
    double slope;                 /**< dbeta/ds of the unit tangent; changes sign at a fold */
    double eigenvalue_min;        /**< smallest of L's Hessian, zero modes left out */
    double critical_eigenvalue;   /**< the one closest to zero, zero modes left out */
    int64_t negative_eigenvalues; /**< index; 0: stable */
    int64_t zero_modes;           /**< of a continuous symmetry, bordered out */
    double step;                  /**< arclength to the point before */
    int64_t corrections;          /**< Newton steps of the corrector */
    int64_t certainty; /**< by products: spn_certainty, how the index is known (negative_eigenvalues
                            -1: it is not); -1 otherwise */
    int64_t products;  /**< by products: with the Hessian, since the point before; -1 otherwise */
} spn_branch_record;
extern const spn_columns spn_branch_columns;

typedef enum spn_special_kind {
    SPN_SPECIAL_FOLD, /**< the branch turns back in beta; the critical eigenvalue crosses zero */
    SPN_SPECIAL_BRANCH_POINT, /**< other branches cross: `kernel` eigenvalues cross zero, none of
                                    their directions is driven by beta */
} spn_special_kind;

/** What changes across a transition. */
typedef enum spn_change {
    /** What the network computes: the number of active modes; at a jump also the accuracy of classes, or E by more
     *  than SPN_ACTIVE_SHARE of its range over the run. */
    SPN_CHANGE_ACCURACY,
    SPN_CHANGE_SYMMETRY, /**< hidden units merge, split or die, and only that */
    SPN_CHANGE_OTHER,    /**< neither, or no labels */
} spn_change;

/** Their words, in this order, behind the last one NULL. */
extern const char *const spn_change_words[];

/** A fold or a branch point. */
typedef struct spn_special_record {
    int64_t special; /**< number from 0 */
    int64_t same_as; /**< an earlier special point that is this one, found on another branch; -1 */
    int64_t branch, point; /**< lies behind this point of this branch and before the next */
    int64_t kind;          /**< spn_special_kind */
    double beta, beta_low, beta_high; /**< located value and its interval */
    spn_state state; /**< there, with labels and accuracy before it on the branch */
    int64_t kernel;  /**< eigenvalues that vanish here, zero modes of symmetry left out */
    int64_t index_before,
        index_after; /**< negative eigenvalues along the branch, before and after */
    /** Fold: beta = beta_0 + coefficient s^2 along the unit direction of theta. Branch point: the same along
     *  the first crossing branch (0 where that goes linearly in beta: transcritical); NaN when none was
     *  found. */
    double coefficient;
    int64_t
        crossing; /**< branches that were found to cross here, copies by symmetry counted once */
    /** Branch point at the end of a stable stretch: 1 when a stable branch leaves it on the other side
     *  (continuous transition), 0 when not (first order); -1: no end of a stable stretch. */
    int64_t is_continuous;
    int64_t change; /**< spn_change between this side and what follows it */
    /** End of a stable stretch: the minimum in which a network ends that is pushed just past it, at this
     *  beta (the phase it falls into); otherwise nothing is known of it. */
    spn_state after;
} spn_special_record;
extern const spn_columns spn_special_columns;

/** How the critical eigenvalue goes to zero: points of the branch near a special point, on its stable side
 *  (same columns as the table of that name of a sweep). */
typedef struct spn_branch_approach {
    int64_t jump;          /**< number of the special point */
    double beta, distance; /**< |beta - beta_0| */
    double eigenvalue;     /**< of L's Hessian: the critical one, followed by its eigenvector */
    double overlap;        /**< |v . v'| with the vector at the next closer point */
    double norm_squared;   /**< |theta|^2 */
    double susceptibility; /**< T10 */
    double error, loss;
} spn_branch_approach;
extern const spn_columns spn_branch_approach_columns;

/** What ends a phase. */
typedef enum spn_phase_end {
    SPN_END_RANGE,        /**< the range of beta that was asked for; it goes on behind it */
    SPN_END_FOLD,         /**< a fold: spinodal */
    SPN_END_BRANCH_POINT, /**< it loses stability at a branch point; SPN_CHANGE_ACCURACY */
    SPN_END_SYMMETRY,     /**< the same; hidden units merge or split */
    SPN_END_ZERO,         /**< it exists down to beta = 0 */
    SPN_END_UNFINISHED,   /**< not followed to its end: limit of points, step too small */
} spn_phase_end;

/** A phase: a stretch of a branch with no negative eigenvalue and one set of labels, between its ends. */
typedef struct spn_phase_record {
    int64_t phase, branch;
    int64_t first_point, last_point;   /**< of the branch, in order of points */
    spn_state middle;                  /**< in the middle of its window, whose labels it bears */
    double beta_low, beta_high;        /**< window of metastability */
    int64_t end_low, end_high;         /**< spn_phase_end */
    int64_t special_low, special_high; /**< rows of `specials`; -1 */
    spn_state low, high;               /**< at its ends */
    double global_low,
        global_high; /**< where it is the globally stable one; NaN: nowhere (of several
                                         ranges the widest; spn_global_record has all) */
    int64_t visits;  /**< of starts (sweeps, random, deflation, crossings) that led to it */
} spn_phase_record;
extern const spn_columns spn_phase_columns;

/** A Maxwell point: two phases coexist and have equal L. */
typedef struct spn_maxwell_record {
    int64_t phase_a, phase_b; /**< a: globally stable below (smaller |theta|^2 wins above) */
    double beta, beta_low, beta_high;
    double loss;
    spn_state a, b;
    int64_t is_global; /**< 1: no other phase has smaller L there */
} spn_maxwell_record;
extern const spn_columns spn_maxwell_columns;

/** One range of beta and the phase that has the smallest L there of all that were found. Together they cover the range
 *  that was explored, in ascending order and without gaps. */
typedef struct spn_global_record {
    int64_t phase; /**< -1: no phase is known there */
    double beta_low, beta_high;
} spn_global_record;
extern const spn_columns spn_global_columns;

/** Barrier from a minimum to the saddle on the unstable branch behind one of its folds, at the beta of a point of that
 *  branch. */
typedef struct spn_barrier_record {
    int64_t phase, special; /**< the minimum's phase; the fold that joins it with the saddle */
    double beta, height;    /**< L(saddle) - L(minimum) */
    double distance;        /**< |theta_saddle - theta_minimum| */
} spn_barrier_record;
extern const spn_columns spn_barrier_columns;

/** A point of the norm-constrained curve E(n) = min E at n, |theta|^2 for the ridge (theory, section 3). */
typedef struct spn_norm_record {
    double norm_squared, error;
    double beta;   /**< -dE/dn, the multiplier */
    int64_t index; /**< negative eigenvalues of L's Hessian on directions orthogonal to theta */
    int64_t active_modes; /**< learned_modes of spn_labels */
    double gradient_norm; /**< |grad E + beta grad n| */
} spn_norm_record;
extern const spn_columns spn_norm_columns;

/* ---- All phases of a problem ---------------------------------------------------------------- */

/** What is sent while branches are followed (spn_item), in one order, on the calling thread; there is one job. */
typedef enum spn_branches_stream {
    SPN_BRANCHES_POINT,    /**< spn_branch_record, with its modes and theta */
    SPN_BRANCHES_SPECIAL,  /**< spn_special_record, with theta */
    SPN_BRANCHES_APPROACH, /**< spn_branch_approach */
} spn_branches_stream;
extern const spn_streams spn_branches_streams;

/** What is explored. Everything pointed to must outlive the run. */
typedef struct spn_branches_problem {
    const spn_objective *objective; /**< L(theta, beta) */
    const spn_branches_settings *settings;
    const spn_solver_settings *solver;
    /** Write the initial weights of random start `seed` (from 0) to theta. */
    spn_status (*initial)(spn_context *context, const void *state, int64_t seed, double *theta);
    const void *initial_state;
    /** By products: how R is measured (spn_geometry_curvature()); NULL: it is not. The dense method has its own way. */
    const spn_geometry_settings *geometry;
    /** Searches that do not need each other (random starts, descents from saddles, Maxwell points) are jobs of this pool, and so
     *  of the ranks of a farm; each has dense workspaces of its own. NULL: one after the other. Results do not depend on it. */
    spn_pool *pool;
} spn_branches_problem;

/** What a point takes by products at most, where nothing repeats: SPN_BRANCHES_PRODUCTS_USUAL products, as networks were seen to take, and
 *  the vectors that are kept. O(1). */
#define SPN_BRANCHES_PRODUCTS_USUAL 600
spn_forecast_way spn_branches_forecast(const spn_objective *objective);

typedef struct spn_branches spn_branches;
spn_status spn_branches_create(spn_context *context, const spn_branches_problem *problem,
                               spn_branches **out);
void spn_branches_free(spn_context *context, spn_branches *branches);

/** Tell it about an item that an earlier, interrupted run has finished (before spn_branches_run(), in the
 *  order in which the sink received them). The run goes on behind the last one with the same
 *  bits. SPN_ERROR_INPUT when the item does not fit. */
spn_status spn_branches_replay(spn_context *context, spn_branches *branches, const spn_item *item);

/** With method `products`: the minimum that the first initial weights lead to at the lower end of the range, by
 *  newton_cg, is followed both ways; whatever crosses it is reported and not followed, and there are no Maxwell points, approaches
 *  and barriers. A point takes a few bordered systems by MINRES and the lowest eigenvalues by Davidson's method.
 *
 *  Otherwise explore: follow what starts (sweeps up and down, random minimisations, the trivial point, deflation) lead to, all
 *  that crosses it, and so on, until nothing new is found or a limit of the settings is reached. Then
 *  Maxwell points and barriers. What was cut short is said by a warning event and by SPN_END_UNFINISHED.
 *  Deterministic. SPN_ERROR_INTERRUPTED leaves it as far as it got. Memory: P numbers a point. */
spn_status spn_branches_run(spn_context *context, spn_branches *branches, spn_item_sink *sink,
                            void *sink_state);

/** Results of a finished run; valid as long as the object. Rows are in the order of their numbers. */
const spn_phase_record *spn_branches_phases(const spn_branches *branches, int64_t *count);
const spn_maxwell_record *spn_branches_maxwell(const spn_branches *branches, int64_t *count);
const spn_global_record *spn_branches_global(const spn_branches *branches, int64_t *count);
const spn_barrier_record *spn_branches_barriers(const spn_branches *branches, int64_t *count);
/** Starts that lie on no known branch and were not followed, because settings->branches had been; 0: none. Then
 *  phases may be missing, and what is said of the smallest L is said of those that were found. */
int64_t spn_branches_unused(const spn_branches *branches);
/** The special points as sent to the sink, with `change` and `is_continuous`, which need all branches. */
const spn_special_record *spn_branches_specials(const spn_branches *branches, int64_t *count);
/** Phase of each point in the order of the sink's points (-1: unstable, or not known whether). */
const int64_t *spn_branches_point_phases(const spn_branches *branches, int64_t *count);
/** What only all branches tell of the sink's point number `row`: its phase and, of the outermost point of a phase that a
 *  special point ends, the labels of the phase. What appears at a branch point grows from 0 by a power of the distance (by
 *  a high one where only bends of the activation carry it), so that a point within a step of it may show nothing yet;
 *  between special points labels are constant. */
void spn_branches_settle(const spn_branches *branches, int64_t row, spn_branch_record *point);

/** A phase's name from its labels, unique among the phases: "3 modes", "2 modes, 4 merged", "trivial",
 *  "constant" (outputs the same for all samples, elsewhere than at the trivial point), "2 modes, 4 merged (b)". At most size - 1 bytes; returns buffer. */
const char *spn_branches_phase_name(const spn_branches *branches, int64_t phase, char *buffer,
                                    size_t size);

/* ---- The norm-constrained curve -------------------------------------------------------------- */

/** E(n) from the stationary point `theta` of L at `beta` (n > 0), n the objective's order parameter
 *  (spn_objective_order(): |theta|^2 for a ridge), for n = norms[0 .. count - 1], each reached from the one before (the
 *  first from theta) by Newton's method on grad E + beta grad n = 0 at this n; rows[i] filled, theta ends at the last.
 *  Passes folds of beta without arclength (dE/dn = -beta). beta must multiply n (parameter gradient grad n;
 *  SPN_ERROR_ARGUMENT otherwise).
 *  *done says how many rows were reached: fewer where a constrained solution ends. */
spn_status spn_norm_curve(spn_context *context, const spn_objective *objective, double beta,
                          double *theta, int64_t count, const double *norms, spn_norm_record *rows,
                          int64_t *done);

#ifdef __cplusplus
}
#endif

#endif
