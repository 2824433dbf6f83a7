/* SPDX-License-Identifier: MIT */
/* Blocks of the rest whose softest directions are known from a point close by. To factor a block takes a sum over all samples of its inputs
 * squared. Whoever has its lowest eigenvectors V (orthonormal) and eigenvalues lambda_1 <= lambda_2 <= lambda_3 of before asks first how much has changed:
 *
 *   W = B V, Theta = V^T W, R = W - V Theta      of all groups of a layer at once, for each vector about a product with the reduced Hessian
 *   drift = |R| + max |theta_i - lambda_i|       what V sees of the change
 *   if beside V nothing has moved by more than 2 drift, B has nothing there below mu = lambda_3 - 2 drift, and nothing at all below
 *   theta_1 - |R|^2 / (mu - theta_1)
 *
 * (the lowest eigenvalue of [Theta, R^T; R, C >= mu]). Only a block for which that is above what is asked for is passed over; the others are factored, and V comes from
 * the factor, by inverse iteration of a subspace. */
#include "network/network_reduction.h"
#include "network/product.h"

#include <math.h>
#include <string.h>

/* Vectors that are kept; those of the subspace, one of which is the next; turns of the iteration. */
enum { KEPT = SPNI_BLOCK_MODES, SUBSPACE = 4, TURNS = 6 };
/* Units of a part: how many rows a lane takes through all blocks at a time. */
enum { PART_UNITS = 6 };
static const double SAFETY = 2, ROUNDING = 1e-8;

/* Where the modes of a layer's groups lie: V row by row in its three parts, KEPT rows a group, and KEPT + 1 eigenvalues a group behind each
 * other, of which the first is 0 where nothing is known. Other groups may have as many numbers: V must be orthonormal to be believed. */
typedef struct layer_modes {
    int64_t units, rows, in, out;
    double *inputs, *bias, *outputs, *values;
} layer_modes;

bool spni_reduction_is_large(const spni_reduction *own, int64_t l)
{
    return spni_reduction_side(own, l) >= SPNI_LARGE_BLOCK;
}

static int64_t numbers_of(const spni_reduction *own, int64_t l)
{
    const spn_network *network = own->network;
    int64_t row = network->width[l - 1] + 1 + network->width[l + 1];
    return spni_reduction_is_large(own, l) ? network->width[l] * (KEPT * row + KEPT + 1) : 0;
}

static layer_modes modes_of(const spni_reduction *own, int64_t l, double *numbers)
{
    const spn_network *network = own->network;
    layer_modes made = {.units = network->width[l],
                        .rows = KEPT * network->width[l],
                        .in = network->width[l - 1],
                        .out = network->width[l + 1]};
    for (int64_t below = 1; below < l; below++) {
        numbers += numbers_of(own, below);
    }
    made.inputs = numbers;
    made.bias = made.inputs + made.rows * made.in;
    made.outputs = made.bias + made.rows;
    made.values = made.outputs + made.rows * made.out;
    return made;
}

spn_status spni_block_modes_fit(spn_context *context, const spni_reduction *own,
                                spn_soft_modes *modes)
{
    spn_status status = SPN_OK;
    int64_t size = 0;
    for (int64_t l = 1; l < own->network->depth; l++) {
        size += numbers_of(own, l);
    }
    if (modes->size == size) {
        return SPN_OK;
    }
    spn_release(context, modes->rest);
    modes->rest = NULL;
    modes->size = 0;
    SPN_NEW(context, modes->rest, size);
    modes->size = size;
done:
    return status;
}

/* ---- From a factor ------------------------------------------------------------------------------- */

/* Columns become orthonormal; a column that depends on those before becomes 0. */
static void orthonormalise(int64_t n, double *x)
{
    for (int64_t j = 0; j < SUBSPACE; j++) {
        double *column = x + j * n;
        for (int turn = 0; turn < 2; turn++) {
            for (int64_t i = 0; i < j; i++) {
                spn_axpy(n, -spn_dot(n, x + i * n, column), x + i * n, column);
            }
        }
        double length = spn_norm(n, column);
        for (int64_t i = 0; i < n; i++) {
            column[i] = length > 0 ? column[i] / length : 0;
        }
    }
}

/* Rotate the columns of x to Ritz vectors of the inverse: t = x^T y with y = (B - shift)^{-1} x; lambda_i = shift + 1 / eigenvalue of t. */
static spn_status rotate(spn_context *context, const spni_reduction *own, int64_t n, double shift,
                         double *x, const double *y, double *values)
{
    spn_status status = SPN_OK;
    double t[SUBSPACE * SUBSPACE], w[SUBSPACE], row[SUBSPACE];
    for (int64_t j = 0; j < SUBSPACE; j++) {
        for (int64_t i = 0; i < SUBSPACE; i++) {
            t[i + j * SUBSPACE] = spn_dot(n, x + i * n, y + j * n);
        }
    }
    SPN_TRY(spn_eigen(context, own->dense, SUBSPACE, t, true, w));
    for (int64_t k = 0; k <= KEPT; k++) {
        values[k] = shift + 1 / w[SUBSPACE - 1 - k];
    }
    if (!(w[SUBSPACE - 1 - KEPT] > 0) || !isfinite(values[0])) {
        values[0] = 0; /* not a subspace of that many dimensions */
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < KEPT; k++) {
            const double *s = t + (SUBSPACE - 1 - k) * SUBSPACE;
            row[k] = 0;
            for (int64_t j = 0; j < SUBSPACE; j++) {
                row[k] += s[j] * x[i + j * n];
            }
        }
        for (int64_t k = 0; k < KEPT; k++) {
            x[i + k * n] = row[k];
        }
    }
done:
    return status;
}

/* Row k of group j as a vector of the block, and back. */
static void read_mode(const spni_reduction *own, const layer_modes *modes, int64_t row, double *x)
{
    const int64_t inputs = modes->in + (own->network->has_bias ? 1 : 0);
    memcpy(x, modes->inputs + row * modes->in, (size_t)modes->in * sizeof *x);
    x[modes->in] = modes->bias[row];
    memcpy(x + inputs, modes->outputs + row * modes->out, (size_t)modes->out * sizeof *x);
}

static void write_mode(const spni_reduction *own, const layer_modes *modes, int64_t row,
                       const double *x)
{
    const int64_t inputs = modes->in + (own->network->has_bias ? 1 : 0);
    memcpy(modes->inputs + row * modes->in, x, (size_t)modes->in * sizeof *x);
    modes->bias[row] = own->network->has_bias ? x[modes->in] : 0;
    memcpy(modes->outputs + row * modes->out, x + inputs, (size_t)modes->out * sizeof *x);
}

spn_status spni_block_modes_take(spn_context *context, const spni_reduction *own, int64_t l,
                                 int64_t j, const double *factor, double shift, spn_soft_modes *all)
{
    spn_status status = SPN_OK;
    const int64_t n = spni_reduction_side(own, l);
    const layer_modes modes = modes_of(own, l, all->rest);
    spn_random random = spn_random_stream(0, SPN_PURPOSE_PROBES, (uint64_t)j);
    double *x = NULL, *y = NULL, *values = modes.values + j * (KEPT + 1);
    SPN_NEW(context, x, SUBSPACE * n);
    SPN_NEW(context, y, SUBSPACE * n);
    for (int64_t i = 0; i < SUBSPACE * n; i++) {
        x[i] = spn_random_normal(&random);
    }
    for (int64_t k = 0; k < KEPT && values[0] != 0; k++) {
        read_mode(own, &modes, j * KEPT + k, x + k * n);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        orthonormalise(n, x);
        memcpy(y, x, (size_t)(SUBSPACE * n) * sizeof *y);
        SPN_TRY(spn_cholesky_solve(context, n, factor, SUBSPACE, y));
        if (turn < TURNS - 1) {
            double *swap = x;
            x = y;
            y = swap;
        }
    }
    SPN_TRY(rotate(context, own, n, shift, x, y, values));
    for (int64_t k = 0; k < KEPT; k++) {
        write_mode(own, &modes, j * KEPT + k, x + k * n);
    }
done:
    spn_release(context, x);
    spn_release(context, y);
    return status;
}

void spni_block_modes_drop(const spni_reduction *own, int64_t l, int64_t j, spn_soft_modes *all)
{
    modes_of(own, l, all->rest).values[j * (KEPT + 1)] = 0;
}

/* ---- Products --------------------------------------------------------------------------------------- */

typedef struct mode_products {
    const spni_reduction *own;
    const spni_network_state *state;
    int64_t l;
    layer_modes v, w;
    const double *bias; /* of V, for the inputs as they are in the blocks */
    spni_stretch blocks;
    double *along,
        *across; /* rows x block each: V h, then p V h; V delta, then e V h + p V delta */
} mode_products;

/* A part of the rows through all blocks: what it adds up does not depend on who does. */
static spn_status multiply_part(spn_context *context, void *memory, int64_t part, int64_t lane)
{
    spn_status status = SPN_OK;
    const mode_products *p = memory;
    const spn_network_error *inner = p->own->inner;
    const spni_kernels *kernels = p->state->kernels;
    const layer_modes *v = &p->v, *w = &p->w;
    const int64_t ld = inner->plan.block, first = part * PART_UNITS * KEPT;
    const int64_t left = v->rows - first, most = PART_UNITS * KEPT;
    const int64_t rows = left < most ? left : most;
    double *along = p->along + first * ld, *across = p->across + first * ld;
    for (int64_t b = p->blocks.begin; b < p->blocks.end; b++) {
        SPN_TRY(spn_poll(context));
        spni_block block =
            p->l == 1 ? spni_block_relative(p->state, b, lane, NULL) : spni_block_kept(p->state, b);
        const spni_rows h = spni_input(&inner->plan, &block, p->l);
        const double *delta = spni_deltas(inner, &block, p->l + 1);
        spni_affine_of(kernels, rows, v->in, block.count, v->inputs + first * v->in,
                       p->bias + first, &h, along, ld);
        spni_affine(kernels, rows, v->out, block.count, v->outputs + first * v->out, NULL, delta,
                    ld, across, ld);
        for (int64_t i = 0; i < rows; i++) {
            const int64_t unit = (first + i) / KEPT;
            const double *slopes = spni_slopes(inner, &block, p->l) + unit * ld;
            const double *bends = spni_bends(inner, &block, p->l) + unit * ld;
            kernels->multiply(block.count, slopes, across + i * ld, across + i * ld);
            kernels->add_multiplied(block.count, bends, along + i * ld, across + i * ld);
            kernels->multiply(block.count, slopes, along + i * ld, along + i * ld);
        }
        spni_outer_with(kernels, rows, v->in, block.count, across, ld, &h, true,
                        w->inputs + first * v->in);
        spni_add_row_sums(kernels, rows, block.count, across, ld, w->bias + first);
        spni_outer(kernels, rows, v->out, block.count, along, ld, delta, ld, true,
                   w->outputs + first * v->out);
    }
done:
    return status;
}

/* The sums of W, for all samples: from rank to rank where they are shared. */
static spn_status multiply(spn_context *context, const spni_reduction *own,
                           const spni_network_state *state, int64_t l, const layer_modes *v,
                           const layer_modes *w)
{
    spn_status status = SPN_OK;
    const int64_t numbers = v->rows * (v->in + 1 + v->out), ld = own->inner->plan.block;
    const int64_t parts = (v->units + PART_UNITS - 1) / PART_UNITS;
    mode_products p = {
        .own = own, .state = state, .l = l, .v = *v, .w = *w, .blocks = spni_own_blocks(state)};
    const spn_farm_piece piece = {w->inputs, numbers};
    const double work = 4.0 * (double)state->samples * (double)numbers;
    const bool is_relative = l == 1 && spni_is_relative(state);
    double *bias = NULL;
    SPN_NEW(context, p.along, v->rows * ld);
    SPN_NEW(context, p.across, v->rows * ld);
    p.bias = v->bias;
    if (is_relative) {
        SPN_NEW(context, bias, v->rows);
        spni_background_bias(state, v->rows, v->inputs, v->bias, bias);
        p.bias = bias;
    }
    SPN_TRY(spni_relay_begin(context, own->inner, 1, &piece));
    status =
        spn_team_run_on(context, spni_lanes_for(context, state, work), parts, multiply_part, &p);
    status = spni_relay_end(context, own->inner, status, 1, &piece);
    if (is_relative) {
        spni_background_add(state, v->rows, w->bias, w->inputs);
    }
done:
    spn_release(context, bias);
    spn_release(context, p.along);
    spn_release(context, p.across);
    return status;
}

/* W's row with the regulariser, as a vector of the block. */
static void add_stiffness(const spni_reduction *own, const spn_damping *damping, int64_t l,
                          int64_t j, const double *x, double *y)
{
    const spn_network *network = own->network;
    const int64_t n = spni_reduction_side(own, l);
    for (int64_t i = 0; i < n; i++) {
        y[i] += damping->stiffness * spni_block_weight(network, damping, l, j, i) * x[i];
    }
}

static bool is_orthonormal(int64_t n, const double *x)
{
    for (int64_t k = 0; k < KEPT; k++) {
        for (int64_t i = 0; i <= k; i++) {
            if (!(fabs(spn_dot(n, x + i * n, x + k * n) - (i == k ? 1 : 0)) <= ROUNDING)) {
                return false;
            }
        }
    }
    return true;
}

/* No eigenvalue of the block is below this. -INFINITY: nothing is known of it. */
static spn_status bound_block(spn_context *context, const spni_reduction *own,
                              const spn_damping *damping, int64_t l, int64_t j,
                              const layer_modes *v, const layer_modes *w, double *scratch,
                              double *bound)
{
    spn_status status = SPN_OK;
    const int64_t n = spni_reduction_side(own, l);
    const double *known = v->values + j * (KEPT + 1);
    double *x = scratch, *y = scratch + KEPT * n;
    double t[KEPT * KEPT], values[KEPT], drift = 0, residual = 0;
    *bound = -(double)INFINITY;
    if (known[0] == 0) {
        return SPN_OK;
    }
    for (int64_t k = 0; k < KEPT; k++) {
        read_mode(own, v, j * KEPT + k, x + k * n);
        read_mode(own, w, j * KEPT + k, y + k * n);
        add_stiffness(own, damping, l, j, x + k * n, y + k * n);
    }
    if (!is_orthonormal(n, x)) {
        return SPN_OK;
    }
    for (int64_t k = 0; k < KEPT; k++) {
        for (int64_t i = 0; i < KEPT; i++) {
            t[i + k * KEPT] = spn_dot(n, x + i * n, y + k * n);
        }
    }
    for (int64_t k = 0; k < KEPT; k++) {
        for (int64_t i = 0; i < KEPT; i++) {
            spn_axpy(n, -t[i + k * KEPT], x + i * n, y + k * n);
        }
        residual += spn_dot(n, y + k * n, y + k * n);
    }
    SPN_TRY(spn_eigen(context, own->dense, KEPT, t, false, values));
    for (int64_t k = 0; k < KEPT; k++) {
        drift = fmax(drift, fabs(values[k] - known[k]));
    }
    const double beside = known[KEPT] - SAFETY * (drift + sqrt(residual));
    if (beside > values[0] && isfinite(beside)) {
        *bound = values[0] - residual / (beside - values[0]);
    }
done:
    return status;
}

spn_status spni_block_modes_bound(spn_context *context, const spni_reduction *own,
                                  const spn_point *point, const spn_damping *damping, int64_t l,
                                  const spn_soft_modes *all, double *bounds)
{
    spn_status status = SPN_OK;
    const layer_modes v = modes_of(own, l, all->rest);
    double *numbers = NULL, *scratch = NULL;
    bool is_known = false;
    for (int64_t j = 0; j < v.units; j++) {
        bounds[j] = -(double)INFINITY;
        is_known = is_known || v.values[j * (KEPT + 1)] != 0;
    }
    if (!is_known) {
        return SPN_OK;
    }
    SPN_NEW(context, numbers, v.rows * (v.in + 1 + v.out));
    SPN_NEW(context, scratch, 2 * KEPT * spni_reduction_side(own, l));
    layer_modes w = v;
    w.inputs = numbers;
    w.bias = w.inputs + w.rows * w.in;
    w.outputs = w.bias + w.rows;
    SPN_TRY(multiply(context, own, point->state, l, &v, &w));
    for (int64_t j = 0; j < v.units; j++) {
        SPN_TRY(bound_block(context, own, damping, l, j, &v, &w, scratch, &bounds[j]));
    }
done:
    spn_release(context, numbers);
    spn_release(context, scratch);
    return status;
}
