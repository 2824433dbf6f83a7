/* SPDX-License-Identifier: MIT */
/** @file reduction.h  Smaller problems on which a symmetric theta lives, and what is left of the spectrum beside them.
 *
 *  Where parts of a problem repeat (hidden units that are equal up to sign), the symmetric theta form a linear subspace that
 *  gradients do not leave: theta = T z with T^T T = 1, and L(T z) is an objective of its own, the *reduced* one. At a
 *  symmetric theta the Hessian leaves the subspace alone, too: its spectrum is that of the reduced Hessian and that of the
 *  *rest*, which an objective knows in small pieces (T27). */
#ifndef SPINODAL_OBJECTIVE_REDUCTION_H
#define SPINODAL_OBJECTIVE_REDUCTION_H

#include <spinodal/numeric/lanczos.h>
#include <spinodal/objective/preconditioner.h>

#ifdef __cplusplus
extern "C" {
#endif

/** T: theta_i = factor_i z_{index_i}; the factors of each z have squares that add up to 1. */
typedef struct spn_isometry {
    int64_t dimension, reduced; /**< of theta, of z */
    int64_t *index;
    double *factor;
} spn_isometry;

/** The spectrum outside the subspace, as far as it was asked for. */
typedef struct spn_rest {
    int64_t dimension; /**< of the complement */
    double
        smallest; /**< its smallest eigenvalue where that is below the floor asked for, otherwise at least that */
    double nearest;   /**< likewise the one next to zero, where that was asked for; NaN */
    int64_t negative; /**< eigenvalues below the limit asked for */
} spn_rest;

/** What a certificate has found that the next one, at a point close by, begins with: soft directions. What does not fit any more is looked for again; what fits is
 *  believed, also of what lies beside it: that this has not moved by more than twice what the soft directions see move. Zero at first; spn_soft_modes_free(). */
typedef struct spn_soft_modes {
    int64_t dimension; /**< of the reduced problem that they are of; 0: none */
    int64_t count;     /**< of the reduced Hessian: its lowest Ritz vectors, */
    double *ritz;      /**< ... SPN_SOFT_RITZ x dimension, */
    double norm;       /**< ... and max|lambda|, as found from nothing */
    int64_t size; /**< of the rest, as its objective has it: so many numbers; zeros are nothing */
    double *rest;
} spn_soft_modes;
enum { SPN_SOFT_RITZ = 5 };
void spn_soft_modes_free(spn_context *context, spn_soft_modes *modes);
/** What was found is forgotten. */
void spn_soft_modes_forget(spn_soft_modes *modes);

/** Operations of an objective that knows reductions: all of them, or no table. */
typedef struct spn_reduction_operations {
    /** Find what repeats at theta up to `tolerance`, relative to what theta is made of. *memory NULL: nothing known of
     *  this problem. */
    spn_status (*create)(spn_context *context, const spn_objective *objective, const double *theta,
                         double tolerance, void **memory);
    void (*free)(spn_context *context, void *memory);
    const spn_objective *(*objective)(const void *memory);
    const spn_isometry *(*isometry)(const void *memory);
    /** The rest at T z, from a point of the reduced objective that holds gradient and curvature; `damping` is that of the reduced
     *  parameters. `direction` (P, or NULL): a unit eigenvector of *out's smallest eigenvalue, where that is below
     *  `limit`. `modes` (or NULL): those of a neighbouring point, which become those of this one. */
    spn_status (*rest)(spn_context *context, void *memory, const spn_point *point,
                       const spn_damping *damping, double floor, double limit, bool wants_nearest,
                       spn_soft_modes *modes, spn_rest *out, double *direction);
    /** tr and tr of the square of a part of the rest's Hessian, and the operations that takes. */
    spn_status (*rest_traces)(spn_context *context, void *memory, const spn_point *point,
                              const spn_damping *damping, spn_part part, double *trace,
                              double *square);
    double (*rest_flops)(const void *memory);
} spn_reduction_operations;

typedef struct spn_reduction spn_reduction;

/** The reduction of an objective at theta (P numbers): what repeats up to `tolerance` counts as equal. *out NULL, with
 *  SPN_OK: the objective knows of none. The objective must outlive it. Cost for a network: O(w_l^2 (w_{l-1} + w_{l+1})) a hidden
 *  layer, memory P + that of a smaller network. */
spn_status spn_reduction_create(spn_context *context, const spn_objective *objective,
                                const double *theta, double tolerance, spn_reduction **out);
void spn_reduction_free(spn_context *context, spn_reduction *reduction);

/** The reduced objective; where nothing repeats it is the same problem under another name, of the same dimension. */
const spn_objective *spn_reduction_objective(const spn_reduction *reduction);
/** z = T^T theta: the nearest symmetric point, where theta is not; theta = T z. Vectors likewise. */
void spn_reduction_restrict(const spn_reduction *reduction, const double *theta, double *z);
void spn_reduction_extend(const spn_reduction *reduction, const double *z, double *theta);

/** The rest at T z: `point` is one of the reduced objective, set at z with gradient and curvature. Eigenvalues below `limit` are
 *  counted; the smallest is known where it is below `floor`, and otherwise at least that; likewise the one next to zero, with
 *  `wants_nearest`. Where nothing repeats, or `reduction` is NULL, there is none: dimension 0, both INFINITY. Cost: as in
 *  spn_reduction_certify(); with `wants_nearest` where one is negative up to all eigenvalues of each block. */
spn_status spn_reduction_rest(spn_context *context, spn_reduction *reduction,
                              const spn_point *point, double floor, double limit,
                              bool wants_nearest, spn_rest *out);

/** tr R and tr R^2 of the rest R of a part of the Hessian at T z, exact: what those of the full Hessian are beside those of the reduced
 *  one. `point` is one of the reduced objective, set at z with gradient and curvature. Of E's Gauss-Newton part nothing is left: what equal
 *  units differ by moves no output to first order. 0 where nothing repeats, or `reduction` is NULL. Cost: spn_reduction_rest_flops(), for
 *  a network N w_in (w_in + 2 w_out) for each group of m > 1 equal units, memory (w_in + w_out)^2, of the reduced network. Source: T27. */
spn_status spn_reduction_rest_traces(spn_context *context, spn_reduction *reduction,
                                     const spn_point *point, spn_part part, double *trace,
                                     double *square);
/** Floating-point operations of that. */
double spn_reduction_rest_flops(const spn_reduction *reduction);

/** How an index is known. */
typedef enum spn_certainty {
    SPN_CERTAIN_NOT,   /**< it is not */
    SPN_CERTAIN_DENSE, /**< all eigenvalues of the Hessian */
    SPN_CERTAIN_REDUCED, /**< all eigenvalues of the reduced Hessian, and the rest by factorisations */
    SPN_CERTAIN_LOWEST, /**< the lowest of the reduced Hessian by its products, and the rest by factorisations */
} spn_certainty;
/** Their words, in this order, behind the last one NULL. */
extern const char *const spn_certainty_words[];
/** "none", "dense", "reduced", "lowest"; NULL for any other number. */
const char *spn_certainty_text(int64_t certainty);

/** The index of a Hessian. */
typedef struct spn_certificate {
    spn_certainty certainty;
    int64_t
        negative; /**< eigenvalues below -1e-9 max |lambda|, with `takes_any` not all of them; -1: not known */
    double smallest;  /**< eigenvalue; NaN: not known */
    double bound;     /**< |smallest - an eigenvalue| is at most this */
    double largest;   /**< max |lambda| of the reduced Hessian */
    int64_t reduced;  /**< parameters of the reduced problem */
    int64_t products; /**< with the reduced Hessian that were made */
} spn_certificate;

/** The largest reduced problem whose eigenvalues are all computed; of larger ones the lowest by Davidson's method, to a residual
 *  of 5e-6 max |lambda|. An index above 0 then means that many or more: what escapes asks for one direction down, and to count on would
 *  take the inertia of a Hessian that was never assembled, n^3 / 3 and its memory. No residual excludes an eigenvalue that the start did not
 *  hold: `lowest` is as certain as that. */
enum { SPN_CERTIFY_DENSE_MAX = 1500 };

/** How a certificate is made. */
typedef struct spn_certify_settings {
    const spn_symmetric_operator *
        inverse; /**< an approximation of the inverse of the point's Hessian, positive definite: saves
                                                products; NULL: none */
    spn_soft_modes *
        modes; /**< of a neighbouring point, to begin with; become those of this one. NULL: from nothing */
    bool
        takes_any; /**< one direction down is enough: where Davidson's method has found one, the rest is not looked at */
} spn_certify_settings;

/** The index of the full Hessian at T z (reduction NULL: of the point's own Hessian); `point` is one of the reduced objective, set there with all that is wanted.
 *  `direction` (P numbers, or NULL): where negative > 0, a unit vector along which the Hessian is smallest, sign such that
 *  its largest entry is positive; otherwise it is left alone. `settings` NULL: all 0. Deterministic. Cost: 4/3 n^3 for n reduced parameters, or some tens to hundred
 *  products with the reduced Hessian, and for each
 *  layer and group of m > 1 equal units of a network N w^2 + w^3 / 3 with w = w_{l-1} + w_{l+1} of the reduced one. With modes that fit:
 *  some ten products, and about two for the rest. */
spn_status spn_reduction_certify(spn_context *context, spn_reduction *reduction,
                                 const spn_point *point, const spn_certify_settings *settings,
                                 spn_certificate *out, double *direction);

#ifdef __cplusplus
}
#endif

#endif
