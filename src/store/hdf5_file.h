/* SPDX-License-Identifier: MIT */
/* What the HDF5 parts of the store share: silence, messages, closing, strings. */
#ifndef SPNI_STORE_HDF5_FILE_H
#define SPNI_STORE_HDF5_FILE_H

#include <hdf5.h>
#include <spinodal/store.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the checksums of results files are those of little-endian bytes"
#endif

#define SPNI_FORMAT_NAME "spinodal"
/* Attributes of data sets. */
#define SPNI_ATTRIBUTE_UNIT "unit"
#define SPNI_ATTRIBUTE_HELP "description"
#define SPNI_ATTRIBUTE_WORDS "words"
#define SPNI_ATTRIBUTE_CRC "crc32"
/* Of a table's group: the number of its data sets. */
#define SPNI_ATTRIBUTE_COLUMNS "columns"
/* Attributes of the file that are not in spn_results.attributes. */
#define SPNI_ATTRIBUTE_FORMAT "format"
#define SPNI_ATTRIBUTE_VERSION "format_version"
#define SPNI_ATTRIBUTE_KIND "kind"

/* The last bytes of a file that nobody has changed since it was written. HDF5 ignores what lies behind its own
 * end, and drops it when another program changes the file. HDF5 may crash on damaged metadata or never come
 * back; the checksum keeps everything away from it that is not byte for byte what was written. */
typedef struct spni_results_trailer {
    char magic[8];
    uint64_t size;        /* of the HDF5 file before it */
    uint32_t crc;         /* of its bytes */
    uint32_t trailer_crc; /* of the fields before it */
} spni_results_trailer;
_Static_assert(sizeof(spni_results_trailer) == 24, "the trailer has no padding");
spni_results_trailer spni_results_make_trailer(uint64_t size, uint32_t crc);

/* SPN_ERROR_INPUT unless the file is as long as it says and its bytes match its trailer. */
spn_status spni_results_check_file(spn_context *context, int fd, const char *path);

/* HDF5 prints its errors unless told otherwise, for the whole process: silence it and give it back. */
typedef struct spni_hdf5_silence {
    bool is_begun;
    H5E_auto2_t function;
    void *data;
} spni_hdf5_silence;
spn_status spni_hdf5_silence_begin(spn_context *context, spni_hdf5_silence *silence);
void spni_hdf5_silence_end(const spni_hdf5_silence *silence);

/* Fail with "<what> <path> (<part>): <reason that HDF5 gives>" and clear HDF5's error stack. Lack of memory is
 * SPN_ERROR_MEMORY, whatever `code` is. */
spn_status spni_hdf5_fail(spn_context *context, spn_status code, const char *what, const char *path,
                          const char *part);

/* Read a data set whole. What HDF5 says of a filter that failed does not tell (1.10: not always, 1.14: never) memory that
 * was lacking from data that are damaged: they are inflated once more to see. */
spn_status spni_hdf5_read_all(spn_context *context, hid_t set, hid_t type, void *values,
                              const char *path, const char *part);

/* Close if open (>= 0). What was read or made is known by then: a failure to close changes nothing. */
void spni_hdf5_close(hid_t id);

/* The variable-length UTF-8 string type, or negative. Close it. */
hid_t spni_hdf5_string_type(void);

/* The whole file, trailer included, as bytes in memory (spn_release() them). */
spn_status spni_results_image(spn_context *context, const char *path, const spn_results *results,
                              void **image, int64_t *size);

/* SPN_ERROR_IO naming the first part of `found` that is not bit for bit that of `written`. */
spn_status spni_results_compare(spn_context *context, const char *path, const spn_results *written,
                                const spn_results *found);

#endif
