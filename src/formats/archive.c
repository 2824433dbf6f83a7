/* SPDX-License-Identifier: MIT */
#include "formats/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
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

/** The archive of these bytes (NULL: `error` says why there are none). */
static spn_status open_source(spn_context *context, const char *source, zip_source_t *bytes,
                              zip_error_t *error, zip_t **out)
{
    spn_status status = SPN_OK;
    *out = bytes != NULL ? zip_open_from_source(bytes, ZIP_RDONLY | ZIP_CHECKCONS, error) : NULL;
    if (*out == NULL) {
        zip_source_free(bytes);
        status = fail_zip(context, source, error);
    }
    zip_error_fini(error);
    return status;
}

spn_status spni_archive_open(spn_context *context, const char *source, const void *bytes,
                             int64_t size, zip_t **out)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *buffer = zip_source_buffer_create(bytes, (zip_uint64_t)size, 0, &error);
    return open_source(context, source, buffer, &error, out);
}

spn_status spni_archive_open_file(spn_context *context, const char *path, int file, zip_t **out)
{
    zip_error_t error;
    const int own = fcntl(file, F_DUPFD_CLOEXEC, 0);
    FILE *bytes = own >= 0 ? fdopen(own, "rb") : NULL;
    *out = NULL;
    if (bytes == NULL) {
        const int code = errno;
        if (own >= 0) {
            close(own);
        }
        return spn_fail(context, SPN_ERROR_IO, "cannot read %s: %s", path, strerror(code));
    }
    zip_error_init(&error);
    zip_source_t *source = zip_source_filep_create(bytes, 0, -1, &error);
    if (source == NULL) {
        fclose(bytes); /* otherwise the source closes it */
    }
    return open_source(context, path, source, &error, out);
}

spn_status spni_archive_look(spn_context *context, const char *where, zip_t *archive, int64_t index,
                             uint64_t *left, zip_stat_t *facts)
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

spn_status spni_archive_begin(spn_context *context, const char *where, zip_t *archive,
                              int64_t index, zip_file_t **out)
{
    *out = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    return *out != NULL ? SPN_OK : fail_zip(context, where, zip_get_error(archive));
}

spn_status spni_archive_next(spn_context *context, const char *where, zip_file_t *file,
                             unsigned char *to, int64_t count, int64_t *got)
{
    spn_status status = SPN_OK;
    zip_int64_t some = 1;
    *got = 0;
    while (*got < count && some > 0) {
        SPN_TRY(spn_poll(context));
        some = zip_fread(file, to + *got, (zip_uint64_t)(count - *got));
        *got += some > 0 ? some : 0;
    }
    status = some < 0 ? fail_zip(context, where, zip_file_get_error(file)) : SPN_OK;
done:
    return status;
}

/** All bytes of a member. Its end is read as well: that is where libzip compares the checksum. */
static spn_status read_member(spn_context *context, const char *where, zip_t *archive,
                              int64_t index, int64_t size, unsigned char **bytes)
{
    spn_status status = SPN_OK;
    unsigned char *buffer = NULL, beyond = 0;
    zip_file_t *file = NULL;
    int64_t used = 0, more = 0;
    SPN_NEW(context, buffer, size);
    SPN_TRY(spni_archive_begin(context, where, archive, index, &file));
    SPN_TRY(spni_archive_next(context, where, file, buffer, size, &used));
    SPN_TRY(used == size ? spni_archive_next(context, where, file, &beyond, 1, &more) : SPN_OK);
    if (used + more != size) {
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
    SPN_TRY(spni_archive_look(context, where, archive, index, left, &facts));
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
