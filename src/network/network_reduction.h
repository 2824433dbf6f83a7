/* SPDX-License-Identifier: MIT */
/** @file network_reduction.h  Hidden units that are equal up to sign, the smaller network, and the blocks beside it. */
#ifndef SPNI_NETWORK_REDUCTION_H
#define SPNI_NETWORK_REDUCTION_H

#include "network/network.h"

#include <spinodal/objective/reduction.h>

/** Units of a hidden layer, group by group. */
typedef struct spni_groups {
    int64_t units, count;
    int64_t *group; /* of each unit */
    double *sign;   /* of each unit, 1 or -1, against the first of its group */
    int64_t *size;  /* of each group */
} spni_groups;

typedef struct spni_reduction {
    const spn_network_error *error; /* of the full network */
    spni_groups *groups;            /* 1 .. D - 1 */
    spn_isometry isometry;
    spn_network *network;     /* the reduced one */
    spn_network_error *inner; /* its error */
    int64_t side;             /* of the largest block of (ii) */
    int64_t inputs_max, outputs_max;
    double *square;      /* side^2; it and what follows: see spni_reduction_room() */
    double *rows;        /* (largest input + 1) x block */
    double *products[2]; /* of rows with h, with delta */
    spn_dense *dense;    /* side */
    double *values;      /* side */
} spni_reduction;

/* equal_units.c */
spn_status spni_groups_find(spn_context *context, const spn_network *network, const double *theta,
                            int64_t l, double floor, double tolerance, spni_groups *out);
void spni_groups_free(spn_context *context, spni_groups *groups);

/** Room for the blocks, where there are any: most reductions are never asked for them. */
spn_status spni_reduction_room(spn_context *context, spni_reduction *own);
/** Rows and columns of the block of group j of layer l: its inputs, a bias, its outputs, all of the reduced network. */
int64_t spni_reduction_side(const spni_reduction *own, int64_t l);
/** The block of (ii) in T27 at a point of the reduced error: n x n, lower triangle. */
spn_status spni_reduction_block(spn_context *context, spni_reduction *own, const spn_point *point,
                                const spn_damping *damping, int64_t l, int64_t j, double *block);
/** What the regulariser weighs row i of the block with. */
double spni_block_weight(const spn_network *network, const spn_damping *damping, int64_t l,
                         int64_t j, int64_t i);
/** The factor sign / sqrt(m) of a unit, and its group; inputs and outputs are groups of their own. */
double spni_reduction_scale(const spni_reduction *own, int64_t l, int64_t i, int64_t *group);
/** spn_reduction_operations.rest. */
spn_status spni_reduction_rest(spn_context *context, void *memory, const spn_point *point,
                               const spn_damping *damping, double floor, double limit,
                               bool wants_nearest, spn_soft_modes *modes, spn_rest *out,
                               double *direction);
/** spn_reduction_operations.rest_traces and rest_flops. */
spn_status spni_reduction_rest_traces(spn_context *context, void *memory, const spn_point *point,
                                      const spn_damping *damping, spn_part part, double *trace,
                                      double *square);
double spni_reduction_rest_flops(const void *memory);
/** How many eigenvalues of (iii) there are between groups i of layer l and j of layer l + 1, (m_i - 1) (m_j - 1). */
int64_t spni_reduction_pairs(const spni_reduction *own, int64_t l, int64_t i, int64_t j);
/** That value, 2 beta c: between deviations of two layers the regulariser is alone. */
double spni_reduction_pair_value(const spni_reduction *own, const spn_damping *damping, int64_t l,
                                 int64_t i, int64_t j);

/* reduction_modes.c: blocks of at least so many rows are asked for what a point close by has told. */
enum { SPNI_LARGE_BLOCK = 128, SPNI_BLOCK_MODES = 2 };
bool spni_reduction_is_large(const spni_reduction *own, int64_t l);
/** Room for the modes of all large blocks. */
spn_status spni_block_modes_fit(spn_context *context, const spni_reduction *own,
                                spn_soft_modes *modes);
/** A bound from below for the eigenvalues of each block of layer l, -INFINITY where nothing is known: `bounds`, w_l numbers. */
spn_status spni_block_modes_bound(spn_context *context, const spni_reduction *own,
                                  const spn_point *point, const spn_damping *damping, int64_t l,
                                  const spn_soft_modes *modes, double *bounds);
/** The modes of block j of layer l from the Cholesky factor of it less shift. */
spn_status spni_block_modes_take(spn_context *context, const spni_reduction *own, int64_t l,
                                 int64_t j, const double *factor, double shift,
                                 spn_soft_modes *modes);
/** Nothing is known of the block any more. */
void spni_block_modes_drop(const spni_reduction *own, int64_t l, int64_t j, spn_soft_modes *modes);

/* network_error.c */
/** An error for value, derivatives and preconditioner alone: of `network`, which it does not own, on the data of
 *  `like`. */
spn_status spni_error_create_bare(spn_context *context, const spn_network *network,
                                  const spn_network_error *like, spn_network_error **out);

#endif
