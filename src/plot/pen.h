/* SPDX-License-Identifier: MIT */
/* Pieces of gnuplot scripts and their data. */
#ifndef SPNI_PLOT_PEN_H
#define SPNI_PLOT_PEN_H

#include "plot/plot.h"

/* Writes until the first failure, which it keeps. */
typedef struct spni_pen {
    spn_context *context;
    spn_output *output;
    spn_status status;
} spni_pen;

#define PUT(p, ...)                                                                                \
    do {                                                                                           \
        if ((p)->status == SPN_OK) {                                                               \
            (p)->status = spn_output_print((p)->context, (p)->output, __VA_ARGS__);                \
        }                                                                                          \
    } while (0)

void spni_pen_real(spni_pen *p, double value);

/* A length or fraction: six digits are enough, and easier to read. */
void spni_pen_length(spni_pen *p, double value);

/* In single quotes, where '' stands for one; line breaks become blanks. */
void spni_pen_quoted(spni_pen *p, const char *text);

/* Line breaks become blanks. */
void spni_pen_comment(spni_pen *p, const char *text);

/* The head of a script: the three terminals, on a page of so many inches. PS is a terminal's length unit per
 * point, for sizes of markers. */
void spni_pen_terminals(spni_pen *p, const char *name, double width, double height);

#endif
