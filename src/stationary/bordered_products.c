/* SPDX-License-Identifier: MIT */
/* Bordered systems by products. Newton's method on grad L = 0 in z and beta leaves one direction open, the kernel's vector of
 * [M, b]. Instead of [M, b; r^T, c], which is not symmetric, two systems with the symmetric K are solved, by MINRES:
 *
 *     K t = (0, 1)          once for each correction: the open direction
 *     K d = (-grad L, 0)    at each step; the step is d + a t, a so that the condition holds
 *
 * t is that of the first iterate, unless a is large: a step misses the linearised system by a times its way from there, which is
 * second order, as what Newton's steps leave is anyway. Where the problem is symmetric everything happens in the symmetric subspace: modes outside of it that vanish, at a
 * pitchfork, are not seen. */
#include "stationary/by_products.h"

#include <math.h>
#include <spinodal/numeric/minimal_residuals.h>
#include <string.h>

enum { NEWTON_MOST = 12, PRODUCTS_MOST = 4000 };
/* As for the dense systems (newton_condition.c). */
static const double STEP_SMALL = 1e-9, STEP_ROUNDING = 1e-6, STEP_GROWTH = 2;
static const double NEVER = (double)INFINITY;
/* Residuals of a step and of its open direction. What a residual leaves along a soft mode is larger by the condition of the system: steps
 * must not look as if rounding kept them from shrinking. */
static const double STEP_RESIDUAL = 1e-8, ALONG_RESIDUAL = 1e-6;
/* Up to this share of d the open direction of an earlier iterate will do. */
static const double SLANTED = 0.5;
/* The corner is no smaller than this share of the natural scale of curvature: at a theta of 0 b vanishes. */
static const double CORNER_LEAST = 1e-6;
/* Less of a zero mode in the symmetric subspace is rounding. */
static const double ORBIT_PART = 1e-6;

/* ---- What stays the same ----------------------------------------------------------------------- */

static spn_status create_vectors(spni_products *p)
{
    spn_status status = SPN_OK;
    int64_t total = 0, n = p->n, whole = p->whole->dimension;
    if (!spn_size_multiply(n + 1, 4, &total) || !spn_size_add(total, whole, &total)) {
        SPN_FAIL(p->context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(p->context, p->memory, total);
    p->border = p->memory;
    p->right = p->border + n + 1;
    p->step = p->right + n + 1;
    p->along = p->step + n + 1;
    p->theta = p->along + n + 1;
    SPN_NEW(p->context, p->orbit, p->orbit_capacity * whole);
done:
    return status;
}

spn_status spni_products_create(spn_context *context, const spn_objective *objective,
                                const double *theta, double tolerance, spni_products *p)
{
    spn_status status = SPN_OK;
    *p = (spni_products){.context = context, .whole = objective, .length = 1, .metric = 1};
    SPN_TRY(spn_reduction_create(context, objective, theta, tolerance, &p->reduction));
    if (p->reduction != NULL &&
        spn_reduction_objective(p->reduction)->dimension == objective->dimension) {
        spn_reduction_free(context, p->reduction); /* nothing repeats */
        p->reduction = NULL;
    }
    p->objective = p->reduction != NULL ? spn_reduction_objective(p->reduction) : objective;
    p->n = p->objective->dimension;
    p->scales = spn_objective_scales(objective);
    SPN_TRY(spn_point_create(context, p->objective, &p->point));
    if (p->reduction != NULL) {
        SPN_TRY(spn_point_create(context, objective, &p->whole_point));
    }
    SPN_TRY(spn_preconditioner_create(context, p->objective, NULL, &p->m));
    p->orbit_capacity = spn_objective_orbit_capacity(objective);
    SPN_TRY(create_vectors(p));
done:
    return status;
}

void spni_products_free(spni_products *p)
{
    spn_context *context = p->context;
    if (context == NULL) {
        return;
    }
    spn_preconditioner_free(context, p->m);
    spn_point_free(context, p->point);
    spn_point_free(context, p->whole_point);
    spn_reduction_free(context, p->reduction);
    spn_release(context, p->orbit);
    spn_release(context, p->memory);
}

void spni_products_restrict(const spni_products *p, const double *theta, double *z)
{
    if (p->reduction != NULL) {
        spn_reduction_restrict(p->reduction, theta, z);
    } else {
        memmove(z, theta, (size_t)p->n * sizeof *z);
    }
}

void spni_products_extend(const spni_products *p, const double *z, double *theta)
{
    if (p->reduction != NULL) {
        spn_reduction_extend(p->reduction, z, theta);
    } else {
        memmove(theta, z, (size_t)p->n * sizeof *z);
    }
}

/* ---- Operators --------------------------------------------------------------------------------- */

/* Of the whole problem's zero modes, rows of P numbers, their parts in the symmetric subspace, rows of n: the Hessian commutes
 * with the projection, so that they are zero modes, too. In place, orthonormal; what has no part there drops out. */
static void restrict_orbit(spni_products *p)
{
    int64_t n = p->n, rank = 0;
    for (int64_t i = 0; i < p->zero_modes; i++) {
        double *row = p->step;
        spni_products_restrict(p, p->orbit + i * p->whole->dimension, row);
        for (int turn = 0; turn < 2; turn++) {
            for (int64_t k = 0; k < rank; k++) {
                const double *other = p->orbit + k * n;
                spn_axpy(n, -spn_dot(n, other, row), other, row);
            }
        }
        double length = spn_norm(n, row);
        for (int64_t k = 0; length > ORBIT_PART && k < n; k++) {
            p->orbit[rank * n + k] = row[k] / length;
        }
        rank += length > ORBIT_PART;
    }
    p->orbit_rank = rank;
}

/* c is the mean eigenvalue, or where that is nothing the scale of curvature: neither small nor the largest. */
static spn_status take_orbit(spni_products *p)
{
    spn_status status = SPN_OK;
    double trace = 0;
    if (p->orbit_capacity == 0) {
        return SPN_OK;
    }
    spni_products_extend(p, p->point->theta, p->theta);
    SPN_TRY(spn_objective_orbit(p->context, p->whole, p->theta, p->orbit, &p->zero_modes));
    restrict_orbit(p);
    SPN_TRY(spn_point_trace(p->context, p->point, SPN_PART_FULL, &trace));
    p->shift = fmax(fabs(trace) / (double)p->n, CORNER_LEAST * p->scales.parameter);
done:
    return status;
}

spn_status spni_products_set(spni_products *p, const double *z, double beta, bool *is_finite)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_point_set(p->context, p->point, z, beta, NULL, SPN_WANT_ALL));
    *is_finite = isfinite(p->point->value) && spn_all_finite(p->n, p->point->gradient);
    if (*is_finite) {
        SPN_TRY(take_orbit(p));
        SPN_TRY(spn_preconditioner_refresh(p->context, p->m, p->point));
    }
done:
    return status;
}

spn_status spni_products_multiply(spn_context *context, void *state, int64_t k, const double *v,
                                  double *out)
{
    spn_status status = SPN_OK;
    spni_products *p = state;
    SPN_TRY(spn_point_hvp(context, p->point, SPN_PART_FULL, k, v, out));
    p->products += k;
    for (int64_t j = 0; j < k; j++) {
        for (int64_t i = 0; i < p->orbit_rank; i++) {
            const double *o = p->orbit + i * p->n;
            spn_axpy(p->n, p->shift * spn_dot(p->n, o, v + j * p->n), o, out + j * p->n);
        }
    }
done:
    return status;
}

spn_status spni_products_precondition(spn_context *context, void *state, int64_t k, const double *v,
                                      double *out)
{
    const spni_products *p = state;
    (void)context;
    spn_preconditioner_solve(p->m, k, v, out);
    return SPN_OK;
}

/* K v. */
static spn_status multiply_bordered(spn_context *context, void *state, int64_t k, const double *v,
                                    double *out)
{
    spn_status status = SPN_OK;
    spni_products *p = state;
    int64_t n = p->n;
    for (int64_t j = 0; j < k; j++, v += n + 1, out += n + 1) {
        SPN_TRY(spni_products_multiply(context, p, 1, v, out));
        spn_axpy(n, v[n], p->border, out);
        out[n] = spn_dot(n, p->border, v) + p->corner * v[n];
    }
done:
    return status;
}

static spn_status precondition_bordered(spn_context *context, void *state, int64_t k,
                                        const double *v, double *out)
{
    const spni_products *p = state;
    int64_t n = p->n;
    (void)context;
    for (int64_t j = 0; j < k; j++, v += n + 1, out += n + 1) {
        spn_preconditioner_solve(p->m, 1, v, out);
        out[n] = v[n] / p->border_unit;
    }
    return SPN_OK;
}

/* b at the point. */
static void take_border(spni_products *p)
{
    for (int64_t i = 0; i < p->n; i++) {
        p->border[i] = p->point->parameter_gradient[i] / p->metric;
    }
}

void spni_products_border(spni_products *p, const spni_stand *along)
{
    int64_t n = p->n;
    take_border(p);
    double size = fmax(spn_norm(n, p->border), CORNER_LEAST * p->scales.parameter);
    /* Of a minimum b . t_z = -t_z . H t_z / t_beta. */
    double beta = along != NULL ? p->metric * along->beta_slope : 1;
    double across = along != NULL ? spn_dot(n, p->border, along->tangent) : -1;
    p->corner = (across < 0 ? -size : size) * beta;
    spn_preconditioner_solve(p->m, 1, p->border, p->along);
    p->border_unit =
        fmax(spn_dot(n, p->border, p->along) + fabs(p->corner), CORNER_LEAST * p->scales.parameter);
}

spn_status spni_products_solve(spni_products *p, double tolerance, double *x, bool *is_solved)
{
    spn_status status = SPN_OK;
    const spn_symmetric_operator a = {p->n + 1, multiply_bordered, p};
    const spn_symmetric_operator inverse = {p->n + 1, precondition_bordered, p};
    const spn_minimal_settings settings = {tolerance, PRODUCTS_MOST};
    spn_minimal_info info;
    SPN_TRY(spn_minimal_residuals(p->context, &a, &inverse, &settings, p->right, x, &info));
    *is_solved = info.is_converged && spn_all_finite(p->n + 1, x);
done:
    return status;
}

/* ---- Newton's method ----------------------------------------------------------------------------- */

/* Row of the condition on (z, metric beta) times a step or the way from the origin. */
static double condition_along(const spni_products *p, const spni_condition *condition,
                              const double *step)
{
    int64_t n = p->n;
    return condition->kind == SPNI_LEVEL
               ? step[n] / p->metric
               : spn_dot(n, condition->row, step) + p->metric * condition->row_beta * step[n];
}

/* What the condition still lacks at the iterate. */
static double condition_rest(const spni_products *p, const spni_condition *condition,
                             const double *z, double beta)
{
    double value = condition->target;
    if (condition->kind == SPNI_LEVEL) {
        return value - beta;
    }
    for (int64_t i = 0; i < p->n; i++) {
        value -= condition->row[i] * (z[i] - condition->origin[i]);
    }
    return value - p->metric * p->metric * condition->row_beta * (beta - condition->origin_beta);
}

/* The open direction at the point. */
static spn_status find_along(spni_products *p, const spni_stand *along, bool *is_solved)
{
    spni_products_border(p, along);
    memset(p->right, 0, (size_t)p->n * sizeof *p->right);
    p->right[p->n] = 1;
    return spni_products_solve(p, ALONG_RESIDUAL, p->along, is_solved);
}

/* a, so that d + a t obeys the condition; d is p->step. */
static double share_along(const spni_products *p, const spni_condition *condition, double rest)
{
    return (rest - condition_along(p, condition, p->step)) /
           condition_along(p, condition, p->along);
}

/* |a t| is much of |d|: where b is nearly orthogonal to the tangent d leads far along it, and t takes that back. */
static bool is_slanted(const spni_products *p, double a)
{
    return fabs(a) * spn_norm(p->n + 1, p->along) > SLANTED * spn_norm(p->n + 1, p->step);
}

/* d + a t into p->step. A t of another iterate will do while there is little of it in the step. */
static spn_status find_step(spni_products *p, const spni_condition *condition,
                            const spni_stand *along, const double *z, double beta, bool is_fresh,
                            bool *is_solved)
{
    spn_status status = SPN_OK;
    int64_t n = p->n;
    double rest = condition_rest(p, condition, z, beta);
    for (int64_t i = 0; i < n; i++) {
        p->right[i] = -p->point->gradient[i];
    }
    p->right[n] = 0;
    SPN_TRY(spni_products_solve(p, STEP_RESIDUAL, p->step, is_solved));
    double a = share_along(p, condition, rest);
    if (*is_solved && !is_fresh && is_slanted(p, a)) {
        SPN_TRY(find_along(p, along, is_solved));
        a = share_along(p, condition, rest);
    }
    *is_solved = *is_solved && isfinite(a);
    spn_axpy(n + 1, a, p->along, p->step);
done:
    return status;
}

/* Stand at the next iterate: with what K is made of, but for the preconditioner and the corner, which are those of the first. */
static spn_status stand_next(spni_products *p, const double *z, double beta, bool *is_finite)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_point_set(p->context, p->point, z, beta, NULL, SPN_WANT_ALL));
    *is_finite = isfinite(p->point->value) && spn_all_finite(p->n, p->point->gradient);
    if (*is_finite) {
        SPN_TRY(take_orbit(p));
        take_border(p);
    }
done:
    return status;
}

spn_status spni_products_newton(spni_products *p, const spni_condition *condition,
                                const spni_stand *along, double reach, double *z, double *beta,
                                spni_newton_info *info)
{
    spn_status status = SPN_OK;
    int64_t n = p->n;
    double before = NEVER, way = 0;
    bool is_good = false;
    *info = (spni_newton_info){.is_converged = false};
    SPN_TRY(spni_products_set(p, z, *beta, &is_good));
    SPN_TRY(is_good ? find_along(p, along, &is_good) : SPN_OK);
    while (is_good && info->steps < NEWTON_MOST) {
        SPN_TRY(find_step(p, condition, along, z, *beta, info->steps == 0, &is_good));
        double step = spn_norm(n + 1, p->step);
        way += step;
        is_good = is_good && isfinite(step) && step <= STEP_GROWTH * before && way <= reach;
        if (!is_good) {
            break;
        }
        spn_axpy(n, 1, p->step, z);
        *beta += p->step[n] / p->metric;
        info->steps++;
        info->last_step = step;
        info->last_beta = fabs(p->step[n]) / p->metric;
        bool is_rounding = step <= STEP_ROUNDING * p->length && step > before / 4;
        if (step <= STEP_SMALL * p->length || is_rounding) {
            info->is_converged = true;
            break;
        }
        before = step;
        SPN_TRY(stand_next(p, z, *beta, &is_good));
    }
done:
    return status;
}
