/* SPDX-License-Identifier: MIT */
/* Saddles that no known branch leads to: by Newton's method on the gradient with deflation (Farrell, Birkisson and Funke
 * 2015), and from saddles of higher index down to others (Yin, Yu and Zhang 2021: from index k, with one unstable direction
 * given up, the k - 1 others are climbed and everything else is descended). */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

enum { SADDLE_STEPS = 200, KNOWN_MOST = 32, HALVINGS = 20 };
/* Longest step towards a saddle, and when it is reached, in lengths of the frame. */
static const double STEP_LONGEST = 0.3, STEP_REACHED = 1e-6;

/* ---- Deflation ------------------------------------------------------------------------------- */

typedef struct deflation {
    spn_branches *all;
    double beta;
    double *known; /* KNOWN_MOST x P */
    int64_t count;
    double *theta, *step, *trial; /* P each */
} deflation;

/* m(theta) = prod (1 / |theta - theta_i|^2 + 1), lengths in natural scales, and step . grad log m. */
static double deflate(const deflation *d, const double *theta, double *slope)
{
    int64_t n = d->all->frame.n;
    double m = 1, along = 0, unit = pow(d->all->frame.scales.weight, 2);
    for (int64_t k = 0; k < d->count; k++) {
        const double *known = d->known + k * n;
        double square = 0, dot = 0;
        for (int64_t i = 0; i < n; i++) {
            double way = theta[i] - known[i];
            square += way * way;
            dot += way * d->step[i];
        }
        double factor = unit / square + 1;
        m *= factor;
        along += -2 * unit * dot / (square * square) / factor;
    }
    *slope = along;
    return m;
}

/* The Newton step -M^-1 g at the frame's point into d->step. */
static spn_status newton_direction(deflation *d, bool *is_singular)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n, zero_modes = 0;
    double shift = 0;
    SPN_TRY(spni_shifted_hessian(frame, &zero_modes, &shift));
    for (int64_t i = 0; i < n; i++) {
        d->step[i] = -frame->point->gradient[i];
    }
    SPN_TRY(spn_lu(frame->context, n, frame->matrix, frame->pivots, is_singular));
    if (!*is_singular) {
        SPN_TRY(spn_lu_solve(frame->context, n, frame->matrix, frame->pivots, 1, d->step));
    }
done:
    return status;
}

/* Shorten the step until m |grad L| falls; *is_done: it does not. */
static spn_status search_line(deflation *d, double *theta, double merit, bool *is_stuck)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n;
    double length = spn_norm(n, d->step), slope = 0;
    double scale = fmin(1, STEP_LONGEST * frame->length / length);
    *is_stuck = true;
    for (int k = 0; k < HALVINGS && *is_stuck; k++, scale /= 2) {
        memcpy(d->trial, theta, (size_t)n * sizeof *theta);
        spn_axpy(n, scale, d->step, d->trial);
        SPN_TRY(spn_point_set(frame->context, frame->point, d->trial, d->beta, NULL,
                              SPN_WANT_VALUE | SPN_WANT_GRADIENT));
        double now = spn_norm(n, frame->point->gradient) * deflate(d, d->trial, &slope);
        *is_stuck = !(now < (1 - 1e-4 * scale) * merit);
    }
    memcpy(theta, d->trial, (size_t)n * sizeof *theta);
done:
    return status;
}

/* From theta to a stationary point of any index; *is_found. */
static spn_status seek(deflation *d, double *theta, bool *is_found)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &d->all->frame;
    int64_t n = frame->n;
    *is_found = false;
    for (int k = 0; k < SADDLE_STEPS; k++) {
        bool is_singular = false, is_stuck = false;
        double slope = 0;
        SPN_TRY(spn_point_set(frame->context, frame->point, theta, d->beta, NULL, SPN_WANT_ALL));
        if (!spn_all_finite(n, frame->point->gradient)) {
            goto done;
        }
        double norm = spn_norm(n, frame->point->gradient);
        SPN_TRY(newton_direction(d, &is_singular));
        double length = spn_norm(n, d->step), m = deflate(d, theta, &slope);
        if (is_singular || !isfinite(length)) {
            goto done;
        }
        if (length <= STEP_REACHED * frame->length) {
            *is_found = true;
            goto done;
        }
        /* The deflated Newton step is the plain one times 1 / (1 - step . grad log m). */
        double factor = 1 / (1 - slope);
        for (int64_t i = 0; i < n; i++) {
            d->step[i] *= isfinite(factor) ? factor : 1;
        }
        SPN_TRY(search_line(d, theta, m * norm, &is_stuck));
        if (is_stuck) {
            goto done;
        }
    }
done:
    return status;
}

static spn_status seek_at_level(deflation *d)
{
    spn_status status = SPN_OK;
    spn_branches *all = d->all;
    const spn_branches_problem *problem = &all->problem;
    size_t bytes = (size_t)all->frame.n * sizeof(double);
    d->count = 0;
    for (int64_t seed = 0; seed < all->settings.saddle_starts; seed++) {
        bool is_found = false;
        SPN_TRY(problem->initial(all->context, problem->initial_state, seed, d->theta));
        SPN_TRY(seek(d, d->theta, &is_found));
        if (!is_found) {
            continue;
        }
        SPN_TRY(spni_queue_start(all, d->theta, d->beta, NULL, -1));
        if (d->count < KNOWN_MOST) {
            memcpy(d->known + d->count++ * all->frame.n, d->theta, bytes);
        }
    }
done:
    return status;
}

spn_status spni_saddle_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    deflation d = {.all = all, .theta = all->work.theta};
    int64_t n = all->frame.n;
    SPN_NEW(all->context, d.known, KNOWN_MOST * n);
    SPN_NEW(all->context, d.step, n);
    SPN_NEW(all->context, d.trial, n);
    for (int64_t level = 0; level < all->settings.levels; level++) {
        d.beta = spni_level(all, level);
        SPN_TRY(seek_at_level(&d));
    }
done:
    spn_release(all->context, d.known);
    spn_release(all->context, d.step);
    spn_release(all->context, d.trial);
    return status;
}

/* ---- Down from saddles ----------------------------------------------------------------------- */

/* How far a saddle is left, and the longest step from there, in lengths of the frame. */
static const double PUSH = 0.02, STEP_DOWN = 0.05;

typedef struct climb {
    spn_branches *all;
    double beta;
    int64_t kept; /* directions that are climbed */
    double *rows; /* kept x P: what they were last */
    double *next; /* likewise, in work */
    double *step; /* P */
    bool *is_up;  /* P: of the eigenvectors */
    const spni_place *saddle;
    double *theta;     /* P: on the way from it */
    spni_place *place; /* linearised there */
} climb;

/* The eigenvectors in which the climbed directions live on: those with the largest share in their span. */
static void follow_rows(climb *c, const spni_place *place)
{
    int64_t n = c->all->frame.n;
    memset(c->is_up, 0, (size_t)n * sizeof *c->is_up);
    for (int64_t k = 0; k < c->kept; k++) {
        int64_t best = 0;
        double most = -1;
        for (int64_t i = 0; i < n; i++) {
            double share = 0;
            for (int64_t m = 0; m < c->kept && !c->is_up[i]; m++) {
                double part = spn_dot(n, place->vectors + i * n, c->rows + m * n);
                share += part * part;
            }
            best = !c->is_up[i] && share > most ? i : best;
            most = c->is_up[i] ? most : fmax(share, most);
        }
        c->is_up[best] = true;
        memcpy(c->next + k * n, place->vectors + best * n, (size_t)n * sizeof *c->next);
    }
    memcpy(c->rows, c->next, (size_t)(c->kept * n) * sizeof *c->rows);
}

/* Newton's step in the eigenbasis with the sign that each direction wants; its length. */
static double take_step(climb *c, const spni_place *place)
{
    int64_t n = c->all->frame.n;
    const double *gradient = c->all->frame.point->gradient;
    memset(c->step, 0, (size_t)n * sizeof *c->step);
    for (int64_t i = 0; i < n; i++) {
        const double *v = place->vectors + i * n;
        double size = fmax(fabs(place->values[i]), SPN_ZERO_EIGENVALUE * place->largest);
        spn_axpy(n, (c->is_up[i] ? 1 : -1) * spn_dot(n, v, gradient) / size, v, c->step);
    }
    return spn_norm(n, c->step);
}

/* From c->theta to a stationary point, which joins the queue. */
static spn_status climb_and_descend(climb *c)
{
    spn_status status = SPN_OK;
    spn_branches *all = c->all;
    spni_frame *frame = &all->frame;
    for (int k = 0; k < SADDLE_STEPS; k++) {
        SPN_TRY(spni_linearise(frame, c->theta, c->beta, NULL, c->place));
        follow_rows(c, c->place);
        double length = take_step(c, c->place), longest = STEP_DOWN * frame->length;
        spn_axpy(frame->n, length > longest ? longest / length : 1, c->step, c->theta);
        if (length <= STEP_REACHED * frame->length) {
            SPN_TRY(spni_queue_start(all, c->theta, c->beta, NULL, -1));
            break;
        }
    }
done:
    return status;
}

/* Give up unstable direction `given` of the saddle, to the side `side`. */
static spn_status leave_saddle(climb *c, int64_t given, int side)
{
    const spni_frame *frame = &c->all->frame;
    const spni_place *saddle = c->saddle;
    int64_t n = frame->n, row = 0;
    for (int64_t i = 0; i <= c->kept; i++) {
        if (i != given) {
            memcpy(c->rows + row++ * n, saddle->vectors + i * n, (size_t)n * sizeof *c->rows);
        }
    }
    memcpy(c->theta, saddle->theta, (size_t)n * sizeof *c->theta);
    spn_axpy(n, side * PUSH * frame->length, saddle->vectors + given * n, c->theta);
    return climb_and_descend(c);
}

spn_status spni_descend_to_saddles(spn_branches *all, int64_t row)
{
    spn_status status = SPN_OK;
    int64_t n = all->frame.n;
    spni_place *saddle = &all->work.trial;
    climb c = {.all = all,
               .beta = all->bank.records[row].state.beta,
               .saddle = saddle,
               .theta = all->work.theta,
               .place = &all->work.start};
    SPN_TRY(spni_linearise(&all->frame, all->bank.theta + row * n, c.beta, NULL, saddle));
    c.kept = saddle->index - 1;
    SPN_NEW(all->context, c.rows, c.kept * n);
    SPN_NEW(all->context, c.next, c.kept * n);
    SPN_NEW(all->context, c.step, n);
    SPN_NEW(all->context, c.is_up, n);
    for (int64_t given = 0; given <= c.kept; given++) {
        SPN_TRY(leave_saddle(&c, given, -1));
        SPN_TRY(leave_saddle(&c, given, 1));
    }
done:
    spn_release(all->context, c.rows);
    spn_release(all->context, c.next);
    spn_release(all->context, c.step);
    spn_release(all->context, c.is_up);
    return status;
}
