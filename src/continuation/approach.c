/* SPDX-License-Identifier: MIT */
/* How a stable stretch approaches the special point at its end: points at distances d from it, spaced evenly in
 * log d. At a fold theta goes like sqrt(d) along w, so that is where each solve starts from; at a branch point
 * the stretch is smooth. The critical eigenvalue is followed by its eigenvector from the closest point
 * outwards: others may be smaller further out (flat directions sit at exactly 2 beta). */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

/* Distances per decade, from this share of beta outwards, at most so many. */
enum { PER_DECADE = 4, DECADES = 7 };
static const double CLOSEST = 1e-8;

/* The eigenvector of the place that overlaps most with v; it replaces v. */
static int64_t follow_vector(int64_t n, const spni_place *place, double *v, double *overlap)
{
    int64_t best = 0;
    double most = -1;
    for (int64_t i = 0; i < n; i++) {
        double share = fabs(spn_dot(n, place->vectors + i * n, v));
        best = share > most ? i : best;
        most = fmax(share, most);
    }
    *overlap = most;
    memcpy(v, place->vectors + best * n, (size_t)n * sizeof *v);
    return best;
}

/* A stable stretch on its way from the special point at its end. */
typedef struct stretch {
    spn_branches *all;
    const spni_special *end;
    double *theta;     /* P: on the stretch */
    spni_place *place; /* linearised there */
    double *v;         /* P: the critical eigenvector there */
    double *w;         /* P: at the end */
    double sign;       /* of w on the stretch's side of a fold */
} stretch;

/* Which way along the kernel's vector the stretch leaves a fold: towards the stable place of the arc. */
static double direction_of(const stretch *s)
{
    const spni_place *low = &s->all->tracer.low, *high = &s->all->tracer.high;
    const spni_place *stable = low->index == 0 ? low : high;
    double along = 0;
    for (int64_t i = 0; i < s->all->frame.n; i++) {
        along += s->w[i] * (stable->theta[i] - s->end->place.theta[i]);
    }
    return along < 0 ? -1 : 1;
}

/* theta at `distance` from where it was at `before`: on the fold's parabola beta - beta_0 = a s^2, s = (distance / |a|)^(1/2); where the
 * stretch is smooth it is left where it is. */
static void predict(stretch *s, double distance, double before)
{
    const spn_special_record *record = &s->end->record;
    bool is_bent = record->kind == SPN_SPECIAL_FOLD || s->end->is_vertex;
    double scale = 1 / sqrt(fabs(record->coefficient));
    double step = is_bent ? s->sign * scale * (sqrt(distance) - sqrt(before)) : 0;
    spn_axpy(s->all->frame.n, step, s->w, s->theta);
}

static spn_status send(stretch *s, double distance)
{
    const spni_place *place = s->place;
    double overlap = 0;
    int64_t critical = follow_vector(s->all->frame.n, place, s->v, &overlap);
    const spn_branch_approach approach = {.jump = s->end->record.special,
                                          .beta = place->beta,
                                          .distance = distance,
                                          .eigenvalue = place->values[critical],
                                          .overlap = overlap,
                                          .norm_squared = place->order,
                                          .susceptibility =
                                              spni_susceptibility_along(&s->all->frame, place),
                                          .error = place->state.error,
                                          .loss = place->state.loss};
    const spn_item item = {.stream = SPN_BRANCHES_APPROACH, .record = &approach};
    return spni_emit(s->all, &item);
}

/* One point: solved, on the stretch (no negative eigenvalue), sent; *is_there false ends the series. */
static spn_status approach_at(stretch *s, double beta, bool *is_there)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &s->all->frame;
    spni_newton_info info;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    double solved = beta;
    *is_there = spni_is_inside(frame, beta);
    if (!*is_there) {
        goto done;
    }
    SPN_TRY(spni_newton_solve(frame, &level, frame->length, s->theta, &solved, &info));
    *is_there = info.is_converged;
    if (!info.is_converged) {
        goto done;
    }
    SPN_TRY(spni_linearise(frame, s->theta, beta, NULL, s->place));
    *is_there = s->place->index == 0;
    if (*is_there) {
        SPN_TRY(send(s, fabs(beta - s->end->record.beta)));
    }
done:
    return status;
}

/* From the closest distance outwards. */
static spn_status follow_outwards(stretch *s, int64_t stable_side)
{
    spn_status status = SPN_OK;
    const int64_t steps = (int64_t)PER_DECADE * DECADES;
    double end = s->end->record.beta, scale = fabs(end), before = 0;
    bool is_over = scale == 0, was_there = false;
    for (int64_t k = 0; k <= steps && !is_over; k++) {
        double distance = scale * CLOSEST * pow(10, (double)k / PER_DECADE);
        bool is_there = false;
        predict(s, distance, before);
        SPN_TRY(approach_at(s, end + (double)stable_side * distance, &is_there));
        /* The closest ones may drown in rounding; behind one that was found, the stretch has ended. */
        is_over = was_there && !is_there;
        was_there = is_there;
        before = distance;
        if (!is_there) { /* a solve that has failed has left theta anywhere */
            memcpy(s->theta, s->end->place.theta, (size_t)s->all->frame.n * sizeof *s->theta);
            before = 0;
        }
    }
done:
    return status;
}

spn_status spni_send_approach(spn_branches *all, const spni_special *end, int64_t stable_side)
{
    spn_status status = SPN_OK;
    int64_t n = all->frame.n;
    size_t bytes = (size_t)n * sizeof(double);
    const double *kernel = end->place.vectors + end->kernel[0] * n;
    stretch s = {.all = all, .end = end, .theta = all->work.theta, .place = &all->work.trial};
    SPN_NEW(all->context, s.v, n);
    SPN_NEW(all->context, s.w, n);
    memcpy(s.v, kernel, bytes);
    memcpy(s.w, kernel, bytes);
    memcpy(s.theta, end->place.theta, bytes);
    s.sign = direction_of(&s);
    SPN_TRY(follow_outwards(&s, stable_side));
done:
    spn_release(all->context, s.v);
    spn_release(all->context, s.w);
    return status;
}
