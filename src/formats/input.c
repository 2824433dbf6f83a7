/* SPDX-License-Identifier: MIT */
#include "formats/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Pipes and devices have no size, and some no end. */
#define STREAM_MAX ((int64_t)1 << 28)

/* The size of a regular file is only a hint: pipes have none, files may grow. */
spn_status spni_file_rest(spn_context *context, const char *path, int file, bool is_regular,
                          int64_t hint, char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    char *buffer = NULL;
    int64_t used = 0, capacity = (hint > 0 ? hint : 65536) + 1;
    SPN_NEW(context, buffer, capacity);
    for (;;) {
        SPN_TRY(spn_grow(context, &buffer, 1, used, 1, &capacity));
        SPN_TRY(spn_poll(context));
        if (!is_regular && used > STREAM_MAX) {
            SPN_FAIL(
                context, SPN_ERROR_IO,
                "cannot read %s: more than 256 MiB came, and it is no regular file; copy what is "
                "to be read to a file",
                path);
        }
        ssize_t count = read(file, buffer + used, (size_t)(capacity - used));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
        }
        if (count == 0) {
            break;
        }
        used += count;
    }
    *bytes = buffer;
    *size = used;
    buffer = NULL;
done:
    spn_release(context, buffer);
    return status;
}

static spni_file_facts facts_of(const struct stat *found)
{
    const bool is_regular = S_ISREG(found->st_mode);
    return (spni_file_facts){.is_regular = is_regular,
                             .size = is_regular ? (int64_t)found->st_size : 0,
                             .device = (uint64_t)found->st_dev,
                             .number = (uint64_t)found->st_ino,
                             .changed = found->st_mtim};
}

spn_status spni_file_open(spn_context *context, const char *path, int *file, spni_file_facts *facts)
{
    spn_status status = SPN_OK;
    struct stat found;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    while (*file < 0 && errno == EINTR) { /* a signal, before anybody writes to a pipe */
        SPN_TRY(spn_poll(context));
        *file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (*file < 0 || fstat(*file, &found) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    if (S_ISDIR(found.st_mode)) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: it is a directory", path);
    }
    *facts = facts_of(&found);
done:
    return status;
}

spn_status spni_file_fail_changed(spn_context *context, const char *path)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s has changed while it was read; run again when nobody writes to it", path);
}

spn_status spni_file_fail_shorter(spn_context *context, const char *path)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s has become shorter while it was read; run again when nobody writes to it",
                    path);
}

spn_status spni_file_check(spn_context *context, const char *path, int file,
                           const spni_file_facts *facts)
{
    struct stat found;
    if (fstat(file, &found) != 0) {
        return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    const spni_file_facts now = facts_of(&found);
    if (now.size < facts->size) {
        return spni_file_fail_shorter(context, path);
    }
    const bool is_same = now.size == facts->size && now.device == facts->device &&
                         now.number == facts->number &&
                         now.changed.tv_sec == facts->changed.tv_sec &&
                         now.changed.tv_nsec == facts->changed.tv_nsec;
    return is_same ? SPN_OK : spni_file_fail_changed(context, path);
}

spn_status spni_file_read(spn_context *context, const char *path, char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    int file = -1;
    spni_file_facts facts;
    *bytes = NULL;
    SPN_TRY(spni_file_open(context, path, &file, &facts));
    SPN_TRY(spni_file_rest(context, path, file, facts.is_regular, facts.size, bytes, size));
done:
    if (file >= 0) {
        close(file);
    }
    return status;
}

void spni_quote_text(const char *text, int64_t length, char *buffer, size_t size)
{
    int64_t limit = (int64_t)size - 1;
    bool is_cut = length > limit;
    if (is_cut) {
        length = limit - 3;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    for (int64_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        buffer[i] = byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
    memcpy(buffer + length, is_cut ? "..." : "", is_cut ? 4 : 1);
}
