/* SPDX-License-Identifier: MIT */
#include "cli/grid.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* sqrt(n) of the ridge. */
static const char ridge_length[] = "|theta|";

const char *cli_number(double value, int digits, char buffer[CLI_CELL])
{
    if (isnan(value)) {
        snprintf(buffer, CLI_CELL, "-");
    } else {
        snprintf(buffer, CLI_CELL, "%.*g", digits, value == 0 ? 0 : value);
    }
    return buffer;
}

const char *cli_measured(double value, double error, char buffer[CLI_CELL])
{
    const int least = 3, most = 10;
    int digits = error > 0 ? least : most;
    if (error > 0 && fabs(value) > error) {
        /* the last digit is worth a tenth of the error or more */
        digits = 1 + (int)ceil(log10(fabs(value) / error));
        digits = digits < least ? least : digits > most ? most : digits;
    }
    return cli_number(value, digits, buffer);
}

double cli_beside(double value, double other)
{
    return fabs(value) < 1e-12 * fabs(other) ? 0 : value;
}

double cli_length(double norm, double beta, double loss)
{
    return beta > 0 && beta * norm * norm < 1e-18 * fabs(loss) ? 0 : norm;
}

void cli_put_norm(FILE *out, const char *text, const char *norm)
{
    const char *next = NULL;
    while (norm != NULL && (next = strstr(text, ridge_length)) != NULL) {
        fprintf(out, "%.*s%s", (int)(next - text), text, norm);
        text = next + strlen(ridge_length);
    }
    fputs(text, out);
}

/* NULL: the title before spans the column. */
static const char *title_of(const cli_grid *grid, int column)
{
    const char *title = grid->columns[column].title;
    bool is_length = title != NULL && strcmp(title, ridge_length) == 0;
    return is_length && grid->norm != NULL ? grid->norm : title;
}

cli_grid cli_grid_begin(spn_context *context, const cli_grid_column *columns, int width)
{
    return (cli_grid){.context = context, .columns = columns, .width = width, .status = SPN_OK};
}

static char *add_cell(cli_grid *grid)
{
    if (grid->status == SPN_OK && grid->count == grid->capacity) {
        int64_t capacity = 2 * grid->capacity + 64;
        char(*cells)[CLI_CELL] = spn_allocate(grid->context, capacity, sizeof *cells);
        if (cells == NULL) {
            grid->status = spn_error_status(grid->context);
        } else {
            if (grid->count > 0) {
                memcpy(cells, grid->cells, (size_t)grid->count * sizeof *cells);
            }
            spn_release(grid->context, grid->cells);
            grid->cells = cells;
            grid->capacity = capacity;
        }
    }
    return grid->status == SPN_OK ? grid->cells[grid->count++] : NULL;
}

void cli_grid_text(cli_grid *grid, const char *format, ...)
{
    char *cell = add_cell(grid);
    if (cell != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(cell, CLI_CELL, format, arguments);
        va_end(arguments);
    }
}

void cli_grid_number(cli_grid *grid, double value, int digits)
{
    char text[CLI_CELL];
    cli_grid_text(grid, "%s", cli_number(value, digits, text));
}

/* What stands before the point of a number. */
static int head_of(const char *text, cli_align align)
{
    return (int)(align == CLI_POINT ? strcspn(text, ".e") : strlen(text));
}

typedef struct widths {
    int head[CLI_GRID_COLUMNS], tail[CLI_GRID_COLUMNS]; /* before and from the point on */
    int extra[CLI_GRID_COLUMNS]; /* behind a column whose title is longer than what it spans */
} widths;

static int gap_of(const cli_grid *grid, int column)
{
    const char *gap = grid->columns[column].gap;
    return column == 0 ? 0 : gap != NULL ? (int)strlen(gap) : 2;
}

static void measure(const cli_grid *grid, widths *w)
{
    *w = (widths){0};
    for (int64_t i = 0; i < grid->count; i++) {
        int column = (int)(i % grid->width), length = (int)strlen(grid->cells[i]);
        int head = head_of(grid->cells[i], grid->columns[column].align);
        w->head[column] = head > w->head[column] ? head : w->head[column];
        w->tail[column] = length - head > w->tail[column] ? length - head : w->tail[column];
    }
    for (int first = 0, next = 0; first < grid->width; first = next) {
        int spanned = w->head[first] + w->tail[first];
        for (next = first + 1; next < grid->width && grid->columns[next].title == NULL; next++) {
            spanned += gap_of(grid, next) + w->head[next] + w->tail[next];
        }
        int missing = (int)strlen(title_of(grid, first)) - spanned;
        if (missing > 0 && next == first + 1 && grid->columns[first].align != CLI_LEFT) {
            w->head[first] += missing; /* numbers end where their title ends */
        } else if (missing > 0 && next < grid->width) {
            w->extra[next - 1] = missing;
        }
    }
}

static void print_titles(const cli_grid *grid, const widths *w, FILE *out)
{
    int owed = 0;
    for (int i = 0; i < grid->width; i++) {
        const char *title = title_of(grid, i);
        int length = title != NULL ? (int)strlen(title) : 0;
        int space = gap_of(grid, i) + w->head[i] + w->tail[i] + w->extra[i];
        if (length > 0) { /* no line ends with spaces */
            fprintf(out, "%*s%s", owed + gap_of(grid, i), "", title);
            owed = space - gap_of(grid, i) - length;
        } else {
            owed += space;
        }
    }
    fprintf(out, "\n");
}

static void print_row(const cli_grid *grid, const widths *w, int64_t row, FILE *out)
{
    int owed = 0; /* spaces are held back, so that no line ends with them */
    for (int i = 0; i < grid->width; i++) {
        const cli_grid_column *column = &grid->columns[i];
        const char *cell = grid->cells[row * grid->width + i];
        int length = (int)strlen(cell), head = head_of(cell, column->align);
        int before = column->align == CLI_LEFT ? 0 : w->head[i] - head;
        int behind = w->head[i] + w->tail[i] - before - length + w->extra[i];
        const char *gap = i == 0 ? "" : column->gap != NULL ? column->gap : "  ";
        if (length == 0) {
            owed += gap_of(grid, i) + behind;
            continue;
        }
        fprintf(out, "%*s%s%*s%s", owed, "", gap, before, "", cell);
        owed = behind;
    }
    fprintf(out, "\n");
}

spn_status cli_grid_end(cli_grid *grid, const char *indent, FILE *out)
{
    widths w;
    if (grid->status == SPN_OK && grid->count > 0) {
        measure(grid, &w);
        fprintf(out, "%s", indent);
        print_titles(grid, &w, out);
        for (int64_t row = 0; row < grid->count / grid->width; row++) {
            fprintf(out, "%s", indent);
            print_row(grid, &w, row, out);
        }
    }
    spn_release(grid->context, grid->cells);
    grid->cells = NULL;
    return grid->status;
}
