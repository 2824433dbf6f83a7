/* SPDX-License-Identifier: MIT */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

spn_status cli_make_folder(spn_context *context, const char *path)
{
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return spn_fail(context, SPN_ERROR_IO, "%s: not a usable folder name",
                        length == 0 ? "\"\"" : "path");
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return spn_fail(context, SPN_ERROR_IO, "cannot make the folder %s: %s", part,
                            strerror(errno));
        }
        part[i] = path[i];
    }
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
        return spn_fail(context, SPN_ERROR_IO, "%s exists and is not a folder", path);
    }
    return SPN_OK;
}

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

spn_status cli_seal(spn_context *context, spn_text_buffer *text)
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

spn_status cli_has_seal(spn_context *context, const char *path, bool *has_seal)
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

spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input)
{
    struct stat written, read;
    if (stat(output, &written) == 0 && stat(input, &read) == 0 && written.st_dev == read.st_dev &&
        written.st_ino == read.st_ino) {
        return spn_fail(context, SPN_ERROR_IO, "%s is the file that is read; choose another output",
                        output);
    }
    return SPN_OK;
}
