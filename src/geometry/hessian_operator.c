/* SPDX-License-Identifier: MIT */
/* A part of a point's Hessian as an operator. */
#include "geometry/spectrum.h"

spn_status spni_rows_create(spn_context *context, int64_t rows, int64_t columns, double **out)
{
    spn_status status = SPN_OK;
    int64_t room = 0;
    if (!spn_size_multiply(rows, columns, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld rows of %lld numbers are too many",
                 (long long)rows, (long long)columns);
    }
    SPN_NEW(context, *out, room);
done:
    return status;
}

static spn_status multiply(spn_context *context, void *state, int64_t k, const double *v,
                           double *av)
{
    const spni_hessian_operator *hessian = state;
    return spn_point_hvp(context, hessian->point, hessian->part, k, v, av);
}

spn_symmetric_operator spni_hessian_of(spni_hessian_operator *hessian)
{
    return (spn_symmetric_operator){hessian->point->dimension, multiply, hessian};
}
