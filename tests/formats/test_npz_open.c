/* SPDX-License-Identifier: MIT */
/* Samples whose inputs stay in their archive are those that are read as a whole: the same numbers and failures, however they are stored, and
 * whichever byte of the file is another. */
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zip.h>

static spn_context *context;
static char path[512];

static int set_up(void **state)
{
    (void)state;
    support_scratch("t.npz", path);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

/* ---- Files ------------------------------------------------------------------------------------- */

enum { ROWS = 150, COLUMNS = 5, ROOM = 65536 };

/* An NPY file. */
typedef struct array {
    const char *name, *type, *shape;
    bool is_fortran;
    char bytes[ROOM];
    int64_t size;
} array;

static void begin(array *a)
{
    char text[200];
    const int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n",
                 a->type, a->is_fortran ? "True" : "False", a->shape);
    memcpy(a->bytes, "\x93NUMPY\x01\x00", 8);
    a->bytes[8] = (char)length;
    a->bytes[9] = 0;
    memcpy(a->bytes + 10, text, (size_t)length);
    a->size = 10 + length;
}

static void put(array *a, const void *number, int64_t size, bool is_big)
{
    for (int64_t i = 0; i < size; i++) {
        a->bytes[a->size++] = ((const char *)number)[is_big ? size - 1 - i : i];
    }
}

/* Numbers that all types have. */
static void put_number(array *a, int64_t number)
{
    const bool is_big = a->type[0] == '>';
    const float single = (float)number;
    const double real = (double)number;
    const int size = a->type[2] - '0';
    if (a->type[1] == 'f') {
        put(a, size == 4 ? (const void *)&single : &real, size, is_big);
    } else {
        put(a, &number, size, is_big);
    }
}

static void write_archive(int64_t count, const array *arrays, zip_int32_t method)
{
    int error = 0;
    unlink(path);
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    for (int64_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.npy", arrays[i].name);
        zip_source_t *source =
            zip_source_buffer(archive, arrays[i].bytes, (zip_uint64_t)arrays[i].size, 0);
        const zip_int64_t index = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        assert_int_equal(zip_set_file_compression(archive, (zip_uint64_t)index, method, 0), 0);
    }
    assert_int_equal(zip_close(archive), 0);
}

/* ---- Two ways ---------------------------------------------------------------------------------- */

typedef struct outcome {
    spn_status status;
    char text[600];
    spn_samples *samples;
    spn_classes *classes;
} outcome;

static outcome act(const char *targets, bool has_classes, bool stays)
{
    outcome o = {.status = SPN_OK};
    const spn_npz_choice choice = {
        .inputs = "x", .targets = targets, .classes = has_classes ? targets : NULL, .stay = stays};
    o.status = spn_npz_samples(context, path, &choice, &o.samples, &o.classes);
    snprintf(o.text, sizeof o.text, "%s", o.status != SPN_OK ? spn_error_text(context) : "");
    return o;
}

static void outcome_free(outcome *o)
{
    spn_samples_free(context, o->samples);
    spn_classes_free(context, o->classes);
}

/* Rows forwards and then from the first again, some columns or all. */
static void check_inputs(const spn_samples *own, const spn_samples *its, int64_t first,
                         int64_t columns)
{
    const int64_t samples = its->samples, width = its->inputs + its->outputs;
    int64_t *picked = calloc((size_t)samples, sizeof *picked);
    double *x = calloc((size_t)(samples * columns), sizeof *x);
    for (int64_t n = 0; n < samples; n++) {
        picked[n] = n * 7 % samples;
    }
    const spn_sample_part part = {samples, picked, first, columns, samples};
    check_ok(context, spn_samples_take(context, own, &part, x));
    for (int64_t n = 0; n < samples; n++) {
        for (int64_t i = 0; i < columns; i++) {
            assert_memory_equal(&x[i * samples + n], &its->rows[picked[n] * width + first + i],
                                sizeof *x);
        }
    }
    free(picked);
    free(x);
}

static void check_samples(const spn_samples *own, const spn_samples *its)
{
    assert_true(own->samples == its->samples && own->inputs == its->inputs &&
                own->outputs == its->outputs);
    const int64_t skipped = own->file != NULL ? 0 : its->inputs;
    for (int64_t n = 0; n < its->samples; n++) {
        assert_memory_equal(own->rows + n * (skipped + own->outputs) + skipped,
                            its->rows + n * (its->inputs + its->outputs) + its->inputs,
                            (size_t)its->outputs * sizeof *its->rows);
    }
    check_inputs(own, its, 0, its->inputs);
    check_inputs(own, its, its->inputs / 2, (its->inputs + 1) / 2);
}

/* Do they stay? */
static bool compare(const char *targets, bool has_classes, bool *is_well)
{
    outcome whole = act(targets, has_classes, false), left = act(targets, has_classes, true);
    if (left.status != whole.status || strcmp(left.text, whole.text) != 0) {
        fail_msg("read: %d %s\nopened: %d %s", (int)whole.status, whole.text, (int)left.status,
                 left.text);
    }
    *is_well = whole.status == SPN_OK;
    if (*is_well) {
        check_samples(left.samples, whole.samples);
        assert_true((left.samples->file == NULL) == (left.samples->here != NULL));
        assert_null(whole.samples->here);
    }
    const bool stays = *is_well && left.samples->file != NULL;
    outcome_free(&whole);
    outcome_free(&left);
    return stays;
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static void make_targets(array *a, const char *name)
{
    *a = (array){.name = name, .type = "<f8", .shape = "(150, 2)"};
    begin(a);
    for (int64_t i = 0; i < 2 * ROWS; i++) {
        put_number(a, i % 11 - 5);
    }
}

static void make_labels(array *a, const char *name)
{
    *a = (array){.name = name, .type = "|u1", .shape = "(150,)"};
    begin(a);
    for (int64_t n = 0; n < ROWS; n++) {
        put_number(a, n * n % 3);
    }
}

static void make_inputs(array *a, const char *type, const char *shape, bool is_fortran,
                        int64_t count)
{
    *a = (array){.name = "x", .type = type, .shape = shape, .is_fortran = is_fortran};
    begin(a);
    for (int64_t i = 0; i < count; i++) {
        put_number(a, i * 37 % 101);
    }
}

static void test_all_forms(void **state)
{
    (void)state;
    static const char *const types[] = {"<f8", ">f8", "<f4", ">f4", "<i8", ">i4",
                                        "<i2", "|i1", "<u8", ">u2", "|u1", "|b1"};
    static array arrays[3];
    bool is_well = false;
    make_targets(&arrays[0], "y");
    make_labels(&arrays[2], "kind");
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int k = 0; k < 6; k++) {
            const bool is_fortran = k % 3 == 1, is_row = k % 3 == 2;
            make_inputs(&arrays[1], types[t], is_row ? "(150,)" : "(150, 5)", is_fortran,
                        is_row ? ROWS : ROWS * COLUMNS);
            write_archive(3, arrays, k < 3 ? ZIP_CM_STORE : ZIP_CM_DEFLATE);
            assert_int_equal(compare("y", false, &is_well), !is_fortran);
            assert_true(is_well);
            assert_int_equal(compare("kind", true, &is_well), !is_fortran);
            assert_true(is_well);
            compare("x", false, &is_well);
            assert_false(is_well);
        }
    }
}

/* More numbers than are looked at together, one of which is none, or no double. */
static void test_bad_numbers(void **state)
{
    (void)state;
    enum { MANY = 8192 };
    static array arrays[2];
    const double infinite = HUGE_VAL;
    const int64_t odd = ((int64_t)1 << 53) + 1;
    arrays[1] = (array){.name = "y", .type = "|i1", .shape = "(4096,)"};
    begin(&arrays[1]);
    for (int64_t n = 0; n < MANY / 2; n++) {
        put_number(&arrays[1], n % 3);
    }
    bool is_well = false;
    for (int k = 0; k < 4; k++) {
        make_inputs(&arrays[0], k % 2 == 0 ? "<f8" : "<i8", "(4096, 1)", false, MANY / 2);
        memcpy(arrays[0].bytes + arrays[0].size - 8 * (k < 2 ? 1 : MANY / 2),
               k % 2 == 0 ? (const void *)&infinite : &odd, 8);
        write_archive(2, arrays, ZIP_CM_DEFLATE);
        assert_false(compare("y", false, &is_well));
        assert_false(is_well);
    }
}

static void test_what_others_have_thought_of(void **state)
{
    (void)state;
    static const char *const folders[] = {"npz", "samples", "torch", "safetensors"};
    int64_t tried = 0;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        char folder[600];
        snprintf(folder, sizeof folder, SPN_TESTS_DIR "/formats/corpus/%s", folders[f]);
        DIR *files = opendir(folder);
        assert_non_null(files);
        for (const struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
            bool is_well = false;
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof path, "%.250s/%.200s", folder, entry->d_name);
                compare("y", false, &is_well);
                compare("species", true, &is_well);
                compare("code", true, &is_well);
                tried++;
            }
        }
        closedir(files);
    }
    assert_true(tried > 50);
}

/* One byte of a file is another, each in turn. */
static void test_damage(void **state)
{
    (void)state;
    static array arrays[2];
    static char bytes[ROOM];
    int64_t refused = 0, size = 0;
    for (int method = 0; method < 2; method++) {
        make_labels(&arrays[0], "y");
        arrays[1] = (array){.name = "x", .type = "|u1", .shape = "(150, 2)"};
        begin(&arrays[1]);
        for (int64_t i = 0; i < 2 * ROWS; i++) {
            put_number(&arrays[1], i * i % 50);
        }
        write_archive(2, arrays, method == 0 ? ZIP_CM_STORE : ZIP_CM_DEFLATE);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size = (int64_t)fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        for (int64_t at = 0; at < size; at++) {
            bool is_well = false;
            bytes[at] ^= (char)(1 << at % 8);
            file = fopen(path, "wb");
            assert_non_null(file);
            assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
            assert_int_equal(fclose(file), 0);
            compare("y", false, &is_well);
            refused += !is_well;
            bytes[at] ^= (char)(1 << at % 8);
        }
    }
    assert_true(refused > 500);
}

/* One number of an archive, stored or packed, becomes another after some samples were read. */
static void test_a_file_that_changes(void **state)
{
    (void)state;
    static const char line[] = "t.npz has changed while it was read; run again when nobody writes";
    static array arrays[2];
    make_labels(&arrays[0], "kind");
    make_inputs(&arrays[1], "|u1", "(150, 5)", false, ROWS * COLUMNS);
    const int64_t picked[] = {0, 1}, others[] = {0, ROWS - 1};
    const spn_sample_part part = {2, picked, 0, 2, 2}, rest = {2, others, 0, 2, 2};
    double x[4];
    for (int method = 0; method < 2; method++) {
        write_archive(2, arrays, method == 0 ? ZIP_CM_STORE : ZIP_CM_DEFLATE);
        support_age(path);
        outcome o = act("kind", true, true);
        check_ok(context, o.status);
        assert_non_null(o.samples->file);
        check_ok(context, spn_samples_take(context, o.samples, &part, x));
        assert_true(x[0] == 0 && x[1] == 5 * 37 % 101);
        support_overwrite(path, arrays[0].size + 400, 7);
        check_fails(context, spn_samples_take(context, o.samples, &rest, x), SPN_ERROR_INPUT, line);
        outcome_free(&o);
    }
    write_archive(2, arrays, ZIP_CM_STORE);
    support_age(path);
    outcome o = act("kind", true, true);
    check_ok(context, o.status);
    assert_int_equal(truncate(path, 100), 0);
    check_fails(context, spn_samples_take(context, o.samples, &part, x), SPN_ERROR_INPUT,
                "t.npz has become shorter while it was read; run again when nobody writes to it");
    outcome_free(&o);
}

static spn_status open_and_take(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const int64_t picked[] = {3, 1};
    const spn_sample_part part = {2, picked, 1, 2, 2};
    const spn_npz_choice choice = {.inputs = "x", .classes = "kind", .stay = true};
    double x[4];
    SPN_TRY(spn_npz_samples(own, state, &choice, &samples, &classes));
    SPN_TRY(spn_samples_take(own, samples, &part, x));
    assert_true(x[0] == 16 * 37 % 101 && x[3] == 7 * 37 % 101);
done:
    spn_samples_free(own, samples);
    spn_classes_free(own, classes);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static array arrays[2];
    make_labels(&arrays[0], "kind");
    make_inputs(&arrays[1], "<f4", "(150, 5)", false, ROWS * COLUMNS);
    write_archive(2, arrays, ZIP_CM_DEFLATE);
    assert_true(support_fail_each_allocation(open_and_take, path) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_others_have_thought_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
