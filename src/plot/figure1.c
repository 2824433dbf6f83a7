/* SPDX-License-Identifier: MIT */
/* Figure 1: the loss against the distance to the trivial model, for betas below, at and above the onset: along the
 * line to the phase that appears there, and as Landau potential E(n) + beta n, n = |theta|^2. */
#include "plot/slice.h"

#include <math.h>
#include <spinodal/continuation.h>
#include <string.h>

enum { LINES = 3 };
/* Part of the axis of |theta| beyond the longest phase. */
#define BEYOND 1.35

typedef struct drawing {
    spn_context *context;
    spn_arena *arena;
    const spni_slice_view *view;
    int64_t potential_count;
    const spn_norm_record *potential;
    double trivial; /* E of the trivial model */
    double x_high;
} drawing;

static spn_status read_potential(drawing *d)
{
    d->potential = d->view->potential;
    d->potential_count = d->view->potential_count;
    d->trivial = (double)NAN;
    for (int64_t i = 0; i < d->view->anchor_count; i++) {
        const spn_slice_anchor *a = &d->view->anchors[i];
        if (a->slice < LINES && strcmp(d->view->names[i], "trivial") == 0) {
            d->trivial = a->error;
        } else if (a->slice < LINES) {
            d->x_high = fmax(d->x_high, BEYOND * a->u);
        }
    }
    /* As far as all curves go. */
    for (int64_t k = 0; k < LINES && k < d->view->slice_count; k++) {
        d->x_high = fmin(d->x_high, d->view->slices[k].u_high);
    }
    if (d->potential_count > 0) {
        d->x_high = fmin(d->x_high, sqrt(d->potential[d->potential_count - 1].norm_squared));
    }
    if (d->view->slice_count < LINES || isnan(d->trivial) || !(d->x_high > 0)) {
        return spn_fail(d->context, SPN_ERROR_INPUT,
                        "Figure 1 needs three lines that begin at the trivial model");
    }
    return SPN_OK;
}

static spn_status begin(const drawing *d, int64_t number, int64_t capacity, double beta,
                        spn_series *series, double **x, double **y)
{
    spn_status status = SPN_OK;
    static const spn_color colors[] = {SPN_COLOR_BLUE, SPN_COLOR_GREEN, SPN_COLOR_ORANGE,
                                       SPN_COLOR_VERMILION};
    static const char *const before[] = {"{/:Italic β}", "{/:Italic β}_M", "{/:Italic β}",
                                         "{/:Italic β}"};
    static const char *const behind[] = {"", "", "", " > {/:Italic β}_{sp}"};
    static const spn_line_style lines[] = {SPN_LINE_SOLID, SPN_LINE_SOLID, SPN_LINE_SOLID,
                                           SPN_LINE_DASHED};
    SPN_TAKE(d->context, d->arena, *x, capacity);
    SPN_TAKE(d->context, d->arena, *y, capacity);
    *series = (spn_series){
        .x = *x,
        .y = *y,
        .color = colors[number % 4],
        .line = lines[number % 4],
        .width = 1.5,
        .label = spni_slice_beta(d->arena, before[number % 4], behind[number % 4], beta)};
    SPN_TRY(series->label != NULL ? SPN_OK : spn_arena_status(d->context, d->arena));
done:
    return status;
}

/* L - E_0 along the line of a level. */
static spn_status draw_line(const drawing *d, int64_t number, const spn_slice_level *level,
                            spn_series *series)
{
    spn_status status = SPN_OK;
    const spn_slice_point *points = spni_slice_points(d->view, level->slice);
    const int64_t count = d->view->slices[level->slice].columns;
    double *x = NULL, *y = NULL;
    SPN_TRY(begin(d, number, count, level->beta, series, &x, &y));
    series->count = count;
    for (int64_t i = 0; i < count; i++) {
        x[i] = points[i].u;
        y[i] = spni_slice_loss(&points[i], level->beta) - d->trivial;
    }
done:
    return status;
}

/* E(n) + beta n - E_0 against sqrt(n), from the trivial model at 0. */
static spn_status draw_potential(const drawing *d, int64_t number, const spn_slice_level *level,
                                 spn_series *series)
{
    spn_status status = SPN_OK;
    double *x = NULL, *y = NULL;
    SPN_TRY(begin(d, number, d->potential_count + 2, level->beta, series, &x, &y));
    series->label = NULL;
    series->count = 2;
    for (int64_t i = 0; i < d->potential_count; i++) {
        const spn_norm_record *p = &d->potential[i];
        x[series->count] = sqrt(p->norm_squared);
        y[series->count++] = p->error + level->beta * p->norm_squared - d->trivial;
    }
    /* A function of n: the same on the other side of 0, outside the figure. */
    x[0] = series->count > 2 ? -x[2] : 0;
    y[0] = series->count > 2 ? y[2] : 0;
done:
    return status;
}

typedef spn_status painter(const drawing *d, int64_t number, const spn_slice_level *level,
                           spn_series *series);

/* Curves of all levels of the lines, and their minima on top. */
static spn_status make_panel(const drawing *d, painter *paint, const char *label, spn_panel *panel)
{
    spn_status status = SPN_OK;
    spn_series *series = NULL;
    int64_t count = 0;
    double low = 0;
    SPN_TAKE(d->context, d->arena, series, 2 * d->view->level_count);
    for (int64_t k = 0; k < d->view->level_count; k++) {
        if (d->view->levels[k].slice < LINES) {
            SPN_TRY(paint(d, k, &d->view->levels[k], &series[count]));
            count++;
        }
    }
    for (int64_t k = 0, curves = count; k < curves; k++) {
        SPN_TRY(spni_slice_minima(d->context, d->arena, &series[k], &series[count]));
        for (int64_t i = 0; i < series[count].count; i++) {
            low = fmin(low, series[count].y[i]);
        }
        count++;
    }
    *panel = (spn_panel){.y_label = label,
                         .y_low = low < 0 ? 1.5 * low : (double)NAN,
                         .y_high = low < 0 ? -4 * low : (double)NAN,
                         .series_count = count,
                         .series = series};
done:
    return status;
}

static void put_caption(const drawing *d, const spn_results *results, spn_text *text)
{
    spn_text_add(
        text,
        "The loss L = E + beta |theta|^2 below, at and above the onset of learning, less that of "
        "the trivial model.\n(a) Along the straight line from the trivial model (|theta| = 0) to "
        "the learned phase at that beta; dashed: beyond\nthe spinodal, where that phase exists no "
        "more, along the line of the last. (b) The Landau potential E(n) + beta n,\nE(n) = min E "
        "at "
        "|theta|^2 = n, against |theta| = sqrt(n): one curve E(n) gives it for every beta. Filled "
        "circles: minima.\nThe trivial model is a minimum at every beta > 0. The second beta is "
        "the Maxwell point, where both have equal loss.\n");
    spni_slice_caption_numbers(d->view, text);
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}

static spn_status draw_lines(const drawing *d, const spn_results *results, const char *directory,
                             const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_panel panels[2];
    spn_text caption = {.context = d->context, .norm = spn_text_norm(results)};
    SPN_TRY(make_panel(d, draw_line, "Along the line {/:Italic L} − {/:Italic L}_0", &panels[0]));
    SPN_TRY(make_panel(d, draw_potential, "Potential {/:Italic E}({/:Italic n}) + {/:Italic βn}",
                       &panels[1]));
    panels[0].legend = SPN_LEGEND_ABOVE;
    put_caption(d, results, &caption);
    const spn_figure figure = {.name = "fig1",
                               .x_label = "Distance to the trivial model |{/:Italic θ}|",
                               .x_low = -0.03 * d->x_high,
                               .x_high = d->x_high,
                               .panel_count = 2,
                               .panels = panels,
                               .caption = caption.buffer.text};
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(d->context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    return status;
}

spn_status spni_plot_figure1(spn_context *context, spn_arena *arena, const spn_results *results,
                             const spni_slice_view *view, const char *directory,
                             const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_text caption = {.context = context, .norm = spn_text_norm(results)};
    drawing d = {.context = context, .arena = arena, .view = view};
    SPN_TRY(read_potential(&d));
    SPN_TRY(draw_lines(&d, results, directory, settings));
    if (view->slice_count > LINES) {
        spni_slice_caption(results, view, LINES, &caption);
        SPN_TRY(caption.status);
        SPN_TRY(spni_slice_render_plane(context, arena, view, LINES, "fig1-plane",
                                        caption.buffer.text, directory, settings));
    }
done:
    spn_text_end(&caption);
    return status;
}
