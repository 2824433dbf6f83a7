/* SPDX-License-Identifier: MIT */
/* What the search sends: a transition with both sides and the way to it, or an interval that it does not
 * understand. */
#include "sweep/search.h"

#include <math.h>
#include <string.h>

/* Ten times what the solver takes for 0. */
static const double VALLEY_SHARE = 1e-8;

/* One side of the transition: the state in work. */
static spn_status measure_side(spni_follower *f, int side)
{
    spn_sweep_jump *jump = &f->message->jump;
    const spn_state_wish wish = {.labels = &f->labels,
                                 .geometry = f->geometry,
                                 .wanted = SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY};
    memcpy(f->message->theta + side * f->parameters, f->theta,
           (size_t)f->parameters * sizeof *f->theta);
    return spni_measure_state(f, &wish, side == 0 ? &jump->before : &jump->after);
}

/* Is the change of n more than the slopes on both sides explain? Where |t|^2 goes like 1/r, as before
 * a fold, n still changes by 2 r times its slope; r from the last two points of the branch. At a
 * branch point the solver cannot tell 0 from eigenvalues up to 1e-9 of the largest, nor from the weights that
 * belong to them: that is the rounding. Where theta vanishes on both sides, as lengths go, nothing jumps. */
static bool is_discontinuous(const spn_objective *objective, const spni_foothold *older,
                             const spni_foothold *before, const spni_foothold *after)
{
    const double margin = 2, rounding = 1e-8;
    double longest = fmax(after->order, before->order);
    double width = fabs(after->beta - before->beta);
    double reach = fmin(width, spni_fold_distance(older, before));
    double explained = 2 * fabs(before->slope) * reach + 2 * fabs(after->slope) * width;
    double change = fabs(after->order - before->order);
    double length = SPN_WEIGHT_FLOOR * spn_objective_scales(objective).weight;
    return longest > length * length && change > margin * explained + rounding * longest;
}

static void start_jump(spni_search *s, double lost)
{
    spni_follower *f = s->f;
    const spni_foothold *before = &f->at_before;
    double width = spni_width_of(s, lost), beta = before->beta + (lost - before->beta) / 2;
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
                         .resolved = width <= spni_tolerance_at(s, beta),
                         .settled = !s->is_over};
}

/* The approach, from `before`. The inner end of a bracket may be the vertex of a branch point, from which no
 * step holds: then from where the old branch can be stood on. It is the same branch when theta went like a
 * root of the distance at most. */
static spn_status measure_approach(spni_search *s, double lost)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_solver_info info;
    bool is_settled = false;
    const spn_sweep_jump *jump = &f->message->jump;
    double beta = jump->beta_before, origin = beta;
    double least = spni_width_of(s, lost) / f->problem->settings->refine_tolerance;
    if (f->is_by_products) {
        spni_retrace(f);
        goto done;
    }
    double scale = fmax(spni_scale_at(s, jump->beta), least);
    SPN_TRY(spni_approach(f, scale, -s->sign));
    if (f->message->approach_count > 0) {
        goto done;
    }
    SPN_TRY(spni_stand_at(f, f->message->theta, origin));
    SPN_TRY(spni_take_tangent(f, &is_settled));
    spni_accept_point(f);
    SPN_TRY(spni_settle(s, spni_tolerance_at(s, beta), -s->sign, &beta, &info, &is_settled));
    double expected = 2 * fabs(beta - origin) * spn_norm(f->parameters, f->ahead);
    if (is_settled &&
        spni_way_of(f) < 2 * expected + SPNI_LEAST_RADIUS * spni_length_of(f, f->before)) {
        spni_accept_point(f);
        SPN_TRY(spni_approach(f, scale, -s->sign));
    }
done:
    return status;
}

/* At beta = 0 the minima of E are not isolated: the regulariser alone gives the Hessian its smallest
 * eigenvalues, 2 beta for the ridge. Where they cannot be told from 0 nothing is a transition. */
static bool is_valley(const spni_search *s)
{
    const spni_follower *f = s->f;
    const spn_sweep_jump *jump = &f->message->jump;
    double beta = fmax(fabs(jump->beta_before), fabs(jump->beta_after));
    double stiffness = spn_objective_stiffness(f->problem->objective, beta);
    double largest = fmax(jump->before.eigenvalue_max_loss, jump->after.eigenvalue_max_loss);
    return spn_point_error(f->point) != f->point && stiffness < VALLEY_SHARE * largest;
}

/* Both sides of what lies between `before`, which is kept in the message, and the point in work. */
static spn_status measure_sides(spni_search *s, const spni_foothold *older,
                                const spni_foothold *before)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    bool is_positive = false;
    const spni_foothold after = spni_foothold_here(f);
    SPN_TRY(measure_side(f, 1));
    SPN_TRY(spni_stand_at(f, f->message->theta, before->beta));
    f->at_before.active = before->active;
    SPN_TRY(spni_take_tangent(f, &is_positive));
    SPN_TRY(measure_side(f, 0));
    f->message->jump.survives =
        s->is_over || is_discontinuous(f->problem->objective, older, before, &after);
done:
    return status;
}

spn_status spni_report(spni_search *s, double lost, double settled)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    bool is_positive = false;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    const spni_foothold older = f->at_older, before = f->at_before;
    start_jump(s, lost);
    SPN_TRY(spni_forget_labels(f));
    memcpy(f->anchor, f->theta, bytes);
    memcpy(f->message->theta, f->before, bytes);
    if (!s->is_over) {
        SPN_TRY(spni_come_near(s, lost));
    }
    SPN_TRY(measure_sides(s, &older, &before));
    spni_accept_point(f);
    SPN_TRY(measure_approach(s, lost));
    if (!is_valley(s)) {
        SPN_TRY(spn_pool_send(f->context, f->channel, f->message));
    } else {
        s->found--;
        s->valleys++;
    }
    SPN_TRY(spni_stand_at(f, f->anchor, settled));
    SPN_TRY(spni_take_tangent(f, &is_positive));
    SPN_TRY(spni_forget_labels(f));
done:
    return status;
}

spn_status spni_report_unresolved(spni_search *s)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    spn_sweep_jump *jump = &f->message->jump;
    bool is_positive = false;
    size_t bytes = (size_t)f->parameters * sizeof *f->theta;
    const spni_foothold before = f->at_before;
    start_jump(s, s->end);
    jump->resolved = 0;
    f->message->approach_count = 0;
    memcpy(f->anchor, f->theta, bytes);
    memcpy(f->message->theta, f->before, bytes);
    SPN_TRY(measure_sides(s, &before, &before));
    jump->settled = jump->after.stationary;
    if (!is_valley(s)) {
        SPN_TRY(spn_pool_send(f->context, f->channel, f->message));
    }
    SPN_TRY(spni_stand_at(f, f->anchor, s->end));
    SPN_TRY(spni_take_tangent(f, &is_positive));
    SPN_TRY(spni_forget_labels(f));
done:
    return status;
}
