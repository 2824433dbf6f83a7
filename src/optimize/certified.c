/* SPDX-License-Identifier: MIT */
/* Stationary points with a known index, on the smallest problem they live on.
 *
 *   settle:   where theta is exactly symmetric, descend on the reduced problem, otherwise on the full one: a long way nearly to its
 *             end first, for most of the products of a saddle would be spent on its last digits;
 *             what has become equal to `merging` is made equal, and if L is no higher there, that is the problem
 *   certify:  the index of the full Hessian (T27)
 *   escape:   along the direction of most negative curvature, and again
 *
 * A gradient never leaves a symmetric subspace, so that a warm start on one would stay there in any case: only the
 * certificate tells when that is no minimum any more. */
#include "optimize/newton_cg.h"

#include <math.h>
#include <string.h>

/* Equal to rounding; equal enough for a converged point to be tried as such. */
static const double exact = 1e-12, merging = 1e-4;
/* L may rise by this share of its size when units are made equal. */
static const double rise = 1e-12;
/* The first trial of an escape, in lengths of theta, and what is too short. */
static const double first_escape = 0.1, least_escape = 1e-6;
enum { ESCAPES_MOST = 20 };

void spni_problem_leave(spn_context *context, spni_problem *at)
{
    spn_solver_free(context, at->inner);
    spn_reduction_free(context, at->reduction);
    *at = (spni_problem){0};
}

int64_t spni_problem_dimension(const spn_solver *solver, const spni_problem *at)
{
    return at->reduction != NULL ? spn_reduction_objective(at->reduction)->dimension : solver->n;
}

spn_status spni_problem_reduce(spn_context *context, const spn_solver *solver, spni_problem *at)
{
    return spn_reduction_create(context, solver->objective, solver->theta, exact, &at->reduction);
}

spn_status spni_problem_inner(spn_context *context, const spn_solver *solver, spni_problem *at)
{
    spn_status status = SPN_OK;
    const spn_objective *objective = spn_reduction_objective(at->reduction);
    SPN_TRY(spn_solver_create(context, &solver->settings, objective, &at->inner));
    spni_newton_cg *own = at->inner->newton_cg;
    own->is_inner = true;
    own->is_near = solver->is_within;
    own->is_wary = solver->newton_cg->is_wary;
    own->resumes = solver->newton_cg->resumes;
    own->cg.learned = &solver->newton_cg->learned;
    spn_preconditioner_free(context, own->m);
    own->m = NULL;
    SPN_TRY(spn_preconditioner_create(context, objective, solver->newton_cg->m, &own->m));
done:
    return status;
}

static void count(spn_solver_info *info, const spn_solver_info *inner, double share)
{
    info->iterations += inner->iterations;
    info->evaluations += inner->evaluations;
    info->products += inner->products;
    info->work += share * (double)(inner->evaluations + inner->products);
}

/* The way on the reduced problem; the state of `solver` stays. */
static spn_status descend_inner(spn_context *context, spn_solver *solver, spni_problem *at,
                                spn_solver_info *found)
{
    spn_status status = SPN_OK;
    double *z = NULL;
    int64_t left = solver->settings.max_iterations - solver->info->iterations;
    const spn_solver_bounds bounds = {.trust_radius = solver->radius,
                                      .trust_radius_max = solver->radius_max,
                                      .max_iterations = left > 0 ? left : 0,
                                      .way_most = solver->way_most};
    int64_t n = spni_problem_dimension(solver, at);
    SPN_NEW(context, z, n);
    SPN_TRY(spni_problem_inner(context, solver, at));
    spn_reduction_restrict(at->reduction, solver->theta, z);
    SPN_TRY(spn_solver_run_within(context, at->inner, &bounds, solver->parameter, z, found));
    count(solver->info, found, (double)n / (double)solver->n);
done:
    spn_release(context, z);
    return status;
}

/* Take over where the inner solver has come to. */
static void take_over(spn_solver *solver, const spni_problem *at, const spn_solver_info *found)
{
    spn_reduction_extend(at->reduction, at->inner->theta, solver->theta);
    spn_reduction_extend(at->reduction, at->inner->gradient, solver->gradient);
    solver->value = found->value;
    solver->gradient_norm = found->gradient_norm;
    solver->info->stop = found->stop;
}

/* Where the start is exactly symmetric, there; otherwise the full problem. */
static spn_status settle_first(spn_context *context, spn_solver *solver, spni_problem *at)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_problem_reduce(context, solver, at));
    if (spni_problem_dimension(solver, at) < solver->n) {
        spn_solver_info found;
        SPN_TRY(descend_inner(context, solver, at, &found));
        take_over(solver, at, &found);
        goto done;
    }
    int64_t before = solver->info->evaluations + solver->info->products;
    SPN_TRY(spni_newton_cg_descend(context, solver));
    solver->info->work += (double)(solver->info->evaluations + solver->info->products - before);
done:
    return status;
}

/* Units that have become equal are made equal, where that costs nothing. */
static spn_status settle_merged(spn_context *context, spn_solver *solver, spni_problem *at)
{
    spn_status status = SPN_OK;
    spni_problem next = {0};
    SPN_TRY(
        spn_reduction_create(context, solver->objective, solver->theta, merging, &next.reduction));
    if (next.reduction != NULL &&
        spni_problem_dimension(solver, &next) < spni_problem_dimension(solver, at)) {
        spn_solver_info found;
        SPN_TRY(descend_inner(context, solver, &next, &found));
        bool is_there = found.stop == SPN_STOP_CONVERGED &&
                        found.value <= solver->value + rise * fabs(solver->value);
        if (is_there) {
            take_over(solver, &next, &found);
            spni_problem_leave(context, at);
            *at = next;
            next = (spni_problem){0};
        }
    }
done:
    spni_problem_leave(context, &next);
    return status;
}

/* The modes of problems with n parameters, in the first place; those of others stay in the second. */
static spn_soft_modes *modes_for(spni_newton_cg *own, int64_t n)
{
    if (own->soft[0].n != n) {
        const spni_kept_modes last = own->soft[0];
        own->soft[0] = own->soft[1];
        own->soft[1] = last;
        own->soft[0].n = n;
    }
    return &own->soft[0].modes;
}

/* The index; *direction: solver->step. Certificates on the way begin with what the last one has found, and so do all of runs that recall; what an ordinary
 * run ends with begins with nothing. At a saddle that is left, or that ends an attempt, one direction is enough; a point that is only looked at (no iterations)
 * is asked for all. */
static spn_status certify(spn_context *context, spn_solver *solver, const spni_problem *at,
                          bool is_early, spn_certificate *out)
{
    spn_status status = SPN_OK;
    const spn_point *point = at->inner != NULL ? at->inner->point : solver->point;
    if (at->inner == NULL) {
        SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
        solver->info->work++;
    }
    spni_newton_cg *own = at->inner != NULL ? at->inner->newton_cg : solver->newton_cg;
    const spn_symmetric_operator inverse = {point->dimension, spni_newton_cg_inverse, own};
    SPN_TRY(spni_curvature_pairs_fit(context, own->cg.learned, point->dimension));
    spni_curvature_pairs_take(own->cg.learned);
    spn_soft_modes *modes = modes_for(solver->newton_cg, point->dimension);
    if (!is_early && !solver->recalls) {
        spn_soft_modes_forget(modes);
    }
    const spn_certify_settings by = {
        .inverse = &inverse,
        .modes = modes,
        .takes_any = is_early || (solver->stays && solver->settings.max_iterations > 0)};
    SPN_TRY(spn_reduction_certify(context, at->reduction, point, &by, out, solver->step));
    spn_solver_info *info = solver->info;
    info->smallest_eigenvalue = out->smallest;
    info->negative_eigenvalues = out->negative;
    info->certainty = out->certainty;
    info->eigenvalue_bound = out->bound;
    info->reduced = point->dimension;
    info->products += out->products;
    info->work += (double)out->products * (double)point->dimension / (double)solver->n;
done:
    return status;
}

/* Is L lower at theta + length * direction, as the curvature says? solver->step: the step that was tried. */
static spn_status try_escape(spn_context *context, spn_solver *solver, double length,
                             double predicted, bool *is_lower)
{
    spn_status status = SPN_OK;
    for (int64_t k = 0; k < solver->n; k++) {
        solver->step[k] = length * solver->newton_cg->spare[k];
        solver->trial[k] = solver->theta[k] + solver->step[k];
    }
    SPN_TRY(spni_evaluate(context, solver, solver->trial, NULL, SPN_WANT_ALL));
    solver->info->iterations++;
    solver->info->work++;
    *is_lower = spni_newton_cg_judge(solver, predicted) > 0.1;
done:
    return status;
}

/* Ever shorter steps along the direction in solver->step, to either side, until L falls as its curvature says: far from
 * the saddle, and unless a symmetry forbids it, a cubic term prefers one of them. */
static spn_status escape(spn_context *context, spn_solver *solver, double curvature, bool *has_left)
{
    spn_status status = SPN_OK;
    double size = spn_objective_length(solver->objective, solver->theta);
    double length = fmin(first_escape * size, solver->radius_max);
    memcpy(solver->newton_cg->spare, solver->step, (size_t)solver->n * sizeof *solver->step);
    *has_left = false;
    for (; length > least_escape * size && !*has_left; length *= 0.25) {
        double predicted = -0.5 * curvature * length * length;
        SPN_TRY(try_escape(context, solver, length, predicted, has_left));
        if (!*has_left) {
            SPN_TRY(try_escape(context, solver, -length, predicted, has_left));
        }
    }
    if (*has_left) {
        spni_accept(solver);
        solver->info->escapes++;
    }
done:
    return status;
}

static double order_of(const spn_solver *solver)
{
    return spn_objective_order(solver->objective, solver->theta);
}

/* Has n changed by more than what is allowed? `order` is that of the start. */
static bool has_gone(const spn_solver *solver, double order)
{
    double now = order_of(solver), share = solver->order_share;
    return share > 0 && fabs(now - order) > share * fmax(fabs(now), fabs(order));
}

/* At a saddle; *is_done: it is not left. One that is known well enough to be none of this phase ends a run that its bounds end. */
static spn_status leave_saddle(spn_context *context, spn_solver *solver, double curvature,
                               double order, bool is_early, bool *is_done)
{
    spn_status status = SPN_OK;
    bool has_left = false;
    if (has_gone(solver, order)) {
        solver->info->stop = is_early ? SPN_STOP_MAX_ITERATIONS : SPN_STOP_CONVERGED;
        *is_done = true;
        goto done;
    }
    if (!solver->stays && solver->info->escapes < ESCAPES_MOST &&
        solver->info->iterations < solver->settings.max_iterations) {
        SPN_TRY(escape(context, solver, curvature, &has_left));
        SPN_TRY(has_left ? SPN_OK
                         : spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
    }
    /* What cannot be left is known to the last digit in the end. */
    *is_done = !has_left && !is_early;
    solver->newton_cg->is_wary = has_left;
done:
    return status;
}

/* At a stationary point, or nearly at one; *is_done: it is what was looked for, or nothing leads on. */
static spn_status judge_point(spn_context *context, spn_solver *solver, spni_problem *at,
                              double order, bool *is_done)
{
    spn_status status = SPN_OK;
    spn_certificate certificate;
    spni_newton_cg *own = solver->newton_cg;
    bool is_early = at->inner != NULL ? at->inner->newton_cg->is_early : own->is_early;
    own->is_wary = false;
    SPN_TRY(is_early ? SPN_OK : settle_merged(context, solver, at));
    SPN_TRY(certify(context, solver, at, is_early, &certificate));
    own->resumes = certificate.negative <= 0;
    if (certificate.negative > 0) {
        SPN_TRY(leave_saddle(context, solver, certificate.smallest, order, is_early, is_done));
    } else {
        *is_done = !is_early;
    }
done:
    return status;
}

/* What an earlier point had is not that of where a run has ended unconverged. */
static void forget_certificate(const spn_solver *solver)
{
    solver->info->smallest_eigenvalue = solver->info->eigenvalue_bound = (double)NAN;
    solver->info->negative_eigenvalues = -1;
    solver->info->certainty = SPN_CERTAIN_NOT;
    solver->info->reduced = solver->n;
}

static spn_status run(spn_context *context, spn_solver *solver, spni_problem *at)
{
    spn_status status = SPN_OK;
    double order = order_of(solver);
    solver->newton_cg->is_wary = !solver->stays;
    solver->newton_cg->resumes = solver->recalls;
    for (bool is_done = false; !is_done;) {
        spni_problem_leave(context, at);
        SPN_TRY(settle_first(context, solver, at));
        is_done = solver->info->stop != SPN_STOP_CONVERGED;
        if (is_done) {
            forget_certificate(solver);
        } else {
            SPN_TRY(judge_point(context, solver, at, order, &is_done));
        }
    }
done:
    return status;
}

spn_status spni_newton_cg_run(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spni_problem at = {0};
    if (solver->newton_cg->is_inner) {
        return spni_newton_cg_descend(context, solver);
    }
    solver->info->work = (double)solver->info->evaluations;
    if (!solver->recalls) {
        spni_newton_cg_forget(solver->newton_cg);
    }
    if (!solver->newton_cg->is_built) {
        SPN_TRY(spni_newton_cg_rebuild(context, solver));
    }
    SPN_TRY(run(context, solver, &at));
done:
    spni_problem_leave(context, &at);
    return status;
}
