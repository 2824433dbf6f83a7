/* SPDX-License-Identifier: MIT */
/* For every number that an experiment can hold: what lies just outside its bound is refused from a file, from the
 * command line and from C, in one line that names the key; the bound itself, or what lies just inside, is taken by
 * all three. */
#include "support.h"

#include "study/experiment.h"

#include <spinodal/study.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALLEST "2.2250738585072014e-308"
#define BELOW_ONE "0.9999999999999999"
#define ABOVE_ONE "1.0000000000000002"

typedef struct edge {
    const char *outside[4], *inside[3];
} edge;

static const edge real_edges[] = {
    [SPN_ANY] = {{"inf", "-inf"}, {"1e308", "-1e308"}},
    [SPN_POSITIVE] = {{"0", "-" SMALLEST, "inf"}, {SMALLEST, "1e308"}},
    [SPN_NONNEGATIVE] = {{"-" SMALLEST, "inf"}, {"0", "1e308"}},
    [SPN_UNIT_OPEN] = {{"0", "1", "inf"}, {SMALLEST, BELOW_ONE}},
    [SPN_UNIT_CLOSED] = {{"-" ABOVE_ONE, ABOVE_ONE, "inf"}, {"-1", "1"}},
    [SPN_SHARE] = {{"-" SMALLEST, "1", "inf"}, {"0", BELOW_ONE}},
    [SPN_STRENGTH] = {{ABOVE_ONE "e150", "-" ABOVE_ONE "e150", "inf"}, {"0", "1e150"}},
};
static const edge integer_edges[] = {
    [SPN_ANY] = {{NULL}, {"-9007199254740993", "9007199254740993"}},
    [SPN_NONNEGATIVE] = {{"-1"}, {"0"}},
    [SPN_COUNT] = {{"0", "1000000001"}, {"1", "1000000000"}},
    [SPN_COUNT_OR_ZERO] = {{"-1", "1000000001"}, {"0", "1000000000"}},
};

typedef struct place {
    const spn_option_table *table;
    const spn_option *option;
    char key[SPN_ERROR_KEY_SIZE];
} place;

static spn_context *context;

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static void write_value(const place *at, const char *number, char text[128])
{
    const spn_option_type type = at->option->type;
    const bool is_list = type == SPN_OPTION_REALS || type == SPN_OPTION_INTEGERS;
    snprintf(text, 128, type == SPN_OPTION_MATRIX ? "[[%s]]" : is_list ? "[%s]" : "%s", number);
}

/* "model: {init: {scale: 1}}" */
static spn_status read_file(const place *at, const char *number)
{
    char value[128], text[512];
    spn_experiment *experiment = NULL;
    const char *dot = strchr(at->option->key, '.');
    write_value(at, number, value);
    if (dot != NULL) {
        snprintf(text, sizeof text, "%s: {%.*s: {%s: %s}}\n", at->table->section,
                 (int)(dot - at->option->key), at->option->key, dot + 1, value);
    } else {
        snprintf(text, sizeof text, "%s: {%s: %s}\n", at->table->section, at->option->key, value);
    }
    spn_status status =
        spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment);
    spn_experiment_free(context, experiment);
    return status;
}

static spn_status set_value(const place *at, const char *number)
{
    char value[128], text[512];
    spn_experiment *experiment = NULL;
    write_value(at, number, value);
    snprintf(text, sizeof text, "%s=%s", at->key, value);
    check_ok(context, spn_experiment_parse(context, "e.yaml", "data: {}", 8, &experiment));
    spn_status status = spn_experiment_set(context, experiment, text);
    spn_experiment_free(context, experiment);
    return status;
}

/* The value in a struct of one's own. */
static spn_status check_struct(const place *at, const char *number)
{
    spn_settings settings;
    spn_arena *arena = NULL;
    double real = strtod(number, NULL);
    int64_t integer = strtoll(number, NULL, 10);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_settings_create(context, arena, at->table, &settings));
    void *member = (char *)settings.values + at->option->offset;
    switch (at->option->type) {
    case SPN_OPTION_REAL:
        *(double *)member = real;
        break;
    case SPN_OPTION_INTEGER:
        *(int64_t *)member = integer;
        break;
    case SPN_OPTION_REALS:
        *(spn_reals *)member = (spn_reals){1, &real};
        break;
    case SPN_OPTION_INTEGERS:
        *(spn_integers *)member = (spn_integers){1, &integer};
        break;
    default:
        *(spn_matrix *)member = (spn_matrix){1, 1, &real};
        break;
    }
    spn_status status = spn_settings_check(context, at->table, settings.values);
    spn_arena_free(arena);
    return status;
}

typedef spn_status way(const place *at, const char *number);

static void refuses(const place *at, way *take, const char *number, const char *beginning)
{
    const spn_status status = take(at, number);
    const char *text = spn_error_text(context);
    if (status != SPN_ERROR_INPUT || strncmp(text, beginning, strlen(beginning)) != 0 ||
        strstr(text, at->key) == NULL || strchr(text, '\n') != NULL) {
        fail_msg("%s: %s gives %d, '%s'", at->key, number, (int)status, text);
    }
    spn_error_clear(context);
}

static void try_edges(const place *at, const edge *edges)
{
    static way *const ways[] = {read_file, set_value, check_struct};
    if (edges->inside[0] == NULL) {
        fail_msg("%s: no edges of its bound", at->key);
    }
    for (int i = 0; edges->outside[i] != NULL; i++) {
        refuses(at, read_file, edges->outside[i], "e.yaml:1:");
        refuses(at, set_value, edges->outside[i], "--set ");
        refuses(at, check_struct, edges->outside[i], at->key);
        check_struct(at, edges->outside[i]);
        assert_string_equal(spn_error_key(context), at->key);
    }
    for (int i = 0; edges->inside[i] != NULL; i++) {
        for (int k = 0; k < 3; k++) {
            check_ok(context, ways[k](at, edges->inside[i]));
        }
    }
}

static void edges_are_the_same_everywhere(void **state)
{
    (void)state;
    spn_experiment *experiment = NULL;
    int64_t numbers = 0;
    check_ok(context, spn_experiment_parse(context, "e.yaml", "data: {}", 8, &experiment));
    for (int i = 0; i < SPNI_SECTIONS; i++) {
        place at = {.table = experiment->sections[i].table};
        for (int64_t k = 0; k < at.table->count; k++) {
            at.option = &at.table->options[k];
            snprintf(at.key, sizeof at.key, "%s.%s", at.table->section, at.option->key);
            switch (at.option->type) {
            case SPN_OPTION_REAL:
            case SPN_OPTION_REALS:
            case SPN_OPTION_MATRIX:
                try_edges(&at, &real_edges[at.option->bound]);
                numbers++;
                break;
            case SPN_OPTION_INTEGER:
            case SPN_OPTION_INTEGERS:
                try_edges(&at, &integer_edges[at.option->bound]);
                numbers++;
                break;
            default:
                break;
            }
        }
    }
    assert_true(numbers > 40);
    spn_experiment_free(context, experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
