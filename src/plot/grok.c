/* SPDX-License-Identifier: MIT */
/* Watched training: error, accuracy, modes, stability and the smallest eigenvalue against the epoch. */
#include "plot/grok.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANELS_MAX = 6, MODES_SHOWN = 3, LABEL_SIZE = 160, KINDS = SPN_PLATEAU_SLOW };

/* E spans decades: its axis is logarithmic. */
#define DECADES 30
/* The symmetric-log axis of eigenvalues is linear below this share of the largest. */
#define LINEAR_SHARE 1e-3

/* Room behind the last epoch, as a share of the axis, for the label of a tick there. */
#define RIGHT_SHARE 0.03
/* More panels than this stand in two columns, on a page of so many inches. */
#define STACKED_MOST 2
#define WIDE 7.0
#define ROW_HEIGHT 1.9
#define MARGINS 0.9

typedef struct drawing {
    spn_context *context;
    spn_arena *arena;
    const spni_grok_view *view;
    const char **labels; /* of the starts */
} drawing;

/* A quantity of a record, by its place in the struct. */
static double value_of(const spn_trajectory_record *point, size_t offset)
{
    double value = 0;
    memcpy(&value, (const char *)point + offset, sizeof value);
    return value;
}

#define AT(member) offsetof(spn_trajectory_record, member)

static bool has_any(const spni_grok_view *v, size_t offset)
{
    for (int64_t i = 0; i < v->point_count; i++) {
        if (isfinite(value_of(&v->points[i], offset))) {
            return true;
        }
    }
    return false;
}

/* A logarithmic axis has no place for epoch 0: it stands at the left edge. */
static double place(const spni_grok_view *v, double epoch)
{
    return fmax(epoch, v->left);
}

static spn_color color_of(const spni_grok_view *v, int64_t run)
{
    static const spn_color colors[] = {SPN_COLOR_BLUE,   SPN_COLOR_VERMILION, SPN_COLOR_GREEN,
                                       SPN_COLOR_PURPLE, SPN_COLOR_ORANGE,    SPN_COLOR_SKY};
    return colors[v->runs[run].start % 6];
}

/* Rows of a run among the points: from `from` on. */
static int64_t find_rows(const spni_grok_view *v, int64_t run, int64_t *from)
{
    int64_t count = 0;
    *from = 0;
    for (int64_t i = 0; i < v->point_count; i++) {
        *from = v->points[i].run < run ? i + 1 : *from;
        count += v->points[i].run == run;
    }
    return count;
}

/* A curve of a run: a quantity, or where `mode` >= 0 the strength of a mode. */
static spn_status draw_run(drawing *d, int64_t run, size_t offset, int64_t mode, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    int64_t from = 0;
    const int64_t count = find_rows(v, run, &from);
    double *x = NULL, *y = NULL;
    SPN_TAKE(d->context, d->arena, x, count);
    SPN_TAKE(d->context, d->arena, y, count);
    for (int64_t i = 0; i < count; i++) {
        x[i] = place(v, v->points[from + i].epoch);
        y[i] = mode < 0 ? value_of(&v->points[from + i], offset)
                        : v->modes->values[(from + i) * v->modes->columns + mode];
    }
    *series = (spn_series){.count = count, .x = x, .y = y, .color = color_of(v, run)};
done:
    return status;
}

/* All runs; the first of each start has the label where `is_labelled`. */
static spn_status draw_runs(drawing *d, size_t offset, int64_t mode, spn_line_style line,
                            double width, bool is_labelled, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    for (int64_t r = 0; r < v->run_count; r++) {
        const bool is_first = r == 0 || v->runs[r].start != v->runs[r - 1].start;
        SPN_TRY(draw_run(d, r, offset, mode, &series[r]));
        series[r].line = line;
        series[r].width = width;
        series[r].label = is_labelled && is_first ? d->labels[v->runs[r].start] : NULL;
    }
done:
    return status;
}

/* ---- Plateaus ------------------------------------------------------------------------------- */

/* Thin lines at the E of the branches, over the epochs of the plateaus. */
static spn_status draw_levels(drawing *d, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    double *x = NULL, *y = NULL;
    int64_t n = 0;
    SPN_TAKE(d->context, d->arena, x, 3 * v->plateau_count);
    SPN_TAKE(d->context, d->arena, y, 3 * v->plateau_count);
    for (int64_t i = 0; i < v->plateau_count; i++) {
        const spn_plateau_record *p = &v->plateaus[i];
        const double end = isnan(p->epoch_to) ? v->runs[p->run].epoch : p->epoch_to;
        x[n] = place(v, p->epoch_from);
        y[n++] = p->branch_error;
        x[n] = place(v, end);
        y[n++] = p->branch_error;
        x[n] = y[n] = (double)NAN;
        n++;
    }
    *series = (spn_series){.count = n,
                           .x = x,
                           .y = y,
                           .color = SPN_COLOR_BLACK,
                           .line = SPN_LINE_DOTTED,
                           .width = 0.9};
done:
    return status;
}

/* Markers of one kind, where it is slowest; or of all predicted escapes where kind < 0. */
static spn_status draw_marks(drawing *d, int64_t kind, spn_series *series)
{
    static const spn_marker markers[KINDS] = {SPN_MARKER_SQUARE, SPN_MARKER_TRIANGLE,
                                              SPN_MARKER_DIAMOND, SPN_MARKER_CIRCLE};
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    double *x = NULL, *y = NULL;
    int64_t n = 0;
    SPN_TAKE(d->context, d->arena, x, v->plateau_count);
    SPN_TAKE(d->context, d->arena, y, v->plateau_count);
    for (int64_t i = 0; i < v->plateau_count; i++) {
        const spn_plateau_record *p = &v->plateaus[i];
        const double at = kind < 0 ? p->epoch_from + p->predicted : p->epoch_slowest;
        if (isfinite(p->branch_error) && (kind < 0 ? isfinite(at) : p->kind == kind)) {
            x[n] = place(v, at);
            y[n++] = p->branch_error;
        }
    }
    *series = (spn_series){.label = kind < 0 ? "predicted escape" : spni_plateau_name(kind),
                           .count = n,
                           .x = x,
                           .y = y,
                           .color = SPN_COLOR_BLACK,
                           .marker = kind < 0 ? SPN_MARKER_OPEN_CIRCLE : markers[kind],
                           .marker_size = kind < 0 ? 1.1 : 0.8};
    series->label = n > 0 ? series->label : NULL;
done:
    return status;
}

/* ---- Panels --------------------------------------------------------------------------------- */

static spn_panel panel_of(const char *label, const spn_series *series, int64_t count)
{
    return (spn_panel){.y_label = label,
                       .y_low = (double)NAN,
                       .y_high = (double)NAN,
                       .series = series,
                       .series_count = count};
}

static spn_axis_scale error_scale(const spni_grok_view *v)
{
    double low = HUGE_VAL, high = 0;
    for (int64_t i = 0; i < v->point_count; i++) {
        const double error = v->points[i].error;
        low = isfinite(error) ? fmin(low, error) : low;
        high = isfinite(error) ? fmax(high, error) : high;
    }
    return low > 0 && high > DECADES * low ? SPN_AXIS_LOG : SPN_AXIS_LINEAR;
}

static spn_status error_panel(drawing *d, spn_panel *panel)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    const bool has_test = has_any(v, AT(test_error));
    spn_series *series = NULL;
    int64_t n = 0;
    SPN_TAKE(d->context, d->arena, series, 2 * v->run_count + KINDS + 2);
    SPN_TRY(draw_runs(d, AT(error), -1, SPN_LINE_SOLID, 1.8, true, series));
    n += v->run_count;
    if (has_test) {
        SPN_TRY(draw_runs(d, AT(test_error), -1, SPN_LINE_DASHED, 1.3, false, series + n));
        series[n].label = "test samples";
        n += v->run_count;
    }
    SPN_TRY(draw_levels(d, &series[n++]));
    for (int64_t kind = 0; kind < KINDS; kind++) {
        SPN_TRY(draw_marks(d, kind, &series[n++]));
    }
    SPN_TRY(draw_marks(d, -1, &series[n++]));
    *panel = panel_of("Error {/:Italic E}", series, n);
    panel->legend = SPN_LEGEND_ABOVE;
    panel->y_scale = error_scale(v);
done:
    return status;
}

static spn_status accuracy_panel(drawing *d, spn_panel *panel)
{
    spn_status status = SPN_OK;
    const int64_t runs = d->view->run_count;
    spn_series *series = NULL;
    SPN_TAKE(d->context, d->arena, series, 2 * runs);
    SPN_TRY(draw_runs(d, AT(accuracy), -1, SPN_LINE_SOLID, 1.8, false, series));
    SPN_TRY(draw_runs(d, AT(test_accuracy), -1, SPN_LINE_DASHED, 1.3, false, series + runs));
    *panel = panel_of("Accuracy", series, 2 * runs);
done:
    return status;
}

static spn_status norm_panel(drawing *d, spn_panel *panel)
{
    spn_status status = SPN_OK;
    spn_series *series = NULL;
    SPN_TAKE(d->context, d->arena, series, d->view->run_count);
    SPN_TRY(draw_runs(d, AT(weight_norm), -1, SPN_LINE_SOLID, 1.5, false, series));
    *panel = panel_of("Distance |{/:Italic θ}|", series, d->view->run_count);
done:
    return status;
}

/* Strengths of the strongest modes. */
static spn_status modes_panel(drawing *d, spn_panel *panel)
{
    static const spn_line_style lines[MODES_SHOWN] = {SPN_LINE_SOLID, SPN_LINE_DASHED,
                                                      SPN_LINE_DOTTED};
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    const int64_t modes = v->modes->columns < MODES_SHOWN ? v->modes->columns : MODES_SHOWN;
    spn_series *series = NULL;
    SPN_TAKE(d->context, d->arena, series, MODES_SHOWN * v->run_count);
    for (int64_t m = 0; m < modes; m++) {
        SPN_TRY(draw_runs(d, 0, m, lines[m], 1.5, false, series + m * v->run_count));
    }
    *panel = panel_of("Mode strength {/:Italic s_i}", series, modes * v->run_count);
done:
    return status;
}

/* learning_rate lambda_max, for gradient descent with its bound. */
static spn_status stability_panel(drawing *d, spn_panel *panel)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    spn_series *series = NULL;
    double *ends = NULL;
    SPN_TAKE(d->context, d->arena, series, v->run_count + 1);
    SPN_TAKE(d->context, d->arena, ends, 4);
    SPN_TRY(draw_runs(d, AT(stability), -1, SPN_LINE_SOLID, 1.5, false, series));
    ends[0] = v->left;
    ends[1] = v->right;
    ends[2] = ends[3] = 2;
    series[v->run_count] = (spn_series){.count = 2,
                                        .x = ends,
                                        .y = ends + 2,
                                        .color = SPN_COLOR_BLACK,
                                        .line = SPN_LINE_DOTTED,
                                        .width = 0.9};
    *panel = panel_of("{/:Italic η λ}_{max}", series, v->run_count + v->is_descent);
    panel->y_low = 0;
done:
    return status;
}

static spn_status eigenvalue_panel(drawing *d, spn_panel *panel)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    spn_series *series = NULL;
    double largest = 0;
    SPN_TAKE(d->context, d->arena, series, v->run_count);
    SPN_TRY(draw_runs(d, AT(eigenvalue_min_loss), -1, SPN_LINE_SOLID, 1.5, false, series));
    for (int64_t i = 0; i < v->point_count; i++) {
        largest = fmax(largest, fabs(v->points[i].eigenvalue_min_loss));
    }
    *panel = panel_of("min {/:Italic λ}", series, v->run_count);
    panel->y_scale = SPN_AXIS_SYMMETRIC_LOG;
    panel->y_linear = largest > 0 ? pow(10, floor(log10(LINEAR_SHARE * largest))) : 1;
done:
    return status;
}

/* ---- The figure ----------------------------------------------------------------------------- */

static spn_status make_labels(drawing *d)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    SPN_TAKE(d->context, d->arena, d->labels, v->start_count);
    for (int64_t r = 0; r < v->run_count; r++) {
        char text[LABEL_SIZE];
        const spn_run_record *run = &v->runs[r];
        const char *name = spni_plain(d->arena, v->names[run->start]);
        SPN_TRY(name != NULL ? SPN_OK : spn_arena_status(d->context, d->arena));
        if (isfinite(run->residue) && run->residue > 0) {
            snprintf(text, sizeof text, "%.*s, {/:Italic u}_0 = %.4g", (int)strcspn(name, "+"),
                     name, run->residue);
        } else {
            snprintf(text, sizeof text, "%.100s", name);
        }
        d->labels[run->start] = spn_arena_duplicate(d->arena, text);
        SPN_TRY(d->labels[run->start] != NULL ? SPN_OK : spn_arena_status(d->context, d->arena));
    }
done:
    return status;
}

static spn_status make_panels(drawing *d, spn_panel *panels, int64_t *count)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = d->view;
    int64_t n = 0;
    SPN_TRY(error_panel(d, &panels[n++]));
    if (has_any(v, AT(accuracy)) || has_any(v, AT(test_accuracy))) {
        SPN_TRY(accuracy_panel(d, &panels[n++]));
    }
    /* Where there are test samples |theta| tells when a network generalises, modes when it learns. */
    const bool has_modes = v->modes != NULL && !has_any(v, AT(test_error));
    if (has_modes) {
        SPN_TRY(modes_panel(d, &panels[n++]));
    }
    const bool has_geometry = has_any(v, AT(stability)) && has_any(v, AT(eigenvalue_min_loss));
    if (!has_modes || n % 2 != 0) { /* fills the last row of two columns */
        SPN_TRY(norm_panel(d, &panels[n++]));
    }
    if (has_geometry) {
        SPN_TRY(stability_panel(d, &panels[n++]));
        SPN_TRY(eigenvalue_panel(d, &panels[n++]));
    }
    *count = n;
done:
    return status;
}
#undef AT

spn_status spn_plot_grok(spn_context *context, const spn_results *results, const char *directory,
                         const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_grok_view view;
    spn_text caption = {.context = context, .norm = spn_text_norm(results)};
    spn_panel panels[PANELS_MAX];
    drawing d = {.context = context, .view = &view};
    SPN_TRY(spn_arena_create(context, &d.arena));
    SPN_TRY(spni_grok_view_make(context, d.arena, results, &view));
    SPN_TRY(make_labels(&d));
    spn_figure figure = {.name = "grok",
                         .x_label = "Epoch",
                         .x_scale = SPN_AXIS_LOG,
                         .x_low = view.left,
                         .x_high = view.right * pow(view.right / view.left, RIGHT_SHARE),
                         .panels = panels};
    SPN_TRY(make_panels(&d, panels, &figure.panel_count));
    if (figure.panel_count > STACKED_MOST) {
        figure.columns = 2;
        figure.width = WIDE;
        figure.height = MARGINS + ROW_HEIGHT * (double)((figure.panel_count + 1) / 2);
    }
    for (int64_t k = 0; k < figure.panel_count; k++) {
        SPN_TRY(spni_norm_label(context, d.arena, results, &panels[k].y_label));
    }
    spni_grok_caption(results, &view, &caption);
    figure.caption = caption.buffer.text;
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    spn_arena_free(d.arena);
    return status;
}
