/* SPDX-License-Identifier: MIT */
/** @file csv.h  The cells of a CSV text, one after the other. */
#ifndef SPNI_FORMATS_CSV_H
#define SPNI_FORMATS_CSV_H

#include <spinodal/formats/csv.h>

typedef struct spni_csv_cursor {
    const char *source;
    const char *at, *end;
    int64_t line; /**< of `at`, from 1 */
    char delimiter;
} spni_csv_cursor;

typedef enum spni_csv_end { SPNI_CSV_NEXT_CELL, SPNI_CSV_END_OF_ROW } spni_csv_end;

typedef struct spni_csv_cell {
    const char
        *text; /**< without quotes and surrounding blanks; "" inside quotes is still doubled */
    int64_t length;
    bool is_quoted;
    spni_csv_end end;
} spni_csv_cell;

/** Skips mark, comments and blank lines, and finds the delimiter from what comes then. */
void spni_csv_start(spni_csv_cursor *cursor, const char *source, const char *bytes, int64_t size);

/** SPN_ERROR_INPUT for an open quote or text after a closing one. */
spn_status spni_csv_next(spn_context *context, spni_csv_cursor *cursor, spni_csv_cell *cell);

/** Is the rest of the line blank? Then go to the next line. */
bool spni_csv_skip_blank_line(spni_csv_cursor *cursor);

typedef enum spni_csv_content {
    SPNI_CSV_NUMBER,
    SPNI_CSV_EMPTY,
    SPNI_CSV_NOT_FINITE, /**< nan, inf and their spellings, and numbers beyond the range of a double */
    SPNI_CSV_WORD,
} spni_csv_content;

/** What a cell holds; the number goes to *value. */
spni_csv_content spni_csv_number(const spni_csv_cell *cell, double *value);

#endif
