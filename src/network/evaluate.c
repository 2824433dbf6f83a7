/* SPDX-License-Identifier: MIT */
/* Value and gradient, block by block of samples:
 *   forward   a_l = W_l h_{l-1} + b_l, h_l = phi(a_l)
 *   output    delta_D = dE/df (already weighted with 1/N)
 *   backward  dE/dW_l = sum_n delta_l h_{l-1}^T,  g_{l-1} = W_l^T delta_l,
 *             delta_{l-1} = phi'(a_{l-1}) g_{l-1},  c_{l-1} = phi''(a_{l-1}) g_{l-1}
 * With SPN_WANT_CURVATURE every block has a slot of its own, otherwise those of a lane share one. */
#include "kernel/activation.h"
#include "network/network.h"
#include "network/product.h"

#include <spinodal/base/team.h>
#include <string.h>

/* In squares, so that neither matrix is walked across its rows. */
static void transpose(int64_t rows, int64_t columns, const double *from, double *to)
{
    enum { SIDE = 16 };
    for (int64_t i = 0; i < rows; i += SIDE) {
        int64_t bottom = i + SIDE < rows ? i + SIDE : rows;
        for (int64_t j = 0; j < columns; j += SIDE) {
            int64_t right = j + SIDE < columns ? j + SIDE : columns;
            for (int64_t q = i; q < bottom; q++) {
                for (int64_t r = j; r < right; r++) {
                    to[r * rows + q] = from[q * columns + r];
                }
            }
        }
    }
}

void spni_transpose_weights(const spn_network *network, const double *theta, double *transposed)
{
    for (int64_t l = 2; l <= network->depth; l++) {
        transpose(network->width[l], network->width[l - 1], theta + network->weight_offset[l],
                  transposed + network->weight_offset[l]);
    }
}

/* Merged units, s phi(a / s), have their scale around the kernel. */
static void multiply_row(int64_t count, double factor, double *row)
{
    for (int64_t i = 0; factor != 1.0 && i < count; i++) {
        row[i] *= factor;
    }
}

void spni_forward(const spni_kernels *kernels, const spn_network *network, const spni_plan *plan,
                  const double *theta, const spni_block *block, int orders)
{
    for (int64_t l = 1; l <= network->depth; l++) {
        int64_t width = network->width[l];
        const spni_rows input = spni_input(plan, block, l);
        const double *bias = spni_bias(network, block, l, theta);
        double *values = spni_values(plan, block, l);
        spni_affine_of(kernels, width, network->width[l - 1], block->count,
                       theta + network->weight_offset[l], bias, &input, values, plan->block);
        if (l == network->depth) {
            break;
        }
        int64_t span = width * plan->block;
        for (int64_t i = 0; i < width; i++) {
            double *h = values + i * plan->block;
            double scale = network->unit_scale != NULL ? network->unit_scale[l][i] : 1.0;
            multiply_row(block->count, 1.0 / scale, h);
            spni_activate(kernels, network->activation, block->count, h,
                          orders > 0 ? h + span : NULL, orders > 1 ? h + 2 * span : NULL);
            multiply_row(block->count, scale, h);
            multiply_row(orders > 1 ? block->count : 0, 1.0 / scale, h + 2 * span);
        }
    }
}

/* delta_{l-1}, and c_{l-1} in place of phi'' when `is_kept`. */
static void pull_back(const spni_network_state *state, const spni_block *block, int64_t l,
                      bool is_kept)
{
    const spn_network_error *error = state->error;
    const spn_network *network = error->network;
    int64_t ld = error->plan.block;
    int64_t width = network->width[l - 1];
    double *delta = spni_deltas(error, block, l - 1);
    const double *slopes = spni_slopes(error, block, l - 1);
    double *bends = spni_bends(error, block, l - 1);
    const double *weights = state->transposed + network->weight_offset[l];
    const double *above = spni_deltas(error, block, l);
    if (!is_kept) {
        spni_scaled_product(state->kernels, width, network->width[l], block->count, weights, above,
                            ld, slopes, ld, delta, ld);
        return;
    }
    spni_affine(state->kernels, width, network->width[l], block->count, weights, NULL, above, ld,
                delta, ld);
    for (int64_t i = 0; i < width; i++) {
        state->kernels->pull(block->count, slopes + i * ld, bends + i * ld, delta + i * ld);
    }
}

/* Writes the gradient, or adds to it where `adds`. */
static void backward(const spni_network_state *state, const spni_block *block, bool adds,
                     double *gradient)
{
    const spn_network_error *error = state->error;
    const spn_network *network = error->network;
    int64_t ld = error->plan.block;
    for (int64_t l = network->depth; l >= 1; l--) {
        const spni_rows input = spni_input(&error->plan, block, l);
        const double *delta = spni_deltas(error, block, l);
        if (gradient != NULL) {
            spni_outer_with(state->kernels, network->width[l], network->width[l - 1], block->count,
                            delta, ld, &input, adds, gradient + network->weight_offset[l]);
        }
        if (gradient != NULL && network->has_bias) {
            double *bias = gradient + network->bias_offset[l];
            memset(bias, 0, adds ? 0 : (size_t)network->width[l] * sizeof *bias);
            spni_add_row_sums(state->kernels, network->width[l], block->count, delta, ld, bias);
        }
        if (l > 1) {
            pull_back(state, block, l, state->is_kept);
        }
    }
}

double spni_sample_weight(const spn_network_error *error, int64_t samples)
{
    double weight = 1.0 / (double)samples;
    return error->kind == SPN_ERROR_MSE_MEAN ? weight / (double)error->dataset->outputs : weight;
}

static spn_status take_subset(spn_context *context, spni_network_state *state,
                              const spn_subset *subset)
{
    int64_t total = state->error->objective.samples;
    state->is_subset = subset != NULL;
    state->samples = total;
    if (subset != NULL && state->error->farm != NULL) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED,
                        "network: a subset of samples that ranks share");
    }
    if (subset != NULL) {
        if (subset->count > total) {
            return spn_fail(context, SPN_ERROR_ARGUMENT,
                            "network: a subset of %lld samples from a data set of %lld",
                            (long long)subset->count, (long long)total);
        }
        state->samples = subset->count;
        memcpy(state->indices, subset->indices, (size_t)subset->count * sizeof *subset->indices);
    }
    state->scale = spni_sample_weight(state->error, state->samples);
    return SPN_OK;
}

typedef struct evaluation {
    const spni_network_state *state;
    const double *theta;
    double *gradient; /* NULL: not wanted */
    bool has_backward;
    int orders;
    spni_section_sums sums;
} evaluation;

/* Section s: its term of the gradient, where wanted, and of the value. */
static spn_status evaluate_section(spn_context *context, const evaluation *e, int64_t s,
                                   int64_t lane, double *gradient, double *value)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = e->state;
    const spn_network_error *error = state->error;
    double sum = 0.0;
    int64_t begin = 0, end = 0;
    spni_section_blocks(state, s, &begin, &end);
    for (int64_t b = begin; b < end; b++) {
        SPN_TRY(spn_poll(context));
        spni_block block = spni_block_relative(state, b, lane, state->first_bias);
        spni_forward(state->kernels, error->network, &error->plan, e->theta, &block, e->orders);
        sum += spni_output_error(state->kernels, error, &block, state->scale);
        if (e->has_backward) {
            backward(state, &block, b > begin, gradient);
        }
    }
    *value = sum;
done:
    return status;
}

/* Behind the gradient a row has the value. */
static spn_status evaluate_part(spn_context *context, void *memory, int64_t i, int64_t lane)
{
    const evaluation *e = memory;
    double *row = spni_sums_row(&e->sums, i, 0);
    return evaluate_section(context, e, e->sums.first + i, lane, e->gradient != NULL ? row : NULL,
                            row + e->state->error->network->parameters);
}

/* *sum: of the samples' errors, unscaled. */
static spn_status evaluate(spn_context *context, evaluation *e, double *sum)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = e->state;
    const int64_t parameters = state->error->network->parameters;
    const double work = state->error->plan.work * (double)state->samples;
    const int64_t lanes = spni_lanes_for(context, state, e->has_backward ? work : work / 3.0);
    const double *total = NULL;
    if (state->error->farm == NULL && spni_section_total(state) == 1) {
        return evaluate_section(context, e, 0, 0, e->gradient, sum);
    }
    spni_sums_begin(&e->sums, state, 1, lanes, e->gradient != NULL ? 0 : parameters);
    while (status == SPN_OK && spni_sums_next(&e->sums)) {
        SPN_TRY(spn_team_run_on(context, lanes, e->sums.count, evaluate_part, e));
        spni_sums_take(&e->sums);
    }
done:
    status = spni_sums_end(context, &e->sums, status, parameters, e->theta, &total);
    if (status == SPN_OK) {
        *sum = total[parameters];
    }
    if (status == SPN_OK && e->gradient != NULL) {
        memcpy(e->gradient, total, (size_t)parameters * sizeof *total);
    }
    return status;
}

spn_status spni_error_set(spn_context *context, spn_point *point, const spn_subset *subset,
                          unsigned wanted)
{
    spn_status status = SPN_OK;
    spni_network_state *state = point->state;
    const spn_network *network = state->error->network;
    bool has_backward = (wanted & (SPN_WANT_GRADIENT | SPN_WANT_CURVATURE)) != 0;
    evaluation e = {.state = state,
                    .theta = point->theta,
                    .gradient = wanted & SPN_WANT_GRADIENT ? point->gradient : NULL,
                    .has_backward = has_backward,
                    .orders = wanted & SPN_WANT_CURVATURE ? 2
                              : has_backward              ? 1
                                                          : 0};
    double sum = 0.0;
    SPN_TRY(take_subset(context, state, subset));
    state->is_kept = (wanted & SPN_WANT_CURVATURE) != 0;
    if (has_backward) {
        spni_transpose_weights(network, point->theta, state->transposed);
    }
    if (spni_is_relative(state)) {
        spni_background_bias(state, network->width[1], point->theta + network->weight_offset[1],
                             point->theta + network->bias_offset[1], state->first_bias);
    }
    SPN_TRY(evaluate(context, &e, &sum));
    if (e.gradient != NULL && spni_is_relative(state)) {
        spni_background_add(state, network->width[1], e.gradient + network->bias_offset[1],
                            e.gradient + network->weight_offset[1]);
    }
    if (wanted & SPN_WANT_VALUE) {
        point->value = sum * state->scale;
    }
    if (wanted & SPN_WANT_PARAMETER) {
        size_t bytes = (size_t)network->parameters * sizeof *point->parameter_gradient;
        point->parameter_value = 0.0;
        memset(point->parameter_gradient, 0, bytes);
    }
done:
    if (status != SPN_OK) {
        state->is_kept = false;
    }
    return status;
}

spn_status spn_network_predict(spn_context *context, const spn_network *network,
                               const spn_dataset *dataset, const double *theta, double *f)
{
    spn_status status = SPN_OK;
    spn_network_error shell = {
        .network = network, .dataset = dataset, .objective = {.samples = dataset->samples}};
    double *slot = NULL;
    if (dataset->inputs != network->width[0] ||
        dataset->outputs != network->width[network->depth]) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "network with %lld inputs and %lld outputs applied to data with %lld and %lld",
                 (long long)network->width[0], (long long)network->width[network->depth],
                 (long long)dataset->inputs, (long long)dataset->outputs);
    }
    SPN_TRY(spni_plan_create(context, network, dataset->samples, false, &shell.plan));
    SPN_NEW(context, slot, shell.plan.rows * shell.plan.block);
    for (int64_t b = 0; b < shell.plan.blocks; b++) {
        SPN_TRY(spn_poll(context));
        spni_block block = spni_block_of(&shell, b, slot, NULL);
        spni_forward(spni_kernels_of(context), network, &shell.plan, theta, &block, 0);
        const double *values = spni_values(&shell.plan, &block, network->depth);
        for (int64_t k = 0; k < dataset->outputs; k++) {
            memcpy(f + k * dataset->stride + b * shell.plan.block, values + k * shell.plan.block,
                   (size_t)block.count * sizeof *f);
        }
    }
done:
    spni_plan_free(context, &shell.plan);
    spn_release(context, slot);
    return status;
}
