/* SPDX-License-Identifier: MIT */
/* Rotations of inputs and outputs that leave the mean squared error of every affine model alone.
 *
 *  With f(x) = B x + c,  E = tr B C_xx B^T - 2 tr B C_yx^T + 2 c.(B m_x) + |c|^2 - 2 c.m_y + const (raw
 *  moments). B -> exp(A_out) B exp(A_in)^T, c -> exp(A_out) c with antisymmetric A changes no term for any B, c
 *  if and only if  [A_in, C_xx] = 0,  C_yx A_in = A_out C_yx  and, with biases,  A_in m_x = 0, A_out m_y = 0. Free biases
 *  keep the mean output where it is: then C are covariances and there is no condition on the means.
 *  Each unknown entry of the two A is a row of a small matrix, each equation a column, divided by what its
 *  coefficients may be at most (Cauchy-Schwarz), so that rounding in a moment that should vanish is no
 *  equation and inputs of small variance count; the left null space are the generators. */
#include "network/network.h"

#include <math.h>
#include <spinodal/numeric.h>

/* Sample moments that were made exact are so to 1e-13. */
static const double SYMMETRY_TOLERANCE = 1e-10;
/* 496 unknowns at most: a fraction of a second. */
enum { SYMMETRY_DIMENSION_MAX = 32 };

typedef struct symmetry_problem {
    int64_t inputs, outputs;
    int64_t unknowns, equations; /* equations: padded to at least as many as unknowns */
    double *mean_x, *mean_y, *xx, *yx, *yy;
    double *scale;    /* equations: what each left side is multiplied by */
    double *in, *out; /* I x I, K x K: antisymmetric */
    double *matrix, *values, *u;
} symmetry_problem;

static int64_t pairs_of(int64_t n)
{
    return n * (n - 1) / 2;
}

/* Adds `value` to unknown k: the entries above the diagonal of A_in, then of A_out, row by row. */
static void add_unknown(symmetry_problem *p, int64_t k, double value)
{
    bool is_input = k < pairs_of(p->inputs);
    int64_t n = is_input ? p->inputs : p->outputs, row = 0;
    double *a = is_input ? p->in : p->out;
    k -= is_input ? 0 : pairs_of(p->inputs);
    for (; k >= n - 1 - row; row++) {
        k -= n - 1 - row;
    }
    int64_t column = row + 1 + k;
    a[row * n + column] += value;
    a[column * n + row] -= value;
}

/* The left sides of all equations for the problem's A_in, A_out. */
static void take_equations(const symmetry_problem *p, double *sides)
{
    int64_t inputs = p->inputs, outputs = p->outputs;
    double *commutator = sides, *intertwiner = sides + inputs * inputs;
    double *means = intertwiner + outputs * inputs;
    spn_multiply(inputs, inputs, inputs, 1.0, p->in, inputs, p->xx, inputs, 0.0, commutator,
                 inputs);
    spn_multiply(inputs, inputs, inputs, -1.0, p->xx, inputs, p->in, inputs, 1.0, commutator,
                 inputs);
    spn_multiply(outputs, inputs, inputs, 1.0, p->yx, inputs, p->in, inputs, 0.0, intertwiner,
                 inputs);
    spn_multiply(outputs, inputs, outputs, -1.0, p->out, outputs, p->yx, inputs, 1.0, intertwiner,
                 inputs);
    spn_multiply(inputs, 1, inputs, 1.0, p->in, inputs, p->mean_x, 1, 0.0, means, 1);
    spn_multiply(outputs, 1, outputs, 1.0, p->out, outputs, p->mean_y, 1, 0.0, means + inputs, 1);
}

static double trace_of(int64_t n, const double *a)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i * n + i];
    }
    return sum;
}

static double inverse_root(double square)
{
    return square > 0.0 ? 1.0 / sqrt(square) : 0.0;
}

/* In the order of take_equations(). */
static void take_scales(symmetry_problem *p)
{
    int64_t inputs = p->inputs, outputs = p->outputs;
    double power_x = trace_of(inputs, p->xx), power_y = trace_of(outputs, p->yy);
    double *scale = p->scale;
    for (int64_t i = 0; i < inputs; i++) {
        const double *xi = p->xx + i * inputs;
        for (int64_t j = 0; j < inputs; j++) {
            const double *xj = p->xx + j * inputs;
            *scale++ = inverse_root(spn_dot(inputs, xi, xi) + spn_dot(inputs, xj, xj));
        }
    }
    for (int64_t k = 0; k < outputs; k++) {
        for (int64_t j = 0; j < inputs; j++) {
            *scale++ =
                inverse_root(p->yy[k * outputs + k] * power_x + p->xx[j * inputs + j] * power_y);
        }
    }
    for (int64_t i = 0; i < inputs; i++) {
        *scale++ = inverse_root(power_x);
    }
    for (int64_t k = 0; k < outputs; k++) {
        *scale++ = inverse_root(power_y);
    }
}

static spn_status take_symmetry_moments(spn_context *context, const spn_network_error *error,
                                        symmetry_problem *p)
{
    bool is_free = spni_is_bias_free(error);
    bool has_means = error->network->has_bias && !is_free; /* without them they stay 0 */
    spn_status status =
        spn_dataset_moments(context, error->dataset, is_free, has_means ? p->mean_x : NULL,
                            has_means ? p->mean_y : NULL, p->xx, p->yx, p->yy);
    if (status == SPN_OK) {
        take_scales(p);
    }
    return status;
}

static spn_status problem_allocate(spn_context *context, symmetry_problem *p)
{
    spn_status status = SPN_OK;
    int64_t inputs = p->inputs, outputs = p->outputs;
    SPN_NEW(context, p->mean_x, inputs);
    SPN_NEW(context, p->mean_y, outputs);
    SPN_NEW(context, p->xx, inputs * inputs);
    SPN_NEW(context, p->yx, outputs * inputs);
    SPN_NEW(context, p->yy, outputs * outputs);
    SPN_NEW(context, p->scale, p->equations);
    SPN_NEW(context, p->in, inputs * inputs);
    SPN_NEW(context, p->out, outputs * outputs);
    SPN_NEW(context, p->matrix, p->unknowns * p->equations);
    SPN_NEW(context, p->values, p->unknowns);
    SPN_NEW(context, p->u, p->unknowns * p->unknowns);
done:
    return status;
}

static void problem_free(spn_context *context, symmetry_problem *p)
{
    spn_release(context, p->mean_x);
    spn_release(context, p->mean_y);
    spn_release(context, p->xx);
    spn_release(context, p->yx);
    spn_release(context, p->yy);
    spn_release(context, p->scale);
    spn_release(context, p->in);
    spn_release(context, p->out);
    spn_release(context, p->matrix);
    spn_release(context, p->values);
    spn_release(context, p->u);
}

static spn_status solve(spn_context *context, symmetry_problem *p)
{
    for (int64_t k = 0; k < p->unknowns; k++) {
        add_unknown(p, k, 1.0);
        double *row = p->matrix + k * p->equations;
        take_equations(p, row);
        for (int64_t e = 0; e < p->equations; e++) {
            row[e] *= p->scale[e];
        }
        add_unknown(p, k, -1.0);
    }
    return spn_singular_values(context, p->unknowns, p->equations, p->matrix, p->values, p->u,
                               NULL);
}

static spn_status keep_symmetries(spn_context *context, symmetry_problem *p,
                                  spn_network_error *error)
{
    spn_status status = SPN_OK;
    int64_t in_size = p->inputs * p->inputs, out_size = p->outputs * p->outputs, first = 0;
    while (first < p->unknowns && p->values[first] > SYMMETRY_TOLERANCE) {
        first++;
    }
    SPN_NEW(context, error->symmetries, (p->unknowns - first) * (in_size + out_size));
    for (int64_t j = first; j < p->unknowns; j++) {
        double *kept = error->symmetries + (j - first) * (in_size + out_size);
        for (int64_t k = 0; k < p->unknowns; k++) {
            add_unknown(p, k, p->u[k * p->unknowns + j]);
        }
        for (int64_t i = 0; i < in_size; i++) {
            kept[i] = p->in[i];
            p->in[i] = 0.0;
        }
        for (int64_t i = 0; i < out_size; i++) {
            kept[in_size + i] = p->out[i];
            p->out[i] = 0.0;
        }
    }
    error->symmetry_count = p->unknowns - first;
done:
    return status;
}

spn_status spni_symmetries_create(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    int64_t inputs = error->dataset->inputs, outputs = error->dataset->outputs;
    symmetry_problem p = {.inputs = inputs, .outputs = outputs};
    if (!spn_activation_is_linear(error->network->activation) ||
        error->kind == SPN_ERROR_CROSS_ENTROPY || inputs + outputs < 3 ||
        inputs + outputs > SYMMETRY_DIMENSION_MAX) {
        return SPN_OK;
    }
    p.unknowns = pairs_of(inputs) + pairs_of(outputs);
    p.equations = inputs * inputs + outputs * inputs + inputs + outputs;
    p.equations = p.equations > p.unknowns ? p.equations : p.unknowns;
    SPN_TRY(problem_allocate(context, &p));
    SPN_TRY(take_symmetry_moments(context, error, &p));
    SPN_TRY(solve(context, &p));
    SPN_TRY(keep_symmetries(context, &p, error));
done:
    problem_free(context, &p);
    return status;
}
