/* SPDX-License-Identifier: MIT */
/* Results files: round trip to the bit, equal bytes, and everything that can be wrong with a file. */
#include "support.h"

#include "store/hdf5_file.h"

#include <dirent.h>
#include <signal.h>
#include <spinodal/store.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct row {
    int64_t point, direction;
    double beta, curvature;
} row;

static const char *const directions[] = {"up", "down", NULL};
static const spn_column row_items[] = {
    {"point", SPN_COLUMN_INTEGER, offsetof(row, point), "", "index", NULL},
    {"direction", SPN_COLUMN_INTEGER, offsetof(row, direction), "", "way", directions},
    {"beta", SPN_COLUMN_REAL, offsetof(row, beta), "1/loss", "strength β", NULL},
    {"curvature", SPN_COLUMN_REAL, offsetof(row, curvature), "", "R (T3)", NULL},
};
static const spn_columns row_columns = {row_items, 4, sizeof(row)};

typedef struct mode {
    double singular_value;
} mode;
static const spn_column mode_items[] = {
    {"singular_value", SPN_COLUMN_REAL, offsetof(mode, singular_value), "", "sigma", NULL}};
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

static void fill_numbers(sample *s)
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

static void fill(sample *s)
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

static int setup(void **state)
{
    (void)state;
    model = calloc(1, sizeof *model);
    if (model == NULL) {
        return -1;
    }
    fill(model);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    free(model);
    return 0;
}

static unsigned char *load(const char *path, int64_t *size)
{
    unsigned char *bytes = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = (int64_t)fread(bytes, 1, FILE_MAX, file);
    assert_true(*size < FILE_MAX);
    fclose(file);
    return bytes;
}

static void store(const char *path, const void *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int64_t files_in(const char *directory)
{
    int64_t count = 0;
    DIR *folder = opendir(directory);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count;
}

static void test_round_trip(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results found;
    support_scratch("round trip ä.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    check_ok(context, spni_results_compare(context, path, &model->results, &found));
    assert_string_equal(found.kind, "sweep");
    assert_string_equal(spn_results_attribute(&found, "configuration")->text, "data:\n  seed: 1\n");
    assert_int_equal(spn_results_attribute(&found, "seed")->integer, -7);
    assert_null(spn_results_attribute(&found, "format"));
    assert_int_equal(found.table_count, 3);
    const spn_table *points = spn_results_table(&found, "points");
    assert_int_equal(spn_table_find(points, "beta"), 2);
    assert_int_equal(spn_table_find(points, "gamma"), -1);
    assert_string_equal(points->columns->items[2].unit, "1/loss");
    assert_string_equal(points->columns->items[2].help, "strength β");
    assert_string_equal(spn_table_word(points, 3, 1), "down");
    assert_null(spn_table_word(points, 3, 0));
    assert_true(spn_table_real(points, 3, 2) == 0.03);
    assert_true(spn_table_real(points, 3, 0) == 3);
    assert_true(spn_results_array(&found, "theta")->is_compressed);
    assert_string_equal(spn_results_text_column(&found, "layout", "name")->items[1],
                        "ä \"quoted\"");
    assert_null(spn_results_array(&found, "points"));
    row rows[ROWS];
    check_ok(context, spn_table_convert(context, points, path, &row_columns, rows));
    assert_memory_equal(rows, model->rows, sizeof rows);
    spn_arena_free(arena);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    char path[512];
    int64_t size = 0;
    int64_t other_size = 0;
    support_scratch("first.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    unsigned char *bytes = load(path, &size);
    usleep(1100000); /* times in the file would differ by then */
    support_scratch("the second one.h5", path);
    check_ok(context, spn_results_write(context, path, false, &model->results));
    unsigned char *other = load(path, &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(bytes, other, (size_t)size);
    free(bytes);
    free(other);
}

static void test_empty(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results found;
    spn_table table = {"points", &row_columns, 0, NULL};
    spn_array arrays[2] = {{"modes", 0, 2, NULL, "", "", false},
                           {"theta", 0, 0, NULL, "", "", true}};
    spn_results nothing = {
        .kind = "sweep", .table_count = 1, .tables = &table, .array_count = 2, .arrays = arrays};
    support_scratch("empty.h5", path);
    check_ok(context, spn_results_write(context, path, false, &nothing));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    assert_int_equal(found.tables[0].rows, 0);
    assert_int_equal(found.tables[0].columns->count, 4);
    assert_int_equal(found.arrays[0].columns, 2);
    spn_arena_free(arena);
}

/* The configuration may be longer than the 64 KiB that HDF5 allows an attribute's own bytes. */
static void test_long_configuration(void **state)
{
    (void)state;
    char path[512];
    enum { LENGTH = 300000 };
    spn_arena *arena = NULL;
    spn_results found;
    char *text = malloc(LENGTH + 1);
    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    spn_attribute attribute = {"configuration", text, 0};
    spn_results results = {.kind = "sweep", .attribute_count = 1, .attributes = &attribute};
    support_scratch("long.h5", path);
    check_ok(context, spn_results_write(context, path, false, &results));
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    assert_string_equal(spn_results_attribute(&found, "configuration")->text, text);
    spn_arena_free(arena);
    free(text);
}

static void test_existing_and_unwritable(void **state)
{
    (void)state;
    char path[512];
    support_scratch("existing.h5", path);
    store(path, "precious", 8);
    check_fails(context, spn_results_check_target(context, path, false), SPN_ERROR_IO, "--force");
    check_fails(context, spn_results_write(context, path, false, &model->results), SPN_ERROR_IO,
                "--force");
    int64_t size = 0;
    unsigned char *bytes = load(path, &size);
    assert_int_equal(size, 8);
    free(bytes);
    check_ok(context, spn_results_check_target(context, path, true));
    check_ok(context, spn_results_write(context, path, true, &model->results));
    check_fails(context, spn_results_check_target(context, "/proc/nonexistent/x.h5", false),
                SPN_ERROR_IO, "/proc/nonexistent/x.h5");
    check_fails(context,
                spn_results_write(context, "/proc/nonexistent/x.h5", true, &model->results),
                SPN_ERROR_IO, "/proc/nonexistent/x.h5");
}

static void test_bad_descriptions(void **state)
{
    (void)state;
    char path[512];
    spn_results bad = model->results;
    support_scratch("bad.h5", path);
    spn_table table = {"a/b", &row_columns, 1, model->rows};
    bad.text_column_count = 0;
    bad.table_count = 1;
    bad.tables = &table;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT, "a/b");
    table = (spn_table){"points", &row_columns, 3, NULL};
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT,
                "no records");
    table.records = model->rows;
    spn_array array = {"modes", 3, -1, model->modes, "", "", false};
    bad.arrays = &array;
    bad.array_count = 1;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT, "-1");
    bad.array_count = 0;
    bad.text_column_count = 1;
    check_fails(context, spn_results_write(context, path, false, &bad), SPN_ERROR_ARGUMENT,
                "layout/name");
    struct stat info;
    assert_int_not_equal(stat(path, &info), 0);
}

static void check_bad_file(const char *path, spn_status expected, const char *fragment)
{
    spn_arena *arena = NULL;
    spn_results found;
    check_ok(context, spn_arena_create(context, &arena));
    check_fails(context, spn_results_read(context, arena, path, &found), expected, fragment);
    assert_null(found.tables);
    spn_arena_free(arena);
}

static void test_foreign(void **state)
{
    (void)state;
    char path[512];
    check_bad_file("/proc/nonexistent/x.h5", SPN_ERROR_IO, "No such file");
    support_scratch("foreign.h5", path);
    store(path, "beta,error\n", 11);
    check_bad_file(path, SPN_ERROR_INPUT, "is not an HDF5 file");
    store(path, "", 0);
    check_bad_file(path, SPN_ERROR_INPUT, "is not an HDF5 file");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "not one of spinodal");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate2(file, "format", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "not one of spinodal");
}

static hid_t open_sample(char path[512], const char *name)
{
    support_scratch(name, path);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void test_newer_version(void **state)
{
    (void)state;
    char path[512];
    const int64_t version = 2;
    hid_t file = open_sample(path, "newer.h5");
    hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &version) >= 0);
    H5Aclose(attribute);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "format version 2");
    file = open_sample(path, "newer.h5");
    H5Adelete(file, "format_version");
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "format_version");
}

/* Other programs may add to a file; what we need must be there, in its type and length. */
static void test_changed_columns(void **state)
{
    (void)state;
    char path[512];
    const double numbers[ROWS] = {0};
    const hsize_t length = ROWS;
    spn_arena *arena = NULL;
    spn_results found;
    row rows[ROWS];
    hid_t file = open_sample(path, "changed.h5");
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t set = H5Dcreate2(file, "points/extra", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    H5Lcreate_soft("/points/nowhere", file, "points/dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    const spn_table *points = spn_results_table(&found, "points");
    assert_int_equal(points->columns->count, 5);
    check_ok(context, spn_table_convert(context, points, path, &row_columns, rows));
    assert_memory_equal(rows, model->rows, sizeof rows);

    file = open_sample(path, "changed.h5");
    H5Ldelete(file, "points/beta", H5P_DEFAULT);
    set = H5Dcreate2(file, "points/curvature2", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT,
                     H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    H5Ldelete(file, "points/curvature", H5P_DEFAULT);
    H5Lmove(file, "points/curvature2", file, "points/curvature", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    check_ok(context, spn_results_read(context, arena, path, &found));
    points = spn_results_table(&found, "points");
    check_fails(context, spn_table_convert(context, points, path, &row_columns, rows),
                SPN_ERROR_INPUT, "no column \"beta\"");
    const spn_columns only_curvature = {&row_items[3], 1, sizeof(row)};
    check_fails(context, spn_table_convert(context, points, path, &only_curvature, rows),
                SPN_ERROR_INPUT, "must hold real numbers");
    static const char *const other[] = {"down", "up", NULL};
    spn_column turned = row_items[1];
    turned.words = other;
    const spn_columns words = {&turned, 1, sizeof(row)};
    check_fails(context, spn_table_convert(context, points, path, &words, rows), SPN_ERROR_INPUT,
                "other words");

    H5Sclose(space);
    spn_arena_free(arena);
}

static void test_ragged_table(void **state)
{
    (void)state;
    char path[512];
    const double numbers[ROWS] = {0};
    const hsize_t shorter = ROWS - 1;
    hid_t file = open_sample(path, "ragged.h5");
    H5Ldelete(file, "points/beta", H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &shorter, NULL);
    hid_t set = H5Dcreate2(file, "points/beta", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "points/beta has 49 rows, the columns before it 50");
}

/* A data set that claims an exabyte must not be believed. */
static void test_boastful(void **state)
{
    (void)state;
    char path[512];
    const hsize_t shape[2] = {(hsize_t)1 << 30, (hsize_t)1 << 27};
    const hsize_t chunk[2] = {1, 1024};
    hid_t file = open_sample(path, "boastful.h5");
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 2, chunk);
    hid_t set = H5Dcreate2(file, "huge", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "(huge): it claims");
}

/* Truncated anywhere, or a byte flipped: refused before HDF5 sees it. */
static void test_damage(void **state)
{
    (void)state;
    char path[512];
    int64_t size = 0;
    support_scratch("damaged.h5", path);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    unsigned char *bytes = load(path, &size);
    const int64_t end = size - (int64_t)sizeof(spni_results_trailer);
    for (int64_t length = 0; length < end; length += length < 64 ? 1 : 211) {
        store(path, bytes, length);
        check_bad_file(path, SPN_ERROR_INPUT, "damaged.h5");
    }
    for (int64_t i = 0; i < end; i += 97) {
        bytes[i] ^= 0x55;
        store(path, bytes, size);
        bytes[i] ^= 0x55;
        check_bad_file(path, SPN_ERROR_INPUT, "damaged.h5");
    }
    free(bytes);
}

/* Without the trailer (another program has changed the file) the data sets' own checksums still hold. */
static void test_changed_numbers(void **state)
{
    (void)state;
    char path[512];
    const double numbers[ROWS] = {0};
    hid_t file = open_sample(path, "numbers.h5");
    hid_t set = H5Dopen2(file, "points/beta", H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    H5Fclose(file);
    check_bad_file(path, SPN_ERROR_INPUT, "(beta): the data do not match their checksum");
}

/* The file size limit plays the full disk: an error, and nothing appears, nothing is left behind. */
static void test_full_disk(void **state)
{
    (void)state;
    char folder[512];
    char path[600];
    int64_t size = 0;
    struct rlimit before;
    assert_int_equal(mkdir(support_scratch("full", folder), 0777), 0);
    snprintf(path, sizeof path, "%s/r.h5", folder);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    unsigned char *bytes = load(path, &size);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int64_t limit = 0; limit < size; limit += 1500) {
        struct rlimit small = {(rlim_t)limit, before.rlim_max};
        for (int pass = 0; pass < 2; pass++) {
            if (pass == 0) {
                unlink(path);
            } else {
                store(path, "old", 3);
            }
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
            spn_status status = spn_results_write(context, path, true, &model->results);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            check_fails(context, status, SPN_ERROR_IO, "r.h5: File too large");
            assert_int_equal(files_in(folder), pass);
            if (pass == 1) {
                int64_t old_size = 0;
                unsigned char *old = load(path, &old_size);
                assert_int_equal(old_size, 3);
                assert_memory_equal(old, "old", 3);
                free(old);
            }
        }
    }
    signal(SIGXFSZ, SIG_DFL);
    free(bytes);
}

static void test_comparison_sees_differences(void **state)
{
    (void)state;
    sample *other = calloc(1, sizeof *other);
    fill(other);
    check_ok(context, spni_results_compare(context, "f", &model->results, &other->results));
    other->rows[49].beta = 0.5;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "beta differs");
    fill(other);
    other->theta[7] = nextafter(other->theta[7], 2);
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "theta differs");
    fill(other);
    other->names[2] = "x";
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "name differs");
    fill(other);
    other->attributes[1].integer = 0;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "seed differs");
    fill(other);
    other->tables[0].rows = ROWS - 1;
    check_fails(context, spni_results_compare(context, "f", &model->results, &other->results),
                SPN_ERROR_IO, "points differs");
    free(other);
}

static spn_status write_and_read(spn_context *c, void *state)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results found;
    SPN_TRY(spn_results_write(c, state, true, &model->results));
    SPN_TRY(spn_arena_create(c, &arena));
    SPN_TRY(spn_results_read(c, arena, state, &found));
done:
    spn_arena_free(arena);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(write_and_read, path) >= 10);
}

static void test_descriptions(void **state)
{
    (void)state;
    char text[64];
    assert_true(strlen(spn_describe_machine(text, sizeof text)) > 3);
    assert_true(strlen(spn_describe_machine(text, 5)) <= 4);
    assert_true(strlen(spn_describe_compiler()) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(test_existing_and_unwritable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_descriptions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_version, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ragged_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boastful, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comparison_sees_differences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descriptions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
