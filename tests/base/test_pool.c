/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <sched.h>

enum { JOBS = 40, MESSAGES = 100 };

typedef struct ledger {
    int64_t next[JOBS]; /* the message number expected next from each job */
    int64_t total;
} ledger;

static spn_status send_all(spn_context *context, void *state, int64_t job,
                           spn_pool_channel *channel)
{
    (void)state;
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < MESSAGES; i++) {
        int64_t message[2] = {job, i};
        SPN_TRY(spn_pool_send(context, channel, message));
    }
done:
    return status;
}

static spn_status receive(spn_context *context, void *state, int64_t job, const void *message)
{
    (void)context;
    ledger *book = state;
    const int64_t *numbers = message;
    assert_int_equal(numbers[0], job);
    assert_int_equal(numbers[1], book->next[job]);
    book->next[job]++;
    book->total++;
    return SPN_OK;
}

static void test_messages_arrive_in_order(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int64_t threads = 1; threads <= 4; threads++) {
        spn_pool *pool = NULL;
        check_ok(context, spn_pool_create(context, threads, &pool));
        assert_int_equal(spn_pool_threads(pool), threads);
        for (int round = 0; round < 3; round++) {
            ledger book = {0};
            spn_pool_work work = {JOBS, send_all, NULL, 2 * sizeof(int64_t), receive, &book, NULL};
            check_ok(context, spn_pool_run(context, pool, &work));
            assert_int_equal(book.total, JOBS * MESSAGES);
        }
        spn_pool_free(pool);
    }
    spn_context_free(context);
}

/* A job that goes on until its one message has been received: nothing but time brings it about. */
static spn_status wait_for_receipt(spn_context *context, void *state, int64_t job,
                                   spn_pool_channel *channel)
{
    atomic_int *received = state;
    spn_status status = spn_pool_send(context, channel, &job);
    while (status == SPN_OK && atomic_load(received) == 0) {
    }
    return status;
}

static spn_status note_receipt(spn_context *context, void *state, int64_t job, const void *message)
{
    (void)context, (void)job, (void)message;
    atomic_store((atomic_int *)state, 1);
    return SPN_OK;
}

static void test_messages_arrive_while_jobs_run(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    atomic_int received = 0;
    spn_pool_work work = {
        1, wait_for_receipt, &received, sizeof(int64_t), note_receipt, &received, NULL};
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_pool_create(context, 1, &pool));
    check_ok(context, spn_pool_run(context, pool, &work));
    assert_int_equal(atomic_load(&received), 1);
    spn_pool_free(pool);
    spn_context_free(context);
}

/* A job that works in silence until that is heard of. */
static spn_status work_silently(spn_context *context, void *state, int64_t job,
                                spn_pool_channel *channel)
{
    (void)job, (void)channel;
    while (atomic_load((atomic_int *)state) == 0) {
        spn_tick(context);
    }
    return SPN_OK;
}

static void hear(void *state, const spn_event *event)
{
    assert_int_equal(event->kind, SPN_EVENT_PROGRESS);
    assert_true(event->done > 0 && event->total == 0);
    assert_string_equal(event->text, "evaluations since the last result");
    atomic_store((atomic_int *)state, 1);
}

static void test_silent_jobs_show_signs_of_life(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    atomic_int heard = 0;
    spn_pool_work work = {.jobs = 1, .job = work_silently, .job_state = &heard};
    const spn_context_settings settings = {.on_event = hear, .event_state = &heard};
    check_ok(NULL, spn_context_create(&settings, &context));
    check_ok(context, spn_pool_create(context, 2, &pool));
    check_ok(context, spn_pool_run(context, pool, &work));
    assert_int_equal(atomic_load(&heard), 1);
    spn_pool_free(pool);
    spn_context_free(context);
}

/* Jobs 3, 5 and 20 fail; 3 fails last because it waits for the others to have failed. */
typedef struct failing {
    atomic_int failures;
    atomic_int ran[JOBS];
} failing;

static spn_status fail_some(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    (void)channel;
    failing *shared = state;
    atomic_store(&shared->ran[job], 1);
    if (job == 3) {
        while (atomic_load(&shared->failures) == 0) {
        }
    }
    if (job == 3 || job == 5 || job == 20) {
        atomic_fetch_add(&shared->failures, 1);
        return spn_fail(context, SPN_ERROR_NUMERIC, "job %lld failed", (long long)job);
    }
    return SPN_OK;
}

static void test_lowest_failure_wins(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_pool *pool = NULL;
    check_ok(context, spn_pool_create(context, 4, &pool));
    for (int round = 0; round < 20; round++) {
        failing shared = {0};
        spn_pool_work work = {.jobs = JOBS, .job = fail_some, .job_state = &shared};
        check_fails(context, spn_pool_run(context, pool, &work), SPN_ERROR_NUMERIC, "job 3 failed");
    }
    spn_pool_free(pool);

    /* Which jobs have begun when one fails is certain with one worker only: then no later one runs. */
    check_ok(context, spn_pool_create(context, 1, &pool));
    failing alone = {.failures = 1}; /* 3 waits for nobody */
    spn_pool_work work = {.jobs = JOBS, .job = fail_some, .job_state = &alone};
    check_fails(context, spn_pool_run(context, pool, &work), SPN_ERROR_NUMERIC, "job 3 failed");
    for (int job = 0; job < JOBS; job++) {
        assert_int_equal(atomic_load(&alone.ran[job]), job <= 3);
    }
    spn_pool_free(pool);
    spn_context_free(context);
}

/* ---- The order in which jobs are handed out ------------------------------------------------------ */

enum { COSTLY = 6 };
static const double costs[COSTLY] = {1, 5, 3, 5, 0, 2};
static const int64_t longest_first[COSTLY] = {1, 3, 2, 5, 0, 4};

typedef struct begun {
    int64_t count, jobs[COSTLY];
} begun;

static spn_status note_job(spn_context *context, void *state, int64_t job,
                           spn_pool_channel *channel)
{
    (void)context, (void)channel;
    begun *seen = state;
    seen->jobs[seen->count++] = job;
    return SPN_OK;
}

/* One thread begins jobs one after the other: the longest first, equal ones by their numbers; in shares those at every
 * second place. */
static void test_longest_jobs_begin_first(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_pool_create(context, 1, &pool));
    for (int64_t size = 1; size <= 2; size++) {
        for (int64_t rank = 0; rank < size; rank++) {
            begun in_order = {0}, by_cost = {0};
            spn_farm farm;
            check_ok(context, spn_shares_farm(context, rank, size, &farm));
            spn_context_set_farm(context, size > 1 ? &farm : NULL);
            spn_pool_work work = {.jobs = COSTLY, .job = note_job, .job_state = &in_order};
            check_ok(context, spn_pool_run(context, pool, &work));
            work.job_state = &by_cost;
            work.cost = costs;
            check_ok(context, spn_pool_run(context, pool, &work));
            assert_int_equal(in_order.count, COSTLY / size);
            assert_int_equal(by_cost.count, COSTLY / size);
            for (int64_t i = 0; i < COSTLY / size; i++) {
                assert_int_equal(in_order.jobs[i], rank + size * i);
                assert_int_equal(by_cost.jobs[i], longest_first[rank + size * i]);
            }
        }
    }
    spn_pool_free(pool);
    spn_context_free(context);
}

/* Jobs 2 and 0 fail, and 0 first; 2 began before it. */
static spn_status fail_late(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    (void)channel;
    atomic_int *has_failed = state;
    if (job == 0) {
        atomic_store(has_failed, 1);
        return spn_fail(context, SPN_ERROR_NUMERIC, "job 0");
    }
    while (job == 2 && atomic_load(has_failed) == 0) {
        sched_yield();
    }
    return job == 2 ? spn_fail(context, SPN_ERROR_NUMERIC, "job 2") : SPN_OK;
}

static void test_first_failure_wins_with_costs(void **state)
{
    (void)state;
    atomic_int has_failed = 0;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_pool_create(context, 2, &pool));
    const spn_pool_work work = {
        .jobs = COSTLY, .job = fail_late, .job_state = &has_failed, .cost = costs};
    check_fails(context, spn_pool_run(context, pool, &work), SPN_ERROR_NUMERIC, "job 2");
    spn_pool_free(pool);
    spn_context_free(context);
}

static spn_status refuse(spn_context *context, void *state, int64_t job, const void *message)
{
    (void)state, (void)job, (void)message;
    return spn_fail(context, SPN_ERROR_IO, "disk full");
}

static void test_failing_receiver_stops_the_run(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_pool *pool = NULL;
    check_ok(context, spn_pool_create(context, 2, &pool));
    spn_pool_work work = {JOBS, send_all, NULL, 2 * sizeof(int64_t), refuse, NULL, NULL};
    check_fails(context, spn_pool_run(context, pool, &work), SPN_ERROR_IO, "disk full");
    spn_pool_free(pool);
    spn_context_free(context);
}

static spn_status poll_forever(spn_context *context, void *state, int64_t job,
                               spn_pool_channel *channel)
{
    (void)job, (void)channel;
    atomic_int *cancel = state;
    spn_status status = SPN_OK;
    while (status == SPN_OK) {
        atomic_store(cancel, 1);
        status = spn_poll(context);
    }
    return status;
}

static void test_interruption_is_reported(void **state)
{
    (void)state;
    atomic_int cancel = 0;
    spn_context_settings settings = {.cancel = &cancel};
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(&settings, &context));
    spn_pool *pool = NULL;
    check_ok(context, spn_pool_create(context, 2, &pool));
    spn_pool_work work = {.jobs = JOBS, .job = poll_forever, .job_state = &cancel};
    check_fails(context, spn_pool_run(context, pool, &work), SPN_ERROR_INTERRUPTED, "interrupted");
    spn_pool_free(pool);
    spn_context_free(context);
}

static spn_status create_pool(spn_context *context, void *state)
{
    (void)state;
    spn_pool *pool = NULL;
    spn_status status = spn_pool_create(context, 3, &pool);
    spn_pool_free(pool);
    return status;
}

static void test_creation_survives_failing_allocations(void **state)
{
    (void)state;
    assert_int_equal(support_fail_each_allocation(create_pool, NULL), 7);
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_pool *pool = NULL;
    check_fails(context, spn_pool_create(context, -1, &pool), SPN_ERROR_ARGUMENT, "threads = -1");
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_arrive_in_order),
        cmocka_unit_test(test_messages_arrive_while_jobs_run),
        cmocka_unit_test(test_silent_jobs_show_signs_of_life),
        cmocka_unit_test(test_lowest_failure_wins),
        cmocka_unit_test(test_longest_jobs_begin_first),
        cmocka_unit_test(test_first_failure_wins_with_costs),
        cmocka_unit_test(test_failing_receiver_stops_the_run),
        cmocka_unit_test(test_interruption_is_reported),
        cmocka_unit_test(test_creation_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
