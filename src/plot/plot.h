/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef SPNI_PLOT_PLOT_H
#define SPNI_PLOT_PLOT_H

#include <spinodal/plot.h>

/* Formats of a figure, in the order of the script. */
enum { SPNI_FORMAT_SVG, SPNI_FORMAT_PDF, SPNI_FORMAT_PNG, SPNI_FORMAT_COUNT };
extern const char *const spni_format_suffix[SPNI_FORMAT_COUNT];

/* SPN_ERROR_ARGUMENT for a description that cannot be drawn. */
spn_status spni_figure_check(spn_context *context, const spn_figure *figure);

/* Can the point be drawn (finite, positive on logarithmic axes)? */
bool spni_point_is_good(const spn_figure *figure, const spn_panel *panel, double x, double y);

/* Position of a value along an axis, in the axis' own units (logarithms taken). */
double spni_axis_position(spn_axis_scale scale, double linear, double value);
double spni_axis_value(spn_axis_scale scale, double linear, double position);

/* v0 of a panel's symmetric-log axis. */
double spni_panel_linear(const spn_panel *panel);

/* Ranges in values: as wished, else the data's with a margin. */
typedef struct spni_range {
    double low, high;
} spni_range;
spni_range spni_figure_x_range(const spn_figure *figure);
spni_range spni_panel_y_range(const spn_figure *figure, const spn_panel *panel);

/* Number of drawable points of a series. */
int64_t spni_series_points(const spn_figure *figure, const spn_panel *panel,
                           const spn_series *series);

/* Absolute names of the files that gnuplot reads and writes. */
typedef struct spni_drawing {
    const char *script, *data;
    const char *figures[SPNI_FORMAT_COUNT];
    double
        seconds; /* that gnuplot may take; it is ended after them, or when the context is cancelled */
} spni_drawing;

/* Run gnuplot in `directory`. There is no such program: *is_missing, and no error. */
spn_status spni_gnuplot_run(spn_context *context, const char *program, const char *directory,
                            const spni_drawing *drawing, bool *is_missing);

/* Is the file a complete figure of this format? The PDF's date of creation is set to 1970, unless it is compressed
 * (cairo 1.18): then *is_dated. `path` is its final name, for messages. */
spn_status spni_figure_file_finish(spn_context *context, const char *file, const char *path,
                                   int format, bool *is_dated);

/* Does a complete figure of this format stand at `path`? */
bool spni_figure_file_is_complete(spn_context *context, const char *path, int format);

#endif
