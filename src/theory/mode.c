/* SPDX-License-Identifier: MIT */
/* One mode of a deep linear network: T11 to T13. Everything is computed for x = s / sigma and
 * b = beta / sigma^(2 - 2/D), which obey (1 - x) x^a = b with a = 1 - 2/D. */
#include "theory/theory.h"

#include <float.h>
#include <math.h>

static const double none = (double)NAN;

#define COLUMN(member, type, unit, help)                                                           \
    {                                                                                              \
#member, type, offsetof(spn_theory_mode, member), unit, help, NULL, NULL                   \
    }
static const spn_column columns[] = {
    COLUMN(singular_value, SPN_COLUMN_REAL, "", "singular value of (1/N) sum y x^T (T11)"),
    COLUMN(order, SPN_COLUMN_INTEGER, "", "order of the transition; 0: none (T12, T13)"),
    COLUMN(maxwell_beta, SPN_COLUMN_REAL, "", "learned and unlearned have equal loss (T13)"),
    COLUMN(spinodal_beta, SPN_COLUMN_REAL, "", "the learned state ends (T13)"),
    COLUMN(maxwell_strength, SPN_COLUMN_REAL, "", "strength of the mode there (T13)"),
    COLUMN(spinodal_strength, SPN_COLUMN_REAL, "", "strength of the mode there (T13)"),
};
const spn_columns spn_theory_mode_columns = {
    .items = columns,
    .count = sizeof columns / sizeof columns[0],
    .record_size = sizeof(spn_theory_mode),
};

spn_status spni_theory_check(spn_context *context, int64_t depth, double sigma, double beta)
{
    if (depth < 1) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "depth %lld: a network has at least one weight matrix", (long long)depth);
    }
    if (!isfinite(sigma) || sigma < 0) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "singular value %g: it must be a finite number >= 0", sigma);
    }
    if (!isfinite(beta) || beta < 0) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "beta = %g: it must be a finite number >= 0",
                        beta);
    }
    return SPN_OK;
}

static double spinodal_share(int64_t depth)
{
    return (double)(depth - 2) / (double)(2 * (depth - 1));
}

static double exponent(int64_t depth)
{
    return (double)(depth - 2) / (double)depth;
}

spn_theory_mode spni_theory_transition(int64_t depth, double sigma)
{
    spn_theory_mode out = {sigma, 0, none, none, none, none};
    if (depth == 2 && sigma > 0) {
        out = (spn_theory_mode){sigma, 2, sigma, sigma, 0, 0};
    } else if (depth > 2 && sigma > 0) {
        double a = exponent(depth);
        out.order = 1;
        out.spinodal_strength = sigma * spinodal_share(depth);
        out.spinodal_beta = (sigma - out.spinodal_strength) * pow(out.spinodal_strength, a);
        out.maxwell_strength = 2 * out.spinodal_strength;
        out.maxwell_beta = (sigma - out.maxwell_strength) * pow(out.maxwell_strength, a);
    }
    return out;
}

spn_status spn_theory_mode_transition(spn_context *context, int64_t depth, double sigma,
                                      spn_theory_mode *out)
{
    *out = (spn_theory_mode){none, 0, none, none, none, none};
    spn_status status = spni_theory_check(context, depth, sigma, 0);
    if (status == SPN_OK) {
        *out = spni_theory_transition(depth, sigma);
    }
    return status;
}

/* The root x of (1 - x) x^a = b between low and high, where the left side falls (upper root) or rises
 * (lower root): Newton on its logarithm in ln x, kept inside a bracket that each step shrinks. */
static double solve_share(double a, double b, double low, double high, bool falls)
{
    double x = 0.5 * (low + high);
    for (int step = 0; step < 200; step++) {
        double excess = log((1 - x) * pow(x, a) / b);
        if (excess == 0) {
            break;
        }
        if ((excess > 0) == falls) {
            low = x;
        } else {
            high = x;
        }
        double next = x * exp(-excess / (a - x / (1 - x)));
        if (!(next > low && next < high) || step > 60) {
            next = 0.5 * (low + high);
        }
        double change = fabs(next - x);
        x = next;
        if (change <= 0.5 * DBL_EPSILON * x) {
            break;
        }
    }
    return x;
}

/* s of the upper or lower root for depth >= 3, sigma > 0; NaN beyond the spinodal. */
static double first_order_strength(int64_t depth, double sigma, double beta, bool is_upper)
{
    spn_theory_mode end = spni_theory_transition(depth, sigma);
    double a = exponent(depth), peak = spinodal_share(depth);
    double b = beta / (sigma * pow(sigma, a));
    if (beta > end.spinodal_beta) {
        return none;
    }
    if (beta == end.spinodal_beta || b >= (1 - peak) * pow(peak, a)) {
        return end.spinodal_strength;
    }
    if (b == 0) {
        return is_upper ? sigma : 0;
    }
    /* 1 - x <= 1 bounds the lower root from below, x^a <= 1 the upper one from above. */
    double floor = pow(b, 1 / a) * (1 - 4 * DBL_EPSILON);
    return sigma * (is_upper ? solve_share(a, b, peak, 1 - b * (1 - 4 * DBL_EPSILON), true)
                             : solve_share(a, b, floor, peak, false));
}

static double strength(int64_t depth, double sigma, double beta, spn_theory_root root)
{
    if (root == SPN_THEORY_TRIVIAL || sigma == 0) {
        bool exists = root != SPN_THEORY_LOWER && (depth > 1 || sigma == 0);
        return exists ? 0 : none;
    }
    if (depth > 2) {
        return first_order_strength(depth, sigma, beta, root == SPN_THEORY_UPPER);
    }
    if (root == SPN_THEORY_LOWER) {
        return none;
    }
    return depth == 1 ? sigma / (1 + beta) : fmax(0, sigma - beta); /* T12 */
}

spn_theory_state spni_theory_state(int64_t depth, double sigma, double beta, spn_theory_root root)
{
    double d = (double)depth, s = strength(depth, sigma, beta, root);
    spn_theory_state out = {none, none, none, none, none};
    if (isnan(s)) {
        return out;
    }
    if (s == 0) {
        return (spn_theory_state){0, sigma * sigma, sigma * sigma, 0, 0};
    }
    double a = 1 - 2 / d;
    /* On a branch sigma - s = beta s^(-a): no cancellation where s is close to sigma. */
    double miss = beta * pow(s, -a);
    double slope = s - a * miss; /* -s^(2/D) dbeta/ds, 0 at the spinodal */
    bool is_end = depth > 2 && s == spni_theory_transition(depth, sigma).spinodal_strength;
    out.strength = s;
    out.error = miss * miss;
    out.norm_squared = d * pow(s, 2 / d);
    out.loss = out.error + beta * out.norm_squared;
    out.susceptibility = is_end ? (double)INFINITY : 2 * pow(s, 4 / d - 1) / slope;
    return out;
}

spn_status spn_theory_state_at(spn_context *context, int64_t depth, double sigma, double beta,
                               spn_theory_root root, spn_theory_state *out)
{
    *out = (spn_theory_state){none, none, none, none, none};
    spn_status status = spni_theory_check(context, depth, sigma, beta);
    if (status == SPN_OK) {
        *out = spni_theory_state(depth, sigma, beta, root);
    }
    return status;
}
