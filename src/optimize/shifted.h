/* SPDX-License-Identifier: MIT */
/* Steps of the trust region from Cholesky factors of H + mu I. */
#ifndef SPINODAL_OPTIMIZE_SHIFTED_H
#define SPINODAL_OPTIMIZE_SHIFTED_H

#include "optimize/optimize.h"

/* What is known of one model, and guesses from the one before. */
struct spni_shifted {
    int64_t n;
    const double *hessian; /* lower triangle */
    double *factor;        /* n x n: where has_factor, that of H + mu I */
    double *memory;        /* the vectors below, 3 n */
    double *lowest;        /* near that of the smallest eigenvalue */
    double *steepest;      /* near that of the largest |lambda|; not normalised */
    double *scratch;
    double largest; /* max |lambda|, from below, mostly to a per cent */
    double low;     /* -lambda_min >= low, or 0 */
    double mu;      /* the last shift: */
    bool has_factor;
    double root,
        guess; /* the shift of the last step, and of the one of the model before; 0: there was none */
};

spn_status spni_shifted_make(spn_context *context, int64_t n, spni_shifted *m);

/* A run begins, with models in `hessian`: nothing of earlier runs is left. `factor`: room for factors. */
void spni_shifted_start(spni_shifted *m, const double *hessian, double *factor);
/* A new model is there. is_factored: so is its factor, of mu = 0; otherwise max |lambda| is looked up, by two products with H, sixteen
 * the first time. */
void spni_shifted_take(spni_shifted *m, bool is_factored);

/* As spni_region_step(), from the gradient g: cubic > 0 for a model that is taken to be indefinite, 0 for one whose factor is there
 * and whose Newton step is longer than the radius. |s| is between 0.9 and 1 of what the region allows. *is_decided false: the
 * model is not indefinite beyond doubt, s means nothing, and eigenvectors are needed. Mostly one to three factors. */
spn_status spni_shifted_step(spn_context *context, spni_shifted *m, const double *g,
                             const spni_region *region, double *s, double *predicted,
                             bool *is_decided);

#endif
