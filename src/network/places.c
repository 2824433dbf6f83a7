/* SPDX-License-Identifier: MIT */
/* Samples of images in an order of their own. Products pass over a group of 8 samples, or of 16, where all of them are black (background.c), so images that are lit in
 * the same places belong together. Within each window of samples groups are gathered greedily: 16 begin with the sample that has least beside the levels, and
 * each next one adds least to what its group of 8 has; the first of the second 8 adds least to the first 8. Among equals the first one is taken.
 *
 * Blocks, what is kept of them, outputs and whatever else counts samples here count places; subsets alone are of samples. No sum over samples depends
 * on their order but by rounding. Windows are the same for all networks and numbers of ranks, and a rank holds whole ones, so that neither changes bits. */
#include "network/network.h"

#include <string.h>

enum { WINDOW = SPNI_WINDOW, WORD = 64 };

/* A window at work: what its samples have beside the levels, one bit for each input. */
typedef struct gathering {
    int64_t words; /* of a sample */
    uint64_t *lit; /* WINDOW rows */
    int64_t left[WINDOW], count;
    uint64_t *group;
} gathering;

bool spni_has_places(const spn_network_error *error)
{
    const spn_dataset *data = error->dataset;
    return error->background != NULL && error->background->is_lattice &&
           error->background->is_sparse && data->outputs * (int64_t)sizeof(double) <= data->inputs;
}

spni_stretch spni_windows_of(const spni_stretch *part, int64_t samples)
{
    const int64_t end = (part->end + WINDOW - 1) / WINDOW * WINDOW;
    return (spni_stretch){part->begin / WINDOW * WINDOW, end < samples ? end : samples};
}

static const uint64_t *row_of(const gathering *g, int64_t sample)
{
    return g->lit + sample * g->words;
}

/* Samples [first, first + count) of the data set. */
static void light(const spn_dataset *data, const double *level, int64_t first, int64_t count,
                  gathering *g)
{
    memset(g->lit, 0, (size_t)(WINDOW * g->words) * sizeof *g->lit);
    for (int64_t i = 0; i < data->inputs; i++) {
        const double *x = data->x + i * data->stride + first;
        for (int64_t n = 0; n < count; n++) {
            g->lit[n * g->words + i / WORD] |= (uint64_t)(x[n] != level[i]) << (i % WORD);
        }
    }
    for (int64_t n = 0; n < count; n++) {
        g->left[n] = n;
    }
    g->count = count;
}

/* How many inputs a sample has beside those of the group, or at least `most`. */
static int64_t count_new(const gathering *g, const uint64_t *row, int64_t most)
{
    int64_t count = 0;
    for (int64_t k = 0; k < g->words && count < most; k++) {
        count += __builtin_popcountll(row[k] & ~g->group[k]);
    }
    return count;
}

/* The sample that adds least to the group; it joins it, and is left no more. */
static int64_t take_nearest(gathering *g)
{
    int64_t best = 0, least = INT64_MAX;
    for (int64_t at = 0; at < g->count; at++) {
        const int64_t count = count_new(g, row_of(g, g->left[at]), least);
        if (count < least) {
            least = count;
            best = at;
        }
    }
    const int64_t sample = g->left[best];
    g->count--;
    memmove(g->left + best, g->left + best + 1, (size_t)(g->count - best) * sizeof *g->left);
    return sample;
}

static void join(gathering *g, int64_t sample, bool is_first)
{
    const uint64_t *row = row_of(g, sample);
    for (int64_t k = 0; k < g->words; k++) {
        g->group[k] = is_first ? row[k] : g->group[k] | row[k];
    }
}

/* out[p] = the sample, counted from the window's first one. */
static void order_window(gathering *g, int64_t *out)
{
    const int64_t count = g->count;
    for (int64_t p = 0; p < count; p++) {
        if (p % SPNI_PAIR == 0) {
            memset(g->group, 0, (size_t)g->words * sizeof *g->group);
        }
        out[p] = take_nearest(g);
        join(g, out[p], p % SPNI_GROUP == 0);
    }
}

/* The order of samples [held, held + data->samples), whole windows, into sample[held] and those behind it. */
static spn_status order_samples(spn_context *context, const spn_dataset *data, int64_t held,
                                const double *level, int64_t *sample)
{
    spn_status status = SPN_OK;
    gathering *g = NULL;
    SPN_NEW(context, g, 1);
    g->words = (data->inputs + WORD - 1) / WORD;
    SPN_NEW(context, g->lit, WINDOW * g->words);
    SPN_NEW(context, g->group, g->words);
    for (int64_t first = 0; first < data->samples; first += WINDOW) {
        const int64_t left = data->samples - first, count = left < WINDOW ? left : WINDOW;
        SPN_TRY(spn_poll(context));
        light(data, level, first, count, g);
        order_window(g, sample + held + first);
        for (int64_t p = 0; p < count; p++) {
            sample[held + first + p] += held + first;
        }
    }
done:
    if (g != NULL) {
        spn_release(context, g->lit);
        spn_release(context, g->group);
        spn_release(context, g);
    }
    return status;
}

/* ---- Places ------------------------------------------------------------------------------------ */

spn_status spni_places_order(spn_context *context, spn_network_error *error,
                             const spn_dataset *data, int64_t held)
{
    spn_status status = SPN_OK;
    spni_places *places = error->own_places;
    if (places == NULL) {
        SPN_NEW(context, places, 1);
        error->places = error->own_places = places;
        SPN_NEW(context, places->sample, error->objective.samples);
    }
    SPN_TRY(order_samples(context, data, held, error->background->level, places->sample));
done:
    return status;
}

spn_status spni_places_target(spn_context *context, spn_network_error *error,
                              const spn_dataset *data, int64_t held)
{
    spn_status status = SPN_OK;
    spni_places *places = error->own_places;
    if (places == NULL) {
        return SPN_OK;
    }
    spn_release(context, places->y);
    places->y = NULL;
    places->stride = data->samples;
    SPN_NEW(context, places->y, data->outputs * data->samples);
    for (int64_t k = 0; k < data->outputs; k++) {
        for (int64_t p = 0; p < data->samples; p++) {
            places->y[k * places->stride + p] =
                data->y[k * data->stride + places->sample[held + p] - held];
        }
    }
done:
    return status;
}

/* What rank after rank has ordered, to all. */
spn_status spni_places_collect(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const int64_t samples = error->objective.samples;
    double *number = NULL;
    SPN_NEW(context, number, samples);
    for (int64_t p = 0; p < samples; p++) {
        number[p] = (double)error->places->sample[p];
    }
    SPN_TRY(spni_shares_collect(context, error, SPN_OK, 0, samples, 1, samples, number));
    for (int64_t p = 0; p < samples; p++) {
        error->own_places->sample[p] = (int64_t)number[p];
    }
done:
    spn_release(context, number);
    return status;
}

spn_status spni_places_arrange(spn_context *context, spn_network_error *error)
{
    spn_status status = SPN_OK;
    const int64_t samples = error->objective.samples;
    const int64_t *sample = error->places->sample;
    double *row = NULL;
    int64_t *classes = NULL;
    SPN_NEW(context, row, samples);
    for (int64_t i = 0; i < error->mode_count; i++) {
        double *input = error->mode_input + i * samples;
        memcpy(row, input, (size_t)samples * sizeof *row);
        for (int64_t p = 0; p < samples; p++) {
            input[p] = row[sample[p]];
        }
    }
    if (error->classes != NULL) {
        SPN_NEW(context, classes, samples);
        memcpy(classes, error->classes, (size_t)samples * sizeof *classes);
        for (int64_t p = 0; p < samples; p++) {
            error->classes[p] = classes[sample[p]];
        }
    }
done:
    spn_release(context, row);
    spn_release(context, classes);
    return status;
}

void spni_places_free(spn_context *context, spni_places *places)
{
    if (places != NULL) {
        spn_release(context, places->sample);
        spn_release(context, places->y);
        spn_release(context, places);
    }
}
