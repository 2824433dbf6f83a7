/* SPDX-License-Identifier: MIT */
/* The checks of runs on results that were read: for each kind a file that passes, and one changed in a single cell
 * that does not. */
#include "support.h"

#include <spinodal/study.h>
#include <string.h>

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

enum { ROWS = 3, COLUMNS = 4 };

typedef struct row {
    double cells[COLUMNS];
    int64_t word;
} row;

#define REAL(name, index)                                                                          \
    {                                                                                              \
        name, SPN_COLUMN_REAL, offsetof(row, cells) + (index) * sizeof(double), "", "", NULL       \
    }

static const spn_column anchor_items[] = {REAL("error", 0), REAL("stored_error", 1),
                                          REAL("loss", 2), REAL("stored_loss", 3)};
static const spn_columns anchor_columns = {anchor_items, COLUMNS, sizeof(row)};
#undef REAL

static const spn_column gate_items[] = {
    {"stationary", SPN_COLUMN_INTEGER, offsetof(row, word), "", "", NULL}};
static const spn_columns gate_columns = {gate_items, 1, sizeof(row)};
static const spn_column order_items[] = {
    {"order", SPN_COLUMN_INTEGER, offsetof(row, word), "", "", NULL}};
static const spn_columns order_columns = {order_items, 1, sizeof(row)};

/* Is there a fault, with this in its text? */
static void expect(const char *kind, const spn_table *table, const char *configuration,
                   const char *wanted)
{
    const char *fault = NULL;
    const spn_attribute attribute = {"configuration", configuration, 0};
    const spn_results results = {.kind = kind,
                                 .attribute_count = configuration != NULL,
                                 .attributes = &attribute,
                                 .table_count = table != NULL,
                                 .tables = table};
    check_ok(context, spn_study_judge(context, &results, &fault));
    if (wanted == NULL) {
        assert_null(fault);
    } else {
        assert_non_null(fault);
        assert_non_null(strstr(fault, wanted));
    }
}

static void test_sweep(void **state)
{
    (void)state;
    row rows[ROWS] = {{{0}, 1}, {{0}, 1}, {{0}, 1}};
    const spn_table table = {"points", &gate_columns, ROWS, rows};
    expect("sweep", &table, NULL, NULL);
    rows[2].word = 0;
    expect("sweep", &table, NULL, "stationarity gate");
    expect("sweep", &table, "sweep: {epochs: 0}", "stationarity gate");
    /* At a finite rate nothing is meant to be stationary. */
    expect("sweep", &table, "sweep: {epochs: 100}\nsolver: {method: gd}", NULL);
    expect("sweep", &table, "of: another version", "stationarity gate");
    expect("sweep", NULL, NULL, "stationarity gate");
}

static void test_slice(void **state)
{
    (void)state;
    row rows[ROWS] = {{{2, 2, 3, 3}, 0}, {{1.5, 1.5, 2, 2}, 0}, {{0, 0, 1, 1}, 0}};
    const spn_table table = {"anchors", &anchor_columns, ROWS, rows};
    expect("slice", &table, NULL, NULL);
    rows[1].cells[0] += 1e-14; /* within the 1e-12 that is allowed */
    expect("slice", &table, NULL, NULL);
    rows[1].cells[3] += 1e-10;
    expect("slice", &table, NULL, "not what was stored");
    expect("slice", NULL, NULL, "not what was stored");
}

static void test_families(void **state)
{
    (void)state;
    row rows[ROWS] = {{{0}, 0}, {{0}, 1}, {{0}, 2}};
    const spn_table table = {"transitions", &order_columns, ROWS, rows};
    expect("order", &table, NULL, NULL);
    expect("complexity", &table, NULL, NULL);
    rows[0].word = 3;
    expect("order", &table, NULL, "not_found");
    expect("complexity", &table, NULL, "not_found");
}

static void test_others_pass(void **state)
{
    (void)state;
    expect("something new", NULL, NULL, NULL);
    expect("branches", NULL, NULL, "followed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_others_pass),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
