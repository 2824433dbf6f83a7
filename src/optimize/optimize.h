/* SPDX-License-Identifier: MIT */
/* What the files of room `optimize` share. */
#ifndef SPINODAL_OPTIMIZE_OPTIMIZE_PRIVATE_H
#define SPINODAL_OPTIMIZE_OPTIMIZE_PRIVATE_H

#include "kernel/kernel.h"
#include "numeric/runge_kutta.h"
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

typedef struct spni_newton_cg spni_newton_cg;
typedef struct spni_shifted spni_shifted;

struct spn_solver {
    const spn_objective *objective;
    const spni_kernels *kernels;
    spn_solver_settings settings;
    spn_point *point;
    int64_t n;

    /* The current state: all of it finite. */
    double parameter;
    double *theta;
    double value;
    double *gradient;
    double gradient_norm;

    double radius, radius_max;      /* Newton: of this run, lengths in theta */
    bool is_within, stays;          /* of this run: bounds, see spn_solver_bounds */
    double order_share, way_most;   /* likewise */
    bool recalls;                   /* see spn_solver_recall() */
    double *trial, *step, *scratch; /* n each */
    double *buffers[2];             /* n each: velocities and moments */
    double *memory;                 /* the vectors above live here */

    spn_dense *dense;          /* Newton */
    double *hessian;           /* n x n: as formed */
    double *factor;            /* n x n: Cholesky factor or eigenvectors */
    double *values;            /* n: eigenvalues */
    spni_shifted *shifted;     /* Newton: what steps without eigenvectors need, */
    double *room;              /* ... and their smallest eigenvalue */
    int64_t eigenvectors_most; /* which larger matrices take */
    double *pairs;             /* L-BFGS: history x 2n: s, y */
    double *weights;           /* L-BFGS: history x 2: 1 / s.y and the first loop's factors */
    int64_t *order;            /* mini-batches: samples, shuffled */
    int64_t first_epoch;       /* likewise: see spn_solver_begin_at() */
    spni_newton_cg
        *newton_cg; /* newton_cg; its first phase is L-BFGS, and its ways are kept in `pairs` */
    spn_solver_info *info; /* of the run in progress */
};

/* Those settings that steps read; the message names the one that is out of range. */
spn_status spni_check_steps(spn_context *context, const spn_solver_settings *settings);

/* What a step hands on to the next one, and by which kernels it is made. */
typedef struct spni_inertia {
    const spni_kernels *kernels;
    double *first;    /* momentum: velocity; adam: mean of the gradient */
    double *second;   /* adam: mean of its square */
    double powers[2]; /* adam: beta1 and beta2 to the power of the steps so far */
} spni_inertia;

/* One step from theta, where the gradient is g, to `next`; `to` may be `from`. */
typedef void spni_first_order_step(int64_t n, const spn_solver_settings *settings,
                                   const double *theta, const double *g, const spni_inertia *from,
                                   spni_inertia *to, double *next);

/** What the two kinds of use share of a first-order method; NULL, 0 and false where it has no such thing. */
typedef struct spni_rule {
    const char *title;
    spni_first_order_step *step; /* with a gradient; NULL: the flow */
    int vectors;     /* of spni_inertia that a step moves, the first before the second */
    bool has_powers; /* whether it moves the powers */
    bool is_continuous, is_stochastic;
    /* Replaces what is not that of gradient descent without a known bound. */
    void (*describe)(const spn_solver_settings *settings, int64_t samples, spn_path_facts *facts);
} spni_rule;
const spni_rule *spni_path_rule(spn_path_method method);
bool spni_path_exists(int64_t method);

/* Passes over all samples in mini-batches. */
typedef struct spni_batches {
    const spn_solver_settings *settings;
    const spni_rule *rule;
    spn_point *point;
    double parameter;
    int64_t *order;       /* room for N numbers */
    double *theta;        /* moves, */
    spni_inertia inertia; /* ... and so does this */
    bool wants_mean;
    int64_t evaluations; /* of all passes */
    double mean;         /* wanted: of L over the samples, with the weights that each batch met */
    bool is_finite;      /* theta still is */
} spni_batches;
/* In the order of samples of this epoch. */
spn_status spni_pass(spn_context *context, spni_batches *batches, int64_t epoch);

struct spn_stepper {
    const spni_rule *rule;
    double epoch_time; /* of gradient flow */
    double tolerance;
    spn_solver_settings settings;
    spn_point *point;
    int64_t n;
    double parameter;

    /* The current state; a step that fails leaves it alone. */
    double epoch;
    bool is_diverged;
    double value;
    double *theta, *gradient;
    spni_inertia inertia;
    double length, error; /* flow: the next step in epochs, the last error over its tolerance */

    double *next;              /* theta of a trial */
    spni_inertia next_inertia; /* likewise */
    spni_runge_kutta flow;
    int64_t *order; /* sgd */
    double *memory; /* the vectors above live here */
};

/* Did the last evaluation of a step give a finite state? */
bool spni_stepper_is_finite(const spn_stepper *stepper);
/* Take over the point's theta, value and gradient as the current state. */
void spni_stepper_accept(spn_stepper *stepper, double epoch);
/* No step from here is finite: the point goes back to the current state. */
spn_status spni_stepper_diverge(spn_context *context, spn_stepper *stepper);

/* The flow: its right side, the length of its first step, and one accepted step. */
spni_slope spni_flow_slope;
spn_status spni_flow_start(spn_context *context, spn_stepper *stepper);
spn_status spni_flow_step(spn_context *context, spn_stepper *stepper, double limit);

/* Each method runs from the current state and leaves the last finite one; it sets info->stop. */
typedef spn_status spni_method(spn_context *context, spn_solver *solver);
spni_method spni_newton, spni_lbfgs, spni_descent, spni_sgd, spni_newton_cg_run;

void spni_newton_cg_forget(spni_newton_cg *newton_cg);
void spni_newton_cg_free(spn_context *context, spni_newton_cg *newton_cg);
void spni_shifted_free(spn_context *context, spni_shifted *shifted);

/* A method of the solver: `make` allocates what it needs beside the solver's vectors, NULL: nothing. */
typedef struct spni_solver_method {
    spni_method *run, *make;
    const spni_rule *rule; /* NULL: not of first order */
    bool is_exact;         /* see spn_method_is_exact() */
} spni_solver_method;
const spni_solver_method *spni_solver_method_of(int method);
spni_method spni_newton_make, spni_lbfgs_make, spni_sgd_make, spni_newton_cg_make;

/* Evaluate at theta (counted). */
spn_status spni_evaluate(spn_context *context, spn_solver *solver, const double *theta,
                         const spn_subset *subset, unsigned wanted);
/* Did the last evaluation give a finite value and gradient? */
bool spni_is_finite(const spn_solver *solver);
/* Take over the point's theta, value and gradient as the current state. */
void spni_accept(spn_solver *solver);
/* The test of the first-order methods: |g| <= tolerance max(g_0, |L| / max(s, |theta|)), g_0 the scale of L over s,
 * that of theta. */
bool spni_is_small(const spn_solver *solver);

#endif
