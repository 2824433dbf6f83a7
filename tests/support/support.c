/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void support_check_close(double actual, double expected, double tolerance, double scale,
                         const char *text, const char *file, int line)
{
    if (isnan(actual) && isnan(expected)) {
        return;
    }
    if (actual == expected) {
        return;
    }
    double size = fmax(fabs(expected), scale);
    double deviation = fabs(actual - expected);
    if (!(deviation <= tolerance * size)) {
        print_error("%s = %.17g, expected %.17g: off by %.3g, allowed %.3g\n", text, actual,
                    expected, deviation, tolerance * size);
        _fail(file, line);
    }
}

void support_check_ok(spn_context *context, spn_status status, const char *text, const char *file,
                      int line)
{
    if (status != SPN_OK) {
        print_error("%s: %s: %s\n", text, spn_status_text(status),
                    context != NULL ? spn_error_text(context) : "");
        _fail(file, line);
    }
}

void support_check_fails(spn_context *context, spn_status status, spn_status expected,
                         const char *fragment, const char *text, const char *file, int line)
{
    if (status != expected) {
        print_error("%s: got \"%s\" (%s), expected \"%s\"\n", text, spn_status_text(status),
                    spn_error_text(context), spn_status_text(expected));
        _fail(file, line);
    }
    if (strstr(spn_error_text(context), fragment) == NULL) {
        print_error("%s: message \"%s\" lacks \"%s\"\n", text, spn_error_text(context), fragment);
        _fail(file, line);
    }
    spn_error_clear(context);
}

static void *counting_allocate(void *state, size_t bytes, size_t alignment)
{
    support_allocator *counter = state;
    if (++counter->calls == counter->fail_at ||
        (counter->most > 0 && bytes > (size_t)counter->most)) {
        return NULL;
    }
    void *memory = aligned_alloc(alignment, bytes);
    if (memory != NULL) {
        counter->live++;
    }
    return memory;
}

static void counting_release(void *state, void *memory)
{
    support_allocator *counter = state;
    if (memory != NULL) {
        counter->live--;
        free(memory);
    }
}

spn_status support_context_create(const spn_context_settings *settings, spn_context **out)
{
    spn_context_settings taken = {.allocator = NULL};
    const char *name = getenv("SPN_TEST_KERNELS");
    if (settings != NULL) {
        taken = *settings;
    }
    for (int kernels = SPN_KERNELS_PLAIN; name != NULL && kernels <= SPN_KERNELS_AVX512;
         kernels++) {
        if (taken.kernels == SPN_KERNELS_AUTO &&
            strcmp(name, spn_kernels_name((spn_kernels)kernels)) == 0) {
            taken.kernels = (spn_kernels)kernels;
        }
    }
    return (spn_context_create)(&taken, out);
}

spn_context *support_context(support_allocator *counter)
{
    spn_allocator allocator = {counting_allocate, counting_release, counter};
    spn_context_settings settings = {.allocator = &allocator};
    spn_context *context = NULL;
    if (spn_context_create(&settings, &context) != SPN_OK) {
        fail_msg("cannot create a context");
    }
    return context;
}

int64_t support_fail_each_allocation(support_operation *operation, void *state)
{
    for (int64_t k = 1;; k++) {
        support_allocator counter = {0};
        spn_context *context = support_context(&counter);
        int64_t base_live = counter.live;
        counter.fail_at = counter.calls + k;
        int64_t armed_at = counter.fail_at;
        spn_status status = operation(context, state);
        bool has_failed = counter.calls >= armed_at;
        if (has_failed && status != SPN_ERROR_MEMORY) {
            fail_msg("allocation %lld failed, but the status is \"%s\" (%s)", (long long)k,
                     spn_status_text(status), spn_error_text(context));
        }
        if (has_failed && spn_error_text(context)[0] == '\0') {
            fail_msg("allocation %lld failed without a message", (long long)k);
        }
        if (!has_failed && status != SPN_OK) {
            fail_msg("failed without a failing allocation: %s", spn_error_text(context));
        }
        if (counter.live != base_live) {
            fail_msg("allocation %lld: %lld blocks left behind", (long long)k,
                     (long long)(counter.live - base_live));
        }
        spn_context_free(context);
        if (counter.live != 0) {
            fail_msg("the context left %lld blocks behind", (long long)counter.live);
        }
        if (!has_failed) {
            return k - 1;
        }
    }
}

static char scratch_directory[256];

static void remove_scratch(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_directory);
    if (system(command) != 0) {
        fprintf(stderr, "cannot remove %s\n", scratch_directory);
    }
}

const char *support_scratch(const char *name, char buffer[512])
{
    if (scratch_directory[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(scratch_directory, sizeof scratch_directory, "%s/spinodal-test-XXXXXX",
                 parent != NULL ? parent : "/tmp");
        if (mkdtemp(scratch_directory) == NULL) {
            fail_msg("cannot make a scratch directory");
        }
        atexit(remove_scratch);
    }
    snprintf(buffer, 512, "%s/%s", scratch_directory, name);
    return buffer;
}

void support_age(const char *path)
{
    const struct timespec times[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

void support_overwrite(const char *path, int64_t place, char byte)
{
    FILE *file = fopen(path, "rb+");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)place, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), byte);
    assert_int_equal(fclose(file), 0);
}
