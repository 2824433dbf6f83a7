/* SPDX-License-Identifier: MIT */
/* The caption of Figure 2: what is drawn, where the branches jump, every parameter. */
#include "plot/figure2.h"

#include <string.h>

static bool has_branch(const spni_sweep_view *view, spn_direction direction, bool is_phase)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_drawn_branch *b = &view->branches[k];
        if (b->direction == (int64_t)direction && (b->phase >= 0) == is_phase) {
            return true;
        }
    }
    return false;
}

static void put_jump(spn_text *text, const spn_sweep_record *a, const spn_sweep_record *b)
{
    spn_text_put(text, "    %lld -> %lld active modes between beta = %.6g and %.6g",
                 (long long)a->state.active_modes, (long long)b->state.active_modes, a->state.beta,
                 b->state.beta);
    spn_text_change(text, ": E", a->state.error, b->state.error);
    spn_text_change(text, ", R", a->state.scalar_curvature_error, b->state.scalar_curvature_error);
    spn_text_change(text, ", |theta|", a->state.weight_norm, b->state.weight_norm);
    spn_text_add(text, "\n");
}

static void put_branch(spn_text *text, const spni_drawn_branch *b)
{
    spn_text_put(text, "  %s", spni_branch_word(b));
    if (b->phase >= 0) {
        spn_text_put(text, " from the phase with %lld active mode%s", (long long)b->phase,
                     spn_plural(b->phase));
    }
    spn_text_put(text, ": %lld points, beta = %.6g to %.6g\n", (long long)b->count,
                 b->points[0]->state.beta, b->points[b->count - 1]->state.beta);
    for (int64_t i = 0; i + 1 < b->count; i++) {
        if (b->direction != SPN_DIRECTION_QUENCH && spni_is_jump(b, i)) {
            put_jump(text, b->points[i], b->points[i + 1]);
        }
    }
}

static bool has_jump(const spni_sweep_view *view)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_drawn_branch *b = &view->branches[k];
        for (int64_t i = 0; b->direction != SPN_DIRECTION_QUENCH && i + 1 < b->count; i++) {
            if (spni_is_jump(b, i)) {
                return true;
            }
        }
    }
    return false;
}

/* "Classes: setosa, versicolor, virginica." */
static void put_classes(spn_text *text, const spn_results *results)
{
    const spn_attribute *classes = spn_results_attribute(results, "classes");
    const char *at = classes != NULL ? classes->text : NULL;
    if (at == NULL) {
        return;
    }
    spn_text_add(text, "Classes:");
    while (*at != '\0') {
        const int length = (int)strcspn(at, "\n");
        const bool is_last = at[length] == '\0';
        spn_text_put(text, " %.*s%s", length, at, is_last ? ".\n" : ",");
        at += length + (is_last ? 0 : 1);
    }
}

/* What is drawn: only the kinds of branches that are there. */
static void put_legend(spn_text *text, const spn_results *results, const spni_sweep_view *view)
{
    spn_text_add(
        text,
        "Figure 2. (a) Error E, (b) scalar curvature R of the error surface at the minimum of the "
        "loss\nL = E + beta |theta|^2 (symmetric-log axis: linear near zero), (c) distance |theta| "
        "to the origin, against\nthe regularisation strength beta.\n");
    if (view->has_accuracy) {
        spn_text_add(text, "(d) Accuracy: share of the samples whose largest output is that of "
                           "their class.\n");
        put_classes(text, results);
    }
    if (view->has_test_error) {
        spn_text_put(text,
                     "Dashed lines (dots where there are circles) in (a)%s: on samples kept "
                     "for testing.\n",
                     view->has_test_accuracy ? " and (d)" : "");
    }
    if (has_branch(view, SPN_DIRECTION_UP, false)) {
        spn_text_add(text, "Broad line: beta is raised, each solve starts from the one before.\n");
    }
    if (has_branch(view, SPN_DIRECTION_DOWN, true)) {
        spn_text_add(text, "Thin lines with markers: beta is lowered again from the last point of "
                           "each phase that the upward\nsweep visited.\n");
    }
    if (has_branch(view, SPN_DIRECTION_DOWN, false)) {
        spn_text_add(text, "Thin line with markers: beta is lowered, starting from the initial "
                           "weights at the largest beta.\n");
    }
    if (has_branch(view, SPN_DIRECTION_QUENCH, false)) {
        spn_text_add(text, "Open circles: a fresh start at each beta.\n");
    }
    if (has_jump(view)) {
        spn_text_add(text,
                     "Dotted pieces in the colour of a branch join the points before and after "
                     "a jump.\n");
    }
}

void spni_figure2_caption(const spn_results *results, const spni_sweep_view *view, spn_text *text)
{
    put_legend(text, results, view);
    spni_figure2_way_down(results, view, text);
    spn_text_add(text, "\nBranches (first random start):\n");
    for (int64_t k = 0; k < view->branch_count; k++) {
        put_branch(text, &view->branches[k]);
    }
    spni_put_theory(text, &view->lines);
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}
