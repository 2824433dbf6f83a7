/* SPDX-License-Identifier: MIT */
/* A sweep as a study runs it: every finished point goes to the journal first, then to memory; the HDF5
 * file is made at the end from rows sorted by chain and point, so that its bytes do not depend on the
 * order in which threads finished them. */
#include "study/results.h"
#include "study/run.h"

#include <spinodal/numeric.h>
#include <string.h>

enum { JOURNAL_POINT = 1, JOURNAL_TRANSITION = 2 };

/* Head of a journal record; the sweep's record, the modes and theta follow. */
typedef struct point_head {
    int64_t chain, mode_count, parameters;
} point_head;

/* Head of a transition's record; the jump, its approach and theta on both sides follow. */
typedef struct transition_head {
    int64_t ordinal, approach_count, parameters;
} transition_head;

typedef struct sweeper {
    spni_run run;
    spn_sweep *sweep;
    spni_rows rows;
    spni_jumps jumps;
} sweeper;

static spn_status record_point(spn_context *context, void *state, const spn_sweep_point *point)
{
    sweeper *s = state;
    spn_status status = SPN_OK;
    point_head head = {point->chain, point->mode_count, point->parameters};
    const spn_bytes parts[4] = {
        {&head, sizeof head},
        {point->record, sizeof *point->record},
        {point->modes, point->mode_count * (int64_t)sizeof(double)},
        {point->theta, point->parameters * (int64_t)sizeof(double)},
    };
    SPN_TRY(spni_run_append(context, &s->run, JOURNAL_POINT, parts, 4));
    SPN_TRY(spni_rows_append(context, &s->rows, point));
done:
    return status;
}

static spn_status record_transition(spn_context *context, void *state,
                                    const spn_sweep_transition *transition)
{
    sweeper *s = state;
    spn_status status = SPN_OK;
    const transition_head head = {transition->ordinal, transition->approach_count,
                                  transition->parameters};
    const int64_t theta_size = transition->parameters * (int64_t)sizeof(double);
    const spn_bytes parts[5] = {
        {&head, sizeof head},
        {transition->jump, sizeof *transition->jump},
        {transition->approach, transition->approach_count * (int64_t)sizeof *transition->approach},
        {transition->theta_before, theta_size},
        {transition->theta_after, theta_size},
    };
    SPN_TRY(spni_run_append(context, &s->run, JOURNAL_TRANSITION, parts, 5));
    SPN_TRY(spni_jumps_append(context, &s->jumps, transition));
done:
    return status;
}

static spn_status replay_transition(spn_context *context, sweeper *s, const void *payload,
                                    int64_t size)
{
    const char *bytes = payload;
    const int64_t fixed = (int64_t)(sizeof(transition_head) + sizeof(spn_sweep_jump));
    transition_head head = {0};
    if (size >= fixed) {
        memcpy(&head, bytes, sizeof head);
    }
    bool is_bounded = size >= fixed && head.approach_count >= 0 &&
                      head.approach_count <= SPN_APPROACH_MAX &&
                      head.parameters == s->run.study->loss.dimension;
    int64_t approach_size =
        is_bounded ? head.approach_count * (int64_t)sizeof(spn_sweep_approach) : 0;
    if (!is_bounded ||
        size != fixed + approach_size + 2 * head.parameters * (int64_t)sizeof(double)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "the journal holds a transition of another network");
    }
    const double *theta = (const void *)(bytes + fixed + approach_size);
    const spn_sweep_transition transition = {.ordinal = head.ordinal,
                                             .jump = (const void *)(bytes + sizeof head),
                                             .approach_count = head.approach_count,
                                             .approach = (const void *)(bytes + fixed),
                                             .parameters = head.parameters,
                                             .theta_before = theta,
                                             .theta_after = theta + head.parameters};
    return spni_jumps_append(context, &s->jumps, &transition);
}

/* A record's checksum was right, but its sizes are still checked: they steer pointers. */
static spn_status replay_point(spn_context *context, sweeper *s, const void *payload, int64_t size)
{
    spn_status status = SPN_OK;
    const char *bytes = payload;
    const int64_t fixed = (int64_t)(sizeof(point_head) + sizeof(spn_sweep_record));
    point_head head = {0};
    if (size < fixed) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a record that is not a sweep point");
    }
    memcpy(&head, bytes, sizeof head);
    if (head.mode_count < 0 || head.mode_count > SPN_MODES_MAX ||
        head.parameters != s->run.study->loss.dimension ||
        size != fixed + (head.mode_count + head.parameters) * (int64_t)sizeof(double)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a point of another network");
    }
    spn_sweep_point point = {
        .chain = head.chain,
        .record = (const void *)(bytes + sizeof head),
        .mode_count = head.mode_count,
        .modes = (const void *)(bytes + fixed),
        .parameters = head.parameters,
        .theta = (const void *)(bytes + fixed + head.mode_count * (int64_t)sizeof(double))};
    SPN_TRY(spn_sweep_replay(context, s->sweep, &point));
    SPN_TRY(spni_rows_append(context, &s->rows, &point));
    s->run.replayed++;
done:
    return status;
}

static spn_status replay(spn_context *context, void *state, int64_t type, const void *payload,
                         int64_t size)
{
    if (type == JOURNAL_POINT) {
        return replay_point(context, state, payload, size);
    }
    if (type == JOURNAL_TRANSITION) {
        return replay_transition(context, state, payload, size);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "the journal holds a record that is not of a sweep");
}

/* Points of a finite rate are not meant to be stationary. */
static bool has_rate(const spn_study *study)
{
    return spn_experiment_sweep(study->experiment)->epochs > 0;
}

static bool are_all_gated(const spni_rows *rows)
{
    for (int64_t i = 0; i < rows->count; i++) {
        if (!rows->records[i].stationary) {
            return false;
        }
    }
    return true;
}

/* Was each jump located, with a minimum behind it? */
static bool are_all_resolved(const spni_jumps *jumps)
{
    for (int64_t i = 0; i < jumps->count; i++) {
        if (!jumps->records[i].resolved || !jumps->records[i].settled) {
            return false;
        }
    }
    return true;
}

/* Is there the column, with a 1 in each row? */
static bool is_all_one(const spn_table *table, const char *name)
{
    int64_t column = table != NULL ? spn_table_find(table, name) : -1;
    for (int64_t row = 0; column >= 0 && row < table->rows; row++) {
        if (spn_table_integer(table, row, column) != 1) {
            return false;
        }
    }
    return column >= 0;
}

bool spni_sweep_judge(const spn_results *results)
{
    const spn_table *jumps = spn_results_table(results, "jumps");
    return is_all_one(spn_results_table(results, "points"), "stationary") &&
           (jumps == NULL || (is_all_one(jumps, "resolved") && is_all_one(jumps, "settled")));
}

static spn_status run_and_write(spn_context *context, sweeper *s, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    const spn_run_settings *settings = &s->run.settings;
    SPN_TRY(spni_run_open(context, &s->run, s));
    SPN_TRY(spn_pool_create(context, settings->threads, &pool));
    spn_sweep_watch_jumps(s->sweep, record_transition);
    SPN_TRY(spn_sweep_run(context, s->sweep, pool, record_point, s));
    SPN_TRY(spni_rows_sort(context, &s->rows));
    SPN_TRY(spni_jumps_sort(context, &s->jumps));
    SPN_TRY(spni_results_write(context, s->run.study, &s->rows, &s->jumps, settings->output,
                               settings->is_forced));
    *is_good = has_rate(s->run.study) || (are_all_gated(&s->rows) && are_all_resolved(&s->jumps));
    SPN_TRY(spni_run_finish(context, &s->run));
done:
    spn_pool_free(pool);
    return status;
}

static const spni_run_kind sweep_kind = {"sweep", SPNI_SECTIONS_ALWAYS | 1U << SPNI_SECTION_SWEEP,
                                         sizeof(spn_sweep_record) + sizeof(spn_sweep_jump) +
                                             sizeof(spn_sweep_approach),
                                         replay, spni_sweep_judge};

spn_status spn_study_sweep(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    sweeper s = {.sweep = NULL};
    const spn_sweep_problem problem = {.objective = &study->loss,
                                       .settings = spn_experiment_sweep(study->experiment),
                                       .solver = spn_experiment_solver(study->experiment),
                                       .initial = spni_run_initial,
                                       .initial_state = study};
    SPN_TRY(spni_run_begin(context, study, settings, &sweep_kind, NULL, &s.run));
    *is_good = has_rate(study) || s.run.is_good;
    if (!s.run.is_finished) {
        spn_dense_announce(context, study->loss.dimension, "sweep, at each point");
        SPN_TRY(spn_sweep_create(context, &problem, &s.sweep));
        SPN_TRY(run_and_write(context, &s, is_good));
    }
done:
    status = spni_run_end(context, &s.run, status);
    spn_sweep_free(context, s.sweep);
    spni_rows_free(context, &s.rows);
    spni_jumps_free(context, &s.jumps);
    return status;
}
