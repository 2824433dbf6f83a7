/* SPDX-License-Identifier: MIT */
/** @file dense.h  Work space and table of products of the dense Hessian (T19). */
#ifndef SPNI_NETWORK_DENSE_H
#define SPNI_NETWORK_DENSE_H

#include "network/network_internal.h"

/** What a product "left rows times right rows, summed over samples" means for layers l <= m. A pair
 *  (i, j) stands for units or inputs; index w of an input list is the bias, the constant 1. */
typedef enum spni_term_kind {
    SPNI_TERM_DIAGONAL, /**< Q^{ll}[o >= p] x h_{l-1}[i] h_{l-1}[j], i >= j: both symmetric */
    SPNI_TERM_CONSTANT, /**< l = D: a constant x h_{D-1}[i] h_{D-1}[j], for every output */
    SPNI_TERM_MIXED,    /**< Q^{lm}[o, p] x h_{l-1}[i] h_{m-1}[j], l < m */
    SPNI_TERM_LAST,     /**< l = D - 1, m = D where S_D = c I: phi'(a_l)[o] x h_{l-1}[i] h_{m-1}[j],
                             times c W_D[p, o] for every output p */
    SPNI_TERM_ADJACENT, /**< T^{l,l+1}[o] = phi'(a_l)[o] x h_{l-1}[i] delta_{l+1}[p] */
    SPNI_TERM_DISTANT, /**< T^{lm}[j, o] = dh_{m-1}[j]/da_l[o] x h_{l-1}[i] delta_m[p], l < m - 1 */
} spni_term_kind;

typedef struct spni_term {
    spni_term_kind kind;
    int64_t l, m;
    int64_t left_begin, left_count;   /* rows of the left factor */
    int64_t right_begin, right_count; /* rows of the right factor */
    int64_t place;                    /* of the product in `products` */
} spni_term;

struct spni_dense {
    int64_t block;  /* samples at a time; rows below have as many numbers as samples in the block */
    double *packed; /* S_m: lower triangle, row o (o + 1) / 2 + p */
    double *full;   /* S_D with both triangles: row o w_D + p */
    double *adjacent[2]; /* Q^{m-1,m}, at m % 2: row o w_m + p */
    double
        *mixed[2]; /* Q^{lm}, l < m - 1, at l % 2: likewise; or T^{lm}, at m % 2: row j w_l + o */
    double *right; /* right rows */
    double *ones;  /* the input of a bias */
    double *products;   /* of all terms when they are summed over blocks, else of one */
    bool is_summed;     /* `products` holds all terms: they are scattered once, at the end */
    int64_t term_count; /* 0: no dense assembly, P is too large */
    spni_term *terms;   /* in the order in which their left factors come to be */
};

/** Whether the Hessian is assembled; otherwise it is made of products with unit vectors. */
static inline bool spni_dense_assembles(const spni_dense *dense)
{
    return dense != NULL && dense->term_count > 0;
}

/** Inputs of layer l, the bias included. */
static inline int64_t spni_fan_in(const spn_network *network, int64_t l)
{
    return network->width[l - 1] + (network->has_bias ? 1 : 0);
}

/** Adds the product of a term to the lower triangle of h; `constant` is c where S_D = c I. */
void spni_dense_scatter(const spn_network *network, const spni_term *term, double constant,
                        const double *theta, const double *product, double *h);

#endif
