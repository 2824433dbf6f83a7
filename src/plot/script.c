/* SPDX-License-Identifier: MIT */
/* The gnuplot script and its data file.
 *
 * The data file holds one block per drawn series (gnuplot's "index"), raw numbers; transformations stand in
 * the script. Lengths are given in inches and turned into fractions of the page, so that the three
 * terminals show the same figure. */
#include "plot/pen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_WIDTH 3.4
#define PANEL_HEIGHT 1.75
#define LEFT 0.60
#define RIGHT 0.10
#define BOTTOM 0.43
#define TOP 0.08
#define GUIDE_LABEL_HEIGHT 0.15
#define LEGEND_ROW_HEIGHT 0.12
#define LEGEND_LEFT 0.42
#define GAP 0.07
#define GUIDE_LABEL_WIDTH 0.40
#define Y_TICKS_PER_INCH 3.2
#define X_TICKS_PER_INCH 2.0
#define TICK_LABEL_HEIGHT 0.14
#define LABELLED_DECADES 2.5

static const char *const color_codes[SPN_COLOR_COUNT] = {
    [SPN_COLOR_BLACK] = "#000000",     [SPN_COLOR_BLUE] = "#0072B2",
    [SPN_COLOR_VERMILION] = "#D55E00", [SPN_COLOR_GREEN] = "#009E73",
    [SPN_COLOR_PURPLE] = "#CC79A7",    [SPN_COLOR_ORANGE] = "#E69F00",
    [SPN_COLOR_SKY] = "#56B4E9",       [SPN_COLOR_YELLOW] = "#F0E442",
    [SPN_COLOR_GREY] = "#777777",
};
static const int marker_codes[] = {
    [SPN_MARKER_NONE] = 0,           [SPN_MARKER_CIRCLE] = 7,      [SPN_MARKER_TRIANGLE] = 11,
    [SPN_MARKER_SQUARE] = 5,         [SPN_MARKER_DIAMOND] = 13,    [SPN_MARKER_OPEN_CIRCLE] = 6,
    [SPN_MARKER_OPEN_TRIANGLE] = 10, [SPN_MARKER_OPEN_SQUARE] = 4, [SPN_MARKER_OPEN_DIAMOND] = 12,
};
static const char *const dash_codes[] = {
    [SPN_LINE_NONE] = "solid",
    [SPN_LINE_SOLID] = "solid",
    [SPN_LINE_DASHED] = "(9,5)",
    [SPN_LINE_DOTTED] = "(2,4)",
};

static void put_block(spni_pen *p, const spn_figure *figure, const spn_panel *panel,
                      const spn_series *series)
{
    bool is_broken = false;
    bool has_points = false;
    for (int64_t i = 0; i < series->count; i++) {
        if (!spni_point_is_good(figure, panel, series->x[i], series->y[i])) {
            is_broken = has_points;
            continue;
        }
        if (is_broken) {
            PUT(p, "\n");
        }
        is_broken = false;
        has_points = true;
        spni_pen_real(p, series->x[i]);
        PUT(p, " ");
        spni_pen_real(p, series->y[i]);
        PUT(p, "\n");
    }
}

spn_status spni_write_data(spn_context *context, const spn_figure *figure, spn_output *output)
{
    if (figure->map != NULL) {
        return spni_write_map_data(context, figure, output);
    }
    spni_pen p = {context, output, SPN_OK};
    int64_t block = 0;
    PUT(&p, "# Data of %s.gp: one block per series, two blank lines between blocks. Columns: ",
        figure->name);
    spni_pen_comment(&p, figure->x_label);
    PUT(&p, ", then the panel's quantity.\n");
    for (int64_t i = 0; i < figure->panel_count; i++) {
        const spn_panel *panel = &figure->panels[i];
        for (int64_t k = 0; k < panel->series_count; k++) {
            const spn_series *series = &panel->series[k];
            if (spni_series_points(figure, panel, series) == 0) {
                continue;
            }
            PUT(&p, "%s# index %lld: panel (%c), ", block > 0 ? "\n\n" : "", (long long)block,
                (char)('a' + i));
            spni_pen_comment(&p, panel->y_label);
            PUT(&p, ": ");
            spni_pen_comment(&p, series->label != NULL ? series->label : "(no label)");
            PUT(&p, "\n");
            put_block(&p, figure, panel, series);
            block++;
        }
    }
    return p.status;
}

typedef struct page {
    double width, height, top;
    int64_t rows, columns; /* of panels */
    int64_t legend_rows;
    bool has_legends; /* above the panels, each above its own column */
    spni_range x;
} page;

static bool has_guide_labels(const spn_figure *figure)
{
    for (int64_t i = 0; i < figure->guide_count; i++) {
        if (figure->guides[i].label != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_in_range(const page *g, double x)
{
    return x >= g->x.low && x <= g->x.high;
}

/* Entries of a panel's legend above the panels. */
static int64_t legend_entries(const spn_figure *figure, const page *g, const spn_panel *panel)
{
    int64_t entries = 0;
    for (int64_t k = 0; k < panel->series_count; k++) {
        const spn_series *s = &panel->series[k];
        entries += s->label != NULL && spni_series_points(figure, panel, s) > 0;
    }
    for (int64_t k = 0; k < figure->guide_count; k++) {
        entries += figure->guides[k].note != NULL && is_in_range(g, figure->guides[k].x);
    }
    return entries;
}

/* Each has two columns. Where there are several they stand side by side. */
static void count_legends(const spn_figure *figure, page *g)
{
    int64_t most = 0, legends = 0;
    for (int64_t i = 0; i < figure->panel_count; i++) {
        if (figure->panels[i].legend == SPN_LEGEND_ABOVE) {
            const int64_t entries = legend_entries(figure, g, &figure->panels[i]);
            most = entries > most ? entries : most;
            legends++;
        }
    }
    g->legend_rows = (most + 1) / 2;
    g->has_legends = legends > 1;
}

static page make_page(const spn_figure *figure)
{
    page g = {.width = figure->width, .height = figure->height};
    g.columns = figure->columns > 0 ? figure->columns : 1;
    g.rows = (figure->panel_count + g.columns - 1) / g.columns;
    g.x = spni_figure_x_range(figure);
    count_legends(figure, &g);
    g.top = TOP + (has_guide_labels(figure) ? GUIDE_LABEL_HEIGHT : 0) +
            LEGEND_ROW_HEIGHT * (double)g.legend_rows;
    g.width = g.width > 0 ? g.width : COLUMN_WIDTH;
    if (!(g.height > 0)) {
        g.height = BOTTOM + g.top + PANEL_HEIGHT * (double)g.rows + GAP * (double)(g.rows - 1);
    }
    return g;
}

static double panel_height(const page *g)
{
    return (g->height - BOTTOM - g->top - GAP * (double)(g->rows - 1)) / (double)g->rows;
}

static double panel_width(const page *g)
{
    return g->width / (double)g->columns - LEFT - RIGHT;
}

/* A tick distance of 1, 2 or 5 times a power of ten, for about `ticks` ticks; *minor of them
 * between two. */
static double choose_step(double span, double ticks, int *minor)
{
    const double rough = span / fmax(2, ticks);
    const double power = pow(10, floor(log10(rough)));
    const double ratio = rough / power;
    const int step = ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10;
    *minor = step == 2 ? 4 : 5;
    return step * power;
}

static void put_common(spni_pen *p, const spn_figure *figure, const page *g)
{
    PUT(p,
        "set multiplot\n"
        "set border 15 lw 0.6\n"
        "set tics in front scale 0.7,0.35\n"
        "set xtics mirror\n"
        "set ytics mirror\n"
        "set key samplen 1.8 spacing 0.95 width -1 font KEYFONT opaque Left reverse noautotitle\n");
    if (figure->x_scale == SPN_AXIS_LOG) {
        PUT(p, "set logscale x\nset mxtics 10\n");
    } else {
        int minor = 0;
        const double ticks = X_TICKS_PER_INCH * panel_width(g);
        const double step = choose_step(g->x.high - g->x.low, ticks, &minor);
        PUT(p, "set xtics ");
        spni_pen_real(p, figure->x_step > 0 ? figure->x_step : step);
        PUT(p, "\nset mxtics %d\n", figure->x_step > 0 ? 1 : minor);
    }
    PUT(p, "set xrange [");
    spni_pen_real(p, g->x.low);
    PUT(p, ":");
    spni_pen_real(p, g->x.high);
    PUT(p, "]\n");
}

static void put_guides(spni_pen *p, const spn_figure *figure, const page *g, bool has_labels)
{
    double last = -HUGE_VAL;
    const double inches = panel_width(g);
    const double start = spni_axis_position(figure->x_scale, 1, g->x.low);
    const double length = spni_axis_position(figure->x_scale, 1, g->x.high) - start;
    for (int64_t i = 0; i < figure->guide_count; i++) {
        const spn_guide *guide = &figure->guides[i];
        if (!is_in_range(g, guide->x)) {
            continue;
        }
        PUT(p, "set arrow from ");
        spni_pen_real(p, guide->x);
        PUT(p, ", graph 0 to ");
        spni_pen_real(p, guide->x);
        PUT(p, ", graph 1 nohead back lc rgb '%s' lw 0.7 dt %s\n", color_codes[SPN_COLOR_GREY],
            dash_codes[guide->line]);
        double place = (spni_axis_position(figure->x_scale, 1, guide->x) - start) / length * inches;
        if (has_labels && guide->label != NULL && fabs(place - last) >= GUIDE_LABEL_WIDTH) {
            last = place;
            PUT(p, "set label ");
            spni_pen_quoted(p, guide->label);
            PUT(p, " at ");
            spni_pen_real(p, guide->x);
            PUT(p, ", graph 1 center offset 0,0.6\n");
        }
    }
}

static void put_tick(spni_pen *p, bool *is_first, const char *label, double value, bool is_major)
{
    PUT(p, "%s'%s' ", *is_first ? "" : ", ", label);
    spni_pen_real(p, value);
    if (!is_major) {
        PUT(p, " 1");
    }
    *is_first = false;
}

/* Ticks of a symmetric-log axis, in positions: 0, +-v0 10^k with labels, 2 to 9 times those without. */
static void put_symmetric_ticks(spni_pen *p, const spn_panel *panel, spni_range y, double inches)
{
    const double v0 = spni_panel_linear(panel);
    const double span = spni_axis_position(panel->y_scale, v0, y.high) -
                        spni_axis_position(panel->y_scale, v0, y.low);
    /* +-v0 lie close to 0: without a label where it would not fit. */
    const bool is_tight =
        spni_axis_position(panel->y_scale, v0, v0) / span * inches < TICK_LABEL_HEIGHT;
    const double largest = fmax(fabs(y.low), fabs(y.high));
    bool is_first = true;
    PUT(p, "set ytics (");
    put_tick(p, &is_first, "0", 0, true);
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int k = 0; k < 300 && v0 * pow(10, k) <= largest; k++) {
            char label[64];
            double decade = v0 * pow(10, k);
            if (k == 0 && is_tight) {
                label[0] = '\0';
            } else if (decade > 0.09 && decade < 50) {
                snprintf(label, sizeof label, "%s%g", sign < 0 ? "−" : "", decade);
            } else {
                snprintf(label, sizeof label, "%s10^{%d}", sign < 0 ? "−" : "",
                         (int)lround(log10(decade)));
            }
            for (int m = 1; m <= 9; m++) {
                double value = sign * m * decade;
                if (value >= y.low && value <= y.high) {
                    put_tick(p, &is_first, m == 1 ? label : "",
                             spni_axis_position(panel->y_scale, v0, value), m == 1);
                }
            }
        }
    }
    PUT(p, ")\n");
}

static void put_y_axis(spni_pen *p, const spn_figure *figure, const page *g, const spn_panel *panel,
                       int64_t index)
{
    const spni_range y = spni_panel_y_range(figure, panel);
    const double linear = spni_panel_linear(panel);
    double low = y.low;
    double high = y.high;
    PUT(p, "unset logscale y\nset ytics auto mirror\n");
    if (panel->y_scale == SPN_AXIS_LOG) {
        PUT(p, "set logscale y\nset mytics 10\nset format y '10^{%%T}'\n");
    } else if (panel->y_scale == SPN_AXIS_SYMMETRIC_LOG) {
        PUT(p,
            "# symmetric log: linear below %g, logarithmic above; the data file holds y itself\n",
            linear);
        PUT(p, "symlog_%c(y) = asinh(y / (2.0 * ", (char)('a' + index));
        spni_pen_real(p, linear);
        PUT(p, ")) / log(10)\n");
        low = spni_axis_position(panel->y_scale, linear, y.low);
        high = spni_axis_position(panel->y_scale, linear, y.high);
        PUT(p, "unset mytics\n");
        put_symmetric_ticks(p, panel, y, panel_height(g));
    } else {
        int minor = 0;
        PUT(p, "set format y '%%g'\nset ytics ");
        spni_pen_real(p, choose_step(high - low, Y_TICKS_PER_INCH * panel_height(g), &minor));
        PUT(p, "\nset mytics %d\n", minor);
    }
    PUT(p, "set yrange [");
    spni_pen_real(p, low);
    PUT(p, ":");
    spni_pen_real(p, high);
    PUT(p, "]\n");
}

/* Ticks of a logarithmic x axis with labels; 2 and 5 have one too where there are few powers of ten. */
static void put_log_labels(spni_pen *p, const page *g)
{
    const double decades = log10(g->x.high / g->x.low);
    bool is_first = true;
    PUT(p, "set format x '%s'\n", g->x.low >= 1e-3 && g->x.high <= 1e4 ? "%g" : "10^{%T}");
    if (decades > LABELLED_DECADES) {
        return;
    }
    PUT(p, "set xtics add (");
    for (int k = (int)floor(log10(g->x.low)); k <= (int)floor(log10(g->x.high)); k++) {
        for (int m = 2; m <= 5; m += 3) {
            char label[64];
            const double value = m * pow(10, k);
            if (is_in_range(g, value)) {
                snprintf(label, sizeof label, "%g", value);
                put_tick(p, &is_first, label, value, true);
            }
        }
    }
    PUT(p, ")\n");
}

static void put_title(spni_pen *p, const spn_panel *panel)
{
    const bool is_left =
        panel->title_place == SPN_LEGEND_TOP_LEFT || panel->title_place == SPN_LEGEND_BOTTOM_LEFT;
    const bool is_low = panel->title_place == SPN_LEGEND_BOTTOM_LEFT ||
                        panel->title_place == SPN_LEGEND_BOTTOM_RIGHT;
    if (panel->title == NULL) {
        return;
    }
    PUT(p, "set label ");
    spni_pen_quoted(p, panel->title);
    PUT(p, " at graph %d, graph %d %s offset %s,%s\n", !is_left, !is_low,
        is_left ? "left" : "right", is_left ? "0.8" : "-0.8", is_low ? "0.8" : "-0.9");
}

static void put_place(spni_pen *p, const spn_figure *figure, const page *g, int64_t index)
{
    const double height = panel_height(g);
    const int64_t row = index / g->columns;
    const double top = g->height - g->top - (double)row * (height + GAP);
    const double left = (double)(index % g->columns) * g->width / (double)g->columns;
    PUT(p, "set lmargin at screen ");
    spni_pen_length(p, (left + LEFT) / g->width);
    PUT(p, "\nset rmargin at screen ");
    spni_pen_length(p, (left + LEFT + panel_width(g)) / g->width);
    PUT(p, "\nset tmargin at screen ");
    spni_pen_length(p, top / g->height);
    PUT(p, "\nset bmargin at screen ");
    spni_pen_length(p, (top - height) / g->height);
    PUT(p, "\nset label ");
    spni_pen_quoted(p, figure->panels[index].y_label);
    PUT(p, " at screen ");
    spni_pen_length(p, (left + 0.10) / g->width);
    PUT(p, ", screen ");
    spni_pen_length(p, (top - height / 2) / g->height);
    PUT(p, " rotate by 90 center\n");
    if (figure->panel_count > 1) {
        PUT(p, "set label '{/:Bold (%c)}' at screen ", (char)('a' + index));
        spni_pen_length(p, (left + 0.04) / g->width);
        PUT(p, ", screen ");
        spni_pen_length(p, (top - 0.05) / g->height);
        PUT(p, " left\n");
    }
    if (index + g->columns >= figure->panel_count) {
        if (figure->x_scale == SPN_AXIS_LOG) {
            put_log_labels(p, g);
        } else {
            PUT(p, "set format x '%%g'\n");
        }
        PUT(p, "set label ");
        spni_pen_quoted(p, figure->x_label);
        PUT(p, " at graph 0.5, screen ");
        spni_pen_length(p, 0.09 / g->height);
        PUT(p, " center\n");
    } else {
        PUT(p, "set format x ''\n");
    }
}

static void put_legend(spni_pen *p, const page *g, spn_legend legend, int64_t index)
{
    static const char *const places[] = {
        [SPN_LEGEND_NONE] = "off",
        [SPN_LEGEND_TOP_LEFT] = "on top left",
        [SPN_LEGEND_TOP_RIGHT] = "on top right",
        [SPN_LEGEND_BOTTOM_LEFT] = "on bottom left",
        [SPN_LEGEND_BOTTOM_RIGHT] = "on bottom right",
    };
    if (legend == SPN_LEGEND_ABOVE) {
        const int64_t column = g->has_legends ? index % g->columns : 0;
        PUT(p, "set key on at screen ");
        spni_pen_length(p, LEGEND_LEFT / g->width + (double)column / (double)g->columns);
        PUT(p, ", screen ");
        spni_pen_length(p, 1 - 0.03 / g->height);
        PUT(p, " left top vertical maxrows %lld\n", (long long)g->legend_rows);
        return;
    }
    PUT(p, "set key %s\n", places[legend]);
}

static void put_series(spni_pen *p, const spn_series *series, int64_t block, char letter,
                       bool is_symlog)
{
    const bool has_line = series->line != SPN_LINE_NONE;
    const bool has_marker = series->marker != SPN_MARKER_NONE;
    PUT(p, "data_file index %lld using 1:", (long long)block);
    if (is_symlog) {
        PUT(p, "(symlog_%c($2))", letter);
    } else {
        PUT(p, "2");
    }
    PUT(p, " with %s lc rgb '%s'",
        !has_marker ? "lines"
        : has_line  ? "linespoints"
                    : "points",
        color_codes[series->color]);
    if (has_line) {
        PUT(p, " dt %s", dash_codes[series->line]);
    }
    PUT(p, " lw ");
    spni_pen_length(p, series->width > 0 ? series->width : 1.0);
    if (has_marker) {
        PUT(p, " pt %d ps PS*", marker_codes[series->marker]);
        spni_pen_length(p, 0.4 * (series->marker_size > 0 ? series->marker_size : 1.0));
        if (has_line && series->marker_interval > 1) {
            PUT(p, " pi %lld", (long long)series->marker_interval);
        }
    }
    if (series->label != NULL) {
        PUT(p, " title ");
        spni_pen_quoted(p, series->label);
    }
}

static void put_plots(spni_pen *p, const spn_figure *figure, const page *g, int64_t index,
                      int64_t *block)
{
    const spn_panel *panel = &figure->panels[index];
    const char *separator = "plot ";
    for (int64_t k = 0; k < panel->series_count; k++) {
        if (spni_series_points(figure, panel, &panel->series[k]) == 0) {
            continue;
        }
        PUT(p, "%s", separator);
        put_series(p, &panel->series[k], (*block)++, (char)('a' + index),
                   panel->y_scale == SPN_AXIS_SYMMETRIC_LOG);
        separator = ", \\\n     ";
    }
    for (int64_t i = 0; i < figure->guide_count && panel->legend != SPN_LEGEND_NONE; i++) {
        const spn_guide *guide = &figure->guides[i];
        if (guide->note != NULL && is_in_range(g, guide->x)) {
            PUT(p, "%sNaN with lines lc rgb '%s' lw 0.7 dt %s title ", separator,
                color_codes[SPN_COLOR_GREY], dash_codes[guide->line]);
            spni_pen_quoted(p, guide->note);
            separator = ", \\\n     ";
        }
    }
    if (strcmp(separator, "plot ") == 0) {
        PUT(p, "plot NaN");
    }
    PUT(p, "\n");
}

spn_status spni_write_script(spn_context *context, const spn_figure *figure, spn_output *output)
{
    if (figure->map != NULL) {
        return spni_write_map_script(context, figure, output);
    }
    spni_pen p = {context, output, SPN_OK};
    const page g = make_page(figure);
    int64_t block = 0;
    spni_pen_terminals(&p, figure->name, g.width, g.height);
    put_common(&p, figure, &g);
    for (int64_t i = 0; i < figure->panel_count; i++) {
        PUT(&p, "# panel (%c)\nunset label\nunset arrow\n", (char)('a' + i));
        put_place(&p, figure, &g, i);
        put_title(&p, &figure->panels[i]);
        put_y_axis(&p, figure, &g, &figure->panels[i], i);
        put_guides(&p, figure, &g, i == 0);
        put_legend(&p, &g, figure->panels[i].legend, i);
        put_plots(&p, figure, &g, i, &block);
    }
    PUT(&p, "unset multiplot\nunset output\n}\n");
    return p.status;
}
