/* SPDX-License-Identifier: MIT */
/* Protocols as two stages of independent chains. Chains of the first stage start from initial weights;
 * those of the second start from what the first has visited. The numbers of all chains follow from the
 * problem and its results alone, so that an interrupted run and a resumed one agree on them. */
#include "sweep/chain.h"

#include <math.h>
#include <string.h>

/* Where a phase of an up-chain ends: the start of a down-chain. */
typedef struct phase_end {
    int64_t chain;
    int64_t label; /* active modes; -1 without labels */
    int64_t point; /* index of the phase's last point in its chain */
    int64_t place; /* and where that lies, where chains choose their steps */
    double steps;  /* of the solver, at each of its points but the first */
    double *theta;
} phase_end;

struct spn_sweep {
    spn_context *context;
    spn_sweep_problem problem;
    int64_t parameters;
    double *grid;
    int64_t grid_count;
    int64_t *legs;       /* protocol `legs`: the grid is its path; otherwise NULL */
    spni_pace_rule rule; /* steps that chains choose: the grid is NULL */
    spni_chain *chains;
    int64_t chain_count, first_stage_count;
    bool has_second_stage; /* its chains have been made */
    phase_end *phases;
    int64_t phase_count, phase_capacity;
    int64_t done,
        total; /* for progress: points, or units of the way where chains choose their steps */
    spn_item_sink *sink;
    void *sink_state;
    int64_t job_offset; /* chain number of job 0 of the stage that runs */
};

bool spn_sweep_by_products(const spn_sweep_problem *problem)
{
    if (problem->solver->method != SPN_METHOD_NEWTON_CG || problem->geometry == NULL ||
        problem->settings->epochs > 0) {
        return false;
    }
    int64_t method = problem->geometry->method;
    return method == SPN_SPECTRUM_AUTO ? problem->objective->dimension > SPN_CERTIFY_DENSE_MAX
                                       : method != SPN_SPECTRUM_DENSE;
}

bool spn_sweep_is_trained(const spn_sweep_problem *problem)
{
    const spn_solver_settings *solver = problem->solver;
    const bool is_sparse =
        problem->geometry != NULL && problem->geometry->method > SPN_SPECTRUM_DENSE;
    return spn_method_is_stochastic((spn_method)solver->method) &&
           (solver->method != SPN_METHOD_SGD || solver->patience > 0 ||
            problem->settings->epochs > 0 || is_sparse);
}

static bool wants_second_stage(const spn_sweep_settings *settings)
{
    return settings->direction == SPN_PROTOCOL_BOTH ||
           (settings->direction == SPN_PROTOCOL_DOWN && settings->start == SPN_DOWN_PHASES);
}

static int64_t way_between(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

static spn_status add_chain(spn_context *context, spn_sweep *sweep, spni_chain chain)
{
    spn_status status = SPN_OK;
    chain.number = sweep->chain_count;
    chain.is_paced = sweep->rule.is_on;
    chain.pace = spni_pace_begin();
    SPN_NEW(context, chain.last_theta, sweep->parameters);
    sweep->chains[sweep->chain_count++] = chain;
    sweep->total += chain.is_paced ? way_between(chain.first, chain.end) : chain.count;
done:
    return status;
}

static spn_status make_first_stage(spn_context *context, spn_sweep *sweep)
{
    spn_status status = SPN_OK;
    const spn_sweep_settings *settings = sweep->problem.settings;
    spn_direction direction = SPN_DIRECTION_UP;
    if (settings->direction == SPN_PROTOCOL_QUENCH) {
        direction = SPN_DIRECTION_QUENCH;
    } else if (settings->direction == SPN_PROTOCOL_DOWN && settings->start == SPN_DOWN_INITIAL) {
        direction = SPN_DIRECTION_DOWN;
    }
    const bool is_down = direction == SPN_DIRECTION_DOWN;
    const bool is_paced = sweep->rule.is_on;
    const int64_t farthest = is_paced ? sweep->rule.units : sweep->grid_count - 1;
    const int64_t count = is_paced ? spni_pace_least(&sweep->rule) : sweep->grid_count;
    SPN_NEW(context, sweep->chains, settings->seeds);
    for (int64_t seed = 0; seed < settings->seeds; seed++) {
        spni_chain chain = {.seed = seed,
                            .direction = direction,
                            .phase = -1,
                            .first = is_down ? farthest : 0,
                            .end = is_down ? 0 : farthest,
                            .count = count,
                            .legs = sweep->legs};
        SPN_TRY(add_chain(context, sweep, chain));
    }
    sweep->first_stage_count = sweep->chain_count;
done:
    return status;
}

/* Each has a chain of its own, with its own state: more than can be looked at. */
enum { SEEDS_MOST = 1000000 };

/* Steps are chosen by the tangents of one chain after the other. */
static spn_status check_pace(spn_context *context, const spn_sweep_problem *problem)
{
    const spn_sweep_settings *settings = problem->settings;
    const char *why = NULL;
    if (!(settings->beta_tolerance > 0)) {
        return SPN_OK;
    }
    if (spn_sweep_is_trained(problem)) {
        why = "training by mini-batches has no tangents, by which steps are chosen";
    } else if (settings->epochs > 0) {
        why = "a finite rate goes in equal steps";
    } else if (settings->direction == SPN_PROTOCOL_QUENCH) {
        why = "a quench follows no branch, by which steps are chosen";
    } else if (settings->direction == SPN_PROTOCOL_LEGS) {
        why = "legs go in steps of a grid";
    }
    return why == NULL ? SPN_OK
                       : spn_fail_key(context, SPN_ERROR_INPUT, "sweep.beta.tolerance",
                                      "%s; give sweep.beta.points instead", why);
}

/* Whether there is a way to what is measured at each point is known before the first one is solved for. */
static spn_status check_way(spn_context *context, const spn_sweep_problem *problem)
{
    spn_forecast forecast;
    const spn_objective *objective = problem->objective;
    const spn_geometry_settings *geometry = problem->geometry;
    if (spn_sweep_is_trained(problem)) {
        return geometry == NULL ? SPN_OK
                                : spn_geometry_forecast(context, objective, geometry,
                                                        SPN_GEOMETRY_SWEEP, &forecast);
    }
    if (spn_sweep_by_products(problem)) {
        return geometry->method == SPN_SPECTRUM_NONE
                   ? SPN_OK
                   : spn_spectrum_forecast(context, objective, geometry, SPN_SPECTRUM_CURVATURE,
                                           &forecast);
    }
    spn_status status =
        spn_dense_check(context, objective->dimension,
                        "solver.method: newton_cg, without sweep.epochs, does without them");
    if (status == SPN_OK && geometry != NULL && geometry->method == SPN_SPECTRUM_DENSE) {
        status = spn_geometry_forecast(context, objective, geometry, SPN_GEOMETRY_SWEEP, &forecast);
    }
    return status;
}

spn_status spn_sweep_create(spn_context *context, const spn_sweep_problem *problem, spn_sweep **out)
{
    spn_status status = SPN_OK;
    spn_sweep *sweep = NULL;
    *out = NULL;
    SPN_TRY(spn_settings_check(context, &spn_sweep_options, problem->settings));
    double tolerance = problem->settings->refine_tolerance;
    if (problem->settings->refine &&
        !(tolerance >= SPN_REFINE_LEAST && tolerance <= SPN_REFINE_MOST)) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "sweep.refine_tolerance",
                            "must be between %g and %g, is %g", SPN_REFINE_LEAST, SPN_REFINE_MOST,
                            tolerance);
    }
    if (problem->settings->epochs > 0 && problem->settings->direction == SPN_PROTOCOL_QUENCH) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "sweep.epochs",
                            "a quench has no rate; take another direction, or solver.method "
                            "gd with solver.max_iterations");
    }
    if (problem->settings->seeds > SEEDS_MOST) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "sweep.seeds",
                            "%lld random starts are too many: at most %d",
                            (long long)problem->settings->seeds, (int)SEEDS_MOST);
    }
    if (spni_message_size(problem->objective->dimension) == 0) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "a sweep needs a dimension that fits in memory");
    }
    SPN_TRY(check_pace(context, problem));
    SPN_TRY(check_way(context, problem));
    SPN_NEW(context, sweep, 1);
    sweep->context = context;
    sweep->problem = *problem;
    sweep->parameters = problem->objective->dimension;
    sweep->rule = spni_pace_rule_of(problem->settings, problem->objective);
    if (problem->settings->direction == SPN_PROTOCOL_LEGS) {
        SPN_TRY(spn_sweep_path(context, problem->settings, &sweep->grid_count, &sweep->grid,
                               &sweep->legs));
    } else {
        SPN_TRY(spn_sweep_grid(context, problem->settings, &sweep->grid_count, &sweep->grid));
    }
    if (sweep->rule.is_on) { /* the range has been checked, and chains have no grid */
        spn_release(context, sweep->grid);
        sweep->grid = NULL;
    }
    SPN_TRY(make_first_stage(context, sweep));
    *out = sweep;
    sweep = NULL;
done:
    spn_sweep_free(context, sweep);
    return status;
}

void spn_sweep_free(spn_context *context, spn_sweep *sweep)
{
    if (sweep == NULL) {
        return;
    }
    for (int64_t i = 0; i < sweep->chain_count; i++) {
        spn_release(context, sweep->chains[i].last_theta);
    }
    for (int64_t i = 0; i < sweep->phase_count; i++) {
        spn_release(context, sweep->phases[i].theta);
    }
    spn_release(context, sweep->chains);
    spn_release(context, sweep->phases);
    spn_release(context, sweep->grid);
    spn_release(context, sweep->legs);
    spn_release(context, sweep);
}

/* The chain's last point ends a phase: keep it. */
static spn_status end_phase(spn_context *context, spn_sweep *sweep, spni_chain *chain)
{
    spn_status status = SPN_OK;
    double *theta = NULL;
    SPN_TRY(spn_grow(context, &sweep->phases, sizeof *sweep->phases, sweep->phase_count, 1,
                     &sweep->phase_capacity));
    SPN_NEW(context, theta, sweep->parameters);
    memcpy(theta, chain->last_theta, (size_t)sweep->parameters * sizeof *theta);
    /* Parameters without any effect lie where the way up has left them, and move the place where the way down branches off. */
    spn_objective_settle(sweep->problem.objective, theta);
    sweep->phases[sweep->phase_count++] = (phase_end){
        chain->number,
        chain->last.state.active_modes,
        chain->done - 1,
        chain->pace.last.place,
        chain->phase_points > 0 ? (double)chain->phase_steps / (double)chain->phase_points : 0,
        theta};
    /* The point behind it, where the next phase is reached, is not like the others of that. */
    chain->phase_steps = 0;
    chain->phase_points = -1;
done:
    return status;
}

/* With one output, or classes, several phases have the same number of directions: a jump of E or of the accuracy
 * separates them too. */
static bool is_phase_change(const spni_chain *chain, const spn_sweep_record *here)
{
    const spn_sweep_record *before = &chain->last;
    bool is_wrong = !isnan(before->state.accuracy) && !isnan(here->state.accuracy) &&
                    before->state.accuracy != here->state.accuracy;
    bool jumps = fabs(here->state.error - before->state.error) >
                 SPN_ACTIVE_SHARE * fmax(fabs(here->state.error), fabs(before->state.error));
    if (before->state.active_modes < 0) {
        return here->jump != 0;
    }
    return here->state.active_modes != before->state.active_modes ||
           (here->jump != 0 && (is_wrong || jumps));
}

/* How much of the sweep a finished point is. */
static int64_t note_way(const spn_sweep *sweep, spni_chain *chain, const spn_sweep_record *record)
{
    if (!chain->is_paced) {
        return 1;
    }
    spni_pace_note(&sweep->rule, &chain->pace, record);
    return chain->pace.points > 1 ? way_between(chain->pace.older.place, chain->pace.last.place)
                                  : 0;
}

/* Book a finished point: progress of its chain, ends of phases. */
static spn_status book(spn_context *context, spn_sweep *sweep, const spn_item *point)
{
    spn_status status = SPN_OK;
    spni_chain *chain = &sweep->chains[point->job];
    const spn_sweep_record *record = point->record;
    bool is_up =
        chain->direction == SPN_DIRECTION_UP && wants_second_stage(sweep->problem.settings);
    if (is_up && chain->done > 0 && is_phase_change(chain, record)) {
        SPN_TRY(end_phase(context, sweep, chain));
    }
    chain->phase_steps += chain->phase_points >= 0 && chain->done > 0 ? record->iterations : 0;
    chain->phase_points += chain->done > 0;
    chain->last = *record;
    memcpy(chain->last_theta, point->theta, (size_t)sweep->parameters * sizeof *chain->last_theta);
    chain->done++;
    sweep->done += note_way(sweep, chain, record);
    if (is_up && spni_chain_is_done(chain)) {
        SPN_TRY(end_phase(context, sweep, chain));
    }
done:
    return status;
}

static bool is_first_stage_done(const spn_sweep *sweep)
{
    for (int64_t i = 0; i < sweep->first_stage_count; i++) {
        if (!spni_chain_is_done(&sweep->chains[i])) {
            return false;
        }
    }
    return true;
}

/* Down-chains in the order of the up-chains and, within one, of their phases. The order in which points
 * arrived does not matter. */
static spn_status make_second_stage(spn_context *context, spn_sweep *sweep)
{
    spn_status status = SPN_OK;
    spni_chain *grown = NULL;
    SPN_NEW(context, grown, sweep->chain_count + sweep->phase_count);
    memcpy(grown, sweep->chains, (size_t)sweep->chain_count * sizeof *grown);
    spn_release(context, sweep->chains);
    sweep->chains = grown;
    for (int64_t up = 0; up < sweep->first_stage_count; up++) {
        for (int64_t i = 0; i < sweep->phase_count; i++) {
            const phase_end *phase = &sweep->phases[i];
            if (phase->chain != up) {
                continue;
            }
            spni_chain chain = {.seed = sweep->chains[up].seed,
                                .direction = SPN_DIRECTION_DOWN,
                                .phase = phase->label,
                                .first = sweep->rule.is_on ? phase->place : phase->point,
                                .count = phase->point + 1,
                                .steps = phase->steps,
                                .start = phase->theta};
            SPN_TRY(add_chain(context, sweep, chain));
        }
    }
    sweep->has_second_stage = true;
done:
    return status;
}

static spn_status prepare_second_stage(spn_context *context, spn_sweep *sweep)
{
    bool is_due = wants_second_stage(sweep->problem.settings) && !sweep->has_second_stage &&
                  is_first_stage_done(sweep);
    return is_due ? make_second_stage(context, sweep) : SPN_OK;
}

spn_status spn_sweep_chains(spn_context *context, spn_sweep *sweep, int64_t *count, bool *is_open)
{
    spn_status status = SPN_OK;
    SPN_TRY(prepare_second_stage(context, sweep));
    *count = sweep->chain_count;
    *is_open = wants_second_stage(sweep->problem.settings) && !sweep->has_second_stage;
done:
    return status;
}

/* Points that are left, each as costly as one of the same phase was on the way up. */
static double cost_of(const spni_chain *chain, int64_t points)
{
    return (double)points * (1 + chain->steps);
}

spn_chain_state spn_sweep_chain(const spn_sweep *sweep, int64_t chain)
{
    const spni_chain *its = &sweep->chains[chain];
    const int64_t more = its->count > its->done ? its->count : its->done + 1;
    const int64_t points = spni_chain_is_done(its) ? its->done : more;
    return (spn_chain_state){its->seed, its->direction, points, its->done,
                             cost_of(its, points - its->done)};
}

static bool is_item(const spn_sweep *sweep, const spn_item *item)
{
    return item->stream >= 0 && item->stream < spn_sweep_streams.count && item->job >= 0 &&
           item->job < sweep->chain_count &&
           item->theta_size ==
               spn_sweep_streams.items[item->stream].theta_count * sweep->parameters;
}

/* Is this where a chain may go next? */
static bool is_next(const spn_sweep *sweep, const spni_chain *chain, double beta)
{
    if (!chain->is_paced) {
        return beta == sweep->grid[spni_chain_index(chain, chain->done)];
    }
    const int64_t place = spni_pace_place(&sweep->rule, beta), last = chain->pace.last.place;
    const bool is_ahead = chain->direction == SPN_DIRECTION_DOWN
                              ? place >= chain->end && place < last
                              : place <= chain->end && place > last;
    return place >= 0 && beta == spni_pace_beta(&sweep->rule, place) &&
           (chain->done == 0 ? place == chain->first : is_ahead);
}

spn_status spn_sweep_replay(spn_context *context, spn_sweep *sweep, const spn_item *item)
{
    spn_status status = SPN_OK;
    SPN_TRY(prepare_second_stage(context, sweep));
    if (!is_item(sweep, item)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "a saved item does not belong to this sweep");
    }
    if (item->stream == SPN_SWEEP_JUMP) { /* nothing else depends on it */
        return SPN_OK;
    }
    const spni_chain *chain = &sweep->chains[item->job];
    const spn_sweep_record *record = item->record;
    if (spni_chain_is_done(chain) || record->point != chain->done ||
        !is_next(sweep, chain, record->state.beta)) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "a saved point is out of order in chain %lld",
                 (long long)item->job);
    }
    SPN_TRY(book(context, sweep, item));
done:
    return status;
}

static spn_status run_chain(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    const spn_sweep *sweep = state;
    const spni_chain *chain = &sweep->chains[sweep->job_offset + job];
    spni_chain start = *chain;
    if (spni_chain_is_done(&start)) {
        return SPN_OK;
    }
    return spni_chain_follow(context, &sweep->problem, sweep->grid, &start, channel);
}

static spn_status send_transition(spn_context *context, const spn_sweep *sweep, int64_t chain,
                                  const spni_message *sent)
{
    const spn_item item = {.stream = SPN_SWEEP_JUMP,
                           .job = chain,
                           .ordinal = sent->ordinal,
                           .record = &sent->jump,
                           .row_count = sent->approach_count,
                           .rows = sent->approach,
                           .theta_size = 2 * sweep->parameters,
                           .theta = sent->theta};
    return sweep->sink(context, sweep->sink_state, &item);
}

static spn_status receive(spn_context *context, void *state, int64_t job, const void *message)
{
    spn_status status = SPN_OK;
    spn_sweep *sweep = state;
    const spni_message *sent = message;
    if (sent->is_transition) {
        return send_transition(context, sweep, sweep->job_offset + job, sent);
    }
    const spn_item point = {.stream = SPN_SWEEP_POINT,
                            .job = sweep->job_offset + job,
                            .record = &sent->record,
                            .mode_count = sent->mode_count,
                            .modes = sent->modes,
                            .theta_size = sweep->parameters,
                            .theta = sent->theta};
    SPN_TRY(sweep->sink(context, sweep->sink_state, &point));
    SPN_TRY(book(context, sweep, &point));
    /* How many chains will go down, the phases tell that the first stage visits. */
    const bool is_open = wants_second_stage(sweep->problem.settings) && !sweep->has_second_stage;
    const double whole = sweep->rule.is_on ? (double)sweep->rule.units / 100 : 1;
    (is_open ? spn_progress_least
             : spn_progress)(context, (double)sweep->done / whole, (double)sweep->total / whole,
                             sweep->rule.is_on ? "% of a way through beta" : "points");
done:
    return status;
}

/* The first job's start is read from the chain while the coordinator books other chains' points: each
 * worker copies its own chain, which nobody writes before the worker has sent something. */
static spn_status run_stage(spn_context *context, spn_sweep *sweep, spn_pool *pool, int64_t first,
                            int64_t count)
{
    spn_status status = SPN_OK;
    double *cost = NULL;
    sweep->job_offset = first;
    SPN_NEW(context, cost, count);
    for (int64_t job = 0; job < count; job++) {
        const spni_chain *chain = &sweep->chains[first + job];
        /* What other shares have done by now must not change what is whose. */
        const int64_t done = spn_farm_is_share(context) ? 0 : chain->done;
        cost[job] = cost_of(chain, done < chain->count ? chain->count - done : 0);
    }
    const spn_pool_work work = {.jobs = count,
                                .job = run_chain,
                                .job_state = sweep,
                                .message_size = spni_message_size(sweep->parameters),
                                .receiver = receive,
                                .receiver_state = sweep,
                                .cost = cost};
    SPN_TRY(spn_pool_run(context, pool, &work));
done:
    spn_release(context, cost);
    return status;
}

spn_status spn_sweep_run(spn_context *context, spn_sweep *sweep, spn_pool *pool,
                         spn_item_sink *sink, void *sink_state)
{
    spn_status status = SPN_OK;
    sweep->sink = sink;
    sweep->sink_state = sink_state;
    SPN_TRY(run_stage(context, sweep, pool, 0, sweep->first_stage_count));
    SPN_TRY(prepare_second_stage(context, sweep));
    SPN_TRY(run_stage(context, sweep, pool, sweep->first_stage_count,
                      sweep->chain_count - sweep->first_stage_count));
done:
    return status;
}
