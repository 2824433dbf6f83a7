/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

enum { SHOW_ERROR = 1, SHOW_LOSS = 2 };

static int parse_surface(const char *name)
{
    if (name == NULL || strcmp(name, "both") == 0) {
        return SHOW_ERROR | SHOW_LOSS;
    }
    if (strcmp(name, "error") == 0) {
        return SHOW_ERROR;
    }
    return strcmp(name, "loss") == 0 ? SHOW_LOSS : 0;
}

static void write_surface(spn_json *json, const spn_geometry *geometry)
{
    const spn_table table = {"geometry", &spn_geometry_columns, 1, geometry};
    spn_json_begin_object(json, NULL);
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        const spn_column *column = &spn_geometry_columns.items[i];
        const char *word = spn_table_word(&table, 0, i);
        if (strcmp(column->name, "stationary") == 0) {
            spn_json_boolean(json, column->name, geometry->stationary == 1);
        } else if (word != NULL) {
            spn_json_text(json, column->name, word);
        } else if (column->type == SPN_COLUMN_INTEGER) {
            spn_json_integer(json, column->name, spn_table_integer(&table, 0, i));
        } else {
            spn_json_real(json, column->name, spn_table_real(&table, 0, i));
        }
    }
    spn_json_text(json, "method", "dense");
    spn_json_end_object(json);
}

static spn_status write_json(spn_context *context, int shown, const spn_geometry *error,
                             const spn_geometry *loss)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_begin_list(&json, "points");
    if (shown & SHOW_ERROR) {
        write_surface(&json, error);
    }
    if (shown & SHOW_LOSS) {
        write_surface(&json, loss);
    }
    spn_json_end_list(&json);
    spn_json_end_object(&json);
    return spn_json_end_document(&json);
}

static void print_cell(const spn_table *table, int64_t column)
{
    char text[32];
    const char *word = spn_table_word(table, 0, column);
    if (word != NULL) {
        printf("  %-24s", word);
    } else if (table->columns->items[column].type == SPN_COLUMN_INTEGER) {
        printf("  %-24lld", (long long)spn_table_integer(table, 0, column));
    } else {
        double value = spn_table_real(table, 0, column);
        spn_format_real(value, text);
        printf("  %-24s", isnan(value) ? "-" : text);
    }
}

static void print_text(int shown, const spn_geometry *error, const spn_geometry *loss)
{
    const spn_table tables[2] = {{"error", &spn_geometry_columns, 1, error},
                                 {"loss", &spn_geometry_columns, 1, loss}};
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        printf("%-26s", spn_geometry_columns.items[i].name);
        if (shown & SHOW_ERROR) {
            print_cell(&tables[0], i);
        }
        if (shown & SHOW_LOSS) {
            print_cell(&tables[1], i);
        }
        printf("  %s\n", spn_geometry_columns.items[i].unit);
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

int cmd_geometry(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_geometry error, loss;
    int shown = parse_surface(arguments->surface);
    if (shown == 0) {
        return cli_usage_error(cli_find_command("geometry"),
                               "--surface: expected error, loss or both, got '%s'",
                               arguments->surface);
    }
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(measure(session, arguments, study, &error, &loss));
    if (arguments->is_json) {
        SPN_TRY(write_json(context, shown, &error, &loss));
    } else {
        print_text(shown, &error, &loss);
    }
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return cli_finish(session, status);
}
