/* SPDX-License-Identifier: MIT */
/* What a sink was told, sorted and written: the closed-form branches of branches_model.h go into a file and are
 * compared with what comes out. */
#include "branches_model.h"

#include "study/branch_results.h"

#include <stdio.h>

enum { PARAMETERS = 14 };

static spn_context *context;
static branches_model *model;
static spn_experiment *experiment;
static spn_study *study;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "data: {samples: 20}\nmodel: {hidden: [2, 2]}\n";
    model = calloc(1, sizeof *model);
    if (model == NULL || spn_context_create(NULL, &context) != SPN_OK) {
        return -1;
    }
    branches_model_make(model);
    check_ok(context,
             spn_experiment_parse(context, "test.yaml", text, sizeof text - 1, &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    assert_int_equal(study->loss.dimension, PARAMETERS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    free(model);
    return 0;
}

/* Weights that tell where they belong. */
static void fill_theta(double *theta, int64_t branch, int64_t point)
{
    for (int k = 0; k < PARAMETERS; k++) {
        theta[k] = (double)(1000 * branch + 10 * point) + 0.25 * k;
    }
}

static void tell_all(spni_branch_rows *rows)
{
    double theta[PARAMETERS];
    for (int i = 0; i < MODEL_POINTS; i++) {
        fill_theta(theta, model->points[i].branch, model->points[i].point);
        const spn_branch_item item = {.kind = SPN_ITEM_POINT,
                                      .point = &model->points[i],
                                      .mode_count = MODEL_MODES,
                                      .modes = model->modes[i],
                                      .parameters = PARAMETERS,
                                      .theta = theta};
        check_ok(context, spni_branch_rows_append(context, rows, &item));
    }
    for (int i = 0; i < MODEL_SPECIALS; i++) {
        fill_theta(theta, -1, i);
        const spn_branch_item item = {.kind = SPN_ITEM_SPECIAL,
                                      .special = &model->specials[i],
                                      .parameters = PARAMETERS,
                                      .theta = theta};
        check_ok(context, spni_branch_rows_append(context, rows, &item));
    }
    for (int i = 0; i < MODEL_APPROACH; i++) {
        const spn_branch_item item = {.kind = SPN_ITEM_APPROACH, .approach = &model->approach[i]};
        check_ok(context, spni_branch_rows_append(context, rows, &item));
    }
}

static void write_file(const char *path, bool has_theta)
{
    spni_branch_rows rows;
    const spni_branch_findings found = {.specials = MODEL_SPECIALS,
                                        .phases = MODEL_PHASES,
                                        .maxwell = MODEL_MAXWELL,
                                        .barriers = MODEL_BARRIERS,
                                        .special_rows = model->specials,
                                        .phase_rows = model->phases,
                                        .phase_names = model_names,
                                        .maxwell_rows = model->maxwell,
                                        .barrier_rows = model->barriers};
    spni_branch_rows_init(&rows, has_theta);
    tell_all(&rows);
    check_ok(context, spni_branch_rows_sort(context, &rows, model->phases_of));
    check_ok(context, spni_branch_results_write(context, study, &rows, &found, path, true));
    spni_branch_rows_free(context, &rows);
}

static void check_table(const spn_results *results, const char *name, const spn_columns *columns,
                        int64_t rows, const void *records)
{
    const spn_table *table = spn_results_table(results, name);
    assert_non_null(table);
    assert_int_equal(table->rows, rows);
    char *found = calloc((size_t)rows, columns->record_size);
    assert_non_null(found);
    check_ok(context, spn_table_convert(context, table, name, columns, found));
    assert_memory_equal(found, records, (size_t)rows * columns->record_size);
    free(found);
}

static void check_points(const spn_results *results)
{
    const spn_table *points = spn_results_table(results, "points");
    const spn_array *modes = spn_results_array(results, "modes");
    const spn_array *theta = spn_results_array(results, "theta");
    static spn_branch_record rows[MODEL_POINTS];
    assert_non_null(points);
    assert_int_equal(points->rows, MODEL_POINTS);
    assert_true(modes->rows == MODEL_POINTS && modes->columns == MODEL_MODES);
    assert_true(theta->rows == MODEL_POINTS && theta->columns == PARAMETERS);
    check_ok(context, spn_table_convert(context, points, "points", &spn_branch_columns, rows));
    for (int i = 0; i < MODEL_POINTS; i++) {
        double expected[PARAMETERS];
        const int branch = i / MODEL_PLACES, place = i % MODEL_PLACES;
        const model_state at = model_place(branch, place);
        assert_int_equal(rows[i].branch, branch);
        assert_int_equal(rows[i].point, place - MODEL_FIRST);
        assert_int_equal(rows[i].phase, rows[i].negative_eigenvalues == 0 ? branch : -1);
        assert_true(rows[i].beta == at.beta && rows[i].loss == at.loss);
        assert_true(modes->values[MODEL_MODES * i] == at.s[0]);
        assert_true(modes->values[MODEL_MODES * i + 1] == at.s[1]);
        fill_theta(expected, branch, place - MODEL_FIRST);
        assert_memory_equal(theta->values + PARAMETERS * i, expected, sizeof expected);
    }
}

static void test_all_comes_back(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    support_scratch("branches.h5", path);
    write_file(path, true);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_string_equal(results.kind, "branches");
    check_points(&results);
    check_table(&results, "specials", &spn_special_columns, MODEL_SPECIALS, model->specials);
    check_table(&results, "approach", &spn_branch_approach_columns, MODEL_APPROACH,
                model->approach);
    check_table(&results, "phases", &spn_phase_columns, MODEL_PHASES, model->phases);
    check_table(&results, "maxwell", &spn_maxwell_columns, MODEL_MAXWELL, model->maxwell);
    check_table(&results, "barriers", &spn_barrier_columns, MODEL_BARRIERS, model->barriers);
    const spn_text_column *names = spn_results_text_column(&results, "phases", "name");
    assert_non_null(names);
    assert_int_equal(names->rows, MODEL_PHASES);
    assert_string_equal(names->items[1], "1 mode");
    const spn_array *special = spn_results_array(&results, "special_theta");
    assert_true(special->rows == MODEL_SPECIALS && special->columns == PARAMETERS);
    assert_true(special->values[PARAMETERS] == -990); /* branch -1, point 1 */
    assert_non_null(spn_results_table(&results, "layout"));
    assert_non_null(spn_results_table(&results, "theory"));
    assert_non_null(spn_results_attribute(&results, "data_checksum"));
    assert_int_equal(spn_results_attribute(&results, "parameters")->integer, PARAMETERS);
    spn_arena_free(arena);
}

static void test_without_weights(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    support_scratch("bare.h5", path);
    write_file(path, false);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_null(spn_results_array(&results, "theta"));
    assert_null(spn_results_array(&results, "special_theta"));
    assert_non_null(spn_results_array(&results, "modes"));
    spn_arena_free(arena);
}

/* Items of two networks do not go into one file. */
static void test_sizes_must_agree(void **state)
{
    (void)state;
    spni_branch_rows rows;
    double theta[PARAMETERS] = {0};
    spn_branch_item item = {.kind = SPN_ITEM_POINT,
                            .point = &model->points[0],
                            .mode_count = MODEL_MODES,
                            .modes = model->modes[0],
                            .parameters = PARAMETERS,
                            .theta = theta};
    spni_branch_rows_init(&rows, true);
    check_ok(context, spni_branch_rows_append(context, &rows, &item));
    item.mode_count = 1;
    check_fails(context, spni_branch_rows_append(context, &rows, &item), SPN_ERROR_ARGUMENT,
                "different networks");
    item = (spn_branch_item){.kind = SPN_ITEM_SPECIAL,
                             .special = &model->specials[0],
                             .parameters = PARAMETERS - 1,
                             .theta = theta};
    check_fails(context, spni_branch_rows_append(context, &rows, &item), SPN_ERROR_ARGUMENT,
                "different networks");
    spni_branch_rows_free(context, &rows);
}

/* No points, no phases, no modes: still a file. */
static void test_nothing_found(void **state)
{
    (void)state;
    char path[512];
    spn_arena *arena = NULL;
    spn_results results;
    spni_branch_rows rows;
    const spni_branch_findings found = {0};
    support_scratch("nothing.h5", path);
    spni_branch_rows_init(&rows, true);
    check_ok(context, spni_branch_rows_sort(context, &rows, NULL));
    check_ok(context, spni_branch_results_write(context, study, &rows, &found, path, true));
    spni_branch_rows_free(context, &rows);
    check_ok(context, spn_arena_create(context, &arena));
    check_ok(context, spn_results_read(context, arena, path, &results));
    assert_int_equal(spn_results_table(&results, "phases")->rows, 0);
    spn_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_comes_back),
        cmocka_unit_test(test_without_weights),
        cmocka_unit_test(test_sizes_must_agree),
        cmocka_unit_test(test_nothing_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
