/* SPDX-License-Identifier: MIT */
/* The figure's view of a file of branches. */
#ifndef SPNI_PLOT_BRANCHES_H
#define SPNI_PLOT_BRANCHES_H

#include "plot/canvas.h"

#include <spinodal/kind.h>

enum { SPNI_BRANCH_NORM, SPNI_BRANCH_ERROR, SPNI_BRANCH_LOSS, SPNI_BRANCH_CURVATURE, SPNI_PANELS };

/* A state in all panels. SPNI_BRANCH_LOSS: L - F, F the smallest L known at its beta; NaN where none is. */
typedef struct spni_drawn_state {
    double beta, loss;
    double y[SPNI_PANELS];
} spni_drawn_state;

/* A piece of a branch between two neighbouring states. */
typedef struct spni_piece {
    int64_t phase; /* -1: unstable */
    int64_t from, to;
} spni_piece;

typedef struct spni_branches_view {
    spn_branches_contents c;
    spn_branch_record *points; /* by branch and place */
    const spn_special_record *specials;
    const spn_phase_record *phases;
    const spn_maxwell_record *maxwell;
    spni_drawn_state *states;     /* of the points, then of the specials */
    spni_drawn_state *coexisting; /* of both phases of each Maxwell point */
    int64_t branch_count, piece_count;
    spni_piece *pieces;
    double loss_high; /* end of the loss axis; NaN: from the data */
    bool is_grouped;  /* many phases: those with as many modes look alike, and marks are fewer */
    int64_t panel_count;
    int panels[SPNI_PANELS_MAX]; /* what is drawn, in its order */
    spni_theory_lines lines;
} spni_branches_view;

/* L and its slope dL/dbeta = |theta|^2 (T9). */
typedef struct spni_knot {
    double beta, loss, slope;
} spni_knot;
/* L between two of them: cubic Hermite interpolation. */
double spni_loss_between(const spni_knot *a, const spni_knot *b, double beta);

typedef struct spni_free_energy spni_free_energy;
/* F(beta), from the view's states and pieces. */
spn_status spni_free_energy_make(spn_context *context, spn_arena *arena,
                                 const spni_branches_view *view, spni_free_energy **out);
double spni_free_energy_at(const spni_free_energy *energy, double beta);

/* Everything lives in the arena. */
spn_status spni_branches_view_make(spn_context *context, spn_arena *arena,
                                   const spn_results *results, spni_branches_view *view);

void spni_branches_caption(const spn_results *results, const spni_branches_view *view,
                           spn_text *text);

#endif
