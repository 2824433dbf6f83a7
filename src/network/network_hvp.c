/* SPDX-License-Identifier: MIT */
/* Products with the Hessian (Pearlmutter 1994): the derivative of the gradient along v = (V, u).
 *   forward   Ra_l = V_l h_{l-1} + u_l + W_l Rh_{l-1},  Rh_l = phi'(a_l) Ra_l,  Rh_0 = 0
 *   output    Rdelta_D = (d^2 E/df^2) Ra_D
 *   backward  (Hv)_l = Rdelta_l h_{l-1}^T + [delta_l Rh_{l-1}^T]
 *             Rdelta_{l-1} = phi' (W_l^T Rdelta_l + [V_l^T delta_l]) + [c_{l-1} Ra_{l-1}]
 * The Gauss-Newton part (T8) leaves out the terms in brackets, the residual part the output line. */
#include "network/network.h"
#include "network/product.h"

#include <spinodal/base/team.h>
#include <string.h>

/* One product on its way through a block of samples. */
typedef struct product {
    const spni_network_state *state;
    const spni_lane *lane;
    const double *theta, *v;
    spn_part part;
    const spni_block *block;
    bool adds; /* to hv; otherwise it is written */
    double *hv;
} product;

/* Rows of lane->tangent: two layers of Rdelta, then Ra_l and Rh_l of all layers. */
typedef struct tangent_rows {
    double *ra, *rh; /* of one layer */
} tangent_rows;

int64_t spni_tangent_rows(const spn_network *network, const spni_plan *plan)
{
    int64_t rows = 2 * plan->width_max;
    for (int64_t l = 1; l <= network->depth; l++) {
        rows += 2 * network->width[l];
    }
    return rows;
}

static tangent_rows tangent_of(const product *p, int64_t l)
{
    const spn_network_error *error = p->state->error;
    double *ra = p->lane->tangent + 2 * error->plan.width_max * error->plan.block;
    for (int64_t j = 1; j < l; j++) {
        ra += 2 * error->network->width[j] * error->plan.block;
    }
    return (tangent_rows){ra, ra + error->network->width[l] * error->plan.block};
}

static void forward_tangent(const product *p)
{
    const spn_network_error *error = p->state->error;
    const spn_network *network = error->network;
    const spni_kernels *kernels = p->state->kernels;
    int64_t ld = error->plan.block, n = p->block->count;
    for (int64_t l = 1; l <= network->depth; l++) {
        int64_t width = network->width[l], fan_in = network->width[l - 1];
        const spni_rows input = spni_input(&error->plan, p->block, l);
        const double *bias = spni_bias(network, p->block, l, p->v);
        tangent_rows rows = tangent_of(p, l);
        spni_affine_of(kernels, width, fan_in, n, p->v + network->weight_offset[l], bias, &input,
                       rows.ra, ld);
        if (l > 1) {
            spni_add_product(kernels, width, fan_in, n, p->theta + network->weight_offset[l],
                             tangent_of(p, l - 1).rh, ld, rows.ra, ld);
        }
        for (int64_t i = 0; l < network->depth && i < width; i++) {
            kernels->multiply(n, spni_slopes(error, p->block, l) + i * ld, rows.ra + i * ld,
                              rows.rh + i * ld);
        }
    }
}

/* Rdelta_{l-1} from Rdelta_l. */
static void pull_back(const product *p, int64_t l, const double *rdelta, double *out)
{
    const spn_network_error *error = p->state->error;
    const spn_network *network = error->network;
    const spni_kernels *kernels = p->state->kernels;
    bool has_residual = p->part != SPN_PART_GAUSS_NEWTON;
    int64_t ld = error->plan.block, width = network->width[l - 1], n = p->block->count;
    spni_affine(kernels, width, network->width[l], n,
                p->state->transposed + network->weight_offset[l], NULL, rdelta, ld, out, ld);
    if (has_residual) {
        spni_add_product(kernels, width, network->width[l], n,
                         p->lane->direction + network->weight_offset[l],
                         spni_deltas(error, p->block, l), ld, out, ld);
    }
    const double *ra = tangent_of(p, l - 1).ra;
    for (int64_t i = 0; i < width; i++) {
        double *row = out + i * ld;
        kernels->multiply(n, spni_slopes(error, p->block, l - 1) + i * ld, row, row);
        if (has_residual) {
            kernels->add_multiplied(n, spni_bends(error, p->block, l - 1) + i * ld, ra + i * ld,
                                    row);
        }
    }
}

static void backward_tangent(const product *p)
{
    const spn_network_error *error = p->state->error;
    const spn_network *network = error->network;
    const spni_kernels *kernels = p->state->kernels;
    int64_t ld = error->plan.block, depth = network->depth, n = p->block->count;
    bool has_residual = p->part != SPN_PART_GAUSS_NEWTON;
    double *rdelta = p->lane->tangent, *next = rdelta + error->plan.width_max * ld;
    if (p->part == SPN_PART_RESIDUAL) {
        memset(rdelta, 0, (size_t)(network->width[depth] * ld) * sizeof *rdelta);
    } else {
        spni_output_product(kernels, error, p->block, p->state->scale, tangent_of(p, depth).ra,
                            next, rdelta);
    }
    for (int64_t l = depth; l >= 1; l--) {
        int64_t width = network->width[l], fan_in = network->width[l - 1];
        const spni_rows input = spni_input(&error->plan, p->block, l);
        double *weights = p->hv + network->weight_offset[l];
        spni_outer_with(kernels, width, fan_in, n, rdelta, ld, &input, p->adds, weights);
        if (l > 1 && has_residual) {
            spni_outer(kernels, width, fan_in, n, spni_deltas(error, p->block, l), ld,
                       tangent_of(p, l - 1).rh, ld, true, weights);
        }
        if (network->has_bias) {
            double *bias = p->hv + network->bias_offset[l];
            memset(bias, 0, p->adds ? 0 : (size_t)width * sizeof *bias);
            spni_add_row_sums(kernels, width, n, rdelta, ld, bias);
        }
        if (l > 1) {
            pull_back(p, l, rdelta, next);
            double *swap = rdelta;
            rdelta = next;
            next = swap;
        }
    }
}

/* Products of some vectors over the sections of a wave. A part is one section and one group of the vectors: groups
 * share what is read of a block, more than one is made where there are too few sections for the lanes. */
typedef struct products {
    const spn_point *point;
    spn_part part;
    int64_t vectors, group, groups;
    const double *v;
    double *hv;
    bool is_single; /* one section: its term is the product */
    spni_section_sums sums;
} products;

static spn_status multiply_section(spn_context *context, void *memory, int64_t i, int64_t lane)
{
    spn_status status = SPN_OK;
    const products *q = memory;
    const spni_network_state *state = q->point->state;
    const spn_network *network = state->error->network;
    const int64_t width = network->width[1];
    int64_t place = i / q->groups, from = i % q->groups * q->group, to = from + q->group;
    int64_t begin = 0, end = 0;
    product p = {.state = state, .lane = &state->lane[lane], .theta = q->point->theta};
    p.part = q->part;
    to = to < q->vectors ? to : q->vectors;
    spni_section_blocks(state, q->sums.first + place, &begin, &end);
    for (int64_t b = begin; b < end; b++) {
        SPN_TRY(spn_poll(context));
        spni_block block = spni_block_relative(state, b, lane, NULL);
        p.block = &block;
        p.adds = b > begin;
        for (int64_t j = from; j < to; j++) {
            block.first_bias = spni_is_relative(state) ? state->first_bias + j * width : NULL;
            p.v = q->v + j * network->parameters;
            p.hv =
                q->is_single ? q->hv + j * network->parameters : spni_sums_row(&q->sums, place, j);
            if (p.part != SPN_PART_GAUSS_NEWTON) {
                spni_transpose_weights(network, p.v, p.lane->direction);
            }
            forward_tangent(&p);
            backward_tangent(&p);
        }
    }
done:
    return status;
}

/* So many parts of the vectors that all lanes have some. */
static void cut_groups(products *q, int64_t sections, int64_t lanes)
{
    q->group = sections >= lanes ? q->vectors : (q->vectors + lanes - 1) / lanes;
    q->groups = (q->vectors + q->group - 1) / q->group;
}

static spn_status multiply_single(spn_context *context, products *q, int64_t lanes)
{
    q->is_single = true;
    cut_groups(q, 1, lanes);
    return spn_team_run_on(context, lanes, q->groups, multiply_section, q);
}

static spn_status multiply_vectors(spn_context *context, products *q, int64_t lanes)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = q->point->state;
    const int64_t parameters = state->error->network->parameters;
    const double *total = NULL;
    spni_sums_begin(&q->sums, state, q->vectors, lanes, 0);
    while (spni_sums_next(&q->sums)) {
        cut_groups(q, q->sums.count, lanes);
        SPN_TRY(spn_team_run_on(context, lanes, q->sums.count * q->groups, multiply_section, q));
        spni_sums_take(&q->sums);
    }
done:
    status = spni_sums_end(context, &q->sums, status, q->vectors * parameters, q->v, &total);
    for (int64_t j = 0; status == SPN_OK && j < q->vectors; j++) {
        memcpy(q->hv + j * parameters, total + j * spni_row_stride(state->error),
               (size_t)parameters * sizeof *q->hv);
    }
    return status;
}

spn_status spni_error_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                          const double *v, double *hv)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const int64_t parameters = state->error->network->parameters;
    const bool is_single = state->error->farm == NULL && spni_section_total(state) == 1;
    const double work = 2.0 * state->error->plan.work * (double)state->samples * (double)k;
    const int64_t lanes = spni_lanes_for(context, state, work);
    const spn_network *network = state->error->network;
    const int64_t width = network->width[1];
    int64_t most = is_single ? k : state->vectors, count = 0;
    for (int64_t j = 0; j < k; j += count) {
        count = k - j < most ? k - j : most;
        products q = {.point = point,
                      .part = part,
                      .vectors = count,
                      .v = v + j * parameters,
                      .hv = hv + j * parameters};
        for (int64_t r = 0; spni_is_relative(state) && r < count; r++) {
            const double *row = q.v + r * parameters;
            spni_background_bias(state, width, row + network->weight_offset[1],
                                 row + network->bias_offset[1], state->first_bias + r * width);
        }
        SPN_TRY(is_single ? multiply_single(context, &q, lanes)
                          : multiply_vectors(context, &q, lanes));
        for (int64_t r = 0; spni_is_relative(state) && r < count; r++) {
            double *row = q.hv + r * parameters;
            spni_background_add(state, width, row + network->bias_offset[1],
                                row + network->weight_offset[1]);
        }
    }
done:
    return status;
}
