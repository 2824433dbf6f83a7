/* SPDX-License-Identifier: MIT */
/* Experiments as a program puts them together: keys set to values that are no text, samples that it has. */
#include "support.h"

#include <math.h>
#include <spinodal/study.h>
#include <string.h>

enum { SAMPLES = 16 };
static spn_context *context;
static spn_dataset *numbers;

static int setup(void **state)
{
    (void)state;
    double rows[2 * SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
        rows[2 * n] = n - 7.5;
        rows[2 * n + 1] = 0.3 * n;
    }
    return spn_context_create(NULL, &context) == SPN_OK &&
                   spn_dataset_from_rows(context, SAMPLES, 1, 1, rows, NULL, NULL, &numbers) ==
                       SPN_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_dataset_free(context, numbers);
    spn_context_free(context);
    return 0;
}

static spn_experiment *create(void)
{
    spn_experiment *experiment = NULL;
    check_ok(context, spn_experiment_create(context, &experiment));
    return experiment;
}

static spn_status assign(spn_experiment *experiment, const char *key, const char *scalar,
                         bool is_override)
{
    const spn_value value = {.scalar = scalar};
    return spn_experiment_assign(context, experiment, key, &value, is_override);
}

static void values_are_checked_as_those_of_files(void **state)
{
    (void)state;
    spn_experiment *experiment = create();
    const spn_value items[] = {{.scalar = "4"}, {.scalar = "3"}};
    const spn_value list = {.count = 2, .items = items};
    check_ok(context, spn_experiment_assign(context, experiment, "model.hidden", &list, false));
    assert_int_equal(spn_experiment_model(experiment)->hidden.items[0], 4);
    const spn_status status = assign(experiment, "model.init.scale", "-1", false);
    assert_string_equal(spn_error_key(context), "model.init.scale");
    check_fails(context, status, SPN_ERROR_INPUT, "model.init.scale: expected");
    check_fails(context, assign(experiment, "model.actvation", "tanh", false), SPN_ERROR_INPUT,
                "did you mean 'activation'");
    check_fails(context, assign(experiment, "modle.bias", "true", false), SPN_ERROR_INPUT,
                "did you mean 'model'");
    check_fails(context, assign(experiment, "bias", "true", false), SPN_ERROR_INPUT,
                "expected section.key");
    spn_experiment_free(context, experiment);
}

static void an_override_wins_and_a_line_does_not(void **state)
{
    (void)state;
    const spn_value item = {.scalar = "0.1"};
    const spn_value list = {.count = 1, .items = &item};
    for (int is_override = 0; is_override < 2; is_override++) {
        spn_experiment *experiment = create();
        check_ok(context, assign(experiment, "sweep.beta.from", "0.2", false));
        check_ok(context,
                 spn_experiment_assign(context, experiment, "sweep.beta", &list, is_override != 0));
        const spn_status status = spn_experiment_check(context, experiment);
        assert_int_equal(status, is_override != 0 ? SPN_OK : SPN_ERROR_INPUT);
        spn_experiment_free(context, experiment);
    }
    spn_error_clear(context);
}

static void files_give_the_key_of_an_error(void **state)
{
    (void)state;
    const char text[] = "model:\n  hidden: [2]\n  init: {scale: none}\n";
    spn_experiment *experiment = NULL;
    const spn_status status =
        spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment);
    assert_string_equal(spn_error_key(context), "model.init.scale");
    check_fails(context, status, SPN_ERROR_INPUT, "e.yaml:3:17: model.init.scale: expected");
}

static spn_study *study_of(spn_experiment *experiment)
{
    spn_study *study = NULL;
    check_ok(context, spn_study_create(context, experiment, &study));
    return study;
}

static void samples_are_used_where_they_are(void **state)
{
    (void)state;
    char *dump = NULL;
    spn_experiment *experiment = create();
    check_ok(context, spn_experiment_lend(context, experiment, numbers, NULL));
    spn_study *study = study_of(experiment);
    assert_ptr_equal(study->dataset->x, numbers->x);
    assert_null(study->test);
    check_ok(context, spn_experiment_dump(context, experiment, &dump));
    assert_non_null(strstr(dump, "kind: memory"));
    assert_null(strstr(dump, "correlations"));
    spn_release(context, dump);
    spn_study_free(context, study);
    check_ok(context, assign(experiment, "data.standardize", "true", true));
    study = study_of(experiment);
    assert_ptr_not_equal(study->dataset->x, numbers->x);
    assert_true(numbers->x[0] == -7.5);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

static void samples_for_testing_are_given_or_held_out(void **state)
{
    (void)state;
    spn_experiment *experiment = create();
    check_ok(context, spn_experiment_lend(context, experiment, numbers, numbers));
    spn_study *study = study_of(experiment);
    assert_ptr_equal(study->test->x, numbers->x);
    spn_study_free(context, study);
    check_ok(context, assign(experiment, "data.test_share", "0.25", true));
    check_fails(context, spn_study_create(context, experiment, &study), SPN_ERROR_INPUT,
                "data.test_share: excluded");
    check_ok(context, spn_experiment_lend(context, experiment, numbers, NULL));
    study = study_of(experiment);
    assert_int_equal(study->dataset->samples, 12);
    assert_int_equal(study->test->samples, 4);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

static void a_file_has_no_such_samples(void **state)
{
    (void)state;
    const char text[] = "data:\n  kind: memory\n";
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment));
    check_fails(context, spn_study_create(context, experiment, &study), SPN_ERROR_INPUT,
                "e.yaml:2:9: data.kind: samples of kind memory");
    assert_null(study);
    spn_experiment_free(context, experiment);
}

static void the_range_is_chosen_as_for_a_file(void **state)
{
    (void)state;
    spn_experiment *experiment = create();
    const double usual = spn_experiment_sweep(experiment)->beta_to;
    check_ok(context, spn_experiment_lend(context, experiment, numbers, NULL));
    spn_study *study = study_of(experiment);
    check_ok(context, spn_experiment_choose_range(context, experiment, study, false));
    assert_true(spn_experiment_sweep(experiment)->beta_to != usual);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

static void weights_are_those_of_the_caller(void **state)
{
    (void)state;
    const double weights[] = {0.5, -1, 2, 0.25}, endless[] = {1, (double)INFINITY};
    double theta[4];
    char *dump = NULL;
    spn_study *study = NULL;
    spn_experiment *experiment = create();
    check_ok(context, spn_experiment_lend(context, experiment, numbers, NULL));
    check_fails(context, spn_experiment_start(context, experiment, 2, endless), SPN_ERROR_INPUT,
                "model.init.weights: number 2 is not finite");
    const spn_value width = {.scalar = "2"};
    const spn_value hidden = {.count = 1, .items = &width};
    check_ok(context, spn_experiment_assign(context, experiment, "model.hidden", &hidden, true));
    check_ok(context, spn_experiment_start(context, experiment, 3, weights));
    check_fails(context, spn_study_create(context, experiment, &study), SPN_ERROR_INPUT,
                "model.init.weights: 3 numbers for a network of 4 parameters");
    check_ok(context, spn_experiment_start(context, experiment, 4, weights));
    study = study_of(experiment);
    check_ok(context, spn_study_initial(context, study, 5, theta));
    assert_memory_equal(theta, weights, sizeof weights);
    assert_true(study->weights_checksum != 0);
    check_ok(context, spn_experiment_dump(context, experiment, &dump));
    assert_non_null(strstr(dump, "weights: memory"));
    assert_null(strstr(dump, "scale: 0.7"));
    spn_release(context, dump);
    spn_study_free(context, study);
    check_ok(context, assign(experiment, "model.init.weights", "none.npz", true));
    check_fails(context, spn_study_create(context, experiment, &study), SPN_ERROR_IO, "none.npz");
    spn_experiment_free(context, experiment);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(values_are_checked_as_those_of_files),
        CASE(an_override_wins_and_a_line_does_not),
        CASE(files_give_the_key_of_an_error),
        CASE(samples_are_used_where_they_are),
        CASE(samples_for_testing_are_given_or_held_out),
        CASE(a_file_has_no_such_samples),
        CASE(weights_are_those_of_the_caller),
        CASE(the_range_is_chosen_as_for_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
