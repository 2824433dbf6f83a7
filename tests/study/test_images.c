/* SPDX-License-Identifier: MIT */
/** @file test_images.c  Images and labels as the data of an experiment. */
#include "support.h"

#include <spinodal/study.h>
#include <stdio.h>

/* Four images of 2 x 3 with the pixels 0, 10, 20, ... and the labels 1, 0, 2, 1. */
#define IMAGES SPN_TESTS_DIR "/formats/corpus/idx/images"

static spn_status load(spn_context *context, const char *keys, spn_dataset **training,
                       spn_dataset **test, spn_data_account *account)
{
    char text[1024];
    spn_experiment *experiment = NULL;
    *training = *test = NULL;
    snprintf(text, sizeof text, "data: {kind: idx, path: %s.gz%s}\n", IMAGES, keys);
    spn_status status =
        spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment);
    if (status == SPN_OK) {
        status = spn_study_dataset(context, experiment, training, test, account);
    }
    spn_experiment_free(context, experiment);
    return status;
}

/** One-hot targets in the order of the classes; test samples of files of their own keep their classes. */
static void test_both_parts(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_dataset *training = NULL, *test = NULL;
    spn_data_account account;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, load(context, ", only: [1, 2], normalize: [0.5, 2], test_path: " IMAGES,
                           &training, &test, &account));
    assert_true(training->samples == 3 && training->inputs == 6 && training->outputs == 2);
    assert_string_equal(training->class_names[1], "2");
    /* Samples 1, 3 and 4 of the file. */
    assert_true(training->x[0] == -0.25 && training->x[1] == (120 / 255.0 - 0.5) / 2);
    assert_true(training->y[0] == 1 && training->y[1] == 0 &&
                training->y[training->stride + 1] == 1);
    assert_true(test->samples == 3 && test->x[1] == training->x[1]);
    assert_true(account.available == 3 && account.taken == 3 && account.rows == 2 &&
                account.columns == 3 && account.divisor == 255);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    spn_context_free(context);
}

static spn_status load_and_free(spn_context *context, void *keys)
{
    spn_dataset *training = NULL, *test = NULL;
    spn_status status = load(context, keys, &training, &test, NULL);
    spn_dataset_free(context, training);
    spn_dataset_free(context, test);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static char tested[] = ", test_path: " IMAGES ", class_targets: binary, only: [0, 1]",
                taken[] = ", take: 3, take_by: random, only: [0, 1], test_share: 0.34, pixels: raw";
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, load_and_free(context, tested));
    check_ok(context, load_and_free(context, taken));
    spn_context_free(context);
    assert_true(support_fail_each_allocation(load_and_free, tested) > 30);
    assert_true(support_fail_each_allocation(load_and_free, taken) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_parts),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
