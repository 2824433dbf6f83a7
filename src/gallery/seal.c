/* SPDX-License-Identifier: MIT */
#include "gallery/seal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* FNV-1a: not against malice, but enough to see that somebody has changed a page. */
static uint64_t checksum(const char *text, int64_t size)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (int64_t i = 0; i < size; i++) {
        sum = (sum ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    }
    return sum;
}

#define PAGE_MAX (1 << 24) /* longer ones are not ours */
#define SEAL_SIZE 128

/* Returns its length, which is always the same. */
static int make_seal(const char *text, int64_t size, char seal[SEAL_SIZE])
{
    return snprintf(seal, SEAL_SIZE,
                    "<!-- Kept up to date by spinodal reproduce until it is changed by hand. "
                    "%016llx -->\n",
                    (unsigned long long)checksum(text, size));
}

spn_status spni_seal(spn_context *context, spn_text_buffer *text)
{
    char seal[SEAL_SIZE];
    const spn_sink sink = spn_sink_buffer(text);
    const int length = make_seal(text->text, text->size, seal);
    return sink.write(context, sink.state, seal, length);
}

static spn_status load(spn_context *context, FILE *file, spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    char block[4096];
    size_t got = 0;
    const spn_sink sink = spn_sink_buffer(text);
    while (text->size < PAGE_MAX && (got = fread(block, 1, sizeof block, file)) > 0) {
        SPN_TRY(sink.write(context, sink.state, block, (int64_t)got));
    }
done:
    return status;
}

spn_status spni_has_seal(spn_context *context, const char *path, bool *has_seal)
{
    spn_text_buffer text = {NULL, 0, 0};
    char seal[SEAL_SIZE];
    struct stat info;
    *has_seal = false;
    FILE *file = stat(path, &info) == 0 && S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return SPN_OK;
    }
    spn_status status = load(context, file, &text);
    fclose(file);
    const int64_t before = text.size - make_seal("", 0, seal);
    if (status == SPN_OK && before > 0) {
        const int length = make_seal(text.text, before, seal);
        *has_seal = memcmp(text.text + before, seal, (size_t)length) == 0;
    }
    spn_release(context, text.text);
    return status;
}
