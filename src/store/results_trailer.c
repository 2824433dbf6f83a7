/* SPDX-License-Identifier: MIT */
#include "store/hdf5_file.h"
#include "store/journal_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "spnrslt\n"

spni_results_trailer spni_results_make_trailer(uint64_t size, uint32_t crc)
{
    spni_results_trailer trailer = {.size = size, .crc = crc};
    memcpy(trailer.magic, MAGIC, sizeof trailer.magic);
    trailer.trailer_crc = spni_crc32(0, &trailer, offsetof(spni_results_trailer, trailer_crc));
    return trailer;
}

static spn_status checksum(spn_context *context, int fd, const char *path, int64_t size,
                           uint32_t *crc)
{
    char block[16384];
    int64_t position = 0;
    *crc = 0;
    while (position < size) {
        int64_t got = 0;
        int64_t part = size - position;
        part = part < (int64_t)sizeof block ? part : (int64_t)sizeof block;
        spn_status status = spni_read_at(context, fd, path, position, block, part, &got);
        if (status != SPN_OK) {
            return status;
        }
        if (got == 0) {
            break;
        }
        *crc = spni_crc32(*crc, block, got);
        position += got;
    }
    return SPN_OK;
}

spn_status spni_results_check_trailer(spn_context *context, int fd, const char *path)
{
    spn_status status = SPN_OK;
    struct stat info;
    spni_results_trailer found;
    const int64_t length = sizeof found;
    int64_t got = 0;
    uint32_t crc = 0;
    if (fstat(fd, &info) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    if (info.st_size < length) {
        goto done;
    }
    const int64_t size = (int64_t)info.st_size - length;
    SPN_TRY(spni_read_at(context, fd, path, size, &found, length, &got));
    if (got != length || memcmp(found.magic, MAGIC, sizeof found.magic) != 0) {
        goto done;
    }
    SPN_TRY(checksum(context, fd, path, size, &crc));
    const spni_results_trailer expected = spni_results_make_trailer((uint64_t)size, crc);
    if (memcmp(&found, &expected, sizeof found) != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "damaged results file %s: its bytes do not match its checksum", path);
    }
done:
    return status;
}
