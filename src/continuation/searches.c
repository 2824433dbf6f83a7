/* SPDX-License-Identifier: MIT */
/* Searches that need no other, as jobs of a pool. A helper is a copy of the set of branches that shares what has been found with it and has
 * workspaces of its own: so the same functions work for both. It is made for each search, which takes far longer. */
#include "continuation/explore.h"

#include <spinodal/base/farm.h>

static spn_status create_helper(spn_context *context, const spn_branches *all, bool wants_minimiser,
                                spn_branches *helper)
{
    spn_status status = SPN_OK;
    *helper = *all;
    helper->context = context;
    helper->frame = (spni_frame){.n = 0};
    helper->tracer = (spni_tracer){.frame = NULL};
    helper->work = (spni_work){.theta = NULL};
    helper->solver = NULL;
    const int64_t n = all->frame.n;
    const double from = all->frame.beta_from, to = all->frame.beta_to;
    if (wants_minimiser) {
        SPN_TRY(spni_frame_bare(context, all->problem.objective, from, to, &helper->frame));
        SPN_TRY(spni_create_minimiser(context, all, &helper->solver));
        SPN_NEW(context, helper->work.theta, n);
    } else {
        SPN_TRY(spni_frame_create(context, all->problem.objective, from, to, &helper->frame));
        SPN_TRY(spni_place_create(context, n, &helper->work.start));
    }
    helper->frame.length = all->frame.length;
    helper->frame.metric = all->frame.metric;
done:
    return status;
}

static void free_helper(spn_context *context, spn_branches *helper)
{
    spni_free_work(context, &helper->work);
    spn_solver_free(context, helper->solver);
    spni_frame_free(&helper->frame);
}

typedef struct searching {
    const spn_branches *all;
    const spni_searches *searches;
} searching;

static spn_status run_search(spn_context *context, void *state, int64_t job,
                             spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    const searching *s = state;
    spn_branches helper;
    SPN_TRY(create_helper(context, s->all, s->searches->wants_minimiser, &helper));
    SPN_TRY(s->searches->search(&helper, s->searches->state, job, channel));
done:
    free_helper(context, &helper);
    return status;
}

/* Ranks whose numbers differ in the last digit would find other branches, and their searches would be of others. */
static spn_status compare_ranks(const spn_branches *all)
{
    spn_status status = SPN_OK;
    spn_context *context = all->context;
    int64_t key = spn_farm_key(all->bank.count * all->frame.n, all->bank.theta);
    for (int64_t i = 0; i < all->queue.count; i++) {
        const int64_t its = spn_farm_key(all->frame.n, all->queue.items[i].theta);
        key = (int64_t)(((uint64_t)key * 31 + (uint64_t)its) >> 1);
    }
    int64_t first = key;
    SPN_TRY(spn_farm_agree(context, SPN_OK, &first, sizeof first));
    if (key != first) {
        status = spn_fail(context, SPN_ERROR_NUMERIC,
                          "rank %lld has come to other branches than rank 0: use nodes of one kind",
                          (long long)spn_farm_rank(context));
    }
    SPN_TRY(spn_farm_agree(context, status, NULL, 0));
done:
    return status;
}

spn_status spni_run_searches(spn_branches *all, const spni_searches *searches)
{
    spn_status status = SPN_OK;
    spn_pool *own = NULL;
    searching s = {all, searches};
    const spn_pool_work work = {.jobs = searches->count,
                                .job = run_search,
                                .job_state = &s,
                                .message_size = searches->message_size,
                                .receiver = searches->receiver,
                                .receiver_state = searches->state,
                                .cost = searches->cost};
    SPN_TRY(spn_context_farm(all->context) != NULL ? compare_ranks(all) : SPN_OK);
    SPN_TRY(all->problem.pool == NULL ? spn_pool_create(all->context, 1, &own) : SPN_OK);
    SPN_TRY(spn_pool_run(all->context, own != NULL ? own : all->problem.pool, &work));
done:
    spn_pool_free(own);
    return status;
}
