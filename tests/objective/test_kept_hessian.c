/* SPDX-License-Identifier: MIT */
/* The full Hessian is formed once for each linearisation, however often it is asked for. */
#include "support.h"

#include <spinodal/objective.h>

static int formed;

/* t_0^2 + (1 + t_0) t_1^2 / 2: a Hessian that depends on theta. */
static spn_status set_toy(spn_context *context, spn_point *point, const spn_subset *subset,
                          unsigned wanted)
{
    const double *t = point->theta;
    (void)context, (void)subset, (void)wanted;
    point->value = t[0] * t[0] + (1 + t[0]) * t[1] * t[1] / 2;
    point->gradient[0] = 2 * t[0] + t[1] * t[1] / 2;
    point->gradient[1] = (1 + t[0]) * t[1];
    return SPN_OK;
}

static spn_status toy_hessian(spn_context *context, const spn_point *point, spn_part part,
                              double *h)
{
    const double *t = point->theta;
    (void)context, (void)part;
    formed++;
    h[0] = 2;
    h[1] = t[1];
    h[3] = 1 + t[0];
    return SPN_OK;
}

static spn_status toy_hvp(spn_context *context, const spn_point *point, spn_part part, int64_t k,
                          const double *v, double *hv)
{
    const double *t = point->theta;
    (void)context, (void)part;
    for (int64_t j = 0; j < k; j++) {
        hv[2 * j] = 2 * v[2 * j] + t[1] * v[2 * j + 1];
        hv[2 * j + 1] = t[1] * v[2 * j] + (1 + t[0]) * v[2 * j + 1];
    }
    return SPN_OK;
}

static const spn_objective_operations operations = {
    .size = sizeof operations, .set = set_toy, .hvp = toy_hvp, .hessian = toy_hessian};

static void check_hessian(spn_context *context, const spn_point *point, double shift)
{
    double h[4] = {0, 0, -7, 0};
    check_ok(context, spn_point_hessian(context, point, SPN_PART_FULL, h));
    assert_true(h[0] == 2 + shift && h[1] == point->theta[1] && h[2] == -7);
    assert_true(h[3] == 1 + point->theta[0] + shift);
}

static void test_once_for_each_set(void **state)
{
    (void)state;
    const spn_objective error = {.operations = &operations, .dimension = 2, .samples = 1};
    const spn_objective ridge = spn_ridge(&error);
    const double thetas[2][2] = {{0.5, 2}, {-0.25, 3}};
    spn_context *context = NULL;
    spn_point *point = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_point_create(context, &ridge, &point));
    formed = 0;
    for (int i = 0; i < 2; i++) {
        check_ok(context, spn_point_set(context, point, thetas[i], 0.25, NULL, SPN_WANT_ALL));
        for (int repeat = 0; repeat < 3; repeat++) {
            check_hessian(context, point, 0.5);
            check_hessian(context, spn_point_error(point), 0);
        }
        assert_int_equal(formed, i + 1);
    }
    spn_point_free(context, point);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_for_each_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
