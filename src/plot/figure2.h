/* SPDX-License-Identifier: MIT */
/* Figure 2's view of a sweep: branches of the first seed. */
#ifndef SPNI_PLOT_FIGURE2_H
#define SPNI_PLOT_FIGURE2_H

#include <spinodal/plot.h>

enum { SPNI_ERROR, SPNI_CURVATURE, SPNI_NORM, SPNI_QUANTITIES };

/* A branch: the rows of one chain. phase -1: none stated. */
typedef struct spni_branch {
    int64_t direction; /* as in the table */
    const char *word;  /* "up", "down", "quench" */
    int64_t phase;
    int64_t count;
    int64_t *rows; /* into the table */
} spni_branch;

typedef struct spni_sweep_view {
    const spn_table *points;
    const spn_table *theory;                          /* or NULL */
    int64_t beta, modes, quantities[SPNI_QUANTITIES]; /* columns; modes -1 where absent */
    int64_t branch_count;
    spni_branch *branches;
} spni_sweep_view;

/* Does the number of active modes change between rows i and i + 1 of a branch? */
bool spni_is_jump(const spni_sweep_view *view, const spni_branch *branch, int64_t i);

/* The caption. Free text->text with spn_release(). */
spn_status spni_figure2_caption(spn_context *context, const spn_results *results,
                                const spni_sweep_view *view, spn_text_buffer *text);

#endif
