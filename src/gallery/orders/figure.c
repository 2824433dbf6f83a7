/* SPDX-License-Identifier: MIT */
/* Who learns both modes first: a row of panels for each method, epochs against u_0 and a map of the order. */
#include "gallery/orders/orders.h"
#include "plot/canvas.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 7.0
#define ROW_HEIGHT 1.25
#define BETA_OF_EPOCHS 1e-4 /* of the left column: the nearest that there is */
#define BETA_LINEAR 1e-6    /* of the map's axis, so that 0 has a place */

enum { METHODS_MAX = 5, COLUMNS = 2, KINDS = 4 };

typedef struct drawing {
    spni_canvas canvas;
    int64_t count;
    const spni_orders_race *races;
    int64_t method_count;
    int64_t methods[METHODS_MAX];
    double beta; /* of the left column */
} drawing;

/* How the draws of one place end. */
typedef enum kind { MIDDLE, TRIVIAL, MIXED, NEITHER } kind;

static const spn_series kind_styles[KINDS] = {
    [MIDDLE] = {.label = "middle first",
                .color = SPN_COLOR_BLUE,
                .marker = SPN_MARKER_CIRCLE,
                .marker_size = 1.1},
    [TRIVIAL] = {.label = "trivial first",
                 .color = SPN_COLOR_VERMILION,
                 .marker = SPN_MARKER_SQUARE,
                 .marker_size = 1.0},
    [MIXED] = {.label = "draws differ",
               .color = SPN_COLOR_PURPLE,
               .marker = SPN_MARKER_OPEN_DIAMOND,
               .marker_size = 1.2},
    [NEITHER] = {.label = "neither",
                 .color = SPN_COLOR_GREY,
                 .marker = SPN_MARKER_OPEN_TRIANGLE,
                 .marker_size = 1.0},
};

static double epoch_of(const spni_orders_race *race, int64_t start)
{
    return start == SPNI_ORDERS_RANDOM   ? race->epoch_random
           : start == SPNI_ORDERS_MIDDLE ? race->epoch_middle
                                         : race->epoch_trivial;
}

static spni_orders_line sum(const drawing *d, const spni_orders_race *at)
{
    return spni_orders_sum(d->count, d->races, at, true);
}

static kind judge(const drawing *d, const spni_orders_race *at)
{
    const spni_orders_line line = sum(d, at);
    return line.middle_first == line.races    ? MIDDLE
           : line.trivial_first == line.races ? TRIVIAL
           : line.neither == line.races       ? NEITHER
                                              : MIXED;
}

/* Of the draws of a race; one that never arrives comes last. */
static double median(const drawing *d, const spni_orders_race *at, int64_t start)
{
    const spni_orders_line line = sum(d, at);
    const double middle = start == SPNI_ORDERS_RANDOM   ? line.random
                          : start == SPNI_ORDERS_MIDDLE ? line.middle
                                                        : line.trivial;
    return isfinite(middle) ? middle : (double)NAN;
}

/* One place of the map for all its draws. */
static void draw_kind(drawing *d, int64_t method, kind which)
{
    spni_add_series(&d->canvas, kind_styles[which]);
    for (int64_t i = 0; i < d->count; i++) {
        const spni_orders_race *r = &d->races[i];
        if (r->method == method && r->draw == 0 && judge(d, r) == which) {
            spni_add_point(&d->canvas, r->residue, r->beta);
        }
    }
}

/* Epochs of the draws, or their medians. */
static void draw_epochs(drawing *d, int64_t method, int64_t start, bool is_median)
{
    for (int64_t i = 0; i < d->count; i++) {
        const spni_orders_race *r = &d->races[i];
        if (r->method == method && r->beta == d->beta && (!is_median || r->draw == 0)) {
            spni_add_point(&d->canvas, r->residue,
                           is_median ? median(d, r, start) : epoch_of(r, start));
        }
    }
}

static spn_panel *draw_race(drawing *d, int64_t method)
{
    static const spn_series styles[] = {
        [SPNI_ORDERS_RANDOM] = {.label = "random start",
                                .marker = SPN_MARKER_OPEN_TRIANGLE,
                                .marker_size = 0.8},
        [SPNI_ORDERS_MIDDLE] = {.label = "from the middle phase",
                                .color = SPN_COLOR_BLUE,
                                .marker = SPN_MARKER_OPEN_CIRCLE,
                                .marker_size = 0.9},
        [SPNI_ORDERS_TRIVIAL] = {.label = "from the trivial phase",
                                 .color = SPN_COLOR_VERMILION,
                                 .marker = SPN_MARKER_OPEN_SQUARE,
                                 .marker_size = 0.75},
    };
    spn_panel *panel = spni_add_panel(&d->canvas, method == SPN_PATH_ADAM ? "Steps" : "Epochs");
    panel->y_scale = SPN_AXIS_LOG;
    panel->title = spn_path_title(method);
    panel->title_place = SPN_LEGEND_TOP_RIGHT;
    for (int64_t start = SPNI_ORDERS_RANDOM; start <= SPNI_ORDERS_TRIVIAL; start++) {
        spni_add_series(
            &d->canvas,
            (spn_series){.color = styles[start].color, .line = SPN_LINE_SOLID, .width = 0.9});
        draw_epochs(d, method, start, true);
        spni_add_series(&d->canvas, styles[start]);
        draw_epochs(d, method, start, false);
    }
    return panel;
}

static spn_panel *draw_map(drawing *d, int64_t method)
{
    double high = 0;
    for (int64_t i = 0; i < d->count; i++) {
        high = fmax(high, d->races[i].beta);
    }
    spn_panel *panel = spni_add_panel(&d->canvas, "{/:Italic β}");
    panel->y_scale = SPN_AXIS_SYMMETRIC_LOG;
    panel->y_linear = BETA_LINEAR;
    panel->y_low = -0.7 * BETA_LINEAR;
    panel->y_high = 3 * fmax(high, BETA_LINEAR);
    for (int which = 0; which < KINDS; which++) {
        draw_kind(d, method, (kind)which);
    }
    return panel;
}

/* ---- Caption ---------------------------------------------------------------------------------- */

static void put_epoch(double epoch, char *text, size_t size)
{
    if (isnan(epoch)) {
        snprintf(text, size, "never");
    } else {
        snprintf(text, size, "%.6g", epoch);
    }
}

static void put_race(const drawing *d, const spni_orders_race *at, spn_text *text)
{
    const spni_orders_line line = sum(d, at);
    char words[SPNI_ORDERS_NONE][32];
    for (int64_t start = 0; start < SPNI_ORDERS_NONE; start++) {
        put_epoch(median(d, at, start), words[start], sizeof words[start]);
    }
    spn_text_put(text,
                 "  %s, beta = %.6g, u_0 = %.6g: random %s, middle %s, trivial %s; of %lld "
                 "draws middle first in %lld, trivial first in %lld\n",
                 spn_path_title(at->method), at->beta, at->residue, words[SPNI_ORDERS_RANDOM],
                 words[SPNI_ORDERS_MIDDLE], words[SPNI_ORDERS_TRIVIAL], (long long)line.races,
                 (long long)line.middle_first, (long long)line.trivial_first);
}

static void put_random(const drawing *d, spn_text *text)
{
    int64_t first = 0;
    for (int64_t i = 0; i < d->count; i++) {
        first += d->races[i].first == SPNI_ORDERS_RANDOM;
    }
    spn_text_put(text, "Random weights are first in %lld of %lld races.\n", (long long)first,
                 (long long)d->count);
}

static void put_settings(const spn_results *results, spn_text *text)
{
    char momentum[64], batch[64];
    const char *share = spn_results_setting(results, "solver.momentum", momentum, sizeof momentum);
    const char *count = spn_results_setting(results, "solver.batch", batch, sizeof batch);
    spn_text_put(text, "; momentum %s, batches of %s.", share != NULL ? share : "?",
                 count != NULL ? count : "?");
}

static void make_caption(const drawing *d, const spn_results *results, spn_text *text)
{
    spn_text_put(
        text,
        "Who learns both modes first. Training of one network at one beta from random weights, "
        "from the middle phase\n(one mode; the minimum at beta = 0.01) and from the trivial phase, "
        "to the last two a residue added: u_0 times a\nnormal deviate on every weight, the same "
        "for both. Left, beta = %.6g: first epoch with E < 1.1, the full\nphase, for each draw of "
        "the random numbers, and the median as a line; ",
        d->beta);
    spn_text_add(
        text,
        "one that never arrives is not shown.\nRight: which of the two stationary starts is first, "
        "over u_0 and beta, in all draws; the draws also differ where both arrive in the same "
        "epoch.\n\nThe two need about the same time, since both wait for the weak "
        "mode to grow from the residue: method, beta, residue\nand the very random numbers decide "
        "who is first. An epoch of the flow is a time of one learning rate.\n");
    put_random(d, text);
    spn_text_add(text, "\nLearning rates:");
    for (int64_t k = 0; k < d->method_count; k++) {
        for (int64_t i = 0; i < d->count; i++) {
            if (d->races[i].method == d->methods[k]) {
                spn_text_put(text, "%s %s %.6g", k > 0 ? "," : "", spn_path_title(d->methods[k]),
                             d->races[i].learning_rate);
                break;
            }
        }
    }
    put_settings(results, text);
    spn_text_add(text, "\n\nMeasured, medians of the draws:\n");
    for (int64_t i = 0; i < d->count; i++) {
        if (d->races[i].draw == 0) {
            put_race(d, &d->races[i], text);
        }
    }
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}

/* ---- The figure ------------------------------------------------------------------------------- */

static void draw(drawing *d)
{
    spn_figure *figure = &d->canvas.figure;
    double low = HUGE_VAL, high = 0;
    for (int64_t i = 0; i < d->count; i++) {
        low = fmin(low, d->races[i].residue);
        high = fmax(high, d->races[i].residue);
    }
    figure->name = "orders";
    figure->x_label = "Residue {/:Italic u}_0";
    figure->x_scale = SPN_AXIS_LOG;
    figure->x_low = low / 2;
    figure->x_high = high * 2.5;
    figure->width = WIDTH;
    figure->height = 1.0 + ROW_HEIGHT * (double)d->method_count;
    figure->columns = COLUMNS;
    for (int64_t k = 0; k < d->method_count; k++) {
        const spn_legend legend = k == 0 ? SPN_LEGEND_ABOVE : SPN_LEGEND_NONE;
        draw_race(d, d->methods[k])->legend = legend;
        draw_map(d, d->methods[k])->legend = legend;
    }
}

static spn_status read_races(const spn_results *results, drawing *d)
{
    spn_status status = SPN_OK;
    spn_table table;
    const spn_wanted_table wanted = {&table, "races", &spni_orders_columns, false};
    SPN_TRY(spn_take_tables(d->canvas.context, d->canvas.arena, results, 1, &wanted));
    if (table.rows == 0) {
        SPN_FAIL(d->canvas.context, SPN_ERROR_INPUT,
                 "has no rows in the table 'races': nothing to draw");
    }
    d->count = table.rows;
    d->races = table.records;
    double nearest = HUGE_VAL;
    for (int64_t i = 0; i < d->count; i++) {
        const spni_orders_race *r = &d->races[i];
        int64_t k = 0;
        while (k < d->method_count && d->methods[k] != r->method) {
            k++;
        }
        if (k == d->method_count && k < METHODS_MAX) {
            d->methods[d->method_count++] = r->method;
        }
        if (fabs(r->beta - BETA_OF_EPOCHS) < nearest) {
            nearest = fabs(r->beta - BETA_OF_EPOCHS);
            d->beta = r->beta;
        }
    }
done:
    return status;
}

spn_status spni_orders_plot(spn_context *context, const spn_results *results, const char *directory,
                            const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    drawing d = {.count = 0};
    SPN_TRY(spni_canvas_begin(context, results, &d.canvas));
    SPN_TRY(read_races(results, &d));
    draw(&d);
    make_caption(&d, results, &d.canvas.caption);
    SPN_TRY(spni_canvas_render(&d.canvas, directory, settings));
done:
    spni_canvas_end(&d.canvas);
    return status;
}
