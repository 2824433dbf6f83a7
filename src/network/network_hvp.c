/* SPDX-License-Identifier: MIT */
/* Products with the Hessian (Pearlmutter 1994): the derivative of the gradient along v = (V, u).
 *   forward   Ra_l = V_l h_{l-1} + u_l + W_l Rh_{l-1},  Rh_l = phi'(a_l) Ra_l,  Rh_0 = 0
 *   output    Rdelta_D = (d^2 E/df^2) Ra_D
 *   backward  (Hv)_l = Rdelta_l h_{l-1}^T + [delta_l Rh_{l-1}^T]
 *             Rdelta_{l-1} = phi' (W_l^T Rdelta_l + [V_l^T delta_l]) + [c_{l-1} Ra_{l-1}]
 * The Gauss-Newton part (T8) leaves out the terms in brackets, the residual part the output line. */
#include "network/network_internal.h"
#include "network/product.h"

#include <string.h>

/* Rows of state->tangent: Ra_l at plan.row order (a_l then h_l), then two layers of Rdelta. */
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

static tangent_rows tangent_of(const spni_state *state, int64_t l)
{
    const spn_network_error *error = state->error;
    double *ra = state->tangent + 2 * error->plan.width_max * error->plan.block;
    for (int64_t j = 1; j < l; j++) {
        ra += 2 * error->network->width[j] * error->plan.block;
    }
    return (tangent_rows){ra, ra + error->network->width[l] * error->plan.block};
}

static void forward_tangent(const spni_state *state, const double *theta, const double *v,
                            const spni_block *block)
{
    const spn_network_error *error = state->error;
    const spn_network *network = error->network;
    int64_t ld = error->plan.block;
    for (int64_t l = 1; l <= network->depth; l++) {
        int64_t ldi = 0, width = network->width[l], fan_in = network->width[l - 1];
        const double *input = spni_input(&error->plan, block, l, &ldi);
        const double *bias = network->has_bias ? v + network->bias_offset[l] : NULL;
        tangent_rows rows = tangent_of(state, l);
        spni_affine(state->kernels, width, fan_in, block->count, v + network->weight_offset[l],
                    bias, input, ldi, rows.ra, ld);
        if (l > 1) {
            spni_add_product(state->kernels, width, fan_in, block->count,
                             theta + network->weight_offset[l], tangent_of(state, l - 1).rh, ld,
                             rows.ra, ld);
        }
        for (int64_t i = 0; l < network->depth && i < width; i++) {
            state->kernels->multiply(block->count, spni_slopes(error, block, l) + i * ld,
                                     rows.ra + i * ld, rows.rh + i * ld);
        }
    }
}

/* Rdelta_{l-1} from Rdelta_l. */
static void pull_back(const spni_state *state, const spni_block *block, int64_t l,
                      bool has_residual, const double *rdelta, double *out)
{
    const spn_network_error *error = state->error;
    const spn_network *network = error->network;
    int64_t ld = error->plan.block, width = network->width[l - 1];
    spni_affine(state->kernels, width, network->width[l], block->count,
                state->transposed + network->weight_offset[l], NULL, rdelta, ld, out, ld);
    if (has_residual) {
        spni_add_product(state->kernels, width, network->width[l], block->count,
                         state->direction + network->weight_offset[l], spni_deltas(error, block, l),
                         ld, out, ld);
    }
    const double *ra = tangent_of(state, l - 1).ra;
    for (int64_t i = 0; i < width; i++) {
        double *row = out + i * ld;
        state->kernels->multiply(block->count, spni_slopes(error, block, l - 1) + i * ld, row, row);
        if (has_residual) {
            state->kernels->add_multiplied(block->count, spni_bends(error, block, l - 1) + i * ld,
                                           ra + i * ld, row);
        }
    }
}

static void backward_tangent(const spni_state *state, spn_part part, const spni_block *block,
                             double *hv)
{
    const spn_network_error *error = state->error;
    const spn_network *network = error->network;
    int64_t ld = error->plan.block, depth = network->depth;
    bool has_residual = part != SPN_PART_GAUSS_NEWTON;
    double *rdelta = state->tangent, *next = rdelta + error->plan.width_max * ld;
    if (part == SPN_PART_RESIDUAL) {
        memset(rdelta, 0, (size_t)(network->width[depth] * ld) * sizeof *rdelta);
    } else {
        spni_output_product(state->kernels, error, block, state->scale, tangent_of(state, depth).ra,
                            rdelta);
    }
    for (int64_t l = depth; l >= 1; l--) {
        int64_t ldi = 0, width = network->width[l], fan_in = network->width[l - 1];
        const double *input = spni_input(&error->plan, block, l, &ldi);
        double *weights = hv + network->weight_offset[l];
        spni_outer(state->kernels, width, fan_in, block->count, rdelta, ld, input, ldi, true,
                   weights);
        if (l > 1 && has_residual) {
            spni_outer(state->kernels, width, fan_in, block->count, spni_deltas(error, block, l),
                       ld, tangent_of(state, l - 1).rh, ld, true, weights);
        }
        if (network->has_bias) {
            spni_add_row_sums(state->kernels, width, block->count, rdelta, ld,
                              hv + network->bias_offset[l]);
        }
        if (l > 1) {
            pull_back(state, block, l, has_residual, rdelta, next);
            double *swap = rdelta;
            rdelta = next;
            next = swap;
        }
    }
}

spn_status spni_error_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                          const double *v, double *hv)
{
    spn_status status = SPN_OK;
    spni_state *state = point->state;
    const spn_network *network = state->error->network;
    int64_t parameters = network->parameters;
    memset(hv, 0, (size_t)(k * parameters) * sizeof *hv);
    for (int64_t b = 0; b < spni_block_total(state); b++) {
        SPN_TRY(spn_poll(context));
        spni_block block = spni_block_get(state, b);
        for (int64_t j = 0; j < k; j++) {
            const double *vj = v + j * parameters;
            if (part != SPN_PART_GAUSS_NEWTON) {
                spni_transpose_weights(network, vj, state->direction);
            }
            forward_tangent(state, point->theta, vj, &block);
            backward_tangent(state, part, &block, hv + j * parameters);
        }
    }
done:
    return status;
}
