/* SPDX-License-Identifier: MIT */
/* Escape times against u_0 and against beta: a column of panels for each depth. */
#include "gallery/delay/delay.h"
#include "plot/canvas.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <spinodal/theory.h>
#include <stdio.h>

enum { CURVE_POINTS = 400, TEXT_SIZE = 48 };
#define WIDTH 7.0
#define ROW_HEIGHT 1.75

/* What is drawn over x: epochs of all methods, or the flow's time over a law's, the same for all starts: against u_0 that
 * of the aligned start, against beta the same without a ridge. */
typedef enum quantity { EPOCHS, SHARE, QUANTITIES } quantity;

typedef struct drawing {
    spni_canvas canvas;
    spni_delay_view view;
    int64_t axis;
    double low, high; /* of x */
} drawing;

/* A column: what the curves of one depth need. */
typedef struct column {
    int64_t depth;
    double sigma;
    const spni_delay_run *any; /* one of its runs */
} column;

/* The threshold is sigma u_0^(D-2). */
static double sigma_of(const spni_delay_run *run)
{
    return run->threshold / pow(run->scale, (double)(run->depth - 2));
}

static double place(const spni_delay_run *run)
{
    return run->axis == SPNI_DELAY_SCALE ? run->scale : run->beta / run->threshold;
}

typedef enum law { EXACT, LEADING } law;

/* Time of an aligned start, at a place of the axis; `gain` times as large as u_0 says. */
static double law_at(const drawing *d, const column *c, double x, double gain, law which)
{
    const bool is_scale = d->axis == SPNI_DELAY_SCALE;
    const double scale = is_scale ? x : c->any->scale;
    const double beta = is_scale ? c->any->beta : x * c->sigma * pow(scale, (double)(c->depth - 2));
    const double strength = (c->depth == 2 ? c->sigma - beta : c->sigma) / 2;
    if (!(strength > 0)) {
        return HUGE_VAL;
    }
    return which == EXACT
               ? spn_theory_passage_time(c->depth, c->sigma, beta, gain * scale, strength)
               : spn_theory_escape_time(c->depth, c->sigma, beta, gain * scale);
}

/* `time` as it is drawn; NaN where it is none. */
static double drawn(const drawing *d, const column *c, double x, double time, quantity q)
{
    if (q == EPOCHS) {
        return time / d->view.rate;
    }
    const double unit = law_at(d, c, d->axis == SPNI_DELAY_SCALE ? x : 0, 1, EXACT);
    return isfinite(unit) && unit > 0 ? time / unit : (double)NAN;
}

static double value_of(const drawing *d, const column *c, const spni_delay_run *run, quantity q)
{
    return q == EPOCHS ? run->epoch : drawn(d, c, place(run), run->time, q);
}

/* Those that left, at their value; at an edge (not NaN) those that did not. */
static void draw_points(drawing *d, const column *c, const spni_delay_part *part, quantity q,
                        double edge, spn_series look)
{
    const bool is_edge = !isnan(edge);
    spni_add_series(&d->canvas, look);
    for (int64_t i = 0; i < d->view.count; i++) {
        const spni_delay_run *run = &d->view.runs[i];
        if (spni_delay_is_in(run, part) && (run->outcome == SPNI_DELAY_LEFT) != is_edge) {
            spni_add_point(&d->canvas, place(run), is_edge ? edge : value_of(d, c, run, q));
        }
    }
}

/* Vertices: evenly over the axis, and towards where the curve goes to infinity. */
static double curve_place(const drawing *d, double threshold, int64_t i)
{
    const double share = (double)(i / 2) / (CURVE_POINTS / 2 - 1);
    if (i % 2 == 0) {
        return d->low * pow(d->high / d->low, share);
    }
    const double distance = pow(10, -12 * share);
    return d->axis == SPNI_DELAY_SCALE ? threshold * (1 + distance) : threshold * (1 - distance);
}

static void add_law(drawing *d, const column *c, double gain, law which, quantity q)
{
    double x[CURVE_POINTS];
    const double power = (double)(c->depth - 2);
    const double threshold = d->axis == SPNI_DELAY_BETA ? pow(gain, power)
                             : c->depth == 2            ? d->low
                                             : pow(c->any->beta / c->sigma, 1 / power) / gain;
    for (int64_t i = 0; i < CURVE_POINTS; i++) {
        x[i] = curve_place(d, threshold, i);
    }
    spn_sort(CURVE_POINTS, x);
    spni_add_gap(&d->canvas);
    for (int64_t i = 0; i < CURVE_POINTS; i++) {
        const double y = drawn(d, c, x[i], law_at(d, c, x[i], gain, which), q);
        const bool is_shown = x[i] >= d->low && x[i] <= d->high && isfinite(y);
        spni_add_point(&d->canvas, x[i], is_shown ? y : (double)NAN);
    }
}

/* A curve for each random start: the runs of the flow at one place of the axis. */
static void add_own_laws(drawing *d, const column *c, quantity q)
{
    const spni_delay_part part = {d->axis, c->depth, SPN_PATH_FLOW, false};
    const spni_delay_run *first = NULL;
    for (int64_t i = 0; i < d->view.count; i++) {
        const spni_delay_run *run = &d->view.runs[i];
        if (!spni_delay_is_in(run, &part)) {
            continue;
        }
        first = first == NULL ? run : first;
        if (place(run) == place(first)) {
            add_law(d, c, run->own_scale / run->scale, EXACT, q);
        }
    }
}

/* Where an aligned start ceases to leave. */
static void draw_threshold(drawing *d, const column *c, const spn_panel *panel)
{
    const double power = (double)(c->depth - 2);
    const double x = d->axis == SPNI_DELAY_BETA ? 1
                     : c->depth > 2             ? pow(c->any->beta / c->sigma, 1 / power)
                                                : (double)NAN;
    spni_add_series(&d->canvas, (spn_series){.label = "threshold of the aligned start",
                                             .color = SPN_COLOR_GREY,
                                             .line = SPN_LINE_DOTTED,
                                             .width = 0.9});
    spni_add_point(&d->canvas, x, panel->y_low);
    spni_add_point(&d->canvas, x, panel->y_high);
}

/* The axis: of what was measured, in all depths, with room above for those that stay. */
static void choose_range(const drawing *d, spn_panel *panel)
{
    double low = HUGE_VAL, high = 0;
    for (int64_t i = 0; i < d->view.count; i++) {
        const spni_delay_run *run = &d->view.runs[i];
        if (run->axis == d->axis && run->outcome == SPNI_DELAY_LEFT && run->epoch > 0) {
            low = fmin(low, run->epoch);
            high = fmax(high, run->epoch);
        }
    }
    /* Just below a power of ten: its label would meet the panel's letter. */
    panel->y_low = high > 0 ? low / (d->axis == SPNI_DELAY_BETA ? 20 : 4) : 1;
    panel->y_high = high > 0 ? 0.9 * pow(10, ceil(log10(20 * high))) : 9;
}

/* So much of the axis below its upper end. */
static double below_end(const spn_panel *panel, double share)
{
    return panel->y_high / pow(panel->y_high / panel->y_low, share);
}

static void draw_flow(drawing *d, const column *c, quantity q, double edge)
{
    const spni_delay_part aligned = {d->axis, c->depth, SPN_PATH_FLOW, true};
    const spni_delay_part randoms = {d->axis, c->depth, SPN_PATH_FLOW, false};
    spni_add_series(&d->canvas, (spn_series){.label = "random starts: law of each (T22)",
                                             .color = SPN_COLOR_SKY,
                                             .line = SPN_LINE_SOLID,
                                             .width = 0.5});
    add_own_laws(d, c, q);
    spni_add_series(&d->canvas, (spn_series){.label = "aligned start: exact passage time",
                                             .line = SPN_LINE_SOLID,
                                             .width = 0.9});
    add_law(d, c, 1, EXACT, q);
    spni_add_series(&d->canvas, (spn_series){.label = "aligned start: T16",
                                             .color = SPN_COLOR_GREEN,
                                             .line = SPN_LINE_DASHED,
                                             .width = 0.9});
    add_law(d, c, 1, LEADING, q);
    draw_points(d, c, &randoms, q, (double)NAN,
                (spn_series){.label = "random starts, flow",
                             .color = SPN_COLOR_SKY,
                             .marker = SPN_MARKER_CIRCLE,
                             .marker_size = 0.45});
    draw_points(d, c, &aligned, q, (double)NAN,
                (spn_series){.label = "aligned start, flow",
                             .color = SPN_COLOR_BLUE,
                             .marker = SPN_MARKER_OPEN_CIRCLE,
                             .marker_size = 0.95});
    if (q != SHARE) {
        draw_points(d, c, &randoms, EPOCHS, edge,
                    (spn_series){
                        .color = SPN_COLOR_SKY, .marker = SPN_MARKER_TRIANGLE, .marker_size = 0.6});
        draw_points(d, c, &aligned, EPOCHS, edge,
                    (spn_series){.label = "never leaves",
                                 .color = SPN_COLOR_BLUE,
                                 .marker = SPN_MARKER_OPEN_TRIANGLE,
                                 .marker_size = 0.95});
    }
}

static void draw_adam(drawing *d, const column *c, double edge)
{
    const spni_delay_part aligned = {d->axis, c->depth, SPN_PATH_ADAM, true};
    const spni_delay_part randoms = {d->axis, c->depth, SPN_PATH_ADAM, false};
    draw_points(d, c, &randoms, EPOCHS, (double)NAN,
                (spn_series){.label = "random starts, Adam",
                             .color = SPN_COLOR_ORANGE,
                             .marker = SPN_MARKER_SQUARE,
                             .marker_size = 0.4});
    draw_points(d, c, &aligned, EPOCHS, (double)NAN,
                (spn_series){.label = "aligned start, Adam",
                             .color = SPN_COLOR_VERMILION,
                             .marker = SPN_MARKER_OPEN_SQUARE,
                             .marker_size = 0.8});
    draw_points(d, c, &aligned, EPOCHS, edge,
                (spn_series){.label = "Adam has not left after 10^4 steps",
                             .color = SPN_COLOR_VERMILION,
                             .marker = SPN_MARKER_OPEN_TRIANGLE,
                             .marker_size = 0.8});
    draw_points(
        d, c, &randoms, EPOCHS, edge,
        (spn_series){.color = SPN_COLOR_ORANGE, .marker = SPN_MARKER_TRIANGLE, .marker_size = 0.5});
}

static spn_panel *draw_panel(drawing *d, const column *c, quantity q)
{
    const bool is_scale = d->axis == SPNI_DELAY_SCALE;
    spn_panel *panel = spni_add_panel(&d->canvas, q == EPOCHS ? "Epochs to escape"
                                                  : is_scale  ? "Time / aligned start's"
                                                              : "Time / that at {/:Italic β} = 0");
    panel->y_scale = q == SHARE && is_scale ? SPN_AXIS_LINEAR : SPN_AXIS_LOG;
    if (q == EPOCHS) {
        choose_range(d, panel);
    } else {
        panel->y_low = is_scale ? 0 : 0.02;
        panel->y_high = is_scale ? 1.2 : 30;
    }
    draw_threshold(d, c, panel);
    draw_flow(d, c, q, below_end(panel, 0.05));
    if (q == EPOCHS) {
        draw_adam(d, c, below_end(panel, 0.12));
    }
    return panel;
}

/* "3 10^{-4}". */
static void put_power(double value, char *text, size_t size)
{
    const int exponent = (int)floor(log10(value) + 1e-9);
    const double factor = value / pow(10, exponent);
    if (fabs(factor - 1) < 1e-9) {
        snprintf(text, size, "10^{%d}", exponent);
    } else {
        snprintf(text, size, "%.3g·10^{%d}", factor, exponent);
    }
}

static const char *title_of(drawing *d, const column *c)
{
    char fixed[TEXT_SIZE];
    const bool is_scale = d->axis == SPNI_DELAY_SCALE;
    put_power(is_scale ? c->any->beta : c->any->scale, fixed, sizeof fixed);
    return spni_label(&d->canvas, "{/:Italic D} = %lld, {/:Italic %s} = %s", (long long)c->depth,
                      is_scale ? "β" : "u}_{0", fixed);
}

/* The first run of the axis and depth. */
static bool find_column(const drawing *d, int64_t depth, column *c)
{
    *c = (column){.depth = depth};
    for (int64_t i = 0; i < d->view.count && c->any == NULL; i++) {
        const spni_delay_run *run = &d->view.runs[i];
        c->any = run->axis == d->axis && run->depth == depth ? run : NULL;
    }
    c->sigma = c->any != NULL ? sigma_of(c->any) : 0;
    return c->any != NULL;
}

static void find_range(drawing *d)
{
    d->low = HUGE_VAL;
    d->high = 0;
    for (int64_t i = 0; i < d->view.count; i++) {
        if (d->view.runs[i].axis == d->axis) {
            d->low = fmin(d->low, place(&d->view.runs[i]));
            d->high = fmax(d->high, place(&d->view.runs[i]));
        }
    }
    d->low /= 1.15;
    d->high *= d->axis == SPNI_DELAY_SCALE ? 2.2 : 1.6;
}

/* The panels of all depths. Returns how many columns: none where the study has the other axis only. */
static int64_t draw(drawing *d)
{
    int64_t columns = 0;
    const bool is_scale = d->axis == SPNI_DELAY_SCALE;
    spn_figure *figure = &d->canvas.figure;
    column found[SPNI_DELAY_DEPTHS_MAX];
    find_range(d);
    for (int64_t i = 0; i < d->view.depth_count; i++) {
        columns += find_column(d, d->view.depths[i], &found[columns]);
    }
    for (int64_t i = 0; i < QUANTITIES * columns; i++) {
        const column *c = &found[i % columns];
        spn_panel *panel = draw_panel(d, c, (quantity)(i / columns));
        if (i < columns) {
            panel->title = title_of(d, c);
            panel->title_place = is_scale ? SPN_LEGEND_TOP_RIGHT : SPN_LEGEND_BOTTOM_LEFT;
            panel->legend = i == columns - 1 ? SPN_LEGEND_ABOVE : SPN_LEGEND_NONE;
        }
    }
    figure->name = "delay";
    figure->part = is_scale ? NULL : "beta";
    figure->x_label = is_scale ? "Scale of the start {/:Italic u}_0" : "{/:Italic β} / threshold";
    figure->x_scale = SPN_AXIS_LOG;
    figure->x_low = d->low;
    figure->x_high = d->high;
    figure->width = WIDTH;
    figure->height = 1.2 + ROW_HEIGHT * QUANTITIES;
    figure->columns = columns;
    return columns;
}

static spn_status read_runs(const spn_results *results, spni_delay_view *v)
{
    spn_status status = SPN_OK;
    spn_table table;
    const spn_wanted_table wanted = {&table, "runs", &spni_delay_columns, false};
    SPN_TRY(spn_take_tables(v->context, v->arena, results, 1, &wanted));
    if (table.rows == 0) {
        SPN_FAIL(v->context, SPN_ERROR_INPUT, "has no rows in the table 'runs': nothing to draw");
    }
    v->count = table.rows;
    v->runs = table.records;
    for (int64_t i = 0; i < v->count; i++) {
        const spni_delay_run *run = &v->runs[i];
        if (run->depth < 2 || !(run->scale > 0)) {
            SPN_FAIL(v->context, SPN_ERROR_INPUT, "these results have a run of depth %lld, u_0 %g",
                     (long long)run->depth, run->scale);
        }
        if (v->rate == 0 && isfinite(run->time)) {
            v->rate = run->time / run->epoch;
        }
        int64_t k = 0;
        while (k < v->depth_count && v->depths[k] != run->depth) {
            k++;
        }
        if (k == v->depth_count && k < SPNI_DELAY_DEPTHS_MAX) {
            v->depths[v->depth_count++] = run->depth;
        }
    }
done:
    return status;
}

static spn_status plot_axis(spn_context *context, const spn_results *results, int64_t axis,
                            const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.axis = axis};
    SPN_TRY(spni_canvas_begin(context, results, &d.canvas));
    d.view = (spni_delay_view){.context = context, .arena = d.canvas.arena};
    SPN_TRY(read_runs(results, &d.view));
    if (draw(&d) > 0) {
        spni_delay_caption(&d.view, results, axis, &d.canvas.caption);
        SPN_TRY(spni_canvas_render(&d.canvas, directory, settings));
    }
done:
    spni_canvas_end(&d.canvas);
    return status;
}

spn_status spni_delay_plot(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    SPN_TRY(plot_axis(context, results, SPNI_DELAY_SCALE, directory, settings));
    SPN_TRY(plot_axis(context, results, SPNI_DELAY_BETA, directory, settings));
done:
    return status;
}
