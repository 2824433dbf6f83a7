/* SPDX-License-Identifier: MIT */
/** @file test_signs_of_life.c  Who writes and reads results gives signs of life to ranks that wait, at each piece; nobody does while a
 *  pool runs. */
#include "support.h"

#include <spinodal/base/farm.h>
#include <spinodal/store.h>

/* 40 MB: three pieces of 16 MiB in the making, ten of 4 MiB on the way to the disk. */
enum { ROWS = 50000, COLUMNS = 100, MAKING = 3, WRITING = 10 };

static void count(spn_farm *farm)
{
    int64_t *beats = farm->state;
    (*beats)++;
}

static void test_pieces(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spn_arena *arena = NULL;
    spn_results read;
    char path[512];
    int64_t beats = 0;
    spn_farm farm = {.size = 2, .beat = count, .state = &beats};
    double *values = calloc((size_t)ROWS * COLUMNS, sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < (int64_t)ROWS * COLUMNS; i++) {
        values[i] = (double)i;
    }
    const spn_array array = {.name = "values",
                             .rows = ROWS,
                             .columns = COLUMNS,
                             .values = values,
                             .unit = "",
                             .help = "numbers"};
    const spn_results results = {.kind = "test", .arrays = &array, .array_count = 1};
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    spn_context_set_farm(context, &farm);
    support_scratch("alive.h5", path);
    check_ok(context, spn_results_write(context, path, true, &results));
    assert_true(beats >= MAKING + WRITING);
    beats = 0;
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &read));
    assert_true(beats > 0);
    assert_int_equal(read.array_count, 1);
    assert_memory_equal(read.arrays[0].values, values, (size_t)ROWS * COLUMNS * sizeof *values);
    spn_arena_free(arena);
    beats = 0;
    check_ok(context, spn_poll(context));
    assert_int_equal(beats, 1);
    farm.is_running = true;
    check_ok(context, spn_poll(context));
    spn_farm_beat(context);
    assert_int_equal(beats, 1);
    spn_context_free(context);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
