/* SPDX-License-Identifier: MIT */
/* The answer of runs whose phases are closed forms: deep linear networks (T12 to T15). */
#include "model.h"

#include <spinodal/transition/answer.h>

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

static spn_transitions *find(const spn_sweep_tables *tables, spn_answer *answer)
{
    spn_transitions *out = NULL;
    check_ok(context, spn_transitions_create(context, &out));
    check_ok(context, spn_transitions_add_sweep(context, out, tables));
    check_ok(context, spn_transitions_answer(context, out, 0, answer));
    return out;
}

/* beta within a bracket of a jump, which is a millionth of it wide. */
static void check_place(const spn_answer_place *place, double truth, int64_t seeds)
{
    check_close(place->beta, truth, 3e-6, 0);
    assert_true(place->beta_low <= truth && truth <= place->beta_high);
    assert_int_equal(place->seeds, seeds);
}

static void check_no_place(const spn_answer_place *place)
{
    assert_true(isnan(place->beta) && isnan(place->beta_low) && isnan(place->beta_high));
    assert_int_equal(place->seeds, 0);
}

static void check_name(const spn_answer_phase *phase, const char *wanted)
{
    char name[64];
    assert_string_equal(spn_answer_phase_name(phase, name, sizeof name), wanted);
}

/* Hidden units are not told apart at the trivial point. */
static void make_trivial(model *m)
{
    for (int64_t i = 0; i < m->tables.point_count; i++) {
        spn_state *state = &m->points[i].state;
        state->merged_units = state->dead_units = state->active_modes == 0 ? -1 : 0;
    }
    for (int64_t i = 0; i < m->tables.jump_count; i++) {
        spn_state *state = &m->jumps[i].after;
        state->merged_units = state->dead_units = state->active_modes == 0 ? -1 : 0;
    }
}

/* K modes: K + 1 phases, each metastable from the start of the range to its spinodal and the best between two Maxwell
 * points (T13, T15); K transitions, each with its two places, since the trivial phase never ends (T14). */
static void test_first_order(void **state)
{
    (void)state;
    static const char *const names[] = {"2 modes", "1 mode", "trivial"};
    const double from = 0.004, to = 0.5;
    for (int64_t depth = 3; depth <= 5; depth++) {
        spn_answer a;
        model *m = model_new(context, depth, 2, two);
        model_both(m, 0, 100, from, to);
        make_trivial(m);
        spn_transitions *t = find(&m->tables, &a);
        assert_int_equal(a.phase_count, 3);
        assert_int_equal(a.entry_count, 2);
        assert_int_equal(a.accuracy_count, 2);
        assert_int_equal(a.undecided, 0);
        check_close(a.beta_from, from, 1e-15, 0);
        check_close(a.beta_to, to, 1e-15, 0);
        for (int64_t i = 0; i < 3; i++) {
            const spn_answer_phase *p = &a.phases[i];
            check_name(p, names[i]);
            assert_int_equal(p->seeds, 1);
            check_close(p->beta_low, from, 1e-15, 0);
            check_close(p->beta_high, i < 2 ? model_end(m, 2 - i) : to, 1e-6, 0);
            assert_int_equal(p->ends_low, 0);
            assert_int_equal(p->ends_high, i < 2);
            check_close(p->best_low, i > 0 ? model_maxwell(m, 3 - i) : from, 3e-6, 0);
            check_close(p->best_high, i < 2 ? model_maxwell(m, 2 - i) : to, 3e-6, 0);
            assert_int_equal(p->best_ranges, 1);
        }
        for (int64_t i = 0; i < 2; i++) {
            const spn_answer_entry *e = &a.entries[i];
            const int64_t active = 2 - i;
            double end = model_end(m, active);
            model_state below = model_at(m, active, end), above = model_at(m, active - 1, end);
            double jump_at_equal = 0, square = below.norm * below.norm;
            assert_true(e->below == i && e->above == i + 1);
            assert_true(e->order == 1 && e->evidence == SPN_EVIDENCE_FOLD);
            check_place(&e->up, end, 1);
            check_place(&e->equal, model_maxwell(m, active), 1);
            check_no_place(&e->down);
            check_no_place(&e->continuous);
            check_no_place(&e->undecided);
            below = model_at(m, active, model_maxwell(m, active));
            above = model_at(m, active - 1, model_maxwell(m, active));
            jump_at_equal = below.norm * below.norm - above.norm * above.norm;
            /* |theta|^2 of the phase that ends falls towards its end: the jump is largest where L is equal */
            check_close(e->jump, jump_at_equal, 1e-4, 0);
            check_close(e->share, jump_at_equal / (below.norm * below.norm), 1e-4, 0);
            assert_true(square < below.norm * below.norm);
            assert_int_equal(e->seeds, 1);
        }
        spn_transitions_free(context, t);
        free(m);
    }
}

/* One hidden layer: each transition is one place, and phases do not coexist (T12). Ridge: nothing happens. */
static void test_second_order(void **state)
{
    (void)state;
    spn_answer a;
    model *m = model_new(context, 2, 2, two);
    model_both(m, 0, 100, 0.004, 1.1);
    spn_transitions *t = find(&m->tables, &a);
    assert_int_equal(a.phase_count, 3);
    assert_int_equal(a.accuracy_count, 2);
    assert_int_equal(a.entry_count, 2);
    for (int64_t i = 0; i < 2; i++) {
        const double onset = two[1 - i];
        assert_true(a.entries[i].order == 2 && a.entries[i].share == 0);
        check_place(&a.entries[i].continuous, onset, 1);
        check_no_place(&a.entries[i].up);
        check_no_place(&a.entries[i].equal);
        check_no_place(&a.entries[i].down);
        check_close(a.phases[i].beta_high, onset, 2e-6, 0);
        check_close(a.phases[i].best_high, onset, 2e-6, 0);
        check_close(a.phases[i + 1].beta_low, onset, 2e-6, 0);
        assert_true(a.phases[i].ends_high == 1 && a.phases[i + 1].ends_low == 1);
    }
    spn_transitions_free(context, t);
    free(m);
    m = model_new(context, 1, 2, two);
    model_both(m, 0, 60, 0.001, 0.5);
    t = find(&m->tables, &a);
    assert_int_equal(a.phase_count, 1);
    assert_int_equal(a.entry_count, 0);
    check_close(a.phases[0].best_low, 0.001, 1e-15, 0);
    check_close(a.phases[0].best_high, 0.5, 1e-15, 0);
    spn_transitions_free(context, t);
    free(m);
}

/* Several starts see one transition: one entry that counts them. */
static void test_seeds(void **state)
{
    (void)state;
    spn_answer a;
    model *m = model_new(context, 3, 2, two);
    for (int64_t seed = 0; seed < 3; seed++) {
        m->offset = 0.2 + 0.3 * (double)seed;
        model_both(m, seed, 40 + 3 * seed, 0.004, seed == 2 ? 0.3 : 0.5);
    }
    spn_transitions *t = find(&m->tables, &a);
    assert_int_equal(a.phase_count, 3);
    assert_int_equal(a.entry_count, 2);
    assert_int_equal(a.seeds, 3);
    check_place(&a.entries[0].up, model_end(m, 2), 3);
    check_place(&a.entries[1].up, model_end(m, 1), 2); /* beyond the range of the third */
    assert_int_equal(a.entries[0].seeds, 3);
    assert_int_equal(a.phases[0].seeds, 3);
    assert_int_equal(a.phases[2].seeds, 2);
    spn_transitions_free(context, t);
    free(m);
}

/* sigma -> c sigma, beta -> c^(2 - 2/D) beta (T13): the same answer in other units. */
static void test_scaling(void **state)
{
    (void)state;
    const double c = 1e4, scaled[] = {0.9 * c, 0.5 * c}, unit = pow(c, 2 - 2.0 / 3);
    spn_answer a, b;
    model *m = model_new(context, 3, 2, two), *n = model_new(context, 3, 2, scaled);
    model_both(m, 0, 80, 0.004, 0.5);
    model_both(n, 0, 80, 0.004 * unit, 0.5 * unit);
    spn_transitions *t = find(&m->tables, &a), *u = find(&n->tables, &b);
    assert_int_equal(a.phase_count, b.phase_count);
    assert_int_equal(a.entry_count, b.entry_count);
    for (int64_t i = 0; i < a.entry_count; i++) {
        check_close(b.entries[i].up.beta, unit * a.entries[i].up.beta, 1e-12, 0);
        check_close(b.entries[i].equal.beta, unit * a.entries[i].equal.beta, 1e-6, 0);
        check_close(b.entries[i].share, a.entries[i].share, 1e-6, 0);
        check_close(b.phases[i].best_high, unit * a.phases[i].best_high, 1e-6, 0);
    }
    spn_transitions_free(context, t);
    spn_transitions_free(context, u);
    free(m);
    free(n);
}

/* Each run has its own answer; one that is not there is said. */
static void test_runs(void **state)
{
    (void)state;
    spn_answer a;
    spn_transitions *t = NULL;
    model *m = model_new(context, 3, 2, two), *n = model_new(context, 3, 2, two);
    model_both(m, 0, 50, 0.004, 0.5);
    model_both(n, 0, 50, 0.004, 0.1);
    n->points[7].state.stationary = 0;
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &n->tables));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    check_ok(context, spn_transitions_answer(context, t, 0, &a));
    assert_true(a.run == 0 && a.entry_count == 0 && a.notes.unsettled == 1 && a.notes.runs == 1);
    check_ok(context, spn_transitions_answer(context, t, 1, &a));
    assert_true(a.run == 1 && a.entry_count == 2 && a.notes.unsettled == 0);
    assert_true(a.entries[0].run == 1 && a.phases[0].run == 1);
    assert_int_equal(spn_transitions_answer(context, t, 2, &a), SPN_ERROR_ARGUMENT);
    spn_transitions_free(context, t);
    free(m);
    free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_order), cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_seeds), cmocka_unit_test(test_scaling), cmocka_unit_test(test_runs)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
