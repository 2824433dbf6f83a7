/* SPDX-License-Identifier: MIT */
/** @file sweep_case.h  Sweeps of analytic landscapes, with all that they send kept. */
#ifndef SPINODAL_TEST_SWEEP_CASE_H
#define SPINODAL_TEST_SWEEP_CASE_H

#include "support.h"

#include <spinodal/sweep.h>

enum { MAX_POINTS = 4096, MAX_PARAMETERS = 8, MAX_JUMPS = 64 };

typedef struct trace {
    int64_t count;
    int64_t chains[MAX_POINTS];
    spn_sweep_record records[MAX_POINTS];
    double theta[MAX_POINTS][MAX_PARAMETERS];
    int64_t jump_count;
    int64_t ordinals[MAX_JUMPS];
    spn_sweep_jump jumps[MAX_JUMPS];
    double before[MAX_JUMPS][MAX_PARAMETERS], after[MAX_JUMPS][MAX_PARAMETERS];
    int64_t rows[MAX_JUMPS]; /* of the approach */
    spn_sweep_approach approach[MAX_JUMPS][SPN_APPROACH_MAX];
    int64_t stop_after; /* fail after this many points and transitions; 0: never */
} trace;

static inline spn_status check_stop(spn_context *context, const trace *t)
{
    if (t->stop_after > 0 && t->count + t->jump_count == t->stop_after) {
        return spn_fail(context, SPN_ERROR_INTERRUPTED, "stopped by the test");
    }
    return SPN_OK;
}

static inline void collect_point(trace *t, const spn_item *item)
{
    assert_true(t->count < MAX_POINTS);
    t->chains[t->count] = item->job;
    t->records[t->count] = *(const spn_sweep_record *)item->record;
    memcpy(t->theta[t->count], item->theta, (size_t)item->theta_size * sizeof(double));
    t->count++;
}

static inline void collect_jump(trace *t, const spn_item *item)
{
    int64_t row = t->jump_count, parameters = item->theta_size / 2;
    size_t bytes = (size_t)parameters * sizeof(double);
    assert_true(row < MAX_JUMPS);
    t->ordinals[row] = item->ordinal;
    t->jumps[row] = *(const spn_sweep_jump *)item->record;
    assert_int_equal(item->job, t->jumps[row].chain);
    memcpy(t->before[row], item->theta, bytes);
    memcpy(t->after[row], item->theta + parameters, bytes);
    t->rows[row] = item->row_count;
    memcpy(t->approach[row], item->rows, (size_t)item->row_count * sizeof t->approach[row][0]);
    t->jump_count++;
}

static inline spn_status collect(spn_context *context, void *state, const spn_item *item)
{
    trace *t = state;
    spn_status status = check_stop(context, t);
    if (status == SPN_OK && item->stream == SPN_SWEEP_POINT) {
        collect_point(t, item);
    } else if (status == SPN_OK) {
        collect_jump(t, item);
    }
    return status;
}

static const double *start_values;

static inline spn_status start_at(spn_context *context, const void *state, int64_t seed,
                                  double *theta)
{
    (void)context, (void)seed;
    memcpy(theta, start_values, (size_t) * (const int64_t *)state * sizeof(double));
    return SPN_OK;
}

static inline spn_status random_start(spn_context *context, const void *state, int64_t seed,
                                      double *theta)
{
    (void)context;
    spn_random stream = spn_random_stream(1, SPN_PURPOSE_WEIGHTS, (uint64_t)seed);
    for (int64_t i = 0; i < *(const int64_t *)state; i++) {
        theta[i] = 0.5 + 0.5 * spn_random_uniform(&stream);
    }
    return SPN_OK;
}

typedef struct scene {
    spn_landscape landscape;
    spn_objective objective;
    spn_sweep_settings sweep;
    spn_solver_settings solver;
    spn_sweep_problem problem;
    spn_context *context;
    spn_arena *arena;
    spn_pool *pool;
} scene;

/** The defaults of an experiment, but `up`, from 0.01 to 0.6 in 60 points. */
static inline void open_scene(scene *s, spn_landscape_kind kind, int64_t dimension,
                              const double *coefficients, const double *start)
{
    spn_settings solver, sweep;
    check_ok(NULL, spn_context_create(NULL, &s->context));
    check_ok(s->context, spn_arena_create(s->context, &s->arena));
    check_ok(s->context, spn_settings_create(s->context, s->arena, &spn_solver_options, &solver));
    check_ok(s->context, spn_settings_create(s->context, s->arena, &spn_sweep_options, &sweep));
    s->landscape = (spn_landscape){kind, dimension, coefficients};
    s->objective = spn_landscape_objective(&s->landscape);
    s->solver = *(const spn_solver_settings *)solver.values;
    s->sweep = *(const spn_sweep_settings *)sweep.values;
    s->sweep.beta_from = 0.01;
    s->sweep.beta_to = 0.6;
    s->sweep.beta_points = 60;
    s->sweep.direction = SPN_PROTOCOL_UP;
    s->problem = (spn_sweep_problem){.objective = &s->objective,
                                     .settings = &s->sweep,
                                     .solver = &s->solver,
                                     .initial = start_at,
                                     .initial_state = &s->landscape.dimension};
    start_values = start;
    check_ok(s->context, spn_pool_create(s->context, 2, &s->pool));
}

static inline void close_scene(scene *s)
{
    spn_pool_free(s->pool);
    spn_arena_free(s->arena);
    spn_context_free(s->context);
}

static inline void make_sweep(scene *s, spn_sweep **out)
{
    check_ok(s->context, spn_sweep_create(s->context, &s->problem, out));
}

static inline void run_scene(scene *s, trace *t)
{
    spn_sweep *sweep = NULL;
    memset(t, 0, sizeof *t);
    make_sweep(s, &sweep);
    check_ok(s->context, spn_sweep_run(s->context, sweep, s->pool, collect, t));
    spn_sweep_free(s->context, sweep);
}

/** Every point and transition of `a` is in `b`, with the same bits, and the other way round. */
static inline void check_within(const trace *a, const trace *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        int64_t j = 0;
        while (b->chains[j] != a->chains[i] || b->records[j].point != a->records[i].point) {
            j++;
            assert_true(j < b->count);
        }
        assert_memory_equal(&a->records[i], &b->records[j], sizeof a->records[i]);
        assert_memory_equal(a->theta[i], b->theta[j], sizeof a->theta[i]);
    }
    for (int64_t i = 0; i < a->jump_count; i++) {
        int64_t j = 0;
        while (j < b->jump_count &&
               (b->jumps[j].chain != a->jumps[i].chain || b->ordinals[j] != a->ordinals[i] ||
                b->jumps[j].point != a->jumps[i].point)) {
            j++;
        }
        assert_true(j < b->jump_count);
        assert_memory_equal(&a->jumps[i], &b->jumps[j], sizeof a->jumps[i]);
        assert_memory_equal(a->before[i], b->before[j], sizeof a->before[i]);
        assert_memory_equal(a->after[i], b->after[j], sizeof a->after[i]);
        assert_int_equal(a->rows[i], b->rows[j]);
        assert_memory_equal(a->approach[i], b->approach[j],
                            (size_t)a->rows[i] * sizeof a->approach[i][0]);
    }
}

/** What one sends and the other sends is the same; a resumed run may send a transition again. */
static inline void check_same(const trace *a, const trace *b)
{
    assert_int_equal(a->count, b->count);
    check_within(a, b);
    check_within(b, a);
}

/** Stop after k points and transitions, replay the points into a new sweep, run the rest: what `whole` has, for
 *  every k, also between a transition and the point behind it. */
static inline void check_resumes(scene *s, const trace *whole, trace *resumed)
{
    for (int64_t k = 1; k < whole->count + whole->jump_count; k++) {
        spn_sweep *sweep = NULL;
        memset(resumed, 0, sizeof *resumed);
        resumed->stop_after = k;
        make_sweep(s, &sweep);
        check_fails(s->context, spn_sweep_run(s->context, sweep, s->pool, collect, resumed),
                    SPN_ERROR_INTERRUPTED, "stopped by the test");
        spn_sweep_free(s->context, sweep);
        make_sweep(s, &sweep);
        assert_int_equal(resumed->count + resumed->jump_count, k);
        for (int64_t i = 0; i < resumed->count; i++) {
            const spn_item point = {.stream = SPN_SWEEP_POINT,
                                    .job = resumed->chains[i],
                                    .record = &resumed->records[i],
                                    .theta_size = s->landscape.dimension,
                                    .theta = resumed->theta[i]};
            check_ok(s->context, spn_sweep_replay(s->context, sweep, &point));
        }
        resumed->stop_after = 0;
        check_ok(s->context, spn_sweep_run(s->context, sweep, s->pool, collect, resumed));
        spn_sweep_free(s->context, sweep);
        check_same(whole, resumed);
    }
}

#endif
