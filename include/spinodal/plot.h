/* SPDX-License-Identifier: MIT */
/** @file plot.h  Room `plot`: figures from stored results, drawn by gnuplot.
 *
 *  A figure is described by structs (panels over a common x axis, series, vertical guides). Rendering writes
 *  NAME.gp (the script), NAME.dat (its data) and NAME.txt (the caption), runs gnuplot on them, checks what
 *  it made (NAME.svg, NAME.pdf, NAME.png), and then gives all of them their names. `gnuplot NAME.gp` in that
 *  folder draws the figures again. Equal figures give equal bytes (for one version of gnuplot). */
#ifndef SPINODAL_PLOT_H
#define SPINODAL_PLOT_H

#include <spinodal/base.h>
#include <spinodal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum spn_axis_scale {
    SPN_AXIS_LINEAR,
    SPN_AXIS_LOG,
    /** asinh(v / (2 v0)) / ln 10: linear for |v| << v0, +-log10(|v| / v0) for |v| >> v0. */
    SPN_AXIS_SYMMETRIC_LOG,
} spn_axis_scale;

typedef enum spn_line_style {
    SPN_LINE_NONE,
    SPN_LINE_SOLID,
    SPN_LINE_DASHED,
    SPN_LINE_DOTTED
} spn_line_style;

typedef enum spn_marker {
    SPN_MARKER_NONE,
    SPN_MARKER_CIRCLE,      /**< filled */
    SPN_MARKER_TRIANGLE,    /**< filled, point down */
    SPN_MARKER_SQUARE,      /**< filled */
    SPN_MARKER_DIAMOND,     /**< filled */
    SPN_MARKER_OPEN_CIRCLE, /**< and so on: open ones in the same order */
    SPN_MARKER_OPEN_TRIANGLE,
    SPN_MARKER_OPEN_SQUARE,
    SPN_MARKER_OPEN_DIAMOND,
} spn_marker;

/** Colours of Okabe and Ito, distinguishable with any colour vision. */
typedef enum spn_color {
    SPN_COLOR_BLACK,
    SPN_COLOR_BLUE,
    SPN_COLOR_VERMILION,
    SPN_COLOR_GREEN,
    SPN_COLOR_PURPLE,
    SPN_COLOR_ORANGE,
    SPN_COLOR_SKY,
    SPN_COLOR_YELLOW,
    SPN_COLOR_GREY,
    SPN_COLOR_COUNT,
} spn_color;

typedef struct spn_series {
    const char *label; /**< legend (gnuplot's enhanced text, UTF-8); NULL: not in the legend */
    int64_t count;
    const double *x, *y; /**< NaN in either breaks the line */
    spn_color color;
    spn_line_style line;
    double width; /**< of the line in points; 0: 1.0 */
    spn_marker marker;
    double marker_size;      /**< relative; 0: 1.0 */
    int64_t marker_interval; /**< a marker at every so many points; 0: at each */
    const double *
        other; /**< the area between y and this is filled, instead of a line; NULL: there is none */
} spn_series;

/** A thin vertical line through all panels. */
typedef struct spn_guide {
    double x;
    const char *label; /**< above the top panel; NULL: none. Left out where it would meet another */
    const char *note;  /**< legend entry; NULL: none. Guides of one kind share one entry */
    spn_line_style line;
} spn_guide;

typedef enum spn_legend {
    SPN_LEGEND_NONE,
    SPN_LEGEND_ABOVE, /**< above all panels, in two columns; of several panels in a row, above the column of each */
    SPN_LEGEND_TOP_LEFT,
    SPN_LEGEND_TOP_RIGHT,
    SPN_LEGEND_BOTTOM_LEFT,
    SPN_LEGEND_BOTTOM_RIGHT,
} spn_legend;

typedef struct spn_panel {
    const char *y_label;
    spn_axis_scale y_scale;
    double y_linear;      /**< symmetric log: v0; 0: 1 */
    double y_low, y_high; /**< NaN: from the data */
    int64_t series_count;
    const spn_series *series;
    spn_legend legend;
    const char *title;      /**< inside, in a corner; NULL: none */
    spn_legend title_place; /**< which corner */
} spn_panel;

/** A marked place of a map. */
typedef struct spn_map_mark {
    double x, y;
    const char *label; /**< beside it; NULL: none */
} spn_map_mark;

/** Heights over one grid of a plane: each a row of the page, as a contour map and as a surface. */
typedef struct spn_map_level {
    const char *title;
    const double *z;      /**< rows x columns, row by row */
    double z_low, z_high; /**< range that is coloured; what lies above is cut off */
    const double *mark_z; /**< heights of the marks */
} spn_map_level;

typedef struct spn_map {
    int64_t columns, rows; /**< of the grid, at least 2 of each */
    const double *x, *y;   /**< columns, rows: ascending, not necessarily equally spaced */
    const char *y_label, *z_label;
    int64_t level_count;
    const spn_map_level *levels;
    int64_t mark_count;
    const spn_map_mark *marks;
} spn_map;

typedef struct spn_figure {
    const char *name; /**< file names: "fig2"; letters, digits, - and _ */
    const char
        *part; /**< of a second figure of the same results, whose files are NAME-PART; NULL */
    const char *x_label;
    spn_axis_scale x_scale; /**< linear or log */
    double x_low, x_high;   /**< NaN: from the data */
    double x_step;          /**< between its ticks; 0: chosen */
    double width, height; /**< inches; 0: 3.4 wide (one column of a journal), 1.75 per panel high */
    int64_t columns;      /**< of panels, which fill row by row; 0: 1, all stacked */
    int64_t panel_count;  /**< letters (a), (b), ... when more than one */
    const spn_panel *panels;
    int64_t guide_count;
    const spn_guide *guides;
    const char *caption; /**< text of NAME.txt; NULL: no file */
    const spn_map *map;  /**< drawn instead of panels; NULL: panels */
} spn_figure;

/** Seconds that gnuplot may take for one figure before it is ended. */
#define SPN_GNUPLOT_SECONDS 120.0

/** A column of the table of points as a panel. */
typedef struct spn_plot_column {
    const char *name; /**< "error", "susceptibility" */
    int64_t scale;    /**< spn_axis_scale; SPN_PLOT_OWN: as the figure chooses */
} spn_plot_column;
enum { SPN_PLOT_OWN = -1 };

/** What becomes of several random starts. */
typedef enum spn_plot_seeds {
    SPN_SEEDS_LINES, /**< each is drawn, the first one strongest */
    SPN_SEEDS_FIRST,
    SPN_SEEDS_BAND, /**< from the smallest to the largest value of all at each beta */
} spn_plot_seeds;

/** A page of one or two columns of a journal, 3.4 or 7 inches wide; of two, panels stand side by side. */
typedef enum spn_plot_page { SPN_PAGE_OWN, SPN_PAGE_ONE, SPN_PAGE_TWO } spn_plot_page;

/** Further results over which the first ones are drawn, with a name each (spn_plot_settings). */
typedef struct spn_plot_overlay {
    int64_t count;
    const spn_results *const *results;
    const char *const *names; /**< count + 1: of the first results, then of these */
} spn_plot_overlay;

typedef struct spn_plot_settings {
    bool force; /**< replace existing files */
    bool
        is_repeated; /**< without force: files with the very bytes that are drawn stay, others are refused */
    const char *gnuplot;    /**< program; NULL: "gnuplot" from the search path */
    const char *name;       /**< of the files, instead of the figure's own */
    double gnuplot_seconds; /**< 0: SPN_GNUPLOT_SECONDS */
    /* Of figures over beta or the epoch; other figures refuse what they cannot do (SPN_ERROR_INPUT). */
    int64_t column_count; /**< 0: the panels that the figure has of its own */
    const spn_plot_column *columns;
    const spn_axis_scale *x_scale; /**< linear or log; NULL: as the figure chooses */
    const double *x_range;         /**< two numbers; NULL: from the data */
    int64_t page;                  /**< spn_plot_page */
    int64_t seeds;                 /**< spn_plot_seeds; of sweeps */
    bool hides_theory;             /**< no lines of closed forms */
    spn_plot_overlay overlay;      /**< of sweeps */
} spn_plot_settings;

/** Draw a figure into `directory` (which exists); a message says where it is. `settings` may be NULL. SPN_ERROR_IO: files exist (without
 *  force), cannot be written, gnuplot is missing (the script, data and caption are then in place and the message
 *  says how to go on), fails (its own message is quoted) or takes too long. SPN_ERROR_ARGUMENT: bad description;
 *  SPN_ERROR_INTERRUPTED: cancelled while gnuplot ran. After any other
 *  failure than a missing gnuplot nothing new stands under the figure's names: the call can be repeated. */
spn_status spn_plot_render(spn_context *context, const spn_figure *figure, const char *directory,
                           const spn_plot_settings *settings);

/** Figure 2 from a sweep: over beta, (a) the error, (b) the scalar curvature of the error surface on a
 *  symmetric-log axis, (c) the distance to the origin |theta|, for the first seed; upward branch,
 *  downward branches from each phase, quenches. Needs the table points of
 *  sweep.h (SPN_ERROR_INPUT otherwise; the message does not know the file's name, the caller does). The columns spinodal_beta and maxwell_beta of the table
 *  "theory", where present, become guides. The x axis is logarithmic where the betas are spaced so. The
 *  caption quotes the configuration, says what happens on the way down from the phase with no active
 *  mode, and why where the table "layout" and the configuration tell (T14). */
spn_status spn_plot_figure2(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings);

/** All phases of a problem, from a file of branches: over beta, (a) |theta|, (b) the error, (c) the loss less
 *  that of the globally stable phase, so that swallowtails show, (d) the scalar curvature of the error
 *  surface on a symmetric-log axis. Stable branches are broad and have their phase's colour, unstable
 *  ones are thin; folds, branch points and Maxwell points have markers; closed forms are guides as in
 *  Figure 2. Needs the tables points, specials, phases (with the texts "name") and maxwell with the
 *  columns of continuation.h (SPN_ERROR_INPUT otherwise, without the file's name). The axis of beta is logarithmic
 *  where most special points lie below a tenth of its end. The files are called "branches". */
spn_status spn_plot_branches(spn_context *context, const spn_results *results,
                             const char *directory, const spn_plot_settings *settings);

/** Slices: of a line, L along it for each beta, its minima and the points that it goes through marked, and below
 *  it the scalar curvature where that was measured; of a plane, for each beta a contour map and the surface.
 *  With the table "potential" (a file of `reproduce fig1`) Figure 1 instead: the lines through the phases at
 *  three betas and the Landau potential E(n) + beta n below each other ("fig1"), and the plane ("fig1-plane").
 *  Needs the tables slices, points, anchors (with the texts "name") and levels of
 *  slice.h (SPN_ERROR_INPUT otherwise, without the file's name). */
spn_status spn_plot_slice(spn_context *context, const spn_results *results, const char *directory,
                          const spn_plot_settings *settings);

/** Spectra at a point, from a file of spectrum: a panel a spectrum, the density of eigenvalues on a logarithmic axis, each point of
 *  it as a normal distribution (column `width`): from all eigenvalues where they are known, otherwise of the quadrature. Eigenvalues at
 *  the ends are marked, outliers filled. Needs the tables points, spectra, eigenvalues and density (SPN_ERROR_INPUT otherwise, without the file's name). The files are called
 *  "spectrum". */
spn_status spn_plot_spectrum(spn_context *context, const spn_results *results,
                             const char *directory, const spn_plot_settings *settings);

/** Watched training, from a file of grok: over the epoch on a logarithmic axis (epoch 0 at its left edge) the error of each
 *  run (dashed: of test samples), accuracy where there are classes, mode strengths (with test samples |theta|), and where the geometry
 *  was recorded learning_rate lambda_max with its bound 2 and the smallest eigenvalue. Plateaus are marked at the E of their
 *  branch, escapes that their laws predict by open circles. Needs the tables starts (with the texts "name"), runs (texts
 *  "phase"), points, crossings and plateaus of trajectory.h (SPN_ERROR_INPUT otherwise, without the file's name). The
 *  files are called "grok". */
spn_status spn_plot_grok(spn_context *context, const spn_results *results, const char *directory,
                         const spn_plot_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
