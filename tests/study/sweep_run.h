/* SPDX-License-Identifier: MIT */
/** @file sweep_run.h  Run an experiment from text and read its points back, as a user would. */
#ifndef SPINODAL_TEST_SWEEP_RUN_H
#define SPINODAL_TEST_SWEEP_RUN_H

#include "support.h"

#include <spinodal/study.h>

typedef struct sweep_run {
    spn_arena *arena;
    spn_results results;
    int64_t count;
    spn_sweep_record *points;
    const spn_array *modes;
    bool is_gated;
} sweep_run;

/** Sweep `text` into a scratch file; free with sweep_run_free(). */
static inline void sweep_run_make(spn_context *context, const char *text, int64_t threads,
                                  const char *name, sweep_run *out)
{
    char path[512];
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    *out = (sweep_run){0};
    support_scratch(name, path);
    const spn_run_settings settings = {.output = path, .threads = threads, .is_forced = true};
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    check_ok(context, spn_study_sweep(context, study, &settings, &out->is_gated));
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    check_ok(context, spn_arena_create(context, &out->arena));
    check_ok(context, spn_results_read(context, out->arena, path, &out->results));
    const spn_table *points = spn_results_table(&out->results, "points");
    assert_non_null(points);
    out->count = points->rows;
    out->points = spn_arena_take(out->arena, points->rows, sizeof *out->points);
    check_ok(context, spn_table_convert(context, points, path, &spn_sweep_columns, out->points));
    out->modes = spn_results_array(&out->results, "modes");
    assert_non_null(out->modes);
}

static inline void sweep_run_free(sweep_run *run)
{
    spn_arena_free(run->arena);
}

/** Index of the first point of direction `direction` after which the number of active modes leaves
 *  `before`, or -1. */
static inline int64_t sweep_run_leaves(const sweep_run *run, spn_direction direction,
                                       int64_t before)
{
    for (int64_t i = 1; i < run->count; i++) {
        const spn_sweep_record *a = &run->points[i - 1], *b = &run->points[i];
        if (a->direction == direction && b->direction == direction && b->point == a->point + 1 &&
            a->state.active_modes == before && b->state.active_modes != before) {
            return i - 1;
        }
    }
    return -1;
}

#endif
