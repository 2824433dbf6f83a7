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
    spni_inertia inertia = {solver->buffers[0], solver->buffers[1], {1, 1}};
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

spn_status spni_sgd(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    info->stop = SPN_STOP_MAX_ITERATIONS;
    while (info->iterations < solver->settings.max_iterations && !spni_is_small(solver)) {
        bool is_finite = false;
        memcpy(solver->trial, solver->theta, (size_t)solver->n * sizeof *solver->theta);
        SPN_TRY(spni_pass(context, &solver->settings, solver->point, solver->parameter,
                          info->iterations, solver->order, solver->trial, &info->evaluations,
                          &is_finite));
        info->iterations++;
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
