/* SPDX-License-Identifier: MIT */
/** @file grok_case.h  Watched training of a small linear network, run from text and read back. */
#ifndef SPINODAL_TEST_GROK_CASE_H
#define SPINODAL_TEST_GROK_CASE_H

#include "sweep_run.h"

#include <spinodal/formats.h>
#include <stdio.h>

#define DATA                                                                                       \
    "data: {kind: gaussian, samples: 40, inputs: 3, outputs: 2, correlations: [0.9, 0.5], "        \
    "moments: exact, seed: 1}\n"
#define MODEL "model: {hidden: [2, 2], activation: linear, init: {scale: 0.7, seed: 1}}\n"
#define SWEEP "sweep: {beta: {from: 0.05, to: 0.5, points: 10}, direction: both}\n"

enum { PARAMETERS = 14 };

/** Raised after so many signs of life; < 0: never. */
typedef struct interruption {
    atomic_int cancel;
    int64_t left, events;
    char warning[256]; /**< the last one */
} interruption;

typedef struct grok_file {
    spn_arena *arena;
    spn_results results;
    const spn_table *points, *crossings, *plateaus, *runs, *starts;
    spn_trajectory_record *point;
    spn_crossing_record *crossing;
    spn_plateau_record *plateau;
    spn_run_record *run;
    spn_start_record *start;
} grok_file;

static spn_context *context;
static interruption cut;
static char sweep_path[512];

static inline void on_event(void *state, const spn_event *event)
{
    interruption *i = state;
    if (event->kind == SPN_EVENT_PROGRESS && strcmp(event->text, "epochs") == 0) {
        i->events++;
        if (i->left >= 0 && i->events > i->left) {
            atomic_store(&i->cancel, 1);
        }
    } else if (event->kind == SPN_EVENT_WARNING) {
        snprintf(i->warning, sizeof i->warning, "%s", event->text);
    }
}

static inline int set_up(void **state)
{
    (void)state;
    sweep_run sweep;
    const spn_context_settings settings = {
        .on_event = on_event, .event_state = &cut, .cancel = &cut.cancel};
    cut.left = -1;
    if (spn_context_create(&settings, &context) != SPN_OK) {
        return -1;
    }
    sweep_run_make(context, DATA MODEL SWEEP, 1, "sweep.h5", &sweep);
    sweep_run_free(&sweep);
    support_scratch("sweep.h5", sweep_path);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/** The experiment and its study; `grok` are the keys of its section, `more` are other sections. */
static inline spn_status prepare(spn_context *own, const char *grok, const char *more,
                                 spn_experiment **experiment, spn_study **study)
{
    spn_status status = SPN_OK;
    char text[2000];
    snprintf(text, sizeof text, DATA MODEL "%s\ngrok: {results: '%s', %s}\n", more, sweep_path,
             grok);
    SPN_TRY(spn_experiment_parse(own, "test.yaml", text, (int64_t)strlen(text), experiment));
    SPN_TRY(spn_study_create(own, *experiment, study));
done:
    return status;
}

static inline spn_status train(const char *grok, const char *more, const spn_run_settings *settings,
                               int64_t left, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    SPN_TRY(prepare(context, grok, more, &experiment, &study));
    atomic_store(&cut.cancel, 0);
    cut.left = left;
    cut.events = 0;
    cut.warning[0] = '\0';
    status = spn_study_grok(context, study, settings, is_good);
    atomic_store(&cut.cancel, 0);
    cut.left = -1;
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

static inline void *take(grok_file *f, const char *name, const spn_columns *columns,
                         const spn_table **table)
{
    *table = spn_results_table(&f->results, name);
    assert_non_null(*table);
    void *records = spn_arena_take(f->arena, (*table)->rows, columns->record_size);
    check_ok(context, spn_table_convert(context, *table, name, columns, records));
    return records;
}

static inline void open_file(const char *path, grok_file *f)
{
    *f = (grok_file){0};
    check_ok(context, spn_arena_create(context, &f->arena));
    check_ok(context, spn_results_read(context, f->arena, path, &f->results));
    assert_string_equal(f->results.kind, "grok");
    f->start = take(f, "starts", &spn_start_columns, &f->starts);
    f->run = take(f, "runs", &spn_run_columns, &f->runs);
    f->point = take(f, "points", &spn_trajectory_columns, &f->points);
    f->crossing = take(f, "crossings", &spn_crossing_columns, &f->crossings);
    f->plateau = take(f, "plateaus", &spn_plateau_columns, &f->plateaus);
}

static inline void make(const char *grok, const char *more, const char *name, int64_t threads,
                        bool is_good, grok_file *f)
{
    char path[512];
    bool was_good = !is_good;
    support_scratch(name, path);
    const spn_run_settings settings = {.output = path, .threads = threads, .is_forced = true};
    check_ok(context, train(grok, more, &settings, -1, &was_good));
    assert_int_equal(was_good, is_good);
    open_file(path, f);
}

/** A weights file of one balanced mode: all layers u_0, input 1 to output 1. */
static inline const char *write_mode(double scale, const char *name, char path[512])
{
    static const char *const names[3] = {"layers.0.weight", "layers.1.weight", "layers.2.weight"};
    static const int64_t shapes[3][2] = {{2, 3}, {2, 2}, {2, 2}};
    const double values[6] = {scale};
    spn_named_array items[3];
    for (int i = 0; i < 3; i++) {
        items[i] = (spn_named_array){names[i], 2, shapes[i], shapes[i][0] * shapes[i][1], values};
    }
    const spn_arrays arrays = {.count = 3, .items = items};
    check_ok(context, spn_arrays_write(context, support_scratch(name, path), true, &arrays));
    return path;
}

#endif
