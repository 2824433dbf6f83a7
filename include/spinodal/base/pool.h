/* SPDX-License-Identifier: MIT */
/** @file pool.h  A small thread pool for independent numbered jobs.
 *
 *  The calling thread coordinates: it alone delivers events, receives the workers' messages and
 *  touches files. Which worker runs a job never influences the job's result. */
#ifndef SPINODAL_BASE_POOL_H
#define SPINODAL_BASE_POOL_H

#include <spinodal/base/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spn_pool spn_pool;
typedef struct spn_pool_channel spn_pool_channel;

/** Start `threads` workers (>= 1; 0: one per online processor). Free with spn_pool_free(). */
spn_status spn_pool_create(spn_context *context, int64_t threads, spn_pool **out);
void spn_pool_free(spn_pool *pool);
int64_t spn_pool_threads(const spn_pool *pool);

/** One job; `context` is the worker's own. `channel` sends messages to the coordinator. */
typedef spn_status spn_pool_job(spn_context *context, void *state, int64_t job,
                                spn_pool_channel *channel);
/** Called on the coordinating thread for each message, in the order of arrival and within a fiftieth of
 *  a second; messages of one job arrive in the order sent. A failure stops the run. */
typedef spn_status spn_pool_receiver(spn_context *context, void *state, int64_t job,
                                     const void *message);

typedef struct spn_pool_work {
    int64_t jobs;
    spn_pool_job *job;
    void *job_state;
    int64_t message_size; /**< bytes of each message; 0: none are sent */
    spn_pool_receiver *receiver;
    void *receiver_state;
    /** A forecast of what each job costs, in any unit, no NaN: the longest begin first, equal ones by their numbers. NULL:
     *  all by their numbers. The same on all ranks of a farm. */
    const double *cost;
} spn_pool_work;

/** Run all jobs and return when they have ended. With fewer jobs than threads each job's context has a
 *  team (base/team.h) of threads / jobs lanes, the first jobs one more where that leaves a rest. When a job fails no new ones start; of several
 *  failures that of the job that began first is reported (without costs: of the lowest number). While no message comes, what jobs say by spn_tick() becomes an event
 *  of progress each second, of an unknown total. */
spn_status spn_pool_run(spn_context *context, spn_pool *pool, const spn_pool_work *work);

/** From inside a job: copy `message` (message_size bytes) to the coordinator; blocks while the
 *  queue is full. SPN_ERROR_INTERRUPTED when the run is being stopped. Never allocates. */
spn_status spn_pool_send(spn_context *context, spn_pool_channel *channel, const void *message);

#ifdef __cplusplus
}
#endif

#endif
