/* SPDX-License-Identifier: MIT */
/* The points of all branches, and whether a stationary point lies on one of them.
 *
 * Copies under permutations, sign flips and rotations have equal L, E, |theta| and spectrum: those decide, not
 * theta. Along a branch L(beta) is known with its derivative dL/dbeta (|theta|^2 for a ridge, T9), so that Hermite's
 * interpolation tells nearly all segments apart without a solve. */
#include "base/invariant.h"
#include "continuation/explore.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Interpolated values that are this close (of |L| and its scale, of the frame's length) are worth a solve. */
static const double LOSS_NEAR = 1e-5, LOSS_SHARE = 2e-2, NORM_NEAR = 2e-2;
/* Solved values that are this close are equal: a solution is good to about 1e-9 in theta, L to its square. */
static const double LOSS_EQUAL = 1e-11, NORM_EQUAL = 1e-6, EIGENVALUE_EQUAL = 1e-5;
/* Neighbours of a point on its own branch that it may not be compared with. */
enum { NEIGHBOURS = 4 };

spn_status spni_bank_add(spn_context *context, spni_bank *bank, const spn_branch_record *record,
                         const double *theta, double slope, int64_t previous)
{
    spn_status status = SPN_OK;
    int64_t capacities[4] = {bank->capacity, bank->capacity, bank->capacity, bank->capacity};
    size_t row = (size_t)bank->n * sizeof *theta;
    SPN_TRY(
        spn_grow(context, &bank->records, sizeof *bank->records, bank->count, 1, &capacities[0]));
    SPN_TRY(
        spn_grow(context, &bank->previous, sizeof *bank->previous, bank->count, 1, &capacities[1]));
    SPN_TRY(spn_grow(context, &bank->slopes, sizeof *bank->slopes, bank->count, 1, &capacities[2]));
    SPN_TRY(spn_grow(context, &bank->theta, row, bank->count, 1, &capacities[3]));
    bank->capacity = capacities[3];
    SPNI_INVARIANT(previous >= -1 && previous < bank->count);
    bank->slopes[bank->count] = slope;
    bank->records[bank->count] = *record;
    bank->previous[bank->count] = previous;
    memcpy(bank->theta + bank->count * bank->n, theta, row);
    bank->count++;
done:
    return status;
}

void spni_bank_free(spn_context *context, spni_bank *bank)
{
    spn_release(context, bank->records);
    spn_release(context, bank->theta);
    spn_release(context, bank->slopes);
    spn_release(context, bank->previous);
}

double spni_bank_loss(const spni_bank *bank, int64_t row_a, int64_t row_b, double beta)
{
    const spn_branch_record *a = &bank->records[row_a], *b = &bank->records[row_b];
    double h = b->state.beta - a->state.beta, x = (beta - a->state.beta) / h, y = 1 - x;
    if (!(x >= 0 && x <= 1)) {
        int64_t row = x > 1 ? row_b : row_a;
        return bank->records[row].state.loss +
               (beta - bank->records[row].state.beta) * bank->slopes[row];
    }
    return a->state.loss + x * x * (3 - 2 * x) * (b->state.loss - a->state.loss) +
           x * y * y * h * bank->slopes[row_a] - x * x * y * h * bank->slopes[row_b];
}

static bool is_between(double a, double b, double x)
{
    return (a <= x && x <= b) || (b <= x && x <= a);
}

/* May the place lie on the segment that the row closes? */
static bool is_near(const spn_branches *all, int64_t row, const spni_place *place)
{
    const spni_bank *bank = &all->bank;
    int64_t other = bank->previous[row];
    const spn_branch_record *b = &bank->records[row], *a = &bank->records[other];
    double step = b->state.beta - a->state.beta;
    if (!is_between(a->state.beta, b->state.beta, place->beta) || step == 0) {
        return false;
    }
    double x = (place->beta - a->state.beta) / step;
    double norm = a->state.weight_norm + x * (b->state.weight_norm - a->state.weight_norm);
    double loss = spni_bank_loss(bank, other, row, place->beta);
    double allowed = LOSS_NEAR * (all->frame.scales.value + fabs(loss)) +
                     LOSS_SHARE * fabs(b->state.loss - a->state.loss);
    double bend = fabs(b->state.weight_norm - a->state.weight_norm) + NORM_NEAR * all->frame.length;
    return fabs(place->state.loss - loss) <= allowed && fabs(sqrt(place->order) - norm) <= bend;
}

/* theta at `share` of the way from a segment's one end to the other. Behind a special point theta goes like the root of
 * the distance. */
static void interpolate(const spni_bank *bank, int64_t row, double share, bool is_root,
                        double *theta)
{
    int64_t n = bank->n;
    const double *a = bank->theta + bank->previous[row] * n, *b = bank->theta + row * n;
    double weight = is_root ? 1 - sqrt(fmax(1 - share, 0)) : share;
    for (int64_t i = 0; i < n; i++) {
        theta[i] = a[i] + weight * (b[i] - a[i]);
    }
}

/* The solution on a segment at beta. */
static spn_status solve_segment(spn_branches *all, int64_t row, double beta, bool is_root,
                                double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    const spn_branch_record *b = &all->bank.records[row];
    const spn_branch_record *a = &all->bank.records[all->bank.previous[row]];
    double share = b->state.beta != a->state.beta
                       ? (beta - a->state.beta) / (b->state.beta - a->state.beta)
                       : 0;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    spni_newton_info info;
    interpolate(&all->bank, row, share, is_root, theta);
    SPN_TRY(spni_newton_solve(&all->frame, &level, all->frame.length, theta, &beta, &info));
    *is_converged = info.is_converged;
done:
    return status;
}

bool spni_is_same(const spni_frame *frame, const spni_place *a, const spni_place *b)
{
    double scale = frame->scales.value + fabs(a->state.loss), length = frame->length;
    bool is_equal = fabs(a->state.loss - b->state.loss) <= LOSS_EQUAL * scale &&
                    fabs(sqrt(a->order) - sqrt(b->order)) <= NORM_EQUAL * length &&
                    a->index == b->index;
    for (int64_t i = 0; is_equal && i < frame->n; i++) {
        is_equal = fabs(a->values[i] - b->values[i]) <= EIGENVALUE_EQUAL * a->largest;
    }
    return is_equal;
}

/* Is the place the solution on the segment at its beta? */
static spn_status is_on_segment(spn_branches *all, const spni_place *place, int64_t row,
                                bool *is_on)
{
    spn_status status = SPN_OK;
    spni_place *trial = &all->work.trial;
    bool is_hidden = all->bank.records[row].phase == SPNI_HIDDEN;
    *is_on = false;
    for (int root = 0; root <= (is_hidden ? 1 : 0) && !*is_on; root++) {
        bool is_converged = false;
        SPN_TRY(solve_segment(all, row, place->beta, root == 1, trial->theta, &is_converged));
        if (is_converged) {
            spn_objective_settle(all->frame.objective, trial->theta);
            SPN_TRY(spni_linearise(&all->frame, trial->theta, place->beta, NULL, trial));
            *is_on = spni_is_same(&all->frame, place, trial);
        }
    }
done:
    return status;
}

spn_status spni_bank_find(spn_branches *all, const spni_place *place, int64_t branch, int64_t point,
                          int64_t *row)
{
    spn_status status = SPN_OK;
    const spni_bank *bank = &all->bank;
    *row = -1;
    for (int64_t i = 0; i < bank->count && *row < 0; i++) {
        const spn_branch_record *b = &bank->records[i];
        bool is_close = b->branch == branch && llabs(b->point - point) < NEIGHBOURS;
        bool is_on = false;
        if (bank->previous[i] < 0 || is_close || !is_near(all, i, place)) {
            continue;
        }
        SPN_TRY(is_on_segment(all, place, i, &is_on));
        *row = is_on ? i : -1;
    }
done:
    return status;
}
