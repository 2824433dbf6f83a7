/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* The surfaces that are shown, side by side, and how they were measured. */
typedef struct surfaces {
    int64_t count;
    spn_table tables[2];
    const char *method;
} surfaces;

/* Those that `name` means; none: it is no name of a surface. */
static surfaces choose(const char *name, const spn_columns *columns, const void *error,
                       const void *loss)
{
    const spn_table both[2] = {{"error", columns, 1, error}, {"loss", columns, 1, loss}};
    surfaces chosen = {.method = columns == &spn_geometry_columns ? "dense" : "gradient"};
    for (int i = 0; i < 2; i++) {
        if (name == NULL || strcmp(name, "both") == 0 || strcmp(name, both[i].name) == 0) {
            chosen.tables[chosen.count++] = both[i];
        }
    }
    return chosen;
}

static void write_surface(spn_json *json, const spn_table *table, const char *method)
{
    spn_json_begin_object(json, NULL);
    for (int64_t i = 0; i < table->columns->count; i++) {
        const spn_column *column = &table->columns->items[i];
        if (strcmp(column->name, "stationary") == 0) {
            spn_json_boolean(json, column->name, spn_table_integer(table, 0, i) == 1);
        } else {
            const spn_columns one = {column, 1, table->columns->record_size};
            spn_json_cells(json, &(const spn_table){"", &one, 1, table->records}, 0);
        }
    }
    spn_json_text(json, "method", method);
    spn_json_end_object(json);
}

static spn_status write_json(spn_context *context, const surfaces *shown)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_begin_list(&json, "points");
    for (int64_t i = 0; i < shown->count; i++) {
        write_surface(&json, &shown->tables[i], shown->method);
    }
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

static void print_cell(const spn_table *table, int64_t column)
{
    char text[32];
    const char *word = spn_table_word(table, 0, column);
    const double value = spn_table_real(table, 0, column);
    if (table->columns->items[column].type == SPN_COLUMN_INTEGER) {
        snprintf(text, sizeof text, "%lld", (long long)spn_table_integer(table, 0, column));
    } else {
        spn_format_real(value, text);
    }
    printf("  %-24s", word != NULL ? word : isnan(value) ? "-" : text);
}

static void print_text(const surfaces *shown)
{
    const spn_columns *columns = shown->tables[0].columns;
    for (int64_t i = 0; i < columns->count; i++) {
        printf("%-26s", columns->items[i].name);
        for (int64_t k = 0; k < shown->count; k++) {
            print_cell(&shown->tables[k], i);
        }
        printf("  %s\n", columns->items[i].unit);
    }
    if (columns != &spn_geometry_columns) {
        printf("%-26s  %s\n", "method", shown->method);
    }
}

static spn_status measure(cli_session *session, const cli_arguments *arguments,
                          const spn_study *study, spn_geometry *error, spn_geometry *loss)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    double beta = isnan(arguments->beta) ? 0 : arguments->beta;
    spn_dense_announce(context, study->loss.dimension, "geometry");
    SPN_TRY(spn_geometry_workspace_create(context, study->loss.dimension, &workspace));
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(cli_weights(session, arguments, study, point->theta));
    SPN_TRY(spn_point_set(context, point, point->theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_geometry_measure(context, workspace, point, SPN_GEOMETRY_ALL, error, loss));
    if (!isfinite(error->value)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "the error at these weights is not a finite number");
    }
done:
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
    spn_geometry error = {0}, loss = {0};
    cli_slope error_slope = {0}, loss_slope = {0};
    surfaces shown = choose(arguments->surface, &spn_geometry_columns, &error, &loss);
    if (shown.count == 0) {
        return cli_misuse(session, "--surface: expected error, loss or both, got '%s'",
                          arguments->surface);
    }
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    if (spn_dense_fits(study->loss.dimension)) {
        SPN_TRY(measure(session, arguments, study, &error, &loss));
    } else {
        SPN_TRY(cli_measure_slope(session, arguments, study, &error_slope, &loss_slope));
        shown = choose(arguments->surface, &cli_slope_columns, &error_slope, &loss_slope);
    }
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
