/* SPDX-License-Identifier: MIT */
/* The journal's bytes: header and records, shared by reading and writing. docs/format.md specifies them. */
#ifndef SPNI_STORE_JOURNAL_FILE_H
#define SPNI_STORE_JOURNAL_FILE_H

#include <spinodal/store.h>

#define SPNI_JOURNAL_MAGIC "spnjrnl\n"

/* Both structs consist of fields without padding and are written as they lie in memory; byte_order tells a
 * reader of the other endianness. */
typedef struct spni_journal_header {
    char magic[8];
    uint32_t version;
    uint32_t byte_order;
    uint64_t configuration_size;
    uint32_t configuration_crc;
    uint32_t header_crc; /* of the fields before it */
} spni_journal_header;

typedef struct spni_journal_record {
    uint32_t header_crc; /* of the fields after it */
    uint32_t type;
    uint64_t index; /* records before this one */
    uint64_t size;  /* of the payload that follows */
    uint32_t payload_crc;
    uint32_t reserved;
} spni_journal_record;

_Static_assert(sizeof(spni_journal_header) == 32, "the journal's header has no padding");
_Static_assert(sizeof(spni_journal_record) == 32, "a record's header has no padding");

/* CRC-32 of ISO 3309, continued from `crc` (0 at the start). */
uint32_t spni_crc32(uint32_t crc, const void *data, int64_t size);

spni_journal_header spni_journal_make_header(const char *configuration);
uint32_t spni_journal_record_crc(const spni_journal_record *record);

/* Read `size` bytes at `offset`; fewer only at the end of the file. *got receives their number. */
spn_status spni_read_at(spn_context *context, int fd, const char *path, int64_t offset, void *data,
                        int64_t size, int64_t *got);

/* Compare the file's header with the expected configuration. *valid is the position of the first record,
 * or 0 when the file is a torn header of this very configuration. */
spn_status spni_journal_check_header(spn_context *context, int fd, const char *path,
                                     const char *configuration, int64_t *valid);

/* The stored configuration (spn_release() it) and the position of the first record. */
spn_status spni_journal_read_header(spn_context *context, int fd, const char *path,
                                    char **configuration, int64_t *position);

/* Hand the records from `position` on to the reader; fills info. */
spn_status spni_journal_read_records(spn_context *context, int fd, const char *path,
                                     int64_t position, spn_journal_reader *reader, void *state,
                                     spn_journal_info *info);

#endif
