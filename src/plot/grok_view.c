/* SPDX-License-Identifier: MIT */
/* A file of watched training read. */
#include "plot/grok.h"

#include <math.h>

static spn_status take(spn_context *context, spn_arena *arena, const spn_results *results,
                       const char *name, const spn_columns *columns, int64_t *count, void **records)
{
    spn_status status = SPN_OK;
    const spn_table *table = spn_results_table(results, name);
    char *memory = NULL;
    if (table == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "has no table '%s': it is no file of grok", name);
    }
    *count = table->rows;
    SPN_TAKE(context, arena, memory, table->rows * (int64_t)columns->record_size);
    SPN_TRY(spn_table_convert(context, table, "the file", columns, memory));
    *records = memory;
done:
    return status;
}

static spn_status take_texts(spn_context *context, const spn_results *results, const char *group,
                             const char *name, int64_t rows, const char *const **out)
{
    const spn_text_column *texts = spn_results_text_column(results, group, name);
    if (texts == NULL || texts->rows != rows) {
        return spn_fail(context, SPN_ERROR_INPUT, "has no texts '%s' in the table '%s'", name,
                        group);
    }
    *out = texts->items;
    return SPN_OK;
}

/* Numbers that refer to rows of other tables: they steer pointers. */
static spn_status check_references(spn_context *context, const spni_grok_view *v)
{
    bool is_good = v->run_count > 0 && v->point_count > 0;
    for (int64_t i = 0; i < v->run_count && is_good; i++) {
        is_good = v->runs[i].run == i && v->runs[i].start >= 0 && v->runs[i].start < v->start_count;
    }
    for (int64_t i = 0; i < v->point_count && is_good; i++) {
        is_good = v->points[i].run >= 0 && v->points[i].run < v->run_count &&
                  (i == 0 || v->points[i].run >= v->points[i - 1].run);
    }
    for (int64_t i = 0; i < v->plateau_count && is_good; i++) {
        is_good = v->plateaus[i].run >= 0 && v->plateaus[i].run < v->run_count;
    }
    return is_good
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_INPUT,
                          "holds no runs, or points and plateaus of runs that it does not have");
}

static void find_ends(spni_grok_view *v)
{
    double first = HUGE_VAL;
    v->right = 1;
    for (int64_t i = 0; i < v->point_count; i++) {
        const double epoch = v->points[i].epoch;
        first = epoch > 0 ? fmin(first, epoch) : first;
        v->right = fmax(v->right, epoch);
    }
    v->left = isfinite(first) ? first / 2 : 0.5;
}

spn_status spni_grok_view_make(spn_context *context, spn_arena *arena, const spn_results *results,
                               spni_grok_view *v)
{
    spn_status status = SPN_OK;
    void *runs = NULL, *points = NULL, *crossings = NULL, *plateaus = NULL;
    *v = (spni_grok_view){.modes = spn_results_array(results, "modes")};
    SPN_TRY(take(context, arena, results, "runs", &spn_run_columns, &v->run_count, &runs));
    SPN_TRY(
        take(context, arena, results, "points", &spn_trajectory_columns, &v->point_count, &points));
    SPN_TRY(take(context, arena, results, "crossings", &spn_crossing_columns, &v->crossing_count,
                 &crossings));
    SPN_TRY(take(context, arena, results, "plateaus", &spn_plateau_columns, &v->plateau_count,
                 &plateaus));
    v->runs = runs;
    v->points = points;
    v->crossings = crossings;
    v->plateaus = plateaus;
    const spn_table *starts = spn_results_table(results, "starts");
    v->start_count = starts != NULL ? starts->rows : 0;
    SPN_TRY(take_texts(context, results, "starts", "name", v->start_count, &v->names));
    SPN_TRY(take_texts(context, results, "runs", "phase", v->run_count, &v->phases));
    SPN_TRY(check_references(context, v));
    if (v->modes != NULL && (v->modes->rows != v->point_count || v->modes->columns == 0)) {
        v->modes = NULL;
    }
    find_ends(v);
done:
    return status;
}

const char *spni_plateau_name(int64_t kind)
{
    static const char *const names[] = {"metastable minimum", "ghost of a fold", "saddle",
                                        "degenerate point", "slow"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? names[kind] : "?";
}

const char *spni_plateau_law(int64_t kind)
{
    static const char *const laws[] = {"it never leaves", "pi / sqrt(distance to the fold)",
                                       "ln(1 / delta) / |lambda|",
                                       "growth beyond linear order (T16, T22)", "no law"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? laws[kind] : "?";
}
