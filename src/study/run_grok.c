/* SPDX-License-Identifier: MIT */
/* Training as a study watches it: every item goes to the journal first, points with all that the rest of the run
 * depends on, then to memory; the HDF5 file is made at the end, sorted by run. */
#include "study/grok_rows.h"
#include "study/origin.h"
#include "study/run.h"

#include <spinodal/numeric.h>
#include <string.h>

/* Head of a journal record; the record, the modes, theta and the state follow. A record's type is the item's
 * kind + 1. */
typedef struct item_head {
    int64_t run, mode_count, parameters, state_size;
} item_head;

static const int64_t record_sizes[] = {
    [SPN_TRAJECTORY_POINT] = sizeof(spn_trajectory_record),
    [SPN_TRAJECTORY_CROSSING] = sizeof(spn_crossing_record),
    [SPN_TRAJECTORY_PLATEAU] = sizeof(spn_plateau_record),
    [SPN_TRAJECTORY_END] = sizeof(spn_run_record),
};
enum { KINDS = sizeof record_sizes / sizeof *record_sizes };

typedef struct trainer {
    spni_run run;
    spni_starts starts;
    spni_origin origin;
    spn_trajectories *runs;
    spni_grok_rows rows;
} trainer;

static const void *item_record(const spn_trajectory_item *item)
{
    switch (item->kind) {
    case SPN_TRAJECTORY_POINT:
        return item->point;
    case SPN_TRAJECTORY_CROSSING:
        return item->crossing;
    case SPN_TRAJECTORY_PLATEAU:
        return item->plateau;
    case SPN_TRAJECTORY_END:
        return item->end;
    }
    return NULL;
}

static spn_status record_item(spn_context *context, void *state, const spn_trajectory_item *item)
{
    trainer *t = state;
    spn_status status = SPN_OK;
    const int64_t real = (int64_t)sizeof(double);
    const item_head head = {item->run, item->mode_count, item->parameters, item->state_size};
    const spn_bytes parts[5] = {
        {&head, sizeof head},
        {item_record(item), record_sizes[item->kind]},
        {item->modes, item->mode_count * real},
        {item->theta, item->parameters * real},
        {item->state, item->state_size * real},
    };
    SPN_TRY(spni_run_append(context, &t->run, (int64_t)item->kind + 1, parts, 5));
    SPN_TRY(spni_grok_rows_append(context, &t->rows, item));
done:
    return status;
}

static bool is_size(int64_t count, int64_t most)
{
    return count >= 0 && count <= most;
}

/* A record's checksum was right, but its sizes are still checked: they steer pointers. */
static spn_status replay_item(spn_context *context, void *state, int64_t type, const void *payload,
                              int64_t size)
{
    trainer *t = state;
    spn_status status = SPN_OK;
    const int64_t real = (int64_t)sizeof(double);
    const char *bytes = payload;
    item_head head = {0};
    if (type < 1 || type > KINDS || size < (int64_t)sizeof head + record_sizes[type - 1]) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a record that is not of training");
    }
    const spn_trajectory_item_kind kind = (spn_trajectory_item_kind)(type - 1);
    const int64_t fixed = (int64_t)sizeof head + record_sizes[kind];
    memcpy(&head, bytes, sizeof head);
    if (!is_size(head.mode_count, SPN_MODES_MAX) || !is_size(head.state_size, size / real) ||
        head.parameters != (kind == SPN_TRAJECTORY_CROSSING ? 0 : t->rows.parameters) ||
        !is_size(head.run, t->rows.runs - 1) ||
        size != fixed + (head.mode_count + head.parameters + head.state_size) * real) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds an item of another network");
    }
    const void *record = bytes + sizeof head;
    const double *numbers = (const void *)(bytes + fixed);
    const spn_trajectory_item item = {.kind = kind,
                                      .run = head.run,
                                      .point = kind == SPN_TRAJECTORY_POINT ? record : NULL,
                                      .crossing = kind == SPN_TRAJECTORY_CROSSING ? record : NULL,
                                      .plateau = kind == SPN_TRAJECTORY_PLATEAU ? record : NULL,
                                      .end = kind == SPN_TRAJECTORY_END ? record : NULL,
                                      .mode_count = head.mode_count,
                                      .modes = numbers,
                                      .parameters = head.parameters,
                                      .theta = numbers + head.mode_count,
                                      .state_size = head.state_size,
                                      .state = numbers + head.mode_count + head.parameters};
    SPN_TRY(spn_trajectories_replay(context, t->runs, &item));
    SPN_TRY(spni_grok_rows_append(context, &t->rows, &item));
    t->run.replayed += kind == SPN_TRAJECTORY_POINT;
done:
    return status;
}

/* Of large networks without geometry no minimum is sought: -1. */
static bool is_good_end(int64_t stop, int64_t stationary, int64_t negative)
{
    return stop != SPN_STOP_DIVERGED && stationary != 0 && negative <= 0;
}

static bool are_all_good(const spni_grok_rows *rows)
{
    const spn_run_record *ends = (const void *)rows->ends.items;
    for (int64_t i = 0; i < rows->ends.count; i++) {
        if (!is_good_end(ends[i].stop, ends[i].final_stationary,
                         ends[i].final_negative_eigenvalues)) {
            return false;
        }
    }
    return true;
}

bool spni_grok_judge(const spn_results *results)
{
    static const char *const names[] = {"stop", "final_stationary", "final_negative_eigenvalues"};
    const spn_table *runs = spn_results_table(results, "runs");
    int64_t columns[3];
    for (int i = 0; i < 3; i++) {
        columns[i] = runs != NULL ? spn_table_find(runs, names[i]) : -1;
        if (columns[i] < 0) {
            return false;
        }
    }
    for (int64_t row = 0; row < runs->rows; row++) {
        if (!is_good_end(spn_table_integer(runs, row, columns[0]),
                         spn_table_integer(runs, row, columns[1]),
                         spn_table_integer(runs, row, columns[2]))) {
            return false;
        }
    }
    return true;
}

static const spni_run_kind grok_kind = {"grok", SPNI_SECTIONS_ALWAYS | 1U << SPNI_SECTION_GROK,
                                        sizeof(spn_trajectory_record) +
                                            sizeof(spn_crossing_record) +
                                            sizeof(spn_plateau_record) + sizeof(spn_run_record),
                                        replay_item, spni_grok_judge};

static spn_status run_and_write(spn_context *context, trainer *t, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    const spn_run_settings *settings = &t->run.settings;
    SPN_TRY(spni_run_open(context, &t->run, t));
    SPN_TRY(spn_pool_create(context, settings->threads, &pool));
    SPN_TRY(spn_trajectories_run(context, t->runs, pool, record_item, t));
    SPN_TRY(spni_grok_rows_sort(context, &t->rows));
    SPN_TRY(spni_grok_results_write(context, &t->starts, &t->rows, settings->output,
                                    settings->is_forced));
    *is_good = are_all_good(&t->rows);
    SPN_TRY(spni_run_finish(context, &t->run));
done:
    spn_pool_free(pool);
    return status;
}

/* Everything that a run needs but its output. */
static spn_status prepare(spn_context *context, trainer *t, const spn_study *study)
{
    spn_status status = SPN_OK;
    const spn_grok_settings *own = spn_experiment_grok(study->experiment);
    if (own->geometry) {
        spn_dense_announce(context, study->loss.dimension, "grok, at each record");
    }
    SPN_TRY(spni_origin_make(context, t->starts.arena, study, &t->origin));
    const spn_trajectory_problem problem = {.objective = &study->loss,
                                            .settings = own,
                                            .solver = spn_experiment_solver(study->experiment),
                                            .starts = t->starts.count,
                                            .initial = spni_starts_initial,
                                            .initial_state = &t->starts,
                                            .residues = t->starts.residues,
                                            .origin = t->origin.is_known ? spni_origin_time : NULL,
                                            .origin_state = &t->origin};
    SPN_TRY(spni_experiment_blame_named(context, study->experiment,
                                        spn_trajectories_create(context, &problem, &t->runs)));
    SPN_TRY(spni_grok_rows_begin(context, t->starts.count * own->seeds, study->loss.dimension,
                                 own->parameters, &t->rows));
done:
    return status;
}

spn_status spn_study_grok(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    trainer t = {.runs = NULL};
    *is_good = false;
    SPN_TRY(spni_starts_begin(context, study, &t.starts));
    SPN_TRY(spni_run_begin(context, study, settings, &grok_kind, t.starts.checksum, &t.run));
    *is_good = t.run.is_good;
    if (!t.run.is_finished) {
        SPN_TRY(prepare(context, &t, study));
        SPN_TRY(run_and_write(context, &t, is_good));
    }
done:
    status = spni_run_end(context, &t.run, status);
    spn_trajectories_free(context, t.runs);
    spni_grok_rows_end(context, &t.rows);
    spni_starts_end(&t.starts);
    return status;
}
