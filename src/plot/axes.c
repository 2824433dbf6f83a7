/* SPDX-License-Identifier: MIT */
/* Checking a figure's description; axes and ranges. */
#include "plot/plot.h"

#include <math.h>
#include <string.h>

#define MARGIN 0.06 /* of the data's range, at each end of an axis */

const char *const spni_format_suffix[SPNI_FORMAT_COUNT] = {".svg", ".pdf", ".png"};

static bool is_file_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return name != NULL && name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static spn_status check_panel(spn_context *context, const spn_figure *figure, int64_t index)
{
    const spn_panel *panel = &figure->panels[index];
    if (panel->y_label == NULL) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "figure %s: panel %lld has no label",
                        figure->name, (long long)index);
    }
    for (int64_t i = 0; i < panel->series_count; i++) {
        const spn_series *s = &panel->series[i];
        if (s->count < 0 || (s->count > 0 && (s->x == NULL || s->y == NULL)) || s->color < 0 ||
            s->color >= SPN_COLOR_COUNT || s->marker_interval < 0) {
            return spn_fail(context, SPN_ERROR_ARGUMENT,
                            "figure %s: series %lld of panel %lld is not complete", figure->name,
                            (long long)i, (long long)index);
        }
    }
    return SPN_OK;
}

static spn_status check_map(spn_context *context, const spn_figure *figure)
{
    const spn_map *map = figure->map;
    bool is_good = figure->x_label != NULL && map->y_label != NULL && map->z_label != NULL &&
                   map->columns >= 2 && map->rows >= 2 && map->level_count >= 1;
    for (int64_t i = 0; i < map->level_count && is_good; i++) {
        const spn_map_level *level = &map->levels[i];
        is_good = level->z != NULL && isfinite(level->z_low) && isfinite(level->z_high) &&
                  level->z_low < level->z_high && (level->mark_z != NULL || map->mark_count == 0);
    }
    return is_good ? SPN_OK
                   : spn_fail(context, SPN_ERROR_ARGUMENT,
                              "figure %s: the map needs labels, at least 2 x 2 places, and heights "
                              "with a range",
                              figure->name);
}

spn_status spni_figure_check(spn_context *context, const spn_figure *figure)
{
    if (!is_file_name(figure->name)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "figure: the name may hold letters, digits, - and _ only");
    }
    if (figure->map != NULL) {
        return check_map(context, figure);
    }
    if (figure->panel_count < 1 || figure->panel_count > 26 || figure->x_label == NULL ||
        figure->x_scale == SPN_AXIS_SYMMETRIC_LOG || figure->columns < 0) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "figure %s: needs 1 to 26 panels, a label and a linear or log x axis",
                        figure->name);
    }
    if (figure->x_scale == SPN_AXIS_LOG && figure->x_low <= 0) {
        return spn_fail(
            context, SPN_ERROR_INPUT,
            "the axis is logarithmic and cannot begin at %g: give a range above 0, or a "
            "linear scale",
            figure->x_low);
    }
    for (int64_t i = 0; i < figure->panel_count; i++) {
        spn_status status = check_panel(context, figure, i);
        if (status != SPN_OK) {
            return status;
        }
    }
    return SPN_OK;
}

bool spni_point_is_good(const spn_figure *figure, const spn_panel *panel, double x, double y)
{
    return isfinite(x) && isfinite(y) && (figure->x_scale != SPN_AXIS_LOG || x > 0) &&
           (panel->y_scale != SPN_AXIS_LOG || y > 0);
}

double spni_axis_position(spn_axis_scale scale, double linear, double value)
{
    switch (scale) {
    case SPN_AXIS_LINEAR:
        return value;
    case SPN_AXIS_LOG:
        return log10(value);
    case SPN_AXIS_SYMMETRIC_LOG:
        return asinh(value / (2 * linear)) / log(10.0);
    }
    return value;
}

double spni_axis_value(spn_axis_scale scale, double linear, double position)
{
    switch (scale) {
    case SPN_AXIS_LINEAR:
        return position;
    case SPN_AXIS_LOG:
        return pow(10.0, position);
    case SPN_AXIS_SYMMETRIC_LOG:
        return 2 * linear * sinh(position * log(10.0));
    }
    return position;
}

double spni_panel_linear(const spn_panel *panel)
{
    return panel->y_linear > 0 ? panel->y_linear : 1.0;
}

int64_t spni_series_points(const spn_figure *figure, const spn_panel *panel,
                           const spn_series *series)
{
    int64_t count = 0;
    for (int64_t i = 0; i < series->count; i++) {
        count += spni_point_is_good(figure, panel, series->x[i], series->y[i]);
    }
    return count;
}

static void widen(spni_range *range, double value)
{
    range->low = value < range->low ? value : range->low;
    range->high = value > range->high ? value : range->high;
}

/* Of x (is_x) or y of all points that can be drawn; low > high where there are none. */
static void collect(const spn_figure *figure, const spn_panel *panel, bool is_x, spni_range *range)
{
    for (int64_t k = 0; k < panel->series_count; k++) {
        const spn_series *s = &panel->series[k];
        for (int64_t i = 0; i < s->count; i++) {
            if (spni_point_is_good(figure, panel, s->x[i], s->y[i])) {
                widen(range, is_x ? s->x[i] : s->y[i]);
                widen(range, is_x || s->other == NULL ? range->low : s->other[i]);
            }
        }
    }
}

/* Add the margin in the units of the axis; wishes (not NaN) win. */
static spni_range finish(spni_range data, spn_axis_scale scale, double linear, double low,
                         double high, double margin)
{
    if (data.low > data.high) {
        data = (spni_range){scale == SPN_AXIS_LOG ? 0.1 : 0, 1};
    }
    double a = spni_axis_position(scale, linear, data.low);
    double b = spni_axis_position(scale, linear, data.high);
    if (b - a <= 1e-12 * (fabs(a) + fabs(b))) {
        double half = a != 0 ? 0.1 * fabs(a) : 1;
        a -= half;
        b += half;
    }
    const double extra = margin * (b - a);
    spni_range range = {spni_axis_value(scale, linear, a - extra),
                        spni_axis_value(scale, linear, b + extra)};
    range.low = isnan(low) ? range.low : low;
    range.high = isnan(high) ? range.high : high;
    return range;
}

spni_range spni_figure_x_range(const spn_figure *figure)
{
    spni_range range = {HUGE_VAL, -HUGE_VAL};
    for (int64_t i = 0; i < figure->panel_count; i++) {
        collect(figure, &figure->panels[i], true, &range);
    }
    /* Data that begin just above zero look best on an axis that begins at zero. */
    if (figure->x_scale == SPN_AXIS_LINEAR && range.low > 0 && range.low < 0.05 * range.high) {
        range.low = 0;
    }
    return finish(range, figure->x_scale, 1, figure->x_low, figure->x_high, 0);
}

spni_range spni_panel_y_range(const spn_figure *figure, const spn_panel *panel)
{
    spni_range range = {HUGE_VAL, -HUGE_VAL};
    collect(figure, panel, false, &range);
    return finish(range, panel->y_scale, spni_panel_linear(panel), panel->y_low, panel->y_high,
                  MARGIN);
}
