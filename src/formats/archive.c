/* SPDX-License-Identifier: MIT */
#include "formats/archive.h"

#include <zlib.h>

/** Deflate turns at most 258 bytes into 2 bits. */
#define DEFLATE_RATIO_MAX 1032

static spn_status fail_zip(spn_context *context, const char *where, zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    bool is_zlib = code == ZIP_ER_ZLIB && zip_error_code_system(error) == Z_MEM_ERROR;
    if (code == ZIP_ER_MEMORY || is_zlib) {
        return spn_fail(context, SPN_ERROR_MEMORY, "%s: out of memory", where);
    }
    /* ZIP_CHECKCONS compares the names. */
    if (code == ZIP_ER_EXISTS) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s holds two members of the same name", where);
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s cannot be read as a zip archive: %s", where,
                    zip_error_strerror(error));
}

spn_status spni_archive_open(spn_context *context, const char *source, const void *bytes,
                             int64_t size, zip_t **out)
{
    spn_status status = SPN_OK;
    *out = NULL;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *buffer = zip_source_buffer_create(bytes, (zip_uint64_t)size, 0, &error);
    if (buffer == NULL) {
        status = fail_zip(context, source, &error);
        goto done;
    }
    *out = zip_open_from_source(buffer, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (*out == NULL) {
        zip_source_free(buffer);
        status = fail_zip(context, source, &error);
    }
done:
    zip_error_fini(&error);
    return status;
}

/** What the directory says about a member, checked against the `left` bytes it can occupy. */
static spn_status check_member(spn_context *context, const char *where, zip_t *archive,
                               int64_t index, zip_stat_t *facts, uint64_t *left)
{
    const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, facts) != 0) {
        return fail_zip(context, where, zip_get_error(archive));
    }
    if ((facts->valid & needed) != needed || facts->encryption_method != ZIP_EM_NONE) {
        return spn_fail(context, SPN_ERROR_INPUT, "%s is encrypted or lacks its sizes", where);
    }
    if (facts->comp_method != ZIP_CM_STORE && facts->comp_method != ZIP_CM_DEFLATE) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s is compressed by method %d; only stored and deflated members are read",
                        where, facts->comp_method);
    }
    bool is_stored = facts->comp_method == ZIP_CM_STORE;
    if (facts->comp_size > *left || (is_stored && facts->size != facts->comp_size) ||
        facts->size / DEFLATE_RATIO_MAX > facts->comp_size) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s declares %llu bytes in %llu, which the file cannot hold", where,
                        (unsigned long long)facts->size, (unsigned long long)facts->comp_size);
    }
    *left -= facts->comp_size;
    return SPN_OK;
}

/** All bytes of a member. Its end is read as well: that is where libzip compares the checksum. */
static spn_status read_member(spn_context *context, const char *where, zip_t *archive,
                              int64_t index, int64_t size, unsigned char **bytes)
{
    spn_status status = SPN_OK;
    unsigned char *buffer = NULL, beyond = 0;
    zip_file_t *file = NULL;
    SPN_NEW(context, buffer, size);
    file = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    if (file == NULL) {
        status = fail_zip(context, where, zip_get_error(archive));
        goto done;
    }
    int64_t used = 0, count = 0;
    do {
        SPN_TRY(spn_poll(context));
        bool is_full = used == size;
        count = zip_fread(file, is_full ? &beyond : buffer + used,
                          is_full ? 1 : (zip_uint64_t)(size - used));
        used += count > 0 ? count : 0;
    } while (count > 0 && used <= size);
    if (count < 0) {
        status = fail_zip(context, where, zip_file_get_error(file));
        goto done;
    }
    if (used != size) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds another number of bytes than it declares",
                 where);
    }
    *bytes = buffer;
    buffer = NULL;
done:
    if (file != NULL) {
        zip_fclose(file);
    }
    spn_release(context, buffer);
    return status;
}

spn_status spni_archive_read(spn_context *context, const char *where, zip_t *archive, int64_t index,
                             uint64_t *left, unsigned char **bytes, int64_t *size)
{
    spn_status status = SPN_OK;
    zip_stat_t facts;
    *bytes = NULL;
    SPN_TRY(check_member(context, where, archive, index, &facts, left));
    SPN_TRY(read_member(context, where, archive, index, (int64_t)facts.size, bytes));
    *size = (int64_t)facts.size;
done:
    return status;
}

void spni_archive_close(zip_t *archive)
{
    if (archive != NULL) {
        zip_discard(archive);
    }
}
