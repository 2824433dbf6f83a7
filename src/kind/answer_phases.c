/* SPDX-License-Identifier: MIT */
/* The phases of an answer as a table, and what its words mean. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>

bool spni_is_unlabelled(const spn_answer *answer)
{
    return answer->phase_count > 0 && answer->phases[0].low.active_modes < 0;
}

bool spni_is_crossing(const spn_answer *answer, double beta)
{
    for (int64_t i = 0; i < answer->entry_count; i++) {
        const spn_answer_entry *e = &answer->entries[i];
        double at = spni_is_there(&e->equal) ? e->equal.beta : e->continuous.beta;
        double width = spni_is_there(&e->equal) ? e->equal.beta_high - e->equal.beta_low
                                                : e->continuous.beta_high - e->continuous.beta_low;
        if (fabs(at - beta) <= 1e-6 * fabs(beta) + width) {
            return true;
        }
    }
    return false;
}

/* "< 0.001": the phase goes on below the range. */
static void write_low(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char number[SPN_CELL_SIZE];
    snprintf(cell, SPN_CELL_SIZE, "%s%s", p->ends_low ? "" : "<",
             spn_show_number(p->beta_low, SPNI_BETA_DIGITS, number));
}

static void write_high(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char number[SPN_CELL_SIZE];
    snprintf(cell, SPN_CELL_SIZE, "%s%s", p->ends_high ? "" : ">",
             spn_show_number(p->beta_high, SPNI_BETA_DIGITS, number));
}

/* Where it is the best up to an end of its window that is open, it is so beyond. */
static void write_best(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char low[SPN_CELL_SIZE], high[SPN_CELL_SIZE];
    const spn_answer *answer = row->state;
    if (p->best_ranges == 0) {
        snprintf(cell, SPN_CELL_SIZE, answer->is_one_branch ? "not compared" : "nowhere");
        return;
    }
    bool is_first = p->best_low <= answer->beta_from, is_last = p->best_high >= answer->beta_to;
    snprintf(cell, SPN_CELL_SIZE, "%s%s%s .. %s%s%s%s", is_first ? "<" : "",
             spn_show_number(p->best_low, SPNI_BETA_DIGITS, low),
             is_first || spni_is_crossing(answer, p->best_low) ? "" : "?", is_last ? ">" : "",
             spn_show_number(p->best_high, SPNI_BETA_DIGITS, high),
             is_last || spni_is_crossing(answer, p->best_high) ? "" : "?",
             p->best_ranges > 1 ? " and elsewhere" : "");
}

static void write_name(const spn_row *row, char *cell)
{
    spn_answer_phase_name(row->record, cell, SPN_CELL_SIZE);
}

/* The curvature of a network that has vanished is rounding beside that of the others. */
static void write_curvature(const spn_answer *answer, double curvature, char *cell)
{
    double largest = 0;
    for (int64_t i = 0; i < answer->phase_count; i++) {
        largest = fmax(largest, fmax(fabs(answer->phases[i].low.curvature),
                                     fabs(answer->phases[i].high.curvature)));
    }
    spn_show_number(fabs(curvature) < 1e-9 * largest ? 0 : curvature, 4, cell);
}

static void write_curvature_low(const spn_row *row, char *cell)
{
    write_curvature(row->state, ((const spn_answer_phase *)row->record)->low.curvature, cell);
}

static void write_curvature_high(const spn_row *row, char *cell)
{
    write_curvature(row->state, ((const spn_answer_phase *)row->record)->high.curvature, cell);
}

static void put_table(spn_text *text, const spn_answer *answer, bool is_page)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_BY("phase", write_name),
        SPN_SHOW_NUMBER_BY("a minimum for beta", write_low),
        SPN_JOIN_NUMBER_BY(" .. ", write_high),
        SPN_SHOW_BY("the best for beta", write_best),
        SPN_SHOW("E", "error_low", 5),
        SPN_JOIN(" .. ", "error_high", 5),
        SPN_SHOW_LENGTH("|theta|", "norm_low", 5, "beta_low", "loss_low"),
        SPN_JOIN_LENGTH(" .. ", "norm_high", 5, "beta_high", "loss_high"),
        SPN_SHOW_NUMBER_BY("R", write_curvature_low),
        SPN_JOIN_NUMBER_BY(" .. ", write_curvature_high),
        SPN_SHOW("accuracy", "accuracy_low", 4),
        SPN_JOIN(" .. ", "accuracy_high", 4)};
    const spn_table table = {"phases", &spn_answer_phase_columns, answer->phase_count,
                             answer->phases};
    spn_view view = SPN_VIEW(&table, columns);
    view.state = answer;
    bool has_classes = answer->phase_count > 0 && isfinite(answer->phases[0].low.accuracy);
    view.column_count -= has_classes ? 0 : 2;
    spni_answer_view(text, &view, is_page);
}

static void put_meaning(spn_text *text, const spn_answer *answer)
{
    if (answer->phase_count == 0) {
        return;
    }
    spn_text_add(text, "A minimum: training that is in the phase stays there. The best: no other "
                       "phase that was seen has a smaller loss.");
    if (!spni_is_unlabelled(answer)) {
        spn_text_add(text, " n modes: n independent directions of the outputs are learned; "
                           "trivial: nothing of the inputs is used.");
    }
    spn_text_add(text, " < and >: it goes on beyond what was looked at; ?: other phases were not "
                       "followed so far.\n");
}

void spn_answer_phases_put(spn_text *text, const spn_answer *answer, bool is_page)
{
    put_table(text, answer, is_page);
    spn_text_add(text, is_page ? "\n" : "");
    put_meaning(text, answer);
}
