/* SPDX-License-Identifier: MIT */
/* The spectra at a point as records, by quadrature and Lanczos against all eigenvalues. */
#include "spectrum_case.h"

#include <spinodal/geometry/spectra.h>
#include <spinodal/numeric.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* L = 1/2 sum a_i t_i^2 at 0: eigenvalues a, R = (sum a)^2 - sum a^2. */
enum { N = 60 };
typedef struct scene {
    double a[N];
    spn_landscape landscape;
    spn_objective objective;
    spn_point *point;
} scene;

static void open_scene(scene *s)
{
    const double theta[N] = {0};
    s->landscape = (spn_landscape){SPN_LANDSCAPE_QUADRATIC, N, s->a};
    s->objective = spn_landscape_objective(&s->landscape);
    check_ok(context, spn_point_create(context, &s->objective, &s->point));
    check_ok(context, spn_point_set(context, s->point, theta, 0, NULL, SPN_WANT_ALL));
}

/* A bulk from -1 to 1, two outliers at 9 (twice) and one at 12. */
static void fill(scene *s, double scale)
{
    for (int i = 0; i < N; i++) {
        s->a[i] = scale * (2.0 * i / (N - 4) - 1.0);
    }
    s->a[N - 3] = s->a[N - 2] = 9 * scale;
    s->a[N - 1] = 12 * scale;
}

static void check_quadratic(const spn_spectra *found, double scale, bool is_dense)
{
    const spn_spectra_summary *whole = (const void *)found->summaries.items;
    const spn_spectra_eigenvalue *ends = (const void *)found->eigenvalues.items;
    const spn_spectra_node *nodes = (const void *)found->nodes.items;
    double sum = 0, mean = 0;
    assert_int_equal(found->summaries.count, 1); /* a landscape has no Gauss-Newton part here */
    assert_int_equal(found->eigenvalues.count, 11);
    check_close(ends[0].value, -scale, 1e-9, 0);
    assert_true(ends[0].end == 0 && ends[0].number == 0 && ends[0].multiplicity == 1);
    check_close(ends[10].value, 12 * scale, 1e-9, 0);
    check_close(ends[9].value, 9 * scale, 1e-9, 0);
    check_close(ends[8].value, 9 * scale, 1e-9, 0);
    assert_true(ends[10].number == 0 && ends[10].multiplicity == 1);
    assert_true(ends[9].multiplicity == 2 && ends[8].multiplicity == 2);
    for (int i = 0; i < 11; i++) {
        assert_int_equal(ends[i].outlier, i >= 8);
        assert_true(ends[i].residual <= 1.01e-6 * 12 * scale);
    }
    assert_int_equal(whole->outliers, 3);
    check_close(whole->edge, ends[7].value, 0, 0);
    assert_int_equal(whole->converged, 1);
    for (int64_t i = 0; i < found->nodes.count; i++) {
        sum += nodes[i].weight;
        mean += nodes[i].weight * nodes[i].value;
    }
    check_close(sum, 1, 1e-13, 0);
    check_close(mean * N, whole->trace, is_dense ? 1e-13 : 1e-1,
                0); /* diagonal: signs give the trace exactly */
    assert_true(fabs(whole->negative_share - 28.0 / N) <= whole->negative_share_error + 1e-12);
    assert_true(is_dense ? whole->negative_share_error == 0 : isnan(whole->zero_share));
}

static void test_quadratic(void **state)
{
    (void)state;
    scene s;
    for (int k = 0; k < 4; k++) {
        const double scale = k < 2 ? 1 : 1e-60;
        const bool is_dense = k % 2 == 0;
        spn_spectra found;
        spn_geometry_settings settings = defaults(context);
        settings.method = is_dense ? SPN_SPECTRUM_DENSE : SPN_SPECTRUM_STOCHASTIC;
        settings.steps = 40;
        fill(&s, scale);
        open_scene(&s);
        check_ok(context, spn_spectra_measure(context, s.point, &settings, -1, &found));
        check_quadratic(&found, scale, is_dense);
        spn_spectra_free(context, &found);
        spn_point_free(context, s.point);
    }
}

/* Eigenvalues that are 0 but for rounding, of whatever sign it is: no gap leads down to them. */
static void test_rounding_is_no_gap(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign++) {
        scene s;
        spn_spectra found;
        spn_geometry_settings settings = defaults(context);
        settings.method = SPN_SPECTRUM_DENSE;
        for (int i = 0; i < N; i++) {
            s.a[i] = i < N - 2 ? sign * 1e-17 : i < N - 1 ? 1.0 : 1.2;
        }
        open_scene(&s);
        check_ok(context, spn_spectra_measure(context, s.point, &settings, 6, &found));
        const spn_spectra_summary *whole = (const void *)found.summaries.items;
        assert_int_equal(whole->outliers, 0);
        assert_true(isnan(whole->edge));
        spn_spectra_free(context, &found);
        spn_point_free(context, s.point);
    }
}

/* No gap of 1.5: no outliers. A multiplicity beyond the block of 4 is found where merged units announce it. */
static void test_copies(void **state)
{
    (void)state;
    scene s;
    spn_spectra found;
    spn_geometry_settings settings = defaults(context);
    settings.method = SPN_SPECTRUM_STOCHASTIC;
    for (int i = 0; i < N; i++) {
        s.a[i] = i < N - 6 ? 1.0 + 0.01 * i : 2.0;
    }
    open_scene(&s);
    check_ok(context, spn_spectra_measure(context, s.point, &settings, 6, &found));
    const spn_spectra_eigenvalue *ends = (const void *)found.eigenvalues.items;
    const spn_spectra_summary *whole = (const void *)found.summaries.items;
    assert_int_equal(whole->outliers, 0);
    assert_true(isnan(whole->edge));
    for (int i = 5; i < 11; i++) {
        assert_int_equal(ends[i].multiplicity, 6);
        check_close(ends[i].value, 2, 1e-9, 0);
    }
    assert_int_equal(ends[4].multiplicity, 1);
    spn_spectra_free(context, &found);
    spn_point_free(context, s.point);
}

/* 7-14-14-9 tanh with biases, mse: P = 457; both ways, the ridge and a regulariser that is no shift. */
static void test_network(void **state)
{
    (void)state;
    const int64_t widths[2] = {14, 14};
    double rows[60 * 16];
    spn_dataset *data = NULL;
    spn_network *network = NULL;
    spn_network_error *error = NULL;
    spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, 0);
    for (int i = 0; i < 60 * 16; i++) {
        rows[i] = spn_random_normal(&random);
    }
    check_ok(context, spn_dataset_from_rows(context, 60, 7, 9, rows, NULL, NULL, &data));
    check_ok(context, spn_network_create(context, 7, 9, 2, widths, SPN_TANH, true, &network));
    check_ok(context, spn_network_error_create(context, network, data, SPN_ERROR_MSE, &error));
    const int64_t n = spn_network_parameters(network);
    double theta[600], weights[600];
    assert_true(n > 400 && n < 600);
    for (int64_t i = 0; i < n; i++) {
        theta[i] = 0.4 * spn_random_normal(&random);
        weights[i] = i % 2 == 0 ? 1 : 3;
    }
    for (int which = 0; which < 2; which++) {
        spn_spectra dense, quick;
        spn_point *point = NULL;
        spn_geometry_settings settings = defaults(context);
        const spn_regularised problem = {spn_network_error_objective(error),
                                         {which == 0 ? NULL : weights}};
        const spn_objective loss = spn_regularise(&problem);
        check_ok(context, spn_point_create(context, &loss, &point));
        check_ok(context, spn_point_set(context, point, theta, 0.1, NULL, SPN_WANT_ALL));
        settings.method = SPN_SPECTRUM_DENSE;
        check_ok(context, spn_spectra_measure(context, point, &settings, -1, &dense));
        settings.method = SPN_SPECTRUM_STOCHASTIC;
        check_ok(context, spn_spectra_measure(context, point, &settings, -1, &quick));
        assert_int_equal(dense.summaries.count, 2 + which);
        assert_int_equal(quick.summaries.count, 2 + which);
        assert_int_equal(quick.eigenvalues.count, dense.eigenvalues.count);
        assert_int_equal(isnan(dense.point.shift), which);
        for (int64_t i = 0; i < 2 + which; i++) {
            const spn_spectra_summary *a = (const void *)(dense.summaries.items);
            const spn_spectra_summary *b = (const void *)(quick.summaries.items);
            const double unit = sqrt(a[i].trace_square);
            assert_true(a[i].part == b[i].part && b[i].converged == 1);
            check_close(b[i].trace, a[i].trace, 1e-11, unit); /* exact beside the estimate */
            assert_true(a[i].trace_square_low == a[i].trace_square_high);
            assert_true(b[i].trace_square_low < b[i].trace_square_high);
            /* One seed: thrice the interval. */
            assert_true(fabs(b[i].trace_square - a[i].trace_square) <
                        1.5 * (b[i].trace_square_high - b[i].trace_square_low));
            assert_int_equal(isnan(a[i].scalar_curvature), a[i].part == SPN_SPECTRA_GAUSS_NEWTON);
            assert_true(fabs(b[i].negative_share - a[i].negative_share) <=
                        2 * b[i].negative_share_error);
        }
        for (int64_t i = 0; i < dense.eigenvalues.count; i++) {
            const spn_spectra_eigenvalue *a = (const void *)dense.eigenvalues.items;
            const spn_spectra_eigenvalue *b = (const void *)quick.eigenvalues.items;
            assert_true(a[i].part == b[i].part && a[i].end == b[i].end &&
                        a[i].number == b[i].number);
            assert_int_equal(a[i].outlier, b[i].outlier);
            check_close(b[i].value, a[i].value, 1e-8, 10);
        }
        spn_spectra_free(context, &dense);
        spn_spectra_free(context, &quick);
        spn_point_free(context, point);
    }
    spn_network_error_free(context, error);
    spn_network_free(context, network);
    spn_dataset_free(context, data);
}

static void test_columns(void **state)
{
    (void)state;
    const spn_columns *all[] = {&spn_spectra_point_columns, &spn_spectra_summary_columns,
                                &spn_spectra_eigenvalue_columns, &spn_spectra_node_columns};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(all[k]->count * 8, all[k]->record_size);
        for (int64_t i = 0; i < all[k]->count; i++) {
            assert_int_equal(all[k]->items[i].offset, 8 * i); /* no field forgotten */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quadratic), cmocka_unit_test(test_rounding_is_no_gap),
        cmocka_unit_test(test_copies),    cmocka_unit_test(test_network),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
