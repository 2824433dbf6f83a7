/* SPDX-License-Identifier: MIT */
/* A table is read in two passes over the bytes: the first counts rows and compares their lengths, the
 * second converts the cells. */
#include "formats/csv.h"
#include "formats/input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the first pass finds. */
typedef struct shape {
    int64_t rows, columns; /* rows: without the header */
    bool has_header;
} shape;

static spn_status refuse_nul(spn_context *context, const char *source, const char *bytes,
                             int64_t size)
{
    const char *nul = size > 0 ? memchr(bytes, '\0', (size_t)size) : NULL;
    if (nul == NULL) {
        return SPN_OK;
    }
    long long line = 1;
    for (const char *p = bytes; p < nul; p++) {
        line += *p == '\n';
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld: a NUL byte; this is not a text file",
                    source, line);
}

/* One row: how many cells, and whether one of them is a word. */
static spn_status count_cells(spn_context *context, spni_csv_cursor *cursor, int64_t *cells,
                              bool *has_word)
{
    spn_status status = SPN_OK;
    spni_csv_cell cell;
    double value = 0;
    *cells = 0;
    *has_word = false;
    do {
        SPN_TRY(spni_csv_next(context, cursor, &cell));
        (*cells)++;
        *has_word = *has_word || spni_csv_number(&cell, &value) == SPNI_CSV_WORD;
    } while (cell.end == SPNI_CSV_NEXT_CELL);
done:
    return status;
}

/* Blank lines may only stand at the end. */
static spn_status skip_blank_end(spn_context *context, spni_csv_cursor *cursor)
{
    long long line = cursor->line;
    bool is_blank = false;
    while (cursor->at < cursor->end && spni_csv_skip_blank_line(cursor)) {
        is_blank = true;
    }
    if (is_blank && cursor->at < cursor->end) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld: a blank line between rows",
                        cursor->source, line);
    }
    return SPN_OK;
}

static spn_status measure(spn_context *context, spni_csv_cursor cursor, spn_csv_header header,
                          shape *out)
{
    spn_status status = SPN_OK;
    int64_t rows = 0;
    *out = (shape){0};
    while (cursor.at < cursor.end) {
        int64_t cells = 0;
        long long line = cursor.line;
        bool has_word = false;
        SPN_TRY(count_cells(context, &cursor, &cells, &has_word));
        if (rows == 0) {
            out->columns = cells;
            out->has_header =
                header == SPN_CSV_HEADER_YES || (header == SPN_CSV_HEADER_AUTO && has_word);
        } else if (cells != out->columns) {
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s: line %lld has %lld cells, the first row has %lld", cursor.source, line,
                     (long long)cells, (long long)out->columns);
        }
        rows++;
        SPN_TRY(skip_blank_end(context, &cursor));
    }
    out->rows = rows - (out->has_header ? 1 : 0);
    if (out->rows < 1) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: %s", cursor.source,
                 rows == 0 ? "is empty" : "has a header but no rows");
    }
done:
    return status;
}

/* The text of a cell: doubled quotes become one. */
static char *cell_text(spn_context *context, const spni_csv_cell *cell)
{
    char *text = spn_allocate(context, cell->length + 1, 1);
    if (text != NULL) {
        int64_t used = 0;
        for (int64_t i = 0; i < cell->length; i++) {
            text[used++] = cell->text[i];
            i += cell->is_quoted && cell->text[i] == '"';
        }
        text[used] = '\0';
    }
    return text;
}

static spn_status read_names(spn_context *context, spni_csv_cursor *cursor, int64_t columns,
                             char **names)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c < columns; c++) {
        spni_csv_cell cell;
        SPN_TRY(spni_csv_next(context, cursor, &cell));
        names[c] = cell_text(context, &cell);
        if (names[c] == NULL) {
            return spn_error_status(context);
        }
    }
done:
    return status;
}

/* Would the cell be a number if its one comma were a point? */
static bool has_decimal_comma(const spni_csv_cell *cell)
{
    char text[64];
    double value = 0;
    if (cell->length <= 0 || cell->length >= (int64_t)sizeof text) {
        return false;
    }
    memcpy(text, cell->text, (size_t)cell->length);
    text[cell->length] = '\0';
    char *comma = strchr(text, ',');
    if (comma == NULL) {
        return false;
    }
    *comma = '.';
    return spn_parse_real(text, &value);
}

static void note_flaw(spn_csv_flaw *flaw, int64_t line, const spni_csv_cell *cell,
                      spni_csv_content content)
{
    char quoted[40];
    if (flaw->line != 0) {
        return;
    }
    flaw->line = line;
    spni_quote_text(cell->text, cell->length, quoted, sizeof quoted);
    if (content == SPNI_CSV_EMPTY) {
        snprintf(flaw->what, sizeof flaw->what, "the cell is empty");
    } else if (content == SPNI_CSV_NOT_FINITE) {
        snprintf(flaw->what, sizeof flaw->what, "\"%s\" is not a finite number", quoted);
    } else {
        snprintf(flaw->what, sizeof flaw->what, "\"%s\" is not a number%s", quoted,
                 has_decimal_comma(cell) ? " (use a decimal point)" : "");
    }
}

static spn_status read_values(spn_context *context, spni_csv_cursor *cursor, int64_t rows,
                              int64_t columns, double *values, spn_csv_flaw *flaws)
{
    spn_status status = SPN_OK;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            spni_csv_cell cell;
            double *value = &values[r * columns + c];
            int64_t line = cursor->line;
            SPN_TRY(spni_csv_next(context, cursor, &cell));
            spni_csv_content content = spni_csv_number(&cell, value);
            if (content != SPNI_CSV_NUMBER) {
                *value = (double)NAN;
                note_flaw(&flaws[c], line, &cell, content);
            }
        }
    }
done:
    return status;
}

void spn_csv_free(spn_context *context, spn_csv_table *table)
{
    if (table == NULL) {
        return;
    }
    for (int64_t c = 0; table->names != NULL && c < table->columns; c++) {
        spn_release(context, (void *)(uintptr_t)table->names[c]);
    }
    spn_release(context, (void *)(uintptr_t)table->names);
    spn_release(context, (void *)(uintptr_t)table->values);
    spn_release(context, (void *)(uintptr_t)table->flaws);
    spn_release(context, (void *)(uintptr_t)table->source);
    spn_release(context, table);
}

spn_status spn_csv_parse(spn_context *context, const char *source, const char *bytes, int64_t size,
                         spn_csv_header header, spn_csv_table **out)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    spni_csv_cursor cursor;
    shape found;
    int64_t cells = 0;
    double *values = NULL;
    spn_csv_flaw *flaws = NULL;
    char **names = NULL;
    *out = NULL;
    SPN_TRY(refuse_nul(context, source, bytes, size));
    spni_csv_start(&cursor, source, bytes, size);
    SPN_TRY(measure(context, cursor, header, &found));
    SPN_NEW(context, table, 1);
    table->rows = found.rows;
    table->columns = found.columns;
    table->source = spn_duplicate(context, source);
    if (table->source == NULL || !spn_size_multiply(found.rows, found.columns, &cells)) {
        status = spn_error_status(context);
        goto done;
    }
    SPN_NEW(context, values, cells);
    table->values = values;
    SPN_NEW(context, flaws, found.columns);
    table->flaws = flaws;
    if (found.has_header) {
        SPN_NEW(context, names, found.columns);
        table->names = (const char *const *)names;
        SPN_TRY(read_names(context, &cursor, found.columns, names));
    }
    SPN_TRY(read_values(context, &cursor, found.rows, found.columns, values, flaws));
    *out = table;
    table = NULL;
done:
    spn_csv_free(context, table);
    return status;
}

spn_status spn_csv_read(spn_context *context, const char *path, spn_csv_header header,
                        spn_csv_table **out)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_TRY(spni_file_read(context, path, &bytes, &size));
    SPN_TRY(spn_csv_parse(context, path, bytes, size, header, out));
done:
    spn_release(context, bytes);
    return status;
}

spn_status spn_csv_check(spn_context *context, const spn_csv_table *table, int64_t count,
                         const int64_t *columns)
{
    int64_t total = columns == NULL ? table->columns : count;
    for (int64_t i = 0; i < total; i++) {
        int64_t c = columns == NULL ? i : columns[i];
        const spn_csv_flaw *flaw = &table->flaws[c];
        if (flaw->line == 0) {
            continue;
        }
        const char *name = table->names != NULL ? table->names[c] : "";
        return spn_fail(context, SPN_ERROR_INPUT, "%s: line %lld, column %lld%s%.60s%s: %s",
                        table->source, (long long)flaw->line, (long long)c + 1,
                        name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "", flaw->what);
    }
    return SPN_OK;
}

static spn_status write_name(spn_context *context, spn_output *output, const char *name)
{
    spn_status status = SPN_OK;
    double number = 0;
    bool is_plain =
        name[0] != '\0' && strpbrk(name, "\",;\t\r\n# ") == NULL && !spn_parse_real(name, &number);
    if (is_plain) {
        return spn_output_print(context, output, "%s", name);
    }
    SPN_TRY(spn_output_write(context, output, "\"", 1));
    for (; *name != '\0'; name++) {
        SPN_TRY(
            spn_output_write(context, output, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1));
    }
    SPN_TRY(spn_output_write(context, output, "\"", 1));
done:
    return status;
}

static spn_status write_header(spn_context *context, spn_output *output, int64_t columns,
                               const char *const *names)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c < columns; c++) {
        char numbered[32];
        snprintf(numbered, sizeof numbered, "column %lld", (long long)c + 1);
        SPN_TRY(c > 0 ? spn_output_write(context, output, ",", 1) : SPN_OK);
        SPN_TRY(write_name(context, output, names != NULL ? names[c] : numbered));
    }
    SPN_TRY(spn_output_write(context, output, "\n", 1));
done:
    return status;
}

spn_status spn_csv_write(spn_context *context, spn_output *output, int64_t rows, int64_t columns,
                         const char *const *names, const double *values, const char *const *words)
{
    spn_status status = SPN_OK;
    SPN_TRY(write_header(context, output, columns + (words != NULL ? 1 : 0), names));
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            char text[34];
            int length = spn_format_real(values[r * columns + c], text);
            text[length] = c + 1 < columns || words != NULL ? ',' : '\n';
            SPN_TRY(spn_output_write(context, output, text, length + 1));
        }
        if (words != NULL) {
            SPN_TRY(write_name(context, output, words[r]));
            SPN_TRY(spn_output_write(context, output, "\n", 1));
        }
    }
done:
    return status;
}
