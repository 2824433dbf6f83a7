/* SPDX-License-Identifier: MIT */
/* The formulas T3 to T6 for one surface. */
#include "geometry/surface.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double none = (double)NAN;

spn_geometry spni_geometry_blank(spn_surface surface, int64_t dimension)
{
    spn_geometry blank = {
        .surface = surface,
        .beta = none,
        .parameters = dimension,
        .samples = -1,
        .value = none,
        .gradient_norm = none,
        .weight_norm = none,
        .trace = none,
        .frobenius_squared = none,
        .scalar_curvature = none,
        .scalar_curvature_stderr = none,
        .scalar_curvature_rounding = none,
        .mean_curvature = none,
        .gauss_kronecker_sign = none,
        .gauss_kronecker_log = none,
        .eigenvalue_min = none,
        .eigenvalue_max = none,
        .negative_eigenvalues = -1,
        .zero_eigenvalues = -1,
        .principal_curvature_min = none,
        .principal_curvature_max = none,
        .fisher_trace = none,
        .susceptibility = none,
        .residual_share = none,
        .stationary = -1,
        .newton_decrement = none,
        .distance = none,
        .method = SPN_SPECTRUM_DENSE,
        .scalar_curvature_low = none,
        .scalar_curvature_high = none,
        .trace_stderr = none,
        .frobenius_stderr = none,
        .mean_curvature_stderr = none,
        .eigenvalue_residual = none,
    };
    return blank;
}

spn_geometry spni_start_record(spn_surface surface, const spn_point *point, const spn_point *valued)
{
    spn_geometry record = spni_geometry_blank(surface, point->dimension);
    record.beta = point->parameter;
    record.samples = valued->objective->samples;
    record.value = valued->value;
    record.gradient_norm = spn_norm(point->dimension, valued->gradient);
    record.weight_norm = spn_objective_order_root(point->objective, point->theta);
    return record;
}

double spni_below_squared(int64_t n, const double *h)
{
    double sum = 0;
    for (int64_t j = 0; j < n; j++) {
        const double *below = h + (j + 1) + j * n;
        sum += spn_dot(n - j - 1, below, below);
    }
    return sum;
}

/* (tr H)^2 - tr H^2 = 2 sum_{i<j} (H_ii H_jj - H_ij^2): written so, the squares of the diagonal do not
 * have to cancel. */
void spni_measure_moments(spni_surface *surface, double *product, spn_geometry *out)
{
    int64_t n = surface->dimension;
    double before = 0, absolute = 0, pairs = 0, diagonal_squared = 0;
    double below_squared = surface->below_squared;
    for (int64_t j = 0; j < n; j++) {
        double entry = surface->h[j + j * n] + surface->shift;
        pairs += entry * before;
        before += entry;
        absolute += fabs(entry);
        diagonal_squared += entry * entry;
    }
    double trace = before, square = diagonal_squared + 2 * below_squared;
    spn_symmetric_multiply(n, surface->h, surface->g, product);
    spn_axpy(n, surface->shift, surface->g, product);
    double slope = spn_norm(n, surface->g);
    double along = spn_dot(n, surface->g, product), bent = spn_dot(n, product, product);
    double q = 1 + slope * slope;
    surface->q = q;
    out->gradient_norm = slope;
    out->trace = trace;
    out->frobenius_squared = square;
    out->scalar_curvature =
        2 * (pairs - below_squared) / q - 2 * (trace * along - bent) / (q * q); /* T3 */
    out->scalar_curvature_stderr = out->trace_stderr = out->frobenius_stderr = 0;
    out->mean_curvature_stderr = 0;
    out->scalar_curvature_low = out->scalar_curvature_high = out->scalar_curvature;
    out->scalar_curvature_rounding = 8 * DBL_EPSILON * (absolute * absolute + square) / q;
    out->mean_curvature = (trace - along / q) / ((double)n * sqrt(q)); /* T4 */
}

void spni_measure_spectrum(const spni_surface *surface, const double *eigenvalues,
                           spn_geometry *out)
{
    int64_t n = surface->dimension;
    double least = eigenvalues[0] + surface->shift, most = eigenvalues[n - 1] + surface->shift;
    double zero = SPN_ZERO_EIGENVALUE * fmax(fabs(least), fabs(most));
    double sign = 1, logarithm = 0;
    int64_t negative = 0, zeros = 0;
    for (int64_t i = 0; i < n; i++) {
        double value = eigenvalues[i] + surface->shift;
        if (fabs(value) <= zero) {
            zeros++;
            continue;
        }
        if (value < 0) {
            negative++;
            sign = -sign;
        }
        logarithm += log(fabs(value));
    }
    out->eigenvalue_min = least;
    out->eigenvalue_max = most;
    out->negative_eigenvalues = negative;
    out->zero_eigenvalues = zeros;
    if (zeros == 0) { /* T5 */
        out->gauss_kronecker_sign = sign;
        out->gauss_kronecker_log = logarithm - (0.5 * (double)n + 1) * log(surface->q);
    }
}

/* S is similar to the symmetric A H A / sqrt q with A = (I + g g^T)^(-1/2) = I - c g g^T and
 * c = (1 - 1/sqrt q) / |g|^2 = 1 / (sqrt q (1 + sqrt q)). With y = H g this is
 * (H - c (g y^T + y g^T) + c^2 (g.y) g g^T) / sqrt q. */
spn_status spni_measure_principal(spn_context *context, spn_geometry_workspace *workspace,
                                  const spni_surface *surface, spn_geometry *out)
{
    int64_t n = surface->dimension;
    const double *g = surface->g;
    double *y = workspace->product;
    double root = sqrt(surface->q), c = 1 / (root * (1 + root));
    spn_symmetric_multiply(n, surface->h, g, y);
    spn_axpy(n, surface->shift, g, y);
    double outer = c * c * spn_dot(n, g, y);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            double entry = surface->h[i + j * n] + (i == j ? surface->shift : 0);
            entry += outer * g[i] * g[j] - c * (g[i] * y[j] + y[i] * g[j]);
            workspace->work[i + j * n] = entry / root;
        }
    }
    spn_status status =
        spn_eigen(context, workspace->dense, n, workspace->work, false, workspace->scratch);
    if (status == SPN_OK) {
        out->principal_curvature_min = workspace->scratch[0];
        out->principal_curvature_max = workspace->scratch[n - 1];
    }
    return status;
}
