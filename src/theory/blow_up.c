/* SPDX-License-Identifier: MIT */
/* T22: when the homogeneous flow dphi/dtau = grad F, F = 2 a tr(M^T W_D ... W_1), is infinite. F has degree D: with
 * phi = e^lambda omega, |omega| = 1, a time h of the flow from omega is h e^(-(D-2) lambda) of the flow from phi. So
 * each step starts from omega, and the growing length turns into shrinking times. */
#include "numeric/runge_kutta.h"
#include <spinodal/numeric.h>
#include <spinodal/theory.h>

#include <math.h>
#include <string.h>

typedef struct blow_up {
    const spn_theory_origin *origin;
    int64_t n;
    double factor; /* 2 a */
    double
        fastest; /* d ln|phi| / dtau at |phi| = 1 where all layers are aligned with the strongest mode */
    double *forward;     /* W_l ... W_1 for l = 1 .. D - 1, one after the other */
    double *backward[2]; /* (W_D ... W_(l+1))^T M, of two layers in turn */
    double *turned;      /* W_l^T */
    double *omega;       /* the direction; grad F there is the first slope */
    double *memory;
    spni_runge_kutta method;
} blow_up;

static spn_status check_origin(spn_context *context, const spn_theory_origin *origin)
{
    bool is_valid = isfinite(origin->slope);
    for (int64_t l = 0; l <= origin->depth; l++) {
        is_valid = is_valid && origin->widths[l] >= 1;
    }
    if (!is_valid ||
        !spn_all_finite(origin->widths[origin->depth] * origin->widths[0], origin->yx)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "the origin of a network: widths >= 1, finite moments and slope");
    }
    return SPN_OK;
}

/* Sizes: of theta, of all forward products, of the largest backward product and of the largest layer. */
static spn_status measure(spn_context *context, const spn_theory_origin *origin, int64_t sizes[4])
{
    const int64_t *w = origin->widths;
    bool fits = true;
    memset(sizes, 0, 4 * sizeof *sizes);
    for (int64_t l = 1; l <= origin->depth; l++) {
        int64_t layer = 0, product = 0;
        fits = fits && spn_size_multiply(w[l], w[l - 1], &layer) &&
               spn_size_multiply(w[l], w[0], &product) &&
               spn_size_add(sizes[0], layer, &sizes[0]) &&
               spn_size_add(sizes[1], product, &sizes[1]);
        sizes[2] = product > sizes[2] ? product : sizes[2];
        sizes[3] = layer > sizes[3] ? layer : sizes[3];
    }
    if (!fits || sizes[0] > INT64_MAX / 64 || sizes[1] > INT64_MAX / 64) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "a network of that size is too large");
    }
    return SPN_OK;
}

/* Layer l from D down to 1: dF/dW_l = 2 a [(W_D ... W_(l+1))^T M] (W_(l-1) ... W_1)^T. */
static void gradient(const blow_up *flow, const double *theta, double *g)
{
    const spn_theory_origin *origin = flow->origin;
    const int64_t *w = origin->widths;
    int64_t inputs = w[0], depth = origin->depth;
    const double *layer = theta, *below = NULL;
    double *product = flow->forward;
    for (int64_t l = 1; l < depth; l++) {
        if (l == 1) {
            memcpy(product, layer, (size_t)(w[1] * inputs) * sizeof *product);
        } else {
            spn_multiply(w[l], inputs, w[l - 1], 1, layer, w[l - 1], below, inputs, 0, product,
                         inputs);
        }
        below = product;
        product += w[l] * inputs;
        layer += w[l] * w[l - 1];
    }
    const double *after = origin->yx;
    for (int64_t l = depth; l >= 1; l--) {
        double *out = g + (layer - theta);
        if (l == 1) {
            memset(out, 0, (size_t)(w[1] * inputs) * sizeof *out);
            spn_axpy(w[1] * inputs, flow->factor, after, out);
            break;
        }
        spn_multiply_transposed(w[l], w[l - 1], inputs, flow->factor, after, inputs, below, inputs,
                                0, out, w[l - 1]);
        for (int64_t i = 0; i < w[l]; i++) {
            for (int64_t j = 0; j < w[l - 1]; j++) {
                flow->turned[j * w[l] + i] = layer[i * w[l - 1] + j];
            }
        }
        double *before = flow->backward[l % 2];
        spn_multiply(w[l - 1], inputs, w[l], 1, flow->turned, w[l], after, inputs, 0, before,
                     inputs);
        after = before;
        layer -= w[l - 1] * w[l - 2];
        below -= l > 2 ? w[l - 2] * inputs : 0;
    }
}

static spn_status slope_of(spn_context *context, void *state, const double *theta, bool is_last,
                           double *g, bool *is_finite)
{
    (void)is_last;
    const blow_up *flow = state;
    gradient(flow, theta, g);
    *is_finite = spn_all_finite(flow->n, g);
    return spn_poll(context);
}

static spn_status open_flow(spn_context *context, const spn_theory_origin *origin, blow_up *flow)
{
    spn_status status = SPN_OK;
    int64_t sizes[4], depth = origin->depth, outputs = origin->widths[depth];
    double *values = NULL;
    int64_t modes = outputs < origin->widths[0] ? outputs : origin->widths[0];
    SPN_TRY(measure(context, origin, sizes));
    SPN_NEW(context, flow->memory,
            sizes[0] * (SPNI_STAGES + 3) + sizes[1] + 2 * sizes[2] + sizes[3]);
    flow->origin = origin;
    flow->n = sizes[0];
    flow->omega = flow->memory;
    flow->method = (spni_runge_kutta){.n = flow->n, .slope = slope_of, .state = flow};
    for (int stage = 0; stage < SPNI_STAGES; stage++) {
        flow->method.slopes[stage] = flow->memory + (1 + stage) * flow->n;
    }
    flow->method.next = flow->memory + (SPNI_STAGES + 1) * flow->n;
    flow->method.sum = flow->method.next + flow->n;
    flow->forward = flow->method.sum + flow->n;
    flow->backward[0] = flow->forward + sizes[1];
    flow->backward[1] = flow->backward[0] + sizes[2];
    flow->turned = flow->backward[1] + sizes[2];
    SPN_NEW(context, values, modes);
    SPN_TRY(
        spn_singular_values(context, outputs, origin->widths[0], origin->yx, values, NULL, NULL));
    double d = (double)depth;
    flow->factor = 2 * pow(origin->slope, d - 1);
    flow->fastest = fabs(flow->factor) * values[0] * pow(d, 1 - d / 2);
done:
    spn_release(context, values);
    return status;
}

/* From omega with its gradient to where the rest is known to a relative `rest_error`. */
static spn_status integrate(spn_context *context, blow_up *flow, double lambda, double *tau)
{
    const double tolerance = 1e-10, rest_error = 1e-8, still = 1e-12;
    const int64_t steps_max = 100000;
    spn_status status = SPN_OK;
    spni_runge_kutta *method = &flow->method;
    double power = (double)(flow->origin->depth - 2), time = 0, last = SPNI_ERROR_FLOOR;
    double h = 0.01 / flow->fastest;
    *tau = (double)INFINITY;
    for (int64_t step = 0; step < steps_max; step++) {
        double unit = exp(-power * lambda), error = 0;
        double rate = spn_dot(flow->n, flow->omega, method->slopes[0]);
        double shortest = unit / (power * flow->fastest), longest = unit / (power * rate);
        /* F only grows on the sphere, up to that of the aligned mode: the rest lies between these. */
        if (rate > 0 && longest - shortest <= rest_error * (time + shortest)) {
            *tau = time + longest;
            break;
        }
        memcpy(method->sum, method->slopes[0], (size_t)flow->n * sizeof *method->sum);
        spn_axpy(flow->n, -rate, flow->omega, method->sum);
        if (rate <= still * flow->fastest &&
            spn_norm(flow->n, method->sum) <= still * flow->fastest) {
            break; /* at rest on the sphere: it goes to zero, or stays */
        }
        if (!isfinite(unit)) {
            break; /* too small for double precision */
        }
        SPN_TRY(spni_runge_kutta_step(context, method, flow->omega, h, &error));
        double change = spni_step_change(error / tolerance, &last);
        if (error > tolerance) {
            h *= change;
            continue;
        }
        double length = spn_norm(flow->n, method->next);
        time += h * unit;
        lambda += log(length);
        h *= change * pow(length, power);
        double shrink = pow(length, -(power + 1));
        for (int64_t i = 0; i < flow->n; i++) {
            flow->omega[i] = method->next[i] / length;
            method->slopes[0][i] = method->slopes[SPNI_STAGES - 1][i] * shrink;
        }
    }
done:
    return status;
}

spn_status spn_theory_blow_up(spn_context *context, const spn_theory_origin *origin,
                              const double *theta, double *tau)
{
    spn_status status = SPN_OK;
    blow_up flow = {0};
    *tau = (double)NAN;
    if (origin->depth < 3) {
        goto done;
    }
    SPN_TRY(check_origin(context, origin));
    SPN_TRY(open_flow(context, origin, &flow));
    if (!spn_all_finite(flow.n, theta)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "weights that are not finite have no blow-up");
    }
    double length = spn_norm(flow.n, theta);
    if (!(length > 0 && flow.fastest > 0)) {
        *tau = (double)INFINITY;
        goto done;
    }
    for (int64_t i = 0; i < flow.n; i++) {
        flow.omega[i] = theta[i] / length;
    }
    gradient(&flow, flow.omega, flow.method.slopes[0]);
    SPN_TRY(integrate(context, &flow, log(length), tau));
done:
    spn_release(context, flow.memory);
    return status;
}
