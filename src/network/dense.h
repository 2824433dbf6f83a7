/* SPDX-License-Identifier: MIT */
/** @file dense.h  Work space, rows and table of products of the dense Hessian (T19).
 *
 *  S_D = d^2E/df^2 of a squared error is c times the identity. Then rows of the output drop out of the last two layers:
 *  S_{D-1} = M phi'_{D-1} phi'_{D-1}^T + diag(c_{D-1}) with M = c W_D^T W_D, element by element, and
 *  Q^{D-2,D} = phi'_{D-2} (V phi'_{D-1}) with V = c W_{D-1}^T W_D^T, one matrix for each output. */
#ifndef SPNI_NETWORK_DENSE_H
#define SPNI_NETWORK_DENSE_H

#include "network/network.h"

/** What a product "left rows times right rows, summed over samples" means for layers l <= m. A pair
 *  (i, j) stands for units or inputs; the last input of a layer with biases is the constant 1. */
typedef enum spni_term_kind {
    SPNI_TERM_DIAGONAL, /**< S_l[o >= p] x h_{l-1}[i] h_{l-1}[j], i >= j: both symmetric */
    SPNI_TERM_OUTPUT,   /**< l = D, S_D = c I: h_{D-1}[i] x h_{D-1}[j], times c for every output */
    SPNI_TERM_MIXED,    /**< Q^{lm}[o, p] x h_{l-1}[i] h_{m-1}[j], l < m */
    SPNI_TERM_LAST,     /**< l = D - 1, m = D, S_D = c I: phi'_l[o] x h_{l-1}[i] h_{m-1}[j],
                             times c W_D[p, o] for every output p */
    SPNI_TERM_ADJACENT, /**< m = l + 1: delta_m[p] x phi'_l[o] h_{l-1}[i] */
    SPNI_TERM_EDGE,     /**< l = D - 1, m = D: phi'_l[o] delta_m[p] x h_{l-1}[i] */
    SPNI_TERM_SECOND,   /**< m = l + 2: phi'_{l+1}[j] delta_m[p] x phi'_l[o] h_{l-1}[i],
                             times W_{l+1}[j, o] */
    SPNI_TERM_DISTANT, /**< m > l + 2: T^{lm}[j, o] = dh_{m-1}[j]/da_l[o] x h_{l-1}[i] delta_m[p] */
} spni_term_kind;

/** The rows on the right of a product. */
typedef enum spni_right_kind {
    SPNI_RIGHT_PAIRS,  /**< h_{l-1}[i] h_{l-1}[j], i >= j */
    SPNI_RIGHT_INPUTS, /**< h_{l-1}[i] h_{m-1}[j] */
    SPNI_RIGHT_PLAIN,  /**< h_{l-1}[i] */
    SPNI_RIGHT_SLOPED, /**< phi'_l[o] h_{l-1}[i] */
    SPNI_RIGHT_DELTAS, /**< h_{l-1}[i] delta_m[p] */
} spni_right_kind;

typedef struct spni_term {
    spni_term_kind kind;
    spni_right_kind right;
    int64_t l, m;
    int64_t left_begin, left_count;   /* rows of the left factor */
    int64_t right_begin, right_count; /* rows of the right factor */
    int64_t place;                    /* of the product in `products` */
} spni_term;

/** Rows of one block, a lane's own. */
typedef struct spni_dense_space {
    double *packed;      /* S_m: lower triangle, row o (o + 1) / 2 + p */
    double *full;        /* S_D with both triangles: row o w_D + p; NULL where S_D = c I */
    double *adjacent[2]; /* Q^{m-1,m}, at m % 2: row o w_m + p */
    /* Q^{lm}, l < m - 1, at l % 2: likewise; or T^{lm}, at m % 2: row j w_l + o */
    double *mixed[2];
    double *pulled; /* phi'_l[j] delta_{l+1}[p]: row j w_{l+1} + p */
    double *right;  /* right rows */
    double *left;   /* left rows of SPNI_TERM_OUTPUT where there are biases */
} spni_dense_space;

struct spni_dense {
    int64_t block;    /* samples at a time; rows have as many numbers as samples in the block */
    double *ones;     /* the input of a bias */
    double *coupling; /* M: lower triangle, row by row; NULL where S_D is not c I */
    double *through;  /* V: output k, then row o, then column; NULL likewise, or where D < 3 */
    bool is_summed;   /* products of all terms are kept and scattered once, at the end */
    int64_t size;     /* numbers of those products; otherwise of the largest one */
    int64_t term_count;
    spni_term *terms;         /* in the order in which their left factors come to be */
    double flops;             /* of all products, for one sample */
    int64_t lanes;            /* of the team when the point was created, bounded */
    spni_dense_space *spaces; /* one a lane */
    double **products;        /* as many, `size` numbers each */
};

/** One block of samples on its way through the layers. */
typedef struct spni_assembly {
    const spni_network_state *state;
    const spn_network_error *error;
    const spn_network *network;
    const spni_dense *dense;
    const double *theta;
    spn_part part;
    double constant; /* c where S_D = c I, 0 in the residual part */
    double *h;
    spni_block block;
    const spni_dense_space *space;
    double *products;       /* of this block, or of all so far where `adds` */
    bool adds;              /* products are added, not written */
    int64_t next;           /* the next term of the table */
    const spni_term *built; /* whose right rows are there; NULL: none */
} spni_assembly;

/** Whether the Hessian is assembled; otherwise it is made of products with unit vectors. */
static inline bool spni_dense_assembles(const spni_dense *dense)
{
    return dense != NULL;
}

/** Whether it would be, for points of this error. */
bool spni_dense_fits(const spn_network_error *error);

/** Whether S_D = c I. */
static inline bool spni_output_is_constant(const spn_network_error *error)
{
    return error->kind != SPN_ERROR_CROSS_ENTROPY;
}

/** Inputs of layer l, the bias included. */
static inline int64_t spni_fan_in(const spn_network *network, int64_t l)
{
    return network->width[l - 1] + (network->has_bias ? 1 : 0);
}

/* dense_rows.c: rows of one block. */
/** Input i of layer l; the bias comes last. */
const double *spni_dense_input(const spni_assembly *p, int64_t l, int64_t i);
/** The right rows of a term, built or where they lie, and their leading dimension. */
const double *spni_dense_right(spni_assembly *p, const spni_term *term, int64_t *ld);
/** The left rows of SPNI_TERM_OUTPUT, from the term's first one on. */
const double *spni_dense_output_left(const spni_assembly *p, const spni_term *term, int64_t *ld);
/** phi'_l[j] delta_{l+1}[p]. */
const double *spni_dense_pulled(const spni_assembly *p, int64_t l);
/** What all blocks share: M and V. */
void spni_dense_prepare(const spni_assembly *p);
/** S_D where it is no multiple of the identity, S_{D-1} and Q^{D-2,D} where it is one. */
void spni_dense_output_curvature(const spni_assembly *p);
void spni_dense_last_curvature(const spni_assembly *p);
void spni_dense_through_output(const spni_assembly *p, double *to);
/** S_D with both triangles. */
const double *spni_dense_unpack(const spni_assembly *p);
/** Q^{lm} from Q^{l+1,m}. */
void spni_dense_pull_mixed(const spni_assembly *p, int64_t l, int64_t m, const double *from,
                           double *to);
/** Q^{m-2,m-1} from Q^{m-2,m}. */
void spni_dense_pass_mixed(const spni_assembly *p, int64_t m, const double *from, double *to);
/** S_m, packed, from Q^{m,m+1}. */
void spni_dense_next_curvature(const spni_assembly *p, int64_t m);
/** T^{lm}, rows (j, o), from T^{l,m-1}; m > l + 2. */
void spni_dense_push_tangent(const spni_assembly *p, int64_t l, int64_t m, const double *from,
                             double *to);
/** T^{l,l+2}. */
void spni_dense_start_tangent(const spni_assembly *p, int64_t l, double *to);

/* dense_scatter.c */
/** Adds the product of a term to the lower triangle of h; `constant` is c where S_D = c I. */
void spni_dense_scatter(const spn_network *network, const spni_term *term, double constant,
                        const double *theta, const double *product, double *h);

#endif
