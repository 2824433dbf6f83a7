/* SPDX-License-Identifier: MIT */
/** @file support.h  What every test uses: cmocka, doubles compared with a stated reason, allocators that
 *  count and fail. */
#ifndef SPINODAL_TEST_SUPPORT_H
#define SPINODAL_TEST_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <spinodal/base.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** |actual - expected| <= tolerance * max(|expected|, scale); NaN equals NaN only. Prints both and the
 *  deviation on failure. `scale` is the size of what the number was computed from (0: pure relative). */
#define check_close(actual, expected, tolerance, scale)                                            \
    support_check_close((actual), (expected), (tolerance), (scale), #actual, __FILE__, __LINE__)
void support_check_close(double actual, double expected, double tolerance, double scale,
                         const char *text, const char *file, int line);

/** The call must return SPN_OK; prints the error text otherwise. */
#define check_ok(context, call) support_check_ok((context), (call), #call, __FILE__, __LINE__)
void support_check_ok(spn_context *context, spn_status status, const char *text, const char *file,
                      int line);

/** The call must fail with `expected` and a message that contains `fragment`; clears the error. */
#define check_fails(context, call, expected, fragment)                                             \
    support_check_fails((context), (call), (expected), (fragment), #call, __FILE__, __LINE__)
void support_check_fails(spn_context *context, spn_status status, spn_status expected,
                         const char *fragment, const char *text, const char *file, int line);

/** An allocator that counts, and fails the k-th allocation when asked. */
typedef struct support_allocator {
    _Atomic int64_t calls; /**< allocations so far */
    _Atomic int64_t live;  /**< not yet released */
    int64_t fail_at;       /**< 1-based number of the allocation that fails; 0: none */
    int64_t most;          /**< bytes beyond which every allocation fails; 0: no limit */
} support_allocator;
/** A context on that allocator (itself made with the C library's). */
spn_context *support_context(support_allocator *counter);

/** Walks every out-of-memory path of `operation`: allocation k fails for k = 1, 2, ... until it
 *  succeeds. Each failure must be SPN_ERROR_MEMORY with a message and leave nothing allocated;
 *  `operation` frees what it made on success. Returns the number of failing runs. */
typedef spn_status support_operation(spn_context *context, void *state);
int64_t support_fail_each_allocation(support_operation *operation, void *state);

/** Contexts of tests use the kernels that the environment variable SPN_TEST_KERNELS names ("plain",
 *  "short", "avx2", "avx512"), where it is set and the test asks for no others. */
spn_status support_context_create(const spn_context_settings *settings, spn_context **out);
#define spn_context_create(settings, out) support_context_create(settings, out)

/** A path under a fresh scratch directory of this process (removed at exit): name may be nested. */
const char *support_scratch(const char *name, char buffer[512]);

/** A file was last written to long ago, whatever the tick of the file system's clock. */
void support_age(const char *path);
/** Another byte in a file, whose size stays. */
void support_overwrite(const char *path, int64_t place, char byte);

#endif
