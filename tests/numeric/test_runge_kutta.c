/* SPDX-License-Identifier: MIT */
/* One step of the pair of order 5(4): its orders by the slopes of its errors, its last stage, its control. */
#include "numeric/runge_kutta.h"
#include "support.h"
#include <spinodal/numeric.h>

enum { SIZE = 2 };

/* y_0' = y_0^2, y_1' = -y_0 y_1: from (1, 1) y_0 = 1 / (1 - t), y_1 = 1 - t. *state: stages that may still be made. */
static spn_status slope(spn_context *context, void *state, const double *y, bool is_last,
                        double *dy, bool *is_finite)
{
    int *left = state;
    (void)is_last;
    if (--*left < -100) {
        return spn_fail(context, SPN_ERROR_NUMERIC, "no slope");
    }
    dy[0] = y[0] * y[0];
    dy[1] = -y[0] * y[1];
    *is_finite = *left >= 0;
    return SPN_OK;
}

typedef struct stepping {
    spn_context *context;
    double memory[SPNI_STAGES + 2][SIZE];
    int left;
    spni_runge_kutta method;
} stepping;

static void open_stepping(stepping *s)
{
    memset(s, 0, sizeof *s);
    assert_int_equal(spn_context_create(NULL, &s->context), SPN_OK);
    s->left = 1000000;
    s->method = (spni_runge_kutta){.n = SIZE, .slope = slope, .state = &s->left};
    for (int stage = 0; stage < SPNI_STAGES; stage++) {
        s->method.slopes[stage] = s->memory[stage];
    }
    s->method.next = s->memory[SPNI_STAGES];
    s->method.sum = s->memory[SPNI_STAGES + 1];
}

/* One step errs as h^6, the difference of both orders is as h^5. The last stage is the slope at the result. */
static void test_orders(void **state)
{
    (void)state;
    const double start[SIZE] = {1, 1};
    double x[6], errors[6], differences[6];
    stepping s;
    open_stepping(&s);
    bool is_finite = false;
    check_ok(s.context, slope(s.context, &s.left, start, false, s.method.slopes[0], &is_finite));
    for (int k = 0; k < 6; k++) {
        double h = 0.1 * pow(0.75, k), difference = 0;
        check_ok(s.context, spni_runge_kutta_step(s.context, &s.method, start, h, &difference));
        x[k] = log(h);
        errors[k] = log(fabs(s.method.next[0] - 1 / (1 - h)));
        differences[k] = log(difference);
        double y = s.method.next[0];
        check_close(s.method.slopes[SPNI_STAGES - 1][0], y * y, 0, 0);
        check_close(s.method.next[1], 1 - h, 1e-6, 0);
    }
    /* The next order still shares: with h <= 0.1 it moves the slopes by some tenths. */
    check_close(spn_fit_line(6, x, errors, NULL).slope, 6.25, 0.25 / 6, 0);
    check_close(spn_fit_line(6, x, differences, NULL).slope, 5.25, 0.25 / 5, 0);
    spn_context_free(s.context);
}

static void test_stages_that_fail(void **state)
{
    (void)state;
    const double start[SIZE] = {1, 1};
    stepping s;
    open_stepping(&s);
    for (int stage = 0; stage < SPNI_STAGES - 1; stage++) {
        double error = 0;
        s.left = stage;
        check_ok(s.context, spni_runge_kutta_step(s.context, &s.method, start, 0.1, &error));
        assert_true(isinf(error));
        assert_int_equal(s.left, -1); /* and no further stage is made */
    }
    double error = 0;
    s.left = -100;
    check_fails(s.context, spni_runge_kutta_step(s.context, &s.method, start, 0.1, &error),
                SPN_ERROR_NUMERIC, "no slope");
    spn_context_free(s.context);
}

/* The larger the error the shorter the next step, among accepted and among rejected ones, within bounds; rejected ones are
 * shortened. */
static void test_control(void **state)
{
    (void)state;
    double last = 0, previous = 10;
    for (double error = 1e-9; error < 1e9; error *= 1.7) {
        bool is_first_rejected = error > 1 && error <= 1.7;
        last = 0.5;
        double change = spni_step_change(error, &last);
        assert_true(change <= previous || is_first_rejected);
        assert_true(change >= 0.2 && change <= (error > 1 ? 0.9 : 10));
        check_close(last, error <= 1 ? fmax(error, SPNI_ERROR_FLOOR) : 0.5, 0, 0);
        previous = change;
    }
    check_close(spni_step_change(0, &last), 10, 1e-15, 0);
    check_close(spni_step_change((double)INFINITY, &last), 0.2, 1e-15, 0);
    /* Where errors no longer change, neither do steps. */
    double h = 1, error = 1;
    last = SPNI_ERROR_FLOOR;
    for (int k = 0; k < 200; k++) {
        error = 3e-5 * pow(h, 5);
        h *= spni_step_change(error, &last);
    }
    check_close(spni_step_change(3e-5 * pow(h, 5), &last), 1, 1e-12, 0);
    assert_true(error < 1 && error > 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_stages_that_fail),
        cmocka_unit_test(test_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
