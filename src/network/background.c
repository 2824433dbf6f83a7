/* SPDX-License-Identifier: MIT */
/* Where images are black. Most pixels are at their lowest value, of MNIST four out of five, and the same ones in many images: in groups of
 * eight images not half of the pixels have anything else. Products of the first layer pass over the rest. With levels m, the lowest values of the
 * inputs, and x = m + z,
 *   W x + b = W z + (b + W m),      sum delta x^T = sum delta z^T + (sum delta) m^T,
 * and sum delta is the derivative by b. z = x - m is rounded once, as x was. Where all levels are 0 nothing is rounded, and what is left out
 * adds 0: the same bits, but for the sign of a zero. Levels, and whether they pay, are those of all samples, also where ranks share them, so that the number of ranks
 * does not change bits. Columns of products are taken 16 samples at a time, by lists of the inputs that have something there; sums over samples by
 * one bit for each group of 8. */
#include "network/network.h"

#include <math.h>
#include <string.h>

enum { WORD = 64 };
/* To follow lists of more than so many of the inputs costs what it saves. */
static const double SHARE_MAX = 0.9;
/* Less than so much of what bytes would have to take is worth doubles. */
static const double SHARE_WORTH = 0.5;
/* A level that is larger than anything else of its input by more than this (a number for what is missing) would take digits from that. */
static const double LEVEL_MAX = 8;

/* ---- Levels ------------------------------------------------------------------------------------ */

static int64_t groups_of(int64_t samples)
{
    return (samples + SPNI_GROUP - 1) / SPNI_GROUP;
}

/* In how many groups is something else? */
static int64_t groups_beside(int64_t samples, const double *x, double level)
{
    int64_t count = 0;
    for (int64_t n = 0; n < samples; n += SPNI_GROUP) {
        bool is_there = false;
        for (int64_t s = n; s < n + SPNI_GROUP && s < samples; s++) {
            is_there = is_there || x[s] != level;
        }
        count += is_there ? 1 : 0;
    }
    return count;
}

/* Is this lowest value no number that the others would be lost beside? */
static bool is_moderate(int64_t samples, const double *x, double low)
{
    double largest = 0.0;
    for (int64_t n = 0; n < samples; n++) {
        largest = x[n] != low ? fmax(largest, fabs(x[n])) : largest;
    }
    return largest == 0.0 || fabs(low) <= LEVEL_MAX * largest;
}

typedef struct search {
    const spn_dataset *data;
    bool is_lattice;
} search;

/* found[i] = the level of input i: its lowest value on a lattice, and where that is often and moderate; otherwise 0. found[inputs] counts groups in which
 * something else is. */
static spn_status find_level(spn_context *context, void *state, int64_t i, const double *x,
                             double *found)
{
    const search *s = state;
    const int64_t samples = s->data->samples;
    double low = x[0];
    for (int64_t n = 1; n < samples; n++) {
        low = fmin(low, x[n]);
    }
    int64_t count = groups_beside(samples, x, low);
    const bool is_often = (double)count <= SHARE_MAX * (double)groups_of(samples);
    if (!s->is_lattice && low != 0.0 && !(is_often && is_moderate(samples, x, low))) {
        low = 0.0;
        count = groups_beside(samples, x, low);
    }
    found[i] = low;
    found[s->data->inputs] += (double)count;
    return spn_poll(context);
}

static bool are_zero(int64_t count, const double *level)
{
    for (int64_t i = 0; i < count; i++) {
        if (level[i] != 0.0) {
            return false;
        }
    }
    return true;
}

/* Levels on the lattice of the inputs, or without one; *out is NULL where products cannot use them. *share: of groups in which something else is. */
static spn_status find_background(spn_context *context, const spn_network_error *error,
                                  bool is_lattice, spni_background **out, double *share)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    const int64_t inputs = data->inputs;
    search looks = {data, is_lattice};
    spni_background *made = NULL;
    *out = NULL;
    SPN_NEW(context, made, 1);
    SPN_NEW(context, made->level, inputs + 1);
    SPN_TRY(spn_dataset_each_input(context, data, find_level, &looks, inputs + 1, made->level));
    made->is_zero = are_zero(inputs, made->level);
    *share = made->level[inputs] / ((double)inputs * (double)groups_of(data->samples));
    made->is_lattice = is_lattice;
    made->is_sparse = *share <= SHARE_MAX;
    if ((made->is_sparse || is_lattice) && (made->is_zero || error->network->has_bias)) {
        *out = made;
        made = NULL;
    }
done:
    spni_background_free(context, made);
    return status;
}

spn_status spni_background_create(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = error->dataset;
    spni_background *best = NULL, *other = NULL;
    double share = 0.0, other_share = 0.0;
    if (data->inputs > SPNI_COLUMNS_MAX || !spni_coded_pays(data)) {
        return SPN_OK;
    }
    if (error->own_lattice != NULL) {
        SPN_TRY(find_background(context, error, true, &best, &share));
    }
    if (best == NULL || !best->is_zero) { /* much may be 0 that is not the lowest value */
        SPN_TRY(find_background(context, error, false, &other, &other_share));
    }
    if (best != NULL && other != NULL && other_share > SHARE_WORTH * share) {
        spni_background_free(context, other);
        other = NULL;
    }
    if (other != NULL) { /* codes on a lattice would be less other levels than its own */
        spni_lattice_free(context, error->own_lattice);
        error->own_lattice = NULL;
    }
    error->own_background = other != NULL ? other : best;
    error->background = error->own_background;
    best = other != NULL ? best : NULL;
    other = NULL;
done:
    spni_background_free(context, best);
    spni_background_free(context, other);
    return status;
}

/* ---- What is not background ---------------------------------------------------------------------- */

/* From the first sample of the pair of groups on in which the data begin. The row behind the inputs is the 1 of the biases. */
static void mark_groups(const spn_dataset *data, int64_t held, const spni_places *places,
                        spni_background *background)
{
    const int64_t shift = held % SPNI_PAIR;
    for (int64_t i = 0; i < data->inputs; i++) {
        const double *x = data->x + i * data->stride, level = background->level[i];
        uint64_t *row = background->groups + i * background->view.stride;
        for (int64_t n = 0; n < data->samples; n++) {
            const int64_t group = (n + shift) / SPNI_GROUP;
            const bool is_there = x[spni_sample_at(places, held, n)] != level;
            row[group / WORD] |= (uint64_t)is_there << (group % WORD);
        }
    }
    for (int64_t group = 0; group < groups_of(shift + data->samples); group++) {
        background->groups[data->inputs * background->view.stride + group / WORD] |=
            (uint64_t)1 << (group % WORD);
    }
}

static bool is_marked(const spni_background *background, int64_t input, int64_t group)
{
    const uint64_t *row = background->groups + input * background->view.stride;
    return (row[group / WORD] >> (group % WORD) & 1) != 0;
}

/* Lists of all pairs of groups, into `list` where that is not NULL; their length. */
static int64_t list_pairs(const spni_background *background, int64_t inputs, int64_t pairs,
                          uint16_t *list)
{
    int64_t count = 0;
    for (int64_t p = 0; p < pairs; p++) {
        background->list[p] = count;
        for (int64_t i = 0; i < inputs; i++) {
            if (is_marked(background, i, 2 * p) || is_marked(background, i, 2 * p + 1)) {
                if (list != NULL) {
                    list[count] = (uint16_t)i;
                }
                count++;
            }
        }
    }
    background->list[pairs] = count;
    return count;
}

static void forget_marks(spn_context *context, spni_background *background)
{
    spn_release(context, background->groups);
    spn_release(context, background->list);
    spn_release(context, background->input);
    background->groups = NULL;
    background->list = NULL;
    background->input = NULL;
}

spn_status spni_background_mark(spn_context *context, const spn_dataset *data, int64_t held,
                                const spni_places *places, spni_background *background)
{
    spn_status status = SPN_OK;
    /* Pairs are those of all samples, whichever are here. */
    const int64_t shift = held % SPNI_PAIR, groups = groups_of(shift + data->samples);
    const int64_t pairs = (groups + 1) / 2;
    if (background == NULL || !background->is_sparse || data->spread != NULL) {
        return SPN_OK;
    }
    forget_marks(context, background);
    background->view = (spni_nonzeros){.stride = groups / WORD + 2};
    background->first = held - shift;
    SPN_NEW(context, background->groups, (data->inputs + 1) * background->view.stride);
    SPN_NEW(context, background->list, pairs + 1);
    mark_groups(data, held, places, background);
    const int64_t count = list_pairs(background, data->inputs, pairs, NULL);
    SPN_NEW(context, background->input, count + 1);
    list_pairs(background, data->inputs, pairs, background->input);
    background->view.input = background->input;
    background->view.list = background->list;
    background->view.groups = background->groups;
done:
    return status;
}

void spni_background_free(spn_context *context, spni_background *background)
{
    if (background != NULL) {
        forget_marks(context, background);
        spn_release(context, background->level);
        spn_release(context, background);
    }
}

/* ---- Products ---------------------------------------------------------------------------------- */

bool spni_is_relative(const spni_network_state *state)
{
    const spni_background *background = state->error->background;
    return background != NULL && !background->is_zero && !state->is_subset;
}

bool spni_multiplies_bytes(const spn_network_error *error)
{
    return error->background != NULL && error->background->is_lattice;
}

spni_nonzeros spni_background_nonzeros(const spni_background *background, int64_t begin)
{
    spni_nonzeros nonzeros = background->view;
    nonzeros.first = begin - background->first;
    return nonzeros;
}

void spni_background_bias(const spni_network_state *state, int64_t rows, const double *w,
                          const double *b, double *out)
{
    const int64_t inputs = state->error->network->width[0];
    for (int64_t i = 0; i < rows; i++) {
        out[i] =
            b[i] + state->kernels->dot(inputs, w + i * inputs, state->error->background->level);
    }
}

void spni_background_add(const spni_network_state *state, int64_t rows, const double *b, double *w)
{
    const int64_t inputs = state->error->network->width[0];
    for (int64_t i = 0; i < rows; i++) {
        spn_axpy(inputs, b[i], state->error->background->level, w + i * inputs);
    }
}
