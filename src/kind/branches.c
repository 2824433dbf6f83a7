/* SPDX-License-Identifier: MIT */
#include <spinodal/kind.h>

/* Numbers that refer to rows of other tables: they steer pointers. */
static spn_status check_references(spn_context *context, const spn_branches_contents *c)
{
    const spn_branch_record *points = c->points.records;
    const spn_maxwell_record *maxwell = c->maxwell.records;
    const spn_global_record *global = c->global.records;
    const int64_t phases = c->phases.rows;
    for (int64_t i = 0; i < c->points.rows; i++) {
        if (points[i].phase < -1 || points[i].phase >= phases) {
            return spn_fail(context, SPN_ERROR_INPUT, "has a point in phase %lld of %lld",
                            (long long)points[i].phase, (long long)phases);
        }
    }
    for (int64_t i = 0; i < c->maxwell.rows; i++) {
        const spn_maxwell_record *m = &maxwell[i];
        if (m->phase_a < 0 || m->phase_a >= phases || m->phase_b < 0 || m->phase_b >= phases) {
            return spn_fail(context, SPN_ERROR_INPUT, "has a Maxwell point of unknown phases");
        }
    }
    for (int64_t i = 0; i < c->global.rows; i++) {
        if (global[i].phase < -1 || global[i].phase >= phases) {
            return spn_fail(context, SPN_ERROR_INPUT, "has a range of beta of an unknown phase");
        }
    }
    return SPN_OK;
}

/* Starts that were not followed. */
static int64_t unused_starts(const spn_results *results)
{
    const spn_attribute *unused = spn_results_attribute(results, "unused_starts");
    return unused != NULL ? unused->integer : 0;
}

spn_status spn_branches_contents_read(spn_context *context, spn_arena *arena,
                                      const spn_results *results, void *contents)
{
    spn_status status = SPN_OK;
    spn_branches_contents *out = contents;
    const spn_wanted_table wanted[] = {
        {&out->points, "points", &spn_branch_columns, false},
        {&out->specials, "specials", &spn_special_columns, false},
        {&out->approach, "approach", &spn_branch_approach_columns, true},
        {&out->phases, "phases", &spn_phase_columns, false},
        {&out->maxwell, "maxwell", &spn_maxwell_columns, false},
        {&out->global, "global", &spn_global_columns, true},
        {&out->barriers, "barriers", &spn_barrier_columns, true},
        {&out->theory, "theory", &spn_theory_mode_columns, true},
    };
    SPN_TRY(spn_take_tables(context, arena, results, sizeof wanted / sizeof *wanted, wanted));
    SPN_TRY(spn_take_texts(context, results, &out->phases, "name", &out->names));
    SPN_TRY(check_references(context, out));
    out->unused_starts = unused_starts(results);
    const spn_attribute *method = spn_results_attribute(results, "by_products");
    out->is_by_products = method != NULL && method->integer != 0;
    out->facts = spn_run_facts_of(results);
done:
    return status;
}

static bool is_end(int64_t end)
{
    return end != SPN_END_UNFINISHED;
}

/* Were all starts used, was each phase followed to its ends? */
bool spn_branches_passes(const spn_results *results)
{
    return unused_starts(results) <= 0 && spn_rows_are(results, "phases", "end_low", is_end) &&
           spn_rows_are(results, "phases", "end_high", is_end);
}
