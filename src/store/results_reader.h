/* SPDX-License-Identifier: MIT */
/* What the reader of results consists of. */
#ifndef SPNI_STORE_RESULTS_READER_H
#define SPNI_STORE_RESULTS_READER_H

#include "store/hdf5_file.h"

#define SPNI_ITEMS_MAX 4096 /* attributes, links of a group, words of a column */

typedef struct spni_reader {
    spn_context *context;
    spn_arena *arena;
    const char *path;
    hid_t file;
    hid_t string;
    spn_table *tables;
    spn_array *arrays;
    spn_text_column *text_columns;
    int64_t text_column_capacity;
    spn_attribute *attributes;
    spn_results *out;
} spni_reader;

/* Fail with what HDF5 says about `part` of the file. */
spn_status spni_read_fail(const spni_reader *r, const char *part);

/* Strings from an attribute or data set that has been read into `raw`, copied and given back to HDF5. */
spn_status spni_take_strings(const spni_reader *r, hid_t space, char **raw, int64_t count,
                             const char *const **out);
spn_status spni_is_string(const spni_reader *r, hid_t type, bool *is_string);

/* Attributes of an object. Texts: *count is 0, a text: NULL where there is none of that name and kind. */
spn_status spni_read_texts(const spni_reader *r, hid_t object, const char *name, int64_t *count,
                           const char *const **out);
spn_status spni_read_text(const spni_reader *r, hid_t object, const char *name, const char **text);
spn_status spni_read_integer(const spni_reader *r, hid_t object, const char *name, bool *is_there,
                             int64_t *value);

/* Open the file, after its length and its checksum. */
spn_status spni_open_file(spni_reader *r);
/* Is it ours, and of a version that we know? Sets the kind. */
spn_status spni_check_format(const spni_reader *r);

#endif
