/* SPDX-License-Identifier: MIT */
/* What figures of slices share. */
#ifndef SPNI_PLOT_SLICE_H
#define SPNI_PLOT_SLICE_H

#include "plot/canvas.h"

#include <spinodal/kind.h>

/* A file of slices. */
typedef struct spni_slice_view {
    spn_slice_contents c;
    const spn_slice_record *slices;
    const spn_slice_anchor *anchors;
    const spn_slice_level *levels;
} spni_slice_view;

/* The grid of a slice, row by row. */
const spn_slice_point *spni_slice_points(const spni_slice_view *view, int64_t slice);

/* L = E + beta |theta|^2. */
double spni_slice_loss(const spn_slice_point *point, double beta);

/* Markers at the inner minima of a line, as a series. */
const spn_series *spni_add_minima(spni_canvas *canvas, const spn_series *line);

/* A plane as contour maps and surfaces, one for each of its levels, with the canvas' caption. */
spn_status spni_slice_render_plane(spni_canvas *canvas, const spni_slice_view *view, int64_t slice,
                                   const char *name, const char *directory,
                                   const spn_plot_settings *settings);

/* The caption of the figure of one slice. */
void spni_slice_caption(const spn_results *results, const spni_slice_view *view, int64_t slice,
                        spn_text *text);

/* Its numbers: the points that each slice goes through, and its smallest L. */
void spni_slice_caption_numbers(const spni_slice_view *view, spn_text *text);

/* Figure 1, from a file with the table `potential`. */
spn_status spni_plot_figure1(spni_canvas *canvas, const spni_slice_view *view,
                             const char *directory, const spn_plot_settings *settings);

#endif
