/* SPDX-License-Identifier: MIT */
/* Tangents and susceptibilities against derivatives of stationary points that are known as functions of the parameter. */
#include "stationary_case.h"

#include "stationary/tangent.h"

static const double flat[] = {0, 2};

/* dtheta/dp at theta by Cholesky. */
static bool tangent_at(landscape_case *c, const double *theta, double p, double shift,
                       double *tangent)
{
    double factor[4];
    bool is_positive = false;
    check_ok(c->context, spn_point_set(c->context, c->frame.point, theta, p, NULL, SPN_WANT_ALL));
    check_ok(c->context, spni_tangent_of_minimum(c->context, c->frame.point, shift, factor, tangent,
                                                 &is_positive));
    return is_positive;
}

/* t = sqrt(-p) of fold and pitchfork: dt/dp = -1 / (2 sqrt(-p)). Of the double well: dt/dp = -1 / (3 t^2 - 1). */
static void test_minima(void **state)
{
    (void)state;
    const spn_landscape_kind kinds[] = {SPN_LANDSCAPE_FOLD, SPN_LANDSCAPE_PITCHFORK};
    const double places[] = {-0.9, -0.04, -1e-6};
    landscape_case c;
    double tangent[2];
    for (int k = 0; k < 2; k++) {
        landscape_open(&c, kinds[k], 2, flat);
        for (int i = 0; i < 3; i++) {
            double root = sqrt(-places[i]);
            assert_true(tangent_at(&c, (double[]){root, 0}, places[i], 1e-15, tangent));
            /* The shift is 1e-15 of the largest curvature, 2, and the smallest is 2e-6. */
            check_close(tangent[0], -0.5 / root, 1e-8, 0);
            assert_true(tangent[1] == 0);
        }
        landscape_close(&c);
    }
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    for (double p = -0.3; p <= 0.3; p += 0.1) {
        double t = well_root(p, 0);
        assert_true(tangent_at(&c, (double[]){t, 0}, p, 1e-15, tangent));
        check_close(tangent[0], -1 / (3 * t * t - 1), 1e-13, 0);
    }
    landscape_close(&c);
}

/* A saddle has no tangent here; along an exact zero mode it is zero, and the shift, 1e-8, is what it costs elsewhere. */
static void test_saddles_and_zero_modes(void **state)
{
    (void)state;
    landscape_case c;
    double tangent[2];
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, flat);
    assert_false(tangent_at(&c, (double[]){well_root(0.1, 2), 0}, 0.1, 1e-8, tangent));
    assert_true(tangent[0] == 0 && tangent[1] == 0);
    landscape_close(&c);
    landscape_open(&c, SPN_LANDSCAPE_DOUBLE_WELL, 2, (const double[]){0, 0});
    double t = well_root(0.1, 0);
    assert_true(tangent_at(&c, (double[]){t, 0.3}, 0.1, 1e-8, tangent));
    check_close(tangent[0], -1 / (3 * t * t - 1), 1.1e-8, 0);
    assert_true(tangent[1] == 0);
    landscape_close(&c);
}

/* The unit tangent passes the fold t^2 = -p at its turning point, where dp/ds = 0, and says dt/dp on both sides. */
static void test_unit_tangent(void **state)
{
    (void)state;
    landscape_case c;
    spni_place before, place;
    landscape_open(&c, SPN_LANDSCAPE_FOLD, 2, flat);
    check_ok(c.context, spni_place_create(c.context, 2, &before));
    check_ok(c.context, spni_place_create(c.context, 2, &place));
    const double roots[] = {0.5, 0.2, 0, -0.2, -0.5};
    for (int k = 0; k < 5; k++) {
        const double theta[] = {roots[k], 0};
        check_ok(c.context, spni_linearise(&c.frame, theta, -roots[k] * roots[k],
                                           k > 0 ? &before : NULL, &place));
        check_close(spni_length(&c.frame, place.tangent, place.beta_slope), 1, 1e-15, 0);
        /* p = -t^2: up to the fold with p, down behind it; t falls all the way. */
        check_close(place.beta_slope, -2 * roots[k] * place.tangent[0], 1e-15, 1);
        assert_true(place.tangent[0] < 0);
        assert_int_equal(place.index, roots[k] < 0 ? 1 : 0);
        spni_place_swap(&before, &place);
    }
    spni_place_free(c.context, &before);
    spni_place_free(c.context, &place);
    landscape_close(&c);
}

/* A branch point met exactly: nothing drives theta there, p alone moves. */
static void test_tangent_of_a_branch_point(void **state)
{
    (void)state;
    landscape_case c;
    spni_place place;
    const double origin[] = {0, 0};
    landscape_open(&c, SPN_LANDSCAPE_PITCHFORK, 2, flat);
    check_ok(c.context, spni_place_create(c.context, 2, &place));
    check_ok(c.context, spni_linearise(&c.frame, origin, 0, NULL, &place));
    assert_true(place.tangent[0] == 0 && place.tangent[1] == 0);
    check_close(place.beta_slope * c.frame.metric, 1, 1e-15, 0);
    spni_place_free(c.context, &place);
    landscape_close(&c);
}

/* (t_0 t_1 - sigma)^2 + beta |t|^2: |t|^2 = 2 (sigma - beta), so that -d|t|^2/dbeta = 2 for every beta (T10, T12). */
static void test_susceptibility(void **state)
{
    (void)state;
    landscape_case c;
    spni_place place;
    spn_geometry measured;
    const double sigma[] = {0.9, 0};
    landscape_open(&c, SPN_LANDSCAPE_DEEP_MODE, 2, sigma);
    check_ok(c.context, spni_place_create(c.context, 2, &place));
    for (double beta = 0.1; beta < 0.85; beta += 0.1) {
        const double t = sqrt(0.9 - beta), theta[] = {t, t};
        check_ok(c.context, spni_linearise(&c.frame, theta, beta, NULL, &place));
        check_close(spni_susceptibility_along(&c.frame, &place), 2, 1e-13, 0);
        check_close(
            spni_susceptibility_of_modes(2, place.values, place.vectors, place.drive, 1e-11), 2,
            1e-13, 0);
        check_ok(c.context, spn_geometry_measure(c.context, c.frame.geometry, c.frame.point,
                                                 SPN_GEOMETRY_STATIONARY, NULL, &measured));
        check_close(measured.susceptibility, 2, 1e-13, 0);
    }
    spni_place_free(c.context, &place);
    landscape_close(&c);
}

/* Of two modes one is left out as zero: 3^2 / 2 remains. */
static void test_zero_modes_do_not_respond(void **state)
{
    (void)state;
    const double values[] = {1e-12, 2}, vectors[] = {1, 0, 0, 1}, b[] = {5, 3};
    check_close(spni_susceptibility_of_modes(2, values, vectors, b, 1e-11), 4.5, 1e-15, 0);
}

static void test_softest(void **state)
{
    (void)state;
    assert_int_equal(spni_softest(4, (const double[]){-3, -0.5, 0.5, 2}), 1);
    assert_int_equal(spni_softest(1, (const double[]){7}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minima),         cmocka_unit_test(test_saddles_and_zero_modes),
        cmocka_unit_test(test_unit_tangent),   cmocka_unit_test(test_tangent_of_a_branch_point),
        cmocka_unit_test(test_susceptibility), cmocka_unit_test(test_zero_modes_do_not_respond),
        cmocka_unit_test(test_softest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
