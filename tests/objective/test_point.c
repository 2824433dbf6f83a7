/* SPDX-License-Identifier: MIT */
/* The front of objectives: fallbacks, bookkeeping, errors; and the ridge. */
#include "support.h"
#include <spinodal/numeric.h>
#include <spinodal/objective.h>

#include <float.h>

enum { P = 70 }; /* more than two blocks of the products' fallback */

static spn_context *new_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* L = sum (t_i - 1)^2 (i + 1) + sum t_i t_{i+1}, mean over samples of a sample weight, counting calls. */
typedef struct chain {
    int64_t hessians;
    int64_t samples_seen;
    spn_status status; /* what set returns */
} chain;

static spn_status chain_set(spn_context *context, spn_point *point, const spn_subset *subset,
                            unsigned wanted)
{
    (void)wanted;
    const void *problem = point->objective->problem;
    chain *seen = *(chain *const *)problem;
    seen->samples_seen = subset != NULL ? subset->count : point->objective->samples;
    point->value = 0;
    for (int64_t i = 0; i < point->dimension; i++) {
        double t = point->theta[i] - 1, weight = (double)(i + 1);
        double left = i > 0 ? point->theta[i - 1] : 0;
        double right = i + 1 < point->dimension ? point->theta[i + 1] : 0;
        point->value += weight * t * t + point->theta[i] * right;
        point->gradient[i] = 2 * weight * t + left + right;
    }
    return seen->status == SPN_OK ? SPN_OK : spn_fail(context, seen->status, "told to fail");
}

static double chain_entry(int64_t i, int64_t j)
{
    return i == j ? 2 * (double)(i + 1) : (i - j == 1 || j - i == 1 ? 1 : 0);
}

static spn_status chain_hessian(spn_context *context, const spn_point *point, spn_part part,
                                double *h)
{
    const void *problem = point->objective->problem;
    (*(chain *const *)problem)->hessians++;
    if (part != SPN_PART_FULL) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED, "no parts");
    }
    for (int64_t j = 0; j < P; j++) {
        for (int64_t i = j; i < P; i++) {
            h[i + j * P] = chain_entry(i, j);
        }
    }
    return SPN_OK;
}

static spn_status chain_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                            const double *v, double *hv)
{
    (void)context, (void)point, (void)part;
    for (int64_t b = 0; b < k; b++) {
        for (int64_t i = 0; i < P; i++) {
            hv[b * P + i] = 0;
            for (int64_t j = 0; j < P; j++) {
                hv[b * P + i] += chain_entry(i, j) * v[b * P + j];
            }
        }
    }
    return SPN_OK;
}

typedef struct fixture {
    support_allocator counter;
    spn_context *context;
    chain seen;
    chain *seen_pointer;
    spn_objective_operations operations;
    spn_objective objective;
    spn_point *point;
    double theta[P];
} fixture;

static void fixture_open(fixture *f, bool has_hvp, bool has_hessian)
{
    memset(f, 0, sizeof *f);
    f->context = support_context(&f->counter);
    f->seen_pointer = &f->seen;
    f->operations = (spn_objective_operations){.size = sizeof f->operations,
                                               .set = chain_set,
                                               .hvp = has_hvp ? chain_hvp : NULL,
                                               .hessian = has_hessian ? chain_hessian : NULL};
    f->objective = (spn_objective){&f->operations, &f->seen_pointer, P, 10, 0};
    for (int i = 0; i < P; i++) {
        f->theta[i] = 0.1 * i;
    }
    check_ok(f->context, spn_point_create(f->context, &f->objective, &f->point));
    check_ok(f->context, spn_point_set(f->context, f->point, f->theta, 0.5, NULL, SPN_WANT_ALL));
}

static void fixture_close(fixture *f)
{
    spn_point_free(f->context, f->point);
    spn_context_free(f->context);
    assert_int_equal(f->counter.live, 0);
}

/* All numbers are small integers: every way to them is exact. */
static void check_curvature(fixture *f)
{
    static double h[P * P], v[2 * P], hv[2 * P], expected[2 * P];
    double trace = 0;
    int64_t calls = f->counter.calls;
    check_ok(f->context, spn_point_hessian(f->context, f->point, SPN_PART_FULL, h));
    for (int64_t j = 0; j < P; j++) {
        for (int64_t i = j; i < P; i++) {
            check_close(h[i + j * P], chain_entry(i, j), 0, 0);
        }
    }
    for (int i = 0; i < 2 * P; i++) {
        v[i] = i % 7 - 3;
    }
    chain_hvp(f->context, f->point, SPN_PART_FULL, 2, v, expected);
    check_ok(f->context, spn_point_hvp(f->context, f->point, SPN_PART_FULL, 2, v, hv));
    for (int i = 0; i < 2 * P; i++) {
        check_close(hv[i], expected[i], 0, 0);
    }
    check_ok(f->context, spn_point_trace(f->context, f->point, SPN_PART_FULL, &trace));
    check_close(trace, P * (P + 1), 0, 0);
    check_ok(f->context, spn_point_set(f->context, f->point, f->theta, 0.5, NULL, SPN_WANT_ALL));
    assert_int_equal(f->counter.calls, calls);
    /* 4 sum i^2, and the P - 1 pairs of ones beside the diagonal. */
    double square, diagonal[P];
    check_ok(f->context, spn_point_trace_square(f->context, f->point, SPN_PART_FULL, &square));
    check_close(square, 4.0 * P * (P + 1) * (2 * P + 1) / 6 + 2 * (P - 1), 0, 0);
    check_ok(f->context, spn_point_diagonal(f->context, f->point, SPN_PART_FULL, diagonal));
    for (int64_t i = 0; i < P; i++) {
        check_close(diagonal[i], chain_entry(i, i), 0, 0);
    }
}

static void test_fallbacks(void **state)
{
    (void)state;
    for (int which = 1; which <= 3; which++) {
        fixture f;
        fixture_open(&f, which & 1, which & 2);
        check_curvature(&f);
        fixture_close(&f);
    }
}

static void test_products_share_one_hessian(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f, false, true);
    static double v[P], hv[P];
    double trace;
    v[3] = 1;
    check_ok(f.context, spn_point_hvp(f.context, f.point, SPN_PART_FULL, 1, v, hv));
    check_ok(f.context, spn_point_hvp(f.context, f.point, SPN_PART_FULL, 1, v, hv));
    check_ok(f.context, spn_point_trace(f.context, f.point, SPN_PART_FULL, &trace));
    assert_int_equal(f.seen.hessians, 1);
    check_fails(f.context, spn_point_hvp(f.context, f.point, SPN_PART_RESIDUAL, 1, v, hv),
                SPN_ERROR_UNSUPPORTED, "parts");
    /* The failed part must not pass for the full one, nor an old point for a new one. */
    check_ok(f.context, spn_point_hvp(f.context, f.point, SPN_PART_FULL, 1, v, hv));
    check_close(hv[3], 8, 0, 0);
    assert_int_equal(f.seen.hessians, 3);
    check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 0.5, NULL, SPN_WANT_ALL));
    check_ok(f.context, spn_point_hvp(f.context, f.point, SPN_PART_FULL, 1, v, hv));
    assert_int_equal(f.seen.hessians, 4);
    fixture_close(&f);
}

static void test_absent_operations(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f, false, false);
    double theta[P], trace;
    spn_labels labels;
    check_fails(f.context, spn_point_hvp(f.context, f.point, SPN_PART_FULL, 1, f.theta, theta),
                SPN_ERROR_UNSUPPORTED, "neither");
    check_fails(f.context, spn_point_hessian(f.context, f.point, SPN_PART_FULL, theta),
                SPN_ERROR_UNSUPPORTED, "neither");
    check_fails(f.context, spn_point_trace(f.context, f.point, SPN_PART_FULL, &trace),
                SPN_ERROR_UNSUPPORTED, "neither");
    assert_true(isnan(trace));
    check_fails(f.context, spn_point_trace_square(f.context, f.point, SPN_PART_FULL, &trace),
                SPN_ERROR_UNSUPPORTED, "neither");
    check_fails(f.context, spn_point_diagonal(f.context, f.point, SPN_PART_FULL, theta),
                SPN_ERROR_UNSUPPORTED, "neither");
    spn_costs costs = spn_objective_costs(&f.objective);
    check_close(costs.product, 2 * costs.gradient, 0, 0);
    check_close(costs.trace_square, P * costs.product, 0, 0);
    check_fails(f.context, spn_objective_trivial(f.context, &f.objective, 0, theta),
                SPN_ERROR_UNSUPPORTED, "trivial");
    check_fails(f.context, spn_point_labels(f.context, f.point, &labels), SPN_ERROR_UNSUPPORTED,
                "labels");
    assert_true(labels.mode_count == 0 && labels.active_modes == -1 && labels.dead_units == -1);
    assert_true(labels.merged_units == -1 && isnan(labels.accuracy));
    assert_true(isnan(labels.test_error) && isnan(labels.test_accuracy));
    assert_ptr_equal(spn_point_error(f.point), f.point);
    spn_check_report report;
    check_ok(f.context, spn_objective_check(f.context, &f.objective, f.theta, 0.5, 1, &report));
    assert_true(report.is_passed);
    assert_true(isnan(report.hessian_slope) && isnan(report.hessian_error));
    assert_true(isnan(report.column_error));
    fixture_close(&f);
}

/* A table of an older, shorter layout: operations beyond its size are absent, whatever lies there. */
static void test_short_table(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f, true, true);
    f.operations.size = offsetof(spn_objective_operations, hessian);
    spn_point *point = NULL;
    check_ok(f.context, spn_point_create(f.context, &f.objective, &point));
    spn_point_free(f.context, f.point);
    f.point = point;
    check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 0.5, NULL, SPN_WANT_ALL));
    check_curvature(&f);
    assert_int_equal(f.seen.hessians, 0);
    f.operations.size = 0;
    check_fails(f.context, spn_point_create(f.context, &f.objective, &point), SPN_ERROR_ARGUMENT,
                "size");
    assert_null(point);
    f.operations.size = sizeof f.operations;
    f.objective.dimension = 0;
    check_fails(f.context, spn_point_create(f.context, &f.objective, &point), SPN_ERROR_ARGUMENT,
                "dimension");
    fixture_close(&f);
}

static void test_set_bookkeeping(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f, true, true);
    double trace = 0;
    assert_int_equal(f.point->has, SPN_WANT_ALL);
    assert_int_equal(f.seen.samples_seen, 10);
    f.point->parameter_value = 7;
    check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 1, NULL, SPN_WANT_PARAMETER));
    check_close(f.point->parameter_value, 0, 0, 0); /* the objective ignores its parameter */
    assert_int_equal(f.point->has, SPN_WANT_PARAMETER);
    check_fails(f.context, spn_point_trace(f.context, f.point, SPN_PART_FULL, &trace),
                SPN_ERROR_ARGUMENT, "SPN_WANT_CURVATURE");
    int64_t some[3] = {9, 0, 9};
    spn_subset subset = {3, some};
    check_ok(f.context,
             spn_point_set(f.context, f.point, f.point->theta, 1, &subset, SPN_WANT_ALL));
    assert_int_equal(f.seen.samples_seen, 3);
    some[1] = 10;
    check_fails(f.context, spn_point_set(f.context, f.point, f.theta, 1, &subset, SPN_WANT_ALL),
                SPN_ERROR_ARGUMENT, "10");
    assert_int_equal(f.point->has, 0);
    subset.count = 0;
    check_fails(f.context, spn_point_set(f.context, f.point, f.theta, 1, &subset, SPN_WANT_ALL),
                SPN_ERROR_ARGUMENT, "subset");
    f.seen.status = SPN_ERROR_NUMERIC;
    check_fails(f.context, spn_point_set(f.context, f.point, f.theta, 1, NULL, SPN_WANT_ALL),
                SPN_ERROR_NUMERIC, "told");
    assert_int_equal(f.point->has, 0);
    fixture_close(&f);
}

static void test_cancel(void **state)
{
    (void)state;
    atomic_int cancel = 0;
    spn_context_settings settings = {.cancel = &cancel};
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(&settings, &context), SPN_OK);
    double a[2] = {1, 2}, theta[2] = {0, 0};
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 2, a};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_point *point = NULL;
    check_ok(context, spn_point_create(context, &objective, &point));
    check_ok(context, spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL));
    atomic_store(&cancel, 1);
    assert_int_equal(spn_point_set(context, point, theta, 0, NULL, SPN_WANT_ALL),
                     SPN_ERROR_INTERRUPTED);
    spn_point_free(context, point);
    spn_context_free(context);
}

/* The ridge over a quadratic and over the chain (which has only products, or only a Hessian). */
static void test_ridge_closed_form(void **state)
{
    (void)state;
    for (int which = 1; which <= 3; which++) {
        fixture f;
        fixture_open(&f, which & 1, which & 2);
        const double beta = 0.25; /* exact in binary */
        spn_objective ridge = spn_ridge(&f.objective);
        assert_int_equal(ridge.dimension, P);
        assert_int_equal(ridge.samples, 10);
        spn_point *point = NULL;
        check_ok(f.context, spn_point_create(f.context, &ridge, &point));
        check_ok(f.context, spn_point_set(f.context, f.point, f.theta, 0, NULL, SPN_WANT_ALL));
        check_ok(f.context, spn_point_set(f.context, point, f.theta, beta, NULL, SPN_WANT_ALL));
        double square = spn_dot(P, f.theta, f.theta);
        check_close(point->value, f.point->value + beta * square, 4 * DBL_EPSILON, 0);
        check_close(point->parameter_value, square, 0, 0);
        const spn_point *error = spn_point_error(point);
        assert_ptr_equal(error->objective, &f.objective);
        check_close(error->value, f.point->value, 0, 0);
        static double h[P * P], v[2 * P], hv[2 * P], expected[2 * P];
        int64_t calls = f.counter.calls;
        check_ok(f.context, spn_point_hessian(f.context, point, SPN_PART_FULL, h));
        for (int64_t i = 0; i < P; i++) {
            v[i] = (double)(i % 3);
            v[P + i] = 1;
            check_close(point->gradient[i], f.point->gradient[i] + 2 * beta * f.theta[i],
                        4 * DBL_EPSILON, 1);
            check_close(point->parameter_gradient[i], 2 * f.theta[i], 0, 0);
            check_close(h[i + i * P], chain_entry(i, i) + 2 * beta, 0, 0);
        }
        chain_hvp(f.context, f.point, SPN_PART_FULL, 2, v, expected);
        check_ok(f.context, spn_point_hvp(f.context, point, SPN_PART_FULL, 2, v, hv));
        for (int64_t i = 0; i < 2 * P; i++) {
            check_close(hv[i], expected[i] + 2 * beta * v[i], 0, 0);
        }
        double trace = 0;
        check_ok(f.context, spn_point_trace(f.context, point, SPN_PART_FULL, &trace));
        check_close(trace, P * (P + 1) + 2 * beta * P, 0, 0);
        check_ok(f.context, spn_point_set(f.context, point, f.theta, 0, NULL, SPN_WANT_ALL));
        assert_int_equal(f.counter.calls, calls);
        spn_point_free(f.context, point);
        fixture_close(&f);
    }
}

/* The ridge of the deep mode's error is the deep mode with p = beta, part by part. */
static void test_ridge_of_deep_mode(void **state)
{
    (void)state;
    spn_context *context = new_context();
    double a[3] = {0.9}, theta[3] = {0.5, -0.8, 1.1};
    const double beta = 0.3;
    spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 3, a};
    spn_objective mode = spn_landscape_objective(&landscape);
    spn_objective ridge = spn_ridge(&mode);
    check_close(ridge.fisher_scale, 0.5, 0, 0);
    spn_point *direct = NULL, *ridged = NULL;
    check_ok(context, spn_point_create(context, &mode, &direct));
    check_ok(context, spn_point_create(context, &ridge, &ridged));
    check_ok(context, spn_point_set(context, direct, theta, beta, NULL, SPN_WANT_ALL));
    check_ok(context, spn_point_set(context, ridged, theta, beta, NULL, SPN_WANT_ALL));
    const double tolerance = 16 * DBL_EPSILON; /* two orders of a handful of operations */
    check_close(ridged->value, direct->value, tolerance, 0);
    check_close(ridged->parameter_value, direct->parameter_value, tolerance, 0);
    for (int part = SPN_PART_FULL; part <= SPN_PART_RESIDUAL; part++) {
        double h[2][9] = {{0}}, trace[2];
        check_ok(context, spn_point_hessian(context, direct, (spn_part)part, h[0]));
        check_ok(context, spn_point_hessian(context, ridged, (spn_part)part, h[1]));
        check_ok(context, spn_point_trace(context, direct, (spn_part)part, &trace[0]));
        check_ok(context, spn_point_trace(context, ridged, (spn_part)part, &trace[1]));
        check_close(trace[1], trace[0], tolerance, 1);
        for (int i = 0; i < 9; i++) {
            check_close(h[1][i], h[0][i], tolerance, 1);
        }
    }
    spn_labels labels[2];
    double trivial[3] = {1, 1, 1};
    check_ok(context, spn_point_labels(context, direct, &labels[0]));
    check_ok(context, spn_point_labels(context, ridged, &labels[1]));
    assert_memory_equal(&labels[0], &labels[1], sizeof labels[0]);
    check_ok(context, spn_objective_trivial(context, &ridge, beta, trivial));
    check_close(spn_norm(3, trivial), 0, 0, 0);
    spn_check_report report;
    check_ok(context, spn_objective_check(context, &ridge, theta, beta, 1, &report));
    assert_true(report.is_passed);
    spn_point_free(context, direct);
    spn_point_free(context, ridged);
    spn_context_free(context);
}

static spn_status make_ridge_point(spn_context *context, void *state)
{
    fixture *f = state;
    spn_objective ridge = spn_ridge(&f->objective);
    spn_point *point = NULL;
    spn_status status = spn_point_create(context, &ridge, &point);
    assert_true((point == NULL) == (status != SPN_OK));
    spn_point_free(context, point);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    for (int which = 1; which <= 2; which++) {
        fixture f;
        fixture_open(&f, which & 1, which & 2);
        assert_true(support_fail_each_allocation(make_ridge_point, &f) >= 10);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fallbacks),
        cmocka_unit_test(test_products_share_one_hessian),
        cmocka_unit_test(test_absent_operations),
        cmocka_unit_test(test_short_table),
        cmocka_unit_test(test_set_bookkeeping),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_ridge_closed_form),
        cmocka_unit_test(test_ridge_of_deep_mode),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
