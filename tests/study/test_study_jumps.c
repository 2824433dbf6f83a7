/* SPDX-License-Identifier: MIT */
/* Refined transitions of whole sweeps: deep linear networks on whitened data against T11 to T15, and the network
 * of Figure 2 against itself on other grids. */
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

typedef struct jumps_run {
    sweep_run run;
    int64_t count, rows;
    spn_sweep_jump *jumps;
    spn_sweep_approach *approach;
} jumps_run;

static void make_run(const char *text, jumps_run *out)
{
    sweep_run_make(context, text, 2, "jumps.h5", &out->run);
    const spn_table *jumps = spn_results_table(&out->run.results, "jumps");
    const spn_table *approach = spn_results_table(&out->run.results, "approach");
    assert_non_null(jumps);
    assert_non_null(approach);
    out->count = jumps->rows;
    out->rows = approach->rows;
    out->jumps = spn_arena_take(out->run.arena, jumps->rows + 1, sizeof *out->jumps);
    out->approach = spn_arena_take(out->run.arena, approach->rows + 1, sizeof *out->approach);
    check_ok(context,
             spn_table_convert(context, jumps, "jumps.h5", &spn_sweep_jump_columns, out->jumps));
    check_ok(context, spn_table_convert(context, approach, "jumps.h5", &spn_sweep_approach_columns,
                                        out->approach));
}

static void free_run(jumps_run *run)
{
    sweep_run_free(&run->run);
}

/* A linear network on whitened data whose cross-covariance has the singular values a >= b. */
static void run_linear(int depth, double a, double b, const char *direction, int points,
                       jumps_run *out)
{
    static const char *const hidden[] = {"[]", "[3]", "[3, 3]", "[3, 3, 3]", "[3, 3, 3, 3]"};
    char text[512];
    snprintf(text, sizeof text,
             "data: {samples: 50, correlations: [%.17g, %.17g]}\n"
             "model: {hidden: %s, activation: linear}\n"
             "sweep: {direction: %s, beta: {from: 0.01, to: 1.2, points: %d}}\n",
             a, b, hidden[depth - 1], direction, points);
    make_run(text, out);
}

/* First row of the approach to jump `jump`, and how many there are. */
static const spn_sweep_approach *approach_to(const jumps_run *run, int64_t jump, int64_t *count)
{
    int64_t first = 0;
    while (first < run->rows && run->approach[first].jump != jump) {
        first++;
    }
    *count = 0;
    while (first + *count < run->rows && run->approach[first + *count].jump == jump) {
        ++*count;
    }
    return run->approach + first;
}

/* Two decades of the distance, from the closest row: corrections are of the order of sqrt(distance/beta)
 * <= 0.02. The mode must have been followed through the zero modes of the symmetry. */
static void check_exponent(const jumps_run *run, int64_t jump, double exponent)
{
    int64_t count = 0;
    const spn_sweep_approach *rows = approach_to(run, jump, &count);
    assert_true(count > 8);
    double slope =
        log(rows[8].eigenvalue / rows[0].eigenvalue) / log(rows[8].distance / rows[0].distance);
    assert_true(fabs(slope - exponent) < 0.01);
    for (int64_t i = 0; i < 9; i++) {
        assert_true(rows[i].overlap > 0.99);
    }
}

/* |theta|^2 and E of the phase with the `active` strongest of the two modes at beta. */
static void phase_at(int depth, double a, double b, int64_t active, double beta,
                     spn_theory_phase *out)
{
    const double sigmas[2] = {a, b};
    const spn_theory_network network = {depth, 2, sigmas, 2};
    check_ok(context,
             spn_theory_phase_at(context, &network, ((uint64_t)1 << active) - 1, beta, out));
}

/* One jump at a fold, from `before` modes to `after`: the place to 1e-6 by the bracket; before it the state at the
 * bracket's inner end, where ds/dbeta reaches 1e4 and what the solver leaves is 1e-11; behind it the state near the
 * bracket's outer end, where d|theta|^2/dbeta is 30 at most over a bracket of 1e-7. */
static void check_fold(const jumps_run *run, int64_t row, int depth, const double sigmas[2],
                       int64_t before, int64_t after)
{
    const spn_sweep_jump *jump = &run->jumps[row];
    spn_theory_mode mode;
    spn_theory_phase state;
    check_ok(context, spn_theory_mode_transition(context, depth, sigmas[before - 1], &mode));
    check_close(jump->beta, mode.spinodal_beta, 1e-6, 0);
    assert_true(jump->beta_before <= mode.spinodal_beta);
    assert_int_equal(jump->before.active_modes, before);
    assert_int_equal(jump->after.active_modes, after);
    assert_int_equal(jump->survives, 1);
    assert_int_equal(jump->resolved, 1);
    assert_int_equal(jump->settled, 1);
    phase_at(depth, sigmas[0], sigmas[1], before, jump->beta_before, &state);
    check_close(jump->before.error, state.error, 1e-7, 0);
    check_close(jump->before.weight_norm * jump->before.weight_norm, state.norm_squared, 1e-7, 0);
    check_close(jump->before.loss, state.loss, 1e-12, 0);
    phase_at(depth, sigmas[0], sigmas[1], after, jump->beta_after, &state);
    check_close(jump->after.error, state.error, 1e-5, 0);
    check_close(jump->after.weight_norm * jump->after.weight_norm, state.norm_squared, 1e-5, 1);
    check_exponent(run, row, 0.5);
}

static void check_first_order(int depth, double a, double b, int points)
{
    const double sigmas[2] = {a, b};
    jumps_run run;
    run_linear(depth, a, b, "both", points, &run);
    assert_int_equal(run.count, a == b || b == 0 ? 1 : 2);
    if (a == b) {
        check_fold(&run, 0, depth, sigmas, 2, 0);
    } else if (b > 0) {
        check_fold(&run, 0, depth, sigmas, 2, 1);
    }
    if (a != b) {
        check_fold(&run, run.count - 1, depth, sigmas, 1, 0);
    }
    for (int64_t i = 0; i < run.count; i++) {
        assert_int_equal(run.jumps[i].direction, SPN_DIRECTION_UP); /* T14: nothing comes back */
    }
    free_run(&run);
}

static void test_folds(void **state)
{
    (void)state;
    for (int depth = 3; depth <= 5; depth++) {
        check_first_order(depth, 0.9, 0.5, 60);
    }
}

static void test_coarse_and_fine_grids(void **state)
{
    (void)state;
    check_first_order(3, 0.9, 0.5, 6);
    check_first_order(3, 0.9, 0.5, 600);
}

/* Two folds within 3e-4 of each other, both in one step of the grid; one mode twice; a mode that is not
 * there. */
static void test_hard_spectra(void **state)
{
    (void)state;
    check_first_order(3, 0.5001, 0.5, 12);
    check_first_order(4, 0.5001, 0.5, 12);
    check_first_order(3, 0.5, 0.5, 12);
    check_first_order(3, 0.9, 0, 12);
}

/* T12: at each sigma, up and down, and nothing survives. With 120 points sigma are grid points themselves. */
static void check_second_order(double a, double b, int points, int64_t expected)
{
    jumps_run run;
    run_linear(2, a, b, "both", points, &run);
    assert_int_equal(run.count, expected);
    for (int64_t i = 0; i < run.count; i++) {
        const spn_sweep_jump *jump = &run.jumps[i];
        double sigma = fabs(jump->beta - a) < fabs(jump->beta - b) ? a : b;
        check_close(jump->beta, sigma, 1e-6, 0);
        assert_int_equal(jump->survives, 0);
        assert_int_equal(jump->resolved, 1);
        if (i == 0) {
            /* Of near-degenerate modes the other's transition is too near for two decades. */
            check_exponent(&run, i, 1);
        }
    }
    free_run(&run);
}

static void test_continuous(void **state)
{
    (void)state;
    /* Up both; down from one mode the weak one, from none both. */
    check_second_order(0.9, 0.5, 61, 5);
    check_second_order(0.9, 0.5, 120, 5);
    check_second_order(0.5001, 0.5, 12, 4);
    check_second_order(0.5, 0.5, 12, 2);
}

static void test_no_transition(void **state)
{
    (void)state;
    jumps_run run;
    run_linear(1, 0.9, 0.5, "both", 30, &run);
    assert_int_equal(run.count, 0);
    assert_int_equal(run.rows, 0);
    free_run(&run);
    make_run("data: {samples: 50}\nmodel: {hidden: [3, 3], activation: linear}\n"
             "sweep: {beta: {from: 0.2, to: 0.4, points: 10}}\n",
             &run);
    assert_int_equal(run.count, 0);
    free_run(&run);
}

/* The network of Figure 2: both accuracy transitions and those of the symmetry, on three grids. */
static void test_figure_2_on_three_grids(void **state)
{
    (void)state;
    const int points[3] = {20, 120, 400};
    jumps_run runs[3];
    for (int k = 0; k < 3; k++) {
        char text[256];
        snprintf(text, sizeof text,
                 "sweep: {direction: up, beta: {from: 0.03, to: 0.5, points: %d}}\n", points[k]);
        make_run(text, &runs[k]);
        assert_int_equal(runs[k].count, runs[0].count);
        for (int64_t i = 0; i < runs[k].count; i++) {
            const spn_sweep_jump *a = &runs[0].jumps[i], *b = &runs[k].jumps[i];
            check_close(b->beta, a->beta, 2e-6, 0);
            check_close(b->after.error, a->after.error, 1e-6, 0);
            check_close(b->after.weight_norm, a->after.weight_norm, 1e-6, 1);
            assert_int_equal(b->before.active_modes, a->before.active_modes);
            assert_int_equal(b->after.active_modes, a->after.active_modes);
            assert_int_equal(b->survives, a->survives);
            assert_int_equal(b->resolved, 1);
            assert_int_equal(b->settled, 1);
        }
    }
    assert_int_equal(runs[0].count, 4);
    assert_int_equal(runs[0].jumps[2].after.active_modes, 1);
    assert_int_equal(runs[0].jumps[3].after.active_modes, 0);
    /* (The critical mode of the jump before it meets a soft one of the symmetry within two decades.) */
    check_exponent(&runs[0], 3, 0.5);
    for (int k = 0; k < 3; k++) {
        free_run(&runs[k]);
    }
}

/* Parameters on both sides are stationary points with the numbers of the table; without `parameters` they are not
 * kept, without `refine` there are no tables. */
static void test_what_is_kept(void **state)
{
    (void)state;
    const char *const switches[3] = {"", "parameters: false, ", "refine: false, "};
    for (int k = 0; k < 3; k++) {
        char text[256];
        sweep_run run;
        snprintf(text, sizeof text,
                 "data: {samples: 50}\nmodel: {hidden: [3, 3], activation: linear}\n"
                 "sweep: {%sdirection: up, beta: {from: 0.05, points: 8}}\n",
                 switches[k]);
        sweep_run_make(context, text, 1, "kept.h5", &run);
        const spn_table *jumps = spn_results_table(&run.results, "jumps");
        const spn_array *before = spn_results_array(&run.results, "jump_theta_before");
        const spn_array *after = spn_results_array(&run.results, "jump_theta_after");
        assert_true((jumps != NULL) == (k != 2));
        assert_true((spn_results_table(&run.results, "approach") != NULL) == (k != 2));
        assert_true((before != NULL) == (k == 0) && (after != NULL) == (k == 0));
        if (k == 0) {
            int64_t column = spn_table_find(jumps, "norm_before");
            assert_int_equal(jumps->rows, 2);
            assert_int_equal(before->rows, 2);
            assert_int_equal(after->rows, 2);
            for (int64_t row = 0; row < 2; row++) {
                double sum = 0;
                for (int64_t i = 0; i < before->columns; i++) {
                    double t = before->values[row * before->columns + i];
                    sum += t * t;
                }
                check_close(sqrt(sum), spn_table_real(jumps, row, column), 1e-14, 0);
            }
        }
        sweep_run_free(&run);
    }
}

/* `down` shows its down chains alone, and the jumps of those. */
static void test_down_shows_its_own(void **state)
{
    (void)state;
    jumps_run run;
    run_linear(2, 0.9, 0.5, "down", 31, &run);
    assert_int_equal(run.count, 3);
    for (int64_t i = 0; i < run.count; i++) {
        int64_t count = 0;
        assert_int_equal(run.jumps[i].direction, SPN_DIRECTION_DOWN);
        approach_to(&run, i, &count);
        assert_true(count > 8);
    }
    assert_int_equal(run.approach[run.rows - 1].jump, run.count - 1);
    free_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds),         cmocka_unit_test(test_coarse_and_fine_grids),
        cmocka_unit_test(test_hard_spectra),  cmocka_unit_test(test_continuous),
        cmocka_unit_test(test_no_transition), cmocka_unit_test(test_figure_2_on_three_grids),
        cmocka_unit_test(test_what_is_kept),  cmocka_unit_test(test_down_shows_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
