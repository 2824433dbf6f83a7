/* SPDX-License-Identifier: MIT */
/* Samples kept for testing, from the experiment to the columns of the results. */
#include "sweep_run.h"

#include <stdio.h>

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

static spn_study *make_study(const char *text, spn_experiment **experiment)
{
    spn_study *study = NULL;
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), experiment));
    check_ok(context, spn_study_create(context, *experiment, &study));
    return study;
}

static void free_study(spn_study *study, spn_experiment *experiment)
{
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

/* Mean squared error, and share of samples whose largest output is that of the largest target. */
static void measure(const spn_study *study, const spn_dataset *data, const double *theta,
                    double *error, double *accuracy)
{
    double *f = calloc((size_t)(data->stride * data->outputs), sizeof *f);
    int64_t right = 0;
    assert_non_null(f);
    check_ok(context, spn_network_predict(context, study->network, data, theta, f));
    *error = 0;
    for (int64_t n = 0; n < data->samples; n++) {
        int64_t answer = 0, class = 0;
        for (int64_t k = 0; k < data->outputs; k++) {
            double residual = f[k * data->stride + n] - data->y[k * data->stride + n];
            *error += residual * residual / (double)data->samples;
            answer = f[k * data->stride + n] > f[answer * data->stride + n] ? k : answer;
            class = data->y[k * data->stride + n] > data->y[class * data->stride + n] ? k : class;
        }
        right += answer == class;
    }
    *accuracy = (double)right / (double)data->samples;
    free(f);
}

static const char teacher[] = "data:\n"
                              "  kind: teacher\n"
                              "  samples: 40\n"
                              "  inputs: 2\n"
                              "  outputs: 2\n"
                              "  teacher: {hidden: [3], scale: 1.5}\n"
                              "  noise: 0.2\n"
                              "  test_share: 0.6\n"
                              "model: {hidden: [3, 3]}\n"
                              "sweep:\n"
                              "  beta: {from: 0.01, to: 0.4, points: 6}\n"
                              "  refine: false\n";

static const char modular[] = "data: {kind: modular, modulus: 4, test_share: 0.25, seed: 3}\n"
                              "model: {hidden: [4], activation: tanh, bias: true}\n"
                              "sweep:\n"
                              "  beta: {from: 0.0005, to: 0.06, points: 6, spacing: log}\n"
                              "  direction: up\n"
                              "  refine: false\n";

/* Every row against the weights stored with it. Rounding: sums of at most 60 x 4 squares below ten. */
static void check_rows(const char *text, bool has_classes, const char *name)
{
    sweep_run run, again;
    spn_experiment *experiment = NULL;
    spn_study *study = make_study(text, &experiment);
    sweep_run_make(context, text, 1, name, &run);
    const spn_array *theta = spn_results_array(&run.results, "theta");
    const spn_attribute *count = spn_results_attribute(&run.results, "test_samples");
    double smallest = 1, largest = 0;
    assert_non_null(theta);
    assert_non_null(count);
    assert_int_equal(count->integer, study->test->samples);
    assert_true(run.count >= 6);
    for (int64_t i = 0; i < run.count; i++) {
        const double *row = theta->values + i * theta->columns;
        const spn_sweep_record *point = &run.points[i];
        double error = 0, accuracy = 0;
        measure(study, study->test, row, &error, &accuracy);
        check_close(point->state.test_error, error, 1e-13, 1);
        check_close(point->state.test_accuracy, has_classes ? accuracy : (double)NAN, 0, 0);
        measure(study, study->dataset, row, &error, &accuracy);
        check_close(point->state.error, error, 1e-13, 1);
        check_close(point->state.accuracy, has_classes ? accuracy : (double)NAN, 0, 0);
        assert_true(fabs(point->state.test_error - point->state.error) > 1e-6);
        smallest = fmin(smallest, accuracy);
        largest = fmax(largest, accuracy);
    }
    assert_true(!has_classes ||
                (smallest < 0.7 && largest > 0.9)); /* it learns on the way down in beta */
    sweep_run_make(context, text, 2, name, &again);
    assert_int_equal(again.count, run.count);
    assert_memory_equal(again.points, run.points, (size_t)run.count * sizeof *run.points);
    sweep_run_free(&again);
    sweep_run_free(&run);
    free_study(study, experiment);
}

static void test_teacher_sweep(void **state)
{
    (void)state;
    check_rows(teacher, false, "teacher.h5");
}

static void test_modular_sweep(void **state)
{
    (void)state;
    check_rows(modular, true, "modular.h5");
}

/* Results without test samples say nothing of them. */
static void test_without(void **state)
{
    (void)state;
    sweep_run run;
    sweep_run_make(context,
                   "data: {samples: 30}\nmodel: {hidden: [2]}\n"
                   "sweep: {beta: [0.2, 0.3], direction: up, refine: false}\n",
                   1, "without.h5", &run);
    assert_null(spn_results_attribute(&run.results, "test_samples"));
    for (int64_t i = 0; i < run.count; i++) {
        assert_true(isnan(run.points[i].state.accuracy) && isnan(run.points[i].state.test_error));
        assert_true(isnan(run.points[i].state.test_accuracy));
    }
    sweep_run_free(&run);
}

/* The checksum tells data apart that differ in the test part only; training samples stay. */
static void test_checksum(void **state)
{
    (void)state;
    const char *const texts[] = {"data: {samples: 20, seed: 4}\n",
                                 "data: {samples: 20, seed: 4, test_share: 0.5}\n",
                                 "data: {samples: 20, seed: 4, test_share: 0.6}\n"};
    const int64_t tests[] = {0, 20, 30};
    uint32_t sums[3];
    double first[3][20];
    for (int i = 0; i < 3; i++) {
        spn_experiment *experiment = NULL;
        spn_study *study = make_study(texts[i], &experiment);
        sums[i] = study->data_checksum;
        assert_int_equal(study->test != NULL ? study->test->samples : 0, tests[i]);
        memcpy(first[i], study->dataset->x, sizeof first[i]);
        free_study(study, experiment);
    }
    assert_true(sums[0] != sums[1] && sums[1] != sums[2] && sums[0] != sums[2]);
    assert_memory_equal(first[0], first[1], sizeof first[0]);
    assert_memory_equal(first[0], first[2], sizeof first[0]);
}

/* Of a table one half is held out; both are standardised and whitened by what the training half is like. */
static void test_transformed_table(void **state)
{
    (void)state;
    enum { N = 30 };
    char path[512], text[900];
    double rows[N][3], expected[2];
    spn_random random = spn_random_stream(6, SPN_PURPOSE_TEST, 0);
    spn_dataset *raw = NULL, *parts[2] = {NULL};
    FILE *file = fopen(support_scratch("table.csv", path), "w");
    assert_non_null(file);
    for (int n = 0; n < N; n++) {
        for (int c = 0; c < 3; c++) {
            rows[n][c] = (c + 1) * spn_random_normal(&random) + 2 * c;
            fprintf(file, "%.17g%c", rows[n][c], c < 2 ? ',' : '\n');
        }
    }
    fclose(file);
    check_ok(context, spn_dataset_from_rows(context, N, 2, 1, rows[0], NULL, NULL, &raw));
    check_ok(context, spn_dataset_split(context, raw, 0.5, 7, &parts[0], &parts[1]));
    double mean = 0, square = 0;
    for (int64_t n = 0; n < 15; n++) {
        mean += parts[0]->y[n] / 15;
    }
    for (int64_t n = 0; n < 15; n++) {
        square += (parts[0]->y[n] - mean) * (parts[0]->y[n] - mean) / 15;
    }
    snprintf(
        text, sizeof text,
        "data: {kind: csv, path: %s, targets: [3], test_share: 0.5, seed: 7, standardize: true, "
        "whiten: true}\n",
        path);
    spn_experiment *experiment = NULL;
    spn_study *study = make_study(text, &experiment);
    double xx[4];
    check_ok(context,
             spn_dataset_moments(context, study->dataset, false, NULL, NULL, xx, NULL, NULL));
    check_close(xx[0], 1, 1e-13, 1);
    check_close(xx[1], 0, 1e-13, 1);
    check_ok(context,
             spn_dataset_moments(context, study->test, false, expected, NULL, xx, NULL, NULL));
    assert_true(fabs(xx[0] - 1) > 1e-3 && fabs(expected[0]) > 1e-3); /* not fitted on it */
    for (int64_t n = 0; n < 15; n++) {
        check_close(study->dataset->y[n], (parts[0]->y[n] - mean) / sqrt(square), 1e-13, 1);
        check_close(study->test->y[n], (parts[1]->y[n] - mean) / sqrt(square), 1e-13, 1);
    }
    free_study(study, experiment);
    spn_dataset_free(context, raw);
    spn_dataset_free(context, parts[0]);
    spn_dataset_free(context, parts[1]);
}

/* What the effective experiment says reads back to the same data. */
static void test_dump(void **state)
{
    (void)state;
    const char *const texts[] = {teacher, modular};
    for (int i = 0; i < 2; i++) {
        char *dump = NULL;
        spn_experiment *experiment = NULL, *second = NULL;
        spn_study *study = make_study(texts[i], &experiment);
        check_ok(context, spn_experiment_dump(context, experiment, &dump));
        assert_true((strstr(dump, "teacher:\n    hidden: [3]") != NULL) == (i == 0));
        assert_true((strstr(dump, "modulus: 4") != NULL) == (i == 1));
        assert_true((strstr(dump, "  samples:") != NULL) == (i == 0));
        assert_non_null(strstr(dump, i == 0 ? "seed: 1" : "seed: 3"));
        spn_study *again = make_study(dump, &second);
        assert_int_equal(again->data_checksum, study->data_checksum);
        spn_release(context, dump);
        free_study(again, second);
        free_study(study, experiment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_teacher_sweep),     cmocka_unit_test(test_modular_sweep),
        cmocka_unit_test(test_without),           cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_transformed_table), cmocka_unit_test(test_dump),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
