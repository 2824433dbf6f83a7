/* SPDX-License-Identifier: MIT */
/** @file chain.h  Following one chain of points; private to room `sweep`. */
#ifndef SPINODAL_SRC_SWEEP_CHAIN_H
#define SPINODAL_SRC_SWEEP_CHAIN_H

#include "sweep/pace.h"

/** What travels from a worker to the coordinator: this head, then 2 `parameters` numbers: theta of a
 *  finished point (and nothing more), or theta before and after a transition. */
typedef struct spni_message {
    bool is_transition;
    spn_sweep_record record; /**< of a point, with its modes */
    int64_t mode_count;
    double modes[SPN_MODES_MAX];
    spn_sweep_jump jump; /**< of a transition, with the way to it */
    int64_t ordinal, approach_count;
    spn_sweep_approach approach[SPN_APPROACH_MAX];
    double theta[];
} spni_message;

/** Bytes of a message, or 0 on overflow. */
int64_t spni_message_size(int64_t parameters);

/** What has become of a chain so far; the coordinator writes it, a job starts from it. */
typedef struct spni_chain {
    int64_t number;
    int64_t seed;
    spn_direction direction;
    int64_t phase;
    int64_t first, count; /**< grid indices: first, first +- 1, ... `count` of them */
    /** With a pace: places instead, from `first` to `end`; then `count` is a forecast of how many points there will be. */
    int64_t end;
    bool is_paced;
    spni_pace pace;      /**< of finished points */
    const int64_t *legs; /**< leg of each value of the grid, which is then a path; NULL: one leg */
    const double *start; /**< theta before the first point; NULL: the initial weights */
    double steps;        /**< of the solver at a point, a forecast beside others; 0: no different */
    int64_t done;        /**< finished points */
    int64_t phase_points,
        phase_steps;       /**< of those of the phase it is in, but the first, and at these */
    spn_sweep_record last; /**< record of the last finished point, when done > 0 */
    double *last_theta;    /**< its theta */
} spni_chain;

/** Grid index of the chain's point `point`. */
static inline int64_t spni_chain_index(const spni_chain *chain, int64_t point)
{
    return chain->direction == SPN_DIRECTION_DOWN ? chain->first - point : chain->first + point;
}

static inline int64_t spni_chain_leg(const spni_chain *chain, int64_t point)
{
    return chain->legs != NULL ? chain->legs[spni_chain_index(chain, point)] : 0;
}

static inline bool spni_chain_is_done(const spni_chain *chain)
{
    return chain->is_paced ? chain->pace.points > 0 && chain->pace.last.place == chain->end
                           : chain->done == chain->count;
}

/** The chain's direction on the way to point `point`; to the first one: that of the first leg. */
static inline spn_direction spni_chain_direction(const spni_chain *chain, const double *grid,
                                                 int64_t point)
{
    int64_t later = point > 0 ? point : 1;
    if (chain->legs == NULL) {
        return chain->direction;
    }
    return grid[later] > grid[later - 1] ? SPN_DIRECTION_UP : SPN_DIRECTION_DOWN;
}

/** Compute the points that are left of a chain and send each as an spni_message. The points depend on
 *  the problem and the chain's description alone, not on where an interruption cut it. `grid`: NULL with a pace. */
spn_status spni_chain_follow(spn_context *context, const spn_sweep_problem *problem,
                             const double *grid, const spni_chain *chain,
                             spn_pool_channel *channel);

#endif
