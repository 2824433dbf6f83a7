/* SPDX-License-Identifier: MIT */
/* A small results file with everything in it, for the tests of results. */
#ifndef SPINODAL_TESTS_STORE_RESULTS_SAMPLE_H
#define SPINODAL_TESTS_STORE_RESULTS_SAMPLE_H

#include "support.h"

#include "store/hdf5_file.h"
#include "store/journal_file.h"

#include <spinodal/store.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct row {
    int64_t point, direction;
    double beta, curvature;
} row;

static const char *const directions[] = {"up", "down", NULL};
static const spn_column row_items[] = {
    {"point", SPN_COLUMN_INTEGER, offsetof(row, point), "", "index", NULL, NULL},
    {"direction", SPN_COLUMN_INTEGER, offsetof(row, direction), "", "way", directions, NULL},
    {"beta", SPN_COLUMN_REAL, offsetof(row, beta), "1/loss", "strength β", NULL, NULL},
    {"curvature", SPN_COLUMN_REAL, offsetof(row, curvature), "", "R (T3)", NULL, NULL},
};
static const spn_columns row_columns = {row_items, 4, sizeof(row)};

typedef struct mode {
    double singular_value;
} mode;
static const spn_column mode_items[] = {
    {"singular_value", SPN_COLUMN_REAL, offsetof(mode, singular_value), "", "sigma", NULL, NULL}};
static const spn_columns mode_columns = {mode_items, 1, sizeof(mode)};

enum { ROWS = 50, PARAMETERS = 40, MODES = 2, FILE_MAX = 1 << 17 };

/* Numbers that test the bits: infinities, signed zero, denormals, NaN with a payload. */
typedef struct sample {
    row rows[ROWS];
    double modes[ROWS * MODES];
    double theta[ROWS * PARAMETERS];
    mode theory[2];
    const char *names[3];
    spn_attribute attributes[3];
    spn_table tables[3];
    spn_array arrays[2];
    spn_text_column texts[1];
    spn_results results;
} sample;

static spn_context *context;
static sample *model;

static inline void fill_numbers(sample *s)
{
    const double special[] = {
        0.0, -0.0, (double)HUGE_VAL, -(double)HUGE_VAL, 5e-324, 1.7976931348623157e308, 0.1};
    for (int64_t i = 0; i < ROWS; i++) {
        s->rows[i] = (row){i, i % 2, 0.01 * (double)i, i < 7 ? special[i] : sqrt((double)i)};
        for (int64_t j = 0; j < MODES; j++) {
            s->modes[i * MODES + j] = 1.0 / (double)(1 + i + j);
        }
        for (int64_t j = 0; j < PARAMETERS; j++) {
            s->theta[i * PARAMETERS + j] = sin((double)(i * PARAMETERS + j));
        }
    }
    uint64_t payload = 0x7ff8000000abcdefu;
    memcpy(&s->rows[8].curvature, &payload, sizeof payload);
    s->theory[0].singular_value = 0.9;
    s->theory[1].singular_value = 0.5;
}

static inline void fill(sample *s)
{
    static const spn_columns no_columns = {NULL, 0, 0};
    fill_numbers(s);
    s->names[0] = "layers.0.weight";
    s->names[1] = "ä \"quoted\"";
    s->names[2] = "";
    s->attributes[0] = (spn_attribute){"configuration", "data:\n  seed: 1\n", 0};
    s->attributes[1] = (spn_attribute){"seed", NULL, -7};
    s->attributes[2] = (spn_attribute){"empty", "", 0};
    s->tables[0] = (spn_table){"points", &row_columns, ROWS, s->rows};
    s->tables[1] = (spn_table){"theory", &mode_columns, 2, s->theory};
    s->tables[2] = (spn_table){"layout", &no_columns, 3, s->names};
    s->arrays[0] = (spn_array){"modes", ROWS, MODES, s->modes, "", "strengths", false};
    s->arrays[1] = (spn_array){"theta", ROWS, PARAMETERS, s->theta, "", "weights", true};
    s->texts[0] = (spn_text_column){"layout", "name", 3, s->names, "array"};
    s->results = (spn_results){"sweep", 3, s->attributes, 3, s->tables, 2, s->arrays, 1, s->texts};
}

static inline int setup(void **state)
{
    (void)state;
    model = calloc(1, sizeof *model);
    if (model == NULL) {
        return -1;
    }
    fill(model);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    free(model);
    return 0;
}

static inline unsigned char *load(const char *path, int64_t *size)
{
    unsigned char *bytes = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = (int64_t)fread(bytes, 1, FILE_MAX, file);
    assert_true(*size < FILE_MAX);
    fclose(file);
    return bytes;
}

static inline void store(const char *path, const void *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void check_bad_file(const char *path, spn_status expected, const char *fragment)
{
    spn_arena *arena = NULL;
    spn_results found;
    check_ok(context, spn_arena_create(context, &arena));
    check_fails(context, spn_results_read(context, arena, path, &found), expected, fragment);
    assert_null(found.tables);
    spn_arena_free(arena);
}

/* The trailer of a file that HDF5 has written or changed: what only the reader behind it can see. */
static inline void close_sealed(hid_t file, const char *path)
{
    int64_t size = 0;
    assert_true(H5Fclose(file) >= 0);
    unsigned char *bytes = load(path, &size);
    const spni_results_trailer trailer =
        spni_results_make_trailer((uint64_t)size, spni_crc32(0, bytes, size));
    store(path, bytes, size);
    free(bytes);
    FILE *stream = fopen(path, "ab");
    assert_non_null(stream);
    assert_int_equal(fwrite(&trailer, sizeof trailer, 1, stream), 1);
    assert_int_equal(fclose(stream), 0);
}

static inline hid_t open_sample(char path[512], const char *name)
{
    support_scratch(name, path);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

#endif
