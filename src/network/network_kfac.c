/* SPDX-License-Identifier: MIT */
/* The Kronecker-factored preconditioner (K-FAC: Martens and Grosse 2015) of a network's error, block-diagonal in the
 * layers: that of W_l is A_l (x) G_l,
 *   A_l = <h_{l-1} h_{l-1}^T>,   G_l = <J_l^T S_D J_l>,   J_l = df/da_l,   S_D = d^2 e/df^2 = sum_k s_k s_k^T,
 * so that G_l is the second moment of K back-propagations t_{l-1} = phi'_{l-1} (W_l^T t_l), each from its own t_D = s_k:
 *   squared error: s_k = sqrt(2) e_k;  cross-entropy: sqrt(m p_k) (e_k - p);  one logit: sqrt(p (1 - p)).
 * No sampling: the same theta gives the same preconditioner. */
#include "network/network_kfac.h"
#include "network/product.h"

#include <math.h>
#include <spinodal/objective/preconditioner.h>
#include <string.h>

typedef struct kfac {
    const spn_network_error *error;
    int64_t width_max;       /* of all layers, the bias among the inputs */
    spni_kfac_layer *layers; /* 1 .. D */
    spn_dense *dense;
    int64_t side;           /* of what there is room for: */
    double *square;         /* ... a factor on its way, side^2 */
    double *rows[2];        /* width_max x block: t_l */
    double *sums;           /* width_max: of h_{l-1} */
    double *matrix;         /* a layer's weights; scratch behind them */
    spn_farm_piece *pieces; /* a layer each: what ranks hand on */
    const void *like;       /* of the same data */
} kfac;

static void layer_free(spn_context *context, spni_kfac_layer *layer)
{
    spn_release(context, layer->basis);
    spn_release(context, layer->values);
    spn_release(context, layer->g);
    spn_release(context, layer->left);
    spn_release(context, layer->left_t);
    spn_release(context, layer->mean);
    spn_release(context, layer->pivot);
}

static void kfac_free(spn_context *context, void *memory)
{
    kfac *own = memory;
    if (own == NULL) {
        return;
    }
    for (int64_t l = 1; own->layers != NULL && l <= own->error->network->depth; l++) {
        layer_free(context, &own->layers[l]);
    }
    spn_release(context, own->layers);
    spn_dense_free(context, own->dense);
    spn_release(context, own->square);
    spn_release(context, own->rows[0]);
    spn_release(context, own->rows[1]);
    spn_release(context, own->sums);
    spn_release(context, own->matrix);
    spn_release(context, own->pieces);
    spn_release(context, own);
}

static spn_status layer_create(spn_context *context, const spn_network *network, int64_t l,
                               spni_kfac_layer *layer)
{
    spn_status status = SPN_OK;
    int64_t in = network->width[l - 1] + 1, out = network->width[l];
    SPN_NEW(context, layer->values, in);
    SPN_NEW(context, layer->mean, in);
    SPN_NEW(context, layer->g, out);
    SPN_NEW(context, layer->left, out * out);
    SPN_NEW(context, layer->left_t, out * out);
    SPN_NEW(context, layer->pivot, out);
    layer->out = out;
done:
    return status;
}

static spn_status kfac_create(spn_context *context, const spn_objective *objective,
                              const void *like, void **memory)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = objective->problem;
    const spn_network *network = error->network;
    kfac *own = NULL;
    int64_t weights_max = 0;
    *memory = NULL;
    SPN_NEW(context, own, 1);
    own->error = error;
    own->like = like;
    SPN_NEW(context, own->layers, network->depth + 1);
    for (int64_t l = 0; l <= network->depth; l++) {
        int64_t side = network->width[l] + 1;
        int64_t weights = l > 0 ? (network->width[l - 1] + 1) * side : 0;
        own->width_max = side > own->width_max ? side : own->width_max;
        weights_max = weights > weights_max ? weights : weights_max;
        SPN_TRY(l > 0 ? layer_create(context, network, l, &own->layers[l]) : SPN_OK);
    }
    SPN_NEW(context, own->rows[0], error->plan.width_max * error->plan.block);
    SPN_NEW(context, own->rows[1], error->plan.width_max * error->plan.block);
    SPN_NEW(context, own->sums, own->width_max);
    SPN_NEW(context, own->matrix, 2 * weights_max);
    SPN_NEW(context, own->pieces, network->depth);
    *memory = own;
done:
    if (status != SPN_OK) {
        kfac_free(context, own);
    }
    return status;
}

/* s_k of all samples of a block, K rows. */
static void output_root(const spn_network_error *error, const spni_block *block, double scale,
                        int64_t k, double *t)
{
    int64_t ld = error->plan.block, outputs = error->network->width[error->network->depth];
    double constant = spni_output_constant(error, scale);
    if (constant != 0.0) {
        memset(t, 0, (size_t)(outputs * ld) * sizeof *t);
        for (int64_t n = 0; n < block->count; n++) {
            t[k * ld + n] = sqrt(constant);
        }
        return;
    }
    const double *p = spni_probabilities(error, block), *mass = p + outputs * ld;
    const double *rest = mass + ld;
    for (int64_t n = 0; n < block->count && outputs == 1; n++) {
        t[n] = sqrt(scale * p[n] * rest[n]);
    }
    for (int64_t j = 0; outputs > 1 && j < outputs; j++) {
        for (int64_t n = 0; n < block->count; n++) {
            double root = sqrt(scale * mass[n] * p[k * ld + n]);
            t[j * ld + n] = root * ((j == k ? 1.0 : 0.0) - p[j * ld + n]);
        }
    }
}

/* G_l of one block and one s_k, in left_t. */
static void add_outputs(kfac *own, const spni_network_state *state, const spni_block *block,
                        int64_t k, bool adds)
{
    const spn_network *network = own->error->network;
    int64_t ld = own->error->plan.block;
    double *t = own->rows[0], *next = own->rows[1];
    output_root(own->error, block, state->scale, k, t);
    for (int64_t l = network->depth; l >= 1; l--) {
        int64_t width = network->width[l];
        spni_outer(state->kernels, width, width, block->count, t, ld, t, ld, adds,
                   own->layers[l].left_t);
        if (l > 1) {
            spni_scaled_product(state->kernels, network->width[l - 1], width, block->count,
                                state->transposed + network->weight_offset[l], t, ld,
                                spni_slopes(own->error, block, l - 1), ld, next, ld);
            double *swap = t;
            t = next;
            next = swap;
        }
    }
}

/* Sums over samples of h h^T (in basis) and of h. */
static spn_status add_inputs(spn_context *context, const kfac *own, const spni_network_state *state,
                             int64_t l)
{
    spn_status status = SPN_OK;
    int64_t width = own->error->network->width[l - 1];
    const spni_stretch blocks = spni_own_blocks(state);
    const spn_farm_piece pieces[] = {{own->layers[l].basis, width * width}, {own->sums, width}};
    memset(own->sums, 0, (size_t)width * sizeof *own->sums);
    SPN_TRY(spni_relay_begin(context, own->error, 2, pieces));
    for (int64_t b = blocks.begin; b < blocks.end && status == SPN_OK; b++) {
        spni_block block = spni_block_on(state, b, 0);
        const spni_rows h = spni_input(&own->error->plan, &block, l);
        spni_outer_with(state->kernels, width, width, block.count, h.at, h.ld, &h, b > 0,
                        own->layers[l].basis);
        spni_add_row_sums(state->kernels, width, block.count, h.at, h.ld, own->sums);
        status = spn_poll(context);
    }
    status = spni_relay_end(context, own->error, status, 2, pieces);
done:
    return status;
}

/* A_l, in `square`: of the inputs and the 1 of a joint bias, or centred beside one that is eliminated. */
static void assemble_inputs(const kfac *own, const spni_network_state *state, int64_t l)
{
    spni_kfac_layer *layer = &own->layers[l];
    int64_t width = own->error->network->width[l - 1], in = layer->in;
    double share = 1.0 / (double)state->samples;
    for (int64_t i = 0; i < width; i++) {
        layer->mean[i] = share * own->sums[i];
    }
    for (int64_t j = 0; j < width; j++) {
        for (int64_t i = 0; i < width; i++) {
            double centred = layer->has_bias ? layer->mean[i] * layer->mean[j] : 0.0;
            own->square[i + j * in] = share * layer->basis[i + j * width] - centred;
        }
        if (in > width) {
            own->square[width + j * in] = layer->mean[j];
        }
    }
    if (in > width) {
        own->square[width + width * in] = 1.0;
    }
}

/* The inputs' own moments do not change with theta, nor with the network behind them. */
static bool take_constant(const kfac *own, spni_kfac_layer *layer)
{
    const kfac *other = own->like;
    const spni_kfac_layer *from = other != NULL ? &other->layers[1] : NULL;
    if (layer->is_constant || from == NULL || !from->is_constant || from->in != layer->in ||
        from->has_bias != layer->has_bias) {
        return layer->is_constant;
    }
    layer->from = from->from;
    layer->a = from->a;
    layer->is_diagonal = from->is_diagonal;
    memcpy(layer->mean, from->mean, (size_t)layer->in * sizeof *layer->mean);
    layer->is_constant = true;
    return true;
}

/* Room to factor a matrix of this side: that of the inputs is large, and hardly ever used. */
static spn_status make_room(spn_context *context, kfac *own, int64_t side)
{
    spn_status status = SPN_OK;
    if (own->side >= side) {
        return SPN_OK;
    }
    spn_dense_free(context, own->dense);
    spn_release(context, own->square);
    own->dense = NULL;
    own->square = NULL;
    own->side = 0;
    SPN_TRY(spn_dense_create(context, side, &own->dense));
    SPN_NEW(context, own->square, side * side);
    own->side = side;
done:
    return status;
}

static spn_status factor_layer(spn_context *context, kfac *own, const spni_network_state *state,
                               int64_t l, bool is_joint)
{
    spn_status status = SPN_OK;
    const spn_network *network = own->error->network;
    spni_kfac_layer *layer = &own->layers[l];
    bool has_own = network->has_bias && !is_joint;
    int64_t in = network->width[l - 1] + (network->has_bias && is_joint ? 1 : 0);
    layer->is_constant = layer->is_constant && layer->in == in && layer->has_bias == has_own;
    layer->in = in;
    layer->has_bias = has_own;
    if (l > 1 || state->is_subset || !take_constant(own, layer)) {
        const int64_t side = network->width[l - 1] + 1;
        if (layer->basis == NULL) {
            SPN_NEW(context, layer->basis, side * side);
        }
        SPN_TRY(make_room(context, own, side));
        SPN_TRY(add_inputs(context, own, state, l));
        assemble_inputs(own, state, l);
        SPN_TRY(spni_kfac_factor_inputs(context, own->dense, own->square, layer));
        layer->is_constant = l == 1 && !state->is_subset;
    }
    int64_t width = network->width[l];
    SPN_TRY(make_room(context, own, width));
    memcpy(own->square, layer->left_t, (size_t)(width * width) * sizeof *own->square);
    SPN_TRY(spni_kfac_factor_outputs(context, own->dense, own->square, layer));
done:
    return status;
}

/* The mean over an array of a layer. */
static double mean_weight(const spn_damping *damping, int64_t first, int64_t count)
{
    double sum = 0.0;
    for (int64_t i = 0; damping->weights != NULL && i < count; i++) {
        sum += damping->weights[first + i];
    }
    return damping->weights != NULL ? sum / (double)count : 1.0;
}

static spni_layer_damping damping_of(const spn_network *network, int64_t l,
                                     const spn_damping *damping)
{
    int64_t width = network->width[l], count = width * network->width[l - 1];
    spni_layer_damping made = {0};
    made.weight = damping->stiffness * mean_weight(damping, network->weight_offset[l], count);
    made.bias = network->has_bias
                    ? damping->stiffness * mean_weight(damping, network->bias_offset[l], width)
                    : made.weight;
    return made;
}

/* G_l of all layers. */
static spn_status sum_outputs(spn_context *context, const spn_point *point, kfac *own)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network *network = own->error->network;
    const spni_stretch blocks = spni_own_blocks(state);
    const int64_t outputs = network->width[network->depth];
    for (int64_t l = 1; l <= network->depth; l++) {
        const int64_t width = network->width[l];
        own->pieces[l - 1] = (spn_farm_piece){own->layers[l].left_t, width * width};
    }
    SPN_TRY(spni_relay_begin(context, own->error, network->depth, own->pieces));
    for (int64_t b = blocks.begin; b < blocks.end && status == SPN_OK; b++) {
        spni_block block = spni_block_kept(state, b);
        for (int64_t k = 0; k < outputs; k++) {
            add_outputs(own, state, &block, k, b > 0 || k > 0);
        }
        status = spn_poll(context);
    }
    status = spni_relay_end(context, own->error, status, network->depth, own->pieces);
done:
    return status;
}

static spn_status kfac_refresh(spn_context *context, const spn_point *point,
                               const spn_damping *damping, void *memory)
{
    spn_status status = SPN_OK;
    kfac *own = memory;
    const spni_network_state *state = point->state;
    const spn_network *network = own->error->network;
    SPN_TRY(sum_outputs(context, point, own));
    for (int64_t l = 1; l <= network->depth; l++) {
        spni_layer_damping own_damping = damping_of(network, l, damping);
        SPN_TRY(factor_layer(context, own, state, l, spni_kfac_is_joint(&own_damping)));
        spni_kfac_damp(&own_damping, &own->layers[l]);
    }
done:
    return status;
}

/* Layer l of a vector as one matrix with the joint bias in its last column, and back. */
static void copy_layer(const spn_network *network, int64_t l, int64_t in, bool is_back, double *v,
                       double *matrix)
{
    int64_t width = network->width[l], columns = network->width[l - 1];
    double *w = v + network->weight_offset[l], *b = v + network->bias_offset[l];
    for (int64_t i = 0; i < width; i++) {
        double *row = matrix + i * in;
        memcpy(is_back ? w + i * columns : row, is_back ? row : w + i * columns,
               (size_t)columns * sizeof *row);
        if (in > columns && is_back) {
            b[i] = row[columns];
        } else if (in > columns) {
            row[columns] = b[i];
        }
    }
}

static void kfac_apply(const void *memory, bool is_inverse, int64_t k, const double *v, double *out)
{
    const kfac *own = memory;
    const spn_network *network = own->error->network;
    int64_t parameters = network->parameters;
    if (out != v) {
        memcpy(out, v, (size_t)(k * parameters) * sizeof *out);
    }
    for (int64_t j = 0; j < k; j++) {
        for (int64_t l = 1; l <= network->depth; l++) {
            const spni_kfac_layer *layer = &own->layers[l];
            double *scratch = own->matrix + layer->in * layer->out;
            copy_layer(network, l, layer->in, false, out + j * parameters, own->matrix);
            spni_kfac_apply(layer, is_inverse, own->matrix,
                            out + j * parameters + network->bias_offset[l], scratch);
            copy_layer(network, l, layer->in, true, out + j * parameters, own->matrix);
        }
    }
}

const spn_preconditioner_operations spni_network_preconditioner = {
    .create = kfac_create,
    .free = kfac_free,
    .refresh = kfac_refresh,
    .apply = kfac_apply,
};
