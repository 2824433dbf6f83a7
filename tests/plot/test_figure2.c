/* SPDX-License-Identifier: MIT */
/* Figures and their files: Figure 2 of a made-up sweep, odd descriptions, failures. */
#include "figure2_model.h"

#include "plot/plot.h"

#include <signal.h>
#include <spinodal/plot.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_gnuplot(void)
{
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static bool exists(const char *folder, const char *name)
{
    char path[700];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &info) == 0;
}

static const char *const all_files[] = {"fig2.gp",  "fig2.dat", "fig2.txt",
                                        "fig2.svg", "fig2.pdf", "fig2.png"};

/* Cairo 1.18 and newer compress the date of creation, too. */
static bool has_hidden_date(const char *bytes, int64_t size)
{
    static const char start[] = "%PDF-1.5";
    return size > (int64_t)sizeof start && memcmp(bytes, start, sizeof start - 1) == 0;
}

static void test_figure2(void **state)
{
    (void)state;
    char folder[512];
    char again[512];
    if (!has_gnuplot()) {
        print_message("gnuplot is missing\n");
        skip();
    }
    make_folder("it's a \"folder\" ä $HOME", folder);
    check_ok(context, spn_plot_figure2(context, &model->results, folder, NULL));
    check_contains(folder, "fig2.txt", "hidden: [5, 5]");
    check_contains(folder, "fig2.txt", "nothing comes back on the way down");
    check_contains(folder, "fig2.txt", "2 -> 1 active modes between beta = 0.186");
    check_contains(folder, "fig2.txt", "spinodal beta = 0.410549 (dashed)");
    check_contains(folder, "fig2.svg", "down from 2 modes");
    check_contains(folder, "fig2.svg", "linear spinodal");
    check_contains(folder, "fig2.dat", "panel (b)");
    /* Equal results, equal bytes, whatever the folder and the time (of a PDF where its date can be reached). */
    usleep(1100000);
    make_folder("again", again);
    check_ok(context, spn_plot_figure2(context, &model->results, again, NULL));
    for (size_t i = 0; i < sizeof all_files / sizeof *all_files; i++) {
        int64_t size = 0;
        int64_t other_size = 0;
        char *bytes = load(folder, all_files[i], &size);
        char *other = load(again, all_files[i], &other_size);
        if (!has_hidden_date(bytes, size)) {
            assert_int_equal(size, other_size);
            assert_memory_equal(bytes, other, (size_t)size);
        }
        free(bytes);
        free(other);
    }
    check_fails(context, spn_plot_figure2(context, &model->results, again, NULL), SPN_ERROR_IO,
                "--force");
    spn_plot_settings settings = {.force = true};
    check_ok(context, spn_plot_figure2(context, &model->results, again, &settings));
}

/* Quenches, another seed, jumps at neighbouring points, a trivial phase that is left, no theory. */
static void test_other_sweeps(void **state)
{
    (void)state;
    char folder[512];
    spn_plot_settings settings = {
        .force = true, .gnuplot = "no-such-gnuplot", .seeds = SPN_SEEDS_FIRST};
    make_folder("others", folder);
    model->count = 0;
    for (int64_t i = 0; i < 6; i++) {
        const double beta = 0.01 * (double)(i + 1);
        add(model, 0, -1, i, beta, i < 3 ? 2 : i == 3 ? 1 : 0);
    }
    for (int64_t i = 0; i < 6; i++) {
        add(model, 1, 0, i, 0.07 - 0.01 * (double)(i + 1), i < 3 ? 0 : 2);
    }
    for (int64_t i = 0; i < 6; i++) {
        add(model, 2, -1, i, 0.01 * (double)(i + 1), i % 3);
    }
    add(model, 0, -1, 0, 0.35, 1);
    model->rows[model->count - 1].seed = 1;
    model->tables[0].rows = model->count;
    model->results.table_count = 1;
    model->attributes[1] = (spn_attribute){"machine", "m68k", 0};
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
    check_contains(folder, "fig2.txt", "1 -> 0 active modes between beta = 0.04 and 0.05");
    check_contains(folder, "fig2.txt",
                   "the phase with no active mode is left between beta = 0.04 and 0.03");
    check_lacks(folder, "fig2.txt", "vertical lines");
    check_contains(folder, "fig2.txt", "quench: 6 points, beta = 0.01 to 0.06\n\nmachine: m68k");
    check_contains(folder, "fig2.gp", "title 'quench'");
    int64_t size = 0;
    char *data = load(folder, "fig2.dat", &size);
    assert_null(strstr(data, "0.35")); /* the second seed */
    /* The dotted pieces of the two jumps upward: 2 -> 1 and 1 -> 0, apart. */
    char *pieces = strstr(data, "index 1:");
    assert_non_null(pieces);
    double beta[4];
    double error[4];
    assert_int_equal(sscanf(pieces,
                            "index 1: panel (a), Error {/:Italic E}: (no label) %lf %lf "
                            "%lf %lf %lf %lf %lf %lf",
                            &beta[0], &error[0], &beta[1], &error[1], &beta[2], &error[2], &beta[3],
                            &error[3]),
                     8);
    assert_true(beta[0] == 0.03 && beta[1] == 0.04 && beta[2] == 0.04 && beta[3] == 0.05);
    assert_true(error[1] == error[2] && error[3] == 2);
    free(data);
    model->count = 0;
    add(model, 0, -1, 0, 0.1, 2);
    model->tables[0].rows = 1;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
    check_lacks(folder, "fig2.txt", "come back"); /* without a layout nobody knows */
    model->results.table_count = 3;
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "not installed");
    check_contains(folder, "fig2.txt", "nothing would come back");
}

static void check_nothing(const char *folder)
{
    for (size_t i = 0; i < sizeof all_files / sizeof *all_files; i++) {
        if (exists(folder, all_files[i])) {
            fail_msg("%s was left behind", all_files[i]);
        }
    }
}

static void make_program(const char *folder, const char *text, char path[700])
{
    snprintf(path, 700, "%s/program", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

/* Whatever gnuplot does, a failure leaves nothing, and the same call works afterwards. */
static void test_failures_leave_nothing(void **state)
{
    (void)state;
    char folder[512];
    char program[700];
    spn_plot_settings settings = {.gnuplot = program};
    make_folder("failures", folder);
    make_program(folder, "kill -9 $$", program);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "exit status 137");
    check_nothing(folder);
    make_program(folder, "echo terminal type unknown; exit 3", program);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "exit status 3): terminal type unknown");
    check_nothing(folder);
    assert_int_equal(chmod(program, 0644), 0);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "cannot run");
    check_nothing(folder);
    /* Complete figures, but the last name has been taken meanwhile. */
    make_program(
        folder,
        "eval \"$3\"; echo '<?xml</svg>' >\"$svg_file\"; echo '%PDF-%%EOF' >\"$pdf_file\"; "
        "printf '\\211PNG\\r\\n\\032\\nIEND\\256\\102\\140\\202' >\"$png_file\"; : >fig2.png",
        program);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "fig2.png has appeared");
    char taken[700];
    snprintf(taken, sizeof taken, "%s/fig2.png", folder);
    assert_int_equal(unlink(taken), 0);
    check_nothing(folder);
    if (has_gnuplot()) {
        check_ok(context, spn_plot_figure2(context, &model->results, folder, NULL));
    }
}

/* A gnuplot that hangs, here as a script that waits for what it has started, is ended with it. */
static void test_gnuplot_hangs(void **state)
{
    (void)state;
    char folder[512];
    char program[700];
    make_folder("hangs", folder);
    make_program(folder, "echo still busy; sleep 300", program);
    const spn_plot_settings settings = {.gnuplot = program, .gnuplot_seconds = 0.5};
    alarm(60);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "gnuplot did not end within 0.5 seconds and was stopped");
    alarm(0);
    check_nothing(folder);
}

/* The script must work by itself, in its folder. */
static void test_script_runs_alone(void **state)
{
    (void)state;
    char folder[512];
    char command[700];
    if (!has_gnuplot()) {
        skip();
    }
    make_folder("alone", folder);
    check_ok(context, spn_plot_figure2(context, &model->results, folder, NULL));
    int64_t size = 0;
    int64_t again = 0;
    char *before = load(folder, "fig2.svg", &size);
    snprintf(command, sizeof command,
             "cd '%s' && rm fig2.svg fig2.pdf fig2.png && gnuplot fig2.gp 2>&1", folder);
    assert_int_equal(system(command), 0);
    char *after = load(folder, "fig2.svg", &again);
    assert_string_equal(before, after);
    assert_true(exists(folder, "fig2.pdf") && exists(folder, "fig2.png"));
    free(before);
    free(after);
}

static void test_without_gnuplot(void **state)
{
    (void)state;
    char folder[512];
    spn_plot_settings settings = {.gnuplot = "no-such-gnuplot"};
    make_folder("missing", folder);
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "or draw again with --force");
    assert_true(exists(folder, "fig2.gp") && exists(folder, "fig2.dat"));
    assert_false(exists(folder, "fig2.svg"));
    settings = (spn_plot_settings){.force = true, .gnuplot = "false"};
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "exit status 1");
    settings.gnuplot = "true"; /* success, and empty files */
    check_fails(context, spn_plot_figure2(context, &model->results, folder, &settings),
                SPN_ERROR_IO, "fig2.svg: gnuplot left it incomplete (0 bytes)");
    assert_false(exists(folder, "fig2.svg"));
    check_fails(context, spn_plot_figure2(context, &model->results, "/proc/nonexistent", NULL),
                SPN_ERROR_IO, "/proc/nonexistent/fig2.gp");
}

/* The file size limit plays the full disk: gnuplot says nothing, we do. */
static void test_full_disk(void **state)
{
    (void)state;
    char folder[512];
    struct rlimit before;
    if (!has_gnuplot()) {
        skip();
    }
    make_folder("full", folder);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const rlim_t limits[] = {0, 1000, 40000, 60000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit small = {limits[i], before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        spn_status status = spn_plot_figure2(context, &model->results, folder, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_fails(context, status, SPN_ERROR_IO, "fig2");
        check_nothing(folder);
    }
    signal(SIGXFSZ, SIG_DFL);
}

static void test_bad_results(void **state)
{
    (void)state;
    char folder[512];
    make_folder("bad", folder);
    spn_results bad = model->results;
    bad.table_count = 0;
    check_fails(context, spn_plot_figure2(context, &bad, folder, NULL), SPN_ERROR_INPUT,
                "no points");
    const spn_columns few = {spn_sweep_columns.items, 5, sizeof(row)};
    spn_table table = model->tables[0];
    table.columns = &few;
    bad.table_count = 1;
    bad.tables = &table;
    check_fails(context, spn_plot_figure2(context, &bad, folder, NULL), SPN_ERROR_INPUT,
                "no column \"beta\"");
    assert_false(exists(folder, "fig2.gp"));
}

static void test_bad_figures(void **state)
{
    (void)state;
    char folder[512];
    make_folder("descriptions", folder);
    spn_panel panel = {.y_label = "y"};
    spn_figure figure = {.name = "a/b", .x_label = "x", .panel_count = 1, .panels = &panel};
    check_fails(context, spn_plot_render(context, &figure, folder, NULL), SPN_ERROR_ARGUMENT,
                "name");
    figure.name = "ok";
    figure.panel_count = 0;
    check_fails(context, spn_plot_render(context, &figure, folder, NULL), SPN_ERROR_ARGUMENT,
                "1 to 26 panels");
    figure.panel_count = 1;
    panel.y_label = NULL;
    check_fails(context, spn_plot_render(context, &figure, folder, NULL), SPN_ERROR_ARGUMENT,
                "no label");
    spn_series series = {.count = 3};
    panel = (spn_panel){.y_label = "y", .series_count = 1, .series = &series};
    check_fails(context, spn_plot_render(context, &figure, folder, NULL), SPN_ERROR_ARGUMENT,
                "not complete");
}

/* Nothing to see, a single point, gaps, infinities, all scales, hostile labels: still a figure. */
static void test_odd_figures(void **state)
{
    (void)state;
    char folder[512];
    const double x[] = {(double)NAN, 0.1, 0.2, (double)NAN, (double)NAN, 0.3, 0.4, HUGE_VAL};
    const double y[] = {1, -1e5, 2, 3, 4, 1e6, (double)NAN, 5};
    if (!has_gnuplot()) {
        skip();
    }
    make_folder("odd", folder);
    const spn_series series[] = {
        {.label = "it's 50% \"odd\"\n$x", .count = 8, .x = x, .y = y, .line = SPN_LINE_DASHED},
        {.count = 8, .x = x, .y = y, .marker = SPN_MARKER_OPEN_DIAMOND, .color = SPN_COLOR_SKY},
        {.label = "nothing", .count = 0},
    };
    const spn_panel panels[] = {
        {.y_label = "symlog",
         .y_scale = SPN_AXIS_SYMMETRIC_LOG,
         .y_low = (double)NAN,
         .y_high = (double)NAN,
         .series_count = 3,
         .series = series,
         .legend = SPN_LEGEND_TOP_LEFT},
        {.y_label = "log",
         .y_scale = SPN_AXIS_LOG,
         .y_low = (double)NAN,
         .y_high = (double)NAN,
         .series_count = 2,
         .series = series},
        {.y_label = "empty", .y_low = (double)NAN, .y_high = (double)NAN},
        {.y_label = "one",
         .y_low = (double)NAN,
         .y_high = (double)NAN,
         .series_count = 1,
         .series = &(spn_series){.count = 1, .x = &x[1], .y = &y[0], .marker = SPN_MARKER_CIRCLE}},
    };
    const spn_guide guides[] = {{0.25, "g", "note", SPN_LINE_DOTTED}, {7, "far", "far", 1}};
    spn_figure figure = {.name = "odd",
                         .x_label = "x",
                         .x_low = (double)NAN,
                         .x_high = (double)NAN,
                         .panel_count = 4,
                         .panels = panels,
                         .guide_count = 2,
                         .guides = guides,
                         .x_scale = SPN_AXIS_LOG};
    check_ok(context, spn_plot_render(context, &figure, folder, NULL));
    check_contains(folder, "odd.svg", "50% \"odd\" $x");
    check_contains(folder, "odd.svg", "note");
    assert_false(exists(folder, "odd.txt"));
}

static void test_axes(void **state)
{
    (void)state;
    /* Symmetric log: 0 at 0, odd, one decade apart for large values, and its own inverse. */
    assert_true(spni_axis_position(SPN_AXIS_SYMMETRIC_LOG, 1, 0) == 0);
    check_close(spni_axis_position(SPN_AXIS_SYMMETRIC_LOG, 2, 2e8), 8, 1e-15, 0);
    check_close(spni_axis_position(SPN_AXIS_SYMMETRIC_LOG, 1, -3),
                -spni_axis_position(SPN_AXIS_SYMMETRIC_LOG, 1, 3), 0, 0);
    for (double v = -1e6; v < 1e6; v += 77777.7) {
        double p = spni_axis_position(SPN_AXIS_SYMMETRIC_LOG, 0.5, v);
        /* The error of p (some ulp of at most 7) is multiplied by ln 10. */
        check_close(spni_axis_value(SPN_AXIS_SYMMETRIC_LOG, 0.5, p), v, 1e-13, 1);
    }
}

static spn_status draw(spn_context *c, void *state)
{
    spn_plot_settings settings = {.force = true, .gnuplot = "true"};
    spn_status status = spn_plot_figure2(c, &model->results, state, &settings);
    if (status == SPN_ERROR_IO) { /* "true" draws nothing: as far as it goes without gnuplot */
        spn_error_clear(c);
        status = SPN_OK;
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char folder[512];
    make_folder("memory", folder);
    assert_true(support_fail_each_allocation(draw, folder) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_figure2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_sweeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures_leave_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gnuplot_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_script_runs_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_gnuplot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_results, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_axes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
