/* SPDX-License-Identifier: MIT */
/* Runs of watched training: the same bits for any number of threads and after any interruption, refusals, bad input,
 * memory that ends. */
#include "grok_case.h"

#define RUNS                                                                                       \
    "beta: 0.001, epochs: 300, records: 10, starts: [random, trivial+0.1, 1 mode+0.1], levels: "   \
    "[1.5, 1.2]"
#define MORE "solver: {learning_rate: 0.05, batch: 7}"

static char *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void check_same(const char *path, const char *other)
{
    size_t size = 0, again = 0;
    char *one = load(path, &size), *two = load(other, &again);
    assert_int_equal(size, again);
    assert_memory_equal(one, two, size);
    free(one);
    free(two);
}

/* Train and ask to stop after so many signs of life. Workers are ahead of what has been told: near its end a run may be over
 * before the question reaches them. Returns 1 when it was interrupted. */
static int interrupt(const char *grok, const spn_run_settings *settings, int64_t events)
{
    bool is_good = false;
    spn_status status = train(grok, MORE, settings, events, &is_good);
    spn_error_clear(context);
    assert_true(status == SPN_OK || status == SPN_ERROR_INTERRUPTED);
    return status == SPN_ERROR_INTERRUPTED;
}

/* Interrupted after so many quarters of all signs of life, twice, and resumed with other threads: the file has the same bytes. */
static void check_resumed(const char *method, int64_t first, int64_t last)
{
    char grok[500], path[512], other[512], journal[520];
    bool is_good = false;
    snprintf(grok, sizeof grok, "method: %s, seeds: 2, parameters: true, " RUNS, method);
    support_scratch("whole.h5", path);
    support_scratch("parts.h5", other);
    snprintf(journal, sizeof journal, "%s.part", other);
    spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    check_ok(context, train(grok, MORE, &settings, -1, &is_good));
    const int64_t events = cut.events;
    int interrupted = 0;
    assert_true(events > 100);
    settings = (spn_run_settings){.output = other, .threads = 3, .is_forced = true};
    check_ok(context, train(grok, MORE, &settings, -1, &is_good));
    check_same(path, other);
    for (int64_t share = first; share <= last; share++) {
        remove(other);
        settings = (spn_run_settings){.output = other, .threads = share};
        interrupted += interrupt(grok, &settings, events * share / 4 - 5);
        settings.is_resumed = true;
        settings.threads = 2;
        interrupted += interrupt(grok, &settings, events / 8);
        check_ok(context, train(grok, MORE, &settings, -1, &is_good));
        assert_false(spn_journal_exists(journal));
        check_same(path, other);
    }
    assert_true(interrupted >= last - first + 1);
    remove(other);
}

static void test_same_bits(void **state)
{
    (void)state;
    check_resumed("flow", 1, 3);
    check_resumed("gd", 1, 1);
    check_resumed("momentum", 2, 2);
    check_resumed("adam", 3, 3);
    check_resumed("sgd", 1, 3);
}

static void test_refusals(void **state)
{
    (void)state;
    char path[512], journal[520], grok[1500];
    bool is_good = false;
    spn_journal *other = NULL;
    const double number = 1;
    const spn_bytes part = {&number, sizeof number};
    support_scratch("refused.h5", path);
    snprintf(journal, sizeof journal, "%s.part", path);
    spn_run_settings settings = {.output = path, .threads = 1};
    check_ok(context, train(RUNS, MORE, &settings, -1, &is_good));
    check_fails(context, train(RUNS, MORE, &settings, -1, &is_good), SPN_ERROR_IO, "--force");
    /* What is complete is left alone, whatever sections say that it does not use. */
    settings.is_resumed = true;
    is_good = false;
    check_ok(context,
             train(RUNS, MORE "\nslice: {points: 7}\nsweep: {seeds: 3}", &settings, -1, &is_good));
    assert_true(is_good);
    check_fails(context, train(RUNS ", residue: 0.3", MORE, &settings, -1, &is_good), SPN_ERROR_IO,
                "--force");
    /* A start that has the same name but other weights. */
    write_mode(0.3, "start.npz", grok);
    char text[1500];
    snprintf(text, sizeof text, "beta: 0.001, epochs: 10, starts: ['%s']", grok);
    settings = (spn_run_settings){.output = path, .threads = 1, .is_forced = true};
    check_ok(context, train(text, MORE, &settings, -1, &is_good));
    settings = (spn_run_settings){.output = path, .threads = 1, .is_resumed = true};
    check_ok(context, train(text, MORE, &settings, -1, &is_good));
    write_mode(0.4, "start.npz", grok);
    check_fails(context, train(text, MORE, &settings, -1, &is_good), SPN_ERROR_IO, "--force");
    remove(path);
    /* A journal of one method is not gone on with by another; one with a record that nobody wrote is refused. */
    settings = (spn_run_settings){.output = path, .threads = 1};
    check_fails(context, train(RUNS, MORE, &settings, 20, &is_good), SPN_ERROR_INTERRUPTED,
                "interrupted");
    settings.is_resumed = true;
    check_fails(context, train(RUNS, MORE "\nslice: {points: 7}", &settings, 20, &is_good),
                SPN_ERROR_INTERRUPTED, "interrupted");
    check_fails(context, train("method: adam, " RUNS, MORE, &settings, -1, &is_good),
                SPN_ERROR_INPUT, "method: ");
    char *configuration = NULL;
    spn_journal_info info;
    check_ok(context, spn_journal_scan(context, journal, NULL, NULL, &info, &configuration));
    for (int64_t type = 0; type <= 5; type++) {
        check_ok(context, spn_journal_create(context, journal, configuration, true, &other));
        check_ok(context, spn_journal_append(context, other, type, &part, 1));
        check_ok(context, spn_journal_close(context, other));
        check_fails(context, train(RUNS, MORE, &settings, -1, &is_good), SPN_ERROR_INPUT,
                    "a record that is not of this kind of run");
    }
    spn_release(context, configuration);
    remove(journal);
}

static void check_bad(const char *grok, const char *more, spn_status expected, const char *fragment)
{
    char path[512];
    bool is_good = true;
    const spn_run_settings settings = {.output = support_scratch("bad.h5", path), .threads = 1};
    check_fails(context, train(grok, more, &settings, -1, &is_good), expected, fragment);
    assert_false(spn_journal_exists(path));
}

static void test_bad(void **state)
{
    (void)state;
    check_bad("starts: [random, 3 modes]", "", SPN_ERROR_INPUT,
              "has no phase '3 modes'; its phases are: ");
    check_bad("starts: [3 modes+0.1]", "", SPN_ERROR_INPUT, "has no phase '3 modes'; ");
    check_bad("starts: [row 1000]", "", SPN_ERROR_INPUT, "'row 1000': ");
    check_bad("starts: [1 mode@x]", "", SPN_ERROR_INPUT, "a number must stand behind the @");
    check_bad("starts: [1 mode+x]", "", SPN_ERROR_INPUT,
              "'1 mode+x': a number >= 0 must stand behind the +");
    check_bad("starts: [trivial+-1]", "", SPN_ERROR_INPUT, "must stand behind the +");
    check_bad("starts: [trivial+]", "", SPN_ERROR_INPUT, "must stand behind the +");
    check_bad("starts: [random*]", "", SPN_ERROR_INPUT,
              "'random*': a number >= 0 must stand behind the *");
    check_bad("starts: [random*-2]", "", SPN_ERROR_INPUT, "must stand behind the *");
    check_bad("starts: [random+0.1]", "", SPN_ERROR_INPUT, "random starts take no residue");
    check_bad("starts: [trivial+0]", "", SPN_ERROR_INPUT,
              "'trivial+0': the trivial phase is stationary: with a residue of exactly 0 it never "
              "leaves");
    check_bad("starts: [trivial], residue: 0", "", SPN_ERROR_INPUT, "it never leaves");
    check_bad("starts: [random*0]", "", SPN_ERROR_INPUT,
              "'random*0' is stationary: without a residue it never leaves");
    check_bad("starts: []", "", SPN_ERROR_INPUT, "test.yaml:4:63: ");
    check_bad("starts: []", "", SPN_ERROR_INPUT, "grok.starts: the list is empty");
    check_bad("starts: [nowhere.npz]", "", SPN_ERROR_IO, "nowhere.npz");
    check_bad("epochs: 0", "", SPN_ERROR_INPUT, "grok.epochs: expected a number > 0");
    check_bad("epochs: 1.5", "", SPN_ERROR_INPUT, "grok.epochs: ");
    check_bad("at: [1, 2], records: 5", "", SPN_ERROR_INPUT,
              "grok.records: excluded by 'at'; give only one of them");
    check_bad("at: [2, 1]", "", SPN_ERROR_INPUT, "test.yaml:");
    check_bad("levels: [1, inf]", "", SPN_ERROR_INPUT, "grok.levels (item 2): ");
    check_bad("levels: [nan]", "", SPN_ERROR_INPUT, "grok.levels (item 1): ");
    check_bad("method: newton", "", SPN_ERROR_INPUT, "grok.method: ");
}

static spn_status small_training(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    bool is_good = false;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    const spn_run_settings settings = {.output = state, .threads = 1, .is_forced = true};
    SPN_TRY(prepare(own, "beta: 0.01, epochs: 4, records: 2, starts: [1 mode+0.1], levels: [1.3]",
                    "", &experiment, &study));
    SPN_TRY(spn_study_grok(own, study, &settings, &is_good));
done:
    spn_study_free(own, study);
    spn_experiment_free(own, experiment);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[512];
    support_scratch("memory.h5", path);
    assert_true(support_fail_each_allocation(small_training, path) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
