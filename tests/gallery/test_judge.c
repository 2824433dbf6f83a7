/* SPDX-License-Identifier: MIT */
/* The checks of kinds, from the registry: for each a file that passes, and one changed in a single cell that does not. */
#include "support.h"

#include <math.h>
#include <spinodal/gallery.h>
#include <string.h>

enum { ROWS = 3, REALS = 4 };

/* A table of one to four columns of one sort. */
typedef struct row {
    double reals[REALS];
    int64_t word;
} row;

#define REAL(name, index)                                                                          \
    {                                                                                              \
        name, SPN_COLUMN_REAL, offsetof(row, reals) + (index) * sizeof(double), "", "", NULL, NULL \
    }
static const spn_column anchor_items[] = {REAL("error", 0), REAL("stored_error", 1),
                                          REAL("loss", 2), REAL("stored_loss", 3)};
static const spn_columns anchor_columns = {anchor_items, REALS, sizeof(row)};
#undef REAL

/* Is there a fault, with this in its text? */
static void expect_of(const spn_results *results, const char *wanted)
{
    const char *fault = spn_results_fault(results);
    if (wanted == NULL) {
        assert_null(fault);
    } else {
        assert_non_null(fault);
        assert_non_null(strstr(fault, wanted));
    }
}

static void expect(const char *kind, const spn_table *table, const char *configuration,
                   const char *wanted)
{
    const spn_attribute attribute = {"configuration", configuration, 0};
    const spn_results results = {.kind = kind,
                                 .attribute_count = configuration != NULL,
                                 .attributes = &attribute,
                                 .table_count = table != NULL,
                                 .tables = table};
    expect_of(&results, wanted);
}

/* Checks of integers: a table whose columns all hold `good`; each of them in turn gets a cell `bad`. */
typedef struct rule {
    const char *kind, *table;
    const char *columns[3]; /* ended by NULL */
    int64_t good, bad;
    const char *fault;
} rule;

static void check_rule(const rule *r)
{
    spn_column items[3];
    int64_t cells[ROWS][3], count = 0;
    for (; count < 3 && r->columns[count] != NULL; count++) {
        items[count] = (spn_column){r->columns[count],
                                    SPN_COLUMN_INTEGER,
                                    (size_t)count * sizeof(int64_t),
                                    "",
                                    "",
                                    NULL,
                                    NULL};
    }
    for (int64_t i = 0; i < ROWS * 3; i++) {
        cells[i / 3][i % 3] = r->good;
    }
    const spn_columns columns = {items, count, sizeof *cells};
    const spn_columns fewer = {items, count - 1, sizeof *cells};
    const spn_table table = {r->table, &columns, ROWS, cells};
    expect(r->kind, &table, NULL, NULL);
    for (int64_t k = 0; k < count; k++) {
        cells[1][k] = r->bad;
        expect(r->kind, &table, NULL, r->fault);
        cells[1][k] = r->good;
    }
    const spn_table incomplete = {r->table, &fewer, ROWS, cells};
    expect(r->kind, &incomplete, NULL, r->fault);
    expect(r->kind, NULL, NULL, r->fault);
}

static void test_rules(void **state)
{
    (void)state;
    static const rule rules[] = {
        {"sweep", "points", {"stationary"}, 1, 0, "stationarity gate"},
        {"branches",
         "phases",
         {"end_low", "end_high"},
         SPN_END_FOLD,
         SPN_END_UNFINISHED,
         "followed"},
        {"order", "transitions", {"order"}, 2, 3, "not_found"},
        {"complexity", "transitions", {"order"}, 0, 3, "not_found"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        check_rule(&rules[i]);
    }
}

/* At a finite rate nothing is meant to be stationary; what cannot be read is judged strictly. */
static void test_rate(void **state)
{
    (void)state;
    static const spn_column items[] = {SPN_INTEGER_COLUMN(row, word, "")};
    const spn_column named = {"stationary", SPN_COLUMN_INTEGER, items[0].offset, "", "", NULL,
                              NULL};
    const spn_columns columns = {&named, 1, sizeof(row)};
    row rows[1] = {{{0}, 0}};
    const spn_table table = {"points", &columns, 1, rows};
    expect("sweep", &table, "sweep:\n  epochs: 0\n", "stationarity gate");
    expect("sweep", &table, "sweep:\n  epochs: 100\nsolver:\n  method: gd\n", NULL);
    expect("sweep", &table, "of: another version\n", "stationarity gate");
}

/* Jumps are looked at where they were looked for. */
static void test_jumps(void **state)
{
    (void)state;
    int64_t point = 1, jumps[ROWS][2] = {{1, 1}, {1, 1}, {1, 1}};
    const spn_column gate = {"stationary", SPN_COLUMN_INTEGER, 0, "", "", NULL, NULL};
    const spn_column items[] = {
        {"resolved", SPN_COLUMN_INTEGER, 0, "", "", NULL, NULL},
        {"settled", SPN_COLUMN_INTEGER, sizeof(int64_t), "", "", NULL, NULL}};
    const spn_columns gates = {&gate, 1, sizeof point}, both = {items, 2, sizeof *jumps};
    const spn_table tables[] = {{"points", &gates, 1, &point}, {"jumps", &both, ROWS, jumps}};
    const spn_results results = {.kind = "sweep", .table_count = 2, .tables = tables};
    expect_of(&results, NULL);
    for (int k = 0; k < 2; k++) {
        jumps[2][k] = 0;
        expect_of(&results, "not resolved");
        jumps[2][k] = 1;
    }
}

static void test_unused_starts(void **state)
{
    (void)state;
    int64_t ends[1][2] = {{SPN_END_RANGE, SPN_END_ZERO}};
    const spn_column items[] = {
        {"end_low", SPN_COLUMN_INTEGER, 0, "", "", NULL, NULL},
        {"end_high", SPN_COLUMN_INTEGER, sizeof(int64_t), "", "", NULL, NULL}};
    const spn_columns columns = {items, 2, sizeof *ends};
    const spn_table table = {"phases", &columns, 1, ends};
    spn_attribute unused = {"unused_starts", NULL, 0};
    const spn_results results = {.kind = "branches",
                                 .attribute_count = 1,
                                 .attributes = &unused,
                                 .table_count = 1,
                                 .tables = &table};
    expect_of(&results, NULL);
    unused.integer = 1;
    expect_of(&results, "followed");
}

static void test_grok(void **state)
{
    (void)state;
    int64_t runs[ROWS][3] = {{SPN_STOP_CONVERGED, 1, 0},
                             {SPN_STOP_MAX_ITERATIONS, -1, -1}, /* no minimum was looked for */
                             {SPN_STOP_STALLED, 1, 0}};
    static const int64_t bad[3] = {SPN_STOP_DIVERGED, 0, 1};
    static const char *const names[] = {"stop", "final_stationary", "final_negative_eigenvalues"};
    spn_column items[3];
    for (size_t k = 0; k < 3; k++) {
        items[k] =
            (spn_column){names[k], SPN_COLUMN_INTEGER, k * sizeof(int64_t), "", "", NULL, NULL};
    }
    const spn_columns columns = {items, 3, sizeof *runs};
    const spn_table table = {"runs", &columns, ROWS, runs};
    expect("grok", &table, NULL, NULL);
    for (int k = 0; k < 3; k++) {
        const int64_t kept = runs[2][k];
        runs[2][k] = bad[k];
        expect("grok", &table, NULL, "diverged or does not end");
        runs[2][k] = kept;
    }
    expect("grok", NULL, NULL, "diverged");
}

/* The same in units in which E is a million times as large or small, and for the point at which it is nothing beside the
 * others: what counts is 1e-12 of the largest. */
static void test_slice(void **state)
{
    (void)state;
    static const double units[] = {1, 1e-6, 1e6, 1e-30, 1e100};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        row rows[ROWS] = {{{2, 2, 3, 3}, 0}, {{1.5, 1.5, 2, 2}, 0}, {{0, 0, 1, 1}, 0}};
        for (int i = 0; i < ROWS * REALS; i++) {
            rows[i / REALS].reals[i % REALS] *= units[u];
        }
        const spn_table table = {"anchors", &anchor_columns, ROWS, rows};
        expect("slice", &table, NULL, NULL);
        for (int i = 0; i < ROWS * REALS; i++) {
            double *cell = &rows[i / REALS].reals[i % REALS];
            const double kept = *cell;
            *cell += 2.9e-12 * units[u]; /* 3 is the largest */
            expect("slice", &table, NULL, NULL);
            *cell = kept + 3.1e-12 * units[u];
            expect("slice", &table, NULL, "not what was stored");
            *cell = kept;
        }
    }
    expect("slice", NULL, NULL, "not what was stored");
}

static void test_not_a_number(void **state)
{
    (void)state;
    row rows[1] = {{{1, (double)NAN, 1, 1}, 0}};
    const spn_table table = {"anchors", &anchor_columns, 1, rows};
    expect("slice", &table, NULL, "not what was stored");
}

static void test_others_pass(void **state)
{
    (void)state;
    expect("something new", NULL, NULL, NULL);
    expect("orders", NULL, NULL, NULL); /* of races nothing is demanded */
    expect("delay", NULL, NULL, "law"); /* more in test_delay */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_jumps),        cmocka_unit_test(test_unused_starts),
        cmocka_unit_test(test_grok),         cmocka_unit_test(test_slice),
        cmocka_unit_test(test_not_a_number), cmocka_unit_test(test_others_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
