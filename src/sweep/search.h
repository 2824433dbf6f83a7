/* SPDX-License-Identifier: MIT */
/** @file search.h  The search for transitions between two points of the grid; private to room `sweep`. */
#ifndef SPINODAL_SRC_SWEEP_SEARCH_H
#define SPINODAL_SRC_SWEEP_SEARCH_H

#include "sweep/follower.h"

/* The bracket goes down to this share of the tolerance, so that the distances of an approach, which ends
 * at three tolerances, are right to half a per cent. */
#define SPNI_BRACKET_SHARE (1.0 / 32)
/* By products no approach is walked, and attempts are dear. */
#define SPNI_BRACKET_BY_PRODUCTS 0.5
/* An attempt's radius is at least this share of |theta|. */
#define SPNI_LEAST_RADIUS 1e-4

/** What is known of the place where a branch ends; NaN where nothing is. */
typedef struct spni_forecast {
    double beta, error; /**< the place; by how much it has changed since the one before */
    bool is_fold;
    bool has_tried;         /**< the last step was made towards a place that is not known well */
    double fold;            /**< where beta turns back, from the last two points */
    double older, smallest; /**< the smallest eigenvalue at the last two points that held */
    double lost, beyond;    /**< a place behind the end, and the smallest eigenvalue there */
    double width;           /**< of the bracket when it was last halved, */
    int64_t slow;           /**< and the steps since then */
} spni_forecast;

/** Two points of a branch that follow each other. */
typedef struct spni_pair {
    double step;  /**< of beta between them, > 0 */
    double way;   /**< of theta, along the tangent at the newer one */
    double along; /**< the tangent at the older one, along that at the newer one */
    double speed; /**< |t| at the newer one */
} spni_pair;

typedef struct spni_search {
    spni_follower *f;
    double begin, end; /**< of the interval */
    double sign;       /**< of beta's direction */
    int64_t number;    /**< of the grid point at `end` */
    int64_t attempts;  /**< since the interval's begin or the last transition */
    double lost_from,
        lost_at; /**< the last attempt that did not hold: where it began and where it should have led */
    spni_forecast forecast; /**< by products */
    int64_t blanks;         /**< changes of labels at which nothing else happened */
    int64_t found, valleys; /**< transitions; and what looked like one next to beta = 0 */
    bool is_over; /**< the state in work is no stationary point: nothing more can be followed */
} spni_search;

/** What the tolerance is relative to: |beta|; where the interval holds 0, at least its width. */
double spni_scale_at(const spni_search *s, double beta);
double spni_tolerance_at(const spni_search *s, double beta);
/** The bracket's width that is wanted. */
double spni_bracket_at(const spni_search *s, double beta);
/** From `before` to beta. */
double spni_width_of(const spni_search *s, double beta);
/** The distance from `before` to a fold, if it is one: 1/|t|^2 falls linearly to 0 there. */
double spni_fold_distance(const spni_foothold *older, const spni_foothold *before);

/** The distance from the newer point to where beta turns back; infinite where it does not. */
double spni_turning_distance(const spni_pair *pair);
/** What follows is another branch. */
void spni_forecast_forget(spni_search *s);
/** The point in work holds, `before` is still the one before; at_older is `before`. */
void spni_forecast_hold(spni_search *s);
/** The point in work, at beta, was not reached along the branch. */
void spni_forecast_lose(spni_search *s, double beta);
/** A step from `before` within a bracket of this width that should be `least`: as near to the end as it is known to hold; once that is closer than half of `least`,
 *  just short of `least`, where it does not hold and ends the bracket; without an end in sight, or where steps have not halved the bracket for long, the
 *  middle. */
double spni_forecast_step(spni_search *s, double width, double least);
/** The same for a step where nothing has been lost yet: shorter where it would lead past the end. */
double spni_forecast_bound(spni_search *s, double step);
/** Is the end likely to lie behind `lost`, which could not be reached from further away? */
bool spni_forecast_doubts(const spni_search *s, double lost);

/** |theta|, not less than what counts as a length. */
double spni_length_of(const spni_follower *f, const double *theta);
/** The way that theta has gone from `before`. */
double spni_way_of(const spni_follower *f);
/** Do the tangents at `before` and at the point in work explain the step? */
bool spni_is_explained(const spni_follower *f, double step);
/** Labels and tangent of the point in work. */
spn_status spni_take_tangent(spni_follower *f, bool *is_positive);
/** A run without iterations: linearise at theta. */
spn_status spni_stand_at(spni_follower *f, const double *theta, double beta);
/** A step from `before` that is settled, `behind` away in the direction `sign` and up to the end of the
 *  interval, further where it has to be: just behind a branch point the way down from the saddle is below the
 *  rounding of L. *is_settled: the state in work is a minimum. */
spn_status spni_settle(spni_search *s, double behind, double sign, double *beta,
                       spn_solver_info *info, bool *is_settled);
/** The state in work has settled behind a bracket: follow its branch back as near to the bracket as it goes, and
 *  stand there. The walk uses `before`. */
spn_status spni_come_near(spni_search *s, double lost);

/** The state in work, at `settled`, is what the network reaches from `before`, and the branch ends between there and
 *  `lost`: measure both sides, send the transition, and stand there again. */
spn_status spni_report(spni_search *s, double lost, double settled);
/** The way from `before` to the point in work at `end` is not understood: send that interval. The point in work is
 *  then a linearisation by `newton`. */
spn_status spni_report_unresolved(spni_search *s);

#endif
