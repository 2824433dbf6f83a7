/* SPDX-License-Identifier: MIT */
/* The tangent of a curve of minima, t = -H^-1 b with b = d(grad L)/dparameter (T10), on the smallest problem that theta lives on:
 * b is as symmetric as theta is, and so is t. */
#include "optimize/newton_cg.h"

#include <math.h>
#include <string.h>

enum { PRODUCTS_MOST = 2000 };
/* How far what gradient is left is solved for: a gate, not a result. */
static const double gate_share = 0.1;

/* H x = -right at the solver's point, M as it is. */
static spn_status solve(spn_context *context, spn_solver *solver, const double *right, double share,
                        double *x, spn_tangent *out)
{
    spn_status status = SPN_OK;
    spni_cg *cg = &solver->newton_cg->cg;
    cg->recalls = true;
    SPN_TRY(spni_cg_solve(context, solver, right, (double)INFINITY, share, PRODUCTS_MOST, x));
    if (cg->count == 0) { /* what has been learned is of no use here */
        cg->recalls = false;
        SPN_TRY(spni_cg_solve(context, solver, right, (double)INFINITY, share, PRODUCTS_MOST, x));
    }
    out->is_positive = out->is_positive && !cg->is_negative;
    out->is_solved = out->is_solved && !cg->is_boundary && cg->count < PRODUCTS_MOST &&
                     spn_all_finite(solver->n, x);
done:
    return status;
}

/* Both systems, where the point and the preconditioner are those of theta; `t`: n numbers. */
static spn_status respond(spn_context *context, spn_solver *solver, double tolerance, double *t,
                          spn_tangent *out)
{
    spn_status status = SPN_OK;
    const spn_point *point = solver->point;
    SPN_TRY(spni_curvature_pairs_fit(context, solver->newton_cg->cg.learned, solver->n));
    SPN_TRY(solve(context, solver, point->gradient, gate_share, solver->step, out));
    out->decrement = sqrt(fmax(-spn_dot(solver->n, point->gradient, solver->step), 0));
    out->distance =
        spn_norm(solver->n, solver->step) / spn_objective_length(solver->objective, solver->theta);
    SPN_TRY(solve(context, solver, point->parameter_gradient, tolerance, t, out));
done:
    return status;
}

/* On the reduced problem; what T changes are norms of nothing: it is an isometry. */
static spn_status respond_inner(spn_context *context, spn_solver *solver, spni_problem *at,
                                double tolerance, double *tangent, spn_tangent *out)
{
    spn_status status = SPN_OK;
    double *t = NULL;
    SPN_TRY(spni_problem_inner(context, solver, at));
    spn_solver *inner = at->inner;
    SPN_NEW(context, t, inner->n);
    inner->parameter = solver->parameter;
    inner->info = solver->info;
    spn_reduction_restrict(at->reduction, solver->theta, inner->theta);
    SPN_TRY(spni_evaluate(context, inner, inner->theta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_newton_cg_rebuild(context, inner));
    SPN_TRY(respond(context, inner, tolerance, t, out));
    spn_reduction_extend(at->reduction, t, tangent);
done:
    spn_release(context, t);
    return status;
}

spn_status spn_solver_tangent(spn_context *context, spn_solver *solver, double parameter,
                              const double *theta, double tolerance, double *tangent,
                              spn_tangent *out)
{
    spn_status status = SPN_OK;
    spni_problem at = {0};
    spn_solver_info info = {.products = 0};
    size_t bytes = (size_t)solver->n * sizeof *theta;
    *out = (spn_tangent){.is_solved = true, .is_positive = true};
    if (solver->newton_cg == NULL) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "a tangent without a dense Hessian needs newton_cg");
    }
    if (!solver->recalls) {
        spni_newton_cg_forget(solver->newton_cg);
    }
    solver->info = &info;
    solver->parameter = parameter;
    memcpy(solver->theta, theta, bytes);
    SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
    SPN_TRY(spni_problem_reduce(context, solver, &at));
    bool is_reduced = spni_problem_dimension(solver, &at) < solver->n;
    if (!is_reduced || !solver->newton_cg->is_built) {
        SPN_TRY(spni_newton_cg_rebuild(context, solver));
    }
    SPN_TRY(is_reduced ? respond_inner(context, solver, &at, tolerance, tangent, out)
                       : respond(context, solver, tolerance, tangent, out));
    out->products = info.products;
    out->work =
        1 + (double)info.products * (double)spni_problem_dimension(solver, &at) / (double)solver->n;
    if (!out->is_solved) {
        memset(tangent, 0, bytes);
        out->decrement = out->distance = (double)NAN;
    }
done:
    spni_problem_leave(context, &at);
    solver->info = NULL;
    return status;
}
