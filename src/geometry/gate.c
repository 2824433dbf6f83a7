/* SPDX-License-Identifier: MIT */
/* When a point counts as stationary, and what T10 asks for there: the same whatever way the sums were found. */
#include "geometry/surface.h"

#include <math.h>

spni_mode_sums spni_sum_solved(int64_t n, const double *vector, const double *solved)
{
    double form = spn_dot(n, vector, solved);
    return (spni_mode_sums){
        .energy = fmax(form, 0), .form = form, .length2 = spn_dot(n, solved, solved)};
}

/* d(grad L)/d(parameter), which of a regularised objective is grad n. */
const double *spni_response_of(const spn_point *point, double *scratch)
{
    if (spn_point_error(point) != point) {
        spn_objective_order_gradient(point->objective, point->theta, scratch);
        return scratch;
    }
    return point->has & SPN_WANT_PARAMETER ? point->parameter_gradient : NULL;
}

void spni_pass_gate(const spn_point *point, double most, const spni_mode_sums *slope,
                    spn_geometry *out)
{
    double length = spn_objective_length(point->objective, point->theta);
    double scale = spn_objective_scales(point->objective).value;
    out->newton_decrement = sqrt(slope->energy);
    out->distance = sqrt(slope->length2) / length;
    double size = scale + fabs(point->value), flat = sqrt(slope->flat2);
    bool is_level =
        flat <= SPN_ZERO_EIGENVALUE * most * length && flat * length <= SPN_STATIONARY_FALL * size;
    bool is_low = out->newton_decrement <= SPN_STATIONARY_DECREMENT * sqrt(size);
    bool is_near = out->distance <= SPN_STATIONARY_DISTANCE;
    out->stationary = is_level && is_low && is_near;
}

/* Of |g|^2 = r^2 + f^2, f on zero modes, the gate lets pass at most f = flat, and r^2 <= most * decrement^2. */
bool spni_is_too_steep(const spn_point *point, double most)
{
    double length = spn_objective_length(point->objective, point->theta);
    double size = spn_objective_scales(point->objective).value + fabs(point->value);
    double flat = fmin(SPN_ZERO_EIGENVALUE * most * length, SPN_STATIONARY_FALL * size / length);
    double low = SPN_STATIONARY_DECREMENT * SPN_STATIONARY_DECREMENT * size;
    double slope = spn_norm(point->dimension, point->gradient);
    return slope * slope > 1.01 * (flat * flat + most * low);
}
