/* SPDX-License-Identifier: MIT */
/* Section of the index: Figure 2, transitions of a sweep beside linear theory. */
#include "cli/index_theory.h"
#include "cli/transitions.h"

#include <math.h>

enum { BETA_DIGITS = 9, DIGITS = 6, FEW_DIGITS = 2 };

static double half_width(const spn_transition *t)
{
    return 0.5 * (t->beta_high - t->beta_low);
}

static void put_phases(spn_text *page, const spn_side *before, const char *between,
                       const spn_side *after)
{
    char a[96], b[96];
    spn_text_put(page, "| %s %s %s ", spn_side_label(before, a, sizeof a), between,
                 spn_side_label(after, b, sizeof b));
}

static void put_prediction(spn_text *page, double measured, double predicted)
{
    cli_put_real(page, BETA_DIGITS, predicted);
    cli_put_real(page, FEW_DIGITS, measured - predicted);
}

/* Theory speaks of modes that are lost one by one when beta rises. */
static void put_beside_theory(spn_text *page, const cli_theory *theory, int64_t count,
                              const spn_transition *rows)
{
    spn_text_add(page, "\nTransitions in which a mode is lost, beside linear theory: T13 of the "
                       "deep linear network on whitened data, T20 of the same on the data's own "
                       "covariance. Differences are measured less predicted.\n");
    cli_put_head(page, "kind | modes | β measured | ± | order | order predicted | β T13 | "
                       "difference | β T20 | difference");
    for (int64_t i = 0; i < count; i++) {
        const spn_transition *t = &rows[i];
        const int64_t mode = t->before.active_modes;
        if (t->change != SPN_CHANGE_ACCURACY || t->after.active_modes >= mode) {
            continue;
        }
        const bool is_one = t->after.active_modes == mode - 1;
        const bool is_maxwell = t->kind == SPN_TRANSITION_MAXWELL;
        const cli_mode_theory none = {0, (double)NAN, (double)NAN};
        const cli_mode_theory white = is_one ? cli_whitened_mode(theory, mode) : none;
        const cli_mode_theory raw = is_one ? cli_swept_mode(theory, mode) : none;
        cli_put_word(page, cli_transition_kind(t->kind));
        spn_text_put(page, "| %lld → %lld ", (long long)mode, (long long)t->after.active_modes);
        cli_put_real(page, BETA_DIGITS, t->beta);
        cli_put_real(page, FEW_DIGITS, half_width(t));
        cli_put_word(page, cli_transition_order(t->order));
        cli_put_word(page, white.order > 0 ? cli_transition_order((double)white.order) : NULL);
        put_prediction(page, t->beta, is_maxwell ? white.maxwell : white.spinodal);
        put_prediction(page, t->beta, is_maxwell ? raw.maxwell : raw.spinodal);
        cli_end_row(page);
    }
    spn_text_put(page, "\nWhat the predictions are worth: %s.\n", theory->note);
}

static void put_transitions(spn_text *page, int64_t count, const spn_transition *rows)
{
    spn_text_add(page, "\nAll transitions of the sweep, up and down, as `spinodal transitions "
                       "fig2.h5` lists them:\n");
    cli_put_head(page, "kind | order | change | β | ± | phases | E | \\|θ\\| | R | evidence");
    for (int64_t i = 0; i < count; i++) {
        const spn_transition *t = &rows[i];
        cli_put_word(page, cli_transition_kind(t->kind));
        cli_put_word(page, cli_transition_order(t->order));
        cli_put_word(page, cli_transition_change(t->change));
        cli_put_real(page, BETA_DIGITS, t->beta);
        cli_put_real(page, FEW_DIGITS, half_width(t));
        put_phases(page, &t->before, "→", &t->after);
        cli_put_change(page, DIGITS, t->before.error, t->after.error);
        cli_put_change(page, DIGITS, t->before.norm, t->after.norm);
        cli_put_change(page, DIGITS, t->before.curvature, t->after.curvature);
        cli_put_word(page, spn_evidence_text(t->evidence));
        cli_end_row(page);
    }
    spn_text_add(page, count == 0 ? "\nThere is none.\n" : "");
}

static void put_loops(spn_text *page, int64_t count, const spn_hysteresis *rows)
{
    if (count == 0) {
        return;
    }
    spn_text_add(page, "\nHysteresis: windows of β in which two phases were seen, and the area of "
                       "the loop of |θ|² beside the change of the difference of *L* over the "
                       "window, which it must equal (T9). `<`: the upper phase did not end within "
                       "the range.\n");
    cli_put_head(page, "phases | β from | to | width | loop area | change of L | β Maxwell");
    for (int64_t i = 0; i < count; i++) {
        const spn_hysteresis *h = &rows[i];
        put_phases(page, &h->below, "/", &h->above);
        spn_text_put(page, "| %s%.*g ", h->is_open ? "< " : "", BETA_DIGITS, h->beta_low);
        cli_put_real(page, BETA_DIGITS, h->beta_high);
        cli_put_real(page, DIGITS, h->width);
        cli_put_real(page, BETA_DIGITS, h->area);
        cli_put_real(page, BETA_DIGITS, h->area_from_loss);
        cli_put_real(page, BETA_DIGITS, h->maxwell_beta);
        cli_end_row(page);
    }
}

spn_status cli_write_figure2(spn_text *page, const cli_source *source)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_transitions *transitions = NULL;
    cli_theory theory;
    int64_t count = 0;
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_TRY(cli_add_transitions(context, source->path, transitions, NULL, NULL));
    SPN_TRY(cli_read_theory(context, source, &theory));
    const spn_transition *rows = spn_transitions_rows(transitions, &count);
    put_beside_theory(page, &theory, count, rows);
    put_transitions(page, count, rows);
    const spn_hysteresis *loops = spn_transitions_hysteresis(transitions, &count);
    put_loops(page, count, loops);
    status = page->status;
done:
    spn_transitions_free(context, transitions);
    return status;
}
