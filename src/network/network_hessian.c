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

#include <spinodal/base/team.h>
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

/* All products of this kind for layers l and m; left rows, where they are not found by themselves, have
 * leading dimension ld. A block's product must have the same bits whether it is added at once or later,
 * which BLAS does not promise. */
static void multiply_terms(spni_assembly *p, spni_term_kind kind, int64_t l, int64_t m,
                           const double *left, int64_t ld)
{
    const spni_dense *dense = p->dense;
    const spni_kernels *kernels = p->state->kernels;
    for (; p->next < dense->term_count; p->next++) {
        const spni_term *term = &dense->terms[p->next];
        if (term->kind != kind || term->l != l || term->m != m) {
            return;
        }
        if (is_absent(p, term)) {
            continue;
        }
        int64_t ldl = ld, ldr = 0, rows = term->left_count, columns = term->right_count;
        const double *from = kind == SPNI_TERM_OUTPUT ? spni_dense_output_left(p, term, &ldl)
                                                      : left + term->left_begin * ld;
        const double *right = spni_dense_right(p, term, &ldr);
        double *product = p->products + term->place;
        if (dense->is_summed) {
            kernels->outer(&(spni_outer_task){.m = rows,
                                              .k = columns,
                                              .n = p->block.count,
                                              .a = from,
                                              .lda = ldl,
                                              .b = right,
                                              .ldb = ldr,
                                              .adds = p->adds,
                                              .c = product,
                                              .ldc = columns});
            continue;
        }
        spni_outer(kernels, rows, columns, p->block.count, from, ldl, right, ldr, false, product);
        spni_dense_scatter(p->network, term, p->constant, p->theta, product, p->h);
    }
}

/* All Q^{lm} of one m, and the first one of m - 1. */
static void multiply_mixed_terms(spni_assembly *p, int64_t m)
{
    const spni_dense_space *space = p->space;
    int64_t n = p->block.count;
    bool is_last = m == p->network->depth && spni_output_is_constant(p->error);
    const double *from = NULL;
    for (int64_t l = m - 1; l >= 1; l--) {
        double *to = l == m - 1 ? space->adjacent[m % 2] : space->mixed[l % 2];
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
            spni_dense_pass_mixed(p, m, to, space->adjacent[(m - 1) % 2]);
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
        multiply_terms(p, SPNI_TERM_DIAGONAL, m, m, p->space->packed, n);
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
        const double *from = p->space->mixed[l % 2];
        if (l + 2 < depth) {
            spni_dense_start_tangent(p, l, p->space->mixed[l % 2]);
        }
        for (int64_t m = l + 3; m <= depth; m++) {
            double *to = p->space->mixed[m % 2];
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

/* A wave: as many parts of blocks as lanes, each into products of its own but the first, which adds to
 * the sum of all before. */
typedef struct wave {
    const spni_assembly *common;
    int64_t first, parts; /* the number of its first part, and how many there are */
    int64_t pieces;       /* of the sum that follows */
} wave;

/* Parts of a block of the plan. */
static int64_t parts_of_block(const spni_assembly *p)
{
    return (p->error->plan.block + p->dense->block - 1) / p->dense->block;
}

/* Of the blocks that are here; those of the last block of all are fewer. */
static spni_stretch own_parts(const spni_assembly *p)
{
    const spni_stretch blocks = spni_own_blocks(p->state);
    int64_t block = p->error->plan.block, whole = (p->state->samples - 1) / block;
    int64_t rest = p->state->samples - whole * block;
    int64_t total = whole * parts_of_block(p) + (rest + p->dense->block - 1) / p->dense->block;
    int64_t end = blocks.end * parts_of_block(p);
    return (spni_stretch){blocks.begin * parts_of_block(p), end < total ? end : total};
}

static void multiply_part(spni_assembly *p, int64_t part, int64_t lane)
{
    int64_t parts = parts_of_block(p);
    spni_block block = spni_block_on(p->state, part / parts, lane);
    p->block = spni_block_part(&block, part % parts * p->dense->block, p->dense->block);
    p->next = 0;
    p->built = NULL;
    multiply_curvature_terms(p);
    if (p->part != SPN_PART_GAUSS_NEWTON) {
        multiply_tangent_terms(p);
    }
}

static spn_status run_part(spn_context *context, void *state, int64_t part, int64_t lane)
{
    const wave *self = state;
    spn_status status = spn_poll(context);
    if (status == SPN_OK) {
        spni_assembly p = *self->common;
        p.space = &p.dense->spaces[lane];
        p.products = p.dense->products[part];
        p.adds = part == 0 && self->first > 0;
        multiply_part(&p, self->first + part, lane);
    }
    return status;
}

/* Piece by piece, so that each sum runs in the order of parts. */
static spn_status add_piece(spn_context *context, void *state, int64_t piece, int64_t lane)
{
    const wave *self = state;
    const spni_dense *dense = self->common->dense;
    int64_t begin = dense->size * piece / self->pieces;
    int64_t end = dense->size * (piece + 1) / self->pieces;
    double *restrict sum = dense->products[0];
    (void)context;
    (void)lane;
    for (int64_t part = 1; part < self->parts; part++) {
        const double *restrict from = dense->products[part];
        for (int64_t i = begin; i < end; i++) {
            sum[i] += from[i];
        }
    }
    return SPN_OK;
}

static spn_status run_waves(spn_context *context, const spni_assembly *p, int64_t lanes)
{
    spn_status status = SPN_OK;
    const spni_stretch own = own_parts(p);
    wave self = {.common = p, .pieces = lanes, .first = own.begin};
    for (; self.first < own.end; self.first += self.parts) {
        self.parts = own.end - self.first < lanes ? own.end - self.first : lanes;
        SPN_TRY(spn_team_run_on(context, lanes, self.parts, run_part, &self));
        if (self.parts > 1) {
            SPN_TRY(spn_team_run_on(context, lanes, self.pieces, add_piece, &self));
        }
    }
done:
    return status;
}

/* Lanes that the assembly can use and is worth. */
static int64_t lanes_for(const spn_context *context, const spni_assembly *p)
{
    double work = p->dense->flops * (double)p->state->samples;
    int64_t lanes = spni_lanes_for(context, p->state, work);
    lanes = lanes < p->dense->lanes ? lanes : p->dense->lanes;
    return p->dense->is_summed ? lanes : 1;
}

/* What ranks hand on: the products, or the columns of the lower triangle. */
static spn_status take_pieces(spn_context *context, const spni_assembly *p, int64_t *count,
                              spn_farm_piece **pieces)
{
    spn_status status = SPN_OK;
    const int64_t size = p->network->parameters;
    *count = p->dense->is_summed ? 1 : size;
    SPN_NEW(context, *pieces, *count);
    for (int64_t j = 0; j < *count; j++) {
        (*pieces)[j] = p->dense->is_summed ? (spn_farm_piece){p->dense->products[0], p->dense->size}
                                           : (spn_farm_piece){p->h + j + j * size, size - j};
    }
done:
    return status;
}

static spn_status assemble(spn_context *context, spni_assembly *p)
{
    spn_status status = SPN_OK;
    const spni_dense *dense = p->dense;
    spn_farm_piece *pieces = NULL;
    int64_t count = 0;
    spni_dense_prepare(p);
    if (p->error->farm != NULL) {
        SPN_TRY(take_pieces(context, p, &count, &pieces));
    }
    SPN_TRY(spni_relay_begin(context, p->error, count, pieces));
    status = run_waves(context, p, lanes_for(context, p));
    SPN_TRY(spni_relay_end(context, p->error, status, count, pieces));
    for (int64_t t = 0; dense->is_summed && t < dense->term_count; t++) {
        const spni_term *term = &dense->terms[t];
        if (!is_absent(p, term)) {
            spni_dense_scatter(p->network, term, p->constant, p->theta,
                               dense->products[0] + term->place, p->h);
        }
    }
done:
    spn_release(context, pieces);
    return status;
}

static spni_assembly assembly_at(const spn_point *point, spn_part part, double *h)
{
    const spni_network_state *state = point->state;
    double constant = spni_output_constant(state->error, state->scale);
    return (spni_assembly){.state = state,
                           .error = state->error,
                           .network = state->error->network,
                           .dense = state->dense,
                           .theta = point->theta,
                           .part = part,
                           .constant = part == SPN_PART_RESIDUAL ? 0.0 : constant,
                           .h = h};
}

/* Column by column through products: for networks whose layers are too wide for the assembly. */
static spn_status multiply_unit(spn_context *context, const spn_point *point, spn_part part,
                                int64_t i)
{
    const spni_network_state *state = point->state;
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
