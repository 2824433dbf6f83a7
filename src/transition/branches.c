/* SPDX-License-Identifier: MIT */
/* Transitions of a set of branches: ends of phases at folds and branch points, and Maxwell points. */
#include "transition/answer.h"

#include <math.h>
#include <stdlib.h>

typedef struct chart {
    spn_context *context;
    spn_transitions *transitions;
    const spn_branch_tables *tables;
    int64_t run;
    double length;        /* the largest |theta| of all phases: what lengths are compared with */
    spni_strand *strands; /* one a phase */
    double *distances, *values, *susceptibilities;
} chart;

static double longest(const spn_phase_record *phase)
{
    return fmax(phase->low.weight_norm, phase->high.weight_norm);
}

static const spn_special_record *find_special(const chart *c, int64_t number)
{
    for (int64_t i = 0; i < c->tables->special_count; i++) {
        if (c->tables->specials[i].special == number) {
            return &c->tables->specials[i];
        }
    }
    return NULL;
}

/* Its susceptibility is that of the closest point of the way to it: large at a fold. */
static spn_side side_of_special(const chart *c, const spn_special_record *s)
{
    double chi = (double)NAN, closest = (double)INFINITY;
    for (int64_t i = 0; i < c->tables->approach_count; i++) {
        const spn_branch_approach *a = &c->tables->approach[i];
        if (a->jump == s->special && a->distance > 0 && a->distance < closest) {
            closest = a->distance;
            chi = a->susceptibility;
        }
    }
    spn_side side = spni_side_of(&s->state, 0);
    side.susceptibility = chi;
    return side;
}

/* A phase's labels hold for all of it: points next to its ends may carry those of the other side. */
static spn_side label(spn_side side, const spn_phase_record *phase)
{
    side.active_modes = phase->middle.active_modes;
    side.merged_units = phase->middle.merged_units;
    side.dead_units = phase->middle.dead_units;
    return side;
}

static spn_status make_strands(chart *c)
{
    spn_status status = SPN_OK;
    const spn_branch_tables *t = c->tables;
    for (int64_t i = 0; i < t->point_count; i++) {
        int64_t phase = t->points[i].phase;
        if (phase < 0) {
            continue;
        }
        if (phase >= t->phase_count || !isfinite(t->points[i].state.beta)) {
            SPN_FAIL(c->context, SPN_ERROR_INPUT, "row %lld of points: %s", (long long)i,
                     phase >= t->phase_count ? "there is no such phase" : "beta is not a number");
        }
        const spn_side side = label(
            spni_side_of(&t->points[i].state, t->points[i].critical_eigenvalue), &t->phases[phase]);
        const spni_blur blur = spni_blur_of(&t->points[i].state);
        SPN_TRY(
            spni_strand_add(c->context, &c->strands[phase], t->points[i].state.beta, &side, &blur));
    }
    for (int64_t i = 0; i < t->phase_count; i++) {
        const int64_t ends[] = {t->phases[i].special_low, t->phases[i].special_high};
        for (int k = 0; k < 2; k++) {
            const spn_special_record *s = ends[k] >= 0 ? find_special(c, ends[k]) : NULL;
            if (s != NULL && isfinite(s->beta)) {
                bool *has_end = k == 0 ? &c->strands[i].ends_low : &c->strands[i].ends_high;
                *has_end = true;
                const spn_side side = label(side_of_special(c, s), &t->phases[i]);
                SPN_TRY(spni_strand_add(c->context, &c->strands[i], s->beta, &side, NULL));
            }
        }
    }
done:
    return status;
}

static bool covers(const chart *c, int64_t phase, double beta)
{
    if (phase < 0 || phase >= c->tables->phase_count) {
        return false;
    }
    const spni_strand *strand = &c->strands[phase];
    return strand->nodes.count > 0 && beta >= spni_strand_low(strand) &&
           beta <= spni_strand_high(strand);
}

/* Where a first-order end leads to: of the phases with less L there the one that differs in the fewest active
 * modes, then the nearest in |theta|^2. */
static int64_t find_next(const chart *c, int64_t phase, double beta, double loss)
{
    const spn_phase_record *phases = c->tables->phases;
    int64_t best = -1, least = 0;
    double nearest = 0, own = spni_strand_at(&c->strands[phase], beta, NULL).norm;
    for (int64_t i = 0; i < c->tables->phase_count; i++) {
        if (i == phase || !covers(c, i, beta)) {
            continue;
        }
        spn_side side = spni_strand_at(&c->strands[i], beta, NULL);
        int64_t steps = llabs(phases[i].middle.active_modes - phases[phase].middle.active_modes);
        double distance = fabs(side.norm - own);
        if (side.loss < loss &&
            (best < 0 || steps < least || (steps == least && distance < nearest))) {
            best = i;
            least = steps;
            nearest = distance;
        }
    }
    return best;
}

/* What a continuous end goes over into: the phase that has the same special point, or one at the same place, as
 * its end on the other side. */
static int64_t find_partner(const chart *c, int64_t phase, const spn_special_record *s,
                            bool is_high)
{
    int64_t best = -1;
    double nearest = (double)INFINITY;
    for (int64_t i = 0; i < c->tables->phase_count; i++) {
        const spn_phase_record *p = &c->tables->phases[i];
        int64_t end = is_high ? p->special_low : p->special_high;
        const spn_special_record *other = end >= 0 ? find_special(c, end) : NULL;
        if (i == phase || other == NULL ||
            fabs(other->beta - s->beta) > 1e-6 * fabs(s->beta) + (s->beta_high - s->beta_low)) {
            continue;
        }
        double distance = fabs(other->state.weight_norm - s->state.weight_norm) +
                          (other != s ? 1e-9 * c->length : 0);
        if (distance < nearest && distance <= 1e-3 * c->length) {
            nearest = distance;
            best = i;
        }
    }
    return best;
}

static spn_status fit_approach(chart *c, const spn_special_record *s, spn_transition *row)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    double width = row->beta_high - row->beta_low, closest = (double)INFINITY;
    for (int64_t i = 0; i < c->tables->approach_count; i++) {
        const spn_branch_approach *a = &c->tables->approach[i];
        if (a->jump == s->special) {
            c->distances[count] = a->distance;
            c->values[count] = a->eigenvalue;
            c->susceptibilities[count++] = a->susceptibility;
            if (a->distance > 0 && a->distance < closest) {
                closest = a->distance;
                row->before.susceptibility = a->susceptibility;
                row->before.eigenvalue = a->eigenvalue;
            }
        }
    }
    SPN_TRY(
        spn_fit_exponent(c->context, count, c->distances, c->values, width, 0, &row->eigenvalue));
    SPN_TRY(spn_fit_exponent(c->context, count, c->distances, c->susceptibilities, width, 0,
                             &row->susceptibility));
    /* |theta|^2 changes by at most 2 chi d over the distance d to the end: known exactly there, so that
     * only the interval of beta itself is left, over which it goes like a root: 2 chi sqrt(d w) */
    if (isfinite(closest)) {
        double inner = row->before.susceptibility * sqrt(closest * fmax(width, 0));
        row->jump_low = row->jump - 2 * fabs(inner);
        row->jump_high = row->jump + 2 * fabs(inner);
    }
done:
    return status;
}

static spn_status keep(chart *c, const spn_transition *row)
{
    const spni_finding finding = {.row = *row, .seed = -1};
    return spni_sequence_add(c->context, &c->transitions->findings, &finding, sizeof finding);
}

/* What continuation knows without jump and exponent: a fold ends a phase whether or not it is known what lies
 * behind it, and where a stable branch takes over the change is continuous. */
static void settle(spn_transition *row, const spn_special_record *s, spn_transition_kind first,
                   bool is_continuous, bool has_next)
{
    if (is_continuous) {
        row->evidence = SPN_EVIDENCE_EXCHANGE;
        row->order = 2;
        row->kind = SPN_TRANSITION_CONTINUOUS;
    } else if (s->kind == SPN_SPECIAL_FOLD && !has_next) {
        row->evidence = SPN_EVIDENCE_FOLD;
        row->order = 1;
        row->kind = first;
    }
}

static spn_status add_end(chart *c, int64_t phase, bool is_high)
{
    spn_status status = SPN_OK;
    const spn_phase_record *p = &c->tables->phases[phase];
    const double none = (double)NAN;
    const spn_exponent nothing = {none, none, none, none, none, 0};
    const spn_special_record *s = find_special(c, is_high ? p->special_high : p->special_low);
    if (s == NULL) {
        return SPN_OK;
    }
    bool is_continuous = s->kind == SPN_SPECIAL_BRANCH_POINT && s->is_continuous == 1;
    int64_t next = is_continuous ? find_partner(c, phase, s, is_high)
                                 : find_next(c, phase, s->beta, s->state.loss);
    spn_transition row = {.run = c->run,
                          .beta = s->beta,
                          .beta_low = s->beta_low,
                          .beta_high = s->beta_high,
                          .before = label(side_of_special(c, s), p),
                          .eigenvalue = nothing,
                          .susceptibility = nothing};
    row.after = (spn_side){-1, -1, -1, none, none, none, none, none, none, none};
    if (next >= 0) {
        row.after = spni_strand_at(&c->strands[next], s->beta, NULL);
    } else if (s->kind == SPN_SPECIAL_FOLD && s->after.active_modes >= 0) {
        /* Not followed, but where the network falls to is known. */
        row.after = spni_side_of(&s->after, none);
    }
    spni_measure_jump(&row, 0);
    row.jump_low = row.jump;
    SPN_TRY(fit_approach(c, s, &row));
    spn_transition_kind first = is_high ? SPN_TRANSITION_SPINODAL_UP : SPN_TRANSITION_SPINODAL_DOWN;
    double norm = fmax(longest(p), s->state.weight_norm);
    norm = next >= 0 ? fmax(norm, longest(&c->tables->phases[next])) : norm;
    spni_judge(&row, first, is_continuous ? 0 : 1, norm * norm);
    if (row.evidence == SPN_EVIDENCE_UNRESOLVED) {
        settle(&row, s, first, is_continuous, next >= 0);
    }
    row.change = next >= 0 ? spni_change(&row, &c->transitions->ranges) : s->change;
    if (row.kind == SPN_TRANSITION_CONTINUOUS && !is_high) {
        const spn_side swap = row.before;
        row.before = row.after;
        row.after = swap;
    }
    SPN_TRY(keep(c, &row));
done:
    return status;
}

static bool is_end(int64_t end)
{
    return end == SPN_END_FOLD || end == SPN_END_BRANCH_POINT || end == SPN_END_SYMMETRY;
}

static spn_status add_ends(chart *c)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < c->tables->phase_count; i++) {
        const spn_phase_record *p = &c->tables->phases[i];
        c->transitions->notes.unfinished +=
            p->end_low == SPN_END_UNFINISHED || p->end_high == SPN_END_UNFINISHED;
        if (is_end(p->end_low) && c->strands[i].nodes.count > 0) {
            SPN_TRY(add_end(c, i, false));
        }
        if (is_end(p->end_high) && c->strands[i].nodes.count > 0) {
            SPN_TRY(add_end(c, i, true));
        }
    }
done:
    return status;
}

static spn_side side_of_maxwell(const chart *c, int64_t phase, double beta, double loss,
                                const spn_state *state)
{
    const double none = (double)NAN;
    spn_side side = {.active_modes = -1,
                     .merged_units = -1,
                     .dead_units = -1,
                     .error = state->error,
                     .loss = loss,
                     .norm = state->weight_norm,
                     .curvature = state->scalar_curvature_error,
                     .susceptibility = none,
                     .eigenvalue = none,
                     .accuracy = none};
    if (phase < 0 || phase >= c->tables->phase_count) {
        return side;
    }
    if (covers(c, phase, beta)) {
        spn_side seen = spni_strand_at(&c->strands[phase], beta, NULL);
        side.susceptibility = seen.susceptibility;
        side.eigenvalue = seen.eigenvalue;
        side.accuracy = seen.accuracy;
    }
    return label(side, &c->tables->phases[phase]);
}

/* How small the jump of |theta|^2 is within the interval of beta where no susceptibility says it: from the two phases at
 * its ends, as far as they are known there. */
static double least_jump(const chart *c, const spn_maxwell_record *m, const spn_transition *row)
{
    const double ends[2] = {m->beta_low, m->beta_high};
    double least = row->jump;
    double sign = row->before.norm > row->after.norm ? 1 : -1;
    for (int k = 0; k < 2; k++) {
        if (covers(c, m->phase_a, ends[k]) && covers(c, m->phase_b, ends[k])) {
            double a = spni_strand_at(&c->strands[m->phase_a], ends[k], NULL).norm;
            double b = spni_strand_at(&c->strands[m->phase_b], ends[k], NULL).norm;
            least = fmin(least, sign * (a * a - b * b));
        }
    }
    return least;
}

static spn_status add_maxwell(chart *c)
{
    spn_status status = SPN_OK;
    const double none = (double)NAN;
    const spn_exponent nothing = {none, none, none, none, none, 0};
    for (int64_t i = 0; i < c->tables->maxwell_count; i++) {
        const spn_maxwell_record *m = &c->tables->maxwell[i];
        spn_transition row = {.run = c->run,
                              .beta = m->beta,
                              .beta_low = m->beta_low,
                              .beta_high = m->beta_high,
                              .eigenvalue = nothing,
                              .susceptibility = nothing};
        row.before = side_of_maxwell(c, m->phase_a, m->beta, m->loss, &m->a);
        row.after = side_of_maxwell(c, m->phase_b, m->beta, m->loss, &m->b);
        row.change = spni_change(&row, &c->transitions->ranges);
        spni_measure_jump(&row, m->beta_high - m->beta_low);
        if (!isfinite(row.jump_low)) {
            row.jump_low = least_jump(c, m, &row);
        }
        row.jump_high = 2 * row.jump - row.jump_low;
        spni_judge_crossing(&row);
        if (m->is_global) {
            SPN_TRY(keep(c, &row));
        } else {
            const double scale = spni_larger_square(row.before.norm, row.after.norm);
            row.entry = -1;
            row.share = scale > 0 ? row.jump / scale : 0;
            SPN_TRY(spni_sequence_add(c->context, &c->transitions->crossings, &row, sizeof row));
        }
    }
done:
    return status;
}

/* Of minima: what other stationary points have says nothing of what a network learns. */
static spni_ranges find_ranges(const spn_branch_tables *tables)
{
    spni_ranges ranges = spni_no_range;
    for (int64_t i = 0; i < tables->point_count; i++) {
        if (tables->points[i].phase >= 0) {
            spni_widen_ranges(&ranges, &tables->points[i].state);
        }
    }
    return ranges;
}

spn_status spn_transitions_add_branches(spn_context *context, spn_transitions *transitions,
                                        const spn_branch_tables *tables)
{
    spn_status status = SPN_OK;
    const int64_t one = 1; /* a set of branches counts as one start */
    int64_t first = transitions->findings.count;
    const spni_run_start start = spni_start_run(transitions);
    spn_answer known = {
        .beta_from = (double)INFINITY, .beta_to = -(double)INFINITY, .went_up = 1, .went_down = 1};
    chart c = {.context = context,
               .transitions = transitions,
               .tables = tables,
               .run = transitions->notes.runs};
    if (tables->point_count < 1) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "the branches have no points");
    }
    for (int64_t i = 0; i < tables->phase_count; i++) {
        c.length = fmax(c.length, longest(&tables->phases[i]));
    }
    SPN_NEW(context, c.strands, tables->phase_count);
    SPN_NEW(context, c.distances, tables->approach_count);
    SPN_NEW(context, c.values, tables->approach_count);
    SPN_NEW(context, c.susceptibilities, tables->approach_count);
    transitions->ranges = find_ranges(tables);
    SPN_TRY(make_strands(&c));
    SPN_TRY(add_ends(&c));
    SPN_TRY(add_maxwell(&c));
    SPN_TRY(spni_loop_phases(context, transitions, c.run, first, tables->phase_count, c.strands));
    SPN_TRY(spni_merge(context, transitions, first));
    SPN_TRY(spni_sequence_add(context, &transitions->seeds, &one, sizeof one));
    transitions->notes.runs++;
    for (int64_t i = 0; i < tables->point_count; i++) {
        known.beta_from = fmin(known.beta_from, tables->points[i].state.beta);
        known.beta_to = fmax(known.beta_to, tables->points[i].state.beta);
    }
    known.is_one_branch = tables->is_one_branch;
    for (int64_t i = 0; known.is_one_branch && i < tables->special_count; i++) {
        known.beta_from = fmin(known.beta_from, tables->specials[i].beta);
        known.beta_to = fmax(known.beta_to, tables->specials[i].beta);
    }
    SPN_TRY(spni_answer_run(context, transitions, &start, &known, tables->phase_count, c.strands));
done:
    for (int64_t i = 0; c.strands != NULL && i < tables->phase_count; i++) {
        spni_strand_free(context, &c.strands[i]);
    }
    spn_release(context, c.strands);
    spn_release(context, c.distances);
    spn_release(context, c.values);
    spn_release(context, c.susceptibilities);
    return status;
}
