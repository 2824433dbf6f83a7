/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

#include <string.h>

/* Numbers that refer to rows of other tables: they steer pointers. */
static spn_status check_references(spn_context *context, const spn_grok_contents *c)
{
    const spn_run_record *runs = c->runs.records;
    const spn_trajectory_record *points = c->points.records;
    const spn_plateau_record *plateaus = c->plateaus.records;
    const spn_crossing_record *crossings = c->crossings.records;
    bool is_good = true;
    for (int64_t i = 0; i < c->runs.rows; i++) {
        is_good =
            is_good && runs[i].run == i && runs[i].start >= 0 && runs[i].start < c->starts.rows;
    }
    for (int64_t i = 0; i < c->points.rows && is_good; i++) {
        is_good = points[i].run >= 0 && points[i].run < c->runs.rows &&
                  (i == 0 || points[i].run >= points[i - 1].run);
    }
    for (int64_t i = 0; i < c->plateaus.rows; i++) {
        is_good = is_good && plateaus[i].run >= 0 && plateaus[i].run < c->runs.rows;
    }
    for (int64_t i = 0; i < c->crossings.rows; i++) {
        is_good = is_good && crossings[i].run >= 0 && crossings[i].run < c->runs.rows;
    }
    return is_good ? SPN_OK
                   : spn_fail(context, SPN_ERROR_INPUT,
                              "holds points, crossings or plateaus of runs that it does not have");
}

spn_status spn_grok_contents_read(spn_context *context, spn_arena *arena,
                                  const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_grok_contents *out = contents;
    char method[16];
    *out = (spn_grok_contents){.modes = spn_results_array(results, "modes")};
    const spn_wanted_table wanted[] = {
        {&out->runs, "runs", &spn_run_columns, false},
        {&out->points, "points", &spn_trajectory_columns, false},
        {&out->crossings, "crossings", &spn_crossing_columns, false},
        {&out->plateaus, "plateaus", &spn_plateau_columns, false},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    const spn_table *starts = spn_results_table(results, "starts");
    if (starts == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "has no table 'starts'");
    }
    out->starts = *starts;
    SPN_TRY(spn_take_texts(context, results, &out->starts, "name", &out->names));
    SPN_TRY(spn_take_texts(context, results, &out->runs, "phase", &out->phases));
    SPN_TRY(check_references(context, out));
    if (out->modes != NULL && (out->modes->rows != out->points.rows || out->modes->columns == 0)) {
        out->modes = NULL;
    }
    const char *said = spn_results_setting(results, "grok.method", method, sizeof method);
    out->facts = spn_run_facts_of(results);
    out->is_descent = said != NULL && spn_path_find(said) == SPN_PATH_GD;
done:
    return status;
}

static bool is_finite(int64_t stop)
{
    return stop != SPN_STOP_DIVERGED;
}

static bool is_not_zero(int64_t value)
{
    return value != 0;
}

static bool is_none(int64_t count)
{
    return count <= 0;
}

/* Does each run end at a stationary minimum? Of large networks without geometry none is sought: -1. */
bool spn_grok_passes(const spn_results *results)
{
    return spn_rows_are(results, "runs", "stop", is_finite) &&
           spn_rows_are(results, "runs", "final_stationary", is_not_zero) &&
           spn_rows_are(results, "runs", "final_negative_eigenvalues", is_none);
}
