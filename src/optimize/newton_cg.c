/* SPDX-License-Identifier: MIT */
/* Newton with conjugate gradients in a trust region, preconditioned, for objectives with products.
 *
 *   L-BFGS, its initial matrix M^-1, to |grad L| <= 1e3 limits      (phase 1: long ways)
 *   M at theta;  s by conjugate gradients (steihaug.c), |s|_M <= radius
 *   accept:   actual / predicted decrease > 1e-4; near the rounding of L: the decrease by gradients
 *   radius:   a quarter of |s|_M after a bad step, twice or four times as long after a very good one at the boundary
 *   until |grad L| <= limit, the tolerance times what the regulariser alone pulls with at a theta of this length; a long way also
 *   ends where it is nearly stationary, for a first certificate (certified.c)
 *
 * Behind a step of Newton's the next is made with what has been learned (curvature_pairs.c), without a radius. Other lengths are in M, all sizes relative: inputs and targets in other units give the same iterates. */
#include "optimize/newton_cg.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* L-BFGS brings a start from afar to this share of the regulariser's pull. A warm start begins closer: L-BFGS has no model
 * by which a step could be bounded, and hops out of phases shortly before they end. */
static const double far_share = 0.05;
/* Predictions below this share of |L|: its differences tell less than slopes. */
static const double slope_share = 1e-9;
/* The first radius, in lengths of the preconditioned gradient. */
static const double first_radius = 2;
/* A step is solved for to this share of the gradient at most. */
static const double coarse = 0.1;
/* A way of so many steps has left where it began, and this many limits are nearly stationary, but no more than this share of the pull. */
enum { LONG_WAY = 8 };
static const double nearly = 1e4, nearly_most = 1e-4;
enum { PRODUCTS_MOST = 1000, REBUILD = 5 };

spn_status spni_newton_cg_make(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spni_newton_cg *own = NULL;
    int64_t total = 0, n = solver->n;
    SPN_TRY(spni_lbfgs_make(context, solver));
    SPN_NEW(context, own, 1);
    solver->newton_cg = own;
    SPN_TRY(spn_preconditioner_create(context, solver->objective, NULL, &own->m));
    own->cg.learned = &own->learned;
    if (!spn_size_multiply(n, 7, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, own->memory, total);
    double **vectors[] = {&own->cg.r,       &own->cg.z,  &own->cg.p, &own->cg.hp,
                          &own->cg.scratch, &own->spare, &own->start};
    for (int64_t i = 0; i < 7; i++) {
        *vectors[i] = own->memory + i * n;
    }
    own->cg.room = 2 * solver->settings.history;
    own->cg.directions = solver->pairs;
    SPN_NEW(context, own->cg.pieces, own->cg.room);
done:
    return status;
}

void spni_newton_cg_forget(spni_newton_cg *own)
{
    spni_curvature_pairs_forget(&own->learned);
    for (int k = 0; k < 2; k++) {
        spn_soft_modes_forget(&own->soft[k].modes);
    }
}

void spni_newton_cg_free(spn_context *context, spni_newton_cg *own)
{
    if (own == NULL) {
        return;
    }
    spn_preconditioner_free(context, own->m);
    spn_release(context, own->memory);
    spn_release(context, own->cg.pieces);
    spni_curvature_pairs_free(context, &own->learned);
    for (int k = 0; k < 2; k++) {
        spn_soft_modes_free(context, &own->soft[k].modes);
    }
    spn_release(context, own);
}

/* The pull of the regulariser at a theta of this length; without one the scale of the gradient. */
static double pull_of(const spn_solver *solver)
{
    const spn_scales scales = spn_objective_scales(solver->objective);
    double stiffness = spn_objective_stiffness(solver->objective, solver->parameter);
    double length = spn_objective_length(solver->objective, solver->theta);
    return stiffness > 0 ? stiffness * length : scales.value / scales.weight;
}

double spni_newton_cg_limit(const spn_solver *solver)
{
    return solver->settings.tolerance * pull_of(solver);
}

spn_status spni_newton_cg_rebuild(spn_context *context, spn_solver *solver)
{
    solver->newton_cg->steps_since = 0;
    solver->newton_cg->is_built = true;
    return spn_preconditioner_refresh(context, solver->newton_cg->m, solver->point);
}

double spni_newton_cg_judge(const spn_solver *solver, double predicted)
{
    const spn_point *point = solver->point;
    if (!spni_is_finite(solver)) {
        return -1;
    }
    if (predicted > slope_share * fabs(solver->value)) {
        return (solver->value - point->value) / predicted;
    }
    return -0.5 *
           (spn_dot(solver->n, solver->gradient, solver->step) +
            spn_dot(solver->n, point->gradient, solver->step)) /
           predicted;
}

static spn_status evaluate_step(spn_context *context, spn_solver *solver)
{
    for (int64_t i = 0; i < solver->n; i++) {
        solver->trial[i] = solver->theta[i] + solver->step[i];
    }
    solver->info->iterations++;
    return spni_evaluate(context, solver, solver->trial, NULL, SPN_WANT_ALL);
}

/* Steps are no longer than the settings allow, in theta. */
static void bound_step(spn_solver *solver)
{
    spni_newton_cg *own = solver->newton_cg;
    for (int i = 0; i < 8; i++) {
        double length = spn_norm(solver->n, solver->step);
        if (!(length > solver->radius_max)) {
            return;
        }
        double share = 0.95 * solver->radius_max / length;
        (void)spni_cg_shorten(solver, share * sqrt(own->cg.length), solver->step);
    }
}

static void adapt(spni_newton_cg *own, double ratio)
{
    double length = sqrt(own->cg.length);
    if (!(ratio >= 0.25)) {
        own->radius = 0.25 * length;
    } else if (ratio > 0.75 && own->cg.is_boundary) {
        own->radius = fmax(own->radius, (ratio > 0.9 && ratio < 1.1 ? 4 : 2) * length);
    }
}

/* A direction. Behind a step of Newton's, with what has been learned and no radius: the next one is as good, and lengths in the norm that
 * belongs to it are not those of the radius. Where that fails, with M and the radius. */
static spn_status find_direction(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spni_newton_cg *own = solver->newton_cg;
    double limit = spni_newton_cg_limit(solver), relative = solver->gradient_norm / limit;
    double share = fmin(coarse, sqrt(solver->settings.tolerance * relative));
    share = fmax(share, 0.1 / relative);
    own->cg.recalls = own->is_newton;
    SPN_TRY(spni_cg_solve(context, solver, solver->gradient,
                          own->cg.recalls ? (double)INFINITY : own->radius, share, PRODUCTS_MOST,
                          solver->step));
    if (own->cg.recalls && (own->cg.is_boundary || !(own->cg.predicted > 0))) {
        own->cg.recalls = false;
        SPN_TRY(spni_cg_solve(context, solver, solver->gradient, own->radius, share, PRODUCTS_MOST,
                              solver->step));
    }
    bound_step(solver);
done:
    return status;
}

/* One direction, and ever shorter steps until one is good. *has_moved: the state is a new one. */
static spn_status advance(spn_context *context, spn_solver *solver, bool *has_moved)
{
    spn_status status = SPN_OK;
    spni_newton_cg *own = solver->newton_cg;
    *has_moved = false;
    SPN_TRY(find_direction(context, solver));
    own->is_newton = false;
    while (solver->info->iterations < solver->settings.max_iterations) {
        double length = spn_norm(solver->n, solver->step), radius = own->radius;
        double size = spn_objective_length(solver->objective, solver->theta);
        if (!(own->cg.predicted > 0) || !(length > DBL_EPSILON * size)) {
            break;
        }
        SPN_TRY(evaluate_step(context, solver));
        double ratio = spni_newton_cg_judge(solver, own->cg.predicted);
        adapt(own, ratio);
        double shorter = own->radius;
        own->radius = own->cg.recalls ? radius : own->radius;
        if (ratio > 1e-4) {
            spni_accept(solver);
            own->is_newton = ratio > 0.75 && !own->cg.is_boundary;
            *has_moved = true;
            break;
        }
        (void)spni_cg_shorten(solver, shorter, solver->step);
    }
done:
    return status;
}

static bool is_stationary(const spn_solver *solver)
{
    const spni_newton_cg *own = solver->newton_cg;
    const double limit = spni_newton_cg_limit(solver);
    double enough = limit;
    if (own->is_wary && solver->info->iterations >= LONG_WAY) {
        enough = fmax(limit, fmin(nearly * limit, nearly_most * pull_of(solver)));
    }
    return solver->gradient_norm <= enough;
}

/* Has the way led out of what the bounds allow? */
static bool has_left(const spn_solver *solver)
{
    double sum = 0;
    for (int64_t i = 0; solver->way_most > 0 && i < solver->n; i++) {
        const double moved = solver->theta[i] - solver->newton_cg->start[i];
        sum += moved * moved;
    }
    return sqrt(sum) > solver->way_most;
}

/* Phase 2, from where the state stands: the point is there, with its curvature. */
static spn_status iterate(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    spni_newton_cg *own = solver->newton_cg;
    bool has_moved = true, is_there = solver->gradient_norm <= spni_newton_cg_limit(solver);
    memcpy(own->start, solver->theta, (size_t)solver->n * sizeof *own->start);
    while (has_moved && !has_left(solver) && info->iterations < solver->settings.max_iterations &&
           !is_there) {
        if (own->steps_since >= REBUILD) {
            SPN_TRY(spni_newton_cg_rebuild(context, solver));
        }
        SPN_TRY(advance(context, solver, &has_moved));
        own->steps_since++;
        is_there = is_stationary(solver);
    }
    own->is_early = is_there && solver->gradient_norm > spni_newton_cg_limit(solver);
    const bool is_out = has_moved || info->iterations >= solver->settings.max_iterations;
    info->stop = is_there ? SPN_STOP_CONVERGED
                 : is_out ? SPN_STOP_MAX_ITERATIONS
                          : SPN_STOP_STALLED;
done:
    return status;
}

spn_status spni_newton_cg_descend(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spni_newton_cg *own = solver->newton_cg;
    SPN_TRY(spni_newton_cg_rebuild(context, solver));
    SPN_TRY(spni_curvature_pairs_fit(context, own->cg.learned, solver->n));
    own->is_newton = own->resumes;
    own->target = far_share * pull_of(solver);
    bool is_near = own->is_inner ? own->is_near : solver->is_within;
    if (solver->gradient_norm > own->target && !is_near) {
        SPN_TRY(spni_lbfgs(context, solver));
        SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
        SPN_TRY(spni_newton_cg_rebuild(context, solver));
    }
    spn_preconditioner_solve(own->m, 1, solver->gradient, own->spare);
    own->radius = first_radius * sqrt(spn_dot(solver->n, solver->gradient, own->spare));
    if (is_near) {
        /* Where a branch has just ended no gradient is left that would say how far it is to anything. A radius that is too long costs one evaluation. */
        const double stiffness = spn_objective_stiffness(solver->objective, solver->parameter);
        own->radius = fmax(own->radius, sqrt(fmax(stiffness, 0)) * solver->radius);
    }
    SPN_TRY(iterate(context, solver));
done:
    return status;
}
