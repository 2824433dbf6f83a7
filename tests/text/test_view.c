/* SPDX-License-Identifier: MIT */
/* Views of a table, on a terminal and in Markdown: exact texts. */
#include "support.h"

#include <math.h>
#include <spinodal/text.h>
#include <stdio.h>

typedef struct row {
    int64_t run, kind;
    double beta, low, high;
    double before, after;
    double norm, loss, epoch;
} row;
static const char *const kinds[] = {"fold", "branch point", NULL};
#define REAL(member)                                                                               \
    {                                                                                              \
#member, SPN_COLUMN_REAL, offsetof(row, member), "", "", NULL, NULL                        \
    }
static const spn_column items[] = {
    {"run", SPN_COLUMN_INTEGER, offsetof(row, run), "", "", NULL, NULL},
    {"kind", SPN_COLUMN_INTEGER, offsetof(row, kind), "", "", kinds, NULL},
    REAL(beta),
    REAL(low),
    REAL(high),
    REAL(before),
    REAL(after),
    REAL(norm),
    REAL(loss),
    REAL(epoch),
};
static const spn_columns columns = {items, sizeof items / sizeof *items, sizeof(row)};
static const row rows[] = {
    {3, 0, 0.125, 0.124, 0.1255, 1.5, 1e-14, 1e-12, 1, HUGE_VAL},
    {12, 1, 0.5, 0.5, 0.5, 0.25, 2, 2.5, 3, 20},
    {-1, 7, (double)NAN, 0, 0, -0.0, 1, 1, 1, (double)NAN},
};
static const spn_table table = {"points", &columns, 3, rows};

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

static void write_pair(const spn_row *its, char *cell)
{
    const row *r = its->record;
    snprintf(cell, SPN_CELL_SIZE, "%s %lld/%lld", (const char *)its->state, (long long)its->index,
             (long long)r->run);
}

static const spn_view_column shown[] = {
    {.title = "run", .column = "run", .form = SPN_CELL_INSTEAD, .a = "none"},
    {.title = "kind", .column = "kind"},
    {.title = "β", .column = "beta", .form = SPN_CELL_MEASURED, .a = "low", .b = "high"},
    {.column = "beta", .form = SPN_CELL_ERROR, .a = "low", .b = "high", .digits = 2, .gap = " +- "},
    {.title = "E", .column = "before", .form = SPN_CELL_BESIDE, .a = "after"},
    {.column = "after", .form = SPN_CELL_BESIDE, .a = "before", .gap = " -> "},
    {.title = "|theta|", .column = "norm", .form = SPN_CELL_LENGTH, .a = "beta", .b = "loss"},
    {.title = "epoch", .column = "epoch", .form = SPN_CELL_INSTEAD, .a = "never"},
    {.title = "", .write = write_pair},
};

static void test_terminal(void **state)
{
    (void)state;
    spn_text text = {.context = context};
    spn_view view = SPN_VIEW(&table, shown);
    view.state = "row";
    spn_view_terminal(&text, &view, "> ");
    assert_string_equal(
        text.buffer.text,
        "> run   kind          β               E          |theta|  epoch\n"
        ">    3  fold          0.125 +- 0.001  1.5  -> 0      0     never  row 0/3\n"
        ">   12  branch point  0.5   +- 0      0.25 -> 2      2.5  20      row 1/12\n"
        "> none  7             -              0    -> 1      1     never  row 2/-1\n");
    check_ok(context, spn_text_end(&text));
}

static bool has_run(const spn_row *its)
{
    return ((const row *)its->record)->run >= 0;
}

/* A filter, an order and a heading. Titles without a column of their own share the cell before; bars are escaped. */
static void test_markdown(void **state)
{
    (void)state;
    spn_text text = {.context = context};
    spn_view view = SPN_VIEW(&table, shown);
    view.state = "a|b";
    view.order = "low"; /* 0.124, 0.5, 0 */
    view.filter = has_run;
    view.heading = "Runs:\n";
    assert_int_equal(spn_view_markdown(&text, &view), 2);
    assert_string_equal(text.buffer.text,
                        "Runs:\n\n| run | kind | β | E | \\|θ\\| | epoch |  |\n"
                        "|---|---|---|---|---|---|---|\n"
                        "| 3 | fold | 0.125 ± 0.001 | 1.5 → 0 | 0 | never | a\\|b 0/3 |\n"
                        "| 12 | branch point | 0.5 ± 0 | 0.25 → 2 | 2.5 | 20 | a\\|b 1/12 |\n");
    check_ok(context, spn_text_end(&text));
}

/* Rows in the order of a column; those where it does not exist are left out. */
static void test_order(void **state)
{
    (void)state;
    static const spn_view_column one[] = {{.title = "run", .column = "run"}};
    spn_text text = {.context = context};
    spn_view view = SPN_VIEW(&table, one);
    view.order = "loss";
    assert_int_equal(spn_view_terminal(&text, &view, ""), 3);
    view.order = "beta";
    assert_int_equal(spn_view_terminal(&text, &view, ""), 2);
    view.order = "before";
    assert_int_equal(spn_view_terminal(&text, &view, ""), 3);
    assert_string_equal(text.buffer.text,
                        "run\n  3\n -1\n 12\nrun\n  3\n 12\nrun\n -1\n 12\n  3\n");
    check_ok(context, spn_text_end(&text));
}

/* Words of a column of numbers, whole or not, and what stands in for numbers that mean none. */
static void test_words(void **state)
{
    (void)state;
    static const char *const words[] = {"none", "some", "many", NULL};
    static const spn_view_column two[] = {SPN_SHOW_WORD("of run", "run", words, "other"),
                                          SPN_SHOW_WORD("of epoch", "epoch", words, "?")};
    const row three[] = {{.run = 2, .epoch = 1}, {.run = -1, .epoch = (double)NAN}, {.run = 3}};
    const spn_table of_three = {"points", &columns, 3, three};
    spn_text text = {.context = context};
    const spn_view view = SPN_VIEW(&of_three, two);
    assert_int_equal(spn_view_terminal(&text, &view, ""), 3);
    assert_string_equal(text.buffer.text, "of run  of epoch\nmany    some\nother   ?\n"
                                          "other   none\n");
    check_ok(context, spn_text_end(&text));
}

/* What the table has not is a fault, not an empty cell. */
static void test_unknown_column(void **state)
{
    (void)state;
    static const spn_view_column one[] = {SPN_SHOW("run", "ran", 0)};
    spn_text text = {.context = context};
    const spn_view view = SPN_VIEW(&table, one);
    assert_int_equal(spn_view_terminal(&text, &view, ""), 0);
    check_fails(context, spn_text_end(&text), SPN_ERROR_ARGUMENT, "no column 'ran'");
}

/* Without rows a terminal shows nothing, a page the head. */
static void test_empty(void **state)
{
    (void)state;
    const spn_table none = {"points", &columns, 0, NULL};
    static const spn_view_column one[] = {{.title = "run", .column = "run"}};
    spn_text text = {.context = context};
    const spn_view view = SPN_VIEW(&none, one);
    assert_int_equal(spn_view_terminal(&text, &view, ""), 0);
    assert_int_equal(text.buffer.size, 0);
    spn_view_markdown(&text, &view);
    assert_string_equal(text.buffer.text, "\n| run |\n|---|\n");
    check_ok(context, spn_text_end(&text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal),       cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_order),          cmocka_unit_test(test_words),
        cmocka_unit_test(test_unknown_column), cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
