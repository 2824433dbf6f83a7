/* SPDX-License-Identifier: MIT */
/* Which rows of the table of transitions are one transition.
 *
 * A transition of first order shows at up to three beta: where the phase above ends when beta falls (D), where L is equal
 * (M), where the phase below ends when beta rises (U); and D <= M <= U, since a phase that has just ended is not the lower
 * one. Between the same two phases there may be several transitions: at other beta, or of other minima of the same phases.
 * A row is a place between two strands. Between two places of one transition one stays on a strand, or hidden units change on
 * the way: then the strand of one place ends before it reaches the other place. Where it goes on past it, the other place is
 * that of another minimum. So pairs of rows are joined in this order:
 *
 *     1. the same place, seen under other labels: equal kind, intervals that overlap, equal states;
 *     2. places between the same two strands;
 *     3. places that share one strand, while those on the other side end in between;
 *     4. places that share none, all of which end, with no other place between these two phases in between;
 *
 * the nearest first, and never two places of one kind, or in the wrong order, in one entry. A transition of second order is
 * one place. What is undecided joins the place that its interval overlaps. */
#include "transition/answer.h"

#include <math.h>
#include <stdlib.h>

static const spn_answer_place nowhere = {(double)NAN, (double)NAN, (double)NAN, 0};

static bool is_there(const spn_answer_place *place)
{
    return isfinite(place->beta);
}

spn_answer_place *spni_place_of(spn_answer_entry *entry, int64_t kind)
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

/* ---- Two rows ------------------------------------------------------------------------------------ */

static bool is_accuracy(const spni_reading *r)
{
    return r->row->change == SPN_CHANGE_ACCURACY;
}

/* Between the same two phases; inside one phase between the same labels. */
static bool is_alike(const spni_reading *a, const spni_reading *b)
{
    return is_accuracy(a) == is_accuracy(b) && a->phase_below == b->phase_below &&
           a->phase_above == b->phase_above &&
           (is_accuracy(a) || (spni_same_label(&a->sides.below, &b->sides.below) &&
                               spni_same_label(&a->sides.above, &b->sides.above)));
}

static bool is_known(const spni_reading *r)
{
    return r->phase_below >= 0 && r->phase_above >= 0;
}

/* A millionth more, as for rows: what solvers leave in the last steps of a bisection. */
static bool overlaps(const spn_transition *a, const spn_transition *b)
{
    const double slack = 1e-6 * fmax(fabs(a->beta), fabs(b->beta));
    return a->beta_low <= b->beta_high + slack && b->beta_low <= a->beta_high + slack;
}

/* States of two ends that are one: a hundredth, since |theta| goes like the root of the distance to an end. */
static bool is_near(const spn_side *a, const spn_side *b)
{
    const double near = 1e-2;
    return fabs(a->error - b->error) <= near * fmax(fabs(a->error), fabs(b->error)) &&
           fabs(a->norm - b->norm) <= near * fmax(a->norm, b->norm);
}

static bool is_same_place(const spni_reading *a, const spni_reading *b)
{
    return a->row->kind == b->row->kind && a->row->kind != SPN_TRANSITION_UNDECIDED &&
           overlaps(a->row, b->row) && is_near(&a->sides.below, &b->sides.below) &&
           is_near(&a->sides.above, &b->sides.above);
}

/* Rank of a place on the way up in beta; 0: it is none of first order. */
static int64_t rank_of_place(int64_t kind)
{
    return kind == SPN_TRANSITION_SPINODAL_DOWN ? 1
           : kind == SPN_TRANSITION_MAXWELL     ? 2
           : kind == SPN_TRANSITION_SPINODAL_UP ? 3
                                                : 0;
}

/* May both be in one entry? */
static bool fits(const spni_reading *a, const spni_reading *b)
{
    const int64_t first = rank_of_place(a->row->kind), second = rank_of_place(b->row->kind);
    if (!is_alike(a, b)) {
        return false;
    }
    if (isnan(a->row->order) || isnan(b->row->order)) {
        return true; /* an interval: it says nothing of the order of places */
    }
    if (a->row->kind == b->row->kind) {
        return is_same_place(a, b);
    }
    const double width =
        fmax(a->row->beta_high - a->row->beta_low, b->row->beta_high - b->row->beta_low);
    const double rise = first < second ? b->row->beta - a->row->beta : a->row->beta - b->row->beta;
    return first > 0 && second > 0 && is_known(a) && rise >= -width;
}

/* ---- Pairs that may be joined -------------------------------------------------------------------- */

typedef enum bond { BOND_NONE, BOND_PHASES, BOND_STRAND, BOND_STRANDS, BOND_PLACE } bond;

typedef struct rows_pair {
    int64_t a, b;
    bond bond;
    double distance;
} rows_pair;

static bool reaches(const spni_strand *strand, const spn_transition *row)
{
    const double slack = row->beta_high - row->beta_low + 1e-6 * fabs(row->beta);
    return strand->nodes.count > 0 && spni_strand_low(strand) < row->beta - slack &&
           spni_strand_high(strand) > row->beta + slack;
}

/* Is the strand of one row the same as that of the other, or does each end before the other's place? */
static bool leads_on(const spni_strand *strands, int64_t a, int64_t b, const spni_reading *of_a,
                     const spni_reading *of_b)
{
    return a == b || (a >= 0 && b >= 0 && !reaches(&strands[a], of_b->row) &&
                      !reaches(&strands[b], of_a->row));
}

static bond find_bond(const spni_strand *strands, const spni_reading *a, const spni_reading *b)
{
    const bool is_open = isnan(a->row->order) || isnan(b->row->order);
    if (!fits(a, b)) {
        return BOND_NONE;
    }
    if (is_open) {
        return overlaps(a->row, b->row) ? BOND_PHASES : BOND_NONE;
    }
    if (is_same_place(a, b)) {
        return BOND_PLACE;
    }
    if (!leads_on(strands, a->sides.strand_below, b->sides.strand_below, a, b) ||
        !leads_on(strands, a->sides.strand_above, b->sides.strand_above, a, b)) {
        return BOND_NONE;
    }
    const int shared = (a->sides.strand_below == b->sides.strand_below) +
                       (a->sides.strand_above == b->sides.strand_above);
    return shared == 2 ? BOND_STRANDS : shared == 1 ? BOND_STRAND : BOND_PHASES;
}

static int compare_pairs(const void *a, const void *b)
{
    const rows_pair *x = a, *y = b;
    if (x->bond != y->bond) {
        return x->bond > y->bond ? -1 : 1;
    }
    if (x->distance != y->distance) {
        return x->distance < y->distance ? -1 : 1;
    }
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return (x->b > y->b) - (x->b < y->b);
}

/* Two passes over all pairs: count, then keep. */
static spn_status find_pairs(spn_context *context, const spni_strand *strands, int64_t count,
                             const spni_reading *rows, int64_t *found, rows_pair **out)
{
    spn_status status = SPN_OK;
    for (int pass = 0; pass < 2; pass++) {
        int64_t at = 0;
        for (int64_t j = 0; j < count; j++) {
            for (int64_t i = 0; i < j; i++) {
                const bond strength = find_bond(strands, &rows[i], &rows[j]);
                if (strength != BOND_NONE && pass == 1) {
                    const double distance = fabs(rows[i].row->beta - rows[j].row->beta);
                    (*out)[at] = (rows_pair){i, j, strength, distance};
                }
                at += strength != BOND_NONE;
            }
        }
        if (pass == 0) {
            SPN_NEW(context, *out, at);
            *found = at;
        }
    }
    qsort(*out, (size_t)*found, sizeof **out, compare_pairs);
done:
    return status;
}

/* ---- Joining ------------------------------------------------------------------------------------- */

/* Does another place between the same two phases lie between the places of a and b? */
static bool is_between(int64_t count, const spni_reading *rows, const int64_t *entry_of, int64_t a,
                       int64_t b)
{
    const double low = fmin(rows[a].row->beta, rows[b].row->beta);
    const double high = fmax(rows[a].row->beta, rows[b].row->beta);
    for (int64_t i = 0; i < count; i++) {
        if (entry_of[i] != entry_of[a] && entry_of[i] != entry_of[b] &&
            rank_of_place(rows[i].row->kind) > 0 && is_alike(&rows[i], &rows[a]) &&
            rows[i].row->beta > low && rows[i].row->beta < high) {
            return true;
        }
    }
    return false;
}

static bool can_join(int64_t count, const spni_reading *rows, const int64_t *entry_of,
                     const rows_pair *pair)
{
    const int64_t a = entry_of[pair->a], b = entry_of[pair->b];
    if (a == b) {
        return false;
    }
    if (pair->bond == BOND_PHASES && is_between(count, rows, entry_of, pair->a, pair->b)) {
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < count && entry_of[i] == a; j++) {
            if (entry_of[j] == b && !fits(&rows[i], &rows[j])) {
                return false;
            }
        }
    }
    return true;
}

static void join_pairs(int64_t count, const spni_reading *rows, int64_t pair_count,
                       const rows_pair *pairs, int64_t *entry_of)
{
    for (int64_t i = 0; i < count; i++) {
        entry_of[i] = i;
    }
    for (int64_t k = 0; k < pair_count; k++) {
        if (can_join(count, rows, entry_of, &pairs[k])) {
            const int64_t from = entry_of[pairs[k].b], to = entry_of[pairs[k].a];
            for (int64_t i = 0; i < count; i++) {
                entry_of[i] = entry_of[i] == from ? to : entry_of[i];
            }
        }
    }
}

/* ---- Entries ------------------------------------------------------------------------------------- */

/* Of rows at one place the one that most random starts saw speaks for it. */
static void take_place(spn_answer_place *place, const spn_transition *row)
{
    if (!is_there(place) || row->seeds > place->seeds) {
        place->beta = row->beta;
        place->seeds = row->seeds;
    }
    place->beta_low = fmin(place->beta_low, row->beta_low); /* fmin, fmax: NaN does not count */
    place->beta_high = fmax(place->beta_high, row->beta_high);
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

/* What is read of both sides: of the decided place where |theta|^2 changes most; of undecided ones where there is no other. */
static bool is_better_reading(const spn_answer_entry *entry, const spn_transition *row)
{
    const bool was_open = entry->read == SPN_TRANSITION_UNDECIDED;
    const bool is_open = row->kind == SPN_TRANSITION_UNDECIDED;
    if (was_open != is_open) {
        return was_open;
    }
    return isfinite(row->jump) && !(row->jump <= entry->jump);
}

static void take_row(spn_answer_entry *entry, const spni_reading *r)
{
    const spn_transition *row = r->row;
    take_place(spni_place_of(entry, row->kind), row);
    entry->order = isnan(entry->order) ? row->order : entry->order;
    entry->evidence =
        rank_of(row->evidence) < rank_of(entry->evidence) ? row->evidence : entry->evidence;
    if (is_better_reading(entry, row)) {
        entry->jump = row->jump;
        entry->before = r->sides.below;
        entry->after = r->sides.above;
        entry->read = row->kind;
        entry->beta_before = r->sides.beta_below;
        entry->beta_after = r->sides.beta_above;
    }
}

static spn_answer_entry start_entry(int64_t run, const spni_reading *r)
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
                              .before = r->sides.below,
                              .after = r->sides.above,
                              .read = r->row->kind,
                              .beta_before = r->sides.beta_below,
                              .beta_after = r->sides.beta_above,
                              .jump = (double)NAN,
                              .evidence = r->row->evidence};
}

/* A transition of second order has no jump: what is left is the width of its bracket. */
static void finish_entry(spn_answer_entry *entry)
{
    double scale = spni_larger_square(entry->before.norm, entry->after.norm);
    entry->share = entry->order == 2 ? 0 : scale > 0 ? entry->jump / scale : 0;
    entry->share =
        entry->share > 1 ? 1 : entry->share; /* rounding; NaN where one side is not known */
}

/* Entries in the order of their first rows. */
static spn_status make_entries(spn_context *context, spn_transitions *t, int64_t run, int64_t count,
                               const spni_reading *rows, int64_t *entry_of)
{
    spn_status status = SPN_OK;
    const int64_t first = t->answer_entries.count;
    int64_t *numbers = NULL; /* of the entry that each group of rows has become; -1: none yet */
    SPN_NEW(context, numbers, count);
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = -1;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t group = entry_of[i];
        if (numbers[group] < 0) {
            const spn_answer_entry entry = start_entry(run, &rows[i]);
            SPN_TRY(spni_sequence_add(context, &t->answer_entries, &entry, sizeof entry));
            numbers[group] = t->answer_entries.count - 1 - first;
        }
        entry_of[i] = numbers[group];
        take_row((spn_answer_entry *)t->answer_entries.items + first + numbers[group], &rows[i]);
    }
    for (int64_t i = first; i < t->answer_entries.count; i++) {
        finish_entry((spn_answer_entry *)t->answer_entries.items + i);
    }
done:
    spn_release(context, numbers);
    return status;
}

spn_status spni_enter_rows(spn_context *context, spn_transitions *t, int64_t run,
                           const spni_strand *strands, int64_t count, const spni_reading *rows,
                           int64_t *entry_of)
{
    spn_status status = SPN_OK;
    rows_pair *pairs = NULL;
    int64_t pair_count = 0;
    SPN_TRY(find_pairs(context, strands, count, rows, &pair_count, &pairs));
    join_pairs(count, rows, pair_count, pairs, entry_of);
    SPN_TRY(make_entries(context, t, run, count, rows, entry_of));
done:
    spn_release(context, pairs);
    return status;
}
