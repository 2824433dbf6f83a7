/* SPDX-License-Identifier: MIT */
/* Searches that need no other, as jobs of a pool. A helper is a copy of the set of branches that shares what has been found with it and has
 * workspaces of its own: so the same functions work for both. It is made for each search, which takes far longer. */
#include "continuation/explore.h"

static spn_status create_helper(spn_context *context, const spn_branches *all, spn_branches *helper)
{
    spn_status status = SPN_OK;
    *helper = *all;
    helper->context = context;
    helper->frame = (spni_frame){.n = 0};
    helper->tracer = (spni_tracer){.frame = NULL};
    helper->work = (spni_work){.theta = NULL};
    helper->solver = NULL;
    SPN_TRY(spni_frame_create(context, all->problem.objective, all->frame.beta_from,
                              all->frame.beta_to, &helper->frame));
    helper->frame.length = all->frame.length;
    helper->frame.metric = all->frame.metric;
    SPN_TRY(spni_create_minimiser(context, all, &helper->solver));
    SPN_TRY(spni_create_work(context, all->frame.n, &helper->work));
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
    SPN_TRY(create_helper(context, s->all, &helper));
    SPN_TRY(s->searches->search(&helper, s->searches->state, job, channel));
done:
    free_helper(context, &helper);
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
    SPN_TRY(all->problem.pool == NULL ? spn_pool_create(all->context, 1, &own) : SPN_OK);
    SPN_TRY(spn_pool_run(all->context, own != NULL ? own : all->problem.pool, &work));
done:
    spn_pool_free(own);
    return status;
}
