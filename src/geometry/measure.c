/* SPDX-License-Identifier: MIT */
/* Both surfaces from one evaluation: E's Hessian is assembled once and decomposed once; where the regulariser only
 * shifts it, L's is the same with its eigenvalues moved. Otherwise L's is decomposed for itself. */
#include "geometry/surface.h"
#include "objective/objective.h"

#include <math.h>
#include <string.h>

static const double none = (double)NAN;
/* Cholesky pivots below this share of the largest diagonal entry: the eigenvectors decide. */
static const double pivot_floor = 1e-8;

spn_status spn_geometry_workspace_create(spn_context *context, int64_t dimension,
                                         spn_geometry_workspace **out)
{
    spn_status status = SPN_OK;
    spn_geometry_workspace *workspace = NULL;
    int64_t square = 0;
    *out = NULL;
    if (dimension < 1 || !spn_size_multiply(dimension, dimension, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "geometry of a function of %lld variables: there must be at least one, and the "
                 "dense Hessian must fit into memory",
                 (long long)dimension);
    }
    SPN_NEW(context, workspace, 1);
    workspace->dimension = dimension;
    workspace->method = SPN_SPECTRUM_DENSE;
    SPN_TRY(spn_dense_create(context, dimension, &workspace->dense));
    SPN_NEW(context, workspace->own, square);
    SPN_NEW(context, workspace->work, square);
    SPN_NEW(context, workspace->eigenvalues, dimension);
    SPN_NEW(context, workspace->scratch, dimension);
    SPN_NEW(context, workspace->product, dimension);
    SPN_NEW(context, workspace->response, dimension);
    *out = workspace;
done:
    if (status != SPN_OK) {
        spn_geometry_workspace_free(context, workspace);
    }
    return status;
}

spn_status spn_geometry_workspace_choose(spn_context *context, const spn_objective *objective,
                                         const spn_geometry_settings *settings, unsigned wanted,
                                         spn_geometry_workspace **out, spn_forecast *forecast)
{
    spn_status status = SPN_OK;
    spn_forecast own;
    *out = NULL;
    forecast = forecast != NULL ? forecast : &own;
    forecast->method = SPN_SPECTRUM_DENSE;
    if (settings != NULL) {
        SPN_TRY(spn_geometry_forecast(context, objective, settings, wanted, forecast));
    }
    if (forecast->method == SPN_SPECTRUM_DENSE) {
        SPN_TRY(spn_geometry_workspace_create(context, objective->dimension, out));
        goto done;
    }
    SPN_NEW(context, *out, 1);
    (*out)->dimension = objective->dimension;
    (*out)->method = forecast->method;
    (*out)->settings = *settings;
done:
    return status;
}

int64_t spn_geometry_method(const spn_geometry_workspace *workspace)
{
    return workspace->method;
}

void spn_geometry_workspace_free(spn_context *context, spn_geometry_workspace *workspace)
{
    if (workspace == NULL) {
        return;
    }
    spn_dense_free(context, workspace->dense);
    spn_release(context, workspace->own);
    spn_release(context, workspace->work);
    spn_release(context, workspace->eigenvalues);
    spn_release(context, workspace->scratch);
    spn_release(context, workspace->product);
    spn_release(context, workspace->response);
    spn_release(context, workspace);
}

const double *spn_geometry_eigenvalues(const spn_geometry_workspace *workspace)
{
    return workspace->eigenvalues;
}

/* A sum of squares is finite only where all are; where it is not, some may just be large. */
static bool lower_is_finite(int64_t n, const double *h, double below_squared)
{
    bool finite = true;
    for (int64_t j = 0; isfinite(below_squared) && j < n; j++) {
        finite = finite && isfinite(h[j + j * n]);
    }
    if (isfinite(below_squared)) {
        return finite;
    }
    for (int64_t j = 0; finite && j < n; j++) {
        finite = spn_all_finite(n - j, h + j + j * n);
    }
    return finite;
}

static spn_status decompose(spn_context *context, spn_geometry_workspace *workspace, bool vectors)
{
    int64_t n = workspace->dimension;
    memcpy(workspace->work, workspace->hessian, (size_t)(n * n) * sizeof *workspace->work);
    spn_status status =
        spn_eigen(context, workspace->dense, n, workspace->work, vectors, workspace->eigenvalues);
    workspace->has_eigenvalues = status == SPN_OK;
    return status;
}

static spni_mode_sums sum_modes(const spn_geometry_workspace *workspace, double shift,
                                const double *vector)
{
    int64_t n = workspace->dimension;
    double least = workspace->eigenvalues[0] + shift, most = workspace->eigenvalues[n - 1] + shift;
    double zero = SPN_ZERO_EIGENVALUE * fmax(fabs(least), fabs(most));
    spni_mode_sums sums = {0};
    for (int64_t j = 0; j < n; j++) {
        double coefficient = spn_dot(n, workspace->work + j * n, vector);
        double value = workspace->eigenvalues[j] + shift;
        if (fabs(value) <= zero) {
            sums.flat2 += coefficient * coefficient;
            continue;
        }
        double step = coefficient / value;
        sums.energy += coefficient * coefficient / fabs(value);
        sums.form += coefficient * step;
        sums.length2 += step * step;
    }
    return sums;
}

/* L's Hessian inverted by Cholesky on the gradient (into scratch) and on the response vector (into
 * product), a tenth of the price of eigenvectors. *is_solved: it is safely positive definite. */
static spn_status solve_positive(spn_context *context, spn_geometry_workspace *workspace,
                                 const spn_point *point, double shift, const double *response,
                                 bool *is_solved)
{
    spn_status status = SPN_OK;
    int64_t n = workspace->dimension;
    memcpy(workspace->work, workspace->hessian, (size_t)(n * n) * sizeof *workspace->work);
    for (int64_t i = 0; i < n; i++) {
        workspace->work[i + i * n] += shift;
    }
    SPN_TRY(spn_cholesky(context, n, workspace->work, pivot_floor, is_solved));
    if (!*is_solved) {
        goto done;
    }
    memcpy(workspace->scratch, point->gradient, (size_t)n * sizeof *workspace->scratch);
    SPN_TRY(spn_cholesky_solve(context, n, workspace->work, 1, workspace->scratch));
    if (response != NULL) {
        memcpy(workspace->product, response, (size_t)n * sizeof *workspace->product);
        SPN_TRY(spn_cholesky_solve(context, n, workspace->work, 1, workspace->product));
    }
done:
    return status;
}

/* The spectrum, and for the gate eigenvectors where Cholesky does not do. */
static spn_status prepare_gate(spn_context *context, spn_geometry_workspace *workspace,
                               const spn_point *point, double shift, const double *response,
                               bool *is_solved)
{
    spn_status status = SPN_OK;
    int64_t n = workspace->dimension;
    *is_solved = false;
    if (isfinite(shift) && spn_all_finite(n, point->gradient)) {
        SPN_TRY(solve_positive(context, workspace, point, shift, response, is_solved));
    }
    SPN_TRY(decompose(context, workspace, !*is_solved));
    double least = workspace->eigenvalues[0] + shift, most = workspace->eigenvalues[n - 1] + shift;
    if (*is_solved && !(least > SPN_ZERO_EIGENVALUE * most)) {
        *is_solved = false;
        SPN_TRY(decompose(context, workspace, true));
    }
done:
    return status;
}

/* The stationarity gate and, behind it, T10. Needs what prepare_gate() leaves in the workspace. */
static void measure_gate(const spn_geometry_workspace *workspace, const spn_point *point,
                         double shift, const double *response, bool is_solved, spn_geometry *out)
{
    int64_t n = workspace->dimension;
    double most =
        fmax(fabs(workspace->eigenvalues[0] + shift), fabs(workspace->eigenvalues[n - 1] + shift));
    const spni_mode_sums slope = is_solved ? spni_sum_solved(n, point->gradient, workspace->scratch)
                                           : sum_modes(workspace, shift, point->gradient);
    spni_pass_gate(point, most, &slope, out);
    if (!out->stationary || response == NULL) {
        return;
    }
    /* d(theta)/d(parameter) = -H^+ b. */
    spni_mode_sums sums = is_solved ? spni_sum_solved(n, response, workspace->product)
                                    : sum_modes(workspace, shift, response);
    bool has_flat_part = sqrt(sums.flat2) > SPN_STATIONARY_DISTANCE * spn_norm(n, response);
    out->susceptibility = has_flat_part ? none : sums.form;
}

/* Frobenius norms of the two parts of E's Hessian. Objectives without them have neither number. */
static spn_status measure_parts(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *inner, spn_geometry *out)
{
    int64_t n = workspace->dimension;
    spn_status status = spn_point_hessian(context, inner, SPN_PART_GAUSS_NEWTON, workspace->work);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        return SPN_OK;
    }
    if (status != SPN_OK) {
        return status;
    }
    double scale = inner->objective->fisher_scale;
    double model = sqrt(spn_symmetric_frobenius_squared(n, workspace->work));
    out->fisher_trace = scale == 0 ? none : scale * spn_symmetric_trace(n, workspace->work);
    for (int64_t j = 0; j < n; j++) {
        spn_axpy(n - j, -1, workspace->hessian + j + j * n, workspace->work + j + j * n);
    }
    double rest = sqrt(spn_symmetric_frobenius_squared(n, workspace->work));
    out->residual_share = model + rest > 0 ? rest / (model + rest) : none;
    return SPN_OK;
}

static void copy_point_results(const spn_geometry *from, spn_geometry *to)
{
    to->fisher_trace = from->fisher_trace;
    to->residual_share = from->residual_share;
    to->stationary = from->stationary;
    to->newton_decrement = from->newton_decrement;
    to->distance = from->distance;
    to->susceptibility = from->susceptibility;
}

static spn_status measure_surface(spn_context *context, spn_geometry_workspace *workspace,
                                  double shift, const spn_point *point, unsigned wanted,
                                  spn_geometry *out)
{
    spni_surface surface = {.dimension = workspace->dimension,
                            .h = workspace->hessian,
                            .shift = shift,
                            .g = point->gradient,
                            .below_squared = workspace->below_squared,
                            .q = none};
    if (!spn_all_finite(workspace->dimension, point->gradient)) {
        return SPN_OK;
    }
    spni_measure_moments(&surface, workspace->product, out);
    if (workspace->has_eigenvalues) {
        spni_measure_spectrum(&surface, workspace->eigenvalues, out);
    }
    return wanted & SPN_GEOMETRY_PRINCIPAL
               ? spni_measure_principal(context, workspace, &surface, out)
               : SPN_OK;
}

static spn_status check_point(spn_context *context, const spn_geometry_workspace *workspace,
                              const spn_point *point, const spn_point *inner)
{
    const unsigned needed = SPN_WANT_VALUE | SPN_WANT_GRADIENT | SPN_WANT_CURVATURE;
    if (point->dimension != workspace->dimension) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "geometry at a point of %lld parameters: this workspace was made for %lld",
                        (long long)point->dimension, (long long)workspace->dimension);
    }
    if ((point->has & inner->has & needed) != needed) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "geometry needs a point set with SPN_WANT_VALUE, SPN_WANT_GRADIENT and "
                        "SPN_WANT_CURVATURE");
    }
    return SPN_OK;
}

/* A point's Hessian becomes the one at hand. *is_finite: whether anything follows from it. */
static spn_status take_hessian(spn_context *context, spn_geometry_workspace *workspace,
                               const spn_point *point, bool *is_finite)
{
    spn_status status = SPN_OK;
    workspace->has_eigenvalues = false;
    SPN_TRY(spni_point_hessian_view(context, point, SPN_PART_FULL, workspace->own,
                                    &workspace->hessian));
    workspace->below_squared = spni_below_squared(workspace->dimension, workspace->hessian);
    *is_finite =
        lower_is_finite(workspace->dimension, workspace->hessian, workspace->below_squared);
done:
    return status;
}

/* The spectrum of the Hessian at hand and, where wanted, the gate of L, whose Hessian is that plus shift I. */
static spn_status judge(spn_context *context, spn_geometry_workspace *workspace,
                        const spn_point *point, double shift, unsigned wanted,
                        spn_geometry *of_loss)
{
    spn_status status = SPN_OK;
    if (wanted & SPN_GEOMETRY_STATIONARY) {
        const double *response = spni_response_of(point, workspace->response);
        bool is_solved = false;
        SPN_TRY(prepare_gate(context, workspace, point, shift, response, &is_solved));
        if (spn_all_finite(workspace->dimension, point->gradient)) {
            measure_gate(workspace, point, shift, response, is_solved, of_loss);
        }
    } else if (wanted & SPN_GEOMETRY_SPECTRUM) {
        SPN_TRY(decompose(context, workspace, false));
    }
done:
    return status;
}

/* L whose Hessian is not E's moved. */
static spn_status measure_apart(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *point, unsigned wanted, spn_geometry *of_loss)
{
    spn_status status = SPN_OK;
    bool is_finite = false;
    SPN_TRY(take_hessian(context, workspace, point, &is_finite));
    if (is_finite) {
        SPN_TRY(judge(context, workspace, point, 0, wanted, of_loss));
        SPN_TRY(measure_surface(context, workspace, 0, point, wanted, of_loss));
    }
done:
    return status;
}

static spn_status measure_by_dense(spn_context *context, spn_geometry_workspace *workspace,
                                   const spn_point *point, unsigned wanted, spni_surfaces *out)
{
    spn_status status = SPN_OK;
    const spn_point *inner = spn_point_error(point);
    bool is_finite = false;
    double shift = 0;
    bool is_shifted = spn_objective_shifts(point->objective, point->parameter, &shift);
    out->loss.stationary = wanted & SPN_GEOMETRY_STATIONARY ? 0 : out->loss.stationary;
    if (!is_shifted && (out->wants_loss || wanted & SPN_GEOMETRY_STATIONARY)) {
        SPN_TRY(measure_apart(context, workspace, point, wanted, &out->loss));
    }
    SPN_TRY(take_hessian(context, workspace, inner, &is_finite));
    if (is_finite && is_shifted) {
        SPN_TRY(judge(context, workspace, point, shift, wanted, &out->loss));
    } else if (is_finite && wanted & (SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY)) {
        SPN_TRY(decompose(context, workspace, false));
    }
    if (is_finite && (wanted & SPN_GEOMETRY_FISHER)) {
        SPN_TRY(measure_parts(context, workspace, inner, &out->loss));
    }
    if (is_finite && out->wants_error) {
        SPN_TRY(measure_surface(context, workspace, 0, inner, wanted, &out->error));
    }
    if (is_finite && is_shifted && out->wants_loss) {
        SPN_TRY(measure_surface(context, workspace, shift, point, wanted, &out->loss));
    }
done:
    return status;
}

spn_status spn_geometry_measure(spn_context *context, spn_geometry_workspace *workspace,
                                const spn_point *point, unsigned wanted, spn_geometry *error,
                                spn_geometry *loss)
{
    spn_status status = SPN_OK;
    const spn_point *inner = spn_point_error(point);
    const bool is_dense = workspace->method == SPN_SPECTRUM_DENSE;
    SPN_TRY(check_point(context, workspace, point, inner));
    spni_surfaces both = {.error = spni_start_record(SPN_SURFACE_ERROR, point, inner),
                          .loss = spni_start_record(SPN_SURFACE_LOSS, point, point),
                          .wants_error = error != NULL,
                          .wants_loss = loss != NULL};
    both.error.method = both.loss.method = workspace->method;
    SPN_TRY(is_dense ? measure_by_dense(context, workspace, point, wanted, &both)
                     : spni_measure_by_products(context, &workspace->settings, workspace->method,
                                                point, wanted, &both));
    copy_point_results(&both.loss, &both.error);
    if (error != NULL) {
        *error = both.error;
    }
    if (loss != NULL) {
        *loss = both.loss;
    }
done:
    return status;
}

spn_status spn_geometry_from_derivatives(spn_context *context, spn_geometry_workspace *workspace,
                                         double value, const double *g, const double *h,
                                         spn_geometry *out)
{
    spn_status status = SPN_OK;
    int64_t n = workspace->dimension;
    spn_geometry record = spni_geometry_blank(SPN_SURFACE_ERROR, n);
    spni_surface surface = {
        .dimension = n, .h = h, .g = g, .below_squared = spni_below_squared(n, h), .q = none};
    workspace->has_eigenvalues = false;
    record.value = value;
    if (spn_all_finite(n, g) && lower_is_finite(n, h, surface.below_squared)) {
        workspace->hessian = h;
        spni_measure_moments(&surface, workspace->product, &record);
        SPN_TRY(decompose(context, workspace, false));
        spni_measure_spectrum(&surface, workspace->eigenvalues, &record);
        SPN_TRY(spni_measure_principal(context, workspace, &surface, &record));
    }
    *out = record;
done:
    return status;
}
