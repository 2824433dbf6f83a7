/* SPDX-License-Identifier: MIT */
/* Opening a results file; its attributes. */
#include "store/journal_file.h"
#include "store/results_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

spn_status spni_read_fail(const spni_reader *r, const char *part)
{
    return spni_hdf5_fail(r->context, SPN_ERROR_INPUT, "cannot read", r->path, part);
}

static spn_status duplicate(const spni_reader *r, const char *text, const char **out)
{
    *out = spn_arena_duplicate(r->arena, text);
    return *out != NULL ? SPN_OK : spn_error_status(r->context);
}

spn_status spni_take_strings(const spni_reader *r, hid_t space, char **raw, int64_t count,
                             const char *const **out)
{
    spn_status status = SPN_OK;
    const char **items = NULL;
    SPN_TAKE(r->context, r->arena, items, count + 1);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(duplicate(r, raw[i] != NULL ? raw[i] : "", &items[i]));
    }
    *out = items;
done:
    H5Dvlen_reclaim(r->string, space, H5P_DEFAULT, raw);
    return status;
}

bool spni_is_string(hid_t type)
{
    return type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
}

spn_status spni_read_texts(const spni_reader *r, hid_t object, const char *name, int64_t *count,
                           const char *const **out)
{
    spn_status status = SPN_OK;
    char **raw = NULL;
    hid_t attribute = H5I_INVALID_HID;
    hid_t type = H5I_INVALID_HID;
    hid_t space = H5I_INVALID_HID;
    *count = 0;
    if (H5Aexists(object, name) <= 0) {
        return SPN_OK;
    }
    attribute = H5Aopen(object, name, H5P_DEFAULT);
    type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    int64_t points = space < 0 ? 0 : (int64_t)H5Sget_simple_extent_npoints(space);
    if (!spni_is_string(type) || points <= 0 || points > SPNI_ITEMS_MAX) {
        goto done;
    }
    SPN_NEW(r->context, raw, points);
    if (H5Tset_cset(r->string, H5Tget_cset(type)) < 0 || H5Aread(attribute, r->string, raw) < 0) {
        status = spni_read_fail(r, name);
        goto done;
    }
    SPN_TRY(spni_take_strings(r, space, raw, points, out));
    *count = points;
done:
    spn_release(r->context, raw);
    spni_hdf5_close(space);
    spni_hdf5_close(type);
    spni_hdf5_close(attribute);
    return status;
}

spn_status spni_read_text(const spni_reader *r, hid_t object, const char *name, const char **text)
{
    const char *const *items = NULL;
    int64_t count = 0;
    spn_status status = spni_read_texts(r, object, name, &count, &items);
    *text = count == 1 ? items[0] : NULL;
    return status;
}

spn_status spni_read_integer(const spni_reader *r, hid_t object, const char *name, bool *is_there,
                             int64_t *value)
{
    spn_status status = SPN_OK;
    *is_there = false;
    if (H5Aexists(object, name) <= 0) {
        return SPN_OK;
    }
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_INTEGER &&
        H5Sget_simple_extent_npoints(space) == 1) {
        *is_there = true;
        status = H5Aread(attribute, H5T_NATIVE_INT64, value) < 0 ? spni_read_fail(r, name) : SPN_OK;
    }
    spni_hdf5_close(space);
    spni_hdf5_close(type);
    spni_hdf5_close(attribute);
    return status;
}

spn_status spni_check_format(const spni_reader *r)
{
    spn_status status = SPN_OK;
    const char *format = NULL;
    bool has_version = false;
    int64_t version = 0;
    SPN_TRY(spni_read_text(r, r->file, SPNI_ATTRIBUTE_FORMAT, &format));
    SPN_TRY(spni_read_integer(r, r->file, SPNI_ATTRIBUTE_VERSION, &has_version, &version));
    SPN_TRY(spni_read_text(r, r->file, SPNI_ATTRIBUTE_KIND, &r->out->kind));
    if (format == NULL || strcmp(format, SPNI_FORMAT_NAME) != 0) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "%s is an HDF5 file, but not one of spinodal (it has no attribute format = "
                 "\"spinodal\")",
                 r->path);
    }
    if (!has_version || version < 1 || r->out->kind == NULL) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "cannot read %s: the attribute format_version or kind is missing or wrong",
                 r->path);
    }
    if (version > SPN_RESULTS_VERSION) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "%s has format version %lld, this program reads up to %d: use a newer spinodal",
                 r->path, (long long)version, SPN_RESULTS_VERSION);
    }
done:
    return status;
}

spn_status spni_open_file(spni_reader *r)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    unsigned char start[8] = {0};
    spn_status status = SPN_OK;
    int64_t got = 0;
    hid_t access = H5I_INVALID_HID;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return spn_fail(r->context, SPN_ERROR_IO, "cannot open %s: %s", r->path, strerror(errno));
    }
    status = spni_read_at(r->context, fd, r->path, 0, start, sizeof start, &got);
    if (status == SPN_OK) {
        status = spni_results_check_trailer(r->context, fd, r->path);
    }
    close(fd);
    SPN_TRY(status);
    if (memcmp(start, signature, sizeof signature) != 0) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "%s is not an HDF5 file", r->path);
    }
    r->string = spni_hdf5_string_type();
    access = H5Pcreate(H5P_FILE_ACCESS);
    /* A finished file is never written again: no lock is needed, and some file systems have none. */
    if (access >= 0 && H5Pset_file_locking(access, false, true) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0) {
        r->file = H5Fopen(r->path, H5F_ACC_RDONLY, access);
    }
    if (r->file < 0 || r->string < 0) {
        status = spni_hdf5_fail(r->context, SPN_ERROR_INPUT, "damaged or truncated results file",
                                r->path, "");
    }
done:
    spni_hdf5_close(access);
    return status;
}
