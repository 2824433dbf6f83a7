/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <spinodal/base/list.h>

/* Items 0 .. n-1 one by one: each growth keeps what is there. */
static void test_growth_keeps_the_contents(void **state)
{
    (void)state;
    enum { N = 1000 };
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    const int64_t before = counter.calls;
    int64_t *items = NULL, capacity = 0;
    for (int64_t i = 0; i < N; i++) {
        check_ok(context, spn_grow(context, &items, sizeof *items, i, 1, &capacity));
        assert_true(capacity > i);
        items[i] = i;
    }
    for (int64_t i = 0; i < N; i++) {
        assert_int_equal(items[i], i);
    }
    assert_true(capacity < 2 * N + 16);
    assert_true(counter.calls - before < 16); /* doubles: log2 N */
    check_ok(context, spn_grow(context, &items, sizeof *items, N, 10 * N, &capacity));
    assert_true(capacity >= 11 * N);
    assert_int_equal(items[N - 1], N - 1);
    assert_int_equal(items[11 * N - 1], 0);
    spn_release(context, items);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static void test_growth_in_an_arena(void **state)
{
    (void)state;
    enum { N = 1000 };
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    double *items = NULL, *first = NULL;
    int64_t capacity = 0;
    for (int64_t i = 0; i < N; i++) {
        check_ok(context, spn_grow_in(context, arena, &items, sizeof *items, i, 1, &capacity));
        items[i] = (double)i;
        first = first != NULL ? first : items;
    }
    for (int64_t i = 0; i < N; i++) {
        assert_true(items[i] == (double)i);
    }
    assert_true(first != items && first[0] == 0); /* what was before stays */
    spn_arena_free(arena);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

/* An array of two numbers, as it must be after a growth that is refused. */
static void check_refused(spn_context *context, spn_arena *arena, size_t size, int64_t count,
                          int64_t more, int64_t capacity, spn_status expected, const char *message)
{
    int64_t two[2] = {3, 4}, *items = two, left = capacity;
    spn_status status = arena != NULL
                            ? spn_grow_in(context, arena, &items, size, count, more, &left)
                            : spn_grow(context, &items, size, count, more, &left);
    check_fails(context, status, expected, message);
    assert_ptr_equal(items, two);
    assert_int_equal(left, capacity);
    assert_true(items[0] == 3 && items[1] == 4);
}

static void test_sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    spn_arena *const where[] = {NULL, arena};
    for (int k = 0; k < 2; k++) {
        check_refused(context, where[k], 8, 2, INT64_MAX, 2, SPN_ERROR_ARGUMENT, "too many items");
        check_refused(context, where[k], 8, 2, -1, 2, SPN_ERROR_ARGUMENT, "too many items");
        check_refused(context, where[k], 8, INT64_MAX / 2 + 1, 1, INT64_MAX / 2 + 1,
                      SPN_ERROR_ARGUMENT, "too many items");
        check_refused(context, where[k], 8, 2, INT64_MAX / 8, 2, SPN_ERROR_ARGUMENT,
                      "impossible size");
        check_refused(context, where[k], SIZE_MAX / 2, 2, 1, 2, SPN_ERROR_ARGUMENT,
                      "impossible size");
    }
    spn_arena_free(arena);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static void test_without_memory_the_old_array_stays(void **state)
{
    (void)state;
    support_allocator counter = {0};
    spn_context *context = support_context(&counter);
    spn_arena *arena = NULL;
    check_ok(context, spn_arena_create(context, &arena));
    counter.most = 1 << 20;
    check_refused(context, NULL, 8, 2, 1 << 20, 2, SPN_ERROR_MEMORY, "out of memory");
    check_refused(context, arena, 8, 2, 1 << 20, 2, SPN_ERROR_MEMORY, "out of memory");
    counter.most = 0;
    spn_arena_free(arena);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static spn_status use_list(spn_context *context, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    const int64_t order[] = {2, 0};
    double more[300];
    spn_list list = {.size = sizeof(double)}, nothing = {0};
    double last[2];
    for (int i = 0; i < 5; i++) {
        const double value = i;
        SPN_TRY(spn_list_append(context, &list, &value));
    }
    for (int i = 0; i < 300; i++) {
        more[i] = 5 + i;
    }
    SPN_TRY(spn_list_extend(context, &list, more, 300));
    assert_int_equal(list.count, 305);
    memcpy(last, list.items + 4 * sizeof(double), sizeof last);
    assert_true(last[0] == 4 && last[1] == 5);
    SPN_TRY(spn_list_pick(context, &list, order, 2));
    memcpy(last, list.items, sizeof last);
    assert_true(list.count == 2 && last[0] == 2 && last[1] == 0);
    SPN_TRY(spn_list_append(context, &nothing, NULL));
    SPN_TRY(spn_list_pick(context, &nothing, order, 0));
    assert_int_equal(nothing.count, 0);
done:
    spn_list_free(context, &list);
    spn_list_free(context, &nothing);
    return status;
}

static void test_lists(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(use_list, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_keeps_the_contents),
        cmocka_unit_test(test_growth_in_an_arena),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_without_memory_the_old_array_stays),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
