/* SPDX-License-Identifier: MIT */
/* Newton's method on grad L = 0 in theta and beta with one more condition. */
#include "stationary/stationary.h"

#include <math.h>
#include <string.h>

/* Newton's steps: below this share of the frame's length the square of what is left is rounding. */
static const double STEP_SMALL = 1e-9;
static const double STEP_ROUNDING = 1e-6;
enum { NEWTON_MOST = 12 };
/* A step this much longer than the one before: it does not converge. Near the solution steps are squared; one that is twice as long
 * has left its basin, and would end anywhere. */
static const double STEP_GROWTH = 2;
static const double NEVER = (double)INFINITY;

/* Value of a condition, and its gradient into frame->row (theta, then beta):
 *   plane   r.(theta - o) + m^2 r_beta (beta - o_beta) - h    gradient (r, m^2 r_beta), the inner product of the metric
 *   level   beta - h                                          (0, 1)
 *   sphere  sum (b_j.(theta - o))^2 - h                       (2 sum (b_j.(theta - o)) b_j, 0)
 *   norm    n(theta) - h                                      (grad n, 0) */
static double evaluate_condition(spni_frame *frame, const spni_condition *condition,
                                 const double *theta, double beta)
{
    int64_t n = frame->n;
    double *row = frame->row, value = -condition->target;
    memset(row, 0, (size_t)(n + 1) * sizeof *row);
    switch (condition->kind) {
    case SPNI_PLANE: {
        double weight = frame->metric * frame->metric * condition->row_beta;
        memcpy(row, condition->row, (size_t)n * sizeof *row);
        row[n] = weight;
        for (int64_t i = 0; i < n; i++) {
            value += condition->row[i] * (theta[i] - condition->origin[i]);
        }
        value += weight * (beta - condition->origin_beta);
        break;
    }
    case SPNI_LEVEL:
        row[n] = 1;
        value += beta;
        break;
    case SPNI_SPHERE:
        for (int64_t j = 0; j < condition->k; j++) {
            const double *b = condition->basis + j * n;
            double part = 0;
            for (int64_t i = 0; i < n; i++) {
                part += b[i] * (theta[i] - condition->origin[i]);
            }
            value += part * part;
            spn_axpy(n, 2 * part, b, row);
        }
        break;
    case SPNI_NORM:
        value += spn_objective_order(frame->objective, theta);
        spn_objective_order_gradient(frame->objective, theta, row);
        break;
    }
    return value;
}

/* One Newton step, [M, b; r^T, r_beta] (dtheta, dbeta) = -(grad L, rest), into frame->right. M instead of H only moves the step out of
 * the zero modes, along which grad L has no part. */
static spn_status newton_step(spni_frame *frame, const spni_condition *condition, double beta,
                              bool *is_singular)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    const spn_point *point = frame->point;
    SPN_TRY(spni_stiff_hessian(frame, condition->stiff, condition->stiff_count));
    double rest = evaluate_condition(frame, condition, point->theta, beta);
    const spni_border border = {
        .column = point->parameter_gradient, .row = frame->row, .corner = frame->row[n]};
    for (int64_t j = 0; j < n; j++) {
        frame->right[j] = -point->gradient[j];
    }
    frame->right[n] = -rest;
    SPN_TRY(spni_solve_bordered(frame, &border, frame->right, is_singular));
done:
    return status;
}

spn_status spni_newton_solve(spni_frame *frame, const spni_condition *condition, double reach,
                             double *theta, double *beta, spni_newton_info *info)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    double before = NEVER, way = 0;
    *info = (spni_newton_info){.is_converged = false};
    while (info->steps < NEWTON_MOST) {
        bool is_singular = false;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, *beta, NULL, SPN_WANT_ALL));
        if (!isfinite(frame->point->value) || !spn_all_finite(n, frame->point->gradient)) {
            goto done;
        }
        SPN_TRY(newton_step(frame, condition, *beta, &is_singular));
        double step = spni_length(frame, frame->right, frame->right[n]);
        way += step;
        if (is_singular || !isfinite(step) || step > STEP_GROWTH * before || way > reach) {
            goto done;
        }
        spn_axpy(n, 1, frame->right, theta);
        *beta += frame->right[n];
        info->steps++;
        info->last_step = step;
        info->last_beta = fabs(frame->right[n]);
        /* The Jacobian is exact, so that a step below 1e-9 leaves 1e-18. Close to a branch point rounding is magnified: steps that no longer shrink are as good as it gets. */
        bool is_rounding = step <= STEP_ROUNDING * frame->length && step > before / 4;
        if (step <= STEP_SMALL * frame->length || is_rounding) {
            info->is_converged = true;
            goto done;
        }
        before = step;
    }
done:
    return status;
}
