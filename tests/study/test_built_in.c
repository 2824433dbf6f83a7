/* SPDX-License-Identifier: MIT */
/* The built-in experiment against an independent NumPy sweep (tests/reference/make_fig2.py). */
#include "../reference/fixture.h"
#include "sweep_run.h"

static spn_context *context;
static fixture *reference;
static sweep_run figure;

static int set_up(void **state)
{
    (void)state;
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    reference = fixture_read("fig2.txt");
    sweep_run_make(context, "data: {}", 2, "fig2.h5", &figure);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sweep_run_free(&figure);
    fixture_free(reference);
    spn_context_free(context);
    return 0;
}

static const spn_sweep_record *record_at(spn_direction direction, int64_t phase, double beta)
{
    for (int64_t i = 0; i < figure.count; i++) {
        const spn_sweep_record *r = &figure.points[i];
        if (r->direction == direction && r->phase == phase && fabs(r->state.beta - beta) < 1e-9) {
            return r;
        }
    }
    return NULL;
}

static void test_shape(void **state)
{
    (void)state;
    assert_true(figure.is_gated);
    /* 200 up, 200 down from the trivial phase, and down from where the two others end. */
    assert_true(figure.count > 500);
    for (int64_t i = 0; i < figure.count; i++) {
        assert_int_equal(figure.points[i].state.negative_eigenvalues_loss, 0);
    }
}

/* The step of the grid in which the network jumps holds the independently bisected transition; and both
 * lie within 0.004 of the range that three other draws gave: 0.1400 to 0.1417 and 0.3632 to
 * 0.3653 (docs/theory.md). */
static void test_jumps(void **state)
{
    (void)state;
    const fixture_array *jumps = fixture_get(reference, "", "jumps");
    const double low[2] = {0.1400, 0.3632}, high[2] = {0.1417, 0.3653};
    for (int64_t k = 0; k < 2; k++) {
        int64_t last = sweep_run_leaves(&figure, SPN_DIRECTION_UP, 2 - k);
        assert_true(last >= 0);
        double before = figure.points[last].state.beta, after = figure.points[last + 1].state.beta;
        assert_true(before <= jumps->values[2 * k]);
        assert_true(after >= jumps->values[2 * k + 1]);
        assert_true((before + after) / 2 > low[k] - 0.004 &&
                    (before + after) / 2 < high[k] + 0.004);
        assert_int_equal(figure.points[last + 1].state.active_modes, 1 - k);
    }
}

/* The middle phase goes down to where the independent sweep leaves it, within the step. */
static void test_lower_end_of_the_middle_phase(void **state)
{
    (void)state;
    const fixture_array *end = fixture_get(reference, "", "middle_end");
    int64_t last = sweep_run_leaves(&figure, SPN_DIRECTION_DOWN, 1);
    assert_true(last >= 0);
    assert_true(figure.points[last].state.beta >= end->values[0]);
    assert_true(figure.points[last + 1].state.beta <= end->values[1]);
}

/* Columns of the fixture: beta, error, loss, weight_norm, R, lambda_min E, lambda_max E, lambda_min L,
 * lambda_max L, Fisher trace, chi. Both sides are stationary to about 1e-13 in theta; R and chi are
 * amplified by the soft directions (eigenvalues down to 1e-4 of the largest, chi by its square). */
static void check_row(const double *row, const spn_sweep_record *r)
{
    check_close(r->state.error, row[1], 1e-10, 1);
    check_close(r->state.loss, row[2], 1e-12, 1);
    check_close(r->state.weight_norm, row[3], 1e-9, 1e-3);
    check_close(r->state.scalar_curvature_error, row[4], 1e-9, 1);
    check_close(r->state.eigenvalue_min_error, row[5], 1e-9, 1);
    check_close(r->state.eigenvalue_max_error, row[6], 1e-9, 1);
    check_close(r->state.eigenvalue_min_loss, row[7], 1e-9, 1);
    check_close(r->state.eigenvalue_max_loss, row[8], 1e-9, 1);
    check_close(r->state.fisher_trace, row[9], 1e-9, 1);
    check_close(r->state.susceptibility, row[10], 1e-6, 1);
}

/* Below beta = 0.05 the full phase has several minima and two sweeps may follow different ones. */
static void test_upward_branch(void **state)
{
    (void)state;
    const fixture_array *up = fixture_get(reference, "", "up");
    int64_t compared = 0;
    for (int64_t i = 0; i < up->rows; i++) {
        const double *row = up->values + i * up->columns;
        const spn_sweep_record *r = record_at(SPN_DIRECTION_UP, -1, row[0]);
        if (row[0] < 0.09) {
            continue;
        }
        assert_non_null(r);
        check_row(row, r);
        compared++;
    }
    assert_true(compared > 160);
}

static void test_downward_branch(void **state)
{
    (void)state;
    const fixture_array *down = fixture_get(reference, "", "down");
    int64_t compared = 0;
    for (int64_t i = 0; i < down->rows; i++) {
        const double *row = down->values + i * down->columns;
        const spn_sweep_record *r = record_at(SPN_DIRECTION_DOWN, 1, row[0]);
        assert_non_null(r);
        if (r->state.active_modes == 1) {
            check_row(row, r);
            compared++;
        }
    }
    assert_true(compared > 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_lower_end_of_the_middle_phase),
        cmocka_unit_test(test_upward_branch),
        cmocka_unit_test(test_downward_branch),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
