/* SPDX-License-Identifier: MIT */
/** @file claim.h  Is the change point of the curvature the transition? The paper's claim, checked on a sweep.
 *
 *  Change points are looked for in E, R and |theta|^2 of one chain by themselves, as if nothing were known but the numbers
 *  at the points of its grid (spn_find_changes()), and compared with each other and with the transitions that were located
 *  on the chain by following minima. */
#ifndef SPINODAL_TRANSITION_CLAIM_H
#define SPINODAL_TRANSITION_CLAIM_H

#include <spinodal/transition.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The curves. R enters as arsinh(R / its median size), which has both signs and orders of magnitude. */
typedef enum spn_claim_curve {
    SPN_CLAIM_ERROR,
    SPN_CLAIM_CURVATURE,
    SPN_CLAIM_NORM, /**< |theta|^2, which is dF/dbeta (T9) */
} spn_claim_curve;
enum { SPN_CLAIM_CURVES = 3 };

/** A change point of a curve; NaN: there is none here. */
typedef struct spn_claim_point {
    double beta, low, high; /**< with its interval, of 95 % */
} spn_claim_point;

/** A located transition, or change points of curves, or both at one place. 8-byte fields only. */
typedef struct spn_claim_row {
    int64_t run;
    double beta;    /**< of the transition; NaN: none lies here */
    int64_t change; /**< spn_change of it; -1: none */
    double share;   /**< of |theta|^2 by which it jumps, as of spn_transition; NaN: none */
    double order;   /**< of it; NaN */
    spn_claim_point error, curvature, norm;
    double spread;         /**< largest less smallest beta of the change points */
    double distance;       /**< of that of R from the transition; NaN where one is missing */
    double distance_steps; /**< the same in steps of the grid */
    int64_t
        agrees; /**< 1: R changes where the transition is, within its interval and a step of the grid */
} spn_claim_row;
extern const spn_columns spn_claim_columns;

typedef struct spn_claim {
    int64_t run, seed, direction; /**< of the chain: the longest upwards, or else the longest */
    int64_t points; /**< stationary ones on it, that were searched; 0: the claim was not checked */
    int64_t row_count;
    spn_claim_row *rows; /**< by beta; the caller releases them */
    int64_t accuracy,
        accuracy_met; /**< transitions of accuracy on the chain; those at which R changes */
    int64_t others, others_met; /**< the same of the other transitions */
    int64_t strays;             /**< change points of R where no transition was located */
} spn_claim;

/** Check it on run `run`, whose tables are given. The fewest points are SPN_CHANGES_FEWEST; of more than
 *  SPN_CLAIM_POINTS every second, third, ... is searched. Chains of quenches are no curves. O(points^2). */
enum { SPN_CLAIM_POINTS = 2000 };
spn_status spn_check_claim(spn_context *context, const spn_transitions *transitions, int64_t run,
                           const spn_sweep_tables *tables, spn_claim *out);

#ifdef __cplusplus
}
#endif

#endif
