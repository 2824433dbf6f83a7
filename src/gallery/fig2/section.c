/* SPDX-License-Identifier: MIT */
/* Section of the index: Figure 2, transitions of a sweep beside linear theory. */
#include "gallery/fig2/fig2.h"
#include "gallery/mode_theory.h"

#include <math.h>

enum { BETA_DIGITS = 9, DIGITS = 6, FEW_DIGITS = 2 };

static double half_width(const spn_transition *t)
{
    return 0.5 * (t->beta_high - t->beta_low);
}

static void put_prediction(spn_text *page, double measured, double predicted)
{
    spni_put_real(page, BETA_DIGITS, predicted);
    spni_put_real(page, FEW_DIGITS, measured - predicted);
}

/* Theory speaks of modes that are lost one by one when beta rises. */
static void put_beside_theory(spn_text *page, const spni_theory *theory, int64_t count,
                              const spn_transition *rows)
{
    spn_text_add(page, "\nTransitions in which a mode is lost, beside linear theory: T13 of the "
                       "deep linear network on whitened data, T20 of the same on the data's own "
                       "covariance. Differences are measured less predicted.\n");
    spni_put_head(page, "kind | modes | β measured | ± | order | order predicted | β T13 | "
                        "difference | β T20 | difference");
    for (int64_t i = 0; i < count; i++) {
        const spn_transition *t = &rows[i];
        const int64_t mode = t->before.active_modes;
        if (t->change != SPN_CHANGE_ACCURACY || t->after.active_modes >= mode) {
            continue;
        }
        const bool is_one = t->after.active_modes == mode - 1;
        const bool is_maxwell = t->kind == SPN_TRANSITION_MAXWELL;
        const spni_mode_theory none = {0, (double)NAN, (double)NAN};
        const spni_mode_theory white = is_one ? spni_whitened_mode(theory, mode) : none;
        const spni_mode_theory raw = is_one ? spni_swept_mode(theory, mode) : none;
        spni_put_word(page, spn_transition_kind_text(t->kind));
        spn_text_put(page, "| %lld → %lld ", (long long)mode, (long long)t->after.active_modes);
        spni_put_real(page, BETA_DIGITS, t->beta);
        spni_put_real(page, FEW_DIGITS, half_width(t));
        spni_put_word(page, spn_transition_order_text(t->order));
        spni_put_word(page,
                      white.order > 0 ? spn_transition_order_text((double)white.order) : NULL);
        put_prediction(page, t->beta, is_maxwell ? white.maxwell : white.spinodal);
        put_prediction(page, t->beta, is_maxwell ? raw.maxwell : raw.spinodal);
        spni_end_row(page);
    }
    spn_text_put(page, "\nWhat the predictions are worth: %s.\n", theory->note);
}

static void put_transitions(spn_text *page, int64_t count, const spn_transition *rows)
{
    spn_text_add(page, "\nAll transitions of the sweep, up and down, as `spinodal transitions "
                       "fig2.h5` lists them:\n");
    spn_transitions_page(page, count, rows);
    spn_text_add(page, count == 0 ? "\nThere is none.\n" : "");
}

static void put_loops(spn_text *page, int64_t count, const spn_hysteresis *rows)
{
    if (count > 0) {
        spn_text_add(page, "\nHysteresis: windows of β in which two phases were seen, and the "
                           "area of the loop of |θ|² beside the change of the difference of *L* "
                           "over the window, which it must equal (T9). `<`: the upper phase did "
                           "not end within the range.\n");
        spn_hysteresis_page(page, count, rows);
    }
}

/* Sentences, each a paragraph. */
static void put_sentences(spn_text *page, const spn_answer *answer, const spn_results *results)
{
    const spn_run_facts facts = spn_run_facts_of(results);
    spn_text lines = {.context = page->context};
    spn_answer_put(&lines, answer, &facts, &(spn_shown){0});
    spn_text_add(page, "\n");
    for (const char *at = lines.buffer.text; at != NULL && *at != '\0'; at++) {
        spn_text_character(page, *at);
        if (*at == '\n' && at[1] != '\0') {
            spn_text_add(page, "\n");
        }
    }
    spn_status status = spn_text_end(&lines);
    page->status = page->status != SPN_OK ? page->status : status;
}

/* Phases, transitions and what they mean; and the claim that the curvature tells them. */
static spn_status put_answer(spn_text *page, const spni_section_source *source,
                             const spn_transitions *transitions)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_answer answer;
    spn_claim claim = {.rows = NULL};
    SPN_TRY(spn_transitions_answer(context, transitions, 0, &answer));
    SPN_TRY(spn_results_claim(context, &spn_sweep_kind, source->results, transitions, 0, &claim));
    put_sentences(page, &answer, source->results);
    spn_answer_phases_put(page, &answer, true);
    spn_answer_entries_put(page, &answer, &(spn_shown){0}, true);
    spn_claim_put(page, &claim, &(spn_shown){0}, true);
    status = page->status;
done:
    spn_release(context, claim.rows);
    return status;
}

spn_status spni_fig2_section(spn_text *page, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spn_context *context = page->context;
    spn_transitions *transitions = NULL;
    spni_theory theory;
    int64_t count = 0;
    double from = 0, to = 0;
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_TRY(
        spn_add_transitions(context, &spn_sweep_kind, source->results, transitions, &from, &to));
    SPN_TRY(put_answer(page, source, transitions));
    SPN_TRY(spni_read_theory(context, source, &theory));
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
