/* SPDX-License-Identifier: MIT */
/* Watched training: error, accuracy, modes, stability and the smallest eigenvalue against the epoch. */
#include "plot/grok.h"
#include "plot/quantities.h"

#include <math.h>
#include <string.h>

enum { MODES_SHOWN = 3, KINDS = SPN_PLATEAU_SLOW };

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
    spni_canvas canvas;
    spni_grok_view view;
    const char **labels; /* of the starts */
} drawing;

/* A quantity of a record, by its place in the struct. */
#define AT(member) offsetof(spn_trajectory_record, member)

static void find_ends(spni_grok_view *v)
{
    double first = HUGE_VAL;
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        const double epoch = v->points[i].epoch;
        first = epoch > 0 ? fmin(first, epoch) : first;
        v->right = fmax(v->right, epoch);
    }
    v->left = isfinite(first) ? first / 2 : 0.5;
}

static spn_status make_view(spn_context *context, spn_arena *arena, const spn_results *results,
                            spni_grok_view *v)
{
    spn_status status = SPN_OK;
    *v = (spni_grok_view){.right = 1};
    SPN_TRY(spn_grok_contents_read(context, arena, results, &v->c));
    if (v->c.runs.rows == 0 || v->c.points.rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "holds no runs: nothing to draw");
    }
    v->runs = v->c.runs.records;
    v->points = v->c.points.records;
    v->crossings = v->c.crossings.records;
    v->plateaus = v->c.plateaus.records;
    find_ends(v);
done:
    return status;
}

static bool has_any(const spni_grok_view *v, size_t offset)
{
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        if (isfinite(spni_real_at(&v->points[i], offset))) {
            return true;
        }
    }
    return false;
}

/* ---- Curves -------------------------------------------------------------------------------------- */

/* A logarithmic axis has no place for epoch 0: it stands at the left edge. */
static void add_point(drawing *d, double epoch, double value)
{
    spni_add_point(&d->canvas, fmax(epoch, d->view.left), value);
}

static spn_color color_of(const spni_grok_view *v, int64_t run)
{
    static const spn_color colors[] = {SPN_COLOR_BLUE,   SPN_COLOR_VERMILION, SPN_COLOR_GREEN,
                                       SPN_COLOR_PURPLE, SPN_COLOR_ORANGE,    SPN_COLOR_SKY};
    return colors[v->runs[run].start % 6];
}

/* What the curves of all runs show. */
typedef struct quantity {
    size_t offset; /* of a record's quantity */
    bool is_mode;  /* instead: the strength of a mode */
    int64_t mode;
    spn_line_style line;
    double width;
    const char *const *labels; /* of the starts, each at its first run; NULL: none */
    const char *label;         /* of the first run; NULL: none */
} quantity;

static double read(const spni_grok_view *v, const quantity *q, int64_t i)
{
    return q->is_mode ? v->c.modes->values[i * v->c.modes->columns + q->mode]
                      : spni_real_at(&v->points[i], q->offset);
}

static void draw_runs(drawing *d, const quantity *q)
{
    const spni_grok_view *v = &d->view;
    int64_t i = 0;
    for (int64_t r = 0; r < v->c.runs.rows; r++) {
        const bool is_first = r == 0 || v->runs[r].start != v->runs[r - 1].start;
        spn_series look = {.color = color_of(v, r), .line = q->line, .width = q->width};
        look.label = q->labels != NULL && is_first ? q->labels[v->runs[r].start]
                     : r == 0                      ? q->label
                                                   : NULL;
        spni_add_series(&d->canvas, look);
        for (; i < v->c.points.rows && v->points[i].run == r; i++) {
            add_point(d, v->points[i].epoch, read(v, q, i));
        }
    }
}

static void draw_solid(drawing *d, size_t offset)
{
    draw_runs(d, &(const quantity){.offset = offset, .line = SPN_LINE_SOLID, .width = 1.5});
}

/* ---- Plateaus ------------------------------------------------------------------------------------ */

static const spn_series thin_dots = {.line = SPN_LINE_DOTTED, .width = 0.9};

/* Thin lines at the E of the branches, over the epochs of the plateaus. */
static void draw_levels(drawing *d)
{
    const spni_grok_view *v = &d->view;
    spni_add_series(&d->canvas, thin_dots);
    for (int64_t i = 0; i < v->c.plateaus.rows; i++) {
        const spn_plateau_record *p = &v->plateaus[i];
        add_point(d, p->epoch_from, p->branch_error);
        add_point(d, isnan(p->epoch_to) ? v->runs[p->run].epoch : p->epoch_to, p->branch_error);
        spni_add_gap(&d->canvas);
    }
}

/* Markers of one kind, where it is slowest; or of all predicted escapes where kind < 0. */
static void draw_marks(drawing *d, int64_t kind)
{
    static const spn_marker markers[KINDS] = {SPN_MARKER_SQUARE, SPN_MARKER_TRIANGLE,
                                              SPN_MARKER_DIAMOND, SPN_MARKER_CIRCLE};
    const spni_grok_view *v = &d->view;
    spn_series *series =
        kind < 0 ? spni_add_series(&d->canvas, (spn_series){.label = "predicted escape",
                                                            .marker = SPN_MARKER_OPEN_CIRCLE,
                                                            .marker_size = 1.1})
                 : spni_add_series(&d->canvas, (spn_series){.label = spni_plateau_name(kind),
                                                            .marker = markers[kind],
                                                            .marker_size = 0.8});
    for (int64_t i = 0; i < v->c.plateaus.rows; i++) {
        const spn_plateau_record *p = &v->plateaus[i];
        const double at = kind < 0 ? p->epoch_from + p->predicted : p->epoch_slowest;
        if (isfinite(p->branch_error) && (kind < 0 ? isfinite(at) : p->kind == kind)) {
            add_point(d, at, p->branch_error);
        }
    }
    series->label = series->count > 0 ? series->label : NULL;
}

/* A panel, and what the caption says of it. */
static spn_panel *add_panel(drawing *d, const char *label, const char *name)
{
    if (d->view.panel_count < SPNI_PANELS_MAX) { /* the canvas refuses more */
        d->view.panels[d->view.panel_count++] = name;
    }
    return spni_add_panel(&d->canvas, label);
}

/* ---- Panels -------------------------------------------------------------------------------------- */

static spn_axis_scale error_scale(const spni_grok_view *v)
{
    double low = HUGE_VAL, high = 0;
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        const double error = v->points[i].state.error;
        low = isfinite(error) ? fmin(low, error) : low;
        high = isfinite(error) ? fmax(high, error) : high;
    }
    return low > 0 && high > DECADES * low ? SPN_AXIS_LOG : SPN_AXIS_LINEAR;
}

static void draw_error(drawing *d)
{
    spn_panel *panel = add_panel(d, "Error {/:Italic E}", "error E");
    d->view.has_levels = d->view.c.plateaus.rows > 0;
    panel->legend = SPN_LEGEND_ABOVE;
    panel->y_scale = error_scale(&d->view);
    draw_runs(d, &(const quantity){.offset = AT(state.error),
                                   .line = SPN_LINE_SOLID,
                                   .width = 1.8,
                                   .labels = d->labels});
    if (has_any(&d->view, AT(state.test_error))) {
        d->view.has_test = true;
        draw_runs(d, &(const quantity){.offset = AT(state.test_error),
                                       .line = SPN_LINE_DASHED,
                                       .width = 1.3,
                                       .label = "test samples"});
    }
    draw_levels(d);
    for (int64_t kind = 0; kind < KINDS; kind++) {
        draw_marks(d, kind);
    }
    draw_marks(d, -1);
}

static void draw_accuracy(drawing *d)
{
    add_panel(d, "Accuracy",
              "accuracy, the share of the samples whose largest output is that of their class");
    d->view.has_test = d->view.has_test || has_any(&d->view, AT(state.test_accuracy));
    draw_runs(
        d, &(const quantity){.offset = AT(state.accuracy), .line = SPN_LINE_SOLID, .width = 1.8});
    draw_runs(d, &(const quantity){
                     .offset = AT(state.test_accuracy), .line = SPN_LINE_DASHED, .width = 1.3});
}

/* Strengths of the strongest modes. */
static void draw_modes(drawing *d)
{
    static const spn_line_style lines[MODES_SHOWN] = {SPN_LINE_SOLID, SPN_LINE_DASHED,
                                                      SPN_LINE_DOTTED};
    const int64_t modes = d->view.c.modes->columns;
    static const char *const names[] = {
        "Mode strength {/:Italic s}_1", "Strengths {/:Italic s}_1, {/:Italic s}_2 (dashed)",
        "{/:Italic s}_1, {/:Italic s}_2 (dashed), {/:Italic s}_3 (dots)"};
    add_panel(d, names[modes < MODES_SHOWN ? modes - 1 : MODES_SHOWN - 1],
              "strengths of the modes");
    d->view.has_modes = modes > 1;
    for (int64_t m = 0; m < MODES_SHOWN && m < modes; m++) {
        draw_runs(d, &(const quantity){.is_mode = true, .mode = m, .line = lines[m], .width = 1.5});
    }
}

/* learning_rate lambda_max, for gradient descent with its bound. */
static void draw_stability(drawing *d)
{
    add_panel(d, "{/:Italic η λ}_{max}",
              "learning rate times lambda_max, the largest eigenvalue of the Hessian of L")
        ->y_low = 0;
    d->view.has_bound = d->view.c.is_descent;
    draw_solid(d, AT(stability));
    if (d->view.c.is_descent) {
        spni_add_series(&d->canvas, thin_dots);
        add_point(d, d->view.left, 2);
        add_point(d, d->view.right, 2);
    }
}

static void draw_eigenvalue(drawing *d)
{
    double largest = 0;
    for (int64_t i = 0; i < d->view.c.points.rows; i++) {
        largest = fmax(largest, fabs(d->view.points[i].state.eigenvalue_min_loss));
    }
    spn_panel *panel =
        add_panel(d, "min {/:Italic λ}", "the smallest eigenvalue of the Hessian of L");
    panel->y_scale = SPN_AXIS_SYMMETRIC_LOG;
    panel->y_linear = largest > 0 ? pow(10, floor(log10(LINEAR_SHARE * largest))) : 1;
    draw_solid(d, AT(state.eigenvalue_min_loss));
}

/* ---- The figure ---------------------------------------------------------------------------------- */

/* "trivial", "random, 8 times as large", "1 mode of beta = 0.2": an item of grok.starts in words, without its residue. */
static const char *start_label(drawing *d, int64_t start, double residue)
{
    static const char times[] = "random*";
    const spni_grok_view *v = &d->view;
    const char *name = v->c.names[start];
    const int64_t column = spn_table_find(&v->c.starts, "stored_beta");
    const double stored_beta =
        column >= 0 ? spn_table_real(&v->c.starts, start, column) : (double)NAN;
    const char *at = strrchr(name, '@');
    if (isnan(residue) && strncmp(name, times, sizeof times - 1) == 0) {
        return spni_label(&d->canvas, "random, %s times as large", name + sizeof times - 1);
    }
    const int length = (int)strcspn(name, "+");
    if (isfinite(stored_beta) && at != NULL && at - name < length) {
        const char *phase = spni_label(&d->canvas, "%.*s", (int)(at - name), name);
        return spni_label(&d->canvas, "%s of {/:Italic β} = %.4g", spni_plain(&d->canvas, phase),
                          stored_beta);
    }
    /* A weights file may have a plus in its name; its residue is told as a number in any case. */
    const bool has_residue = isfinite(residue) && residue > 0;
    const char *word = spni_label(&d->canvas, "%.*s", has_residue ? length : 100, name);
    return spni_plain(&d->canvas, word);
}

static spn_status make_labels(drawing *d)
{
    spn_status status = SPN_OK;
    const spni_grok_view *v = &d->view;
    SPN_TAKE(d->canvas.context, d->canvas.arena, d->labels, v->c.starts.rows);
    for (int64_t r = 0; r < v->c.runs.rows; r++) {
        const spn_run_record *run = &v->runs[r];
        const char *name = start_label(d, run->start, run->residue);
        d->labels[run->start] =
            isfinite(run->residue) && run->residue > 0
                ? spni_label(&d->canvas, "%s, {/:Italic u}_0 = %.4g", name, run->residue)
                : name;
    }
done:
    return status;
}

/* Columns that are asked for; the error as it always is, with its plateaus. */
static spn_status draw_columns(drawing *d, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_quantity *quantities = NULL;
    int64_t count = 0;
    SPN_TRY(spni_choose_quantities(&d->canvas, &d->view.c.points, settings, 0, NULL, &count,
                                   &quantities));
    for (int64_t i = 0; i < count; i++) {
        if (strcmp(quantities[i].name, "error") == 0) {
            draw_error(d);
        } else if (quantities[i].is_integer) {
            SPN_FAIL(d->canvas.context, SPN_ERROR_INPUT, "the column '%s' is no curve",
                     quantities[i].name);
        } else {
            add_panel(d, quantities[i].label, quantities[i].name)->y_scale = quantities[i].scale;
            draw_runs(d, &(const quantity){.offset = quantities[i].offset,
                                           .line = SPN_LINE_SOLID,
                                           .width = 1.5,
                                           .labels = i == 0 ? d->labels : NULL});
        }
    }
    d->canvas.panels[0].legend = SPN_LEGEND_ABOVE;
done:
    return status;
}

static spn_status draw_panels(drawing *d, const spn_plot_settings *settings)
{
    const spni_grok_view *v = &d->view;
    if (settings != NULL && settings->column_count > 0) {
        return draw_columns(d, settings);
    }
    draw_error(d);
    if (has_any(v, AT(state.accuracy)) || has_any(v, AT(state.test_accuracy))) {
        draw_accuracy(d);
    }
    /* Where there are test samples |theta| tells when a network generalises, modes when it learns. */
    const bool has_modes = v->c.modes != NULL && !has_any(v, AT(state.test_error));
    if (has_modes) {
        draw_modes(d);
    }
    if (!has_modes ||
        d->canvas.figure.panel_count % 2 != 0) { /* fills the last row of two columns */
        add_panel(d, "Distance |{/:Italic θ}|", "distance |theta| to the origin");
        draw_solid(d, AT(state.weight_norm));
    }
    if (has_any(v, AT(stability)) && has_any(v, AT(state.eigenvalue_min_loss))) {
        draw_stability(d);
        draw_eigenvalue(d);
    }
    return SPN_OK;
}
#undef AT

static void set_page(spn_figure *figure, const spni_grok_view *v)
{
    figure->name = "grok";
    figure->x_label = "Epoch";
    figure->x_scale = SPN_AXIS_LOG;
    figure->x_low = v->left;
    figure->x_high = v->right * pow(v->right / v->left, RIGHT_SHARE);
    if (figure->panel_count > STACKED_MOST) {
        figure->columns = 2;
        figure->width = WIDE;
        figure->height = MARGINS + ROW_HEIGHT * (double)((figure->panel_count + 1) / 2);
    }
}

spn_status spn_plot_grok(spn_context *context, const spn_results *results, const char *directory,
                         const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.labels = NULL};
    SPN_TRY(spni_canvas_begin(context, results, &d.canvas));
    SPN_TRY(make_view(context, d.canvas.arena, results, &d.view));
    SPN_TRY(make_labels(&d));
    SPN_TRY(draw_panels(&d, settings));
    set_page(&d.canvas.figure, &d.view);
    spni_grok_caption(results, &d.view, &d.canvas.caption);
    SPN_TRY(spni_canvas_render(&d.canvas, directory, settings));
done:
    spni_canvas_end(&d.canvas);
    return status;
}
