/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <locale.h>
#include <stdio.h>

typedef struct thing {
    double rate;
    int64_t steps, points, extra;
    bool is_fast;
    int kind;
    const char *path;
    spn_reals values;
    spn_integers widths;
    spn_texts names;
    spn_matrix matrix;
    double unset;
} thing;

static const char *const kinds[] = {"linear", "log", NULL};
static const spn_option options[] = {
    {"rate", SPN_OPTION_REAL, offsetof(thing, rate), "0.25", SPN_POSITIVE, NULL, "", "a rate"},
    {"init.steps", SPN_OPTION_INTEGER, offsetof(thing, steps), "100", SPN_NONNEGATIVE, NULL, "",
     "steps"},
    {"fast", SPN_OPTION_BOOLEAN, offsetof(thing, is_fast), "true", SPN_ANY, NULL, "", "speed"},
    {"spacing", SPN_OPTION_CHOICE, offsetof(thing, kind), "log", SPN_ANY, kinds, "", "spacing"},
    {"path", SPN_OPTION_TEXT, offsetof(thing, path), NULL, SPN_ANY, NULL, "", "a file"},
    {"values", SPN_OPTION_REALS, offsetof(thing, values), "[0.9, 0.5]", SPN_UNIT_CLOSED, NULL, "",
     "numbers"},
    {"widths", SPN_OPTION_INTEGERS, offsetof(thing, widths), "[5, 5]", SPN_POSITIVE, NULL, "",
     "widths"},
    {"names", SPN_OPTION_TEXTS, offsetof(thing, names), NULL, SPN_ANY, NULL, "", "names"},
    {"matrix", SPN_OPTION_MATRIX, offsetof(thing, matrix), NULL, SPN_ANY, NULL, "", "a matrix"},
    {"unset", SPN_OPTION_REAL, offsetof(thing, unset), NULL, SPN_ANY, NULL, "", "nothing"},
    {"points", SPN_OPTION_INTEGER, offsetof(thing, points), "7", SPN_COUNT, NULL, "", "points"},
    {"extra", SPN_OPTION_INTEGER, offsetof(thing, extra), "0", SPN_COUNT_OR_ZERO, NULL, "", "more"},
};
static const spn_option_table table = {"thing", "a thing", options,
                                       sizeof options / sizeof *options, sizeof(thing)};

typedef struct fixture {
    support_allocator counter;
    spn_context *context;
    spn_arena *arena;
    spn_settings settings;
    thing *values;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){0};
    f.context = support_context(&f.counter);
    check_ok(f.context, spn_arena_create(f.context, &f.arena));
    check_ok(f.context, spn_settings_create(f.context, f.arena, &table, &f.settings));
    f.values = f.settings.values;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    spn_arena_free(f->arena);
    spn_context_free(f->context);
    return f->counter.live == 0 ? 0 : -1;
}

static spn_value scalar(const char *text)
{
    return (spn_value){.scalar = text, .source = {"exp.yaml", 7, 3}};
}

static spn_status assign(fixture *f, const char *key, const char *text)
{
    spn_value value = scalar(text);
    return spn_settings_assign(f->context, f->arena, &f->settings, key, &value);
}

static void test_defaults(void **state)
{
    fixture *f = *state;
    assert_true(f->values->rate == 0.25);
    assert_int_equal(f->values->steps, 100);
    assert_true(f->values->is_fast);
    assert_int_equal(f->values->kind, 1);
    assert_null(f->values->path);
    assert_int_equal(f->values->values.count, 2);
    assert_true(f->values->values.items[1] == 0.5);
    assert_int_equal(f->values->widths.items[0], 5);
    assert_int_equal(f->values->names.count, 0);
    assert_true(isnan(f->values->unset));
    assert_false(spn_settings_is_set(&f->settings, "rate"));
}

static void test_assignment_and_position(void **state)
{
    fixture *f = *state;
    check_ok(f->context, assign(f, "rate", "1e-3"));
    check_ok(f->context, assign(f, "init.steps", "1e5"));
    check_ok(f->context, assign(f, "fast", "false"));
    check_ok(f->context, assign(f, "spacing", "linear"));
    check_ok(f->context, assign(f, "path", "a b.csv"));
    assert_true(f->values->rate == 1e-3);
    assert_int_equal(f->values->steps, 100000);
    assert_false(f->values->is_fast);
    assert_int_equal(f->values->kind, 0);
    assert_string_equal(f->values->path, "a b.csv");
    char where[128];
    assert_string_equal(spn_settings_where(&f->settings, "rate", where, sizeof where),
                        "exp.yaml:7:3: thing.rate");
    assert_string_equal(spn_settings_where(&f->settings, "unset", where, sizeof where),
                        "thing.unset");
    assert_true(spn_settings_is_set(&f->settings, "rate"));
    assert_false(spn_settings_is_set(&f->settings, "nonsense"));
}

/* Whatever sizes memory has a limit, so that sums and products of two counts stay within 64 bits. */
static void test_counts(void **state)
{
    fixture *f = *state;
    check_ok(f->context, assign(f, "points", "1e9"));
    check_ok(f->context, assign(f, "extra", "0"));
    assert_int_equal(f->values->points, SPN_COUNT_MAX);
    const char *const bad[] = {"0", "-1", "1000000001", "4611686018427387904", "1e300", "1.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "expected an integer from 1 to 1000000000, got '%s'",
                 bad[i]);
        check_fails(f->context, assign(f, "points", bad[i]), SPN_ERROR_INPUT, expected);
    }
    check_fails(f->context, assign(f, "extra", "-1"), SPN_ERROR_INPUT,
                "expected an integer from 0 to 1000000000, got '-1'");
}

/* A struct that C fills is refused where a file would be. */
static void test_struct_of_ones_own(void **state)
{
    fixture *f = *state;
    thing mine;
    check_ok(f->context, spn_settings_defaults(f->context, f->arena, &table, &mine, sizeof mine));
    assert_true(mine.rate == 0.25 && mine.kind == 1 && isnan(mine.unset) && mine.points == 7);
    assert_int_equal(mine.widths.count, 2);
    check_ok(f->context, spn_settings_check(f->context, &table, &mine));
    check_fails(f->context,
                spn_settings_defaults(f->context, f->arena, &table, &mine, sizeof mine - 8),
                SPN_ERROR_ARGUMENT, "section thing: the settings struct has");

    const double large = 2, missing = (double)NAN;
    const int64_t width = 0;
    const char *const no_name = NULL;
    thing bad[12];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bad[i] = mine;
    }
    bad[0].rate = (double)NAN;
    bad[1].rate = (double)INFINITY;
    bad[2].steps = -1;
    bad[3].points = SPN_COUNT_MAX + 1;
    bad[4].kind = 2;
    bad[5].values = (spn_reals){1, &large};
    bad[6].values = (spn_reals){1, &missing};
    bad[7].widths = (spn_integers){1, &width};
    bad[8].widths = (spn_integers){1, NULL};
    bad[9].names = (spn_texts){1, &no_name};
    bad[10].matrix = (spn_matrix){-1, 1, &large};
    bad[11].matrix = (spn_matrix){1, 1, &missing};
    const char *const expected[] = {
        "thing.rate: expected a number > 0, got nan",
        "thing.rate: expected a number > 0, got inf",
        "thing.init.steps: expected an integer >= 0, got -1",
        "thing.points: expected an integer from 1 to 1000000000, got 1000000001",
        "thing.spacing: expected one of: linear, log, got number 2",
        "thing.values (item 1): expected a list of numbers in [-1, 1], got 2",
        "thing.values (item 1): expected a list of numbers in [-1, 1], got nan",
        "thing.widths (item 1): expected a list of integers > 0, got 0",
        "thing.widths: expected a list of integers > 0, got 1 items at NULL",
        "thing.names (item 1): expected a list of names, got NULL",
        "thing.matrix: expected a list of rows, each a list of numbers, got -1 items",
        "thing.matrix (item 1): expected a list of rows, each a list of numbers, got nan"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_fails(f->context, spn_settings_check(f->context, &table, &bad[i]), SPN_ERROR_INPUT,
                    expected[i]);
    }
    /* Only what is asked for is looked at. */
    static const char *const others[] = {"points", "spacing", NULL}, *const rate[] = {"rate", NULL},
                             *const none[] = {"rat", NULL};
    check_ok(f->context, spn_settings_check_keys(f->context, &table, &bad[0], others));
    check_fails(f->context, spn_settings_check_keys(f->context, &table, &bad[0], rate),
                SPN_ERROR_INPUT, expected[0]);
    check_fails(f->context, spn_settings_check_keys(f->context, &table, &bad[0], none),
                SPN_ERROR_ARGUMENT, "section thing has no key 'rat'");
    mine.matrix = (spn_matrix){0};
    mine.widths.count = 0;
    check_ok(f->context, spn_settings_check(f->context, &table, &mine));
}

static void test_lists(void **state)
{
    fixture *f = *state;
    spn_value items[3] = {scalar("1"), scalar("-0.5"), scalar("0")};
    spn_value list = {.count = 3, .items = items, .source = {"exp.yaml", 9, 5}};
    check_ok(f->context, spn_settings_assign(f->context, f->arena, &f->settings, "values", &list));
    assert_true(f->values->values.items[1] == -0.5);
    check_ok(f->context, spn_settings_assign(f->context, f->arena, &f->settings, "names", &list));
    assert_string_equal(f->values->names.items[0], "1");
    items[1] = scalar("1.5");
    check_fails(f->context,
                spn_settings_assign(f->context, f->arena, &f->settings, "values", &list),
                SPN_ERROR_INPUT,
                "exp.yaml:9:5: thing.values (item 2): expected a list of numbers in [-1, 1], got "
                "'1.5'");
    check_fails(f->context, spn_settings_assign(f->context, f->arena, &f->settings, "rate", &list),
                SPN_ERROR_INPUT, "got a list");
    check_fails(f->context, assign(f, "widths", "5"), SPN_ERROR_INPUT, "a list of integers > 0");
    spn_value empty = {.items = items};
    check_ok(f->context, spn_settings_assign(f->context, f->arena, &f->settings, "widths", &empty));
    assert_int_equal(f->values->widths.count, 0);
    spn_value rows[2] = {{.count = 2, .items = items}, {.count = 1, .items = items}};
    spn_value matrix = {.count = 2, .items = rows};
    check_fails(f->context,
                spn_settings_assign(f->context, f->arena, &f->settings, "matrix", &matrix),
                SPN_ERROR_INPUT, "row 2 has 1 entries");
    rows[1].count = 2;
    check_ok(f->context,
             spn_settings_assign(f->context, f->arena, &f->settings, "matrix", &matrix));
    assert_int_equal(f->values->matrix.rows, 2);
    assert_true(f->values->matrix.items[3] == 1.5);
}

static void refuse_quoted(fixture *f, const char *key, const char *text, const char *fragment)
{
    spn_value quoted = {.scalar = text, .is_quoted = true};
    check_fails(f->context, spn_settings_assign(f->context, f->arena, &f->settings, key, &quoted),
                SPN_ERROR_INPUT, fragment);
}

/* What is wrong is said, not only that something is: limits, quotes, other spellings. */
static void test_hints(void **state)
{
    fixture *f = *state;
    check_fails(f->context, assign(f, "init.steps", "1e18"), SPN_ERROR_INPUT,
                "got '1e18'; at most 9007199254740992 (2^53)");
    check_fails(f->context, assign(f, "init.steps", "99999999999999999999"), SPN_ERROR_INPUT,
                "got '99999999999999999999'; at most 9223372036854775807 (2^63 - 1)");
    check_fails(f->context, assign(f, "init.steps", "1e999"), SPN_ERROR_INPUT, "; at most 9007");
    check_fails(f->context, assign(f, "rate", "1e999"), SPN_ERROR_INPUT,
                "got '1e999'; at most 1.7976931348623157e308");
    check_fails(f->context, assign(f, "rate", "-1e999"), SPN_ERROR_INPUT,
                "got '-1e999'; at least -1.7976931348623157e308");
    static const char *const plain[] = {"1.5", "-1", "-1e18", "ten", ""};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        assert_int_equal(assign(f, "init.steps", plain[i]), SPN_ERROR_INPUT);
        assert_non_null(strstr(spn_error_text(f->context), "got"));
        assert_null(strchr(spn_error_text(f->context), ';'));
        spn_error_clear(f->context);
    }
    refuse_quoted(f, "init.steps", "10", "expected an integer >= 0, got '10'; the quotes make it");
    refuse_quoted(f, "rate", "0.5", "got '0.5'; the quotes make it text");
    refuse_quoted(f, "fast", "true", "got 'true'; the quotes make it text");
    refuse_quoted(f, "spacing", "linaer", "did you mean 'linear'?");
    static const char *const yes[] = {"True", "TRUE", "yes", "on", "Y"};
    static const char *const no[] = {"False", "No", "off", "n"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        check_fails(f->context, assign(f, "fast", yes[i]), SPN_ERROR_INPUT,
                    "; did you mean 'true'?");
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        check_fails(f->context, assign(f, "fast", no[i]), SPN_ERROR_INPUT,
                    "; did you mean 'false'?");
    }
}

static void test_refusals(void **state)
{
    fixture *f = *state;
    static const char *const bad_numbers[] = {"",     "1e-3x", "nan",  "inf", "0x10",  "1,5",
                                              "1e",   ".",     "--1",  "1 ",  "1e999", "zero",
                                              "-0.1", "0",     "true", "+",   "1e+"};
    for (size_t i = 0; i < sizeof bad_numbers / sizeof *bad_numbers; i++) {
        check_fails(f->context, assign(f, "rate", bad_numbers[i]), SPN_ERROR_INPUT,
                    "exp.yaml:7:3: thing.rate: expected a number > 0");
    }
    assert_true(f->values->rate == 0.25);
    check_fails(f->context, assign(f, "init.steps", "1.5"), SPN_ERROR_INPUT, "an integer >= 0");
    check_fails(f->context, assign(f, "init.steps", "-1"), SPN_ERROR_INPUT, "got '-1'");
    check_fails(f->context, assign(f, "init.steps", "9223372036854775808"), SPN_ERROR_INPUT, "");
    check_ok(f->context, assign(f, "init.steps", "9223372036854775807"));
    assert_true(f->values->steps == INT64_MAX);
    check_fails(f->context, assign(f, "fast", "yes"), SPN_ERROR_INPUT, "true or false");
    check_fails(f->context, assign(f, "spacing", "linaer"), SPN_ERROR_INPUT,
                "expected one of: linear, log, got 'linaer'; did you mean 'linear'?");
    check_fails(f->context, assign(f, "path", ""), SPN_ERROR_INPUT, "expected text");
    check_fails(f->context, assign(f, "spacin", "log"), SPN_ERROR_INPUT,
                "exp.yaml:7:3: unknown key 'spacin' in section 'thing'; did you mean 'spacing'?");
    check_fails(f->context, assign(f, "qqqqqqqqqq", "log"), SPN_ERROR_INPUT, "its keys are: rate,");
    spn_value quoted = {.scalar = "1", .is_quoted = true};
    check_fails(f->context,
                spn_settings_assign(f->context, f->arena, &f->settings, "rate", &quoted),
                SPN_ERROR_INPUT, "a number");
}

static void check_format(fixture *f, const char *key, const char *expected)
{
    char text[256];
    int64_t length =
        spn_option_format(&f->settings, spn_option_find(&table, key), text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_formatting(void **state)
{
    fixture *f = *state;
    check_format(f, "rate", "0.25");
    check_format(f, "init.steps", "100");
    check_format(f, "fast", "true");
    check_format(f, "spacing", "log");
    check_format(f, "path", "\"\"");
    check_format(f, "values", "[0.9, 0.5]");
    check_format(f, "widths", "[5, 5]");
    check_format(f, "names", "[]");
    check_ok(f->context, assign(f, "path", "a \"b\"\\\n"));
    check_format(f, "path", "\"a \\\"b\\\"\\\\\\x0a\"");
    check_ok(f->context, assign(f, "path", "12"));
    check_format(f, "path", "\"12\"");
    char small[4];
    assert_int_equal(
        spn_option_format(&f->settings, spn_option_find(&table, "values"), small, sizeof small),
        10);
    assert_string_equal(small, "[0.");
}

static void test_numbers_round_trip(void **state)
{
    (void)state;
    spn_random stream = spn_random_stream(2, SPN_PURPOSE_TEST, 9);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = spn_random_word(&stream);
        double value = 0, back = 0;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        char text[32];
        assert_true(spn_format_real(value, text) <= 24);
        assert_true(spn_parse_real(text, &back));
        assert_true(back == value);
    }
    char text[32];
    spn_format_real(0.1, text);
    assert_string_equal(text, "0.1");
    spn_format_real((double)NAN, text);
    assert_string_equal(text, "nan");
}

/* Under a locale with a decimal comma the same texts are read and written. */
static void test_numbers_ignore_the_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    char text[32], raw[32];
    double value = 0;
    const char *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof names / sizeof *names; i++) {
        found = setlocale(LC_NUMERIC, names[i]);
    }
    if (found == NULL) {
        print_message("no locale with a decimal comma is installed here\n");
        skip();
    }
    snprintf(raw, sizeof raw, "%g", 0.5);
    assert_string_equal(raw, "0,5");
    assert_true(spn_parse_real("-12.5e-1", &value));
    assert_true(value == -1.25);
    assert_false(spn_parse_real("1,5", &value));
    assert_int_equal(spn_format_real(0.1, text), 3);
    assert_string_equal(text, "0.1");
    setlocale(LC_NUMERIC, "C");
}

static void test_nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"samples", "inputs", "outputs"};
    assert_string_equal(spn_nearest_name("smaples", names, 3), "samples");
    assert_string_equal(spn_nearest_name("input", names, 3), "inputs");
    assert_null(spn_nearest_name("zzz", names, 3));
    assert_null(spn_nearest_name("x", names, 0));
}

static spn_status make_settings(spn_context *context, void *state)
{
    (void)state;
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_settings settings;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_settings_create(context, arena, &table, &settings));
done:
    spn_arena_free(arena);
    return status;
}

static void test_creation_survives_failing_allocations(void **state)
{
    (void)state;
    assert_true(support_fail_each_allocation(make_settings, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_assignment_and_position, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_struct_of_ones_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formatting, set_up, tear_down),
        cmocka_unit_test(test_numbers_round_trip),
        cmocka_unit_test(test_numbers_ignore_the_locale),
        cmocka_unit_test(test_nearest_name),
        cmocka_unit_test(test_creation_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
