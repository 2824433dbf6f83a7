/* SPDX-License-Identifier: MIT */
/* A figure under construction: whatever is added stays, failures stick, labels are those of the results. */
#include "folder.h"
#include "plot/canvas.h"

#include <math.h>

enum { SERIES = 20, POINTS = 40, GUIDES = 18 };

static const spn_results ridge = {.kind = "sweep"};
static const spn_plot_settings settings = {.force = true, .gnuplot = "no-such-gnuplot"};

static void draw(spni_canvas *canvas)
{
    canvas->figure.name = "canvas";
    canvas->figure.x_label = "x";
    spni_add_panel(canvas, "|θ|")->legend = SPN_LEGEND_ABOVE;
    for (int s = 0; s < SERIES; s++) {
        spn_series *series =
            spni_add_series(canvas, (spn_series){.label = spni_label(canvas, "series %d", s)});
        for (int i = 0; i < POINTS; i++) {
            spni_add_point(canvas, i, s + 0.5 * i);
        }
        series->color = SPN_COLOR_SKY;
    }
    spni_add_panel(canvas, "second");
    spni_add_series(canvas,
                    (spn_series){.label = spni_plain(canvas, "a_b{c}"), .line = SPN_LINE_SOLID});
    spni_add_point(canvas, 1, 2);
    spni_add_gap(canvas);
    spni_add_point(canvas, 3, 4);
    for (int i = 0; i < GUIDES; i++) {
        spni_add_guide(canvas, (spn_guide){.x = i, .line = SPN_LINE_DOTTED});
    }
    spn_text_add(&canvas->caption, "The caption.\n");
}

/* More of everything than there is room for at first. */
static void test_all_stays(void **state)
{
    (void)state;
    char folder[512];
    spn_context *context = NULL;
    spni_canvas canvas;
    make_folder("stays", folder);
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spni_canvas_begin(context, &ridge, &canvas));
    draw(&canvas);
    assert_int_equal(canvas.figure.panel_count, 2);
    assert_int_equal(canvas.figure.guide_count, GUIDES);
    assert_int_equal(canvas.panels[0].series_count, SERIES);
    for (int s = 0; s < SERIES; s++) {
        const spn_series *series = &canvas.panels[0].series[s];
        assert_int_equal(series->count, POINTS);
        assert_int_equal(series->color, SPN_COLOR_SKY);
        assert_true(series->x[POINTS - 1] == POINTS - 1);
        assert_true(series->y[POINTS - 1] == s + 0.5 * (POINTS - 1));
    }
    const spn_series *second = &canvas.panels[1].series[0];
    assert_int_equal(second->count, 3);
    assert_true(isnan(second->x[1]) && isnan(second->y[1]));
    assert_true(canvas.figure.guides[GUIDES - 1].x == GUIDES - 1);
    check_fails(context, spni_canvas_render(&canvas, folder, &settings), SPN_ERROR_IO,
                "not installed");
    check_contains(folder, "canvas.gp", "title 'series 19'");
    check_contains(folder, "canvas.gp", "title 'a\\_b\\{c\\}'");
    check_contains(folder, "canvas.gp", "'|θ|'");
    check_contains(folder, "canvas.txt", "The caption.\n");
    spni_canvas_end(&canvas);
    spn_context_free(context);
}

/* Results of another regulariser have its letter in labels of panels. */
static void test_letter(void **state)
{
    (void)state;
    char folder[512];
    spn_context *context = NULL;
    spni_canvas canvas;
    const spn_attribute attributes[] = {
        {.name = "configuration", .text = "objective:\n  regularise: weights\n"}};
    const spn_results results = {.kind = "sweep", .attribute_count = 1, .attributes = attributes};
    make_folder("letter", folder);
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spni_canvas_begin(context, &results, &canvas));
    draw(&canvas);
    check_fails(context, spni_canvas_render(&canvas, folder, &settings), SPN_ERROR_IO,
                "not installed");
    check_lacks(folder, "canvas.gp", "θ");
    spni_canvas_end(&canvas);
    spn_context_free(context);
}

static spn_status draw_and_render(spn_context *context, void *folder)
{
    spni_canvas canvas;
    spn_status status = spni_canvas_begin(context, &ridge, &canvas);
    if (status == SPN_OK) {
        draw(&canvas);
        status = spni_canvas_render(&canvas, folder, &settings);
        status = status == SPN_ERROR_IO ? SPN_OK : status; /* there is no gnuplot */
    }
    spni_canvas_end(&canvas);
    return status;
}

/* Nothing is drawn after a failure, nothing leaks, and rendering tells it. */
static void test_memory(void **state)
{
    (void)state;
    char folder[512];
    make_folder("memory", folder);
    assert_true(support_fail_each_allocation(draw_and_render, folder) > 10);
}

static void test_too_many_panels(void **state)
{
    (void)state;
    spn_context *context = NULL;
    spni_canvas canvas;
    check_ok(NULL, spn_context_create(NULL, &context));
    check_ok(context, spni_canvas_begin(context, &ridge, &canvas));
    for (int i = 0; i <= SPNI_PANELS_MAX; i++) {
        spni_add_panel(&canvas, "y")->y_low = 0;
    }
    spni_add_series(&canvas, (spn_series){.line = SPN_LINE_SOLID});
    spni_add_point(&canvas, 1, 1);
    check_fails(context, spni_canvas_render(&canvas, ".", &settings), SPN_ERROR_ARGUMENT,
                "more than 26 panels");
    spni_canvas_end(&canvas);
    spn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_stays),
                                       cmocka_unit_test(test_letter), cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_too_many_panels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
