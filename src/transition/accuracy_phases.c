/* SPDX-License-Identifier: MIT */
/* Accuracy phases: where each is a minimum and where it is the best. */
#include "transition/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Within the bracket of a bisection, which is a millionth of beta wide, the phase that ends is not known: whatever else is
 * known there is not the best for that. */
static const double narrowest = 2e-6;

/* Is nothing known between two breaks, nor beyond the last one? A bracket belongs to its jump. */
static bool is_gap(int64_t count, const spni_strand *strands, const int64_t *groups, double low,
                   double high)
{
    const double middle = 0.5 * (low + high);
    return low == high ||
           (high - low > narrowest * fabs(middle) && best_at(count, strands, groups, middle) < 0);
}

/* A phase that was seen at one point, with nothing known on either side, as on a grid whose steps all jump; -1: it is none. */
static int64_t lone_at(int64_t breaks, const double *at, int64_t i, int64_t count,
                       const spni_strand *strands, const int64_t *groups)
{
    int64_t before = i, behind = i + 1;
    while (before > 0 && at[before] == at[i]) {
        before--;
    }
    while (behind + 1 < breaks && at[behind] == at[i]) {
        behind++;
    }
    return at[i] == at[i + 1] && is_gap(count, strands, groups, at[before], at[i]) &&
                   is_gap(count, strands, groups, at[i], at[behind])
               ? best_at(count, strands, groups, at[i])
               : -1;
}

/* L of two strands cross at Maxwell points only: between these and the ends of strands one phase is the best, whichever
 * is so in the middle. Where none is known, between the bracket's ends of a jump, its halves go to the neighbours; in
 * a hole of the best phase no other takes its place. A lone point is all that is known around it, as of a run at one beta. */
static void find_best(int64_t breaks, const double *at, int64_t count, const spni_strand *strands,
                      const int64_t *groups, spn_answer_phase *phases)
{
    int64_t best = -1;
    double low = (double)NAN, seen = (double)NAN;
    for (int64_t i = 0; i + 1 < breaks; i++) {
        const double middle = 0.5 * (at[i] + at[i + 1]);
        const int64_t lone = lone_at(breaks, at, i, count, strands, groups);
        const int64_t next = lone >= 0 ? lone : best_at(count, strands, groups, middle);
        const bool is_unknown =
            next < 0 || (best >= 0 && next != best &&
                         is_hole(&phases[best], best, count, strands, groups, middle));
        const bool is_bracket = at[i + 1] - at[i] <= narrowest * fabs(middle);
        if (lone < 0 && (is_bracket || is_unknown)) {
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

spn_status spni_describe_phases(spn_context *context, spn_transitions *t, int64_t run,
                                int64_t first_row, int64_t count, const spni_strand *strands,
                                int64_t *groups, int64_t found)
{
    spn_status status = SPN_OK;
    spn_answer_phase *phases = NULL;
    SPN_NEW(context, phases, found);
    for (int64_t i = 0; i < found; i++) {
        phases[i] = describe(run, count, strands, groups, i);
    }
    sort_phases(found, phases, count, groups);
    SPN_TRY(add_best(context, t, first_row, count, strands, groups, phases));
    name_twins(found, phases);
    for (int64_t i = 0; i < found; i++) {
        SPN_TRY(spni_sequence_add(context, &t->answer_phases, &phases[i], sizeof *phases));
    }
done:
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
