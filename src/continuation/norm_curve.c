/* SPDX-License-Identifier: MIT */
/* The norm-constrained curve E(n) = min E at a given n, |theta|^2 for the ridge. Its points are stationary for L at the multiplier
 * beta = -dE/dn, so that it is the branch itself, seen along another axis: Newton's method on grad L = 0 and
 * that n, started along the branch's tangent at the last point. */
#include "continuation/continuation.h"

#include <math.h>
#include <string.h>

/* Pieces into which a step is cut, again and again, before it is given up. */
enum { CUTS_MOST = 12 };
/* What the tangents at both ends of a step may leave of it; shorter steps, in lengths of the frame, are rounding. */
static const double REMAINDER_SHARE = 0.02, STEP_ROUNDING = 1e-8;

/* Negative eigenvalues of M on directions orthogonal to g = grad n: those of M bordered by g, less the one that
 * the border brings. With M = V diag V^T and c = V^T g / |g| it is that of the function
 * c^T (M - lambda)^-1 c at 0: one less where it is negative. */
static int64_t constrained_index(const spni_frame *frame, const spni_place *place)
{
    double sum = 0;
    int64_t n = frame->n;
    spn_objective_order_gradient(frame->objective, place->theta, frame->probe);
    for (int64_t i = 0; i < n; i++) {
        double part = spn_dot(n, place->vectors + i * n, frame->probe);
        sum += part * part / place->values[i];
    }
    return place->index - (sum < 0 ? 1 : 0);
}

/* Do the tangents at both ends explain the way? What is left is O(h^3) on one curve, and the distance to another where a
 * step has hopped. */
static bool is_smooth(const spni_frame *frame, const spni_place *a, const spni_place *b)
{
    int64_t n = frame->n;
    double h = spni_distance(frame, a, b), sum = 0;
    double along = 0;
    for (int64_t i = 0; i < n; i++) {
        along += a->tangent[i] * (b->theta[i] - a->theta[i]);
    }
    double half = along < 0 ? -h / 2 : h / 2;
    for (int64_t i = 0; i < n; i++) {
        double rest = b->theta[i] - a->theta[i] - half * (a->tangent[i] + b->tangent[i]);
        sum += rest * rest;
    }
    return sqrt(sum) <= fmax(REMAINDER_SHARE * h, STEP_ROUNDING * frame->length);
}

/* From `at` along its tangent to the norm, and corrected, into `next`. */
static spn_status try_norm(spni_frame *frame, const spni_place *at, double norm, double *trial,
                           spni_place *next, bool *is_good)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    const spni_condition condition = {.kind = SPNI_NORM, .target = norm};
    spni_newton_info info;
    double h =
        (norm - at->order) / spn_objective_order_along(frame->objective, at->theta, at->tangent);
    double beta = at->beta + h * at->beta_slope;
    *is_good = isfinite(h) && fabs(h) <= frame->length;
    if (!*is_good) {
        goto done;
    }
    memcpy(trial, at->theta, (size_t)n * sizeof *trial);
    spn_axpy(n, h, at->tangent, trial);
    SPN_TRY(spni_newton_solve(frame, &condition, frame->length, trial, &beta, &info));
    *is_good = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, trial, beta, at, next));
        *is_good = is_smooth(frame, at, next);
    }
done:
    return status;
}

/* `at` moves to `norm`, in smaller steps where the whole is not good. */
static spn_status step_to_norm(spni_frame *frame, double norm, spni_place *at, spni_place *next,
                               double *trial, bool *is_there)
{
    spn_status status = SPN_OK;
    double step = norm - at->order;
    int cuts = 0;
    *is_there = false;
    while (cuts <= CUTS_MOST && !*is_there) {
        bool is_last = fabs(norm - at->order) <= fabs(step), is_good = false;
        double to = is_last ? norm : at->order + step;
        SPN_TRY(try_norm(frame, at, to, trial, next, &is_good));
        if (!is_good) {
            step /= 2;
            cuts++;
            continue;
        }
        spni_place_swap(at, next);
        *is_there = is_last;
    }
done:
    return status;
}

static spn_norm_record record_of(const spni_frame *frame, const spni_place *place)
{
    return (spn_norm_record){.norm_squared = place->order,
                             .error = place->state.error,
                             .beta = place->beta,
                             .index = constrained_index(frame, place),
                             .active_modes = place->labels.learned_modes,
                             .gradient_norm = place->state.gradient_norm};
}

/* Is n, whose gradient is not 0, what beta multiplies? */
static bool is_driven_by_order(spni_frame *frame, const double *theta)
{
    spn_objective_order_gradient(frame->objective, theta, frame->probe);
    double worst = 0, length = spn_norm(frame->n, frame->probe);
    for (int64_t i = 0; i < frame->n; i++) {
        worst = fmax(worst, fabs(frame->point->parameter_gradient[i] - frame->probe[i]));
    }
    return length > 0 && worst <= 1e-12 * length;
}

spn_status spn_norm_curve(spn_context *context, const spn_objective *objective, double beta,
                          double *theta, int64_t count, const double *norms, spn_norm_record *rows,
                          int64_t *done_rows)
{
    spn_status status = SPN_OK;
    spni_frame frame = {.context = NULL};
    spni_place at = {.beta = 0}, next = at;
    double *trial = NULL;
    int64_t n = objective->dimension;
    double beta_to = fmax(2 * fabs(beta), spn_objective_scales(objective).parameter);
    *done_rows = 0;
    SPN_TRY(spni_frame_create(context, objective, 0, beta_to, &frame));
    SPN_TRY(spni_place_create(context, n, &at));
    SPN_TRY(spni_place_create(context, n, &next));
    SPN_NEW(context, trial, n);
    frame.length = spn_norm(n, theta);
    SPN_TRY(spn_point_set(context, frame.point, theta, beta, NULL, SPN_WANT_ALL));
    if (!(frame.length > 0) || !is_driven_by_order(&frame, theta)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "a norm-constrained curve needs a regulariser and a start with n > 0, so other "
                 "than theta = 0");
    }
    SPN_TRY(spni_linearise(&frame, theta, beta, NULL, &at));
    for (int64_t i = 0; i < count; i++) {
        bool is_there = false;
        if (!(norms[i] > 0)) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT, "squared norms must be > 0, not %g", norms[i]);
        }
        SPN_TRY(step_to_norm(&frame, norms[i], &at, &next, trial, &is_there));
        if (!is_there) {
            break;
        }
        rows[i] = record_of(&frame, &at);
        memcpy(theta, at.theta, (size_t)n * sizeof *theta);
        ++*done_rows;
    }
done:
    spn_release(context, trial);
    spni_place_free(context, &at);
    spni_place_free(context, &next);
    spni_frame_free(&frame);
    return status;
}
