/* SPDX-License-Identifier: MIT */
/* Linearisations of grad L = 0 in theta and beta, and Newton's method on it with one more condition. */
#include "continuation/continuation.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Newton's steps: below this share of the frame's length the square of what is left is rounding. */
static const double STEP_SMALL = 1e-9;
static const double STEP_ROUNDING = 1e-6;
enum { NEWTON_MOST = 12 };
/* A step this much longer than the one before: it does not converge. */
static const double STEP_GROWTH = 2;
/* Longest step of the minimiser, in natural scales of theta: barriers are not hopped over. */
static const double MINIMISER_RADIUS = 0.1;
static const double NEVER = (double)INFINITY;

static spn_status create_workspaces(spni_frame *frame)
{
    spn_status status = SPN_OK;
    spn_context *context = frame->context;
    int64_t n = frame->n, square = 0, bordered = 0;
    if (!spn_size_multiply(n, n, &square) || !spn_size_multiply(n + 1, n + 1, &bordered)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters: the Hessian is too large",
                 (long long)n);
    }
    SPN_TRY(spn_point_create(context, frame->objective, &frame->point));
    SPN_TRY(spn_dense_create(context, n, &frame->dense));
    SPN_TRY(spn_geometry_workspace_create(context, n, &frame->geometry));
    frame->orbit_capacity = spn_objective_orbit_capacity(frame->objective);
    SPN_NEW(context, frame->orbit, frame->orbit_capacity * n);
    SPN_NEW(context, frame->matrix, square);
    SPN_NEW(context, frame->bordered, bordered);
    SPN_NEW(context, frame->pivots, n + 1);
    SPN_NEW(context, frame->right, n + 1);
    SPN_NEW(context, frame->row, n + 1);
    SPN_NEW(context, frame->scratch, n);
    SPN_NEW(context, frame->probe, n);
    SPN_NEW(context, frame->product, n);
done:
    return status;
}

spn_status spni_frame_prepare(spn_context *context, const spn_objective *objective,
                              const spn_branches_settings *settings, spni_frame *frame)
{
    spn_status status = SPN_OK;
    *frame = (spni_frame){.context = context,
                          .objective = objective,
                          .settings = settings,
                          .beta_from = settings->beta_from,
                          .beta_to = settings->beta_to,
                          .n = objective->dimension,
                          .scales = spn_objective_scales(objective)};
    frame->length = frame->scales.weight;
    if (!(settings->beta_from < settings->beta_to) || !isfinite(settings->beta_from) ||
        !isfinite(settings->beta_to)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "branches: beta.from (%g) must be below beta.to (%g), and both finite",
                 settings->beta_from, settings->beta_to);
    }
    frame->metric = frame->length / (frame->beta_to - frame->beta_from);
    SPN_TRY(create_workspaces(frame));
done:
    return status;
}

spn_status spni_frame_create(spn_context *context, const spn_branches_problem *problem,
                             spni_frame *frame)
{
    spn_status status = SPN_OK;
    spn_solver_settings solver = *problem->solver;
    SPN_TRY(spni_frame_prepare(context, problem->objective, problem->settings, frame));
    solver.method = SPN_METHOD_NEWTON;
    solver.trust_radius_max = fmin(solver.trust_radius_max, MINIMISER_RADIUS);
    solver.trust_radius = fmin(solver.trust_radius, solver.trust_radius_max);
    SPN_TRY(spn_solver_create(context, &solver, frame->objective, &frame->solver));
done:
    return status;
}

void spni_frame_free(spni_frame *frame)
{
    spn_context *context = frame->context;
    if (context == NULL) {
        return;
    }
    spn_solver_free(context, frame->solver);
    spn_point_free(context, frame->point);
    spn_dense_free(context, frame->dense);
    spn_geometry_workspace_free(context, frame->geometry);
    spn_release(context, frame->orbit);
    spn_release(context, frame->matrix);
    spn_release(context, frame->bordered);
    spn_release(context, frame->pivots);
    spn_release(context, frame->right);
    spn_release(context, frame->row);
    spn_release(context, frame->scratch);
    spn_release(context, frame->probe);
    spn_release(context, frame->product);
}

spn_status spni_place_create(spn_context *context, int64_t n, spni_place *place)
{
    spn_status status = SPN_OK;
    *place = (spni_place){.beta = 0};
    SPN_NEW(context, place->theta, n);
    SPN_NEW(context, place->tangent, n);
    SPN_NEW(context, place->values, n);
    SPN_NEW(context, place->drive, n);
    SPN_NEW(context, place->vectors, n * n);
done:
    return status;
}

void spni_place_free(spn_context *context, spni_place *place)
{
    spn_release(context, place->theta);
    spn_release(context, place->tangent);
    spn_release(context, place->values);
    spn_release(context, place->drive);
    spn_release(context, place->vectors);
}

void spni_place_swap(spni_place *a, spni_place *b)
{
    spni_place other = *a;
    *a = *b;
    *b = other;
}

void spni_place_copy(int64_t n, const spni_place *from, spni_place *to)
{
    spni_place kept = *to;
    *to = *from;
    to->theta = kept.theta;
    to->tangent = kept.tangent;
    to->values = kept.values;
    to->vectors = kept.vectors;
    to->drive = kept.drive;
    memcpy(to->theta, from->theta, (size_t)n * sizeof(double));
    memcpy(to->tangent, from->tangent, (size_t)n * sizeof(double));
    memcpy(to->values, from->values, (size_t)n * sizeof(double));
    memcpy(to->drive, from->drive, (size_t)n * sizeof(double));
    memcpy(to->vectors, from->vectors, (size_t)(n * n) * sizeof(double));
}

double spni_inner(const spni_frame *frame, const double *theta_a, double beta_a,
                  const double *theta_b, double beta_b)
{
    return spn_dot(frame->n, theta_a, theta_b) + frame->metric * frame->metric * beta_a * beta_b;
}

double spni_length(const spni_frame *frame, const double *theta, double beta)
{
    return sqrt(spni_inner(frame, theta, beta, theta, beta));
}

double spni_distance(const spni_frame *frame, const spni_place *a, const spni_place *b)
{
    double sum = 0;
    for (int64_t i = 0; i < frame->n; i++) {
        sum += (a->theta[i] - b->theta[i]) * (a->theta[i] - b->theta[i]);
    }
    double beta = frame->metric * (a->beta - b->beta);
    return sqrt(sum + beta * beta);
}

bool spni_is_inside(const spni_frame *frame, double beta)
{
    return beta >= frame->beta_from && beta <= frame->beta_to;
}

void spni_lift(int64_t n, double *matrix, double shift, const double *rows, int64_t count)
{
    for (int64_t k = 0; k < count; k++) {
        const double *u = rows + k * n;
        for (int64_t j = 0; j < n; j++) {
            spn_axpy(n, shift * u[j], u, matrix + j * n);
        }
    }
}

/* M = H + shift sum z z^T, both triangles. The shift is the root mean square of the eigenvalues, which rotations
 * leave alone: copies of a solution have one spectrum. */
spn_status spni_shifted_hessian(spni_frame *frame, int64_t *zero_modes, double *shift)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, rank = 0;
    double *m = frame->matrix;
    SPN_TRY(spn_point_hessian(frame->context, frame->point, SPN_PART_FULL, m));
    *shift = sqrt(spn_symmetric_frobenius_squared(n, m) / (double)n);
    if (frame->orbit_capacity > 0) {
        SPN_TRY(spn_objective_orbit(frame->context, frame->objective, frame->point->theta,
                                    frame->orbit, &rank));
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j + 1; i < n; i++) {
            m[j + i * n] = m[i + j * n];
        }
    }
    spni_lift(n, m, *shift, frame->orbit, rank);
    *zero_modes = rank;
done:
    return status;
}

/* The null vector of [M, b]: in the eigenbasis of M its components are -b_i / lambda_i and 1 for beta; scaled by
 * the smallest lambda it stays finite through a fold. */
static void compute_tangent(const spni_frame *frame, const spni_place *along, spni_place *place)
{
    int64_t n = frame->n, critical = 0;
    for (int64_t i = 1; i < n; i++) {
        critical = fabs(place->values[i]) < fabs(place->values[critical]) ? i : critical;
    }
    double least = place->values[critical];
    memset(place->tangent, 0, (size_t)n * sizeof *place->tangent);
    for (int64_t i = 0; i < n; i++) {
        const double *vector = place->vectors + i * n;
        double share =
            i == critical || least == 0 ? (i == critical ? 1 : 0) : least / place->values[i];
        spn_axpy(n, -share * spn_dot(n, vector, place->drive), vector, place->tangent);
    }
    place->beta_slope = least;
    double length = spni_length(frame, place->tangent, place->beta_slope);
    if (length == 0) {
        /* A branch point met exactly: beta alone moves. */
        place->beta_slope = 1;
        length = frame->metric;
    }
    bool is_turned = along == NULL ? place->beta_slope < 0
                                   : spni_inner(frame, place->tangent, place->beta_slope,
                                                along->tangent, along->beta_slope) < 0;
    double scale = (is_turned ? -1 : 1) / length;
    place->beta_slope *= scale;
    for (int64_t i = 0; i < n; i++) {
        place->tangent[i] *= scale;
    }
}

static spn_status measure_labels(const spni_frame *frame, spni_place *place)
{
    spn_status status = spn_point_labels(frame->context, frame->point, &place->labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(frame->context);
        status = SPN_OK;
    }
    spn_labels_settle(&place->labels, -1, SPN_DIRECTION_SHARE);
    return status;
}

static void count_index(int64_t n, spni_place *place)
{
    place->index = 0;
    while (place->index < n &&
           place->values[place->index] < -SPN_ZERO_EIGENVALUE * place->largest) {
        place->index++;
    }
}

spn_status spni_linearise(spni_frame *frame, const double *theta, double beta,
                          const spni_place *along, spni_place *place)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    spn_geometry error, loss;
    double shift = 0;
    SPN_TRY(spn_point_set(frame->context, frame->point, theta, beta, NULL, SPN_WANT_ALL));
    const spn_point *point = frame->point;
    if (!isfinite(point->value) || !spn_all_finite(n, point->gradient)) {
        SPN_FAIL(frame->context, SPN_ERROR_NUMERIC, "the loss is not finite at beta = %.17g", beta);
    }
    place->beta = beta;
    memcpy(place->theta, point->theta, (size_t)n * sizeof *place->theta);
    memcpy(place->drive, point->parameter_gradient, (size_t)n * sizeof *place->drive);
    SPN_TRY(spni_shifted_hessian(frame, &place->zero_modes, &shift));
    memcpy(place->vectors, frame->matrix, (size_t)(n * n) * sizeof *place->vectors);
    SPN_TRY(spn_eigen(frame->context, frame->dense, n, place->vectors, true, place->values));
    place->largest = fmax(fabs(place->values[0]), fabs(place->values[n - 1]));
    count_index(n, place);
    compute_tangent(frame, along, place);
    SPN_TRY(spn_geometry_measure(frame->context, frame->geometry, point, 0, &error, &loss));
    place->loss = point->value;
    place->loss_slope = point->parameter_value;
    place->error = spn_point_error(point)->value;
    place->order = spn_objective_order(frame->objective, place->theta);
    place->gradient_norm = spn_norm(n, point->gradient);
    place->curvature_error = error.scalar_curvature;
    place->curvature_loss = loss.scalar_curvature;
    SPN_TRY(measure_labels(frame, place));
done:
    return status;
}

/* Value of a condition and its gradient into frame->row (theta, then beta). */
static double evaluate_condition(spni_frame *frame, const spni_condition *condition,
                                 const double *theta, double beta)
{
    int64_t n = frame->n;
    double *row = frame->row, value = -condition->target;
    memset(row, 0, (size_t)(n + 1) * sizeof *row);
    switch (condition->kind) {
    case SPNI_PLANE: {
        double weight = frame->metric * frame->metric * condition->row_beta;
        memcpy(row, condition->row, (size_t)n * sizeof *row);
        row[n] = weight;
        for (int64_t i = 0; i < n; i++) {
            value += condition->row[i] * (theta[i] - condition->origin[i]);
        }
        value += weight * (beta - condition->origin_beta);
        break;
    }
    case SPNI_LEVEL:
        row[n] = 1;
        value += beta;
        break;
    case SPNI_SPHERE:
        for (int64_t j = 0; j < condition->k; j++) {
            const double *b = condition->basis + j * n;
            double part = 0;
            for (int64_t i = 0; i < n; i++) {
                part += b[i] * (theta[i] - condition->origin[i]);
            }
            value += part * part;
            spn_axpy(n, 2 * part, b, row);
        }
        break;
    case SPNI_NORM:
        value += spn_objective_order(frame->objective, theta);
        spn_objective_order_gradient(frame->objective, theta, row);
        break;
    }
    return value;
}

/* One Newton step into frame->right (theta, then beta). */
static spn_status newton_step(spni_frame *frame, const spni_condition *condition, double beta,
                              bool *is_singular)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, size = n + 1, zero_modes = 0;
    double shift = 0, *a = frame->bordered;
    const spn_point *point = frame->point;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    spni_lift(n, frame->matrix, shift, condition->stiff, condition->stiff_count);
    double rest = evaluate_condition(frame, condition, point->theta, beta);
    for (int64_t j = 0; j < n; j++) {
        memcpy(a + j * size, frame->matrix + j * n, (size_t)n * sizeof *a);
        a[n + j * size] = frame->row[j];
        frame->right[j] = -point->gradient[j];
    }
    memcpy(a + n * size, point->parameter_gradient, (size_t)n * sizeof *a);
    a[n + n * size] = frame->row[n];
    frame->right[n] = -rest;
    SPN_TRY(spn_lu(frame->context, size, a, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, size, a, frame->pivots, 1, frame->right));
    }
done:
    return status;
}

spn_status spni_newton_solve(spni_frame *frame, const spni_condition *condition, double reach,
                             double *theta, double *beta, spni_newton_info *info)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    double before = NEVER, way = 0;
    *info = (spni_newton_info){.is_converged = false};
    while (info->steps < NEWTON_MOST) {
        bool is_singular = false;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, *beta, NULL, SPN_WANT_ALL));
        if (!isfinite(frame->point->value) || !spn_all_finite(n, frame->point->gradient)) {
            goto done;
        }
        SPN_TRY(newton_step(frame, condition, *beta, &is_singular));
        double step = spni_length(frame, frame->right, frame->right[n]);
        way += step;
        if (is_singular || !isfinite(step) || step > STEP_GROWTH * before || way > reach) {
            goto done;
        }
        spn_axpy(n, 1, frame->right, theta);
        *beta += frame->right[n];
        info->steps++;
        info->last_step = step;
        info->last_beta = fabs(frame->right[n]);
        /* Close to a branch point rounding is magnified: steps that no longer shrink are as good as it gets. */
        bool is_rounding = step <= STEP_ROUNDING * frame->length && step > before / 4;
        if (step <= STEP_SMALL * frame->length || is_rounding) {
            info->is_converged = true;
            goto done;
        }
        before = step;
    }
done:
    return status;
}

spn_status spni_third_derivative(spni_frame *frame, const double *theta, double beta,
                                 const double *w, double *out)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    /* Balances the rounding of products, eps / h, with the error of the difference, h^2. */
    double h = cbrt(DBL_EPSILON) * fmax(spn_norm(n, theta), frame->length) / spn_norm(n, w);
    for (int side = 0; side < 2; side++) {
        double *target = side == 0 ? out : frame->product;
        memcpy(frame->probe, theta, (size_t)n * sizeof *theta);
        spn_axpy(n, side == 0 ? h : -h, w, frame->probe);
        SPN_TRY(spn_point_set(frame->context, frame->point, frame->probe, beta, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
        SPN_TRY(spn_point_hvp(frame->context, frame->point, SPN_PART_FULL, 1, w, target));
    }
    for (int64_t i = 0; i < n; i++) {
        out[i] = (out[i] - frame->product[i]) / (2 * h);
    }
done:
    return status;
}

spn_status spni_minimise(spni_frame *frame, double beta, double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    SPN_TRY(spn_solver_run(frame->context, frame->solver, beta, theta, &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(frame->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    *is_converged = info.stop == SPN_STOP_CONVERGED && info.negative_eigenvalues == 0;
done:
    return status;
}
