/* SPDX-License-Identifier: MIT */
/* Barriers: behind a fold that ends a phase the branch goes on as a saddle with one negative eigenvalue, over
 * which the network leaves the phase: L(saddle) - L(minimum) at the beta of each of its points. */
#include "continuation/explore.h"

#include <math.h>

static spn_status add_barrier(spn_branches *all, const spni_phase *phase, int64_t special,
                              int64_t row)
{
    spn_status status = SPN_OK;
    const spn_branch_record *saddle = &all->bank.records[row];
    const double *theta = all->bank.theta + row * all->frame.n;
    spni_place *minimum = &all->work.start;
    double sum = 0;
    bool is_there = false;
    SPN_TRY(spni_phase_at(all, phase, saddle->state.beta, minimum, &is_there));
    if (!is_there) {
        goto done;
    }
    for (int64_t i = 0; i < all->frame.n; i++) {
        sum += (theta[i] - minimum->theta[i]) * (theta[i] - minimum->theta[i]);
    }
    SPN_TRY(spn_grow(all->context, &all->barriers.items, sizeof *all->barriers.items,
                     all->barriers.count, 1, &all->barriers.capacity));
    all->barriers.items[all->barriers.count++] =
        (spn_barrier_record){.phase = phase->record.phase,
                             .special = special,
                             .beta = saddle->state.beta,
                             .height = saddle->state.loss - minimum->state.loss,
                             .distance = sqrt(sum)};
done:
    return status;
}

/* The row of point `number` of a branch, or -1. */
static int64_t find_row(const spn_branches *all, int64_t branch, int64_t number)
{
    const spni_bank *bank = &all->bank;
    for (int64_t i = 0; i < bank->count; i++) {
        if (bank->records[i].branch == branch && bank->records[i].point == number &&
            bank->records[i].phase != SPNI_HIDDEN) {
            return i;
        }
    }
    return -1;
}

/* Points away from the phase, as long as they are saddles of index 1 that lie inside its window. */
static spn_status follow_saddle(spn_branches *all, const spni_phase *phase, int64_t special)
{
    spn_status status = SPN_OK;
    const spn_special_record *at = &all->specials.records[special];
    int64_t first = phase->record.first_point, last = phase->record.last_point;
    bool is_upward = at->point >= last;
    int64_t number = is_upward ? last + 1 : first - 1, step = is_upward ? 1 : -1;
    for (;; number += step) {
        int64_t row = find_row(all, at->branch, number);
        if (row < 0 || all->bank.records[row].negative_eigenvalues != 1 ||
            !(all->bank.records[row].state.beta >= phase->record.beta_low &&
              all->bank.records[row].state.beta <= phase->record.beta_high)) {
            break;
        }
        SPN_TRY(add_barrier(all, phase, special, row));
    }
done:
    return status;
}

spn_status spni_find_barriers(spn_branches *all)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < all->phases.count; i++) {
        const spni_phase *phase = &all->phases.items[i];
        const int64_t ends[2] = {phase->record.special_low, phase->record.special_high};
        for (int side = 0; side < 2; side++) {
            bool is_fold =
                ends[side] >= 0 && all->specials.records[ends[side]].kind == SPN_SPECIAL_FOLD;
            SPN_TRY(is_fold ? follow_saddle(all, phase, ends[side]) : SPN_OK);
        }
    }
done:
    return status;
}
