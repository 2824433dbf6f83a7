/* SPDX-License-Identifier: MIT */
/* A figure of results under construction: panels, their series and the points of these are added at the end, one after the
 * other. The first failure sticks, nothing is drawn after it, and spni_canvas_render() tells it: what is drawn in between
 * needs no checks. */
#ifndef SPNI_PLOT_CANVAS_H
#define SPNI_PLOT_CANVAS_H

#include <spinodal/plot.h>
#include <spinodal/text.h>
#include <spinodal/theory.h>

enum { SPNI_PANELS_MAX = 26 };

typedef struct spni_canvas {
    spn_context *context;
    spn_arena *arena; /* of all that is drawn */
    const spn_results *results;
    spn_status status;
    spn_figure figure; /* name, axis and size are set by the caller */
    spn_panel panels[SPNI_PANELS_MAX];
    spn_text caption;
    spn_series *series;    /* of the last panel */
    double *x, *y, *other; /* of the last series */
    int64_t series_capacity, point_capacity, guide_capacity;
    spn_guide *guides;
    spn_panel spare_panel; /* drawn on after a failure, and never shown */
    spn_series spare_series;
} spni_canvas;

/* A page without panels. */
spn_status spni_canvas_begin(spn_context *context, const spn_results *results, spni_canvas *canvas);
/* Render what was drawn, unless something failed before: in labels of panels θ becomes the letter of the results' own
 * regulariser. */
spn_status spni_canvas_render(spni_canvas *canvas, const char *directory,
                              const spn_plot_settings *settings);
void spni_canvas_end(spni_canvas *canvas);

/* A panel whose axis is chosen from its data; it can be changed until the canvas ends. */
spn_panel *spni_add_panel(spni_canvas *canvas, const char *y_label);
/* A series without points in the last panel, looking like `look`; it can be changed until the next one is added. */
spn_series *spni_add_series(spni_canvas *canvas, spn_series look);
/* A point of the last series. */
void spni_add_point(spni_canvas *canvas, double x, double y);
/* A place of the last series, whose area is filled from y to other. */
void spni_add_span(spni_canvas *canvas, double x, double y, double other);
/* The line of the last series breaks here. */
void spni_add_gap(spni_canvas *canvas);
/* A line of its own between two points. */
void spni_add_segment(spni_canvas *canvas, double x, double y, double to_x, double to_y);
void spni_add_guide(spni_canvas *canvas, spn_guide guide);

/* A number of a record, by its place in the struct. */
double spni_real_at(const void *record, size_t offset);

/* A text that lives as long as the canvas. */
const char *spni_label(spni_canvas *canvas, const char *format, ...) SPN_PRINTF_LIKE(2, 3);
/* A name from outside (a file, a column) as gnuplot shows it letter by letter. At most 255 letters. */
const char *spni_plain(spni_canvas *canvas, const char *name);

/* Linear theory in a figure that covers beta from low to high. */
typedef struct spni_theory_lines {
    int64_t count;
    const spn_theory_mode *modes;
    double low, high;
} spni_theory_lines;

/* Closed forms as guides: spinodals dashed, Maxwell points dotted. */
void spni_add_theory(spni_canvas *canvas, const spni_theory_lines *lines);

/* What they are, for the caption; nothing where no line is drawn. */
void spni_put_theory(spn_text *text, const spni_theory_lines *lines);

#endif
