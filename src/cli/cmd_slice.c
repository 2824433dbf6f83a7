/* SPDX-License-Identifier: MIT */
#include "cli/find.h"
#include "cli/grid.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>

typedef struct view {
    const char *path;
    int64_t points;
    spn_table level_table, anchor_table, slice_table;
    const char *const *names; /* of the anchors */
    spn_slice_record *slice;
    spn_slice_anchor *anchor;
    spn_slice_level *level;
} view;

static spn_status take_view(spn_context *context, spn_arena *arena, const spn_results *results,
                            const char *path, view *v)
{
    spn_status status = SPN_OK;
    spn_table points = {0};
    *v = (view){.path = path};
    SPN_TRY(cli_take_table(context, results, path, "points", &points));
    SPN_TRY(cli_take_table(context, results, path, "slices", &v->slice_table));
    SPN_TRY(cli_take_table(context, results, path, "anchors", &v->anchor_table));
    SPN_TRY(cli_take_table(context, results, path, "levels", &v->level_table));
    const spn_text_column *names = spn_results_text_column(results, "anchors", "name");
    if (names == NULL || names->rows != v->anchor_table.rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: the anchors have no names", path);
    }
    v->names = names->items;
    v->points = points.rows;
    SPN_TAKE(context, arena, v->slice, v->slice_table.rows);
    SPN_TAKE(context, arena, v->anchor, v->anchor_table.rows);
    SPN_TAKE(context, arena, v->level, v->level_table.rows);
    SPN_TRY(spn_table_convert(context, &v->slice_table, path, &spn_slice_columns, v->slice));
    SPN_TRY(
        spn_table_convert(context, &v->anchor_table, path, &spn_slice_anchor_columns, v->anchor));
    SPN_TRY(spn_table_convert(context, &v->level_table, path, &spn_slice_level_columns, v->level));
done:
    return status;
}

static spn_status write_json(spn_context *context, const view *v)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "results", v->path);
    spn_json_integer(&json, "points", v->points);
    cli_write_rows(&json, "slices", &v->slice_table, NULL, NULL);
    cli_write_rows(&json, "anchors", &v->anchor_table, "name", v->names);
    cli_write_rows(&json, "levels", &v->level_table, NULL, NULL);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

static spn_status print_slice(spn_context *context, const view *v, const spn_slice_record *slice)
{
    static const cli_grid_column columns[] = {
        {"through", CLI_LEFT, NULL}, {"u", CLI_POINT, NULL}, {"v", CLI_POINT, NULL},
        {"beta", CLI_POINT, NULL},   {"E", CLI_POINT, NULL}, {"L", CLI_POINT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    double size = 0; /* of the places */
    for (int64_t i = 0; i < v->anchor_table.rows; i++) {
        const spn_slice_anchor *a = &v->anchor[i];
        size = a->slice == slice->slice ? fmax(size, fmax(fabs(a->u), fabs(a->v))) : size;
    }
    fprintf(stderr, "%s, %lld x %lld points, taken at beta = %.10g",
            slice->axes == 1 ? "line" : "plane", (long long)slice->columns, (long long)slice->rows,
            slice->beta);
    if (isfinite(slice->eigenvalue_u)) {
        fprintf(stderr, ", eigenvalue%s of L %.6g", slice->axes == 1 ? "" : "s",
                slice->eigenvalue_u);
    }
    if (isfinite(slice->eigenvalue_v)) {
        fprintf(stderr, " and %.6g", slice->eigenvalue_v);
    }
    fprintf(stderr, "\n");
    for (int64_t i = 0; i < v->anchor_table.rows; i++) {
        const spn_slice_anchor *a = &v->anchor[i];
        if (a->slice == slice->slice) {
            cli_grid_text(&grid, "%s", v->names[i]);
            cli_grid_number(&grid, cli_beside(a->u, size), 6);
            cli_grid_number(&grid, cli_beside(a->v, size), 6);
            cli_grid_number(&grid, a->beta, 8);
            cli_grid_number(&grid, a->error, 8);
            cli_grid_number(&grid, a->loss, 8);
        }
    }
    spn_status status = cli_grid_end(&grid, "", stderr);
    for (int64_t i = 0; i < v->level_table.rows; i++) {
        const spn_slice_level *l = &v->level[i];
        if (l->slice == slice->slice) {
            fprintf(stderr, "beta = %.10g: L is smallest at (%.6g, %.6g): %.8g\n", l->beta, l->u,
                    l->v, l->loss);
        }
    }
    return status;
}

spn_status cli_summarize_slices(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    view v;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(take_view(context, arena, &results, path, &v));
    if (is_json) {
        SPN_TRY(write_json(context, &v));
    } else if (!session->is_quiet) {
        for (int64_t i = 0; i < v.slice_table.rows; i++) {
            fprintf(stderr, "%s%s: ", i > 0 ? "\n" : "", path);
            SPN_TRY(print_slice(context, &v, &v.slice[i]));
        }
    }
done:
    spn_arena_free(arena);
    return status;
}

static spn_status run_slice(cli_session *session, const cli_arguments *arguments,
                            const char *output, bool *is_good)
{
    spn_status status = SPN_OK;
    SPN_TRY(cli_run_study(session, arguments, output, spn_study_slice, is_good));
    SPN_TRY(cli_summarize_slices(session, output, arguments->is_json));
done:
    return status;
}

int cmd_slice(cli_session *session, const cli_arguments *arguments)
{
    return cli_run_command(session, arguments, run_slice);
}
