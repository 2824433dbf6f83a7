/* SPDX-License-Identifier: MIT */
/* The gnuplot script and its data file.
 *
 * The data file holds one block per drawn series (gnuplot's "index"), raw numbers; transformations stand in
 * the script. Lengths are given in inches and turned into fractions of the page, so that the three
 * terminals show the same figure. */
#include "plot/script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_WIDTH 3.4
#define PANEL_HEIGHT 1.75
#define LEFT 0.60
#define TICK_LABEL_WIDTH 0.34 /* that LEFT has room for */
#define RIGHT 0.10
#define DIGIT_WIDTH 0.07
#define LABEL_MARGIN 0.01
#define LETTER_MARGIN 0.05 /* of wide labels, beside the letter of a panel */
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

static void put_block(spn_text *text, const spn_figure *figure, const spn_panel *panel,
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
            spn_text_add(text, "\n");
        }
        is_broken = false;
        has_points = true;
        spn_text_put(text, "%s %s%s%s\n", REAL(series->x[i]), REAL(series->y[i]),
                     series->other != NULL ? " " : "",
                     series->other != NULL ? REAL(series->other[i]) : "");
    }
}

void spni_put_panel_data(spn_text *text, const spn_figure *figure)
{
    int64_t block = 0;
    spn_text_put(text,
                 "# Data of %s.gp: one block per series, two blank lines between blocks. "
                 "Columns: ",
                 figure->name);
    spni_put_comment(text, figure->x_label);
    spn_text_add(text, ", then the panel's quantity.\n");
    for (int64_t i = 0; i < figure->panel_count; i++) {
        const spn_panel *panel = &figure->panels[i];
        for (int64_t k = 0; k < panel->series_count; k++) {
            const spn_series *series = &panel->series[k];
            if (spni_series_points(figure, panel, series) == 0) {
                continue;
            }
            spn_text_put(text, "%s# index %lld: panel (%c), ", block > 0 ? "\n\n" : "",
                         (long long)block, (char)('a' + i));
            spni_put_comment(text, panel->y_label);
            spn_text_add(text, ": ");
            spni_put_comment(text, series->label != NULL ? series->label : "(no label)");
            spn_text_add(text, "\n");
            put_block(text, figure, panel, series);
            block++;
        }
    }
}

typedef struct page {
    double width, height, top, left, right;
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

static double panel_width(const page *g)
{
    return g->width / (double)g->columns - g->left - g->right;
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

static double x_step(const spn_figure *figure, const page *g, int *minor)
{
    const double step = choose_step(g->x.high - g->x.low, X_TICKS_PER_INCH * panel_width(g), minor);
    *minor = figure->x_step > 0 ? 1 : *minor;
    return figure->x_step > 0 ? figure->x_step : step;
}

static double label_width(const char *label)
{
    const bool has_point = strchr(label, '.') != NULL;
    return DIGIT_WIDTH * ((double)strlen(label) - (has_point ? 0.5 : 0));
}

/* Beside the panels, where the label of the last tick of a linear axis is centred on the end of the axis or nearly: half of it must
 * have room. */
static double right_of(const spn_figure *figure, const page *g)
{
    int minor = 0;
    char label[40];
    if (figure->x_scale == SPN_AXIS_LOG) {
        return RIGHT;
    }
    const double step = x_step(figure, g, &minor);
    const double last = floor(g->x.high / step + 1e-9) * step;
    const double behind = (g->x.high - last) / (g->x.high - g->x.low) * panel_width(g);
    snprintf(label, sizeof label, "%g", last);
    return fmax(RIGHT, label_width(label) / 2 + LABEL_MARGIN - behind);
}

static double panel_height(const page *g)
{
    return (g->height - BOTTOM - g->top - GAP * (double)(g->rows - 1)) / (double)g->rows;
}

/* Labels of the ticks of a linear axis, as put_y_axis() has them; powers of ten are short. */
static double y_labels_width(const spn_figure *figure, const page *g, const spn_panel *panel)
{
    const spni_range y = spni_panel_y_range(figure, panel);
    double widest = 0;
    int minor = 0;
    if (panel->y_scale != SPN_AXIS_LINEAR) {
        return 0;
    }
    const double step = choose_step(y.high - y.low, Y_TICKS_PER_INCH * panel_height(g), &minor);
    for (double k = ceil(y.low / step); k * step <= y.high; k++) {
        char label[40];
        snprintf(label, sizeof label, "%g", k * step);
        widest = fmax(widest, label_width(label));
    }
    return widest;
}

/* Beside the panels, for the axes' titles and the labels of their ticks: all panels begin at one place. */
static double left_of(const spn_figure *figure, const page *g)
{
    double widest = 0;
    for (int64_t i = 0; i < figure->panel_count; i++) {
        widest = fmax(widest, y_labels_width(figure, g, &figure->panels[i]));
    }
    return widest > TICK_LABEL_WIDTH ? LEFT + widest - TICK_LABEL_WIDTH + LETTER_MARGIN : LEFT;
}

static page make_page(const spn_figure *figure)
{
    page g = {.width = figure->width, .height = figure->height, .left = LEFT, .right = RIGHT};
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
    g.left = left_of(figure, &g);
    g.right = right_of(figure, &g);
    return g;
}

static void put_common(spn_text *text, const spn_figure *figure, const page *g)
{
    spn_text_add(
        text,
        "set multiplot\n"
        "set border 15 lw 0.6\n"
        "set tics in front scale 0.7,0.35\n"
        "set xtics mirror\n"
        "set ytics mirror\n"
        "set key samplen 1.8 spacing 0.95 width -1 font KEYFONT opaque Left reverse noautotitle\n");
    if (figure->x_scale == SPN_AXIS_LOG) {
        spn_text_add(text, "set logscale x\n"
                           "set mxtics 10\n");
    } else {
        int minor = 0;
        const double step = x_step(figure, g, &minor);
        spn_text_put(text,
                     "set xtics %s\n"
                     "set mxtics %d\n",
                     REAL(step), minor);
    }
    spn_text_put(text, "set xrange [%s:%s]\n", REAL(g->x.low), REAL(g->x.high));
}

static void put_guides(spn_text *text, const spn_figure *figure, const page *g, bool has_labels)
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
        spn_text_put(text,
                     "set arrow from %s, graph 0 to %s, graph 1 nohead back lc rgb '%s' lw 0.7 "
                     "dt %s\n",
                     REAL(guide->x), REAL(guide->x), color_codes[SPN_COLOR_GREY],
                     dash_codes[guide->line]);
        double place = (spni_axis_position(figure->x_scale, 1, guide->x) - start) / length * inches;
        if (has_labels && guide->label != NULL && fabs(place - last) >= GUIDE_LABEL_WIDTH) {
            last = place;
            spni_put_label(text, "label", guide->label, "at %s, graph 1 center offset 0,0.6",
                           REAL(guide->x));
        }
    }
}

static void put_tick(spn_text *text, bool *is_first, const char *label, double value, bool is_major)
{
    spn_text_put(text, "%s'%s' %s%s", *is_first ? "" : ", ", label, REAL(value),
                 is_major ? "" : " 1");
    *is_first = false;
}

/* "20", "−0.5", "3·10^{4}": m times a decade of a symmetric-log axis, 10^k. */
static void write_symmetric(char *label, size_t size, int sign, int m, double decade)
{
    const char *minus = sign < 0 ? "−" : "";
    if (decade > 0.09 && decade < 50) {
        snprintf(label, size, "%s%g", minus, m * decade);
    } else if (m == 1) {
        snprintf(label, size, "%s10^{%d}", minus, (int)lround(log10(decade)));
    } else {
        snprintf(label, size, "%s%d·10^{%d}", minus, m, (int)lround(log10(decade)));
    }
}

/* How many of 0 and +-v0 10^k an axis shows. */
static int count_symmetric(double v0, spni_range y)
{
    int count = y.low <= 0 && y.high >= 0;
    for (int k = 0; k < 300 && v0 * pow(10, k) <= fmax(fabs(y.low), fabs(y.high)); k++) {
        const double decade = v0 * pow(10, k);
        count += (decade >= y.low && decade <= y.high) + (-decade >= y.low && -decade <= y.high);
    }
    return count;
}

/* Ticks of a symmetric-log axis, in positions: 0, +-v0 10^k with labels, 2 to 9 times those mostly without. */
static void put_symmetric_ticks(spn_text *text, const spn_panel *panel, spni_range y, double inches)
{
    const double v0 = spni_panel_linear(panel);
    const double span = spni_axis_position(panel->y_scale, v0, y.high) -
                        spni_axis_position(panel->y_scale, v0, y.low);
    /* +-v0 lie close to 0: without a label where it would not fit. */
    const bool is_tight =
        spni_axis_position(panel->y_scale, v0, v0) / span * inches < TICK_LABEL_HEIGHT;
    const double largest = fmax(fabs(y.low), fabs(y.high));
    /* Of an axis inside a decade one label alone tells nothing: 2 and 5 have some, too. */
    const bool is_short = count_symmetric(v0, y) < 2;
    bool is_first = true;
    spn_text_add(text, "set ytics (");
    put_tick(text, &is_first, "0", 0, true);
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int k = 0; k < 300 && v0 * pow(10, k) <= largest; k++) {
            for (int m = 1; m <= 9; m++) {
                const double value = sign * m * v0 * pow(10, k);
                const bool is_major = m == 1 || (is_short && (m == 2 || m == 5));
                char label[64] = "";
                if (is_major && !(m == 1 && k == 0 && is_tight)) {
                    write_symmetric(label, sizeof label, sign, m, v0 * pow(10, k));
                }
                if (value >= y.low && value <= y.high) {
                    put_tick(text, &is_first, label, spni_axis_position(panel->y_scale, v0, value),
                             is_major);
                }
            }
        }
    }
    spn_text_add(text, ")\n");
}

static void put_y_axis(spn_text *text, const spn_figure *figure, const page *g,
                       const spn_panel *panel, int64_t index)
{
    const spni_range y = spni_panel_y_range(figure, panel);
    const double linear = spni_panel_linear(panel);
    double low = y.low;
    double high = y.high;
    spn_text_add(text, "unset logscale y\n"
                       "set ytics auto mirror\n");
    if (panel->y_scale == SPN_AXIS_LOG) {
        spn_text_add(text, "set logscale y\n"
                           "set mytics 10\n"
                           "set format y '10^{%T}'\n");
    } else if (panel->y_scale == SPN_AXIS_SYMMETRIC_LOG) {
        spn_text_put(
            text,
            "# symmetric log: linear below %g, logarithmic above; the data file holds y itself\n"
            "symlog_%c(y) = asinh(y / (2.0 * %s)) / log(10)\n"
            "unset mytics\n",
            linear, (char)('a' + index), REAL(linear));
        low = spni_axis_position(panel->y_scale, linear, y.low);
        high = spni_axis_position(panel->y_scale, linear, y.high);
        put_symmetric_ticks(text, panel, y, panel_height(g));
    } else {
        int minor = 0;
        const double ticks = Y_TICKS_PER_INCH * panel_height(g);
        const double step = choose_step(high - low, ticks, &minor);
        spn_text_put(text,
                     "set format y '%%g'\n"
                     "set ytics %s\n"
                     "set mytics %d\n",
                     REAL(step), minor);
    }
    spn_text_put(text, "set yrange [%s:%s]\n", REAL(low), REAL(high));
}

/* Ticks of a logarithmic x axis with labels; 2 and 5 have one too where there are few powers of ten. */
static void put_log_labels(spn_text *text, const page *g)
{
    const double decades = log10(g->x.high / g->x.low);
    bool is_first = true;
    spn_text_put(text, "set format x '%s'\n",
                 g->x.low >= 1e-3 && g->x.high <= 1e4 ? "%g" : "10^{%T}");
    if (decades > LABELLED_DECADES) {
        return;
    }
    spn_text_add(text, "set xtics add (");
    for (int k = (int)floor(log10(g->x.low)); k <= (int)floor(log10(g->x.high)); k++) {
        for (int m = 2; m <= 5; m += 3) {
            char label[64];
            const double value = m * pow(10, k);
            if (is_in_range(g, value)) {
                snprintf(label, sizeof label, "%g", value);
                put_tick(text, &is_first, label, value, true);
            }
        }
    }
    spn_text_add(text, ")\n");
}

static void put_title(spn_text *text, const spn_panel *panel)
{
    const bool is_left =
        panel->title_place == SPN_LEGEND_TOP_LEFT || panel->title_place == SPN_LEGEND_BOTTOM_LEFT;
    const bool is_low = panel->title_place == SPN_LEGEND_BOTTOM_LEFT ||
                        panel->title_place == SPN_LEGEND_BOTTOM_RIGHT;
    if (panel->title == NULL) {
        return;
    }
    spni_put_label(text, "label", panel->title, "at graph %d, graph %d %s offset %s,%s", !is_left,
                   !is_low, is_left ? "left" : "right", is_left ? "0.8" : "-0.8",
                   is_low ? "0.8" : "-0.9");
}

static void put_place(spn_text *text, const spn_figure *figure, const page *g, int64_t index)
{
    const double height = panel_height(g);
    const int64_t row = index / g->columns;
    const double top = g->height - g->top - (double)row * (height + GAP);
    const double left = (double)(index % g->columns) * g->width / (double)g->columns;
    spn_text_put(text,
                 "set lmargin at screen %s\n"
                 "set rmargin at screen %s\n"
                 "set tmargin at screen %s\n"
                 "set bmargin at screen %s\n",
                 LENGTH((left + g->left) / g->width),
                 LENGTH((left + g->left + panel_width(g)) / g->width), LENGTH(top / g->height),
                 LENGTH((top - height) / g->height));
    spni_put_label(text, "label", figure->panels[index].y_label,
                   "at screen %s, screen %s rotate by 90 center", LENGTH((left + 0.10) / g->width),
                   LENGTH((top - height / 2) / g->height));
    if (figure->panel_count > 1) {
        spni_put_letter(text, "label", index, (left + 0.04) / g->width, (top - 0.05) / g->height);
    }
    if (index + g->columns >= figure->panel_count) {
        if (figure->x_scale == SPN_AXIS_LOG) {
            put_log_labels(text, g);
        } else {
            spn_text_add(text, "set format x '%g'\n");
        }
        spni_put_label(text, "label", figure->x_label, "at graph 0.5, screen %s center",
                       LENGTH((top - height - BOTTOM + 0.09) / g->height));
    } else {
        spn_text_add(text, "set format x ''\n");
    }
}

static void put_legend(spn_text *text, const page *g, spn_legend legend, int64_t index)
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
        spn_text_put(text, "set key on at screen %s, screen %s left top vertical maxrows %lld\n",
                     LENGTH(LEGEND_LEFT / g->width + (double)column / (double)g->columns),
                     LENGTH(1 - 0.03 / g->height), (long long)g->legend_rows);
        return;
    }
    spn_text_put(text, "set key %s\n", places[legend]);
}

/* The area between two curves. */
static void put_area(spn_text *text, const spn_series *series, int64_t block, char letter,
                     bool is_symlog)
{
    if (is_symlog) {
        spn_text_put(text, "data_file index %lld using 1:(symlog_%c($2)):(symlog_%c($3))",
                     (long long)block, letter, letter);
    } else {
        spn_text_put(text, "data_file index %lld using 1:2:3", (long long)block);
    }
    spn_text_put(text, " with filledcurves fc rgb '%s' fs transparent solid 0.3 noborder",
                 color_codes[series->color]);
    if (series->label != NULL) {
        spn_text_add(text, " title ");
        spni_put_quoted(text, series->label);
    }
}

static void put_series(spn_text *text, const spn_series *series, int64_t block, char letter,
                       bool is_symlog)
{
    if (series->other != NULL) {
        put_area(text, series, block, letter, is_symlog);
        return;
    }
    const bool has_line = series->line != SPN_LINE_NONE;
    const bool has_marker = series->marker != SPN_MARKER_NONE;
    char value[] = "(symlog_a($2))";
    *strchr(value, 'a') = letter;
    spn_text_put(text, "data_file index %lld using 1:%s with %s lc rgb '%s'", (long long)block,
                 is_symlog ? value : "2",
                 !has_marker ? "lines"
                 : has_line  ? "linespoints"
                             : "points",
                 color_codes[series->color]);
    if (has_line) {
        spn_text_put(text, " dt %s", dash_codes[series->line]);
    }
    spn_text_put(text, " lw %s", LENGTH(series->width > 0 ? series->width : 1.0));
    if (has_marker) {
        spn_text_put(text, " pt %d ps PS*%s", marker_codes[series->marker],
                     LENGTH(0.4 * (series->marker_size > 0 ? series->marker_size : 1.0)));
        if (has_line && series->marker_interval > 1) {
            spn_text_put(text, " pi %lld", (long long)series->marker_interval);
        }
    }
    if (series->label != NULL) {
        spn_text_add(text, " title ");
        spni_put_quoted(text, series->label);
    }
}

static void put_plots(spn_text *text, const spn_figure *figure, const page *g, int64_t index,
                      int64_t *block)
{
    const spn_panel *panel = &figure->panels[index];
    const char *separator = "plot ";
    for (int64_t k = 0; k < panel->series_count; k++) {
        if (spni_series_points(figure, panel, &panel->series[k]) == 0) {
            continue;
        }
        spn_text_add(text, separator);
        put_series(text, &panel->series[k], (*block)++, (char)('a' + index),
                   panel->y_scale == SPN_AXIS_SYMMETRIC_LOG);
        separator = ", \\\n     ";
    }
    for (int64_t i = 0; i < figure->guide_count && panel->legend != SPN_LEGEND_NONE; i++) {
        const spn_guide *guide = &figure->guides[i];
        if (guide->note != NULL && is_in_range(g, guide->x)) {
            spn_text_put(text, "%sNaN with lines lc rgb '%s' lw 0.7 dt %s title ", separator,
                         color_codes[SPN_COLOR_GREY], dash_codes[guide->line]);
            spni_put_quoted(text, guide->note);
            separator = ", \\\n     ";
        }
    }
    spn_text_add(text, strcmp(separator, "plot ") == 0 ? "plot NaN\n" : "\n");
}

void spni_put_panel_script(spn_text *text, const spn_figure *figure)
{
    const page g = make_page(figure);
    int64_t block = 0;
    spni_put_terminals(text, figure->name, g.width, g.height);
    put_common(text, figure, &g);
    for (int64_t i = 0; i < figure->panel_count; i++) {
        spn_text_put(text,
                     "# panel (%c)\n"
                     "unset label\n"
                     "unset arrow\n",
                     (char)('a' + i));
        put_place(text, figure, &g, i);
        put_title(text, &figure->panels[i]);
        put_y_axis(text, figure, &g, &figure->panels[i], i);
        put_guides(text, figure, &g, i == 0);
        put_legend(text, &g, figure->panels[i].legend, i);
        put_plots(text, figure, &g, i, &block);
    }
    spn_text_add(text, "unset multiplot\n"
                       "unset output\n"
                       "}\n");
}
