/* SPDX-License-Identifier: MIT */
/* Finite rates: a jump comes late by a power 2/3 of the rate, with the prefactor of the fold's normal form. */
#include "sweep_case.h"

static trace now, other;

/* -a_1, the first zero of the Airy function, and -Ai'(0)/Ai(0) = 3^(1/3) Gamma(2/3) / Gamma(1/3). */
static const double AIRY_ZERO = 2.338107410459767;
static double airy_slope(void)
{
    return cbrt(3) * tgamma(2.0 / 3) / tgamma(1.0 / 3);
}

/* A value is held for its steps: at their end the linear ramp with the same mean is half a value ahead. */
static const double AHEAD = 0.005;

/* From 20 to `to` units v^(2/3) / (a c)^(1/3) of beta around the fold at `fold`, a hundred values a unit. */
static void run_ramp(scene *s, double fold, double ac, double rate, int64_t epochs, double to,
                     trace *out)
{
    double unit = pow(rate, 2.0 / 3) / cbrt(ac), step = unit / 100;
    s->sweep.epochs = epochs;
    s->solver.learning_rate = step / (rate * (double)epochs);
    s->sweep.beta_points = 2000 + (int64_t)lround(100 * to) + 1;
    s->sweep.beta_from = fold - 20 * unit;
    s->sweep.beta_to = fold + to * unit;
    run_scene(s, out);
}

/* x' = -(x^2 + p), p = v t: x = u'/u, u = Ai(-v^(1/3) t). At p = 0 x = 0.729 v^(1/3); then x goes to
 * -infinity, at t* as -1/(t* - t), corrected by p/3 (t* - t). Euler's steps of learning rate h deviate by h v^(1/3)
 * relatively, here 1/2000 of the time unit: times a factor of order one. */
static double fold_delay(double rate)
{
    const double start[1] = {0}, coefficients[1] = {0};
    double unit = cbrt(rate), at = sqrt(20) * unit, delay = 0;
    scene s;
    open_scene(&s, SPN_LANDSCAPE_FOLD, 1, coefficients, start);
    start_values = &at;
    run_ramp(&s, 0, 1, rate, 20, 2.6, &now);
    check_close(now.records[2000].state.beta, 0, 1e-12, 1);
    /* x' = -x^2 at p = 0, second order in the time AHEAD. */
    double slope = airy_slope();
    check_close(now.theta[2000][0], (slope - slope * slope * AHEAD) * unit, 1e-3, 0);
    for (int64_t i = 2000; delay == 0 && i < now.count; i++) {
        double x = now.theta[i][0];
        if (x < -10 * unit) {
            delay = now.records[i].state.beta + AHEAD * unit * unit + rate / -x;
        }
    }
    assert_true(delay > 0);
    assert_int_equal(now.records[now.count - 1].stop, SPN_STOP_DIVERGED);
    assert_int_equal(now.records[2000].state.stationary, 0);
    assert_int_equal(now.records[2000].iterations, 20);
    assert_int_equal(now.jump_count, 0);
    close_scene(&s);
    return delay;
}

static void test_delay_at_a_fold(void **state)
{
    (void)state;
    double slow = fold_delay(1e-6), fast = fold_delay(8e-6);
    check_close(slow, AIRY_ZERO * pow(1e-6, 2.0 / 3), 1e-3, 0);
    check_close(fast, AIRY_ZERO * pow(8e-6, 2.0 / 3), 1e-3, 0);
    check_close(log(fast / slow) / log(8), 2.0 / 3, 1e-3, 0);
}

/* One mode of depth 3: along (1, 1, 1)/sqrt 3 L''' = 18 sigma / 3^(3/2) at s = sigma/4, and the slope by beta is
 * 2 |theta| = 2 sqrt 3 (sigma/4)^(1/3). Where s has fallen to a half of its value at the fold, in units of
 * v^(2/3) / (a c)^(1/3). */
static double mode_delay(double sigma, double rate)
{
    const double coefficients[3] = {sigma, 0, 0};
    double root = cbrt(sigma / 4), fold = 0.75 * sigma * root, ac = 6 * sigma * root;
    double start[3] = {cbrt(sigma), cbrt(sigma), cbrt(sigma)}, delay = 0;
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    run_ramp(&s, fold, ac, rate, 20, 8, &now);
    for (int64_t i = 0; delay == 0 && i < now.count; i++) {
        const double *t = now.theta[i];
        if (t[0] * t[1] * t[2] < sigma / 8) {
            delay = (now.records[i].state.beta - fold) * cbrt(ac) / pow(rate, 2.0 / 3) + AHEAD;
        }
    }
    close_scene(&s);
    return delay;
}

/* Corrections go like v^(1/3), halved by each factor of 8 in the rate: two rates eliminate them, the next are a
 * quarter of those between pairs. They are a tenth at v = 1e-6 and their square a hundredth; the crossing is read
 * off to a hundredth of a unit. */
static void test_delay_of_a_deep_mode(void **state)
{
    (void)state;
    double fast = mode_delay(0.5, 1e-6), slow = mode_delay(0.5, 1.25e-7);
    assert_true(fast > 0 && slow > 0);
    check_close(2 * slow - fast, AIRY_ZERO, 0.02, 0);
    /* The exponent itself, with the same corrections. */
    double exponent = 2.0 / 3 + log(fast / slow) / log(8);
    assert_true(fabs(exponent - 2.0 / 3) < 0.05);
}

/* Slowly enough away from transitions a finite rate is quasi-static. */
static void test_slow_is_quasi_static(void **state)
{
    (void)state;
    const double start[3] = {0.8, 0.8, 0.8}, coefficients[3] = {0.5, 0, 0};
    scene s;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.beta_to = 0.1;
    s.sweep.beta_points = 10;
    run_scene(&s, &now);
    s.sweep.epochs = 2000; /* lambda >= 0.5: e^(-100) is left of each step */
    s.solver.learning_rate = 0.1;
    run_scene(&s, &other);
    assert_int_equal(now.count, other.count);
    for (int64_t i = 0; i < now.count; i++) {
        check_close(other.records[i].state.weight_norm, now.records[i].state.weight_norm, 1e-9, 0);
    }
    close_scene(&s);
}

static void test_resumed_and_refused(void **state)
{
    (void)state;
    const double start[3] = {0.8, 0.8, 0.8}, coefficients[3] = {0.5, 0, 0};
    scene s;
    spn_sweep *sweep = NULL;
    open_scene(&s, SPN_LANDSCAPE_DEEP_MODE, 3, coefficients, start);
    s.sweep.direction = SPN_PROTOCOL_BOTH;
    s.sweep.beta_points = 9;
    s.sweep.epochs = 50;
    run_scene(&s, &now);
    check_resumes(&s, &now, &other);
    s.sweep.direction = SPN_PROTOCOL_QUENCH;
    check_fails(s.context, spn_sweep_create(s.context, &s.problem, &sweep), SPN_ERROR_INPUT,
                "a quench has no rate");
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay_at_a_fold),
        cmocka_unit_test(test_delay_of_a_deep_mode),
        cmocka_unit_test(test_slow_is_quasi_static),
        cmocka_unit_test(test_resumed_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
