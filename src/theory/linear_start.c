/* SPDX-License-Identifier: MIT */
/* The reduced problem of linear_path.h, and its solution at beta = 0. */
#include "theory/linear_path.h"

#include <math.h>
#include <string.h>

/* Directions of x with less than this share of the largest variance, and of y with less than this share
 * of the largest covariance, or of what the sizes of x and y allow it to be, are dropped. */
static const double rank_floor = 1e-10;

/* Principal directions of x: kept columns w_j (contiguous) of the eigenvectors, their variances. */
static spn_status principal(spn_context *context, const spn_theory_moments *moments, double *w,
                            double *variance, int64_t *rank)
{
    spn_status status = SPN_OK;
    spn_dense *dense = NULL;
    int64_t n = moments->inputs;
    *rank = 0;
    SPN_TRY(spn_dense_create(context, n, &dense));
    memcpy(w, moments->xx, (size_t)(n * n) * sizeof *w);
    SPN_TRY(spn_eigen(context, dense, n, w, true, variance));
    double largest = variance[n - 1];
    if (variance[0] < -rank_floor * largest) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "second moments with eigenvalue %g are not positive semidefinite", variance[0]);
    }
    for (int64_t j = 0; j < n; j++) {
        if (variance[j] > 0 && variance[j] >= rank_floor * largest) {
            variance[*rank] = variance[j];
            memmove(w + *rank * n, w + j * n, (size_t)n * sizeof *w);
            (*rank)++;
        }
    }
done:
    spn_dense_free(context, dense);
    return status;
}

/* M in the bases of its own left singular vectors and of C's eigenvectors, and the units. */
static spn_status reduce(spn_context *context, const spn_theory_moments *moments,
                         const double *turned, const double *variance, spni_linear_path *path)
{
    spn_status status = SPN_OK;
    int64_t n = path->inputs, r = n < moments->outputs ? n : moments->outputs, kept = 0;
    double *values = NULL, *vt = NULL, power = 0, spread = 0;
    SPN_NEW(context, values, r);
    SPN_NEW(context, vt, r * n);
    SPN_TRY(spn_singular_values(context, moments->outputs, n, turned, values, NULL, vt));
    double total = 0;
    for (int64_t k = 0; k < n; k++) {
        total += variance[k];
    }
    double most = fmax(values[0], sqrt(fmax(moments->target_power, 0) * total));
    while (kept < r && values[kept] > 0 && values[kept] >= rank_floor * most) {
        kept++;
    }
    if (kept > SPN_THEORY_MODES_MAX) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED, "%lld modes: this prediction is made for up to %d",
                 (long long)kept, SPN_THEORY_MODES_MAX);
    }
    path->outputs = kept;
    SPN_NEW(context, path->m, kept * n);
    SPN_NEW(context, path->c, n);
    for (int64_t i = 0; i < kept; i++) {
        for (int64_t k = 0; k < n; k++) {
            double entry = values[i] / values[0] * vt[i * n + k];
            path->m[i * n + k] = entry;
            power += entry * entry;
            spread += entry * entry * variance[k];
        }
    }
    double unit = kept > 0 ? spread / power : 1, size = kept > 0 ? values[0] : 1;
    for (int64_t k = 0; k < n; k++) {
        path->c[k] = variance[k] / unit;
    }
    path->strength_unit = size / unit;
    path->error_unit = size * path->strength_unit;
    path->beta_unit = unit * pow(path->strength_unit, 2 - 2 / (double)path->depth);
done:
    spn_release(context, values);
    spn_release(context, vt);
    return status;
}

static spn_status allocate(spn_context *context, spni_linear_path *path)
{
    spn_status status = SPN_OK;
    int64_t k = path->outputs, n = path->inputs, unknowns = k * (k - 1) / 2 + k + 1;
    /* With fewer than k modes: r (r - 1) / 2 + r (k - r) + r + 1, no more than that. */
    SPN_NEW(context, path->g, k * n);
    SPN_NEW(context, path->d, k * n);
    SPN_NEW(context, path->weight, n);
    SPN_NEW(context, path->jacobian, unknowns * unknowns);
    SPN_NEW(context, path->residual, unknowns);
    SPN_NEW(context, path->gram, unknowns * unknowns);
    SPN_NEW(context, path->values, unknowns);
    SPN_NEW(context, path->step, 2 * unknowns);
    SPN_NEW(context, path->kept_frame, k * k);
    SPN_TRY(spn_dense_create(context, unknowns, &path->dense));
done:
    return status;
}

spn_status spni_linear_path_create(spn_context *context, const spn_theory_moments *moments,
                                   int64_t depth, spni_linear_path *path)
{
    spn_status status = SPN_OK;
    int64_t inputs = moments->inputs, outputs = moments->outputs, square = 0, size = 0;
    double *w = NULL, *variance = NULL, *turned = NULL;
    *path = (spni_linear_path){.depth = depth};
    if (inputs < 1 || outputs < 1 || !spn_size_multiply(inputs, inputs, &square) ||
        !spn_size_multiply(inputs, outputs, &size)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "a data set with %lld inputs and %lld outputs makes no sense", (long long)inputs,
                 (long long)outputs);
    }
    SPN_NEW(context, w, square);
    SPN_NEW(context, variance, inputs);
    SPN_NEW(context, turned, size);
    SPN_TRY(principal(context, moments, w, variance, &path->inputs));
    spn_multiply_transposed(outputs, path->inputs, inputs, 1, moments->yx, inputs, w, inputs, 0,
                            turned, path->inputs);
    SPN_TRY(reduce(context, moments, turned, variance, path));
    SPN_TRY(allocate(context, path));
done:
    spn_release(context, w);
    spn_release(context, variance);
    spn_release(context, turned);
    return status;
}

void spni_linear_path_free(spn_context *context, spni_linear_path *path)
{
    spn_release(context, path->m);
    spn_release(context, path->c);
    spn_release(context, path->g);
    spn_release(context, path->d);
    spn_release(context, path->weight);
    spn_release(context, path->jacobian);
    spn_release(context, path->residual);
    spn_release(context, path->gram);
    spn_release(context, path->values);
    spn_release(context, path->step);
    spn_release(context, path->kept_frame);
    spn_dense_free(context, path->dense);
}

spn_status spni_linear_state_create(spn_context *context, const spni_linear_path *path,
                                    spni_linear_state *state)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, state->frame, path->outputs * path->outputs);
    SPN_NEW(context, state->share, path->outputs);
done:
    return status;
}

void spni_linear_state_free(spn_context *context, spni_linear_state *state)
{
    spn_release(context, state->frame);
    spn_release(context, state->share);
}

void spni_linear_state_copy(const spni_linear_path *path, const spni_linear_state *from,
                            spni_linear_state *to)
{
    int64_t k = path->outputs;
    to->modes = from->modes;
    to->beta = from->beta;
    memcpy(to->frame, from->frame, (size_t)(k * k) * sizeof *to->frame);
    memcpy(to->share, from->share, (size_t)k * sizeof *to->share);
}

/* The best B of rank r minimises |(B - M C^{-1}) C^{1/2}|: the r strongest modes of M C^{-1/2} = P S Q^T, times
 * C^{-1/2}. The frame: left singular vectors of that B within the span of P_r, then the rest of P. */
static spn_status fit(spn_context *context, const spni_linear_path *path, int64_t modes,
                      double *frame)
{
    spn_status status = SPN_OK;
    int64_t k = path->outputs, n = path->inputs;
    double *white = NULL, *values = NULL, *p = NULL, *vt = NULL, *u = NULL;
    SPN_NEW(context, white, k * n);
    SPN_NEW(context, values, k);
    SPN_NEW(context, p, k * k);
    SPN_NEW(context, vt, k * n);
    SPN_NEW(context, u, k * k);
    for (int64_t i = 0; i < k * n; i++) {
        white[i] = path->m[i] / sqrt(path->c[i % n]);
    }
    SPN_TRY(spn_singular_values(context, k, n, white, values, p, vt));
    for (int64_t i = 0; i < modes; i++) {
        for (int64_t l = 0; l < n; l++) {
            white[i * n + l] = values[i] * vt[i * n + l] / sqrt(path->c[l]);
        }
    }
    SPN_TRY(spn_singular_values(context, modes, n, white, values, u, vt));
    for (int64_t i = 0; i < k; i++) {
        for (int64_t l = 0; l < k; l++) {
            double sum = i < modes ? 0 : p[l * k + i];
            for (int64_t j = 0; i < modes && j < modes; j++) {
                sum += p[l * k + j] * u[j * modes + i];
            }
            frame[i * k + l] = sum;
        }
    }
done:
    spn_release(context, white);
    spn_release(context, values);
    spn_release(context, p);
    spn_release(context, vt);
    spn_release(context, u);
    return status;
}

spn_status spni_linear_start(spn_context *context, spni_linear_path *path, int64_t modes,
                             spni_linear_state *state)
{
    state->modes = modes;
    state->beta = 0;
    for (int64_t i = 0; i < path->outputs; i++) {
        state->share[i] = 1;
    }
    return modes > 0 ? fit(context, path, modes, state->frame) : SPN_OK;
}
