/* SPDX-License-Identifier: MIT */
/* Figure 2's view of a sweep: branches of the first seed. */
#ifndef SPNI_PLOT_FIGURE2_H
#define SPNI_PLOT_FIGURE2_H

#include "plot/canvas.h"

#include <spinodal/kind.h>

/* A branch: the points of one chain, or of one leg of it. phase -1: none stated. */
typedef struct spni_drawn_branch {
    int64_t direction, phase, leg; /* as in the records; leg 0 where the chain has one */
    int64_t count;
    const spn_sweep_record **points;
} spni_drawn_branch;

typedef struct spni_sweep_view {
    spni_theory_lines lines;                              /* over the beta of all branches */
    bool has_test_error, has_accuracy, has_test_accuracy; /* there is a number somewhere */
    int64_t branch_count;
    spni_drawn_branch *branches;
} spni_sweep_view;

/* "up", "down", "quench". */
const char *spni_branch_word(const spni_drawn_branch *branch);

/* Does the number of active modes change between points i and i + 1 of a branch? */
bool spni_is_jump(const spni_drawn_branch *branch, int64_t i);

/* What happens on the way down from the phase with no active mode, and why where T14 says it. Appends
 * nothing where the results do not tell. */
void spni_figure2_way_down(const spn_results *results, const spni_sweep_view *view, spn_text *text);

void spni_figure2_caption(const spn_results *results, const spni_sweep_view *view, spn_text *text);

#endif
