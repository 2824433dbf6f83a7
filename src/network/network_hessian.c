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

static bool is_absent(const spni_assembly *p, const spni_term *term)
{
    bool is_tangent = term->kind == SPNI_TERM_ADJACENT || term->kind == SPNI_TERM_EDGE ||
                      term->kind == SPNI_TERM_SECOND || term->kind == SPNI_TERM_DISTANT;
    if (p->part == SPN_PART_RESIDUAL) {
        return !is_tangent && term->m == p->network->depth; /* S_D = 0 */
    }
    return is_tangent && p->part == SPN_PART_GAUSS_NEWTON;
}

static void scatter(const spni_assembly *p, const spni_term *term)
{
    spni_dense_scatter(p->network, term, p->constant, p->theta, p->dense->products + term->place,
                       p->h);
}

/* All products of this kind for layers l and m; left rows, where they are not found by themselves, have
 * leading dimension ld. */
static void multiply_terms(spni_assembly *p, spni_term_kind kind, int64_t l, int64_t m,
                           const double *left, int64_t ld)
{
    spni_dense *dense = p->dense;
    for (; p->h != NULL && p->next < dense->term_count; p->next++) {
        const spni_term *term = &dense->terms[p->next];
        if (term->kind != kind || term->l != l || term->m != m) {
            return;
        }
        if (is_absent(p, term)) {
            continue;
        }
        int64_t ldl = ld, ldr = 0;
        const double *from = kind == SPNI_TERM_OUTPUT ? spni_dense_output_left(p, term, &ldl)
                                                      : left + term->left_begin * ld;
        const double *right = spni_dense_right(p, term, &ldr);
        spni_outer(p->state->kernels, term->left_count, term->right_count, p->block.count, from,
                   ldl, right, ldr, dense->is_summed && !p->is_first,
                   dense->products + term->place);
        if (!dense->is_summed) {
            scatter(p, term);
        }
    }
}

/* Diagonal block l: sum over samples of tr S_l |h_{l-1}|^2, the bias counted as an input of 1. */
static double trace_of_layer(const spni_assembly *p, int64_t l)
{
    const spni_kernels *kernels = p->state->kernels;
    int64_t n = p->block.count, width = p->network->width[l];
    double *curvature = p->dense->mixed[0], *norm = p->dense->right;
    memset(norm, 0, (size_t)n * sizeof *norm);
    memset(curvature, 0, (size_t)n * sizeof *curvature);
    for (int64_t i = 0; i < spni_fan_in(p->network, l); i++) {
        const double *input = spni_dense_input(p, l, i);
        kernels->add_multiplied(n, input, input, norm);
    }
    if (l == p->network->depth && spni_output_is_constant(p->error)) {
        return p->constant * (double)width * kernels->sum(n, norm);
    }
    for (int64_t o = 0; o < width; o++) {
        const double *row = p->dense->packed + (o * (o + 1) / 2 + o) * n;
        kernels->add_multiplied(n, row, p->dense->ones, curvature);
    }
    return kernels->dot(n, curvature, norm);
}

/* All Q^{lm} of one m, and the first one of m - 1; for the trace only those that lead to S_{m-1}. */
static void multiply_mixed_terms(spni_assembly *p, int64_t m)
{
    spni_dense *dense = p->dense;
    int64_t n = p->block.count, lowest = p->h != NULL || m < 3 ? 1 : m - 2;
    bool is_last = m == p->network->depth && spni_output_is_constant(p->error);
    const double *from = NULL;
    for (int64_t l = m - 1; l >= lowest; l--) {
        double *to = l == m - 1 ? dense->adjacent[m % 2] : dense->mixed[l % 2];
        if (l == m - 1 && is_last) {
            multiply_terms(p, SPNI_TERM_LAST, l, m, spni_slopes(p->error, &p->block, l),
                           p->error->plan.block);
            continue;
        }
        if (l == m - 2 && is_last) {
            spni_dense_through_output(p, to);
        } else if (l < m - 1) {
            spni_dense_pull_mixed(p, l, m, from, to);
        } else if (m == p->network->depth) {
            spni_dense_pull_mixed(p, l, m, spni_dense_unpack(p), to);
        }
        multiply_terms(p, SPNI_TERM_MIXED, l, m, to, n);
        if (l == m - 2) {
            spni_dense_pass_mixed(p, m, to, dense->adjacent[(m - 1) % 2]);
        }
        from = to;
    }
}

static void multiply_curvature_terms(spni_assembly *p)
{
    int64_t n = p->block.count, depth = p->network->depth;
    bool is_constant = spni_output_is_constant(p->error);
    for (int64_t m = depth; m >= 1; m--) {
        if (m == depth && is_constant) {
            multiply_terms(p, SPNI_TERM_OUTPUT, m, m, NULL, 0);
        } else if (m == depth) {
            spni_dense_output_curvature(p);
        } else if (m == depth - 1 && is_constant) {
            spni_dense_last_curvature(p);
        } else {
            spni_dense_next_curvature(p, m);
        }
        if (p->h == NULL) {
            p->trace += trace_of_layer(p, m);
        }
        multiply_terms(p, SPNI_TERM_DIAGONAL, m, m, p->dense->packed, n);
        multiply_mixed_terms(p, m);
    }
}

static void multiply_tangent_terms(spni_assembly *p)
{
    int64_t n = p->block.count, ld = p->error->plan.block, depth = p->network->depth;
    const double *pulled = NULL;
    for (int64_t l = 1; l < depth; l++) {
        multiply_terms(p, SPNI_TERM_ADJACENT, l, l + 1, spni_deltas(p->error, &p->block, l + 1),
                       ld);
        if (l == depth - 1) {
            pulled = pulled != NULL ? pulled : spni_dense_pulled(p, l);
            multiply_terms(p, SPNI_TERM_EDGE, l, l + 1, pulled, n);
            return;
        }
        pulled = spni_dense_pulled(p, l + 1);
        multiply_terms(p, SPNI_TERM_SECOND, l, l + 2, pulled, n);
        const double *from = p->dense->mixed[l % 2];
        if (l + 2 < depth) {
            spni_dense_start_tangent(p, l, p->dense->mixed[l % 2]);
        }
        for (int64_t m = l + 3; m <= depth; m++) {
            double *to = p->dense->mixed[m % 2];
            spni_dense_push_tangent(p, l, m, from, to);
            multiply_terms(p, SPNI_TERM_DISTANT, l, m, to, n);
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

static spn_status assemble(spn_context *context, spni_assembly *p)
{
    spn_status status = SPN_OK;
    p->is_first = true;
    spni_dense_prepare(p);
    for (int64_t b = 0; b < spni_block_total(p->state); b++) {
        spni_block block = spni_block_get(p->state, b);
        for (int64_t begin = 0; begin < block.count; begin += p->dense->block) {
            SPN_TRY(spn_poll(context));
            p->block = spni_block_part(&block, begin, p->dense->block);
            p->next = 0;
            p->built = NULL;
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

static spni_assembly assembly_at(const spn_point *point, spn_part part, double *h)
{
    const spni_state *state = point->state;
    return (spni_assembly){.state = state,
                           .error = state->error,
                           .network = state->error->network,
                           .dense = state->dense,
                           .theta = point->theta,
                           .part = part,
                           .constant = part == SPN_PART_RESIDUAL
                                           ? 0.0
                                           : spni_output_constant(state->error, state->scale),
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
    spni_assembly p = assembly_at(point, part, h);
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
    spni_assembly p = assembly_at(point, part, NULL);
    double sum = 0.0;
    if (p.dense != NULL) {
        spni_dense_prepare(&p);
    }
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
