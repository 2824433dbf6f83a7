/* SPDX-License-Identifier: MIT */
/* Views: cells are made first, all of them, since a column is as wide as its longest cell. */
#include "text/norm.h"

#include <spinodal/text.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 6 };

typedef enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_POINT } align;

/* The cells of a view. */
typedef struct sheet {
    const spn_view *view;
    int64_t rows;
    int64_t *order; /* rows of the table, as they are shown */
    char (*cells)[SPN_CELL_SIZE];
    align alignment[SPN_VIEW_COLUMNS_MAX];
} sheet;

/* ---- Cells ------------------------------------------------------------------------------------- */

static double real_at(const spn_table *table, int64_t row, const char *name)
{
    const int64_t column = name != NULL ? spn_table_find(table, name) : -1;
    return column >= 0 ? spn_table_real(table, row, column) : (double)NAN;
}

static void show_value(const spn_table *table, int64_t row, const spn_view_column *shown,
                       char cell[SPN_CELL_SIZE])
{
    const int64_t column = spn_table_find(table, shown->column);
    const int digits = shown->digits > 0 ? shown->digits : DIGITS;
    const bool has_instead = shown->form == SPN_CELL_INSTEAD;
    if (table->columns->items[column].type == SPN_COLUMN_REAL) {
        const double value = spn_table_real(table, row, column);
        if (has_instead && !isfinite(value)) {
            snprintf(cell, SPN_CELL_SIZE, "%s", shown->a);
        } else {
            spn_show_number(value, digits, cell);
        }
    } else {
        const char *word = spn_table_word(table, row, column);
        const int64_t number = spn_table_integer(table, row, column);
        if (has_instead && number < 0) {
            word = shown->a;
        }
        if (word != NULL) {
            snprintf(cell, SPN_CELL_SIZE, "%s", word);
        } else {
            snprintf(cell, SPN_CELL_SIZE, "%lld", (long long)number);
        }
    }
}

static void show_name(const spn_view *view, int64_t row, const spn_view_column *shown,
                      char cell[SPN_CELL_SIZE])
{
    const int64_t column = shown->column != NULL ? spn_table_find(view->table, shown->column) : -1;
    const int64_t index = shown->column == NULL ? row
                          : column >= 0         ? spn_table_integer(view->table, row, column)
                                                : -1;
    const bool is_known = index >= 0 && index < view->name_count;
    snprintf(cell, SPN_CELL_SIZE, "%s", is_known ? view->names[index] : shown->a);
}

static void show_word(double value, const spn_view_column *shown, char cell[SPN_CELL_SIZE])
{
    const char *word = shown->a;
    for (int64_t i = 0; shown->words[i] != NULL; i++) {
        word = value == (double)i ? shown->words[i] : word;
    }
    snprintf(cell, SPN_CELL_SIZE, "%s", word);
}

static spn_row row_of(const spn_view *view, int64_t row)
{
    const char *records = view->table->records;
    return (spn_row){records + (size_t)row * view->table->columns->record_size, row, view->state};
}

static void show(const spn_view *view, int64_t row, const spn_view_column *shown,
                 char cell[SPN_CELL_SIZE])
{
    const spn_table *table = view->table;
    const int digits = shown->digits > 0 ? shown->digits : DIGITS;
    if (shown->write != NULL) {
        const spn_row its = row_of(view, row);
        cell[0] = '\0';
        shown->write(&its, cell);
        return;
    }
    const double value = real_at(table, row, shown->column);
    const double a = real_at(table, row, shown->a), b = real_at(table, row, shown->b);
    const double error = fmax(fabs(value - a), fabs(b - value));
    switch (shown->form) {
    case SPN_CELL_VALUE:
    case SPN_CELL_INSTEAD:
        show_value(table, row, shown, cell);
        break;
    case SPN_CELL_NAME:
        show_name(view, row, shown, cell);
        break;
    case SPN_CELL_WORD:
        show_word(value, shown, cell);
        break;
    case SPN_CELL_BESIDE:
        spn_show_number(spn_beside(value, a), digits, cell);
        break;
    case SPN_CELL_LENGTH:
        spn_show_number(spn_shown_length(value, a, b), digits, cell);
        break;
    case SPN_CELL_MEASURED:
        spn_show_measured(value, error, cell);
        break;
    case SPN_CELL_ERROR:
        spn_show_error(value, a, b, digits, cell);
        break;
    }
}

static align alignment_of(const spn_table *table, const spn_view_column *shown)
{
    const int64_t column = shown->column != NULL ? spn_table_find(table, shown->column) : -1;
    const bool is_text = shown->form == SPN_CELL_NAME || shown->form == SPN_CELL_WORD;
    if (shown->write != NULL || is_text || column < 0) {
        return shown->is_number ? ALIGN_POINT : ALIGN_LEFT;
    }
    const spn_column *kind = &table->columns->items[column];
    return kind->type == SPN_COLUMN_REAL ? ALIGN_POINT
           : kind->words != NULL         ? ALIGN_LEFT
                                         : ALIGN_RIGHT;
}

/* Rows that are shown, sorted by insertion: there are few. */
static void choose_rows(const spn_view *view, sheet *s)
{
    const spn_table *table = view->table;
    for (int64_t row = 0; row < table->rows; row++) {
        const spn_row its = row_of(view, row);
        const double value = real_at(table, row, view->order);
        if ((view->filter != NULL && !view->filter(&its)) ||
            (view->order != NULL && isnan(value))) {
            continue;
        }
        int64_t at = s->rows++;
        for (;
             view->order != NULL && at > 0 && real_at(table, s->order[at - 1], view->order) > value;
             at--) {
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = row;
    }
}

/* A view is made for its table: a name that is not there is a fault of the program. */
static spn_status check_columns(spn_context *context, const spn_view *view)
{
    for (int64_t c = 0; c < view->column_count; c++) {
        const spn_view_column *shown = &view->columns[c];
        const bool has_others = shown->form != SPN_CELL_VALUE && shown->form != SPN_CELL_INSTEAD &&
                                shown->form != SPN_CELL_NAME && shown->form != SPN_CELL_WORD;
        const char *const names[] = {shown->column, has_others ? shown->a : NULL, shown->b};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (names[i] != NULL && spn_table_find(view->table, names[i]) < 0) {
                return spn_fail(context, SPN_ERROR_ARGUMENT, "a view of table %s: no column '%s'",
                                view->table->name, names[i]);
            }
        }
    }
    return SPN_OK;
}

/* Where neither of two joined numbers exists, one "-" says it. */
static void join_nothing(const spn_view_column *shown, char (*cells)[SPN_CELL_SIZE], int64_t i)
{
    const bool is_nothing = strcmp(cells[i], "-") == 0;
    if (shown->title == NULL && is_nothing && strcmp(cells[i - 1], "-") == 0) {
        cells[i][0] = '\0';
    }
}

static spn_status fill(spn_context *context, const spn_view *view, sheet *s)
{
    spn_status status = SPN_OK;
    const int64_t count = view->column_count;
    *s = (sheet){.view = view};
    if (count > SPN_VIEW_COLUMNS_MAX) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "a view of %lld columns", (long long)count);
    }
    SPN_TRY(check_columns(context, view));
    SPN_NEW(context, s->order, view->table->rows);
    choose_rows(view, s);
    SPN_NEW(context, s->cells, s->rows * count);
    for (int64_t c = 0; c < count; c++) {
        s->alignment[c] = alignment_of(view->table, &view->columns[c]);
    }
    for (int64_t i = 0; i < s->rows * count; i++) {
        show(view, s->order[i / count], &view->columns[i % count], s->cells[i]);
        join_nothing(&view->columns[i % count], s->cells, i);
    }
done:
    return status;
}

/* Returns false where it cannot be made; then the text knows why, and nothing is to be freed. */
static bool sheet_begin(spn_text *text, const spn_view *view, sheet *s)
{
    *s = (sheet){.view = view};
    if (text->status == SPN_OK) {
        text->status = fill(text->context, view, s);
    }
    if (text->status != SPN_OK) {
        spn_release(text->context, s->order);
    }
    return text->status == SPN_OK;
}

static int64_t sheet_end(spn_text *text, sheet *s)
{
    spn_release(text->context, s->cells);
    spn_release(text->context, s->order);
    return s->rows;
}

/* ---- Terminal ---------------------------------------------------------------------------------- */

/* Characters that the terminal shows of UTF-8. */
static int width_of(const char *text, size_t bytes)
{
    int width = 0;
    for (size_t i = 0; i < bytes; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

static int width_of_all(const char *text)
{
    return width_of(text, strlen(text));
}

/* What stands before the point of a number. */
static int head_of(const char *cell, align alignment)
{
    return width_of(cell, alignment == ALIGN_POINT ? strcspn(cell, ".e") : strlen(cell));
}

typedef struct widths {
    int head[SPN_VIEW_COLUMNS_MAX], tail[SPN_VIEW_COLUMNS_MAX]; /* before and from the point on */
    int extra[SPN_VIEW_COLUMNS_MAX]; /* behind a column whose title is longer than what it spans */
} widths;

static const char *gap_of(const spn_view *view, int64_t column)
{
    const spn_view_column *shown = &view->columns[column];
    return column == 0 ? "" : shown->gap != NULL ? shown->gap : shown->title != NULL ? "  " : " ";
}

/* NULL: the title before spans the column, too. */
static const char *title_of(const spn_text *text, const spn_view *view, int64_t column)
{
    const char *title = view->columns[column].title;
    const bool is_norm = title != NULL && strcmp(title, SPNI_RIDGE_NORM) == 0;
    return is_norm && text->norm != NULL ? text->norm : title;
}

static void measure(const spn_text *text, const sheet *s, widths *w)
{
    const spn_view *view = s->view;
    const int64_t count = view->column_count;
    *w = (widths){0};
    for (int64_t i = 0; i < s->rows * count; i++) {
        const int64_t c = i % count;
        const int head = head_of(s->cells[i], s->alignment[c]);
        const int tail = width_of_all(s->cells[i]) - head;
        w->head[c] = head > w->head[c] ? head : w->head[c];
        w->tail[c] = tail > w->tail[c] ? tail : w->tail[c];
    }
    for (int64_t first = 0, next = 0; first < count; first = next) {
        int spanned = w->head[first] + w->tail[first];
        for (next = first + 1; next < count && view->columns[next].title == NULL; next++) {
            spanned += width_of_all(gap_of(view, next)) + w->head[next] + w->tail[next];
        }
        const int missing = width_of_all(title_of(text, view, first)) - spanned;
        if (missing > 0 && next == first + 1 && s->alignment[first] != ALIGN_LEFT) {
            w->head[first] += missing; /* numbers end where their title ends */
        } else if (missing > 0 && next < count) {
            w->extra[next - 1] = missing;
        }
    }
}

/* Spaces are held back, so that no line ends with them. */
static void put_titles(spn_text *text, const sheet *s, const widths *w)
{
    int owed = 0;
    for (int64_t c = 0; c < s->view->column_count; c++) {
        const char *title = title_of(text, s->view, c);
        const int gap = width_of_all(gap_of(s->view, c));
        const int space = gap + w->head[c] + w->tail[c] + w->extra[c];
        if (title != NULL && title[0] != '\0') {
            spn_text_put(text, "%*s%s", owed + gap, "", title);
            owed = space - gap - width_of_all(title);
        } else {
            owed += space;
        }
    }
    spn_text_add(text, "\n");
}

static void put_row(spn_text *text, const sheet *s, const widths *w, int64_t row)
{
    int owed = 0;
    for (int64_t c = 0; c < s->view->column_count; c++) {
        const char *cell = s->cells[row * s->view->column_count + c], *gap = gap_of(s->view, c);
        const int length = width_of_all(cell), head = head_of(cell, s->alignment[c]);
        const int before = s->alignment[c] == ALIGN_LEFT ? 0 : w->head[c] - head;
        const int behind = w->head[c] + w->tail[c] - before - length + w->extra[c];
        if (length == 0) {
            owed += width_of_all(gap) + behind;
            continue;
        }
        spn_text_put(text, "%*s%s%*s%s", owed, "", gap, before, "", cell);
        owed = behind;
    }
    spn_text_add(text, "\n");
}

int64_t spn_view_terminal(spn_text *text, const spn_view *view, const char *indent)
{
    sheet s;
    widths w;
    if (!sheet_begin(text, view, &s)) {
        return 0;
    }
    if (s.rows > 0) {
        measure(text, &s, &w);
        spn_text_add(text, view->heading);
        spn_text_add(text, indent);
        put_titles(text, &s, &w);
    }
    for (int64_t row = 0; row < s.rows; row++) {
        spn_text_add(text, indent);
        put_row(text, &s, &w, row);
    }
    return sheet_end(text, &s);
}

/* ---- Markdown ---------------------------------------------------------------------------------- */

static void put_gap(spn_text *text, const char *gap)
{
    static const char *const signs[][2] = {{" -> ", " → "}, {" .. ", " … "}, {" +- ", " ± "}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        gap = strcmp(gap, signs[i][0]) == 0 ? signs[i][1] : gap;
    }
    spn_text_add(text, gap);
}

/* A title as it is printed: Greek letters are spelled on a terminal only. */
static void put_symbols(spn_text *text, const char *title)
{
    static const char *const letters[][2] = {{"beta", "β"}, {"theta", "θ"}, {"lambda", "λ"}};
    enum { LETTERS = sizeof letters / sizeof *letters };
    while (*title != '\0') {
        int k = 0;
        while (k < LETTERS && strncmp(title, letters[k][0], strlen(letters[k][0])) != 0) {
            k++;
        }
        const char piece[2] = {*title, '\0'};
        spn_text_cell(text, k < LETTERS ? letters[k][1] : piece);
        title += k < LETTERS ? strlen(letters[k][0]) : 1;
    }
}

static void put_markdown_row(spn_text *text, const sheet *s, int64_t row)
{
    const int64_t count = s->view->column_count;
    for (int64_t c = 0; c < count; c++) {
        const bool is_spanned = s->view->columns[c].title == NULL;
        if (is_spanned && s->cells[row * count + c][0] == '\0') {
            continue;
        }
        if (is_spanned) {
            put_gap(text, gap_of(s->view, c));
        } else {
            spn_text_add(text, c > 0 ? " | " : "| ");
        }
        spn_text_cell(text, s->cells[row * count + c]);
    }
    spn_text_add(text, " |\n");
}

int64_t spn_view_markdown(spn_text *text, const spn_view *view)
{
    sheet s;
    if (!sheet_begin(text, view, &s)) {
        return 0;
    }
    spn_text_add(text, s.rows > 0 ? view->heading : NULL);
    spn_text_add(text, "\n|");
    for (int64_t c = 0; c < view->column_count; c++) {
        if (view->columns[c].title != NULL) {
            spn_text_add(text, " ");
            put_symbols(text, title_of(text, view, c));
            spn_text_add(text, " |");
        }
    }
    spn_text_add(text, "\n|");
    for (int64_t c = 0; c < view->column_count; c++) {
        spn_text_add(text, view->columns[c].title != NULL ? "---|" : "");
    }
    spn_text_add(text, "\n");
    for (int64_t row = 0; row < s.rows; row++) {
        put_markdown_row(text, &s, row);
    }
    return sheet_end(text, &s);
}
