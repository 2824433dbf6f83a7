/* SPDX-License-Identifier: MIT */
/* Results files that are not as they were written: damaged, foreign, of other versions. */
#include "results_sample.h"

#include <stdlib.h>

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
    check_bad_file("/dev/zero", SPN_ERROR_INPUT, "is not a regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_bad_file(path, SPN_ERROR_INPUT, "is not a regular file");
    assert_int_equal(unlink(path), 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "not one of spinodal");
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate2(file, "format", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(attribute);
    H5Sclose(space);
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "not one of spinodal");
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
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "format version 2");
    file = open_sample(path, "newer.h5");
    H5Adelete(file, "format_version");
    close_sealed(file, path);
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
    H5Adelete_by_name(file, "points", "columns", H5P_DEFAULT);
    close_sealed(file, path);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &found));
    const spn_table *points = spn_results_table(&found, "points");
    assert_int_equal(points->columns->count, 5);
    check_ok(context, spn_table_convert(context, points, path, &row_columns, rows));
    assert_memory_equal(rows, model->rows, sizeof rows);

    file = open_sample(path, "changed.h5");
    H5Adelete_by_name(file, "points", "columns", H5P_DEFAULT);
    H5Ldelete(file, "points/beta", H5P_DEFAULT);
    set = H5Dcreate2(file, "points/curvature2", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT,
                     H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    H5Ldelete(file, "points/curvature", H5P_DEFAULT);
    H5Lmove(file, "points/curvature2", file, "points/curvature", H5P_DEFAULT, H5P_DEFAULT);
    close_sealed(file, path);
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

/* A table says how many columns it has. */
static void test_lost_column(void **state)
{
    (void)state;
    char path[512];
    hid_t file = open_sample(path, "lost.h5");
    H5Ldelete(file, "points/beta", H5P_DEFAULT);
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "(points): it says that it has 4 columns, 3 were found");
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
    close_sealed(file, path);
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
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "(huge): it claims");
}

/* A reader that hangs is ended by the alarm, and the test with it. */
enum { READ_SECONDS = 200 }; /* reading takes milliseconds: on any machine that is busy */

/* Refused, or read as it was written. */
static void check_refused_or_right(const char *path, int64_t *refused)
{
    spn_arena *arena = NULL;
    spn_results found;
    check_ok(context, spn_arena_create(context, &arena));
    alarm(READ_SECONDS);
    spn_status status = spn_results_read(context, arena, path, &found);
    alarm(0);
    if (status == SPN_OK) {
        check_ok(context, spni_results_compare(context, path, &model->results, &found));
    } else {
        assert_int_equal(status, SPN_ERROR_INPUT);
        assert_non_null(strstr(spn_error_text(context), "damaged.h5"));
        assert_null(strchr(spn_error_text(context), '\n'));
        spn_error_clear(context);
        ++*refused;
    }
    spn_arena_free(arena);
}

/* Damage of the kinds that disks, downloads and editors do, by a fixed sequence of random numbers. Returns the new
 * size; `bytes` has room for 4096 more. */
static int64_t damage(unsigned char *bytes, int64_t size, int kind, uint64_t *random)
{
    uint64_t draw[4];
    for (int i = 0; i < 4; i++) {
        *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        draw[i] = *random >> 33;
    }
    const int64_t at = (int64_t)(draw[0] % (uint64_t)size);
    switch (kind) {
    case 0: /* some bits flipped */
        for (int i = 0; i < 3; i++) {
            bytes[draw[i] % (uint64_t)size] ^= (unsigned char)(1U << (draw[3] >> i) % 8);
        }
        return size;
    case 1: /* cut */
        return at;
    case 2: /* a download into a file that was allocated before */
        memset(bytes + at, 0, (size_t)(size - at));
        return size;
    case 3: /* something behind its end */
        memset(bytes + size, (int)(draw[1] % 256), 4096);
        return size + 1 + (int64_t)(draw[2] % 4096);
    case 4: /* the superblock */
        bytes[draw[1] % 96] = (unsigned char)draw[2];
        return size;
    default: /* the trailer */
        bytes[size - 1 - (int64_t)(draw[1] % 24)] ^= (unsigned char)(1 + draw[2] % 255);
        return size;
    }
}

/* SPN_DAMAGES sets the number of files. */
static void test_random_damage(void **state)
{
    (void)state;
    char path[512];
    int64_t size = 0, refused = 0;
    uint64_t random = 12345;
    const char *wish = getenv("SPN_DAMAGES");
    const int64_t count = wish != NULL ? atoll(wish) : 600;
    support_scratch("damaged.h5", path);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    unsigned char *bytes = load(path, &size);
    unsigned char *copy = malloc((size_t)size + 4096);
    assert_non_null(copy);
    for (int64_t i = 0; i < count; i++) {
        memcpy(copy, bytes, (size_t)size);
        const int64_t length = damage(copy, size, (int)(i % 6), &random);
        store(path, copy, length);
        check_refused_or_right(path, &refused);
    }
    /* Those that were read have lost nothing: a byte was replaced by itself, zeros by zeros, a flip undone. */
    print_message("%lld of %lld refused\n", (long long)refused, (long long)count);
    assert_true(refused > count * 9 / 10);
    free(copy);
    free(bytes);
}

/* What the user reads: the kind of damage and what to do. */
static void test_messages_of_damage(void **state)
{
    (void)state;
    char path[512];
    int64_t size = 0;
    support_scratch("damaged.h5", path);
    check_ok(context, spn_results_write(context, path, true, &model->results));
    unsigned char *bytes = load(path, &size);
    unsigned char *longer = calloc(1, (size_t)size + 1);
    assert_non_null(longer);
    store(path, bytes, size - 25);
    check_bad_file(path, SPN_ERROR_INPUT, "was a copy or download interrupted? Copy it again");
    store(path, bytes, size - 24);
    check_bad_file(path, SPN_ERROR_INPUT, "without the checksum at its end");
    store(path, bytes, size - 1);
    check_bad_file(path, SPN_ERROR_INPUT, "was a copy or download interrupted? Copy it again");
    memcpy(longer, bytes, (size_t)size);
    store(path, longer, size + 1);
    check_bad_file(path, SPN_ERROR_INPUT, "something was written behind its end");
    memset(longer + 4096, 0, (size_t)size - 4096);
    store(path, longer, size);
    check_bad_file(path, SPN_ERROR_INPUT, "it was cut short (copy or download it again)");
    memcpy(longer, bytes, (size_t)size);
    longer[3000] ^= 1;
    store(path, longer, size);
    check_bad_file(path, SPN_ERROR_INPUT, "its bytes do not match its checksum; copy it again");
    free(longer);
    free(bytes);
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
    for (int64_t length = 0; length < size; length += length < 64 || length > size - 30 ? 1 : 211) {
        store(path, bytes, length);
        check_bad_file(path, SPN_ERROR_INPUT, "damaged.h5");
    }
    for (int64_t i = 0; i < size; i += i < size - 30 ? 97 : 1) {
        bytes[i] ^= 0x55;
        store(path, bytes, size);
        bytes[i] ^= 0x55;
        check_bad_file(path, SPN_ERROR_INPUT, "damaged.h5");
    }
    free(bytes);
}

/* A chunk that cannot be inflated, in a file whose bytes are as they were written: damage, not lack of memory. */
static void test_damaged_chunk(void **state)
{
    (void)state;
    char path[512];
    const hsize_t start[2] = {0, 0};
    static const unsigned char bytes[64] = {0x78, 0x9c, 0xff, 0xff};
    hid_t file = open_sample(path, "chunk.h5");
    hid_t set = H5Dopen2(file, "theta", H5P_DEFAULT);
    assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 0, start, sizeof bytes, bytes) >= 0);
    H5Dclose(set);
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "cannot read");
}

/* Behind the checksum of the file the data sets have their own. */
static void test_changed_numbers(void **state)
{
    (void)state;
    char path[512];
    const double numbers[ROWS] = {0};
    hid_t file = open_sample(path, "numbers.h5");
    hid_t set = H5Dopen2(file, "points/beta", H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    H5Dclose(set);
    close_sealed(file, path);
    check_bad_file(path, SPN_ERROR_INPUT, "(beta): the data do not match their checksum");
}

/* The file size limit plays the full disk: an error, and nothing appears, nothing is left behind. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_version, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_column, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ragged_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boastful, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_messages_of_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_chunk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_numbers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
