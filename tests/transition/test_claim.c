/* SPDX-License-Identifier: MIT */
/* Does the curvature change where the transition is? On sweeps that are written down: E and |theta|^2 of T11 to T13, R
 * as the test wants it. */
#include "model.h"

#include <spinodal/transition/claim.h>

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

static spn_claim check(model *m)
{
    spn_claim claim;
    spn_transitions *t = NULL;
    check_ok(context, spn_transitions_create(context, &t));
    check_ok(context, spn_transitions_add_sweep(context, t, &m->tables));
    check_ok(context, spn_check_claim(context, t, 0, &m->tables, &claim));
    spn_transitions_free(context, t);
    return claim;
}

static const double from = 0.004, to = 0.5;
enum { POINTS = 100 };

/* R steps with the number of modes, on top of a smooth curve: the claim holds at both, within half a step of the grid,
 * which is all that a grid tells; E and |theta|^2 jump at the same places. */
static void test_holds(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, POINTS, from, to);
    for (int64_t i = 0; i < m->tables.point_count; i++) {
        m->points[i].state.scalar_curvature_error += exp(-m->points[i].state.beta);
    }
    spn_claim claim = check(m);
    const double step = (to - from) / (POINTS - 1);
    assert_int_equal(claim.points, POINTS);
    assert_int_equal(claim.direction, SPN_DIRECTION_UP);
    assert_true(claim.accuracy == 2 && claim.accuracy_met == 2);
    assert_true(claim.others == 0 && claim.strays == 0);
    assert_int_equal(claim.row_count, 2);
    for (int64_t i = 0; i < 2; i++) {
        const spn_claim_row *r = &claim.rows[i];
        const double end = model_end(m, 2 - i);
        check_close(r->beta, end, 1e-6, 0);
        assert_true(r->agrees && r->order == 1 && r->change == SPN_CHANGE_ACCURACY);
        check_close(r->curvature.beta, end, 0.5 * step + 1e-9, 1);
        check_close(r->error.beta, end, 0.5 * step + 1e-9, 1);
        check_close(r->norm.beta, end, 0.5 * step + 1e-9, 1);
        check_close(r->distance, fabs(r->curvature.beta - r->beta), 1e-12, 0);
        check_close(r->distance_steps, r->distance / step, 1e-9, 0);
        check_close(r->spread, 0, 1e-12, 1);
    }
    spn_release(context, claim.rows);
    free(m);
}

/* R in other units, the same. */
static void test_units(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, POINTS, from, to);
    for (int64_t i = 0; i < m->tables.point_count; i++) {
        m->points[i].state.scalar_curvature_error =
            1e-9 * (m->points[i].state.scalar_curvature_error + exp(-m->points[i].state.beta));
    }
    spn_claim claim = check(m);
    assert_true(claim.accuracy_met == 2 && claim.strays == 0);
    spn_release(context, claim.rows);
    free(m);
}

/* R that is smooth where the first mode is lost and steps elsewhere: the claim fails at one, and R has a change that is
 * no transition. */
static void test_fails(void **state)
{
    (void)state;
    const double elsewhere = 0.3;
    uint64_t random = 7;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, POINTS, from, to);
    for (int64_t i = 0; i < m->tables.point_count; i++) {
        spn_state *s = &m->points[i].state;
        random = 16807 * random % 2147483647;
        s->scalar_curvature_error = exp(-s->beta) + (s->beta > elsewhere) +
                                    3 * (s->active_modes == 0) + 0.02 * (double)random / 2147483647;
    }
    spn_claim claim = check(m);
    assert_true(claim.accuracy == 2 && claim.accuracy_met == 1 && claim.strays == 1);
    assert_int_equal(claim.row_count, 3);
    assert_true(!claim.rows[0].agrees && isnan(claim.rows[0].curvature.beta));
    assert_true(isfinite(claim.rows[0].error.beta) && isfinite(claim.rows[0].norm.beta));
    assert_true(claim.rows[1].change == -1 && isnan(claim.rows[1].beta));
    check_close(claim.rows[1].curvature.beta, elsewhere, 0.01, 1);
    assert_true(claim.rows[2].agrees);
    spn_release(context, claim.rows);
    free(m);
}

/* Too few points, and starts afresh at each beta: not checked. */
static void test_not_checked(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, SPN_CHANGES_FEWEST - 1, from, to);
    spn_claim claim = check(m);
    assert_true(claim.points == 0 && claim.row_count == 0 && claim.rows == NULL);
    free(m);
    m = model_new(context, 3, 2, two);
    for (int64_t i = 0; i < POINTS; i++) {
        model_point(m, 0, SPN_DIRECTION_QUENCH, -1, i, 2, 0.1 + 0.0001 * (double)i);
    }
    claim = check(m);
    assert_int_equal(claim.points, 0);
    free(m);
}

static spn_status claim_once(spn_context *c, void *state)
{
    const model *m = state;
    spn_transitions *t = NULL;
    spn_claim claim = {.rows = NULL};
    spn_status status = spn_transitions_create(c, &t);
    if (status == SPN_OK) {
        status = spn_transitions_add_sweep(c, t, &m->tables);
    }
    if (status == SPN_OK) {
        status = spn_check_claim(c, t, 0, &m->tables, &claim);
    }
    spn_release(c, claim.rows);
    spn_transitions_free(c, t);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    model_both(m, 0, SPN_CHANGES_FEWEST + 2, from, to);
    assert_true(support_fail_each_allocation(claim_once, m) >= 20);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds), cmocka_unit_test(test_units), cmocka_unit_test(test_fails),
        cmocka_unit_test(test_not_checked), cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
