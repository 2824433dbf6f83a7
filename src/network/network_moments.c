/* SPDX-License-Identifier: MIT */
/* tr H^2 of the error without the Hessian (moments.h), and what operations cost. */
#include "network/dense.h"
#include "network/moments.h"

static spn_status create(spn_context *context, const spn_point *point, spn_part part,
                         const spni_moments_plan *plan, spni_moments *p)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    *p = (spni_moments){.error = state->error, .network = state->error->network, .state = state};
    p->theta = point->theta;
    p->part = part;
    p->plan = *plan;
    int64_t rows = state->error->plan.width_max * p->plan.units;
    bool has_two = p->plan.tile < state->samples;
    for (int i = 0; i < 2; i++) {
        SPN_TRY(i == 0 || has_two ? spni_tile_create(context, p, &p->tile[i]) : SPN_OK);
        SPN_NEW(context, p->work[i], rows * spni_tile_stride(p->plan.tile));
    }
done:
    return status;
}

spn_status spni_moments_take(spn_context *context, const spn_point *point, spn_part part,
                             const spni_moments_plan *plan, double *out)
{
    spn_status status = SPN_OK;
    spni_moments p;
    SPN_TRY(create(context, point, part, plan, &p));
    for (int64_t l = 1; l <= p.network->depth; l++) {
        if (spni_moments_has(p.network, &p.plan, l, false)) {
            SPN_TRY(spni_moments_pairs(context, &p, l));
        }
        if (spni_moments_has(p.network, &p.plan, l, true)) {
            SPN_TRY(spni_moments_sums(context, &p, l));
        }
    }
    *out = p.sum;
done:
    for (int i = 0; i < 2; i++) {
        spni_tile_free(context, &p.tile[i]);
        spn_release(context, p.work[i]);
    }
    return status;
}

spn_status spni_error_trace_square(spn_context *context, const spn_point *point, spn_part part,
                                   double *out)
{
    const spni_network_state *state = point->state;
    const spni_moments_plan plan = spni_moments_plan_of(state->error, state->samples);
    return spni_moments_take(context, point, part, &plan, out);
}

/* As many back-propagations as outputs, and one for each unit behind the second hidden layer (network_diagonal.c). */
static double trace_flops(const spn_network *network)
{
    double flops = 0.0, columns = (double)network->width[network->depth];
    for (int64_t l = network->depth; l >= 1; l--) {
        double below = (double)network->width[l - 1];
        flops += 2.0 * below;
        flops += l > 1 ? 2.0 * columns * (double)network->width[l] * below : 0.0;
        columns += l < network->depth && l > 2 ? (double)network->width[l] : 0.0;
    }
    return flops;
}

/* Value and gradient: two products with weights and one with samples, in the first layer nothing is pulled back. A product
 * with H: twice that and two more, of the directions. */
static double weight_flops(const spn_network *network, double first, double others)
{
    double flops = 0.0;
    for (int64_t l = 1; l <= network->depth; l++) {
        double weights = (double)network->width[l] * (double)network->width[l - 1];
        flops += (l == 1 ? first : others) * weights;
    }
    return flops;
}

void spni_error_costs(const spn_objective *objective, spn_costs *out)
{
    const spn_network_error *error = objective->problem;
    double samples = (double)objective->samples, size = (double)objective->dimension;
    const spni_moments_plan plan = spni_moments_plan_of(error, objective->samples);
    out->gradient = samples * weight_flops(error->network, 4.0, 6.0);
    out->product = samples * weight_flops(error->network, 4.0, 12.0);
    /* Half of it, from products of two factors; or products with unit vectors. */
    out->hessian = spni_dense_fits(error) ? samples * size * size : size * out->product;
    out->trace = samples * trace_flops(error->network);
    out->trace_square = plan.flops;
    out->trace_square_bytes = plan.bytes;
}
