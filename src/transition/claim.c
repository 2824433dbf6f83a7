/* SPDX-License-Identifier: MIT */
/* Change points of E, R and |theta|^2 beside the located transitions of a chain. */
#include "transition/transition.h"

#include <spinodal/numeric.h>
#include <spinodal/transition/claim.h>

#include <math.h>
#include <string.h>

/* A candidate passes where fewer than one smooth curve in a hundred looks like it; 199 replicas tell that. */
static const spn_changes_settings settings = {
    .level = 0.01, .coverage = 0.95, .replicas = 199, .seed = 1};

typedef struct examined {
    spn_context *context;
    const spn_transitions *transitions;
    const spn_sweep_tables *tables;
    spn_claim *claim;
    int64_t first, last; /* rows of the chain in the table of points */
    int64_t count;       /* points of the curves, ascending in beta */
    double *beta, *values[SPN_CLAIM_CURVES], *scratch;
    int64_t change_count;
    spn_change_point *changes; /* of all curves; their beta, beta_low and beta_high in steps */
    int64_t group_count;
    spn_coincidence *groups;
} examined;

/* ---- The chain ----------------------------------------------------------------------------------- */

static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->seed == b->seed && a->direction == b->direction && a->phase == b->phase &&
           a->leg == b->leg && a->point + 1 == b->point && b->direction != SPN_DIRECTION_QUENCH;
}

static void choose_chain(examined *e)
{
    const spn_sweep_record *points = e->tables->points;
    int64_t longest = 0;
    bool is_upwards = false;
    for (int64_t i = 0, first = 0; i < e->tables->point_count; i++) {
        first = i > 0 && is_same_chain(&points[i - 1], &points[i]) ? first : i;
        bool is_up = points[i].direction == SPN_DIRECTION_UP;
        int64_t length = i + 1 - first;
        if ((is_up && !is_upwards && length > 1) || (is_up == is_upwards && length > longest)) {
            is_upwards = is_up;
            longest = length;
            e->first = first;
            e->last = i;
        }
    }
}

static double square(double x)
{
    return x * x;
}

/* arsinh(R / median |R|): the same in any units. */
static void scale_curvature(examined *e)
{
    double *values = e->values[SPN_CLAIM_CURVATURE];
    int64_t sized = 0;
    for (int64_t i = 0; i < e->count; i++) {
        if (values[i] != 0) {
            e->scratch[sized++] = fabs(values[i]);
        }
    }
    double unit = sized > 0 ? spn_median(sized, e->scratch) : 1;
    for (int64_t i = 0; i < e->count; i++) {
        values[i] = asinh(values[i] / unit);
    }
}

/* Points ascending in beta, whichever way the chain went. */
static spn_status take_curves(examined *e)
{
    spn_status status = SPN_OK;
    const int64_t length = e->last + 1 - e->first, stride = (length - 1) / SPN_CLAIM_POINTS + 1;
    const spn_sweep_record *points = e->tables->points + e->first;
    bool is_up = points[length - 1].state.beta > points[0].state.beta;
    SPN_NEW(e->context, e->beta, length);
    SPN_NEW(e->context, e->scratch, length);
    for (int k = 0; k < SPN_CLAIM_CURVES; k++) {
        SPN_NEW(e->context, e->values[k], length);
    }
    for (int64_t i = 0; i < length; i += stride) {
        const spn_state *s = &points[is_up ? i : length - 1 - i].state;
        bool is_next = e->count == 0 || s->beta > e->beta[e->count - 1];
        if (s->stationary == 1 && is_next && isfinite(s->scalar_curvature_error)) {
            e->beta[e->count] = s->beta;
            e->values[SPN_CLAIM_ERROR][e->count] = s->error;
            e->values[SPN_CLAIM_CURVATURE][e->count] = s->scalar_curvature_error;
            e->values[SPN_CLAIM_NORM][e->count++] = square(s->weight_norm);
        }
    }
    scale_curvature(e);
done:
    return status;
}

/* beta as a place on the grid, in steps from its first point. */
static double place_of(const examined *e, double beta)
{
    int64_t low = 0, high = e->count - 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (e->beta[middle] <= beta) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (double)low + (beta - e->beta[low]) / (e->beta[high] - e->beta[low]);
}

/* ---- Change points ------------------------------------------------------------------------------- */

static spn_status search(examined *e)
{
    spn_status status = SPN_OK;
    spn_change_point *found = NULL, *all = NULL;
    int64_t count = 0;
    for (int k = 0; k < SPN_CLAIM_CURVES; k++) {
        SPN_TRY(spn_find_changes(e->context, &settings, e->count, e->beta, e->values[k], &count,
                                 &found));
        SPN_NEW(e->context, all, e->change_count + count);
        for (int64_t i = 0; i < e->change_count; i++) {
            all[i] = e->changes[i];
        }
        for (int64_t i = 0; i < count; i++) {
            all[e->change_count + i] = found[i];
            all[e->change_count + i].series = k;
        }
        spn_release(e->context, e->changes);
        spn_release(e->context, found);
        e->changes = all;
        found = all = NULL;
        e->change_count += count;
    }
done:
    spn_release(e->context, found);
    return status;
}

static void sort_changes(examined *e)
{
    for (int64_t i = 1; i < e->change_count; i++) {
        const spn_change_point change = e->changes[i];
        int64_t at = i;
        while (at > 0 && e->changes[at - 1].beta > change.beta) {
            e->changes[at] = e->changes[at - 1];
            at--;
        }
        e->changes[at] = change;
    }
}

/* Those whose intervals, widened by a step of the grid, overlap belong together. */
static spn_status join_changes(examined *e)
{
    spn_status status = SPN_OK;
    spn_change_point *placed = NULL;
    sort_changes(e);
    SPN_NEW(e->context, placed, e->change_count);
    for (int64_t i = 0; i < e->change_count; i++) {
        placed[i] = e->changes[i];
        placed[i].beta = place_of(e, placed[i].beta);
        placed[i].beta_low = place_of(e, placed[i].beta_low);
        placed[i].beta_high = place_of(e, placed[i].beta_high);
    }
    SPN_TRY(spn_find_coincidences(e->context, e->change_count, placed, SPN_CLAIM_CURVES, 1,
                                  &e->group_count, &e->groups));
done:
    spn_release(e->context, placed);
    return status;
}

/* ---- Beside the transitions ---------------------------------------------------------------------- */

static const spn_claim_point no_point = {(double)NAN, (double)NAN, (double)NAN};

static spn_claim_row start_row(const examined *e, const spn_transition *t)
{
    return (spn_claim_row){.run = e->claim->run,
                           .beta = t != NULL ? t->beta : (double)NAN,
                           .change = t != NULL ? t->change : -1,
                           .share = t != NULL ? t->share : (double)NAN,
                           .order = t != NULL ? t->order : (double)NAN,
                           .error = no_point,
                           .curvature = no_point,
                           .norm = no_point,
                           .spread = (double)NAN,
                           .distance = (double)NAN,
                           .distance_steps = (double)NAN};
}

static void take_group(const examined *e, const spn_coincidence *group, spn_claim_row *row)
{
    spn_claim_point *points[SPN_CLAIM_CURVES] = {&row->error, &row->curvature, &row->norm};
    double low = (double)INFINITY, high = -low;
    for (int k = 0; k < SPN_CLAIM_CURVES; k++) {
        if (group->points[k] >= 0) {
            const spn_change_point *c = &e->changes[group->points[k]];
            *points[k] = (spn_claim_point){c->beta, c->beta_low, c->beta_high};
            low = fmin(low, c->beta);
            high = fmax(high, c->beta);
        }
    }
    row->spread = high - low;
}

/* Was the transition met on this chain: does one of the chain's jumps, or of its steps that jump, lie there? */
static bool is_met(const examined *e, const spn_transition *t)
{
    const spn_sweep_record *points = e->tables->points;
    const spn_sweep_record *chain = &points[e->first];
    double reach = t->beta_high - t->beta_low + 1e-6 * fabs(t->beta);
    bool is_up = chain->direction == SPN_DIRECTION_UP;
    if (t->kind == SPN_TRANSITION_MAXWELL ||
        t->kind == (is_up ? SPN_TRANSITION_SPINODAL_DOWN : SPN_TRANSITION_SPINODAL_UP)) {
        return false;
    }
    for (int64_t i = 0; i < e->tables->jump_count; i++) {
        const spn_sweep_jump *j = &e->tables->jumps[i];
        if (j->seed == chain->seed && j->direction == chain->direction &&
            j->phase == chain->phase && j->leg == chain->leg && fabs(j->beta - t->beta) <= reach) {
            return true;
        }
    }
    for (int64_t i = e->first + 1; i <= e->last && e->tables->jumps == NULL; i++) {
        double middle = 0.5 * (points[i - 1].state.beta + points[i].state.beta);
        if ((points[i].jump || spni_changes_modes(&points[i - 1], &points[i])) &&
            fabs(middle - t->beta) <= reach) {
            return true;
        }
    }
    return false;
}

/* Distance of a group from a transition in steps, beyond the intervals of both. */
static double gap_to(const examined *e, const spn_coincidence *group, const spn_transition *t)
{
    double low = place_of(e, t->beta_low), high = place_of(e, t->beta_high);
    return fmax(0, fmax(group->beta_low - high, low - group->beta_high));
}

/* The transition a group belongs to: of those within a step one that changes what is computed, then the nearest. */
static int64_t find_transition(const examined *e, const spn_coincidence *group, int64_t count,
                               const spn_transition *const *met, const bool *is_taken)
{
    double centre = 0.5 * (group->beta_low + group->beta_high), nearest = (double)INFINITY;
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++) {
        double distance = fabs(place_of(e, met[i]->beta) - centre);
        if (is_taken[i] || gap_to(e, group, met[i]) > 1) {
            continue;
        }
        bool is_accuracy = met[i]->change == SPN_CHANGE_ACCURACY;
        bool was_accuracy = best >= 0 && met[best]->change == SPN_CHANGE_ACCURACY;
        if (best < 0 || (is_accuracy && !was_accuracy) ||
            (is_accuracy == was_accuracy && distance < nearest)) {
            best = i;
            nearest = distance;
        }
    }
    return best;
}

static void compare(const examined *e, const spn_transition *t, spn_claim_row *row)
{
    if (isnan(row->curvature.beta)) {
        return;
    }
    const spn_claim_point *r = &row->curvature;
    double low = place_of(e, t->beta_low), high = place_of(e, t->beta_high);
    double gap = fmax(place_of(e, r->low) - high, low - place_of(e, r->high));
    row->distance = fabs(r->beta - t->beta);
    row->distance_steps = fabs(place_of(e, r->beta) - place_of(e, t->beta));
    row->agrees = gap <= 1;
}

static void count_row(spn_claim *claim, const spn_claim_row *row)
{
    if (row->change < 0) {
        claim->strays += !isnan(row->curvature.beta);
    } else if (row->change == SPN_CHANGE_ACCURACY) {
        claim->accuracy++;
        claim->accuracy_met += row->agrees;
    } else {
        claim->others++;
        claim->others_met += row->agrees;
    }
}

static double beta_of(const spn_claim_row *row)
{
    return !isnan(row->beta) ? row->beta
                             : fmin(row->error.beta, fmin(row->curvature.beta, row->norm.beta));
}

static void sort_rows(spn_claim_row *rows, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const spn_claim_row row = rows[i];
        int64_t at = i;
        while (at > 0 && beta_of(&rows[at - 1]) > beta_of(&row)) {
            rows[at] = rows[at - 1];
            at--;
        }
        rows[at] = row;
    }
}

static spn_status make_rows(examined *e, int64_t count, const spn_transition *const *met,
                            bool *is_taken)
{
    spn_status status = SPN_OK;
    spn_claim *claim = e->claim;
    SPN_NEW(e->context, claim->rows, count + e->group_count);
    for (int64_t i = 0; i < e->group_count; i++) {
        int64_t at = find_transition(e, &e->groups[i], count, met, is_taken);
        spn_claim_row row = start_row(e, at >= 0 ? met[at] : NULL);
        take_group(e, &e->groups[i], &row);
        if (at >= 0) {
            is_taken[at] = true;
            compare(e, met[at], &row);
        }
        claim->rows[claim->row_count++] = row;
    }
    for (int64_t i = 0; i < count; i++) {
        if (!is_taken[i]) {
            claim->rows[claim->row_count++] = start_row(e, met[i]);
        }
    }
    for (int64_t i = 0; i < claim->row_count; i++) {
        count_row(claim, &claim->rows[i]);
    }
    sort_rows(claim->rows, claim->row_count);
done:
    return status;
}

static spn_status compare_all(examined *e)
{
    spn_status status = SPN_OK;
    const spn_transition *rows = e->transitions->rows.items, **met = NULL;
    bool *is_taken = NULL;
    int64_t count = 0;
    SPN_NEW(e->context, met, e->transitions->rows.count);
    SPN_NEW(e->context, is_taken, e->transitions->rows.count);
    for (int64_t i = 0; i < e->transitions->rows.count; i++) {
        if (rows[i].run == e->claim->run && is_met(e, &rows[i])) {
            met[count++] = &rows[i];
        }
    }
    SPN_TRY(make_rows(e, count, met, is_taken));
done:
    spn_release(e->context, (void *)met);
    spn_release(e->context, is_taken);
    return status;
}

spn_status spn_check_claim(spn_context *context, const spn_transitions *transitions, int64_t run,
                           const spn_sweep_tables *tables, spn_claim *out)
{
    spn_status status = SPN_OK;
    examined e = {.context = context, .transitions = transitions, .tables = tables, .claim = out};
    *out = (spn_claim){.run = run};
    if (tables->point_count < 1) {
        return SPN_OK;
    }
    choose_chain(&e);
    SPN_TRY(take_curves(&e));
    out->seed = tables->points[e.first].seed;
    out->direction = tables->points[e.first].direction;
    if (e.count < SPN_CHANGES_FEWEST) {
        goto done;
    }
    SPN_TRY(search(&e));
    SPN_TRY(join_changes(&e));
    SPN_TRY(compare_all(&e));
    out->points = e.count;
done:
    if (status != SPN_OK) {
        spn_release(context, out->rows);
        *out = (spn_claim){.run = run};
    }
    spn_release(context, e.beta);
    spn_release(context, e.scratch);
    for (int k = 0; k < SPN_CLAIM_CURVES; k++) {
        spn_release(context, e.values[k]);
    }
    spn_release(context, e.changes);
    spn_release(context, e.groups);
    return status;
}
