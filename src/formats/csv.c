/* SPDX-License-Identifier: MIT */
/* A table is read in two passes over the bytes: the first counts rows and compares their lengths, the
 * second converts the cells. What the first row is shows in the rows below it, so that it comes last. The numbers of a table that
 * stays in its file are looked at alike, and forgotten but for those of the first column. */
#include "formats/csv.h"
#include "formats/input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A table that is being read. */
typedef struct reader {
    spn_context *context;
    const char *source;
    spni_csv_text *text;
    struct spn_csv_file *file; /* NULL: all numbers are kept */
    spn_arena *arena;          /* for words, and the first row */
    spni_csv_cursor cursor;    /* line and separator of the first row, then of those behind it */
    int64_t start;             /* where that begins in the text */
    int64_t rows, columns;     /* all rows, the first one among them */
    double *values;            /* rows x kept */
    int64_t kept;              /* columns */
    double *row;               /* columns: of the row at hand */
    int64_t *lines;            /* rows */
    int64_t *starts, room;     /* rows + 1: their places in the text */
    spn_csv_column *facts;     /* columns */
    spni_csv_words *words;     /* columns */
    spni_csv_first_cell *first;
    int64_t comma_line; /* of the first decimal comma, or 0 */
} reader;

/* One row: how many cells. What is shown of the text may end before it does. */
static spn_status count_cells(reader *r, spni_csv_cursor *cursor, int64_t *cells, bool *is_cut)
{
    spn_status status = SPN_OK;
    spni_csv_cell cell;
    *cells = 0;
    do {
        const int64_t line = cursor->line;
        const spni_csv_fault fault = spni_csv_scan(cursor, &cell);
        *is_cut = spni_csv_text_is_cut(r->text, fault == SPNI_CSV_OPEN_QUOTE ? NULL : cursor);
        if (*is_cut) {
            break;
        }
        SPN_TRY(fault != SPNI_CSV_FINE ? spni_csv_fail(r->context, cursor, line, fault) : SPN_OK);
        (*cells)++;
    } while (cell.end == SPNI_CSV_NEXT_CELL);
done:
    return status;
}

/* The row at place *at, whose line is the cursor's, as a whole; *at is behind it then. */
static spn_status pass_row(reader *r, int64_t *at, spni_csv_cursor *cursor, int64_t *cells)
{
    spn_status status = SPN_OK;
    const int64_t line = cursor->line;
    bool is_cut = true;
    for (int64_t wanted = 1; is_cut;) {
        cursor->line = line;
        SPN_TRY(spni_csv_text_show(r->context, r->text, *at, wanted, cursor));
        wanted = 2 * (cursor->end - cursor->at); /* as many as the window holds, or more */
        SPN_TRY(count_cells(r, cursor, cells, &is_cut));
    }
    *at = spni_csv_text_place(r->text, cursor->at);
done:
    return status;
}

/* Is the line at *at blank? Then it is passed. */
static spn_status pass_blank_line(reader *r, int64_t *at, spni_csv_cursor *cursor, bool *is_blank)
{
    spn_status status = SPN_OK;
    const int64_t line = cursor->line;
    bool is_cut = true;
    for (int64_t wanted = 1; is_cut; wanted = 2 * (cursor->end - cursor->at)) {
        cursor->line = line;
        SPN_TRY(spni_csv_text_show(r->context, r->text, *at, wanted, cursor));
        spni_csv_cursor next = *cursor;
        *is_blank = spni_csv_skip_blank_line(&next);
        is_cut = spni_csv_text_is_cut(r->text, &next);
        if (!is_cut) {
            *cursor = next;
            *at = spni_csv_text_place(r->text, next.at);
        }
    }
done:
    return status;
}

/* Blank lines may only stand at the end. */
static spn_status skip_blank_end(reader *r, int64_t *at, spni_csv_cursor *cursor)
{
    spn_status status = SPN_OK;
    const long long line = cursor->line;
    bool is_blank = *at < r->text->size, was_blank = false;
    while (is_blank && *at < r->text->size) {
        SPN_TRY(pass_blank_line(r, at, cursor, &is_blank));
        was_blank = was_blank || is_blank;
    }
    if (was_blank && *at < r->text->size) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "%s: line %lld: a blank line between rows", r->source,
                 line);
    }
done:
    return status;
}

static spn_status note_start(reader *r, int64_t place)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_grow(r->context, &r->starts, sizeof *r->starts, r->rows, 2, &r->room));
    r->starts[r->rows] = place;
done:
    return status;
}

static spn_status measure(reader *r)
{
    spn_status status = SPN_OK;
    spni_csv_cursor cursor = r->cursor;
    for (int64_t at = r->start; at < r->text->size;) {
        int64_t cells = 0;
        long long line = cursor.line;
        SPN_TRY(spn_poll(r->context));
        SPN_TRY(note_start(r, at));
        SPN_TRY(pass_row(r, &at, &cursor, &cells));
        if (r->rows == 0) {
            r->columns = cells;
        } else if (cells != r->columns) {
            SPN_FAIL(r->context, SPN_ERROR_INPUT,
                     "%s: line %lld has %lld cells, the first row has %lld", r->source, line,
                     (long long)cells, (long long)r->columns);
        }
        r->rows++;
        r->starts[r->rows] = at;
        SPN_TRY(skip_blank_end(r, &at, &cursor));
    }
    if (r->rows == 0) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "%s: is empty", r->source);
    }
    if (r->columns > SPN_CSV_COLUMNS_MAX) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "%s: has %lld columns; at most %d are read, one row a sample", r->source,
                 (long long)r->columns, SPN_CSV_COLUMNS_MAX);
    }
done:
    return status;
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
    if (cell->length == 0) {
        snprintf(flaw->what, sizeof flaw->what, "the cell is empty");
    } else if (content == SPNI_CSV_MISSING) {
        snprintf(flaw->what, sizeof flaw->what, "\"%s\" is a missing value", quoted);
    } else if (content == SPNI_CSV_INFINITE) {
        const bool has_digits = memchr("+-.0123456789", cell->text[cell->length - 1], 13) != NULL;
        snprintf(flaw->what, sizeof flaw->what,
                 has_digits ? "\"%s\" is out of range: numbers end at 1.7976931348623157e308"
                            : "\"%s\" is not a finite number",
                 quoted);
    } else {
        const char *advice = spni_csv_disguise(cell);
        snprintf(flaw->what, sizeof flaw->what, "\"%s\" is not a number%s%s%s", quoted,
                 advice != NULL ? " (" : "", advice != NULL ? advice : "",
                 advice != NULL ? ")" : "");
    }
}

/* A cell that is not a number. */
static spn_status note_cell(reader *r, int64_t row, int64_t column, int64_t line,
                            const spni_csv_cell *cell, spni_csv_content content)
{
    spn_csv_column *facts = &r->facts[column];
    if (content == SPNI_CSV_MISSING) {
        facts->missing++;
        note_flaw(&facts->gap, line, cell, content);
        return r->file != NULL ? spni_csv_file_note(r->context, r->file, r->rows, row, column)
                               : SPN_OK;
    }
    note_flaw(&facts->flaw, line, cell, content);
    if (content == SPNI_CSV_INFINITE) {
        facts->infinite++;
        return SPN_OK;
    }
    facts->words++;
    facts->disguised += spni_csv_disguise(cell) != NULL;
    spni_csv_first_cell *first = &r->first[column];
    first->is_again =
        first->is_again || (row > 0 && first->cell.length == cell->length &&
                            memcmp(first->cell.text, cell->text, (size_t)cell->length) == 0);
    return spni_csv_words_add(r->context, r->arena, &r->words[column], r->rows, row, cell);
}

/* What is shown is the row and, mostly, more. */
static spn_status show_row(reader *r, int64_t row)
{
    return spni_csv_text_show(r->context, r->text, r->starts[row],
                              r->starts[row + 1] - r->starts[row], &r->cursor);
}

/* Its cells are needed to the end. */
static spn_status read_first(reader *r)
{
    spn_status status = SPN_OK;
    const int64_t size = r->starts[1] - r->starts[0];
    char *copy = NULL;
    SPN_TRY(show_row(r, 0));
    SPN_TAKE(r->context, r->arena, copy, size);
    memcpy(copy, r->cursor.at, (size_t)size);
    r->cursor.at = copy;
    r->cursor.end = copy + size;
    r->lines[0] = r->cursor.line;
    for (int64_t c = 0; c < r->columns; c++) {
        spni_csv_first_cell *first = &r->first[c];
        SPN_TRY(spni_csv_next(r->context, &r->cursor, &first->cell));
        first->content =
            spni_csv_read_cell(&first->cell, r->cursor.separator != ',', &first->value);
    }
done:
    return status;
}

static spn_status read_rest(reader *r)
{
    spn_status status = SPN_OK;
    spni_csv_cursor *cursor = &r->cursor;
    const bool may_have_comma = cursor->separator != ',';
    for (int64_t row = 1; row < r->rows; row++) {
        r->lines[row] = cursor->line;
        SPN_TRY(spn_poll(r->context));
        SPN_TRY(show_row(r, row));
        for (int64_t c = 0; c < r->columns; c++) {
            spni_csv_cell cell;
            double *value = &r->row[c];
            int64_t line = cursor->line;
            SPN_TRY(spni_csv_next(r->context, cursor, &cell));
            spni_csv_content content = spni_csv_read_cell(&cell, may_have_comma, value);
            if (content == SPNI_CSV_NUMBER) {
                r->facts[c].numbers++;
            } else if (content == SPNI_CSV_COMMA_NUMBER) {
                r->facts[c].numbers++;
                r->comma_line = r->comma_line == 0 ? line : r->comma_line;
            } else {
                *value = (double)NAN;
                SPN_TRY(note_cell(r, row, c, line, &cell, content));
            }
        }
        memcpy(r->values + row * r->kept, r->row, (size_t)r->kept * sizeof *r->row);
    }
done:
    return status;
}

/* The first row is a sample: its cells come before all others. */
static spn_status accept_first(reader *r)
{
    spn_status status = SPN_OK;
    for (int64_t c = 0; c < r->columns; c++) {
        const spni_csv_first_cell *first = &r->first[c];
        const bool is_comma = first->content == SPNI_CSV_COMMA_NUMBER;
        r->row[c] = first->value;
        if (first->content == SPNI_CSV_NUMBER || is_comma) {
            r->facts[c].numbers++;
            r->comma_line = is_comma ? r->lines[0] : r->comma_line;
            continue;
        }
        r->row[c] = (double)NAN;
        spn_csv_flaw *flaw =
            first->content == SPNI_CSV_MISSING ? &r->facts[c].gap : &r->facts[c].flaw;
        *flaw = (spn_csv_flaw){0};
        SPN_TRY(note_cell(r, 0, c, r->lines[0], &first->cell, first->content));
    }
    memcpy(r->values, r->row, (size_t)r->kept * sizeof *r->row);
done:
    return status;
}

/* "1.500" is one and a half, or fifteen hundred where commas are decimal: numbers of both kinds are refused. */
static spn_status refuse_points(reader *r, bool has_header)
{
    spn_status status = SPN_OK;
    r->cursor.line = r->lines[0];
    for (int64_t row = 0; row < r->rows; row++) {
        SPN_TRY(spn_poll(r->context));
        SPN_TRY(show_row(r, row));
        for (int64_t c = 0; c < r->columns; c++) {
            spni_csv_cell cell;
            double value = 0;
            int64_t line = r->cursor.line;
            SPN_TRY(spni_csv_next(r->context, &r->cursor, &cell));
            spn_csv_flaw *flaw = &r->facts[c].flaw;
            if ((row == 0 && has_header) || flaw->line != 0 ||
                spni_csv_read_cell(&cell, true, &value) != SPNI_CSV_NUMBER ||
                memchr(cell.text, '.', (size_t)cell.length) == NULL) {
                continue;
            }
            char quoted[30];
            spni_quote_text(cell.text, cell.length, quoted, sizeof quoted);
            flaw->line = line;
            snprintf(flaw->what, sizeof flaw->what,
                     "\"%s\" has a decimal point, but line %lld decimal commas", quoted,
                     (long long)r->comma_line);
        }
    }
done:
    return status;
}

/* A separator too many at the end of each line makes a column of nothing without a name. */
static int64_t count_kept(const reader *r, int64_t rows)
{
    int64_t kept = r->columns;
    while (kept > 1 && r->facts[kept - 1].missing == rows && r->first[kept - 1].cell.length == 0) {
        kept--;
    }
    return kept;
}

/* The samples move to the front, without the columns that are not kept. */
static void compact(reader *r, int64_t first_row, int64_t rows, int64_t kept)
{
    const int64_t width = kept < r->kept ? kept : r->kept;
    if (first_row == 0 && width == r->kept) {
        return;
    }
    for (int64_t row = 0; row < rows; row++) {
        memmove(r->values + row * width, r->values + (first_row + row) * r->kept,
                (size_t)width * sizeof *r->values);
        r->lines[row] = r->lines[first_row + row];
    }
}

static spn_status make_names(reader *r, int64_t count, spn_csv_table *table)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_NEW(r->context, names, r->columns);
    table->names = names;
    for (int64_t c = 0; c < count; c++) {
        names[c] = spni_csv_cell_text(r->context, &r->first[c].cell);
        if (names[c] == NULL) {
            return spn_error_status(r->context);
        }
    }
done:
    return status;
}

static spn_status finish(reader *r, bool is_header, spn_csv_table *table)
{
    spn_status status = SPN_OK;
    const int64_t first_row = is_header ? 1 : 0, rows = r->rows - first_row;
    if (rows < 1) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "%s: has a header but no rows", r->source);
    }
    for (int64_t c = 0; c < r->columns; c++) {
        SPN_TRY(spni_csv_words_finish(r->context, &r->words[c], first_row, rows, &r->facts[c]));
    }
    const int64_t kept = count_kept(r, rows);
    compact(r, first_row, rows, kept);
    SPN_TRY(is_header ? make_names(r, kept, table) : SPN_OK);
    table->rows = rows;
    table->columns = kept;
    table->has_decimal_commas = r->comma_line > 0;
    if (r->file != NULL) {
        spni_csv_file_finish(r->file, first_row, r->rows);
    }
done:
    return status;
}

/* The table owns what is kept; the reader lends it. */
static spn_status make_room(reader *r, spn_csv_table *table)
{
    spn_status status = SPN_OK;
    int64_t cells = 0;
    r->kept = r->file != NULL ? 1 : r->columns;
    if (!spn_size_multiply(r->rows, r->kept, &cells)) {
        SPN_FAIL(r->context, SPN_ERROR_MEMORY, "out of memory");
    }
    table->columns = r->columns;
    SPN_NEW(r->context, r->row, r->columns);
    if (r->file != NULL) {
        r->file->cells = r->columns;
        r->file->starts = r->starts;
        SPN_NEW(r->context, r->file->held, r->columns);
    }
    SPN_NEW(r->context, r->values, cells);
    if (r->file != NULL) {
        r->file->held[0] = r->values;
    } else {
        table->values = r->values;
    }
    SPN_NEW(r->context, r->lines, r->rows);
    table->lines = r->lines;
    SPN_NEW(r->context, r->facts, r->columns);
    table->facts = r->facts;
    SPN_NEW(r->context, r->words, r->columns);
    SPN_NEW(r->context, r->first, r->columns);
done:
    return status;
}

static void release_reader(reader *r)
{
    for (int64_t c = 0; r->words != NULL && c < r->columns; c++) {
        spni_csv_words_release(r->context, &r->words[c]);
    }
    spn_release(r->context, r->words);
    spn_release(r->context, r->first);
    spn_release(r->context, r->row);
    if (r->file == NULL || r->file->starts == NULL) { /* else they are the file's */
        spn_release(r->context, r->starts);
    }
    spn_arena_free(r->arena);
}

static void free_facts(spn_context *context, const spn_csv_column *facts)
{
    for (int64_t i = 0; facts->category_names != NULL && i < facts->categories; i++) {
        spn_release(context, (void *)(uintptr_t)facts->category_names[i]);
    }
    spn_release(context, (void *)(uintptr_t)facts->category_names);
    spn_release(context, (void *)(uintptr_t)facts->codes);
}

void spn_csv_free(spn_context *context, spn_csv_table *table)
{
    if (table == NULL) {
        return;
    }
    spni_csv_file_free(context, table->file, table->columns);
    for (int64_t c = 0; c < table->columns; c++) {
        if (table->names != NULL) {
            spn_release(context, (void *)(uintptr_t)table->names[c]);
        }
        if (table->facts != NULL) {
            free_facts(context, &table->facts[c]);
        }
    }
    spn_release(context, (void *)(uintptr_t)table->names);
    spn_release(context, (void *)(uintptr_t)table->values);
    spn_release(context, (void *)(uintptr_t)table->facts);
    spn_release(context, (void *)(uintptr_t)table->lines);
    spn_release(context, (void *)(uintptr_t)table->source);
    spn_release(context, table);
}

static spn_status read_table(reader *r, spn_csv_header header, spn_csv_table *table)
{
    spn_status status = SPN_OK;
    bool is_header = header == SPN_CSV_HEADER_YES;
    r->start = spni_csv_text_place(r->text, r->cursor.at);
    SPN_TRY(spn_arena_create(r->context, &r->arena));
    SPN_TRY(measure(r));
    const int64_t line = r->cursor.line;
    SPN_TRY(make_room(r, table));
    SPN_TRY(read_first(r));
    SPN_TRY(read_rest(r));
    if (header == SPN_CSV_HEADER_AUTO) {
        SPN_TRY(spni_csv_judge_header(r->context, r->source, line, r->rows - 1, r->columns,
                                      r->first, r->facts, r->values + r->kept, r->kept,
                                      &is_header));
    }
    SPN_TRY(is_header ? SPN_OK : accept_first(r));
    SPN_TRY(r->comma_line > 0 ? refuse_points(r, is_header) : SPN_OK);
    SPN_TRY(finish(r, is_header, table));
done:
    return status;
}

spn_status spni_csv_read_text(spn_context *context, spni_csv_text *text, spn_csv_layout layout,
                              spn_csv_table *table)
{
    spn_status status = SPN_OK;
    reader r = {.context = context, .source = text->source, .text = text, .file = table->file};
    table->separator = layout.separator;
    SPN_TRY(spni_csv_start(context, text, &r.cursor, &table->separator));
    if (table->file != NULL) {
        table->file->separator = r.cursor.separator;
    }
    SPN_TRY(read_table(&r, layout.header, table));
done:
    release_reader(&r);
    return status;
}

spn_status spn_csv_parse(spn_context *context, const char *source, const char *bytes, int64_t size,
                         spn_csv_layout layout, spn_csv_table **out)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    char *converted = NULL;
    *out = NULL;
    SPN_NEW(context, table, 1);
    SPN_TRY(spni_csv_decode(context, source, bytes, size, &converted, &size, &table->encoding));
    table->source = spn_duplicate(context, source);
    if (table->source == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    spni_csv_text text = spni_csv_text_of(source, converted != NULL ? converted : bytes, size);
    SPN_TRY(spni_csv_read_text(context, &text, layout, table));
    *out = table;
    table = NULL;
done:
    spn_csv_free(context, table);
    spn_release(context, converted);
    return status;
}

spn_status spn_csv_read(spn_context *context, const char *path, spn_csv_layout layout,
                        spn_csv_table **out)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_TRY(spni_file_read(context, path, &bytes, &size));
    SPN_TRY(spn_csv_parse(context, path, bytes, size, layout, out));
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
        const spn_csv_flaw *flaw = &table->facts[c].flaw, *gap = &table->facts[c].gap;
        if (flaw->line == 0 || (gap->line != 0 && gap->line < flaw->line)) {
            flaw = gap;
        }
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
