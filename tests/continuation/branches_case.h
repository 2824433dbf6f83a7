/* SPDX-License-Identifier: MIT */
/** @file branches_case.h  A run of spn_branches with everything it sends kept in memory. */
#ifndef SPINODAL_TEST_BRANCHES_CASE_H
#define SPINODAL_TEST_BRANCHES_CASE_H

#include "support.h"

#include <spinodal/continuation.h>
#include <spinodal/network.h>
#include <spinodal/theory.h>

enum { ITEMS_MAX = 6000, THETA_MAX = 300 };

typedef struct kept_item {
    int64_t stream;
    spn_branch_record point;
    spn_special_record special;
    spn_branch_approach approach;
    double theta[THETA_MAX];
} kept_item;

typedef struct run_case {
    spn_context *context;
    spn_branches_settings settings;
    spn_solver_settings solver;
    spn_objective objective;
    int64_t dimension;
    const double *start; /* theta of every random start; NULL: drawn by `network` */
    const spn_network *network;
    spn_branches *branches;
    kept_item *items;
    int64_t count;
    int64_t stop_after; /* the sink fails behind this many items; 0: never */
} run_case;

static spn_status case_initial(spn_context *context, const void *state, int64_t seed, double *theta)
{
    const run_case *run = state;
    (void)context;
    if (run->network != NULL) {
        spn_network_initialize(run->network, SPN_INIT_FAN_IN, 0.7, 1, (uint64_t)seed, theta);
        for (int64_t i = 0; i < run->dimension; i++) {
            theta[i] *= spn_objective_scales(&run->objective).weight;
        }
        return SPN_OK;
    }
    for (int64_t i = 0; i < run->dimension; i++) {
        theta[i] = run->start[i];
    }
    return SPN_OK;
}

static inline void *record_of(kept_item *kept)
{
    void *const records[] = {[SPN_BRANCHES_POINT] = &kept->point,
                             [SPN_BRANCHES_SPECIAL] = &kept->special,
                             [SPN_BRANCHES_APPROACH] = &kept->approach};
    return records[kept->stream];
}

/* Tell a run about an item, and keep it. */
static inline void case_replay(run_case *run, const kept_item *item)
{
    run->items[run->count] = *item;
    kept_item *kept = &run->items[run->count++];
    const bool has_theta = kept->stream != SPN_BRANCHES_APPROACH;
    const spn_item again = {.stream = kept->stream,
                            .record = record_of(kept),
                            .theta_size = has_theta ? run->dimension : 0,
                            .theta = kept->theta};
    check_ok(run->context, spn_branches_replay(run->context, run->branches, &again));
}

static spn_status case_sink(spn_context *context, void *state, const spn_item *item)
{
    run_case *run = state;
    if (run->stop_after > 0 && run->count == run->stop_after) {
        return spn_fail(context, SPN_ERROR_INTERRUPTED, "interrupted by the test");
    }
    assert_true(run->count < ITEMS_MAX);
    kept_item *kept = &run->items[run->count++];
    memset(kept, 0, sizeof *kept);
    kept->stream = item->stream;
    memcpy(record_of(kept), item->record,
           spn_branches_streams.items[item->stream].columns->record_size);
    if (item->stream != SPN_BRANCHES_APPROACH) {
        assert_int_equal(item->theta_size, run->dimension);
        memcpy(kept->theta, item->theta, (size_t)run->dimension * sizeof(double));
    }
    return SPN_OK;
}

/* Defaults of both sections. */
static inline void case_defaults(run_case *run, spn_context *context)
{
    spn_arena *arena = NULL;
    spn_settings settings;
    *run = (run_case){.context = context};
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_branches_options, &settings));
    run->settings = *(const spn_branches_settings *)settings.values;
    check_ok(context, spn_settings_create(context, arena, &spn_solver_options, &settings));
    run->solver = *(const spn_solver_settings *)settings.values;
    spn_arena_free(arena);
}

static inline spn_branches_problem case_problem(const run_case *run)
{
    return (spn_branches_problem){.objective = &run->objective,
                                  .settings = &run->settings,
                                  .solver = &run->solver,
                                  .initial = case_initial,
                                  .initial_state = run};
}

static inline void case_create(run_case *run)
{
    const spn_branches_problem problem = case_problem(run);
    run->dimension = run->objective.dimension;
    assert_true(run->dimension <= THETA_MAX);
    run->items = calloc(ITEMS_MAX, sizeof *run->items);
    assert_non_null(run->items);
    check_ok(run->context, spn_branches_create(run->context, &problem, &run->branches));
}

/* Whatever is found: intervals and windows have a lower end and an upper one, and what lies in them does. */
static inline void case_check_intervals(const run_case *run)
{
    int64_t count = 0;
    const spn_special_record *specials = spn_branches_specials(run->branches, &count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(specials[i].beta_low <= specials[i].beta &&
                    specials[i].beta <= specials[i].beta_high);
    }
    const spn_phase_record *phases = spn_branches_phases(run->branches, &count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(phases[i].beta_low <= phases[i].beta_high);
        assert_true(!(phases[i].global_low > phases[i].global_high));
    }
    const spn_maxwell_record *maxwell = spn_branches_maxwell(run->branches, &count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(maxwell[i].beta_low <= maxwell[i].beta &&
                    maxwell[i].beta <= maxwell[i].beta_high);
    }
    const spn_global_record *global = spn_branches_global(run->branches, &count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(global[i].beta_low <= global[i].beta_high);
    }
}

static inline void case_run(run_case *run)
{
    case_create(run);
    check_ok(run->context, spn_branches_run(run->context, run->branches, case_sink, run));
    case_check_intervals(run);
}

static inline void case_free(run_case *run)
{
    spn_branches_free(run->context, run->branches);
    free(run->items);
}

/* Special points of one kind, each physical one once. */
static inline int64_t case_specials(const run_case *run, int64_t kind, spn_special_record *out,
                                    int64_t most)
{
    int64_t total = 0, count = 0;
    const spn_special_record *all = spn_branches_specials(run->branches, &total);
    for (int64_t i = 0; i < total && count < most; i++) {
        if (all[i].kind == kind && all[i].same_as < 0) {
            out[count++] = all[i];
        }
    }
    return count;
}

/* The phase with so many active modes whose window is the widest, or NULL. */
static inline const spn_phase_record *case_phase(const run_case *run, int64_t active)
{
    int64_t count = 0;
    const spn_phase_record *all = spn_branches_phases(run->branches, &count), *best = NULL;
    for (int64_t i = 0; i < count; i++) {
        double width = all[i].beta_high - all[i].beta_low;
        if (all[i].middle.active_modes == active &&
            (best == NULL || width > best->beta_high - best->beta_low)) {
            best = &all[i];
        }
    }
    return best;
}

#endif
