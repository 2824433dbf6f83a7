/* SPDX-License-Identifier: MIT */
/** @file moments.h  tr H^2 of the error without the Hessian, by pairs of samples (T17, T18) or blocks of it (T19).
 *
 *  Everything is a sum over units o of a layer l. Set a_l = e_o off and carry it through the network, for every sample:
 *      forward   Rh_l = phi'_l e_o,  Ra_k = W_k Rh_{k-1},  Rh_k = phi'_k Ra_k
 *      backward  Rd_D = (d^2E/df^2) Ra_D,  Rd_{k-1} = phi'_{k-1} W_k^T Rd_k + c_{k-1} Ra_{k-1}
 *  Then Q^{lm}[o,.] = Rd_m and T^{lm}[o,.] = Rh_{m-1} for all m >= l at once: rows o of all blocks (l, m). A *slice* is some
 *  units of a layer, a *tile* some samples; both bound the memory, and neither changes what is summed but its order. */
#ifndef SPNI_NETWORK_MOMENTS_H
#define SPNI_NETWORK_MOMENTS_H

#include "network/network.h"

/** Rows of the samples of a tile, `ld` apart. */
typedef struct spni_tile {
    int64_t count, ld;
    double *memory, *carried, **places;
    double **input; /* 1 .. D: h_{l-1}, with biases a row of ones behind it */
    double **slope; /* 1 .. D-1: phi'_l */
    double **bend;  /* 1 .. D-1: c_l */
    double **delta; /* 1 .. D: dE/da_l */
    double *
        chance; /* K: p; one output: p (1 - p), times the weight of a sample; NULL: squared error */
    double *mass; /* the target mass times that weight */
    double *top;  /* which p is largest: a number as all others, for ranks to exchange */
    /* Of the slice at hand: rows (unit q of layer k, unit u of the slice), u contiguous. */
    double **tangent; /* l+1 .. D: Rh_k; at D: Ra_D */
    double **second;  /* l .. D: Rd_k */
} spni_tile;

typedef struct spni_slice {
    int64_t l, begin, count; /* units [begin, begin + count) of layer l */
} spni_slice;

/** How much at a time, and what all of it takes. */
typedef struct spni_moments_plan {
    int64_t samples; /* which way a block goes follows from them */
    int64_t tile;    /* samples of a tile, whole blocks of the point */
    int64_t units;   /* of a slice at most, of all layers */
    double flops;    /* of products of matrices */
    double bytes;    /* at most, beside the point */
} spni_moments_plan;

typedef struct spni_moments {
    const spn_network_error *error;
    const spn_network *network;
    const spni_network_state *state;
    const double *theta;
    spn_part part;
    spni_moments_plan plan;
    spni_tile tile[2];
    double *work[2]; /* width x units x ld: rows that are made for one product */
    double sum;
} spni_moments;

static inline int64_t spni_moments_fan_in(const spn_network *network, int64_t l)
{
    return network->width[l - 1] + (network->has_bias ? 1 : 0);
}

/* moments_plan.c */
spni_moments_plan spni_moments_plan_of(const spn_network_error *error, int64_t samples);
/** The way of block (l, m): T19, otherwise pairs. */
bool spni_moments_is_summed(const spn_network *network, const spni_moments_plan *plan, int64_t l,
                            int64_t m);
/** Units in a slice of layer l that goes by pairs, and by T19. */
int64_t spni_moments_pair_units(const spn_network *network, const spni_moments_plan *plan,
                                int64_t l);
int64_t spni_moments_sum_units(const spn_network *network, const spni_moments_plan *plan,
                               int64_t l);
/** Some block (l, m) goes this way. */
bool spni_moments_has(const spn_network *network, const spni_moments_plan *plan, int64_t l,
                      bool is_summed);

/* moments_tile.c */
int64_t spni_tile_stride(int64_t samples);
/** Rows of a tile but for those of a slice. */
int64_t spni_tile_rows(const spn_network *network);
spn_status spni_tile_create(spn_context *context, const spni_moments *p, spni_tile *tile);
void spni_tile_free(spn_context *context, spni_tile *tile);
/** Samples [begin, begin + plan.tile) of the last set; ranks that share them have all of a tile. */
spn_status spni_tile_fill(spn_context *context, const spni_moments *p, int64_t begin,
                          spni_tile *tile);
/** Rd_k and Rh_k of a slice. */
void spni_tile_carry(const spni_moments *p, const spni_slice *slice, spni_tile *tile);

/* moments_pairs.c, moments_sums.c: adds the blocks (l, m), m >= l, of one way, to p->sum. */
spn_status spni_moments_pairs(spn_context *context, spni_moments *p, int64_t l);
spn_status spni_moments_sums(spn_context *context, spni_moments *p, int64_t l);
/** Numbers that they allocate at most. */
int64_t spni_pairs_numbers(const spn_network *network, const spni_moments_plan *plan);
int64_t spni_sums_numbers(const spn_network *network, const spni_moments_plan *plan);

/* network_moments.c: by this plan. */
spn_status spni_moments_take(spn_context *context, const spn_point *point, spn_part part,
                             const spni_moments_plan *plan, double *out);

#endif
