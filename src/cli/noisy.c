/* SPDX-License-Identifier: MIT */
/* Change points in noisy samples, chain by chain and column by column, and how far the columns coincide. */
#include "cli/noisy.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

static const spn_changes_settings settings = {
    .level = 0.01, .coverage = 0.95, .replicas = 999, .seed = 1};

typedef struct findings {
    int64_t count;
    spn_change_point *points; /* of all series, ordered by beta */
    int64_t groups;
    spn_coincidence *coincidences;
    bool is_searched[CLI_SERIES]; /* false: too few samples, or none */
} findings;

/* Where the answer goes, and what of the question is not answered. */
typedef struct answer {
    spn_json *json;     /* NULL: text */
    int64_t searched;   /* series with enough samples */
    int64_t unsearched; /* with too few */
    int64_t fewest;     /* samples of one of these */
    int64_t chains;     /* in which nothing was searched */
    const char *file, *name;
} answer;

static spn_status search_series(spn_context *context, const cli_samples *in, int64_t s,
                                findings *out)
{
    spn_status status = SPN_OK;
    const cli_series *series = &in->series[s];
    spn_change_point *found = NULL, *all = NULL;
    int64_t count = 0, a = 0, b = 0;
    status = spn_find_changes(context, &settings, series->count, series->beta, series->value,
                              &count, &found);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s%s%s, %s", in->file, in->chain[0] != '\0' ? ", " : "",
                         in->chain, cli_series_kinds[s].name);
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

/* The middle one of the steps of beta, of the series with the most samples. */
static spn_status typical_step(spn_context *context, const cli_samples *in, double *out)
{
    spn_status status = SPN_OK;
    double *steps = NULL;
    const cli_series *longest = &in->series[0];
    for (int s = 1; s < CLI_SERIES; s++) {
        longest = in->series[s].count > longest->count ? &in->series[s] : longest;
    }
    SPN_NEW(context, steps, longest->count);
    for (int64_t i = 1; i < longest->count; i++) {
        steps[i - 1] = longest->beta[i] - longest->beta[i - 1];
    }
    *out = longest->count > 1 ? spn_median(longest->count - 1, steps) : 0;
done:
    spn_release(context, steps);
    return status;
}

static spn_status search_samples(spn_context *context, const cli_samples *in, findings *out,
                                 answer *a)
{
    spn_status status = SPN_OK;
    double step = 0;
    for (int s = 0; s < CLI_SERIES; s++) {
        int64_t count = in->series[s].count;
        if (count >= SPN_CHANGES_FEWEST) {
            SPN_TRY(search_series(context, in, s, out));
            out->is_searched[s] = true;
            a->searched++;
        } else if (count > 0) {
            a->unsearched++;
            a->fewest = count;
            a->file = in->file;
            a->name = cli_series_kinds[s].name;
        }
    }
    SPN_TRY(typical_step(context, in, &step));
    SPN_TRY(spn_find_coincidences(context, out->count, out->points, CLI_SERIES, step, &out->groups,
                                  &out->coincidences));
done:
    return status;
}

/* A coincidence as a row: betas of the series that were searched, NaN where it has no change. */
typedef struct coincidence_row {
    int64_t series;
    double betas[CLI_SERIES], spread;
} coincidence_row;

/* The coincidences as a table with a column for each series that was searched. */
typedef struct coincidences {
    spn_column items[CLI_SERIES + 2];
    spn_columns columns;
    coincidence_row *rows;
    spn_table table;
} coincidences;

static spn_column real_column(const char *name, size_t offset)
{
    return (spn_column){name, SPN_COLUMN_REAL, offset, "", "", NULL, NULL};
}

/* Free out->rows with spn_release(). */
static spn_status tabulate(spn_context *context, const findings *f, coincidences *out)
{
    spn_status status = SPN_OK;
    int64_t width = 1;
    *out = (coincidences){.items = {{.name = "columns",
                                     .type = SPN_COLUMN_INTEGER,
                                     .offset = offsetof(coincidence_row, series),
                                     .unit = "",
                                     .help = ""}}};
    for (size_t s = 0; s < CLI_SERIES; s++) {
        if (f->is_searched[s]) {
            out->items[width++] = real_column(
                cli_series_kinds[s].key, offsetof(coincidence_row, betas) + s * sizeof(double));
        }
    }
    out->items[width++] = real_column("spread", offsetof(coincidence_row, spread));
    SPN_NEW(context, out->rows, f->groups);
    for (int64_t i = 0; i < f->groups; i++) {
        const spn_coincidence *g = &f->coincidences[i];
        out->rows[i] = (coincidence_row){.series = g->series, .spread = g->spread};
        for (int64_t s = 0; s < CLI_SERIES; s++) {
            out->rows[i].betas[s] = g->points[s] >= 0 ? f->points[g->points[s]].beta : (double)NAN;
        }
    }
    out->columns = (spn_columns){out->items, width, sizeof *out->rows};
    out->table = (spn_table){"coincidences", &out->columns, f->groups, out->rows};
done:
    return status;
}

/* ---- Output ----------------------------------------------------------------------------------- */

static void write_series(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             cli_series_kinds[((const spn_change_point *)row->record)->series].shown);
}

static void write_value(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%+.4g", ((const spn_change_point *)row->record)->value_jump);
}

static void write_slope(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%+.4g", ((const spn_change_point *)row->record)->slope_jump);
}

static void put_points(spn_text *text, const findings *f)
{
    static const char *const kinds[] = {"kink", "jump", "kink", NULL};
    static const spn_view_column columns[] = {
        SPN_SHOW_BY("column", write_series),           SPN_SHOW("beta", "beta", 6),
        SPN_SHOW("95 % interval", "beta_low", 6),      SPN_JOIN(" .. ", "beta_high", 6),
        SPN_SHOW_WORD("kind", "order", kinds, "kink"), SPN_SHOW("p smooth", "p_value", 3),
        SPN_SHOW("p kink", "jump_p_value", 3),         SPN_SHOW_NUMBER_BY("value", write_value),
        SPN_SHOW_NUMBER_BY("slope", write_slope)};
    const spn_table table = {"change_points", &spn_change_point_columns, f->count, f->points};
    const spn_view view = SPN_VIEW(&table, columns);
    spn_view_terminal(text, &view, "");
}

/* What was not found, and what was not asked. */
static void put_gaps(spn_text *text, const cli_samples *in, const findings *f)
{
    bool is_first = true;
    for (int s = 0; s < CLI_SERIES && f->count == 0; s++) {
        const cli_series *series = &in->series[s];
        if (f->is_searched[s] && is_first) {
            spn_text_put(text, "verdict: none; no change point between beta = %.6g and %.6g\n",
                         series->beta[0], series->beta[series->count - 1]);
            is_first = false;
        }
    }
    for (int s = 0; s < CLI_SERIES; s++) {
        const cli_series *series = &in->series[s];
        if (series->count > 0 && !f->is_searched[s]) {
            spn_text_put(text, "%s: not searched, %lld samples are too few (at least %d)\n",
                         cli_series_kinds[s].shown, (long long)series->count, SPN_CHANGES_FEWEST);
        } else if (series->missing > 0) {
            spn_text_put(text, "%s: %lld of %lld cells are empty and were left out\n",
                         cli_series_kinds[s].shown, (long long)series->missing,
                         (long long)in->count);
        }
    }
}

static void put_coincidences(spn_text *text, const findings *f, const spn_table *table)
{
    spn_view_column shown[CLI_SERIES + 2] = {SPN_SHOW("together", "columns", 0)};
    int64_t width = 1;
    for (int s = 0; s < CLI_SERIES; s++) {
        if (f->is_searched[s]) {
            const cli_series_kind *kind = &cli_series_kinds[s];
            shown[width++] = (spn_view_column)SPN_SHOW(kind->shown, kind->key, 6);
        }
    }
    shown[width++] = (spn_view_column)SPN_SHOW("spread", "spread", 3);
    const spn_view view = {
        .table = table, .columns = shown, .column_count = width, .heading = "\n"};
    spn_view_terminal(text, &view, "");
}

static spn_status print_text(spn_context *context, const cli_samples *in, const findings *f,
                             const spn_table *together)
{
    spn_text text = {.context = context};
    spn_text_put(&text, "%s%s%s: %lld samples\n", in->file, in->chain[0] != '\0' ? ", " : "",
                 in->chain, (long long)in->count);
    put_points(&text, f);
    put_gaps(&text, in, f);
    put_coincidences(&text, f, together);
    spn_text_add(&text, "\n");
    return cli_print(stdout, &text);
}

static void write_columns(spn_json *json, const char *key, const cli_samples *in, const findings *f,
                          bool is_searched)
{
    spn_json_begin_list(json, key);
    for (int s = 0; s < CLI_SERIES; s++) {
        if (in->series[s].count > 0 && f->is_searched[s] == is_searched) {
            spn_json_begin_object(json, NULL);
            spn_json_text(json, "column", cli_series_kinds[s].key);
            spn_json_integer(json, "samples", in->series[s].count);
            spn_json_integer(json, "missing", in->series[s].missing);
            spn_json_end_object(json);
        }
    }
    spn_json_end_list(json);
}

static void write_json(spn_json *json, const cli_samples *in, const findings *f,
                       const spn_table *together)
{
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "file", in->file);
    spn_json_text(json, "chain", in->chain);
    spn_json_integer(json, "samples", in->count);
    write_columns(json, "searched", in, f, true);
    write_columns(json, "too_few_samples", in, f, false);
    spn_json_begin_list(json, "change_points");
    for (int64_t i = 0; i < f->count; i++) {
        spn_json_begin_object(json, NULL);
        spn_json_text(json, "column", cli_series_kinds[f->points[i].series].key);
        spn_json_cells(json, &(const spn_table){"", &spn_change_point_columns, f->count, f->points},
                       i);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_rows(json, "coincidences", together, NULL, NULL);
    spn_json_end_object(json);
}

static spn_status report(spn_context *context, void *state, const cli_samples *in)
{
    spn_status status = SPN_OK;
    answer *a = state;
    findings f = {0};
    coincidences together = {.rows = NULL};
    const int64_t before = a->searched;
    SPN_TRY(search_samples(context, in, &f, a));
    SPN_TRY(tabulate(context, &f, &together));
    a->chains += a->searched == before;
    if (a->json != NULL) {
        write_json(a->json, in, &f, &together.table);
    } else if (a->searched > before) {
        SPN_TRY(print_text(context, in, &f, &together.table));
    }
done:
    spn_release(context, together.rows);
    spn_release(context, f.points);
    spn_release(context, f.coincidences);
    return status;
}

spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_json json;
    answer a = {.json = arguments->is_json ? &json : NULL};
    if (a.json != NULL) {
        spn_json_begin(&json, context, spn_sink_stream(stdout));
        spn_json_begin_object(&json, NULL);
        spn_json_begin_list(&json, "curves");
    }
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(cli_read_samples(context, arguments->words[i], report, &a));
    }
    if (a.json != NULL) {
        spn_json_end_list(&json);
        spn_json_end_object(&json);
        SPN_TRY(spn_json_end_document(&json));
    }
    /* A document says it itself, and the exit status is 1. */
    if (a.searched == 0 && a.json == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s, %s: %lld samples are too few to find change points; at least %d are needed",
                 a.file, a.name, (long long)a.fewest, SPN_CHANGES_FEWEST);
    }
    if (a.chains > 0 && a.json == NULL) {
        printf("note: %lld chain%s not searched: fewer than %d samples\n", (long long)a.chains,
               a.chains == 1 ? " was" : "s were", SPN_CHANGES_FEWEST);
    }
    session->is_good = a.unsearched == 0;
done:
    return status;
}
