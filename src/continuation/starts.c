/* SPDX-License-Identifier: MIT */
/* Minima that no known branch leads to: from random starts, and down from saddles. */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

spn_status spni_minimise(spn_branches *all, double beta, double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    SPN_TRY(spn_solver_run(all->context, all->solver, beta, theta, &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(all->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    *is_converged = info.stop == SPN_STOP_CONVERGED && info.negative_eigenvalues == 0;
done:
    return status;
}

double spni_level(const spn_branches *all, int64_t level)
{
    double share = ((double)level + 0.5) / (double)all->settings.levels;
    return all->frame.beta_from + share * (all->frame.beta_to - all->frame.beta_from);
}

/* Random weights are minimised at this share of the range's upper end first, where that lies below the range,
 * and then at ever larger beta up to it: without hidden biases the untrained state is a minimum for every beta > 0 (T14), but
 * the smaller beta, the smaller its basin, and what is learned there stays learned on the way up. */
static const double ANNEAL_SHARE = 1e-3, ANNEAL_RATIO = 3;

spn_status spni_annealed_start(spn_branches *all, int64_t seed, double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    const spn_branches_problem *problem = &all->problem;
    double from = all->frame.beta_from, beta = fmin(from, ANNEAL_SHARE * all->frame.beta_to);
    beta = beta > 0 ? beta : from;
    SPN_TRY(problem->initial(all->context, problem->initial_state, seed, theta));
    for (; beta < from; beta = fmin(ANNEAL_RATIO * beta, from)) {
        SPN_TRY(spni_minimise(all, beta, theta, is_converged));
    }
    SPN_TRY(spni_minimise(all, from, theta, is_converged));
done:
    return status;
}

/* The minimum that theta leads to at a level, where it ends, joins the queue. */
static spn_status start_at_level(spn_branches *all, int64_t level, double *theta)
{
    spn_status status = SPN_OK;
    double beta = spni_level(all, level);
    bool is_converged = false;
    SPN_TRY(spni_minimise(all, beta, theta, &is_converged));
    SPN_TRY(is_converged ? spni_queue_start(all, theta, beta, NULL, -1) : SPN_OK);
done:
    return status;
}

/* At each level from the random weights themselves, and from where they have been taken from below. */
spn_status spni_random_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    const spn_branches_problem *problem = &all->problem;
    double *theta = all->work.theta;
    for (int64_t seed = 0; seed < all->settings.starts; seed++) {
        bool is_converged = false;
        for (int64_t level = 0; level < all->settings.levels; level++) {
            SPN_TRY(problem->initial(all->context, problem->initial_state, seed, theta));
            SPN_TRY(start_at_level(all, level, theta));
        }
        SPN_TRY(spni_annealed_start(all, seed, theta, &is_converged));
        for (int64_t level = 0; level < all->settings.levels; level++) {
            SPN_TRY(start_at_level(all, level, theta));
        }
    }
done:
    return status;
}

/* ---- Descents -------------------------------------------------------------------------------- */

/* How far a saddle is left along its negative direction, in lengths of the frame. */
static const double PUSH = 1e-3;

/* Down both sides of the saddle in this row of the bank. */
static spn_status descend(spn_branches *all, int64_t row)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    spni_place *saddle = &all->work.start;
    int64_t n = frame->n;
    double beta = all->bank.records[row].state.beta, *theta = all->work.theta;
    SPN_TRY(spni_linearise(frame, all->bank.theta + row * n, beta, NULL, saddle));
    for (int side = -1; side <= 1; side += 2) {
        bool is_converged = false;
        memcpy(theta, saddle->theta, (size_t)n * sizeof *theta);
        spn_axpy(n, side * PUSH * frame->length, saddle->vectors, theta);
        SPN_TRY(spni_minimise(all, beta, theta, &is_converged));
        SPN_TRY(is_converged ? spni_queue_start(all, theta, beta, NULL, -1) : SPN_OK);
    }
done:
    return status;
}

/* From the middle point of each run of saddles of one index. */
spn_status spni_descents(spn_branches *all, int64_t first)
{
    spn_status status = SPN_OK;
    const spni_bank *bank = &all->bank;
    int64_t count = bank->count, from = -1;
    for (int64_t i = 0; i <= count; i++) {
        bool is_saddle = i < count && bank->records[i].branch >= first &&
                         bank->records[i].negative_eigenvalues > 0 &&
                         bank->records[i].phase != SPNI_HIDDEN;
        bool is_next =
            is_saddle && from >= 0 && bank->previous[i] == i - 1 &&
            bank->records[i].negative_eigenvalues == bank->records[from].negative_eigenvalues;
        if (from >= 0 && !is_next) {
            int64_t row = from + (i - 1 - from) / 2,
                    index = bank->records[from].negative_eigenvalues;
            SPN_TRY(index == 1              ? descend(all, row)
                    : all->settings.saddles ? spni_descend_to_saddles(all, row)
                                            : SPN_OK);
            from = -1;
        }
        from = is_saddle && from < 0 ? i : from;
    }
done:
    return status;
}
