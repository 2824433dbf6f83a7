/* SPDX-License-Identifier: MIT */
/* Stationary points that no known branch leads to: minima from random starts, and saddles by Newton's method
 * on the gradient with deflation (Farrell, Birkisson and Funke 2015). */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

enum { SADDLE_STEPS = 200, KNOWN_MOST = 32, HALVINGS = 20 };
/* Longest step towards a saddle, and when it is reached, in lengths of the frame. */
static const double STEP_LONGEST = 0.3, STEP_REACHED = 1e-6;

/* beta of level `level`: evenly inside the range. */
static double level_of(const spn_branches *all, int64_t level)
{
    double share = ((double)level + 0.5) / (double)all->settings.levels;
    return all->frame.beta_from + share * (all->frame.beta_to - all->frame.beta_from);
}

spn_status spni_random_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    const spn_branches_problem *problem = &all->problem;
    for (int64_t level = 0; level < all->settings.levels; level++) {
        for (int64_t seed = 0; seed < all->settings.starts; seed++) {
            bool is_converged = false;
            SPN_TRY(problem->initial(all->context, problem->initial_state, seed, all->theta));
            SPN_TRY(spni_minimise(&all->frame, level_of(all, level), all->theta, &is_converged));
            if (is_converged) {
                SPN_TRY(spni_queue_start(all, all->theta, level_of(all, level), NULL, -1));
            }
        }
    }
done:
    return status;
}

/* ---- Descents -------------------------------------------------------------------------------- */

/* How far a saddle is left along its negative direction, in lengths of the frame. */
static const double PUSH = 1e-3;

static spn_status descend(spn_branches *all, int64_t row)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    const spn_branch_record *record = &all->bank.records[row];
    int64_t n = frame->n;
    double beta = record->beta;
    SPN_TRY(spni_linearise(frame, all->bank.theta + row * n, beta, NULL, &all->start));
    for (int side = -1; side <= 1; side += 2) {
        bool is_converged = false;
        memcpy(all->theta, all->start.theta, (size_t)n * sizeof *all->theta);
        spn_axpy(n, side * PUSH * frame->length, all->start.vectors, all->theta);
        SPN_TRY(spni_minimise(frame, beta, all->theta, &is_converged));
        SPN_TRY(is_converged ? spni_queue_start(all, all->theta, beta, NULL, -1) : SPN_OK);
    }
done:
    return status;
}

/* From the middle point of each run of saddles of index 1. */
spn_status spni_descents(spn_branches *all, int64_t first)
{
    spn_status status = SPN_OK;
    const spni_bank *bank = &all->bank;
    int64_t count = bank->count, from = -1;
    for (int64_t i = 0; i <= count; i++) {
        bool is_saddle = i < count && bank->records[i].branch >= first &&
                         bank->records[i].negative_eigenvalues == 1 &&
                         bank->records[i].phase != SPNI_HIDDEN;
        bool is_next = is_saddle && from >= 0 && bank->previous[i] == i - 1;
        if (from >= 0 && !is_next) {
            SPN_TRY(descend(all, from + (i - 1 - from) / 2));
            from = -1;
        }
        from = is_saddle && from < 0 ? i : from;
    }
done:
    return status;
}

/* ---- Saddles --------------------------------------------------------------------------------- */

typedef struct deflation {
    spn_branches *all;
    double beta;
    double *known; /* KNOWN_MOST x P */
    int64_t count;
    double *step, *trial; /* P each */
} deflation;

/* m(theta) = prod (1 / |theta - theta_i|^2 + 1), and step . grad log m. */
static double deflate(const deflation *d, const double *theta, double *slope)
{
    int64_t n = d->all->frame.n;
    double m = 1, along = 0;
    for (int64_t k = 0; k < d->count; k++) {
        const double *known = d->known + k * n;
        double square = 0, dot = 0;
        for (int64_t i = 0; i < n; i++) {
            double way = theta[i] - known[i];
            square += way * way;
            dot += way * d->step[i];
        }
        double factor = 1 / square + 1;
        m *= factor;
        along += -2 * dot / (square * square) / factor;
    }
    *slope = along;
    return m;
}

/* The Newton step -M^-1 g at the frame's point into d->step. */
static spn_status newton_direction(deflation *d, bool *is_singular)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n, zero_modes = 0;
    double shift = 0;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    for (int64_t i = 0; i < n; i++) {
        d->step[i] = -frame->point->gradient[i];
    }
    SPN_TRY(spn_lu(frame->context, n, frame->matrix, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, n, frame->matrix, frame->pivots, 1, d->step));
    }
done:
    return status;
}

/* Shorten the step until m |grad L| falls; *is_done: it does not. */
static spn_status search_line(deflation *d, double *theta, double merit, bool *is_stuck)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n;
    double length = spn_norm(n, d->step), slope = 0;
    double scale = fmin(1, STEP_LONGEST * frame->length / length);
    *is_stuck = true;
    for (int k = 0; k < HALVINGS && *is_stuck; k++, scale /= 2) {
        memcpy(d->trial, theta, (size_t)n * sizeof *theta);
        spn_axpy(n, scale, d->step, d->trial);
        SPN_TRY(spn_point_set(frame->context, frame->point, d->trial, d->beta, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        double now = spn_norm(n, frame->point->gradient) * deflate(d, d->trial, &slope);
        *is_stuck = !(now < (1 - 1e-4 * scale) * merit);
    }
    memcpy(theta, d->trial, (size_t)n * sizeof *theta);
done:
    return status;
}

/* From theta to a stationary point of any index; *is_found. */
static spn_status seek(deflation *d, double *theta, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n;
    *is_found = false;
    for (int k = 0; k < SADDLE_STEPS; k++) {
        bool is_singular = false, is_stuck = false;
        double slope = 0;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, d->beta, NULL, SPN_WANT_ALL));
        if (!spn_all_finite(n, frame->point->gradient)) {
            goto done;
        }
        double norm = spn_norm(n, frame->point->gradient);
        SPN_TRY(newton_direction(d, &is_singular));
        double length = spn_norm(n, d->step), m = deflate(d, theta, &slope);
        if (is_singular || !isfinite(length)) {
            goto done;
        }
        if (length <= STEP_REACHED * frame->length) {
            *is_found = true;
            goto done;
        }
        /* The deflated Newton step is the plain one times 1 / (1 - step . grad log m). */
        double factor = 1 / (1 - slope);
        for (int64_t i = 0; i < n; i++) {
            d->step[i] *= isfinite(factor) ? factor : 1;
        }
        SPN_TRY(search_line(d, theta, m * norm, &is_stuck));
        if (is_stuck) {
            goto done;
        }
    }
done:
    return status;
}

static spn_status seek_at_level(deflation *d)
{
    spn_status status = SPN_OK;
    spn_branches *all = d->all;
    const spn_branches_problem *problem = &all->problem;
    size_t bytes = (size_t)all->frame.n * sizeof(double);
    d->count = 0;
    for (int64_t seed = 0; seed < all->settings.saddle_starts; seed++) {
        bool is_found = false;
        SPN_TRY(problem->initial(all->context, problem->initial_state, seed, all->theta));
        SPN_TRY(seek(d, all->theta, &is_found));
        if (!is_found) {
            continue;
        }
        SPN_TRY(spni_queue_start(all, all->theta, d->beta, NULL, -1));
        if (d->count < KNOWN_MOST) {
            memcpy(d->known + d->count++ * all->frame.n, all->theta, bytes);
        }
    }
done:
    return status;
}

spn_status spni_saddle_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    deflation d = {.all = all};
    int64_t n = all->frame.n;
    SPN_NEW(all->context, d.known, KNOWN_MOST * n);
    SPN_NEW(all->context, d.step, n);
    SPN_NEW(all->context, d.trial, n);
    for (int64_t level = 0; level < all->settings.levels; level++) {
        d.beta = level_of(all, level);
        SPN_TRY(seek_at_level(&d));
    }
done:
    spn_release(all->context, d.known);
    spn_release(all->context, d.step);
    spn_release(all->context, d.trial);
    return status;
}
