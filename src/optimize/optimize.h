/* SPDX-License-Identifier: MIT */
/* What the files of room `optimize` share. */
#ifndef SPINODAL_OPTIMIZE_OPTIMIZE_PRIVATE_H
#define SPINODAL_OPTIMIZE_OPTIMIZE_PRIVATE_H

#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

/* A symmetric matrix in its eigenbasis, with a gradient in that basis. */
typedef struct spni_spectrum {
    int64_t n;
    const double *vectors; /* columns */
    const double *values;  /* ascending */
    double *gradient;      /* gamma = V^T g */
    double largest;        /* max |lambda| */
} spni_spectrum;

/* What a step of the trust region may do. */
typedef struct spni_region {
    double radius;
    double cubic;      /* sigma: an indefinite model also obeys |s| <= mu / sigma; 0: it does not */
    double negligible; /* a gradient along a flat direction up to this is rounding */
    double *basis;     /* n numbers: the step in the eigenbasis */
} spni_region;

/* Minimise g.s + s.Hs/2 over the region; writes s (n numbers), returns the decrease that the model
 * predicts. *is_cubic tells whether the cubic bound, not the radius, was what limited the step. */
double spni_region_step(const spni_spectrum *spectrum, const spni_region *region, double *s,
                        bool *is_cubic);

/* |lambda| <= this times the largest counts as zero when steps are made. */
#define SPNI_FLAT 1e-10

struct spn_solver {
    const spn_objective *objective;
    spn_solver_settings settings;
    spn_point *point;
    int64_t n;

    /* The current state: all of it finite. */
    double parameter;
    double *theta;
    double value;
    double *gradient;
    double gradient_norm;

    double *trial, *step, *scratch; /* n each */
    double *buffers[2];             /* n each: velocities and moments */
    double *memory;                 /* the vectors above live here */

    spn_dense *dense;      /* Newton */
    double *hessian;       /* n x n: as formed */
    double *factor;        /* n x n: Cholesky factor or eigenvectors */
    double *values;        /* n: eigenvalues */
    double *pairs;         /* L-BFGS: history x 2n: s, y */
    double *weights;       /* L-BFGS: history x 2: 1 / s.y and the first loop's factors */
    int64_t *order;        /* SGD: samples, shuffled */
    spn_solver_info *info; /* of the run in progress */
};

/* Each method runs from the current state and leaves the last finite one; it sets info->stop. */
typedef spn_status spni_method(spn_context *context, spn_solver *solver);
spni_method spni_newton, spni_lbfgs, spni_descent, spni_sgd;

/* Evaluate at theta (counted). */
spn_status spni_evaluate(spn_context *context, spn_solver *solver, const double *theta,
                         const spn_subset *subset, unsigned wanted);
/* Did the last evaluation give a finite value and gradient? */
bool spni_is_finite(const spn_solver *solver);
/* Take over the point's theta, value and gradient as the current state. */
void spni_accept(spn_solver *solver);
/* The test of the first-order methods: |g| <= tolerance max(1, |L| / max(1, |theta|)). */
bool spni_is_small(const spn_solver *solver);

#endif
