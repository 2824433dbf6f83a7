/* SPDX-License-Identifier: MIT */
/* What figures of results share: captions, and the closed forms as thin vertical lines. */
#ifndef SPNI_PLOT_SHARED_H
#define SPNI_PLOT_SHARED_H

#include <spinodal/plot.h>

/* Append one piece of at most 511 bytes. */
spn_status spni_put(spn_context *context, spn_text_buffer *text, const char *format, ...)
    SPN_PRINTF_LIKE(3, 4);

/* Append a text of any length. */
spn_status spni_put_text(spn_context *context, spn_text_buffer *text, const char *piece);

/* "NAME before -> after". One that is nothing beside the other is the rounding of zero. */
spn_status spni_put_change(spn_context *context, spn_text_buffer *text, const char *name,
                           double before, double after);

/* All attributes of the results, the experiment last. */
spn_status spni_put_parameters(spn_context *context, spn_text_buffer *text,
                               const spn_results *results);

/* The table `theory` (or NULL) in a figure that covers beta from low to high. */
typedef struct spni_theory_lines {
    const spn_table *table;
    double low, high;
} spni_theory_lines;

/* Their guides: spinodals dashed, Maxwell points dotted. */
spn_status spni_theory_guides(spn_context *context, spn_arena *arena,
                              const spni_theory_lines *lines, spn_figure *figure);

/* What they are, for the caption; nothing where no line is drawn. */
spn_status spni_put_theory(spn_context *context, spn_text_buffer *text,
                           const spni_theory_lines *lines);

#endif
