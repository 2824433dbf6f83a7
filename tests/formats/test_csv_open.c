/* SPDX-License-Identifier: MIT */
/* A table that stays in its file is the one that is read as a whole: the same columns, samples and failures, wherever the window ends that
 * goes over the file. */
#include "support.h"

#include "formats/csv.h"
#include <dirent.h>
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* As in csv_text.c. */
enum { WINDOW = 1 << 20 };

static spn_context *context;
static char path[512];

static int set_up(void **state)
{
    (void)state;
    support_scratch("t.csv", path);
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static void write_file(const char *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* ---- Two ways ---------------------------------------------------------------------------------- */

typedef struct wish {
    spn_csv_layout layout;
    spn_csv_missing missing;
    const char *target, *column; /* column NULL: all others */
    bool has_classes;
} wish;

typedef struct outcome {
    spn_status status;
    char text[600];
    spn_csv_table *table;
    spn_samples *samples;
    spn_classes *classes;
} outcome;

static spn_status load(const wish *w, bool stays, outcome *o)
{
    spn_status status = SPN_OK;
    const spn_csv_choice choice = {.targets = {1, &w->target},
                                   .columns = {w->column != NULL, &w->column},
                                   .missing = w->missing};
    SPN_TRY(stays ? spn_csv_open(context, path, w->layout, &o->table)
                  : spn_csv_read(context, path, w->layout, &o->table));
    SPN_TRY(w->has_classes ? spn_csv_classes(context, o->table, w->target, NULL, &o->classes)
                           : SPN_OK);
    SPN_TRY(spn_csv_samples(context, o->table, &choice, &o->samples));
    SPN_TRY(w->has_classes ? spn_samples_classes(context, o->samples, o->classes, false) : SPN_OK);
    SPN_TRY(o->samples->cells_missing > 0 ? spn_samples_fill(context, o->samples, NULL) : SPN_OK);
done:
    return status;
}

static outcome act(const wish *w, bool stays)
{
    outcome o = {.status = SPN_OK};
    o.status = load(w, stays, &o);
    snprintf(o.text, sizeof o.text, "%s", o.status != SPN_OK ? spn_error_text(context) : "");
    return o;
}

static void outcome_free(outcome *o)
{
    spn_samples_free(context, o->samples);
    spn_csv_free(context, o->table);
    spn_classes_free(context, o->classes);
}

static void check_table(const spn_csv_table *own, const spn_csv_table *its)
{
    assert_int_equal(own->rows, its->rows);
    assert_int_equal(own->columns, its->columns);
    assert_int_equal(own->separator, its->separator);
    assert_int_equal(own->has_decimal_commas, its->has_decimal_commas);
    assert_string_equal(own->encoding, its->encoding);
    assert_memory_equal(own->lines, its->lines, (size_t)its->rows * sizeof *its->lines);
    for (int64_t c = 0; c < its->columns; c++) {
        const spn_csv_column *a = &own->facts[c], *b = &its->facts[c];
        assert_true(a->numbers == b->numbers && a->words == b->words && a->missing == b->missing &&
                    a->infinite == b->infinite && a->disguised == b->disguised &&
                    a->categories == b->categories);
        assert_string_equal(a->flaw.what, b->flaw.what);
        assert_string_equal(a->gap.what, b->gap.what);
        assert_true(a->flaw.line == b->flaw.line && a->gap.line == b->gap.line);
        if (its->names != NULL) {
            assert_string_equal(own->names[c], its->names[c]);
        }
    }
    assert_int_equal(own->names != NULL, its->names != NULL);
}

/* Inputs first..first + columns of all samples, the last ones first. */
static void check_inputs(const spn_samples *own, const spn_samples *its, int64_t first,
                         int64_t columns)
{
    const int64_t samples = its->samples, width = its->inputs + its->outputs;
    int64_t *picked = calloc((size_t)samples, sizeof *picked);
    double *x = calloc((size_t)(samples * columns), sizeof *x);
    for (int64_t n = 0; n < samples; n++) {
        picked[n] = samples - 1 - n;
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
                own->outputs == its->outputs && own->rows_dropped == its->rows_dropped &&
                own->cells_missing == its->cells_missing &&
                own->has_dropped_index == its->has_dropped_index);
    for (int64_t i = 0; its->input_names != NULL && i < its->inputs; i++) {
        assert_string_equal(own->input_names[i], its->input_names[i]);
    }
    const bool stays = own->file != NULL;
    const int64_t skipped = stays ? 0 : its->inputs, width = its->inputs + its->outputs;
    for (int64_t n = 0; n < its->samples; n++) {
        assert_memory_equal(own->rows + n * (skipped + its->outputs) + skipped,
                            its->rows + n * width + its->inputs,
                            (size_t)its->outputs * sizeof *its->rows);
    }
    check_inputs(own, its, 0, its->inputs);
    check_inputs(own, its, its->inputs / 2, (its->inputs + 1) / 2);
}

/* Whether it went well. */
static bool compare(const wish *w)
{
    outcome whole = act(w, false), left = act(w, true);
    const bool is_well = whole.status == SPN_OK;
    if (left.status != whole.status || strcmp(left.text, whole.text) != 0) {
        fail_msg("read: %d %s\nopened: %d %s", (int)whole.status, whole.text, (int)left.status,
                 left.text);
    }
    if (whole.table != NULL && left.table != NULL) {
        check_table(left.table, whole.table);
    }
    if (is_well) {
        check_samples(left.samples, whole.samples);
    }
    outcome_free(&whole);
    outcome_free(&left);
    return is_well;
}

/* ---- Tests ------------------------------------------------------------------------------------- */

/* Every choice with each text of a folder; how many went well. */
static int64_t compare_folder(const char *folder)
{
    static const char *const targets[] = {"1", "2", "position=3"};
    int64_t well = 0;
    DIR *files = opendir(folder);
    assert_non_null(files);
    for (const struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        char bytes[4096], name[1024];
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(name, "rb") : NULL;
        if (file == NULL) {
            continue;
        }
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        write_file(bytes, (int64_t)size);
        for (int k = 0; k < 54; k++) {
            const wish w = {.layout = {.header = (spn_csv_header)(k % 3)},
                            .missing = (spn_csv_missing)(k / 3 % 3),
                            .target = targets[k / 9 % 3],
                            .has_classes = k >= 27};
            well += compare(&w);
        }
    }
    closedir(files);
    return well;
}

static void test_what_others_have_thought_of(void **state)
{
    (void)state;
    assert_true(compare_folder(SPN_TESTS_DIR "/formats/corpus/csv") > 50);
    assert_true(compare_folder(SPN_TESTS_DIR "/formats/corpus/classes") > 20);
}

static const char *const ends[] = {"\n", "\r\n", "\r"};

/* Rows behind which the window may end, and what is the matter with them. */
static const struct {
    const char *rows; /* with ~ at the end of each line */
    bool is_well;
} tails[] = {
    {"1,2,\"q\"\"r\"~3.5,4,  z  ~?,6,\"two~lines\"~7,,s~ 8 , \"9\" ,t~~~ ~", true},
    {"1,2,q~3,4~5,6,s~", false},
    {"1,2,q~3,4,r~~5,6,s~", false},
    {"1,2,q~3,4,\"open~5,6,s~", false},
    {"1,2,q~3,4,\"text\"behind~5,6,s~", false},
    {"1,2,q~3,1e999,r~5,6,s~", false},
    {"1,2,q~x,4,r~5,6,s", false},
};

static int64_t put(char *to, const char *text, const char *end)
{
    int64_t used = 0;
    for (; *text != '\0'; text++) {
        if (*text == '~') {
            memcpy(to + used, end, strlen(end));
            used += (int64_t)strlen(end);
        } else {
            to[used++] = *text;
        }
    }
    return used;
}

/* Enough rows before a long word that the separator is known, then the tail from byte `from` of the file. */
static void write_tail(size_t tail, const char *end, int64_t from)
{
    char *bytes = malloc((size_t)from + 1024);
    assert_non_null(bytes);
    int64_t used = put(bytes, "a,b,word~", end);
    for (int i = 0; i < 25; i++) {
        used += put(bytes + used, "0.25,-1,w~", end);
    }
    used += put(bytes + used, "0,1,", end);
    const int64_t left = from - used - (int64_t)strlen(end);
    memset(bytes + used, 'x', (size_t)left);
    used += left;
    used += put(bytes + used, "~", end);
    used += put(bytes + used, tails[tail].rows, end);
    write_file(bytes, used);
    free(bytes);
}

static void test_wherever_the_window_ends(void **state)
{
    (void)state;
    const wish w = {.missing = SPN_CSV_MISSING_MEAN, .target = "b", .column = "a"};
    for (size_t tail = 0; tail < sizeof tails / sizeof *tails; tail++) {
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            /* The window that shows the first rows ends here and there in the tail, or a little before it. */
            for (int64_t before = 0; before < 60; before += tail == 0 ? 1 : 7) {
                write_tail(tail, ends[e], WINDOW - before);
                assert_int_equal(compare(&w), tails[tail].is_well);
            }
        }
    }
}

/* A row that is longer than a window, or several. */
static void test_long_rows(void **state)
{
    (void)state;
    const wish w = {.missing = SPN_CSV_MISSING_DROP, .target = "b", .column = "a"};
    write_tail(0, "\n", 5 * (int64_t)WINDOW + 17);
    assert_true(compare(&w));
    const wish classes = {.missing = SPN_CSV_MISSING_DROP, .target = "word", .has_classes = true};
    assert_true(compare(&classes));
}

/* What stands before the first row is longer than a window, and so are the first rows. */
static void test_wherever_it_begins(void **state)
{
    (void)state;
    static const char *const starts[] = {"sep=;~a;b~1,5;2~3;4~", "a b~1 2~3 4~",
                                         "\"a~b\",c~1,2~3,4~",   "sep=x~a;b~1;2~",
                                         "sep=xy;b~1;2~3;4~",    "~ ~#~a\tb~1\t2~"};
    const wish w = {.target = "2"};
    char *bytes = malloc(WINDOW + 256);
    assert_non_null(bytes);
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        for (int64_t before = 0; before < 24; before++) {
            memset(bytes, '-', WINDOW + 256);
            bytes[0] = '#';
            int64_t used = WINDOW - before;
            bytes[used - 1] = '\n';
            used += put(bytes + used, starts[s], "\n");
            write_file(bytes, used);
            compare(&w);
        }
    }
    free(bytes);
}

static void test_a_nul_wherever_it_is(void **state)
{
    (void)state;
    const wish w = {.target = "b"};
    for (int64_t place = WINDOW - 2; place < WINDOW + 2; place++) {
        write_tail(0, "\n", WINDOW + 5);
        FILE *file = fopen(path, "rb+");
        assert_non_null(file);
        assert_int_equal(fseek(file, place, SEEK_SET), 0);
        fputc(0, file);
        assert_int_equal(fclose(file), 0);
        assert_false(compare(&w));
    }
}

/* Pipes cannot be read again, and are read as a whole. */
static void test_what_cannot_stay(void **state)
{
    (void)state;
    int pipes[2];
    char name[64];
    spn_csv_table *table = NULL;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "a,b\n1,2\n", 8), 8);
    close(pipes[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", pipes[0]);
    check_ok(context, spn_csv_open(context, name, (spn_csv_layout){0}, &table));
    assert_true(table->file == NULL && table->values[1] == 2);
    spn_csv_free(context, table);
    close(pipes[0]);
    check_fails(context, spn_csv_open(context, "no.csv", (spn_csv_layout){0}, &table), SPN_ERROR_IO,
                "cannot open no.csv");
}

/* What cannot stay is filled with the means of what does. */
static void test_filled_like_others(void **state)
{
    (void)state;
    static const char bytes[] = "a,b,y\n,5,1\n7,,2\n,,3\n";
    const wish w = {.target = "y", .missing = SPN_CSV_MISSING_MEAN};
    const char *const targets[] = {"y"};
    const spn_csv_choice choice = {.targets = {1, targets}, .missing = SPN_CSV_MISSING_MEAN};
    const double filled[] = {2, 5, 1, 7, 10, 2, 2, 10, 3};
    spn_csv_table *table = NULL;
    spn_samples *samples = NULL;
    write_file("a,b,y\n1,,3\n,8,4\n3,12,3\n", 23);
    outcome o = act(&w, true);
    check_ok(context, o.status);
    assert_non_null(o.samples->file);
    check_ok(context, spn_csv_parse(context, "others", bytes, sizeof bytes - 1, (spn_csv_layout){0},
                                    &table));
    check_ok(context, spn_csv_samples(context, table, &choice, &samples));
    check_ok(context, spn_samples_fill_like(context, samples, o.samples));
    assert_memory_equal(samples->rows, filled, sizeof filled);
    spn_samples_free(context, samples);
    spn_csv_free(context, table);
    outcome_free(&o);
}

/* A file of 200,000 rows, of which those at the end are read after it has become another. */
static void check_change(char changed, const char *fragment)
{
    enum { ROWS = 200000 };
    const wish w = {.target = "b"};
    const int64_t picked[] = {0, ROWS - 2};
    const spn_sample_part part = {2, picked, 0, 1, 2};
    double x[2];
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "a,b\n");
    for (int n = 0; n < ROWS; n++) {
        fprintf(file, "%d,%d\n", 100000 + n, n % 7);
    }
    assert_int_equal(fclose(file), 0);
    outcome o = act(&w, true);
    check_ok(context, o.status);
    check_ok(context, spn_samples_take(context, o.samples, &part, x));
    assert_true(x[0] == 100000 && x[1] == 100000 + ROWS - 2);
    const int64_t first = o.table->file->starts[ROWS - 2];
    file = fopen(path, "rb+");
    assert_non_null(file);
    if (changed == '\0') {
        assert_int_equal(ftruncate(fileno(file), first + 1), 0);
    } else {
        assert_int_equal(fseek(file, first + 1, SEEK_SET), 0);
        fputc(changed, file);
    }
    assert_int_equal(fclose(file), 0);
    check_fails(context, spn_samples_take(context, o.samples, &part, x), SPN_ERROR_INPUT, fragment);
    outcome_free(&o);
}

static void test_a_file_that_changes(void **state)
{
    (void)state;
    check_change('\0', "has become shorter while it was read");
    check_change('2', "has changed while it was read");
    check_change('x', "has changed while it was read");
    check_change(',', "has changed while it was read");
    check_change('\n', "has changed while it was read");
}

static const char *const changed = "t.csv has changed while it was read; run again when nobody";

/* A table of which all is in the window becomes another of the same form. */
static void check_small(const char *was, int64_t place, char byte, bool is_before_targets)
{
    const wish w = {.target = "b"};
    const spn_csv_choice choice = {.targets = {1, &w.target}};
    const int64_t picked[] = {0, 1};
    const spn_sample_part part = {2, picked, 0, 1, 2};
    double x[2];
    outcome o = {.status = SPN_OK};
    write_file(was, (int64_t)strlen(was));
    support_age(path);
    check_ok(context, spn_csv_open(context, path, w.layout, &o.table));
    if (is_before_targets) {
        support_overwrite(path, place, byte);
        check_fails(context, spn_csv_samples(context, o.table, &choice, &o.samples),
                    SPN_ERROR_INPUT, changed);
    } else {
        check_ok(context, spn_csv_samples(context, o.table, &choice, &o.samples));
        check_ok(context, spn_samples_take(context, o.samples, &part, x));
        assert_true(x[0] == 1.5 && x[1] == 3);
        support_overwrite(path, place, byte);
        check_fails(context, spn_samples_take(context, o.samples, &part, x), SPN_ERROR_INPUT,
                    changed);
    }
    outcome_free(&o);
}

static void test_numbers_that_become_others(void **state)
{
    (void)state;
    static const char table[] = "a,b\n1.5,1\n3,2\n";
    check_small(table, 4, '2', false);
    check_small(table, 4, '2', true);
    check_small(table, 8, '7', true);
    check_small(table, 4, '1', false); /* what is written again as it was may not be */
    check_small(table, sizeof table - 1, '\n', false);
}

/* A name that belongs to another file now: the one that was opened is read on. */
static void test_a_file_that_is_replaced(void **state)
{
    (void)state;
    const wish w = {.target = "b"};
    const int64_t picked[] = {0, 1};
    const spn_sample_part part = {2, picked, 0, 1, 2};
    char other[512];
    double x[2];
    write_file("a,b\n1.5,1\n3,2\n", 14);
    outcome o = act(&w, true);
    check_ok(context, o.status);
    assert_int_equal(rename(path, support_scratch("aside.csv", other)), 0);
    write_file("a,b\n2.5,1\n3,2\n", 14);
    check_ok(context, spn_samples_take(context, o.samples, &part, x));
    assert_true(x[0] == 1.5 && x[1] == 3);
    outcome_free(&o);
}

/* Each window is asked for, whoever looks through it. */
static void test_a_window_of_another_file(void **state)
{
    (void)state;
    char *bytes = malloc(3 * WINDOW);
    spni_csv_text text;
    spni_csv_cursor cursor = {0};
    assert_non_null(bytes);
    memset(bytes, '1', 3 * WINDOW);
    write_file(bytes, 3 * WINDOW);
    support_age(path);
    check_ok(context, spni_csv_text_open(context, path, &text));
    check_ok(context, spni_csv_text_show(context, &text, 0, 1, &cursor));
    check_ok(context, spni_csv_text_show(context, &text, 2 * WINDOW, 1, &cursor));
    support_overwrite(path, 1, '2');
    check_ok(context, spni_csv_text_show(context, &text, 2 * WINDOW, 1, &cursor));
    check_fails(context, spni_csv_text_show(context, &text, 0, 1, &cursor), SPN_ERROR_INPUT,
                changed);
    spni_csv_text_close(context, &text);
    free(bytes);
}

static spn_status open_and_take(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    spn_csv_table *table = NULL;
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const char *const targets[] = {"y"};
    const spn_csv_choice choice = {.targets = {1, targets}, .missing = SPN_CSV_MISSING_MEAN};
    const int64_t picked[] = {1, 0};
    const spn_sample_part part = {2, picked, 0, 3, 2};
    double x[6];
    SPN_TRY(spn_csv_open(own, state, (spn_csv_layout){0}, &table));
    SPN_TRY(spn_csv_classes(own, table, "y", NULL, &classes));
    SPN_TRY(spn_csv_samples(own, table, &choice, &samples));
    SPN_TRY(spn_samples_classes(own, samples, classes, false));
    SPN_TRY(spn_samples_fill(own, samples, NULL));
    SPN_TRY(spn_samples_take(own, samples, &part, x));
    assert_true(x[0] == 1.5 && x[1] == 1 && x[2] == 1 && x[3] == 1 && x[4] == 0 && x[5] == 0);
done:
    spn_samples_free(own, samples);
    spn_csv_free(own, table);
    spn_classes_free(own, classes);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    write_file("a,b,y\n1,u,3\n,u,4\n2,v,3\n", 23);
    assert_true(support_fail_each_allocation(open_and_take, path) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_others_have_thought_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wherever_the_window_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wherever_it_begins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_nul_wherever_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_cannot_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_filled_like_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_that_become_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_window_of_another_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
