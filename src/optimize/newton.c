/* SPDX-License-Identifier: MIT */
/* Trust-region Newton with the exact Hessian.
 *
 *   at each accepted point:  H; Cholesky; only where that fails or its step is too long: H = V diag V^T;
 *                            of large matrices only where Cholesky factors of H + mu I (shifted.c) leave a doubt
 *   gate:     |H^+ g| <= tolerance * length of theta and no gradient along flat directions
 *             -> negative eigenvalue: leave along it;  none: one last Newton step, done
 *   step:     Newton if positive definite and short enough, else the subproblem of trust_region.c
 *   accept:   actual / predicted decrease > 1e-4; below the rounding of L: the decrease by gradients
 *   radius:   quarter of |s| after a bad step, doubled after a very good one at the boundary
 *
 * Rejected steps cost one evaluation and no Hessian. */
#include "optimize/shifted.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Cholesky pivots below this share of the largest diagonal entry: look at the eigenvalues. */
static const double pivot_floor = 1e-8;
/* Eigenvalues below -1e-9 max |lambda| count as negative. */
static const double negative_share = 1e-9;
/* A gradient along a flat direction is rounding below this share of max |lambda| * scale ... */
static const double flat_gradient = 1e-12;
/* ... as long as L falls by no more than this share of its size on a way as long as theta. Far from the origin
 * max |lambda| grows faster than L: along valleys that lead down to the minima the ridge is as flat as an orbit. */
static const double flat_fall = 1e-6;
/* Differences of L below this many eps |L| are rounding. */
static const double rounding = 100;

/* The cubic weight falls no further: steps along an orbit stay that close to the Newton step. */
static const double cubic_least = 1e-4;

enum { IDLE_MOST = 3 };

/* Larger matrices are spared their eigenvectors. Factors are faster from far fewer unknowns on, by 3 at 100, but from far starts steps
 * of another kind may end in another minimum: the networks of the paper and of `reproduce` keep theirs so. */
enum { EIGENVECTORS_MOST = 600 };

/* Solves for the smallest eigenvalue of such a matrix: no more than a quarter of what all eigenvalues cost. */
enum { LEAST_STEPS = 40 };

typedef struct newton {
    spn_context *context;
    spn_solver *solver;
    double radius;
    double cubic;     /* sigma in units of max |lambda| / trust_radius_max */
    bool has_model;   /* the fields below belong to the current state */
    bool is_positive; /* Cholesky succeeded: no spectrum was needed */
    bool
        has_spectrum; /* solver->factor holds eigenvectors; the model of a large matrix may have neither */
    spni_spectrum spectrum;
    spni_shifted *shifted; /* NULL: the matrix is not large */
    double *newton_step;   /* -H^+ g */
    double newton_norm, decrement;
    bool is_stationary;     /* the gate */
    double least_predicted; /* of the steps whose decrease is below the rounding of L */
    int idle;               /* how many of them did not lower it */
} newton;

static double scale_of(const spn_solver *solver)
{
    return spn_objective_length(solver->objective, solver->theta);
}

static double noise_of(const spn_solver *solver)
{
    return rounding * spn_objective_rounding(solver->objective, solver->theta, solver->value);
}

/* A gradient along a flat direction up to this is rounding. */
static double negligible_of(const newton *state)
{
    if (state->is_positive) {
        return 0;
    }
    const spn_solver *solver = state->solver;
    double size = spn_objective_scales(solver->objective).value + fabs(solver->value);
    double length = scale_of(solver);
    return fmin(flat_gradient * length * state->spectrum.largest, flat_fall * size / length);
}

/* -H^+ g for the current gradient, from whichever factor there is, and what the gate says. */
static spn_status judge(newton *state)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    int64_t n = solver->n;
    double *step = state->newton_step;
    const double *g = solver->gradient;
    double worst_flat = 0;
    state->decrement = 0;
    for (int64_t i = 0; i < n; i++) {
        step[i] = state->is_positive ? -g[i] : 0;
    }
    if (state->is_positive) {
        SPN_TRY(spn_cholesky_solve(state->context, n, solver->factor, 1, step));
        state->decrement = -spn_dot(n, g, step);
    } else {
        const spni_spectrum *spectrum = &state->spectrum;
        for (int64_t i = 0; i < n; i++) {
            const double *vector = spectrum->vectors + i * n;
            double gamma = spn_dot(n, vector, g), lambda = spectrum->values[i];
            spectrum->gradient[i] = gamma;
            if (fabs(lambda) <= SPNI_FLAT * spectrum->largest) {
                worst_flat = fmax(worst_flat, fabs(gamma));
            } else {
                spn_axpy(n, -gamma / lambda, vector, step);
                state->decrement += gamma * gamma / fabs(lambda);
            }
        }
    }
    state->newton_norm = spn_norm(n, step);
    solver->info->decrement = state->decrement;
    solver->info->distance = state->newton_norm / scale_of(solver);
    state->is_stationary =
        solver->info->distance <= solver->settings.tolerance && worst_flat <= negligible_of(state);
done:
    return status;
}

/* Eigenvectors of the current Hessian in place of the Cholesky factor. */
static spn_status decompose(newton *state)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    int64_t n = solver->n;
    memcpy(solver->factor, solver->hessian, (size_t)(n * n) * sizeof *solver->factor);
    SPN_TRY(spn_eigen(state->context, solver->dense, n, solver->factor, true, solver->values));
    state->spectrum = (spni_spectrum){
        .n = n,
        .vectors = solver->factor,
        .values = solver->values,
        .gradient = solver->scratch,
        .largest = fmax(fabs(solver->values[0]), fabs(solver->values[n - 1])),
    };
    state->is_positive = false;
    state->has_spectrum = true;
    SPN_TRY(judge(state));
done:
    return status;
}

/* |H^+ g| >= |g| / max |lambda| but for what is along flat directions: so much gradient is no stationary point's, and nothing
 * more need be known of the spectrum. Twice, since max |lambda| is an estimate. */
static bool is_surely_moving(const newton *state)
{
    const spn_solver *solver = state->solver;
    double length = scale_of(solver), largest = state->shifted->largest;
    double steep = solver->settings.tolerance * length * largest;
    double flat = flat_gradient * length * largest * sqrt((double)solver->n);
    return solver->gradient_norm > 2 * (steep + flat);
}

static bool is_lower_finite(int64_t n, const double *h)
{
    bool is_finite = true;
    for (int64_t j = 0; is_finite && j < n; j++) {
        is_finite = spn_all_finite(n - j, h + j + j * n);
    }
    return is_finite;
}

/* The Hessian at the current state (where the point is) and its factor. */
static spn_status form_model(newton *state, bool *is_finite)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    int64_t n = solver->n;
    state->has_spectrum = false;
    solver->info->hessians++;
    SPN_TRY(spn_point_hessian(state->context, solver->point, SPN_PART_FULL, solver->hessian));
    *is_finite = is_lower_finite(n, solver->hessian);
    if (!*is_finite) {
        goto done;
    }
    memcpy(solver->factor, solver->hessian, (size_t)(n * n) * sizeof *solver->factor);
    SPN_TRY(spn_cholesky(state->context, n, solver->factor, pivot_floor, &state->is_positive));
    if (state->shifted != NULL) {
        spni_shifted_take(state->shifted, state->is_positive);
    }
    if (state->is_positive) {
        SPN_TRY(judge(state));
    } else if (state->shifted != NULL && is_surely_moving(state)) {
        state->is_stationary = false;
    } else {
        SPN_TRY(decompose(state));
    }
    state->has_model = true;
done:
    return status;
}

/* Evaluate at theta + step. */
static spn_status evaluate_step(newton *state, const double *step)
{
    spn_solver *solver = state->solver;
    for (int64_t i = 0; i < solver->n; i++) {
        solver->trial[i] = solver->theta[i] + step[i];
    }
    solver->info->iterations++;
    return spni_evaluate(state->context, solver, solver->trial, NULL, SPN_WANT_ALL);
}

/* After the last Newton step: has the gradient become smaller? */
static bool is_gradient_better(const spn_solver *solver)
{
    return spni_is_finite(solver) &&
           spn_norm(solver->n, solver->point->gradient) < solver->gradient_norm &&
           solver->point->value <= solver->value + noise_of(solver);
}

/* Decreases of L below its rounding: gradients still show them, by the trapezoid rule
 * L(theta + s) - L(theta) = (g + g') . s / 2 + O(|s|^3). Rounding of the gradient ends it: predictions
 * that stop falling. */
static bool is_slope_better(newton *state, double predicted)
{
    spn_solver *solver = state->solver;
    if (predicted > 0.9 * state->least_predicted) {
        state->idle++;
    }
    state->least_predicted = fmin(state->least_predicted, predicted);
    if (!spni_is_finite(solver) || state->idle > IDLE_MOST ||
        solver->point->value > solver->value + noise_of(solver)) {
        return false;
    }
    double decrease = -0.5 * (spn_dot(solver->n, solver->gradient, solver->step) +
                              spn_dot(solver->n, solver->point->gradient, solver->step));
    return decrease > 1e-4 * predicted;
}

static void accept(newton *state)
{
    spni_accept(state->solver);
    state->has_model = false;
}

static int64_t count_negative(int64_t n, const double *values)
{
    double limit = -negative_share * fmax(fabs(values[0]), fabs(values[n - 1]));
    int64_t count = 0;
    while (count < n && values[count] < limit) {
        count++;
    }
    return count;
}

/* Leave a saddle: minimise the model within ever smaller radii until L falls as it predicts. Where that
 * would take decreases below the rounding of L, the saddle is kept and the index reported. */
static spn_status escape(newton *state, bool *has_left)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    spni_region region = {.radius = fmax(state->radius, solver->radius),
                          .basis = solver->buffers[0]};
    *has_left = false;
    while (solver->info->iterations < solver->settings.max_iterations) {
        bool is_cubic = false;
        double predicted = spni_region_step(&state->spectrum, &region, solver->step, &is_cubic);
        if (!(predicted > noise_of(solver))) {
            break;
        }
        SPN_TRY(evaluate_step(state, solver->step));
        if (spni_is_finite(solver) && solver->value - solver->point->value > 0.1 * predicted) {
            accept(state);
            solver->info->escapes++;
            state->radius = region.radius;
            *has_left = true;
            break;
        }
        region.radius *= 0.25;
    }
done:
    return status;
}

/* The gate is met and the index is right: one more Newton step takes the distance to its square, for
 * the price of one evaluation. */
static spn_status polish(newton *state)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    if (solver->info->iterations >= solver->settings.max_iterations ||
        solver->info->distance <= DBL_EPSILON) {
        goto done;
    }
    SPN_TRY(evaluate_step(state, state->newton_step));
    if (is_gradient_better(solver)) {
        spni_accept(solver);
        SPN_TRY(judge(state));
    }
done:
    return status;
}

/* Radius and cubic weight after a step of the given length and quality. */
static void adapt(newton *state, double ratio, double length, bool is_cubic)
{
    if (!(ratio >= 0.25)) {
        if (is_cubic) {
            state->cubic *= 8;
        } else {
            state->radius = 0.25 * length;
        }
    } else if (ratio > 0.75 && is_cubic) {
        state->cubic = fmax(0.25 * state->cubic, cubic_least);
    } else if (ratio > 0.75 && length > 0.9 * state->radius) {
        state->radius = fmin(2 * state->radius, state->solver->radius_max);
    }
}

/* From factors of H + mu I. *is_decided false: they are in doubt. */
static spn_status choose_shifted(newton *state, double *predicted, bool *is_cubic, bool *is_decided)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    spni_region region = {.radius = state->radius};
    if (!state->is_positive) {
        region.cubic = state->cubic * state->shifted->largest / solver->radius_max;
    }
    SPN_TRY(spni_shifted_step(state->context, state->shifted, solver->gradient, &region,
                              solver->step, predicted, is_decided));
    *is_cubic = region.cubic > 0 && spn_norm(solver->n, solver->step) < 0.9 * state->radius;
done:
    return status;
}

static void choose_in_basis(newton *state, double *predicted, bool *is_cubic)
{
    spn_solver *solver = state->solver;
    spni_region region = {
        .radius = state->radius,
        .cubic = state->cubic * state->spectrum.largest / solver->radius_max,
        .negligible = negligible_of(state),
        .basis = solver->buffers[0],
    };
    *predicted = spni_region_step(&state->spectrum, &region, solver->step, is_cubic);
}

static spn_status choose_step(newton *state, double *predicted, bool *is_cubic)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    bool is_decided = false;
    *is_cubic = false;
    if (state->is_positive && state->newton_norm <= state->radius) {
        memcpy(solver->step, state->newton_step, (size_t)solver->n * sizeof *solver->step);
        *predicted = 0.5 * state->decrement;
        goto done;
    }
    if (state->shifted != NULL && !state->has_spectrum) {
        SPN_TRY(choose_shifted(state, predicted, is_cubic, &is_decided));
    }
    if (!is_decided && !state->has_spectrum) {
        SPN_TRY(decompose(state));
    }
    if (!is_decided) {
        choose_in_basis(state, predicted, is_cubic);
    }
done:
    return status;
}

/* One trial step from the current model. *can_go_on: false when nothing more can be gained. */
static spn_status try_step(newton *state, bool *can_go_on)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    bool is_cubic = false;
    double predicted = 0;
    SPN_TRY(choose_step(state, &predicted, &is_cubic));
    double length = spn_norm(solver->n, solver->step);
    *can_go_on = predicted > 0 && length > DBL_EPSILON * scale_of(solver);
    if (!*can_go_on) {
        goto done;
    }
    SPN_TRY(evaluate_step(state, solver->step));
    if (predicted <= noise_of(solver)) {
        if (is_slope_better(state, predicted)) {
            accept(state);
        } else if (!state->has_spectrum) {
            SPN_TRY(decompose(state)); /* a nearly flat direction may have slipped through */
        } else {
            *can_go_on = false; /* unless a longer step down a faint negative curvature is left */
            if (count_negative(solver->n, solver->values) > 0) {
                SPN_TRY(escape(state, can_go_on));
            }
        }
        goto done;
    }
    double ratio = spni_is_finite(solver) ? (solver->value - solver->point->value) / predicted : -1;
    adapt(state, ratio, length, is_cubic);
    if (ratio > 1e-4) {
        accept(state);
    }
done:
    return status;
}

/* A Cholesky factor says that no eigenvalue is negative, and gives the smallest one for less than a spectrum. */
static spn_status find_least(newton *state, double *least, bool *is_found)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    spni_shifted *shifted = state->shifted;
    *is_found = state->is_positive && shifted != NULL && shifted->has_factor && shifted->mu == 0;
    if (*is_found) {
        SPN_TRY(spn_cholesky_least(state->context, solver->dense, solver->n, solver->factor,
                                   LEAST_STEPS, solver->room, least, is_found));
    }
done:
    return status;
}

/* What is said about the Hessian at the end. */
static spn_status report_index(newton *state)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    spn_solver_info *info = solver->info;
    int64_t n = solver->n;
    bool is_found = false;
    info->certainty = SPN_CERTAIN_DENSE;
    info->negative_eigenvalues = 0;
    SPN_TRY(find_least(state, &info->smallest_eigenvalue, &is_found));
    if (is_found) {
        goto done;
    }
    if (!state->has_spectrum) {
        memcpy(solver->factor, solver->hessian, (size_t)(n * n) * sizeof *solver->factor);
        SPN_TRY(spn_eigen(state->context, solver->dense, n, solver->factor, false, solver->values));
    }
    info->smallest_eigenvalue = solver->values[0];
    info->negative_eigenvalues = count_negative(n, solver->values);
done:
    return status;
}

/* At a stationary point: done, or off a saddle. */
static spn_status settle(newton *state, bool *is_done)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    *is_done = true;
    if (state->has_spectrum && count_negative(solver->n, solver->values) > 0) {
        bool has_left = false;
        SPN_TRY(escape(state, &has_left));
        *is_done = !has_left;
    } else {
        SPN_TRY(polish(state));
    }
    solver->info->stop = SPN_STOP_CONVERGED;
done:
    return status;
}

static spn_status iterate(newton *state)
{
    spn_status status = SPN_OK;
    spn_solver *solver = state->solver;
    spn_solver_info *info = solver->info;
    for (bool can_go_on = true, is_done = false; !is_done;) {
        if (!state->has_model) {
            bool is_finite = false;
            SPN_TRY(form_model(state, &is_finite));
            if (!is_finite) {
                info->stop = SPN_STOP_DIVERGED;
                goto done;
            }
        }
        if (state->is_stationary) {
            SPN_TRY(settle(state, &is_done));
        } else if (!can_go_on) {
            info->stop = SPN_STOP_STALLED;
            is_done = true;
        } else if (info->iterations >= solver->settings.max_iterations) {
            info->stop = SPN_STOP_MAX_ITERATIONS;
            is_done = true;
        } else {
            SPN_TRY(try_step(state, &can_go_on));
        }
    }
    SPN_TRY(report_index(state));
done:
    return status;
}

spn_status spni_newton(spn_context *context, spn_solver *solver)
{
    newton state = {
        .context = context,
        .solver = solver,
        .radius = solver->radius,
        .cubic = 1,
        .least_predicted = (double)INFINITY,
        .newton_step = solver->buffers[1],
    };
    if (solver->n > solver->eigenvectors_most) {
        state.shifted = solver->shifted;
        spni_shifted_start(state.shifted, solver->hessian, solver->factor);
    }
    return iterate(&state);
}

spn_status spni_newton_make(spn_context *context, spn_solver *solver)
{
    spn_status status = SPN_OK;
    int64_t square = 0;
    if (!spn_size_multiply(solver->n, solver->n, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "newton needs a dense Hessian, too large for %lld parameters: use lbfgs",
                 (long long)solver->n);
    }
    SPN_TRY(spn_dense_create(context, solver->n, &solver->dense));
    SPN_NEW(context, solver->hessian, square);
    SPN_NEW(context, solver->factor, square);
    SPN_NEW(context, solver->values, solver->n);
    SPN_NEW(context, solver->shifted, 1);
    SPN_TRY(spni_shifted_make(context, solver->n, solver->shifted));
    SPN_NEW(context, solver->room, spn_cholesky_least_room(solver->n, LEAST_STEPS));
    solver->eigenvectors_most = EIGENVECTORS_MOST;
done:
    return status;
}
