/* SPDX-License-Identifier: MIT */
/** @file ranks.h  What the files of room `comm` share. */
#ifndef SPINODAL_SRC_COMM_RANKS_H
#define SPINODAL_SRC_COMM_RANKS_H

#include "comm/comm.h"

#include <mpi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { ROOT = 0 };

/* Bytes of messages that go to all ranks at once. */
enum { COMM_CHUNK = 1 << 20 };

enum { QUESTIONS = 4 };

/* What a rank tells, and asks the window for; the memory is MPI's until all requests are done. */
typedef struct question {
    MPI_Request requests[QUESTIONS];
    int count;
    int64_t done, failed, one, none; /* told; none: of a request that only reads */
    int64_t lowest, own_beat, beat;  /* heard: the neighbour's beat last */
    bool is_open;                    /* there is no answer yet, */
    double unanswered; /* though it was looked for at this time first; 0: it was not */
} question;

typedef struct ranks {
    spn_farm *farm;
    MPI_Comm world;
    MPI_Comm parting; /* for the end: a rank that comes there alone meets nobody by mistake */
    MPI_Win window;
    int64_t *counters;          /* of the window; on rank 0 all, elsewhere none */
    int64_t *read;              /* rank 0: as they were read */
    int64_t jobs;               /* of the run */
    FILE *spool;                /* the messages of this rank in this run: heads and bytes */
    int64_t spooled;            /* how many */
    bool is_failing;            /* this rank has failed outside a pool, and tells */
    bool has_agreed;            /* all ranks know of the failure, */
    spn_error failure;          /* this one */
    pthread_mutex_t turn;       /* of the threads that call MPI: one at a time */
    pthread_mutex_t watch_turn; /* of those that look after others */
    MPI_Request *requests;      /* two for each rank */
    int *counts, *places;       /* of each rank */
    double patience, told, lived;
    question question;
    int64_t neighbours_beat; /* as last seen, */
    double beaten;           /* and when it changed; 0: not seen yet */
    double looked; /* when this rank looked last, for what it has not looked at is nobody's fault */
    _Atomic double inside; /* since when in a call of MPI that should not take long; 0: in none */
    pthread_t watch;
    spn_farm_news others;
    int own_stderr; /* ranks above 0: where their errors would have gone */
    FILE *held;     /* and where they are kept */
} ranks;

/* mpi.c */
/** Calls of MPI stand between these: where ranks share samples a job makes some while the pool tells others. */
void comm_enter(ranks *r);
void comm_leave(ranks *r);
/** Wait for requests that other ranks have to answer. */
void comm_wait_for(ranks *r, int count, MPI_Request *requests);
/** The same where all ranks have come and numbers flow: these move a piece at each look (of some 64 KiB), so that a rank that sleeps between
 *  looks holds up the others. */
void comm_wait_for_flow(ranks *r, int count, MPI_Request *requests);
/** Bytes of one rank, in pieces whose sizes MPI can count. */
void comm_send_to_all(ranks *r, void *data, int64_t size, int from);

/* spool.c */
/** As spn_farm's `keep`. */
spn_status comm_keep(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                     int64_t size);
/** What all ranks have kept to the receivers of the others. */
spn_status comm_broadcast_all(spn_context *context, ranks *r, const spn_farm_end *end);

/* meet.c */
/** What all ranks are about to do. */
typedef enum comm_meeting {
    MEET_AGREE,
    MEET_BEGIN,
    MEET_EXCHANGE,
    MEET_SUM,
    MEET_COLLECT,
    MEET_RECEIVE,
    MEET_PASS
} comm_meeting;
/** All ranks meet, with or without a failure; SPN_OK where none has one, and all have come to the same place with the same key. Otherwise
 *  the failure is that of all, here and at each meeting that follows. */
spn_status comm_meet(spn_context *context, ranks *r, spn_status status, comm_meeting where,
                     int64_t key);
/** The same, where failures have places, as in spn_farm_end; that of the lowest counts. */
spn_status comm_meet_with(spn_context *context, ranks *r, int64_t failed, comm_meeting where,
                          int64_t key);
/** The error of that rank is everybody's from now on. */
spn_status comm_share_error(spn_context *context, ranks *r, int rank);

/* shared_sums.c */
/** The functions of ranks that share samples. */
void comm_share_samples(spn_farm *farm);

#endif
