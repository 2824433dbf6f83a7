/* SPDX-License-Identifier: MIT */
/** @file loops.h  The kernels over vectors of LANES samples, and their TABLE.
 *
 *  What is left of a row at its end goes through the same code in a vector filled up with zeros, so
 *  that a sample's result does not depend on where it stands. */
#ifndef SPINODAL_SRC_KERNEL_LOOPS_H
#define SPINODAL_SRC_KERNEL_LOOPS_H

#include "kernel/kernel.h"
#include "kernel/tiles.h"
#include "kernel/vector.h"

#include <math.h>

typedef struct activated {
    real value, slope, bend;
} activated;

INLINE activated tanh_with_slopes(real a)
{
    real h = tanh_of(a);
    real slope = (1.0 - h) * (1.0 + h);
    /* A branch, since nearly no unit is there; what a sample gets does not depend on those beside it. */
    if (!are_at_most(absolute(a), TANH_SATURATED)) {
        whole is_steep = absolute(a) <= constant(TANH_SATURATED);
        slope = pick(is_steep, slope, slope_of_saturated_tanh(a));
    }
    return (activated){h, slope, -2.0 * h * slope};
}

INLINE activated sigmoid_with_slopes(real a)
{
    real e = exp_of(-absolute(a));
    real near = 1.0 / (1.0 + e);
    real far = e * near;
    whole is_right = a >= constant(0.0);
    real slope = near * far;
    real difference = pick(is_right, far - near, near - far);
    return (activated){pick(is_right, near, far), slope, slope * difference};
}

INLINE activated softplus_with_slopes(real a)
{
    real e = exp_of(-absolute(a));
    real near = 1.0 / (1.0 + e);
    real far = e * near;
    real ramp = pick(a <= constant(0.0), constant(0.0), a);
    return (activated){ramp + log1p_of(e), pick(a >= constant(0.0), near, far), near * far};
}

/* One loop over whole vectors, one vector for the rest; `apply` is inlined. */
INLINE void activate(activated (*apply)(real), int64_t n, double *h, double *slopes, double *bends)
{
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        activated result = apply(load(h + s));
        store(h + s, result.value);
        if (slopes != NULL) {
            store(slopes + s, result.slope);
        }
        if (bends != NULL) {
            store(bends + s, result.bend);
        }
    }
    if (s < n) {
        activated result = apply(load_part(h + s, n - s));
        store_part(h + s, result.value, n - s);
        if (slopes != NULL) {
            store_part(slopes + s, result.slope, n - s);
        }
        if (bends != NULL) {
            store_part(bends + s, result.bend, n - s);
        }
    }
}

static void tanh_kernel(int64_t n, double *h, double *slopes, double *bends)
{
    activate(tanh_with_slopes, n, h, slopes, bends);
}

static void sigmoid_kernel(int64_t n, double *h, double *slopes, double *bends)
{
    activate(sigmoid_with_slopes, n, h, slopes, bends);
}

static void softplus_kernel(int64_t n, double *h, double *slopes, double *bends)
{
    activate(softplus_with_slopes, n, h, slopes, bends);
}

static void exponential(int64_t n, double *x)
{
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        store(x + s, exp_of(load(x + s)));
    }
    if (s < n) {
        store_part(x + s, exp_of(load_part(x + s, n - s)), n - s);
    }
}

static void multiply(int64_t n, const double *x, const double *y, double *out)
{
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        store(out + s, load(x + s) * load(y + s));
    }
    if (s < n) {
        store_part(out + s, load_part(x + s, n - s) * load_part(y + s, n - s), n - s);
    }
}

static void add_multiplied(int64_t n, const double *x, const double *y, double *out)
{
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        store(out + s, load(out + s) + load(x + s) * load(y + s));
    }
    if (s < n) {
        int64_t rest = n - s;
        real product = load_part(x + s, rest) * load_part(y + s, rest);
        store_part(out + s, load_part(out + s, rest) + product, rest);
    }
}

/* Four rows at a time: x is loaded once for them. */
enum { ROWS_AT_ONCE = 4 };

INLINE void rows_tile(const int rows, const bool is_weighted, int64_t n, const double *a,
                      const double *x, const double *y, int64_t ldy, double *out, int64_t ldo)
{
    real weight[ROWS_AT_ONCE];
    UNROLL
    for (int r = 0; r < rows; r++) {
        weight[r] = constant(is_weighted ? a[r] : 1.0);
    }
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        real common = load(x + s);
        UNROLL
        for (int r = 0; r < rows; r++) {
            real left = is_weighted ? weight[r] * common : common;
            store(out + r * ldo + s, left * load(y + r * ldy + s));
        }
    }
    if (s < n) {
        real common = load_part(x + s, n - s);
        UNROLL
        for (int r = 0; r < rows; r++) {
            real left = is_weighted ? weight[r] * common : common;
            store_part(out + r * ldo + s, left * load_part(y + r * ldy + s, n - s), n - s);
        }
    }
}

INLINE void all_rows(const bool is_weighted, int64_t count, int64_t n, const double *a,
                     const double *x, const double *y, int64_t ldy, double *out, int64_t ldo)
{
    int64_t r = 0;
    for (; r + ROWS_AT_ONCE <= count; r += ROWS_AT_ONCE) {
        rows_tile(ROWS_AT_ONCE, is_weighted, n, is_weighted ? a + r : NULL, x, y + r * ldy, ldy,
                  out + r * ldo, ldo);
    }
    for (; r < count; r++) {
        rows_tile(1, is_weighted, n, is_weighted ? a + r : NULL, x, y + r * ldy, ldy, out + r * ldo,
                  ldo);
    }
}

static void multiply_rows(int64_t count, int64_t n, const double *a, const double *x,
                          const double *y, int64_t ldy, double *out, int64_t ldo)
{
    if (a != NULL) {
        all_rows(true, count, n, a, x, y, ldy, out, ldo);
    } else {
        all_rows(false, count, n, NULL, x, y, ldy, out, ldo);
    }
}

static void pull(int64_t n, const double *slopes, double *bends, double *delta)
{
    int64_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        real g = load(delta + s);
        store(bends + s, load(bends + s) * g);
        store(delta + s, load(slopes + s) * g);
    }
    if (s < n) {
        int64_t rest = n - s;
        real g = load_part(delta + s, rest);
        store_part(bends + s, load_part(bends + s, rest) * g, rest);
        store_part(delta + s, load_part(slopes + s, rest) * g, rest);
    }
}

/* Four chains of additions hide their latency. */
typedef struct chains {
    real sum[4];
} chains;

INLINE double chains_total(chains c)
{
    four sums;
    lane_sums(c.sum, &sums);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

INLINE real residual_step(double factor, const double *f, const double *y, double *delta)
{
    real residual = load(f) - load(y);
    store(delta, factor * residual);
    return residual * residual;
}

static double squared_error(int64_t n, double factor, const double *f, const double *y,
                            double *delta)
{
    chains c = {{{0.0}, {0.0}, {0.0}, {0.0}}};
    int64_t s = 0;
    for (; s + 4 * LANES <= n; s += 4 * LANES) {
        for (int64_t i = 0; i < 4; i++) {
            int64_t at = s + i * LANES;
            c.sum[i] += residual_step(factor, f + at, y + at, delta + at);
        }
    }
    for (; s + LANES <= n; s += LANES) {
        c.sum[0] += residual_step(factor, f + s, y + s, delta + s);
    }
    if (s < n) {
        real residual = load_part(f + s, n - s) - load_part(y + s, n - s);
        c.sum[1] += residual * residual;
        store_part(delta + s, factor * residual, n - s);
    }
    return chains_total(c);
}

static void rescale_bytes(const spni_bytes_task *t)
{
    for (int64_t i = 0; i < t->rows; i++) {
        const real low = constant(t->low != NULL ? t->low[i] : 0.0);
        const uint8_t *code = t->bytes.code + SPNI_GROUP * i;
        double *x = t->x + i * t->ldx;
        for (int64_t g = 0; g < t->groups; g++, code += t->bytes.step, x += SPNI_GROUP) {
            UNROLL
            for (int64_t s = 0; s < SPNI_GROUP; s += LANES) {
                store(x + s, low + t->bytes.scale * load_bytes(code + s));
            }
        }
    }
}

static double dot(int64_t n, const double *x, const double *y)
{
    chains c = {{{0.0}, {0.0}, {0.0}, {0.0}}};
    int64_t s = 0;
    for (; s + 4 * LANES <= n; s += 4 * LANES) {
        for (int64_t i = 0; i < 4; i++) {
            c.sum[i] += load(x + s + i * LANES) * load(y + s + i * LANES);
        }
    }
    for (; s + LANES <= n; s += LANES) {
        c.sum[0] += load(x + s) * load(y + s);
    }
    if (s < n) {
        c.sum[1] += load_part(x + s, n - s) * load_part(y + s, n - s);
    }
    return chains_total(c);
}

static double sum(int64_t n, const double *x)
{
    chains c = {{{0.0}, {0.0}, {0.0}, {0.0}}};
    int64_t s = 0;
    for (; s + 4 * LANES <= n; s += 4 * LANES) {
        for (int64_t i = 0; i < 4; i++) {
            c.sum[i] += load(x + s + i * LANES);
        }
    }
    for (; s + LANES <= n; s += LANES) {
        c.sum[0] += load(x + s);
    }
    if (s < n) {
        c.sum[1] += load_part(x + s, n - s);
    }
    return chains_total(c);
}

/* Sums of their own for as many numbers as keep additions busy. */
enum { LOOKS = 32 };

static double add_and_look(int64_t n, double a, const float *x, const float *w, double *restrict z)
{
    double sums[LOOKS] = {0}, total = 0;
    const int64_t whole_rows = n - n % LOOKS;
    for (int64_t s = 0; s < whole_rows; s += LOOKS) {
        UNROLL
        for (int64_t i = 0; i < LOOKS; i++) {
            z[s + i] += a * (double)x[s + i];
            sums[i] += (double)w[s + i] * z[s + i];
        }
    }
    for (int64_t s = whole_rows; s < n; s++) {
        z[s] += a * (double)x[s];
        total += (double)w[s] * z[s];
    }
    for (int64_t i = 0; i < LOOKS; i++) {
        total += sums[i];
    }
    return total;
}

static void ratio(int64_t n, const spni_ratio *by, const double *restrict mean,
                  const double *restrict square, double *restrict out)
{
    const spni_ratio r = *by;
    for (int64_t i = 0; i < n; i++) {
        out[i] = r.rate * (mean[i] / r.p) / (sqrt(square[i] / r.q) + r.epsilon);
    }
}

const spni_kernels TABLE = {
    .affine = affine,
    .outer = outer,
    .tanh = tanh_kernel,
    .sigmoid = sigmoid_kernel,
    .softplus = softplus_kernel,
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

#endif
