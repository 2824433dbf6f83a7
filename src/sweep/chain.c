/* SPDX-License-Identifier: MIT */
/* One chain: from point to point with the tangent dtheta/dbeta = -H^+ d(grad L)/dbeta (T10) as predictor
 * and the solver as corrector.
 *
 *     for each beta of the chain:
 *         theta <- solve(theta_before + capped tangent step)
 *         if theta moved further than the tangent explains:
 *             repeat from theta_before in SUBSTEPS small steps of beta, so that a branch is followed as
 *             far as it goes and what lies behind its end is reached from there
 *         measure, send
 *
 * Everything a step uses is a function of the last point's theta and beta alone: that is what makes a
 * resumed chain have the same bits. */
#include "sweep/chain.h"

#include <float.h>
#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

enum { SUBSTEPS = 8 };
/* A predictor step is at most this share of |theta|: near a fold the tangent is no longer a forecast. */
static const double PREDICTOR_SHARE = 0.1;
/* Regularises the tangent where the Hessian has exact zero modes (theta is orthogonal to them). */
static const double TANGENT_SHIFT = 1e-8;

typedef struct follower {
    spn_context *context;
    const spn_sweep_problem *problem;
    const double *grid;
    const spni_chain *chain;
    int64_t parameters;
    spn_solver *solver;
    spn_geometry_workspace *geometry;
    double *initial; /* initial weights */
    double *theta;   /* of the point in work */
    double *before;  /* of the point before */
    double *anchor;  /* start of the substeps */
    double *tangent; /* dtheta/dbeta at `before` */
    double *anchor_tangent;
    double *trivial;
    double *factor; /* P x P */
    bool has_trivial;
    bool has_before;
    double beta_before;
    spn_sweep_record last;
    spni_message *message;
} follower;

int64_t spni_message_size(int64_t parameters)
{
    int64_t bytes = 0;
    if (!spn_size_multiply(parameters, (int64_t)sizeof(double), &bytes) ||
        !spn_size_add(bytes, (int64_t)sizeof(spni_message), &bytes)) {
        return 0;
    }
    return bytes;
}

/* Did theta move further than the tangent explains? */
static bool is_jump_of(double moved, double predicted, double weight_norm)
{
    /* Along x = sqrt(d) the step from d to 0 is twice what the tangent at d says; 4 leaves room. */
    return moved > 4 * predicted + 0.05 * weight_norm;
}

static void follower_free(follower *f)
{
    spn_context *context = f->context;
    spn_solver_free(context, f->solver);
    spn_geometry_workspace_free(context, f->geometry);
    spn_release(context, f->initial);
    spn_release(context, f->theta);
    spn_release(context, f->before);
    spn_release(context, f->anchor);
    spn_release(context, f->tangent);
    spn_release(context, f->anchor_tangent);
    spn_release(context, f->trivial);
    spn_release(context, f->factor);
    spn_release(context, f->message);
}

static spn_status follower_create(follower *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    int64_t parameters = f->parameters, square = 0;
    if (!spn_size_multiply(parameters, parameters, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters: the Hessian is too large",
                 (long long)parameters);
    }
    SPN_TRY(spn_solver_create(context, f->problem->solver, f->problem->objective, &f->solver));
    SPN_TRY(spn_geometry_workspace_create(context, parameters, &f->geometry));
    SPN_NEW(context, f->initial, parameters);
    SPN_NEW(context, f->theta, parameters);
    SPN_NEW(context, f->before, parameters);
    SPN_NEW(context, f->anchor, parameters);
    SPN_NEW(context, f->tangent, parameters);
    SPN_NEW(context, f->anchor_tangent, parameters);
    SPN_NEW(context, f->trivial, parameters);
    SPN_NEW(context, f->factor, square);
    f->message = spn_allocate(context, spni_message_size(parameters), 1);
    if (f->message == NULL) {
        status = spn_error_status(context);
    }
done:
    return status;
}

/* dtheta/dbeta at a linearised point; zero where the Hessian is not positive semidefinite. */
static spn_status compute_tangent(follower *f, const spn_point *point)
{
    spn_status status = SPN_OK;
    int64_t n = f->parameters;
    bool is_positive = false;
    SPN_TRY(spn_point_hessian(f->context, point, SPN_PART_FULL, f->factor));
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(f->factor[i + i * n]));
    }
    for (int64_t i = 0; i < n; i++) {
        f->factor[i + i * n] += TANGENT_SHIFT * largest;
        f->tangent[i] = -point->parameter_gradient[i];
    }
    SPN_TRY(spn_cholesky(f->context, n, f->factor, TANGENT_SHIFT / 10, &is_positive));
    if (is_positive) {
        SPN_TRY(spn_cholesky_solve(f->context, n, f->factor, 1, f->tangent));
    } else {
        memset(f->tangent, 0, (size_t)n * sizeof *f->tangent);
    }
done:
    return status;
}

/* Move theta from `before` by the tangent over `step`, at most PREDICTOR_SHARE |before|. */
static void predict(follower *f, double step)
{
    double length = fabs(step) * spn_norm(f->parameters, f->tangent);
    double allowed = PREDICTOR_SHARE * spn_norm(f->parameters, f->before);
    double scale = length > allowed ? step * (allowed / length) : step;
    memcpy(f->theta, f->before, (size_t)f->parameters * sizeof *f->theta);
    spn_axpy(f->parameters, scale, f->tangent, f->theta);
}

static spn_status solve(follower *f, double beta, spn_solver_info *info)
{
    spn_status status = spn_solver_run(f->context, f->solver, beta, f->theta, info);
    if (status == SPN_OK && info->stop == SPN_STOP_INTERRUPTED) {
        status = spn_fail(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    return status;
}

static bool has_jumped(const follower *f, double step)
{
    double moved = 0, predicted = fabs(step) * spn_norm(f->parameters, f->tangent);
    for (int64_t i = 0; i < f->parameters; i++) {
        double difference = f->theta[i] - f->before[i];
        moved += difference * difference;
    }
    return is_jump_of(sqrt(moved), predicted, spn_norm(f->parameters, f->before));
}

/* From `before` to beta in SUBSTEPS steps; leaves `before` and its tangent as they were. */
static spn_status creep(follower *f, double beta, spn_solver_info *info, bool *is_jump)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    memcpy(f->anchor, f->before, bytes);
    memcpy(f->anchor_tangent, f->tangent, bytes);
    double step = (beta - f->beta_before) / SUBSTEPS;
    *is_jump = false;
    for (int k = 1; k <= SUBSTEPS; k++) {
        double here = k == SUBSTEPS ? beta : f->beta_before + k * step;
        predict(f, step);
        SPN_TRY(solve(f, here, info));
        *is_jump = *is_jump || has_jumped(f, step);
        if (k < SUBSTEPS) {
            memcpy(f->before, f->theta, bytes);
            SPN_TRY(compute_tangent(f, spn_solver_point(f->solver)));
        }
    }
done:
    memcpy(f->before, f->anchor, bytes);
    memcpy(f->tangent, f->anchor_tangent, bytes);
    return status;
}

static spn_status find_point(follower *f, double beta, spn_solver_info *info, bool *is_jump)
{
    spn_status status = SPN_OK;
    *is_jump = false;
    if (!f->has_before) {
        return solve(f, beta, info);
    }
    double step = beta - f->beta_before;
    predict(f, step);
    SPN_TRY(solve(f, beta, info));
    if (has_jumped(f, step)) {
        SPN_TRY(creep(f, beta, info, is_jump));
    }
done:
    return status;
}

/* T9: L(b) - L(a) = integral of |theta|^2, by Hermite's rule with d|theta|^2/dbeta = -chi:
 * h (n_a + n_b) / 2 + h^2 (chi_b - chi_a) / 12, error O(h^5). Relative to the integral, or to the rounding
 * of L where that is larger (in the trivial phase the integral is 0). */
static double free_energy_mismatch(const spn_sweep_record *a, const spn_sweep_record *b)
{
    double h = b->beta - a->beta;
    double na = a->weight_norm * a->weight_norm, nb = b->weight_norm * b->weight_norm;
    double integral = h * (na + nb) / 2 + h * h * (b->susceptibility - a->susceptibility) / 12;
    double rounding = 4 * DBL_EPSILON * fmax(fabs(a->loss), fabs(b->loss));
    return (b->loss - a->loss - integral) / fmax(fabs(integral), rounding);
}

static spn_status measure_trivial_distance(follower *f, double beta, spn_sweep_record *record)
{
    record->trivial_distance = (double)NAN;
    spn_status status = spn_objective_trivial(f->context, f->problem->objective, beta, f->trivial);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(f->context);
        return SPN_OK;
    }
    if (status == SPN_OK) {
        spn_axpy(f->parameters, -1, f->theta, f->trivial);
        record->trivial_distance = spn_norm(f->parameters, f->trivial);
    }
    return status;
}

static spn_status measure_labels(follower *f, const spn_point *point, spni_message *message)
{
    spn_labels labels = {0};
    spn_status status = spn_point_labels(f->context, point, &labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(f->context);
        labels = (spn_labels){.active_modes = -1, .dead_units = -1, .merged_units = -1};
        status = SPN_OK;
    }
    message->record.active_modes = labels.active_modes;
    message->record.dead_units = labels.dead_units;
    message->record.merged_units = labels.merged_units;
    message->mode_count = labels.mode_count;
    memcpy(message->modes, labels.strengths, sizeof message->modes);
    return status;
}

static void copy_geometry(const spn_geometry *error, const spn_geometry *loss,
                          spn_sweep_record *record)
{
    record->error = error->value;
    record->loss = loss->value;
    record->weight_norm = loss->weight_norm;
    record->scalar_curvature_error = error->scalar_curvature;
    record->scalar_curvature_loss = loss->scalar_curvature;
    record->scalar_curvature_rounding = error->scalar_curvature_rounding;
    record->mean_curvature_error = error->mean_curvature;
    record->mean_curvature_loss = loss->mean_curvature;
    record->gauss_kronecker_sign_error = error->gauss_kronecker_sign;
    record->gauss_kronecker_log_error = error->gauss_kronecker_log;
    record->gauss_kronecker_sign_loss = loss->gauss_kronecker_sign;
    record->gauss_kronecker_log_loss = loss->gauss_kronecker_log;
    record->eigenvalue_min_error = error->eigenvalue_min;
    record->eigenvalue_max_error = error->eigenvalue_max;
    record->eigenvalue_min_loss = loss->eigenvalue_min;
    record->eigenvalue_max_loss = loss->eigenvalue_max;
    record->negative_eigenvalues_error = error->negative_eigenvalues;
    record->negative_eigenvalues_loss = loss->negative_eigenvalues;
    record->fisher_trace = error->fisher_trace;
    record->residual_share = error->residual_share;
    record->susceptibility = loss->susceptibility;
    record->gradient_norm = loss->gradient_norm;
    record->newton_decrement = loss->newton_decrement;
    record->distance = loss->distance;
    record->stationary = loss->stationary;
}

static spn_status measure(follower *f, double beta, int64_t number, const spn_solver_info *info,
                          bool is_jump)
{
    spn_status status = SPN_OK;
    spni_message *message = f->message;
    const spn_point *point = spn_solver_point(f->solver);
    spn_geometry error, loss;
    SPN_TRY(
        spn_geometry_measure(f->context, f->geometry, point, SPN_GEOMETRY_SWEEP, &error, &loss));
    spn_sweep_record *record = &message->record;
    *record = (spn_sweep_record){.seed = f->chain->seed,
                                 .direction = f->chain->direction,
                                 .phase = f->chain->phase,
                                 .point = number,
                                 .beta = beta,
                                 .stop = info->stop,
                                 .iterations = info->iterations,
                                 .escapes = info->escapes};
    copy_geometry(&error, &loss, record);
    SPN_TRY(measure_labels(f, point, message));
    SPN_TRY(measure_trivial_distance(f, beta, record));
    bool is_comparable = f->has_before && !is_jump && spn_point_error(point) != point;
    record->free_energy_mismatch =
        is_comparable ? free_energy_mismatch(&f->last, record) : (double)NAN;
    memcpy(message->theta, f->theta, (size_t)f->parameters * sizeof *f->theta);
done:
    return status;
}

/* The point just measured becomes the one before. */
static spn_status advance(follower *f, const spn_point *point, const spn_sweep_record *record)
{
    if (f->chain->direction == SPN_DIRECTION_QUENCH) {
        return SPN_OK;
    }
    memcpy(f->before, point->theta, (size_t)f->parameters * sizeof *f->before);
    f->last = *record;
    f->beta_before = record->beta;
    f->has_before = true;
    return compute_tangent(f, point);
}

/* Stand where an earlier run stopped: the same linearisation gives the same tangent. */
static spn_status restore(follower *f)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    SPN_TRY(spn_point_create(f->context, f->problem->objective, &point));
    SPN_TRY(spn_point_set(f->context, point, f->chain->last_theta, f->chain->last.beta, NULL,
                          SPN_WANT_ALL));
    SPN_TRY(advance(f, point, &f->chain->last));
done:
    spn_point_free(f->context, point);
    return status;
}

static spn_status follow_point(follower *f, int64_t number, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    bool is_jump = false;
    double beta = f->grid[spni_chain_index(f->chain, number)];
    if (!f->has_before) {
        memcpy(f->theta, f->initial, (size_t)f->parameters * sizeof *f->theta);
    }
    SPN_TRY(find_point(f, beta, &info, &is_jump));
    SPN_TRY(measure(f, beta, number, &info, is_jump));
    SPN_TRY(advance(f, spn_solver_point(f->solver), &f->message->record));
    SPN_TRY(spn_pool_send(f->context, channel, f->message));
done:
    return status;
}

spn_status spni_chain_follow(spn_context *context, const spn_sweep_problem *problem,
                             const double *grid, const spni_chain *chain, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    follower f = {.context = context,
                  .problem = problem,
                  .grid = grid,
                  .chain = chain,
                  .parameters = problem->objective->dimension};
    SPN_TRY(follower_create(&f));
    if (chain->start != NULL) {
        memcpy(f.initial, chain->start, (size_t)f.parameters * sizeof *f.initial);
    } else {
        SPN_TRY(problem->initial(context, problem->initial_state, chain->seed, f.initial));
    }
    if (chain->done > 0 && chain->done < chain->count) {
        SPN_TRY(restore(&f));
    }
    for (int64_t number = chain->done; number < chain->count; number++) {
        SPN_TRY(follow_point(&f, number, channel));
    }
done:
    follower_free(&f);
    return status;
}
