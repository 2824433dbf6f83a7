/* SPDX-License-Identifier: MIT */
/* Checking what gnuplot made: it reports success on a full disk. */
#include "formats/input.h"
#include "plot/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES ((int64_t)256 << 20)

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
static spn_status fix_date(spn_context *context, const char *file, const char *path,
                           const char *bytes, int64_t size, bool *is_dated)
{
    static const char key[] = "/CreationDate (D:";
    static const char date[] = "19700101000000";
    const int64_t length = sizeof key - 1;
    const int64_t digits = sizeof date - 1;
    const int fd = open(file, O_WRONLY | O_CLOEXEC);
    bool is_good = fd >= 0;
    *is_dated = true;
    for (int64_t i = 0; is_good && i + length + digits <= size; i++) {
        if (bytes[i] == '/' && memcmp(bytes + i, key, (size_t)length) == 0 &&
            strspn(bytes + i + length, "0123456789") == (size_t)digits) {
            *is_dated = false;
            is_good = pwrite(fd, date, (size_t)digits, (off_t)(i + length)) == digits;
        }
    }
    is_good = (fd < 0 || close(fd) == 0) && is_good;
    return is_good ? SPN_OK
                   : spn_fail(context, SPN_ERROR_IO, "cannot write %s: %s", path, strerror(errno));
}

bool spni_figure_file_is_complete(spn_context *context, const char *path, int format)
{
    char *bytes = NULL;
    int64_t size = 0;
    struct stat facts;
    const bool is_good = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) &&
                         spni_file_read(context, path, &bytes, &size) == SPN_OK &&
                         is_complete(bytes, size, format);
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
    SPN_TRY(spni_file_read(context, file, &bytes, &size));
    if (size > SIZE_MAX_BYTES) {
        SPN_FAIL(context, SPN_ERROR_IO, "%s: gnuplot made a file of %lld bytes", path,
                 (long long)size);
    }
    if (!is_complete(bytes, size, format)) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "cannot write %s: gnuplot left it incomplete (%lld bytes); is the disk full?",
                 path, (long long)size);
    }
    if (format == SPNI_FORMAT_PDF) {
        SPN_TRY(fix_date(context, file, path, bytes, size, is_dated));
    }
done:
    spn_release(context, bytes);
    return status;
}
