/* SPDX-License-Identifier: MIT */
/* Blocks of the Hessian themselves, some of their rows at a time (T19): for unit o of layer l
 *   B[i, (p, j)] = sum_n h_{l-1}[i] (Q^{lm}[o,p] h_{m-1}[j] + T^{lm}[o,j] delta_m[p])
 * is one product over samples; its entries squared are what the block adds to tr H^2. */
#include "network/moments.h"

#include <string.h>

typedef struct sums {
    spni_moments *p;
    int64_t l;
    double *memory;
    double **block; /* l .. D: units x fan-in x (w_m fan-in'), NULL: not wanted */
    double *rows;   /* ROWS x ld: pairs (p, j) */
} sums;

/* Rows (p, j) that are made at a time, at least those of one p. */
enum { ROWS = 1024 };

static int64_t columns_of(const spn_network *network, int64_t m)
{
    return network->width[m] * spni_moments_fan_in(network, m);
}

static int64_t rows_at_once(const spn_network *network)
{
    int64_t most = ROWS;
    for (int64_t m = 1; m <= network->depth; m++) {
        int64_t fan_in = spni_moments_fan_in(network, m);
        most = fan_in > most ? fan_in : most;
    }
    return most;
}

/* T^{lm}[o, j] of unit u. Beside it j = o only, and no bias. */
static void add_tangent(const sums *s, const spni_slice *slice, int64_t m, int64_t u, int64_t q,
                        double *rows)
{
    const spni_moments *p = s->p;
    const spni_tile *tile = &p->tile[0];
    const spni_kernels *kernels = p->state->kernels;
    const double *delta = tile->delta[m] + q * tile->ld;
    int64_t o = slice->begin + u;
    if (m == slice->l + 1) {
        kernels->add_multiplied(tile->count, tile->slope[slice->l] + o * tile->ld, delta,
                                rows + o * tile->ld);
        return;
    }
    for (int64_t j = 0; j < p->network->width[m - 1]; j++) {
        const double *t = tile->tangent[m - 1] + (j * slice->count + u) * tile->ld;
        kernels->add_multiplied(tile->count, t, delta, rows + j * tile->ld);
    }
}

/* Outputs [q, q + count) of layer m for unit u of the slice. */
static void add_rows(const sums *s, const spni_slice *slice, int64_t m, int64_t u, int64_t first,
                     int64_t count)
{
    const spni_moments *p = s->p;
    const spni_tile *tile = &p->tile[0];
    int64_t fan_in = spni_moments_fan_in(p->network, m), ld = tile->ld;
    int64_t own = spni_moments_fan_in(p->network, slice->l), columns = columns_of(p->network, m);
    bool has_tangent = m > slice->l && p->part != SPN_PART_GAUSS_NEWTON;
    for (int64_t q = first; q < first + count; q++) {
        const double *second = tile->second[m] + (q * slice->count + u) * ld;
        double *rows = s->rows + (q - first) * fan_in * ld;
        p->state->kernels->multiply_rows(fan_in, tile->count, NULL, second, tile->input[m], ld,
                                         rows, ld);
        if (has_tangent) {
            add_tangent(s, slice, m, u, q, rows);
        }
    }
    double *to = s->block[m] + u * own * columns + first * fan_in;
    spn_multiply_transposed(own, count * fan_in, tile->count, 1.0, tile->input[slice->l], ld,
                            s->rows, ld, 1.0, to, columns);
}

/* In the diagonal block q <= o: it is symmetric. */
static int64_t outputs_of(const sums *s, const spni_slice *slice, int64_t m, int64_t u)
{
    return m == slice->l ? slice->begin + u + 1 : s->p->network->width[m];
}

static void add_tile(const sums *s, const spni_slice *slice)
{
    const spn_network *network = s->p->network;
    for (int64_t m = slice->l; m <= network->depth; m++) {
        int64_t step = rows_at_once(network) / spni_moments_fan_in(network, m);
        for (int64_t u = 0; s->block[m] != NULL && u < slice->count; u++) {
            int64_t outputs = outputs_of(s, slice, m, u);
            for (int64_t q = 0; q < outputs; q += step) {
                add_rows(s, slice, m, u, q, outputs - q < step ? outputs - q : step);
            }
        }
    }
}

static double squares(const spn_network *network, const sums *s, const spni_slice *slice, int64_t m)
{
    int64_t fan_in = spni_moments_fan_in(network, m), own = spni_moments_fan_in(network, slice->l);
    int64_t columns = columns_of(network, m);
    double sum = 0.0;
    for (int64_t u = 0; u < slice->count; u++) {
        int64_t outputs = outputs_of(s, slice, m, u);
        for (int64_t i = 0; i < own; i++) {
            const double *row = s->block[m] + (u * own + i) * columns;
            double twice = spn_dot((outputs - 1) * fan_in, row, row);
            row += (outputs - 1) * fan_in;
            double last = spn_dot(fan_in, row, row);
            sum += 2.0 * twice + (m == slice->l ? 1.0 : 2.0) * last;
        }
    }
    return sum;
}

static spn_status add_slice(spn_context *context, const sums *s, const spni_slice *slice)
{
    spn_status status = SPN_OK;
    spni_moments *p = s->p;
    const spn_network *network = p->network;
    int64_t own = spni_moments_fan_in(network, slice->l);
    for (int64_t m = slice->l; m <= network->depth; m++) {
        if (s->block[m] != NULL) {
            int64_t count = slice->count * own * columns_of(network, m);
            memset(s->block[m], 0, (size_t)count * sizeof *s->block[m]);
        }
    }
    for (int64_t at = 0; at < p->state->samples; at += p->plan.tile) {
        SPN_TRY(spn_poll(context));
        spn_tick(context);
        SPN_TRY(spni_tile_fill(context, p, at, &p->tile[0]));
        spni_tile_carry(p, slice, &p->tile[0]);
        add_tile(s, slice);
    }
    for (int64_t m = slice->l; m <= network->depth; m++) {
        p->sum += s->block[m] != NULL ? squares(network, s, slice, m) : 0.0;
    }
done:
    return status;
}

static int64_t numbers_of(const spn_network *network, const spni_moments_plan *plan, int64_t l,
                          int64_t m)
{
    int64_t units = spni_moments_sum_units(network, plan, l);
    return spni_moments_is_summed(network, plan, l, m)
               ? units * spni_moments_fan_in(network, l) * columns_of(network, m)
               : 0;
}

int64_t spni_sums_numbers(const spn_network *network, const spni_moments_plan *plan)
{
    int64_t most = 0;
    for (int64_t l = 1; l <= network->depth; l++) {
        int64_t count = 0;
        for (int64_t m = l; m <= network->depth; m++) {
            count += numbers_of(network, plan, l, m);
        }
        count += count > 0 ? rows_at_once(network) * spni_tile_stride(plan->tile) : 0;
        most = count > most ? count : most;
    }
    return most;
}

static spn_status create(spn_context *context, sums *s)
{
    spn_status status = SPN_OK;
    const spn_network *network = s->p->network;
    const spni_moments_plan *plan = &s->p->plan;
    int64_t depth = network->depth, total = 0;
    for (int64_t m = s->l; m <= depth; m++) {
        total += numbers_of(network, plan, s->l, m);
    }
    SPN_NEW(context, s->memory, total);
    SPN_NEW(context, s->block, depth + 1);
    SPN_NEW(context, s->rows, rows_at_once(network) * s->p->tile[0].ld);
    double *next = s->memory;
    for (int64_t m = s->l; m <= depth; m++) {
        int64_t count = numbers_of(network, plan, s->l, m);
        s->block[m] = count > 0 ? next : NULL;
        next += count;
    }
done:
    return status;
}

spn_status spni_moments_sums(spn_context *context, spni_moments *p, int64_t l)
{
    spn_status status = SPN_OK;
    sums s = {.p = p, .l = l};
    int64_t units = spni_moments_sum_units(p->network, &p->plan, l), width = p->network->width[l];
    SPN_TRY(create(context, &s));
    for (spni_slice slice = {l, 0, 0}; slice.begin < width; slice.begin += units) {
        slice.count = width - slice.begin < units ? width - slice.begin : units;
        SPN_TRY(add_slice(context, &s, &slice));
    }
done:
    spn_release(context, s.memory);
    spn_release(context, s.block);
    spn_release(context, s.rows);
    return status;
}
