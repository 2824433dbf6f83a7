/* SPDX-License-Identifier: MIT */
/* The number of modes: where each is lost, and how many random starts get stuck. */
#include "gallery/complexity/complexity.h"

#include <math.h>

#define HALF_DASH 0.3 /* of a closed form, in modes */
#define OFFSET 0.07   /* between the two networks */
enum { BETA_SERIES = 3, STUCK_SERIES = 4 };

/* Linear networks stand a little to the left, the others to the right. */
static double place(int64_t activation, int64_t modes)
{
    return (double)modes + (activation == SPN_LINEAR ? -OFFSET : OFFSET);
}

/* Where the modes are lost: as the closed form has it (a dash), or as measured. */
static spn_status draw_transitions(const spni_family_view *v, bool is_linear, bool is_closed_form,
                                   spn_series *series)
{
    spn_status status = SPN_OK;
    spni_path path;
    SPN_TRY(spni_path_begin(v->context, v->arena, 3 * v->transition_count, &path));
    for (int64_t i = 0; i < v->transition_count; i++) {
        const spni_family_transition *t = &v->transitions[i];
        const double x = (double)t->modes;
        if ((t->activation == SPN_LINEAR) != is_linear) {
            continue;
        }
        if (is_closed_form) {
            spni_path_segment(&path, x - HALF_DASH, t->predicted_beta, x + HALF_DASH,
                              t->predicted_beta);
        } else {
            spni_path_put(&path, place(t->activation, t->modes), t->measured_beta);
        }
    }
    spni_path_end(&path, series);
done:
    return status;
}

/* Shares of stuck starts, or their intervals. */
static spn_status draw_stuck(const spni_family_view *v, bool is_linear, bool is_interval,
                             spn_series *series)
{
    spn_status status = SPN_OK;
    spni_path path;
    SPN_TRY(spni_path_begin(v->context, v->arena, 3 * v->run_count, &path));
    for (int64_t i = 0; i < v->run_count; i++) {
        const spni_family_run *r = &v->runs[i];
        const double x = place(r->activation, r->modes);
        if ((r->activation == SPN_LINEAR) != is_linear) {
            continue;
        }
        if (is_interval) {
            spni_path_segment(&path, x, r->stuck_low, x, r->stuck_high);
        } else {
            spni_path_put(&path, x, r->stuck_fraction);
        }
    }
    spni_path_end(&path, series);
done:
    return status;
}

static spn_series style(bool is_linear)
{
    return (spn_series){.label = is_linear ? "linear network" : "tanh network",
                        .color = is_linear ? SPN_COLOR_BLUE : SPN_COLOR_VERMILION,
                        .marker = is_linear ? SPN_MARKER_OPEN_CIRCLE : SPN_MARKER_SQUARE,
                        .marker_size = is_linear ? 1.1 : 0.9};
}

static spn_series style_interval(bool is_linear)
{
    return (spn_series){.color = is_linear ? SPN_COLOR_BLUE : SPN_COLOR_VERMILION,
                        .line = SPN_LINE_SOLID,
                        .width = 0.8};
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

static spn_status draw(const spni_family_view *v, const spn_results *results, const char *directory,
                       const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_text caption = {.context = v->context};
    spn_series betas[BETA_SERIES] = {
        {.label = "closed form (T13)", .line = SPN_LINE_SOLID, .width = 0.9},
        style(true),
        style(false)};
    spn_series stuck[STUCK_SERIES] = {style_interval(true), style_interval(false), style(true),
                                      style(false)};
    int64_t most = 1;
    for (int64_t i = 0; i < v->run_count; i++) {
        most = v->runs[i].modes > most ? v->runs[i].modes : most;
    }
    SPN_TRY(draw_transitions(v, true, true, &betas[0]));
    SPN_TRY(draw_transitions(v, true, false, &betas[1]));
    SPN_TRY(draw_transitions(v, false, false, &betas[2]));
    for (int i = 0; i < STUCK_SERIES; i++) {
        SPN_TRY(draw_stuck(v, i % 2 == 0, i < 2, &stuck[i]));
    }
    make_caption(v, results, &caption);
    const spn_panel panels[] = {{.y_label = "Transition {/:Italic β}",
                                 .y_low = 0,
                                 .y_high = (double)NAN,
                                 .series_count = BETA_SERIES,
                                 .series = betas,
                                 .legend = SPN_LEGEND_ABOVE},
                                {.y_label = "Stuck fraction",
                                 .y_low = -0.03,
                                 .y_high = 1.03,
                                 .series_count = STUCK_SERIES,
                                 .series = stuck}};
    const spn_figure figure = {.name = "complexity",
                               .x_label = "Modes of the data {/:Italic K}",
                               .x_step = 1,
                               .x_low = 0.5,
                               .x_high = (double)most + 0.5,
                               .panel_count = sizeof panels / sizeof *panels,
                               .panels = panels,
                               .caption = caption.buffer.text};
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(v->context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    return status;
}

spn_status spni_complexity_plot(spn_context *context, const spn_results *results,
                                const char *directory, const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_family_view view = {.context = context};
    SPN_TRY(spn_arena_create(context, &view.arena));
    SPN_TRY(spni_family_view_make(results, &view));
    SPN_TRY(draw(&view, results, directory, settings));
done:
    spn_arena_free(view.arena);
    return status;
}
