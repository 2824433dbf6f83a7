/* SPDX-License-Identifier: MIT */
/** @file farm.h  Processes that run one program on one input and share the numbered jobs of its pools.
 *
 *  Each process, a *rank*, does everything by itself but the jobs of a pool: a pool whose context has a farm asks it for
 *  the place of the next job that no rank has taken, in the order in which the pool hands jobs out (by their numbers, or the longest
 *  first). When all jobs have ended the ranks exchange what their jobs have
 *  sent, so that the receivers of all ranks have seen the messages of all jobs, and go on alike. Since results do not depend on
 *  which thread ran a job, they do not depend on which rank did, nor on how many there are.
 *
 *  Or they share the samples of one objective (is_sharded): then each rank runs all jobs, one at a time, and holds the same numbers
 *  as all others; only sums over samples are made of what each rank has of them (spn_network_error_shard()).
 *
 *  A farm is a table of functions. Room `comm` of the program makes one of MPI; spn_shares_farm() one of processes that never
 *  talk, a share of the jobs each. The library itself links to neither. */
#ifndef SPINODAL_BASE_FARM_H
#define SPINODAL_BASE_FARM_H

#include <spinodal/base/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_farm spn_farm;

/** No place of a job: there is none left, or none has failed. */
#define SPN_FARM_NONE INT64_MAX

/** What ranks tell each other while jobs run. */
typedef struct spn_farm_news {
    int64_t failed; /**< the lowest place of a failed job, -1: stop them all; SPN_FARM_NONE */
    double done;    /**< units of progress that were done by jobs: of this rank, or of all others */
} spn_farm_news;

/** How a rank's jobs ended. */
typedef struct spn_farm_end {
    spn_status status; /**< its error is that of the context */
    int64_t
        failed; /**< the place of the job that it is of, -1 where it is of none; SPN_FARM_NONE with SPN_OK */
    int64_t message_size;
    spn_pool_receiver *receiver; /**< for the messages of others */
    void *receiver_state;
} spn_farm_end;

/** A sum in pairs (pairs.h): rank r brings the nodes of terms [begin[r], begin[r + 1]), a row each. */
typedef struct spn_farm_sum {
    const int64_t *begin; /**< size + 1 numbers, ascending, the same everywhere; there are terms */
    int64_t numbers;      /**< of a row */
    int64_t stride;       /**< between this rank's rows */
    double *row;          /**< the first of them; sums are made in them */
    double *sum;          /**< `numbers`: of all terms of all ranks */
    int64_t
        key; /**< of what the rows were made of: the same everywhere, or ranks have lost each other */
} spn_farm_sum;

/** An array whose columns [begin[r], begin[r + 1]) rank r has made. */
typedef struct spn_farm_parts {
    const int64_t *begin;
    int64_t rows, stride;
    double *numbers;
} spn_farm_parts;

/** An array that goes from rank to rank: each adds to what those before have made. */
typedef struct spn_farm_piece {
    double *numbers;
    int64_t count;
} spn_farm_piece;

struct spn_farm {
    int64_t rank, size; /**< 0 <= rank < size; rank 0 writes what all have made */
    /** Ranks never hear of each other: the results of a run are a share of what there is to be. */
    bool is_share;
    /** Ranks share samples, not jobs. */
    bool is_sharded;
    /** Rank 0 works for a while as if there were no others, who wait for it: the context has no farm then, but for signs of life. */
    bool is_alone;
    void *state;

    /** The functions marked with (all) are called by all ranks together, and return when all have called. Of ranks that talk: a rank that has
     *  failed is heard of at whatever such call the others come to, and its error is everybody's, there and at all calls that follow. */

    /** (all) A pool begins with `jobs` jobs. */
    spn_status (*begin)(spn_context *context, spn_farm *farm, int64_t jobs);
    /** The place of the next job that no rank has taken; SPN_FARM_NONE. */
    int64_t (*take)(spn_farm *farm);
    /** Tell others, and hear of them: called after each message, and at least some fifty times a second, while jobs run. Not at the same time as take(). */
    void (*tell)(spn_farm *farm, const spn_farm_news *own, spn_farm_news *others);
    /** A message of a job of this rank, which others are to have at the end. May be called at the same time as take() and tell(). */
    spn_status (*keep)(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                       int64_t size);
    /** (all) The jobs of this rank have ended. Where any rank failed: the error of the failed job with the lowest place, everywhere.
     *  Otherwise hands the messages of other ranks to the receiver, those of a job in their order. */
    spn_status (*exchange)(spn_context *context, spn_farm *farm, const spn_farm_end *end);
    /** (all) Where any rank comes with a failure: that of the lowest rank, everywhere, and before they come here others are told (beat()).
     *  Otherwise rank 0's `size` bytes of `data` go to all. */
    spn_status (*agree)(spn_context *context, spn_farm *farm, spn_status status, void *data,
                        int64_t size);

    /** A sign of life while no pool runs, which costs nothing where it is given often; sets is_over. NULL: nobody waits for one. */
    void (*beat)(spn_farm *farm);

    /* Of ranks that share samples; otherwise they may be NULL. Where any rank comes with a failure the error is that of the lowest such rank,
     * everywhere, and that of all calls that follow. Called by one thread at a time, which may be another than that of tell(). */

    /** (all) Add up the rows of all ranks: the bits are those of one process that has all terms. */
    spn_status (*sum)(spn_context *context, spn_farm *farm, spn_status status,
                      const spn_farm_sum *sum);
    /** (all) All parts to all. */
    spn_status (*collect)(spn_context *context, spn_farm *farm, spn_status status,
                          const spn_farm_parts *parts);
    /** (all) A relay: rank r returns with what rank r - 1 has passed on, rank 0 at once. */
    spn_status (*receive)(spn_context *context, spn_farm *farm, spn_status status, int64_t count,
                          const spn_farm_piece *pieces);
    /** (all) Its other half, whatever has happened in between: pass the arrays on; those of the last rank go to all. */
    spn_status (*pass)(spn_context *context, spn_farm *farm, spn_status status, int64_t count,
                       const spn_farm_piece *pieces);

    /* Notes of the pool, and of shares. */
    bool is_foreign;    /* what the receiver is given was sent on another rank */
    bool is_running;    /* a pool is at work */
    bool is_over;       /* another rank has failed while no pool was at work, */
    bool is_stopped;    /* and this one has stopped for that */
    spn_farm_news news; /* of this rank, in this pool's run */
    double first_done;  /* progress when the run began; -1: not known yet */
    double others_done;
    int64_t share_next, share_jobs;
};

/** Let the pools of `context` share their jobs with other ranks (NULL: with none), who do the same. The farm outlives
 *  its time there. Contexts that are forked have none. */
void spn_context_set_farm(spn_context *context, spn_farm *farm);
/** The farm; NULL: none, or this rank works alone for a while. */
spn_farm *spn_context_farm(const spn_context *context);

/** A number that tells one array of numbers from another, for keys that ranks compare; never negative. O(count). */
int64_t spn_farm_key(int64_t count, const double *numbers);

/** This process's rank; 0 without a farm. */
int64_t spn_farm_rank(const spn_context *context);
/** Is this the one process that writes what all have made: rank 0, or all there is? */
bool spn_farm_writes(const spn_context *context);
/** Inside a receiver: was the message sent on another rank, which has kept it already? */
bool spn_farm_is_foreign(const spn_context *context);
/** Do ranks share samples, so that all hold all results and one journal is enough? */
bool spn_farm_is_sharded(const spn_context *context);
/** The run has no more than this rank's share of the results (spn_shares_farm()). */
bool spn_farm_is_share(const spn_context *context);
/** A sign of life for the other ranks, which may be waiting: whoever works for long without spn_poll(), which gives one, too, gives them at each piece. In
 *  the context of a farm's rank only, and not while its pool runs: otherwise it does nothing. */
void spn_farm_beat(spn_context *context);
/** spn_farm's agree(); without a farm, or in a share, `status`. */
spn_status spn_farm_agree(spn_context *context, spn_status status, void *data, int64_t size);

/** A farm of processes that never talk: of each pool's jobs this one takes those at the places rank, rank + size, ... Fills *farm, which
 *  needs no end. SPN_ERROR_ARGUMENT unless 0 <= rank < size. */
spn_status spn_shares_farm(spn_context *context, int64_t rank, int64_t size, spn_farm *farm);

#ifdef __cplusplus
}
#endif

#endif
