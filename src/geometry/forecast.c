/* SPDX-License-Identifier: MIT */
/* Which way to curvature and spectra: counted before anything is started. */
#include "geometry/spectrum.h"

#include <math.h>
#include <spinodal/geometry.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

/* Products that extreme eigenpairs were seen to take, for each vector of the basis. */
static const double PRODUCTS_OF_BASIS = 6.0;

static const spn_forecast_way NONE = {(double)INFINITY, (double)INFINITY, (double)INFINITY};

spn_forecast_way spni_forecast_of(double flops, double dense_flops, double bytes)
{
    return (spn_forecast_way){flops + dense_flops,
                              flops / SPN_FORECAST_RATE + dense_flops / SPN_FORECAST_RATE_DENSE,
                              bytes};
}

/* The Hessian, a copy of its triangle, and what LAPACK works in. */
static spn_forecast_way dense_way(const spn_objective *objective, const spn_costs *costs,
                                  spn_spectrum_task task)
{
    double n = (double)objective->dimension;
    double cube = task == SPN_SPECTRUM_CURVATURE  ? 0.0
                  : task == SPN_SPECTRUM_EXTREMES ? 9.0
                                                  : 4.0 / 3.0;
    double squares = task == SPN_SPECTRUM_CURVATURE ? 1.0 : 4.0;
    return spni_forecast_of(costs->hessian, cube * n * n * n, squares * n * n * sizeof(double));
}

spn_forecast_way spni_moments_way(const spn_objective *objective, const spn_costs *costs)
{
    double n = (double)objective->dimension;
    return spni_forecast_of(costs->trace + costs->trace_square, 0.0,
                            costs->trace_square_bytes + 4.0 * n * sizeof(double));
}

spn_forecast_way spni_stochastic_way(const spn_objective *objective, const spn_costs *costs,
                                     const spn_geometry_settings *settings, spn_spectrum_task task)
{
    double n = (double)objective->dimension, products = 0.0, vectors = 0.0;
    spn_extremes_settings ends = {
        .smallest = settings->smallest, .largest = settings->largest, .block = settings->block};
    double basis = (double)spn_extremes_basis(objective->dimension, &ends);
    double block = (double)settings->block, work = 0.0;
    switch (task) {
    case SPN_SPECTRUM_CURVATURE:
    case SPN_SPECTRUM_POINT:
        products = (double)settings->probes;
        vectors = (double)spni_samples_vectors(objective->dimension, settings) + 4.0;
        work = 4.0 * products * vectors * n;
        break;
    case SPN_SPECTRUM_EXTREMES:
        products = fmin(PRODUCTS_OF_BASIS * basis, (double)settings->products);
        vectors = 2.0 * basis + 3.0 * block;
        work = 10.0 * products * basis * n;
        break;
    case SPN_SPECTRUM_DENSITY:
        products = (double)settings->starts * (double)settings->steps;
        block = fmin(block, (double)settings->starts);
        vectors = block * ((double)settings->steps + 3.0);
        work = 8.0 * products * (double)settings->steps * n;
        break;
    }
    return spni_forecast_of(products * costs->product + work, 0.0, vectors * n * sizeof(double));
}

static const spn_forecast_way *way_at(const spn_forecast *forecast, int64_t method)
{
    static const spn_forecast_way nothing = {0.0, 0.0, 0.0};
    switch (method) {
    case SPN_SPECTRUM_DENSE:
        return &forecast->dense;
    case SPN_SPECTRUM_MOMENTS:
        return &forecast->moments;
    case SPN_SPECTRUM_STOCHASTIC:
        return &forecast->stochastic;
    default: /* nothing of the Hessian, which is something at a point only */
        return forecast->task == SPN_SPECTRUM_POINT ? &nothing : &NONE;
    }
}

double spni_forecast_seconds(const spn_forecast *forecast, int64_t method)
{
    return way_at(forecast, method)->seconds;
}

static bool fits(const spn_forecast *forecast, int64_t method,
                 const spn_geometry_settings *settings)
{
    const spn_forecast_way *way = way_at(forecast, method);
    bool is_possible = method != SPN_SPECTRUM_DENSE || spn_dense_fits(forecast->dimension);
    return is_possible && way->bytes <= settings->memory * 1e9 &&
           way->seconds <= settings->hours * 3600.0;
}

static void write_amount(double value, const char *unit, char *out, size_t size)
{
    if (isinf(value)) {
        snprintf(out, size, "none");
        return;
    }
    snprintf(out, size, "%.2g %s", value, unit);
}

static void write_time(double seconds, char *out, size_t size)
{
    bool is_long = seconds >= 5400.0, is_middle = seconds >= 90.0;
    write_amount(is_long     ? seconds / 3600.0
                 : is_middle ? seconds / 60.0
                             : seconds,
                 is_long     ? "h"
                 : is_middle ? "min"
                             : "s",
                 out, size);
}

static void write_way(const char *name, const spn_forecast_way *way, char *out, size_t size)
{
    char flops[32], time[32], bytes[32];
    if (isinf(way->flops)) {
        snprintf(out, size, "%s: not for this", name);
        return;
    }
    write_amount(way->flops, "operations", flops, sizeof flops);
    write_time(way->seconds, time, sizeof time);
    write_amount(way->bytes * 1e-9, "GB", bytes, sizeof bytes);
    snprintf(out, size, "%s: %s, %s, %s", name, flops, time, bytes);
}

int64_t spn_forecast_text(const spn_forecast *forecast, char *buffer, size_t size)
{
    char dense[96], moments[96], stochastic[96];
    const char *chosen = spn_spectrum_method_text(forecast->method);
    write_way("dense", &forecast->dense, dense, sizeof dense);
    write_way("moments", &forecast->moments, moments, sizeof moments);
    write_way("stochastic", &forecast->stochastic, stochastic, sizeof stochastic);
    return snprintf(buffer, size, "%s; %s; %s; chosen: %s", dense, moments, stochastic,
                    chosen != NULL ? chosen : "none");
}

/* The quicker exact way where it fits and is worth it, then estimates, then whatever fits; 0: nothing. */
static int64_t choose(const spn_forecast *forecast, const spn_geometry_settings *settings)
{
    int64_t exact = 0;
    for (int64_t method = SPN_SPECTRUM_DENSE; method <= SPN_SPECTRUM_MOMENTS; method++) {
        bool is_quicker =
            exact == 0 || way_at(forecast, method)->seconds < way_at(forecast, exact)->seconds;
        exact = fits(forecast, method, settings) && is_quicker ? method : exact;
    }
    bool can_estimate = fits(forecast, SPN_SPECTRUM_STOCHASTIC, settings);
    if (exact == 0 || !can_estimate) {
        return exact != 0 ? exact : can_estimate ? SPN_SPECTRUM_STOCHASTIC : 0;
    }
    double seconds = way_at(forecast, exact)->seconds;
    bool is_worth = seconds <= settings->patience || seconds <= forecast->stochastic.seconds;
    return is_worth ? exact : SPN_SPECTRUM_STOCHASTIC;
}

/* At a point the dense Hessian gives what no other way does: it is gone wherever it is worth its time. */
static int64_t choose_at_point(const spn_forecast *forecast, const spn_geometry_settings *settings)
{
    double seconds = forecast->dense.seconds;
    bool is_worth = seconds <= settings->patience || seconds <= forecast->stochastic.seconds;
    return is_worth && fits(forecast, SPN_SPECTRUM_DENSE, settings) ? SPN_SPECTRUM_DENSE
                                                                    : choose(forecast, settings);
}

spn_status spn_geometry_check(spn_context *context, const spn_geometry_settings *settings)
{
    spn_status status = spn_settings_check(context, &spn_geometry_options, settings);
    if (status == SPN_OK && settings->probes < SPN_PROBES_MIN) {
        status = spn_fail_key(context, SPN_ERROR_INPUT, "geometry.probes",
                              "estimates need at least %d products, not %lld", SPN_PROBES_MIN,
                              (long long)settings->probes);
    }
    if (status == SPN_OK && settings->smallest + settings->largest < 1) {
        status = spn_fail_key(context, SPN_ERROR_INPUT, "geometry.largest",
                              "at least one eigenpair is needed, from this end or the other");
    }
    return status;
}

/* Which limit the way that was asked for breaks, and what helps. */
static void write_fault(const spn_forecast *forecast, const spn_geometry_settings *settings,
                        char *out, size_t size)
{
    const spn_forecast_way *way = way_at(forecast, forecast->method);
    const char *name = spn_spectrum_method_text(forecast->method);
    char needed[32];
    if (settings->method == SPN_SPECTRUM_AUTO) {
        snprintf(out, size,
                 "every way exceeds what is allowed, %g GB and %g hours (geometry.memory, "
                 "geometry.hours)",
                 settings->memory, settings->hours);
    } else if (isinf(way->flops)) {
        snprintf(out, size, "there is no way '%s' to them; leave geometry.method out", name);
    } else if (forecast->method == SPN_SPECTRUM_DENSE && !spn_dense_fits(forecast->dimension)) {
        snprintf(out, size,
                 "dense matrices end at 32700 parameters, whatever is allowed; choose another way, "
                 "or leave geometry.method out");
    } else if (way->bytes > settings->memory * 1e9) {
        write_amount(way->bytes * 1e-9, "GB", needed, sizeof needed);
        snprintf(out, size, "the way '%s' takes %s, and geometry.memory allows %g GB", name, needed,
                 settings->memory);
    } else {
        write_time(way->seconds, needed, sizeof needed);
        snprintf(out, size, "the way '%s' takes %s, and geometry.hours allows %g h", name, needed,
                 settings->hours);
    }
}

static spn_status judge(spn_context *context, const spn_geometry_settings *settings,
                        const spn_forecast *forecast)
{
    static const char *const tasks[] = {"curvature", "extreme eigenpairs", "density", "geometry"};
    char text[400], fault[200];
    if (forecast->method != 0 && fits(forecast, forecast->method, settings)) {
        return SPN_OK;
    }
    spn_forecast_text(forecast, text, sizeof text);
    write_fault(forecast, settings, fault, sizeof fault);
    return spn_fail_key(context, SPN_ERROR_UNSUPPORTED, "geometry.method",
                        "%s of %lld parameters: %s: %s", tasks[forecast->task],
                        (long long)forecast->dimension, fault, text);
}

spn_status spn_spectrum_forecast(spn_context *context, const spn_objective *objective,
                                 const spn_geometry_settings *settings, spn_spectrum_task task,
                                 spn_forecast *out)
{
    spn_status status = SPN_OK;
    *out = (spn_forecast){.task = task,
                          .dimension = objective->dimension,
                          .dense = NONE,
                          .moments = NONE,
                          .stochastic = NONE};
    SPN_TRY(spn_geometry_check(context, settings));
    const spn_costs costs = spn_objective_costs(objective);
    out->dense = dense_way(objective, &costs, task);
    out->moments = task == SPN_SPECTRUM_CURVATURE ? spni_moments_way(objective, &costs) : NONE;
    out->stochastic = spni_stochastic_way(objective, &costs, settings, task);
    out->method = settings->method != SPN_SPECTRUM_AUTO ? settings->method : choose(out, settings);
    SPN_TRY(judge(context, settings, out));
done:
    return status;
}

spn_status spn_geometry_forecast(spn_context *context, const spn_objective *objective,
                                 const spn_geometry_settings *settings, unsigned wanted,
                                 spn_forecast *out)
{
    spn_status status = SPN_OK;
    *out = (spn_forecast){.task = SPN_SPECTRUM_POINT,
                          .dimension = objective->dimension,
                          .dense = NONE,
                          .moments = NONE,
                          .stochastic = NONE};
    SPN_TRY(spn_geometry_check(context, settings));
    spni_point_ways(objective, settings, wanted, out);
    out->method =
        settings->method != SPN_SPECTRUM_AUTO ? settings->method : choose_at_point(out, settings);
    SPN_TRY(judge(context, settings, out));
done:
    return status;
}
