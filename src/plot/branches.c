/* SPDX-License-Identifier: MIT */
/* All phases of a problem: |theta|, E, L and R along its branches. */
#include "plot/branches.h"
#include "plot/plot.h"
#include "plot/quantities.h"

#include <math.h>
#include <string.h>

enum { NAMED_PHASES = 6, MARKS = 4 };
#define CROWDED 0.1 /* left part of a linear axis */
/* Inches: the sides of a panel, and between marks of one kind where phases share their looks. */
#define PANEL_WIDTH 2.7
#define PANEL_HEIGHT 1.75
#define MARK_GAP 0.08

/* Which states carry a marker. */
typedef enum mark {
    MARK_BRANCH_POINT,
    MARK_FOLD,
    MARK_COEXISTENCE, /* Maxwell point of two phases that are not globally stable */
    MARK_MAXWELL,
} mark;

typedef struct drawing {
    spni_canvas canvas;
    spni_branches_view view;
    int64_t *looks; /* of the phases: which line of the legend they share */
    int64_t look_count;
    const char **labels; /* of the looks */
    /* Marks of one kind in one panel, in inches, and what an inch of its axes is. */
    double (*marks)[2];
    int64_t mark_count;
    spni_range x, y;
    spn_axis_scale y_scale;
} drawing;

/* ---- Looks of phases ----------------------------------------------------------------------------- */

static bool is_before(const spn_phase_record *a, const spn_phase_record *b)
{
    const bool global_a = isfinite(a->global_low), global_b = isfinite(b->global_low);
    if (global_a != global_b) {
        return global_a;
    }
    if (global_a) {
        return a->global_low < b->global_low;
    }
    return a->beta_high - a->beta_low > b->beta_high - b->beta_low;
}

/* Few phases: each has its own look; globally stable ones by beta, then the others, the widest window
 * first. */
static void rank_phases(drawing *d)
{
    const spni_branches_view *v = &d->view;
    d->look_count = v->c.phases.rows;
    for (int64_t i = 0; i < v->c.phases.rows; i++) {
        for (int64_t k = 0; k < v->c.phases.rows; k++) {
            const bool is_tie = !is_before(&v->phases[i], &v->phases[k]) &&
                                !is_before(&v->phases[k], &v->phases[i]);
            d->looks[i] += is_before(&v->phases[k], &v->phases[i]) || (is_tie && k < i);
        }
        d->labels[d->looks[i]] = v->c.names[i];
    }
}

/* "2 modes (22 minima)", which differ in their hidden units; a phase that is alone has its name. */
static const char *name_group(drawing *d, int64_t first, int64_t members)
{
    const int64_t modes = d->view.phases[first].middle.active_modes;
    if (members == 1) {
        return d->view.c.names[first];
    }
    return modes < 0 ? spni_label(&d->canvas, "%lld minima", (long long)members)
                     : spni_label(&d->canvas, "%lld mode%s (%lld minima)", (long long)modes,
                                  spn_plural(modes), (long long)members);
}

/* Many: those with the same number of active modes look alike, most modes first. */
static void group_phases(drawing *d)
{
    const spni_branches_view *v = &d->view;
    int64_t limit = INT64_MAX;
    while (true) {
        int64_t modes = INT64_MIN, first = -1, members = 0;
        for (int64_t i = 0; i < v->c.phases.rows; i++) {
            if (v->phases[i].middle.active_modes < limit &&
                v->phases[i].middle.active_modes > modes) {
                modes = v->phases[i].middle.active_modes;
                first = i;
            }
        }
        if (first < 0) {
            return;
        }
        for (int64_t i = 0; i < v->c.phases.rows; i++) {
            if (v->phases[i].middle.active_modes == modes) {
                d->looks[i] = d->look_count;
                members++;
            }
        }
        d->labels[d->look_count++] = name_group(d, first, members);
        limit = modes;
    }
}

static spn_status choose_looks(drawing *d)
{
    spn_status status = SPN_OK;
    const int64_t count = d->view.c.phases.rows;
    const int64_t marks = d->view.c.specials.rows + 2 * d->view.c.maxwell.rows;
    SPN_TAKE(d->canvas.context, d->canvas.arena, d->marks, marks);
    SPN_TAKE(d->canvas.context, d->canvas.arena, d->looks, count);
    SPN_TAKE(d->canvas.context, d->canvas.arena, d->labels, count);
    if (count <= NAMED_PHASES) {
        rank_phases(d);
    } else {
        group_phases(d);
        d->view.is_grouped = true;
    }
done:
    return status;
}

/* ---- Lines --------------------------------------------------------------------------------------- */

static void add_state(drawing *d, const spni_drawn_state *state, int panel)
{
    spni_add_point(&d->canvas, state->beta, state->y[panel]);
}

/* Does F have its kink of Maxwell point i inside this piece? */
static bool has_kink(const spni_branches_view *v, const spni_piece *piece, int64_t i)
{
    const double a = v->states[piece->from].beta, b = v->states[piece->to].beta;
    const double beta = v->maxwell[i].beta;
    return v->maxwell[i].is_global == 1 && beta > fmin(a, b) && beta < fmax(a, b);
}

static spni_knot make_knot(const spni_drawn_state *state)
{
    const double norm = state->y[SPNI_BRANCH_NORM];
    return (spni_knot){state->beta, state->loss, norm * norm};
}

/* L - F has kinks between points of a branch where F has: at Maxwell points, in their order along the
 * piece. */
static void add_kinks(drawing *d, const spni_piece *piece)
{
    const spni_branches_view *v = &d->view;
    const spni_knot from = make_knot(&v->states[piece->from]);
    const spni_knot to = make_knot(&v->states[piece->to]);
    double last = from.beta;
    while (true) {
        int64_t next = -1;
        for (int64_t i = 0; i < v->c.maxwell.rows; i++) {
            const double ahead = (v->maxwell[i].beta - last) * (to.beta - from.beta);
            if (has_kink(v, piece, i) && ahead > 0 &&
                (next < 0 ||
                 fabs(v->maxwell[i].beta - last) < fabs(v->maxwell[next].beta - last))) {
                next = i;
            }
        }
        if (next < 0) {
            return;
        }
        last = v->maxwell[next].beta;
        spni_add_point(&d->canvas, last,
                       spni_loss_between(&from, &to, last) - v->maxwell[next].loss);
    }
}

/* All pieces of one look (-1: the unstable ones). */
static void draw_lines(drawing *d, int64_t look, int panel)
{
    static const spn_color colors[] = {SPN_COLOR_BLUE,   SPN_COLOR_VERMILION, SPN_COLOR_GREEN,
                                       SPN_COLOR_PURPLE, SPN_COLOR_ORANGE,    SPN_COLOR_SKY};
    const spni_branches_view *v = &d->view;
    int64_t last = -1;
    spni_add_series(&d->canvas, (spn_series){.line = SPN_LINE_SOLID,
                                             .label = look < 0 ? "unstable" : d->labels[look],
                                             .color = look < 0 ? SPN_COLOR_BLACK : colors[look % 6],
                                             .width = look < 0 ? 0.5 : 1.8});
    for (int64_t i = 0; i < v->piece_count; i++) {
        const spni_piece *piece = &v->pieces[i];
        if ((piece->phase < 0 ? -1 : d->looks[piece->phase]) != look) {
            continue;
        }
        if (piece->from != last) {
            spni_add_gap(&d->canvas);
            add_state(d, &v->states[piece->from], panel);
        }
        if (panel == SPNI_BRANCH_LOSS) {
            add_kinks(d, piece);
        }
        add_state(d, &v->states[piece->to], panel);
        last = piece->to;
    }
}

/* ---- Marks --------------------------------------------------------------------------------------- */

static mark special_mark(const spn_special_record *special)
{
    return special->kind == SPN_SPECIAL_FOLD ? MARK_FOLD : MARK_BRANCH_POINT;
}

static mark maxwell_mark(const spn_maxwell_record *maxwell)
{
    return maxwell->is_global == 1 ? MARK_MAXWELL : MARK_COEXISTENCE;
}

/* Does a phase begin or end here? Special points of unstable stretches would hide the others. */
static bool is_marked(const spn_special_record *special)
{
    return special->same_as < 0 && (special->index_before == 0 || special->index_after == 0);
}

/* The axes of a panel, for the distances between marks. */
static void measure_axes(drawing *d, int panel)
{
    const spni_branches_view *v = &d->view;
    const spn_axis_scale x_scale = d->canvas.figure.x_scale;
    d->y_scale = panel == SPNI_BRANCH_CURVATURE ? SPN_AXIS_SYMMETRIC_LOG : SPN_AXIS_LINEAR;
    d->x = (spni_range){spni_axis_position(x_scale, 1, v->lines.low),
                        spni_axis_position(x_scale, 1, v->lines.high)};
    d->y = (spni_range){HUGE_VAL, -HUGE_VAL};
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        const double y = spni_axis_position(d->y_scale, 1, v->states[i].y[panel]);
        d->y.low = fmin(d->y.low, y);
        d->y.high = fmax(d->y.high, y);
    }
    if (panel == SPNI_BRANCH_LOSS && isfinite(v->loss_high)) {
        d->y.high = fmin(d->y.high, v->loss_high);
    }
}

/* Would the mark cover one of its kind? Then that one stands for both. */
static bool is_covered(drawing *d, const spni_drawn_state *state, int panel)
{
    const double x = spni_axis_position(d->canvas.figure.x_scale, 1, state->beta);
    const double y = spni_axis_position(d->y_scale, 1, state->y[panel]);
    double *place = d->marks[d->mark_count];
    place[0] = (x - d->x.low) / (d->x.high - d->x.low) * PANEL_WIDTH;
    place[1] = (y - d->y.low) / (d->y.high - d->y.low) * PANEL_HEIGHT;
    for (int64_t i = 0; i < d->mark_count; i++) {
        if (hypot(d->marks[i][0] - place[0], d->marks[i][1] - place[1]) < MARK_GAP) {
            return true;
        }
    }
    d->mark_count++;
    return false;
}

static void add_mark(drawing *d, const spni_drawn_state *state, int panel)
{
    if (!d->view.is_grouped || !is_covered(d, state, panel)) {
        add_state(d, state, panel);
    }
}

/* Phases that share a look differ in their hidden units: that they change places would be too much to mark. */
static bool is_told(const drawing *d, const spn_maxwell_record *maxwell)
{
    return !d->view.is_grouped || d->looks[maxwell->phase_a] != d->looks[maxwell->phase_b];
}

/* The states that carry this marker. */
static void draw_marks(drawing *d, mark kind, int panel)
{
    static const spn_series looks[MARKS] = {
        {.label = "branch point", .marker = SPN_MARKER_OPEN_SQUARE, .marker_size = 0.75},
        {.label = "fold", .marker = SPN_MARKER_CIRCLE, .marker_size = 0.7},
        {.label = "metastable pair", .marker = SPN_MARKER_OPEN_DIAMOND, .marker_size = 0.8},
        {.label = "Maxwell point", .marker = SPN_MARKER_DIAMOND, .marker_size = 1.1},
    };
    const spni_branches_view *v = &d->view;
    spni_add_series(&d->canvas, looks[kind]);
    d->mark_count = 0;
    for (int64_t i = 0; i < v->c.specials.rows; i++) {
        if (special_mark(&v->specials[i]) == kind && is_marked(&v->specials[i])) {
            add_mark(d, &v->states[v->c.points.rows + i], panel);
        }
    }
    for (int64_t i = 0; i < 2 * v->c.maxwell.rows; i++) {
        if (maxwell_mark(&v->maxwell[i / 2]) == kind && is_told(d, &v->maxwell[i / 2])) {
            add_mark(d, &v->coexisting[i], panel);
        }
    }
}

/* The change of the globally stable phase at its Maxwell points: no line of states. */
static void draw_changes(drawing *d, int panel)
{
    const spni_branches_view *v = &d->view;
    spni_add_series(&d->canvas, (spn_series){.line = SPN_LINE_DOTTED, .width = 0.9});
    for (int64_t i = 0; i < v->c.maxwell.rows; i++) {
        if (maxwell_mark(&v->maxwell[i]) == MARK_MAXWELL && is_told(d, &v->maxwell[i])) {
            const spni_drawn_state *a = &v->coexisting[2 * i], *b = &v->coexisting[2 * i + 1];
            spni_add_segment(&d->canvas, a->beta, a->y[panel], b->beta, b->y[panel]);
        }
    }
}

/* ---- The figure ---------------------------------------------------------------------------------- */

/* In the order of the legend: phases, unstable pieces, markers on top. */
static spn_panel *draw_panel(drawing *d, int index)
{
    static const char *const labels[SPNI_PANELS] = {
        "Distance to origin |{/:Italic θ}|", "Error {/:Italic E}",
        "Loss {/:Italic L} − {/:Italic F}", "Scalar curvature {/:Italic R}"};
    spn_panel *panel = spni_add_panel(&d->canvas, labels[index]);
    if (d->view.panel_count < SPNI_PANELS_MAX) { /* the canvas refuses more */
        d->view.panels[d->view.panel_count++] = index;
    }
    if (index == SPNI_BRANCH_CURVATURE) {
        panel->y_scale = SPN_AXIS_SYMMETRIC_LOG;
    }
    if (index == SPNI_BRANCH_LOSS) {
        panel->y_low = -0.08 * d->view.loss_high;
        panel->y_high = d->view.loss_high;
    }
    for (int64_t look = 0; look < d->look_count; look++) {
        draw_lines(d, look, index);
    }
    draw_lines(d, -1, index);
    draw_changes(d, index);
    measure_axes(d, index);
    for (int kind = 0; kind < MARKS; kind++) {
        draw_marks(d, (mark)kind, index);
    }
    return panel;
}

/* All four, or those that are asked for. */
static spn_status draw_panels(drawing *d, const spn_plot_settings *settings)
{
    static const char *const names[SPNI_PANELS] = {[SPNI_BRANCH_NORM] = "weight_norm",
                                                   [SPNI_BRANCH_ERROR] = "error",
                                                   [SPNI_BRANCH_LOSS] = "loss",
                                                   [SPNI_BRANCH_CURVATURE] =
                                                       "scalar_curvature_error"};
    const int64_t asked = settings != NULL ? settings->column_count : 0;
    for (int k = 0; k < SPNI_PANELS && asked == 0; k++) {
        draw_panel(d, k);
    }
    for (int64_t i = 0; i < asked; i++) {
        const spn_plot_column *column = &settings->columns[i];
        int k = 0;
        while (k < SPNI_PANELS && strcmp(names[k], column->name) != 0) {
            k++;
        }
        if (k == SPNI_PANELS) {
            return spni_refuse_column(d->canvas.context, column->name, names, SPNI_PANELS);
        }
        spn_panel *panel = draw_panel(d, k);
        panel->y_scale =
            column->scale != SPN_PLOT_OWN ? (spn_axis_scale)column->scale : panel->y_scale;
    }
    d->canvas.panels[0].legend = SPN_LEGEND_ABOVE;
    return SPN_OK;
}

/* A logarithmic axis where most special points would crowd at the left end of a linear one. */
static spn_axis_scale choose_x_scale(const spni_branches_view *v)
{
    int64_t crowded = 0;
    for (int64_t i = 0; i < v->c.specials.rows; i++) {
        crowded += v->specials[i].beta < CROWDED * v->lines.high;
    }
    return v->lines.low > 0 && 2 * crowded > v->c.specials.rows ? SPN_AXIS_LOG : SPN_AXIS_LINEAR;
}

spn_status spn_plot_branches(spn_context *context, const spn_results *results,
                             const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.look_count = 0};
    SPN_TRY(spni_canvas_begin(context, results, &d.canvas));
    SPN_TRY(spni_branches_view_make(context, d.canvas.arena, results, &d.view));
    SPN_TRY(choose_looks(&d));
    d.canvas.figure.name = "branches";
    d.canvas.figure.x_label = "Regularisation strength {/:Italic β}";
    d.canvas.figure.x_scale = choose_x_scale(&d.view);
    SPN_TRY(draw_panels(&d, settings));
    if (settings == NULL || !settings->hides_theory) {
        spni_add_theory(&d.canvas, &d.view.lines);
    }
    spni_branches_caption(results, &d.view, &d.canvas.caption);
    SPN_TRY(spni_canvas_render(&d.canvas, directory, settings));
done:
    spni_canvas_end(&d.canvas);
    return status;
}
