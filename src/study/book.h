/* SPDX-License-Identifier: MIT */
/** @file book.h  Results while they are put together: in memory, judged, then a file. Private to room `study`.
 *  docs/format.md specifies the file. */
#ifndef SPINODAL_SRC_STUDY_BOOK_H
#define SPINODAL_SRC_STUDY_BOOK_H

#include "study/list.h"

#include <spinodal/study.h>

typedef struct spni_book {
    spn_context *context;
    spn_arena *arena;     /**< for what has to be made */
    spn_status status;    /**< of what was put in: the first failure */
    const char *settings; /**< the caller's, one on a line, of a built-in study; NULL: none */
    spni_list tables, arrays, texts, attributes;
    spn_results results; /**< everything, once the book is closed */
} spni_book;

/** `kind` of results ("sweep"). Always followed by spni_book_end(), which takes one of zeros, too. */
spn_status spni_book_begin(spn_context *context, const char *kind, spni_book *book);
void spni_book_end(spni_book *book);

/** Contents in their order; what they point to must outlive the book. A failure is told when it is closed. */
void spni_book_table(spni_book *book, spn_table table);
void spni_book_array(spni_book *book, spn_array array);
void spni_book_text(spni_book *book, spn_text_column text);
void spni_book_attribute(spni_book *book, spn_attribute attribute);
/** An array of parameter vectors. */
void spni_book_weights(spni_book *book, spn_theta theta, int64_t rows, int64_t columns,
                       const double *values);

/** What the strengths of the array "modes" are: of the data's modes, or of the outputs' own directions. */
const char *spni_modes_help(const spn_study *study);

/** Attributes that say what results of this study belong to, and by what they were made. */
spn_status spni_book_attributes(spn_context *context, const spn_study *study, spni_book *book);

/** No more contents: book->results is complete. */
spn_status spni_book_close(spni_book *book);

/** Add what every file of a study has (layout, theory, attributes; study NULL: nothing), close the book, judge it
 *  (spn_study_judge()) and write it. */
spn_status spni_book_write(spn_context *context, const spn_study *study, spni_book *book,
                           const char *path, bool is_forced, bool *is_good);

#endif
