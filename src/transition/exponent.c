/* SPDX-License-Identifier: MIT */
/* Exponents: straight lines through logarithms, over a window chosen by a stated rule.
 *
 * Near the origin of the distances their uncertainty and rounding bend the line; far from it the corrections to
 * the power law do. Inside the window all local slopes agree with the fitted one. */
#include <spinodal/numeric.h>
#include <spinodal/transition.h>

#include <math.h>

/* Of local slopes against the fitted one: the tightest that holds over two decades. */
static const double slope_tolerances[] = {0.01, 0.02, 0.05};
enum { TOLERANCES = 3 };
static const double reach_decades =
    1.0 / 3;                       /* a local slope is taken between points this far apart */
static const double closest = 20;  /* distances are at least this many of their errors: 5 % in d */
static const double smallest = 10; /* likewise values */
enum { FEWEST_POINTS = 5 };

typedef struct sample {
    double x, y, weight; /* log10 distance, log10 value, 1/variance of y */
    double slope;        /* local, to sample `partner` */
    int64_t partner;     /* -1: none */
} sample;

typedef struct fit {
    int64_t count;
    sample *samples; /* ascending x */
    double *x, *y, *weights;
} fit;

static void insert(fit *f, double distance, double value, double distance_error, double value_error)
{
    double relative_d = distance_error / distance, relative_v = value_error / value;
    sample s = {log10(distance), log10(value), 0, (double)NAN, -1};
    int64_t at = f->count++;
    s.weight = 1 / (relative_d * relative_d + relative_v * relative_v + 1e-6);
    while (at > 0 && f->samples[at - 1].x > s.x) {
        f->samples[at] = f->samples[at - 1];
        at--;
    }
    f->samples[at] = s;
}

static void find_local_slopes(fit *f)
{
    for (int64_t i = 0; i < f->count; i++) {
        f->x[i] = f->samples[i].x;
        f->y[i] = f->samples[i].y;
        f->weights[i] = f->samples[i].weight;
        for (int64_t j = i + 1; j < f->count && f->samples[i].partner < 0; j++) {
            double width = f->samples[j].x - f->samples[i].x;
            if (width >= reach_decades) {
                f->samples[i].partner = j;
                f->samples[i].slope = (f->samples[j].y - f->samples[i].y) / width;
            }
        }
    }
}

static bool is_straight(const fit *f, int64_t first, int64_t last, double slope, double tolerance)
{
    bool has_any = false;
    for (int64_t i = first; i <= last; i++) {
        if (f->samples[i].partner >= 0 && f->samples[i].partner <= last) {
            has_any = true;
            if (!(fabs(f->samples[i].slope - slope) <= tolerance)) {
                return false;
            }
        }
    }
    return has_any;
}

static spn_line line_of(const fit *f, int64_t first, int64_t last)
{
    return spn_fit_line(last - first + 1, f->x + first, f->y + first, f->weights + first);
}

/* Half the difference between the slopes of the two halves of a window: what the corrections to the power
 * law, which are no noise, do to the slope. */
static double systematic(const fit *f, int64_t first, int64_t last)
{
    int64_t middle = first;
    while (f->x[middle] < 0.5 * (f->x[first] + f->x[last])) {
        middle++;
    }
    if (middle - first < 2 || last - middle < 1) {
        return 0;
    }
    return 0.5 * fabs(line_of(f, first, middle - 1).slope - line_of(f, middle, last).slope);
}

static void choose_window(const fit *f, double tolerance, spn_exponent *out)
{
    for (int64_t first = 0; first < f->count; first++) {
        for (int64_t last = first + FEWEST_POINTS - 1; last < f->count; last++) {
            double width = f->x[last] - f->x[first];
            if (out->points > 0 && width <= out->decades) {
                continue;
            }
            spn_line line = line_of(f, first, last);
            if (is_straight(f, first, last, line.slope, tolerance)) {
                *out = (spn_exponent){.value = line.slope,
                                      .error = hypot(line.slope_error, systematic(f, first, last)),
                                      .low = pow(10, f->x[first]),
                                      .high = pow(10, f->x[last]),
                                      .decades = width,
                                      .points = last - first + 1};
            }
        }
    }
}

spn_status spn_fit_exponent(spn_context *context, int64_t n, const double *distances,
                            const double *values, double distance_error, double value_error,
                            spn_exponent *out)
{
    spn_status status = SPN_OK;
    const double none = (double)NAN;
    fit f = {0};
    const spn_exponent nothing = {none, none, none, none, none, 0};
    *out = nothing;
    SPN_NEW(context, f.samples, n);
    SPN_NEW(context, f.x, n);
    SPN_NEW(context, f.y, n);
    SPN_NEW(context, f.weights, n);
    for (int64_t i = 0; i < n; i++) {
        double d = distances[i], v = values[i];
        if (isfinite(d) && isfinite(v) && d > 0 && v > 0 && d >= closest * distance_error &&
            v >= smallest * value_error) {
            insert(&f, d, v, distance_error, value_error);
        }
    }
    find_local_slopes(&f);
    for (int k = 0; k < TOLERANCES && !(out->decades >= 2); k++) {
        *out = nothing;
        choose_window(&f, slope_tolerances[k], out);
    }
done:
    spn_release(context, f.samples);
    spn_release(context, f.x);
    spn_release(context, f.y);
    spn_release(context, f.weights);
    return status;
}
