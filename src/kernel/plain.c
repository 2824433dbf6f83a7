/* SPDX-License-Identifier: MIT */
/* The kernels as one would write them down, with the C library's functions: what runs where the compiler
 * knows no vectors, and what the other forms are tested against. With e = exp(-|a|), sigmoid is
 * 1/(1+e) or e/(1+e), its slope e/(1+e)^2, softplus max(a, 0) + log1p(e): neither overflows nor
 * cancels. */
#include "kernel/kernel.h"

#include <math.h>

/* The number of sample s in row i. */
static double number_of(const spni_bytes *bytes, int64_t i, int64_t s)
{
    return bytes->scale *
           bytes->code[s / SPNI_GROUP * bytes->step + SPNI_GROUP * i + s % SPNI_GROUP];
}

/* row + a times input j. */
static void add_input(const spni_affine_task *t, double a, int64_t j, double *restrict row)
{
    if (t->bytes.code != NULL) {
        for (int64_t s = 0; s < t->n; s++) {
            row[s] += a * number_of(&t->bytes, j, s);
        }
        return;
    }
    const double *restrict input = t->x + j * t->ldx;
    for (int64_t s = 0; s < t->n; s++) {
        row[s] += a * input[s];
    }
}

/* One row: w x + bias, or added to what is there. */
static void affine_row(const spni_affine_task *t, int64_t i, double *row)
{
    double start = t->bias != NULL ? t->bias[i] : 0.0;
    for (int64_t s = 0; !t->adds && s < t->n; s++) {
        row[s] = start;
    }
    for (int64_t j = 0; j < t->k; j++) {
        add_input(t, t->w[i * t->ldw + j], j, row);
    }
}

static void affine(const spni_affine_task *t)
{
    for (int64_t i = 0; i < t->m; i++) {
        double *row = t->out + i * t->ldo;
        affine_row(t, i, row);
        for (int64_t s = 0; t->scale != NULL && s < t->n; s++) {
            row[s] *= t->scale[i * t->lds + s];
        }
        for (int64_t s = 0; t->factor != NULL && s < t->n; s++) {
            row[s] += t->factor[i * t->factor_step] * t->common[s] * t->addend[i * t->lda + s];
        }
    }
}

static double dot(int64_t n, const double *x, const double *y)
{
    double sum = 0.0;
    for (int64_t s = 0; s < n; s++) {
        sum += x[s] * y[s];
    }
    return sum;
}

static double sum(int64_t n, const double *x)
{
    double total = 0.0;
    for (int64_t s = 0; s < n; s++) {
        total += x[s];
    }
    return total;
}

static double add_and_look(int64_t n, double a, const float *x, const float *w, double *z)
{
    double total = 0.0;
    for (int64_t s = 0; s < n; s++) {
        z[s] += a * (double)x[s];
        total += (double)w[s] * z[s];
    }
    return total;
}

static double dot_bytes(const spni_outer_task *t, const double *a, int64_t j)
{
    double sum = 0.0;
    for (int64_t s = 0; s < t->n; s++) {
        sum += a[s] * number_of(&t->bytes, j, s);
    }
    return sum;
}

static void outer(const spni_outer_task *t)
{
    for (int64_t i = 0; i < t->m; i++) {
        for (int64_t j = 0; j < t->k; j++) {
            double *c = t->c + i * t->ldc + j;
            const double *a = t->a + i * t->lda;
            double value =
                t->bytes.code != NULL ? dot_bytes(t, a, j) : dot(t->n, a, t->b + j * t->ldb);
            *c = t->adds ? *c + value : value;
        }
    }
}

static void apply_tanh(int64_t n, double *restrict h, double *restrict slopes,
                       double *restrict bends)
{
    for (int64_t s = 0; s < n; s++) {
        double a = fabs(h[s]);
        h[s] = tanh(h[s]);
        if (slopes != NULL && a > TANH_SATURATED) {
            double e = exp(-2.0 * a), near = 2.0 / (1.0 + e);
            slopes[s] = (e * near) * near;
        } else if (slopes != NULL) {
            slopes[s] = (1.0 - h[s]) * (1.0 + h[s]);
        }
        if (bends != NULL) {
            bends[s] = -2.0 * h[s] * slopes[s];
        }
    }
}

static void apply_sigmoid(int64_t n, double *restrict h, double *restrict slopes,
                          double *restrict bends)
{
    for (int64_t s = 0; s < n; s++) {
        double a = h[s];
        double e = exp(-fabs(a));
        double near = 1.0 / (1.0 + e);
        double far = e * near;
        h[s] = a >= 0.0 ? near : far;
        if (slopes != NULL) {
            slopes[s] = near * far;
        }
        if (bends != NULL) {
            bends[s] = near * far * (a >= 0.0 ? far - near : near - far);
        }
    }
}

static void apply_softplus(int64_t n, double *restrict h, double *restrict slopes,
                           double *restrict bends)
{
    for (int64_t s = 0; s < n; s++) {
        double a = h[s];
        double e = exp(-fabs(a));
        double near = 1.0 / (1.0 + e);
        double far = e * near;
        h[s] = (a <= 0.0 ? 0.0 : a) + log1p(e);
        if (slopes != NULL) {
            slopes[s] = a >= 0.0 ? near : far;
        }
        if (bends != NULL) {
            bends[s] = near * far;
        }
    }
}

static void exponential(int64_t n, double *x)
{
    for (int64_t s = 0; s < n; s++) {
        x[s] = exp(x[s]);
    }
}

static void multiply(int64_t n, const double *x, const double *y, double *out)
{
    for (int64_t s = 0; s < n; s++) {
        out[s] = x[s] * y[s];
    }
}

static void add_multiplied(int64_t n, const double *x, const double *y, double *out)
{
    for (int64_t s = 0; s < n; s++) {
        out[s] += x[s] * y[s];
    }
}

static void multiply_rows(int64_t count, int64_t n, const double *a, const double *x,
                          const double *y, int64_t ldy, double *out, int64_t ldo)
{
    for (int64_t r = 0; r < count; r++) {
        double factor = a != NULL ? a[r] : 1.0;
        for (int64_t s = 0; s < n; s++) {
            out[r * ldo + s] = factor * x[s] * y[r * ldy + s];
        }
    }
}

static void pull(int64_t n, const double *slopes, double *bends, double *delta)
{
    multiply(n, bends, delta, bends);
    multiply(n, slopes, delta, delta);
}

static double squared_error(int64_t n, double factor, const double *f, const double *y,
                            double *delta)
{
    double total = 0.0;
    for (int64_t s = 0; s < n; s++) {
        double residual = f[s] - y[s];
        total += residual * residual;
        delta[s] = factor * residual;
    }
    return total;
}

static void rescale_bytes(const spni_bytes_task *t)
{
    for (int64_t i = 0; i < t->rows; i++) {
        for (int64_t n = 0; n < SPNI_GROUP * t->groups; n++) {
            t->x[i * t->ldx + n] = (t->low != NULL ? t->low[i] : 0.0) + number_of(&t->bytes, i, n);
        }
    }
}

static void ratio(int64_t n, const spni_ratio *by, const double *restrict mean,
                  const double *restrict square, double *restrict out)
{
    const spni_ratio r = *by;
    for (int64_t i = 0; i < n; i++) {
        out[i] = r.rate * (mean[i] / r.p) / (sqrt(square[i] / r.q) + r.epsilon);
    }
}

const spni_kernels spni_kernels_plain = {
    .affine = affine,
    .outer = outer,
    .tanh = apply_tanh,
    .sigmoid = apply_sigmoid,
    .softplus = apply_softplus,
    .exponential = exponential,
    .multiply = multiply,
    .add_multiplied = add_multiplied,
    .multiply_rows = multiply_rows,
    .pull = pull,
    .squared_error = squared_error,
    .rescale_bytes = rescale_bytes,
    .dot = dot,
    .sum = sum,
    .add_and_look = add_and_look,
    .ratio = ratio,
};
