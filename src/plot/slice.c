/* SPDX-License-Identifier: MIT */
/* Slices: the loss along a line, and over a plane. */
#include "plot/slice.h"

#include <math.h>

const spn_slice_point *spni_slice_points(const spni_slice_view *v, int64_t slice)
{
    const spn_slice_point *points = v->c.points.records;
    for (int64_t k = 0; k < slice; k++) {
        points += v->slices[k].columns * v->slices[k].rows;
    }
    return points;
}

double spni_slice_loss(const spn_slice_point *point, double beta)
{
    return point->error + beta * point->norm_squared;
}

static const char *beta_label(spni_canvas *canvas, double beta)
{
    return spni_label(canvas, "{/:Italic β} = %.5g", beta);
}

/* ---- A line -------------------------------------------------------------------------------- */

/* L at a level. */
static spn_series *draw_loss(spni_canvas *canvas, const spni_slice_view *v, int64_t level)
{
    const spn_slice_level *l = &v->levels[level];
    const spn_slice_point *points = spni_slice_points(v, l->slice);
    spn_series *series =
        spni_add_series(canvas, (spn_series){.label = beta_label(canvas, l->beta),
                                             .line = SPN_LINE_SOLID,
                                             .width = 1.6,
                                             .color = (spn_color)(SPN_COLOR_BLUE + level % 6)});
    for (int64_t i = 0; i < v->slices[l->slice].columns; i++) {
        spni_add_point(canvas, points[i].u, spni_slice_loss(&points[i], l->beta));
    }
    return series;
}

static void draw_curvature(spni_canvas *canvas, const spni_slice_view *v)
{
    const spn_slice_point *points = spni_slice_points(v, 0);
    spni_add_series(canvas,
                    (spn_series){.line = SPN_LINE_SOLID, .width = 1.6, .color = SPN_COLOR_BLUE});
    for (int64_t i = 0; i < v->slices[0].columns; i++) {
        spni_add_point(canvas, points[i].u, points[i].scalar_curvature_error);
    }
}

const spn_series *spni_add_minima(spni_canvas *canvas, const spn_series *line)
{
    const spn_series its = *line; /* adding a series moves those before */
    const spn_series *minima = spni_add_series(
        canvas, (spn_series){.marker = SPN_MARKER_CIRCLE, .marker_size = 1.0, .color = its.color});
    for (int64_t i = 1; i + 1 < its.count; i++) {
        if (its.y[i] < its.y[i - 1] && its.y[i] <= its.y[i + 1]) {
            spni_add_point(canvas, its.x[i], its.y[i]);
        }
    }
    return minima;
}

static void add_anchors(spni_canvas *canvas, const spni_slice_view *v, int64_t slice)
{
    for (int64_t i = 0; i < v->c.anchors.rows; i++) {
        if (v->anchors[i].slice == slice) {
            spni_add_guide(canvas, (spn_guide){.x = v->anchors[i].u,
                                               .label = spni_plain(canvas, v->c.names[i]),
                                               .line = SPN_LINE_DOTTED});
        }
    }
}

static bool has_curvature(const spni_slice_view *v, int64_t slice)
{
    const spn_slice_point *points = spni_slice_points(v, slice);
    for (int64_t i = 0; i < v->slices[slice].columns; i++) {
        if (isfinite(points[i].scalar_curvature_error)) {
            return true;
        }
    }
    return false;
}

static void draw_line(spni_canvas *canvas, const spni_slice_view *v)
{
    canvas->figure.name = "slice";
    canvas->figure.x_label = "Distance along the line {/:Italic u}";
    canvas->figure.x_low = v->slices[0].u_low;
    canvas->figure.x_high = v->slices[0].u_high;
    spni_add_panel(canvas, "Loss {/:Italic L}")->legend = SPN_LEGEND_ABOVE;
    for (int64_t k = 0; k < v->c.levels.rows; k++) {
        if (v->levels[k].slice == 0) {
            spni_add_minima(canvas, draw_loss(canvas, v, k));
        }
    }
    if (has_curvature(v, 0)) {
        spni_add_panel(canvas, "Scalar curvature {/:Italic R}")->y_scale = SPN_AXIS_SYMMETRIC_LOG;
        draw_curvature(canvas, v);
    } else {
        canvas->figure.height = 2.9;
    }
    add_anchors(canvas, v, 0);
}

/* ---- A plane ------------------------------------------------------------------------------- */

/* Heights of one level: coloured up to a little above the highest point that the plane goes through. */
static spn_status make_level(spni_canvas *canvas, const spni_slice_view *v,
                             const spn_slice_level *level, spn_map_level *out)
{
    spn_status status = SPN_OK;
    const spn_slice_record *slice = &v->slices[level->slice];
    const spn_slice_point *points = spni_slice_points(v, level->slice);
    const int64_t count = slice->columns * slice->rows;
    double *z = NULL, *marks = NULL, low = HUGE_VAL, high = -HUGE_VAL, top = -HUGE_VAL;
    int64_t mark = 0;
    SPN_TAKE(canvas->context, canvas->arena, z, count);
    SPN_TAKE(canvas->context, canvas->arena, marks, v->c.anchors.rows);
    for (int64_t i = 0; i < count; i++) {
        z[i] = spni_slice_loss(&points[i], level->beta);
        if (isfinite(z[i])) {
            low = fmin(low, z[i]);
            high = fmax(high, z[i]);
        }
    }
    for (int64_t i = 0; i < v->c.anchors.rows; i++) {
        const spn_slice_anchor *a = &v->anchors[i];
        if (a->slice == level->slice) {
            marks[mark] = a->error + level->beta * a->norm_squared;
            top = fmax(top, marks[mark++]);
        }
    }
    if (!(low < high)) { /* flat, or not finite anywhere */
        low = isfinite(low) ? low : 0;
        high = low + 1;
    }
    const double wish = low + 2 * (top - low);
    *out = (spn_map_level){.title = beta_label(canvas, level->beta),
                           .z = z,
                           .z_low = low,
                           .z_high = mark > 1 && wish > low && wish < high ? wish : high,
                           .mark_z = marks};
done:
    return status;
}

static spn_status make_map(spni_canvas *canvas, const spni_slice_view *v, int64_t slice,
                           spn_map *map)
{
    spn_status status = SPN_OK;
    const spn_slice_record *record = &v->slices[slice];
    const spn_slice_point *points = spni_slice_points(v, slice);
    double *x = NULL, *y = NULL;
    spn_map_level *levels = NULL;
    spn_map_mark *marks = NULL;
    *map = (spn_map){.columns = record->columns,
                     .rows = record->rows,
                     .y_label = "Second direction {/:Italic v}",
                     .z_label = "Loss {/:Italic L}"};
    SPN_TAKE(canvas->context, canvas->arena, x, record->columns);
    SPN_TAKE(canvas->context, canvas->arena, y, record->rows);
    SPN_TAKE(canvas->context, canvas->arena, levels, v->c.levels.rows);
    SPN_TAKE(canvas->context, canvas->arena, marks, v->c.anchors.rows);
    for (int64_t i = 0; i < record->columns; i++) {
        x[i] = points[i].u;
    }
    for (int64_t i = 0; i < record->rows; i++) {
        y[i] = points[i * record->columns].v;
    }
    for (int64_t k = 0; k < v->c.levels.rows; k++) {
        if (v->levels[k].slice == slice) {
            SPN_TRY(make_level(canvas, v, &v->levels[k], &levels[map->level_count++]));
        }
    }
    for (int64_t i = 0; i < v->c.anchors.rows; i++) {
        if (v->anchors[i].slice == slice) {
            const char *name = spni_plain(canvas, v->c.names[i]);
            marks[map->mark_count++] = (spn_map_mark){v->anchors[i].u, v->anchors[i].v, name};
        }
    }
    map->x = x;
    map->y = y;
    map->levels = levels;
    map->marks = marks;
done:
    return status;
}

spn_status spni_slice_render_plane(spni_canvas *canvas, const spni_slice_view *v, int64_t slice,
                                   const char *name, const char *directory,
                                   const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_map map;
    SPN_TRY(make_map(canvas, v, slice, &map));
    canvas->figure.name = name;
    canvas->figure.x_label = "First direction {/:Italic u}";
    canvas->figure.map = &map;
    SPN_TRY(spni_canvas_render(canvas, directory, settings));
done:
    canvas->figure.map = NULL;
    return status;
}

/* ---- Both ---------------------------------------------------------------------------------- */

spn_status spn_plot_slice(spn_context *context, const spn_results *results, const char *directory,
                          const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas canvas;
    spni_slice_view view;
    SPN_TRY(spni_canvas_begin(context, results, &canvas));
    SPN_TRY(spn_slice_contents_read(context, canvas.arena, results, &view.c));
    view.slices = view.c.slices.records;
    view.anchors = view.c.anchors.records;
    view.levels = view.c.levels.records;
    if (spn_results_table(results, "potential") != NULL) {
        SPN_TRY(spni_plot_figure1(&canvas, &view, directory, settings));
        goto done;
    }
    spni_slice_caption(results, &view, 0, &canvas.caption);
    if (view.slices[0].axes == 1) {
        draw_line(&canvas, &view);
        SPN_TRY(spni_canvas_render(&canvas, directory, settings));
    } else if (settings != NULL && (settings->x_scale != NULL || settings->x_range != NULL ||
                                    settings->page != SPN_PAGE_OWN)) {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "holds a plane, whose maps have a page and axes of their own: leave out the range, "
            "the scale and the page");
    } else {
        SPN_TRY(spni_slice_render_plane(&canvas, &view, 0, "slice", directory, settings));
    }
done:
    spni_canvas_end(&canvas);
    return status;
}
