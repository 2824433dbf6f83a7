/* SPDX-License-Identifier: MIT */
/* T7: the Ricci tensor and sectional curvatures of a graph. */
#include "geometry/surface.h"

#include <math.h>

spn_status spn_geometry_ricci(spn_context *context, int64_t dimension, const double *g,
                              const double *h, double *ricci)
{
    spn_status status = SPN_OK;
    int64_t n = dimension, square = 0;
    double *full = NULL, *y = NULL;
    if (n < 1 || !spn_size_multiply(n, n, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "Ricci tensor in %lld dimensions makes no sense",
                 (long long)n);
    }
    SPN_NEW(context, full, square);
    SPN_NEW(context, y, n);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            full[i * n + j] = full[j * n + i] = h[i + j * n];
        }
    }
    double slope = spn_norm(n, g), q = 1 + slope * slope;
    spn_symmetric_multiply(n, h, g, y);
    /* tr S sqrt q, and Ric = (tr S) h - h (I + g g^T)^-1 h with h = H / sqrt q. */
    double spread = spn_symmetric_trace(n, h) - spn_dot(n, g, y) / q;
    spn_multiply_transposed(n, n, n, -1 / q, full, n, full, n, 0, ricci, n);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i <= j; i++) {
            double entry = ricci[i * n + j] + spread * full[i * n + j] / q + y[i] * y[j] / (q * q);
            ricci[i * n + j] = ricci[j * n + i] = entry;
        }
    }
done:
    spn_release(context, full);
    spn_release(context, y);
    return status;
}

/* g-metric product u.v + (g.u)(g.v). */
static double metric(int64_t n, const double *g, const double *u, const double *v)
{
    return spn_dot(n, u, v) + spn_dot(n, g, u) * spn_dot(n, g, v);
}

/* Make v a unit vector orthogonal to u (twice is enough); false when nothing is left of it. */
static bool orthonormalize(int64_t n, const double *g, const double *u, double *v)
{
    double before = sqrt(metric(n, g, v, v));
    for (int pass = 0; pass < 2; pass++) {
        if (u != NULL) {
            spn_axpy(n, -metric(n, g, u, v), u, v);
        }
        double length = sqrt(metric(n, g, v, v));
        if (!(length > 1e-12 * before)) {
            return false;
        }
        for (int64_t i = 0; i < n; i++) {
            v[i] /= length;
        }
        before = 1;
    }
    return true;
}

static double form(int64_t n, const double *h, const double *u, const double *v, double *scratch)
{
    spn_symmetric_multiply(n, h, v, scratch);
    return spn_dot(n, u, scratch);
}

spn_status spn_geometry_sectional(spn_context *context, int64_t dimension, const double *g,
                                  const double *h, const double *u, const double *v, double *out)
{
    spn_status status = SPN_OK;
    int64_t n = dimension;
    double *a = NULL, *b = NULL, *scratch = NULL;
    *out = (double)NAN;
    if (n < 2) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "sectional curvature needs a plane: %lld dimensions have none", (long long)n);
    }
    SPN_NEW(context, a, n);
    SPN_NEW(context, b, n);
    SPN_NEW(context, scratch, n);
    spn_axpy(n, 1, u, a);
    spn_axpy(n, 1, v, b);
    if (!orthonormalize(n, g, NULL, a) || !orthonormalize(n, g, a, b)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "sectional curvature: the two vectors do not span a plane");
    }
    double mixed = form(n, h, a, b, scratch);
    double slope = spn_norm(n, g), q = 1 + slope * slope;
    *out = (form(n, h, a, a, scratch) * form(n, h, b, b, scratch) - mixed * mixed) / q;
done:
    spn_release(context, a);
    spn_release(context, b);
    spn_release(context, scratch);
    return status;
}
