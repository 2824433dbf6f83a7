/* SPDX-License-Identifier: MIT */
/* Change points in noisy samples, chain by chain and column by column, and how far the columns coincide. */
#include "cli/grid.h"
#include "cli/noisy.h"
#include "cli/transitions.h"

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

/* ---- Output ----------------------------------------------------------------------------------- */

static spn_status print_points(spn_context *context, const findings *f)
{
    static const cli_grid_column columns[] = {
        {"column", CLI_LEFT, NULL},  {"beta", CLI_POINT, NULL},  {"95 % interval", CLI_POINT, NULL},
        {NULL, CLI_POINT, " .. "},   {"kind", CLI_LEFT, NULL},   {"p smooth", CLI_POINT, NULL},
        {"p kink", CLI_POINT, NULL}, {"value", CLI_POINT, NULL}, {"slope", CLI_POINT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < f->count; i++) {
        const spn_change_point *p = &f->points[i];
        cli_grid_text(&grid, "%s", cli_series_kinds[p->series].shown);
        cli_grid_number(&grid, p->beta, 6);
        cli_grid_number(&grid, p->beta_low, 6);
        cli_grid_number(&grid, p->beta_high, 6);
        cli_grid_text(&grid, "%s", p->order == 1 ? "jump" : "kink");
        cli_grid_number(&grid, p->p_value, 3);
        cli_grid_number(&grid, p->jump_p_value, 3);
        cli_grid_text(&grid, "%+.4g", p->value_jump);
        cli_grid_text(&grid, "%+.4g", p->slope_jump);
    }
    return cli_grid_end(&grid, "", stdout);
}

/* What was not found, and what was not asked. */
static void print_gaps(const cli_samples *in, const findings *f)
{
    bool is_first = true;
    for (int s = 0; s < CLI_SERIES && f->count == 0; s++) {
        const cli_series *series = &in->series[s];
        if (f->is_searched[s] && is_first) {
            printf("verdict: none; no change point between beta = %.6g and %.6g\n", series->beta[0],
                   series->beta[series->count - 1]);
            is_first = false;
        }
    }
    for (int s = 0; s < CLI_SERIES; s++) {
        const cli_series *series = &in->series[s];
        if (series->count > 0 && !f->is_searched[s]) {
            printf("%s: not searched, %lld samples are too few (at least %d)\n",
                   cli_series_kinds[s].shown, (long long)series->count, SPN_CHANGES_FEWEST);
        } else if (series->missing > 0) {
            printf("%s: %lld of %lld cells are empty and were left out\n",
                   cli_series_kinds[s].shown, (long long)series->missing, (long long)in->count);
        }
    }
}

static spn_status print_coincidences(spn_context *context, const findings *f)
{
    cli_grid_column columns[CLI_SERIES + 2] = {{"together", CLI_RIGHT, NULL}};
    int width = 1;
    for (int64_t s = 0; s < CLI_SERIES; s++) {
        if (f->is_searched[s]) {
            columns[width++] = (cli_grid_column){cli_series_kinds[s].shown, CLI_POINT, NULL};
        }
    }
    columns[width++] = (cli_grid_column){"spread", CLI_LEFT, NULL};
    cli_grid grid = cli_grid_begin(context, columns, width);
    for (int64_t i = 0; i < f->groups; i++) {
        const spn_coincidence *g = &f->coincidences[i];
        cli_grid_text(&grid, "%lld", (long long)g->series);
        for (int64_t s = 0; s < CLI_SERIES; s++) {
            if (f->is_searched[s]) {
                double beta = g->points[s] >= 0 ? f->points[g->points[s]].beta : (double)NAN;
                cli_grid_number(&grid, beta, 6);
            }
        }
        cli_grid_number(&grid, g->spread, 3);
    }
    printf("%s", f->groups > 0 ? "\n" : "");
    return cli_grid_end(&grid, "", stdout);
}

static spn_status print_text(spn_context *context, const cli_samples *in, const findings *f)
{
    spn_status status = SPN_OK;
    printf("%s%s%s: %lld samples\n", in->file, in->chain[0] != '\0' ? ", " : "", in->chain,
           (long long)in->count);
    SPN_TRY(print_points(context, f));
    print_gaps(in, f);
    SPN_TRY(print_coincidences(context, f));
    printf("\n");
done:
    return status;
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

static void write_json(spn_json *json, const cli_samples *in, const findings *f)
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
        cli_json_row(json, &spn_change_point_columns, &f->points[i]);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_begin_list(json, "coincidences");
    for (int64_t i = 0; i < f->groups; i++) {
        const spn_coincidence *g = &f->coincidences[i];
        spn_json_begin_object(json, NULL);
        spn_json_integer(json, "columns", g->series);
        for (int64_t s = 0; s < CLI_SERIES; s++) {
            if (f->is_searched[s]) {
                spn_json_real(json, cli_series_kinds[s].key,
                              g->points[s] >= 0 ? f->points[g->points[s]].beta : (double)NAN);
            }
        }
        spn_json_real(json, "spread", g->spread);
        spn_json_end_object(json);
    }
    spn_json_end_list(json);
    spn_json_end_object(json);
}

static spn_status report(spn_context *context, void *state, const cli_samples *in)
{
    spn_status status = SPN_OK;
    answer *a = state;
    findings f = {0};
    const int64_t before = a->searched;
    SPN_TRY(search_samples(context, in, &f, a));
    a->chains += a->searched == before;
    if (a->json != NULL) {
        write_json(a->json, in, &f);
    } else if (a->searched > before) {
        SPN_TRY(print_text(context, in, &f));
    }
done:
    spn_release(context, f.points);
    spn_release(context, f.coincidences);
    return status;
}

spn_status cli_noisy_samples(cli_session *session, const cli_arguments *arguments,
                             bool *is_answered)
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
    if (a.searched == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s, %s: %lld samples are too few to find change points; at least %d are needed",
                 a.file, a.name, (long long)a.fewest, SPN_CHANGES_FEWEST);
    }
    if (a.chains > 0 && a.json == NULL) {
        printf("note: %lld chain%s not searched: fewer than %d samples\n", (long long)a.chains,
               a.chains == 1 ? " was" : "s were", SPN_CHANGES_FEWEST);
    }
    *is_answered = a.unsearched == 0;
done:
    return status;
}
