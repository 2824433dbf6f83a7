/* SPDX-License-Identifier: MIT */
/* Panels of Figure 2: chains as lines, jumps, bands of random starts. */
#include "plot/figure2.h"

#include <math.h>
#include <string.h>

#define MARKERS_PER_BRANCH 11

/* ---- Curves -------------------------------------------------------------------------------------- */

/* Numbers of the state are known at both ends of a jump, others at points of the grid only: NaN. */
static double value_at(const spni_station *station, const spni_quantity *quantity)
{
    const size_t start = offsetof(spn_sweep_record, state);
    spni_quantity inside = *quantity;
    if (station->point != NULL) {
        return spni_quantity_of(quantity, station->point);
    }
    if (quantity->offset < start || quantity->offset >= start + sizeof(spn_state)) {
        return (double)NAN;
    }
    inside.offset -= start;
    return spni_quantity_of(&inside, station->state);
}

/* A branch's points with a gap at each jump. */
static void add_points(spni_canvas *canvas, const spni_drawn_branch *branch,
                       const spni_quantity *quantity)
{
    for (int64_t i = 0; i < branch->station_count; i++) {
        const spni_station *s = &branch->stations[i];
        const double value = value_at(s, quantity);
        if (s->is_behind_jump && branch->direction != SPN_DIRECTION_QUENCH) {
            spni_add_gap(canvas);
        }
        if (s->point != NULL || !isnan(value)) {
            spni_add_point(canvas, s->beta, value);
        }
    }
}

/* The two ends of each jump. */
static void add_jumps(spni_canvas *canvas, const spni_drawn_branch *branch,
                      const spni_quantity *quantity)
{
    for (int64_t i = 1; i < branch->station_count; i++) {
        const spni_station *before = &branch->stations[i - 1], *behind = before + 1;
        if (behind->is_behind_jump) {
            spni_add_segment(canvas, before->beta, value_at(before, quantity), behind->beta,
                             value_at(behind, quantity));
        }
    }
}

static bool is_cut(const spni_drawn_branch *branch, int64_t i)
{
    return i == 0 || i >= branch->station_count || branch->stations[i].is_behind_jump;
}

/* A phase of which one point was seen has no line: a dot. */
static void add_lone(spni_canvas *canvas, const spni_drawn_branch *branch,
                     const spni_quantity *quantity)
{
    for (int64_t i = 0; i < branch->station_count; i++) {
        if (is_cut(branch, i) && is_cut(branch, i + 1)) {
            spni_add_point(canvas, branch->stations[i].beta,
                           value_at(&branch->stations[i], quantity));
        }
    }
}

/* ---- Looks --------------------------------------------------------------------------------------- */

/* Branches that look alike share a line of the legend; of several sources each has one. */
static bool is_alike(const spni_drawn_branch *a, const spni_drawn_branch *b)
{
    return a->source == b->source && a->direction == b->direction && a->phase == b->phase &&
           a->leg == b->leg;
}

static bool is_first_alike(const spni_sweep_view *view, int64_t index)
{
    for (int64_t i = 0; i < index; i++) {
        if (is_alike(&view->branches[i], &view->branches[index])) {
            return false;
        }
    }
    return true;
}

static bool is_first_of_source(const spni_sweep_view *view, int64_t index)
{
    return index == 0 || view->branches[index].source != view->branches[index - 1].source;
}

static const char *label_of(spni_canvas *canvas, const spni_sweep_view *view,
                            const spni_drawn_branch *branch)
{
    const char *word = spni_branch_word(branch);
    if (view->source_count > 1) {
        return spni_plain(canvas, view->names[branch->source]);
    }
    if (branch->phase >= 0) {
        word = spni_label(canvas, "%s from %lld mode%s", word, (long long)branch->phase,
                          spn_plural(branch->phase));
    } else if (branch->leg > 0) {
        word = spni_label(canvas, "%s, leg %lld", word, (long long)branch->leg + 1);
    }
    return word;
}

/* The first random start is drawn strongest. */
static bool is_first_seed(const spni_sweep_view *view, const spni_drawn_branch *branch)
{
    return branch->seed == view->branches[0].seed;
}

/* Upward: a broad line below the others; downward: thin lines with a marker now and then. By phase, so that a phase
 * looks the same in every figure; of several results each has a colour. */
static spn_series look_of(const spni_sweep_view *view, const spni_drawn_branch *branch,
                          int64_t downward)
{
    static const spn_color colors[] = {SPN_COLOR_PURPLE, SPN_COLOR_GREEN, SPN_COLOR_VERMILION,
                                       SPN_COLOR_ORANGE, SPN_COLOR_SKY,   SPN_COLOR_BLACK};
    static const spn_color sources[] = {SPN_COLOR_BLUE,   SPN_COLOR_VERMILION, SPN_COLOR_GREEN,
                                        SPN_COLOR_PURPLE, SPN_COLOR_ORANGE,    SPN_COLOR_BLACK};
    static const spn_marker markers[] = {SPN_MARKER_DIAMOND, SPN_MARKER_SQUARE, SPN_MARKER_TRIANGLE,
                                         SPN_MARKER_CIRCLE};
    const int64_t look = branch->phase >= 0 ? branch->phase : 2 + downward;
    const bool is_one = view->source_count == 1, is_first = is_first_seed(view, branch);
    const spn_color own = sources[branch->source % 6];
    switch (branch->direction) {
    case SPN_DIRECTION_UP:
        return (spn_series){.color = is_one ? SPN_COLOR_BLUE : own,
                            .line = SPN_LINE_SOLID,
                            .width = is_first ? 2.4 : 0.7};
    case SPN_DIRECTION_QUENCH:
        return (spn_series){.color = is_one ? SPN_COLOR_BLACK : own,
                            .marker = SPN_MARKER_OPEN_CIRCLE,
                            .marker_size = is_first ? 0.7 : 0.4};
    default:
        return (spn_series){.color = is_one ? colors[look % 6] : own,
                            .line = SPN_LINE_SOLID,
                            .width = is_first ? 0.9 : 0.5,
                            .marker = is_first ? markers[look % 4] : SPN_MARKER_NONE,
                            .marker_interval = 1 + branch->count / MARKERS_PER_BRANCH};
    }
}

/* The same quantity on the samples kept for testing: the branch's line dashed, of a quench dots. */
static spn_series test_look_of(const spn_series *look)
{
    spn_series test = {.color = look->color, .width = 0.9, .line = SPN_LINE_DASHED};
    if (look->line == SPN_LINE_NONE) {
        test.line = SPN_LINE_NONE;
        test.marker = SPN_MARKER_CIRCLE;
        test.marker_size = 0.4;
    }
    return test;
}

/* ---- Branches ------------------------------------------------------------------------------------ */

static void draw_branch(spni_canvas *canvas, const spni_drawn_branch *branch, spn_series look,
                        const spni_quantity *quantity)
{
    spni_add_series(canvas, look);
    add_points(canvas, branch, quantity);
    if (branch->direction == SPN_DIRECTION_QUENCH) {
        return;
    }
    spni_add_series(canvas,
                    (spn_series){.color = look.color, .line = SPN_LINE_DOTTED, .width = 0.9});
    add_jumps(canvas, branch, quantity);
    spni_add_series(
        canvas, (spn_series){.color = look.color, .marker = SPN_MARKER_CIRCLE, .marker_size = 0.4});
    add_lone(canvas, branch, quantity);
}

/* Numbers at beta of the branches that are drawn like this one. */
static void widen_band(const spni_sweep_view *view, const spni_drawn_branch *branch, double beta,
                       const spni_quantity *quantity, double *low, double *high)
{
    for (int64_t k = 0; k < view->branch_count; k++) {
        const spni_drawn_branch *other = &view->branches[k];
        for (int64_t i = 0; i < other->count && is_alike(branch, other); i++) {
            if (other->points[i]->state.beta == beta) {
                const double value = spni_quantity_of(quantity, other->points[i]);
                *low = fmin(*low, value);
                *high = fmax(*high, value);
            }
        }
    }
}

/* What is drawn of a band: its area, or one of its edges, which shows where all agree. */
typedef enum band_part { BAND_AREA, BAND_LOW, BAND_HIGH } band_part;

/* At the betas of the first random start, broken where its phase changes. */
static void add_band(spni_canvas *canvas, const spni_sweep_view *view,
                     const spni_drawn_branch *branch, const spni_quantity *quantity, band_part part)
{
    for (int64_t i = 0; i < branch->station_count; i++) {
        const spni_station *s = &branch->stations[i];
        double low = HUGE_VAL, high = -HUGE_VAL;
        const bool is_other = i > 0 && s->state->active_modes != s[-1].state->active_modes;
        if (is_other && part == BAND_AREA) {
            spni_add_span(canvas, (double)NAN, (double)NAN, (double)NAN);
        } else if (is_other) {
            spni_add_gap(canvas);
        }
        if (s->point == NULL) {
            continue;
        }
        widen_band(view, branch, s->beta, quantity, &low, &high);
        if (part == BAND_AREA) {
            spni_add_span(canvas, s->beta, low, high);
        } else {
            spni_add_point(canvas, s->beta, part == BAND_LOW ? low : high);
        }
    }
}

/* From the least to the largest number of all random starts. */
static void draw_band(spni_canvas *canvas, const spni_sweep_view *view,
                      const spni_drawn_branch *branch, spn_series look,
                      const spni_quantity *quantity)
{
    const char *label = look.label;
    look.marker = SPN_MARKER_NONE;
    look.line = SPN_LINE_SOLID;
    look.width = 0.9;
    spni_add_series(canvas, look)->label = NULL;
    add_band(canvas, view, branch, quantity, BAND_AREA);
    spni_add_series(canvas, look)->label = label;
    add_band(canvas, view, branch, quantity, BAND_LOW);
    spni_add_series(canvas, look)->label = NULL;
    add_band(canvas, view, branch, quantity, BAND_HIGH);
}

static bool has_samples(const spni_sweep_view *view, const spni_quantity *quantity,
                        spni_quantity *test)
{
    const bool is_error = strcmp(quantity->name, "error") == 0;
    const bool is_accuracy = strcmp(quantity->name, "accuracy") == 0;
    *test = (spni_quantity){.offset = is_error ? offsetof(spn_sweep_record, state.test_error)
                                               : offsetof(spn_sweep_record, state.test_accuracy)};
    return (is_error && view->has_test_error) || (is_accuracy && view->has_test_accuracy);
}

static bool has_numbers(const spni_drawn_branch *branch, const spni_quantity *quantity)
{
    for (int64_t i = 0; i < branch->count; i++) {
        if (isfinite(spni_quantity_of(quantity, branch->points[i]))) {
            return true;
        }
    }
    return false;
}

static void draw_branches(spni_canvas *canvas, const spni_sweep_view *view,
                          const spni_quantity *quantity, int64_t seeds)
{
    spni_quantity test;
    const bool has_test = has_samples(view, quantity, &test);
    int64_t downward = 0, tests = 0;
    for (int64_t i = 0; i < view->branch_count; i++) {
        const spni_drawn_branch *branch = &view->branches[i];
        const bool is_first = is_first_seed(view, branch), is_new = is_first_alike(view, i);
        spn_series look = look_of(view, branch, downward);
        downward += branch->direction == SPN_DIRECTION_DOWN && is_first;
        const bool is_named = view->source_count > 1 ? is_first_of_source(view, i) : is_new;
        look.label = is_named ? label_of(canvas, view, branch) : NULL;
        if (seeds == SPN_SEEDS_BAND && is_new) {
            draw_band(canvas, view, branch, look, quantity);
        } else if (seeds == SPN_SEEDS_LINES || (seeds == SPN_SEEDS_FIRST && is_first)) {
            draw_branch(canvas, branch, look, quantity);
            if (has_test && is_first && has_numbers(branch, &test)) {
                spni_add_series(canvas, test_look_of(&look))->label =
                    tests++ == 0 ? "on test samples" : NULL;
                add_points(canvas, branch, &test);
            }
        }
    }
}

void spni_sweep_panel(spni_canvas *canvas, const spni_sweep_view *view,
                      const spni_quantity *quantity, int64_t seeds)
{
    spn_panel *panel = spni_add_panel(canvas, quantity->label);
    panel->y_scale = quantity->scale;
    if (strcmp(quantity->name, "accuracy") == 0) {
        panel->y_low = 0;
        panel->y_high = 1.05;
    }
    draw_branches(canvas, view, quantity, seeds);
}
