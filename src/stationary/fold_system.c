/* SPDX-License-Identifier: MIT */
/* Folds: the minimally augmented system grad L = 0, sigma = 0 in theta and beta, where sigma vanishes exactly
 * where the Hessian is singular (Govaerts 2000). */
#include "stationary/stationary.h"

#include <string.h>

/* Solve [M' w; w^T 0] (v, -sigma') = (0, 1) and normalise: w <- v / |v| and sigma = sigma' / |v|^2 make M' w = sigma w to first
 * order, so that w becomes the null vector where sigma vanishes. */
static spn_status bordered_vector(spni_frame *frame, spni_fold *state)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    bool is_singular = false;
    const spni_border border = {.column = state->w, .row = state->w, .corner = 0};
    SPN_TRY(spni_stiff_hessian(frame, state->others, state->others_count));
    memset(frame->right, 0, (size_t)n * sizeof *frame->right);
    frame->right[n] = 1;
    SPN_TRY(spni_solve_bordered(frame, &border, frame->right, &is_singular));
    if (is_singular) {
        SPN_FAIL(frame->context, SPN_ERROR_NUMERIC, "a fold with a degenerate kernel");
    }
    double length = spn_norm(n, frame->right);
    for (int64_t i = 0; i < n; i++) {
        state->w[i] = frame->right[i] / length;
    }
    state->sigma = -frame->right[n] / (length * length);
done:
    return status;
}

/* d sigma / d(theta, beta) = w^T dH w to first order, w being the null vector of M' - sigma: (D^3 L[w, w, .], w^T dH/dbeta w). The Hessian's derivative in beta by a difference; exact for a ridge. */
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
                          spni_newton_step *step)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    const spn_point *point = frame->point;
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(bordered_vector(frame, state));
    SPN_TRY(sigma_slope(frame, theta, beta, state));
    /* The differences have moved the point. */
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_stiff_hessian(frame, state->others, state->others_count));
    const spni_border border = {
        .column = point->parameter_gradient, .row = state->slope, .corner = state->beta_slope};
    for (int64_t j = 0; j < n; j++) {
        frame->right[j] = -point->gradient[j];
    }
    frame->right[n] = -state->sigma;
    SPN_TRY(spni_solve_bordered(frame, &border, frame->right, &step->is_singular));
    step->theta = frame->right;
    step->beta = frame->right[n];
done:
    return status;
}
