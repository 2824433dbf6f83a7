/* SPDX-License-Identifier: MIT */
/* The error at the output, per sample, and its first two derivatives with respect to f.
 *
 * mse:            e = |f - y|^2,                    e' = 2 (f - y),  e'' = 2 I
 * cross-entropy:  e = sum_k y_k (log Z - f_k),      e' = m p - y,    e'' = m (diag p - p p^T)
 * with Z = sum exp f_k, p = exp(f)/Z and m = sum y_k (1 for class probabilities). log Z is taken
 * relative to the largest f_k, so that no logit is too large. */
#include "network/network_internal.h"

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

/* p_k, m, and log Z - max f in the row after m; max f in the row after that. */
static void softmax(const spni_kernels *kernels, const spn_network_error *error,
                    const spni_block *block)
{
    int64_t ld = error->plan.block;
    int64_t depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    const double *f = spni_values(&error->plan, block, depth);
    double *p = spni_probabilities(error, block);
    double *mass = p + outputs * ld, *log_sum = mass + ld, *top = log_sum + ld;
    for (int64_t n = 0; n < block->count; n++) {
        mass[n] = block->y[n];
        log_sum[n] = 0.0;
        top[n] = f[n];
    }
    for (int64_t k = 1; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            mass[n] += block->y[k * block->ldy + n];
            top[n] = f[k * ld + n] > top[n] ? f[k * ld + n] : top[n];
        }
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            p[k * ld + n] = f[k * ld + n] - top[n];
        }
        kernels->exponential(block->count, p + k * ld);
        for (int64_t n = 0; n < block->count; n++) {
            log_sum[n] += p[k * ld + n];
        }
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            p[k * ld + n] /= log_sum[n];
        }
    }
    for (int64_t n = 0; n < block->count; n++) {
        log_sum[n] = log(log_sum[n]);
    }
}

static double cross_entropy(const spni_kernels *kernels, const spn_network_error *error,
                            const spni_block *block, double scale)
{
    int64_t ld = error->plan.block;
    int64_t depth = error->network->depth;
    int64_t outputs = error->network->width[depth];
    softmax(kernels, error, block);
    const double *f = spni_values(&error->plan, block, depth);
    const double *p = spni_probabilities(error, block);
    const double *mass = p + outputs * ld, *log_sum = mass + ld, *top = log_sum + ld;
    double *delta = spni_deltas(error, block, depth);
    double sum = 0.0;
    for (int64_t k = 0; k < outputs; k++) {
        const double *yk = block->y + k * block->ldy;
        double *row = delta + k * ld;
        for (int64_t n = 0; n < block->count; n++) {
            row[n] = (top[n] - f[k * ld + n]) + log_sum[n];
        }
        sum += kernels->dot(block->count, yk, row);
        for (int64_t n = 0; n < block->count; n++) {
            row[n] = scale * (mass[n] * p[k * ld + n] - yk[n]);
        }
    }
    return sum;
}

double spni_output_error(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale)
{
    return error->kind == SPN_ERROR_CROSS_ENTROPY ? cross_entropy(kernels, error, block, scale)
                                                  : squared_error(kernels, error, block, scale);
}

double spni_output_constant(const spn_network_error *error, double scale)
{
    return error->kind == SPN_ERROR_CROSS_ENTROPY ? 0.0 : 2.0 * scale;
}

void spni_output_product(const spni_kernels *kernels, const spn_network_error *error,
                         const spni_block *block, double scale, const double *t, double *mean,
                         double *out)
{
    int64_t ld = error->plan.block;
    int64_t outputs = error->network->width[error->network->depth];
    double constant = spni_output_constant(error, scale);
    if (constant != 0.0) {
        for (int64_t k = 0; k < outputs; k++) {
            for (int64_t n = 0; n < block->count; n++) {
                out[k * ld + n] = constant * t[k * ld + n];
            }
        }
        return;
    }
    const double *p = spni_probabilities(error, block);
    const double *mass = p + outputs * ld;
    for (int64_t n = 0; n < block->count; n++) {
        mean[n] = 0.0;
    }
    for (int64_t k = 0; k < outputs; k++) {
        kernels->add_multiplied(block->count, p + k * ld, t + k * ld, mean);
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t n = 0; n < block->count; n++) {
            out[k * ld + n] = scale * mass[n] * (p[k * ld + n] * (t[k * ld + n] - mean[n]));
        }
    }
}

void spni_output_curvature(const spn_network_error *error, const spni_block *block, double scale,
                           double *packed)
{
    int64_t ld = error->plan.block;
    int64_t outputs = error->network->width[error->network->depth];
    double constant = spni_output_constant(error, scale);
    const double *p = spni_probabilities(error, block);
    const double *mass = p + outputs * ld;
    double *row = packed;
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t j = 0; j <= k; j++, row += block->count) {
            for (int64_t n = 0; n < block->count; n++) {
                double pk = p[k * ld + n];
                row[n] = j == k ? pk * (1.0 - pk) : -pk * p[j * ld + n];
                row[n] *= scale * mass[n];
            }
            for (int64_t n = 0; constant != 0.0 && n < block->count; n++) {
                row[n] = j == k ? constant : 0.0;
            }
        }
    }
}
