/* SPDX-License-Identifier: MIT */
#include "cli/run.h"

#include <stdio.h>

static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->direction == b->direction && b->point == a->point + 1;
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
                                 const spn_sweep_record *records, int64_t count)
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
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

static void summarize_text(const char *path, const spn_sweep_record *records, int64_t count)
{
    int64_t changes = 0;
    fprintf(stderr, "%s: %lld points\n", path, (long long)count);
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

spn_status cli_summarize(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_record *records = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_table *points = spn_results_table(&results, "points");
    if (points == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no table 'points'", path);
    }
    SPN_TAKE(context, arena, records, points->rows);
    SPN_TRY(spn_table_convert(context, points, path, &spn_sweep_columns, records));
    if (is_json) {
        SPN_TRY(summarize_json(context, path, records, points->rows));
    } else if (!session->is_quiet) {
        summarize_text(path, records, points->rows);
    }
done:
    spn_arena_free(arena);
    return status;
}
