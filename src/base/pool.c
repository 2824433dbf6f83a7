/* SPDX-License-Identifier: MIT */
#include "base/farm.h"

#include <pthread.h>
#include <spinodal/base/team.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Workers sleep between runs. A run hands out job numbers in order; messages pass through a ring of
 * fixed slots, so that sending allocates nothing. The coordinator is the thread that calls
 * spn_pool_run(). One mutex guards everything: jobs are long compared with its critical sections.
 *
 * With as many workers as processors, each time the coordinator wakes up it takes a processor from a
 * worker, and the system may move threads about for it. So messages do not wake it: it looks for them
 * every PATIENCE nanoseconds, and at once when the queue is half full or a job has ended.
 *
 * A run of fewer jobs than threads leaves workers asleep; each job gets a team in their place, of
 * threads that belong to the team. Teams are kept for the next run of as many jobs.
 *
 * Jobs are handed out by their place in an order: the longest first where their cost is known. Which failure counts is
 * decided by places too, since a job of a lower place was handed out before.
 *
 * With a farm the places of jobs come from it, under the mutex, and so does what other ranks say: its functions are
 * never called at the same time. What jobs send is kept for the other ranks, whose messages come at the end. Ranks that share
 * samples run all jobs, in that order and one at a time, with a team of all threads: they meet inside. */
enum { QUEUE_SLOTS = 64, PATIENCE = 20 * 1000 * 1000, SECOND = 1000 * 1000 * 1000 };

struct spn_pool_channel {
    spn_pool *pool;
    int64_t job, place;
};

typedef struct worker {
    spn_pool *pool;
    spn_context *context;
    pthread_t thread;
    bool is_started;
} worker;

typedef struct ranked_job {
    double cost;
    int64_t job;
} ranked_job;

struct spn_pool {
    spn_context *context;
    int64_t threads;
    worker *workers;
    spn_team **teams; /* of the jobs of a run; NULL: the job's thread is alone */
    pthread_mutex_t mutex;
    pthread_cond_t work_arrived; /* to workers: a run has begun, or the pool ends */
    pthread_cond_t progress;     /* to the coordinator: many messages or the end of a job */
    pthread_cond_t room;         /* to workers: the queue has room, or the run is stopping */
    bool has_mutex, is_ending, is_lending, has_receiver_failed;
    const spn_pool_work *work;
    spn_farm *farm;                /* of the run; NULL: all jobs are run here */
    int64_t next;                  /* place, without a farm */
    ranked_job *order;             /* jobs by place; without costs not used */
    int64_t order_capacity;        /* jobs */
    bool is_taken;                 /* all jobs are, or have been done */
    int64_t running, first_failed; /* its place; -1: none */
    int64_t others_failed; /* the lowest place of a failed job of other ranks; SPN_FARM_NONE */
    spn_context *failure;  /* keeps the error of the failed job with the lowest place */
    char *slots;
    int64_t slots_capacity; /* bytes */
    int64_t slot_jobs[QUEUE_SLOTS];
    int64_t head, count;
};

/* Jobs before a failed one go on, so that which failure is the first does not depend on timing. */
static bool must_stop(const spn_pool *pool, int64_t place)
{
    return pool->has_receiver_failed || (pool->first_failed >= 0 && pool->first_failed < place) ||
           pool->others_failed < place;
}

static bool is_sharded(const spn_pool *pool)
{
    return pool->farm != NULL && pool->farm->is_sharded;
}

/* The place of the next job that nobody has taken; false where there is none. */
static bool take_place(spn_pool *pool, int64_t *place)
{
    const bool is_shared = pool->farm != NULL && !is_sharded(pool);
    *place = is_shared ? pool->farm->take(pool->farm) : pool->next++;
    pool->is_taken = *place >= pool->work->jobs || (!is_shared && *place + 1 == pool->work->jobs);
    return *place < pool->work->jobs;
}

static spn_team *team_of(const spn_pool *pool, int64_t place)
{
    return pool->is_lending ? pool->teams[is_sharded(pool) ? 0 : place] : NULL;
}

static int64_t job_at(const spn_pool *pool, int64_t place)
{
    return pool->work->cost != NULL ? pool->order[place].job : place;
}

static void record_failure(spn_pool *pool, int64_t place, spn_context *from)
{
    if (pool->first_failed < 0 || place < pool->first_failed) {
        pool->first_failed = place;
        spn_error_copy(pool->failure, from);
    }
    pthread_cond_broadcast(&pool->room);
}

/* Called and left with the mutex held. */
static void run_one_job(spn_pool *pool, worker *self)
{
    int64_t place = 0;
    if (!take_place(pool, &place)) {
        pthread_cond_signal(&pool->progress);
        return;
    }
    pool->running++;
    pthread_mutex_unlock(&pool->mutex);
    spn_pool_channel channel = {pool, job_at(pool, place), place};
    spn_context_set_team(self->context, team_of(pool, place));
    spn_status status =
        pool->work->job(self->context, pool->work->job_state, channel.job, &channel);
    spn_context_set_team(self->context, NULL);
    pthread_mutex_lock(&pool->mutex);
    pool->running--;
    /* A job that was told to stop reports an interruption that is only a consequence. */
    bool is_consequence = status == SPN_ERROR_INTERRUPTED && must_stop(pool, place);
    if (status != SPN_OK && !is_consequence) {
        record_failure(pool, place, self->context);
    }
    pthread_cond_signal(&pool->progress);
    if (is_sharded(pool)) {
        pthread_cond_broadcast(&pool->work_arrived);
    }
}

static bool has_work(const spn_pool *pool)
{
    return pool->work != NULL && !must_stop(pool, INT64_MAX) && !pool->is_taken;
}

/* Is there a job that may begin now? */
static bool has_turn(const spn_pool *pool)
{
    return has_work(pool) && !(is_sharded(pool) && pool->running > 0);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    spn_pool *pool = self->pool;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->is_ending) {
        if (has_turn(pool)) {
            run_one_job(pool, self);
        } else {
            pthread_cond_wait(&pool->work_arrived, &pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static spn_status start_workers(spn_context *context, spn_pool *pool)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, pool->workers, pool->threads);
    SPN_NEW(context, pool->teams, pool->threads);
    for (int64_t i = 0; i < pool->threads; i++) {
        worker *self = &pool->workers[i];
        self->pool = pool;
        SPN_TRY(spn_context_fork(context, &self->context));
    }
    for (int64_t i = 0; i < pool->threads; i++) {
        worker *self = &pool->workers[i];
        int error = pthread_create(&self->thread, NULL, worker_main, self);
        if (error != 0) {
            SPN_FAIL(context, SPN_ERROR_MEMORY, "cannot start thread %lld of %lld: %s",
                     (long long)i + 1, (long long)pool->threads, strerror(error));
        }
        self->is_started = true;
    }
done:
    return status;
}

spn_status spn_pool_create(spn_context *context, int64_t threads, spn_pool **out)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    *out = NULL;
    if (threads < 0 || threads > 4096) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "threads = %lld: must be 0 (all) to 4096",
                        (long long)threads);
    }
    if (threads == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        threads = online > 0 ? (int64_t)online : 1;
    }
    SPN_NEW(context, pool, 1);
    pool->context = context;
    pool->threads = threads;
    SPN_TRY(spn_context_fork(context, &pool->failure));
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_arrived, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->progress, &steady);
    pthread_condattr_destroy(&steady);
    pthread_cond_init(&pool->room, NULL);
    pool->has_mutex = true;
    SPN_TRY(start_workers(context, pool));
    *out = pool;
    pool = NULL;
done:
    spn_pool_free(pool);
    return status;
}

void spn_pool_free(spn_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    spn_context *context = pool->context;
    if (pool->has_mutex) {
        pthread_mutex_lock(&pool->mutex);
        pool->is_ending = true;
        pthread_cond_broadcast(&pool->work_arrived);
        pthread_mutex_unlock(&pool->mutex);
    }
    for (int64_t i = 0; pool->workers != NULL && i < pool->threads; i++) {
        if (pool->workers[i].is_started) {
            pthread_join(pool->workers[i].thread, NULL);
        }
        spn_context_free(pool->workers[i].context);
    }
    for (int64_t i = 0; pool->teams != NULL && i < pool->threads; i++) {
        spn_team_free(pool->teams[i]);
    }
    if (pool->has_mutex) {
        pthread_cond_destroy(&pool->room);
        pthread_cond_destroy(&pool->progress);
        pthread_cond_destroy(&pool->work_arrived);
        pthread_mutex_destroy(&pool->mutex);
    }
    spn_release(context, pool->workers);
    spn_release(context, pool->teams);
    spn_release(context, pool->slots);
    spn_release(context, pool->order);
    spn_context_free(pool->failure);
    spn_release(context, pool);
}

int64_t spn_pool_threads(const spn_pool *pool)
{
    return pool->threads;
}

/* The receiver reads from the ring while the mutex is free,
 * which is safe because the head moves only afterwards. */
static spn_status reserve_slots(spn_context *context, spn_pool *pool, int64_t message_size)
{
    spn_status status = SPN_OK;
    int64_t bytes = 0;
    if (!spn_size_multiply(message_size, QUEUE_SLOTS, &bytes)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "impossible message size");
    }
    if (bytes > pool->slots_capacity) {
        spn_release(context, pool->slots);
        pool->slots = NULL;
        pool->slots_capacity = 0;
        SPN_NEW(context, pool->slots, bytes);
        pool->slots_capacity = bytes;
    }
done:
    return status;
}

static int compare_costs(const void *a, const void *b)
{
    const ranked_job *left = a, *right = b;
    if (left->cost != right->cost) {
        return left->cost > right->cost ? -1 : 1;
    }
    return (left->job > right->job) - (left->job < right->job);
}

/* What takes longest begins first: then the others fill the time that it takes, and nobody waits for it at the end. */
static spn_status order_jobs(spn_context *context, spn_pool *pool, const spn_pool_work *work)
{
    spn_status status = SPN_OK;
    if (work->cost == NULL || work->jobs <= 0) {
        return SPN_OK;
    }
    if (work->jobs > pool->order_capacity) {
        spn_release(context, pool->order);
        pool->order = NULL;
        pool->order_capacity = 0;
        SPN_NEW(context, pool->order, work->jobs);
        pool->order_capacity = work->jobs;
    }
    for (int64_t job = 0; job < work->jobs; job++) {
        pool->order[job] = (ranked_job){work->cost[job], job};
    }
    qsort(pool->order, (size_t)work->jobs, sizeof *pool->order, compare_costs);
done:
    return status;
}

/* Threads without a job go to the jobs, the first ones getting one more where they do not divide. */
static spn_status lend_threads(spn_context *context, spn_pool *pool, int64_t jobs)
{
    spn_status status = SPN_OK;
    pool->is_lending = jobs > 0 && jobs < pool->threads;
    for (int64_t job = 0; pool->is_lending && job < jobs; job++) {
        int64_t lanes = pool->threads / jobs + (job < pool->threads % jobs ? 1 : 0);
        if (pool->teams[job] != NULL && spn_team_size(pool->teams[job]) == lanes) {
            continue;
        }
        spn_team_free(pool->teams[job]);
        pool->teams[job] = NULL;
        SPN_TRY(lanes > 1 ? spn_team_create(pool->context, lanes, &pool->teams[job]) : SPN_OK);
    }
done:
    if (status != SPN_OK) {
        spn_error_copy(context, pool->context);
    }
    return status;
}

static spn_status receive(spn_context *context, const spn_pool *pool, int64_t job,
                          const void *message)
{
    spn_status status = SPN_OK;
    const spn_pool_work *work = pool->work;
    spn_farm *farm = pool->farm;
    SPN_TRY(work->receiver(context, work->receiver_state, job, message));
    SPN_TRY(farm != NULL && !farm->is_sharded
                ? farm->keep(context, farm, job, message, work->message_size)
                : SPN_OK);
done:
    return status;
}

/* Deliver the oldest message; called and left with the mutex held. */
static void deliver_one(spn_context *context, spn_pool *pool, spn_status *status)
{
    const spn_pool_work *work = pool->work;
    int64_t slot = pool->head;
    if (*status == SPN_OK && work->receiver != NULL) {
        pthread_mutex_unlock(&pool->mutex);
        *status =
            receive(context, pool, pool->slot_jobs[slot], pool->slots + slot * work->message_size);
        pthread_mutex_lock(&pool->mutex);
        if (*status != SPN_OK) {
            pool->has_receiver_failed = true;
        }
    }
    pool->head = (pool->head + 1) % QUEUE_SLOTS;
    pool->count--;
    pthread_cond_broadcast(&pool->room);
}

/* Called and left with the mutex held. */
static void tell_farm(spn_pool *pool)
{
    spn_farm *farm = pool->farm;
    spn_farm_news others;
    farm->news.failed = pool->has_receiver_failed ? -1
                        : pool->first_failed >= 0 ? pool->first_failed
                                                  : SPN_FARM_NONE;
    if (pool->first_failed >= 0 && spn_error_status(pool->failure) == SPN_ERROR_INTERRUPTED) {
        farm->news.failed = -1;
    }
    farm->tell(farm, &farm->news, &others);
    farm->others_done = others.done;
    if (others.failed < pool->others_failed) {
        pool->others_failed = others.failed;
        pthread_cond_broadcast(&pool->room);
    }
}

static void wait_for_progress(spn_pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE;
    if (until.tv_nsec >= SECOND) {
        until.tv_nsec -= SECOND;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&pool->progress, &pool->mutex, &until);
}

/* Since when nothing was said, and the signs of life there were when the last message came. */
typedef struct silence {
    double since;
    int64_t ticks;
} silence;

static const double SILENCE_MOST = 1;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int64_t ticks_of(const spn_pool *pool)
{
    int64_t ticks = 0;
    for (int64_t i = 0; i < pool->threads; i++) {
        ticks += spn_ticks(pool->workers[i].context);
    }
    return ticks;
}

/* Called and left with the mutex held. */
static void break_silence(spn_context *context, spn_pool *pool, silence *quiet)
{
    const double time = now();
    const int64_t ticks = ticks_of(pool) - quiet->ticks;
    if (time - quiet->since < SILENCE_MOST || ticks == 0) {
        return;
    }
    quiet->since = time;
    pthread_mutex_unlock(&pool->mutex);
    spn_progress(context, (double)ticks, 0, "evaluations since the last result");
    pthread_mutex_lock(&pool->mutex);
}

/* Jobs and messages, until there are none. Called and left with the mutex held. */
static void coordinate(spn_context *context, spn_pool *pool, spn_status *status)
{
    silence quiet = {now(), ticks_of(pool)};
    while (pool->count > 0 || pool->running > 0 || has_work(pool)) {
        if (pool->count > 0) {
            deliver_one(context, pool, status);
            quiet.since = now();
            quiet.ticks = ticks_of(pool);
        } else {
            wait_for_progress(pool);
            break_silence(context, pool, &quiet);
        }
        if (pool->farm != NULL) {
            tell_farm(pool);
        }
    }
}

/* The jobs of this process have ended with `status`, that of the receiver or of the lowest failed job. */
static spn_status exchange(spn_context *context, const spn_pool *pool, const spn_pool_work *work,
                           spn_status status)
{
    spn_farm *farm = pool->farm;
    const bool is_job =
        pool->first_failed >= 0 && !pool->has_receiver_failed && status != SPN_ERROR_INTERRUPTED;
    const spn_farm_end end = {.status = status,
                              .failed = status == SPN_OK ? SPN_FARM_NONE
                                        : is_job         ? pool->first_failed
                                                         : -1,
                              .message_size = work->message_size,
                              .receiver = work->receiver,
                              .receiver_state = work->receiver_state};
    farm->is_foreign = true;
    status = farm->exchange(context, farm, &end);
    farm->is_foreign = false;
    farm->is_running = false;
    return status;
}

/* What a run starts from. With a farm all ranks meet here. */
static spn_status begin_run(spn_context *context, spn_pool *pool, const spn_pool_work *work)
{
    spn_status status = SPN_OK;
    spn_farm *farm = spn_context_farm(context);
    SPN_TRY(reserve_slots(context, pool, work->message_size));
    const bool is_alone = farm != NULL && farm->is_sharded && work->jobs > 0;
    SPN_TRY(lend_threads(context, pool, is_alone ? 1 : work->jobs));
    SPN_TRY(order_jobs(context, pool, work));
    if (farm != NULL) {
        SPN_TRY(farm->begin(context, farm, work->jobs));
        farm->is_running = true;
        farm->news = (spn_farm_news){.failed = SPN_FARM_NONE};
        farm->first_done = -1;
        farm->others_done = 0;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->farm = farm;
    pool->work = work;
    pool->next = 0;
    pool->is_taken = work->jobs <= 0;
    pool->head = pool->count = 0;
    pool->first_failed = -1;
    pool->others_failed = SPN_FARM_NONE;
    pool->has_receiver_failed = false;
    pthread_mutex_unlock(&pool->mutex);
done:
    return status;
}

spn_status spn_pool_run(spn_context *context, spn_pool *pool, const spn_pool_work *work)
{
    spn_status status = SPN_OK;
    SPN_TRY(begin_run(context, pool, work));
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->work_arrived);
    coordinate(context, pool, &status);
    pool->work = NULL;
    const int64_t failed = pool->first_failed;
    pthread_mutex_unlock(&pool->mutex);
    if (status == SPN_OK && failed >= 0) {
        spn_error_copy(context, pool->failure);
        status = spn_error_status(context);
    }
    if (pool->farm != NULL) {
        status = exchange(context, pool, work, status);
    }
done:
    return status;
}

spn_status spn_pool_send(spn_context *context, spn_pool_channel *channel, const void *message)
{
    spn_pool *pool = channel->pool;
    spn_status status = SPN_OK;
    pthread_mutex_lock(&pool->mutex);
    while (pool->count == QUEUE_SLOTS && !must_stop(pool, channel->place)) {
        pthread_cond_wait(&pool->room, &pool->mutex);
    }
    if (must_stop(pool, channel->place)) {
        status = spn_fail(context, SPN_ERROR_INTERRUPTED, "another job failed");
    } else {
        int64_t slot = (pool->head + pool->count) % QUEUE_SLOTS;
        size_t size = (size_t)pool->work->message_size;
        memcpy(pool->slots + (size_t)slot * size, message, size);
        pool->slot_jobs[slot] = channel->job;
        if (++pool->count >= QUEUE_SLOTS / 2) {
            pthread_cond_signal(&pool->progress);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return status;
}
