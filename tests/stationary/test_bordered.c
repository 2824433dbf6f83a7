/* SPDX-License-Identifier: MIT */
/* Newton's method on grad L = 0 and one condition of each kind, and the augmented system of folds, on landscapes whose
 * solutions are known. */
#include "stationary_case.h"

#include <string.h>

static const double flat[] = {0, 2};
static const double NEVER = (double)INFINITY;

static bool solve(landscape_case *c, const spni_condition *condition, double reach, double *theta,
                  double *p)
{
    spni_newton_info info;
    check_ok(c->context, spni_newton_solve(&c->frame, condition, reach, theta, p, &info));
    assert_true(info.steps <= 12);
    return info.is_converged;
}

static void test_level(void **state)
{
    (void)state;
    landscape_case c;
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    for (int which = 0; which < 3; which++) {
        const spni_condition level = {.kind = SPNI_LEVEL, .target = 0.2};
        double root = well_root(0.2, which), theta[] = {root + 0.03, 0.1}, p = 0.15;
        assert_true(solve(&c, &level, NEVER, theta, &p));
        check_close(p, 0.2, 1e-15, 0);
        check_close(theta[0], root, 1e-14, 0);
        check_close(theta[1], 0, 1e-15, 1);
    }
    landscape_close(&c);
}

/* On p = -t^2, through its fold: the plane t = h, and the same with a part along p. */
static void test_plane(void **state)
{
    (void)state;
    landscape_case c;
    const double row[] = {1, 0}, origin[] = {0, 0};
    landscape_open(&c, SPN_LANDSCAPE_FOLD, 2, flat);
    for (double h = -0.2; h <= 0.21; h += 0.1) {
        const spni_condition plane = {
            .kind = SPNI_PLANE, .row = row, .origin = origin, .target = h};
        double theta[] = {h + 0.02, 0.1}, p = 0.01;
        assert_true(solve(&c, &plane, NEVER, theta, &p));
        check_close(theta[0], h, 1e-14, 1);
        check_close(p, -h * h, 1e-14, 1);
        /* t + m^2 p / 2 = h' with the same solution. */
        const double weight = c.frame.metric * c.frame.metric;
        const spni_condition oblique = {.kind = SPNI_PLANE,
                                        .row = row,
                                        .origin = origin,
                                        .row_beta = 0.5,
                                        .target = h - weight * h * h / 2};
        theta[0] = h + 0.02;
        assert_true(solve(&c, &oblique, NEVER, theta, &p));
        check_close(theta[0], h, 1e-14, 1);
    }
    landscape_close(&c);
}

/* On the pitchfork t^2 = -p: |theta|^2 = 0.09, and at that distance from the branch point. */
static void test_norm_and_sphere(void **state)
{
    (void)state;
    landscape_case c;
    const double basis[] = {1, 0}, origin[] = {0, 0};
    landscape_open(&c, SPN_LANDSCAPE_PITCHFORK, 2, flat);
    const spni_condition conditions[] = {
        {.kind = SPNI_NORM, .target = 0.09},
        {.kind = SPNI_SPHERE, .target = 0.09, .origin = origin, .basis = basis, .k = 1}};
    for (int k = 0; k < 2; k++) {
        for (int side = -1; side <= 1; side += 2) {
            double theta[] = {0.32 * side, 0.01}, p = -0.05;
            assert_true(solve(&c, &conditions[k], NEVER, theta, &p));
            check_close(theta[0], 0.3 * side, 1e-14, 0);
            check_close(p, -0.09, 1e-14, 0);
        }
    }
    landscape_close(&c);
}

/* At the branch point itself the level p = 0 is a singular system; with the kernel made stiff it is left alone along it. */
static void test_stiff_kernel(void **state)
{
    (void)state;
    landscape_case c;
    const double kernel[] = {1, 0};
    landscape_open(&c, SPN_LANDSCAPE_PITCHFORK, 2, flat);
    const spni_condition level = {.kind = SPNI_LEVEL, .stiff = kernel, .stiff_count = 1};
    double theta[] = {0, 0.1}, p = 0.001;
    assert_true(solve(&c, &level, NEVER, theta, &p));
    assert_true(theta[0] == 0);
    check_close(theta[1], 0, 1e-15, 1);
    landscape_close(&c);
}

/* Refused: a solution beyond the reach, and a level at which there is none. */
static void test_refusals(void **state)
{
    (void)state;
    landscape_case c;
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    const spni_condition level = {.kind = SPNI_LEVEL, .target = 0.2};
    double theta[] = {well_root(0.2, 0) + 0.1, 0}, p = 0.2;
    assert_false(solve(&c, &level, 0.05, theta, &p));
    landscape_close(&c);
    landscape_open(&c, SPN_LANDSCAPE_FOLD, 2, flat);
    const spni_condition beyond = {.kind = SPNI_LEVEL, .target = 0.2};
    double other[] = {0.3, 0};
    p = -0.09;
    assert_false(solve(&c, &beyond, NEVER, other, &p));
    landscape_close(&c);
}

/* A range that does not ascend, or is not finite, is said to be none. */
static void test_range(void **state)
{
    (void)state;
    landscape_case c;
    spni_frame frame;
    landscape_open(&c, SPN_LANDSCAPE_FOLD, 2, flat);
    check_fails(c.context, spni_frame_create(c.context, &c.objective, 1, 1, &frame),
                SPN_ERROR_INPUT, "must ascend");
    spni_frame_free(&frame);
    check_fails(c.context, spni_frame_near(c.context, &c.objective, (double)NAN, &frame),
                SPN_ERROR_INPUT, "must ascend");
    spni_frame_free(&frame);
    landscape_close(&c);
}

/* The double well's fold: t = 1 / sqrt 3 at p = 2 / (3 sqrt 3). Differences of third order, good to 1e-8, make it linear at that
 * rate in the end. */
static void test_fold_system(void **state)
{
    (void)state;
    landscape_case c;
    double w[] = {0.8, 0.6}, slope[2], theta[] = {0.5, 0.1}, p = 0.3;
    spni_fold fold = {.w = w, .slope = slope};
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    for (int k = 0; k < 10; k++) {
        spni_newton_step step;
        check_ok(c.context, spni_fold_step(&c.frame, theta, p, &fold, &step));
        assert_false(step.is_singular);
        spn_axpy(2, 1, step.theta, theta);
        p += step.beta;
    }
    check_close(theta[0], 1 / sqrt(3), 1e-12, 0);
    check_close(theta[1], 0, 1e-12, 1);
    check_close(p, 2 / (3 * sqrt(3)), 1e-14, 0);
    check_close(fabs(w[0]), 1, 1e-12, 0);
    check_close(fold.sigma, 0, 1e-12, 1);
    /* d(3 t^2 - 1)/dt. */
    check_close(slope[0], 6 / sqrt(3), 1e-7, 0);
    landscape_close(&c);
}

/* Two directions that vanish together: a fold has one. */
static void test_degenerate_kernel(void **state)
{
    (void)state;
    landscape_case c;
    double w[] = {1, 0, 0}, slope[3], theta[] = {0, 0, 0};
    spni_fold fold = {.w = w, .slope = slope};
    spni_newton_step step;
    landscape_open(&c, SPN_LANDSCAPE_FOLD, 3, (const double[]){0, 0, 0});
    check_fails(c.context, spni_fold_step(&c.frame, theta, 0, &fold, &step), SPN_ERROR_NUMERIC,
                "degenerate");
    landscape_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level),           cmocka_unit_test(test_plane),
        cmocka_unit_test(test_norm_and_sphere), cmocka_unit_test(test_stiff_kernel),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_range),
        cmocka_unit_test(test_fold_system),     cmocka_unit_test(test_degenerate_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
