/* SPDX-License-Identifier: MIT */
/* Gradient flow by the pair of order 5(4) of Dormand and Prince (J. Comput. Appl. Math. 6, 19, 1980) with the
 * step control of Hairer, Norsett and Wanner (Solving Ordinary Differential Equations I, II.4 and IV.2). Lengths
 * are in epochs. */
#include "optimize/optimize.h"

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

/* Control with a share of the last error, which damps the seesaw of steps at the edge of stability. */
static const double last_share = 0.04, new_share = 0.2 - 0.75 * 0.04, safety = 0.9;
static const double growth_max = 10, shrink_max = 5, error_floor = 1e-4;

/* A state that does not move lets steps grow for ever: no further than this. */
static const double length_max = 1e300;

/* A rejected step is at least a tenth shorter: after these many it is 10^-22 of what it was. */
enum { REJECTIONS_MAX = 500 };

static double largest(int64_t n, const double *x)
{
    double out = 0;
    for (int64_t i = 0; i < n; i++) {
        out = fmax(out, fabs(x[i]));
    }
    return out;
}

/* The error in theta that counts as 1. */
static double unit(const spn_stepper *stepper)
{
    return stepper->tolerance * fmax(largest(stepper->n, stepper->theta), SPN_FLOW_FLOOR);
}

/* sum = weighted sum of the gradients of the first `count` stages. */
static void combine(spn_stepper *stepper, int count, const double *weight)
{
    memset(stepper->sum, 0, (size_t)stepper->n * sizeof *stepper->sum);
    for (int stage = 0; stage < count; stage++) {
        if (weight[stage] != 0) {
            spn_axpy(stepper->n, weight[stage],
                     stage == 0 ? stepper->gradient : stepper->slopes[stage], stepper->sum);
        }
    }
}

/* One step of this length into the point; *error over what is allowed, infinite where a stage is not finite. */
static spn_status try_step(spn_context *context, spn_stepper *stepper, double length, double *error)
{
    spn_status status = SPN_OK;
    int64_t n = stepper->n;
    double time = length * stepper->settings.learning_rate;
    *error = (double)INFINITY;
    for (int stage = 1; stage < SPNI_STAGES; stage++) {
        bool is_last = stage == SPNI_STAGES - 1;
        combine(stepper, stage, weights[stage - 1]);
        for (int64_t i = 0; i < n; i++) {
            stepper->next[i] = stepper->theta[i] - time * stepper->sum[i];
        }
        SPN_TRY(spn_point_set(context, stepper->point, stepper->next, stepper->parameter, NULL,
                              SPN_WANT_GRADIENT | (is_last ? SPN_WANT_VALUE : 0)));
        if (!spn_all_finite(n, stepper->point->gradient) ||
            (is_last && !spni_stepper_is_finite(stepper))) {
            goto done;
        }
        memcpy(stepper->slopes[stage], stepper->point->gradient, (size_t)n * sizeof *stepper->sum);
    }
    combine(stepper, SPNI_STAGES, error_weights);
    if (spn_all_finite(n, stepper->sum)) {
        *error = time * largest(n, stepper->sum) / unit(stepper);
    }
done:
    return status;
}

spn_status spni_flow_start(spn_context *context, spn_stepper *stepper)
{
    spn_status status = SPN_OK;
    int64_t n = stepper->n;
    double rate = stepper->settings.learning_rate;
    double scale = unit(stepper), slope = largest(n, stepper->gradient) / scale;
    stepper->error = error_floor;
    stepper->length = 1;
    if (!(slope > 0)) {
        goto done;
    }
    /* A hundredth of the way, and what the gradient does on it. */
    double time = 0.01 / stepper->tolerance / slope;
    for (int64_t i = 0; i < n; i++) {
        stepper->next[i] = stepper->theta[i] - time * stepper->gradient[i];
    }
    SPN_TRY(spn_point_set(context, stepper->point, stepper->next, stepper->parameter, NULL,
                          SPN_WANT_GRADIENT));
    memcpy(stepper->sum, stepper->point->gradient, (size_t)n * sizeof *stepper->sum);
    spn_axpy(n, -1, stepper->gradient, stepper->sum);
    double bend = largest(n, stepper->sum) / scale / time;
    double first = pow(0.01 / fmax(slope, bend), 0.2);
    stepper->length =
        fmin(isfinite(first) ? fmin(100 * time, first) : time, rate * length_max) / rate;
    SPN_TRY(spn_point_set(context, stepper->point, stepper->theta, stepper->parameter, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
done:
    return status;
}

spn_status spni_flow_step(spn_context *context, spn_stepper *stepper, double limit)
{
    spn_status status = SPN_OK;
    double length = stepper->length;
    for (int rejections = 0; rejections <= REJECTIONS_MAX; rejections++) {
        bool is_cut = stepper->epoch + length > limit;
        double tried = is_cut ? limit - stepper->epoch : length;
        double end = is_cut ? limit : stepper->epoch + length;
        double error = 0;
        if (!(end > stepper->epoch)) {
            break;
        }
        SPN_TRY(try_step(context, stepper, tried, &error));
        double change = pow(error, new_share) / safety;
        if (error > 1) {
            length = tried / fmin(change, shrink_max);
            continue;
        }
        if (!is_cut) {
            change = fmax(change / pow(stepper->error, last_share), 1 / growth_max);
            double longest = rejections > 0 ? length : length_max;
            length = fmin(length / fmin(change, shrink_max), longest);
            stepper->error = fmax(error, error_floor);
        }
        stepper->length = length;
        spni_stepper_accept(stepper, end);
        goto done;
    }
    SPN_TRY(spni_stepper_diverge(context, stepper));
done:
    return status;
}
