/* SPDX-License-Identifier: MIT */
/* Any bytes as a journal, as they are and with their checksums put right: a status and a message, or records that lie
 * inside the file. */
#include <spinodal/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

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

static void scan(const uint8_t *data, size_t size)
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
}

static void seal(uint8_t *to, const uint8_t *bytes, size_t size)
{
    const uint32_t crc = (uint32_t)crc32_z(0, bytes, size);
    memcpy(to, &crc, sizeof crc);
}

/* By docs/format.md, not by the reader's own code. Sizes stay as they are. */
static void repair(uint8_t *data, size_t size)
{
    enum { HEADER = 32, RECORD = 32 };
    uint64_t part = 0;
    size_t at = HEADER;
    if (size < HEADER) {
        return;
    }
    memcpy(&part, data + 16, sizeof part);
    if (part <= size - HEADER) {
        seal(data + 24, data + HEADER, (size_t)part);
    }
    seal(data + 28, data, 28);
    for (uint64_t index = 0; part <= size - at && size - at - part >= RECORD; index++) {
        at += (size_t)part;
        uint8_t *record = data + at;
        memcpy(record + 8, &index, sizeof index);
        memcpy(&part, record + 16, sizeof part);
        at += RECORD;
        if (part <= size - at) {
            seal(record + 24, data + at, (size_t)part);
        }
        seal(record, record + 4, RECORD - 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *repaired = malloc(size > 0 ? size : 1);
    if (repaired == NULL) {
        abort();
    }
    scan(data, size);
    memcpy(repaired, data, size);
    repair(repaired, size);
    scan(repaired, size);
    free(repaired);
    return 0;
}
