/* SPDX-License-Identifier: MIT */
/* Images that ranks share from the beginning: each reads some columns, then its samples, and what is made of them has the bits of one process that
 * has all of them; no rank ever has. The farm is played. */
#include "shared_case.h"

enum { WIDTH = 5, HEIGHT = 4, PIXELS = WIDTH * HEIGHT, CLASSES = 3 };

/* ---- Files ------------------------------------------------------------------------------------- */

static void write_big(FILE *file, int64_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        fputc((int)(number >> shift & 255), file);
    }
}

/* Pixels of noise, brighter where the class says so; the first one is always dark. */
static int pixel(int64_t n, int64_t i, int64_t label)
{
    uint64_t bits = ((uint64_t)n * 131 + (uint64_t)i) * UINT64_C(0x9e3779b97f4a7c15);
    bits ^= bits >> 29;
    bits *= UINT64_C(0xbf58476d1ce4e5b9);
    return i == 0 ? 0 : (int)(bits >> 57) + (i % CLASSES == label ? 60 : 0);
}

static int64_t label_of(int64_t n)
{
    return n * n % 7 % CLASSES;
}

static void write_images(const char *name, int64_t samples, int64_t columns)
{
    char path[512], labels[512], text[128];
    snprintf(text, sizeof text, "%s-images", name);
    support_scratch(text, path);
    snprintf(text, sizeof text, "%s-labels", name);
    support_scratch(text, labels);
    FILE *file = fopen(path, "wb"), *beside = fopen(labels, "wb");
    assert_true(file != NULL && beside != NULL);
    write_big(file, 0x0803);
    write_big(file, samples);
    write_big(file, HEIGHT);
    write_big(file, columns);
    write_big(beside, 0x0801);
    write_big(beside, samples);
    for (int64_t n = 0; n < samples; n++) {
        for (int64_t i = 0; i < HEIGHT * columns; i++) {
            fputc(pixel(n, i, label_of(n)), file);
        }
        fputc((int)label_of(n), beside);
    }
    assert_true(fclose(file) == 0 && fclose(beside) == 0);
}

/* ---- Tests ------------------------------------------------------------------------------------- */

static void test_ranks_make_the_same_of_them(void **state)
{
    (void)state;
    const char *const whitened = "data.whiten mixes all inputs of a sample";
    const char *const few = "they are fewer than their inputs";
    const char *const cases[][3] = {
        {"kind: idx, path: few-images, standardize: inputs, test_share: 0.2",
         "model: {hidden: [4], bias: true}\nobjective: {error: cross_entropy}"},
        {"kind: idx, path: few-images, center: all, normalize: [0.2, 0.3]",
         "model: {hidden: [4], activation: linear}\nobjective: {error: mse}"},
        {"kind: idx, path: few-images, standardize: inputs, center: all, take: 2100, take_by: "
         "random",
         "model: {hidden: [4], bias: true}\nobjective: {error: mse_mean, regularise: weights}"},
        {"kind: idx, path: few-images, only: [0, 2], class_targets: binary",
         "model: {hidden: [4, 3], bias: true}\nobjective: {error: cross_entropy}"},
        {"kind: idx, path: few-images, pixels: raw, test_path: other-images, standardize: inputs",
         "model: {hidden: [4]}\nobjective: {error: mse}"},
        {"kind: idx, path: few-images, whiten: true, standardize: inputs",
         "model: {hidden: [4], bias: true}\nobjective: {error: mse}", whitened},
        {"kind: idx, path: narrow-images, standardize: all",
         "model: {hidden: [4]}\nobjective: {error: mse}"},
        /* Fewer samples than inputs. */
        {"kind: idx, path: few-images, take: 18", "model: {hidden: [4]}\nobjective: {error: mse}",
         few},
    };
    write_images("few", 2500, WIDTH);
    write_images("other", 100, WIDTH);
    write_images("narrow", 2500, 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char path[512];
        check_case(write_experiment("case.yaml", cases[c][0], cases[c][1], path), cases[c][2]);
    }
}

/* Eight ranks: none has ever more than a part of the samples, but for whitening, which says so. */
static void test_no_rank_has_all(void **state)
{
    (void)state;
    enum { SAMPLES = 30000, COLUMNS = 16 };
    char path[512];
    write_images("many", SAMPLES, COLUMNS);
    write_experiment("many.yaml", "kind: idx, path: many-images, standardize: inputs",
                     "model: {hidden: [3]}\nobjective: {error: mse}", path);
    check_parts(path, SAMPLES * COLUMNS * HEIGHT * (int64_t)sizeof(double), 0);
}

/* A rank that reads another file, or none, is told of on all ranks. */
static void test_other_files(void **state)
{
    (void)state;
    char path[512], other[512], absent[512];
    write_images("few", 2500, WIDTH);
    write_images("short", 2400, WIDTH);
    const char *rest = "model: {hidden: [4]}\nobjective: {error: mse}";
    write_experiment("here.yaml", "kind: idx, path: few-images", rest, path);
    write_experiment("other.yaml", "kind: idx, path: short-images", rest, other);
    write_experiment("absent.yaml", "kind: idx, path: no-images", rest, absent);
    check_other(path, other, SPN_ERROR_INPUT, "rank 1 has read other data than rank 0");
    check_other(path, absent, SPN_ERROR_IO, "cannot open");
}

/* ---- A file that is written to while a study is made ------------------------------------------- */

typedef struct writer {
    int64_t waits; /* for so many allocations */
    char path[512];
} writer;

static void *allocate_and_write(void *state, size_t bytes, size_t alignment)
{
    writer *w = state;
    if (w->waits-- == 0) {
        support_overwrite(w->path, 100, 7);
    }
    return aligned_alloc(alignment, bytes);
}

static void release_plainly(void *state, void *memory)
{
    (void)state;
    free(memory);
}

/* "" where nothing was noticed. */
static void read_while_written(const char *text, writer *w, int64_t waits, char *message,
                               size_t size)
{
    const spn_allocator allocator = {allocate_and_write, release_plainly, w};
    const spn_context_settings settings = {.allocator = &allocator};
    spn_context *context = NULL;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    stage *played = stage_open(1);
    spn_farm farm = rank_of(played, 0, 1);
    w->waits = -1;
    support_age(w->path);
    assert_int_equal(spn_context_create(&settings, &context), SPN_OK);
    spn_context_set_farm(context, &farm);
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment));
    w->waits = waits;
    const spn_status status = spn_study_create(context, experiment, &study);
    assert_true(status == SPN_OK || status == SPN_ERROR_INPUT);
    snprintf(message, size, "%s", status == SPN_OK ? "" : spn_error_text(context));
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    stage_close(played);
}

/* Whatever is being made when it is noticed: the key that names the file is to blame, once. Until all allocations are behind it. */
static void check_change(const char *text, writer *w, const char *where)
{
    char expected[1024], message[1024];
    int64_t noticed = 0, waits = 0;
    snprintf(expected, sizeof expected,
             "%s%s has changed while it was read; run again when nobody writes to it", where,
             w->path);
    do {
        read_while_written(text, w, waits++, message, sizeof message);
        if (message[0] != '\0') {
            assert_string_equal(message, expected);
            noticed++;
        }
    } while (w->waits < 0);
    assert_true(noticed > 5);
}

static void test_a_file_that_changes(void **state)
{
    (void)state;
    char text[2048], still[512], labels[512];
    writer w;
    write_images("changing", 60, WIDTH);
    write_images("still", 60, WIDTH);
    support_scratch("changing-images", w.path);
    support_scratch("still-images", still);
    support_scratch("still-labels", labels);
    snprintf(text, sizeof text, "data: {kind: idx, path: %s, labels: %s}\nmodel: {hidden: [2]}\n",
             w.path, labels);
    check_change(text, &w, "e.yaml:1:25: data.path: ");
    snprintf(text, sizeof text,
             "data:\n  kind: idx\n  test_path: %s\n  path: %s\n  labels: %s\n  test_labels: %s\n"
             "model: {hidden: [2]}\n",
             w.path, still, labels, labels);
    check_change(text, &w, "e.yaml:3:14: data.test_path: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_make_the_same_of_them),
        cmocka_unit_test(test_no_rank_has_all),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_a_file_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
