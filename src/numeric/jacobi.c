/* SPDX-License-Identifier: MIT */
/* Cyclic Jacobi: sweep over all pairs (p, q), each time rotating the plane (p, q) so that a_pq
 * vanishes; the off-diagonal part then falls quadratically (Golub and Van Loan, section 8.5). Only
 * +, -, *, / and sqrt are used. */
#include "numeric/lapack.h"

#include <math.h>

enum { SWEEPS_MAX = 60 };

/* Columns x, y of length n become c x - s y, s x + c y; `stride` steps through a row or a column. */
static void rotate(int64_t n, double c, double s, double *x, double *y, int64_t stride)
{
    for (int64_t i = 0; i < n; i++) {
        double xi = x[i * stride], yi = y[i * stride];
        x[i * stride] = c * xi - s * yi;
        y[i * stride] = s * xi + c * yi;
    }
}

static void annihilate(int64_t n, double *a, double *v, int64_t p, int64_t q)
{
    double pivot = a[p + q * n];
    double theta = (a[q + q * n] - a[p + p * n]) / (2 * pivot);
    double t = 1 / (fabs(theta) + sqrt(theta * theta + 1));
    t = theta < 0 ? -t : t;
    double c = 1 / sqrt(t * t + 1), s = t * c;
    double app = a[p + p * n] - t * pivot, aqq = a[q + q * n] + t * pivot;
    rotate(n, c, s, a + p * n, a + q * n, 1);
    rotate(n, c, s, a + p, a + q, n);
    rotate(n, c, s, v + p * n, v + q * n, 1);
    a[p + p * n] = app;
    a[q + q * n] = aqq;
    a[p + q * n] = a[q + p * n] = 0;
}

/* One sweep, and the number of rotations it needed. */
static spn_status sweep(spn_context *context, int64_t n, double *a, double *v, double negligible,
                        int64_t *rotations)
{
    spn_status status = SPN_OK;
    *rotations = 0;
    for (int64_t q = 1; q < n; q++) {
        SPN_TRY(spn_poll(context));
        for (int64_t p = 0; p < q; p++) {
            if (fabs(a[p + q * n]) > negligible) {
                annihilate(n, a, v, p, q);
                (*rotations)++;
            }
        }
    }
done:
    return status;
}

static void sort(int64_t n, double *w, double *v)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t least = i;
        for (int64_t j = i + 1; j < n; j++) {
            least = w[j] < w[least] ? j : least;
        }
        if (least == i) {
            continue;
        }
        double value = w[i];
        w[i] = w[least];
        w[least] = value;
        for (int64_t k = 0; k < n; k++) {
            double entry = v[k + i * n];
            v[k + i * n] = v[k + least * n];
            v[k + least * n] = entry;
        }
    }
}

spn_status spn_eigen_jacobi(spn_context *context, int64_t n, double *a, double *w, double *v)
{
    spn_status status = SPN_OK;
    if (n < 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "Jacobi eigenvalues: negative dimension %lld",
                 (long long)n);
    }
    SPN_TRY(spni_check_lower_finite(context, n, a, "Jacobi eigenvalues"));
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < n; i++) {
            v[i + j * n] = i == j;
            a[i + j * n] = i < j ? a[j + i * n] : a[i + j * n];
        }
    }
    /* Entries this small move no eigenvalue by a thousandth of a rounding error. */
    double negligible = 1e-20 * spn_norm(n * n, a);
    int64_t rotations = 0;
    for (int sweeps = 0; sweeps == 0 || rotations > 0; sweeps++) {
        SPN_TRY(sweep(context, n, a, v, negligible, &rotations));
        if (rotations > 0 && sweeps + 1 == SWEEPS_MAX) {
            SPN_FAIL(context, SPN_ERROR_NUMERIC,
                     "Jacobi eigenvalues of a %lld x %lld matrix: no convergence in %d sweeps",
                     (long long)n, (long long)n, SWEEPS_MAX);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        w[i] = a[i + i * n];
    }
    sort(n, w, v);
    spni_normalize_signs(n, v);
done:
    return status;
}
