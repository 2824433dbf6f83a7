/* SPDX-License-Identifier: MIT */
/* L = E + beta n, n = sum c_i theta_i^2 (T24), over any error E: a point of L holds a point of E, so that one
 * evaluation and one Hessian serve both surfaces. For the ridge, all c_i = 1 (T2), there are no weights to read. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

static const spn_regulariser *ridge_regulariser(const spn_objective *objective)
{
    static const spn_regulariser ridge = {.weights = NULL};
    (void)objective;
    return &ridge;
}

static const spn_regulariser *weighted_regulariser(const spn_objective *objective)
{
    const spn_regularised *regularised = objective->problem;
    return &regularised->regulariser;
}

/* `problem` of a ridge is the error itself. Copies of the table, whose other operations were replaced, say so as well. */
static bool is_ridge(const spn_objective *objective)
{
    return objective->operations->regulariser == ridge_regulariser;
}

const spn_objective *spni_regularised_error(const spn_objective *objective)
{
    const spn_regularised *regularised = objective->problem;
    return is_ridge(objective) ? objective->problem : regularised->error;
}

const double *spni_regularised_weights(const spn_objective *objective)
{
    return is_ridge(objective) ? NULL : weighted_regulariser(objective)->weights;
}

static spn_status regularised_state_create(spn_context *context, const spn_objective *objective,
                                           void **state)
{
    spn_point *inner = NULL;
    spn_status status = spn_point_create(context, spni_regularised_error(objective), &inner);
    *state = inner;
    return status;
}

static void regularised_state_free(spn_context *context, void *state)
{
    spn_point_free(context, state);
}

static const spn_point *regularised_error(const spn_point *point)
{
    return point->state;
}

static spn_status regularised_set(spn_context *context, spn_point *point, const spn_subset *subset,
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
    const double *weights = spni_regularised_weights(point->objective);
    double order =
        wanted & (SPN_WANT_VALUE | SPN_WANT_PARAMETER) ? spni_order(weights, n, theta) : 0;
    if (wanted & SPN_WANT_VALUE) {
        point->value = inner->value + beta * order;
    }
    if (wanted & SPN_WANT_GRADIENT) {
        for (int64_t i = 0; i < n; i++) {
            point->gradient[i] = inner->gradient[i] + 2 * beta * spni_weight(weights, i) * theta[i];
        }
    }
    if (wanted & SPN_WANT_PARAMETER) {
        point->parameter_value = order;
        spn_objective_order_gradient(point->objective, theta, point->parameter_gradient);
    }
    return SPN_OK;
}

/* What the regulariser adds to the diagonal entries of a part, times c_i. It is positive semidefinite, so it belongs to
 * the Gauss-Newton part; the residual part of L is that of E. */
static double stiffness(const spn_point *point, spn_part part)
{
    return part == SPN_PART_RESIDUAL ? 0 : 2 * point->parameter;
}

static spn_status regularised_hvp(spn_context *context, const spn_point *point, spn_part part,
                                  int64_t k, const double *v, double *hv)
{
    spn_status status = spn_point_hvp(context, point->state, part, k, v, hv);
    int64_t n = point->dimension;
    double added = stiffness(point, part);
    const double *weights = spni_regularised_weights(point->objective);
    for (int64_t j = 0; status == SPN_OK && added != 0 && j < k; j++) {
        for (int64_t i = 0; i < n; i++) {
            hv[j * n + i] += added * spni_weight(weights, i) * v[j * n + i];
        }
    }
    return status;
}

static spn_status regularised_hessian(spn_context *context, const spn_point *point, spn_part part,
                                      double *h)
{
    spn_status status = spn_point_hessian(context, point->state, part, h);
    int64_t n = point->dimension;
    double added = stiffness(point, part);
    const double *weights = spni_regularised_weights(point->objective);
    for (int64_t i = 0; status == SPN_OK && i < n; i++) {
        h[i + i * n] += added * spni_weight(weights, i);
    }
    return status;
}

static spn_status regularised_trace(spn_context *context, const spn_point *point, spn_part part,
                                    double *out)
{
    spn_status status = spn_point_trace(context, point->state, part, out);
    const double *weights = spni_regularised_weights(point->objective);
    double sum = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        sum += spni_weight(weights, i);
    }
    if (status == SPN_OK) {
        *out += sum * stiffness(point, part);
    }
    return status;
}

static spn_status regularised_diagonal(spn_context *context, const spn_point *point, spn_part part,
                                       double *out)
{
    spn_status status = spn_point_diagonal(context, point->state, part, out);
    double added = stiffness(point, part);
    const double *weights = spni_regularised_weights(point->objective);
    for (int64_t i = 0; status == SPN_OK && i < point->dimension; i++) {
        out[i] += added * spni_weight(weights, i);
    }
    return status;
}

/* sum c_i (H_E)_ii: a multiple of the trace where all c_i are the same. */
static spn_status weighted_trace(spn_context *context, const spn_point *point, spn_part part,
                                 double *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    const double *weights = spni_regularised_weights(point->objective);
    double shift = 0, *diagonal = NULL;
    if (spn_objective_shifts(point->objective, 0.5, &shift)) {
        SPN_TRY(spn_point_trace(context, point->state, part, out));
        *out *= shift;
        goto done;
    }
    SPN_NEW(context, diagonal, n);
    SPN_TRY(spn_point_diagonal(context, point->state, part, diagonal));
    *out = spn_dot(n, weights, diagonal);
done:
    spn_release(context, diagonal);
    return status;
}

/* T24: tr (H_E + a C)^2 = tr H_E^2 + 2 a sum c_i (H_E)_ii + a^2 sum c_i^2, a = 2 beta. */
static spn_status regularised_trace_square(spn_context *context, const spn_point *point,
                                           spn_part part, double *out)
{
    spn_status status = SPN_OK;
    double added = stiffness(point, part), crossed = 0, squares = 0;
    const double *weights = spni_regularised_weights(point->objective);
    SPN_TRY(spn_point_trace_square(context, point->state, part, out));
    if (added == 0) {
        goto done;
    }
    SPN_TRY(weighted_trace(context, point, part, &crossed));
    for (int64_t i = 0; i < point->dimension; i++) {
        squares += spni_weight(weights, i) * spni_weight(weights, i);
    }
    *out += added * (2 * crossed + added * squares);
done:
    return status;
}

/* What the regulariser adds is P operations to each. */
static void regularised_costs(const spn_objective *objective, spn_costs *out)
{
    *out = spn_objective_costs(spni_regularised_error(objective));
    out->trace_square += out->trace;
}

static spn_status regularised_trivial(spn_context *context, const spn_objective *objective,
                                      double parameter, double *theta)
{
    return spn_objective_trivial(context, spni_regularised_error(objective), parameter, theta);
}

static spn_status regularised_trivial_near(spn_context *context, const spn_objective *objective,
                                           double parameter, const double *near, double *theta)
{
    return spn_objective_trivial_near(context, spni_regularised_error(objective), parameter, near,
                                      theta);
}

static void regularised_settle(const spn_objective *objective, double *theta)
{
    spn_objective_settle(spni_regularised_error(objective), theta);
}

static spn_status regularised_labels(spn_context *context, const spn_point *point, spn_labels *out)
{
    return spn_point_labels(context, point->state, out);
}

static int64_t regularised_orbit_capacity(const spn_objective *objective)
{
    return spn_objective_orbit_capacity(spni_regularised_error(objective));
}

/* Only called where the capacity is positive: the error has the operation. */
static spn_status regularised_orbit(spn_context *context, const spn_objective *objective,
                                    const double *theta, double *z)
{
    const spn_objective *error = spni_regularised_error(objective);
    return error->operations->orbit(context, error, theta, z);
}

static void regularised_scales(const spn_objective *objective, double *weight, double *value)
{
    spni_objective_sizes(spni_regularised_error(objective), weight, value);
}

/* Both tables: they differ in what `problem` is. */
#define OPERATIONS(its_regulariser)                                                                \
    {                                                                                              \
        .size = sizeof(spn_objective_operations), .state_create = regularised_state_create,        \
        .state_free = regularised_state_free, .set = regularised_set, .hvp = regularised_hvp,      \
        .hessian = regularised_hessian, .trace = regularised_trace,                                \
        .trivial = regularised_trivial, .labels = regularised_labels, .error = regularised_error,  \
        .orbit_capacity = regularised_orbit_capacity, .orbit = regularised_orbit,                  \
        .scales = regularised_scales, .regulariser = (its_regulariser),                            \
        .trivial_near = regularised_trivial_near, .settle = regularised_settle,                    \
        .preconditioner = &spni_damped_preconditioner, .reduction = &spni_damped_reduction,        \
        .diagonal = regularised_diagonal, .trace_square = regularised_trace_square,                \
        .costs = regularised_costs,                                                                \
    }
static const spn_objective_operations ridge_operations = OPERATIONS(ridge_regulariser);
static const spn_objective_operations weighted_operations = OPERATIONS(weighted_regulariser);

static spn_objective make(const spn_objective_operations *operations, const void *problem,
                          const spn_objective *error)
{
    return (spn_objective){.operations = operations,
                           .problem = problem,
                           .dimension = error->dimension,
                           .samples = error->samples,
                           .fisher_scale = error->fisher_scale};
}

spn_objective spn_ridge(const spn_objective *error)
{
    return make(&ridge_operations, error, error);
}

spn_objective spn_regularise(const spn_regularised *problem)
{
    return make(&weighted_operations, problem, problem->error);
}
