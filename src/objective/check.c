/* SPDX-License-Identifier: MIT */
/* Derivatives against differences.
 *
 * Taylor remainders along a random unit direction d at h_j = h_0 2^-j are computed for all j; the slopes
 * of log remainder against log h are fitted over the smallest h whose remainder still stands well above
 * rounding, because there the leading power rules. The rounding of the objective itself (sums over
 * samples, a callback in single precision) is measured, not assumed: it is the remainder at steps so
 * small that the truth is zero. Central differences with one Richardson extrapolation (error h^4) then
 * give relative errors; h = eps^(1/5) balances them against rounding. */
#include "objective/objective.h"
#include <spinodal/numeric.h>

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    STEPS = 27,        /* Taylor steps: h from scale/8 down to 1e-9 scale */
    WINDOW = 6,        /* points of a fit */
    WINDOW_LEAST = 3,  /* fewer above rounding: the remainder vanishes */
    COLUMNS = 16,      /* compared between products and the dense Hessian */
    DENSE_LIMIT = 4096 /* above this dimension no dense Hessian is formed */
};

/* Remainders must stand this far above rounding: it then moves a slope by less than 0.01. */
static const double above_rounding = 64;
static const double central_step = 7.4e-4; /* eps^(1/5) */
/* Slopes are integers up to 1e-2 when derivatives are right, and drop by one when they are not. */
static const double gradient_slope_least = 1.9, hessian_slope_least = 2.8;
/* Right derivatives reach 1e-8 or better at moderate fifth derivatives, wrong ones 1e-3 or more. */
static const double error_most = 1e-6;
/* Two exact ways to the same column differ by the rounding of long sums only. */
static const double column_error_most = 1e-9;

typedef struct checker {
    spn_context *context;
    spn_point *point;
    int64_t n;
    const double *theta;
    double parameter;
    double scale;        /* max(1, |theta|): the length that a step is measured in */
    double value, slope; /* L and g.d at theta */
    double curvature;    /* d.Hd; 0 without a Hessian */
    double by_parameter; /* dL/dparameter */
    double noise;        /* rounding of one value */
    bool has_hessian;
    double *direction;          /* each n numbers */
    double *gradient;           /* at theta */
    double *product;            /* H d */
    double *gradient_parameter; /* d(dL/dtheta)/dparameter */
    double *trial;
    double *sums[2]; /* gradient differences at h and 2h */
    double *memory;
} checker;

static spn_status checker_create(checker *check, const spn_objective *objective, uint64_t seed)
{
    spn_status status = SPN_OK;
    spn_context *context = check->context;
    int64_t n = check->n;
    int64_t total = 0;
    if (!spn_size_multiply(n, 7, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_TRY(spn_point_create(context, objective, &check->point));
    SPN_NEW(context, check->memory, total);
    double **parts[7] = {
        &check->direction, &check->gradient, &check->product, &check->gradient_parameter,
        &check->trial,     &check->sums[0],  &check->sums[1]};
    for (int64_t i = 0; i < 7; i++) {
        *parts[i] = check->memory + i * n;
    }
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_PROBES, 0);
    for (int64_t i = 0; i < n; i++) {
        check->direction[i] = spn_random_normal(&random);
    }
    double norm = spn_norm(n, check->direction);
    for (int64_t i = 0; i < n; i++) {
        check->direction[i] /= norm;
    }
    check->scale = fmax(1, spn_norm(n, check->theta));
done:
    return status;
}

/* Is the call unsupported? Then that is an answer, not an error. */
static bool is_absent(checker *check, spn_status *status)
{
    if (*status != SPN_ERROR_UNSUPPORTED) {
        return false;
    }
    spn_error_clear(check->context);
    *status = SPN_OK;
    return true;
}

static spn_status evaluate_center(checker *check)
{
    spn_status status = SPN_OK;
    spn_point *point = check->point;
    size_t bytes = (size_t)check->n * sizeof *check->theta;
    SPN_TRY(
        spn_point_set(check->context, point, check->theta, check->parameter, NULL, SPN_WANT_ALL));
    if (!isfinite(point->value) || !spn_all_finite(check->n, point->gradient)) {
        SPN_FAIL(check->context, SPN_ERROR_NUMERIC,
                 "the objective or its gradient is not finite here: check the derivatives at a "
                 "point inside its domain");
    }
    check->value = point->value;
    check->by_parameter = point->parameter_value;
    memcpy(check->gradient, point->gradient, bytes);
    memcpy(check->gradient_parameter, point->parameter_gradient, bytes);
    check->slope = spn_dot(check->n, check->gradient, check->direction);
    status =
        spn_point_hvp(check->context, point, SPN_PART_FULL, 1, check->direction, check->product);
    check->has_hessian = !is_absent(check, &status);
    if (!check->has_hessian) {
        memset(check->product, 0, bytes);
    }
    check->curvature = spn_dot(check->n, check->direction, check->product);
done:
    return status;
}

/* Evaluate at theta + h d and parameter + dp. */
static spn_status evaluate(checker *check, double h, double dp, unsigned wanted)
{
    for (int64_t i = 0; i < check->n; i++) {
        check->trial[i] = check->theta[i] + h * check->direction[i];
    }
    return spn_point_set(check->context, check->point, check->trial, check->parameter + dp, NULL,
                         wanted);
}

static spn_status measure_noise(checker *check)
{
    spn_status status = SPN_OK;
    check->noise = 0;
    for (int i = 1; i <= 7; i += 2) {
        double h = i * 1e-12 * check->scale;
        SPN_TRY(evaluate(check, h, 0, SPN_WANT_VALUE));
        double rest = fabs(check->point->value - check->value - h * check->slope);
        check->noise = rest > check->noise ? rest : check->noise;
    }
done:
    return status;
}

/* Least-squares slope of log remainder against log h; infinite when too few points are given. */
static double fit_slope(int count, const double *h, const double *remainder)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    if (count < WINDOW_LEAST) {
        return (double)INFINITY;
    }
    for (int i = 0; i < count; i++) {
        mean_x += log(h[i]) / count;
        mean_y += log(remainder[i]) / count;
    }
    for (int i = 0; i < count; i++) {
        double x = log(h[i]) - mean_x;
        xx += x * x;
        xy += x * (log(remainder[i]) - mean_y);
    }
    return xy / xx;
}

static spn_status check_slopes(checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    double steps[2][WINDOW], remainders[2][WINDOW];
    int counts[2] = {0, 0};
    for (int j = STEPS - 1; j >= 0; j--) {
        double h = ldexp(check->scale, -3 - j);
        SPN_TRY(evaluate(check, h, 0, SPN_WANT_VALUE));
        double value = check->point->value;
        double first = h * check->slope;
        double second = 0.5 * h * h * check->curvature;
        double size = fabs(check->value) + fabs(value) + fabs(first) + fabs(second);
        double floor = above_rounding * (check->noise + DBL_EPSILON * size);
        double rest[2] = {fabs(value - check->value - first),
                          fabs(value - check->value - first - second)};
        for (int k = 0; k < 2; k++) {
            if (counts[k] < WINDOW && isfinite(rest[k]) && rest[k] > floor) {
                steps[k][counts[k]] = h;
                remainders[k][counts[k]] = rest[k];
                counts[k]++;
            }
        }
    }
    out->gradient_slope = fit_slope(counts[0], steps[0], remainders[0]);
    if (check->has_hessian) {
        out->hessian_slope = fit_slope(counts[1], steps[1], remainders[1]);
    }
done:
    return status;
}

/* Central differences at h and 2h of values (out: 2 numbers) and of gradients (check->sums), along d
 * or, when is_parameter, along the parameter; the largest value and gradient met are kept. */
static spn_status differences(checker *check, double h, bool is_parameter, double *out,
                              double *value_size, double *gradient_size)
{
    spn_status status = SPN_OK;
    unsigned wanted = SPN_WANT_VALUE | SPN_WANT_GRADIENT;
    *value_size = fabs(check->value);
    *gradient_size = spn_norm(check->n, check->gradient);
    for (int k = 0; k < 2; k++) {
        double width = (k + 1) * h;
        out[k] = 0;
        memset(check->sums[k], 0, (size_t)check->n * sizeof *check->sums[k]);
        for (int sign = -1; sign <= 1; sign += 2) {
            double step = sign * width;
            SPN_TRY(evaluate(check, is_parameter ? 0 : step, is_parameter ? step : 0, wanted));
            const spn_point *point = check->point;
            out[k] += point->value / (2 * step);
            spn_axpy(check->n, 1 / (2 * step), point->gradient, check->sums[k]);
            *value_size = fmax(*value_size, fabs(point->value));
            *gradient_size = fmax(*gradient_size, spn_norm(check->n, point->gradient));
        }
    }
done:
    return status;
}

static double extrapolate(double at_h, double at_2h)
{
    return (4 * at_h - at_2h) / 3;
}

/* |difference| relative to the larger of the derivative and what it was computed from. */
static double relative(double difference, double derivative, double natural)
{
    if (difference == 0) {
        return 0;
    }
    return difference / fmax(derivative, natural);
}

/* Norm of (extrapolated difference - expected). */
static double gradient_deviation(checker *check, const double *expected)
{
    for (int64_t i = 0; i < check->n; i++) {
        check->trial[i] = extrapolate(check->sums[0][i], check->sums[1][i]) - expected[i];
    }
    return spn_norm(check->n, check->trial);
}

static spn_status check_differences(checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    double slopes[2], value_size, gradient_size;
    SPN_TRY(differences(check, central_step * check->scale, false, slopes, &value_size,
                        &gradient_size));
    double typical = spn_norm(check->n, check->gradient) / sqrt((double)check->n);
    out->gradient_error = relative(fabs(extrapolate(slopes[0], slopes[1]) - check->slope),
                                   fmax(fabs(check->slope), typical), value_size / check->scale);
    if (check->has_hessian) {
        out->hessian_error =
            relative(gradient_deviation(check, check->product), spn_norm(check->n, check->product),
                     gradient_size / check->scale);
    }
    double unit = fmax(1, fabs(check->parameter));
    SPN_TRY(differences(check, central_step * unit, true, slopes, &value_size, &gradient_size));
    double value_error = relative(fabs(extrapolate(slopes[0], slopes[1]) - check->by_parameter),
                                  fabs(check->by_parameter), value_size / unit);
    double gradient_error =
        relative(gradient_deviation(check, check->gradient_parameter),
                 spn_norm(check->n, check->gradient_parameter), gradient_size / unit);
    out->parameter_error =
        value_error > gradient_error || isnan(value_error) ? value_error : gradient_error;
done:
    return status;
}

/* Entry (i, j) of a symmetric matrix given by its lower triangle. */
static double entry(const double *h, int64_t n, int64_t i, int64_t j)
{
    return i >= j ? h[i + j * n] : h[j + i * n];
}

/* Products with unit vectors against the dense Hessian's columns, evenly spread. */
static spn_status check_columns(checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    spn_context *context = check->context;
    const spn_objective_operations *operations = check->point->objective->operations;
    int64_t n = check->n;
    double *h = NULL;
    double worst = 0;
    if (!SPNI_HAS_OPERATION(operations, hvp) || !SPNI_HAS_OPERATION(operations, hessian) ||
        n > DENSE_LIMIT || !check->has_hessian) {
        return SPN_OK;
    }
    SPN_NEW(context, h, n * n);
    SPN_TRY(
        spn_point_set(context, check->point, check->theta, check->parameter, NULL, SPN_WANT_ALL));
    SPN_TRY(spn_point_hessian(context, check->point, SPN_PART_FULL, h));
    int64_t count = n < COLUMNS ? n : COLUMNS;
    for (int64_t c = 0; c < count; c++) {
        int64_t column = c * n / count;
        memset(check->trial, 0, (size_t)n * sizeof *check->trial);
        check->trial[column] = 1;
        SPN_TRY(
            spn_point_hvp(context, check->point, SPN_PART_FULL, 1, check->trial, check->sums[0]));
        for (int64_t i = 0; i < n; i++) {
            double deviation = fabs(check->sums[0][i] - entry(h, n, i, column));
            worst = isfinite(deviation) ? fmax(worst, deviation) : (double)INFINITY;
        }
    }
    double size = sqrt(spn_symmetric_frobenius_squared(n, h) / (double)n);
    double error = relative(worst, size, 0);
    /* A NaN says that nothing was compared. */
    out->column_error = isnan(error) ? (double)INFINITY : error;
done:
    is_absent(check, &status);
    spn_release(context, h);
    return status;
}

/* What was not compared leaves NaN and does not count; a NaN from a comparison that was made fails. */
static bool passes(const checker *check, const spn_check_report *report)
{
    bool is_right = report->gradient_slope >= gradient_slope_least &&
                    report->gradient_error <= error_most && report->parameter_error <= error_most;
    if (check->has_hessian) {
        is_right = is_right && report->hessian_slope >= hessian_slope_least &&
                   report->hessian_error <= error_most;
    }
    return is_right && !(report->column_error > column_error_most);
}

spn_status spn_objective_check(spn_context *context, const spn_objective *objective,
                               const double *theta, double parameter, uint64_t seed,
                               spn_check_report *out)
{
    spn_status status = SPN_OK;
    checker check = {.context = context, .theta = theta, .parameter = parameter};
    spn_check_report report = {
        .gradient_slope = (double)NAN,
        .hessian_slope = (double)NAN,
        .gradient_error = (double)NAN,
        .hessian_error = (double)NAN,
        .column_error = (double)NAN,
        .parameter_error = (double)NAN,
    };
    check.n = objective->dimension;
    SPN_TRY(checker_create(&check, objective, seed));
    SPN_TRY(evaluate_center(&check));
    SPN_TRY(measure_noise(&check));
    SPN_TRY(check_slopes(&check, &report));
    SPN_TRY(check_differences(&check, &report));
    SPN_TRY(check_columns(&check, &report));
    report.is_passed = passes(&check, &report);
done:
    *out = report;
    spn_point_free(context, check.point);
    spn_release(context, check.memory);
    return status;
}
