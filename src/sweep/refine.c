/* SPDX-License-Identifier: MIT */
/* Transitions between two points of the grid, bisected one after the other.
 *
 *     h = a quarter of the interval
 *     until the end of the interval:
 *         attempt a step of h: the branch goes on -> accept, double h
 *                              it does not        -> bisect between the last point that lies on it and the
 *                                                    first that does not, down to a share of the tolerance
 *         solve behind the bracket, with short steps: when the tangents explain the way, nothing
 *             happened; otherwise that is a transition: measure both sides, walk the old branch back, send
 *         h = an eighth of the rest
 *
 * An attempt is a Newton run whose steps stay below twice the predicted way. At the distance r from a fold
 * theta goes like r^(1/2) and |t| like r^(-1/2): the way to the fold is 2 r |t|, so that a step of r can go
 * that far and no further, and the radius is below the root of the distance. It fails when it does not converge in a
 * few iterations, when the solver had to leave a saddle, when the Hessian is not positive, when the tangents
 * do not explain the way, when |t| changes by more than a factor, or when labels change: the last is
 * no evidence by itself (labels have thresholds), but a reason to look closely.
 *
 * A failed attempt proves nothing as long as its start is far away: a bracket's outer end is attempted
 * again from its inner one, and moved on when that succeeds. */
#include "sweep/follower.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    SUBSTEPS = 4,
    AFTER_STEPS = 8,
    ATTEMPT_ITERATIONS = 8,
    MOST_ATTEMPTS = 1000,
    MOST_SETTLINGS = 8,
    MOST_RESTARTS = 4,
    MOST_RETURNS = 16
};
/* Regularises the tangent: less than the least critical eigenvalue of interest. */
static const double TANGENT_SHIFT = 1e-13;
/* Ways below this share of |theta| are rounding and the solver's tolerance. */
static const double LEAST_WAY = 1e-7;
/* The bracket goes down to this share of the tolerance, so that the distances of an approach, which ends
 * at three tolerances, are right to half a per cent. */
static const double BRACKET_SHARE = 1.0 / 32;
/* The descent behind a branch's end goes in steps of this share of |theta|, or of the solver's trust radius:
 * like a gradient flow it does not hop over barriers. */
static const double DESCENT_SHARE = 0.05, DESCENT_RADIUS = 0.1;
/* An attempt's radius is at least this share of |theta|. */
static const double LEAST_RADIUS = 1e-4;
/* Ten times what the solver takes for 0. */
static const double VALLEY_SHARE = 1e-8;

typedef struct search {
    spni_follower *f;
    double begin, end; /* of the interval */
    double sign;       /* of beta's direction */
    int64_t number;    /* of the grid point at `end` */
    int64_t attempts;
    int64_t found;
    bool is_over; /* the state in work is no stationary point: nothing more can be followed */
} search;

static spn_status take_tangent(spni_follower *f, bool *is_positive)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_take_labels(f));
    SPN_TRY(spni_compute_tangent(f, f->point, TANGENT_SHIFT, is_positive));
done:
    return status;
}

static spn_status run_newton(spni_follower *f, const spn_solver_bounds *bounds, double beta,
                             spn_solver_info *info)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_solver_run_within(f->context, f->newton, bounds, beta, f->theta, info));
    f->point = spn_solver_point(f->newton);
    if (info->stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
done:
    return status;
}

static double length_of(const spni_follower *f, const double *theta)
{
    return fmax(spn_norm(f->parameters, theta), SPN_WEIGHT_FLOOR);
}

static bool is_explained(const spni_follower *f, double step)
{
    return !spni_is_unexplained(f, step, LEAST_WAY) && !spni_is_bent(f, step, LEAST_WAY);
}

spn_status spni_attempt(spni_follower *f, double beta, spni_verdict *verdict)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    bool is_positive = false;
    double step = beta - f->at_before.beta;
    double radius = 2 * fabs(step) * f->at_before.speed + LEAST_RADIUS * length_of(f, f->before);
    const spn_solver_bounds bounds = {radius, radius, ATTEMPT_ITERATIONS};
    *verdict = SPNI_LOST;
    spni_predict(f, step);
    SPN_TRY(run_newton(f, &bounds, beta, &info));
    if (info.stop != SPN_STOP_CONVERGED || info.escapes > 0) {
        goto done;
    }
    SPN_TRY(take_tangent(f, &is_positive));
    if (is_positive && is_explained(f, step)) {
        *verdict = spni_is_relabelled(f) ? SPNI_RELABELLED : SPNI_HOLDS;
    }
done:
    return status;
}

/* What the tolerance is relative to: |beta|; where the interval holds 0, at least its width. */
static double scale_at(const search *s, double beta)
{
    bool has_zero = s->begin * s->end <= 0;
    return fmax(fabs(beta), has_zero ? fabs(s->end - s->begin) : 0);
}

static double tolerance_at(const search *s, double beta)
{
    return s->f->problem->settings->refine_tolerance * scale_at(s, beta);
}

/* An attempt that is counted, accepted when the branch holds: with other labels, when the step was small. */
static spn_status advance(search *s, double beta, spni_passage *way, bool *has_held)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spni_verdict verdict;
    s->attempts++;
    SPN_TRY(spni_attempt(f, beta, &verdict));
    bool is_small = fabs(beta - f->at_before.beta) <= BRACKET_SHARE * tolerance_at(s, beta);
    *has_held = verdict == SPNI_HOLDS || (verdict == SPNI_RELABELLED && is_small);
    if (*has_held) {
        const spni_place here = spni_place_here(f);
        way->integral += spni_integral_between(&f->at_before, &here);
        f->at_older = f->at_before;
        spni_accept_point(f);
    }
done:
    return status;
}

static double width_of(const search *s, double lost)
{
    return fabs(lost - s->f->at_before.beta);
}

/* The distance from `before` to a fold, if it is one: 1/|t|^2 falls linearly to 0 there. */
static double fold_distance(const spni_place *older, const spni_place *before)
{
    double ratio = before->speed * before->speed / (older->speed * older->speed);
    return ratio > 1 ? fabs(before->beta - older->beta) / (ratio - 1) : (double)INFINITY;
}

/* Where to attempt next: near a fold most of the way to it, or once that is short just behind it; the
 * middle of the bracket where there is no fold in sight. */
static double choose_next(const search *s, double lost, double least)
{
    const spni_follower *f = s->f;
    double width = width_of(s, lost), step = width / 2;
    double distance = fold_distance(&f->at_older, &f->at_before);
    if (distance < width / 4) {
        step = distance > least / 2 ? 0.8 * distance : 0.9 * least;
    }
    return f->at_before.beta + s->sign * fmin(step, width / 2);
}

/* Bisect between `before` and *lost. */
static spn_status bisect(search *s, double *lost, spni_passage *way)
{
    spn_status status = SPN_OK;
    double least = BRACKET_SHARE * tolerance_at(s, *lost);
    while (width_of(s, *lost) > least && s->attempts < MOST_ATTEMPTS) {
        bool has_held = false;
        double middle = choose_next(s, *lost, least);
        if (middle == s->f->at_before.beta || middle == *lost) {
            break;
        }
        SPN_TRY(advance(s, middle, way, &has_held));
        if (!has_held) {
            *lost = middle;
        }
    }
done:
    return status;
}

/* Bring the branch's end between `before` and *lost; *is_through: it did not end in the interval. */
static spn_status locate(search *s, double *lost, spni_passage *way, bool *is_through)
{
    spn_status status = SPN_OK;
    *is_through = false;
    for (bool has_held = true; has_held && s->attempts < MOST_ATTEMPTS;) {
        SPN_TRY(bisect(s, lost, way));
        double step = s->sign * width_of(s, *lost);
        SPN_TRY(advance(s, *lost, way, &has_held));
        for (bool goes_on = has_held; goes_on;) {
            if (s->f->at_before.beta == s->end) {
                *is_through = true;
                goto done;
            }
            step *= 2;
            *lost = s->f->at_before.beta + step;
            if (s->sign * (s->end - *lost) < 0) {
                *lost = s->end;
            }
            SPN_TRY(advance(s, *lost, way, &goes_on));
        }
    }
done:
    return status;
}

/* A run without iterations: linearise at theta. */
static spn_status stand_at(spni_follower *f, const double *theta, double beta)
{
    spn_solver_info info;
    const spn_solver_bounds none = {1, 1, 0};
    memcpy(f->theta, theta, (size_t)f->parameters * sizeof *f->theta);
    return run_newton(f, &none, beta, &info);
}

/* One side of the transition: the state in work. */
static spn_status measure_side(spni_follower *f, int side, spn_geometry *loss, spn_labels *labels)
{
    spn_status status = SPN_OK;
    spn_geometry error;
    spn_sweep_jump *jump = &f->message->jump;
    const unsigned wanted = SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY;
    memcpy(f->message->theta + side * f->parameters, f->theta,
           (size_t)f->parameters * sizeof *f->theta);
    *labels = f->labels;
    SPN_TRY(spn_geometry_measure(f->context, f->geometry, f->point, wanted, &error, loss));
    *(side == 0 ? &jump->error_before : &jump->error_after) = error.value;
    *(side == 0 ? &jump->curvature_before : &jump->curvature_after) = error.scalar_curvature;
done:
    return status;
}

static void fill_sides(spn_sweep_jump *jump, const spn_geometry sides[2],
                       const spn_labels labels[2])
{
    jump->loss_before = sides[0].value;
    jump->loss_after = sides[1].value;
    jump->norm_before = sides[0].weight_norm;
    jump->norm_after = sides[1].weight_norm;
    jump->eigenvalue_before = sides[0].eigenvalue_min;
    jump->eigenvalue_after = sides[1].eigenvalue_min;
    jump->susceptibility_before = sides[0].susceptibility;
    jump->susceptibility_after = sides[1].susceptibility;
    jump->active_before = labels[0].active_modes;
    jump->active_after = labels[1].active_modes;
    jump->merged_before = labels[0].merged_units;
    jump->merged_after = labels[1].merged_units;
    jump->dead_before = labels[0].dead_units;
    jump->dead_after = labels[1].dead_units;
}

/* Is the change of |theta|^2 more than the slopes on both sides explain? Where |t|^2 goes like 1/r, as before
 * a fold, |theta|^2 still changes by 2 r times its slope; r from the last two points of the branch. At a
 * branch point the solver cannot tell 0 from eigenvalues up to 1e-9 of the largest, nor from the weights that
 * belong to them: that is the rounding. Where theta vanishes on both sides, as lengths go, nothing jumps. */
static bool is_discontinuous(const spni_place *older, const spni_place *before,
                             const spni_place *after)
{
    const double margin = 2, rounding = 1e-8;
    double longest = fmax(after->squared_norm, before->squared_norm);
    double width = fabs(after->beta - before->beta);
    double reach = fmin(width, fold_distance(older, before));
    double explained = 2 * fabs(before->slope) * reach + 2 * fabs(after->slope) * width;
    double change = fabs(after->squared_norm - before->squared_norm);
    return longest > SPN_WEIGHT_FLOOR * SPN_WEIGHT_FLOOR &&
           change > margin * explained + rounding * longest;
}

/* The state in work has settled behind a bracket: follow its branch back as near to the bracket as it goes, and
 * stand there. The walk uses `before`. */
static spn_status come_near(search *s, double lost)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    bool is_positive = false;
    spni_accept_point(f);
    double step = lost - f->at_before.beta;
    for (int k = 0; k < MOST_RETURNS && s->sign * (f->at_before.beta - lost) > 0; k++) {
        spni_verdict verdict;
        double next = f->at_before.beta + step;
        SPN_TRY(spni_attempt(f, s->sign * (next - lost) > 0 ? next : lost, &verdict));
        if (verdict != SPNI_LOST) {
            spni_accept_point(f);
        } else {
            step /= 2;
        }
    }
    SPN_TRY(stand_at(f, f->before, f->at_before.beta));
    SPN_TRY(take_tangent(f, &is_positive));
done:
    return status;
}

/* Solve at beta from `before`, wherever the network goes; *is_settled: it is in a minimum. */
static spn_status descend(search *s, double beta, spn_solver_info *info, bool *is_settled)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    const spn_solver_settings *settings = f->problem->solver;
    double radius =
        fmax(DESCENT_SHARE * length_of(f, f->before), DESCENT_RADIUS * settings->trust_radius);
    spn_solver_bounds bounds = {radius, radius, settings->max_iterations};
    spni_predict(f, beta - f->at_before.beta);
    SPN_TRY(run_newton(f, &bounds, beta, info));
    for (int k = 0; info->stop == SPN_STOP_STALLED && k < MOST_RESTARTS; k++) {
        int64_t escapes = info->escapes;
        bounds.trust_radius = fmin(info->distance * length_of(f, f->theta) / 4, radius);
        SPN_TRY(run_newton(f, &bounds, beta, info));
        info->escapes += escapes;
    }
    SPN_TRY(take_tangent(f, is_settled));
    *is_settled = *is_settled && info->stop == SPN_STOP_CONVERGED;
done:
    return status;
}

/* A step from `before` that is settled, `behind` away in the direction `sign` and up to the end of the
 * interval, further where it has to be: just behind a branch point the way down from the saddle is below the
 * rounding of L. */
static spn_status settle(search *s, double behind, double sign, double *beta, spn_solver_info *info,
                         bool *is_settled)
{
    spn_status status = SPN_OK;
    bool is_at_end = false;
    *is_settled = false;
    for (int k = 0; !*is_settled && !is_at_end && k < MOST_SETTLINGS; k++, behind *= 4) {
        *beta = s->f->at_before.beta + sign * behind;
        is_at_end = sign == s->sign && s->sign * (s->end - *beta) < behind;
        *beta = is_at_end ? s->end : *beta;
        SPN_TRY(descend(s, *beta, info, is_settled));
    }
done:
    return status;
}

static void start_jump(search *s, double lost)
{
    spni_follower *f = s->f;
    const spni_place *before = &f->at_before;
    double width = width_of(s, lost), beta = before->beta + (lost - before->beta) / 2;
    f->message->is_transition = true;
    f->message->ordinal = s->found++;
    f->message->jump =
        (spn_sweep_jump){.chain = f->chain->number,
                         .seed = f->chain->seed,
                         .direction = spni_chain_direction(f->chain, f->grid, s->number),
                         .phase = f->chain->phase,
                         .leg = spni_chain_leg(f->chain, s->number),
                         .point = s->number,
                         .beta = beta,
                         .beta_before = before->beta,
                         .beta_after = lost,
                         .resolved = width <= tolerance_at(s, beta),
                         .settled = !s->is_over};
}

/* The way that theta has gone from `before`. */
static double way_of(const spni_follower *f)
{
    double sum = 0;
    for (int64_t i = 0; i < f->parameters; i++) {
        sum += (f->theta[i] - f->before[i]) * (f->theta[i] - f->before[i]);
    }
    return sqrt(sum);
}

/* The approach, from `before`. The inner end of a bracket may be the vertex of a branch point, from which no
 * step holds: then from where the old branch can be stood on. It is the same branch when theta went like a
 * root of the distance at most. */
static spn_status measure_approach(search *s, double lost)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false;
    const spn_sweep_jump *jump = &f->message->jump;
    double beta = jump->beta_before, origin = beta;
    double least = width_of(s, lost) / f->problem->settings->refine_tolerance;
    double scale = fmax(scale_at(s, jump->beta), least);
    SPN_TRY(spni_approach(f, scale, -s->sign));
    if (f->message->approach_count > 0) {
        goto done;
    }
    SPN_TRY(stand_at(f, f->message->theta, origin));
    SPN_TRY(take_tangent(f, &is_settled));
    spni_accept_point(f);
    SPN_TRY(settle(s, tolerance_at(s, beta), -s->sign, &beta, &info, &is_settled));
    double expected = 2 * fabs(beta - origin) * spn_norm(f->parameters, f->ahead);
    if (is_settled && way_of(f) < 2 * expected + LEAST_RADIUS * length_of(f, f->before)) {
        spni_accept_point(f);
        SPN_TRY(spni_approach(f, scale, -s->sign));
    }
done:
    return status;
}

/* At beta = 0 the minima of E are not isolated: the ridge alone gives the Hessian its smallest eigenvalues,
 * 2 beta. Where they cannot be told from 0 nothing is a transition. */
static bool is_valley(const search *s, double largest_eigenvalue)
{
    const spni_follower *f = s->f;
    const spn_sweep_jump *jump = &f->message->jump;
    double beta = fmax(fabs(jump->beta_before), fabs(jump->beta_after));
    return spn_point_error(f->point) != f->point && 2 * beta < VALLEY_SHARE * largest_eigenvalue;
}

/* The state in work, at `settled`, is what the network reaches from `before`: measure, send, and stand
 * there again. */
static spn_status report(search *s, double lost, double settled)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spni_message *message = f->message;
    spn_geometry sides[2];
    spn_labels labels[2];
    bool is_positive = false;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    const spni_place older = f->at_older, before = f->at_before;
    start_jump(s, lost);
    memcpy(f->anchor, f->theta, bytes);
    memcpy(message->theta, f->before, bytes);
    if (!s->is_over) {
        SPN_TRY(come_near(s, lost));
    }
    const spni_place after = spni_place_here(f);
    SPN_TRY(measure_side(f, 1, &sides[1], &labels[1]));
    SPN_TRY(stand_at(f, message->theta, before.beta));
    SPN_TRY(take_tangent(f, &is_positive));
    SPN_TRY(measure_side(f, 0, &sides[0], &labels[0]));
    fill_sides(&message->jump, sides, labels);
    message->jump.survives = s->is_over || is_discontinuous(&older, &before, &after);
    spni_accept_point(f);
    SPN_TRY(measure_approach(s, lost));
    if (!is_valley(s, fmax(sides[0].eigenvalue_max, sides[1].eigenvalue_max))) {
        SPN_TRY(spn_pool_send(f->context, f->channel, message));
    } else {
        s->found--;
    }
    SPN_TRY(stand_at(f, f->anchor, settled));
    SPN_TRY(take_tangent(f, &is_positive));
done:
    return status;
}

/* Is the state in work, at the end of the interval and of the bracket, the vertex of a branch point, which
 * belongs to the branches on both sides? On the way to it theta goes like the root of the distance. */
static bool is_vertex(const search *s, double lost)
{
    const spni_follower *f = s->f;
    double expected = 2 * width_of(s, lost) * f->at_before.speed;
    return lost == s->end && s->number != f->chain->count - 1 &&
           way_of(f) < 2 * expected + LEAST_RADIUS * length_of(f, f->before);
}

/* From `before` over the bracket, wherever the network goes; a transition is sent. One at the very end of the
 * interval is left to the next, and one at the very begin of a chain is none of its own. */
static spn_status cross(search *s, double lost, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false;
    bool is_first = s->number == 1 && f->at_before.beta == s->begin;
    double beta = lost;
    SPN_TRY(settle(s, fmax(tolerance_at(s, lost), width_of(s, lost)), s->sign, &beta, &info,
                   &is_settled));
    const spni_place here = spni_place_here(f);
    way->integral += spni_integral_between(&f->at_before, &here);
    if (beta == s->end && is_vertex(s, lost)) {
        spni_accept_point(f);
        goto done;
    }
    s->is_over = !is_settled;
    if (s->is_over || info.escapes > 0 || !is_explained(f, beta - f->at_before.beta)) {
        way->is_jump = true;
        SPN_TRY(is_first ? SPN_OK : report(s, lost, beta));
    }
    spni_accept_point(f);
    f->at_older = f->at_before;
done:
    return status;
}

/* The interval begins at a branch point, from which no step holds: go back to where the old branch can be
 * stood on. */
static spn_status retreat(search *s, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false, is_positive = false;
    double beta = s->begin;
    SPN_TRY(settle(s, tolerance_at(s, s->begin), -s->sign, &beta, &info, &is_settled));
    if (!is_settled) {
        SPN_TRY(stand_at(f, f->before, s->begin));
        SPN_TRY(take_tangent(f, &is_positive));
    }
    const spni_place here = spni_place_here(f);
    way->integral += spni_integral_between(&f->at_before, &here);
    spni_accept_point(f);
    f->at_older = f->at_before;
done:
    return status;
}

/* The rest of the interval in one run of the user's solver. */
static spn_status finish(search *s, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    way->is_jump = true;
    SPN_TRY(spn_solver_run(f->context, f->solver, s->end, f->theta, &way->info));
    f->point = spn_solver_point(f->solver);
    if (way->info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    SPN_TRY(spni_take_labels(f));
done:
    return status;
}

spn_status spni_refine(spni_follower *f, double end, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    double begin = f->at_before.beta;
    search s = {.f = f, .begin = begin, .end = end, .number = number};
    s.sign = end > begin ? 1 : -1;
    double step = (end - begin) / SUBSTEPS;
    f->at_older = f->at_before;
    way->integral = 0;
    while (f->at_before.beta != end && !s.is_over && s.attempts < MOST_ATTEMPTS) {
        bool has_held = false, is_through = false;
        double next = f->at_before.beta + step;
        if (s.sign * (end - next) < fabs(step) / 1000) {
            next = end;
        }
        SPN_TRY(advance(&s, next, way, &has_held));
        step *= 2;
        if (has_held) {
            continue;
        }
        SPN_TRY(locate(&s, &next, way, &is_through));
        if (!is_through && f->at_before.beta == begin && number > 1) {
            SPN_TRY(retreat(&s, way));
            SPN_TRY(locate(&s, &next, way, &is_through));
        }
        if (!is_through) {
            SPN_TRY(cross(&s, next, way));
            step = (end - f->at_before.beta) / AFTER_STEPS;
        }
    }
    if (f->at_before.beta != end) {
        memcpy(f->theta, f->before, (size_t)f->parameters * sizeof *f->theta);
        SPN_TRY(finish(&s, way));
    } else {
        way->info.stop = SPN_STOP_CONVERGED;
    }
done:
    return status;
}
