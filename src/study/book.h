/* SPDX-License-Identifier: MIT */
/** @file book.h  A results file while it is put together; private to room `study`. docs/format.md specifies
 *  the file. */
#ifndef SPINODAL_SRC_STUDY_BOOK_H
#define SPINODAL_SRC_STUDY_BOOK_H

#include <spinodal/study.h>

enum {
    SPNI_BOOK_TABLES = 10,
    SPNI_BOOK_ARRAYS = 6,
    SPNI_BOOK_TEXTS = 4,
    SPNI_BOOK_ATTRIBUTES = 18
};

typedef struct spni_book {
    spn_arena *arena; /**< for what has to be made */
    spn_table tables[SPNI_BOOK_TABLES];
    spn_array arrays[SPNI_BOOK_ARRAYS];
    spn_text_column texts[SPNI_BOOK_TEXTS];
    spn_attribute attributes[SPNI_BOOK_ATTRIBUTES];
    const char *settings; /**< the caller's, one on a line, of a built-in study; NULL: none */
    spn_results results;
} spni_book;

/** `kind` of results ("sweep"). Always followed by spni_book_end(). */
spn_status spni_book_begin(spn_context *context, const char *kind, spni_book *book);
void spni_book_end(spni_book *book);

/** Contents in their order; what they point to must outlive the book. */
void spni_book_table(spni_book *book, spn_table table);
void spni_book_array(spni_book *book, spn_array array);
void spni_book_text(spni_book *book, spn_text_column text);
void spni_book_attribute(spni_book *book, spn_attribute attribute);

/** What the strengths of the array "modes" are: of the data's modes, or of the outputs' own directions. */
const char *spni_modes_help(const spn_study *study);
/** Add what every file of a study has (layout, theory, attributes) and write it. */
spn_status spni_book_write(spn_context *context, const spn_study *study, spni_book *book,
                           const char *path, bool is_forced);

#endif
