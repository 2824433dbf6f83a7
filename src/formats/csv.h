/* SPDX-License-Identifier: MIT */
/** @file csv.h  The cells of a CSV text, one after the other, and what a table is made of. */
#ifndef SPNI_FORMATS_CSV_H
#define SPNI_FORMATS_CSV_H

#include "formats/input.h"
#include <spinodal/formats/csv.h>

typedef struct spni_csv_cursor {
    const char *source;
    const char *at, *end;
    int64_t line;   /**< of `at`, from 1 */
    char separator; /**< ' ': runs of blanks and tabs */
    bool *
        has_ended; /**< NULL; or set where `end`, which is not that of the text, has decided something */
} spni_csv_cursor;

/** The bytes of a text: all of them, or of a file those from `from`. */
typedef struct spni_csv_text {
    const char *source;
    int64_t size;
    char *window;
    int64_t from, here; /**< of the window's first byte; how many there are */
    int64_t capacity;
    int file;
    bool is_file;
    spni_file_facts facts; /**< of the file when it was opened */
} spni_csv_text;

/** Bytes that somebody has, and which outlive the text. */
spni_csv_text spni_csv_text_of(const char *source, const char *bytes, int64_t size);
/** A regular file; `path` must outlive it. Closing a text of {0} is allowed. */
spn_status spni_csv_text_open(spn_context *context, const char *path, spni_csv_text *text);
void spni_csv_text_close(spn_context *context, spni_csv_text *text);
/** The cursor to byte `from` (below the size), with at least `wanted` bytes, as far as there are; where others end is left. What was shown
 *  before is gone. SPN_ERROR_INPUT: the file has become another, as spni_file_check() tells. */
spn_status spni_csv_text_show(spn_context *context, spni_csv_text *text, int64_t from,
                              int64_t wanted, spni_csv_cursor *cursor);
/** Is the file what it was? Asked of what is here, too, which needs no reading. */
spn_status spni_csv_text_check(spn_context *context, const spni_csv_text *text);
/** Of what is shown: its place in the text. */
int64_t spni_csv_text_place(const spni_csv_text *text, const char *at);
/** Has the cursor come to the end of what is shown (NULL: it would have), and not to that of the text? */
bool spni_csv_text_is_cut(const spni_csv_text *text, const spni_csv_cursor *cursor);

typedef enum spni_csv_end { SPNI_CSV_NEXT_CELL, SPNI_CSV_END_OF_ROW } spni_csv_end;

typedef struct spni_csv_cell {
    const char
        *text; /**< without quotes and surrounding blanks; "" inside quotes is still doubled */
    int64_t length;
    bool is_quoted;
    spni_csv_end end;
} spni_csv_cell;

typedef enum spni_csv_fault {
    SPNI_CSV_FINE,
    SPNI_CSV_OPEN_QUOTE,
    SPNI_CSV_TEXT_AFTER_QUOTE,
} spni_csv_fault;

/** The next cell. Behind a fault there is none. */
spni_csv_fault spni_csv_scan(spni_csv_cursor *cursor, spni_csv_cell *cell);

/** The message of a fault; `line`: where the cell begins. */
spn_status spni_csv_fail(spn_context *context, const spni_csv_cursor *cursor, int64_t line,
                         spni_csv_fault fault);
/** The same, with a message: SPN_ERROR_INPUT for an open quote or text after a closing one. */
spn_status spni_csv_next(spn_context *context, spni_csv_cursor *cursor, spni_csv_cell *cell);

/** Is the rest of the line blank? Then go to the next line. */
bool spni_csv_skip_blank_line(spni_csv_cursor *cursor);

/** Past the line end at `at`, if there is one: LF, CRLF or CR. */
void spni_csv_pass_line_end(spni_csv_cursor *cursor);

bool spni_csv_is_line_end(char c);

typedef enum spni_csv_content {
    SPNI_CSV_NUMBER,
    SPNI_CSV_COMMA_NUMBER, /**< with a decimal comma */
    SPNI_CSV_MISSING,
    SPNI_CSV_INFINITE,
    SPNI_CSV_WORD,
} spni_csv_content;

/** What a cell holds; the number goes to *value. Decimal commas exist only where commas do not separate. */
spni_csv_content spni_csv_read_cell(const spni_csv_cell *cell, bool may_have_comma, double *value);

/** What to do with a word that is a number as spreadsheets show it ("1,234.5", "12 %", "0,5", "$3"); NULL: it is none. */
const char *spni_csv_disguise(const spni_csv_cell *cell);

/** Starts at the first row: passes the mark, a line "sep=;", comments and blank lines, and finds out what
 *  separates cells, where *separator is AUTO. */
spn_status spni_csv_start(spn_context *context, spni_csv_text *text, spni_csv_cursor *cursor,
                          spn_csv_separator *separator);

/** Bytes that are not UTF-8 by their mark become it: *converted is NULL where nothing is to be done.
 *  SPN_ERROR_INPUT, with the cure: a NUL byte, UTF-16 without a mark, half a surrogate, UTF-32. */
spn_status spni_csv_decode(spn_context *context, const char *source, const char *bytes,
                           int64_t size, char **converted, int64_t *converted_size,
                           const char **encoding);

/** Does it begin with a mark of UTF-16 or UTF-32? */
bool spni_csv_is_marked(const char *bytes, int64_t size);
/** SPN_ERROR_INPUT: a NUL byte, and what is meant by it. *key (NULL: not wanted): CRC-32 of the text. */
spn_status spni_csv_refuse_nul(spn_context *context, spni_csv_text *text, uint32_t *key);

/** The text of a cell: doubled quotes become one. NULL on failure; release with spn_release(). */
char *spni_csv_cell_text(spn_context *context, const spni_csv_cell *cell);

/** The different words of a column while it is read: raw cells, and indices in the order of their bytes. */
typedef struct spni_csv_words {
    spni_csv_cell *cells; /**< in order of appearance; their texts are those of the arena */
    int32_t *order;       /**< sorted: indices into cells */
    int32_t *codes;       /**< rows: index into cells, or -1 */
    int32_t count;
    int64_t capacity;
    bool is_full; /**< more than SPN_CSV_CATEGORIES_MAX: all else is released */
} spni_csv_words;

/** Note the word of a row. */
spn_status spni_csv_words_add(spn_context *context, spn_arena *arena, spni_csv_words *words,
                              int64_t rows, int64_t row, const spni_csv_cell *cell);
/** Move what was found to the column, names sorted; the words are empty then. */
spn_status spni_csv_words_finish(spn_context *context, spni_csv_words *words, int64_t first_row,
                                 int64_t rows, spn_csv_column *column);
void spni_csv_words_release(spn_context *context, spni_csv_words *words);

/** What the first row looks like beside those below it. */
typedef struct spni_csv_first_cell {
    spni_csv_cell cell;
    spni_csv_content content;
    double value;
    bool is_again; /**< a word that stands in a row below as well */
} spni_csv_first_cell;

/** Is the first row a header? `facts` are those of the `rows` rows below it, and values[r * stride] the numbers of their first column.
 *  SPN_ERROR_INPUT where nobody could tell. */
spn_status spni_csv_judge_header(spn_context *context, const char *source, int64_t line,
                                 int64_t rows, int64_t columns, const spni_csv_first_cell *first,
                                 const spn_csv_column *facts, const double *values, int64_t stride,
                                 bool *is_header);

/** A table whose numbers stay in its file, but for those of some columns. */
struct spn_csv_file {
    spni_csv_text text;
    char separator;
    int64_t cells;       /**< of a row */
    int64_t *starts;     /**< where each row begins, and where the last one ends */
    unsigned char *gaps; /**< a bit for each cell of each row: it is missing; NULL: none is */
    double **held;       /**< of each column the numbers of all rows (NaN: none), or NULL */
    uint32_t key;        /**< of the file */
};
void spni_csv_file_free(spn_context *context, struct spn_csv_file *file, int64_t columns);
/** A cell is missing. */
spn_status spni_csv_file_note(spn_context *context, struct spn_csv_file *file, int64_t rows,
                              int64_t row, int64_t column);
/** The samples begin with `first_row` of `rows`. */
void spni_csv_file_finish(struct spn_csv_file *file, int64_t first_row, int64_t rows);

/** A table of a text, or of the file that the table has; source and encoding are set. */
spn_status spni_csv_read_text(spn_context *context, spni_csv_text *text, spn_csv_layout layout,
                              spn_csv_table *table);

/** The numbers of these columns are wanted, by whoever asks for them below. Nothing to be done for a table that is here as a whole. */
spn_status spni_csv_hold(spn_context *context, const spn_csv_table *table, int64_t count,
                         const int64_t *columns);
double *spni_csv_number(const spn_csv_table *table, int64_t row, int64_t column);
bool spni_csv_is_missing(const spn_csv_table *table, int64_t row, int64_t column);
/** Numbers of a row of a table that stays in its file: to[slots[c]] is that of column c where slots[c] is 0 or more; NaN: none. */
spn_status spni_csv_read_row(spn_context *context, const spn_csv_table *table, int64_t row,
                             const int64_t *slots, double *to);

#endif
