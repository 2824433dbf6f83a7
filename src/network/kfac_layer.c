/* SPDX-License-Identifier: MIT */
/* One layer of the Kronecker-factored preconditioner, M V = G V A + damping V.
 *
 *  A bias damped as the weights are is one more input, 1, and A the second moment of them all: with A = B^T diag(a) B and
 *  G = U^T diag(g) U the damped operator is (U V B^T)_ji times g_j a_i + damping, exactly.
 *
 *  A bias that is damped otherwise (spared: not at all) is eliminated. Along eigenvector j of G, with m the mean of the
 *  inputs, p = g_j + damping of the bias and r = g_j / p,
 *      M = [1, r m; 0, 1] diag(g_j C + damping of the weights, p) [1, 0; r m^T, 1],   C the inputs' covariance:
 *  exact where the bias is spared (r = 1: C is what second moments leave after elimination), and positive definite
 *  always. */
#include "network/network_kfac.h"

#include <math.h>
#include <string.h>

/* Off-diagonal moments below this share of the largest variance: inputs that are principal components. */
static const double diagonal_share = 1e-12;
/* Entries of the diagonal are no smaller than this share of the largest one. */
static const double entry_floor = 1e-12;
/* Pivots of a bias: of G's largest, and of what damps the weights, so that biases of units that are dying, on which
 * nothing depends, do not run away. */
static const double pivot_floor = 1e-6, pivot_damping = 0.1;

/* Of so many inputs and more, those directions in which the error's part of M is below this share of what damps it are taken for directions without any: M is
 * the damping there, and the others are a few rows of the basis. Images have some hundred of 784. */
enum { MANY = 256 };
static const double weak_share = 0.1;

static bool is_diagonal(int64_t n, const double *a)
{
    double largest = 0, off = 0;
    for (int64_t j = 0; j < n; j++) {
        largest = fmax(largest, fabs(a[j + j * n]));
        for (int64_t i = j + 1; i < n; i++) {
            off = fmax(off, fabs(a[i + j * n]));
        }
    }
    return off <= diagonal_share * largest;
}

spn_status spni_kfac_factor_inputs(spn_context *context, spn_dense *dense, double *a,
                                   spni_kfac_layer *layer)
{
    spn_status status = SPN_OK;
    int64_t n = layer->in;
    layer->from = layer->basis;
    layer->a = layer->values;
    layer->is_diagonal = is_diagonal(n, a);
    if (layer->is_diagonal) {
        for (int64_t i = 0; i < n; i++) {
            layer->values[i] = fmax(a[i + i * n], 0);
        }
        goto done;
    }
    SPN_TRY(spn_eigen(context, dense, n, a, true, layer->values));
    memcpy(layer->basis, a, (size_t)(n * n) * sizeof *a);
    for (int64_t i = 0; i < n; i++) {
        layer->values[i] = fmax(layer->values[i], 0);
    }
done:
    return status;
}

spn_status spni_kfac_factor_outputs(spn_context *context, spn_dense *dense, double *g,
                                    spni_kfac_layer *layer)
{
    spn_status status = SPN_OK;
    int64_t n = layer->out;
    SPN_TRY(spn_eigen(context, dense, n, g, true, layer->g));
    memcpy(layer->left, g, (size_t)(n * n) * sizeof *g);
    for (int64_t j = 0; j < n; j++) {
        layer->g[j] = fmax(layer->g[j], 0);
        for (int64_t i = 0; i < n; i++) {
            layer->left_t[i * n + j] = g[j * n + i];
        }
    }
done:
    return status;
}

static double largest_of(int64_t n, const double *x)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, x[i]);
    }
    return largest;
}

static double positive(double a, double otherwise)
{
    return a > 0 ? a : otherwise;
}

void spni_kfac_damp(const spni_layer_damping *damping, spni_kfac_layer *layer)
{
    double g = largest_of(layer->out, layer->g), a = largest_of(layer->in, layer->a);
    layer->damping = *damping;
    layer->floor = positive(entry_floor * (g * a + fmax(damping->weight, 0)), 1);
    layer->first = 0;
    while (layer->in >= MANY && !layer->is_diagonal && layer->first < layer->in &&
           g * layer->a[layer->first] <= weak_share * damping->weight) {
        layer->first++;
    }
    double least = positive(fmax(pivot_floor * g, pivot_damping * damping->weight), 1);
    for (int64_t j = 0; layer->has_bias && j < layer->out; j++) {
        layer->pivot[j] = fmax(layer->g[j] + damping->bias, least);
    }
}

/* rows of w += factor_j(b) mean, or b += factor_j (mean . row). */
static void couple_weights(const spni_kfac_layer *layer, double sign, const double *b, double *w)
{
    for (int64_t j = 0; j < layer->out; j++) {
        double ratio = layer->g[j] / layer->pivot[j];
        spn_axpy(layer->in, sign * ratio * b[j], layer->mean, w + j * layer->in);
    }
}

static void couple_bias(const spni_kfac_layer *layer, double sign, const double *w, double *b)
{
    for (int64_t j = 0; j < layer->out; j++) {
        double ratio = layer->g[j] / layer->pivot[j];
        b[j] += sign * ratio * spn_dot(layer->in, layer->mean, w + j * layer->in);
    }
}

static double entry(const spni_kfac_layer *layer, int64_t j, int64_t i)
{
    return fmax(layer->g[j] * layer->a[i] + layer->damping.weight, layer->floor);
}

/* The diagonal in the eigenbases, on w whose rows are along eigenvectors of G already. */
static void scale_entries(const spni_kfac_layer *layer, bool is_inverse, double *w, double *scratch)
{
    const int64_t out = layer->out, in = layer->in, kept = in - layer->first;
    const double *basis = layer->from + layer->first * in;
    const double weak = fmax(layer->damping.weight, layer->floor);
    /* Of all directions, and what the kept ones have beyond it. */
    const double common = layer->first == 0 ? 0 : is_inverse ? 1 / weak : weak;
    double *inner = w;
    if (!layer->is_diagonal) {
        spn_multiply_transposed(out, kept, in, 1, w, in, basis, in, 0, scratch, kept);
        inner = scratch;
    }
    for (int64_t j = 0; j < out; j++) {
        for (int64_t i = 0; i < kept; i++) {
            double d = entry(layer, j, layer->first + i);
            inner[j * kept + i] *= (is_inverse ? 1 / d : d) - common;
        }
    }
    if (!layer->is_diagonal) {
        spn_multiply(out, in, kept, 1, scratch, kept, basis, in, common, w, in);
    }
}

/* w and b to the eigenvectors of G (turn = left) or back (left_t). */
static void turn(const spni_kfac_layer *layer, const double *by, double *w, double *b,
                 double *scratch)
{
    int64_t out = layer->out, in = layer->in;
    memcpy(scratch, w, (size_t)(out * in) * sizeof *w);
    spn_multiply(out, in, out, 1, by, out, scratch, in, 0, w, in);
    if (layer->has_bias) {
        memcpy(scratch, b, (size_t)out * sizeof *b);
        spn_multiply(out, 1, out, 1, by, out, scratch, 1, 0, b, 1);
    }
}

void spni_kfac_apply(const spni_kfac_layer *layer, bool is_inverse, double *w, double *b,
                     double *scratch)
{
    turn(layer, layer->left, w, b, scratch);
    if (layer->has_bias && is_inverse) {
        couple_weights(layer, -1, b, w);
    } else if (layer->has_bias) {
        couple_bias(layer, 1, w, b);
    }
    scale_entries(layer, is_inverse, w, scratch);
    for (int64_t j = 0; layer->has_bias && j < layer->out; j++) {
        b[j] *= is_inverse ? 1 / layer->pivot[j] : layer->pivot[j];
    }
    if (layer->has_bias && is_inverse) {
        couple_bias(layer, -1, w, b);
    } else if (layer->has_bias) {
        couple_weights(layer, 1, b, w);
    }
    turn(layer, layer->left_t, w, b, scratch);
}
