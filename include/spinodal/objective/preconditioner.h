/* SPDX-License-Identifier: MIT */
/** @file preconditioner.h  Approximations of a Hessian whose inverse is cheap, for iterations without a dense Hessian.
 *
 *  A preconditioner M is symmetric and positive definite: an objective that knows its own structure builds one (a
 *  network: Kronecker factors of each layer), any other gets a multiple of the identity. What it approximates is the
 *  Gauss-Newton part of L's Hessian with what the regulariser adds to it. */
#ifndef SPINODAL_OBJECTIVE_PRECONDITIONER_H
#define SPINODAL_OBJECTIVE_PRECONDITIONER_H

#include <spinodal/objective.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a regulariser adds to the diagonal of the Hessian of its error: stiffness * c_i. */
typedef struct spn_damping {
    double stiffness;      /**< 2 beta */
    const double *weights; /**< c: P numbers, or NULL: all 1 */
} spn_damping;

/** Operations of an objective that knows a preconditioner: all of them, or no table. */
typedef struct spn_preconditioner_operations {
    /** Make / free what belongs to one preconditioner. *memory NULL: there is none here after all. `like`: the memory of
     *  another preconditioner of the same data (another network on them, say), whose constant parts may be used as
     *  long as it lives; or NULL. */
    spn_status (*create)(spn_context *context, const spn_objective *objective, const void *like,
                         void **memory);
    void (*free)(spn_context *context, void *memory);
    /** Build at a point that holds its curvature. */
    spn_status (*refresh)(spn_context *context, const spn_point *point, const spn_damping *damping,
                          void *memory);
    /** out_j = M v_j, or M^-1 v_j, for k vectors; out may be v. */
    void (*apply)(const void *memory, bool is_inverse, int64_t k, const double *v, double *out);
} spn_preconditioner_operations;

typedef struct spn_preconditioner spn_preconditioner;

/** A preconditioner of the objective, which must outlive it; not yet built. One thread owns it. `like`: one of the same
 *  data, which must outlive it, or NULL. Allocates everything that later calls need: for a network with widths w_l
 *  2 (w_{l-1}^2 + 2 w_l^2) numbers a layer. */
spn_status spn_preconditioner_create(spn_context *context, const spn_objective *objective,
                                     const spn_preconditioner *like, spn_preconditioner **out);
void spn_preconditioner_free(spn_context *context, spn_preconditioner *preconditioner);

/** Build M at the point, set with SPN_WANT_CURVATURE (otherwise SPN_ERROR_ARGUMENT). Without operations of the objective
 *  M = (scale of L / scale of theta^2) I. Cost for a network: the second moments of all layers and K back-propagations,
 *  two to four gradients, and two eigenproblems a layer; that of the inputs once. */
spn_status spn_preconditioner_refresh(spn_context *context, spn_preconditioner *preconditioner,
                                      const spn_point *point);

/** out_j = M v_j; out_j = M^-1 v_j; for k vectors, k x P; out may be v. Before the first refresh M is the multiple of the
 *  identity. Cost for a network: 4 w_l w_{l-1} (w_l + w_{l-1}) flops a layer, of which what belongs to the inputs is left out
 *  where their second moments are diagonal. */
void spn_preconditioner_apply(const spn_preconditioner *preconditioner, int64_t k, const double *v,
                              double *out);
void spn_preconditioner_solve(const spn_preconditioner *preconditioner, int64_t k, const double *v,
                              double *out);

/** Is M a multiple of the identity? */
bool spn_preconditioner_is_identity(const spn_preconditioner *preconditioner);

#ifdef __cplusplus
}
#endif

#endif
