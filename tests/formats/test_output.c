/* SPDX-License-Identifier: MIT */
/** @file test_output.c  Outputs appear whole or not at all, whatever fails. */
#include "support.h"

#include "formats/output.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spinodal/formats/output.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static spn_context *context;
static char directory[512];

static int setup(void **state)
{
    (void)state;
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    static int number;
    char name[32];
    snprintf(name, sizeof name, "case%d", number++);
    support_scratch(name, directory);
    return mkdir(directory, 0777);
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    context = NULL;
    return 0;
}

static const char *path_of(const char *name, char path[1024])
{
    snprintf(path, 1024, "%s/%s", directory, name);
    return path;
}

static int64_t count_files(void)
{
    DIR *listing = opendir(directory);
    assert_non_null(listing);
    int64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(listing);
    return count;
}

/** The file must hold exactly this text. */
static void check_text(const char *path, const char *expected)
{
    char buffer[256] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(buffer, 1, sizeof buffer - 1, file);
    fclose(file);
    buffer[count] = '\0';
    assert_string_equal(buffer, expected);
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static spn_status write_text(const char *path, bool is_forced, const char *text)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    SPN_TRY(spn_output_open(context, path, is_forced, &output));
    SPN_TRY(spn_output_print(context, output, "%s", text));
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

static void test_appears_only_when_committed(void **state)
{
    (void)state;
    char path[1024];
    path_of("out.csv", path);
    spn_output *output = NULL;
    check_ok(context, spn_output_open(context, path, false, &output));
    check_ok(context, spn_output_write(context, output, "abc", 3));
    check_ok(context, spn_output_write(context, output, NULL, 0));
    check_ok(context, spn_output_print(context, output, " %d %s\n", 7, "x"));
    assert_int_equal(access(path, F_OK), -1);
    check_ok(context, spn_output_commit(context, &output));
    assert_null(output);
    check_text(path, "abc 7 x\n");
    assert_int_equal(count_files(), 1);
    mode_t mask = umask(0);
    umask(mask);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0666 & ~mask);
}

static void test_abandon_leaves_nothing(void **state)
{
    (void)state;
    char path[1024];
    path_of("out", path);
    put_text(path, "old");
    spn_output *output = NULL;
    check_ok(context, spn_output_open(context, path, true, &output));
    check_ok(context, spn_output_print(context, output, "new"));
    spn_output_abandon(context, output);
    spn_output_abandon(context, NULL);
    check_text(path, "old");
    assert_int_equal(count_files(), 1);
}

static void test_existing_file_needs_force(void **state)
{
    (void)state;
    char path[1024];
    path_of("out", path);
    put_text(path, "old");
    assert_int_equal(chmod(path, 0640), 0);
    check_fails(context, write_text(path, false, "new"), SPN_ERROR_IO,
                "exists; use --force to overwrite");
    check_text(path, "old");
    check_ok(context, write_text(path, true, "new"));
    check_text(path, "new");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(count_files(), 1);
}

static void test_file_that_appears_meanwhile_is_kept(void **state)
{
    (void)state;
    char path[1024];
    path_of("out", path);
    spn_output *output = NULL;
    check_ok(context, spn_output_open(context, path, false, &output));
    put_text(path, "somebody else's");
    check_fails(context, spn_output_commit(context, &output), SPN_ERROR_IO, "in the meantime");
    assert_null(output);
    check_text(path, "somebody else's");
    assert_int_equal(count_files(), 1);
}

static void test_symbolic_link_is_followed(void **state)
{
    (void)state;
    char path[1024], target[1024];
    path_of("link", path);
    path_of("target", target);
    put_text(target, "old");
    assert_int_equal(symlink("target", path), 0);
    check_fails(context, write_text(path, false, "new"), SPN_ERROR_IO, "exists");
    check_ok(context, write_text(path, true, "new"));
    check_text(target, "new");
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(unlink(target), 0);
    check_fails(context, write_text(path, true, "new"), SPN_ERROR_IO, "symbolic link");
}

static void test_bad_paths(void **state)
{
    (void)state;
    char path[1024];
    check_fails(context, write_text(directory, true, "x"), SPN_ERROR_IO, "is a directory");
    check_fails(context, write_text(path_of("none/out", path), false, "x"), SPN_ERROR_IO,
                "none/out: No such file");
    put_text(path_of("file", path), "");
    check_fails(context, write_text(path_of("file/out", path), false, "x"), SPN_ERROR_IO,
                "file/out: Not a directory");
    check_fails(context, write_text("", false, "x"), SPN_ERROR_ARGUMENT, "empty");
    check_fails(context, write_text(NULL, false, "x"), SPN_ERROR_ARGUMENT, "empty");
    if (geteuid() != 0) {
        assert_int_equal(chmod(directory, 0555), 0);
        check_fails(context, write_text(path_of("out", path), false, "x"), SPN_ERROR_IO,
                    "Permission denied");
        assert_int_equal(chmod(directory, 0777), 0);
    }
}

/** A name as long as file systems allow (255 bytes) leaves no room for a suffix. */
static void test_longest_name(void **state)
{
    (void)state;
    char name[256], path[1024];
    memset(name, 'a', 255);
    name[255] = '\0';
    check_ok(context, write_text(path_of(name, path), false, "x"));
    check_text(path, "x");
}

static void test_devices_are_written_directly(void **state)
{
    (void)state;
    check_ok(context, write_text("/dev/null", false, "x"));
    check_fails(context, write_text("/dev/full", false, "x"), SPN_ERROR_IO,
                "cannot write /dev/full: No space left on device");
    spn_output *output = NULL;
    check_fails(context, spn_output_reserve(context, "/dev/null", true, &output), SPN_ERROR_IO,
                "regular file");
    assert_null(output);
}

static void test_standard_output(void **state)
{
    (void)state;
    char path[1024];
    path_of("caught", path);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(saved >= 0 && file >= 0);
    dup2(file, STDOUT_FILENO);
    spn_status status = write_text("-", false, "to stdout\n");
    spn_status again = write_text("-", false, "and again\n");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    check_ok(context, status);
    check_ok(context, again);
    check_text(path, "to stdout\nand again\n");
}

/** Lengths around the buffer's 65536 bytes, by both ways of writing. */
static void test_long_texts(void **state)
{
    (void)state;
    static const int64_t lengths[] = {1, 65535, 65536, 65537, 200000};
    char *text = malloc(200001), *read_back = malloc(500000);
    for (int64_t i = 0; i < 200000; i++) {
        text[i] = (char)('a' + i % 26);
    }
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        char path[1024];
        spn_output *output = NULL;
        int length = (int)lengths[k];
        check_ok(context, spn_output_open(context, path_of("out", path), true, &output));
        check_ok(context, spn_output_print(context, output, "<%.*s", length, text));
        check_ok(context, spn_output_write(context, output, text, length));
        check_ok(context, spn_output_print(context, output, ">"));
        check_ok(context, spn_output_commit(context, &output));
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(read_back, 1, 500000, file), 2 * lengths[k] + 2);
        fclose(file);
        assert_int_equal(read_back[0], '<');
        assert_memory_equal(read_back + 1, text, (size_t)length);
        assert_memory_equal(read_back + 1 + length, text, (size_t)length);
        assert_int_equal(read_back[1 + 2 * length], '>');
    }
    free(text);
    free(read_back);
}

/* Calls that fail on demand, or do half of what is asked. */
static int64_t writes_before_failure;
static ssize_t failing_write(int file, const void *bytes, size_t count)
{
    if (writes_before_failure-- <= 0) {
        errno = ENOSPC;
        return -1;
    }
    return write(file, bytes, count);
}
static ssize_t stingy_write(int file, const void *bytes, size_t count)
{
    static int turn;
    if (turn++ % 3 == 0) {
        errno = EINTR;
        return -1;
    }
    return write(file, bytes, count > 1 ? count / 2 : count);
}
static int failing_fsync(int file)
{
    (void)file;
    errno = EIO;
    return -1;
}
static int failing_close(int file)
{
    close(file);
    errno = EDQUOT;
    return -1;
}
static int failing_rename(const char *from, const char *to)
{
    (void)from, (void)to;
    errno = EROFS;
    return -1;
}
static int no_link(const char *from, const char *to)
{
    (void)from, (void)to;
    errno = EPERM;
    return -1;
}

static spn_status write_with(const spni_output_calls *calls, const char *path, bool is_forced)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    SPN_TRY(spn_output_open(context, path, is_forced, &output));
    spni_output_replace_calls(output, calls);
    for (int64_t i = 0; i < 10; i++) {
        SPN_TRY(spn_output_print(context, output, "%30000d", 1));
    }
    SPN_TRY(spn_output_commit(context, &output));
done:
    spn_output_abandon(context, output);
    return status;
}

static void test_every_call_may_fail(void **state)
{
    (void)state;
    char path[1024];
    path_of("out", path);
    put_text(path, "old");
    spni_output_calls calls = {failing_write, fsync, close, rename, link};
    int64_t failures = 0;
    for (;; failures++) {
        writes_before_failure = failures;
        spn_status status = write_with(&calls, path, true);
        if (status == SPN_OK) {
            break;
        }
        check_fails(context, status, SPN_ERROR_IO, "/out: No space left on device");
        check_text(path, "old");
        assert_int_equal(count_files(), 1);
    }
    assert_true(failures >= 4); /* 300,000 bytes through 65,536 */
    put_text(path, "old");
    const spni_output_calls failing[] = {
        {write, failing_fsync, close, rename, link},
        {write, fsync, failing_close, rename, link},
        {write, fsync, close, failing_rename, link},
    };
    const char *const reasons[] = {"/out: Input/output error", "/out: Disk quota exceeded",
                                   "/out: Read-only file system"};
    for (size_t k = 0; k < 3; k++) {
        check_fails(context, write_with(&failing[k], path, true), SPN_ERROR_IO, reasons[k]);
        check_text(path, "old");
        assert_int_equal(count_files(), 1);
    }
}

static void test_short_writes_and_missing_links(void **state)
{
    (void)state;
    char path[1024];
    const spni_output_calls calls = {stingy_write, fsync, close, rename, no_link};
    check_ok(context, write_with(&calls, path_of("out", path), false));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 300000);
    assert_int_equal(count_files(), 1);
    const spni_output_calls hopeless = {write, fsync, close, failing_rename, no_link};
    check_fails(context, write_with(&hopeless, path_of("new", path), false), SPN_ERROR_IO,
                "cannot create");
    assert_int_equal(count_files(), 1);
}

static void test_failed_output_cannot_be_committed(void **state)
{
    (void)state;
    char path[1024], big[70000] = {0};
    const spni_output_calls calls = {failing_write, fsync, close, rename, link};
    writes_before_failure = 0;
    spn_output *output = NULL;
    check_ok(context, spn_output_open(context, path_of("out", path), false, &output));
    spni_output_replace_calls(output, &calls);
    check_fails(context, spn_output_write(context, output, big, sizeof big), SPN_ERROR_IO,
                "No space");
    writes_before_failure = 100;
    check_fails(context, spn_output_print(context, output, "x"), SPN_ERROR_IO, "earlier write");
    check_fails(context, spn_output_commit(context, &output), SPN_ERROR_IO, "earlier write");
    assert_int_equal(count_files(), 0);
}

/** A full disk as the kernel reports it: the limit on file sizes, in a child process. */
static void test_file_size_limit(void **state)
{
    (void)state;
    char path[1024];
    path_of("out", path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {100000, 100000};
        signal(SIGXFSZ, SIG_IGN);
        const spni_output_calls calls = {write, fsync, close, rename, link};
        bool is_right = setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
                        write_with(&calls, path, false) == SPN_ERROR_IO &&
                        strstr(spn_error_text(context), "/out: File too large") != NULL;
        _exit(is_right ? 0 : 1);
    }
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_int_equal(count_files(), 0);
}

static void test_reserved_file(void **state)
{
    (void)state;
    char path[1024];
    path_of("out.h5", path);
    spn_output *output = NULL;
    check_ok(context, spn_output_reserve(context, path, false, &output));
    put_text(spn_output_temporary(output), "by another library");
    assert_int_equal(access(path, F_OK), -1);
    check_ok(context, spn_output_commit(context, &output));
    check_text(path, "by another library");
    assert_int_equal(count_files(), 1);
    check_fails(context, spn_output_reserve(context, path, false, &output), SPN_ERROR_IO, "exists");
    check_ok(context, spn_output_reserve(context, path, true, &output));
    assert_int_equal(unlink(spn_output_temporary(output)), 0);
    check_fails(context, spn_output_commit(context, &output), SPN_ERROR_IO, "temporary");
    check_text(path, "by another library");
}

/** A file that is made again: the same bytes are let be, others are not replaced, none is made. */
static void test_protected_file(void **state)
{
    (void)state;
    char path[1024];
    static const char *const found[] = {"same\n", "other", "same\nx", NULL};
    path_of("out", path);
    for (int k = 0; k < 4; k++) {
        spn_output *output = NULL;
        remove(path);
        if (found[k] != NULL) {
            put_text(path, found[k]);
        }
        check_ok(context, spn_output_open(context, path, true, &output));
        spn_output_protect(output);
        check_ok(context, spn_output_print(context, output, "same\n"));
        spn_status status = spn_output_commit(context, &output);
        if (k == 1 || k == 2) {
            check_fails(context, status, SPN_ERROR_IO, "out exists and is not what this run makes");
        } else {
            check_ok(context, status);
        }
        check_text(path, found[k] != NULL ? found[k] : "same\n");
        assert_int_equal(count_files(), 1);
    }
}

/** What a killed process left is removed by the next output; what a living one writes, and what only looks alike, is
 *  not. */
static void test_left_temporary_files(void **state)
{
    (void)state;
    char path[1024], other[1024], left[1024], link_to[1024], precious[1024];
    static const char *const alike[] = {".spinodal-1-2.tmpx", ".spinodal--1.tmp",
                                        ".spinodal-1-.tmp", "spinodal-1-2.tmp",
                                        ".spinodal-1-2x.tmp"};
    put_text(path_of("precious", precious), "precious");
    put_text(path_of(".spinodal-1-77.tmp", left), "left");
    assert_int_equal(symlink(precious, path_of(".spinodal-1-78.tmp", link_to)), 0);
    for (size_t k = 0; k < sizeof alike / sizeof *alike; k++) {
        put_text(path_of(alike[k], path), "mine");
    }
    spn_output *living = NULL, *second = NULL;
    check_ok(context, spn_output_open(context, path_of("a", path), false, &living));
    assert_int_equal(access(left, F_OK), -1);
    check_ok(context, spn_output_open(context, path_of("b", other), false, &second));
    assert_int_equal(access(spn_output_temporary(living), F_OK), 0);
    check_ok(context, spn_output_commit(context, &second));
    check_ok(context, spn_output_commit(context, &living));
    for (size_t k = 0; k < sizeof alike / sizeof *alike; k++) {
        check_text(path_of(alike[k], path), "mine");
        remove(path);
    }
    check_text(precious, "precious");
    assert_int_equal(remove(link_to), 0);
    assert_int_equal(count_files(), 3);
}

/** Another file under the temporary name is neither published nor removed. */
static void test_swapped_temporary_file(void **state)
{
    (void)state;
    char path[1024], temporary[1024];
    for (int is_committed = 0; is_committed < 2; is_committed++) {
        spn_output *output = NULL;
        check_ok(context, spn_output_open(context, path_of("out", path), false, &output));
        check_ok(context, spn_output_print(context, output, "text"));
        snprintf(temporary, sizeof temporary, "%s", spn_output_temporary(output));
        assert_int_equal(unlink(temporary), 0);
        put_text(temporary, "another one's");
        if (is_committed) {
            check_fails(context, spn_output_commit(context, &output), SPN_ERROR_IO,
                        "replaced by another");
        } else {
            spn_output_abandon(context, output);
        }
        check_text(temporary, "another one's");
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(unlink(temporary), 0);
    }
}

static spn_status write_once(spn_context *inner, void *state)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    char path[1024];
    SPN_TRY(spn_output_open(inner, path_of("out", path), true, &output));
    SPN_TRY(spn_output_print(inner, output, "%70000d", *(int *)state));
    SPN_TRY(spn_output_commit(inner, &output));
    SPN_TRY(spn_output_reserve(inner, path_of("out", path), true, &output));
    SPN_TRY(spn_output_commit(inner, &output));
done:
    spn_output_abandon(inner, output);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    int number = 1;
    assert_true(support_fail_each_allocation(write_once, &number) >= 6);
    assert_int_equal(count_files(), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_appears_only_when_committed),
        CASE(test_abandon_leaves_nothing),
        CASE(test_existing_file_needs_force),
        CASE(test_file_that_appears_meanwhile_is_kept),
        CASE(test_symbolic_link_is_followed),
        CASE(test_bad_paths),
        CASE(test_longest_name),
        CASE(test_devices_are_written_directly),
        CASE(test_standard_output),
        CASE(test_long_texts),
        CASE(test_every_call_may_fail),
        CASE(test_short_writes_and_missing_links),
        CASE(test_failed_output_cannot_be_committed),
        CASE(test_file_size_limit),
        CASE(test_reserved_file),
        CASE(test_protected_file),
        CASE(test_left_temporary_files),
        CASE(test_swapped_temporary_file),
        CASE(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
