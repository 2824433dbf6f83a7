/* SPDX-License-Identifier: MIT */
/* What a regularised objective hands on of its error's structure: preconditioners and reductions, with 2 beta c inside. */
#include "objective/objective.h"
#include <spinodal/objective/reduction.h>

static const spn_preconditioner_operations *inner_preconditioner(const spn_objective *objective)
{
    const spn_objective *error = spni_regularised_error(objective);
    return SPNI_HAS_OPERATION(error->operations, preconditioner) ? error->operations->preconditioner
                                                                 : NULL;
}

/* The error's own, damped. What belongs to it stands behind the table that says what to do with it. */
typedef struct damped {
    const spn_preconditioner_operations *operations;
    void *memory;
} damped;

static void damped_free(spn_context *context, void *memory)
{
    damped *own = memory;
    own->operations->free(context, own->memory);
    spn_release(context, own);
}

static spn_status damped_create(spn_context *context, const spn_objective *objective,
                                const void *like, void **memory)
{
    spn_status status = SPN_OK;
    damped *own = NULL;
    const damped *other = like;
    const spn_preconditioner_operations *operations = inner_preconditioner(objective);
    *memory = NULL;
    if (operations == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, own, 1);
    own->operations = operations;
    bool is_alike = other != NULL && other->operations == operations;
    SPN_TRY(operations->create(context, spni_regularised_error(objective),
                               is_alike ? other->memory : NULL, &own->memory));
    if (own->memory != NULL) {
        *memory = own;
        own = NULL;
    }
done:
    spn_release(context, own);
    return status;
}

static spn_status damped_refresh(spn_context *context, const spn_point *point,
                                 const spn_damping *damping, void *memory)
{
    const damped *own = memory;
    const spn_damping added = {.stiffness = 2 * point->parameter,
                               .weights = spni_regularised_weights(point->objective)};
    (void)damping; /* a regularised objective in a regularised one: the inner damping is enough */
    return own->operations->refresh(context, point->state, &added, own->memory);
}

static void damped_apply(const void *memory, bool is_inverse, int64_t k, const double *v,
                         double *out)
{
    const damped *own = memory;
    own->operations->apply(own->memory, is_inverse, k, v, out);
}

const spn_preconditioner_operations spni_damped_preconditioner = {
    .create = damped_create,
    .free = damped_free,
    .refresh = damped_refresh,
    .apply = damped_apply,
};

static const spn_reduction_operations *inner_reduction(const spn_objective *objective)
{
    const spn_objective *error = spni_regularised_error(objective);
    return SPNI_HAS_OPERATION(error->operations, reduction) ? error->operations->reduction : NULL;
}

/* The error's reduction, and the regulariser on what is left of theta. */
typedef struct reduced {
    const spn_reduction_operations *operations;
    void *memory;
    spn_regularised problem;
    spn_objective objective;
    double *weights; /* c of the reduced parameters; NULL: all 1 */
} reduced;

static void reduced_free(spn_context *context, void *memory)
{
    reduced *own = memory;
    if (own == NULL) {
        return;
    }
    if (own->memory != NULL) {
        own->operations->free(context, own->memory);
    }
    spn_release(context, own->weights);
    spn_release(context, own);
}

/* c of the reduced parameters; *is_symmetric: n is that of theta only where c is the same for all parameters that are
 * one. */
static spn_status reduce_weights(spn_context *context, const double *weights, reduced *own,
                                 bool *is_symmetric)
{
    spn_status status = SPN_OK;
    const spn_isometry *t = own->operations->isometry(own->memory);
    *is_symmetric = true;
    if (weights == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, own->weights, t->reduced);
    for (int64_t i = 0; i < t->dimension; i++) {
        own->weights[t->index[i]] = weights[i];
    }
    for (int64_t i = 0; i < t->dimension; i++) {
        *is_symmetric = *is_symmetric && own->weights[t->index[i]] == weights[i];
    }
done:
    return status;
}

static spn_status reduced_create(spn_context *context, const spn_objective *objective,
                                 const double *theta, double tolerance, void **memory)
{
    spn_status status = SPN_OK;
    reduced *own = NULL;
    bool is_symmetric = false;
    *memory = NULL;
    if (inner_reduction(objective) == NULL) {
        return SPN_OK;
    }
    SPN_NEW(context, own, 1);
    own->operations = inner_reduction(objective);
    SPN_TRY(own->operations->create(context, spni_regularised_error(objective), theta, tolerance,
                                    &own->memory));
    if (own->memory == NULL) {
        goto done;
    }
    SPN_TRY(reduce_weights(context, spni_regularised_weights(objective), own, &is_symmetric));
    own->problem = (spn_regularised){.error = own->operations->objective(own->memory),
                                     .regulariser = {.weights = own->weights}};
    own->objective = spn_regularise(&own->problem);
    if (is_symmetric) {
        *memory = own;
        own = NULL;
    }
done:
    reduced_free(context, own);
    return status;
}

static const spn_objective *reduced_objective(const void *memory)
{
    const reduced *own = memory;
    return &own->objective;
}

static const spn_isometry *reduced_isometry(const void *memory)
{
    const reduced *own = memory;
    return own->operations->isometry(own->memory);
}

static spn_status reduced_rest(spn_context *context, void *memory, const spn_point *point,
                               const spn_damping *damping, double floor, double limit,
                               bool wants_nearest, spn_soft_modes *modes, spn_rest *out,
                               double *direction)
{
    const reduced *own = memory;
    const spn_damping added = {.stiffness = 2 * point->parameter, .weights = own->weights};
    (void)damping;
    return own->operations->rest(context, own->memory, spn_point_error(point), &added, floor, limit,
                                 wants_nearest, modes, out, direction);
}

/* The regulariser belongs to the Gauss-Newton part. */
static spn_status reduced_rest_traces(spn_context *context, void *memory, const spn_point *point,
                                      const spn_damping *damping, spn_part part, double *trace,
                                      double *square)
{
    const reduced *own = memory;
    const spn_damping added = {.stiffness = part == SPN_PART_RESIDUAL ? 0 : 2 * point->parameter,
                               .weights = own->weights};
    (void)damping;
    return own->operations->rest_traces(context, own->memory, spn_point_error(point), &added, part,
                                        trace, square);
}

static double reduced_rest_flops(const void *memory)
{
    const reduced *own = memory;
    return own->operations->rest_flops(own->memory);
}

const spn_reduction_operations spni_damped_reduction = {
    .create = reduced_create,
    .free = reduced_free,
    .objective = reduced_objective,
    .isometry = reduced_isometry,
    .rest = reduced_rest,
    .rest_traces = reduced_rest_traces,
    .rest_flops = reduced_rest_flops,
};
