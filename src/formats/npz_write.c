/* SPDX-License-Identifier: MIT */
#include "formats/arrays.h"

#include <stdio.h>
#include <string.h>
#include <zip.h>

/** 1980-01-01 00:00, the first day a zip archive can tell. */
#define DOS_DATE (1 << 5 | 1)
#define DOS_TIME 0
#define FILE_MODE 0100644u

static spn_status fail_zip(spn_context *context, zip_error_t *error)
{
    return spn_fail(context, SPN_ERROR_MEMORY, "cannot build the zip archive: %s",
                    zip_error_strerror(error));
}

/** An archive that is written into `buffer`, which the caller holds a reference of. */
static spn_status open_archive(spn_context *context, zip_source_t **buffer, zip_t **archive)
{
    spn_status status = SPN_OK;
    zip_error_t error;
    zip_error_init(&error);
    *buffer = zip_source_buffer_create(NULL, 0, 0, &error);
    if (*buffer == NULL) {
        status = fail_zip(context, &error);
        goto done;
    }
    zip_source_keep(*buffer);
    *archive = zip_open_from_source(*buffer, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (*archive == NULL) {
        zip_source_free(*buffer); /* the archive's reference; the caller's remains */
        status = fail_zip(context, &error);
    }
done:
    zip_error_fini(&error);
    return status;
}

/** The archive reads the member's bytes when it is closed, so they are kept in `bytes` until then. */
static spn_status add_member(spn_context *context, zip_t *archive, const spn_named_array *array,
                             unsigned char **bytes)
{
    spn_status status = SPN_OK;
    int64_t size = 0;
    char name[SPN_ARRAY_NAME_MAX + 5];
    snprintf(name, sizeof name, "%s.npy", array->name);
    SPN_TRY(spni_npy_build(context, array, bytes, &size));
    zip_source_t *member = zip_source_buffer(archive, *bytes, (zip_uint64_t)size, 0);
    if (member == NULL) {
        status = fail_zip(context, zip_get_error(archive));
        goto done;
    }
    zip_int64_t index = zip_file_add(archive, name, member, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(member);
        status = fail_zip(context, zip_get_error(archive));
        goto done;
    }
    zip_uint64_t at = (zip_uint64_t)index;
    if (zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, at, DOS_TIME, DOS_DATE, 0) != 0 ||
        zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, FILE_MODE << 16) != 0) {
        status = fail_zip(context, zip_get_error(archive));
    }
done:
    return status;
}

static spn_status copy_bytes(spn_context *context, zip_source_t *buffer, unsigned char **bytes,
                             int64_t *size)
{
    spn_status status = SPN_OK;
    bool is_open = false;
    zip_stat_t facts;
    if (zip_source_stat(buffer, &facts) != 0 || zip_source_open(buffer) != 0) {
        status = fail_zip(context, zip_source_error(buffer));
        goto done;
    }
    is_open = true;
    *size = (int64_t)facts.size;
    SPN_NEW(context, *bytes, *size);
    if (zip_source_read(buffer, *bytes, facts.size) != *size) {
        status = fail_zip(context, zip_source_error(buffer));
    }
done:
    if (is_open) {
        zip_source_close(buffer);
    }
    return status;
}

spn_status spni_npz_build(spn_context *context, const spn_arrays *arrays, unsigned char **bytes,
                          int64_t *size)
{
    spn_status status = SPN_OK;
    zip_source_t *buffer = NULL;
    zip_t *archive = NULL;
    unsigned char **members = NULL;
    *bytes = NULL;
    SPN_TRY(spni_arrays_check(context, arrays));
    SPN_NEW(context, members, arrays->count);
    SPN_TRY(open_archive(context, &buffer, &archive));
    for (int64_t i = 0; i < arrays->count; i++) {
        SPN_TRY(add_member(context, archive, &arrays->items[i], &members[i]));
    }
    if (zip_close(archive) != 0) {
        status = fail_zip(context, zip_get_error(archive));
        goto done;
    }
    archive = NULL;
    SPN_TRY(copy_bytes(context, buffer, bytes, size));
done:
    if (archive != NULL) {
        zip_discard(archive);
    }
    if (buffer != NULL) {
        zip_source_free(buffer);
    }
    for (int64_t i = 0; members != NULL && i < arrays->count; i++) {
        spn_release(context, members[i]);
    }
    spn_release(context, members);
    if (status != SPN_OK) {
        spn_release(context, *bytes);
        *bytes = NULL;
    }
    return status;
}

spn_status spn_npz_write(spn_context *context, spn_output *output, const spn_arrays *arrays)
{
    spn_status status = SPN_OK;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    SPN_TRY(spni_npz_build(context, arrays, &bytes, &size));
    SPN_TRY(spn_output_write(context, output, bytes, size));
done:
    spn_release(context, bytes);
    return status;
}
