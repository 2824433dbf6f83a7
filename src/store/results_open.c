/* SPDX-License-Identifier: MIT */
/* Opening a results file; its attributes. */
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
    if (H5Dvlen_reclaim(r->string, space, H5P_DEFAULT, raw) < 0 && status == SPN_OK) {
        status = spni_read_fail(r, "");
    }
    return status;
}

spn_status spni_is_string(const spni_reader *r, hid_t type, bool *is_string)
{
    const H5T_class_t class = H5Tget_class(type);
    const htri_t is_variable = class == H5T_STRING ? H5Tis_variable_str(type) : 0;
    *is_string = is_variable > 0;
    return class == H5T_NO_CLASS || is_variable < 0 ? spni_read_fail(r, "") : SPN_OK;
}

/* An attribute that is open: closed by close_attribute() whatever happened. */
typedef struct attribute {
    hid_t id, type, space; /* id < 0: there is none of that name */
    H5T_class_t class;
    int64_t points;
} attribute;

static void close_attribute(const attribute *a)
{
    spni_hdf5_close(a->space);
    spni_hdf5_close(a->type);
    spni_hdf5_close(a->id);
}

static spn_status open_attribute(const spni_reader *r, hid_t object, const char *name, attribute *a)
{
    *a = (attribute){H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, H5T_NO_CLASS, 0};
    const htri_t exists = H5Aexists(object, name);
    if (exists <= 0) {
        return exists < 0 ? spni_read_fail(r, name) : SPN_OK;
    }
    a->id = H5Aopen(object, name, H5P_DEFAULT);
    a->type = a->id < 0 ? H5I_INVALID_HID : H5Aget_type(a->id);
    a->space = a->id < 0 ? H5I_INVALID_HID : H5Aget_space(a->id);
    a->class = a->type < 0 ? H5T_NO_CLASS : H5Tget_class(a->type);
    a->points = a->space < 0 ? -1 : (int64_t)H5Sget_simple_extent_npoints(a->space);
    return a->class == H5T_NO_CLASS || a->points < 0 ? spni_read_fail(r, name) : SPN_OK;
}

static spn_status read_strings(const spni_reader *r, const char *name, const attribute *a,
                               const char *const **out)
{
    spn_status status = SPN_OK;
    char **raw = NULL;
    const H5T_cset_t set = H5Tget_cset(a->type);
    SPN_NEW(r->context, raw, a->points);
    if (set == H5T_CSET_ERROR || H5Tset_cset(r->string, set) < 0 ||
        H5Aread(a->id, r->string, raw) < 0) {
        status = spni_read_fail(r, name);
        goto done;
    }
    SPN_TRY(spni_take_strings(r, a->space, raw, a->points, out));
done:
    spn_release(r->context, raw);
    return status;
}

spn_status spni_read_texts(const spni_reader *r, hid_t object, const char *name, int64_t *count,
                           const char *const **out)
{
    spn_status status = SPN_OK;
    attribute a;
    bool is_string = false;
    *count = 0;
    SPN_TRY(open_attribute(r, object, name, &a));
    if (a.id < 0) {
        goto done;
    }
    SPN_TRY(spni_is_string(r, a.type, &is_string));
    if (is_string && a.points > 0 && a.points <= SPNI_ITEMS_MAX) {
        SPN_TRY(read_strings(r, name, &a, out));
        *count = a.points;
    }
done:
    close_attribute(&a);
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
    attribute a;
    *is_there = false;
    SPN_TRY(open_attribute(r, object, name, &a));
    if (a.class == H5T_INTEGER && a.points == 1) {
        *is_there = true;
        status = H5Aread(a.id, H5T_NATIVE_INT64, value) < 0 ? spni_read_fail(r, name) : SPN_OK;
    }
done:
    close_attribute(&a);
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

/* There is no such file: perhaps since the run that writes it has not ended. */
static spn_status fail_absent(const spni_reader *r)
{
    spn_status status = SPN_OK;
    spn_journals journals;
    int64_t written = 0;
    SPN_TRY(spn_journals_find(r->context, r->path, &journals));
    for (int64_t i = 0; i < journals.count; i++) {
        written += spn_journal_is_written(journals.paths[i]);
    }
    if (journals.count > 0) {
        SPN_FAIL(r->context, SPN_ERROR_IO,
                 "%s is not there yet: the run that writes it %s (%s%s); 'spinodal watch %s' shows "
                 "what there is%s",
                 r->path, written > 0 ? "goes on" : "was not finished", journals.paths[0],
                 journals.count > 1 ? ", ..." : "", r->path,
                 written > 0 ? "" : ", the command that began it finishes it with --resume");
    }
    status = spn_fail(r->context, SPN_ERROR_IO, "cannot open %s: %s", r->path, strerror(ENOENT));
done:
    spn_journals_free(r->context, &journals);
    return status;
}

spn_status spni_open_file(spni_reader *r)
{
    spn_status status = SPN_OK;
    hid_t access = H5I_INVALID_HID;
    /* Opening a pipe would wait for its writer. */
    int fd = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return fail_absent(r);
    }
    if (fd < 0) {
        return spn_fail(r->context, SPN_ERROR_IO, "cannot open %s: %s", r->path, strerror(errno));
    }
    status = spni_results_check_file(r->context, fd, r->path);
    close(fd);
    SPN_TRY(status);
    r->string = spni_hdf5_string_type();
    access = H5Pcreate(H5P_FILE_ACCESS);
    /* A finished file is never written again: no lock is needed, and some file systems have none. */
    if (access >= 0 && H5Pset_file_locking(access, false, true) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0) {
        r->file = H5Fopen(r->path, H5F_ACC_RDONLY, access);
    }
    if (r->file < 0 || r->string < 0) {
        status = spni_hdf5_fail(r->context, SPN_ERROR_INPUT, "damaged results file", r->path, "");
    }
done:
    spni_hdf5_close(access);
    return status;
}
