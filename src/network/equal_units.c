/* SPDX-License-Identifier: MIT */
/* Hidden units that are equal up to sign: incoming weights, bias and outgoing weights all agree after one sign, -1 only
 * for odd activations. Distances are measured against the longest unit of the layer, so that all units that have died,
 * whose direction is noise, are one group. */
#include "kernel/activation.h"
#include "network/network_reduction.h"

#include <math.h>

/* The weights of a unit as three runs. */
typedef struct unit {
    const double *in, *out, *bias;
    int64_t in_count, out_count, out_step;
} unit;

static unit unit_of(const spn_network *network, const double *theta, int64_t l, int64_t i)
{
    int64_t fan_in = network->width[l - 1];
    return (unit){
        .in = theta + network->weight_offset[l] + i * fan_in,
        .in_count = fan_in,
        .bias = network->has_bias ? theta + network->bias_offset[l] + i : NULL,
        .out = theta + network->weight_offset[l + 1] + i,
        .out_count = network->width[l + 1],
        .out_step = network->width[l],
    };
}

/* |a - sign b|^2; with sign 0 that of a. */
static double distance(const unit *a, const unit *b, double sign)
{
    double sum = 0;
    for (int64_t i = 0; i < a->in_count; i++) {
        double d = a->in[i] - sign * b->in[i];
        sum += d * d;
    }
    for (int64_t i = 0; i < a->out_count; i++) {
        double d = a->out[i * a->out_step] - sign * b->out[i * b->out_step];
        sum += d * d;
    }
    double d = a->bias != NULL ? *a->bias - sign * *b->bias : 0;
    return sum + d * d;
}

static double longest_unit(const spn_network *network, const double *theta, int64_t l)
{
    double largest = 0;
    for (int64_t i = 0; i < network->width[l]; i++) {
        unit a = unit_of(network, theta, l, i);
        largest = fmax(largest, distance(&a, &a, 0));
    }
    return sqrt(largest);
}

static spn_status groups_create(spn_context *context, int64_t units, spni_groups *out)
{
    spn_status status = SPN_OK;
    out->units = units;
    SPN_NEW(context, out->group, units);
    SPN_NEW(context, out->sign, units);
    SPN_NEW(context, out->size, units);
done:
    return status;
}

void spni_groups_free(spn_context *context, spni_groups *groups)
{
    spn_release(context, groups->group);
    spn_release(context, groups->sign);
    spn_release(context, groups->size);
}

spn_status spni_groups_find(spn_context *context, const spn_network *network, const double *theta,
                            int64_t l, double floor, double tolerance, spni_groups *out)
{
    spn_status status = SPN_OK;
    int64_t width = network->width[l];
    int64_t *first = NULL; /* unit of each group */
    bool is_odd = spni_activation_is_odd(network->activation);
    double near = tolerance * fmax(longest_unit(network, theta, l), floor);
    SPN_TRY(groups_create(context, width, out));
    SPN_NEW(context, first, width);
    for (int64_t i = 0; i < width; i++) {
        SPN_TRY(spn_poll(context));
        const unit a = unit_of(network, theta, l, i);
        int64_t g = 0;
        double sign = 1;
        for (; g < out->count; g++) {
            const unit b = unit_of(network, theta, l, first[g]);
            if (sqrt(distance(&a, &b, 1)) <= near) {
                break;
            }
            if (is_odd && sqrt(distance(&a, &b, -1)) <= near) {
                sign = -1;
                break;
            }
        }
        if (g == out->count) {
            first[out->count++] = i;
        }
        out->group[i] = g;
        out->sign[i] = sign;
        out->size[g]++;
    }
done:
    spn_release(context, first);
    return status;
}
