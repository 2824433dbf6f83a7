/* SPDX-License-Identifier: MIT */
#include "cli/find.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Gradient descent is unstable where learning_rate lambda_max exceeds it. */
static const double stable_most = 2;

typedef struct view {
    const char *path;
    const spn_results *results;
    spn_table starts, runs, points, crossings, plateaus;
    const char *const *names, *const *phases; /* of the starts; in which the runs end */
    spn_run_record *run;
    spn_crossing_record *crossing;
    spn_plateau_record *plateau;
    bool is_descent; /* plain gradient descent */
} view;

static spn_status take_names(spn_context *context, const view *v, const char *group,
                             const char *name, int64_t rows, const char *const **out)
{
    const spn_text_column *texts = spn_results_text_column(v->results, group, name);
    if (texts == NULL || texts->rows != rows) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: table '%s' has no texts '%s'", v->path,
                        group, name);
    }
    *out = texts->items;
    return SPN_OK;
}

static spn_status take_view(spn_context *context, spn_arena *arena, view *v)
{
    spn_status status = SPN_OK;
    char method[16];
    const struct {
        const char *name;
        spn_table *table;
    } tables[] = {{"starts", &v->starts},
                  {"runs", &v->runs},
                  {"points", &v->points},
                  {"crossings", &v->crossings},
                  {"plateaus", &v->plateaus}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        SPN_TRY(cli_take_table(context, v->results, v->path, tables[i].name, tables[i].table));
    }
    SPN_TRY(take_names(context, v, "starts", "name", v->starts.rows, &v->names));
    SPN_TRY(take_names(context, v, "runs", "phase", v->runs.rows, &v->phases));
    SPN_TAKE(context, arena, v->run, v->runs.rows);
    SPN_TAKE(context, arena, v->crossing, v->crossings.rows);
    SPN_TAKE(context, arena, v->plateau, v->plateaus.rows);
    SPN_TRY(spn_table_convert(context, &v->runs, v->path, &spn_run_columns, v->run));
    SPN_TRY(spn_table_convert(context, &v->crossings, v->path, &spn_crossing_columns, v->crossing));
    SPN_TRY(spn_table_convert(context, &v->plateaus, v->path, &spn_plateau_columns, v->plateau));
    const char *said = spn_results_setting(v->results, "grok.method", method, sizeof method);
    v->is_descent = said != NULL && strcmp(said, "gd") == 0;
done:
    return status;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static spn_status write_json(spn_context *context, const view *v)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_text(&json, "results", v->path);
    cli_write_rows(&json, "starts", &v->starts, "name", v->names);
    cli_write_rows(&json, "runs", &v->runs, "phase", v->phases);
    cli_write_rows(&json, "crossings", &v->crossings, NULL, NULL);
    cli_write_rows(&json, "plateaus", &v->plateaus, NULL, NULL);
    cli_write_rows(&json, "points", &v->points, NULL, NULL);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Talk ---------------------------------------------------------------------------------- */

enum { CELL_SIZE = 32 };

/* A number, or what stands for one that does not exist. */
static const char *cell(double value, const char *otherwise, char buffer[CELL_SIZE])
{
    if (isnan(value)) {
        snprintf(buffer, CELL_SIZE, "%s", otherwise);
    } else {
        snprintf(buffer, CELL_SIZE, "%.6g", value);
    }
    return buffer;
}

static const char *name_of(const view *v, int64_t start)
{
    return start >= 0 && start < v->starts.rows ? v->names[start] : "?";
}

/* With its range: of the two digits that it is worth. */
static const char *prediction(const spn_plateau_record *p, char buffer[CELL_SIZE])
{
    if (isnan(p->predicted)) {
        return p->kind == SPN_PLATEAU_METASTABLE ? "never left" : "no law";
    }
    snprintf(buffer, CELL_SIZE, "%.3g (%.2g to %.2g)", p->predicted, p->predicted_low,
             p->predicted_high);
    return buffer;
}

static const char *end_text(int64_t stop)
{
    return stop == SPN_STOP_MAX_ITERATIONS ? "all epochs" : spn_stop_text((spn_stop)stop);
}

static void print_levels(const view *v, int64_t run)
{
    char text[CELL_SIZE];
    for (int64_t i = 0; i < v->crossings.rows; i++) {
        const spn_crossing_record *c = &v->crossing[i];
        if (c->run == run) {
            fprintf(stderr, "%s%.6g: %s", i > 0 && c[-1].run == run ? ", " : "", c->level,
                    cell(c->epoch, "never", text));
        }
    }
}

static void print_runs(const view *v)
{
    fprintf(stderr, "%s: %lld run%s at beta = %.10g\n", v->path, (long long)v->runs.rows,
            v->runs.rows == 1 ? "" : "s", v->runs.rows > 0 ? v->run[0].beta : (double)NAN);
    /* Phase and what is behind it are those of the minimum at the end, not of the last state. */
    fprintf(stderr, "%3s  %-20s  %-8s  %-10s  %-10s  %-9s  %-11s  %-11s  %s\n", "run", "start",
            "u_0", "ended", "epoch", "phase", "minimum's E", "lambda_min",
            v->crossings.rows > 0 ? "epoch below a level of E" : "");
    for (int64_t i = 0; i < v->runs.rows; i++) {
        const spn_run_record *r = &v->run[i];
        char residue[CELL_SIZE], error[CELL_SIZE], eigenvalue[CELL_SIZE];
        fprintf(stderr, "%3lld  %-20s  %-8s  %-10s  %-10.8g  %-9s  %-11s  %-11s  ",
                (long long)r->run, name_of(v, r->start), cell(r->residue, "-", residue),
                end_text(r->stop), r->epoch, v->phases[i], cell(r->final_error, "-", error),
                cell(r->final_eigenvalue, "-", eigenvalue));
        print_levels(v, r->run);
        fprintf(stderr, "\n");
    }
}

static void print_plateaus(const view *v)
{
    char branch[CELL_SIZE], modes[CELL_SIZE], measured[CELL_SIZE], predicted[CELL_SIZE];
    const int64_t kind = spn_table_find(&v->plateaus, "kind");
    if (v->plateaus.rows == 0) {
        return;
    }
    fprintf(stderr, "%3s  %-9s  %-10s  %-5s  %-11s  %-11s  %-10s  %s\n", "run", "plateau E",
            "branch E", "modes", "kind", "from epoch", "measured", "predicted (epochs)");
    for (int64_t i = 0; i < v->plateaus.rows; i++) {
        const spn_plateau_record *p = &v->plateau[i];
        const char *word = spn_table_word(&v->plateaus, i, kind);
        snprintf(modes, sizeof modes, p->branch_modes < 0 ? "-" : "%lld",
                 (long long)p->branch_modes);
        fprintf(stderr, "%3lld  %-9.6g  %-10s  %-5s  %-11s  %-11.6g  %-10s  %s\n",
                (long long)p->run, p->error, cell(p->branch_error, "-", branch), modes,
                word != NULL ? word : "?", p->epoch_from, cell(p->measured, "stays", measured),
                prediction(p, predicted));
    }
}

static void print_troubles(const view *v)
{
    for (int64_t i = 0; i < v->runs.rows; i++) {
        const spn_run_record *r = &v->run[i];
        if (r->stop == SPN_STOP_DIVERGED) {
            fprintf(stderr,
                    "run %lld diverged at epoch %.10g: the last finite state was kept (E = %.6g); "
                    "a smaller solver.learning_rate may help\n",
                    (long long)r->run, r->epoch, r->error);
        } else if (r->final_stationary == 0 || r->final_negative_eigenvalues > 0) {
            fprintf(stderr,
                    "run %lld: Newton's method found no stationary minimum from its last state "
                    "(negative eigenvalues: %lld)\n",
                    (long long)r->run, (long long)r->final_negative_eigenvalues);
        }
        if (v->is_descent && r->stability_max > stable_most) {
            fprintf(stderr,
                    "run %lld: learning rate times lambda_max reached %.4g; gradient descent is "
                    "unstable above %g\n",
                    (long long)r->run, r->stability_max, stable_most);
        }
    }
}

spn_status cli_summarize_grok(cli_session *session, const char *path, bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    view v = {.path = path, .results = &results};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    SPN_TRY(take_view(context, arena, &v));
    if (is_json) {
        SPN_TRY(write_json(context, &v));
    }
    if (!is_json && !session->is_quiet) {
        print_runs(&v);
        print_plateaus(&v);
    }
    if (!session->is_quiet) {
        print_troubles(&v);
    }
done:
    spn_arena_free(arena);
    return status;
}

spn_status cli_run_grok(cli_session *session, const cli_arguments *arguments, const char *output,
                        bool *is_good)
{
    spn_status status = SPN_OK;
    SPN_TRY(cli_run_study(session, arguments, output, spn_study_grok, is_good));
    SPN_TRY(cli_summarize_grok(session, output, arguments->is_json));
done:
    return status;
}

int cmd_grok(cli_session *session, const cli_arguments *arguments)
{
    return cli_run_command(session, arguments, cli_run_grok);
}
