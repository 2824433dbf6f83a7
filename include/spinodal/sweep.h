/* SPDX-License-Identifier: MIT */
/** @file sweep.h  Room `sweep`: protocols that follow stationary points through the control parameter.
 *
 *  A chain is a sequence of warm-started solves with a direction. Chains are independent numbered jobs;
 *  what one computes never depends on the number of threads. */
#ifndef SPINODAL_SWEEP_H
#define SPINODAL_SWEEP_H

#include <spinodal/geometry/spectrum.h>
#include <spinodal/geometry/state.h>
#include <spinodal/optimize.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_spacing { SPN_SPACING_LINEAR, SPN_SPACING_LOG } spn_spacing;
typedef enum spn_protocol {
    SPN_PROTOCOL_UP,
    SPN_PROTOCOL_DOWN,
    SPN_PROTOCOL_BOTH,   /**< up, then down from each phase the up-sweep visited */
    SPN_PROTOCOL_QUENCH, /**< a fresh start at each value */
    SPN_PROTOCOL_LEGS,   /**< from beta.from to one turning point after the other */
} spn_protocol;
typedef enum spn_down_start {
    SPN_DOWN_PHASES,  /**< down: from the last point of each phase an up-sweep visits */
    SPN_DOWN_INITIAL, /**< down: from the initial weights at the largest value */
} spn_down_start;

/** Section `sweep` of an experiment; spn_settings_defaults() and spn_settings_check() with spn_sweep_options
 *  fill and check it. */
typedef struct spn_sweep_settings {
    spn_reals beta; /**< listed values; excludes from, to, points, spacing */
    double beta_from, beta_to;
    int64_t beta_points;
    int beta_spacing; /**< spn_spacing */
    /** Above 0, from SPN_STEP_TOLERANCE_LEAST: chains up and down choose their own steps instead of beta_points, so that between points without a jump
     *  between them E and sqrt(n) are right to this share of their range on straight lines by beta (by its logarithm, as beta_spacing says). 0
     *  or NaN: a grid. See docs/sweep.md. */
    double beta_tolerance;
    /** With it: the largest step as a share of the way, from SPN_STEP_LARGEST_LEAST, which is rounded down to a power of 1/2. 0 or NaN:
     *  1/16. */
    double beta_largest;
    int direction;  /**< spn_protocol */
    spn_reals legs; /**< turning points of the protocol `legs` */
    int start;      /**< spn_down_start */
    int64_t seeds;  /**< chains from this many random starts */
    /** Finite rate: so many steps of gradient descent, theta -= learning_rate grad L, or epochs of a solver that goes by
     *  mini-batches, at each value behind a chain's first, which is solved for; 0: quasi-static, a solve at each. Points of a finite rate are not
     *  stationary, nothing is refined, and T9 is not compared. */
    int64_t epochs;
    bool parameters; /**< keep theta at each point in the results */
    bool refine;     /**< bisect jumps of chains up and down */
    /** A refined jump lies within this share of beta; in [SPN_REFINE_LEAST, SPN_REFINE_MOST]. */
    double refine_tolerance;
    /** Steps that change n = |theta|^2 by no more than this share of it beyond what its slopes at both ends explain are not looked
     *  into: units that merge or split. 0 or NaN: all are that the tangents do not explain. */
    double refine_least;
} spn_sweep_settings;
extern const spn_option_table spn_sweep_options;

/** Direction of one chain. */
typedef enum spn_direction {
    SPN_DIRECTION_UP,
    SPN_DIRECTION_DOWN,
    SPN_DIRECTION_QUENCH
} spn_direction;

/** Their words, in this order, behind the last one NULL. */
extern const char *const spn_direction_words[];

/** "up", "down" or "quench"; NULL for any other number. */
const char *spn_direction_text(int64_t direction);

/** One row of results: 8-byte fields only; spn_sweep_columns names them. NaN: does not exist here. */
typedef struct spn_sweep_record {
    int64_t seed;      /**< index of the random start, from 0 */
    int64_t direction; /**< spn_direction; in the protocol `legs` that of the leg */
    int64_t phase;     /**< down chains: active modes of the phase it starts from; -1 otherwise */
    int64_t leg;       /**< leg of the chain, from 0; always 0 but in the protocol `legs` */
    int64_t point;     /**< index within the chain, from 0 */
    /** With labels as spn_labels_settle() leaves them; of points of a finite rate active_modes are the modes learned. */
    spn_state state;
    int64_t
        jump; /**< 1: the tangents at this point and the one before do not explain the way between
                       them, in small steps either: a jump or a bifurcation lies there */
    /** T9: relative difference of the change of L along the chain and the integral of |theta|^2; NaN at the
     *  first point and at a jump. */
    double free_energy_mismatch;
    int64_t stop;       /**< spn_stop */
    int64_t iterations; /**< critical slowing down shows here */
    int64_t escapes;    /**< saddles left along their most negative direction */
    int64_t
        certainty; /**< spn_certainty: how the index and the smallest eigenvalue of L are known */
} spn_sweep_record;
extern const spn_columns spn_sweep_columns;

#define SPN_STEP_TOLERANCE_LEAST 1e-4
#define SPN_STEP_LARGEST_LEAST 1e-3
/** And the way from beta_from to beta_to, as a share of beta_to: what changes over less of it is lost in what points are known to. */
#define SPN_STEP_WAY_LEAST 1e-6

#define SPN_REFINE_LEAST 1e-10
#define SPN_REFINE_MOST 1e-2

/** One transition of a chain, bisected: "before" is the last point that still lies on the old branch,
 *  "after" what the network reaches from there behind the branch's end. 8-byte fields only. */
typedef struct spn_sweep_jump {
    int64_t chain, seed;
    int64_t direction;              /**< spn_direction */
    int64_t phase, leg;             /**< as in the chain's records */
    int64_t point;                  /**< index within the chain of the first grid point behind it */
    double beta;                    /**< middle of the bracket */
    double beta_before, beta_after; /**< ends of the bracket, in the chain's direction */
    spn_state before, after; /**< where they were measured: `after` may lie behind the bracket */
    /** 1: |theta|^2 is discontinuous: its change across the bracket is more than what its slopes on both
     *  sides explain, on the side of a fold up to the fold. */
    int64_t survives;
    int64_t resolved; /**< 1: the bracket is narrower than the tolerance */
    int64_t
        settled; /**< 1: what lies behind is a minimum; 0: none was reached, and "after" is where the
                           solver stopped */
} spn_sweep_jump;
extern const spn_columns spn_sweep_jump_columns;

/** One point of the old branch on the way to a jump. 8-byte fields only. */
typedef struct spn_sweep_approach {
    int64_t jump; /**< row of the jump in its table; within an item: 0 */
    double beta;
    double distance;   /**< |beta - that of the jump| */
    double eigenvalue; /**< the critical one of the Hessian of L: its mode is followed by overlap */
    double overlap;    /**< of its mode with that of the next closer point; 1 at the closest */
    double norm_squared; /**< |theta|^2 */
    double susceptibility;
    double error, loss;
} spn_sweep_approach;
extern const spn_columns spn_sweep_approach_columns;

/** Rows of the approach to one jump: four a decade. */
enum { SPN_APPROACH_MAX = 40 };

/** What a sweep sends (spn_item); jobs are chains. */
typedef enum spn_sweep_stream {
    SPN_SWEEP_POINT, /**< spn_sweep_record, with its modes and theta */
    SPN_SWEEP_JUMP, /**< spn_sweep_jump, with its approach, the closest first, and theta before and after it;
                          ordinal: among the transitions in the same interval of the grid */
} spn_sweep_stream;
extern const spn_streams spn_sweep_streams;

/** Of `count` points of a sweep, is `point`, which has no jump before it, another one than that which the jump lies before? Chains down from two phases
 *  with as many modes share all numbers; where chains choose their steps (beta_tolerance) one may overtake the other, so that points of the same
 *  number lie at the same beta. O(count). */
bool spn_sweep_jump_is_elsewhere(const spn_sweep_jump *jump, const spn_sweep_record *point,
                                 int64_t count, const spn_sweep_record *points);

/** What is followed. Everything pointed to must outlive the sweep. */
typedef struct spn_sweep_problem {
    const spn_objective *objective; /**< L(theta, beta) */
    const spn_sweep_settings *settings;
    const spn_solver_settings *solver;
    /** How curvature is measured where newton_cg follows by products (spn_sweep_by_products()) or mini-batches train
     *  (spn_sweep_is_trained()); NULL: everything is dense. */
    const spn_geometry_settings *geometry;
    /** Write the initial weights of random start `seed` (from 0) to theta. Called from workers. */
    spn_status (*initial)(spn_context *context, const void *state, int64_t seed, double *theta);
    const void *initial_state;
} spn_sweep_problem;

/** Whether chains are followed and measured without a dense Hessian: with solver newton_cg, where `geometry` forces another method than
 *  dense, or leaves the choice and there are more than SPN_CERTIFY_DENSE_MAX parameters. Tangents come from conjugate gradients, the
 *  index and the smallest eigenvalue from the solver's certificate, R from exact moments or estimates; columns that only all
 *  eigenvalues could fill are empty. */
bool spn_sweep_by_products(const spn_sweep_problem *problem);

/** Whether chains are *trained*: by mini-batches, from the weights of the point before, without tangents; nothing is refined, and points
 *  are not meant to be stationary. So it is with solver sgd_momentum and sgd_adam; with sgd where `patience`, `epochs` or a way to curvature
 *  other than the dense Hessian says so. They are measured as `geometry` says, densely where it leaves the choice and is NULL. */
bool spn_sweep_is_trained(const spn_sweep_problem *problem);

/** Most values of the control parameter, and most points of a path through them. */
#define SPN_GRID_MAX 1000000

/** The values of the control parameter, ascending: `*count` numbers in *values, to be released by the
 *  caller. SPN_ERROR_INPUT when they are not finite, not ascending, fewer than one or more than SPN_GRID_MAX. Where chains choose their
 *  own steps only the first and the last of them are visited by all. */
spn_status spn_sweep_grid(spn_context *context, const spn_sweep_settings *settings, int64_t *count,
                          double **values);

/** How many points a chain over the whole range has: the same number twice, but where chains choose their own steps (beta_tolerance): then
 *  at least as many as where nothing happens, and at most those of the smallest steps. SPN_ERROR_INPUT where
 *  spn_sweep_grid() or spn_sweep_path() says so. */
spn_status spn_sweep_points(spn_context *context, const spn_sweep_settings *settings,
                            int64_t *least, int64_t *most);

/** What a chain of the protocol `legs` visits: from beta.from to the first turning point, from there to the
 *  second, ..., in steps of the grid that beta.points, beta.from, beta.to and beta.spacing give; the last step of
 *  a leg is shortened, so that it ends at its turning point. `*count` numbers in *values and the leg of each, from
 *  0, in *legs, both to be released by the caller. SPN_ERROR_INPUT where spn_sweep_grid() says so, for listed values,
 *  a single point, no turning points, and turning points that are not finite, equal the value before them or,
 *  with logarithmic spacing, are not positive. */
spn_status spn_sweep_path(spn_context *context, const spn_sweep_settings *settings, int64_t *count,
                          double **values, int64_t **legs);

/** A sweep in progress; owned by the coordinating thread. */
typedef struct spn_sweep spn_sweep;
spn_status spn_sweep_create(spn_context *context, const spn_sweep_problem *problem,
                            spn_sweep **out);
void spn_sweep_free(spn_context *context, spn_sweep *sweep);

/** Tell a sweep about an item that an earlier, interrupted run has sent (before spn_sweep_run(); in the order in
 *  which the sink received them). Chains go on behind their last replayed point with the
 *  same bits as without the interruption; transitions may be left out. SPN_ERROR_INPUT when the item does not fit. */
spn_status spn_sweep_replay(spn_context *context, spn_sweep *sweep, const spn_item *item);

/** A chain as it stands. */
typedef struct spn_chain_state {
    int64_t seed;
    spn_direction direction;
    int64_t
        points; /**< all; of one that chooses its own steps and is not at its end a forecast, more than `done` */
    int64_t done;
    double cost; /**< a forecast of what is left, to compare chains by */
} spn_chain_state;

/** How many chains are known. While *is_open others follow: those down, which all chains up must have been done for. They are
 *  numbered here where that is so by now. */
spn_status spn_sweep_chains(spn_context *context, spn_sweep *sweep, int64_t *count, bool *is_open);
/** 0 <= chain < count. */
spn_chain_state spn_sweep_chain(const spn_sweep *sweep, int64_t chain);

/** Run all that is left: first the chains that start from initial weights, then (down, both) a chain
 *  downwards from the last point of each phase the up-sweeps visited. A phase is a run of points with
 *  the same number of active modes, cut also where a jump changes E or the accuracy of classes (objectives without
 *  labels: points without a jump). The sink receives points and refined transitions, these before the point behind
 *  them. A transition whose point an interruption cut off is found and sent again by the resumed run, with the same
 *  bits: the receiver keeps one of those with the same chain, point and ordinal. Progress is
 *  emitted per point: in points, or (beta_tolerance) in hundredths of the way from beta_from to beta_to. SPN_ERROR_INTERRUPTED leaves the sweep as far as it got; nothing is allocated per
 *  point. Results do not depend on the pool's number of threads. */
spn_status spn_sweep_run(spn_context *context, spn_sweep *sweep, spn_pool *pool,
                         spn_item_sink *sink, void *sink_state);

#ifdef __cplusplus
}
#endif

#endif
