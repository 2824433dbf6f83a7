/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <string.h>

static spn_status write_to_output(spn_context *context, void *state, const char *bytes,
                                  int64_t size)
{
    return spn_output_write(context, state, bytes, size);
}

static spn_status export_table(spn_context *context, const cli_arguments *arguments,
                               const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    const char *name = arguments->table != NULL ? arguments->table : "points";
    const char *path = arguments->output != NULL ? arguments->output : "-";
    const spn_table *table = spn_results_table(results, name);
    if (table == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: has no table '%.60s'; there are points, theory, "
                 "layout",
                 arguments->words[0], name);
    }
    SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    const spn_sink sink = {write_to_output, output};
    SPN_TRY(spn_table_write_csv(context, table, sink));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

/* The wanted direction as a number, -1 for any. */
static spn_status parse_direction(spn_context *context, const cli_arguments *arguments,
                                  int64_t *direction)
{
    static const char *const names[] = {"up", "down", "quench"};
    *direction = -1;
    if (arguments->direction == NULL) {
        return SPN_OK;
    }
    for (int64_t i = 0; i < 3; i++) {
        if (strcmp(names[i], arguments->direction) == 0) {
            *direction = i;
            return SPN_OK;
        }
    }
    return spn_fail(context, SPN_ERROR_INPUT, "--direction: expected up, down or quench, got '%s'",
                    arguments->direction);
}

/* The row given by --point, or the first of those nearest to --beta. */
static spn_status find_row(spn_context *context, const cli_arguments *arguments,
                           const spn_table *points, int64_t *out)
{
    spn_status status = SPN_OK;
    spn_sweep_record *records = NULL;
    int64_t direction = -1, best = -1;
    if (arguments->point >= 0) {
        if (arguments->point >= points->rows) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "--point %lld: rows are 0 to %lld",
                     (long long)arguments->point, (long long)points->rows - 1);
        }
        *out = arguments->point;
        return SPN_OK;
    }
    SPN_TRY(parse_direction(context, arguments, &direction));
    SPN_NEW(context, records, points->rows);
    SPN_TRY(spn_table_convert(context, points, arguments->words[0], &spn_sweep_columns, records));
    for (int64_t i = 0; i < points->rows; i++) {
        bool is_nearer = best < 0 || fabs(records[i].beta - arguments->beta) <
                                         fabs(records[best].beta - arguments->beta);
        if ((direction < 0 || records[i].direction == direction) && is_nearer) {
            best = i;
        }
    }
    if (best < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: no points in direction %s", arguments->words[0],
                 arguments->direction);
    }
    spn_message(context, "row %lld, beta = %.10g", (long long)best, records[best].beta);
    *out = best;
done:
    spn_release(context, records);
    return status;
}

/* The table /layout as the room `formats` wants it. */
static spn_status read_layout(spn_context *context, const char *path, const spn_results *results,
                              int64_t *count, spn_weight_entry **out)
{
    spn_status status = SPN_OK;
    spn_weight_entry *entries = NULL;
    const spn_table *layout = spn_results_table(results, "layout");
    const spn_text_column *names = spn_results_text_column(results, "layout", "name");
    static const char *const columns[] = {"layer", "is_bias", "offset", "rows", "columns"};
    int64_t at[5];
    if (layout == NULL || names == NULL || names->rows != layout->rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has no layout of the weights", path);
    }
    for (int i = 0; i < 5; i++) {
        at[i] = spn_table_find(layout, columns[i]);
        if (at[i] < 0) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: layout has no column '%s'", path, columns[i]);
        }
    }
    SPN_NEW(context, entries, layout->rows);
    for (int64_t i = 0; i < layout->rows; i++) {
        entries[i] = (spn_weight_entry){.name = names->items[i],
                                        .layer = spn_table_integer(layout, i, at[0]),
                                        .is_bias = spn_table_integer(layout, i, at[1]) != 0,
                                        .offset = spn_table_integer(layout, i, at[2]),
                                        .rows = spn_table_integer(layout, i, at[3]),
                                        .columns = spn_table_integer(layout, i, at[4])};
    }
    *count = layout->rows;
    *out = entries;
done:
    return status;
}

static spn_status export_weights(spn_context *context, const cli_arguments *arguments,
                                 const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_weight_entry *entries = NULL;
    spn_arrays *arrays = NULL;
    int64_t row = 0, count = 0;
    const char *path = arguments->words[0];
    const spn_table *points = spn_results_table(results, "points");
    const spn_array *theta = spn_results_array(results, "theta");
    if (points == NULL || theta == NULL || theta->rows != points->rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds no weights (the experiment said sweep.parameters: false)", path);
    }
    SPN_TRY(find_row(context, arguments, points, &row));
    SPN_TRY(read_layout(context, path, results, &count, &entries));
    SPN_TRY(spn_weights_arrays(context, count, entries, theta->columns,
                               theta->values + row * theta->columns, &arrays));
    SPN_TRY(spn_arrays_write(context, arguments->output, arguments->is_forced, arrays));
done:
    spn_release(context, entries);
    spn_arrays_free(context, arrays);
    return status;
}

int cmd_export(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    const cli_command *command = cli_find_command("export");
    spn_arena *arena = NULL;
    spn_results results;
    bool has_beta = !isnan(arguments->beta), has_point = arguments->point >= 0;
    if ((has_beta || has_point) && (arguments->table != NULL || (has_beta && has_point))) {
        return cli_usage_error(command, "give one of --table, --point and --beta");
    }
    if ((has_beta || has_point) && arguments->output == NULL) {
        return cli_usage_error(command, "weights need -o FILE.safetensors or -o FILE.npz");
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, arguments->words[0], &results));
    SPN_TRY(has_beta || has_point ? export_weights(context, arguments, &results)
                                  : export_table(context, arguments, &results));
done:
    spn_arena_free(arena);
    return cli_finish(session, status);
}
