/* SPDX-License-Identifier: MIT */
/* Training watched by a study, of a deep linear network against its closed forms: T16 exactly (the time of one balanced
 * mode), T22, T11; where runs start; how they end. */
#include "grok_case.h"

/* The mode sigma = 0.9 from all layers at u_0 to s = sigma / 2, where E = 2 - sigma^2 + (sigma / 2)^2: the time is
 * that of its scalar equation. Depth 3 is trapped at u_0 <= beta / sigma. */
static void test_one_mode(void **state)
{
    (void)state;
    static const double scales[3] = {0.05, 0.02, 0.0112};
    const double sigma = 0.9, beta = 0.01, rate = 0.1;
    for (int i = 0; i < 3; i++) {
        char path[512], grok[1000];
        grok_file f;
        write_mode(scales[i], "mode.npz", path);
        snprintf(grok, sizeof grok,
                 "method: flow, tolerance: 1e-11, beta: 0.01, epochs: 20000, starts: ['%s'], "
                 "levels: [1.3925]",
                 path);
        make(grok, "solver: {learning_rate: 0.1}", "mode.h5", 1, true, &f);
        assert_int_equal(f.runs->rows, 1);
        assert_int_equal(f.crossings->rows, 1);
        /* The flow's steps are right to 1e-11 each; the growth out of the slow part turns an error of u by a share into
         * one of the time by the same share over 1 - beta / (sigma u), here 125 at most. */
        const double exact = spn_theory_passage_time(3, sigma, beta, scales[i], sigma / 2);
        check_close(f.crossing[0].epoch * rate, exact, 1e-6, 0);
        check_close(f.crossing[0].time, exact, 1e-6, 0);
        /* Near the threshold the lower root of T13 (u = 0.0111) is what the path leaves, a saddle; farther the origin,
         * by T22, which is T16 here and right to 1e-6. Around the saddle the next order of u is left out in both, u^3 /
         * sigma = 1e-5 of the growth, which the nearness of the threshold multiplies by less than 125. */
        assert_true(f.plateaus->rows > 0);
        const bool is_origin = f.plateau[0].kind == SPN_PLATEAU_DEGENERATE;
        assert_true(is_origin || f.plateau[0].kind == SPN_PLATEAU_SADDLE);
        assert_true(is_origin || i > 0);
        check_close(f.plateau[0].branch_error, 2, 1e-5, 0);
        check_close(f.plateau[0].predicted * rate,
                    spn_theory_escape_time(3, sigma, beta, scales[i]), is_origin ? 1e-5 : 1e-3, 0);
        assert_int_equal(f.run[0].final.active_modes, 1);
        spn_arena_free(f.arena);
    }
}

/* E / K in place of E with beta / K makes the same path K times as slow. */
static void test_mean_error(void **state)
{
    (void)state;
    char path[512], grok[1000];
    grok_file sum, mean;
    write_mode(0.05, "mode.npz", path);
    snprintf(grok, sizeof grok,
             "method: flow, beta: 0.01, epochs: 4000, starts: ['%s'], levels: [1.3925]", path);
    make(grok, "solver: {learning_rate: 0.1}", "sum.h5", 1, true, &sum);
    snprintf(grok, sizeof grok,
             "method: flow, beta: 0.005, epochs: 8000, starts: ['%s'], levels: [0.69625]", path);
    make(grok, "solver: {learning_rate: 0.1}\nobjective: {error: mse_mean}", "mean.h5", 1, true,
         &mean);
    check_close(mean.crossing[0].time, 2 * sum.crossing[0].time, 1e-6, 0);
    check_close(mean.plateau[0].predicted, 2 * sum.plateau[0].predicted, 1e-4, 0);
    spn_arena_free(sum.arena);
    spn_arena_free(mean.arena);
}

/* Below the threshold of T16 the mode shrinks to the trivial phase, which is where it ends. */
static void test_trapped(void **state)
{
    (void)state;
    char path[512], grok[1000];
    grok_file f;
    write_mode(0.0100, "trapped.npz", path);
    snprintf(grok, sizeof grok,
             "method: flow, beta: 0.01, epochs: 20000, starts: ['%s'], levels: [1.9]", path);
    make(grok, "solver: {learning_rate: 0.1}", "trapped.h5", 1, true, &f);
    assert_true(isnan(f.crossing[0].epoch));
    assert_int_equal(f.run[0].final.active_modes, 0);
    const spn_text_column *phases = spn_results_text_column(&f.results, "runs", "phase");
    assert_non_null(phases);
    assert_string_equal(phases->items[0], "trivial");
    spn_arena_free(f.arena);
}

/* All starts of one beta end in the phase with both modes: E = 2 - sum sigma_i^2 + sum (s_i - sigma_i)^2 (T11). */
static void test_ends(void **state)
{
    (void)state;
    grok_file f;
    double error = 2;
    for (int i = 0; i < 2; i++) {
        const double sigma = i == 0 ? 0.9 : 0.5;
        spn_theory_state there;
        check_ok(context, spn_theory_state_at(context, 3, sigma, 0.001, SPN_THEORY_UPPER, &there));
        error += (there.strength - sigma) * (there.strength - sigma) - sigma * sigma;
    }
    make("beta: 0.001, epochs: 20000, starts: [random, trivial+0.05, 1 mode+0.05], seeds: 2",
         "solver: {learning_rate: 0.05}", "ends.h5", 2, true, &f);
    assert_int_equal(f.runs->rows, 6);
    const spn_text_column *phases = spn_results_text_column(&f.results, "runs", "phase");
    const spn_array *theta = spn_results_array(&f.results, "final_theta");
    assert_int_equal(theta->rows, 6);
    assert_int_equal(theta->columns, PARAMETERS);
    for (int64_t i = 0; i < 6; i++) {
        const spn_run_record *r = &f.run[i];
        assert_int_equal(r->run, i);
        assert_int_equal(r->start, i / 2);
        assert_int_equal(r->seed, i % 2);
        check_close(r->final.error, error, 1e-9, 0);
        assert_int_equal(r->final_negative_eigenvalues, 0);
        assert_int_equal(r->final.stationary, 1);
        assert_string_equal(phases->items[i], "2 modes");
    }
    spn_arena_free(f.arena);
}

static const double *theta_of(const grok_file *f, int64_t run)
{
    const spn_array *theta = spn_results_array(&f->results, "theta");
    assert_non_null(theta);
    assert_int_equal(theta->rows, f->points->rows);
    for (int64_t i = 0; i < f->points->rows; i++) {
        if (f->point[i].run == run && f->point[i].record == 0) {
            return theta->values + i * theta->columns;
        }
    }
    fail();
    return NULL;
}

/* The 1-mode point of the sweep nearest to beta. */
static const double *find_stored(const sweep_run *sweep, double beta)
{
    int64_t best = -1;
    for (int64_t i = 0; i < sweep->count; i++) {
        const spn_sweep_record *r = &sweep->points[i];
        if (r->state.active_modes == 1 &&
            (best < 0 ||
             fabs(r->state.beta - beta) < fabs(sweep->points[best].state.beta - beta))) {
            best = i;
        }
    }
    assert_true(best >= 0);
    return spn_results_array(&sweep->results, "theta")->values + best * PARAMETERS;
}

/* Where runs start: the initial weights, a factor of them, zero, stored points and a row; all residues of a seed are the
 * same deviates. */
static void test_starts(void **state)
{
    (void)state;
    char path[512], grok[1000];
    grok_file f;
    sweep_run sweep;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    double initial[PARAMETERS];
    write_mode(0.25, "a+b.npz", path);
    snprintf(grok, sizeof grok,
             "beta: 0.2, epochs: 1, residue: 0.01, seeds: 2, parameters: true, starts: [random, "
             "random*8, trivial, 1 mode, 1 mode@0.3+0.02, row 3, '%s', '%s+1e-3']",
             path, path);
    make(grok, "", "starts.h5", 2, true, &f);
    check_ok(context, prepare(context, grok, "", &experiment, &study));
    sweep_run_make(context, DATA MODEL SWEEP, 1, "sweep.h5", &sweep);
    const double *rows = spn_results_array(&sweep.results, "theta")->values;
    const double *near = find_stored(&sweep, 0.2), *named = find_stored(&sweep, 0.3);
    for (int64_t seed = 0; seed < 2; seed++) {
        spn_random random = spn_random_stream(1, SPN_PURPOSE_RESIDUE, (uint64_t)seed);
        check_ok(context, spn_study_initial(context, study, seed, initial));
        for (int64_t i = 0; i < PARAMETERS; i++) {
            const double deviate = spn_random_normal(&random);
            const double file = i == 0 || i == 6 || i == 10 ? 0.25 : 0;
            assert_true(theta_of(&f, seed)[i] == initial[i]);
            assert_true(theta_of(&f, 2 + seed)[i] == 8 * initial[i]);
            assert_true(theta_of(&f, 4 + seed)[i] == 0.01 * deviate);
            assert_true(theta_of(&f, 6 + seed)[i] == near[i] + 0.01 * deviate);
            assert_true(theta_of(&f, 8 + seed)[i] == named[i] + 0.02 * deviate);
            assert_true(theta_of(&f, 10 + seed)[i] == rows[3 * PARAMETERS + i] + 0.01 * deviate);
            assert_true(theta_of(&f, 12 + seed)[i] == file);
            assert_true(theta_of(&f, 14 + seed)[i] == file + 1e-3 * deviate);
        }
    }
    static const double residues[8] = {(double)NAN, (double)NAN, 0.01, 0.01, 0.02, 0.01, 0, 1e-3};
    for (int i = 0; i < 8; i++) {
        check_close(f.start[i].residue, residues[i], 0, 0);
        check_close(f.run[2 * i].residue, residues[i], 0, 0);
    }
    /* What the starts are before their residues. */
    check_close(f.start[2].error, 2, 1e-13, 0);
    assert_int_equal(f.start[3].active_modes, 1);
    check_close(f.start[4].stored_beta, 0.3, 1e-12, 0);
    assert_true(isnan(f.start[0].stored_beta) && isnan(f.start[6].stored_beta));
    const spn_text_column *names = spn_results_text_column(&f.results, "starts", "name");
    assert_string_equal(names->items[4], "1 mode@0.3+0.02");
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    sweep_run_free(&sweep);
    spn_arena_free(f.arena);
}

/* Too large a rate: said, and the last finite state kept. */
static void test_divergence(void **state)
{
    (void)state;
    grok_file f;
    make("beta: 0.001, epochs: 1000, starts: [random]", "solver: {learning_rate: 5}", "diverged.h5",
         1, false, &f);
    assert_int_equal(f.run[0].stop, SPN_STOP_DIVERGED);
    assert_true(f.run[0].epoch < 1000 && isfinite(f.run[0].state.error));
    assert_true(f.run[0].stability_max > 2);
    assert_non_null(strstr(cut.warning, "unstable above 2"));
    const spn_array *last = spn_results_array(&f.results, "last_theta");
    assert_int_equal(last->rows, 1);
    for (int64_t i = 0; i < PARAMETERS; i++) {
        assert_true(isfinite(last->values[i]));
    }
    spn_arena_free(f.arena);
}

/* A phase without a residue is stationary: that is said. */
static void test_bare_phase(void **state)
{
    (void)state;
    grok_file f;
    make("beta: 0.1, epochs: 10, starts: [1 mode+0]", "", "bare.h5", 1, true, &f);
    assert_non_null(strstr(cut.warning, "start '1 mode+0' has a residue of 0"));
    assert_int_equal(f.run[0].final.active_modes, 1);
    spn_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_mode),   cmocka_unit_test(test_mean_error),
        cmocka_unit_test(test_trapped),    cmocka_unit_test(test_ends),
        cmocka_unit_test(test_starts),     cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_bare_phase),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
