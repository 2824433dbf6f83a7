/* SPDX-License-Identifier: MIT */
/* Following one branch: points and special points go to the sink, and what they lead to into the queue.
 *
 * A run that was interrupted is repeated with what it had sent: points and special points are taken from
 * there instead of being solved for, everything else follows from them as it did before, so that the
 * repetition makes the same decisions and goes on with the same bits. */
#include "continuation/branch_step.h"
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

/* Special points that differ by less (of |beta| and its scale, |L| and its scale, the frame's length) are one. */
static const double SAME_BETA = 1e-7, SAME_LOSS = 1e-7, SAME_NORM = 1e-4;

const spni_replayed *spni_replay_next(const spn_branches *all)
{
    return all->replay.next < all->replay.count ? &all->replay.items[all->replay.next] : NULL;
}

spn_status spni_emit(spn_branches *all, const spn_item *item)
{
    const spni_replayed *known = spni_replay_next(all);
    if (known == NULL) {
        return all->out.sink(all->context, all->out.state, item);
    }
    bool is_same = known->stream == item->stream;
    if (is_same && item->stream == SPN_BRANCHES_POINT) {
        const spn_branch_record *point = item->record;
        is_same = known->point.branch == point->branch && known->point.point == point->point;
    } else if (is_same && item->stream == SPN_BRANCHES_SPECIAL) {
        const spn_special_record *special = item->record;
        is_same = known->special.special == special->special;
    }
    if (!is_same) {
        return spn_fail(all->context, SPN_ERROR_INPUT,
                        "saved item %lld does not belong to this run",
                        (long long)all->replay.next + 1);
    }
    all->replay.next++;
    return SPN_OK;
}

const spni_replayed *spni_find_replayed_point(const spn_branches *all, int64_t branch,
                                              int64_t number)
{
    for (int64_t i = all->replay.next; i < all->replay.count; i++) {
        const spni_replayed *known = &all->replay.items[i];
        if (known->stream == SPN_BRANCHES_POINT) {
            bool is_it = known->point.branch == branch && known->point.point == number;
            return is_it ? known : NULL;
        }
    }
    return NULL;
}

static void fill_record(const spni_frame *frame, const spni_place *place, spn_branch_record *record)
{
    int64_t n = frame->n, index = place->index;
    bool is_low =
        index > 0 && (index == n || fabs(place->values[index - 1]) < fabs(place->values[index]));
    record->phase = -1;
    record->state = place->state;
    record->state.susceptibility = spni_susceptibility_along(frame, place);
    record->slope = place->beta_slope;
    record->eigenvalue_min = place->values[0];
    record->critical_eigenvalue = place->values[is_low ? index - 1 : index];
    record->negative_eigenvalues = index;
    record->zero_modes = place->zero_modes;
    record->certainty = record->products = -1; /* columns of another method */
}

spn_status spni_send_point(spn_branches *all, const spni_point_parts *point, int64_t previous)
{
    spn_status status = SPN_OK;
    const spn_item item = {.stream = SPN_BRANCHES_POINT,
                           .record = point->record,
                           .mode_count = point->labels->mode_count,
                           .modes = point->labels->strengths,
                           .theta_size = all->frame.n,
                           .theta = point->theta};
    SPN_TRY(spni_bank_add(all->context, &all->bank, point->record, point->theta, point->loss_slope,
                          previous));
    all->out.points++;
    all->out.last_row = all->bank.count - 1;
    SPN_TRY(spni_emit(all, &item));
done:
    return status;
}

/* Point `number` of the branch: its record, how far it is along the branch, and its neighbour in the bank. */
static spn_status send_place(spn_branches *all, const spni_place *place, spn_branch_record *record,
                             int64_t previous)
{
    fill_record(&all->frame, place, record);
    const spni_point_parts point = {.record = record,
                                    .labels = &place->labels,
                                    .theta = place->theta,
                                    .loss_slope = place->loss_slope};
    return spni_send_point(all, &point, previous);
}

/* The special point `special` closes the segment behind the row `previous`: a row that only spni_bank_find()
 * sees, so that a start in between is recognised. */
static spn_status close_segment(spn_branches *all, int64_t special, int64_t previous)
{
    const spn_special_record *at = &all->specials.records[special];
    const spn_branch_record *neighbour = &all->bank.records[previous];
    spn_branch_record record = {.branch = neighbour->branch,
                                .point = neighbour->point,
                                .phase = SPNI_HIDDEN,
                                .state = at->state};
    record.state.beta = at->beta;
    return spni_bank_add(all->context, &all->bank, &record,
                         all->specials.theta + special * all->frame.n,
                         all->specials.slopes[special], previous);
}

/* Between the rows `before` and `behind` the branch turned back at each fold from number `first` on: both sides
 * are segments of their own. */
static spn_status close_folds(spn_branches *all, int64_t first, int64_t before, int64_t behind)
{
    spn_status status = SPN_OK;
    for (int64_t i = first; i < all->specials.count; i++) {
        if (all->specials.records[i].kind == SPN_SPECIAL_FOLD) {
            SPN_TRY(close_segment(all, i, before));
            SPN_TRY(close_segment(all, i, behind));
        }
    }
done:
    return status;
}

static int64_t find_same_special(const spn_branches *all, const spn_special_record *record)
{
    const spn_scales *scales = &all->frame.scales;
    double beta = SAME_BETA * (scales->parameter + fabs(record->beta));
    double loss = SAME_LOSS * (scales->value + fabs(record->state.loss));
    for (int64_t i = 0; i < all->specials.count; i++) {
        const spn_special_record *other = &all->specials.records[i];
        if (fabs(other->beta - record->beta) <= beta &&
            fabs(other->state.loss - record->state.loss) <= loss &&
            fabs(other->state.weight_norm - record->state.weight_norm) <=
                SAME_NORM * all->frame.length) {
            return other->same_as >= 0 ? other->same_as : i;
        }
    }
    return -1;
}

spn_status spni_keep_special(spn_branches *all, const spn_special_record *record,
                             const double *theta, double loss_slope)
{
    spn_status status = SPN_OK;
    int64_t n = all->frame.n, capacity = all->specials.capacity, other = capacity, third = capacity;
    size_t row = (size_t)n * sizeof(double);
    SPN_TRY(spn_grow(all->context, &all->specials.records, sizeof *all->specials.records,
                     all->specials.count, 1, &capacity));
    SPN_TRY(spn_grow(all->context, &all->specials.theta, row, all->specials.count, 1, &other));
    SPN_TRY(spn_grow(all->context, &all->specials.slopes, sizeof(double), all->specials.count, 1,
                     &third));
    all->specials.slopes[all->specials.count] = loss_slope;
    all->specials.capacity = capacity;
    memcpy(all->specials.theta + all->specials.count * n, theta, row);
    all->specials.records[all->specials.count++] = *record;
done:
    return status;
}

/* Which way in beta lies what the stable stretch does not reach: +1, -1; 0: it does not end here. */
static int64_t side_beyond(const spni_tracer *tracer, const spni_special *special)
{
    const spni_place *low = &tracer->low, *high = &tracer->high;
    if (special->is_vertex || special->record.kind == SPN_SPECIAL_FOLD) {
        bool is_end = special->is_vertex ? low->index == 0 : low->index == 0 || high->index == 0;
        return !is_end ? 0 : special->record.coefficient > 0 ? -1 : 1;
    }
    if ((low->index == 0) == (high->index == 0)) {
        return 0;
    }
    return (low->index == 0) == (high->beta > low->beta) ? 1 : -1;
}

void spni_order_sides(const spn_state *high, int64_t from, int64_t to, spn_special_record *record)
{
    if (record->index_after == 0 && record->index_before > 0) {
        spn_state_relabel(&record->state, high);
        record->state.accuracy = high->accuracy;
    }
    if (to < from) {
        int64_t before = record->index_before;
        record->index_before = record->index_after;
        record->index_after = before;
    }
    record->point = from < to ? from : to;
}

void spni_clear_after(spn_special_record *record)
{
    record->crossing = 0;
    record->is_continuous = -1;
    record->change = SPN_CHANGE_OTHER;
    record->after = spn_state_unknown();
}

/* A special point was located between points `from` and `to` of the branch. */
static spn_status handle_special(spn_branches *all, spni_special *special, int64_t branch,
                                 int64_t from, int64_t to)
{
    spn_status status = SPN_OK;
    spn_special_record *record = &special->record;
    record->special = all->specials.count;
    record->branch = branch;
    spni_clear_after(record);
    spni_order_sides(&all->tracer.high.state, from, to, record);
    record->same_as = find_same_special(all, record);
    int64_t beyond = side_beyond(&all->tracer, special);
    bool has_crossings = record->kind == SPN_SPECIAL_BRANCH_POINT || record->kernel > 1;
    if (has_crossings && record->same_as < 0) {
        SPN_TRY(spni_find_crossings(all, special));
    }
    if (beyond != 0) {
        SPN_TRY(spni_find_fall(all, special, beyond));
    }
    const spn_item item = {.stream = SPN_BRANCHES_SPECIAL,
                           .record = record,
                           .theta_size = all->frame.n,
                           .theta = special->place.theta};
    SPN_TRY(spni_keep_special(all, record, special->place.theta, special->place.loss_slope));
    SPN_TRY(spni_emit(all, &item));
    if (beyond != 0) {
        SPN_TRY(spni_send_approach(all, special, -beyond));
    }
done:
    return status;
}

/* All special points between `at` and `next`; *is_end: the branch retraces a copy of itself behind one. */
static spn_status handle_specials(spn_branches *all, int64_t branch, int64_t from, int64_t to,
                                  bool *is_end)
{
    spn_status status = SPN_OK;
    spni_special *special = &all->work.special;
    bool is_found = false, is_first = true;
    *is_end = false;
    do {
        SPN_TRY(spni_locate_next(&all->tracer, is_first, special, &is_found));
        is_first = false;
        if (is_found) {
            SPN_TRY(handle_special(all, special, branch, from, to));
            *is_end = special->is_vertex;
        }
    } while (is_found && !*is_end);
done:
    return status;
}

/* The next point of the branch into tracer.next: solved for, or as an interrupted run had it. */
static spn_status next_point(spn_branches *all, spn_branch_record *record, spni_step_end *end)
{
    spn_status status = SPN_OK;
    spni_tracer *tracer = &all->tracer;
    const spni_replayed *known = spni_find_replayed_point(all, record->branch, record->point);
    if (known == NULL) {
        SPN_TRY(spni_tracer_step(tracer, end, &record->step, &record->corrections));
        goto done;
    }
    record->step = known->point.step;
    record->corrections = known->point.corrections;
    SPN_TRY(spni_linearise(&all->frame, known->theta, known->point.state.beta, &tracer->at,
                           &tracer->next));
    bool is_at_end = known->point.state.beta == all->frame.beta_from ||
                     known->point.state.beta == all->frame.beta_to;
    *end = is_at_end ? SPNI_STEP_BOUNDARY : SPNI_STEP_DONE;
    spni_tracer_adapt(tracer, record->step, record->corrections);
done:
    return status;
}

/* Is `at` on an end of the range, with the branch leaving it? */
static bool is_leaving(const spni_frame *frame, const spni_place *at)
{
    return (at->beta <= frame->beta_from && at->beta_slope <= 0) ||
           (at->beta >= frame->beta_to && at->beta_slope >= 0);
}

/* What ends a half behind the point just sent. */
static spn_status judge_point(spn_branches *all, const spn_branch_record *record,
                              spni_step_end step, int64_t side, bool *is_over)
{
    spn_status status = SPN_OK;
    spni_followed_branch *branch = &all->traced.items[record->branch];
    spni_half_end *end = &branch->ends[side];
    int64_t row = -1;
    *is_over = true;
    if (step == SPNI_STEP_BOUNDARY) {
        *end = SPNI_HALF_RANGE;
    } else if (record->negative_eigenvalues > all->settings.index) {
        *end = SPNI_HALF_INDEX;
    } else {
        SPN_TRY(spni_bank_find(all, &all->tracer.at, record->branch, record->point, &row));
        *is_over = row >= 0;
        *end = row >= 0 ? SPNI_HALF_JOINED : *end;
        branch->joined[side] = row;
    }
done:
    return status;
}

void spni_say_lost(spn_branches *all, const spn_branch_record *record, double beta)
{
    all->cut.is_cut = true;
    spn_warning(all->context,
                "branch %lld: no further step was possible behind point %lld, beta = %.10g",
                (long long)record->branch, (long long)record->point, beta);
}

/* One half: points sign, 2 sign, ... from tracer.at, whose tangent looks that way. */
static spn_status follow_half(spn_branches *all, int64_t branch, int64_t sign, int64_t origin)
{
    spn_status status = SPN_OK;
    spni_tracer *tracer = &all->tracer;
    spni_followed_branch *half = &all->traced.items[branch];
    int64_t side = sign > 0, previous = origin, number = 0;
    spn_branch_record record = {.branch = branch};
    bool is_over = is_leaving(&all->frame, &tracer->at);
    half->ends[side] = is_over ? SPNI_HALF_RANGE : SPNI_HALF_UNFINISHED;
    memset(tracer->bend, 0, (size_t)(all->frame.n + 1) * sizeof *tracer->bend);
    tracer->step = spni_step_first(all->settings.step, all->frame.length);
    while (!is_over) {
        spni_step_end end = SPNI_STEP_LOST;
        record.point = number + sign;
        if (sign * record.point > all->settings.points) {
            all->cut.is_cut = true;
            break;
        }
        SPN_TRY(next_point(all, &record, &end));
        if (end == SPNI_STEP_LOST) {
            record.point = number;
            spni_say_lost(all, &record, tracer->at.beta);
            break;
        }
        int64_t specials = all->specials.count;
        SPN_TRY(handle_specials(all, branch, number, record.point, &is_over));
        if (is_over) {
            half->ends[side] = SPNI_HALF_SPECIAL;
            half->specials[side] = all->specials.count - 1;
            SPN_TRY(close_segment(all, all->specials.count - 1, previous));
            break;
        }
        spni_tracer_accept(tracer, record.step);
        record.arclength += (double)sign * record.step;
        SPN_TRY(send_place(all, &tracer->at, &record, previous));
        SPN_TRY(close_folds(all, specials, previous, all->bank.count - 1));
        previous = all->out.last_row;
        number = record.point;
        SPN_TRY(judge_point(all, &record, end, side, &is_over));
    }
    *(sign > 0 ? &half->last : &half->first) = number;
done:
    return status;
}

static void turn(int64_t n, spni_place *place)
{
    place->beta_slope = -place->beta_slope;
    for (int64_t i = 0; i < n; i++) {
        place->tangent[i] = -place->tangent[i];
    }
}

spn_status spni_add_branch(spn_branches *all)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_grow(all->context, &all->traced.items, sizeof *all->traced.items, all->traced.count,
                     1, &all->traced.capacity));
    all->traced.items[all->traced.count++] =
        (spni_followed_branch){.specials = {-1, -1}, .joined = {-1, -1}, .visits = 1};
done:
    return status;
}

spn_status spni_follow_branch(spn_branches *all, const spni_branch_start *start, spni_place *first)
{
    spn_status status = SPN_OK;
    int64_t n = all->frame.n, branch = all->traced.count;
    spn_branch_record record = {.branch = branch};
    SPN_TRY(spni_add_branch(all));
    if (start->away != NULL && spn_dot(n, first->tangent, start->away) < 0) {
        turn(n, first);
    }
    SPN_TRY(send_place(all, first, &record, -1));
    int64_t origin = all->bank.count - 1;
    spni_place_copy(n, first, &all->tracer.at);
    SPN_TRY(follow_half(all, branch, 1, origin));
    if (start->away != NULL) {
        all->traced.items[branch].ends[0] = SPNI_HALF_SPECIAL;
        all->traced.items[branch].specials[0] = start->special;
        SPN_TRY(close_segment(all, start->special, origin));
        goto done;
    }
    spni_place_copy(n, first, &all->tracer.at);
    turn(n, &all->tracer.at);
    SPN_TRY(follow_half(all, branch, -1, origin));
done:
    return status;
}

spn_status spni_queue_start(spn_branches *all, const double *theta, double beta, const double *away,
                            int64_t special)
{
    spn_status status = SPN_OK;
    spni_start_queue *queue = &all->queue;
    int64_t n = all->frame.n;
    size_t bytes = (size_t)n * sizeof *theta;
    spni_branch_start start = {.beta = beta, .special = special};
    SPN_TRY(spn_grow(all->context, &queue->items, sizeof *queue->items, queue->count, 1,
                     &queue->capacity));
    SPN_NEW(all->context, start.theta, n);
    if (away != NULL) {
        SPN_NEW(all->context, start.away, n);
        memcpy(start.away, away, bytes);
    }
    memcpy(start.theta, theta, bytes);
    if (away == NULL) {
        spn_objective_settle(all->frame.objective, start.theta);
    }
    queue->items[queue->count++] = start;
    start = (spni_branch_start){.theta = NULL};
done:
    spn_release(all->context, start.theta);
    spn_release(all->context, start.away);
    return status;
}

spn_status spni_queue_first(spn_branches *all, const double *theta, double beta)
{
    spn_status status = spni_queue_start(all, theta, beta, NULL, -1);
    if (status == SPN_OK) {
        all->queue.items[all->queue.count - 1].is_first = true;
    }
    return status;
}
