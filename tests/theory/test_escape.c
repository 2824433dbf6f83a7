/* SPDX-License-Identifier: MIT */
/* Times of gradient flow (T16 and beyond): against 40-digit quadrature, and against the flow itself, of one mode as
 * its scalar equation and of a whole network. */
#include "support.h"

#include <float.h>
#include <spinodal/data.h>
#include <spinodal/network.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>
#include <spinodal/theory.h>

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

/* beta above which a mode at this scale shrinks, exactly. */
static double threshold(int64_t depth, double sigma, double scale)
{
    return (sigma - pow(scale, (double)depth)) * pow(scale, (double)depth - 2);
}

/* Made with mpmath at 40 digits from the integral, for the doubles given. */
static void test_passage_times(void **state)
{
    (void)state;
    static const struct {
        int64_t depth;
        double sigma, beta, scale, strength, time;
    } exact[] = {
        {3, 0.9, 0.0, 0.05, 0.45, 10.621093798704074721},
        {3, 0.9, 0.022496875000000003, 0.05, 0.45, 14.934918693095500259},
        {3, 0.9, 0.0445438125, 0.05, 0.45, 51.268429030072718262},
        {3, 0.9, 0.044989250625000005, 0.05, 0.45, 101.95975221687941494},
        {3, 0.9, 0.044993749955006254, 0.05, 0.45, 229.9420320115212584},
        {3, 0.9, 0.0, 0.001, 0.45, 555.06630958231545342},
        {3, 0.9, 0.00044999999950000004, 0.001, 0.45, 769.67467759494915351},
        {3, 0.9, 0.00089099999901, 0.001, 0.45, 2583.7821279635066508},
        {3, 0.9, 0.0008999099990001, 0.001, 0.45, 5116.8790593435525812},
        {3, 0.9, 0.0008999999981000001, 0.001, 0.45, 11512.437082510413391},
        {4, 0.9, 0.0, 0.05, 0.45, 110.95432210156213821},
        {4, 0.9, 0.0011249921875000001, 0.05, 0.45, 153.88075503916621399},
        {4, 0.9, 0.00222748453125, 0.05, 0.45, 516.71511204569440151},
        {4, 0.9, 0.0022497593765625004, 0.05, 0.45, 1023.3452685847545919},
        {4, 0.9, 0.002249984372750016, 0.05, 0.45, 2302.4835295097544563},
        {5, 1.3, 0.0, 0.2, 0.65, 16.004237674437217143},
        {5, 1.3, 0.005198720000000001, 0.2, 0.65, 22.205761757166648237},
        {5, 1.3, 0.010293465600000003, 0.2, 0.65, 74.581556542727346032},
        {5, 1.3, 0.010396400256000003, 0.2, 0.65, 147.70026450516586254},
        {5, 1.3, 0.010397439989602563, 0.2, 0.65, 332.3087049414817785},
        {50, 2.0, 0.0, 0.9, 1.0, 0.82691305677624641897},
        {50, 2.0, 0.006346289515896698, 0.9, 1.0, 1.1455559592273443049},
        {50, 2.0, 0.012565653241475462, 0.9, 1.0, 3.8342251077791541686},
        {50, 2.0, 0.012691309773890217, 0.9, 1.0, 7.5864253168113215318},
        {50, 2.0, 0.012692579019100817, 0.9, 1.0, 17.059703253560048277},
        {3, 0.9, 0.03, 0.05, 0.8684703027668624, 19.77150493196552047},
        {3, 0.9, 0.03, 0.05, 0.8685571576141535, 22.115270517489414212},
        {2, 0.9, 0.3, 0.05, 0.59994, 6.1194599662113684661},
        {2, 0.9, 0.3, 0.05, 0.5999999994, 10.916553915690056172},
        {3, 0.9, 0.01, 0.3, 0.027000000269999994, 6.6163820520136180462e-9},
    };
    for (size_t k = 0; k < sizeof exact / sizeof exact[0]; k++) {
        double share = exact[k].beta / threshold(exact[k].depth, exact[k].sigma, exact[k].scale);
        /* Close to where it stands still a rounding of theta or beta counts 1 / distance times. */
        double tolerance = 1 - share < 1e-6 ? 1e-9 : 1e-12;
        check_close(spn_theory_passage_time(exact[k].depth, exact[k].sigma, exact[k].beta,
                                            exact[k].scale, exact[k].strength),
                    exact[k].time, tolerance, 0);
    }
}

/* Depth 2 is a logistic equation for s = u^2, depth 1 a linear one. */
static void test_passages_with_closed_forms(void **state)
{
    (void)state;
    const double sigma = 0.8;
    for (int k = 0; k < 60; k++) {
        double beta = 0.1 * (k % 7), scale = pow(10, -1 - k % 5), share = 0.05 + 0.1 * (k % 10);
        double rate = sigma - beta, from = scale * scale, to = share * rate;
        double time = (log(to / from) + log((rate - from) / (rate - to))) / (4 * rate);
        check_close(spn_theory_passage_time(2, sigma, beta, scale, to), from < to ? time : 0, 1e-12,
                    1);
        double end = sigma / (1 + beta);
        time = log((end - scale) / (end - share * end)) / (2 * (1 + beta));
        check_close(spn_theory_passage_time(1, sigma, beta, scale, share * end),
                    scale < share * end ? time : 0, 1e-12, 1);
    }
    /* To half the final strength it is the D = 2 law. */
    check_close(spn_theory_passage_time(2, sigma, 0.3, 1e-3, 0.25),
                spn_theory_escape_time(2, sigma, 0.3, 1e-3), 1e-12, 0);
    /* Passages add up. */
    for (int64_t depth = 3; depth <= 6; depth++) {
        double beta = 0.9 * threshold(depth, sigma, 0.1), middle = 0.3;
        double whole = spn_theory_passage_time(depth, sigma, beta, 0.1, 0.7);
        double parts = spn_theory_passage_time(depth, sigma, beta, 0.1, pow(middle, (double)depth));
        parts += spn_theory_passage_time(depth, sigma, beta, middle, 0.7);
        check_close(whole, parts, 1e-12, 0);
    }
}

static void test_passages_that_are_none(void **state)
{
    (void)state;
    for (int64_t depth = 2; depth <= 6; depth++) {
        double edge = threshold(depth, 0.9, 0.1), above = edge * (1 + 1e-13);
        assert_true(isinf(spn_theory_passage_time(depth, 0.9, above, 0.1, 0.45)));
        if (depth > 2) { /* depth 2 has its final strength there */
            double below = edge * (1 - 1e-13);
            assert_true(isfinite(spn_theory_passage_time(depth, 0.9, below, 0.1, 0.02)));
        }
        assert_true(isinf(spn_theory_passage_time(depth, 0.9, 0, 0.1, 0.9)));
        assert_true(isinf(spn_theory_passage_time(depth, 0.9, 0, 0, 0.1)));
        assert_true(isinf(spn_theory_passage_time(depth, 0, 0, 0.1, 0.45)));
        check_close(spn_theory_passage_time(depth, 0.9, 0.01, 0.9, 0.1), 0, 0, 0);
        check_close(spn_theory_passage_time(depth, 0.9, 1, 1, 1), 0, 0, 0);
        assert_true(isnan(spn_theory_passage_time(depth, 0.9, 0, 0.1, 0)));
        assert_true(isnan(spn_theory_passage_time(depth, 0.9, 0, 0.1, -1)));
        assert_true(isnan(spn_theory_passage_time(depth, 0.9, -0.1, 0.1, 0.5)));
        assert_true(isnan(spn_theory_passage_time(depth, (double)NAN, 0, 0.1, 0.5)));
    }
    assert_true(isnan(spn_theory_passage_time(0, 0.9, 0, 0.1, 0.45)));
    assert_true(isinf(spn_theory_passage_time(1, 0.9, 0, 0.1, 0.9)));
}

/* T16 is the leading order in the scale, its error that of the header up to 99 % of the threshold. */
static void test_the_leading_order(void **state)
{
    (void)state;
    const double sigma = 0.9;
    for (int64_t depth = 3; depth <= 5; depth++) {
        for (int k = 0; k < 12; k++) {
            double scale = (double[]){0.05, 0.01, 0.001}[k % 3];
            double beta = (double[]){0, 0.5, 0.9, 0.99}[k / 3] * threshold(depth, sigma, scale);
            double time = spn_theory_passage_time(depth, sigma, beta, scale, sigma / 2);
            double bound = pow(scale / pow(sigma / 2, 1 / (double)depth), (double)depth - 2);
            check_close(spn_theory_escape_time(depth, sigma, beta, scale), time, bound, 0);
        }
    }
}

/* The time at which the product of the entries at `places` first reaches `strength`: the step that crosses is made
 * again from its start, shorter and shorter. Infinite where it does not before `end`. */
typedef struct crossing {
    const spn_objective *objective;
    int64_t count;
    const int64_t *places;
    double tolerance;
} crossing;

static double product_at(const crossing *c, const spn_stepper *stepper)
{
    double out = 1;
    for (int64_t k = 0; k < c->count; k++) {
        out *= spn_stepper_look(stepper).theta[c->places[k]];
    }
    return out;
}

static double time_to(const crossing *c, double beta, const double *start, double strength,
                      double end)
{
    spn_stepper *stepper = NULL;
    const spn_solver_settings settings = {.learning_rate = 1, .epsilon = 1, .batch = 1};
    double saved[512], low = 0, high = end;
    check_ok(context, spn_stepper_create(context, SPN_PATH_FLOW, c->tolerance, &settings,
                                         c->objective, &stepper));
    check_ok(context, spn_stepper_start(context, stepper, beta, start));
    assert_true(spn_stepper_state_size(stepper) <= 512);
    while (product_at(c, stepper) < strength && spn_stepper_look(stepper).epoch < end) {
        spn_stepper_save(stepper, saved);
        low = spn_stepper_look(stepper).time;
        check_ok(context, spn_stepper_step(context, stepper, end));
        assert_false(spn_stepper_look(stepper).is_diverged);
        high = spn_stepper_look(stepper).time;
    }
    bool is_reached = product_at(c, stepper) >= strength;
    while (is_reached && high - low > 1e-11 * high) {
        double middle = 0.5 * (low + high);
        check_ok(context, spn_stepper_restore(context, stepper, beta, saved));
        check_ok(context, spn_stepper_step(context, stepper, middle));
        assert_true(spn_stepper_look(stepper).epoch == middle);
        *(product_at(c, stepper) < strength ? &low : &high) = middle;
    }
    spn_stepper_free(context, stepper);
    return is_reached ? high : (double)INFINITY;
}

/* One balanced mode as its scalar equation. At 99 % of the threshold an error in u counts a hundred times: some hundred
 * steps of 1e-11 still give 1e-6. */
static void test_the_scalar_equation(void **state)
{
    (void)state;
    const double sigma[4] = {0.9, 0, 0, 0};
    const int64_t places[4] = {0, 1, 2, 3};
    for (int64_t depth = 2; depth <= 4; depth++) {
        spn_landscape landscape = {SPN_LANDSCAPE_DEEP_MODE, depth, sigma};
        spn_objective objective = spn_landscape_objective(&landscape);
        crossing c = {&objective, depth, places, 1e-11};
        for (int k = 0; k < 10; k++) {
            double scale = k % 2 == 0 ? 0.05 : 0.02;
            double beta =
                (double[]){0, 0.3, 0.7, 0.9, 0.99}[k / 2] * threshold(depth, sigma[0], scale);
            const double start[4] = {scale, scale, scale, scale};
            double strength = depth == 2 ? (sigma[0] - beta) / 2 : sigma[0] / 2;
            double exact = spn_theory_passage_time(depth, sigma[0], beta, scale, strength);
            check_close(time_to(&c, beta, start, strength, 2 * exact), exact, 1e-6, 0);
            if (depth == 2) { /* the law of T16 is exact there */
                check_close(spn_theory_escape_time(2, sigma[0], beta, scale), exact, 1e-12, 0);
            }
        }
        /* Above the threshold it shrinks, for as long as one looks. */
        double beta = 1.001 * threshold(depth, sigma[0], 0.05);
        const double start[4] = {0.05, 0.05, 0.05, 0.05};
        assert_true(isinf(time_to(&c, beta, start, pow(0.05, (double)depth) * 1.0001, 1e5)));
        assert_true(isinf(spn_theory_passage_time(depth, sigma[0], beta, 0.05, 0.2)));
    }
}

/* A deep linear network on white data, hidden width 5, its strong mode at scale u_0 in every layer. It stays
 * aligned, so that it obeys the scalar equation as above, and T16 to its own: at most 5 % for depth 3 and
 * u_0 = 0.05, which is asked for. */
static void test_an_aligned_network(void **state)
{
    (void)state;
    const double sigma[2] = {0.9, 0.5};
    const spn_data_settings settings = {.samples = 50,
                                        .inputs = 3,
                                        .outputs = 2,
                                        .correlations = {2, sigma},
                                        .moments = SPN_MOMENTS_EXACT,
                                        .seed = 1};
    spn_dataset *dataset = NULL;
    check_ok(context, spn_dataset_gaussian(context, &settings, &dataset));
    for (int64_t depth = 3; depth <= 4; depth++) {
        const int64_t widths[3] = {5, 5, 5};
        spn_network *network = NULL;
        spn_network_error *error = NULL;
        check_ok(context,
                 spn_network_create(context, 3, 2, depth - 1, widths, SPN_LINEAR, false, &network));
        check_ok(context,
                 spn_network_error_create(context, network, dataset, SPN_ERROR_MSE, &error));
        spn_objective ridge = spn_ridge(spn_network_error_objective(error));
        int64_t count = 0, places[4] = {0};
        const spn_layout_entry *layout = spn_network_layout(network, &count);
        for (int64_t l = 0; l < depth; l++) {
            places[l] = layout[l].offset;
        }
        crossing c = {&ridge, depth, places, 1e-11};
        for (int k = 0; k < 8; k++) {
            double scale = k % 2 == 0 ? 0.05 : 0.02;
            double beta = (double[]){0, 0.5, 0.9, 0.99}[k / 2] * threshold(depth, 0.9, scale);
            double start[128] = {0};
            assert_true(ridge.dimension <= 128);
            for (int64_t l = 0; l < depth; l++) {
                start[places[l]] = scale; /* the modes of these data are their axes */
            }
            double exact = spn_theory_passage_time(depth, 0.9, beta, scale, 0.45);
            double measured = time_to(&c, beta, start, 0.45, 2 * exact);
            check_close(measured, exact, 1e-6, 0);
            check_close(measured, spn_theory_escape_time(depth, 0.9, beta, scale), 0.05, 0);
        }
        double start[128] = {0};
        for (int64_t l = 0; l < depth; l++) {
            start[places[l]] = 0.05;
        }
        assert_true(isinf(time_to(&c, 1.001 * threshold(depth, 0.9, 0.05), start,
                                  pow(0.05, (double)depth) * 1.0001, 1e4)));
        spn_network_error_free(context, error);
        spn_network_free(context, network);
    }
    spn_dataset_free(context, dataset);
}

/* The law of growth is that of T16 and of a saddle, and its slope in the amplitude is 1 / (dx/dt). */
static void test_growth(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= 5; depth++) {
        for (int k = 0; k < 4; k++) {
            double beta = 0.3 * k * 0.9 * pow(0.1, (double)depth - 2);
            check_close(spn_theory_growth_time(-2 * beta, 1.8, (double)depth - 2, 0.1),
                        spn_theory_escape_time(depth, 0.9, beta, 0.1), 1e-14, 0);
        }
    }
    for (int k = 0; k < 30; k++) {
        double rate = -0.02 + 0.01 * (k % 5), power = 0.5 + k % 3, p = 1 + k % 2, x = 0.05;
        double h = 1e-3 * x, slope = 0;
        slope += 8 * spn_theory_growth_time(rate, power, p, x + h);
        slope -= 8 * spn_theory_growth_time(rate, power, p, x - h);
        slope += spn_theory_growth_time(rate, power, p, x - 2 * h);
        slope -= spn_theory_growth_time(rate, power, p, x + 2 * h);
        double speed = rate * x + power * pow(x, p + 1);
        if (speed >
            0) { /* a difference of fourth order with steps of 1e-3 of what it changes over */
            check_close(slope / (12 * h), -1 / speed, 1e-7, 0);
        } else {
            assert_true(isinf(spn_theory_growth_time(rate, power, p, x)));
        }
    }
    check_close(spn_theory_growth_time(0.3, 2, 2, 1e-9), log(sqrt(0.15) / 1e-9) / 0.3, 1e-14, 0);
    check_close(spn_theory_growth_time(0.3, 2, 2, 1e-200), (log(sqrt(0.15)) - log(1e-200)) / 0.3,
                1e-14, 0);
    check_close(spn_theory_growth_time(0, 2, 1, 0.1), 5, 1e-14, 0);
    assert_true(isinf(spn_theory_growth_time(0.3, 0, 1, 0.1)));
    assert_true(isinf(spn_theory_growth_time(0, 1, 1, 0)));
    assert_true(isinf(spn_theory_growth_time(-1, 1, 1, 1)));
    assert_true(isnan(spn_theory_growth_time(1, 1, 0, 1)));
    assert_true(isnan(spn_theory_growth_time(1, 1, 1, -1)));
}

/* dx/dt = -(x^2 + p) beyond its fold takes 2 atan(X / sqrt(p)) / sqrt(p) from X to -X: the ghost's time less
 * 2 / X (1 - p / (3 X^2) + ...). */
static void test_the_ghost(void **state)
{
    (void)state;
    const double zero = 0, far = 100;
    spn_landscape landscape = {SPN_LANDSCAPE_FOLD, 1, &zero};
    spn_objective objective = spn_landscape_objective(&landscape);
    const spn_solver_settings settings = {.learning_rate = 1, .epsilon = 1, .batch = 1};
    for (int k = 1; k <= 4; k++) {
        double p = pow(10, -k), time = spn_theory_ghost_time(p, 1) - 2 / far;
        spn_stepper *stepper = NULL;
        check_ok(context, spn_stepper_create(context, SPN_PATH_FLOW, 1e-11, &settings, &objective,
                                             &stepper));
        check_ok(context, spn_stepper_start(context, stepper, p, &far));
        while (spn_stepper_look(stepper).epoch < time) {
            check_ok(context, spn_stepper_step(context, stepper, time));
        }
        /* What it is late by is |x - X| / X^2 to leading order. */
        double late = (*spn_stepper_look(stepper).theta + far) / (far * far);
        check_close(time + late, time, 1e-6, 0);
        spn_stepper_free(context, stepper);
    }
    check_close(spn_theory_ghost_time(4, 9), 3.14159265358979323846 / 6, 1e-15, 0);
    assert_true(isinf(spn_theory_ghost_time(0, 1)) && isinf(spn_theory_ghost_time(-1, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passage_times),
        cmocka_unit_test(test_passages_with_closed_forms),
        cmocka_unit_test(test_passages_that_are_none),
        cmocka_unit_test(test_the_leading_order),
        cmocka_unit_test(test_the_scalar_equation),
        cmocka_unit_test(test_an_aligned_network),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_the_ghost),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
