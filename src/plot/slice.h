/* SPDX-License-Identifier: MIT */
/* What figures of slices share. */
#ifndef SPNI_PLOT_SLICE_H
#define SPNI_PLOT_SLICE_H

#include "plot/shared.h"

#include <spinodal/kind.h>

/* A file of slices. */
typedef struct spni_slice_view {
    int64_t slice_count, point_count, anchor_count, level_count, potential_count;
    const spn_slice_record *slices;
    const spn_slice_point *points; /* slice by slice */
    const spn_slice_anchor *anchors;
    const spn_slice_level *levels;
    const spn_norm_record *potential; /* of Figure 1 only */
    const char *const *names;         /* of the anchors */
} spni_slice_view;

/* Everything lives in the arena. */
spn_status spni_slice_view_make(spn_context *context, spn_arena *arena, const spn_results *results,
                                spni_slice_view *view);

/* The grid of a slice, row by row. */
const spn_slice_point *spni_slice_points(const spni_slice_view *view, int64_t slice);

/* L = E + beta |theta|^2. */
double spni_slice_loss(const spn_slice_point *point, double beta);

/* "BEFORE = 0.3BEHIND" for legends, in the arena; NULL on failure. */
const char *spni_slice_beta(spn_arena *arena, const char *before, const char *behind, double beta);

/* Markers at the inner minima of a line. */
spn_status spni_slice_minima(spn_context *context, spn_arena *arena, const spn_series *line,
                             spn_series *out);

/* A plane as contour maps and surfaces, one for each of its levels. */
spn_status spni_slice_render_plane(spn_context *context, spn_arena *arena,
                                   const spni_slice_view *view, int64_t slice, const char *name,
                                   const char *caption, const char *directory,
                                   const spn_plot_settings *settings);

/* The caption of the figure of one slice. */
void spni_slice_caption(const spn_results *results, const spni_slice_view *view, int64_t slice,
                        spn_text *text);

/* Its numbers: the points that each slice goes through, and its smallest L. */
void spni_slice_caption_numbers(const spni_slice_view *view, spn_text *text);

/* Figure 1, from a file with the table `potential`. */
spn_status spni_plot_figure1(spn_context *context, spn_arena *arena, const spn_results *results,
                             const spni_slice_view *view, const char *directory,
                             const spn_plot_settings *settings);

#endif
