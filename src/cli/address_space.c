/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity, on Linux */
#include "cli/cli.h"

#include <sched.h>
#include <spinodal/numeric.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool try_memory(int64_t blas, int64_t own)
{
    /* Each thread that OpenBLAS starts takes a buffer at once, each of ours when it first calls it (or, since
     * 0.3.29, the first when the library is loaded); what else a thread needs is its stack, and the program
     * some for its data. */
    const int64_t buffer = INT64_C(128) << 20, stack = INT64_C(8) << 20, rest = INT64_C(32) << 20;
    const int64_t bytes = (blas - 1 + own) * (buffer + stack) + rest;
    void *tried = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (tried != MAP_FAILED) {
        munmap(tried, (size_t)bytes);
        return true;
    }
    char line[300];
    snprintf(line, sizeof line,
             "out of memory: linear algebra needs %lld MiB of address space for its %lld "
             "and our %lld threads; raise the limit (ulimit -v), or run with fewer: "
             "OPENBLAS_NUM_THREADS=1, --threads 1",
             (long long)(bytes >> 20), (long long)(blas - 1), (long long)own);
    cli_put_line("spinodal: ", line);
    return false;
}

bool cli_try_memory(int64_t threads)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t blas = spn_blas_threads();
    return blas == 0 || try_memory(blas, threads > 0 ? threads : processors > 0 ? processors : 1);
}

#if defined(__linux__) && defined(__GLIBC__)
/* A positive number in the environment, which getenv() does not know yet; or 0. */
static int64_t number_in(char *const *environment, const char *name)
{
    const size_t length = strlen(name);
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
            const int value = atoi(*environment + length + 1);
            return value > 0 ? value : 0;
        }
    }
    return 0;
}

/* As many threads as OpenBLAS will take: asked before it is initialised it would not have read the
 * environment, and stay with that. */
static int64_t blas_threads_to_come(char *const *environment)
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
                                        "OMP_NUM_THREADS"};
    cpu_set_t allowed;
    int64_t most = sysconf(_SC_NPROCESSORS_CONF), wanted = 0;
    if (!spn_blas_is_parallel()) {
        return 1;
    }
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
        most = CPU_COUNT(&allowed);
    }
    for (size_t i = 0; wanted == 0 && i < sizeof names / sizeof *names; i++) {
        wanted = number_in(environment, names[i]);
    }
    return wanted > 0 && wanted < most ? wanted : most > 0 ? most : 1;
}

static void try_before_libraries(int count, char **words, char **environment)
{
    (void)count;
    (void)words;
    if (!try_memory(blas_threads_to_come(environment), 1)) {
        _exit(EXIT_NUMERIC);
    }
}

/* OpenBLAS 0.3.29 takes its first buffer, and waits for it, in its own initialiser. Only what stands here
 * runs before those of the libraries. */
__attribute__((section(".preinit_array"),
               used)) static void (*first)(int, char **, char **) = try_before_libraries;
#endif
