/* SPDX-License-Identifier: MIT */
/* Figure 2: error, curvature and distance to the origin along a sweep; accuracy where there are classes. */
#include "plot/figure2.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKERS_PER_BRANCH 11
#define LABEL_SIZE 96
#define LOG_STEPS 20
#define LOG_RATIOS 1.5
#define SAME 1e-12 /* values that branches share, up to rounding */

static const char *const quantity_columns[SPNI_QUANTITIES] = {"error", "scalar_curvature_error",
                                                              "weight_norm"};

bool spni_is_jump(const spni_sweep_view *view, const spni_branch *branch, int64_t i)
{
    return view->modes >= 0 && i + 1 < branch->count &&
           spn_table_integer(view->points, branch->rows[i], view->modes) !=
               spn_table_integer(view->points, branch->rows[i + 1], view->modes);
}

static spn_status find_column(spn_context *context, const spn_table *table, const char *name,
                              int64_t *out)
{
    *out = spn_table_find(table, name);
    if (*out < 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "these results have no column \"%s\" in the table \"points\": Figure 2 is "
                        "drawn from a sweep",
                        name);
    }
    return SPN_OK;
}

/* A column in which there is a number, or -1. */
static int64_t find_numbers(const spn_table *table, const char *name)
{
    const int64_t column = spn_table_find(table, name);
    for (int64_t row = 0; column >= 0 && row < table->rows; row++) {
        if (isfinite(spn_table_real(table, row, column))) {
            return column;
        }
    }
    return -1;
}

/* The branch of (direction, phase, leg), made if it is new. */
static spn_status find_branch(spn_context *context, spn_arena *arena, spni_sweep_view *view,
                              int64_t row, int64_t direction_column, int64_t phase_column,
                              int64_t leg_column, spni_branch **out)
{
    spn_status status = SPN_OK;
    const int64_t direction = spn_table_integer(view->points, row, direction_column);
    const int64_t phase = spn_table_integer(view->points, row, phase_column);
    const int64_t leg = leg_column >= 0 ? spn_table_integer(view->points, row, leg_column) : 0;
    for (int64_t i = 0; i < view->branch_count; i++) {
        spni_branch *b = &view->branches[i];
        if (b->direction == direction && b->phase == phase && b->leg == leg) {
            *out = b;
            return SPN_OK;
        }
    }
    spni_branch *grown = NULL;
    SPN_TAKE(context, arena, grown, view->branch_count + 1);
    if (view->branch_count > 0) {
        memcpy(grown, view->branches, (size_t)view->branch_count * sizeof *grown);
    }
    view->branches = grown;
    *out = &grown[view->branch_count++];
    const char *word = spn_table_word(view->points, row, direction_column);
    **out = (spni_branch){direction, word != NULL ? word : "branch", phase, leg, 0, NULL};
    SPN_TAKE(context, arena, (*out)->rows, view->points->rows);
done:
    return status;
}

static spn_status make_view(spn_context *context, spn_arena *arena, const spn_results *results,
                            spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    int64_t seed = -1;
    int64_t direction = -1;
    int64_t phase = -1;
    *view = (spni_sweep_view){.points = spn_results_table(results, "points"),
                              .lines = {.table = spn_results_table(results, "theory")}};
    if (view->points == NULL || view->points->rows == 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "these results hold no points: nothing to draw");
    }
    SPN_TRY(find_column(context, view->points, "seed", &seed));
    SPN_TRY(find_column(context, view->points, "direction", &direction));
    SPN_TRY(find_column(context, view->points, "phase", &phase));
    SPN_TRY(find_column(context, view->points, "beta", &view->beta));
    for (int k = 0; k < SPNI_QUANTITIES; k++) {
        SPN_TRY(find_column(context, view->points, quantity_columns[k], &view->quantities[k]));
    }
    view->modes = spn_table_find(view->points, "active_modes");
    view->trivial = spn_table_find(view->points, "trivial_distance");
    view->test_error = find_numbers(view->points, "test_error");
    view->accuracy = find_numbers(view->points, "accuracy");
    view->test_accuracy = find_numbers(view->points, "test_accuracy");
    const int64_t leg = spn_table_find(view->points, "leg");
    const int64_t first_seed = spn_table_integer(view->points, 0, seed);
    for (int64_t row = 0; row < view->points->rows; row++) {
        spni_branch *branch = NULL;
        if (spn_table_integer(view->points, row, seed) != first_seed) {
            continue;
        }
        SPN_TRY(find_branch(context, arena, view, row, direction, phase, leg, &branch));
        branch->rows[branch->count++] = row;
    }
done:
    return status;
}

/* A branch's points with a gap at each jump, or (is_connector) only the two ends of each jump. */
static spn_status make_curve(spn_context *context, spn_arena *arena, const spni_sweep_view *view,
                             const spni_branch *branch, int64_t column, bool is_connector,
                             spn_series *series)
{
    spn_status status = SPN_OK;
    double *x = NULL;
    double *y = NULL;
    int64_t n = 0;
    SPN_TAKE(context, arena, x, 3 * branch->count);
    SPN_TAKE(context, arena, y, 3 * branch->count);
    for (int64_t i = 0; i < branch->count; i++) {
        const bool is_jump = spni_is_jump(view, branch, i);
        const bool was_jump = i > 0 && spni_is_jump(view, branch, i - 1);
        if (!is_connector || is_jump || was_jump) {
            x[n] = spn_table_real(view->points, branch->rows[i], view->beta);
            y[n++] = spn_table_real(view->points, branch->rows[i], column);
        }
        if (is_connector ? was_jump : is_jump) {
            x[n] = (double)NAN;
            y[n++] = (double)NAN;
        }
        if (is_connector && is_jump && was_jump) { /* end of one jump and start of the next */
            x[n] = x[n - 2];
            y[n] = y[n - 2];
            n++;
        }
    }
    series->count = n;
    series->x = x;
    series->y = y;
done:
    return status;
}

/* Upward: a broad line below the others; downward: thin lines with a marker now and then. */
static void choose_style(const spni_branch *branch, int64_t downward, spn_series *series)
{
    /* By phase, so that a phase looks the same in every figure. */
    static const spn_color colors[] = {SPN_COLOR_PURPLE, SPN_COLOR_GREEN, SPN_COLOR_VERMILION,
                                       SPN_COLOR_ORANGE, SPN_COLOR_SKY,   SPN_COLOR_BLACK};
    static const spn_marker markers[] = {SPN_MARKER_DIAMOND, SPN_MARKER_SQUARE, SPN_MARKER_TRIANGLE,
                                         SPN_MARKER_CIRCLE};
    const int64_t look = branch->phase >= 0 ? branch->phase : 2 + downward;
    series->line = SPN_LINE_SOLID;
    if (strcmp(branch->word, "up") == 0) {
        series->color = SPN_COLOR_BLUE;
        series->width = 2.4;
    } else if (strcmp(branch->word, "quench") == 0) {
        series->color = SPN_COLOR_BLACK;
        series->line = SPN_LINE_NONE;
        series->marker = SPN_MARKER_OPEN_CIRCLE;
        series->marker_size = 0.7;
    } else {
        series->color = colors[look % 6];
        series->width = 0.9;
        series->marker = markers[look % 4];
        series->marker_interval = 1 + branch->count / MARKERS_PER_BRANCH;
    }
}

static spn_status make_label(spn_context *context, spn_arena *arena, const spni_branch *branch,
                             const char **out)
{
    char text[LABEL_SIZE];
    snprintf(text, sizeof text, "%s", branch->word);
    if (branch->phase >= 0) {
        snprintf(text, sizeof text, "%s from %lld mode%s", branch->word, (long long)branch->phase,
                 branch->phase == 1 ? "" : "s");
    } else if (branch->leg > 0) {
        snprintf(text, sizeof text, "%s, leg %lld", branch->word, (long long)branch->leg + 1);
    }
    *out = spn_arena_duplicate(arena, text);
    return *out != NULL ? SPN_OK : spn_error_status(context);
}

/* The same quantity on the samples kept for testing: the branch's line dashed, of a quench dots. */
static spn_status make_test_curve(spn_context *context, spn_arena *arena,
                                  const spni_sweep_view *view, const spni_branch *branch,
                                  int64_t column, const spn_series *curve, const char *label,
                                  spn_series *series)
{
    spn_status status = make_curve(context, arena, view, branch, column, false, series);
    series->label = label;
    series->color = curve->color;
    series->width = 0.9;
    series->line = SPN_LINE_DASHED;
    if (curve->line == SPN_LINE_NONE) {
        series->line = SPN_LINE_NONE;
        series->marker = SPN_MARKER_CIRCLE;
        series->marker_size = 0.4;
    }
    return status;
}

/* `test_column`: that of the samples kept for testing; -1: none. */
static spn_status make_panel(spn_context *context, spn_arena *arena, const spni_sweep_view *view,
                             int64_t column, int64_t test_column, spn_panel *panel)
{
    spn_status status = SPN_OK;
    spn_series *series = NULL;
    int64_t downward = 0;
    int64_t n = 0;
    SPN_TAKE(context, arena, series, 3 * view->branch_count);
    for (int64_t i = 0; i < view->branch_count; i++) {
        const spni_branch *branch = &view->branches[i];
        const bool is_quench = strcmp(branch->word, "quench") == 0;
        spn_series *curve = &series[n++];
        SPN_TRY(make_curve(context, arena, view, branch, column, false, curve));
        SPN_TRY(make_label(context, arena, branch, &curve->label));
        choose_style(branch, downward, curve);
        if (!is_quench) {
            spn_series *jumps = &series[n++];
            SPN_TRY(make_curve(context, arena, view, branch, column, true, jumps));
            jumps->color = curve->color;
            jumps->line = SPN_LINE_DOTTED;
            jumps->width = 0.9;
            downward += strcmp(branch->word, "down") == 0;
        }
        if (test_column >= 0) {
            SPN_TRY(make_test_curve(context, arena, view, branch, test_column, curve,
                                    i == 0 ? "on test samples" : NULL, &series[n++]));
        }
    }
    panel->series = series;
    panel->series_count = n;
done:
    return status;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A logarithmic axis for values that are spaced evenly on one and would crowd at the left end of a linear
 * one: steps that grow by more than a factor LOG_STEPS, ratios of neighbours that differ less than
 * 1, 2, 5, 10 do (log 2.5 / log 2 = 1.32). */
static spn_status choose_x_scale(spn_context *context, spn_arena *arena, spni_sweep_view *view,
                                 spn_axis_scale *scale)
{
    spn_status status = SPN_OK;
    double *betas = NULL;
    int64_t count = 0;
    *scale = SPN_AXIS_LINEAR;
    SPN_TAKE(context, arena, betas, view->points->rows);
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_branch *b = &view->branches[k];
        for (int64_t i = 0; i < b->count; i++) {
            betas[count++] = spni_branch_real(view, b, i, view->beta);
        }
    }
    qsort(betas, (size_t)count, sizeof *betas, compare);
    view->lines.low = count > 0 ? betas[0] : 0;
    view->lines.high = count > 0 ? betas[count - 1] : 0;
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
    if (view->lines.low > 0 && step_high > LOG_STEPS * step_low &&
        ratio_high < LOG_RATIOS * ratio_low) {
        *scale = SPN_AXIS_LOG;
    }
done:
    return status;
}

spn_status spn_plot_figure2(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_text caption = {.context = context, .norm = spn_text_norm(results)};
    spni_sweep_view view;
    spn_panel panels[SPNI_QUANTITIES + 1] = {
        {.y_label = "Error {/:Italic E}",
         .y_low = (double)NAN,
         .y_high = (double)NAN,
         .legend = SPN_LEGEND_ABOVE},
        {.y_label = "Scalar curvature {/:Italic R}",
         .y_scale = SPN_AXIS_SYMMETRIC_LOG,
         .y_low = (double)NAN,
         .y_high = (double)NAN},
        {.y_label = "Distance to origin |{/:Italic θ}|",
         .y_low = (double)NAN,
         .y_high = (double)NAN},
        {.y_label = "Accuracy", .y_low = 0, .y_high = 1.05},
    };
    spn_figure figure = {.name = "fig2",
                         .x_label = "Regularisation strength {/:Italic β}",
                         .x_low = (double)NAN,
                         .x_high = (double)NAN,
                         .panel_count = SPNI_QUANTITIES,
                         .panels = panels};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(make_view(context, arena, results, &view));
    for (int k = 0; k < SPNI_QUANTITIES; k++) {
        SPN_TRY(make_panel(context, arena, &view, view.quantities[k],
                           k == SPNI_ERROR ? view.test_error : -1, &panels[k]));
    }
    if (view.accuracy >= 0) {
        SPN_TRY(make_panel(context, arena, &view, view.accuracy, view.test_accuracy,
                           &panels[figure.panel_count++]));
    }
    SPN_TRY(choose_x_scale(context, arena, &view, &figure.x_scale));
    SPN_TRY(spni_theory_guides(context, arena, &view.lines, &figure));
    SPN_TRY(spni_norm_label(context, arena, results, &panels[SPNI_NORM].y_label));
    spni_figure2_caption(results, &view, &caption);
    figure.caption = caption.buffer.text;
    SPN_TRY(caption.status);
    SPN_TRY(spn_plot_render(context, &figure, directory, settings));
done:
    spn_text_end(&caption);
    spn_arena_free(arena);
    return status;
}
