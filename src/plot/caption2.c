/* SPDX-License-Identifier: MIT */
/* The caption of Figure 2: what is drawn, where the branches jump, every parameter. */
#include "plot/figure2.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 512

static spn_status put(spn_context *context, spn_text_buffer *text, const char *format, ...)
    SPN_PRINTF_LIKE(3, 4);

/* One piece of at most LINE_SIZE bytes. */
static spn_status put(spn_context *context, spn_text_buffer *text, const char *format, ...)
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

static double value(const spni_sweep_view *view, const spni_branch *branch, int64_t i,
                    int64_t column)
{
    return spn_table_real(view->points, branch->rows[i], column);
}

static spn_status put_jump(spn_context *context, spn_text_buffer *text, const spni_sweep_view *view,
                           const spni_branch *b, int64_t i)
{
    spn_status status = SPN_OK;
    SPN_TRY(put(context, text, "    %lld -> %lld active modes between beta = %.6g and %.6g",
                (long long)spn_table_integer(view->points, b->rows[i], view->modes),
                (long long)spn_table_integer(view->points, b->rows[i + 1], view->modes),
                value(view, b, i, view->beta), value(view, b, i + 1, view->beta)));
    SPN_TRY(put(context, text, ": E %.4g -> %.4g, R %.4g -> %.4g, |theta| %.4g -> %.4g\n",
                value(view, b, i, view->quantities[SPNI_ERROR]),
                value(view, b, i + 1, view->quantities[SPNI_ERROR]),
                value(view, b, i, view->quantities[SPNI_CURVATURE]),
                value(view, b, i + 1, view->quantities[SPNI_CURVATURE]),
                value(view, b, i, view->quantities[SPNI_NORM]),
                value(view, b, i + 1, view->quantities[SPNI_NORM])));
done:
    return status;
}

static spn_status put_branch(spn_context *context, spn_text_buffer *text,
                             const spni_sweep_view *view, const spni_branch *b)
{
    spn_status status = SPN_OK;
    SPN_TRY(put(context, text, "  %s", b->word));
    if (b->phase >= 0) {
        SPN_TRY(put(context, text, " from the phase with %lld active mode%s", (long long)b->phase,
                    b->phase == 1 ? "" : "s"));
    }
    SPN_TRY(put(context, text, ": %lld points, beta = %.6g to %.6g\n", (long long)b->count,
                value(view, b, 0, view->beta), value(view, b, b->count - 1, view->beta)));
    for (int64_t i = 0; i + 1 < b->count; i++) {
        if (strcmp(b->word, "quench") != 0 && spni_is_jump(view, b, i)) {
            SPN_TRY(put_jump(context, text, view, b, i));
        }
    }
done:
    return status;
}

/* Does a downward branch start in the trivial phase, and does it stay at exactly zero? */
static bool stays_at_zero(const spni_sweep_view *view, bool *has_branch)
{
    bool stays = true;
    *has_branch = false;
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_branch *b = &view->branches[k];
        if (strcmp(b->word, "down") != 0 || b->phase != 0) {
            continue;
        }
        *has_branch = true;
        for (int64_t i = 0; i < b->count; i++) {
            stays = stays && value(view, b, i, view->quantities[SPNI_NORM]) < 1e-6;
        }
    }
    return stays && *has_branch;
}

static spn_status put_hysteresis(spn_context *context, spn_text_buffer *text,
                                 const spni_sweep_view *view)
{
    bool has_branch = false;
    const bool stays = stays_at_zero(view, &has_branch);
    if (has_branch && !stays) {
        return put_text(context, text,
                        "On the way down the phase with no active mode is left: here it loses its "
                        "stability.\n");
    }
    if (stays) {
        return put_text(context, text,
                        "The downward branch from the phase with no active mode stays at |theta| = "
                        "0: from exactly\nzero nothing comes back on the way down, because for "
                        "three or more weight matrices, phi(0) = 0\nand no biases the origin is a "
                        "strict local minimum of the loss for every beta > 0 (theory.md,\nT14). "
                        "Hysteresis is complete.\n");
    }
    return put_text(context, text,
                    "From exactly zero nothing would come back on the way down: for three or more "
                    "weight matrices,\nphi(0) = 0 and no biases the origin is a strict local "
                    "minimum of the loss for every beta > 0\n(theory.md, T14).\n");
}

static spn_status put_theory(spn_context *context, spn_text_buffer *text, const spn_table *theory)
{
    spn_status status = SPN_OK;
    if (theory == NULL) {
        return SPN_OK;
    }
    const int64_t sigma = spn_table_find(theory, "singular_value");
    const int64_t spinodal = spn_table_find(theory, "spinodal_beta");
    const int64_t maxwell = spn_table_find(theory, "maxwell_beta");
    SPN_TRY(
        put_text(context, text,
                 "\nThin vertical lines: the deep linear network of the same depth on the same "
                 "data (theory.md, T13).\nsigma_i above a line: mode i, the strongest first.\n"));
    for (int64_t row = 0; row < theory->rows; row++) {
        SPN_TRY(put(context, text, "  mode %lld:", (long long)row + 1));
        if (sigma >= 0) {
            SPN_TRY(put(context, text, " singular value %.6g", spn_table_real(theory, row, sigma)));
        }
        if (spinodal >= 0 && isfinite(spn_table_real(theory, row, spinodal))) {
            SPN_TRY(put(context, text, ", spinodal beta = %.6g (dashed)",
                        spn_table_real(theory, row, spinodal)));
        }
        if (maxwell >= 0 && isfinite(spn_table_real(theory, row, maxwell))) {
            SPN_TRY(put(context, text, ", Maxwell beta = %.6g (dotted)",
                        spn_table_real(theory, row, maxwell)));
        }
        SPN_TRY(put_text(context, text, "\n"));
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
            SPN_TRY(put(context, text, "%s: %s\n", a->name, a->text));
        } else {
            SPN_TRY(put(context, text, "%s: %lld\n", a->name, (long long)a->integer));
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
    SPN_TRY(put_text(
        context, text,
        "Figure 2. (a) Error E, (b) scalar curvature R of the error surface at the minimum of the "
        "loss\nL = E + beta |theta|^2 (symmetric-log axis: linear near zero), (c) distance |theta| "
        "to the origin, against\nthe regularisation strength beta. Broad line: beta is raised, "
        "each "
        "solve starts from the one before.\nThin lines with markers: beta is lowered again from "
        "the last point of each phase that the upward\nsweep visited. Dotted pieces in the colour "
        "of a branch join the points before and after a jump.\n"));
    SPN_TRY(put_hysteresis(context, text, view));
    SPN_TRY(put_text(context, text, "\nBranches (first random start):\n"));
    for (int64_t k = 0; k < view->branch_count; k++) {
        SPN_TRY(put_branch(context, text, view, &view->branches[k]));
    }
    SPN_TRY(put_theory(context, text, view->theory));
    SPN_TRY(put_text(context, text, "\n"));
    SPN_TRY(put_parameters(context, text, results));
done:
    return status;
}
