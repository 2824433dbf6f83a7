/* SPDX-License-Identifier: MIT */
/* Panels in columns: where they stand, which have numbers on the x axis, titles. */
#include "folder.h"

#include <math.h>
#include <spinodal/plot.h>

static void test_columns(void **state)
{
    (void)state;
    char folder[512];
    spn_context *context = NULL;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    const double x[] = {0, 1}, y[] = {0, 1};
    const spn_series series = {.count = 2, .x = x, .y = y, .line = SPN_LINE_SOLID};
    spn_panel panels[4];
    for (int i = 0; i < 4; i++) {
        panels[i] = (spn_panel){.y_label = "y",
                                .y_low = (double)NAN,
                                .y_high = (double)NAN,
                                .series_count = 1,
                                .series = &series};
    }
    panels[0].legend = panels[1].legend = SPN_LEGEND_ABOVE;
    panels[3].title = "here";
    panels[3].title_place = SPN_LEGEND_BOTTOM_RIGHT;
    const spn_figure figure = {.name = "grid",
                               .x_label = "x",
                               .x_low = 0,
                               .x_high = 1,
                               .x_step = 0.25,
                               .width = 7,
                               .columns = 2,
                               .panel_count = 4,
                               .panels = panels};
    const spn_plot_settings settings = {.gnuplot = "no-such-gnuplot"};
    make_folder("columns", folder);
    check_fails(context, spn_plot_render(context, &figure, folder, &settings), SPN_ERROR_IO,
                "not installed");
    /* Left margins of 0.6 inches in each half of a page of 7 inches. */
    check_contains(folder, "grid.gp", "set lmargin at screen 0.085714\n");
    check_contains(folder, "grid.gp", "set lmargin at screen 0.585714\n");
    /* A legend above each column, 0.42 inches from its left edge. */
    check_contains(folder, "grid.gp", "set key on at screen 0.06, screen");
    check_contains(folder, "grid.gp", "set key on at screen 0.56, screen");
    check_contains(folder, "grid.gp", "set xtics 0.25\nset mxtics 1\n");
    check_contains(folder, "grid.gp", "set label 'here' at graph 1, graph 0 right");
    int64_t size = 0;
    int numbered = 0;
    char *script = load(folder, "grid.gp", &size);
    for (const char *at = script; (at = strstr(at, "set format x '%g'")) != NULL; at++) {
        numbered++;
    }
    free(script);
    assert_int_equal(numbered, 2); /* the last row */
    spn_context_free(context);
}

/* Labels of ticks lie beside the axis' title, however wide they are: all panels begin farther to the right then. */
static void test_wide_labels(void **state)
{
    (void)state;
    static const struct {
        double low, high;
        const char *margin;
    } cases[] = {
        {0, 1, "set lmargin at screen 0.176471\n"}, /* 0.6 of 3.4 inches */
        {0, 0.004,
         "set lmargin at screen 0.176471\n"}, /* 0.004: 4.5 digits of 0.07 fit into 0.34 */
        {0, 1.5e-4,
         "set lmargin at screen 0.225\n"}, /* 0.00015: 6.5 digits; 0.60 + 0.455 - 0.34 + 0.05 */
        {-3e5, 0, "set lmargin at screen 0.235294\n"}, /* -300000: 7 digits */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char folder[512], name[16];
        spn_context *context = NULL;
        assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
        const double x[] = {0, 1}, first[] = {0, 1}, y[] = {cases[c].low, cases[c].high};
        const spn_series series[] = {{.count = 2, .x = x, .y = first, .line = SPN_LINE_SOLID},
                                     {.count = 2, .x = x, .y = y, .line = SPN_LINE_SOLID}};
        const spn_panel panels[] = {{.y_label = "y",
                                     .y_low = (double)NAN,
                                     .y_high = (double)NAN,
                                     .series_count = 1,
                                     .series = &series[0]},
                                    {.y_label = "y",
                                     .y_low = (double)NAN,
                                     .y_high = (double)NAN,
                                     .series_count = 1,
                                     .series = &series[1]}};
        const spn_figure figure = {.name = "wide",
                                   .x_label = "x",
                                   .x_low = 0,
                                   .x_high = 1,
                                   .panel_count = 2,
                                   .panels = panels};
        const spn_plot_settings settings = {.gnuplot = "no-such-gnuplot"};
        snprintf(name, sizeof name, "wide-%d", (int)c);
        make_folder(name, folder);
        check_fails(context, spn_plot_render(context, &figure, folder, &settings), SPN_ERROR_IO,
                    "not installed");
        int64_t size = 0;
        int found = 0;
        char *script = load(folder, "wide.gp", &size);
        for (const char *at = script; (at = strstr(at, cases[c].margin)) != NULL; at++) {
            found++;
        }
        if (found != 2) {
            fail_msg("case %d: %d panels with %s%s", (int)c, found, cases[c].margin,
                     strstr(script, "set lmargin"));
        }
        free(script);
        spn_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_wide_labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
