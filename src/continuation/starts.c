/* SPDX-License-Identifier: MIT */
/* Minima that no known branch leads to: from random starts, and down from saddles. */
#include "continuation/explore.h"

#include <math.h>
#include <string.h>

spn_status spni_minimise(spn_branches *all, double beta, double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    spn_solver_info info;
    SPN_TRY(spn_solver_run(all->context, all->solver, beta, theta, &info));
    if (info.stop == SPN_STOP_INTERRUPTED) {
        SPN_FAIL(all->context, SPN_ERROR_INTERRUPTED, "interrupted");
    }
    *is_converged = info.stop == SPN_STOP_CONVERGED && info.negative_eigenvalues == 0;
done:
    return status;
}

double spni_level(const spn_branches *all, int64_t level)
{
    double share = ((double)level + 0.5) / (double)all->settings.levels;
    return all->frame.beta_from + share * (all->frame.beta_to - all->frame.beta_from);
}

/* Random weights are minimised at this share of the range's upper end first, where that lies below the range,
 * and then at ever larger beta up to it: without hidden biases the untrained state is a minimum for every beta > 0 (T14), but
 * the smaller beta, the smaller its basin, and what is learned there stays learned on the way up. */
static const double ANNEAL_SHARE = 1e-3, ANNEAL_RATIO = 3;

spn_status spni_annealed_start(spn_branches *all, int64_t seed, double *theta, bool *is_converged)
{
    spn_status status = SPN_OK;
    const spn_branches_problem *problem = &all->problem;
    double from = all->frame.beta_from, beta = fmin(from, ANNEAL_SHARE * all->frame.beta_to);
    beta = beta > 0 ? beta : from;
    SPN_TRY(problem->initial(all->context, problem->initial_state, seed, theta));
    for (; beta < from; beta = fmin(ANNEAL_RATIO * beta, from)) {
        SPN_TRY(spni_minimise(all, beta, theta, is_converged));
    }
    SPN_TRY(spni_minimise(all, from, theta, is_converged));
done:
    return status;
}

/* ---- Walks ----------------------------------------------------------------------------------- */

/* Minimisations one from the end of the other, at values of beta; each minimum joins the queue. */
typedef struct walk {
    int64_t seed;     /* of the initial weights; -1: it begins at theta */
    bool is_annealed; /* the weights have been taken to the first beta from below */
    double *theta;    /* P */
    double beta;      /* with theta: the one value; otherwise all levels, or one of them: */
    int64_t level, count;
} walk;

/* All walks, and where they have come to: what they find joins the queue in the order of the walks, whoever ends first. */
typedef struct walks {
    spn_list items;  /* walk */
    double **minima; /* of each step of each walk: P, or NULL: it has ended at none */
    int64_t *first;  /* of each walk: its first step */
    int64_t size;    /* P */
} walks;

/* What a walk sends of each step, and behind it P numbers. */
typedef struct footprint {
    int64_t step, is_minimum;
    double theta[];
} footprint;

static const walk *walk_at(const walks *w, int64_t number)
{
    return (const walk *)w->items.items + number;
}

static double beta_of(const spn_branches *all, const walk *way, int64_t step)
{
    return way->seed < 0 ? way->beta : spni_level(all, way->level + step);
}

static spn_status take_walk(spn_branches *helper, void *state, int64_t number,
                            spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    spn_context *context = helper->context;
    const walks *w = state;
    const walk *way = walk_at(w, number);
    const spn_branches_problem *problem = &helper->problem;
    const size_t bytes = (size_t)w->size * sizeof(double);
    bool is_converged = false;
    double *theta = helper->work.theta;
    footprint *print = spn_allocate(context, 1, sizeof *print + bytes);
    SPN_TRY(print != NULL ? SPN_OK : spn_error_status(context));
    if (way->seed < 0) {
        memcpy(theta, way->theta, bytes);
    } else {
        SPN_TRY(way->is_annealed
                    ? spni_annealed_start(helper, way->seed, theta, &is_converged)
                    : problem->initial(context, problem->initial_state, way->seed, theta));
    }
    for (int64_t step = 0; step < way->count; step++) {
        SPN_TRY(spni_minimise(helper, beta_of(helper, way, step), theta, &is_converged));
        *print = (footprint){.step = step, .is_minimum = is_converged};
        memcpy(print->theta, theta, bytes);
        SPN_TRY(spn_pool_send(context, channel, print));
    }
done:
    spn_release(context, print);
    return status;
}

static spn_status receive_step(spn_context *context, void *state, int64_t number,
                               const void *message)
{
    spn_status status = SPN_OK;
    walks *w = state;
    const footprint *print = message;
    double **minimum = &w->minima[w->first[number] + print->step];
    if (print->is_minimum) {
        SPN_NEW(context, *minimum, w->size);
        memcpy(*minimum, print->theta, (size_t)w->size * sizeof **minimum);
    }
done:
    return status;
}

static spn_status queue_minima(spn_branches *all, const walks *w)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < w->items.count; i++) {
        const walk *way = walk_at(w, i);
        for (int64_t step = 0; step < way->count; step++) {
            const double *theta = w->minima[w->first[i] + step];
            SPN_TRY(theta != NULL ? spni_queue_start(all, theta, beta_of(all, way, step), NULL, -1)
                                  : SPN_OK);
        }
    }
done:
    return status;
}

/* Take all walks, and empty the list. */
static spn_status take_walks(spn_branches *all, walks *w)
{
    spn_status status = SPN_OK;
    spn_context *context = all->context;
    int64_t steps = 0;
    double *cost = NULL;
    SPN_NEW(context, w->first, w->items.count);
    SPN_NEW(context, cost, w->items.count);
    for (int64_t i = 0; i < w->items.count; i++) {
        w->first[i] = steps;
        steps += walk_at(w, i)->count;
        cost[i] = (double)walk_at(w, i)->count;
    }
    SPN_NEW(context, w->minima, steps);
    const spni_searches searches = {.wants_minimiser = true,
                                    .count = w->items.count,
                                    .search = take_walk,
                                    .receiver = receive_step,
                                    .state = w,
                                    .message_size = (int64_t)sizeof(footprint) +
                                                    w->size * (int64_t)sizeof(double),
                                    .cost = cost};
    SPN_TRY(spni_run_searches(all, &searches));
    SPN_TRY(queue_minima(all, w));
done:
    for (int64_t i = 0; w->minima != NULL && i < steps; i++) {
        spn_release(context, w->minima[i]);
    }
    for (int64_t i = 0; i < w->items.count; i++) {
        spn_release(context, walk_at(w, i)->theta);
    }
    spn_release(context, w->minima);
    spn_release(context, w->first);
    spn_release(context, cost);
    spn_list_free(context, &w->items);
    *w = (walks){.items = {.size = sizeof(walk)}, .size = w->size};
    return status;
}

/* At each level from the random weights themselves, and from where they have been taken from below. */
spn_status spni_random_starts(spn_branches *all)
{
    spn_status status = SPN_OK;
    walks w = {.items = {.size = sizeof(walk)}, .size = all->frame.n};
    for (int64_t seed = 0; seed < all->settings.starts; seed++) {
        for (int64_t level = 0; level < all->settings.levels; level++) {
            const walk direct = {.seed = seed, .level = level, .count = 1};
            SPN_TRY(spn_list_append(all->context, &w.items, &direct));
        }
        const walk annealed = {.seed = seed, .is_annealed = true, .count = all->settings.levels};
        SPN_TRY(spn_list_append(all->context, &w.items, &annealed));
    }
    SPN_TRY(w.items.count > 0 ? take_walks(all, &w) : SPN_OK);
done:
    spn_list_free(all->context, &w.items);
    return status;
}

/* ---- Descents -------------------------------------------------------------------------------- */

/* How far a saddle is left along its negative direction, in lengths of the frame. */
static const double PUSH = 1e-3;

/* Down both sides of the saddle in this row of the bank: two walks. */
static spn_status descend(spn_branches *all, int64_t row, walks *w)
{
    spn_status status = SPN_OK;
    spni_frame *frame = &all->frame;
    spni_place *saddle = &all->work.start;
    int64_t n = frame->n;
    walk way = {.seed = -1, .beta = all->bank.records[row].state.beta, .count = 1};
    SPN_TRY(spni_linearise(frame, all->bank.theta + row * n, way.beta, NULL, saddle));
    for (int side = -1; side <= 1; side += 2) {
        SPN_NEW(all->context, way.theta, n);
        memcpy(way.theta, saddle->theta, (size_t)n * sizeof *way.theta);
        spn_axpy(n, side * PUSH * frame->length, saddle->vectors, way.theta);
        SPN_TRY(spn_list_append(all->context, &w->items, &way));
        way.theta = NULL;
    }
done:
    spn_release(all->context, way.theta);
    return status;
}

/* From a saddle of this index. What was found before joins the queue before. */
static spn_status leave(spn_branches *all, int64_t row, int64_t index, walks *w)
{
    spn_status status = SPN_OK;
    if (index == 1) {
        SPN_TRY(descend(all, row, w));
    } else if (all->settings.saddles) {
        SPN_TRY(w->items.count > 0 ? take_walks(all, w) : SPN_OK);
        SPN_TRY(spni_descend_to_saddles(all, row));
    }
done:
    return status;
}

/* From the middle point of each run of saddles of one index. */
spn_status spni_descents(spn_branches *all, int64_t first)
{
    spn_status status = SPN_OK;
    const spni_bank *bank = &all->bank;
    int64_t count = bank->count, from = -1;
    walks w = {.items = {.size = sizeof(walk)}, .size = all->frame.n};
    for (int64_t i = 0; i <= count; i++) {
        bool is_saddle = i < count && bank->records[i].branch >= first &&
                         bank->records[i].negative_eigenvalues > 0 &&
                         bank->records[i].phase != SPNI_HIDDEN;
        bool is_next =
            is_saddle && from >= 0 && bank->previous[i] == i - 1 &&
            bank->records[i].negative_eigenvalues == bank->records[from].negative_eigenvalues;
        if (from >= 0 && !is_next) {
            SPN_TRY(leave(all, from + (i - 1 - from) / 2, bank->records[from].negative_eigenvalues,
                          &w));
            from = -1;
        }
        from = is_saddle && from < 0 ? i : from;
    }
    SPN_TRY(w.items.count > 0 ? take_walks(all, &w) : SPN_OK);
done:
    for (int64_t i = 0; i < w.items.count; i++) {
        spn_release(all->context, walk_at(&w, i)->theta);
    }
    spn_list_free(all->context, &w.items);
    return status;
}
