/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

bool cli_try_memory(int64_t threads)
{
    /* Each thread that OpenBLAS starts takes a buffer at once, each of ours when it first calls it; what else
     * a thread needs is its stack, and the program some for its data. */
    const int64_t buffer = INT64_C(128) << 20, stack = INT64_C(8) << 20, rest = INT64_C(32) << 20;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t blas = spn_blas_threads();
    const int64_t own = threads > 0 ? threads : processors > 0 ? processors : 1;
    if (blas == 0) {
        return true;
    }
    const int64_t bytes = (blas - 1 + own) * (buffer + stack) + rest;
    void *tried = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (tried != MAP_FAILED) {
        munmap(tried, (size_t)bytes);
        return true;
    }
    fprintf(stderr,
            "spinodal: out of memory: linear algebra needs %lld MiB of address space for its %lld "
            "and our %lld threads; raise the limit (ulimit -v), or run with fewer: "
            "OPENBLAS_NUM_THREADS=1, --threads 1\n",
            (long long)(bytes >> 20), (long long)(blas - 1), (long long)own);
    return false;
}
