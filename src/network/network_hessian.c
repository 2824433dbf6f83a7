/* SPDX-License-Identifier: MIT */
/* The dense Hessian from its structure (T19). With S_m = Q^{mm} = d^2E/da_m^2 per sample,
 *   S_D = d^2E/df^2,   Q^{lm} = phi'_l W_{l+1}^T Q^{l+1,m}  (l < m, Q^{DD} = S_D),
 *   S_{m-1} = Q^{m-1,m} W_m phi'_{m-1} + diag(c_{m-1}),
 *   Q^{m-2,m-1} = Q^{m-2,m} W_m phi'_{m-1} + phi'_{m-2} W_{m-1}^T c_{m-1},
 *   T^{l,l+1} = diag(phi'_l),   T^{lm} = phi'_{m-1} W_{m-1} T^{l,m-1},
 * block (l, m) of the Hessian is, over samples,
 *   sum h_{l-1}[i] (Q^{lm}[o,p] h_{m-1}[j] + T^{lm}[o,j] delta_m[p])   at (W_l[o,i], W_m[p,j]):
 * each factor pair is one product of matrices with the samples as the inner dimension. The
 * Gauss-Newton part (T8) has neither c nor T; the residual part starts from S_D = 0. */
#include "network/dense.h"
#include "network/product.h"

#include <string.h>

/* One block of samples on its way through the layers. */
typedef struct assembly {
    const spni_state *state;
    const spn_network_error *error;
    const spn_network *network;
    spni_dense *dense;
    const double *theta;
    spn_part part;
    spni_block block;
    int64_t next;  /* the next term of the table */
    bool is_first; /* block: products overwrite */
    double *h;     /* NULL: the trace only */
    double trace;
} assembly;

/* Rows of the inputs of layer l; the bias comes last. */
static const double *input_row(const assembly *p, int64_t l, int64_t i)
{
    int64_t ld = 0;
    const double *input = spni_input(&p->error->plan, &p->block, l, &ld);
    return i < p->network->width[l - 1] ? input + i * ld : p->dense->ones;
}

static void build_right(const assembly *p, const spni_term *term)
{
    bool is_packed = term->kind == SPNI_TERM_DIAGONAL || term->kind == SPNI_TERM_CONSTANT;
    bool is_input = is_packed || term->kind == SPNI_TERM_MIXED || term->kind == SPNI_TERM_LAST;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t columns = is_input ? spni_fan_in(p->network, term->m) : p->network->width[term->m];
    const double *delta = spni_deltas(p->error, &p->block, term->m);
    int64_t i = 0, j = term->right_begin;
    while (j >= (is_packed ? i + 1 : columns)) {
        j -= is_packed ? i + 1 : columns;
        i++;
    }
    for (int64_t r = 0; r < term->right_count; r++) {
        const double *other = is_input ? input_row(p, term->m, j) : delta + j * ld;
        p->state->kernels->multiply(n, input_row(p, term->l, i), other, p->dense->right + r * n);
        if (++j == (is_packed ? i + 1 : columns)) {
            j = 0;
            i++;
        }
    }
}

static bool is_absent(const assembly *p, const spni_term *term)
{
    bool is_tangent = term->kind == SPNI_TERM_ADJACENT || term->kind == SPNI_TERM_DISTANT;
    if (p->part == SPN_PART_RESIDUAL) {
        return !is_tangent && term->m == p->network->depth; /* S_D = 0 */
    }
    return is_tangent && p->part == SPN_PART_GAUSS_NEWTON;
}

static void scatter(const assembly *p, const spni_term *term)
{
    double constant = spni_output_constant(p->error, p->state->scale);
    spni_dense_scatter(p->network, term, constant, p->theta, p->dense->products + term->place,
                       p->h);
}

/* All products of the block (l, m) with this left factor: left rows have leading dimension ld. */
static void multiply_terms(assembly *p, spni_term_kind kind, int64_t l, int64_t m,
                           const double *left, int64_t ld)
{
    spni_dense *dense = p->dense;
    int64_t n = p->block.count, built = -1;
    for (; p->h != NULL && p->next < dense->term_count; p->next++) {
        const spni_term *term = &dense->terms[p->next];
        if (term->kind != kind || term->l != l || term->m != m) {
            return;
        }
        if (is_absent(p, term)) {
            continue;
        }
        if (built != term->right_begin) {
            build_right(p, term);
            built = term->right_begin;
        }
        spni_outer(p->state->kernels, term->left_count, term->right_count, n,
                   left + term->left_begin * ld, ld, dense->right, n,
                   dense->is_summed && !p->is_first, dense->products + term->place);
        if (!dense->is_summed) {
            scatter(p, term);
        }
    }
}

/* Diagonal block l: sum over samples of tr S_l |h_{l-1}|^2, the bias counted as an input of 1. */
static double trace_of_layer(const assembly *p, int64_t l)
{
    int64_t n = p->block.count;
    double *curvature = p->dense->mixed[0], *norm = p->dense->right;
    memset(norm, 0, (size_t)n * sizeof *norm);
    memset(curvature, 0, (size_t)n * sizeof *curvature);
    for (int64_t i = 0; i < spni_fan_in(p->network, l); i++) {
        p->state->kernels->add_multiplied(n, input_row(p, l, i), input_row(p, l, i), norm);
    }
    for (int64_t o = 0; o < p->network->width[l]; o++) {
        const double *row = p->dense->packed + (o * (o + 1) / 2 + o) * n;
        p->state->kernels->add_multiplied(n, row, p->dense->ones, curvature);
    }
    return p->state->kernels->dot(n, curvature, norm);
}

/* S_D, packed. */
static void start_curvature(const assembly *p)
{
    int64_t width = p->network->width[p->network->depth];
    double *packed = p->dense->packed;
    if (p->part == SPN_PART_RESIDUAL) {
        memset(packed, 0, (size_t)(width * (width + 1) / 2 * p->block.count) * sizeof *packed);
        return;
    }
    spni_output_curvature(p->error, &p->block, p->state->scale, packed);
}

/* S_D with both triangles. */
static const double *unpack_curvature(const assembly *p)
{
    int64_t n = p->block.count, width = p->network->width[p->network->depth];
    for (int64_t o = 0; o < width; o++) {
        for (int64_t q = 0; q < width; q++) {
            int64_t row = o >= q ? o * (o + 1) / 2 + q : q * (q + 1) / 2 + o;
            memcpy(p->dense->full + (o * width + q) * n, p->dense->packed + row * n,
                   (size_t)n * sizeof *p->dense->full);
        }
    }
    return p->dense->full;
}

/* Q^{lm} from Q^{l+1,m} (l + 1 <= m). */
static void pull_mixed(const assembly *p, int64_t l, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, columns = network->width[m];
    for (int64_t q = 0; q < columns; q++) {
        spni_scaled_product(p->state->kernels, network->width[l], network->width[l + 1], n,
                            p->state->transposed + network->weight_offset[l + 1], from + q * n,
                            columns * n, spni_slopes(p->error, &p->block, l), p->error->plan.block,
                            to + q * n, columns * n);
    }
}

/* Rows q < count of W_m^T times the inner rows `from`, times phi'(a_{m-1})[q]. */
static void pull_rows(const assembly *p, int64_t m, int64_t count, const double *from, double *to)
{
    int64_t n = p->block.count;
    spni_scaled_product(p->state->kernels, count, p->network->width[m], n,
                        p->state->transposed + p->network->weight_offset[m], from, n,
                        spni_slopes(p->error, &p->block, m - 1), p->error->plan.block, to, n);
}

/* Q^{m-2,m-1} from Q^{m-2,m}. */
static void pass_mixed(const assembly *p, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t width = network->width[m - 2], columns = network->width[m - 1];
    const double *weights = p->theta + network->weight_offset[m - 1];
    const double *slopes = spni_slopes(p->error, &p->block, m - 2);
    const double *bends = spni_bends(p->error, &p->block, m - 1);
    for (int64_t o = 0; o < width; o++, to += columns * n) {
        pull_rows(p, m, columns, from + o * network->width[m] * n, to);
        for (int64_t q = 0; p->part != SPN_PART_GAUSS_NEWTON && q < columns; q++) {
            p->state->kernels->scaled_product(n, weights[q * width + o], bends + q * ld,
                                              slopes + o * ld, true, to + q * n);
        }
    }
}

/* S_m, packed, from Q^{m,m+1}. */
static void next_curvature(const assembly *p, int64_t m)
{
    int64_t n = p->block.count, inner = p->network->width[m + 1];
    const double *mixed = p->dense->adjacent[(m + 1) % 2];
    const double *bends = spni_bends(p->error, &p->block, m);
    double *row = p->dense->packed;
    for (int64_t o = 0; o < p->network->width[m]; o++, row += n) {
        pull_rows(p, m + 1, o + 1, mixed + o * inner * n, row);
        row += o * n;
        if (p->part != SPN_PART_GAUSS_NEWTON) {
            p->state->kernels->add_multiplied(n, bends + o * p->error->plan.block, p->dense->ones,
                                              row);
        }
    }
}

/* All Q^{lm} of one m, and the first one of m - 1; for the trace only those that lead to S_{m-1}. */
static void multiply_mixed_terms(assembly *p, int64_t m)
{
    const spn_network *network = p->network;
    spni_dense *dense = p->dense;
    int64_t n = p->block.count, lowest = p->h != NULL || m < 3 ? 1 : m - 2;
    bool is_last = m == network->depth && spni_output_constant(p->error, p->state->scale) != 0.0;
    const double *from = NULL;
    if (m == network->depth && m > 1) {
        pull_mixed(p, m - 1, m, unpack_curvature(p), dense->adjacent[m % 2]);
    }
    for (int64_t l = m - 1; l >= lowest; l--) {
        double *to = l == m - 1 ? dense->adjacent[m % 2] : dense->mixed[l % 2];
        if (l < m - 1) {
            pull_mixed(p, l, m, from, to);
        }
        if (l == m - 1 && is_last) {
            multiply_terms(p, SPNI_TERM_LAST, l, m, spni_slopes(p->error, &p->block, l),
                           p->error->plan.block);
        } else {
            multiply_terms(p, SPNI_TERM_MIXED, l, m, to, n);
        }
        if (l == m - 2) {
            pass_mixed(p, m, to, dense->adjacent[(m - 1) % 2]);
        }
        from = to;
    }
}

static void multiply_curvature_terms(assembly *p)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, depth = network->depth;
    bool is_constant = spni_output_constant(p->error, p->state->scale) != 0.0;
    for (int64_t m = depth; m >= 1; m--) {
        if (m == depth) {
            start_curvature(p);
        } else {
            next_curvature(p, m);
        }
        if (p->h == NULL) {
            p->trace += trace_of_layer(p, m);
        }
        /* The first packed row of a constant S_D is the constant itself. */
        multiply_terms(p, m == depth && is_constant ? SPNI_TERM_CONSTANT : SPNI_TERM_DIAGONAL, m, m,
                       p->dense->packed, n);
        multiply_mixed_terms(p, m);
    }
}

/* T^{lm}, rows (j, o), from T^{l,m-1}; T^{l,l+1} is diagonal. */
static void push_tangent(const assembly *p, int64_t l, int64_t m, const double *from, double *to)
{
    const spn_network *network = p->network;
    int64_t n = p->block.count, ld = p->error->plan.block;
    int64_t width = network->width[m - 1], columns = network->width[l];
    const double *weights = p->theta + network->weight_offset[m - 1];
    const double *first = spni_slopes(p->error, &p->block, l);
    const double *slopes = spni_slopes(p->error, &p->block, m - 1);
    if (m > l + 2) {
        spni_affine(p->state->kernels, width, network->width[m - 2], columns * n, weights, NULL,
                    from, columns * n, to, columns * n);
    }
    for (int64_t j = 0; j < width; j++) {
        for (int64_t o = 0; o < columns; o++) {
            double *row = to + (j * columns + o) * n;
            const double *other = m == l + 2 ? first + o * ld : row;
            double weight = m == l + 2 ? weights[j * columns + o] : 1.0;
            p->state->kernels->scaled_product(n, weight, other, slopes + j * ld, false, row);
        }
    }
}

static void multiply_tangent_terms(assembly *p)
{
    for (int64_t l = 1; l < p->network->depth; l++) {
        const double *slopes = spni_slopes(p->error, &p->block, l);
        const double *from = NULL;
        multiply_terms(p, SPNI_TERM_ADJACENT, l, l + 1, slopes, p->error->plan.block);
        for (int64_t m = l + 2; m <= p->network->depth; m++) {
            double *to = p->dense->mixed[m % 2];
            push_tangent(p, l, m, from, to);
            multiply_terms(p, SPNI_TERM_DISTANT, l, m, to, p->block.count);
            from = to;
        }
    }
}

static void clear_lower(int64_t size, double *h)
{
    for (int64_t j = 0; j < size; j++) {
        memset(h + j + j * size, 0, (size_t)(size - j) * sizeof *h);
    }
}

static spn_status assemble(spn_context *context, assembly *p)
{
    spn_status status = SPN_OK;
    p->is_first = true;
    for (int64_t b = 0; b < spni_block_total(p->state); b++) {
        spni_block block = spni_block_get(p->state, b);
        for (int64_t begin = 0; begin < block.count; begin += p->dense->block) {
            SPN_TRY(spn_poll(context));
            p->block = spni_block_part(&block, begin, p->dense->block);
            p->next = 0;
            multiply_curvature_terms(p);
            if (p->part != SPN_PART_GAUSS_NEWTON) {
                multiply_tangent_terms(p);
            }
            p->is_first = false;
        }
    }
    for (int64_t t = 0; p->dense->is_summed && t < p->dense->term_count; t++) {
        if (!is_absent(p, &p->dense->terms[t])) {
            scatter(p, &p->dense->terms[t]);
        }
    }
done:
    return status;
}

static assembly assembly_at(const spn_point *point, spn_part part, double *h)
{
    const spni_state *state = point->state;
    return (assembly){.state = state,
                      .error = state->error,
                      .network = state->error->network,
                      .dense = state->dense,
                      .theta = point->theta,
                      .part = part,
                      .h = h};
}

/* Column by column through products: for networks whose layers are too wide for the assembly. */
static spn_status multiply_unit(spn_context *context, const spn_point *point, spn_part part,
                                int64_t i)
{
    const spni_state *state = point->state;
    int64_t size = point->dimension;
    memset(state->unit, 0, (size_t)size * sizeof *state->unit);
    state->unit[i] = 1.0;
    return spni_error_hvp(context, point, part, 1, state->unit, state->unit + size);
}

spn_status spni_error_hessian(spn_context *context, const spn_point *point, spn_part part,
                              double *h)
{
    spn_status status = SPN_OK;
    assembly p = assembly_at(point, part, h);
    int64_t size = point->dimension;
    if (spni_dense_assembles(p.dense)) {
        clear_lower(size, h);
        SPN_TRY(assemble(context, &p));
        goto done;
    }
    for (int64_t j = 0; j < size; j++) {
        SPN_TRY(multiply_unit(context, point, part, j));
        memcpy(h + j + j * size, p.state->unit + size + j, (size_t)(size - j) * sizeof *h);
    }
done:
    return status;
}

spn_status spni_error_trace(spn_context *context, const spn_point *point, spn_part part,
                            double *out)
{
    spn_status status = SPN_OK;
    assembly p = assembly_at(point, part, NULL);
    double sum = 0.0;
    for (int64_t j = 0; p.dense == NULL && j < point->dimension; j++) {
        SPN_TRY(multiply_unit(context, point, part, j));
        sum += p.state->unit[point->dimension + j];
    }
    for (int64_t b = 0; p.dense != NULL && b < spni_block_total(p.state); b++) {
        spni_block block = spni_block_get(p.state, b);
        for (int64_t begin = 0; begin < block.count; begin += p.dense->block) {
            SPN_TRY(spn_poll(context));
            p.block = spni_block_part(&block, begin, p.dense->block);
            multiply_curvature_terms(&p);
        }
    }
    *out = sum + p.trace;
done:
    return status;
}
