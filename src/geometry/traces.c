/* SPDX-License-Identifier: MIT */
/* tr H and tr H^2 of a part of a Hessian, by one of the ways; where parameters repeat, of the smaller problem and of what is left
 * beside it (T27): H leaves the symmetric theta alone, so that both traces are sums of those of two parts. */
#include "geometry/spectrum.h"
#include <spinodal/objective/reduction.h>

#include <float.h>
#include <string.h>

static spn_status take_dense(spn_context *context, const spn_point *point, spn_part part,
                             spni_traces *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    double *h = NULL;
    SPN_TRY(spni_rows_create(context, n, n, &h));
    SPN_TRY(spn_point_hessian(context, point, part, h));
    out->trace = spn_symmetric_trace(n, h);
    out->square = spn_symmetric_frobenius_squared(n, h);
done:
    spn_release(context, h);
    return status;
}

/* As many products as there are dimensions: nothing is left to be estimated. */
static spn_status take_columns(spn_context *context, const spn_symmetric_operator *a, int64_t block,
                               spni_traces *out)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension, most = block < n ? block : n;
    double *units = NULL, *products = NULL;
    SPN_NEW(context, units, most * n);
    SPN_NEW(context, products, most * n);
    for (int64_t first = 0; first < n; first += most) {
        int64_t count = n - first < most ? n - first : most;
        SPN_TRY(spn_poll(context));
        memset(units, 0, (size_t)(most * n) * sizeof *units);
        for (int64_t j = 0; j < count; j++) {
            units[j * n + first + j] = 1.0;
        }
        SPN_TRY(a->product(context, a->state, count, units, products));
        for (int64_t j = 0; j < count; j++) {
            out->trace += products[j * n + first + j];
            out->square += spn_dot(n, products + j * n, products + j * n);
        }
    }
done:
    spn_release(context, units);
    spn_release(context, products);
    return status;
}

static spn_status take_samples(spn_context *context, const spn_point *point, spn_part part,
                               const spn_geometry_settings *settings, spni_traces *out)
{
    spn_status status = SPN_OK;
    spni_hessian_operator hessian = {point, part};
    const spn_symmetric_operator a = spni_hessian_of(&hessian);
    const spn_costs costs = spn_objective_costs(point->objective);
    if (settings->probes >= a.dimension) {
        return take_columns(context, &a, settings->block, out);
    }
    out->is_estimated = true;
    out->has_trace =
        settings->exact_trace && costs.trace <= (double)settings->probes * costs.product;
    if (out->has_trace) {
        SPN_TRY(spn_point_trace(context, point, part, &out->trace));
    }
    SPN_TRY(spni_samples_create(context, &a, settings, &out->samples));
done:
    return status;
}

/* As it is. */
static spn_status take_whole(spn_context *context, const spn_point *point, spn_part part,
                             const spn_geometry_settings *settings, int64_t method,
                             spni_traces *out)
{
    spn_status status = SPN_OK;
    *out = (spni_traces){.method = method, .has_trace = true};
    if (method == SPN_SPECTRUM_STOCHASTIC) {
        return take_samples(context, point, part, settings, out);
    }
    if (method == SPN_SPECTRUM_DENSE) {
        return take_dense(context, point, part, out);
    }
    SPN_TRY(spn_point_trace(context, point, part, &out->trace));
    SPN_TRY(spn_point_trace_square(context, point, part, &out->square));
done:
    return status;
}

/* ---- Where parameters repeat ------------------------------------------------------------------ */

/* Equal to rounding: results are exact. */
static const double EXACT = 4 * DBL_EPSILON;

/* The smaller problem, and its point z = T^T theta; NULL where nothing repeats or it does not pay. */
typedef struct smaller {
    spn_reduction *reduction;
    spn_point *point;
} smaller;

static void free_smaller(spn_context *context, smaller *s)
{
    spn_point_free(context, s->point);
    spn_reduction_free(context, s->reduction);
    *s = (smaller){NULL, NULL};
}

/* The way to the traces of the smaller problem, 0 where none pays: with the rest it takes no longer than the way of the whole
 * problem was forecast to, and is exact where that one is. */
static int64_t smaller_way(spn_context *context, const spn_point *point,
                           const spn_geometry_settings *settings, int64_t method,
                           const spn_reduction *reduction)
{
    spn_forecast whole, own;
    spn_geometry_settings within = *settings;
    if (spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_CURVATURE,
                              &whole) != SPN_OK) {
        spn_error_clear(context);
        return 0;
    }
    within.patience = spni_forecast_seconds(&whole, method) -
                      spn_reduction_rest_flops(reduction) / SPN_FORECAST_RATE;
    if (!(within.patience > 0.0)) {
        return 0;
    }
    if (spn_spectrum_forecast(context, spn_reduction_objective(reduction), &within,
                              SPN_SPECTRUM_CURVATURE, &own) != SPN_OK) {
        spn_error_clear(context);
        return 0;
    }
    const bool is_worse =
        own.method == SPN_SPECTRUM_STOCHASTIC && method != SPN_SPECTRUM_STOCHASTIC;
    return !is_worse && spni_forecast_seconds(&own, own.method) <= within.patience ? own.method : 0;
}

/* *way 0: nothing repeats, or it does not pay. A batch is left alone: the smaller problem is one of all samples. */
static spn_status find_smaller(spn_context *context, const spn_point *point,
                               const spn_geometry_settings *settings, int64_t method, smaller *out,
                               int64_t *way)
{
    spn_status status = SPN_OK;
    double *z = NULL;
    *way = 0;
    if (point->is_of_subset || settings->method == SPN_SPECTRUM_DENSE) {
        goto done;
    }
    SPN_TRY(spn_reduction_create(context, point->objective, point->theta, EXACT, &out->reduction));
    if (out->reduction == NULL ||
        spn_reduction_objective(out->reduction)->dimension == point->dimension) {
        goto done;
    }
    const spn_objective *objective = spn_reduction_objective(out->reduction);
    *way = smaller_way(context, point, settings, method, out->reduction);
    if (*way != 0) {
        SPN_NEW(context, z, objective->dimension);
        spn_reduction_restrict(out->reduction, point->theta, z);
        SPN_TRY(spn_point_create(context, objective, &out->point));
        SPN_TRY(spn_point_set(context, out->point, z, point->parameter, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
    }
done:
    spn_release(context, z);
    return status;
}

/* What the rest has is added to each estimate. */
static void add_rest(double trace, double square, spni_traces *out)
{
    out->trace += trace;
    out->square += square;
    for (int64_t i = 0; out->is_estimated && i < out->samples.count; i++) {
        out->samples.trace[i] += trace;
        out->samples.square[i] += square;
    }
}

spn_status spni_traces_take(spn_context *context, const spn_point *point, spn_part part,
                            const spn_geometry_settings *settings, int64_t method, spni_traces *out)
{
    spn_status status = SPN_OK;
    smaller s = {NULL, NULL};
    int64_t way = 0;
    double trace = 0.0, square = 0.0;
    *out = (spni_traces){.is_estimated = false};
    SPN_TRY(find_smaller(context, point, settings, method, &s, &way));
    if (way == 0) {
        SPN_TRY(take_whole(context, point, part, settings, method, out));
        goto done;
    }
    SPN_TRY(take_whole(context, s.point, part, settings, way, out));
    out->method =
        way == SPN_SPECTRUM_DENSE ? SPN_SPECTRUM_MOMENTS : way; /* of this problem exact traces */
    SPN_TRY(spn_reduction_rest_traces(context, s.reduction, s.point, part, &trace, &square));
    add_rest(trace, square, out);
done:
    free_smaller(context, &s);
    return status;
}
