/* SPDX-License-Identifier: MIT */
/* Which journals stand beside results: one where one process writes them, more where several share the work. */
#include "store/journal_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ending[] = SPN_JOURNAL_ENDING;

void spn_journals_free(spn_context *context, spn_journals *journals)
{
    for (int64_t i = 0; i < journals->count; i++) {
        spn_release(context, journals->paths[i]);
    }
    spn_release(context, journals->paths);
    *journals = (spn_journals){.paths = NULL};
}

/* The number behind "NAME.part", 0 without one; -1: another file's name. */
static int64_t number_of(const char *entry, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 ||
        strncmp(entry + length, ending, sizeof ending - 1) != 0) {
        return -1;
    }
    const char *rest = entry + length + sizeof ending - 1;
    if (*rest == '\0') {
        return 0;
    }
    const bool is_number = *rest == '.' && rest[1] >= '1' && rest[1] <= '9' &&
                           strspn(rest + 1, "0123456789") == strlen(rest + 1) && strlen(rest) < 18;
    return is_number ? strtoll(rest + 1, NULL, 10) : -1;
}

/* Journals are few, and come in any order. */
static int compare_numbers(const void *a, const void *b)
{
    const char *left = strrchr(*(char *const *)a, '.'), *right = strrchr(*(char *const *)b, '.');
    const long long x = strtoll(left + 1, NULL, 10), y = strtoll(right + 1, NULL, 10);
    return (x > y) - (x < y);
}

static spn_status add_path(spn_context *context, const char *folder, int folder_length,
                           const char *entry, spn_journals *out)
{
    spn_status status = SPN_OK;
    const size_t size = (size_t)folder_length + strlen(entry) + 1;
    SPN_TRY(spn_grow(context, &out->paths, sizeof *out->paths, out->count, 1, &out->capacity));
    SPN_NEW(context, out->paths[out->count], (int64_t)size);
    snprintf(out->paths[out->count++], size, "%.*s%s", folder_length, folder, entry);
done:
    return status;
}

spn_status spn_journals_find(spn_context *context, const char *output, spn_journals *out)
{
    spn_status status = SPN_OK;
    DIR *list = NULL;
    char *folder = NULL;
    *out = (spn_journals){.paths = NULL};
    const char *slash = strrchr(output, '/');
    const char *name = slash != NULL ? slash + 1 : output;
    const int length = (int)(name - output);
    SPN_NEW(context, folder, length + 2);
    snprintf(folder, (size_t)length + 2, "%.*s", length > 0 ? length : 1,
             length > 0 ? output : ".");
    list = opendir(folder);
    if (list == NULL && errno != ENOENT) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot read the folder %s: %s", folder, strerror(errno));
    }
    for (const struct dirent *entry = NULL; list != NULL && (entry = readdir(list)) != NULL;) {
        if (number_of(entry->d_name, name) >= 0) {
            SPN_TRY(add_path(context, output, length, entry->d_name, out));
        }
    }
    if (out->count > 1) {
        qsort(out->paths, (size_t)out->count, sizeof *out->paths, compare_numbers);
    }
done:
    if (list != NULL) {
        closedir(list);
    }
    spn_release(context, folder);
    return status;
}

spn_status spn_journals_name(spn_context *context, int64_t count, const char *const *paths,
                             spn_journals *out)
{
    spn_status status = SPN_OK;
    *out = (spn_journals){.are_parts = true};
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(add_path(context, "", 0, paths[i], out));
    }
done:
    return status;
}
