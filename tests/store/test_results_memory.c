/* SPDX-License-Identifier: MIT */
/* Reading results while any one allocation fails, inside HDF5 too: the file is read right, or the message speaks of
 * memory and not of damage. Each attempt runs in its own process: what HDF5 leaves behind in such a state is nobody's
 * business. (Where all later ones fail as well, HDF5 1.10 crashes in its own error stack.) */
#include "support.h"

#include <hdf5.h>
#include <signal.h>
#include <spinodal/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizers have their own malloc, other C libraries no second name of theirs. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&       \
    !defined(__clang__)

enum { ROWS = 20, COLUMNS = 2 };

/* Allocations before the one that fails; negative: none does. */
static int64_t before_failure = -1;
static bool has_failed;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static bool is_refused(void)
{
    if (before_failure < 0 || before_failure-- > 0) {
        return false;
    }
    has_failed = true;
    return true;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(old, size);
}

typedef struct row {
    int64_t point;
    double beta;
} row;
static const char *const words[] = {"up", "down", NULL};
static const spn_column items[] = {
    {"point", SPN_COLUMN_INTEGER, offsetof(row, point), "", "index", words, NULL},
    {"beta", SPN_COLUMN_REAL, offsetof(row, beta), "1/loss", "strength", NULL, NULL},
};
static const spn_columns columns = {items, COLUMNS, sizeof(row)};

static void write_sample(const char *path)
{
    row rows[ROWS];
    spn_context *context = NULL;
    const char *names[ROWS];
    double numbers[3 * ROWS] = {0};
    for (int i = 0; i < ROWS; i++) {
        rows[i] = (row){i % 2, 0.1 * i};
        names[i] = "a name that is longer than most";
    }
    const spn_table table = {"points", &columns, ROWS, rows};
    const spn_text_column text = {"points", "name", ROWS, names, "names"};
    const spn_array array = {
        .name = "theta", .rows = ROWS, .columns = 3, .values = numbers, .is_compressed = true};
    const spn_attribute attribute = {"configuration", "text", 0};
    const spn_results results = {.kind = "example",
                                 .table_count = 1,
                                 .tables = &table,
                                 .text_column_count = 1,
                                 .text_columns = &text,
                                 .array_count = 1,
                                 .arrays = &array,
                                 .attribute_count = 1,
                                 .attributes = &attribute};
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, spn_results_write(context, path, true, &results));
    spn_context_free(context);
}

static bool is_whole(const spn_results *found)
{
    const spn_table *points = spn_results_table(found, "points");
    const spn_array *theta = spn_results_array(found, "theta");
    const spn_text_column *names = spn_results_text_column(found, "points", "name");
    return points != NULL && points->rows == ROWS && points->columns->count == COLUMNS &&
           spn_table_word(points, 1, 0) != NULL && theta != NULL && theta->rows == ROWS &&
           names != NULL && names->rows == ROWS && found->attribute_count == 1 &&
           spn_table_real(points, 7, 1) == 0.1 * 7;
}

/* HDF5 1.10 exits where its list of open objects cannot grow, and crashes where its cache cannot be made: loud, and
 * nothing we can mend. */
enum {
    RIGHT = 0,
    NEVER_FAILED = 1,
    LOST = 2,
    WRONG_STATUS = 3,
    WRONG_TEXT = 4,
    ENDED_BY_HDF5 = 255
};

/* Before the handlers of the parent, which remove its files. */
static void leave(void)
{
    _exit(ENDED_BY_HDF5);
}

/* In the child: what becomes of reading when allocation n fails. */
static int attempt(const char *path, int64_t n)
{
    spn_context *context = NULL;
    spn_arena *arena = NULL;
    spn_results found;
    if (spn_context_create(NULL, &context) != SPN_OK ||
        spn_arena_create(context, &arena) != SPN_OK) {
        return LOST;
    }
    /* What HDF5 keeps for later would hide most of its allocations. */
    H5set_free_list_limits(0, 0, 0, 0, 0, 0);
    H5garbage_collect();
    atexit(leave);
    signal(SIGSEGV, SIG_DFL);
    alarm(200); /* it takes milliseconds: what hangs, not what waits for a busy machine */
    before_failure = n;
    spn_status status = spn_results_read(context, arena, path, &found);
    before_failure = -1;
    if (status == SPN_OK) {
        return !is_whole(&found) ? LOST : has_failed ? RIGHT : NEVER_FAILED;
    }
    if (status != SPN_ERROR_MEMORY) {
        fprintf(stderr, "%lld: %s\n", (long long)n, spn_error_text(context));
        return WRONG_STATUS;
    }
    return strstr(spn_error_text(context), "memory") != NULL ? RIGHT : WRONG_TEXT;
}

static void test_reading_without_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    write_sample(path);
    int result = -1;
    int64_t n = 0, ended = 0;
    for (; result != NEVER_FAILED; n++) {
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(attempt(path, n));
        }
        assert_int_equal(waitpid(child, &result, 0), child);
        if (WIFSIGNALED(result) && WTERMSIG(result) != SIGSEGV) {
            fail_msg("allocation %lld: signal %d", (long long)n, WTERMSIG(result));
        }
        result = WIFEXITED(result) ? WEXITSTATUS(result) : ENDED_BY_HDF5;
        ended += result == ENDED_BY_HDF5;
        if (result > NEVER_FAILED && result != ENDED_BY_HDF5) {
            fail_msg("allocation %lld: %d", (long long)n, result);
        }
    }
    print_message("%lld allocations, HDF5 ended %lld attempts\n", (long long)n, (long long)ended);
    assert_true(n > 200);
    assert_true(30 * ended < n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reading_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    return 77;
}
#endif
