/* SPDX-License-Identifier: MIT */
/* Maxwell points: two phases of equal L. D(beta) = L_a - L_b has the derivative dL_a/dbeta - dL_b/dbeta (T9:
 * |theta_a|^2 - |theta_b|^2 for a ridge), so that Newton's method with two solves a step finds its zero; changes of sign of the interpolated
 * difference say where to start. And the phase with the smallest L for each beta. */
#include "base/invariant.h"
#include "continuation/explore.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { NEWTON_MOST = 30, SAMPLES = 24, HALVINGS = 30 };
/* Where a cell is looked at, as a share of it from its ends: at the end itself phases are equal or have just ended. */
static const double CELL_EDGE = 0.02;
/* Differences of L (of |L| and its scale) that interpolation does not resolve, and those that are rounding. */
static const double CLOSE = 1e-4, EQUAL = 1e-11;
/* Noise of a solved L, in units of its rounding. */
static const double NOISE = 64;

typedef struct pair_state {
    double beta, difference, slope;
    spn_maxwell_record record;
} pair_state;

/* Both phases solved at beta. */
static spn_status evaluate(spn_branches *all, const spni_phase *a, const spni_phase *b, double beta,
                           pair_state *out, bool *is_there)
{
    spn_status status = SPN_OK;
    spni_place *place = &all->work.start;
    *out = (pair_state){.beta = beta};
    SPN_TRY(spni_phase_at(all, a, beta, place, is_there));
    if (!*is_there) {
        goto done;
    }
    out->difference = place->state.loss;
    out->slope = place->loss_slope;
    out->record.loss = place->state.loss;
    out->record.a = place->state;
    SPN_TRY(spni_phase_at(all, b, beta, place, is_there));
    out->difference -= place->state.loss;
    out->slope -= place->loss_slope;
    out->record.b = place->state;
done:
    return status;
}

/* Newton's method within the bracket low < high, where the difference changes sign from that of `sign`; bisection
 * outside of it. */
static spn_status solve_pair(spn_branches *all, const spni_phase *a, const spni_phase *b,
                             double low, double high, double sign, pair_state *out, bool *is_found)
{
    spn_status status = SPN_OK;
    double beta = 0.5 * (low + high), change = (double)INFINITY;
    *is_found = false;
    for (int k = 0; k < NEWTON_MOST; k++) {
        bool is_there = false;
        SPN_TRY(evaluate(all, a, b, beta, out, &is_there));
        if (!is_there) {
            goto done;
        }
        *((out->difference < 0) == (sign < 0) ? &low : &high) = beta;
        double scale = fmax(fabs(beta), 1e-3 * (all->frame.beta_to - all->frame.beta_from));
        double rounding = 8 * DBL_EPSILON * fabs(out->record.loss) / fabs(out->slope);
        double next = beta - out->difference / out->slope;
        double error = fabs(next - beta);
        bool is_small = error <= 0.01 * all->settings.tolerance * scale || error <= rounding;
        if (is_small || error >= change) {
            out->record.beta = beta;
            out->record.beta_low = beta - error - rounding;
            out->record.beta_high = beta + error + rounding;
            /* Steps that no longer shrink are as good as it gets. */
            *is_found = error <= all->settings.tolerance * scale || error <= NOISE * rounding;
            goto done;
        }
        change = next > low && next < high ? error : (double)INFINITY;
        beta = next > low && next < high ? next : 0.5 * (low + high);
    }
done:
    return status;
}

/* Has another phase than a and b a lower L than these have where they cross? Interpolated where that tells, solved for where it is
 * close. */
static spn_status find_lower(spn_branches *all, const spn_maxwell_record *at, bool *is_lower)
{
    spn_status status = SPN_OK;
    const double scale = all->frame.scales.value + fabs(at->loss);
    *is_lower = false;
    for (int64_t i = 0; i < all->phases.count && !*is_lower; i++) {
        spni_place *place = &all->work.start;
        double loss = spni_phase_loss(all, &all->phases.items[i], at->beta);
        bool is_there = isfinite(loss);
        if (i == at->phase_a || i == at->phase_b || !is_there) {
            continue;
        }
        if (fabs(loss - at->loss) < CLOSE * scale) {
            SPN_TRY(spni_phase_at(all, &all->phases.items[i], at->beta, place, &is_there));
            loss = place->state.loss;
        }
        *is_lower = is_there && loss < at->loss - EQUAL * scale;
    }
done:
    return status;
}

/* L_a - L_b at beta: interpolated where that tells the two apart, solved for where they are close. *is_there
 * false: one of them is not there, or they are one and the same (found twice). */
static spn_status measure_difference(spn_branches *all, const spni_phase *a, const spni_phase *b,
                                     double beta, double *difference, bool *is_there)
{
    spn_status status = SPN_OK;
    pair_state state;
    double loss = spni_phase_loss(all, a, beta), scale = all->frame.scales.value + fabs(loss);
    *difference = loss - spni_phase_loss(all, b, beta);
    *is_there = isfinite(*difference);
    if (*is_there && fabs(*difference) < CLOSE * scale) {
        SPN_TRY(evaluate(all, a, b, beta, &state, is_there));
        *difference = state.difference;
        *is_there = *is_there && fabs(*difference) > EQUAL * scale;
    }
done:
    return status;
}

static spn_status add_maxwell(spn_branches *all, int64_t i, int64_t j, const pair_state *state)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_grow(all->context, &all->maxwell.items, sizeof *all->maxwell.items,
                     all->maxwell.count, 1, &all->maxwell.capacity));
    spn_maxwell_record record = state->record;
    record.phase_a = i;
    record.phase_b = j;
    if (state->slope < 0) {
        /* The phase whose L rises faster has the smaller L below. */
        record.phase_a = j;
        record.phase_b = i;
        record.a = state->record.b;
        record.b = state->record.a;
    }
    bool is_lower = false;
    SPN_TRY(find_lower(all, &record, &is_lower));
    record.is_global = !is_lower;
    all->maxwell.items[all->maxwell.count++] = record;
done:
    return status;
}

/* Two phases of equal L, as a search sends them; found one after the other between two phases. */
typedef struct equals {
    int64_t i, j, number;
    pair_state state;
} equals;

static spn_status find_between(spn_branches *all, int64_t i, int64_t j, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    const spni_phase *a = &all->phases.items[i], *b = &all->phases.items[j];
    double low = fmax(a->record.beta_low, b->record.beta_low);
    double high = fmin(a->record.beta_high, b->record.beta_high);
    double before = 0, beta_before = 0;
    equals found = {.i = i, .j = j};
    for (int k = 0; low < high && k <= SAMPLES; k++) {
        /* The last is the end itself: its rounding must not lie outside of the window. */
        double beta = k < SAMPLES ? low + (high - low) * k / SAMPLES : high, difference = 0;
        bool is_there = false;
        SPN_TRY(measure_difference(all, a, b, beta, &difference, &is_there));
        if (!is_there) {
            continue;
        }
        if (before != 0 && (before < 0) != (difference < 0)) {
            bool is_found = false;
            SPN_TRY(solve_pair(all, a, b, beta_before, beta, before, &found.state, &is_found));
            SPN_TRY(is_found ? spn_pool_send(all->context, channel, &found) : SPN_OK);
            found.number += is_found;
        }
        before = difference;
        beta_before = beta;
    }
done:
    return status;
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The phase with the smallest L at beta; where interpolation does not tell two apart, both are solved for. */
static spn_status lowest_phase(spn_branches *all, double beta, int64_t *best)
{
    spn_status status = SPN_OK;
    *best = -1;
    for (int64_t i = 0; i < all->phases.count; i++) {
        double difference = -1;
        bool is_there = isfinite(spni_phase_loss(all, &all->phases.items[i], beta));
        if (is_there && *best >= 0) {
            SPN_TRY(measure_difference(all, &all->phases.items[i], &all->phases.items[*best], beta,
                                       &difference, &is_there));
        }
        *best = is_there && difference < 0 ? i : *best;
    }
done:
    return status;
}

/* The range goes on to `until` with this phase. */
static spn_status extend_global(spn_branches *all, int64_t phase, double from, double until)
{
    spn_status status = SPN_OK;
    spn_global_record *last =
        all->global.count > 0 ? &all->global.items[all->global.count - 1] : NULL;
    SPNI_INVARIANT(from <= until && (last == NULL || last->beta_high == from));
    if (last != NULL && last->phase == phase) {
        last->beta_high = until;
        return SPN_OK;
    }
    SPN_TRY(spn_grow(all->context, &all->global.items, sizeof *all->global.items, all->global.count,
                     1, &all->global.capacity));
    all->global.items[all->global.count++] = (spn_global_record){phase, from, until};
done:
    return status;
}

/* Between neighbouring ends of windows and Maxwell points the lowest phase is one and the same, unless a crossing was
 * missed: looked at close to both ends, and halved where the two differ. */
static spn_status fill_global(spn_branches *all, double from, double until, int halvings)
{
    spn_status status = SPN_OK;
    int64_t low = -1, high = -1;
    double edge = CELL_EDGE * (until - from);
    SPN_TRY(lowest_phase(all, from + edge, &low));
    SPN_TRY(lowest_phase(all, until - edge, &high));
    if (low == high || halvings == 0) {
        SPN_TRY(extend_global(all, low, from, until));
    } else {
        double middle = 0.5 * (from + until);
        SPN_TRY(fill_global(all, from, middle, halvings - 1));
        SPN_TRY(fill_global(all, middle, until, halvings - 1));
    }
done:
    return status;
}

/* The widest range of each phase goes into its record. */
static void note_widest(spn_branches *all)
{
    for (int64_t i = 0; i < all->global.count; i++) {
        const spn_global_record *range = &all->global.items[i];
        if (range->phase >= 0) {
            spn_phase_record *record = &all->phases.items[range->phase].record;
            double width = range->beta_high - range->beta_low;
            if (!(width <= record->global_high - record->global_low)) {
                record->global_low = range->beta_low;
                record->global_high = range->beta_high;
            }
        }
    }
}

static spn_status find_global(spn_branches *all)
{
    spn_status status = SPN_OK;
    const spni_frame *frame = &all->frame;
    double *ends = NULL, from = frame->beta_from;
    int64_t count = 0;
    SPN_NEW(all->context, ends, 2 * all->phases.count + all->maxwell.count + 1);
    for (int64_t i = 0; i < all->phases.count; i++) {
        ends[count++] = all->phases.items[i].record.beta_low;
        ends[count++] = all->phases.items[i].record.beta_high;
    }
    for (int64_t i = 0; i < all->maxwell.count; i++) {
        ends[count++] = all->maxwell.items[i].beta;
    }
    ends[count++] = frame->beta_to;
    qsort(ends, (size_t)count, sizeof *ends, compare_reals);
    for (int64_t i = 0; i < count && from < frame->beta_to; i++) {
        double until = fmin(ends[i], frame->beta_to);
        if (until > from) {
            SPN_TRY(fill_global(all, from, until, HALVINGS));
            from = until;
        }
    }
    note_widest(all);
done:
    spn_release(all->context, ends);
    return status;
}

/* A search: the phase of this number and all behind it. */
static spn_status search_pairs(spn_branches *helper, void *state, int64_t i,
                               spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    (void)state;
    for (int64_t j = i + 1; j < helper->phases.count; j++) {
        SPN_TRY(find_between(helper, i, j, channel));
    }
done:
    return status;
}

static spn_status receive_pair(spn_context *context, void *state, int64_t job, const void *message)
{
    (void)job;
    return spn_list_append(context, state, message);
}

static int compare_equals(const void *a, const void *b)
{
    const equals *x = a, *y = b;
    const int64_t order[] = {x->i - y->i, x->j - y->j, x->number - y->number};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        if (order[k] != 0) {
            return order[k] < 0 ? -1 : 1;
        }
    }
    return 0;
}

static spn_status find_pairs(spn_branches *all)
{
    spn_status status = SPN_OK;
    spn_list found = {.size = sizeof(equals)};
    double *cost = NULL;
    SPN_NEW(all->context, cost, all->phases.count);
    for (int64_t i = 0; i < all->phases.count; i++) {
        cost[i] = (double)(all->phases.count - 1 - i);
    }
    const spni_searches searches = {.count =
                                        all->phases.count - 1, /* the last one has none behind it */
                                    .search = search_pairs,
                                    .receiver = receive_pair,
                                    .state = &found,
                                    .message_size = sizeof(equals),
                                    .cost = cost};
    SPN_TRY(spni_run_searches(all, &searches));
    if (found.count > 1) {
        qsort(found.items, (size_t)found.count, sizeof(equals), compare_equals);
    }
    for (int64_t k = 0; k < found.count; k++) {
        const equals *pair = (const equals *)found.items + k;
        SPN_TRY(add_maxwell(all, pair->i, pair->j, &pair->state));
    }
done:
    spn_list_free(all->context, &found);
    spn_release(all->context, cost);
    return status;
}

spn_status spni_find_maxwell(spn_branches *all)
{
    spn_status status = SPN_OK;
    SPN_TRY(all->phases.count > 1 ? find_pairs(all) : SPN_OK);
    SPN_TRY(find_global(all));
    spni_note_phases(all);
done:
    return status;
}
