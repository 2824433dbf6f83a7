/* SPDX-License-Identifier: MIT */
/* Data with exact symmetries: the exclusive or, on which no linear mode exists and labels are rounding. The
 * transitions of a network do not depend on rounding, on the grid, on the order of samples and features, on
 * repetition, or on a column without content. */
#include "sweep_run.h"

#include <math.h>
#include <stdio.h>

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

/* The four corners in this order, `copies` times, features exchanged or not, `rest` added to one input, and a
 * column of zeros. */
typedef struct variant {
    int order[4];
    int copies;
    double rest;
    bool are_exchanged, has_zeros;
    int points;
} variant;

static void write_data(const variant *v, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "a,b,%sy\n", v->has_zeros ? "c," : "");
    for (int i = 0; i < 4 * v->copies; i++) {
        int corner = v->order[i % 4], a = corner & 1 ? 1 : -1, b = corner & 2 ? 1 : -1;
        fprintf(file, "%.17g,%d,%s%d\n", (v->are_exchanged ? b : a) + (i == 0 ? v->rest : 0),
                v->are_exchanged ? a : b, v->has_zeros ? "0," : "", -a * b);
    }
    assert_int_equal(fclose(file), 0);
}

/* Where the first-order jumps of tanh networks with four hidden units are: computed on the data with 1e-15 of noise,
 * on grids of 20 to 2000 values; the folds that branches solves for are there, too. What is tested is that symmetry changes
 * nothing: an invariant, to the 1e-6 of the refinement. */
static const double jumps_at[2] = {0.117198304, 0.147272799};

static void check_variant(const variant *v)
{
    char path[512], text[1024];
    sweep_run run;
    support_scratch("symmetric.csv", path);
    write_data(v, path);
    snprintf(text, sizeof text,
             "data: {kind: csv, path: %s, targets: [y]}\n"
             "model: {hidden: [4], activation: tanh, bias: true}\n"
             "sweep: {beta: {from: 0.001, to: 0.2, points: %d}, direction: up}\n",
             path, v->points);
    sweep_run_make(context, text, 1, "symmetric.h5", &run);
    const spn_table *jumps = spn_results_table(&run.results, "jumps");
    int64_t beta = spn_table_find(jumps, "beta"), resolved = spn_table_find(jumps, "resolved");
    int64_t survives = spn_table_find(jumps, "survives"), found = 0;
    assert_true(run.is_gated);
    for (int64_t row = 0; row < jumps->rows; row++) {
        assert_int_equal(spn_table_integer(jumps, row, resolved), 1);
        if (spn_table_integer(jumps, row, survives) == 1) {
            assert_true(found < 2);
            /* both sides are known within refine_tolerance */
            check_close(spn_table_real(jumps, row, beta), jumps_at[found++], 2e-6, 0);
        }
    }
    assert_int_equal(found, 2);
    sweep_run_free(&run);
}

static void test_grids(void **state)
{
    (void)state;
    const int points[] = {20, 57, 200};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        check_variant(&(variant){{0, 2, 1, 3}, 1, 0, false, false, points[i]});
        check_variant(&(variant){{0, 2, 1, 3}, 1, 1e-15, false, false, points[i]});
    }
}

static void test_same_problem(void **state)
{
    (void)state;
    check_variant(&(variant){{3, 0, 1, 2}, 1, 0, false, false, 20}); /* samples in another order */
    check_variant(&(variant){{0, 2, 1, 3}, 1, 0, true, false, 20});  /* features exchanged */
    check_variant(&(variant){{0, 2, 1, 3}, 3, 0, false, false, 20}); /* every sample three times */
}

/* Weights of a column of zeros decay to 0 and take no part; random starts have other numbers with it, so that
 * another of the phases may be followed: whatever is met is resolved. */
static void test_column_of_zeros(void **state)
{
    (void)state;
    const variant v = {{0, 2, 1, 3}, 1, 0, false, true, 20};
    char path[512], text[1024];
    sweep_run run;
    support_scratch("symmetric.csv", path);
    write_data(&v, path);
    snprintf(text, sizeof text,
             "data: {kind: csv, path: %s, targets: [y]}\n"
             "model: {hidden: [4], activation: tanh, bias: true}\n"
             "sweep: {beta: {from: 0.001, to: 0.2, points: 20}, direction: up}\n",
             path);
    sweep_run_make(context, text, 1, "symmetric.h5", &run);
    const spn_table *jumps = spn_results_table(&run.results, "jumps");
    int64_t beta = spn_table_find(jumps, "beta");
    assert_true(run.is_gated);
    assert_true(jumps->rows > 0);
    /* the last jump, into the trivial phase, is the same fold */
    check_close(spn_table_real(jumps, jumps->rows - 1, beta), jumps_at[1], 2e-6, 0);
    sweep_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_same_problem),
        cmocka_unit_test(test_column_of_zeros),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
