/* SPDX-License-Identifier: MIT */
/* The norm-constrained curve E(n) = min E at |theta|^2 = n. Its points are stationary for L at the multiplier
 * beta = -dE/dn, so that it is the branch itself, seen along another axis: Newton's method on grad L = 0 and
 * |theta|^2 = n, started from the last point stretched to the new norm. */
#include "continuation/continuation.h"

#include <math.h>
#include <string.h>

/* Pieces into which a step is cut, again and again, before it is given up. */
enum { CUTS_MOST = 12 };

/* Negative eigenvalues of M on directions orthogonal to theta: those of M bordered by theta, less the one that
 * the border brings. With M = V diag V^T and c = V^T theta / |theta| it is that of the function
 * c^T (M - lambda)^-1 c at 0: one less where it is negative. */
static int64_t constrained_index(int64_t n, const spni_place *place)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double part = spn_dot(n, place->vectors + i * n, place->theta);
        sum += part * part / place->values[i];
    }
    return place->index - (sum < 0 ? 1 : 0);
}

static spn_status solve_at_norm(spni_frame *frame, double norm, double *theta, double *beta,
                                bool *is_converged)
{
    spn_status status = SPN_OK;
    const spni_condition condition = {.kind = SPNI_NORM, .target = norm};
    spni_newton_info info;
    double length = spn_norm(frame->n, theta);
    for (int64_t i = 0; i < frame->n; i++) {
        theta[i] *= sqrt(norm) / length;
    }
    SPN_TRY(spni_newton_solve(frame, &condition, frame->length, theta, beta, &info));
    *is_converged = info.is_converged;
done:
    return status;
}

/* From theta to `norm`, in smaller steps where the whole does not converge. */
static spn_status step_to_norm(spni_frame *frame, double norm, double *theta, double *beta,
                               double *trial, bool *is_there)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)frame->n * sizeof *theta;
    double from = spn_dot(frame->n, theta, theta), step = norm - from;
    int cuts = 0;
    *is_there = false;
    while (cuts <= CUTS_MOST) {
        double next = fabs(norm - from) <= fabs(step) ? norm : from + step, solved = *beta;
        bool is_converged = false;
        memcpy(trial, theta, bytes);
        SPN_TRY(solve_at_norm(frame, next, trial, &solved, &is_converged));
        if (!is_converged) {
            step /= 2;
            cuts++;
            continue;
        }
        memcpy(theta, trial, bytes);
        *beta = solved;
        from = next;
        if (next == norm) {
            *is_there = true;
            break;
        }
    }
done:
    return status;
}

static spn_status record_point(spni_frame *frame, const double *theta, double beta,
                               spni_place *place, spn_norm_record *row)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_linearise(frame, theta, beta, NULL, place));
    *row = (spn_norm_record){.norm_squared = place->norm_squared,
                             .error = place->error,
                             .beta = beta,
                             .index = constrained_index(frame->n, place),
                             .active_modes = place->labels.active_modes,
                             .gradient_norm = place->gradient_norm};
done:
    return status;
}

static bool is_ridge_at(spni_frame *frame, const double *theta)
{
    double worst = 0, length = spn_norm(frame->n, theta);
    for (int64_t i = 0; i < frame->n; i++) {
        worst = fmax(worst, fabs(frame->point->parameter_gradient[i] - 2 * theta[i]));
    }
    return worst <= 1e-12 * length;
}

spn_status spn_norm_curve(spn_context *context, const spn_objective *objective, double beta,
                          double *theta, int64_t count, const double *norms, spn_norm_record *rows,
                          int64_t *done_rows)
{
    spn_status status = SPN_OK;
    spni_frame frame = {.context = NULL};
    spni_place place = {.beta = 0};
    double *trial = NULL;
    int64_t n = objective->dimension;
    spn_branches_settings settings = {.beta_from = 0, .beta_to = fmax(2 * fabs(beta), 1)};
    *done_rows = 0;
    SPN_TRY(spni_frame_prepare(context, objective, &settings, &frame));
    SPN_TRY(spni_place_create(context, n, &place));
    SPN_NEW(context, trial, n);
    frame.length = spn_norm(n, theta);
    SPN_TRY(spn_point_set(context, frame.point, theta, beta, NULL, SPN_WANT_ALL));
    if (!(frame.length > 0) || !is_ridge_at(&frame, theta)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "a norm-constrained curve needs a ridge and a start other than theta = 0");
    }
    for (int64_t i = 0; i < count; i++) {
        bool is_there = false;
        if (!(norms[i] > 0)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "squared norms must be > 0, not %g", norms[i]);
        }
        SPN_TRY(step_to_norm(&frame, norms[i], theta, &beta, trial, &is_there));
        if (!is_there) {
            break;
        }
        SPN_TRY(record_point(&frame, theta, beta, &place, &rows[i]));
        ++*done_rows;
    }
done:
    spn_release(context, trial);
    spni_place_free(context, &place);
    spni_frame_free(&frame);
    return status;
}
