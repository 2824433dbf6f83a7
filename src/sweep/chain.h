/* SPDX-License-Identifier: MIT */
/** @file chain.h  Following one chain of points; private to room `sweep`. */
#ifndef SPINODAL_SRC_SWEEP_CHAIN_H
#define SPINODAL_SRC_SWEEP_CHAIN_H

#include <spinodal/sweep.h>

/** One finished point as it travels from a worker to the coordinator: this head, then `parameters`
 *  numbers of theta. */
typedef struct spni_message {
    spn_sweep_record record;
    int64_t mode_count;
    double modes[SPN_MODES_MAX];
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
    int64_t first, count;  /**< grid indices: first, first +- 1, ... `count` of them */
    const double *start;   /**< theta before the first point; NULL: the initial weights */
    int64_t done;          /**< finished points */
    spn_sweep_record last; /**< record of the last finished point, when done > 0 */
    double *last_theta;    /**< its theta */
} spni_chain;

/** Grid index of the chain's point `point`. */
static inline int64_t spni_chain_index(const spni_chain *chain, int64_t point)
{
    return chain->direction == SPN_DIRECTION_DOWN ? chain->first - point : chain->first + point;
}

/** Compute the points that are left of a chain and send each as an spni_message. The points depend on
 *  the problem and the chain's description alone, not on where an interruption cut it. */
spn_status spni_chain_follow(spn_context *context, const spn_sweep_problem *problem,
                             const double *grid, const spni_chain *chain,
                             spn_pool_channel *channel);

#endif
