/* SPDX-License-Identifier: MIT */
/* Runs of spn_branches on a network that are repeated, stopped and taken up again, or run out of memory. */
#include "networks_case.h"

static spn_context *context;

static void check_same(const run_case *a, const run_case *b)
{
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        assert_memory_equal(&a->items[i], &b->items[i], sizeof a->items[i]);
    }
}

static const double pair[2] = {0.9, 0.5};

static void open_pair(network_case *c, int64_t depth)
{
    const network_setup setup = {.depth = depth,
                                 .width = 2,
                                 .samples = 6,
                                 .inputs = 2,
                                 .outputs = 2,
                                 .modes = 2,
                                 .sigma = pair,
                                 .activation = SPN_LINEAR,
                                 .from = 0.05,
                                 .to = depth == 2 ? 1 : 0.5};
    network_case_open(c, context, &setup);
}

static void resume(const run_case *whole, int64_t depth, int64_t stop)
{
    network_case part, rest;
    open_pair(&part, depth);
    part.run.stop_after = stop;
    case_create(&part.run);
    check_fails(context, spn_branches_run(context, part.run.branches, case_sink, &part.run),
                SPN_ERROR_INTERRUPTED, "by the test");
    open_pair(&rest, depth);
    case_create(&rest.run);
    for (int64_t i = 0; i < part.run.count; i++) {
        case_replay(&rest.run, &part.run.items[i]);
    }
    check_ok(context, spn_branches_run(context, rest.run.branches, case_sink, &rest.run));
    check_same(whole, &rest.run);
    network_case_close(&part);
    network_case_close(&rest);
}

/* Repeated, and stopped and taken up again, at folds and at branch points, a run sends the same bits. */
static void test_same_bits(void **state)
{
    (void)state;
    for (int64_t depth = 2; depth <= 3; depth++) {
        network_case whole, again;
        open_pair(&whole, depth);
        case_run(&whole.run);
        open_pair(&again, depth);
        case_run(&again.run);
        check_same(&whole.run, &again.run);
        for (int64_t stop = 1; stop < whole.run.count; stop += 23) {
            resume(&whole.run, depth, stop);
        }
        network_case_close(&whole);
        network_case_close(&again);
    }
}

static spn_status whole_run(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    run_case *run = state;
    const spn_branches_problem problem = case_problem(run);
    spn_branches *branches = NULL;
    run->count = 0;
    run->dimension = run->objective.dimension;
    SPN_TRY(spn_branches_create(own, &problem, &branches));
    SPN_TRY(spn_branches_run(own, branches, case_sink, run));
done:
    spn_branches_free(own, branches);
    return status;
}

/* Every allocation may fail, also of the search for saddles: an error with its message, and nothing stays behind. */
static void test_out_of_memory(void **state)
{
    (void)state;
    network_case c;
    open_pair(&c, 2);
    c.run.settings.starts = 1;
    c.run.settings.levels = 1;
    c.run.settings.saddles = true;
    c.run.settings.saddle_starts = 2;
    c.run.settings.index = 2;
    c.run.items = calloc(ITEMS_MAX, sizeof *c.run.items);
    assert_non_null(c.run.items);
    assert_true(support_fail_each_allocation(whole_run, &c.run) > 30);
    network_case_close(&c);
}

int main(void)
{
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_out_of_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
