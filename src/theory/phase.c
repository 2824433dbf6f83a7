/* SPDX-License-Identifier: MIT */
/* Networks of several modes: which sets of active modes are phases (T15), and where two of them have
 * equal loss. */
#include "theory/theory.h"

#include <math.h>

static const double none = (double)NAN;
enum { MODES_MAX = 64 };

static bool has_mode(uint64_t active, int64_t i)
{
    return active >> i & 1;
}

static spn_status check_network(spn_context *context, const spn_theory_network *network,
                                uint64_t active, double beta)
{
    spn_status status = SPN_OK;
    if (network->modes < 0 || network->modes > MODES_MAX) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld modes: this room takes 0 to %d",
                 (long long)network->modes, MODES_MAX);
    }
    SPN_TRY(spni_theory_check(context, network->depth, 0, beta));
    for (int64_t i = 0; i < network->modes; i++) {
        SPN_TRY(spni_theory_check(context, network->depth, network->singular_values[i], beta));
        if (i > 0 && network->singular_values[i] > network->singular_values[i - 1]) {
            SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                     "singular value %lld is larger than the one before: sort them, largest first",
                     (long long)i);
        }
    }
    if (network->modes < MODES_MAX && active >> network->modes != 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "a phase names mode %lld or beyond, the network has %lld modes",
                 (long long)network->modes, (long long)network->modes);
    }
done:
    return status;
}

/* The state of mode i. An active mode must have a strength above zero. */
static spn_theory_state mode_state(const spn_theory_network *network, uint64_t active, int64_t i,
                                   double beta)
{
    spn_theory_root root = has_mode(active, i) ? SPN_THEORY_UPPER : SPN_THEORY_TRIVIAL;
    spn_theory_state state =
        spni_theory_state(network->depth, network->singular_values[i], beta, root);
    if (root == SPN_THEORY_UPPER && state.strength == 0) {
        state = (spn_theory_state){none, none, none, none, none};
    }
    return state;
}

/* low < beta < high of local minima; closed at beta = 0 where nothing is left to learn there. */
static void find_window(const spn_theory_network *network, uint64_t active, double *low,
                        double *high)
{
    double weakest_active = (double)INFINITY, strongest_idle = 0;
    for (int64_t i = 0; i < network->modes; i++) {
        double sigma = network->singular_values[i];
        if (has_mode(active, i)) {
            weakest_active = fmin(weakest_active, sigma);
        } else {
            strongest_idle = fmax(strongest_idle, sigma);
        }
    }
    *low = *high = none;
    if (weakest_active == 0 || strongest_idle > weakest_active) {
        return;
    }
    bool is_empty = isinf(weakest_active);
    if (network->depth > 2) {
        double end = is_empty
                         ? weakest_active
                         : spni_theory_transition(network->depth, weakest_active).spinodal_beta;
        *low = 0;
        *high = end;
    } else if (network->depth == 2 && strongest_idle < weakest_active) {
        *low = strongest_idle;
        *high = weakest_active;
    } else if (network->depth == 1 && strongest_idle == 0) {
        *low = 0;
        *high = (double)INFINITY;
    }
}

spn_status spn_theory_window(spn_context *context, const spn_theory_network *network,
                             uint64_t active, double *low, double *high)
{
    *low = *high = none;
    spn_status status = check_network(context, network, active, 0);
    if (status == SPN_OK) {
        find_window(network, active, low, high);
    }
    return status;
}

static bool is_fully_learned(const spn_theory_network *network, uint64_t active)
{
    bool all = true;
    for (int64_t i = 0; i < network->modes; i++) {
        all = all && (has_mode(active, i) || network->singular_values[i] == 0);
    }
    return all;
}

spn_status spn_theory_phase_at(spn_context *context, const spn_theory_network *network,
                               uint64_t active, double beta, spn_theory_phase *out)
{
    spn_status status = SPN_OK;
    double gain = 0, norm = 0, response = 0, low = 0, high = 0;
    *out = (spn_theory_phase){none, none, none, none, false};
    SPN_TRY(check_network(context, network, active, beta));
    for (int64_t i = 0; i < network->modes; i++) {
        double sigma = network->singular_values[i];
        spn_theory_state state = mode_state(network, active, i, beta);
        gain += state.error - sigma * sigma;
        norm += state.norm_squared;
        response += state.susceptibility;
    }
    find_window(network, active, &low, &high);
    out->error = network->target_power + gain;
    out->loss = out->error + beta * norm;
    out->norm_squared = norm;
    out->susceptibility = response;
    bool is_inside = beta > low || (beta == 0 && is_fully_learned(network, active));
    out->is_minimum = !isnan(norm) && is_inside && beta < high;
done:
    return status;
}

spn_status spn_theory_sweep_phase(spn_context *context, const spn_theory_network *network,
                                  double beta, uint64_t *active, spn_theory_phase *out)
{
    *active = 0;
    *out = (spn_theory_phase){none, none, none, none, false};
    spn_status status = check_network(context, network, 0, beta);
    if (status != SPN_OK) {
        return status;
    }
    for (int64_t i = 0; i < network->modes; i++) {
        spn_theory_mode mode = spni_theory_transition(network->depth, network->singular_values[i]);
        bool is_alive = mode.order == 0 ? mode.singular_value > 0 : beta < mode.spinodal_beta;
        *active |= is_alive ? (uint64_t)1 << i : 0;
    }
    return spn_theory_phase_at(context, network, *active, beta, out);
}

/* L_a - L_b; modes that both have drop out. */
static double loss_difference(const spn_theory_network *network, uint64_t a, uint64_t b,
                              double beta)
{
    double difference = 0;
    for (int64_t i = 0; i < network->modes; i++) {
        if (has_mode(a ^ b, i)) {
            double sigma = network->singular_values[i];
            double gain = mode_state(network, a | b, i, beta).loss - sigma * sigma;
            difference += has_mode(a, i) ? gain : -gain;
        }
    }
    return difference;
}

spn_status spn_theory_maxwell(spn_context *context, const spn_theory_network *network, uint64_t a,
                              uint64_t b, double *beta)
{
    spn_status status = SPN_OK;
    double low = 0, high = (double)INFINITY;
    *beta = none;
    SPN_TRY(check_network(context, network, a | b, 0));
    if (network->depth <= 2 || a == b) {
        goto done;
    }
    for (int64_t i = 0; i < network->modes; i++) {
        if (has_mode(a | b, i)) {
            spn_theory_mode mode =
                spni_theory_transition(network->depth, network->singular_values[i]);
            high = fmin(high, mode.order == 1 ? mode.spinodal_beta : 0);
        }
    }
    bool starts_negative = loss_difference(network, a, b, low) < 0;
    double last = loss_difference(network, a, b, high);
    if (high == 0 || last == 0 || (last < 0) == starts_negative) {
        goto done;
    }
    double middle = 0.5 * high;
    while (middle > low && middle < high) {
        bool is_negative = loss_difference(network, a, b, middle) < 0;
        *(is_negative == starts_negative ? &low : &high) = middle;
        middle = 0.5 * (low + high);
    }
    *beta = high;
done:
    return status;
}

int64_t spn_theory_zero_modes(int64_t depth, int64_t active, const int64_t *hidden)
{
    int64_t count = 0;
    for (int64_t l = 0; l + 1 < depth; l++) {
        count += active * hidden[l] - active * (active + 1) / 2;
    }
    return count;
}
