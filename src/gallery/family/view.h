/* SPDX-License-Identifier: MIT */
/* What the figures of families share. */
#ifndef SPNI_PLOT_FAMILY_H
#define SPNI_PLOT_FAMILY_H

#include <spinodal/gallery.h>

#include <spinodal/kind.h>
#include <spinodal/network.h>
#include <spinodal/theory.h>

typedef struct spni_family_view {
    spn_context *context;
    spn_arena *arena;
    int64_t run_count, transition_count, point_count;
    const spn_family_run *runs;
    const spn_family_transition *transitions; /* of a run together, the weakest mode first */
    const spn_family_point *points;           /* of a run and phase together, by beta */
} spni_family_view;

/* Read the tables; SPN_ERROR_INPUT where one is missing. Everything lives in view->arena. */
spn_status spni_family_view_make(const spn_results *results, spni_family_view *view);

/* "tanh", "linear". */
const char *spni_family_activation(int64_t activation);
/* "no transition", "first order", "second order". */
const char *spni_family_order(int64_t order);

/* Points of a series under construction. */
typedef struct spni_path {
    int64_t count;
    double *x, *y;
} spni_path;
spn_status spni_path_begin(const spni_family_view *view, int64_t capacity, spni_path *path);
void spni_path_put(spni_path *path, double x, double y);
void spni_path_end(const spni_path *path, spn_series *series);

/* All transitions with their numbers, for a caption. */
void spni_family_put_transitions(const spni_family_view *v, spn_text *text);

#endif
