/* SPDX-License-Identifier: MIT */
/* Change points in noisy samples: a table in CSV, or the chains of a sweep, column by column. */
#include "cli/transitions.h"

#include <math.h>
#include <spinodal/formats.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

enum { SERIES = 4 };

/* Curvature spans orders of magnitude and both signs: it is searched on the scale of the figures. */
static const struct {
    const char *name;  /* in our tables */
    const char *other; /* accepted too */
    const char *shown;
    bool is_curvature;
} series_table[SERIES] = {
    {"error", NULL, "error", false},
    {"weight_norm", "norm", "|theta|", false},
    {"scalar_curvature_error", "scalar_curvature", "asinh(curvature)", true},
    {"accuracy", NULL, "accuracy", false},
};

/* One curve over beta: `count` samples ascending in beta, and its columns. */
typedef struct samples {
    const char *file;
    int64_t seed;          /* -1: from a table */
    const char *direction; /* NULL: likewise */
    int64_t count;
    double *beta;
    double *values[SERIES]; /* NULL: not there */
} samples;

typedef struct findings {
    int64_t count;
    spn_change_point *points; /* of all series, ordered by beta */
    int64_t groups;
    spn_coincidence *coincidences;
} findings;

static spn_status take_samples(spn_context *context, spn_arena *arena, int64_t count,
                               const bool *is_there, samples *out)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, arena, out->beta, count);
    for (int64_t s = 0; s < SERIES; s++) {
        if (is_there[s]) {
            SPN_TAKE(context, arena, out->values[s], count);
        }
    }
done:
    return status;
}

/* Insert a sample where its beta belongs. */
static void insert(samples *out, double beta, const double *values)
{
    int64_t at = out->count++;
    for (; at > 0 && out->beta[at - 1] > beta; at--) {
        out->beta[at] = out->beta[at - 1];
        for (int64_t s = 0; s < SERIES; s++) {
            if (out->values[s] != NULL) {
                out->values[s][at] = out->values[s][at - 1];
            }
        }
    }
    out->beta[at] = beta;
    for (int64_t s = 0; s < SERIES; s++) {
        if (out->values[s] != NULL) {
            out->values[s][at] = series_table[s].is_curvature ? asinh(values[s]) : values[s];
        }
    }
}

static spn_status search_series(spn_context *context, const samples *in, int64_t s, findings *out)
{
    static const spn_changes_settings settings = {
        .level = 0.01, .coverage = 0.95, .replicas = 999, .seed = 1};
    spn_status status = SPN_OK;
    spn_change_point *found = NULL, *all = NULL;
    int64_t count = 0, a = 0, b = 0;
    status =
        spn_find_changes(context, &settings, in->count, in->beta, in->values[s], &count, &found);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s, %s", in->file, series_table[s].name);
    }
    SPN_TRY(status);
    SPN_NEW(context, all, out->count + count);
    for (int64_t i = 0; i < out->count + count; i++) {
        if (b == count || (a < out->count && out->points[a].beta <= found[b].beta)) {
            all[i] = out->points[a++];
        } else {
            all[i] = found[b++];
            all[i].series = s;
        }
    }
    spn_release(context, out->points);
    out->points = all;
    out->count += count;
done:
    spn_release(context, found);
    return status;
}

/* The middle one of the steps of beta. */
static spn_status typical_step(spn_context *context, const samples *in, double *out)
{
    spn_status status = SPN_OK;
    double *steps = NULL;
    SPN_NEW(context, steps, in->count);
    for (int64_t i = 1; i < in->count; i++) {
        steps[i - 1] = in->beta[i] - in->beta[i - 1];
    }
    *out = in->count > 1 ? spn_median(in->count - 1, steps) : 0;
done:
    spn_release(context, steps);
    return status;
}

static spn_status search_samples(spn_context *context, const samples *in, findings *out)
{
    spn_status status = SPN_OK;
    double step = 0;
    *out = (findings){0};
    for (int64_t s = 0; s < SERIES; s++) {
        if (in->values[s] != NULL) {
            SPN_TRY(search_series(context, in, s, out));
        }
    }
    SPN_TRY(typical_step(context, in, &step));
    SPN_TRY(spn_find_coincidences(context, out->count, out->points, SERIES, step, &out->groups,
                                  &out->coincidences));
done:
    return status;
}

/* ---- Output ----------------------------------------------------------------------------------- */

static void print_points(const samples *in, const findings *f)
{
    for (int64_t i = 0; i < f->count; i++) {
        const spn_change_point *p = &f->points[i];
        if (i == 0) {
            printf("%-16s  %10s  %21s  %-4s  %9s  %9s  %10s  %10s\n", "column", "beta",
                   "95 % interval", "", "p smooth", "p kink", "value", "slope");
        }
        printf("%-16s  %10.6g  %9.6g .. %-9.6g  %-4s  %9.3g  %9.3g  %+10.4g  %+10.4g\n",
               series_table[p->series].shown, p->beta, p->beta_low, p->beta_high,
               p->order == 1 ? "jump" : "kink", p->p_value, p->jump_p_value, p->value_jump,
               p->slope_jump);
    }
    if (f->count == 0) {
        printf("verdict: none; no change point between beta = %.6g and %.6g\n", in->beta[0],
               in->beta[in->count - 1]);
    }
}

static void print_coincidences(const samples *in, const findings *f)
{
    for (int64_t i = 0; i < f->groups; i++) {
        const spn_coincidence *g = &f->coincidences[i];
        if (i == 0) {
            printf("\ntogether");
            for (int64_t s = 0; s < SERIES; s++) {
                if (in->values[s] != NULL) {
                    printf("  %16s", series_table[s].shown);
                }
            }
            printf("  %10s\n", "spread");
        }
        printf("%8lld", (long long)g->series);
        for (int64_t s = 0; s < SERIES; s++) {
            if (in->values[s] == NULL) {
                continue;
            }
            if (g->points[s] >= 0) {
                printf("  %16.6g", f->points[g->points[s]].beta);
            } else {
                printf("  %16s", "-");
            }
        }
        printf("  %10.3g\n", g->spread);
    }
}

static void print_text(const samples *in, const findings *f)
{
    printf("%s", in->file);
    if (in->direction != NULL) {
        printf(", seed %lld, %s", (long long)in->seed, in->direction);
    }
    printf(": %lld samples\n", (long long)in->count);
    print_points(in, f);
    print_coincidences(in, f);
    printf("\n");
}

static void write_json(spn_json *json, const samples *in, const findings *f)
{
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "file", in->file);
    if (in->direction != NULL) {
        spn_json_integer(json, "seed", in->seed);
        spn_json_text(json, "direction", in->direction);
    }
    spn_json_integer(json, "samples", in->count);
    spn_json_begin_list(json, "change_points");
    for (int64_t i = 0; i < f->count; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "column", series_table[f->points[i].series].name);
        cli_json_row(json, &spn_change_point_columns, &f->points[i]);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_begin_list(json, "coincidences");
    for (int64_t i = 0; i < f->groups; i++) {
        const spn_coincidence *g = &f->coincidences[i];
        spn_json_begin_object(json, NULL);
        spn_json_integer(json, "columns", g->series);
        for (int64_t s = 0; s < SERIES; s++) {
            if (in->values[s] != NULL) {
                spn_json_real(json, series_table[s].name,
                              g->points[s] >= 0 ? f->points[g->points[s]].beta : (double)NAN);
            }
        }
        spn_json_real(json, "spread", g->spread);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_end_object(json);
}

static spn_status report(spn_context *context, spn_json *json, const samples *in)
{
    spn_status status = SPN_OK;
    findings f;
    SPN_TRY(search_samples(context, in, &f));
    if (json != NULL) {
        write_json(json, in, &f);
    } else {
        print_text(in, &f);
    }
done:
    spn_release(context, f.points);
    spn_release(context, f.coincidences);
    return status;
}

/* ---- Input ------------------------------------------------------------------------------------ */

static int64_t find_column(const spn_csv_table *table, const char *name)
{
    for (int64_t c = 0; name != NULL && c < table->columns; c++) {
        if (strcmp(table->names[c], name) == 0) {
            return c;
        }
    }
    return -1;
}

static spn_status read_csv(spn_context *context, spn_json *json, const char *path)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    spn_arena *arena = NULL;
    samples in = {.file = path, .seed = -1};
    int64_t columns[SERIES + 1], used = 1;
    bool is_there[SERIES];
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_csv_read(context, path, (spn_csv_layout){.header = SPN_CSV_HEADER_YES}, &table));
    columns[0] = find_column(table, "beta");
    int64_t where[SERIES];
    for (int64_t s = 0; s < SERIES; s++) {
        where[s] = find_column(table, series_table[s].name);
        where[s] = where[s] < 0 ? find_column(table, series_table[s].other) : where[s];
        is_there[s] = where[s] >= 0;
        if (is_there[s]) {
            columns[used++] = where[s];
        }
    }
    if (columns[0] < 0 || used == 1) {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "%s: needs a column beta and one of error, weight_norm, scalar_curvature, accuracy",
            path);
    }
    SPN_TRY(spn_csv_check(context, table, used, columns));
    SPN_TRY(take_samples(context, arena, table->rows, is_there, &in));
    for (int64_t r = 0; r < table->rows; r++) {
        double values[SERIES] = {0};
        for (int64_t s = 0; s < SERIES; s++) {
            values[s] = is_there[s] ? table->values[r * table->columns + where[s]] : 0;
        }
        insert(&in, table->values[r * table->columns + columns[0]], values);
    }
    SPN_TRY(report(context, json, &in));
done:
    spn_csv_free(context, table);
    spn_arena_free(arena);
    return status;
}

static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->direction == b->direction && a->phase == b->phase;
}

static spn_status read_chain(spn_context *context, spn_arena *arena, spn_json *json,
                             const char *path, int64_t count, const spn_sweep_record *rows)
{
    spn_status status = SPN_OK;
    static const bool is_there[SERIES] = {true, true, true, false};
    spn_arena_mark mark = spn_arena_get_mark(arena);
    samples in = {.file = path,
                  .seed = rows->seed,
                  .direction = spn_direction_text(rows->direction) != NULL
                                   ? spn_direction_text(rows->direction)
                                   : "?"};
    SPN_TRY(take_samples(context, arena, count, is_there, &in));
    for (int64_t i = 0; i < count; i++) {
        const double values[SERIES] = {rows[i].error, rows[i].weight_norm,
                                       rows[i].scalar_curvature_error, 0};
        insert(&in, rows[i].beta, values);
    }
    SPN_TRY(report(context, json, &in));
    spn_arena_rewind(arena, mark);
done:
    return status;
}

static spn_status read_sweep(spn_context *context, spn_json *json, const char *path)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_record *records = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_table *points = spn_results_table(&results, "points");
    if (points == NULL || strcmp(results.kind, "sweep") != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no points of a sweep", path);
    }
    SPN_TAKE(context, arena, records, points->rows);
    SPN_TRY(spn_table_convert(context, points, path, &spn_sweep_columns, records));
    for (int64_t first = 0, i = 1; i <= points->rows; i++) {
        if (i == points->rows || !is_same_chain(&records[first], &records[i])) {
            SPN_TRY(read_chain(context, arena, json, path, i - first, records + first));
            first = i;
        }
    }
done:
    spn_arena_free(arena);
    return status;
}

static bool is_csv(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".csv") == 0;
}

spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_json json, *target = arguments->is_json ? &json : NULL;
    if (target != NULL) {
        spn_json_begin(&json, context, spn_sink_stream(stdout));
        spn_json_begin_object(&json, NULL);
        spn_json_begin_list(&json, "curves");
    }
    for (int64_t i = 0; i < arguments->word_count; i++) {
        const char *path = arguments->words[i];
        SPN_TRY(is_csv(path) ? read_csv(context, target, path) : read_sweep(context, target, path));
    }
    if (target != NULL) {
        spn_json_end_list(&json);
        spn_json_end_object(&json);
        SPN_TRY(spn_json_end_document(&json));
    }
done:
    return status;
}
