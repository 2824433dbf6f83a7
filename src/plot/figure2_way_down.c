/* SPDX-License-Identifier: MIT */
/* The caption's sentences on the way down from the phase with no active mode: what the points show, and
 * the reason (T14) where configuration and layout say that it applies. */
#include "plot/figure2.h"

#include <math.h>
#include <spinodal/network.h>
#include <string.h>

#define ZERO 1e-6 /* distances below are those of a solver that has converged */

/* Does the effective experiment say so? */
static bool says(const spn_results *results, const char *key, const char *word)
{
    char text[64];
    const char *found = spn_results_setting(results, key, text, sizeof text);
    return found != NULL && strcmp(found, word) == 0;
}

/* Weight matrices of the network; 0: the results do not say. */
static int64_t count_matrices(const spn_results *results)
{
    const spn_table *layout = spn_results_table(results, "layout");
    const int64_t is_bias = layout != NULL ? spn_table_find(layout, "is_bias") : -1;
    int64_t count = 0;
    for (int64_t row = 0; is_bias >= 0 && row < layout->rows; row++) {
        count += spn_table_integer(layout, row, is_bias) == 0;
    }
    return count;
}

/* The activation's name where it vanishes at 0, otherwise NULL. */
static const char *find_vanishing(const spn_results *results)
{
    char text[64];
    double taylor[4];
    const char *said = spn_results_setting(results, "model.activation", text, sizeof text);
    const int64_t found = said != NULL ? spn_activation_find(said) : -1;
    if (found < 0) {
        return NULL;
    }
    spn_activation_taylor((spn_activation)found, taylor);
    return taylor[0] == 0 ? spn_activation_words[found] : NULL;
}

/* Targets of mean zero by construction. With cross-entropy they are classes: a mean says nothing there. */
static bool has_centred_targets(const spn_results *results)
{
    return !says(results, "objective.error", "cross_entropy") &&
           (says(results, "data.center", "true") || says(results, "data.center", "all") ||
            says(results, "data.standardize", "true") || says(results, "data.standardize", "all") ||
            (says(results, "data.kind", "gaussian") && says(results, "data.moments", "exact")));
}

typedef struct way_down {
    const spni_drawn_branch *branch; /* from the phase with no active mode, or NULL */
    int64_t left;                    /* first point with an active mode, or -1 */
    bool stays;                      /* the points tell that the phase is never left */
    bool is_trivial, is_zero;        /* at the trivial model, at the origin, all the way */
} way_down;

static way_down follow(const spni_sweep_view *view)
{
    way_down way = {.left = -1};
    for (int64_t k = 0; k < view->branch_count && way.branch == NULL; k++) {
        const spni_drawn_branch *b = &view->branches[k];
        way.branch = b->direction == SPN_DIRECTION_DOWN && b->phase == 0 ? b : NULL;
    }
    if (way.branch == NULL) {
        return way;
    }
    bool is_known = true;
    way.is_trivial = true;
    way.is_zero = true;
    for (int64_t i = 0; i < way.branch->count; i++) {
        const spn_sweep_record *point = way.branch->points[i];
        is_known = is_known && point->state.active_modes >= 0;
        way.left = way.left < 0 && point->state.active_modes > 0 ? i : way.left;
        way.is_trivial = way.is_trivial && point->state.trivial_distance < ZERO;
        way.is_zero = way.is_zero && point->state.weight_norm < ZERO;
    }
    way.stays = way.left < 0 && (is_known || way.is_trivial || way.is_zero);
    return way;
}

/* T14: the origin as a strict minimum. */
static void put_reason(const spn_results *results, spn_text *text)
{
    const bool has_no_bias = says(results, "model.bias", "false");
    spn_text_put(text,
                 "with %lld weight matrices (three or more), phi(0) = 0 (%s)\nand %s the origin "
                 "is a strict local minimum of the loss for every beta > 0\n(theory.md, T14).",
                 (long long)count_matrices(results), find_vanishing(results),
                 has_no_bias ? "no biases" : "targets of mean zero");
}

/* Biases that are free have no strict minimum. */
static bool is_origin_minimum(const spn_results *results)
{
    return spn_results_regulariser(results) == SPN_REGULARISE_ALL && count_matrices(results) >= 3 &&
           find_vanishing(results) != NULL &&
           (says(results, "model.bias", "false") || has_centred_targets(results));
}

static void put_stay(const spn_results *results, const way_down *way, spn_text *text)
{
    if (way->is_zero && is_origin_minimum(results)) {
        spn_text_put(text,
                     "The downward branch from the phase with no active mode stays at |theta| "
                     "= 0: from exactly zero\nnothing comes back on the way down, because ");
        put_reason(results, text);
        spn_text_put(text, " Hysteresis is complete.\n");
        return;
    }
    spn_text_put(text,
                 "The downward branch from the phase with no active mode stays in that "
                 "phase%s\ndown to beta = %.6g.\n",
                 way->is_zero      ? ", at |theta| = 0,"
                 : way->is_trivial ? ", at the trivial model (theory.md, T14),"
                                   : "",
                 way->branch->points[way->branch->count - 1]->state.beta);
}

void spni_figure2_way_down(const spn_results *results, const spni_sweep_view *view, spn_text *text)
{
    const way_down way = follow(view);
    if (count_matrices(results) == 1) { /* a linear model has no phases */
        return;
    }
    if (way.left > 0) {
        spn_text_put(text,
                     "On the way down the phase with no active mode is left between beta = %.6g "
                     "and %.6g.\n",
                     way.branch->points[way.left - 1]->state.beta,
                     way.branch->points[way.left]->state.beta);
        return;
    }
    if (way.stays) {
        put_stay(results, &way, text);
        return;
    }
    if (way.branch == NULL && is_origin_minimum(results)) {
        spn_text_put(text, "From exactly zero nothing would come back on the way down:\n");
        put_reason(results, text);
        spn_text_put(text, "\n");
    }
}
