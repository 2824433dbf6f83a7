/* SPDX-License-Identifier: MIT */
/* NPZ: a zip archive whose members NAME.npy are NPY data. */
#include "formats/archive.h"
#include "formats/arrays.h"
#include "formats/input.h"
#include <stdio.h>
#include <string.h>

#define QUOTE_SIZE 120

/** The array's name: the member's without ".npy"; of a member that is no array, the member's. */
static spn_status array_name(spn_context *context, const char *where, const char *member,
                             char name[SPN_ARRAY_NAME_MAX + 1], bool *is_array)
{
    size_t length = member != NULL ? strlen(member) : 0;
    *is_array = length >= 4 && strcmp(member + length - 4, ".npy") == 0;
    length -= *is_array ? 4 : 0;
    if (length <= SPN_ARRAY_NAME_MAX && member != NULL) {
        memcpy(name, member, length);
        name[length] = '\0';
    }
    if (member == NULL || length > SPN_ARRAY_NAME_MAX || !spni_array_name_is_valid(name)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: an array's name must be UTF-8 text of 1 to %d bytes", where,
                        SPN_ARRAY_NAME_MAX);
    }
    return SPN_OK;
}

spn_status spni_npz_name(spn_context *context, const char *source, const char *member,
                         char where[512], char name[SPN_ARRAY_NAME_MAX + 1], bool *is_array)
{
    char quoted[QUOTE_SIZE] = "?";
    if (member != NULL) {
        spni_quote_text(member, (int64_t)strlen(member), quoted, sizeof quoted);
    }
    snprintf(where, 512, "%s: member '%s'", source, quoted);
    return array_name(context, where, member, name, is_array);
}

static spn_status add_member(spn_context *context, const char *source, zip_t *archive,
                             int64_t index, uint64_t *left, spni_array_list *list)
{
    spn_status status = SPN_OK;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    bool is_array = false;
    char where[512], name[SPN_ARRAY_NAME_MAX + 1] = "";
    const char *member = zip_get_name(archive, (zip_uint64_t)index, 0);
    SPN_TRY(spni_npz_name(context, source, member, where, name, &is_array));
    if (!is_array) {
        SPN_TRY(spni_array_list_add_other(context, list, name, 0, NULL,
                                          "is no array: its name does not end in .npy", NULL));
        goto done;
    }
    SPN_TRY(spni_archive_read(context, where, archive, index, left, &bytes, &size));
    SPN_TRY(spni_npy_add(context, where, bytes, size, name, list));
done:
    spn_release(context, bytes);
    return status;
}

spn_status spni_npz_read(spn_context *context, const char *source, zip_t *archive, int64_t size,
                         spn_arrays **out)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    uint64_t left = (uint64_t)size;
    int64_t count = zip_get_num_entries(archive, 0);
    if (count <= 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds no arrays", source);
    }
    SPN_TRY(spni_array_list_create(context, count, &list));
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(add_member(context, source, archive, i, &left, list));
    }
    SPN_TRY(spni_arrays_require(context, source, &list->arrays));
    *out = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    return status;
}

spn_status spn_npz_parse(spn_context *context, const char *source, const void *bytes, int64_t size,
                         spn_arrays **out)
{
    zip_t *archive = NULL;
    *out = NULL;
    spn_status status = spni_archive_open(context, source, bytes, size, &archive);
    if (status == SPN_OK) {
        status = spni_npz_read(context, source, archive, size, out);
    }
    spni_archive_close(archive);
    return status;
}
