/* SPDX-License-Identifier: MIT */
/* What figures of results share: captions, and the closed forms as thin vertical lines. */
#ifndef SPNI_PLOT_SHARED_H
#define SPNI_PLOT_SHARED_H

#include <spinodal/plot.h>
#include <spinodal/text.h>

/* A name from outside (a file, a column) as gnuplot shows it letter by letter, in the arena; NULL on failure. At most
 * 255 letters. */
const char *spni_plain(spn_arena *arena, const char *name);

/* A label that was written for the ridge: θ becomes the letter of the results' own regulariser. */
spn_status spni_norm_label(spn_context *context, spn_arena *arena, const spn_results *results,
                           const char **label);

/* The table `theory` (or NULL) in a figure that covers beta from low to high. */
typedef struct spni_theory_lines {
    const spn_table *table;
    double low, high;
} spni_theory_lines;

/* Their guides: spinodals dashed, Maxwell points dotted. */
spn_status spni_theory_guides(spn_context *context, spn_arena *arena,
                              const spni_theory_lines *lines, spn_figure *figure);

/* What they are, for the caption; nothing where no line is drawn. */
void spni_put_theory(spn_text *text, const spni_theory_lines *lines);

#endif
