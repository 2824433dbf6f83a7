/* SPDX-License-Identifier: MIT */
/* The landscapes against their closed forms, the check against right and wrong derivatives. */
#include "support.h"
#include <spinodal/numeric.h>
#include <spinodal/objective.h>

#include <float.h>

enum { P = 4 };
static const double coefficients[P] = {1.5, 2, 3, 0.5};
static const double theta_plain[P] = {0.3, -0.7, 0.4, 0.9};

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* Linearise landscape `kind` of dimension n at theta. */
typedef struct bench {
    spn_context *context;
    spn_landscape landscape;
    spn_objective objective;
    spn_point *point;
} bench;

static void bench_open(bench *b, spn_landscape_kind kind, int64_t n, const double *a,
                       const double *theta, double p)
{
    b->context = new_context();
    b->landscape = (spn_landscape){kind, n, a};
    b->objective = spn_landscape_objective(&b->landscape);
    check_ok(b->context, spn_point_create(b->context, &b->objective, &b->point));
    check_ok(b->context, spn_point_set(b->context, b->point, theta, p, NULL, SPN_WANT_ALL));
}

static void bench_close(bench *b)
{
    spn_point_free(b->context, b->point);
    spn_context_free(b->context);
}

/* Sums of a handful of terms of size one: rounding is a few eps. */
static const double few_eps = 16 * DBL_EPSILON;

static void test_separable_closed_forms(void **state)
{
    (void)state;
    struct {
        spn_landscape_kind kind;
        double value, first, second, by_parameter, first_by_parameter;
    } rows[] = {
        {SPN_LANDSCAPE_DOUBLE_WELL, 0.0081 / 4 - 0.045 + 0.06, 0.027 - 0.3 + 0.2, 0.27 - 1, 0.3, 1},
        {SPN_LANDSCAPE_FOLD, 0.009 + 0.06, 0.09 + 0.2, 0.6, 0.3, 1},
        {SPN_LANDSCAPE_PITCHFORK, 0.0081 / 4 + 0.009, 0.027 + 0.06, 0.27 + 0.2, 0.045, 0.3},
        {SPN_LANDSCAPE_CUSP, 0.0081 / 4 + 0.0675 + 0.06, 0.027 + 0.45 + 0.2, 0.27 + 1.5, 0.3, 1},
    };
    double rest = 0.5 * (2 * 0.49 + 3 * 0.16 + 0.5 * 0.81);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        bench b;
        bench_open(&b, rows[r].kind, P, coefficients, theta_plain, 0.2);
        double h[P * P] = {0}, trace = 0;
        check_close(b.point->value, rows[r].value + rest, few_eps, 1);
        check_close(b.point->gradient[0], rows[r].first, few_eps, 1);
        check_close(b.point->gradient[1], 2 * -0.7, few_eps, 0);
        check_close(b.point->parameter_value, rows[r].by_parameter, few_eps, 0);
        check_close(b.point->parameter_gradient[0], rows[r].first_by_parameter, few_eps, 0);
        check_close(b.point->parameter_gradient[3], 0, 0, 0);
        check_ok(b.context, spn_point_hessian(b.context, b.point, SPN_PART_FULL, h));
        check_ok(b.context, spn_point_trace(b.context, b.point, SPN_PART_FULL, &trace));
        check_close(h[0], rows[r].second, few_eps, 1);
        check_close(h[2 + 2 * P], 3, 0, 0);
        check_close(h[2 + 1 * P], 0, 0, 0);
        check_close(trace, rows[r].second + 5.5, few_eps, 1);
        bench_close(&b);
    }
}

static void test_quadratic(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, SPN_LANDSCAPE_QUADRATIC, P, coefficients, theta_plain, 0.2);
    double expected = 0, sum = 0;
    for (int i = 0; i < P; i++) {
        expected += 0.5 * coefficients[i] * theta_plain[i] * theta_plain[i];
        sum += theta_plain[i];
        check_close(b.point->gradient[i], coefficients[i] * theta_plain[i] + 0.2, few_eps, 1);
        check_close(b.point->parameter_gradient[i], 1, 0, 0);
    }
    check_close(b.point->value, expected + 0.2 * sum, few_eps, 1);
    check_close(b.point->parameter_value, sum, few_eps, 1);
    bench_close(&b);
}

/* Lower half sphere of radius r: |gradient|^2 + 1 = (r/s)^2, H = (I + g g^T) / s. */
static void test_half_sphere(void **state)
{
    (void)state;
    const double radius[P] = {2};
    bench b;
    bench_open(&b, SPN_LANDSCAPE_HALF_SPHERE, P, radius, theta_plain, 0);
    double h[P * P] = {0};
    double height = sqrt(4 - spn_dot(P, theta_plain, theta_plain));
    check_close(b.point->value, -height, few_eps, 0);
    check_close(1 + spn_dot(P, b.point->gradient, b.point->gradient), 4 / (height * height),
                few_eps, 0);
    check_ok(b.context, spn_point_hessian(b.context, b.point, SPN_PART_FULL, h));
    for (int j = 0; j < P; j++) {
        for (int i = j; i < P; i++) {
            double outer = b.point->gradient[i] * b.point->gradient[j];
            check_close(h[i + j * P], ((i == j) + outer) / height, few_eps, 1);
        }
    }
    double outside[P] = {3, 0, 0, 0};
    check_ok(b.context, spn_point_set(b.context, b.point, outside, 0, NULL, SPN_WANT_ALL));
    assert_true(isnan(b.point->value));
    bench_close(&b);
}

/* T13: on the branch beta(s) = (sigma - s) s^(1 - 2/D) the balanced point is stationary, and along it
 * the Hessian has the eigenvalue 0 exactly at the spinodal strength. */
static void test_deep_mode_branch(void **state)
{
    (void)state;
    const double sigma = 0.9;
    double a[P] = {sigma};
    for (int64_t depth = 3; depth <= P; depth++) {
        double d = (double)depth;
        double strength = sigma * (d - 2) / (2 * (d - 1));
        double beta = (sigma - strength) * pow(strength, 1 - 2 / d);
        double theta[P];
        for (int i = 0; i < P; i++) {
            theta[i] = pow(strength, 1 / d);
        }
        bench b;
        bench_open(&b, SPN_LANDSCAPE_DEEP_MODE, depth, a, theta, beta);
        double expected = (strength - sigma) * (strength - sigma) + beta * d * pow(strength, 2 / d);
        check_close(b.point->value, expected, few_eps, 1);
        check_close(spn_norm(depth, b.point->gradient), 0, few_eps, 1);
        double hv[P], residual[P], gauss[P];
        check_ok(b.context, spn_point_hvp(b.context, b.point, SPN_PART_FULL, 1, theta, hv));
        check_close(spn_norm(depth, hv), 0, few_eps, 1);
        check_ok(b.context,
                 spn_point_hvp(b.context, b.point, SPN_PART_GAUSS_NEWTON, 1, theta, gauss));
        check_ok(b.context,
                 spn_point_hvp(b.context, b.point, SPN_PART_RESIDUAL, 1, theta, residual));
        for (int64_t i = 0; i < depth; i++) {
            check_close(gauss[i] + residual[i], hv[i], few_eps, 1);
            /* grad prod . theta = D s, so the Gauss-Newton part is 2 D s^2/t_i + 2 beta t_i. */
            check_close(gauss[i], 2 * d * strength * strength / theta[i] + 2 * beta * theta[i],
                        few_eps, 1);
        }
        spn_labels labels;
        check_ok(b.context, spn_point_labels(b.context, b.point, &labels));
        assert_int_equal(labels.mode_count, 1);
        assert_int_equal(labels.active_modes, 1);
        check_close(labels.strengths[0], strength, few_eps, 1);
        assert_true(isnan(labels.accuracy) && isnan(labels.test_error));
        assert_true(isnan(labels.test_accuracy));
        bench_close(&b);
    }
}

static void test_deep_mode_trivial(void **state)
{
    (void)state;
    double a[P] = {-0.9};
    double theta[P];
    spn_context *context = new_context();
    for (int64_t depth = 1; depth <= P; depth++) {
        spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, depth, a};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_point *point = NULL;
        spn_labels labels;
        check_ok(context, spn_objective_trivial(context, &objective, 0.3, theta));
        check_ok(context, spn_point_create(context, &objective, &point));
        check_ok(context, spn_point_set(context, point, theta, 0.3, NULL, SPN_WANT_ALL));
        check_close(spn_norm(depth, point->gradient), 0, few_eps, 1);
        check_ok(context, spn_point_labels(context, point, &labels));
        /* Depth one has only the fitted phase (T12), whatever the sign of the target. */
        assert_int_equal(labels.active_modes, depth == 1 ? 1 : 0);
        spn_point_free(context, point);
    }
    spn_landscape fold = {SPN_LANDSCAPE_FOLD, P, coefficients};
    spn_objective objective = spn_landscape_objective(&fold);
    check_fails(context, spn_objective_trivial(context, &objective, 0, theta),
                SPN_ERROR_UNSUPPORTED, "trivial");
    spn_context_free(context);
}

/* Every landscape passes the derivative check at an ordinary point; slopes are integers. */
static void test_check_accepts(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double sphere[P] = {2};
    for (int kind = SPN_LANDSCAPE_QUADRATIC; kind <= SPN_LANDSCAPE_DEEP_MODE; kind++) {
        bool is_sphere = kind == SPN_LANDSCAPE_HALF_SPHERE;
        spn_landscape landscape = {(spn_landscape_kind)kind, P, is_sphere ? sphere : coefficients};
        spn_objective objective = spn_landscape_objective(&landscape);
        spn_check_report report;
        check_ok(context, spn_objective_check(context, &objective, theta_plain, 0.2, 1, &report));
        if (!report.is_passed) {
            print_error("landscape %d\n", kind);
        }
        assert_true(report.is_passed);
        /* The next Taylor term bends a slope by about h <= 1e-2 of it. */
        check_close(report.gradient_slope, 2, 0.02, 0);
        if (kind == SPN_LANDSCAPE_QUADRATIC) {
            assert_true(isinf(report.hessian_slope));
        } else {
            check_close(report.hessian_slope, 3, 0.02, 0);
        }
        assert_true(report.column_error <= 8 * DBL_EPSILON);
    }
    /* At a stationary point with nothing but a quartic term all differences vanish. */
    spn_landscape pitchfork = {SPN_LANDSCAPE_PITCHFORK, 1, coefficients};
    spn_objective objective = spn_landscape_objective(&pitchfork);
    spn_check_report report;
    double origin = 0;
    check_ok(context, spn_objective_check(context, &objective, &origin, 0, 1, &report));
    assert_true(report.is_passed);
    check_close(report.gradient_slope, 4, 1e-6, 0);
    spn_context_free(context);
}

/* An objective with one derivative spoilt, to see the check refuse it: L = sum t_i^4 / 4 + p sum t_i. */
typedef struct spoilt {
    double gradient, hessian, parameter, column; /* relative error of each */
    double kink;                                 /* slope of |t_0| */
} spoilt;

static spn_status spoilt_set(spn_context *context, spn_point *point, const spn_subset *subset,
                             unsigned wanted)
{
    (void)context, (void)subset, (void)wanted;
    const spoilt *problem = point->objective->problem;
    point->value = problem->kink * fabs(point->theta[0]);
    point->parameter_value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double t = point->theta[i];
        point->value += 0.25 * t * t * t * t + point->parameter * t;
        point->gradient[i] = (t * t * t + point->parameter) * (1 + problem->gradient);
        point->parameter_value += t * (1 + problem->parameter);
        point->parameter_gradient[i] = 1;
    }
    double side = point->theta[0] > 0 ? 1 : point->theta[0] < 0 ? -1 : 0;
    point->gradient[0] += side * problem->kink;
    return SPN_OK;
}

static spn_status spoilt_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                             const double *v, double *hv)
{
    (void)context, (void)part;
    const spoilt *problem = point->objective->problem;
    for (int64_t i = 0; i < k * point->dimension; i++) {
        double t = point->theta[i % point->dimension];
        hv[i] = 3 * t * t * v[i] * (1 + problem->hessian);
    }
    return SPN_OK;
}

static spn_status spoilt_hessian(spn_context *context, const spn_point *point, spn_part part,
                                 double *h)
{
    (void)context, (void)part;
    const spoilt *problem = point->objective->problem;
    int64_t n = point->dimension;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++) {
            double t = point->theta[i];
            h[i + j * n] = i == j ? 3 * t * t * (1 + problem->hessian) : problem->column;
        }
    }
    return SPN_OK;
}

static spn_check_report check_spoilt(spn_context *context, spoilt problem, const double *theta)
{
    const spn_objective_operations operations = {
        .size = sizeof operations, .set = spoilt_set, .hvp = spoilt_hvp, .hessian = spoilt_hessian};
    spn_objective objective = {&operations, &problem, P, 1, 0};
    spn_check_report report;
    check_ok(context, spn_objective_check(context, &objective, theta, 0.2, 3, &report));
    return report;
}

static void test_check_refuses(void **state)
{
    (void)state;
    spn_context *context = new_context();
    spn_check_report report = check_spoilt(context, (spoilt){0}, theta_plain);
    assert_true(report.is_passed);
    report = check_spoilt(context, (spoilt){.gradient = 1e-3}, theta_plain);
    assert_int_equal(report.verdict, SPN_CHECK_FAILED);
    assert_non_null(strstr(report.reason, "gradient"));
    assert_true(report.gradient_error > 1e-5);
    assert_true(report.gradient_slope < 1.5);
    report = check_spoilt(context, (spoilt){.hessian = 1e-3}, theta_plain);
    assert_int_equal(report.verdict, SPN_CHECK_FAILED);
    assert_non_null(strstr(report.reason, "Hessian"));
    check_close(report.hessian_error, 1e-3, 0.01, 0);
    assert_true(report.gradient_slope > 1.9);
    report = check_spoilt(context, (spoilt){.parameter = 1e-3}, theta_plain);
    assert_false(report.is_passed);
    assert_true(report.gradient_slope > 1.9);
    assert_true(report.hessian_slope > 2.8);
    report = check_spoilt(context, (spoilt){.column = 1e-6}, theta_plain);
    assert_false(report.is_passed);
    assert_true(report.column_error > 1e-7);
    /* Infinite over infinite is no excuse. */
    report = check_spoilt(context, (spoilt){.column = (double)INFINITY}, theta_plain);
    assert_false(report.is_passed);
    assert_true(isinf(report.column_error));
    /* On a kink the remainder falls linearly, a kink farther away than the steps does no harm. */
    double on_kink[P] = {0, -0.7, 0.4, 0.9};
    report = check_spoilt(context, (spoilt){.kink = 1}, on_kink);
    assert_int_equal(report.verdict, SPN_CHECK_CANNOT_TELL);
    assert_non_null(strstr(report.reason, "kink"));
    check_close(report.gradient_slope, 1, 0.02, 0);
    report = check_spoilt(context, (spoilt){.kink = 1}, theta_plain);
    assert_true(report.is_passed);
    spn_context_free(context);
}

static void test_check_outside(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double radius[P] = {0.5};
    spn_landscape sphere = {SPN_LANDSCAPE_HALF_SPHERE, P, radius};
    spn_objective objective = spn_landscape_objective(&sphere);
    spn_check_report report;
    check_fails(context, spn_objective_check(context, &objective, theta_plain, 0, 1, &report),
                SPN_ERROR_NUMERIC, "finite");
    assert_false(report.is_passed);
    spn_context_free(context);
}

static spn_status run_check(spn_context *context, void *state)
{
    (void)state;
    spn_landscape landscape = {SPN_LANDSCAPE_CUSP, P, coefficients};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_check_report report;
    return spn_objective_check(context, &objective, theta_plain, 0.2, 1, &report);
}

static void test_check_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(run_check, NULL) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separable_closed_forms),
        cmocka_unit_test(test_quadratic),
        cmocka_unit_test(test_half_sphere),
        cmocka_unit_test(test_deep_mode_branch),
        cmocka_unit_test(test_deep_mode_trivial),
        cmocka_unit_test(test_check_accepts),
        cmocka_unit_test(test_check_refuses),
        cmocka_unit_test(test_check_outside),
        cmocka_unit_test(test_check_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
