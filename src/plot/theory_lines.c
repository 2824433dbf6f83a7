/* SPDX-License-Identifier: MIT */
/* Closed forms (T12, T13) as thin vertical lines. */
#include "plot/canvas.h"

#include <math.h>

/* Is there a line for this cell (a finite beta that the figure covers)? */
static bool has_line(const spni_theory_lines *lines, int64_t row, int64_t column)
{
    if (column < 0) {
        return false;
    }
    const double beta = spn_table_real(lines->table, row, column);
    return beta >= lines->low && beta <= lines->high;
}

/* ", spinodal beta = 0.41 (dashed)"; the style only where the line is in the figure. */
static void put_prediction(spn_text *text, const spni_theory_lines *lines, int64_t row,
                           int64_t column, const char *name, const char *style)
{
    if (column < 0 || !isfinite(spn_table_real(lines->table, row, column))) {
        return;
    }
    spn_text_put(text, ", %s beta = %.6g (%s)", name, spn_table_real(lines->table, row, column),
                 has_line(lines, row, column) ? style : "not in the figure");
}

/* Nothing where no line is drawn. */
void spni_put_theory(spn_text *text, const spni_theory_lines *lines)
{
    bool has_lines = false;
    if (lines->table == NULL) {
        return;
    }
    const int64_t sigma = spn_table_find(lines->table, "singular_value");
    const int64_t spinodal = spn_table_find(lines->table, "spinodal_beta");
    const int64_t maxwell = spn_table_find(lines->table, "maxwell_beta");
    for (int64_t row = 0; row < lines->table->rows; row++) {
        has_lines = has_lines || has_line(lines, row, spinodal) || has_line(lines, row, maxwell);
    }
    if (!has_lines) {
        return;
    }
    spn_text_add(text,
                 "\nThin vertical lines: the deep linear network of the same depth on the same "
                 "data, inputs whitened\n(theory.md, T13). sigma_i above a line: mode i, the "
                 "strongest first.\n");
    for (int64_t row = 0; row < lines->table->rows; row++) {
        spn_text_put(text, "  mode %lld:", (long long)row + 1);
        if (sigma >= 0) {
            spn_text_put(text, " singular value %.6g", spn_table_real(lines->table, row, sigma));
        }
        put_prediction(text, lines, row, spinodal, "spinodal", "dashed");
        put_prediction(text, lines, row, maxwell, "Maxwell", "dotted");
        spn_text_add(text, "\n");
    }
}

static void add_guides(spni_canvas *canvas, const spni_theory_lines *lines, const char *column,
                       const char *note, spn_line_style line)
{
    const int64_t index = spn_table_find(lines->table, column);
    for (int64_t row = 0; row < lines->table->rows; row++) {
        if (has_line(lines, row, index)) {
            const char *label = line == SPN_LINE_DASHED
                                    ? spni_label(canvas, "{/:Italic σ}_{%lld}", (long long)row + 1)
                                    : NULL;
            const double beta = spn_table_real(lines->table, row, index);
            spni_add_guide(canvas,
                           (spn_guide){.x = beta, .label = label, .note = note, .line = line});
            note = NULL;
        }
    }
}

void spni_add_theory(spni_canvas *canvas, const spni_theory_lines *lines)
{
    if (lines->table != NULL) {
        add_guides(canvas, lines, "spinodal_beta", "linear spinodal", SPN_LINE_DASHED);
        add_guides(canvas, lines, "maxwell_beta", "linear Maxwell", SPN_LINE_DOTTED);
    }
}
