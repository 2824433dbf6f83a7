/* SPDX-License-Identifier: MIT */
/* Transitions of a results file. */
#include "cli/grid.h"
#include "cli/transitions.h"

#include <math.h>
#include <string.h>

static spn_status add_sweep(spn_context *context, spn_arena *arena, const spn_results *results,
                            spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    const spn_sweep_tables tables = {.point_count = c.points.rows,
                                     .points = c.points.records,
                                     .jump_count = c.jumps.rows,
                                     .jumps = c.jumps.records,
                                     .approach_count = c.approach.rows,
                                     .approach = c.approach.records};
    SPN_TRY(spn_transitions_add_sweep(context, transitions, &tables));
done:
    return status;
}

static spn_status add_branches(spn_context *context, spn_arena *arena, const spn_results *results,
                               spn_transitions *transitions)
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

/* Widen the range by the points of a file. */
static void include_range(const spn_results *results, cli_range *range)
{
    const spn_table *points = spn_results_table(results, "points");
    int64_t column = points != NULL ? spn_table_find(points, "beta") : -1;
    for (int64_t i = 0; column >= 0 && i < points->rows; i++) {
        range->from = fmin(range->from, spn_table_real(points, i, column));
        range->to = fmax(range->to, spn_table_real(points, i, column));
    }
}

spn_status cli_add_transitions(spn_context *context, const char *path, spn_transitions *transitions,
                               cli_range *range, const char **norm)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    if (strcmp(results.kind, "sweep") == 0) {
        status = add_sweep(context, arena, &results, transitions);
    } else if (strcmp(results.kind, "branches") == 0) {
        status = add_branches(context, arena, &results, transitions);
    } else {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "%s: holds results of '%.40s'; transitions are found in those of sweep and branches",
            path, results.kind);
    }
    if (status == SPN_ERROR_INPUT && strncmp(spn_error_text(context), path, strlen(path)) != 0) {
        spn_error_prefix(context, "%s", path);
    }
    SPN_TRY(status);
    if (range != NULL) {
        include_range(&results, range);
    }
    if (norm != NULL) {
        *norm = spn_text_norm(&results);
    }
done:
    spn_arena_free(arena);
    return status;
}
