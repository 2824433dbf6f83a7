/* SPDX-License-Identifier: MIT */
/* Figure 2's view of a sweep: branches of the first seed. */
#ifndef SPNI_PLOT_FIGURE2_H
#define SPNI_PLOT_FIGURE2_H

#include "plot/shared.h"

enum { SPNI_ERROR, SPNI_CURVATURE, SPNI_NORM, SPNI_QUANTITIES };

/* A branch: the rows of one chain. phase -1: none stated. */
typedef struct spni_branch {
    int64_t direction; /* as in the table */
    const char *word;  /* "up", "down", "quench" */
    int64_t phase;
    int64_t leg; /* 0 where the chain has one */
    int64_t count;
    int64_t *rows; /* into the table */
} spni_branch;

typedef struct spni_sweep_view {
    const spn_table *points;
    spni_theory_lines lines;                     /* over the beta of all branches */
    int64_t beta, quantities[SPNI_QUANTITIES];   /* columns */
    int64_t modes, trivial;                      /* columns, -1 where absent */
    int64_t test_error, accuracy, test_accuracy; /* likewise, also where there is no number */
    int64_t branch_count;
    spni_branch *branches;
} spni_sweep_view;

/* Does the number of active modes change between rows i and i + 1 of a branch? */
bool spni_is_jump(const spni_sweep_view *view, const spni_branch *branch, int64_t i);

/* A cell of row i of a branch. */
double spni_branch_real(const spni_sweep_view *view, const spni_branch *branch, int64_t i,
                        int64_t column);

/* Some branch of this direction, with (is_phase) or without a phase that it starts from? */
bool spni_has_branch(const spni_sweep_view *view, const char *word, bool is_phase);

/* What happens on the way down from the phase with no active mode, and why where T14 says it. Appends
 * nothing where the results do not tell. */
void spni_figure2_hysteresis(const spn_results *results, const spni_sweep_view *view,
                             spn_text *text);

/* The caption. Free text->text with spn_release(). */
void spni_figure2_caption(const spn_results *results, const spni_sweep_view *view, spn_text *text);

#endif
