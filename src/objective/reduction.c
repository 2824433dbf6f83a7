/* SPDX-License-Identifier: MIT */
/* The front of reductions. */
#include "objective/reduction.h"
#include "objective/objective.h"

#include <string.h>

spn_status spn_reduction_create(spn_context *context, const spn_objective *objective,
                                const double *theta, double tolerance, spn_reduction **out)
{
    spn_status status = SPN_OK;
    spn_reduction *made = NULL;
    *out = NULL;
    if (!SPNI_HAS_OPERATION(objective->operations, reduction)) {
        return SPN_OK;
    }
    SPN_NEW(context, made, 1);
    made->operations = objective->operations->reduction;
    SPN_TRY(made->operations->create(context, objective, theta, tolerance, &made->memory));
    if (made->memory != NULL) {
        *out = made;
        made = NULL;
    }
done:
    spn_release(context, made);
    return status;
}

void spn_reduction_free(spn_context *context, spn_reduction *reduction)
{
    if (reduction != NULL) {
        reduction->operations->free(context, reduction->memory);
        spn_release(context, reduction);
    }
}

const spn_objective *spn_reduction_objective(const spn_reduction *reduction)
{
    return reduction->operations->objective(reduction->memory);
}

void spn_reduction_restrict(const spn_reduction *reduction, const double *theta, double *z)
{
    const spn_isometry *t = reduction->operations->isometry(reduction->memory);
    memset(z, 0, (size_t)t->reduced * sizeof *z);
    for (int64_t i = 0; i < t->dimension; i++) {
        z[t->index[i]] += t->factor[i] * theta[i];
    }
}

void spn_reduction_extend(const spn_reduction *reduction, const double *z, double *theta)
{
    const spn_isometry *t = reduction->operations->isometry(reduction->memory);
    for (int64_t i = 0; i < t->dimension; i++) {
        theta[i] = t->factor[i] * z[t->index[i]];
    }
}

spn_status spn_reduction_rest_traces(spn_context *context, spn_reduction *reduction,
                                     const spn_point *point, spn_part part, double *trace,
                                     double *square)
{
    const spn_damping none = {0};
    const spn_isometry *t =
        reduction != NULL ? reduction->operations->isometry(reduction->memory) : NULL;
    *trace = *square = 0;
    return t == NULL || t->dimension == t->reduced
               ? SPN_OK
               : reduction->operations->rest_traces(context, reduction->memory, point, &none, part,
                                                    trace, square);
}

double spn_reduction_rest_flops(const spn_reduction *reduction)
{
    return reduction != NULL ? reduction->operations->rest_flops(reduction->memory) : 0;
}
