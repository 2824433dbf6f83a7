/* SPDX-License-Identifier: MIT */
/* The spectra at one point: traces, ends, outliers, densities of E's Hessian and its Gauss-Newton part. */
#include "geometry/spectrum.h"

#include <float.h>
#include <math.h>
#include <spinodal/geometry/spectra.h>

/* What a density cannot tell from zero, of the largest |eigenvalue|. */
static const double zero_part = 1e-6;
/* Points of a density are drawn as wide as this share of the range. */
static const double width_share = 1.0 / 300.0;

typedef struct survey {
    spn_context *context;
    const spn_point *point; /* of this part */
    spn_part part;
    spn_geometry_settings traces, rest;
    spn_spectra_summary summary;
    spn_spectra *out;
} survey;

void spn_spectra_free(spn_context *context, spn_spectra *spectra)
{
    spn_list_free(context, &spectra->summaries);
    spn_list_free(context, &spectra->eigenvalues);
    spn_list_free(context, &spectra->nodes);
}

/* Moments are no way to eigenvalues. */
static spn_geometry_settings settings_of_rest(const spn_geometry_settings *settings)
{
    spn_geometry_settings out = *settings;
    out.method = out.method == SPN_SPECTRUM_MOMENTS ? SPN_SPECTRUM_AUTO : out.method;
    return out;
}

spn_status spn_spectra_forecast(spn_context *context, const spn_objective *objective,
                                const spn_geometry_settings *settings, spn_forecast forecasts[3])
{
    spn_status status = SPN_OK;
    const spn_geometry_settings rest = settings_of_rest(settings);
    for (int task = SPN_SPECTRUM_CURVATURE; task <= SPN_SPECTRUM_DENSITY; task++) {
        const spn_geometry_settings *its = task == SPN_SPECTRUM_CURVATURE ? settings : &rest;
        SPN_TRY(spn_spectrum_forecast(context, objective, its, (spn_spectrum_task)task,
                                      &forecasts[task]));
    }
done:
    return status;
}

/* ---- Traces and R ----------------------------------------------------------------------------- */

static spn_status measure_traces(survey *s)
{
    spn_status status = SPN_OK;
    spn_spectra_summary *out = &s->summary;
    spn_curvature curvature = {.method = 0};
    spn_estimate trace, square;
    spn_forecast forecast;
    const double none = (double)NAN;
    if (s->part == SPN_PART_FULL) {
        SPN_TRY(spni_curvature_of(s->context, s->point, &s->traces, &curvature));
        trace = curvature.trace;
        square = curvature.trace_square;
        out->curvature_method = curvature.method;
    } else {
        SPN_TRY(spn_geometry_traces(s->context, s->point, s->part, &s->traces, &trace, &square,
                                    &forecast));
        out->curvature_method = forecast.method;
        curvature.scalar_curvature = (spn_estimate){none, none, none, none};
    }
    out->trace = trace.value;
    out->trace_low = trace.low;
    out->trace_high = trace.high;
    out->trace_square = square.value;
    out->trace_square_low = square.low;
    out->trace_square_high = square.high;
    out->scalar_curvature = curvature.scalar_curvature.value;
    out->scalar_curvature_low = curvature.scalar_curvature.low;
    out->scalar_curvature_high = curvature.scalar_curvature.high;
done:
    return status;
}

/* ---- Ends ------------------------------------------------------------------------------------- */

/* Of eigenvalues [first, first + count), ascending, the number of those that belong to one value with `at`. */
static int64_t copies_of(const spn_extremes *e, int64_t first, int64_t count, int64_t at)
{
    const double rounding = 64.0 * DBL_EPSILON * e->norm;
    int64_t low = at, high = at;
    while (low > first && e->values[low] - e->values[low - 1] <=
                              e->residuals[low] + e->residuals[low - 1] + rounding) {
        low--;
    }
    while (high + 1 < first + count && e->values[high + 1] - e->values[high] <=
                                           e->residuals[high] + e->residuals[high + 1] + rounding) {
        high++;
    }
    return high - low + 1;
}

/* The widest gap among the `count` largest, as a ratio of neighbours; below it is the bulk. */
static void find_outliers(const spn_extremes *e, int64_t count, spn_spectra_summary *out)
{
    double widest = 0.0;
    const double *values = e->values + e->count - count;
    const double *residuals = e->residuals + e->count - count;
    /* What is 0 but for rounding, or for what is left of it, makes no gap. */
    const double rounding = count > 0 ? 64 * DBL_EPSILON * values[count - 1] : 0.0;
    out->outliers = 0;
    out->edge = (double)NAN;
    for (int64_t i = count - 1; i > 0; i--) {
        bool is_there = values[i - 1] > fmax(rounding, residuals[i - 1]);
        double ratio = is_there ? values[i] / values[i - 1] : 0.0;
        if (ratio >= SPN_OUTLIER_RATIO && ratio > widest) {
            widest = ratio;
            out->outliers = count - i;
            out->edge = values[i - 1];
        }
    }
}

static spn_status measure_ends(survey *s)
{
    spn_status status = SPN_OK;
    spn_extremes *e = NULL;
    spn_spectra_summary *out = &s->summary;
    SPN_TRY(spn_geometry_extremes(s->context, s->point, s->part, &s->rest, &e, NULL));
    const int64_t low = s->rest.smallest < e->count ? s->rest.smallest : e->count;
    const int64_t high = e->count - low;
    out->extremes_method = e->method;
    out->converged = e->is_converged;
    find_outliers(e, high, out);
    for (int64_t i = 0; i < e->count; i++) {
        const bool is_low = i < low;
        const int64_t number = is_low ? i : e->count - 1 - i;
        const spn_spectra_eigenvalue row = {.part = out->part,
                                            .end = is_low ? 0 : 1,
                                            .number = number,
                                            .value = e->values[i],
                                            .residual = e->residuals[i],
                                            .multiplicity = is_low ? copies_of(e, 0, low, i)
                                                                   : copies_of(e, low, high, i),
                                            .outlier = !is_low && number < out->outliers};
        out->residual = fmax(out->residual, e->residuals[i]);
        SPN_TRY(spn_list_append(s->context, &s->out->eigenvalues, &row));
    }
done:
    spn_extremes_free(s->context, e);
    return status;
}

/* ---- Density ---------------------------------------------------------------------------------- */

/* Half of the share that the quadrature leaves open around x: of each start the weights of the nodes on both sides of it
 * (inequalities of Chebyshev, Markov and Stieltjes). */
static double open_share(const spn_density *d, double x)
{
    double sum = 0.0;
    for (int64_t i = 0; i < d->starts; i++) {
        const double *points = d->points + i * d->count, *weights = d->weights + i * d->count;
        int64_t k = 0;
        while (k < d->count && points[k] < x) {
            k++;
        }
        sum += k > 0 ? weights[k - 1] : 0.0;
        sum += k < d->count ? weights[k] : 0.0;
    }
    return 0.5 * sum;
}

static spn_status measure_density(survey *s)
{
    spn_status status = SPN_OK;
    spn_density *d = NULL;
    spn_spectra_summary *out = &s->summary;
    double spread = 0.0;
    SPN_TRY(spn_geometry_density(s->context, s->point, s->part, &s->rest, &d, NULL));
    const double zero = zero_part * fmax(fabs(d->low), fabs(d->high));
    out->density_method = d->method;
    const bool is_known = d->method == SPN_SPECTRUM_DENSE;
    out->negative_share = spn_density_below(d, -zero, &spread);
    out->negative_share_error = is_known ? 0.0 : open_share(d, -zero) + spread;
    out->zero_share =
        is_known ? spn_density_below(d, zero, NULL) - out->negative_share : (double)NAN;
    out->width = d->high > d->low ? width_share * (d->high - d->low) : width_share * fabs(d->high);
    for (int64_t i = 0; i < d->starts * d->count; i++) {
        const spn_spectra_node row = {out->part, i / d->count, d->points[i], d->weights[i]};
        if (row.weight > 0.0) {
            SPN_TRY(spn_list_append(s->context, &s->out->nodes, &row));
        }
    }
done:
    spn_density_free(s->context, d);
    return status;
}

static spn_status measure_part(survey *s, spn_spectra_part part)
{
    spn_status status = SPN_OK;
    s->summary = (spn_spectra_summary){.part = (int64_t)part};
    SPN_TRY(measure_traces(s));
    SPN_TRY(measure_ends(s));
    SPN_TRY(measure_density(s));
    SPN_TRY(spn_list_append(s->context, &s->out->summaries, &s->summary));
done:
    return status;
}

/* Objectives without parts have the first row alone. */
static spn_status has_parts(spn_context *context, const spn_point *point, bool *out)
{
    spn_status status = SPN_OK;
    double *zeros = NULL;
    SPN_NEW(context, zeros, 2 * point->dimension);
    status =
        spn_point_hvp(context, point, SPN_PART_GAUSS_NEWTON, 1, zeros, zeros + point->dimension);
    *out = status == SPN_OK;
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(context);
        status = SPN_OK;
    }
done:
    spn_release(context, zeros);
    return status;
}

spn_status spn_spectra_measure(spn_context *context, const spn_point *point,
                               const spn_geometry_settings *settings, int64_t merged_units,
                               spn_spectra *out)
{
    spn_status status = SPN_OK;
    const spn_point *inner = spn_point_error(point);
    bool is_parted = false;
    double shift = 0.0;
    survey s = {.context = context,
                .point = inner,
                .part = SPN_PART_FULL,
                .traces = *settings,
                .rest = settings_of_rest(settings),
                .out = out};
    const int64_t copies =
        merged_units < SPN_SPECTRA_BLOCK_MAX ? merged_units : SPN_SPECTRA_BLOCK_MAX;
    s.rest.block = s.rest.block < copies ? copies : s.rest.block;
    bool is_shifted = spn_objective_shifts(point->objective, point->parameter, &shift);
    *out = (spn_spectra){.summaries = {.size = sizeof(spn_spectra_summary)},
                         .eigenvalues = {.size = sizeof(spn_spectra_eigenvalue)},
                         .nodes = {.size = sizeof(spn_spectra_node)}};
    out->point =
        (spn_spectra_point){.beta = point->parameter,
                            .parameters = point->dimension,
                            .samples = point->objective->samples,
                            .error = inner->value,
                            .loss = point->value,
                            .weight_norm = spn_objective_order_root(point->objective, point->theta),
                            .gradient_norm = spn_norm(point->dimension, point->gradient),
                            .shift = is_shifted ? shift : (double)NAN,
                            .merged_units = merged_units};
    SPN_TRY(measure_part(&s, SPN_SPECTRA_ERROR));
    SPN_TRY(has_parts(context, inner, &is_parted));
    if (is_parted) { /* from below there is nothing but zeros to be found */
        s.part = SPN_PART_GAUSS_NEWTON;
        s.rest.smallest = s.rest.largest > 0 ? 0 : s.rest.smallest;
        SPN_TRY(measure_part(&s, SPN_SPECTRA_GAUSS_NEWTON));
    }
    if (!is_shifted) {
        s.point = point;
        s.part = SPN_PART_FULL;
        s.rest.smallest = settings->smallest;
        SPN_TRY(measure_part(&s, SPN_SPECTRA_LOSS));
    }
done:
    if (status != SPN_OK) {
        spn_spectra_free(context, out);
    }
    return status;
}
