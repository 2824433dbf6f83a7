/* SPDX-License-Identifier: MIT */
/* Pieces of gnuplot scripts and their data; what is written for panels, and for maps. */
#ifndef SPNI_PLOT_SCRIPT_H
#define SPNI_PLOT_SCRIPT_H

#include "plot/plot.h"

#include <spinodal/text.h>

enum { SPNI_NUMBER_SIZE = 32 };
const char *spni_show_real(double value, char buffer[SPNI_NUMBER_SIZE]);
const char *spni_show_length(double value, char buffer[SPNI_NUMBER_SIZE]);

/* A number as an argument of %s: all its digits; of lengths and fractions six, which are enough and easier to read. */
#define REAL(value) spni_show_real((value), (char[SPNI_NUMBER_SIZE]){0})
#define LENGTH(value) spni_show_length((value), (char[SPNI_NUMBER_SIZE]){0})

/* In single quotes, where '' stands for one; line breaks become blanks. */
void spni_put_quoted(spn_text *text, const char *piece);

/* Line breaks become blanks. */
void spni_put_comment(spn_text *text, const char *piece);

/* "set WHAT 'LABEL' ...", a line: WHAT is "label", "label 2", "xlabel". */
void spni_put_label(spn_text *text, const char *what, const char *label, const char *format, ...)
    SPN_PRINTF_LIKE(4, 5);

/* "(a)" of panel 0, at a place of the page. */
void spni_put_letter(spn_text *text, const char *what, int64_t index, double x, double y);

/* The head of a script: the three terminals, on a page of so many inches. PS is a terminal's length unit per
 * point, for sizes of markers. */
void spni_put_terminals(spn_text *text, const char *name, double width, double height);

void spni_put_panel_script(spn_text *text, const spn_figure *figure);
void spni_put_panel_data(spn_text *text, const spn_figure *figure);
void spni_put_map_script(spn_text *text, const spn_figure *figure);
void spni_put_map_data(spn_text *text, const spn_figure *figure);

#endif
