/* SPDX-License-Identifier: MIT */
/* What all that is measured at a point takes. */
#include "geometry/spectrum.h"

#include <spinodal/geometry.h>

/* Products that conjugate gradients were seen to take for each of the gate's two systems. */
static const double PRODUCTS_OF_SYSTEM = 60.0;

/* E's spectrum, and L's own where it is not that one moved. */
static double surfaces_of(const spn_objective *objective)
{
    double shift = 0.0;
    return spn_objective_shifts(objective, 1.0, &shift) ? 1.0 : 2.0;
}

/* Four P x P matrices. Eigenvectors are needed at points that are no minima. */
static spn_forecast_way dense_way(const spn_objective *objective, const spn_costs *costs,
                                  unsigned wanted)
{
    double n = (double)objective->dimension, surfaces = surfaces_of(objective);
    double hessians = surfaces + ((wanted & SPN_GEOMETRY_FISHER) != 0 ? 1.0 : 0.0);
    double cubes = (wanted & SPN_GEOMETRY_STATIONARY) != 0 ? 9.0
                   : (wanted & SPN_GEOMETRY_SPECTRUM) != 0 ? 4.0 / 3.0
                                                           : 0.0;
    double cube =
        surfaces * cubes + ((wanted & SPN_GEOMETRY_PRINCIPAL) != 0 ? 2.0 * 4.0 / 3.0 : 0.0);
    return spni_forecast_of(hessians * costs->hessian, cube * n * n * n,
                            4.0 * n * n * sizeof(double));
}

static void add(spn_forecast_way *way, double times, const spn_forecast_way *more)
{
    way->flops += times * more->flops;
    way->seconds += times * more->seconds;
    way->bytes = times > 0.0 && more->bytes > way->bytes ? more->bytes : way->bytes;
}

void spni_point_ways(const spn_objective *objective, const spn_geometry_settings *settings,
                     unsigned wanted, spn_forecast *out)
{
    const spn_costs costs = spn_objective_costs(objective);
    const spn_geometry_settings ends_settings = spni_settings_of_ends(settings);
    double n = (double)objective->dimension, surfaces = surfaces_of(objective);
    const spn_forecast_way ends =
        spni_stochastic_way(objective, &costs, &ends_settings, SPN_SPECTRUM_EXTREMES);
    const spn_forecast_way gate =
        spni_forecast_of(2.0 * PRODUCTS_OF_SYSTEM * costs.product, 0.0, 12.0 * n * sizeof(double));
    const spn_forecast_way fisher = spni_forecast_of(costs.trace, 0.0, 0.0);
    const unsigned spectra = SPN_GEOMETRY_SPECTRUM | SPN_GEOMETRY_STATIONARY;
    out->dense = dense_way(objective, &costs, wanted);
    out->moments = spni_moments_way(objective, &costs);
    out->stochastic = spni_stochastic_way(objective, &costs, settings, SPN_SPECTRUM_CURVATURE);
    for (int i = 0; i < 2; i++) {
        spn_forecast_way *way = i == 0 ? &out->moments : &out->stochastic;
        way->flops *= surfaces;
        way->seconds *= surfaces;
        add(way, (wanted & spectra) != 0 ? surfaces : 0.0, &ends);
        add(way, (wanted & SPN_GEOMETRY_PRINCIPAL) != 0 ? 2.0 : 0.0, &ends);
        add(way, (wanted & SPN_GEOMETRY_STATIONARY) != 0 ? 1.0 : 0.0, &gate);
        add(way, (wanted & SPN_GEOMETRY_FISHER) != 0 ? 1.0 : 0.0, &fisher);
    }
}
