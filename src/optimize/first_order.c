/* SPDX-License-Identifier: MIT */
/* Gradient descent, heavy ball, Adam (Kingma and Ba 2015), and mini-batch gradient descent. Steps follow
 * PyTorch's conventions: the gradient is that of L as given, the velocity is v = mu v + g. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

static void step_momentum(spn_solver *solver, double momentum, const double *g)
{
    double rate = solver->settings.learning_rate;
    double *velocity = solver->buffers[0];
    for (int64_t i = 0; i < solver->n; i++) {
        velocity[i] = momentum * velocity[i] + g[i];
        solver->trial[i] = solver->theta[i] - rate * velocity[i];
    }
}

/* `count` steps have been made, this one included; *powers are beta1^count and beta2^count. */
static void step_adam(spn_solver *solver, double powers[2], const double *g)
{
    const spn_solver_settings *settings = &solver->settings;
    double *mean = solver->buffers[0], *square = solver->buffers[1];
    powers[0] *= settings->beta1;
    powers[1] *= settings->beta2;
    for (int64_t i = 0; i < solver->n; i++) {
        mean[i] = settings->beta1 * mean[i] + (1 - settings->beta1) * g[i];
        square[i] = settings->beta2 * square[i] + (1 - settings->beta2) * g[i] * g[i];
        double size = sqrt(square[i] / (1 - powers[1])) + settings->epsilon;
        solver->trial[i] =
            solver->theta[i] - settings->learning_rate * (mean[i] / (1 - powers[0])) / size;
    }
}

spn_status spni_descent(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    spn_solver_info *info = solver->info;
    int method = solver->settings.method;
    double momentum = method == SPN_METHOD_MOMENTUM ? solver->settings.momentum : 0;
    double powers[2] = {1, 1};
    size_t bytes = (size_t)solver->n * sizeof *solver->theta;
    memset(solver->buffers[0], 0, bytes);
    memset(solver->buffers[1], 0, bytes);
    info->stop = SPN_STOP_MAX_ITERATIONS;
    while (info->iterations < solver->settings.max_iterations) {
        if (spni_is_small(solver)) {
            break;
        }
        if (method == SPN_METHOD_ADAM) {
            step_adam(solver, powers, solver->gradient);
        } else {
            step_momentum(solver, momentum, solver->gradient);
        }
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

/* Fisher-Yates, by the stream of this epoch alone. */
static void shuffle(spn_solver *solver, int64_t epoch)
{
    int64_t count = solver->objective->samples;
    spn_random random =
        spn_random_stream((uint64_t)solver->settings.seed, SPN_PURPOSE_BATCHES, (uint64_t)epoch);
    for (int64_t i = 0; i < count; i++) {
        solver->order[i] = i;
    }
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)spn_random_below(&random, (uint64_t)i + 1);
        int64_t other = solver->order[j];
        solver->order[j] = solver->order[i];
        solver->order[i] = other;
    }
}

/* One pass over all samples from the current state; the result is in trial. */
static spn_status run_epoch(spn_context *context, spn_solver *solver, int64_t epoch,
                            bool *is_finite)
{
    spn_status status = SPN_OK;
    int64_t count = solver->objective->samples;
    int64_t batch = solver->settings.batch;
    double rate = solver->settings.learning_rate;
    shuffle(solver, epoch);
    memcpy(solver->trial, solver->theta, (size_t)solver->n * sizeof *solver->theta);
    *is_finite = true;
    for (int64_t first = 0; first < count; first += batch) {
        spn_subset subset = {count - first < batch ? count - first : batch, solver->order + first};
        bool is_whole = subset.count == count;
        SPN_TRY(spni_evaluate(context, solver, solver->trial, is_whole ? NULL : &subset,
                              SPN_WANT_GRADIENT));
        spn_axpy(solver->n, -rate, solver->point->gradient, solver->trial);
        if (!spn_all_finite(solver->n, solver->trial)) {
            *is_finite = false;
            goto done;
        }
    }
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
        SPN_TRY(run_epoch(context, solver, info->iterations, &is_finite));
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
