/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

#include <math.h>
#include <stdio.h>

static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->phase == b->phase && b->point == a->point + 1;
}

static void print_change(const spn_sweep_record *a, const spn_sweep_record *b)
{
    fprintf(stderr,
            "%4lld  %-6s  %3lld -> %-3lld  %9.6f .. %-9.6f  %9.6f -> %-9.6f  %9.6f -> %-9.6f\n",
            (long long)b->seed, spn_direction_text(b->direction), (long long)a->active_modes,
            (long long)b->active_modes, a->beta, b->beta, a->error, b->error, a->weight_norm,
            b->weight_norm);
}

static void write_change(spn_json *json, const spn_sweep_record *a, const spn_sweep_record *b)
{
    spn_json_begin_object(json, NULL);
    spn_json_integer(json, "seed", b->seed);
    spn_json_text(json, "direction", spn_direction_text(b->direction));
    spn_json_integer(json, "modes_before", a->active_modes);
    spn_json_integer(json, "modes_after", b->active_modes);
    spn_json_real(json, "beta_before", a->beta);
    spn_json_real(json, "beta_after", b->beta);
    spn_json_real(json, "error_before", a->error);
    spn_json_real(json, "error_after", b->error);
    spn_json_real(json, "norm_before", a->weight_norm);
    spn_json_real(json, "norm_after", b->weight_norm);
    spn_json_real(json, "curvature_before", a->scalar_curvature_error);
    spn_json_real(json, "curvature_after", b->scalar_curvature_error);
    spn_json_end_object(json);
}

static spn_status summarize_json(spn_context *context, const char *path,
                                 const spn_sweep_record *records, int64_t count,
                                 const spn_table *jumps)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "results", path);
    spn_json_integer(&json, "points", count);
    spn_json_begin_list(&json, "mode_changes");
    for (int64_t i = 1; i < count; i++) {
        if (is_same_chain(&records[i - 1], &records[i]) &&
            records[i - 1].active_modes != records[i].active_modes) {
            write_change(&json, &records[i - 1], &records[i]);
        }
    }
    spn_json_end_list(&json);
    if (jumps != NULL) {
        spn_json_begin_list(&json, "jumps");
        for (int64_t row = 0; row < jumps->rows; row++) {
            spn_json_record(&json, NULL, jumps, row);
        }
        spn_json_end_list(&json);
    }
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* What the refinement has found; "jump" or "smooth" says whether |theta| is continuous there. */
static void print_jumps(const spn_sweep_jump *jumps, int64_t count)
{
    if (count == 0) {
        fprintf(stderr, "no transition was found\n");
        return;
    }
    fprintf(stderr, "seed  way     modes       beta                     error                  "
                    "|theta|                kind\n");
    for (int64_t i = 0; i < count; i++) {
        const spn_sweep_jump *j = &jumps[i];
        fprintf(stderr,
                "%4lld  %-6s  %3lld -> %-3lld  %.9f +- %-7.1e  %9.6f -> %-9.6f  %9.6f -> %-9.6f"
                "  %s%s\n",
                (long long)j->seed, spn_direction_text(j->direction), (long long)j->active_before,
                (long long)j->active_after, j->beta, fabs(j->beta_after - j->beta_before) / 2,
                j->error_before, j->error_after, j->norm_before, j->norm_after,
                j->survives ? "jump" : "smooth", j->settled ? "" : ", nothing behind it");
    }
}

static void print_changes(const spn_sweep_record *records, int64_t count)
{
    int64_t changes = 0;
    for (int64_t i = 1; i < count; i++) {
        if (is_same_chain(&records[i - 1], &records[i]) &&
            records[i - 1].active_modes != records[i].active_modes) {
            if (changes++ == 0) {
                fprintf(stderr,
                        "seed  way     modes       between beta            error                  "
                        "|theta|\n");
            }
            print_change(&records[i - 1], &records[i]);
        }
    }
    if (changes == 0) {
        fprintf(stderr, "the number of active modes never changes\n");
    }
}

static void summarize_text(const char *path, const spn_sweep_record *records, int64_t count,
                           const spn_sweep_jump *jumps, int64_t jump_count)
{
    fprintf(stderr, "%s: %lld points\n", path, (long long)count);
    if (jumps != NULL) {
        print_jumps(jumps, jump_count);
    } else {
        print_changes(records, count);
    }
}

/* NULL where nothing was refined. */
static spn_status read_jumps(spn_context *context, spn_arena *arena, const spn_table *table,
                             const char *path, spn_sweep_jump **out)
{
    spn_status status = SPN_OK;
    *out = NULL;
    if (table != NULL) {
        SPN_TAKE(context, arena, *out, table->rows);
        SPN_TRY(spn_table_convert(context, table, path, &spn_sweep_jump_columns, *out));
    }
done:
    return status;
}

spn_status cli_summarize(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_record *records = NULL;
    spn_sweep_jump *jumps = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_table *points = spn_results_table(&results, "points");
    if (points == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no table 'points'", path);
    }
    SPN_TAKE(context, arena, records, points->rows);
    SPN_TRY(spn_table_convert(context, points, path, &spn_sweep_columns, records));
    const spn_table *table = spn_results_table(&results, "jumps");
    SPN_TRY(read_jumps(context, arena, table, path, &jumps));
    if (is_json) {
        SPN_TRY(summarize_json(context, path, records, points->rows, table));
    } else if (!session->is_quiet) {
        summarize_text(path, records, points->rows, jumps, jumps != NULL ? table->rows : 0);
    }
done:
    spn_arena_free(arena);
    return status;
}
