/* SPDX-License-Identifier: MIT */
/* The rows whose products make up the dense Hessian: one number for each sample of a block. */
#include "network/dense.h"
#include "network/product.h"

#include <string.h>

/* Some rows that lie evenly; row `count` is the constant 1. */
typedef struct rows {
    const double *first;
    int64_t ld, count;
} rows;

static rows inputs_of(const spni_assembly *p, int64_t l)
{
    const spni_rows input = spni_input(&p->error->plan, &p->block, l);
    return (rows){input.at, input.ld, p->network->width[l - 1]};
}

static rows slopes_of(const spni_assembly *p, int64_t l)
{
    return (rows){spni_slopes(p->error, &p->block, l), p->error->plan.block, p->network->width[l]};
}

static rows deltas_of(const spni_assembly *p, int64_t l)
{
    return (rows){spni_deltas(p->error, &p->block, l), p->error->plan.block, p->network->width[l]};
}

static const double *row_of(const spni_assembly *p, const rows *from, int64_t i)
{
    return i < from->count ? from->first + i * from->ld : p->dense->ones;
}

const double *spni_dense_input(const spni_assembly *p, int64_t l, int64_t i)
{
    const rows inputs = inputs_of(p, l);
    return row_of(p, &inputs, i);
}

/* x times rows [j, j + count) of y. */
static void multiply_run(const spni_assembly *p, const double *x, const rows *y, int64_t j,
                         int64_t count, double *out)
{
    int64_t n = p->block.count, plain = y->count - j < count ? y->count - j : count;
    if (plain > 0) {
        p->state->kernels->multiply_rows(plain, n, NULL, x, y->first + j * y->ld, y->ld, out, n);
    }
    if (plain < count) {
        memcpy(out + (count - 1) * n, x, (size_t)n * sizeof *out);
    }
}

/* Pairs [begin, begin + count) of rows x_i y_j, j < columns; columns 0: j <= i. */
static void multiply_pairs(const spni_assembly *p, const rows *x, const rows *y, int64_t columns,
                           int64_t begin, int64_t count, double *out)
{
    int64_t i = 0, j = begin, n = p->block.count;
    if (columns > 0) {
        i = begin / columns;
        j = begin % columns;
    }
    for (; columns == 0 && j > i; i++) {
        j -= i + 1;
    }
    for (int64_t left = count; left > 0; i++, j = 0) {
        int64_t ends = columns > 0 ? columns : i + 1;
        int64_t run = left < ends - j ? left : ends - j;
        multiply_run(p, row_of(p, x, i), y, j, run, out);
        out += run * n;
        left -= run;
    }
}

static const double *copy_inputs(const spni_assembly *p, int64_t l, int64_t begin, int64_t count,
                                 double *to)
{
    int64_t n = p->block.count;
    for (int64_t i = 0; i < count; i++) {
        memcpy(to + i * n, spni_dense_input(p, l, begin + i), (size_t)n * sizeof *to);
    }
    return to;
}

static void build_right(const spni_assembly *p, const spni_term *term)
{
    const rows inputs = inputs_of(p, term->l);
    rows other = inputs, first = inputs;
    int64_t columns = spni_fan_in(p->network, term->l);
    switch (term->right) {
    case SPNI_RIGHT_PAIRS:
        columns = 0;
        break;
    case SPNI_RIGHT_INPUTS:
        other = inputs_of(p, term->m);
        columns = spni_fan_in(p->network, term->m);
        break;
    case SPNI_RIGHT_SLOPED:
        first = slopes_of(p, term->l);
        break;
    case SPNI_RIGHT_DELTAS:
        other = deltas_of(p, term->m);
        columns = other.count;
        break;
    case SPNI_RIGHT_PLAIN:
        copy_inputs(p, term->l, term->right_begin, term->right_count, p->space->right);
        return;
    }
    multiply_pairs(p, &first, &other, columns, term->right_begin, term->right_count,
                   p->space->right);
}

static bool has_same_right(const spni_term *a, const spni_term *b)
{
    return a->right == b->right && a->l == b->l && a->right_begin == b->right_begin &&
           a->right_count == b->right_count && (a->m == b->m || a->right == SPNI_RIGHT_SLOPED);
}

const double *spni_dense_right(spni_assembly *p, const spni_term *term, int64_t *ld)
{
    if (term->right == SPNI_RIGHT_PLAIN && !p->network->has_bias) {
        const rows inputs = inputs_of(p, term->l);
        *ld = inputs.ld;
        return inputs.first + term->right_begin * inputs.ld;
    }
    if (p->built == NULL || !has_same_right(p->built, term)) {
        build_right(p, term);
        p->built = term;
    }
    *ld = p->block.count;
    return p->space->right;
}

const double *spni_dense_output_left(const spni_assembly *p, const spni_term *term, int64_t *ld)
{
    if (!p->network->has_bias) {
        const rows inputs = inputs_of(p, term->l);
        *ld = inputs.ld;
        return inputs.first + term->left_begin * inputs.ld;
    }
    *ld = p->block.count;
    return copy_inputs(p, term->l, term->left_begin, term->left_count, p->space->left);
}

const double *spni_dense_pulled(const spni_assembly *p, int64_t l)
{
    const rows slopes = slopes_of(p, l), deltas = deltas_of(p, l + 1);
    multiply_pairs(p, &slopes, &deltas, deltas.count, 0, slopes.count * deltas.count,
                   p->space->pulled);
    return p->space->pulled;
}

void spni_dense_prepare(const spni_assembly *p)
{
    const spn_network *network = p->network;
    int64_t depth = network->depth, outputs = network->width[depth];
    int64_t width = depth > 1 ? network->width[depth - 1] : 0;
    const double *last = p->theta + network->weight_offset[depth];
    double *coupling = p->dense->coupling, *through = p->dense->through;
    for (int64_t o = 0; coupling != NULL && o < width; o++) {
        for (int64_t q = 0; q <= o; q++, coupling++) {
            *coupling = 0.0;
            for (int64_t k = 0; k < outputs; k++) {
                *coupling += p->constant * last[k * width + o] * last[k * width + q];
            }
        }
    }
    for (int64_t k = 0; through != NULL && k < outputs; k++) {
        const double *weights = p->state->transposed + network->weight_offset[depth - 1];
        for (int64_t o = 0; o < network->width[depth - 2]; o++) {
            for (int64_t q = 0; q < width; q++, through++, weights++) {
                *through = p->constant * *weights * last[k * width + q];
            }
        }
    }
}

void spni_dense_output_curvature(const spni_assembly *p)
{
    int64_t width = p->network->width[p->network->depth];
    double *packed = p->space->packed;
    if (p->part == SPN_PART_RESIDUAL) {
        memset(packed, 0, (size_t)(width * (width + 1) / 2 * p->block.count) * sizeof *packed);
        return;
    }
    spni_output_curvature(p->error, &p->block, p->state->scale, packed);
}

static void add_bend(const spni_assembly *p, int64_t l, int64_t o, double *row)
{
    if (p->part != SPN_PART_GAUSS_NEWTON) {
        const double *bends = spni_bends(p->error, &p->block, l) + o * p->error->plan.block;
        p->state->kernels->add_multiplied(p->block.count, bends, p->dense->ones, row);
    }
}

void spni_dense_last_curvature(const spni_assembly *p)
{
    const rows slopes = slopes_of(p, p->network->depth - 1);
    int64_t n = p->block.count;
    const double *coupling = p->dense->coupling;
    double *row = p->space->packed;
    for (int64_t o = 0; o < slopes.count; o++, row += n) {
        p->state->kernels->multiply_rows(o + 1, n, coupling, row_of(p, &slopes, o), slopes.first,
                                         slopes.ld, row, n);
        coupling += o + 1;
        row += o * n;
        add_bend(p, p->network->depth - 1, o, row);
    }
}

void spni_dense_through_output(const spni_assembly *p, double *to)
{
    int64_t depth = p->network->depth, outputs = p->network->width[depth], n = p->block.count;
    const rows near = slopes_of(p, depth - 1), far = slopes_of(p, depth - 2);
    for (int64_t k = 0; k < outputs; k++) {
        spni_scaled_product(p->state->kernels, far.count, near.count, n,
                            p->dense->through + k * far.count * near.count, near.first, near.ld,
                            far.first, far.ld, to + k * n, outputs * n);
    }
}

const double *spni_dense_unpack(const spni_assembly *p)
{
    int64_t n = p->block.count, width = p->network->width[p->network->depth];
    for (int64_t o = 0; o < width; o++) {
        for (int64_t q = 0; q < width; q++) {
            int64_t row = o >= q ? o * (o + 1) / 2 + q : q * (q + 1) / 2 + o;
            memcpy(p->space->full + (o * width + q) * n, p->space->packed + row * n,
                   (size_t)n * sizeof *p->space->full);
        }
    }
    return p->space->full;
}

void spni_dense_pull_mixed(const spni_assembly *p, int64_t l, int64_t m, const double *from,
                           double *to)
{
    const spn_network *network = p->network;
    const rows slopes = slopes_of(p, l);
    int64_t n = p->block.count, columns = network->width[m];
    for (int64_t q = 0; q < columns; q++) {
        spni_scaled_product(p->state->kernels, network->width[l], network->width[l + 1], n,
                            p->state->transposed + network->weight_offset[l + 1], from + q * n,
                            columns * n, slopes.first, slopes.ld, to + q * n, columns * n);
    }
}

void spni_dense_pass_mixed(const spni_assembly *p, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    const rows near = slopes_of(p, m - 1), far = slopes_of(p, m - 2);
    int64_t n = p->block.count, inner = network->width[m];
    bool has_bends = p->part != SPN_PART_GAUSS_NEWTON;
    for (int64_t o = 0; o < far.count; o++) {
        const double *weights = p->theta + network->weight_offset[m - 1] + o;
        p->state->kernels->affine(&(spni_affine_task){
            .m = near.count,
            .k = inner,
            .n = n,
            .w = p->state->transposed + network->weight_offset[m],
            .ldw = inner,
            .x = from + o * inner * n,
            .ldx = n,
            .scale = near.first,
            .lds = near.ld,
            .factor = has_bends ? weights : NULL,
            .factor_step = far.count,
            .common = far.first + o * far.ld,
            .addend = spni_bends(p->error, &p->block, m - 1),
            .lda = p->error->plan.block,
            .out = to + o * near.count * n,
            .ldo = n,
        });
    }
}

void spni_dense_next_curvature(const spni_assembly *p, int64_t m)
{
    const rows slopes = slopes_of(p, m);
    int64_t n = p->block.count, inner = p->network->width[m + 1];
    const double *mixed = p->space->adjacent[(m + 1) % 2];
    const double *weights = p->state->transposed + p->network->weight_offset[m + 1];
    double *row = p->space->packed;
    for (int64_t o = 0; o < slopes.count; o++, row += n) {
        spni_scaled_product(p->state->kernels, o + 1, inner, n, weights, mixed + o * inner * n, n,
                            slopes.first, slopes.ld, row, n);
        row += o * n;
        add_bend(p, m, o, row);
    }
}

void spni_dense_start_tangent(const spni_assembly *p, int64_t l, double *to)
{
    const rows first = slopes_of(p, l), slopes = slopes_of(p, l + 1);
    const double *weights = p->theta + p->network->weight_offset[l + 1];
    int64_t n = p->block.count;
    for (int64_t j = 0; j < slopes.count; j++) {
        p->state->kernels->multiply_rows(first.count, n, weights + j * first.count,
                                         row_of(p, &slopes, j), first.first, first.ld,
                                         to + j * first.count * n, n);
    }
}

void spni_dense_push_tangent(const spni_assembly *p, int64_t l, int64_t m, const double *from,
                             double *to)
{
    const spn_network *network = p->network;
    const rows slopes = slopes_of(p, m - 1);
    int64_t n = p->block.count, columns = network->width[l];
    spni_affine(p->state->kernels, slopes.count, network->width[m - 2], columns * n,
                p->theta + network->weight_offset[m - 1], NULL, from, columns * n, to, columns * n);
    for (int64_t j = 0; j < slopes.count; j++) {
        double *row = to + j * columns * n;
        p->state->kernels->multiply_rows(columns, n, NULL, row_of(p, &slopes, j), row, n, row, n);
    }
}
