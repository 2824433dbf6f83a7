/* SPDX-License-Identifier: MIT */
/* The reduced network of T27: a group of m units equal up to sign is one unit with weights sqrt(m) w, sqrt(m) v and the
 * activation sqrt(m) phi(a / sqrt(m)). theta_ij = s_i s_j / sqrt(m_I m_J) z_IJ is an isometry. */
#include "network/network_reduction.h"

#include <math.h>

double spni_reduction_scale(const spni_reduction *own, int64_t l, int64_t i, int64_t *group)
{
    if (l == 0 || l == own->error->network->depth) {
        *group = i;
        return 1.0;
    }
    const spni_groups *groups = &own->groups[l];
    *group = groups->group[i];
    return groups->sign[i] / sqrt((double)groups->size[*group]);
}

static void map_layer(spni_reduction *own, int64_t l)
{
    const spn_network *full = own->error->network, *network = own->network;
    spn_isometry *t = &own->isometry;
    for (int64_t i = 0; i < full->width[l]; i++) {
        int64_t row = 0, column = 0;
        double factor = spni_reduction_scale(own, l, i, &row);
        for (int64_t j = 0; j < full->width[l - 1]; j++) {
            int64_t place = full->weight_offset[l] + i * full->width[l - 1] + j;
            t->factor[place] = factor * spni_reduction_scale(own, l - 1, j, &column);
            t->index[place] = network->weight_offset[l] + row * network->width[l - 1] + column;
        }
        if (full->has_bias) {
            t->factor[full->bias_offset[l] + i] = factor;
            t->index[full->bias_offset[l] + i] = network->bias_offset[l] + row;
        }
    }
}

static spn_status create_network(spn_context *context, spni_reduction *own)
{
    spn_status status = SPN_OK;
    const spn_network *full = own->error->network;
    int64_t *hidden = NULL, depth = full->depth;
    SPN_NEW(context, hidden, depth);
    for (int64_t l = 1; l < depth; l++) {
        hidden[l - 1] = own->groups[l].count;
    }
    SPN_TRY(spn_network_create(context, full->width[0], full->width[depth], depth - 1, hidden,
                               full->activation, full->has_bias, &own->network));
    SPN_NEW(context, own->network->unit_scale, depth);
    for (int64_t l = 1; l < depth; l++) {
        SPN_NEW(context, own->network->unit_scale[l], own->groups[l].count);
        for (int64_t g = 0; g < own->groups[l].count; g++) {
            own->network->unit_scale[l][g] = sqrt((double)own->groups[l].size[g]);
        }
    }
done:
    spn_release(context, hidden);
    return status;
}

static spn_status create_map(spn_context *context, spni_reduction *own)
{
    spn_status status = SPN_OK;
    spn_isometry *t = &own->isometry;
    t->dimension = own->error->network->parameters;
    t->reduced = own->network->parameters;
    SPN_NEW(context, t->index, t->dimension);
    SPN_NEW(context, t->factor, t->dimension);
    for (int64_t l = 1; l <= own->error->network->depth; l++) {
        map_layer(own, l);
    }
done:
    return status;
}

static bool has_merged(const spni_groups *groups)
{
    return groups->count < groups->units;
}

static void free_room(spn_context *context, spni_reduction *own)
{
    spn_release(context, own->square);
    spn_release(context, own->rows);
    spn_release(context, own->products[0]);
    spn_release(context, own->products[1]);
    spn_release(context, own->values);
    spn_dense_free(context, own->dense);
    own->square = own->rows = own->products[0] = own->products[1] = own->values = NULL;
    own->dense = NULL;
}

spn_status spni_reduction_room(spn_context *context, spni_reduction *own)
{
    spn_status status = SPN_OK;
    const spn_network *network = own->network;
    if (own->square != NULL) {
        return SPN_OK;
    }
    for (int64_t l = 1; l < network->depth; l++) {
        if (has_merged(&own->groups[l])) {
            int64_t in = network->width[l - 1] + 1, out = network->width[l + 1];
            own->inputs_max = in > own->inputs_max ? in : own->inputs_max;
            own->outputs_max = out > own->outputs_max ? out : own->outputs_max;
        }
    }
    own->side = own->inputs_max + own->outputs_max;
    if (own->side == 0) {
        goto done;
    }
    free_room(context, own); /* of an attempt for which memory did not suffice */
    SPN_NEW(context, own->rows, own->inputs_max * own->inner->plan.block);
    SPN_NEW(context, own->products[0], own->inputs_max * own->inputs_max);
    SPN_NEW(context, own->products[1], own->inputs_max * own->outputs_max);
    SPN_NEW(context, own->values, own->side);
    SPN_TRY(spn_dense_create(context, own->side, &own->dense));
    SPN_NEW(context, own->square, own->side * own->side);
done:
    return status;
}

static void reduction_free(spn_context *context, void *memory)
{
    spni_reduction *own = memory;
    if (own == NULL) {
        return;
    }
    for (int64_t l = 1; own->groups != NULL && l < own->error->network->depth; l++) {
        spni_groups_free(context, &own->groups[l]);
    }
    spn_release(context, own->groups);
    spn_release(context, own->isometry.index);
    spn_release(context, own->isometry.factor);
    spn_network_error_free(context, own->inner);
    spn_network_free(context, own->network);
    free_room(context, own);
    spn_release(context, own);
}

static spn_status reduction_create(spn_context *context, const spn_objective *objective,
                                   const double *theta, double tolerance, void **memory)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    spni_reduction *own = NULL;
    *memory = NULL;
    SPN_NEW(context, own, 1);
    own->error = error;
    SPN_NEW(context, own->groups, network->depth + 1);
    for (int64_t l = 1; l < network->depth; l++) {
        SPN_TRY(spni_groups_find(context, network, theta, l, SPN_WEIGHT_FLOOR * error->weight_size,
                                 tolerance, &own->groups[l]));
    }
    SPN_TRY(create_network(context, own));
    SPN_TRY(create_map(context, own));
    SPN_TRY(spni_error_create_bare(context, own->network, error, &own->inner));
    *memory = own;
done:
    if (status != SPN_OK) {
        reduction_free(context, own);
    }
    return status;
}

static const spn_objective *reduction_objective(const void *memory)
{
    const spni_reduction *own = memory;
    return spn_network_error_objective(own->inner);
}

static const spn_isometry *reduction_isometry(const void *memory)
{
    const spni_reduction *own = memory;
    return &own->isometry;
}

const spn_reduction_operations spni_network_reduction = {
    .create = reduction_create,
    .free = reduction_free,
    .objective = reduction_objective,
    .isometry = reduction_isometry,
    .rest = spni_reduction_rest,
    .rest_traces = spni_reduction_rest_traces,
    .rest_flops = spni_reduction_rest_flops,
};
