/* SPDX-License-Identifier: MIT */
/* All branches of a problem: starts are taken from a queue one after the other; each one that lies on no known
 * branch is followed, and what its special points lead to joins the queue.
 *
 * The first start is the minimum that the initial weights lead to at the smallest beta, taken there from below: falling
 * from the ends of its phase and of those behind it visits what sweeps up and down would visit. Then the trivial point, random
 * starts, and, where asked for, saddles. Those on the way of a sweep go first, then those at the largest beta: at small
 * beta minima and their bifurcations multiply, and where the number of branches is limited they shall not use it up. */
#include "continuation/explore.h"
#include "stationary/by_products.h"

#include <math.h>
#include <string.h>

/* Where the range was asked to begin at 0 it begins at this share of its length: at 0 itself the Hessian of an
 * overparametrised network is singular. */
static const double LEAST_SHARE = 1e-8;
/* Longest step of the minimiser, in natural scales of theta: barriers are not hopped over. */
static const double MINIMISER_RADIUS = 0.1;

/* What has a meaning by products alone, or none. */
static spn_status check_products(spn_context *context, const spn_branches_settings *settings)
{
    if (settings->saddles) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "branches.saddles",
                            "has no meaning with branches.method: products, which follows one "
                            "branch");
    }
    if (settings->index > SPNI_LOWEST_MOST - 2) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "branches.index",
                            "branches.method: products counts up to %d negative eigenvalues, not "
                            "%lld",
                            SPNI_LOWEST_MOST - 2, (long long)settings->index);
    }
    return SPN_OK;
}

/* By products: the method of the start, and a range without the room for matrices. */
static spn_status create_bare(spn_context *context, spn_branches *all)
{
    spn_status status = SPN_OK;
    spn_solver_settings solver = *all->problem.solver;
    solver.method = SPN_METHOD_NEWTON_CG;
    solver.patience = 0;
    solver.least_improvement = 0;
    SPN_TRY(check_products(context, &all->settings));
    SPN_TRY(spni_frame_bare(context, all->problem.objective, all->settings.beta_from,
                            all->settings.beta_to, &all->frame));
    SPN_TRY(spn_solver_create(context, &solver, all->problem.objective, &all->solver));
done:
    return status;
}

spn_status spni_create_minimiser(spn_context *context, const spn_branches *all, spn_solver **out)
{
    spn_solver_settings solver = *all->problem.solver;
    solver.method = SPN_METHOD_NEWTON;
    solver.patience = 0;
    solver.least_improvement = 0;
    solver.trust_radius_max = fmin(solver.trust_radius_max, MINIMISER_RADIUS);
    solver.trust_radius = fmin(solver.trust_radius, solver.trust_radius_max);
    return spn_solver_create(context, &solver, all->problem.objective, out);
}

/* The range of beta, the frame that holds it, and the minimiser. */
static spn_status create_frame(spn_context *context, spn_branches *all)
{
    spn_status status = SPN_OK;
    spn_branches_settings *settings = &all->settings;
    if (settings->beta_from == 0) {
        settings->beta_from = LEAST_SHARE * settings->beta_to;
    }
    if (!(settings->beta_from < settings->beta_to) || !isfinite(settings->beta_from) ||
        !isfinite(settings->beta_to)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "branches: beta.from (%g) must be below beta.to (%g), and both finite",
                 settings->beta_from, settings->beta_to);
    }
    if (settings->method == SPN_BRANCHES_PRODUCTS) {
        return create_bare(context, all);
    }
    SPN_TRY(spn_dense_check(context, all->problem.objective->dimension,
                            "branches.method: products follows one branch without them"));
    SPN_TRY(spni_frame_create(context, all->problem.objective, settings->beta_from,
                              settings->beta_to, &all->frame));
    SPN_TRY(spni_create_minimiser(context, all, &all->solver));
done:
    return status;
}

static spn_status create_work(spn_context *context, int64_t n, spni_work *work)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_place_create(context, n, &work->start));
    SPN_TRY(spni_place_create(context, n, &work->trial));
    SPN_TRY(spni_place_create(context, n, &work->special.place));
    SPN_NEW(context, work->special.kernel, n);
    SPN_NEW(context, work->theta, n);
    SPN_NEW(context, work->other, n);
done:
    return status;
}

void spni_free_work(spn_context *context, spni_work *work)
{
    spn_release(context, work->special.kernel);
    spni_place_free(context, &work->special.place);
    spni_place_free(context, &work->start);
    spni_place_free(context, &work->trial);
    spn_release(context, work->theta);
    spn_release(context, work->other);
}

spn_status spn_branches_create(spn_context *context, const spn_branches_problem *problem,
                               spn_branches **out)
{
    spn_status status = SPN_OK;
    spn_branches *all = NULL;
    int64_t n = problem->objective->dimension;
    *out = NULL;
    SPN_TRY(spn_settings_check(context, &spn_branches_options, problem->settings));
    SPN_NEW(context, all, 1);
    all->context = context;
    all->problem = *problem;
    all->settings = *problem->settings;
    all->bank.n = n;
    SPN_TRY(create_frame(context, all));
    if (all->settings.method == SPN_BRANCHES_DENSE) {
        SPN_TRY(spni_tracer_create(&all->frame, &all->settings, &all->tracer));
        SPN_TRY(create_work(context, n, &all->work));
    }
    *out = all;
    all = NULL;
done:
    spn_branches_free(context, all);
    return status;
}

static void free_queue(spn_context *context, spni_start_queue *queue)
{
    for (int64_t i = 0; i < queue->count; i++) {
        spn_release(context, queue->items[i].theta);
        spn_release(context, queue->items[i].away);
    }
    spn_release(context, queue->items);
}

static void free_results(spn_context *context, spn_branches *all)
{
    for (int64_t i = 0; i < all->phases.count; i++) {
        spn_release(context, all->phases.items[i].points);
    }
    for (int64_t i = 0; i < all->replay.count; i++) {
        spn_release(context, all->replay.items[i].theta);
    }
    spn_release(context, all->phases.items);
    spn_release(context, all->replay.items);
    spn_release(context, all->phases.records);
    spn_release(context, all->phases.of_points);
    spn_release(context, all->phases.of_rows);
    spn_release(context, all->maxwell.items);
    spn_release(context, all->global.items);
    spn_release(context, all->barriers.items);
}

void spn_branches_free(spn_context *context, spn_branches *all)
{
    if (all == NULL) {
        return;
    }
    free_results(context, all);
    free_queue(context, &all->queue);
    spni_bank_free(context, &all->bank);
    spn_release(context, all->traced.items);
    spn_release(context, all->specials.records);
    spn_release(context, all->specials.theta);
    spn_release(context, all->specials.slopes);
    spni_free_work(context, &all->work);
    spni_tracer_free(&all->tracer);
    spn_solver_free(context, all->solver);
    spni_frame_free(&all->frame);
    spn_release(context, all);
}

spn_status spn_branches_replay(spn_context *context, spn_branches *all, const spn_item *item)
{
    spn_status status = SPN_OK;
    spni_replayed known = {.stream = item->stream};
    if (item->stream < 0 || item->stream >= spn_branches_streams.count) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "a saved item is of no stream of branches");
    }
    const int64_t n = spn_branches_streams.items[item->stream].theta_count * all->frame.n;
    if (item->theta_size != n) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "a saved item has %lld parameters instead of %lld",
                 (long long)item->theta_size, (long long)n);
    }
    SPN_TRY(spn_grow(context, &all->replay.items, sizeof *all->replay.items, all->replay.count, 1,
                     &all->replay.capacity));
    if (n > 0) {
        SPN_NEW(context, known.theta, n);
        memcpy(known.theta, item->theta, (size_t)n * sizeof *known.theta);
    }
    if (item->stream == SPN_BRANCHES_POINT) {
        known.point = *(const spn_branch_record *)item->record;
    } else if (item->stream == SPN_BRANCHES_SPECIAL) {
        known.special = *(const spn_special_record *)item->record;
    }
    all->replay.items[all->replay.count++] = known;
done:
    return status;
}

void spni_set_scales(spn_branches *all, const double *theta)
{
    spni_frame *frame = &all->frame;
    double norm = spn_objective_order_root(frame->objective, theta);
    double scale = frame->scales.weight;
    frame->length = norm > SPN_WEIGHT_FLOOR * scale ? norm : scale;
    frame->metric = frame->length / (frame->beta_to - frame->beta_from);
}

static spn_status first_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    double beta = all->frame.beta_from, *theta = all->work.theta;
    bool is_converged = false;
    SPN_TRY(spni_annealed_start(all, 0, theta, &is_converged));
    spni_set_scales(all, theta);
    SPN_TRY(is_converged ? spni_queue_first(all, theta, beta) : SPN_OK);
    /* The weights as they are: where an upward sweep starts. */
    SPN_TRY(all->problem.initial(all->context, all->problem.initial_state, 0, theta));
    SPN_TRY(spni_minimise(all, beta, theta, &is_converged));
    SPN_TRY(is_converged ? spni_queue_first(all, theta, beta) : SPN_OK);
    spn_status has_trivial =
        spn_objective_trivial(all->context, all->frame.objective, all->frame.beta_to, theta);
    if (has_trivial == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(all->context);
        goto done;
    }
    SPN_TRY(has_trivial);
    SPN_TRY(spni_queue_first(all, theta, all->frame.beta_to));
done:
    return status;
}

/* Follow what starts here unless it is known. */
static spn_status take_start(spn_branches *all, const spni_branch_start *start)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    spni_place *place = &all->work.start;
    spni_newton_info info;
    double beta = start->beta;
    int64_t row = -1;
    memcpy(place->theta, start->theta, (size_t)frame->n * sizeof *place->theta);
    if (start->away == NULL) {
        /* A crossing branch was solved for where beta is no good parameter. */
        const spni_condition level = {.kind = SPNI_LEVEL, .target = beta};
        SPN_TRY(spni_newton_solve(frame, &level, frame->length, place->theta, &beta, &info));
        if (!info.is_converged) {
            goto done;
        }
    }
    SPN_TRY(spni_linearise(frame, place->theta, beta, NULL, place));
    if (place->index > all->settings.index) {
        goto done;
    }
    SPN_TRY(spni_bank_find(all, place, -1, 0, &row));
    if (row >= 0) {
        all->traced.items[all->bank.records[row].branch].visits++;
        goto done;
    }
    if (all->traced.count >= all->settings.branches) {
        all->cut.is_cut = true;
        all->cut.unused++;
        goto done;
    }
    SPN_TRY(spni_follow_branch(all, start, place));
done:
    return status;
}

/* The next start: of those on the way of a sweep, and then of the others, the one at the largest beta. */
static const spni_branch_start *next_start(spni_start_queue *queue)
{
    spni_branch_start *best = NULL;
    for (int64_t i = 0; i < queue->count; i++) {
        spni_branch_start *now = &queue->items[i];
        bool is_before = best == NULL || (now->is_first && !best->is_first) ||
                         (now->is_first == best->is_first && now->beta > best->beta);
        best = !now->is_taken && is_before ? now : best;
    }
    best->is_taken = true;
    queue->taken++;
    return best;
}

/* Until the queue is empty and every saddle has been descended from. */
static spn_status drain(spn_branches *all)
{
    spn_status status = SPN_OK;
    while (all->queue.taken < all->queue.count || all->traced.descended < all->traced.count) {
        if (all->queue.taken == all->queue.count) {
            int64_t first = all->traced.descended;
            all->traced.descended = all->traced.count;
            SPN_TRY(spni_descents(all, first));
            continue;
        }
        const spni_branch_start start = *next_start(&all->queue);
        SPN_TRY(take_start(all, &start));
    }
done:
    return status;
}

/* One special point met on several branches has one beta, that of the narrowest interval, and the coefficient that was
 * measured where it was met first. */
static void agree_on_specials(spn_branches *all)
{
    for (int64_t root = 0; root < all->specials.count; root++) {
        int64_t best = root;
        for (int64_t i = root; i < all->specials.count; i++) {
            const spn_special_record *now = &all->specials.records[i],
                                     *least = &all->specials.records[best];
            bool is_member = i == root || now->same_as == root;
            bool is_narrower = now->beta_high - now->beta_low < least->beta_high - least->beta_low;
            best = is_member && is_narrower ? i : best;
        }
        const spn_special_record from = all->specials.records[best];
        for (int64_t i = root; i < all->specials.count && all->specials.records[root].same_as < 0;
             i++) {
            if (i == root || all->specials.records[i].same_as == root) {
                all->specials.records[i].beta = from.beta;
                all->specials.records[i].beta_low = from.beta_low;
                all->specials.records[i].beta_high = from.beta_high;
                all->specials.records[i].coefficient = all->specials.records[root].coefficient;
            }
        }
    }
}

static spn_status explore(spn_branches *all)
{
    spn_status status = SPN_OK;
    SPN_TRY(first_starts(all));
    SPN_TRY(spni_random_starts(all));
    SPN_TRY(drain(all));
    if (all->settings.saddles) {
        SPN_TRY(spni_saddle_starts(all));
        SPN_TRY(drain(all));
    }
    agree_on_specials(all);
    SPN_TRY(spni_make_phases(all));
    SPN_TRY(spni_find_maxwell(all));
    SPN_TRY(spni_find_barriers(all));
done:
    return status;
}

spn_status spn_branches_run(spn_context *context, spn_branches *all, spn_item_sink *sink,
                            void *sink_state)
{
    spn_status status = SPN_OK;
    all->out.sink = sink;
    all->out.state = sink_state;
    SPN_TRY(all->settings.method == SPN_BRANCHES_PRODUCTS ? spni_follow_products(all)
                                                          : explore(all));
    if (all->cut.unused > 0) {
        spn_warning(context,
                    "%lld start%s on no known branch: there are more than branches.branches = %lld",
                    (long long)all->cut.unused, all->cut.unused == 1 ? " was" : "s were",
                    (long long)all->settings.branches);
    } else if (all->cut.is_cut) {
        spn_warning(context, "not everything was followed to its end: the limit branches.points "
                             "was met, or a step was not possible");
    }
done:
    return status;
}

const spn_phase_record *spn_branches_phases(const spn_branches *branches, int64_t *count)
{
    *count = branches->phases.count;
    return branches->phases.records;
}

const spn_maxwell_record *spn_branches_maxwell(const spn_branches *branches, int64_t *count)
{
    *count = branches->maxwell.count;
    return branches->maxwell.items;
}

const spn_global_record *spn_branches_global(const spn_branches *branches, int64_t *count)
{
    *count = branches->global.count;
    return branches->global.items;
}

int64_t spn_branches_unused(const spn_branches *branches)
{
    return branches->cut.unused;
}

const spn_barrier_record *spn_branches_barriers(const spn_branches *branches, int64_t *count)
{
    *count = branches->barriers.count;
    return branches->barriers.items;
}

const spn_special_record *spn_branches_specials(const spn_branches *branches, int64_t *count)
{
    *count = branches->specials.count;
    return branches->specials.records;
}

const int64_t *spn_branches_point_phases(const spn_branches *branches, int64_t *count)
{
    *count = branches->out.points;
    return branches->phases.of_points;
}

void spn_branches_settle(const spn_branches *branches, int64_t row, spn_branch_record *point)
{
    point->phase = branches->phases.of_points[row];
    if (point->phase < 0) {
        return;
    }
    const spn_phase_record *phase = &branches->phases.records[point->phase];
    bool is_outermost = point->branch == phase->branch &&
                        (point->point == phase->first_point || point->point == phase->last_point);
    bool is_low =
        fabs(point->state.beta - phase->beta_low) <= fabs(point->state.beta - phase->beta_high);
    if (is_outermost && (is_low ? phase->special_low : phase->special_high) >= 0) {
        point->state.active_modes = phase->middle.active_modes;
        point->state.dead_units = phase->middle.dead_units;
        point->state.merged_units = phase->middle.merged_units;
    }
}
