/* SPDX-License-Identifier: MIT */
/* The slices of Figure 1, against the closed forms of the deep linear network. */
#include "../study/sweep_run.h"
#include "gallery/fig1/fig1.h"

#include <stdio.h>

#define EXPERIMENT                                                                                 \
    "data: {kind: gaussian, samples: 40, inputs: 3, outputs: 2, correlations: [0.9, 0.5], "        \
    "moments: exact, seed: 1}\n"                                                                   \
    "model: {hidden: [2, 2], activation: linear, init: {scale: 0.7, seed: 1}}\n"                   \
    "sweep: {beta: {from: 0.05, to: 0.5, points: 46}, direction: both}\n"                          \
    "slice: {points: 21}\n"

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

static spn_status make(const char *sweep, const char *path, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const spn_run_settings settings = {.output = path, .threads = 2};
    SPN_TRY(
        spn_experiment_parse(context, "test.yaml", EXPERIMENT, sizeof EXPERIMENT - 1, &experiment));
    SPN_TRY(spn_study_create(context, experiment, &study));
    SPN_TRY(spni_fig1_slices(context, study, sweep, &settings, is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    return status;
}

/* T13: Maxwell point of one mode with sigma = 0.9, D = 3; equal L there, the order of the others on both sides. */
static void test_closed_forms(void **state)
{
    (void)state;
    char sweep_path[512], path[512];
    bool is_good = false;
    sweep_run sweep;
    spn_theory_mode mode;
    spn_arena *arena = NULL;
    spn_results results;
    spn_slice_contents c;
    sweep_run_make(context, EXPERIMENT, 1, "sweep.h5", &sweep);
    sweep_run_free(&sweep);
    check_ok(context, spn_theory_mode_transition(context, 3, 0.9, &mode));
    check_ok(context, make(support_scratch("sweep.h5", sweep_path),
                           support_scratch("fig1.h5", path), &is_good));
    assert_true(is_good);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    check_ok(context, spn_slice_contents_read(context, arena, &results, &c));
    const spn_slice_level *level = c.levels.records;
    const spn_slice_anchor *anchor = c.anchors.records;
    const spn_norm_record *curve = c.potential.records;
    /* L is known to 1e-16 of 2, beta to that over |theta|^2 = 2. */
    check_close(level[1].beta, mode.maxwell_beta, 1e-12, 0);
    check_close(anchor[3].loss, anchor[2].loss, 1e-14, 0);
    assert_true(anchor[1].loss < anchor[0].loss);
    assert_true(anchor[5].loss > anchor[4].loss);
    assert_true(level[2].beta < mode.spinodal_beta && level[3].beta > mode.spinodal_beta);
    /* The norm-constrained curve: n = 3 s^(2/3), E = 2 - sigma^2 + (s - sigma)^2, beta of T13. */
    assert_true(c.potential.rows > 100);
    for (int64_t i = 0; i < c.potential.rows; i++) {
        const double s = pow(curve[i].norm_squared / 3, 1.5);
        check_close(curve[i].error, 2 - 0.81 + (s - 0.9) * (s - 0.9), 1e-9, 0);
        check_close(curve[i].beta, (0.9 - s) * cbrt(s), 1e-7, 1);
        assert_true(i == 0 || curve[i].norm_squared > curve[i - 1].norm_squared);
    }
    spn_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
