/* SPDX-License-Identifier: MIT */
/* Derivatives against differences, and what the differences are worth.
 *
 * All is done along one direction d with entries of random sign whose sizes balance the problem: |d_i| ~
 * |H_ii|^(-1/2), so that inputs in other units do not hide each other. A derivative is wrong when it
 * differs from the best differences by more than their own error (check_differences.c); where these are worth nothing,
 * nothing can be told. A kink at the point itself shows in second differences across it that do not fall with the step.
 * Taylor remainders along d at h_0 2^-j complete the picture: fitted over the smallest h that stand well above
 * rounding, their slopes are 2 and 3 for right derivatives of smooth functions. */
#include "objective/check.h"
#include <spinodal/numeric.h>

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    STEPS = 27,        /* Taylor steps: h from scale/8 down to 1e-9 scale */
    VECTORS = 9,       /* of P numbers, of a checker */
    PROBES = 8,        /* products that estimate the Hessian's diagonal where it is not formed */
    WINDOW = 6,        /* points of a fit */
    WINDOW_LEAST = 3,  /* fewer above rounding: the remainder vanishes */
    COLUMNS = 16,      /* compared between products and the dense Hessian */
    DENSE_LIMIT = 4096 /* above this dimension no dense Hessian is formed */
};

/* Derivatives are right to this share of their size, as far as differences can tell. */
static const double error_most = 1e-6;
/* A vector of differences, whose entries do not agree by accident, tells smaller shares: one entry of many. */
static const double vector_error_most = 1e-8;
/* Differences whose error is e agree with what is right within 3 e, and with nothing that is 10 e away. */
static const double agrees_within = 3, differs_beyond = 10;
/* Diagonal entries of the Hessian below this share of the largest say nothing about a coordinate's length. */
static const double flat_share = 1e-14;
/* Nor do those below this share of the typical one: columns in other units differ less, saturated units more. */
static const double flat_beside = 1e-6;
/* Two exact ways to the same column differ by the rounding of long sums only. */
static const double column_error_most = 1e-9;

static spn_status checker_create(spni_checker *check, const spn_objective *objective)
{
    spn_status status = SPN_OK;
    spn_context *context = check->context;
    int64_t n = check->n, total = 0;
    if (!spn_size_multiply(n, VECTORS, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    SPN_TRY(spn_point_create(context, objective, &check->point));
    SPN_NEW(context, check->memory, total);
    double **parts[VECTORS] = {
        &check->direction, &check->gradient, &check->product, &check->gradient_parameter,
        &check->trial,     &check->ahead,    &check->central, &check->extrapolated,
        &check->previous};
    for (int64_t i = 0; i < VECTORS; i++) {
        *parts[i] = check->memory + i * n;
    }
    check->scale = fmax(spn_objective_scales(objective).weight, spn_norm(n, check->theta));
done:
    return status;
}

/* Is the call unsupported? Then that is an answer, not an error. */
static bool is_absent(spni_checker *check, spn_status *status)
{
    if (*status != SPN_ERROR_UNSUPPORTED) {
        return false;
    }
    spn_error_clear(check->context);
    *status = SPN_OK;
    return true;
}

static spn_status evaluate_center(spni_checker *check)
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
done:
    return status;
}

/* The Hessian's diagonal into `central`, estimated from products with random signs z: z_i (H z)_i. */
static spn_status take_diagonal(spni_checker *check, spn_random *random)
{
    spn_status status = SPN_OK;
    memset(check->central, 0, (size_t)check->n * sizeof *check->central);
    for (int probe = 0; probe < PROBES; probe++) {
        for (int64_t i = 0; i < check->n; i++) {
            check->trial[i] = spn_random_uniform(random) < 0.5 ? -1 : 1;
        }
        SPN_TRY(spn_point_hvp(check->context, check->point, SPN_PART_FULL, 1, check->trial,
                              check->ahead));
        for (int64_t i = 0; i < check->n; i++) {
            check->central[i] += check->trial[i] * check->ahead[i] / PROBES;
        }
    }
done:
    return status;
}

/* Signs at random, sizes |H_ii|^(-1/2); a coordinate in which L is flat has the length of the typical one. */
static spn_status choose_direction(spni_checker *check, uint64_t seed)
{
    spn_status status = SPN_OK;
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_PROBES, 0);
    int64_t n = check->n, counted = 0;
    double largest = 0, mean = 0;
    status = take_diagonal(check, &random);
    check->has_hessian = !is_absent(check, &status);
    SPN_TRY(status);
    for (int64_t i = 0; i < n; i++) {
        double entry = check->has_hessian ? fabs(check->central[i]) : 1;
        check->central[i] = isfinite(entry) ? entry : 0;
        largest = fmax(largest, check->central[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        if (check->central[i] > flat_share * largest) {
            mean += log(check->central[i]);
            counted++;
        }
    }
    mean = counted > 0 ? exp(mean / (double)counted) : 1;
    for (int64_t i = 0; i < n; i++) {
        double entry = check->central[i] > flat_beside * mean ? check->central[i] : mean;
        check->direction[i] = (spn_random_uniform(&random) < 0.5 ? -1 : 1) / sqrt(entry);
    }
    double norm = spn_norm(n, check->direction);
    for (int64_t i = 0; i < n; i++) {
        check->direction[i] /= norm;
    }
done:
    return status;
}

static spn_status take_products(spni_checker *check)
{
    spn_status status = SPN_OK;
    memset(check->product, 0, (size_t)check->n * sizeof *check->product);
    if (check->has_hessian) {
        SPN_TRY(spn_point_hvp(check->context, check->point, SPN_PART_FULL, 1, check->direction,
                              check->product));
    }
    check->slope = spn_dot(check->n, check->gradient, check->direction);
    check->curvature = spn_dot(check->n, check->direction, check->product);
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

static spn_status check_slopes(spni_checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    double steps[2][WINDOW], remainders[2][WINDOW];
    int counts[2] = {0, 0};
    for (int j = STEPS - 1; j >= 0; j--) {
        double h = ldexp(check->scale, -3 - j);
        SPN_TRY(spni_check_evaluate(check, h, 0, SPN_WANT_VALUE));
        double value = check->point->value;
        double first = h * check->slope;
        double second = 0.5 * h * h * check->curvature;
        double size = fabs(check->value) + fabs(value) + fabs(first) + fabs(second);
        double floor = SPNI_ABOVE_ROUNDING * (check->noise + DBL_EPSILON * size);
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

/* Relative to the derivative, or to what it was computed from. */
static double share(double difference, const spni_check_finding *f)
{
    double size = fmax(f->size, f->natural);
    return difference == 0 || (size == 0 && f->difference == 0) ? 0 : difference / size;
}

static spn_check_verdict judge(const spni_check_finding *f)
{
    /* where a derivative vanishes it is as exact as what it was computed from allows */
    double reference = f->size > error_most * f->natural ? f->size : f->natural;
    bool is_known = f->error <= error_most * reference;
    bool is_nothing = f->difference == 0 && f->size == 0 && f->natural == 0;
    bool is_within = f->difference <= f->least * f->size && f->error <= error_most * f->size;
    if (is_nothing || is_within) {
        return SPN_CHECK_PASSED;
    }
    if (f->has_kink && f->difference <= f->kink) {
        return SPN_CHECK_CANNOT_TELL;
    }
    if (f->difference <= agrees_within * f->error && is_known) {
        return SPN_CHECK_PASSED;
    }
    return isfinite(f->error) && f->difference > differs_beyond * f->error &&
                   f->difference > f->least * f->size
               ? SPN_CHECK_FAILED
               : SPN_CHECK_CANNOT_TELL;
}

/* Take the verdict on one derivative into the report: wrong counts more than not known. */
static void take_verdict(spn_check_report *out, const spni_check_finding *f, const char *wrong)
{
    static const char *const kink =
        "there is a kink at this very point (relu with a pre-activation "
        "of 0), where no derivative exists";
    static const char *const coarse =
        "differences are not exact enough here: steps that stay short of the nearest kink, or of "
        "large high derivatives, drown in rounding";
    spn_check_verdict verdict = judge(f);
    if (verdict == SPN_CHECK_FAILED && out->verdict != SPN_CHECK_FAILED) {
        out->verdict = verdict;
        out->reason = wrong;
    } else if (verdict == SPN_CHECK_CANNOT_TELL && out->verdict == SPN_CHECK_PASSED) {
        out->verdict = verdict;
        out->reason = f->has_kink ? kink : coarse;
    }
}

static spn_status check_differences(spni_checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    spni_check_finding value = {.least = error_most}, vector = {.least = vector_error_most};
    double unit =
        fmax(spn_objective_scales(check->point->objective).parameter, fabs(check->parameter));
    SPN_TRY(spni_check_compare(check, false, check->scale, check->slope, check->product, &value,
                               &vector));
    value.size = fmax(fabs(check->slope), spni_check_norm(check, check->gradient));
    vector.size = spni_check_norm(check, check->product);
    out->gradient_error = share(value.difference, &value);
    out->gradient_resolution = share(value.error, &value);
    take_verdict(out, &value, "the gradient is not that of L");
    if (check->has_hessian) {
        out->hessian_error = share(vector.difference, &vector);
        out->hessian_resolution = share(vector.error, &vector);
        take_verdict(out, &vector, "the Hessian is not that of the gradient");
    }
    SPN_TRY(spni_check_compare(check, true, unit, check->by_parameter, check->gradient_parameter,
                               &value, &vector));
    value.size = fabs(check->by_parameter);
    vector.size = spni_check_norm(check, check->gradient_parameter);
    out->parameter_error = fmax(share(value.difference, &value), share(vector.difference, &vector));
    out->parameter_resolution = fmax(share(value.error, &value), share(vector.error, &vector));
    take_verdict(out, &value, "the derivative of L by the parameter is not that of L");
    take_verdict(out, &vector, "the derivative of the gradient by the parameter is wrong");
done:
    return status;
}

/* Entry (i, j) of a symmetric matrix given by its lower triangle. */
static double entry(const double *h, int64_t n, int64_t i, int64_t j)
{
    return i >= j ? h[i + j * n] : h[j + i * n];
}

/* Products with unit vectors against the dense Hessian's columns, evenly spread, and with d against all of them. */
static spn_status check_columns(spni_checker *check, spn_check_report *out)
{
    spn_status status = SPN_OK;
    spn_context *context = check->context;
    const spn_objective_operations *operations = check->point->objective->operations;
    int64_t n = check->n;
    double *h = NULL, worst = 0, squares = 0;
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
        SPN_TRY(spn_point_hvp(context, check->point, SPN_PART_FULL, 1, check->trial, check->ahead));
        for (int64_t i = 0; i < n; i++) {
            double deviation = check->direction[i] * check->direction[column] *
                               (check->ahead[i] - entry(h, n, i, column));
            worst = isfinite(deviation) ? fmax(worst, fabs(deviation)) : (double)INFINITY;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            double scaled = check->direction[i] * entry(h, n, i, j) * check->direction[j];
            sum += scaled;
            squares += scaled * scaled;
        }
        double deviation = sum - check->direction[i] * check->product[i];
        worst = isfinite(deviation) ? fmax(worst, fabs(deviation)) : (double)INFINITY;
    }
    double error = worst == 0 ? 0 : worst / sqrt(squares / (double)n);
    /* A NaN says that nothing was compared. */
    out->column_error = isnan(error) ? (double)INFINITY : error;
    if (out->column_error > column_error_most && out->verdict != SPN_CHECK_FAILED) {
        out->verdict = SPN_CHECK_FAILED;
        out->reason = "products with the Hessian are not those of its columns";
    }
done:
    is_absent(check, &status);
    spn_release(context, h);
    return status;
}

spn_status spn_objective_check(spn_context *context, const spn_objective *objective,
                               const double *theta, double parameter, uint64_t seed,
                               spn_check_report *out)
{
    spn_status status = SPN_OK;
    spni_checker check = {.context = context, .theta = theta, .parameter = parameter};
    spn_check_report report = {
        .gradient_slope = (double)NAN,
        .hessian_slope = (double)NAN,
        .gradient_error = (double)NAN,
        .hessian_error = (double)NAN,
        .column_error = (double)NAN,
        .parameter_error = (double)NAN,
        .gradient_resolution = (double)NAN,
        .hessian_resolution = (double)NAN,
        .parameter_resolution = (double)NAN,
        .verdict = SPN_CHECK_PASSED,
        .reason = "",
    };
    check.n = objective->dimension;
    SPN_TRY(checker_create(&check, objective));
    SPN_TRY(evaluate_center(&check));
    SPN_TRY(choose_direction(&check, seed));
    SPN_TRY(take_products(&check));
    SPN_TRY(spni_check_noise(&check));
    SPN_TRY(check_slopes(&check, &report));
    SPN_TRY(check_differences(&check, &report));
    SPN_TRY(check_columns(&check, &report));
    report.is_passed = report.verdict == SPN_CHECK_PASSED;
done:
    *out = report;
    spn_point_free(context, check.point);
    spn_release(context, check.memory);
    return status;
}
