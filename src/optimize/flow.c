/* SPDX-License-Identifier: MIT */
/* Gradient flow. Lengths of steps are in epochs. */
#include "optimize/optimize.h"

#include <math.h>
#include <string.h>

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
    double least = SPN_FLOW_FLOOR * spn_objective_scales(stepper->point->objective).weight;
    return stepper->tolerance * fmax(largest(stepper->n, stepper->theta), least);
}

/* The gradient: steps of the flow are steps backwards along it. */
spn_status spni_flow_slope(spn_context *context, void *state, const double *theta, bool is_last,
                           double *gradient, bool *is_finite)
{
    spn_status status = SPN_OK;
    spn_stepper *stepper = state;
    spn_point *point = stepper->point;
    SPN_TRY(spn_point_set(context, point, theta, stepper->parameter, NULL,
                          SPN_WANT_GRADIENT | (is_last ? SPN_WANT_VALUE : 0)));
    memcpy(gradient, point->gradient, (size_t)stepper->n * sizeof *gradient);
    *is_finite =
        spn_all_finite(stepper->n, gradient) && (!is_last || spni_stepper_is_finite(stepper));
done:
    return status;
}

spn_status spni_flow_start(spn_context *context, spn_stepper *stepper)
{
    spn_status status = SPN_OK;
    int64_t n = stepper->n;
    double rate = stepper->settings.learning_rate;
    double *next = stepper->flow.next, *sum = stepper->flow.sum;
    double scale = unit(stepper), slope = largest(n, stepper->gradient) / scale;
    stepper->error = SPNI_ERROR_FLOOR;
    stepper->length = 1;
    if (!(slope > 0)) {
        goto done;
    }
    /* A hundredth of the way, and what the gradient does on it. */
    double time = 0.01 / stepper->tolerance / slope;
    for (int64_t i = 0; i < n; i++) {
        next[i] = stepper->theta[i] - time * stepper->gradient[i];
    }
    SPN_TRY(
        spn_point_set(context, stepper->point, next, stepper->parameter, NULL, SPN_WANT_GRADIENT));
    memcpy(sum, stepper->point->gradient, (size_t)n * sizeof *sum);
    spn_axpy(n, -1, stepper->gradient, sum);
    double bend = largest(n, sum) / scale / time;
    double first = pow(0.01 / fmax(slope, bend), 0.2);
    first = isfinite(first) && first > 0 ? fmin(100 * time, first) : time;
    stepper->length = fmin(first / rate, length_max);
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
        double error = 0, last = stepper->error;
        if (!(end > stepper->epoch)) {
            break;
        }
        stepper->flow.slopes[0] = stepper->gradient;
        SPN_TRY(spni_runge_kutta_step(context, &stepper->flow, stepper->theta,
                                      -tried * stepper->settings.learning_rate, &error));
        error /= unit(stepper);
        double changed = tried * spni_step_change(error, &last);
        if (error > 1) {
            length = changed;
            continue;
        }
        if (!is_cut) {
            length = fmin(changed, rejections > 0 ? length : length_max);
            stepper->error = last;
        }
        stepper->length = length;
        spni_stepper_accept(stepper, end);
        goto done;
    }
    SPN_TRY(spni_stepper_diverge(context, stepper));
done:
    return status;
}
