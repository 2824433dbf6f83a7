/* SPDX-License-Identifier: MIT */
/* Pseudo-arclength continuation, step by step.
 *
 *   predict:  u = u_0 + h t_0 + h^2/2 t_0'      (t_0' from the last step)
 *   correct:  Newton's method on grad L = 0 in the plane t_0 . (u - u_0) = h
 *   judge:    converged, near the prediction; angle(t_0, t_1) small; the tangents at both ends explain the
 *             way: |u_1 - u_0 - h (t_0 + t_1) / 2| small; no eigenvalues that cross zero both ways
 *   control:  half the step after a bad one; otherwise towards the angle asked for, at most doubled
 *
 * The third test is what keeps a step from hopping to a close-by branch: along one smooth branch the
 * remainder is O(h^3), and a hop adds the distance of the branches. */
#include "continuation/continuation.h"

#include <math.h>
#include <string.h>

/* Shortest step, in lengths of the frame. */
static const double STEP_LEAST = 1e-7;
/* A step across eigenvalues that cross zero both ways is made shorter down to this: mostly they separate. */
static const double STEP_TANGLED = 1e-4;
/* The corrector's way and the remainder of the tangents, as shares of the step. */
static const double REACH_SHARE = 0.5;
static const double REMAINDER_SHARE = 0.02;
/* More corrections than this: the next step is shorter. */
enum { CORRECTIONS_GOOD = 4 };

spn_status spni_tracer_create(spni_frame *frame, const spn_branches_settings *settings,
                              spni_tracer *tracer)
{
    spn_status status = SPN_OK;
    spn_context *context = frame->context;
    *tracer = (spni_tracer){.frame = frame, .settings = settings};
    SPN_TRY(spni_place_create(context, frame->n, &tracer->at));
    SPN_TRY(spni_place_create(context, frame->n, &tracer->next));
    SPN_TRY(spni_place_create(context, frame->n, &tracer->low));
    SPN_TRY(spni_place_create(context, frame->n, &tracer->high));
    SPN_TRY(spni_place_create(context, frame->n, &tracer->mid));
    SPN_NEW(context, tracer->bend, frame->n + 1);
    SPN_NEW(context, tracer->theta, frame->n);
done:
    return status;
}

void spni_tracer_free(spni_tracer *tracer)
{
    if (tracer->frame == NULL) {
        return;
    }
    spn_context *context = tracer->frame->context;
    spni_place_free(context, &tracer->at);
    spni_place_free(context, &tracer->next);
    spni_place_free(context, &tracer->low);
    spni_place_free(context, &tracer->high);
    spni_place_free(context, &tracer->mid);
    spn_release(context, tracer->bend);
    spn_release(context, tracer->theta);
}

/* |u_1 - u_0 - h (t_0 + t_1) / 2| in the metric. */
static double remainder_of(const spni_frame *frame, const spni_place *a, const spni_place *b,
                           double h)
{
    double sum = 0;
    for (int64_t i = 0; i < frame->n; i++) {
        double rest = b->theta[i] - a->theta[i] - h * (a->tangent[i] + b->tangent[i]) / 2;
        sum += rest * rest;
    }
    double rest = b->beta - a->beta - h * (a->beta_slope + b->beta_slope) / 2;
    return sqrt(sum + frame->metric * frame->metric * rest * rest);
}

bool spni_is_event_between(const spni_place *a, const spni_place *b)
{
    return a->index != b->index || (a->beta_slope < 0) != (b->beta_slope < 0);
}

static double angle_between(const spni_frame *frame, const spni_place *a, const spni_place *b)
{
    double cosine = spni_inner(frame, a->tangent, a->beta_slope, b->tangent, b->beta_slope);
    return acos(fmin(fmax(cosine, -1), 1));
}

static bool is_step_good(const spni_tracer *tracer, double h)
{
    const spni_frame *frame = tracer->frame;
    const spni_place *a = &tracer->at, *b = &tracer->next;
    double angle = angle_between(frame, a, b);
    spni_turned fall, rise;
    spni_find_turned(frame->n, a, b, &fall, &rise);
    bool is_crossed = fall.count > 0 && rise.count > 0;
    bool is_short = h <= STEP_TANGLED * frame->length;
    return angle <= 1.5 * tracer->settings->angle &&
           remainder_of(frame, a, b, h) <= REMAINDER_SHARE * h && (!is_crossed || is_short);
}

/* The point at distance h along the branch, into `next`. */
static spn_status try_step(spni_tracer *tracer, double h, int64_t *corrections, bool *is_converged)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    const spni_place *at = &tracer->at;
    int64_t n = frame->n;
    spni_newton_info info;
    double beta = at->beta + h * at->beta_slope + h * h / 2 * tracer->bend[n];
    memcpy(tracer->theta, at->theta, (size_t)n * sizeof *tracer->theta);
    spn_axpy(n, h, at->tangent, tracer->theta);
    spn_axpy(n, h * h / 2, tracer->bend, tracer->theta);
    const spni_condition plane = {.kind = SPNI_PLANE,
                                  .row = at->tangent,
                                  .row_beta = at->beta_slope,
                                  .origin = at->theta,
                                  .origin_beta = at->beta,
                                  .target = h};
    SPN_TRY(spni_newton_solve(frame, &plane, REACH_SHARE * h, tracer->theta, &beta, &info));
    *is_converged = info.is_converged;
    *corrections = info.steps;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, at, &tracer->next));
    }
done:
    return status;
}

/* `next` has left the range: the point of the arc on its end replaces it. */
static spn_status stop_at_boundary(spni_tracer *tracer, bool *is_converged, double *length)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    const spni_place *a = &tracer->at, *b = &tracer->next;
    double bound = b->beta < frame->beta_from ? frame->beta_from : frame->beta_to;
    double share = (bound - a->beta) / (b->beta - a->beta), beta = bound;
    spni_newton_info info;
    for (int64_t i = 0; i < frame->n; i++) {
        tracer->theta[i] = a->theta[i] + share * (b->theta[i] - a->theta[i]);
    }
    const spni_condition level = {.kind = SPNI_LEVEL, .target = bound};
    SPN_TRY(spni_newton_solve(frame, &level, (double)INFINITY, tracer->theta, &beta, &info));
    *is_converged = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, tracer->theta, bound, a, &tracer->next));
        *length = spni_distance(frame, a, &tracer->next);
    }
done:
    return status;
}

static double longest_step(const spni_tracer *tracer)
{
    const spni_frame *frame = tracer->frame;
    return tracer->settings->step * fmax(frame->length, sqrt(tracer->at.order));
}

void spni_tracer_adapt(spni_tracer *tracer, double length, int64_t corrections)
{
    double angle = angle_between(tracer->frame, &tracer->at, &tracer->next);
    double growth = fmin(2, fmax(0.5, tracer->settings->angle / fmax(angle, 1e-6)));
    tracer->step = length * (corrections > CORRECTIONS_GOOD ? fmin(growth, 0.7) : growth);
}

spn_status spni_tracer_step(spni_tracer *tracer, spni_step_end *end, double *length,
                            int64_t *corrections)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    double h = fmin(tracer->step, longest_step(tracer));
    *end = SPNI_STEP_LOST;
    for (; h >= STEP_LEAST * frame->length; h /= 2) {
        bool is_converged = false;
        *length = h;
        SPN_TRY(try_step(tracer, h, corrections, &is_converged));
        if (!is_converged || !is_step_good(tracer, h)) {
            continue;
        }
        *end = SPNI_STEP_DONE;
        if (!spni_is_inside(frame, tracer->next.beta)) {
            SPN_TRY(stop_at_boundary(tracer, &is_converged, length));
            if (!is_converged) {
                *end = SPNI_STEP_LOST;
                continue;
            }
            *end = SPNI_STEP_BOUNDARY;
        }
        spni_tracer_adapt(tracer, h, *corrections);
        break;
    }
done:
    return status;
}

void spni_tracer_accept(spni_tracer *tracer, double length)
{
    int64_t n = tracer->frame->n;
    for (int64_t i = 0; i < n; i++) {
        tracer->bend[i] = (tracer->next.tangent[i] - tracer->at.tangent[i]) / length;
    }
    tracer->bend[n] = (tracer->next.beta_slope - tracer->at.beta_slope) / length;
    spni_place_swap(&tracer->at, &tracer->next);
}

/* Cubic Hermite interpolation of the arc, corrected in the plane across its chord. */
spn_status spni_between(spni_tracer *tracer, const spni_place *a, const spni_place *b, double share,
                        const double *stiff, int64_t stiff_count, spni_place *out,
                        bool *is_converged)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    int64_t n = frame->n;
    double h = spni_distance(frame, a, b), x = share;
    double h10 = x * (1 - x) * (1 - x) * h, h01 = x * x * (3 - 2 * x), h11 = x * x * (x - 1) * h;
    double beta = a->beta + h01 * (b->beta - a->beta) + h10 * a->beta_slope + h11 * b->beta_slope;
    double target = 0;
    spni_newton_info info;
    for (int64_t i = 0; i < n; i++) {
        tracer->theta[i] = a->theta[i] + h01 * (b->theta[i] - a->theta[i]) + h10 * a->tangent[i] +
                           h11 * b->tangent[i];
        target += a->tangent[i] * (tracer->theta[i] - a->theta[i]);
    }
    target += frame->metric * frame->metric * a->beta_slope * (beta - a->beta);
    const spni_condition plane = {.kind = SPNI_PLANE,
                                  .row = a->tangent,
                                  .row_beta = a->beta_slope,
                                  .origin = a->theta,
                                  .origin_beta = a->beta,
                                  .target = target,
                                  .stiff = stiff,
                                  .stiff_count = stiff_count};
    SPN_TRY(spni_newton_solve(frame, &plane, h, tracer->theta, &beta, &info));
    *is_converged = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, out));
    }
done:
    return status;
}
