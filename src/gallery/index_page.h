/* SPDX-License-Identifier: MIT */
/** @file index_page.h  Cells of a table of Markdown, where no view of a table will do. */
#ifndef SPINODAL_SRC_GALLERY_INDEX_PAGE_H
#define SPINODAL_SRC_GALLERY_INDEX_PAGE_H

#include <spinodal/text.h>

/** The head of a table: "kind | order" has two columns; a bar inside a name is written \|. */
void spni_put_head(spn_text *page, const char *columns);
/** A cell; what would end it or be read as markup of a table is escaped. NULL: "-". */
void spni_put_word(spn_text *page, const char *word);
/** A cell with a number of so many significant digits; "-" where it does not exist. */
void spni_put_real(spn_text *page, int digits, double value);
void spni_put_integer(spn_text *page, int64_t value);
void spni_end_row(spn_text *page);

/** A view of a table, for a page or for a terminal. */
void spni_put_view(spn_text *text, const spn_view *view, bool is_page);

#endif
