/* SPDX-License-Identifier: MIT */
/* The front of preconditioners: those of an objective's own, or a multiple of the identity in its natural units, so that
 * lengths measured in M scale like the root of L. */
#include "objective/objective.h"
#include <spinodal/objective/preconditioner.h>

struct spn_preconditioner {
    const spn_objective *objective;
    const spn_preconditioner_operations *operations; /* NULL: the identity */
    void *memory;
    double unit; /* M of the identity */
    bool is_built;
};

static const spn_preconditioner_operations *operations_of(const spn_objective *objective)
{
    return SPNI_HAS_OPERATION(objective->operations, preconditioner)
               ? objective->operations->preconditioner
               : NULL;
}

spn_status spn_preconditioner_create(spn_context *context, const spn_objective *objective,
                                     const spn_preconditioner *like, spn_preconditioner **out)
{
    spn_status status = SPN_OK;
    spn_preconditioner *made = NULL;
    *out = NULL;
    SPN_NEW(context, made, 1);
    made->objective = objective;
    made->operations = operations_of(objective);
    made->unit = spn_objective_scales(objective).parameter;
    if (made->operations != NULL) {
        bool is_alike = like != NULL && like->operations == made->operations;
        SPN_TRY(made->operations->create(context, objective, is_alike ? like->memory : NULL,
                                         &made->memory));
    }
    if (made->memory == NULL) {
        made->operations = NULL;
    }
    *out = made;
    made = NULL;
done:
    spn_release(context, made);
    return status;
}

void spn_preconditioner_free(spn_context *context, spn_preconditioner *preconditioner)
{
    if (preconditioner == NULL) {
        return;
    }
    if (preconditioner->operations != NULL) {
        preconditioner->operations->free(context, preconditioner->memory);
    }
    spn_release(context, preconditioner);
}

bool spn_preconditioner_is_identity(const spn_preconditioner *preconditioner)
{
    return preconditioner->operations == NULL;
}

spn_status spn_preconditioner_refresh(spn_context *context, spn_preconditioner *preconditioner,
                                      const spn_point *point)
{
    spn_status status = SPN_OK;
    const spn_damping none = {0};
    if (!(point->has & SPN_WANT_CURVATURE)) {
        SPN_FAIL(
            context, SPN_ERROR_ARGUMENT,
            "the point holds no curvature: call spn_point_set() with SPN_WANT_CURVATURE first");
    }
    if (preconditioner->operations != NULL) {
        preconditioner->is_built = false;
        SPN_TRY(preconditioner->operations->refresh(context, point, &none, preconditioner->memory));
        preconditioner->is_built = true;
    }
done:
    return status;
}

static void apply(const spn_preconditioner *m, bool is_inverse, int64_t k, const double *v,
                  double *out)
{
    if (m->is_built) {
        m->operations->apply(m->memory, is_inverse, k, v, out);
        return;
    }
    double factor = is_inverse ? 1 / m->unit : m->unit;
    for (int64_t i = 0; i < k * m->objective->dimension; i++) {
        out[i] = factor * v[i];
    }
}

void spn_preconditioner_apply(const spn_preconditioner *preconditioner, int64_t k, const double *v,
                              double *out)
{
    apply(preconditioner, false, k, v, out);
}

void spn_preconditioner_solve(const spn_preconditioner *preconditioner, int64_t k, const double *v,
                              double *out)
{
    apply(preconditioner, true, k, v, out);
}
