/* SPDX-License-Identifier: MIT */
/* One step along a branch: the tangent t = dtheta/dbeta = -H^+ d(grad L)/dbeta (T10) as predictor, and as
 * judge of the way that theta went.
 *
 * Along a smooth branch theta_1 - theta_0 = h (t_0 + t_1) / 2 + O(h^3), and t_0 and t_1 are of about the same
 * length. A step that is neither is no piece of a smooth branch: a jump or a bifurcation lies in it, or the step is
 * too coarse, which smaller ones tell apart. */
#include "sweep/follower.h"

#include <math.h>
#include <string.h>

/* A predictor step is at most this share of |theta|: near a fold the tangent is no longer a forecast. */
static const double PREDICTOR_SHARE = 0.1;
/* Ends of a branch differ in |t| by more than this factor, pieces of it do not: at a distance r from a fold
 * |t| goes like r^(-1/2), so that steps up to 15/16 of the distance pass. */
static const double SPEED_RATIO = 4;

spn_status spni_take_labels(spni_follower *f)
{
    spn_status status = spn_point_labels(f->context, f->point, &f->labels);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(f->context);
        status = SPN_OK;
    }
    if (spni_is_passing(f)) {
        f->labels.active_modes = f->labels.learned_modes;
    } else {
        spn_labels_settle(&f->labels, f->has_before ? f->at_before.active : -1,
                          spn_solver_direction_share(f->problem->solver));
    }
    return status;
}

/* Forms of the tangent are right to about the square of this. */
static const double TANGENT_TOLERANCE = 1e-5;
/* Those of attempts judge and foretell, and susceptibilities on the way to a transition are made of them. */
static const double TANGENT_TRIED = 1e-3;

spn_status spni_compute_tangent(spni_follower *f, const spn_point *point, double shift,
                                bool *is_positive)
{
    spn_status status = SPN_OK;
    if (!f->is_by_products) {
        return spni_tangent_of_minimum(f->context, point, shift, f->factor, f->ahead, is_positive);
    }
    SPN_TRY(spn_solver_tangent(f->context, f->solver, point->parameter, point->theta,
                               f->is_trying ? TANGENT_TRIED : TANGENT_TOLERANCE, f->ahead,
                               &f->answer));
    f->point = spn_solver_point(f->solver);
    *is_positive =
        f->answer.is_solved && f->answer.is_positive && f->last.negative_eigenvalues <= 0;
done:
    return status;
}

void spni_predict(spni_follower *f, double step)
{
    double length = fabs(step) * spn_norm(f->parameters, f->tangent);
    double allowed = PREDICTOR_SHARE * spn_norm(f->parameters, f->before);
    double scale = length > allowed ? step * (allowed / length) : step;
    memcpy(f->theta, f->before, (size_t)f->parameters * sizeof *f->theta);
    spn_axpy(f->parameters, scale, f->tangent, f->theta);
}

spni_foothold spni_foothold_here(const spni_follower *f)
{
    const spn_point *point = f->point;
    const spn_objective *objective = f->problem->objective;
    double root = spn_objective_order_root(objective, point->theta);
    return (spni_foothold){.beta = point->parameter,
                           .loss = point->value,
                           .by_parameter = point->parameter_value,
                           .order = root * root,
                           .slope = spn_objective_order_along(objective, point->theta, f->ahead),
                           .speed = spn_norm(f->parameters, f->ahead),
                           .active = f->labels.active_modes,
                           .merged = f->labels.merged_units};
}

/* |theta| of the longer one of both points, where it is a length. */
static double longer_of(const spni_follower *f)
{
    const spn_objective *objective = f->problem->objective;
    return fmax(spn_objective_length(objective, f->theta),
                spn_objective_length(objective, f->before));
}

bool spni_leaves_unexplained(const spni_follower *f, double step, double least, double share)
{
    double moved = 0, rest = 0;
    for (int64_t i = 0; i < f->parameters; i++) {
        double way = f->theta[i] - f->before[i];
        double remainder = way - step * (f->tangent[i] + f->ahead[i]) / 2;
        moved += way * way;
        rest += remainder * remainder;
    }
    return sqrt(moved) > least * longer_of(f) && sqrt(rest) > share * sqrt(moved);
}

bool spni_is_unexplained(const spni_follower *f, double step, double least)
{
    return spni_leaves_unexplained(f, step, least, 0.5);
}

bool spni_is_bent(const spni_follower *f, double step, double least)
{
    double behind = f->at_before.speed, here = spn_norm(f->parameters, f->ahead);
    return fabs(step) * fmax(behind, here) > least * longer_of(f) &&
           fmax(behind, here) > SPEED_RATIO * fmin(behind, here);
}

bool spni_is_last(const spni_follower *f, double beta, int64_t number)
{
    const spni_chain *chain = f->chain;
    return chain->is_paced ? spni_pace_place(&f->rule, beta) == chain->end
                           : number == chain->count - 1;
}

bool spni_is_weak(const spni_follower *f)
{
    double least = f->problem->settings->refine_least;
    const spni_foothold here = spni_foothold_here(f), *before = &f->at_before;
    double step = here.beta - before->beta, bend = here.slope - before->slope;
    double smooth = step * (here.slope + before->slope) / 2;
    double change = fabs(here.order - before->order - smooth);
    /* Steps that the chain chooses may be so long that the rule itself is off by more than that: of slopes like a power of beta by about
     * so much, which could hide a jump. */
    double unsure = f->rule.is_on && bend != 0
                        ? fabs(step) * bend * bend / (4 * (fabs(here.slope) + fabs(before->slope)))
                        : 0;
    return least > 0 && change + unsure <= least * fmax(here.order, before->order);
}

bool spni_is_relabelled(const spni_follower *f)
{
    /* In wide networks units merge at every other point of a grid. */
    return f->labels.active_modes != f->at_before.active ||
           (f->labels.merged_units != f->at_before.merged && !f->is_by_products);
}

spn_status spni_forget_labels(spni_follower *f)
{
    f->at_before.active = -1;
    return spni_take_labels(f);
}

/* h (n_a + n_b) / 2 + h^2 (n'_a - n'_b) / 12. */
double spni_integral_between(const spni_foothold *a, const spni_foothold *b)
{
    double h = b->beta - a->beta;
    return h * (a->by_parameter + b->by_parameter) / 2 + h * h * (a->slope - b->slope) / 12;
}

void spni_accept_point(spni_follower *f)
{
    size_t bytes = (size_t)f->parameters * sizeof *f->before;
    memcpy(f->before, f->point->theta, bytes);
    memcpy(f->tangent, f->ahead, bytes);
    f->at_before = spni_foothold_here(f);
}
