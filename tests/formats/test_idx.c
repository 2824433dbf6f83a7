/* SPDX-License-Identifier: MIT */
/** @file test_idx.c  Images and labels as the MNIST family has them. The compressed files were made by Python's gzip. */
#include "support.h"

#include "formats/stream.h"
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CORPUS SPN_TESTS_DIR "/formats/corpus/idx/"

static spn_context *context;

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

static const spn_idx_scale as_they_are = {1, 0, 1};

/** Four images of 2 x 3 with the pixels 0, 10, 20, ...: compressed or not, in one gzip stream or two. */
static void test_images(void **state)
{
    (void)state;
    static const char *const files[] = {"images", "images.gz", "two_members.gz"};
    static const int64_t picked[] = {3, 1};
    for (size_t f = 0; f < 3; f++) {
        char path[512];
        double x[6 * 4] = {0};
        spn_idx *idx = NULL;
        snprintf(path, sizeof path, CORPUS "%s", files[f]);
        check_ok(context, spn_idx_read(context, path, &idx));
        assert_string_equal(idx->source, path);
        assert_true(idx->are_bytes && idx->rank == 3 && idx->count == 24);
        assert_true(idx->shape[0] == 4 && idx->shape[1] == 2 && idx->shape[2] == 3);
        check_ok(context, spn_idx_columns(context, idx, 2, picked, as_they_are, 4, x));
        for (int i = 0; i < 6; i++) {
            assert_true(x[4 * i] == 10 * (18 + i) && x[4 * i + 1] == 10 * (6 + i));
            assert_true(x[4 * i + 2] == 0 && x[4 * i + 3] == 0);
        }
        const spn_idx_scale scale = {255, 0.1307, 0.3081};
        check_ok(context, spn_idx_columns(context, idx, 2, picked, scale, 4, x));
        assert_true(x[0] == (180 / 255.0 - 0.1307) / 0.3081);
        spn_idx_free(context, idx);
    }
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double values[4];
    } cases[] = {
        {"float", {0.5, 3, -1.25, (double)1e30F}},
        {"double", {0.1, -2}},
        {"short", {1, -2}},
        {"int", {1, -2}},
        {"signed", {1, -2}},
    };
    static const int64_t picked[] = {0, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        double x[4] = {0};
        spn_idx *idx = NULL;
        snprintf(path, sizeof path, CORPUS "%s", cases[i].name);
        check_ok(context, spn_idx_read(context, path, &idx));
        assert_false(idx->are_bytes);
        check_ok(context, spn_idx_columns(context, idx, 2, picked, as_they_are, 2, x));
        assert_memory_equal(x, cases[i].values, sizeof x);
        spn_idx_free(context, idx);
    }
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *fragment;
    } cases[] = {
        {"magic", "magic is not an IDX file: it begins with 00 01 08 03, and 00 00, a type (08, "
                  "09, 0b to 0e) and 1 to 8 dimensions are expected (images: 00 00 08 03)"},
        {"csv", "csv is not an IDX file: it begins with 6c 61 62 65"},
        {"type", "type is not an IDX file: it begins with 00 00 0a 03"},
        {"rank", "rank is not an IDX file: it begins with 00 00 08 00"},
        {"header", "header ends within its header"},
        {"none", "none holds no numbers"},
        {"huge", "huge declares 4294967295 x 4294967295 x 4294967295 numbers, and 4 bytes are"},
        {"cut", "cut declares 4 x 2 x 3 numbers, and 23 bytes are there; fetch the file again"},
        {"more", "more holds more than the 24 bytes that it declares"},
        {"cut.gz", "cut.gz: its gzip stream is cut off after "},
        {"cut_trailer.gz", "cut_trailer.gz: its gzip stream is cut off after "},
        {"crc.gz", "crc.gz: its gzip stream is damaged: incorrect data check; fetch"},
        {"garbage.gz", "garbage.gz: its gzip stream is damaged: invalid block type; fetch"},
        {"more.gz", "more.gz holds more than the 24 bytes that it declares"},
        {"less.gz", "less.gz declares 24 bytes and holds 23"},
        {"trailing.gz", "trailing.gz holds more than the 24 bytes that it declares"},
        {"bomb.gz", "bomb.gz declares 60000 x 28 x 28 numbers, and "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        spn_idx *idx = NULL;
        snprintf(path, sizeof path, CORPUS "%s", cases[i].name);
        check_fails(context, spn_idx_read(context, path, &idx), SPN_ERROR_INPUT, cases[i].fragment);
        assert_null(idx);
    }
    static const int64_t picked[] = {0, 1};
    double x[4];
    spn_idx *idx = NULL;
    check_ok(context, spn_idx_read(context, CORPUS "nan", &idx));
    check_fails(context, spn_idx_columns(context, idx, 2, picked, as_they_are, 2, x),
                SPN_ERROR_INPUT, "nan: number 2 of sample 1 is not finite");
    spn_idx_free(context, idx);
}

static spn_status number(const char *name, spn_texts only, const spn_classes *known, double *codes,
                         spn_classes **classes)
{
    char path[512];
    spn_idx *idx = NULL;
    snprintf(path, sizeof path, CORPUS "%s", name);
    check_ok(context, spn_idx_read(context, path, &idx));
    spn_status status = spn_idx_classes(context, idx, only, known, codes, classes);
    spn_idx_free(context, idx);
    return status;
}

static const spn_texts all = {0, NULL};

/** Labels 1, 0, 2, 1. */
static void test_classes(void **state)
{
    (void)state;
    static const double expected[] = {1, 0, 2, 1};
    static const char *const names[] = {"2", "1"};
    const spn_texts two = {2, names};
    double codes[4];
    spn_classes *classes = NULL, *none = NULL;
    check_ok(context, number("labels.gz", all, NULL, codes, &classes));
    assert_int_equal(classes->count, 3);
    assert_string_equal(classes->names[2], "2");
    assert_memory_equal(codes, expected, sizeof codes);
    spn_classes_free(context, classes);
    check_ok(context, number("labels", two, NULL, codes, &classes));
    assert_int_equal(classes->count, 2);
    assert_string_equal(classes->names[0], "1");
    assert_true(codes[0] == 0 && isnan(codes[1]) && codes[2] == 1 && codes[3] == 0);
    /* Those of other samples are numbered by them; a class that they lack is refused unless it is not asked for. */
    check_ok(context, number("labels", two, classes, codes, &none));
    assert_true(none == NULL && codes[0] == 0 && isnan(codes[1]) && codes[2] == 1);
    check_fails(context, number("labels", all, classes, codes, &none), SPN_ERROR_INPUT,
                "labels: class '0' is none of those of the training samples: 1, 2");
    spn_classes_free(context, classes);
}

static spn_status parse_labels(unsigned char type, int64_t size, const unsigned char *items,
                               double *codes, spn_classes **classes)
{
    unsigned char bytes[64] = {0, 0, type, 1, 0, 0, 0, 4};
    spn_idx *idx = NULL;
    memcpy(bytes + 8, items, (size_t)size);
    check_ok(context, spn_idx_parse(context, "labels", bytes, 8 + size, &idx));
    spn_status status = spn_idx_classes(context, idx, all, NULL, codes, classes);
    spn_idx_free(context, idx);
    return status;
}

/** The two signs are two classes; what is no class is not told of keys that tables have. */
static void test_signs(void **state)
{
    (void)state;
    static const unsigned char signs[] = {1, 0xff, 0xff, 1};
    static const unsigned char halves[] = {0x3f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const double expected[] = {1, 0, 0, 1};
    double codes[4];
    spn_classes *classes = NULL;
    check_ok(context, parse_labels(0x09, sizeof signs, signs, codes, &classes));
    assert_int_equal(classes->count, 2);
    assert_string_equal(classes->names[0], "-1");
    assert_string_equal(classes->names[1], "1");
    assert_memory_equal(codes, expected, sizeof codes);
    spn_classes_free(context, classes);
    check_fails(context, parse_labels(0x0d, sizeof halves, halves, codes, &classes),
                SPN_ERROR_INPUT,
                "labels: 0.5 is no class; classes are words or integers; is it the file of the "
                "labels?");
}

/** Every flipped bit behind the header of a gzip file is called what it is, whatever the stream holds then; but for bits
 *  that fill up the last byte before the checksum. */
static void test_damage_is_named(void **state)
{
    (void)state;
    unsigned char bytes[256];
    FILE *file = fopen(CORPUS "images.gz", "rb");
    assert_non_null(file);
    const int64_t size = (int64_t)fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(size > 20 && size < (int64_t)sizeof bytes && bytes[3] == 0);
    for (int64_t bit = 8 * 10; bit < 8 * size; bit++) {
        const unsigned char mask = (unsigned char)(1 << bit % 8);
        spn_idx *idx = NULL;
        bytes[bit / 8] ^= mask;
        const spn_status status = spn_idx_parse(context, "flipped", bytes, size, &idx);
        const bool fills = bit / 8 == size - 9 && status == SPN_OK;
        spn_idx_free(context, idx);
        if (!fills) {
            check_fails(context, status, SPN_ERROR_INPUT, "flipped: its gzip stream is ");
        }
        bytes[bit / 8] ^= mask;
    }
}

/* Images whose file is written to, or cut, after some were taken; packed or not. */
static void test_a_file_that_changes(void **state)
{
    (void)state;
    static const char *const names[] = {"images", "images.gz"};
    static const int64_t picked[] = {0, 2};
    for (int k = 0; k < 4; k++) {
        char path[512], from[512], bytes[256];
        double x[6 * 2];
        spn_idx *idx = NULL;
        snprintf(from, sizeof from, CORPUS "%s", names[k % 2]);
        FILE *file = fopen(from, "rb");
        assert_non_null(file);
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        file = fopen(support_scratch("images.idx", path), "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        support_age(path);
        check_ok(context, spn_idx_read(context, path, &idx));
        check_ok(context, spn_idx_columns(context, idx, 1, picked, as_they_are, 1, x));
        assert_true(x[0] == 0 && x[1] == 10);
        if (k < 2) {
            support_overwrite(path, (int64_t)size - 9, 7);
        } else {
            assert_int_equal(truncate(path, (off_t)size - 9), 0);
        }
        /* the second one goes on in what is here; the first one would begin anew */
        check_fails(context, spn_idx_columns(context, idx, 1, picked + 1, as_they_are, 1, x),
                    SPN_ERROR_INPUT,
                    k < 2 ? "images.idx has changed while it was read; run again"
                          : "images.idx has become shorter while it was read; run again");
        spn_idx_free(context, idx);
    }
}

/* Bytes are asked for whenever they are read, whoever reads them. */
static void test_a_stream_of_another_file(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    char path[512];
    unsigned char *bytes = calloc(SIZE, 1);
    spni_stream *stream = NULL;
    int64_t got = 0;
    FILE *file = fopen(support_scratch("stream", path), "wb");
    assert_true(file != NULL && bytes != NULL);
    assert_int_equal(fwrite(bytes, 1, SIZE, file), SIZE);
    assert_int_equal(fclose(file), 0);
    support_age(path);
    check_ok(context, spni_stream_open(context, path, &stream));
    check_ok(context, spni_stream_read(context, stream, bytes, 10, &got));
    support_overwrite(path, SIZE - 1, 1);
    check_ok(context, spni_stream_read(context, stream, bytes, 10, &got));
    check_fails(context, spni_stream_read(context, stream, bytes, SIZE - 20, &got), SPN_ERROR_INPUT,
                "stream has changed while it was read");
    spni_stream_close(context, stream);
    free(bytes);
}

static void test_labels_that_are_refused(void **state)
{
    (void)state;
    static const char *const one[] = {"1"}, *const absent[] = {"1", "7"},
                             *const twice[] = {"1", "1"}, *const kept[] = {"0", "1"};
    double codes[24];
    spn_classes *classes = NULL;
    check_fails(
        context, number("gap", all, NULL, codes, &classes), SPN_ERROR_INPUT,
        "gap: label 200 of sample 4 is out of range: 4 different labels are from 0 to 4; if "
        "the file is whole, list the classes that are meant in data.only");
    check_fails(
        context, number("signed", all, NULL, codes, &classes), SPN_ERROR_INPUT,
        "signed: label -2 of sample 2 is out of range: 3 different labels are from 0 to 3; if");
    check_fails(context, number("images", all, NULL, codes, &classes), SPN_ERROR_INPUT,
                "images holds 6 numbers for each sample, and labels are one; is it the images?");
    check_fails(context, number("labels", (spn_texts){2, absent}, NULL, codes, &classes),
                SPN_ERROR_INPUT, "labels has no class '7'; its classes are 0, 1, 2");
    check_fails(context, number("labels", (spn_texts){2, twice}, NULL, codes, &classes),
                SPN_ERROR_INPUT, "class '1' is named twice");
    check_fails(context, number("labels", (spn_texts){1, one}, NULL, codes, &classes),
                SPN_ERROR_INPUT, "labels: all samples are of one class, '1'");
    check_ok(context, number("gap", (spn_texts){2, kept}, NULL, codes, &classes));
    spn_classes_free(context, classes);
}

/** The names of the family; .gz or not, as the file is there. */
static void test_path_of_labels(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a/train-images-idx3-ubyte", "a/train-labels-idx1-ubyte"},
        {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
        {"images/train-images.idx3-ubyte", "images/train-labels.idx1-ubyte"},
        {"my-images.idx3", "my-labels.idx1"},
        {"images/digits.idx", NULL},
        {CORPUS "images", CORPUS "labels"},
        {CORPUS "images.gz", CORPUS "labels.gz"},
    };
    char *path = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ok(context, spn_idx_labels_path(context, cases[i][0], &path));
        if (cases[i][1] == NULL) {
            assert_null(path);
        } else {
            assert_string_equal(path, cases[i][1]);
        }
        spn_release(context, path);
    }
    char images[512], labels[512];
    support_scratch("train-images-idx3-ubyte", images);
    support_scratch("train-labels-idx1-ubyte.gz", labels);
    FILE *file = fopen(labels, "w");
    assert_non_null(file);
    fclose(file);
    check_ok(context, spn_idx_labels_path(context, images, &path));
    assert_string_equal(path, labels);
    spn_release(context, path);
}

static spn_status read_and_number(spn_context *failing, void *state)
{
    static const char *const names[] = {"2", "1"};
    double codes[4];
    spn_idx *idx = NULL;
    spn_classes *classes = NULL;
    spn_status status = spn_idx_read(failing, state, &idx);
    if (status == SPN_OK) {
        status = spn_idx_classes(failing, idx, (spn_texts){2, names}, NULL, codes, &classes);
    }
    spn_classes_free(failing, classes);
    spn_idx_free(failing, idx);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[] = CORPUS "labels.gz";
    assert_true(support_fail_each_allocation(read_and_number, path) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_damage_is_named),
        cmocka_unit_test(test_a_file_that_changes),
        cmocka_unit_test(test_a_stream_of_another_file),
        cmocka_unit_test(test_labels_that_are_refused),
        cmocka_unit_test(test_path_of_labels),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
