/* SPDX-License-Identifier: MIT */
/* Tables of records: cells, conversion by column name, CSV. */
#include <spinodal/store.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t find(const spn_columns *columns, const char *name)
{
    for (int64_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->items[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int64_t spn_table_find(const spn_table *table, const char *column)
{
    return find(table->columns, column);
}

static const char *cell(const spn_table *table, int64_t row, int64_t column)
{
    return (const char *)table->records + (size_t)row * table->columns->record_size +
           table->columns->items[column].offset;
}

double spn_table_real(const spn_table *table, int64_t row, int64_t column)
{
    double value = 0;
    if (table->columns->items[column].type == SPN_COLUMN_INTEGER) {
        return (double)spn_table_integer(table, row, column);
    }
    memcpy(&value, cell(table, row, column), sizeof value);
    return value;
}

int64_t spn_table_integer(const spn_table *table, int64_t row, int64_t column)
{
    int64_t value = 0;
    if (table->columns->items[column].type == SPN_COLUMN_INTEGER) {
        memcpy(&value, cell(table, row, column), sizeof value);
    }
    return value;
}

const char *spn_table_word(const spn_table *table, int64_t row, int64_t column)
{
    const char *const *words = table->columns->items[column].words;
    if (words == NULL) {
        return NULL;
    }
    int64_t value = spn_table_integer(table, row, column);
    for (int64_t i = 0; value >= 0 && words[i] != NULL; i++) {
        if (i == value) {
            return words[i];
        }
    }
    return NULL;
}

/* Words known to both lists must agree: a later version may only append. */
static bool have_same_words(const spn_column *a, const spn_column *b)
{
    if (a->words == NULL || b->words == NULL) {
        return a->words == b->words;
    }
    for (int64_t i = 0; a->words[i] != NULL && b->words[i] != NULL; i++) {
        if (strcmp(a->words[i], b->words[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_later(const spn_column *column)
{
    return column->since != NULL && column->since[0] != '\0';
}

static spn_status convert_column(spn_context *context, const spn_table *table, const char *origin,
                                 const spn_columns *columns, int64_t index, void *records)
{
    const spn_column *wanted = &columns->items[index];
    int64_t source = spn_table_find(table, wanted->name);
    const char *separator = origin != NULL ? ": " : "";
    origin = origin != NULL ? origin : "";
    if (source < 0 && is_later(wanted)) {
        return SPN_OK;
    }
    if (source < 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s%stable %s has no column \"%s\"", origin,
                        separator, table->name, wanted->name);
    }
    const spn_column *found = &table->columns->items[source];
    if (found->type != wanted->type) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s%scolumn %s/%s must hold %s", origin,
                        separator, table->name, wanted->name,
                        wanted->type == SPN_COLUMN_REAL ? "real numbers" : "integers");
    }
    if (!have_same_words(found, wanted)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s%scolumn %s/%s stands for other words than this program knows", origin,
                        separator, table->name, wanted->name);
    }
    for (int64_t row = 0; row < table->rows; row++) {
        char *target = (char *)records + (size_t)row * columns->record_size + wanted->offset;
        memcpy(target, cell(table, row, source), 8);
    }
    return SPN_OK;
}

spn_status spn_table_convert(spn_context *context, const spn_table *table, const char *origin,
                             const spn_columns *columns, void *records)
{
    /* All bits set: a NaN, and the integer -1. So whatever no column fills is not known. */
    if (table->rows > 0) {
        memset(records, 0xff, (size_t)table->rows * columns->record_size);
    }
    for (int64_t i = 0; i < columns->count; i++) {
        spn_status status = convert_column(context, table, origin, columns, i, records);
        if (status != SPN_OK) {
            return status;
        }
    }
    return SPN_OK;
}

static spn_status write_text(spn_context *context, spn_sink sink, const char *text)
{
    return sink.write(context, sink.state, text, (int64_t)strlen(text));
}

/* RFC 4180: quotes only where they are needed. */
static spn_status write_csv_text(spn_context *context, spn_sink sink, const char *text)
{
    spn_status status = SPN_OK;
    if (text[strcspn(text, "\",\r\n")] == '\0') {
        return write_text(context, sink, text);
    }
    SPN_TRY(write_text(context, sink, "\""));
    for (; *text != '\0'; text++) {
        SPN_TRY(
            sink.write(context, sink.state, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1));
    }
    SPN_TRY(write_text(context, sink, "\""));
done:
    return status;
}

static spn_status write_csv_cell(spn_context *context, spn_sink sink, const spn_table *table,
                                 int64_t row, int64_t column)
{
    char number[32] = "";
    if (table->columns->items[column].type == SPN_COLUMN_REAL) {
        /* Infinity is an answer, such as "never"; what does not exist is an empty cell. */
        double value = spn_table_real(table, row, column);
        if (!isnan(value)) {
            spn_format_real(value, number);
        }
        return write_text(context, sink, number);
    }
    const char *word = spn_table_word(table, row, column);
    if (word != NULL) {
        return write_csv_text(context, sink, word);
    }
    snprintf(number, sizeof number, "%lld", (long long)spn_table_integer(table, row, column));
    return write_text(context, sink, number);
}

static bool is_of(const spn_text_column *texts, const spn_table *table)
{
    return strcmp(texts->group, table->name) == 0 && texts->rows == table->rows;
}

/* Row -1: the names of the columns. */
static spn_status write_csv_texts(spn_context *context, spn_sink sink, const spn_results *results,
                                  const spn_table *table, int64_t row)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < results->text_column_count; i++) {
        const spn_text_column *texts = &results->text_columns[i];
        if (is_of(texts, table)) {
            SPN_TRY(write_csv_text(context, sink, row < 0 ? texts->name : texts->items[row]));
            SPN_TRY(write_text(context, sink, ","));
        }
    }
done:
    return status;
}

spn_status spn_results_write_csv(spn_context *context, const spn_results *results,
                                 const spn_table *table, spn_sink sink)
{
    spn_status status = SPN_OK;
    const int64_t count = table->columns->count;
    SPN_TRY(write_csv_texts(context, sink, results, table, -1));
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(write_csv_text(context, sink, table->columns->items[i].name));
        SPN_TRY(write_text(context, sink, i + 1 < count ? "," : "\n"));
    }
    for (int64_t row = 0; row < table->rows; row++) {
        SPN_TRY(write_csv_texts(context, sink, results, table, row));
        for (int64_t i = 0; i < count; i++) {
            SPN_TRY(write_csv_cell(context, sink, table, row, i));
            SPN_TRY(write_text(context, sink, i + 1 < count ? "," : "\n"));
        }
    }
done:
    return status;
}

spn_status spn_table_write_csv(spn_context *context, const spn_table *table, spn_sink sink)
{
    const spn_results no_texts = {.kind = table->name};
    return spn_results_write_csv(context, &no_texts, table, sink);
}
