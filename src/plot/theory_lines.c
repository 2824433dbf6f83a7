/* SPDX-License-Identifier: MIT */
/* Closed forms (T12, T13) as thin vertical lines. */
#include "plot/canvas.h"

#include <math.h>

/* Is there a line (a finite beta that the figure covers)? */
static bool has_line(const spni_theory_lines *lines, double beta)
{
    return beta >= lines->low && beta <= lines->high;
}

/* ", spinodal beta = 0.41 (dashed)"; the style only where the line is in the figure. */
static void put_prediction(spn_text *text, const spni_theory_lines *lines, double beta,
                           const char *name, const char *style)
{
    if (isfinite(beta)) {
        spn_text_put(text, ", %s beta = %.6g (%s)", name, beta,
                     has_line(lines, beta) ? style : "not in the figure");
    }
}

void spni_put_theory(spn_text *text, const spni_theory_lines *lines)
{
    bool has_lines = false;
    for (int64_t i = 0; i < lines->count; i++) {
        has_lines = has_lines || has_line(lines, lines->modes[i].spinodal_beta) ||
                    has_line(lines, lines->modes[i].maxwell_beta);
    }
    if (!has_lines) {
        return;
    }
    spn_text_add(text,
                 "\nThin vertical lines: the deep linear network of the same depth on the same "
                 "data, inputs whitened\n(theory.md, T13). sigma_i above a line: mode i, the "
                 "strongest first.\n");
    for (int64_t i = 0; i < lines->count; i++) {
        const spn_theory_mode *mode = &lines->modes[i];
        spn_text_put(text, "  mode %lld: singular value %.6g", (long long)i + 1,
                     mode->singular_value);
        put_prediction(text, lines, mode->spinodal_beta, "spinodal", "dashed");
        put_prediction(text, lines, mode->maxwell_beta, "Maxwell", "dotted");
        spn_text_add(text, "\n");
    }
}

void spni_add_theory(spni_canvas *canvas, const spni_theory_lines *lines)
{
    const char *note = "linear spinodal";
    for (int64_t i = 0; i < lines->count; i++) {
        const double beta = lines->modes[i].spinodal_beta;
        if (has_line(lines, beta)) {
            const char *label = spni_label(canvas, "{/:Italic σ}_{%lld}", (long long)i + 1);
            spni_add_guide(
                canvas,
                (spn_guide){.x = beta, .label = label, .note = note, .line = SPN_LINE_DASHED});
            note = NULL;
        }
    }
    note = "linear Maxwell";
    for (int64_t i = 0; i < lines->count; i++) {
        const double beta = lines->modes[i].maxwell_beta;
        if (has_line(lines, beta)) {
            spni_add_guide(canvas, (spn_guide){.x = beta, .note = note, .line = SPN_LINE_DOTTED});
            note = NULL;
        }
    }
}
