/* SPDX-License-Identifier: MIT */
/** @file network_kfac.h  One layer of the Kronecker-factored preconditioner.
 *
 *  With V the layer's weights as a matrix (out x in), (A (x) G) V = G V A; in the eigenbases of A and G the damped
 *  operator is diagonal. */
#ifndef SPNI_NETWORK_KFAC_H
#define SPNI_NETWORK_KFAC_H

#include "network/network.h"

/** What the regulariser adds in a layer: to its weights, to its bias. */
typedef struct spni_layer_damping {
    double weight, bias;
} spni_layer_damping;

typedef struct spni_kfac_layer {
    int64_t in, out;  /* columns of W, with one more for a bias that is an input; rows */
    bool has_bias;    /* of its own beside the columns: it is eliminated */
    bool is_diagonal; /* A is: no basis */
    bool is_constant; /* A has been factored and stays */
    const double *
        from; /* eigenvectors of A, in rows (in x in); another layer's where that has the same inputs */
    const double *a;           /* eigenvalues of A */
    double *basis, *values;    /* of its own, behind the two above */
    double *g, *left, *left_t; /* eigenvalues of G; eigenvectors in rows, in columns */
    double *mean;              /* of the inputs, where has_bias */
    double *pivot;             /* of the bias along each eigenvector of G, likewise */
    double floor;              /* least entry of the diagonal */
    int64_t first;             /* eigenvalues of A before this count as 0 */
    spni_layer_damping damping;
} spni_kfac_layer;

/** Which form the damping asks for: a bias that is damped as the weights are is one more input. */
static inline bool spni_kfac_is_joint(const spni_layer_damping *damping)
{
    return damping->weight == damping->bias;
}

/** Factor A (in x in, lower triangle, destroyed) and G (out x out, likewise). `dense`: of max(in, out). With has_bias A
 *  is the covariance of the inputs, layer->mean their mean. */
spn_status spni_kfac_factor_inputs(spn_context *context, spn_dense *dense, double *a,
                                   spni_kfac_layer *layer);
spn_status spni_kfac_factor_outputs(spn_context *context, spn_dense *dense, double *g,
                                    spni_kfac_layer *layer);
/** After both, and whenever the damping changes. */
void spni_kfac_damp(const spni_layer_damping *damping, spni_kfac_layer *layer);

/** w (out x in) and b (out numbers, where has_bias) become M or M^-1 of themselves; scratch: out x in. */
void spni_kfac_apply(const spni_kfac_layer *layer, bool is_inverse, double *w, double *b,
                     double *scratch);

#endif
