/* SPDX-License-Identifier: MIT */
/* Any bytes as a journal: a status and a message, or records that lie inside the file. */
#include <spinodal/store.h>

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct sums {
    int64_t bytes;
    unsigned char mix;
} sums;

static spn_status touch(spn_context *context, void *state, int64_t type, const void *payload,
                        int64_t size)
{
    sums *s = state;
    const unsigned char *bytes = payload;
    (void)context;
    (void)type;
    for (int64_t i = 0; i < size; i++) {
        s->mix ^= bytes[i];
    }
    s->bytes += size;
    return SPN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    sums s = {0, 0};
    spn_journal_info info;
    char *configuration = NULL;
    spn_context *context = NULL;
    FILE *file = tmpfile();
    if (file == NULL || fwrite(data, 1, size, file) != size || fflush(file) != 0 ||
        spn_context_create(NULL, &context) != SPN_OK) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    spn_status status = spn_journal_scan(context, path, touch, &s, &info, &configuration);
    if (status == SPN_OK && (s.bytes > (int64_t)size || info.bytes > (int64_t)size)) {
        abort();
    }
    if (status != SPN_OK && (spn_error_text(context)[0] == '\0' || configuration != NULL)) {
        abort();
    }
    spn_release(context, configuration);
    spn_context_free(context);
    fclose(file);
    return 0;
}
