/* SPDX-License-Identifier: MIT */
/* A farm of MPI's ranks.
 *
 * While jobs run ranks talk through a window of counters on rank 0, one-sided, so that nobody waits: the next job, the
 * lowest place of a failed job, and for each rank its progress and a beat that says that it is alive. Some MPIs (MPICH 4) serve the window
 * only inside calls of rank 0, and who waits for that burns a processor, with the pool's lock in his hands. So what ranks tell each other
 * is asked for and looked for later, rank 0 looks in whenever it can, and only the next job is waited for. All other calls are made by all ranks
 * together. Whoever waits for the others looks now and then and sleeps between: MPI would burn the processor that others
 * compute on. */
#include "comm/ranks.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Numbers of the window: those of all, then SLOT_SIZE for each rank. */
enum { NEXT_JOB, LOWEST_FAILED, SHARED };
enum { BEAT, DONE, SLOT_SIZE };

/* Progress in the window is in whole numbers: of these parts of a unit. */
static const double DONE_PARTS = 1024;

/* Seconds between two looks into the window while jobs run, and while waiting. */
static const double TELL_INTERVAL = 0.2;
static const long WAIT_NANOSECONDS = 500 * 1000;

/* And between two signs of life outside pools. */
static const double LIFE_INTERVAL = 0.02;

/* A rank that has not looked for so long was busy: what others did meanwhile it cannot know. */
static const double BUSY_SECONDS = 2;

/* How long a rank that has failed on its own waits for others to end, too. */
static const double PARTING_SECONDS = 3;

/* Who waits for what is about to come gives the processor away but does not sleep; so many seconds. */
static const double BRISK_SECONDS = 2e-3, FLOW_SECONDS = 1;

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

void comm_enter(ranks *r)
{
    pthread_mutex_lock(&r->turn);
    atomic_store(&r->inside, seconds());
}

void comm_leave(ranks *r)
{
    atomic_store(&r->inside, 0);
    pthread_mutex_unlock(&r->turn);
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

/* The time in which this rank was busy does not count. */
static void forgive(ranks *r)
{
    const double time = seconds(), away = r->looked > 0 ? time - r->looked : 0;
    r->looked = time;
    if (away > BUSY_SECONDS) {
        r->beaten += r->beaten > 0 ? away : 0;
        r->question.unanswered += r->question.unanswered > 0 ? away : 0;
    }
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
    comm_enter(r);
    MPI_Fetch_and_op(&added, &before, MPI_INT64_T, ROOT, at, MPI_SUM, r->window);
    MPI_Win_flush(ROOT, r->window);
    comm_leave(r);
    return before;
}

static void put(ranks *r, MPI_Aint at, const int64_t *value, MPI_Op operation)
{
    comm_enter(r);
    MPI_Accumulate(value, 1, MPI_INT64_T, ROOT, at, 1, MPI_INT64_T, operation, r->window);
    MPI_Win_flush(ROOT, r->window);
    comm_leave(r);
}

/* Progress of the others, which rank 0 shows. */
static double others_done(ranks *r)
{
    double done = 0;
    const int count = (int)slot_of(r->farm->size, 0);
    comm_enter(r);
    MPI_Get_accumulate(NULL, 0, MPI_INT64_T, r->read, count, MPI_INT64_T, ROOT, 0, count,
                       MPI_INT64_T, MPI_NO_OP, r->window);
    MPI_Win_flush(ROOT, r->window);
    comm_leave(r);
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
    comm_enter(r);
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
    comm_leave(r);
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
    forgive(r);
    MPI_Status
        statuses[QUESTIONS]; /* of no interest, but MPICH's header warns of MPI_STATUSES_IGNORE */
    int is_done = 1;
    if (!q->is_open) {
        return true;
    }
    if (waits) {
        comm_enter(r);
        MPI_Waitall(q->count, q->requests, statuses);
        MPI_Win_flush(ROOT, r->window);
        comm_leave(r);
    } else {
        comm_enter(r);
        MPI_Testall(q->count, q->requests, &is_done, statuses);
        comm_leave(r);
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

/* A look into the window now and then, without waiting. Rank 0 serves the others by it. Where ranks share samples a job looks
 * while it waits, and so does the pool. */
static void look(ranks *r, const spn_farm_news *own)
{
    const spn_farm_news failing = {.failed = -1};
    const double time = seconds();
    int is_there = 0;
    own = own == NULL && r->is_failing ? &failing : own;
    pthread_mutex_lock(&r->watch_turn);
    if (r->farm->rank == ROOT) {
        comm_enter(r);
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, r->world, &is_there, MPI_STATUS_IGNORE);
        comm_leave(r);
    }
    if (hear(r, false) && time - r->told > TELL_INTERVAL) {
        r->told = time;
        ask(r, own);
        r->others.done = r->farm->rank == ROOT && !r->farm->is_sharded ? others_done(r) : 0;
    }
    pthread_mutex_unlock(&r->watch_turn);
}

static bool is_done(ranks *r, int count, MPI_Request *requests)
{
    bool is_complete = true;
    comm_enter(r);
    for (int i = 0; i < count; i++) {
        int has_ended = 0;
        MPI_Test(&requests[i], &has_ended, MPI_STATUS_IGNORE);
        is_complete = is_complete && has_ended;
    }
    comm_leave(r);
    return is_complete;
}

/* Between looks the processor is offered to others for so many seconds, from then on the rank sleeps. */
static void wait_until_done(ranks *r, int count, MPI_Request *requests, double brisk)
{
    const struct timespec pause = {0, WAIT_NANOSECONDS};
    const double begun = seconds();
    while (!is_done(r, count, requests)) {
        if (seconds() - begun < brisk) {
            sched_yield();
        } else {
            nanosleep(&pause, NULL);
            look(r, NULL);
        }
    }
}

void comm_wait_for(ranks *r, int count, MPI_Request *requests)
{
    wait_until_done(r, count, requests, BRISK_SECONDS);
}

void comm_wait_for_flow(ranks *r, int count, MPI_Request *requests)
{
    wait_until_done(r, count, requests, FLOW_SECONDS);
}

static void meet(ranks *r)
{
    MPI_Request request;
    comm_enter(r);
    MPI_Ibarrier(r->world, &request);
    comm_leave(r);
    comm_wait_for(r, 1, &request);
}

void comm_send_to_all(ranks *r, void *data, int64_t size, int from)
{
    for (int64_t sent = 0; sent < size; sent += COMM_CHUNK) {
        const int64_t rest = size - sent;
        comm_enter(r);
        MPI_Bcast((char *)data + sent, (int)(rest < COMM_CHUNK ? rest : COMM_CHUNK), MPI_BYTE, from,
                  r->world);
        comm_leave(r);
    }
}

/* ---- The farm ---------------------------------------------------------------------------------- */

static spn_status begin(spn_context *context, spn_farm *farm, int64_t jobs)
{
    ranks *r = farm->state;
    const int64_t none = SPN_FARM_NONE, zero = 0;
    spn_status status = SPN_OK;
    if (r->spool == NULL && (r->spool = tmpfile()) == NULL) {
        status =
            spn_fail(context, SPN_ERROR_IO, "cannot make a temporary file: %s", strerror(errno));
    }
    if (farm->is_sharded) {
        return status;
    }
    /* Nobody takes jobs of the last run any more, */
    SPN_TRY(comm_meet(context, r, status, MEET_BEGIN, jobs));
    rewind(r->spool);
    r->spooled = 0;
    r->jobs = jobs;
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
done:
    return status;
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
    if (farm->is_sharded) { /* who fails tells where all meet, and all do the same */
        look(r, NULL);
        *others = (spn_farm_news){.failed = SPN_FARM_NONE};
        return;
    }
    look(r, own);
    *others = r->others;
}

/* While others may be waiting for what this rank does alone. */
static void beat(spn_farm *farm)
{
    ranks *r = farm->state;
    const double time = seconds();
    if (time - r->lived > LIFE_INTERVAL) {
        r->lived = time;
        look(r, NULL);
        farm->is_over = farm->is_over || (!farm->is_sharded && r->others.failed < 0);
    }
}

static spn_status exchange(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    ranks *r = farm->state;
    spn_status status = SPN_OK;
    SPN_TRY(comm_meet_with(context, r, end->failed, MEET_EXCHANGE, end->message_size));
    SPN_TRY(end->receiver != NULL && !farm->is_sharded ? comm_broadcast_all(context, r, end)
                                                       : SPN_OK);
done:
    return status;
}

static spn_status agree(spn_context *context, spn_farm *farm, spn_status status, void *data,
                        int64_t size)
{
    ranks *r = farm->state;
    SPN_TRY(comm_meet(context, r, status, MEET_AGREE, size));
    if (size > 0) {
        comm_send_to_all(r, data, size, ROOT);
    }
done:
    return status;
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

static void make_room(ranks *r)
{
    const size_t size = (size_t)r->farm->size;
    r->requests = calloc(2 * size, sizeof(MPI_Request));
    r->counts = calloc(size, sizeof *r->counts);
    r->places = calloc(size, sizeof *r->places);
    if (r->requests == NULL || r->counts == NULL || r->places == NULL) {
        give_up(r, "out of memory", 4);
    }
}

void comm_begin(int *count, char ***words, double patience, spn_farm *farm)
{
    static ranks all; /* as MPI itself, once in a process */
    ranks *r = &all;
    int provided = 0, rank = 0, size = 1;
    MPI_Init_thread(count, words, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &r->world);
    MPI_Comm_dup(MPI_COMM_WORLD, &r->parting);
    pthread_mutex_init(&r->turn, NULL);
    pthread_mutex_init(&r->watch_turn, NULL);
    MPI_Comm_rank(r->world, &rank);
    MPI_Comm_size(r->world, &size);
    *farm = (spn_farm){.rank = rank,
                       .size = size,
                       .state = r,
                       .begin = begin,
                       .take = take,
                       .tell = tell,
                       .beat = beat,
                       .keep = comm_keep,
                       .exchange = exchange,
                       .agree = agree};
    comm_share_samples(farm);
    r->farm = farm;
    r->patience = patience;
    r->own_stderr = STDERR_FILENO;
    if (provided < MPI_THREAD_SERIALIZED) {
        give_up(r, "this MPI does not allow calls from threads (MPI_THREAD_SERIALIZED)", 4);
    }
    make_window(r);
    make_room(r);
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
    int has_ended = 0;
    MPI_Ibarrier(r->parting, &request);
    if (!has_failed || r->has_agreed) {
        comm_wait_for(r, 1, &request);
        return true;
    }
    while (!has_ended && seconds() - begun < PARTING_SECONDS) {
        nanosleep(&pause, NULL);
        MPI_Test(&request, &has_ended, MPI_STATUS_IGNORE);
    }
    return has_ended;
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
    MPI_Comm_free(&r->parting);
    MPI_Finalize();
    free(r->read);
    free(r->requests);
    free(r->counts);
    free(r->places);
    if (r->spool != NULL) {
        fclose(r->spool);
    }
    if (r->held != NULL) {
        fclose(r->held);
    }
    return worst.status;
}
