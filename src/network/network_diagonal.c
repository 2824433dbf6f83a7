/* SPDX-License-Identifier: MIT */
/* The diagonal of the Hessian and its trace, without blocks of it (T17, T28). Entry (W_l[o,i], W_l[o,i]) is
 * sum over samples of S_l[o,o] h_{l-1}[i]^2, and with d^2E/df^2 = sum_k b_k b_k^T
 *   S_l[o,o] = sum_k (J_l^T b_k)[o]^2 + c_l[o] + sum_{j>l} sum_q c_j[q] (da_j[q]/da_l[o])^2:
 * K back-propagations for the Gauss-Newton part; of the residual part j = l + 1 is (W o W)^T c, and the hidden layers
 * beyond, which only networks of four matrices and more have, take one back-propagation for each of their units. A
 * softmax has b_k = sqrt(m p_k) (e_k - p), a squared error sqrt(c) e_k. */
#include "network/network.h"
#include "network/product.h"

#include <math.h>
#include <string.h>

/* Numbers of one of the two arrays in which columns are pulled back. */
static const int64_t COLUMN_NUMBERS = 256 * 1024;

typedef struct diagonal {
    const spn_network_error *error;
    const spn_network *network;
    const spni_network_state *state;
    const double *theta;
    spn_part part;
    spni_block block;
    int64_t ld;        /* of rows of samples: plan.block */
    int64_t columns;   /* pulled back at a time */
    double *curvature; /* S_l[o,o] of all layers: rows of ld samples */
    double *square;    /* W_l o W_l, transposed, l = 2 .. D, at W_l's place less that of W_2 */
    double *from, *to; /* layer x columns x ld */
    double *norm;      /* ld: |h|^2 of a sample */
    double *inputs;    /* w_{l-1} x ld: h^2; NULL where the trace alone is wanted */
    double *out;       /* P, or NULL */
    double trace;
} diagonal;

static double *curvature_of(const diagonal *p, int64_t l)
{
    int64_t row = 0;
    for (int64_t j = 1; j < l; j++) {
        row += p->network->width[j];
    }
    return p->curvature + row * p->ld;
}

static void add_squares(int64_t n, const double *x, double *sum)
{
    for (int64_t i = 0; i < n; i++) {
        sum[i] += x[i] * x[i];
    }
}

static void add_weighted_squares(int64_t n, const double *weight, const double *x, double *sum)
{
    for (int64_t i = 0; i < n; i++) {
        sum[i] += weight[i] * (x[i] * x[i]);
    }
}

/* S_l[o,o] += sum over columns of weight x^2; weights: a row for each column, NULL: 1. */
static void add_columns(const diagonal *p, int64_t l, int64_t columns, const double *x,
                        const double *weights)
{
    double *sum = curvature_of(p, l);
    for (int64_t o = 0; o < p->network->width[l]; o++) {
        for (int64_t k = 0; k < columns; k++) {
            const double *row = x + (o * columns + k) * p->ld;
            if (weights == NULL) {
                add_squares(p->block.count, row, sum + o * p->ld);
            } else {
                add_weighted_squares(p->block.count, weights + k * p->ld, row, sum + o * p->ld);
            }
        }
    }
}

/* From a_l to a_{l-1}: W_l^T, then phi'. */
static void pull_columns(diagonal *p, int64_t l, int64_t columns)
{
    const spn_network *network = p->network;
    const spni_kernels *kernels = p->state->kernels;
    int64_t width = network->width[l - 1], n = columns * p->ld;
    spni_affine(kernels, width, network->width[l], n,
                p->state->transposed + network->weight_offset[l], NULL, p->from, n, p->to, n);
    for (int64_t o = 0; o < width; o++) {
        const double *slope = spni_slopes(p->error, &p->block, l - 1) + o * p->ld;
        for (int64_t k = 0; k < columns; k++) {
            double *row = p->to + (o * columns + k) * p->ld;
            kernels->multiply(p->block.count, slope, row, row);
        }
    }
    double *swap = p->from;
    p->from = p->to;
    p->to = swap;
}

/* b_k for outputs [first, first + columns). */
static void start_outputs(diagonal *p, int64_t first, int64_t columns)
{
    int64_t depth = p->network->depth, outputs = p->network->width[depth], ld = p->ld;
    double constant = spni_output_constant(p->error, p->state->scale);
    const double *chance = constant == 0.0 ? spni_probabilities(p->error, &p->block) : NULL;
    const double *mass = chance + outputs * ld, *rest = mass + ld;
    for (int64_t q = 0; q < outputs; q++) {
        for (int64_t k = 0; k < columns; k++) {
            double *row = p->from + (q * columns + k) * ld;
            double unit = q == first + k ? 1.0 : 0.0;
            for (int64_t n = 0; n < p->block.count; n++) {
                if (constant != 0.0) {
                    row[n] = unit * sqrt(constant);
                } else if (outputs == 1) {
                    row[n] = sqrt(p->state->scale * chance[n] * rest[n]);
                } else {
                    double size = p->state->scale * mass[n] * chance[(first + k) * ld + n];
                    row[n] = sqrt(size) * (unit - chance[q * ld + n]);
                }
            }
        }
    }
}

static void add_gauss_newton(diagonal *p)
{
    int64_t depth = p->network->depth, outputs = p->network->width[depth];
    for (int64_t first = 0; first < outputs; first += p->columns) {
        int64_t columns = outputs - first < p->columns ? outputs - first : p->columns;
        start_outputs(p, first, columns);
        add_columns(p, depth, columns, p->from, NULL);
        for (int64_t l = depth; l > 1; l--) {
            pull_columns(p, l, columns);
            add_columns(p, l - 1, columns, p->from, NULL);
        }
    }
}

/* c_j and, by (W o W)^T, its part in layer j - 1. */
static void add_bends(diagonal *p, int64_t j)
{
    const spn_network *network = p->network;
    const spni_kernels *kernels = p->state->kernels;
    const double *bends = spni_bends(p->error, &p->block, j);
    int64_t n = p->block.count, width = network->width[j];
    for (int64_t o = 0; o < width; o++) {
        spn_axpy(n, 1.0, bends + o * p->ld, curvature_of(p, j) + o * p->ld);
    }
    if (j == 1) {
        return;
    }
    const double *square = p->square + network->weight_offset[j] - network->weight_offset[2];
    int64_t below = network->width[j - 1];
    spni_affine(kernels, below, width, n, square, NULL, bends, p->ld, p->to, p->ld);
    for (int64_t o = 0; o < below; o++) {
        add_weighted_squares(n, p->to + o * p->ld,
                             spni_slopes(p->error, &p->block, j - 1) + o * p->ld,
                             curvature_of(p, j - 1) + o * p->ld);
    }
}

/* c_j in layers below j - 1. */
static void add_distant_bends(diagonal *p, int64_t j)
{
    const spn_network *network = p->network;
    int64_t width = network->width[j], below = network->width[j - 1];
    const double *bends = spni_bends(p->error, &p->block, j);
    for (int64_t first = 0; j > 2 && first < width; first += p->columns) {
        int64_t columns = width - first < p->columns ? width - first : p->columns;
        for (int64_t o = 0; o < below; o++) {
            const double *slope = spni_slopes(p->error, &p->block, j - 1) + o * p->ld;
            for (int64_t k = 0; k < columns; k++) {
                double w = p->theta[network->weight_offset[j] + (first + k) * below + o];
                double *row = p->from + (o * columns + k) * p->ld;
                for (int64_t n = 0; n < p->block.count; n++) {
                    row[n] = w * slope[n];
                }
            }
        }
        for (int64_t l = j - 1; l > 1; l--) {
            pull_columns(p, l, columns);
            add_columns(p, l - 1, columns, p->from, bends + first * p->ld);
        }
    }
}

static void take_layer(diagonal *p, int64_t l)
{
    const spn_network *network = p->network;
    const spni_kernels *kernels = p->state->kernels;
    const double *curvature = curvature_of(p, l);
    int64_t n = p->block.count, width = network->width[l], fan_in = network->width[l - 1];
    const spni_rows input = spni_input(&p->error->plan, &p->block, l);
    for (int64_t i = 0; i < n; i++) {
        p->norm[i] = network->has_bias ? 1.0 : 0.0;
    }
    for (int64_t i = 0; i < fan_in; i++) {
        const double *row = input.at + i * input.ld;
        add_squares(n, row, p->norm);
        if (p->out != NULL) {
            kernels->multiply(n, row, row, p->inputs + i * p->ld);
        }
    }
    for (int64_t o = 0; o < width; o++) {
        p->trace += kernels->dot(n, curvature + o * p->ld, p->norm);
    }
    if (p->out == NULL) {
        return;
    }
    const spni_rows squares = {.at = p->inputs, .ld = p->ld, .nonzeros = input.nonzeros};
    spni_outer_with(kernels, width, fan_in, n, curvature, p->ld, &squares, true,
                    p->out + network->weight_offset[l]);
    if (network->has_bias) {
        spni_add_row_sums(kernels, width, n, curvature, p->ld, p->out + network->bias_offset[l]);
    }
}

static void take_block(diagonal *p)
{
    int64_t depth = p->network->depth;
    double *end = curvature_of(p, depth + 1);
    memset(p->curvature, 0, (size_t)(end - p->curvature) * sizeof *end);
    if (p->part != SPN_PART_RESIDUAL) {
        add_gauss_newton(p);
    }
    for (int64_t j = depth - 1; j >= 1 && p->part != SPN_PART_GAUSS_NEWTON; j--) {
        add_bends(p, j);
        add_distant_bends(p, j);
    }
    for (int64_t l = 1; l <= depth; l++) {
        take_layer(p, l);
    }
}

static void square_weights(diagonal *p)
{
    const spn_network *network = p->network;
    for (int64_t l = 2; l <= network->depth; l++) {
        int64_t count = network->width[l] * network->width[l - 1];
        const double *w = p->state->transposed + network->weight_offset[l];
        double *to = p->square + network->weight_offset[l] - network->weight_offset[2];
        for (int64_t i = 0; i < count; i++) {
            to[i] = w[i] * w[i];
        }
    }
}

static spn_status create(spn_context *context, const spn_point *point, spn_part part, double *out,
                         diagonal *p)
{
    spn_status status = SPN_OK;
    const spni_network_state *state = point->state;
    const spn_network *network = state->error->network;
    int64_t units = 0, most = state->error->plan.width_max, depth = network->depth;
    *p = (diagonal){.error = state->error, .network = network, .state = state, .part = part};
    p->theta = point->theta;
    p->ld = state->error->plan.block;
    p->out = out;
    p->columns = COLUMN_NUMBERS / (most * p->ld);
    p->columns = p->columns < 1 ? 1 : p->columns > most ? most : p->columns;
    for (int64_t l = 1; l <= depth; l++) {
        units += network->width[l];
    }
    SPN_NEW(context, p->curvature, units * p->ld);
    SPN_NEW(context, p->from, most * p->columns * p->ld);
    SPN_NEW(context, p->to, most * p->columns * p->ld);
    SPN_NEW(context, p->norm, p->ld);
    if (depth > 1) {
        SPN_NEW(context, p->square, network->parameters - network->weight_offset[2]);
        square_weights(p);
    }
    if (out != NULL) {
        most = most > network->width[0] ? most : network->width[0];
        SPN_NEW(context, p->inputs, most * p->ld);
        memset(out, 0, (size_t)network->parameters * sizeof *out);
    }
done:
    return status;
}

/* The diagonal into out, or the trace alone where out is NULL. */
static spn_status take(spn_context *context, const spn_point *point, spn_part part, double *out,
                       double *trace)
{
    spn_status status = SPN_OK;
    diagonal p;
    SPN_TRY(create(context, point, part, out, &p));
    const spni_stretch blocks = spni_own_blocks(p.state);
    const spn_farm_piece pieces[] = {{&p.trace, 1}, {out, out != NULL ? point->dimension : 0}};
    SPN_TRY(spni_relay_begin(context, p.error, 2, pieces));
    for (int64_t b = blocks.begin; b < blocks.end && status == SPN_OK; b++) {
        p.block = spni_block_on(p.state, b, 0);
        take_block(&p);
        status = spn_poll(context);
    }
    SPN_TRY(spni_relay_end(context, p.error, status, 2, pieces));
    *trace = p.trace;
done:
    spn_release(context, p.curvature);
    spn_release(context, p.from);
    spn_release(context, p.to);
    spn_release(context, p.norm);
    spn_release(context, p.square);
    spn_release(context, p.inputs);
    return status;
}

spn_status spni_error_trace(spn_context *context, const spn_point *point, spn_part part,
                            double *out)
{
    return take(context, point, part, NULL, out);
}

spn_status spni_error_diagonal(spn_context *context, const spn_point *point, spn_part part,
                               double *out)
{
    double trace = 0.0;
    return take(context, point, part, out, &trace);
}
