/* SPDX-License-Identifier: MIT */
/* One-sided Jacobi (Hestenes; Golub and Van Loan, section 8.6): rotations make the rows of g, the longer way round of a,
 * orthogonal; their lengths are then the singular values, and the product of the rotations holds the other vectors. */
#include "numeric/lapack.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SWEEPS_MAX = 60 };

typedef struct rows {
    int64_t count, length; /* r = min(m, n), max(m, n) */
    double *g;             /* r x length */
    double *turned;        /* r x r: what the rotations make of the unit matrix */
    double *size;          /* r */
} rows;

/* Rows x and y become c x - s y and s x + c y. */
static void turn(int64_t n, double c, double s, double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double old = x[i];
        x[i] = c * old - s * y[i];
        y[i] = s * old + c * y[i];
    }
}

/* Whether rows p and q were not orthogonal to rounding. Lengths are divided out, so that nothing under- or overflows;
 * rows below the rounding of the largest one are null vectors in any direction. */
static bool separate(const rows *self, double largest, int64_t p, int64_t q)
{
    double *x = self->g + p * self->length, *y = self->g + q * self->length, dot = 0.0;
    double a = spn_norm(self->length, x), b = spn_norm(self->length, y);
    double least = DBL_EPSILON * (double)self->length * largest;
    if (a <= least || b <= least) {
        return false;
    }
    for (int64_t i = 0; i < self->length; i++) {
        dot += (x[i] / a) * (y[i] / b);
    }
    if (fabs(dot) <= DBL_EPSILON * (4.0 + (double)self->length)) {
        return false;
    }
    double zeta = (b / a - a / b) / (2.0 * dot);
    double t = (zeta < 0.0 ? -1.0 : 1.0) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
    double c = 1.0 / sqrt(1.0 + t * t);
    turn(self->length, c, c * t, x, y);
    turn(self->count, c, c * t, self->turned + p * self->count, self->turned + q * self->count);
    return true;
}

static spn_status sweep_until_separate(spn_context *context, const rows *self, bool *is_separate)
{
    spn_status status = SPN_OK;
    double largest = spn_norm(self->count * self->length, self->g);
    *is_separate = false;
    for (int sweeps = 0; sweeps < SWEEPS_MAX && !*is_separate; sweeps++) {
        bool has_turned = false;
        for (int64_t q = 1; q < self->count; q++) {
            SPN_TRY(spn_poll(context));
            for (int64_t p = 0; p < q; p++) {
                has_turned = separate(self, largest, p, q) || has_turned;
            }
        }
        *is_separate = !has_turned;
    }
done:
    return status;
}

static void swap_rows(int64_t n, double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double old = x[i];
        x[i] = y[i];
        y[i] = old;
    }
}

static void sort(const rows *self)
{
    for (int64_t i = 0; i < self->count; i++) {
        int64_t best = i;
        for (int64_t j = i + 1; j < self->count; j++) {
            best = self->size[j] > self->size[best] ? j : best;
        }
        if (best != i) {
            swap_rows(1, self->size + i, self->size + best);
            swap_rows(self->length, self->g + i * self->length, self->g + best * self->length);
            swap_rows(self->count, self->turned + i * self->count,
                      self->turned + best * self->count);
        }
    }
}

/* Row i of g orthogonal to those before it, twice; returns what is left of its length. */
static double clean(const rows *self, int64_t i)
{
    double *row = self->g + i * self->length;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t j = 0; j < i; j++) {
            const double *other = self->g + j * self->length;
            spn_axpy(self->length, -spn_dot(self->length, other, row), other, row);
        }
    }
    return spn_norm(self->length, row);
}

/* Unit rows, longest first. Null vectors are what is left of the unit vector that keeps most. */
static void normalise(const rows *self)
{
    double least = DBL_EPSILON * (double)self->length * self->size[0];
    for (int64_t i = 0; i < self->count; i++) {
        double *row = self->g + i * self->length, size = self->size[i];
        for (int64_t unit = 0; size <= least && unit < self->length; unit++) {
            memset(row, 0, (size_t)self->length * sizeof *row);
            row[unit] = 1.0;
            double left = clean(self, i);
            /* One of them keeps this much: the squares of what is kept add up to length - i. */
            if (left * left * (double)self->length >= 0.5 * (double)(self->length - i)) {
                size = left;
                break;
            }
        }
        for (int64_t k = 0; k < self->length; k++) {
            row[k] /= size;
        }
    }
}

static void write_vectors(const rows *self, bool is_tall, double *u, double *vt)
{
    const double *right = is_tall ? self->turned : self->g;
    const double *left = is_tall ? self->g : self->turned;
    int64_t rights = is_tall ? self->count : self->length;
    int64_t lefts = is_tall ? self->length : self->count;
    if (vt != NULL) {
        memcpy(vt, right, (size_t)(self->count * rights) * sizeof *vt);
    }
    for (int64_t k = 0; u != NULL && k < lefts; k++) {
        for (int64_t i = 0; i < self->count; i++) {
            u[k * self->count + i] = left[i * lefts + k];
        }
    }
}

spn_status spni_singular_jacobi(spn_context *context, int64_t m, int64_t n, const double *a,
                                double *values, double *u, double *vt)
{
    spn_status status = SPN_OK;
    bool is_tall = m >= n, is_separate = false;
    rows self = {.count = is_tall ? n : m, .length = is_tall ? m : n, .size = values};
    SPN_NEW(context, self.g, m * n);
    SPN_NEW(context, self.turned, self.count * self.count);
    for (int64_t i = 0; i < self.count; i++) {
        self.turned[i * self.count + i] = 1.0;
        for (int64_t k = 0; k < self.length; k++) {
            self.g[i * self.length + k] = is_tall ? a[k * n + i] : a[i * n + k];
        }
    }
    SPN_TRY(sweep_until_separate(context, &self, &is_separate));
    if (!is_separate) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "singular values of a %lld x %lld matrix: Jacobi's method did not converge in %d "
                 "sweeps",
                 (long long)m, (long long)n, SWEEPS_MAX);
    }
    for (int64_t i = 0; i < self.count; i++) {
        values[i] = spn_norm(self.length, self.g + i * self.length);
    }
    sort(&self);
    normalise(&self);
    write_vectors(&self, is_tall, u, vt);
done:
    spn_release(context, self.g);
    spn_release(context, self.turned);
    return status;
}
