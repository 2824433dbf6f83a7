/* SPDX-License-Identifier: MIT */
/* The number of modes: where each is lost, and how many random starts get stuck. */
#include "gallery/complexity/complexity.h"
#include "plot/canvas.h"

#include <math.h>

#define HALF_DASH 0.3 /* of a closed form, in modes */
#define OFFSET 0.07   /* between the two networks */

/* Linear networks stand a little to the left, the others to the right. */
static double place(int64_t activation, int64_t modes)
{
    return (double)modes + (activation == SPN_LINEAR ? -OFFSET : OFFSET);
}

static void draw_closed_forms(spni_canvas *canvas, const spni_family_view *v)
{
    spni_add_series(
        canvas, (spn_series){.label = "closed form (T13)", .line = SPN_LINE_SOLID, .width = 0.9});
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        if (t->activation == SPN_LINEAR) {
            const double x = (double)t->modes;
            spni_add_segment(canvas, x - HALF_DASH, t->predicted_beta, x + HALF_DASH,
                             t->predicted_beta);
        }
    }
}

static spn_series style(bool is_linear)
{
    return (spn_series){.label = is_linear ? "linear network" : "tanh network",
                        .color = is_linear ? SPN_COLOR_BLUE : SPN_COLOR_VERMILION,
                        .marker = is_linear ? SPN_MARKER_OPEN_CIRCLE : SPN_MARKER_SQUARE,
                        .marker_size = is_linear ? 1.1 : 0.9};
}

static void draw_transitions(spni_canvas *canvas, const spni_family_view *v, bool is_linear)
{
    spni_add_series(canvas, style(is_linear));
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        if ((t->activation == SPN_LINEAR) == is_linear) {
            spni_add_point(canvas, place(t->activation, t->modes), t->measured_beta);
        }
    }
}

static void draw_fractions(spni_canvas *canvas, const spni_family_view *v, bool is_linear)
{
    spni_add_series(canvas, style(is_linear));
    for (int64_t i = 0; i < v->run_count; i++) {
        const spni_family_run *r = &v->runs[i];
        if ((r->activation == SPN_LINEAR) == is_linear) {
            spni_add_point(canvas, place(r->activation, r->modes), r->stuck_fraction);
        }
    }
}

static void draw_intervals(spni_canvas *canvas, const spni_family_view *v, bool is_linear)
{
    spni_add_series(canvas, (spn_series){.color = is_linear ? SPN_COLOR_BLUE : SPN_COLOR_VERMILION,
                                         .line = SPN_LINE_SOLID,
                                         .width = 0.8});
    for (int64_t i = 0; i < v->run_count; i++) {
        const spni_family_run *r = &v->runs[i];
        if ((r->activation == SPN_LINEAR) == is_linear) {
            const double x = place(r->activation, r->modes);
            spni_add_segment(canvas, x, r->stuck_low, x, r->stuck_high);
        }
    }
}

static void put_starts(const spni_family_view *v, spn_text *text)
{
    spn_text_add(text, "\nStuck starts, with 95 % intervals (Wilson 1927):\n");
    for (int64_t i = 0; i < v->run_count; i++) {
        const spni_family_run *r = &v->runs[i];
        spn_text_put(text,
                     "  %s, %lld mode%s, beta = %.6g: %lld of %lld starts end with fewer than "
                     "%lld modes: %.3f (%.3f to %.3f)\n",
                     spni_family_activation(r->activation), (long long)r->modes,
                     r->modes == 1 ? "" : "s", r->start_beta, (long long)r->stuck,
                     (long long)r->starts, (long long)r->best_modes, r->stuck_fraction,
                     r->stuck_low, r->stuck_high);
    }
}

static void make_caption(const spni_family_view *v, const spn_results *results, spn_text *text)
{
    spn_text_add(
        text,
        "More modes, more transitions. Data with K modes, singular values evenly spaced from the "
        "strongest to the\nweakest, as many inputs and outputs. (a) beta at which each mode stops "
        "being learned along an upward sweep:\ndashes, spinodals of the deep linear network (T13), "
        "which are not fits; circles, the linear network measured;\nsquares, the network with a "
        "tanh activation. ");
    spn_text_add(
        text,
        "(b) Share of random starts that end, at one small beta, in a phase\nwith fewer learned "
        "modes than the end with the smallest loss; bars: 95 % intervals. The share depends on "
        "beta,\non the scale of the initial weights and on the minimiser, all stated below.\n");
    spni_family_put_transitions(v, text);
    put_starts(v, text);
    spn_text_add(text, "\ndata.inputs, data.outputs, data.correlations and model.activation "
                       "differ from run to run. The linear\nnetwork sees second moments only, "
                       "which are exact; it has fewer samples.\n");
    spn_text_parameters(text, results);
}

static void draw(spni_canvas *canvas, const spni_family_view *v)
{
    int64_t most = 1;
    for (int64_t i = 0; i < v->run_count; i++) {
        most = v->runs[i].modes > most ? v->runs[i].modes : most;
    }
    canvas->figure.name = "complexity";
    canvas->figure.x_label = "Modes of the data {/:Italic K}";
    canvas->figure.x_step = 1;
    canvas->figure.x_low = 0.5;
    canvas->figure.x_high = (double)most + 0.5;
    spn_panel *panel = spni_add_panel(canvas, "Transition {/:Italic β}");
    panel->y_low = 0;
    panel->legend = SPN_LEGEND_ABOVE;
    draw_closed_forms(canvas, v);
    draw_transitions(canvas, v, true);
    draw_transitions(canvas, v, false);
    panel = spni_add_panel(canvas, "Stuck fraction");
    panel->y_low = -0.03;
    panel->y_high = 1.03;
    draw_intervals(canvas, v, true);
    draw_intervals(canvas, v, false);
    draw_fractions(canvas, v, true);
    draw_fractions(canvas, v, false);
}

spn_status spni_complexity_plot(spn_context *context, const spn_results *results,
                                const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas canvas;
    SPN_TRY(spni_canvas_begin(context, results, &canvas));
    spni_family_view view = {.context = context, .arena = canvas.arena};
    SPN_TRY(spni_family_view_make(results, &view));
    draw(&canvas, &view);
    make_caption(&view, results, &canvas.caption);
    SPN_TRY(spni_canvas_render(&canvas, directory, settings));
done:
    spni_canvas_end(&canvas);
    return status;
}
