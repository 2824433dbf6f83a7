/* SPDX-License-Identifier: MIT */
/* The caption of Figure 2: what is drawn, where the branches jump, every parameter. */
#include "plot/figure2.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 512
#define NEGLIGIBLE 1e-12

spn_status spni_put(spn_context *context, spn_text_buffer *text, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    const spn_sink sink = spn_sink_buffer(text);
    return sink.write(context, sink.state, line, (int64_t)strlen(line));
}

static spn_status put_text(spn_context *context, spn_text_buffer *text, const char *piece)
{
    const spn_sink sink = spn_sink_buffer(text);
    return sink.write(context, sink.state, piece, (int64_t)strlen(piece));
}

double spni_branch_real(const spni_sweep_view *view, const spni_branch *branch, int64_t i,
                        int64_t column)
{
    return spn_table_real(view->points, branch->rows[i], column);
}

bool spni_has_branch(const spni_sweep_view *view, const char *word, bool is_phase)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_branch *b = &view->branches[k];
        if (strcmp(b->word, word) == 0 && (b->phase >= 0) == is_phase) {
            return true;
        }
    }
    return false;
}

/* ", NAME before -> after". One that is nothing beside the other is the rounding of zero. */
static spn_status put_change(spn_context *context, spn_text_buffer *text, const char *name,
                             double before, double after)
{
    const double smallest = NEGLIGIBLE * fmax(fabs(before), fabs(after));
    return spni_put(context, text, "%s %.4g -> %.4g", name, fabs(before) < smallest ? 0 : before,
                    fabs(after) < smallest ? 0 : after);
}

static spn_status put_jump(spn_context *context, spn_text_buffer *text, const spni_sweep_view *view,
                           const spni_branch *b, int64_t i)
{
    static const char *const names[SPNI_QUANTITIES] = {": E", ", R", ", |theta|"};
    spn_status status = SPN_OK;
    SPN_TRY(spni_put(context, text, "    %lld -> %lld active modes between beta = %.6g and %.6g",
                     (long long)spn_table_integer(view->points, b->rows[i], view->modes),
                     (long long)spn_table_integer(view->points, b->rows[i + 1], view->modes),
                     spni_branch_real(view, b, i, view->beta),
                     spni_branch_real(view, b, i + 1, view->beta)));
    for (int k = 0; k < SPNI_QUANTITIES; k++) {
        SPN_TRY(put_change(context, text, names[k],
                           spni_branch_real(view, b, i, view->quantities[k]),
                           spni_branch_real(view, b, i + 1, view->quantities[k])));
    }
    SPN_TRY(put_text(context, text, "\n"));
done:
    return status;
}

static spn_status put_branch(spn_context *context, spn_text_buffer *text,
                             const spni_sweep_view *view, const spni_branch *b)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_put(context, text, "  %s", b->word));
    if (b->phase >= 0) {
        SPN_TRY(spni_put(context, text, " from the phase with %lld active mode%s",
                         (long long)b->phase, b->phase == 1 ? "" : "s"));
    }
    SPN_TRY(spni_put(context, text, ": %lld points, beta = %.6g to %.6g\n", (long long)b->count,
                     spni_branch_real(view, b, 0, view->beta),
                     spni_branch_real(view, b, b->count - 1, view->beta)));
    for (int64_t i = 0; i + 1 < b->count; i++) {
        if (strcmp(b->word, "quench") != 0 && spni_is_jump(view, b, i)) {
            SPN_TRY(put_jump(context, text, view, b, i));
        }
    }
done:
    return status;
}

/* ", spinodal beta = 0.41 (dashed)"; the style only where the line is in the figure. */
static spn_status put_prediction(spn_context *context, spn_text_buffer *text,
                                 const spni_sweep_view *view, int64_t row, int64_t column,
                                 const char *name, const char *style)
{
    if (column < 0 || !isfinite(spn_table_real(view->theory, row, column))) {
        return SPN_OK;
    }
    return spni_put(context, text, ", %s beta = %.6g (%s)", name,
                    spn_table_real(view->theory, row, column),
                    spni_has_line(view, row, column) ? style : "not in the figure");
}

/* Nothing where no line is drawn. */
static spn_status put_theory(spn_context *context, spn_text_buffer *text,
                             const spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    bool has_lines = false;
    if (view->theory == NULL) {
        return SPN_OK;
    }
    const int64_t sigma = spn_table_find(view->theory, "singular_value");
    const int64_t spinodal = spn_table_find(view->theory, "spinodal_beta");
    const int64_t maxwell = spn_table_find(view->theory, "maxwell_beta");
    for (int64_t row = 0; row < view->theory->rows; row++) {
        has_lines =
            has_lines || spni_has_line(view, row, spinodal) || spni_has_line(view, row, maxwell);
    }
    if (!has_lines) {
        return SPN_OK;
    }
    SPN_TRY(put_text(context, text,
                     "\nThin vertical lines: the deep linear network of the same depth on the same "
                     "data, inputs whitened\n(theory.md, T13). sigma_i above a line: mode i, the "
                     "strongest first.\n"));
    for (int64_t row = 0; row < view->theory->rows; row++) {
        SPN_TRY(spni_put(context, text, "  mode %lld:", (long long)row + 1));
        if (sigma >= 0) {
            SPN_TRY(spni_put(context, text, " singular value %.6g",
                             spn_table_real(view->theory, row, sigma)));
        }
        SPN_TRY(put_prediction(context, text, view, row, spinodal, "spinodal", "dashed"));
        SPN_TRY(put_prediction(context, text, view, row, maxwell, "Maxwell", "dotted"));
        SPN_TRY(put_text(context, text, "\n"));
    }
done:
    return status;
}

static bool has_jump(const spni_sweep_view *view)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_branch *b = &view->branches[k];
        for (int64_t i = 0; strcmp(b->word, "quench") != 0 && i + 1 < b->count; i++) {
            if (spni_is_jump(view, b, i)) {
                return true;
            }
        }
    }
    return false;
}

/* What is drawn: only the kinds of branches that are there. */
static spn_status put_legend(spn_context *context, spn_text_buffer *text,
                             const spni_sweep_view *view)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_text(
        context, text,
        "Figure 2. (a) Error E, (b) scalar curvature R of the error surface at the minimum of the "
        "loss\nL = E + beta |theta|^2 (symmetric-log axis: linear near zero), (c) distance |theta| "
        "to the origin, against\nthe regularisation strength beta.\n"));
    if (spni_has_branch(view, "up", false)) {
        SPN_TRY(put_text(context, text,
                         "Broad line: beta is raised, each solve starts from the one before.\n"));
    }
    if (spni_has_branch(view, "down", true)) {
        SPN_TRY(put_text(context, text,
                         "Thin lines with markers: beta is lowered again from the last point of "
                         "each phase that the upward\nsweep visited.\n"));
    }
    if (spni_has_branch(view, "down", false)) {
        SPN_TRY(put_text(context, text,
                         "Thin line with markers: beta is lowered, starting from the initial "
                         "weights at the largest beta.\n"));
    }
    if (spni_has_branch(view, "quench", false)) {
        SPN_TRY(put_text(context, text, "Open circles: a fresh start at each beta.\n"));
    }
    if (has_jump(view)) {
        SPN_TRY(put_text(context, text,
                         "Dotted pieces in the colour of a branch join the points before and after "
                         "a jump.\n"));
    }
done:
    return status;
}

static spn_status put_parameters(spn_context *context, spn_text_buffer *text,
                                 const spn_results *results)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < results->attribute_count; i++) {
        const spn_attribute *a = &results->attributes[i];
        if (strcmp(a->name, "configuration") == 0) {
            continue;
        }
        if (a->text != NULL) {
            SPN_TRY(spni_put(context, text, "%s: %s\n", a->name, a->text));
        } else {
            SPN_TRY(spni_put(context, text, "%s: %lld\n", a->name, (long long)a->integer));
        }
    }
    const spn_attribute *configuration = spn_results_attribute(results, "configuration");
    if (configuration != NULL && configuration->text != NULL) {
        SPN_TRY(put_text(context, text, "\nThe experiment:\n"));
        SPN_TRY(put_text(context, text, configuration->text));
    }
done:
    return status;
}

spn_status spni_figure2_caption(spn_context *context, const spn_results *results,
                                const spni_sweep_view *view, spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_legend(context, text, view));
    SPN_TRY(spni_figure2_hysteresis(context, results, view, text));
    SPN_TRY(put_text(context, text, "\nBranches (first random start):\n"));
    for (int64_t k = 0; k < view->branch_count; k++) {
        SPN_TRY(put_branch(context, text, view, &view->branches[k]));
    }
    SPN_TRY(put_theory(context, text, view));
    SPN_TRY(put_text(context, text, "\n"));
    SPN_TRY(put_parameters(context, text, results));
done:
    return status;
}
