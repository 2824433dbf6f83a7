/* SPDX-License-Identifier: MIT */
/* A pool whose jobs are shared: by processes that never talk, and by ranks of a farm that is played here. */
#include "support.h"

#include <sched.h>
#include <spinodal/base/team.h>
#include <stdatomic.h>
#include <string.h>

enum { JOBS = 23, MESSAGES = 3 };

typedef struct ledger {
    int64_t next[JOBS]; /* the message expected next of each job */
    int64_t foreign;
    int64_t fails_at; /* this job fails; -1: none */
} ledger;

static spn_status send_all(spn_context *context, void *state, int64_t job,
                           spn_pool_channel *channel)
{
    const ledger *book = state;
    spn_status status = SPN_OK;
    if (job == book->fails_at) {
        return spn_fail(context, SPN_ERROR_NUMERIC, "job %lld failed", (long long)job);
    }
    for (int64_t i = 0; i < MESSAGES; i++) {
        const int64_t message[2] = {job, i};
        SPN_TRY(spn_pool_send(context, channel, message));
    }
done:
    return status;
}

static spn_status receive(spn_context *context, void *state, int64_t job, const void *message)
{
    ledger *book = state;
    int64_t numbers[2];
    memcpy(numbers, message, sizeof numbers);
    assert_int_equal(numbers[0], job);
    assert_int_equal(numbers[1], book->next[job]);
    book->next[job]++;
    book->foreign += spn_farm_is_foreign(context);
    return SPN_OK;
}

static spn_pool_work work_for(ledger *book)
{
    return (spn_pool_work){JOBS, send_all, book, 2 * sizeof(int64_t), receive, book, NULL};
}

/* Every job is run by one share, whatever their number and that of threads. */
static void test_shares_have_each_job_once(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    for (int64_t size = 1; size <= JOBS + 2; size += 3) {
        ledger book = {.fails_at = -1};
        const spn_pool_work work = work_for(&book);
        for (int64_t rank = 0; rank < size; rank++) {
            spn_farm farm;
            spn_pool *pool = NULL;
            check_ok(context, spn_shares_farm(context, rank, size, &farm));
            spn_context_set_farm(context, &farm);
            assert_true(spn_farm_is_share(context));
            assert_true(spn_farm_writes(context));
            check_ok(context, spn_pool_create(context, 1 + rank % 3, &pool));
            check_ok(context, spn_pool_run(context, pool, &work));
            check_ok(context, spn_pool_run(context, pool, &(spn_pool_work){.jobs = 0}));
            spn_pool_free(pool);
        }
        for (int64_t job = 0; job < JOBS; job++) {
            assert_int_equal(book.next[job], MESSAGES);
        }
        assert_int_equal(book.foreign, 0);
    }
    spn_context_free(context);
}

static void test_shares_that_are_none(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_farm farm;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_fails(context, spn_shares_farm(context, 3, 3, &farm), SPN_ERROR_ARGUMENT, "share 4 of 3");
    check_fails(context, spn_shares_farm(context, -1, 3, &farm), SPN_ERROR_ARGUMENT,
                "share 0 of 3");
    check_fails(context, spn_shares_farm(context, 0, 0, &farm), SPN_ERROR_ARGUMENT, "share 1 of 0");
    spn_context_free(context);
}

/* ---- A farm that is played ---------------------------------------------------------------------- */

/* This process has the odd jobs, another one the even ones. */
typedef struct stage {
    int64_t next, kept, begun;
    int64_t others_failed; /* of the other one */
    atomic_int told;       /* this one has heard of it */
    spn_farm_end end;      /* as exchange() got it */
} stage;

static spn_status begin(spn_context *context, spn_farm *farm, int64_t jobs)
{
    (void)context;
    stage *played = farm->state;
    assert_int_equal(jobs, JOBS);
    played->next = 1;
    played->kept = 0;
    played->begun++;
    return SPN_OK;
}

static int64_t take(spn_farm *farm)
{
    stage *played = farm->state;
    const int64_t job = played->next;
    played->next += 2;
    return job < JOBS ? job : SPN_FARM_NONE;
}

static void tell(spn_farm *farm, const spn_farm_news *own, spn_farm_news *others)
{
    stage *played = farm->state;
    (void)own;
    atomic_store(&played->told, 1);
    *others = (spn_farm_news){.failed = played->others_failed, .done = 0};
}

static spn_status keep(spn_context *context, spn_farm *farm, int64_t job, const void *message,
                       int64_t size)
{
    (void)context;
    (void)message;
    stage *played = farm->state;
    assert_int_equal(job % 2, 1);
    assert_int_equal(size, 2 * sizeof(int64_t));
    played->kept++;
    return SPN_OK;
}

static spn_status exchange(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    stage *played = farm->state;
    spn_status status = end->status;
    played->end = *end;
    for (int64_t job = 0; status == SPN_OK && job < JOBS; job += 2) {
        for (int64_t i = 0; i < MESSAGES; i++) {
            const int64_t message[2] = {job, i};
            SPN_TRY(end->receiver(context, end->receiver_state, job, message));
        }
    }
done:
    return status;
}

static spn_status keep_end(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    (void)context;
    stage *played = farm->state;
    played->end = *end;
    return end->status;
}

static spn_status run_played(spn_context *context, stage *played, ledger *book)
{
    spn_farm farm = {.rank = 1,
                     .size = 2,
                     .state = played,
                     .begin = begin,
                     .take = take,
                     .tell = tell,
                     .keep = keep,
                     .exchange = exchange};
    const spn_pool_work work = work_for(book);
    spn_pool *pool = NULL;
    spn_context_set_farm(context, &farm);
    assert_int_equal(spn_farm_rank(context), 1);
    assert_false(spn_farm_writes(context));
    spn_status status = spn_pool_create(context, 2, &pool);
    status = status == SPN_OK ? spn_pool_run(context, pool, &work) : status;
    spn_pool_free(pool);
    spn_context_set_farm(context, NULL);
    return status;
}

/* Receivers see the messages of all jobs: of those of this rank while they run, of others behind them. */
static void test_receivers_see_all_jobs(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    stage played = {.others_failed = SPN_FARM_NONE};
    ledger book = {.fails_at = -1};
    check_ok(context, run_played(context, &played, &book));
    for (int64_t job = 0; job < JOBS; job++) {
        assert_int_equal(book.next[job], MESSAGES);
    }
    assert_int_equal(played.begun, 1);
    assert_int_equal(played.kept, JOBS / 2 * MESSAGES);
    assert_int_equal(book.foreign, (JOBS - JOBS / 2) * MESSAGES);
    assert_int_equal(played.end.failed, SPN_FARM_NONE);
    spn_context_free(context);
}

static void test_failures_are_told(void **state)
{
    (void)state;
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    stage played = {.others_failed = SPN_FARM_NONE};
    ledger book = {.fails_at = 5};
    check_fails(context, run_played(context, &played, &book), SPN_ERROR_NUMERIC, "job 5 failed");
    assert_int_equal(played.end.failed, 5);
    assert_int_equal(played.end.status, SPN_ERROR_NUMERIC);
    assert_int_equal(book.foreign, 0);
    spn_context_free(context);
}

enum { FAILED_ELSEWHERE = 4 };

/* Jobs below the one that failed elsewhere begin to send when that is known; those above go on for ever, unless they are
 * stopped. */
static spn_status send_when_told(spn_context *context, void *state, int64_t job,
                                 spn_pool_channel *channel)
{
    stage *played = state;
    spn_status status = SPN_OK;
    while (job < FAILED_ELSEWHERE && atomic_load(&played->told) == 0) {
        sched_yield();
    }
    for (int64_t i = 0; status == SPN_OK && (job > FAILED_ELSEWHERE || i < MESSAGES); i++) {
        const int64_t message[2] = {job, i};
        status = spn_pool_send(context, channel, message);
    }
    return status;
}

/* What was begun below is finished, what was begun above is stopped, and nothing new begins; that is no failure of this
 * rank. */
static void test_failures_elsewhere_stop_jobs_above(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_pool *pool = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    stage played = {.others_failed = FAILED_ELSEWHERE};
    ledger book = {.fails_at = -1};
    spn_farm farm = {.rank = 1,
                     .size = 2,
                     .state = &played,
                     .begin = begin,
                     .take = take,
                     .tell = tell,
                     .keep = keep,
                     .exchange = keep_end};
    const spn_pool_work work = {JOBS,    send_when_told, &played, 2 * sizeof(int64_t),
                                receive, &book,          NULL};
    check_ok(context, spn_pool_create(context, 3, &pool));
    spn_context_set_farm(context, &farm);
    check_ok(context, spn_pool_run(context, pool, &work));
    assert_int_equal(played.end.status, SPN_OK);
    assert_int_equal(played.end.failed, SPN_FARM_NONE);
    assert_int_equal(book.next[1], MESSAGES);
    assert_int_equal(book.next[3], MESSAGES);
    /* Each of three threads has begun one job, and those of 1 and 3 may have begun another before they heard. */
    assert_true(played.next <= 1 + 2 * 5);
    for (int64_t job = 11; job < JOBS; job++) {
        assert_int_equal(book.next[job], 0);
    }
    spn_pool_free(pool);
    spn_context_free(context);
}

/* ---- Ranks that share samples ------------------------------------------------------------------ */

/* What the jobs of a rank have seen of each other. */
typedef struct turns {
    ledger book;
    _Atomic int64_t running, next;
    _Atomic bool has_overlapped, is_out_of_order, lacks_team;
} turns;

static spn_status take_turn(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    turns *seen = state;
    if (atomic_fetch_add(&seen->running, 1) != 0) {
        atomic_store(&seen->has_overlapped, true);
    }
    if (atomic_fetch_add(&seen->next, 1) != job) {
        atomic_store(&seen->is_out_of_order, true);
    }
    if (spn_team_lanes(context) != 3) {
        atomic_store(&seen->lacks_team, true);
    }
    const spn_status status = send_all(context, &seen->book, job, channel);
    atomic_fetch_sub(&seen->running, 1);
    return status;
}

static spn_status end_alike(spn_context *context, spn_farm *farm, const spn_farm_end *end)
{
    (void)context;
    ((stage *)farm->state)->end = *end;
    return end->status;
}

/* All jobs, one after the other, each with all threads; nothing is kept for others, who have it. */
static void test_ranks_that_share_samples_run_all_jobs(void **state)
{
    (void)state;
    for (int64_t fails_at = -1; fails_at < JOBS; fails_at += 9) {
        spn_context *context = NULL;
        spn_pool *pool = NULL;
        stage played = {.next = 0};
        turns seen = {.book = {.fails_at = fails_at}};
        spn_farm farm = {.rank = 1,
                         .size = 2,
                         .is_sharded = true,
                         .state = &played,
                         .begin = begin,
                         .tell = tell,
                         .exchange = end_alike};
        const spn_pool_work work = {JOBS,    take_turn,  &seen, 2 * sizeof(int64_t),
                                    receive, &seen.book, NULL};
        check_ok(NULL, spn_context_create(NULL, &context));
        spn_context_set_farm(context, &farm);
        assert_true(spn_farm_is_sharded(context));
        played.others_failed = SPN_FARM_NONE;
        check_ok(context, spn_pool_create(context, 3, &pool));
        const spn_status status = spn_pool_run(context, pool, &work);
        spn_pool_free(pool);
        assert_false(seen.has_overlapped || seen.is_out_of_order || seen.lacks_team);
        assert_int_equal(status, fails_at < 0 ? SPN_OK : SPN_ERROR_NUMERIC);
        assert_int_equal(played.end.failed, fails_at < 0 ? SPN_FARM_NONE : fails_at);
        for (int64_t job = 0; job < JOBS; job++) {
            const bool is_done = fails_at < 0 || job < fails_at;
            assert_int_equal(seen.book.next[job], is_done ? MESSAGES : 0);
        }
        spn_context_free(context);
    }
}

/* ---- Between pools ------------------------------------------------------------------------------ */

static void count_beat(spn_farm *farm)
{
    ++*(int *)farm->state;
}

/* Rank 0 that works alone has no farm, writes, agrees with itself, and lives on. */
static void test_who_works_alone_gives_signs_of_life(void **state)
{
    (void)state;
    spn_context *context = NULL;
    int beats = 0;
    spn_farm farm = {.rank = 0, .size = 2, .is_alone = true, .state = &beats, .beat = count_beat};
    check_ok(NULL, spn_context_create(NULL, &context));
    spn_context_set_farm(context, &farm);
    assert_null(spn_context_farm(context));
    assert_true(spn_farm_writes(context));
    assert_int_equal(spn_farm_agree(context, SPN_ERROR_INPUT, NULL, 0), SPN_ERROR_INPUT);
    check_ok(context, spn_poll(context));
    spn_farm_beat(context);
    assert_int_equal(beats, 2);
    farm.is_alone = false;
    assert_ptr_equal(spn_context_farm(context), &farm);
    spn_context_free(context);
}

static void hear_of_a_failure(spn_farm *farm)
{
    farm->is_over = true;
}

static void test_a_failure_elsewhere_ends_what_is_at_work(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_farm farm = {.rank = 1, .size = 2, .beat = hear_of_a_failure};
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spn_poll(context));
    spn_context_set_farm(context, &farm);
    check_fails(context, spn_poll(context), SPN_ERROR_INTERRUPTED, "another rank has failed");
    assert_true(farm.is_stopped);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_have_each_job_once),
        cmocka_unit_test(test_shares_that_are_none),
        cmocka_unit_test(test_receivers_see_all_jobs),
        cmocka_unit_test(test_failures_are_told),
        cmocka_unit_test(test_failures_elsewhere_stop_jobs_above),
        cmocka_unit_test(test_ranks_that_share_samples_run_all_jobs),
        cmocka_unit_test(test_who_works_alone_gives_signs_of_life),
        cmocka_unit_test(test_a_failure_elsewhere_ends_what_is_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
