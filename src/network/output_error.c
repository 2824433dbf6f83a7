/* SPDX-License-Identifier: MIT */
/* The error at the output, per sample, and its first two derivatives with respect to f.
 *
 * mse:            e = |f - y|^2,                    e' = 2 (f - y),  e'' = 2 I
 * cross-entropy:  e = sum_k y_k (log Z - f_k),      e' = m p - y,    e'' = m (diag p - p p^T)
 * with Z = sum exp f_k, p = exp(f)/Z and m = sum y_k (1 for class probabilities). One output is the
 * logit of one class against the rest, p = 1/(1 + exp -f):
 *                 e = log(1 + exp f) - y f,         e' = p - y,      e'' = p (1 - p).
 * Where the answer is nearly certain, 1 - p and e are tiny: they are sums over the other classes, never
 * differences from 1, and so accurate at any size. f_k is taken relative to the largest, so that no
 * logit is too large. */
#include "network/network.h"

#include <math.h>

static double squared_error(const spni_kernels *kernels, const spn_network_error *error,
                            const spni_block *block, double scale)
{
    const spni_plan *plan = &error->plan;
    int64_t depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    const double *f = spni_values(plan, block, depth);
    double *delta = spni_deltas(error, block, depth);
    double sum = 0.0;
    for (int64_t k = 0; k < outputs; k++) {
        const double *fk = f + k * plan->block;
        const double *yk = block->y + k * block->ldy;
        double *row = delta + k * plan->block;
        sum += kernels->squared_error(block->count, 2.0 * scale, fk, yk, row);
    }
    return sum;
}

/* Rows beside the probabilities, see spni_probabilities(). */
typedef struct class_rows {
    double *p;    /* K rows */
    double *mass; /* m */
    double *rest; /* 1 - p of the largest f */
    double *top;  /* the largest f */
} class_rows;

static class_rows rows_of(const spn_network_error *error, const spni_block *block)
{
    int64_t ld = error->plan.block;
    double *p = spni_probabilities(error, block);
    double *mass = p + error->network->width[error->network->depth] * ld;
    return (class_rows){p, mass, mass + ld, mass + 2 * ld};
}

/* m and top. */
static void sum_targets(const spn_network_error *error, const spni_block *block, const double *f,
                        const class_rows *rows)
{
    int64_t ld = error->plan.block, outputs = error->network->width[error->network->depth];
    for (int64_t n = 0; n < block->count; n++) {
        rows->mass[n] = block->y[n];
        rows->top[n] = f[n];
    }
    for (int64_t k = 1; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            double value = f[k * ld + n];
            rows->mass[n] += block->y[k * block->ldy + n];
            rows->top[n] = value > rows->top[n] ? value : rows->top[n];
        }
    }
}

/* All rows, and log Z - top. Z exp(-top) = 1 + others, and whatever equals the top after the first of them
 * adds 1 to the others. */
static void softmax(const spni_kernels *kernels, const spn_network_error *error,
                    const spni_block *block, double *log_sum)
{
    int64_t ld = error->plan.block, depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    const double *f = spni_values(&error->plan, block, depth);
    const class_rows rows = rows_of(error, block);
    double *others = rows.rest, *equals = log_sum;
    sum_targets(error, block, f, &rows);
    for (int64_t n = 0; n < block->count; n++) {
        others[n] = 0.0;
        equals[n] = -1.0;
    }
    for (int64_t k = 0; k < outputs; k++) {
        double *p = rows.p + k * ld;
        for (int64_t n = 0; n < block->count; n++) {
            p[n] = f[k * ld + n] - rows.top[n];
        }
        kernels->exponential(block->count, p);
        for (int64_t n = 0; n < block->count; n++) {
            bool is_top = f[k * ld + n] == rows.top[n];
            others[n] += is_top ? 0.0 : p[n];
            equals[n] += is_top ? 1.0 : 0.0;
        }
    }
    for (int64_t n = 0; n < block->count; n++) {
        others[n] += equals[n];
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            rows.p[k * ld + n] /= 1.0 + others[n];
        }
    }
    for (int64_t n = 0; n < block->count; n++) {
        log_sum[n] = log1p(others[n]);
        rows.rest[n] = others[n] / (1.0 + others[n]);
    }
}

/* 1 - p_k of sample n. Below the top p <= 1/2, and nothing cancels. */
static double complement(const class_rows *rows, double f, double p, int64_t n)
{
    return f == rows->top[n] ? rows->rest[n] : 1.0 - p;
}

/* e' = p_k sum_{j != k} y_j - (1 - p_k) y_k: of a one-hot target one of the products is 0. */
static double cross_entropy(const spni_kernels *kernels, const spn_network_error *error,
                            const spni_block *block, double scale)
{
    int64_t ld = error->plan.block, depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    const double *f = spni_values(&error->plan, block, depth);
    double *delta = spni_deltas(error, block, depth);
    double *log_sum = delta + (outputs - 1) * ld; /* that row is written last */
    double sum = 0.0;
    softmax(kernels, error, block, log_sum);
    const class_rows rows = rows_of(error, block);
    for (int64_t k = 0; k < outputs; k++) {
        const double *fk = f + k * ld, *yk = block->y + k * block->ldy, *p = rows.p + k * ld;
        double *row = delta + k * ld;
        for (int64_t n = 0; n < block->count; n++) {
            row[n] = (rows.top[n] - fk[n]) + log_sum[n];
        }
        sum += kernels->dot(block->count, yk, row);
        for (int64_t n = 0; n < block->count; n++) {
            double rest = complement(&rows, fk[n], p[n], n);
            row[n] = scale * (p[n] * (rows.mass[n] - yk[n]) - rest * yk[n]);
        }
    }
    return sum;
}

/* One logit: p in its row, 1 - p in that of the rest, m = 1. With y in [0, 1] both terms of e are positive;
 * that of the linear part is left out where it vanishes, so that no infinity meets a 0. */
static double logistic_error(const spni_kernels *kernels, const spn_network_error *error,
                             const spni_block *block, double scale)
{
    const double *f = spni_values(&error->plan, block, error->network->depth), *y = block->y;
    double *delta = spni_deltas(error, block, error->network->depth);
    const class_rows rows = rows_of(error, block);
    double *terms = rows.top;
    for (int64_t n = 0; n < block->count; n++) {
        terms[n] = -fabs(f[n]);
    }
    kernels->exponential(block->count, terms);
    for (int64_t n = 0; n < block->count; n++) {
        double e = terms[n], near = 1.0 / (1.0 + e), far = e * near;
        bool is_right = f[n] > 0.0;
        rows.mass[n] = 1.0;
        rows.p[n] = is_right ? near : far;
        rows.rest[n] = is_right ? far : near;
        double share = is_right ? 1.0 - y[n] : y[n];
        terms[n] = (share > 0.0 ? share * fabs(f[n]) : 0.0) + log1p(e);
        delta[n] = scale * (rows.p[n] * (1.0 - y[n]) - rows.rest[n] * y[n]);
    }
    return kernels->sum(block->count, terms);
}

double spni_output_error(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale)
{
    if (error->kind != SPN_ERROR_CROSS_ENTROPY) {
        return squared_error(kernels, error, block, scale);
    }
    return error->dataset->outputs == 1 ? logistic_error(kernels, error, block, scale)
                                        : cross_entropy(kernels, error, block, scale);
}

double spni_output_constant(const spn_network_error *error, double scale)
{
    return error->kind == SPN_ERROR_CROSS_ENTROPY ? 0.0 : 2.0 * scale;
}

static void constant_product(const spn_network_error *error, const spni_block *block,
                             double constant, const double *t, double *out)
{
    int64_t ld = error->plan.block, outputs = error->network->width[error->network->depth];
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            out[k * ld + n] = constant * t[k * ld + n];
        }
    }
}

/* m p_k (t_k - sum_j p_j t_j), with t relative to that of the largest f, so that what is left of a nearly
 * certain answer is a sum over the others. */
static void softmax_product(const spni_kernels *kernels, const spn_network_error *error,
                            const spni_block *block, double scale, const double *t, double *mean,
                            double *out)
{
    int64_t ld = error->plan.block, outputs = error->network->width[error->network->depth];
    const double *f = spni_values(&error->plan, block, error->network->depth);
    const class_rows rows = rows_of(error, block);
    double *top = mean;
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            top[n] = k == 0 || f[k * ld + n] == rows.top[n] ? t[k * ld + n] : top[n];
        }
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            out[k * ld + n] = t[k * ld + n] - top[n];
        }
    }
    for (int64_t n = 0; n < block->count; n++) {
        mean[n] = 0.0;
    }
    for (int64_t k = 0; k < outputs; k++) {
        kernels->add_multiplied(block->count, rows.p + k * ld, out + k * ld, mean);
    }
    for (int64_t k = 0; k < outputs; k++) {
        const double *p = rows.p + k * ld;
        for (int64_t n = 0; n < block->count; n++) {
            out[k * ld + n] = scale * rows.mass[n] * (p[n] * (out[k * ld + n] - mean[n]));
        }
    }
}

void spni_output_product(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale, const double *t, double *mean,
                         double *out)
{
    double constant = spni_output_constant(error, scale);
    if (constant != 0.0) {
        constant_product(error, block, constant, t, out);
        return;
    }
    if (error->dataset->outputs > 1) {
        softmax_product(kernels, error, block, scale, t, mean, out);
        return;
    }
    const class_rows rows = rows_of(error, block);
    for (int64_t n = 0; n < block->count; n++) {
        out[n] = scale * (rows.p[n] * rows.rest[n]) * t[n];
    }
}

void spni_output_curvature(const spn_network_error *error, const spni_block *block, double scale,
                           double *packed)
{
    int64_t ld = error->plan.block, depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    const double *f = spni_values(&error->plan, block, depth);
    const class_rows rows = rows_of(error, block);
    double *row = packed;
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t j = 0; j <= k; j++, row += block->count) {
            const double *p = rows.p + k * ld, *other = rows.p + j * ld;
            for (int64_t n = 0; n < block->count; n++) {
                double rest =
                    outputs == 1 ? rows.rest[n] : complement(&rows, f[k * ld + n], p[n], n);
                row[n] = scale * rows.mass[n] * (p[n] * (j == k ? rest : -other[n]));
            }
        }
    }
}
