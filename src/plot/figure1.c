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
    spni_canvas *canvas;
    const spni_slice_view *view;
    const spn_norm_record *potential;
    double trivial; /* E of the trivial model */
    double x_high;
} drawing;

static spn_status find_range(drawing *d)
{
    const spni_slice_view *v = d->view;
    d->potential = v->c.potential.records;
    d->trivial = (double)NAN;
    for (int64_t i = 0; i < v->c.anchors.rows; i++) {
        const spn_slice_anchor *a = &v->anchors[i];
        if (a->slice < LINES && strcmp(v->c.names[i], "trivial") == 0) {
            d->trivial = a->error;
        } else if (a->slice < LINES) {
            d->x_high = fmax(d->x_high, BEYOND * a->u);
        }
    }
    /* As far as all curves go. */
    for (int64_t k = 0; k < LINES && k < v->c.slices.rows; k++) {
        d->x_high = fmin(d->x_high, v->slices[k].u_high);
    }
    if (v->c.potential.rows > 0) {
        d->x_high = fmin(d->x_high, sqrt(d->potential[v->c.potential.rows - 1].norm_squared));
    }
    if (v->c.slices.rows < LINES || isnan(d->trivial) || !(d->x_high > 0)) {
        return spn_fail(d->canvas->context, SPN_ERROR_INPUT,
                        "Figure 1 needs three lines that begin at the trivial model");
    }
    return SPN_OK;
}

/* L - E_0 along the line of a level. */
static void draw_line(const drawing *d, const spn_slice_level *level)
{
    const spn_slice_point *points = spni_slice_points(d->view, level->slice);
    for (int64_t i = 0; i < d->view->slices[level->slice].columns; i++) {
        spni_add_point(d->canvas, points[i].u,
                       spni_slice_loss(&points[i], level->beta) - d->trivial);
    }
}

static void add_potential(const drawing *d, const spn_slice_level *level, int64_t i, double sign)
{
    const spn_norm_record *p = &d->potential[i];
    spni_add_point(d->canvas, sign * sqrt(p->norm_squared),
                   p->error + level->beta * p->norm_squared - d->trivial);
}

/* E(n) + beta n - E_0 against sqrt(n), from the trivial model at 0. */
static void draw_potential(const drawing *d, const spn_slice_level *level)
{
    const int64_t count = d->view->c.potential.rows;
    /* A function of n: the same on the other side of 0, outside the figure. */
    if (count > 0) {
        add_potential(d, level, 0, -1);
    } else {
        spni_add_point(d->canvas, 0, 0);
    }
    spni_add_point(d->canvas, 0, 0);
    for (int64_t i = 0; i < count; i++) {
        add_potential(d, level, i, 1);
    }
}

typedef void painter(const drawing *d, const spn_slice_level *level);

static const char *label_of(const drawing *d, int64_t level)
{
    static const char *const before[] = {"{/:Italic β}", "{/:Italic β}_M", "{/:Italic β}",
                                         "{/:Italic β}"};
    static const char *const behind[] = {"", "", "", " > {/:Italic β}_{sp}"};
    return spni_label(d->canvas, "%s = %.5g%s", before[level % 4], d->view->levels[level].beta,
                      behind[level % 4]);
}

/* Curves of all levels of the lines, and their minima on top. */
static void draw_panel(const drawing *d, painter *paint, const char *label, bool is_named)
{
    static const spn_series looks[] = {
        {.color = SPN_COLOR_BLUE, .line = SPN_LINE_SOLID, .width = 1.5},
        {.color = SPN_COLOR_GREEN, .line = SPN_LINE_SOLID, .width = 1.5},
        {.color = SPN_COLOR_ORANGE, .line = SPN_LINE_SOLID, .width = 1.5},
        {.color = SPN_COLOR_VERMILION, .line = SPN_LINE_DASHED, .width = 1.5}};
    spn_panel *panel = spni_add_panel(d->canvas, label);
    double low = 0;
    for (int64_t k = 0; k < d->view->c.levels.rows; k++) {
        if (d->view->levels[k].slice < LINES) {
            spni_add_series(d->canvas, looks[k % 4])->label = is_named ? label_of(d, k) : NULL;
            paint(d, &d->view->levels[k]);
        }
    }
    for (int64_t k = 0, curves = panel->series_count; k < curves; k++) {
        const spn_series *minima = spni_add_minima(d->canvas, &panel->series[k]);
        for (int64_t i = 0; i < minima->count; i++) {
            low = fmin(low, minima->y[i]);
        }
    }
    panel->y_low = low < 0 ? 1.5 * low : (double)NAN;
    panel->y_high = low < 0 ? -4 * low : (double)NAN;
}

static void put_caption(const drawing *d)
{
    spn_text *text = &d->canvas->caption;
    spn_text_add(
        text,
        "The loss L = E + beta |theta|^2 below, at and above the onset of learning, less that of "
        "the trivial model.\n(a) Along the straight line from the trivial model (|theta| = 0) to "
        "the learned phase at that beta; dashed: beyond\nthe spinodal, where that phase exists no "
        "more, along the line of the last. (b) The Landau potential E(n) + beta n, less that\nof "
        "the trivial model, E(n) = min E "
        "at "
        "|theta|^2 = n, against |theta| = sqrt(n): one curve E(n) gives it for every beta. Filled "
        "circles: minima.\nThe trivial model is a minimum at every beta > 0. The second beta is "
        "the Maxwell point, where both have equal loss.\n");
    spni_slice_caption_numbers(d->view, text);
    spn_text_add(text, "\n");
    spn_text_parameters(text, d->canvas->results);
}

static spn_status draw_lines(const drawing *d, const char *directory,
                             const spn_plot_settings *settings)
{
    spn_figure *figure = &d->canvas->figure;
    figure->name = "fig1";
    figure->x_label = "Distance to the trivial model |{/:Italic θ}|";
    figure->x_low = -0.03 * d->x_high;
    figure->x_high = d->x_high;
    draw_panel(d, draw_line, "Along the line {/:Italic L} − {/:Italic L}_0", true);
    draw_panel(d, draw_potential, "{/:Italic E}({/:Italic n}) + {/:Italic βn} − {/:Italic L}_0",
               false);
    d->canvas->panels[0].legend = SPN_LEGEND_ABOVE;
    put_caption(d);
    return spni_canvas_render(d->canvas, directory, settings);
}

/* Beside a figure that has another name the plane has it too. */
static spn_status render_plane(spni_canvas *plane, const spni_slice_view *view,
                               const char *directory, const spn_plot_settings *settings)
{
    const char *name = settings != NULL && settings->name != NULL ? settings->name : "fig1";
    spn_plot_settings own = settings != NULL ? *settings : (spn_plot_settings){.force = false};
    name = spni_label(plane, "%s-plane", name);
    own.name = NULL;
    return spni_slice_render_plane(plane, view, LINES, name, directory, &own);
}

spn_status spni_plot_figure1(spni_canvas *canvas, const spni_slice_view *view,
                             const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas plane = {.context = NULL};
    drawing d = {.canvas = canvas, .view = view};
    SPN_TRY(find_range(&d));
    SPN_TRY(draw_lines(&d, directory, settings));
    if (view->c.slices.rows > LINES) {
        SPN_TRY(spni_canvas_begin(canvas->context, canvas->results, &plane));
        spni_slice_caption(canvas->results, view, LINES, &plane.caption);
        SPN_TRY(render_plane(&plane, view, directory, settings));
    }
done:
    spni_canvas_end(&plane);
    return status;
}
