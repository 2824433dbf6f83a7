/* SPDX-License-Identifier: MIT */
/** @file csv.h  Tables of numbers in text files.
 *
 *  Read are: comma, semicolon or tab between cells (found from the first line); cells in double quotes;
 *  LF, CRLF and CR line ends; a UTF-8 mark; comment lines starting with # and blank lines before the
 *  first row; blank lines at the end. Numbers are decimal with a point, whatever the locale. */
#ifndef SPINODAL_FORMATS_CSV_H
#define SPINODAL_FORMATS_CSV_H

#include <spinodal/formats/output.h>

/** Whether the first row holds names. AUTO: it does when one of its cells is a word, that is neither
 *  empty nor a number nor an infinity or NaN. The values are those of spn_header_kind of data.h. */
typedef enum spn_csv_header {
    SPN_CSV_HEADER_AUTO,
    SPN_CSV_HEADER_YES,
    SPN_CSV_HEADER_NO,
} spn_csv_header;

/** The first cell of a column that is not a finite number. */
typedef struct spn_csv_flaw {
    int64_t line;  /**< from 1; 0: the column is fine */
    char what[96]; /**< "\"abc\" is not a number", "the cell is empty", ... */
} spn_csv_flaw;

typedef struct spn_csv_table {
    const char *source; /**< file name, for messages */
    int64_t rows, columns;
    const double *values;      /**< rows x columns, row by row; NaN where a cell is flawed */
    const char *const *names;  /**< columns names ("" where the header is empty); NULL: no header */
    const spn_csv_flaw *flaws; /**< columns; they matter once a column is used */
} spn_csv_table;

/** Read a table from memory (`source`: its name in messages) or from a file. SPN_ERROR_INPUT, naming
 *  source and line: no rows, a row with more or fewer cells than the first, a blank line between rows, an
 *  open quote, a NUL byte. A cell that is no number is recorded in `flaws`, so that a column of words that
 *  nobody uses does no harm. O(size); 1e6 cells take a few hundredths of a second. */
spn_status spn_csv_parse(spn_context *context, const char *source, const char *bytes, int64_t size,
                         spn_csv_header header, spn_csv_table **out);
spn_status spn_csv_read(spn_context *context, const char *path, spn_csv_header header,
                        spn_csv_table **out);
void spn_csv_free(spn_context *context, spn_csv_table *table);

/** SPN_ERROR_INPUT with source, line, column number and name for the first flawed cell in the given
 *  columns (numbers from 0; NULL: all). */
spn_status spn_csv_check(spn_context *context, const spn_csv_table *table, int64_t count,
                         const int64_t *columns);

/** Write comma-separated numbers (shortest text that reads back to the same double) under a header;
 *  names NULL: "column 1", ... Names are quoted where needed. words, where not NULL, has a text for each
 *  row, which is written behind its numbers as one more column. */
spn_status spn_csv_write(spn_context *context, spn_output *output, int64_t rows, int64_t columns,
                         const char *const *names, const double *values, const char *const *words);

/** Samples as spn_dataset_from_rows() takes them: rows[n * (inputs + outputs) + c], inputs first. Names
 *  are NULL when the source has none. */
typedef struct spn_samples {
    int64_t samples, inputs, outputs;
    const double *rows;
    const char *const *input_names, *const *output_names;
} spn_samples;

/** Choose the columns. Each item of `targets` and `columns` is a name (looked up first) or a position
 *  from 1; empty `columns`: all that are not targets. Errors (SPN_ERROR_INPUT) name the source and the
 *  column: no targets, no inputs left, an unknown name (with the nearest one and the list), a position
 *  out of range, a name that several columns bear, a column chosen twice, a flawed cell. */
spn_status spn_csv_samples(spn_context *context, const spn_csv_table *table, spn_texts targets,
                           spn_texts columns, spn_samples **out);
void spn_samples_free(spn_context *context, spn_samples *samples);

#endif
