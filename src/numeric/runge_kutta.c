/* SPDX-License-Identifier: MIT */
#include "numeric/runge_kutta.h"
#include <spinodal/numeric.h>

#include <math.h>
#include <string.h>

/* Row s: weights of the stages so far in the argument of stage s + 1. The last is the step itself. */
static const double weights[SPNI_STAGES - 1][SPNI_STAGES - 1] = {
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};

/* The step less that of order 4. */
static const double error_weights[SPNI_STAGES] = {
    71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
};

/* sum = weighted sum of the slopes of the first `count` stages. */
static void combine(const spni_runge_kutta *method, int count, const double *weight)
{
    memset(method->sum, 0, (size_t)method->n * sizeof *method->sum);
    for (int stage = 0; stage < count; stage++) {
        if (weight[stage] != 0) {
            spn_axpy(method->n, weight[stage], method->slopes[stage], method->sum);
        }
    }
}

spn_status spni_runge_kutta_step(spn_context *context, const spni_runge_kutta *method,
                                 const double *y, double h, double *error)
{
    spn_status status = SPN_OK;
    *error = (double)INFINITY;
    for (int stage = 1; stage < SPNI_STAGES; stage++) {
        bool is_finite = false;
        combine(method, stage, weights[stage - 1]);
        for (int64_t i = 0; i < method->n; i++) {
            method->next[i] = y[i] + h * method->sum[i];
        }
        SPN_TRY(method->slope(context, method->state, method->next, stage == SPNI_STAGES - 1,
                              method->slopes[stage], &is_finite));
        if (!is_finite) {
            goto done;
        }
    }
    combine(method, SPNI_STAGES, error_weights);
    if (spn_all_finite(method->n, method->sum)) {
        *error = 0;
        for (int64_t i = 0; i < method->n; i++) {
            *error = fmax(*error, fabs(h * method->sum[i]));
        }
    }
done:
    return status;
}

/* A share of the last error damps the seesaw of steps at the edge of stability. */
double spni_step_change(double error, double *last)
{
    const double last_share = 0.04, new_share = 0.2 - 0.75 * 0.04, safety = 0.9;
    const double growth_max = 10, shrink_max = 5;
    double shrink = pow(error, new_share) / safety;
    if (error <= 1) {
        shrink = fmax(shrink / pow(*last, last_share), 1 / growth_max);
        *last = fmax(error, SPNI_ERROR_FLOOR);
    }
    return 1 / fmin(shrink, shrink_max);
}
