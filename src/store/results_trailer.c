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
        spn_status status = spn_poll(context);
        status = status == SPN_OK ? spni_read_at(context, fd, path, position, block, part, &got)
                                  : status;
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

/* What the first bytes of a file say: superblock version 0 with 8-byte addresses, the only one we write. */
enum { SUPERBLOCK = 48, VERSION = 8, ADDRESS_BYTES = 13, LENGTH_BYTES = 14, BASE = 24, END = 40 };

static uint64_t number_at(const unsigned char *bytes)
{
    uint64_t value = 0;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static spn_status refuse(spn_context *context, const char *path)
{
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s is an HDF5 file without the checksum at its end that spinodal writes: it "
                    "was cut short (copy or download it again), or written or changed by another "
                    "program",
                    path);
}

spn_stored spn_stored_of(const char *start, int64_t size)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    if (size >= (int64_t)sizeof signature &&
        memcmp(start, SPNI_JOURNAL_MAGIC, sizeof signature) == 0) {
        return SPN_STORED_JOURNAL;
    }
    return size >= (int64_t)sizeof signature && memcmp(start, signature, sizeof signature) == 0
               ? SPN_STORED_HDF5
               : SPN_STORED_OTHER;
}

/* Is the file as long as it says? */
static spn_status check_length(spn_context *context, int fd, const char *path, int64_t size)
{
    unsigned char start[SUPERBLOCK] = {0};
    const uint64_t trailer = sizeof(spni_results_trailer);
    int64_t got = 0;
    spn_status status = spni_read_at(context, fd, path, 0, start, sizeof start, &got);
    if (status != SPN_OK) {
        return status;
    }
    const spn_stored stored = spn_stored_of((const char *)start, got);
    if (stored == SPN_STORED_JOURNAL) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is the journal of a run that was not finished, not its results: "
                        "'spinodal watch %s' shows what there is, the command that began the run "
                        "finishes it with --resume",
                        path, path);
    }
    if (stored != SPN_STORED_HDF5) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is not an HDF5 file", path);
    }
    const uint64_t end = number_at(start + END);
    if (start[VERSION] != 0 || start[ADDRESS_BYTES] != 8 || start[LENGTH_BYTES] != 8 ||
        number_at(start + BASE) != 0 || end == (uint64_t)size) {
        return refuse(context, path);
    }
    if (end > INT64_MAX - trailer || (uint64_t)size < end + trailer) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s has %lld bytes and says that it has %llu: was a copy or download "
                        "interrupted? Copy it again",
                        path, (long long)size, (unsigned long long)(end + trailer));
    }
    if ((uint64_t)size > end + trailer) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s has %lld bytes and says that it has %llu: something was written behind "
                        "its end",
                        path, (long long)size, (unsigned long long)(end + trailer));
    }
    return SPN_OK;
}

spn_status spni_results_check_file(spn_context *context, int fd, const char *path)
{
    spn_status status = SPN_OK;
    struct stat info;
    spni_results_trailer found = {.size = 0};
    const int64_t length = sizeof found;
    int64_t got = 0;
    uint32_t crc = 0;
    if (fstat(fd, &info) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s is not a regular file", path);
    }
    SPN_TRY(check_length(context, fd, path, (int64_t)info.st_size));
    const int64_t size = (int64_t)info.st_size - length;
    SPN_TRY(spni_read_at(context, fd, path, size, &found, length, &got));
    if (got != length || memcmp(found.magic, MAGIC, sizeof found.magic) != 0) {
        SPN_TRY(refuse(context, path));
    }
    SPN_TRY(checksum(context, fd, path, size, &crc));
    const spni_results_trailer expected = spni_results_make_trailer((uint64_t)size, crc);
    if (memcmp(&found, &expected, sizeof found) != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "damaged results file %s: its bytes do not match its checksum; copy it again",
                 path);
    }
done:
    return status;
}
