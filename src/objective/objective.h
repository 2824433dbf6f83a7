/* SPDX-License-Identifier: MIT */
/* What the files of room `objective` share. */
#ifndef SPINODAL_OBJECTIVE_OBJECTIVE_PRIVATE_H
#define SPINODAL_OBJECTIVE_OBJECTIVE_PRIVATE_H

#include <spinodal/objective.h>

/* Is the operation there? Tables of an older, shorter layout lack the later ones. */
#define SPNI_HAS_OPERATION(operations, member)                                                     \
    ((operations)->size >= offsetof(spn_objective_operations, member) + sizeof(void (*)(void)) &&  \
     (operations)->member != NULL)

/* Solver, tangent and measurement ask for the full Hessian at the same theta one after the other: up to this
 * dimension (32 MiB) it is kept. An objective around another one leaves that to the inner one. */
enum { SPNI_KEPT_DIMENSION_MAX = 2048 };

/* SPN_ERROR_ARGUMENT where the point was not set with SPN_WANT_CURVATURE. */
spn_status spni_check_curvature(spn_context *context, const spn_point *point);

/* Sizes of theta and L before rounding, 1 where they are not known. */
void spni_objective_sizes(const spn_objective *objective, double *weight, double *value);

/* Of theta, the length of what is not penalised at all (c_i = 0). */
double spni_free_length(const spn_objective *objective, const double *theta);

/* c_i of a regulariser. */
static inline double spni_weight(const double *weights, int64_t i)
{
    return weights != NULL ? weights[i] : 1;
}

/* n = sum c_i theta_i^2. */
double spni_order(const double *weights, int64_t n, const double *theta);

/* regularised.c: the error inside a regularised objective, and c (NULL: all 1). */
const spn_objective *spni_regularised_error(const spn_objective *objective);
const double *spni_regularised_weights(const spn_objective *objective);
/* damped.c */
extern const struct spn_preconditioner_operations spni_damped_preconditioner;
extern const struct spn_reduction_operations spni_damped_reduction;

/* spn_point_hessian() for readers: *h is the point's own copy, which holds until the point is set again, or
 * `scratch` (P x P) where it keeps none. Saves writing and reading a triangle. */
spn_status spni_point_hessian_view(spn_context *context, const spn_point *point, spn_part part,
                                   double *scratch, const double **h);

#endif
