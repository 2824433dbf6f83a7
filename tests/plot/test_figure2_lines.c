/* SPDX-License-Identifier: MIT */
/* Lines of Figure 2 in its data file: jumps where they were located, chains that share their names, phases of a single
 * point, random starts, columns of one's own, results over each other. */
#include "figure2_model.h"

static spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};

static char *draw(const char *folder)
{
    int64_t size = 0;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
    return load(folder, "fig2.dat", &size);
}

/* How often `piece` stands in the text. */
static int count(const char *text, const char *piece)
{
    int found = 0;
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at += strlen(piece)) {
        found++;
    }
    return found;
}

static void begin(void)
{
    model->count = 0;
    model->results.table_count = 1;
    settings = (spn_plot_settings){.force = true, .gnuplot = "no-such-gnuplot"};
}

static void set_rows(void)
{
    model->tables[0].rows = model->count;
}

/* The dotted piece of a refined jump stands where it was bisected to, and the lines end there. */
static void test_jump_in_its_place(void **state)
{
    (void)state;
    char folder[512];
    begin();
    for (int64_t i = 0; i < 6; i++) {
        add(model, 0, -1, i, 0.375 + 0.01 * (double)i, i < 3 ? 1 : 0);
    }
    spn_sweep_jump jump = {.direction = 0,
                           .phase = -1,
                           .point = 3,
                           .beta = 0.40125,
                           .beta_before = 0.40125,
                           .beta_after = 0.40125,
                           .before = model->rows[2].state,
                           .after = model->rows[3].state,
                           .survives = 1,
                           .resolved = 1};
    jump.before.error = 1.53125;
    set_rows();
    model->tables[1] = (spn_table){"jumps", &spn_sweep_jump_columns, 1, &jump};
    model->results.table_count = 2;
    char *data = draw(make_folder("jump", folder));
    assert_non_null(strstr(data, "(no label)\n0.40125 1.53125\n0.40125 2\n"));
    assert_non_null(strstr(data, "0.40125 1.53125\n\n0.40125 2\n0.405 2\n")); /* the line itself */
    check_contains(folder, "fig2.txt", "1 -> 0 active modes at beta = 0.40125: E 1.531 -> 2");
    free(data);
    /* one that does not survive is a kink: no break, no dotted piece */
    jump.survives = 0;
    data = draw(folder);
    assert_non_null(strstr(data, "0.40125 1.53125\n0.40125 2\n0.405 2\n"));
    assert_null(strstr(data, "(no label)"));
    check_contains(folder, "fig2.txt", "continuous: 1 -> 0 active modes at beta = 0.40125");
    check_lacks(folder, "fig2.txt", "Dotted pieces");
    free(data);
}

/* Two chains down from phases with one mode each: two lines, one entry of the legend, no diagonal between them. */
static void test_chains_with_one_name(void **state)
{
    (void)state;
    char folder[512];
    begin();
    for (int64_t chain = 0; chain < 2; chain++) {
        for (int64_t i = 0; i < 4; i++) {
            add(model, 1, 1, i, 0.3 - 0.05 * (double)chain - 0.01 * (double)i, 1);
        }
    }
    set_rows();
    char *data = draw(make_folder("chains", folder));
    assert_int_equal(count(data, "panel (a), Error {/:Italic E}: down from 1 mode"), 1);
    assert_int_equal(count(data, "panel (a), Error {/:Italic E}: "), 2);
    free(data);
}

/* A phase that one point was seen of is a dot. */
static void test_lone_point(void **state)
{
    (void)state;
    char folder[512];
    begin();
    for (int64_t i = 0; i < 5; i++) {
        add(model, 0, -1, i, 0.1 + 0.05 * (double)i, i < 2 ? 2 : i == 2 ? 1 : 0);
    }
    set_rows();
    char *data = draw(make_folder("lone", folder));
    assert_int_equal(count(data, "panel (a)"), 3); /* line, jumps, the dot */
    assert_non_null(strstr(data, "# index 2: panel (a), Error {/:Italic E}: (no label)\n0.2 "));
    free(data);
}

static void add_start(int64_t seed, double shift)
{
    for (int64_t i = 0; i < 4; i++) {
        add(model, 0, -1, i, 0.1 + 0.01 * (double)i, 2);
        model->rows[model->count - 1].seed = seed;
        model->rows[model->count - 1].state.error = 1 + shift;
    }
}

/* All random starts, the first alone, or the band of all. */
static void test_random_starts(void **state)
{
    (void)state;
    char folder[512];
    begin();
    add_start(0, 0);
    add_start(1, 0.5);
    add_start(2, 0.25);
    set_rows();
    make_folder("starts", folder);
    char *data = draw(folder);
    assert_int_equal(count(data, "0.1 1.5\n") + count(data, "0.1 1.25\n"), 2);
    assert_int_equal(count(data, "Error {/:Italic E}: up\n"), 1);
    free(data);
    settings.seeds = SPN_SEEDS_FIRST;
    data = draw(folder);
    assert_int_equal(count(data, "0.1 1.5\n") + count(data, "0.1 1.25\n"), 0);
    free(data);
    settings.seeds = SPN_SEEDS_BAND;
    data = draw(folder);
    assert_int_equal(count(data, "0.1 1 1.5\n"), 1);
    check_contains(folder, "fig2.gp", "using 1:2:3 with filledcurves");
    free(data);
}

/* Panels of one's own, with scales, a part of the axis, a wide page, no theory; what is not there is said. */
static void test_columns(void **state)
{
    (void)state;
    static const spn_plot_column columns[] = {{"weight_norm", SPN_AXIS_LOG},
                                              {"active_modes", SPN_PLOT_OWN}};
    static const spn_plot_column none[] = {{"nothing", SPN_PLOT_OWN}},
                                 empty[] = {{"accuracy", SPN_PLOT_OWN}};
    const spn_axis_scale scale = SPN_AXIS_LOG;
    const double range[] = {0.05, 0.3};
    char folder[512];
    make_folder("columns", folder);
    settings = (spn_plot_settings){.force = true,
                                   .gnuplot = "no-such-gnuplot",
                                   .column_count = 2,
                                   .columns = columns,
                                   .x_scale = &scale,
                                   .x_range = range,
                                   .page = SPN_PAGE_TWO,
                                   .hides_theory = true};
    char *data = draw(folder);
    assert_null(strstr(data, "Error"));
    assert_non_null(strstr(data, "panel (a), Distance to origin |{/:Italic θ}|: up"));
    assert_non_null(strstr(data, "panel (b), Active modes: up"));
    check_contains(folder, "fig2.gp", "set logscale x");
    check_contains(folder, "fig2.gp", "set logscale y");
    check_contains(folder, "fig2.gp", "set xrange [0.05:0.3]");
    check_lacks(folder, "fig2.gp", "linear spinodal");
    check_contains(folder, "fig2.gp", "7in");
    free(data);
    settings.column_count = 1;
    settings.columns = none;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_INPUT, "no column 'nothing' to draw; there are: ");
    settings.columns = empty;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_INPUT, "no numbers in the column 'accuracy'");
}

/* Two results: an entry of the legend each, in plain letters. */
static void test_overlay(void **state)
{
    (void)state;
    char folder[512];
    static const char *const names[] = {"here", "a_b@c"};
    const spn_results *others[] = {&model->results};
    begin();
    add_start(0, 0);
    set_rows();
    settings.overlay = (spn_plot_overlay){1, others, names};
    char *data = draw(make_folder("overlay", folder));
    assert_int_equal(count(data, "panel (a), Error {/:Italic E}: here\n"), 1);
    assert_int_equal(count(data, "panel (a), Error {/:Italic E}: a\\_b\\@c\n"), 1);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_jump_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chains_with_one_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lone_point, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_starts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlay, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
