/* SPDX-License-Identifier: MIT */
/** @file linear_path.h  Stationary states of a deep linear network on data of any covariance.
 *
 *  With U^T B = rows b_i of length s_i (B = W_D ... W_1 = sum s_i u_i v_i^T), stationarity of
 *  L = tr B C B^T - 2 tr B M^T + beta D sum s_i^(2/D) reads (docs/theory.md, T20)
 *      b_i = (C + t_i)^{-1} M^T u_i,   t_i = beta s_i^(2/D - 2),   b_i . b_j = 0,
 *      M b_i in the span of U.
 *  Units: M / m_0, C / c_0, so that all is of order 1. With t = (1 - x)/x, which for white data makes x the share
 *  s / sigma, and a_i = (x_i C + 1 - x_i)^{-1} M^T u_i, b_i = x_i a_i:
 *      pairs i < j <= r:      a_i . a_j = 0
 *      pairs i <= r < j:      u_j . M a_i = 0
 *      modes i:               beta = (1 - x_i) x_i^(1 - 2/D) |a_i|^(2 - 2/D)
 *  as many equations as there are turns of the frame (u_1 .. u_k) that move U, and shares x_i. All of it is
 *  regular at beta = 0 (x = 1) and, for depth 2, where a mode dies (x = 0). */
#ifndef SPNI_THEORY_LINEAR_PATH_H
#define SPNI_THEORY_LINEAR_PATH_H

#include <spinodal/numeric.h>
#include <spinodal/theory.h>

/** Modes whose singular values differ by less than half this share are equal: they are turned into each other at
 *  will, and end at one beta. */
#define SPNI_LINEAR_EQUAL 1e-7

typedef struct spni_linear_state {
    int64_t modes; /* r */
    double beta;
    double *frame; /* k x k: rows u_1 .. u_k, orthonormal; the first r carry modes */
    double *share; /* k: x_i, i < r */
} spni_linear_state;

/** The reduced problem and work space. */
typedef struct spni_linear_path {
    int64_t depth;
    int64_t outputs, inputs;                     /* k = rank of M, n = rank of C */
    double *m, *c;                               /* k x n; n: C is diagonal */
    double beta_unit, strength_unit, error_unit; /* what 1 means in the data's units */
    int64_t unknowns, equations;                 /* of the last linearisation */
    double *g;                                   /* k x n: M^T u_i */
    double *d;                                   /* k x n: 1 / (1 + x_i (C - 1)) */
    double *weight;                              /* n */
    double *jacobian;                            /* unknowns x equations: a row per unknown */
    double *residual;                            /* equations */
    double *gram, *values, *step, *kept_frame;
    spn_dense *dense;
} spni_linear_path;

/** The reduced problem of the data (which must outlive nothing). *rank: of C. */
spn_status spni_linear_path_create(spn_context *context, const spn_theory_moments *moments,
                                   int64_t depth, spni_linear_path *path);
void spni_linear_path_free(spn_context *context, spni_linear_path *path);

spn_status spni_linear_state_create(spn_context *context, const spni_linear_path *path,
                                    spni_linear_state *state);
void spni_linear_state_free(spn_context *context, spni_linear_state *state);
void spni_linear_state_copy(const spni_linear_path *path, const spni_linear_state *from,
                            spni_linear_state *to);

/** The best fit of rank `modes` (beta = 0): reduced-rank regression. */
spn_status spni_linear_start(spn_context *context, spni_linear_path *path, int64_t modes,
                             spni_linear_state *state);

/** Moves along a tangent: step * t. */
void spni_linear_move(spni_linear_path *path, const double *t, double step,
                      spni_linear_state *state);

/** Newton's method with the pseudo-inverse, at fixed beta or to the nearest point of the path. */
spn_status spni_linear_solve(spn_context *context, spni_linear_path *path, bool is_beta_fixed,
                             spni_linear_state *state, bool *is_solved);

/** The path's unit tangent at a solution: what is left of `t` (in: the previous one) in the null space.
 *  *orientation: the sign of det (J, t), which is the same all along a path and differs on the branches next to
 *  it; 0 where J has more than one null direction. */
spn_status spni_linear_tangent(spn_context *context, spni_linear_path *path,
                               const spni_linear_state *state, double *t, int *orientation);
/** Places of x_i and beta in a tangent. */
int64_t spni_linear_share_index(const spni_linear_path *path, const spni_linear_state *state,
                                int64_t mode);

/** The network's E - E_0 and |theta|^2 in the data's units. */
void spni_linear_measure(spni_linear_path *path, const spni_linear_state *state, double *error,
                         double *norm_squared);

/** Forget a mode: its vector joins the complement. */
void spni_linear_drop(const spni_linear_path *path, int64_t mode, spni_linear_state *state);

#endif
