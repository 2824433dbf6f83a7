/* SPDX-License-Identifier: MIT */
/** @file sparkline.h  Curves in a line of text, for the command `watch`. */
#ifndef SPINODAL_SRC_CLI_SPARKLINE_H
#define SPINODAL_SRC_CLI_SPARKLINE_H

#include "cli/cli.h"

#include <spinodal/gallery.h>

/** A curve of rows from .. to of a table, column y over column x, in `width` characters: blocks of eight heights where the
 *  terminal writes UTF-8, otherwise ASCII. In each character the last value that falls into it; where none does, a
 *  blank. Linear from the least to the largest value, logarithmic where they span more than three decades. */
void cli_put_sparkline(spn_text *text, const spn_table *table, int64_t from, int64_t to, int64_t x,
                       int64_t y, int width);

#endif
