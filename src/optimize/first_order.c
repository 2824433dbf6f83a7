/* SPDX-License-Identifier: MIT */
/* The solver's first-order methods: the steps of methods.c until the gradient is small. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

spn_status spni_descent(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    spni_first_order_step *step = spni_solver_method_of(solver->settings.method)->rule->step;
    spni_inertia inertia = {solver->kernels, solver->buffers[0], solver->buffers[1], {1, 1}};
    size_t bytes = (size_t)solver->n * sizeof *solver->theta;
    memset(solver->buffers[0], 0, bytes);
    memset(solver->buffers[1], 0, bytes);
    info->stop = SPN_STOP_MAX_ITERATIONS;
    while (info->iterations < solver->settings.max_iterations) {
        if (spni_is_small(solver)) {
            break;
        }
        step(solver->n, &solver->settings, solver->theta, solver->gradient, &inertia, &inertia,
             solver->trial);
        info->iterations++;
        SPN_TRY(spni_evaluate(context, solver, solver->trial, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        if (!spni_is_finite(solver)) {
            info->stop = SPN_STOP_DIVERGED;
            goto done;
        }
        spni_accept(solver);
    }
    if (spni_is_small(solver)) {
        info->stop = SPN_STOP_CONVERGED;
    }
done:
    return status;
}

spn_status spni_sgd_make(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, solver->order, solver->objective->samples);
done:
    return status;
}

/* At rest, on the way from `theta`. */
static spni_batches begin(spn_solver *solver, double *theta)
{
    size_t bytes = (size_t)solver->n * sizeof *solver->theta;
    memset(solver->buffers[0], 0, bytes);
    memset(solver->buffers[1], 0, bytes);
    return (spni_batches){
        .settings = &solver->settings,
        .rule = spni_solver_method_of(solver->settings.method)->rule,
        .point = solver->point,
        .parameter = solver->parameter,
        .order = solver->order,
        .theta = theta,
        .inertia = {solver->kernels, solver->buffers[0], solver->buffers[1], {1, 1}},
        .wants_mean = solver->settings.patience > 0};
}

/* One epoch from the solver's state to `batches->theta`. */
static spn_status pass(spn_context *context, spn_solver *solver, spni_batches *batches)
{
    spn_solver_info *info = solver->info;
    const int64_t before = batches->evaluations;
    memcpy(batches->theta, solver->theta, (size_t)solver->n * sizeof *solver->theta);
    spn_status status = spni_pass(context, batches, solver->first_epoch + info->iterations);
    info->evaluations += batches->evaluations - before;
    info->iterations += status == SPN_OK;
    return status;
}

/* Each epoch ends with an evaluation of all samples, for the test of convergence. */
static spn_status settle(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    spni_batches batches = begin(solver, solver->trial);
    while (info->iterations < solver->settings.max_iterations && !spni_is_small(solver)) {
        SPN_TRY(pass(context, solver, &batches));
        bool is_finite = batches.is_finite;
        if (is_finite) {
            SPN_TRY(spni_evaluate(context, solver, solver->trial, NULL,
                                  SPN_WANT_VALUE | SPN_WANT_GRADIENT));
            is_finite = spni_is_finite(solver);
        }
        if (!is_finite) {
            info->stop = SPN_STOP_DIVERGED;
            goto done;
        }
        spni_accept(solver);
    }
    if (spni_is_small(solver)) {
        info->stop = SPN_STOP_CONVERGED;
    }
done:
    return status;
}

/* The best mean loss of an epoch so far, and how many epochs ago it was. */
typedef struct watch {
    double best;
    int64_t waited;
} watch;

static bool is_over(watch *w, const spn_solver_settings *settings, double mean)
{
    double least = isnan(settings->least_improvement) ? 0 : settings->least_improvement;
    bool is_better = isinf(w->best) || mean < w->best - least * fabs(w->best);
    w->best = is_better ? mean : w->best;
    w->waited = is_better ? 0 : w->waited + 1;
    return w->waited >= settings->patience;
}

/* Where L of all samples ends up: with all that a measurement needs. The last step of an epoch may have left its range: then back to
 * where the epoch began. */
static spn_status arrive(spn_context *context, spn_solver *solver, const double *before)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_evaluate(context, solver, solver->theta, NULL, SPN_WANT_ALL));
    if (!spni_is_finite(solver)) {
        solver->info->stop = SPN_STOP_DIVERGED;
        SPN_TRY(spni_evaluate(context, solver, before, NULL, SPN_WANT_ALL));
    }
    spni_accept(solver);
done:
    return status;
}

/* Epochs alone, until their mean loss has not improved for a while. L of all samples is not known on the way. */
static spn_status train(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    watch w = {HUGE_VAL, 0};
    double *before = solver->step;
    size_t bytes = (size_t)solver->n * sizeof *before;
    spni_batches batches = begin(solver, solver->trial);
    memcpy(before, solver->theta, bytes);
    while (info->iterations < solver->settings.max_iterations) {
        SPN_TRY(pass(context, solver, &batches));
        if (!batches.is_finite || !isfinite(batches.mean)) {
            info->stop = SPN_STOP_DIVERGED;
            break;
        }
        memcpy(before, solver->theta, bytes);
        memcpy(solver->theta, batches.theta, bytes);
        solver->value = solver->gradient_norm = (double)NAN;
        if (is_over(&w, &solver->settings, batches.mean)) {
            info->stop = SPN_STOP_PATIENCE;
            break;
        }
    }
    SPN_TRY(arrive(context, solver, before));
done:
    return status;
}

spn_status spni_sgd(spn_context *context, spn_solver *solver)
{
    solver->info->stop = SPN_STOP_MAX_ITERATIONS;
    return solver->settings.patience > 0 ? train(context, solver) : settle(context, solver);
}
