/* SPDX-License-Identifier: MIT */
/* Figure 2: error, curvature and distance to the origin along a sweep; accuracy where there are classes; or other columns
 * of its points. */
#include "plot/figure2.h"

#include <math.h>
#include <spinodal/numeric.h>

#define LOG_STEPS 20
#define LOG_RATIOS 1.5
#define SAME 1e-12 /* values that branches share, up to rounding */

/* A logarithmic axis for values that are spaced evenly on one and would crowd at the left end of a linear
 * one: steps that grow by more than a factor LOG_STEPS, ratios of neighbours that differ less than
 * 1, 2, 5, 10 do (log 2.5 / log 2 = 1.32). */
static bool is_even_on_log(int64_t count, const double *betas)
{
    double step_low = HUGE_VAL, step_high = 0, ratio_low = HUGE_VAL, ratio_high = 0;
    for (int64_t i = 1; i < count; i++) {
        const double step = betas[i] - betas[i - 1];
        if (step > SAME * betas[i]) {
            const double ratio = log(betas[i] / betas[i - 1]);
            step_low = fmin(step_low, step);
            step_high = fmax(step_high, step);
            ratio_low = fmin(ratio_low, ratio);
            ratio_high = fmax(ratio_high, ratio);
        }
    }
    return betas[0] > 0 && step_high > LOG_STEPS * step_low && ratio_high < LOG_RATIOS * ratio_low;
}

static spn_status choose_axis(spni_canvas *canvas, spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    double *betas = NULL;
    int64_t count = 0, points = 0;
    for (int64_t k = 0; k < view->branch_count; k++) {
        points += view->branches[k].count;
    }
    SPN_TAKE(canvas->context, canvas->arena, betas, points);
    for (int64_t k = 0; k < view->branch_count; k++) {
        for (int64_t i = 0; i < view->branches[k].count; i++) {
            betas[count++] = view->branches[k].points[i]->state.beta;
        }
    }
    spn_sort(count, betas);
    view->lines.low = betas[0];
    view->lines.high = betas[count - 1];
    canvas->figure.x_scale = is_even_on_log(count, betas) ? SPN_AXIS_LOG : SPN_AXIS_LINEAR;
done:
    return status;
}

static spn_status draw(spni_canvas *canvas, spni_sweep_view *view,
                       const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    static const char *const own[] = {"error", "scalar_curvature_error", "weight_norm", "accuracy"};
    spni_quantity *quantities = NULL;
    spn_sweep_contents contents;
    int64_t count = 0;
    SPN_TRY(spn_sweep_contents_read(canvas->context, canvas->arena, canvas->results, &contents));
    SPN_TRY(spni_choose_quantities(canvas, &contents.points, settings, sizeof own / sizeof *own,
                                   own, &count, &quantities));
    canvas->figure.name = "fig2";
    canvas->figure.x_label = "Regularisation strength {/:Italic β}";
    for (int64_t i = 0; i < count; i++) {
        spni_sweep_panel(canvas, view, &quantities[i],
                         settings != NULL ? settings->seeds : SPN_SEEDS_LINES);
    }
    view->is_asked = settings != NULL && settings->column_count > 0;
    view->column_count = count;
    view->columns = quantities;
    canvas->panels[0].legend = SPN_LEGEND_ABOVE;
    if (settings == NULL || !settings->hides_theory) {
        spni_add_theory(canvas, &view->lines);
    }
done:
    return status;
}

spn_status spn_plot_figure2(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas canvas;
    spni_sweep_view view = {.branch_count = 0};
    const spn_plot_overlay none = {.count = 0};
    const spn_plot_overlay *overlay = settings != NULL ? &settings->overlay : &none;
    SPN_TRY(spni_canvas_begin(context, results, &canvas));
    view.names = overlay->names;
    SPN_TRY(spni_sweep_view_add(context, canvas.arena, results, &view));
    for (int64_t i = 0; i < overlay->count; i++) {
        SPN_TRY(spni_sweep_view_add(context, canvas.arena, overlay->results[i], &view));
    }
    SPN_TRY(choose_axis(&canvas, &view));
    SPN_TRY(draw(&canvas, &view, settings));
    spni_figure2_caption(results, &view, &canvas.caption);
    SPN_TRY(spni_canvas_render(&canvas, directory, settings));
done:
    spni_canvas_end(&canvas);
    return status;
}
