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
    double *square;      /* side^2 */
    double *rows;        /* (largest input + 1) x block */
    double *products[2]; /* of rows with h, with delta */
    spn_dense *dense;    /* side */
    double *values;      /* side */
} spni_reduction;

/* equal_units.c */
spn_status spni_groups_find(spn_context *context, const spn_network *network, const double *theta,
                            int64_t l, double floor, double tolerance, spni_groups *out);
void spni_groups_free(spn_context *context, spni_groups *groups);

/** Rows and columns of the block of group j of layer l: its inputs, a bias, its outputs, all of the reduced network. */
int64_t spni_reduction_side(const spni_reduction *own, int64_t l);
/** The block of (ii) in T27 at a point of the reduced error: n x n, lower triangle. */
spn_status spni_reduction_block(spn_context *context, const spni_reduction *own,
                                const spn_point *point, const spn_damping *damping, int64_t l,
                                int64_t j, double *block);
/** The factor sign / sqrt(m) of a unit, and its group; inputs and outputs are groups of their own. */
double spni_reduction_scale(const spni_reduction *own, int64_t l, int64_t i, int64_t *group);
/** spn_reduction_operations.rest. */
spn_status spni_reduction_rest(spn_context *context, void *memory, const spn_point *point,
                               const spn_damping *damping, double floor, double limit,
                               bool wants_nearest, spn_rest *out, double *direction);
/** How many eigenvalues 2 beta c there are of (iii), between layers l and l + 1. */
int64_t spni_reduction_pairs(const spni_reduction *own, int64_t l);

/* network_error.c */
/** An error for value, derivatives and preconditioner alone: of `network`, which it does not own, on the data of
 *  `like`. */
spn_status spni_error_create_bare(spn_context *context, const spn_network *network,
                                  const spn_network_error *like, spn_network_error **out);

#endif
