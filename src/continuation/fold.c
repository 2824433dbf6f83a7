/* SPDX-License-Identifier: MIT */
/* Folds: the minimally augmented system grad L = 0, sigma = 0 in theta and beta, where sigma vanishes exactly
 * where the Hessian is singular (Govaerts 2000). A fold is extremal in beta, so that beta is good to the square of
 * what is left in theta. */
#include "continuation/continuation.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { FOLD_STEPS = 12 };

static int64_t count_of(const spni_place *a, const spni_place *b)
{
    return a->index > b->index ? a->index - b->index : b->index - a->index;
}

static spn_status bordered_vector(spni_frame *frame, spni_fold *state)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1, zero_modes = 0;
    double shift = 0, *a = frame->bordered;
    bool is_singular = false;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    spni_lift(n, frame->matrix, shift, state->others, state->others_count);
    for (int64_t j = 0; j < n; j++) {
        double *column = a + j * size;
        memcpy(column, frame->matrix + j * n, (size_t)n * sizeof *a);
        column[n] = state->w[j];
        frame->right[j] = 0;
    }
    memcpy(a + n * size, state->w, (size_t)n * sizeof *a);
    a[n + n * size] = 0;
    frame->right[n] = 1;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, &is_singular));
    if (is_singular) {
        SPN_FAIL(frame->context, SPN_ERROR_NUMERIC, "a fold with a degenerate kernel");
    }
    SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, frame->right));
    double length = spn_norm(n, frame->right);
    for (int64_t i = 0; i < n; i++) {
        state->w[i] = frame->right[i] / length;
    }
    state->sigma = -frame->right[n] / (length * length);
done:
    return status;
}

/* d sigma / d(theta, beta) = w^T dH w. The Hessian's derivative in beta by a difference; exact for a ridge. */
static spn_status sigma_slope(spni_frame *frame, const double *theta, double beta, spni_fold *state)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    double h = 1e-4 * (frame->beta_to - frame->beta_from), ends[2];
    SPN_TRY(spni_third_derivative(frame, theta, beta, state->w, state->slope));
    for (int side = 0; side < 2; side++) {
        double at = side == 0 ? beta + h : beta - h;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, at, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
        SPN_TRY(spn_point_hvp(frame->context, frame->point, SPN_PART_FULL, 1, state->w,
                              frame->product));
        ends[side] = spn_dot(n, state->w, frame->product);
    }
    state->beta_slope = (ends[0] - ends[1]) / (2 * h);
done:
    return status;
}

spn_status spni_fold_step(spni_frame *frame, const double *theta, double beta, spni_fold *state,
                          bool *is_singular)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1, zero_modes = 0;
    double shift = 0, *a = frame->bordered;
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(bordered_vector(frame, state));
    SPN_TRY(sigma_slope(frame, theta, beta, state));
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    spni_lift(n, frame->matrix, shift, state->others, state->others_count);
    for (int64_t j = 0; j < n; j++) {
        double *column = a + j * size;
        memcpy(column, frame->matrix + j * n, (size_t)n * sizeof *a);
        column[n] = state->slope[j];
        frame->right[j] = -frame->point->gradient[j];
    }
    memcpy(a + n * size, frame->point->parameter_gradient, (size_t)n * sizeof *a);
    a[n + n * size] = state->beta_slope;
    frame->right[n] = -state->sigma;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, frame->right));
    }
done:
    return status;
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
        bool is_singular = false;
        SPN_TRY(spni_fold_step(frame, tracer->theta, beta, state, &is_singular));
        double step = spni_length(frame, frame->right, frame->right[n]);
        if (is_singular || !isfinite(step) || step > 4 * reach) {
            goto done;
        }
        spn_axpy(n, 1, frame->right, tracer->theta);
        beta += frame->right[n];
        last = fabs(frame->right[n]);
        ratio = fmin(step / before, 1);
        /* Rounding of sigma's derivative keeps steps from vanishing; beta does not feel it (it is
         * extremal in theta there). */
        if (step <= 1e-10 * frame->length || (step <= 1e-6 * frame->length && step > before / 4)) {
            *is_located = true;
            break;
        }
        before = step;
    }
    if (*is_located) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, &special->place));
        /* What is left is smaller than the last step by as much as that than the one before. */
        double rounding = fold_rounding(frame, state, special->place.drive);
        spni_set_interval(frame, special, beta, ratio * last + rounding);
        *is_located = spni_distance(frame, &special->place, a) <= 2 * reach &&
                      spni_distance(frame, &special->place, b) <= 2 * reach;
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
