/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* The surfaces that are shown, side by side. */
typedef struct surfaces {
    int64_t count;
    spn_table tables[2];
} surfaces;

/* Those that `name` means; none: it is no name of a surface. */
static surfaces choose(const char *name, const spn_geometry *error, const spn_geometry *loss)
{
    const spn_table both[2] = {{"error", &spn_geometry_columns, 1, error},
                               {"loss", &spn_geometry_columns, 1, loss}};
    surfaces chosen = {0};
    for (int i = 0; i < 2; i++) {
        if (name == NULL || strcmp(name, "both") == 0 || strcmp(name, both[i].name) == 0) {
            chosen.tables[chosen.count++] = both[i];
        }
    }
    return chosen;
}

static void write_surface(spn_json *json, const spn_table *table)
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
    spn_json_text(json, "method", "dense");
    spn_json_end_object(json);
}

static spn_status write_json(spn_context *context, const surfaces *shown)
{
    spn_json json;
    spn_json_begin(&json, context, spn_sink_stream(stdout));
    spn_json_begin_object(&json, NULL);
    spn_json_begin_list(&json, "points");
    for (int64_t i = 0; i < shown->count; i++) {
        write_surface(&json, &shown->tables[i]);
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
    for (int64_t i = 0; i < spn_geometry_columns.count; i++) {
        printf("%-26s", spn_geometry_columns.items[i].name);
        for (int64_t k = 0; k < shown->count; k++) {
            print_cell(&shown->tables[k], i);
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

spn_status cmd_geometry(cli_session *session, const cli_arguments *arguments, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_geometry error, loss;
    const surfaces shown = choose(arguments->surface, &error, &loss);
    (void)is_good;
    if (shown.count == 0) {
        return cli_misuse(session, "--surface: expected error, loss or both, got '%s'",
                          arguments->surface);
    }
    SPN_TRY(cli_experiment(session, arguments, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(measure(session, arguments, study, &error, &loss));
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
