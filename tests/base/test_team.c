/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <unistd.h>

enum { PARTS = 37, LANES = 4 };

typedef struct ledger {
    _Atomic int64_t runs[PARTS]; /* how often each part ran */
    atomic_int busy[LANES];      /* a lane's work space is in use */
    atomic_int faults;           /* cmocka's checks belong to the main thread */
    int64_t lanes;               /* parts may run on lanes below */
    int64_t numbers[PARTS];      /* plain memory: written by a helper, read by the caller */
    spn_context *contexts[LANES];
} ledger;

static spn_status note_part(spn_context *context, void *state, int64_t part, int64_t lane)
{
    ledger *book = state;
    if (lane < 0 || lane >= book->lanes || atomic_fetch_add(&book->busy[lane], 1) != 0 ||
        (book->contexts[lane] != NULL && book->contexts[lane] != context)) {
        atomic_fetch_add(&book->faults, 1);
        return SPN_OK;
    }
    book->contexts[lane] = context;
    atomic_fetch_add(&book->runs[part], 1);
    book->numbers[part] = 3 * part + 1;
    atomic_fetch_sub(&book->busy[lane], 1);
    return SPN_OK;
}

static void check_each_part_once(const ledger *book, int64_t parts)
{
    assert_int_equal(atomic_load(&book->faults), 0);
    for (int64_t i = 0; i < PARTS; i++) {
        assert_int_equal(atomic_load(&book->runs[i]), i < parts ? 1 : 0);
        assert_int_equal(book->numbers[i], i < parts ? 3 * i + 1 : 0);
    }
}

static void test_each_part_runs_once(void **state)
{
    (void)state;
    const int64_t counts[] = {0, 1, 2, 3, PARTS};
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int64_t lanes = 1; lanes <= LANES; lanes++) {
        spn_team *team = NULL;
        check_ok(context, spn_team_create(context, lanes, &team));
        assert_int_equal(spn_team_size(team), lanes);
        assert_int_equal(spn_team_lanes(context), 1);
        spn_context_set_team(context, team);
        assert_int_equal(spn_team_lanes(context), lanes);
        for (int round = 0; round < 100; round++) {
            int64_t parts = counts[round % 5];
            ledger book = {.lanes = lanes, .contexts = {context}};
            check_ok(context, spn_team_run(context, parts, note_part, &book));
            check_each_part_once(&book, parts);
        }
        assert_int_equal(spn_team_lanes(context), lanes);
        spn_context_set_team(context, NULL);
        spn_team_free(team);
    }
    spn_context_free(context);
}

static void test_without_a_team(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    ledger book = {.lanes = 1, .contexts = {context}};
    check_ok(context, spn_team_run(context, PARTS, note_part, &book));
    check_each_part_once(&book, PARTS);
    spn_context_free(context);
}

static void test_lanes_may_be_fewer(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_team *team = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_team_create(context, LANES, &team));
    spn_context_set_team(context, team);
    for (int round = 0; round < 200; round++) {
        ledger book = {.lanes = 1 + round % LANES, .contexts = {context}};
        check_ok(context, spn_team_run_on(context, book.lanes, PARTS, note_part, &book));
        check_each_part_once(&book, PARTS);
    }
    spn_team_free(team);
    spn_context_free(context);
}

/* Long enough for helpers to come. */
static void linger(void)
{
    volatile int64_t idle = 0;
    for (int64_t i = 0; i < 20000; i++) {
        idle = idle + i;
    }
}

static spn_status note_helped(spn_context *context, void *state, int64_t part, int64_t lane)
{
    (void)context, (void)part;
    linger();
    if (lane > 0) {
        atomic_fetch_add((atomic_int *)state, 1);
    }
    return SPN_OK;
}

/* Nothing says when helpers come, on a busy machine least of all; but come they do, awake and asleep. */
static void test_helpers_come(void **state)
{
    (void)state;
    enum { MOST = 200000, ENOUGH = 3 };
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        skip();
    }
    spn_context *context = NULL;
    spn_team *team = NULL;
    atomic_int helped = 0;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_team_create(context, 2, &team));
    spn_context_set_team(context, team);
    for (int64_t round = 0; round < MOST && atomic_load(&helped) < ENOUGH; round++) {
        check_ok(context, spn_team_run(context, 4, note_helped, &helped));
        for (int64_t i = 0; i < round % 10; i++) {
            linger();
        }
    }
    assert_true(atomic_load(&helped) >= ENOUGH);
    spn_team_free(team);
    spn_context_free(context);
}

static spn_status fail_some(spn_context *context, void *state, int64_t part, int64_t lane)
{
    (void)lane;
    atomic_int *failures = state;
    /* Where a helper takes part 3, that fails first; it does not count. */
    if (part == 2) {
        linger();
    }
    if (part == 2 || part == 3 || part == 20) {
        atomic_fetch_add(failures, 1);
        return spn_fail(context, SPN_ERROR_NUMERIC, "part %lld failed", (long long)part);
    }
    return SPN_OK;
}

static void test_lowest_failure_wins(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_team *team = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_team_create(context, LANES, &team));
    spn_context_set_team(context, team);
    for (int round = 0; round < 200; round++) {
        atomic_int failures = 0;
        check_fails(context, spn_team_run(context, PARTS, fail_some, &failures), SPN_ERROR_NUMERIC,
                    "part 2 failed");
        ledger book = {.lanes = LANES, .contexts = {context}};
        check_ok(context, spn_team_run(context, PARTS, note_part, &book));
        check_each_part_once(&book, PARTS);
    }
    /* Alone the parts run in order, and none behind the first failed one. */
    atomic_int failures = 0;
    check_fails(context, spn_team_run_on(context, 1, PARTS, fail_some, &failures),
                SPN_ERROR_NUMERIC, "part 2 failed");
    assert_int_equal(atomic_load(&failures), 1);
    /* It is told although another failure came before, which was handled. */
    (void)spn_fail(context, SPN_ERROR_IO, "earlier");
    assert_int_equal(spn_team_run(context, PARTS, fail_some, &failures), SPN_ERROR_NUMERIC);
    assert_string_equal(spn_error_text(context), "part 2 failed");
    spn_team_free(team);
    spn_context_free(context);
}

static spn_status run_inner(spn_context *context, void *state, int64_t part, int64_t lane)
{
    (void)lane;
    ledger *books = state;
    books[part].contexts[0] = context;
    books[part].lanes = spn_team_lanes(context);
    return spn_team_run(context, PARTS, note_part, &books[part]);
}

static void test_inside_a_part_there_is_no_team(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_team *team = NULL;
    ledger books[8] = {{.lanes = 0}};
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_team_create(context, LANES, &team));
    spn_context_set_team(context, team);
    check_ok(context, spn_team_run(context, 8, run_inner, books));
    for (int64_t i = 0; i < 8; i++) {
        assert_int_equal(books[i].lanes, 1);
        check_each_part_once(&books[i], PARTS);
    }
    assert_int_equal(spn_team_lanes(context), LANES);
    spn_context *fork = NULL;
    check_ok(context, spn_context_fork(context, &fork));
    assert_int_equal(spn_team_lanes(fork), 1);
    spn_context_free(fork);
    spn_team_free(team);
    spn_context_free(context);
}

static spn_status poll_until_cancelled(spn_context *context, void *state, int64_t part,
                                       int64_t lane)
{
    (void)part, (void)lane;
    atomic_int *flag = state;
    atomic_store(flag, 1);
    return spn_poll(context);
}

static void test_cancel_reaches_the_helpers(void **state)
{
    (void)state;
    atomic_int flag = 0;
    const spn_context_settings settings = {.cancel = &flag};
    spn_context *context = NULL, *fork = NULL;
    spn_team *team = NULL;
    check_ok(NULL, spn_context_create(&settings, &context));
    check_ok(context, spn_context_fork(context, &fork));
    assert_ptr_equal(spn_context_cancel(fork), &flag);
    spn_context_free(fork);
    check_ok(context, spn_team_create(context, 3, &team));
    spn_context_set_team(context, team);
    check_fails(context, spn_team_run(context, PARTS, poll_until_cancelled, &flag),
                SPN_ERROR_INTERRUPTED, "interrupted");
    spn_team_free(team);
    spn_context_free(context);
}

static void test_a_run_allocates_nothing(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_team *team = NULL;
    check_ok(context, spn_team_create(context, LANES, &team));
    spn_context_set_team(context, team);
    int64_t calls = counter.calls;
    for (int round = 0; round < 10; round++) {
        ledger book = {.lanes = LANES, .contexts = {context}};
        check_ok(context, spn_team_run(context, PARTS, note_part, &book));
    }
    assert_int_equal(counter.calls, calls);
    spn_team_free(team);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static spn_status use_a_team(spn_context *context, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    spn_team *team = NULL;
    ledger book = {.lanes = 3};
    SPN_TRY(spn_team_create(context, 3, &team));
    spn_context_set_team(context, team);
    SPN_TRY(spn_team_run(context, PARTS, note_part, &book));
done:
    spn_context_set_team(context, NULL);
    spn_team_free(team);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    /* The team, its list of helpers, and three contexts. */
    assert_int_equal(support_fail_each_allocation(use_a_team, NULL), 5);
}

static void test_bad_sizes(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_team *team = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_fails(context, spn_team_create(context, -1, &team), SPN_ERROR_ARGUMENT, "lanes = -1");
    check_fails(context, spn_team_create(context, 4097, &team), SPN_ERROR_ARGUMENT, "4097");
    assert_null(team);
    check_ok(context, spn_team_create(context, 0, &team));
    assert_true(spn_team_size(team) >= 1);
    spn_team_free(team);
    spn_team_free(NULL);
    spn_context_free(context);
}

/* What a pool lends: its spare threads, and the rest to the lowest jobs. */
static spn_status note_lanes(spn_context *context, void *state, int64_t job,
                             spn_pool_channel *channel)
{
    (void)channel;
    int64_t *lanes = state;
    lanes[job] = spn_team_lanes(context);
    ledger book = {.lanes = lanes[job], .contexts = {context}};
    spn_status status = spn_team_run(context, PARTS, note_part, &book);
    lanes[job] = atomic_load(&book.faults) == 0 ? lanes[job] : -1;
    return status;
}

static void test_a_pool_lends_its_spare_threads(void **state)
{
    (void)state;
    const int64_t jobs[] = {1, 3, 3, 2, 5, 4, 0, 1}, most[] = {4, 2, 2, 2, 1, 1, 0, 4};
    const int64_t least[] = {4, 1, 1, 2, 1, 1, 0, 4};
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_pool_create(context, 4, &pool));
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        int64_t lanes[5] = {0};
        const spn_pool_work work = {.jobs = jobs[i], .job = note_lanes, .job_state = lanes};
        check_ok(context, spn_pool_run(context, pool, &work));
        for (int64_t job = 0; job < jobs[i]; job++) {
            assert_int_equal(lanes[job], job == 0 ? most[i] : least[i]);
        }
    }
    spn_pool_free(pool);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_runs_once),
        cmocka_unit_test(test_without_a_team),
        cmocka_unit_test(test_lanes_may_be_fewer),
        cmocka_unit_test(test_helpers_come),
        cmocka_unit_test(test_lowest_failure_wins),
        cmocka_unit_test(test_inside_a_part_there_is_no_team),
        cmocka_unit_test(test_cancel_reaches_the_helpers),
        cmocka_unit_test(test_a_run_allocates_nothing),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_bad_sizes),
        cmocka_unit_test(test_a_pool_lends_its_spare_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
