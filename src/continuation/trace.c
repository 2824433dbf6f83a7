/* SPDX-License-Identifier: MIT */
/* Pseudo-arclength continuation, step by step: predicted, judged and controlled as in branch_step.c, corrected by Newton's method on
 * grad L = 0 in the plane t_0 . (u - u_0) = h, and good if no eigenvalues cross zero both ways. */
#include "continuation/branch_step.h"
#include "continuation/continuation.h"

#include <math.h>
#include <string.h>

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

static spni_spot spot_of(const spni_place *place)
{
    return (spni_spot){place->theta, place->tangent, place->beta, place->beta_slope};
}

static spni_course course_of(const spni_tracer *tracer)
{
    return (spni_course){tracer->frame->n, tracer->frame->metric, tracer->settings->angle};
}

bool spni_is_event_between(const spni_place *a, const spni_place *b)
{
    return a->index != b->index || (a->beta_slope < 0) != (b->beta_slope < 0);
}

static bool is_step_good(const spni_tracer *tracer, double h)
{
    const spni_frame *frame = tracer->frame;
    const spni_course course = course_of(tracer);
    const spni_spot a = spot_of(&tracer->at), b = spot_of(&tracer->next);
    spni_turned fall, rise;
    spni_find_turned(frame->n, &tracer->at, &tracer->next, &fall, &rise);
    bool is_crossed = fall.count > 0 && rise.count > 0;
    bool is_short = h <= SPNI_STEP_TANGLED * frame->length;
    return spni_step_is_smooth(&course, &a, &b, h) && (!is_crossed || is_short);
}

/* The point at distance h along the branch, into `next`. */
static spn_status try_step(spni_tracer *tracer, double h, int64_t *corrections, bool *is_converged)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    const spni_spot at = spot_of(&tracer->at);
    const spni_condition plane = spni_step_plane(&at, h);
    double beta = 0;
    spni_newton_info info;
    spni_step_predict(frame->n, &at, h, tracer->bend, tracer->theta, &beta);
    SPN_TRY(spni_newton_solve(frame, &plane, SPNI_STEP_REACH * h, tracer->theta, &beta, &info));
    *is_converged = info.is_converged;
    *corrections = info.steps;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, &tracer->at, &tracer->next));
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
    return spni_step_longest(tracer->settings->step, frame->length, tracer->at.order);
}

void spni_tracer_adapt(spni_tracer *tracer, double length, int64_t corrections)
{
    const spni_course course = course_of(tracer);
    const spni_spot a = spot_of(&tracer->at), b = spot_of(&tracer->next);
    tracer->step = spni_step_adapt(&course, &a, &b, length, corrections);
}

spn_status spni_tracer_step(spni_tracer *tracer, spni_step_end *end, double *length,
                            int64_t *corrections)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    double h = fmin(tracer->step, longest_step(tracer));
    *end = SPNI_STEP_LOST;
    for (; h >= SPNI_STEP_LEAST * frame->length; h /= 2) {
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
    const spni_spot a = spot_of(&tracer->at), b = spot_of(&tracer->next);
    spni_step_bend(tracer->frame->n, &a, &b, length, tracer->bend);
    spni_place_swap(&tracer->at, &tracer->next);
}

/* Cubic Hermite interpolation of the arc, corrected in the plane across its chord. */
spn_status spni_between(spni_tracer *tracer, const spni_place *a, const spni_place *b, double share,
                        const double *stiff, int64_t stiff_count, spni_place *out,
                        bool *is_converged)
{
    spn_status status = SPN_OK;
    spni_frame *frame = tracer->frame;
    const spni_course course = course_of(tracer);
    const spni_spot from = spot_of(a), to = spot_of(b);
    double h = spni_distance(frame, a, b), beta = 0;
    spni_newton_info info;
    spni_condition plane = spni_step_between(&course, &from, &to, h, share, tracer->theta, &beta);
    plane.stiff = stiff;
    plane.stiff_count = stiff_count;
    SPN_TRY(spni_newton_solve(frame, &plane, h, tracer->theta, &beta, &info));
    *is_converged = info.is_converged;
    if (info.is_converged) {
        SPN_TRY(spni_linearise(frame, tracer->theta, beta, a, out));
    }
done:
    return status;
}
