/* SPDX-License-Identifier: MIT */
/* All phases of a problem: |theta|, E, L and R along its branches. */
#include "plot/branches.h"

#include <math.h>
#include <stdio.h>

enum { NAMED_PHASES = 6, MARKS = 4, LABEL_SIZE = 160 };
#define CROWDED 0.1 /* left part of a linear axis */

/* Which states carry a marker. */
typedef enum mark {
    MARK_BRANCH_POINT,
    MARK_FOLD,
    MARK_COEXISTENCE, /* Maxwell point of two phases that are not globally stable */
    MARK_MAXWELL,
} mark;

typedef struct drawing {
    spn_context *context;
    spn_arena *arena;
    const spni_branches_view *view;
    int64_t *looks; /* of the phases: which line of the legend they share */
    int64_t look_count;
    const char **labels; /* of the looks */
} drawing;

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
    const spni_branches_view *v = d->view;
    d->look_count = v->phase_count;
    for (int64_t i = 0; i < v->phase_count; i++) {
        for (int64_t k = 0; k < v->phase_count; k++) {
            const bool is_tie = !is_before(&v->phases[i], &v->phases[k]) &&
                                !is_before(&v->phases[k], &v->phases[i]);
            d->looks[i] += is_before(&v->phases[k], &v->phases[i]) || (is_tie && k < i);
        }
        d->labels[d->looks[i]] = v->names[i];
    }
}

/* "2 modes, 22 phases"; a phase that is alone has its name. */
static spn_status name_group(drawing *d, int64_t first, int64_t members)
{
    char text[LABEL_SIZE];
    const int64_t modes = d->view->phases[first].active_modes;
    if (members == 1) {
        d->labels[d->look_count] = d->view->names[first];
        return SPN_OK;
    }
    if (modes < 0) {
        snprintf(text, sizeof text, "%lld phases", (long long)members);
    } else {
        snprintf(text, sizeof text, "%lld mode%s, %lld phases", (long long)modes,
                 modes == 1 ? "" : "s", (long long)members);
    }
    d->labels[d->look_count] = spn_arena_duplicate(d->arena, text);
    return d->labels[d->look_count] != NULL ? SPN_OK : spn_error_status(d->context);
}

/* Many: those with the same number of active modes look alike, most modes first. */
static spn_status group_phases(drawing *d)
{
    spn_status status = SPN_OK;
    const spni_branches_view *v = d->view;
    int64_t limit = INT64_MAX;
    while (true) {
        int64_t modes = INT64_MIN, first = -1, members = 0;
        for (int64_t i = 0; i < v->phase_count; i++) {
            if (v->phases[i].active_modes < limit && v->phases[i].active_modes > modes) {
                modes = v->phases[i].active_modes;
                first = i;
            }
        }
        if (first < 0) {
            break;
        }
        for (int64_t i = 0; i < v->phase_count; i++) {
            if (v->phases[i].active_modes == modes) {
                d->looks[i] = d->look_count;
                members++;
            }
        }
        SPN_TRY(name_group(d, first, members));
        d->look_count++;
        limit = modes;
    }
done:
    return status;
}

static spn_status choose_looks(drawing *d)
{
    spn_status status = SPN_OK;
    const int64_t count = d->view->phase_count;
    SPN_TAKE(d->context, d->arena, d->looks, count);
    SPN_TAKE(d->context, d->arena, d->labels, count);
    if (count <= NAMED_PHASES) {
        rank_phases(d);
    } else {
        SPN_TRY(group_phases(d));
    }
done:
    return status;
}

/* Points of a series under construction. */
typedef struct path {
    int64_t count;
    double *x, *y;
} path;

static spn_status begin(drawing *d, int64_t capacity, path *p)
{
    spn_status status = SPN_OK;
    *p = (path){0};
    SPN_TAKE(d->context, d->arena, p->x, capacity);
    SPN_TAKE(d->context, d->arena, p->y, capacity);
done:
    return status;
}

static void put(path *p, double x, double y)
{
    p->x[p->count] = x;
    p->y[p->count++] = y;
}

static void put_gap(path *p)
{
    put(p, (double)NAN, (double)NAN);
}

static void end(const path *p, spn_series *series)
{
    series->count = p->count;
    series->x = p->x;
    series->y = p->y;
}

/* Does F have its kink of Maxwell point i inside this piece? */
static bool has_kink(const spni_branches_view *v, const spni_piece *piece, int64_t i)
{
    const double a = v->states[piece->from].beta, b = v->states[piece->to].beta;
    const double beta = v->maxwell[i].beta;
    return v->maxwell[i].is_global == 1 && beta > fmin(a, b) && beta < fmax(a, b);
}

static spni_knot make_knot(const spni_state *state)
{
    const double norm = state->y[SPNI_BRANCH_NORM];
    return (spni_knot){state->beta, state->loss, norm * norm};
}

/* L - F has kinks between points of a branch where F has: at Maxwell points, in their order along the
 * piece. */
static void put_kinks(path *p, const spni_branches_view *v, const spni_piece *piece)
{
    const spni_knot from = make_knot(&v->states[piece->from]);
    const spni_knot to = make_knot(&v->states[piece->to]);
    double last = from.beta;
    while (true) {
        int64_t next = -1;
        for (int64_t i = 0; i < v->maxwell_count; i++) {
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
        put(p, last, spni_loss_between(&from, &to, last) - v->maxwell[next].loss);
    }
}

static bool has_look(const drawing *d, const spni_piece *piece, int64_t look)
{
    return (piece->phase < 0 ? -1 : d->looks[piece->phase]) == look;
}

/* All pieces of one look (-1: the unstable ones). */
static spn_status draw_lines(drawing *d, int64_t look, int panel, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_branches_view *v = d->view;
    int64_t capacity = 0, last = -1;
    path p;
    for (int64_t i = 0; i < v->piece_count; i++) {
        if (has_look(d, &v->pieces[i], look)) {
            capacity += 3;
            for (int64_t k = 0; k < v->maxwell_count; k++) {
                capacity += has_kink(v, &v->pieces[i], k);
            }
        }
    }
    SPN_TRY(begin(d, capacity, &p));
    for (int64_t i = 0; i < v->piece_count; i++) {
        const spni_piece *piece = &v->pieces[i];
        if (!has_look(d, piece, look)) {
            continue;
        }
        if (piece->from != last) {
            put_gap(&p);
            put(&p, v->states[piece->from].beta, v->states[piece->from].y[panel]);
        }
        if (panel == SPNI_BRANCH_LOSS) {
            put_kinks(&p, v, piece);
        }
        put(&p, v->states[piece->to].beta, v->states[piece->to].y[panel]);
        last = piece->to;
    }
    end(&p, series);
done:
    return status;
}

static void style_lines(const drawing *d, int64_t look, spn_series *series)
{
    static const spn_color colors[] = {SPN_COLOR_BLUE,   SPN_COLOR_VERMILION, SPN_COLOR_GREEN,
                                       SPN_COLOR_PURPLE, SPN_COLOR_ORANGE,    SPN_COLOR_SKY};
    series->line = SPN_LINE_SOLID;
    series->label = look < 0 ? "unstable" : d->labels[look];
    series->color = look < 0 ? SPN_COLOR_BLACK : colors[look % 6];
    series->width = look < 0 ? 0.5 : 1.8;
}

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

/* The states that carry this marker. */
static spn_status draw_marks(drawing *d, mark kind, int panel, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_branches_view *v = d->view;
    path p;
    SPN_TRY(begin(d, v->special_count + 2 * v->maxwell_count, &p));
    for (int64_t i = 0; i < v->special_count; i++) {
        const spni_state *state = &v->states[v->point_count + i];
        if (special_mark(&v->specials[i]) == kind && is_marked(&v->specials[i])) {
            put(&p, state->beta, state->y[panel]);
        }
    }
    for (int64_t i = 0; i < 2 * v->maxwell_count; i++) {
        if (maxwell_mark(&v->maxwell[i / 2]) == kind) {
            put(&p, v->coexisting[i].beta, v->coexisting[i].y[panel]);
        }
    }
    end(&p, series);
done:
    return status;
}

static void style_marks(mark kind, spn_series *series)
{
    static const char *const labels[MARKS] = {"branch point", "fold", "metastable pair",
                                              "Maxwell point"};
    static const spn_marker markers[MARKS] = {SPN_MARKER_OPEN_SQUARE, SPN_MARKER_CIRCLE,
                                              SPN_MARKER_OPEN_DIAMOND, SPN_MARKER_DIAMOND};
    static const double sizes[MARKS] = {0.75, 0.7, 0.8, 1.1};
    series->label = labels[kind];
    series->line = SPN_LINE_NONE;
    series->marker = markers[kind];
    series->marker_size = sizes[kind];
    series->color = SPN_COLOR_BLACK;
}

/* The change of the globally stable phase at its Maxwell points: no line of states. */
static spn_status draw_changes(drawing *d, int panel, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_branches_view *v = d->view;
    path p;
    SPN_TRY(begin(d, 3 * v->maxwell_count, &p));
    for (int64_t i = 0; i < v->maxwell_count; i++) {
        if (maxwell_mark(&v->maxwell[i]) == MARK_MAXWELL) {
            put_gap(&p);
            put(&p, v->coexisting[2 * i].beta, v->coexisting[2 * i].y[panel]);
            put(&p, v->coexisting[2 * i + 1].beta, v->coexisting[2 * i + 1].y[panel]);
        }
    }
    end(&p, series);
    series->line = SPN_LINE_DOTTED;
    series->width = 0.9;
    series->color = SPN_COLOR_BLACK;
done:
    return status;
}

/* In the order of the legend: phases, unstable pieces, markers on top. */
static spn_status make_panel(drawing *d, int index, spn_panel *panel)
{
    spn_status status = SPN_OK;
    spn_series *series = NULL;
    int64_t n = 0;
    SPN_TAKE(d->context, d->arena, series, d->look_count + 2 + MARKS);
    for (int64_t look = 0; look < d->look_count; look++) {
        style_lines(d, look, &series[n]);
        SPN_TRY(draw_lines(d, look, index, &series[n++]));
    }
    style_lines(d, -1, &series[n]);
    SPN_TRY(draw_lines(d, -1, index, &series[n++]));
    SPN_TRY(draw_changes(d, index, &series[n++]));
    for (int kind = 0; kind < MARKS; kind++) {
        style_marks((mark)kind, &series[n]);
        SPN_TRY(draw_marks(d, (mark)kind, index, &series[n++]));
    }
    panel->series = series;
    panel->series_count = n;
done:
    return status;
}

/* A logarithmic axis where most special points would crowd at the left end of a linear one. */
static spn_axis_scale choose_x_scale(const spni_branches_view *v)
{
    int64_t crowded = 0;
    for (int64_t i = 0; i < v->special_count; i++) {
        crowded += v->specials[i].beta < CROWDED * v->lines.high;
    }
    return v->lines.low > 0 && 2 * crowded > v->special_count ? SPN_AXIS_LOG : SPN_AXIS_LINEAR;
}

static spn_status draw(drawing *d, const spn_results *results, const char *directory,
                       const spn_plot_settings *settings)
{
    static const char *const labels[SPNI_PANELS] = {
        "Distance to origin |{/:Italic θ}|", "Error {/:Italic E}",
        "Loss {/:Italic L} − {/:Italic F}", "Scalar curvature {/:Italic R}"};
    spn_status status = SPN_OK;
    spn_text caption = {.context = d->context, .norm = spn_text_norm(results)};
    spn_panel panels[SPNI_PANELS];
    spn_figure figure = {.name = "branches",
                         .x_label = "Regularisation strength {/:Italic β}",
                         .x_scale = choose_x_scale(d->view),
                         .x_low = (double)NAN,
                         .x_high = (double)NAN,
                         .panel_count = SPNI_PANELS,
                         .panels = panels};
    for (int k = 0; k < SPNI_PANELS; k++) {
        panels[k] = (spn_panel){
            .y_label = labels[k],
            .y_scale = k == SPNI_BRANCH_CURVATURE ? SPN_AXIS_SYMMETRIC_LOG : SPN_AXIS_LINEAR,
            .y_low = k == SPNI_BRANCH_LOSS ? -0.08 * d->view->loss_high : (double)NAN,
            .y_high = k == SPNI_BRANCH_LOSS ? d->view->loss_high : (double)NAN,
            .legend = k == 0 ? SPN_LEGEND_ABOVE : SPN_LEGEND_NONE};
        SPN_TRY(make_panel(d, k, &panels[k]));
    }
    SPN_TRY(spni_theory_guides(d->context, d->arena, &d->view->lines, &figure));
    SPN_TRY(spni_norm_label(d->context, d->arena, results, &panels[0].y_label));
    spni_branches_caption(results, d->view, &caption);
    figure.caption = caption.buffer.text;
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(d->context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    return status;
}

spn_status spn_plot_branches(spn_context *context, const spn_results *results,
                             const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_branches_view view;
    drawing d = {.context = context, .view = &view};
    SPN_TRY(spn_arena_create(context, &d.arena));
    SPN_TRY(spni_branches_view_make(context, d.arena, results, &view));
    SPN_TRY(choose_looks(&d));
    SPN_TRY(draw(&d, results, directory, settings));
done:
    spn_arena_free(d.arena);
    return status;
}
