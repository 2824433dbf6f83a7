/* SPDX-License-Identifier: MIT */
/* Reading a journal.
 *
 * What a killed process leaves is a prefix of what it wrote, so a record that ends beyond the end of the file is
 * a torn tail. A power failure may also leave the length of the last record with wrong or zero bytes in
 * it: the last record with a wrong payload checksum, and a tail of zeros, count as torn as well. Everything
 * else that does not match is damage and is reported with its position. */
#include "store/journal_file.h"

#include <errno.h>
#include <spinodal/base/farm.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define VERSION 1
#define BYTE_ORDER_MARK 0x01020304u
/* A configuration's first line that begins with this names the program. */
#define PROGRAM_MARK "# "

uint32_t spni_crc32(uint32_t crc, const void *data, int64_t size)
{
    return (uint32_t)crc32_z(crc, data, (size_t)size);
}

spni_journal_header spni_journal_make_header(const char *configuration)
{
    spni_journal_header header = {.version = VERSION, .byte_order = BYTE_ORDER_MARK};
    memcpy(header.magic, SPNI_JOURNAL_MAGIC, sizeof header.magic);
    size_t size = strlen(configuration);
    header.configuration_size = size;
    header.configuration_crc = spni_crc32(0, configuration, (int64_t)size);
    header.header_crc = spni_crc32(0, &header, offsetof(spni_journal_header, header_crc));
    return header;
}

uint32_t spni_journal_record_crc(const spni_journal_record *record)
{
    const size_t start = offsetof(spni_journal_record, type);
    return spni_crc32(0, (const char *)record + start, (int64_t)(sizeof *record - start));
}

spn_status spni_read_at(spn_context *context, int fd, const char *path, int64_t offset, void *data,
                        int64_t size, int64_t *got)
{
    int64_t done = 0;
    spn_farm_beat(context); /* others wait for who reads what they have written */
    while (done < size) {
        ssize_t n = pread(fd, (char *)data + done, (size_t)(size - done), (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        done += n;
    }
    *got = done;
    return SPN_OK;
}

static spn_status file_size(spn_context *context, int fd, const char *path, int64_t *size)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return spn_fail(context, SPN_ERROR_IO, "%s is not a plain file", path);
    }
    *size = (int64_t)info.st_size;
    return SPN_OK;
}

static spn_status check_fields(spn_context *context, const char *path, int64_t file_bytes,
                               const spni_journal_header *header)
{
    if (memcmp(header->magic, SPNI_JOURNAL_MAGIC, sizeof header->magic) != 0) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is not a journal of spinodal", path);
    }
    if (header->byte_order != BYTE_ORDER_MARK) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s was written on a machine with another byte order, or is damaged", path);
    }
    if (header->header_crc != spni_crc32(0, header, offsetof(spni_journal_header, header_crc))) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is damaged at byte 0 (checksum of the header)", path);
    }
    if (header->version != VERSION) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s has journal version %u, this program reads version %d: finish the run "
                        "with the program that began it",
                        path, header->version, VERSION);
    }
    if (header->configuration_size > (uint64_t)(file_bytes - (int64_t)sizeof *header)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s ends inside its header: it holds no points, start the run anew with "
                        "--force",
                        path);
    }
    return SPN_OK;
}

spn_status spni_journal_read_header(spn_context *context, int fd, const char *path,
                                    char **configuration, int64_t *position)
{
    spn_status status = SPN_OK;
    char *text = NULL;
    int64_t size = 0;
    int64_t got = 0;
    spni_journal_header header;
    SPN_TRY(file_size(context, fd, path, &size));
    SPN_TRY(spni_read_at(context, fd, path, 0, &header, sizeof header, &got));
    if (got < (int64_t)sizeof header) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s is too short for a journal of spinodal", path);
    }
    SPN_TRY(check_fields(context, path, size, &header));
    int64_t length = (int64_t)header.configuration_size;
    SPN_NEW(context, text, length + 1);
    SPN_TRY(spni_read_at(context, fd, path, sizeof header, text, length, &got));
    if (got != length || spni_crc32(0, text, length) != header.configuration_crc) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s is damaged at byte %zu (checksum of the configuration)", path, sizeof header);
    }
    *configuration = text;
    *position = (int64_t)sizeof header + length;
    text = NULL;
done:
    spn_release(context, text);
    return status;
}

/* A line of a text: *length without the newline; returns the start of the next line, NULL after the last. */
static const char *line_end(const char *line, int *length)
{
    size_t n = strcspn(line, "\n");
    *length = n < 160 ? (int)n : 160;
    return line[n] == '\n' && line[n + 1] != '\0' ? line + n + 1 : NULL;
}

/* Configurations whose first lines, which name the program, differ. */
static bool is_other_program(const char *stored, const char *expected)
{
    const size_t length = strcspn(expected, "\n");
    return strncmp(expected, PROGRAM_MARK, sizeof PROGRAM_MARK - 1) == 0 &&
           (strcspn(stored, "\n") != length || strncmp(stored, expected, length) != 0);
}

static spn_status report_version(spn_context *context, const char *path, const char *stored,
                                 const char *expected)
{
    const int mark = sizeof PROGRAM_MARK - 1;
    const int skipped = strncmp(stored, PROGRAM_MARK, (size_t)mark) == 0 ? mark : 0;
    int there = 0, here = 0;
    line_end(stored, &there);
    line_end(expected, &here);
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s was begun by another version of the program: there it is \"%.*s\", this is "
                    "\"%.*s\"; finish the run with the program that began it, or start anew with "
                    "--force",
                    path, there - skipped, stored + skipped, here - mark, expected + mark);
}

static spn_status report_difference(spn_context *context, const char *path, const char *stored,
                                    const char *expected)
{
    static const char nothing[] = "(end of the experiment)";
    for (int64_t number = 1; stored != NULL || expected != NULL; number++) {
        int a = 0;
        int b = 0;
        const char *next_stored = stored != NULL ? line_end(stored, &a) : NULL;
        const char *next_expected = expected != NULL ? line_end(expected, &b) : NULL;
        bool is_equal = stored != NULL && expected != NULL &&
                        strcspn(stored, "\n") == strcspn(expected, "\n") &&
                        strncmp(stored, expected, strcspn(stored, "\n")) == 0;
        if (!is_equal) {
            return spn_fail(context, SPN_ERROR_INPUT,
                            "%s belongs to another experiment: line %lld there is \"%.*s\", now it "
                            "is \"%.*s\"; resume with the same experiment, or start anew with "
                            "--force",
                            path, (long long)number, stored != NULL ? a : (int)sizeof nothing - 1,
                            stored != NULL ? stored : nothing,
                            expected != NULL ? b : (int)sizeof nothing - 1,
                            expected != NULL ? expected : nothing);
        }
        stored = next_stored;
        expected = next_expected;
    }
    return spn_fail(context, SPN_ERROR_INPUT,
                    "%s belongs to an experiment that differs in its last newline", path);
}

/* Is the whole file a proper prefix of header + configuration? Then it was killed while it was made. */
static spn_status is_torn_header(spn_context *context, int fd, const char *path, int64_t size,
                                 const char *configuration, bool *is_torn)
{
    spn_status status = SPN_OK;
    char *found = NULL;
    int64_t got = 0;
    const spni_journal_header header = spni_journal_make_header(configuration);
    const int64_t head = sizeof header;
    *is_torn = false;
    if (size >= head + (int64_t)header.configuration_size) {
        return SPN_OK;
    }
    SPN_NEW(context, found, size);
    SPN_TRY(spni_read_at(context, fd, path, 0, found, size, &got));
    int64_t from_header = got < head ? got : head;
    *is_torn = memcmp(found, &header, (size_t)from_header) == 0 &&
               memcmp(found + from_header, configuration, (size_t)(got - from_header)) == 0;
done:
    spn_release(context, found);
    return status;
}

spn_status spni_journal_check_header(spn_context *context, int fd, const char *path,
                                     const char *configuration, int64_t *valid)
{
    spn_status status = SPN_OK;
    char *stored = NULL;
    int64_t size = 0;
    bool is_torn = false;
    SPN_TRY(file_size(context, fd, path, &size));
    SPN_TRY(is_torn_header(context, fd, path, size, configuration, &is_torn));
    *valid = 0;
    if (is_torn) {
        goto done;
    }
    SPN_TRY(spni_journal_read_header(context, fd, path, &stored, valid));
    if (is_other_program(stored, configuration)) {
        SPN_TRY(report_version(context, path, stored, configuration));
    } else if (strcmp(stored, configuration) != 0) {
        SPN_TRY(report_difference(context, path, stored, configuration));
    }
done:
    spn_release(context, stored);
    return status;
}

static spn_status is_zero_from(spn_context *context, int fd, const char *path, int64_t position,
                               bool *is_zero)
{
    char block[4096];
    int64_t got = 0;
    *is_zero = true;
    do {
        spn_status status = spni_read_at(context, fd, path, position, block, sizeof block, &got);
        if (status != SPN_OK) {
            return status;
        }
        for (int64_t i = 0; i < got; i++) {
            if (block[i] != 0) {
                *is_zero = false;
                return SPN_OK;
            }
        }
        position += got;
    } while (got == (int64_t)sizeof block);
    return SPN_OK;
}

/* Header of the record at `position`; *is_torn where the file ends inside the record. */
static spn_status read_record_header(spn_context *context, int fd, const char *path,
                                     int64_t position, int64_t size, int64_t index,
                                     spni_journal_record *record, bool *is_torn)
{
    int64_t got = 0;
    *is_torn = size - position < (int64_t)sizeof *record;
    if (*is_torn) {
        return SPN_OK;
    }
    spn_status status = spni_read_at(context, fd, path, position, record, sizeof *record, &got);
    if (status != SPN_OK) {
        return status;
    }
    if (record->header_crc != spni_journal_record_crc(record) || record->index != (uint64_t)index) {
        status = is_zero_from(context, fd, path, position, is_torn);
        if (status != SPN_OK || *is_torn) {
            return status;
        }
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is damaged at byte %lld (header of record %lld); start the run anew "
                        "with --force",
                        path, (long long)position, (long long)index);
    }
    *is_torn = record->size > (uint64_t)(size - position - (int64_t)sizeof *record);
    return SPN_OK;
}

static spn_status grow(spn_context *context, char **buffer, int64_t *capacity, int64_t needed)
{
    spn_status status = SPN_OK;
    if (needed <= *capacity) {
        return SPN_OK;
    }
    spn_release(context, *buffer);
    *buffer = NULL;
    *capacity = 0;
    SPN_NEW(context, *buffer, needed);
    *capacity = needed;
done:
    return status;
}

spn_status spni_journal_read_records(spn_context *context, int fd, const char *path,
                                     int64_t position, spn_journal_reader *reader, void *state,
                                     spn_journal_info *info)
{
    spn_status status = SPN_OK;
    char *buffer = NULL;
    int64_t capacity = 0;
    int64_t size = 0;
    SPN_TRY(file_size(context, fd, path, &size));
    *info = (spn_journal_info){.bytes = position};
    while (position < size) {
        spni_journal_record record;
        bool is_torn = false;
        int64_t got = 0;
        SPN_TRY(read_record_header(context, fd, path, position, size, info->records, &record,
                                   &is_torn));
        if (is_torn) {
            break;
        }
        const int64_t payload = (int64_t)record.size;
        const int64_t start = position + (int64_t)sizeof record;
        SPN_TRY(grow(context, &buffer, &capacity, payload));
        SPN_TRY(spni_read_at(context, fd, path, start, buffer, payload, &got));
        if (got != payload || spni_crc32(0, buffer, payload) != record.payload_crc) {
            if (start + payload >= size) {
                break;
            }
            SPN_FAIL(context, SPN_ERROR_INPUT,
                     "%s is damaged at byte %lld (checksum of record %lld); start the run anew "
                     "with --force",
                     path, (long long)start, (long long)info->records);
        }
        if (reader != NULL) {
            SPN_TRY(reader(context, state, (int64_t)record.type, buffer, payload));
        }
        position = start + payload;
        info->records++;
        info->bytes = position;
    }
    info->cut_bytes = size - info->bytes;
done:
    spn_release(context, buffer);
    return status;
}
