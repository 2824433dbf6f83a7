/* SPDX-License-Identifier: MIT */
/* The normal form of the onset (T21) against networks: the loss minimised at fixed amplitude of the mode, and
 * what Newton's method finds on both sides of the onset. */
#include "support.h"

#include <spinodal/data.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <spinodal/theory.h>

enum { INPUTS = 3, OUTPUTS = 2, SAMPLES = 64, P_MAX = 64 };

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

/* Skewed inputs x + skew (x^2 - 1), one of them with a mean; targets with a cubic part that is
 * orthogonal to x and turns E[x^3 y] only; targets of mean 0. */
static spn_dataset *make_data(double skew, double cubic, double mean, double mix)
{
    enum { COLUMNS = INPUTS + OUTPUTS };
    double rows[SAMPLES * COLUMNS], sums[COLUMNS] = {0}, second = 0, fourth = 0;
    spn_random random = spn_random_stream(3, SPN_PURPOSE_TEST, 0);
    for (int n = 0; n < SAMPLES; n++) {
        /* Each draw with all signs (of the first three columns; the noise has that of the first): without
         * skew all odd moments vanish, and columns are uncorrelated until mixed. */
        double *row = rows + n * COLUMNS;
        for (int i = 0; i < COLUMNS; i++) {
            bool is_flipped = n >> (i % 3) & 1;
            row[i] =
                n % 8 == 0 ? spn_random_normal(&random) : fabs(rows[(n - n % 8) * COLUMNS + i]);
            row[i] = is_flipped ? -fabs(row[i]) : fabs(row[i]);
        }
    }
    for (int n = 0; n < SAMPLES; n++) {
        double square = rows[n * COLUMNS] * rows[n * COLUMNS];
        second += square;
        fourth += square * square;
    }
    for (int n = 0; n < SAMPLES; n++) {
        double *row = rows + n * COLUMNS, first = row[0];
        row[3] = 0.9 * first + 0.3 * row[1] + cubic * first * (first * first - fourth / second) +
                 0.4 * row[3];
        row[4] = 0.5 * row[1] - 0.2 * row[2] + 0.3 * row[4];
        for (int i = 0; i < INPUTS; i++) {
            row[i] += skew * (row[i] * row[i] - 1) + (i == 0 ? mean : mix * row[i - 1]);
        }
        row[4] += skew * first * first;
        for (int i = 0; i < COLUMNS; i++) {
            sums[i] += row[i] / SAMPLES;
        }
    }
    for (int n = 0; n < SAMPLES; n++) {
        for (int i = INPUTS; i < COLUMNS; i++) {
            rows[n * COLUMNS + i] -= sums[i];
        }
    }
    spn_dataset *data = NULL;
    check_ok(context,
             spn_dataset_from_rows(context, SAMPLES, INPUTS, OUTPUTS, rows, NULL, NULL, &data));
    return data;
}

static spn_theory_onset onset_of(const spn_dataset *data, spn_activation kind, int64_t hidden,
                                 bool has_bias, double *u, double *v)
{
    double yx[OUTPUTS * INPUTS], y_vv[OUTPUTS], uv_x[INPUTS], sigma = 0, taylor[4];
    spn_theory_onset_moments moments = {INPUTS, OUTPUTS, yx, 0, 0, 0, y_vv, uv_x};
    spn_theory_onset onset;
    check_ok(context, spn_dataset_moments(context, data, false, NULL, NULL, NULL, yx, NULL));
    check_ok(context, spn_theory_leading_mode(context, INPUTS, OUTPUTS, yx, u, v, &sigma));
    check_ok(context, spn_dataset_projected_moments(context, data, u, v, &moments.mean,
                                                    &moments.variance, &moments.cubed, y_vv, uv_x));
    assert_true(spn_activation_taylor(kind, taylor));
    const spn_theory_activation activation = {taylor[1], taylor[2], taylor[3]};
    check_ok(context,
             spn_theory_onset_at(context, &moments, &activation, hidden, has_bias, &onset));
    check_close(onset.beta, taylor[1] * sigma, 1e-15, 0);
    return onset;
}

typedef struct scene {
    const spn_dataset *data;
    int64_t hidden, n;
    spn_network *network;
    spn_network_error *error;
    spn_objective ridge;
    spn_point *point;
    double kernel[4][P_MAX]; /* unit j: (v, u) / sqrt 2 */
} scene;

static void open_scene(scene *s, const spn_dataset *data, spn_activation kind, int64_t hidden,
                       bool has_bias, const double *u, const double *v)
{
    int64_t count = 0;
    *s = (scene){.data = data, .hidden = hidden};
    check_ok(context,
             spn_network_create(context, INPUTS, OUTPUTS, 1, &hidden, kind, has_bias, &s->network));
    check_ok(context,
             spn_network_error_create(context, s->network, data, SPN_ERROR_MSE, &s->error));
    s->ridge = spn_ridge(spn_network_error_objective(s->error));
    s->n = s->ridge.dimension;
    assert_true(s->n <= P_MAX && hidden <= 4);
    check_ok(context, spn_point_create(context, &s->ridge, &s->point));
    const spn_layout_entry *layout = spn_network_layout(s->network, &count);
    const spn_layout_entry *last = &layout[has_bias ? 2 : 1];
    for (int64_t j = 0; j < hidden; j++) {
        for (int i = 0; i < INPUTS; i++) {
            s->kernel[j][layout[0].offset + j * INPUTS + i] = v[i] / sqrt(2);
        }
        for (int k = 0; k < OUTPUTS; k++) {
            s->kernel[j][last->offset + k * hidden + j] = u[k] / sqrt(2);
        }
    }
}

static void close_scene(scene *s)
{
    spn_point_free(context, s->point);
    spn_network_error_free(context, s->error);
    spn_network_free(context, s->network);
}

static void project_out(const scene *s, double *x)
{
    for (int64_t j = 0; j < s->hidden; j++) {
        spn_axpy(s->n, -spn_dot(s->n, s->kernel[j], x), s->kernel[j], x);
    }
}

/* min of L over everything orthogonal to the kernel, minus L at the origin: Newton's method with the projected
 * Hessian, the kernel filled up with 1. */
static double reduced_loss(scene *s, double beta, const double *z, double scale)
{
    double theta[P_MAX] = {0}, step[P_MAX], h[P_MAX * P_MAX], column[P_MAX];
    int64_t n = s->n;
    check_ok(context, spn_point_set(context, s->point, theta, beta, NULL, SPN_WANT_VALUE));
    double origin = s->point->value;
    for (int64_t j = 0; j < s->hidden; j++) {
        spn_axpy(n, scale * z[j], s->kernel[j], theta);
    }
    for (int round = 0; round < 8; round++) {
        bool is_positive = false;
        check_ok(context, spn_point_set(context, s->point, theta, beta, NULL, SPN_WANT_ALL));
        check_ok(context, spn_point_hessian(context, s->point, SPN_PART_FULL, h));
        for (int64_t j = 0; j < n; j++) {
            for (int64_t i = 0; i < j; i++) {
                h[i + j * n] = h[j + i * n];
            }
        }
        for (int side = 0; side < 2; side++) { /* columns, then rows of the symmetric matrix */
            for (int64_t j = 0; j < n; j++) {
                for (int64_t i = 0; i < n; i++) {
                    column[i] = side == 0 ? h[i + j * n] : h[j + i * n];
                }
                project_out(s, column);
                for (int64_t i = 0; i < n; i++) {
                    h[side == 0 ? i + j * n : j + i * n] = column[i];
                }
            }
        }
        for (int64_t k = 0; k < s->hidden; k++) {
            for (int64_t j = 0; j < n; j++) {
                spn_axpy(n, s->kernel[k][j], s->kernel[k], h + j * n);
            }
        }
        memcpy(step, s->point->gradient, (size_t)n * sizeof *step);
        project_out(s, step);
        check_ok(context, spn_cholesky(context, n, h, 0, &is_positive));
        assert_true(is_positive);
        check_ok(context, spn_cholesky_solve(context, n, h, 1, step));
        spn_axpy(n, -1, step, theta);
    }
    return s->point->value - origin;
}

/* The coefficients of scale^3 and scale^4 along z at beta_c: odd and even parts at 0.12, 0.06, 0.03, extrapolated
 * twice. What is left: 0.12^2 0.06^2 0.03^2 of the next but two term, and rounding 1e-16 / 0.03^4. */
static void expand(scene *s, double beta, const double *z, double *cubic, double *quartic)
{
    double odd[3], even[3], scale = 0.12;
    for (int k = 0; k < 3; k++, scale *= 0.5) {
        double plus = reduced_loss(s, beta, z, scale), minus = reduced_loss(s, beta, z, -scale);
        odd[k] = (plus - minus) / (2 * scale * scale * scale);
        even[k] = (plus + minus) / (2 * scale * scale * scale * scale);
    }
    double *const tables[2] = {odd, even};
    for (int t = 0; t < 2; t++) {
        double *a = tables[t];
        a[0] = (4 * a[1] - a[0]) / 3;
        a[1] = (4 * a[2] - a[1]) / 3;
        a[0] = (16 * a[1] - a[0]) / 15;
    }
    *cubic = odd[0];
    *quartic = even[0];
}

static void check_expansion(const spn_dataset *data, spn_activation kind, bool has_bias)
{
    enum { HIDDEN = 3 };
    static const double directions[4][HIDDEN] = {
        {1, 0, 0},
        {0.57735026918962576, 0.57735026918962576, 0.57735026918962576},
        {0.6, -0.8, 0},
        {2 / 3.0, 1 / 3.0, -2 / 3.0}};
    double u[OUTPUTS], v[INPUTS];
    spn_theory_onset one = onset_of(data, kind, 1, has_bias, u, v);
    spn_theory_onset onset = onset_of(data, kind, HIDDEN, has_bias, u, v);
    scene s;
    open_scene(&s, data, kind, HIDDEN, has_bias, u, v);
    double tau = 0, alpha = 0, sign = 0;
    for (int d = 0; d < 4; d++) {
        const double *z = directions[d];
        double cubic = 0, quartic = 0, cubes = 0, fourths = 0;
        expand(&s, onset.beta, z, &cubic, &quartic);
        for (int j = 0; j < HIDDEN; j++) {
            cubes += z[j] * z[j] * z[j];
            fourths += z[j] * z[j] * z[j] * z[j];
        }
        if (d == 0) {
            sign = cubic < 0 ? -1 : 1;
            check_close(quartic, one.quartic, 1e-5, 0.1);
            alpha = quartic; /* (alpha - tau) / 4 so far */
        } else if (d == 1) {
            tau = (quartic - alpha) / (1 - fourths); /* tau / 4 */
            alpha += tau;
            check_close(onset.quartic, tau < 0 && onset.cubic == 0 ? quartic : one.quartic, 1e-5,
                        0.1);
        } else {
            check_close(quartic, alpha - tau * fourths, 1e-5, 0.1);
            assert_true(quartic > onset.quartic - 1e-6 || onset.cubic > 0);
        }
        check_close(cubic, sign * onset.cubic * cubes, 1e-6, 0.1);
    }
    close_scene(&s);
}

static void test_expansion(void **state)
{
    (void)state;
    static const double data[4][3] = {{0, 0, 0}, {0.3, 0, 0}, {0.3, -0.2, 0.5}, {0, 0.1, 0.7}};
    static const spn_activation kinds[3] = {SPN_TANH, SPN_GELU, SPN_LINEAR};
    for (int d = 0; d < 4; d++) {
        spn_dataset *set = make_data(data[d][0], data[d][1], data[d][2], 0.4);
        for (int k = 0; k < 3; k++) {
            check_expansion(set, kinds[k], false);
            check_expansion(set, kinds[k], true);
        }
        spn_dataset_free(context, set);
    }
}

typedef struct walker {
    scene s;
    spn_solver *solver;
    double theta[P_MAX];
} walker;

static void open_walker(walker *w, const spn_dataset *data, spn_activation kind, int64_t hidden)
{
    const spn_solver_settings settings = {.method = SPN_METHOD_NEWTON,
                                          .tolerance = 1e-11,
                                          .max_iterations = 5000,
                                          .learning_rate = 1,
                                          .epsilon = 1e-8,
                                          .batch = 1,
                                          .history = 1,
                                          .trust_radius = 0.02,
                                          .trust_radius_max = 0.05};
    const double zero[INPUTS] = {0};
    open_scene(&w->s, data, kind, hidden, false, zero, zero);
    check_ok(context, spn_solver_create(context, &settings, &w->s.ridge, &w->solver));
    memset(w->theta, 0, sizeof w->theta);
}

static void close_walker(walker *w)
{
    spn_solver_free(context, w->solver);
    close_scene(&w->s);
}

static double walk(walker *w, double beta)
{
    spn_solver_info info;
    check_ok(context, spn_solver_run(context, w->solver, beta, w->theta, &info));
    return spn_norm(w->s.n, w->theta);
}

/* Continuous: |theta|^2 = (beta_c - beta) / (2 c_4) to first order below the onset, 0 above; up and down alike. */
static void check_second_order(const spn_dataset *data, spn_activation kind, int64_t hidden)
{
    double u[OUTPUTS], v[INPUTS];
    walker w;
    spn_theory_onset onset = onset_of(data, kind, hidden, false, u, v);
    assert_int_equal(onset.order, 2);
    check_close(onset.spinodal_beta, onset.beta, 0, 1);
    open_walker(&w, data, kind, hidden);
    for (double gap = 1e-3; gap > 1e-5; gap *= 0.25) {
        double norm = walk(&w, onset.beta * (1 - gap));
        check_close(norm * norm, onset.beta * gap / (2 * onset.quartic), 30 * gap, 0);
    }
    /* 1e-6 beyond the onset nothing is left: its place. */
    assert_true(walk(&w, onset.beta * (1 + 1e-6)) < 1e-6);
    assert_true(walk(&w, onset.beta * (1 - 1e-6)) > 1e-4);
    close_walker(&w);
}

/* With a jump: the trivial state leaves for a finite |theta| just below beta_c, and the learned state lives on above
 * it, to *end. */
static double check_first_order(const spn_dataset *data, spn_activation kind, int64_t hidden,
                                spn_theory_onset *onset)
{
    double u[OUTPUTS], v[INPUTS], low = 0, high = 0, kept[P_MAX];
    walker w;
    *onset = onset_of(data, kind, hidden, false, u, v);
    assert_int_equal(onset->order, 1);
    open_walker(&w, data, kind, hidden);
    /* To leading order a = 3 c_3 / (4 c_4) at beta_c, where c_4 > 0. */
    bool is_weak = onset->quartic > 0;
    double size = is_weak ? 0.75 * onset->cubic / onset->quartic : 0.5;
    double above = is_weak ? 0.5 * (onset->spinodal_beta - onset->beta) : 1e-4 * onset->beta;
    assert_true(walk(&w, onset->beta + 0.1 * above) < 1e-6);
    double jump = walk(&w, onset->beta - 0.01 * above);
    assert_true(jump > 0.8 * size);
    low = onset->beta + above;
    assert_true(walk(&w, low) > 0.5 * size);
    for (double step = above; step > 0.01 * above;) {
        memcpy(kept, w.theta, sizeof kept);
        high = low + step;
        if (walk(&w, high) > 0.1 * size) {
            low = high;
        } else {
            memcpy(w.theta, kept, sizeof kept);
            step *= 0.5;
        }
    }
    close_walker(&w);
    return low;
}

static void test_orders(void **state)
{
    (void)state;
    spn_theory_onset onset;
    spn_dataset *plain = make_data(0, 0, 0, 0.4), *skewed = make_data(0.1, 0, 0, 0.4);
    /* <(u.y)(v.x)^3> below -3/2 <(v.x)^2> */
    spn_dataset *turned = make_data(0, -20, 0, 0), *little = make_data(0.03, 0, 0, 0.4);
    check_second_order(plain, SPN_TANH, 1);
    check_second_order(plain, SPN_TANH, 3);
    check_second_order(plain, SPN_GELU, 3); /* odd moments vanish exactly */
    check_second_order(plain, SPN_LINEAR, 2);
    check_second_order(skewed, SPN_TANH, 2); /* odd: skewness does not matter */
    (void)check_first_order(skewed, SPN_GELU, 2, &onset);
    (void)check_first_order(turned, SPN_TANH, 2, &onset);
    assert_true(onset.cubic == 0 && onset.quartic < 0 && isnan(onset.spinodal_beta));
    /* A weak cubic term: the end of the learned state to leading order; the next is a = 0.02 smaller. */
    double end = check_first_order(little, SPN_GELU, 2, &onset);
    check_close(end - onset.beta, onset.spinodal_beta - onset.beta, 0.03, 0);
    spn_dataset_free(context, plain);
    spn_dataset_free(context, skewed);
    spn_dataset_free(context, turned);
    spn_dataset_free(context, little);
}

/* Gaussian data, white with sigma = 0.9 and no odd moments, linear: L = (beta - sigma) z^2 + z^4 / 4 is T11. */
static void test_closed(void **state)
{
    (void)state;
    const double yx[2] = {0.9, 0}, y_vv[1] = {0}, uv_x[2] = {0, 0};
    spn_theory_onset_moments moments = {2, 1, yx, 0, 1, 3 * 0.9, y_vv, uv_x};
    spn_theory_activation activation = {1, 0, 0};
    spn_theory_onset onset;
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    check_close(onset.beta, 0.9, 1e-15, 0);
    check_close(onset.quartic, 0.25, 1e-15, 0);
    /* tanh: tau = -(2/3) 3 sigma, shared by five units */
    activation.twist = -2;
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    check_close(onset.quartic, (1 + 1.8 / 5) / 4, 1e-15, 0);
    assert_int_equal(onset.units, 5);
    /* the mirror image phi(-a) is the same network */
    activation = (spn_theory_activation){-1, 0, 2};
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    check_close(onset.quartic, (1 + 1.8 / 5) / 4, 1e-15, 0);
    /* at the border of the orders, and with equal leading modes: not decided */
    moments.cubed = -1.5;
    activation = (spn_theory_activation){1, 0, -2};
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    assert_int_equal(onset.order, 0);
    assert_true(isnan(onset.spinodal_beta));
    const double equal[4] = {0.5, 0, 0, 0.5}, none[2] = {0, 0};
    moments = (spn_theory_onset_moments){2, 2, equal, 0, 1, 0, none, none};
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    assert_int_equal(onset.order, 0);
    check_close(onset.beta, 0.5, 1e-15, 0);
    assert_true(isnan(onset.quartic));
    /* ... but of linear networks: T12 */
    activation = (spn_theory_activation){1, 0, 0};
    check_ok(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset));
    assert_int_equal(onset.order, 2);
    check_close(onset.beta, 0.5, 1e-15, 0);
    check_close(onset.spinodal_beta, 0.5, 1e-15, 0);
    activation.slope = 0;
    check_fails(context, spn_theory_onset_at(context, &moments, &activation, 5, false, &onset),
                SPN_ERROR_ARGUMENT, "slope");
    activation.slope = 1;
    check_fails(context, spn_theory_onset_at(context, &moments, &activation, 0, false, &onset),
                SPN_ERROR_ARGUMENT, "hidden units");
    moments.inputs = 0;
    check_fails(context, spn_theory_onset_at(context, &moments, &activation, 1, false, &onset),
                SPN_ERROR_ARGUMENT, "0 inputs");
}

static spn_status onset_operation(spn_context *failing, void *memory)
{
    (void)memory;
    spn_status status = SPN_OK;
    const double yx[2] = {0.9, 0.1}, zero[2] = {0, 0};
    const spn_theory_onset_moments moments = {2, 1, yx, 0, 1, 1, zero, zero};
    const spn_theory_activation activation = {1, 0, -2};
    double u[1], v[2], sigma = 0;
    spn_theory_onset onset;
    SPN_TRY(spn_theory_leading_mode(failing, 2, 1, yx, u, v, &sigma));
    SPN_TRY(spn_theory_onset_at(failing, &moments, &activation, 2, false, &onset));
done:
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(onset_operation, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expansion),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
