/* SPDX-License-Identifier: MIT */
/* The fold near a point: down |grad L| to its ghost, where H grad L = 0, and from there Newton's method on the augmented
 * system of fold_system.c. */
#include "stationary/nearest.h"

#include <math.h>
#include <string.h>

enum { FOLD_STEPS_MOST = 40 };
/* Longest step, and steps that have converged, or cannot shrink for the rounding of the third derivative: shares of the
 * length of theta. */
static const double STEP_LONGEST = 0.2, STEP_SMALL = 1e-9, STEP_ROUNDING = 1e-5;
/* A gradient that turns its parameter's way by less than this share of it: a branch point, no fold. */
static const double DRIVEN_LEAST = 1e-6;

/* The eigenvector closest to the kernel, as the direction of a fold. */
static void take_direction(const spni_nearest *s, spni_fold *fold)
{
    int64_t n = s->frame->n, critical = spni_softest(n, s->place.values);
    memcpy(fold->w, s->place.vectors + critical * n, (size_t)n * sizeof *fold->w);
}

/* Newton's method on the augmented system from s->theta, with longer steps cut; not found beyond the reach. */
static spn_status solve_fold(spni_nearest *s, spni_fold *fold, double *beta, bool *is_found)
{
    spn_status status = SPN_OK;
    int64_t n = s->frame->n;
    double before = (double)INFINITY;
    *is_found = false;
    for (int k = 0; k < FOLD_STEPS_MOST; k++) {
        spni_newton_step step;
        status = spni_fold_step(s->frame, s->theta, *beta, fold, &step);
        if (status == SPN_ERROR_NUMERIC) {
            spn_error_clear(s->frame->context);
            return SPN_OK;
        }
        SPN_TRY(status);
        double length = spn_norm(n, step.theta), size = spni_nearest_length(s);
        double most = STEP_LONGEST * size, share = length > most ? most / length : 1;
        if (step.is_singular || !isfinite(length) || !isfinite(step.beta)) {
            return SPN_OK;
        }
        spn_axpy(n, share, step.theta, s->theta);
        *beta += share * step.beta;
        if (spni_nearest_way(s, s->theta) > s->way_most) {
            return SPN_OK;
        }
        *is_found =
            length <= STEP_SMALL * size || (length <= STEP_ROUNDING * size && length > before / 4);
        if (*is_found) {
            return SPN_OK;
        }
        before = length;
    }
done:
    return status;
}

/* Eigenvectors have no sign of their own: the largest component is made positive, so that drift and bend, which turn with it, do not
 * depend on the eigensolver. */
static void orient(int64_t n, double *v)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < n; i++) {
        largest = fabs(v[i]) > fabs(v[largest]) ? i : largest;
    }
    const double sign = v[largest] < 0 ? -1 : 1;
    for (int64_t i = 0; i < n; i++) {
        v[i] *= sign;
    }
}

/* Drift and bend of the flow along w at the located point; no fold where beta does not drive it. */
static spn_status measure_fold(spni_nearest *s, double beta, spni_fold *fold, spn_near_record *out)
{
    spn_status status = SPN_OK;
    spni_frame *frame = s->frame;
    int64_t n = frame->n;
    SPN_TRY(spni_linearise(frame, s->theta, beta, NULL, &s->place));
    take_direction(s, fold);
    orient(n, fold->w);
    /* w . d(grad L)/dbeta. Zero at a branch point: there the branch goes on in beta, and is no fold. */
    double drive = spn_dot(n, fold->w, s->place.drive);
    if (fabs(drive) > DRIVEN_LEAST * spn_norm(n, s->place.drive)) {
        SPN_TRY(spni_third_derivative(frame, s->theta, beta, fold->w, fold->slope));
        spni_near_fill(s, beta, out);
        out->drift = -drive;
        out->bend = -0.5 * spn_dot(n, fold->w, fold->slope);
    }
done:
    return status;
}

spn_status spn_fold_near(spn_context *context, const spn_objective *objective, double beta,
                         double reach, double *theta, double *vector, spn_near_record *out)
{
    spn_status status = SPN_OK;
    int64_t n = objective->dimension;
    spni_frame frame = {.context = context};
    spni_nearest s = {.theta = NULL};
    spni_fold fold = {.w = NULL};
    bool is_found = false, is_far = false, is_finite = true;
    double at = beta;
    spni_near_nothing(beta, out);
    SPN_TRY(spni_frame_near(context, objective, beta, &frame));
    SPN_TRY(spni_nearest_create(&frame, beta, reach, theta, &s));
    SPN_NEW(context, fold.w, n);
    SPN_NEW(context, fold.slope, n);
    SPN_TRY(spni_nearest_descend(&s, &is_found, &is_far));
    if (is_far) {
        memcpy(s.theta, s.start, (size_t)n * sizeof *s.theta);
    }
    SPN_TRY(spni_nearest_decompose(&s, &is_finite));
    if (is_finite) {
        take_direction(&s, &fold);
        SPN_TRY(solve_fold(&s, &fold, &at, &is_found));
        if (is_found) {
            SPN_TRY(measure_fold(&s, at, &fold, out));
        }
    }
    memcpy(theta, s.theta, (size_t)n * sizeof *theta);
    if (vector != NULL && out->is_found) {
        memcpy(vector, fold.w, (size_t)n * sizeof *vector);
    }
done:
    spni_nearest_free(context, &s);
    spn_release(context, fold.w);
    spn_release(context, fold.slope);
    spni_frame_free(&frame);
    return status;
}
