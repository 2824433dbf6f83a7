/* SPDX-License-Identifier: MIT */
/* The Hessian with its exact zero modes lifted, and its derivative along a vector. */
#include "base/invariant.h"
#include "stationary/stationary.h"

#include <float.h>
#include <math.h>
#include <string.h>

void spni_lift(int64_t n, double *matrix, double shift, const double *rows, int64_t count)
{
    for (int64_t k = 0; k < count; k++) {
        const double *u = rows + k * n;
        for (int64_t j = 0; j < n; j++) {
            spn_axpy(n, shift * u[j], u, matrix + j * n);
        }
    }
}

/* M = H + c sum z z^T over an orthonormal basis z of the orbit's tangent space (T15: the rotations of a linear network's hidden layers), both
 * triangles. At a stationary point H z = 0, so that M has the eigenvalue c there and all others of H. With c the root mean square of
 * the eigenvalues, |H|_F / sqrt P, the lifted ones are neither small nor the largest, and rotations leave it alone: copies of
 * a solution have one spectrum. */
spn_status spni_shifted_hessian(spni_frame *frame, int64_t *zero_modes, double *shift)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n, rank = 0;
    double *m = frame->matrix;
    SPN_TRY(spn_point_hessian(frame->context, frame->point, SPN_PART_FULL, m));
    *shift = sqrt(spn_symmetric_frobenius_squared(n, m) / (double)n);
    if (frame->orbit_capacity > 0) {
        SPN_TRY(spn_objective_orbit(frame->context, frame->objective, frame->point->theta,
                                    frame->orbit, &rank));
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j + 1; i < n; i++) {
            m[j + i * n] = m[i + j * n];
        }
    }
    spni_lift(n, m, *shift, frame->orbit, rank);
    SPNI_INVARIANT(rank <= frame->orbit_capacity);
    *zero_modes = rank;
done:
    return status;
}

spn_status spni_third_derivative(spni_frame *frame, const double *theta, double beta,
                                 const double *w, double *out)
{
    spn_status status = SPN_OK;
    int64_t n = frame->n;
    /* (H(theta + h w) w - H(theta - h w) w) / 2h. Balances the rounding of products, eps / h, with the error of the difference, h^2. */
    double h = cbrt(DBL_EPSILON) * fmax(spn_norm(n, theta), frame->length) / spn_norm(n, w);
    for (int side = 0; side < 2; side++) {
        double *target = side == 0 ? out : frame->product;
        memcpy(frame->probe, theta, (size_t)n * sizeof *theta);
        spn_axpy(n, side == 0 ? h : -h, w, frame->probe);
        SPN_TRY(spn_point_set(frame->context, frame->point, frame->probe, beta, NULL,
                              SPN_WANT_GRADIENT | SPN_WANT_CURVATURE));
        SPN_TRY(spn_point_hvp(frame->context, frame->point, SPN_PART_FULL, 1, w, target));
    }
    for (int64_t i = 0; i < n; i++) {
        out[i] = (out[i] - frame->product[i]) / (2 * h);
    }
done:
    return status;
}
