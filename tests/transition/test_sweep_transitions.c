/* SPDX-License-Identifier: MIT */
/* Transitions of sweeps whose records are closed forms: deep linear networks (T12 to T15). */
#include "model.h"

static spn_context *context;
static const double two[] = {0.9, 0.5};

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

static spn_transitions *find(const model *m)
{
    spn_transitions *out = NULL;
    check_ok(context, spn_transitions_create(context, &out));
    check_ok(context, spn_transitions_add_sweep(context, out, &m->tables));
    return out;
}

/* Row of the kind between these active modes; it must be the only one. */
static const spn_transition *row(const spn_transitions *t, int64_t kind, int64_t before,
                                 int64_t after)
{
    int64_t count = 0;
    const spn_transition *rows = spn_transitions_rows(t, &count), *found = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (rows[i].kind == kind && rows[i].before.active_modes == before &&
            rows[i].after.active_modes == after) {
            assert_null(found);
            found = &rows[i];
        }
    }
    assert_non_null(found);
    return found;
}

static int64_t row_count(const spn_transitions *t)
{
    int64_t count = 0;
    spn_transitions_rows(t, &count);
    return count;
}

static void check_interval(const spn_transition *r, double truth)
{
    assert_true(r->beta_low <= truth && truth <= r->beta_high);
    assert_true(r->beta_low <= r->beta && r->beta <= r->beta_high);
}

static void check_fold(const model *m, const spn_transition *up, int64_t active)
{
    double end = model_end(m, active);
    model_state before = model_at(m, active, end), after = model_at(m, active - 1, end);
    double jump = before.norm * before.norm - after.norm * after.norm;
    check_interval(up, end);
    check_close(up->beta, end, 1e-6, 0); /* the bracket is 1e-6 wide */
    assert_true(up->order == 1 && up->evidence == SPN_EVIDENCE_FOLD);
    assert_int_equal(up->change, SPN_CHANGE_ACCURACY);
    assert_int_equal(up->seeds, 1);
    /* the jump at the fold itself lies in its interval, which is a root of the bracket wide */
    assert_true(up->jump_low <= jump && jump <= up->jump_high);
    check_close(up->jump, jump, 2e-2, 0);
    /* corrections of the relative size sqrt(d) and the place in the bracket leave some hundredths */
    check_close(up->eigenvalue.value, 0.5, 0.03, 1);
    assert_true(fabs(up->eigenvalue.value - 0.5) <= 4 * up->eigenvalue.error);
    assert_true(up->eigenvalue.decades >= 2);
    check_close(up->susceptibility.value, -0.5, 0.05, 1);
}

static void check_crossing(const model *m, const spn_transition *maxwell, int64_t active)
{
    double equal = model_maxwell(m, active);
    model_state here = model_at(m, active, equal);
    check_interval(maxwell, equal);
    check_close(maxwell->beta, equal, 3e-6, 0);
    assert_true(maxwell->order == 1 && maxwell->evidence == SPN_EVIDENCE_CROSSING);
    /* |theta|^2 by Hermite's cubic over a step of 0.005 */
    check_close(maxwell->before.norm, here.norm, 1e-5, 0);
    check_close(maxwell->before.error, here.error, 1e-5, 0);
    check_close(maxwell->before.loss, maxwell->after.loss, 1e-9, 0);
}

/* Two modes, depth 3 to 5: two spinodals and two Maxwell points, of first order, and nothing else. */
static void test_first_order(void **state)
{
    (void)state;
    for (int64_t depth = 3; depth <= 5; depth++) {
        model *m = model_new(context, depth, 2, two);
        model_both(m, 0, 100, 0.004, 0.5);
        spn_transitions *t = find(m);
        assert_int_equal(row_count(t), 4);
        for (int64_t active = 1; active <= 2; active++) {
            check_fold(m, row(t, SPN_TRANSITION_SPINODAL_UP, active, active - 1), active);
            check_crossing(m, row(t, SPN_TRANSITION_MAXWELL, active, active - 1), active);
        }
        spn_transitions_free(context, t);
        free(m);
    }
}

/* Phases that differ in two modes cross as well, but above a third one: not among the transitions. */
static void test_crossing_is_apart(void **state)
{
    (void)state;
    static const double near[] = {0.6, 0.5};
    const spn_theory_network network = {3, 2, near, 1};
    double full = 0;
    int64_t count = 0;
    model *m = model_new(context, 3, 2, near);
    model_both(m, 0, 100, 0.004, 0.5);
    spn_transitions *t = find(m);
    const spn_transition *rows = spn_transitions_crossings(t, &count);
    check_ok(context, spn_theory_maxwell(context, &network, 3, 0, &full));
    assert_int_equal(count, 1);
    check_close(rows[0].beta, full, 3e-6, 0);
    assert_int_equal(row_count(t), 4);
    spn_transitions_free(context, t);
    free(m);
}

/* One hidden layer: continuous at beta = sigma, up and down the same; no Maxwell point, no hysteresis. */
static void test_second_order(void **state)
{
    (void)state;
    model *m = model_new(context, 2, 2, two);
    model_both(m, 0, 100, 0.004, 1.1);
    spn_transitions *t = find(m);
    int64_t loops = 0;
    assert_int_equal(row_count(t), 2);
    for (int64_t active = 1; active <= 2; active++) {
        const spn_transition *r = row(t, SPN_TRANSITION_CONTINUOUS, active, active - 1);
        check_interval(r, two[active - 1]);
        check_close(r->beta, two[active - 1], 1e-6, 0);
        assert_true(r->order == 2 && r->evidence == SPN_EVIDENCE_CONTINUOUS);
        /* lambda = 4 (sigma - beta) exactly; what is left is the place in the bracket */
        check_close(r->eigenvalue.value, 1, 0.02, 0);
        assert_true(r->jump_low <= 0);
    }
    spn_transitions_hysteresis(t, &loops);
    assert_int_equal(loops, 0);
    spn_transitions_free(context, t);
    free(m);
}

/* Depth 1, and a range of beta without a transition: none. */
static void test_none(void **state)
{
    (void)state;
    for (int64_t depth = 1; depth <= 3; depth += 2) {
        model *m = model_new(context, depth, 2, two);
        model_both(m, 0, 60, 0.001, depth == 1 ? 0.5 : 0.1);
        spn_transitions *t = find(m);
        int64_t count = 0;
        assert_int_equal(row_count(t), 0);
        spn_transitions_crossings(t, &count);
        assert_int_equal(count, 0);
        spn_transitions_hysteresis(t, &count);
        assert_int_equal(count, 0);
        spn_transitions_free(context, t);
        free(m);
    }
}

/* A grid ten times coarser or finer shows the same. */
static void test_grids(void **state)
{
    (void)state;
    static const int64_t grids[] = {14, 140, 1400};
    for (int k = 0; k < 3; k++) {
        model *m = model_new(context, 3, 2, two);
        model_both(m, 0, grids[k], 0.004, 0.5);
        spn_transitions *t = find(m);
        assert_int_equal(row_count(t), 4);
        for (int64_t active = 1; active <= 2; active++) {
            check_interval(row(t, SPN_TRANSITION_SPINODAL_UP, active, active - 1),
                           model_end(m, active));
            /* with 14 points L is interpolated over steps of 0.038: right within its interval */
            check_interval(row(t, SPN_TRANSITION_MAXWELL, active, active - 1),
                           model_maxwell(m, active));
        }
        spn_transitions_free(context, t);
        free(m);
    }
}

/* Nearly equal modes, in one step of the grid: two spinodals; an equal pair: one. */
static void test_close_modes(void **state)
{
    (void)state;
    static const double near[] = {0.5001, 0.5}, equal[] = {0.5, 0.5};
    model *m = model_new(context, 3, 2, near);
    model_both(m, 0, 40, 0.004, 0.5);
    spn_transitions *t = find(m);
    for (int64_t active = 1; active <= 2; active++) {
        check_interval(row(t, SPN_TRANSITION_SPINODAL_UP, active, active - 1),
                       model_end(m, active));
    }
    spn_transitions_free(context, t);
    free(m);
    m = model_new(context, 3, 2, equal);
    model_both(m, 0, 40, 0.004, 0.5);
    t = find(m);
    const spn_transition *both = row(t, SPN_TRANSITION_SPINODAL_UP, 2, 0);
    check_interval(both, model_end(m, 1));
    assert_true(both->order == 1);
    spn_transitions_free(context, t);
    free(m);
}

/* Loop between a phase and the one behind its end: area of |theta|^2, integrated, is the change of L_a - L_b (T9);
 * both against the closed form. It is open below, since nothing ends a phase there (T14). */
static void test_hysteresis(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, 200, 0.004, 0.5);
    spn_transitions *t = find(m);
    int64_t count = 0;
    const spn_hysteresis *rows = spn_transitions_hysteresis(t, &count);
    assert_int_equal(count, 2);
    for (int64_t i = 0; i < count; i++) {
        int64_t active = rows[i].below.active_modes;
        double low = 0.004, high = model_end(m, active);
        double top = model_at(m, active, high).loss - model_at(m, active - 1, high).loss;
        double bottom = model_at(m, active, low).loss - model_at(m, active - 1, low).loss;
        assert_int_equal(rows[i].above.active_modes, active - 1);
        assert_int_equal(rows[i].is_open, 1);
        check_close(rows[i].width, high - low, 1e-5, 0);
        /* the window ends a bracket short of the fold: 1e-6 of the area */
        check_close(rows[i].area_from_loss, top - bottom, 1e-5, 0);
        /* Hermite's rule, and the root in the last step: 1e-4 on this grid */
        check_close(rows[i].area, top - bottom, 2e-4, 0);
        check_close(rows[i].maxwell_beta, model_maxwell(m, active), 3e-6, 0);
    }
    spn_transitions_free(context, t);
    free(m);
}

/* The way to a fold belongs to its phase: with it the loop's area is right on a coarse grid as well. */
static void test_approach_counts(void **state)
{
    (void)state;
    double deviation[2];
    for (int k = 0; k < 2; k++) {
        int64_t count = 0;
        model *m = model_new(context, 3, 1, two);
        model_both(m, 0, 14, 0.004, 0.5);
        if (k == 1) {
            m->tables.approach_count = 0;
        }
        spn_transitions *t = find(m);
        const spn_hysteresis *rows = spn_transitions_hysteresis(t, &count);
        assert_int_equal(count, 1);
        deviation[k] = fabs(rows[0].area - rows[0].area_from_loss);
        spn_transitions_free(context, t);
        free(m);
    }
    assert_true(deviation[0] < 0.3 * deviation[1]);
}

/* Without refined jumps the grid's own column gives steps of the grid as intervals. */
static void test_unrefined(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, 400, 0.004, 0.5);
    for (int64_t i = 1; i < m->tables.point_count; i++) {
        m->points[i].jump = m->points[i].point > 0 &&
                            m->points[i].state.active_modes != m->points[i - 1].state.active_modes;
    }
    m->tables.jumps = NULL;
    m->tables.jump_count = m->tables.approach_count = 0;
    spn_transitions *t = find(m);
    int64_t count = 0, seen = 0;
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(spn_transitions_notes(t).unrefined, 1);
    for (int64_t i = 0; i < count; i++) {
        if (rows[i].kind == SPN_TRANSITION_MAXWELL) {
            continue;
        }
        seen++;
        assert_true(rows[i].kind == SPN_TRANSITION_SPINODAL_UP && rows[i].order == 1);
        assert_int_equal(rows[i].evidence, SPN_EVIDENCE_JUMP);
        check_interval(&rows[i], model_end(m, rows[i].before.active_modes));
        check_close(rows[i].beta_high - rows[i].beta_low, 0.496 / 399, 1e-9, 0);
    }
    assert_int_equal(seen, 2);
    spn_transitions_free(context, t);
    free(m);
}

/* A jump that the slopes on both sides and the width of the interval explain is not claimed: of one hidden layer's
 * kink on a grid nothing more is known than that something changes. */
static void test_undecided(void **state)
{
    (void)state;
    int64_t count = 0;
    double grid[10];
    model *m = model_new(context, 2, 1, two);
    for (int i = 0; i < 10; i++) {
        grid[i] = 0.3 + 0.11 * i;
    }
    model_up(m, 0, 10, grid);
    m->tables.jumps = NULL;
    m->tables.jump_count = m->tables.approach_count = 0;
    for (int64_t i = 1; i < 10; i++) {
        m->points[i].jump = m->points[i].state.active_modes != m->points[i - 1].state.active_modes;
    }
    spn_transitions *t = find(m);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 1);
    assert_true(isnan(rows[0].order) && rows[0].kind == SPN_TRANSITION_UNDECIDED);
    assert_int_equal(rows[0].evidence, SPN_EVIDENCE_UNRESOLVED);
    spn_transitions_free(context, t);
    free(m);
}

/* Evidence that contradicts itself, or shows nothing at all. */
static void test_contradictions(void **state)
{
    (void)state;
    int64_t count = 0;
    double grid[20];
    model *m = model_new(context, 3, 1, two);
    model_both(m, 0, 50, 0.004, 0.5);
    for (int64_t i = 0; i < m->tables.approach_count; i++) {
        m->approach[i].eigenvalue = 0.8; /* |theta|^2 jumps, but no eigenvalue vanishes */
    }
    spn_transitions *t = find(m);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].evidence, SPN_EVIDENCE_CROSSING);
    assert_int_equal(rows[1].evidence, SPN_EVIDENCE_CONFLICT);
    assert_true(isnan(rows[1].order) && rows[1].kind == SPN_TRANSITION_UNDECIDED);
    assert_non_null(strstr(spn_evidence_text(rows[1].evidence), "contradict"));
    spn_transitions_free(context, t);
    free(m);

    /* labels change, nothing else does: no transition */
    m = model_new(context, 2, 1, two);
    for (int i = 0; i < 20; i++) {
        grid[i] = 0.1 + 0.02 * i;
    }
    model_up(m, 0, 20, grid);
    model_jump(m, 0, SPN_DIRECTION_UP, -1, 10, 1, 1, 0.29);
    m->jumps[0].after.merged_units = 1;
    for (int64_t i = 0; i < m->tables.approach_count; i++) {
        m->approach[i].eigenvalue = 0.8;
    }
    t = find(m);
    spn_transitions_rows(t, &count);
    assert_int_equal(count, 0);
    assert_int_equal(spn_transitions_notes(t).relabelled, 1);
    spn_transitions_free(context, t);
    free(m);
}

/* Points that are not stationary do not belong to a phase; bad numbers are refused. */
static void test_bad_points(void **state)
{
    (void)state;
    spn_transitions *t = NULL;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, 60, 0.004, 0.5);
    for (int64_t gate = -1; gate <= 0; gate++) { /* not decided; not passed */
        m->points[7].state.stationary = gate;
        m->points[7].state.loss = 1e9;
        t = find(m);
        assert_int_equal(row_count(t), 4);
        assert_int_equal(spn_transitions_notes(t).unsettled, 1);
        spn_transitions_free(context, t);
    }
    check_ok(context, spn_transitions_create(context, &t));
    m->points[3].state.beta = (double)NAN;
    check_fails(context, spn_transitions_add_sweep(context, t, &m->tables), SPN_ERROR_INPUT,
                "row 3 of points");
    m->tables.point_count = 0;
    check_fails(context, spn_transitions_add_sweep(context, t, &m->tables), SPN_ERROR_INPUT,
                "no points");
    spn_transitions_free(context, t);
    free(m);
}

/* Two chains down that start from phases with as many modes, one of them further above: a jump of one is none of the
 * other, though seed, direction, phase and number of the point are the same. */
static void test_twins(void **state)
{
    (void)state;
    enum { LONG = 24, SHORT = 20 };
    double grid[LONG];
    model *m = model_new(context, 2, 2, two), *one = model_new(context, 2, 2, two);
    for (int i = 0; i < LONG; i++) {
        grid[i] = 0.31 + 0.05 * i; /* to 1.46, no transition on the grid */
    }
    model_down(m, 0, 0, SHORT, grid);
    /* labels changed at 0.72, and nothing else: told once */
    model_jump(m, 0, SPN_DIRECTION_DOWN, 0, 11, 1, 1, 0.72);
    model_down(m, 0, 0, LONG, grid);
    model_down(one, 0, 0, LONG, grid);
    assert_int_equal(m->tables.jump_count, 5);
    spn_transitions *both = find(m), *alone = find(one);
    int64_t count = 0, other = 0;
    const spn_transition *rows = spn_transitions_rows(both, &count);
    const spn_transition *expected = spn_transitions_rows(alone, &other);
    assert_int_equal(other, 2);
    assert_int_equal(count, 2);
    for (int64_t i = 0; i < count; i++) {
        check_interval(&rows[i], two[1 - i]);
        assert_memory_equal(&rows[i], &expected[i], sizeof *rows);
    }
    assert_int_equal(spn_transitions_notes(both).relabelled, 1);
    spn_transitions_free(context, both);
    spn_transitions_free(context, alone);
    free(m);
    free(one);
}

static spn_status all_of_it(spn_context *one, void *state)
{
    const model *m = state;
    spn_transitions *t = NULL;
    const spn_transition_group *groups = NULL;
    int64_t count = 0;
    spn_status status = SPN_OK;
    SPN_TRY(spn_transitions_create(one, &t));
    SPN_TRY(spn_transitions_add_sweep(one, t, &m->tables));
    SPN_TRY(spn_transitions_group(one, t, &groups, &count));
done:
    spn_transitions_free(one, t);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, 12, 0.05, 0.5);
    assert_true(support_fail_each_allocation(all_of_it, m) > 20);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_order),     cmocka_unit_test(test_crossing_is_apart),
        cmocka_unit_test(test_second_order),    cmocka_unit_test(test_none),
        cmocka_unit_test(test_grids),           cmocka_unit_test(test_close_modes),
        cmocka_unit_test(test_hysteresis),      cmocka_unit_test(test_unrefined),
        cmocka_unit_test(test_approach_counts), cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_contradictions),  cmocka_unit_test(test_bad_points),
        cmocka_unit_test(test_twins),           cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
