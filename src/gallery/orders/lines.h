/* SPDX-License-Identifier: MIT */
/** @file lines.h  Races in a few lines, for messages and the index; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_ORDERS_LINES_H
#define SPINODAL_SRC_GALLERY_ORDERS_LINES_H

#include "gallery/gallery.h"

/** Tables of the races: which of the two phases is first, for each method and residue, over all beta and draws; and the
 *  epochs at the beta nearest to this one, medians of the draws. */
void spni_orders_put_counts(spn_text *text, const spn_table *races, bool is_page);
void spni_orders_put_epochs(spn_text *page, const spn_table *races, double beta);

spni_section spni_orders_section;

#endif
