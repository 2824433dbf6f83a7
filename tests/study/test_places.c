/* SPDX-License-Identifier: MIT */
/* A fault that shows only when the study is made still names its place in the experiment, once. */
#include "support.h"

#include <spinodal/study.h>
#include <stdio.h>
#include <string.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* Making the study fails with exactly the text that begins so. */
static void refuse(const char *text, spn_status expected, const char *beginning)
{
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment));
    assert_int_equal(spn_study_create(context, experiment, &study), expected);
    assert_null(study);
    if (strncmp(spn_error_text(context), beginning, strlen(beginning)) != 0) {
        fail_msg("'%s' does not begin with '%s'", spn_error_text(context), beginning);
    }
    spn_error_clear(context);
    spn_experiment_free(context, experiment);
}

static void test_gaussian(void **state)
{
    (void)state;
    refuse("data:\n  correlations: [0.9, 0.5, 0.1]\n", SPN_ERROR_INPUT,
           "e.yaml:2:17: data.correlations: has 3 entries, but 3 inputs and 2 outputs make only 2");
    /* The default is at fault: it has no line. */
    refuse("data:\n  outputs: 1\n", SPN_ERROR_INPUT,
           "e.yaml: data.correlations: has 2 entries, but 3 inputs and 1 outputs");
    refuse("data: {inputs: 1, outputs: 1, covariance: [[1]]}\n", SPN_ERROR_INPUT,
           "e.yaml:1:43: data.covariance: is 1 x 1; ");
    refuse("data: {inputs: 1, outputs: 1, covariance: [[1, 0.5], [0.4, 1]]}\n", SPN_ERROR_INPUT,
           "e.yaml:1:43: data.covariance: is not symmetric: ");
    refuse("data: {inputs: 1, outputs: 1, covariance: [[1, 2], [2, 1]]}\n", SPN_ERROR_INPUT,
           "e.yaml:1:43: data.covariance: is not positive semidefinite: eigenvalue 1 of 2 is -1");
    refuse("data: {samples: 5}\n", SPN_ERROR_INPUT,
           "e.yaml:1:17: data.samples: exact moments in inputs + outputs = 5 dimensions need more");
}

/* Between two keys: refused before anything is run. */
static void test_solver(void **state)
{
    (void)state;
    refuse("solver: {trust_radius: 2}\n", SPN_ERROR_INPUT,
           "e.yaml:1:24: solver.trust_radius: must be at most solver.trust_radius_max, 1, not 2");
}

static void test_generators(void **state)
{
    (void)state;
    refuse("data:\n  kind: modular\n  modulus: 513\n", SPN_ERROR_INPUT,
           "e.yaml:3:12: data.modulus: is 513; it lies between 2 and 512");
    refuse("data: {kind: modular, modulus: 2, test_share: 0.9}\n", SPN_ERROR_INPUT,
           "e.yaml:1:47: data.test_share: 0.9 of 4 samples leaves none for training");
    refuse("data: {kind: teacher, samples: 4, test_share: 0.01}\n", SPN_ERROR_INPUT,
           "e.yaml:1:47: data.test_share: 0.01, beside 4 samples for training, makes none for");
    refuse("data: {samples: 40, test_share: 0.01}\n", SPN_ERROR_INPUT,
           "e.yaml:1:33: data.test_share: 0.01, beside 40 samples for training, makes none for");
    /* Keys of another kind. */
    refuse("data: {kind: teacher, modulus: 5}\n", SPN_ERROR_INPUT,
           "e.yaml:1:32: data.modulus: has no meaning with data.kind: teacher");
    refuse("data:\n  noise: 1\n", SPN_ERROR_INPUT,
           "e.yaml:2:10: data.noise: has no meaning with data.kind: gaussian");
    refuse("data:\n  kind: modular\n  teacher: {hidden: [2]}\n", SPN_ERROR_INPUT,
           "e.yaml:3:21: data.teacher.hidden: has no meaning with data.kind: modular");
    refuse("data: {kind: modular, samples: 5}\n", SPN_ERROR_INPUT,
           "e.yaml:1:32: data.samples: has no meaning with data.kind: modular");
    refuse("data: {kind: modular, seed: 5}\n", SPN_ERROR_INPUT,
           "e.yaml:1:29: data.seed: has no meaning with data.kind: modular and without data.test_");
    refuse("data: {kind: teacher, moments: drawn}\n", SPN_ERROR_INPUT,
           "e.yaml:1:32: data.moments: has no meaning with data.kind: teacher");
    /* Test samples that suit no cross-entropy are training samples that do not. */
    refuse("data: {kind: teacher}\nobjective: {error: cross_entropy}\n", SPN_ERROR_INPUT,
           "e.yaml:2:20: objective.error: cross_entropy: target");
    /* Nor may the targets be changed. */
    refuse("data: {kind: modular, standardize: true}\nobjective: {error: cross_entropy}\n",
           SPN_ERROR_INPUT,
           "e.yaml:1:36: data.standardize: changes the targets, which are class probabilities with "
           "objective.error: cross_entropy; write standardize: inputs");
    refuse("data: {kind: modular, center: all}\nobjective: {error: cross_entropy}\n",
           SPN_ERROR_INPUT, "e.yaml:1:31: data.center: changes the targets");
}

static void test_contents(void **state)
{
    (void)state;
    char path[512], text[800], expected[800];
    refuse("data: {inputs: 1, outputs: 1, covariance: [[1, 0], [0, 0]], moments: drawn,\n"
           "       standardize: true}\n",
           SPN_ERROR_INPUT, "e.yaml:2:21: data.standardize: target 1 is constant");
    support_scratch("places.csv", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("a,b,y\n1,2e200,3\n2,-1e200,1\n4,1e200,2\n", file);
    fclose(file);
    /* One column is too large, another is well. */
    snprintf(text, sizeof text, "data:\n  kind: csv\n  targets: [y]\n  path: '%s'\n", path);
    snprintf(expected, sizeof expected,
             "e.yaml:4:9: data.path: %s: input 2 (b): the second moments overflow: rescale the "
             "columns or set data.standardize: true",
             path);
    refuse(text, SPN_ERROR_INPUT, expected);
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "  columns: [a]\nobjective:\n  error: %s\n",
             "cross_entropy");
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("a,b,y\n1,2,3\n1,3,-1\n1,4,2\n", file);
    fclose(file);
    refuse(
        text, SPN_ERROR_INPUT,
        "e.yaml:7:10: objective.error: cross_entropy: target 1 of sample 1 is 3; with one output "
        "it is the probability of the second of two classes (0 to 1); a column of class labels "
        "belongs under data.classes");
    strcpy(text + used, "  columns: [a]\n  standardize: true\n");
    snprintf(expected, sizeof expected,
             "e.yaml:6:16: data.standardize: %s: input 1 (a) is constant", path);
    refuse(text, SPN_ERROR_INPUT, expected);
}

/* As the message says, standardizing helps. */
static void test_large_numbers_standardized(void **state)
{
    (void)state;
    static const char text[] =
        "data: {inputs: 1, outputs: 1, covariance: [[1e306, 0], [0, 1e306]]}\n";
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    refuse(text, SPN_ERROR_INPUT, "e.yaml:1:43: data.covariance: input 1: the second moments over");
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)sizeof text - 1, &experiment));
    check_ok(context, spn_experiment_set(context, experiment, "data.standardize=true"));
    check_ok(context, spn_study_create(context, experiment, &study));
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

static void test_files(void **state)
{
    (void)state;
    refuse("data:\n  kind: csv\n  path: no/nix.csv\n  targets: [y]\n", SPN_ERROR_IO,
           "e.yaml:3:9: data.path: cannot open no/nix.csv: No such file");
    refuse("data:\n  kind: npz\n  path: no/nix.npz\n", SPN_ERROR_IO,
           "e.yaml:3:9: data.path: cannot open no/nix.npz: ");
    refuse("model:\n  init: {weights: no/nix.npz}\n", SPN_ERROR_IO,
           "e.yaml:2:19: model.init.weights: cannot open no/nix.npz: ");
    refuse("model:\n  hidden: [1e9, 1e9, 1e9]\n", SPN_ERROR_ARGUMENT,
           "e.yaml:2:11: model.hidden: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian),
        cmocka_unit_test(test_solver),
        cmocka_unit_test(test_generators),
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_large_numbers_standardized),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
