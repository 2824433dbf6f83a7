/* SPDX-License-Identifier: MIT */
/* Results files: round trip to the bit, equal bytes, and everything that can go wrong while one is written. */
#include "results_sample.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

static int64_t files_in(const char *directory)
{
    int64_t count = 0;
    DIR *folder = opendir(directory);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count;
}

static void test_round_trip(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results found;
    support_scratch("round trip ä.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    check_ok(context, spni_results_compare(context, path, &model->results, &found));
    assert_string_equal(found.kind, "sweep");
    assert_string_equal(spn_results_attribute(&found, "configuration")->text, "data:\n  seed: 1\n");
    assert_int_equal(spn_results_attribute(&found, "seed")->integer, -7);
    assert_null(spn_results_attribute(&found, "format"));
    assert_int_equal(found.table_count, 3);
    const spn_table *points = spn_results_table(&found, "points");
    assert_int_equal(spn_table_find(points, "beta"), 2);
    assert_int_equal(spn_table_find(points, "gamma"), -1);
    assert_string_equal(points->columns->items[2].unit, "1/loss");
    assert_string_equal(points->columns->items[2].help, "strength β");
    assert_string_equal(spn_table_word(points, 3, 1), "down");
    assert_null(spn_table_word(points, 3, 0));
    assert_true(spn_table_real(points, 3, 2) == 0.03);
    assert_true(spn_table_real(points, 3, 0) == 3);
    assert_true(spn_results_array(&found, "theta")->is_compressed);
    assert_string_equal(spn_results_text_column(&found, "layout", "name")->items[1],
                        "ä \"quoted\"");
    assert_null(spn_results_array(&found, "points"));
    row rows[ROWS];
    check_ok(context, spn_table_convert(context, points, path, &row_columns, rows));
    assert_memory_equal(rows, model->rows, sizeof rows);
    spn_arena_free(arena);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    char path[512];
    int64_t size = 0;
    int64_t other_size = 0;
    support_scratch("first.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    unsigned char *bytes = load(path, &size);
    usleep(1100000); /* times in the file would differ by then */
    support_scratch("the second one.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    unsigned char *other = load(path, &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(bytes, other, (size_t)size);
    free(bytes);
    free(other);
}

static void test_empty(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results found;
    spn_table table = {"points", &row_columns, 0, NULL};
    spn_array arrays[2] = {{"modes", 0, 2, NULL, "", "", false},
                           {"theta", 0, 0, NULL, "", "", true}};
    spn_results nothing = {
        .kind = "sweep", .table_count = 1, .tables = &table, .array_count = 2, .arrays = arrays};
    support_scratch("empty.h5", path);
    check_ok(context, spn_results_write(context, path, false, &nothing));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    assert_int_equal(found.tables[0].rows, 0);
    assert_int_equal(found.tables[0].columns->count, 4);
    assert_int_equal(found.arrays[0].columns, 2);
    spn_arena_free(arena);
}

/* The configuration may be longer than the 64 KiB that HDF5 allows an attribute's own bytes. */
static void test_long_configuration(void **state)
{
    (void)state;
    char path[512];
    enum { LENGTH = 300000 };
    spn_arena *arena = NULL;
    spn_results found;
    char *text = malloc(LENGTH + 1);
    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    spn_attribute attribute = {"configuration", text, 0};
    spn_results results = {.kind = "sweep", .attribute_count = 1, .attributes = &attribute};
    support_scratch("long.h5", path);
    check_ok(context, spn_results_write(context, path, false, &results));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    assert_string_equal(spn_results_attribute(&found, "configuration")->text, text);
    spn_arena_free(arena);
    free(text);
}

static void test_existing_and_unwritable(void **state)
{
    (void)state;
    char path[512];
    support_scratch("existing.h5", path);
    store(path, "precious", 8);
    check_fails(context, spn_results_check_target(context, path, false), SPN_ERROR_IO, "--force");
    check_fails(context, spn_results_write(context, path, false, &model->results), SPN_ERROR_IO,
                "--force");
    int64_t size = 0;
    unsigned char *bytes = load(path, &size);
    assert_int_equal(size, 8);
    free(bytes);
    check_ok(context, spn_results_check_target(context, path, true));
    check_ok(context, spn_results_write(context, path, true, &model->results));
    check_fails(context, spn_results_check_target(context, "/proc/nonexistent/x.h5", false),
                SPN_ERROR_IO, "/proc/nonexistent/x.h5");
    check_fails(context,
                spn_results_write(context, "/proc/nonexistent/x.h5", true, &model->results),
                SPN_ERROR_IO, "/proc/nonexistent/x.h5");
}

static void test_bad_descriptions(void **state)
{
    (void)state;
    char path[512];
    spn_results bad = model->results;
    support_scratch("bad.h5", path);
    spn_table table = {"a/b", &row_columns, 1, model->rows};
    bad.text_column_count = 0;
    bad.table_count = 1;
    bad.tables = &table;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT, "a/b");
    table = (spn_table){"points", &row_columns, 3, NULL};
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT,
                "no records");
    table.records = model->rows;
    spn_array array = {"modes", 3, -1, model->modes, "", "", false};
    bad.arrays = &array;
    bad.array_count = 1;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT, "-1");
    bad.array_count = 0;
    bad.text_column_count = 1;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT,
                "layout/name");
    struct stat info;
    assert_int_not_equal(stat(path, &info), 0);
}

static void test_full_disk(void **state)
{
    (void)state;
    char folder[512];
    char path[600];
    int64_t size = 0;
    struct rlimit before;
    assert_int_equal(mkdir(support_scratch("full", folder), 0777), 0);
    snprintf(path, sizeof path, "%s/r.h5", folder);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    unsigned char *bytes = load(path, &size);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int64_t limit = 0; limit < size; limit += 1500) {
        struct rlimit small = {(rlim_t)limit, before.rlim_max};
        for (int pass = 0; pass < 2; pass++) {
            if (pass == 0) {
                unlink(path);
            } else {
                store(path, "old", 3);
            }
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
            spn_status status = spn_results_write(context, path, true, &model->results);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            check_fails(context, status, SPN_ERROR_IO, "r.h5: File too large");
            assert_int_equal(files_in(folder), pass);
            if (pass == 1) {
                int64_t old_size = 0;
                unsigned char *old = load(path, &old_size);
                assert_int_equal(old_size, 3);
                assert_memory_equal(old, "old", 3);
                free(old);
            }
        }
    }
    signal(SIGXFSZ, SIG_DFL);
    free(bytes);
}

static void test_comparison_sees_differences(void **state)
{
    (void)state;
    sample *other = calloc(1, sizeof *other);
    fill(other);
    check_ok(context, spni_results_compare(context, "f", &model->results, &other->results));
    other->rows[49].beta = 0.5;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "beta differs");
    fill(other);
    other->theta[7] = nextafter(other->theta[7], 2);
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "theta differs");
    fill(other);
    other->names[2] = "x";
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "name differs");
    fill(other);
    other->attributes[1].integer = 0;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "seed differs");
    fill(other);
    other->tables[0].rows = ROWS - 1;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "points differs");
    free(other);
}

static spn_status write_and_read(spn_context *c, void *state)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results found;
    SPN_TRY(spn_results_write(c, state, true, &model->results));
    SPN_TRY(spn_arena_create(c, &arena));
    SPN_TRY(spn_results_read(c, arena, state, &found));
done:
    spn_arena_free(arena);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(write_and_read, path) >= 10);
}

static void test_descriptions(void **state)
{
    (void)state;
    char text[64];
    assert_true(strlen(spn_describe_machine(text, sizeof text)) > 3);
    assert_true(strlen(spn_describe_machine(text, 5)) <= 4);
    assert_true(strlen(spn_describe_compiler()) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_existing_and_unwritable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_descriptions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comparison_sees_differences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descriptions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
