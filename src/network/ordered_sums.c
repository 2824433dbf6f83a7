/* SPDX-License-Identifier: MIT */
/* Sums over samples that have the same bits on any number of lanes. A section is a few consecutive blocks;
 * what it adds to a sum is computed in one place, block after block, and the sections' terms are added up
 * in order. Where there is one section the sum is that term, and is computed where it belongs; so is the
 * first term of several. Sections depend on the problem alone, as blocks do. Several terms wait for their
 * turn at a time where there are lanes to compute them, one where there are none. */
#include "network/network.h"

#include <spinodal/base/team.h>

/* Work below this (a tenth of a millisecond) is not worth a team: helpers that sleep have to be woken first. */
static const double WORK_MIN = 5e6;
/* Terms that wait at a time. */
enum { TERM_BYTES = 1024 * 1024, TERMS_MAX = 256 };

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

spn_status spni_lanes_create(spn_context *context, spni_network_state *state)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = state->error;
    int64_t row = padded(error->network->parameters);
    state->lanes = spn_team_lanes(context);
    SPN_NEW(context, state->lane, state->lanes);
    for (int64_t i = 0; i < state->lanes; i++) {
        SPN_TRY(create_lane(context, error, &state->lane[i]));
    }
    state->terms = TERM_BYTES / (row * (int64_t)sizeof(double));
    state->terms = state->terms < state->lanes ? state->lanes : state->terms;
    state->terms = state->terms > TERMS_MAX ? TERMS_MAX : state->terms;
    SPN_NEW(context, state->values, state->terms);
    if (spni_plan_sections(&error->plan) > 1) {
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
}

int64_t spni_lanes_for(const spn_context *context, const spni_network_state *state, double work)
{
    int64_t lanes = spn_team_lanes(context);
    lanes = lanes < state->lanes ? lanes : state->lanes;
    return work < WORK_MIN ? 1 : lanes;
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
    return state->term + i * padded(state->error->network->parameters);
}

void spni_term_add(const spni_network_state *state, int64_t i, double *sum)
{
    const double *term = spni_term_get(state, i);
    for (int64_t p = 0; p < state->error->network->parameters; p++) {
        sum[p] += term[p];
    }
}
