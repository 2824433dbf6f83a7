/* SPDX-License-Identifier: MIT */
/* Whole sweeps against closed forms: deep linear networks (T11 to T15), T9 and T10 on their branches. The
 * data is whitened exactly: unit variances, uncorrelated inputs, moments exact. */
#include "sweep_run.h"

#include <spinodal/theory.h>
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

static const double sigmas[2] = {0.9, 0.5};

/* A linear network of depth `depth` on data with singular values 0.9 and 0.5. */
static void run_linear(int depth, int points, const char *direction, sweep_run *out)
{
    static const char *const hidden[] = {"[]", "[3]", "[3, 3]", "[3, 3, 3]"};
    char text[512];
    snprintf(text, sizeof text,
             "data: {samples: 50}\nmodel: {hidden: %s, activation: linear}\n"
             "sweep: {direction: %s, beta: {from: 0.01, to: 1.2, points: %d}}\n",
             hidden[depth - 1], direction, points);
    sweep_run_make(context, text, 2, "linear.h5", out);
    assert_true(out->is_gated);
}

/* E, |theta|^2, mode strengths and chi of a point with the given number of active modes. 1e-9: the solver's
 * tolerance on theta enters E and |theta|^2 quadratically or to first order; chi and the strengths are
 * conditioned by the branch's own slope, which near a fold grows like the square root of the
 * distance, here at least 1e-3. */
static void check_point(const sweep_run *run, int64_t row, int depth)
{
    const spn_sweep_record *r = &run->points[row];
    double error = 2, squared_norm = 0, susceptibility = 0;
    for (int64_t i = 0; i < 2; i++) {
        double strength = 0;
        if (i < r->state.active_modes) {
            spn_theory_state state;
            check_ok(context, spn_theory_state_at(context, depth, sigmas[i], r->state.beta,
                                                  SPN_THEORY_UPPER, &state));
            strength = state.strength;
            error += (strength - sigmas[i]) * (strength - sigmas[i]) - sigmas[i] * sigmas[i];
            squared_norm += state.norm_squared;
            susceptibility += state.susceptibility;
        }
        check_close(run->modes->values[row * run->modes->columns + i], strength, 1e-9, 1);
    }
    check_close(r->state.error, error, 1e-10, 1);
    check_close(r->state.loss, error + r->state.beta * squared_norm, 1e-10, 1);
    check_close(r->state.weight_norm * r->state.weight_norm, squared_norm, 1e-9, 1);
    check_close(r->state.trivial_distance, r->state.weight_norm, 1e-12, 1);
    check_close(r->state.susceptibility, susceptibility, 1e-6, 1);
    assert_int_equal(r->state.negative_eigenvalues_loss, 0);
}

/* Depth 3 and 4: every point of every chain lies on a closed-form branch, the upward sweep leaves mode
 * k in the step that holds its spinodal, and the trivial phase never comes back (T14). */
static void check_first_order(int depth)
{
    sweep_run run;
    run_linear(depth, 120, "both", &run);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_sweep_record *r = &run.points[i];
        check_point(&run, i, depth);
        if (r->direction == SPN_DIRECTION_DOWN) {
            assert_int_equal(r->state.active_modes, r->phase);
        }
    }
    for (int64_t modes = 1; modes <= 2; modes++) {
        spn_theory_mode mode;
        int64_t last = sweep_run_leaves(&run, SPN_DIRECTION_UP, modes);
        check_ok(context, spn_theory_mode_transition(context, depth, sigmas[modes - 1], &mode));
        assert_true(last >= 0);
        assert_true(run.points[last].state.beta < mode.spinodal_beta);
        assert_true(run.points[last + 1].state.beta > mode.spinodal_beta);
    }
    sweep_run_free(&run);
}

static void test_three_layers(void **state)
{
    (void)state;
    check_first_order(3);
}

static void test_four_layers(void **state)
{
    (void)state;
    check_first_order(4);
}

/* Depth 2: continuous, the same up and down (T12). */
static void test_two_layers_are_continuous(void **state)
{
    (void)state;
    sweep_run run;
    /* 121 points: none of them at beta = 0.5 or 0.9, where the Hessian is singular and rounding alone
     * decides whether a point passes the gate. */
    run_linear(2, 121, "both", &run);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_sweep_record *r = &run.points[i];
        double squared_norm = 2 * (fmax(0, 0.9 - r->state.beta) + fmax(0, 0.5 - r->state.beta));
        check_close(r->state.weight_norm * r->state.weight_norm, squared_norm, 1e-8, 1);
    }
    sweep_run_free(&run);
}

/* Depth 1: linear regression with a ridge, s = sigma / (1 + beta): nothing ever happens. */
static void test_one_layer_has_no_transition(void **state)
{
    (void)state;
    sweep_run run;
    run_linear(1, 60, "up", &run);
    for (int64_t i = 0; i < run.count; i++) {
        double beta = run.points[i].state.beta;
        assert_int_equal(run.points[i].state.active_modes, 2);
        check_close(run.modes->values[2 * i], 0.9 / (1 + beta), 1e-12, 1);
        check_close(run.points[i].state.weight_norm, sqrt(0.9 * 0.9 + 0.5 * 0.5) / (1 + beta),
                    1e-12, 1);
    }
    sweep_run_free(&run);
}

/* T9 by Hermite's rule: the error of a step is O(h^5), relative to the step's integral O(h^4): half the
 * step, a sixteenth of the mismatch. 12 leaves room for the next order. */
static void test_free_energy_identity(void **state)
{
    (void)state;
    double worst[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        sweep_run run;
        char text[512];
        snprintf(text, sizeof text,
                 "data: {samples: 50}\nmodel: {hidden: [3, 3], activation: linear}\n"
                 "sweep: {direction: up, beta: {from: 0.02, to: 0.14, points: %d}}\n",
                 k == 0 ? 13 : 25);
        sweep_run_make(context, text, 1, "identity.h5", &run);
        assert_true(isnan(run.points[0].free_energy_mismatch));
        for (int64_t i = 1; i < run.count; i++) {
            worst[k] = fmax(worst[k], fabs(run.points[i].free_energy_mismatch));
        }
        sweep_run_free(&run);
    }
    assert_true(worst[0] > 1e-9 && worst[0] < 1e-3);
    assert_true(worst[0] / worst[1] > 12);
}

/* On a grid so coarse that the tangent before a fold reaches as far as the jump itself: the jumps are told
 * from the branches, where T9 holds to the Hermite rule's error (a tenth at most on this grid). */
static void test_jumps_on_a_coarse_grid(void **state)
{
    (void)state;
    sweep_run run;
    sweep_run_make(context,
                   "data: {samples: 100}\n"
                   "sweep: {direction: up, beta: {from: 0.05, to: 0.6, points: 9, spacing: log}}\n",
                   1, "coarse.h5", &run);
    int64_t jumps = 0;
    for (int64_t i = 1; i < run.count; i++) {
        const spn_sweep_record *a = &run.points[i - 1], *b = &run.points[i];
        if (a->state.active_modes != b->state.active_modes) {
            assert_int_equal(b->jump, 1);
            assert_true(isnan(b->free_energy_mismatch));
            jumps++;
        } else if (!b->jump) {
            assert_true(fabs(b->free_energy_mismatch) < 0.1);
        }
    }
    assert_int_equal(jumps, 2);
    sweep_run_free(&run);
}

/* Along a stable branch |theta|^2 never rises with beta (T9: F is concave); chi is never negative. */
static void test_monotone_on_figure_2(void **state)
{
    (void)state;
    sweep_run run;
    sweep_run_make(context, "data: {samples: 200}\nsweep: {beta: {points: 40}}\n", 2, "mono.h5",
                   &run);
    for (int64_t i = 1; i < run.count; i++) {
        const spn_sweep_record *a = &run.points[i - 1], *b = &run.points[i];
        bool is_up = a->direction == SPN_DIRECTION_UP && b->direction == SPN_DIRECTION_UP;
        if (is_up) {
            assert_true(b->state.weight_norm <= a->state.weight_norm);
        }
        assert_true(b->state.susceptibility >= 0);
    }
    sweep_run_free(&run);
}

static void test_protocols_keep_their_rows(void **state)
{
    (void)state;
    static const char *const names[] = {"up", "down", "quench"};
    for (int k = 0; k < 3; k++) {
        sweep_run run;
        char text[256];
        snprintf(text, sizeof text,
                 "data: {samples: 50}\nmodel: {hidden: [3, 3]}\n"
                 "sweep: {direction: %s, seeds: 2, beta: {from: 0.05, points: 12}}\n",
                 names[k]);
        sweep_run_make(context, text, 2, "rows.h5", &run);
        for (int64_t i = 0; i < run.count; i++) {
            assert_int_equal(run.points[i].direction, k);
        }
        if (k != SPN_DIRECTION_DOWN) {
            assert_int_equal(run.count, 24);
        }
        sweep_run_free(&run);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    char path[512], part[540];
    bool is_gated = false;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const char *text = "data: {samples: 50}\nsweep: {beta: {points: 3}}\n";
    support_scratch("refused.h5", path);
    snprintf(part, sizeof part, "%s.part", path);
    spn_run_settings settings = {.output = path, .threads = 1};
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    check_ok(context, spn_study_sweep(context, study, &settings, &is_gated));
    assert_false(spn_journal_exists(part));
    check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_IO,
                "--force");
    settings.is_resumed = true;
    check_ok(context, spn_study_sweep(context, study, &settings, &is_gated));
    assert_true(is_gated);
    /* Sections that a sweep does not use make no other sweep of it. */
    check_ok(context, spn_experiment_set(context, experiment, "slice.points=7"));
    check_ok(context, spn_experiment_set(context, experiment, "branches.points=70"));
    check_ok(context, spn_experiment_set(context, experiment, "grok.epochs=70"));
    is_gated = false;
    check_ok(context, spn_study_sweep(context, study, &settings, &is_gated));
    assert_true(is_gated);
    check_ok(context, spn_experiment_set(context, experiment, "sweep.beta.points=4"));
    check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_IO,
                "--force");
    /* A journal of another experiment is not gone on with. */
    spn_journal *journal = NULL;
    char other[128];
    const long long bytes = sizeof(spn_sweep_record) + sizeof(spn_sweep_jump) +
                            sizeof(spn_sweep_approach) + sizeof(spn_branch_record) +
                            sizeof(spn_special_record) + sizeof(spn_branch_approach) +
                            sizeof(spn_trajectory_record) + sizeof(spn_crossing_record) +
                            sizeof(spn_plateau_record) + sizeof(spn_run_record);
    snprintf(other, sizeof other,
             "# spinodal " SPN_VERSION ", journal format 3, records of %lld bytes\n# run: sweep\n"
             "data:\n  samples: 51\n",
             bytes);
    check_ok(context, spn_journal_create(context, part, other, true, &journal));
    check_ok(context, spn_journal_close(context, journal));
    remove(path);
    check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_INPUT,
                "samples: 5");
    /* Nor is one of another version, which is named. */
    static const char *const firsts[] = {"# run: sweep\n", "# spinodal 0.0.9, journal format 3\n"};
    static const char *const said[] = {
        "another version of the program: there it is \"run: sweep\", this is \"spinodal",
        "\"spinodal 0.0.9, journal format 3\""};
    for (int i = 0; i < 2; i++) {
        check_ok(context, spn_journal_create(context, part, firsts[i], true, &journal));
        check_ok(context, spn_journal_close(context, journal));
        check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_INPUT,
                    said[i]);
    }
    settings.is_resumed = false;
    check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_IO,
                "--resume");
    settings.output = "/no/such/folder/run.h5";
    check_fails(context, spn_study_sweep(context, study, &settings, &is_gated), SPN_ERROR_IO,
                "/no/such/folder");
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
}

static bool sweep_towards(const char *direction)
{
    char text[256], path[512];
    bool is_good = false, is_good_again = false;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    support_scratch("towards.h5", path);
    remove(path);
    snprintf(text, sizeof text,
             "data: {samples: 40}\nmodel: {hidden: [2]}\nsolver: {max_iterations: 10}\n"
             "sweep: {direction: %s, beta: {points: 6}}\n",
             direction);
    const spn_run_settings settings = {.output = path, .threads = 1};
    const spn_run_settings again = {.output = path, .threads = 1, .is_resumed = true};
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    check_ok(context, spn_study_sweep(context, study, &settings, &is_good));
    check_ok(context, spn_study_sweep(context, study, &again, &is_good_again));
    assert_int_equal(is_good, is_good_again);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return is_good;
}

/* Ten iterations are too few from random weights, and enough from a point to the next. The way up to the phases where a
 * sweep `down` starts is not among its results, and its verdict is about these: at its end as when it is resumed. */
static void test_verdict_is_of_the_results(void **state)
{
    (void)state;
    assert_false(sweep_towards("up"));
    assert_true(sweep_towards("down"));
}

/* Allocations of a whole study with `points` points; rows in memory grow beyond 256 only. */
static int64_t allocations_of(int points)
{
    char text[256], path[512];
    bool is_gated = false;
    support_allocator counter = {0};
    spn_context *own = support_context(&counter);
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    support_scratch("allocations.h5", path);
    const spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    snprintf(text, sizeof text,
             "data: {samples: 40}\nmodel: {hidden: [3, 3]}\n"
             "sweep: {direction: up, beta: {from: 0.05, points: %d}}\n",
             points);
    check_ok(own, spn_experiment_parse(own, "test.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(own, spn_study_create(own, experiment, &study));
    int64_t before = counter.calls;
    check_ok(own, spn_study_sweep(own, study, &settings, &is_gated));
    int64_t calls = counter.calls - before;
    spn_study_free(own, study);
    spn_experiment_free(own, experiment);
    spn_context_free(own);
    assert_int_equal(counter.live, 0);
    return calls;
}

static void test_points_allocate_nothing(void **state)
{
    (void)state;
    /* Only the final reading back of the file takes more: arena blocks of 64 KiB for some 20 KiB of
     * columns and weights per 50 points. tests/sweep shows that a chain alone takes exactly nothing. */
    int64_t more = allocations_of(200) - allocations_of(20);
    assert_true(more >= 0 && more <= 180 / 15);
}

static spn_status small_sweep(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    const char *path = state;
    bool is_gated = false;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const char *text = "data: {samples: 12}\nmodel: {hidden: [2]}\n"
                       "sweep: {direction: both, beta: {from: 0.3, points: 2}}\n";
    const spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    SPN_TRY(spn_experiment_parse(own, "test.yaml", text, (int64_t)strlen(text), &experiment));
    SPN_TRY(spn_study_create(own, experiment, &study));
    SPN_TRY(spn_study_sweep(own, study, &settings, &is_gated));
done:
    spn_study_free(own, study);
    spn_experiment_free(own, experiment);
    return status;
}

/* Everything a study does, each allocation failing in turn: the error is clear, nothing is left. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(small_sweep, path) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_layers),
        cmocka_unit_test(test_four_layers),
        cmocka_unit_test(test_two_layers_are_continuous),
        cmocka_unit_test(test_one_layer_has_no_transition),
        cmocka_unit_test(test_free_energy_identity),
        cmocka_unit_test(test_jumps_on_a_coarse_grid),
        cmocka_unit_test(test_monotone_on_figure_2),
        cmocka_unit_test(test_protocols_keep_their_rows),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_verdict_is_of_the_results),
        cmocka_unit_test(test_points_allocate_nothing),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
