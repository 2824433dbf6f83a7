/* SPDX-License-Identifier: MIT */
/** @file text.h  Room `text`: how numbers and tables are shown to people, on a terminal and in Markdown.
 *
 *  Everything that the program says about results goes through here: one text with a sticky status, one rule
 *  for how a number is rounded and for what is zero, and *views*, which name the columns of a table to be shown
 *  once and render them as aligned text or as Markdown. CSV and JSON, which are exact, are in store.h. */
#ifndef SPINODAL_TEXT_H
#define SPINODAL_TEXT_H

#include <spinodal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A text under construction ----------------------------------------------------------------- */

/** A growing text. Start with {.context = context}. The first failure sticks, nothing is written after it, and
 *  spn_text_end() tells it: what is written in between needs no checks. */
typedef struct spn_text {
    spn_context *context;
    spn_text_buffer buffer; /**< buffer.text: NUL-terminated, NULL while nothing was written */
    spn_status status;
    const char *
        norm; /**< what is appended in the place of "|theta|", and of such a title; NULL: that itself */
} spn_text;

/** How sqrt(n) is written in what is said of these results: the symbol of their regulariser (objective.regularise), NULL
 *  for |theta|. */
const char *spn_text_norm(const spn_results *results);

/** Append a text as it is; NULL appends nothing. */
void spn_text_add(spn_text *text, const char *piece);
/** Append formatted text of any length. */
void spn_text_put(spn_text *text, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
/** Append one character. */
void spn_text_character(spn_text *text, char character);
/** A cell of a Markdown table: a bar is escaped, a line break becomes a space; NULL: "-". Without the bars
 *  around it. */
void spn_text_cell(spn_text *text, const char *word);
/** A word for the shell, in quotes where it needs them. */
void spn_text_shell_word(spn_text *text, const char *word);
/** "NAME before -> after", of four digits; one that is nothing beside the other is the rounding of zero. */
void spn_text_change(spn_text *text, const char *name, double before, double after);
/** All attributes of results, a line each, the experiment last: what a caption ends with. */
void spn_text_parameters(spn_text *text, const spn_results *results);
/** Tell the text by events of its context, a line each: messages, or warnings. */
void spn_text_tell(const spn_text *text, bool is_warning);
/** Free the text. Returns the first failure. */
spn_status spn_text_end(spn_text *text);
/** "" for 1, "s" otherwise: of nouns. */
const char *spn_plural(int64_t count);

/* ---- Numbers ----------------------------------------------------------------------------------- */

enum { SPN_CELL_SIZE = 128 };

/** `value` with at most `digits` significant digits, in the shortest way: trailing zeros left out, an exponent
 *  only below 1e-4 and where the digits do not reach the point; -0 is 0. "-" where it does not exist (NaN).
 *  Returns buffer. */
const char *spn_show_number(double value, int digits, char buffer[SPN_CELL_SIZE]);
/** The middle of an interval of half width `error`: as many digits as that leaves meaning to, 3 to 10. */
const char *spn_show_measured(double value, double error, char buffer[SPN_CELL_SIZE]);
/** How far what spn_show_measured() shows of the value is from the ends of its interval: `digits` digits, rounded up, so that
 *  the two as they are read cover the interval. */
const char *spn_show_error(double value, double low, double high, int digits,
                           char buffer[SPN_CELL_SIZE]);
/** 0 where `value` is rounding beside `other`, below 1e-12 of it; otherwise `value`. No absolute size counts:
 *  the same numbers in other units are shown alike. */
double spn_beside(double value, double other);
/** |theta|, 0 where the ridge beta |theta|^2 is below 1e-18 of L: rounding of a network that has vanished. */
double spn_shown_length(double norm, double beta, double loss);

/* ---- Views: chosen columns of a table ---------------------------------------------------------- */

/** What stands in a cell. */
typedef enum spn_cell_form {
    SPN_CELL_VALUE, /**< a word, an integer, or a number of so many digits; "-" where it does not exist */
    SPN_CELL_BESIDE, /**< a number, by spn_beside() with the column `a` */
    SPN_CELL_LENGTH, /**< |theta|, by spn_shown_length() with beta in column `a` and L in `b` */
    SPN_CELL_MEASURED, /**< a number known to lie between the columns `a` and `b`, by spn_show_measured() */
    SPN_CELL_ERROR, /**< how far from `column` the farther of `a` and `b` lies */
    SPN_CELL_INSTEAD, /**< as SPN_CELL_VALUE, but the word `a` where a number does not exist or is infinite, and
                            where an integer is negative */
    SPN_CELL_NAME, /**< of the view's names the one that the integer means, `a` where there is none; without a
                            column that of the row */
    SPN_CELL_WORD, /**< of the column's words the one that the number means, `a` where there is none */
} spn_cell_form;

/** The row that a writer or a filter is asked about. */
typedef struct spn_row {
    const void *record;
    int64_t index;     /**< in its table */
    const void *state; /**< of the view */
} spn_row;

/** Writes a cell of a row. */
typedef void spn_cell_writer(const spn_row *row, char cell[SPN_CELL_SIZE]);

/** One column of a view. Words are aligned to the left, integers to the right, other numbers at their points. */
typedef struct spn_view_column {
    const char *title;  /**< NULL: the title before spans this column too */
    const char *column; /**< of the table; NULL: `write` fills the cell */
    int digits;         /**< significant digits of numbers; 0: 6 */
    spn_cell_form form;
    const char *a, *b; /**< further columns, as the form says */
    const char *gap; /**< before it, where title is NULL: " -> ", " .. ", " +- ", "/"; NULL: " " */
    spn_cell_writer *write;   /**< in place of a column */
    bool is_number;           /**< of `write`: aligned at its point */
    const char *const *words; /**< of SPN_CELL_WORD, from 0; NULL-terminated */
} spn_view_column;

/** Columns in one line each: titled and joined to the one before, as they stand and by forms. */
#define SPN_SHOW(its_title, its_column, its_digits)                                                \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .digits = (its_digits)                       \
    }
#define SPN_JOIN(its_gap, its_column, its_digits)                                                  \
    {                                                                                              \
        .gap = (its_gap), .column = (its_column), .digits = (its_digits)                           \
    }
#define SPN_SHOW_BY(its_title, its_writer)                                                         \
    {                                                                                              \
        .title = (its_title), .write = (its_writer)                                                \
    }
/** Numbers that a function writes. */
#define SPN_SHOW_NUMBER_BY(its_title, its_writer)                                                  \
    {                                                                                              \
        .title = (its_title), .write = (its_writer), .is_number = true                             \
    }
#define SPN_JOIN_NUMBER_BY(its_gap, its_writer)                                                    \
    {                                                                                              \
        .gap = (its_gap), .write = (its_writer), .is_number = true                                 \
    }
/** |theta| at the beta and L of two columns. */
#define SPN_SHOW_LENGTH(its_title, its_column, its_digits, beta, loss)                             \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .digits = (its_digits),                      \
        .form = SPN_CELL_LENGTH, .a = (beta), .b = (loss)                                          \
    }
#define SPN_JOIN_LENGTH(its_gap, its_column, its_digits, beta, loss)                               \
    {                                                                                              \
        .gap = (its_gap), .column = (its_column), .digits = (its_digits), .form = SPN_CELL_LENGTH, \
        .a = (beta), .b = (loss)                                                                   \
    }
/** A number between two columns, and how far it is from the farther. */
#define SPN_SHOW_MEASURED(its_title, its_column, low, high)                                        \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .form = SPN_CELL_MEASURED, .a = (low),       \
        .b = (high)                                                                                \
    }
#define SPN_JOIN_ERROR(its_gap, its_column, low, high)                                             \
    {                                                                                              \
        .gap = (its_gap), .column = (its_column), .digits = 2, .form = SPN_CELL_ERROR, .a = (low), \
        .b = (high)                                                                                \
    }
/** A number, 0 where it is rounding beside that of another column. */
#define SPN_SHOW_BESIDE(its_title, its_column, its_digits, other)                                  \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .digits = (its_digits),                      \
        .form = SPN_CELL_BESIDE, .a = (other)                                                      \
    }
#define SPN_JOIN_BESIDE(its_gap, its_column, its_digits, other)                                    \
    {                                                                                              \
        .gap = (its_gap), .column = (its_column), .digits = (its_digits), .form = SPN_CELL_BESIDE, \
        .a = (other)                                                                               \
    }
/** A word where there is no number. */
#define SPN_SHOW_OR(its_title, its_column, its_digits, word)                                       \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .digits = (its_digits),                      \
        .form = SPN_CELL_INSTEAD, .a = (word)                                                      \
    }

/** The name that an integer means (column NULL: that of the row). */
#define SPN_SHOW_NAME(its_title, its_column, otherwise)                                            \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .form = SPN_CELL_NAME, .a = (otherwise)      \
    }
#define SPN_JOIN_NAME(its_gap, its_column, otherwise)                                              \
    {                                                                                              \
        .gap = (its_gap), .column = (its_column), .form = SPN_CELL_NAME, .a = (otherwise)          \
    }

/** The word that a number means. */
#define SPN_SHOW_WORD(its_title, its_column, its_words, otherwise)                                 \
    {                                                                                              \
        .title = (its_title), .column = (its_column), .form = SPN_CELL_WORD, .words = (its_words), \
        .a = (otherwise)                                                                           \
    }

/** Is a row shown? */
typedef bool spn_row_filter(const spn_row *row);

/** Some columns of some rows of a table. What it points to outlives it. */
typedef struct spn_view {
    const spn_table *table;
    const spn_view_column *columns;
    int64_t column_count;
    spn_row_filter *filter; /**< NULL: all rows */
    const char *
        order; /**< column by which rows are shown, ascending; those where it does not exist are not
                                 shown. NULL: as they stand in the table */
    const char *const *names; /**< for SPN_CELL_NAME */
    int64_t name_count;
    const void *state;   /**< for writers and the filter */
    const char *heading; /**< before the titles where there is a row; NULL: none */
} spn_view;

enum { SPN_VIEW_COLUMNS_MAX = 24 };

/** SPN_VIEW(table, columns): all rows; set further members of the result where that is not meant. */
#define SPN_VIEW(its_table, its_columns)                                                           \
    ((spn_view){.table = (its_table),                                                              \
                .columns = (its_columns),                                                          \
                .column_count = (int64_t)(sizeof(its_columns) / sizeof *(its_columns))})

/** Titles and rows with columns as wide as what stands in them, each line behind `indent`; without rows nothing.
 *  SPN_ERROR_ARGUMENT for a name that the table has not. O(rows * columns) memory, O(rows^2) time where they are
 *  ordered. Returns the number of rows. */
int64_t spn_view_terminal(spn_text *text, const spn_view *view, const char *indent);

/** The same as a table of Markdown, behind an empty line; columns without a title share the cell before. Arrows and
 *  signs of gaps are those of print (→, …, ±), as are Greek letters in titles. Without rows the head alone. Returns their number. */
int64_t spn_view_markdown(spn_text *text, const spn_view *view);

#ifdef __cplusplus
}
#endif

#endif
