/* SPDX-License-Identifier: MIT */
/* Do results pass the check of the run that makes them? From their tables alone: the same verdict on results in memory,
 * before they are written, and on a file. */
#include "study/verdict.h"

#include "study/family.h"

#include <math.h>
#include <string.h>

/* Columns of a table by name; false where the table or one of them is not there. */
static bool find_columns(const spn_table *table, int64_t count, const char *const *names,
                         int64_t *columns)
{
    for (int64_t i = 0; i < count; i++) {
        columns[i] = table != NULL ? spn_table_find(table, names[i]) : -1;
        if (columns[i] < 0) {
            return false;
        }
    }
    return true;
}

/* ---- Sweeps ----------------------------------------------------------------------------------- */

/* Points of a finite rate are not meant to be stationary. */
static spn_status is_of_finite_rate(spn_context *context, const spn_results *results, bool *out)
{
    spn_experiment *experiment = NULL;
    const spn_attribute *attribute = spn_results_attribute(results, "configuration");
    *out = false;
    if (attribute == NULL || attribute->text == NULL) {
        return SPN_OK;
    }
    spn_status status = spn_experiment_parse(context, "configuration", attribute->text,
                                             (int64_t)strlen(attribute->text), &experiment);
    if (status == SPN_OK) {
        *out = spn_experiment_sweep(experiment)->epochs > 0;
    } else if (status == SPN_ERROR_INPUT) { /* of another version: a sweep is judged strictly */
        spn_error_clear(context);
        status = SPN_OK;
    }
    spn_experiment_free(context, experiment);
    return status;
}

/* Is there the column, with a 1 in each row? */
static bool is_all_one(const spn_table *table, const char *name)
{
    int64_t column = -1;
    if (!find_columns(table, 1, &name, &column)) {
        return false;
    }
    for (int64_t row = 0; row < table->rows; row++) {
        if (spn_table_integer(table, row, column) != 1) {
            return false;
        }
    }
    return true;
}

/* Is each point stationary, was each jump located, with a minimum behind it? */
static spn_status judge_sweep(spn_context *context, const spn_results *results, bool *is_good)
{
    spn_status status = SPN_OK;
    const spn_table *jumps = spn_results_table(results, "jumps");
    *is_good = is_all_one(spn_results_table(results, "points"), "stationary") &&
               (jumps == NULL || (is_all_one(jumps, "resolved") && is_all_one(jumps, "settled")));
    SPN_TRY(*is_good ? SPN_OK : is_of_finite_rate(context, results, is_good));
done:
    return status;
}

/* ---- Branches --------------------------------------------------------------------------------- */

/* Were all starts used, was each phase followed to its ends? */
static bool judge_branches(const spn_results *results)
{
    static const char *const names[] = {"end_low", "end_high"};
    const spn_table *phases = spn_results_table(results, "phases");
    const spn_attribute *unused = spn_results_attribute(results, SPNI_UNUSED);
    int64_t columns[2];
    if (!find_columns(phases, 2, names, columns) || (unused != NULL && unused->integer > 0)) {
        return false;
    }
    for (int64_t row = 0; row < phases->rows; row++) {
        if (spn_table_integer(phases, row, columns[0]) == SPN_END_UNFINISHED ||
            spn_table_integer(phases, row, columns[1]) == SPN_END_UNFINISHED) {
            return false;
        }
    }
    return true;
}

/* ---- Slices ----------------------------------------------------------------------------------- */

/* What stored and measured numbers may differ by: they come from the same network at weights that differ by
 * the rounding of (b - a) / |b - a| |b - a|. */
static bool agree(double measured, double stored)
{
    const double agreement = 1e-12;
    return fabs(measured - stored) <= agreement * fmax(1, fabs(stored));
}

static void warn(spn_context *context, const spn_text_column *names, int64_t row,
                 const double numbers[4])
{
    spn_warning(context,
                "'%s' has E = %.15g, L = %.15g on the slice, but %.15g, %.15g in the "
                "results: are they of other data, or of another model?",
                names != NULL ? names->items[row] : "a point", numbers[0], numbers[1], numbers[2],
                numbers[3]);
}

bool spni_slice_judge(spn_context *context, const spn_results *results)
{
    static const char *const names[] = {"error", "loss", "stored_error", "stored_loss"};
    const spn_table *anchors = spn_results_table(results, "anchors");
    const spn_text_column *points = spn_results_text_column(results, "anchors", "name");
    int64_t columns[4];
    bool are_all_good = find_columns(anchors, 4, names, columns);
    const int64_t rows = are_all_good ? anchors->rows : 0;
    for (int64_t row = 0; row < rows; row++) {
        double numbers[4];
        for (int i = 0; i < 4; i++) {
            numbers[i] = spn_table_real(anchors, row, columns[i]);
        }
        if (!agree(numbers[0], numbers[2]) || !agree(numbers[1], numbers[3])) {
            are_all_good = false;
            if (context != NULL) {
                warn(context, points, row, numbers);
            }
        }
    }
    return are_all_good;
}

/* ---- Training --------------------------------------------------------------------------------- */

/* Does each run end at a stationary minimum? Of large networks without geometry none is sought: -1. */
static bool judge_grok(const spn_results *results)
{
    static const char *const names[] = {"stop", "final_stationary", "final_negative_eigenvalues"};
    const spn_table *runs = spn_results_table(results, "runs");
    int64_t columns[3];
    if (!find_columns(runs, 3, names, columns)) {
        return false;
    }
    for (int64_t row = 0; row < runs->rows; row++) {
        if (spn_table_integer(runs, row, columns[0]) == SPN_STOP_DIVERGED ||
            spn_table_integer(runs, row, columns[1]) == 0 ||
            spn_table_integer(runs, row, columns[2]) > 0) {
            return false;
        }
    }
    return true;
}

/* ---- Built-in studies ------------------------------------------------------------------------- */

/* A random start's threshold is a leading order: near it nothing is said. */
static const double near_threshold = 0.1;

/* Does a run of the flow agree with its law? True for other methods. */
static bool agrees(const spn_delay_run *run)
{
    const double share = run->beta / run->own_threshold;
    const bool is_aligned = run->seed < 0, has_left = run->outcome == SPN_DELAY_LEFT;
    if (run->method != SPN_PATH_FLOW || (!is_aligned && fabs(share - 1) < near_threshold)) {
        return true;
    }
    return has_left == (share < 1) &&
           (!is_aligned || !has_left || fabs(run->passage_difference) <= SPN_DELAY_TOLERANCE);
}

static spn_status judge_delay(spn_context *context, const spn_results *results, bool *is_good)
{
    spn_status status = SPN_OK;
    const spn_table *table = spn_results_table(results, "runs");
    spn_delay_run *runs = NULL;
    *is_good = table != NULL;
    if (table == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, runs, table->rows);
    SPN_TRY(spn_table_convert(context, table, "these results", &spn_delay_columns, runs));
    for (int64_t i = 0; i < table->rows; i++) {
        *is_good = *is_good && agrees(&runs[i]);
    }
done:
    spn_release(context, runs);
    return status;
}

static bool are_all_found(const spn_results *results)
{
    const char *const name = "order";
    const spn_table *transitions = spn_results_table(results, "transitions");
    int64_t order = -1;
    if (!find_columns(transitions, 1, &name, &order)) {
        return false;
    }
    for (int64_t row = 0; row < transitions->rows; row++) {
        if (spn_table_integer(transitions, row, order) == SPNI_NOT_FOUND) {
            return false;
        }
    }
    return true;
}

spn_status spn_study_judge(spn_context *context, const spn_results *results, const char **fault)
{
    spn_status status = SPN_OK;
    bool is_good = true;
    const char *const kind = results->kind, *said = NULL;
    *fault = NULL;
    if (strcmp(kind, "sweep") == 0) {
        SPN_TRY(judge_sweep(context, results, &is_good));
        said = "points did not pass the stationarity gate (column `stationary` is 0), "
               "or a jump was not resolved (`resolved` or `settled` is 0)";
    } else if (strcmp(kind, "branches") == 0) {
        is_good = judge_branches(results);
        said = "a phase was not followed to its end";
    } else if (strcmp(kind, "slice") == 0) {
        is_good = spni_slice_judge(NULL, results);
        said = "E or L at a point that a slice goes through is not what was stored";
    } else if (strcmp(kind, "delay") == 0) {
        SPN_TRY(judge_delay(context, results, &is_good));
        said = "an escape does not agree with its law";
    } else if (strcmp(kind, "grok") == 0) {
        is_good = judge_grok(results);
        said = "a run diverged or does not end at a minimum";
    } else if (strcmp(kind, spn_family_name(SPN_FAMILY_ORDER)) == 0 ||
               strcmp(kind, spn_family_name(SPN_FAMILY_COMPLEXITY)) == 0) {
        is_good = are_all_found(results);
        said = "a phase was not found (order `not_found`)";
    }
    *fault = is_good ? NULL : said;
done:
    return status;
}
