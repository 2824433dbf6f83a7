/* SPDX-License-Identifier: MIT */
/* Both surfaces at a point without a dense matrix: R from moments or estimates, the ends of spectra by Lanczos' method, the gate by
 * conjugate gradients. What only all eigenvalues could give stays unknown. */
#include "geometry/spectrum.h"
#include "geometry/surface.h"

#include <math.h>
#include <spinodal/numeric/conjugate_gradients.h>
#include <spinodal/objective/preconditioner.h>
#include <string.h>

/* |H x - g| / |g|: the forms g.x are then right to its square, times what the spectrum spans. */
static const double SYSTEM_TOLERANCE = 1e-8;

spn_geometry_settings spni_settings_of_ends(const spn_geometry_settings *settings)
{
    spn_geometry_settings out = *settings;
    out.method = SPN_SPECTRUM_STOCHASTIC;
    out.smallest = out.smallest > 0 ? out.smallest : 1;
    out.largest = 1;
    return out;
}

static void take_curvature(const spn_curvature *from, spn_geometry *out)
{
    out->method = from->method;
    out->trace = from->trace.value;
    out->trace_stderr = from->trace.error;
    out->frobenius_squared = from->trace_square.value;
    out->frobenius_stderr = from->trace_square.error;
    out->scalar_curvature = from->scalar_curvature.value;
    out->scalar_curvature_stderr = from->scalar_curvature.error;
    out->scalar_curvature_low = from->scalar_curvature.low;
    out->scalar_curvature_high = from->scalar_curvature.high;
    out->scalar_curvature_rounding = from->rounding;
    out->mean_curvature = from->mean_curvature.value;
    out->mean_curvature_stderr = from->mean_curvature.error;
}

static spn_status measure_curvature(spn_context *context, const spn_geometry_settings *settings,
                                    int64_t method, const spn_point *point, spni_surfaces *out)
{
    spn_status status = SPN_OK;
    spn_curvature error, loss;
    SPN_TRY(spni_curvature_by(context, point, settings, method, out->wants_error ? &error : NULL,
                              out->wants_loss ? &loss : NULL));
    if (out->wants_error) {
        take_curvature(&error, &out->error);
    }
    if (out->wants_loss) {
        take_curvature(&loss, &out->loss);
    }
done:
    return status;
}

/* ---- Ends of spectra -------------------------------------------------------------------------- */

/* The lowest eigenvalues that were looked for and the largest one, all of them moved. */
typedef struct ends {
    const spn_extremes *found;
    int64_t low, block; /* how many of the lowest; copies of one that are found at least */
    double shift;
} ends;

static double end_at(const ends *e, int64_t i)
{
    return e->found->values[i] + e->shift;
}

static double norm_of(const ends *e)
{
    return fmax(fabs(end_at(e, 0)), fabs(end_at(e, e->found->count - 1)));
}

static double residual_of(const ends *e)
{
    return fmax(e->found->residuals[0], e->found->residuals[e->found->count - 1]);
}

/* -1: more may be left than were looked for, or below what was found. A Ritz value below zero proves a negative eigenvalue; the one
 * above it is an upper bound of the next, which lies within the residual. */
static int64_t negative_of(const ends *e)
{
    double zero = SPN_ZERO_EIGENVALUE * norm_of(e);
    int64_t count = 0;
    for (int64_t i = 0; i < e->low; i++) {
        count += end_at(e, i) < -zero;
    }
    bool is_all = e->low == e->found->count && count == e->low;
    bool is_next_known = count < e->low && e->found->is_converged &&
                         end_at(e, count) - e->found->residuals[count] >= -zero;
    return is_all || (is_next_known && (count < e->block || e->low == e->found->count)) ? count
                                                                                        : -1;
}

static void take_ends(const ends *e, spn_geometry *out)
{
    out->eigenvalue_min = end_at(e, 0);
    out->eigenvalue_max = end_at(e, e->found->count - 1);
    out->eigenvalue_residual = residual_of(e);
    out->negative_eigenvalues = negative_of(e);
}

static spn_status find_ends(spn_context *context, const spn_symmetric_operator *a,
                            const spn_geometry_settings *settings, spn_extremes **found, ends *out)
{
    spn_status status = SPN_OK;
    const spn_geometry_settings looked_for = spni_settings_of_ends(settings);
    SPN_TRY(spni_extremes_of(context, a, &looked_for, found));
    int64_t low = looked_for.smallest < a->dimension ? looked_for.smallest : a->dimension;
    *out = (ends){.found = *found, .low = low, .block = settings->block};
done:
    return status;
}

/* ---- Principal curvatures (T6) ---------------------------------------------------------------- */

/* A (H + shift I) A / sqrt q with A = I - c g g^T: see spni_measure_principal(). */
typedef struct shape {
    const spn_point *point; /* of H */
    const double *g;
    double shift, c, root;
    double *turned; /* A v: as many rows as a block */
} shape;

static void turn(const shape *s, int64_t n, double *v)
{
    spn_axpy(n, -s->c * spn_dot(n, s->g, v), s->g, v);
}

static spn_status multiply_shape(spn_context *context, void *state, int64_t k, const double *v,
                                 double *av)
{
    spn_status status = SPN_OK;
    const shape *s = state;
    int64_t n = s->point->dimension;
    memcpy(s->turned, v, (size_t)(k * n) * sizeof *v);
    for (int64_t j = 0; j < k; j++) {
        turn(s, n, s->turned + j * n);
    }
    SPN_TRY(spn_point_hvp(context, s->point, SPN_PART_FULL, k, s->turned, av));
    for (int64_t j = 0; j < k; j++) {
        double *row = av + j * n;
        spn_axpy(n, s->shift, s->turned + j * n, row);
        turn(s, n, row);
        for (int64_t i = 0; i < n; i++) {
            row[i] /= s->root;
        }
    }
done:
    return status;
}

static spn_status measure_principal(spn_context *context, const spn_geometry_settings *settings,
                                    const spn_point *from, double shift, const double *g,
                                    spn_geometry *out)
{
    spn_status status = SPN_OK;
    int64_t n = from->dimension;
    spn_extremes *found = NULL;
    ends bent;
    double slope = spn_norm(n, g), root = sqrt(1 + slope * slope);
    shape s = {from, g, shift, 1 / (root * (1 + root)), root, NULL};
    const spn_symmetric_operator a = {n, multiply_shape, &s};
    SPN_NEW(context, s.turned, settings->block * n);
    SPN_TRY(find_ends(context, &a, settings, &found, &bent));
    out->principal_curvature_min = end_at(&bent, 0);
    out->principal_curvature_max = end_at(&bent, found->count - 1);
done:
    spn_extremes_free(context, found);
    spn_release(context, s.turned);
    return status;
}

/* ---- The gate --------------------------------------------------------------------------------- */

static spn_status solve_by_preconditioner(spn_context *context, void *state, int64_t k,
                                          const double *v, double *av)
{
    (void)context;
    spn_preconditioner_solve(state, k, v, av);
    return SPN_OK;
}

/* H x = g and H y = b of L, whose smallest eigenvalue is positive. */
static spn_status solve_both(spn_context *context, const spn_geometry_settings *settings,
                             const spn_point *point, const double *sides, int64_t count,
                             double *solved, bool *is_solved)
{
    spn_status status = SPN_OK;
    spn_preconditioner *preconditioner = NULL;
    spni_hessian_operator hessian = {point, SPN_PART_FULL};
    const spn_symmetric_operator a = spni_hessian_of(&hessian);
    const spn_conjugate_settings conjugate = {SYSTEM_TOLERANCE, count * settings->products};
    spn_conjugate_info info;
    SPN_TRY(spn_preconditioner_create(context, point->objective, NULL, &preconditioner));
    SPN_TRY(spn_preconditioner_refresh(context, preconditioner, point));
    const spn_symmetric_operator inverse = {point->dimension, solve_by_preconditioner,
                                            preconditioner};
    SPN_TRY(
        spn_conjugate_gradients(context, &a, &inverse, &conjugate, count, sides, solved, &info));
    *is_solved = info.is_converged && info.is_positive;
done:
    spn_preconditioner_free(context, preconditioner);
    return status;
}

static spn_status measure_gate(spn_context *context, const spn_geometry_settings *settings,
                               const spn_point *point, const ends *e, spn_geometry *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    double *sides = NULL, *solved = NULL;
    bool is_solved = false;
    double most = norm_of(e) + residual_of(e);
    out->stationary = spni_is_too_steep(point, most) ? 0 : -1;
    if (!(end_at(e, 0) - residual_of(e) > SPN_ZERO_EIGENVALUE * most)) {
        goto done;
    }
    SPN_NEW(context, sides, 2 * n);
    SPN_NEW(context, solved, 2 * n);
    const double *response = spni_response_of(point, sides + n);
    memcpy(sides, point->gradient, (size_t)n * sizeof *sides);
    if (response != NULL && response != sides + n) {
        memcpy(sides + n, response, (size_t)n * sizeof *sides);
    }
    int64_t count = response != NULL ? 2 : 1;
    SPN_TRY(solve_both(context, settings, point, sides, count, solved, &is_solved));
    if (!is_solved) {
        goto done;
    }
    const spni_mode_sums slope = spni_sum_solved(n, sides, solved);
    spni_pass_gate(point, most, &slope, out);
    if (out->stationary == 1 && response != NULL) {
        out->susceptibility = spni_sum_solved(n, sides + n, solved + n).form;
    }
done:
    spn_release(context, sides);
    spn_release(context, solved);
    return status;
}

/* ---- All of it -------------------------------------------------------------------------------- */

/* Only where the trace costs no more than the probes, which would be an estimate. */
static spn_status measure_fisher(spn_context *context, const spn_geometry_settings *settings,
                                 const spn_point *inner, spn_geometry *out)
{
    const spn_costs costs = spn_objective_costs(inner->objective);
    double trace = 0;
    if (inner->objective->fisher_scale == 0 ||
        costs.trace > (double)settings->probes * costs.product) {
        return SPN_OK;
    }
    spn_status status = spn_point_trace(context, inner, SPN_PART_GAUSS_NEWTON, &trace);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        return SPN_OK;
    }
    out->fisher_trace =
        status == SPN_OK ? inner->objective->fisher_scale * trace : out->fisher_trace;
    return status;
}

/* The ends of E's spectrum, which L's are where that is the same moved; otherwise L's own are found. */
static spn_status measure_spectra(spn_context *context, const spn_geometry_settings *settings,
                                  const spn_point *point, unsigned wanted, spni_surfaces *out)
{
    spn_status status = SPN_OK;
    double shift = 0;
    spn_extremes *of_error = NULL, *of_loss = NULL;
    ends error, loss;
    bool is_shifted = spn_objective_shifts(point->objective, point->parameter, &shift);
    spni_hessian_operator inner = {spn_point_error(point), SPN_PART_FULL};
    spni_hessian_operator whole = {point, SPN_PART_FULL};
    const spn_symmetric_operator a = spni_hessian_of(&inner), b = spni_hessian_of(&whole);
    if (is_shifted || out->wants_error) {
        SPN_TRY(find_ends(context, &a, settings, &of_error, &error));
        take_ends(&error, &out->error);
    }
    if (is_shifted) {
        loss = error;
        loss.shift = shift;
    } else {
        SPN_TRY(find_ends(context, &b, settings, &of_loss, &loss));
    }
    take_ends(&loss, &out->loss);
    if ((wanted & SPN_GEOMETRY_STATIONARY) != 0) {
        SPN_TRY(measure_gate(context, settings, point, &loss, &out->loss));
    }
done:
    spn_extremes_free(context, of_error);
    spn_extremes_free(context, of_loss);
    return status;
}

static spn_status measure_all(spn_context *context, const spn_geometry_settings *settings,
                              int64_t method, const spn_point *point, unsigned wanted,
                              spni_surfaces *out)
{
    spn_status status = SPN_OK;
    double shift = 0;
    const spn_point *inner = spn_point_error(point);
    bool is_shifted = spn_objective_shifts(point->objective, point->parameter, &shift);
    SPN_TRY(measure_curvature(context, settings, method, point, out));
    if ((wanted & SPN_GEOMETRY_FISHER) != 0) {
        SPN_TRY(measure_fisher(context, settings, inner, &out->loss));
    }
    if ((wanted & (SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY)) != 0) {
        SPN_TRY(measure_spectra(context, settings, point, wanted, out));
    }
    if ((wanted & SPN_GEOMETRY_PRINCIPAL) != 0 && out->wants_error) {
        SPN_TRY(measure_principal(context, settings, inner, 0, inner->gradient, &out->error));
    }
    if ((wanted & SPN_GEOMETRY_PRINCIPAL) != 0 && out->wants_loss) {
        SPN_TRY(measure_principal(context, settings, is_shifted ? inner : point,
                                  is_shifted ? shift : 0, point->gradient, &out->loss));
    }
done:
    return status;
}

/* What is not finite is a result, as it is of the dense Hessian. */
spn_status spni_measure_by_products(spn_context *context, const spn_geometry_settings *settings,
                                    int64_t method, const spn_point *point, unsigned wanted,
                                    spni_surfaces *out)
{
    spn_status status = SPN_OK;
    if (method == SPN_SPECTRUM_NONE || !spn_all_finite(point->dimension, point->gradient) ||
        !spn_all_finite(point->dimension, spn_point_error(point)->gradient)) {
        return SPN_OK;
    }
    status = measure_all(context, settings, method, point, wanted, out);
    if (status == SPN_ERROR_NUMERIC) {
        spn_error_clear(context);
        status = SPN_OK;
    }
    return status;
}
