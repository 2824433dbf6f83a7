/* SPDX-License-Identifier: MIT */
/* Over seeds and over data draws: each draw has singular values of its own, so that mean and deviation of its
 * transitions are known. */
#include "model.h"

#include <spinodal/numeric.h>

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

enum { DRAWS = 5, SEEDS = 3 };
static const double draws[DRAWS] = {0.80, 0.84, 0.86, 0.9, 0.95};

/* Chains of the same network from several seeds are one row. */
static void test_seeds(void **state)
{
    (void)state;
    static const double sigma[] = {0.9, 0.5};
    int64_t count = 0;
    model *m = model_new(context, 3, 2, sigma);
    spn_transitions *t = NULL;
    const spn_transition_group *groups = NULL;
    for (int64_t seed = 0; seed < SEEDS; seed++) {
        m->offset = 0.2 + 0.3 * (double)seed; /* brackets differ */
        model_both(m, seed, 60, 0.01, 0.5);
    }
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 4);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].seeds, SEEDS);
    }
    check_ok(context, spn_transitions_group(context, t, &groups, &count));
    assert_int_equal(count, 4);
    for (int64_t i = 0; i < count; i++) {
        assert_true(groups[i].seeds == SEEDS && groups[i].seeds_of == SEEDS);
        assert_true(groups[i].runs == 1 && groups[i].runs_of == 1 && groups[i].first == SEEDS);
        assert_true(groups[i].beta_deviation <= 1e-6 * groups[i].beta);
    }
    spn_transitions_free(context, t);
    free(m);
}

static void test_draws(void **state)
{
    (void)state;
    int64_t count = 0;
    double mean = 0, square = 0;
    spn_transitions *t = NULL;
    const spn_transition_group *groups = NULL, *up = NULL;
    check_ok(context, spn_transitions_create(context, &t));
    for (int k = 0; k < DRAWS; k++) {
        model *m = model_new(context, 3, 1, &draws[k]);
        model_both(m, 0, 80, 0.01, 0.5);
        check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
        mean += model_end(m, 1) / DRAWS;
        free(m);
    }
    for (int k = 0; k < DRAWS; k++) {
        model *m = model_new(context, 3, 1, &draws[k]);
        square += pow(model_end(m, 1) - mean, 2) / (DRAWS - 1);
        free(m);
    }
    check_ok(context, spn_transitions_group(context, t, &groups, &count));
    assert_int_equal(count, 2);
    up = groups[0].kind == SPN_TRANSITION_SPINODAL_UP ? &groups[0] : &groups[1];
    assert_true(up->runs == DRAWS && up->seeds == DRAWS && up->seeds_of == DRAWS);
    check_close(up->beta, mean, 1e-6, 0); /* of the brackets */
    check_close(up->beta_deviation, sqrt(square), 1e-4, 0);
    assert_true(up->beta_min < up->beta && up->beta < up->beta_max);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 2 * DRAWS);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].run, i / 2);
    }
    spn_transitions_free(context, t);
}

/* Of two transitions with the same labels in one chain each has its own group. */
static void test_occurrences(void **state)
{
    (void)state;
    static const double sigma[] = {0.9};
    int64_t count = 0, same = 0;
    const spn_transition_group *groups = NULL;
    spn_transitions *t = NULL;
    model *m = model_new(context, 3, 1, sigma);
    model_both(m, 0, 80, 0.01, 0.5);
    int64_t last = m->tables.jump_count++;
    m->jumps[last] = m->jumps[0];
    double shift = 0.1 - m->jumps[last].beta;
    m->jumps[last].beta += shift;
    m->jumps[last].beta_before += shift;
    m->jumps[last].beta_after += shift;
    for (int64_t i = 0; i < m->tables.point_count; i++) {
        if (m->points[i].direction == SPN_DIRECTION_UP && m->points[i].state.beta > 0.1) {
            m->jumps[last].point = m->points[i].point;
            break;
        }
    }
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    check_ok(context, spn_transitions_group(context, t, &groups, &count));
    for (int64_t i = 0; i < count; i++) {
        if (groups[i].kind == SPN_TRANSITION_SPINODAL_UP) {
            assert_int_equal(groups[i].occurrence, same);
            assert_int_equal(groups[i].seeds, 1);
            same++;
        }
    }
    assert_int_equal(same, 2);
    spn_transitions_free(context, t);
    free(m);
}

/* 20 quenches at beta = 0.1, of which 7 end with one mode and 2 with none; 2 starts of up chains, both good. */
static void test_stuck(void **state)
{
    (void)state;
    static const double sigma[] = {0.9, 0.5};
    int64_t count = 0;
    double low = 0, high = 0;
    spn_transitions *t = NULL;
    model *m = model_new(context, 3, 2, sigma);
    for (int64_t i = 0; i < 20; i++) {
        model_point(m, i, SPN_DIRECTION_QUENCH, -1, 0, i < 7 ? 1 : i < 9 ? 0 : 2, 0.1);
    }
    model_point(m, 0, SPN_DIRECTION_UP, -1, 0, 2, 0.1);
    model_point(m, 1, SPN_DIRECTION_UP, -1, 0, 2, 0.1);
    model_point(m, 1, SPN_DIRECTION_DOWN, 0, 0, 0, 0.1); /* no random start */
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    const spn_stuck *rows = spn_transitions_stuck(t, &count);
    assert_int_equal(count, 1);
    assert_true(rows[0].starts == 22 && rows[0].stuck == 9 && rows[0].beta == 0.1);
    spn_binomial_interval(9, 22, 0.95, &low, &high);
    assert_true(rows[0].fraction == 9.0 / 22 && rows[0].low == low && rows[0].high == high);
    /* at 0.1 the full phase has the least L (its Maxwell point is at 0.157) */
    assert_int_equal(rows[0].higher, 9);
    spn_transitions_free(context, t);
    free(m);
}

/* The outputs of a nonlinear network have both directions in every phase, the second as a trace of 1e-3 of its mode's strength
 * where one mode is learned: 7 of 20 starts are stuck all the same. */
static void test_stuck_with_traces(void **state)
{
    (void)state;
    enum { STARTS = 20, STUCK = 7 };
    static const double sigma[] = {0.9, 0.5};
    double modes[STARTS][2];
    int64_t count = 0;
    spn_transitions *t = NULL;
    model *m = model_new(context, 3, 2, sigma);
    for (int64_t i = 0; i < STARTS; i++) {
        model_point(m, i, SPN_DIRECTION_QUENCH, -1, 0, 2, 0.1);
        modes[i][0] = 0.8 * sigma[0];
        modes[i][1] = i < STUCK ? 1e-3 * sigma[1] : 0.8 * sigma[1];
    }
    m->tables.mode_count = 2;
    m->tables.modes = modes[0];
    m->tables.singular_values = sigma;
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    const spn_stuck *rows = spn_transitions_stuck(t, &count);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].starts, STARTS);
    assert_int_equal(rows[0].stuck, STUCK);
    spn_transitions_free(context, t);
    free(m);
}

static void test_labels(void **state)
{
    (void)state;
    char text[96];
    spn_side side = {.active_modes = 2, .merged_units = 4, .dead_units = 1};
    assert_string_equal(spn_side_label(&side, text, sizeof text), "2 modes, 4 merged, 1 dead");
    side = (spn_side){.active_modes = 1};
    assert_string_equal(spn_side_label(&side, text, sizeof text), "1 mode");
    side = (spn_side){.active_modes = 0, .merged_units = -1, .dead_units = -1};
    assert_string_equal(spn_side_label(&side, text, sizeof text), "trivial");
    side = (spn_side){.active_modes = 0, .dead_units = 2};
    assert_string_equal(spn_side_label(&side, text, sizeof text), "constant, 2 dead");
    side.active_modes = -1;
    assert_string_equal(spn_side_label(&side, text, sizeof text), "unlabelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_occurrences),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_stuck_with_traces),
        cmocka_unit_test(test_labels),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
