/* SPDX-License-Identifier: MIT */
/* The answer of a run: rows of the table of transitions that are one transition become one entry. */
#include "transition/answer.h"

#include <math.h>
#include <string.h>

/* What a run's answer is made of: where its parts begin. */
typedef struct run_answer {
    spn_answer answer; /* without its pointers */
    int64_t first_phase, first_entry;
} run_answer;

static bool is_there(const spn_answer_place *place)
{
    return isfinite(place->beta);
}

double spn_answer_entry_beta(const spn_answer_entry *entry)
{
    const spn_answer_place *places[] = {&entry->up, &entry->continuous, &entry->equal, &entry->down,
                                        &entry->undecided};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (is_there(places[i])) {
            return places[i]->beta;
        }
    }
    return (double)NAN;
}

/* ---- Random starts ------------------------------------------------------------------------------- */

/* What a finding shows: the place of which entry, and who saw it. */
typedef struct sighting {
    int64_t entry, kind, seed;
} sighting;

/* Seeds that are new in sightings[at] among those before it, of its entry, or of its place too. */
static bool is_new(const sighting *sightings, int64_t at, bool is_of_place)
{
    for (int64_t i = 0; i < at; i++) {
        if (sightings[i].entry == sightings[at].entry && sightings[i].seed == sightings[at].seed &&
            (!is_of_place || sightings[i].kind == sightings[at].kind)) {
            return false;
        }
    }
    return true;
}

/* The rows of a run, and what becomes of them. */
typedef struct run_rows {
    int64_t first, count; /* in the table of transitions */
    spni_sides *sides;
    spni_reading *readings;
    int64_t *entry_of;
} run_rows;

static int64_t row_of(const spn_transitions *t, const run_rows *r, int64_t ticket)
{
    const int64_t *tickets = (const int64_t *)t->row_tickets.items + r->first;
    for (int64_t i = 0; i < r->count; i++) {
        if (tickets[i] == ticket) {
            return i;
        }
    }
    return -1;
}

static spn_status count_starts(spn_context *context, const spn_transitions *t, int64_t first,
                               const run_rows *rows, int64_t entry_count, spn_answer_entry *entries)
{
    spn_status status = SPN_OK;
    const spni_finding *findings = t->findings.items;
    sighting *seen = NULL;
    int64_t found = 0;
    SPN_NEW(context, seen, t->findings.count - first);
    for (int64_t i = 0; i < entry_count; i++) {
        spn_answer_place *places[] = {&entries[i].up, &entries[i].equal, &entries[i].down,
                                      &entries[i].continuous, &entries[i].undecided};
        for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
            places[k]->seeds = 0;
        }
    }
    for (int64_t i = first; i < t->findings.count; i++) {
        const int64_t row = findings[i].seed >= 0 ? row_of(t, rows, findings[i].ticket) : -1;
        if (row < 0) {
            continue;
        }
        spn_answer_entry *entry = &entries[rows->entry_of[row]];
        const int64_t kind = rows->readings[row].row->kind;
        seen[found] = (sighting){rows->entry_of[row], kind, findings[i].seed};
        spni_place_of(entry, kind)->seeds += is_new(seen, found, true);
        entry->seeds += is_new(seen, found, false);
        found++;
    }
done:
    spn_release(context, seen);
    return status;
}

/* ---- What changes -------------------------------------------------------------------------------- */

/* What is computed changes from one accuracy phase to another and nowhere else: a jump of one chain on a strand that others
 * follow without one is none between phases, and a small step between two minima that a larger one tells apart is one. */
static int64_t settled_change(int64_t change, int64_t below, int64_t above)
{
    if (below < 0 || above < 0) {
        return change;
    }
    return below != above                  ? SPN_CHANGE_ACCURACY
           : change == SPN_CHANGE_ACCURACY ? SPN_CHANGE_OTHER
                                           : change;
}

static bool is_labelled(const spn_transition *row)
{
    return row->before.active_modes >= 0 && row->after.active_modes >= 0;
}

static int64_t group_at(const int64_t *groups, int64_t strand)
{
    return strand < 0 ? -1 : groups[strand];
}

/* Rows and the findings that they are made of bear the same change. */
static void settle_changes(spn_transitions *t, const spni_run_start *start, run_rows *r,
                           const int64_t *groups)
{
    spn_transition *rows = (spn_transition *)t->rows.items + r->first;
    spni_finding *findings = t->findings.items;
    for (int64_t i = 0; i < r->count; i++) {
        const int64_t below = group_at(groups, r->sides[i].strand_below);
        const int64_t above = group_at(groups, r->sides[i].strand_above);
        rows[i].change =
            is_labelled(&rows[i]) ? settled_change(rows[i].change, below, above) : rows[i].change;
        r->readings[i] = (spni_reading){&rows[i], r->sides[i], below, above};
    }
    for (int64_t i = start->finding; i < t->findings.count; i++) {
        const int64_t row = row_of(t, r, findings[i].ticket);
        findings[i].row.change = row >= 0 ? rows[row].change : findings[i].row.change;
    }
}

/* ---- Order --------------------------------------------------------------------------------------- */

static bool comes_before(const spn_answer_entry *a, const spn_answer_entry *b)
{
    bool is_first = a->change == SPN_CHANGE_ACCURACY, is_second = b->change == SPN_CHANGE_ACCURACY;
    if (is_first != is_second) {
        return is_first;
    }
    if (!is_first && a->share != b->share) {
        return a->share > b->share;
    }
    return spn_answer_entry_beta(a) < spn_answer_entry_beta(b);
}

static void sort_entries(spn_answer_entry *entries, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const spn_answer_entry entry = entries[i];
        int64_t at = i;
        while (at > 0 && comes_before(&entry, &entries[at - 1])) {
            entries[at] = entries[at - 1];
            at--;
        }
        entries[at] = entry;
    }
}

/* ---- The answer ---------------------------------------------------------------------------------- */

spni_run_start spni_start_run(const spn_transitions *transitions)
{
    return (spni_run_start){transitions->rows.count, transitions->findings.count,
                            transitions->hysteresis.count, transitions->notes};
}

static spn_transition_notes notes_since(const spn_transition_notes *now,
                                        const spn_transition_notes *then)
{
    return (spn_transition_notes){.runs = 1,
                                  .unrefined = now->unrefined - then->unrefined,
                                  .relabelled = now->relabelled - then->relabelled,
                                  .unsettled = now->unsettled - then->unsettled,
                                  .quenched = now->quenched - then->quenched,
                                  .single = now->single - then->single,
                                  .unfinished = now->unfinished - then->unfinished};
}

static int64_t count_undecided(const spn_transitions *t, int64_t first)
{
    const spn_transition *rows = t->rows.items;
    int64_t undecided = 0;
    for (int64_t i = first; i < t->rows.count; i++) {
        undecided += isnan(rows[i].order);
    }
    return undecided;
}

static spn_status take_rows(spn_context *context, const spn_transitions *t,
                            const spni_run_start *start, int64_t count, const spni_strand *strands,
                            run_rows *out)
{
    spn_status status = SPN_OK;
    *out = (run_rows){.first = start->row, .count = t->rows.count - start->row};
    SPN_NEW(context, out->sides, out->count);
    SPN_NEW(context, out->readings, out->count);
    SPN_NEW(context, out->entry_of, out->count);
    for (int64_t i = 0; i < out->count; i++) {
        const spn_transition *row = (const spn_transition *)t->rows.items + out->first + i;
        out->sides[i] = spni_find_sides(row, count, strands);
    }
done:
    return status;
}

/* Sorted entries get their numbers; rows, findings and loops those of their entries, and what selects them. */
static spn_status number_entries(spn_context *context, spn_transitions *t,
                                 const spni_run_start *start, run_rows *r, int64_t count,
                                 spn_answer_entry *entries)
{
    spn_status status = SPN_OK;
    spn_transition *rows = (spn_transition *)t->rows.items + r->first;
    spni_finding *findings = t->findings.items;
    int64_t *numbers = NULL;
    SPN_NEW(context, numbers, count);
    for (int64_t i = 0; i < count; i++) {
        entries[i].entry = i;
    }
    sort_entries(entries, count);
    for (int64_t i = 0; i < count; i++) {
        numbers[entries[i].entry] = i;
        entries[i].entry = i;
    }
    for (int64_t i = 0; i < r->count; i++) {
        rows[i].entry = numbers[r->entry_of[i]];
        rows[i].share = entries[rows[i].entry].share;
    }
    for (int64_t i = start->finding; i < t->findings.count; i++) {
        const int64_t row = row_of(t, r, findings[i].ticket);
        findings[i].row.share = row >= 0 ? rows[row].share : 0;
    }
done:
    spn_release(context, numbers);
    return status;
}

/* The row of the end of the phase below that a loop comes from. */
static int64_t row_of_loop(const run_rows *r, const spni_loop_strands *loop)
{
    int64_t best = -1;
    for (int64_t i = 0; i < r->count; i++) {
        const bool is_end = r->readings[i].row->kind == SPN_TRANSITION_SPINODAL_UP &&
                            r->sides[i].strand_below == loop->below;
        if (is_end && (best < 0 || r->sides[i].strand_above == loop->above)) {
            best = i;
        }
    }
    return best;
}

static void number_loops(spn_transitions *t, const spni_run_start *start, const run_rows *r)
{
    spn_hysteresis *loops = t->hysteresis.items;
    const spni_loop_strands *strands = t->loop_strands.items;
    for (int64_t i = start->loop; i < t->hysteresis.count; i++) {
        const int64_t row = row_of_loop(r, &strands[i]);
        const spn_transition *end = row >= 0 ? r->readings[row].row : NULL;
        loops[i].change = end != NULL ? end->change : SPN_CHANGE_OTHER;
        loops[i].entry = end != NULL ? end->entry : -1;
        loops[i].share = end != NULL ? end->share : 0;
    }
}

static spn_status make_entries(spn_context *context, spn_transitions *t,
                               const spni_run_start *start, run_rows *rows,
                               const spni_strand *strands, const int64_t *groups, run_answer *made)
{
    spn_status status = SPN_OK;
    spn_answer *answer = &made->answer;
    settle_changes(t, start, rows, groups);
    SPN_TRY(spni_enter_rows(context, t, answer->run, strands, rows->count, rows->readings,
                            rows->entry_of));
    answer->entry_count = t->answer_entries.count - made->first_entry;
    if (answer->entry_count == 0) {
        goto done;
    }
    spn_answer_entry *entries = (spn_answer_entry *)t->answer_entries.items + made->first_entry;
    SPN_TRY(count_starts(context, t, start->finding, rows, answer->entry_count, entries));
    SPN_TRY(number_entries(context, t, start, rows, answer->entry_count, entries));
    number_loops(t, start, rows);
    for (int64_t i = 0; i < answer->entry_count; i++) {
        answer->accuracy_count += entries[i].change == SPN_CHANGE_ACCURACY;
    }
done:
    return status;
}

spn_status spni_answer_run(spn_context *context, spn_transitions *t, const spni_run_start *start,
                           const spn_answer *known, int64_t count, const spni_strand *strands)
{
    spn_status status = SPN_OK;
    int64_t *groups = NULL;
    run_rows rows = {0};
    run_answer made = {.answer = *known,
                       .first_phase = t->answer_phases.count,
                       .first_entry = t->answer_entries.count};
    spn_answer *answer = &made.answer;
    answer->run = t->answers.count;
    answer->notes = notes_since(&t->notes, &start->notes);
    answer->undecided = count_undecided(t, start->row);
    SPN_NEW(context, groups, count);
    SPN_TRY(take_rows(context, t, start, count, strands, &rows));
    SPN_TRY(spni_group_strands(context, &t->ranges, rows.count,
                               (const spn_transition *)t->rows.items + rows.first, rows.sides,
                               count, strands, groups, &answer->phase_count));
    SPN_TRY(spni_describe_phases(context, t, answer->run, start->row, count, strands, groups,
                                 answer->phase_count));
    for (int64_t i = made.first_phase; answer->is_one_branch && i < t->answer_phases.count; i++) {
        spn_answer_phase *phase = (spn_answer_phase *)t->answer_phases.items + i;
        phase->best_ranges = 0;
        phase->best_low = phase->best_high = (double)NAN;
    }
    SPN_TRY(make_entries(context, t, start, &rows, strands, groups, &made));
    SPN_TRY(spni_sequence_add(context, &t->answers, &made, sizeof made));
done:
    spn_release(context, groups);
    spn_release(context, rows.sides);
    spn_release(context, rows.readings);
    spn_release(context, rows.entry_of);
    return status;
}

spn_status spn_transitions_answer(spn_context *context, const spn_transitions *transitions,
                                  int64_t run, spn_answer *out)
{
    *out = (spn_answer){0};
    if (run < 0 || run >= transitions->answers.count) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "there is no run %lld", (long long)run);
    }
    const run_answer *made = (const run_answer *)transitions->answers.items + run;
    *out = made->answer;
    if (out->phase_count > 0) {
        out->phases =
            (const spn_answer_phase *)transitions->answer_phases.items + made->first_phase;
    }
    if (out->entry_count > 0) {
        out->entries =
            (const spn_answer_entry *)transitions->answer_entries.items + made->first_entry;
    }
    return SPN_OK;
}
