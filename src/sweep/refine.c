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
#include "base/invariant.h"
#include "sweep/search.h"

#include <math.h>
#include <string.h>

enum { SUBSTEPS = 4, AFTER_STEPS = 8, MOST_ATTEMPTS = 1000, MOST_FOUND = 100 };
/* So many changes of labels in an interval that come without anything else are looked into; labels that change
 * more often are noise there. */
enum { MOST_BLANKS = 8 };
/* Tangents that have grown by more are rounding, or near a fold; ways below this share of |theta| are rounding. */
#define BLOWN_UP 4.0
#define ROUNDING_WAY 1e-7

/* An attempt that is counted, accepted when the branch holds. With other labels it is when the step was as short as a bracket gets, so that
 * nothing can be hidden in it; after MOST_BLANKS of these everywhere, since labels that flicker at a threshold would cost a
 * bisection each. On acceptance the integral of n goes on (T9: L_b - L_a = int n dbeta along a branch), and the last two points
 * give the distance to a fold. */
static spn_status advance(spni_search *s, double beta, spni_passage *way, bool *has_held)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spni_verdict verdict;
    s->attempts++;
    SPN_TRY(spni_attempt(f, beta, &verdict));
    bool is_small = fabs(beta - f->at_before.beta) <= spni_bracket_at(s, beta);
    s->blanks += verdict == SPNI_RELABELLED && is_small;
    *has_held = verdict == SPNI_HOLDS ||
                (verdict == SPNI_RELABELLED && (is_small || s->blanks > MOST_BLANKS));
    if (!*has_held) {
        s->lost_from = f->at_before.beta;
        s->lost_at = beta;
        if (f->is_by_products) {
            spni_forecast_lose(s, beta);
        }
    } else {
        const spni_foothold here = spni_foothold_here(f);
        way->integral += spni_integral_between(&f->at_before, &here);
        f->at_older = f->at_before;
        if (f->is_by_products) {
            spni_forecast_hold(s);
        }
        spni_accept_point(f);
        spni_leave_trace(f);
    }
done:
    return status;
}

/* Where to attempt next. Towards a fold |t|^-2 falls linearly in beta, to 0 at the fold, so that two points on the branch say where it is
 * (spni_fold_distance()). In sight of one, within a quarter of the bracket: 0.8 of the way to it, which holds and leaves a
 * fifth; once that is less than the width wanted, just short of that width, where it does not hold and ends the bracket. Otherwise
 * the middle. Never more than half the bracket, so that a wrong forecast costs no more than bisection. */
static double choose_next(spni_search *s, double lost, double least)
{
    const spni_follower *f = s->f;
    double width = spni_width_of(s, lost), step = width / 2;
    if (f->is_by_products) {
        return f->at_before.beta + s->sign * spni_forecast_step(s, width, least);
    }
    double distance = spni_fold_distance(&f->at_older, &f->at_before);
    if (distance < width / 4) {
        step = distance > least / 2 ? 0.8 * distance : 0.9 * least;
    }
    return f->at_before.beta + s->sign * fmin(step, width / 2);
}

/* Attempt *lost once more. Where it holds the branch goes on, and *lost moves out in doubled steps until one fails. */
static spn_status push(spni_search *s, double *lost, spni_passage *way, bool *has_held,
                       bool *is_through)
{
    spn_status status = SPN_OK;
    double step = s->sign * spni_width_of(s, *lost);
    *is_through = false;
    SPN_TRY(advance(s, *lost, way, has_held));
    for (bool goes_on = *has_held; goes_on;) {
        *is_through = s->f->at_before.beta == s->end;
        if (*is_through) {
            break;
        }
        step *= 2;
        *lost = s->f->at_before.beta + step;
        if (s->sign * (s->end - *lost) < 0) {
            *lost = s->end;
        }
        SPN_TRY(advance(s, *lost, way, &goes_on));
    }
done:
    return status;
}

/* Has the last attempt shown that there is no way from `before` to beta? Another one would end likewise. */
static bool is_known_lost(const spni_search *s, double beta)
{
    return s->lost_from == s->f->at_before.beta && s->lost_at == beta;
}

/* Bisect between `before`, which lies on the branch, and *lost, which could not be reached from it, down to the width wanted or
 * to neighbouring doubles. */
static spn_status bisect(spni_search *s, double *lost, spni_passage *way, bool *is_through)
{
    spn_status status = SPN_OK;
    double least = spni_bracket_at(s, *lost);
    SPNI_INVARIANT(s->sign * (*lost - s->f->at_before.beta) >= 0);
    *is_through = false;
    while (spni_width_of(s, *lost) > least && s->attempts < MOST_ATTEMPTS && !*is_through) {
        bool has_held = false;
        if (spni_forecast_doubts(s, *lost) && !is_known_lost(s, *lost)) {
            SPN_TRY(push(s, lost, way, &has_held, is_through));
            continue;
        }
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

/* Bring the branch's end between `before` and *lost; *is_through: it did not end in the interval. Bisection may have ended at a step
 * that failed only because its start was far away: from the inner end of the bracket the outer one is attempted again. Where
 * that holds the branch goes on, and the bracket moves out in doubled steps until one fails. */
static spn_status locate(spni_search *s, double *lost, spni_passage *way, bool *is_through)
{
    spn_status status = SPN_OK;
    *is_through = false;
    for (bool has_held = true; has_held && !*is_through && s->attempts < MOST_ATTEMPTS;) {
        SPN_TRY(bisect(s, lost, way, is_through));
        has_held = false;
        if (!*is_through && !is_known_lost(s, *lost)) {
            SPN_TRY(push(s, lost, way, &has_held, is_through));
        }
    }
done:
    return status;
}

/* Is the state in work, at the end of the interval and of the bracket, the vertex of a branch point, which
 * belongs to the branches on both sides? On the way to it theta goes like the root of the distance. */
static bool is_vertex(const spni_search *s, double lost)
{
    const spni_follower *f = s->f;
    double expected = 2 * spni_width_of(s, lost) * f->at_before.speed;
    return lost == s->end && !spni_is_last(f, s->end, s->number) &&
           spni_way_of(f) < 2 * expected + SPNI_LEAST_RADIUS * spni_length_of(f, f->before);
}

/* In front of a branch point the solver stalls, where rounding is large beside the critical eigenvalue, and the bracket ends early: behind it
 * the network may stand on the same branch still, only nearer to its end, which is a transition of its own. Then theta has gone the way that
 * the branch goes; what does not suit is the tangent, rounding along the critical mode. Behind a branch point theta has gone like the
 * root of the distance, or labels are others. */
static bool is_on_branch(const spni_search *s, double beta, const spni_foothold *here)
{
    const spni_follower *f = s->f;
    double expected = 2 * spni_width_of(s, beta) * f->at_before.speed;
    return !spni_is_relabelled(f) && here->speed > BLOWN_UP * f->at_before.speed &&
           spni_way_of(f) < expected + ROUNDING_WAY * spni_length_of(f, f->before);
}

/* From `before` over the bracket, wherever the network goes; a transition is sent. It settles at least a tolerance behind the bracket:
 * closer to a fold the way down is below the rounding of L. Where the tangents at both sides explain the way and the solver
 * left no saddle, nothing has happened but a change of labels or a hard step. A transition at the very end of the interval
 * is left to the next, and one at the very begin of a chain is none of its own. */
static spn_status cross(spni_search *s, double lost, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false;
    bool is_first = s->number == 1 && f->at_before.beta == s->begin;
    double beta = lost;
    SPN_TRY(spni_settle(s, fmax(spni_tolerance_at(s, lost), spni_width_of(s, lost)), s->sign, &beta,
                        &info, &is_settled));
    const spni_foothold here = spni_foothold_here(f);
    way->integral += spni_integral_between(&f->at_before, &here);
    if (beta == s->end && is_vertex(s, lost)) {
        spni_accept_point(f);
        goto done;
    }
    s->is_over = !is_settled;
    way->info.stop = info.stop;
    if (!s->is_over && info.escapes == 0 && is_on_branch(s, beta, &here)) {
        f->at_older = f->at_before;
        spni_accept_point(f);
        spni_leave_trace(f);
        spni_forecast_forget(s); /* what was lost lies behind */
        goto done;
    }
    if (s->is_over || info.escapes > 0 || !spni_is_explained(f, beta - f->at_before.beta)) {
        way->is_jump = true;
        s->attempts = 0; /* the limit is one for each transition */
        SPN_TRY(is_first ? SPN_OK : spni_report(s, lost, beta));
    }
    spni_accept_point(f);
    f->at_older = f->at_before;
    spni_forecast_forget(s);
    spni_begin_trail(f);
done:
    return status;
}

/* The interval begins at a branch point, from which no step holds: go back to where the old branch can be
 * stood on. */
static spn_status retreat(spni_search *s, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false, is_positive = false;
    double beta = s->begin;
    SPN_TRY(spni_settle(s, spni_tolerance_at(s, s->begin), -s->sign, &beta, &info, &is_settled));
    /* Not even a tolerance away: the branch is taken from the point itself. */
    if (!is_settled) {
        SPN_TRY(spni_stand_at(f, f->before, s->begin));
        SPN_TRY(spni_take_tangent(f, &is_positive));
    }
    const spni_foothold here = spni_foothold_here(f);
    way->integral += spni_integral_between(&f->at_before, &here);
    spni_accept_point(f);
    f->at_older = f->at_before;
    spni_forecast_forget(s);
done:
    return status;
}

/* The rest of the interval in one run of the user's solver. */
static spn_status finish(spni_search *s, spni_passage *way)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    bool is_positive = false;
    way->is_jump = true;
    SPN_TRY(spn_solver_run(f->context, f->solver, s->end, f->theta, &way->info));
    f->last = way->info;
    f->point = spn_solver_point(f->solver);
    if (way->info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    SPN_TRY(spni_take_tangent(f, &is_positive)); /* that of the last attempt is of another point */
    SPN_TRY(spni_forget_labels(f));
    SPN_TRY(s->is_over ? SPN_OK : spni_report_unresolved(s));
done:
    return status;
}

spn_status spni_refine(spni_follower *f, double end, int64_t number, spni_passage *way)
{
    spn_status status = SPN_OK;
    double begin = f->at_before.beta;
    spni_search s = {.f = f, .begin = begin, .end = end, .number = number};
    s.sign = end > begin ? 1 : -1;
    double step = (end - begin) / SUBSTEPS;
    f->at_older = f->at_before;
    spni_begin_trail(f);
    spni_forecast_forget(&s);
    way->integral = 0;
    while (f->at_before.beta != end && !s.is_over && s.attempts < MOST_ATTEMPTS &&
           s.found + s.valleys < MOST_FOUND) {
        bool has_held = false, is_through = false;
        double next = f->at_before.beta + spni_forecast_bound(&s, step);
        /* No step of a rounding's length is left over at the end. */
        if (s.sign * (end - next) < fabs(next - f->at_before.beta) / 1000) {
            next = end;
        }
        SPN_TRY(advance(&s, next, way, &has_held));
        step *= 2;
        if (has_held) {
            continue;
        }
        SPN_TRY(locate(&s, &next, way, &is_through));
        /* Nothing held from the very beginning: it may be the vertex of a branch point. The first point of a chain has no branch
         * behind it. */
        if (!is_through && f->at_before.beta == begin && number > 1) {
            SPN_TRY(retreat(&s, way));
            SPN_TRY(locate(&s, &next, way, &is_through));
        }
        if (!is_through) {
            SPN_TRY(cross(&s, next, way));
            step = (end - f->at_before.beta) / AFTER_STEPS;
        }
    }
    /* A limit was met, or the state is no minimum: what is left is one step of the user's solver, and said to be unresolved. */
    if (f->at_before.beta != end) {
        memcpy(f->theta, f->before, (size_t)f->parameters * sizeof *f->theta);
        SPN_TRY(finish(&s, way));
    } else if (!s.is_over) {
        way->info.stop = SPN_STOP_CONVERGED;
    }
done:
    return status;
}
