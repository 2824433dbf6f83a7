/* SPDX-License-Identifier: MIT */
/* Transitions of results. */
#include <spinodal/kind.h>

#include <math.h>

/* Singular values of the modes whose strengths stand in the array "modes": linear theory has a row a mode. NULL where
 * there is none, or the strengths are those of the outputs' own directions. */
static spn_status take_singular_values(spn_context *context, spn_arena *arena,
                                       const spn_table *theory, int64_t modes, const double **out)
{
    spn_status status = SPN_OK;
    const spn_theory_mode *records = theory->records;
    double *values = NULL;
    *out = NULL;
    if (modes == 0 || theory->rows != modes) {
        return SPN_OK;
    }
    SPN_TAKE(context, arena, values, modes);
    for (int64_t m = 0; m < modes; m++) {
        values[m] = records[m].singular_value;
    }
    *out = values;
done:
    return status;
}

spn_status spn_sweep_transitions(spn_context *context, spn_arena *arena, const spn_results *results,
                                 spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    const double *singular_values = NULL;
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    const int64_t modes = c.modes != NULL ? c.modes->columns : 0;
    SPN_TRY(take_singular_values(context, arena, &c.theory, modes, &singular_values));
    const spn_sweep_tables tables = {.mode_count = modes,
                                     .modes = modes > 0 ? c.modes->values : NULL,
                                     .singular_values = singular_values,
                                     .point_count = c.points.rows,
                                     .points = c.points.records,
                                     .jump_count = c.jumps.rows,
                                     .jumps = c.jumps.records,
                                     .approach_count = c.approach.rows,
                                     .approach = c.approach.records};
    SPN_TRY(spn_transitions_add_sweep(context, transitions, &tables));
done:
    return status;
}

spn_status spn_branches_transitions(spn_context *context, spn_arena *arena,
                                    const spn_results *results, spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_branches_contents c;
    SPN_TRY(spn_branches_contents_read(context, arena, results, &c));
    const spn_branch_tables tables = {.point_count = c.points.rows,
                                      .points = c.points.records,
                                      .special_count = c.specials.rows,
                                      .specials = c.specials.records,
                                      .approach_count = c.approach.rows,
                                      .approach = c.approach.records,
                                      .phase_count = c.phases.rows,
                                      .phases = c.phases.records,
                                      .maxwell_count = c.maxwell.rows,
                                      .maxwell = c.maxwell.records};
    SPN_TRY(spn_transitions_add_branches(context, transitions, &tables));
done:
    return status;
}

/* Widen the range by the points. */
static void include_range(const spn_results *results, double *from, double *to)
{
    const spn_table *points = spn_results_table(results, "points");
    const int64_t column = points != NULL ? spn_table_find(points, "beta") : -1;
    for (int64_t i = 0; column >= 0 && i < points->rows; i++) {
        *from = fmin(*from, spn_table_real(points, i, column));
        *to = fmax(*to, spn_table_real(points, i, column));
    }
}

spn_status spn_add_transitions(spn_context *context, const spn_kind *kind,
                               const spn_results *results, spn_transitions *transitions,
                               double *from, double *to)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    if (kind == NULL || kind->add_transitions == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "holds results of '%.40s'; transitions are found in those of sweep and branches",
                 results->kind);
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(kind->add_transitions(context, arena, results, transitions));
    include_range(results, from, to);
done:
    spn_arena_free(arena);
    return status;
}
