/* SPDX-License-Identifier: MIT */
/* The ridge L = E + beta |theta|^2 (T2) over any error E: a point of L holds a point of E, so that one
 * evaluation and one Hessian serve both surfaces. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

static spn_status ridge_state_create(spn_context *context, const spn_objective *objective,
                                     void **state)
{
    spn_point *inner = NULL;
    spn_status status = spn_point_create(context, objective->problem, &inner);
    *state = inner;
    return status;
}

static void ridge_state_free(spn_context *context, void *state)
{
    spn_point_free(context, state);
}

static const spn_point *ridge_error(const spn_point *point)
{
    return point->state;
}

static spn_status ridge_set(spn_context *context, spn_point *point, const spn_subset *subset,
                            unsigned wanted)
{
    spn_point *inner = point->state;
    int64_t n = point->dimension;
    double beta = point->parameter;
    const double *theta = point->theta;
    /* E does not depend on beta: it is evaluated at parameter 0 and needs no derivative there. */
    unsigned inner_wanted = wanted & ~(unsigned)SPN_WANT_PARAMETER;
    spn_status status = spn_point_set(context, inner, theta, 0, subset, inner_wanted);
    if (status != SPN_OK) {
        return status;
    }
    double square = wanted & (SPN_WANT_VALUE | SPN_WANT_PARAMETER) ? spn_dot(n, theta, theta) : 0;
    if (wanted & SPN_WANT_VALUE) {
        point->value = inner->value + beta * square;
    }
    if (wanted & SPN_WANT_GRADIENT) {
        for (int64_t i = 0; i < n; i++) {
            point->gradient[i] = inner->gradient[i] + 2 * beta * theta[i];
        }
    }
    if (wanted & SPN_WANT_PARAMETER) {
        point->parameter_value = square;
        for (int64_t i = 0; i < n; i++) {
            point->parameter_gradient[i] = 2 * theta[i];
        }
    }
    return SPN_OK;
}

/* What the regulariser adds to each diagonal entry of a part. It is positive semidefinite, so it belongs
 * to the Gauss-Newton part; the residual part of L is that of E. */
static double ridge_shift(const spn_point *point, spn_part part)
{
    return part == SPN_PART_RESIDUAL ? 0 : 2 * point->parameter;
}

static spn_status ridge_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                            const double *v, double *hv)
{
    spn_status status = spn_point_hvp(context, point->state, part, k, v, hv);
    double shift = ridge_shift(point, part);
    if (status == SPN_OK && shift != 0) {
        spn_axpy(k * point->dimension, shift, v, hv);
    }
    return status;
}

static spn_status ridge_hessian(spn_context *context, const spn_point *point, spn_part part,
                                double *h)
{
    spn_status status = spn_point_hessian(context, point->state, part, h);
    int64_t n = point->dimension;
    double shift = ridge_shift(point, part);
    for (int64_t i = 0; status == SPN_OK && i < n; i++) {
        h[i + i * n] += shift;
    }
    return status;
}

static spn_status ridge_trace(spn_context *context, const spn_point *point, spn_part part,
                              double *out)
{
    spn_status status = spn_point_trace(context, point->state, part, out);
    if (status == SPN_OK) {
        *out += (double)point->dimension * ridge_shift(point, part);
    }
    return status;
}

static spn_status ridge_trivial(spn_context *context, const spn_objective *objective,
                                double parameter, double *theta)
{
    return spn_objective_trivial(context, objective->problem, parameter, theta);
}

static spn_status ridge_labels(spn_context *context, const spn_point *point, spn_labels *out)
{
    return spn_point_labels(context, point->state, out);
}

static int64_t ridge_orbit_capacity(const spn_objective *objective)
{
    return spn_objective_orbit_capacity(objective->problem);
}

/* Only called where the capacity is positive: the error has the operation. */
static spn_status ridge_orbit(spn_context *context, const spn_objective *objective,
                              const double *theta, double *z)
{
    const spn_objective *error = objective->problem;
    return error->operations->orbit(context, error, theta, z);
}

static void ridge_scales(const spn_objective *objective, double *weight, double *value)
{
    spni_objective_sizes(objective->problem, weight, value);
}

static const spn_objective_operations ridge_operations = {
    .size = sizeof(spn_objective_operations),
    .state_create = ridge_state_create,
    .state_free = ridge_state_free,
    .set = ridge_set,
    .hvp = ridge_hvp,
    .hessian = ridge_hessian,
    .trace = ridge_trace,
    .trivial = ridge_trivial,
    .labels = ridge_labels,
    .error = ridge_error,
    .orbit_capacity = ridge_orbit_capacity,
    .orbit = ridge_orbit,
    .scales = ridge_scales,
};

spn_objective spn_ridge(const spn_objective *error)
{
    spn_objective ridge = {
        .operations = &ridge_operations,
        .problem = error,
        .dimension = error->dimension,
        .samples = error->samples,
        .fisher_scale = error->fisher_scale,
    };
    return ridge;
}
