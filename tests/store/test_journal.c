/* SPDX-License-Identifier: MIT */
/* The journal: what a killed, filled-up or damaged file gives back. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <spinodal/store.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONFIGURATION "data:\n  seed: 1\nsweep:\n  beta: 0.1\n"
#define HEADER_SIZE (32 + (int64_t)sizeof CONFIGURATION - 1)

static spn_context *context;

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* Record k has k doubles (k, k + 1, ...) after an integer: lengths differ, the first payload is short. */
static spn_status append_record(spn_context *c, spn_journal *journal, int64_t k)
{
    double values[16];
    for (int64_t i = 0; i < k; i++) {
        values[i] = (double)(k + i);
    }
    spn_bytes parts[2] = {{&k, sizeof k}, {values, k * (int64_t)sizeof *values}};
    return spn_journal_append(c, journal, 7 + k % 2, parts, 2);
}

static int64_t record_size(int64_t k)
{
    return 32 + 8 + 8 * k;
}

typedef struct seen {
    int64_t count;
    int64_t fail_at;
} seen;

static spn_status check_record(spn_context *c, void *state, int64_t type, const void *payload,
                               int64_t size)
{
    seen *s = state;
    int64_t k = -1;
    memcpy(&k, payload, sizeof k);
    if (k != s->count || type != 7 + k % 2 || size != 8 + 8 * k || (uintptr_t)payload % 64 != 0) {
        return spn_fail(c, SPN_ERROR_NUMERIC, "record %lld is wrong", (long long)s->count);
    }
    for (int64_t i = 0; i < k; i++) {
        double value;
        memcpy(&value, (const char *)payload + 8 + 8 * i, sizeof value);
        if (value != (double)(k + i)) {
            return spn_fail(c, SPN_ERROR_NUMERIC, "value %lld is wrong", (long long)i);
        }
    }
    s->count++;
    if (s->count == s->fail_at) {
        return spn_fail(c, SPN_ERROR_UNSUPPORTED, "the reader stops here");
    }
    return SPN_OK;
}

static void write_journal(const char *path, int64_t records)
{
    spn_journal *journal = NULL;
    check_ok(context, spn_journal_create(context, path, CONFIGURATION, true, &journal));
    for (int64_t k = 0; k < records; k++) {
        check_ok(context, append_record(context, journal, k));
    }
    check_ok(context, spn_journal_close(context, journal));
}

static int64_t load(const char *path, unsigned char *bytes, int64_t capacity)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    int64_t size = (int64_t)fread(bytes, 1, (size_t)capacity, file);
    fclose(file);
    return size;
}

static void store(const char *path, const unsigned char *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void test_round_trip(void **state)
{
    (void)state;
    char path[512];
    support_scratch("round trip.h5.part", path);
    assert_false(spn_journal_exists(path));
    write_journal(path, 10);
    assert_true(spn_journal_exists(path));
    seen s = {0};
    spn_journal_info info;
    spn_journal *journal = NULL;
    check_ok(context,
             spn_journal_open(context, path, CONFIGURATION, check_record, &s, &info, &journal));
    assert_int_equal(s.count, 10);
    assert_int_equal(info.records, 10);
    assert_int_equal(info.cut_bytes, 0);
    for (int64_t k = 10; k < 14; k++) {
        check_ok(context, append_record(context, journal, k));
    }
    char *configuration = NULL;
    s = (seen){0};
    check_ok(context, spn_journal_scan(context, path, check_record, &s, &info, &configuration));
    assert_int_equal(s.count, 14);
    assert_string_equal(configuration, CONFIGURATION);
    spn_release(context, configuration);
    check_ok(context, spn_journal_remove(context, journal));
    assert_false(spn_journal_exists(path));
    check_ok(context, spn_journal_create(context, path, CONFIGURATION, false, &journal));
    assert_int_equal(unlink(path), 0);
    check_fails(context, spn_journal_remove(context, journal), SPN_ERROR_IO, "cannot remove");
    check_ok(context, spn_journal_close(context, NULL));
    check_ok(context, spn_journal_remove(context, NULL));
}

static void check_kept(const char *path)
{
    char text[16] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text, file), 8);
    assert_memory_equal(text, "precious", 8);
    fclose(file);
}

/* A file that the run did not make keeps its bytes, whatever name leads to it. */
static void test_files_of_others(void **state)
{
    (void)state;
    char path[512], other[512];
    spn_journal *journal = NULL;
    support_scratch("others.part", path);
    support_scratch("precious.txt", other);
    store(other, (const unsigned char *)"precious", 8);
    assert_int_equal(symlink(other, path), 0);
    for (int force = 0; force < 2; force++) {
        check_fails(context, spn_journal_create(context, path, CONFIGURATION, force, &journal),
                    SPN_ERROR_IO, "symbolic link");
    }
    check_fails(context, spn_journal_open(context, path, CONFIGURATION, NULL, NULL, NULL, &journal),
                SPN_ERROR_IO, "symbolic link");
    check_kept(other);
    /* Leading nowhere it is no less a link. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    check_fails(context, spn_journal_create(context, path, CONFIGURATION, true, &journal),
                SPN_ERROR_IO, "symbolic link");
    assert_int_equal(unlink(path), 0);
    /* A second name of the same file: the name is freed, the file is not emptied. */
    assert_int_equal(link(other, path), 0);
    check_ok(context, spn_journal_create(context, path, CONFIGURATION, true, &journal));
    check_ok(context, append_record(context, journal, 0));
    check_kept(other);
    /* The journal is replaced while it is written: the other file outlives the run. */
    assert_int_equal(rename(other, path), 0);
    check_ok(context, append_record(context, journal, 1));
    check_ok(context, spn_journal_remove(context, journal));
    check_kept(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_fails(context, spn_journal_create(context, path, CONFIGURATION, true, &journal),
                SPN_ERROR_IO, "not a regular file");
    assert_int_equal(unlink(path), 0);
}

static void test_refusals(void **state)
{
    (void)state;
    char path[512];
    support_scratch("refused.part", path);
    write_journal(path, 3);
    spn_journal *journal = NULL;
    spn_journal *second = NULL;
    seen s = {0};
    check_fails(context, spn_journal_create(context, path, CONFIGURATION, false, &journal),
                SPN_ERROR_IO, "--resume");
    assert_null(journal);
    check_ok(context,
             spn_journal_open(context, path, CONFIGURATION, check_record, &s, NULL, &journal));
    check_fails(context,
                spn_journal_open(context, path, CONFIGURATION, check_record, &s, NULL, &second),
                SPN_ERROR_IO, "another process");
    check_fails(context, spn_journal_create(context, path, CONFIGURATION, true, &second),
                SPN_ERROR_IO, "another process");
    assert_true(spn_journal_exists(path));
    spn_bytes part = {"x", -1};
    check_fails(context, spn_journal_append(context, journal, 1, &part, 1), SPN_ERROR_ARGUMENT,
                "negative");
    check_fails(context, spn_journal_append(context, journal, -1, NULL, 0), SPN_ERROR_ARGUMENT,
                "type");
    check_ok(context, spn_journal_close(context, journal));
    s = (seen){.fail_at = 2};
    check_fails(context,
                spn_journal_open(context, path, CONFIGURATION, check_record, &s, NULL, &journal),
                SPN_ERROR_UNSUPPORTED, "stops here");
    assert_null(journal);
    check_fails(
        context,
        spn_journal_open(context, "/proc/nonexistent/x", "", check_record, &s, NULL, &journal),
        SPN_ERROR_IO, "No such file");
    check_fails(context, spn_journal_create(context, "/proc/nonexistent/x", "", false, &journal),
                SPN_ERROR_IO, "/proc/nonexistent/x");
    check_fails(context, spn_journal_scan(context, "/proc/nonexistent/x", NULL, NULL, NULL, NULL),
                SPN_ERROR_IO, "cannot open");
    check_fails(context, spn_journal_scan(context, "/", NULL, NULL, NULL, NULL), SPN_ERROR_IO, "/");
}

static void test_other_experiment(void **state)
{
    (void)state;
    char path[512];
    support_scratch("experiment.part", path);
    write_journal(path, 3);
    spn_journal *journal = NULL;
    check_fails(context,
                spn_journal_open(context, path, "data:\n  seed: 2\nsweep:\n  beta: 0.1\n", NULL,
                                 NULL, NULL, &journal),
                SPN_ERROR_INPUT, "line 2 there is \"  seed: 1\", now it is \"  seed: 2\"");
    check_fails(
        context,
        spn_journal_open(context, path, CONFIGURATION "more: 1\n", NULL, NULL, NULL, &journal),
        SPN_ERROR_INPUT, "line 5 there is \"(end of the experiment)\"");
    check_fails(context,
                spn_journal_open(context, path, "data:\n  seed: 1\n", NULL, NULL, NULL, &journal),
                SPN_ERROR_INPUT, "line 3 there is \"sweep:\"");
    check_fails(context,
                spn_journal_open(context, path, "data:\n  seed: 1\nsweep:\n  beta: 0.1", NULL, NULL,
                                 NULL, &journal),
                SPN_ERROR_INPUT, "last newline");
    seen s = {0};
    check_ok(context,
             spn_journal_open(context, path, CONFIGURATION, check_record, &s, NULL, &journal));
    assert_int_equal(s.count, 3);
    check_ok(context, spn_journal_close(context, journal));
}

/* kill -9 leaves a prefix. From every prefix: all complete records come back, and the run goes on. */
static void test_every_prefix(void **state)
{
    (void)state;
    enum { RECORDS = 6 };
    char path[512];
    unsigned char bytes[4096];
    support_scratch("prefix.part", path);
    write_journal(path, RECORDS);
    int64_t size = load(path, bytes, sizeof bytes);
    for (int64_t length = 0; length <= size; length++) {
        int64_t complete = 0;
        int64_t end = HEADER_SIZE;
        while (complete < RECORDS && end + record_size(complete) <= length) {
            end += record_size(complete++);
        }
        store(path, bytes, length);
        seen s = {0};
        spn_journal_info info;
        spn_journal *journal = NULL;
        check_ok(context,
                 spn_journal_open(context, path, CONFIGURATION, check_record, &s, &info, &journal));
        assert_int_equal(s.count, complete);
        assert_int_equal(info.cut_bytes, length < HEADER_SIZE ? 0 : length - end);
        for (int64_t k = complete; k < RECORDS; k++) {
            check_ok(context, append_record(context, journal, k));
        }
        check_ok(context, spn_journal_close(context, journal));
        unsigned char again[4096];
        assert_int_equal(load(path, again, sizeof again), size);
        assert_memory_equal(again, bytes, (size_t)size);
    }
}

/* Any flipped bit is an error with a position, or costs the last record only. */
static void test_every_bit(void **state)
{
    (void)state;
    enum { RECORDS = 4 };
    char path[512];
    unsigned char bytes[4096];
    support_scratch("bits.part", path);
    write_journal(path, RECORDS);
    int64_t size = load(path, bytes, sizeof bytes);
    const int64_t last_payload = size - (record_size(RECORDS - 1) - 32);
    for (int64_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        store(path, bytes, size);
        seen s = {0};
        spn_journal *journal = NULL;
        spn_status status =
            spn_journal_open(context, path, CONFIGURATION, check_record, &s, NULL, &journal);
        if (bit / 8 >= last_payload) {
            check_ok(context, status);
            assert_int_equal(s.count, RECORDS - 1);
        } else {
            check_fails(context, status, SPN_ERROR_INPUT, "bits.part");
            assert_true(s.count < RECORDS);
        }
        check_ok(context, spn_journal_close(context, journal));
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    store(path, bytes, size);
    bytes[HEADER_SIZE + record_size(0) + 40] ^= 1;
    store(path, bytes, size);
    char position[64];
    snprintf(position, sizeof position, "byte %lld (checksum of record 1)",
             (long long)(HEADER_SIZE + record_size(0) + 32));
    check_fails(context, spn_journal_scan(context, path, NULL, NULL, NULL, NULL), SPN_ERROR_INPUT,
                position);
}

/* A power failure can leave the length without the bytes. */
static void test_tail_of_zeros(void **state)
{
    (void)state;
    char path[512];
    support_scratch("zeros.part", path);
    write_journal(path, 3);
    int64_t size = HEADER_SIZE + record_size(0) + record_size(1) + record_size(2);
    assert_int_equal(truncate(path, (off_t)(size + 10000)), 0);
    seen s = {0};
    spn_journal_info info;
    check_ok(context, spn_journal_scan(context, path, check_record, &s, &info, NULL));
    assert_int_equal(s.count, 3);
    assert_int_equal(info.cut_bytes, 10000);
}

/* The file size limit plays the full disk, at every byte: an error, and a file that resumes. */
static void test_full_disk(void **state)
{
    (void)state;
    enum { RECORDS = 4 };
    char path[512];
    unsigned char bytes[4096];
    support_scratch("full.part", path);
    write_journal(path, RECORDS);
    const int64_t size = load(path, bytes, sizeof bytes);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int64_t limit = 0; limit < size; limit++) {
        struct rlimit small = {(rlim_t)limit, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        unlink(path);
        spn_journal *journal = NULL;
        int64_t written = 0;
        spn_status status = spn_journal_create(context, path, CONFIGURATION, false, &journal);
        while (status == SPN_OK) {
            status = append_record(context, journal, written++);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_fails(context, status, SPN_ERROR_IO, "full.part: File too large");
        if (journal == NULL) {
            assert_false(spn_journal_exists(path));
            continue;
        }
        check_ok(context, spn_journal_close(context, journal));
        seen s = {0};
        spn_journal_info info;
        check_ok(context,
                 spn_journal_open(context, path, CONFIGURATION, check_record, &s, &info, &journal));
        assert_int_equal(s.count, written - 1);
        assert_int_equal(info.cut_bytes, 0);
        check_ok(context, spn_journal_remove(context, journal));
    }
    signal(SIGXFSZ, SIG_DFL);
}

/* A real kill -9 at random moments: at most the record in flight is lost. */
static void test_kill(void **state)
{
    (void)state;
    char path[512];
    support_scratch("kill.part", path);
    for (int attempt = 0; attempt < 10; attempt++) {
        int pipe_ends[2];
        assert_int_equal(pipe(pipe_ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            spn_journal *journal = NULL;
            if (spn_journal_create(context, path, CONFIGURATION, true, &journal) != SPN_OK) {
                _exit(1);
            }
            for (int64_t k = 0;; k++) {
                spn_bytes part = {&k, sizeof k};
                if (spn_journal_append(context, journal, 1, &part, 1) != SPN_OK ||
                    write(pipe_ends[1], &k, sizeof k) != sizeof k) {
                    _exit(1);
                }
            }
        }
        close(pipe_ends[1]);
        int64_t reported = -1;
        int64_t last = -1;
        while (last < 50 * attempt && read(pipe_ends[0], &last, sizeof last) == sizeof last) {
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(pipe_ends[0], &reported, sizeof reported) == sizeof reported) {
            last = reported;
        }
        close(pipe_ends[0]);
        spn_journal_info info;
        check_ok(context, spn_journal_scan(context, path, NULL, NULL, &info, NULL));
        assert_true(info.records >= last + 1 && info.records <= last + 2);
    }
}

static spn_status use_journal(spn_context *c, void *state)
{
    spn_status status = SPN_OK;
    const char *path = state;
    spn_journal *journal = NULL;
    char *configuration = NULL;
    seen s = {0};
    SPN_TRY(spn_journal_create(c, path, CONFIGURATION, true, &journal));
    SPN_TRY(append_record(c, journal, 0));
    SPN_TRY(append_record(c, journal, 1));
    SPN_TRY(spn_journal_close(c, journal));
    journal = NULL;
    SPN_TRY(spn_journal_scan(c, path, check_record, &s, NULL, &configuration));
    s = (seen){0};
    SPN_TRY(spn_journal_open(c, path, CONFIGURATION, check_record, &s, NULL, &journal));
done:
    spn_release(c, configuration);
    if (journal != NULL) {
        spn_journal_remove(c, journal);
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.part", path);
    assert_true(support_fail_each_allocation(use_journal, path) >= 6);
}

static void test_append_never_allocates(void **state)
{
    (void)state;
    char path[512];
    support_allocator counter = {0};
    spn_context *c = support_context(&counter);
    spn_journal *journal = NULL;
    check_ok(c, spn_journal_create(c, support_scratch("calls.part", path), "", true, &journal));
    int64_t before = counter.calls;
    for (int64_t k = 0; k < 10; k++) {
        check_ok(c, append_record(c, journal, k));
    }
    assert_int_equal(counter.calls, before);
    check_ok(c, spn_journal_remove(c, journal));
    spn_context_free(c);
    assert_int_equal(counter.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_files_of_others),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_other_experiment),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_tail_of_zeros),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_append_never_allocates),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
