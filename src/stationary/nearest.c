/* SPDX-License-Identifier: MIT */
/* What a path that slows down is near: a stationary point, or a fold that has just vanished.
 *
 * The start is not stationary, so that Newton's method needs damping. Saddles count, hence |grad L|, not L, is
 * what falls:
 *
 *     s = argmin |g + H s|, |s| <= radius        (in the eigenbasis: -lambda gamma / (lambda^2 + mu))
 *
 * with a trust region on |g|^2 (Levenberg and Marquardt). It ends in a stationary point of L, or in one of |g|^2, where H g =
 * 0: that is the ghost of a fold, and where the augmented system of fold_system.c starts from. */
#include "stationary/nearest.h"

#include <math.h>
#include <string.h>

enum { STEPS_MOST = 200, FOLLOWED_MOST = 100 };
/* A full Newton step below this share of the length of theta: converged; what is left is its square. */
static const double STEP_SMALL = 1e-9;
/* Where |g| falls no further: directions flatter than this share of the largest curvature are left alone, when the slope along
 * them is rounding (as in the gate of room `geometry`), and along the others a step is good to this. */
static const double FLAT = 1e-7, STEP_FLAT = 1e-6;
/* |g| falls no further: not by this factor in so many steps. */
static const double STALLED = 0.9;
enum { STALLED_STEPS = 10 };
/* First trust radius, and that at which there is no way down: shares of the length. */
static const double RADIUS = 0.1, RADIUS_LEAST = 1e-12;
/* Eigenvectors are followed in steps of at most this share of the length: of longer ones the signs of eigenvalues at their
 * beginning do not hold to their end. */
static const double FOLLOWED = 0.02;
/* The trust region's usual ratios of what |g|^2 falls by and of what the model says. */
static const double RATIO_ACCEPTED = 1e-4, RATIO_POOR = 0.25, RATIO_GOOD = 0.75;

double spni_nearest_length(const spni_nearest *s)
{
    return spn_objective_length(s->frame->objective, s->theta);
}

double spni_nearest_way(const spni_nearest *s, const double *theta)
{
    double sum = 0;
    for (int64_t i = 0; i < s->frame->n; i++) {
        sum += (theta[i] - s->start[i]) * (theta[i] - s->start[i]);
    }
    return sqrt(sum);
}

/* Linearise at theta: eigenvalues and vectors of M, the gradient in that basis. */
spn_status spni_nearest_decompose(spni_nearest *s, bool *is_finite)
{
    spn_status status = SPN_OK;
    spni_frame *frame = s->frame;
    int64_t n = frame->n, zero_modes = 0;
    double shift = 0;
    SPN_TRY(spn_point_set(frame->context, frame->point, s->theta, s->beta, NULL, SPN_WANT_ALL));
    s->merit = spn_norm(n, frame->point->gradient);
    *is_finite = isfinite(frame->point->value) && isfinite(s->merit);
    if (!*is_finite) {
        goto done;
    }
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    memcpy(s->place.vectors, frame->matrix, (size_t)(n * n) * sizeof(double));
    SPN_TRY(spn_eigen(frame->context, frame->dense, n, s->place.vectors, true, s->place.values));
    for (int64_t i = 0; i < n; i++) {
        s->gamma[i] = spn_dot(n, s->place.vectors + i * n, frame->point->gradient);
    }
done:
    return status;
}

/* |s(mu)|; infinite at mu = 0 where the Hessian is singular. */
static double step_length(const void *state, double mu)
{
    const spni_nearest *s = state;
    double sum = 0;
    for (int64_t i = 0; i < s->frame->n; i++) {
        double lambda = s->place.values[i];
        if (s->gamma[i] != 0) {
            double part = lambda * s->gamma[i] / (lambda * lambda + mu);
            sum += lambda == 0 && mu == 0 ? (double)INFINITY : part * part;
        }
    }
    return sqrt(sum);
}

/* The step into s->step; returns |g + H s|. */
static double make_step(spni_nearest *s)
{
    int64_t n = s->frame->n;
    double mu = 0, rest = 0;
    if (!(step_length(s, 0) <= s->radius)) {
        /* |s| <= |H g| / mu: at this mu it is short enough. */
        double most = fmax(fabs(s->place.values[0]), fabs(s->place.values[n - 1]));
        mu = spni_root_of_falling(step_length, s, s->radius, most * s->merit / s->radius);
    }
    memset(s->step, 0, (size_t)n * sizeof *s->step);
    for (int64_t i = 0; i < n; i++) {
        double lambda = s->place.values[i], square = lambda * lambda + mu;
        double part = square > 0 ? -lambda * s->gamma[i] / square : 0;
        spn_axpy(n, part, s->place.vectors + i * n, s->step);
        rest += (s->gamma[i] + lambda * part) * (s->gamma[i] + lambda * part);
    }
    return sqrt(rest);
}

/* Stationary but for directions in which L is flat: soft modes of symmetries that hold nearly, which rounding moves. Along the others
 * the Newton step |gamma_i / lambda_i| must be small. Along the flat ones such a step says nothing; their slope must pass as the
 * rounding of a gradient, eps max|lambda| |theta|, and lower L by no more than the gate allows on a way as long as theta. */
static bool is_flatly_stationary(const spni_nearest *s)
{
    int64_t n = s->frame->n;
    const double *values = s->place.values;
    double most = fmax(fabs(values[0]), fabs(values[n - 1])), step = 0, slope = 0;
    for (int64_t i = 0; i < n; i++) {
        double g = s->gamma[i];
        if (fabs(values[i]) > FLAT * most) {
            step += g * g / (values[i] * values[i]);
        } else {
            slope += g * g;
        }
    }
    double length = spni_nearest_length(s);
    double size = spn_objective_scales(s->frame->objective).value + fabs(s->frame->point->value);
    bool is_level = sqrt(slope) <= SPN_ZERO_EIGENVALUE * most * length &&
                    sqrt(slope) * length <= SPN_STATIONARY_FALL * size;
    return sqrt(step) <= STEP_FLAT * length && is_level;
}

/* Try steps of falling radius until one is accepted: where |g|^2 falls by at least a share of what the model |g + H s|^2 says. After a poor one
 * the radius is a quarter of the step's length, after a good one that was cut it is doubled. */
static spn_status take_step(spni_nearest *s, bool *is_accepted)
{
    spn_status status = SPN_OK;
    spni_frame *frame = s->frame;
    int64_t n = frame->n;
    *is_accepted = false;
    while (!*is_accepted && s->radius > RADIUS_LEAST * spni_nearest_length(s)) {
        double rest = make_step(s), length = spn_norm(n, s->step);
        memcpy(s->trial, s->theta, (size_t)n * sizeof *s->trial);
        spn_axpy(n, 1, s->step, s->trial);
        SPN_TRY(spn_point_set(frame->context, frame->point, s->trial, s->beta, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        double now = spn_norm(n, frame->point->gradient);
        /* Differences of squares as products: close to the solution the squares cancel. */
        double ratio =
            (s->merit - now) * (s->merit + now) / ((s->merit - rest) * (s->merit + rest));
        *is_accepted = isfinite(frame->point->value) && ratio > RATIO_ACCEPTED;
        if (!*is_accepted || ratio < RATIO_POOR) {
            s->radius = length / 4;
        } else if (ratio > RATIO_GOOD && length > 0.9 * s->radius) {
            s->radius *= 2;
        }
    }
    if (*is_accepted) {
        memcpy(s->theta, s->trial, (size_t)n * sizeof *s->theta);
    }
done:
    return status;
}

/* From s->theta on; *is_far: beyond the reach. A regular root is reached in a few steps, and of a triple one each step leaves 2/3 of
 * the way, (2/3)^3 of |g|: where |g| has not fallen by a tenth in ten, it goes to a minimum that is no root. */
spn_status spni_nearest_descend(spni_nearest *s, bool *is_found, bool *is_far)
{
    spn_status status = SPN_OK;
    bool is_finite = true, is_accepted = true;
    double before = (double)INFINITY;
    *is_found = *is_far = false;
    s->radius = RADIUS * spni_nearest_length(s);
    for (int k = 0; k < STEPS_MOST && is_accepted; k++) {
        SPN_TRY(spni_nearest_decompose(s, &is_finite));
        *is_far = !is_finite || spni_nearest_way(s, s->theta) > s->way_most;
        if (*is_far) {
            goto done;
        }
        /* The plain Newton step is short: take it, and what is left is its square. */
        if (step_length(s, 0) <= STEP_SMALL * spni_nearest_length(s)) {
            *is_found = true;
            make_step(s);
            spn_axpy(s->frame->n, 1, s->step, s->theta);
            goto done;
        }
        if (k % STALLED_STEPS == 0) {
            if (s->merit > STALLED * before) {
                break;
            }
            before = s->merit;
        }
        SPN_TRY(take_step(s, &is_accepted));
    }
    *is_found = is_flatly_stationary(s);
done:
    return status;
}

/* Length of the step that goes down where L is curved up and up where it is curved down, at this shift. */
static double followed_length(const void *state, double shift)
{
    const spni_nearest *s = state;
    double sum = 0;
    for (int64_t i = 0; i < s->frame->n; i++) {
        if (s->gamma[i] != 0) {
            double part = s->gamma[i] / (fabs(s->place.values[i]) + shift);
            sum += part * part;
        }
    }
    return sqrt(sum);
}

/* s_i = -+ gamma_i / (|lambda_i| + shift), the upper sign where lambda_i > 0, no longer than FOLLOWED. */
static void make_followed_step(spni_nearest *s)
{
    int64_t n = s->frame->n;
    double radius = FOLLOWED * spni_nearest_length(s), shift = 0;
    if (!(followed_length(s, 0) <= radius)) {
        /* |s| <= |g| / shift. */
        shift = spni_root_of_falling(followed_length, s, radius, s->merit / radius);
    }
    memset(s->step, 0, (size_t)n * sizeof *s->step);
    for (int64_t i = 0; i < n; i++) {
        double lambda = s->place.values[i], size = fabs(lambda) + shift;
        double part = size > 0 ? -s->gamma[i] / size : 0;
        spn_axpy(n, lambda < 0 ? -part : part, s->place.vectors + i * n, s->step);
    }
}

/* Eigenvector following: every step is taken, since nothing needs to fall on the way to a saddle. Where |grad L|^2 has minima
 * at which the Hessian is singular, and a trust region on it ends, this goes on. */
static spn_status follow(spni_nearest *s, bool *is_found, bool *is_far)
{
    spn_status status = SPN_OK;
    bool is_finite = true;
    *is_found = *is_far = false;
    for (int k = 0; k < FOLLOWED_MOST && !*is_found; k++) {
        SPN_TRY(spni_nearest_decompose(s, &is_finite));
        *is_far = !is_finite || spni_nearest_way(s, s->theta) > s->way_most;
        if (*is_far) {
            goto done;
        }
        *is_found =
            followed_length(s, 0) <= STEP_SMALL * spni_nearest_length(s) || is_flatly_stationary(s);
        make_followed_step(s);
        spn_axpy(s->frame->n, 1, s->step, s->theta);
    }
done:
    return status;
}

void spni_near_fill(const spni_nearest *s, double beta, spn_near_record *out)
{
    const spni_place *place = &s->place;
    *out = (spn_near_record){.is_found = 1,
                             .beta = beta,
                             .error = place->state.error,
                             .loss = place->state.loss,
                             .weight_norm = sqrt(place->order),
                             .distance = spni_nearest_way(s, place->theta),
                             .eigenvalue_min = place->values[0],
                             .negative_eigenvalues = place->index,
                             .zero_modes = place->zero_modes,
                             .active_modes = place->labels.learned_modes,
                             .drift = (double)NAN,
                             .bend = (double)NAN};
}

void spni_near_nothing(double beta, spn_near_record *out)
{
    double none = (double)NAN;
    *out = (spn_near_record){0, beta, none, none, none, none, none, -1, -1, -1, none, none};
}

spn_status spni_nearest_create(spni_frame *frame, double beta, double reach, const double *theta,
                               spni_nearest *s)
{
    spn_status status = SPN_OK;
    spn_context *context = frame->context;
    int64_t n = frame->n;
    *s = (spni_nearest){.frame = frame, .beta = beta};
    SPN_NEW(context, s->theta, n);
    SPN_NEW(context, s->start, n);
    SPN_NEW(context, s->trial, n);
    SPN_NEW(context, s->step, n);
    SPN_NEW(context, s->gamma, n);
    SPN_TRY(spni_place_create(context, n, &s->place));
    memcpy(s->theta, theta, (size_t)n * sizeof *theta);
    memcpy(s->start, theta, (size_t)n * sizeof *theta);
    s->way_most = reach * spni_nearest_length(s);
done:
    return status;
}

void spni_nearest_free(spn_context *context, spni_nearest *s)
{
    spn_release(context, s->theta);
    spn_release(context, s->start);
    spn_release(context, s->trial);
    spn_release(context, s->step);
    spn_release(context, s->gamma);
    spni_place_free(context, &s->place);
}

typedef spn_status search_way(spni_nearest *s, bool *is_found, bool *is_far);

static spn_status find_near(spn_context *context, const spn_objective *objective, double beta,
                            double reach, search_way *way, double *theta, double *vector,
                            spn_near_record *out)
{
    spn_status status = SPN_OK;
    int64_t n = objective->dimension;
    spni_frame frame = {.context = context};
    spni_nearest s = {.theta = NULL};
    bool is_found = false, is_far = false;
    spni_near_nothing(beta, out);
    SPN_TRY(spni_frame_near(context, objective, beta, &frame));
    SPN_TRY(spni_nearest_create(&frame, beta, reach, theta, &s));
    SPN_TRY(way(&s, &is_found, &is_far));
    if (is_found && !is_far) {
        SPN_TRY(spni_linearise(&frame, s.theta, beta, NULL, &s.place));
        spni_near_fill(&s, beta, out);
        if (vector != NULL) {
            memcpy(vector, s.place.vectors, (size_t)n * sizeof *vector);
        }
    }
    memcpy(theta, s.theta, (size_t)n * sizeof *theta);
done:
    spni_nearest_free(context, &s);
    spni_frame_free(&frame);
    return status;
}

spn_status spn_stationary_near(spn_context *context, const spn_objective *objective, double beta,
                               double reach, double *theta, double *vector, spn_near_record *out)
{
    return find_near(context, objective, beta, reach, spni_nearest_descend, theta, vector, out);
}

spn_status spn_saddle_near(spn_context *context, const spn_objective *objective, double beta,
                           double reach, double *theta, double *vector, spn_near_record *out)
{
    return find_near(context, objective, beta, reach, follow, theta, vector, out);
}
