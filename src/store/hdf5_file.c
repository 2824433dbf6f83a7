/* SPDX-License-Identifier: MIT */
#include "store/hdf5_file.h"

#include <spinodal/base/farm.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

spn_status spni_hdf5_silence_begin(spn_context *context, spni_hdf5_silence *silence)
{
    *silence = (spni_hdf5_silence){.is_begun = false};
    silence->is_begun = H5Eget_auto2(H5E_DEFAULT, &silence->function, &silence->data) >= 0 &&
                        H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0;
    return silence->is_begun
               ? SPN_OK
               : spn_fail(context, SPN_ERROR_MEMORY, "out of memory: HDF5 cannot be started");
}

void spni_hdf5_silence_end(const spni_hdf5_silence *silence)
{
    if (silence->is_begun) {
        H5Eclear2(H5E_DEFAULT);
        H5Eset_auto2(H5E_DEFAULT, silence->function, silence->data);
    }
}

#define REASON_SIZE 200

/* Why a call failed, from HDF5's error stack. */
typedef struct cause {
    char reason[REASON_SIZE];
    bool is_memory;
} cause;

/* The innermost entry of the stack is the cause. Its file driver's texts hold the system's message among much
 * else: "..., errno = 28, error message = 'No space left on device', ...". That memory was lacking may stand
 * further out, and where there was none to keep the reason in, there is no entry at all. We give HDF5 only
 * identifiers that it gave us: one that it does not know is one that 1.14 had no memory to keep. */
static herr_t find_cause(unsigned n, const H5E_error2_t *entry, void *data)
{
    static const char marker[] = "error message = '";
    cause *c = data;
    c->is_memory = c->is_memory || entry->min_num == H5E_CANTALLOC ||
                   (entry->maj_num == H5E_RESOURCE && entry->min_num == H5E_NOSPACE) ||
                   (n == 0 && entry->maj_num == H5E_ARGS && entry->min_num == H5E_BADTYPE);
    if (n > 0 || entry->desc == NULL) {
        return 0;
    }
    const char *start = strstr(entry->desc, marker);
    const char *end = NULL;
    if (start != NULL) {
        start += sizeof marker - 1;
        end = strchr(start, '\'');
    }
    if (end != NULL) {
        snprintf(c->reason, REASON_SIZE, "%.*s", (int)(end - start), start);
    } else {
        snprintf(c->reason, REASON_SIZE, "%s", entry->desc);
    }
    return 0;
}

static spn_status fail(spn_context *context, spn_status code, const char *what, const char *path,
                       const char *part, bool is_memory)
{
    cause c = {.reason = "", .is_memory = is_memory || H5Eget_num(H5E_DEFAULT) == 0};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_cause, &c);
    H5Eclear2(H5E_DEFAULT);
    const bool has_part = part[0] != '\0';
    const char *lack = c.is_memory ? "out of memory in HDF5: " : "";
    return spn_fail(context, c.is_memory ? SPN_ERROR_MEMORY : code, "%s%s %s%s%s%s%s%s", lack, what,
                    path, has_part ? " (" : "", part, has_part ? ")" : "",
                    c.reason[0] != '\0' ? ": " : "", c.reason);
}

spn_status spni_hdf5_fail(spn_context *context, spn_status code, const char *what, const char *path,
                          const char *part)
{
    return fail(context, code, what, path, part, false);
}

/* Is this no deflated data? Where the memory to see it is lacking, nothing is said against the data. */
static bool is_damaged(void *bytes, size_t size)
{
    unsigned char out[4096];
    z_stream stream = {.next_in = bytes, .avail_in = (uInt)size}; /* chunks end below 4 GiB */
    int result = Z_OK;
    if (inflateInit(&stream) != Z_OK) {
        return false;
    }
    while (result == Z_OK) {
        stream.next_out = out;
        stream.avail_out = sizeof out;
        result = inflate(&stream, Z_NO_FLUSH);
    }
    inflateEnd(&stream);
    return result != Z_STREAM_END && result != Z_MEM_ERROR;
}

/* A filter has failed on a chunk, which is as it was before. The shuffle takes any data. */
static H5Z_cb_return_t judge_filter(H5Z_filter_t filter, void *chunk, size_t size, void *data)
{
    bool *is_memory = data;
    *is_memory =
        filter == H5Z_FILTER_SHUFFLE || (filter == H5Z_FILTER_DEFLATE && !is_damaged(chunk, size));
    return H5Z_CB_FAIL;
}

spn_status spni_hdf5_read_all(spn_context *context, hid_t set, hid_t type, void *values,
                              const char *path, const char *part)
{
    bool is_memory = false;
    spn_farm_beat(context);
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    const bool is_read = list >= 0 && H5Pset_filter_callback(list, judge_filter, &is_memory) >= 0 &&
                         H5Dread(set, type, H5S_ALL, H5S_ALL, list, values) >= 0;
    spn_status status =
        is_read ? SPN_OK : fail(context, SPN_ERROR_INPUT, "cannot read", path, part, is_memory);
    spni_hdf5_close(list);
    return status;
}

void spni_hdf5_close(hid_t id)
{
    if (id >= 0) {
        H5Idec_ref(id);
    }
}

hid_t spni_hdf5_string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}
