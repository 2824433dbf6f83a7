/* SPDX-License-Identifier: MIT */
/* What runs say: plateaus left and not left, as their laws say and not, a minimum that is never left. */
#include "support.h"

#include <spinodal/trajectory.h>

static spn_plateau_record plateau(int64_t run, int64_t kind, double from, double to, double low,
                                  double high)
{
    return (spn_plateau_record){.run = run,
                                .kind = kind,
                                .epoch_from = from,
                                .epoch_to = to,
                                .measured = to - from,
                                .predicted = 0.5 * (low + high),
                                .predicted_low = low,
                                .predicted_high = high};
}

static spn_state minimum(int64_t modes)
{
    return (spn_state){.stationary = 1, .active_modes = modes};
}

/* What is no minimum has learned nothing that others could be short of, and is no trap. */
static void test_ends_that_are_no_minima(void **state)
{
    (void)state;
    const double never = (double)NAN;
    const spn_plateau_record held = plateau(0, SPN_PLATEAU_METASTABLE, 0, never, never, never);
    for (int which = 0; which < 4; which++) {
        spn_run_record runs[] = {{.run = 0, .final = minimum(1)}, {.run = 1, .final = minimum(2)}};
        spn_training_answer out[2];
        runs[1].final.stationary = which == 1 ? 0 : which == 2 ? -1 : 1;
        runs[1].final_negative_eigenvalues = which == 3;
        spn_training_answers(2, runs, 1, &held, out);
        assert_int_equal(out[0].is_trapped, which == 0);
    }
}

static void test_runs(void **state)
{
    (void)state;
    const double never = (double)NAN;
    const spn_run_record runs[] = {
        {.run = 0, .start = 1, .epoch = 500, .state.error = 0.9, .final = minimum(2)},
        {.run = 1, .epoch = 500, .state.error = 2, .final = minimum(1)},
        {.run = 2, .epoch = 70, .stop = SPN_STOP_DIVERGED},
        {.run = 3, .epoch = 500}};
    const spn_plateau_record plateaus[] = {
        plateau(0, SPN_PLATEAU_DEGENERATE, 0, 100, 90, 110),
        plateau(1, SPN_PLATEAU_METASTABLE, 0, never, never, never),
        plateau(0, SPN_PLATEAU_SADDLE, 100, 130, 40, 60),
        plateau(0, SPN_PLATEAU_GHOST, 130, 150, never, never),
        plateau(0, SPN_PLATEAU_SLOW, 150, never, never, never)};
    spn_training_answer out[4];
    spn_training_answers(4, runs, 5, plateaus, out);
    assert_true(out[0].run == 0 && out[0].start == 1 && out[0].left == 3);
    check_close(out[0].waited, 150, 0, 0);
    assert_true(out[0].predicted == 2 && out[0].as_predicted == 1);
    assert_true(out[0].held_by == 4 && !out[0].is_trapped);
    check_close(out[0].error, 0.9, 0, 0);
    assert_true(out[1].left == 0 && out[1].waited == 0);
    assert_true(out[1].held_by == 1 && out[1].is_trapped);
    assert_true(out[2].diverged && out[2].held_by == -1);
    /* a minimum that all runs lead to is the end, not a trap */
    const spn_run_record alone = {.run = 1, .final = minimum(1)};
    spn_training_answer one;
    spn_training_answers(1, &alone, 5, plateaus, &one);
    assert_true(one.held_by == 1 && !one.is_trapped);
    assert_true(!out[3].diverged && out[3].left == 0 && !out[3].is_trapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs),
                                       cmocka_unit_test(test_ends_that_are_no_minima)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
