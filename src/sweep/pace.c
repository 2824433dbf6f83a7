/* SPDX-License-Identifier: MIT */
/* How far a chain steps, where it may choose. Points know the slopes of E and of N = sqrt(n): with chi = -dn/dbeta
 *
 *     dE/dbeta = -beta dn/dbeta = beta chi        (dL/dbeta = n, T9)
 *     dN/dbeta = -chi / 2N,
 *
 * so that two points tell how far a curve between them is from the straight line that joins them. With the slopes a and b at the
 * ends, less that of the line, over the length of the step: curves that bend one way (a and b have opposite signs) leave the line by
 *
 *     |a| |b| / 2 (|a| + |b|),
 *
 * exactly where the curve is a parabola, and also where it is a root, c sqrt(r) at the distance r from a fold or an onset; never by more than twice that,
 * since the curve lies between the line and its two tangents. A cubic that bends both ways leaves it by at most 4/27 of the larger one.
 *
 * What a step will leave is forecast from the slopes at the last two points: where they grow, 1/slope^2 falls linearly to 0 at a fold (as chi^-2
 * does, T10), and the curve is a root; otherwise a parabola. Towards a fold steps shrink until what is left of the root is below the tolerance; the next
 * one crosses it. */
#include "sweep/pace.h"

#include <math.h>

/* Steps of the whole way: the largest where nobody says another, and that at the begin as a share of the largest. */
enum { USUAL_LARGEST = 16, BEGIN_SHARE = 4 };
/* Units, at most: points of a chain then keep below SPN_GRID_MAX. */
enum { MOST_HALVINGS = 19 };
/* Forecasts are off by some: this share of the tolerance is aimed at. */
static const double AIM = 0.7;
/* From one step to the next, in units of powers of two. */
enum { GROWTH = 2, MOST_SHRINKAGE = 8 };
/* A range below this share of the natural scale is taken for so much: in the trivial phase there is none. */
static const double LEAST_RANGE = 1e-3;

static int halvings_for(double share)
{
    int count = 0;
    for (double step = 1; step > share && count < MOST_HALVINGS; step /= 2) {
        count++;
    }
    return count;
}

spni_pace_rule spni_pace_rule_of(const spn_sweep_settings *settings, const spn_objective *objective)
{
    const double tolerance = settings->beta_tolerance, largest = settings->beta_largest;
    spni_pace_rule rule = {.is_on = tolerance > 0};
    if (rule.is_on) {
        const int coarse = halvings_for(largest > 0 ? largest : 1.0 / USUAL_LARGEST);
        const int begin = coarse + halvings_for(1.0 / BEGIN_SHARE);
        const int finest = halvings_for(tolerance * tolerance);
        rule.is_log = settings->beta_spacing == SPN_SPACING_LOG;
        rule.from = settings->beta_from;
        rule.to = settings->beta_to;
        rule.tolerance = tolerance;
        rule.units = INT64_C(1) << (finest > begin ? finest : begin);
        rule.largest = rule.units >> coarse;
        rule.first = rule.units >> begin;
    }
    if (rule.is_on && objective != NULL) {
        rule.scales = spn_objective_scales(objective);
    }
    return rule;
}

int64_t spni_pace_least(const spni_pace_rule *rule)
{
    int64_t count = 1, step = rule->first;
    for (int64_t place = 0; place < rule->units; place += step, count++) {
        step = place > 0 && 2 * step <= rule->largest ? 2 * step : step;
        while (place % step != 0) {
            step /= 2;
        }
    }
    return count;
}

spn_status spn_sweep_points(spn_context *context, const spn_sweep_settings *settings,
                            int64_t *least, int64_t *most)
{
    int64_t *legs = NULL;
    double *values = NULL;
    spn_status status = settings->direction == SPN_PROTOCOL_LEGS
                            ? spn_sweep_path(context, settings, least, &values, &legs)
                            : spn_sweep_grid(context, settings, least, &values);
    if (status == SPN_OK) {
        const spni_pace_rule rule = spni_pace_rule_of(settings, NULL);
        *least = rule.is_on ? spni_pace_least(&rule) : *least;
        *most = rule.is_on ? rule.units + 1 : *least;
    }
    spn_release(context, values);
    spn_release(context, legs);
    return status;
}

double spni_pace_beta(const spni_pace_rule *rule, int64_t place)
{
    const double share = (double)place / (double)rule->units;
    if (place == 0) {
        return rule->from;
    }
    if (place == rule->units) {
        return rule->to;
    }
    return rule->is_log ? rule->from * pow(rule->to / rule->from, share)
                        : rule->from + share * (rule->to - rule->from);
}

int64_t spni_pace_place(const spni_pace_rule *rule, double beta)
{
    const double share = rule->is_log ? log(beta / rule->from) / log(rule->to / rule->from)
                                      : (beta - rule->from) / (rule->to - rule->from);
    const double place = round(share * (double)rule->units);
    return place >= 0 && place <= (double)rule->units ? (int64_t)place : -1;
}

spni_sight spni_sight_of(const spni_pace_rule *rule, double beta, double error, double length,
                         double susceptibility)
{
    const double way = rule->is_log ? beta * log(rule->to / rule->from) : rule->to - rule->from;
    const double floor = LEAST_RANGE * rule->tolerance * rule->scales.weight;
    return (spni_sight){
        .place = spni_pace_place(rule, beta),
        .value = {error, length},
        /* Where |theta| is rounding it has no slope. */
        .slope = {way * beta * susceptibility,
                  length > floor ? -0.5 * way * susceptibility / length : 0},
    };
}

/* ---- What the points so far say ------------------------------------------------------------------ */

spni_pace spni_pace_begin(void)
{
    const double most = (double)INFINITY;
    return (spni_pace){.lowest = {most, 0}, .highest = {-most, 0}};
}

static void widen(spni_pace *pace, int curve, double value)
{
    pace->lowest[curve] = fmin(pace->lowest[curve], value);
    pace->highest[curve] = fmax(pace->highest[curve], value);
}

void spni_pace_expect(spni_pace *pace, double error)
{
    if (isnan(error)) { /* nothing is too far from a line */
        pace->lowest[SPNI_CURVE_ERROR] = -(double)INFINITY;
        pace->highest[SPNI_CURVE_ERROR] = (double)INFINITY;
    } else {
        widen(pace, SPNI_CURVE_ERROR, error);
    }
}

void spni_pace_note(const spni_pace_rule *rule, spni_pace *pace, const spn_sweep_record *record)
{
    const spn_state *state = &record->state;
    const bool is_stationary = state->stationary == 1 && isfinite(state->susceptibility);
    pace->older = pace->last;
    pace->last =
        spni_sight_of(rule, state->beta, state->error, state->weight_norm, state->susceptibility);
    pace->is_smooth =
        pace->points > 0 && pace->is_last_stationary && is_stationary && record->jump == 0;
    pace->is_last_stationary = is_stationary;
    pace->points++;
    for (int curve = 0; curve < SPNI_CURVES; curve++) {
        widen(pace, curve, pace->last.value[curve]);
    }
}

/* How far a curve may leave a straight line. */
static double allowed(const spni_pace_rule *rule, const spni_pace *pace, int curve)
{
    const double scale = curve == SPNI_CURVE_ERROR ? rule->scales.value : rule->scales.weight;
    const double range = pace->highest[curve] - pace->lowest[curve];
    return rule->tolerance * fmax(range, LEAST_RANGE * scale);
}

/* ---- The next step ------------------------------------------------------------------------------- */

/* How far a curve will leave the line over the next `step`, both in shares of the way. */
static double forecast(double slope_older, double slope, double last_step, double step)
{
    const double ratio = slope / slope_older;
    if (!(ratio > 1) || isinf(ratio)) {
        return fabs(slope - slope_older) / last_step * step * step / 8;
    }
    const double distance = last_step / (ratio * ratio - 1);
    const double a = sqrt(distance), b = sqrt(fmax(distance - step, 0));
    return fabs(slope) * a * (a - b) * (a - b) / (2 * (a + b));
}

static bool is_expected_fine(const spni_pace_rule *rule, const spni_pace *pace, int64_t step)
{
    const double units = (double)rule->units;
    const double last_step = fabs((double)(pace->last.place - pace->older.place)) / units;
    for (int curve = 0; curve < SPNI_CURVES; curve++) {
        const double left = forecast(pace->older.slope[curve], pace->last.slope[curve], last_step,
                                     (double)step / units);
        if (left > AIM * allowed(rule, pace, curve)) {
            return false;
        }
    }
    return true;
}

int64_t spni_pace_step(const spni_pace_rule *rule, const spni_pace *pace)
{
    const int64_t place = pace->last.place;
    int64_t step = rule->first;
    if (pace->is_smooth) {
        const int64_t last = pace->last.place - pace->older.place;
        step = GROWTH * (last < 0 ? -last : last);
        step = step < rule->largest ? step : rule->largest;
    }
    while (step > 1 &&
           (place % step != 0 || (pace->is_smooth && !is_expected_fine(rule, pace, step)))) {
        step /= 2;
    }
    return step;
}

/* How far the curve between two points leaves the line that joins them. */
static double leaves_line(const spni_sight *a, const spni_sight *b, int curve, double step)
{
    const double rise = b->value[curve] - a->value[curve];
    const double begin = step * a->slope[curve] - rise, end = step * b->slope[curve] - rise;
    const double one = fabs(begin), other = fabs(end);
    if (begin * end < 0) {
        return one * other / (2 * (one + other));
    }
    return 4 * fmax(one, other) / 27;
}

bool spni_pace_is_fine(const spni_pace_rule *rule, const spni_pace *pace, const spni_sight *here,
                       int64_t *shorter)
{
    const double step = (double)(here->place - pace->last.place) / (double)rule->units;
    double worst = 0;
    for (int curve = 0; curve < SPNI_CURVES; curve++) {
        const double left = leaves_line(&pace->last, here, curve, step);
        worst = fmax(worst, left / allowed(rule, pace, curve));
    }
    if (worst <= 1 || *shorter <= 1) {
        return true;
    }
    /* Of a smooth curve a half leaves a quarter. */
    const int64_t least = *shorter / MOST_SHRINKAGE;
    do {
        *shorter /= 2;
        worst /= 4;
    } while (worst > AIM && *shorter > 1 && *shorter > least);
    return false;
}
