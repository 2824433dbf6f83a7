/* SPDX-License-Identifier: MIT */
/** @file fixture.h  Reads reference values: `name rows columns` on a line, then the numbers; lines that
 *  start with # are comments. */
#ifndef SPINODAL_TEST_FIXTURE_H
#define SPINODAL_TEST_FIXTURE_H

#include "support.h"

#include <stdio.h>

enum { FIXTURE_ARRAYS_MAX = 512 };

typedef struct fixture_array {
    char name[40];
    int64_t rows, columns;
    double *values; /**< rows x columns, row-major */
} fixture_array;

typedef struct fixture {
    int64_t count;
    fixture_array arrays[FIXTURE_ARRAYS_MAX];
} fixture;

static inline void fixture_free(fixture *all)
{
    for (int64_t i = 0; i < all->count; i++) {
        free(all->arrays[i].values);
    }
    free(all);
}

/** The array whose header is `line`, its numbers from `file`. */
static inline fixture_array fixture_read_array(FILE *file, const char *line)
{
    fixture_array array = {.name = ""};
    long long rows = 0, columns = 0;
    if (sscanf(line, "%39s %lld %lld", array.name, &rows, &columns) != 3 || rows < 1 ||
        columns < 1) {
        fail_msg("not the head of an array: %s", line);
    }
    array.rows = rows;
    array.columns = columns;
    array.values = calloc((size_t)(rows * columns), sizeof(double));
    for (int64_t i = 0; i < rows * columns; i++) {
        if (array.values == NULL || fscanf(file, "%lf", &array.values[i]) != 1) {
            fail_msg("%s: number %lld is missing", array.name, (long long)i);
        }
    }
    return array;
}

/** tests/reference/`name`; fails the test when it is absent or damaged. Free with fixture_free(). */
static inline fixture *fixture_read(const char *name)
{
    char path[512], line[256];
    snprintf(path, sizeof path, "%s/reference/%s", SPN_TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    fixture *all = calloc(1, sizeof *all);
    if (file == NULL || all == NULL) {
        fail_msg("cannot read %s", path);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '#' && line[0] != '\n') {
            assert_true(all->count < FIXTURE_ARRAYS_MAX);
            all->arrays[all->count++] = fixture_read_array(file, line);
        }
    }
    fclose(file);
    return all;
}

/** The array "`prefix``name`"; fails the test when there is none. */
static inline const fixture_array *fixture_get(const fixture *all, const char *prefix,
                                               const char *name)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, "%s%s", prefix, name);
    for (int64_t i = 0; i < all->count; i++) {
        if (strcmp(all->arrays[i].name, wanted) == 0) {
            return &all->arrays[i];
        }
    }
    fail_msg("no array %s in the fixture", wanted);
    return NULL;
}

#endif
