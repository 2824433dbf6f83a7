/* SPDX-License-Identifier: MIT */
/* What is known of the methods: words, names, the time of an epoch, and the bound of stability against paths. */
#include "support.h"
#include <spinodal/optimize.h>

#include <string.h>

static const spn_solver_settings usual = {.learning_rate = 0.1,
                                          .momentum = 0.9,
                                          .beta1 = 0.8,
                                          .beta2 = 0.999,
                                          .epsilon = 1e-8,
                                          .batch = 7,
                                          .seed = 3};

static int64_t count_words(const char *const *words)
{
    int64_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    return count;
}

static void words_are_those_of_settings(void **state)
{
    (void)state;
    const int64_t method = spn_option_find(&spn_solver_options, "method");
    assert_ptr_equal(spn_solver_options.options[method].choices, spn_method_words);
    for (int64_t k = 0; k < count_words(spn_path_words); k++) {
        assert_int_equal(spn_path_find(spn_path_words[k]), k);
        assert_string_not_equal(spn_path_title(k), "?");
    }
    assert_int_equal(spn_path_find("newton"), -1);
    assert_string_equal(spn_path_title(-1), "?");
    assert_string_equal(spn_path_title(count_words(spn_path_words)), "?");
    for (int64_t k = 0; k < count_words(spn_stop_words); k++) {
        assert_string_equal(spn_stop_text((spn_stop)k), spn_stop_words[k]);
    }
    assert_string_equal(spn_stop_text((spn_stop)-1), "unknown");
}

/* Methods that are both solvers and paths have one word, and only Newton's have the Hessian. */
static void both_kinds_agree(void **state)
{
    (void)state;
    int64_t shared = 0;
    for (int64_t k = 0; k < count_words(spn_method_words); k++) {
        shared += spn_path_find(spn_method_words[k]) >= 0;
        assert_int_equal(spn_method_is_exact((spn_method)k),
                         strncmp(spn_method_words[k], "newton", 6) == 0);
    }
    assert_int_equal(shared, count_words(spn_path_words) - 1); /* all but the flow */
}

/* Strengths of the outputs of a network of 118,282 weights behind a jump from nine directions, at the tolerance 1e-8: from the eighth on they
 * come and go with rounding, at neighbouring points between 3e-10 and 3e-9. */
static void directions_above_what_is_left(void **state)
{
    (void)state;
    static const double strengths[] = {3.98,    2.50,    1.88,    2.14e-3,  1.76e-4,
                                       7.75e-6, 4.35e-7, 1.63e-9, 9.20e-10, 7.47e-10};
    enum { COUNT = sizeof strengths / sizeof *strengths };
    spn_solver_settings settings = {.method = SPN_METHOD_NEWTON_CG, .tolerance = 1e-8};
    spn_labels labels = {.direction_count = COUNT, .output_scale = 1, .active_modes = COUNT};
    memcpy(labels.directions, strengths, sizeof strengths);
    spn_labels_settle(&labels, 9, spn_solver_direction_share(&settings));
    assert_int_equal(labels.active_modes, 7);
    spn_labels_settle(&labels, -1, spn_solver_direction_share(&settings));
    assert_int_equal(labels.active_modes, 7);
    /* What was not there before has to be well above. */
    spn_labels_settle(&labels, 3, spn_solver_direction_share(&settings));
    assert_int_equal(labels.active_modes, 6);
    check_close(spn_solver_direction_share(&settings), 1e-7, 1e-15, 0);
    settings.tolerance = 1e-12;
    assert_true(spn_solver_direction_share(&settings) == SPN_DIRECTION_SHARE);
    settings.method = SPN_METHOD_NEWTON;
    settings.tolerance = 1e-3;
    assert_true(spn_solver_direction_share(&settings) == SPN_DIRECTION_SHARE);
    settings.method = SPN_METHOD_ADAM;
    assert_true(spn_solver_direction_share(&settings) == SPN_DIRECTION_SHARE_ROUGH);
}

static void facts_follow_the_settings(void **state)
{
    (void)state;
    const int64_t samples = 30; /* 5 batches */
    spn_path_facts flow = spn_path_describe(SPN_PATH_FLOW, &usual, samples);
    spn_path_facts gd = spn_path_describe(SPN_PATH_GD, &usual, samples);
    spn_path_facts momentum = spn_path_describe(SPN_PATH_MOMENTUM, &usual, samples);
    spn_path_facts adam = spn_path_describe(SPN_PATH_ADAM, &usual, samples);
    spn_path_facts sgd = spn_path_describe(SPN_PATH_SGD, &usual, samples);
    assert_true(flow.time == 0.1 && gd.time == 0.1 && isnan(adam.time));
    check_close(momentum.time, 1.0, 1e-15, 0);
    check_close(sgd.time, 0.5, 1e-15, 0);
    check_close(momentum.memory, 20, 1e-15, 0);
    check_close(adam.memory, 5, 1e-15, 0);
    assert_true(flow.memory == 0 && gd.memory == 0 && gd.share == 0 && momentum.share == 0.9);
    assert_true(sgd.is_stochastic && !gd.is_stochastic);
    assert_true(isinf(flow.stable_most) && isinf(adam.stable_most) && isinf(sgd.stable_most));
    assert_true(spn_path_is_continuous(SPN_PATH_FLOW) && !spn_path_is_continuous(SPN_PATH_GD));
}

/* |theta| after 2000 epochs in a parabola of curvature 1, from 1. */
static double walk(spn_context *context, spn_path_method method, double rate)
{
    const double curvature = 1, start = 1;
    spn_landscape landscape = {SPN_LANDSCAPE_QUADRATIC, 1, &curvature};
    spn_objective objective = spn_landscape_objective(&landscape);
    spn_solver_settings settings = usual;
    spn_stepper *stepper = NULL;
    settings.learning_rate = rate;
    check_ok(context, spn_stepper_create(context, method, 1e-8, &settings, &objective, &stepper));
    check_ok(context, spn_stepper_start(context, stepper, 0, &start));
    for (int k = 0; k < 2000; k++) {
        check_ok(context, spn_stepper_step(context, stepper, 2000));
    }
    const double length = fabs(spn_stepper_look(stepper).theta[0]);
    spn_stepper_free(context, stepper);
    return length;
}

/* At the bound a root of the recurrence is -1; one per cent of it moves that root by 0.01 x 2 (1 + mu) / (1 - mu) to first
 * order of z, not less than 0.02: within 2000 steps that is exp(-40), or exp(40) above. */
static void bounds_of_stability_are_sharp(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int64_t k = 0; spn_path_words[k] != NULL; k++) {
        const double most = spn_path_describe((spn_path_method)k, &usual, 1).stable_most;
        if (isinf(most)) {
            continue;
        }
        assert_true(walk(context, (spn_path_method)k, 0.99 * most) < 1e-3);
        assert_true(walk(context, (spn_path_method)k, 1.01 * most) > 1e3);
    }
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_settings),
        cmocka_unit_test(both_kinds_agree),
        cmocka_unit_test(directions_above_what_is_left),
        cmocka_unit_test(facts_follow_the_settings),
        cmocka_unit_test(bounds_of_stability_are_sharp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
