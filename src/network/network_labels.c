/* SPDX-License-Identifier: MIT */
/* What a point means in function space: strengths of the data's modes and of the outputs' own directions, dead and
 * merged hidden units, accuracy, and the error of samples kept for testing. */
#include "kernel/activation.h"
#include "network/network.h"
#include "network/product.h"

#include <float.h>
#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

/* A unit is dead when its outgoing weights are this small against |theta|; two units are merged when
 * their incoming weights agree to this relative distance. */
static const double DEAD_SHARE = 1e-6;
static const double MERGED_SHARE = 1e-5;

static void copy_rows(int64_t rows, int64_t count, const double *from, int64_t ldf, double *to,
                      int64_t ldt)
{
    for (int64_t k = 0; k < rows; k++) {
        memcpy(to + k * ldt, from + k * ldf, (size_t)count * sizeof *to);
    }
}

/* The outputs of all samples, K rows of N. */
static spn_status make_outputs(spn_context *context, const spn_point *point, double *f)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *error = state->error;
    const spni_plan *plan = &error->plan;
    const int64_t samples = error->objective.samples, depth = error->network->depth;
    const spni_stretch own =
        error->farm != NULL ? spni_own_blocks(state) : (spni_stretch){0, plan->blocks};
    for (int64_t b = own.begin; b < own.end && status == SPN_OK; b++) {
        spni_block block = spni_block_of(error, b, state->lane[0].slot, state->lane[0].x);
        spni_forward(state->kernels, error->network, plan, point->theta, &block, 0);
        copy_rows(error->dataset->outputs, block.count, spni_values(plan, &block, depth),
                  plan->block, f + b * plan->block, samples);
        status = spn_poll(context);
    }
    return spni_shares_collect(context, error, status, 0, samples, error->dataset->outputs, samples,
                               f);
}

/* Strengths along the data's modes and principal ones, and accuracy: what the outputs on all samples tell. */
static spn_status take_outputs(spn_context *context, const spn_point *point, double *strengths,
                               spn_labels *out)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *error = state->error;
    const spni_plan *plan = &error->plan;
    int64_t samples = error->objective.samples, outputs = error->dataset->outputs;
    double *f = spni_directions_outputs(state);
    SPN_TRY(make_outputs(context, point, f));
    for (int64_t first = 0; first < samples; first += plan->block) {
        int64_t left = samples - first, count = left < plan->block ? left : plan->block;
        for (int64_t i = 0; i < error->mode_count; i++) {
            const double *z = error->mode_input + i * samples + first;
            const double *u = error->mode_output + i * outputs;
            for (int64_t k = 0; k < outputs; k++) {
                strengths[i] += u[k] * state->kernels->dot(count, z, f + k * samples + first);
            }
        }
    }
    out->accuracy = spni_classes_share(error, spni_classes_right(error, f, samples, samples, 0));
    for (int64_t i = 0; i < error->mode_count; i++) {
        strengths[i] /= (double)samples;
    }
    SPN_TRY(spni_directions_take(context, point, out));
done:
    return status;
}

/* Part by part and section by section, as E is evaluated: on the same samples it has the same bits, where inputs are no bytes on a lattice and have no levels but 0. */
static spn_status take_test(spn_context *context, const spn_point *point, spn_labels *out)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *test = state->error->test;
    const spni_plan *plan = &test->plan;
    double sum = 0.0, term = 0.0, weight = spni_sample_weight(test, test->dataset->samples);
    int64_t right = 0;
    for (int64_t b = 0; b < plan->blocks; b++) {
        SPN_TRY(spn_poll(context));
        if (b % plan->section == 0) {
            sum += term;
            term = 0.0;
        }
        spni_block block = spni_block_of(test, b, state->test, state->test_x);
        spni_forward(state->kernels, test->network, plan, point->theta, &block, 0);
        term += spni_output_error(state->kernels, test, &block, weight);
        const double *f = spni_values(plan, &block, test->network->depth);
        right += spni_classes_right(test, f, plan->block, block.count, b * plan->block);
    }
    out->test_error = (sum + term) * weight;
    out->test_accuracy = spni_classes_share(test, right);
done:
    return status;
}

static bool is_dead(const spn_network *network, const double *theta, int64_t l, int64_t unit,
                    double size)
{
    const double *weights = theta + network->weight_offset[l + 1];
    double square = 0.0;
    for (int64_t p = 0; p < network->width[l + 1]; p++) {
        double weight = weights[p * network->width[l] + unit] / size;
        square += weight * weight;
    }
    return sqrt(square) <= DEAD_SHARE;
}

/* Whether the incoming weights (and bias) of units a and b of layer l agree, after sign * that of a. */
static bool is_copy(const spn_network *network, const double *theta, int64_t l, int64_t a,
                    int64_t b, double sign)
{
    int64_t fan_in = network->width[l - 1];
    const double *wa = theta + network->weight_offset[l] + a * fan_in;
    const double *wb = theta + network->weight_offset[l] + b * fan_in;
    double difference = 0.0, norm_a = 0.0, norm_b = 0.0;
    for (int64_t i = 0; i < fan_in; i++) {
        double d = wb[i] - sign * wa[i];
        difference += d * d;
        norm_a += wa[i] * wa[i];
        norm_b += wb[i] * wb[i];
    }
    if (network->has_bias) {
        const double *bias = theta + network->bias_offset[l];
        double d = bias[b] - sign * bias[a];
        difference += d * d;
        norm_a += bias[a] * bias[a];
        norm_b += bias[b] * bias[b];
    }
    return difference <= MERGED_SHARE * MERGED_SHARE * fmax(norm_a, norm_b);
}

/* |theta|, without what is not regularised: free biases have the size of the targets' means, whatever the weights are. */
static double size_of(const spn_network_error *error, const double *theta)
{
    const int64_t n = error->network->parameters;
    double square = 0.0;
    if (error->penalty == NULL) {
        return spn_norm(n, theta);
    }
    for (int64_t i = 0; i < n; i++) {
        square += error->penalty[i] * theta[i] * theta[i];
    }
    return sqrt(square);
}

static void count_units(const spn_network_error *error, const double *theta, spn_labels *out)
{
    const spn_network *network = error->network;
    bool is_odd = spni_activation_is_odd(network->activation);
    double size = fmax(size_of(error, theta), DBL_MIN / DEAD_SHARE);
    for (int64_t l = 1; l < network->depth; l++) {
        for (int64_t b = 0; b < network->width[l]; b++) {
            bool has_twin = false;
            if (is_dead(network, theta, l, b, size)) {
                out->dead_units++;
                continue;
            }
            for (int64_t a = 0; a < b && !has_twin; a++) {
                has_twin = !is_dead(network, theta, l, a, size) &&
                           (is_copy(network, theta, l, a, b, 1.0) ||
                            (is_odd && is_copy(network, theta, l, a, b, -1.0)));
            }
            out->merged_units += has_twin ? 1 : 0;
        }
    }
}

/* Directions where the data have no linear mode. */
static void count_learned(const spn_network_error *error, const double *strengths, spn_labels *out)
{
    for (int64_t i = 0; i < error->mode_count; i++) {
        out->learned_modes += strengths[i] > SPN_ACTIVE_SHARE * error->modes[i] ? 1 : 0;
    }
    for (int64_t i = 0; error->mode_count == 0 && i < out->direction_count; i++) {
        out->learned_modes += out->directions[i] > SPN_ACTIVE_SHARE * out->output_scale ? 1 : 0;
    }
}

spn_status spni_error_labels(spn_context *context, const spn_point *point, spn_labels *out)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *error = state->error;
    double strengths[SPN_MODES_MAX] = {0.0};
    *out = (spn_labels){.test_error = (double)NAN, .test_accuracy = (double)NAN};
    SPN_TRY(take_outputs(context, point, strengths, out));
    SPN_TRY(error->test != NULL ? take_test(context, point, out) : SPN_OK);
    out->is_principal = spn_network_error_is_principal(error);
    out->mode_count = out->is_principal ? spni_direction_count(error) : error->mode_count;
    memcpy(out->strengths, out->is_principal ? out->directions : strengths, sizeof strengths);
    for (int64_t i = 0; i < out->direction_count; i++) {
        out->active_modes += out->directions[i] > SPN_DIRECTION_SHARE * out->output_scale ? 1 : 0;
    }
    count_learned(error, strengths, out);
    count_units(error, point->theta, out);
done:
    return status;
}
