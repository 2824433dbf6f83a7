/* SPDX-License-Identifier: MIT */
/** @file trajectory_case.h  Runs on analytic landscapes, with all that they send kept. */
#ifndef SPINODAL_TEST_TRAJECTORY_CASE_H
#define SPINODAL_TEST_TRAJECTORY_CASE_H

#include "support.h"

#include <spinodal/trajectory.h>

enum { MAX_ITEMS = 2048, MAX_PARAMETERS = 64 };

typedef struct kept {
    spn_item item; /* its pointers are set by item_of() */
    spn_trajectory_record point;
    spn_crossing_record crossing;
    spn_plateau_record plateau;
    spn_run_record end;
    double modes[SPN_MODES_MAX];
    double theta[MAX_PARAMETERS];
    double *state;
} kept;

typedef struct trace {
    kept *items;
    int64_t count;
    int64_t stop_after; /* fail when this many items are there; 0: never */
} trace;

static inline void clear_trace(trace *t)
{
    for (int64_t i = 0; i < t->count; i++) {
        free(t->items[i].state);
    }
    free(t->items);
    *t = (trace){.items = NULL};
}

static inline void *record_of(kept *k)
{
    void *const records[] = {[SPN_TRAJECTORY_POINT] = &k->point,
                             [SPN_TRAJECTORY_CROSSING] = &k->crossing,
                             [SPN_TRAJECTORY_PLATEAU] = &k->plateau,
                             [SPN_TRAJECTORY_END] = &k->end};
    return records[k->item.stream];
}

/* Records of 8-byte fields have no padding, so that copies may be compared byte by byte. */
static inline void keep(kept *k, const spn_item *item)
{
    memset(k, 0, sizeof *k);
    k->item = *item;
    memcpy(record_of(k), item->record,
           spn_trajectory_streams.items[item->stream].columns->record_size);
    if (item->modes != NULL) {
        memcpy(k->modes, item->modes, (size_t)item->mode_count * sizeof(double));
    }
    if (item->theta != NULL && item->theta_size <= MAX_PARAMETERS) {
        memcpy(k->theta, item->theta, (size_t)item->theta_size * sizeof(double));
    }
    if (item->state != NULL) {
        k->state = malloc((size_t)item->state_size * sizeof(double));
        memcpy(k->state, item->state, (size_t)item->state_size * sizeof(double));
    }
}

static inline spn_status collect(spn_context *context, void *state, const spn_item *item)
{
    trace *t = state;
    if (t->stop_after > 0 && t->count == t->stop_after) {
        return spn_fail(context, SPN_ERROR_INTERRUPTED, "stopped by the test");
    }
    if (t->items == NULL) {
        t->items = calloc(MAX_ITEMS, sizeof *t->items);
    }
    assert_true(t->count < MAX_ITEMS);
    keep(&t->items[t->count++], item);
    return SPN_OK;
}

static inline spn_item item_of(kept *k)
{
    spn_item item = k->item;
    item.record = record_of(k);
    item.modes = item.modes == NULL ? NULL : k->modes;
    item.theta = item.theta == NULL ? NULL : k->theta;
    item.state = item.state == NULL ? NULL : k->state;
    return item;
}

typedef struct scene {
    spn_landscape landscape;
    spn_objective objective;
    spn_grok_settings grok;
    spn_solver_settings solver;
    spn_trajectory_problem problem;
    spn_context *context;
    spn_arena *arena;
    spn_pool *pool;
    const double *starts; /* starts x P */
    int64_t warnings;
    char warning[256];
} scene;

/* Seeds differ by a little, so that no two runs are the same. */
static inline spn_status start_at(spn_context *context, const void *state, int64_t start,
                                  int64_t seed, double *theta)
{
    (void)context;
    const scene *s = state;
    int64_t n = s->objective.dimension;
    for (int64_t i = 0; i < n; i++) {
        theta[i] = s->starts[start * n + i] * (1 + 1e-3 * (double)seed);
    }
    return SPN_OK;
}

static inline void hear(void *state, const spn_event *event)
{
    scene *s = state;
    if (event->kind == SPN_EVENT_WARNING) {
        s->warnings++;
        strncpy(s->warning, event->text, sizeof s->warning - 1);
    }
}

static inline void open_on(scene *s, const spn_objective *objective, int64_t starts,
                           const double *values)
{
    spn_settings solver, grok;
    const spn_context_settings settings = {.on_event = hear, .event_state = s};
    check_ok(NULL, spn_context_create(&settings, &s->context));
    check_ok(s->context, spn_arena_create(s->context, &s->arena));
    check_ok(s->context, spn_settings_create(s->context, s->arena, &spn_solver_options, &solver));
    check_ok(s->context, spn_settings_create(s->context, s->arena, &spn_grok_options, &grok));
    s->objective = *objective;
    s->solver = *(const spn_solver_settings *)solver.values;
    s->grok = *(const spn_grok_settings *)grok.values;
    s->starts = values;
    s->problem = (spn_trajectory_problem){.objective = &s->objective,
                                          .settings = &s->grok,
                                          .solver = &s->solver,
                                          .starts = starts,
                                          .initial = start_at,
                                          .initial_state = s};
    check_ok(s->context, spn_pool_create(s->context, 2, &s->pool));
}

/** Defaults of an experiment on a landscape, from `starts` rows of P numbers. */
static inline void open_scene(scene *s, spn_landscape_kind kind, int64_t dimension,
                              const double *coefficients, int64_t starts, const double *values)
{
    *s = (scene){.landscape = {kind, dimension, coefficients}};
    spn_objective objective = spn_landscape_objective(&s->landscape);
    open_on(s, &objective, starts, values);
}

static inline void close_scene(scene *s)
{
    spn_pool_free(s->pool);
    spn_arena_free(s->arena);
    spn_context_free(s->context);
}

static inline void run_scene(scene *s, trace *t)
{
    spn_trajectories *runs = NULL;
    *t = (trace){.items = NULL};
    check_ok(s->context, spn_trajectories_create(s->context, &s->problem, &runs));
    check_ok(s->context, spn_trajectories_run(s->context, runs, s->pool, collect, t));
    spn_trajectories_free(s->context, runs);
}

/** Item `number` of its kind of a run; NULL: there are fewer. */
static inline const kept *find_item(const trace *t, int64_t run, int64_t stream, int64_t number)
{
    for (int64_t i = 0; i < t->count; i++) {
        const kept *k = &t->items[i];
        if (k->item.job == run && k->item.stream == stream && number-- == 0) {
            return k;
        }
    }
    return NULL;
}

static inline int64_t count_items(const trace *t, int64_t run, int64_t stream)
{
    int64_t count = 0;
    while (find_item(t, run, stream, count) != NULL) {
        count++;
    }
    return count;
}

static inline void check_same_item(const kept *a, const kept *b)
{
    assert_int_equal(a->item.stream, b->item.stream);
    assert_int_equal(a->item.theta_size, b->item.theta_size);
    assert_int_equal(a->item.state_size, b->item.state_size);
    assert_int_equal(a->item.mode_count, b->item.mode_count);
    assert_memory_equal(&a->point, &b->point, sizeof a->point);
    assert_memory_equal(&a->crossing, &b->crossing, sizeof a->crossing);
    assert_memory_equal(&a->plateau, &b->plateau, sizeof a->plateau);
    assert_memory_equal(&a->end, &b->end, sizeof a->end);
    assert_memory_equal(a->modes, b->modes, sizeof a->modes);
    assert_memory_equal(a->theta, b->theta, sizeof a->theta);
    if (a->state != NULL) {
        assert_memory_equal(a->state, b->state, (size_t)a->item.state_size * sizeof(double));
    }
}

/** Each run of `a` sent what the same run of `b` sent, in the same order. */
static inline void check_same(const trace *a, const trace *b, int64_t runs)
{
    assert_int_equal(a->count, b->count);
    for (int64_t run = 0; run < runs; run++) {
        int64_t j = 0;
        for (int64_t i = 0; i < a->count; i++) {
            if (a->items[i].item.job != run) {
                continue;
            }
            while (j < b->count && b->items[j].item.job != run) {
                j++;
            }
            assert_true(j < b->count);
            check_same_item(&a->items[i], &b->items[j++]);
        }
    }
}

/** Stop after k items, replay them into new runs, run the rest: what `whole` has. Every `stride`-th k. */
static inline void check_resumes(scene *s, const trace *whole, int64_t runs, int64_t stride)
{
    for (int64_t k = 1; k < whole->count; k += stride) {
        spn_trajectories *part = NULL;
        trace t = {.stop_after = k};
        check_ok(s->context, spn_trajectories_create(s->context, &s->problem, &part));
        check_fails(s->context, spn_trajectories_run(s->context, part, s->pool, collect, &t),
                    SPN_ERROR_INTERRUPTED, "stopped by the test");
        spn_trajectories_free(s->context, part);
        assert_int_equal(t.count, k);
        check_ok(s->context, spn_trajectories_create(s->context, &s->problem, &part));
        for (int64_t i = 0; i < k; i++) {
            spn_item item = item_of(&t.items[i]);
            check_ok(s->context, spn_trajectories_replay(s->context, part, &item));
        }
        t.stop_after = 0;
        check_ok(s->context, spn_trajectories_run(s->context, part, s->pool, collect, &t));
        spn_trajectories_free(s->context, part);
        check_same(whole, &t, runs);
        clear_trace(&t);
    }
}

#endif
