/* SPDX-License-Identifier: MIT */
/* A landscape whose minima lie on orbits, with known values. */
#ifndef SPINODAL_TESTS_SUPPORT_PRODUCT_LANDSCAPE_H
#define SPINODAL_TESTS_SUPPORT_PRODUCT_LANDSCAPE_H

#include "support.h"
#include <spinodal/numeric.h>
#include <spinodal/objective.h>

/* The product landscape: L = |W_2 W_1 - diag(m)|^2 + p |theta|^2 with W_1: H x 2, W_2: 2 x H, row-major,
 * a deep linear network of two layers on whitened data. Rotating the hidden layer changes nothing, so
 * that minima lie on orbits and the Hessian is exactly singular there. */
enum { H = 3, PRODUCT = 4 * H };
static const double modes[2] = {0.9, 0.5};

static void product_residual(const double *t, double r[2][2])
{
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            r[i][j] = i == j ? -modes[i] : 0;
            for (int h = 0; h < H; h++) {
                r[i][j] += t[2 * H + i * H + h] * t[h * 2 + j];
            }
        }
    }
}

static spn_status product_set(spn_context *context, spn_point *point, const spn_subset *subset,
                              unsigned wanted)
{
    (void)context, (void)subset, (void)wanted;
    const double *t = point->theta;
    double r[2][2];
    product_residual(t, r);
    point->value = point->parameter * spn_dot(PRODUCT, t, t);
    for (int k = 0; k < PRODUCT; k++) {
        point->gradient[k] = 2 * point->parameter * t[k];
        point->parameter_gradient[k] = 2 * t[k];
    }
    point->parameter_value = spn_dot(PRODUCT, t, t);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            point->value += r[i][j] * r[i][j];
            for (int h = 0; h < H; h++) {
                point->gradient[2 * H + i * H + h] += 2 * r[i][j] * t[h * 2 + j];
                point->gradient[h * 2 + j] += 2 * r[i][j] * t[2 * H + i * H + h];
            }
        }
    }
    return SPN_OK;
}

static spn_status product_hvp(spn_context *context, const spn_point *point, spn_part part,
                              int64_t k, const double *v, double *hv)
{
    (void)context, (void)part;
    const double *t = point->theta;
    double r[2][2];
    product_residual(t, r);
    for (int64_t b = 0; b < k; b++, v += PRODUCT, hv += PRODUCT) {
        for (int i = 0; i < PRODUCT; i++) {
            hv[i] = 2 * point->parameter * v[i];
        }
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                double change = 0; /* of r_ij along v */
                for (int h = 0; h < H; h++) {
                    change += v[2 * H + i * H + h] * t[h * 2 + j];
                    change += t[2 * H + i * H + h] * v[h * 2 + j];
                }
                for (int h = 0; h < H; h++) {
                    hv[2 * H + i * H + h] += 2 * (change * t[h * 2 + j] + r[i][j] * v[h * 2 + j]);
                    hv[h * 2 + j] +=
                        2 * (change * t[2 * H + i * H + h] + r[i][j] * v[2 * H + i * H + h]);
                }
            }
        }
    }
    return SPN_OK;
}

static const spn_objective_operations product_operations = {
    .size = sizeof(spn_objective_operations), .set = product_set, .hvp = product_hvp};
static const spn_objective product = {&product_operations, NULL, PRODUCT, 1, 0};

#endif
