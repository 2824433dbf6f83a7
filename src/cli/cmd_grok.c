/* SPDX-License-Identifier: MIT */
#include "cli/find.h"
#include "cli/grid.h"
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

enum { CELL_SIZE = 32, DIGITS = 6 };

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

/* "1.6: 45, 1.2: never": the epochs at which levels of E were passed. */
static void add_levels(cli_grid *grid, const view *v, int64_t run)
{
    char text[CLI_CELL] = "", epoch[CELL_SIZE];
    size_t used = 0;
    for (int64_t i = 0; i < v->crossings.rows && used < sizeof text; i++) {
        const spn_crossing_record *c = &v->crossing[i];
        if (c->run == run) {
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%.6g: %s",
                                 used > 0 ? ", " : "", c->level, cell(c->epoch, "never", epoch));
        }
    }
    cli_grid_text(grid, "%s", text);
}

static spn_status print_runs(spn_context *context, const view *v)
{
    /* Phase and what is behind it are those of the minimum at the end, not of the last state. */
    const cli_grid_column columns[] = {
        {"run", CLI_RIGHT, NULL},
        {"start", CLI_LEFT, NULL},
        {"u_0", CLI_POINT, NULL},
        {"ended", CLI_LEFT, NULL},
        {"epoch", CLI_POINT, NULL},
        {"phase", CLI_LEFT, NULL},
        {"minimum's E", CLI_POINT, NULL},
        {"lambda_min", CLI_POINT, NULL},
        {v->crossings.rows > 0 ? "epoch below a level of E" : "", CLI_LEFT, NULL}};
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    fprintf(stderr, "%s: %lld run%s at beta = %.10g\n", v->path, (long long)v->runs.rows,
            v->runs.rows == 1 ? "" : "s", v->runs.rows > 0 ? v->run[0].beta : (double)NAN);
    for (int64_t i = 0; i < v->runs.rows; i++) {
        const spn_run_record *r = &v->run[i];
        cli_grid_text(&grid, "%lld", (long long)r->run);
        cli_grid_text(&grid, "%s", name_of(v, r->start));
        cli_grid_number(&grid, r->residue, DIGITS);
        cli_grid_text(&grid, "%s", end_text(r->stop));
        cli_grid_number(&grid, r->epoch, 8);
        cli_grid_text(&grid, "%s", v->phases[i]);
        cli_grid_number(&grid, r->final_error, DIGITS);
        cli_grid_number(&grid, r->final_eigenvalue, DIGITS);
        add_levels(&grid, v, r->run);
    }
    return cli_grid_end(&grid, "", stderr);
}

static spn_status print_plateaus(spn_context *context, const view *v)
{
    static const cli_grid_column columns[] = {
        {"run", CLI_RIGHT, NULL},      {"plateau E", CLI_POINT, NULL},
        {"branch E", CLI_POINT, NULL}, {"modes", CLI_RIGHT, NULL},
        {"kind", CLI_LEFT, NULL},      {"from epoch", CLI_POINT, NULL},
        {"measured", CLI_LEFT, NULL},  {"predicted (epochs)", CLI_LEFT, NULL}};
    char measured[CELL_SIZE], predicted[CELL_SIZE];
    const int64_t kind = spn_table_find(&v->plateaus, "kind");
    cli_grid grid = cli_grid_begin(context, columns, sizeof columns / sizeof *columns);
    for (int64_t i = 0; i < v->plateaus.rows; i++) {
        const spn_plateau_record *p = &v->plateau[i];
        const char *word = spn_table_word(&v->plateaus, i, kind);
        cli_grid_text(&grid, "%lld", (long long)p->run);
        cli_grid_number(&grid, p->error, DIGITS);
        cli_grid_number(&grid, p->branch_error, DIGITS);
        cli_grid_text(&grid, p->branch_modes < 0 ? "-" : "%lld", (long long)p->branch_modes);
        cli_grid_text(&grid, "%s", word != NULL ? word : "?");
        cli_grid_number(&grid, p->epoch_from, DIGITS);
        cli_grid_text(&grid, "%s", cell(p->measured, "stays", measured));
        cli_grid_text(&grid, "%s", prediction(p, predicted));
    }
    return cli_grid_end(&grid, "", stderr);
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
        SPN_TRY(print_runs(context, &v));
        SPN_TRY(print_plateaus(context, &v));
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
