/* SPDX-License-Identifier: MIT */
/* Figure 2 of sweeps with test samples and classes. */
#include "figure2_model.h"

#include <stdio.h>

/* Six points upward and a quench of six; what is not measured is NaN. */
static void measure(bool has_test, bool has_classes)
{
    model->count = 0;
    for (int64_t i = 0; i < 6; i++) {
        add(model, 0, -1, i, 0.01 * (double)(i + 1), 2);
        add(model, 2, -1, i, 0.01 * (double)(i + 1), 2);
    }
    for (int64_t i = 0; i < model->count; i++) {
        const double step = (double)(i / 2);
        row *r = &model->rows[i];
        r->state.test_error = has_test ? 7.25 + step : (double)NAN;
        r->state.accuracy = has_classes ? 0.125 * step : (double)NAN;
        r->state.test_accuracy = has_test && has_classes ? 0.0625 * step : (double)NAN;
    }
    model->tables[0].rows = model->count;
    model->results.table_count = 1;
}

static void draw(const char *folder)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
}

static void test_both(void **state)
{
    (void)state;
    char folder[512];
    make_folder("both", folder);
    measure(true, true);
    draw(folder);
    check_contains(folder, "fig2.txt", "(d) Accuracy: share of the samples");
    check_contains(folder, "fig2.txt", "in (a) and (d): on samples kept for testing.");
    check_contains(folder, "fig2.gp", "title 'on test samples'");
    check_contains(folder, "fig2.gp", "dt (9,5)");
    check_contains(folder, "fig2.gp", "set yrange [0:1.05]");
    check_contains(folder, "fig2.dat", "0.06 12.25\n"); /* the last point's test error */
    check_contains(folder, "fig2.dat", "0.06 0.625\n"); /* and its two accuracies */
    check_contains(folder, "fig2.dat", "0.06 0.3125\n");
}

static void test_errors_alone(void **state)
{
    (void)state;
    char folder[512];
    make_folder("errors", folder);
    measure(true, false);
    draw(folder);
    check_contains(folder, "fig2.txt", "in (a): on samples kept for testing.");
    check_contains(folder, "fig2.dat", "0.06 12.25\n");
    check_lacks(folder, "fig2.gp", "Accuracy");
    check_lacks(folder, "fig2.txt", "Accuracy");
}

static void test_accuracy_alone(void **state)
{
    (void)state;
    char folder[512];
    make_folder("accuracy", folder);
    measure(false, true);
    draw(folder);
    check_contains(folder, "fig2.gp", "'Accuracy'");
    check_contains(folder, "fig2.dat", "0.06 0.625\n");
    check_lacks(folder, "fig2.gp", "on test samples");
    check_lacks(folder, "fig2.txt", "kept for testing");
}

/* Columns without a number are as no columns, which files of earlier versions lack: the same script and data. */
static void test_neither(void **state)
{
    (void)state;
    static const char *const names[] = {"fig2.gp", "fig2.dat", "fig2.txt"};
    char folder[512], plain[512];
    make_folder("neither", folder);
    make_folder("plain", plain);
    measure(false, false);
    draw(folder);
    spn_column items[64];
    int64_t count = 0;
    for (int64_t i = 0; i < spn_sweep_columns.count; i++) {
        if (strstr(spn_sweep_columns.items[i].name, "accuracy") == NULL &&
            strcmp(spn_sweep_columns.items[i].name, "test_error") != 0) {
            items[count++] = spn_sweep_columns.items[i];
        }
    }
    const spn_columns fewer = {items, count, sizeof(row)};
    model->tables[0].columns = &fewer;
    draw(plain);
    for (int i = 0; i < 3; i++) {
        int64_t size = 0, other_size = 0;
        char *bytes = load(folder, names[i], &size), *other = load(plain, names[i], &other_size);
        assert_int_equal(size, other_size);
        assert_memory_equal(bytes, other, (size_t)size);
        free(bytes);
        free(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accuracy_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_neither, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
