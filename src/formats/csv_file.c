/* SPDX-License-Identifier: MIT */
/* Tables whose numbers stay in their file. Where each row begins is known, so that those rows are read whose samples are asked for. */
#include "formats/csv.h"
#include "formats/samples_file.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* ---- The file ---------------------------------------------------------------------------------- */

void spni_csv_file_free(spn_context *context, struct spn_csv_file *file, int64_t columns)
{
    if (file == NULL) {
        return;
    }
    for (int64_t c = 0; file->held != NULL && c < columns; c++) {
        spn_release(context, file->held[c]);
    }
    spn_release(context, file->held);
    spn_release(context, file->starts);
    spn_release(context, file->gaps);
    spni_csv_text_close(context, &file->text);
    spn_release(context, file);
}

/* Bytes with the bits of a row. */
static int64_t gap_size(const struct spn_csv_file *file)
{
    return (file->cells + 7) / 8;
}

spn_status spni_csv_file_note(spn_context *context, struct spn_csv_file *file, int64_t rows,
                              int64_t row, int64_t column)
{
    spn_status status = SPN_OK;
    if (file->gaps == NULL) {
        SPN_NEW(context, file->gaps, rows * gap_size(file));
    }
    file->gaps[row * gap_size(file) + column / 8] |= (unsigned char)(1 << column % 8);
done:
    return status;
}

void spni_csv_file_finish(struct spn_csv_file *file, int64_t first_row, int64_t rows)
{
    const int64_t size = gap_size(file);
    memmove(file->starts, file->starts + first_row,
            (size_t)(rows - first_row + 1) * sizeof *file->starts);
    if (file->gaps != NULL) {
        memmove(file->gaps, file->gaps + first_row * size, (size_t)((rows - first_row) * size));
    }
}

/* Can it be read again and again as it is? */
static spn_status stays(spn_context *context, spni_csv_text *text, bool *yes)
{
    spn_status status = SPN_OK;
    spni_csv_cursor cursor = {0};
    *yes = text->size > 0;
    if (*yes) {
        SPN_TRY(spni_csv_text_show(context, text, 0, 4, &cursor));
        *yes = !spni_csv_is_marked(cursor.at, cursor.end - cursor.at);
    }
done:
    return status;
}

static spn_status open_file(spn_context *context, const char *path, spn_csv_layout layout,
                            spn_csv_table *table, bool *yes)
{
    spn_status status = SPN_OK;
    table->source = spn_duplicate(context, path);
    SPN_TRY(table->source == NULL ? spn_error_status(context) : SPN_OK);
    table->encoding = "UTF-8";
    SPN_NEW(context, table->file, 1);
    spni_csv_text *text = &table->file->text;
    SPN_TRY(spni_csv_text_open(context, table->source, text));
    SPN_TRY(stays(context, text, yes));
    if (*yes) {
        SPN_TRY(spni_csv_refuse_nul(context, text, &table->file->key));
        SPN_TRY(spni_csv_read_text(context, text, layout, table));
    }
done:
    return status;
}

spn_status spn_csv_open(spn_context *context, const char *path, spn_csv_layout layout,
                        spn_csv_table **out)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    struct stat facts;
    bool yes = stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
    *out = NULL;
    if (yes) {
        SPN_NEW(context, table, 1);
        SPN_TRY(open_file(context, path, layout, table, &yes));
    }
    if (yes) {
        *out = table;
        table = NULL;
    } else {
        SPN_TRY(spn_csv_read(context, path, layout, out));
    }
done:
    spn_csv_free(context, table);
    return status;
}

/* ---- Its numbers ------------------------------------------------------------------------------- */

spn_status spni_csv_read_row(spn_context *context, const spn_csv_table *table, int64_t row,
                             const int64_t *slots, double *to)
{
    spn_status status = SPN_OK;
    struct spn_csv_file *file = table->file;
    const int64_t size = file->starts[row + 1] - file->starts[row];
    spni_csv_cursor cursor = {
        .source = table->source, .line = table->lines[row], .separator = file->separator};
    spni_csv_cell cell = {.end = SPNI_CSV_NEXT_CELL};
    SPN_TRY(spni_csv_text_show(context, &file->text, file->starts[row], size, &cursor));
    const char *end = cursor.at + size;
    for (int64_t c = 0; c < file->cells && cell.end == SPNI_CSV_NEXT_CELL; c++) {
        double value = 0;
        SPN_TRY(spni_csv_next(context, &cursor, &cell));
        if (c >= table->columns || slots[c] < 0) {
            continue;
        }
        const spni_csv_content content = spni_csv_read_cell(&cell, file->separator != ',', &value);
        const bool is_number = content == SPNI_CSV_NUMBER || content == SPNI_CSV_COMMA_NUMBER;
        to[slots[c]] = is_number ? value : (double)NAN;
    }
    SPN_TRY(cell.end == SPNI_CSV_END_OF_ROW && cursor.at == end
                ? SPN_OK
                : spni_file_fail_changed(context, table->source));
done:
    return status;
}

static spn_status no_slots(spn_context *context, const spn_csv_table *table, int64_t **slots)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, *slots, table->columns);
    for (int64_t c = 0; c < table->columns; c++) {
        (*slots)[c] = -1;
    }
done:
    return status;
}

spn_status spni_csv_hold(spn_context *context, const spn_csv_table *table, int64_t count,
                         const int64_t *columns)
{
    spn_status status = SPN_OK;
    int64_t *slots = NULL, wanted = 0;
    double *row = NULL;
    if (table->file == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, row, count);
    SPN_TRY(no_slots(context, table, &slots));
    for (int64_t i = 0; i < count; i++) {
        double **held = &table->file->held[columns[i]];
        if (*held == NULL) {
            SPN_NEW(context, *held, table->rows);
            slots[columns[i]] = i;
            wanted++;
        }
    }
    SPN_TRY(spni_csv_text_check(context, &table->file->text));
    for (int64_t r = 0; wanted > 0 && r < table->rows; r++) {
        SPN_TRY(spni_csv_read_row(context, table, r, slots, row));
        for (int64_t i = 0; i < count; i++) {
            if (slots[columns[i]] == i) {
                table->file->held[columns[i]][r] = row[i];
            }
        }
    }
done:
    spn_release(context, row);
    spn_release(context, slots);
    return status;
}

double *spni_csv_number(const spn_csv_table *table, int64_t row, int64_t column)
{
    return table->file != NULL ? &table->file->held[column][row]
                               : (double *)(uintptr_t)&table->values[row * table->columns + column];
}

bool spni_csv_is_missing(const spn_csv_table *table, int64_t row, int64_t column)
{
    const spn_csv_column *facts = &table->facts[column];
    const struct spn_csv_file *file = table->file;
    if (facts->missing == 0) {
        return false;
    }
    if (file != NULL) {
        return (file->gaps[row * gap_size(file) + column / 8] >> column % 8 & 1) != 0;
    }
    return isnan(table->values[row * table->columns + column]) &&
           (facts->codes == NULL || facts->codes[row] < 0);
}

/* ---- Its samples ------------------------------------------------------------------------------- */

typedef struct table_rows {
    const spn_csv_table *table;
    spni_csv_origin *origins; /* of the inputs */
    int64_t *rows;            /* of the samples */
    int64_t *slots;           /* of the columns of the table */
} table_rows;

static void free_rows(spn_context *context, void *state)
{
    table_rows *from = state;
    spn_release(context, from->origins);
    spn_release(context, from->rows);
    spn_release(context, from->slots);
    spn_release(context, from);
}

/* Words as they are known; a number that is not there must have been missing before. */
static spn_status finish_row(spn_context *context, const table_rows *from,
                             const spn_sample_part *part, int64_t row, double *to)
{
    const spn_csv_table *table = from->table;
    for (int64_t i = 0; i < part->columns; i++) {
        const spni_csv_origin *origin = &from->origins[part->column + i];
        if (origin->category >= 0) {
            to[i] = table->facts[origin->column].codes[row] == origin->category ? 1 : 0;
        } else if (isnan(to[i]) != spni_csv_is_missing(table, row, origin->column)) {
            return spni_file_fail_changed(context, table->source);
        }
    }
    return SPN_OK;
}

static spn_status read_rows(spn_context *context, void *state, const spn_sample_part *part,
                            double *to)
{
    spn_status status = SPN_OK;
    const table_rows *from = state;
    SPN_TRY(spni_csv_text_check(context, &from->table->file->text));
    for (int64_t c = 0; c < from->table->columns; c++) {
        from->slots[c] = -1;
    }
    for (int64_t i = 0; i < part->columns; i++) {
        const spni_csv_origin *origin = &from->origins[part->column + i];
        from->slots[origin->column] = origin->category < 0 ? i : -1;
    }
    for (int64_t n = 0; n < part->count; n++) {
        const int64_t row = from->rows[part->picked[n]];
        SPN_TRY(spni_csv_read_row(context, from->table, row, from->slots, to + n * part->columns));
        SPN_TRY(finish_row(context, from, part, row, to + n * part->columns));
    }
done:
    return status;
}

spn_status spni_samples_of_table(spn_context *context, const spn_csv_table *table, int64_t inputs,
                                 const spni_csv_origin *origins, int64_t kept,
                                 const bool *is_dropped, spn_sample_file **out)
{
    spn_status status = SPN_OK;
    table_rows *from = NULL;
    int64_t count = 0;
    SPN_NEW(context, from, 1);
    from->table = table;
    SPN_NEW(context, from->origins, inputs);
    SPN_NEW(context, from->rows, kept);
    SPN_TRY(no_slots(context, table, &from->slots));
    memcpy(from->origins, origins, (size_t)inputs * sizeof *origins);
    for (int64_t r = 0; r < table->rows; r++) {
        if (!is_dropped[r]) {
            from->rows[count++] = r;
        }
    }
    const spn_sample_file file = {
        .state = from, .read = read_rows, .free = free_rows, .key = table->file->key};
    from = NULL;
    SPN_TRY(spni_sample_file_create(context, &file, out));
done:
    if (from != NULL) {
        free_rows(context, from);
    }
    return status;
}
