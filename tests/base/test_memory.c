/* SPDX-License-Identifier: MIT */
#include "support.h"

static void test_size_arithmetic(void **state)
{
    (void)state;
    int64_t out = 42;
    assert_true(spn_size_multiply(3, 5, &out));
    assert_int_equal(out, 15);
    assert_true(spn_size_multiply(INT64_MAX, 0, &out));
    assert_false(spn_size_multiply(INT64_MAX / 2 + 1, 2, &out));
    assert_false(spn_size_multiply(-1, 2, &out));
    assert_true(spn_size_add(INT64_MAX - 1, 1, &out));
    assert_false(spn_size_add(INT64_MAX, 1, &out));
    assert_false(spn_size_add(1, -1, &out));
    assert_int_equal(out, INT64_MAX);
}

static void test_allocate_zeroes_aligns_and_refuses(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    double *numbers = spn_allocate(context, 100, sizeof *numbers);
    assert_non_null(numbers);
    assert_int_equal((uintptr_t)numbers % SPN_ALIGNMENT, 0);
    for (int i = 0; i < 100; i++) {
        assert_true(numbers[i] == 0);
    }
    void *empty = spn_allocate(context, 0, 8);
    assert_non_null(empty);
    spn_release(context, empty);
    spn_release(context, numbers);
    spn_release(context, NULL);
    assert_null(spn_allocate(context, -1, 8));
    assert_int_equal(spn_error_status(context), SPN_ERROR_ARGUMENT);
    spn_error_clear(context);
    assert_null(spn_allocate(context, INT64_MAX / 4, 8));
    assert_int_equal(spn_error_status(context), SPN_ERROR_ARGUMENT);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static spn_status use_arena(spn_context *context, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    double *big = NULL, *small = NULL;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TAKE(context, arena, small, 10);
    SPN_TAKE(context, arena, big, 100000);
    big[99999] = 1;
    if (spn_arena_duplicate(arena, "text") == NULL) {
        status = spn_error_status(context);
    }
done:
    spn_arena_free(arena);
    return status;
}

static void test_arena_survives_failing_allocations(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(use_arena, NULL) >= 4);
}

static void test_arena_rewind_reuses_memory(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    char *kept = spn_arena_duplicate(arena, "kept");
    spn_arena_mark mark = spn_arena_get_mark(arena);
    int64_t calls = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
            unsigned char *bytes = spn_arena_take(arena, 10000 + i, 1);
            assert_non_null(bytes);
            assert_int_equal((uintptr_t)bytes % SPN_ALIGNMENT, 0);
            for (int j = 0; j < 10000 + i; j++) {
                assert_int_equal(bytes[j], 0);
            }
            memset(bytes, 0xff, (size_t)(10000 + i));
        }
        spn_arena_rewind(arena, mark);
        if (round > 0) {
            assert_int_equal(counter.calls, calls);
        }
        calls = counter.calls;
    }
    assert_string_equal(kept, "kept");
    assert_null(spn_arena_take(arena, INT64_MAX, 8));
    spn_arena_free(arena);
    spn_arena_free(NULL);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static void test_errors(void **state)
{
    (void)state;
    spn_context *context = NULL, *other = NULL;
    check_ok(NULL, spn_context_create(NULL, &context));
    assert_string_equal(spn_error_text(context), "");
    assert_int_equal(spn_fail(context, SPN_ERROR_INPUT, "cell %d is not a number", 7),
                     SPN_ERROR_INPUT);
    /* A failure that was handled, nothing cleared: the next one shows its own text. */
    spn_error first;
    spn_error_get(context, &first);
    spn_fail(context, SPN_ERROR_IO, "again: %s", spn_error_text(context));
    assert_int_equal(spn_error_status(context), SPN_ERROR_IO);
    assert_string_equal(spn_error_text(context), "again: cell 7 is not a number");
    spn_error_set(context, &first);
    spn_error_prefix(context, "file.csv:%d", 3);
    assert_string_equal(spn_error_text(context), "file.csv:3: cell 7 is not a number");
    check_ok(context, spn_context_fork(context, &other));
    assert_int_equal(spn_error_status(other), SPN_OK);
    spn_fail(other, SPN_ERROR_IO, "what is replaced");
    spn_error_copy(other, context);
    assert_string_equal(spn_error_text(other), spn_error_text(context));
    spn_error_copy(context, context);
    assert_int_equal(spn_error_status(other), SPN_ERROR_INPUT);
    spn_error_clear(context);
    assert_int_equal(spn_error_status(context), SPN_OK);
    /* The setting that is to blame comes with the text, and goes with it. */
    assert_int_equal(spn_fail_key(context, SPN_ERROR_INPUT, "sweep.seeds", "%d are too many", 9),
                     SPN_ERROR_INPUT);
    assert_string_equal(spn_error_text(context), "sweep.seeds: 9 are too many");
    spn_error_prefix(context, "e.yaml:3:1");
    spn_error_copy(other, context);
    assert_string_equal(spn_error_text(other), "e.yaml:3:1: sweep.seeds: 9 are too many");
    assert_string_equal(spn_error_key(other), "sweep.seeds");
    spn_fail(context, SPN_ERROR_IO, "again: %s", spn_error_text(context));
    assert_string_equal(spn_error_text(context), "again: e.yaml:3:1: sweep.seeds: 9 are too many");
    assert_string_equal(spn_error_key(context), "");
    spn_error_set_key(context, "data.path");
    spn_error_clear(context);
    assert_string_equal(spn_error_key(context), "");
    char longer[3 * SPN_ERROR_TEXT_SIZE];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    spn_fail(context, SPN_ERROR_IO, "%s", longer);
    spn_error_prefix(context, "prefix");
    assert_int_equal(strlen(spn_error_text(context)), SPN_ERROR_TEXT_SIZE - 1);
    spn_context_free(other);
    spn_context_free(context);
    spn_context_free(NULL);
    for (int code = SPN_OK; code <= SPN_ERROR_UNSUPPORTED; code++) {
        assert_string_not_equal(spn_status_text((spn_status)code), "unknown status");
    }
    assert_string_equal(spn_status_text((spn_status)99), "unknown status");
}

typedef struct heard {
    int messages, warnings, progress;
    char text[64];
    double done, total;
} heard;

static void listen(void *state, const spn_event *event)
{
    heard *ears = state;
    ears->messages += event->kind == SPN_EVENT_MESSAGE;
    ears->warnings += event->kind == SPN_EVENT_WARNING;
    ears->progress += event->kind == SPN_EVENT_PROGRESS;
    strncpy(ears->text, event->text, sizeof ears->text - 1);
    ears->done = event->done;
    ears->total = event->total;
}

static void test_events_and_cancel(void **state)
{
    (void)state;
    heard ears = {0};
    atomic_int cancel = 0;
    spn_context_settings settings = {.on_event = listen, .event_state = &ears, .cancel = &cancel};
    spn_context *context = NULL;
    check_ok(NULL, spn_context_create(&settings, &context));
    spn_message(context, "rank %d", 6);
    assert_string_equal(ears.text, "rank 6");
    spn_warning(context, "careful");
    spn_progress(context, 3, 4, NULL);
    assert_int_equal(ears.messages, 1);
    assert_int_equal(ears.warnings, 1);
    assert_int_equal(ears.progress, 1);
    assert_true(ears.done == 3 && ears.total == 4);
    heard others = {0};
    const spn_listener before = spn_context_listen(context, (spn_listener){listen, &others});
    assert_true(before.on_event == listen && before.state == &ears);
    spn_message(context, "to others");
    spn_context_listen(context, (spn_listener){NULL, NULL});
    spn_message(context, "to nobody");
    spn_context_listen(context, before);
    spn_warning(context, "to the first");
    assert_string_equal(others.text, "to others");
    assert_int_equal(others.messages, 1);
    assert_int_equal(ears.messages, 1);
    assert_int_equal(ears.warnings, 2);
    check_ok(context, spn_poll(context));
    atomic_store(&cancel, 1);
    check_fails(context, spn_poll(context), SPN_ERROR_INTERRUPTED, "interrupted");
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_arithmetic),
        cmocka_unit_test(test_allocate_zeroes_aligns_and_refuses),
        cmocka_unit_test(test_arena_survives_failing_allocations),
        cmocka_unit_test(test_arena_rewind_reuses_memory),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_events_and_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
