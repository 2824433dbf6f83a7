/* SPDX-License-Identifier: MIT */
/* Sums over samples that have the same bits on any number of lanes. A section is a few consecutive blocks;
 * what it adds to a sum is computed in one place, block after block, and the sections' terms are added up
 * in order. Where there is one section the sum is that term, and is computed where it belongs; so is the
 * first term of several. Sections depend on the problem alone, as blocks do. Several terms wait for their
 * turn at a time where there are lanes to compute them, one where there are none. Ranks that share the samples have some of
 * the sections each, and terms of all of those (network_shares.c). */
#include "network/network.h"

#include <spinodal/base/team.h>

/* Work below this (a tenth of a millisecond) is not worth a team: helpers that sleep have to be woken first. */
static const double WORK_MIN = 5e6;
/* Terms that wait at a time; of a rank all of a sum do, for several sums in so much memory. */
enum {
    TERM_BYTES = 1024 * 1024,
    TERMS_MAX = 256,
    SHARE_BYTES = 32 * 1024 * 1024,
    VECTORS_MAX = 64
};

/* Rows of whole cache lines, so that no two lanes write to one. */
static int64_t padded(int64_t count)
{
    return (count + 7) / 8 * 8;
}

static spn_status create_lane(spn_context *context, const spn_network_error *error, spni_lane *lane)
{
    spn_status status = SPN_OK;
    const spni_plan *plan = &error->plan;
    const spn_network *network = error->network;
    SPN_NEW(context, lane->slot, plan->rows * plan->block);
    SPN_NEW(context, lane->x, network->width[0] * plan->block);
    SPN_NEW(context, lane->y, network->width[network->depth] * plan->block);
    SPN_NEW(context, lane->direction, network->parameters);
    SPN_NEW(context, lane->tangent, spni_tangent_rows(network, plan) * plan->block);
done:
    return status;
}

/* Room for the terms of all sections of this rank, and for the sums: as many sums at a time everywhere. */
static spn_status create_shared_terms(spn_context *context, const spn_network_error *error,
                                      spni_network_state *state)
{
    spn_status status = SPN_OK;
    int64_t most = 0, row = spni_term_stride(error);
    for (int64_t r = 0; r < error->farm->size; r++) {
        most = error->rows[r] > most ? error->rows[r] : most;
    }
    int64_t vectors = SHARE_BYTES / (most * row * (int64_t)sizeof(double));
    state->vectors = vectors < 1 ? 1 : vectors > VECTORS_MAX ? VECTORS_MAX : vectors;
    state->terms = state->vectors * (error->rows[error->farm->rank] + 1);
    SPN_NEW(context, state->total, state->vectors * row);
done:
    return status;
}

spn_status spni_lanes_create(spn_context *context, spni_network_state *state)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = state->error;
    int64_t row = spni_term_stride(error);
    state->lanes = spn_team_lanes(context);
    SPN_NEW(context, state->lane, state->lanes);
    for (int64_t i = 0; i < state->lanes; i++) {
        SPN_TRY(create_lane(context, error, &state->lane[i]));
    }
    state->terms = TERM_BYTES / (row * (int64_t)sizeof(double));
    state->terms = state->terms < state->lanes ? state->lanes : state->terms;
    state->terms = state->terms > TERMS_MAX ? TERMS_MAX : state->terms;
    if (error->farm != NULL) {
        SPN_TRY(create_shared_terms(context, error, state));
    }
    SPN_NEW(context, state->values, state->terms);
    if (error->farm != NULL || spni_plan_sections(&error->plan) > 1) {
        SPN_NEW(context, state->term, state->terms * row);
    }
done:
    return status;
}

void spni_lanes_free(spn_context *context, spni_network_state *state)
{
    for (int64_t i = 0; state->lane != NULL && i < state->lanes; i++) {
        spn_release(context, state->lane[i].slot);
        spn_release(context, state->lane[i].x);
        spn_release(context, state->lane[i].y);
        spn_release(context, state->lane[i].direction);
        spn_release(context, state->lane[i].tangent);
    }
    spn_release(context, state->lane);
    spn_release(context, state->term);
    spn_release(context, state->values);
    spn_release(context, state->total);
}

int64_t spni_lanes_for(const spn_context *context, const spni_network_state *state, double work)
{
    int64_t lanes = spn_team_lanes(context);
    lanes = lanes < state->lanes ? lanes : state->lanes;
    return work < WORK_MIN ? 1 : lanes;
}

spni_stretch spni_own_sections(const spni_network_state *state)
{
    const spn_network_error *error = state->error;
    return error->farm == NULL ? (spni_stretch){0, spni_section_total(state)}
                               : (spni_stretch){error->shares[error->farm->rank],
                                                error->shares[error->farm->rank + 1]};
}

int64_t spni_term_stride(const spn_network_error *error)
{
    return padded(error->network->parameters + 1);
}

int64_t spni_plan_sections(const spni_plan *plan)
{
    return (plan->blocks + plan->section - 1) / plan->section;
}

int64_t spni_section_total(const spni_network_state *state)
{
    int64_t section = state->error->plan.section;
    return (spni_block_total(state) + section - 1) / section;
}

void spni_section_blocks(const spni_network_state *state, int64_t section, int64_t *begin,
                         int64_t *end)
{
    int64_t size = state->error->plan.section, total = spni_block_total(state);
    *begin = section * size;
    *end = *begin + size < total ? *begin + size : total;
}

double *spni_term_get(const spni_network_state *state, int64_t i)
{
    return state->term + i * spni_term_stride(state->error);
}

void spni_term_add(const spni_network_state *state, int64_t i, double *sum)
{
    const double *term = spni_term_get(state, i);
    for (int64_t p = 0; p < state->error->network->parameters; p++) {
        sum[p] += term[p];
    }
}
