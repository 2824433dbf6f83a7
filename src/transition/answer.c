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

static const spn_answer_place nowhere = {(double)NAN, (double)NAN, (double)NAN, 0};

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

/* ---- One row ------------------------------------------------------------------------------------- */

/* A row as the entry sees it. */
typedef struct reading {
    const spn_transition *row;
    spn_side below, above;
    int64_t phase_below, phase_above; /* -1: none */
} reading;

static reading read_row(const spn_transition *row, int64_t count, const spni_strand *strands,
                        const int64_t *groups)
{
    const spni_sides sides = spni_find_sides(row, count, strands);
    return (reading){.row = row,
                     .below = sides.below,
                     .above = sides.above,
                     .phase_below = sides.strand_below < 0 ? -1 : groups[sides.strand_below],
                     .phase_above = sides.strand_above < 0 ? -1 : groups[sides.strand_above]};
}

static spn_answer_place *place_of(spn_answer_entry *entry, int64_t kind)
{
    switch (kind) {
    case SPN_TRANSITION_SPINODAL_UP:
        return &entry->up;
    case SPN_TRANSITION_SPINODAL_DOWN:
        return &entry->down;
    case SPN_TRANSITION_MAXWELL:
        return &entry->equal;
    case SPN_TRANSITION_CONTINUOUS:
        return &entry->continuous;
    default:
        return &entry->undecided;
    }
}

/* ---- Which entry a row belongs to ---------------------------------------------------------------- */

static bool is_accuracy(const spn_transition *row)
{
    return row->change == SPN_CHANGE_ACCURACY;
}

/* On the way up in beta the end downwards of the phase above comes first, the end upwards of the one below last. */
static bool is_ordered(const spn_answer_entry *entry, const spn_transition *row)
{
    double beta = row->beta, slack = row->beta_high - row->beta_low;
    switch (row->kind) {
    case SPN_TRANSITION_SPINODAL_UP:
        return !is_there(&entry->up) && !is_there(&entry->continuous) &&
               !(entry->down.beta > beta + slack) && !(entry->equal.beta > beta + slack);
    case SPN_TRANSITION_SPINODAL_DOWN:
        return !is_there(&entry->down) && !is_there(&entry->continuous) &&
               !(entry->up.beta < beta - slack) && !(entry->equal.beta < beta - slack);
    case SPN_TRANSITION_MAXWELL:
        return !is_there(&entry->equal) && !is_there(&entry->continuous) &&
               !(entry->up.beta < beta - slack) && !(entry->down.beta > beta + slack);
    default:
        return false;
    }
}

/* One that changes what is computed: the only one between its two phases. Others recur: units merge and split again, and
 * the places of one lie together in their order, no other of its kind between them. Rows come by beta. */
static bool is_part(const spn_answer_entry *entry, const reading *r)
{
    bool is_known = r->phase_below >= 0 && r->phase_above >= 0;
    if ((entry->change == SPN_CHANGE_ACCURACY) != is_accuracy(r->row) ||
        entry->below != r->phase_below || entry->above != r->phase_above) {
        return false;
    }
    if (is_accuracy(r->row)) {
        return is_known;
    }
    return is_known && entry->before.active_modes >= 0 &&
           spni_same_label(&entry->before, &r->below) &&
           spni_same_label(&entry->after, &r->above) && is_ordered(entry, r->row);
}

/* ---- Taking rows in ------------------------------------------------------------------------------ */

/* Of places that as many starts saw: where the phase below ends for good, and the one above likewise. */
static bool is_better_place(const spn_answer_place *place, const spn_transition *row)
{
    if (!is_there(place) || row->seeds != place->seeds) {
        return !is_there(place) || row->seeds > place->seeds;
    }
    return row->kind == SPN_TRANSITION_SPINODAL_DOWN ? row->beta < place->beta
                                                     : row->beta > place->beta;
}

static void take_place(spn_answer_place *place, const spn_transition *row)
{
    double low = fmin(place->beta_low, row->beta_low); /* fmin, fmax: NaN does not count */
    double high = fmax(place->beta_high, row->beta_high);
    if (is_better_place(place, row)) {
        place->beta = row->beta;
        place->seeds = row->seeds;
    }
    place->beta_low = low;
    place->beta_high = high;
}

/* What an order rests on, the best first: an exponent says more than a jump, that more than two equal L. */
static int64_t rank_of(int64_t evidence)
{
    static const int64_t ranks[] = {[SPN_EVIDENCE_FOLD] = 0,       [SPN_EVIDENCE_BRANCH_POINT] = 0,
                                    [SPN_EVIDENCE_CONTINUOUS] = 0, [SPN_EVIDENCE_EXCHANGE] = 1,
                                    [SPN_EVIDENCE_KINK] = 1,       [SPN_EVIDENCE_JUMP] = 1,
                                    [SPN_EVIDENCE_CROSSING] = 2,   [SPN_EVIDENCE_TOUCH] = 3,
                                    [SPN_EVIDENCE_CONFLICT] = 3,   [SPN_EVIDENCE_UNRESOLVED] = 3};
    const int64_t count = sizeof ranks / sizeof *ranks;
    return evidence >= 0 && evidence < count ? ranks[evidence] : count;
}

/* Undecided places beside decided ones leave the order open only where they contradict: no order that is known is lost. */
static void take_row(spn_answer_entry *entry, const reading *r)
{
    const spn_transition *row = r->row;
    take_place(place_of(entry, row->kind), row);
    if (isfinite(row->order) && isnan(entry->order)) {
        entry->order = row->order;
        entry->evidence = row->evidence;
    } else if (isfinite(row->order) && entry->order != row->order) {
        entry->order = fmin(entry->order, row->order); /* it jumps somewhere: first */
        entry->evidence = entry->order == row->order ? row->evidence : entry->evidence;
    } else if (rank_of(row->evidence) < rank_of(entry->evidence)) {
        entry->evidence = row->evidence;
    }
    if (isfinite(row->jump) && !(row->jump <= entry->jump)) {
        entry->jump = row->jump;
        entry->before = r->below;
        entry->after = r->above;
    }
}

static spn_answer_entry start_entry(int64_t run, const reading *r)
{
    return (spn_answer_entry){.run = run,
                              .change = r->row->change,
                              .below = r->phase_below,
                              .above = r->phase_above,
                              .order = (double)NAN,
                              .up = nowhere,
                              .equal = nowhere,
                              .down = nowhere,
                              .continuous = nowhere,
                              .undecided = nowhere,
                              .before = r->below,
                              .after = r->above,
                              .jump = (double)NAN,
                              .evidence = r->row->evidence};
}

/* A transition of second order has no jump: what is left is the width of its bracket. */
static void finish_entry(spn_answer_entry *entry)
{
    double scale = spni_larger_square(entry->before.norm, entry->after.norm);
    entry->share = entry->order == 2 ? 0 : scale > 0 ? entry->jump / scale : 0;
    entry->share = fmin(entry->share, 1); /* rounding */
}

/* ---- Random starts ------------------------------------------------------------------------------- */

/* What a finding shows: the place of which entry, and who saw it. */
typedef struct sighting {
    int64_t entry, kind, seed;
} sighting;

static bool holds(const spn_answer_place *place, const spn_transition *row)
{
    return row->beta >= place->beta_low && row->beta <= place->beta_high;
}

static int64_t find_entry(spn_answer_entry *entries, int64_t count, const reading *r)
{
    for (int64_t i = 0; i < count; i++) {
        bool is_alike = is_accuracy(r->row) ? entries[i].change == SPN_CHANGE_ACCURACY
                                            : entries[i].change == r->row->change &&
                                                  spni_same_label(&entries[i].before, &r->below) &&
                                                  spni_same_label(&entries[i].after, &r->above);
        if (is_alike && entries[i].below == r->phase_below && entries[i].above == r->phase_above &&
            holds(place_of(&entries[i], r->row->kind), r->row)) {
            return i;
        }
    }
    return -1;
}

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

static spn_status count_starts(spn_context *context, spn_transitions *t, int64_t first,
                               int64_t count, const spni_strand *strands, const int64_t *groups,
                               spn_answer_entry *entries, int64_t entry_count)
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
        const reading r = read_row(&findings[i].row, count, strands, groups);
        int64_t entry = findings[i].seed >= 0 ? find_entry(entries, entry_count, &r) : -1;
        if (entry < 0) {
            continue;
        }
        seen[found] = (sighting){entry, findings[i].row.kind, findings[i].seed};
        place_of(&entries[entry], findings[i].row.kind)->seeds += is_new(seen, found, true);
        entries[entry].seeds += is_new(seen, found, false);
        found++;
    }
done:
    spn_release(context, seen);
    return status;
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

static spn_status enter_rows(spn_context *context, spn_transitions *t, int64_t run,
                             int64_t first_row, int64_t count, const spni_strand *strands,
                             const int64_t *groups, int64_t first_entry)
{
    spn_status status = SPN_OK;
    const spn_transition *rows = t->rows.items;
    for (int64_t i = first_row; i < t->rows.count; i++) {
        const reading r = read_row(&rows[i], count, strands, groups);
        int64_t at = t->answer_entries.count - 1;
        const spn_answer_entry *entries = t->answer_entries.items;
        while (at >= first_entry && !is_part(&entries[at], &r)) {
            at--;
        }
        if (at < first_entry) {
            const spn_answer_entry entry = start_entry(run, &r);
            SPN_TRY(spni_sequence_add(context, &t->answer_entries, &entry, sizeof entry));
            at = t->answer_entries.count - 1;
        }
        take_row((spn_answer_entry *)t->answer_entries.items + at, &r);
    }
done:
    return status;
}

spni_run_start spni_start_run(const spn_transitions *transitions)
{
    return (spni_run_start){transitions->rows.count, transitions->findings.count,
                            transitions->notes};
}

static spn_transition_notes notes_since(const spn_transition_notes *now,
                                        const spn_transition_notes *then)
{
    return (spn_transition_notes){.runs = 1,
                                  .unrefined = now->unrefined - then->unrefined,
                                  .relabelled = now->relabelled - then->relabelled,
                                  .unsettled = now->unsettled - then->unsettled,
                                  .quenched = now->quenched - then->quenched,
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

spn_status spni_answer_run(spn_context *context, spn_transitions *t, const spni_run_start *start,
                           int64_t seeds, double from, double to, int64_t count,
                           const spni_strand *strands)
{
    spn_status status = SPN_OK;
    const int64_t run = t->answers.count;
    int64_t *groups = NULL;
    run_answer made = {.answer = {.run = run,
                                  .beta_from = from,
                                  .beta_to = to,
                                  .seeds = seeds,
                                  .notes = notes_since(&t->notes, &start->notes),
                                  .undecided = count_undecided(t, start->row)},
                       .first_phase = t->answer_phases.count,
                       .first_entry = t->answer_entries.count};
    SPN_NEW(context, groups, count);
    SPN_TRY(spni_group_strands(context, t, run, start->row, count, strands, groups,
                               &made.answer.phase_count));
    SPN_TRY(enter_rows(context, t, run, start->row, count, strands, groups, made.first_entry));
    made.answer.entry_count = t->answer_entries.count - made.first_entry;
    spn_answer_entry *entries = (spn_answer_entry *)t->answer_entries.items + made.first_entry;
    if (made.answer.entry_count > 0) {
        SPN_TRY(count_starts(context, t, start->finding, count, strands, groups, entries,
                             made.answer.entry_count));
    }
    for (int64_t i = 0; i < made.answer.entry_count; i++) {
        finish_entry(&entries[i]);
        made.answer.accuracy_count += entries[i].change == SPN_CHANGE_ACCURACY;
    }
    sort_entries(entries, made.answer.entry_count);
    SPN_TRY(spni_sequence_add(context, &t->answers, &made, sizeof made));
done:
    spn_release(context, groups);
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
