/* SPDX-License-Identifier: MIT */
/* Test error along sweeps and branches: on a copy of the training samples it is E. */
#include "networks_case.h"

#include <spinodal/sweep.h>

static const double sigma[1] = {0.8};
static const network_setup setup = {
    3, 3, 60, 2, 2, 1, sigma, SPN_TANH, 0.05, 0.4,
};

static spn_dataset *copy_of(spn_context *context, const spn_dataset *data)
{
    double rows[60 * 4];
    spn_dataset *copy = NULL;
    for (int64_t n = 0; n < data->samples; n++) {
        for (int64_t c = 0; c < 4; c++) {
            rows[4 * n + c] =
                c < 2 ? data->x[c * data->stride + n] : data->y[(c - 2) * data->stride + n];
        }
    }
    check_ok(context, spn_dataset_from_rows(context, 60, 2, 2, rows, NULL, NULL, &copy));
    return copy;
}

static spn_status check_point(spn_context *context, void *state, const spn_item *item)
{
    (void)context;
    const spn_sweep_record *record = item->record;
    if (item->stream != SPN_SWEEP_POINT) {
        return SPN_OK;
    }
    assert_true(record->state.test_error == record->state.error);
    assert_true(isnan(record->state.accuracy) && isnan(record->state.test_accuracy));
    (*(int64_t *)state)++;
    return SPN_OK;
}

static void test_sweep(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    spn_sweep *sweep = NULL;
    spn_settings settings;
    network_case c;
    int64_t count = 0;
    check_ok(NULL, spn_context_create(NULL, &context));
    network_case_open(&c, context, &setup);
    spn_dataset *test = copy_of(context, c.dataset);
    check_ok(context, spn_network_error_watch(context, c.error, test));
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, &spn_sweep_options, &settings));
    spn_sweep_settings *range = settings.values;
    range->beta_from = setup.from;
    range->beta_to = setup.to;
    range->beta_points = 8;
    const spn_sweep_problem problem = {.objective = &c.run.objective,
                                       .settings = range,
                                       .solver = &c.run.solver,
                                       .initial = case_initial,
                                       .initial_state = &c.run};
    check_ok(context, spn_pool_create(context, 1, &pool));
    check_ok(context, spn_sweep_create(context, &problem, &sweep));
    check_ok(context, spn_sweep_run(context, sweep, pool, check_point, &count));
    assert_true(count >= 16); /* up, and down from at least one phase */
    spn_sweep_free(context, sweep);
    spn_pool_free(pool);
    spn_arena_free(arena);
    spn_dataset_free(context, test);
    network_case_close(&c);
    spn_context_free(context);
}

static void test_branches(void **state)
{
    (void)state;
    spn_context *context = NULL;
    network_case c;
    int64_t points = 0;
    check_ok(NULL, spn_context_create(NULL, &context));
    network_case_open(&c, context, &setup);
    spn_dataset *test = copy_of(context, c.dataset);
    check_ok(context, spn_network_error_watch(context, c.error, test));
    case_run(&c.run);
    for (int64_t i = 0; i < c.run.count; i++) {
        const spn_branch_record *record = &c.run.items[i].point;
        if (c.run.items[i].stream == SPN_BRANCHES_POINT) {
            assert_true(record->state.test_error == record->state.error);
            assert_true(isnan(record->state.accuracy) && isnan(record->state.test_accuracy));
            points++;
        }
    }
    assert_true(points > 10);
    spn_dataset_free(context, test);
    network_case_close(&c);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
