/* SPDX-License-Identifier: MIT */
/* Tables and arrays that ranks share from the beginning: each reads some columns, then its samples, and what is made of them has the bits of one
 * process that has all of them; no rank ever has, but where it says why. The farm is played. */
#include "shared_case.h"

#include <spinodal/formats.h>
#include <zip.h>

enum { INPUTS = 5, FEW = 2500, SOME = 150 };

/* ---- Tables ------------------------------------------------------------------------------------ */

typedef enum look {
    PLAIN,     /* a header, commas, and a column of words at the end */
    GERMAN,    /* none, semicolons and decimal commas */
    GAPS,      /* missing cells */
    INDEXED,   /* an index without a name, and words among the inputs */
    WIDE_TEXT, /* the first one in UTF-16 */
    WIDE_GAPS  /* the third one in UTF-16 */
} look;

static double noise(int64_t n, int64_t i)
{
    uint64_t bits = ((uint64_t)n * 131 + (uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    bits ^= bits >> 29;
    bits *= UINT64_C(0xbf58476d1ce4e5b9);
    return (double)(bits >> 40) * 0x1p-22 - 2;
}

static const char *kind_of(int64_t n)
{
    static const char *const words[] = {"\"red, dark\"", "green", "blue"};
    return words[n * n % 7 % 3];
}

static bool is_wide(look form)
{
    return form == WIDE_TEXT || form == WIDE_GAPS;
}

/* Text, in UTF-16 where it is to be. */
static void put(FILE *file, look form, const char *text)
{
    for (; *text != '\0'; text++) {
        fputc(*text, file);
        if (is_wide(form)) {
            fputc(0, file);
        }
    }
}

static void put_cell(FILE *file, look form, int64_t n, int64_t i)
{
    char text[64];
    const double value = noise(n, i) + (i == n * n % 7 % 3 ? 2 : 0);
    snprintf(text, sizeof text, "%.9g%s", value, form == GERMAN ? ";" : ",");
    char *point = form == GERMAN ? strchr(text, '.') : NULL;
    if (point != NULL) {
        *point = ',';
    }
    const bool has_gaps = form == GAPS || form == WIDE_GAPS;
    const bool is_gap = has_gaps && (n * 13 + i * 7) % 31 == 0;
    put(file, form, is_gap ? (n % 2 == 0 ? "," : "NA,") : text);
}

static void put_row(FILE *file, look form, int64_t n, int64_t inputs)
{
    char text[64];
    if (form == INDEXED) {
        snprintf(text, sizeof text, "%lld,%s,", (long long)n * 3, n % 11 == 0 ? "u" : "v w");
        put(file, form, text);
    }
    for (int64_t i = 0; i < inputs; i++) {
        put_cell(file, form, n, i);
    }
    if (form == GERMAN) {
        snprintf(text, sizeof text, "%d;%d\r\n", (int)(n % 5), (int)(n * n % 7));
    } else {
        snprintf(text, sizeof text, "%s\n", kind_of(n));
    }
    put(file, form, text);
}

static void write_table(const char *name, look form, int64_t first, int64_t samples, int64_t inputs)
{
    char path[512], text[32];
    FILE *file = fopen(support_scratch(name, path), "wb");
    assert_non_null(file);
    if (is_wide(form)) {
        fwrite("\xFF\xFE", 1, 2, file);
    }
    put(file, form, form == INDEXED ? ",word," : "");
    for (int64_t i = 0; i < inputs && form != GERMAN; i++) {
        snprintf(text, sizeof text, "x%lld,", (long long)i);
        put(file, form, text);
    }
    put(file, form, form != GERMAN ? "kind\n" : "");
    for (int64_t n = 0; n < samples; n++) {
        put_row(file, form, first + n, inputs);
    }
    assert_int_equal(fclose(file), 0);
}

#define ENTROPY "model: {hidden: [4], bias: true}\nobjective: {error: cross_entropy}"
#define SQUARES "model: {hidden: [4]}\nobjective: {error: mse}"

typedef struct example {
    const char *data, *rest, *here;
} example;

static void check_examples(size_t count, const example *examples)
{
    for (size_t c = 0; c < count; c++) {
        char path[512];
        write_experiment("case.yaml", examples[c].data, examples[c].rest, path);
        check_case(path, examples[c].here);
    }
}

static void test_tables(void **state)
{
    (void)state;
    static const example examples[] = {
        {"kind: csv, path: plain.csv, classes: kind, standardize: inputs, test_share: 0.2", ENTROPY,
         NULL},
        {"kind: csv, path: german.csv, targets: [6, 7], center: all, columns: [5, 2, 3]",
         "model: {hidden: [4], activation: linear}\nobjective: {error: mse_mean}", NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: drop, standardize: inputs, center: "
         "all",
         SQUARES, NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: mean, test_share: 0.3", ENTROPY, NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: mean, test_path: more.csv", ENTROPY,
         NULL},
        {"kind: csv, path: plain.csv, classes: kind, missing: mean, test_path: more.csv", ENTROPY,
         NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: mean, standardize: inputs, test_path: "
         "wide_gaps.csv",
         ENTROPY, NULL},
        {"kind: csv, path: plain.csv, classes: kind, missing: mean, test_path: wide_gaps.csv",
         ENTROPY, NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: mean, test_path: wide_more.csv",
         ENTROPY, NULL},
        {"kind: csv, path: gaps.csv, classes: kind, missing: drop, test_path: wide_gaps.csv",
         ENTROPY, NULL},
        {"kind: csv, path: wide_gaps.csv, classes: kind, missing: mean, test_path: more.csv",
         ENTROPY, "their file is no regular one in UTF-8"},
        {"kind: csv, path: indexed.csv, classes: kind, standardize: inputs, test_path: other.csv",
         ENTROPY, NULL},
        {"kind: csv, path: plain.csv, classes: kind, whiten: true, test_share: 0.2", SQUARES,
         "data.whiten mixes all inputs of a sample"},
        {"kind: csv, path: wide.csv, classes: kind, standardize: inputs, test_path: plain.csv",
         SQUARES, "their file is no regular one in UTF-8"},
        {"kind: csv, path: narrow.csv, classes: kind, standardize: all", SQUARES, NULL},
        {"kind: csv, path: few.csv, classes: kind, standardize: inputs", SQUARES,
         "they are fewer than their inputs"},
    };
    write_table("plain.csv", PLAIN, 0, FEW, INPUTS);
    write_table("german.csv", GERMAN, 0, FEW, INPUTS);
    write_table("gaps.csv", GAPS, 0, FEW, INPUTS);
    write_table("more.csv", GAPS, FEW, SOME, INPUTS);
    write_table("indexed.csv", INDEXED, 0, FEW, INPUTS);
    write_table("other.csv", INDEXED, FEW, SOME, INPUTS);
    write_table("wide.csv", WIDE_TEXT, 0, FEW, INPUTS);
    write_table("wide_gaps.csv", WIDE_GAPS, FEW, SOME, INPUTS);
    write_table("wide_more.csv", WIDE_TEXT, FEW, SOME, INPUTS);
    write_table("narrow.csv", PLAIN, 0, FEW, 1);
    write_table("few.csv", PLAIN, 0, 18, 20);
    check_examples(sizeof examples / sizeof *examples, examples);
}

/* ---- Arrays ------------------------------------------------------------------------------------ */

static void write_arrays(const char *name, int64_t samples, int64_t inputs)
{
    char path[512];
    spn_context *context = NULL;
    double *x = calloc((size_t)(samples * inputs), sizeof *x);
    double *y = calloc((size_t)samples, sizeof *y);
    const int64_t shape[] = {samples, inputs};
    assert_true(x != NULL && y != NULL);
    for (int64_t n = 0; n < samples; n++) {
        y[n] = (double)(n * n % 7 % 3);
        for (int64_t i = 0; i < inputs; i++) {
            x[n * inputs + i] = noise(n, i) + (i == n * n % 7 % 3 ? 2 : 0);
        }
    }
    const spn_named_array items[] = {
        {.name = "x", .rank = 2, .shape = shape, .count = samples * inputs, .values = x},
        {.name = "y", .rank = 1, .shape = shape, .count = samples, .values = y},
        {.name = "few_x",
         .rank = 2,
         .shape = (const int64_t[]){SOME, inputs},
         .count = SOME * inputs,
         .values = x},
        {.name = "few_y", .rank = 1, .shape = (const int64_t[]){SOME}, .count = SOME, .values = y},
    };
    const spn_arrays arrays = {.count = 4, .items = items};
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    check_ok(context, spn_arrays_write(context, support_scratch(name, path), true, &arrays));
    spn_context_free(context);
    free(x);
    free(y);
}

/* x in Fortran order, of bytes. */
static void write_turned(const char *name)
{
    static char x[128 + INPUTS * FEW], y[128 + FEW];
    char path[512];
    int error = 0;
    zip_t *archive = zip_open(support_scratch(name, path), ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    memset(x, ' ', sizeof x);
    memset(y, ' ', sizeof y);
    memcpy(x, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(y, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(x + 10, "{'descr': '|i1', 'fortran_order': True, 'shape': (2500, 5), }", 61);
    memcpy(y + 10, "{'descr': '|i1', 'fortran_order': False, 'shape': (2500,), }", 60);
    x[127] = y[127] = '\n';
    for (int64_t n = 0; n < FEW; n++) {
        y[128 + n] = (char)(n * n % 7 % 3);
        for (int64_t i = 0; i < INPUTS; i++) {
            x[128 + i * FEW + n] = (char)(noise(n, i) * 30);
        }
    }
    assert_true(zip_file_add(archive, "x.npy", zip_source_buffer(archive, x, sizeof x, 0), 0) >= 0);
    assert_true(zip_file_add(archive, "y.npy", zip_source_buffer(archive, y, sizeof y, 0), 0) >= 0);
    assert_int_equal(zip_close(archive), 0);
}

static void test_arrays(void **state)
{
    (void)state;
    static const example examples[] = {
        {"kind: npz, path: some.npz, classes: y, standardize: inputs, test_share: 0.2", ENTROPY,
         NULL},
        {"kind: npz, path: some.npz, center: all, test_input_key: few_x, test_target_key: few_y",
         "model: {hidden: [4], activation: linear}\nobjective: {error: mse}", NULL},
        {"kind: npz, path: some.npz, classes: y, test_path: turned.npz", SQUARES, NULL},
        {"kind: npz, path: turned.npz, classes: y, standardize: inputs, test_path: some.npz",
         ENTROPY, "their array is in Fortran order"},
        {"kind: npz, path: some.safetensors, classes: y, standardize: inputs", SQUARES,
         "their file is no NPZ archive"},
        {"kind: npz, path: some.npz, whiten: true", SQUARES,
         "data.whiten mixes all inputs of a sample"},
    };
    write_arrays("some.npz", FEW, INPUTS);
    write_arrays("some.safetensors", FEW, INPUTS);
    write_turned("turned.npz");
    check_examples(sizeof examples / sizeof *examples, examples);
}

/* ---- What a rank takes -------------------------------------------------------------------------- */

static void test_no_rank_has_all(void **state)
{
    (void)state;
    enum { SAMPLES = 30000, COLUMNS = 128 };
    const int64_t all = SAMPLES * COLUMNS * (int64_t)sizeof(double);
    const char *rest = "model: {hidden: [3]}\nobjective: {error: mse}";
    char path[512];
    write_table("many.csv", PLAIN, 0, SAMPLES, COLUMNS);
    check_parts(write_experiment("many.yaml",
                                 "kind: csv, path: many.csv, classes: kind, standardize: inputs",
                                 rest, path),
                all, 0.06);
    write_arrays("many.npz", SAMPLES, COLUMNS);
    check_parts(write_experiment("many.yaml",
                                 "kind: npz, path: many.npz, classes: y, standardize: inputs", rest,
                                 path),
                all, 0.02);
}

static void test_other_files(void **state)
{
    (void)state;
    static const char *const data[][3] = {
        {"kind: csv, path: plain.csv, classes: kind", "kind: csv, path: short.csv, classes: kind",
         "rank 1 has read other data than rank 0"},
        {"kind: csv, path: plain.csv, classes: kind", "kind: csv, path: shifted.csv, classes: kind",
         "rank 1 has read other data than rank 0"},
        {"kind: csv, path: plain.csv, classes: kind", "kind: csv, path: wide.csv, classes: kind",
         "rank 1 has read other data than rank 0"},
        {"kind: npz, path: some.npz, classes: y", "kind: npz, path: some.safetensors, classes: y",
         "rank 1 has read other data than rank 0"},
        {"kind: csv, path: plain.csv, classes: kind", "kind: csv, path: no.csv, classes: kind",
         "cannot open"},
        {"kind: csv, path: plain.csv, classes: kind", "kind: csv, path: plain.csv, targets: [kind]",
         "targets are numbers"},
    };
    write_table("plain.csv", PLAIN, 0, FEW, INPUTS);
    write_table("short.csv", PLAIN, 0, FEW - 1, INPUTS);
    write_table("shifted.csv", PLAIN, 7, FEW, INPUTS);
    write_table("wide.csv", WIDE_TEXT, 0, FEW, INPUTS);
    write_arrays("some.npz", FEW, INPUTS);
    write_arrays("some.safetensors", FEW, INPUTS);
    for (size_t c = 0; c < sizeof data / sizeof *data; c++) {
        char path[512], second[512];
        write_experiment("first.yaml", data[c][0], SQUARES, path);
        write_experiment("second.yaml", data[c][1], SQUARES, second);
        check_other(path, second, c == 4 ? SPN_ERROR_IO : SPN_ERROR_INPUT, data[c][2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_no_rank_has_all),
        cmocka_unit_test(test_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
