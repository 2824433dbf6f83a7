/* SPDX-License-Identifier: MIT */
/* The answer of a run in words: phases, transitions, how sure, and what it means for a choice of beta. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Phases -------------------------------------------------------------------------------------- */

static bool is_one_point(const spn_answer *answer)
{
    return answer->beta_from == answer->beta_to;
}

/* Is the range searched without gaps, so that what was not seen is not there on the ways that were gone? */
static bool is_whole(const spn_answer *answer)
{
    return answer->notes.unsettled == 0 && answer->notes.quenched == 0 && !is_one_point(answer);
}

/* Of phases with one name as many as have been told apart by evidence: where points in between are not stationary, one. */
static int64_t count_names(const spn_answer *answer)
{
    int64_t names = 0;
    for (int64_t i = 0; i < answer->phase_count; i++) {
        names += answer->phases[i].twin <= 0;
    }
    return names;
}

static void put_no_phase(spn_text *text, const spn_answer *answer)
{
    const spn_transition_notes *notes = &answer->notes;
    if (notes->quenched > 0) {
        spn_text_add(text,
                     " the network was trained afresh at each point (a quench): where training "
                     "ends is in the table of points; which phases there are, and where they "
                     "change, is not known.\n");
    } else if (notes->unsettled > 0) {
        spn_text_add(text, " no point is stationary: which phases there are is not known.\n");
    } else {
        spn_text_add(text, " no phase was followed: which phases there are is not known.\n");
    }
}

/* One beta: what starts end in. */
static void put_one_point(spn_text *text, const spn_answer *answer)
{
    char name[SPNI_NAME_SIZE];
    if (answer->phase_count == 1) {
        spn_text_put(text, "there is one phase in which training ended: %s",
                     spni_name_of(answer, 0, name, sizeof name));
    } else {
        spn_text_put(text, "training ended in %lld phases, which differ in what the network %s",
                     (long long)answer->phase_count,
                     spni_is_unlabelled(answer) ? "is" : "has learned");
    }
    spn_text_add(text, ". One beta does not say where phases change: sweep.beta with from, to and "
                       "points follows them.\n");
}

static void put_several(spn_text *text, const spn_answer *answer)
{
    const int64_t names = count_names(answer);
    if (answer->notes.unsettled > 0 && names < answer->phase_count) {
        spn_text_put(
            text,
            " %lld stretches of phases were seen, of %lld phase%s at least, which differ in "
            "what the network has learned: whether stretches of one name are one phase is "
            "not known, since points between them are not stationary.\n",
            (long long)answer->phase_count, (long long)names, spn_plural(names));
        return;
    }
    spn_text_put(text, " the network has %lld phases, which differ in what it %s.\n",
                 (long long)answer->phase_count, spni_is_unlabelled(answer) ? "is" : "has learned");
}

static void put_count(spn_text *text, const spn_answer *answer)
{
    char name[SPNI_NAME_SIZE];
    spn_text_add(text, is_one_point(answer) ? "At beta = " : "Between beta = ");
    spni_put_beta(text, answer->beta_from);
    if (is_one_point(answer) && answer->phase_count > 0) {
        spn_text_add(text, ", the only one, ");
        put_one_point(text, answer);
        return;
    }
    if (!is_one_point(answer)) {
        spn_text_add(text, " and ");
        spni_put_beta(text, answer->beta_to);
    }
    if (answer->phase_count == 0) {
        put_no_phase(text, answer);
    } else if (answer->phase_count == 1 && answer->is_one_branch) {
        spn_text_put(text, " one branch was followed, in one phase: %s.\n",
                     spni_name_of(answer, 0, name, sizeof name));
    } else if (answer->phase_count == 1 && is_whole(answer)) {
        spn_text_put(text,
                     " there is one phase, %s: what the network computes changes nowhere "
                     "abruptly.\n",
                     spni_name_of(answer, 0, name, sizeof name));
    } else if (answer->phase_count == 1) {
        spn_text_put(text,
                     " one phase was seen, %s; what happens where points are not stationary is not "
                     "known.\n",
                     spni_name_of(answer, 0, name, sizeof name));
    } else {
        put_several(text, answer);
    }
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
        if (spni_is_there(places[i])) {
            widest =
                fmax(widest, (places[i]->beta_high - places[i]->beta_low) / fabs(places[i]->beta));
        }
    }
    return widest;
}

static void put_places(const spni_telling *t)
{
    int64_t known = 0, decided = 0;
    double widest = 0;
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *e = &t->answer->entries[i];
        if (spni_is_told(t, e) && isfinite(e->order)) {
            decided++;
            known += has_exponent(e);
            widest = fmax(widest, widest_of(e));
        }
    }
    if (decided == 0) {
        return;
    }
    if (known > 0) {
        spn_text_put(t->text, "the order of %lld of these %lld rests on how stability is lost; ",
                     (long long)known, (long long)decided);
    } else {
        spn_text_add(t->text, "the order rests on the size of the jump alone; ");
    }
    spn_text_put(t->text, "places are known to %.1g of beta%s; ", widest,
                 t->answer->notes.unrefined > 0 ? " (steps of the grid: sweep.refine locates them)"
                                                : "");
}

/* Entries without an order, of accuracy or the others. */
static void put_undecided(const spni_telling *t, bool is_accuracy)
{
    int64_t count = 0;
    for (int64_t i = 0; i < t->answer->entry_count; i++) {
        const spn_answer_entry *e = &t->answer->entries[i];
        count += spni_is_told(t, e) && isnan(e->order) &&
                 (e->change == SPN_CHANGE_ACCURACY) == is_accuracy;
    }
    if (count > 0) {
        spn_text_put(t->text, "%lld%s %s undecided; ", (long long)count,
                     is_accuracy ? "" : " of hidden units", count == 1 ? "is" : "are");
    }
}

static void put_gaps(const spni_telling *t)
{
    const spn_transition_notes *notes = &t->answer->notes;
    put_undecided(t, true);
    put_undecided(t, false);
    if (notes->unsettled > 0) {
        spn_text_put(t->text, "%lld point%s not stationary, and what happens there is not known; ",
                     (long long)notes->unsettled, notes->unsettled == 1 ? " is" : "s are");
    }
    if (notes->quenched > 0) {
        spn_text_add(t->text, "a quench starts afresh at each beta and shows no transitions: "
                              "sweep.direction: up, down or both follows the network; ");
    }
    if (notes->unfinished > 0) {
        spn_text_put(t->text, "%lld phase%s not followed to the end; ",
                     (long long)notes->unfinished, notes->unfinished == 1 ? " was" : "s were");
    }
}

/* Of the transitions that any start saw by itself the fewest starts; -1: there is none. */
static int64_t fewest_seeds(const spni_telling *t)
{
    int64_t fewest = -1;
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *e = &t->answer->entries[i];
        if (spni_is_told(t, e) && e->seeds > 0 && (fewest < 0 || e->seeds < fewest)) {
            fewest = e->seeds;
        }
    }
    return fewest;
}

static void put_starts(const spni_telling *t)
{
    const int64_t seeds = t->answer->seeds, fewest = fewest_seeds(t);
    if (seeds == 0) {
        spn_text_add(t->text, "phases to which no start led may be missing.\n");
    } else if (seeds == 1) {
        spn_text_add(t->text,
                     "one random start was followed: sweep.seeds says whether others agree.\n");
    } else if (fewest == seeds) {
        spn_text_put(t->text, "all %lld random starts saw each of these transitions.\n",
                     (long long)seeds);
    } else if (fewest > 0) {
        spn_text_put(t->text,
                     "each of these transitions was seen by at least %lld of %lld random "
                     "starts.\n",
                     (long long)fewest, (long long)seeds);
    } else {
        spn_text_put(t->text, "%lld random starts were followed.\n", (long long)seeds);
    }
}

static void put_certainty(const spni_telling *t)
{
    spn_text_add(t->text, "How sure: ");
    put_places(t);
    put_gaps(t);
    put_starts(t);
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
        spni_put_beta(text, beta);
        spn_text_add(text, " is weight_decay = ");
        spni_put_beta(text, spn_weight_decay(facts, beta));
    }
    spn_text_put(text, "%s.\n",
                 facts->regularise == SPN_REGULARISE_WEIGHTS ? "; biases with weight_decay = 0"
                                                             : "");
}

/* The phase that is the best at the smallest beta, where most is learned; NULL: none is known to be. */
static const spn_answer_phase *find_first_best(const spn_answer *answer)
{
    const spn_answer_phase *first = NULL;
    for (int64_t i = 0; i < answer->phase_count; i++) {
        const spn_answer_phase *p = &answer->phases[i];
        if (p->best_ranges > 0 && (first == NULL || p->best_low < first->best_low)) {
            first = p;
        }
    }
    return first;
}

/* Up to where the first of the best phases is so. */
static void put_limit(spn_text *text, const spn_answer *answer, const spn_answer_phase *most)
{
    char name[SPNI_NAME_SIZE];
    spni_name_of(answer, most->phase, name, sizeof name);
    if (most->best_low > answer->beta_from) {
        spn_text_put(text,
                     "%s has the smallest loss of the phases that were seen from beta = ", name);
        spni_put_beta(text, most->best_low);
        spn_text_add(text, " to ");
        spni_put_beta(text, most->best_high);
        spn_text_add(text, "; which phase is the best below that is not known. ");
        return;
    }
    if (most->best_high >= answer->beta_to) {
        spn_text_put(text,
                     "%s has the smallest loss of the phases that were seen, up to the end of "
                     "the range. ",
                     name);
        return;
    }
    spn_text_put(text,
                 spni_is_crossing(answer, most->best_high)
                     ? "%s is the best below beta = "
                     : "%s has the smallest loss of the phases that were seen below beta = ",
                 name);
    spni_put_beta(text, most->best_high);
    if (most->ends_high && most->beta_high > most->best_high * (1 + 1e-4)) {
        spn_text_add(text, " and is lost above ");
        spni_put_beta(text, most->beta_high);
        spn_text_add(text, "; where several phases are minima, the start of training decides "
                           "which one it ends in");
    }
    spn_text_add(text, ". ");
}

static void put_choice(spn_text *text, const spn_answer *answer, const spn_run_facts *facts)
{
    const spn_answer_phase *most = find_first_best(answer);
    double limit = (double)NAN;
    char name[SPNI_NAME_SIZE];
    spn_text_add(text, "For your choice of beta: ");
    if (most == NULL) {
        spn_text_add(text, "which phase is the best, and where, this run does not say. ");
    } else if (is_one_point(answer)) {
        limit = answer->beta_from;
        spn_text_put(text, "at this one %s %s; of others nothing is known. ",
                     spni_name_of(answer, most->phase, name, sizeof name),
                     answer->phase_count > 1 ? "has the smallest loss of these phases"
                                             : "is what training ends in");
    } else if (answer->phase_count == 1 && is_whole(answer)) {
        spn_text_add(text, "no value in this range changes abruptly what is learned. ");
    } else if (answer->phase_count == 1) {
        spn_text_put(text, "where points are stationary the network is in %s. ",
                     spni_name_of(answer, 0, name, sizeof name));
    } else {
        limit = most->best_high < answer->beta_to ? most->best_high : limit;
        put_limit(text, answer, most);
    }
    spni_put_decay(text, facts, limit);
}

void spn_answer_put(spn_text *text, const spn_answer *answer, const spn_run_facts *facts,
                    const spn_shown *shown)
{
    const spni_telling t = {text, answer, shown};
    put_count(text, answer);
    spni_put_transitions(&t);
    put_certainty(&t);
    put_choice(text, answer, facts);
}
