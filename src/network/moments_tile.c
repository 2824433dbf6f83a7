/* SPDX-License-Identifier: MIT */
/* A tile of samples, and a slice of units carried through the network for all of them (moments.h). */
#include "network/moments.h"
#include "network/product.h"

#include <math.h>
#include <string.h>

int64_t spni_tile_stride(int64_t samples)
{
    return samples + 8; /* no rows a power of two apart */
}

int64_t spni_tile_rows(const spn_network *network)
{
    int64_t depth = network->depth, rows = network->width[depth] + 1;
    for (int64_t l = 1; l <= depth; l++) {
        rows += spni_moments_fan_in(network, l) + (l < depth ? 3 : 1) * network->width[l];
    }
    return rows;
}

static double *take_rows(double **memory, int64_t rows, int64_t ld)
{
    double *first = *memory;
    *memory += rows * ld;
    return first;
}

static void place_rows(const spni_moments *p, spni_tile *tile)
{
    const int64_t *width = p->network->width, depth = p->network->depth;
    double *next = tile->memory, *carried = tile->carried;
    tile->input = tile->places;
    tile->slope = tile->places + depth + 1;
    tile->bend = tile->places + 2 * (depth + 1);
    tile->delta = tile->places + 3 * (depth + 1);
    tile->tangent = tile->places + 4 * (depth + 1);
    tile->second = tile->places + 5 * (depth + 1);
    for (int64_t l = 1; l <= depth; l++) {
        tile->tangent[l] = take_rows(&carried, width[l] * p->plan.units, tile->ld);
        tile->second[l] = take_rows(&carried, width[l] * p->plan.units, tile->ld);
        tile->input[l] = take_rows(&next, spni_moments_fan_in(p->network, l), tile->ld);
        tile->delta[l] = take_rows(&next, width[l], tile->ld);
        if (l < depth) {
            tile->slope[l] = take_rows(&next, width[l], tile->ld);
            tile->bend[l] = take_rows(&next, width[l], tile->ld);
        }
    }
    if (spni_output_constant(p->error, 1.0) == 0.0) {
        tile->chance = take_rows(&next, width[depth], tile->ld);
        tile->mass = take_rows(&next, 1, tile->ld);
    }
}

spn_status spni_tile_create(spn_context *context, const spni_moments *p, spni_tile *tile)
{
    spn_status status = SPN_OK;
    const int64_t *width = p->network->width, depth = p->network->depth;
    int64_t units = 0;
    tile->ld = spni_tile_stride(p->plan.tile);
    for (int64_t l = 1; l <= depth; l++) {
        units += width[l];
    }
    SPN_NEW(context, tile->memory, spni_tile_rows(p->network) * tile->ld);
    SPN_NEW(context, tile->carried, 2 * units * p->plan.units * tile->ld);
    SPN_NEW(context, tile->places, 6 * (depth + 1));
    SPN_NEW(context, tile->top, tile->ld);
    place_rows(p, tile);
done:
    return status;
}

void spni_tile_free(spn_context *context, spni_tile *tile)
{
    spn_release(context, tile->memory);
    spn_release(context, tile->carried);
    spn_release(context, tile->places);
    spn_release(context, tile->top);
}

static void copy_rows(int64_t rows, int64_t n, const double *from, int64_t ldf, double *to,
                      int64_t ldt)
{
    for (int64_t i = 0; i < rows; i++) {
        memcpy(to + i * ldt, from + i * ldf, (size_t)n * sizeof *to);
    }
}

/* What d^2E/df^2 needs, to column `at`. */
static void copy_output(const spni_moments *p, const spni_block *block, int64_t at, spni_tile *tile)
{
    int64_t outputs = p->network->width[p->network->depth], ld = p->error->plan.block;
    const double *chance = spni_probabilities(p->error, block), *mass = chance + outputs * ld;
    copy_rows(outputs, block->count, chance, ld, tile->chance + at, tile->ld);
    for (int64_t n = 0; n < block->count; n++) {
        tile->mass[at + n] = p->state->scale * mass[n];
        if (outputs == 1) {
            tile->chance[at + n] *= p->state->scale * mass[ld + n]; /* p (1 - p) */
        }
        int64_t top = 0;
        for (int64_t k = 1; k < outputs; k++) {
            top = chance[k * ld + n] > chance[top * ld + n] ? k : top;
        }
        tile->top[at + n] = (double)top;
    }
}

static void copy_block(const spni_moments *p, const spni_block *block, int64_t at, spni_tile *tile)
{
    const int64_t *width = p->network->width, depth = p->network->depth;
    int64_t ld = p->error->plan.block, count = block->count;
    for (int64_t l = 1; l <= depth; l++) {
        const spni_rows input = spni_input(&p->error->plan, block, l);
        copy_rows(width[l - 1], count, input.at, input.ld, tile->input[l] + at, tile->ld);
        for (int64_t n = 0; p->network->has_bias && n < count; n++) {
            tile->input[l][width[l - 1] * tile->ld + at + n] = 1.0;
        }
        copy_rows(width[l], count, spni_deltas(p->error, block, l), ld, tile->delta[l] + at,
                  tile->ld);
        if (l < depth) {
            copy_rows(width[l], count, spni_slopes(p->error, block, l), ld, tile->slope[l] + at,
                      tile->ld);
            copy_rows(width[l], count, spni_bends(p->error, block, l), ld, tile->bend[l] + at,
                      tile->ld);
        }
    }
    if (tile->chance != NULL) {
        copy_output(p, block, at, tile);
    }
}

spn_status spni_tile_fill(spn_context *context, const spni_moments *p, int64_t begin,
                          spni_tile *tile)
{
    spn_status status = SPN_OK;
    int64_t size = p->error->plan.block, left = p->state->samples - begin;
    const spni_stretch own = spni_own_blocks(p->state);
    tile->count = left < p->plan.tile ? left : p->plan.tile;
    for (int64_t at = 0; at < tile->count; at += size) {
        const int64_t b = (begin + at) / size;
        if (b >= own.begin && b < own.end) {
            spni_block block = spni_block_on(p->state, b, 0);
            copy_block(p, &block, at, tile);
        }
    }
    if (p->error->farm != NULL) {
        SPN_TRY(spni_shares_collect(context, p->error, SPN_OK, begin, tile->count,
                                    spni_tile_rows(p->network), tile->ld, tile->memory));
        SPN_TRY(spni_shares_collect(context, p->error, SPN_OK, begin, tile->count, 1, tile->ld,
                                    tile->top));
    }
done:
    return status;
}

/* Ra_D = e_o where the slice is of the last layer, otherwise Ra_{l+1} = W_{l+1} phi'_l e_o. */
static void start(const spni_moments *p, const spni_slice *slice, spni_tile *tile)
{
    const int64_t *width = p->network->width, depth = p->network->depth;
    int64_t l = slice->l, to = l < depth ? l + 1 : depth;
    const double *weights = p->theta + p->network->weight_offset[to];
    for (int64_t q = 0; q < width[to]; q++) {
        for (int64_t u = 0; u < slice->count; u++) {
            int64_t o = slice->begin + u;
            double *row = tile->tangent[to] + (q * slice->count + u) * tile->ld;
            const double *slope = l < depth ? tile->slope[l] + o * tile->ld : NULL;
            double w = l < depth ? weights[q * width[l] + o] : 0.0;
            for (int64_t n = 0; n < tile->count; n++) {
                row[n] = slope != NULL ? w * slope[n] : (q == o ? 1.0 : 0.0);
            }
        }
    }
}

/* Row by row, units of the slice sharing it: c_k Ra_k into Rd_k, or 0; Ra_k becomes Rh_k. */
static void bend_and_slope(const spni_moments *p, const spni_slice *slice, int64_t k,
                           spni_tile *tile)
{
    const spni_kernels *kernels = p->state->kernels;
    bool is_bent = p->part != SPN_PART_GAUSS_NEWTON;
    for (int64_t q = 0; q < p->network->width[k]; q++) {
        for (int64_t u = 0; u < slice->count; u++) {
            int64_t row = (q * slice->count + u) * tile->ld;
            double *ra = tile->tangent[k] + row, *rd = tile->second[k] + row;
            if (is_bent) {
                kernels->multiply(tile->count, tile->bend[k] + q * tile->ld, ra, rd);
            } else {
                memset(rd, 0, (size_t)tile->count * sizeof *rd);
            }
            kernels->multiply(tile->count, tile->slope[k] + q * tile->ld, ra, ra);
        }
    }
}

/* m (p_k (t_k - sum_j p_j t_j)), t relative to that of the largest output (output_error.c). */
static void softmax_row(const spni_tile *tile, int64_t outputs, int64_t step, const double *t,
                        double *out)
{
    for (int64_t n = 0; n < tile->count; n++) {
        double top = t[(int64_t)tile->top[n] * step + n], mean = 0.0;
        for (int64_t k = 0; k < outputs; k++) {
            mean += tile->chance[k * tile->ld + n] * (t[k * step + n] - top);
        }
        for (int64_t k = 0; k < outputs; k++) {
            double p = tile->chance[k * tile->ld + n];
            out[k * step + n] = tile->mass[n] * (p * (t[k * step + n] - top - mean));
        }
    }
}

static void turn(const spni_moments *p, const spni_slice *slice, spni_tile *tile)
{
    int64_t depth = p->network->depth, outputs = p->network->width[depth];
    int64_t step = slice->count * tile->ld;
    double constant = spni_output_constant(p->error, p->state->scale);
    const double *t = tile->tangent[depth];
    double *out = tile->second[depth];
    if (p->part == SPN_PART_RESIDUAL) {
        memset(out, 0, (size_t)(outputs * step) * sizeof *out);
        return;
    }
    for (int64_t u = 0; u < slice->count; u++) {
        int64_t at = u * tile->ld;
        if (constant == 0.0 && outputs > 1) {
            softmax_row(tile, outputs, step, t + at, out + at);
            continue;
        }
        for (int64_t k = 0; k < outputs; k++) {
            for (int64_t n = 0; n < tile->count; n++) {
                double curvature = constant != 0.0 ? constant : tile->chance[n];
                out[k * step + at + n] = curvature * t[k * step + at + n];
            }
        }
    }
}

/* Rd_k from Rd_{k+1}; of layer l itself the units before the end of the slice are enough: S_l is symmetric. */
static void pull(const spni_moments *p, const spni_slice *slice, int64_t k, spni_tile *tile)
{
    const spn_network *network = p->network;
    const spni_kernels *kernels = p->state->kernels;
    int64_t step = slice->count * tile->ld, inner = network->width[k + 1];
    bool is_own = k == slice->l, is_bent = p->part != SPN_PART_GAUSS_NEWTON;
    int64_t rows = is_own ? slice->begin + slice->count : network->width[k];
    double *product = p->work[0];
    spn_multiply(rows, step, inner, 1.0, p->state->transposed + network->weight_offset[k + 1],
                 inner, tile->second[k + 1], step, 0.0, product, step);
    for (int64_t q = 0; q < rows; q++) {
        for (int64_t u = 0; u < slice->count; u++) {
            int64_t row = q * step + u * tile->ld;
            const double *slope = tile->slope[k] + q * tile->ld;
            double *to = tile->second[k] + row;
            if (!is_own) {
                kernels->add_multiplied(tile->count, slope, product + row, to);
                continue;
            }
            kernels->multiply(tile->count, slope, product + row, to);
            if (is_bent && q == slice->begin + u) {
                spn_axpy(tile->count, 1.0, tile->bend[k] + q * tile->ld, to);
            }
        }
    }
}

void spni_tile_carry(const spni_moments *p, const spni_slice *slice, spni_tile *tile)
{
    const spn_network *network = p->network;
    int64_t depth = network->depth, step = slice->count * tile->ld;
    start(p, slice, tile);
    for (int64_t k = slice->l + 1; k <= depth; k++) {
        if (k > slice->l + 1) {
            spn_multiply(network->width[k], step, network->width[k - 1], 1.0,
                         p->theta + network->weight_offset[k], network->width[k - 1],
                         tile->tangent[k - 1], step, 0.0, tile->tangent[k], step);
        }
        if (k < depth) {
            bend_and_slope(p, slice, k, tile);
        }
    }
    turn(p, slice, tile);
    for (int64_t k = depth - 1; k >= slice->l; k--) {
        pull(p, slice, k, tile);
    }
}
