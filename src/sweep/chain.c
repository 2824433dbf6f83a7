/* SPDX-License-Identifier: MIT */
/* One chain: from point to point with the tangent t = dtheta/dbeta = -H^+ d(grad L)/dbeta (T10) as
 * predictor and the solver as corrector.
 *
 *     for each beta of the chain:
 *         theta <- solve(theta_before + capped tangent step)
 *         if the tangents at both ends do not explain the way that theta went:
 *             repeat from theta_before in SUBSTEPS small steps of beta, so that a branch is followed as
 *             far as it goes and what lies behind its end is reached from there
 *         measure, send
 *
 * Along a smooth branch theta_1 - theta_0 = h (t_0 + t_1) / 2 + O(h^3). A step whose remainder is more than
 * half of the way itself is no piece of a smooth branch: a jump or a bifurcation lies in it, or the step is
 * too coarse, which the substeps tell apart.
 *
 * Everything a step uses follows from the last point's theta and beta: that is what makes a resumed chain
 * have the same bits. */
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

/* What a linearised point contributes to the check of T9. */
typedef struct place {
    double beta, loss;
    double squared_norm; /* dF/dbeta (T9) */
    double slope;        /* d squared_norm / dbeta = 2 theta . t */
} place;

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
    double *ahead;   /* dtheta/dbeta at the point in work */
    double *anchor_tangent;
    double *trivial;
    double *factor; /* P x P */
    bool has_before;
    place at_before, at_anchor;
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
    spn_release(context, f->ahead);
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
    SPN_NEW(context, f->ahead, parameters);
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

/* dtheta/dbeta at a linearised point into `ahead`; zero where the Hessian is not positive semidefinite. */
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
        f->ahead[i] = -point->parameter_gradient[i];
    }
    SPN_TRY(spn_cholesky(f->context, n, f->factor, TANGENT_SHIFT / 10, &is_positive));
    if (is_positive) {
        SPN_TRY(spn_cholesky_solve(f->context, n, f->factor, 1, f->ahead));
    } else {
        memset(f->ahead, 0, (size_t)n * sizeof *f->ahead);
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

/* What happened on the way to a point. */
typedef struct passage {
    spn_solver_info info; /* of the last solve; iterations and escapes of all */
    bool is_jump;
    double integral; /* of |theta|^2 over beta along the chain since the point before (T9) */
} passage;

static spn_status solve(follower *f, double beta, passage *way)
{
    int64_t iterations = way->info.iterations, escapes = way->info.escapes;
    spn_status status = spn_solver_run(f->context, f->solver, beta, f->theta, &way->info);
    way->info.iterations += iterations;
    way->info.escapes += escapes;
    if (status == SPN_OK && way->info.stop == SPN_STOP_INTERRUPTED) {
        status = spn_fail(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    return status;
}

static place place_of(const follower *f, const spn_point *point, const double *tangent)
{
    return (place){.beta = point->parameter,
                   .loss = point->value,
                   .squared_norm = point->parameter_value,
                   .slope = 2 * spn_dot(f->parameters, point->theta, tangent)};
}

/* Do the tangents at `before` and at the point in work leave more than half of the way unexplained? Ways
 * below a millionth of |theta|, or of 1e-3 where theta vanishes, are rounding and the solver's tolerance. */
static bool is_unexplained(const follower *f, double step)
{
    const double least_share = 1e-6, least_norm = 1e-3;
    double moved = 0, rest = 0;
    for (int64_t i = 0; i < f->parameters; i++) {
        double way = f->theta[i] - f->before[i];
        double remainder = way - step * (f->tangent[i] + f->ahead[i]) / 2;
        moved += way * way;
        rest += remainder * remainder;
    }
    double norm = fmax(spn_norm(f->parameters, f->theta), spn_norm(f->parameters, f->before));
    return sqrt(moved) > least_share * fmax(norm, least_norm) && sqrt(rest) > sqrt(moved) / 2;
}

/* Integral of |theta|^2 from a to b by Hermite's rule: h (n_a + n_b) / 2 + h^2 (n'_a - n'_b) / 12, error
 * O(h^5). */
static double integral_between(const place *a, const place *b)
{
    double h = b->beta - a->beta;
    return h * (a->squared_norm + b->squared_norm) / 2 + h * h * (a->slope - b->slope) / 12;
}

/* One solve from `before` to beta; `ahead` and way->integral follow it. */
static spn_status step_to(follower *f, double beta, passage *way, bool *is_suspect)
{
    spn_status status = SPN_OK;
    double step = beta - f->at_before.beta;
    predict(f, step);
    SPN_TRY(solve(f, beta, way));
    const spn_point *point = spn_solver_point(f->solver);
    SPN_TRY(compute_tangent(f, point));
    const place here = place_of(f, point, f->ahead);
    way->integral += integral_between(&f->at_before, &here);
    *is_suspect = is_unexplained(f, step);
done:
    return status;
}

/* The solver's point becomes `before`. */
static void accept(follower *f)
{
    const spn_point *point = spn_solver_point(f->solver);
    memcpy(f->before, point->theta, (size_t)f->parameters * sizeof *f->before);
    memcpy(f->tangent, f->ahead, (size_t)f->parameters * sizeof *f->tangent);
    f->at_before = place_of(f, point, f->tangent);
}

/* From `before` to beta in SUBSTEPS steps; leaves `before` and its tangent as they were. */
static spn_status creep(follower *f, double beta, passage *way)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    memcpy(f->anchor, f->before, bytes);
    memcpy(f->anchor_tangent, f->tangent, bytes);
    f->at_anchor = f->at_before;
    double first = f->at_before.beta, step = (beta - first) / SUBSTEPS;
    way->integral = 0;
    for (int k = 1; k <= SUBSTEPS; k++) {
        bool is_suspect = false;
        SPN_TRY(step_to(f, k == SUBSTEPS ? beta : first + k * step, way, &is_suspect));
        way->is_jump = way->is_jump || is_suspect;
        if (k < SUBSTEPS) {
            accept(f);
        }
    }
done:
    memcpy(f->before, f->anchor, bytes);
    memcpy(f->tangent, f->anchor_tangent, bytes);
    f->at_before = f->at_anchor;
    return status;
}

static spn_status find_point(follower *f, double beta, passage *way)
{
    spn_status status = SPN_OK;
    bool is_suspect = false;
    *way = (passage){.is_jump = false};
    if (!f->has_before) {
        SPN_TRY(solve(f, beta, way));
        SPN_TRY(compute_tangent(f, spn_solver_point(f->solver)));
        goto done;
    }
    SPN_TRY(step_to(f, beta, way, &is_suspect));
    if (is_suspect) {
        SPN_TRY(creep(f, beta, way));
    }
done:
    return status;
}

/* T9: L(b) - L(a) = integral of |theta|^2, relative to the integral, or to the rounding of L where that
 * is larger (in the trivial phase the integral is 0). */
static double free_energy_mismatch(const follower *f, const passage *way, double loss)
{
    double rounding = 4 * DBL_EPSILON * fmax(fabs(f->at_before.loss), fabs(loss));
    return (loss - f->at_before.loss - way->integral) / fmax(fabs(way->integral), rounding);
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

static spn_status measure(follower *f, double beta, int64_t number, const passage *way)
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
                                 .jump = way->is_jump,
                                 .stop = way->info.stop,
                                 .iterations = way->info.iterations,
                                 .escapes = way->info.escapes};
    copy_geometry(&error, &loss, record);
    SPN_TRY(measure_labels(f, point, message));
    SPN_TRY(measure_trivial_distance(f, beta, record));
    bool is_comparable = f->has_before && !way->is_jump && spn_point_error(point) != point;
    record->free_energy_mismatch =
        is_comparable ? free_energy_mismatch(f, way, record->loss) : (double)NAN;
    memcpy(message->theta, f->theta, (size_t)f->parameters * sizeof *f->theta);
done:
    return status;
}

/* Stand where an earlier run stopped: the same linearisation gives the same tangent. */
static spn_status restore(follower *f)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    size_t bytes = (size_t)f->parameters * sizeof *f->before;
    SPN_TRY(spn_point_create(f->context, f->problem->objective, &point));
    SPN_TRY(spn_point_set(f->context, point, f->chain->last_theta, f->chain->last.beta, NULL,
                          SPN_WANT_ALL));
    SPN_TRY(compute_tangent(f, point));
    memcpy(f->before, point->theta, bytes);
    memcpy(f->tangent, f->ahead, bytes);
    f->at_before = place_of(f, point, f->tangent);
    f->has_before = true;
done:
    spn_point_free(f->context, point);
    return status;
}

static spn_status follow_point(follower *f, int64_t number, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    passage way;
    double beta = f->grid[spni_chain_index(f->chain, number)];
    if (!f->has_before) {
        memcpy(f->theta, f->initial, (size_t)f->parameters * sizeof *f->theta);
    }
    SPN_TRY(find_point(f, beta, &way));
    SPN_TRY(measure(f, beta, number, &way));
    if (f->chain->direction != SPN_DIRECTION_QUENCH) {
        accept(f);
        f->has_before = true;
    }
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
    if (chain->done > 0 && chain->direction != SPN_DIRECTION_QUENCH) {
        SPN_TRY(restore(&f));
    }
    for (int64_t number = chain->done; number < chain->count; number++) {
        SPN_TRY(follow_point(&f, number, channel));
    }
done:
    follower_free(&f);
    return status;
}
