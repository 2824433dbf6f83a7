/* SPDX-License-Identifier: MIT */
/* Sums over samples that have the same bits on any number of lanes and ranks. A section is a few consecutive blocks;
 * what it adds to a sum, its term, is computed in one place, block after block, and terms are added up in pairs
 * (base/pairs.h). Sections depend on the problem alone, as blocks do. Where there is one section the sum is its term, and is computed where
 * it belongs. With one lane a term is computed where it waits for its pair; lanes compute several at a time, which then join in
 * order. Ranks that share the samples have some of the sections each, and make the nodes of those (network_shares.c). */
#include "network/network.h"

#include <spinodal/base/team.h>
#include <string.h>

/* Work below this (a tenth of a millisecond) is not worth a team: helpers that sleep have to be woken first. */
static const double WORK_MIN = 5e6;
/* Memory of terms that lanes make at a time, and of all sums that are made at a time, which share what is read of a block. */
enum {
    TERM_BYTES = 16 * 1024 * 1024,
    TERMS_MAX = 256,
    SUM_BYTES = 32 * 1024 * 1024,
    VECTORS_MAX = 64
};

/* Rows of whole cache lines, so that no two lanes write to one. */
static int64_t padded(int64_t count)
{
    return (count + 7) / 8 * 8;
}

int64_t spni_row_stride(const spn_network_error *error)
{
    return padded(error->network->parameters + 1);
}

/* Nodes that wait at a time, and the one that comes: of all sections, or of any stretch of them, whose nodes become larger and smaller
 * again. */
static int64_t nodes_of(const spn_network_error *error, bool is_stretch)
{
    const int64_t sections = spni_plan_sections(&error->plan);
    int64_t levels = 0;
    while (sections >> levels > 1) {
        levels++;
    }
    return (is_stretch ? 2 * levels : levels) + 2;
}

/* The same on all ranks, whatever lanes they have. */
static int64_t vectors_of(const spn_network_error *error, bool is_stretch)
{
    const int64_t row = spni_row_stride(error) * (int64_t)sizeof(double);
    const int64_t vectors = SUM_BYTES / (row * nodes_of(error, is_stretch));
    return vectors < 1 ? 1 : vectors > VECTORS_MAX ? VECTORS_MAX : vectors;
}

static bool has_sums(const spn_network_error *error)
{
    return error->farm != NULL || spni_plan_sections(&error->plan) > 1;
}

int64_t spni_sums_rows(const spn_network_error *error, int64_t ranks)
{
    const bool is_shared = ranks > 1, is_needed = is_shared || spni_plan_sections(&error->plan) > 1;
    return is_needed
               ? vectors_of(error, is_shared) * (nodes_of(error, is_shared) + (is_shared ? 1 : 0))
               : 0;
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

static spn_status create_sums(spn_context *context, spni_network_state *state)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = state->error;
    const int64_t row = spni_row_stride(error);
    const bool is_stretch = error->farm != NULL;
    state->vectors = vectors_of(error, is_stretch);
    SPN_NEW(context, state->node, state->vectors * nodes_of(error, is_stretch) * row);
    if (error->farm != NULL) {
        SPN_NEW(context, state->total, state->vectors * row);
    }
    if (state->lanes > 1) {
        int64_t terms = TERM_BYTES / (row * (int64_t)sizeof(double));
        terms = terms > TERMS_MAX ? TERMS_MAX : terms;
        terms = terms < state->lanes ? state->lanes : terms;
        state->terms = terms < state->vectors ? state->vectors : terms;
        SPN_NEW(context, state->term, state->terms * row);
    }
done:
    return status;
}

spn_status spni_lanes_create(spn_context *context, spni_network_state *state)
{
    spn_status status = SPN_OK;
    const spn_network_error *error = state->error;
    state->lanes = spn_team_lanes(context);
    SPN_NEW(context, state->lane, state->lanes);
    for (int64_t i = 0; i < state->lanes; i++) {
        SPN_TRY(create_lane(context, error, &state->lane[i]));
    }
    if (has_sums(error)) {
        SPN_TRY(create_sums(context, state));
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
    spn_release(context, state->node);
    spn_release(context, state->term);
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

/* ---- Sums in work ----------------------------------------------------------------------------- */

void spni_sums_begin(spni_section_sums *sums, const spni_network_state *state, int64_t vectors,
                     int64_t lanes, int64_t from)
{
    const spni_stretch own = spni_own_sections(state);
    const int64_t parameters = state->error->network->parameters;
    *sums = (spni_section_sums){.state = state,
                                .first = own.begin,
                                .end = own.end,
                                .most = lanes > 1 ? state->terms / vectors : 1,
                                .vectors = vectors,
                                .from = from};
    /* No lane waits at the end of a wave. */
    sums->most -= sums->most > lanes ? sums->most % lanes : 0;
    sums->numbers = (vectors - 1) * spni_row_stride(state->error) + parameters + 1 - from;
    spn_pairs_begin(&sums->pairs, own.begin, sums->numbers);
}

bool spni_sums_next(spni_section_sums *sums)
{
    sums->first += sums->count;
    sums->count = sums->end - sums->first < sums->most ? sums->end - sums->first : sums->most;
    return sums->count > 0;
}

/* The rows of the node that waits in place i. */
static double *node_at(const spni_section_sums *sums, int64_t i)
{
    const spni_network_state *state = sums->state;
    return state->node + i * sums->vectors * spni_row_stride(state->error);
}

double *spni_sums_row(const spni_section_sums *sums, int64_t i, int64_t j)
{
    const spni_network_state *state = sums->state;
    const int64_t row = spni_row_stride(state->error);
    return sums->most == 1 ? node_at(sums, sums->pairs.count) + j * row
                           : state->term + (i * sums->vectors + j) * row;
}

void spni_sums_take(spni_section_sums *sums)
{
    spn_pairs *pairs = &sums->pairs;
    for (int64_t i = 0; i < sums->count; i++) {
        spn_pairs_add(pairs, 0, spni_sums_row(sums, i, 0) + sums->from);
        /* What has found no pair stays, and its place is wanted for the next ones. */
        double *place = node_at(sums, pairs->count - 1) + sums->from;
        double *last = pairs->node[pairs->count - 1];
        if (last != place) {
            memcpy(place, last, (size_t)sums->numbers * sizeof *place);
            pairs->node[pairs->count - 1] = place;
        }
    }
}

spn_status spni_sums_end(spn_context *context, spni_section_sums *sums, spn_status status,
                         int64_t count, const double *made_of, const double **total)
{
    const spni_network_state *state = sums->state;
    if (state->error->farm != NULL) {
        *total = state->total;
        return spni_shares_sum(context, sums, status, count, made_of);
    }
    if (status == SPN_OK) {
        *total = spn_pairs_total(&sums->pairs) - sums->from;
    }
    return status;
}
