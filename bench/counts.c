/* SPDX-License-Identifier: MIT */
#include "counts.h"

static double weights(const bench_shape *shape, int64_t l)
{
    return (double)shape->width[l - 1] * (double)shape->width[l];
}

static double triangle(int64_t n)
{
    return 0.5 * (double)n * (double)(n + 1);
}

int64_t bench_parameters(const bench_shape *shape)
{
    int64_t count = 0;
    for (int64_t l = 1; l <= shape->depth; l++) {
        count += shape->width[l - 1] * shape->width[l];
    }
    return count;
}

static double hidden_units(const bench_shape *shape)
{
    double units = 0;
    for (int64_t l = 1; l < shape->depth; l++) {
        units += (double)shape->width[l];
    }
    return units;
}

bench_counts bench_count_gradient(const bench_shape *shape)
{
    double p = (double)bench_parameters(shape), n = (double)shape->samples;
    double data = (double)(shape->width[0] + shape->width[shape->depth]) * n;
    return (bench_counts){
        .flops = n * (6 * p - 2 * weights(shape, 1)),
        .tanhs = n * hidden_units(shape),
        .bytes = 8 * (data + 2 * p),
    };
}

static double kept_bytes(const bench_shape *shape)
{
    double rows = 4 * hidden_units(shape) + (double)(shape->width[0] + shape->width[shape->depth]);
    return 8 * rows * (double)shape->samples;
}

bench_counts bench_count_hvp(const bench_shape *shape, int64_t vectors)
{
    double p = (double)bench_parameters(shape), n = (double)shape->samples, k = (double)vectors;
    return (bench_counts){
        .flops = k * n * (12 * p - 8 * weights(shape, 1)),
        .bytes = kept_bytes(shape) + 16 * k * p,
    };
}

/* T^{lm} and its block, per sample. */
static double count_t(const bench_shape *shape, int64_t l, int64_t m)
{
    const int64_t *w = shape->width;
    double outer = 2 * (double)w[l] * (double)w[l - 1] * (double)w[m];
    if (m == l + 1) {
        return outer;
    }
    double recursion = 2 * (double)w[l] * (double)w[m - 2] * (double)w[m - 1];
    return outer * (double)w[m - 1] + (m == l + 2 ? 0.5 / (double)w[l] : 1) * recursion;
}

bench_counts bench_count_hessian(const bench_shape *shape)
{
    const int64_t *w = shape->width, depth = shape->depth;
    double p = (double)bench_parameters(shape), each = 0;
    for (int64_t m = 1; m <= depth; m++) {
        each += 2 * triangle(w[m - 1]) * (m < depth ? triangle(w[m]) : 1);
        if (m < depth) {
            each += (double)w[m] * (double)w[m] * (double)w[m + 1];
        }
        for (int64_t l = 1; l < m; l++) {
            /* S_D = c I: one product for all outputs where Q^{D-1,D} = phi'_{D-1} W_D^T c. */
            double left = l == depth - 1 ? (double)w[l] : (double)w[l] * (double)w[m];
            each += 2 * left * (double)w[l - 1] * (double)w[m - 1] + count_t(shape, l, m);
            if (l + 1 < m) {
                each += 2 * (double)w[l] * (double)w[l + 1] * (double)w[m];
            } else if (m < depth) {
                each += 2 * (double)w[l] * (double)w[m + 1] * (double)w[m];
            }
        }
    }
    return (bench_counts){
        .flops = each * (double)shape->samples,
        .bytes = kept_bytes(shape) + 4 * p * p,
    };
}

bench_counts bench_add(bench_counts a, double factor, bench_counts b)
{
    return (bench_counts){a.flops + factor * b.flops, a.tanhs + factor * b.tanhs,
                          a.bytes + factor * b.bytes};
}

bench_counts bench_count_cubic(const bench_shape *shape, double factor)
{
    double p = (double)bench_parameters(shape);
    return (bench_counts){.flops = factor * p * p * p, .bytes = 4 * p * p};
}
