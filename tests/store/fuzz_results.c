/* SPDX-License-Identifier: MIT */
/* Any bytes as a results file: refused in one line before HDF5 sees them, unless they end with their own checksum. Those
 * that do are left out: HDF5 is not made for files that mean harm. */
#include <spinodal/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRAILER = 24 };

/* By docs/format.md, not by the reader's own code. */
static bool is_sealed(const uint8_t *data, size_t size)
{
    uint64_t length = 0;
    uint32_t crc = 0;
    if (size < TRAILER || memcmp(data + size - TRAILER, "spnrslt\n", 8) != 0) {
        return false;
    }
    memcpy(&length, data + size - 16, sizeof length);
    memcpy(&crc, data + size - 8, sizeof crc);
    return length == size - TRAILER && crc == crc32_z(0, data, size - TRAILER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    spn_results results;
    spn_arena *arena = NULL;
    spn_context *context = NULL;
    if (is_sealed(data, size)) {
        return 0;
    }
    FILE *file = tmpfile();
    if (file == NULL || fwrite(data, 1, size, file) != size || fflush(file) != 0 ||
        spn_context_create(NULL, &context) != SPN_OK ||
        spn_arena_create(context, &arena) != SPN_OK) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    if (spn_results_read(context, arena, path, &results) != SPN_ERROR_INPUT ||
        spn_error_text(context)[0] == '\0' || strchr(spn_error_text(context), '\n') != NULL) {
        abort();
    }
    spn_arena_free(arena);
    spn_context_free(context);
    fclose(file);
    return 0;
}
