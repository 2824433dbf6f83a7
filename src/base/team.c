/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getcpu, on Linux */
#include "base/team.h"
#include "base/invariant.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A team runs the parts of one call: its helpers and the caller, lane 0, take numbers from one counter until there are none.
 *
 * One word, the gate, says whether a run is open, how many helpers are inside, and which run it is.
 * A helper enters an open run once, takes parts until there are none, and leaves. The caller opens the
 * gate, takes parts itself until there are none, closes the gate and waits until nobody is inside: a
 * helper that comes late finds the gate closed and is not waited for, and what describes the run is
 * written only while nobody can read it.
 *
 * Helpers look at the gate for WATCH nanoseconds after a run before they sleep, and the caller as long
 * for the last to leave. Who sleeps says so in an atomic variable before it looks once more, and who
 * has something to tell looks at that variable afterwards, both in the one order of sequentially
 * consistent operations: one of the two sees the other.
 *
 * The system may put a woken helper on the caller's own processor, where it can only take time from the caller.
 * Such a helper moves to another one that it is allowed to use, and takes no part where there is none.
 * Or it runs when all is done: after runs for which helpers were woken in vain more and more runs, up to
 * REST_MAX, go without waking any. */
/* Bits of the gate: 0 whether it is open, 1 to 31 how many are inside, 32 to 63 the number of the run. Its lower half is 0 exactly when
 * it is closed and empty. */
enum { OPEN = 1, INSIDE = 2, RUN_SHIFT = 32 };
enum { WATCH = 40 * 1000, SECOND = 1000 * 1000 * 1000, LOOKS = 32, REST_MAX = 63 };

typedef struct helper {
    spn_team *team;
    spn_context *context;
    pthread_t thread;
    int64_t lane;
    bool is_started;
} helper;

struct spn_team {
    spn_context *context;
    int64_t lanes;
    int64_t watch; /* nanoseconds; 0 where lanes must share processors */
    helper *helpers;
    bool is_started;
    int64_t rest; /* runs that wake nobody, after runs for which those woken came too late */
    int64_t next_rest;
    pthread_mutex_t mutex;
    pthread_cond_t opened; /* to helpers that sleep: the gate has opened, or the team ends */
    pthread_cond_t left;   /* to a caller that sleeps: the last helper has left */
    _Atomic uint64_t gate;
    atomic_int sleepers;
    atomic_bool is_ending, is_caller_asleep;
    atomic_int processor;  /* the caller's; -1: not known */
    atomic_bool is_helped; /* a helper has come to the run */
    /* The run; constant while the gate is open. */
    spn_team_part *body;
    void *state;
    int64_t parts, lanes_used;
    _Atomic int64_t next, first_failed;
    /* Of the lowest failed part; under the mutex. */
    spn_status status;
    spn_context *failure; /* keeps its error */
};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The number of the processor that the thread runs on just now; -1 where that is not known. */
static int this_processor(void)
{
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

/* Of several parts that fail the lowest counts, whichever thread comes first: what a run returns does not depend on the number of
 * threads. */
static void record_failure(spn_team *team, int64_t part, spn_status status, spn_context *from)
{
    pthread_mutex_lock(&team->mutex);
    if (part < atomic_load(&team->first_failed)) {
        atomic_store(&team->first_failed, part);
        team->status = status;
        spn_error_copy(team->failure, from);
    }
    pthread_mutex_unlock(&team->mutex);
}

/* Parts are taken in order: those below a failed one have been taken and run to their end, so that the lowest failure is found though
 * the rest is left out. Relaxed order is enough for the counter, whose values alone matter: what the parts write is handed over by
 * the gate, entered and left with sequential consistency. */
static void take_parts(spn_team *team, spn_context *context, int64_t lane)
{
    for (;;) {
        int64_t part = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (part >= team->parts ||
            part > atomic_load_explicit(&team->first_failed, memory_order_relaxed)) {
            return;
        }
        spn_status status = team->body(context, team->state, part, lane);
        if (status != SPN_OK) {
            record_failure(team, part, status, context);
        }
    }
}

/* Whether the gate is open for a helper that has last been inside run `seen`. */
static bool is_open(uint64_t gate, uint64_t seen)
{
    return (gate & OPEN) != 0 && gate >> RUN_SHIFT != seen;
}

static bool enter(spn_team *team, uint64_t *seen)
{
    uint64_t gate = atomic_load(&team->gate);
    /* A failed exchange has loaded the gate anew: it may have closed meanwhile, or another has entered. */
    while (is_open(gate, *seen)) {
        if (atomic_compare_exchange_weak(&team->gate, &gate, gate + INSIDE)) {
            *seen = gate >> RUN_SHIFT;
            return true;
        }
    }
    return false;
}

/* A helper that shares the caller's processor can only take time from it. */
static bool is_in_the_way(spn_team *team)
{
    int processor = this_processor();
    return processor >= 0 && processor == atomic_load(&team->processor);
}

/* Moves the calling helper to a processor that is allowed and not the caller's; whether it has. */
static bool move_away(const cpu_set_t *allowed, int processor)
{
    cpu_set_t others = *allowed;
    if (processor < 0 || processor >= CPU_SETSIZE) {
        return false;
    }
    CPU_CLR((size_t)processor, &others);
    return CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0;
}

/* Look at the gate for a while, in rounds of LOOKS looks between two calls of the clock, which cost more than a look. */
static bool watch_and_enter(spn_team *team, uint64_t *seen)
{
    int64_t until = team->watch > 0 ? now() + team->watch : 0;
    do {
        for (int look = 0; look < LOOKS; look++) {
            if (enter(team, seen)) {
                return true;
            }
            pause_briefly();
        }
    } while (now() < until && !is_in_the_way(team) && !atomic_load(&team->is_ending));
    return false;
}

/* The number of sleepers is raised before the gate is looked at again: open_gate() opens first and reads the number afterwards, so
 * that either this thread sees the open gate or that one sees a sleeper, and wakes under the mutex. */
static void sleep_until_open(spn_team *team, uint64_t seen)
{
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->sleepers, 1);
    while (!atomic_load(&team->is_ending) && !is_open(atomic_load(&team->gate), seen)) {
        pthread_cond_wait(&team->opened, &team->mutex);
    }
    atomic_fetch_sub(&team->sleepers, 1);
    pthread_mutex_unlock(&team->mutex);
}

static void leave(spn_team *team)
{
    uint64_t gate = atomic_fetch_sub(&team->gate, INSIDE) - INSIDE;
    SPNI_INVARIANT((uint32_t)gate >> 1 < (uint32_t)team->lanes - 1);
    /* Closed and empty: the last one out tells the caller, if that sleeps. */
    if ((uint32_t)gate == 0 && atomic_load(&team->is_caller_asleep)) {
        pthread_mutex_lock(&team->mutex);
        pthread_cond_signal(&team->left);
        pthread_mutex_unlock(&team->mutex);
    }
}

static void *helper_main(void *argument)
{
    helper *self = argument;
    spn_team *team = self->team;
    uint64_t seen = 0;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        CPU_ZERO(&allowed); /* more processors than the set holds: stay where the system says */
    }
    while (!atomic_load(&team->is_ending)) {
        if (!watch_and_enter(team, &seen)) {
            sleep_until_open(team, seen);
            continue;
        }
        /* Constant while anybody is inside. A helper beyond the lanes of this run only passes through. */
        bool is_wanted = self->lane < team->lanes_used;
        if (is_wanted &&
            (!is_in_the_way(team) || move_away(&allowed, atomic_load(&team->processor)))) {
            atomic_store(&team->is_helped, true);
            take_parts(team, self->context, self->lane);
        }
        leave(team);
    }
    return NULL;
}

static spn_status start_helpers(spn_context *context, spn_team *team)
{
    for (int64_t i = 0; i < team->lanes - 1; i++) {
        helper *self = &team->helpers[i];
        int error = self->is_started ? 0 : pthread_create(&self->thread, NULL, helper_main, self);
        if (error != 0) {
            return spn_fail(context, SPN_ERROR_MEMORY, "cannot start thread %lld of %lld: %s",
                            (long long)i + 2, (long long)team->lanes, strerror(error));
        }
        self->is_started = true;
    }
    team->is_started = true;
    return SPN_OK;
}

spn_status spn_team_create(spn_context *context, int64_t lanes, spn_team **out)
{
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    *out = NULL;
    if (lanes < 0 || lanes > 4096) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "lanes = %lld: must be 0 (all) to 4096",
                        (long long)lanes);
    }
    if (lanes == 0) {
        lanes = online > 0 ? (int64_t)online : 1;
    }
    SPN_NEW(context, team, 1);
    team->context = context;
    team->lanes = lanes;
    team->watch = lanes <= (int64_t)online ? WATCH : 0;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->opened, NULL);
    pthread_cond_init(&team->left, NULL);
    SPN_TRY(spn_context_fork(context, &team->failure));
    SPN_NEW(context, team->helpers, lanes);
    for (int64_t i = 0; i < lanes - 1; i++) {
        team->helpers[i].team = team;
        team->helpers[i].lane = i + 1;
        SPN_TRY(spn_context_fork(context, &team->helpers[i].context));
    }
    *out = team;
    team = NULL;
done:
    spn_team_free(team);
    return status;
}

void spn_team_free(spn_team *team)
{
    if (team == NULL) {
        return;
    }
    spn_context *context = team->context;
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->is_ending, true);
    pthread_cond_broadcast(&team->opened);
    pthread_mutex_unlock(&team->mutex);
    for (int64_t i = 0; team->helpers != NULL && i < team->lanes - 1; i++) {
        if (team->helpers[i].is_started) {
            pthread_join(team->helpers[i].thread, NULL);
        }
        spn_context_free(team->helpers[i].context);
    }
    pthread_cond_destroy(&team->left);
    pthread_cond_destroy(&team->opened);
    pthread_mutex_destroy(&team->mutex);
    spn_context_free(team->failure);
    spn_release(context, team->helpers);
    spn_release(context, team);
}

int64_t spn_team_size(const spn_team *team)
{
    return team->lanes;
}

int64_t spn_team_lanes(const spn_context *context)
{
    const spn_team *team = spni_context_team(context);
    return team != NULL ? team->lanes : 1;
}

/* As many helpers as there are parts for; all, where not every one may take parts. */
static void wake(spn_team *team)
{
    int64_t wanted = team->parts - 1;
    pthread_mutex_lock(&team->mutex);
    if (team->lanes_used < team->lanes || wanted >= atomic_load(&team->sleepers)) {
        pthread_cond_broadcast(&team->opened);
    } else {
        for (int64_t i = 0; i < wanted; i++) {
            pthread_cond_signal(&team->opened);
        }
    }
    pthread_mutex_unlock(&team->mutex);
}

/* Whether helpers had to be woken. */
static bool open_gate(spn_team *team)
{
    /* Only the caller writes the run's number, so that it may be read in any order. */
    uint64_t run = (atomic_load_explicit(&team->gate, memory_order_relaxed) >> RUN_SHIFT) + 1;
    run = (uint32_t)run == 0 ? 1 : (uint32_t)run; /* 0 is what helpers start with */
    atomic_store(&team->processor, this_processor());
    atomic_store(&team->is_helped, false);
    atomic_store(&team->gate, run << RUN_SHIFT | OPEN);
    if (atomic_load(&team->sleepers) == 0) {
        return false;
    }
    if (team->rest > 0) {
        team->rest--;
        return false;
    }
    wake(team);
    return true;
}

/* After a run for which helpers were woken. In vain: the next 0, 1, 3, 7, ... up to REST_MAX runs wake nobody; once one has come in
 * time, every run wakes again. */
static void learn(spn_team *team)
{
    if (atomic_load(&team->is_helped)) {
        team->next_rest = 0;
    } else {
        team->rest = team->next_rest;
        team->next_rest = 2 * team->next_rest + 1;
        team->next_rest = team->next_rest > REST_MAX ? REST_MAX : team->next_rest;
    }
}

static bool is_empty(spn_team *team)
{
    return (uint32_t)atomic_load(&team->gate) == 0;
}

/* Nobody enters any more; wait for those inside as a helper waits for the gate: looking first, then asleep, which is said before the gate
 * is looked at once more (leave()). */
static void close_gate(spn_team *team)
{
    atomic_fetch_sub(&team->gate, OPEN);
    if (is_empty(team)) {
        return;
    }
    int64_t until = team->watch > 0 ? now() + team->watch : 0;
    do {
        for (int look = 0; look < LOOKS; look++) {
            if (is_empty(team)) {
                return;
            }
            pause_briefly();
        }
    } while (now() < until);
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->is_caller_asleep, true);
    while (!is_empty(team)) {
        pthread_cond_wait(&team->left, &team->mutex);
    }
    atomic_store(&team->is_caller_asleep, false);
    pthread_mutex_unlock(&team->mutex);
}

static spn_status run_alone(spn_context *context, int64_t parts, spn_team_part *body, void *state)
{
    spn_status status = SPN_OK;
    for (int64_t part = 0; part < parts && status == SPN_OK; part++) {
        status = body(context, state, part, 0);
    }
    return status;
}

spn_status spn_team_run(spn_context *context, int64_t parts, spn_team_part *body, void *state)
{
    return spn_team_run_on(context, INT64_MAX, parts, body, state);
}

spn_status spn_team_run_on(spn_context *context, int64_t lanes, int64_t parts, spn_team_part *body,
                           void *state)
{
    spn_status status = SPN_OK;
    spn_team *team = spni_context_team(context);
    /* What a part runs in turn stays on its lane. */
    spn_context_set_team(context, NULL);
    if (team == NULL || team->lanes < 2 || lanes < 2 || parts < 2) {
        status = run_alone(context, parts, body, state);
        goto done;
    }
    SPN_TRY(team->is_started ? SPN_OK : start_helpers(context, team));
    team->body = body;
    team->state = state;
    team->parts = parts;
    team->lanes_used = lanes;
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    atomic_store_explicit(&team->first_failed, INT64_MAX, memory_order_relaxed);
    bool has_woken = open_gate(team);
    take_parts(team, context, 0);
    close_gate(team);
    SPNI_INVARIANT(is_empty(team));
    SPNI_INVARIANT(atomic_load(&team->next) >= parts ||
                   atomic_load(&team->first_failed) != INT64_MAX);
    if (has_woken) {
        learn(team);
    }
    if (atomic_load(&team->first_failed) != INT64_MAX) {
        status = team->status;
        spn_error_copy(context, team->failure);
    }
done:
    spn_context_set_team(context, team);
    return status;
}
