/* SPDX-License-Identifier: MIT */
/** @file played_farm.h  Ranks that share samples, played: a rank is a thread, and all meet on a stage. */
#ifndef SPINODAL_TEST_PLAYED_FARM_H
#define SPINODAL_TEST_PLAYED_FARM_H

#include "support.h"

#include <pthread.h>
#include <spinodal/base/farm.h>
#include <spinodal/base/pairs.h>

enum { RANKS = 8 };

typedef struct stage {
    pthread_barrier_t all;
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    int64_t turn; /* whose it is to receive */
    const void *given[RANKS];
    const spn_farm_piece *carried[RANKS]; /* what each receives into, until all have passed it on */
    spn_status status[RANKS];
    spn_error error[RANKS];
    bool has_heard[RANKS]; /* of a failure: then there are no more meetings */
    int64_t wrong;         /* keys that differ */
    const double *total;   /* of a sum */
} stage;

static void wait_for_all(stage *played)
{
    pthread_barrier_wait(&played->all);
}

/* All bring a status and something; the lowest failure is everybody's. */
static spn_status meet(spn_context *context, const spn_farm *farm, spn_status status,
                       const void *given)
{
    stage *played = farm->state;
    if (played->has_heard[farm->rank]) {
        return spn_error_status(context);
    }
    played->given[farm->rank] = given;
    played->status[farm->rank] = status;
    spn_error_get(context, &played->error[farm->rank]);
    wait_for_all(played);
    status = SPN_OK;
    for (int64_t r = 0; r < farm->size && status == SPN_OK; r++) {
        if (played->status[r] != SPN_OK) {
            status = played->status[r];
            spn_error_set(context, &played->error[r]);
            played->has_heard[farm->rank] = true;
        }
    }
    wait_for_all(played);
    return status;
}

static spn_status sum(spn_context *context, spn_farm *farm, spn_status status,
                      const spn_farm_sum *own)
{
    stage *played = farm->state;
    spn_pairs pairs;
    SPN_TRY(meet(context, farm, status, own));
    /* Rank 0 adds up, in the rows of all; then all take it. */
    spn_pairs_begin(&pairs, 0, own->numbers);
    for (int64_t r = 0; r < farm->size && farm->rank == 0; r++) {
        const spn_farm_sum *its = played->given[r];
        played->wrong += its->key != own->key;
        for (int64_t i = 0; pairs.next < own->begin[r + 1]; i++) {
            spn_pairs_add(&pairs, spn_pairs_level(pairs.next, own->begin[r + 1]),
                          its->row + i * its->stride);
        }
    }
    if (farm->rank == 0) {
        played->total = spn_pairs_total(&pairs);
    }
    wait_for_all(played);
    memcpy(own->sum, played->total, (size_t)own->numbers * sizeof *own->sum);
    wait_for_all(played);
done:
    return status;
}

static spn_status collect(spn_context *context, spn_farm *farm, spn_status status,
                          const spn_farm_parts *own)
{
    stage *played = farm->state;
    SPN_TRY(meet(context, farm, status, own));
    for (int64_t r = 0; r < farm->size; r++) {
        const spn_farm_parts *its = played->given[r];
        for (int64_t i = 0; i < own->rows && r != farm->rank; i++) {
            memcpy(own->numbers + i * own->stride + own->begin[r],
                   its->numbers + i * its->stride + own->begin[r],
                   (size_t)(own->begin[r + 1] - own->begin[r]) * sizeof *own->numbers);
        }
    }
    wait_for_all(played);
done:
    return status;
}

static void copy_pieces(int64_t count, const spn_farm_piece *from, const spn_farm_piece *to)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < to[i].count; j++) { /* NULL where there are none */
            to[i].numbers[j] = from[i].numbers[j];
        }
    }
}

static spn_status receive(spn_context *context, spn_farm *farm, spn_status status, int64_t count,
                          const spn_farm_piece *pieces)
{
    stage *played = farm->state;
    played->carried[farm->rank] = pieces;
    SPN_TRY(meet(context, farm, status, pieces));
    pthread_mutex_lock(&played->mutex);
    while (played->turn != farm->rank) {
        pthread_cond_wait(&played->moved, &played->mutex);
    }
    pthread_mutex_unlock(&played->mutex);
    if (farm->rank > 0) {
        copy_pieces(count, played->carried[farm->rank - 1], pieces);
    }
done:
    return status;
}

static spn_status pass(spn_context *context, spn_farm *farm, spn_status status, int64_t count,
                       const spn_farm_piece *pieces)
{
    stage *played = farm->state;
    pthread_mutex_lock(&played->mutex);
    played->turn++;
    pthread_cond_broadcast(&played->moved);
    pthread_mutex_unlock(&played->mutex);
    status = meet(context, farm, status, pieces);
    if (status == SPN_OK && farm->rank + 1 < farm->size) {
        copy_pieces(count, played->given[farm->size - 1], pieces);
    }
    if (farm->rank == 0) {
        played->turn = 0; /* nobody looks between two meetings */
    }
    wait_for_all(played);
    return status;
}

/* Rank 0's bytes to all. */
static spn_status agree(spn_context *context, spn_farm *farm, spn_status status, void *data,
                        int64_t size)
{
    stage *played = farm->state;
    SPN_TRY(meet(context, farm, status, data));
    if (farm->rank > 0 && size > 0) {
        memcpy(data, played->given[0], (size_t)size);
    }
    wait_for_all(played);
done:
    return status;
}

static stage *stage_open(int64_t size)
{
    stage *played = calloc(1, sizeof *played);
    assert_non_null(played);
    pthread_barrier_init(&played->all, NULL, (unsigned)size);
    pthread_mutex_init(&played->mutex, NULL);
    pthread_cond_init(&played->moved, NULL);
    return played;
}

static void stage_close(stage *played)
{
    pthread_barrier_destroy(&played->all);
    pthread_mutex_destroy(&played->mutex);
    pthread_cond_destroy(&played->moved);
    free(played);
}

static spn_farm rank_of(stage *played, int64_t rank, int64_t size)
{
    return (spn_farm){.rank = rank,
                      .size = size,
                      .is_sharded = true,
                      .state = played,
                      .sum = sum,
                      .collect = collect,
                      .receive = receive,
                      .pass = pass,
                      .agree = agree};
}

#endif
