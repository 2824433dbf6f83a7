/* SPDX-License-Identifier: MIT */
/* Where a branch ends, from points on it. By products an attempt is dear, and one that does not hold is dearer.
 *
 * At a fold: along a curve through it beta is a smooth function of the way s that theta goes, with dbeta/ds = 0 at the fold: only theta as a
 * function of beta, and with it |t| and chi, go like roots of the distance (T10). Tangents are slopes, dbeta/ds = 1/(e.t), where e is the direction in which s is
 * measured. Two points with their slopes make a cubic, whose maximum is the forecast: right to the fourth order of s. The straight line through 1/|t|^2 at
 * both points is off as far as modes other than the critical one move, and serves where the cubic has no maximum.
 *
 * Where a branch loses stability without a fold: the smallest eigenvalue falls to 0 linearly. That line lies behind a fold, where it falls like a root, so that the nearer
 * one of both is meant. An attempt may follow the branch to where it is a saddle: between there and the last point that holds the line is a chord. */
#include "sweep/search.h"

#include <math.h>

/* An end that lies within this share of the bracket is in sight. A step leaves a share of the width that is wanted; towards a fold no less than so much of the
 * distance, so that |t| grows by no more than a step may make it. */
static const double NEAR_SHARE = 0.95, LEFT_AT_FOLD = 0.1, LEFT_OF_LEAST = 0.4;
/* Ends of both kinds whose distances differ by less than this factor are one. */
static const double BOTH = 3;
static const double LEAST_WAY = 1e-5; /* in lengths of theta */
/* A place is known that has changed by less than this share of its distance. */
static const double SETTLED = 0.25;
/* One that is not known yet is tried, for so much of its distance, and bisection has the next turn: no more than twice as many attempts as without it. */
static const double TRIAL = 0.8;
/* Places that always lie a little ahead would never end a bracket: so many steps that do not halve it, and then its middle is tried. */
enum { SLOW_MOST = 8 };
/* Behind an end that is so close the next step ends the bracket, and is so much of it. */
static const double CLOSE = 0.5, LAST_STEP = 0.9;

double spni_turning_distance(const spni_pair *pair)
{
    const double d = pair->way, older = 1 / pair->along, here = 1 / pair->speed;
    if (!(d > 0) || !(pair->along > 0) || !(pair->step > 0) || !isfinite(pair->speed)) {
        return (double)INFINITY;
    }
    /* b(s) = here s + a s^2 + c s^3 with b(-d) = -step, b'(-d) = older. */
    const double mean = pair->step / d;
    const double c = (here + older - 2 * mean) / (d * d);
    const double a = (2 * here + older - 3 * mean) / d;
    const double root = a * a - 3 * c * here;
    if (!(root >= 0) || !(sqrt(root) > a)) {
        return (double)INFINITY;
    }
    const double s = here / (sqrt(root) - a);
    return s * (here + s * (a + s * c));
}

/* Of `before` and the point in work. */
static spni_pair take_pair(const spni_follower *f)
{
    const int64_t n = f->parameters;
    const double step = f->point->parameter - f->at_before.beta;
    const double speed = spn_norm(n, f->ahead);
    double way = 0;
    for (int64_t i = 0; i < n; i++) {
        way += f->ahead[i] * (f->theta[i] - f->before[i]);
    }
    return (spni_pair){.step = fabs(step),
                       .way = (step < 0 ? -way : way) / speed,
                       .along = spn_dot(n, f->ahead, f->tangent) / speed,
                       .speed = speed};
}

/* The distance to where the smallest eigenvalue is 0; the last point that holds is at `here`, the one before `step` away. */
static double stable_distance(const spni_forecast *known, double here, double step)
{
    if (known->beyond < 0 && known->smallest > 0) {
        return fabs(known->lost - here) * known->smallest / (known->smallest - known->beyond);
    }
    return known->smallest > 0 && known->older > known->smallest
               ? step * known->smallest / (known->older - known->smallest)
               : (double)INFINITY;
}

/* The nearer end of both. `here`: the last point that holds, `step` away from the one before. */
static void take(spni_search *s, double here, double step)
{
    spni_forecast *known = &s->forecast;
    const double stable = stable_distance(known, here, step);
    const double fold = isnan(known->fold) ? (double)INFINITY : s->sign * (known->fold - here);
    const double beta = here + s->sign * fmin(fold, stable);
    /* A branch that merges into another one has both: theta goes like a root there, too. */
    known->is_fold = fold <= BOTH * stable;
    if (beta != known->beta) {
        known->error = fabs(beta - known->beta);
        known->beta = beta;
    }
}

void spni_forecast_forget(spni_search *s)
{
    const double unknown = (double)NAN;
    s->forecast = (spni_forecast){.beta = unknown,
                                  .error = unknown,
                                  .fold = unknown,
                                  .older = unknown,
                                  .smallest = unknown,
                                  .lost = unknown,
                                  .beyond = unknown};
}

void spni_forecast_hold(spni_search *s)
{
    spni_forecast *known = &s->forecast;
    const spni_follower *f = s->f;
    const spni_pair pair = take_pair(f);
    const spni_foothold here = spni_foothold_here(f);
    /* Of a way of rounding's length there is nothing to be read. */
    const bool is_way = pair.way > LEAST_WAY * spni_length_of(f, f->theta);
    const double cubic = is_way ? spni_turning_distance(&pair) : (double)INFINITY;
    const double line = is_way ? spni_fold_distance(&f->at_older, &here) : (double)INFINITY;
    known->fold = here.beta + s->sign * (isfinite(cubic) ? cubic : line);
    known->older = known->smallest;
    known->smallest = f->last.smallest_eigenvalue;
    take(s, here.beta, pair.step);
}

void spni_forecast_lose(spni_search *s, double beta)
{
    spni_forecast *known = &s->forecast;
    const spni_follower *f = s->f;
    const bool is_saddle = f->last.stop == SPN_STOP_CONVERGED && f->last.negative_eigenvalues > 0;
    known->lost = beta;
    known->beyond = is_saddle ? f->last.smallest_eigenvalue : (double)NAN;
    if (known->smallest > 0) {
        take(s, f->at_before.beta, fabs(f->at_before.beta - f->at_older.beta));
    }
}

static double step_towards(spni_search *s, double width, double least)
{
    spni_forecast *known = &s->forecast;
    const double distance = s->sign * (known->beta - s->f->at_before.beta);
    const bool is_between = known->beyond < 0 && !known->is_fold;
    /* A place that runs ahead of the points is none. */
    const bool is_settled = known->error < SETTLED * distance || distance < CLOSE * least;
    const bool is_seen = distance > 0 && distance < (is_between ? 1 : NEAR_SHARE) * width;
    const bool is_trial = is_seen && !is_settled && !known->has_tried && distance < width / 2;
    known->has_tried = is_trial;
    if (is_trial) {
        return TRIAL * distance;
    }
    if (!is_settled || !is_seen) {
        return width / 2;
    }
    if (distance < CLOSE * least) {
        return fmin(LAST_STEP * least, width / 2);
    }
    /* Nearer to a fold the tangent at the bracket's inner end is not to be had. */
    const double left = fmax(known->is_fold ? LEFT_AT_FOLD * distance : 0, LEFT_OF_LEAST * least);
    return distance - fmin(fmax(known->error, left), distance / 2);
}

double spni_forecast_step(spni_search *s, double width, double least)
{
    spni_forecast *known = &s->forecast;
    if (!(known->width > 0 && width > known->width / 2)) {
        known->width = width;
        known->slow = 0;
    }
    return known->slow++ < SLOW_MOST ? step_towards(s, width, least) : width / 2;
}

double spni_forecast_bound(spni_search *s, double step)
{
    const double distance = s->sign * (s->forecast.beta - s->f->at_before.beta);
    const bool is_past = s->f->is_by_products && distance > 0 &&
                         s->forecast.error < SETTLED * distance &&
                         distance < NEAR_SHARE * fabs(step);
    const double least = spni_bracket_at(s, s->forecast.beta);
    return is_past ? s->sign * step_towards(s, fabs(step), least) : step;
}

bool spni_forecast_doubts(const spni_search *s, double lost)
{
    const spni_forecast *known = &s->forecast;
    return s->f->is_by_products && !(lost == known->lost && known->beyond < 0) &&
           s->sign * (known->beta - lost) > known->error;
}
