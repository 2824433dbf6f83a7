/* SPDX-License-Identifier: MIT */
/* One chain: from point to point with the tangent t = dtheta/dbeta = -H^+ d(grad L)/dbeta (T10) as
 * predictor and the solver as corrector.
 *
 *     for each beta of the chain:
 *         theta <- solve(theta_before + capped tangent step)
 *         if the tangents at both ends do not explain the way that theta went:
 *             repeat from theta_before with the transitions refined (refine.c), or in SUBSTEPS small steps
 *             of beta, so that a branch is followed as far as it goes and what lies behind its end is
 *             reached from there
 *         measure, send
 *
 * Where the chain chooses its steps (pace.c), one that turns out too long is taken back and repeated from theta_before with a shorter one.
 *
 * Everything a step uses follows from the last point's theta and beta: that is what makes a resumed chain
 * have the same bits. */
#include "sweep/search.h"

#include <math.h>
#include <string.h>

enum { SUBSTEPS = 8 };
/* A point that is stationary already needs none. */
enum { ANEW_ITERATIONS = 8 };
/* Regularises the tangent where the Hessian has exact zero modes (theta is orthogonal to them). */
static const double TANGENT_SHIFT = 1e-8;
/* Gradient descent at a finite rate that goes further, in scales of theta, has diverged: squares of all that is
 * measured stay finite. */
static const double FARTHEST = 1e20;
/* Ways below this share of |theta| are rounding and the solver's tolerance. */
static const double LEAST_WAY = 1e-6;
/* Where a chain chooses its steps the tangents should leave no more than this share of the way unexplained: the error goes like the square of the
 * step, and in what is left a small jump could hide. */
static const double ROUGH_SHARE = 1.0 / 8;

int64_t spni_message_size(int64_t parameters)
{
    int64_t bytes = 0;
    if (!spn_size_multiply(parameters, 2 * (int64_t)sizeof(double), &bytes) ||
        !spn_size_add(bytes, (int64_t)sizeof(spni_message), &bytes)) {
        return 0;
    }
    return bytes;
}

static void follower_free(spni_follower *f)
{
    spn_context *context = f->context;
    if (f->newton != f->solver) {
        spn_solver_free(context, f->newton);
    }
    if (f->trainer != f->solver) {
        spn_solver_free(context, f->trainer);
    }
    spn_solver_free(context, f->solver);
    spn_geometry_workspace_free(context, f->geometry);
    spn_point_free(context, f->descent);
    spn_release(context, f->initial);
    spn_release(context, f->theta);
    spn_release(context, f->before);
    spn_release(context, f->anchor);
    spn_release(context, f->tangent);
    spn_release(context, f->ahead);
    spn_release(context, f->anchor_tangent);
    spn_release(context, f->trivial);
    spn_release(context, f->factor);
    spn_dense_free(context, f->dense);
    spn_release(context, f->values);
    spn_release(context, f->candidates);
    spn_release(context, f->message);
    spn_release(context, f->stand);
    spn_release(context, f->stand_tangent);
}

/* What the refinement needs, always Newton's method. */
static spn_status create_refinement(spni_follower *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    int64_t modes = 0;
    bool is_own = f->is_by_products || f->problem->solver->method == SPN_METHOD_NEWTON;
    if (is_own) {
        f->newton = f->solver;
    } else {
        spn_solver_settings settings = *f->problem->solver;
        settings.method = SPN_METHOD_NEWTON;
        SPN_TRY(spn_solver_create(context, &settings, f->problem->objective, &f->newton));
    }
    if (f->is_by_products) {
        goto done;
    }
    if (!spn_size_multiply(f->parameters, SPNI_CANDIDATES, &modes)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many",
                 (long long)f->parameters);
    }
    SPN_TRY(spn_dense_create(context, f->parameters, &f->dense));
    SPN_NEW(context, f->values, f->parameters);
    SPN_NEW(context, f->candidates, modes);
done:
    return status;
}

/* What is measured, and tangents, where Hessians are formed. */
static spn_status create_dense(spni_follower *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    int64_t square = 0;
    if (!spn_size_multiply(f->parameters, f->parameters, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters: the Hessian is too large",
                 (long long)f->parameters);
    }
    SPN_TRY(spn_geometry_workspace_create(context, f->parameters, &f->geometry));
    SPN_NEW(context, f->factor, square);
done:
    return status;
}

/* At a finite rate patience has no say, and so no epoch ends with an evaluation of all samples. */
static spn_status create_trainer(spni_follower *f)
{
    spn_status status = SPN_OK;
    const spn_sweep_problem *problem = f->problem;
    int64_t epochs = problem->settings->epochs;
    f->trainer = f->solver;
    if (epochs > 0) {
        spn_solver_settings settings = *problem->solver;
        settings.max_iterations = epochs;
        settings.patience = epochs < SPN_COUNT_MAX ? epochs + 1 : SPN_COUNT_MAX;
        f->trainer = NULL;
        SPN_TRY(spn_solver_create(f->context, &settings, problem->objective, &f->trainer));
    }
    SPN_TRY(spn_geometry_workspace_choose(f->context, problem->objective, problem->geometry,
                                          SPN_GEOMETRY_SWEEP, &f->geometry, NULL));
done:
    return status;
}

/* What is expected of E: no more than that of the trivial point, and of a model that has none no more than its natural scale. */
static spn_status create_pace(spni_follower *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    const spn_objective *objective = f->problem->objective;
    spn_point *point = NULL;
    double error = f->rule.scales.value;
    SPN_NEW(context, f->stand, f->parameters);
    SPN_NEW(context, f->stand_tangent, f->parameters);
    SPN_TRY(spn_point_create(context, objective, &point));
    bool has_trivial = true;
    status = spn_objective_trivial(context, objective, f->rule.to, f->stand);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        has_trivial = false;
        status = SPN_OK;
    }
    SPN_TRY(status);
    SPN_TRY(spn_point_set(context, point, f->stand, f->rule.to, NULL, SPN_WANT_VALUE));
    const spn_point *inner = spn_point_error(point);
    spni_pace_expect(&f->pace, inner == point ? (double)NAN : has_trivial ? inner->value : error);
done:
    spn_point_free(context, point);
    return status;
}

static spn_status follower_create(spni_follower *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    int64_t parameters = f->parameters;
    SPN_TRY(spn_solver_create(context, f->problem->solver, f->problem->objective, &f->solver));
    SPN_TRY(f->is_trained ? create_trainer(f) : f->is_by_products ? SPN_OK : create_dense(f));
    SPN_NEW(context, f->initial, parameters);
    SPN_NEW(context, f->theta, parameters);
    SPN_NEW(context, f->before, parameters);
    SPN_NEW(context, f->anchor, parameters);
    SPN_NEW(context, f->tangent, parameters);
    SPN_NEW(context, f->ahead, parameters);
    SPN_NEW(context, f->anchor_tangent, parameters);
    SPN_NEW(context, f->trivial, parameters);
    if (f->is_trained) {
        /* tangents and refinement are of stationary points */
    } else if (f->problem->settings->epochs > 0) {
        SPN_TRY(spn_point_create(context, f->problem->objective, &f->descent));
    } else if (f->problem->settings->refine && f->chain->direction != SPN_DIRECTION_QUENCH) {
        SPN_TRY(create_refinement(f));
    }
    SPN_TRY(f->rule.is_on ? create_pace(f) : SPN_OK);
    f->message = spn_allocate(context, spni_message_size(parameters), 1);
    if (f->message == NULL) {
        status = spn_error_status(context);
    }
done:
    return status;
}

static spn_status run_solver(spni_follower *f, spn_solver *solver, double beta, spni_passage *way)
{
    int64_t iterations = way->info.iterations, escapes = way->info.escapes;
    spn_status status = spn_solver_run(f->context, solver, beta, f->theta, &way->info);
    f->last = way->info;
    way->info.iterations += iterations;
    way->info.escapes += escapes;
    if (status == SPN_OK && way->info.stop == SPN_STOP_INTERRUPTED) {
        status = spn_fail(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    return status;
}

static spn_status solve(spni_follower *f, double beta, spni_passage *way)
{
    return run_solver(f, f->solver, beta, way);
}

/* The solver's point is the one in work. */
static spn_status take_point(spni_follower *f)
{
    spn_status status = SPN_OK;
    bool is_positive = false;
    f->point = spn_solver_point(f->solver);
    SPN_TRY(spni_take_labels(f));
    SPN_TRY(spni_compute_tangent(f, f->point, TANGENT_SHIFT, &is_positive));
done:
    return status;
}

/* One solve from `before` to beta; `ahead` and way->integral follow it. */
static spn_status step_to(spni_follower *f, double beta, spni_passage *way, bool *is_suspect)
{
    spn_status status = SPN_OK;
    double step = beta - f->at_before.beta;
    spni_predict(f, step);
    SPN_TRY(solve(f, beta, way));
    SPN_TRY(take_point(f));
    const spni_foothold here = spni_foothold_here(f);
    way->integral += spni_integral_between(&f->at_before, &here);
    *is_suspect = spni_is_unexplained(f, step, LEAST_WAY);
    way->is_rough =
        f->rule.is_on && !*is_suspect && spni_leaves_unexplained(f, step, LEAST_WAY, ROUGH_SHARE);
done:
    return status;
}

/* From `before` to beta in SUBSTEPS steps; leaves `before` and its tangent as they were. */
static spn_status creep(spni_follower *f, double beta, spni_passage *way)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    memcpy(f->anchor, f->before, bytes);
    memcpy(f->anchor_tangent, f->tangent, bytes);
    f->at_anchor = f->at_before;
    double first = f->at_before.beta, step = (beta - first) / SUBSTEPS;
    way->integral = 0;
    spn_solver_recall(f->solver, true);
    for (int k = 1; k <= SUBSTEPS; k++) {
        bool is_suspect = false;
        if (k == SUBSTEPS) { /* the point that is kept */
            spn_solver_recall(f->solver, false);
        }
        SPN_TRY(step_to(f, k == SUBSTEPS ? beta : first + k * step, way, &is_suspect));
        way->is_jump = way->is_jump || is_suspect;
        if (k < SUBSTEPS) {
            spni_accept_point(f);
        }
    }
done:
    spn_solver_recall(f->solver, false);
    memcpy(f->before, f->anchor, bytes);
    memcpy(f->tangent, f->anchor_tangent, bytes);
    f->at_before = f->at_anchor;
    return status;
}

/* Attempts begin their certificates with what the last one has found; that of a point that is kept begins with nothing. Should it know a way down
 * that they did not see, or the run not end, the point is left by an ordinary run, and no branch leads to where that ends. */
static spn_status certify_anew(spni_follower *f, double beta, spni_passage *way)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    double radius = SPNI_LEAST_RADIUS * spn_objective_length(f->problem->objective, f->theta);
    const spn_solver_bounds bounds = {radius, radius, ANEW_ITERATIONS, true, 0, 0};
    SPN_TRY(spn_solver_run_within(f->context, f->newton, &bounds, beta, f->theta, &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    f->last = info;
    f->point = spn_solver_point(f->newton);
    if (info.stop != SPN_STOP_CONVERGED || info.negative_eigenvalues > 0) {
        SPN_TRY(solve(f, beta, way));
        f->point = spn_solver_point(f->solver);
        way->is_jump = true;
        SPN_TRY(spni_forget_labels(f));
    } else {
        SPN_TRY(spni_take_labels(f));
    }
done:
    return status;
}

/* Small steps from a point that is not stationary have not explained the way: nothing can be refined there. */
static spn_status leave_open(spni_follower *f, double beta, int64_t number)
{
    spn_status status = SPN_OK;
    bool is_positive = false;
    double begin = f->at_before.beta;
    spni_search s = {.f = f, .begin = begin, .end = beta, .number = number};
    s.sign = beta > begin ? 1 : -1;
    SPN_TRY(spni_report_unresolved(&s));
    SPN_TRY(spni_compute_tangent(f, f->point, TANGENT_SHIFT, &is_positive));
done:
    return status;
}

/* From `before` to the grid point with the transitions in between refined; leaves at_before as it was. */
static spn_status refine(spni_follower *f, double beta, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    bool is_positive = false;
    f->at_anchor = f->at_before;
    /* Attempts are close to each other. What follows the point that is kept must not depend on them. */
    spn_solver_recall(f->newton, true);
    SPN_TRY(spni_refine(f, beta, number, way));
    spn_solver_recall(f->newton, false);
    if (f->is_by_products && f->last.stop == SPN_STOP_CONVERGED &&
        f->last.negative_eigenvalues == 0) {
        SPN_TRY(certify_anew(f, beta, way));
    }
    SPN_TRY(spni_compute_tangent(f, f->point, TANGENT_SHIFT, &is_positive));
    f->at_before = f->at_anchor;
done:
    return status;
}

/* Finite rate: from `before` so many steps of gradient descent at beta, as long as theta stays finite. Nothing
 * of the tangents enters: they are of stationary points. */
static spn_status spend(spni_follower *f, double beta, spni_passage *way)
{
    spn_status status = SPN_OK;
    const spn_sweep_settings *settings = f->problem->settings;
    double farthest = FARTHEST * spn_objective_scales(f->problem->objective).weight;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    way->info.stop = SPN_STOP_MAX_ITERATIONS;
    memcpy(f->anchor, f->before, bytes);
    for (int64_t epoch = 0; epoch < settings->epochs; epoch++) {
        SPN_TRY(spn_point_set(f->context, f->descent, f->anchor, beta, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        spn_axpy(f->parameters, -f->problem->solver->learning_rate, f->descent->gradient,
                 f->anchor);
        if (!(spn_norm(f->parameters, f->anchor) < farthest)) {
            memcpy(f->anchor, f->descent->theta, bytes);
            way->info.stop = SPN_STOP_DIVERGED;
            break;
        }
        way->info.iterations++;
    }
    memcpy(f->theta, f->anchor, bytes);
    SPN_TRY(spn_point_set(f->context, f->descent, f->theta, beta, NULL, SPN_WANT_ALL));
    f->point = f->descent;
    SPN_TRY(spni_take_labels(f));
done:
    return status;
}

/* Behind 2^62 epochs, which nobody makes but limits allow, numbers begin anew. */
static int64_t first_epoch_of(int64_t number, int64_t most)
{
    return (int64_t)(((uint64_t)number * (uint64_t)most) & ((UINT64_C(1) << 62) - 1));
}

/* By mini-batches, from `before` where there is one, at rest: the means and velocities of the methods are not carried on from beta to beta. Each
 * point has orders of samples of its own, which follow from its number. */
static spn_status train(spni_follower *f, double beta, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    const int64_t most = f->problem->solver->max_iterations, epochs = f->problem->settings->epochs;
    spn_solver *solver = f->has_before ? f->trainer : f->solver;
    if (f->has_before) {
        memcpy(f->theta, f->before, (size_t)f->parameters * sizeof *f->theta);
    }
    spn_solver_begin_at(solver, first_epoch_of(number, most > epochs ? most : epochs));
    SPN_TRY(run_solver(f, solver, beta, way));
    f->point = spn_solver_point(solver);
    SPN_TRY(spni_take_labels(f));
done:
    return status;
}

static spn_status find_point(spni_follower *f, double beta, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    bool is_suspect = false;
    *way = (spni_passage){.is_jump = false};
    if (f->is_trained) {
        return train(f, beta, number, way);
    }
    if (!f->has_before) {
        SPN_TRY(solve(f, beta, way));
        SPN_TRY(take_point(f));
        goto done;
    }
    if (f->descent != NULL) {
        SPN_TRY(spend(f, beta, way));
        goto done;
    }
    SPN_TRY(step_to(f, beta, way, &is_suspect));
    if (f->newton != NULL && f->is_before_stationary) {
        bool is_strange = is_suspect || spni_is_relabelled(f) ||
                          spni_is_bent(f, beta - f->at_before.beta, LEAST_WAY);
        /* A weak one is passed over: no jump. */
        way->is_passed = is_strange && spni_is_weak(f);
        if (is_strange && !way->is_passed) {
            SPN_TRY(refine(f, beta, number, way));
        }
    } else if (is_suspect) {
        SPN_TRY(creep(f, beta, way));
        SPN_TRY(way->is_jump ? spni_forget_labels(f) : SPN_OK);
        SPN_TRY(way->is_jump && f->newton != NULL ? leave_open(f, beta, number) : SPN_OK);
    }
done:
    return status;
}

/* Stand where an earlier run stopped: the same linearisation gives the same tangent. */
static spn_status restore(spni_follower *f)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    bool is_positive = false;
    if (f->is_trained) {
        memcpy(f->before, f->chain->last_theta, (size_t)f->parameters * sizeof *f->before);
        f->has_before = true;
        return SPN_OK;
    }
    SPN_TRY(spn_point_create(f->context, f->problem->objective, &point));
    SPN_TRY(spn_point_set(f->context, point, f->chain->last_theta, f->chain->last.state.beta, NULL,
                          SPN_WANT_ALL));
    f->point = point;
    f->has_before = true;
    f->at_before.active = f->chain->last.state.active_modes;
    SPN_TRY(spni_take_labels(f));
    SPN_TRY(spni_compute_tangent(f, point, TANGENT_SHIFT, &is_positive));
    spni_accept_point(f);
    f->is_before_stationary = f->chain->last.state.stationary == 1;
done:
    spn_point_free(f->context, point);
    f->point = NULL;
    return status;
}

/* May the chain stay where it has stepped to? Across a jump no line is drawn, and a point that is not stationary has no slope. *shorter, the
 * step, becomes that to try instead. */
static bool is_fine(const spni_follower *f, const spni_passage *way, int64_t *shorter)
{
    if (way->is_jump || way->is_passed || !f->is_before_stationary ||
        way->info.stop != SPN_STOP_CONVERGED) {
        return true;
    }
    if (way->is_rough && *shorter > f->rule.first) {
        *shorter /= 2;
        return false;
    }
    const spni_foothold here = spni_foothold_here(f);
    const spni_sight sight =
        spni_sight_of(&f->rule, here.beta, here.loss - here.beta * here.by_parameter,
                      sqrt(here.order), -here.slope);
    return spni_pace_is_fine(&f->rule, &f->pace, &sight, shorter);
}

/* The next point by a step of the chain's own choice. */
static spn_status find_paced(spni_follower *f, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    const size_t bytes = (size_t)f->parameters * sizeof *f->before;
    const int64_t sign = f->chain->direction == SPN_DIRECTION_DOWN ? -1 : 1;
    const int64_t place = f->pace.last.place;
    if (number == 0) {
        return find_point(f, spni_pace_beta(&f->rule, f->chain->first), number, way);
    }
    memcpy(f->stand, f->before, bytes);
    memcpy(f->stand_tangent, f->tangent, bytes);
    f->at_stand = f->at_before;
    int64_t step = spni_pace_step(&f->rule, &f->pace), spent = 0;
    for (bool is_done = false; !is_done;) {
        SPN_TRY(find_point(f, spni_pace_beta(&f->rule, place + sign * step), number, way));
        spent += way->info.iterations;
        is_done = is_fine(f, way, &step);
        if (!is_done) {
            memcpy(f->before, f->stand, bytes);
            memcpy(f->tangent, f->stand_tangent, bytes);
            f->at_before = f->at_stand;
        }
    }
    way->info.iterations = spent;
done:
    return status;
}

static spn_status follow_point(spni_follower *f, int64_t number)
{
    spn_status status = SPN_OK;
    spni_passage way;
    if (!f->has_before) {
        memcpy(f->theta, f->initial, (size_t)f->parameters * sizeof *f->theta);
    }
    SPN_TRY(f->rule.is_on
                ? find_paced(f, number, &way)
                : find_point(f, f->grid[spni_chain_index(f->chain, number)], number, &way));
    SPN_TRY(spni_measure_point(f, number, &way));
    if (f->rule.is_on) {
        spni_pace_note(&f->rule, &f->pace, &f->message->record);
    }
    if (f->chain->direction != SPN_DIRECTION_QUENCH) {
        spni_accept_point(f);
        f->has_before = true;
        f->is_before_stationary = f->message->record.state.stationary == 1;
    }
    SPN_TRY(spn_pool_send(f->context, f->channel, f->message));
done:
    return status;
}

static bool is_at_end(const spni_follower *f, int64_t number)
{
    return f->rule.is_on ? f->pace.points > 0 && f->pace.last.place == f->chain->end
                         : number == f->chain->count;
}

spn_status spni_chain_follow(spn_context *context, const spn_sweep_problem *problem,
                             const double *grid, const spni_chain *chain, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    spni_follower f = {.context = context,
                       .problem = problem,
                       .grid = grid,
                       .chain = chain,
                       .channel = channel,
                       .parameters = problem->objective->dimension,
                       .rule = spni_pace_rule_of(problem->settings, problem->objective),
                       .pace = chain->pace,
                       .is_trained = spn_sweep_is_trained(problem),
                       .is_by_products = spn_sweep_by_products(problem)};
    SPN_TRY(follower_create(&f));
    if (chain->start != NULL) {
        memcpy(f.initial, chain->start, (size_t)f.parameters * sizeof *f.initial);
    } else {
        SPN_TRY(problem->initial(context, problem->initial_state, chain->seed, f.initial));
    }
    if (chain->done > 0 && chain->direction != SPN_DIRECTION_QUENCH) {
        SPN_TRY(restore(&f));
    }
    for (int64_t number = chain->done; !is_at_end(&f, number); number++) {
        SPN_TRY(follow_point(&f, number));
    }
done:
    follower_free(&f);
    return status;
}
