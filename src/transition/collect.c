/* SPDX-License-Identifier: MIT */
/* Findings of single chains become rows, and rows of several seeds and runs become groups. */
#include "transition/transition.h"

#include <math.h>
#include <string.h>

spn_status spni_sequence_add(spn_context *context, spni_sequence *list, const void *item,
                             size_t size)
{
    spn_status status = spn_grow(context, &list->items, size, list->count, 1, &list->capacity);
    if (status != SPN_OK) {
        return status;
    }
    memcpy((char *)list->items + (size_t)list->count * size, item, size);
    list->count++;
    return SPN_OK;
}

spn_status spn_transitions_create(spn_context *context, spn_transitions **out)
{
    spn_status status = SPN_OK;
    *out = NULL;
    SPN_NEW(context, *out, 1);
done:
    return status;
}

void spn_transitions_free(spn_context *context, spn_transitions *transitions)
{
    if (transitions == NULL) {
        return;
    }
    spn_release(context, transitions->rows.items);
    spn_release(context, transitions->row_tickets.items);
    spn_release(context, transitions->crossings.items);
    spn_release(context, transitions->findings.items);
    spn_release(context, transitions->hysteresis.items);
    spn_release(context, transitions->loop_strands.items);
    spn_release(context, transitions->stuck.items);
    spn_release(context, transitions->groups.items);
    spn_release(context, transitions->seeds.items);
    spn_release(context, transitions->answers.items);
    spn_release(context, transitions->answer_phases.items);
    spn_release(context, transitions->answer_entries.items);
    spn_release(context, transitions);
}

static bool is_same_key(const spn_transition *a, const spn_transition *b)
{
    return a->kind == b->kind && spni_same_label(&a->before, &b->before) &&
           spni_same_label(&a->after, &b->after);
}

static double width_of(const spn_transition *row)
{
    return row->beta_high - row->beta_low;
}

/* Seeds that reach the same minimum agree within the bisection's intervals; a millionth more for their ends,
 * which differ in the last steps of the solver. What is undecided is the same where most of the shorter interval is
 * shared: steps that follow each other have sides of their own. */
static bool is_same_row(const spn_transition *a, const spn_transition *b)
{
    bool is_open = isnan(a->order) && isnan(b->order);
    double widths = is_open ? fmin(width_of(a), width_of(b)) : width_of(a) + width_of(b);
    double reach = 0.5 * widths + 1e-6 * fabs(a->beta);
    return a->run == b->run && is_same_key(a, b) && fabs(a->beta - b->beta) <= reach;
}

/* The best resolved member speaks for a row; the interval covers the others that are nearly as good. Where nothing was
 * decided no place in it is better than its middle. */
static void take_in(spn_transition *row, const spn_transition *member)
{
    double low = row->beta_low, high = row->beta_high;
    bool is_better =
        width_of(member) < width_of(row) ||
        (width_of(member) == width_of(row) && member->eigenvalue.decades > row->eigenvalue.decades);
    bool is_comparable =
        width_of(member) <= 10 * width_of(row) && width_of(row) <= 10 * width_of(member);
    if (is_better) {
        *row = *member;
    }
    if (is_comparable) {
        row->beta_low = fmin(low, member->beta_low);
        row->beta_high = fmax(high, member->beta_high);
        row->beta = isnan(row->order) ? 0.5 * (row->beta_low + row->beta_high) : row->beta;
    }
}

static spn_status place(spn_context *context, spn_transitions *t, int64_t first_row, int64_t base,
                        spni_finding *finding)
{
    spn_transition *rows = t->rows.items;
    for (int64_t i = first_row; i < t->rows.count; i++) {
        if (is_same_row(&rows[i], &finding->row)) {
            take_in(&rows[i], &finding->row);
            finding->ticket = base + i;
            return SPN_OK;
        }
    }
    finding->ticket = base + t->rows.count;
    spn_status status =
        spni_sequence_add(context, &t->row_tickets, &finding->ticket, sizeof(int64_t));
    return status != SPN_OK
               ? status
               : spni_sequence_add(context, &t->rows, &finding->row, sizeof finding->row);
}

static int64_t count_seeds(const spn_transitions *t, int64_t first, int64_t ticket)
{
    const spni_finding *findings = t->findings.items;
    int64_t count = 0;
    for (int64_t i = first; i < t->findings.count; i++) {
        bool is_new = findings[i].ticket == ticket && findings[i].seed >= 0;
        for (int64_t j = first; j < i && is_new; j++) {
            is_new = findings[j].ticket != ticket || findings[j].seed != findings[i].seed;
        }
        count += is_new;
    }
    return count;
}

/* By beta; tickets (may be NULL) go with their rows. */
static void sort_rows(spn_transition *rows, int64_t *tickets, int64_t first, int64_t count)
{
    for (int64_t i = first + 1; i < count; i++) {
        const spn_transition row = rows[i];
        const int64_t ticket = tickets != NULL ? tickets[i] : -1;
        int64_t at = i;
        for (; at > first && rows[at - 1].run == row.run && rows[at - 1].beta > row.beta; at--) {
            rows[at] = rows[at - 1];
            if (tickets != NULL) {
                tickets[at] = tickets[at - 1];
            }
        }
        rows[at] = row;
        if (tickets != NULL) {
            tickets[at] = ticket;
        }
    }
}

static bool is_same_seed(const spni_finding *a, const spni_finding *b)
{
    return a->row.run == b->row.run && a->seed == b->seed;
}

/* Several chains of a seed may show one row: the first of them counts. Of several rows of the same kind and labels
 * each is the how-manieth from small beta. */
static void number_findings(spni_finding *findings, int64_t first, int64_t count)
{
    for (int64_t i = first; i < count; i++) {
        for (int64_t j = first; j < i && !findings[i].is_repeated; j++) {
            findings[i].is_repeated = findings[j].ticket == findings[i].ticket &&
                                      is_same_seed(&findings[j], &findings[i]);
        }
    }
    for (int64_t i = first; i < count; i++) {
        for (int64_t j = first; j < count; j++) {
            findings[i].occurrence += !findings[j].is_repeated &&
                                      findings[j].ticket != findings[i].ticket &&
                                      findings[j].row.beta < findings[i].row.beta &&
                                      is_same_key(&findings[j].row, &findings[i].row) &&
                                      is_same_seed(&findings[j], &findings[i]);
        }
    }
}

spn_status spni_merge(spn_context *context, spn_transitions *t, int64_t first)
{
    spn_status status = SPN_OK;
    int64_t first_row = t->rows.count, base = t->tickets - first_row;
    for (int64_t i = first; i < t->findings.count; i++) {
        SPN_TRY(place(context, t, first_row, base, (spni_finding *)t->findings.items + i));
    }
    for (int64_t i = first_row; i < t->rows.count; i++) {
        ((spn_transition *)t->rows.items)[i].seeds = count_seeds(t, first, base + i);
    }
    t->tickets = base + t->rows.count;
    number_findings(t->findings.items, first, t->findings.count);
    sort_rows(t->rows.items, t->row_tickets.items, first_row, t->rows.count);
    sort_rows(t->crossings.items, NULL, 0, t->crossings.count);
done:
    return status;
}

/* ---- Groups ----------------------------------------------------------------------------------- */

static bool fits(const spn_transition_group *group, const spn_transition *row, int64_t occurrence)
{
    return group->kind == row->kind && group->occurrence == occurrence &&
           spni_same_label(&group->before, &row->before) &&
           spni_same_label(&group->after, &row->after);
}

/* Running means; beta_deviation holds the sum of squares until the end (Welford). */
static void mean_of(double *mean, double value, int64_t count)
{
    *mean += (value - *mean) / (double)count;
}

static void mean_side(spn_side *mean, const spn_side *side, int64_t count)
{
    mean_of(&mean->error, side->error, count);
    mean_of(&mean->loss, side->loss, count);
    mean_of(&mean->norm, side->norm, count);
    mean_of(&mean->curvature, side->curvature, count);
    mean_of(&mean->susceptibility, side->susceptibility, count);
    mean_of(&mean->eigenvalue, side->eigenvalue, count);
}

static void count_in(spn_transition_group *group, const spn_transition *row)
{
    double distance = row->beta - group->beta;
    group->seeds++;
    group->share = fmax(group->share, row->share);
    group->first += row->order == 1;
    group->second += row->order == 2;
    mean_side(&group->before, &row->before, group->seeds);
    mean_side(&group->after, &row->after, group->seeds);
    mean_of(&group->beta, row->beta, group->seeds);
    group->beta_deviation += distance * (row->beta - group->beta);
    group->beta_min = fmin(group->beta_min, row->beta);
    group->beta_max = fmax(group->beta_max, row->beta);
}

static spn_transition_group start_group(const spn_transition *row, int64_t occurrence)
{
    spn_transition_group group = {.kind = row->kind,
                                  .occurrence = occurrence,
                                  .change = row->change,
                                  .beta_min = (double)INFINITY,
                                  .beta_max = -(double)INFINITY};
    group.before.active_modes = row->before.active_modes;
    group.before.merged_units = row->before.merged_units;
    group.before.dead_units = row->before.dead_units;
    group.after.active_modes = row->after.active_modes;
    group.after.merged_units = row->after.merged_units;
    group.after.dead_units = row->after.dead_units;
    return group;
}

static void sort_groups(spn_transition_group *groups, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        spn_transition_group group = groups[i];
        int64_t at = i;
        while (at > 0 && groups[at - 1].beta > group.beta) {
            groups[at] = groups[at - 1];
            at--;
        }
        groups[at] = group;
    }
}

static void finish_groups(spn_transitions *t)
{
    int64_t seeds = 0;
    for (int64_t i = 0; i < t->seeds.count; i++) {
        seeds += ((const int64_t *)t->seeds.items)[i];
    }
    for (int64_t i = 0; i < t->groups.count; i++) {
        spn_transition_group *group = (spn_transition_group *)t->groups.items + i;
        group->runs_of = t->notes.runs;
        group->seeds_of = seeds;
        group->beta_deviation =
            group->seeds > 1 ? sqrt(group->beta_deviation / (double)(group->seeds - 1)) : 0;
    }
    sort_groups(t->groups.items, t->groups.count);
}

spn_status spn_transitions_group(spn_context *context, spn_transitions *t,
                                 const spn_transition_group **out, int64_t *count)
{
    spn_status status = SPN_OK;
    const spni_finding *findings = t->findings.items;
    t->groups.count = 0;
    *out = NULL;
    *count = 0;
    for (int64_t i = 0; i < t->findings.count; i++) {
        if (findings[i].is_repeated) {
            continue;
        }
        const spn_transition *row = &findings[i].row;
        int64_t occurrence = findings[i].occurrence, at = 0;
        const spn_transition_group *groups = t->groups.items;
        while (at < t->groups.count && !fits(&groups[at], row, occurrence)) {
            at++;
        }
        if (at == t->groups.count) {
            const spn_transition_group fresh = start_group(row, occurrence);
            SPN_TRY(spni_sequence_add(context, &t->groups, &fresh, sizeof fresh));
        }
        spn_transition_group *group = (spn_transition_group *)t->groups.items + at;
        group->runs += group->runs_of != row->run + 1;
        group->runs_of = row->run + 1; /* the last run counted, until all are */
        count_in(group, row);
    }
    finish_groups(t);
    *out = t->groups.items;
    *count = t->groups.count;
done:
    return status;
}

/* ---- Results ---------------------------------------------------------------------------------- */

const spn_transition *spn_transitions_rows(const spn_transitions *transitions, int64_t *count)
{
    *count = transitions->rows.count;
    return transitions->rows.items;
}

const spn_transition *spn_transitions_crossings(const spn_transitions *transitions, int64_t *count)
{
    *count = transitions->crossings.count;
    return transitions->crossings.items;
}

const spn_hysteresis *spn_transitions_hysteresis(const spn_transitions *transitions, int64_t *count)
{
    *count = transitions->hysteresis.count;
    return transitions->hysteresis.items;
}

const spn_stuck *spn_transitions_stuck(const spn_transitions *transitions, int64_t *count)
{
    *count = transitions->stuck.count;
    return transitions->stuck.items;
}

spn_transition_notes spn_transitions_notes(const spn_transitions *transitions)
{
    return transitions->notes;
}

bool spn_transitions_decided(const spn_transitions *transitions)
{
    const spn_transition *rows = transitions->rows.items;
    const spn_transition_notes *notes = &transitions->notes;
    for (int64_t i = 0; i < transitions->rows.count; i++) {
        if (isnan(rows[i].order)) {
            return false;
        }
    }
    return notes->unsettled == 0 && notes->quenched == 0 && notes->single == 0 &&
           (notes->unfinished == 0 || transitions->rows.count > 0);
}
