/* SPDX-License-Identifier: MIT */
/* Paths step by step. A step writes beside the current state and takes it over only when it is done, so that
 * one that fails or is interrupted leaves a state that can be saved and gone on from. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

/* Numbers of a saved state before its vectors. */
enum { HEADER = 6 };

static spn_status check(spn_context *context, spn_path_method method, double tolerance,
                        const spn_solver_settings *solver)
{
    if (!spni_path_exists(method)) {
        return spn_fail(context, SPN_ERROR_INPUT, "method of a path: unknown");
    }
    if (spni_path_rule(method)->is_continuous && !(tolerance > 0 && isfinite(tolerance))) {
        return spn_fail(context, SPN_ERROR_INPUT, "tolerance of the flow: must be a number > 0");
    }
    return spni_check_steps(context, solver);
}

/* All vectors in one piece. */
static spn_status make_vectors(spn_context *context, spn_stepper *stepper)
{
    spn_status status = SPN_OK;
    int64_t n = stepper->n, total = 0, count = 0;
    double **vectors[SPNI_STAGES + 3];
    vectors[count++] = &stepper->theta;
    vectors[count++] = &stepper->gradient;
    if (stepper->rule->is_continuous) {
        vectors[count++] = &stepper->flow.next;
        vectors[count++] = &stepper->flow.sum;
        for (int stage = 1; stage < SPNI_STAGES; stage++) {
            vectors[count++] = &stepper->flow.slopes[stage];
        }
    } else {
        vectors[count++] = &stepper->next;
    }
    if (stepper->rule->vectors > 0) {
        vectors[count++] = &stepper->inertia.first;
        vectors[count++] = &stepper->next_inertia.first;
    }
    if (stepper->rule->vectors > 1) {
        vectors[count++] = &stepper->inertia.second;
        vectors[count++] = &stepper->next_inertia.second;
    }
    if (!spn_size_multiply(n, count, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_NEW(context, stepper->memory, total);
    for (int64_t i = 0; i < count; i++) {
        *vectors[i] = stepper->memory + i * n;
    }
done:
    return status;
}

spn_status spn_stepper_create(spn_context *context, spn_path_method method, double tolerance,
                              const spn_solver_settings *solver, const spn_objective *objective,
                              spn_stepper **out)
{
    spn_status status = SPN_OK;
    spn_stepper *stepper = NULL;
    *out = NULL;
    SPN_TRY(check(context, method, tolerance, solver));
    SPN_NEW(context, stepper, 1);
    stepper->rule = spni_path_rule(method);
    stepper->tolerance = tolerance;
    stepper->settings = *solver;
    stepper->epoch_time = spn_path_describe(method, solver, objective->samples).time;
    stepper->n = objective->dimension;
    stepper->is_diverged = true; /* nowhere yet */
    stepper->inertia.kernels = stepper->next_inertia.kernels = spni_kernels_of(context);
    SPN_TRY(spn_point_create(context, objective, &stepper->point));
    SPN_TRY(make_vectors(context, stepper));
    stepper->flow.n = stepper->n;
    stepper->flow.slope = spni_flow_slope;
    stepper->flow.state = stepper;
    if (stepper->rule->is_stochastic) {
        SPN_NEW(context, stepper->order, objective->samples);
    }
    *out = stepper;
done:
    if (status != SPN_OK) {
        spn_stepper_free(context, stepper);
    }
    return status;
}

void spn_stepper_free(spn_context *context, spn_stepper *stepper)
{
    if (stepper == NULL) {
        return;
    }
    spn_point_free(context, stepper->point);
    spn_release(context, stepper->memory);
    spn_release(context, stepper->order);
    spn_release(context, stepper);
}

bool spni_stepper_is_finite(const spn_stepper *stepper)
{
    const spn_point *point = stepper->point;
    return isfinite(point->value) && spn_all_finite(stepper->n, point->gradient) &&
           spn_all_finite(stepper->n, point->theta);
}

void spni_stepper_accept(spn_stepper *stepper, double epoch)
{
    const spn_point *point = stepper->point;
    size_t bytes = (size_t)stepper->n * sizeof *stepper->theta;
    memcpy(stepper->theta, point->theta, bytes);
    memcpy(stepper->gradient, point->gradient, bytes);
    stepper->value = point->value;
    stepper->epoch = epoch;
}

spn_status spni_stepper_diverge(spn_context *context, spn_stepper *stepper)
{
    stepper->is_diverged = true;
    return spn_point_set(context, stepper->point, stepper->theta, stepper->parameter, NULL,
                         SPN_WANT_VALUE | SPN_WANT_GRADIENT);
}

/* Evaluate at theta and be there. */
static spn_status arrive(spn_context *context, spn_stepper *stepper, double parameter, double epoch,
                         const double *theta)
{
    spn_status status = SPN_OK;
    stepper->parameter = parameter;
    SPN_TRY(spn_point_set(context, stepper->point, theta, parameter, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    spni_stepper_accept(stepper, epoch);
done:
    return status;
}

spn_status spn_stepper_start(spn_context *context, spn_stepper *stepper, double parameter,
                             const double *theta)
{
    spn_status status = SPN_OK;
    stepper->is_diverged = true; /* until the start is known */
    SPN_TRY(arrive(context, stepper, parameter, 0, theta));
    if (!spni_stepper_is_finite(stepper)) {
        goto done;
    }
    size_t bytes = (size_t)stepper->n * sizeof *stepper->theta;
    if (stepper->inertia.first != NULL) {
        memset(stepper->inertia.first, 0, bytes);
    }
    if (stepper->inertia.second != NULL) {
        memset(stepper->inertia.second, 0, bytes);
    }
    stepper->inertia.powers[0] = 1;
    stepper->inertia.powers[1] = 1;
    if (stepper->rule->is_continuous) {
        SPN_TRY(spni_flow_start(context, stepper));
    }
    stepper->is_diverged = false;
done:
    return status;
}

/* To `next`, and be there if it is finite. */
static spn_status step_epoch(spn_context *context, spn_stepper *stepper)
{
    spn_status status = SPN_OK;
    bool is_finite = true;
    if (stepper->rule->is_stochastic) {
        spni_batches batches = {.settings = &stepper->settings,
                                .rule = stepper->rule,
                                .point = stepper->point,
                                .parameter = stepper->parameter,
                                .order = stepper->order,
                                .theta = stepper->next};
        memcpy(stepper->next, stepper->theta, (size_t)stepper->n * sizeof *stepper->next);
        SPN_TRY(spni_pass(context, &batches, (int64_t)stepper->epoch));
        is_finite = batches.is_finite;
    } else {
        stepper->rule->step(stepper->n, &stepper->settings, stepper->theta, stepper->gradient,
                            &stepper->inertia, &stepper->next_inertia, stepper->next);
    }
    if (is_finite) {
        SPN_TRY(spn_point_set(context, stepper->point, stepper->next, stepper->parameter, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        is_finite = spni_stepper_is_finite(stepper);
    }
    if (!is_finite) {
        SPN_TRY(spni_stepper_diverge(context, stepper));
        goto done;
    }
    /* What a method leaves alone is saved as it was, too. */
    spni_inertia old = stepper->inertia;
    if (!stepper->rule->has_powers) {
        memcpy(stepper->next_inertia.powers, old.powers, sizeof old.powers);
    }
    stepper->inertia = stepper->next_inertia;
    stepper->next_inertia = old;
    spni_stepper_accept(stepper, stepper->epoch + 1);
done:
    return status;
}

spn_status spn_stepper_step(spn_context *context, spn_stepper *stepper, double limit)
{
    if (stepper->is_diverged || !(stepper->epoch < limit)) {
        return SPN_OK;
    }
    if (stepper->rule->is_continuous) {
        return spni_flow_step(context, stepper, limit);
    }
    return step_epoch(context, stepper);
}

spn_stepper_view spn_stepper_look(const spn_stepper *stepper)
{
    return (spn_stepper_view){
        .epoch = stepper->epoch,
        .time = stepper->epoch * stepper->epoch_time,
        .value = stepper->value,
        .gradient_norm = spn_norm(stepper->n, stepper->gradient),
        .theta = stepper->theta,
        .gradient = stepper->gradient,
        .point = stepper->point,
        .is_diverged = stepper->is_diverged,
    };
}

int64_t spn_stepper_state_size(const spn_stepper *stepper)
{
    return HEADER + stepper->n * (1 + stepper->rule->vectors);
}

void spn_stepper_save(const spn_stepper *stepper, double *state)
{
    int64_t n = stepper->n, count = stepper->rule->vectors;
    size_t bytes = (size_t)n * sizeof *state;
    const double header[HEADER] = {
        stepper->epoch, stepper->is_diverged ? 1 : 0, stepper->length,
        stepper->error, stepper->inertia.powers[0],   stepper->inertia.powers[1],
    };
    memcpy(state, header, sizeof header);
    memcpy(state + HEADER, stepper->theta, bytes);
    if (count > 0) {
        memcpy(state + HEADER + n, stepper->inertia.first, bytes);
    }
    if (count > 1) {
        memcpy(state + HEADER + 2 * n, stepper->inertia.second, bytes);
    }
}

/* Value and gradient are computed anew: same theta, same bits. */
spn_status spn_stepper_restore(spn_context *context, spn_stepper *stepper, double parameter,
                               const double *state)
{
    spn_status status = SPN_OK;
    int64_t n = stepper->n, count = stepper->rule->vectors;
    size_t bytes = (size_t)n * sizeof *state;
    stepper->is_diverged = true; /* until the state is known */
    SPN_TRY(arrive(context, stepper, parameter, state[0], state + HEADER));
    stepper->length = state[2];
    stepper->error = state[3];
    stepper->inertia.powers[0] = state[4];
    stepper->inertia.powers[1] = state[5];
    if (count > 0) {
        memcpy(stepper->inertia.first, state + HEADER + n, bytes);
    }
    if (count > 1) {
        memcpy(stepper->inertia.second, state + HEADER + 2 * n, bytes);
    }
    stepper->is_diverged = state[1] != 0 || !spni_stepper_is_finite(stepper);
done:
    return status;
}
