/* SPDX-License-Identifier: MIT */
/** @file lines.h  Escape times in a few lines, for messages, the index and captions; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_DELAY_LINES_H
#define SPINODAL_SRC_GALLERY_DELAY_LINES_H

#include "gallery/gallery.h"

/** Runs of one depth, method and kind of start. 8-byte fields only. */
typedef struct spni_delay_line {
    int64_t depth, method, start; /**< spn_path_method; 1: aligned, 0: random */
    int64_t left, stays;
    double passage;  /**< largest |time / law - 1|; NaN where there is none */
    double t16, t22; /**< likewise, of u_0 <= SPNI_DELAY_SCALE: they are leading orders */
    double share_low, share_high;
    double epoch_low, epoch_high;
} spni_delay_line;

enum { SPNI_DELAY_LINES = 32 };
#define SPNI_DELAY_SCALE 0.05

/** The lines in the order of the table; returns their number. */
int64_t spni_delay_lines(const spn_table *runs, spni_delay_line lines[SPNI_DELAY_LINES]);
/** As a table: a terminal's, or a page's. */
void spni_delay_put_lines(spn_text *text, int64_t count, const spni_delay_line *lines,
                          bool is_page);

spni_section spni_delay_section;

#endif
