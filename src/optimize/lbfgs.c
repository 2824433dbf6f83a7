/* SPDX-License-Identifier: MIT */
/* L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5) with a line search for the strong Wolfe
 * conditions that brackets a minimum and then closes in by cubic or secant interpolation. Close to the
 * minimum, where differences of L are rounding, the approximate Wolfe conditions of Hager and Zhang
 * (2005) take over: they look at slopes only. */
#include "optimize/newton_cg.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SEARCH_MOST = 50 };
/* Steps after which the preconditioner is built again. */
enum { REBUILD = 50 };
static const double decrease_share = 1e-4, slope_share = 0.9;

/* L along a direction. */
typedef struct line_point {
    double alpha, value, slope;
    bool is_finite;
    double noise; /* of values along the line; where it starts alone */
} line_point;

typedef struct lbfgs {
    spn_context *context;
    spn_solver *solver;
    int64_t count, next; /* pairs held, place of the next one */
} lbfgs;

static bool is_preconditioned(const spn_solver *solver)
{
    return solver->newton_cg != NULL && !spn_preconditioner_is_identity(solver->newton_cg->m);
}

static spn_status evaluate_line(lbfgs *state, double alpha, line_point *out)
{
    spn_solver *solver = state->solver;
    for (int64_t i = 0; i < solver->n; i++) {
        solver->trial[i] = solver->theta[i] + alpha * solver->step[i];
    }
    spn_status status = spni_evaluate(state->context, solver, solver->trial, NULL,
                                      SPN_WANT_VALUE | SPN_WANT_GRADIENT);
    if (status == SPN_OK) {
        out->alpha = alpha;
        out->value = solver->point->value;
        out->slope = spn_dot(solver->n, solver->point->gradient, solver->step);
        out->is_finite = spni_is_finite(solver) && isfinite(out->slope);
    }
    return status;
}

/* Is the point too high for sufficient decrease? Where that decrease is itself rounding, L may rise by
 * as much. */
static bool is_high(const line_point *start, const line_point *at)
{
    double decrease = -decrease_share * at->alpha * start->slope;
    double noise = start->noise;
    double allowed = decrease < noise ? start->value + noise : start->value - decrease;
    return !at->is_finite || !(at->value <= allowed);
}

static bool is_good(const line_point *start, const line_point *at)
{
    if (!at->is_finite || is_high(start, at)) {
        return false;
    }
    if (at->value <= start->value + decrease_share * at->alpha * start->slope) {
        return fabs(at->slope) <= slope_share * -start->slope;
    }
    return at->slope >= slope_share * start->slope && at->slope <= -0.8 * start->slope;
}

/* Where between the two ends the minimum may be: the cubic through values and slopes, or the secant of
 * the slopes where the values differ by rounding only; kept off the ends. */
static double interpolate(const line_point *start, const line_point *low, const line_point *high)
{
    double width = high->alpha - low->alpha;
    double share = 0.5;
    if (high->is_finite) {
        double change = (high->value - low->value) / width;
        bool has_values = fabs(high->value - low->value) > 100 * start->noise;
        double d1 = low->slope + high->slope - 3 * change;
        double root = d1 * d1 - low->slope * high->slope;
        if (has_values && root >= 0) {
            double d2 = sqrt(root);
            share = 1 - (high->slope + d2 - d1) / (high->slope - low->slope + 2 * d2);
        } else if (high->slope > low->slope) {
            share = -low->slope / (high->slope - low->slope);
        }
    }
    if (!(share >= 0.05)) {
        share = isnan(share) ? 0.5 : 0.05;
    }
    return low->alpha + fmin(share, 0.95) * width;
}

/* alpha: first guess, `most`: no step is longer. *is_found: the accepted point is where solver->point stands. */
static spn_status search(lbfgs *state, double slope, double alpha, double most, bool *is_found)
{
    spn_status status = SPN_OK;
    const spn_solver *solver = state->solver;
    const double noise =
        16 * spn_objective_rounding(solver->objective, solver->theta, solver->value);
    line_point start = {0, solver->value, slope, true, noise};
    line_point low = start, high = {0}, at = {0};
    bool is_bracketed = false;
    *is_found = false;
    for (int i = 0; i < SEARCH_MOST; i++) {
        SPN_TRY(evaluate_line(state, alpha, &at));
        if (is_good(&start, &at)) {
            *is_found = true;
            break;
        }
        if (is_high(&start, &at) || at.slope >= 0) {
            high = at;
            is_bracketed = true;
        } else {
            low = at;
        }
        alpha = is_bracketed ? interpolate(&start, &low, &high) : fmin(4 * alpha, most);
        if (!isfinite(alpha) || alpha == low.alpha || alpha == high.alpha) {
            break;
        }
    }
    /* The slopes could not be met; a plain decrease is progress, too. */
    if (!*is_found && low.alpha > 0) {
        SPN_TRY(evaluate_line(state, low.alpha, &at));
        *is_found = at.value < start.value;
    }
done:
    return status;
}

/* step becomes H_0 step: the inverse of the preconditioner, where there is one, or s.y / y.y of the latest pair. */
static void apply_initial(const lbfgs *state)
{
    spn_solver *solver = state->solver;
    int64_t n = solver->n, history = solver->settings.history;
    double *step = solver->step;
    if (is_preconditioned(solver)) {
        spn_preconditioner_solve(solver->newton_cg->m, 1, step, step);
    } else if (state->count > 0) {
        int64_t k = (state->next - 1 + history) % history;
        const double *y = solver->pairs + (2 * k + 1) * n;
        double size = spn_dot(n, y, y) * solver->weights[k];
        for (int64_t i = 0; i < n; i++) {
            step[i] /= size;
        }
    }
}

/* step = -H g with the two-loop recursion. */
static void set_direction(lbfgs *state)
{
    spn_solver *solver = state->solver;
    int64_t n = solver->n, history = solver->settings.history;
    double *step = solver->step;
    double *inverse = solver->weights, *factor = solver->weights + history;
    for (int64_t i = 0; i < n; i++) {
        step[i] = -solver->gradient[i];
    }
    for (int64_t j = 1; j <= state->count; j++) {
        int64_t k = (state->next - j + history) % history;
        const double *s = solver->pairs + 2 * k * n, *y = s + n;
        factor[k] = inverse[k] * spn_dot(n, s, step);
        spn_axpy(n, -factor[k], y, step);
    }
    apply_initial(state);
    for (int64_t j = state->count; j >= 1; j--) {
        int64_t k = (state->next - j + history) % history;
        const double *s = solver->pairs + 2 * k * n, *y = s + n;
        spn_axpy(n, factor[k] - inverse[k] * spn_dot(n, y, step), s, step);
    }
}

/* Keep the pair (s, y) of the step just found, if its curvature is positive. */
static void remember(lbfgs *state)
{
    spn_solver *solver = state->solver;
    int64_t n = solver->n, history = solver->settings.history;
    double *s = solver->pairs + 2 * state->next * n, *y = s + n;
    for (int64_t i = 0; i < n; i++) {
        s[i] = solver->point->theta[i] - solver->theta[i];
        y[i] = solver->point->gradient[i] - solver->gradient[i];
    }
    double product = spn_dot(n, s, y);
    if (product > DBL_EPSILON * spn_norm(n, s) * spn_norm(n, y)) {
        solver->weights[state->next] = 1 / product;
        state->next = (state->next + 1) % history;
        state->count += state->count < history ? 1 : 0;
    }
}

/* As a phase of newton_cg no step is longer than its bound, in units of solver->step. */
static double longest_step(const spn_solver *solver)
{
    return solver->newton_cg != NULL ? solver->radius_max / spn_norm(solver->n, solver->step)
                                     : (double)INFINITY;
}

/* One direction and search; *has_moved: the state is a new one. */
static spn_status advance(lbfgs *state, bool *has_moved)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    set_direction(state);
    double slope = spn_dot(solver->n, solver->step, solver->gradient);
    bool is_downhill = slope < 0 && isfinite(slope);
    *has_moved = false;
    if (is_downhill) {
        /* Without curvature yet, the first step has a length of at most a tenth of theta's scale. */
        const spn_scales scales = spn_objective_scales(solver->objective);
        double first = fmin(1 / scales.parameter, 0.1 * scales.weight / solver->gradient_norm);
        double alpha = state->count > 0 || is_preconditioned(solver) ? 1 : first;
        double most = longest_step(solver);
        SPN_TRY(search(state, slope, fmin(alpha, most), most, has_moved));
    }
    if (*has_moved) {
        remember(state);
        spni_accept(solver);
    }
done:
    return status;
}

/* As a phase of newton_cg it has a target of its own. */
static bool is_done(const spn_solver *solver)
{
    return solver->newton_cg != NULL ? solver->gradient_norm <= solver->newton_cg->target
                                     : spni_is_small(solver);
}

/* Build the preconditioner where the state stands now. */
static spn_status rebuild(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_newton_cg_rebuild(context, solver));
done:
    return status;
}

spn_status spni_lbfgs(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    lbfgs state = {.context = context, .solver = solver};
    info->stop = SPN_STOP_MAX_ITERATIONS;
    for (int64_t steps = 0; info->iterations < solver->settings.max_iterations && !is_done(solver);
         steps++) {
        bool has_moved = false;
        if (is_preconditioned(solver) && steps > 0 && steps % REBUILD == 0) {
            SPN_TRY(rebuild(context, solver));
        }
        SPN_TRY(advance(&state, &has_moved));
        info->iterations++;
        if (!has_moved && state.count == 0) {
            info->stop = SPN_STOP_STALLED;
            goto done;
        }
        if (!has_moved) {
            state.count = 0; /* start again from steepest descent */
        }
    }
    if (is_done(solver)) {
        info->stop = SPN_STOP_CONVERGED;
    }
done:
    return status;
}

spn_status spni_lbfgs_make(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    int64_t total = 0;
    int64_t history = solver->settings.history;
    if (!spn_size_multiply(2 * solver->n, history, &total)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "solver.history", "%lld pairs are too many",
                     (long long)history);
    }
    SPN_NEW(context, solver->pairs, total);
    SPN_NEW(context, solver->weights, 2 * history);
done:
    return status;
}
