/* SPDX-License-Identifier: MIT */
/* Principal strengths of the outputs over the samples: how many independent directions f has, whatever the data's
 * modes are. The axes come from the outputs' second moments, the strength along each from the outputs themselves: as
 * the root of an eigenvalue it would have lost half of its digits. */
#include "kernel/activation.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

/* The state's room for them. */
typedef struct output_room {
    double *f;    /* K x N, less those of the first sample and then the mean where centred */
    double *axes; /* K x K: second moments, then eigenvectors, each contiguous */
    double *origin, *mean, *values; /* K each */
    double *along;                  /* N: outputs along an axis */
} output_room;

int64_t spni_directions_room(const spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    int64_t f = 0, axes = 0, room = 0;
    bool fits = spn_size_multiply(data->outputs + 1, error->objective.samples, &f) &&
                spn_size_multiply(data->outputs, data->outputs + 3, &axes) &&
                spn_size_add(f, axes, &room);
    return fits ? room : 0;
}

static output_room outputs_of(const spni_network_state *state)
{
    int64_t count = state->error->dataset->outputs, samples = state->error->objective.samples;
    double *f = state->outputs, *axes = f + count * samples, *origin = axes + count * count;
    return (output_room){f, axes, origin, origin + count, origin + 2 * count, origin + 3 * count};
}

/* A constant that the output can be whatever the samples is no direction: the network has a bias, or units that
 * are not 0 at 0. */
static bool is_centred(const spn_network *network)
{
    return network->has_bias ||
           (network->depth > 1 && spni_activation_at_zero(network->activation) != 0.0);
}

int64_t spni_direction_count(const spn_network_error *error)
{
    int64_t outputs = error->dataset->outputs;
    return outputs < SPN_MODES_MAX ? outputs : SPN_MODES_MAX;
}

bool spn_network_error_is_principal(const spn_network_error *error)
{
    return error->mode_count == 0 || error->classes != NULL;
}

double *spni_directions_outputs(const spni_network_state *state)
{
    return outputs_of(state).f;
}

/* Less those of the first sample, where they are centred. */
static void take_origin(const spni_network_state *state, const output_room *o)
{
    int64_t samples = state->error->objective.samples;
    for (int64_t k = 0; k < state->error->dataset->outputs; k++) {
        double *f = o->f + k * samples;
        o->origin[k] = is_centred(state->error->network) ? f[0] : 0.0;
        for (int64_t n = 0; n < samples; n++) {
            f[n] -= o->origin[k];
        }
    }
}

/* Means, taken off where the outputs are centred. */
static void take_means(const spni_network_state *state, const output_room *o)
{
    int64_t samples = state->error->objective.samples;
    bool is_taken_off = is_centred(state->error->network);
    for (int64_t k = 0; k < state->error->dataset->outputs; k++) {
        double *f = o->f + k * samples;
        o->mean[k] = state->kernels->sum(samples, f) / (double)samples;
        for (int64_t n = 0; is_taken_off && n < samples; n++) {
            f[n] -= o->mean[k];
        }
    }
}

static double strength_along(const spni_network_state *state, const output_room *o,
                             const double *axis)
{
    int64_t samples = state->error->objective.samples;
    memset(o->along, 0, (size_t)samples * sizeof *o->along);
    for (int64_t k = 0; k < state->error->dataset->outputs; k++) {
        spn_axpy(samples, axis[k], o->f + k * samples, o->along);
    }
    return spn_norm(samples, o->along) / sqrt((double)samples);
}

/* Descending; the axes' order is that of rougher numbers. */
static void insert(spn_labels *out, int64_t count, double strength)
{
    int64_t at = count;
    while (at > 0 && out->directions[at - 1] < strength) {
        out->directions[at] = out->directions[at - 1];
        at--;
    }
    out->directions[at] = strength;
}

void spni_measure_outputs(spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    double spread = 0.0, size = 0.0;
    if (error->kind == SPN_ERROR_CROSS_ENTROPY) {
        error->output_scale = 1.0; /* the softmax has a scale of its own */
        return;
    }
    for (int64_t k = 0; k < data->outputs; k++) {
        double origin = is_centred(error->network) ? error->mean_y[k] : 0.0;
        for (int64_t n = 0; n < data->samples; n++) {
            double y = data->y[k * data->stride + n];
            size += y * y;
            spread += (y - origin) * (y - origin);
        }
    }
    error->output_scale =
        sqrt(fmax(spread, SPNI_LEAST_SPREAD * SPNI_LEAST_SPREAD * size) / (double)data->samples);
}

/* How far the mean output is from what the output's bias alone gives. */
static double distance_from_bias(const spn_network_error *error, const double *theta,
                                 const output_room *o)
{
    const spn_network *network = error->network;
    double square = 0.0;
    for (int64_t k = 0; k < error->dataset->outputs; k++) {
        double bias = network->has_bias ? theta[network->bias_offset[network->depth] + k] : 0.0;
        double distance = o->origin[k] + o->mean[k] - bias;
        square += distance * distance;
    }
    return sqrt(square);
}

spn_status spni_directions_take(spn_context *context, const spn_point *point, spn_labels *out)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network_error *error = state->error;
    const output_room o = outputs_of(state);
    int64_t count = error->dataset->outputs, samples = error->objective.samples;
    take_origin(state, &o);
    take_means(state, &o);
    out->output_scale = error->output_scale;
    spn_multiply_transposed(count, count, samples, 1.0 / (double)samples, o.f, samples, o.f,
                            samples, 0.0, o.axes, count);
    if (!spn_all_finite(count * count, o.axes)) {
        goto done; /* theta is far out: no direction is told from another */
    }
    SPN_TRY(spn_eigen(context, state->spectrum, count, o.axes, true, o.values));
    out->direction_count = spni_direction_count(error);
    for (int64_t i = 0; i < out->direction_count; i++) {
        insert(out, i, strength_along(state, &o, o.axes + (count - 1 - i) * count));
    }
    double floor = SPN_DIRECTION_SHARE_ROUGH * out->output_scale;
    out->is_trivial = out->directions[0] <= SPN_DIRECTION_MARGIN * floor &&
                      distance_from_bias(error, point->theta, &o) <= floor;
done:
    return status;
}
