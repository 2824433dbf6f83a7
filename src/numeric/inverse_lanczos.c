/* SPDX-License-Identifier: MIT */
/* The smallest eigenvalue of a positive definite matrix from its Cholesky factor: Lanczos' method on the inverse, whose largest
 * eigenvalue is far from the rest, with full reorthogonalisation. */
#include "numeric/lapack.h"
#include "numeric/orthonormal.h"

#include <math.h>
#include <string.h>

/* How often the small spectrum is looked at, and when the residual of its largest pair is small enough. */
enum { LOOK_EVERY = 4 };
static const double RESIDUAL = 1e-8;

int64_t spn_cholesky_least_room(int64_t n, int64_t steps)
{
    return (steps + 1) * n + steps * (steps + 4);
}

/* The largest eigenvalue of the tridiagonal matrix, and the last entry of its vector. */
static spn_status solve(spn_context *context, spn_dense *dense, int64_t size, const double *alpha,
                        const double *beta, double *square, double *values, double *last)
{
    spn_status status = SPN_OK;
    memset(square, 0, (size_t)(size * size) * sizeof *square);
    for (int64_t i = 0; i < size; i++) {
        square[i + i * size] = alpha[i];
        if (i + 1 < size) {
            square[i + 1 + i * size] = beta[i];
        }
    }
    SPN_TRY(spn_eigen(context, dense, size, square, true, values));
    *last = fabs(square[size * size - 1]);
done:
    return status;
}

spn_status spn_cholesky_least(spn_context *context, spn_dense *dense, int64_t n,
                              const double *factor, int64_t steps, double *room, double *least,
                              bool *is_converged)
{
    spn_status status = SPN_OK;
    double *basis = room, *alpha = basis + (steps + 1) * n, *beta = alpha + steps;
    double *values = beta + steps, *scratch = values + steps, *square = scratch + steps;
    *is_converged = false;
    for (int64_t i = 0; i < n; i++) { /* has a part in any vector that is not made against it */
        basis[i] = 1 + 0.5 * sin((double)(i + 1));
    }
    double norm = spn_norm(n, basis);
    for (int64_t k = 0; k < steps && k < n && !*is_converged; k++) {
        double *v = basis + k * n, *next = v + n, last = 0;
        for (int64_t i = 0; i < n; i++) {
            v[i] /= norm;
        }
        memcpy(next, v, (size_t)n * sizeof *v);
        SPN_TRY(spn_cholesky_solve(context, n, factor, 1, next));
        alpha[k] = spn_dot(n, v, next);
        spni_project_out(k + 1, 1, n, basis, next, scratch);
        beta[k] = norm = spn_norm(n, next);
        bool is_end = k + 1 == n || !(norm > 0);
        if (is_end || (k + 1) % LOOK_EVERY == 0) {
            SPN_TRY(solve(context, dense, k + 1, alpha, beta, square, values, &last));
            *least = 1 / values[k];
            *is_converged = is_end || norm * last <= RESIDUAL * values[k];
        }
    }
done:
    return status;
}
