/* SPDX-License-Identifier: MIT */
/* Which way each block goes, how much at a time, and what it takes: of sizes alone, so that results do not depend on
 * anything else. */
#include "network/moments.h"

#include <math.h>

/* Sums over pairs of two tiles; rows of a slice; rows of the Hessian (T19). */
static const int64_t PAIR_NUMBERS = 32 * 1024 * 1024, CARRY_NUMBERS = 24 * 1024 * 1024;
static const int64_t SUM_NUMBERS = 32 * 1024 * 1024;
/* Floating-point operations of a product in the time of one of a loop over memory. */
static const double LOOP = 8.0;

static double pair_flops(const spn_network *network, int64_t l, int64_t m, double samples)
{
    double wl = (double)network->width[l], wm = (double)network->width[m];
    double pairs = samples * samples;
    if (l == m) {
        return pairs * wl * (wl + 1.0) / 2.0;
    }
    if (m == l + 1) {
        return pairs * wl * (3.0 * wm + 1.0);
    }
    double before = (double)network->width[m - 1];
    return pairs * wl * (3.0 * wm + 3.0 * before + LOOP);
}

static double sum_flops(const spn_network *network, int64_t l, int64_t m, double samples)
{
    double own = (double)spni_moments_fan_in(network, l);
    double rows = (double)network->width[l] * (double)network->width[m] *
                  (double)spni_moments_fan_in(network, m);
    return (l == m ? 0.5 : 1.0) * samples * rows * (2.0 * own + (l == m ? 1.0 : 2.0) * LOOP);
}

static int64_t sum_numbers(const spn_network *network, int64_t l, int64_t m)
{
    int64_t rows = 0, out = 0;
    bool fits = spn_size_multiply(spni_moments_fan_in(network, l), network->width[m], &rows) &&
                spn_size_multiply(rows, spni_moments_fan_in(network, m), &out);
    return fits ? out : INT64_MAX;
}

bool spni_moments_is_summed(const spn_network *network, const spni_moments_plan *plan, int64_t l,
                            int64_t m)
{
    double samples = (double)plan->samples;
    bool fits = sum_numbers(network, l, m) <= SUM_NUMBERS / network->depth;
    return fits && sum_flops(network, l, m, samples) < pair_flops(network, l, m, samples);
}

bool spni_moments_has(const spn_network *network, const spni_moments_plan *plan, int64_t l,
                      bool is_summed)
{
    bool has = false;
    for (int64_t m = l; m <= network->depth; m++) {
        has = has || spni_moments_is_summed(network, plan, l, m) == is_summed;
    }
    return has;
}

int64_t spni_moments_pair_units(const spn_network *network, const spni_moments_plan *plan,
                                int64_t l)
{
    return plan->units < network->width[l] ? plan->units : network->width[l];
}

int64_t spni_moments_sum_units(const spn_network *network, const spni_moments_plan *plan, int64_t l)
{
    int64_t numbers = 0, units = spni_moments_pair_units(network, plan, l);
    for (int64_t m = l; m <= network->depth; m++) {
        bool is_summed = spni_moments_is_summed(network, plan, l, m);
        numbers += is_summed ? sum_numbers(network, l, m) : 0;
    }
    int64_t most = numbers > 0 ? SUM_NUMBERS / numbers : units;
    return units < most ? units : most < 1 ? 1 : most;
}

/* A slice of l carried through the network, per sample and unit. */
static double carry_flops(const spn_network *network, int64_t l)
{
    double flops = 0.0;
    for (int64_t k = l + 1; k <= network->depth; k++) {
        double product = 2.0 * (double)network->width[k] * (double)network->width[k - 1];
        flops += (k > l + 1 ? 2.0 : 0.5) * product;
    }
    return flops;
}

/* Numbers of one unit of a slice in two tiles and the work space. */
static int64_t unit_numbers(const spn_network *network, int64_t tile)
{
    int64_t units = 0, most = 0;
    for (int64_t l = 1; l <= network->depth; l++) {
        units += network->width[l];
        most = network->width[l] > most ? network->width[l] : most;
    }
    return (4 * units + 2 * most) * spni_tile_stride(tile);
}

static int64_t even_tile(int64_t most, int64_t samples, int64_t block)
{
    int64_t size = (most / block > 0 ? most / block : 1) * block;
    int64_t tiles = (samples + size - 1) / size;
    return ((samples + tiles - 1) / tiles + block - 1) / block * block;
}

static void choose_sizes(const spn_network *network, int64_t block, spni_moments_plan *plan)
{
    int64_t samples = plan->samples;
    int64_t most = (int64_t)sqrt((double)PAIR_NUMBERS / (double)(3 * network->depth));
    int64_t widest = 1;
    plan->tile = even_tile(most, samples, block);
    while (plan->tile > block && unit_numbers(network, plan->tile) > CARRY_NUMBERS / 8) {
        plan->tile = even_tile(plan->tile / 2, samples, block);
    }
    for (int64_t l = 1; l <= network->depth; l++) {
        widest = network->width[l] > widest ? network->width[l] : widest;
    }
    plan->units = CARRY_NUMBERS / unit_numbers(network, plan->tile);
    plan->units = plan->units < 1 ? 1 : plan->units > widest ? widest : plan->units;
}

/* Products of the blocks of l, and of its slices on their way. */
static double layer_flops(const spn_network *network, const spni_moments_plan *plan, int64_t l)
{
    double samples = (double)plan->samples, tiles = ceil(samples / (double)plan->tile);
    double flops = 0.0, passes = 0.0;
    passes += spni_moments_has(network, plan, l, false) ? tiles : 0.0;
    passes += spni_moments_has(network, plan, l, true) ? 1.0 : 0.0;
    for (int64_t m = l; m <= network->depth; m++) {
        flops += spni_moments_is_summed(network, plan, l, m) ? sum_flops(network, l, m, samples)
                                                             : pair_flops(network, l, m, samples);
    }
    return flops + samples * (double)network->width[l] * passes * carry_flops(network, l);
}

spni_moments_plan spni_moments_plan_of(const spn_network_error *error, int64_t samples)
{
    const spn_network *network = error->network;
    spni_moments_plan plan = {.samples = samples};
    choose_sizes(network, error->plan.block, &plan);
    for (int64_t l = 1; l <= network->depth; l++) {
        plan.flops += layer_flops(network, &plan, l);
    }
    int64_t pairs = spni_pairs_numbers(network, &plan), sums = spni_sums_numbers(network, &plan);
    double own = (double)spni_tile_rows(network) * 2.0 * (double)spni_tile_stride(plan.tile);
    own += (double)plan.units * (double)unit_numbers(network, plan.tile);
    plan.bytes = (own + (double)(pairs > sums ? pairs : sums)) * sizeof(double);
    return plan;
}
