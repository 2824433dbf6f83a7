/* SPDX-License-Identifier: MIT */
/* Equations, Newton's method and tangents of linear_path.h. */
#include "theory/linear_path.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Eigenvalues of J^T J below this share of the largest are null directions: the path itself, and turns of
 * modes that are equal to 3e-7. */
static const double null_share = 1e-13;
static const double step_most = 0.2; /* of Newton's method, where its model still means something */
enum { NEWTON_MOST = 30 };

static int64_t pairs_of(const spni_linear_path *path, int64_t modes)
{
    return modes * (modes - 1) / 2 + modes * (path->outputs - modes);
}

/* Place of the turn of u_i towards u_j, i < j, i < modes, among the unknowns (and of its equation). */
static int64_t pair_index(const spni_linear_path *path, int64_t i, int64_t j)
{
    return i * (path->outputs - 1) - i * (i - 1) / 2 + (j - i - 1);
}

int64_t spni_linear_share_index(const spni_linear_path *path, const spni_linear_state *state,
                                int64_t mode)
{
    return pairs_of(path, state->modes) + mode;
}

static double weighted(int64_t n, const double *weight, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += weight[k] * x[k] * y[k];
    }
    return sum;
}

static double *entry(spni_linear_path *path, int64_t unknown, int64_t equation)
{
    return path->jacobian + unknown * path->equations + equation;
}

/* What turning u_i adds to the derivative of sum weight g_i other, times `factor`: dg_i = sum_l w_il g_l. */
static void add_turns(spni_linear_path *path, int64_t modes, int64_t equation, int64_t i,
                      const double *other, double factor)
{
    int64_t n = path->inputs;
    for (int64_t l = 0; l < path->outputs; l++) {
        if (l == i || (i >= modes && l >= modes)) {
            continue;
        }
        int64_t unknown = i < l ? pair_index(path, i, l) : pair_index(path, l, i);
        double value = weighted(n, path->weight, path->g + l * n, other);
        *entry(path, unknown, equation) += (i < l ? factor : -factor) * value;
    }
}

/* d/dx_i of sum weight x y where the weight holds the factor d_i = 1 / (1 + x_i (c - 1)) once. */
static double share_slope(const spni_linear_path *path, int64_t i, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t k = 0; k < path->inputs; k++) {
        sum -= (path->c[k] - 1) * path->d[i * path->inputs + k] * path->weight[k] * x[k] * y[k];
    }
    return sum;
}

static double row_length(spni_linear_path *path, int64_t equation)
{
    double square = 0;
    for (int64_t u = 0; u < path->unknowns; u++) {
        square += *entry(path, u, equation) * *entry(path, u, equation);
    }
    return sqrt(square);
}

static void pair_equation(spni_linear_path *path, int64_t modes, int64_t i, int64_t j)
{
    int64_t n = path->inputs, equation = pair_index(path, i, j);
    const double *gi = path->g + i * n, *gj = path->g + j * n;
    const double *di = path->d + i * n, *dj = path->d + j * n;
    for (int64_t k = 0; k < n; k++) {
        path->weight[k] = j < modes ? di[k] * dj[k] : di[k];
    }
    path->residual[equation] = weighted(n, path->weight, gi, gj);
    add_turns(path, modes, equation, i, gj, 1);
    add_turns(path, modes, equation, j, gi, 1);
    int64_t shares = pairs_of(path, modes);
    *entry(path, shares + i, equation) = share_slope(path, i, gi, gj);
    if (j < modes) {
        *entry(path, shares + j, equation) = share_slope(path, j, gi, gj);
    }
    /* Equal modes may be turned into each other at will: what is left of the equation for their turn is rounding. */
    double size = sqrt(weighted(n, path->weight, gi, gi) * weighted(n, path->weight, gj, gj));
    if (row_length(path, equation) <= SPNI_LINEAR_EQUAL * size) {
        for (int64_t u = 0; u < path->unknowns; u++) {
            *entry(path, u, equation) = 0;
        }
        path->residual[equation] = 0;
    }
}

static void mode_equation(spni_linear_path *path, const spni_linear_state *state, int64_t i)
{
    int64_t n = path->inputs, shares = pairs_of(path, state->modes), equation = shares + i;
    const double *g = path->g + i * n, *d = path->d + i * n;
    double depth = (double)path->depth, rise = 1 - 2 / depth, power = 1 - 1 / depth;
    double x = state->share[i];
    for (int64_t k = 0; k < n; k++) {
        path->weight[k] = d[k] * d[k];
    }
    double square = weighted(n, path->weight, g, g);
    double size = pow(square, power), root = pow(x, rise), beta = (1 - x) * root * size;
    double by_share = path->depth == 2 ? -1 : root * (rise * (1 - x) / x - 1);
    double by_square = power * beta / square;
    path->residual[equation] = state->beta - beta;
    add_turns(path, state->modes, equation, i, g, -2 * by_square);
    *entry(path, shares + i, equation) =
        -size * by_share - 2 * by_square * share_slope(path, i, g, g);
    *entry(path, shares + state->modes, equation) = 1;
}

/* Every equation's derivative gets length 1, so that weak modes count as strong ones. */
static void scale_equations(spni_linear_path *path)
{
    for (int64_t e = 0; e < path->equations; e++) {
        double length = row_length(path, e), scale = length > 0 ? 1 / length : 0;
        path->residual[e] *= scale;
        for (int64_t u = 0; u < path->unknowns; u++) {
            *entry(path, u, e) *= scale;
        }
    }
}

static void take_vectors(spni_linear_path *path, const spni_linear_state *state)
{
    int64_t n = path->inputs, k = path->outputs;
    spn_multiply(k, n, k, 1, state->frame, k, path->m, n, 0, path->g, n);
    for (int64_t i = 0; i < state->modes; i++) {
        for (int64_t l = 0; l < n; l++) {
            path->d[i * n + l] = 1 / (1 + state->share[i] * (path->c[l] - 1));
        }
    }
}

static void linearize(spni_linear_path *path, const spni_linear_state *state)
{
    take_vectors(path, state);
    path->equations = pairs_of(path, state->modes) + state->modes;
    path->unknowns = path->equations + 1;
    memset(path->jacobian, 0, (size_t)(path->unknowns * path->equations) * sizeof *path->jacobian);
    for (int64_t i = 0; i < state->modes; i++) {
        for (int64_t j = i + 1; j < path->outputs; j++) {
            pair_equation(path, state->modes, i, j);
        }
        mode_equation(path, state, i);
    }
    scale_equations(path);
}

/* Eigenvectors of J^T J; with beta fixed, beta is a null direction. */
static spn_status decompose(spn_context *context, spni_linear_path *path, bool is_beta_fixed)
{
    int64_t n = path->unknowns;
    if (is_beta_fixed) {
        memset(entry(path, n - 1, 0), 0, (size_t)path->equations * sizeof(double));
    }
    spn_multiply_transposed(n, n, path->equations, 1, path->jacobian, path->equations,
                            path->jacobian, path->equations, 0, path->gram, n);
    return spn_eigen(context, path->dense, n, path->gram, true, path->values);
}

static bool is_null(const spni_linear_path *path, int64_t j)
{
    return path->values[j] <= null_share * path->values[path->unknowns - 1];
}

void spni_linear_move(spni_linear_path *path, const double *t, double step,
                      spni_linear_state *state)
{
    int64_t k = path->outputs, modes = state->modes, shares = pairs_of(path, modes);
    memcpy(path->kept_frame, state->frame, (size_t)(k * k) * sizeof *state->frame);
    for (int64_t i = 0; i < modes; i++) {
        for (int64_t j = i + 1; j < k; j++) {
            double angle = step * t[pair_index(path, i, j)];
            spn_axpy(k, angle, path->kept_frame + j * k, state->frame + i * k);
            spn_axpy(k, -angle, path->kept_frame + i * k, state->frame + j * k);
        }
        state->share[i] += step * t[shares + i];
    }
    state->beta += step * t[shares + modes];
    for (int64_t pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < k; i++) {
            double *row = state->frame + i * k;
            for (int64_t j = 0; j < i; j++) {
                const double *unit = state->frame + j * k;
                spn_axpy(k, -spn_dot(k, unit, row), unit, row);
            }
            double length = spn_norm(k, row);
            for (int64_t l = 0; l < k; l++) {
                row[l] /= length;
            }
        }
    }
}

/* -J^+ F; its length. */
static double newton_step(spni_linear_path *path)
{
    int64_t n = path->unknowns;
    double *slope = path->step + n;
    memset(path->step, 0, (size_t)n * sizeof *path->step);
    for (int64_t u = 0; u < n; u++) {
        slope[u] = spn_dot(path->equations, entry(path, u, 0), path->residual);
    }
    for (int64_t j = 0; j < n; j++) {
        const double *v = path->gram + j * n;
        if (!is_null(path, j)) {
            spn_axpy(n, -spn_dot(n, v, slope) / path->values[j], v, path->step);
        }
    }
    return spn_norm(n, path->step);
}

/* Is this a state? Shares between 0 (depth 2: or just beyond) and 1. */
static bool is_valid(const spni_linear_path *path, const spni_linear_state *state)
{
    bool is_good = isfinite(state->beta);
    for (int64_t i = 0; i < state->modes; i++) {
        double low = path->depth == 2 ? -0.5 : 0;
        is_good = is_good && state->share[i] > low && state->share[i] <= 1 + 1e-9;
    }
    return is_good;
}

spn_status spni_linear_solve(spn_context *context, spni_linear_path *path, bool is_beta_fixed,
                             spni_linear_state *state, bool *is_solved)
{
    spn_status status = SPN_OK;
    double last = (double)INFINITY;
    *is_solved = state->modes == 0;
    for (int64_t step = 0; !*is_solved && step < NEWTON_MOST && is_valid(path, state); step++) {
        SPN_TRY(spn_poll(context));
        linearize(path, state);
        if (!spn_all_finite(path->unknowns * path->equations, path->jacobian)) {
            break;
        }
        SPN_TRY(decompose(context, path, is_beta_fixed));
        double length = newton_step(path);
        /* Quadratic convergence ends at rounding: no longer shorter, and short. */
        *is_solved = length <= 8 * DBL_EPSILON || (length < 1e-9 && length > 0.25 * last);
        spni_linear_move(path, path->step, length > step_most ? step_most / length : 1, state);
        last = length;
    }
    *is_solved = *is_solved && is_valid(path, state);
done:
    return status;
}

/* The sign of a determinant (n x n, destroyed), by elimination with pivoting. */
static int determinant_sign(int64_t n, double *a)
{
    int sign = 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t i = k + 1; i < n; i++) {
            pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
        }
        if (a[pivot * n + k] == 0) {
            return 0;
        }
        for (int64_t l = 0; pivot != k && l < n; l++) {
            double kept = a[k * n + l];
            a[k * n + l] = a[pivot * n + l];
            a[pivot * n + l] = kept;
        }
        sign = (a[k * n + k] < 0) != (pivot != k) ? -sign : sign;
        for (int64_t i = k + 1; i < n; i++) {
            spn_axpy(n - k, -a[i * n + k] / a[k * n + k], a + k * n + k, a + i * n + k);
        }
    }
    return sign;
}

static int orientation_of(spni_linear_path *path, const double *t)
{
    int64_t n = path->unknowns;
    if (n > 1 && is_null(path, 1)) {
        return 0;
    }
    for (int64_t u = 0; u < n; u++) {
        memcpy(path->gram + u * n, entry(path, u, 0), (size_t)(n - 1) * sizeof *path->gram);
        path->gram[u * n + n - 1] = t[u];
    }
    return determinant_sign(n, path->gram);
}

spn_status spni_linear_tangent(spn_context *context, spni_linear_path *path,
                               const spni_linear_state *state, double *t, int *orientation)
{
    linearize(path, state);
    spn_status status = decompose(context, path, false);
    if (status != SPN_OK) {
        return status;
    }
    int64_t n = path->unknowns;
    memset(path->step, 0, (size_t)n * sizeof *path->step);
    for (int64_t j = 0; j < n; j++) {
        const double *v = path->gram + j * n;
        if (is_null(path, j)) {
            spn_axpy(n, spn_dot(n, v, t), v, path->step);
        }
    }
    double length = spn_norm(n, path->step);
    for (int64_t u = 0; u < n; u++) {
        t[u] = length > 0 ? path->step[u] / length : 0;
    }
    *orientation = orientation_of(path, t);
    return SPN_OK;
}

void spni_linear_measure(spni_linear_path *path, const spni_linear_state *state, double *error,
                         double *norm_squared)
{
    int64_t n = path->inputs;
    double depth = (double)path->depth, gain = 0, norm = 0;
    take_vectors(path, state);
    for (int64_t i = 0; i < state->modes; i++) {
        double x = state->share[i], square = 0;
        for (int64_t k = 0; k < n; k++) {
            double g = path->g[i * n + k], b = x * path->d[i * n + k] * g;
            gain += path->c[k] * b * b - 2 * b * g;
            square += b * b;
        }
        norm += depth * pow(path->strength_unit * sqrt(square), 2 / depth);
    }
    *error = path->error_unit * gain;
    *norm_squared = norm;
}

void spni_linear_drop(const spni_linear_path *path, int64_t mode, spni_linear_state *state)
{
    int64_t k = path->outputs, last = state->modes - 1;
    for (int64_t l = 0; l < k; l++) {
        double kept = state->frame[mode * k + l];
        state->frame[mode * k + l] = state->frame[last * k + l];
        state->frame[last * k + l] = kept;
    }
    state->share[mode] = state->share[last];
    state->modes = last;
}
