/* SPDX-License-Identifier: MIT */
/* Figures of slices, drawn without gnuplot: what their data, scripts and captions say. */
#include "folder.h"

#include <spinodal/continuation.h>
#include <spinodal/plot.h>
#include <spinodal/slice.h>

enum { COLUMNS = 5, ROWS = 3, LINES = 3, CURVE = 4 };

static spn_context *context;

/* A file of slices of E = 1 + u^2 (u - 2)^2 + v^2 and |theta|^2 = u^2 + v^2, on u = -1 .. 3. */
typedef struct model {
    spn_slice_record slices[LINES + 1];
    spn_slice_point points[LINES * COLUMNS + ROWS * COLUMNS];
    spn_slice_anchor anchors[2 * LINES + 2];
    spn_slice_level levels[2 * LINES];
    spn_norm_record potential[CURVE];
    const char *names[2 * LINES + 2];
    spn_table tables[5];
    spn_text_column texts[1];
    spn_results results;
} model;

static void add_slice(model *m, int64_t *points, int64_t slice, int64_t rows, double beta)
{
    m->slices[slice] = (spn_slice_record){.slice = slice,
                                          .axes = rows > 1 ? 2 : 1,
                                          .beta = beta,
                                          .columns = COLUMNS,
                                          .rows = rows,
                                          .u_low = -1,
                                          .u_high = 3,
                                          .eigenvalue_u = (double)NAN,
                                          .eigenvalue_v = (double)NAN};
    for (int64_t i = 0; i < rows * COLUMNS; i++) {
        const double u = (double)(i % COLUMNS) - 1, v = (double)(i / COLUMNS);
        m->points[(*points)++] = (spn_slice_point){.slice = slice,
                                                   .row = i / COLUMNS,
                                                   .column = i % COLUMNS,
                                                   .u = u,
                                                   .v = v,
                                                   .error = 1 + u * u * (u - 2) * (u - 2) + v * v,
                                                   .norm_squared = u * u + v * v,
                                                   .scalar_curvature_error = (double)NAN};
    }
}

/* Slices 0 .. lines - 1 are lines, then a plane where `rows` > 1. */
static void make_model(model *m, int64_t lines, int64_t rows, bool has_potential)
{
    int64_t points = 0, slices = lines + (rows > 1 ? 1 : 0), levels = 0;
    memset(m, 0, sizeof *m);
    for (int64_t k = 0; k < slices; k++) {
        add_slice(m, &points, k, k < lines ? 1 : rows, 0.25);
        for (int64_t i = 0; i < 2; i++) {
            m->anchors[2 * k + i] = (spn_slice_anchor){.slice = k,
                                                       .anchor = i,
                                                       .u = 2 * (double)i,
                                                       .beta = 0.25,
                                                       .error = 1,
                                                       .norm_squared = 4 * (double)i,
                                                       .loss = 1 + (double)i};
            m->names[2 * k + i] = i == 0 ? "trivial" : "1 mode";
        }
        m->levels[levels++] = (spn_slice_level){k, 0.25 + 0.25 * (double)k, 0, 0, 1};
    }
    for (int64_t i = 0; i < CURVE; i++) {
        m->potential[i] =
            (spn_norm_record){.norm_squared = (double)(i + 1), .error = 1 - 0.25 * (double)i};
    }
    m->tables[0] = (spn_table){"slices", &spn_slice_columns, slices, m->slices};
    m->tables[1] = (spn_table){"points", &spn_slice_point_columns, points, m->points};
    m->tables[2] = (spn_table){"anchors", &spn_slice_anchor_columns, 2 * slices, m->anchors};
    m->tables[3] = (spn_table){"levels", &spn_slice_level_columns, levels, m->levels};
    m->tables[4] = (spn_table){"potential", &spn_norm_columns, CURVE, m->potential};
    m->texts[0] = (spn_text_column){"anchors", "name", 2 * slices, m->names, "names"};
    m->results = (spn_results){.kind = "slice",
                               .table_count = has_potential ? 5 : 4,
                               .tables = m->tables,
                               .text_column_count = 1,
                               .text_columns = m->texts};
}

static void draw(const model *m, const char *folder, const char *expected)
{
    const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};
    char hint[64];
    snprintf(hint, sizeof hint, "run \"gnuplot %s.gp\"", expected); /* of the last one */
    check_fails(context, spn_plot_slice(context, &m->results, folder, &settings), SPN_ERROR_IO,
                hint);
}

static void test_line(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m, 1, 1, false);
    draw(&m, make_folder("line", folder), "slice");
    /* L = E + u^2 / 4 by hand: 10.25, 1, 2.25, 2, 12.25 (u = -1 .. 3); minima at 0 and 2. */
    check_contains(folder, "slice.dat", "-1 10.25\n0 1\n1 2.25\n2 2\n3 12.25\n");
    check_contains(folder, "slice.dat", "(no label)\n0 1\n2 2\n");
    check_lacks(folder, "slice.dat", "panel (b)");
    check_contains(folder, "slice.gp", "'1 mode'");
    check_contains(folder, "slice.txt", "1 mode at (u, v) = (2, 0): E 1, L 2 at beta = 0.25");
}

/* R, where it was measured, is a second panel. */
static void test_curvature(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m, 1, 1, false);
    for (int64_t i = 0; i < COLUMNS; i++) {
        m.points[i].scalar_curvature_error = 7;
    }
    draw(&m, make_folder("curvature", folder), "slice");
    check_contains(folder, "slice.dat", "-1 7\n0 7\n1 7\n2 7\n3 7");
}

static void test_plane(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m, 0, ROWS, false);
    draw(&m, make_folder("plane", folder), "slice");
    /* The second row: v = 1 adds 1 + 1/4. */
    check_contains(folder, "slice.dat", "\n\n-1 1 11.5\n0 1 2.25\n1 1 3.5\n2 1 3.25\n3 1 13.5\n\n");
    check_contains(folder, "slice.dat", "# index 1: marks\n0 0 1\n2 0 2");
    /* Coloured from the smallest L, 1, to 1 + 2 (2 - 1). */
    check_contains(folder, "slice.gp", "set cbrange [1:3]");
    check_contains(folder, "slice.gp", "'trivial' at 0, 0 left");
    check_contains(folder, "slice.gp", "'1 mode' at 2, 0 right");
    check_contains(folder, "slice.txt", "over a plane");
}

/* A flat surface has no range of its own. */
static void test_flat(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m, 0, ROWS, false);
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) {
        m.points[i].error = 1;
        m.points[i].norm_squared = i == 3 ? HUGE_VAL : 0;
    }
    draw(&m, make_folder("flat", folder), "slice");
    check_contains(folder, "slice.gp", "set cbrange [1:2]");
}

static void test_figure1(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_model(&m, LINES, ROWS, true);
    draw(&m, make_folder("figure1", folder), "fig1");
    /* Less the trivial model's 1. The third line has beta = 0.75: 9.75, 0, 1.75, 3, 15.75. */
    check_contains(folder, "fig1.dat", "-1 9.25\n0 0\n1 1.25\n2 1\n3 11.25\n");
    check_contains(folder, "fig1.dat", "-1 9.75\n0 0\n1 1.75\n2 3\n3 15.75\n");
    /* The potential at beta = 0.25: -i / 4 + (i + 1) / 4 = 1/4 at n = i + 1, mirrored at 0. */
    check_contains(folder, "fig1.dat", "-1 0.25\n0 0\n1 0.25\n");
    check_contains(folder, "fig1.txt", "Landau potential");
    m.anchors[0].u = (double)NAN;
    m.results.table_count = 5;
    m.names[0] = m.names[2] = m.names[4] = "1 mode";
    check_fails(context, spn_plot_slice(context, &m.results, folder, NULL), SPN_ERROR_INPUT,
                "three lines that begin at the trivial model");
}

static void test_bad_files(void **state)
{
    (void)state;
    char folder[512];
    model m;
    make_folder("bad", folder);
    make_model(&m, 1, 1, false);
    m.results.table_count = 3;
    check_fails(context, spn_plot_slice(context, &m.results, folder, NULL), SPN_ERROR_INPUT,
                "no table 'levels'");
    make_model(&m, 1, 1, false);
    m.slices[0].columns = COLUMNS + 1;
    check_fails(context, spn_plot_slice(context, &m.results, folder, NULL), SPN_ERROR_INPUT,
                "slice 0 has no grid");
    make_model(&m, 1, 1, false);
    m.slices[0].columns = COLUMNS - 1;
    check_fails(context, spn_plot_slice(context, &m.results, folder, NULL), SPN_ERROR_INPUT,
                "have 4 points, not 5");
    make_model(&m, 1, 1, false);
    m.results.text_column_count = 0;
    check_fails(context, spn_plot_slice(context, &m.results, folder, NULL), SPN_ERROR_INPUT,
                "no texts 'name'");
    const spn_map map = {.columns = 2, .rows = 1, .y_label = "v", .z_label = "L"};
    const spn_figure figure = {.name = "x", .x_label = "u", .map = &map};
    check_fails(context, spn_plot_render(context, &figure, folder, NULL), SPN_ERROR_ARGUMENT,
                "at least 2 x 2 places");
}

static spn_status draw_all(spn_context *own, void *state)
{
    spn_status status = SPN_OK;
    const char *folder = state;
    const spn_plot_settings settings = {.force = true, .gnuplot = "true"};
    model m;
    make_model(&m, LINES, ROWS, true);
    status = spn_plot_slice(own, &m.results, folder, &settings);
    /* gnuplot is played by a program that draws nothing: all allocations of a figure have been made by then. */
    if (status == SPN_ERROR_IO) {
        spn_error_clear(own);
        status = SPN_OK;
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char folder[512];
    make_folder("memory", folder);
    assert_true(support_fail_each_allocation(draw_all, folder) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),          cmocka_unit_test(test_curvature),
        cmocka_unit_test(test_plane),         cmocka_unit_test(test_flat),
        cmocka_unit_test(test_figure1),       cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_out_of_memory),
    };
    if (spn_context_create(NULL, &context) != SPN_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spn_context_free(context);
    return failed;
}
