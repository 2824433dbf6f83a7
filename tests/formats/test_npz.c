/* SPDX-License-Identifier: MIT */
/** @file test_npz.c  NPZ archives, files of another writer, and writing whole files or nothing. */
#include "support.h"

#include "array_case.h"
#include "formats/arrays.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CORPUS SPN_TESTS_DIR "/formats/corpus/"

static spn_context *context;

static const int64_t shape[] = {2, 3};
static const double values[] = {0x1p-1074, -0.0, 1.0 / 3.0, 1e308, -7, 42};
static const spn_named_array items[] = {
    {.name = "layers.0.weight", .rank = 2, .shape = shape, .count = 6, .values = values},
    {.name = "\xC3\xA9", .rank = 1, .shape = shape + 1, .count = 3, .values = values + 3},
    {.name = "single", .rank = 0, .shape = shape, .count = 1, .values = values + 2},
};
static const spn_arrays some = {.count = 3, .items = items};

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static void test_round_trip_and_same_bytes(void **state)
{
    (void)state;
    unsigned char *bytes = NULL, *more = NULL;
    int64_t size = 0, more_size = 0;
    spn_arrays *again = NULL;
    check_ok(context, spni_npz_build(context, &some, &bytes, &size));
    check_ok(context, spn_arrays_parse(context, "again", bytes, size, &again));
    assert_true(arrays_are_equal(&some, again));
    check_ok(context, spni_npz_build(context, again, &more, &more_size));
    assert_int_equal(size, more_size);
    assert_memory_equal(bytes, more, (size_t)size);
    /* Not the day of today: 1980-01-01 in the first member's header, at its bytes 10 to 13. */
    assert_memory_equal(bytes + 10, "\x00\x00\x21\x00", 4);
    spn_arrays_free(context, again);
    spn_release(context, bytes);
    spn_release(context, more);
}

/** Written by NumPy 1.24: savez() stores, savez_compressed() deflates. */
static void test_files_of_numpy(void **state)
{
    (void)state;
    spn_arrays *arrays = NULL;
    const double x[] = {0, 1, 2, 3}, y[] = {1, 0}, eye[] = {1, 0, 0, 1};
    check_ok(context, spn_arrays_read(context, CORPUS "npz/npz_two", &arrays));
    assert_int_equal(arrays->count, 2);
    assert_memory_equal(spn_arrays_find(arrays, "x")->values, x, sizeof x);
    assert_memory_equal(spn_arrays_find(arrays, "y")->values, y, sizeof y);
    spn_arrays_free(context, arrays);
    check_ok(context, spn_arrays_read(context, CORPUS "npz/npz_deflated", &arrays));
    assert_int_equal(spn_arrays_find(arrays, "x")->count, 40);
    assert_true(spn_arrays_find(arrays, "x")->values[39] == 0);
    assert_memory_equal(spn_arrays_find(arrays, "layers.0.weight")->values, eye, sizeof eye);
    spn_arrays_free(context, arrays);
}

static void check_texts(const spn_arrays *arrays, const char *name, int64_t rank,
                        const char *const expected[9])
{
    const spn_other_array *other = spn_arrays_find_other(arrays, name);
    assert_non_null(other);
    assert_null(other->why);
    assert_int_equal(other->rank, rank);
    assert_int_equal(other->count, 9);
    for (int i = 0; i < 9; i++) {
        assert_string_equal(other->texts[i], expected[i]);
    }
}

/** A file of NumPy with arrays of words, and others that nobody can read, beside two of numbers. */
static void test_words_and_others(void **state)
{
    (void)state;
    static const char *const species[] = {"b",   "\xC3\xA9", "a c", "b", "b",
                                          "a c", "\xC3\xA9", "b",   "b"};
    static const char *const bytes[] = {"q", "p", "p", "q", "q", "q", "p", "p", "q"};
    static const char *const others[][2] = {
        {"objects", "holds Python objects; only real numbers, booleans"},
        {"days", "holds items of type <M8[D]"},
        {"z", "holds items of type <c16"},
        {"pairs", "holds items of type a structure"},
        {"large", "holds an integer that no double equals (item 0, from 0)"},
        {"turned", "holds strings in Fortran order"},
    };
    spn_arrays *arrays = NULL;
    check_ok(context, spn_arrays_read(context, CORPUS "npz/npz_words", &arrays));
    assert_int_equal(arrays->count, 2);
    assert_true(spn_arrays_find(arrays, "y")->values[4] == 10);
    check_texts(arrays, "species", 1, species);
    check_texts(arrays, "code", 1, species); /* the same in the other byte order */
    check_texts(arrays, "column", 2, species);
    check_texts(arrays, "bytes", 1, bytes);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const spn_other_array *other = spn_arrays_find_other(arrays, others[i][0]);
        assert_non_null(other);
        assert_null(other->texts);
        assert_non_null(strstr(other->why, others[i][1]));
    }
    spn_arrays_free(context, arrays);
    check_ok(context, spn_arrays_read(context, CORPUS "npz/npy_words", &arrays));
    check_texts(arrays, "arr_0", 1, species);
    spn_arrays_free(context, arrays);
}

static spn_status read_words(spn_context *failing, void *state)
{
    spn_arrays *arrays = NULL;
    spn_status status = spn_arrays_read(failing, state, &arrays);
    spn_arrays_free(failing, arrays);
    return status;
}

static void test_words_out_of_memory(void **state)
{
    (void)state;
    char path[] = CORPUS "npz/npz_words";
    assert_true(support_fail_each_allocation(read_words, path) > 5);
}

/** What other programs call a file of weights: told by its first bytes or members. */
static void test_files_of_other_programs(void **state)
{
    (void)state;
    spn_arrays *arrays = NULL;
    check_fails(context, spn_arrays_parse(context, "w.pkl", "\x80\x04\x95\nlF\xf9", 7, &arrays),
                SPN_ERROR_INPUT, "w.pkl is a Python pickle (joblib), which is not read; save");
    check_fails(context, spn_arrays_parse(context, "w.h5", "\x89HDF\r\n\x1a\n", 8, &arrays),
                SPN_ERROR_INPUT, "w.h5 is an HDF5 file; save its arrays with numpy.savez()");
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *fragment;
    } cases[] = {
        {"npz/npz_empty", "npz_empty holds no arrays"},
        {"npz/npz_other_member", "'readme.txt' is no array: its name does not end in .npy"},
        {"npz/npz_duplicate", "npz_duplicate holds two members of the same name"},
        {"npz/npz_bzip2", "member 'a.npy' is compressed by method 12; only stored and deflated"},
        {"npz/npz_nameless", "member '.npy': an array's name must be UTF-8 text of 1 to 255 bytes"},
        {"npz/npz_long_name", "an array's name must be UTF-8 text of 1 to 255 bytes"},
        {"npz/npz_longer", "member 'a.npy' holds another number of bytes than it declares"},
        {"npz/npz_shorter", "member 'a.npy' holds another number of bytes than it declares"},
        {"npz/npz_cut", "npz_cut cannot be read as a zip archive"},
        {"npz/npy_complex", "npy_complex: 'arr_0' holds items of type <c16"},
        {"npz/npy_structure", "holds items of type a structure"},
        {"safetensors/nothing", "holds no arrays"},
        {"../test_npz.c", "test_npz.c is not an NPY, NPZ, safetensors or PyTorch file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[1024];
        spn_arrays *arrays = NULL;
        snprintf(path, sizeof path, CORPUS "%s", cases[i].name);
        check_fails(context, spn_arrays_read(context, path, &arrays), SPN_ERROR_INPUT,
                    cases[i].fragment);
        assert_null(arrays);
    }
    spn_arrays *arrays = NULL;
    check_fails(context, spn_arrays_read(context, "no/such.npz", &arrays), SPN_ERROR_IO,
                "cannot open no/such.npz");
    check_fails(context, spn_arrays_parse(context, "a.npz", "hello", 5, &arrays), SPN_ERROR_INPUT,
                "a.npz is not an NPZ file: it is no zip archive");
    check_fails(context, spn_arrays_parse(context, "a.npy", "hello", 5, &arrays), SPN_ERROR_INPUT,
                "a.npy is not an NPY file");
    check_fails(context, spn_arrays_parse(context, "a.safetensors", "", 0, &arrays),
                SPN_ERROR_INPUT, "a.safetensors is not a safetensors file");
}

/** Store `value` in the local header (at `local`) and in the directory (at `directory`) of the first
 *  member and expect the archive to be refused. */
static void check_patched(const unsigned char *bytes, int64_t size, int64_t local,
                          int64_t directory, uint64_t value, int64_t width, const char *fragment)
{
    unsigned char *copy = malloc((size_t)size);
    assert_non_null(copy);
    memcpy(copy, bytes, (size_t)size);
    int64_t start = 0;
    while (memcmp(copy + start, "PK\1\2", 4) != 0) {
        start++;
        assert_true(start + 46 < size);
    }
    spni_store_little(value, copy + local, width);
    spni_store_little(value, copy + start + directory, width);
    if (width == 4) { /* sizes: as deflated, the method at 8 and 10 */
        spni_store_little(8, copy + 8, 2);
        spni_store_little(8, copy + start + 10, 2);
    }
    spn_arrays *arrays = NULL;
    check_fails(context, spn_npz_parse(context, "a.npz", copy, size, &arrays), SPN_ERROR_INPUT,
                fragment);
    free(copy);
}

/** Sizes that no file can hold are refused before memory is taken for them. */
static void test_declared_sizes(void **state)
{
    (void)state;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    check_ok(context, spni_npz_build(context, &some, &bytes, &size));
    check_patched(bytes, size, 22, 24, 0x7FFFFFFF, 4,
                  "member 'layers.0.weight.npy' declares 2147483647 bytes in 176");
    check_patched(bytes, size, 18, 20, 0x7FFFFFFF, 4, "a.npz");
    /* libzip 1.11 says it first: a stored member that is encrypted is longer than what it holds. */
    check_patched(bytes, size, 6, 8, 1, 2, "a.npz");
    check_patched(bytes, size, 8, 10, 12, 2, "is compressed by method 12");
    spn_release(context, bytes);
}

static void test_truncation_and_corruption(void **state)
{
    (void)state;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    const spn_arrays two = {.count = 2, .items = items};
    check_ok(context, spni_npz_build(context, &two, &bytes, &size));
    for (int64_t cut = 0; cut < size; cut++) {
        unsigned char *exact = malloc(cut > 0 ? (size_t)cut : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, (size_t)cut);
        spn_arrays *arrays = NULL;
        check_fails(context, spn_npz_parse(context, "cut", exact, cut, &arrays), SPN_ERROR_INPUT,
                    "cut");
        free(exact);
    }
    int64_t accepted = 0;
    for (int64_t at = 0; at < size; at++) {
        static const unsigned char flips[] = {1, 0x80, 0xFF};
        for (int f = 0; f < 3; f++) {
            spn_arrays *arrays = NULL;
            bytes[at] ^= flips[f];
            spn_status status = spn_npz_parse(context, "flip", bytes, size, &arrays);
            assert_true(status == SPN_OK || status == SPN_ERROR_INPUT);
            /* Dates and the like may change unseen; the numbers are under a checksum. */
            for (int64_t i = 0; status == SPN_OK && i < arrays->count; i++) {
                assert_memory_equal(arrays->items[i].values, items[i].values,
                                    (size_t)items[i].count * sizeof(double));
            }
            accepted += status == SPN_OK;
            spn_arrays_free(context, arrays);
            spn_error_clear(context);
            bytes[at] ^= flips[f];
        }
    }
    assert_true(accepted < size);
    spn_release(context, bytes);
}

static spn_status round_trip(spn_context *failing, void *state)
{
    spn_status status = SPN_OK;
    spn_arrays *again = NULL;
    const char *path = state;
    SPN_TRY(spn_arrays_write(failing, path, true, &some));
    SPN_TRY(spn_arrays_read(failing, path, &again));
done:
    spn_arrays_free(failing, again);
    return status;
}

static spn_status read_only(spn_context *failing, void *state)
{
    spn_arrays *arrays = NULL;
    spn_status status = spn_arrays_read(failing, state, &arrays);
    spn_arrays_free(failing, arrays);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char npz[512], safetensors[512];
    char fortran[] = CORPUS "npz/npy_fortran";
    support_scratch("memory.npz", npz);
    support_scratch("memory.safetensors", safetensors);
    assert_true(support_fail_each_allocation(round_trip, npz) > 10);
    assert_true(support_fail_each_allocation(round_trip, safetensors) > 10);
    assert_true(support_fail_each_allocation(read_only, fortran) > 5);
}

static int64_t count_files(const char *directory)
{
    DIR *listing = opendir(directory);
    assert_non_null(listing);
    int64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    }
    closedir(listing);
    return count;
}

/** A full disk as the kernel reports it: a failing write leaves nothing behind. */
static void test_failing_writes(void **state)
{
    (void)state;
    static const char *const endings[] = {".npz", ".safetensors"};
    char directory[512];
    support_scratch("failing", directory);
    assert_int_equal(mkdir(directory, 0777), 0);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (int e = 0; e < 2; e++) {
        char path[600], full[600];
        snprintf(path, sizeof path, "%s/a%s", directory, endings[e]);
        struct rlimit small = {100, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        spn_status status = spn_arrays_write(context, path, false, &some);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_fails(context, status, SPN_ERROR_IO, "File too large");
        assert_int_equal(count_files(directory), 0);
        support_scratch(e == 0 ? "full.npz" : "full.safetensors", full);
        assert_int_equal(symlink("/dev/full", full), 0);
        check_fails(context, spn_arrays_write(context, full, false, &some), SPN_ERROR_IO,
                    "No space left on device");
        check_ok(context, spn_arrays_write(context, path, false, &some));
        check_fails(context, spn_arrays_write(context, path, false, &some), SPN_ERROR_IO,
                    "exists; use --force to overwrite");
        check_ok(context, spn_arrays_write(context, path, true, &some));
        assert_int_equal(count_files(directory), 1);
        assert_int_equal(unlink(path), 0);
    }
    signal(SIGXFSZ, handler);
    check_fails(context, spn_arrays_write(context, "weights.txt", false, &some), SPN_ERROR_INPUT,
                "cannot write arrays to weights.txt: the name must end in .npz or .safetensors");
}

static void check_unwritable(const char *name, int64_t rank, const int64_t *sizes, int64_t count,
                             const char *fragment)
{
    const spn_named_array two[] = {
        {.name = "a", .rank = 1, .shape = shape, .count = 2, .values = values},
        {.name = name, .rank = rank, .shape = sizes, .count = count, .values = values}};
    const spn_arrays arrays = {.count = 2, .items = two};
    unsigned char *bytes = NULL;
    int64_t size = 0;
    check_fails(context, spni_npz_build(context, &arrays, &bytes, &size), SPN_ERROR_ARGUMENT,
                fragment);
    check_fails(context, spni_safetensors_build(context, &arrays, &bytes, &size),
                SPN_ERROR_ARGUMENT, fragment);
}

static void test_arrays_that_cannot_be_written(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "\xFF", "a\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_unwritable(names[i], 1, shape, 2, "array 1: its name must be UTF-8 text");
    }
    char name[SPN_ARRAY_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[SPN_ARRAY_NAME_MAX + 1] = '\0';
    check_unwritable(name, 1, shape, 2, "1 to 255 bytes");
    check_unwritable("a", 1, shape, 2, "two arrays are named 'a'");
    const int64_t negative[] = {-1};
    check_unwritable("b", 1, shape, 3, "its shape does not fit its count");
    check_unwritable("b", 1, negative, -1, "its shape does not fit its count");
    check_unwritable("b", SPN_ARRAY_RANK_MAX + 1, shape, 3, "its shape does not fit its count");
    /* Sizes that fit a count of doubles, but no file with a header. */
    const int64_t largest[] = {INT64_MAX / 8};
    check_unwritable("b", 1, largest, INT64_MAX / 8, "too large");
    const spn_named_array alone = {"b", 1, largest, INT64_MAX / 8, values};
    const spn_arrays large = {.count = 1, .items = &alone};
    unsigned char *no_bytes = NULL;
    int64_t no_size = 0;
    check_fails(context, spni_safetensors_build(context, &large, &no_bytes, &no_size),
                SPN_ERROR_ARGUMENT, "the arrays are too large for a file");
    const spn_arrays none = {.count = 0, .items = items};
    unsigned char *bytes = NULL;
    int64_t size = 0;
    check_fails(context, spni_npz_build(context, &none, &bytes, &size), SPN_ERROR_ARGUMENT,
                "no arrays to write");
    const spn_named_array reserved = {"__metadata__", 1, shape, 2, values};
    const spn_arrays one = {.count = 1, .items = &reserved};
    check_fails(context, spni_safetensors_build(context, &one, &bytes, &size), SPN_ERROR_ARGUMENT,
                "named __metadata__");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip_and_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_of_numpy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_and_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_of_other_programs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_that_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_declared_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_and_corruption, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arrays_that_cannot_be_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
