/* SPDX-License-Identifier: MIT */
/* Folds on an arc: Newton's method on the minimally augmented system (stationary/fold_system.c) from the end closer to it. A
 * fold is extremal in beta, so that beta is good to the square of what is left in theta. */
#include "continuation/continuation.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { FOLD_STEPS = 12 };
/* Steps that have converged, and those whose rounding keeps them from shrinking: shares of the frame's length. */
static const double STEP_SMALL = 1e-10, STEP_ROUNDING = 1e-6;
/* A fold is no further from the ends of the arc than so many lengths of it, and steps towards it no longer. */
static const double FAR = 2, STEP_LONGEST = 4;

static int64_t count_of(const spni_place *a, const spni_place *b)
{
    return a->index > b->index ? a->index - b->index : b->index - a->index;
}

/* The kernel's vectors at `place` (eigenvalues near zero, at least `count` of them): w is the one that beta
 * drives, the others are made orthogonal to the drive by a rotation within the kernel. */
static void split_kernel(const spni_frame *frame, const spni_place *place, int64_t first,
                         int64_t count, spni_fold *state)
{
    int64_t n = frame->n;
    memset(state->w, 0, (size_t)n * sizeof *state->w);
    for (int64_t k = 0; k < count; k++) {
        const double *v = place->vectors + (first + k) * n;
        spn_axpy(n, spn_dot(n, v, place->drive), v, state->w);
    }
    double length = spn_norm(n, state->w);
    for (int64_t i = 0; i < n; i++) {
        state->w[i] /= length;
    }
    /* Gram-Schmidt of the kernel behind w; the last vector is what w already spans. */
    state->others_count = 0;
    for (int64_t k = 0; k < count && state->others_count < count - 1; k++) {
        double *u = state->others + state->others_count * n;
        memcpy(u, place->vectors + (first + k) * n, (size_t)n * sizeof *u);
        spn_axpy(n, -spn_dot(n, u, state->w), state->w, u);
        for (int64_t m = 0; m < state->others_count; m++) {
            const double *other = state->others + m * n;
            spn_axpy(n, -spn_dot(n, u, other), other, u);
        }
        double rest = spn_norm(n, u);
        if (rest > 0.1) {
            for (int64_t i = 0; i < n; i++) {
                u[i] /= rest;
            }
            state->others_count++;
        }
    }
}

/* Rounding of the gradient moves a fold by |g| / |w . b|. */
static double fold_rounding(const spni_frame *frame, const spni_fold *state, const double *drive)
{
    double gradient = spn_norm(frame->n, frame->point->gradient);
    return gradient / fmax(fabs(spn_dot(frame->n, state->w, drive)), DBL_MIN);
}

static spn_status solve_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                             spni_fold *state, spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n, count = count_of(a, b);
    const spni_place *start = fabs(a->beta_slope) < fabs(b->beta_slope) ? a : b;
    double beta = start->beta, last = (double)INFINITY, before = last, ratio = 1,
           reach = spni_distance(frame, a, b);
    split_kernel(frame, start, a->index < b->index ? a->index : b->index, count, state);
    memcpy(tracer->theta, start->theta, (size_t)n * sizeof *tracer->theta);
    for (int k = 0; k < FOLD_STEPS; k++) {
        spni_newton_step step;
        SPN_TRY(spni_fold_step(frame, tracer->theta, beta, state, &step));
        double length = spni_length(frame, step.theta, step.beta);
        if (step.is_singular || !isfinite(length) || length > STEP_LONGEST * reach) {
            goto done;
        }
        spn_axpy(n, 1, step.theta, tracer->theta);
        beta += step.beta;
        last = fabs(step.beta);
        ratio = fmin(length / before, 1);
        /* Rounding of sigma's derivative keeps steps from vanishing; beta does not feel it (it is
         * extremal in theta there). */
        if (length <= STEP_SMALL * frame->length ||
            (length <= STEP_ROUNDING * frame->length && length > before / 4)) {
            *is_located = true;
            break;
        }
        before = length;
    }
    if (*is_located) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, &special->place));
        /* What is left is smaller than the last step by as much as that than the one before. */
        double rounding = fold_rounding(frame, state, special->place.drive);
        spni_set_interval(frame, special, beta, ratio * last + rounding);
        *is_located = spni_distance(frame, &special->place, a) <= FAR * reach &&
                      spni_distance(frame, &special->place, b) <= FAR * reach;
    }
done:
    return status;
}

spn_status spni_locate_fold(spni_tracer *tracer, const spni_place *a, const spni_place *b,
                            spni_special *special, bool *is_located)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    spn_context *context = frame->context;
    int64_t n = frame->n;
    spni_fold state = {.w = NULL};
    *is_located = false;
    SPN_NEW(context, state.w, n);
    SPN_NEW(context, state.slope, n);
    SPN_NEW(context, state.others, count_of(a, b) * n);
    status = solve_fold(tracer, a, b, &state, special, is_located);
    if (status == SPN_ERROR_NUMERIC) {
        spn_error_clear(context);
        status = SPN_OK;
        *is_located = false;
    }
    SPN_TRY(status);
    special->record.kind = SPN_SPECIAL_FOLD;
    if (*is_located) {
        double bend = spn_dot(n, state.slope, state.w);
        special->record.coefficient = -bend / (2 * spn_dot(n, state.w, special->place.drive));
    }
done:
    spn_release(context, state.w);
    spn_release(context, state.slope);
    spn_release(context, state.others);
    return status;
}
