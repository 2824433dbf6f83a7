/* SPDX-License-Identifier: MIT */
/** @file networks_fixture.h  networks.txt (made by make_networks.py): access to one of its networks, and the
 *  comparison of measured geometry with its rows.
 *
 *  Tolerances follow from one number, delta: the error of each entry of gradient and Hessian relative to
 *  the size of what it is a sum of. The formulas beside each comparison carry it through. */
#ifndef SPINODAL_TEST_NETWORKS_FIXTURE_H
#define SPINODAL_TEST_NETWORKS_FIXTURE_H

#include "fixture.h"

#include <spinodal/geometry.h>

/* The columns of NN.error and NN.loss, in this order. */
enum {
    VALUE,
    GRADIENT_NORM,
    WEIGHT_NORM,
    TRACE,
    FROBENIUS_SQUARED,
    SCALAR_CURVATURE,
    MEAN_CURVATURE,
    GAUSS_KRONECKER_SIGN,
    GAUSS_KRONECKER_LOG,
    EIGENVALUE_MIN,
    EIGENVALUE_MAX,
    NEGATIVE_EIGENVALUES,
    ZERO_EIGENVALUES,
    PRINCIPAL_CURVATURE_MIN,
    PRINCIPAL_CURVATURE_MAX,
    FISHER_TRACE,
    RESIDUAL_SHARE,
    SUSCEPTIBILITY,
    STATIONARY,
    COLUMNS
};

/** One network of the fixture. */
typedef struct network_fixture {
    const fixture *all;
    char prefix[8];
    int64_t parameters, samples;
    const double *theta; /**< parameters */
} network_fixture;

static inline const fixture_array *network_get(const network_fixture *n, const char *name)
{
    return fixture_get(n->all, n->prefix, name);
}

static inline int64_t network_count(const fixture *all)
{
    return (int64_t)fixture_get(all, "", "count")->values[0];
}

static inline network_fixture network_at(const fixture *all, int64_t index)
{
    network_fixture n = {.all = all};
    snprintf(n.prefix, sizeof n.prefix, "%02d.", (int)index);
    n.parameters = network_get(&n, "theta")->columns;
    n.theta = network_get(&n, "theta")->values;
    n.samples = network_get(&n, "data")->rows;
    return n;
}

/** The full Hessian of the error or one of its parts, P x P; the caller frees it. */
static inline double *network_hessian(const network_fixture *n, spn_part part)
{
    int64_t count = n->parameters;
    double *h = calloc((size_t)(count * count), sizeof *h);
    assert_non_null(h);
    const double *full = network_get(n, "hessian")->values;
    const double *gauss_newton = network_get(n, "gauss_newton")->values;
    for (int64_t i = 0, k = 0; i < count; i++) {
        for (int64_t j = 0; j <= i; j++, k++) {
            double value = part == SPN_PART_FULL           ? full[k]
                           : part == SPN_PART_GAUSS_NEWTON ? gauss_newton[k]
                                                           : full[k] - gauss_newton[k];
            h[i * count + j] = h[j * count + i] = value;
        }
    }
    return h;
}

static inline double network_norm(int64_t count, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/** |H_GN|_F + |H_R|_F: the size of what an entry of H is the sum of. */
static inline double network_hessian_size(const network_fixture *n)
{
    int64_t squared = n->parameters * n->parameters;
    double *gauss_newton = network_hessian(n, SPN_PART_GAUSS_NEWTON);
    double *residual = network_hessian(n, SPN_PART_RESIDUAL);
    double size = network_norm(squared, gauss_newton) + network_norm(squared, residual);
    free(gauss_newton);
    free(residual);
    return size;
}

/** Of the terms of the gradient: (1/N) sum 2 |r| |J| <= 2 sqrt(E tr F) by Cauchy and Schwarz; for
 * cross-entropy |r| <= sqrt 2. */
static inline double network_gradient_size(const network_fixture *n)
{
    const double *row = network_get(n, "error")->values;
    return 2 * sqrt(fmax(row[VALUE], 2) * row[FISHER_TRACE]) + row[GRADIENT_NORM];
}

/* d log|K| = sum dH / |lambda_i| + (P/2 + 1) dq/q. */
static inline double gauss_kronecker_tolerance(const network_fixture *n, double shift, double size,
                                               double delta)
{
    const fixture_array *spectrum = network_get(n, "spectrum");
    double sum = delta * ((double)n->parameters + 2);
    for (int64_t i = 0; i < spectrum->columns; i++) {
        sum += delta * size / fabs(spectrum->values[i] + shift);
    }
    return sum;
}

/** Compare all quantities of one surface with a row; `shift`: 2 beta on the loss surface, 0 on the error
 * surface; `response`: |H^-1 theta| where stationary. */
static inline void network_check_surface(const network_fixture *n, const spn_geometry *actual,
                                         const double *expected, double shift, double response,
                                         double delta)
{
    double count = (double)n->parameters, q = 1 + pow(expected[GRADIENT_NORM], 2);
    double h = network_hessian_size(n) + shift * sqrt(count),
           t = fabs(expected[TRACE]) + sqrt(count) * h;
    double g = network_gradient_size(n) + shift * expected[WEIGHT_NORM];
    double dq = 2 * expected[GRADIENT_NORM] * delta * g / q; /* relative error of q */
    assert_int_equal(actual->parameters, n->parameters);
    assert_int_equal(actual->samples, n->samples);
    check_close(actual->value, expected[VALUE], delta, 1);
    check_close(actual->gradient_norm, expected[GRADIENT_NORM], delta, g);
    check_close(actual->weight_norm, expected[WEIGHT_NORM], delta, 0);
    check_close(actual->trace, expected[TRACE], delta * sqrt(count), h);
    check_close(actual->frobenius_squared, expected[FROBENIUS_SQUARED], 2 * delta, h * h);
    /* T3: 2 |tr H| d(tr H) / q and as much from the second term, plus its change with g */
    check_close(actual->scalar_curvature, expected[SCALAR_CURVATURE], 4 * delta + 4 * dq,
                t * t / q);
    check_close(actual->mean_curvature, expected[MEAN_CURVATURE], 2 * delta + 2 * dq,
                t / (count * sqrt(q)));
    check_close(actual->eigenvalue_min, expected[EIGENVALUE_MIN], 2 * delta, h);
    check_close(actual->eigenvalue_max, expected[EIGENVALUE_MAX], 2 * delta, h);
    check_close(actual->principal_curvature_min, expected[PRINCIPAL_CURVATURE_MIN],
                4 * delta + 4 * dq, h / sqrt(q));
    check_close(actual->principal_curvature_max, expected[PRINCIPAL_CURVATURE_MAX],
                4 * delta + 4 * dq, h / sqrt(q));
    assert_int_equal(actual->negative_eigenvalues, expected[NEGATIVE_EIGENVALUES]);
    assert_int_equal(actual->zero_eigenvalues, expected[ZERO_EIGENVALUES]);
    check_close(actual->gauss_kronecker_sign, expected[GAUSS_KRONECKER_SIGN], 0, 0);
    check_close(actual->gauss_kronecker_log, expected[GAUSS_KRONECKER_LOG],
                gauss_kronecker_tolerance(n, shift, h, delta), 1);
    check_close(actual->scalar_curvature_stderr, 0, 0, 0);
    check_close(actual->fisher_trace, expected[FISHER_TRACE], delta * sqrt(count), 0);
    check_close(actual->residual_share, expected[RESIDUAL_SHARE], 4 * delta, 1);
    assert_int_equal(actual->stationary, expected[STATIONARY]);
    /* d chi = 4 x . dH x with x = H^-1 theta, whose norm the fixture holds */
    check_close(actual->susceptibility, expected[SUSCEPTIBILITY], 4 * delta,
                h * response * response + fabs(expected[SUSCEPTIBILITY]));
}

#endif
