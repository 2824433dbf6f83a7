/* SPDX-License-Identifier: MIT */
/* Figure 2's view of sweeps: their chains as lines, with jumps where they were located. */
#ifndef SPNI_PLOT_FIGURE2_H
#define SPNI_PLOT_FIGURE2_H

#include "plot/quantities.h"

#include <spinodal/kind.h>

/* Where a chain was seen: at a point of its grid, or at an end of the bracket of a jump. */
typedef struct spni_station {
    double beta;
    const spn_state *state;
    const spn_sweep_record *point; /* NULL: not of the grid */
    bool is_behind_jump;           /* the line breaks before it */
} spni_station;

/* A branch: the points of one chain, or of one leg of it. phase -1: none stated. */
typedef struct spni_drawn_branch {
    int64_t source;                      /* number of the results that it is of */
    int64_t seed, direction, phase, leg; /* as in the records; leg 0 where the chain has one */
    int64_t count;
    const spn_sweep_record **points;
    int64_t station_count;
    spni_station *stations; /* points and ends of jumps in the order of the chain */
} spni_drawn_branch;

typedef struct spni_sweep_view {
    spni_theory_lines lines;                /* over the beta of all branches */
    bool has_test_error, has_test_accuracy; /* there is a number somewhere */
    int64_t source_count;
    const char *const *names; /* of the sources; NULL: there is one */
    int64_t seed_count;
    bool is_asked;        /* the panels were asked for; false: those of Figure 2 */
    int64_t column_count; /* panels */
    const spni_quantity *columns;
    int64_t branch_count, branch_capacity;
    spni_drawn_branch *branches; /* one chain after the other, as they stand in the tables */
} spni_sweep_view;

/* Take a source's points into the view. */
spn_status spni_sweep_view_add(spn_context *context, spn_arena *arena, const spn_results *results,
                               spni_sweep_view *view);

/* A panel with a quantity of all branches; seeds: spn_plot_seeds. */
void spni_sweep_panel(spni_canvas *canvas, const spni_sweep_view *view,
                      const spni_quantity *quantity, int64_t seeds);

/* "up", "down", "quench". */
const char *spni_branch_word(const spni_drawn_branch *branch);

/* Does the number of active modes change between points i and i + 1 of a branch? */
bool spni_is_jump(const spni_drawn_branch *branch, int64_t i);

/* What happens on the way down from the phase with no active mode, and why where T14 says it. Appends
 * nothing where the results do not tell. */
void spni_figure2_way_down(const spn_results *results, const spni_sweep_view *view, spn_text *text);

void spni_figure2_caption(const spn_results *results, const spni_sweep_view *view, spn_text *text);

#endif
