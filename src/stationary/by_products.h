/* SPDX-License-Identifier: MIT */
/** @file by_products.h  Stationary points of large problems: linearised and solved for by products with the Hessian alone, on
 *  the smallest problem that they live on (objective/reduction.h). */
#ifndef SPINODAL_SRC_STATIONARY_BY_PRODUCTS_H
#define SPINODAL_SRC_STATIONARY_BY_PRODUCTS_H

#include "stationary/stationary.h"

#include <spinodal/geometry/state.h>
#include <spinodal/objective/reduction.h>

/** What stays the same along a branch. Its points are z, n numbers, of which theta = T z; beta is measured as metric * beta, a
 *  length like those of z, so that d(grad L)/d(metric beta) has the units of the Hessian. The bordered operator is
 *
 *      K = [M, b; b^T, corner],   M = H + shift sum o o^T over an orthonormal basis o of the orbit,   b = d(grad L) / d(metric beta),
 *
 *  symmetric, and regular wherever [M, b] has full rank: with t the tangent, K t = (0, b . t_z + corner t_beta), and the sign
 *  of `corner` is chosen so that both terms of that have the same one. */
typedef struct spni_products {
    spn_context *context;
    const spn_objective *whole;
    spn_reduction *reduction;       /**< NULL: nothing repeats, it is the whole problem itself */
    const spn_objective *objective; /**< the reduced one */
    int64_t n;
    double length, metric;                 /**< as in a frame; whoever follows sets them */
    const spn_geometry_settings *geometry; /**< how R is measured with a state; NULL: it is not */
    spn_scales scales;
    spn_point *point;       /**< of the reduced problem */
    spn_point *whole_point; /**< NULL: it is `point` */
    spn_preconditioner *m;
    int64_t orbit_capacity, orbit_rank;
    int64_t zero_modes; /**< of the whole problem, a continuous symmetry's */
    double *orbit; /**< room for orbit_capacity x P: their parts in the subspace, orbit_rank x n */
    double shift;
    double *border;             /**< n: b */
    double corner, border_unit; /**< of K, and of its preconditioner */
    double *memory;             /**< the vectors below */
    double *right, *step,
        *along;       /**< n + 1 each: a right side, a solution, the kernel's vector of [M, b] */
    double *theta;    /**< P */
    int64_t products; /**< with the reduced Hessian, so far */
} spni_products;

/** For the problem that theta (P numbers) lives on: what is equal up to `tolerance` in it stays equal. length and metric are to be
 *  set. */
spn_status spni_products_create(spn_context *context, const spn_objective *objective,
                                const double *theta, double tolerance, spni_products *p);
void spni_products_free(spni_products *p);

void spni_products_restrict(const spni_products *p, const double *theta, double *z);
void spni_products_extend(const spni_products *p, const double *z, double *theta);

/** Lowest eigenvalues that are looked for. */
enum { SPNI_LOWEST_MOST = 16 };

/** A linearised stationary point. */
typedef struct spni_stand {
    double beta, beta_slope;
    double drive; /**< tangent . d(grad L)/dbeta = -tangent . M tangent / beta_slope */
    double *
        theta; /**< P: what is kept of it: z is its restriction, also where a run is taken up again */
    double *z, *tangent; /**< n each; with beta_slope of unit length in the metric */
    double *
        values; /**< SPNI_LOWEST_MOST: the lowest of M, ascending, up to the first that is not negative */
    int64_t value_count;
    double largest;  /**< max |lambda|, or what is known of it from below */
    int64_t inside;  /**< negative eigenvalues of M */
    int64_t outside; /**< and of the rest (T27) */
    double
        outside_least; /**< the rest's smallest eigenvalue, where it was asked for or is nearer to zero than M's, or below zero; infinite: there is none */
    double outside_nearest; /**< of a spectrum: the one next to zero, likewise */
    spn_certainty certainty;
    int64_t zero_modes;
    double gradient_norm, order, loss_slope;
    spn_state state;
    spn_labels labels;
} spni_stand;

spn_status spni_stand_create(const spni_products *p, spni_stand *stand);
void spni_stand_free(const spni_products *p, spni_stand *stand);
void spni_stand_copy(const spni_products *p, const spni_stand *from, spni_stand *to);
void spni_stand_swap(spni_stand *a, spni_stand *b);

/** What a stand holds beside its tangent; combine with |. */
enum {
    SPNI_STAND_SPECTRUM = 1, /**< eigenvalues and index */
    SPNI_STAND_OUTSIDE =
        2, /**< what is outside, and outside_least whatever it is; without the spectrum `largest` is that of the stand already */
    SPNI_STAND_STATE = 4, /**< state and labels, of the whole problem */
    SPNI_STAND_POINT = 5, /**< what a point of a branch has */
};

/** At theta (P numbers, as symmetric as the problem is; may be stand->theta), beta. The tangent's sign agrees with `along` (NULL:
 *  beta_slope >= 0, at a minimum). Follows from theta, beta and `along` alone. *is_solved false: the tangent was not, and the
 *  rest was left. */
spn_status spni_stand_linearise(spni_products *p, const double *theta, double beta,
                                const spni_stand *along, spni_stand *stand, bool *is_solved);

/** More of what linearisations hold, at the stand that was linearised last: the point is still there. */
spn_status spni_stand_measure(spni_products *p, unsigned wanted, spni_stand *stand);

/** Vectors of n numbers that finding the lowest eigenvalues takes at most. */
int64_t spni_stand_vectors(int64_t n);

/** |u_a - u_b| in the metric. */
double spni_stand_distance(const spni_products *p, const spni_stand *a, const spni_stand *b);

/** Stand at (z, beta): the point with everything, M's orbit and preconditioner. *is_finite false: L or its gradient is not. */
spn_status spni_products_set(spni_products *p, const double *z, double beta, bool *is_finite);
/** out = M v at the point: n numbers, a symmetric product whose state is the spni_products. */
spn_status spni_products_multiply(spn_context *context, void *state, int64_t k, const double *v,
                                  double *out);
/** out = an approximation of M^-1 v, likewise. */
spn_status spni_products_precondition(spn_context *context, void *state, int64_t k, const double *v,
                                      double *out);
/** The border at the point; `along`: near the tangent there (NULL: a minimum). */
void spni_products_border(spni_products *p, const spni_stand *along);
/** K x = p->right, to a residual of `tolerance` in the preconditioner's norm: n + 1 numbers. */
spn_status spni_products_solve(spni_products *p, double tolerance, double *x, bool *is_solved);

/** As spni_newton_solve(), of a plane or a level. `along`: as above. */
spn_status spni_products_newton(spni_products *p, const spni_condition *condition,
                                const spni_stand *along, double reach, double *z, double *beta,
                                spni_newton_info *info);

#endif
