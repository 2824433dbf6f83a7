/* SPDX-License-Identifier: MIT */
/* Folders in which figures are drawn, and what their files say. */
#ifndef SPINODAL_TEST_FOLDER_H
#define SPINODAL_TEST_FOLDER_H

#include "support.h"

#include <stdio.h>
#include <sys/stat.h>

static inline const char *make_folder(const char *name, char path[512])
{
    support_scratch(name, path);
    assert_int_equal(mkdir(path, 0777), 0);
    return path;
}

static inline char *load(const char *folder, const char *name, int64_t *size)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    enum { CAPACITY = 1 << 22 };
    char *bytes = malloc(CAPACITY);
    assert_non_null(bytes);
    *size = (int64_t)fread(bytes, 1, CAPACITY - 1, file);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

static inline void check_contains(const char *folder, const char *name, const char *text)
{
    int64_t size = 0;
    char *bytes = load(folder, name, &size);
    if (strstr(bytes, text) == NULL) {
        fail_msg("%s lacks \"%s\"", name, text);
    }
    free(bytes);
}

static inline void check_lacks(const char *folder, const char *name, const char *text)
{
    int64_t size = 0;
    char *bytes = load(folder, name, &size);
    if (strstr(bytes, text) != NULL) {
        fail_msg("%s says \"%s\"", name, text);
    }
    free(bytes);
}

#endif
