/* SPDX-License-Identifier: MIT */
/* Depth and the order of transitions: a row of panels for each depth. */
#include "gallery/order/order.h"
#include "plot/canvas.h"

#include <math.h>
#include <stdio.h>

enum { QUANTITIES = 2, DEPTHS_MAX = 13, CURVE_POINTS = 240, TITLE_SIZE = 96 };
#define SPACING 0.03 /* of the axis, between markers of a phase */
#define WIDTH 7.0
#define ROW_HEIGHT 1.35

typedef enum quantity { ERROR, NORM } quantity;

/* A row of the figure: one depth. */
typedef struct row {
    const spni_family_run *linear, *curved;
} row;

typedef struct drawing {
    spni_canvas canvas;
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
static void draw_phases(drawing *d, const spni_family_run *run, quantity q)
{
    const spni_family_view *v = &d->view;
    int64_t phase = -1;
    for (int64_t i = 0; i < v->point_count; i++) {
        if (v->points[i].run != run->run) {
            continue;
        }
        if (v->points[i].phase != phase) {
            spni_add_gap(&d->canvas);
            phase = v->points[i].phase;
        }
        spni_add_point(&d->canvas, v->points[i].beta, value_of(&v->points[i], q));
    }
}

/* Markers of its points, not too close; ends of phases have their own. */
static void draw_points(drawing *d, const spni_family_run *run, quantity q)
{
    const spni_family_view *v = &d->view;
    const double spacing = SPACING * (d->high - d->low);
    int64_t phase = -1;
    double last = -HUGE_VAL;
    for (int64_t i = 0; i < v->point_count; i++) {
        const spni_family_point *p = &v->points[i];
        if (p->run != run->run || p->mark != SPNI_FAMILY_PLAIN ||
            (p->phase == phase && p->beta < last + spacing)) {
            continue;
        }
        phase = p->phase;
        last = p->beta;
        spni_add_point(&d->canvas, p->beta, value_of(p, q));
    }
}

/* One phase of the closed form, over its window of metastability inside the axis; the last point lies at its
 * very end. */
static spn_status put_closed_form(drawing *d, const spn_theory_network *network, int64_t active,
                                  quantity q)
{
    spn_status status = SPN_OK;
    double low = 0, high = 0;
    const uint64_t modes = ((uint64_t)1 << active) - 1;
    SPN_TRY(spn_theory_window(d->view.context, network, modes, &low, &high));
    low = fmax(low, d->low);
    high = fmin(high, d->high);
    spni_add_gap(&d->canvas);
    for (int64_t i = 0; i < CURVE_POINTS && low < high; i++) {
        /* Denser towards the fold, where the curve is vertical. */
        const double rest = 1 - (double)i / (CURVE_POINTS - 1);
        const double beta = i + 1 < CURVE_POINTS ? high - (high - low) * rest * rest : high;
        spn_theory_phase phase;
        SPN_TRY(spn_theory_phase_at(d->view.context, network, modes, beta, &phase));
        spni_add_point(&d->canvas, beta, q == ERROR ? phase.error : sqrt(phase.norm_squared));
    }
done:
    return status;
}

static spn_status draw_closed_form(drawing *d, const spni_family_run *run, quantity q)
{
    spn_status status = SPN_OK;
    const spni_family_view *v = &d->view;
    double sigmas[SPN_MODES_MAX] = {0};
    for (int64_t i = 0; i < v->transition_count; i++) {
        if (v->transitions[i].run == run->run) {
            sigmas[v->transitions[i].mode - 1] = v->transitions[i].singular_value;
        }
    }
    const spn_theory_network network = {.depth = run->depth,
                                        .modes = run->modes,
                                        .singular_values = sigmas,
                                        .target_power = run->target_power};
    for (int64_t active = run->modes; active >= 0; active--) {
        SPN_TRY(put_closed_form(d, &network, active, q));
    }
done:
    return status;
}

/* From the end of a phase to what it falls into. */
static void draw_falls(drawing *d, const spni_family_run *run, quantity q)
{
    const spni_family_view *v = &d->view;
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        if (t->run == run->run && t->order == 1) {
            spni_add_segment(&d->canvas, t->measured_beta,
                             q == ERROR ? t->error_before : t->norm_before, t->measured_beta,
                             q == ERROR ? t->error_after : t->norm_after);
        }
    }
}

/* Transitions of one order in a row, both networks. */
static void draw_marks(drawing *d, const row *r, int64_t order, quantity q)
{
    const spni_family_view *v = &d->view;
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        if ((t->run == r->linear->run || t->run == r->curved->run) && t->order == order) {
            spni_add_point(&d->canvas, t->measured_beta,
                           q == ERROR ? t->error_before : t->norm_before);
        }
    }
}

static spn_status draw_row(drawing *d, const row *r, quantity q)
{
    static const spn_series fall_looks[] = {
        {.color = SPN_COLOR_VERMILION, .line = SPN_LINE_DOTTED, .width = 1.0},
        {.color = SPN_COLOR_BLUE, .line = SPN_LINE_DOTTED, .width = 1.0}};
    spn_status status = SPN_OK;
    spni_canvas *canvas = &d->canvas;
    spni_add_series(canvas, (spn_series){.label = "tanh network",
                                         .color = SPN_COLOR_VERMILION,
                                         .line = SPN_LINE_SOLID,
                                         .width = 1.4});
    draw_phases(d, r->curved, q);
    spni_add_series(canvas, fall_looks[0]);
    draw_falls(d, r->curved, q);
    spni_add_series(canvas, (spn_series){.label = "linear network: closed form",
                                         .color = SPN_COLOR_BLUE,
                                         .line = SPN_LINE_SOLID,
                                         .width = 0.9});
    SPN_TRY(draw_closed_form(d, r->linear, q));
    spni_add_series(canvas, fall_looks[1]);
    draw_falls(d, r->linear, q);
    spni_add_series(canvas, (spn_series){.label = "linear network: measured",
                                         .color = SPN_COLOR_BLUE,
                                         .marker = SPN_MARKER_OPEN_CIRCLE,
                                         .marker_size = 0.8});
    draw_points(d, r->linear, q);
    spni_add_series(canvas, (spn_series){.label = "first order (fold)",
                                         .marker = SPN_MARKER_CIRCLE,
                                         .marker_size = 0.9});
    draw_marks(d, r, 1, q);
    spni_add_series(canvas, (spn_series){.label = "second order (branch point)",
                                         .marker = SPN_MARKER_OPEN_SQUARE,
                                         .marker_size = 0.95});
    draw_marks(d, r, 2, q);
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

static const char *title(drawing *d, const row *r, quantity q)
{
    char orders[TITLE_SIZE] = "";
    put_orders(d, q == ERROR ? r->linear : r->curved, orders, sizeof orders);
    return q == ERROR ? spni_label(&d->canvas, "linear, {/:Italic D} = %lld: %s",
                                   (long long)r->linear->depth, orders)
                      : spni_label(&d->canvas, "tanh: %s", orders);
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

static spn_status draw(drawing *d)
{
    static const char *const labels[QUANTITIES] = {"Error {/:Italic E}", "Distance |{/:Italic θ}|"};
    spn_status status = SPN_OK;
    spn_figure *figure = &d->canvas.figure;
    const int64_t legend = legend_row(d);
    figure->name = "order";
    figure->x_label = "Regularisation strength {/:Italic β}";
    figure->x_low = 0;
    figure->x_high = d->high;
    figure->width = WIDTH;
    figure->height = 0.9 + ROW_HEIGHT * (double)d->row_count;
    figure->columns = QUANTITIES;
    for (int64_t i = 0; i < QUANTITIES * d->row_count; i++) {
        const quantity q = i % QUANTITIES == 0 ? ERROR : NORM;
        const row *r = &d->rows[i / QUANTITIES];
        spn_panel *panel = spni_add_panel(&d->canvas, labels[q]);
        panel->legend = i == QUANTITIES * legend ? SPN_LEGEND_ABOVE : SPN_LEGEND_NONE;
        panel->title = title(d, r, q);
        panel->title_place = q == ERROR ? SPN_LEGEND_BOTTOM_RIGHT : SPN_LEGEND_TOP_RIGHT;
        SPN_TRY(draw_row(d, r, q));
    }
done:
    return status;
}

spn_status spni_order_plot(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.row_count = 0};
    SPN_TRY(spni_canvas_begin(context, results, &d.canvas));
    d.view = (spni_family_view){.context = context, .arena = d.canvas.arena};
    SPN_TRY(spni_family_view_make(results, &d.view));
    find_rows(&d);
    if (d.row_count == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "these results have no depth with a linear and another network: nothing to draw");
    }
    SPN_TRY(draw(&d));
    make_caption(&d, results, &d.canvas.caption);
    SPN_TRY(spni_canvas_render(&d.canvas, directory, settings));
done:
    spni_canvas_end(&d.canvas);
    return status;
}
