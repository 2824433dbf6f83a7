/* SPDX-License-Identifier: MIT */
/* The caption of the branches: what is drawn, all phases and transitions, every parameter. */
#include "plot/branches.h"

#include <math.h>

static const char *word(const spn_table *table, int64_t row, const char *column)
{
    const int64_t index = spn_table_find(table, column);
    const char *found = index >= 0 ? spn_table_word(table, row, index) : NULL;
    return found != NULL ? found : "?";
}

static void put_phase(spn_text *text, const spni_branches_view *v, int64_t row)
{
    const spn_phase_record *p = &v->phases[row];
    spn_text_put(text, "  %.100s: beta = %.8g (%s) to %.8g (%s)", v->c.names[row], p->beta_low,
                 word(&v->c.phases, row, "end_low"), p->beta_high,
                 word(&v->c.phases, row, "end_high"));
    spn_text_change(text, "; E", p->low.error, p->high.error);
    spn_text_change(text, ", R", p->low.scalar_curvature_error, p->high.scalar_curvature_error);
    spn_text_change(text, ", |theta|",
                    spn_shown_length(p->low.weight_norm, p->low.beta, p->low.loss),
                    spn_shown_length(p->high.weight_norm, p->high.beta, p->high.loss));
    if (isfinite(p->global_low)) {
        spn_text_put(text, "; globally stable from %.8g to %.8g", p->global_low, p->global_high);
    }
    spn_text_add(text, "\n");
}

static void put_maxwell(spn_text *text, const spni_branches_view *v, const spn_maxwell_record *m)
{
    spn_text_put(text, "  beta = %.10g, %.100s and %.100s%s", m->beta, v->c.names[m->phase_a],
                 v->c.names[m->phase_b], m->is_global == 1 ? "" : " (both metastable)");
    spn_text_change(text, ": E", m->a.error, m->b.error);
    spn_text_change(text, ", R", m->a.scalar_curvature_error, m->b.scalar_curvature_error);
    spn_text_change(text, ", |theta|", spn_shown_length(m->a.weight_norm, m->beta, m->loss),
                    spn_shown_length(m->b.weight_norm, m->beta, m->loss));
    spn_text_add(text, "\n");
}

static void put_special(spn_text *text, const spni_branches_view *v, int64_t row)
{
    const spn_special_record *s = &v->specials[row];
    spn_text_put(text, "  beta = %.10g, %s (%s): %lld -> %lld negative eigenvalues", s->beta,
                 word(&v->c.specials, row, "kind"), word(&v->c.specials, row, "change"),
                 (long long)s->index_before, (long long)s->index_after);
    if (s->kernel > 1) {
        spn_text_put(text, ", kernel of dimension %lld", (long long)s->kernel);
    }
    if (s->is_continuous >= 0) {
        spn_text_put(text, ", %s", s->is_continuous == 1 ? "continuous" : "first order");
    }
    spn_text_put(text, "; E %.5g, R %.5g, |theta| %.5g\n", s->state.error,
                 s->state.scalar_curvature_error,
                 spn_shown_length(s->state.weight_norm, s->state.beta, s->state.loss));
}

static void put_legend(spn_text *text, const spni_branches_view *v)
{
    static const char *const panels[SPNI_PANELS] = {
        [SPNI_BRANCH_NORM] = "distance |theta| to the origin",
        [SPNI_BRANCH_ERROR] = "error E",
        [SPNI_BRANCH_LOSS] =
            "L less that of the globally stable\nphase, F(beta) = min L: where two "
            "phases cross on the zero line, they have equal loss (Maxwell point)",
        [SPNI_BRANCH_CURVATURE] = "scalar curvature R of the error surface\n(symmetric-log axis: "
                                  "linear near zero)"};
    spn_text_add(text, "Stationary points of the loss L = E + beta |theta|^2 along their branches, "
                       "against the regularisation\nstrength beta: ");
    for (int64_t i = 0; i < v->panel_count; i++) {
        spn_text_put(text, "%s(%c) ", i > 0 ? ", " : "", (char)('a' + i));
        spn_text_add(text, panels[v->panels[i]]);
        if (v->panels[i] == SPNI_BRANCH_LOSS && isfinite(v->loss_high)) {
            spn_text_add(text, "; phases\nthat lie much higher leave the panel");
        }
    }
    spn_text_add(
        text,
        ".\n"
        "Broad coloured lines: phases, that is, stable stretches. Thin lines: unstable ones. "
        "Filled circles: folds\n(spinodals) where a phase ends. Open squares: branch points where "
        "one ends. Filled diamonds: Maxwell points\nwhere the globally stable phase changes, "
        "joined by a dotted line; open ones: of two metastable phases.\n");
    if (v->is_grouped) {
        spn_text_add(text, "Where marks would cover each other one stands for all; Maxwell points "
                           "of phases of one colour have none.\n");
    }
}

void spni_branches_caption(const spn_results *results, const spni_branches_view *view,
                           spn_text *text)
{
    put_legend(text, view);
    spn_text_put(text, "\n%lld branches, %lld points. Phases:\n", (long long)view->branch_count,
                 (long long)view->c.points.rows);
    for (int64_t i = 0; i < view->c.phases.rows; i++) {
        put_phase(text, view, i);
    }
    spn_text_add(text, view->c.maxwell.rows > 0 ? "\nMaxwell points:\n" : "");
    for (int64_t i = 0; i < view->c.maxwell.rows; i++) {
        put_maxwell(text, view, &view->maxwell[i]);
    }
    spn_text_add(text, view->c.specials.rows > 0 ? "\nSpecial points:\n" : "");
    for (int64_t i = 0; i < view->c.specials.rows; i++) {
        if (view->specials[i].same_as < 0) {
            put_special(text, view, i);
        }
    }
    spni_put_theory(text, &view->lines);
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}
