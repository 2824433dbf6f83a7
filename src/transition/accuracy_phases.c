/* SPDX-License-Identifier: MIT */
/* Strands that differ in nothing but their hidden units are one accuracy phase; where each phase is a minimum and where
 * it is the best. */
#include "transition/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which strands a row lies between ------------------------------------------------------------ */

static double squared(double x)
{
    return x * x;
}

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

/* The side's L and |theta|^2 beside those of a strand, as a share of L; infinite where the strand does not reach beta. */
static double mismatch(const spni_strand *strand, const spn_side *side, double beta, double reach)
{
    if (strand->nodes.count == 0) {
        return (double)INFINITY;
    }
    double at = clamp(beta, spni_strand_low(strand), spni_strand_high(strand));
    if (fabs(at - beta) > reach) {
        return (double)INFINITY;
    }
    const spn_side other = spni_strand_at(strand, at, NULL);
    double scale = fmax(fabs(side->loss), fabs(other.loss));
    double gap = fabs(side->loss - other.loss) +
                 fabs(beta) * fabs(squared(side->norm) - squared(other.norm));
    return scale > 0 ? gap / scale : gap;
}

static double extent(const spni_strand *strand, double beta, bool is_below)
{
    return is_below ? beta - spni_strand_low(strand) : spni_strand_high(strand) - beta;
}

/* Where phases go over into each other continuously several are alike: the one that goes on to this side. */
static int64_t find_strand(int64_t count, const spni_strand *strands, const spn_side *side,
                           double beta, double width, bool is_below)
{
    const double alike = 1e-7;
    double reach = 2 * width + 1e-6 * fabs(beta), least = (double)INFINITY;
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++) {
        least = fmin(least, mismatch(&strands[i], side, beta, reach));
    }
    for (int64_t i = 0; i < count && isfinite(least); i++) {
        if (mismatch(&strands[i], side, beta, reach) <= least + alike &&
            (best < 0 ||
             extent(&strands[i], beta, is_below) > extent(&strands[best], beta, is_below))) {
            best = i;
        }
    }
    return best;
}

/* |theta|^2 never rises with beta on the way through a transition upwards: this tells the direction of a row that could
 * not be judged. */
static bool is_downwards(const spn_transition *row)
{
    return row->kind == SPN_TRANSITION_SPINODAL_DOWN ||
           (row->kind == SPN_TRANSITION_UNDECIDED && row->after.norm > row->before.norm);
}

spni_sides spni_find_sides(const spn_transition *row, int64_t count, const spni_strand *strands)
{
    bool is_down = is_downwards(row), is_maxwell = row->kind == SPN_TRANSITION_MAXWELL;
    double width = row->beta_high - row->beta_low;
    spni_sides out = {.below = is_down ? row->after : row->before,
                      .above = is_down ? row->before : row->after,
                      .beta_below = is_maxwell ? row->beta : row->beta_low,
                      .beta_above = is_maxwell ? row->beta : row->beta_high};
    out.strand_below = find_strand(count, strands, &out.below, out.beta_below, width, true);
    out.strand_above = find_strand(count, strands, &out.above, out.beta_above, width, false);
    return out;
}

/* ---- Groups -------------------------------------------------------------------------------------- */

static int64_t root_of(int64_t *parents, int64_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

static void join(int64_t *parents, int64_t a, int64_t b)
{
    parents[root_of(parents, a)] = root_of(parents, b);
}

/* Going from one to the other, where both are known, changes nothing that the network computes. */
static bool computes_alike(const spni_strand *a, const spni_strand *b, double error_range)
{
    if (a->nodes.count == 0 || b->nodes.count == 0) {
        return false;
    }
    double low = fmax(spni_strand_low(a), spni_strand_low(b));
    double high = fmin(spni_strand_high(a), spni_strand_high(b));
    if (!(low < high)) {
        return false;
    }
    double middle = 0.5 * (low + high);
    const spn_transition change = {.order = 1,
                                   .before = spni_strand_at(a, middle, NULL),
                                   .after = spni_strand_at(b, middle, NULL)};
    return change.before.active_modes >= 0 && change.after.active_modes >= 0 &&
           spni_change(&change, error_range) != SPN_CHANGE_ACCURACY;
}

static void join_strands(spn_transitions *t, int64_t first_row, int64_t count,
                         const spni_strand *strands, int64_t *parents)
{
    const spn_transition *rows = t->rows.items;
    for (int64_t i = first_row; i < t->rows.count; i++) {
        bool is_labelled = rows[i].before.active_modes >= 0 && rows[i].after.active_modes >= 0;
        if (rows[i].change == SPN_CHANGE_ACCURACY || !is_labelled) {
            continue;
        }
        const spni_sides sides = spni_find_sides(&rows[i], count, strands);
        if (sides.strand_below >= 0 && sides.strand_above >= 0) {
            join(parents, sides.strand_below, sides.strand_above);
        }
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (computes_alike(&strands[i], &strands[j], t->error_range)) {
                join(parents, i, j);
            }
        }
    }
}

/* ---- Windows ------------------------------------------------------------------------------------- */

static const spn_side *middle_of(const spni_strand *strand)
{
    int64_t count = 0;
    const spni_strand_node *nodes = spni_strand_nodes(strand, &count), *best = nodes;
    double centre = 0.5 * (nodes[0].beta + nodes[count - 1].beta);
    for (int64_t i = 1; i < count; i++) {
        best = fabs(nodes[i].beta - centre) < fabs(best->beta - centre) ? &nodes[i] : best;
    }
    return &best->side;
}

static void label(spn_side *side, const spn_side *like)
{
    side->active_modes = like->active_modes;
    side->merged_units = like->merged_units;
    side->dead_units = like->dead_units;
}

/* Take a strand of the group into its window. `longest`: of those so far, whose labels count. */
static void widen(spn_answer_phase *phase, const spni_strand *strand, double *longest)
{
    double low = spni_strand_low(strand), high = spni_strand_high(strand);
    int64_t count = 0;
    const spni_strand_node *nodes = spni_strand_nodes(strand, &count);
    const spn_side named = *longest < 0 ? nodes[0].side : phase->low;
    if (*longest < 0 || low < phase->beta_low ||
        (low == phase->beta_low && nodes[0].side.loss < phase->low.loss)) {
        phase->low = nodes[0].side;
        phase->ends_low = strand->ends_low;
        phase->beta_low = low;
    }
    if (*longest < 0 || high > phase->beta_high ||
        (high == phase->beta_high && nodes[count - 1].side.loss < phase->high.loss)) {
        phase->high = nodes[count - 1].side;
        phase->ends_high = strand->ends_high;
        phase->beta_high = high;
    }
    const spn_side *like = high - low > *longest ? middle_of(strand) : &named;
    label(&phase->low, like);
    label(&phase->high, like);
    *longest = fmax(*longest, high - low);
}

static bool has_seed_before(const spni_strand *strands, const int64_t *groups, int64_t at,
                            int64_t seed)
{
    for (int64_t i = 0; i < at; i++) {
        const int64_t *seeds = strands[i].seeds.items;
        for (int64_t k = 0; groups[i] == groups[at] && k < strands[i].seeds.count; k++) {
            if (seeds[k] == seed) {
                return true;
            }
        }
    }
    return false;
}

static int64_t count_seeds(int64_t count, const spni_strand *strands, const int64_t *groups,
                           int64_t group)
{
    int64_t seeds = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t *its = strands[i].seeds.items;
        for (int64_t k = 0; groups[i] == group && k < strands[i].seeds.count; k++) {
            seeds += !has_seed_before(strands, groups, i, its[k]);
        }
    }
    return seeds;
}

static spn_answer_phase describe(int64_t run, int64_t count, const spni_strand *strands,
                                 const int64_t *groups, int64_t group)
{
    spn_answer_phase phase = {
        .run = run, .twin = -1, .best_low = (double)NAN, .best_high = (double)NAN};
    double longest = -1;
    for (int64_t i = 0; i < count; i++) {
        if (groups[i] == group) {
            widen(&phase, &strands[i], &longest);
        }
    }
    phase.seeds = count_seeds(count, strands, groups, group);
    return phase;
}

/* ---- Where a phase is the best ------------------------------------------------------------------- */

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Group of the smallest L at beta; -1: none is known there. */
static int64_t best_at(int64_t count, const spni_strand *strands, const int64_t *groups,
                       double beta)
{
    double least = (double)INFINITY;
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++) {
        if (strands[i].nodes.count > 0 && beta >= spni_strand_low(&strands[i]) &&
            beta <= spni_strand_high(&strands[i])) {
            double loss = spni_strand_at(&strands[i], beta, NULL).loss;
            if (loss < least) {
                least = loss;
                best = groups[i];
            }
        }
    }
    return best;
}

static void take_range(spn_answer_phase *phase, double low, double high)
{
    phase->best_ranges++;
    if (!(high - low <= phase->best_high - phase->best_low)) {
        phase->best_low = low;
        phase->best_high = high;
    }
}

/* The phase is a minimum at beta, but there none of its strands is known: hidden units merged between two points. */
static bool is_hole(const spn_answer_phase *phase, int64_t group, int64_t count,
                    const spni_strand *strands, const int64_t *groups, double beta)
{
    bool is_known = false;
    for (int64_t i = 0; i < count; i++) {
        is_known = is_known ||
                   (groups[i] == group && strands[i].nodes.count > 0 &&
                    beta >= spni_strand_low(&strands[i]) && beta <= spni_strand_high(&strands[i]));
    }
    return !is_known && beta > phase->beta_low && beta < phase->beta_high;
}

/* L of two strands cross at Maxwell points only: between these and the ends of strands one phase is the best, whichever
 * is so in the middle. Where none is known, between the bracket's ends of a jump, its halves go to the neighbours; in
 * a hole of the best phase no other takes its place. */
static void find_best(int64_t breaks, const double *at, int64_t count, const spni_strand *strands,
                      const int64_t *groups, spn_answer_phase *phases)
{
    int64_t best = -1;
    double low = (double)NAN, seen = (double)NAN;
    for (int64_t i = 0; i + 1 < breaks; i++) {
        const double middle = 0.5 * (at[i] + at[i + 1]);
        const int64_t next = best_at(count, strands, groups, middle);
        const bool is_unknown =
            next < 0 || (best >= 0 && next != best &&
                         is_hole(&phases[best], best, count, strands, groups, middle));
        if (at[i] == at[i + 1] || is_unknown) {
            continue;
        }
        double from = best >= 0 ? 0.5 * (seen + at[i]) : at[i];
        if (next != best) {
            if (best >= 0) {
                take_range(&phases[best], low, from);
            }
            best = next;
            low = from;
        }
        seen = at[i + 1];
    }
    if (best >= 0) {
        take_range(&phases[best], low, seen);
    }
}

static spn_status add_best(spn_context *context, const spn_transitions *t, int64_t first_row,
                           int64_t count, const spni_strand *strands, const int64_t *groups,
                           spn_answer_phase *phases)
{
    spn_status status = SPN_OK;
    const spn_transition *rows = t->rows.items;
    double *at = NULL;
    int64_t breaks = 0;
    SPN_NEW(context, at, 2 * count + t->rows.count - first_row);
    for (int64_t i = 0; i < count; i++) {
        if (strands[i].nodes.count > 0) {
            at[breaks++] = spni_strand_low(&strands[i]);
            at[breaks++] = spni_strand_high(&strands[i]);
        }
    }
    for (int64_t i = first_row; i < t->rows.count; i++) {
        if (rows[i].evidence == SPN_EVIDENCE_CROSSING || rows[i].evidence == SPN_EVIDENCE_TOUCH) {
            at[breaks++] = rows[i].beta;
        }
    }
    qsort(at, (size_t)breaks, sizeof *at, compare_reals);
    find_best(breaks, at, count, strands, groups, phases);
done:
    spn_release(context, at);
    return status;
}

/* ---- All of them --------------------------------------------------------------------------------- */

/* In the order in which they end when beta rises; of those that last as long the one that has learned more. */
static bool comes_before(const spn_answer_phase *a, const spn_answer_phase *b)
{
    return a->beta_high != b->beta_high ? a->beta_high < b->beta_high
                                        : a->high.error < b->high.error;
}

/* Groups from the roots of their strands, numbered as they are met. */
static int64_t number_roots(int64_t count, const spni_strand *strands, int64_t *parents,
                            int64_t *groups)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        groups[i] = -1;
        for (int64_t j = 0; j < i && groups[i] < 0; j++) {
            if (root_of(parents, j) == root_of(parents, i)) {
                groups[i] = groups[j];
            }
        }
        if (groups[i] < 0 && strands[i].nodes.count > 0) {
            groups[i] = found++;
        }
    }
    return found;
}

/* Put them in order; strands follow. */
static void sort_phases(int64_t found, spn_answer_phase *phases, int64_t count, int64_t *groups)
{
    for (int64_t i = 1; i < found; i++) {
        for (int64_t k = i; k > 0 && comes_before(&phases[k], &phases[k - 1]); k--) {
            const spn_answer_phase swap = phases[k];
            phases[k] = phases[k - 1];
            phases[k - 1] = swap;
            for (int64_t s = 0; s < count; s++) {
                groups[s] += groups[s] == k ? -1 : groups[s] == k - 1 ? 1 : 0;
            }
        }
    }
}

static bool is_called_alike(const spn_answer_phase *a, const spn_answer_phase *b)
{
    char first[64], second[64];
    const spn_answer_phase plain_a = {.twin = -1, .low = a->low},
                           plain_b = {.twin = -1, .low = b->low};
    return strcmp(spn_answer_phase_name(&plain_a, first, sizeof first),
                  spn_answer_phase_name(&plain_b, second, sizeof second)) == 0;
}

static void name_twins(int64_t found, spn_answer_phase *phases)
{
    for (int64_t i = 0; i < found; i++) {
        int64_t before = 0, alike = 0;
        for (int64_t k = 0; k < found; k++) {
            bool is_twin = is_called_alike(&phases[i], &phases[k]);
            alike += is_twin;
            before += is_twin && k < i;
        }
        phases[i].phase = i;
        phases[i].twin = alike > 1 ? before : -1;
    }
}

spn_status spni_group_strands(spn_context *context, spn_transitions *t, int64_t run,
                              int64_t first_row, int64_t count, const spni_strand *strands,
                              int64_t *groups, int64_t *found)
{
    spn_status status = SPN_OK;
    int64_t *parents = NULL;
    spn_answer_phase *phases = NULL;
    SPN_NEW(context, parents, count);
    for (int64_t i = 0; i < count; i++) {
        parents[i] = i;
    }
    join_strands(t, first_row, count, strands, parents);
    *found = number_roots(count, strands, parents, groups);
    SPN_NEW(context, phases, *found);
    for (int64_t i = 0; i < *found; i++) {
        phases[i] = describe(run, count, strands, groups, i);
    }
    sort_phases(*found, phases, count, groups);
    SPN_TRY(add_best(context, t, first_row, count, strands, groups, phases));
    name_twins(*found, phases);
    for (int64_t i = 0; i < *found; i++) {
        SPN_TRY(spni_sequence_add(context, &t->answer_phases, &phases[i], sizeof *phases));
    }
done:
    spn_release(context, parents);
    spn_release(context, phases);
    return status;
}

const char *spn_answer_phase_name(const spn_answer_phase *phase, char *buffer, size_t size)
{
    spn_side plain = phase->low;
    /* units merge and split inside a phase */
    if (!spn_is_trivial(plain.active_modes, plain.dead_units)) {
        plain.merged_units = plain.dead_units = 0;
    }
    spn_side_label(&plain, buffer, size);
    if (phase->twin >= 0) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, " (%c)", (char)('a' + phase->twin % 26));
    }
    return buffer;
}
