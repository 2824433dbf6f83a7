/* SPDX-License-Identifier: MIT */
/* R and its company (T3, T4) from tr H, tr H^2 and H g: exact, or estimates with intervals. */
#include "geometry/spectrum.h"

#include <float.h>
#include <math.h>

/* A surface: what Hessian it has beside the one that was measured, and its gradient. */
typedef struct surface {
    double shift;
    const double *g, *hg; /* H without the shift */
    int64_t n;
    double confidence;
} surface;

static spn_estimate exact(double value)
{
    return (spn_estimate){value, 0.0, value, value};
}

/* Of what the spread of samples says alone: an estimate of their covariance may be off. */
static const double LEAST_VARIANCE = 0.25;

/* The mean of u trace + v square over samples: its variance, and the skewness of one sample. */
typedef struct spread {
    double mean, variance, skewness;
} spread;

static spread spread_of(const spni_trace_samples *samples, double u, double v)
{
    double count = (double)samples->count, second = 0.0, third = 0.0;
    spread out = {0.0, 0.0, 0.0};
    for (int64_t i = 0; i < samples->count; i++) {
        out.mean += (u * samples->trace[i] + v * samples->square[i]) / count;
    }
    for (int64_t i = 0; i < samples->count; i++) {
        double off = u * samples->trace[i] + v * samples->square[i] - out.mean;
        second += off * off;
        third += off * off * off;
    }
    const double *c = samples->covariance;
    double own = second / (count * (count - 1.0));
    out.variance =
        fmax(own + u * u * c[0] + 2.0 * u * v * c[1] + v * v * c[2], LEAST_VARIANCE * own);
    double deviation = sqrt(second / (count - 1.0));
    out.skewness = deviation > 0.0 ? third / (count * deviation * deviation * deviation) : 0.0;
    return out;
}

/* Hall's transformation of a mean of skewed samples, undone (J. R. Stat. Soc. B 54, 221, 1992): what Student's t becomes. */
static double skewed(double t, double skewness, int64_t count)
{
    double root = sqrt((double)count), part = skewness / root;
    if (fabs(part) < 1e-8) {
        return t;
    }
    return (3.0 / part) * (cbrt(1.0 + part * (t - part / 6.0)) - 1.0);
}

static spn_estimate estimate_of(const spni_trace_samples *samples, double value, double variance,
                                double skewness, double confidence)
{
    double t = spn_student_quantile(confidence, samples->count - 1), error = sqrt(variance);
    return (spn_estimate){value, error, value - error * skewed(t, skewness, samples->count),
                          value - error * skewed(-t, skewness, samples->count)};
}

/* (trace, square) of H + shift I, of which g and H g are known:
 *   R = (trace^2 - square)/q - 2 (trace a - b)/q^2,  a = g^T H g,  b = |H g|^2,  q = 1 + |g|^2. */
typedef struct graph {
    double q, a, b;
} graph;

static graph graph_of(const surface *s)
{
    double a = 0.0, b = 0.0, slope = spn_norm(s->n, s->g);
    for (int64_t i = 0; i < s->n; i++) {
        double entry = s->hg[i] + s->shift * s->g[i];
        a += s->g[i] * entry;
        b += entry * entry;
    }
    return (graph){1.0 + slope * slope, a, b};
}

static double scalar_of(const graph *at, double trace_squared, double trace, double square)
{
    return (trace_squared - square) / at->q - 2.0 * (trace * at->a - at->b) / (at->q * at->q);
}

/* What (tr H)^2/q, no linear function of the means, adds to their skewness: with r = slope trace - square/q its second
 * derivative 2/q times 3/2 cov(r, trace)^2 / sd(r)^3, so that the transformation is right to first order. */
static double bend_of(const spni_trace_samples *samples, double slope, double q)
{
    const spread r = spread_of(samples, slope, -1.0 / q), t = spread_of(samples, 1.0, 0.0);
    double common = 0.0, second = 0.0, count = (double)samples->count;
    for (int64_t i = 0; i < samples->count; i++) {
        double off = slope * samples->trace[i] - samples->square[i] / q - r.mean;
        common += off * (samples->trace[i] - t.mean) / (count - 1.0);
        second += off * off / (count - 1.0);
    }
    return second > 0.0 ? 3.0 * common * common / (q * second * sqrt(second)) : 0.0;
}

static void take_estimates(const surface *s, const spni_traces *t, const graph *at,
                           spn_curvature *out)
{
    const spni_trace_samples *samples = &t->samples;
    double n = (double)s->n, shift = s->shift;
    /* What an estimate of tr H moves: itself, tr H^2 by 2 shift, and R. */
    double moves = t->has_trace ? 0.0 : 1.0;
    const spread first = spread_of(samples, moves, 0.0);
    const spread second = spread_of(samples, moves * 2.0 * shift, 1.0);
    const double q = at->q;
    double raw = t->has_trace ? t->trace : first.mean, trace = raw + n * shift;
    double square = spread_of(samples, 0.0, 1.0).mean + shift * (2.0 * raw + n * shift);
    double slope = moves * (2.0 * (trace - shift) / q - 2.0 * at->a / (q * q));
    spread third = spread_of(samples, slope, -1.0 / q);
    third.skewness += moves * bend_of(samples, slope, q);
    third.variance += 2.0 * first.variance * first.variance / (q * q);
    double scalar = scalar_of(at, trace * trace - first.variance, trace, square);
    out->trace = estimate_of(samples, trace, first.variance, first.skewness, s->confidence);
    out->trace_square =
        estimate_of(samples, square, second.variance, second.skewness, s->confidence);
    out->scalar_curvature =
        estimate_of(samples, scalar, third.variance, third.skewness, s->confidence);
    out->products = samples->products;
}

static void take_surface(const surface *s, const spni_traces *t, spn_curvature *out)
{
    double n = (double)s->n;
    const graph at = graph_of(s);
    *out = (spn_curvature){
        .method = t->method, .gradient_norm = spn_norm(s->n, s->g), .gradient_curvature = at.a};
    if (t->is_estimated) {
        take_estimates(s, t, &at, out);
    } else {
        double trace = t->trace + n * s->shift;
        double square = t->square + s->shift * (2.0 * t->trace + n * s->shift);
        out->trace = exact(trace);
        out->trace_square = exact(square);
        out->scalar_curvature = exact(scalar_of(&at, trace * trace, trace, square));
    }
    double trace = out->trace.value, root = n * sqrt(at.q);
    out->mean_curvature = (spn_estimate){(trace - at.a / at.q) / root, out->trace.error / root,
                                         (out->trace.low - at.a / at.q) / root,
                                         (out->trace.high - at.a / at.q) / root};
    out->rounding = 8.0 * DBL_EPSILON * (trace * trace + out->trace_square.value) / at.q;
}

/* The surface at `point`, whose Hessian is that of `from`, which was measured, plus a shift. */
static spn_status measure(spn_context *context, const spn_point *from, const spni_traces *t,
                          const spn_point *point, double shift,
                          const spn_geometry_settings *settings, spn_curvature *out)
{
    spn_status status = SPN_OK;
    double *hg = NULL;
    SPN_NEW(context, hg, point->dimension);
    SPN_TRY(spn_point_hvp(context, from, SPN_PART_FULL, 1, point->gradient, hg));
    const surface s = {shift, point->gradient, hg, point->dimension, settings->confidence};
    take_surface(&s, t, out);
done:
    spn_release(context, hg);
    return status;
}

static spn_status check_point(spn_context *context, const spn_point *point)
{
    const unsigned needed = SPN_WANT_VALUE | SPN_WANT_GRADIENT | SPN_WANT_CURVATURE;
    return (point->has & needed) == needed
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_ARGUMENT,
                          "curvature needs a point set with value, gradient and curvature");
}

spn_status spni_curvature_by(spn_context *context, const spn_point *point,
                             const spn_geometry_settings *settings, int64_t method,
                             spn_curvature *error, spn_curvature *loss)
{
    spn_status status = SPN_OK;
    spni_traces t = {.is_estimated = false}, again = {.is_estimated = false};
    const spn_point *inner = spn_point_error(point);
    double shift = 0.0;
    SPN_TRY(check_point(context, point));
    bool is_shifted = spn_objective_shifts(point->objective, point->parameter, &shift);
    if (is_shifted || error != NULL) {
        SPN_TRY(spni_traces_take(context, inner, SPN_PART_FULL, settings, method, &t));
    }
    if (error != NULL) {
        SPN_TRY(measure(context, inner, &t, inner, 0.0, settings, error));
    }
    if (loss != NULL && is_shifted) {
        SPN_TRY(measure(context, inner, &t, point, shift, settings, loss));
    } else if (loss != NULL) {
        SPN_TRY(spni_traces_take(context, point, SPN_PART_FULL, settings, method, &again));
        SPN_TRY(measure(context, point, &again, point, 0.0, settings, loss));
    }
done:
    spni_samples_free(context, &t.samples);
    spni_samples_free(context, &again.samples);
    return status;
}

spn_status spn_geometry_curvature(spn_context *context, const spn_point *point,
                                  const spn_geometry_settings *settings, spn_curvature *error,
                                  spn_curvature *loss, spn_forecast *forecast)
{
    spn_status status = SPN_OK;
    spn_forecast own;
    forecast = forecast != NULL ? forecast : &own;
    SPN_TRY(spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_CURVATURE,
                                  forecast));
    SPN_TRY(spni_curvature_by(context, point, settings, forecast->method, error, loss));
done:
    return status;
}

spn_status spn_geometry_traces(spn_context *context, const spn_point *point, spn_part part,
                               const spn_geometry_settings *settings, spn_estimate *trace,
                               spn_estimate *square, spn_forecast *forecast)
{
    spn_status status = SPN_OK;
    spn_forecast own;
    spni_traces t = {.is_estimated = false};
    forecast = forecast != NULL ? forecast : &own;
    SPN_TRY(spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_CURVATURE,
                                  forecast));
    SPN_TRY(spni_traces_take(context, point, part, settings, forecast->method, &t));
    forecast->method = t.method;
    if (!t.is_estimated) {
        *trace = exact(t.trace);
        *square = exact(t.square);
        goto done;
    }
    const spread first = spread_of(&t.samples, 1.0, 0.0), second = spread_of(&t.samples, 0.0, 1.0);
    *trace = t.has_trace ? exact(t.trace)
                         : estimate_of(&t.samples, first.mean, first.variance, first.skewness,
                                       settings->confidence);
    *square = estimate_of(&t.samples, second.mean, second.variance, second.skewness,
                          settings->confidence);
done:
    spni_samples_free(context, &t.samples);
    return status;
}

spn_status spni_curvature_of(spn_context *context, const spn_point *point,
                             const spn_geometry_settings *settings, spn_curvature *out)
{
    spn_status status = SPN_OK;
    spni_traces t = {.is_estimated = false};
    spn_forecast forecast;
    SPN_TRY(spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_CURVATURE,
                                  &forecast));
    SPN_TRY(spni_traces_take(context, point, SPN_PART_FULL, settings, forecast.method, &t));
    SPN_TRY(measure(context, point, &t, point, 0.0, settings, out));
done:
    spni_samples_free(context, &t.samples);
    return status;
}
