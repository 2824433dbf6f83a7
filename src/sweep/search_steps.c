/* SPDX-License-Identifier: MIT */
/* Steps of the search for transitions: attempts along a branch, descents from its end. */
#include "sweep/search.h"

#include <math.h>
#include <string.h>

enum {
    ATTEMPT_ITERATIONS = 8,
    ATTEMPT_BY_PRODUCTS = 50,
    ATTEMPT_PACED =
        25, /* those that hold take 2 to 4, or up to 20 over what refine_least passes over */
    MOST_SETTLINGS = 8,
    MOST_RESTARTS = 4,
    MOST_RETURNS = 16
};
/* Regularises the tangent: less than the least critical eigenvalue of interest. */
static const double TANGENT_SHIFT = 1e-13;
/* A saddle where n has changed by so many times what counts as a jump is none of this phase. */
static const double GONE = 1.5;
/* Ways below this share of |theta| are rounding and the solver's tolerance. */
static const double LEAST_WAY = 1e-7;
static const double WAY_MOST = 8, WAY_LEAST = 1e-6;
/* The descent behind a branch's end goes in steps of this share of |theta|, or of the solver's trust radius:
 * like a gradient flow it does not hop over barriers. */
static const double DESCENT_SHARE = 0.05, DESCENT_RADIUS = 0.1;

spn_status spni_take_tangent(spni_follower *f, bool *is_positive)
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
    f->last = *info;
    if (info->stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(f->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
done:
    return status;
}

double spni_length_of(const spni_follower *f, const double *theta)
{
    return spn_objective_length(f->problem->objective, theta);
}

bool spni_is_explained(const spni_follower *f, double step)
{
    return !spni_is_unexplained(f, step, LEAST_WAY) && !spni_is_bent(f, step, LEAST_WAY);
}

/* Where the tangents at both ends explain at least half of the way of theta and |t| has grown four times at most, the way is at most five times the predicted one,
 * and from the predicted point six times: an attempt that is further away is lost. */
static double way_most(const spni_follower *f, double step)
{
    return WAY_MOST * fabs(step) * f->at_before.speed + WAY_LEAST * spni_length_of(f, f->before);
}

spn_status spni_attempt(spni_follower *f, double beta, spni_verdict *verdict)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    bool is_positive = false;
    double step = beta - f->at_before.beta;
    double radius =
        2 * fabs(step) * f->at_before.speed + SPNI_LEAST_RADIUS * spni_length_of(f, f->before);
    bool passes_weak = f->problem->settings->refine_least > 0;
    int64_t longer = f->rule.is_on ? ATTEMPT_PACED : ATTEMPT_BY_PRODUCTS;
    int64_t most = f->is_by_products || passes_weak ? longer : ATTEMPT_ITERATIONS;
    const spn_solver_bounds bounds = {radius,
                                      radius,
                                      most,
                                      !passes_weak,
                                      GONE * f->problem->settings->refine_least,
                                      passes_weak ? 0 : way_most(f, step)};
    *verdict = SPNI_LOST;
    spni_predict(f, step);
    SPN_TRY(run_newton(f, &bounds, beta, &info));
    if (info.stop != SPN_STOP_CONVERGED || info.negative_eigenvalues > 0 ||
        (info.escapes > 0 && !passes_weak)) {
        goto done;
    }
    f->is_trying = true;
    status = spni_take_tangent(f, &is_positive);
    f->is_trying = false;
    SPN_TRY(status);
    if (is_positive && spni_is_weak(f)) {
        *verdict = SPNI_HOLDS;
    } else if (is_positive && info.escapes == 0 && spni_is_explained(f, step)) {
        *verdict = spni_is_relabelled(f) ? SPNI_RELABELLED : SPNI_HOLDS;
    }
done:
    return status;
}

double spni_scale_at(const spni_search *s, double beta)
{
    bool has_zero = s->begin * s->end <= 0;
    return fmax(fabs(beta), has_zero ? fabs(s->end - s->begin) : 0);
}

double spni_tolerance_at(const spni_search *s, double beta)
{
    return s->f->problem->settings->refine_tolerance * spni_scale_at(s, beta);
}

double spni_bracket_at(const spni_search *s, double beta)
{
    double share = s->f->is_by_products ? SPNI_BRACKET_BY_PRODUCTS : SPNI_BRACKET_SHARE;
    return share * spni_tolerance_at(s, beta);
}

double spni_width_of(const spni_search *s, double beta)
{
    return fabs(beta - s->f->at_before.beta);
}

double spni_fold_distance(const spni_foothold *older, const spni_foothold *before)
{
    double ratio = before->speed * before->speed / (older->speed * older->speed);
    return ratio > 1 ? fabs(before->beta - older->beta) / (ratio - 1) : (double)INFINITY;
}

spn_status spni_stand_at(spni_follower *f, const double *theta, double beta)
{
    spn_solver_info info;
    const spn_solver_bounds none = {1, 1, 0, true, 0, 0};
    memcpy(f->theta, theta, (size_t)f->parameters * sizeof *f->theta);
    return run_newton(f, &none, beta, &info);
}

double spni_way_of(const spni_follower *f)
{
    double sum = 0;
    for (int64_t i = 0; i < f->parameters; i++) {
        sum += (f->theta[i] - f->before[i]) * (f->theta[i] - f->before[i]);
    }
    return sqrt(sum);
}

spn_status spni_come_near(spni_search *s, double lost)
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
    SPN_TRY(spni_stand_at(f, f->before, f->at_before.beta));
    SPN_TRY(spni_take_tangent(f, &is_positive));
done:
    return status;
}

/* Solve at beta from `before`, wherever the network goes; *is_settled: it is in a minimum. */
static spn_status descend(spni_search *s, double beta, spn_solver_info *info, bool *is_settled)
{
    spn_status status = SPN_OK;
    spni_follower *f = s->f;
    const spn_solver_settings *settings = f->problem->solver;
    double radius = fmax(DESCENT_SHARE * spni_length_of(f, f->before),
                         DESCENT_RADIUS * settings->trust_radius *
                             spn_objective_scales(f->problem->objective).weight);
    spn_solver_bounds bounds = {radius, radius, settings->max_iterations, false, 0, 0};
    spni_predict(f, beta - f->at_before.beta);
    SPN_TRY(run_newton(f, &bounds, beta, info));
    for (int k = 0; info->stop == SPN_STOP_STALLED && k < MOST_RESTARTS; k++) {
        int64_t escapes = info->escapes;
        bounds.trust_radius = fmin(info->distance * spni_length_of(f, f->theta) / 4, radius);
        SPN_TRY(run_newton(f, &bounds, beta, info));
        info->escapes += escapes;
    }
    SPN_TRY(spni_take_tangent(f, is_settled));
    *is_settled = *is_settled && info->stop == SPN_STOP_CONVERGED;
done:
    return status;
}

spn_status spni_settle(spni_search *s, double behind, double sign, double *beta,
                       spn_solver_info *info, bool *is_settled)
{
    spn_status status = SPN_OK;
    bool is_at_end = false;
    *is_settled = false;
    for (int k = 0; !*is_settled && !is_at_end && k < MOST_SETTLINGS; k++, behind *= 4) {
        *beta = s->f->at_before.beta + sign * behind;
        is_at_end = sign == s->sign && s->sign * (s->end - *beta) < behind;
        *beta = is_at_end ? s->end : *beta;
        if (!is_at_end && spni_is_beyond(s->f, *beta)) {
            break;
        }
        SPN_TRY(descend(s, *beta, info, is_settled));
    }
done:
    return status;
}
