/* SPDX-License-Identifier: MIT */
/* Which rows become one entry of the answer, and which strands one phase, on phases with a linear susceptibility, whose
 * ends and Maxwell points are chosen. */
#include "model.h"

#include <spinodal/transition/answer.h>

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

static spn_transitions *find(const spn_sweep_tables *tables, spn_answer *answer)
{
    spn_transitions *out = NULL;
    check_ok(context, spn_transitions_create(context, &out));
    check_ok(context, spn_transitions_add_sweep(context, out, tables));
    check_ok(context, spn_transitions_answer(context, out, 0, answer));
    return out;
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

/* ---- Phases of a linear susceptibility ----------------------------------------------------------- */

/* n = a - b beta, L = c + a beta - b beta^2 / 2 (T9), chi = b (T10), between two ends. */
typedef struct line {
    double a, b, c, low, high;
    int64_t modes, merged;
    double accuracy; /* of classes; 0 everywhere: there are none */
} line;

enum { LINES = 6, STATES = 800, CUTS = 16 };

typedef struct plan {
    spn_sweep_record points[STATES];
    spn_sweep_jump jumps[CUTS];
    spn_sweep_tables tables;
    line lines[LINES];
    int64_t seed; /* of the chain that comes next */
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
    out.accuracy = l->accuracy > 0 ? l->accuracy : (double)NAN;
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
                (spn_sweep_jump){.seed = p->seed,
                                 .direction = direction,
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
            (spn_sweep_record){.seed = p->seed,
                               .direction = direction,
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

static plan *new_plan(void)
{
    plan *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->tables.points = p->points;
    p->tables.jumps = p->jumps;
    return p;
}

/* E of a line: L - beta n. */
static double error_on(const line *l, double beta)
{
    return l->c + 0.5 * l->b * beta * beta;
}

/* Two starts end in two minima of one phase (E differs by less than 5 % of its range of 0.66), each of which ends at its
 * own beta, in the same third one: two transitions. The way down leads to the first; where L is equal the second is the
 * lower one. No number of one stands in the entry of the other. */
static void test_two_minima(void **state)
{
    (void)state;
    const int64_t to[] = {2, 2, 0};
    spn_answer a;
    plan *p = new_plan();
    p->lines[0] = (line){.a = 2.98, .b = 0.5, .c = 1.5149, .low = 0.01, .high = 0.3, .modes = 2};
    p->lines[1] = (line){.a = 3, .b = 0.5, .c = 1.5, .low = 0.01, .high = 0.35, .modes = 2};
    p->lines[2] = (line){.a = 1, .b = 0.5, .c = 2, .low = 0.1, .high = 2, .modes = 1};
    follow(p, SPN_DIRECTION_UP, -1, 0, to, 0.021, 0.821);
    follow(p, SPN_DIRECTION_DOWN, 1, 2, to, 0.821, 0.021);
    p->seed = 1;
    follow(p, SPN_DIRECTION_UP, -1, 1, to, 0.021, 0.821);
    spn_transitions *t = find(&p->tables, &a);
    assert_int_equal(a.phase_count, 2);
    assert_int_equal(a.phases[0].seeds, 2);
    assert_int_equal(a.accuracy_count, 2);
    assert_int_equal(a.entry_count, 2);
    const spn_answer_entry *one = &a.entries[0], *other = &a.entries[1];
    check_close(one->up.beta, 0.3, 1e-12, 0);
    check_close(one->down.beta, 0.1, 1e-12, 0);
    check_no_place(&one->equal);
    assert_true(one->seeds == 1 && one->up.seeds == 1);
    check_close(other->up.beta, 0.35, 1e-12, 0);
    check_close(other->equal.beta, 0.25, 1e-6, 0);
    check_no_place(&other->down);
    assert_int_equal(other->up.seeds, 1);
    for (int k = 0; k < 2; k++) { /* known to the bracket, which is 2e-8 of beta */
        const spn_answer_place *up = &a.entries[k].up;
        assert_true(up->beta_high - up->beta_low < 1e-7);
    }
    /* n of both falls alike: the jump is the same at both places but for rounding */
    const bool is_up = one->read == SPN_TRANSITION_SPINODAL_UP;
    assert_true(is_up || one->read == SPN_TRANSITION_SPINODAL_DOWN);
    check_close(one->beta_before, is_up ? 0.3 : 0.1, 1e-7, 0);
    check_close(one->jump, 1.98, 1e-6, 0);
    check_close(one->before.error, error_on(&p->lines[0], one->beta_before), 1e-12, 0);
    check_close(one->after.error, error_on(&p->lines[2], one->beta_after), 1e-12, 0);
    check_close(other->before.error, error_on(&p->lines[1], other->beta_before), 1e-6, 0);
    assert_true(one->entry == 0 && other->entry == 1);
    /* rows and loops say which entry they belong to */
    int64_t count = 0;
    const spn_transition *rows = spn_transitions_rows(t, &count);
    for (int64_t i = 0; i < count; i++) {
        const bool is_first = fabs(rows[i].beta - 0.3) < 1e-6 || fabs(rows[i].beta - 0.1) < 1e-6;
        assert_int_equal(rows[i].entry, is_first ? 0 : 1);
        check_close(rows[i].share, a.entries[rows[i].entry].share, 1e-15, 0);
    }
    const spn_hysteresis *loops = spn_transitions_hysteresis(t, &count);
    assert_int_equal(count, 2);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(loops[i].entry, loops[i].beta_high < 0.32 ? 0 : 1);
        assert_int_equal(loops[i].change, SPN_CHANGE_ACCURACY);
    }
    spn_transitions_free(context, t);
    free(p);
}

/* From 2 modes to 1 and back and again to 1 when beta rises, each with its way back; two more starts know minima of both
 * phases over the whole range. Four transitions, none of which takes a place of another. */
static void test_recurring(void **state)
{
    (void)state;
    static const double places[][2] = {{0.1, 0.08}, {0.2, 0.18}, {0.3, 0.25}, {0.5, 0.05}};
    const int64_t up[] = {1, 2, 3, 3, 5, 5}, down[] = {0, 0, 1, 2, 4, 4};
    spn_answer a;
    plan *p = new_plan();
    for (int64_t i = 0; i < LINES; i++) {
        const bool has_two = i == 0 || i == 2 || i == 4;
        p->lines[i] = (line){.a = has_two ? 3 : 1,
                             .b = 0.5,
                             .c = (has_two ? 1.5 : 3.5) + 0.001 * (double)i,
                             .low = 0.01,
                             .high = 2,
                             .modes = has_two ? 2 : 1};
    }
    p->lines[0].high = 0.1;
    p->lines[1].low = 0.08;
    p->lines[1].high = 0.2;
    p->lines[2].low = 0.18;
    p->lines[2].high = 0.3;
    p->lines[3].low = 0.25;
    p->lines[4].high = 0.5;
    p->lines[5].low = 0.05;
    follow(p, SPN_DIRECTION_UP, -1, 0, up, 0.0211, 0.8211);
    follow(p, SPN_DIRECTION_DOWN, 1, 3, down, 0.8211, 0.0211);
    p->seed = 1;
    follow(p, SPN_DIRECTION_UP, -1, 4, up, 0.0211, 0.8211);
    follow(p, SPN_DIRECTION_DOWN, 1, 5, down, 0.8211, 0.0211);
    spn_transitions *t = find(&p->tables, &a);
    assert_int_equal(a.phase_count, 2);
    assert_int_equal(a.accuracy_count, 4);
    assert_int_equal(a.entry_count, 4);
    for (int64_t i = 0; i < 4; i++) {
        const spn_answer_entry *e = &a.entries[i];
        check_close(e->up.beta, places[i][0], 1e-12, 0);
        check_close(e->down.beta, places[i][1], 1e-12, 0);
        assert_true(e->below != e->above);
        assert_int_equal(e->below == a.entries[0].below, i != 1);
        assert_true(e->up.beta_high - e->up.beta_low < 1e-7);
        assert_true(e->down.beta_high - e->down.beta_low < 1e-7);
    }
    spn_transitions_free(context, t);
    free(p);
}

/* A and B compute nearly the same, B and C too, but from A to C it changes by more than 5 %: A and C are two phases, with B
 * in one of them, and the jump leads from one phase into another, not from one into itself. */
static void test_chain_of_likeness(void **state)
{
    (void)state;
    const int64_t to[] = {2, 3, 3, 3};
    spn_answer a;
    plan *p = new_plan();
    p->lines[0] = (line){.a = 3, .b = 0.5, .c = 1.5, .low = 0.01, .high = 0.3, .modes = 2};
    p->lines[1] = (line){.a = 2.9, .b = 0.5, .c = 1.52, .low = 0.01, .high = 0.4, .modes = 2};
    p->lines[2] = (line){.a = 2.8, .b = 0.5, .c = 1.545, .low = 0.01, .high = 0.5, .modes = 2};
    p->lines[3] = (line){.a = 1, .b = 0.5, .c = 2, .low = 0.01, .high = 2, .modes = 1};
    follow(p, SPN_DIRECTION_UP, -1, 0, to, 0.021, 0.821);
    p->seed = 1;
    follow(p, SPN_DIRECTION_UP, -1, 1, to, 0.021, 0.821);
    p->seed = 2;
    follow(p, SPN_DIRECTION_UP, -1, 2, to, 0.021, 0.821);
    spn_transitions *t = find(&p->tables, &a);
    assert_int_equal(a.phase_count, 3);
    check_name(&a.phases[0], "2 modes (a)");
    check_name(&a.phases[1], "2 modes (b)");
    check_name(&a.phases[2], "1 mode");
    for (int64_t i = 0; i < a.accuracy_count; i++) {
        assert_true(a.entries[i].below != a.entries[i].above);
    }
    /* equal L at 0.25 is that of B and C: where A ends B goes on, so that this is no place of A's transition */
    check_close(a.entries[0].equal.beta, 0.25, 1e-6, 0);
    check_no_place(&a.entries[0].up);
    check_close(a.entries[1].up.beta, 0.3, 1e-12, 0);
    assert_true(a.entries[1].below == 0 && a.entries[1].above == 1);
    spn_transitions_free(context, t);
    free(p);
}

/* Classes, of accuracies from 0.5 to 1: a jump that changes 5 % of that is one of what is learned, one of a single sample of
 * a thousand is not. */
static void test_classes(void **state)
{
    (void)state;
    const int64_t to[] = {1, 2, 2};
    for (int k = 0; k < 2; k++) {
        spn_answer a;
        plan *p = new_plan();
        p->lines[0] =
            (line){.a = 3, .b = 0.5, .c = 1.5, .low = 0.01, .high = 0.3, .modes = 1, .accuracy = 1};
        p->lines[1] = (line){.a = 2.9,
                             .b = 0.5,
                             .c = 1.51,
                             .low = 0.25,
                             .high = 0.5,
                             .modes = 1,
                             .accuracy = k == 0 ? 0.999 : 0.97};
        p->lines[2] =
            (line){.a = 0, .b = 0, .c = 2.5, .low = 0.01, .high = 2, .modes = 0, .accuracy = 0.5};
        follow(p, SPN_DIRECTION_UP, -1, 0, to, 0.021, 0.821);
        spn_transitions *t = find(&p->tables, &a);
        assert_int_equal(a.phase_count, k == 0 ? 2 : 3);
        assert_int_equal(a.accuracy_count, k == 0 ? 1 : 2);
        assert_int_equal(a.entry_count, 2);
        spn_transitions_free(context, t);
        free(p);
    }
}

/* One beta: the phases that were met there, and which of them has the smallest L. */
static void test_one_point(void **state)
{
    (void)state;
    spn_answer a;
    plan *p = new_plan();
    const line lines[] = {{.a = 3, .b = 0.5, .c = 1.5, .modes = 2},
                          {.a = 1, .b = 0.5, .c = 2, .modes = 1}};
    for (int64_t i = 0; i < 2; i++) {
        p->points[p->tables.point_count++] = (spn_sweep_record){.seed = i,
                                                                .direction = SPN_DIRECTION_UP,
                                                                .phase = -1,
                                                                .state = state_on(&lines[i], 0.2)};
    }
    spn_transitions *t = find(&p->tables, &a);
    assert_true(a.beta_from == 0.2 && a.beta_to == 0.2);
    assert_int_equal(a.phase_count, 2);
    assert_int_equal(a.entry_count, 0);
    for (int64_t i = 0; i < 2; i++) {
        const bool is_best = a.phases[i].low.active_modes == 2; /* 1.5 + 0.6 - 0.01 against 2.19 */
        assert_int_equal(a.phases[i].best_ranges, is_best);
        assert_int_equal(a.phases[i].best_low == 0.2 && a.phases[i].best_high == 0.2, is_best);
    }
    assert_true(a.went_up == 0 && a.went_down == 0);
    spn_transitions_free(context, t);
    free(p);
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
        cmocka_unit_test(test_units),      cmocka_unit_test(test_two_minima),
        cmocka_unit_test(test_recurring),  cmocka_unit_test(test_chain_of_likeness),
        cmocka_unit_test(test_classes),    cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_unlabelled), cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
