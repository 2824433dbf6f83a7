/* SPDX-License-Identifier: MIT */
/** @file transition.h  Room `transition`: which transitions a sweep or a set of branches shows, of which order,
 *  and on what evidence; hysteresis; change points in noisy samples.
 *
 *  Three beta belong to one first-order transition and are never mixed up: the spinodal of the phase that ends
 *  when beta rises, the Maxwell point where two phases have equal L, and the spinodal of the other phase
 *  when beta falls. Works on records in memory. Numbers that do not exist are NaN. */
#ifndef SPINODAL_TRANSITION_H
#define SPINODAL_TRANSITION_H

#include <spinodal/continuation.h>
#include <spinodal/sweep.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- One transition -------------------------------------------------------------------------- */

typedef enum spn_transition_kind {
    SPN_TRANSITION_UNDECIDED = -1, /**< the order is not known, so neither is the kind */
    SPN_TRANSITION_SPINODAL_UP,    /**< a phase ends when beta rises */
    SPN_TRANSITION_SPINODAL_DOWN,  /**< a phase ends when beta falls */
    SPN_TRANSITION_MAXWELL,        /**< two phases have equal L, and no other known one less */
    SPN_TRANSITION_CONTINUOUS,     /**< one phase goes over into another */
} spn_transition_kind;

/** What the order rests on. */
typedef enum spn_evidence {
    SPN_EVIDENCE_FOLD,         /**< first: the critical eigenvalue vanishes with exponent 1/2, and
                                    |theta|^2 jumps or a jump is too small to be resolved */
    SPN_EVIDENCE_BRANCH_POINT, /**< first: |theta|^2 jumps where an eigenvalue crosses zero linearly:
                                    nothing stable leaves the branch point */
    SPN_EVIDENCE_JUMP,       /**< first: |theta|^2 jumps; no exponent over two decades to back it */
    SPN_EVIDENCE_CROSSING,   /**< first: two phases that differ in |theta|^2 have equal L */
    SPN_EVIDENCE_CONTINUOUS, /**< second: |theta|^2 continuous, the critical eigenvalue linear */
    SPN_EVIDENCE_KINK,     /**< second: |theta|^2 continuous, its slope (the susceptibility) is not;
                                  no exponent over two decades to back it */
    SPN_EVIDENCE_EXCHANGE, /**< second: a stable branch leaves the branch point at which the phase loses
                                stability; no exponent to back it */
    SPN_EVIDENCE_UNRESOLVED, /**< undecided: the interval in beta is too wide to tell a jump */
    SPN_EVIDENCE_CONFLICT,   /**< undecided: jump and exponent contradict each other */
    SPN_EVIDENCE_TOUCH,      /**< undecided: two phases have equal L, and perhaps equal |theta|^2 */
} spn_evidence;
/** "the critical eigenvalue vanishes ..."; NULL for any other number. */
const char *spn_evidence_text(int64_t evidence);

/** A power law value ~ distance^exponent. */
typedef struct spn_exponent {
    double value, error; /**< the exponent and its standard error, systematic part included */
    double low, high;    /**< fitted window of distances */
    double decades;      /**< log10(high / low) */
    int64_t points;      /**< in the window; 0: there was nothing to fit */
} spn_exponent;

/** Fit an exponent: a weighted straight line through logarithms, over the widest window in which local slopes
 *  (between points a third of a decade apart) agree with it within 0.01, 0.02 or 0.05, the tightest of
 *  these that holds over two decades. Left out: points closer than 20
 *  `distance_error` (there the unknown origin bends the line) and values below 10 `value_error`
 *  (rounding). Weights: variance (distance_error/distance)^2 + (value_error/value)^2 + 10^-6. The standard error
 *  is that of the line together with half the difference between the slopes of the window's halves. Points in
 *  any order; those without positive finite numbers are ignored. Fewer than five are no fit. O(n^3). */
spn_status spn_fit_exponent(spn_context *context, int64_t n, const double *distances,
                            const double *values, double distance_error, double value_error,
                            spn_exponent *out);

/** The state on one side of a transition. */
typedef struct spn_side {
    int64_t active_modes, merged_units, dead_units; /**< labels; -1: not known */
    double error, loss, norm, curvature; /**< E, L, |theta|, scalar curvature of E's graph */
    double susceptibility;
    double eigenvalue; /**< critical one, of L's Hessian */
    double accuracy;   /**< share of samples whose class is right; NaN where there are no classes */
} spn_side;

/** A row of the table of transitions. 8-byte fields only. "Before" is the phase that ends, "after" where it goes; for
 *  Maxwell points and continuous transitions before is the side of smaller beta. */
typedef struct spn_transition {
    int64_t run;  /**< number of the input, from 0 */
    int64_t kind; /**< spn_transition_kind */
    double order; /**< 1 or 2; NaN: undecided */
    double beta, beta_low, beta_high;
    spn_side before, after;
    int64_t change; /**< spn_change */
    int64_t seeds;  /**< random starts that showed it (branches: 0) */
    /** |theta|^2 on both sides, the larger minus the smaller along the chain, at beta; and between which
     *  values it lies, given the interval of beta. */
    double jump, jump_low, jump_high;
    spn_exponent eigenvalue;     /**< of the critical eigenvalue in the distance to beta */
    spn_exponent susceptibility; /**< -1/2 at a fold: chi^-2 is linear in beta */
    int64_t evidence;            /**< spn_evidence */
    /** Entry of the run's answer that it belongs to (-1: none), and the share of |theta|^2 by which that jumps: what is
     *  selected by size is selected as a whole. */
    int64_t entry;
    double share;
} spn_transition;
extern const spn_columns spn_transition_columns;

/** "2 modes, 1 merged"; "trivial"; "constant, 1 dead" (outputs that are the same for all samples, elsewhere than at the
 *  trivial point); "unlabelled". At most size - 1 bytes; returns buffer. */
const char *spn_side_label(const spn_side *side, char *buffer, size_t size);

/* ---- What follows from them ------------------------------------------------------------------ */

/** Two phases that coexist: hysteresis of going up through the end of one and down through that of the other. */
typedef struct spn_hysteresis {
    int64_t run;
    spn_side below, above;      /**< the phase that ends upwards, the one that ends downwards */
    double beta_low, beta_high; /**< window in which both were seen */
    int64_t is_open; /**< 1: the phase above did not end within the range: the window is wider */
    double width;
    /** Area of the loop of |theta|^2 over beta: the integral of the difference; and the same as the change of
     *  L_below - L_above from one end to the other (T9). Their difference measures both. */
    double area, area_from_loss;
    double maxwell_beta; /**< NaN: no crossing of L in the window */
    int64_t change;      /**< spn_change from one phase to the other */
    int64_t entry;       /**< as of spn_transition, of the end of the phase below */
    double share;
} spn_hysteresis;
extern const spn_columns spn_hysteresis_columns;

/** Transitions of one kind between the same labels, over the seeds and over the runs (data draws). */
typedef struct spn_transition_group {
    int64_t kind,
        occurrence;         /**< the how-manieth of that kind and labels, from small beta, from 0 */
    spn_side before, after; /**< labels; the numbers are means */
    int64_t change;
    int64_t runs, runs_of;       /**< runs that show it, of all */
    int64_t seeds, seeds_of;     /**< (run, seed) pairs that show it, of all */
    int64_t first, second;       /**< how many of these say first and second order */
    double beta, beta_deviation; /**< mean and standard deviation over (run, seed); 0 for one */
    double beta_min, beta_max;
    double
        share; /**< largest share of |theta|^2 by which the transitions jump that these are places of */
} spn_transition_group;
extern const spn_columns spn_transition_group_columns;

/** Random starts that end in a lower phase than the best one found at that beta. */
typedef struct spn_stuck {
    int64_t run;
    double beta;
    int64_t starts; /**< quenches, and first points of chains from initial weights */
    int64_t
        stuck; /**< with fewer modes learned than the best start there; where strengths of modes are not
                        known, fewer active modes */
    double fraction, low, high; /**< with the 95 % interval of spn_binomial_interval() */
    int64_t higher; /**< with L above the lowest one found there by more than a millionth */
} spn_stuck;
extern const spn_columns spn_stuck_columns;

/* ---- Finding them ---------------------------------------------------------------------------- */

/** A sweep's tables. Rows of one chain stand together. `jumps` NULL: the sweep was not refined; then its
 *  grid is all there is, and intervals are steps of the grid. */
typedef struct spn_sweep_tables {
    int64_t point_count, jump_count, approach_count;
    const spn_sweep_record *points;
    const spn_sweep_jump *jumps;
    const spn_sweep_approach *approach;
    /** Strengths of the data's modes, a row a point, and their singular values: a mode counts as learned above
     *  SPN_ACTIVE_SHARE of it. The outputs of a nonlinear network have more directions than it has learned modes. NULL: not
     *  known. */
    int64_t mode_count; /**< at most SPN_MODES_MAX */
    const double *modes, *singular_values;
} spn_sweep_tables;

/** The tables of a set of branches. */
typedef struct spn_branch_tables {
    int64_t point_count, special_count, approach_count, phase_count, maxwell_count;
    const spn_branch_record *points;
    const spn_special_record *specials;
    const spn_branch_approach *approach;
    const spn_phase_record *phases;
    const spn_maxwell_record *maxwell;
    bool is_one_branch; /**< by products: no other was looked for, and L was compared nowhere */
} spn_branch_tables;

/** Collects the transitions of one or more runs. */
typedef struct spn_transitions spn_transitions;
spn_status spn_transitions_create(spn_context *context, spn_transitions **out);
void spn_transitions_free(spn_context *context, spn_transitions *transitions);

/** Add the next run. Spinodals and continuous transitions are the sweep's jumps; Maxwell points are crossings
 *  of L between phases seen at the same beta by any chains of the run, L interpolated with its derivative
 *  |theta|^2 (T9; with chi where that is smooth) between the points. The same transition met by several
 *  chains or seeds is one row. A change of labels at which nothing else changes is no transition. Points that
 *  are not stationary are left out of phases. SPN_ERROR_INPUT: no points, beta that is not finite. */
spn_status spn_transitions_add_sweep(spn_context *context, spn_transitions *transitions,
                                     const spn_sweep_tables *tables);

/** The same from branches: ends of phases at folds and branch points, and Maxwell points. "After" a fold is the
 *  phase with less L there that differs in the fewest active modes, then the one nearest in
 *  |theta|^2: where a system goes is dynamics, which branches do not know. */
spn_status spn_transitions_add_branches(spn_context *context, spn_transitions *transitions,
                                        const spn_branch_tables *tables);

/** Results so far, ordered by run, then beta; valid until the next addition. */
const spn_transition *spn_transitions_rows(const spn_transitions *transitions, int64_t *count);
/** Crossings of L at which a third phase has less: no transition of the global minimum. */
const spn_transition *spn_transitions_crossings(const spn_transitions *transitions, int64_t *count);
const spn_hysteresis *spn_transitions_hysteresis(const spn_transitions *transitions,
                                                 int64_t *count);
const spn_stuck *spn_transitions_stuck(const spn_transitions *transitions, int64_t *count);
/** Over all runs so far. */
spn_status spn_transitions_group(spn_context *context, spn_transitions *transitions,
                                 const spn_transition_group **out, int64_t *count);

/** What the reader of the table should know. */
typedef struct spn_transition_notes {
    int64_t runs;
    int64_t unrefined;  /**< runs without refined jumps */
    int64_t relabelled; /**< changes of labels that are no transition */
    int64_t unsettled;  /**< points left out because they are not stationary */
    int64_t quenched;   /**< points of quenches, which start afresh and show no transition */
    int64_t single;     /**< runs at one beta, which show no transition either */
    int64_t unfinished; /**< phases that were not followed to their end */
} spn_transition_notes;
spn_transition_notes spn_transitions_notes(const spn_transitions *transitions);
/** Is the list an answer? False where a row is undecided, where points are not stationary or of a quench, where a run has one
 *  beta, and where nothing was found in phases that were not followed to their end. */
bool spn_transitions_decided(const spn_transitions *transitions);

/* ---- Change points in noisy samples ---------------------------------------------------------- */

typedef struct spn_changes_settings {
    double level;     /**< of the tests: chance of a false alarm at one candidate, say 0.01 */
    double coverage;  /**< of the intervals for the location, say 0.95 */
    int64_t replicas; /**< of the bootstrap, say 999 */
    int64_t seed;     /**< of the bootstrap's random numbers */
} spn_changes_settings;

/** A change point. 8-byte fields only. */
typedef struct spn_change_point {
    int64_t series; /**< as given by the caller */
    double beta, beta_low, beta_high;
    double order;                  /**< 1: the value jumps, 2: a kink */
    double p_value;                /**< of a smooth curve looking like this */
    double jump_p_value;           /**< of a kink looking like this jump */
    double value_jump, slope_jump; /**< right minus left, of value and slope */
    double noise;                  /**< standard deviation used */
    int64_t points;                /**< samples in the local window */
} spn_change_point;
extern const spn_columns spn_change_point_columns;

enum { SPN_CHANGES_FEWEST = 12 };
/** Find the changes of y(x) = f(x) + noise, with f smooth between them; x ascending, unevenly spaced, equal x
 *  allowed. See docs/transition.md for the method: candidates by optimal partitioning into polynomial pieces
 *  under the modified BIC, each then tested in its surroundings against a smooth curve with as many
 *  parameters, by a bootstrap. *count of them in *out (caller releases), ordered by x.
 *  SPN_ERROR_INPUT: fewer than SPN_CHANGES_FEWEST points, not finite, x not ascending. O(n^2). */
spn_status spn_find_changes(spn_context *context, const spn_changes_settings *settings, int64_t n,
                            const double *x, const double *y, int64_t *count,
                            spn_change_point **out);

enum { SPN_COINCIDENCE_SERIES = 8 };
/** Change points of several series of one sweep that are the same one: their intervals overlap. */
typedef struct spn_coincidence {
    double beta_low, beta_high;             /**< hull of the intervals */
    int64_t series;                         /**< how many have it */
    int64_t points[SPN_COINCIDENCE_SERIES]; /**< row of each series' change point; -1: has none */
    double spread;                          /**< largest minus smallest beta of them */
} spn_coincidence;

/** Group change points, ordered by beta, of `series` <= SPN_COINCIDENCE_SERIES series, numbered from 0: *count
 *  groups in *out (caller releases). Two whose intervals, each widened by `reach` (the spacing of the
 *  samples), overlap belong together, at most one of each series. */
spn_status spn_find_coincidences(spn_context *context, int64_t points,
                                 const spn_change_point *changes, int64_t series, double reach,
                                 int64_t *count, spn_coincidence **out);

#ifdef __cplusplus
}
#endif

#endif
