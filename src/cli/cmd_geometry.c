/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* Beside the surfaces: what the network is worth at its task. */
static const spn_column label_columns[] = {
    SPN_REAL_COLUMN(spn_labels, accuracy, "", "share of samples whose class is right"),
    SPN_REAL_COLUMN(spn_labels, test_error, "error", "E of the samples kept for testing"),
    SPN_REAL_COLUMN(spn_labels, test_accuracy, "", "accuracy on the samples kept for testing"),
};

/* The surfaces that are shown, side by side, and what belongs to the point. */
typedef struct shown_point {
    spn_geometry surfaces[2];
    spn_labels labels;
    int64_t count, first; /* of the surfaces */
} shown_point;

/* None: `name` is no name of a surface. */
static void choose(const char *name, shown_point *out)
{
    static const char *const names[2] = {"error", "loss"};
    for (int i = 0; i < 2; i++) {
        if (name == NULL || strcmp(name, "both") == 0 || strcmp(name, names[i]) == 0) {
            out->first = out->count == 0 ? i : out->first;
            out->count++;
        }
    }
}

static bool is_dense(const shown_point *shown)
{
    return shown->surfaces[0].method == SPN_SPECTRUM_DENSE;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void write_cell(spn_json *json, const spn_column *column, const void *record)
{
    const spn_columns one = {column, 1, 0};
    const spn_table table = {"", &one, 1, record};
    bool is_integer = column->type == SPN_COLUMN_INTEGER;
    int64_t integer = is_integer ? spn_table_integer(&table, 0, 0) : 0;
    if (is_integer && integer < 0) {
        spn_json_null(json, column->name);
    } else if (strcmp(column->name, "stationary") == 0) {
        spn_json_boolean(json, column->name, integer == 1);
    } else {
        spn_json_cells(json, &table, 0);
    }
}

static void write_surface(spn_json *json, const spn_geometry *surface, const spn_labels *labels)
{
    const spn_columns *certainty = &spn_geometry_certainty_columns;
    const bool is_exact = surface->method == SPN_SPECTRUM_DENSE;
    spn_json_begin_object(json, NULL);
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        write_cell(json, &spn_geometry_columns.items[i], surface);
    }
    for (size_t i = 0; i < sizeof label_columns / sizeof *label_columns; i++) {
        const double *value = (const void *)((const char *)labels + label_columns[i].offset);
        if (!isnan(*value)) {
            write_cell(json, &label_columns[i], labels);
        }
    }
    for (int64_t i = 0; i < (is_exact ? 1 : certainty->count); i++) {
        write_cell(json, &certainty->items[i], surface);
    }
    spn_json_end_object(json);
}

static spn_status write_json(spn_context *context, const shown_point *shown)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_begin_list(&json, "points");
    for (int64_t i = 0; i < shown->count; i++) {
        write_surface(&json, &shown->surfaces[shown->first + i], &shown->labels);
    }
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

/* ---- Text ------------------------------------------------------------------------------------- */

static void print_cell(const spn_column *column, const void *record)
{
    char text[32];
    const spn_columns one = {column, 1, 0};
    const spn_table table = {"", &one, 1, record};
    const char *word = spn_table_word(&table, 0, 0);
    const double value = spn_table_real(&table, 0, 0);
    bool is_known = !isnan(value);
    if (column->type == SPN_COLUMN_INTEGER) {
        is_known = spn_table_integer(&table, 0, 0) >= 0;
        snprintf(text, sizeof text, "%lld", (long long)spn_table_integer(&table, 0, 0));
    } else {
        spn_format_real(value, text);
    }
    printf("  %-24s", word != NULL ? word : is_known ? text : "-");
}

/* A row: the column of both surfaces. */
static void print_row(const spn_column *column, const shown_point *shown)
{
    printf("%-26s", column->name);
    for (int64_t k = 0; k < shown->count; k++) {
        print_cell(column, &shown->surfaces[shown->first + k]);
    }
    printf("  %s\n", column->unit);
}

static void print_text(const shown_point *shown)
{
    const spn_columns *certainty = &spn_geometry_certainty_columns;
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        print_row(&spn_geometry_columns.items[i], shown);
    }
    for (size_t i = 0; i < sizeof label_columns / sizeof *label_columns; i++) {
        const double *value =
            (const void *)((const char *)&shown->labels + label_columns[i].offset);
        if (!isnan(*value)) {
            printf("%-26s", label_columns[i].name);
            print_cell(&label_columns[i], &shown->labels);
            printf("  %s\n", label_columns[i].unit);
        }
    }
    for (int64_t i = 0; i < (is_dense(shown) ? 0 : certainty->count); i++) {
        print_row(&certainty->items[i], shown);
    }
}

/* ---- The point -------------------------------------------------------------------------------- */

static void announce(spn_context *context, const spn_forecast *forecast)
{
    char text[400];
    if (forecast->method == SPN_SPECTRUM_DENSE) {
        spn_dense_announce(context, forecast->dimension, "geometry");
        return;
    }
    if (forecast->method == SPN_SPECTRUM_NONE) {
        return;
    }
    spn_forecast_text(forecast, text, sizeof text);
    spn_message(context, "geometry of %lld weights: %s (geometry.method)",
                (long long)forecast->dimension, text);
}

static spn_status measure(cli_session *session, const cli_arguments *arguments,
                          const spn_study *study, shown_point *out)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    spn_team *team = NULL;
    spn_forecast forecast;
    double beta = isnan(arguments->beta) ? 0 : arguments->beta;
    SPN_TRY(spn_study_geometry(context, study, SPN_GEOMETRY_ALL, &workspace, &forecast));
    announce(context, &forecast);
    SPN_TRY(spn_team_create(context, arguments->threads, &team));
    spn_context_set_team(context, team);
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(cli_weights(session, arguments, study, point->theta));
    SPN_TRY(spn_point_set(context, point, point->theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_labels(context, point, &out->labels));
    SPN_TRY(spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, &out->surfaces[0],
                                 &out->surfaces[1]));
    if (!isfinite(out->surfaces[0].value)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "the error at these weights is not a finite number");
    }
done:
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    spn_point_free(context, point);
    spn_geometry_workspace_free(context, workspace);
    return status;
}

spn_status cmd_geometry(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    shown_point shown = {.count = 0};
    choose(arguments->surface, &shown);
    if (shown.count == 0) {
        return cli_misuse(session, "--surface: expected error, loss or both, got '%s'",
                          arguments->surface);
    }
    SPN_TRY(cli_check_explain(session, arguments));
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    if (arguments->is_explained) {
        SPN_TRY(cli_explain(session, study));
        goto done;
    }
    SPN_TRY(measure(session, arguments, study, &shown));
    if (arguments->is_json) {
        SPN_TRY(write_json(context, &shown));
    } else {
        print_text(&shown);
    }
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}
