/* SPDX-License-Identifier: MIT */
/* The density of eigenvalues: all of them, or nodes of Gauss quadratures of random starts. */
#include "geometry/spectrum.h"

#include <math.h>
#include <string.h>

static spn_status create(spn_context *context, int64_t starts, int64_t count, spn_density **out)
{
    spn_status status = SPN_OK;
    spn_density *made = NULL;
    SPN_NEW(context, made, 1);
    made->starts = starts;
    made->count = count;
    SPN_TRY(spni_rows_create(context, starts, count, &made->points));
    SPN_TRY(spni_rows_create(context, starts, count, &made->weights));
    *out = made;
    made = NULL;
done:
    spn_density_free(context, made);
    return status;
}

void spn_density_free(spn_context *context, spn_density *density)
{
    if (density != NULL) {
        spn_release(context, density->points);
        spn_release(context, density->weights);
        spn_release(context, density);
    }
}

static spn_status by_dense(spn_context *context, const spn_point *point, spn_part part,
                           spn_density *out)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    double *h = NULL;
    spn_dense *dense = NULL;
    SPN_NEW(context, h, n * n);
    SPN_TRY(spn_dense_create(context, n, &dense));
    SPN_TRY(spn_point_hessian(context, point, part, h));
    SPN_TRY(spn_eigen(context, dense, n, h, false, out->points));
    for (int64_t i = 0; i < n; i++) {
        out->weights[i] = 1.0 / (double)n;
    }
done:
    spn_release(context, h);
    spn_dense_free(context, dense);
    return status;
}

/* Starts in groups of a block: each keeps its own basis. */
static spn_status by_quadrature(spn_context *context, const spn_symmetric_operator *a,
                                const spn_geometry_settings *settings, spn_density *out)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension, total = out->starts, steps = out->count;
    int64_t block = settings->block < total ? settings->block : total;
    double *starts = NULL;
    SPN_NEW(context, starts, block * n);
    for (int64_t at = 0; at < total; at += block) {
        int64_t count = total - at < block ? total - at : block;
        for (int64_t i = 0; i < count; i++) {
            spni_signs((uint64_t)settings->seed, (uint64_t)(at + i), n, starts + i * n);
        }
        SPN_TRY(spn_lanczos_quadrature(context, a, count, steps, starts, out->points + at * steps,
                                       out->weights + at * steps));
        out->products += count * steps;
    }
    for (int64_t i = 0; i < total * steps; i++) {
        out->weights[i] /= (double)total;
    }
done:
    spn_release(context, starts);
    return status;
}

static void take_ends(spn_density *out)
{
    out->low = (double)INFINITY;
    out->high = -(double)INFINITY;
    for (int64_t i = 0; i < out->starts * out->count; i++) {
        if (out->weights[i] > 0.0) {
            out->low = fmin(out->low, out->points[i]);
            out->high = fmax(out->high, out->points[i]);
        }
    }
}

spn_status spn_geometry_density(spn_context *context, const spn_point *point, spn_part part,
                                const spn_geometry_settings *settings, spn_density **out,
                                spn_forecast *forecast)
{
    spn_status status = SPN_OK;
    spn_forecast own;
    spn_density *made = NULL;
    spni_hessian_operator hessian = {point, part};
    const spn_symmetric_operator a = spni_hessian_of(&hessian);
    *out = NULL;
    forecast = forecast != NULL ? forecast : &own;
    SPN_TRY(
        spn_spectrum_forecast(context, point->objective, settings, SPN_SPECTRUM_DENSITY, forecast));
    bool is_dense = forecast->method == SPN_SPECTRUM_DENSE;
    int64_t steps = settings->steps < a.dimension ? settings->steps : a.dimension;
    SPN_TRY(
        create(context, is_dense ? 1 : settings->starts, is_dense ? a.dimension : steps, &made));
    made->method = forecast->method;
    SPN_TRY(is_dense ? by_dense(context, point, part, made)
                     : by_quadrature(context, &a, settings, made));
    take_ends(made);
    *out = made;
    made = NULL;
done:
    spn_density_free(context, made);
    return status;
}

double spn_density_at(const spn_density *density, double x, double width)
{
    const double root = 2.5066282746310002; /* sqrt(2 pi) */
    double sum = 0.0;
    for (int64_t i = 0; i < density->starts * density->count; i++) {
        double off = (x - density->points[i]) / width;
        sum += density->weights[i] * exp(-0.5 * off * off);
    }
    return sum / (width * root);
}

/* Of one start, whose weights add up to 1 / starts. */
static double share_below(const spn_density *density, int64_t start, double x)
{
    double sum = 0.0;
    for (int64_t i = 0; i < density->count; i++) {
        int64_t at = start * density->count + i;
        double point = density->points[at];
        sum += point < x ? density->weights[at] : point == x ? 0.5 * density->weights[at] : 0.0;
    }
    return sum * (double)density->starts;
}

double spn_density_below(const spn_density *density, double x, double *error)
{
    double mean = 0.0, squares = 0.0, starts = (double)density->starts;
    for (int64_t i = 0; i < density->starts; i++) {
        mean += share_below(density, i, x) / starts;
    }
    for (int64_t i = 0; i < density->starts; i++) {
        double off = share_below(density, i, x) - mean;
        squares += off * off;
    }
    bool is_known = density->method == SPN_SPECTRUM_DENSE;
    if (error != NULL) {
        *error = is_known ? 0.0 : sqrt(squares / (starts * (starts - 1.0)));
    }
    return mean;
}
