/* SPDX-License-Identifier: MIT */
/* Traces of the spectrum beside the reduced network (T27): of a group of m equal units the block comes m - 1 times,
 *   tr = sum over groups (m - 1) tr B + tr (iii),   tr of the square = sum (m - 1) tr B^2 + tr (iii)^2,
 * with B and (iii) as in reduction_spectrum.c. Of the Gauss-Newton part B has what the regulariser adds alone. */
#include "network/network_reduction.h"

/* What is summed up. */
typedef struct sums {
    double trace, square;
} sums;

static void add(double times, double trace, double square, sums *out)
{
    out->trace += times * trace;
    out->square += times * square;
}

/* The regulariser alone. */
static void add_stiffness(const spni_reduction *own, const spn_damping *damping, int64_t l,
                          int64_t j, double times, sums *out)
{
    for (int64_t i = 0; i < spni_reduction_side(own, l); i++) {
        const double value = damping->stiffness * spni_block_weight(own->network, damping, l, j, i);
        add(times, value, value * value, out);
    }
}

/* (iii) between group i of layer l and all of the next one. */
static void add_pairs(const spni_reduction *own, const spn_damping *damping, int64_t l, int64_t i,
                      sums *out)
{
    for (int64_t j = 0; j < own->groups[l + 1].count; j++) {
        const double value = spni_reduction_pair_value(own, damping, l, i, j);
        add((double)spni_reduction_pairs(own, l, i, j), value, value * value, out);
    }
}

static spn_status add_block(spn_context *context, spni_reduction *own, const spn_point *point,
                            const spn_damping *damping, int64_t l, int64_t j, double times,
                            sums *out)
{
    spn_status status = SPN_OK;
    const int64_t n = spni_reduction_side(own, l);
    SPN_TRY(spn_poll(context));
    SPN_TRY(spni_reduction_block(context, own, point, damping, l, j, own->square));
    add(times, spn_symmetric_trace(n, own->square), spn_symmetric_frobenius_squared(n, own->square),
        out);
done:
    return status;
}

spn_status spni_reduction_rest_traces(spn_context *context, void *memory, const spn_point *point,
                                      const spn_damping *damping, spn_part part, double *trace,
                                      double *square)
{
    spn_status status = SPN_OK;
    spni_reduction *own = memory;
    sums out = {0.0, 0.0};
    SPN_TRY(spni_reduction_room(context, own));
    for (int64_t l = 1; l < own->network->depth; l++) {
        const spni_groups *groups = &own->groups[l];
        for (int64_t j = 0; j < groups->count; j++) {
            const double times = (double)(groups->size[j] - 1);
            if (times > 0.0 && part == SPN_PART_GAUSS_NEWTON) {
                add_stiffness(own, damping, l, j, times, &out);
            } else if (times > 0.0) {
                SPN_TRY(add_block(context, own, point, damping, l, j, times, &out));
            }
        }
        for (int64_t i = 0; l + 1 < own->network->depth && i < groups->count; i++) {
            add_pairs(own, damping, l, i, &out);
        }
    }
    *trace = out.trace;
    *square = out.square;
done:
    return status;
}

double spni_reduction_rest_flops(const void *memory)
{
    const spni_reduction *own = memory;
    const spn_network *network = own->network;
    double flops = 0.0;
    for (int64_t l = 1; l < network->depth; l++) {
        const double in = (double)network->width[l - 1] + 1.0, out = (double)network->width[l + 1];
        for (int64_t j = 0; j < own->groups[l].count; j++) {
            flops += own->groups[l].size[j] > 1 ? in * (in + 2.0 * out) : 0.0;
        }
    }
    return flops * (double)own->inner->objective.samples;
}
