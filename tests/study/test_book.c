/* SPDX-License-Identifier: MIT */
/* Results put together by the public door: what is put in is what a file holds, with what a study adds; a file that is
 * there is not replaced, tables that do not fit are refused, and the same experiment is found again. */
#include "folder.h"

#include <spinodal/study.h>
#include <stdio.h>
#include <sys/stat.h>

static spn_context *context;
static spn_experiment *experiment;
static spn_study *study;

static int set_up(void **state)
{
    (void)state;
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    check_ok(context, spn_experiment_create(context, &experiment));
    check_ok(context, spn_experiment_set(context, experiment, "data.samples=20"));
    check_ok(context, spn_study_create(context, experiment, &study));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    return 0;
}

typedef struct row {
    int64_t number;
    double value;
} row;
static const spn_column items[] = {
    SPN_INTEGER_COLUMN(row, number, "from 0"),
    SPN_REAL_COLUMN(row, value, "", "its square"),
};
static const spn_columns columns = SPN_COLUMNS_OF(items, row);

static bool has_no_negative(const spn_results *results)
{
    const spn_table *rows = spn_results_table(results, "rows");
    for (int64_t i = 0; i < rows->rows; i++) {
        if (spn_table_integer(rows, i, 0) < 0) {
            return false;
        }
    }
    return true;
}
static const spn_kind kind = {
    .name = "squares", .passes = has_no_negative, .fault = "a number is negative"};

#define ONE(...) +1
enum { ROWS = 5, LATER = 0 SPN_STATE_LATER(ONE, ) };

static spn_book *make_book(const spn_study *of, row rows[ROWS])
{
    spn_book *book = NULL;
    check_ok(context, spn_book_create(context, &kind, of, &book));
    for (int64_t i = 0; i < ROWS; i++) {
        rows[i] = (row){i, (double)(i * i)};
    }
    spn_book_table(book, (spn_table){"rows", &columns, ROWS, rows});
    return book;
}

static void test_file(void **state)
{
    (void)state;
    static const char *const sets[] = {"data.samples=20", "sweep.seeds=2"};
    row rows[ROWS];
    char folder[512], path[600];
    bool is_good = false;
    spn_arena *arena = NULL;
    spn_results results;
    make_folder("file", folder);
    snprintf(path, sizeof path, "%s/squares.h5", folder);
    spn_book *book = make_book(study, rows);
    spn_book_settings(book, 2, sets);
    spn_book_attribute(book, (spn_attribute){"own", "mine", 0});
    check_ok(context, spn_book_close(context, book, &results));
    assert_string_equal(results.attributes[results.attribute_count - 1].name, "settings");
    check_ok(context, spn_book_write(context, book, path, false, &is_good));
    assert_true(is_good);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_string_equal(results.kind, "squares");
    const spn_table *table = spn_results_table(&results, "rows");
    assert_non_null(table);
    assert_int_equal(table->rows, ROWS);
    check_close(spn_table_real(table, 3, 1), 9, 0, 0);
    /* Of the study: */
    assert_non_null(spn_results_table(&results, "layout"));
    assert_non_null(spn_results_table(&results, "theory"));
    assert_non_null(spn_results_text(&results, "configuration"));
    assert_string_equal(spn_results_text(&results, "own"), "mine");
    assert_string_equal(spn_results_text(&results, "settings"), "data.samples=20\nsweep.seeds=2");
    spn_book_free(book);
    spn_arena_free(arena);
}

/* Without a study only what the caller says. */
static void test_without_study(void **state)
{
    (void)state;
    row rows[ROWS];
    spn_results results;
    spn_book *book = make_book(NULL, rows);
    spn_book_origin(book, "data: {}");
    check_ok(context, spn_book_close(context, book, &results));
    assert_int_equal(results.table_count, 1);
    assert_string_equal(spn_results_text(&results, "configuration"), "data: {}");
    assert_string_equal(spn_results_text(&results, "program_version"), SPN_VERSION);
    assert_null(spn_results_text(&results, "data_checksum"));
    assert_null(spn_results_text(&results, "settings"));
    spn_book_free(book);
    spn_book_free(NULL);
}

static void test_existing_file(void **state)
{
    (void)state;
    row rows[ROWS];
    char folder[512], path[600];
    struct stat before, after;
    bool is_good = true;
    make_folder("existing", folder);
    snprintf(path, sizeof path, "%s/squares.h5", folder);
    spn_book *book = make_book(study, rows);
    check_ok(context, spn_book_write(context, book, path, false, &is_good));
    assert_int_equal(stat(path, &before), 0);
    check_fails(context, spn_book_write(context, book, path, false, &is_good), SPN_ERROR_IO,
                "exists");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    rows[2].number = -1; /* judged, and written all the same */
    check_ok(context, spn_book_write(context, book, path, true, &is_good));
    assert_false(is_good);
    spn_book_free(book);
}

static void test_wrong_tables(void **state)
{
    (void)state;
    static const char *const names[1] = {"one"};
    row rows[ROWS];
    char folder[512], path[600];
    bool is_good = true;
    make_folder("wrong", folder);
    snprintf(path, sizeof path, "%s/squares.h5", folder);
    for (int fault = 0; fault < 3; fault++) {
        spn_book *book = make_book(study, rows);
        if (fault == 0) {
            spn_book_table(book, (spn_table){"without", &columns, ROWS, NULL});
        } else if (fault == 1) { /* texts of another number */
            spn_book_text(book, (spn_text_column){"rows", "name", 1, names, ""});
        } else {
            spn_book_table(book, (spn_table){"no/name", &columns, ROWS, rows});
        }
        check_fails(context, spn_book_write(context, book, path, false, &is_good),
                    SPN_ERROR_ARGUMENT, "");
        spn_book_free(book);
    }
    struct stat info;
    assert_int_not_equal(stat(path, &info), 0);
}

static bool find(const spn_kind *of, const spn_study *what, const char *path, bool *is_good)
{
    spn_book *book = NULL;
    bool is_found = true;
    check_ok(context, spn_book_create(context, of, what, &book));
    check_ok(context, spn_book_find(context, book, path, NULL, SPN_SAME_DATA | SPN_SAME_PROGRAM,
                                    &is_found, is_good));
    spn_book_free(book);
    return is_found;
}

static void test_find(void **state)
{
    (void)state;
    static const spn_kind other_kind = {.name = "cubes"};
    row rows[ROWS];
    char folder[512], path[600];
    bool is_good = true;
    spn_experiment *other = NULL;
    spn_study *other_study = NULL;
    make_folder("find", folder);
    snprintf(path, sizeof path, "%s/squares.h5", folder);
    assert_false(find(&kind, study, path, &is_good)); /* there is nothing */
    spn_book *book = make_book(study, rows);
    rows[0].number = -1;
    check_ok(context, spn_book_write(context, book, path, false, &is_good));
    spn_book_free(book);
    is_good = true;
    assert_true(find(&kind, study, path, &is_good));
    assert_false(is_good);
    assert_false(find(&other_kind, study, path, &is_good));
    check_ok(context, spn_experiment_create(context, &other));
    check_ok(context, spn_experiment_set(context, other, "data.samples=21"));
    check_ok(context, spn_study_create(context, other, &other_study));
    assert_false(find(&kind, other_study, path, &is_good));
    FILE *file = fopen(path, "wb"); /* no results */
    assert_non_null(file);
    fputs("nothing", file);
    fclose(file);
    assert_false(find(&kind, study, path, &is_good));
    spn_study_free(context, other_study);
    spn_experiment_free(context, other);
}

/* As much as anybody puts in. */
static void test_grows(void **state)
{
    (void)state;
    spn_book *book = NULL;
    spn_results results;
    enum { CONTENTS = 1000 };
    check_ok(context, spn_book_create(context, &kind, NULL, &book));
    for (int64_t i = 0; i < CONTENTS; i++) {
        spn_book_table(book, (spn_table){"table", &columns, i, NULL});
        spn_book_array(book, (spn_array){.name = "array", .rows = i});
        spn_book_text(book, (spn_text_column){"table", "text", i, NULL, ""});
        spn_book_attribute(book, (spn_attribute){"attribute", NULL, i});
    }
    check_ok(context, spn_book_close(context, book, &results));
    assert_int_equal(results.table_count, CONTENTS);
    assert_int_equal(results.array_count, CONTENTS);
    assert_int_equal(results.text_column_count, CONTENTS);
    assert_int_equal(results.attribute_count, CONTENTS);
    for (int64_t i = 0; i < CONTENTS; i++) {
        assert_int_equal(results.tables[i].rows, i);
        assert_int_equal(results.arrays[i].rows, i);
        assert_int_equal(results.text_columns[i].rows, i);
        assert_int_equal(results.attributes[i].integer, i);
    }
    spn_book_free(book);
}

static spn_status make_and_close(spn_context *inner, void *state)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    spn_results results;
    static const char *const sets[] = {"data.samples=20"};
    SPN_TRY(spn_book_create(inner, &kind, state, &book));
    spn_book_settings(book, 1, sets);
    SPN_TRY(spn_book_close(inner, book, &results));
done:
    spn_book_free(book);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(make_and_close, study) > 5);
}

/* Observables that came later stand in a table in which a row knows them, and in no other. */
static void test_later_observables(void **state)
{
    (void)state;
    const char *const name = "scalar_curvature_error_stderr";
    for (int known = 0; known < 2; known++) {
        spn_book *book = NULL;
        spn_results results;
        spn_arena *arena = NULL;
        char path[512];
        spn_sweep_record points[2] = {{.state = spn_state_unknown()},
                                      {.state = spn_state_unknown()}};
        points[1].state.error = 7;
        points[1].state.scalar_curvature_error_stderr = known == 1 ? 0.25 : (double)NAN;
        check_ok(context, spn_book_create(context, &spn_sweep_kind, NULL, &book));
        spn_book_table(book, (spn_table){"points", &spn_sweep_columns, 2, points});
        check_ok(context, spn_book_close(context, book, &results));
        const spn_table *table = spn_results_table(&results, "points");
        assert_int_equal(table->columns->count, spn_sweep_columns.count - LATER + known);
        bool is_good = false;
        check_ok(context,
                 spn_book_write(context, book, support_scratch("later.h5", path), true, &is_good));
        spn_book_free(book);
        check_ok(context, spn_arena_create(context, &arena));
        check_ok(context, spn_results_read(context, arena, path, &results));
        int64_t column = -1;
        assert_int_equal(spn_find_columns(spn_results_table(&results, "points"), 1, &name, &column),
                         known == 1);
        spn_table read = {.name = NULL};
        const spn_wanted_table wanted = {&read, "points", &spn_sweep_columns, false};
        check_ok(context, spn_take_tables(context, arena, &results, 1, &wanted));
        const spn_state *second = &((const spn_sweep_record *)read.records)[1].state;
        assert_true(second->error == 7 && second->curvature_method == -1);
        assert_true(known == 1 ? second->scalar_curvature_error_stderr == 0.25
                               : isnan(second->scalar_curvature_error_stderr));
        spn_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),          cmocka_unit_test(test_without_study),
        cmocka_unit_test(test_existing_file), cmocka_unit_test(test_wrong_tables),
        cmocka_unit_test(test_find),          cmocka_unit_test(test_grows),
        cmocka_unit_test(test_memory),        cmocka_unit_test(test_later_observables),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
