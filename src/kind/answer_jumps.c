/* SPDX-License-Identifier: MIT */
/* The transitions of an answer in words. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>

/* ---- Words for phases and numbers ---------------------------------------------------------------- */

bool spni_is_seen(const spn_answer *answer, int64_t phase)
{
    return phase >= 0 && phase < answer->phase_count;
}

const char *spni_name_of(const spn_answer *answer, int64_t phase, char *buffer, size_t size)
{
    char name[SPNI_NAME_SIZE];
    if (!spni_is_seen(answer, phase)) {
        snprintf(buffer, size, "a phase that is not known");
    } else {
        snprintf(buffer, size, "\"%s\"",
                 spn_answer_phase_name(&answer->phases[phase], name, sizeof name));
    }
    return buffer;
}

void spni_put_beta(spn_text *text, double beta)
{
    char cell[SPN_CELL_SIZE];
    spn_text_add(text, spn_show_number(beta, SPNI_BETA_DIGITS, cell));
}

bool spni_is_there(const spn_answer_place *place)
{
    return isfinite(place->beta);
}

bool spni_is_told(const spni_telling *t, const spn_answer_entry *e)
{
    return spn_is_shown(t->shown, e->change, e->share);
}

/* ---- One transition ------------------------------------------------------------------------------ */

static bool is_between_same(const spn_answer_entry *a, const spn_answer_entry *b)
{
    return a->below == b->below && a->above == b->above && a->order == b->order && a->below >= 0 &&
           a->above >= 0;
}

/* Does another transition between the same two phases lead back? */
static bool leads_back_elsewhere(const spni_telling *t, const spn_answer_entry *e)
{
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *other = &t->answer->entries[i];
        if (other != e && is_between_same(other, e) && spni_is_there(&other->down)) {
            return true;
        }
    }
    return false;
}

/* "raising beta, the network jumps from A to B at ", or what is known of it. */
static void put_jump(const spni_telling *t, const char *way, int64_t from, int64_t to, double beta)
{
    char name[SPNI_NAME_SIZE], other[SPNI_NAME_SIZE];
    spni_name_of(t->answer, from, name, sizeof name);
    spni_name_of(t->answer, to, other, sizeof other);
    if (spni_is_seen(t->answer, to)) {
        spn_text_put(t->text, "%s beta, the network jumps from %s to %s at ", way, name, other);
        spni_put_beta(t->text, beta);
    } else {
        spn_text_put(t->text, "%s beta, %s ends at ", way, name);
        spni_put_beta(t->text, beta);
        spn_text_add(t->text, t->answer->is_one_branch
                                  ? "; the phase in which it ends then was not followed"
                                  : "; where the network goes from there is not known");
    }
}

static void put_way_back(const spni_telling *t, const spn_answer_entry *e)
{
    if (spni_is_there(&e->down)) {
        spn_text_add(t->text, "; lowering it, it jumps back at ");
        spni_put_beta(t->text, e->down.beta);
    } else if (leads_back_elsewhere(t, e)) {
        spn_text_add(t->text, "; the way back leads to another minimum of that phase");
    } else if (!t->answer->went_down) {
        spn_text_add(t->text, "; the way down was not followed (sweep.direction: both)");
    } else if (spni_is_seen(t->answer, e->above)) {
        spn_text_add(t->text, "; on the way down it was not seen to jump back");
    }
}

/* "The first": the phase of smaller beta, unless only the way down is told, which begins with the other. */
static void put_equal(const spni_telling *t, const spn_answer_entry *e)
{
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    const bool is_turned = !spni_is_there(&e->up) && spni_is_there(&e->down);
    spni_name_of(t->answer, e->below, below, sizeof below);
    spni_name_of(t->answer, e->above, above, sizeof above);
    if (spni_is_there(&e->up) || spni_is_there(&e->down)) {
        spn_text_add(t->text, ". Both have the same loss at ");
    } else {
        spn_text_put(t->text, "%s and %s have the same loss at ", below, above);
    }
    spni_put_beta(t->text, e->equal.beta);
    spn_text_put(t->text, ": below that %s is better, above it %s", is_turned ? below : "the first",
                 is_turned ? above : "the second");
}

static void put_first_order(const spni_telling *t, const spn_answer_entry *e)
{
    if (spni_is_there(&e->up)) {
        put_jump(t, "Raising", e->below, e->above, e->up.beta);
        put_way_back(t, e);
    } else if (spni_is_there(&e->down)) {
        put_jump(t, "Lowering", e->above, e->below, e->down.beta);
    }
    if (spni_is_there(&e->equal)) {
        put_equal(t, e);
    }
    spn_text_add(t->text, ". First order: an abrupt jump.");
}

static void put_undecided_entry(const spni_telling *t, const spn_answer_entry *e)
{
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    const bool has_below = spni_is_seen(t->answer, e->below),
               has_above = spni_is_seen(t->answer, e->above);
    spni_name_of(t->answer, e->below, below, sizeof below);
    spni_name_of(t->answer, e->above, above, sizeof above);
    if (has_below && has_above) {
        spn_text_put(t->text, "Between %s and %s something happens at beta = ", below, above);
    } else {
        spn_text_put(t->text, "Next to %s something happens at beta = ",
                     has_below   ? below
                     : has_above ? above
                                 : "states that belong to no phase that was followed");
    }
    spni_put_beta(t->text, e->undecided.beta_low);
    spn_text_add(t->text, " .. ");
    spni_put_beta(t->text, e->undecided.beta_high);
    spn_text_add(t->text, has_below && has_above
                              ? " whose order could not be decided."
                              : ": neither its order nor what lies on the other side is known.");
}

static void put_entry(const spni_telling *t, const spn_answer_entry *e)
{
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    if (e->order == 1) {
        put_first_order(t, e);
    } else if (e->order == 2) {
        spn_text_put(t->text, "%s goes over into %s at ",
                     spni_name_of(t->answer, e->below, below, sizeof below),
                     spni_name_of(t->answer, e->above, above, sizeof above));
        spni_put_beta(t->text, e->continuous.beta);
        spn_text_add(t->text,
                     ", at the same place up and down. Second order: nothing jumps, |theta| "
                     "changes its slope.");
    } else {
        put_undecided_entry(t, e);
    }
    if (t->answer->seeds > 1 && e->seeds == 0) {
        spn_text_add(t->text, " No single random start saw both phases.");
    } else if (t->answer->seeds > 1 && e->seeds < t->answer->seeds) {
        spn_text_put(t->text, " %lld of %lld random starts saw it.", (long long)e->seeds,
                     (long long)t->answer->seeds);
    }
    spn_text_add(t->text, "\n");
}

/* Of transitions between the same two phases the one that says most speaks for all: that with equal L, then with the way back,
 * then seen by most starts. */
static int64_t weight_of(const spni_telling *t, const spn_answer_entry *e)
{
    const int64_t starts = t->answer->seeds + 1;
    return (2 * spni_is_there(&e->equal) + spni_is_there(&e->down)) * starts + e->seeds;
}

/* Is it the one of its phases that is told in full? */
static bool is_spokesman(const spni_telling *t, const spn_answer_entry *e)
{
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *other = &t->answer->entries[i];
        const int64_t more = weight_of(t, other) - weight_of(t, e);
        if (other != e && spni_is_told(t, other) && is_between_same(other, e) &&
            (more > 0 || (more == 0 && other < e))) {
            return false;
        }
    }
    return true;
}

/* The others between the phases of `e`, in one sentence. */
static void put_others(const spni_telling *t, const spn_answer_entry *e)
{
    enum { MOST = 6 };
    char below[SPNI_NAME_SIZE], above[SPNI_NAME_SIZE];
    double low = (double)INFINITY, high = -low;
    int64_t count = 0;
    spn_text list = {.context = t->text->context};
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *other = &t->answer->entries[i];
        if (other != e && spni_is_told(t, other) && is_between_same(other, e)) {
            const double beta = spn_answer_entry_beta(other);
            low = fmin(low, beta);
            high = fmax(high, beta);
            spn_text_add(&list, count > 0 ? ", " : "");
            spni_put_beta(&list, beta);
            count++;
        }
    }
    if (count > 0) {
        spn_text_put(t->text, "The same change from %s to %s was seen at %lld other place%s, ",
                     spni_name_of(t->answer, e->below, below, sizeof below),
                     spni_name_of(t->answer, e->above, above, sizeof above), (long long)count,
                     spn_plural(count));
        if (count > MOST) {
            spn_text_add(t->text, "from ");
            spni_put_beta(t->text, low);
            spn_text_add(t->text, " to ");
            spni_put_beta(t->text, high);
        } else {
            spn_text_put(t->text, "at %s", list.buffer.text != NULL ? list.buffer.text : "");
        }
        spn_text_add(t->text,
                     ": each is a transition of its own, of other minima or at other beta.\n");
    }
    spn_status status = spn_text_end(&list);
    t->text->status = t->text->status != SPN_OK ? t->text->status : status;
}

static void put_entries(const spni_telling *t)
{
    for (int64_t i = 0; i < t->answer->accuracy_count; i++) {
        const spn_answer_entry *e = &t->answer->entries[i];
        if (spni_is_told(t, e) && is_spokesman(t, e)) {
            put_entry(t, e);
            put_others(t, e);
        }
    }
}

static void put_symmetry(const spni_telling *t)
{
    int64_t count = 0;
    double largest = (double)NAN;
    for (int64_t i = t->answer->accuracy_count; i < t->answer->entry_count; i++) {
        const spn_answer_entry *e = &t->answer->entries[i];
        count += spni_is_told(t, e);
        largest = spni_is_told(t, e) ? fmax(largest, e->share) : largest;
    }
    if (count == 0) {
        return;
    }
    if (spni_is_unlabelled(t->answer)) {
        spn_text_put(t->text, "%lld transition%s without labels that say what changes",
                     (long long)count, spn_plural(count));
    } else {
        spn_text_put(t->text,
                     "Inside the phases hidden units merge, split or die at %lld place%s; what the "
                     "network computes hardly changes there",
                     (long long)count, spn_plural(count));
    }
    if (isnan(largest)) {
        spn_text_add(t->text, " as far as is known: what lies behind was not followed.\n");
    } else {
        spn_text_put(t->text, " (the largest jump is %.2g %% of |theta|^2).\n", 100 * largest);
    }
}

void spni_put_transitions(const spni_telling *t)
{
    put_entries(t);
    put_symmetry(t);
}
