/* SPDX-License-Identifier: MIT */
/* The spectrum beside the reduced network (T27). Deviations of a group's units from each other, whose sum vanishes, see
 *   (ii)  B = [2 beta C + sum e h h^T, sum p h delta^T; ., 2 beta],  m - 1 times for each group:
 *         h the reduced input of the layer and its 1, delta the reduced dE/da_{l+1}, p = phi'(a), e = dE/dh phi''(a);
 *   (iii) 2 beta between deviations of two adjacent layers.
 * Slopes and bends of the reduced network are p and e as they are: sqrt(m) phi(a / sqrt(m)) has the slope phi', and
 * its second derivative phi'' / sqrt(m) meets a dE/dh that is sqrt(m) times that of one unit. Whether a block has an
 * eigenvalue below what is known already says one Cholesky factorisation; only where it has are they computed. */
#include "network/network_reduction.h"
#include "network/product.h"

#include <math.h>
#include <string.h>

int64_t spni_reduction_side(const spni_reduction *own, int64_t l)
{
    const spn_network *network = own->network;
    return network->width[l - 1] + (network->has_bias ? 1 : 0) + network->width[l + 1];
}

int64_t spni_reduction_pairs(const spni_reduction *own, int64_t l, int64_t i, int64_t j)
{
    return (own->groups[l].size[i] - 1) * (own->groups[l + 1].size[j] - 1);
}

static double weight_of(const spn_damping *damping, int64_t i)
{
    return damping->weights != NULL ? damping->weights[i] : 1.0;
}

double spni_reduction_pair_value(const spni_reduction *own, const spn_damping *damping, int64_t l,
                                 int64_t i, int64_t j)
{
    const spn_network *network = own->network;
    return damping->stiffness *
           weight_of(damping, network->weight_offset[l + 1] + j * network->width[l] + i);
}

double spni_block_weight(const spn_network *network, const spn_damping *damping, int64_t l,
                         int64_t j, int64_t i)
{
    const int64_t in = network->width[l - 1], inputs = in + (network->has_bias ? 1 : 0);
    return weight_of(damping, i < in       ? network->weight_offset[l] + j * in + i
                              : i < inputs ? network->bias_offset[l] + j
                                           : network->weight_offset[l + 1] +
                                                 (i - inputs) * network->width[l] + j);
}

/* Sums over samples for group j of layer l: e [h; 1] h^T up to its diagonal, and p [h; 1] delta^T. A part is some of their
 * rows; a lane takes its parts through all blocks, whose inputs it reads once: what a part adds up does not depend on who does. */
typedef struct group_sums {
    const spni_reduction *own;
    const spni_network_state *state;
    int64_t l, j, rows, in, out, takers;
    spni_stretch blocks;
} group_sums;

/* So that what is scaled of a block stays in a cache, and little is made beyond the diagonal. */
enum { PART_ROWS = 200, STRIP_ROWS = 40 };

static int64_t parts_of(const group_sums *sums)
{
    return (sums->rows + PART_ROWS - 1) / PART_ROWS;
}

/* Rows near the end are the longest: parts are dealt out from there, to and fro. */
static bool is_taken_by(const group_sums *sums, int64_t part, int64_t taker)
{
    int64_t k = parts_of(sums) - 1 - part, turn = k / sums->takers, place = k % sums->takers;
    return taker == (turn % 2 == 0 ? place : sums->takers - 1 - place);
}

/* Rows of a part = factor times the inputs and the 1 of a block. */
static void scale_inputs(const group_sums *sums, const spni_block *block, const spni_stretch *part,
                         const double *factor)
{
    const spni_reduction *own = sums->own;
    const int64_t width = own->inner->plan.block;
    const spni_kernels *kernels = sums->state->kernels;
    const spni_rows h = spni_input(&own->inner->plan, block, sums->l);
    const int64_t end = part->end < sums->in ? part->end : sums->in;
    double *rows = own->rows + part->begin * width;
    if (h.bytes.code != NULL) {
        spni_bytes_task numbers = {.rows = end - part->begin,
                                   .groups = (block->count + SPNI_GROUP - 1) / SPNI_GROUP,
                                   .bytes = h.bytes,
                                   .x = rows,
                                   .ldx = width};
        numbers.bytes.code += SPNI_GROUP * part->begin;
        kernels->rescale_bytes(&numbers);
    }
    for (int64_t i = part->begin; i < end; i++, rows += width) {
        kernels->multiply(block->count, factor, h.bytes.code != NULL ? rows : h.at + i * h.ld,
                          rows);
    }
    if (part->end > sums->in) {
        memcpy(own->rows + sums->in * width, factor, (size_t)block->count * sizeof *factor);
    }
}

/* Where the rows of a part, inputs times factors, are 0: where the inputs are, from the first of them on; `room` for the answer. */
static const spni_nonzeros *rows_behind(const spni_rows *h, int64_t first, spni_nonzeros *room)
{
    if (h->nonzeros == NULL) {
        return NULL;
    }
    *room = *h->nonzeros;
    room->groups += first * room->stride;
    return room;
}

/* What some rows of a part, which are there, add to the sums of inputs: up to the diagonal. */
static void sum_strip(const group_sums *sums, const spni_block *block, const spni_rows *h,
                      const spni_stretch *strip, bool adds)
{
    const spni_reduction *own = sums->own;
    const int64_t ld = own->inner->plan.block, in = sums->in;
    spni_nonzeros left;
    sums->state->kernels->outer(&(spni_outer_task){.m = strip->end - strip->begin,
                                                   .k = strip->end < in ? strip->end : in,
                                                   .n = block->count,
                                                   .a = own->rows + strip->begin * ld,
                                                   .lda = ld,
                                                   .b = h->at,
                                                   .ldb = h->ld,
                                                   .bytes = h->bytes,
                                                   .nonzeros = h->nonzeros,
                                                   .left = rows_behind(h, strip->begin, &left),
                                                   .adds = adds,
                                                   .c = own->products[0] + strip->begin * in,
                                                   .ldc = in});
}

/* What a block adds to part k. */
static void sum_part(const group_sums *sums, const spni_block *block, int64_t k, bool adds)
{
    const spni_reduction *own = sums->own;
    const int64_t ld = own->inner->plan.block, most = (k + 1) * PART_ROWS;
    const spni_stretch part = {k * PART_ROWS, most < sums->rows ? most : sums->rows};
    const spni_rows h = spni_input(&own->inner->plan, block, sums->l);
    spni_nonzeros left;
    scale_inputs(sums, block, &part, spni_bends(own->inner, block, sums->l) + sums->j * ld);
    for (int64_t i = part.begin; i < part.end; i += STRIP_ROWS) {
        const int64_t end = i + STRIP_ROWS < part.end ? i + STRIP_ROWS : part.end;
        sum_strip(sums, block, &h, &(spni_stretch){i, end}, adds);
    }
    scale_inputs(sums, block, &part, spni_slopes(own->inner, block, sums->l) + sums->j * ld);
    sums->state->kernels->outer(&(spni_outer_task){.m = part.end - part.begin,
                                                   .k = sums->out,
                                                   .n = block->count,
                                                   .a = own->rows + part.begin * ld,
                                                   .lda = ld,
                                                   .left = rows_behind(&h, part.begin, &left),
                                                   .b = spni_deltas(own->inner, block, sums->l + 1),
                                                   .ldb = ld,
                                                   .adds = adds,
                                                   .c = own->products[1] + part.begin * sums->out,
                                                   .ldc = sums->out});
}

static spn_status sum_parts(spn_context *context, void *memory, int64_t taker, int64_t lane)
{
    spn_status status = SPN_OK;
    const group_sums *sums = memory;
    for (int64_t b = sums->blocks.begin; b < sums->blocks.end; b++) {
        SPN_TRY(spn_poll(context));
        const spni_block block = sums->l == 1 ? spni_block_relative(sums->state, b, lane, NULL)
                                              : spni_block_kept(sums->state, b);
        for (int64_t k = 0; k < parts_of(sums); k++) {
            if (is_taken_by(sums, k, taker)) {
                sum_part(sums, &block, k, b > 0);
            }
        }
    }
done:
    return status;
}

/* The corner: sum e. */
static double sum_bends(const group_sums *sums, double corner)
{
    const spni_reduction *own = sums->own;
    for (int64_t b = sums->blocks.begin; b < sums->blocks.end; b++) {
        spni_block block = spni_block_kept(sums->state, b);
        const double *e =
            spni_bends(own->inner, &block, sums->l) + sums->j * own->inner->plan.block;
        corner += sums->state->kernels->sum(block.count, e);
    }
    return corner;
}

/* Sums with inputs z less their levels m become those with x = m + z, by the row of the 1 that they have:
 *   sum e x x^T = sum e z z^T + m (sum e z)^T + (sum e z) m^T + m m^T sum e,   sum p x delta^T = sum p z delta^T + m (sum p delta)^T. */
static void add_levels(const group_sums *sums, double corner)
{
    const double *level = sums->state->error->background->level;
    const int64_t in = sums->in, out = sums->out;
    double *ee = sums->own->products[0], *pd = sums->own->products[1];
    double *e = ee + in * in;
    for (int64_t i = 0; i < in; i++) {
        for (int64_t k = 0; k <= i; k++) {
            ee[i * in + k] += level[i] * e[k] + level[k] * e[i] + level[i] * level[k] * corner;
        }
        spn_axpy(out, level[i], pd + in * out, pd + i * out);
    }
    spn_axpy(in, corner, level, e);
}

/* Into products[0] (its lower triangle), products[1] and *corner, for all samples: from rank to rank where they are shared. */
static spn_status sum_products(spn_context *context, const spni_reduction *own,
                               const spni_network_state *state, int64_t l, int64_t j,
                               double *corner)
{
    spn_status status = SPN_OK;
    const spn_network *network = own->network;
    group_sums sums = {.own = own,
                       .state = state,
                       .l = l,
                       .j = j,
                       .rows = network->width[l - 1] + 1,
                       .in = network->width[l - 1],
                       .out = network->width[l + 1],
                       .blocks = spni_own_blocks(state)};
    const spn_farm_piece pieces[] = {{own->products[0], sums.rows * sums.in},
                                     {own->products[1], sums.rows * sums.out},
                                     {corner, 1}};
    double work = (double)state->samples * (double)(sums.rows * (sums.in + 2 * sums.out));
    const int64_t lanes = spni_lanes_for(context, state, work), parts = parts_of(&sums);
    sums.takers = lanes < parts ? lanes : parts;
    *corner = 0.0;
    SPN_TRY(spni_relay_begin(context, own->inner, 3, pieces));
    status = spn_team_run_on(context, lanes, sums.takers, sum_parts, &sums);
    *corner = sum_bends(&sums, *corner);
    status = spni_relay_end(context, own->inner, status, 3, pieces);
    if (status == SPN_OK && l == 1 && spni_is_relative(state)) {
        add_levels(&sums, *corner);
    }
done:
    return status;
}

/* The block, of the sums that are there. */
static void assemble(const spni_reduction *own, const spn_damping *damping, int64_t l, int64_t j,
                     double corner, double *block)
{
    const spn_network *network = own->network;
    int64_t in = network->width[l - 1], out = network->width[l + 1];
    int64_t inputs = in + (network->has_bias ? 1 : 0), n = inputs + out;
    memset(block, 0, (size_t)(n * n) * sizeof *block);
    for (int64_t i = 0; i < inputs; i++) {
        for (int64_t k = 0; k < in && k <= i; k++) {
            block[i + k * n] = own->products[0][i * in + k];
        }
        for (int64_t p = 0; p < out; p++) {
            block[inputs + p + i * n] = own->products[1][i * out + p];
        }
    }
    for (int64_t i = 0; i < n; i++) {
        block[i * (n + 1)] += damping->stiffness * spni_block_weight(network, damping, l, j, i) +
                              (i == in && i < inputs ? corner : 0.0);
    }
}

spn_status spni_reduction_block(spn_context *context, spni_reduction *own, const spn_point *point,
                                const spn_damping *damping, int64_t l, int64_t j, double *block)
{
    spn_status status = SPN_OK;
    double corner = 0.0;
    SPN_TRY(spni_reduction_room(context, own));
    SPN_TRY(sum_products(context, own, point->state, l, j, &corner));
    assemble(own, damping, l, j, corner, block);
done:
    return status;
}

/* The eigenvector of a block, in the first two units of the group, opposite to each other. */
static void place(const spni_reduction *own, int64_t l, int64_t j, const double *x,
                  double *direction)
{
    const spn_network *full = own->error->network;
    const spni_groups *groups = &own->groups[l];
    int64_t n = full->parameters, placed = 0, inputs = own->network->width[l - 1];
    const double root = sqrt(0.5);
    memset(direction, 0, (size_t)n * sizeof *direction);
    for (int64_t i = 0; i < groups->units && placed < 2; i++) {
        if (groups->group[i] != j) {
            continue;
        }
        int64_t group = 0, begin = full->weight_offset[l] + i * full->width[l - 1];
        double size = groups->sign[i] * (placed == 0 ? root : -root);
        for (int64_t k = 0; k < full->width[l - 1]; k++) {
            double scale = spni_reduction_scale(own, l - 1, k, &group);
            direction[begin + k] = size * scale * x[group];
        }
        if (full->has_bias) {
            direction[full->bias_offset[l] + i] = size * x[inputs];
        }
        int64_t first = inputs + (full->has_bias ? 1 : 0);
        for (int64_t p = 0; p < full->width[l + 1]; p++) {
            double scale = spni_reduction_scale(own, l + 1, p, &group);
            direction[full->weight_offset[l + 1] + p * full->width[l] + i] =
                size * scale * x[first + group];
        }
        placed++;
    }
}

/* What is asked of the blocks, and what is known so far. */
typedef struct question {
    spni_reduction *own;
    const spn_point *point;
    const spn_damping *damping;
    double limit;
    bool wants_nearest;
    spn_soft_modes *modes; /* NULL: every block is factored */
    double *direction;
    spn_rest *rest;
} question;

static void take_nearest(const question *q, double value)
{
    if (fabs(value) < fabs(q->rest->nearest)) {
        q->rest->nearest = value;
    }
}

/* All eigenvalues of a block that has one below the smallest known, below the limit or nearer to zero than those known, of the sums that are there. */
static spn_status look_closer(spn_context *context, const question *q, int64_t l, int64_t j,
                              double corner)
{
    spn_status status = SPN_OK;
    spni_reduction *own = q->own;
    int64_t n = spni_reduction_side(own, l), negative = 0;
    /* Of large blocks eigenvectors are computed where one is needed. */
    const bool is_large = spni_reduction_is_large(own, l);
    assemble(own, q->damping, l, j, corner, own->square);
    SPN_TRY(spn_eigen(context, own->dense, n, own->square, !is_large, own->values));
    if (is_large && q->direction != NULL && own->values[0] < q->limit) {
        assemble(own, q->damping, l, j, corner, own->square);
        SPN_TRY(spn_eigen(context, own->dense, n, own->square, true, own->values));
    }
    while (negative < n && own->values[negative] < q->limit) {
        negative++;
    }
    for (int64_t i = 0; i < n; i++) {
        take_nearest(q, own->values[i]);
    }
    q->rest->negative += negative * (own->groups[l].size[j] - 1);
    if (own->values[0] < q->rest->smallest) {
        q->rest->smallest = own->values[0];
        if (q->direction != NULL && negative > 0) {
            place(own, l, j, own->square, q->direction);
        }
    }
done:
    return status;
}

/* Solves for the smallest eigenvalue of a large block; some ten suffice. */
enum { LEAST_STEPS = 48 };

/* All that the eigenvalues of a block are compared with. */
static double level_of(const question *q)
{
    return q->wants_nearest ? fabs(q->rest->nearest) : fmax(q->rest->smallest, q->limit);
}

/* The block less shift becomes its Cholesky factor, where it is positive. */
static spn_status factor_block(spn_context *context, const question *q, int64_t l, int64_t j,
                               double corner, double shift, bool *is_above)
{
    spni_reduction *own = q->own;
    const int64_t n = spni_reduction_side(own, l);
    assemble(own, q->damping, l, j, corner, own->square);
    for (int64_t i = 0; i < n; i++) {
        own->square[i * (n + 1)] -= shift;
    }
    return spn_cholesky(context, n, own->square, 0.0, is_above);
}

/* A large block whose eigenvalues are all above the limit: its smallest one from its factor takes a tenth of the time of all of them. */
static spn_status take_least(spn_context *context, const question *q, int64_t l, bool *is_known)
{
    spn_status status = SPN_OK;
    spni_reduction *own = q->own;
    const int64_t n = spni_reduction_side(own, l);
    double *room = NULL, least = 0;
    SPN_NEW(context, room, spn_cholesky_least_room(n, LEAST_STEPS));
    SPN_TRY(spn_cholesky_least(context, own->dense, n, own->square, LEAST_STEPS, room, &least,
                               is_known));
    if (*is_known) {
        q->rest->smallest = fmin(q->rest->smallest, q->limit + least);
    }
done:
    spn_release(context, room);
    return status;
}

static spn_status ask_block(spn_context *context, const question *q, int64_t l, int64_t j)
{
    spn_status status = SPN_OK;
    spni_reduction *own = q->own;
    const bool is_large = spni_reduction_is_large(own, l), is_kept = q->modes != NULL && is_large;
    const double level = level_of(q), shift = is_large && !q->wants_nearest ? q->limit : level;
    bool is_above = false, is_known = shift == level;
    double corner = 0.0;
    SPN_TRY(sum_products(context, own, q->point->state, l, j, &corner));
    SPN_TRY(factor_block(context, q, l, j, corner, shift, &is_above));
    SPN_TRY(is_above && !is_known ? take_least(context, q, l, &is_known) : SPN_OK);
    if (is_above && is_known) {
        SPN_TRY(is_kept ? spni_block_modes_take(context, own, l, j, own->square, shift, q->modes)
                        : SPN_OK);
    } else {
        SPN_TRY(look_closer(context, q, l, j, corner));
        if (is_kept) {
            spni_block_modes_drop(own, l, j, q->modes);
        }
    }
done:
    return status;
}

/* The blocks of a layer; those of which a point close by tells enough are passed over. */
static spn_status ask_layer(spn_context *context, const question *q, int64_t l)
{
    spn_status status = SPN_OK;
    const spni_groups *groups = &q->own->groups[l];
    double *bounds = NULL;
    if (q->modes != NULL && spni_reduction_is_large(q->own, l)) {
        SPN_NEW(context, bounds, groups->count);
        SPN_TRY(spni_block_modes_bound(context, q->own, q->point, q->damping, l, q->modes, bounds));
    }
    for (int64_t j = 0; j < groups->count; j++) {
        const bool is_above = bounds != NULL && bounds[j] > level_of(q);
        SPN_TRY(groups->size[j] > 1 && !is_above ? ask_block(context, q, l, j) : SPN_OK);
    }
done:
    spn_release(context, bounds);
    return status;
}

static void ask_pairs(const question *q, int64_t l, int64_t i, int64_t j)
{
    int64_t pairs = spni_reduction_pairs(q->own, l, i, j);
    double value = spni_reduction_pair_value(q->own, q->damping, l, i, j);
    if (pairs > 0) {
        take_nearest(q, value);
        q->rest->smallest = fmin(q->rest->smallest, value);
        q->rest->negative += value < q->limit ? pairs : 0;
    }
}

spn_status spni_reduction_rest(spn_context *context, void *memory, const spn_point *point,
                               const spn_damping *damping, double floor, double limit,
                               bool wants_nearest, spn_soft_modes *modes, spn_rest *out,
                               double *direction)
{
    spn_status status = SPN_OK;
    spni_reduction *own = memory;
    const question q = {own, point, damping, limit, wants_nearest, modes, direction, out};
    *out = (spn_rest){.dimension = own->isometry.dimension - own->isometry.reduced,
                      .smallest = floor,
                      .nearest = wants_nearest ? fabs(floor) : (double)NAN};
    SPN_TRY(spni_reduction_room(context, own));
    SPN_TRY(modes != NULL ? spni_block_modes_fit(context, own, modes) : SPN_OK);
    for (int64_t l = 1; l < own->network->depth; l++) {
        SPN_TRY(ask_layer(context, &q, l));
        for (int64_t i = 0; l + 1 < own->network->depth && i < own->groups[l].count; i++) {
            for (int64_t j = 0; j < own->groups[l + 1].count; j++) {
                ask_pairs(&q, l, i, j);
            }
        }
    }
done:
    return status;
}
