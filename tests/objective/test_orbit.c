/* SPDX-License-Identifier: MIT */
/* The orbit of a continuous symmetry: a hat (|t|^2 - 1)^2 / 4 in space, turned by three generators of which
 * two are independent. */
#include "support.h"

#include <float.h>
#include <spinodal/numeric.h>
#include <spinodal/objective.h>

enum { P = 3 };

static spn_status hat_set(spn_context *context, spn_point *point, const spn_subset *subset,
                          unsigned wanted)
{
    (void)context, (void)subset, (void)wanted;
    double excess = spn_dot(P, point->theta, point->theta) - 1;
    point->value = excess * excess / 4;
    for (int i = 0; i < P; i++) {
        point->gradient[i] = excess * point->theta[i];
    }
    return SPN_OK;
}

static spn_status hat_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                          const double *v, double *hv)
{
    (void)context, (void)part;
    double excess = spn_dot(P, point->theta, point->theta) - 1;
    for (int64_t j = 0; j < k; j++) {
        double along = spn_dot(P, point->theta, v + j * P);
        for (int i = 0; i < P; i++) {
            hv[j * P + i] = excess * v[j * P + i] + 2 * along * point->theta[i];
        }
    }
    return SPN_OK;
}

static int64_t hat_orbit_capacity(const spn_objective *objective)
{
    return objective->dimension;
}

static spn_status hat_orbit(spn_context *context, const spn_objective *objective,
                            const double *theta, double *z)
{
    (void)context, (void)objective;
    for (int axis = 0; axis < P; axis++) {
        int a = (axis + 1) % P, b = (axis + 2) % P;
        z[axis * P + axis] = 0;
        z[axis * P + a] = theta[b];
        z[axis * P + b] = -theta[a];
    }
    return SPN_OK;
}

static const spn_objective_operations operations = {
    .size = sizeof(spn_objective_operations),
    .set = hat_set,
    .hvp = hat_hvp,
    .orbit_capacity = hat_orbit_capacity,
    .orbit = hat_orbit,
};
static const spn_objective hat = {.operations = &operations, .dimension = P, .samples = 1};

static spn_context *make_context(void)
{
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return context;
}

/* On the brim, also as the error of a ridge: there beta moves the brim to |t|^2 = 1 - 2 beta. */
static void zero_modes_of_the_brim(void **state)
{
    (void)state;
    spn_context *context = make_context();
    const spn_objective ridge = spn_ridge(&hat);
    for (int is_ridge = 0; is_ridge < 2; is_ridge++) {
        const spn_objective *objective = is_ridge ? &ridge : &hat;
        const double beta = is_ridge ? 0.18 : 0, radius = sqrt(1 - 2 * beta);
        const double theta[P] = {2 * radius / 7, -3 * radius / 7, 6 * radius / 7};
        double z[P * P], hz[P * P];
        int64_t rank = -1;
        spn_point *point = NULL;
        assert_int_equal(spn_objective_orbit_capacity(objective), P);
        check_ok(context, spn_objective_orbit(context, objective, theta, z, &rank));
        assert_int_equal(rank, 2);
        check_ok(context, spn_point_create(context, objective, &point));
        check_ok(context, spn_point_set(context, point, theta, beta, NULL, SPN_WANT_ALL));
        check_ok(context, spn_point_hvp(context, point, SPN_PART_FULL, rank, z, hz));
        for (int64_t i = 0; i < rank; i++) {
            check_close(spn_norm(P, hz + i * P), 0, 16 * DBL_EPSILON, 1);
            check_close(spn_dot(P, theta, z + i * P), 0, 4 * DBL_EPSILON, 1);
            for (int64_t j = 0; j <= i; j++) {
                check_close(spn_dot(P, z + i * P, z + j * P), i == j, 4 * DBL_EPSILON, 1);
            }
        }
        spn_point_free(context, point);
    }
    spn_context_free(context);
}

/* No direction at the top of the hat, nor within the noise around it. */
static void short_generators_are_noise(void **state)
{
    (void)state;
    spn_context *context = make_context();
    double z[P * P];
    int64_t rank = -1;
    for (int k = -12; k <= 8; k += 4) {
        const double theta[P] = {0.9 * pow(10, k), 0, 0};
        check_ok(context, spn_objective_orbit(context, &hat, theta, z, &rank));
        assert_int_equal(rank, k < -7 ? 0 : 2);
    }
    const double bad[P] = {1, (double)NAN, 0};
    check_fails(context, spn_objective_orbit(context, &hat, bad, z, &rank), SPN_ERROR_NUMERIC,
                "not finite");
    assert_int_equal(rank, 0);
    spn_context_free(context);
}

/* Objectives without the operation, or with a table of an older layout, have no orbit. */
static void absence_is_an_empty_orbit(void **state)
{
    (void)state;
    spn_context *context = make_context();
    spn_objective_operations older = operations;
    older.size = offsetof(spn_objective_operations, orbit_capacity);
    const spn_objective without = {.operations = &older, .dimension = P, .samples = 1};
    const spn_objective ridge = spn_ridge(&without);
    const double theta[P] = {1, 0, 0};
    int64_t rank = -1;
    assert_int_equal(spn_objective_orbit_capacity(&without), 0);
    check_ok(context, spn_objective_orbit(context, &ridge, theta, NULL, &rank));
    assert_int_equal(rank, 0);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_modes_of_the_brim),
        cmocka_unit_test(short_generators_are_noise),
        cmocka_unit_test(absence_is_an_empty_orbit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
