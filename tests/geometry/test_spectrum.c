/* SPDX-License-Identifier: MIT */
/* Curvature and spectra without the dense Hessian, against it. */
#include "spectrum_case.h"

#include "geometry/spectrum.h"
#include <float.h>

/* Both exact ways, both surfaces, a regulariser that shifts and one that does not. */
static void test_exact_ways(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, 50, 5, 6, 3, 0.07);
    spn_geometry_settings settings = defaults(f.context);
    spn_geometry_workspace *workspace = NULL;
    check_ok(f.context, spn_geometry_workspace_create(f.context, f.size, &workspace));
    const spn_objective *losses[2] = {&f.ridge, &f.weighted};
    for (int which = 0; which < 2; which++) {
        spn_point *point = NULL;
        spn_geometry expected[2];
        spn_curvature error, loss, alone;
        spn_forecast forecast;
        check_ok(f.context, spn_point_create(f.context, losses[which], &point));
        check_ok(f.context, spn_point_set(f.context, point, f.theta, 0.07, NULL, SPN_WANT_ALL));
        check_ok(f.context,
                 spn_geometry_measure(f.context, workspace, point, 0, &expected[0], &expected[1]));
        for (settings.method = SPN_SPECTRUM_AUTO; settings.method <= SPN_SPECTRUM_MOMENTS;
             settings.method++) {
            check_ok(f.context,
                     spn_geometry_curvature(f.context, point, &settings, &error, &loss, &forecast));
            check_same(&error, &expected[0]);
            check_same(&loss, &expected[1]);
            assert_true(settings.method == SPN_SPECTRUM_AUTO || forecast.method == settings.method);
            check_ok(f.context,
                     spn_geometry_curvature(f.context, point, &settings, NULL, &alone, NULL));
            assert_memory_equal(&alone, &loss, sizeof loss);
        }
        spn_point_free(f.context, point);
    }
    spn_geometry_workspace_free(f.context, workspace);
    close_fixture(&f);
}

/* As many products as dimensions: exact, whatever the estimator. */
static void test_no_less_products(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, 30, 3, 4, 2, 0.05);
    spn_geometry_settings settings = defaults(f.context);
    spn_curvature dense, found;
    settings.method = SPN_SPECTRUM_DENSE;
    check_ok(f.context, spn_geometry_curvature(f.context, f.point, &settings, NULL, &dense, NULL));
    settings.method = SPN_SPECTRUM_STOCHASTIC;
    settings.probes = f.size;
    for (settings.estimator = 0; settings.estimator <= SPN_ESTIMATOR_XTRACE; settings.estimator++) {
        check_ok(f.context,
                 spn_geometry_curvature(f.context, f.point, &settings, NULL, &found, NULL));
        check_close(found.scalar_curvature.value, dense.scalar_curvature.value, 1e-11, 0);
        assert_true(found.scalar_curvature.error == 0 && found.trace_square.error == 0);
    }
    settings.probes = f.size - 1;
    settings.estimator = SPN_ESTIMATOR_HUTCHINSON;
    check_ok(f.context, spn_geometry_curvature(f.context, f.point, &settings, NULL, &found, NULL));
    assert_true(found.scalar_curvature.error > 0);
    close_fixture(&f);
}

/* Sketches that hold the whole range leave nothing to chance. */
static void test_low_rank(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, 6, 9, 8, 1, 0); /* P = 161; the Gauss-Newton part has rank 6 */
    spn_geometry_settings settings = defaults(f.context);
    spni_hessian_operator hessian = {spn_point_error(f.point), SPN_PART_GAUSS_NEWTON};
    const spn_symmetric_operator a = spni_hessian_of(&hessian);
    double trace = 0, square = 0;
    check_ok(f.context, spn_point_trace(f.context, hessian.point, hessian.part, &trace));
    check_ok(f.context, spn_point_trace_square(f.context, hessian.point, hessian.part, &square));
    for (settings.estimator = SPN_ESTIMATOR_HUTCH_PLUS; settings.estimator <= SPN_ESTIMATOR_XTRACE;
         settings.estimator++) {
        spni_trace_samples samples;
        settings.probes = 40;
        check_ok(f.context, spni_samples_create(f.context, &a, &settings, &samples));
        for (int64_t i = 0; i < samples.count; i++) {
            check_close(samples.trace[i], trace, 1e-10, 0);
            check_close(samples.square[i], square, 1e-10, 0);
        }
        spni_samples_free(f.context, &samples);
    }
    close_fixture(&f);
}

static double *all_eigenvalues(fixture *f, const spn_point *point, spn_part part)
{
    int64_t n = f->size;
    double *h = calloc((size_t)(n * n), sizeof *h), *w = calloc((size_t)n, sizeof *w);
    spn_dense *dense = NULL;
    check_ok(f->context, spn_point_hessian(f->context, point, part, h));
    check_ok(f->context, spn_dense_create(f->context, n, &dense));
    check_ok(f->context, spn_eigen(f->context, dense, n, h, false, w));
    spn_dense_free(f->context, dense);
    free(h);
    return w;
}

/* P = 500: eigenpairs of E, L and the Gauss-Newton part by both ways. */
static void test_extremes(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, 80, 12, 15, 4, 0.02);
    assert_int_equal(f.size, 499);
    spn_geometry_settings settings = defaults(f.context);
    settings.smallest = 3;
    settings.largest = 5;
    for (int which = 0; which < 6; which++) {
        const spn_point *point = which / 2 == 0 ? f.point : spn_point_error(f.point);
        spn_part part = which / 2 == 2 ? SPN_PART_GAUSS_NEWTON : SPN_PART_FULL;
        spn_extremes *found = NULL;
        double *w = all_eigenvalues(&f, point, part);
        settings.method = which % 2 == 0 ? SPN_SPECTRUM_DENSE : SPN_SPECTRUM_STOCHASTIC;
        check_ok(f.context, spn_geometry_extremes(f.context, point, part, &settings, &found, NULL));
        assert_int_equal(found->count, 8);
        assert_int_equal(found->method, settings.method);
        assert_int_equal(found->is_converged, 1);
        double largest = fmax(fabs(w[0]), w[f.size - 1]);
        for (int64_t i = 0; i < 8; i++) {
            double expected = w[i < 3 ? i : f.size - 8 + i];
            assert_true(found->residuals[i] <= 1e-6 * largest);
            assert_true(fabs(found->values[i] - expected) <= found->residuals[i] + 1e-12 * largest);
            check_close(spn_norm(f.size, found->vectors + i * f.size), 1, 1e-12, 0);
        }
        spn_extremes_free(f.context, found);
        free(w);
    }
    close_fixture(&f);
}

/* The density integrates to 1, has the moments of the spectrum, and below x the share of eigenvalues that are there. */
static void test_density(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, 80, 12, 15, 4, 0.02);
    spn_geometry_settings settings = defaults(f.context);
    settings.starts = 40;
    settings.steps = 100;
    settings.block = 8;
    const spn_point *point = spn_point_error(f.point);
    double *w = all_eigenvalues(&f, point, SPN_PART_FULL);
    for (settings.method = SPN_SPECTRUM_DENSE; settings.method <= SPN_SPECTRUM_STOCHASTIC;
         settings.method += 2) {
        spn_density *found = NULL;
        check_ok(f.context,
                 spn_geometry_density(f.context, point, SPN_PART_FULL, &settings, &found, NULL));
        check_close(found->low, w[0], 1e-6, w[f.size - 1]);
        check_close(found->high, w[f.size - 1], 1e-6, 0);
        /* Trapezoids of a sum of normal distributions far beyond its ends: exact to exp(-2 pi^2 4^2). */
        double width = (found->high - found->low) / 100, step = width / 4, integral = 0;
        double difference = 0;
        for (double x = found->low - 9 * width; x <= found->high + 9 * width; x += step) {
            double expected = 0, density = spn_density_at(found, x, width);
            for (int64_t i = 0; i < f.size; i++) {
                double off = (x - w[i]) / width;
                expected += exp(-0.5 * off * off) / (width * sqrt(8 * atan(1.0)) * (double)f.size);
            }
            integral += step * density;
            difference += step * fabs(density - expected);
        }
        check_close(integral, 1, 1e-12, 0);
        /* Chance leaves some 2 / sqrt(40 * 499) = 0.014 of 40 starts in 499 dimensions; twice that. */
        bool is_dense = settings.method == SPN_SPECTRUM_DENSE;
        if (!(difference <= (is_dense ? 1e-12 : 0.03))) {
            fail_msg("the densities differ by %g", difference);
        }
        for (int64_t i = 0; i < f.size; i += 7) {
            double x = i + 1 < f.size ? 0.5 * (w[i] + w[i + 1]) : w[i] + 1, error = 0;
            double share = spn_density_below(found, x, &error);
            double expected = (double)(i + 1) / (double)f.size;
            /* A node of the quadrature stands for a gap's neighbours: its weight, about 1 / steps, beside chance. */
            assert_true(fabs(share - expected) <= 5 * error + (is_dense ? 1e-12 : 0.02));
        }
        spn_density_free(f.context, found);
    }
    free(w);
    close_fixture(&f);
}

/* What does not fit is refused with its forecast, before anything is allocated for it. */
static void test_forecasts(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const int64_t widths[2] = {512, 512};
    double *rows = numbers(1000 * 794, 1, 1);
    spn_dataset *data = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    check_ok(context, spn_dataset_from_rows(context, 1000, 784, 10, rows, NULL, NULL, &data));
    free(rows);
    check_ok(context, spn_network_create(context, 784, 10, 2, widths, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    spn_objective loss = spn_ridge(spn_network_error_objective(error));
    spn_geometry_settings settings = defaults(context);
    spn_forecast forecast;
    char text[400];
    check_ok(context,
             spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast));
    assert_true(forecast.dense.bytes > 1e12 && forecast.moments.bytes < 1e9);
    assert_int_equal(forecast.method, forecast.moments.seconds <= 60 ? SPN_SPECTRUM_MOMENTS
                                                                     : SPN_SPECTRUM_STOCHASTIC);
    assert_true(spn_forecast_text(&forecast, text, sizeof text) < (int64_t)sizeof text);
    assert_non_null(strstr(text, " 3.6e+03 GB; moments: "));
    settings.method = SPN_SPECTRUM_DENSE;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_UNSUPPORTED,
                "dense matrices end at 32700 parameters, whatever is allowed");
    settings.method = SPN_SPECTRUM_MOMENTS;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_DENSITY, &forecast),
                SPN_ERROR_UNSUPPORTED, "there is no way 'moments' to them");
    settings.method = SPN_SPECTRUM_STOCHASTIC;
    settings.memory = 1e-3;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_UNSUPPORTED, "and geometry.memory allows 0.001 GB: dense: ");
    settings.memory = 4;
    settings.hours = 1e-9;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_UNSUPPORTED, "and geometry.hours allows 1e-09 h: dense: ");
    settings.hours = 12;
    settings.method = SPN_SPECTRUM_AUTO;
    settings.patience = 0.001;
    check_ok(context,
             spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast));
    assert_int_equal(forecast.method, SPN_SPECTRUM_STOCHASTIC);
    settings.memory = 0.001;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_UNSUPPORTED, "every way exceeds");
    settings = defaults(context);
    settings.probes = 15;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_INPUT, "geometry.probes");
    settings = defaults(context);
    settings.confidence = 1;
    check_fails(context,
                spn_spectrum_forecast(context, &loss, &settings, SPN_SPECTRUM_CURVATURE, &forecast),
                SPN_ERROR_INPUT, "geometry.confidence");
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
    spn_context_free(context);
}

/* All ways on a landscape of three parameters: products alone, nothing else is known of it. */
static spn_status run_all(spn_context *context, void *memory)
{
    spn_status status = SPN_OK;
    spn_geometry_settings settings = *(const spn_geometry_settings *)memory;
    const double a[3] = {0.9}, theta[3] = {0.5, -0.8, 1.1};
    const spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, 3, a};
    const spn_objective objective = spn_landscape_objective(&landscape);
    spn_point *point = NULL;
    spn_extremes *extremes = NULL;
    spn_density *density = NULL;
    spn_curvature found;
    SPN_TRY(spn_point_create(context, &objective, &point));
    SPN_TRY(spn_point_set(context, point, theta, 0.3, NULL, SPN_WANT_ALL));
    for (int way = 0; way < 5; way++) {
        settings.method = way < 2 ? way + 1 : SPN_SPECTRUM_STOCHASTIC;
        settings.estimator = way < 2 ? 0 : way - 2;
        SPN_TRY(spn_geometry_curvature(context, point, &settings, NULL, &found, NULL));
        if (settings.method == SPN_SPECTRUM_MOMENTS) {
            continue;
        }
        SPN_TRY(spn_geometry_extremes(context, point, SPN_PART_FULL, &settings, &extremes, NULL));
        spn_extremes_free(context, extremes);
        SPN_TRY(spn_geometry_density(context, point, SPN_PART_FULL, &settings, &density, NULL));
        spn_density_free(context, density);
    }
done:
    spn_point_free(context, point);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    spn_geometry_settings settings = defaults(context);
    settings.starts = 2;
    spn_context_free(context);
    assert_true(support_fail_each_allocation(run_all, &settings) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_ways),       cmocka_unit_test(test_low_rank),
        cmocka_unit_test(test_no_less_products), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_density),          cmocka_unit_test(test_forecasts),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
