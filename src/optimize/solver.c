/* SPDX-License-Identifier: MIT */
/* Solvers: their workspace, and what all methods share. */
#include "optimize/optimize.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *const spn_stop_words[] = {[SPN_STOP_CONVERGED] = "converged",
                                      [SPN_STOP_MAX_ITERATIONS] = "max_iterations",
                                      [SPN_STOP_STALLED] = "stalled",
                                      [SPN_STOP_DIVERGED] = "diverged",
                                      [SPN_STOP_INTERRUPTED] = "interrupted",
                                      [SPN_STOP_PATIENCE] = "patience",
                                      NULL};

const char *const spn_usual_stop_words[] = {
    [SPN_STOP_CONVERGED] = "converged",     [SPN_STOP_MAX_ITERATIONS] = "max_iterations",
    [SPN_STOP_STALLED] = "stalled",         [SPN_STOP_DIVERGED] = "diverged",
    [SPN_STOP_INTERRUPTED] = "interrupted", NULL};

const char *spn_stop_text(spn_stop stop)
{
    return (int)stop >= 0 && stop <= SPN_STOP_PATIENCE ? spn_stop_words[stop] : "unknown";
}

spn_status spn_solver_create(spn_context *context, const spn_solver_settings *settings,
                             const spn_objective *objective, spn_solver **out)
{
    spn_status status = SPN_OK;
    spn_solver *solver = NULL;
    int64_t total = 0;
    *out = NULL;
    SPN_TRY(spn_solver_check(context, settings));
    SPN_NEW(context, solver, 1);
    solver->objective = objective;
    solver->kernels = spni_kernels_of(context);
    solver->settings = *settings;
    SPN_TRY(spn_point_create(context, objective, &solver->point));
    int64_t n = objective->dimension;
    solver->n = n;
    double **vectors[] = {&solver->theta,   &solver->gradient,   &solver->trial,     &solver->step,
                          &solver->scratch, &solver->buffers[0], &solver->buffers[1]};
    int64_t count = (int64_t)(sizeof vectors / sizeof vectors[0]);
    if (!spn_size_multiply(n, count, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, solver->memory, total);
    for (int64_t i = 0; i < count; i++) {
        *vectors[i] = solver->memory + i * n;
    }
    const spni_solver_method *method = spni_solver_method_of(settings->method);
    SPN_TRY(method->make != NULL ? method->make(context, solver) : SPN_OK);
    *out = solver;
done:
    if (status != SPN_OK) {
        spn_solver_free(context, solver);
    }
    return status;
}

void spn_solver_free(spn_context *context, spn_solver *solver)
{
    if (solver == NULL) {
        return;
    }
    spn_point_free(context, solver->point);
    spn_dense_free(context, solver->dense);
    spn_release(context, solver->memory);
    spn_release(context, solver->hessian);
    spn_release(context, solver->factor);
    spn_release(context, solver->values);
    spni_shifted_free(context, solver->shifted);
    spn_release(context, solver->room);
    spn_release(context, solver->pairs);
    spn_release(context, solver->weights);
    spn_release(context, solver->order);
    spni_newton_cg_free(context, solver->newton_cg);
    spn_release(context, solver);
}

const spn_point *spn_solver_point(const spn_solver *solver)
{
    return solver->point;
}

spn_status spni_evaluate(spn_context *context, spn_solver *solver, const double *theta,
                         const spn_subset *subset, unsigned wanted)
{
    solver->info->evaluations++;
    return spn_point_set(context, solver->point, theta, solver->parameter, subset, wanted);
}

bool spni_is_finite(const spn_solver *solver)
{
    const spn_point *point = solver->point;
    return isfinite(point->value) && spn_all_finite(solver->n, point->gradient);
}

void spni_accept(spn_solver *solver)
{
    const spn_point *point = solver->point;
    size_t bytes = (size_t)solver->n * sizeof *solver->theta;
    memcpy(solver->theta, point->theta, bytes);
    memcpy(solver->gradient, point->gradient, bytes);
    solver->value = point->value;
    solver->gradient_norm = spn_norm(solver->n, point->gradient);
}

bool spni_is_small(const spn_solver *solver)
{
    const spn_scales scales = spn_objective_scales(solver->objective);
    double slope = fabs(solver->value) / fmax(scales.weight, spn_norm(solver->n, solver->theta));
    return solver->gradient_norm <=
           solver->settings.tolerance * fmax(scales.value / scales.weight, slope);
}

/* The settings are in scales of theta; from a start that is far longer steps are longer by as much, so that it is left
 * behind in hundreds of them. */
static const double far_start = 100;
static void set_radius(spn_solver *solver, const double *theta)
{
    double scale = fmax(spn_objective_scales(solver->objective).weight,
                        spn_norm(solver->n, theta) / far_start);
    scale = isfinite(scale) ? scale : 1;
    solver->radius = fmin(scale * solver->settings.trust_radius, DBL_MAX);
    solver->radius_max = fmin(scale * solver->settings.trust_radius_max, DBL_MAX);
}

/* From the start: a start that is not finite is left as it is. */
static spn_status minimize(spn_context *context, spn_solver *solver, const double *theta)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_evaluate(context, solver, theta, NULL, SPN_WANT_ALL));
    if (!spni_is_finite(solver)) {
        solver->info->stop = SPN_STOP_DIVERGED;
        solver->info->value = solver->point->value;
        goto done;
    }
    spni_accept(solver);
    SPN_TRY(spni_solver_method_of(solver->settings.method)->run(context, solver));
    const spn_point *point = solver->point;
    bool is_there =
        point->has == SPN_WANT_ALL &&
        memcmp(point->theta, solver->theta, (size_t)solver->n * sizeof *solver->theta) == 0;
    if (!is_there) {
        SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
    }
done:
    return status;
}

/* With the radii as they are set. */
static spn_status run(spn_context *context, spn_solver *solver, double parameter, double *theta,
                      spn_solver_info *info)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)solver->n * sizeof *theta;
    *info = (spn_solver_info){
        .value = (double)NAN,
        .gradient_norm = (double)NAN,
        .decrement = (double)NAN,
        .distance = (double)NAN,
        .smallest_eigenvalue = (double)NAN,
        .negative_eigenvalues = -1,
        .eigenvalue_bound = (double)NAN,
        .reduced = solver->n,
    };
    solver->info = info;
    solver->parameter = parameter;
    solver->value = (double)NAN;
    solver->gradient_norm = (double)NAN;
    memcpy(solver->theta, theta, bytes);
    status = minimize(context, solver, theta);
    if (status == SPN_ERROR_INTERRUPTED) {
        spn_error_clear(context);
        status = SPN_OK;
        info->stop = SPN_STOP_INTERRUPTED;
    }
    memcpy(theta, solver->theta, bytes);
    if (!isnan(solver->value)) {
        info->value = solver->value;
        info->gradient_norm = solver->gradient_norm;
    }
    solver->info = NULL;
    return status;
}

void spn_solver_recall(spn_solver *solver, bool is_on)
{
    solver->recalls = is_on;
    if (solver->newton_cg != NULL) {
        spni_newton_cg_forget(solver->newton_cg);
    }
}

void spn_solver_begin_at(spn_solver *solver, int64_t epoch)
{
    solver->first_epoch = epoch;
}

spn_status spn_solver_run(spn_context *context, spn_solver *solver, double parameter, double *theta,
                          spn_solver_info *info)
{
    set_radius(solver, theta);
    return run(context, solver, parameter, theta, info);
}

spn_status spn_solver_run_within(spn_context *context, spn_solver *solver,
                                 const spn_solver_bounds *bounds, double parameter, double *theta,
                                 spn_solver_info *info)
{
    const int64_t kept = solver->settings.max_iterations;
    if (!(bounds->trust_radius > 0) || !(bounds->trust_radius_max >= bounds->trust_radius) ||
        !isfinite(bounds->trust_radius_max) || bounds->max_iterations < 0 ||
        !(bounds->way_most >= 0)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "bounds of a run: 0 < trust_radius (%g) <= trust_radius_max (%g), "
                        "max_iterations (%lld) and way_most (%g) >= 0",
                        bounds->trust_radius, bounds->trust_radius_max,
                        (long long)bounds->max_iterations, bounds->way_most);
    }
    solver->radius = bounds->trust_radius;
    solver->radius_max = bounds->trust_radius_max;
    solver->settings.max_iterations = bounds->max_iterations;
    solver->is_within = true;
    solver->stays = bounds->stays;
    solver->order_share = bounds->order_share;
    solver->way_most = bounds->way_most;
    spn_status status = run(context, solver, parameter, theta, info);
    solver->is_within = solver->stays = false;
    solver->order_share = solver->way_most = 0;
    solver->settings.max_iterations = kept;
    return status;
}
