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

/* Which way along the kernel's vector the stretch leaves a fold: towards the stable place of the arc. */
static double direction_of(const spn_branches *all, const double *w)
{
    const spni_place *low = &all->tracer.low, *high = &all->tracer.high;
    const spni_place *stable = low->index == 0 ? low : high;
    double along = 0;
    for (int64_t i = 0; i < all->frame.n; i++) {
        along += w[i] * (stable->theta[i] - all->special.place.theta[i]);
    }
    return along < 0 ? -1 : 1;
}

/* theta at distance d on the stretch into all->theta: from the fold's parabola, or from the base. */
static void predict(spn_branches *all, const double *w, double sign, double distance, double before)
{
    const spn_special_record *record = &all->special.record;
    int64_t n = all->frame.n;
    bool is_bent = record->kind == SPN_SPECIAL_FOLD || all->special.is_vertex;
    double scale = 1 / sqrt(fabs(record->coefficient));
    double step = is_bent ? sign * scale * (sqrt(distance) - sqrt(before)) : 0;
    spn_axpy(n, step, w, all->theta);
}

static spn_status send(spn_branches *all, double distance, double *v)
{
    const spni_place *place = &all->crossing;
    int64_t n = all->frame.n;
    double overlap = 0;
    int64_t critical = follow_vector(n, place, v, &overlap);
    const spn_branch_approach approach = {.jump = all->special.record.special,
                                          .beta = place->beta,
                                          .distance = distance,
                                          .eigenvalue = place->values[critical],
                                          .overlap = overlap,
                                          .norm_squared = place->order,
                                          .susceptibility =
                                              spni_susceptibility_along(&all->frame, place),
                                          .error = place->error,
                                          .loss = place->loss};
    const spn_item item = {.stream = SPN_BRANCHES_APPROACH, .record = &approach};
    return spni_emit(all, &item);
}

/* One point: solved, on the stretch (no negative eigenvalue), sent; *is_there false ends the series. */
static spn_status approach_at(spn_branches *all, double beta, double distance, double *v,
                              bool *is_there)
{
    spn_status status = SPN_OK;
    spni_newton_info info;
    const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
    double solved = beta;
    *is_there = spni_is_inside(&all->frame, beta);
    if (!*is_there) {
        goto done;
    }
    SPN_TRY(spni_newton_solve(&all->frame, &level, all->frame.length, all->theta, &solved, &info));
    *is_there = info.is_converged;
    if (!info.is_converged) {
        goto done;
    }
    SPN_TRY(spni_linearise(&all->frame, all->theta, beta, NULL, &all->crossing));
    *is_there = all->crossing.index == 0;
    if (*is_there) {
        SPN_TRY(send(all, distance, v));
    }
done:
    return status;
}

spn_status spni_send_approach(spn_branches *all, int64_t stable_side)
{
    spn_status status = SPN_OK;
    const spni_special *special = &all->special;
    int64_t n = all->frame.n, steps = (int64_t)PER_DECADE * DECADES;
    double scale = fabs(special->record.beta), before = 0, *v = NULL;
    bool is_over = scale == 0, was_there = false;
    SPN_NEW(all->context, v, 2 * n);
    double *w = v + n;
    memcpy(v, special->place.vectors + special->kernel[0] * n, (size_t)n * sizeof *v);
    memcpy(w, v, (size_t)n * sizeof *w);
    double sign = direction_of(all, w);
    memcpy(all->theta, special->place.theta, (size_t)n * sizeof *all->theta);
    for (int64_t k = 0; k <= steps && !is_over; k++) {
        double distance = scale * CLOSEST * pow(10, (double)k / PER_DECADE);
        double beta = special->record.beta + (double)stable_side * distance;
        predict(all, w, sign, distance, before);
        bool is_there = false;
        SPN_TRY(approach_at(all, beta, fabs(beta - special->record.beta), v, &is_there));
        /* The closest ones may drown in rounding; behind one that was found, the stretch has ended. */
        is_over = was_there && !is_there;
        was_there = is_there;
        before = distance;
    }
done:
    spn_release(all->context, v);
    return status;
}
