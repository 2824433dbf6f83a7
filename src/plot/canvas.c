/* SPDX-License-Identifier: MIT */
#include "plot/canvas.h"
#include "plot/plot.h"

#include <math.h>
#include <spinodal/network.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_SIZE = 512 };

spn_status spni_canvas_begin(spn_context *context, const spn_results *results, spni_canvas *canvas)
{
    *canvas = (spni_canvas){
        .context = context,
        .results = results,
        .figure = {.x_low = (double)NAN, .x_high = (double)NAN},
        .caption = {.context = context, .norm = spn_text_norm(results)},
    };
    return spn_arena_create(context, &canvas->arena);
}

void spni_canvas_end(spni_canvas *canvas)
{
    spn_text_end(&canvas->caption);
    spn_arena_free(canvas->arena);
}

/* ---- Panels, series, points ---------------------------------------------------------------------- */

/* Room for one more. */
static void grow(spni_canvas *canvas, void *items, size_t size, int64_t count, int64_t *capacity)
{
    if (canvas->status == SPN_OK) {
        canvas->status =
            spn_grow_in(canvas->context, canvas->arena, items, size, count, 1, capacity);
    }
}

static spn_panel *last_panel(spni_canvas *canvas)
{
    const int64_t count = canvas->figure.panel_count;
    return count > 0 && canvas->status == SPN_OK ? &canvas->panels[count - 1]
                                                 : &canvas->spare_panel;
}

static spn_series *last_series(spni_canvas *canvas)
{
    const int64_t count = last_panel(canvas)->series_count;
    return count > 0 && canvas->status == SPN_OK ? &canvas->series[count - 1]
                                                 : &canvas->spare_series;
}

spn_panel *spni_add_panel(spni_canvas *canvas, const char *y_label)
{
    if (canvas->status == SPN_OK && canvas->figure.panel_count == SPNI_PANELS_MAX) {
        canvas->status = spn_fail(canvas->context, SPN_ERROR_ARGUMENT, "more than %d panels",
                                  (int)SPNI_PANELS_MAX);
    }
    canvas->figure.panel_count += canvas->status == SPN_OK;
    canvas->series_capacity = 0;
    spn_panel *panel = last_panel(canvas);
    *panel = (spn_panel){.y_label = y_label, .y_low = (double)NAN, .y_high = (double)NAN};
    return panel;
}

spn_series *spni_add_series(spni_canvas *canvas, spn_series look)
{
    spn_panel *panel = last_panel(canvas);
    grow(canvas, &canvas->series, sizeof *canvas->series, panel->series_count,
         &canvas->series_capacity);
    panel->series = canvas->series;
    panel->series_count += canvas->status == SPN_OK;
    canvas->point_capacity = 0;
    spn_series *series = last_series(canvas);
    *series = look;
    return series;
}

void spni_add_point(spni_canvas *canvas, double x, double y)
{
    spn_series *series = last_series(canvas);
    int64_t other = canvas->point_capacity;
    grow(canvas, &canvas->x, sizeof *canvas->x, series->count, &other);
    grow(canvas, &canvas->y, sizeof *canvas->y, series->count, &canvas->point_capacity);
    series->x = canvas->x;
    series->y = canvas->y;
    if (canvas->status == SPN_OK) {
        canvas->x[series->count] = x;
        canvas->y[series->count++] = y;
    }
}

void spni_add_span(spni_canvas *canvas, double x, double y, double other)
{
    spn_series *series = last_series(canvas);
    int64_t capacity = canvas->point_capacity;
    grow(canvas, &canvas->other, sizeof *canvas->other, series->count, &capacity);
    series->other = canvas->other;
    if (canvas->status == SPN_OK) {
        canvas->other[series->count] = other;
    }
    spni_add_point(canvas, x, y);
}

void spni_add_gap(spni_canvas *canvas)
{
    spni_add_point(canvas, (double)NAN, (double)NAN);
}

void spni_add_segment(spni_canvas *canvas, double x, double y, double to_x, double to_y)
{
    spni_add_gap(canvas);
    spni_add_point(canvas, x, y);
    spni_add_point(canvas, to_x, to_y);
}

void spni_add_guide(spni_canvas *canvas, spn_guide guide)
{
    const int64_t count = canvas->figure.guide_count;
    grow(canvas, &canvas->guides, sizeof guide, count, &canvas->guide_capacity);
    canvas->figure.guides = canvas->guides;
    if (canvas->status == SPN_OK) {
        canvas->guides[canvas->figure.guide_count++] = guide;
    }
}

double spni_real_at(const void *record, size_t offset)
{
    double value = 0;
    memcpy(&value, (const char *)record + offset, sizeof value);
    return value;
}

/* ---- Labels -------------------------------------------------------------------------------------- */

static const char *keep(spni_canvas *canvas, const char *text)
{
    char *kept = canvas->status == SPN_OK ? spn_arena_duplicate(canvas->arena, text) : NULL;
    if (kept == NULL && canvas->status == SPN_OK) {
        canvas->status = spn_arena_status(canvas->context, canvas->arena);
    }
    return kept != NULL ? kept : "";
}

const char *spni_label(spni_canvas *canvas, const char *format, ...)
{
    char text[LABEL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return keep(canvas, text);
}

const char *spni_plain(spni_canvas *canvas, const char *name)
{
    /* gnuplot reads these in its enhanced text: sub- and superscripts, groups, phantoms, overprints, and the sign
     * that escapes them. */
    static const char markup[] = "_^{}@&~\\";
    char twice[LABEL_SIZE];
    size_t used = 0;
    for (; *name != '\0' && used + 2 < sizeof twice; name++) {
        if (strchr(markup, *name) != NULL) {
            twice[used++] = '\\';
        }
        twice[used++] = *name;
    }
    twice[used] = '\0';
    return keep(canvas, twice);
}

/* The label with θ, which is written for the ridge, as the letter between the bars of the results' own symbol. */
static const char *norm_label(spni_canvas *canvas, const char *label)
{
    static const char theta[] = "θ";
    const int64_t kind = spn_results_regulariser(canvas->results);
    const char *symbol = spn_regularise_symbol(kind), *at = strstr(label, theta);
    if (kind == SPN_REGULARISE_ALL || at == NULL) {
        return label;
    }
    return spni_label(canvas, "%.*s%.*s%s", (int)(at - label), label, (int)strlen(symbol) - 2,
                      symbol + 1, at + strlen(theta));
}

/* ---- The figure ---------------------------------------------------------------------------------- */

/* What settings say of the page and the axis of x. */
static void apply(spn_figure *figure, const spn_plot_settings *settings)
{
    const double one_column = 3.4, two_columns = 7.0;
    if (settings == NULL || figure->map != NULL) {
        return;
    }
    figure->x_scale = settings->x_scale != NULL ? *settings->x_scale : figure->x_scale;
    if (settings->x_range != NULL) {
        figure->x_low = settings->x_range[0];
        figure->x_high = settings->x_range[1];
    }
    if (settings->page != SPN_PAGE_OWN) {
        bool is_wide = settings->page == SPN_PAGE_TWO;
        figure->width = is_wide ? two_columns : one_column;
        figure->height = 0;
        figure->columns = is_wide && figure->panel_count > 1 ? 2 : 1;
    }
}

/* Something of the series stands between low and high: a point, or a piece of line that goes through. */
static bool is_seen(const spn_figure *figure, const spn_panel *panel, const spn_series *s,
                    double low, double high)
{
    for (int64_t i = 0; i < s->count; i++) {
        const bool is_joined = i > 0 && s->line != SPN_LINE_NONE &&
                               spni_point_is_good(figure, panel, s->x[i - 1], s->y[i - 1]);
        const double other = is_joined ? s->x[i - 1] : s->x[i];
        if (spni_point_is_good(figure, panel, s->x[i], s->y[i]) && fmin(other, s->x[i]) <= high &&
            fmax(other, s->x[i]) >= low) {
            return true;
        }
    }
    return false;
}

static bool is_panel_seen(const spn_figure *figure, const spn_panel *panel, double low, double high)
{
    for (int64_t k = 0; k < panel->series_count; k++) {
        if (is_seen(figure, panel, &panel->series[k], low, high)) {
            return true;
        }
    }
    return false;
}

/* Wishes that leave nothing to be seen are refused. */
static spn_status check_wishes(spn_context *context, const spn_figure *figure,
                               const spn_plot_settings *settings)
{
    int64_t seen = 0;
    const bool has_range = settings != NULL && settings->x_range != NULL;
    if (settings == NULL || figure->map != NULL || (!has_range && settings->column_count == 0)) {
        return SPN_OK;
    }
    for (int64_t i = 0; i < figure->panel_count; i++) {
        const spn_panel *panel = &figure->panels[i];
        if (i < settings->column_count && !is_panel_seen(figure, panel, -HUGE_VAL, HUGE_VAL)) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "has no number above 0 in the column '%.60s', and its axis is "
                            "logarithmic: '%.60s:linear' draws it",
                            settings->columns[i].name, settings->columns[i].name);
        }
        seen +=
            has_range && is_panel_seen(figure, panel, settings->x_range[0], settings->x_range[1]);
    }
    spn_figure whole = *figure;
    whole.x_low = whole.x_high = (double)NAN;
    const spni_range range = spni_figure_x_range(&whole);
    return !has_range || seen > 0
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_INPUT,
                          "has nothing between %g and %g to draw: what it holds lies between %.4g "
                          "and %.4g",
                          settings->x_range[0], settings->x_range[1], range.low, range.high);
}

spn_status spni_canvas_render(spni_canvas *canvas, const char *directory,
                              const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < canvas->figure.panel_count; i++) {
        canvas->panels[i].y_label = norm_label(canvas, canvas->panels[i].y_label);
    }
    SPN_TRY(canvas->status);
    SPN_TRY(canvas->caption.status);
    apply(&canvas->figure, settings);
    canvas->figure.panels = canvas->panels;
    canvas->figure.caption = canvas->caption.buffer.text;
    SPN_TRY(check_wishes(canvas->context, &canvas->figure, settings));
    SPN_TRY(spn_plot_render(canvas->context, &canvas->figure, directory, settings));
done:
    return status;
}
