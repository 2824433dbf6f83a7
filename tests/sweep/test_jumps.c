/* SPDX-License-Identifier: MIT */
/* Refined transitions on analytic landscapes, whose places are closed forms. */
#include "support.h"

#include <spinodal/sweep.h>

enum { MAX_JUMPS = 64 };

typedef struct jump_list {
    int64_t count;
    spn_sweep_jump rows[MAX_JUMPS];
    int64_t approach_count[MAX_JUMPS];
    spn_sweep_approach approach[MAX_JUMPS][SPN_APPROACH_MAX];
} jump_list;

static jump_list found, again;

static spn_status collect(spn_context *context, void *state, const spn_item *item)
{
    (void)context;
    jump_list *list = state;
    if (item->stream != SPN_SWEEP_JUMP) {
        return SPN_OK;
    }
    int64_t row = list->count++;
    assert_true(row < MAX_JUMPS);
    list->rows[row] = *(const spn_sweep_jump *)item->record;
    list->approach_count[row] = item->row_count;
    memcpy(list->approach[row], item->rows,
           (size_t)item->row_count * sizeof list->approach[row][0]);
    return SPN_OK;
}

typedef struct start {
    int64_t dimension;
    const double *values;
} start;

static spn_status start_at(spn_context *context, const void *state, int64_t seed, double *theta)
{
    (void)context, (void)seed;
    const start *given = state;
    memcpy(theta, given->values, (size_t)given->dimension * sizeof(double));
    return SPN_OK;
}

/* Sweep a landscape over `points` values from..to with a tolerance of 1e-6. */
static void sweep(spn_landscape landscape, const double *values, double from, double to,
                  int64_t points, spn_protocol direction, jump_list *out)
{
    spn_context *context = NULL;
    spn_arena *arena = NULL;
    spn_pool *pool = NULL;
    spn_sweep *run = NULL;
    spn_settings solver;
    const start given = {landscape.dimension, values};
    const spn_objective objective = spn_landscape_objective(&landscape);
    double grid[512];
    for (int64_t i = 0; i < points; i++) {
        grid[i] = from + (to - from) * (double)i / (double)(points - 1);
    }
    const spn_sweep_settings settings = {.beta = {points, grid},
                                         .beta_points = points,
                                         .direction = (int)direction,
                                         .start = SPN_DOWN_INITIAL,
                                         .seeds = 1,
                                         .refine = true,
                                         .refine_tolerance = 1e-6};
    memset(out, 0, sizeof *out);
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_solver_options, &solver));
    check_ok(context, spn_pool_create(context, 1, &pool));
    const spn_sweep_problem problem = {.objective = &objective,
                                       .settings = &settings,
                                       .solver = solver.values,
                                       .initial = start_at,
                                       .initial_state = &given};
    check_ok(context, spn_sweep_create(context, &problem, &run));
    check_ok(context, spn_sweep_run(context, run, pool, collect, out));
    spn_sweep_free(context, run);
    spn_pool_free(pool);
    spn_arena_free(arena);
    spn_context_free(context);
}

/* The slope of log eigenvalue over log distance between the closest row and the one two decades away. */
static double exponent(const jump_list *list, int64_t row)
{
    const spn_sweep_approach *a = &list->approach[row][0], *b = &list->approach[row][8];
    assert_true(list->approach_count[row] >= 9);
    return log(b->eigenvalue / a->eigenvalue) / log(b->distance / a->distance);
}

/* One mode of strength sigma at depth D >= 3: the spinodal of T13, E and |theta|^2 on both sides. Grids ten
 * times coarser and finer find the same. |theta|^2 ends within the root of the bracket of the fold's. */
static void check_spinodal(int depth, double sigma)
{
    double values[8], coefficients[8] = {sigma};
    double power = (depth - 2) / (2.0 * (depth - 1)), strength = sigma * power;
    double spinodal = sigma * depth / (2.0 * (depth - 1)) * pow(strength, 1 - 2.0 / depth);
    const int64_t points[3] = {7, 61, 500};
    for (int i = 0; i < depth; i++) {
        values[i] = pow(sigma, 1.0 / depth);
    }
    for (int i = 0; i < 3; i++) {
        sweep((spn_landscape){SPN_LANDSCAPE_DEEP_MODE, depth, coefficients}, values, 0.011, 0.611,
              points[i], SPN_PROTOCOL_UP, &found);
        assert_int_equal(found.count, 1);
        const spn_sweep_jump *jump = &found.rows[0];
        check_close(jump->beta, spinodal, 1e-7, 0);
        assert_true(jump->beta_before <= spinodal * (1 + 1e-12));
        assert_true(jump->beta_after >= spinodal * (1 - 1e-12));
        assert_int_equal(jump->survives, 1);
        assert_int_equal(jump->resolved, 1);
        assert_int_equal(jump->before.active_modes, 1);
        assert_int_equal(jump->after.active_modes, 0);
        check_close(jump->before.weight_norm * jump->before.weight_norm,
                    depth * pow(strength, 2.0 / depth), 1e-3, 0);
        check_close(jump->after.weight_norm, 0, 1e-6, 1);
        check_close(exponent(&found, 0), 0.5, 0.02, 0);
    }
}

static void test_deep_modes(void **state)
{
    (void)state;
    check_spinodal(3, 0.9);
    check_spinodal(4, 0.9);
    check_spinodal(5, 0.7);
}

/* D = 2 is continuous at sigma, from both sides; its label changes at 0.95 sigma, which is nothing. */
static void test_two_layers_are_continuous(void **state)
{
    (void)state;
    const double values[2] = {0.7, 0.7}, coefficients[2] = {0.5, 0};
    const int64_t points[3] = {7, 61, 500};
    for (int i = 0; i < 3; i++) {
        sweep((spn_landscape){SPN_LANDSCAPE_DEEP_MODE, 2, coefficients}, values, 0.011, 0.611,
              points[i], i == 1 ? SPN_PROTOCOL_DOWN : SPN_PROTOCOL_UP, &found);
        assert_int_equal(found.count, 1);
        check_close(found.rows[0].beta, 0.5, 1e-6, 0);
        assert_int_equal(found.rows[0].survives, 0);
        check_close(exponent(&found, 0), 1, 0.02, 0);
    }
}

static void test_nothing_is_invented(void **state)
{
    (void)state;
    const double values[3] = {1, 1, 1}, coefficients[3] = {0.9, 0, 0};
    const int64_t points[3] = {3, 40, 400};
    for (int i = 0; i < 3; i++) {
        sweep((spn_landscape){SPN_LANDSCAPE_DEEP_MODE, 1, coefficients}, values, 0.011, 3,
              points[i], SPN_PROTOCOL_UP, &found);
        assert_int_equal(found.count, 0);
        sweep((spn_landscape){SPN_LANDSCAPE_DEEP_MODE, 3, coefficients}, values, 0.001, 0.4,
              points[i], SPN_PROTOCOL_UP, &found);
        assert_int_equal(found.count, 0);
    }
}

/* Landscapes without labels: the double well's spinodal and the cusp's for a_0 = -0.5, -+2 (|a|/3)^(3/2). */
static void test_folds_without_labels(void **state)
{
    (void)state;
    const double values[2] = {1, 0}, well[2] = {0, 1}, cusp[2] = {-0.5, 1};
    const int64_t points[3] = {8, 60, 400};
    for (int i = 0; i < 3; i++) {
        sweep((spn_landscape){SPN_LANDSCAPE_DOUBLE_WELL, 2, well}, values, 0.013, 0.613, points[i],
              SPN_PROTOCOL_UP, &found);
        assert_int_equal(found.count, 1);
        check_close(found.rows[0].beta, 2 / (3 * sqrt(3.0)), 1e-7, 0);
        assert_int_equal(found.rows[0].survives, 1);
        check_close(exponent(&found, 0), 0.5, 0.02, 0);
        sweep((spn_landscape){SPN_LANDSCAPE_CUSP, 2, cusp}, values, -0.307, 0.613, points[i],
              SPN_PROTOCOL_UP, &again);
        assert_int_equal(again.count, 1);
        check_close(again.rows[0].beta, 2 * pow(0.5 / 3, 1.5), 1e-7, 0);
        assert_int_equal(again.rows[0].survives, 1);
    }
}

/* The pitchfork is continuous at 0, from both sides; distances are relative to the width of
 * the grid's interval that holds 0. */
static void test_pitchfork_is_continuous(void **state)
{
    (void)state;
    const double values[2] = {0.5, 0}, coefficients[2] = {0, 1};
    for (int i = 0; i < 2; i++) {
        sweep((spn_landscape){SPN_LANDSCAPE_PITCHFORK, 2, coefficients}, values, -0.307, 0.513, 41,
              i == 0 ? SPN_PROTOCOL_UP : SPN_PROTOCOL_DOWN, &found);
        assert_int_equal(found.count, 1);
        check_close(found.rows[0].beta, 0, 1e-8, 1);
        assert_int_equal(found.rows[0].survives, 0);
        check_close(exponent(&found, 0), 1, 0.02, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_modes),
        cmocka_unit_test(test_two_layers_are_continuous),
        cmocka_unit_test(test_nothing_is_invented),
        cmocka_unit_test(test_folds_without_labels),
        cmocka_unit_test(test_pitchfork_is_continuous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
