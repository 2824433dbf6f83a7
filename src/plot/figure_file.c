/* SPDX-License-Identifier: MIT */
/* Checking what gnuplot made: it reports success on a full disk. */
#include "plot/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES ((int64_t)256 << 20)

static spn_status load(spn_context *context, int fd, const char *path, char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    char *buffer = NULL;
    struct stat info;
    int64_t done = 0;
    if (fstat(fd, &info) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    if (info.st_size > SIZE_MAX_BYTES) {
        SPN_FAIL(context, SPN_ERROR_IO, "%s: gnuplot made a file of %lld bytes", path,
                 (long long)info.st_size);
    }
    SPN_NEW(context, buffer, (int64_t)info.st_size + 1);
    while (done < (int64_t)info.st_size) {
        ssize_t n = pread(fd, buffer + done, (size_t)(info.st_size - done), (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: %s", path,
                     n < 0 ? strerror(errno) : "it is shorter than it was");
        }
        done += n;
    }
    *bytes = buffer;
    *size = done;
    buffer = NULL;
done:
    spn_release(context, buffer);
    return status;
}

static bool begins_with(const char *bytes, int64_t size, const char *start, int64_t length)
{
    return size >= length && memcmp(bytes, start, (size_t)length) == 0;
}

/* White space at the end does not count. */
static bool ends_with(const char *bytes, int64_t size, const char *end, int64_t length)
{
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) {
        size--;
    }
    return size >= length && memcmp(bytes + size - length, end, (size_t)length) == 0;
}

static bool is_complete(const char *bytes, int64_t size, int format)
{
    static const char png_start[] = "\x89PNG\r\n\x1A\n";
    static const char png_end[] = "IEND\xAE\x42\x60\x82";
    switch (format) {
    case SPNI_FORMAT_SVG:
        return begins_with(bytes, size, "<?xml", 5) && ends_with(bytes, size, "</svg>", 6);
    case SPNI_FORMAT_PDF:
        return begins_with(bytes, size, "%PDF-", 5) && ends_with(bytes, size, "%%EOF", 5);
    default:
        return begins_with(bytes, size, png_start, 8) && ends_with(bytes, size, png_end, 8);
    }
}

/* "/CreationDate (D:20260102030405Z)": the digits are overwritten, so that equal figures have equal bytes. */
static spn_status fix_date(spn_context *context, int fd, const char *path, const char *bytes,
                           int64_t size, bool *is_dated)
{
    static const char key[] = "/CreationDate (D:";
    static const char date[] = "19700101000000";
    const int64_t length = sizeof key - 1;
    const int64_t digits = sizeof date - 1;
    *is_dated = true;
    for (int64_t i = 0; i + length + digits <= size; i++) {
        if (bytes[i] == '/' && memcmp(bytes + i, key, (size_t)length) == 0 &&
            strspn(bytes + i + length, "0123456789") == (size_t)digits) {
            *is_dated = false;
            if (pwrite(fd, date, (size_t)digits, (off_t)(i + length)) != digits) {
                return spn_fail(context, SPN_ERROR_IO, "cannot write %s: %s", path,
                                strerror(errno));
            }
        }
    }
    return SPN_OK;
}

bool spni_figure_file_is_complete(spn_context *context, const char *path, int format)
{
    char *bytes = NULL;
    int64_t size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    const bool is_good =
        load(context, fd, path, &bytes, &size) == SPN_OK && is_complete(bytes, size, format);
    close(fd);
    spn_error_clear(context);
    spn_release(context, bytes);
    return is_good;
}

spn_status spni_figure_file_finish(spn_context *context, const char *file, const char *path,
                                   int format, bool *is_dated)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    int64_t size = 0;
    *is_dated = false;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    SPN_TRY(load(context, fd, path, &bytes, &size));
    if (!is_complete(bytes, size, format)) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "cannot write %s: gnuplot left it incomplete (%lld bytes); is the disk full?",
                 path, (long long)size);
    }
    if (format == SPNI_FORMAT_PDF) {
        SPN_TRY(fix_date(context, fd, path, bytes, size, is_dated));
    }
done:
    if (fd >= 0 && close(fd) != 0 && status == SPN_OK) {
        status = spn_fail(context, SPN_ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    spn_release(context, bytes);
    return status;
}
