/* SPDX-License-Identifier: MIT */
/* The answer of a run in words: phases, transitions, how sure, and what it means for a choice of beta. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BETA_DIGITS = 6 };

/* ---- Words for phases and numbers ---------------------------------------------------------------- */

static const char *name_of(const spn_answer *answer, int64_t phase, char *buffer, size_t size)
{
    if (phase < 0 || phase >= answer->phase_count) {
        snprintf(buffer, size, "a phase that was not seen");
        return buffer;
    }
    char name[SPNI_NAME_SIZE];
    snprintf(buffer, size, "\"%s\"",
             spn_answer_phase_name(&answer->phases[phase], name, sizeof name));
    return buffer;
}

static void put_beta(spn_text *text, double beta)
{
    char cell[SPN_CELL_SIZE];
    spn_text_add(text, spn_show_number(beta, BETA_DIGITS, cell));
}

static bool is_there(const spn_answer_place *place)
{
    return isfinite(place->beta);
}

static bool is_unlabelled(const spn_answer *answer)
{
    return answer->phase_count > 0 && answer->phases[0].low.active_modes < 0;
}

/* ---- Phases -------------------------------------------------------------------------------------- */

static void put_count(spn_text *text, const spn_answer *answer)
{
    char name[SPNI_NAME_SIZE];
    spn_text_add(text, "Between beta = ");
    put_beta(text, answer->beta_from);
    spn_text_add(text, " and ");
    put_beta(text, answer->beta_to);
    if (answer->phase_count == 0) {
        spn_text_add(text, " no phase was followed.\n");
    } else if (answer->phase_count == 1) {
        spn_text_put(text,
                     " there is one phase, %s: what the network computes changes nowhere "
                     "abruptly.\n",
                     name_of(answer, 0, name, sizeof name));
    } else {
        spn_text_put(text, " the network has %lld phases, which differ in what it %s.\n",
                     (long long)answer->phase_count, is_unlabelled(answer) ? "is" : "has learned");
    }
}

/* "< 0.001": the phase goes on below the range. */
static void write_low(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char number[SPN_CELL_SIZE];
    snprintf(cell, SPN_CELL_SIZE, "%s%s", p->ends_low ? "" : "<",
             spn_show_number(p->beta_low, BETA_DIGITS, number));
}

static void write_high(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char number[SPN_CELL_SIZE];
    snprintf(cell, SPN_CELL_SIZE, "%s%s", p->ends_high ? "" : ">",
             spn_show_number(p->beta_high, BETA_DIGITS, number));
}

/* Does a phase stop being the best at beta because another one is as good there? Otherwise others were not seen so far. */
static bool is_crossing(const spn_answer *answer, double beta)
{
    for (int64_t i = 0; i < answer->entry_count; i++) {
        const spn_answer_entry *e = &answer->entries[i];
        double at = is_there(&e->equal) ? e->equal.beta : e->continuous.beta;
        double width = is_there(&e->equal) ? e->equal.beta_high - e->equal.beta_low
                                           : e->continuous.beta_high - e->continuous.beta_low;
        if (fabs(at - beta) <= 1e-6 * fabs(beta) + width) {
            return true;
        }
    }
    return false;
}

/* Where it is the best up to an end of its window that is open, it is so beyond. */
static void write_best(const spn_row *row, char *cell)
{
    const spn_answer_phase *p = row->record;
    char low[SPN_CELL_SIZE], high[SPN_CELL_SIZE];
    if (p->best_ranges == 0) {
        snprintf(cell, SPN_CELL_SIZE, "nowhere");
        return;
    }
    const spn_answer *answer = row->state;
    bool is_first = p->best_low <= answer->beta_from, is_last = p->best_high >= answer->beta_to;
    snprintf(cell, SPN_CELL_SIZE, "%s%s%s .. %s%s%s%s", is_first ? "<" : "",
             spn_show_number(p->best_low, BETA_DIGITS, low),
             is_first || is_crossing(answer, p->best_low) ? "" : "?", is_last ? ">" : "",
             spn_show_number(p->best_high, BETA_DIGITS, high),
             is_last || is_crossing(answer, p->best_high) ? "" : "?",
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

static void put_phases(spn_text *text, const spn_answer *answer, bool is_page)
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
    if (!is_unlabelled(answer)) {
        spn_text_add(text, " n modes: n independent directions of the outputs are learned; "
                           "trivial: nothing of the inputs is used.");
    }
    spn_text_add(text, " < and >: it goes on beyond what was looked at; ?: other phases were not "
                       "followed so far.\n");
}

/* ---- Transitions --------------------------------------------------------------------------------- */

static void put_first_order(spn_text *text, const spn_answer *answer, const spn_answer_entry *e)
{
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    name_of(answer, e->below, below, sizeof below);
    name_of(answer, e->above, above, sizeof above);
    if (is_there(&e->up)) {
        spn_text_put(text, "Raising beta, the network jumps from %s to %s at ", below, above);
        put_beta(text, e->up.beta);
    }
    if (is_there(&e->down)) {
        spn_text_put(text,
                     is_there(&e->up) ? "; lowering it, %s%s%s at "
                                      : "Lowering beta, the network jumps from %s to %s%s at ",
                     is_there(&e->up) ? "it jumps back" : above, is_there(&e->up) ? "" : below, "");
        put_beta(text, e->down.beta);
    } else if (is_there(&e->up)) {
        spn_text_add(text, "; on the way down it was not seen to jump back");
    }
    if (is_there(&e->equal)) {
        bool is_alone = !is_there(&e->up) && !is_there(&e->down);
        spn_text_put(text,
                     is_alone ? "%s and %s have the same loss at "
                              : ". %s%sBoth have the same loss at ",
                     is_alone ? below : "", is_alone ? above : "");
        put_beta(text, e->equal.beta);
        spn_text_add(text, ": below that the first is better, above it the second");
    }
    spn_text_add(text, ". First order: an abrupt jump.\n");
}

static void put_entry(spn_text *text, const spn_answer *answer, const spn_answer_entry *e)
{
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    name_of(answer, e->below, below, sizeof below);
    name_of(answer, e->above, above, sizeof above);
    if (e->order == 1) {
        put_first_order(text, answer, e);
    } else if (e->order == 2) {
        spn_text_put(text, "%s goes over into %s at ", below, above);
        put_beta(text, e->continuous.beta);
        spn_text_add(text, ", at the same place up and down. Second order: nothing jumps, |theta| "
                           "changes its slope.\n");
    } else {
        spn_text_put(text, "Between %s and %s something happens at beta = ", below, above);
        put_beta(text, e->undecided.beta_low);
        spn_text_add(text, " .. ");
        put_beta(text, e->undecided.beta_high);
        spn_text_add(text, " whose order could not be decided.\n");
    }
}

static void put_entries(spn_text *text, const spn_answer *answer)
{
    for (int64_t i = 0; i < answer->accuracy_count; i++) {
        put_entry(text, answer, &answer->entries[i]);
    }
}

static void put_symmetry(spn_text *text, const spn_answer *answer)
{
    int64_t count = answer->entry_count - answer->accuracy_count;
    if (count == 0) {
        return;
    }
    const spn_answer_entry *largest = &answer->entries[answer->accuracy_count];
    if (is_unlabelled(answer)) {
        spn_text_put(text, "%lld transition%s without labels that say what changes",
                     (long long)count, spn_plural(count));
    } else {
        spn_text_put(text,
                     "Inside the phases hidden units merge, split or die at %lld place%s; what the "
                     "network computes hardly changes there",
                     (long long)count, spn_plural(count));
    }
    spn_text_put(text, " (the largest jump is %.2g %% of |theta|^2).\n", 100 * largest->share);
}

/* ---- How sure ------------------------------------------------------------------------------------ */

static bool has_exponent(const spn_answer_entry *e)
{
    return e->evidence == SPN_EVIDENCE_FOLD || e->evidence == SPN_EVIDENCE_BRANCH_POINT ||
           e->evidence == SPN_EVIDENCE_CONTINUOUS || e->evidence == SPN_EVIDENCE_EXCHANGE;
}

static double widest_of(const spn_answer_entry *e)
{
    const spn_answer_place *places[] = {&e->up, &e->equal, &e->down, &e->continuous};
    double widest = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (is_there(places[i])) {
            widest =
                fmax(widest, (places[i]->beta_high - places[i]->beta_low) / fabs(places[i]->beta));
        }
    }
    return widest;
}

static void put_places(spn_text *text, const spn_answer *answer)
{
    int64_t known = 0, decided = 0;
    double widest = 0;
    for (int64_t i = 0; i < answer->accuracy_count; i++) {
        const spn_answer_entry *e = &answer->entries[i];
        decided += isfinite(e->order);
        known += isfinite(e->order) && has_exponent(e);
        widest = fmax(widest, widest_of(e));
    }
    if (decided == 0) {
        return;
    }
    if (known > 0) {
        spn_text_put(text, "the order of %lld of these %lld rests on how stability is lost; ",
                     (long long)known, (long long)decided);
    } else {
        spn_text_add(text, "the order rests on the size of the jump alone; ");
    }
    spn_text_put(text, "places are known to %.1g of beta%s; ", widest,
                 answer->notes.unrefined > 0 ? " (steps of the grid: sweep.refine locates them)"
                                             : "");
}

/* Entries without an order, of accuracy or the others. */
static void put_undecided(spn_text *text, const spn_answer *answer, bool is_accuracy)
{
    int64_t count = 0;
    for (int64_t i = 0; i < answer->entry_count; i++) {
        const spn_answer_entry *e = &answer->entries[i];
        count += isnan(e->order) && (e->change == SPN_CHANGE_ACCURACY) == is_accuracy;
    }
    if (count > 0) {
        spn_text_put(text, "%lld%s %s undecided; ", (long long)count,
                     is_accuracy ? "" : " of hidden units", count == 1 ? "is" : "are");
    }
}

static void put_gaps(spn_text *text, const spn_answer *answer)
{
    const spn_transition_notes *notes = &answer->notes;
    put_undecided(text, answer, true);
    put_undecided(text, answer, false);
    if (notes->unsettled > 0) {
        spn_text_put(text, "%lld point%s not stationary, and what happens there is not known; ",
                     (long long)notes->unsettled, notes->unsettled == 1 ? " is" : "s are");
    }
    if (notes->quenched > 0) {
        spn_text_add(text, "a quench starts afresh at each beta and shows no transitions; ");
    }
    if (notes->unfinished > 0) {
        spn_text_put(text, "%lld phase%s not followed to the end; ", (long long)notes->unfinished,
                     notes->unfinished == 1 ? " was" : "s were");
    }
}

static int64_t fewest_seeds(const spn_answer *answer)
{
    int64_t fewest = answer->seeds;
    for (int64_t i = 0; i < answer->accuracy_count; i++) {
        fewest = answer->entries[i].seeds < fewest ? answer->entries[i].seeds : fewest;
    }
    return fewest;
}

static void put_starts(spn_text *text, const spn_answer *answer)
{
    if (answer->seeds == 0) {
        spn_text_add(text, "phases to which no start led may be missing.\n");
    } else if (answer->seeds == 1) {
        spn_text_add(text,
                     "one random start was followed: sweep.seeds says whether others agree.\n");
    } else if (answer->accuracy_count > 0 && fewest_seeds(answer) == answer->seeds) {
        spn_text_put(text, "all %lld random starts saw each of these transitions.\n",
                     (long long)answer->seeds);
    } else if (answer->accuracy_count > 0) {
        spn_text_put(text,
                     "each of these transitions was seen by at least %lld of %lld random "
                     "starts.\n",
                     (long long)fewest_seeds(answer), (long long)answer->seeds);
    } else {
        spn_text_put(text, "%lld random starts were followed.\n", (long long)answer->seeds);
    }
}

static void put_certainty(spn_text *text, const spn_answer *answer)
{
    spn_text_add(text, "How sure: ");
    put_places(text, answer);
    put_gaps(text, answer);
    put_starts(text, answer);
}

/* ---- For a choice -------------------------------------------------------------------------------- */

const char *spn_run_loss(const spn_run_facts *facts)
{
    switch (facts->error) {
    case SPN_ERROR_CROSS_ENTROPY:
        return "nn.CrossEntropyLoss()";
    case SPN_ERROR_MSE:
    case SPN_ERROR_MSE_MEAN:
        return "nn.MSELoss()";
    default:
        return NULL;
    }
}

double spn_weight_decay(const spn_run_facts *facts, double beta)
{
    bool is_summed = facts->error == SPN_ERROR_MSE && facts->outputs > 0;
    return 2 * beta / (is_summed ? (double)facts->outputs : 1);
}

void spni_put_decay(spn_text *text, const spn_run_facts *facts, double beta)
{
    const char *loss = spn_run_loss(facts);
    bool is_summed = facts->error == SPN_ERROR_MSE && facts->outputs > 1;
    if (loss == NULL) {
        return;
    }
    spn_text_put(text, "In PyTorch (SGD or Adam, not AdamW) with %s weight_decay = ", loss);
    if (is_summed) {
        spn_text_put(text, "2 beta / K (it is a mean over the K = %lld outputs, E a sum)",
                     (long long)facts->outputs);
    } else {
        spn_text_add(text, "2 beta");
    }
    if (isfinite(beta)) {
        spn_text_add(text, ": beta = ");
        put_beta(text, beta);
        spn_text_add(text, " is weight_decay = ");
        put_beta(text, spn_weight_decay(facts, beta));
    }
    spn_text_put(text, "%s.\n",
                 facts->regularise == SPN_REGULARISE_WEIGHTS ? "; biases with weight_decay = 0"
                                                             : "");
}

/* What has learned most ends first. */
static void put_choice(spn_text *text, const spn_answer *answer, const spn_run_facts *facts)
{
    const spn_answer_phase *most = answer->phases;
    char name[SPNI_NAME_SIZE];
    double limit = (double)NAN;
    if (answer->phase_count == 0) {
        return;
    }
    spn_text_add(text, "For your choice of beta: ");
    if (answer->phase_count == 1) {
        spn_text_add(text, "no value in this range changes abruptly what is learned. ");
    } else if (most->best_ranges > 0) {
        limit = most->best_high;
        spn_text_put(text,
                     is_crossing(answer, limit) ? "%s is the best below beta = "
                                                : "%s has the smallest loss of the phases that "
                                                  "were seen below beta = ",
                     name_of(answer, 0, name, sizeof name));
        put_beta(text, limit);
        if (most->ends_high && most->beta_high > most->best_high * (1 + 1e-4)) {
            spn_text_add(text, " and is lost above ");
            put_beta(text, most->beta_high);
            spn_text_add(text, "; where several phases are minima, the start of training decides "
                               "which one it ends in");
        }
        spn_text_add(text, ". ");
    }
    spni_put_decay(text, facts, limit);
}

void spn_answer_put(spn_text *text, const spn_answer *answer, const spn_run_facts *facts)
{
    put_count(text, answer);
    put_entries(text, answer);
    put_symmetry(text, answer);
    put_certainty(text, answer);
    put_choice(text, answer, facts);
}

void spn_answer_phases_put(spn_text *text, const spn_answer *answer, bool is_page)
{
    put_phases(text, answer, is_page);
    spn_text_add(text, is_page ? "\n" : "");
    put_meaning(text, answer);
}
