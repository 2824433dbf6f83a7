/* SPDX-License-Identifier: MIT */
/* Objectives that are no networks, run as studies: landscapes whose answers are known. */
#include "support.h"

#include <math.h>
#include <spinodal/gallery.h>
#include <spinodal/study.h>
#include <unistd.h>

static const double none[1] = {0};
/* t^4/4 - t^2/2 + p t: of the minimum on the right the spinodal is p = 2/(3 sqrt 3) on the way up. */
static const spn_landscape well = {SPN_LANDSCAPE_DOUBLE_WELL, 1, none};
static const double starts[2] = {1, -1};
static spn_context *context;

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static spn_experiment *experiment_of(const char *const *sets)
{
    spn_experiment *experiment = NULL;
    check_ok(context, spn_experiment_create(context, &experiment));
    for (; *sets != NULL; sets++) {
        check_ok(context, spn_experiment_set(context, experiment, *sets));
    }
    return experiment;
}

static void sweep(const spn_study *study, const char *path, spn_status expected,
                  const char *fragment)
{
    bool is_good = false;
    const spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    const spn_status status = spn_study_sweep(context, study, &settings, &is_good);
    if (expected != SPN_OK) {
        check_fails(context, status, expected, fragment);
    } else {
        check_ok(context, status);
        assert_true(is_good);
    }
}

/* The jump at the spinodal, to the tolerance that the sweep promises; nothing of a network in the file. */
static void a_spinodal_is_found(void **state)
{
    (void)state;
    static const char *const sets[] = {"sweep.beta.from=0.01", "sweep.beta.to=0.6",
                                       "sweep.beta.points=30", "sweep.direction=up", NULL};
    char path[512];
    spn_study *study = NULL;
    spn_arena *arena = NULL;
    spn_results results;
    const spn_objective objective = spn_landscape_objective(&well);
    spn_experiment *experiment = experiment_of(sets);
    support_scratch("own.h5", path);
    check_ok(context, spn_study_of_objective(context, experiment, &objective, "double well", 1,
                                             starts, &study));
    sweep(study, path, SPN_OK, NULL);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    const spn_table *jumps = spn_results_table(&results, "jumps");
    assert_int_equal(jumps->rows, 1);
    check_close(spn_table_real(jumps, 0, spn_table_find(jumps, "beta")), 2 / (3 * sqrt(3)), 1e-6,
                1);
    assert_string_equal(spn_results_text(&results, "objective"), "double well");
    assert_null(spn_results_table(&results, "layout"));
    assert_null(strstr(spn_results_text(&results, "configuration"), "model:"));
    assert_non_null(strstr(spn_results_text(&results, "configuration"), "sweep:"));
    assert_null(spn_results_fault(&results));
    spn_arena_free(arena);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    unlink(path);
}

static void branches_are_followed(void **state)
{
    (void)state;
    static const char *const sets[] = {"branches.beta.from=0.01", "branches.beta.to=0.6",
                                       "branches.starts=1", NULL};
    char path[512];
    bool is_complete = false;
    spn_study *study = NULL;
    spn_arena *arena = NULL;
    spn_results results;
    const spn_objective objective = spn_landscape_objective(&well);
    spn_experiment *experiment = experiment_of(sets);
    const spn_run_settings settings = {
        .output = support_scratch("own-branches.h5", path), .threads = 1, .is_forced = true};
    check_ok(context, spn_study_of_objective(context, experiment, &objective, "double well", 2,
                                             starts, &study));
    check_ok(context, spn_study_branches(context, study, &settings, &is_complete));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    const spn_table *specials = spn_results_table(&results, "specials");
    assert_true(specials->rows >= 1);
    check_close(spn_table_real(specials, 0, spn_table_find(specials, "beta")), 2 / (3 * sqrt(3)),
                1e-8, 1);
    spn_arena_free(arena);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    unlink(path);
}

/* t^4/4 - t^2/2 + p t has E'' = 3 t^2 - 1, whatever p is; there are no parts and no labels. */
static void a_spectrum(void **state)
{
    (void)state;
    static const char *const sets[] = {NULL};
    char path[512];
    bool is_good = false;
    spn_study *study = NULL;
    spn_arena *arena = NULL;
    spn_results results;
    const double start = 0.75;
    const spn_objective objective = spn_landscape_objective(&well);
    spn_experiment *experiment = experiment_of(sets);
    const spn_run_settings settings = {
        .output = support_scratch("spectrum.h5", path), .threads = 1, .beta = 0.1};
    check_ok(context,
             spn_study_of_objective(context, experiment, &objective, "well", 1, &start, &study));
    check_ok(context, spn_study_spectrum(context, study, &settings, &is_good));
    assert_true(is_good);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    const spn_table *eigenvalues = spn_results_table(&results, "eigenvalues");
    assert_true(eigenvalues->rows >= 1);
    for (int64_t i = 0; i < eigenvalues->rows; i++) {
        check_close(spn_table_real(eigenvalues, i, spn_table_find(eigenvalues, "value")),
                    3 * start * start - 1, 1e-12, 1);
    }
    assert_int_equal(spn_results_table(&results, "spectra")->rows, 1);
    spn_arena_free(arena);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    unlink(path);
}

static void what_needs_a_network_says_so(void **state)
{
    (void)state;
    static const char *const sets[] = {"sweep.seeds=3", "sweep.beta.points=3", NULL};
    char path[512];
    bool is_good = false;
    int64_t count = 7;
    double theta = 0;
    spn_theory_mode modes[SPN_MODES_MAX];
    spn_prediction prediction;
    spn_study *study = NULL;
    const spn_objective objective = spn_landscape_objective(&well);
    spn_experiment *experiment = experiment_of(sets);
    const spn_run_settings settings = {.output = support_scratch("own.h5", path), .threads = 1};
    check_fails(context,
                spn_study_of_objective(context, experiment, &objective, "well", 0, starts, &study),
                SPN_ERROR_ARGUMENT, "0 starts");
    assert_null(study);
    check_ok(context,
             spn_study_of_objective(context, experiment, &objective, "well", 2, starts, &study));
    check_ok(context, spn_study_initial(context, study, 1, &theta));
    assert_true(theta == -1);
    sweep(study, path, SPN_ERROR_INPUT, "random start 2: there are 2");
    check_fails(context, spn_study_slice(context, study, &settings, &is_good),
                SPN_ERROR_UNSUPPORTED, "slice: is of networks");
    check_fails(context, spn_study_grok(context, study, &settings, &is_good), SPN_ERROR_UNSUPPORTED,
                "grok: is of networks");
    check_fails(context, spn_study_theory(context, study, &count, modes), SPN_ERROR_UNSUPPORTED,
                "theory: is of networks");
    assert_int_equal(count, 0);
    check_fails(context, spn_study_predict(context, study, &prediction), SPN_ERROR_UNSUPPORTED,
                "theory: is of networks");
    check_fails(context, spn_study_read_weights(context, study, "w.npz", &theta),
                SPN_ERROR_UNSUPPORTED, "reading weights: is of networks");
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

/* Two objectives, or two starts, are not the same run. */
static void another_objective_is_another_run(void **state)
{
    (void)state;
    static const char *const sets[] = {"sweep.beta.points=3", NULL};
    static const spn_landscape fork = {SPN_LANDSCAPE_PITCHFORK, 1, none};
    const spn_objective objectives[2] = {spn_landscape_objective(&well),
                                         spn_landscape_objective(&fork)};
    spn_study *study[3] = {NULL, NULL, NULL};
    spn_experiment *experiment = experiment_of(sets);
    for (int i = 0; i < 3; i++) {
        const double start = i == 2 ? 0.5 : 0.25;
        check_ok(context, spn_study_of_objective(context, experiment, &objectives[i == 1], "own", 1,
                                                 &start, &study[i]));
    }
    assert_true(study[0]->data_checksum != study[1]->data_checksum);
    assert_true(study[0]->weights_checksum == study[1]->weights_checksum);
    assert_true(study[0]->weights_checksum != study[2]->weights_checksum);
    for (int i = 0; i < 3; i++) {
        spn_study_free(context, study[i]);
    }
    spn_experiment_free(context, experiment);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_spinodal_is_found),
        CASE(branches_are_followed),
        CASE(a_spectrum),
        CASE(what_needs_a_network_says_so),
        CASE(another_objective_is_another_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
