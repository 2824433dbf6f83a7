/* SPDX-License-Identifier: MIT */
/* Slices: the loss along a line, and over a plane. */
#include "plot/slice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_SIZE = 160 };

spn_status spni_slice_view_make(spn_context *context, spn_arena *arena, const spn_results *results,
                                spni_slice_view *v)
{
    spn_status status = SPN_OK;
    spn_slice_contents c;
    SPN_TRY(spn_slice_contents_read(context, arena, results, &c));
    *v = (spni_slice_view){.slice_count = c.slices.rows,
                           .point_count = c.points.rows,
                           .anchor_count = c.anchors.rows,
                           .level_count = c.levels.rows,
                           .potential_count = c.potential.rows,
                           .slices = c.slices.records,
                           .points = c.points.records,
                           .anchors = c.anchors.records,
                           .levels = c.levels.records,
                           .potential = c.potential.records,
                           .names = c.names};
done:
    return status;
}

const spn_slice_point *spni_slice_points(const spni_slice_view *v, int64_t slice)
{
    const spn_slice_point *points = v->points;
    for (int64_t k = 0; k < slice; k++) {
        points += v->slices[k].columns * v->slices[k].rows;
    }
    return points;
}

double spni_slice_loss(const spn_slice_point *point, double beta)
{
    return point->error + beta * point->norm_squared;
}

const char *spni_slice_beta(spn_arena *arena, const char *before, const char *behind, double beta)
{
    char text[LABEL_SIZE];
    snprintf(text, sizeof text, "%s = %.5g%s", before, beta, behind);
    return spn_arena_duplicate(arena, text);
}

/* ---- A line -------------------------------------------------------------------------------- */

static spn_status draw_line(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                            int64_t slice, const spn_slice_level *level, int64_t number,
                            spn_series *series)
{
    spn_status status = SPN_OK;
    const int64_t count = v->slices[slice].columns;
    const spn_slice_point *points = spni_slice_points(v, slice);
    double *x = NULL, *y = NULL;
    SPN_TAKE(context, arena, x, count);
    SPN_TAKE(context, arena, y, count);
    for (int64_t i = 0; i < count; i++) {
        x[i] = points[i].u;
        y[i] = level != NULL ? spni_slice_loss(&points[i], level->beta)
                             : points[i].scalar_curvature_error;
    }
    *series = (spn_series){.count = count,
                           .x = x,
                           .y = y,
                           .line = SPN_LINE_SOLID,
                           .width = 1.6,
                           .color = (spn_color)(SPN_COLOR_BLUE + number % 6)};
    if (level != NULL) {
        series->label = spni_slice_beta(arena, "{/:Italic β}", "", level->beta);
        SPN_TRY(series->label != NULL ? SPN_OK : spn_arena_status(context, arena));
    }
done:
    return status;
}

spn_status spni_slice_minima(spn_context *context, spn_arena *arena, const spn_series *line,
                             spn_series *out)
{
    spn_status status = SPN_OK;
    double *x = NULL, *y = NULL;
    int64_t count = 0;
    SPN_TAKE(context, arena, x, line->count);
    SPN_TAKE(context, arena, y, line->count);
    for (int64_t i = 1; i + 1 < line->count; i++) {
        if (line->y[i] < line->y[i - 1] && line->y[i] <= line->y[i + 1]) {
            x[count] = line->x[i];
            y[count++] = line->y[i];
        }
    }
    *out = (spn_series){.count = count,
                        .x = x,
                        .y = y,
                        .line = SPN_LINE_NONE,
                        .marker = SPN_MARKER_CIRCLE,
                        .marker_size = 1.0,
                        .color = line->color};
done:
    return status;
}

static spn_status anchor_guides(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                                int64_t slice, spn_figure *figure)
{
    spn_status status = SPN_OK;
    spn_guide *guides = NULL;
    SPN_TAKE(context, arena, guides, v->anchor_count);
    for (int64_t i = 0; i < v->anchor_count; i++) {
        if (v->anchors[i].slice == slice) {
            const char *name = spni_plain(arena, v->names[i]);
            SPN_TRY(name != NULL ? SPN_OK : spn_arena_status(context, arena));
            guides[figure->guide_count++] =
                (spn_guide){.x = v->anchors[i].u, .label = name, .line = SPN_LINE_DOTTED};
        }
    }
    figure->guides = guides;
done:
    return status;
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

static spn_status render_line(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                              const char *caption, const char *directory,
                              const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_series *series = NULL, curvature;
    int64_t count = 0;
    const bool has_two = has_curvature(v, 0);
    SPN_TAKE(context, arena, series, 2 * v->level_count);
    for (int64_t k = 0; k < v->level_count; k++) {
        if (v->levels[k].slice == 0) {
            SPN_TRY(draw_line(context, arena, v, 0, &v->levels[k], k, &series[count]));
            SPN_TRY(spni_slice_minima(context, arena, &series[count], &series[count + 1]));
            count += 2;
        }
    }
    SPN_TRY(draw_line(context, arena, v, 0, NULL, 0, &curvature));
    const spn_panel panels[2] = {{.y_label = "Loss {/:Italic L}",
                                  .y_low = (double)NAN,
                                  .y_high = (double)NAN,
                                  .series_count = count,
                                  .series = series,
                                  .legend = SPN_LEGEND_ABOVE},
                                 {.y_label = "Scalar curvature {/:Italic R}",
                                  .y_scale = SPN_AXIS_SYMMETRIC_LOG,
                                  .y_low = (double)NAN,
                                  .y_high = (double)NAN,
                                  .series_count = 1,
                                  .series = &curvature}};
    spn_figure figure = {.name = "slice",
                         .x_label = "Distance along the line {/:Italic u}",
                         .x_low = v->slices[0].u_low,
                         .x_high = v->slices[0].u_high,
                         .panel_count = has_two ? 2 : 1,
                         .panels = panels,
                         .height = has_two ? 0 : 2.9,
                         .caption = caption};
    SPN_TRY(anchor_guides(context, arena, v, 0, &figure));
    SPN_TRY(spn_plot_render(context, &figure, directory, settings));
done:
    return status;
}

/* ---- A plane ------------------------------------------------------------------------------- */

/* Heights of one level: coloured up to a little above the highest point that the plane goes through. */
static spn_status make_level(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                             const spn_slice_level *level, spn_map_level *out)
{
    spn_status status = SPN_OK;
    const spn_slice_record *slice = &v->slices[level->slice];
    const spn_slice_point *points = spni_slice_points(v, level->slice);
    const int64_t count = slice->columns * slice->rows;
    double *z = NULL, *marks = NULL, low = HUGE_VAL, high = -HUGE_VAL, top = -HUGE_VAL;
    int64_t mark = 0;
    SPN_TAKE(context, arena, z, count);
    SPN_TAKE(context, arena, marks, v->anchor_count);
    for (int64_t i = 0; i < count; i++) {
        z[i] = spni_slice_loss(&points[i], level->beta);
        if (isfinite(z[i])) {
            low = fmin(low, z[i]);
            high = fmax(high, z[i]);
        }
    }
    for (int64_t i = 0; i < v->anchor_count; i++) {
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
    *out = (spn_map_level){.title = spni_slice_beta(arena, "{/:Italic β}", "", level->beta),
                           .z = z,
                           .z_low = low,
                           .z_high = mark > 1 && wish > low && wish < high ? wish : high,
                           .mark_z = marks};
    SPN_TRY(out->title != NULL ? SPN_OK : spn_arena_status(context, arena));
done:
    return status;
}

static spn_status make_map(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                           int64_t slice, spn_map *map)
{
    spn_status status = SPN_OK;
    const spn_slice_record *record = &v->slices[slice];
    const spn_slice_point *points = spni_slice_points(v, slice);
    double *x = NULL, *y = NULL;
    spn_map_level *levels = NULL;
    spn_map_mark *marks = NULL;
    *map = (spn_map){.columns = record->columns,
                     .rows = record->rows,
                     .y_label = "{/:Italic v}",
                     .z_label = "Loss {/:Italic L}"};
    SPN_TAKE(context, arena, x, record->columns);
    SPN_TAKE(context, arena, y, record->rows);
    SPN_TAKE(context, arena, levels, v->level_count);
    SPN_TAKE(context, arena, marks, v->anchor_count);
    for (int64_t i = 0; i < record->columns; i++) {
        x[i] = points[i].u;
    }
    for (int64_t i = 0; i < record->rows; i++) {
        y[i] = points[i * record->columns].v;
    }
    for (int64_t k = 0; k < v->level_count; k++) {
        if (v->levels[k].slice == slice) {
            SPN_TRY(make_level(context, arena, v, &v->levels[k], &levels[map->level_count++]));
        }
    }
    for (int64_t i = 0; i < v->anchor_count; i++) {
        if (v->anchors[i].slice == slice) {
            const char *name = spni_plain(arena, v->names[i]);
            SPN_TRY(name != NULL ? SPN_OK : spn_arena_status(context, arena));
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

spn_status spni_slice_render_plane(spn_context *context, spn_arena *arena, const spni_slice_view *v,
                                   int64_t slice, const char *name, const char *caption,
                                   const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_map map;
    SPN_TRY(make_map(context, arena, v, slice, &map));
    const spn_figure figure = {
        .name = name, .x_label = "{/:Italic u}", .caption = caption, .map = &map};
    SPN_TRY(spn_plot_render(context, &figure, directory, settings));
done:
    return status;
}

/* ---- Both ---------------------------------------------------------------------------------- */

spn_status spn_plot_slice(spn_context *context, const spn_results *results, const char *directory,
                          const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spni_slice_view view;
    spn_text caption = {.context = context, .norm = spn_text_norm(results)};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_slice_view_make(context, arena, results, &view));
    if (spn_results_table(results, "potential") != NULL) {
        SPN_TRY(spni_plot_figure1(context, arena, results, &view, directory, settings));
        goto done;
    }
    spni_slice_caption(results, &view, 0, &caption);
    SPN_TRY(caption.status);
    if (view.slices[0].axes == 1) {
        SPN_TRY(render_line(context, arena, &view, caption.buffer.text, directory, settings));
    } else {
        SPN_TRY(spni_slice_render_plane(context, arena, &view, 0, "slice", caption.buffer.text,
                                        directory, settings));
    }
done:
    spn_text_end(&caption);
    spn_arena_free(arena);
    return status;
}
