/* SPDX-License-Identifier: MIT */
/* Phases: stretches of branches without negative eigenvalues, and what ends them.
 *
 *   cut each branch at its special points and where it is unstable        stretches
 *   a stretch that runs into another branch is a piece of the phase there
 *   stretches that turn out to be copies by symmetry are merged
 *   what lies behind each end says whether the transition is continuous, and what changes there
 *
 * Points of a branch are numbered ..., -1, 0, 1, ... from where it was found, and sent half by half: first 0, 1, 2, ..., then
 * -1, -2, ... */
#include "continuation/explore.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE_LOW, SIDE_HIGH };

static bool is_sent(const spn_branch_record *record, int64_t branch)
{
    return record->branch == branch && record->phase != SPNI_HIDDEN;
}

/* Rows of the bank that belong to a branch, in the order of its points: the negative half was sent outwards, so that it is read
 * backwards. */
static int64_t list_points(const spn_branches *all, int64_t branch, int64_t *rows)
{
    const spni_bank *bank = &all->bank;
    int64_t count = 0;
    for (int64_t i = bank->count - 1; i >= 0; i--) {
        if (is_sent(&bank->records[i], branch) && bank->records[i].point < 0) {
            rows[count++] = i;
        }
    }
    for (int64_t i = 0; i < bank->count; i++) {
        if (is_sent(&bank->records[i], branch) && bank->records[i].point >= 0) {
            rows[count++] = i;
        }
    }
    return count;
}

/* The special point of `branch` behind point `number` that is next to it (last: the one closest to the next
 * point), or -1. Several may lie between two points; they were found in the direction of the trace. */
static int64_t special_behind(const spn_branches *all, int64_t branch, int64_t number, bool is_last)
{
    int64_t found = -1;
    for (int64_t i = 0; i < all->specials.count; i++) {
        const spn_special_record *special = &all->specials.records[i];
        if (special->branch != branch || special->point != number) {
            continue;
        }
        /* Between points number and number + 1 the trace went upwards in the positive half and downwards in the other: what it found
         * last lies next to the higher number there, to the lower one here. */
        bool is_upward = number >= 0;
        if (found < 0 || is_last == is_upward) {
            found = i;
        }
    }
    return found;
}

/* What lies at one end of a branch's half, where no special point does. */
static int64_t end_of_half(const spn_branches *all, spni_half_end end, double beta)
{
    const spni_frame *frame = &all->frame;
    if (end == SPNI_HALF_RANGE) {
        bool is_zero = all->problem.settings->beta_from == 0 && beta <= frame->beta_from;
        return is_zero ? SPN_END_ZERO : SPN_END_RANGE;
    }
    return SPN_END_UNFINISHED;
}

static int64_t end_at_special(const spn_branches *all, int64_t special)
{
    if (all->specials.records[special].kind == SPN_SPECIAL_FOLD) {
        return SPN_END_FOLD;
    }
    return all->specials.records[special].change == SPN_CHANGE_SYMMETRY ? SPN_END_SYMMETRY
                                                                        : SPN_END_BRANCH_POINT;
}

/* One end of a phase: the special point or the branch's end there. */
static void set_end(const spn_branches *all, spni_phase *phase, int side, int64_t special,
                    spni_half_end half, int64_t row)
{
    spn_phase_record *record = &phase->record;
    const spn_branch_record *point = &all->bank.records[row];
    const spn_special_record *at = special >= 0 ? &all->specials.records[special] : NULL;
    double beta = at != NULL ? at->beta : point->state.beta;
    int64_t end = at != NULL ? end_at_special(all, special) : end_of_half(all, half, beta);
    *(side == SIDE_LOW ? &record->special_low : &record->special_high) = special;
    *(side == SIDE_LOW ? &record->end_low : &record->end_high) = end;
    *(side == SIDE_LOW ? &record->beta_low : &record->beta_high) = beta;
    *(side == SIDE_LOW ? &record->low : &record->high) = at != NULL ? at->state : point->state;
}

void spni_order_window(spn_phase_record *record)
{
    const spn_phase_record was = *record;
    if (was.beta_low > was.beta_high) {
        record->beta_low = was.beta_high;
        record->beta_high = was.beta_low;
        record->end_low = was.end_high;
        record->end_high = was.end_low;
        record->special_low = was.special_high;
        record->special_high = was.special_low;
        record->low = was.high;
        record->high = was.low;
    }
}

/* The point closest to the middle of the window: near its ends labels lag behind. */
static const spn_branch_record *middle_of(const spn_branch_record *records, const int64_t *rows,
                                          int64_t count)
{
    double centre = 0.5 * (records[rows[0]].state.beta + records[rows[count - 1]].state.beta);
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++) {
        best = fabs(records[rows[i]].state.beta - centre) <
                       fabs(records[rows[best]].state.beta - centre)
                   ? i
                   : best;
    }
    return &records[rows[best]];
}

static spn_status add_phase(spn_branches *all, const int64_t *rows, int64_t count, spni_phase **out)
{
    spn_status status = SPN_OK;
    const spn_branch_record *records = all->bank.records;
    spni_phase phase = {.count = count};
    SPN_TRY(spn_grow(all->context, &all->phases.items, sizeof *all->phases.items, all->phases.count,
                     1, &all->phases.capacity));
    SPN_NEW(all->context, phase.points, count);
    /* Between two special points beta is monotonic along the branch: at a fold it would have been cut. */
    bool is_falling = records[rows[count - 1]].state.beta < records[rows[0]].state.beta;
    for (int64_t i = 0; i < count; i++) {
        phase.points[i] = rows[is_falling ? count - 1 - i : i];
    }
    const spn_branch_record *middle = middle_of(records, phase.points, count);
    phase.record = (spn_phase_record){.phase = all->phases.count,
                                      .branch = middle->branch,
                                      .first_point = records[rows[0]].point,
                                      .last_point = records[rows[count - 1]].point,
                                      .middle = middle->state,
                                      .global_low = (double)NAN,
                                      .global_high = (double)NAN,
                                      .visits = all->traced.items[middle->branch].visits};
    all->phases.items[all->phases.count] = phase;
    *out = &all->phases.items[all->phases.count++];
done:
    return status;
}

/* The phase of a row, if it has one yet; a hidden row's is that of its neighbour. */
static int64_t phase_of_row(const spn_branches *all, int64_t row)
{
    const spni_bank *bank = &all->bank;
    row = bank->records[row].phase == SPNI_HIDDEN ? bank->previous[row] : row;
    return all->phases.of_rows[row];
}

/* A stretch that ends by joining another branch is a piece of the phase there. */
static int64_t joined_phase(const spn_branches *all, int64_t branch, int64_t before, int64_t after,
                            bool is_first, bool is_last)
{
    const spni_followed_branch *owner = &all->traced.items[branch];
    int64_t phase = -1;
    if (is_first && before < 0 && owner->joined[0] >= 0) {
        phase = phase_of_row(all, owner->joined[0]);
    }
    if (phase < 0 && is_last && after < 0 && owner->joined[1] >= 0) {
        phase = phase_of_row(all, owner->joined[1]);
    }
    return phase;
}

/* How a stretch ends next to `row`, where no special point lies between: next to a point whose index is not known nothing is known. */
static spni_half_end end_next_to(const spn_branches *all, int64_t row, spni_half_end half)
{
    return all->bank.records[row].negative_eigenvalues < 0 ? SPNI_HALF_UNFINISHED : half;
}

/* rows[from .. to] of a branch with `count` points in all is a stretch. */
static spn_status make_phase(spn_branches *all, const int64_t *rows, int64_t count, int64_t from,
                             int64_t to)
{
    spn_status status = SPN_OK;
    const spn_branch_record *records = all->bank.records;
    int64_t branch = records[rows[from]].branch;
    const spni_followed_branch *owner = &all->traced.items[branch];
    spni_phase *phase = NULL;
    int64_t before = from > 0 ? special_behind(all, branch, records[rows[from - 1]].point, true)
                              : owner->specials[0];
    int64_t after = to < count - 1 ? special_behind(all, branch, records[rows[to]].point, false)
                                   : owner->specials[1];
    int64_t joined = joined_phase(all, branch, before, after, from == 0, to == count - 1);
    if (joined < 0) {
        SPN_TRY(add_phase(all, rows + from, to - from + 1, &phase));
        /* Of a single point only its tangent tells which end is the lower one. */
        bool is_rising = from == to
                             ? records[rows[from]].slope >= 0
                             : records[rows[to]].state.beta >= records[rows[from]].state.beta;
        spni_half_end first = end_next_to(all, rows[from > 0 ? from - 1 : from], owner->ends[0]);
        spni_half_end last = end_next_to(all, rows[to < count - 1 ? to + 1 : to], owner->ends[1]);
        set_end(all, phase, is_rising ? SIDE_LOW : SIDE_HIGH, before, first, rows[from]);
        set_end(all, phase, is_rising ? SIDE_HIGH : SIDE_LOW, after, last, rows[to]);
        spni_order_window(&phase->record);
        joined = phase->record.phase;
    }
    for (int64_t i = from; i <= to; i++) {
        all->phases.of_rows[rows[i]] = joined;
    }
done:
    return status;
}

/* Is there a special point between two neighbouring stable points (the branch was unstable for less than a step)? */
static bool is_cut_between(const spn_branches *all, int64_t branch, int64_t number)
{
    return special_behind(all, branch, number, true) >= 0;
}

/* A point of which the index is not known belongs to no phase, and a stretch ends before it. */
static spn_status make_branch_phases(spn_branches *all, int64_t branch, int64_t *rows)
{
    spn_status status = SPN_OK;
    const spn_branch_record *records = all->bank.records;
    int64_t count = list_points(all, branch, rows), from = -1;
    for (int64_t i = 0; i < count; i++) {
        const spn_branch_record *now = &records[rows[i]];
        bool is_stable = now->negative_eigenvalues == 0;
        bool is_last = i == count - 1 || records[rows[i + 1]].negative_eigenvalues != 0 ||
                       is_cut_between(all, branch, now->point);
        from = is_stable && from < 0 ? i : from;
        if (is_stable && is_last) {
            SPN_TRY(make_phase(all, rows, count, from, i));
            from = -1;
        }
    }
done:
    return status;
}

/* ---- Copies ---------------------------------------------------------------------------------- */

/* Does the window of `inner` lie in that of `outer`, up to how well ends are known? Of copies one may be cut short by a limit, never
 * both at different sides. */
static bool is_within(const spn_phase_record *inner, const spn_phase_record *outer)
{
    double slack = 1e-6 * (outer->beta_high - outer->beta_low);
    return inner->beta_low >= outer->beta_low - slack &&
           inner->beta_high <= outer->beta_high + slack;
}

/* Are the two one stable stretch, reached by starts on different copies of it? Copies agree all along; two places tell. */
static spn_status compare_phases(spn_branches *all, const spni_phase *a, const spni_phase *b,
                                 bool *is_copy)
{
    spn_status status = SPN_OK;
    spni_place *at_a = &all->work.trial, *at_b = &all->work.start;
    double low = fmax(a->record.beta_low, b->record.beta_low);
    double high = fmin(a->record.beta_high, b->record.beta_high);
    *is_copy = low < high;
    for (int k = 1; k <= 2 && *is_copy; k++) {
        double beta = low + (high - low) * k / 3;
        /* Interpolated L tells most pairs apart without a solve. */
        double gap = spni_phase_loss(all, a, beta) - spni_phase_loss(all, b, beta);
        *is_copy = fabs(gap) <= 1e-4 * (all->frame.scales.value + fabs(a->record.low.loss));
        if (*is_copy) {
            SPN_TRY(spni_phase_at(all, a, beta, at_a, is_copy));
        }
        if (*is_copy) {
            SPN_TRY(spni_phase_at(all, b, beta, at_b, is_copy));
        }
        *is_copy = *is_copy && spni_is_same(&all->frame, at_a, at_b);
    }
done:
    return status;
}

/* Phase `gone` is a part of `kept`: its rows are that phase's, and the numbers behind it move up. */
static void merge_phases(spn_branches *all, int64_t kept, int64_t gone)
{
    all->phases.items[kept].record.visits += all->phases.items[gone].record.visits;
    spn_release(all->context, all->phases.items[gone].points);
    for (int64_t i = gone; i + 1 < all->phases.count; i++) {
        all->phases.items[i] = all->phases.items[i + 1];
        all->phases.items[i].record.phase = i;
    }
    all->phases.count--;
    for (int64_t i = 0; i < all->bank.count; i++) {
        int64_t *phase = &all->phases.of_rows[i];
        *phase = *phase == gone ? kept : *phase;
        *phase -= *phase > gone;
    }
}

static spn_status merge_copies(spn_branches *all)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < all->phases.count; i++) {
        for (int64_t j = i + 1; j < all->phases.count; j++) {
            const spn_phase_record *a = &all->phases.items[i].record,
                                   *b = &all->phases.items[j].record;
            bool is_b_in_a = is_within(b, a), is_copy = false;
            if (!is_b_in_a && !is_within(a, b)) {
                continue;
            }
            SPN_TRY(compare_phases(all, &all->phases.items[i], &all->phases.items[j], &is_copy));
            if (is_copy && is_b_in_a) {
                merge_phases(all, i, j);
                j--;
            } else if (is_copy) {
                merge_phases(all, j, i);
                i--;
                break;
            }
        }
    }
done:
    return status;
}

/* The phase that a special point ends on the other side of beta, or -1. Both sides may have met it as different rows, of which one
 * names the other (same_as). */
static int64_t phase_beyond(const spn_branches *all, const spni_phase *phase, int side)
{
    const spn_phase_record *own = &phase->record;
    int64_t special = side == SIDE_LOW ? own->special_low : own->special_high;
    const spn_special_record *at = &all->specials.records[special];
    int64_t same = at->same_as >= 0 ? at->same_as : special;
    for (int64_t i = 0; i < all->phases.count; i++) {
        const spn_phase_record *other = &all->phases.items[i].record;
        int64_t there = side == SIDE_LOW ? other->special_high : other->special_low;
        int64_t root = there >= 0 && all->specials.records[there].same_as >= 0
                           ? all->specials.records[there].same_as
                           : there;
        if (i != own->phase && there >= 0 && root == same) {
            return i;
        }
    }
    return -1;
}

static double error_of(const spn_state *state)
{
    return state->error;
}

static double accuracy_of(const spn_state *state)
{
    return state->accuracy;
}

/* Largest less smallest of the minima. */
static double range_of(const spn_branches *all, double (*of)(const spn_state *state))
{
    double low = (double)INFINITY, high = -low;
    for (int64_t i = 0; i < all->bank.count; i++) {
        double value = all->phases.of_rows[i] >= 0 ? of(&all->bank.records[i].state) : (double)NAN;
        low = fmin(low, value); /* NaN does not count */
        high = fmax(high, value);
    }
    return high - low;
}

/* The share of right classes changes by more than SPN_ACTIVE_SHARE of its range, as E must: one sample that changes its class where hidden
 * units merge is no change of what is learned. (A ratio of integers: a sample of 25 is 5 % of a range of 0.8.) */
static bool classifies_else(const spn_branches *all, const spn_state *here, const spn_state *after)
{
    const double rounding = 1e-9;
    double change = fabs(after->accuracy - here->accuracy);
    return change > SPN_ACTIVE_SHARE * (1 + rounding) * range_of(all, accuracy_of);
}

/* From the phase to what follows it; at a continuous end E and accuracy stay, whatever the points found next to it
 * are like. */
static int64_t change_after(const spn_branches *all, const spn_phase_record *own,
                            const spn_special_record *at)
{
    const spn_state *before = &own->middle, *here = &at->state, *after = &at->after;
    if (before->active_modes < 0 || after->active_modes < 0) {
        return SPN_CHANGE_OTHER;
    }
    bool jumps = classifies_else(all, here, after) ||
                 fabs(after->error - here->error) > SPN_ACTIVE_SHARE * range_of(all, error_of);
    if (before->active_modes != after->active_modes || (at->is_continuous != 1 && jumps)) {
        return SPN_CHANGE_ACCURACY;
    }
    bool is_same =
        before->dead_units == after->dead_units && before->merged_units == after->merged_units;
    return is_same ? SPN_CHANGE_OTHER : SPN_CHANGE_SYMMETRY;
}

/* What changes at the end of a phase, and whether a stable branch takes over there. Where one does the network
 * stays at the special point's own values. */
static void judge_end(spn_branches *all, const spni_phase *phase, int side)
{
    const spn_phase_record *own = &phase->record;
    int64_t special = side == SIDE_LOW ? own->special_low : own->special_high;
    if (special < 0) {
        return;
    }
    spn_special_record *at = &all->specials.records[special];
    if (all->settings.method == SPN_BRANCHES_PRODUCTS && at->kind == SPN_SPECIAL_BRANCH_POINT) {
        return; /* what crosses there was not followed */
    }
    int64_t next = phase_beyond(all, phase, side);
    bool is_outside = next < 0 && at->is_continuous == 1;
    /* Where branches cross linearly in beta, a stable one leaves one way only: the other way the network jumps. */
    bool is_transcritical = at->coefficient == 0;
    at->is_continuous =
        is_outside || (next >= 0 && at->kind == SPN_SPECIAL_BRANCH_POINT && !is_transcritical);
    if (at->is_continuous && !is_outside) {
        const spn_phase_record *other = &all->phases.items[next].record;
        at->after = at->state;
        spn_state_relabel(&at->after, &other->middle);
    }
    at->change = change_after(all, own, at);
    spn_state_relabel(&at->state, &own->middle);
    if (at->kind == SPN_SPECIAL_BRANCH_POINT) {
        spn_phase_record *mine = &all->phases.items[own->phase].record;
        *(side == SIDE_LOW ? &mine->end_low : &mine->end_high) = end_at_special(all, special);
    }
}

/* The phase of each point that was sent, in that order. */
static spn_status publish(spn_branches *all)
{
    spn_status status = SPN_OK;
    int64_t sent = 0;
    SPN_NEW(all->context, all->phases.of_points, all->out.points);
    SPN_NEW(all->context, all->phases.records, all->phases.count);
    for (int64_t i = 0; i < all->bank.count; i++) {
        if (all->bank.records[i].phase != SPNI_HIDDEN) {
            all->phases.of_points[sent++] = all->phases.of_rows[i];
        }
    }
done:
    return status;
}

void spni_note_phases(spn_branches *all)
{
    for (int64_t i = 0; i < all->phases.count; i++) {
        all->phases.records[i] = all->phases.items[i].record;
    }
}

spn_status spni_make_phases(spn_branches *all)
{
    spn_status status = SPN_OK;
    int64_t *rows = NULL;
    SPN_NEW(all->context, rows, all->bank.count);
    SPN_NEW(all->context, all->phases.of_rows, all->bank.count);
    for (int64_t i = 0; i < all->bank.count; i++) {
        all->phases.of_rows[i] = -1;
    }
    for (int64_t branch = 0; branch < all->traced.count; branch++) {
        SPN_TRY(make_branch_phases(all, branch, rows));
    }
    SPN_TRY(all->settings.method == SPN_BRANCHES_DENSE ? merge_copies(all) : SPN_OK);
    for (int64_t i = 0; i < all->phases.count; i++) {
        judge_end(all, &all->phases.items[i], SIDE_LOW);
        judge_end(all, &all->phases.items[i], SIDE_HIGH);
    }
    SPN_TRY(publish(all));
done:
    spn_release(all->context, rows);
    return status;
}

/* Bisection of the points, which ascend in beta. Which of them closes the segment that holds beta (0 where there is one point only); -1
 * outside of the window. */
static int64_t segment_of(const spn_branches *all, const spni_phase *phase, double beta)
{
    const spn_branch_record *records = all->bank.records;
    int64_t low = 0, high = phase->count - 1;
    if (!(beta >= phase->record.beta_low && beta <= phase->record.beta_high)) {
        return -1;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(records[phase->points[middle]].state.beta <= beta ? &low : &high) = middle;
    }
    return high;
}

/* L between a point and the special point that ends its phase, x from 0 to 1: the parabola through both with the point's slope,
 *
 *     L(x) = L_0 + x h L'_0 + x^2 (L_1 - L_0 - h L'_0),    L' = dL/dbeta = n (T9).
 *
 * L is concave and the special point may be far, so that the tangent alone would lie above L. */
static double loss_to_end(const spni_bank *bank, int64_t row, double end, double loss_end,
                          double beta)
{
    double h = end - bank->records[row].state.beta, x = (beta - bank->records[row].state.beta) / h;
    double loss = bank->records[row].state.loss, tangent = h * bank->slopes[row];
    return loss + x * tangent + x * x * (loss_end - loss - tangent);
}

double spni_phase_loss(const spn_branches *all, const spni_phase *phase, double beta)
{
    int64_t high = segment_of(all, phase, beta);
    if (high < 0) {
        return (double)NAN;
    }
    const spn_phase_record *record = &phase->record;
    int64_t row = phase->points[high], low = phase->points[high > 0 ? high - 1 : 0];
    const spn_branch_record *rows = all->bank.records;
    if (beta < rows[low].state.beta && record->special_low >= 0) {
        return loss_to_end(&all->bank, low, record->beta_low, record->low.loss, beta);
    }
    if (beta > rows[row].state.beta && record->special_high >= 0) {
        return loss_to_end(&all->bank, row, record->beta_high, record->high.loss, beta);
    }
    return spni_bank_loss(&all->bank, low, row, beta);
}

/* theta of the phase at beta, on the line between the two points around it. is_root: at the first and last
 * segment of a phase that ends at a special point theta goes like the root of the distance from that. */
static void guess(const spn_branches *all, const spni_phase *phase, int64_t high, double beta,
                  bool is_root, double *theta)
{
    const spni_bank *bank = &all->bank;
    const spn_phase_record *record = &phase->record;
    int64_t n = all->frame.n, row_a = phase->points[high > 0 ? high - 1 : 0];
    int64_t row_b = phase->points[high];
    bool is_before = record->special_low >= 0 && beta < bank->records[phase->points[0]].state.beta;
    bool is_high = is_root && record->special_high >= 0 && high == phase->count - 1 && !is_before;
    bool is_low = is_root && !is_high && record->special_low >= 0 && high <= 1;
    int64_t special = is_high ? record->special_high : record->special_low;
    /* From the point on beta's own side of the special point; where beta lies between point and special point, that is the only one. */
    if (is_low || (is_high && beta > bank->records[row_b].state.beta)) {
        row_a = row_b = is_low && beta < bank->records[row_a].state.beta ? row_a : row_b;
    }
    const double *a = bank->theta + row_a * n, *b = bank->theta + row_b * n;
    double from = bank->records[row_a].state.beta, to = bank->records[row_b].state.beta;
    if (is_high || is_low) {
        b = all->specials.theta + special * n;
        to = all->specials.records[special].beta;
    }
    /* theta_end - theta ~ (beta_end - beta)^(1/2) next to a fold or pitchfork, so that 1 - x becomes its root. */
    double x = to != from ? fmin(fmax((beta - from) / (to - from), 0), 1) : 0;
    x = is_high || is_low ? 1 - sqrt(1 - x) : x;
    for (int64_t i = 0; i < n; i++) {
        theta[i] = a[i] + x * (b[i] - a[i]);
    }
}

spn_status spni_phase_at(spn_branches *all, const spni_phase *phase, double beta, spni_place *place,
                         bool *is_there)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    int64_t high = segment_of(all, phase, beta);
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    *is_there = false;
    /* First as behind a special point, then on the straight line: one of the two starts lies in the basin of the phase. */
    for (int root = 1; root >= 0 && high >= 0 && !*is_there; root--) {
        spni_newton_info info;
        double solved = beta;
        guess(all, phase, high, beta, root == 1, place->theta);
        SPN_TRY(spni_newton_solve(frame, &level, frame->length, place->theta, &solved, &info));
        if (info.is_converged) {
            SPN_TRY(spni_linearise(frame, place->theta, beta, NULL, place));
            *is_there = place->index == 0;
        }
    }
done:
    return status;
}
