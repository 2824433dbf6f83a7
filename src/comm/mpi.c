/* SPDX-License-Identifier: MIT */
/* A farm of MPI's ranks.
 *
 * While jobs run ranks talk through a window of counters on rank 0, one-sided, so that nobody waits: the next job, the
 * lowest place of a failed job, and for each rank its progress and a beat that says that it is alive. Some MPIs (MPICH 4) serve the window
 * only inside calls of rank 0, and who waits for that burns a processor, with the pool's lock in his hands. So what ranks tell each other
 * is asked for and looked for later, rank 0 looks in whenever it can, and only the next job is waited for. All other calls are made by all ranks
 * together. Whoever waits for the others looks now and then and sleeps between: MPI would burn the processor that others
 * compute on. */
#include "comm/comm.h"

#include <errno.h>
#include <mpi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROOT = 0 };

/* Numbers of the window: those of all, then SLOT_SIZE for each rank. */
enum { NEXT_JOB, LOWEST_FAILED, SHARED };
enum { BEAT, DONE, SLOT_SIZE };

/* Progress in the window is in whole numbers: of these parts of a unit. */
static const double DONE_PARTS = 1024;

/* Seconds between two looks into the window while jobs run, and while waiting. */
static const double TELL_INTERVAL = 0.2;
static const long WAIT_NANOSECONDS = 500 * 1000;

/* How long a rank that has failed on its own waits for others to end, too. */
static const double PARTING_SECONDS = 3;

/* Bytes of messages that go to all ranks at once. */
enum { CHUNK = 1 << 20 };

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
    MPI_Win window;
    int64_t *counters; /* of the window; on rank 0 all, elsewhere none */
    int64_t *read;     /* rank 0: as they were read */
    int64_t jobs;      /* of the run */
    FILE *spool;       /* the messages of this rank in this run: heads and bytes */
    int64_t spooled;   /* how many */
    bool has_agreed;   /* all ranks know of the failure */
    double patience, told;
    question question;
    int64_t neighbours_beat; /* as last seen, */
    double beaten;           /* and when it changed; 0: not seen yet */
    _Atomic double inside;   /* since when in a call of MPI that should not take long; 0: in none */
    pthread_t watch;
    spn_farm_news others;
    int own_stderr; /* ranks above 0: where their errors would have gone */
    FILE *held;     /* and where they are kept */
} ranks;

typedef struct spool_head {
    int64_t job, size;
} spool_head;

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static MPI_Aint slot_of(int64_t rank, int number)
{
    return (MPI_Aint)(SHARED + SLOT_SIZE * rank + number);
}

/* ---- Failures ---------------------------------------------------------------------------------- */

/* What this rank said, now that rank 0 does not say it. */
static void speak(const ranks *r)
{
    char line[4096];
    if (r->held == NULL) {
        return;
    }
    fflush(stderr);
    rewind(r->held);
    while (fgets(line, sizeof line, r->held) != NULL) {
        dprintf(r->own_stderr, "rank %lld: %s", (long long)r->farm->rank, line);
    }
}

_Noreturn static void give_up(const ranks *r, const char *text, int exit_status)
{
    dprintf(r->own_stderr, "spinodal-mpi: rank %lld: %s\n", (long long)r->farm->rank, text);
    MPI_Abort(r->world, exit_status);
    _exit(exit_status);
}

/* ---- Signs of life ----------------------------------------------------------------------------- */

/* Calls that wait for another rank to answer stand between these. */
static void enter(ranks *r)
{
    atomic_store(&r->inside, seconds());
}

static void leave(ranks *r)
{
    atomic_store(&r->inside, 0);
}

/* A thread that sees when a call never returns. */
static void *watch(void *state)
{
    ranks *r = state;
    const struct timespec pause = {0, 200 * 1000 * 1000};
    for (;;) {
        nanosleep(&pause, NULL);
        const double since = atomic_load(&r->inside);
        if (since > 0 && seconds() - since > r->patience) {
            dprintf(
                r->own_stderr,
                "spinodal-mpi: rank %lld: MPI has not answered for %.0f s; all ranks end, go on "
                "with --resume\n",
                (long long)r->farm->rank, seconds() - since);
            _exit(5); /* whoever started the ranks ends the others */
        }
    }
    return NULL;
}

/* Each rank looks whether the next one is alive. */
static void look_after(ranks *r, int64_t rank, int64_t beat)
{
    const double time = seconds();
    if (beat != r->neighbours_beat || r->beaten == 0) {
        r->neighbours_beat = beat;
        r->beaten = time;
    } else if (time - r->beaten > r->patience) {
        char text[160];
        snprintf(text, sizeof text,
                 "nothing was heard of rank %lld for %.0f s; all ranks end, go on with --resume",
                 (long long)rank, time - r->beaten);
        give_up(r, text, 5);
    }
}

/* ---- The window -------------------------------------------------------------------------------- */

static int64_t fetch_and_add(ranks *r, MPI_Aint at, int64_t added)
{
    int64_t before = 0;
    enter(r);
    MPI_Fetch_and_op(&added, &before, MPI_INT64_T, ROOT, at, MPI_SUM, r->window);
    MPI_Win_flush(ROOT, r->window);
    leave(r);
    return before;
}

static void put(ranks *r, MPI_Aint at, const int64_t *value, MPI_Op operation)
{
    enter(r);
    MPI_Accumulate(value, 1, MPI_INT64_T, ROOT, at, 1, MPI_INT64_T, operation, r->window);
    MPI_Win_flush(ROOT, r->window);
    leave(r);
}

/* Progress of the others, which rank 0 shows. */
static double others_done(ranks *r)
{
    double done = 0;
    const int count = (int)slot_of(r->farm->size, 0);
    enter(r);
    MPI_Get_accumulate(NULL, 0, MPI_INT64_T, r->read, count, MPI_INT64_T, ROOT, 0, count,
                       MPI_INT64_T, MPI_NO_OP, r->window);
    MPI_Win_flush(ROOT, r->window);
    leave(r);
    for (int64_t rank = 1; rank < r->farm->size; rank++) {
        done += (double)r->read[slot_of(rank, DONE)] / DONE_PARTS;
    }
    return done;
}

static int64_t next_rank(const ranks *r)
{
    return (r->farm->rank + 1) % r->farm->size;
}

static MPI_Request *request_of(question *q)
{
    return &q->requests[q->count++];
}

/* Put the question: progress and failure told, a beat given, the lowest failure and the neighbour's beat asked for. */
static void ask(ranks *r, const spn_farm_news *own)
{
    question *q = &r->question;
    *q = (question){.failed = SPN_FARM_NONE, .one = 1, .is_open = true};
    enter(r);
    if (own != NULL) {
        q->done = (int64_t)(own->done * DONE_PARTS);
        q->failed = own->failed;
        MPI_Raccumulate(&q->done, 1, MPI_INT64_T, ROOT, slot_of(r->farm->rank, DONE), 1,
                        MPI_INT64_T, MPI_REPLACE, r->window, request_of(q));
    }
    MPI_Rget_accumulate(&q->failed, 1, MPI_INT64_T, &q->lowest, 1, MPI_INT64_T, ROOT, LOWEST_FAILED,
                        1, MPI_INT64_T, MPI_MIN, r->window, request_of(q));
    MPI_Rget_accumulate(&q->one, 1, MPI_INT64_T, &q->own_beat, 1, MPI_INT64_T, ROOT,
                        slot_of(r->farm->rank, BEAT), 1, MPI_INT64_T, MPI_SUM, r->window,
                        request_of(q));
    MPI_Rget_accumulate(&q->none, 1, MPI_INT64_T, &q->beat, 1, MPI_INT64_T, ROOT,
                        slot_of(next_rank(r), BEAT), 1, MPI_INT64_T, MPI_NO_OP, r->window,
                        request_of(q));
    leave(r);
}

static void check_answer(const ranks *r, question *q)
{
    const double time = seconds();
    q->unanswered = q->unanswered > 0 ? q->unanswered : time;
    if (time - q->unanswered > r->patience) {
        char text[160];
        snprintf(text, sizeof text,
                 "MPI has not answered for %.0f s; all ranks end, go on with --resume",
                 time - q->unanswered);
        give_up(r, text, 5);
    }
}

/* Is the question answered, or was none put? With `waits` it is when this returns. */
static bool hear(ranks *r, bool waits)
{
    question *q = &r->question;
    MPI_Status
        statuses[QUESTIONS]; /* of no interest, but MPICH's header warns of MPI_STATUSES_IGNORE */
    int is_done = 1;
    if (!q->is_open) {
        return true;
    }
    if (waits) {
        enter(r);
        MPI_Waitall(q->count, q->requests, statuses);
        MPI_Win_flush(ROOT, r->window);
        leave(r);
    } else {
        MPI_Testall(q->count, q->requests, &is_done, statuses);
    }
    if (!is_done) {
        check_answer(r, q);
        return false;
    }
    q->is_open = false;
    r->others.failed = q->lowest < q->failed ? q->lowest : q->failed;
    if (next_rank(r) != r->farm->rank) {
        look_after(r, next_rank(r), q->beat);
    }
    return true;
}

/* A look into the window now and then, without waiting. Rank 0 serves the others by it. */
static void look(ranks *r, const spn_farm_news *own)
{
    const double time = seconds();
    int is_there = 0;
    if (r->farm->rank == ROOT) {
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, r->world, &is_there, MPI_STATUS_IGNORE);
    }
    if (hear(r, false) && time - r->told > TELL_INTERVAL) {
        r->told = time;
        ask(r, own);
        r->others.done = r->farm->rank == ROOT ? others_done(r) : 0;
    }
}

/* Wait for a request of all ranks. */
static void wait_for(ranks *r, MPI_Request *request)
{
    const struct timespec pause = {0, WAIT_NANOSECONDS};
    int is_done = 0;
    for (MPI_Test(request, &is_done, MPI_STATUS_IGNORE); !is_done;
         MPI_Test(request, &is_done, MPI_STATUS_IGNORE)) {
        nanosleep(&pause, NULL);
        look(r, NULL);
    }
}

static void meet(ranks *r)
{
    MPI_Request request;
    MPI_Ibarrier(r->world, &request);
    wait_for(r, &request);
}

/* Bytes of one rank, in pieces whose sizes MPI can count. */
static void send_to_all(ranks *r, void *data, int64_t size, int from)
{
    for (int64_t sent = 0; sent < size; sent += CHUNK) {
        const int64_t rest = size - sent;
        enter(r);
        MPI_Bcast((char *)data + sent, (int)(rest < CHUNK ? rest : CHUNK), MPI_BYTE, from,
                  r->world);
        leave(r);
    }
}

/* Ranks without a failure bring SPN_FARM_NONE; the lowest number wins, and of equal ones the lowest rank. */
static bool find_failure(ranks *r, int64_t number, int *rank)
{
    struct {
        long number;
        int rank;
    } own = {(long)number, (int)r->farm->rank}, lowest = own;
    meet(r);
    enter(r);
    MPI_Allreduce(&own, &lowest, 1, MPI_LONG_INT, MPI_MINLOC, r->world);
    leave(r);
    *rank = lowest.rank;
    return lowest.number != (long)SPN_FARM_NONE;
}

static spn_status share_error(spn_context *context, ranks *r, int rank)
{
    spn_error error;
    spn_error_get(context, &error);
    send_to_all(r, &error, sizeof error, rank);
    spn_error_set(context, &error);
    r->has_agreed = true;
    return error.status;
}

/* ---- The farm ---------------------------------------------------------------------------------- */

static spn_status begin(spn_context *context, spn_farm *farm, int64_t jobs)
{
    ranks *r = farm->state;
    const int64_t none = SPN_FARM_NONE, zero = 0;
    if (r->spool == NULL && (r->spool = tmpfile()) == NULL) {
        return spn_fail(context, SPN_ERROR_IO, "cannot make a temporary file: %s", strerror(errno));
    }
    rewind(r->spool);
    r->spooled = 0;
    r->jobs = jobs;
    meet(r);       /* nobody takes jobs of the last run any more, */
    hear(r, true); /* nor tells of its failures */
    meet(r);
    put(r, slot_of(farm->rank, DONE), &zero, MPI_REPLACE);
    if (farm->rank == ROOT) {
        put(r, NEXT_JOB, &zero, MPI_REPLACE);
        put(r, LOWEST_FAILED, &none, MPI_REPLACE);
    }
    meet(r);
    hear(r, true); /* what was asked before that is of the last run, too */
    r->others = (spn_farm_news){.failed = SPN_FARM_NONE};
    return SPN_OK;
}

static int64_t take(spn_farm *farm)
{
    ranks *r = farm->state;
    const int64_t job = fetch_and_add(r, NEXT_JOB, 1);
    return job < r->jobs ? job : SPN_FARM_NONE;
}

static void tell(spn_farm *farm, const spn_farm_news *own, spn_farm_news *others)
{
    ranks *r = farm->state;
    look(r, own);
    *others = r->others;
}

static spn_status fail_spool(spn_context *context)
{
    return spn_fail(context, SPN_ERROR_IO,
                    "cannot keep results for other ranks in a temporary file: %s", strerror(errno));
}

static spn_status keep(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                       int64_t size)
{
    ranks *r = farm->state;
    const spool_head head = {job, size};
    if (fwrite(&head, sizeof head, 1, r->spool) != 1 ||
        (size > 0 && fwrite(message, (size_t)size, 1, r->spool) != 1)) {
        return fail_spool(context);
    }
    r->spooled++;
    return SPN_OK;
}

/* Messages, each a head and its bytes, `count` of them, to the receiver. */
static spn_status hand_over(spn_context *context, const spn_farm_end *end, const char *messages,
                            int64_t count, int64_t size)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < count && status == SPN_OK; i++) {
        const char *at = messages + i * size;
        spool_head head;
        memcpy(&head, at, sizeof head);
        status = end->receiver(context, end->receiver_state, head.job, at + sizeof head);
    }
    return status;
}

/* One rank's messages to all others, a number of them at a time. A receiver that fails does not keep the rank from listening. */
static spn_status broadcast(spn_context *context, ranks *r, int from, const spn_farm_end *end,
                            char *buffer, int64_t at_once)
{
    spn_status status = SPN_OK;
    const bool is_mine = from == (int)r->farm->rank;
    const int64_t size = (int64_t)sizeof(spool_head) + end->message_size;
    int64_t left = r->spooled;
    send_to_all(r, &left, sizeof left, from);
    while (left > 0) {
        const int64_t count = left < at_once ? left : at_once;
        if (is_mine && fread(buffer, (size_t)size, (size_t)count, r->spool) != (size_t)count &&
            status == SPN_OK) {
            status = fail_spool(context);
        }
        send_to_all(r, buffer, count * size, from);
        if (!is_mine && status == SPN_OK) {
            status = hand_over(context, end, buffer, count, size);
        }
        left -= count;
    }
    return status;
}

static spn_status broadcast_all(spn_context *context, ranks *r, const spn_farm_end *end)
{
    spn_status status = SPN_OK;
    const int64_t size = (int64_t)sizeof(spool_head) + end->message_size;
    const int64_t at_once = size < CHUNK ? CHUNK / size : 1;
    char *buffer = spn_allocate(context, at_once * size, 1);
    status = buffer == NULL ? spn_error_status(context) : SPN_OK;
    if (status == SPN_OK && (fflush(r->spool) != 0 || fseek(r->spool, 0, SEEK_SET) != 0)) {
        status = fail_spool(context);
    }
    status = spn_farm_agree(context, status, NULL, 0); /* all have room: nobody stays away */
    for (int from = 0; from < (int)r->farm->size && !r->has_agreed; from++) {
        const spn_status heard = broadcast(context, r, from, end, buffer, at_once);
        status = status == SPN_OK ? heard : status;
    }
    spn_release(context, buffer);
    return r->has_agreed ? status : spn_farm_agree(context, status, NULL, 0);
}

static spn_status exchange(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    ranks *r = farm->state;
    int rank = 0;
    if (find_failure(r, end->failed, &rank)) {
        return share_error(context, r, rank);
    }
    return end->receiver != NULL ? broadcast_all(context, r, end) : SPN_OK;
}

static spn_status agree(spn_context *context, spn_farm *farm, spn_status status, void *data,
                        int64_t size)
{
    ranks *r = farm->state;
    int rank = 0;
    if (find_failure(r, status != SPN_OK ? farm->rank : SPN_FARM_NONE, &rank)) {
        return share_error(context, r, rank);
    }
    if (size > 0) {
        send_to_all(r, data, size, ROOT);
    }
    return SPN_OK;
}

/* ---- Beginning and end ------------------------------------------------------------------------- */

/* Ranks above 0 say what rank 0 says, unless they fail alone. */
static void hold_back(ranks *r)
{
    r->own_stderr = dup(STDERR_FILENO);
    r->held = tmpfile();
    if (r->held == NULL || freopen("/dev/null", "w", stdout) == NULL) {
        give_up(r, "cannot make a temporary file", 5);
    }
    dup2(fileno(r->held), STDERR_FILENO);
}

static void make_window(ranks *r)
{
    const int64_t count = slot_of(r->farm->size, 0);
    const MPI_Aint bytes =
        r->farm->rank == ROOT ? (MPI_Aint)(count * (int64_t)sizeof *r->counters) : 0;
    MPI_Win_allocate(bytes, sizeof *r->counters, MPI_INFO_NULL, r->world, &r->counters, &r->window);
    if (r->farm->rank == ROOT) {
        memset(r->counters, 0, (size_t)bytes);
        r->read = calloc((size_t)count, sizeof *r->read);
        if (r->read == NULL) {
            give_up(r, "out of memory", 4);
        }
    }
    MPI_Win_lock_all(MPI_MODE_NOCHECK, r->window);
    MPI_Win_sync(r->window);
    MPI_Barrier(r->world);
}

void comm_begin(int *count, char ***words, double patience, spn_farm *farm)
{
    static ranks all; /* as MPI itself, once in a process */
    ranks *r = &all;
    int provided = 0, rank = 0, size = 1;
    MPI_Init_thread(count, words, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &r->world);
    MPI_Comm_rank(r->world, &rank);
    MPI_Comm_size(r->world, &size);
    *farm = (spn_farm){.rank = rank,
                       .size = size,
                       .state = r,
                       .begin = begin,
                       .take = take,
                       .tell = tell,
                       .keep = keep,
                       .exchange = exchange,
                       .agree = agree};
    r->farm = farm;
    r->patience = patience;
    r->own_stderr = STDERR_FILENO;
    if (provided < MPI_THREAD_SERIALIZED) {
        give_up(r, "this MPI does not allow calls from threads (MPI_THREAD_SERIALIZED)", 4);
    }
    make_window(r);
    if (rank != ROOT) {
        hold_back(r);
    }
    if (pthread_create(&r->watch, NULL, watch, r) != 0) {
        give_up(r, "cannot start a thread", 4);
    }
}

/* Do all ranks come to the end within the time that a failed one waits? */
static bool is_end_of_all(ranks *r, bool has_failed)
{
    MPI_Request request;
    const struct timespec pause = {0, WAIT_NANOSECONDS};
    const double begun = seconds();
    int is_done = 0;
    MPI_Ibarrier(r->world, &request);
    if (!has_failed || r->has_agreed) {
        wait_for(r, &request);
        return true;
    }
    while (!is_done && seconds() - begun < PARTING_SECONDS) {
        nanosleep(&pause, NULL);
        MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    }
    return is_done;
}

int comm_end(spn_farm *farm, int exit_status)
{
    ranks *r = farm->state;
    struct {
        int status, rank;
    } own = {exit_status, (int)farm->rank}, worst = own;
    if (!is_end_of_all(r, exit_status > 1)) {
        speak(r);
        MPI_Abort(r->world, exit_status);
        _exit(exit_status);
    }
    hear(r, true);
    MPI_Allreduce(&own, &worst, 1, MPI_2INT, MPI_MAXLOC, r->world);
    if (worst.rank == own.rank && exit_status > 1) {
        speak(r);
    }
    pthread_cancel(r->watch);
    pthread_join(r->watch, NULL);
    MPI_Win_unlock_all(r->window);
    MPI_Win_free(&r->window);
    MPI_Comm_free(&r->world);
    MPI_Finalize();
    free(r->read);
    if (r->spool != NULL) {
        fclose(r->spool);
    }
    if (r->held != NULL) {
        fclose(r->held);
    }
    return worst.status;
}
