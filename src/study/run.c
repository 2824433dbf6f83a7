/* SPDX-License-Identifier: MIT */
/* A sweep as a study runs it: every finished point goes to the journal first, then to memory; the HDF5
 * file is made at the end from rows sorted by chain and point, so that its bytes do not depend on the
 * order in which threads finished them. */
#include "study/experiment.h"
#include "study/results.h"

#include <spinodal/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_POINT = 1 };

/* Head of a journal record; the sweep's record, the modes and theta follow. */
typedef struct point_head {
    int64_t chain, mode_count, parameters;
} point_head;

typedef struct runner {
    const spn_study *study;
    spn_journal *journal;
    spn_sweep *sweep;
    spni_rows rows;
    int64_t replayed;
} runner;

static spn_status keep_point(spn_context *context, runner *run, const spn_sweep_point *point)
{
    return spni_rows_append(context, &run->rows, point);
}

static spn_status record_point(spn_context *context, void *state, const spn_sweep_point *point)
{
    runner *run = state;
    spn_status status = SPN_OK;
    point_head head = {point->chain, point->mode_count, point->parameters};
    const spn_bytes parts[4] = {
        {&head, sizeof head},
        {point->record, sizeof *point->record},
        {point->modes, point->mode_count * (int64_t)sizeof(double)},
        {point->theta, point->parameters * (int64_t)sizeof(double)},
    };
    SPN_TRY(spn_journal_append(context, run->journal, JOURNAL_POINT, parts, 4));
    SPN_TRY(keep_point(context, run, point));
done:
    return status;
}

/* A record's checksum was right, but its sizes are still checked: they steer pointers. */
static spn_status replay_point(spn_context *context, void *state, int64_t type, const void *payload,
                               int64_t size)
{
    runner *run = state;
    spn_status status = SPN_OK;
    const char *bytes = payload;
    const int64_t fixed = (int64_t)(sizeof(point_head) + sizeof(spn_sweep_record));
    point_head head = {0};
    if (type != JOURNAL_POINT || size < fixed) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the journal holds a record that is not a sweep point");
    }
    memcpy(&head, bytes, sizeof head);
    if (head.mode_count < 0 || head.mode_count > SPN_MODES_MAX ||
        head.parameters != run->study->loss.dimension ||
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
    SPN_TRY(spn_sweep_replay(context, run->sweep, &point));
    SPN_TRY(keep_point(context, run, &point));
    run->replayed++;
done:
    return status;
}

static spn_status initial_weights(spn_context *context, const void *state, int64_t seed,
                                  double *theta)
{
    return spn_study_initial(context, state, seed, theta);
}

/* What a journal belongs to: the effective experiment, the very data and initial weights, and the program,
 * whose records are in it as they are in memory and whose bits depend on the kernels it uses. */
static spn_status describe(spn_context *context, const spn_study *study, char **text)
{
    spn_status status = SPN_OK;
    char *dump = NULL, *all = NULL;
    *text = NULL;
    SPN_TRY(spn_experiment_dump(context, study->experiment, &dump));
    const char *kernels = spn_kernels_name(spn_context_kernels(context));
    size_t size = strlen(dump) + 256;
    SPN_NEW(context, all, (int64_t)size);
    snprintf(all, size,
             "%s# data checksum %08x\n# weights checksum %08x\n# program version %s\n"
             "# record of %zu bytes\n# kernels %s\n",
             dump, (unsigned)study->data_checksum, (unsigned)study->weights_checksum, SPN_VERSION,
             sizeof(spn_sweep_record), kernels);
    *text = all;
    all = NULL;
done:
    spn_release(context, dump);
    spn_release(context, all);
    return status;
}

static spn_status open_journal(spn_context *context, runner *run, const spn_run_settings *settings,
                               const char *path)
{
    spn_status status = SPN_OK;
    char *configuration = NULL;
    spn_journal_info info;
    SPN_TRY(describe(context, run->study, &configuration));
    if (settings->is_resumed && spn_journal_exists(path)) {
        SPN_TRY(spn_journal_open(context, path, configuration, replay_point, run, &info,
                                 &run->journal));
        spn_message(context, "resuming: %lld points were done", (long long)run->replayed);
        goto done;
    }
    if (settings->is_resumed) {
        spn_message(context, "nothing to resume (%s does not exist): starting anew", path);
    }
    SPN_TRY(spn_journal_create(context, path, configuration, settings->is_forced, &run->journal));
done:
    spn_release(context, configuration);
    return status;
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

static spn_status run_and_write(spn_context *context, runner *run, const spn_run_settings *settings,
                                const char *journal_path, bool *is_gated)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    SPN_TRY(open_journal(context, run, settings, journal_path));
    SPN_TRY(spn_pool_create(context, settings->threads, &pool));
    SPN_TRY(spn_sweep_run(context, run->sweep, pool, record_point, run));
    SPN_TRY(spni_rows_sort(context, &run->rows));
    SPN_TRY(
        spni_results_write(context, run->study, &run->rows, settings->output, settings->is_forced));
    *is_gated = are_all_gated(&run->rows);
    spn_journal *finished = run->journal;
    run->journal = NULL;
    SPN_TRY(spn_journal_remove(context, finished));
done:
    spn_pool_free(pool);
    return status;
}

static bool has_text(const spn_results *results, const char *name, const char *text)
{
    const spn_attribute *attribute = spn_results_attribute(results, name);
    return attribute != NULL && attribute->text != NULL && strcmp(attribute->text, text) == 0;
}

static bool has_checksum(const spn_results *results, const char *name, uint32_t checksum)
{
    char text[16];
    snprintf(text, sizeof text, "%08x", (unsigned)checksum);
    return has_text(results, name, text);
}

/* Results of this very experiment and data are there and no journal is: an earlier run has finished. */
static spn_status find_finished(spn_context *context, const spn_study *study, const char *path,
                                bool *is_finished, bool *is_gated)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    char *dump = NULL;
    *is_finished = false;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(spn_experiment_dump(context, study->experiment, &dump));
    const spn_table *points = spn_results_table(&results, "points");
    int64_t column = points != NULL ? spn_table_find(points, "stationary") : -1;
    if (column < 0 || !has_text(&results, "configuration", dump) ||
        !has_checksum(&results, "data_checksum", study->data_checksum) ||
        !has_checksum(&results, "weights_checksum", study->weights_checksum)) {
        goto done;
    }
    *is_finished = true;
    *is_gated = true;
    for (int64_t row = 0; row < points->rows; row++) {
        *is_gated = *is_gated && spn_table_integer(points, row, column) == 1;
    }
    spn_message(context, "%s is complete: nothing to resume", path);
done:
    spn_release(context, dump);
    spn_arena_free(arena);
    return status;
}

/* A journal belongs to a run that was allowed to write this output: going on with it is, too. */
static spn_status prepare(spn_context *context, const spn_study *study, const char *journal_path,
                          spn_run_settings *settings, bool *is_finished, bool *is_gated)
{
    bool has_journal = spn_journal_exists(journal_path);
    *is_finished = false;
    if (spn_experiment_reads(study->experiment, settings->output)) {
        return spn_fail(context, SPN_ERROR_IO,
                        "%s is a file that the experiment reads; choose another output",
                        settings->output);
    }
    if (settings->is_resumed && has_journal) {
        settings->is_forced = true;
    }
    if (settings->is_resumed && !has_journal && !settings->is_forced &&
        spn_journal_exists(settings->output)) {
        spn_status status = find_finished(context, study, settings->output, is_finished, is_gated);
        if (status != SPN_OK || *is_finished) {
            return status;
        }
    }
    return spn_results_check_target(context, settings->output, settings->is_forced);
}

spn_status spn_study_sweep(spn_context *context, const spn_study *study,
                           const spn_run_settings *given, bool *is_gated)
{
    spn_status status = SPN_OK;
    spn_run_settings own = *given, *settings = &own;
    bool is_finished = false;
    runner run = {.study = study};
    char *journal_path = NULL;
    const spn_sweep_problem problem = {.objective = &study->loss,
                                       .settings = spn_experiment_sweep(study->experiment),
                                       .solver = spn_experiment_solver(study->experiment),
                                       .initial = initial_weights,
                                       .initial_state = study};
    size_t size = strlen(settings->output) + sizeof ".part";
    SPN_NEW(context, journal_path, (int64_t)size);
    snprintf(journal_path, size, "%s.part", settings->output);
    SPN_TRY(prepare(context, study, journal_path, settings, &is_finished, is_gated));
    if (!is_finished) {
        SPN_TRY(spn_sweep_create(context, &problem, &run.sweep));
        SPN_TRY(run_and_write(context, &run, settings, journal_path, is_gated));
    }
done:
    if (run.journal != NULL) {
        /* A journal without points holds nothing to go on with and would only be in the way. */
        spn_status closed = run.rows.count > 0 ? spn_journal_close(context, run.journal)
                                               : spn_journal_remove(context, run.journal);
        status = status == SPN_OK ? closed : status;
    }
    spn_sweep_free(context, run.sweep);
    spni_rows_free(context, &run.rows);
    spn_release(context, journal_path);
    return status;
}
