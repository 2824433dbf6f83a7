/* SPDX-License-Identifier: MIT */
/* A part of a point's Hessian as an operator. */
#include "geometry/spectrum.h"

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
