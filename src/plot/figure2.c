/* SPDX-License-Identifier: MIT */
/* Figure 2: error, curvature and distance to the origin along a sweep; accuracy where there are classes. */
#include "plot/figure2.h"

#include <math.h>
#include <spinodal/numeric.h>

#define MARKERS_PER_BRANCH 11
#define LOG_STEPS 20
#define LOG_RATIOS 1.5
#define SAME 1e-12 /* values that branches share, up to rounding */

/* A quantity of a record, by its place in the struct. */
#define AT(member) offsetof(spn_sweep_record, member)

/* ---- The branches -------------------------------------------------------------------------------- */

const char *spni_branch_word(const spni_drawn_branch *branch)
{
    const char *word = spn_direction_text(branch->direction);
    return word != NULL ? word : "branch";
}

bool spni_is_jump(const spni_drawn_branch *branch, int64_t i)
{
    return i + 1 < branch->count &&
           branch->points[i]->state.active_modes != branch->points[i + 1]->state.active_modes;
}

/* The branch that a point belongs to, made if it is new; there is room for one a point. */
static spn_status find_branch(spn_context *context, spn_arena *arena, spni_sweep_view *view,
                              const spn_sweep_record *point, int64_t points,
                              spni_drawn_branch **out)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < view->branch_count; i++) {
        spni_drawn_branch *b = &view->branches[i];
        if (b->direction == point->direction && b->phase == point->phase && b->leg == point->leg) {
            *out = b;
            return SPN_OK;
        }
    }
    *out = &view->branches[view->branch_count++];
    **out = (spni_drawn_branch){point->direction, point->phase, point->leg, 0, NULL};
    SPN_TAKE(context, arena, (*out)->points, points);
done:
    return status;
}

static spn_status make_view(spn_context *context, spn_arena *arena, const spn_results *results,
                            spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    const spn_table *table = spn_results_table(results, "points");
    *view = (spni_sweep_view){.branch_count = 0};
    if (table == NULL || table->rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "these results hold no points: nothing to draw");
    }
    SPN_TRY(spn_sweep_contents_read(context, arena, results, &c));
    const spn_sweep_record *points = c.points.records;
    view->lines = (spni_theory_lines){.count = c.theory.rows, .modes = c.theory.records};
    SPN_TAKE(context, arena, view->branches, c.points.rows);
    for (int64_t i = 0; i < c.points.rows; i++) {
        const spn_sweep_record *point = &points[i];
        spni_drawn_branch *branch = NULL;
        view->has_test_error = view->has_test_error || isfinite(point->state.test_error);
        view->has_accuracy = view->has_accuracy || isfinite(point->state.accuracy);
        view->has_test_accuracy = view->has_test_accuracy || isfinite(point->state.test_accuracy);
        if (point->seed == points[0].seed) {
            SPN_TRY(find_branch(context, arena, view, point, c.points.rows, &branch));
            branch->points[branch->count++] = point;
        }
    }
done:
    return status;
}

/* ---- Curves -------------------------------------------------------------------------------------- */

/* A branch's points with a gap at each jump. */
static void add_points(spni_canvas *canvas, const spni_drawn_branch *branch, size_t quantity)
{
    for (int64_t i = 0; i < branch->count; i++) {
        spni_add_point(canvas, branch->points[i]->state.beta,
                       spni_real_at(branch->points[i], quantity));
        if (spni_is_jump(branch, i)) {
            spni_add_gap(canvas);
        }
    }
}

/* The two ends of each jump. */
static void add_jumps(spni_canvas *canvas, const spni_drawn_branch *branch, size_t quantity)
{
    for (int64_t i = 0; i + 1 < branch->count; i++) {
        const spn_sweep_record *before = branch->points[i], *behind = branch->points[i + 1];
        if (spni_is_jump(branch, i)) {
            spni_add_point(canvas, before->state.beta, spni_real_at(before, quantity));
            spni_add_point(canvas, behind->state.beta, spni_real_at(behind, quantity));
            spni_add_gap(canvas);
        }
    }
}

static const char *label_of(spni_canvas *canvas, const spni_drawn_branch *branch)
{
    const char *word = spni_branch_word(branch);
    if (branch->phase >= 0) {
        return spni_label(canvas, "%s from %lld mode%s", word, (long long)branch->phase,
                          spn_plural(branch->phase));
    }
    return branch->leg > 0 ? spni_label(canvas, "%s, leg %lld", word, (long long)branch->leg + 1)
                           : word;
}

/* Upward: a broad line below the others; downward: thin lines with a marker now and then. */
static spn_series look_of(const spni_drawn_branch *branch, int64_t downward)
{
    /* By phase, so that a phase looks the same in every figure. */
    static const spn_color colors[] = {SPN_COLOR_PURPLE, SPN_COLOR_GREEN, SPN_COLOR_VERMILION,
                                       SPN_COLOR_ORANGE, SPN_COLOR_SKY,   SPN_COLOR_BLACK};
    static const spn_marker markers[] = {SPN_MARKER_DIAMOND, SPN_MARKER_SQUARE, SPN_MARKER_TRIANGLE,
                                         SPN_MARKER_CIRCLE};
    const int64_t look = branch->phase >= 0 ? branch->phase : 2 + downward;
    switch (branch->direction) {
    case SPN_DIRECTION_UP:
        return (spn_series){.color = SPN_COLOR_BLUE, .line = SPN_LINE_SOLID, .width = 2.4};
    case SPN_DIRECTION_QUENCH:
        return (spn_series){
            .color = SPN_COLOR_BLACK, .marker = SPN_MARKER_OPEN_CIRCLE, .marker_size = 0.7};
    default:
        return (spn_series){.color = colors[look % 6],
                            .line = SPN_LINE_SOLID,
                            .width = 0.9,
                            .marker = markers[look % 4],
                            .marker_interval = 1 + branch->count / MARKERS_PER_BRANCH};
    }
}

/* The same quantity on the samples kept for testing: the branch's line dashed, of a quench dots. */
static spn_series test_look_of(const spn_series *look)
{
    spn_series test = {.color = look->color, .width = 0.9, .line = SPN_LINE_DASHED};
    if (look->line == SPN_LINE_NONE) {
        test.line = SPN_LINE_NONE;
        test.marker = SPN_MARKER_CIRCLE;
        test.marker_size = 0.4;
    }
    return test;
}

/* `test`: the quantity on the samples kept for testing; 0: there are none. */
static spn_panel *draw_panel(spni_canvas *canvas, const spni_sweep_view *view, const char *label,
                             size_t quantity, size_t test)
{
    spn_panel *panel = spni_add_panel(canvas, label);
    int64_t downward = 0;
    for (int64_t i = 0; i < view->branch_count; i++) {
        const spni_drawn_branch *branch = &view->branches[i];
        spn_series look = look_of(branch, downward);
        look.label = label_of(canvas, branch);
        spni_add_series(canvas, look);
        add_points(canvas, branch, quantity);
        if (branch->direction != SPN_DIRECTION_QUENCH) {
            spni_add_series(
                canvas, (spn_series){.color = look.color, .line = SPN_LINE_DOTTED, .width = 0.9});
            add_jumps(canvas, branch, quantity);
            downward += branch->direction == SPN_DIRECTION_DOWN;
        }
        if (test != 0) {
            spni_add_series(canvas, test_look_of(&look))->label = i == 0 ? "on test samples" : NULL;
            add_points(canvas, branch, test);
        }
    }
    return panel;
}

/* ---- The figure ---------------------------------------------------------------------------------- */

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

static void draw(spni_canvas *canvas, const spni_sweep_view *view)
{
    canvas->figure.name = "fig2";
    canvas->figure.x_label = "Regularisation strength {/:Italic β}";
    draw_panel(canvas, view, "Error {/:Italic E}", AT(state.error),
               view->has_test_error ? AT(state.test_error) : 0)
        ->legend = SPN_LEGEND_ABOVE;
    draw_panel(canvas, view, "Scalar curvature {/:Italic R}", AT(state.scalar_curvature_error), 0)
        ->y_scale = SPN_AXIS_SYMMETRIC_LOG;
    draw_panel(canvas, view, "Distance to origin |{/:Italic θ}|", AT(state.weight_norm), 0);
    if (view->has_accuracy) {
        spn_panel *panel = draw_panel(canvas, view, "Accuracy", AT(state.accuracy),
                                      view->has_test_accuracy ? AT(state.test_accuracy) : 0);
        panel->y_low = 0;
        panel->y_high = 1.05;
    }
    spni_add_theory(canvas, &view->lines);
}

spn_status spn_plot_figure2(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spni_canvas canvas;
    spni_sweep_view view;
    SPN_TRY(spni_canvas_begin(context, results, &canvas));
    SPN_TRY(make_view(context, canvas.arena, results, &view));
    SPN_TRY(choose_axis(&canvas, &view));
    draw(&canvas, &view);
    spni_figure2_caption(results, &view, &canvas.caption);
    SPN_TRY(spni_canvas_render(&canvas, directory, settings));
done:
    spni_canvas_end(&canvas);
    return status;
}
