/* SPDX-License-Identifier: MIT */
/* Which columns of a table are inputs and which are targets. */
#include <spinodal/formats/csv.h>
#include <stdio.h>
#include <string.h>

/* "'a', 'b', ..." or "1 to 5", cut to fit. */
static void list_columns(const spn_csv_table *table, char *buffer, size_t size)
{
    size_t used = 0;
    if (table->names == NULL) {
        snprintf(buffer, size, "1 to %lld (the file has no header)", (long long)table->columns);
        return;
    }
    buffer[0] = '\0';
    for (int64_t c = 0; c < table->columns && used + 1 < size; c++) {
        int length =
            snprintf(buffer + used, size - used, "%s%.40s", c > 0 ? ", " : "", table->names[c]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static spn_status fail_unknown(spn_context *context, const spn_csv_table *table, const char *item)
{
    char list[400];
    list_columns(table, list, sizeof list);
    const char *near =
        table->names != NULL ? spn_nearest_name(item, table->names, table->columns) : NULL;
    return spn_fail(context, SPN_ERROR_INPUT, "%s: no column '%.60s'%s%.60s%s; columns are: %s",
                    table->source, item, near != NULL ? "; did you mean '" : "",
                    near != NULL ? near : "", near != NULL ? "'?" : "", list);
}

/* The column of this name, or -1. */
static spn_status find_name(spn_context *context, const spn_csv_table *table, const char *name,
                            int64_t *found)
{
    *found = -1;
    for (int64_t c = 0; table->names != NULL && c < table->columns; c++) {
        if (strcmp(table->names[c], name) != 0) {
            continue;
        }
        if (*found >= 0) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s: columns %lld and %lld are both named '%.60s'; give a position",
                            table->source, (long long)*found + 1, (long long)c + 1, name);
        }
        *found = c;
    }
    return SPN_OK;
}

/* What stands behind "name=" or "position=", otherwise NULL. */
static const char *after(const char *item, const char *kind)
{
    const size_t length = strlen(kind);
    return strncmp(item, kind, length) == 0 ? item + length : NULL;
}

static spn_status check_position(spn_context *context, const spn_csv_table *table, int64_t position)
{
    if (position < 1 || position > table->columns) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: no column %lld; there are %lld",
                        table->source, (long long)position, (long long)table->columns);
    }
    return SPN_OK;
}

spn_status spn_csv_find(spn_context *context, const spn_csv_table *table, const char *item,
                        int64_t *column)
{
    spn_status status = SPN_OK;
    int64_t position = 0, named = -1;
    SPN_TRY(find_name(context, table, item, &named));
    const char *name = named < 0 ? after(item, "name=") : NULL;
    const char *place = named < 0 ? after(item, "position=") : NULL;
    const bool is_position = spn_parse_integer(place != NULL ? place : item, &position);
    const bool is_there = is_position && position >= 1 && position <= table->columns;
    if (named >= 0 && is_there && position - 1 != named) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: '%s' is the name of column %lld and the position of column %lld ('%.60s'): "
                 "write 'name=%s' or 'position=%s'",
                 table->source, item, (long long)named + 1, (long long)position,
                 table->names[position - 1], item, item);
    }
    if (name != NULL) {
        SPN_TRY(find_name(context, table, name, &named));
    } else if (named < 0 && is_position) {
        SPN_TRY(check_position(context, table, position));
        named = position - 1;
    }
    if (named < 0) {
        SPN_TRY(fail_unknown(context, table, name != NULL ? name : item));
    }
    *column = named;
done:
    return status;
}

/* Append the columns of `items` to `chosen`; a column may be taken once. */
static spn_status choose(spn_context *context, const spn_csv_table *table, spn_texts items,
                         bool *is_taken, int64_t *chosen)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < items.count; i++) {
        SPN_TRY(spn_csv_find(context, table, items.items[i], &chosen[i]));
        if (is_taken[chosen[i]]) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "%s: column '%.60s' is chosen twice", table->source,
                     items.items[i]);
        }
        is_taken[chosen[i]] = true;
    }
done:
    return status;
}

void spn_samples_free(spn_context *context, spn_samples *samples)
{
    if (samples == NULL) {
        return;
    }
    for (int64_t i = 0; samples->input_names != NULL && i < samples->inputs; i++) {
        spn_release(context, (void *)(uintptr_t)samples->input_names[i]);
    }
    for (int64_t k = 0; samples->output_names != NULL && k < samples->outputs; k++) {
        spn_release(context, (void *)(uintptr_t)samples->output_names[k]);
    }
    spn_release(context, (void *)(uintptr_t)samples->input_names);
    spn_release(context, (void *)(uintptr_t)samples->output_names);
    spn_release(context, (void *)(uintptr_t)samples->rows);
    spn_release(context, samples);
}

static spn_status copy_names(spn_context *context, const spn_csv_table *table, int64_t count,
                             const int64_t *columns, const char *const **out)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_NEW(context, names, count);
    *out = names;
    for (int64_t i = 0; i < count; i++) {
        names[i] = spn_duplicate(context, table->names[columns[i]]);
        if (names[i] == NULL) {
            return spn_error_status(context);
        }
    }
done:
    return status;
}

static spn_status copy_rows(spn_context *context, const spn_csv_table *table, int64_t count,
                            const int64_t *columns, const double **out)
{
    spn_status status = SPN_OK;
    double *rows = NULL;
    SPN_NEW(context, rows, table->rows * count);
    for (int64_t r = 0; r < table->rows; r++) {
        for (int64_t c = 0; c < count; c++) {
            rows[r * count + c] = table->values[r * table->columns + columns[c]];
        }
    }
    *out = rows;
done:
    return status;
}

/* `columns`: inputs first, then targets. */
static spn_status make_samples(spn_context *context, const spn_csv_table *table, int64_t inputs,
                               int64_t outputs, const int64_t *columns, spn_samples **out)
{
    spn_status status = SPN_OK;
    spn_samples *samples = NULL;
    SPN_TRY(spn_csv_check(context, table, inputs + outputs, columns));
    SPN_NEW(context, samples, 1);
    samples->samples = table->rows;
    samples->inputs = inputs;
    samples->outputs = outputs;
    SPN_TRY(copy_rows(context, table, inputs + outputs, columns, &samples->rows));
    if (table->names != NULL) {
        SPN_TRY(copy_names(context, table, inputs, columns, &samples->input_names));
        SPN_TRY(copy_names(context, table, outputs, columns + inputs, &samples->output_names));
    }
    *out = samples;
    samples = NULL;
done:
    spn_samples_free(context, samples);
    return status;
}

spn_status spn_csv_samples(spn_context *context, const spn_csv_table *table, spn_texts targets,
                           spn_texts columns, spn_samples **out)
{
    spn_status status = SPN_OK;
    int64_t *chosen = NULL, inputs = columns.count, room = 0;
    bool *is_taken = NULL;
    *out = NULL;
    if (targets.count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: no target columns were chosen", table->source);
    }
    if (!spn_size_add(columns.count, targets.count, &room) ||
        !spn_size_add(room, table->columns, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many columns");
    }
    SPN_NEW(context, chosen, room);
    SPN_NEW(context, is_taken, table->columns);
    /* Targets first, to know what is left; they move behind the inputs below. */
    int64_t *target_columns = chosen + room - targets.count;
    SPN_TRY(choose(context, table, targets, is_taken, target_columns));
    SPN_TRY(choose(context, table, columns, is_taken, chosen));
    for (int64_t c = 0; columns.count == 0 && c < table->columns; c++) {
        if (!is_taken[c]) {
            chosen[inputs++] = c;
        }
    }
    if (inputs == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: all columns are targets, no inputs are left",
                 table->source);
    }
    memmove(chosen + inputs, target_columns, (size_t)targets.count * sizeof *chosen);
    SPN_TRY(make_samples(context, table, inputs, targets.count, chosen, out));
done:
    spn_release(context, chosen);
    spn_release(context, is_taken);
    return status;
}
