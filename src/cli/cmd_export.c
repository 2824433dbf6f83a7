/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/export_point.h"

#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <string.h>

static spn_status write_to_output(spn_context *context, void *state, const char *bytes,
                                  int64_t size)
{
    return spn_output_write(context, state, bytes, size);
}

/* An array of the file (modes, theta) as CSV: columns NAME_1, NAME_2, ... */
static spn_status write_array(spn_context *context, spn_output *output, const spn_array *array)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    const char **names = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TAKE(context, arena, names, array->columns);
    for (int64_t c = 0; c < array->columns; c++) {
        char name[64];
        snprintf(name, sizeof name, "%.30s_%lld", array->name, (long long)c + 1);
        names[c] = spn_arena_duplicate(arena, name);
        if (names[c] == NULL) {
            status = spn_arena_status(context, arena);
            goto done;
        }
    }
    SPN_TRY(
        spn_csv_write(context, output, array->rows, array->columns, names, array->values, NULL));
done:
    spn_arena_free(arena);
    return status;
}

/* "points, phases, modes": what the file has, for a message. */
static const char *list_tables(const spn_results *results, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < results->table_count + results->array_count && used < size; i++) {
        const char *name = i < results->table_count
                               ? results->tables[i].name
                               : results->arrays[i - results->table_count].name;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", name);
    }
    return text;
}

static spn_status write_table(spn_context *context, const char *path, const char *name,
                              const spn_results *results, spn_output *output)
{
    const spn_table *table = spn_results_table(results, name);
    const spn_array *array = spn_results_array(results, name);
    char names[400];
    if (array != NULL) {
        return write_array(context, output, array);
    }
    if (table == NULL) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: has no table '%.60s'; its tables are %s",
                        path, name, list_tables(results, names, sizeof names));
    }
    const spn_sink sink = {write_to_output, output};
    return spn_results_write_csv(context, results, table, sink);
}

static spn_status export_table(spn_context *context, const cli_arguments *arguments,
                               const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    const char *name = arguments->table != NULL ? arguments->table : "points";
    const char *path = arguments->output != NULL ? arguments->output : "-";
    SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    SPN_TRY(write_table(context, arguments->words[0], name, results, output));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

/* The table /layout as the room `formats` wants it, in the arena. */
static spn_status read_layout(spn_context *context, spn_arena *arena, const char *path,
                              const spn_results *results, int64_t *count, spn_weight_entry **out)
{
    spn_status status = SPN_OK;
    spn_table layout;
    const char *const *names = NULL;
    const spn_wanted_table wanted = {&layout, "layout", &spn_layout_columns, false};
    SPN_TRY(spn_take_tables(context, arena, results, 1, &wanted));
    SPN_TRY(spn_take_texts(context, results, &layout, "name", &names));
    const spn_layout_record *records = layout.records;
    SPN_TAKE(context, arena, *out, layout.rows);
    for (int64_t i = 0; i < layout.rows; i++) {
        const spn_layout_record *r = &records[i];
        (*out)[i] =
            (spn_weight_entry){names[i], r->layer, r->is_bias != 0, r->offset, r->rows, r->columns};
    }
    *count = layout.rows;
done:
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(context, "%s", path);
    }
    return status;
}

/* Points of watched training have no beta of their own: a run and an epoch tell which they are. */
static void report_weights(spn_context *context, const char *output, const spn_results *results,
                           const spn_table *points, int64_t row)
{
    const int64_t beta = spn_table_find(points, "beta");
    const int64_t run = spn_table_find(points, "run"), epoch = spn_table_find(points, "epoch");
    const char *phase = cli_point_phase(results, points, row);
    if (beta < 0 && run >= 0 && epoch >= 0) {
        spn_message(context, "%s: weights of row %lld, run %lld, epoch %.10g", output,
                    (long long)row, (long long)spn_table_integer(points, row, run),
                    spn_table_real(points, row, epoch));
        return;
    }
    spn_message(context, "%s: weights of row %lld, beta = %.10g%s%s", output, (long long)row,
                beta < 0 ? (double)NAN : spn_table_real(points, row, beta),
                phase != NULL ? ", phase " : "", phase != NULL ? phase : "");
}

static spn_status export_weights(spn_context *context, spn_arena *arena,
                                 const cli_arguments *arguments, const spn_results *results)
{
    spn_status status = SPN_OK;
    spn_weight_entry *entries = NULL;
    spn_arrays *arrays = NULL;
    int64_t row = 0, count = 0;
    const char *path = arguments->words[0];
    const spn_table *points = spn_results_table(results, "points");
    const spn_array *theta = spn_results_array(results, "theta");
    if (points == NULL || theta == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: holds no %s", path,
                 points == NULL ? "points" : "weights (the experiment said parameters: false)");
    }
    if (theta->rows != points->rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: has %lld points, but weights of %lld", path,
                 (long long)points->rows, (long long)theta->rows);
    }
    SPN_TRY(cli_find_point(context, arguments, results, points, &row));
    SPN_TRY(read_layout(context, arena, path, results, &count, &entries));
    SPN_TRY(spn_weights_arrays(context, count, entries, theta->columns,
                               theta->values + row * theta->columns, &arrays));
    SPN_TRY(spn_arrays_write(context, arguments->output, arguments->is_forced, arrays));
    report_weights(context, arguments->output, results, points, row);
done:
    spn_arrays_free(context, arrays);
    return status;
}

spn_status cmd_export(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    bool has_beta = !isnan(arguments->beta), has_point = arguments->point >= 0;
    if ((has_beta || has_point) && (arguments->table != NULL || (has_beta && has_point))) {
        return cli_misuse(session, "give one of --table, --point and --beta");
    }
    if ((has_beta || has_point) && arguments->output == NULL) {
        return cli_misuse(session, "weights need -o FILE.safetensors or -o FILE.npz");
    }
    if (!cli_is_direction(arguments->direction) || (arguments->direction != NULL && !has_beta)) {
        return cli_misuse(session, "--direction: goes with --beta, and is up, down or quench");
    }
    if (arguments->phase != NULL && !has_beta) {
        return cli_misuse(session, "--phase: goes with --beta");
    }
    if (arguments->output != NULL) {
        SPN_TRY(cli_refuse_same_file(context, arguments->output, arguments->words[0]));
    }
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, arguments->words[0], &results));
    SPN_TRY(has_beta || has_point ? export_weights(context, arena, arguments, &results)
                                  : export_table(context, arguments, &results));
done:
    spn_arena_free(arena);
    return status;
}
