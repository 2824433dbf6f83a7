/* SPDX-License-Identifier: MIT */
/* Which way a curve of stationary points goes: grad L(theta, beta) = 0 along it, so that H dtheta + b dbeta = 0 with
 * b = d(grad L)/dbeta, grad n for L = E + beta n (T10). Where H is positive that is t = dtheta/dbeta = -H^+ b; through
 * folds, where H is singular, the unit vector along (dtheta, dbeta). */
#include "stationary/tangent.h"
#include "stationary/stationary.h"

#include <math.h>
#include <string.h>

spn_status spni_tangent_of_minimum(spn_context *context, const spn_point *point, double shift,
                                   double *factor, double *tangent, bool *is_positive)
{
    spn_status status = SPN_OK;
    int64_t n = point->dimension;
    *is_positive = false;
    SPN_TRY(spn_point_hessian(context, point, SPN_PART_FULL, factor));
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(factor[i + i * n]));
    }
    for (int64_t i = 0; i < n; i++) {
        factor[i + i * n] += shift * largest;
        tangent[i] = -point->parameter_gradient[i];
    }
    /* Zero modes leave pivots of about the shift, rounding of them less: a tenth of it tells them from negative curvature. */
    SPN_TRY(spn_cholesky(context, n, factor, shift / 10, is_positive));
    if (*is_positive) {
        SPN_TRY(spn_cholesky_solve(context, n, factor, 1, tangent));
    } else {
        memset(tangent, 0, (size_t)n * sizeof *tangent);
    }
done:
    return status;
}

double spni_susceptibility_of_modes(int64_t n, const double *values, const double *vectors,
                                    const double *b, double zero)
{
    double sum = 0;
    for (int64_t j = 0; j < n; j++) {
        double share = spn_dot(n, vectors + j * n, b);
        sum += fabs(values[j]) > zero ? share * share / values[j] : 0;
    }
    return sum;
}

double spni_susceptibility_along(const spni_frame *frame, const spni_place *place)
{
    return -spn_objective_order_along(frame->objective, place->theta, place->tangent) /
           place->beta_slope;
}

/* The null vector of [M, b]: in the eigenbasis of M its components are -b_i / lambda_i, and 1 for beta; scaled by
 * the smallest lambda it stays finite through a fold, where it is the null vector of M alone. */
void spni_take_tangent_along(const spni_frame *frame, const spni_place *along, spni_place *place)
{
    int64_t n = frame->n, critical = spni_softest(n, place->values);
    double least = place->values[critical];
    memset(place->tangent, 0, (size_t)n * sizeof *place->tangent);
    for (int64_t i = 0; i < n; i++) {
        const double *vector = place->vectors + i * n;
        double share =
            i == critical || least == 0 ? (i == critical ? 1 : 0) : least / place->values[i];
        spn_axpy(n, -share * spn_dot(n, vector, place->drive), vector, place->tangent);
    }
    place->beta_slope = least;
    double length = spni_length(frame, place->tangent, place->beta_slope);
    if (length == 0) {
        /* A branch point met exactly: beta alone moves. */
        place->beta_slope = 1;
        length = frame->metric;
    }
    bool is_turned = along == NULL ? place->beta_slope < 0
                                   : spni_inner(frame, place->tangent, place->beta_slope,
                                                along->tangent, along->beta_slope) < 0;
    double scale = (is_turned ? -1 : 1) / length;
    place->beta_slope *= scale;
    for (int64_t i = 0; i < n; i++) {
        place->tangent[i] *= scale;
    }
}
