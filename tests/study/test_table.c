/* SPDX-License-Identifier: MIT */
/* examples/energy.yaml on a table of the same kind (buildings.csv and table.txt, made by
 * make_table.py) and, where it is found, on the energy table itself:
 * $SPINODAL_DATA/energy/energy.csv, by default ../shared/data/energy/energy.csv beside the
 * clone. */
#include "../reference/fixture.h"
#include "sweep_run.h"

#include <stdio.h>

/* The columns of table.txt, in this order. */
enum {
    BETA,
    ERROR,
    LOSS,
    WEIGHT_NORM,
    SCALAR_CURVATURE,
    ERROR_MIN,
    ERROR_MAX,
    LOSS_MIN,
    LOSS_MAX,
    FISHER_TRACE,
    SUSCEPTIBILITY,
    COLUMNS
};

enum { TEXT_MAX = 4096 };

#define STAND_IN SPN_TESTS_DIR "/reference/buildings.csv"

static spn_context *context;
static fixture *reference;
static char whitening[160]; /* what the last whitening said */

static void keep_message(void *state, const spn_event *event)
{
    (void)state;
    if (event->kind == SPN_EVENT_MESSAGE && strncmp(event->text, "whitening:", 10) == 0) {
        snprintf(whitening, sizeof whitening, "%s", event->text);
    }
}

static int set_up(void **state)
{
    (void)state;
    const spn_context_settings settings = {.on_event = keep_message};
    reference = fixture_read("table.txt");
    return spn_context_create(&settings, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_free(reference);
    spn_context_free(context);
    return 0;
}

/* "data.path=PATH" quoted as YAML wants it. */
static void set_path(spn_experiment *experiment, const char *path)
{
    char text[600];
    snprintf(text, sizeof text, "data.path='%s'", path);
    check_ok(context, spn_experiment_set(context, experiment, text));
}

/* The example with another table and `betas`, which keep the example's own range out of the dump;
 * release with spn_release(). */
static char *example(const char *path, const char *betas, bool has_whitening)
{
    char list[TEXT_MAX + 32], *text = NULL;
    spn_experiment *experiment = NULL;
    check_ok(context,
             spn_experiment_read(context, SPN_TESTS_DIR "/../examples/energy.yaml", &experiment));
    set_path(experiment, path);
    snprintf(list, sizeof list, "sweep.beta=[%s]", betas);
    check_ok(context, spn_experiment_set(context, experiment, list));
    if (has_whitening) {
        check_ok(context, spn_experiment_set(context, experiment, "data.whiten=true"));
    }
    check_ok(context, spn_experiment_dump(context, experiment, &text));
    spn_experiment_free(context, experiment);
    return text;
}

static void add_beta(char betas[TEXT_MAX], double beta)
{
    size_t used = strlen(betas);
    snprintf(betas + used, TEXT_MAX - used, "%s%.17g", used > 0 ? ", " : "", beta);
}

/* 0.002, then `count` values in equal ratios up to, but without, `end`. */
static void add_rise(char betas[TEXT_MAX], int count, double end)
{
    for (int i = 0; i < count; i++) {
        add_beta(betas, 0.002 * pow(end / 0.002, (double)i / count));
    }
}

static const spn_sweep_record *find(const sweep_run *run, double beta)
{
    for (int64_t i = 0; i < run->count; i++) {
        if (run->points[i].state.beta == beta) {
            return &run->points[i];
        }
    }
    fail_msg("no point at beta = %.17g", beta);
    return NULL;
}

/* 4e-9 of the size of what a number is made of (5 for eigenvalues, their sum squared, about 100,
 * for R): the solver stops within 1e-9 of the minimum, and along the branch all of these move by at
 * most four times their size per unit of theta (E by 2 beta |theta|, L only to second order). The
 * susceptibility divides by the lowest eigenvalue, 0.15, once more. */
static void check_point(const spn_sweep_record *r, const double *expected)
{
    assert_int_equal(r->state.stationary, 1);
    check_close(r->state.error, expected[ERROR], 4e-9, 1);
    check_close(r->state.loss, expected[LOSS], 1e-11, 1);
    check_close(r->state.weight_norm, expected[WEIGHT_NORM], 4e-9, 1);
    check_close(r->state.scalar_curvature_error, expected[SCALAR_CURVATURE], 4e-9, 100);
    check_close(r->state.eigenvalue_min_error, expected[ERROR_MIN], 4e-9, 5);
    check_close(r->state.eigenvalue_max_error, expected[ERROR_MAX], 4e-9, 5);
    check_close(r->state.eigenvalue_min_loss, expected[LOSS_MIN], 4e-9, 5);
    check_close(r->state.eigenvalue_max_loss, expected[LOSS_MAX], 4e-9, 5);
    check_close(r->state.fisher_trace, expected[FISHER_TRACE], 4e-9, 5);
    check_close(r->state.susceptibility, expected[SUSCEPTIBILITY], 3e-8, 10);
}

/* T14 with targets of mean 0: all weights 0, E the sum of the K = 2 variances, and the Hessian of E
 * only that of the output biases, 2 on the diagonal: R = (2 K)^2 - 4 K = 8. */
static void check_trivial(const spn_sweep_record *r)
{
    assert_int_equal(r->state.stationary, 1);
    assert_int_equal(r->state.active_modes, 0);
    check_close(r->state.trivial_distance, 0, 1e-9, 1);
    check_close(r->state.weight_norm, 0, 1e-9, 1);
    check_close(r->state.error, 2, 1e-12, 1);
    check_close(r->state.scalar_curvature_error, 8, 1e-8, 1);
    check_close(r->state.eigenvalue_max_error, 2, 1e-8, 1);
    check_close(r->state.eigenvalue_min_error, 0, 1e-8, 1);
    check_close(r->state.eigenvalue_min_loss, 2 * r->state.beta, 1e-8, 1);
}

/* Every point below `last` learns, every point above `first` is trivial. */
static void check_onset(const sweep_run *run, double last, double first)
{
    assert_true(run->is_gated);
    for (int64_t i = 0; i < run->count; i++) {
        const spn_sweep_record *r = &run->points[i];
        assert_true(r->state.beta <= last || r->state.beta >= first);
        if (r->state.beta <= last) {
            assert_true(r->state.active_modes >= 1);
            assert_true(r->state.trivial_distance > 0.5);
        } else {
            check_trivial(r);
        }
    }
}

/* The sweep of the stand-in from 0.002 to 1 through the stored points and both ends of the stored
 * bracket. `prefix` names the arrays of table.txt. */
static void check_stand_in(const char *prefix, bool has_whitening)
{
    const fixture_array *onset = fixture_get(reference, prefix, "onset");
    const fixture_array *points = fixture_get(reference, prefix, "points");
    const fixture_array *trivial = fixture_get(reference, prefix, "trivial");
    const double low = onset->values[0], high = onset->values[1];
    char betas[TEXT_MAX] = "";
    sweep_run run;
    assert_int_equal(points->columns, COLUMNS);
    add_rise(betas, 24, points->values[BETA]);
    for (int64_t i = 0; i < points->rows; i++) {
        add_beta(betas, points->values[i * COLUMNS + BETA]);
    }
    /* Steps that shorten towards the fold, where the minimum moves like a square root. */
    const double before = points->values[(points->rows - 1) * COLUMNS + BETA];
    for (int k = 1; k <= 4; k++) {
        add_beta(betas, low - (low - before) * pow(4, -k));
    }
    add_beta(betas, low);
    add_beta(betas, high);
    add_beta(betas, 0.9);
    add_beta(betas, 1);
    char *text = example(STAND_IN, betas, has_whitening);
    sweep_run_make(context, text, 1, "stand_in.h5", &run);
    spn_release(context, text);
    check_onset(&run, low, high);
    for (int64_t i = 0; i < points->rows; i++) {
        const double *expected = points->values + i * COLUMNS;
        check_point(find(&run, expected[BETA]), expected);
    }
    check_point(find(&run, 1), trivial->values);
    sweep_run_free(&run);
}

static void test_stand_in(void **state)
{
    (void)state;
    check_stand_in("", false);
}

/* surface = wall + 2 roof: one of the eight inputs is no direction of its own. */
static void test_whitened_stand_in(void **state)
{
    (void)state;
    whitening[0] = '\0';
    check_stand_in("whitened.", true);
    assert_string_equal(whitening, "whitening: 7 of 8 input directions kept");
}

static void test_energy_table(void **state)
{
    (void)state;
    const char *folder = getenv("SPINODAL_DATA");
    char path[512], betas[TEXT_MAX] = "";
    sweep_run run;
    snprintf(path, sizeof path, "%s/energy/energy.csv",
             folder != NULL ? folder : SPN_TESTS_DIR "/../../shared/data");
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("no energy table at %s (SPINODAL_DATA names another folder): skipped\n",
                      path);
        skip();
    }
    fclose(file);
    add_rise(betas, 40, 0.8);
    for (int k = 0; k < 6; k++) {
        add_beta(betas, 0.8 + 0.01 * k);
    }
    for (int k = 0; k <= 10; k++) {
        add_beta(betas, (860 + 2 * k) / 1000.0);
    }
    add_beta(betas, 1);
    char *text = example(path, betas, false);
    sweep_run_make(context, text, 1, "energy.h5", &run);
    spn_release(context, text);
    double last = 0, first = 1;
    for (int64_t i = 0; i < run.count; i++) {
        if (run.points[i].state.active_modes > 0) {
            last = fmax(last, run.points[i].state.beta);
        } else {
            first = fmin(first, run.points[i].state.beta);
        }
    }
    print_message("onset of learning between %.3f and %.3f\n", last, first);
    check_onset(&run, last, first);
    assert_true(last >= 0.86 && first <= 0.88);
    sweep_run_free(&run);
}

static void test_constant_column(void **state)
{
    (void)state;
    char path[512];
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    support_scratch("constant.csv", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("area,storeys,heating_load,cooling_load\n1,0.1,3,4\n2,0.1,5,5\n4,0.1,4,7\n", file);
    fclose(file);
    check_ok(context,
             spn_experiment_read(context, SPN_TESTS_DIR "/../examples/energy.yaml", &experiment));
    set_path(experiment, path);
    /* An input becomes 0, a target is refused. */
    spn_dataset *training = NULL, *test = NULL;
    spn_data_account account;
    check_ok(context, spn_study_dataset(context, experiment, &training, &test, &account));
    assert_int_equal(account.constant_inputs, 1);
    for (int n = 0; n < 3; n++) {
        assert_true(training->x[training->stride + n] == 0);
    }
    spn_dataset_free(context, training);
    check_ok(context,
             spn_experiment_set(context, experiment, "data.targets=[storeys, heating_load]"));
    check_fails(context, spn_study_create(context, experiment, &study), SPN_ERROR_INPUT,
                "target 1 (storeys) is constant");
    assert_null(study);
    spn_experiment_free(context, experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stand_in),
        cmocka_unit_test(test_whitened_stand_in),
        cmocka_unit_test(test_energy_table),
        cmocka_unit_test(test_constant_column),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
