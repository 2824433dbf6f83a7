/* SPDX-License-Identifier: MIT */
/* Depth and the order of transitions: a row of panels for each depth. */
#include "gallery/order/order.h"

#include <math.h>
#include <stdio.h>

enum { QUANTITIES = 2, DEPTHS_MAX = 13, CURVE_POINTS = 240, TITLE_SIZE = 96, SERIES = 7 };
#define SPACING 0.03 /* of the axis, between markers of a phase */
#define WIDTH 7.0
#define ROW_HEIGHT 1.35

typedef enum quantity { ERROR, NORM } quantity;

/* A row of the figure: one depth. */
typedef struct row {
    const spni_family_run *linear, *curved;
} row;

typedef struct drawing {
    spni_family_view view;
    double low, high; /* of the axis */
    int64_t row_count;
    row rows[DEPTHS_MAX];
} drawing;

static double value_of(const spni_family_point *point, quantity q)
{
    return q == ERROR ? point->error : point->weight_norm;
}

/* Lines of all phases of a run, in pieces. */
static spn_status draw_phases(const drawing *d, const spni_family_run *run, quantity q,
                              spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_family_view *v = &d->view;
    spni_path path;
    int64_t phase = -1;
    SPN_TRY(spni_path_begin(v->context, v->arena, 2 * v->point_count, &path));
    for (int64_t i = 0; i < v->point_count; i++) {
        if (v->points[i].run != run->run) {
            continue;
        }
        if (v->points[i].phase != phase) {
            spni_path_break(&path);
            phase = v->points[i].phase;
        }
        spni_path_put(&path, v->points[i].beta, value_of(&v->points[i], q));
    }
    spni_path_end(&path, series);
done:
    return status;
}

/* Markers of its points, not too close; ends of phases have their own. */
static spn_status draw_points(const drawing *d, const spni_family_run *run, quantity q,
                              spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_family_view *v = &d->view;
    const double spacing = SPACING * (d->high - d->low);
    spni_path path;
    int64_t phase = -1;
    double last = -HUGE_VAL;
    SPN_TRY(spni_path_begin(v->context, v->arena, v->point_count, &path));
    for (int64_t i = 0; i < v->point_count; i++) {
        const spni_family_point *p = &v->points[i];
        if (p->run != run->run || p->mark != SPNI_FAMILY_PLAIN ||
            (p->phase == phase && p->beta < last + spacing)) {
            continue;
        }
        phase = p->phase;
        last = p->beta;
        spni_path_put(&path, p->beta, value_of(p, q));
    }
    spni_path_end(&path, series);
done:
    return status;
}

/* One phase of the closed form, over its window of metastability inside the axis; the last point lies at its
 * very end. */
static spn_status put_closed_form(const drawing *d, const spn_theory_network *network,
                                  int64_t active, quantity q, spni_path *path)
{
    spn_status status = SPN_OK;
    double low = 0, high = 0;
    const uint64_t modes = ((uint64_t)1 << active) - 1;
    SPN_TRY(spn_theory_window(d->view.context, network, modes, &low, &high));
    low = fmax(low, d->low);
    high = fmin(high, d->high);
    spni_path_break(path);
    for (int64_t i = 0; i < CURVE_POINTS && low < high; i++) {
        /* Denser towards the fold, where the curve is vertical. */
        const double rest = 1 - (double)i / (CURVE_POINTS - 1);
        const double beta = i + 1 < CURVE_POINTS ? high - (high - low) * rest * rest : high;
        spn_theory_phase phase;
        SPN_TRY(spn_theory_phase_at(d->view.context, network, modes, beta, &phase));
        spni_path_put(path, beta, q == ERROR ? phase.error : sqrt(phase.norm_squared));
    }
done:
    return status;
}

static spn_status draw_closed_form(const drawing *d, const spni_family_run *run, quantity q,
                                   spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_family_view *v = &d->view;
    double sigmas[SPN_MODES_MAX] = {0};
    spni_path path;
    for (int64_t i = 0; i < v->transition_count; i++) {
        if (v->transitions[i].run == run->run) {
            sigmas[v->transitions[i].mode - 1] = v->transitions[i].singular_value;
        }
    }
    const spn_theory_network network = {.depth = run->depth,
                                        .modes = run->modes,
                                        .singular_values = sigmas,
                                        .target_power = run->target_power};
    SPN_TRY(spni_path_begin(v->context, v->arena, (run->modes + 1) * (CURVE_POINTS + 1), &path));
    for (int64_t active = run->modes; active >= 0; active--) {
        SPN_TRY(put_closed_form(d, &network, active, q, &path));
    }
    spni_path_end(&path, series);
done:
    return status;
}

/* Transitions of one order in a row, of both networks or of one (the other NULL): marks at the ends of the phases, or
 * lines from there to what they fall into. */
static spn_status draw_transitions(const drawing *d, const spni_family_run *a,
                                   const spni_family_run *b, int64_t order, bool is_fall,
                                   quantity q, spn_series *series)
{
    spn_status status = SPN_OK;
    const spni_family_view *v = &d->view;
    spni_path path;
    SPN_TRY(spni_path_begin(v->context, v->arena, 3 * v->transition_count, &path));
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        const bool is_here = t->run == a->run || (b != NULL && t->run == b->run);
        const double before = q == ERROR ? t->error_before : t->norm_before;
        const double after = q == ERROR ? t->error_after : t->norm_after;
        if (is_here && t->order == order && is_fall) {
            spni_path_segment(&path, t->measured_beta, before, t->measured_beta, after);
        } else if (is_here && t->order == order) {
            spni_path_put(&path, t->measured_beta, before);
        }
    }
    spni_path_end(&path, series);
done:
    return status;
}

static spn_status draw_row(const drawing *d, const row *r, quantity q, spn_panel *panel)
{
    spn_status status = SPN_OK;
    spn_series *s = NULL;
    SPN_TAKE(d->view.context, d->view.arena, s, SERIES);
    s[0] = (spn_series){.label = "tanh network",
                        .color = SPN_COLOR_VERMILION,
                        .line = SPN_LINE_SOLID,
                        .width = 1.4};
    s[1] = (spn_series){.color = SPN_COLOR_VERMILION, .line = SPN_LINE_DOTTED, .width = 1.0};
    s[2] = (spn_series){.label = "linear network: closed form",
                        .color = SPN_COLOR_BLUE,
                        .line = SPN_LINE_SOLID,
                        .width = 0.9};
    s[3] = (spn_series){.color = SPN_COLOR_BLUE, .line = SPN_LINE_DOTTED, .width = 1.0};
    s[4] = (spn_series){.label = "linear network: measured",
                        .color = SPN_COLOR_BLUE,
                        .marker = SPN_MARKER_OPEN_CIRCLE,
                        .marker_size = 0.8};
    s[5] = (spn_series){
        .label = "first order (fold)", .marker = SPN_MARKER_CIRCLE, .marker_size = 0.9};
    s[6] = (spn_series){.label = "second order (branch point)",
                        .marker = SPN_MARKER_OPEN_SQUARE,
                        .marker_size = 0.95};
    SPN_TRY(draw_phases(d, r->curved, q, &s[0]));
    SPN_TRY(draw_transitions(d, r->curved, NULL, 1, true, q, &s[1]));
    SPN_TRY(draw_closed_form(d, r->linear, q, &s[2]));
    SPN_TRY(draw_transitions(d, r->linear, NULL, 1, true, q, &s[3]));
    SPN_TRY(draw_points(d, r->linear, q, &s[4]));
    SPN_TRY(draw_transitions(d, r->linear, r->curved, 1, false, q, &s[5]));
    SPN_TRY(draw_transitions(d, r->linear, r->curved, 2, false, q, &s[6]));
    panel->series = s;
    panel->series_count = SERIES;
done:
    return status;
}

/* "first order", or "second and first order" where modes differ: the strongest mode first. */
static void put_orders(const drawing *d, const spni_family_run *run, char *text, size_t size)
{
    int64_t last = -1;
    size_t used = 0;
    for (int64_t i = d->view.transition_count - 1; i >= 0; i--) {
        const spni_family_transition *t = &d->view.transitions[i];
        if (t->run == run->run && t->order != last && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", last >= 0 ? ", " : "",
                                     spni_family_order(t->order));
            last = t->order;
        }
    }
}

static spn_status title(const drawing *d, const row *r, quantity q, const char **out)
{
    char orders[TITLE_SIZE] = "", text[2 * TITLE_SIZE];
    put_orders(d, q == ERROR ? r->linear : r->curved, orders, sizeof orders);
    if (q == ERROR) {
        snprintf(text, sizeof text, "{/:Italic D} = %lld: %s", (long long)r->linear->depth, orders);
    } else {
        snprintf(text, sizeof text, "tanh: %s", orders);
    }
    *out = spn_arena_duplicate(d->view.arena, text);
    return *out != NULL ? SPN_OK : spn_error_status(d->view.context);
}

/* Depths for which there is a linear run and another one, ascending as in the table. */
static void find_rows(drawing *d)
{
    const spni_family_view *v = &d->view;
    for (int64_t i = 0; i < v->run_count; i++) {
        for (int64_t k = 0; k < v->run_count && d->row_count < DEPTHS_MAX; k++) {
            if (v->runs[i].activation == SPN_LINEAR && v->runs[k].activation != SPN_LINEAR &&
                v->runs[k].depth == v->runs[i].depth) {
                d->rows[d->row_count++] = (row){&v->runs[i], &v->runs[k]};
            }
        }
    }
    d->low = HUGE_VAL;
    d->high = -HUGE_VAL;
    for (int64_t i = 0; i < v->point_count; i++) {
        d->low = fmin(d->low, v->points[i].beta);
        d->high = fmax(d->high, v->points[i].beta);
    }
}

/* The legend names what its panel shows: best a row with transitions of both orders. */
static int64_t legend_row(const drawing *d)
{
    for (int64_t i = 0; i < d->row_count; i++) {
        bool has[3] = {false, false, false};
        for (int64_t k = 0; k < d->view.transition_count; k++) {
            const spni_family_transition *t = &d->view.transitions[k];
            const bool is_here =
                t->run == d->rows[i].linear->run || t->run == d->rows[i].curved->run;
            has[1] = has[1] || (is_here && t->order == 1);
            has[2] = has[2] || (is_here && t->order == 2);
        }
        if (has[1] && has[2]) {
            return i;
        }
    }
    return d->row_count - 1;
}

static void make_caption(const drawing *d, const spn_results *results, spn_text *text)
{
    spn_text_add(
        text,
        "Depth decides the order of the transition. Networks with D = 1, 2, ... weight matrices on "
        "the same data:\nerror E (left) and distance to the origin |theta| (right) of all phases, "
        "that is, local minima of\nL = E + beta |theta|^2, against the regularisation strength "
        "beta. Thin blue lines: closed forms of the\nlinear network (theory.md, T11 to T13, T15), "
        "not fits; open circles: the linear network, measured. Red\nlines: the network with a tanh "
        "activation. ");
    spn_text_add(
        text,
        "Filled circles: folds (spinodals) where a phase loses a mode; dotted,\nwhat an upward "
        "sweep falls to. Open squares: branch points where a mode goes continuously to zero. The\n"
        "order in a panel is the measured one: left of the linear network, right of the tanh "
        "network, the strongest\nmode first. With D = 1 there are no hidden units and both are the "
        "same. Transitions at which hidden units\nmerge or split and no mode is lost are not "
        "marked.\n");
    spni_family_put_transitions(&d->view, text);
    spn_text_add(text, "\nmodel.hidden and model.activation differ from row to row (D - 1 hidden "
                       "layers). The linear network sees\nsecond moments only, which are exact; "
                       "it has fewer samples.\n");
    spn_text_parameters(text, results);
}

static spn_status draw(drawing *d, const spn_results *results, const char *directory,
                       const spn_plot_settings *settings)
{
    static const char *const labels[QUANTITIES] = {"Error {/:Italic E}", "Distance |{/:Italic θ}|"};
    spn_status status = SPN_OK;
    const int64_t legend = legend_row(d);
    spn_text caption = {.context = d->view.context};
    spn_panel panels[QUANTITIES * DEPTHS_MAX];
    spn_figure figure = {.name = "order",
                         .x_label = "Regularisation strength {/:Italic β}",
                         .x_low = 0,
                         .x_high = d->high,
                         .width = WIDTH,
                         .height = 0.9 + ROW_HEIGHT * (double)d->row_count,
                         .columns = QUANTITIES,
                         .panel_count = QUANTITIES * d->row_count,
                         .panels = panels};
    for (int64_t i = 0; i < figure.panel_count; i++) {
        const quantity q = i % QUANTITIES == 0 ? ERROR : NORM;
        const row *r = &d->rows[i / QUANTITIES];
        panels[i] =
            (spn_panel){.y_label = labels[q],
                        .y_low = (double)NAN,
                        .y_high = (double)NAN,
                        .legend = i == QUANTITIES * legend ? SPN_LEGEND_ABOVE : SPN_LEGEND_NONE,
                        .title_place = q == ERROR ? SPN_LEGEND_BOTTOM_RIGHT : SPN_LEGEND_TOP_RIGHT};
        SPN_TRY(title(d, r, q, &panels[i].title));
        SPN_TRY(draw_row(d, r, q, &panels[i]));
    }
    make_caption(d, results, &caption);
    figure.caption = caption.buffer.text;
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(d->view.context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    return status;
}

spn_status spni_order_plot(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.view = {.context = context}};
    SPN_TRY(spn_arena_create(context, &d.view.arena));
    SPN_TRY(spni_family_view_make(results, &d.view));
    find_rows(&d);
    if (d.row_count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "these results have no depth with a linear and another network: nothing to draw");
    }
    SPN_TRY(draw(&d, results, directory, settings));
done:
    spn_arena_free(d.view.arena);
    return status;
}
