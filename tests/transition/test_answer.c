/* SPDX-License-Identifier: MIT */
/* The answer of runs whose phases are closed forms: deep linear networks (T12 to T15), and phases with a linear
 * susceptibility, whose ends and Maxwell points are chosen. */
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

/* ---- Phases of a linear susceptibility ----------------------------------------------------------- */

/* n = a - b beta, L = c + a beta - b beta^2 / 2 (T9), chi = b (T10), between two ends. */
typedef struct line {
    double a, b, c, low, high;
    int64_t modes, merged;
} line;

enum { LINES = 3, STATES = 400, CUTS = 8 };

typedef struct plan {
    spn_sweep_record points[STATES];
    spn_sweep_jump jumps[CUTS];
    spn_sweep_tables tables;
    line lines[LINES];
} plan;

static spn_state state_on(const line *l, double beta)
{
    double square = l->a - l->b * beta, loss = l->c + l->a * beta - 0.5 * l->b * beta * beta;
    spn_state out = spn_state_unknown();
    out.beta = beta;
    out.loss = loss;
    out.error = loss - beta * square;
    out.weight_norm = sqrt(square);
    out.susceptibility = l->b;
    out.active_modes = l->modes;
    out.merged_units = l->merged;
    out.dead_units = l->modes > 0 ? 0 : -1;
    out.eigenvalue_min_loss = 1;
    out.eigenvalue_max_loss = 2;
    out.stationary = 1;
    return out;
}

/* A chain on the line `on`; targets[i]: where line i leads when it ends this way. */
static void follow(plan *p, int64_t direction, int64_t phase, int64_t on, const int64_t *targets,
                   double from, double to)
{
    const int64_t steps = 70;
    double step = (to - from) / (double)steps, sign = step > 0 ? 1 : -1;
    for (int64_t i = 0; i <= steps; i++) {
        double beta = from + step * (double)i;
        double end = sign > 0 ? p->lines[on].high : p->lines[on].low;
        if (sign * (beta - end) > 0) {
            double before = end * (1 - sign * 1e-8), after = end * (1 + sign * 1e-8);
            p->jumps[p->tables.jump_count++] =
                (spn_sweep_jump){.direction = direction,
                                 .phase = phase,
                                 .point = i,
                                 .beta = end,
                                 .beta_before = before,
                                 .beta_after = after,
                                 .before = state_on(&p->lines[on], before),
                                 .after = state_on(&p->lines[targets[on]], after),
                                 .survives = 1,
                                 .resolved = 1,
                                 .settled = 1};
            on = targets[on];
        }
        p->points[p->tables.point_count++] =
            (spn_sweep_record){.direction = direction,
                               .phase = phase,
                               .point = i,
                               .state = state_on(&p->lines[on], beta)};
    }
}

static const double equal_units = 0.25, equal_modes = 0.4;

/* Two modes, whose units merge at 0.3 and split at 0.2; one mode from 0.6 on, and back at 0.1 to split units. */
static plan *make_plan(bool is_down_first)
{
    const int64_t up[] = {1, 2, 2}, down[] = {0, 0, 0};
    plan *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->lines[2] = (line){.a = 1, .b = 0.5, .c = 2, .low = 0.1, .high = 2, .modes = 1, .merged = 4};
    p->lines[1] = (line){.a = 2.9,
                         .b = 0.5,
                         .c = 2 - 1.9 * equal_modes,
                         .low = 0.2,
                         .high = 0.6,
                         .modes = 2,
                         .merged = 2};
    p->lines[0] = (line){.a = 3,
                         .b = 0.5,
                         .c = 2 - 1.9 * equal_modes - 0.1 * equal_units,
                         .low = 0.01,
                         .high = 0.3,
                         .modes = 2};
    p->tables.points = p->points;
    p->tables.jumps = p->jumps;
    if (!is_down_first) {
        follow(p, SPN_DIRECTION_UP, -1, 0, up, 0.021, 0.821);
    }
    follow(p, SPN_DIRECTION_DOWN, 1, 2, down, 0.821, 0.021);
    follow(p, SPN_DIRECTION_DOWN, 2, 1, down, 0.5831, 0.021);
    if (is_down_first) {
        follow(p, SPN_DIRECTION_UP, -1, 0, up, 0.021, 0.821);
    }
    return p;
}

/* Merging units is no phase of its own; all places of each transition are in one entry, and the order of the chains does
 * not matter. */
static void test_units(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        spn_answer a;
        plan *p = make_plan(k == 1);
        spn_transitions *t = find(&p->tables, &a);
        assert_int_equal(a.phase_count, 2);
        assert_int_equal(a.accuracy_count, 1);
        assert_int_equal(a.entry_count, 2);
        check_name(&a.phases[0], "2 modes");
        check_name(&a.phases[1], "1 mode");
        check_close(a.phases[0].beta_low, 0.021, 1e-12, 0);
        check_close(a.phases[0].beta_high, 0.6, 1e-7, 0);
        check_close(a.phases[0].best_high, equal_modes, 1e-6, 0);
        check_close(a.phases[1].beta_low, 0.1, 1e-7, 0);
        check_close(a.phases[1].best_low, equal_modes, 1e-6, 0);
        assert_int_equal(a.phases[1].ends_low, 1);
        const spn_answer_entry *modes = &a.entries[0], *units = &a.entries[1];
        assert_int_equal(modes->change, SPN_CHANGE_ACCURACY);
        check_close(modes->up.beta, 0.6, 1e-12, 0);
        check_close(modes->equal.beta, equal_modes, 1e-6, 0);
        check_close(modes->down.beta, 0.1, 1e-12, 0);
        /* the largest change is where the phase above falls back to split units */
        check_close(modes->jump, 2, 1e-6, 0);
        assert_int_equal(units->change, SPN_CHANGE_SYMMETRY);
        assert_true(units->below == 0 && units->above == 0);
        check_close(units->up.beta, 0.3, 1e-12, 0);
        check_close(units->equal.beta, equal_units, 1e-6, 0);
        check_close(units->down.beta, 0.2, 1e-12, 0);
        check_close(units->jump, 0.1, 1e-6, 0);
        check_close(units->share, 0.1 / (3 - 0.5 * 0.3), 3e-2, 0);
        assert_true(units->before.merged_units == 0 && units->after.merged_units == 2);
        spn_transitions_free(context, t);
        free(p);
    }
}

/* Without labels nobody knows what is computed: each stretch is a phase, and phases of one name get letters. */
static void test_unlabelled(void **state)
{
    (void)state;
    spn_answer a;
    plan *p = make_plan(false);
    for (int64_t i = 0; i < p->tables.point_count; i++) {
        p->points[i].state.active_modes = -1;
    }
    for (int64_t i = 0; i < p->tables.jump_count; i++) {
        p->jumps[i].before.active_modes = p->jumps[i].after.active_modes = -1;
    }
    spn_transitions *t = find(&p->tables, &a);
    assert_int_equal(a.phase_count, 3);
    assert_int_equal(a.accuracy_count, 0);
    check_name(&a.phases[0], "unlabelled (a)");
    check_name(&a.phases[2], "unlabelled (c)");
    spn_transitions_free(context, t);
    free(p);
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

static spn_status answer_once(spn_context *c, void *state)
{
    const plan *p = state;
    spn_transitions *t = NULL;
    spn_answer a;
    spn_status status = spn_transitions_create(c, &t);
    if (status == SPN_OK) {
        status = spn_transitions_add_sweep(c, t, &p->tables);
    }
    if (status == SPN_OK) {
        status = spn_transitions_answer(c, t, 0, &a);
    }
    spn_transitions_free(c, t);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    plan *p = make_plan(false);
    assert_true(support_fail_each_allocation(answer_once, p) >= 10);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_order), cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_seeds),       cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_units),       cmocka_unit_test(test_unlabelled),
        cmocka_unit_test(test_runs),        cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
