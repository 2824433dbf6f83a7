/* SPDX-License-Identifier: MIT */
/* Transitions of a results file. */
#include "cli/transitions.h"

#include <math.h>
#include <string.h>

/* A table that is wanted, and where its records went. */
typedef struct request {
    const char *name;
    const spn_columns *columns;
    bool is_required;
    int64_t count;
    const void *records; /* NULL: the file has no such table */
} request;

static spn_status take_tables(spn_context *context, spn_arena *arena, const char *path,
                              const spn_results *results, int64_t count, request *requests)
{
    spn_status status = SPN_OK;
    char *memory = NULL;
    for (int64_t i = 0; i < count; i++) {
        request *r = &requests[i];
        const spn_table *table = spn_results_table(results, r->name);
        int64_t bytes = 0;
        if (table == NULL && r->is_required) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no table '%s'", path, r->name);
        }
        if (table == NULL) {
            continue;
        }
        if (!spn_size_multiply(table->rows, (int64_t)r->columns->record_size, &bytes)) {
            SPN_FAIL(context, SPN_ERROR_MEMORY, "%s: table %s is too large", path, r->name);
        }
        SPN_TAKE(context, arena, memory, bytes);
        SPN_TRY(spn_table_convert(context, table, path, r->columns, memory));
        r->count = table->rows;
        r->records = memory;
    }
done:
    return status;
}

static spn_status add_sweep(spn_context *context, spn_arena *arena, const char *path,
                            const spn_results *results, spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    request r[] = {{"points", &spn_sweep_columns, true, 0, NULL},
                   {"jumps", &spn_sweep_jump_columns, false, 0, NULL},
                   {"approach", &spn_sweep_approach_columns, false, 0, NULL}};
    SPN_TRY(take_tables(context, arena, path, results, 3, r));
    const spn_sweep_tables tables = {.point_count = r[0].count,
                                     .points = r[0].records,
                                     .jump_count = r[1].count,
                                     .jumps = r[1].records,
                                     .approach_count = r[2].count,
                                     .approach = r[2].records};
    SPN_TRY(spn_transitions_add_sweep(context, transitions, &tables));
done:
    return status;
}

static spn_status add_branches(spn_context *context, spn_arena *arena, const char *path,
                               const spn_results *results, spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    request r[] = {{"points", &spn_branch_columns, true, 0, NULL},
                   {"specials", &spn_special_columns, true, 0, NULL},
                   {"approach", &spn_branch_approach_columns, true, 0, NULL},
                   {"phases", &spn_phase_columns, true, 0, NULL},
                   {"maxwell", &spn_maxwell_columns, true, 0, NULL}};
    SPN_TRY(take_tables(context, arena, path, results, 5, r));
    const spn_branch_tables tables = {.point_count = r[0].count,
                                      .points = r[0].records,
                                      .special_count = r[1].count,
                                      .specials = r[1].records,
                                      .approach_count = r[2].count,
                                      .approach = r[2].records,
                                      .phase_count = r[3].count,
                                      .phases = r[3].records,
                                      .maxwell_count = r[4].count,
                                      .maxwell = r[4].records};
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
                               cli_range *range)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    if (strcmp(results.kind, "sweep") == 0) {
        status = add_sweep(context, arena, path, &results, transitions);
    } else if (strcmp(results.kind, "branches") == 0) {
        status = add_branches(context, arena, path, &results, transitions);
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
done:
    spn_arena_free(arena);
    return status;
}
