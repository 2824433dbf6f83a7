/* SPDX-License-Identifier: MIT */
/* Runs as numbered jobs. Workers walk; the coordinator passes on what they send and keeps what each run would
 * need to go on. */
#include "trajectory/trajectory.h"

#include <math.h>
#include <string.h>

/* A step of the flow cannot be wrong by less than rounding: asked to, it would shrink without end. */
static const double TOLERANCE_LEAST = 1e-15;

/* Far beyond what anybody looks at; what a run needs besides its parameters then still fits into memory. */
enum { RUNS_MOST = 1000000 };

struct spn_trajectories {
    spn_context *context;
    spn_trajectory_problem problem;
    int64_t parameters, count;
    double *schedule;
    int64_t schedule_count;
    spni_progress *runs;
    int64_t stepper_size, note_bytes;
    double done; /* epochs, for progress */
    spn_item_sink *sink;
    void *sink_state;
};

/* What a stepper needs; settings that it refuses are refused here, before anything runs. */
static spn_status measure_stepper(spn_context *context, const spn_trajectory_problem *problem,
                                  int64_t *size)
{
    spn_status status = SPN_OK;
    spn_stepper *stepper = NULL;
    const spn_grok_settings *settings = problem->settings;
    SPN_TRY(spn_stepper_create(context, (spn_path_method)settings->method, settings->tolerance,
                               problem->solver, problem->objective, &stepper));
    *size = spn_stepper_state_size(stepper);
done:
    spn_stepper_free(context, stepper);
    return status;
}

static spn_status check_tolerance(spn_context *context, const spn_grok_settings *settings)
{
    if (spn_path_is_continuous(settings->method) && !(settings->tolerance >= TOLERANCE_LEAST)) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "grok.tolerance",
                            "must be at least %g, what rounding allows, is %g", TOLERANCE_LEAST,
                            settings->tolerance);
    }
    return SPN_OK;
}

spn_status spn_trajectories_create(spn_context *context, const spn_trajectory_problem *problem,
                                   spn_trajectories **out)
{
    spn_status status = SPN_OK;
    spn_trajectories *runs = NULL;
    const spn_grok_settings *settings = problem->settings;
    *out = NULL;
    SPN_TRY(spn_settings_check(context, &spn_grok_options, settings));
    if (problem->starts < 1) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "runs need at least one start");
    }
    if (settings->beta < 0) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "grok.beta", "must be a number >= 0, is %g",
                     settings->beta);
    }
    SPN_TRY(check_tolerance(context, settings));
    if (settings->geometry) {
        SPN_TRY(spn_dense_check(context, problem->objective->dimension,
                                "grok.geometry: false trains without them"));
    }
    SPN_NEW(context, runs, 1);
    runs->context = context;
    runs->problem = *problem;
    runs->parameters = problem->objective->dimension;
    if (!spn_size_multiply(problem->starts, settings->seeds, &runs->count) ||
        runs->count > RUNS_MOST) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "grok.seeds",
                     "%lld seeds from each of %lld starts are too many runs: at most %d",
                     (long long)settings->seeds, (long long)problem->starts, (int)RUNS_MOST);
    }
    SPN_TRY(spn_trajectory_schedule(context, settings, &runs->schedule_count, &runs->schedule));
    SPN_TRY(measure_stepper(context, problem, &runs->stepper_size));
    SPN_TRY(spni_note_size(context, problem, runs->stepper_size, &runs->note_bytes));
    SPN_NEW(context, runs->runs, runs->count);
    *out = runs;
    runs = NULL;
done:
    spn_trajectories_free(context, runs);
    return status;
}

void spn_trajectories_free(spn_context *context, spn_trajectories *runs)
{
    if (runs == NULL) {
        return;
    }
    for (int64_t i = 0; runs->runs != NULL && i < runs->count; i++) {
        spn_release(context, runs->runs[i].state);
    }
    spn_release(context, runs->runs);
    spn_release(context, runs->schedule);
    spn_release(context, runs);
}

static void advance(spn_trajectories *runs, spni_progress *run, double epoch)
{
    double most = runs->problem.settings->epochs;
    epoch = fmin(epoch, most);
    runs->done += fmax(epoch - run->epoch, 0);
    run->epoch = fmax(run->epoch, epoch);
}

static spn_status keep_state(spn_context *context, spni_progress *run, const spn_item *item)
{
    spn_status status = SPN_OK;
    if (item->state_size > run->state_capacity) {
        double *grown = NULL;
        SPN_NEW(context, grown, item->state_size);
        spn_release(context, run->state);
        run->state = grown;
        run->state_capacity = item->state_size;
    }
    memcpy(run->state, item->state, (size_t)item->state_size * sizeof *run->state);
    run->state_size = item->state_size;
done:
    return status;
}

static spn_status book_point(spn_context *context, spn_trajectories *runs, const spn_item *item)
{
    spn_status status = SPN_OK;
    spni_progress *run = &runs->runs[item->job];
    const spn_trajectory_record *point = item->record;
    SPN_TRY(keep_state(context, run, item));
    run->points++;
    run->items_after = 0;
    run->last_record = point->epoch;
    advance(runs, run, point->epoch);
done:
    return status;
}

/* Book an item: what the run needs to go on behind it. */
static spn_status book(spn_context *context, spn_trajectories *runs, const spn_item *item)
{
    spni_progress *run = &runs->runs[item->job];
    if (item->stream == SPN_TRAJECTORY_POINT) {
        return book_point(context, runs, item);
    }
    run->items_after++;
    run->crossings += item->stream == SPN_TRAJECTORY_CROSSING;
    run->plateaus += item->stream == SPN_TRAJECTORY_PLATEAU;
    if (item->stream == SPN_TRAJECTORY_END) {
        run->is_over = true;
        advance(runs, run, runs->problem.settings->epochs);
    }
    return SPN_OK;
}

static void warn(spn_trajectories *runs, const spn_trajectory_record *point, bool is_silent)
{
    spni_progress *run = &runs->runs[point->run];
    const spn_path_method method = (spn_path_method)runs->problem.settings->method;
    const double most = spn_path_describe(method, runs->problem.solver, 1).stable_most;
    if (run->is_warned || !(point->stability > most)) {
        return;
    }
    run->is_warned = true;
    if (!is_silent) {
        spn_warning(runs->context,
                    "run %lld: learning rate times largest eigenvalue is %.3g at epoch %g; %s is "
                    "unstable above %.6g: take solver.learning_rate below %.3g",
                    (long long)point->run, point->stability, point->epoch, spn_path_title(method),
                    most, most / point->state.eigenvalue_max_loss);
    }
}

static bool is_known_level(const spn_trajectories *runs, double level)
{
    const spn_reals *levels = &runs->problem.settings->levels;
    for (int64_t i = 0; i < levels->count; i++) {
        if (levels->items[i] == level) {
            return true;
        }
    }
    return false;
}

/* A record lies at a scheduled epoch, or between two where the run diverged. */
static bool is_point_next(const spn_trajectories *runs, const spni_progress *run,
                          const spn_item *item)
{
    const spn_trajectory_record *point = item->record;
    bool is_behind = run->points == 0 ? point->epoch == 0 : point->epoch > run->last_record;
    return run->plateaus == 0 && point->record == run->points && is_behind &&
           point->epoch <= runs->problem.settings->epochs &&
           item->state_size > runs->stepper_size && item->state != NULL;
}

static bool is_next(const spn_trajectories *runs, const spn_item *item)
{
    if (item->stream < 0 || item->stream >= spn_trajectory_streams.count || item->job < 0 ||
        item->job >= runs->count || runs->runs[item->job].is_over ||
        item->theta_size !=
            spn_trajectory_streams.items[item->stream].theta_count * runs->parameters) {
        return false;
    }
    const spni_progress *run = &runs->runs[item->job];
    const spn_crossing_record *crossing = item->record;
    const spn_plateau_record *plateau = item->record;
    switch ((spn_trajectory_stream)item->stream) {
    case SPN_TRAJECTORY_POINT:
        return is_point_next(runs, run, item);
    case SPN_TRAJECTORY_CROSSING:
        return run->plateaus == 0 && run->crossings < runs->problem.settings->levels.count &&
               is_known_level(runs, crossing->level);
    case SPN_TRAJECTORY_PLATEAU:
        return run->points > 0 && plateau->plateau == run->plateaus;
    case SPN_TRAJECTORY_END:
        return run->points > 0;
    }
    return false;
}

spn_status spn_trajectories_replay(spn_context *context, spn_trajectories *runs,
                                   const spn_item *item)
{
    spn_status status = SPN_OK;
    if (!is_next(runs, item)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "a saved item of run %lld does not belong to these runs, or is out of order",
                 (long long)item->job);
    }
    if (item->stream == SPN_TRAJECTORY_POINT) {
        warn(runs, item->record, true);
    }
    SPN_TRY(book(context, runs, item));
done:
    return status;
}

int64_t spn_trajectories_count(const spn_trajectories *runs)
{
    return runs->count;
}

bool spn_trajectories_is_over(const spn_trajectories *runs, int64_t run)
{
    return runs->runs[run].is_over;
}

static spn_status walk(spn_context *context, void *state, int64_t job, spn_pool_channel *channel)
{
    const spn_trajectories *runs = state;
    spni_progress start = runs->runs[job];
    if (start.is_over) {
        return SPN_OK;
    }
    return spni_walk(context, &runs->problem, runs->schedule, runs->schedule_count,
                     runs->note_bytes, job, &start, channel);
}

static spn_item item_of(const spn_trajectories *runs, int64_t run, const spni_note *note)
{
    const void *const records[] = {[SPN_TRAJECTORY_POINT] = &note->point,
                                   [SPN_TRAJECTORY_CROSSING] = &note->crossing,
                                   [SPN_TRAJECTORY_PLATEAU] = &note->plateau,
                                   [SPN_TRAJECTORY_END] = &note->end};
    const spn_stream *stream = &spn_trajectory_streams.items[note->stream];
    spn_item item = {.stream = note->stream, .job = run, .record = records[note->stream]};
    if (stream->theta_count > 0) {
        item.theta_size = runs->parameters;
        item.theta = note->numbers;
    }
    if (stream->has_state) {
        item.mode_count = note->mode_count;
        item.modes = note->modes;
        item.state_size = note->state_size;
        item.state = note->numbers + runs->parameters;
    }
    return item;
}

static spn_status receive(spn_context *context, void *state, int64_t job, const void *message)
{
    spn_status status = SPN_OK;
    spn_trajectories *runs = state;
    const spni_note *note = message;
    if (note->is_tick) {
        advance(runs, &runs->runs[job], note->epoch);
    } else {
        const spn_item item = item_of(runs, job, note);
        SPN_TRY(runs->sink(context, runs->sink_state, &item));
        SPN_TRY(book(context, runs, &item));
        if (note->stream == SPN_TRAJECTORY_POINT) {
            warn(runs, &note->point, false);
        }
    }
    spn_progress(context, runs->done, runs->problem.settings->epochs * (double)runs->count,
                 "epochs");
done:
    return status;
}

/* Epochs that are left; shares, which must agree on whose is what, do not look at what the others have done by now. */
static double cost_of(const spn_context *context, const spn_trajectories *runs, int64_t run)
{
    const double epochs = runs->problem.settings->epochs;
    return spn_farm_is_share(context) ? epochs : epochs - runs->runs[run].epoch;
}

/* A job copies its run's progress before it sends anything, so that nobody writes what it reads. */
spn_status spn_trajectories_run(spn_context *context, spn_trajectories *runs, spn_pool *pool,
                                spn_item_sink *sink, void *sink_state)
{
    runs->sink = sink;
    runs->sink_state = sink_state;
    spn_status status = SPN_OK;
    double *cost = NULL;
    SPN_NEW(context, cost, runs->count);
    for (int64_t run = 0; run < runs->count; run++) {
        cost[run] = cost_of(context, runs, run);
    }
    const spn_pool_work work = {.jobs = runs->count,
                                .job = walk,
                                .job_state = runs,
                                .message_size = runs->note_bytes,
                                .receiver = receive,
                                .receiver_state = runs,
                                .cost = cost};
    SPN_TRY(spn_pool_run(context, pool, &work));
done:
    spn_release(context, cost);
    return status;
}
