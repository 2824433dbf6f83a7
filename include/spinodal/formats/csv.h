/* SPDX-License-Identifier: MIT */
/** @file csv.h  Tables in text files: columns of numbers or of words, with cells that are missing.
 *
 *  Read are: cells between commas, semicolons, tabs or runs of blanks (found from the first rows, or said by
 *  a first line "sep=;"); cells in double quotes; LF, CRLF and CR line ends; UTF-8 with or without its mark
 *  and UTF-16 with one; comment lines starting with # and blank lines before the first row; blank lines at
 *  the end; a separator too many at the end of every line. Numbers are decimal with a point, whatever the
 *  locale; where commas do not separate, a table may have decimal commas instead. */
#ifndef SPINODAL_FORMATS_CSV_H
#define SPINODAL_FORMATS_CSV_H

#include <spinodal/formats/output.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether the first row holds names. AUTO: it does when it contradicts the rows below it, by a word where
 *  they have numbers; a row that can be read both ways is refused. The values are those of spn_header_kind
 *  of data.h. */
typedef enum spn_csv_header {
    SPN_CSV_HEADER_AUTO,
    SPN_CSV_HEADER_YES,
    SPN_CSV_HEADER_NO,
} spn_csv_header;

/** What stands between cells. SPACE: any number of blanks and tabs. The values are those of
 *  spn_separator_kind of data.h. */
typedef enum spn_csv_separator {
    SPN_CSV_SEPARATOR_AUTO,
    SPN_CSV_SEPARATOR_COMMA,
    SPN_CSV_SEPARATOR_SEMICOLON,
    SPN_CSV_SEPARATOR_TAB,
    SPN_CSV_SEPARATOR_SPACE,
} spn_csv_separator;

/** What the caller knows of a file; {0}: nothing. */
typedef struct spn_csv_layout {
    spn_csv_header header;
    spn_csv_separator separator;
} spn_csv_layout;

/** A cell that is not a finite number. */
typedef struct spn_csv_flaw {
    int64_t line;   /**< from 1; 0: there is none */
    char what[192]; /**< "\"abc\" is not a number", "the cell is empty", ... */
} spn_csv_flaw;

enum {
    SPN_CSV_COLUMNS_MAX = 1000000,
    SPN_CSV_CATEGORIES_MAX = 4096, /**< different words of a column that are told apart */
};

/** What a column holds. Missing: empty cells, "?", and NA, N/A, NaN and null in their spellings. */
typedef struct spn_csv_column {
    int64_t numbers, words, missing, infinite; /**< cells of each kind; their sum is `rows` */
    int64_t
        disguised; /**< of the words: numbers as spreadsheets show them, "1,234.5", "12 %", "$3" */
    spn_csv_flaw flaw; /**< the first word or infinity */
    spn_csv_flaw gap;  /**< the first missing cell */
    /** The different words, sorted by their bytes, and the word of each row: codes[r] is its index, -1 in
     *  rows without one. NULL where there are no words, or more than SPN_CSV_CATEGORIES_MAX different ones
     *  (categories is then -1). */
    int64_t categories;
    const char *const *category_names;
    const int32_t *codes;
} spn_csv_column;

typedef struct spn_csv_table {
    const char *source; /**< file name, for messages */
    int64_t rows, columns;
    /** rows x columns, row by row; NaN where there is no number; NULL: they stay in `file` */
    const double *values;
    struct spn_csv_file *file; /**< NULL, but of spn_csv_open() */
    const char *const *names;  /**< columns names ("" where the header is empty); NULL: no header */
    const spn_csv_column *facts; /**< columns; they matter once a column is used */
    const int64_t *lines;        /**< rows: where each begins in the file */
    spn_csv_separator separator; /**< never AUTO */
    bool has_decimal_commas;     /**< of some number that was read */
    const char *encoding;        /**< "UTF-8", "UTF-16LE" or "UTF-16BE" */
} spn_csv_table;

/** Read a table from memory (`source`: its name in messages) or from a file. SPN_ERROR_INPUT, naming
 *  source and line: no rows, a row with more or fewer cells than the first, a blank line between rows, an
 *  open quote, a NUL byte, a first row that may be names or not. A cell that is no number is recorded in
 *  `facts`, so that a column that nobody uses does no harm. O(size); 1e6 cells take a few hundredths of a
 *  second. SPN_ERROR_INTERRUPTED when the caller's flag is raised. */
spn_status spn_csv_parse(spn_context *context, const char *source, const char *bytes, int64_t size,
                         spn_csv_layout layout, spn_csv_table **out);
spn_status spn_csv_read(spn_context *context, const char *path, spn_csv_layout layout,
                        spn_csv_table **out);
/** The same, but for the numbers of a regular file in UTF-8, which stay there: `values` is NULL. spn_csv_classes() and spn_csv_samples() take such a table,
 *  too; the latter's samples keep it in use. The file is read three times, and for targets; memory for a window of it, what is said of columns and rows, and words. What cannot be
 *  read again, or has to be converted, is read by spn_csv_read(). */
spn_status spn_csv_open(spn_context *context, const char *path, spn_csv_layout layout,
                        spn_csv_table **out);
void spn_csv_free(spn_context *context, spn_csv_table *table);

/** "comma", "semicolon", ...: the words of data.separator. */
const char *spn_csv_separator_name(spn_csv_separator separator);

/** The column of an item: "price" its name, "3" its position from 1, "name=3" and "position=3" either where
 *  "3" could be both, which is refused (SPN_ERROR_INPUT) with both readings. Refused, too, with the nearest
 *  name and the list: names that are not there, names of several columns, positions out of range. */
spn_status spn_csv_find(spn_context *context, const spn_csv_table *table, const char *item,
                        int64_t *column);

/** SPN_ERROR_INPUT with source, line, column number and name for the first cell in the given columns
 *  (numbers from 0; NULL: all) that is not a finite number. */
spn_status spn_csv_check(spn_context *context, const spn_csv_table *table, int64_t count,
                         const int64_t *columns);

/** Write comma-separated numbers (shortest text that reads back to the same double) under a header;
 *  names NULL: "column 1", ... Names are quoted where needed. words, where not NULL, has a text for each
 *  row, which is written behind its numbers as one more column. Polls the cancel flag at each row. */
spn_status spn_csv_write(spn_context *context, spn_output *output, int64_t rows, int64_t columns,
                         const char *const *names, const double *values, const char *const *words);

/** What becomes of rows with missing cells. The values are those of spn_missing_kind of data.h. */
typedef enum spn_csv_missing {
    SPN_CSV_MISSING_REFUSE,
    SPN_CSV_MISSING_DROP, /**< the rows are left out */
    SPN_CSV_MISSING_MEAN, /**< missing numbers of inputs are filled in by spn_samples_fill(); rows in which
                               a target or a word is missing are left out */
} spn_csv_missing;

/** Which columns are used, as items of spn_csv_find(). */
typedef struct spn_csv_choice {
    spn_texts targets;
    spn_texts columns; /**< inputs; empty: all that are no targets, without an index of the rows */
    spn_csv_missing missing;
} spn_csv_choice;

enum { SPN_CSV_ONE_HOT_MAX = 100 }; /**< different words of an input column */

/** Samples as spn_dataset_from_rows() takes them: rows[n * (inputs + outputs) + c], inputs first. Names
 *  are NULL when the source has none. */
typedef struct spn_samples {
    int64_t samples, inputs, outputs;
    const double *rows; /**< NaN: missing, spn_samples_fill() is needed */
    /** NULL; or the inputs stay where they are, and rows[n * outputs + k] are the targets alone */
    struct spn_sample_file *file;
    const char *const *input_names, *const *output_names;
    /** Of an input that a word has made: that word; NULL for others. NULL: no input is of that kind */
    const char *const *input_words;
    int64_t rows_dropped;  /**< of the table, since cells are missing */
    int64_t cells_missing; /**< NaN among rows */
    bool has_dropped_index;
    const char *here; /**< why the inputs did not stay in their file, as they were to; NULL */
} spn_samples;

/** Choose columns and rows. An input column of words becomes one column for each of its different words (in
 *  the rows that are kept, sorted by their bytes), "species=setosa", which is 1 in the rows with this word and
 *  0 elsewhere. An index of the rows (a first column without a name whose numbers or words all differ) is no
 *  input unless it is chosen. Errors (SPN_ERROR_INPUT) name the source and the column: no targets, no inputs
 *  left, a column that is not there or chosen twice, words among numbers, words as targets, more than
 *  SPN_CSV_ONE_HOT_MAX different words, or, in a column that nobody named, as many as rows; missing cells,
 *  with the first places and their number. */
spn_status spn_csv_samples(spn_context *context, const spn_csv_table *table,
                           const spn_csv_choice *choice, spn_samples **out);

/** Some inputs of some samples. */
typedef struct spn_sample_part {
    int64_t count;
    const int64_t *picked;   /**< `count` samples */
    int64_t column, columns; /**< the inputs column, ..., column + columns - 1 */
    int64_t stride;
} spn_sample_part;

/** Inputs as columns: x[i * stride + n] is input column + i of sample picked[n], missing cells filled in. Of a file it is read what is asked for, best in its
 *  order. SPN_ERROR_INPUT: the file has another size, or was written to, since it was opened. */
spn_status spn_samples_take(spn_context *context, const spn_samples *samples,
                            const spn_sample_part *part, double *x);
/** What the file of the samples holds; 0 where they are here. */
uint32_t spn_samples_key(const spn_samples *samples);

/** Fill what is missing in a column with the mean of its numbers in the rows n with !is_left_out[n] (NULL: in
 *  all). SPN_ERROR_INPUT with the name of a column that has none. cells_missing stays. */
spn_status spn_samples_fill(spn_context *context, spn_samples *samples, const bool *is_left_out);
/** Samples, in their file or here, are filled with the means of `others`, which stay in their file and were filled by spn_samples_fill(). */
spn_status spn_samples_fill_like(spn_context *context, spn_samples *samples,
                                 const spn_samples *others);
void spn_samples_free(spn_context *context, spn_samples *samples);

#ifdef __cplusplus
}
#endif

#endif
