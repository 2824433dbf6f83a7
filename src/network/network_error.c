/* SPDX-License-Identifier: MIT */
/* The error of a network on data as an objective: creation, and the state of a point. */
#include "base/invariant.h"
#include "network/dense.h"
#include "network/network_reduction.h"

#include <math.h>

static spn_status state_fill(spn_context *context, const spn_network_error *error,
                             spni_network_state *state)
{
    spn_status status = SPN_OK;
    const spni_plan *plan = &error->plan;
    const spn_network *network = error->network;
    int64_t slots = 0;
    state->error = error;
    state->kernels = spni_kernels_of(context);
    state->samples = error->objective.samples;
    const spni_stretch own = spni_own_blocks(state);
    if (!spn_size_multiply(plan->rows * plan->block, own.end - own.begin, &slots)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: too many samples times units");
    }
    SPN_NEW(context, state->slots, slots);
    SPN_TRY(spni_lanes_create(context, state));
    SPN_NEW(context, state->indices, error->farm == NULL ? error->objective.samples : 1);
    SPN_NEW(context, state->transposed, network->parameters);
    if (spni_directions_room(error) == 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "network: too many samples times outputs");
    }
    SPN_NEW(context, state->outputs, spni_directions_room(error));
    SPN_TRY(spn_dense_create(context, error->dataset->outputs, &state->spectrum));
    if (error->test != NULL) {
        const spni_plan *test = &error->test->plan;
        SPN_NEW(context, state->test, test->rows * test->block);
        SPN_NEW(context, state->test_x, error->dataset->inputs * test->block);
    }
    if (error->background != NULL && !error->background->is_zero) {
        SPNI_INVARIANT(state->vectors > 0); /* so many samples are several sections */
        SPN_NEW(context, state->first_bias, state->vectors * network->width[1]);
    }
    SPN_TRY(spni_dense_create(context, error, &state->dense));
    if (!spni_dense_assembles(state->dense)) {
        SPN_NEW(context, state->unit, 2 * network->parameters);
    }
done:
    return status;
}

static void state_free(spn_context *context, void *memory)
{
    spni_network_state *state = memory;
    if (state == NULL) {
        return;
    }
    spn_release(context, state->slots);
    spni_lanes_free(context, state);
    spn_release(context, state->indices);
    spn_release(context, state->transposed);
    spn_release(context, state->outputs);
    spn_dense_free(context, state->spectrum);
    spn_release(context, state->test);
    spn_release(context, state->test_x);
    spn_release(context, state->first_bias);
    spn_release(context, state->unit);
    spni_dense_free(context, state->dense);
    spn_release(context, state);
}

static spn_status state_create(spn_context *context, const spn_objective *objective, void **out)
{
    spn_status status = SPN_OK;
    spni_network_state *state = NULL;
    *out = NULL;
    SPN_NEW(context, state, 1);
    SPN_TRY(state_fill(context, objective->problem, state));
    *out = state;
done:
    if (status != SPN_OK) {
        state_free(context, state);
    }
    return status;
}

static const spn_objective_operations operations = {
    .size = sizeof(spn_objective_operations),
    .state_create = state_create,
    .state_free = state_free,
    .set = spni_error_set,
    .hvp = spni_error_hvp,
    .hessian = spni_error_hessian,
    .trace = spni_error_trace,
    .trivial = spni_error_trivial,
    .labels = spni_error_labels,
    .orbit_capacity = spni_error_orbit_capacity,
    .orbit = spni_error_orbit,
    .scales = spni_error_scales,
    .trivial_near = spni_error_trivial_near,
    .settle = spni_error_settle,
    .preconditioner = &spni_network_preconditioner,
    .reduction = &spni_network_reduction,
    .diagonal = spni_error_diagonal,
    .trace_square = spni_error_trace_square,
    .costs = spni_error_costs,
};

/* Of an error for value, derivatives and preconditioner alone. */
static const spn_objective_operations bare_operations = {
    .size = sizeof(spn_objective_operations),
    .state_create = state_create,
    .state_free = state_free,
    .set = spni_error_set,
    .hvp = spni_error_hvp,
    .hessian = spni_error_hessian,
    .trace = spni_error_trace,
    .scales = spni_error_scales,
    .preconditioner = &spni_network_preconditioner,
    .diagonal = spni_error_diagonal,
    .trace_square = spni_error_trace_square,
    .costs = spni_error_costs,
};

/* sigma = 1: E = (2/N) times the negative log-likelihood for mse, so F = GN / 2; K times that for the
 * mean over outputs. Cross-entropy is the negative log-likelihood itself. */
static double fisher_scale(spn_error_kind kind, int64_t outputs)
{
    switch (kind) {
    case SPN_ERROR_MSE_MEAN:
        return 0.5 * (double)outputs;
    case SPN_ERROR_CROSS_ENTROPY:
        return 1.0;
    case SPN_ERROR_MSE:
    default:
        return 0.5;
    }
}

/** How far from 1 the sum of a sample's probabilities may be: single precision and printed digits, not a forgotten
 *  class. */
#define SUM_TOLERANCE 1e-5

static spn_status check_sums(spn_context *context, const spn_dataset *dataset)
{
    for (int64_t n = 0; n < dataset->samples; n++) {
        double sum = 0.0;
        for (int64_t i = 0; i < dataset->outputs; i++) {
            sum += dataset->y[i * dataset->stride + n];
        }
        if (!(fabs(sum - 1.0) <= SUM_TOLERANCE)) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "cross_entropy: the targets of sample %lld have the sum %g; they are "
                            "class probabilities, one output per class, with the sum 1",
                            (long long)n + 1, sum);
        }
    }
    return SPN_OK;
}

static spn_status check_probabilities(spn_context *context, const spn_dataset *dataset)
{
    const bool is_logit = dataset->outputs == 1;
    for (int64_t i = 0; i < dataset->outputs; i++) {
        for (int64_t n = 0; n < dataset->samples; n++) {
            double y = dataset->y[i * dataset->stride + n];
            if (!(y >= 0.0) || (is_logit && y > 1.0)) {
                return spn_fail(
                    context, SPN_ERROR_INPUT, "cross_entropy: target %lld of sample %lld is %g; %s",
                    (long long)i + 1, (long long)n + 1, y,
                    is_logit ? "with one output it is the probability of the second of two classes "
                               "(0 to 1); a column of class labels belongs under data.classes"
                             : "targets are class probabilities (>= 0), one output per class");
            }
        }
    }
    return is_logit ? SPN_OK : check_sums(context, dataset);
}

static spn_status check_problem(spn_context *context, const spn_network *network,
                                const spn_dataset *dataset, spn_error_kind kind)
{
    int64_t outputs = network->width[network->depth];
    if ((int)kind < SPN_ERROR_MSE || (int)kind > SPN_ERROR_CROSS_ENTROPY) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "network: error kind %d does not exist",
                        (int)kind);
    }
    if (dataset->samples < 1) {
        return spn_fail(context, SPN_ERROR_INPUT, "network: the data set has no samples");
    }
    if (dataset->inputs != network->width[0] || dataset->outputs != outputs) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "network: made for %lld inputs and %lld outputs, but the data have %lld "
                        "and %lld",
                        (long long)network->width[0], (long long)outputs,
                        (long long)dataset->inputs, (long long)dataset->outputs);
    }
    return kind == SPN_ERROR_CROSS_ENTROPY ? check_probabilities(context, dataset) : SPN_OK;
}

spn_status spni_error_hold(spn_context *context, spn_network_error *error, const spn_dataset *data,
                           int64_t held)
{
    spn_status status = SPN_OK;
    spni_coded_free(context, error->own_coded);
    error->coded = error->own_coded = NULL;
    SPN_TRY(spni_coded_create(context, data, held, error->own_lattice, error->places,
                              &error->own_coded));
    error->coded = error->own_coded;
    SPN_TRY(spni_background_mark(context, data, held, error->places, error->own_background));
    SPN_TRY(spni_places_target(context, error, data, held));
    error->dataset = data;
    error->held = held;
done:
    return status;
}

spn_status spn_network_error_create(spn_context *context, const spn_network *network,
                                    const spn_dataset *dataset, spn_error_kind kind,
                                    spn_network_error **out)
{
    spn_status status = SPN_OK;
    spn_network_error *error = NULL;
    *out = NULL;
    SPN_TRY(check_problem(context, network, dataset, kind));
    SPN_NEW(context, error, 1);
    error->network = network;
    error->dataset = dataset;
    error->kind = kind;
    error->objective = (spn_objective){.operations = &operations,
                                       .problem = error,
                                       .dimension = network->parameters,
                                       .samples = dataset->samples,
                                       .fisher_scale = fisher_scale(kind, dataset->outputs)};
    SPN_TRY(spni_measure_sizes(context, error));
    SPN_TRY(spni_lattice_create(context, dataset, &error->own_lattice));
    SPN_TRY(spni_background_create(context, error));
    SPN_TRY(spni_plan_create(context, network, dataset->samples, spni_multiplies_bytes(error),
                             &error->plan));
    SPN_TRY(spni_modes_create(context, error));
    SPN_TRY(spni_symmetries_create(context, error));
    SPN_TRY(spni_classes_create(context, error));
    if (dataset->spread == NULL && spni_has_places(error)) {
        SPN_TRY(spni_places_order(context, error, dataset, 0));
        SPN_TRY(spni_places_arrange(context, error));
    }
    SPN_TRY(spni_error_hold(context, error, dataset, 0));
    spni_measure_outputs(error);
    spni_measure_balance(error);
    *out = error;
done:
    if (status != SPN_OK) {
        spn_network_error_free(context, error);
    }
    return status;
}

spn_status spni_error_create_bare(spn_context *context, const spn_network *network,
                                  const spn_network_error *like, spn_network_error **out)
{
    spn_status status = SPN_OK;
    spn_network_error *error = NULL;
    *out = NULL;
    SPN_NEW(context, error, 1);
    error->network = network;
    error->dataset = like->dataset;
    error->kind = like->kind;
    error->weight_size = like->weight_size;
    error->value_size = like->value_size;
    error->objective = like->objective;
    error->objective.operations = &bare_operations;
    error->objective.problem = error;
    error->objective.dimension = network->parameters;
    error->farm = like->farm;
    error->held = like->held;
    error->coded = like->coded;
    error->background = like->background;
    error->places = like->places;
    SPN_TRY(spni_plan_create(context, network, error->objective.samples,
                             spni_multiplies_bytes(error), &error->plan));
    SPN_TRY(spni_shares_create(context, error));
    *out = error;
done:
    if (status != SPN_OK) {
        spn_network_error_free(context, error);
    }
    return status;
}

spn_status spn_network_error_watch(spn_context *context, spn_network_error *error,
                                   const spn_dataset *test)
{
    spn_status status = SPN_OK;
    spn_network_error *watched = NULL;
    SPN_TRY(check_problem(context, error->network, test, error->kind));
    SPN_NEW(context, watched, 1);
    watched->network = error->network;
    watched->dataset = test;
    watched->kind = error->kind;
    watched->objective.samples = test->samples;
    SPN_TRY(spni_plan_create(context, error->network, test->samples, false, &watched->plan));
    SPN_TRY(spni_lattice_create(context, test, &watched->own_lattice));
    SPN_TRY(spni_coded_create(context, test, 0, watched->own_lattice, NULL, &watched->own_coded));
    watched->coded = watched->own_coded;
    SPN_TRY(error->classes != NULL ? spni_classes_create(context, watched) : SPN_OK);
    spn_network_error_free(context, error->test);
    error->test = watched;
    watched = NULL;
done:
    spn_network_error_free(context, watched);
    return status;
}

void spn_network_error_free(spn_context *context, spn_network_error *error)
{
    if (error == NULL) {
        return;
    }
    spni_plan_free(context, &error->plan);
    spn_release(context, error->by_sample);
    spn_release(context, error->mean_y);
    spn_release(context, error->penalty);
    spn_release(context, error->mean_x);
    spn_release(context, error->mode_output);
    spn_release(context, error->mode_input);
    spn_release(context, error->symmetries);
    spn_release(context, error->classes);
    spn_release(context, error->shares);
    spni_coded_free(context, error->own_coded);
    spni_lattice_free(context, error->own_lattice);
    spni_background_free(context, error->own_background);
    spni_places_free(context, error->own_places);
    spn_network_error_free(context, error->test);
    spn_release(context, error);
}

const spn_objective *spn_network_error_objective(const spn_network_error *error)
{
    return &error->objective;
}

const double *spn_network_error_modes(const spn_network_error *error, int64_t *count)
{
    *count = error->mode_count;
    return error->modes;
}
