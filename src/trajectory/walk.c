/* SPDX-License-Identifier: MIT */
/* One run, step by step. Everything behind a record follows from what the record carries, so that a run that
 * was cut short sends the same items when it goes on from there; those behind the last record that were
 * sent before are computed again and left out. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

/* The epoch at which a flow's E falls below a level is known to this share of it. */
static const double CROSSING_TOLERANCE = 1e-9;
/* Halvings of a step behind which doubles end. */
enum { CROSSING_MOST = 60 };
/* Signs of life a run gives between records. */
static const double TICKS = 50;

spn_status spni_note_size(spn_context *context, const spn_trajectory_problem *problem,
                          int64_t stepper_size, int64_t *bytes)
{
    int64_t n = problem->objective->dimension, levels = problem->settings->levels.count;
    int64_t vectors = 2 * (SPNI_STAYS_MOST + 2) + 2, numbers = 0;
    /* The watcher's size is affine in n: first see that nothing overflows. */
    if (!spn_size_multiply(n, vectors, &numbers) || !spn_size_add(numbers, levels, &numbers) ||
        !spn_size_add(numbers, stepper_size + 256, &numbers) ||
        !spn_size_multiply(numbers, (int64_t)sizeof(double), bytes)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "%lld parameters are too many", (long long)n);
    }
    numbers = n + stepper_size + spni_watch_size_most(n, levels);
    *bytes = (int64_t)sizeof(spni_note) + numbers * (int64_t)sizeof(double);
    return SPN_OK;
}

static void walker_free(spni_walker *w)
{
    spn_context *context = w->context;
    spn_stepper_free(context, w->stepper);
    spn_point_free(context, w->point);
    spn_geometry_workspace_free(context, w->geometry);
    spni_watch_free(context, &w->watch);
    spn_release(context, w->before);
    spn_release(context, w->after);
    spn_release(context, w->theta);
    spn_release(context, w->scratch);
    spn_release(context, w->trial);
    spn_release(context, w->final);
    spn_release(context, w->order);
    spn_release(context, w->note);
}

/* Levels from the highest: the order in which a path that descends meets them. */
static void sort_levels(spni_walker *w)
{
    const double *levels = w->problem->settings->levels.items;
    for (int64_t i = 0; i < w->watch.levels; i++) {
        int64_t k = i;
        while (k > 0 && levels[w->order[k - 1]] < levels[i]) {
            w->order[k] = w->order[k - 1];
            k--;
        }
        w->order[k] = i;
    }
}

static spn_status walker_create(spni_walker *w, int64_t note_bytes)
{
    spn_status status = SPN_OK;
    spn_context *context = w->context;
    const spn_trajectory_problem *problem = w->problem;
    const spn_grok_settings *settings = problem->settings;
    SPN_TRY(spn_stepper_create(context, (spn_path_method)settings->method, settings->tolerance,
                               problem->solver, problem->objective, &w->stepper));
    SPN_TRY(spn_point_create(context, problem->objective, &w->point));
    if (settings->geometry) {
        SPN_TRY(spn_geometry_workspace_create(context, w->n, &w->geometry));
    }
    SPN_TRY(spni_watch_create(context, w->n, settings, problem->solver, &w->watch));
    SPN_NEW(context, w->before, spn_stepper_state_size(w->stepper));
    SPN_NEW(context, w->after, spn_stepper_state_size(w->stepper));
    SPN_NEW(context, w->theta, w->n);
    SPN_NEW(context, w->scratch, w->n);
    SPN_NEW(context, w->trial, w->n);
    SPN_NEW(context, w->final, w->n);
    SPN_NEW(context, w->order, w->watch.levels);
    sort_levels(w);
    w->note = spn_allocate(context, note_bytes, 1);
    if (w->note == NULL) {
        status = spn_error_status(context);
    }
done:
    return status;
}

spn_status spni_send(spni_walker *w)
{
    if (!w->note->is_tick && w->skip > 0) {
        w->skip--;
        return SPN_OK;
    }
    return spn_pool_send(w->context, w->channel, w->note);
}

static spn_status tick(spni_walker *w, double epoch)
{
    if (epoch < w->tick) {
        return SPN_OK;
    }
    w->tick = epoch + w->problem->settings->epochs / TICKS;
    w->note->is_tick = true;
    w->note->epoch = epoch;
    return spni_send(w);
}

static spn_status send_crossing(spni_walker *w, int64_t level, double epoch, double time)
{
    spni_note *note = w->note;
    note->is_tick = false;
    note->stream = SPN_TRAJECTORY_CROSSING;
    note->crossing = (spn_crossing_record){.run = w->run,
                                           .level = w->problem->settings->levels.items[level],
                                           .epoch = epoch,
                                           .time = time};
    w->watch.reached[level] = 1;
    return spni_send(w);
}

static bool is_any_level_left(const spni_walker *w)
{
    for (int64_t i = 0; i < w->watch.levels; i++) {
        if (w->watch.reached[i] == 0) {
            return true;
        }
    }
    return false;
}

/* From the state before the step to `epoch` inside it. */
static spn_status step_within(spni_walker *w, double epoch)
{
    spn_status status = SPN_OK;
    spn_stepper_view view;
    SPN_TRY(spn_stepper_restore(w->context, w->stepper, w->problem->settings->beta, w->before));
    do {
        SPN_TRY(spn_stepper_step(w->context, w->stepper, epoch));
        view = spn_stepper_look(w->stepper);
    } while (view.epoch < epoch && !view.is_diverged);
done:
    return status;
}

/* Where in the last step of the flow, from epoch `low` on, E falls below the level. */
static spn_status locate(spni_walker *w, double low, double level, spn_stepper_view *view)
{
    spn_status status = SPN_OK;
    double high = view->epoch;
    for (int k = 0; k < CROSSING_MOST && high - low > CROSSING_TOLERANCE * high; k++) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high)) {
            break;
        }
        SPN_TRY(step_within(w, middle));
        double error = spn_point_error(spn_stepper_look(w->stepper).point)->value;
        low = error < level ? low : middle;
        high = error < level ? middle : high;
    }
    SPN_TRY(step_within(w, high));
    *view = spn_stepper_look(w->stepper);
done:
    return status;
}

/* Levels that the step from epoch `low` went below. What locating them does to the stepper is undone. */
static spn_status look_for_crossings(spni_walker *w, double low)
{
    spn_status status = SPN_OK;
    spn_stepper_view view = spn_stepper_look(w->stepper);
    double error = spn_point_error(view.point)->value, end = view.epoch, end_time = view.time;
    bool is_flow = spn_path_is_continuous(w->problem->settings->method) && end > low,
         is_moved = false;
    for (int64_t k = 0; k < w->watch.levels; k++) {
        int64_t i = w->order[k];
        double level = w->problem->settings->levels.items[i];
        if (w->watch.reached[i] != 0 || !(error < level)) {
            continue;
        }
        double epoch = end, time = end_time;
        if (is_flow) {
            if (!is_moved) {
                spn_stepper_save(w->stepper, w->after);
                is_moved = true;
            }
            spn_stepper_view there = {.epoch = end};
            SPN_TRY(locate(w, low, level, &there));
            epoch = there.epoch;
            time = there.time;
        }
        SPN_TRY(send_crossing(w, i, epoch, time));
    }
    if (is_moved) {
        SPN_TRY(spn_stepper_restore(w->context, w->stepper, w->problem->settings->beta, w->after));
    }
done:
    return status;
}

static spn_status start_run(spni_walker *w)
{
    spn_status status = SPN_OK;
    const spn_trajectory_problem *problem = w->problem;
    int64_t seeds = problem->settings->seeds;
    SPN_TRY(problem->initial(w->context, problem->initial_state, w->run / seeds, w->run % seeds,
                             w->theta));
    SPN_TRY(spn_stepper_start(w->context, w->stepper, problem->settings->beta, w->theta));
    spn_stepper_view view = spn_stepper_look(w->stepper);
    spni_watch_start(&w->watch, &view);
    SPN_TRY(look_for_crossings(w, view.epoch));
    SPN_TRY(spni_record(w));
done:
    return status;
}

static spn_status resume_run(spni_walker *w, const spni_progress *start)
{
    spn_status status = SPN_OK;
    int64_t own = spn_stepper_state_size(w->stepper);
    if (start->state_size < own ||
        !spni_watch_unpack(&w->watch, start->state + own, start->state_size - own)) {
        SPN_FAIL(w->context, SPN_ERROR_INPUT, "a saved point of run %lld has no valid state",
                 (long long)w->run);
    }
    SPN_TRY(spn_stepper_restore(w->context, w->stepper, w->problem->settings->beta, start->state));
done:
    return status;
}

/* The first scheduled epoch behind this one. */
static double next_record(const spni_walker *w, double epoch)
{
    int64_t i = 0;
    while (i + 1 < w->schedule_count && w->schedule[i] <= epoch) {
        i++;
    }
    return w->schedule[i];
}

static spn_status step_once(spni_walker *w, double *limit)
{
    spn_status status = SPN_OK;
    double low = spn_stepper_look(w->stepper).epoch;
    bool has_levels = is_any_level_left(w);
    if (has_levels) {
        spn_stepper_save(w->stepper, w->before);
    }
    SPN_TRY(spn_stepper_step(w->context, w->stepper, *limit));
    spn_stepper_view view = spn_stepper_look(w->stepper);
    if (view.is_diverged && view.epoch == low) {
        goto done;
    }
    if (has_levels) {
        SPN_TRY(look_for_crossings(w, low));
    }
    view = spn_stepper_look(w->stepper);
    spni_watch_step(&w->watch, &view);
    if (view.epoch >= *limit) {
        SPN_TRY(spni_record(w));
        *limit = next_record(w, view.epoch);
    }
    SPN_TRY(tick(w, view.epoch));
done:
    return status;
}

/* What is said when the run is over. */
static spn_status end_run(spni_walker *w)
{
    spn_status status = SPN_OK;
    spn_stepper_view view = spn_stepper_look(w->stepper);
    if (view.epoch > w->watch.head.last_record) {
        SPN_TRY(spni_record(w));
    }
    for (int64_t k = 0; k < w->watch.levels; k++) {
        if (w->watch.reached[w->order[k]] == 0) {
            SPN_TRY(send_crossing(w, w->order[k], (double)NAN, (double)NAN));
        }
    }
    /* A path that diverges is not at a plateau at its end. */
    int64_t closed = (int64_t)w->watch.head.closed;
    if (!view.is_diverged) {
        spni_watch_finish(&w->watch, &view);
        closed = (int64_t)w->watch.head.closed;
        if (w->is_dense) {
            SPN_TRY(spni_find_minimum(w));
        }
    }
    for (int64_t i = 0; i < closed; i++) {
        SPN_TRY(spni_explain(w, i, NULL));
    }
    if (!view.is_diverged) {
        SPN_TRY(spni_explain(w, closed, w->final));
    }
    SPN_TRY(spni_finish(w));
done:
    return status;
}

static spn_status follow(spni_walker *w, const spni_progress *start)
{
    spn_status status = SPN_OK;
    double epochs = w->problem->settings->epochs;
    if (start->points > 0) {
        SPN_TRY(resume_run(w, start));
    } else {
        SPN_TRY(start_run(w));
    }
    spn_stepper_view view = spn_stepper_look(w->stepper);
    double limit = next_record(w, view.epoch);
    w->tick = view.epoch + epochs / TICKS;
    while (view.epoch < epochs && !view.is_diverged) {
        SPN_TRY(step_once(w, &limit));
        view = spn_stepper_look(w->stepper);
    }
    SPN_TRY(end_run(w));
done:
    return status;
}

spn_status spni_walk(spn_context *context, const spn_trajectory_problem *problem,
                     const double *schedule, int64_t schedule_count, int64_t note_bytes,
                     int64_t run, const spni_progress *start, spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    spni_walker w = {.context = context,
                     .problem = problem,
                     .schedule = schedule,
                     .schedule_count = schedule_count,
                     .n = problem->objective->dimension,
                     .run = run,
                     .channel = channel,
                     .skip = start->items_after,
                     .is_dense = problem->settings->geometry ||
                                 problem->objective->dimension <= SPNI_DENSE_MOST};
    SPN_TRY(walker_create(&w, note_bytes));
    SPN_TRY(follow(&w, start));
done:
    walker_free(&w);
    return status;
}
