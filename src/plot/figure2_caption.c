/* SPDX-License-Identifier: MIT */
/* The caption of Figure 2: what is drawn, where the branches jump, every parameter. */
#include "plot/figure2.h"

#include <math.h>
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

static bool is_first_seed(const spni_sweep_view *view, const spni_drawn_branch *b)
{
    return b->seed == view->branches[0].seed && b->source == 0;
}

/* Does the line break before station i, or the number of active modes change there without a break? */
static bool is_broken(const spni_drawn_branch *b, int64_t i)
{
    return b->direction != SPN_DIRECTION_QUENCH && i > 0 && b->stations[i].is_behind_jump;
}

static bool is_smooth_change(const spni_drawn_branch *b, int64_t i)
{
    return b->direction != SPN_DIRECTION_QUENCH && i > 0 && !b->stations[i].is_behind_jump &&
           b->stations[i].state->active_modes != b->stations[i - 1].state->active_modes;
}

static void put_change(spn_text *text, const spni_drawn_branch *b, int64_t i)
{
    const spni_station *before = &b->stations[i - 1], *behind = &b->stations[i];
    const spn_state *from = before->state, *to = behind->state;
    if (from->active_modes == to->active_modes) {
        spn_text_put(text, "    hidden units change (%lld active mode%s)",
                     (long long)from->active_modes, spn_plural(from->active_modes));
    } else {
        spn_text_put(text, "    %s%lld -> %lld active modes",
                     is_broken(b, i) ? "" : "continuous: ", (long long)from->active_modes,
                     (long long)to->active_modes);
    }
    if (fabs(before->beta - behind->beta) < 1e-4 * fabs(behind->beta)) {
        spn_text_put(text, " at beta = %.6g", behind->beta);
    } else {
        spn_text_put(text, " between beta = %.6g and %.6g", before->beta, behind->beta);
    }
    spn_text_change(text, ": E", from->error, to->error);
    spn_text_change(text, ", R", from->scalar_curvature_error, to->scalar_curvature_error);
    spn_text_change(text, ", |theta|", spn_shown_length(from->weight_norm, from->beta, from->loss),
                    spn_shown_length(to->weight_norm, to->beta, to->loss));
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
    for (int64_t i = 1; i < b->station_count; i++) {
        if (is_broken(b, i) || is_smooth_change(b, i)) {
            put_change(text, b, i);
        }
    }
}

static bool has_jump(const spni_sweep_view *view)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        for (int64_t i = 1; i < view->branches[k].station_count; i++) {
            if (is_broken(&view->branches[k], i)) {
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

/* What the lines are: only the kinds of branches that are there. */
static void put_ways(spn_text *text, const spni_sweep_view *view)
{
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
    if (view->seed_count > 1) {
        spn_text_put(text, "Thinner lines: the other ones of %lld random starts.\n",
                     (long long)view->seed_count);
    }
    if (has_jump(view)) {
        spn_text_add(text,
                     "Dotted pieces in the colour of a branch join the two sides of a jump; a dot: "
                     "a single point of a phase.\n");
    }
}

/* Columns that were asked for, by their names. */
static void put_columns(spn_text *text, const spni_sweep_view *view)
{
    for (int64_t i = 0; i < view->column_count; i++) {
        spn_text_put(text, "%s(%c) %s", i > 0 ? ", " : "", (char)('a' + i), view->columns[i].name);
    }
    spn_text_add(text, " against the regularisation strength beta.\n");
}

/* The letter of the panel of a quantity; '\0': it is not drawn. */
static char letter_of(const spni_sweep_view *view, const char *name)
{
    for (int64_t i = 0; i < view->column_count; i++) {
        if (strcmp(view->columns[i].name, name) == 0) {
            return (char)('a' + i);
        }
    }
    return '\0';
}

/* Figure 2 has the panels of which the results have numbers. */
static void put_own_panels(spn_text *text, const spn_results *results, const spni_sweep_view *view)
{
    static const char *const known[][2] = {
        {"error", "Error E, "},
        {"scalar_curvature_error",
         "scalar curvature R of the error surface at the minimum of the "
         "loss\nL = E + beta |theta|^2 (symmetric-log axis: linear near zero), "},
        {"weight_norm", "distance |theta| to the origin, "},
    };
    spn_text_add(text, "Figure 2. ");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char letter = letter_of(view, known[i][0]);
        if (letter != '\0') {
            spn_text_put(text, "(%c) ", letter);
            spn_text_add(text, known[i][1]);
        }
    }
    spn_text_add(text, "against\nthe regularisation strength beta.\n");
    const char letter = letter_of(view, "accuracy");
    if (letter != '\0') {
        spn_text_put(text,
                     "(%c) Accuracy: share of the samples whose largest output is that of their "
                     "class.\n",
                     letter);
        put_classes(text, results);
    }
}

/* Which panels have lines of the samples that were kept for testing. */
static void put_test_lines(spn_text *text, const spni_sweep_view *view)
{
    const char error = view->has_test_error ? letter_of(view, "error") : '\0';
    const char accuracy = view->has_test_accuracy ? letter_of(view, "accuracy") : '\0';
    if (error == '\0' && accuracy == '\0') {
        return;
    }
    spn_text_add(text, "Dashed lines (dots where there are circles) in ");
    if (error != '\0' && accuracy != '\0') {
        spn_text_put(text, "(%c) and (%c)", error, accuracy);
    } else {
        spn_text_put(text, "(%c)", error != '\0' ? error : accuracy);
    }
    spn_text_add(text, ": on samples kept for testing.\n");
}

/* Several results, each with a colour. */
static void put_sources(spn_text *text, const spni_sweep_view *view)
{
    for (int64_t i = 0; i < view->source_count && view->source_count > 1; i++) {
        spn_text_put(text, "%s%s%s", i == 0 ? "A colour for each of: " : ", ", view->names[i],
                     i + 1 == view->source_count ? ".\n" : "");
    }
}

/* What is drawn. */
static void put_legend(spn_text *text, const spn_results *results, const spni_sweep_view *view)
{
    if (view->is_asked) {
        put_columns(text, view);
    } else {
        put_own_panels(text, results, view);
    }
    put_test_lines(text, view);
    put_sources(text, view);
    put_ways(text, view);
}

void spni_figure2_caption(const spn_results *results, const spni_sweep_view *view, spn_text *text)
{
    put_legend(text, results, view);
    spni_figure2_way_down(results, view, text);
    if (view->source_count > 1) {
        spn_text_put(text, "\nBranches of %s (first random start):\n", view->names[0]);
    } else {
        spn_text_add(text, "\nBranches (first random start):\n");
    }
    for (int64_t k = 0; k < view->branch_count; k++) {
        if (is_first_seed(view, &view->branches[k])) {
            put_branch(text, &view->branches[k]);
        }
    }
    spni_put_theory(text, &view->lines);
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}
